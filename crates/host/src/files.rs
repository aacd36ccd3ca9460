//! Files: bounded reads of regular files inside a workspace, atomic writes. Every error names its path.

mod beneath;
pub mod edit;
pub mod file_set;
mod ledger;
pub mod lock;
mod read_error;
mod reading;
mod root;
mod spell;
pub mod tree;
pub mod unlinked;

pub use crate::files::read_error::{ReadError, io_error};

pub use crate::files::reading::{open_regular, read, read_hashed, read_into, read_tail, read_text, same};
pub use crate::files::root::Root;

use crate::files::reading::kind_name;
use std::io::Write as _;
use std::path::Path;
use tollgate_text::show::{plain, show};

/// Why a file could not be written. `Display` is one sentence that names the path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path} cannot be written: {why}")]
pub struct WriteError {
    /// The path as shown.
    pub path: String,
    /// The system's words.
    pub why: String,
}

/// Why what stands at `path` must not be replaced by a file: a device, a FIFO, a folder, or a name that the system keeps
/// for an open file (`/dev/stdout`). A rename would take a device such as `/dev/full` away from the whole machine.
pub(super) fn irreplaceable(path: &Path) -> Option<String> {
    let kept = path.parent().is_some_and(|dir| {
        dir == Path::new("/dev") || dir.starts_with("/dev/fd") || dir.starts_with("/proc")
    });
    match std::fs::metadata(path) {
        Ok(meta) if !meta.is_file() => Some(format!("it is {}, not a regular file", kind_name(&meta))),
        _ if kept => Some("the folder is the system's own".into()),
        _ => None,
    }
}

/// Writes the file whole or not at all: into a temporary file beside it, then renamed. A failing write leaves the old file.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let fail = |e: &std::io::Error| WriteError { path: show(&path.display().to_string()), why: plain(e) };
    if let Some(why) = irreplaceable(path) {
        return Err(WriteError { path: show(&path.display().to_string()), why });
    }
    let dir = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(dir).map_err(|e| fail(&e))?;
    let mut temp = tempfile::Builder::new().prefix(".tollgate-").tempfile_in(dir).map_err(|e| fail(&e))?;
    temp.write_all(bytes).map_err(|e| fail(&e))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // A temporary file is private; evidence is read by other users of the machine.
        temp.as_file().set_permissions(std::fs::Permissions::from_mode(0o644)).map_err(|e| fail(&e))?;
    }
    temp.persist(path).map(drop).map_err(|e| fail(&e.error))
}

/// Whether something can be seen at a path. For what is masked alone: nothing is judged by it, since what cannot be looked at is
/// not there for it either.
pub fn is_there(path: &Path) -> bool {
    path.exists()
}

//! What a file, link or folder is, as far as a test may depend on it: kind, mode, owner, and content or target. Not when it was written.

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use tollgate_text::digest::Running;

/// Folders that belong to the system: nothing that a suite does changes what stands there.
const OF_SYSTEM: [&str; 2] = ["/usr", "/nix/store"];

/// A moment by the clock of the file system: seconds and nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileTime(i64, i64);

/// By what an entry is known to be the one that was looked at, unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileId {
    device: u64,
    inode: u64,
    length: u64,
    /// When the system last changed it.
    pub(super) at: FileTime,
}

/// An entry as it was found.
#[derive(Debug, Clone)]
pub(super) struct FoundEntry {
    pub(super) id: FileId,
    /// A digest; `None` where it was not read.
    pub(super) what: Option<String>,
}

impl FoundEntry {
    /// Whether both are the same for a test: of what was not read only where it was not touched.
    pub(super) fn is_as(&self, other: &FoundEntry) -> bool {
        self.id == other.id || self.what.is_some() && self.what == other.what
    }
}

/// What stands behind a link.
#[derive(Debug)]
pub(super) enum Behind {
    /// Something that is looked at where it stands, or that is the system's, or nothing.
    Seen,
    /// A file outside of the workspace.
    File(PathBuf, Metadata),
    /// A folder outside of the workspace, or what cannot be told.
    Unseen,
}

/// What a link in the workspace `root` (without links itself) leads to.
pub(super) fn behind(root: &Path, path: &Path) -> Behind {
    let real = match std::fs::canonicalize(root.join(path)) {
        Ok(real) => real,
        Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            return Behind::Seen;
        }
        Err(_) => return Behind::Unseen,
    };
    if real.starts_with(root) || OF_SYSTEM.iter().any(|folder| real.starts_with(folder)) {
        return Behind::Seen;
    }
    match std::fs::metadata(&real) {
        Ok(meta) if meta.is_file() => Behind::File(real, meta),
        _ => Behind::Unseen,
    }
}

/// What was read, so that it is read once.
#[derive(Debug, Default)]
pub(super) struct Contents {
    known: HashMap<PathBuf, (FileId, String)>,
}

impl Contents {
    /// The digest of a regular file, where it was read and has not been changed since.
    pub(super) fn known(&self, path: &Path, id: FileId) -> Option<&str> {
        self.known.get(path).filter(|(known, _)| *known == id).map(|(_, digest)| digest.as_str())
    }

    /// The digest of a regular file with this entry; `None` where it cannot be read as that. What was changed after `settled` may be
    /// changed once more without the system telling the two apart, and is not kept.
    pub(super) fn read(&mut self, root: &Path, path: &Path, id: FileId, settled: FileTime) -> Option<String> {
        if let Some(known) = self.known(path, id) {
            return Some(known.to_string());
        }
        let digest = digest_of(&root.join(path))?;
        if id.at < settled {
            self.known.insert(path.to_path_buf(), (id, digest.clone()));
        }
        Some(digest)
    }
}

pub(super) fn digest_of(path: &Path) -> Option<String> {
    let mut file = File::open(path).ok()?;
    let (mut digest, mut block) = (Running::default(), vec![0; 64 << 10]);
    loop {
        match file.read(&mut block).ok()? {
            0 => return Some(digest.hex()),
            read => digest.update(&block[..read]),
        }
    }
}

/// Of a link to a file outside it is also that of the file.
pub(super) fn id(meta: &Metadata, behind: &Behind) -> FileId {
    let own = FileId { device: meta.dev(), inode: meta.ino(), length: meta.len(), at: changed(meta) };
    match behind {
        Behind::File(_, meta) => {
            let file = id(meta, &Behind::Seen);
            FileId { at: file.at.max(own.at), ..file }
        }
        _ => own,
    }
}

/// What an entry is without what stands in it.
pub(super) fn shape(meta: &Metadata) -> String {
    format!("{:o} {} {} {}", meta.mode(), meta.uid(), meta.gid(), meta.rdev())
}

/// When it was written, of a file in which nothing stands: that it was touched is all that it says. Of one that was touched after the
/// first attempt began it is not told when: the attempts after it find it new, each alike.
pub(super) fn touched(meta: &Metadata, since: Option<FileTime>) -> String {
    let at = FileTime(meta.mtime(), meta.mtime_nsec());
    match since {
        Some(since) if at >= since => "new".into(),
        _ => format!("{at:?}"),
    }
}

pub(super) fn changed(meta: &Metadata) -> FileTime {
    FileTime(meta.ctime(), meta.ctime_nsec())
}

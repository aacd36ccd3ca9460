//! Files: bounded reads of regular files inside a workspace, atomic writes. Every error names its path.

use super::digest::Running;
use std::collections::{BTreeMap, HashMap};
use std::fs::{File, Metadata};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

/// Why a path could not be read. `Display` is one sentence that names the path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Nothing stands at the path.
    #[error("{0} does not exist")]
    Missing(String),
    /// A symbolic link stands there, or on the way there, whose target does not: something was meant to be there.
    #[error("{0} cannot be read: a symbolic link leads to nothing")]
    Dangling(String),
    /// A folder, FIFO, socket or device stands where a file belongs.
    #[error("{path} is {what}, not a regular file")]
    NotAFile {
        /// The path as shown.
        path: String,
        /// "a folder", "a FIFO", …
        what: &'static str,
    },
    /// Larger than the limit.
    #[error("{path} has {bytes} bytes, more than the limit of {limit}")]
    TooLarge {
        /// The path as shown.
        path: String,
        /// Its size.
        bytes: u64,
        /// The limit in force.
        limit: u64,
    },
    /// `..`, an absolute path, or a symbolic link out of the workspace.
    #[error("{path} leaves the workspace: {why}")]
    Outside {
        /// The path as shown.
        path: String,
        /// What makes it leave.
        why: String,
    },
    /// Anything else the system says.
    #[error("{path} cannot be read: {why}")]
    Io {
        /// The path as shown.
        path: String,
        /// The system's words.
        why: String,
    },
}

/// The folder that is gated. Every path an artifact, gate or expression names is resolved below it and may not leave it.
#[derive(Debug, Clone)]
pub struct Root {
    dir: PathBuf,
    real: PathBuf,
    /// Workspace-relative path -> the file that stands in for it, or nothing at all.
    instead: BTreeMap<String, Option<PathBuf>>,
    /// Clean folder below `real` -> where it stands once links are resolved, inside the workspace. A verb looks at many
    /// files of few folders, and resolving asks the system once for each part of a path.
    folders: Arc<RwLock<HashMap<String, PathBuf>>>,
}

impl Root {
    /// Opens the folder; an error when it is not one.
    pub fn open(dir: &Path) -> Result<Self, ReadError> {
        let shown = dir.display().to_string();
        let real = std::fs::canonicalize(dir).map_err(|e| io_error(&shown, &e))?;
        if !real.is_dir() {
            return Err(ReadError::Io { path: shown, why: "it is not a folder".into() });
        }
        Ok(Root { dir: dir.to_path_buf(), real, instead: BTreeMap::new(), folders: Arc::default() })
    }

    /// The folder as it was named.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The folder with every symbolic link resolved.
    pub fn real(&self) -> &Path {
        &self.real
    }

    /// The same workspace with the file at `rel` replaced by another file, or taken away (`None`). Nothing on disk changes:
    /// this is how `prove` judges what never happened.
    pub fn with_instead(&self, rel: &str, file: Option<PathBuf>) -> Root {
        let mut other = self.clone();
        other.instead.insert(rel.to_string(), file);
        other
    }

    /// Whether the file at a clean workspace-relative path was taken away by `with_instead`.
    pub fn is_taken_away(&self, rel: &str) -> bool {
        self.instead.get(rel).is_some_and(Option::is_none)
    }

    /// Checks the text of a workspace-relative path: relative, `/`-separated, without `..`; `.` parts are dropped.
    pub fn clean(rel: &str) -> Result<String, ReadError> {
        let outside = |why: &str| ReadError::Outside { path: show(rel), why: why.into() };
        if rel.is_empty() {
            return Err(outside("the path is empty"));
        }
        if rel.contains('\0') {
            return Err(outside("the path holds a NUL byte"));
        }
        let mut parts = Vec::new();
        for part in Path::new(rel).components() {
            match part {
                Component::Normal(p) => parts.push(p.to_string_lossy().into_owned()),
                Component::CurDir => {}
                Component::ParentDir => return Err(outside("it holds `..`")),
                Component::RootDir | Component::Prefix(_) => return Err(outside("it is absolute")),
            }
        }
        Ok(parts.join("/"))
    }

    /// Where a workspace-relative path stands on disk, every symbolic link resolved and found inside the workspace.
    /// `Missing` when nothing is there, `Dangling` when a link is there that leads to nothing.
    pub fn resolve(&self, rel: &str) -> Result<PathBuf, ReadError> {
        let clean = Self::clean(rel)?;
        match self.instead.get(&clean) {
            Some(Some(file)) => return Ok(file.clone()),
            Some(None) => return Err(ReadError::Missing(show(&clean))),
            None => {}
        }
        let (folder, name) = clean.rsplit_once('/').unwrap_or(("", &clean));
        if let Some(folder) = self.folder(folder).filter(|_| !name.is_empty()) {
            let path = folder.join(name);
            let found = path.symlink_metadata().map_err(|e| io_error(&show(&clean), &e))?;
            if !found.is_symlink() {
                return Ok(path);
            }
        }
        self.follow(&clean)
    }

    /// Resolves every part of a clean path.
    fn follow(&self, clean: &str) -> Result<PathBuf, ReadError> {
        let real = match std::fs::canonicalize(self.real.join(clean)) {
            Ok(real) => real,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && self.dangles(clean) => {
                return Err(ReadError::Dangling(show(clean)));
            }
            Err(e) => return Err(io_error(&show(clean), &e)),
        };
        if real.starts_with(&self.real) {
            Ok(real)
        } else {
            Err(ReadError::Outside { path: show(clean), why: "a symbolic link leads out of it".into() })
        }
    }

    /// Where a clean folder stands, when it is there and inside the workspace. Only what was found is kept: what is not
    /// there yet may come.
    fn folder(&self, clean: &str) -> Option<PathBuf> {
        if clean.is_empty() {
            return Some(self.real.clone());
        }
        if let Some(known) = self.folders.read().unwrap_or_else(PoisonError::into_inner).get(clean) {
            return Some(known.clone());
        }
        let found = self.follow(clean).ok()?;
        let mut folders = self.folders.write().unwrap_or_else(PoisonError::into_inner);
        Some(folders.entry(clean.to_string()).or_insert(found).clone())
    }

    /// Whether a path that leads to nothing does so by a symbolic link: its first part that is not there is one.
    fn dangles(&self, clean: &str) -> bool {
        let mut at = self.real.clone();
        for part in clean.split('/') {
            at.push(part);
            if std::fs::metadata(&at).is_err() {
                return std::fs::symlink_metadata(&at).is_ok();
            }
        }
        false
    }

    /// Where a workspace-relative file is to be written: behind the symbolic links of the workspace, never outside it.
    /// The file, and folders above it, need not be there yet.
    pub fn target(&self, rel: &str) -> Result<PathBuf, ReadError> {
        let clean = Self::clean(rel)?;
        let mut parts: Vec<&str> = clean.split('/').filter(|part| !part.is_empty()).collect();
        let mut missing = Vec::new();
        loop {
            let inside = if parts.is_empty() { ".".to_string() } else { parts.join("/") };
            match (self.resolve(&inside), parts.pop()) {
                (Ok(found), _) => {
                    return Ok(missing.iter().rev().fold(found, |at: PathBuf, part| at.join(part)));
                }
                (Err(ReadError::Missing(_)), Some(part)) => missing.push(part),
                (Err(error), _) => return Err(error),
            }
        }
    }

    /// Opens a regular file of the workspace for reading, without ever blocking on a FIFO.
    pub fn open_file(&self, rel: &str) -> Result<(File, Metadata), ReadError> {
        open_regular(&self.resolve(rel)?, &show(rel))
    }

    /// Reads a whole regular file of at most `limit` bytes.
    pub fn read(&self, rel: &str, limit: u64) -> Result<Vec<u8>, ReadError> {
        read_opened(self.open_file(rel)?, &show(rel), limit)
    }
}

/// Reads a regular file that the user named (no confinement) of at most `limit` bytes.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    let shown = show(&path.display().to_string());
    read_opened(open_regular(path, &shown)?, &shown, limit)
}

/// As `read`, into a buffer that is used again: what it held is gone.
pub fn read_into(path: &Path, limit: u64, buffer: &mut Vec<u8>) -> Result<(), ReadError> {
    let shown = show(&path.display().to_string());
    buffer.clear();
    fill(open_regular(path, &shown)?, &shown, limit, buffer)
}

/// As `read`, with the SHA-256 of the bytes, lower-case hex. Hashed block by block while the bytes are still near.
pub fn read_hashed(path: &Path, limit: u64) -> Result<(Vec<u8>, String), ReadError> {
    let shown = show(&path.display().to_string());
    let (file, meta) = open_regular(path, &shown)?;
    let too_large = |bytes| ReadError::TooLarge { path: shown.clone(), bytes, limit };
    if meta.len() > limit {
        return Err(too_large(meta.len()));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0) + 1);
    let mut hash = Running::default();
    loop {
        let known = bytes.len();
        (&file).take(HASHED_BLOCK).read_to_end(&mut bytes).map_err(|e| io_error(&shown, &e))?;
        if bytes.len() == known {
            return Ok((bytes, hash.hex()));
        }
        // The file may grow while it is read.
        if bytes.len() as u64 > limit {
            return Err(too_large(bytes.len() as u64));
        }
        hash.update(&bytes[known..]);
    }
}

/// Small enough to stay in a core's cache between the reading and the hashing.
const HASHED_BLOCK: u64 = 256 << 10;

/// As `read`, and UTF-8.
pub fn read_text(path: &Path, limit: u64) -> Result<String, ReadError> {
    String::from_utf8(read(path, limit)?)
        .map_err(|_| ReadError::Io { path: show(&path.display().to_string()), why: "it is not UTF-8".into() })
}

/// Opens a regular file; the kind is looked at before the file is opened, so that a FIFO is refused and not waited for.
pub fn open_regular(path: &Path, shown: &str) -> Result<(File, Metadata), ReadError> {
    let kind = std::fs::metadata(path).map_err(|e| io_error(shown, &e))?;
    if !kind.is_file() {
        return Err(ReadError::NotAFile { path: shown.into(), what: kind_name(&kind) });
    }
    let file = File::open(path).map_err(|e| io_error(shown, &e))?;
    let meta = file.metadata().map_err(|e| io_error(shown, &e))?;
    if !meta.is_file() {
        return Err(ReadError::NotAFile { path: shown.into(), what: kind_name(&meta) });
    }
    Ok((file, meta))
}

fn read_opened(opened: (File, Metadata), shown: &str, limit: u64) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    fill(opened, shown, limit, &mut bytes)?;
    Ok(bytes)
}

fn fill(
    (file, meta): (File, Metadata),
    shown: &str,
    limit: u64,
    bytes: &mut Vec<u8>,
) -> Result<(), ReadError> {
    let too_large = |bytes| ReadError::TooLarge { path: shown.into(), bytes, limit };
    if meta.len() > limit {
        return Err(too_large(meta.len()));
    }
    // The file may grow while it is read: one byte more than the limit tells.
    bytes.reserve(usize::try_from(meta.len()).unwrap_or(0) + 1);
    file.take(limit + 1).read_to_end(bytes).map_err(|e| io_error(shown, &e))?;
    if bytes.len() as u64 > limit {
        return Err(too_large(bytes.len() as u64));
    }
    Ok(())
}

fn kind_name(meta: &Metadata) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        let kind = meta.file_type();
        if kind.is_fifo() {
            return "a FIFO";
        }
        if kind.is_socket() {
            return "a socket";
        }
        if kind.is_block_device() || kind.is_char_device() {
            return "a device";
        }
    }
    if meta.is_dir() { "a folder" } else { "something else" }
}

/// Maps a system error: a part of the path that is not there is `Missing`.
pub fn io_error(shown: &str, error: &std::io::Error) -> ReadError {
    match error.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => ReadError::Missing(shown.into()),
        _ => ReadError::Io { path: shown.into(), why: plain(error) },
    }
}

/// A path for a message: control characters escaped, so that a name cannot forge a line.
pub fn show(path: &str) -> String {
    if path.chars().any(char::is_control) { path.escape_debug().to_string() } else { path.to_string() }
}

/// The system's words without Rust's "(os error 2)".
pub fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(at) => text[..at].to_string(),
        None => text,
    }
}

/// The end of a regular file, at most so many bytes of it; `None` where it cannot be read. `shown` is its name in words.
pub fn read_tail(path: &Path, shown: &str, most: u64) -> Option<Vec<u8>> {
    let (mut file, meta) = open_regular(path, shown).ok()?;
    file.seek(SeekFrom::Start(meta.len().saturating_sub(most))).ok()?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// Whether two names lead to one file: the same name, a link, or another name of the same inode. What is not there is no file.
pub fn same(one: &Path, other: &Path) -> bool {
    let id = |path: &Path| std::fs::metadata(path).ok().map(|meta| (meta.dev(), meta.ino()));
    id(one).is_some_and(|found| Some(found) == id(other))
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::digest::sha256_hex;

    #[test]
    fn what_is_read_block_by_block_is_the_file_and_its_digest() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        let block = usize::try_from(HASHED_BLOCK).unwrap();
        for length in [0, 1, block - 1, block, block + 1, 3 * block] {
            let text: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            write_atomic(&path, &text).unwrap();
            let (bytes, digest) = read_hashed(&path, length as u64).unwrap();
            assert!(bytes == text && digest == sha256_hex(&text), "{length}");
            if let Some(less) = length.checked_sub(1) {
                assert!(matches!(read_hashed(&path, less as u64), Err(ReadError::TooLarge { .. })));
            }
        }
        assert!(matches!(read_hashed(dir.path(), 9), Err(ReadError::NotAFile { .. })));
        assert!(matches!(read_hashed(&dir.path().join("g"), 9), Err(ReadError::Missing(_))));
    }
}

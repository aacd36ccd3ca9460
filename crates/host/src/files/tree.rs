//! A folder with everything in it, looked through before it is copied: whole, or not at all.
//!
//! What stands in it was made by programs of unknown origin. No symbolic link is followed, a name that could forge what
//! is shown is refused, and a folder without end is an error.

use crate::files::{ReadError, io_error};
use rustix::fs::SeekFrom;
use rustix::io::Errno;
use std::fs::{File, Metadata};
use std::io::{Error, ErrorKind, Read as _, Seek as _, SeekFrom as At};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use tollgate_text::escape::{is_hostile, is_ordinary};
use tollgate_text::show::{plain, show};
use walkdir::{DirEntry, WalkDir};

/// What a folder may hold at most.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Files and folders in all.
    pub entries: usize,
    /// Folders within folders.
    pub depth: usize,
    /// Bytes of all files together, by their length.
    pub bytes: u64,
}

/// How much files are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    /// By their length.
    pub bytes: u64,
    /// What they take on disk: holes take nothing.
    pub on_disk: u64,
}

impl Size {
    /// Of a regular file, a link not followed.
    pub fn of(path: &Path) -> Result<Size, TreeError> {
        std::fs::symlink_metadata(path).map(|meta| Size::told(&meta)).map_err(|e| fault(path, &e))
    }

    fn told(meta: &Metadata) -> Size {
        Size { bytes: meta.len(), on_disk: meta.blocks().saturating_mul(512) }
    }

    /// Both together.
    pub fn and(self, other: Size) -> Size {
        Size {
            bytes: self.bytes.saturating_add(other.bytes),
            on_disk: self.on_disk.saturating_add(other.on_disk),
        }
    }
}

/// What stands in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderTree {
    from: PathBuf,
    /// Relative to `from`, each after the folder that it stands in.
    folders: Vec<PathBuf>,
    /// Each with its length.
    files: Vec<(PathBuf, u64)>,
    size: Size,
    /// How many symbolic links, FIFOs, sockets and devices stand in it, which are not copied.
    pub others: usize,
}

/// Why a folder is not copied. `Display` is one sentence that names the path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// Something else stands there, a symbolic link to a folder too.
    #[error("{0} is not a folder and is not copied")]
    NotAFolder(String),
    /// More than the bounds allow.
    #[error("{path} holds {what} and is not copied in part")]
    TooMuch {
        /// The path as shown.
        path: String,
        /// "more than 1000 files and folders", …
        what: String,
    },
    /// A name that is not UTF-8, or holds what moves the cursor, reorders text or cannot be seen.
    #[error("{0} is not copied: its name is not fit to be shown")]
    Name(String),
    /// The system refuses.
    #[error("{path} cannot be copied: {why}")]
    Io {
        /// The path as shown.
        path: String,
        /// The system's words.
        why: String,
    },
}

impl FolderTree {
    /// Looks a folder through; `None` where nothing is.
    pub fn of(from: &Path, bounds: Bounds) -> Result<Option<FolderTree>, TreeError> {
        let shown = shown(from);
        match std::fs::symlink_metadata(from).map_err(|e| (io_error(&shown, &e), e)) {
            Ok(meta) if meta.is_dir() => {}
            Ok(_) => return Err(TreeError::NotAFolder(shown)),
            Err((ReadError::Missing(_), e)) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err((_, e)) => return Err(fault(from, &e)),
        }
        let mut tree = FolderTree {
            from: from.to_path_buf(),
            folders: vec![],
            files: vec![],
            size: Size::default(),
            others: 0,
        };
        let too_much = |what: String| TreeError::TooMuch { path: shown.clone(), what };
        let walk = WalkDir::new(from).follow_root_links(false).min_depth(1).sort_by_file_name();
        for (number, entry) in walk.into_iter().enumerate() {
            if number == bounds.entries {
                return Err(too_much(format!("more than {} files and folders", bounds.entries)));
            }
            let entry = entry.map_err(|e| not_walked(from, &e))?;
            if entry.depth() > bounds.depth + 1 {
                return Err(too_much(format!("folders nested deeper than {}", bounds.depth)));
            }
            tree.add(&entry)?;
            if tree.size.bytes > bounds.bytes {
                return Err(too_much(format!("more than {} bytes", bounds.bytes)));
            }
        }
        Ok(Some(tree))
    }

    fn add(&mut self, entry: &DirEntry) -> Result<(), TreeError> {
        let fine = entry.file_name().to_str().is_some_and(|name| !name.chars().any(forges));
        if !fine {
            return Err(TreeError::Name(shown(entry.path())));
        }
        let inside = entry.path().strip_prefix(&self.from).unwrap_or(entry.path()).to_path_buf();
        match entry.file_type() {
            kind if kind.is_dir() => self.folders.push(inside),
            kind if kind.is_file() => {
                let meta = entry.metadata().map_err(|e| not_walked(entry.path(), &e))?;
                self.size = self.size.and(Size::told(&meta));
                self.files.push((inside, meta.len()));
            }
            _ => self.others += 1,
        }
        Ok(())
    }

    /// Whether a regular file of that name stands in the folder itself.
    pub fn has(&self, name: &str) -> bool {
        self.files.iter().any(|(file, _)| file == Path::new(name))
    }

    /// How much its files are.
    pub fn size(&self) -> Size {
        self.size
    }

    /// The folder that was looked through.
    pub fn from(&self) -> &Path {
        &self.from
    }

    /// Copies it to `to`, which is made, but for the files of the folder itself that are called one of `but`.
    pub fn copy(&self, to: &Path, but: &[String]) -> Result<(), TreeError> {
        std::fs::create_dir_all(to).map_err(|e| fault(to, &e))?;
        for folder in &self.folders {
            std::fs::create_dir(to.join(folder)).map_err(|e| fault(&self.from.join(folder), &e))?;
        }
        let wanted = |(file, _): &&(PathBuf, u64)| !but.iter().any(|name| file == Path::new(name));
        for (file, length) in self.files.iter().filter(wanted) {
            copy_file(&self.from.join(file), &to.join(file), *length)?;
        }
        Ok(())
    }
}

/// Copies one regular file to where none is. What is no regular file any more, or longer than it was, is not copied; its holes stay
/// holes.
pub fn copy_file(from: &Path, to: &Path, length: u64) -> Result<(), TreeError> {
    // Opened as it was looked at: no link, and nothing to wait for.
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).unwrap_or(0);
    let open = || File::options().read(true).custom_flags(flags).open(from);
    copied(open, to, length).map_err(|e| fault(from, &e))
}

fn copied(open: impl FnOnce() -> std::io::Result<File>, to: &Path, length: u64) -> std::io::Result<()> {
    let mut source = open()?;
    let meta = source.metadata()?;
    if !meta.is_file() || meta.len() > length {
        return Err(Error::other("it is no longer what it was when it was looked at"));
    }
    let mut target = File::options().write(true).create_new(true).open(to)?;
    let mut at = 0;
    while let Some((data, hole)) = data(&source, at, meta.len())? {
        source.seek(At::Start(data))?;
        target.seek(At::Start(data))?;
        if std::io::copy(&mut (&source).take(hole - data), &mut target)? < hole - data {
            return Err(Error::other("it was cut short while it was copied"));
        }
        at = hole;
    }
    // A hole at the end is there by the length alone.
    target.set_len(meta.len())?;
    target.set_permissions(meta.permissions())
}

/// The next bytes at or behind `at` that are no hole: from where to where. A file system that knows no holes has only such.
fn data(file: &File, at: u64, length: u64) -> std::io::Result<Option<(u64, u64)>> {
    if at >= length {
        return Ok(None);
    }
    let from = match rustix::fs::seek(file, SeekFrom::Data(at)) {
        Ok(from) => from,
        Err(Errno::NXIO) => return Ok(None),
        Err(Errno::INVAL | Errno::OPNOTSUPP | Errno::NOSYS) => return Ok(Some((at, length))),
        Err(error) => return Err(error.into()),
    };
    let to = rustix::fs::seek(file, SeekFrom::Hole(from))?.min(length);
    // What was cut off meanwhile is found to be missing when it is read.
    Ok(Some((from, to.max(from))).filter(|(from, to)| from < to))
}

/// Emoji and spaces of other scripts are names of ordinary files; they are escaped where they are shown.
fn forges(c: char) -> bool {
    is_hostile(c) && !is_ordinary(c)
}

fn not_walked(from: &Path, error: &walkdir::Error) -> TreeError {
    let path = error.path().unwrap_or(from);
    match error.io_error() {
        Some(e) => fault(path, e),
        None => TreeError::NotAFolder(shown(path)),
    }
}

fn fault(path: &Path, error: &std::io::Error) -> TreeError {
    TreeError::Io { path: shown(path), why: plain(error) }
}

/// As bytes that are no text are shown, too: escaped.
fn shown(path: &Path) -> String {
    show(&path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::write_atomic;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    const BOUNDS: Bounds = Bounds { entries: 20, depth: 2, bytes: 2_000_000 };

    fn put(dir: &Path, files: &[&str]) {
        for file in files {
            write_atomic(&dir.join(file), file.as_bytes()).unwrap();
        }
    }

    fn refused(dir: &Path) -> String {
        let error = FolderTree::of(dir, BOUNDS).unwrap_err().to_string();
        error.replace(&dir.display().to_string(), "DIR")
    }

    #[test]
    fn a_folder_is_copied_with_the_folders_in_it() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        put(from.path(), &["a", "b.json", "in/c d", "in/deeper/é", "in/b.json"]);
        std::fs::create_dir(from.path().join("empty")).unwrap();
        std::os::unix::fs::symlink("/etc", from.path().join("link")).unwrap();
        std::os::unix::fs::symlink("a", from.path().join("in/a")).unwrap();
        let tree = FolderTree::of(from.path(), BOUNDS).unwrap().unwrap();
        assert_eq!((tree.others, tree.has("a"), tree.has("link"), tree.has("in")), (2, true, false, false));
        let to = to.path().join("x/y");
        tree.copy(&to, &["b.json".into()]).unwrap();
        let copied = FolderTree::of(&to, BOUNDS).unwrap().unwrap();
        let files: Vec<_> = copied.files.iter().map(|(f, _)| f.to_str().unwrap()).collect();
        assert_eq!(files, ["a", "in/b.json", "in/c d", "in/deeper/é"]);
        assert_eq!((copied.folders.len(), copied.others), (3, 0));
        let text = crate::files::read(&to.join("in/deeper/é"), 99).unwrap();
        assert_eq!(text, "in/deeper/é".as_bytes());
    }

    #[test]
    fn what_is_no_folder_is_told_from_nothing() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), &["in/file"]);
        assert_eq!(FolderTree::of(&dir.path().join("none"), BOUNDS), Ok(None));
        std::os::unix::fs::symlink("in", dir.path().join("link")).unwrap();
        for name in ["in/file", "link"] {
            let error = FolderTree::of(&dir.path().join(name), BOUNDS).unwrap_err().to_string();
            assert!(error.ends_with(&format!("{name} is not a folder and is not copied")), "{error}");
        }
    }

    #[test]
    fn what_has_no_end_is_not_copied_in_part() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), &["1/2/file"]);
        assert!(FolderTree::of(dir.path(), BOUNDS).is_ok());
        put(dir.path(), &["1/2/3/file"]);
        assert_eq!(refused(dir.path()), "DIR holds folders nested deeper than 2 and is not copied in part");
        let dir = tempfile::tempdir().unwrap();
        let names: Vec<String> = (0..20).map(|n| format!("f{n}")).collect();
        put(dir.path(), &names.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(FolderTree::of(dir.path(), BOUNDS).is_ok());
        put(dir.path(), &["in/one"]);
        assert_eq!(refused(dir.path()), "DIR holds more than 20 files and folders and is not copied in part");
    }

    #[test]
    fn an_emoji_and_a_foreign_space_are_ordinary_names() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), &["in/\u{26a0}\u{fe0f} warned.png", "in/a\u{3000}b"]);
        assert!(FolderTree::of(&dir.path().join("in"), BOUNDS).unwrap().is_some());
    }

    #[test]
    fn holes_stay_holes_and_their_length_counts() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let sparse = File::create(from.path().join("sparse")).unwrap();
        sparse.set_len(1 << 20).unwrap();
        for (at, text) in [(300_000u64, "middle"), (900_000, "near the end")] {
            (&sparse).seek(At::Start(at)).unwrap();
            std::io::Write::write_all(&mut (&sparse), text.as_bytes()).unwrap();
        }
        let tree = FolderTree::of(from.path(), BOUNDS).unwrap().unwrap();
        assert_eq!(tree.size().bytes, 1 << 20);
        let to = to.path().join("x");
        tree.copy(&to, &[]).unwrap();
        let read = |dir: &Path| crate::files::read(&dir.join("sparse"), 2 << 20).unwrap();
        assert!(read(&to) == read(from.path()));
        let copied = FolderTree::of(&to, BOUNDS).unwrap().unwrap().size();
        assert!(copied.on_disk <= tree.size().on_disk.max(64 << 10), "{copied:?}");
        sparse.set_len(3 << 20).unwrap();
        assert_eq!(refused(from.path()), "DIR holds more than 2000000 bytes and is not copied in part");
    }

    #[test]
    fn what_changed_since_it_was_looked_at_is_not_copied() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), &["a", "b"]);
        std::os::unix::fs::symlink("a", dir.path().join("link")).unwrap();
        let copy = |from: &str, length| copy_file(&dir.path().join(from), &dir.path().join("to"), length);
        assert!(
            copy("a", 0)
                .unwrap_err()
                .to_string()
                .ends_with("it is no longer what it was when it was looked at")
        );
        assert!(copy("link", 9).is_err() && copy("none", 9).is_err());
        copy("a", 1).unwrap();
        assert!(copy("b", 1).is_err(), "what is there is not written over");
    }

    #[test]
    fn a_name_that_could_forge_a_line_is_refused() {
        for name in ["a\nb".as_bytes(), b"\x1b[31m", b"not \xff text", "\u{202e}txt".as_bytes()] {
            let dir = tempfile::tempdir().unwrap();
            put(dir.path(), &["in/fine"]);
            write_atomic(&dir.path().join("in").join(OsStr::from_bytes(name)), b"").unwrap();
            let said = refused(dir.path());
            assert!(said.ends_with(" is not copied: its name is not fit to be shown"), "{said}");
            assert!(!said.chars().any(is_hostile), "{said}");
        }
    }
}

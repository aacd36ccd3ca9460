//! A folder with everything in it, looked through before it is copied: whole, or not at all.
//!
//! What stands in it was made by programs of unknown origin. No symbolic link is followed, a name that could forge what
//! is shown is refused, and a folder without end is an error.

use super::escape::{is_hostile, is_ordinary};
use super::files::{ReadError, io_error, plain, show};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// What a folder may hold at most.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Files and folders in all.
    pub entries: usize,
    /// Folders within folders.
    pub depth: usize,
}

/// What stands in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    from: PathBuf,
    /// Relative to `from`, each after the folder that it stands in.
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
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

impl Tree {
    /// Looks a folder through; `None` where nothing is.
    pub fn of(from: &Path, bounds: Bounds) -> Result<Option<Tree>, TreeError> {
        let shown = shown(from);
        match std::fs::symlink_metadata(from).map_err(|e| (io_error(&shown, &e), e)) {
            Ok(meta) if meta.is_dir() => {}
            Ok(_) => return Err(TreeError::NotAFolder(shown)),
            Err((ReadError::Missing(_), e)) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err((_, e)) => return Err(fault(from, &e)),
        }
        let mut tree = Tree { from: from.to_path_buf(), folders: vec![], files: vec![], others: 0 };
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
            kind if kind.is_file() => self.files.push(inside),
            _ => self.others += 1,
        }
        Ok(())
    }

    /// Whether a regular file of that name stands in the folder itself.
    pub fn has(&self, name: &str) -> bool {
        self.files.iter().any(|file| file == Path::new(name))
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
        for file in self.files.iter().filter(|file| !but.iter().any(|name| *file == Path::new(name))) {
            copy_file(&self.from.join(file), &to.join(file))?;
        }
        Ok(())
    }
}

/// Copies one regular file.
pub fn copy_file(from: &Path, to: &Path) -> Result<(), TreeError> {
    std::fs::copy(from, to).map(drop).map_err(|e| fault(from, &e))
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
    use crate::base::files::write_atomic;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    const BOUNDS: Bounds = Bounds { entries: 20, depth: 2 };

    fn put(dir: &Path, files: &[&str]) {
        for file in files {
            write_atomic(&dir.join(file), file.as_bytes()).unwrap();
        }
    }

    fn refused(dir: &Path) -> String {
        let error = Tree::of(dir, BOUNDS).unwrap_err().to_string();
        error.replace(&dir.display().to_string(), "DIR")
    }

    #[test]
    fn a_folder_is_copied_with_the_folders_in_it() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        put(from.path(), &["a", "b.json", "in/c d", "in/deeper/é", "in/b.json"]);
        std::fs::create_dir(from.path().join("empty")).unwrap();
        std::os::unix::fs::symlink("/etc", from.path().join("link")).unwrap();
        std::os::unix::fs::symlink("a", from.path().join("in/a")).unwrap();
        let tree = Tree::of(from.path(), BOUNDS).unwrap().unwrap();
        assert_eq!((tree.others, tree.has("a"), tree.has("link"), tree.has("in")), (2, true, false, false));
        let to = to.path().join("x/y");
        tree.copy(&to, &["b.json".into()]).unwrap();
        let copied = Tree::of(&to, BOUNDS).unwrap().unwrap();
        let files: Vec<_> = copied.files.iter().map(|f| f.to_str().unwrap()).collect();
        assert_eq!(files, ["a", "in/b.json", "in/c d", "in/deeper/é"]);
        assert_eq!((copied.folders.len(), copied.others), (3, 0));
        let text = crate::base::files::read(&to.join("in/deeper/é"), 99).unwrap();
        assert_eq!(text, "in/deeper/é".as_bytes());
    }

    #[test]
    fn what_is_no_folder_is_told_from_nothing() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), &["in/file"]);
        assert_eq!(Tree::of(&dir.path().join("none"), BOUNDS), Ok(None));
        std::os::unix::fs::symlink("in", dir.path().join("link")).unwrap();
        for name in ["in/file", "link"] {
            let error = Tree::of(&dir.path().join(name), BOUNDS).unwrap_err().to_string();
            assert!(error.ends_with(&format!("{name} is not a folder and is not copied")), "{error}");
        }
    }

    #[test]
    fn what_has_no_end_is_not_copied_in_part() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), &["1/2/file"]);
        assert!(Tree::of(dir.path(), BOUNDS).is_ok());
        put(dir.path(), &["1/2/3/file"]);
        assert_eq!(refused(dir.path()), "DIR holds folders nested deeper than 2 and is not copied in part");
        let dir = tempfile::tempdir().unwrap();
        let names: Vec<String> = (0..20).map(|n| format!("f{n}")).collect();
        put(dir.path(), &names.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(Tree::of(dir.path(), BOUNDS).is_ok());
        put(dir.path(), &["in/one"]);
        assert_eq!(refused(dir.path()), "DIR holds more than 20 files and folders and is not copied in part");
    }

    #[test]
    fn an_emoji_and_a_foreign_space_are_ordinary_names() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), &["in/\u{26a0}\u{fe0f} warned.png", "in/a\u{3000}b"]);
        assert!(Tree::of(&dir.path().join("in"), BOUNDS).unwrap().is_some());
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

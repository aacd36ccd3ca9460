//! Files below a folder that are written or removed without following a symbolic link on the way: each part of the way is opened
//! by itself, from the one before it, so that nothing put in its place between the look and the use leads elsewhere.
//!
//! What stands below a run folder or a workspace was made by programs of unknown origin, and may be replaced while they run.

use crate::files::WriteError;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use tollgate_text::show::{plain, show};

/// How a folder on the way is opened: to reach what is in it, whether or not it can be listed.
#[cfg(target_os = "linux")]
const FOLDER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
#[cfg(not(target_os = "linux"))]
const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// Why something below a folder is not reached. `Display` is a clause that follows the path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreached {
    /// Nothing stands there, or a folder on the way is not there.
    #[error("does not exist")]
    Missing,
    /// A folder on the way is a symbolic link: its path below the folder.
    #[error("is behind {}, which is a symbolic link", show(.0))]
    Linked(String),
    /// The path leads out of the folder.
    #[error("is outside of its folder")]
    Outside,
    /// A folder stands where a file belongs.
    #[error("is a folder")]
    Folder,
    /// The system's words.
    #[error("cannot be reached: {0}")]
    Io(String),
}

impl From<Errno> for Unreached {
    fn from(error: Errno) -> Unreached {
        match error {
            Errno::NOENT | Errno::NOTDIR => Unreached::Missing,
            Errno::ISDIR => Unreached::Folder,
            other => Unreached::Io(plain(&other.into())),
        }
    }
}

/// A folder below which files are reached.
#[derive(Debug)]
pub struct Beneath {
    dir: PathBuf,
    at: OwnedFd,
}

/// A place below a folder: the folder that it stands in, open, and its name there.
struct Place {
    at: OwnedFd,
    name: OsString,
}

impl Beneath {
    /// Opens the folder by a path that is trusted: links of it are followed.
    pub fn open(dir: &Path) -> Result<Beneath, Unreached> {
        Ok(Beneath { dir: dir.to_path_buf(), at: rustix::fs::open(dir, FOLDER, Mode::empty())? })
    }

    /// The same, made if it is not there.
    pub fn make(dir: &Path) -> Result<Beneath, WriteError> {
        let fail = |why: String| WriteError { path: show(&dir.display().to_string()), why };
        std::fs::create_dir_all(dir).map_err(|e| fail(plain(&e)))?;
        Beneath::open(dir).map_err(|e| fail(e.to_string()))
    }

    /// The folder, open.
    pub(super) fn fd(&self) -> &OwnedFd {
        &self.at
    }

    /// Where `rel` stands. Folders on the way are made where `make` says so.
    fn place(&self, rel: &Path, make: bool) -> Result<Place, Unreached> {
        // The folders on the way, each open: `..` goes back to the one before, never behind a link.
        let mut way: Vec<OwnedFd> = Vec::new();
        let mut names: Vec<&OsStr> = Vec::new();
        let mut parts = rel.components().filter(|part| *part != Component::CurDir).peekable();
        while let Some(part) = parts.next() {
            match part {
                Component::Normal(name) if parts.peek().is_none() => {
                    let at = way.pop().map_or_else(|| self.at.try_clone(), Ok);
                    let at = at.map_err(|e| Unreached::Io(plain(&e)))?;
                    return Ok(Place { at, name: name.to_os_string() });
                }
                Component::Normal(name) => {
                    names.push(name);
                    let from = way.last().unwrap_or(&self.at);
                    let shown = || names.iter().collect::<PathBuf>().display().to_string();
                    way.push(folder(from, name, make, &shown)?);
                }
                Component::ParentDir if way.pop().is_some() => drop(names.pop()),
                _ => return Err(Unreached::Outside),
            }
        }
        Err(Unreached::Folder)
    }

    /// Whether the way to `rel` is free of links; what is not there yet is.
    pub fn has_no_link(&self, rel: &Path) -> Result<(), Unreached> {
        match self.place(rel, false) {
            Ok(_) | Err(Unreached::Missing) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Makes the folders that `rel` stands in.
    pub fn make_folders(&self, rel: &Path) -> Result<(), Unreached> {
        self.place(rel, true).map(drop)
    }

    /// Removes the file at `rel`; a link there is removed and not followed. Whether something was there.
    pub fn remove(&self, rel: &Path) -> Result<bool, Unreached> {
        let place = match self.place(rel, false) {
            Err(Unreached::Missing) => return Ok(false),
            place => place?,
        };
        match kind(&place.at, &place.name) {
            Err(Unreached::Missing) => return Ok(false),
            Ok(FileType::Directory) => return Err(Unreached::Folder),
            found => found?,
        };
        match rustix::fs::unlinkat(&place.at, &*place.name, AtFlags::empty()) {
            Err(Errno::NOENT) => Ok(false),
            other => Ok(other.map(|()| true)?),
        }
    }

    /// Makes a file at `rel` that was not there, to be read and appended to, with the folders above it: a link or file that somebody
    /// put in its place is removed and not followed.
    pub fn create(&self, rel: &Path) -> Result<File, Unreached> {
        let place = self.place(rel, true)?;
        let flags = OFlags::RDWR | OFlags::APPEND | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let new = || rustix::fs::openat(&place.at, &*place.name, flags, Mode::from_raw_mode(0o666));
        let made = match new() {
            Err(Errno::EXIST) => {
                rustix::fs::unlinkat(&place.at, &*place.name, AtFlags::empty())?;
                new()
            }
            other => other,
        };
        Ok(File::from(made?))
    }

    /// Writes the file at `rel` whole or not at all, with the folders above it.
    pub fn write(&self, rel: &Path, bytes: &[u8]) -> Result<(), WriteError> {
        let fail = |error: Unreached| {
            let path = show(&self.dir.join(rel).display().to_string());
            let why = match error {
                Unreached::Io(why) => why,
                Unreached::Folder => "it is a folder, not a regular file".into(),
                other => format!("it {other}"),
            };
            WriteError { path, why }
        };
        let place = self.place(rel, true).map_err(fail)?;
        let temp = Temp::write(&place.at, bytes).map_err(|e| fail(e.into()))?;
        temp.rename(&place.name).map_err(|e| fail(e.into()))
    }
}

/// Opens a folder of a folder, which is no link.
fn folder(
    from: &OwnedFd,
    name: &OsStr,
    make: bool,
    shown: &dyn Fn() -> String,
) -> Result<OwnedFd, Unreached> {
    let open = || rustix::fs::openat(from, name, FOLDER | OFlags::NOFOLLOW, Mode::empty());
    let found = match open() {
        Err(Errno::NOENT) if make => {
            match rustix::fs::mkdirat(from, name, Mode::from_raw_mode(0o777)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
            open()
        }
        found => found,
    };
    // Where a link stands the system says that it is no folder, or that there are too many links.
    found.map_err(|error| match kind(from, name) {
        Ok(FileType::Symlink) => Unreached::Linked(shown()),
        Ok(_) if make && error == Errno::NOTDIR => {
            Unreached::Io(format!("{} is not a folder", show(&shown())))
        }
        _ => error.into(),
    })
}

/// What stands there, a link not followed.
fn kind(at: impl AsFd, name: &OsStr) -> Result<FileType, Unreached> {
    let found = rustix::fs::statat(at, name, AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(FileType::from_raw_mode(found.st_mode))
}

/// A file under a name of its own, until it is given the one that it is for; else it is removed again.
#[derive(Debug)]
pub(super) struct Temp {
    at: OwnedFd,
    name: Option<String>,
}

impl Temp {
    /// Writes it into a folder. Its name does not follow from what it is for, and stands in no message.
    pub(super) fn write(at: &OwnedFd, bytes: &[u8]) -> Result<Temp, Errno> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let folder = at.try_clone().map_err(|e| Errno::from_io_error(&e).unwrap_or(Errno::IO))?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let (temp, file) = loop {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let name = format!(".tollgate-{}-{}-{count}", std::process::id(), crate::clock::unique());
            // Evidence is read by other users of the machine.
            match rustix::fs::openat(&folder, &name, flags, Mode::from_raw_mode(0o644)) {
                Err(Errno::EXIST) => {}
                file => break (Temp { at: folder, name: Some(name) }, File::from(file?)),
            }
        };
        (&file).write_all(bytes).map_err(|e| Errno::from_io_error(&e).unwrap_or(Errno::IO))?;
        Ok(temp)
    }

    /// Gives it its name, in place of what has it.
    pub(super) fn rename(mut self, name: &OsStr) -> Result<(), Errno> {
        if let Some(temp) = &self.name {
            rustix::fs::renameat(&self.at, temp, &self.at, name)?;
            self.name = None;
        }
        Ok(())
    }
}

impl Drop for Temp {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            let _ = rustix::fs::unlinkat(&self.at, name, AtFlags::empty());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{read, write_atomic};
    use std::os::unix::fs::symlink;

    fn folders() -> (tempfile::TempDir, Beneath, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        for path in ["in/real/f", "out/f"] {
            write_atomic(&dir.path().join(path), b"precious").unwrap();
        }
        symlink("../out", dir.path().join("in/link")).unwrap();
        symlink("real", dir.path().join("in/near")).unwrap();
        symlink("../../out/f", dir.path().join("in/real/to-file")).unwrap();
        let beneath = Beneath::open(&dir.path().join("in")).unwrap();
        let outside = dir.path().join("out/f");
        (dir, beneath, outside)
    }

    #[test]
    fn nothing_behind_a_link_is_touched() {
        let (_dir, beneath, outside) = folders();
        for (path, way) in
            [("link/f", "link"), ("near/f", "near"), ("link/../real/f", "link"), ("link/a/b", "link")]
        {
            let path = Path::new(path);
            let linked = Unreached::Linked(way.into());
            assert_eq!(beneath.remove(path), Err(linked.clone()));
            assert_eq!(beneath.create(path).map(drop), Err(linked.clone()));
            assert_eq!(beneath.make_folders(path), Err(linked.clone()));
            assert_eq!(beneath.has_no_link(path), Err(linked));
            let said = beneath.write(path, b"x").unwrap_err().to_string();
            assert!(
                said.ends_with(&format!("cannot be written: it is behind {way}, which is a symbolic link")),
                "{said}"
            );
        }
        for path in ["../out/f", "real/../../out/f", "/etc/passwd", "real/../.."] {
            assert_eq!(beneath.remove(Path::new(path)), Err(Unreached::Outside), "{path}");
        }
        assert_eq!(read(&outside, 99).unwrap(), b"precious");
    }

    #[test]
    fn a_link_at_the_end_is_replaced_and_not_followed() {
        let (_dir, beneath, outside) = folders();
        beneath.write(Path::new("real/to-file"), b"new").unwrap();
        assert_eq!(read(&beneath.dir.join("real/to-file"), 99).unwrap(), b"new");
        assert!(beneath.remove(Path::new("link")).unwrap(), "the link itself");
        symlink("../../out/f", beneath.dir.join("real/again")).unwrap();
        beneath.create(Path::new("real/again")).unwrap().write_all(b"log").unwrap();
        assert_eq!(read(&beneath.dir.join("real/again"), 99).unwrap(), b"log");
        assert_eq!(read(&outside, 99).unwrap(), b"precious");
    }

    #[test]
    fn what_is_there_is_written_and_removed() {
        let (_dir, beneath, _) = folders();
        beneath.write(Path::new("a/./b/../b/c"), b"1").unwrap();
        beneath.write(Path::new("a/b/c"), b"2").unwrap();
        assert_eq!(read(&beneath.dir.join("a/b/c"), 99).unwrap(), b"2");
        assert_eq!(beneath.remove(Path::new("a/b/c")), Ok(true));
        assert_eq!(beneath.remove(Path::new("a/b/c")), Ok(false));
        assert_eq!(beneath.remove(Path::new("a/none/c")), Ok(false));
        assert_eq!(beneath.remove(Path::new("a/b")), Err(Unreached::Folder));
        assert_eq!(beneath.has_no_link(Path::new("not/there/yet")), Ok(()));
        beneath.make_folders(Path::new("x/y/z")).unwrap();
        assert!(beneath.dir.join("x/y").is_dir() && !beneath.dir.join("x/y/z").exists());
        assert!(beneath.write(Path::new("a/b"), b"x").is_err(), "a folder is not replaced");
        assert!(beneath.write(Path::new("real/f/g"), b"x").is_err(), "a file is no folder");
        let left = std::fs::read_dir(beneath.dir.join("a")).unwrap().count();
        assert_eq!(left, 1, "what was not given its name is gone");
    }
}

//! Opening a file below a folder: whatever is swapped between the look at a path and its use, no link leads out of the
//! folder and nothing that would have to be waited for is waited for.

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags, open, openat};
use rustix::io::Errno;
use std::fs::File;
use std::io;
use std::path::{Component, Path};

/// For reading, without waiting for the other end of a FIFO and without making a terminal one's own.
const READ: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::CLOEXEC).union(OFlags::NOCTTY);

/// A folder that is only passed through: no right to list it is needed where the system knows such a thing.
#[cfg(target_os = "linux")]
const PASS: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
#[cfg(not(target_os = "linux"))]
const PASS: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// A folder to open files below; it stays the same folder, whatever its name leads to later.
pub(super) fn folder(path: &Path) -> io::Result<OwnedFd> {
    Ok(open(path, PASS, Mode::empty())?)
}

/// Opens what stands at a path, links followed. Whether it is a file is to be asked of what was opened.
pub(super) fn anywhere(path: &Path) -> io::Result<File> {
    Ok(open(path, READ, Mode::empty())?.into())
}

/// Opens what stands at a relative path below `root`, links followed as long as they stay below it. `None` where the system
/// cannot say so in one step, or refuses: then the path is to be resolved and opened by `directly`.
#[cfg(target_os = "linux")]
pub(super) fn below(root: &OwnedFd, path: &str) -> Option<File> {
    use rustix::fs::{ResolveFlags, openat2};
    use std::sync::atomic::{AtomicBool, Ordering};
    /// Set once the kernel, or what stands before it, does not know the call.
    static UNKNOWN: AtomicBool = AtomicBool::new(false);
    if UNKNOWN.load(Ordering::Relaxed) {
        return None;
    }
    let inside = ResolveFlags::BENEATH.union(ResolveFlags::NO_MAGICLINKS);
    match openat2(root, path, READ, Mode::empty(), inside) {
        Ok(file) => Some(file.into()),
        Err(Errno::NOSYS) => {
            UNKNOWN.store(true, Ordering::Relaxed);
            None
        }
        Err(_) => None,
    }
}

/// As on Linux, where there is no such call.
#[cfg(not(target_os = "linux"))]
pub(super) fn below(_: &OwnedFd, _: &str) -> Option<File> {
    None
}

/// Opens what stands at a relative path below `root` that was resolved: no part of it is a link any more, and one that has
/// become a link since is an error.
pub(super) fn directly(root: &OwnedFd, path: &Path) -> io::Result<File> {
    let parts: Vec<&std::ffi::OsStr> = path
        .components()
        .map(|part| match part {
            Component::Normal(name) => Ok(name),
            _ => Err(io::Error::from(io::ErrorKind::InvalidInput)),
        })
        .collect::<Result<_, _>>()?;
    let Some((name, folders)) = parts.split_last() else {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    };
    let mut passed: Option<OwnedFd> = None;
    for folder in folders {
        let at = here(root, passed.as_ref());
        passed = Some(openat(at, *folder, PASS | OFlags::NOFOLLOW, Mode::empty())?);
    }
    Ok(openat(here(root, passed.as_ref()), *name, READ | OFlags::NOFOLLOW, Mode::empty())?.into())
}

fn here<'f>(root: &'f OwnedFd, passed: Option<&'f OwnedFd>) -> BorrowedFd<'f> {
    passed.unwrap_or(root).as_fd()
}

/// Whether an error of `directly` says that a part of the path has become a link.
pub(super) fn is_link(error: &io::Error) -> bool {
    let errno = error.raw_os_error();
    errno == Some(Errno::LOOP.raw_os_error()) || errno == Some(Errno::MLINK.raw_os_error())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::os::unix::fs::symlink;

    fn put(path: &Path, text: &str) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
    }

    fn text(mut file: File) -> String {
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn both_ways_open_the_same_files_and_neither_leaves_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        put(&outside.path().join("x"), "outside");
        let at = |path: &str| dir.path().join(path);
        put(&at("a/b/f"), "inside");
        symlink(outside.path(), at("a/out")).unwrap();
        symlink("../b", at("a/b/in")).unwrap();
        symlink(outside.path().join("x"), at("link")).unwrap();
        let root = folder(dir.path()).unwrap();
        assert_eq!(text(directly(&root, Path::new("a/b/f")).unwrap()), "inside");
        for path in ["a/out/x", "link", "a/b/in/f"] {
            assert!(directly(&root, Path::new(path)).is_err(), "{path}: a link is not followed");
        }
        assert!(is_link(&directly(&root, Path::new("link")).unwrap_err()));
        for path in ["", "../x", "/etc/passwd"] {
            assert!(directly(&root, Path::new(path)).is_err(), "{path}");
        }
        if let Some(file) = below(&root, "a/b/f") {
            assert_eq!(text(file), "inside");
            assert_eq!(text(below(&root, "a/b/in/f").unwrap()), "inside");
            for path in ["a/out/x", "link", "../x", "/etc/passwd"] {
                assert!(below(&root, path).is_none(), "{path}");
            }
        }
    }

    #[test]
    fn a_fifo_is_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        assert!(duct::cmd!("mkfifo", dir.path().join("fifo")).run().is_ok());
        let root = folder(dir.path()).unwrap();
        let opened =
            [anywhere(&dir.path().join("fifo")).unwrap(), directly(&root, Path::new("fifo")).unwrap()];
        assert!(opened.iter().all(|file| !file.metadata().unwrap().is_file()));
    }
}

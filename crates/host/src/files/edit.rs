//! A file of the workspace that is read, changed and written back: one edit at a time, whichever processes make them, and
//! what an edit said was done is on disk.
//!
//! The lock is on the folder that the file really stands in (`flock`), not on a file of its own: nothing is left behind,
//! nothing can be taken for policy, one file that two names lead to has one lock, and the system frees it with its holder.

use crate::clock::Stopwatch;
use crate::files::{ReadError, Root, io_error, open_regular};
use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tollgate_text::digest::sha256_hex;
use tollgate_text::show::{plain, show};

/// Bytes of such a file at most, before and after: more is not read as policy either.
const LIMIT: u64 = 8 << 20;
/// How long an edit waits for others: each takes milliseconds, so that hundreds at once have their turn.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often a lock that is held is asked for again.
const PAUSE: Duration = Duration::from_millis(5);

/// Why a file was not edited. `Display` is one sentence that names it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditFault {
    /// What stands there cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Others edit, and go on doing so.
    #[error("{path} was left as it is: others edited it for {seconds} s; try again")]
    Busy {
        /// The file.
        path: String,
        /// How long was waited.
        seconds: u64,
    },
    /// The file system has no locks: an edit could lose what another wrote.
    #[error(
        "{path} was left as it is: its folder cannot be locked against other edits: {why}; edit it by hand"
    )]
    NoLock {
        /// The file.
        path: String,
        /// The system's words.
        why: String,
    },
    /// The system refuses.
    #[error("{path} cannot be written: {why}")]
    Write {
        /// The file.
        path: String,
        /// The system's words.
        why: String,
    },
}

/// What makes the new bytes of the file from those that stand there.
pub type FileEdit<'c, E> = dyn FnMut(Option<&[u8]>) -> Result<Vec<u8>, E> + 'c;

/// Reads the file at a workspace-relative path, has it changed, and writes it whole, or leaves it as it is. `change` is given
/// what stands there now, `None` where nothing does, and may be asked more than once: what it gave the last time counts.
pub fn edit<E: From<EditFault>>(root: &Root, rel: &str, change: &mut FileEdit<'_, E>) -> Result<(), E> {
    edit_within(PATIENCE, root, rel, change)
}

fn edit_within<E: From<EditFault>>(
    patience: Duration,
    root: &Root,
    rel: &str,
    change: &mut FileEdit<'_, E>,
) -> Result<(), E> {
    let asked = Asked { shown: show(rel), patience, watch: Stopwatch::start() };
    loop {
        // Links may be changed while one waits: each try looks anew where the file stands.
        let target = target(root, rel)?;
        let folder = target.parent().unwrap_or(Path::new("/")).to_path_buf();
        if !folder.is_dir() {
            // What is refused leaves no empty folders behind.
            change(None)?;
            std::fs::create_dir_all(&folder).map_err(|e| asked.not_written(&plain(&e)))?;
        }
        let Some(lock) = asked.lock(&folder)? else { continue };
        if self::target(root, rel)? != target {
            continue;
        }
        let before = asked.now(&target)?;
        let after = change(before.as_ref().map(|now| now.bytes.as_slice()))?;
        if after.len() as u64 > LIMIT {
            return Err(asked.not_written(&format!("it would have more than {LIMIT} bytes")).into());
        }
        // An editor takes no lock: what it wrote in the meantime is read and edited in its turn.
        if asked.now(&target)?.as_ref().map(|now| &now.bytes) != before.as_ref().map(|now| &now.bytes) {
            asked.wait()?;
            continue;
        }
        let mode = before.map_or(0o644, |now| now.mode);
        return Ok(replace(&target, &after, mode, &lock).map_err(|e| asked.not_written(&plain(&e)))?);
    }
}

fn target(root: &Root, rel: &str) -> Result<PathBuf, EditFault> {
    // A workspace opened anew remembers no folder.
    Ok(Root::open(root.dir())?.target(rel)?)
}

/// What stands in the file.
struct Before {
    bytes: Vec<u8>,
    mode: u32,
}

/// An edit that was asked for.
struct Asked {
    shown: String,
    patience: Duration,
    watch: Stopwatch,
}

impl Asked {
    fn not_written(&self, why: &str) -> EditFault {
        EditFault::Write { path: self.shown.clone(), why: why.to_string() }
    }

    /// Waits a moment; an error once the patience is at its end.
    fn wait(&self) -> Result<(), EditFault> {
        if self.watch.seconds() > self.patience.as_secs_f64() {
            return Err(EditFault::Busy { path: self.shown.clone(), seconds: self.patience.as_secs() });
        }
        std::thread::sleep(PAUSE);
        Ok(())
    }

    /// The lock on a folder, held until it is dropped; `None` where the folder is another by now.
    fn lock(&self, folder: &Path) -> Result<Option<File>, EditFault> {
        let file = match File::open(folder) {
            Ok(file) => file,
            Err(e) if e.kind() == ErrorKind::NotFound => return self.wait().map(|()| None),
            Err(e) => return Err(io_error(&self.shown, &e).into()),
        };
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) => self.wait()?,
                Err(TryLockError::Error(e)) => {
                    return Err(EditFault::NoLock { path: self.shown.clone(), why: plain(&e) });
                }
            }
        }
        let locked = file.metadata().map_err(|e| io_error(&self.shown, &e))?;
        let there = std::fs::metadata(folder).ok();
        let is_it = there.is_some_and(|there| (there.dev(), there.ino()) == (locked.dev(), locked.ino()));
        if is_it { Ok(Some(file)) } else { self.wait().map(|()| None) }
    }

    /// What stands there; nothing is nothing, and what cannot be looked at is an error.
    fn now(&self, target: &Path) -> Result<Option<Before>, EditFault> {
        let (file, meta) = match open_regular(target, &self.shown) {
            Ok(opened) => opened,
            Err(ReadError::Missing(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let mut bytes = Vec::new();
        file.take(LIMIT + 1).read_to_end(&mut bytes).map_err(|e| io_error(&self.shown, &e))?;
        let length = bytes.len() as u64;
        if length > LIMIT {
            return Err(ReadError::TooLarge { path: self.shown.clone(), bytes: length, limit: LIMIT }.into());
        }
        Ok(Some(Before { bytes, mode: meta.permissions().mode() & 0o7777 }))
    }
}

/// Puts the bytes in the file's place, on disk before it says so. The caller holds the lock on its folder.
fn replace(target: &Path, bytes: &[u8], mode: u32, folder: &File) -> std::io::Result<()> {
    // One name for a file, so that what an edit that was killed left of it is taken away by the next. No `.toml` stands at
    // its end: it is no policy.
    let name = target.file_name().unwrap_or_default();
    let digest = sha256_hex(name.as_encoded_bytes());
    let half_way = target.with_file_name(format!(".tollgate-edit-{}", &digest[..16]));
    remove(&half_way)?;
    let written = write(&half_way, bytes, mode).and_then(|()| std::fs::rename(&half_way, target));
    if written.is_err() {
        // The first error is the one to tell.
        let _ = remove(&half_way);
    }
    written?;
    // Not every file system can be asked for a folder.
    let _ = folder.sync_all();
    Ok(())
}

fn write(path: &Path, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    // A link of that name is not followed.
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.set_permissions(Permissions::from_mode(mode))?;
    file.sync_all()
}

fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files;

    #[derive(Debug, PartialEq, thiserror::Error)]
    enum Refused {
        #[error(transparent)]
        Fault(#[from] EditFault),
        #[error("{0}")]
        Own(&'static str),
    }

    const FILE: &str = "tests/list.toml";

    fn workspace() -> (tempfile::TempDir, Root) {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::open(dir.path()).unwrap();
        (dir, root)
    }

    fn line(now: Option<&[u8]>, line: &str) -> Vec<u8> {
        [now.unwrap_or_default(), line.as_bytes(), b"\n"].concat()
    }

    fn add(root: &Root, text: &str) -> Result<(), Refused> {
        edit(root, FILE, &mut |now| Ok(line(now, text)))
    }

    fn read(dir: &Path) -> Option<String> {
        files::read_text(&dir.join(FILE), LIMIT).ok()
    }

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn edits_at_once_are_all_there() {
        let (dir, root) = workspace();
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let root = &root;
                scope.spawn(move || {
                    for n in 0..20 {
                        add(root, &format!("{thread}-{n}")).unwrap();
                    }
                });
            }
        });
        let text = read(dir.path()).unwrap();
        let all: std::collections::BTreeSet<&str> = text.lines().collect();
        assert_eq!((text.lines().count(), all.len()), (160, 160));
        assert_eq!(names(&dir.path().join("tests")), ["list.toml"]);
    }

    #[test]
    fn what_an_editor_writes_meanwhile_is_edited_and_not_lost() {
        let (dir, root) = workspace();
        add(&root, "first").unwrap();
        let mut asked = 0;
        let done: Result<(), Refused> = edit(&root, FILE, &mut |now| {
            asked += 1;
            if asked == 1 {
                files::write_atomic(&dir.path().join(FILE), b"by an editor\n").unwrap();
            }
            Ok(line(now, "last"))
        });
        assert_eq!((done, asked), (Ok(()), 2));
        assert_eq!(read(dir.path()).as_deref(), Some("by an editor\nlast\n"));
        // A file that appears is no less there than one that changes.
        std::fs::remove_file(dir.path().join(FILE)).unwrap();
        let mut asked = 0;
        let done: Result<(), Refused> = edit(&root, FILE, &mut |now| {
            asked += 1;
            if asked == 1 {
                files::write_atomic(&dir.path().join(FILE), b"new\n").unwrap();
            }
            Ok(line(now, "last"))
        });
        assert_eq!((done, read(dir.path()).as_deref()), (Ok(()), Some("new\nlast\n")));
    }

    #[test]
    fn a_lock_that_is_kept_is_waited_for_and_then_told() {
        let (dir, root) = workspace();
        add(&root, "first").unwrap();
        let holder = File::open(dir.path().join("tests")).unwrap();
        holder.lock().unwrap();
        let done: Result<(), Refused> =
            edit_within(Duration::ZERO, &root, FILE, &mut |now| Ok(line(now, "x")));
        assert!(done.unwrap_err().to_string().contains("others edited it for 0 s"));
        assert_eq!(read(dir.path()).as_deref(), Some("first\n"));
        drop(holder);
        add(&root, "second").unwrap();
        assert_eq!(read(dir.path()).as_deref(), Some("first\nsecond\n"));
    }

    #[test]
    fn what_is_refused_leaves_nothing_behind() {
        let (dir, root) = workspace();
        let refuse = || edit(&root, FILE, &mut |_| Err(Refused::Own("no")));
        assert_eq!((refuse(), names(dir.path())), (Err(Refused::Own("no")), vec![]));
        add(&root, "first").unwrap();
        assert_eq!((refuse(), read(dir.path()).as_deref()), (Err(Refused::Own("no")), Some("first\n")));
        let long = "x".repeat(usize::try_from(LIMIT).unwrap());
        assert!(matches!(add(&root, &long), Err(Refused::Fault(EditFault::Write { .. }))));
        assert_eq!(names(&dir.path().join("tests")), ["list.toml"]);
        std::fs::create_dir(dir.path().join("tests/folder")).unwrap();
        let folder: Result<(), Refused> = edit(&root, "tests/folder", &mut |now| Ok(line(now, "x")));
        assert!(folder.unwrap_err().to_string().contains("is a folder"));
    }

    #[test]
    fn a_link_stays_one_and_its_target_keeps_its_mode() {
        let (dir, root) = workspace();
        let real = dir.path().join("kept/real.toml");
        files::write_atomic(&real, b"first\n").unwrap();
        std::fs::set_permissions(&real, Permissions::from_mode(0o600)).unwrap();
        std::fs::create_dir(dir.path().join("tests")).unwrap();
        std::os::unix::fs::symlink("../kept/real.toml", dir.path().join(FILE)).unwrap();
        // Nothing is written beside the link.
        std::fs::set_permissions(dir.path().join("tests"), Permissions::from_mode(0o555)).unwrap();
        add(&root, "second").unwrap();
        std::fs::set_permissions(dir.path().join("tests"), Permissions::from_mode(0o755)).unwrap();
        assert!(dir.path().join(FILE).symlink_metadata().unwrap().is_symlink());
        assert_eq!(files::read_text(&real, 99).unwrap(), "first\nsecond\n");
        assert_eq!(real.metadata().unwrap().permissions().mode() & 0o7777, 0o600);
        // One file, one lock, by whichever name.
        let holder = File::open(dir.path().join("kept")).unwrap();
        holder.lock().unwrap();
        let done: Result<(), Refused> =
            edit_within(Duration::ZERO, &root, FILE, &mut |now| Ok(line(now, "x")));
        assert!(matches!(done, Err(Refused::Fault(EditFault::Busy { .. }))));
        let outside = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(outside.path().join("f"), dir.path().join("tests/out")).unwrap();
        let out: Result<(), Refused> = edit(&root, "tests/out", &mut |now| Ok(line(now, "x")));
        assert!(matches!(out, Err(Refused::Fault(EditFault::Read(_)))), "{out:?}");
        assert_eq!(names(outside.path()), [""; 0]);
    }

    #[test]
    fn what_a_killed_edit_left_is_taken_away_by_the_next() {
        let (dir, root) = workspace();
        let target = dir.path().join(FILE);
        std::fs::create_dir(dir.path().join("tests")).unwrap();
        let folder = File::open(dir.path().join("tests")).unwrap();
        replace(&target, b"first\n", 0o644, &folder).unwrap();
        // The name of what is half written, as found where the rename cannot be.
        std::fs::remove_file(&target).unwrap();
        std::fs::create_dir(&target).unwrap();
        assert!(replace(&target, b"x", 0o644, &folder).is_err());
        assert_eq!(names(&dir.path().join("tests")), ["list.toml"]);
        std::fs::remove_dir(&target).unwrap();
        let digest = sha256_hex(b"list.toml");
        let left = dir.path().join(format!("tests/.tollgate-edit-{}", &digest[..16]));
        files::write_atomic(&left, b"torn").unwrap();
        add(&root, "whole").unwrap();
        assert_eq!((read(dir.path()).as_deref(), left.exists()), (Some("whole\n"), false));
        assert_eq!(names(&dir.path().join("tests")), ["list.toml"]);
    }
}

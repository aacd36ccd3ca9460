//! A lock that processes hold while they write what others write too. It ends with its holder, however that ends.

use crate::files::WriteError;
use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;
use tollgate_text::show::{plain, show};

/// How often a lock that is held is asked for again, and after how long: half a minute in all. Who holds one only writes files.
const ASKED: usize = 3_000;
const PAUSE: Duration = Duration::from_millis(10);
/// What is locked where a file system cannot lock a folder (NFS).
const FILE: &str = ".tollgate-lock";

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "closing it is what ends the lock")] File);

impl Lock {
    /// Locks a folder, which is there; it gets no file of ours, but where its file system locks files alone. Waits for another
    /// holder at most half a minute.
    pub fn folder(dir: &Path) -> Result<Lock, WriteError> {
        let fail = |e: &std::io::Error| WriteError { path: show(&dir.display().to_string()), why: plain(e) };
        let folder = File::open(dir).map_err(|e| fail(&e))?;
        let held = match asked(folder, ASKED) {
            Err(Held::Unable(e)) if is_unfit(&e) => {
                let file = File::options().create(true).truncate(false).write(true).open(dir.join(FILE));
                asked(file.map_err(|e| fail(&e))?, ASKED)
            }
            other => other,
        };
        held.map_err(|held| match held {
            Held::Unable(e) => fail(&e),
            Held::Busy => WriteError {
                path: show(&dir.display().to_string()),
                why: "another tollgate has been writing into it for half a minute".into(),
            },
        })
    }
}

/// Asks so often.
fn asked(file: File, times: usize) -> Result<Lock, Held> {
    for _ in 0..times {
        match file.try_lock() {
            Ok(()) => return Ok(Lock(file)),
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            Err(TryLockError::Error(error)) => return Err(Held::Unable(error)),
        }
    }
    Err(Held::Busy)
}

/// Why a lock is not had.
enum Held {
    Busy,
    Unable(std::io::Error),
}

/// Whether the file system cannot lock a folder that is open for reading.
fn is_unfit(error: &std::io::Error) -> bool {
    use rustix::io::Errno;
    let code = error.raw_os_error();
    error.kind() == ErrorKind::Unsupported
        || [Errno::BADF, Errno::NOLCK, Errno::INVAL, Errno::OPNOTSUPP]
            .iter()
            .any(|e| code == Some(e.raw_os_error()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_held_by_one_and_free_again_afterwards() {
        let dir = tempfile::tempdir().unwrap();
        let open = || File::open(dir.path()).unwrap();
        let held = Lock::folder(dir.path()).unwrap();
        assert!(matches!(asked(open(), 1), Err(Held::Busy)));
        drop(held);
        drop(asked(open(), 1).ok().unwrap());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "no file of ours is left");
        assert!(Lock::folder(&dir.path().join("none")).is_err());
    }

    #[test]
    fn who_waits_gets_it() {
        let dir = tempfile::tempdir().unwrap();
        let turns = std::sync::Mutex::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let _lock = Lock::folder(dir.path()).unwrap();
                    // Nobody else is here: a second one would find this locked.
                    *turns.try_lock().unwrap() += 1;
                });
            }
        });
        assert_eq!(turns.into_inner().unwrap(), 8);
    }
}

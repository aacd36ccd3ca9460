//! A suite's output: written as it comes, read again through the handle that wrote it, so that a suite that deletes its
//! own log takes it from nobody but the folder.

use crate::files::WriteError;
use crate::files::unlinked::{Beneath, Unreached};
use crate::run::job::LogTo;
use std::fs::File;
use std::io::{BufReader, Error, ErrorKind, Read, Write as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use tollgate_text::show::{plain, show};

/// How many bytes of output are kept in memory before they go to a file.
pub const IN_MEMORY: usize = 64 << 10;

/// An attempt's output as it was written: masked, stdout and stderr in the order they came.
#[derive(Debug)]
pub struct AttemptLog {
    store: Store,
    bytes: u64,
}

#[derive(Debug)]
enum Store {
    Memory(Vec<u8>),
    File(File),
}

impl AttemptLog {
    /// How many bytes were written.
    pub fn len(&self) -> u64 {
        self.bytes
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Reads it from its beginning. As often as one likes.
    pub fn reader(&self) -> LogReader<'_> {
        self.range(0, self.bytes)
    }

    /// Reads the bytes from `start` to before `end`: one step's output.
    pub fn range(&self, start: u64, end: u64) -> LogReader<'_> {
        BufReader::with_capacity(IN_MEMORY, LogPart { log: self, at: start, end: end.min(self.bytes) })
    }

    /// Its last bytes, at most `most` of them; what the system says when they cannot be read.
    pub fn tail(&self, most: u64) -> std::io::Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(most.min(self.bytes)).unwrap_or(usize::MAX)];
        LogPart { log: self, at: self.bytes - bytes.len() as u64, end: self.bytes }.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Writes it to a file of its own below a folder, with the folders above it. What stood there is replaced.
    pub fn keep_as(&self, path: &Path, below: &Path) -> Result<(), WriteError> {
        let fail = |e: &Error| WriteError { path: shown(path), why: plain(e) };
        let mut file = create(path, below).map_err(|e| fail(&e))?;
        match &self.store {
            Store::Memory(bytes) => file.write_all(bytes).map_err(|e| fail(&e)),
            Store::File(_) => std::io::copy(&mut self.reader(), &mut file).map(drop).map_err(|e| fail(&e)),
        }
    }
}

/// Reads a part of a log.
pub type LogReader<'a> = BufReader<LogPart<'a>>;

/// A part of a log, unbuffered.
#[derive(Debug)]
pub struct LogPart<'a> {
    log: &'a AttemptLog,
    at: u64,
    end: u64,
}

impl Read for LogPart<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let want = buffer.len().min(left);
        let buffer = &mut buffer[..want];
        let count = match &self.log.store {
            Store::Memory(bytes) => {
                let from = usize::try_from(self.at).unwrap_or(usize::MAX).min(bytes.len());
                (&bytes[from..]).read(buffer)?
            }
            Store::File(file) => file.read_at(buffer, self.at)?,
        };
        if count == 0 && want > 0 {
            // A file that the suite cut short: less than was written is no log.
            return Err(Error::new(
                ErrorKind::UnexpectedEof,
                "the log is shorter than what was written to it",
            ));
        }
        self.at += count as u64;
        Ok(count)
    }
}

/// A log that is being written. It never fails the suite's run: what went wrong is told at the end.
pub(super) struct LogWriter<'a> {
    log: AttemptLog,
    to: &'a LogTo,
    spool: &'a Path,
    error: Option<String>,
}

impl<'a> LogWriter<'a> {
    pub(super) fn open(to: &'a LogTo, spool: &'a Path) -> LogWriter<'a> {
        let (store, error) = match to {
            LogTo::Memory => (Store::Memory(Vec::new()), None),
            LogTo::File(path) => match create(path, spool) {
                Ok(file) => (Store::File(file), None),
                Err(e) => (Store::Memory(Vec::new()), Some(cannot(path, &e))),
            },
        };
        LogWriter { log: AttemptLog { store, bytes: 0 }, to, spool, error }
    }

    pub(super) fn len(&self) -> u64 {
        self.log.bytes
    }

    /// Takes output. After an error nothing more is written; without a file, what fits into memory is kept.
    pub(super) fn write(&mut self, part: &[u8]) {
        match &mut self.log.store {
            Store::Memory(bytes) if bytes.len() + part.len() <= IN_MEMORY => bytes.extend_from_slice(part),
            _ if self.error.is_some() => return,
            Store::Memory(bytes) => match spill(self.spool, bytes, part) {
                Ok(file) => self.log.store = Store::File(file),
                Err(e) => {
                    self.error =
                        Some(format!("the log cannot be written to {}: {}", shown(self.spool), plain(&e)));
                    return;
                }
            },
            Store::File(file) => {
                if let Err(e) = file.write_all(part) {
                    let path = match self.to {
                        LogTo::File(path) => path,
                        LogTo::Memory => self.spool,
                    };
                    self.error = Some(cannot(path, &e));
                    return;
                }
            }
        }
        self.log.bytes += part.len() as u64;
    }

    /// The log, and what went wrong.
    pub(super) fn finish(self) -> (AttemptLog, Option<String>) {
        let error = self.error.or_else(|| match (self.to, &self.log.store) {
            (LogTo::File(path), Store::File(file)) => missing(path, file, self.log.bytes),
            _ => None,
        });
        (self.log, error)
    }
}

/// Makes a file that was not there, below the folder that a run writes into: a symbolic link that somebody put in its place is removed
/// and not followed, and no folder on the way to it is one. It is appended to: after a suite emptied the file, what follows must not
/// stand behind a hole that has the right length.
fn create(path: &Path, below: &Path) -> std::io::Result<File> {
    let run = || Beneath::make(below).map_err(|e| Error::other(e.why));
    match path.strip_prefix(below) {
        Ok(rel) => run()?.create(rel).map_err(|e| match e {
            Unreached::Io(why) => Error::other(why),
            other => Error::other(format!("it {other}")),
        }),
        Err(_) => Err(Error::other("it is outside of the run's folder")),
    }
}

fn spill(spool: &Path, bytes: &[u8], part: &[u8]) -> std::io::Result<File> {
    std::fs::create_dir_all(spool)?;
    let mut file = tempfile::tempfile_in(spool)?;
    file.write_all(bytes)?;
    file.write_all(part)?;
    Ok(file)
}

/// What became of the file while the suite ran; `None` when it stands where it belongs.
fn missing(path: &Path, file: &File, bytes: u64) -> Option<String> {
    let own = match file.metadata() {
        Ok(own) => own,
        Err(e) => return Some(cannot(path, &e)),
    };
    match std::fs::symlink_metadata(path) {
        Ok(there) if (there.dev(), there.ino()) != (own.dev(), own.ino()) => {
            Some(format!("{} was replaced while the suite ran", shown(path)))
        }
        Ok(_) if own.len() != bytes => Some(format!("{} was changed while the suite ran", shown(path))),
        Ok(_) => None,
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Some(format!("{} was removed while the suite ran", shown(path)))
        }
        Err(e) => Some(cannot(path, &e)),
    }
}

fn cannot(path: &Path, error: &Error) -> String {
    WriteError { path: shown(path), why: plain(error) }.to_string()
}

fn shown(path: &Path) -> String {
    show(&PathBuf::from(path).display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::BufRead as _;

    fn written(to: &LogTo, spool: &Path, parts: &[Vec<u8>]) -> (AttemptLog, Option<String>) {
        let mut writer = LogWriter::open(to, spool);
        parts.iter().for_each(|p| writer.write(p));
        writer.finish()
    }

    #[test]
    fn what_fits_stays_in_memory_and_more_goes_to_a_file_without_a_name() {
        let dir = tempfile::tempdir().unwrap();
        let (small, _) = written(&LogTo::Memory, dir.path(), &[vec![b'a'; IN_MEMORY]]);
        assert!(matches!(small.store, Store::Memory(_)));
        let (large, error) = written(&LogTo::Memory, dir.path(), &[vec![b'a'; IN_MEMORY], vec![b'b']]);
        assert!(matches!(large.store, Store::File(_)) && error.is_none());
        assert_eq!(large.tail(3).unwrap(), b"aab");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_log_is_read_by_lines_and_by_parts_again_and_again() {
        let (log, _) = written(&LogTo::Memory, Path::new("."), &[b"one\ntwo\n".to_vec(), b"three".to_vec()]);
        for _ in 0..2 {
            let lines: Vec<String> = log.reader().lines().map(Result::unwrap).collect();
            assert_eq!(lines, ["one", "two", "three"]);
        }
        let mut text = String::new();
        log.range(4, 8).read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), log.len()), ("two\n", 13));
    }

    #[test]
    fn a_kept_log_replaces_a_link_and_follows_none() {
        let dir = tempfile::tempdir().unwrap();
        let (log, _) = written(&LogTo::Memory, dir.path(), &[b"text".to_vec()]);
        let (victim, path) = (dir.path().join("victim"), dir.path().join("new/output.log"));
        fs_err::write(&victim, "untouched").unwrap();
        fs_err::create_dir(dir.path().join("new")).unwrap();
        std::os::unix::fs::symlink(&victim, &path).unwrap();
        log.keep_as(&path, dir.path()).unwrap();
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "text");
        assert_eq!(fs_err::read_to_string(&victim).unwrap(), "untouched");
        // Nor one in the place of a folder: a suite may have put it there.
        fs_err::create_dir(dir.path().join("elsewhere")).unwrap();
        std::os::unix::fs::symlink("elsewhere", dir.path().join("linked")).unwrap();
        let linked = dir.path().join("linked/output.log");
        assert!(
            log.keep_as(&linked, dir.path()).unwrap_err().why.contains("linked, which is a symbolic link")
        );
        let (_, error) = written(&LogTo::File(linked), dir.path(), &[b"text".to_vec()]);
        assert!(error.unwrap().contains("which is a symbolic link"));
        assert_eq!(fs_err::read_dir(dir.path().join("elsewhere")).unwrap().count(), 0);
    }

    #[test]
    fn a_log_that_cannot_be_made_is_a_sentence_and_the_output_is_not_lost() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("output.log");
        fs_err::create_dir(&path).unwrap();
        let (log, error) = written(&LogTo::File(path), dir.path(), &[b"text".to_vec()]);
        assert!(error.unwrap().contains("output.log cannot be written: "));
        assert_eq!(log.tail(10).unwrap(), b"text");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told_and_stops_nothing() {
        let mut writer = LogWriter::open(&LogTo::Memory, Path::new("/spool"));
        writer.log.store = Store::File(File::options().write(true).open("/dev/full").unwrap());
        writer.write(b"text");
        writer.write(b"more");
        let (log, error) = writer.finish();
        assert_eq!(
            (log.len(), error.unwrap().as_str()),
            (0, "/spool cannot be written: No space left on device")
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(sizes in proptest::collection::vec(0usize..30_000, 0..8), most in 0u64..100_000) {
            let dir = tempfile::tempdir().unwrap();
            let parts: Vec<Vec<u8>> = sizes.iter().enumerate().map(|(i, n)| vec![i as u8; *n]).collect();
            let all = parts.concat();
            let path = dir.path().join("a/b/output.log");
            for to in [LogTo::Memory, LogTo::File(path)] {
                let (log, error) = written(&to, dir.path(), &parts);
                prop_assert_eq!(error, None);
                let tail = &all[all.len().saturating_sub(most as usize)..];
                prop_assert!(log.tail(most).unwrap() == tail);
                let kept = dir.path().join("kept");
                log.keep_as(&kept, dir.path()).unwrap();
                prop_assert!(fs_err::read(&kept).unwrap() == all);
            }
        }
    }
}

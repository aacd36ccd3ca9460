//! Files that belong together: all of them are written, or what decides is not there. Who writes the same files at the same time
//! waits, so that they are never of two writers.

use super::lock::Lock;
use super::unlinked::{Beneath, Temp};
use crate::files::{WriteError, irreplaceable, same};
use rustix::fs::{AtFlags, FileType};
use rustix::io::Errno;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use tollgate_text::show::{plain, show};

/// One file of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Where it stands.
    pub path: PathBuf,
    /// What it holds; `None`: it is taken away.
    pub bytes: Option<Vec<u8>>,
    /// Whether somebody goes by it: then it is not left from before beside files that are new, nor where one of them could not be
    /// written.
    pub decides: bool,
}

impl Output {
    /// A file that nobody goes by alone.
    pub fn file(path: PathBuf, text: String) -> Output {
        Output { path, bytes: Some(text.into_bytes()), decides: false }
    }

    /// A file that somebody goes by.
    pub fn deciding(path: PathBuf, text: String) -> Output {
        Output { decides: true, ..Output::file(path, text) }
    }

    /// A file of before that says what no longer holds.
    pub fn gone(path: PathBuf) -> Output {
        Output { path, bytes: None, decides: false }
    }
}

/// A folder that files of the set stand in.
struct Folder {
    beneath: Beneath,
    _lock: Lock,
}

/// A file of the set whose bytes are on disk under another name, where it has bytes.
struct Staged<'o> {
    output: &'o Output,
    folder: usize,
    name: OsString,
    temp: Option<Temp>,
}

/// Writes a set. First every file is written beside its place, then what decides is taken away, then each gets its name: those
/// that decide after the others, in the order given. `before` is done when only they are left. Where something fails no file
/// that decides is there, neither the new one nor that of before.
pub fn write_set(
    outputs: &[Output],
    before: &mut dyn FnMut() -> Result<(), WriteError>,
) -> Result<(), WriteError> {
    // What cannot be replaced has no folder to lock: `/dev`, a folder under the name of a file.
    let fit = outputs.iter().try_for_each(|output| match irreplaceable(&output.path) {
        Some(why) => Err(failed(&output.path, why)),
        None => Ok(()),
    });
    let written = fit.and_then(|()| Set::open(outputs)).and_then(|set| set.write(before));
    if written.is_err() {
        for output in outputs.iter().filter(|output| output.decides && irreplaceable(&output.path).is_none())
        {
            // What cannot be removed is on a file system that nobody writes to: the error says that nothing new is there.
            let _ = std::fs::remove_file(&output.path);
        }
    }
    written
}

fn failed(path: &Path, why: impl Into<String>) -> WriteError {
    WriteError { path: show(&path.display().to_string()), why: why.into() }
}

fn errno(path: &Path, error: Errno) -> WriteError {
    failed(path, plain(&error.into()))
}

struct Set<'o> {
    folders: Vec<Folder>,
    files: Vec<Staged<'o>>,
}

impl<'o> Set<'o> {
    /// Makes the folders and locks them, always in the same order, so that no two sets wait for each other.
    fn open(outputs: &'o [Output]) -> Result<Set<'o>, WriteError> {
        let mut folders: BTreeMap<(u64, u64), (usize, PathBuf)> = BTreeMap::new();
        let mut ids = Vec::with_capacity(outputs.len());
        for (nth, output) in outputs.iter().enumerate() {
            let dir = output.path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let id = std::fs::create_dir_all(dir).and_then(|()| std::fs::metadata(dir));
            let id = id.map(|meta| (meta.dev(), meta.ino())).map_err(|e| failed(&output.path, plain(&e)))?;
            folders.entry(id).or_insert((0, dir.to_path_buf()));
            let name = output.path.file_name().ok_or_else(|| failed(&output.path, "it has no name"))?;
            let twice = ids.iter().zip(outputs).any(|((other, taken), before): (&(_, OsString), &Output)| {
                (*other == id && *taken == name) || same(&before.path, &output.path)
            });
            if twice {
                return Err(failed(&output.path, "another output is written to that file"));
            }
            ids.push((id, name.to_os_string()));
            debug_assert_eq!(ids.len(), nth + 1);
        }
        let mut open = Vec::with_capacity(folders.len());
        for (at, dir) in folders.values_mut() {
            *at = open.len();
            let beneath = Beneath::make(dir)?;
            open.push(Folder { beneath, _lock: Lock::folder(dir)? });
        }
        let staged = outputs.iter().zip(ids).map(|(output, (id, name))| {
            let folder = folders.get(&id).map_or(0, |(at, _)| *at);
            Staged { output, folder, name, temp: None }
        });
        Ok(Set { files: staged.collect(), folders: open })
    }

    fn write(mut self, before: &mut dyn FnMut() -> Result<(), WriteError>) -> Result<(), WriteError> {
        for file in &mut self.files {
            if let Some(bytes) = &file.output.bytes {
                let at = self.folders[file.folder].beneath.fd();
                file.temp = Some(Temp::write(at, bytes).map_err(|e| errno(&file.output.path, e))?);
            }
        }
        let (last, first): (Vec<Staged>, Vec<Staged>) =
            self.files.into_iter().partition(|f| f.output.decides);
        for file in &last {
            file.remove(&self.folders)?;
        }
        for file in first {
            match &file.output.bytes {
                Some(_) => file.name()?,
                None => file.remove(&self.folders)?,
            }
        }
        before()?;
        last.into_iter().try_for_each(Staged::name)
    }
}

impl Staged<'_> {
    fn name(self) -> Result<(), WriteError> {
        let path = &self.output.path;
        self.temp.map_or(Ok(()), |temp| temp.rename(&self.name).map_err(|e| errno(path, e)))
    }

    /// Takes away what has its name.
    fn remove(&self, folders: &[Folder]) -> Result<(), WriteError> {
        let at = folders[self.folder].beneath.fd();
        let path = &self.output.path;
        let found = match rustix::fs::statat(at, &*self.name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => return Ok(()),
            found => found.map_err(|e| errno(path, e))?,
        };
        if FileType::from_raw_mode(found.st_mode) == FileType::Directory {
            return Err(failed(path, "it is a folder, not a regular file"));
        }
        match rustix::fs::unlinkat(at, &*self.name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(errno(path, error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{read, write_atomic};

    fn texts(dir: &Path, names: &[&str]) -> Vec<String> {
        let text = |name: &&str| match read(&dir.join(name), 99) {
            Ok(bytes) => String::from_utf8(bytes).unwrap(),
            Err(_) => "-".into(),
        };
        names.iter().map(text).collect()
    }

    fn set(dir: &Path, text: &str) -> [Output; 4] {
        [
            Output::deciding(dir.join("verdict"), text.into()),
            Output::file(dir.join("report"), text.into()),
            Output::gone(dir.join("bundle")),
            Output::deciding(dir.join("more/junit"), text.into()),
        ]
    }

    const NAMES: [&str; 4] = ["verdict", "report", "bundle", "more/junit"];

    fn fine() -> Result<(), WriteError> {
        Ok(())
    }

    #[test]
    fn a_set_is_written_whole_and_what_decides_comes_last() {
        let dir = tempfile::tempdir().unwrap();
        write_atomic(&dir.path().join("bundle"), b"old").unwrap();
        write_set(&set(dir.path(), "1"), &mut fine).unwrap();
        assert_eq!(texts(dir.path(), &NAMES), ["1", "1", "-", "1"]);
        let mut seen = Vec::new();
        let mut look = || {
            seen = texts(dir.path(), &NAMES);
            Ok(())
        };
        write_set(&set(dir.path(), "2"), &mut look).unwrap();
        assert_eq!(seen, ["-", "2", "-", "-"], "nothing that decides stands beside what is new");
        assert_eq!(texts(dir.path(), &NAMES), ["2", "2", "-", "2"]);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 3, "nothing else is left");
    }

    #[test]
    fn where_one_cannot_be_written_nothing_decides() {
        let fail = || Err(WriteError { path: "p".into(), why: "full".into() });
        for wrong in ["report", "bundle", "more/junit", "verdict", "before"] {
            let dir = tempfile::tempdir().unwrap();
            write_set(&set(dir.path(), "green"), &mut fine).unwrap();
            let before: &mut dyn FnMut() -> _ = if wrong == "before" { &mut { fail } } else { &mut fine };
            if wrong != "before" {
                let _ = std::fs::remove_file(dir.path().join(wrong));
                std::fs::create_dir_all(dir.path().join(wrong).join("x")).unwrap();
            }
            let error = write_set(&set(dir.path(), "red"), before).unwrap_err();
            assert!(!error.to_string().contains(".tollgate-"), "{error}");
            let [verdict, report, _, junit] = <[String; 4]>::try_from(texts(dir.path(), &NAMES)).unwrap();
            assert_eq!((verdict.as_str(), junit.as_str()), ("-", "-"), "{wrong}");
            assert!(wrong == "before" || report != "red", "{wrong}");
            let count = std::fs::read_dir(dir.path()).unwrap().count();
            assert!(count <= 3, "{wrong}: {count} entries");
        }
    }

    #[test]
    fn two_outputs_to_one_file_are_refused_whatever_they_are_called() {
        let dir = tempfile::tempdir().unwrap();
        write_atomic(&dir.path().join("a"), b"old").unwrap();
        std::os::unix::fs::symlink("a", dir.path().join("b")).unwrap();
        std::os::unix::fs::symlink(".", dir.path().join("here")).unwrap();
        for other in ["a", "./a", "b", "here/a"] {
            let outputs = ["a", other].map(|name| Output::file(dir.path().join(name), "x".into()));
            let error = write_set(&outputs, &mut fine).unwrap_err().to_string();
            assert!(error.ends_with("another output is written to that file"), "{error}");
        }
        let device = Output::deciding("/dev/full".into(), "x".into());
        assert!(write_set(&[device], &mut fine).unwrap_err().to_string().contains("a device"));
        assert!(Path::new("/dev/full").exists());
    }

    #[test]
    fn writers_at_once_leave_the_files_of_one() {
        let dir = tempfile::tempdir().unwrap();
        for _ in 0..20 {
            std::thread::scope(|scope| {
                for text in ["1", "2", "3", "4"] {
                    scope.spawn(|| write_set(&set(dir.path(), text), &mut fine).unwrap());
                }
            });
            let left = texts(dir.path(), &NAMES);
            assert!(left[0] == left[1] && left[1] == left[3], "{left:?}");
        }
    }
}

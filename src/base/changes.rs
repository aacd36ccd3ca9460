//! What changed in a folder since a moment, by what the file system says of it: which files an attempt at a suite left, changed or
//! took away, so that the next one began in another state.
//!
//! The time at which the system last changed a file's entry (`ctime`) cannot be set by a program, so nothing that was written hides
//! behind an old date. Only names are kept from the beginning; the rest is looked at where an attempt failed.

use super::digest::Running;
use super::files::{plain, show};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ffi::OsStr;
use std::fs::{DirEntry, File, Metadata};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Files and folders that are looked at; with more nothing can be told.
const ENTRIES: usize = 2_000_000;
/// How long the clock of the file system may take to go on, in steps of `STEP`.
const STEPS: u32 = 20_000;
const STEP: Duration = Duration::from_micros(200);
/// The first bytes of a `CACHEDIR.TAG`, by which tools mark folders that they can make again.
const TAG: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";
/// Folders of tools, which hold what was made from what stands elsewhere.
const OF_TOOLS: [&str; 3] = [".git", "node_modules", "__pycache__"];

/// The document by which the folder of a run is known, wherever it stands.
const RUN: &str = "run_events.jsonl";

/// A moment by the clock of the file system: seconds and nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp(i64, i64);

/// Which paths are not looked at: relative to the folder, `/`-separated.
type Skip = Box<dyn Fn(&str) -> bool + Send + Sync>;

/// A folder that is watched.
pub struct Changes {
    root: PathBuf,
    skip: Skip,
    /// What stood in it at the beginning, or why that cannot be told.
    names: Result<BTreeSet<PathBuf>, String>,
    /// A file by which the clock of the file system is read.
    clock: Option<Mutex<File>>,
}

/// What changed up to a moment.
#[derive(Debug, Clone, Default)]
pub struct Look {
    changed: BTreeMap<PathBuf, There>,
    /// What is no longer there, with when its folder last changed.
    gone: BTreeMap<PathBuf, Stamp>,
    /// Why it cannot be told: a clause.
    untold: Option<String>,
}

#[derive(Debug, Clone, Copy)]
struct There {
    at: Stamp,
    born: Option<Stamp>,
    /// It stood there at the beginning.
    known: bool,
    folder: bool,
}

impl Changes {
    /// Begins to watch `root`; `scratch` is a folder on the same file system.
    pub fn begin(root: &Path, scratch: &Path, skip: Skip) -> Changes {
        let clock = tempfile::tempfile_in(scratch).ok().map(Mutex::new);
        let mut watched = Changes { root: root.to_path_buf(), skip, names: Ok(BTreeSet::new()), clock };
        let mut names = BTreeSet::new();
        let walked = watched.walk(false, &mut |path, _| {
            names.insert(path.to_path_buf());
        });
        watched.names = walked.map(|_| names);
        watched
    }

    /// A moment later than whatever was written before, and not later than whatever is written from now on; `None` where the clock of
    /// the file system stands still.
    pub fn tick(&self) -> Option<Stamp> {
        let mut file = self.clock.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        let mut touched = || {
            file.seek(SeekFrom::Start(0)).ok()?;
            file.write_all(b".").ok()?;
            file.metadata().ok().map(|meta| changed(&meta))
        };
        let first = touched()?;
        for _ in 0..STEPS {
            let now = touched()?;
            if now > first {
                return Some(now);
            }
            std::thread::sleep(STEP);
        }
        None
    }

    /// What changed since a moment.
    pub fn look(&self, since: Option<Stamp>) -> Look {
        let untold = |why: &str| Look { untold: Some(why.to_string()), ..Look::default() };
        let Some(since) = since else { return untold("the clock of the file system does not go on") };
        let names = match &self.names {
            Ok(names) => names,
            Err(why) => return untold(why),
        };
        let (mut found, mut seen) = (Look::default(), HashSet::new());
        let walked = self.walk(true, &mut |path, meta| {
            let Some(meta) = meta else { return };
            let there = There {
                at: changed(meta),
                born: born(meta),
                known: names.contains(path),
                folder: meta.is_dir(),
            };
            if there.at >= since {
                found.changed.insert(path.to_path_buf(), there);
            }
            seen.insert(path.to_path_buf());
        });
        let passed_over = match walked {
            Ok(passed_over) => passed_over,
            Err(why) => return untold(&why),
        };
        for path in names {
            if !seen.contains(path) && !path.ancestors().any(|above| passed_over.contains(above)) {
                found.gone.insert(path.clone(), self.gone_at(path));
            }
        }
        found
    }

    /// When the nearest folder that is still there last changed.
    fn gone_at(&self, path: &Path) -> Stamp {
        let above = path.ancestors().skip(1).map(|above| self.root.join(above));
        let found = above.filter_map(|dir| std::fs::symlink_metadata(dir).ok()).next();
        found.map_or(Stamp(i64::MAX, 0), |meta| changed(&meta))
    }

    fn walk(
        &self,
        stat: bool,
        visit: &mut dyn FnMut(&Path, Option<&Metadata>),
    ) -> Result<HashSet<PathBuf>, String> {
        Walk { root: &self.root, skip: &*self.skip, stat, leaves: false }
            .through(vec![(PathBuf::new(), None)], visit)
    }
}

/// A digest over the names of what stands at `paths` below `top`, and in them; `None` where that is nothing. The error is a clause.
pub fn names_at(top: &Path, paths: &[String], skip: &dyn Fn(&str) -> bool) -> Result<Option<String>, String> {
    let walk = Walk { root: top, skip, stat: false, leaves: true };
    let (mut names, mut below) = (BTreeSet::new(), Vec::new());
    for path in paths.iter().map(|path| PathBuf::from(path.trim_end_matches('/'))) {
        let name = path.file_name().unwrap_or_default().to_os_string();
        match std::fs::symlink_metadata(top.join(&path)) {
            _ if walk.is_skipped(&path, &name) => {}
            Ok(meta) if meta.is_dir() => below.push((path, Some(meta))),
            Ok(_) => _ = names.insert(path),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(untold(&path, &error)),
        }
    }
    walk.through(below, &mut |path, _| {
        names.insert(path.to_path_buf());
    })?;
    let mut digest = Running::default();
    for name in &names {
        digest.update(name.as_os_str().as_encoded_bytes());
        digest.update(&[0]);
    }
    Ok((!names.is_empty()).then(|| digest.hex()))
}

/// A walk through a folder.
struct Walk<'w> {
    root: &'w Path,
    skip: &'w dyn Fn(&str) -> bool,
    /// Whether more than names is wanted.
    stat: bool,
    /// Whether of folders only those in which nothing stands are told: the others are told by what stands in them.
    leaves: bool,
}

impl Walk<'_> {
    /// Calls `visit` for the folders and everything in them; gives those that are passed over. Without its metadata a folder is not told of
    /// itself.
    fn through(
        &self,
        mut below: Vec<(PathBuf, Option<Metadata>)>,
        visit: &mut dyn FnMut(&Path, Option<&Metadata>),
    ) -> Result<HashSet<PathBuf>, String> {
        let (mut passed_over, mut count) = (HashSet::new(), 0);
        while let Some((folder, own)) = below.pop() {
            let is_root = folder == Path::new("");
            let entries = match std::fs::read_dir(self.root.join(&folder)) {
                Ok(entries) => entries,
                // What nobody here may look into no suite looks into; that it is there is told.
                Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) => {
                    visit(&folder, own.as_ref());
                    continue;
                }
                Err(error) => return Err(untold(&folder, &error)),
            };
            let entries = entries.collect::<Result<Vec<_>, _>>().map_err(|e| untold(&folder, &e))?;
            if !is_root && self.is_made_again(&folder, &entries) {
                passed_over.insert(folder);
                continue;
            }
            if !is_root && (!self.leaves || entries.is_empty()) {
                visit(&folder, own.as_ref());
            }
            for entry in entries {
                let path = folder.join(entry.file_name());
                if self.is_skipped(&path, &entry.file_name()) {
                    passed_over.insert(path);
                    continue;
                }
                count += 1;
                if count > ENTRIES {
                    return Err(format!("there are more than {ENTRIES} files"));
                }
                let (is_folder, meta) = match self.kind(&path, &entry) {
                    Ok(kind) => kind,
                    Err(e) if e.kind() == ErrorKind::NotFound => continue,
                    Err(error) => return Err(untold(&path, &error)),
                };
                match is_folder {
                    true => below.push((path, meta)),
                    false => visit(&path, meta.as_ref()),
                }
            }
        }
        Ok(passed_over)
    }

    fn kind(&self, path: &Path, entry: &DirEntry) -> std::io::Result<(bool, Option<Metadata>)> {
        if !self.stat {
            return entry.file_type().map(|kind| (kind.is_dir(), None));
        }
        std::fs::symlink_metadata(self.root.join(path)).map(|meta| (meta.is_dir(), Some(meta)))
    }

    fn is_skipped(&self, path: &Path, name: &OsStr) -> bool {
        OF_TOOLS.iter().any(|of_tool| name == *of_tool) || (self.skip)(&path.to_string_lossy())
    }

    /// Whether a tool says of its folder that it can make it again: a cache by its tag, an environment of Python; or whether it is the folder
    /// of a run.
    fn is_made_again(&self, folder: &Path, entries: &[DirEntry]) -> bool {
        let has = |name: &str| entries.iter().any(|entry| entry.file_name() == name);
        has("pyvenv.cfg") || has(RUN) || (has("CACHEDIR.TAG") && self.is_tagged(folder))
    }

    fn is_tagged(&self, folder: &Path) -> bool {
        let mut head = [0; TAG.len()];
        let file = File::open(self.root.join(folder).join("CACHEDIR.TAG"));
        file.is_ok_and(|mut file| file.read_exact(&mut head).is_ok()) && head == *TAG
    }
}

/// In what the states differ that two attempts began in: the first began at `first`, the second at `second`; `before` was looked at before
/// the second, `after` after it. What stood there before both and was written anew by both is what they print, and no state; what the
/// first brought, changed or took away is one. `own` are paths of the suite that do not count. The error is a clause.
pub fn between(
    (first, before): (Option<Stamp>, &Look),
    (second, after): (Option<Stamp>, &Look),
    own: &dyn Fn(&Path) -> bool,
) -> Result<Vec<String>, String> {
    let (Some(first), Some(second)) = (first, second) else {
        return Err("the clock of the file system does not go on".into());
    };
    if let Some(why) = before.untold.as_ref().or(after.untold.as_ref()) {
        return Err(why.clone());
    }
    let in_time = |there: &There| there.at >= first;
    let late = after.changed.iter().filter(|(_, there)| in_time(there) && there.at < second);
    let found = before.changed.iter().filter(|(_, there)| in_time(there)).chain(late);
    let is_state = |(path, there): &(&PathBuf, &There)| {
        let existed = there.known || there.born.is_some_and(|born| born < first);
        let again = after.changed.get(*path).is_some_and(|now| now.at >= second);
        let printed = existed && (again || there.folder);
        !printed && !own(path)
    };
    let changed = found.filter(is_state).map(|(path, _)| path);
    let gone = before.gone.iter().filter(|(path, at)| **at >= first && !own(path)).map(|(path, _)| path);
    let mut paths: Vec<String> =
        changed.chain(gone).map(|path| path.to_string_lossy().into_owned()).collect();
    paths.sort();
    paths.dedup();
    Ok(paths)
}

fn untold(path: &Path, error: &std::io::Error) -> String {
    let path = if path == Path::new("") { ".".into() } else { show(&path.to_string_lossy()) };
    format!("{path} cannot be looked at: {}", plain(error))
}

fn changed(meta: &Metadata) -> Stamp {
    Stamp(meta.ctime(), meta.ctime_nsec())
}

/// When the file was made, where the file system keeps it.
fn born(meta: &Metadata) -> Option<Stamp> {
    let since = meta.created().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Stamp(i64::try_from(since.as_secs()).ok()?, i64::from(since.subsec_nanos())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In what the states differ around two attempts that do this.
    fn of(first: &dyn Fn(&Path), second: &dyn Fn(&Path)) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let put = |path: &str| fs_err::write(root.join(path), "0").unwrap();
        fs_err::create_dir_all(root.join("data/deep")).unwrap();
        ["data/a", "data/deep/b", "log"].into_iter().for_each(put);
        let scratch = tempfile::tempdir().unwrap();
        let changes = Changes::begin(root, scratch.path(), Box::new(|path| path == "runs"));
        let began = changes.tick();
        first(root);
        let before = changes.look(began);
        let again = changes.tick();
        second(root);
        let after = changes.look(began);
        between((began, &before), (again, &after), &|path| path == Path::new("results.xml")).unwrap()
    }

    fn write(root: &Path, path: &str) {
        let path = root.join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, "1").unwrap();
    }

    #[test]
    fn what_the_first_left_changed_or_took_away_is_state() {
        let none = |_: &Path| {};
        assert_eq!(of(&none, &none), Vec::<String>::new());
        assert_eq!(of(&|root| write(root, "cache/x"), &none), ["cache", "cache/x"]);
        assert_eq!(of(&|root| write(root, "data/a"), &none), ["data/a"]);
        assert_eq!(of(&|root| fs_err::remove_file(root.join("data/a")).unwrap(), &none), ["data/a"]);
        let gone = of(&|root| fs_err::remove_dir_all(root.join("data/deep")).unwrap(), &none);
        assert_eq!(gone, ["data/deep", "data/deep/b"]);
        // An old date hides nothing.
        let old = |root: &Path| {
            write(root, "data/a");
            let file = File::options().write(true).open(root.join("data/a")).unwrap();
            file.set_modified(std::time::UNIX_EPOCH).unwrap();
        };
        assert_eq!(of(&old, &none), ["data/a"]);
        // What is not there before the first and is written anew by the second may have healed it all the same.
        assert_eq!(of(&|root| write(root, "new"), &|root| write(root, "new")), ["new"]);
        let taken = of(&|root| write(root, "log"), &|root| fs_err::remove_file(root.join("log")).unwrap());
        assert_eq!(taken, ["log"]);
    }

    #[test]
    fn what_both_print_and_what_tools_keep_is_none() {
        let prints = |root: &Path| {
            for path in ["log", "results.xml", "runs/x", "node_modules/x", "__pycache__/x"] {
                write(root, path);
            }
            write(root, "build/x");
            fs_err::write(root.join("build/CACHEDIR.TAG"), TAG).unwrap();
        };
        assert_eq!(of(&prints, &prints), Vec::<String>::new());
        // What only the second writes was not there when it began.
        assert_eq!(of(&|_| {}, &|root| write(root, "new")), Vec::<String>::new());
        // A tag of another kind marks nothing.
        let other = |root: &Path| {
            write(root, "build/x");
            fs_err::write(
                root.join("build/CACHEDIR.TAG"),
                "Signature: none of a cache folder, but long enough",
            )
            .unwrap();
        };
        assert_eq!(of(&other, &|_| {}), ["build", "build/CACHEDIR.TAG", "build/x"]);
    }

    #[test]
    fn names_alone_are_what_runs_are_told_apart_by() {
        let dir = tempfile::tempdir().unwrap();
        let of = || names_at(dir.path(), &["cache".into(), "x.log".into()], &|path| path == "x.log").unwrap();
        assert_eq!(of(), None);
        write(dir.path(), "x.log");
        write(dir.path(), "other/y");
        assert_eq!(of(), None);
        write(dir.path(), "cache/a");
        let one = of();
        write(dir.path(), "cache/a");
        assert!(one.is_some() && of() == one);
        write(dir.path(), "cache/b");
        assert_ne!(of(), one);
    }
}

//! In which state of files attempts at a suite begin: what an attempt left, changed or took away, so that the next one begins in another
//! state.
//!
//! The time at which the system last changed a file's entry (`ctime`) cannot be set by a program, so nothing that was written hides
//! behind an old date. What was touched is compared by what it is: a file that was written anew as it was is no change.

mod content;
mod walk;

pub use crate::changes::content::FileTime;
pub use crate::changes::walk::names_at;

use crate::changes::content::{Behind, Contents, FoundEntry, behind, changed, digest_of, id, shape, touched};
use crate::changes::walk::{Before, Walk, WalkedKind, untold};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::{File, Metadata};
use std::io::{ErrorKind, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tollgate_text::show::show;

/// How long the clock of the file system may take to go on, in steps of `STEP`.
const STEPS: u32 = 20_000;
const STEP: Duration = Duration::from_micros(200);
const STANDS_STILL: &str = "the clock of the file system does not go on";
/// Files that are read before the first attempt: those that were changed last, for what suites write anew is among them.
const READ_FILES: usize = 2_048;
/// Bytes that are read of them, and of what was touched by an attempt.
const READ_BEFORE: u64 = 16 << 20;
const READ_AFTER: u64 = 1 << 30;

/// Which paths are not looked at: relative to the folder, `/`-separated.
type Skip = Box<dyn Fn(&str) -> bool + Send + Sync>;

/// A folder that is watched: an absolute path without links.
pub struct Changes {
    root: PathBuf,
    skip: Skip,
    /// A file by which the clock of the file system is read.
    clock: Option<Mutex<File>>,
    contents: Mutex<Contents>,
}

/// What stood there when the first attempt at a suite began.
#[derive(Debug)]
pub struct Start {
    /// What was changed from here on was changed after it.
    since: FileTime,
    there: BTreeMap<PathBuf, FoundEntry>,
    passed_over: HashSet<PathBuf>,
}

/// In what it differed from that when another attempt ended.
#[derive(Debug, Clone, Default)]
pub struct SeenChanges {
    /// What is new, or was touched.
    changed: BTreeMap<PathBuf, FoundEntry>,
    /// What is no longer there.
    gone: BTreeSet<PathBuf>,
    /// Links that lead to where nothing is looked at.
    unseen: BTreeSet<PathBuf>,
}

/// What an attempt began in: what was found when the one before it ended, and when it began.
#[derive(Debug, Clone, Copy)]
pub struct Began<'l> {
    /// `None`: it is the first.
    pub before: Option<&'l SeenChanges>,
    /// When it began; `None` where the clock of the file system stands still.
    pub at: Option<FileTime>,
    /// What was found when it had ended.
    pub after: &'l SeenChanges,
}

impl Changes {
    /// Watches `root`; `scratch` is a folder on the same file system.
    pub fn new(root: &Path, scratch: &Path, skip: Skip) -> Changes {
        let clock = tempfile::tempfile_in(scratch).ok().map(Mutex::new);
        Changes { root: root.to_path_buf(), skip, clock, contents: Mutex::default() }
    }

    /// A moment later than whatever was written before, and not later than whatever is written from now on; `None` where the clock of
    /// the file system stands still.
    pub fn tick(&self) -> Option<FileTime> {
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

    /// What stands there before a suite is started for the first time. The error is a clause.
    pub fn start(&self) -> Result<Start, String> {
        let since = self.tick().ok_or(STANDS_STILL)?;
        let (mut there, mut files) = (BTreeMap::new(), Vec::new());
        let passed_over = self.walk(&Before::default(), &mut |path, kind, meta| {
            let behind = self.behind(path, kind);
            let id = id(meta, &behind);
            let what = if is_file(kind, meta) {
                files.push((id, path.to_path_buf(), meta.clone()));
                None
            } else {
                self.without_content(path, kind, (meta, &behind), None)
            };
            there.insert(path.to_path_buf(), FoundEntry { id, what });
        })?;
        // The last first; of several that were changed at once any are as good.
        files.sort_by(|a, b| b.0.at.cmp(&a.0.at).then_with(|| a.1.cmp(&b.1)));
        let (mut left, mut bytes) = (READ_FILES, READ_BEFORE);
        let mut contents = self.contents();
        for (id, path, meta) in files {
            if contents.known(&path, id).is_none() {
                if left == 0 || meta.len() > bytes {
                    continue;
                }
                (left, bytes) = (left - 1, bytes - meta.len());
            }
            let content = contents.read(&self.root, &path, id, since);
            if let (Some(found), Some(content)) = (there.get_mut(&path), content) {
                found.what = Some(of_file(&meta, &content, None));
            }
        }
        drop(contents);
        Ok(Start { since, there, passed_over })
    }

    /// In what it differs from the start. The error is a clause.
    pub fn look(&self, start: &Start) -> Result<SeenChanges, String> {
        let settled = self.tick().ok_or(STANDS_STILL)?;
        let (mut found, mut seen, mut bytes) = (SeenChanges::default(), HashSet::new(), READ_AFTER);
        let mut contents = self.contents();
        let known = |path: &Path| start.there.contains_key(path);
        let before = Before { passed_over: Some(&start.passed_over), known: Some(&known) };
        self.walk(&before, &mut |path, kind, meta| {
            seen.insert(path.to_path_buf());
            let behind = self.behind(path, kind);
            if matches!(behind, Behind::Unseen) {
                found.unseen.insert(path.to_path_buf());
            }
            let id = id(meta, &behind);
            if known(path) && id.at < start.since {
                return;
            }
            let what = if is_file(kind, meta) {
                let fits = contents.known(path, id).is_some() || meta.len() <= bytes;
                bytes = bytes.saturating_sub(if fits { meta.len() } else { 0 });
                let content = fits.then(|| contents.read(&self.root, path, id, settled)).flatten();
                content.map(|content| of_file(meta, &content, Some(start.since)))
            } else {
                self.without_content(path, kind, (meta, &behind), Some(start.since))
            };
            found.changed.insert(path.to_path_buf(), FoundEntry { id, what });
        })?;
        drop(contents);
        found.gone = start.there.keys().filter(|path| !seen.contains(*path)).cloned().collect();
        Ok(found)
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn behind(&self, path: &Path, kind: WalkedKind) -> Behind {
        if kind == WalkedKind::Link { behind(&self.root, path) } else { Behind::Seen }
    }

    /// What a folder, a link or a special file is.
    fn without_content(
        &self,
        path: &Path,
        kind: WalkedKind,
        (meta, behind): (&Metadata, &Behind),
        since: Option<FileTime>,
    ) -> Option<String> {
        if kind != WalkedKind::Link {
            return Some(shape(meta));
        }
        let target = std::fs::read_link(self.root.join(path)).ok()?;
        let target = target.to_string_lossy().into_owned();
        match behind {
            Behind::File(real, meta) if meta.len() <= READ_BEFORE => {
                Some(format!("{target}\0{}", of_file(meta, &digest_of(real)?, since)))
            }
            Behind::File(..) => None,
            Behind::Seen | Behind::Unseen => Some(target),
        }
    }

    fn walk(
        &self,
        before: &Before<'_>,
        visit: &mut dyn FnMut(&Path, WalkedKind, &Metadata),
    ) -> Result<HashSet<PathBuf>, String> {
        let walk = Walk { root: &self.root, skip: &*self.skip, leaves: false };
        walk.through(vec![PathBuf::new()], before, &mut |path, kind| {
            match std::fs::symlink_metadata(self.root.join(path)) {
                Ok(meta) => visit(path, kind, &meta),
                // It went while it was looked at.
                Err(e) if e.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(untold(path, &error)),
            }
            Ok(())
        })
    }
}

fn is_file(kind: WalkedKind, meta: &Metadata) -> bool {
    kind == WalkedKind::Other && meta.is_file()
}

fn of_file(meta: &Metadata, content: &str, since: Option<FileTime>) -> String {
    let when = if meta.len() == 0 { touched(meta, since) } else { String::new() };
    format!("{} {content} {when}", shape(meta))
}

impl Start {
    /// A moment after which nothing was changed that is not told of: the first attempt began then.
    pub fn since(&self) -> FileTime {
        self.since
    }

    /// In what the states differ that two attempts began in, the earlier one first. `own` are paths of the suite that do not count. The
    /// error is a clause.
    pub fn between(
        &self,
        earlier: &Began<'_>,
        later: &Began<'_>,
        own: &dyn Fn(&Path) -> bool,
    ) -> Result<Vec<String>, String> {
        let none = SeenChanges::default();
        let (then, now) = (earlier.before.unwrap_or(&none), later.before.unwrap_or(&none));
        if let Some(path) = then.unseen.iter().chain(&now.unseen).chain(&later.after.unseen).find(|p| !own(p))
        {
            return Err(format!(
                "{} leads out of the workspace, and what stands there is not looked at",
                show(&path.to_string_lossy())
            ));
        }
        let looks = [&then.changed, &now.changed].into_iter().flat_map(BTreeMap::keys);
        let mut paths: BTreeSet<&PathBuf> = looks.chain(&then.gone).chain(&now.gone).collect();
        paths.retain(|path| match (self.at(then, path), self.at(now, path)) {
            (None, None) => false,
            (Some(then), Some(now)) => !then.is_as(now),
            _ => true,
        });
        // What somebody else changed after the look, and before the attempt began.
        for (began, look) in [(earlier, then), (later, now)] {
            let at = began.at.ok_or(STANDS_STILL)?;
            let late = began.after.changed.iter().filter(|(path, there)| {
                there.id.at < at && self.at(look, path).is_none_or(|before| before.id != there.id)
            });
            paths.extend(late.map(|(path, _)| path));
        }
        Ok(paths
            .into_iter()
            .filter(|path| !own(path))
            .map(|path| path.to_string_lossy().into_owned())
            .collect())
    }

    /// What stood at a path when that was found.
    fn at<'s>(&'s self, look: &'s SeenChanges, path: &Path) -> Option<&'s FoundEntry> {
        if look.gone.contains(path) {
            return None;
        }
        look.changed.get(path).or_else(|| self.there.get(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first bytes of a `CACHEDIR.TAG`.
    const TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55";

    /// A folder under `work`, watched, with another one beside it that is not.
    struct Place {
        dir: tempfile::TempDir,
        root: PathBuf,
        changes: Changes,
    }

    fn place() -> Place {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap().join("work");
        for (path, text) in [("data/a", "0"), ("data/deep/b", "0"), ("log", "0"), ("empty", "")] {
            put(&root, path, text);
        }
        put(&root, "../outside/x", "0");
        std::os::unix::fs::symlink("data/a", root.join("link")).unwrap();
        let changes = Changes::new(&root, dir.path(), Box::new(|path| path == "runs"));
        Place { dir, root, changes }
    }

    fn put(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    }

    type Doing<'d> = &'d dyn Fn(&Path);

    impl Place {
        /// In what the states differ that two of these attempts begin in, counted from 0.
        fn differ(
            &self,
            attempts: &[Doing<'_>],
            (earlier, later): (usize, usize),
        ) -> Result<Vec<String>, String> {
            let start = self.changes.start().unwrap();
            let (mut began, mut looks) = (vec![Some(start.since())], Vec::new());
            for attempt in attempts {
                attempt(&self.root);
                looks.push(self.changes.look(&start).unwrap());
                began.push(self.changes.tick());
            }
            let of = |nth: usize| Began {
                before: nth.checked_sub(1).map(|before| &looks[before]),
                at: began[nth],
                after: &looks[nth],
            };
            start.between(&of(earlier), &of(later), &|path| path == Path::new("results.xml"))
        }
    }

    /// In what the states differ around two attempts that do this.
    fn of(first: Doing<'_>, second: Doing<'_>) -> Vec<String> {
        place().differ(&[first, second], (0, 1)).unwrap()
    }

    const NONE: Doing<'_> = &|_| {};

    fn writes(path: &'static str, text: &'static str) -> impl Fn(&Path) {
        move |root| put(root, path, text)
    }

    #[test]
    fn what_the_first_left_changed_or_took_away_is_state() {
        assert_eq!(of(NONE, NONE), Vec::<String>::new());
        assert_eq!(of(&writes("cache/x", "1"), NONE), ["cache", "cache/x"]);
        assert_eq!(of(&writes("data/a", "1"), NONE), ["data/a"]);
        assert_eq!(of(&|root| fs_err::remove_file(root.join("data/a")).unwrap(), NONE), ["data/a"]);
        let gone = of(&|root| fs_err::remove_dir_all(root.join("data/deep")).unwrap(), NONE);
        assert_eq!(gone, ["data/deep", "data/deep/b"]);
        // An old date hides nothing.
        let old = |root: &Path| {
            put(root, "data/a", "1");
            let file = File::options().write(true).open(root.join("data/a")).unwrap();
            file.set_modified(std::time::UNIX_EPOCH).unwrap();
        };
        assert_eq!(of(&old, NONE), ["data/a"]);
        // What is moved keeps its time of change.
        let moved = |root: &Path| fs_err::rename(root.join("data"), root.join("moved")).unwrap();
        assert!(of(&moved, NONE).contains(&"moved/a".to_string()));
        // What both do alike the second did not begin with.
        for path in ["new", "data/a", "log"] {
            assert_eq!(of(&writes(path, "1"), &writes(path, "1")), [path]);
        }
        assert_eq!(of(&writes("log", "1"), &|root| fs_err::remove_file(root.join("log")).unwrap()), ["log"]);
        // What only the second does was not there when it began.
        assert_eq!(of(NONE, &writes("new", "1")), Vec::<String>::new());
        assert_eq!(of(NONE, &writes("data/a", "1")), Vec::<String>::new());
    }

    #[test]
    fn what_is_written_anew_as_it_was_is_none() {
        let again = |root: &Path| {
            put(root, "data/a", "0");
            fs_err::remove_dir_all(root.join("data/deep")).unwrap();
            put(root, "data/deep/b", "0");
            fs_err::remove_file(root.join("link")).unwrap();
            std::os::unix::fs::symlink("data/a", root.join("link")).unwrap();
        };
        assert_eq!(of(&again, &again), Vec::<String>::new());
        // Of an empty file it is all that it says.
        assert_eq!(of(&writes("empty", ""), NONE), ["empty"]);
        let relinked = |root: &Path| {
            fs_err::remove_file(root.join("link")).unwrap();
            std::os::unix::fs::symlink("log", root.join("link")).unwrap();
        };
        assert_eq!(of(&relinked, NONE), ["link"]);
        use std::os::unix::fs::PermissionsExt as _;
        for path in ["data/a", "data"] {
            let mode = |root: &Path| {
                fs_err::set_permissions(root.join(path), std::fs::Permissions::from_mode(0o700)).unwrap();
            };
            assert_eq!(of(&mode, NONE), [path]);
        }
        let folder = |root: &Path| {
            fs_err::remove_file(root.join("log")).unwrap();
            fs_err::create_dir(root.join("log")).unwrap();
        };
        assert_eq!(of(&folder, NONE), ["log"]);
    }

    #[test]
    fn later_attempts_are_held_to_each_other() {
        let write: Doing<'_> = &|root| {
            put(root, "new/x", "1");
            put(root, "log", "1");
            put(root, "empty", "");
        };
        let three = [write, write, write];
        assert_eq!(place().differ(&three, (0, 1)).unwrap(), ["empty", "log", "new", "new/x"]);
        assert_eq!(place().differ(&three, (1, 2)).unwrap(), Vec::<String>::new());
        // Brought back, it begins as the first did.
        let back: Doing<'_> = &|root| {
            fs_err::remove_dir_all(root.join("new")).unwrap();
            put(root, "log", "0");
        };
        let change: Doing<'_> = &|root| {
            put(root, "new/x", "1");
            put(root, "log", "1");
        };
        assert_eq!(place().differ(&[change, back, NONE], (0, 2)).unwrap(), Vec::<String>::new());
        assert_eq!(place().differ(&[change, back, NONE], (1, 2)).unwrap(), ["log", "new", "new/x"]);
    }

    #[test]
    fn what_was_not_read_is_what_it_was_only_where_it_was_not_touched() {
        let large = "x".repeat(READ_BEFORE as usize + 1);
        let place = place();
        put(&place.root, "large", &large);
        assert_eq!(place.differ(&[NONE, NONE], (0, 1)).unwrap(), Vec::<String>::new());
        assert_eq!(place.differ(&[&|root| put(root, "large", &large), NONE], (0, 1)).unwrap(), ["large"]);
    }

    #[test]
    fn a_link_that_leads_outside() {
        use std::os::unix::fs::symlink;
        let place = place();
        // A file is looked at where it stands.
        symlink("../outside/x", place.root.join("x")).unwrap();
        let write: Doing<'_> = &|root| put(root, "../outside/x", "1");
        assert_eq!(place.differ(&[NONE, NONE], (0, 1)).unwrap(), Vec::<String>::new());
        assert_eq!(place.differ(&[write, NONE], (0, 1)).unwrap(), ["x"]);
        // A folder is not.
        symlink("../outside", place.root.join("results.xml")).unwrap();
        assert_eq!(place.differ(&[NONE, NONE], (0, 1)).unwrap(), Vec::<String>::new());
        symlink(place.dir.path(), place.root.join("folder")).unwrap();
        assert_eq!(
            place.differ(&[NONE, NONE], (0, 1)).unwrap_err(),
            "folder leads out of the workspace, and what stands there is not looked at"
        );
        // Nor is one that appears where the link leads to.
        let place = self::place();
        symlink("../later", place.root.join("to")).unwrap();
        assert!(place.differ(&[&writes("../later/x", "1"), NONE], (0, 1)).is_err());
    }

    #[test]
    fn what_tools_keep_is_none() {
        let prints = |root: &Path| {
            for path in
                ["results.xml", "runs/x", "node_modules/x", "__pycache__/x", ".coverage", "a/b.profraw"]
            {
                put(root, path, "1");
            }
            put(root, "coverage/lcov.info", "1");
            put(root, "coverage/x", "1");
            put(root, "build/x", "1");
            put(root, "build/tmp/.keep.gcda", "1");
            put(root, "build/CACHEDIR.TAG", TAG);
        };
        assert_eq!(of(&prints, &prints), ["a"]);
        // What tests write in a build folder of cargo no tool makes again.
        let tests = |root: &Path| {
            put(root, "build/CACHEDIR.TAG", TAG);
            put(root, "build/tmp/x", "1");
        };
        assert_eq!(of(&tests, &tests), ["build/tmp/x"]);
        // A tag of another kind marks nothing, nor does one that is put into what was looked at.
        put_other(&|root| {
            put(root, "build/CACHEDIR.TAG", "Signature: none of a cache, but long enough for it")
        });
        let marked = |root: &Path| {
            put(root, "data/CACHEDIR.TAG", TAG);
            put(root, "data/a", "1");
        };
        assert_eq!(of(&marked, NONE), ["data/CACHEDIR.TAG", "data/a"]);
        assert_eq!(of(&writes("src/coverage/x", "1"), NONE), ["src", "src/coverage", "src/coverage/x"]);
    }

    fn put_other(tag: Doing<'_>) {
        let other = |root: &Path| {
            put(root, "build/x", "1");
            tag(root);
        };
        assert_eq!(of(&other, NONE), ["build", "build/CACHEDIR.TAG", "build/x"]);
    }

    #[test]
    fn names_alone_are_what_runs_are_told_apart_by() {
        let dir = tempfile::tempdir().unwrap();
        let of = || names_at(dir.path(), &["cache".into(), "x.log".into()], &|path| path == "x.log").unwrap();
        assert_eq!(of(), None);
        put(dir.path(), "x.log", "1");
        put(dir.path(), "other/y", "1");
        assert_eq!(of(), None);
        put(dir.path(), "cache/a", "1");
        let one = of();
        put(dir.path(), "cache/a", "1");
        assert!(one.is_some() && of() == one);
        put(dir.path(), "cache/b", "1");
        assert_ne!(of(), one);
    }
}

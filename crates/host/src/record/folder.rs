//! A run's folder: made once, never over another run, and every file of it at a known place.

use super::error::RecordError;
use crate::files::lock::Lock;
use crate::files::{Root, open_regular};
use chrono::Duration;
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tollgate_core::model::plan::Shard;
use tollgate_core::model::record::lint_log;
use tollgate_text::show::{plain, show};
use tollgate_text::time::Now;

/// A file of a run folder (`docs/run-folder.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File {
    /// `summary.json`
    Summary,
    /// `environment.json`
    Environment,
    /// `run_events.jsonl`
    Events,
    /// `replay_bundle.json`
    ReplayBundle,
    /// `failure_diagnostics_index.json`
    FailureIndex,
    /// `triage_diff.json`
    TriageDiff,
    /// `junit.xml`
    Junit,
    /// `run_report.md`
    Report,
}

impl File {
    /// Every one.
    pub const ALL: [File; 8] = [
        File::Summary,
        File::Environment,
        File::Events,
        File::ReplayBundle,
        File::FailureIndex,
        File::TriageDiff,
        File::Junit,
        File::Report,
    ];

    /// Its name in the folder.
    pub fn name(self) -> &'static str {
        match self {
            File::Summary => "summary.json",
            File::Environment => "environment.json",
            File::Events => "run_events.jsonl",
            File::ReplayBundle => "replay_bundle.json",
            File::FailureIndex => "failure_diagnostics_index.json",
            File::TriageDiff => "triage_diff.json",
            File::Junit => "junit.xml",
            File::Report => "run_report.md",
        }
    }
}

/// A file of a suite's folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuiteFile {
    /// `output.log`: of the attempt that counts.
    Output,
    /// `output.attempt_<n>.log`: of an attempt that failed before, counted from 1.
    Attempt(u32),
    /// `result.json`
    Result,
    /// `failure_digest.json`
    Digest,
    /// `failure_timeline.jsonl`
    Timeline,
}

impl SuiteFile {
    /// Its name in the folder.
    pub fn name(self) -> String {
        match self {
            SuiteFile::Output => "output.log".into(),
            SuiteFile::Attempt(n) => format!("output.attempt_{n}.log"),
            SuiteFile::Result => "result.json".into(),
            SuiteFile::Digest => "failure_digest.json".into(),
            SuiteFile::Timeline => "failure_timeline.jsonl".into(),
        }
    }
}

/// What it is called in a merged run, where the step said something else in this shard than in the one that counts.
pub fn lint_log_of_shard(step: &str, shard: &Shard) -> String {
    let log = lint_log(step);
    format!("{}.{}-{}.log", log.trim_end_matches(".log"), shard.kind.name(), shard.index)
}

/// Whether a lint step's log is called so, ignoring case.
pub(super) fn is_lint_log(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("lint-") && name.ends_with(".log")
}

/// A run's folder.
#[derive(Debug, Clone)]
pub struct Folder {
    dir: PathBuf,
    rel: String,
    /// Of a folder that was made: nobody else makes a run of it meanwhile.
    _lock: Option<Arc<Lock>>,
}

impl Folder {
    /// Makes the folder, which may be there if nothing is in it. `out` is a path as the user names it.
    pub fn create(root: &Root, out: &Path) -> Result<Folder, RecordError> {
        let shown = shown(out);
        let make = |e: &std::io::Error| match e.kind() {
            ErrorKind::AlreadyExists | ErrorKind::NotADirectory => RecordError::NotAFolder(shown.clone()),
            _ => RecordError::Make { path: shown.clone(), why: plain(e) },
        };
        std::fs::create_dir_all(out).map_err(|e| make(&e))?;
        let is_filled = || -> Result<bool, RecordError> {
            Ok(std::fs::read_dir(out).map_err(|e| make(&e))?.next().is_some())
        };
        if is_filled()? {
            return Err(RecordError::NotEmpty(shown));
        }
        // Of several that begin at once the others find it filled.
        let lock = Lock::folder(out)?;
        if is_filled()? {
            return Err(RecordError::NotEmpty(shown));
        }
        Folder::at(root, out, Some(lock))
    }

    /// Makes the folder that `default_out` names. Of two runs that begin in the same second each gets its own.
    pub fn create_default(root: &Root, results: &str, now: Now) -> Result<Folder, RecordError> {
        let mut now = now;
        loop {
            let out = default_out(root, results, now)?;
            if let Some(parent) = out.parent() {
                std::fs::create_dir_all(parent)
                    .map_err(|e| RecordError::Make { path: shown(parent), why: plain(&e) })?;
            }
            match std::fs::create_dir(&out) {
                Ok(()) => return Folder::at(root, &out, None),
                Err(e) if e.kind() == ErrorKind::AlreadyExists => now = later(now)?,
                Err(e) => return Err(RecordError::Make { path: shown(&out), why: plain(&e) }),
            }
        }
    }

    /// Opens the folder of a run that is to be taken up again: it has a journal.
    pub fn open(root: &Root, dir: &Path) -> Result<Folder, RecordError> {
        let folder = Folder::at(root, dir, None)?;
        if folder.path(File::Events).is_file() { Ok(folder) } else { Err(RecordError::NoJournal(shown(dir))) }
    }

    fn at(root: &Root, dir: &Path, lock: Option<Lock>) -> Result<Folder, RecordError> {
        let real = std::fs::canonicalize(dir).map_err(|e| crate::files::io_error(&shown(dir), &e))?;
        if !real.is_dir() {
            return Err(RecordError::NotAFolder(shown(dir)));
        }
        let rel = root.spell(&real);
        Ok(Folder { dir: real, rel, _lock: lock.map(Arc::new) })
    }

    /// Takes the folder away again, where nothing stands in it: it would be taken for the newest run.
    pub fn discard(&self) {
        let _ = std::fs::remove_dir(&self.dir);
    }

    /// The folder on disk, every symbolic link resolved.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The folder as documents name it.
    pub fn shown(&self) -> &str {
        &self.rel
    }

    /// A file of the run on disk.
    pub fn path(&self, file: File) -> PathBuf {
        self.dir.join(file.name())
    }

    /// A file of the run as documents name it: relative to the workspace, by way of `..` where it stands outside.
    pub fn rel(&self, file: File) -> String {
        self.spell(file.name())
    }

    /// A suite's folder on disk; `folder` comes from `SuiteFolders`.
    pub fn suite_dir(&self, folder: &str) -> PathBuf {
        self.dir.join(folder)
    }

    /// A file of a suite on disk.
    pub fn suite_path(&self, folder: &str, file: SuiteFile) -> PathBuf {
        self.dir.join(folder).join(file.name())
    }

    /// A file of a suite as documents name it.
    pub fn suite_rel(&self, folder: &str, file: SuiteFile) -> String {
        self.spell(&format!("{folder}/{}", file.name()))
    }

    /// The output of a lint step on disk.
    pub fn lint_log(&self, step: &str) -> PathBuf {
        self.dir.join(lint_log(step))
    }

    /// The end of a lint step's output, from the start of a line on; at most `most` bytes. `None` where there is none to read.
    pub fn lint_tail(&self, step: &str, most: u64) -> Option<String> {
        let path = self.lint_log(step);
        // A link is none of the runner's files.
        std::fs::symlink_metadata(&path).ok().filter(std::fs::Metadata::is_file)?;
        let (mut file, meta) = open_regular(&path, &shown(&path)).ok()?;
        let start = meta.len().saturating_sub(most);
        file.seek(SeekFrom::Start(start)).ok()?;
        let mut bytes = Vec::new();
        file.take(most).read_to_end(&mut bytes).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_end();
        let whole = if start > 0 { text.find('\n').map_or(0, |end| end + 1) } else { 0 };
        Some(text[whole..].to_string()).filter(|t| !t.is_empty())
    }

    fn spell(&self, inside: &str) -> String {
        if self.rel == "." { inside.to_string() } else { format!("{}/{inside}", self.rel) }
    }
}

/// `<results>/<YYYYMMDDTHHMMSSZ>` on disk, of the first second from `now` on that has no folder yet. `results` is
/// workspace-relative and may not leave the workspace.
pub fn default_out(root: &Root, results: &str, now: Now) -> Result<PathBuf, RecordError> {
    let results = root.target(results)?;
    let mut now = now;
    loop {
        let out = results.join(now.time().format("%Y%m%dT%H%M%SZ").to_string());
        if std::fs::symlink_metadata(&out).is_err() {
            return Ok(out);
        }
        now = later(now)?;
    }
}

fn later(now: Now) -> Result<Now, RecordError> {
    let next = now.time().checked_add_signed(Duration::seconds(1)).unwrap_or(now.time());
    Now::parse(&next.to_rfc3339()).map_err(|why| RecordError::Make { path: next.to_string(), why })
}

fn shown(path: &Path) -> String {
    show(&path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> (tempfile::TempDir, Root) {
        let dir = tempfile::tempdir().expect("a folder");
        let root = Root::open(dir.path()).expect("a workspace");
        (dir, root)
    }

    #[test]
    fn a_folder_inside_is_spelled_from_the_workspace() {
        let (dir, root) = root();
        let out = dir.path().join("tests/e2e_results/a b");
        let folder = Folder::create(&root, &out).expect("a new folder");
        assert_eq!(folder.rel(File::Summary), "tests/e2e_results/a b/summary.json");
        assert_eq!(folder.suite_rel("parser", SuiteFile::Output), "tests/e2e_results/a b/parser/output.log");
        assert_eq!(folder.path(File::Summary), root.real().join("tests/e2e_results/a b/summary.json"));
        assert_eq!(
            folder.suite_path("p", SuiteFile::Attempt(1)),
            folder.suite_dir("p").join("output.attempt_1.log")
        );
        drop(folder);
        assert!(Folder::create(&root, &out).is_ok(), "an empty folder is taken");
    }

    #[test]
    fn the_end_of_a_lint_log_begins_with_a_line() {
        let (dir, root) = root();
        let folder = Folder::create(&root, &dir.path().join("out")).expect("a new folder");
        assert_eq!(folder.lint_tail("a b", 9), None);
        let put = |text: &str| crate::files::write_atomic(&folder.lint_log("a b"), text.as_bytes());
        put("first\nsecond\nthird\n").expect("written");
        assert_eq!(folder.lint_tail("a b", 100).as_deref(), Some("first\nsecond\nthird"));
        assert_eq!(folder.lint_tail("a b", 9).as_deref(), Some("third"));
        assert_eq!(folder.lint_tail("a b", 3).as_deref(), Some("rd"), "a line that is too long is cut");
        put("\n \n").expect("written");
        assert_eq!(folder.lint_tail("a b", 100), None);
        assert_eq!(lint_log("fmt"), "lint-fmt.log");
        let other = ["a b", "a_b", "a/b", "../b"].map(lint_log);
        assert!(other.iter().all(|o| other.iter().filter(|n| *n == o).count() == 1), "{other:?}");
        assert!(other.iter().all(|o| !o.contains(['/', ' '])) && lint_log(&"x".repeat(500)).len() < 100);
    }

    #[test]
    fn a_folder_outside_is_spelled_from_the_workspace_too() {
        let (_dir, root) = root();
        let other = tempfile::tempdir().expect("a folder");
        let folder = Folder::create(&root, &other.path().join("run")).expect("a new folder");
        let rel = folder.rel(File::Junit);
        assert!(rel.starts_with("../") && rel.ends_with("/run/junit.xml"), "{rel}");
        let there = std::fs::canonicalize(root.real().join(rel).parent().expect("a folder"));
        assert_eq!(there.expect("the folder"), folder.dir());
        folder.discard();
        assert!(!folder.dir().exists());
    }

    #[test]
    fn the_workspace_itself_is_a_folder_like_any() {
        let (dir, root) = root();
        let folder = Folder::create(&root, dir.path()).expect("it is empty");
        assert_eq!((folder.shown(), folder.rel(File::Junit).as_str()), (".", "junit.xml"));
        std::fs::File::create(dir.path().join("x")).expect("written");
        folder.discard();
        assert!(dir.path().join("x").is_file(), "what holds something stays");
    }

    #[test]
    fn another_run_is_never_written_over() {
        let (dir, root) = root();
        let out = dir.path().join("out");
        std::fs::create_dir(&out).expect("made");
        std::fs::File::create(out.join("x")).expect("written");
        let error = Folder::create(&root, &out).expect_err("not empty").to_string();
        assert!(error.contains("is not empty") && error.contains("--resume"), "{error}");
        let error = Folder::create(&root, &out.join("x")).expect_err("a file").to_string();
        assert!(error.ends_with("is not a folder"), "{error}");
        let error = Folder::create(&root, &out.join("x/y")).expect_err("below a file").to_string();
        assert!(error.ends_with("is not a folder"), "{error}");
        let error = Folder::open(&root, &out).expect_err("no journal").to_string();
        assert!(error.contains("no run_events.jsonl"), "{error}");
        assert!(Folder::open(&root, &dir.path().join("none")).is_err());
        std::fs::File::create(out.join("run_events.jsonl")).expect("written");
        assert!(Folder::open(&root, &out).is_ok());
    }

    #[test]
    fn two_runs_of_one_second_have_two_folders() {
        let (dir, root) = root();
        let now = Now::parse("2026-12-31T23:59:59Z").expect("a time");
        let at = |n: &str| root.real().join("tests/e2e_results").join(n);
        assert_eq!(default_out(&root, "tests/e2e_results", now), Ok(at("20261231T235959Z")));
        let first = Folder::create_default(&root, "tests/e2e_results", now).expect("the first");
        let second = Folder::create_default(&root, "tests/e2e_results", now).expect("the second");
        assert_eq!(first.rel(File::Report), "tests/e2e_results/20261231T235959Z/run_report.md");
        assert_eq!(second.dir(), at("20270101T000000Z"));
        assert!(default_out(&root, "../elsewhere", now).is_err());
        drop(dir);
    }
}

//! The walk through a workspace that both looks at it go: what is told of, and what tools keep for themselves.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::fs::{DirEntry, File};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use tollgate_text::digest::Running;
use tollgate_text::show::{plain, show};

/// Files and folders that are looked at; with more nothing can be told.
const ENTRIES: usize = 2_000_000;
/// The first bytes of a `CACHEDIR.TAG`, by which tools mark folders that they can make again.
const TAG: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";
/// The folder in a build folder of cargo that it hands to tests for what they write (`CARGO_TARGET_TMPDIR`): no tool can make that again.
const OF_TESTS: &str = "tmp";
/// The document by which the folder of a run is known, wherever it stands.
const RUN: &str = "run_events.jsonl";

/// Folders of tools: what was made from what stands elsewhere, and what test tools and coverage tools write for people.
const FOLDERS: [&str; 13] = [
    ".git",
    "node_modules",
    "__pycache__",
    ".gradle",
    ".hypothesis",
    ".nyc_output",
    ".phpunit.cache",
    "allure-results",
    "failsafe-reports",
    "htmlcov",
    "playwright-report",
    "surefire-reports",
    "test-results",
];
/// Files that coverage tools write, and the order that PHPUnit keeps.
const FILES: [&str; 12] = [
    ".coverage",
    ".phpunit.result.cache",
    "clover.xml",
    "cobertura.xml",
    "cover.out",
    "coverage.json",
    "coverage.lcov",
    "coverage.out",
    "coverage.txt",
    "coverage.xml",
    "jacoco.exec",
    "lcov.info",
];
/// How such files begin, and how they end.
const BEGINNINGS: [&str; 1] = [".coverage."];
const ENDINGS: [&str; 4] = [".profraw", ".profdata", ".gcda", ".coverprofile"];
/// A folder called `coverage` is one of reports where one of these stands in it.
const REPORTS: [&str; 6] = [
    "lcov.info",
    "lcov-report",
    "coverage-final.json",
    "coverage-summary.json",
    "clover.xml",
    ".resultset.json",
];

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WalkedKind {
    Folder,
    Link,
    Other,
}

/// What a walk found before, where it is walked again.
#[derive(Default)]
pub(super) struct Before<'b> {
    /// The folders that were passed over.
    pub(super) passed_over: Option<&'b HashSet<PathBuf>>,
    /// Whether a path was there and was looked at.
    pub(super) known: Option<&'b dyn Fn(&Path) -> bool>,
}

/// A walk through a folder.
pub(super) struct Walk<'w> {
    pub(super) root: &'w Path,
    pub(super) skip: &'w dyn Fn(&str) -> bool,
    /// Whether of folders only those in which nothing stands are told: the others are told by what stands in them.
    pub(super) leaves: bool,
}

impl Walk<'_> {
    /// Calls `visit` for everything in the folders and for the folders themselves, the root left out; gives the folders that are passed over
    /// because of what stands in them. One that was looked at before is looked at again, whatever was put into it.
    pub(super) fn through(
        &self,
        mut below: Vec<PathBuf>,
        before: &Before<'_>,
        visit: &mut dyn FnMut(&Path, WalkedKind) -> Result<(), String>,
    ) -> Result<HashSet<PathBuf>, String> {
        let (mut passed_over, mut count) = (HashSet::new(), 0);
        while let Some(folder) = below.pop() {
            let is_root = folder == Path::new("");
            let entries = match std::fs::read_dir(self.root.join(&folder)) {
                Ok(entries) => entries,
                // What nobody here may look into no suite looks into; that it is there is told.
                Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) => {
                    visit(&folder, WalkedKind::Folder)?;
                    continue;
                }
                Err(error) => return Err(untold(&folder, &error)),
            };
            let entries = entries.collect::<Result<Vec<_>, _>>().map_err(|e| untold(&folder, &e))?;
            let tagged = !is_root && self.is_tagged(&folder, &entries);
            let made_again = tagged || (!is_root && is_made_again(&folder, &entries));
            if made_again && before.may_pass_over(&folder) {
                let of_tests = entries.iter().find(|entry| tagged && entry.file_name() == OF_TESTS);
                if let Some(entry) =
                    of_tests.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
                {
                    below.extend(self.inside(&folder.join(entry.file_name()), visit)?);
                }
                passed_over.insert(folder);
                continue;
            }
            if !is_root && (!self.leaves || entries.is_empty()) {
                visit(&folder, WalkedKind::Folder)?;
            }
            count += entries.len();
            if count > ENTRIES {
                return Err(format!("there are more than {ENTRIES} files"));
            }
            for entry in entries {
                below.extend(self.entry(&folder, &entry, visit)?);
            }
        }
        Ok(passed_over)
    }

    /// What stands in a folder that is itself not told of.
    fn inside(
        &self,
        folder: &Path,
        visit: &mut dyn FnMut(&Path, WalkedKind) -> Result<(), String>,
    ) -> Result<Vec<PathBuf>, String> {
        let mut found = Vec::new();
        let entries = match std::fs::read_dir(self.root.join(folder)) {
            Ok(entries) => entries,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(found),
            Err(error) => return Err(untold(folder, &error)),
        };
        for entry in entries {
            let entry = entry.map_err(|e| untold(folder, &e))?;
            found.extend(self.entry(folder, &entry, visit)?);
        }
        Ok(found)
    }

    /// Tells of an entry that is no folder; gives one that is, to be gone through.
    fn entry(
        &self,
        folder: &Path,
        entry: &DirEntry,
        visit: &mut dyn FnMut(&Path, WalkedKind) -> Result<(), String>,
    ) -> Result<Option<PathBuf>, String> {
        let path = folder.join(entry.file_name());
        if self.is_skipped(&path, &entry.file_name()) {
            return Ok(None);
        }
        let kind = match entry.file_type() {
            Ok(kind) => kind,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(untold(&path, &error)),
        };
        if kind.is_dir() {
            return Ok(Some(path));
        }
        visit(&path, if kind.is_symlink() { WalkedKind::Link } else { WalkedKind::Other })?;
        Ok(None)
    }

    pub(super) fn is_skipped(&self, path: &Path, name: &OsStr) -> bool {
        let of_tool = name.to_str().is_some_and(|name| {
            FOLDERS.contains(&name)
                || FILES.contains(&name)
                || BEGINNINGS.iter().any(|begin| name.starts_with(begin))
                || ENDINGS.iter().any(|end| name.ends_with(end))
        });
        of_tool || (self.skip)(&path.to_string_lossy())
    }

    /// Whether a tool marks its folder as a cache that it can make again.
    fn is_tagged(&self, folder: &Path, entries: &[DirEntry]) -> bool {
        if !has(entries, "CACHEDIR.TAG") {
            return false;
        }
        let mut head = [0; TAG.len()];
        let file = File::open(self.root.join(folder).join("CACHEDIR.TAG"));
        file.is_ok_and(|mut file| file.read_exact(&mut head).is_ok()) && head == *TAG
    }
}

impl Before<'_> {
    /// A folder that was looked at does not become one that is not by a file that somebody puts there.
    fn may_pass_over(&self, folder: &Path) -> bool {
        self.passed_over.is_none_or(|passed_over| passed_over.contains(folder))
            || self.known.is_none_or(|known| !known(folder))
    }
}

fn has(entries: &[DirEntry], name: &str) -> bool {
    entries.iter().any(|entry| entry.file_name() == name)
}

/// Whether it is an environment of Python, the folder of a run, or one of reports of coverage.
fn is_made_again(folder: &Path, entries: &[DirEntry]) -> bool {
    let of_coverage = || {
        folder.file_name().is_some_and(|name| name == "coverage")
            && REPORTS.iter().any(|name| has(entries, name))
    };
    has(entries, "pyvenv.cfg") || has(entries, RUN) || of_coverage()
}

/// A digest over the names of what stands at `paths` below `top`, and in them; `None` where that is nothing. The error is a clause.
pub fn names_at(top: &Path, paths: &[String], skip: &dyn Fn(&str) -> bool) -> Result<Option<String>, String> {
    let walk = Walk { root: top, skip, leaves: true };
    let (mut names, mut below) = (BTreeSet::new(), Vec::new());
    for path in paths.iter().map(|path| PathBuf::from(path.trim_end_matches('/'))) {
        let name = path.file_name().unwrap_or_default().to_os_string();
        match std::fs::symlink_metadata(top.join(&path)) {
            _ if walk.is_skipped(&path, &name) => {}
            Ok(meta) if meta.is_dir() => below.push(path),
            Ok(_) => _ = names.insert(path),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(untold(&path, &error)),
        }
    }
    walk.through(below, &Before::default(), &mut |path, _| {
        names.insert(path.to_path_buf());
        Ok(())
    })?;
    let mut digest = Running::default();
    for name in &names {
        digest.update(name.as_os_str().as_encoded_bytes());
        digest.update(&[0]);
    }
    Ok((!names.is_empty()).then(|| digest.hex()))
}

pub(super) fn untold(path: &Path, error: &std::io::Error) -> String {
    let path = if path == Path::new("") { ".".into() } else { show(&path.to_string_lossy()) };
    format!("{path} cannot be looked at: {}", plain(error))
}

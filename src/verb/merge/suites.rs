//! What a merge takes over of a shard's suites: their records, and the files of their folders. Everything is looked through
//! before anything is written; what names a run or a path is written anew, for the run and the folder it now stands in.

use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};
use tollgate_core::model::event::TimelineLine;
use tollgate_core::model::failure::FailureDigest;
use tollgate_core::model::record::SuiteRecord;
use tollgate_core::model::run::{Identity, RunSummary, schema};
use tollgate_core::model::suite::{SuiteResult, SuiteRole, SuiteStatus};
use tollgate_core::report::text::terminal;
use tollgate_core::triage::Causes;
use tollgate_core::triage::Digested;
use tollgate_flow::commands::Replays;
use tollgate_flow::error::Error;
use tollgate_flow::made::suite_record::digested;
use tollgate_host::files;
use tollgate_host::files::tree::{Bounds, FolderTree, Size};
use tollgate_host::record::{self, Folder, SuiteFile, SuiteFolders};
use tollgate_text::show::show;

/// What one suite's folder may hold. A coverage report or the traces of a browser fit; a file system does not. 2 GiB by the length of
/// its files: holes count, for whoever reads the copy reads them.
const BOUNDS: Bounds = Bounds { entries: 10_000, depth: 16, bytes: 2 << 30 };

/// The most that is read of a digest or a timeline.
const DOCUMENT: u64 = 64 << 20;

/// A shard as it was read.
pub(super) struct ShardPart {
    /// As it was named.
    pub shown: String,
    /// Its run folder.
    pub folder: PathBuf,
    /// What it says.
    pub summary: RunSummary,
}

/// A suite of a shard.
pub(super) struct TakenSuite {
    /// What is known of it.
    pub record: SuiteRecord,
    /// What stands in its folder; `None` where it has none, as one that passed under `--artifacts failed`.
    tree: Option<FolderTree>,
    /// What the folder says of a failure.
    digest: Option<FailureDigest>,
    timeline: Option<Vec<TimelineLine>>,
    /// When its run was, for what nobody wrote down.
    at: String,
}

/// The folders of a run's suites.
pub(super) fn folders_of(summary: &RunSummary) -> SuiteFolders {
    SuiteFolders::new(summary.all().map(|(_, s)| (s.kind.as_str(), s.name.as_str())))
}

/// A shard's suites, and what a person should know of their folders: one sentence each. The record of a suite is its
/// `result.json` where there is one, held to the summary, else what the summary says.
pub(super) fn take(part: &ShardPart, notes: &mut Vec<String>) -> Result<Vec<TakenSuite>, Error> {
    let folders = folders_of(&part.summary);
    let mut suites = Vec::new();
    // What did not start is in `not_run`, and has no record.
    for (role, result) in part.summary.all().filter(|(_, r)| r.status != SuiteStatus::NotRun) {
        let tree = FolderTree::of(&part.folder.join(folders.of(&result.kind, &result.name)), BOUNDS)?;
        if let Some(tree) = tree.as_ref().filter(|tree| tree.others > 0) {
            let from = show(&tree.from().display().to_string());
            notes.push(format!("{from}: what is no regular file in it ({}) is not copied", tree.others));
        }
        let file = |file: SuiteFile| {
            let tree = tree.as_ref().filter(|tree| tree.has(&file.name()));
            tree.map(|tree| tree.from().join(file.name()))
        };
        let record = file(SuiteFile::Result).map(|path| record_of(&path, role, result)).transpose()?;
        let digest = file(SuiteFile::Digest).map(|path| digest(&path, part, result)).transpose()?;
        let timeline = file(SuiteFile::Timeline).map(|path| timeline(&path, part, result)).transpose()?;
        let record = record.unwrap_or_else(|| SuiteRecord::of_result(role, result.clone()));
        suites.push(TakenSuite {
            record,
            digest,
            timeline,
            at: part.summary.identity.generated_at.clone(),
            tree,
        });
    }
    Ok(suites)
}

fn record_of(path: &Path, role: SuiteRole, result: &SuiteResult) -> Result<SuiteRecord, Error> {
    match record::read_result(path).map_err(|e| Error::Work(e.to_string()))? {
        Some(record) if record.result == *result && record.role == role => Ok(record),
        _ => Err(foreign(path)),
    }
}

fn digest(path: &Path, part: &ShardPart, result: &SuiteResult) -> Result<FailureDigest, Error> {
    let mut found: Vec<FailureDigest> = documents(path, "a failure digest")?;
    let run = &part.summary.identity.run_id;
    let own = |d: &FailureDigest| {
        (d.schema.as_str(), &d.identity.run_id, &d.suite, &d.kind)
            == (schema::FAILURE_DIGEST, run, &result.name, &result.kind)
    };
    match found.pop().filter(|digest| found.is_empty() && own(digest)) {
        Some(digest) => Ok(digest),
        None => Err(foreign(path)),
    }
}

fn timeline(path: &Path, part: &ShardPart, result: &SuiteResult) -> Result<Vec<TimelineLine>, Error> {
    let lines: Vec<TimelineLine> = documents(path, "a failure timeline")?;
    let (run, suite) = (&part.summary.identity.run_id, &result.name);
    let own = |line: &TimelineLine| {
        (line.schema.as_str(), &line.run_id, &line.suite) == (schema::TIMELINE, run, suite)
    };
    if lines.iter().all(own) { Ok(lines) } else { Err(foreign(path)) }
}

/// A document beside a summary that is not of its run.
pub(super) fn foreign(path: &Path) -> Error {
    let path = show(&path.display().to_string());
    Error::Work(format!("{path} does not say what the summary of its run says"))
}

/// The JSON documents of a file, one after another.
fn documents<T: DeserializeOwned>(path: &Path, what: &str) -> Result<Vec<T>, Error> {
    let bytes = files::read(path, DOCUMENT).map_err(|e| Error::Work(e.to_string()))?;
    let documents = serde_json::Deserializer::from_slice(&bytes).into_iter::<T>();
    documents.collect::<Result<_, _>>().map_err(|e| {
        let (path, why) = (show(&path.display().to_string()), e.to_string());
        let why = why.split(" at line ").next().unwrap_or("");
        Error::Work(format!("{path}:{}:{}: it is not {what}: {}", e.line(), e.column(), terminal(why)))
    })
}

impl TakenSuite {
    /// Writes what is kept of it into the merged run's folder. What the run's documents will name is there afterwards: a
    /// suite that failed has its digest and timeline, made from the record where the shard has none.
    pub fn put(
        &mut self,
        folder: &Folder,
        folders: &SuiteFolders,
        identity: &Identity,
        replays: &Replays<'_>,
        causes: &Causes,
    ) -> Result<(), Error> {
        let own = folders.of(&self.record.result.kind, &self.record.result.name);
        let has = |file: SuiteFile| self.tree.as_ref().is_some_and(|tree| tree.has(&file.name()));
        let (output, result) = (has(SuiteFile::Output), has(SuiteFile::Result));
        if let Some(tree) = &self.tree {
            let anew = [SuiteFile::Result, SuiteFile::Digest, SuiteFile::Timeline].map(|file| file.name());
            tree.copy(&folder.suite_dir(&own), &anew)?;
        }
        self.record.log = if output { folder.suite_rel(&own, SuiteFile::Output) } else { String::new() };
        if self.record.result.status.is_failure() && (self.digest.is_none() || self.timeline.is_none()) {
            let made = self.made(causes, identity, replays);
            self.digest.get_or_insert(made.digest);
            self.timeline.get_or_insert(made.timeline);
        }
        if let Some(digest) = &mut self.digest {
            digest.identity = identity.clone();
            folder.write_digest(&own, digest)?;
        }
        if let Some(lines) = &mut self.timeline {
            lines.iter_mut().for_each(|line| line.run_id.clone_from(&identity.run_id));
            folder.write_timeline(&own, lines)?;
        }
        if let Some(digest) = self.digest.as_ref().filter(|_| self.record.result.status.is_failure()) {
            // The index says the same of the suite as its digest.
            self.record.root_cause_class.get_or_insert(digest.root_cause_class);
            if self.record.signature.is_none() {
                self.record.signature = Some(digest.signature.clone());
                self.record.basis = digest.basis;
            }
        }
        if result {
            folder.write_result(&own, identity, &self.record)?;
        }
        Ok(())
    }

    /// What its folder takes.
    pub fn size(&self) -> Size {
        self.tree.as_ref().map_or_else(Size::default, FolderTree::size)
    }

    fn made(&self, causes: &Causes, identity: &Identity, replays: &Replays<'_>) -> Digested {
        let mut record = self.record.clone();
        for moment in [&mut record.started_at, &mut record.finished_at] {
            if moment.is_empty() {
                moment.clone_from(&self.at);
            }
        }
        digested(causes, identity, &record, &record.failures, "", replays)
    }
}

//! `tollgate merge`: the shards of one plan as one run folder, after it is proven that they are its shards and all of them.

use super::clock::RunClock;
use super::commands::{Replays, run_again};
use super::environment;
use super::error::Error;
use super::ground::Ground;
use super::masking::masker;
use super::run_baseline::Baseline;
use super::run_documents::{self, Outcome, Written};
use crate::base::clock::Now;
use crate::base::digest::sha256_hex;
use crate::base::files::{self, show};
use crate::model::record::SuiteRecord;
use crate::model::run::{Identity, RunStatus, Summary};
use crate::model::suite::SuiteStatus;
use crate::plan;
use crate::record::{self, Folder, SuiteFile, SuiteFolders};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Files of one suite's folder that are copied at most.
const FILES: usize = 1_000;

/// What is asked.
pub struct MergeRequest<'a> {
    /// The workspace; it needs no `tollgate.toml`.
    pub root: &'a Path,
    /// The moment.
    pub now: Now,
    /// The environment.
    pub env: &'a BTreeMap<String, String>,
    /// The shards' run folders or summaries, in any order.
    pub shards: &'a [PathBuf],
    /// The summary to compare with.
    pub diff_from: Option<&'a Path>,
    /// The merged run's folder.
    pub out: &'a Path,
}

/// A shard as it was read.
struct Part {
    shown: String,
    folder: PathBuf,
    summary: Summary,
}

/// Why shards make no whole: the sentences, exit 1. Anything else is an `Error`.
#[derive(Debug)]
pub enum MergeError {
    /// They are not the shards of one plan, or not all of them.
    Unfit(Vec<String>),
    /// tollgate could not do its work.
    Other(Error),
}

impl From<Error> for MergeError {
    fn from(error: Error) -> Self {
        MergeError::Other(error)
    }
}

/// Merges; with what a person should know, one sentence each. Nothing is written unless the shards are proven to be a whole.
pub fn merge(request: &MergeRequest<'_>) -> Result<(Written, Vec<String>), MergeError> {
    let clock = RunClock::start(request.now);
    let ground = Ground::open_bare(request.root, request.now)?;
    let parts = request.shards.iter().map(|path| part(path)).collect::<Result<Vec<_>, _>>()?;
    let summaries: Vec<(String, Summary)> =
        parts.iter().map(|p| (p.shown.clone(), p.summary.clone())).collect();
    let plan::Merged { summary: merged, notes } = plan::merge(&summaries).map_err(MergeError::Unfit)?;
    let baseline = request.diff_from.map(|path| Baseline::open(path, &ground.root)).transpose()?;
    let masker = masker(request.env, &ground)?;
    let mut records = Vec::new();
    for part in &parts {
        records.extend(self::records(part)?);
    }
    let folder = Folder::create(&ground.root, request.out).map_err(|e| Error::Usage(e.to_string()))?;
    let folders = folders_of(&merged);
    for (part, record) in &mut records {
        copy(part, record, &folder, &folders)?;
    }
    let records: Vec<SuiteRecord> = records.into_iter().map(|(_, record)| record).collect();
    let facts = environment::facts(ground.root.real(), &ground.run, request.env);
    let again = run_again(&merged.profile, None, baseline.as_ref().map(|b| b.shown.as_str()), None);
    let names = ground.names().unwrap_or_default();
    let outcome = Outcome {
        identity: identity(&merged, &clock, &summaries),
        profile: merged.profile.clone(),
        aborted: merged.status == RunStatus::Aborted,
        baseline: baseline.as_ref(),
        rerun_from: None,
        shard: merged.shard,
        plan: merged.plan,
        // Of a suite whose folder was not kept only the shard's summary counts them.
        masked: merged.masked.saturating_sub(run_documents::masked(&records, &merged.lint)),
        records,
        not_run: merged.not_run,
        lint: merged.lint,
        rerunnable: true,
        replays: Replays::new(&ground.run, &merged.profile, &masker).knowing(&names, &again),
        again: again.clone(),
        facts: &facts,
        env: request.env,
    };
    let written = run_documents::write(&folder, &folders, outcome)?;
    Ok((written, notes))
}

fn part(path: &Path) -> Result<Part, Error> {
    let (summary, _) = record::read_summary(path).map_err(|e| Error::Work(e.to_string()))?;
    let folder = if path.is_dir() {
        path.to_path_buf()
    } else {
        path.parent().unwrap_or(Path::new(".")).to_path_buf()
    };
    Ok(Part { shown: show(&path.display().to_string()), folder, summary })
}

fn folders_of(summary: &Summary) -> SuiteFolders {
    SuiteFolders::new(summary.all().map(|(_, s)| (s.kind.as_str(), s.name.as_str())))
}

/// The records of a shard's suites: from `result.json` where there is one, its result held to the summary's, else what the
/// summary says.
fn records(part: &Part) -> Result<Vec<(&Part, SuiteRecord)>, Error> {
    let folders = folders_of(&part.summary);
    let mut records = Vec::new();
    // What did not start is in `not_run`, and has no record.
    for (role, result) in part.summary.all().filter(|(_, r)| r.status != SuiteStatus::NotRun) {
        let path = part.folder.join(folders.of(&result.kind, &result.name)).join(SuiteFile::Result.name());
        let record = match record::read_result(&path).map_err(|e| Error::Work(e.to_string()))? {
            Some(record) if record.result == *result && record.role == role => record,
            Some(_) => {
                return Err(Error::Work(format!(
                    "{} does not say what the summary of its run says",
                    show(&path.display().to_string())
                )));
            }
            None => SuiteRecord::of_result(role, result.clone()),
        };
        records.push((part, record));
    }
    Ok(records)
}

/// Copies the files of a suite's folder, regular ones alone, and makes the record name them where they now stand.
fn copy(part: &Part, record: &mut SuiteRecord, folder: &Folder, folders: &SuiteFolders) -> Result<(), Error> {
    let (kind, name) = (record.result.kind.clone(), record.result.name.clone());
    let from = part.folder.join(folders_of(&part.summary).of(&kind, &name));
    let to = folders.of(&kind, &name);
    let fail = |path: &Path, e: &std::io::Error| {
        Error::Work(format!("{} cannot be copied: {}", show(&path.display().to_string()), files::plain(e)))
    };
    let entries = match std::fs::read_dir(&from) {
        Ok(entries) => entries,
        // With `--artifacts failed` a suite that passed has no folder.
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(fail(&from, &e)),
    };
    let target = folder.suite_dir(&to);
    std::fs::create_dir_all(&target).map_err(|e| fail(&target, &e))?;
    for (number, entry) in entries.enumerate() {
        if number == FILES {
            let from = show(&from.display().to_string());
            return Err(Error::Work(format!(
                "{from} holds more than {FILES} files and is not copied in part"
            )));
        }
        let entry = entry.map_err(|e| fail(&from, &e))?;
        let kind = entry.file_type().map_err(|e| fail(&entry.path(), &e))?;
        if kind.is_file() {
            std::fs::copy(entry.path(), target.join(entry.file_name()))
                .map_err(|e| fail(&entry.path(), &e))?;
        }
    }
    record.log = folder.suite_rel(&to, SuiteFile::Output);
    Ok(())
}

/// The merged run is a run of its own; what ties the shards together ties it to them.
fn identity(merged: &Summary, clock: &RunClock, parts: &[(String, Summary)]) -> Identity {
    let mut ids: Vec<&str> = parts.iter().map(|(_, s)| s.identity.run_id.as_str()).collect();
    ids.sort_unstable();
    Identity {
        generated_at: clock.seconds(),
        run_id: format!("merge-{}", &sha256_hex(ids.join("\0").as_bytes())[..16]),
        ..merged.identity.clone()
    }
}

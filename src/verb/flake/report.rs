//! `tollgate flake report SUMMARY...`: how often tests failed over earlier runs.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tollgate_core::model::columns::Columns;
use tollgate_core::model::failure::{FailureDigest, RootCause};
use tollgate_core::model::run::schema;
use tollgate_core::model::suite::SuiteStatus;
use tollgate_core::model::test::{Failure, TestCase};
use tollgate_core::triage::{self, Cause, EarlierRun, FlakeReport};
use tollgate_flow::error::Error;
use tollgate_flow::made::summary::{self, SummaryText};
use tollgate_host::files::{self, ReadError};
use tollgate_text::show::show;

/// The most that is read of a failure digest.
const DIGEST_BYTES: u64 = 4 << 20;
/// The most that is read of a suite's result: those of a million tests fit.
const RESULT_BYTES: u64 = 256 << 20;
/// Folders beside a summary that are looked into.
const FOLDERS: usize = 10_000;

/// The report, and what it could not look at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FlakeAnswer {
    /// The counts.
    #[serde(flatten)]
    pub report: FlakeReport,
    /// Evidence that could not be read, one sentence each.
    pub notes: Vec<String>,
}

/// Reads the runs, all of them at once, and counts. One that cannot be read is an error, and so is one that is named twice:
/// it would count twice.
pub fn flake_report(named: &[PathBuf]) -> Result<FlakeAnswer, Error> {
    let paths: Vec<PathBuf> = named.iter().map(|path| summary::file(path)).collect();
    let texts: Vec<SummaryText> = paths.iter().map(|path| summary::read(path)).collect::<Result<_, _>>()?;
    let mut known: BTreeMap<&str, &Path> = BTreeMap::new();
    for (path, text) in paths.iter().zip(&texts) {
        if let Some(other) = known.insert(&text.sha256, path) {
            let [other, path] = [other, path].map(|p| show(&p.display().to_string()));
            return Err(Error::Usage(format!("{other} and {path} are the same run: name each once")));
        }
    }
    let mut notes = Vec::new();
    let mut columns = Vec::new();
    for (path, text) in paths.iter().zip(&texts) {
        columns.push(summary::columns(path, text)?);
    }
    let unplaced = columns.iter().filter(|c| is_unplaced(c)).count();
    if unplaced > 0 && paths.len() > 1 {
        notes.push(format!(
            "{unplaced} of the {} runs do not say in which tree and environment they took place (outside git, ingested, of an older tollgate, or \
             tracked files changed meanwhile): no failure of theirs is held to a pass of another run",
            paths.len()
        ));
    }
    let mut runs = Vec::new();
    for (path, columns) in paths.iter().zip(&columns) {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let causes = causes(folder, columns.head.run_id.as_deref(), &mut notes);
        runs.push(EarlierRun { columns, causes });
    }
    Ok(FlakeAnswer { report: triage::flake_report(&runs), notes })
}

/// Whether a run says too little to be held to another.
fn is_unplaced(columns: &Columns<'_>) -> bool {
    columns.head.tree.is_none()
        || columns
            .suites
            .iter()
            .any(|suite| suite.environment.is_none() && suite.status != SuiteStatus::NotRun)
}

/// What the failure digests and results in the folders beside a summary say. No path that stands in a document is followed.
fn causes(folder: &Path, run: Option<&str>, notes: &mut Vec<String>) -> Vec<Cause> {
    let mut folders: Vec<PathBuf> = match std::fs::read_dir(folder) {
        Ok(entries) => entries
            .flatten()
            .filter(|e| e.file_type().is_ok_and(|t| t.is_dir()))
            .map(|e| e.path())
            .take(FOLDERS + 1)
            .collect(),
        Err(error) => {
            notes.push(files::io_error(&show(&folder.display().to_string()), &error).to_string());
            return Vec::new();
        }
    };
    if folders.len() > FOLDERS {
        let folder = show(&folder.display().to_string());
        notes.push(format!("{folder} has more than {FOLDERS} folders: no failure of it was read"));
        return Vec::new();
    }
    folders.sort();
    let mut causes = Vec::new();
    for folder in folders {
        let digest = digest(&folder.join("failure_digest.json"), run);
        match digest.and_then(|digest| Ok((digest, kept(&folder.join("result.json"), run)?))) {
            Ok((digest, kept)) => causes.extend(kept.into_iter().chain(digest)),
            Err(note) => notes.push(note),
        }
    }
    causes
}

/// One digest; `None` where there is none. The error is a sentence that names the file.
fn digest(path: &Path, run: Option<&str>) -> Result<Option<Cause>, String> {
    let shown = show(&path.display().to_string());
    let bytes = match files::read(path, DIGEST_BYTES) {
        Ok(bytes) => bytes,
        Err(ReadError::Missing(_)) => return Ok(None),
        Err(error) => return Err(format!("{error}, and does not count as evidence")),
    };
    let digest: FailureDigest = tollgate_flow::verdict_read::parse(&shown, &bytes, "a failure digest")?;
    if digest.schema != schema::FAILURE_DIGEST {
        return Err(format!("{shown}: its schema is not {}", schema::FAILURE_DIGEST));
    }
    if run.is_some_and(|run| run != digest.identity.run_id) {
        return Err(format!("{shown} is of another run than the summary beside it"));
    }
    let first = digest.first_failing_assertion;
    Ok(Some(Cause {
        suite: digest.suite,
        kind: digest.kind,
        tests: digest.impacted_scenario_ids,
        first: first.as_ref().and_then(|a| a.test.clone()),
        root_cause: digest.root_cause_class,
        message: first.map(|a| a.message).unwrap_or_default(),
    }))
}

/// What a suite's `result.json` keeps of its failures.
#[derive(Deserialize)]
struct Kept {
    schema: String,
    run_id: String,
    name: String,
    kind: String,
    #[serde(default)]
    fault: Option<String>,
    #[serde(default)]
    failures: Vec<TestCase>,
}

/// The first failure of each test that a suite's result keeps, and the suite's own: a suite that passed at last has no
/// digest. Nothing where there is no result, or no failure in it. The error is a sentence that names the file.
fn kept(path: &Path, run: Option<&str>) -> Result<Vec<Cause>, String> {
    let shown = show(&path.display().to_string());
    let bytes = match files::read(path, RESULT_BYTES) {
        Ok(bytes) => bytes,
        Err(ReadError::Missing(_)) => return Ok(Vec::new()),
        Err(error) => return Err(format!("{error}, and does not count as evidence")),
    };
    let kept: Kept = tollgate_flow::verdict_read::parse(&shown, &bytes, "a suite's result")?;
    if kept.schema != schema::RESULT {
        return Err(format!("{shown}: its schema is not {}", schema::RESULT));
    }
    if kept.fault.is_none() && kept.failures.is_empty() {
        return Ok(Vec::new());
    }
    if run.is_some_and(|run| run != kept.run_id) {
        return Err(format!("{shown} is of another run than the summary beside it"));
    }
    let cause = |test: Option<String>, message: String| Cause {
        suite: kept.name.clone(),
        kind: kept.kind.clone(),
        tests: test.iter().cloned().collect(),
        first: test,
        root_cause: RootCause::Unknown,
        message,
    };
    let of_test =
        kept.failures.iter().filter_map(|c| Some(cause(Some(c.name.clone()), said(c.failure.as_ref()?))));
    let own = kept.fault.iter().map(|fault| cause(None, fault.clone()));
    Ok(of_test.chain(own).collect())
}

/// The message of a failure, else the first line of its text.
fn said(failure: &Failure) -> String {
    let lines = |text: &str| text.lines().map(str::trim).find(|l| !l.is_empty()).map(String::from);
    if failure.message.trim().is_empty() {
        lines(&failure.text).unwrap_or_default()
    } else {
        failure.message.clone()
    }
}

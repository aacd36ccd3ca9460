//! What the newest run says of a suite, a test or a signature that `explain` is asked for.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tollgate_core::model::failure::{FailureDigest, FailureIndex, RootCause};
use tollgate_host::files::{ReadError, Root};

/// The most that is read of an index or a digest.
const MAX_BYTES: u64 = 16 << 20;
/// Digests that are searched for the name of a test.
const SEARCHED: usize = 100;

/// A failed suite of the newest run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunFailure {
    /// The run folder, workspace-relative.
    pub run: String,
    /// The suite.
    pub suite: String,
    /// Its kind.
    pub kind: String,
    /// Its status.
    pub status: String,
    /// Why it failed.
    pub root_cause_class: RootCause,
    /// The failure signature.
    pub signature: String,
    /// The first failed test.
    pub test: Option<String>,
    /// Where it failed: `file:line`.
    pub location: Option<String>,
    /// What it said.
    pub message: Option<String>,
    /// The narrowest command that repeats it.
    pub replay_command: String,
}

/// The failure of the newest run whose suite, signature or failed test this is. `None` where there is none, or no index of failures;
/// the error, a sentence, where one cannot be read.
pub(super) fn of_newest(root: &Root, run: &str, name: &str) -> Result<Option<RunFailure>, String> {
    let path = format!("{run}/failure_diagnostics_index.json");
    let Some(index) = read::<FailureIndex>(root, &path)? else { return Ok(None) };
    let named = index.digests.iter().find(|d| d.suite == name || d.signature == name);
    let mut digest = None;
    match named {
        Some(row) => digest = read::<FailureDigest>(root, &row.digest_path)?,
        None => {
            for row in index.digests.iter().take(SEARCHED) {
                let read = read::<FailureDigest>(root, &row.digest_path)?;
                digest = read.filter(|d| d.impacted_scenario_ids.iter().any(|test| test == name));
                if digest.is_some() {
                    break;
                }
            }
        }
    }
    Ok(digest.map(|digest| failure(run, digest)))
}

fn failure(run: &str, digest: FailureDigest) -> RunFailure {
    let first = digest.first_failing_assertion;
    RunFailure {
        run: run.to_string(),
        suite: digest.suite,
        kind: digest.kind,
        status: digest.status,
        root_cause_class: digest.root_cause_class,
        signature: digest.signature,
        test: first.as_ref().and_then(|first| first.test.clone()),
        location: first.as_ref().and_then(|f| f.location.as_ref()).map(|p| format!("{}:{}", p.file, p.line)),
        message: first.map(|first| first.message),
        replay_command: digest.remediation_pointer.replay_command,
    }
}

fn read<T: DeserializeOwned>(root: &Root, path: &str) -> Result<Option<T>, String> {
    match root.read(path, MAX_BYTES) {
        Ok(bytes) => tollgate_flow::verdict_read::parse(path, &bytes, "a document of a run").map(Some),
        Err(ReadError::Missing(_)) => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

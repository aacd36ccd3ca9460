//! What `tollgate run` was asked, and who watches it.

use super::listeners::Listener;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tollgate_core::model::event::Started;
use tollgate_core::model::plan::{Artifacts, Plan};
use tollgate_core::plan::Division;
use tollgate_text::time::Now;

/// Where the selection comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SelectionSource<'a> {
    /// The profile and the names on the command line.
    Fresh,
    /// What failed or did not run in an earlier summary (`--rerun-from`).
    Rerun(&'a Path),
    /// What failed or did not run according to a replay bundle (`tollgate replay`).
    Bundle(&'a Path),
    /// What an interrupted run left undone (`--resume`).
    Resume(&'a Path),
}

/// What is asked.
pub struct RunRequest<'a> {
    /// The workspace.
    pub root: &'a Path,
    /// The moment it starts.
    pub now: Now,
    /// The environment; suites inherit it.
    pub env: &'a BTreeMap<String, String>,
    /// `--profile`; `None` for `ci`, or for the source's own.
    pub profile: Option<&'a str>,
    /// `--suite`
    pub suites: &'a [String],
    /// `--unit-target`
    pub units: &'a [String],
    /// `--skip-lint`
    pub skip_lint: bool,
    /// Suites at once.
    pub jobs: usize,
    /// `--timeout` in seconds, over every suite's own; `None`: each its own, or as the run was started that is taken up.
    pub timeout: Option<u64>,
    /// How often what failed is run again; `None`: never, or as the run was started that is taken up.
    pub retries: Option<u32>,
    /// After this many failed suites nothing new starts.
    pub fail_fast: Option<u32>,
    /// Where the selection comes from.
    pub source: SelectionSource<'a>,
    /// The summary to compare with.
    pub diff_from: Option<&'a Path>,
    /// The shard; `None` for the whole plan, or for the source's own.
    pub shard: Option<Division>,
    /// Files or summaries with the durations that shards are balanced by.
    pub timings: &'a [PathBuf],
    /// The run folder; `None` for a new one below the results folder.
    pub out: Option<&'a Path>,
    /// Which suites get a folder; `None`: all, or as the run was started that is taken up.
    pub artifacts: Option<Artifacts>,
}

/// What holds for every suite of a run. A run that is taken up again keeps it unless a flag says otherwise; how much of it
/// this invocation does at once and where it stops (`--jobs`, `--fail-fast`) is the invocation's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rules {
    pub retries: u32,
    pub timeout: Option<u64>,
    pub artifacts: Artifacts,
}

impl Rules {
    /// What is asked, and where it is not, what the run that is taken up was started with.
    pub(super) fn of(request: &RunRequest<'_>, before: Option<&Started>) -> Rules {
        Rules {
            retries: request.retries.or(before.map(|b| b.retries)).unwrap_or(0),
            timeout: request.timeout.or(before.and_then(|b| b.timeout)),
            artifacts: request.artifacts.or(before.map(|b| b.artifacts)).unwrap_or_default(),
        }
    }
}

/// Watches a run for a person: hears of its events as every listener does, and of what is no event.
pub trait Watcher: Listener {
    /// Everything is decided and the run folder is made; nothing has started. `expected_ms` is how long the suites took in
    /// the last run, where one is known.
    fn planned(&self, plan: &Plan, folder: &str, expected_ms: Option<u64>);
    /// Something that a person should know: one sentence.
    fn note(&self, sentence: &str);
    /// A block of output, secrets masked.
    fn output(&self, name: &str, block: &[u8]);
}

//! What changed between two runs: `triage_diff.json`.

use crate::model::run::Identity;
use serde::{Deserialize, Serialize};

/// What became of one test or suite against the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiffChange {
    /// It passed and now fails.
    Regression,
    /// It fails and the baseline does not have it.
    NewFailure,
    /// It failed and still fails.
    KnownFailure,
    /// It failed and now passes.
    Fixed,
    /// It is flaky now.
    Flaky,
    /// It passes and the baseline does not have it.
    NewPass,
    /// The baseline has it, and this run does not.
    Removed,
    /// It was selected and did not run.
    NotRun,
}

impl DiffChange {
    /// The name in `triage_diff.json`.
    pub fn name(self) -> &'static str {
        match self {
            DiffChange::Regression => "regression",
            DiffChange::NewFailure => "new_failure",
            DiffChange::KnownFailure => "known_failure",
            DiffChange::Fixed => "fixed",
            DiffChange::Flaky => "flaky",
            DiffChange::NewPass => "new_pass",
            DiffChange::Removed => "removed",
            DiffChange::NotRun => "not_run",
        }
    }
}

/// What a run is against its baseline, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TriageStatus {
    /// Something fails that the baseline does not show failing.
    Regression,
    /// Nothing fails, and all that failed before is shown to be fixed.
    Stable,
    /// Everything that fails failed before; or nothing shows that what failed before is fixed: it is gone or did not run.
    KnownFailuresOnly,
}

impl TriageStatus {
    /// The name in `triage_diff.json`.
    pub fn name(self) -> &'static str {
        match self {
            TriageStatus::Regression => "regression",
            TriageStatus::Stable => "stable",
            TriageStatus::KnownFailuresOnly => "known_failures_only",
        }
    }
}

/// How many of each; tests and suites without tests of their own alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TriageCounts {
    /// Failures new against the baseline: those that passed before, and `new_failure_count`.
    pub regression_count: u64,
    /// Failures of what the baseline does not have; part of `regression_count`.
    pub new_failure_count: u64,
    /// Failed before and now.
    pub still_failing_count: u64,
    /// Failed before and pass now.
    pub fixed_count: u64,
    /// Pass, and the baseline does not have them.
    pub new_pass_count: u64,
    /// The baseline has them, and this run does not.
    pub removed_count: u64,
    /// Flaky now.
    pub flaky_count: u64,
    /// Selected, and did not run.
    pub not_run_count: u64,
}

/// One of the two files that were compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComparedFile {
    /// As named.
    pub path: String,
    /// Lower-case hex; null for a run that is compared before its summary is written.
    pub sha256: Option<String>,
    /// Its run.
    pub run_id: Option<String>,
    /// Its commit.
    pub commit: Option<String>,
}

/// One diagnostic, worst first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Counted from 1.
    pub rank: u64,
    /// What changed.
    pub change: DiffChange,
    /// `blocker`, `major`, `minor`, `info`.
    pub severity: String,
    /// The suite or unit.
    pub suite: String,
    /// Its kind.
    pub kind: String,
    /// The test; null for the suite as a whole.
    pub test: Option<String>,
    /// What it was.
    pub before: Option<String>,
    /// What it is.
    pub after: Option<String>,
    /// The failure signature now.
    pub signature: Option<String>,
    /// Why it stands at its rank, one clause each.
    pub reasons: Vec<String>,
    /// Replays it; null where `tollgate.toml` does not know the suite.
    pub replay_command: Option<String>,
}

/// What to run next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecommendedCommands {
    /// Replays everything that fails.
    pub runner_repro_command: String,
    /// One for each ranked diagnostic that has one, in order, without repetition.
    pub ranked_repro_commands: Vec<String>,
}

/// `triage_diff.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TriageDiff {
    /// `tollgate.run.triage_diff.v1`
    pub schema: String,
    /// Who and when.
    #[serde(flatten)]
    pub identity: Identity,
    /// The baseline's path, as named.
    pub baseline: String,
    /// Both files, with their digests.
    pub compared: [ComparedFile; 2],
    /// The status.
    pub status: TriageStatus,
    /// The counts.
    pub summary: TriageCounts,
    /// Worst first; at most `Diagnostic` limit of the writer, and `omitted` says how many more.
    pub ranked_diagnostics: Vec<Diagnostic>,
    /// How many diagnostics are left out of the list; the counts have them all.
    pub omitted: u64,
    /// Suites of the baseline that the current run was not asked for: another shard's, another profile's, or in a replay all
    /// but what it replays.
    #[serde(default)]
    pub not_compared: u64,
    /// What to run next.
    pub recommended_commands: RecommendedCommands,
}

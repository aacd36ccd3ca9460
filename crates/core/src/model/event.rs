//! A run's journal: `run_events.jsonl`, one line an event, written as it happens. It alone is what `--resume` goes by.

use crate::model::plan::{Artifacts, SelectionCounts, Shard};
use crate::model::record::SuiteRecord;
use crate::model::run::{Chosen, LintResult, NotRun, RunStatus};
use crate::model::test::SourcePlace;
use crate::model::tree::WorkingTree;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event")]
pub enum RunEvent {
    /// The first line: everything that was decided before anything ran.
    #[serde(rename = "run.started")]
    Started(Box<Started>),
    /// A lint step starts.
    #[serde(rename = "lint.started")]
    LintStarted {
        /// Its name.
        name: String,
    },
    /// A lint step ended.
    #[serde(rename = "lint.finished")]
    LintFinished(LintResult),
    /// An attempt at a suite starts.
    #[serde(rename = "suite.started")]
    SuiteStarted {
        /// The suite.
        suite: String,
        /// Its kind.
        kind: String,
        /// Counted from 1.
        attempt: u32,
    },
    /// A suite is done: all its files are written.
    #[serde(rename = "suite.finished")]
    SuiteFinished {
        /// The suite.
        suite: String,
        /// Its kind.
        kind: String,
        /// Its status.
        status: String,
        /// Wall time in milliseconds.
        duration_ms: u64,
        /// Everything.
        record: Box<SuiteRecord>,
    },
    /// The run was taken up again.
    #[serde(rename = "run.resumed")]
    Resumed {
        /// Suites that were done already.
        done: u64,
        /// Processes that the run as it was interrupted had left running; they were ended before anything started.
        #[serde(default)]
        leftovers: u64,
    },
    /// The last line: the summary is written.
    #[serde(rename = "run.finished")]
    Finished {
        /// How it ended.
        status: RunStatus,
    },
}

/// What a run set out to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// The profile.
    pub profile: String,
    /// The commit.
    pub commit: Option<String>,
    /// The branch.
    pub branch: Option<String>,
    /// The working tree as it was then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tree: Option<WorkingTree>,
    /// What ties shards and replays together.
    pub correlation_id: String,
    /// Which part of the plan it is.
    pub shard: Shard,
    /// How many suites and units the whole plan has.
    pub plan: SelectionCounts,
    /// What will run, in order.
    pub selected: Vec<NotRun>,
    /// The summary to compare with, workspace-relative.
    pub baseline: Option<String>,
    /// The summary, run folder or bundle that is replayed, workspace-relative.
    pub rerun_from: Option<String>,
    /// Retries of a failed suite.
    pub retries: u32,
    /// `--timeout` in seconds; null where every suite has its own.
    #[serde(default)]
    pub timeout: Option<u64>,
    /// Which suites get a folder.
    #[serde(default)]
    pub artifacts: Artifacts,
    /// Whether lint steps run.
    pub lint: bool,
    /// Which lint steps run, by name; empty in a journal that does not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lint_steps: Vec<String>,
    /// What the command line chose.
    #[serde(default, skip_serializing_if = "Chosen::is_empty")]
    pub chosen: Chosen,
    /// What the run goes by, in words, and its digest: lower-case hex of SHA-256. A run that is taken up again says what is
    /// no longer the same. Empty in a journal that does not say.
    #[serde(default)]
    pub goes_by: BTreeMap<String, String>,
    /// What else the command line said.
    #[serde(default)]
    pub flags: Flags,
    /// What a replay was asked for and `tollgate.toml` no longer has: it does not run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<NotRun>,
}

/// What the command that repeats a run says beside the profile, the names and the shard.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Flags {
    /// `--skip-lint`
    pub skip_lint: bool,
    /// `--timings`, workspace-relative.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub timings: Vec<String>,
    /// Whether what is replayed is a bundle (`tollgate replay`).
    pub bundle: bool,
}

/// A line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventLine {
    /// `tollgate.run.event.v1`
    pub schema: String,
    /// Counted from 0, without a gap.
    pub seq: u64,
    /// RFC 3339 with milliseconds.
    pub ts: String,
    /// The run.
    pub run_id: String,
    /// What happened.
    #[serde(flatten)]
    pub event: RunEvent,
}

/// A line of `failure_timeline.jsonl`: what was seen of a failed suite, in order. `ts` is the moment at which the runner knew
/// it; results of tests are read once the suite has ended, so that theirs is its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineLine {
    /// `tollgate.run.timeline.v1`
    pub schema: String,
    /// Counted from 0, without a gap.
    pub seq: u64,
    /// RFC 3339 with milliseconds.
    pub ts: String,
    /// The run.
    pub run_id: String,
    /// `suite.started`, `assertion.failed`, `test.failed`, `suite.fault`, `suite.timed_out`, `suite.killed`,
    /// `suite.leftovers`, `suite.finished`.
    pub event: String,
    /// The suite.
    pub suite: String,
    /// The test, of an event of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<String>,
    /// What happened, in words; may come from output.
    pub message: String,
    /// Where the assertion stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<SourcePlace>,
    /// Wall time in milliseconds, of a test or the suite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
}

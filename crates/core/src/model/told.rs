//! What people are told of a run: what failed in it, with place and command, beside its documents.

use crate::model::finding::SourceAt;
use crate::model::record::SuiteRecord;
use crate::model::run::RunSummary;
use crate::model::triage::TriageDiff;

/// Tests of one suite that are told of in any case: those that the terminal shows.
pub const FIRST: usize = 20;

/// One thing that failed: a test, a suite that failed without one, a lint step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// The kind of the suite; `None` of a lint step.
    pub kind: Option<String>,
    /// The suite, or the lint step.
    pub suite: String,
    /// `None` of what is no test.
    pub test: Option<String>,
    /// `FAIL`, `TIMEOUT`, `CRASH`, `MISSING`.
    pub word: &'static str,
    /// What it said, a few lines; may be empty.
    pub message: String,
    /// Where it stands in the workspace, where that is known and there.
    pub at: Option<SourceAt>,
    /// The command of this test alone, where its kind has one.
    pub alone: Option<String>,
    /// The narrowest command that repeats it.
    pub again: String,
}

impl Failed {
    /// The test or suite with where it belongs; untrusted, escape it.
    pub fn title(&self) -> String {
        title(self.kind.as_deref(), &self.suite, self.test.as_deref())
    }
}

/// What a list of failures calls one: the test or suite with where it belongs; without a kind it is a lint step.
pub fn title(kind: Option<&str>, suite: &str, test: Option<&str>) -> String {
    match (kind, test) {
        (None, _) => format!("lint step {suite}"),
        // A suite that is read by its exit code has one test, called as itself.
        (Some(kind), Some(test)) if test != suite => format!("{test} ({kind} {suite})"),
        (Some(kind), _) => format!("{kind} {suite}"),
    }
}

/// What failed in a run, the first of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllFailed {
    /// In the order in which they are told.
    pub listed: Vec<Failed>,
    /// How many more there are.
    pub more: u64,
}

/// A run as reports tell it. Secrets in its text are masked: it is made of what was written.
#[derive(Clone, Copy)]
pub struct RunTold<'r> {
    /// `summary.json`
    pub summary: &'r RunSummary,
    /// Where it stands, workspace-relative.
    pub summary_path: &'r str,
    /// Every suite.
    pub records: &'r [SuiteRecord],
    /// The end of a suite's output, where it is to be shown.
    pub output: &'r dyn Fn(&SuiteRecord) -> Option<String>,
    /// What failed.
    pub failed: &'r AllFailed,
    /// The comparison with the baseline, where there is one.
    pub diff: Option<&'r TriageDiff>,
    /// The command that replays what failed, or repeats the run.
    pub replay: &'r str,
    /// After a green replay, which shows nothing of the rest: the command that runs the whole.
    pub whole: Option<&'r str>,
    /// Whether it ends with exit code 0.
    pub green: bool,
}

//! A run's record: the documents of a run folder (`docs/run-folder.md`). Other programs read them: a field keeps its name.

use crate::model::plan::{SelectionCounts, Shard};
use crate::model::suite::{SuiteResult, SuiteRole};
use crate::model::test::{TestNames, TestStatus};
use crate::model::tree::{DatedBy, WorkingTree};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// The schema ids of the documents.
pub mod schema {
    /// `summary.json`
    pub const SUMMARY: &str = "tollgate.run.summary.v1";
    /// `environment.json`
    pub const ENVIRONMENT: &str = "tollgate.run.environment.v1";
    /// `result.json`
    pub const RESULT: &str = "tollgate.run.result.v1";
    /// `replay_bundle.json`
    pub const REPLAY_BUNDLE: &str = "tollgate.run.replay_bundle.v1";
    /// `failure_digest.json`
    pub const FAILURE_DIGEST: &str = "tollgate.run.failure_digest.v1";
    /// `failure_diagnostics_index.json`
    pub const FAILURE_INDEX: &str = "tollgate.run.failure_index.v1";
    /// `ingest_error.json`
    pub const INGEST_ERROR: &str = "tollgate.run.ingest_error.v1";
    /// `triage_diff.json`
    pub const TRIAGE_DIFF: &str = "tollgate.run.triage_diff.v1";
    /// A line of `run_events.jsonl`
    pub const EVENT: &str = "tollgate.run.event.v1";
    /// A line of `failure_timeline.jsonl`
    pub const TIMELINE: &str = "tollgate.run.timeline.v1";
}

/// What every document of a run states about itself; `schema` stands before it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Identity {
    /// RFC 3339, UTC.
    pub generated_at: String,
    /// The run.
    pub run_id: String,
    /// What ties shards, replays and their source together.
    pub correlation_id: String,
    /// HEAD, where git holds.
    pub commit: Option<String>,
    /// Its branch.
    pub branch: Option<String>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Nothing failed.
    Passed,
    /// A suite or a lint step failed.
    Failed,
    /// It was interrupted: `not_run` lists what did not start.
    Aborted,
}

impl RunStatus {
    /// The name in `summary.json`.
    pub fn name(self) -> &'static str {
        match self {
            RunStatus::Passed => "passed",
            RunStatus::Failed => "failed",
            RunStatus::Aborted => "aborted",
        }
    }
}

/// What was selected and did not start.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NotRun {
    /// The suite or unit.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// Which list it belongs to.
    pub role: SuiteRole,
    /// Only these tests of it were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tests: Option<Vec<String>>,
    /// What those tests are called, where that is not what they are selected by.
    #[serde(default, skip_serializing_if = "TestNames::is_empty")]
    pub names: TestNames,
    /// Of a suite that a replay runs whole: the tests that it is replayed for, by selector with their names. Each must run.
    #[serde(default, skip_serializing_if = "TestNames::is_empty")]
    pub expected: TestNames,
}

/// The names that were chosen on the command line; empty where the profile selected.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Chosen {
    /// `--suite`
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suites: Vec<String>,
    /// `--unit-target`
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<String>,
}

impl Chosen {
    /// Whether nothing was chosen: the profile is whole.
    pub fn is_empty(&self) -> bool {
        self.suites.is_empty() && self.units.is_empty()
    }

    /// Whether the run was asked for it, as far as the choice goes.
    pub fn has(&self, role: SuiteRole, name: &str) -> bool {
        let names = match role {
            SuiteRole::Suite => &self.suites,
            SuiteRole::Unit => &self.units,
        };
        self.is_empty() || names.iter().any(|n| n == name)
    }
}

/// A lint step that ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LintResult {
    /// Its name.
    pub name: String,
    /// Whether it passed.
    pub passed: bool,
    /// SHA-256, lower-case hex, of the command that `[lint]` gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
    /// Wall time in milliseconds.
    pub duration_ms: u64,
    /// Secrets masked in its output.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub masked: u64,
    /// What `[mask] allow` let through in it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub mask_allowed: u64,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// `replay_bundle` of the summary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayRef {
    /// Where `replay_bundle.json` stands, workspace-relative.
    pub path: String,
    /// Never empty: after a green run it repeats the run.
    pub one_command_replay: String,
}

/// `triage_diff` of the summary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriageRef {
    /// Where `triage_diff.json` stands, workspace-relative.
    pub path: String,
    /// `regression`, `stable`, `known_failures_only`.
    pub status: String,
    /// Failures that are new against the baseline.
    pub regression_count: u64,
}

/// `summary.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSummary {
    /// `tollgate.run.summary.v1`
    pub schema: String,
    /// Who and when.
    #[serde(flatten)]
    pub identity: Identity,
    /// The working tree in which it took place; nothing where git does not hold, or the runner does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tree: Option<WorkingTree>,
    /// Where the time of an ingested run comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dated_by: Option<DatedBy>,
    /// Why it was no evidence any more when it was made: one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale: Option<String>,
    /// The profile.
    pub profile: String,
    /// How it ended.
    pub status: RunStatus,
    /// The summary that it was compared with, workspace-relative; null without one.
    pub baseline: Option<String>,
    /// The summary, run folder or bundle that it replays, workspace-relative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerun_from: Option<String>,
    /// What was chosen of the profile.
    #[serde(default, skip_serializing_if = "Chosen::is_empty")]
    pub selection: Chosen,
    /// `--timeout` in seconds, which a replay keeps; nothing where every suite had its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u64>,
    /// Which part of the plan it is.
    pub shard: Shard,
    /// How many suites and units the whole plan has; nothing in a summary of a runner that does not say so, which a merge
    /// of shards does not take.
    #[serde(default)]
    pub plan: SelectionCounts,
    /// The E2E suites that failed, sorted.
    pub failed_names: Vec<String>,
    /// The unit targets that failed, sorted.
    pub failed_unit_names: Vec<String>,
    /// Suites that neither failed nor were left out.
    pub passed_suites: u64,
    /// Suites selected: those that passed, failed, or did not run.
    pub total_suites: u64,
    /// Units that neither failed nor were left out.
    pub passed_units: u64,
    /// Units selected: those that passed, failed, or did not run.
    pub total_units: u64,
    /// How to replay it.
    pub replay_bundle: ReplayRef,
    /// The comparison with the baseline, where one was asked for.
    pub triage_diff: Option<TriageRef>,
    /// What was selected and did not start.
    pub not_run: Vec<NotRun>,
    /// How many secrets were masked in what was written.
    pub masked: u64,
    /// What `[mask] allow` let through in the outputs.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub mask_allowed: u64,
    /// Lint steps that ran.
    #[serde(default)]
    pub lint: Vec<LintResult>,
    /// Lint steps that were to run and did not, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lint_not_run: Vec<String>,
    /// E2E suites, by name.
    pub suites: Vec<SuiteResult>,
    /// Unit targets, by name.
    pub units: Vec<SuiteResult>,
}

impl RunSummary {
    /// That of a run of which nothing is known yet but who it is: it passed, with no suites and no figures.
    pub fn empty(identity: Identity, profile: String, shard: Shard) -> RunSummary {
        RunSummary {
            schema: schema::SUMMARY.into(),
            identity,
            tree: None,
            dated_by: None,
            stale: None,
            profile,
            status: RunStatus::Passed,
            baseline: None,
            rerun_from: None,
            selection: Chosen::default(),
            timeout: None,
            shard,
            plan: SelectionCounts::default(),
            failed_names: Vec::new(),
            failed_unit_names: Vec::new(),
            passed_suites: 0,
            total_suites: 0,
            passed_units: 0,
            total_units: 0,
            replay_bundle: ReplayRef { path: String::new(), one_command_replay: String::new() },
            triage_diff: None,
            not_run: Vec::new(),
            masked: 0,
            mask_allowed: 0,
            lint: Vec::new(),
            lint_not_run: Vec::new(),
            suites: Vec::new(),
            units: Vec::new(),
        }
    }

    /// Suites and units with the list each belongs to.
    pub fn all(&self) -> impl Iterator<Item = (SuiteRole, &SuiteResult)> {
        let suites = self.suites.iter().map(|s| (SuiteRole::Suite, s));
        suites.chain(self.units.iter().map(|s| (SuiteRole::Unit, s)))
    }

    /// Whether there are suites, and not one test of them ran: a run that passed so has shown nothing.
    pub fn shows_nothing(&self) -> bool {
        let ran = |suite: &SuiteResult| {
            suite.tests.iter().any(|t| !matches!(t.status, TestStatus::Ignored | TestStatus::NotRun))
        };
        self.all().next().is_some() && !self.all().any(|(_, suite)| ran(suite))
    }

    /// How many suites, or units, were selected: those with a result, and those of `not_run` that have none.
    pub fn selected(&self, role: SuiteRole) -> u64 {
        let told = self.all().filter(|(r, _)| *r == role).map(|(_, s)| (s.name.as_str(), s.kind.as_str()));
        let left = self.not_run.iter().filter(|n| n.role == role);
        selected(told, left.map(|n| (n.name.as_str(), n.kind.as_str())))
    }

    /// Makes every figure and list what the suites say: counts, failed names, totals, status. Suites and units are sorted by
    /// name, then kind. An aborted run stays aborted.
    pub fn recompute(&mut self) {
        for list in [&mut self.suites, &mut self.units] {
            list.iter_mut().for_each(SuiteResult::recount);
            list.sort_by(|a, b| (&a.name, &a.kind).cmp(&(&b.name, &b.kind)));
        }
        let failed = |list: &[SuiteResult]| -> Vec<String> {
            list.iter().filter(|s| s.status.is_failure()).map(|s| s.name.clone()).collect()
        };
        let passed = |list: &[SuiteResult]| list.iter().filter(|s| s.status.is_pass()).count() as u64;
        self.failed_names = failed(&self.suites);
        self.failed_unit_names = failed(&self.units);
        self.passed_suites = passed(&self.suites);
        self.passed_units = passed(&self.units);
        self.total_suites = self.selected(SuiteRole::Suite);
        self.total_units = self.selected(SuiteRole::Unit);
        self.not_run.sort();
        self.lint_not_run.sort();
        self.lint_not_run.dedup();
        if self.status != RunStatus::Aborted {
            let lint = self.lint_not_run.is_empty() && self.lint.iter().all(|l| l.passed);
            let fine = self.failed_names.is_empty() && self.failed_unit_names.is_empty();
            let done = self.not_run.is_empty();
            self.status = if lint && fine && done { RunStatus::Passed } else { RunStatus::Failed };
        }
    }
}

/// How many suites (name and kind of each) have a result or were left out.
pub fn selected<'a>(
    told: impl Iterator<Item = (&'a str, &'a str)>,
    left: impl Iterator<Item = (&'a str, &'a str)>,
) -> u64 {
    told.chain(left).collect::<HashSet<_>>().len() as u64
}

/// `environment.json`. What is not there (no git, no Node) is null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// `tollgate.run.environment.v1`
    pub schema: String,
    /// Who and when.
    #[serde(flatten)]
    pub identity: Identity,
    /// The working tree, as the summary has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tree: Option<WorkingTree>,
    /// HEAD again, under the name that it has in a replay bundle.
    pub git_sha: Option<String>,
    /// The profile.
    pub profile: String,
    /// `VCR_MODE`.
    pub vcr_mode: Option<String>,
    /// Which part of the plan the run is.
    pub shard: Shard,
    /// Operating system.
    pub os: Os,
    /// Cores that tollgate may use.
    pub cpus: u64,
    /// Whether `CI` is set.
    pub ci: bool,
    /// `rustc --version`, where there is one.
    pub rustc: Option<String>,
    /// Node.js, where there is one.
    pub node: Option<NodeJs>,
}

/// The operating system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Os {
    /// `linux`, `macos`.
    pub name: String,
    /// The kernel's release.
    pub version: Option<String>,
    /// `x86_64`, `aarch64`.
    pub arch: String,
}

/// The Node.js on the path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeJs {
    /// Where.
    pub path: String,
    /// What `node --version` says.
    pub version: Option<String>,
    /// Whether it is the shim that Bun installs under the name node.
    pub is_bun_shim: bool,
}

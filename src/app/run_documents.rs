//! The documents of a whole run, from the records of its suites: for `run`, `replay`, `ingest` and `merge` alike.

use super::commands::Replays;
use super::environment;
use super::error::Error;
use super::run_baseline::{Baseline, compare};
use crate::base::command::quote;
use crate::model::plan::{Counts, Shard};
use crate::model::run::{
    BundleEnvironment, FailedSuite, FailureIndex, Identity, IndexedDigest, LintResult, NotRun, ReplayBundle,
    ReplayRef, RootCause, RunStatus, SuiteRecord, Summary, TriageRef, schema,
};
use crate::model::suite::Role;
use crate::model::test::TestStatus;
use crate::model::triage::TriageDiff;
use crate::record::{self, Folder};
use std::collections::BTreeMap;

/// What a run comes to.
pub(super) struct Outcome<'a> {
    /// Who and when.
    pub identity: Identity,
    /// The profile.
    pub profile: String,
    /// Whether it was interrupted.
    pub aborted: bool,
    /// What it is compared with.
    pub baseline: Option<&'a Baseline>,
    /// What it replays, as named.
    pub rerun_from: Option<String>,
    /// Which part of the plan it is.
    pub shard: Shard,
    /// How many suites and units the whole plan has.
    pub plan: Counts,
    /// Every suite that ran.
    pub records: Vec<SuiteRecord>,
    /// What was selected and did not start.
    pub not_run: Vec<NotRun>,
    /// Lint steps that ran.
    pub lint: Vec<LintResult>,
    /// Secrets masked outside any suite.
    pub masked: u64,
    /// The command that repeats the run, when it is green.
    pub again: String,
    /// Commands of suites.
    pub replays: Replays<'a>,
    /// What the machine says of itself.
    pub facts: &'a environment::Facts,
    /// The environment.
    pub env: &'a BTreeMap<String, String>,
}

/// What was written.
pub struct Written {
    /// `summary.json`
    pub summary: Summary,
    /// `triage_diff.json`, where there is a baseline.
    pub diff: Option<TriageDiff>,
    /// Every suite, by role, name and kind.
    pub records: Vec<SuiteRecord>,
    /// Where `summary.json` stands, workspace-relative.
    pub summary_path: String,
    /// The command that replays what failed, or repeats the run.
    pub replay: String,
}

/// Writes every document of the run folder; `summary.json` last, because whoever finds it finds the rest.
pub(super) fn write(folder: &Folder, mut outcome: Outcome<'_>) -> Result<Written, Error> {
    let environment = environment::document(
        outcome.facts,
        &outcome.identity,
        &outcome.profile,
        &outcome.shard,
        outcome.env,
    );
    outcome.records.sort_by(|a, b| {
        (a.role, &a.result.name, &a.result.kind).cmp(&(b.role, &b.result.name, &b.result.kind))
    });
    let mut summary = summary(folder, &outcome);
    let diff = match outcome.baseline {
        None => None,
        Some(baseline) => {
            Some(compare(baseline, &summary, &folder.rel("summary.json"), Some(&outcome.replays))?)
        }
    };
    summary.triage_diff = diff.as_ref().map(|d| TriageRef {
        path: folder.rel("triage_diff.json"),
        status: d.status.name().into(),
        regression_count: d.summary.regression_count,
    });
    let bundle = bundle(folder, &outcome, &summary);
    let fail = |e: crate::base::files::WriteError| Error::Work(e.to_string());
    folder.write("environment.json", &environment).map_err(fail)?;
    folder.write("replay_bundle.json", &bundle).map_err(fail)?;
    folder.write("failure_diagnostics_index.json", &index(folder, &outcome)).map_err(fail)?;
    if let Some(diff) = &diff {
        folder.write("triage_diff.json", diff).map_err(fail)?;
    }
    let junit = record::junit(&summary, &outcome.records);
    folder.write_text("junit.xml", &junit).map_err(fail)?;
    let report = record::run_report(&summary, &outcome.records, diff.as_ref());
    folder.write_text("run_report.md", &report).map_err(fail)?;
    folder.write("summary.json", &summary).map_err(fail)?;
    Ok(Written {
        diff,
        summary_path: folder.rel("summary.json"),
        replay: summary.replay_bundle.one_command_replay.clone(),
        summary,
        records: outcome.records,
    })
}

fn summary(folder: &Folder, outcome: &Outcome<'_>) -> Summary {
    let of = |role: Role| {
        let mine = outcome.records.iter().filter(move |r| r.role == role);
        mine.map(|r| r.result.clone()).collect::<Vec<_>>()
    };
    let mut summary = Summary {
        schema: schema::SUMMARY.into(),
        identity: outcome.identity.clone(),
        profile: outcome.profile.clone(),
        status: if outcome.aborted { RunStatus::Aborted } else { RunStatus::Passed },
        baseline: outcome.baseline.map(|b| b.shown.clone()),
        rerun_from: outcome.rerun_from.clone(),
        shard: outcome.shard.clone(),
        plan: outcome.plan,
        failed_names: Vec::new(),
        failed_unit_names: Vec::new(),
        passed_suites: 0,
        total_suites: 0,
        passed_units: 0,
        total_units: 0,
        replay_bundle: ReplayRef { path: folder.rel("replay_bundle.json"), one_command_replay: String::new() },
        triage_diff: None,
        not_run: outcome.not_run.clone(),
        masked: outcome.masked + outcome.records.iter().map(|r| r.masked).sum::<u64>(),
        lint: outcome.lint.clone(),
        suites: of(Role::Suite),
        units: of(Role::Unit),
    };
    summary.recompute();
    summary.replay_bundle.one_command_replay = match summary.status {
        RunStatus::Passed => outcome.again.clone(),
        _ => format!("tollgate run --rerun-from {}", quote(&folder.rel("summary.json"))),
    };
    summary
}

fn index(folder: &Folder, outcome: &Outcome<'_>) -> FailureIndex {
    let failed = outcome.records.iter().filter(|r| r.result.status.is_failure());
    FailureIndex {
        schema: schema::FAILURE_INDEX.into(),
        identity: outcome.identity.clone(),
        digests: failed
            .map(|r| IndexedDigest {
                suite: r.result.name.clone(),
                kind: r.result.kind.clone(),
                digest_path: folder.suite_rel(&r.result.kind, &r.result.name, "failure_digest.json"),
                timeline_path: folder.suite_rel(&r.result.kind, &r.result.name, "failure_timeline.jsonl"),
                root_cause_class: r.root_cause_class.unwrap_or(RootCause::Unknown),
                signature: r.signature.clone().unwrap_or_default(),
            })
            .collect(),
    }
}

fn bundle(folder: &Folder, outcome: &Outcome<'_>, summary: &Summary) -> ReplayBundle {
    let failed = |role: Role| {
        let mine = outcome.records.iter().filter(move |r| r.role == role && r.result.status.is_failure());
        mine.map(|r| failed_suite(folder, &outcome.replays, r)).collect::<Vec<_>>()
    };
    let shard = &outcome.shard;
    ReplayBundle {
        schema: schema::REPLAY_BUNDLE.into(),
        identity: outcome.identity.clone(),
        one_command_replay: summary.replay_bundle.one_command_replay.clone(),
        environment: BundleEnvironment {
            profile: outcome.profile.clone(),
            vcr_mode: outcome.env.get("VCR_MODE").filter(|m| !m.is_empty()).cloned(),
            git_sha: outcome.identity.commit.clone(),
            shard_kind: shard.kind.name().into(),
            shard_index: shard.index,
            shard_total: shard.total,
            os: Some(format!("{}-{}", outcome.facts.os.name, outcome.facts.os.arch)),
            rustc: outcome.facts.rustc.clone(),
        },
        failed_suites: failed(Role::Suite),
        failed_units: failed(Role::Unit),
        not_run: outcome.not_run.clone(),
    }
}

fn failed_suite(folder: &Folder, replays: &Replays<'_>, record: &SuiteRecord) -> FailedSuite {
    let result = &record.result;
    let failed = result.tests.iter().filter(|t| t.status == TestStatus::Failed);
    FailedSuite {
        name: result.name.clone(),
        kind: result.kind.clone(),
        cargo_replay: replays.suite(record.role, &result.kind, &result.name),
        targeted_replay: replays.targeted(result),
        digest_path: Some(folder.suite_rel(&result.kind, &result.name, "failure_digest.json")),
        tests: failed.map(|t| t.selector.clone().unwrap_or_else(|| t.name.clone())).collect(),
    }
}

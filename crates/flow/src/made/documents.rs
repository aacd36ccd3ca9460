//! The documents of a whole run, from the records of its suites: for `run`, `replay`, `ingest` and `merge` alike.

use super::environment;
use crate::commands::{Replays, rerun_from, under_rules};
use crate::error::Error;
use crate::ground::Ground;
use crate::made::baseline::{Baseline, compare};
use crate::made::suite_record::digested;
use crate::made::told;
use std::collections::BTreeMap;
use tollgate_core::model::bundle::{BundleEnvironment, FailedSuite, ReplayBundle};
use tollgate_core::model::failure::{FailureDigest, FailureIndex, IndexedDigest, RootCause};
use tollgate_core::model::plan::{SelectionCounts, Shard};
use tollgate_core::model::record::SuiteRecord;
use tollgate_core::model::run::{
    Chosen, Identity, LintResult, NotRun, RunStatus, RunSummary, TriageRef, schema,
};
use tollgate_core::model::suite::{SuiteResult, SuiteRole, SuiteStatus};
use tollgate_core::model::told::AllFailed;
use tollgate_core::model::tree::{DatedBy, WorkingTree};
use tollgate_core::model::triage::TriageDiff;
use tollgate_core::plan;
use tollgate_host::record::{self, Details, File, Folder, SuiteFile, SuiteFolders};

/// Bytes at the end of a failed lint step's log that stand in `junit.xml`.
const LINT_TAIL: u64 = 4 << 10;

/// What a run comes to.
pub struct RunOutcome<'a> {
    /// Where it took place.
    pub ground: &'a Ground,
    /// Who and when.
    pub identity: Identity,
    /// The working tree.
    pub tree: Option<WorkingTree>,
    /// Where the time comes from, where it is not the machine's.
    pub dated_by: Option<DatedBy>,
    /// Why it is stale already.
    pub stale: Option<String>,
    /// The profile.
    pub profile: String,
    /// Whether it was interrupted.
    pub aborted: bool,
    /// What it is compared with.
    pub baseline: Option<&'a Baseline>,
    /// What it replays, as named.
    pub rerun_from: Option<String>,
    /// What was chosen of the profile.
    pub selection: Chosen,
    /// `--timeout` in seconds.
    pub timeout: Option<u64>,
    /// Which part of the plan it is.
    pub shard: Shard,
    /// How many suites and units the whole plan has.
    pub plan: SelectionCounts,
    /// Every suite that ran.
    pub records: Vec<SuiteRecord>,
    /// What was selected and did not start.
    pub not_run: Vec<NotRun>,
    /// Lint steps that ran.
    pub lint: Vec<LintResult>,
    /// Lint steps that were to run and did not, by name.
    pub lint_not_run: Vec<String>,
    /// Secrets masked beside those of suites and lint steps.
    pub masked: u64,
    /// What was let through beside what was in their outputs.
    pub mask_allowed: u64,
    /// Whether `tollgate run --rerun-from` can replay what failed.
    pub rerunnable: bool,
    /// The command that repeats the run, when it is green.
    pub again: String,
    /// Commands of suites.
    pub replays: Replays<'a>,
    /// What the machine says of itself.
    pub facts: &'a environment::MachineFacts,
}

/// What was written.
pub struct Written {
    /// `summary.json`
    pub summary: RunSummary,
    /// `triage_diff.json`, where there is a baseline.
    pub diff: Option<TriageDiff>,
    /// Every suite, by role, name and kind.
    pub records: Vec<SuiteRecord>,
    /// Where `summary.json` stands, workspace-relative.
    pub summary_path: String,
    /// The command that replays what failed, or repeats the run.
    pub replay: String,
    /// What failed, as people are told of it.
    pub failed: AllFailed,
    /// A sentence for whoever made the run, beside its documents.
    pub note: Option<String>,
}

/// Writes every document of the run folder; `summary.json` last, because whoever finds it finds the rest.
pub fn write(folder: &Folder, folders: &SuiteFolders, mut outcome: RunOutcome<'_>) -> Result<Written, Error> {
    let (tree, shard) = (outcome.tree.as_ref(), &outcome.shard);
    let environment = environment::document(outcome.facts, &outcome.identity, tree, &outcome.profile, shard);
    outcome.records.sort_by(|a, b| {
        (a.role, &a.result.name, &a.result.kind).cmp(&(b.role, &b.result.name, &b.result.kind))
    });
    let mut summary = summary(folder, &outcome);
    let diff = match outcome.baseline {
        None => None,
        Some(baseline) => Some(compare(baseline, &summary, &folder.rel(File::Summary), &outcome.replays)?),
    };
    summary.triage_diff = diff.as_ref().map(|d| TriageRef {
        path: folder.rel(File::TriageDiff),
        status: d.status.name().into(),
        regression_count: d.summary.regression_count,
    });
    let by_suite: BTreeMap<_, _> =
        outcome.records.iter().map(|r| ((&r.result.kind, &r.result.name), r)).collect();
    let details = |suite: &SuiteResult| {
        by_suite.get(&(&suite.kind, &suite.name)).map_or_else(Details::default, |record| details(record))
    };
    folder.remove_summary()?;
    let lint_tail = |step: &LintResult| folder.lint_tail(&step.name, LINT_TAIL);
    let junit = || folder.write_junit(&record::junit(&summary, &details, &lint_tail));
    let others = || {
        folder.write_environment(&environment)?;
        folder.write_bundle(&bundle(folder, folders, &outcome, &summary))?;
        folder.write_index(&index(folder, folders, &outcome))?;
        if let Some(diff) = &diff {
            folder.write_triage(diff)?;
        }
        folder.write_report(&record::run_report(&summary, &digests(&outcome), diff.as_ref()))
    };
    // Of thousands of suites the JUnit takes as long to make as everything else: it is made beside it.
    let (junit, others) = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().spawn_scoped(scope, junit);
        let others = others();
        let junit = match thread {
            Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(_) => junit(),
        };
        (junit, others)
    });
    others.and(junit)?;
    folder.write_summary(&summary)?;
    Ok(Written {
        diff,
        failed: told::failed(outcome.ground, folder, &outcome.replays, &outcome.records, &summary),
        summary_path: folder.rel(File::Summary),
        replay: summary.replay_bundle.one_command_replay.clone(),
        summary,
        records: outcome.records,
        note: None,
    })
}

/// What JUnit says of a suite beside its tests.
fn details(record: &SuiteRecord) -> Details {
    let failures = record.failures.iter().map(|c| (c.name.clone(), c.failures().cloned().collect()));
    Details {
        started_at: Some(record.started_at.clone()),
        fault: record.fault.clone(),
        faults: record.faults.clone(),
        failures: failures.collect(),
    }
}

/// The digests of what failed, as the suites' own files have them but for the end of their logs.
fn digests(outcome: &RunOutcome<'_>) -> Vec<FailureDigest> {
    let failed = outcome.records.iter().filter(|r| r.result.status.is_failure());
    failed
        .map(|record| {
            let (causes, cases) = (outcome.ground.causes(), &record.failures);
            digested(causes, &outcome.identity, record, cases, "", &outcome.replays).digest
        })
        .collect()
}

fn summary(folder: &Folder, outcome: &RunOutcome<'_>) -> RunSummary {
    // What did not start is selected all the same: it counts in the totals.
    let of = |role: SuiteRole| {
        let ran = outcome.records.iter().filter(move |r| r.role == role).map(|r| r.result.clone());
        // A suite that ran may have left out tests that it was to run.
        let told = |n: &&NotRun| {
            outcome.records.iter().any(|r| (&r.result.kind, &r.result.name) == (&n.kind, &n.name))
        };
        let left = outcome.not_run.iter().filter(move |n| n.role == role && !told(n));
        ran.chain(left.map(|n| SuiteResult::not_run(&n.name, &n.kind))).collect::<Vec<_>>()
    };
    let mut summary = RunSummary {
        status: if outcome.aborted { RunStatus::Aborted } else { RunStatus::Passed },
        tree: outcome.tree.clone(),
        dated_by: outcome.dated_by,
        stale: outcome.stale.clone(),
        baseline: outcome.baseline.map(|b| b.shown.clone()),
        rerun_from: outcome.rerun_from.clone(),
        selection: outcome.selection.clone(),
        timeout: outcome.timeout,
        plan: outcome.plan,
        not_run: outcome.not_run.clone(),
        masked: outcome.masked.saturating_add(masked(&outcome.records, &outcome.lint)),
        mask_allowed: outcome.mask_allowed.saturating_add(allowed(&outcome.records, &outcome.lint)),
        lint: outcome.lint.clone(),
        lint_not_run: outcome.lint_not_run.clone(),
        suites: of(SuiteRole::Suite),
        units: of(SuiteRole::Unit),
        ..RunSummary::empty(outcome.identity.clone(), outcome.profile.clone(), outcome.shard.clone())
    };
    summary.replay_bundle.path = folder.rel(File::ReplayBundle);
    summary.recompute();
    summary.replay_bundle.one_command_replay = match summary.status {
        RunStatus::Passed => outcome.again.clone(),
        _ if !outcome.rerunnable => outcome.again.clone(),
        _ => under_rules(rerun_from(&folder.rel(File::Summary)), 0, outcome.timeout),
    };
    summary
}

/// Secrets masked in what suites and lint steps wrote.
pub fn masked<'r>(records: impl IntoIterator<Item = &'r SuiteRecord>, lint: &[LintResult]) -> u64 {
    let all = records.into_iter().map(|r| r.masked).chain(lint.iter().map(|l| l.masked));
    all.fold(0, u64::saturating_add)
}

/// What was let through in it.
pub fn allowed<'r>(records: impl IntoIterator<Item = &'r SuiteRecord>, lint: &[LintResult]) -> u64 {
    let all = records.into_iter().map(|r| r.mask_allowed).chain(lint.iter().map(|l| l.mask_allowed));
    all.fold(0, u64::saturating_add)
}

fn index(folder: &Folder, folders: &SuiteFolders, outcome: &RunOutcome<'_>) -> FailureIndex {
    let failed = outcome.records.iter().filter(|r| r.result.status.is_failure());
    FailureIndex {
        schema: schema::FAILURE_INDEX.into(),
        identity: outcome.identity.clone(),
        digests: failed
            .map(|r| IndexedDigest {
                suite: r.result.name.clone(),
                kind: r.result.kind.clone(),
                digest_path: folder.suite_rel(&folder_of(folders, r), SuiteFile::Digest),
                timeline_path: folder.suite_rel(&folder_of(folders, r), SuiteFile::Timeline),
                root_cause_class: r.root_cause_class.unwrap_or(RootCause::Unknown),
                signature: r.signature.clone().unwrap_or_default(),
                basis: r.basis,
            })
            .collect(),
    }
}

fn bundle(
    folder: &Folder,
    folders: &SuiteFolders,
    outcome: &RunOutcome<'_>,
    summary: &RunSummary,
) -> ReplayBundle {
    let failed = |role: SuiteRole| {
        let mine = outcome.records.iter().filter(move |r| r.role == role && r.result.status.is_failure());
        mine.map(|r| failed_suite(folder, folders, &outcome.replays, r)).collect::<Vec<_>>()
    };
    let shard = &outcome.shard;
    ReplayBundle {
        schema: schema::REPLAY_BUNDLE.into(),
        identity: outcome.identity.clone(),
        one_command_replay: summary.replay_bundle.one_command_replay.clone(),
        timeout: summary.timeout,
        environment: BundleEnvironment {
            profile: outcome.profile.clone(),
            vcr_mode: outcome.facts.vcr_mode.clone(),
            git_sha: outcome.identity.commit.clone(),
            shard_kind: shard.kind.name().into(),
            shard_index: shard.index,
            shard_total: shard.total,
            os: Some(format!("{}-{}", outcome.facts.os.name, outcome.facts.os.arch)),
            rustc: outcome.facts.rustc.clone(),
        },
        failed_suites: failed(SuiteRole::Suite),
        failed_units: failed(SuiteRole::Unit),
        not_run: outcome.not_run.clone(),
        failed_lint: summary.lint.iter().filter(|l| !l.passed).map(|l| l.name.clone()).collect(),
        lint_not_run: summary.lint_not_run.clone(),
    }
}

fn failed_suite(
    folder: &Folder,
    folders: &SuiteFolders,
    replays: &Replays<'_>,
    record: &SuiteRecord,
) -> FailedSuite {
    let result = &record.result;
    // What a crash or a timeout cut off has no names: such a suite is replayed whole, as `--rerun-from` does it.
    // Alone, a test that fails only with the others shows nothing.
    let whole = result.status != SuiteStatus::Failed
        || result.failed == 0
        || result.incomplete
        || result.fails_in_company();
    let mut names = plan::left_of(result);
    let tests = names.keys().cloned().collect();
    names.retain(|selector, names| names.iter().any(|name| name != selector));
    FailedSuite {
        name: result.name.clone(),
        kind: result.kind.clone(),
        cargo_replay: replays.suite(record.role, &result.kind, &result.name),
        targeted_replay: replays.targeted(result),
        digest_path: Some(folder.suite_rel(&folder_of(folders, record), SuiteFile::Digest)),
        tests,
        names,
        whole,
    }
}

fn folder_of(folders: &SuiteFolders, record: &SuiteRecord) -> String {
    folders.of(&record.result.kind, &record.result.name)
}

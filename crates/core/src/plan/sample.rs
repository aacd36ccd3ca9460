//! What the tests of this room share.

use super::select::{Selection, SuiteNames};
use crate::model::plan::{PlannedSuite, Profile, RunSettings, SelectionCounts, Shard, ShardKind};
use crate::model::run::{Identity, ReplayRef, RunStatus, RunSummary, schema};
use crate::model::signature::Basis;
use crate::model::suite::{
    EvidenceFrom, Names, ResultReader, SuiteResult, SuiteRole, SuiteSpec, SuiteStatus,
};
use crate::model::test::{TestResult, TestStatus};
use tollgate_text::command::CommandLine;

pub fn spec(kind: &str, role: SuiteRole) -> SuiteSpec {
    SuiteSpec {
        kind: kind.into(),
        role,
        names: Names::Listed(vec![]),
        evidence: EvidenceFrom::Run,
        command: Some(CommandLine::parse("x {name}").unwrap()),
        single: Some(CommandLine::parse("x {name} {test}").unwrap()),
        reader: ResultReader::Libtest,
        results: None,
        timeout: 600,
        env: vec![],
        cwd: ".".into(),
        max_retries: None,
        repeats: Default::default(),
        flaky: crate::model::flake::FlakeRules::default(),
        outputs: Vec::new(),
    }
}

pub fn profile(name: &str, kinds: &[&str], skip: &[&str]) -> Profile {
    let texts = |list: &[&str]| list.iter().map(|s| s.to_string()).collect();
    Profile {
        name: name.into(),
        lint: true,
        kinds: texts(kinds),
        skip: texts(skip),
        chosen: name == "focused",
    }
}

pub fn settings() -> RunSettings {
    RunSettings {
        suites: vec![
            spec("e2e", SuiteRole::Suite),
            spec("slow", SuiteRole::Suite),
            spec("unit", SuiteRole::Unit),
        ],
        lint: vec![],
        profiles: vec![
            profile("ci", &["unit", "e2e"], &["*_live", "gone"]),
            profile("focused", &["unit", "e2e"], &[]),
            profile("all", &["e2e", "slow"], &[]),
        ],
    }
}

pub fn names(list: &[(&str, &[&str])]) -> SuiteNames {
    list.iter()
        .map(|(kind, names)| (kind.to_string(), names.iter().map(|n| n.to_string()).collect()))
        .collect()
}

pub fn selection(suites: &[&str], units: &[&str]) -> Selection {
    let item = |name: &&str, kind: &str, role| PlannedSuite {
        name: name.to_string(),
        kind: kind.into(),
        role,
        tests: None,
        names: Default::default(),
        expected: Default::default(),
    };
    let suites = suites.iter().map(|n| item(n, "e2e", SuiteRole::Suite));
    let items = suites.chain(units.iter().map(|n| item(n, "unit", SuiteRole::Unit))).collect();
    Selection { profile: "ci".into(), lint: true, items, notes: vec![] }
}

/// A suite with these tests; a failed one has the signature `sig:<test>`.
pub fn suite(name: &str, kind: &str, status: SuiteStatus, tests: &[(&str, TestStatus)]) -> SuiteResult {
    let tests = tests.iter().map(|(name, status)| TestResult {
        duration_ms: Some(1),
        signature: (*status == TestStatus::Failed).then(|| format!("sig:{name}")),
        basis: (*status == TestStatus::Failed).then_some(Basis::Assertion),
        ..TestResult::of(name, *status)
    });
    let mut result = SuiteResult {
        name: name.into(),
        kind: kind.into(),
        status,
        exit_code: Some(i32::from(status.is_failure())),
        signal: None,
        incomplete: false,
        ran: None,
        definition: None,
        duration_ms: 10,
        attempts: u32::from(status != SuiteStatus::NotRun),
        tries: Vec::new(),
        flake: None,
        environment: None,
        passed: 0,
        failed: 0,
        flaky: 0,
        ignored: 0,
        outside: Vec::new(),
        tests: tests.collect(),
    };
    result.recount();
    result
}

/// The summary of an undivided run of `ci`.
pub fn summary(suites: Vec<SuiteResult>, units: Vec<SuiteResult>) -> RunSummary {
    let item = |role| move |s: &SuiteResult| (role, s.kind.clone(), s.name.clone());
    let all: Vec<_> =
        suites.iter().map(item(SuiteRole::Suite)).chain(units.iter().map(item(SuiteRole::Unit))).collect();
    let plan_digest = super::digest("ci", all.iter().map(|(r, k, n)| (*r, k.as_str(), n.as_str())));
    let mut summary = RunSummary {
        schema: schema::SUMMARY.into(),
        identity: Identity {
            generated_at: "2026-11-20T12:00:00Z".into(),
            run_id: "run".into(),
            correlation_id: "c".into(),
            commit: Some("abc".into()),
            branch: Some("main".into()),
        },
        tree: None,
        dated_by: None,
        stale: None,
        profile: "ci".into(),
        status: RunStatus::Passed,
        baseline: None,
        rerun_from: None,
        selection: crate::model::run::Chosen::default(),
        timeout: None,
        shard: Shard { kind: ShardKind::None, index: 0, total: 1, plan_digest },
        plan: SelectionCounts { suites: suites.len() as u64, units: units.len() as u64 },
        failed_names: vec![],
        failed_unit_names: vec![],
        passed_suites: 0,
        total_suites: 0,
        passed_units: 0,
        total_units: 0,
        replay_bundle: ReplayRef { path: "r".into(), one_command_replay: "tollgate run".into() },
        triage_diff: None,
        not_run: vec![],
        masked: 0,
        mask_allowed: 0,
        lint: vec![],
        lint_not_run: vec![],
        suites,
        units,
    };
    summary.recompute();
    summary
}

//! A small red run for the tests of this room, with every field that a document can have, and what its schemas say of it.

use crate::embedded_in_tests::SCHEMAS;
use serde_json::Value;
use tollgate_core::model::bundle::{BundleEnvironment, FailedSuite, ReplayBundle};
use tollgate_core::model::event::{Flags, RunEvent, Started, TimelineLine};
use tollgate_core::model::failure::{
    Assertion, FailureDigest, FailureIndex, IndexedDigest, RemediationPointer, RootCause,
};
use tollgate_core::model::plan::{Artifacts, SelectionCounts, Shard, ShardKind};
use tollgate_core::model::record::{AttemptFault, SuiteRecord};
use tollgate_core::model::run::{
    Chosen, Environment, Identity, LintResult, NodeJs, NotRun, Os, ReplayRef, RunStatus, RunSummary,
    TriageRef, schema,
};
use tollgate_core::model::signature::{Basis, Signed};
use tollgate_core::model::suite::{SuiteResult, SuiteRole, SuiteStatus};
use tollgate_core::model::test::{Failure, SourcePlace, TestCase, TestResult, TestStatus};
use tollgate_core::model::triage::{
    ComparedFile, Diagnostic, DiffChange, RecommendedCommands, TriageCounts, TriageDiff, TriageStatus,
};
use tollgate_lang::schema::CompiledSchema;
use tollgate_text::json::{JsonLimits, parse};

const AT: &str = "2026-11-20T10:15:09.000Z";
const RESULTS: &str = "tests/e2e_results/20261120T101500Z";
const SIGNATURE: &str = "assertion-left-right-0a1b2c3d";
const REPLAY: &str = "tollgate run --rerun-from tests/e2e_results/20261120T101500Z/summary.json";

/// That a document is of its schema, and that the schema lists every field in it.
pub(super) fn holds(id: &str, bytes: &[u8]) {
    let name = format!("{id}.json");
    let text = SCHEMAS.iter().find(|(path, _)| *path == name).expect("an embedded schema").1;
    let schema = CompiledSchema::compile_text(text).expect("a schema");
    let document = parse(bytes, &JsonLimits::default()).expect("JSON");
    let violations = schema.violations(&document);
    assert!(violations.is_empty(), "{id}: {violations:?}");
    let root: Value = serde_json::from_str(text).expect("JSON");
    lists(&root, &root, &document.to_value(), id);
}

fn lists(root: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(to) = schema.get("$ref").and_then(Value::as_str) {
        let to = root.pointer(to.trim_start_matches('#')).expect("a definition");
        return lists(root, to, value, at);
    }
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                let at = format!("{at}/{key}");
                let listed = schema.get("properties").and_then(|p| p.get(key));
                let listed = listed.or_else(|| schema.get("additionalProperties"));
                lists(root, listed.unwrap_or_else(|| panic!("{at} is not listed")), value, &at);
            }
        }
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                let at = format!("{at}/{n}");
                lists(root, schema.get("items").unwrap_or_else(|| panic!("{at} is not listed")), item, &at);
            }
        }
        _ => {}
    }
}

pub(super) fn identity() -> Identity {
    Identity {
        generated_at: "2026-11-20T10:16:08Z".into(),
        run_id: "run-1".into(),
        correlation_id: "0192f7d4".into(),
        commit: Some("4f1d2c9b7a6e5d4c3b2a19080716253443526170".into()),
        branch: Some("main".into()),
    }
}

fn shard() -> Shard {
    Shard { kind: ShardKind::Suite, index: 0, total: 3, plan_digest: "64879f7d".into() }
}

fn test(name: &str, status: TestStatus) -> TestResult {
    let signature = matches!(status, TestStatus::Failed | TestStatus::Flaky).then(|| SIGNATURE.to_string());
    let duration_ms = (status != TestStatus::Ignored).then_some(38);
    let basis = signature.as_ref().map(|_| Basis::Assertion);
    TestResult { duration_ms, signature, basis, ..TestResult::of(name, status) }
}

fn result(name: &str, kind: &str, status: SuiteStatus, tests: Vec<TestResult>) -> SuiteResult {
    let ran = status != SuiteStatus::NotRun;
    let exit_code = ran.then(|| if status.is_pass() { 0 } else { 101 });
    let (duration_ms, attempts) = if ran { (1160, 1) } else { (0, 0) };
    let (name, kind) = (name.to_string(), kind.to_string());
    let mut result = SuiteResult {
        name,
        kind,
        status,
        exit_code,
        signal: None,
        incomplete: false,
        ran: None,
        definition: None,
        duration_ms,
        attempts,
        tries: Vec::new(),
        flake: None,
        environment: None,
        passed: 0,
        failed: 0,
        flaky: 0,
        ignored: 0,
        outside: Vec::new(),
        tests,
    };
    result.recount();
    result
}

fn signed() -> Signed {
    Signed { signature: "it-hung-00000000".into(), basis: Basis::Timeout }
}

fn parser() -> SuiteResult {
    let tests = [
        ("reads", TestStatus::Passed),
        ("writes", TestStatus::Failed),
        ("flickers", TestStatus::Flaky),
        ("sleeps", TestStatus::Ignored),
        ("known", TestStatus::Quarantined),
    ];
    let mut tests = tests.map(|(name, status)| test(name, status));
    tests[1].others = vec![signed()];
    tests[1].carried = true;
    SuiteResult { outside: vec![signed()], ..result("parser", "unit", SuiteStatus::Failed, tests.into()) }
}

fn store() -> SuiteResult {
    result("store", "vcr", SuiteStatus::Missing, vec![])
}

fn flow() -> SuiteResult {
    result("e2e_flow", "e2e", SuiteStatus::Passed, vec![test("asks", TestStatus::Passed)])
}

fn late() -> NotRun {
    let tests = Some(vec!["one".to_string(), "two".into()]);
    let names = tollgate_core::model::test::test_names([("one", "x one")]);
    NotRun {
        name: "e2e_late".into(),
        kind: "e2e".into(),
        role: SuiteRole::Suite,
        tests,
        expected: names.clone(),
        names,
    }
}

pub(super) fn lint() -> LintResult {
    LintResult {
        name: "fmt".into(),
        passed: true,
        definition: None,
        duration_ms: 1960,
        masked: 0,
        mask_allowed: 0,
    }
}

fn chosen() -> Chosen {
    Chosen {
        suites: vec!["e2e_flow".into(), "e2e_late".into()],
        units: vec!["parser".into(), "store".into()],
    }
}

pub(super) fn summary() -> RunSummary {
    let mut summary = RunSummary {
        schema: schema::SUMMARY.into(),
        identity: identity(),
        tree: None,
        dated_by: None,
        stale: None,
        profile: "ci".into(),
        status: RunStatus::Failed,
        baseline: Some("tests/e2e_results/20261117T083000Z/summary.json".into()),
        rerun_from: Some("tests/e2e_results/20261117T083000Z/summary.json".into()),
        selection: chosen(),
        timeout: Some(300),
        shard: shard(),
        plan: SelectionCounts { suites: 6, units: 2 },
        failed_names: vec![],
        failed_unit_names: vec![],
        passed_suites: 0,
        total_suites: 0,
        passed_units: 0,
        total_units: 0,
        replay_bundle: ReplayRef {
            path: format!("{RESULTS}/replay_bundle.json"),
            one_command_replay: REPLAY.into(),
        },
        triage_diff: Some(TriageRef {
            path: format!("{RESULTS}/triage_diff.json"),
            status: "regression".into(),
            regression_count: 1,
        }),
        not_run: vec![late()],
        masked: 2,
        mask_allowed: 0,
        lint: vec![lint()],
        lint_not_run: vec!["types".into()],
        suites: vec![flow(), result("e2e_late", "e2e", SuiteStatus::NotRun, vec![])],
        units: vec![parser(), store()],
    };
    summary.recompute();
    summary
}

pub(super) fn records() -> Vec<SuiteRecord> {
    let record = |role, result: SuiteResult, fault: Option<&str>| SuiteRecord {
        role,
        reader: "libtest".into(),
        command: format!("cargo test --test {} -- --nocapture", result.name),
        cwd: ".".into(),
        log: format!("{RESULTS}/{}/output.log", result.name),
        started_at: AT.into(),
        finished_at: "2026-11-20T10:15:10.160Z".into(),
        fault: fault.map(String::from),
        root_cause_class: Some(RootCause::AssertionFailure),
        signature: Some(SIGNATURE.into()),
        basis: Some(Basis::Assertion),
        failures: vec![TestCase {
            name: "writes".into(),
            status: TestStatus::Failed,
            duration_ms: Some(3),
            failure: Some(Failure {
                carried: true,
                ..Failure::new("left: 1", "a stack", None).resting_on(Basis::Assertion)
            }),
            later: vec![Failure {
                carried: true,
                ..Failure::new("left: 2", "another stack", None).printed("a line").resting_on(Basis::Crash)
            }],
            selector: Some("writes".into()),
        }],
        faults: vec![AttemptFault {
            attempt: 1,
            status: SuiteStatus::Crashed,
            fault: "it was ended by signal 6".into(),
            basis: Basis::Crash,
        }],
        leftovers: 1,
        masked: 2,
        mask_allowed: 0,
        result,
    };
    vec![
        record(SuiteRole::Unit, parser(), None),
        record(SuiteRole::Unit, store(), Some("the results are not there")),
        record(SuiteRole::Suite, flow(), None),
    ]
}

pub(super) fn started() -> Started {
    let item = |role, r: &SuiteResult| NotRun {
        name: r.name.clone(),
        kind: r.kind.clone(),
        role,
        tests: None,
        names: Default::default(),
        expected: Default::default(),
    };
    let selected = vec![
        item(SuiteRole::Unit, &parser()),
        item(SuiteRole::Unit, &store()),
        item(SuiteRole::Suite, &flow()),
        late(),
    ];
    Started {
        profile: "ci".into(),
        commit: identity().commit,
        branch: identity().branch,
        tree: None,
        correlation_id: identity().correlation_id,
        shard: shard(),
        plan: SelectionCounts { suites: 6, units: 2 },
        selected,
        baseline: Some("base.json".into()),
        rerun_from: None,
        retries: 1,
        timeout: Some(90),
        artifacts: Artifacts::Failed,
        lint: true,
        lint_steps: vec!["fmt".into()],
        chosen: chosen(),
        flags: Flags { skip_lint: true, ..Flags::default() },
        gone: vec![late()],
        goes_by: std::collections::BTreeMap::new(),
    }
}

pub(super) fn finished(record: &SuiteRecord) -> RunEvent {
    RunEvent::SuiteFinished {
        suite: record.result.name.clone(),
        kind: record.result.kind.clone(),
        status: record.result.status.name().into(),
        duration_ms: record.result.duration_ms,
        record: Box::new(record.clone()),
    }
}

/// The run, event by event; every kind of event is among them.
pub(super) fn events() -> Vec<RunEvent> {
    let mut events = vec![
        RunEvent::Started(Box::new(started())),
        RunEvent::LintStarted { name: "fmt".into() },
        RunEvent::LintFinished(lint()),
    ];
    for (at, record) in records().iter().enumerate() {
        let (suite, kind) = (record.result.name.clone(), record.result.kind.clone());
        events.push(RunEvent::SuiteStarted { suite, kind, attempt: 1 });
        events.push(finished(record));
        if at == 0 {
            events.push(RunEvent::Resumed { done: 1, leftovers: 2 });
        }
    }
    events.push(RunEvent::Finished { status: RunStatus::Failed });
    events
}

pub(super) fn environment() -> Environment {
    Environment {
        schema: schema::ENVIRONMENT.into(),
        identity: identity(),
        tree: None,
        git_sha: identity().commit,
        profile: "ci".into(),
        vcr_mode: Some("playback".into()),
        shard: shard(),
        os: Os { name: "linux".into(), version: Some("6.8".into()), arch: "x86_64".into() },
        cpus: 2,
        ci: true,
        rustc: Some("rustc 1.95.0".into()),
        node: Some(NodeJs {
            path: "/usr/bin/node".into(),
            version: Some("v22.11.0".into()),
            is_bun_shim: false,
        }),
    }
}

pub(super) fn bundle() -> ReplayBundle {
    let failed = |result: SuiteResult, tests: &[&str]| FailedSuite {
        cargo_replay: format!("cargo test --test {} -- --nocapture", result.name),
        targeted_replay: tests.first().map(|t| format!("cargo test --test parser -- {t} --exact")),
        digest_path: Some(format!("{RESULTS}/{}/failure_digest.json", result.name)),
        tests: tests.iter().map(|t| t.to_string()).collect(),
        names: Default::default(),
        whole: tests.is_empty(),
        name: result.name,
        kind: result.kind,
    };
    ReplayBundle {
        schema: schema::REPLAY_BUNDLE.into(),
        identity: identity(),
        one_command_replay: REPLAY.into(),
        timeout: Some(300),
        environment: BundleEnvironment {
            profile: "ci".into(),
            vcr_mode: Some("playback".into()),
            git_sha: identity().commit,
            shard_kind: "suite".into(),
            shard_index: 0,
            shard_total: 3,
            os: Some("linux-x86_64".into()),
            rustc: Some("rustc 1.95.0".into()),
        },
        failed_suites: vec![failed(flow(), &[])],
        failed_units: vec![failed(parser(), &["writes"]), failed(store(), &[])],
        not_run: vec![late()],
        failed_lint: Vec::new(),
        lint_not_run: vec!["types".into()],
    }
}

pub(super) fn digest() -> FailureDigest {
    let place = SourcePlace { file: "tests/parser.rs".into(), line: 31, column: 5 };
    FailureDigest {
        schema: schema::FAILURE_DIGEST.into(),
        identity: identity(),
        suite: "parser".into(),
        kind: "unit".into(),
        status: "failed".into(),
        root_cause_class: RootCause::AssertionFailure,
        signature: SIGNATURE.into(),
        basis: Some(Basis::Assertion),
        impacted_scenario_ids: vec!["writes".into()],
        first_failing_assertion: Some(Assertion {
            test: Some("writes".into()),
            location: Some(place),
            message: "assertion `left == right` failed\n  left: 1\n right: 2".into(),
        }),
        remediation_pointer: RemediationPointer {
            replay_command: "cargo test --test parser -- writes --exact".into(),
            suite_replay_command: "cargo test --test parser".into(),
            targeted_test_replay_command: Some("cargo test --test parser -- writes --exact".into()),
        },
    }
}

pub(super) fn timeline() -> Vec<TimelineLine> {
    vec![TimelineLine {
        schema: schema::TIMELINE.into(),
        seq: 0,
        ts: AT.into(),
        run_id: "run-1".into(),
        event: "test.failed".into(),
        suite: "parser".into(),
        test: Some("writes".into()),
        message: "assertion `left == right` failed".into(),
        location: Some(SourcePlace { file: "tests/parser.rs".into(), line: 31, column: 5 }),
        duration_ms: Some(38),
    }]
}

pub(super) fn index() -> FailureIndex {
    FailureIndex {
        schema: schema::FAILURE_INDEX.into(),
        identity: identity(),
        digests: vec![IndexedDigest {
            suite: "parser".into(),
            kind: "unit".into(),
            digest_path: format!("{RESULTS}/parser/failure_digest.json"),
            timeline_path: format!("{RESULTS}/parser/failure_timeline.jsonl"),
            root_cause_class: RootCause::AssertionFailure,
            signature: SIGNATURE.into(),
            basis: Some(Basis::Assertion),
        }],
    }
}

pub(super) fn triage() -> TriageDiff {
    let compared = |path: &str| ComparedFile {
        path: path.into(),
        sha256: Some("00".repeat(32)),
        run_id: Some("run-1".into()),
        commit: identity().commit,
    };
    TriageDiff {
        schema: schema::TRIAGE_DIFF.into(),
        identity: identity(),
        baseline: "base.json".into(),
        compared: [compared("base.json"), compared("summary.json")],
        status: TriageStatus::Regression,
        summary: TriageCounts { regression_count: 1, not_run_count: 1, ..TriageCounts::default() },
        ranked_diagnostics: vec![Diagnostic {
            rank: 1,
            change: DiffChange::Regression,
            severity: "blocker".into(),
            suite: "parser".into(),
            kind: "unit".into(),
            test: Some("writes".into()),
            before: Some("passed".into()),
            after: Some("failed".into()),
            signature: Some(SIGNATURE.into()),
            reasons: vec!["it passed before".into()],
            replay_command: Some("cargo test --test parser -- writes --exact".into()),
        }],
        omitted: 3,
        not_compared: 2,
        recommended_commands: RecommendedCommands {
            runner_repro_command: REPLAY.into(),
            ranked_repro_commands: vec!["cargo test --test parser -- writes --exact".into()],
        },
    }
}

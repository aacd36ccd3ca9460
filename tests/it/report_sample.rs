//! Reports that use everything a writer can meet: one green, one red with hostile text, and smaller shapes of them.

use std::collections::BTreeMap;
use tollgate_core::model::finding::{Finding, Reason};
use tollgate_core::model::gate::Region;
use tollgate_core::model::lane::{Lane, Mode};
use tollgate_core::model::report::{CheckReport, WaiverOffer};
use tollgate_core::model::validation::{FileResult, Validation};
use tollgate_core::model::verdict::{
    ArtifactRecord, GateCounts, GateResult, GateSummary, PolicyRecord, Promotion, SCHEMA, Status, ToolRecord,
    TraceRef, Verdict, VerdictOutcome, WaiverRef,
};
use tollgate_core::model::waiver::{EntryKind, EntryState, WaiverEntry};
use tollgate_text::json::TextPlace;

/// Text that attacks every format at once.
pub const HOSTILE: &str = "\u{1b}[31mred\u{1b}[0m\r\n::error::forged\n  ::set-output name=x::y\n##[error]old \u{202e}evil | </details><script>alert(1)</script> `code` ``` @team #1 https://example.org ]]> <!-- & %0A";

const DIGEST: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

pub fn region(path: &str, line: u64) -> Region {
    Region { path: path.into(), line, column: 1, end_line: line, end_column: 24 }
}

pub fn gate(id: &str, status: Status) -> GateResult {
    GateResult {
        id: id.into(),
        name: format!("The gate {id}"),
        owner: "runtime".into(),
        status,
        blocking: status != Status::Warn,
        shadow: false,
        reason: None,
        detail: "every check is true".into(),
        findings: Vec::new(),
        artifacts: vec![ArtifactRecord {
            name: "report".into(),
            path: format!("tests/reports/{id}.json"),
            sha256: Some(DIGEST.into()),
            bytes: Some(20_480),
            generated_at: Some("2026-11-20T09:00:00Z".into()),
            age_seconds: Some(10_800),
        }],
        reproduce_command: format!("cargo test --test {id} -- --nocapture --exact"),
        runbook: Some(id.into()),
        remediation: Vec::new(),
        waiver: None,
        since: None,
        trace: None,
        duration_us: 1_250,
    }
}

pub fn finding(check: &str, message: &str) -> Finding {
    Finding {
        check: Some(check.into()),
        artifact: Some("report".into()),
        path: Some("tests/reports/report.json".into()),
        pointer: Some("/summary/pass_rate".into()),
        place: Some(TextPlace { line: 12, column: 18 }),
        expected: Some("report.summary.pass_rate >= 95.0".into()),
        actual: Some("93.5".into()),
        ..Finding::new(Reason::Assertion, message)
    }
}

fn verdict(gates: Vec<GateResult>) -> Verdict {
    let count = |gates: &mut dyn Iterator<Item = &GateResult>| {
        gates.filter(|g| !g.shadow).fold(GateCounts::default(), |mut c, g| {
            c.gates += 1;
            *match g.status {
                Status::Pass => &mut c.pass,
                Status::Fail => &mut c.fail,
                Status::Warn => &mut c.warn,
                Status::Skip => &mut c.skip,
                Status::Waived => &mut c.waived,
            } += 1;
            c
        })
    };
    let all = count(&mut gates.iter());
    let blocking = count(&mut gates.iter().filter(|g| g.blocking));
    let exit_code = match (all.fail, all.gates - all.skip) {
        (1.., _) => 1,
        (_, 0) => 3,
        _ => 0,
    };
    Verdict {
        schema: SCHEMA.into(),
        generated_at: "2026-11-20T12:00:00Z".into(),
        tool: ToolRecord { name: "tollgate".into(), version: "0.1.0".into() },
        run_id: "00000000-0000-7000-8000-000000000000".into(),
        correlation_id: "20261120T101500Z".into(),
        commit: Some("4f1d2c3b5a69788796a5b4c3d2e1f00112233445".into()),
        branch: Some("main".into()),
        lane: Lane::Full,
        mode: Mode::Strict,
        policy: PolicyRecord { digest: DIGEST.into(), from: None, altered: Vec::new(), changes: Vec::new() },
        verdict: if exit_code == 0 { VerdictOutcome::Pass } else { VerdictOutcome::Fail },
        exit_code,
        gates,
        summary: GateSummary { all, blocking },
        waivers: Vec::new(),
        not_judged: Vec::new(),
        masked: 0,
        mask_allowed: 0,
        promotion: None,
        next_steps: None,
    }
}

pub fn report_of(gates: Vec<GateResult>) -> CheckReport {
    let gate_regions =
        gates.iter().map(|g| (g.id.clone(), region(&format!("gates/{}.toml", g.id), 1))).collect();
    CheckReport {
        verdict: verdict(gates),
        gate_regions,
        check_regions: BTreeMap::new(),
        quarantines: Vec::new(),
        classification_fault: None,
        waiver_offers: BTreeMap::new(),
        repo_prefix: String::new(),
        no_run: None,
        verdict_path: Some("tests/full_suite_gate/full_suite_verdict.json".into()),
        unwritten: None,
        notes: Vec::new(),
        seconds: Some(0.018),
    }
}

/// Three gates, all passing.
pub fn green() -> CheckReport {
    report_of(
        ["claim_tier_order_drift", "evidence_bundle", "triage_regression"]
            .map(|id| gate(id, Status::Pass))
            .into(),
    )
}

pub fn entry(kind: EntryKind, id: &str, state: EntryState, line: u64) -> WaiverEntry {
    let waiver = kind == EntryKind::Waiver;
    WaiverEntry {
        id: id.into(),
        kind,
        state,
        detail: format!("it is {}", state.name()),
        days_remaining: Some(if state == EntryState::Expired { -2 } else { 4 }),
        owner: Some("runtime".into()),
        reason: Some("engine bug, fix in review".into()),
        issue: Some("https://issues.example.org/4211".into()),
        created: Some("2026-11-01".into()),
        expires: Some("2026-11-24".into()),
        exit_criteria: (state != EntryState::Invalid).then(|| "all must-pass extensions pass again".into()),
        lanes: waiver.then(|| vec!["full".into()]),
        checks: None,
        reasons: None,
        renewals: None,
        category: (!waiver).then(|| "FLAKE-TIMING".into()),
        evidence: (!waiver).then(|| "tests/e2e_results/20261101T101500Z/e2e_tui/failure_digest.json".into()),
        reproduce: (!waiver).then(|| "cargo test --test e2e_tui -- --nocapture".into()),
        signature: None,
        region: Some(region("tests/suite_classification.toml", line)),
    }
}

fn failing(id: &str, reason: Reason, detail: &str, findings: Vec<Finding>) -> GateResult {
    GateResult { reason: Some(reason), detail: detail.into(), findings, ..gate(id, Status::Fail) }
}

/// A gate of each status, a shadow, a waiver that expired, many findings, and hostile text wherever an artifact, a
/// name or a gate file can put it.
pub fn red() -> CheckReport {
    let mut hostile = failing("hostile_text", Reason::Assertion, HOSTILE, vec![finding("forged", HOSTILE)]);
    hostile.name = HOSTILE.into();
    hostile.owner = HOSTILE.into();
    hostile.since = Some("since 4f1d2c3".into());
    hostile.remediation = vec![HOSTILE.into()];
    hostile.artifacts[0].path = format!("tests/{HOSTILE}");
    hostile.findings[0].path = Some(format!("tests/{HOSTILE}.json"));
    hostile.findings[0].pointer = Some(format!("/{HOSTILE}"));
    hostile.findings[0].expected = Some(HOSTILE.into());
    hostile.findings[0].actual = Some(HOSTILE.into());

    let mut rate = failing(
        "conformance_pass_rate",
        Reason::Assertion,
        "the pass rate is 93.5, and 95.0 is asked for",
        vec![finding("pass-rate", "the pass rate is 93.5, and 95.0 is asked for")],
    );
    rate.since = Some("new".into());
    rate.remediation =
        vec!["read the counts".into(), "look for newly failing extensions: a missing node shim, an undispatched hostcall, or module resolution".into()];
    rate.trace = Some(TraceRef {
        id: "0190b0a0-0000-7000-8000-000000000001".into(),
        short_id: "k3J9xQ2mZ".into(),
        url: Some("https://traces.example.org/r/k3J9xQ2mZ".into()),
    });

    let mut missing = failing(
        "parameter_sweeps_integrity",
        Reason::Missing,
        "tests/perf/reports/parameter_sweeps.json does not exist",
        vec![Finding {
            artifact: Some("sweeps".into()),
            path: Some("tests/perf/reports/parameter_sweeps.json".into()),
            ..Finding::new(Reason::Missing, "tests/perf/reports/parameter_sweeps.json does not exist")
        }],
    );
    missing.artifacts[0].sha256 = None;
    missing.artifacts[0].bytes = None;
    missing.artifacts[0].age_seconds = None;

    let mut waived = failing(
        "extension_must_pass",
        Reason::Assertion,
        "2 must-pass extensions fail",
        vec![finding("all-pass", "`npm/left-pad` fails")],
    );
    waived.status = Status::Waived;
    waived.waiver = Some(WaiverRef {
        owner: "runtime".into(),
        reason: "engine bug, fix in review".into(),
        issue: "https://issues.example.org/4211".into(),
        expires: "2026-11-24".into(),
        days_remaining: 4,
    });

    let mut shadow =
        failing("new_idea", Reason::Assertion, "not yet true", vec![finding("idea", "not yet true")]);
    shadow.status = Status::Warn;
    shadow.blocking = false;
    shadow.shadow = true;

    let mut warned = failing(
        "perf_evidence",
        Reason::Stale,
        "perf_comparison.json is 9 days old, 7 are allowed",
        Vec::new(),
    );
    warned.status = Status::Warn;
    warned.blocking = false;

    let mut skipped = gate("cross_platform_matrix", Status::Skip);
    skipped.reason = Some(Reason::NotApplicable);
    skipped.detail = "applies_when is false: lane in ['certification']".into();

    let lifecycle = failing(
        "waiver_lifecycle",
        Reason::Waiver,
        "1 waiver is expired",
        vec![Finding {
            check: Some("in-order".into()),
            artifact: Some("waivers".into()),
            pointer: Some("/1".into()),
            ..Finding::new(Reason::Waiver, "old_gate: it is expired")
        }],
    );

    let many = failing(
        "e2e_log_contract",
        Reason::Assertion,
        "55 suites have no log",
        (0..55)
            .map(|n| {
                let mut one = finding("has-log", &format!("suite {n} has no log"));
                one.pointer = Some(format!("/suites/{n}/log"));
                one
            })
            .collect(),
    );

    let mut gates = vec![gate("claim_tier_order_drift", Status::Pass), gate("evidence_bundle", Status::Pass)];
    gates.extend([hostile, rate, missing, waived, shadow, warned, skipped, lifecycle, many]);
    gates.sort_by(|a, b| a.id.cmp(&b.id));
    let mut report = report_of(gates);
    report.check_regions.insert(
        ("conformance_pass_rate".into(), "pass-rate".into()),
        Region {
            path: "gates/conformance_pass_rate.toml".into(),
            line: 14,
            column: 1,
            end_line: 18,
            end_column: 40,
        },
    );
    report.verdict.waivers = vec![
        entry(EntryKind::Waiver, "extension_must_pass", EntryState::Due, 20),
        entry(EntryKind::Waiver, "old_gate", EntryState::Expired, 30),
    ];
    report.quarantines = vec![entry(EntryKind::Quarantine, "e2e_tui", EntryState::Active, 40)];
    report.waiver_offers.insert(
        "conformance_pass_rate".into(),
        WaiverOffer {
            command: "tollgate waiver add conformance_pass_rate --check=rate --owner '' --reason '' --issue '' --exit-criteria ''".into(),
            template: "[waiver.conformance_pass_rate]\nowner = \"\"\nreason = \"\"\nissue = \"\"\nlanes = [\"full\"]\ncreated = 2026-11-20\nexpires = 2026-12-20\nexit_criteria = \"\"\n".into(),
        },
    );
    report.repo_prefix = "product/app/".into();
    report.notes = vec!["the waiver of extension_must_pass ends in 4 days".into(), HOSTILE.into()];
    report.verdict.policy.from = Some("origin/main".into());
    report.verdict.policy.altered = vec!["new_idea".into()];
    report
}

/// The red report as the certification lane sees it.
pub fn certification() -> CheckReport {
    let mut report = red();
    report.verdict.lane = Lane::Certification;
    report.verdict.mode = Mode::Rollback;
    report.verdict.promotion = Some(Promotion {
        allowed: true,
        by: Some("rollback".into()),
        blocking_gates: vec!["conformance_pass_rate".into()],
        waivers: vec!["extension_must_pass".into()],
        conditions: vec!["the rollback record holds through 2026-11-24".into()],
    });
    report.verdict.next_steps =
        Some(vec!["cargo test --test conformance_pass_rate -- --nocapture --exact".into()]);
    report
}

/// Every gate skipped: nothing was judged.
pub fn nothing_judged() -> CheckReport {
    let mut skipped = gate("cross_platform_matrix", Status::Skip);
    skipped.reason = Some(Reason::NotApplicable);
    skipped.detail = "applies_when is false".into();
    report_of(vec![skipped])
}

/// One valid file, one that is not, one with hostile text.
pub fn validation() -> Validation {
    let file = |path: &str, findings: Vec<Finding>| FileResult {
        path: path.into(),
        sha256: Some(DIGEST.into()),
        bytes: Some(412),
        schema: Some("pi.perf.parameter_sweeps.v1".into()),
        findings,
    };
    let wrong = Finding {
        reason: Reason::Schema,
        check: None,
        artifact: None,
        path: Some("reports/sweeps.json".into()),
        pointer: Some("/selected_defaults/threads".into()),
        expected: Some("integer".into()),
        actual: Some("\"four\"".into()),
        ..finding("", "\"four\" is a string, an integer is asked for")
    };
    let hostile = Finding {
        path: None,
        pointer: Some(format!("/{HOSTILE}")),
        ..Finding::new(Reason::Malformed, HOSTILE)
    };
    Validation {
        schema: "tollgate.validation.v1".into(),
        generated_at: "2026-11-20T12:00:00Z".into(),
        files: vec![
            file("reports/good.json", Vec::new()),
            file("reports/sweeps.json", vec![wrong.clone(), wrong]),
            FileResult {
                sha256: None,
                bytes: None,
                schema: None,
                ..file(&format!("reports/{HOSTILE}"), vec![hostile])
            },
        ],
        valid: 1,
        invalid: 2,
        notes: vec![format!("schemas/x.json: `format` holds nothing where it is {HOSTILE}")],
    }
}

//! Gates, verdicts and entries for the tests of this room.

use std::collections::BTreeMap;
use std::sync::Arc;
use tollgate_core::model::finding::Reason;
use tollgate_core::model::gate::{
    ArtifactSpec, Blocking, Demand, Format, Gate, GateCheck, GateOrigin, Piece, Region,
};
use tollgate_core::model::lane::{Lane, Mode};
use tollgate_core::model::verdict::{
    GateResult, GateSummary, PolicyRecord, SCHEMA, Status, ToolRecord, Verdict, VerdictOutcome,
};
use tollgate_lang::cel::Expr;

pub(super) fn region() -> Region {
    Region { path: "gates/x.toml".into(), line: 1, column: 1, end_line: 1, end_column: 9 }
}

fn expr(text: &str) -> Arc<Expr> {
    Arc::new(Expr::compile(text).unwrap())
}

pub(super) fn gate(id: &str, reproduce: &str) -> Gate {
    let sweeps = ArtifactSpec {
        name: "sweeps".into(),
        paths: vec!["tests/perf/a.json".into(), "tests/perf/b.json".into()],
        many: false,
        format: Format::Json,
        demand: Demand::Schema("pi.perf.parameter_sweeps.v1".into()),
        max_age: Some(7 * 86_400),
        required: true,
        commit_same: None,
        region: region(),
    };
    let check = GateCheck {
        id: "ready-means-ready".into(),
        when: Some(expr("sweeps.status == 'ready'")),
        for_each: None,
        empty_ok: false,
        assert: expr("sweeps.ready\n  && size(sweeps.blocking) == 0"),
        message: Some(vec![Piece::Text("it is ".into()), Piece::Expr(expr("sweeps.ready"))]),
        told: Default::default(),
        region: region(),
    };
    Gate {
        id: id.into(),
        name: format!("The gate {id}"),
        why: "Tuning reads these defaults.".into(),
        owner: "perf".into(),
        blocking: Blocking::Yes,
        lanes: vec![Lane::Preflight, Lane::Full],
        runbook: Some("sweeps_entry".into()),
        reproduce: reproduce.into(),
        applies_when: None,
        artifacts: BTreeMap::from([("sweeps".to_string(), sweeps)]),
        checks: vec![check],
        except: Vec::new(),
        origin: GateOrigin::Workspace,
        region: region(),
        digest: String::new(),
        replaces: None,
    }
}

/// (gate, status, recorded command)
pub(super) fn verdict(gates: &[(&str, Status, &str)]) -> Verdict {
    let one = |(id, status, command): &(&str, Status, &str)| GateResult {
        id: id.to_string(),
        name: id.to_string(),
        owner: "perf".into(),
        status: *status,
        blocking: true,
        shadow: false,
        reason: (*status == Status::Fail).then_some(Reason::Assertion),
        detail: "the sweep is \u{1b}[31mblocked\u{1b}[0m".into(),
        findings: vec![],
        artifacts: vec![],
        reproduce_command: command.to_string(),
        runbook: None,
        remediation: vec![],
        waiver: None,
        since: None,
        trace: None,
        duration_us: 0,
    };
    Verdict {
        schema: SCHEMA.into(),
        generated_at: "2026-11-20T12:00:00Z".into(),
        tool: ToolRecord { name: "tollgate".into(), version: "0".into() },
        run_id: "r".into(),
        correlation_id: "c".into(),
        commit: Some("0123456789012345678901234567890123456789".into()),
        branch: None,
        lane: Lane::Full,
        mode: Mode::Strict,
        policy: PolicyRecord { digest: "d".into(), from: None, altered: vec![], changes: vec![] },
        verdict: VerdictOutcome::Fail,
        exit_code: 1,
        gates: gates.iter().map(one).collect(),
        summary: GateSummary::default(),
        waivers: vec![],
        not_judged: vec![],
        masked: 0,
        mask_allowed: 0,
        promotion: None,
        next_steps: None,
    }
}

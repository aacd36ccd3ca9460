//! One bound for all expressions of a gate.

use super::{Facts, Outcome, evaluate};
use crate::base::clock::Now;
use crate::base::json::Json;
use crate::lang::cel::{Budget, EvalError, Expr, Host, Meter};
use crate::model::artifact::{Bound, Evidence};
use crate::model::finding::Reason;
use crate::model::gate::{Blocking, Check, Gate, Origin, Piece, Region};
use std::collections::BTreeMap;
use std::sync::Arc;

struct NoHost;

impl Host for NoHost {
    fn files(&self, _: &str, _: &Meter) -> Result<Vec<String>, EvalError> {
        Ok(Vec::new())
    }
    fn exists(&self, _: &str, _: &Meter) -> Result<bool, EvalError> {
        Ok(false)
    }
    fn sha256(&self, _: &str, _: &Meter) -> Result<String, EvalError> {
        Ok(String::new())
    }
    fn valid(&self, _: &str, _: &Meter) -> Result<bool, EvalError> {
        Ok(false)
    }
    fn grep(&self, _: &str, _: &[String], _: &Meter) -> Result<Vec<(String, u64, String)>, EvalError> {
        Ok(Vec::new())
    }
}

fn region() -> Region {
    Region { path: "gates/g.toml".into(), line: 1, column: 1, end_line: 1, end_column: 2 }
}

fn expr(text: &str) -> Arc<Expr> {
    Arc::new(Expr::compile(text).unwrap())
}

fn check(id: &str, for_each: Option<&str>, assert: &str) -> Check {
    Check {
        id: id.into(),
        when: None,
        for_each: for_each.map(expr),
        empty_ok: false,
        assert: expr(assert),
        message: None,
        told: Default::default(),
        region: region(),
    }
}

fn gate(applies_when: Option<&str>, checks: Vec<Check>) -> Gate {
    Gate {
        id: "g".into(),
        name: "g".into(),
        why: String::new(),
        owner: String::new(),
        blocking: Blocking::Yes,
        lanes: Vec::new(),
        runbook: None,
        reproduce: "true".into(),
        applies_when: applies_when.map(expr),
        artifacts: BTreeMap::new(),
        checks,
        except: Vec::new(),
        origin: Origin::Workspace,
        region: region(),
        digest: String::new(),
        replaces: None,
    }
}

fn facts(budget: Budget) -> Facts {
    Facts::new(Now::parse("2026-11-20T12:00:00Z").unwrap()).within(budget)
}

/// What becomes of the gate over `d = {rows: [0, 1, …, 99]}`: the outcome, and each finding.
fn judged(gate: &Gate, facts: &Facts) -> (Outcome, Vec<(Reason, String)>) {
    let rows = Json::from_value(&serde_json::json!({ "rows": (0..100).collect::<Vec<_>>() }));
    let bound = BTreeMap::from([("d".to_string(), Bound::Doc(&rows))]);
    let evidence = Evidence { bound, faults: Vec::new(), records: Vec::new() };
    let judged = evaluate(gate, &evidence, facts, &NoHost);
    (judged.outcome, judged.findings.into_iter().map(|f| (f.reason, f.message)).collect())
}

const PATIENT: Budget = Budget { steps: 1_000, gate_steps: 5_000, bytes: 1 << 20, seconds: 36_000 };

#[test]
fn steps_are_counted_over_all_elements_and_checks() {
    let each = check("each", Some("d.rows"), "d.rows.all(x, x >= 0)");
    let (outcome, findings) = judged(&gate(None, vec![each.clone()]), &facts(PATIENT));
    assert_eq!(outcome, Outcome::Fail);
    assert_eq!(findings.len(), 1, "the elements behind the limit are not told one by one");
    assert_eq!(findings[0].0, Reason::Limit);
    assert!(findings[0].1.ends_with("the gate needs more than its 5000 steps"), "{findings:?}");
    let enough = Budget { gate_steps: 20_000, ..PATIENT };
    assert_eq!(judged(&gate(None, vec![each.clone()]), &facts(enough)), (Outcome::Pass, vec![]));
    // A second check has what the first left.
    let twice = vec![each.clone(), Check { id: "again".into(), ..each }];
    assert_eq!(judged(&gate(None, twice), &facts(Budget { gate_steps: 15_000, ..PATIENT })).0, Outcome::Fail);
}

#[test]
fn time_is_one_for_everything_that_a_gate_evaluates() {
    let late = Budget { seconds: 0, ..PATIENT };
    // The elements take no step of their own.
    let each = check(
        "each",
        Some("[1, 2, 3].map(a, d.rows.map(b, b)).map(c, c)[0].map(x, [x, x, x, x])"),
        "it[0] >= 0",
    );
    let many = check("many", Some("d.rows"), "it >= 0");
    let checks: Vec<Check> = (0..4).map(|_| many.clone()).chain([each]).collect();
    let (outcome, findings) = judged(&gate(None, checks), &facts(late));
    assert_eq!(outcome, Outcome::Fail);
    assert!(findings.iter().all(|(reason, _)| *reason == Reason::Limit), "{findings:?}");
    // A condition that is late is no skip.
    let slow = "d.rows.all(a, d.rows.all(b, a + b >= 0))";
    let bounded = Budget { steps: 50, ..PATIENT };
    assert_eq!(judged(&gate(Some(slow), vec![check("c", None, "true")]), &facts(bounded)).0, Outcome::Pass);
    assert_eq!(judged(&gate(Some(slow), vec![check("c", None, slow)]), &facts(bounded)).0, Outcome::Fail);
}

#[test]
fn a_false_element_is_told_and_a_message_costs_too() {
    let told = check("told", Some("d.rows"), "it < 0");
    let (_, findings) = judged(&gate(None, vec![told.clone()]), &facts(PATIENT));
    assert_eq!(findings.len(), 26, "25 and how many more");
    assert!(findings.iter().all(|(reason, _)| *reason == Reason::Assertion));
    assert!(findings[25].1.starts_with("75 more"), "{}", findings[25].1);
    let message = vec![Piece::Expr(expr("size(d.rows.map(a, d.rows.map(b, [a, b])))"))];
    let costly = Check { message: Some(message), ..told };
    let (outcome, findings) = judged(&gate(None, vec![costly]), &facts(PATIENT));
    assert_eq!(outcome, Outcome::Fail);
    assert!(findings[0].1.contains("steps"), "{}", findings[0].1);
}

#[test]
fn bytes_are_those_of_one_element_at_a_time() {
    let made = "size('0123456789'.replace('', '0123456789')) + size(d.rows.map(x, [x, x, x])) > 0";
    let each = gate(None, vec![check("each", Some("d.rows"), made)]);
    let enough = Budget { gate_steps: 1_000_000, bytes: 32 << 10, ..PATIENT };
    assert_eq!(judged(&each, &facts(enough)), (Outcome::Pass, vec![]));
    let (outcome, findings) = judged(&each, &facts(Budget { bytes: 4 << 10, ..enough }));
    assert_eq!((outcome, findings[0].0), (Outcome::Fail, Reason::Limit));
}

/// What becomes of a gate does not depend on what others hold at the same time.
#[test]
fn a_gate_that_others_left_nothing_is_judged_alone() {
    let facts = facts(Budget { steps: 1_000_000, gate_steps: 5_000_000, bytes: 3 << 20, ..PATIENT });
    let others = facts.meter();
    let text = "x".repeat(1_000);
    let made = format!("size('{text}'.replace('x', '{text}{text}')) > 0");
    let big = gate(None, vec![check("big", None, &made)]);
    let holder = Expr::compile(&format!("'{text}'.replace('x', '{text}{text}')")).unwrap();
    let empty = Evidence { bound: BTreeMap::new(), faults: Vec::new(), records: Vec::new() };
    let scope = super::scope::GateScope { evidence: &empty, facts: &facts, host: &NoHost, it: None };
    let held = holder.eval(&scope, &others);
    assert!(held.is_ok() && others.held() > 1 << 20);
    assert_eq!(judged(&big, &facts), (Outcome::Pass, vec![]));
}

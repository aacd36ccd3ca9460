//! One bound for all expressions of a gate.

use super::sample::{NoHost, check, expr, facts, gate};
use super::{BoundFacts, GateOutcome, evaluate};
use crate::model::artifact::{Bound, Evidence};
use crate::model::finding::Reason;
use crate::model::gate::{Gate, GateCheck, Piece};
use std::collections::BTreeMap;
use tollgate_lang::cel::{Budget, Expr};
use tollgate_text::json::Json;

/// What becomes of the gate over `d = {rows: [0, 1, …, 99]}`: the outcome, and each finding.
fn judged(gate: &Gate, facts: &BoundFacts) -> (GateOutcome, Vec<(Reason, String)>) {
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
    assert_eq!(outcome, GateOutcome::Fail);
    assert_eq!(findings.len(), 1, "the elements behind the limit are not told one by one");
    assert_eq!(findings[0].0, Reason::Limit);
    assert!(findings[0].1.ends_with("the gate needs more than its 5000 steps"), "{findings:?}");
    let enough = Budget { gate_steps: 20_000, ..PATIENT };
    assert_eq!(judged(&gate(None, vec![each.clone()]), &facts(enough)), (GateOutcome::Pass, vec![]));
    // A second check has what the first left.
    let twice = vec![each.clone(), GateCheck { id: "again".into(), ..each }];
    assert_eq!(
        judged(&gate(None, twice), &facts(Budget { gate_steps: 15_000, ..PATIENT })).0,
        GateOutcome::Fail
    );
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
    let checks: Vec<GateCheck> = (0..4).map(|_| many.clone()).chain([each]).collect();
    let (outcome, findings) = judged(&gate(None, checks), &facts(late));
    assert_eq!(outcome, GateOutcome::Fail);
    assert!(findings.iter().all(|(reason, _)| *reason == Reason::Limit), "{findings:?}");
    // A condition that is late is no skip.
    let slow = "d.rows.all(a, d.rows.all(b, a + b >= 0))";
    let bounded = Budget { steps: 50, ..PATIENT };
    assert_eq!(
        judged(&gate(Some(slow), vec![check("c", None, "true")]), &facts(bounded)).0,
        GateOutcome::Pass
    );
    assert_eq!(judged(&gate(Some(slow), vec![check("c", None, slow)]), &facts(bounded)).0, GateOutcome::Fail);
}

#[test]
fn a_false_element_is_told_and_a_message_costs_too() {
    let told = check("told", Some("d.rows"), "it < 0");
    let (_, findings) = judged(&gate(None, vec![told.clone()]), &facts(PATIENT));
    assert_eq!(findings.len(), 26, "25 and how many more");
    assert!(findings.iter().all(|(reason, _)| *reason == Reason::Assertion));
    assert!(findings[25].1.starts_with("75 more"), "{}", findings[25].1);
    let message = vec![Piece::Expr(expr("size(d.rows.map(a, d.rows.map(b, [a, b])))"))];
    let costly = GateCheck { message: Some(message), ..told };
    let (outcome, findings) = judged(&gate(None, vec![costly]), &facts(PATIENT));
    assert_eq!(outcome, GateOutcome::Fail);
    assert!(findings[0].1.contains("steps"), "{}", findings[0].1);
}

#[test]
fn bytes_are_those_of_one_element_at_a_time() {
    let made = "size('0123456789'.replace('', '0123456789')) + size(d.rows.map(x, [x, x, x])) > 0";
    let each = gate(None, vec![check("each", Some("d.rows"), made)]);
    let enough = Budget { gate_steps: 1_000_000, bytes: 32 << 10, ..PATIENT };
    assert_eq!(judged(&each, &facts(enough)), (GateOutcome::Pass, vec![]));
    let (outcome, findings) = judged(&each, &facts(Budget { bytes: 4 << 10, ..enough }));
    assert_eq!((outcome, findings[0].0), (GateOutcome::Fail, Reason::Limit));
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
    assert_eq!(judged(&big, &facts), (GateOutcome::Pass, vec![]));
    // The pool is that of the budget: beside what is held, nobody gets as much again.
    let second = facts.meter();
    let refused = holder.eval(&scope, &second).unwrap_err();
    assert_eq!(refused.message(), "the gates judged at once hold too much together");
    assert!(second.is_contended());
}

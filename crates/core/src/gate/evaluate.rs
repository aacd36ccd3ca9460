//! One gate: does it apply, is its evidence sound, which checks are true.

use super::check;
use super::scope::{BoundFacts, GateScope};
use super::spell;
use crate::model::artifact::Evidence;
use crate::model::finding::{Finding, Reason};
use crate::model::gate::{Gate, GateCheck};
use tollgate_lang::cel::{Host, Meter, Value};

/// What became of a gate, before waivers and lanes have their say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateOutcome {
    /// Sound evidence, every check true.
    Pass,
    /// At least one finding.
    Fail,
    /// `applies_when` is false, or nothing was there to judge: no check applied.
    NotApplicable,
}

/// A judged gate.
#[derive(Debug, Clone)]
pub struct JudgedGate {
    /// What became of it.
    pub outcome: GateOutcome,
    /// Why it did not pass: the first of its findings' reasons, in the order of `Reason`.
    pub reason: Option<Reason>,
    /// One sentence.
    pub detail: String,
    /// Faults of the evidence first, then the checks' in file order.
    pub findings: Vec<Finding>,
}

/// Judges a gate. Never panics and never passes on an error: what cannot be evaluated is a finding. One bound of steps, bytes
/// and time holds for all its expressions together.
pub fn evaluate(gate: &Gate, evidence: &Evidence<'_>, facts: &BoundFacts, host: &dyn Host) -> JudgedGate {
    let meter = facts.meter();
    let judged = within(gate, evidence, facts, host, &meter);
    if !meter.is_contended() {
        return judged;
    }
    // Other gates held what this one may hold. What becomes of a gate must not depend on which ones run beside it.
    drop(meter);
    let (_turn, meter) = facts.meter_alone();
    within(gate, evidence, facts, host, &meter)
}

fn within(
    gate: &Gate,
    evidence: &Evidence<'_>,
    facts: &BoundFacts,
    host: &dyn Host,
    meter: &Meter,
) -> JudgedGate {
    let scope = GateScope { evidence, facts, host, it: None };
    if let Some(condition) = &gate.applies_when {
        // An error here is no skip: the gate is judged. What reads evidence with a fault, as stale evidence, is such an error.
        let sound = sound(evidence);
        let scope = GateScope { evidence: &sound, facts, host, it: None };
        if let Ok(Value::Bool(false)) = condition.eval(&scope, meter) {
            return not_applicable(spell::one_line(condition));
        }
    }
    let mut findings = evidence.faults.clone();
    let (mut applied, mut idle, mut untold) = (0, 0, 0);
    for check in &gate.checks {
        if let Some(unbound) = unbound_artifact(gate, check, evidence) {
            // Expressions run only over sound evidence. The fault is a finding already, unless nothing said why.
            if evidence.faults.iter().all(|f| f.artifact.as_deref() != Some(unbound)) {
                let why = format!("the artifact `{unbound}` was not read, so `{}` was not judged", check.id);
                findings
                    .push(Finding { check: Some(check.id.clone()), ..Finding::new(Reason::Missing, why) });
            }
            continue;
        }
        if run_at_fault(gate, evidence)
            && names(check).any(|n| OF_THE_RUN.contains(&n) && facts.is_unknown(n))
        {
            // What is made of the run cannot be known either: the fault is a finding already.
            continue;
        }
        let ended = check::judge(gate, check, &scope, meter, &mut findings);
        match ended.applied {
            true => applied += 1,
            false => idle += 1,
        }
        // The finding that counts them is none of them.
        untold += ended.left_out.saturating_sub(1);
    }
    if let Some(why) = nothing_judged(evidence, &findings, applied, idle) {
        return not_applicable(why.into());
    }
    let Some(reason) = findings.iter().map(|f| f.reason).min() else {
        let idle = if idle == 0 { String::new() } else { format!(" ({idle} did not apply)") };
        let artifacts = count(evidence.records.len(), "artifact");
        let detail = format!("{} true over {artifacts}{idle}", count(applied, "check"));
        return JudgedGate { outcome: GateOutcome::Pass, reason: None, detail, findings };
    };
    let first = findings.iter().find(|f| f.reason == reason).map(Finding::headline).unwrap_or_default();
    let detail = match findings.len() + untold {
        1 => first,
        n => format!("{first} (and {} more)", n - 1),
    };
    JudgedGate { outcome: GateOutcome::Fail, reason: Some(reason), detail, findings }
}

fn not_applicable(detail: String) -> JudgedGate {
    JudgedGate {
        outcome: GateOutcome::NotApplicable,
        reason: Some(Reason::NotApplicable),
        detail,
        findings: Vec::new(),
    }
}

/// Why a gate in which nothing is wrong has judged nothing, where it has not.
fn nothing_judged(
    evidence: &Evidence<'_>,
    findings: &[Finding],
    applied: usize,
    idle: usize,
) -> Option<&'static str> {
    match (findings.is_empty() && applied == 0, idle) {
        (false, _) => None,
        (true, 1..) => Some("no check applied: every `when` was false"),
        // Without checks a gate holds its artifacts to their schemas: those that are there.
        (true, 0) => evidence
            .records
            .iter()
            .all(|record| record.sha256.is_none())
            .then_some("nothing was judged: no artifact is there"),
    }
}

/// The evidence without the artifacts that have a fault: a name that is not bound is an error where it is read, and none where it is not.
fn sound<'e>(evidence: &Evidence<'e>) -> Evidence<'e> {
    let has_fault = |name: &String| evidence.faults.iter().any(|f| f.artifact.as_ref() == Some(name));
    let bound = evidence.bound.iter().filter(|(name, _)| !has_fault(name));
    let bound = bound.map(|(name, bound)| (name.clone(), *bound)).collect();
    Evidence { bound, faults: Vec::new(), records: Vec::new() }
}

/// Facts that are made of the run judged.
const OF_THE_RUN: [&str; 2] = ["run_gaps", "run_failures"];

/// Whether something of the run judged is at fault. A fault of other evidence tells nothing of the run, and excuses no check of it.
fn run_at_fault(gate: &Gate, evidence: &Evidence<'_>) -> bool {
    let of_run = |name: &String| {
        gate.artifacts.get(name).is_some_and(|spec| spec.paths.iter().any(|path| path.starts_with("{run}")))
    };
    evidence.faults.iter().any(|fault| fault.artifact.as_ref().is_some_and(of_run))
}

/// Every name that the check decides by.
fn names(check: &GateCheck) -> impl Iterator<Item = &str> {
    check.when.iter().chain(&check.for_each).chain([&check.assert]).flat_map(|expr| expr.names())
}

/// The first artifact that the check reads and that is not bound.
fn unbound_artifact<'g>(gate: &'g Gate, check: &GateCheck, evidence: &Evidence<'_>) -> Option<&'g str> {
    let expressions = || check.when.iter().chain(&check.for_each).chain(std::iter::once(&check.assert));
    gate.artifacts
        .keys()
        .find(|name| !evidence.bound.contains_key(*name) && expressions().any(|e| e.mentions(name)))
        .map(String::as_str)
}

fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{AMPLE, Ground, NoHost, check, expr, facts, gate_of};
    use super::*;
    use crate::model::gate::GateCheck;
    use serde_json::json;

    fn judged(gate: &Gate, ground: &Ground) -> JudgedGate {
        evaluate(gate, &ground.evidence(), &facts(AMPLE), &NoHost)
    }

    /// Outcome, reason and detail of a gate over `doc` and `other`.
    fn of(checks: Vec<GateCheck>, ground: &Ground) -> (GateOutcome, Option<Reason>, String) {
        let judged = judged(&gate_of(&["doc", "other"], None, checks), ground);
        (judged.outcome, judged.reason, judged.detail)
    }

    fn document() -> Ground {
        Ground::default().document("doc", json!({"n": 1, "off": false}))
    }

    fn when(when: &str, id: &str, assert: &str) -> GateCheck {
        GateCheck { when: Some(expr(when)), ..check(id, None, assert) }
    }

    fn stale(artifact: &str) -> Finding {
        Finding {
            artifact: Some(artifact.into()),
            ..Finding::new(Reason::Stale, format!("{artifact} is old"))
        }
    }

    #[test]
    fn a_passing_gate_counts_what_it_judged() {
        let yes = |id: &str| check(id, None, "doc.n == 1");
        let pass = |detail: &str| (GateOutcome::Pass, None, detail.to_string());
        assert_eq!(of(vec![yes("a")], &document()), pass("1 check true over 1 artifact"));
        assert_eq!(
            of(vec![yes("a"), yes("b")], &document().document("other", json!(1))),
            pass("2 checks true over 2 artifacts")
        );
        let idle = |id: &str| when("doc.off", id, "false");
        assert_eq!(
            of(vec![idle("a"), yes("b"), idle("c")], &document().absent("other")),
            pass("1 check true over 2 artifacts (2 did not apply)")
        );
        assert_eq!(
            of(vec![yes("a"), idle("b")], &document()),
            pass("1 check true over 1 artifact (1 did not apply)")
        );
        assert_eq!(
            of(vec![check("a", None, "1 == 1")], &Ground::default()),
            pass("1 check true over 0 artifacts")
        );
        // Without checks the schemas are all that is asked, of what is there.
        assert_eq!(of(vec![], &document()), pass("0 checks true over 1 artifact"));
        assert_eq!(of(vec![], &document().absent("other")), pass("0 checks true over 2 artifacts"));
    }

    #[test]
    fn a_gate_that_judged_nothing_did_not_pass() {
        let skip =
            |detail: &str| (GateOutcome::NotApplicable, Some(Reason::NotApplicable), detail.to_string());
        let idle = |id: &str| when("doc.off", id, "false");
        let none = skip("no check applied: every `when` was false");
        assert_eq!(of(vec![idle("a")], &document()), none);
        assert_eq!(of(vec![idle("a"), idle("b")], &document()), none);
        let absent = skip("nothing was judged: no artifact is there");
        assert_eq!(of(vec![], &Ground::default()), absent);
        assert_eq!(of(vec![], &Ground::default().absent("doc").absent("other")), absent);
        // A fault is something to say, whatever applied.
        for checks in [vec![], vec![idle("a")]] {
            let found = of(checks, &document().fault(stale("doc")));
            assert_eq!(found, (GateOutcome::Fail, Some(Reason::Stale), "doc is old".into()));
        }
    }

    #[test]
    fn a_condition_that_is_false_is_a_skip_and_says_which() {
        let gate = |condition: &str| {
            gate_of(&["doc", "other"], Some(condition), vec![check("a", None, "doc.n == 2")])
        };
        let found = judged(&gate("doc.n ==\n  2"), &document());
        assert_eq!(
            (found.outcome, found.reason, found.detail.as_str(), found.findings),
            (GateOutcome::NotApplicable, Some(Reason::NotApplicable), "doc.n == 2", vec![])
        );
        // Neither an error nor what is no boolean skips.
        for condition in ["doc.n == 1", "doc.n", "doc.gone == 1", "null"] {
            assert_eq!(judged(&gate(condition), &document()).outcome, GateOutcome::Fail, "{condition}");
        }
        // What is stale decides nothing, and beside it what is sound does.
        let faulty = |artifact: &str| judged(&gate("doc.n == 2"), &document().fault(stale(artifact))).outcome;
        assert_eq!((faulty("doc"), faulty("other")), (GateOutcome::Fail, GateOutcome::NotApplicable));
    }

    #[test]
    fn what_is_made_of_the_run_is_excused_by_a_fault_of_the_run_alone() {
        let checks = || vec![check("whole", None, "size(run_gaps) == 0")];
        let mut gate = gate_of(&["doc", "other"], None, checks());
        gate.artifacts.get_mut("other").unwrap().paths = vec!["{run}/summary.json".into()];
        let mut unknown = facts(AMPLE);
        unknown.bind("run_gaps", Err("nobody knows".into()));
        let reasons = |fault: Option<&str>| -> Vec<Reason> {
            let ground = fault.into_iter().fold(document(), |ground, of| ground.fault(stale(of)));
            let judged = evaluate(&gate, &ground.evidence(), &unknown, &NoHost);
            judged.findings.iter().map(|finding| finding.reason).collect()
        };
        assert_eq!(reasons(None), [Reason::Expression]);
        assert_eq!(reasons(Some("other")), [Reason::Stale]);
        // A waiver of what is stale beside the run must not let the run go with it.
        assert_eq!(reasons(Some("doc")), [Reason::Stale, Reason::Expression]);
    }

    #[test]
    fn what_was_not_read_is_said_once() {
        let unread = |text: &str| {
            let why = format!("the artifact `other` was not read, so `{text}` was not judged");
            Finding { check: Some(text.into()), ..Finding::new(Reason::Missing, why) }
        };
        let each = GateCheck { for_each: Some(expr("other")), ..check("list", None, "true") };
        let checks = vec![
            check("ok", None, "doc.n == 1"),
            check("assert", None, "doc.n == other.n"),
            each,
            when("other.on", "when", "true"),
        ];
        let gate = gate_of(&["doc", "other"], None, checks);
        let found = judged(&gate, &document());
        assert_eq!(found.findings, [unread("assert"), unread("list"), unread("when")]);
        assert_eq!((found.outcome, found.reason), (GateOutcome::Fail, Some(Reason::Missing)));
        assert_eq!(
            found.detail,
            "the artifact `other` was not read, so `assert` was not judged (and 2 more)"
        );
        // Where a fault of that artifact says why, it is enough; one of another is not.
        let missing = Finding { artifact: Some("other".into()), ..Finding::new(Reason::Missing, "gone") };
        let found = judged(&gate, &document().fault(missing.clone()));
        assert_eq!((found.findings, found.detail.as_str()), (vec![missing], "gone"));
        let found = judged(&gate, &document().fault(stale("doc")));
        assert_eq!(found.findings.len(), 4);
        assert_eq!((found.findings[0].reason, found.findings[3].clone()), (Reason::Stale, unread("when")));
        // An optional one that is not there was read: it is null.
        let found = judged(&gate_of(&["other"], None, vec![check("a", None, "other == null")]), &{
            Ground::default().absent("other")
        });
        assert_eq!((found.outcome, found.findings), (GateOutcome::Pass, vec![]));
    }

    #[test]
    fn the_reason_is_the_first_in_order_and_its_message_leads() {
        let checks =
            vec![check("a", None, "doc.n == 2"), check("b", None, "doc.n"), check("c", None, "doc.n == 3")];
        let gate = gate_of(&["doc"], None, checks);
        let found = judged(&gate, &document());
        let reasons: Vec<_> = found.findings.iter().map(|f| f.reason).collect();
        assert_eq!(reasons, [Reason::Assertion, Reason::Expression, Reason::Assertion]);
        assert_eq!(found.reason, Some(Reason::Expression));
        assert_eq!(found.detail, "`doc.n` is 1, not true or false (and 2 more)");
        let found = judged(&gate, &document().fault(stale("doc")));
        assert_eq!((found.reason, found.findings.len()), (Some(Reason::Stale), 4));
        assert_eq!(found.detail, "doc is old (and 3 more)");
        assert_eq!(found.findings[0], stale("doc"));
    }
}

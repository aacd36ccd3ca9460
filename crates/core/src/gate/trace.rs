//! Which fields of its evidence a gate's decisions look at: what `prove` must alter.

use super::scope::{BoundFacts, GateScope};
use crate::model::artifact::{Bound, Evidence};
use crate::model::gate::{Gate, GateCheck};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use tollgate_lang::cel::{Budget, Expr, Host, Meter, Reads, Value, stopped};
use tollgate_text::json::Json;

/// What a gate looked at.
#[derive(Debug, Clone, Default)]
pub struct FieldReads {
    /// Artifact name -> RFC 6901 pointers into its document.
    pub documents: BTreeMap<String, BTreeSet<String>>,
    /// Jsonl artifact name -> line number (from 1) -> pointers into that line.
    pub lines: BTreeMap<String, BTreeMap<u64, BTreeSet<String>>>,
}

/// Evaluates every deciding expression of the gate and notes what it looks at, its messages left out.
pub fn trace(gate: &Gate, evidence: &Evidence<'_>, facts: &BoundFacts, host: &dyn Host) -> FieldReads {
    let scope = GateScope { evidence, facts, host, it: None };
    let mut reads = Reads::default();
    let mut looked = FieldReads::default();
    let meter = Meter::alone(&each_alone(), stopped);
    let tracer = Tracer { meter: &meter };
    if let Some(condition) = &gate.applies_when {
        tracer.look(condition, &scope, &mut reads);
    }
    for check in &gate.checks {
        match &check.for_each {
            None => tracer.element(check, &scope, &mut reads),
            Some(list) => tracer.each(check, list, &scope, &mut reads, &mut looked),
        }
        meter.release(0);
    }
    for (name, bound) in &evidence.bound {
        let pointers = match bound {
            Bound::Doc(document) => reads.pointers_in(document),
            Bound::Lines(lines) => {
                // Read as a list in an expression: its pointers begin with the line's index.
                let listed = lines.list().map_or(BTreeSet::new(), |list| reads.pointers_in(list));
                for pointer in listed {
                    let mut parts = pointer.splitn(3, '/').skip(1);
                    let Some(index) = parts.next().and_then(|i| i.parse::<u64>().ok()) else { continue };
                    let below = parts.next().map_or(String::new(), |rest| format!("/{rest}"));
                    looked.lines.entry(name.clone()).or_default().entry(index + 1).or_default().insert(below);
                }
                continue;
            }
            Bound::Absent => continue,
        };
        looked.documents.insert(name.clone(), pointers);
    }
    looked
}

/// The gate was judged within its bounds; here only each expression is held to them, so that nothing is left out.
fn each_alone() -> Budget {
    Budget { gate_steps: u64::MAX, seconds: u64::MAX, ..Budget::default() }
}

struct Tracer<'m> {
    meter: &'m Meter,
}

impl Tracer<'_> {
    fn look<'s>(&self, expr: &'s Expr, scope: &GateScope<'s>, reads: &mut Reads) -> Option<Value<'s>> {
        expr.eval_noted(scope, self.meter, reads).ok()
    }

    fn element(&self, check: &GateCheck, scope: &GateScope<'_>, reads: &mut Reads) {
        let held = self.meter.held();
        let wanted = match &check.when {
            Some(when) => matches!(self.look(when, scope, reads), Some(Value::Bool(true))),
            None => true,
        };
        if wanted {
            self.look(&check.assert, scope, reads);
        }
        self.meter.release(held);
    }

    fn each(
        &self,
        check: &GateCheck,
        list: &Expr,
        scope: &GateScope<'_>,
        reads: &mut Reads,
        looked: &mut FieldReads,
    ) {
        if let Some(Bound::Lines(lines)) = scope.evidence.bound.get(list.text()) {
            let count = lines.count();
            let wanted: BTreeSet<u64> =
                [1, count / 2 + 1, count].into_iter().filter(|n| (1..=count).contains(n)).collect();
            let found = looked.lines.entry(list.text().to_string()).or_default();
            // An error here is one of the gate's own evaluation too, which reports it.
            let _ = lines.each(&mut |number, document| {
                if wanted.contains(&number) {
                    found.entry(number).or_default().extend(self.line(check, scope, document));
                }
                ControlFlow::Continue(())
            });
            return;
        }
        let Some(value) = self.look(list, scope, reads) else { return };
        if let Value::Json(json) = &value {
            reads.note(json);
            match json {
                Json::Array(items) => items.iter().for_each(|item| reads.note(item)),
                Json::Object(members) => members.iter().for_each(|(_, member)| reads.note(member)),
                _ => {}
            }
        }
        for it in value.elements().into_iter().flatten() {
            self.element(check, &GateScope { it: Some(it), ..scope.clone() }, reads);
        }
    }

    fn line<'s>(
        &self,
        check: &'s GateCheck,
        scope: &'s GateScope<'s>,
        document: &'s Json<'s>,
    ) -> BTreeSet<String> {
        let mut reads = Reads::default();
        let it = Some(Value::from_json(document));
        self.element(check, &GateScope { it, ..scope.clone() }, &mut reads);
        reads.pointers_in(document)
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{AMPLE, Ground, NoHost, check, expr, facts, gate_of};
    use super::*;
    use serde_json::json;

    fn looked(applies_when: Option<&str>, checks: Vec<GateCheck>, ground: &Ground) -> FieldReads {
        let gate = gate_of(&["doc", "log", "extra"], applies_when, checks);
        trace(&gate, &ground.evidence(), &facts(AMPLE), &NoHost)
    }

    fn set(pointers: &[&str]) -> BTreeSet<String> {
        pointers.iter().map(|pointer| pointer.to_string()).collect()
    }

    /// What is looked at of `doc`.
    fn of_document(applies_when: Option<&str>, checks: Vec<GateCheck>) -> BTreeSet<String> {
        let value = json!({"n": 1, "on": true, "rows": [{"x": 1, "y": 2}, {"x": 3, "y": 4}], "flat": [1, 2],
                           "by": {"a": 1, "b": 2}, "maps": {"a": {"x": 1}}});
        let mut looked = looked(applies_when, checks, &Ground::default().document("doc", value));
        assert!(looked.lines.is_empty());
        assert_eq!(looked.documents.len(), 1);
        looked.documents.remove("doc").unwrap()
    }

    #[test]
    fn what_decides_is_noted_and_messages_are_not() {
        use crate::model::gate::Piece;
        let of = |assert: &str| of_document(None, vec![check("c", None, assert)]);
        assert_eq!(of("doc.n == 1"), set(&["/n"]));
        assert_eq!(of("doc.rows[1].x == 1"), set(&["/rows", "/rows/1", "/rows/1/x"]));
        assert_eq!(of("1 == 1"), set(&[]));
        assert_eq!(of_document(Some("doc.on"), vec![]), set(&["/on"]));
        let message = Some(vec![Piece::Expr(expr("doc.n"))]);
        let told = GateCheck { message, ..check("c", None, "doc.on == false") };
        assert_eq!(of_document(None, vec![told]), set(&["/on"]));
    }

    #[test]
    fn behind_a_condition_that_is_false_nothing_is_looked_at() {
        let when = |when: &str| {
            of_document(None, vec![GateCheck { when: Some(expr(when)), ..check("c", None, "doc.n == 1") }])
        };
        assert_eq!(when("doc.on"), set(&["/n", "/on"]));
        assert_eq!(when("!doc.on"), set(&["/on"]));
        assert_eq!(when("doc.on && doc.gone"), set(&["/on"]));
    }

    #[test]
    fn of_a_list_each_element_is_noted() {
        let each = |list: &str, assert: &str| of_document(None, vec![check("c", Some(list), assert)]);
        assert_eq!(
            each("doc.rows", "it.x > 0"),
            set(&["/rows", "/rows/0", "/rows/0/x", "/rows/1", "/rows/1/x"])
        );
        // Scalars that are used without a look into them, and members of a map.
        assert_eq!(each("doc.flat", "it > 0"), set(&["/flat", "/flat/0", "/flat/1"]));
        assert_eq!(each("doc.by", "it.value > 0"), set(&["/by", "/by/a", "/by/b"]));
        assert_eq!(each("doc.maps", "it.value.x > 0"), set(&["/maps", "/maps/a", "/maps/a/x"]));
        assert_eq!(each("doc.gone", "it > 0"), set(&[]));
        // A document that is the list is itself looked at.
        let ground = Ground::default().document("doc", json!([1]));
        let whole = looked(None, vec![check("c", Some("doc"), "it > 0")], &ground);
        assert_eq!(whole.documents["doc"], set(&["", "/0"]));
    }

    #[test]
    fn of_lines_the_first_the_middle_and_the_last_are_noted() {
        let of = |count: u64| {
            let rows: Vec<_> = (0..count).map(|n| json!({"n": n, "m": n})).collect();
            let ground = Ground::default().lines("log", &rows);
            let looked = looked(None, vec![check("c", Some("log"), "it.n >= 0")], &ground);
            assert!(looked.documents.is_empty());
            looked.lines["log"].clone()
        };
        let lines = |numbers: &[u64]| -> BTreeMap<u64, BTreeSet<String>> {
            numbers.iter().map(|number| (*number, set(&["/n"]))).collect()
        };
        for (count, wanted) in [
            (0, &[][..]),
            (1, &[1]),
            (2, &[1, 2]),
            (3, &[1, 2, 3]),
            (4, &[1, 3, 4]),
            (10, &[1, 6, 10]),
            (11, &[1, 6, 11]),
        ] {
            assert_eq!(of(count), lines(wanted), "{count}");
        }
    }

    #[test]
    fn lines_that_an_expression_reads_are_noted_by_number() {
        let ground = Ground::default().lines("log", &[json!({"n": {"m": 1}}), json!({"n": 2}), json!(3)]);
        let of = |assert: &str| looked(None, vec![check("c", None, assert)], &ground).lines;
        let wanted = BTreeMap::from([(1, set(&["", "/n", "/n/m"]))]);
        assert_eq!(of("log[0].n.m == 1"), BTreeMap::from([("log".to_string(), wanted)]));
        let wanted = BTreeMap::from([(2, set(&["", "/n"])), (3, set(&[""]))]);
        assert_eq!(of("log[1].n == log[2]"), BTreeMap::from([("log".to_string(), wanted)]));
        assert_eq!(of("size(log) == 3"), BTreeMap::new());
    }

    #[test]
    fn what_is_not_there_is_not_looked_at() {
        let ground = Ground::default().absent("extra").document("doc", json!(1));
        let looked = looked(None, vec![check("c", None, "extra == null")], &ground);
        assert_eq!(looked.documents, BTreeMap::from([("doc".to_string(), set(&[]))]));
        assert_eq!(looked.lines, BTreeMap::new());
    }

    #[test]
    fn a_gate_as_a_whole_has_no_bound_here_and_an_expression_has_its_own() {
        let (budget, usual) = (each_alone(), Budget::default());
        assert_eq!((budget.gate_steps, budget.seconds), (u64::MAX, u64::MAX));
        assert_eq!((budget.steps, budget.bytes), (usual.steps, usual.bytes));
    }
}

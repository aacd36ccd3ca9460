//! Which fields of its evidence a gate's decisions look at: what `prove` must alter.

use super::scope::{Facts, GateScope};
use crate::base::json::Json;
use crate::lang::cel::{Budget, Expr, Host, Meter, Reads, Value};
use crate::model::artifact::{Bound, Evidence};
use crate::model::gate::{Check, Gate};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// What a gate looked at.
#[derive(Debug, Clone, Default)]
pub struct Looked {
    /// Artifact name -> RFC 6901 pointers into its document.
    pub documents: BTreeMap<String, BTreeSet<String>>,
    /// Jsonl artifact name -> line number (from 1) -> pointers into that line.
    pub lines: BTreeMap<String, BTreeMap<u64, BTreeSet<String>>>,
}

/// Evaluates every deciding expression of the gate and notes what it looks at, its messages left out.
pub fn trace(gate: &Gate, evidence: &Evidence<'_>, facts: &Facts, host: &dyn Host) -> Looked {
    let scope = GateScope { evidence, facts, host, it: None };
    let mut reads = Reads::default();
    let mut looked = Looked::default();
    // The gate was judged within its bounds; here only each expression is held to them, so that nothing is left out.
    let meter = Meter::alone(&Budget { gate_steps: u64::MAX, seconds: u64::MAX, ..Budget::default() });
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

struct Tracer<'m> {
    meter: &'m Meter,
}

impl Tracer<'_> {
    fn look<'s>(&self, expr: &'s Expr, scope: &GateScope<'s>, reads: &mut Reads) -> Option<Value<'s>> {
        expr.eval_noted(scope, self.meter, reads).ok()
    }

    fn element(&self, check: &Check, scope: &GateScope<'_>, reads: &mut Reads) {
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
        check: &Check,
        list: &Expr,
        scope: &GateScope<'_>,
        reads: &mut Reads,
        looked: &mut Looked,
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
        check: &'s Check,
        scope: &'s GateScope<'s>,
        document: &'s Json<'s>,
    ) -> BTreeSet<String> {
        let mut reads = Reads::default();
        let it = Some(Value::from_json(document));
        self.element(check, &GateScope { it, ..scope.clone() }, &mut reads);
        reads.pointers_in(document)
    }
}

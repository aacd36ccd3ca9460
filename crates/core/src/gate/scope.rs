//! The names that an expression of a gate can use.

use crate::model::artifact::{Bound, Evidence};
use crate::model::gate::Region;
use crate::model::waiver::{EntryKind, WaiverEntry};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tollgate_lang::cel::{Budget, Clock, EvalError, Host, Meter, Pool, Scope, Value};
use tollgate_text::json::Json;
use tollgate_text::time::Now;

/// Everything but the artifacts that is bound in an expression, built once an invocation.
pub struct BoundFacts {
    /// The moment judged at.
    now: Now,
    /// Name -> value, or why it cannot be known.
    values: BTreeMap<&'static str, Result<Json<'static>, String>>,
    /// (kind, id) -> where a waiver or quarantine entry stands.
    places: BTreeMap<(EntryKind, String), Region>,
    /// By which the time of a gate is held to its bound.
    clock: Clock,
    /// What one gate may cost.
    budget: Budget,
    /// What the expressions of all gates that are judged at the same time may hold.
    pool: Arc<Pool>,
    /// Held by the gate that is judged again because the others held the pool.
    alone: Mutex<()>,
}

impl BoundFacts {
    /// Facts of this moment, none bound yet.
    pub fn new(now: Now, clock: Clock) -> Self {
        let budget = Budget::default();
        let pool = Arc::new(Pool::new(budget.bytes));
        let (values, places) = (BTreeMap::new(), BTreeMap::new());
        BoundFacts { now, clock, values, places, budget, pool, alone: Mutex::default() }
    }

    /// The same facts, with other bounds for each gate, and for all of them together the bytes of one.
    pub fn within(self, budget: Budget) -> Self {
        BoundFacts { budget, pool: Arc::new(Pool::new(budget.bytes)), ..self }
    }

    /// What a gate may cost that is judged beside others.
    pub(super) fn meter(&self) -> Meter {
        Meter::new(&self.budget, &self.pool, self.clock)
    }

    /// What a gate may cost that is judged again because of what others held: it waits for its turn, so that all gates
    /// together hold at most twice what one may.
    pub(super) fn meter_alone(&self) -> (MutexGuard<'_, ()>, Meter) {
        let turn = self.alone.lock().unwrap_or_else(PoisonError::into_inner);
        (turn, Meter::alone(&self.budget, self.clock))
    }

    /// Binds `name`; an `Err` makes every expression that reads it an error.
    pub fn bind(&mut self, name: &'static str, value: Result<serde_json::Value, String>) {
        self.values.insert(name, value.map(|v| Json::from_value(&v)));
    }

    /// Binds `waivers` and `quarantines` to these entries, each with its fields, and remembers where they stand.
    pub fn bind_entries(&mut self, waivers: &[WaiverEntry], quarantines: &[WaiverEntry]) {
        for (name, entries) in [("waivers", waivers), ("quarantines", quarantines)] {
            let list = serde_json::to_value(entries).map_err(|e| e.to_string());
            self.bind(name, list);
            for entry in entries {
                if let Some(region) = &entry.region {
                    self.places.insert((entry.kind, entry.id.clone()), region.clone());
                }
            }
        }
    }

    /// Whether `name` is bound to something that cannot be known.
    pub(super) fn is_unknown(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(Result::is_err)
    }

    /// Where the entry of this kind and id stands.
    pub fn place_of(&self, kind: EntryKind, id: &str) -> Option<&Region> {
        self.places.get(&(kind, id.to_string()))
    }

    /// The moment judged at.
    pub fn now(&self) -> Now {
        self.now
    }
}

/// A gate's artifacts, the facts, and inside `for_each` the element.
#[derive(Clone)]
pub struct GateScope<'s> {
    /// The gate's evidence.
    pub evidence: &'s Evidence<'s>,
    /// Everything else.
    pub facts: &'s BoundFacts,
    /// The workspace.
    pub host: &'s dyn Host,
    /// `it`
    pub it: Option<Value<'s>>,
}

impl<'s> Scope<'s> for GateScope<'s> {
    fn variable(&self, name: &str) -> Option<Result<Value<'s>, EvalError>> {
        if name == "it" {
            return self.it.clone().map(Ok);
        }
        if let Some(bound) = self.evidence.bound.get(name) {
            return Some(match *bound {
                Bound::Doc(json) => Ok(Value::from_json(json)),
                Bound::Absent => Ok(Value::Null),
                Bound::Lines(lines) => lines.list().map(Value::from_json).map_err(EvalError::Limit),
            });
        }
        if name == "now" {
            return Some(Ok(Value::Time(self.facts.now.time())));
        }
        self.facts.values.get(name).map(|value| match value {
            Ok(json) => Ok(Value::from_json(json)),
            Err(why) => Err(EvalError::Expression(why.clone())),
        })
    }

    fn host(&self) -> &dyn Host {
        self.host
    }

    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.facts.now.time()
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{AMPLE, Ground, NoHost, entry, facts, region};
    use super::*;
    use crate::model::waiver::EntryState;
    use serde_json::json;
    use tollgate_lang::cel::Expr;

    /// The value of an expression as text, or its error.
    fn value(
        text: &str,
        ground: &Ground,
        facts: &BoundFacts,
        it: Option<Value<'_>>,
    ) -> Result<String, EvalError> {
        let (evidence, expr) = (ground.evidence(), Expr::compile(text).unwrap());
        let scope = GateScope { evidence: &evidence, facts, host: &NoHost, it };
        expr.eval(&scope, &facts.meter()).map(|value| value.quoted())
    }

    #[test]
    fn a_name_is_an_artifact_or_a_fact_or_the_element_or_nothing() {
        let mut facts = facts(AMPLE);
        facts.bind("lane", Ok(json!("full")));
        facts.bind("run_gaps", Err("it cannot be looked at".into()));
        let ground = Ground::default()
            .document("doc", json!({"n": 1}))
            .lines("log", &[json!(1), json!(2)])
            .absent("extra");
        let of = |text: &str| value(text, &ground, &facts, None);
        let is = |text: &str, wanted: &str| assert_eq!(of(text), Ok(wanted.to_string()), "{text}");
        is("doc.n", "1");
        is("log", "[1, 2]");
        is("extra", "null");
        is("lane", "\"full\"");
        is("now", "timestamp(\"2026-11-20T12:00:00Z\")");
        assert_eq!(value("it", &ground, &facts, Some(Value::Int(7))), Ok("7".into()));
        assert_eq!(of("run_gaps"), Err(EvalError::Expression("it cannot be looked at".into())));
        assert_eq!(
            value("log", &ground.vast("log"), &facts, None),
            Err(EvalError::Limit("it is too large".into()))
        );
        for unknown in ["it", "nothing", "mode"] {
            assert!(matches!(
                value(unknown, &Ground::default(), &facts, None),
                Err(EvalError::Expression(_))
            ));
        }
    }

    #[test]
    fn the_moment_is_the_one_given() {
        let facts = facts(AMPLE);
        assert_eq!(facts.now().rfc3339(), "2026-11-20T12:00:00Z");
        let empty = Ground::default();
        let evidence = empty.evidence();
        let scope = GateScope { evidence: &evidence, facts: &facts, host: &NoHost, it: None };
        assert_eq!(scope.now(), facts.now().time());
    }

    #[test]
    fn entries_are_bound_by_kind_and_found_by_kind_and_id() {
        let mut facts = facts(AMPLE);
        let waiver = entry(EntryKind::Waiver, "g", EntryState::Active, Some(region(3, 1)));
        let lost = entry(EntryKind::Waiver, "h", EntryState::Active, None);
        let quarantine = entry(EntryKind::Quarantine, "g", EntryState::Expired, Some(region(9, 1)));
        facts.bind_entries(&[waiver, lost], &[quarantine]);
        let place = |kind, id: &str| facts.place_of(kind, id).cloned();
        assert_eq!(place(EntryKind::Waiver, "g"), Some(region(3, 1)));
        assert_eq!(place(EntryKind::Quarantine, "g"), Some(region(9, 1)));
        assert_eq!(place(EntryKind::Waiver, "h"), None);
        assert_eq!(place(EntryKind::Quarantine, "h"), None);
        let of = |text: &str| value(text, &Ground::default(), &facts, None).unwrap();
        assert_eq!(of("waivers.map(w, w.id + ' ' + w.state)"), "[\"g active\", \"h active\"]");
        assert_eq!(of("quarantines.map(q, q.id + ' ' + q.state)"), "[\"g expired\"]");
    }
}

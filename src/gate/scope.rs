//! The names that an expression of a gate can use.

use crate::base::clock::Now;
use crate::base::json::Json;
use crate::lang::cel::{EvalError, Host, Scope, Value};
use crate::model::artifact::{Bound, Evidence};
use crate::model::gate::Region;
use crate::model::waiver::{Entry, Kind};
use std::collections::BTreeMap;

/// Everything but the artifacts that is bound in an expression, built once an invocation.
pub struct Facts {
    /// The moment judged at.
    now: Now,
    /// Name -> value, or why it cannot be known.
    values: BTreeMap<&'static str, Result<Json<'static>, String>>,
    /// (kind, id) -> where a waiver or quarantine entry stands.
    places: BTreeMap<(Kind, String), Region>,
}

impl Facts {
    /// Facts of this moment, none bound yet.
    pub fn new(now: Now) -> Self {
        Facts { now, values: BTreeMap::new(), places: BTreeMap::new() }
    }

    /// Binds `name`; an `Err` makes every expression that reads it an error.
    pub fn bind(&mut self, name: &'static str, value: Result<serde_json::Value, String>) {
        self.values.insert(name, value.map(|v| Json::from_value(&v)));
    }

    /// Binds `waivers` and `quarantines` to these entries, each with its fields, and remembers where they stand.
    pub fn bind_entries(&mut self, waivers: &[Entry], quarantines: &[Entry]) {
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

    /// Where the entry of this kind and id stands.
    pub fn place_of(&self, kind: Kind, id: &str) -> Option<&Region> {
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
    pub facts: &'s Facts,
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

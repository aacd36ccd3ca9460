//! Which fields an evaluation looked at, for `prove`.
//!
//! Evidence is lent, so a node is known by where it stands in memory: an evaluation only notes addresses, and the
//! pointers are worked out afterwards by walking the documents. An evaluation that is not traced pays nothing.

use super::value::Value;
use crate::base::json::Json;
use std::collections::{BTreeSet, HashSet};

/// One place of one variable that an evaluation looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Read {
    /// The free name.
    pub name: String,
    /// RFC 6901, from the variable's value; empty when the value itself was used.
    pub pointer: String,
}

/// What evaluations looked at by selecting, indexing, `has()` or a macro: every node on the way, so the last ones of a
/// branch are what was used. Elements stand with their index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    reads: BTreeSet<Read>,
    /// Where every node that was looked at stands in memory; only ever compared, never followed.
    addresses: HashSet<usize>,
}

impl Reads {
    /// In the order of names and pointers, each once.
    pub fn iter(&self) -> impl Iterator<Item = &Read> {
        self.reads.iter()
    }

    /// Notes a node that was looked at outside an expression.
    pub fn note(&mut self, json: &Json<'_>) {
        self.addresses.insert(std::ptr::from_ref(json).addr());
    }

    /// The RFC 6901 pointers of the nodes of `document` that were looked at under any name, `it` and what macros bind
    /// included. The document must be the one that was lent, alive since.
    pub fn pointers_in(&self, document: &Json<'_>) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        self.collect(document, "", &mut found);
        found
    }

    fn collect(&self, json: &Json<'_>, pointer: &str, found: &mut BTreeSet<String>) {
        if self.addresses.contains(&std::ptr::from_ref(json).addr()) {
            found.insert(pointer.to_string());
        }
        match json {
            Json::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.collect(item, &format!("{pointer}/{at}"), found);
                }
            }
            Json::Object(object) => {
                for (key, member) in object.iter() {
                    self.collect(member, &format!("{pointer}/{}", escaped(key)), found);
                }
            }
            _ => {}
        }
    }

    /// Whether this place of this variable was looked at.
    pub fn contains(&self, name: &str, pointer: &str) -> bool {
        self.reads.contains(&Read { name: name.into(), pointer: pointer.into() })
    }
}

/// The addresses noted during one evaluation.
#[derive(Default)]
pub(super) struct Touched<'v> {
    variables: Vec<(String, Value<'v>)>,
    nodes: HashSet<*const Json<'v>>,
}

impl<'v> Touched<'v> {
    /// A free name was asked for.
    pub(super) fn variable(&mut self, name: &str, value: &Value<'v>) {
        if !self.variables.iter().any(|(n, _)| n == name) {
            self.variables.push((name.to_string(), value.clone()));
        }
    }

    /// A node was looked at.
    pub(super) fn node(&mut self, json: &'v Json<'v>) {
        self.nodes.insert(std::ptr::from_ref(json));
    }

    /// Works out the pointers.
    pub(super) fn into_reads(self, reads: &mut Reads) {
        reads.addresses.extend(self.nodes.iter().map(|node| node.addr()));
        for (name, value) in &self.variables {
            reads.reads.insert(Read { name: name.clone(), pointer: String::new() });
            let mut walk = Walk { nodes: &self.nodes, name, reads };
            walk.value(value, "");
        }
    }
}

struct Walk<'w, 'v> {
    nodes: &'w HashSet<*const Json<'v>>,
    name: &'w str,
    reads: &'w mut Reads,
}

impl<'v> Walk<'_, 'v> {
    fn note(&mut self, json: &Json<'v>, pointer: &str) {
        if self.nodes.contains(&std::ptr::from_ref(json)) {
            self.reads.reads.insert(Read { name: self.name.into(), pointer: pointer.into() });
        }
    }

    fn value(&mut self, value: &Value<'v>, pointer: &str) {
        match value {
            Value::Json(json) => self.json(json, pointer),
            Value::List(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.value(item, &format!("{pointer}/{at}"));
                }
            }
            Value::Map(members) => {
                for (key, member) in members.iter() {
                    self.value(member, &format!("{pointer}/{}", escaped(&key.show())));
                }
            }
            _ => {}
        }
    }

    fn json(&mut self, json: &Json<'v>, pointer: &str) {
        self.note(json, pointer);
        match json {
            Json::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.json(item, &format!("{pointer}/{at}"));
                }
            }
            Json::Object(object) => {
                for (key, member) in object.iter() {
                    self.json(member, &format!("{pointer}/{}", escaped(key)));
                }
            }
            _ => {}
        }
    }
}

fn escaped(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

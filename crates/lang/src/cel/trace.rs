//! Which fields an evaluation looked at, for `prove`.
//!
//! Evidence is lent, so a node is known by where it stands in memory: an evaluation only notes addresses, and the
//! pointers are worked out afterwards by walking the documents. An evaluation that is not traced pays nothing.

use super::errors::EvalError;
use super::meter::Meter;
use super::value::Value;
use std::collections::{BTreeSet, HashSet};
use tollgate_text::json::Json;

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
        // What `see` says is never an error here.
        let _ = walk(document, &mut Vec::new(), &mut |json, path| {
            if json.is_some_and(|json| self.addresses.contains(&std::ptr::from_ref(json).addr())) {
                found.insert(pointer(path));
            }
            Ok(())
        });
        found
    }

    /// Whether this place of this variable was looked at.
    pub fn contains(&self, name: &str, pointer: &str) -> bool {
        self.reads.contains(&Read { name: name.into(), pointer: pointer.into() })
    }
}

/// The most nodes that are noted for a message, which shows a few of them.
const FOR_MESSAGE: usize = 100_000;

/// About how many nanoseconds the look at one node takes when pointers are worked out.
const LOOK: u64 = 32;

/// What one evaluation looked at, by address.
pub(super) struct Touched<'v> {
    variables: Vec<(String, Value<'v>)>,
    nodes: HashSet<usize>,
    most: usize,
}

impl<'v> Touched<'v> {
    /// Nothing yet; of a list of millions only the first nodes are noted.
    pub(super) fn for_message() -> Self {
        Touched { variables: Vec::new(), nodes: HashSet::new(), most: FOR_MESSAGE }
    }

    /// Nothing yet, and everything is noted.
    pub(super) fn of_all() -> Self {
        Touched { most: usize::MAX, ..Self::for_message() }
    }

    /// A free name was asked for.
    pub(super) fn variable(&mut self, name: &str, value: &Value<'v>) {
        if !self.variables.iter().any(|(n, _)| n == name) {
            self.variables.push((name.to_string(), value.clone()));
        }
    }

    /// A node was looked at.
    pub(super) fn node(&mut self, json: &'v Json<'v>) {
        if self.nodes.len() < self.most {
            self.nodes.insert(std::ptr::from_ref(json).addr());
        }
    }

    /// Works out the pointers.
    pub(super) fn into_reads(self, reads: &mut Reads, meter: &Meter) -> Result<(), EvalError> {
        let Touched { variables, nodes, .. } = self;
        for (name, value) in &variables {
            let mut add = |pointer| reads.reads.insert(Read { name: name.clone(), pointer });
            add(String::new());
            if !nodes.is_empty() {
                walk_value(value, &mut Vec::new(), &mut |json, path| {
                    meter.labour(LOOK)?;
                    if json.is_some_and(|json| nodes.contains(&std::ptr::from_ref(json).addr())) {
                        add(pointer(path));
                    }
                    Ok(())
                })?;
            }
        }
        reads.addresses.extend(nodes);
        Ok(())
    }

    /// Notes the addresses alone.
    pub(super) fn note(self, reads: &mut Reads) {
        reads.addresses.extend(self.nodes);
    }
}

/// One step down a document.
enum Step<'a> {
    Key(&'a str),
    At(usize),
}

/// The pointer of a path; written only for what was looked at, documents are large.
fn pointer(path: &[Step<'_>]) -> String {
    let mut out = String::new();
    for step in path {
        out.push('/');
        match step {
            Step::Key(key) => out.push_str(&key.replace('~', "~0").replace('/', "~1")),
            Step::At(at) => out.push_str(&at.to_string()),
        }
    }
    out
}

/// Told of every node and its path; a node that the expression made has no place in a document. An error ends the walk.
type See<'s, 'a> = dyn FnMut(Option<&Json<'_>>, &[Step<'a>]) -> Result<(), EvalError> + 's;

/// Shows every node of a document and its path to `see`.
fn walk<'a>(json: &'a Json<'_>, path: &mut Vec<Step<'a>>, see: &mut See<'_, 'a>) -> Result<(), EvalError> {
    see(Some(json), path)?;
    match json {
        Json::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                path.push(Step::At(at));
                walk(item, path, see)?;
                path.pop();
            }
        }
        Json::Object(object) => {
            for (key, member) in object.iter() {
                path.push(Step::Key(key));
                walk(member, path, see)?;
                path.pop();
            }
        }
        _ => {}
    }
    Ok(())
}

/// As `walk`, for a value that may be made of several documents, as `it` of a map is. One that the expression made may hold
/// itself many times over.
fn walk_value<'a>(
    value: &'a Value<'_>,
    path: &mut Vec<Step<'a>>,
    see: &mut See<'_, 'a>,
) -> Result<(), EvalError> {
    match value {
        Value::Json(json) => walk(json, path, see)?,
        Value::List(items) => {
            see(None, path)?;
            for (at, item) in items.iter().enumerate() {
                path.push(Step::At(at));
                walk_value(item, path, see)?;
                path.pop();
            }
        }
        Value::Map(members) => {
            see(None, path)?;
            for (key, member) in members.iter() {
                if let Value::Str(key) = key {
                    path.push(Step::Key(key));
                    walk_value(member, path, see)?;
                    path.pop();
                }
            }
        }
        _ => see(None, path)?,
    }
    Ok(())
}

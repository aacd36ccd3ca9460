//! Evidence as a gate sees it: bound, or at fault.

use crate::model::finding::Finding;
use crate::model::verdict::ArtifactRecord;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use tollgate_text::json::Json;

/// What an artifact's name is bound to.
#[derive(Clone, Copy)]
pub enum Bound<'d> {
    /// A json or toml document, a text (a string), a JUnit report (an object), or with `many = true` a list of
    /// `{path, stem, doc}`.
    Doc(&'d Json<'d>),
    /// A jsonl stream.
    Lines(&'d dyn JsonlLines),
    /// An optional artifact that is not there: null.
    Absent,
}

/// A jsonl artifact that was read, hashed and validated once and can be walked again.
pub trait JsonlLines: Sync {
    /// Calls `visit` with each line's number (from 1) and document, in order, until it breaks. Lines are read in
    /// blocks, never the whole file; an error when the bytes are no longer those that were hashed.
    fn each(&self, visit: &mut dyn FnMut(u64, &Json<'_>) -> ControlFlow<()>) -> Result<(), String>;
    /// How many documents there are.
    fn count(&self) -> u64;
    /// All documents as one array, kept after the first call; an error past the size limit.
    fn list(&self) -> Result<&Json<'_>, String>;
}

/// One artifact of one gate: what is wrong with it, what it is bound to, and what the verdict says of it.
pub struct Evidence<'d> {
    /// By artifact name. An artifact that is missing, unreadable, malformed, past a limit or breaks its schema is not
    /// bound: no expression runs over it. A stale one is bound.
    pub bound: BTreeMap<String, Bound<'d>>,
    /// Everything that is wrong with the evidence, in artifact-name order.
    pub faults: Vec<Finding>,
    /// For the verdict, in artifact-name order.
    pub records: Vec<ArtifactRecord>,
}

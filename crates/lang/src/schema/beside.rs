//! The files that schemas refer to: looked for before anything is compiled to be used, so that what they say is known as part of
//! the policy.

use super::engine::{CompiledSchema, Surroundings};
use super::known::{ALONE, KnownSchemas, LookedUp, Trail, WORKSPACE, may_refer_out, refers_out};
use super::source::{SchemaSource, SchemaTable, declared, embedded_sources};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Looks for a file that a reference may mean, by its path: its text, `None` where there is none, or why it cannot be read.
pub type FileLookup<'l> = dyn FnMut(&str) -> Result<Option<String>, String> + 'l;

/// Where a schema file stands that was named and is not registered.
pub enum SchemaStanding<'s> {
    /// In the workspace, by its path there: what it refers to is looked for in the workspace.
    InWorkspace(&'s str),
    /// Elsewhere, by its name: what it refers to is looked for in its folder and below.
    Alone(&'s str),
}

impl SchemaStanding<'_> {
    pub(super) fn place(&self) -> String {
        match self {
            SchemaStanding::InWorkspace(path) => format!("{WORKSPACE}{path}"),
            SchemaStanding::Alone(name) => format!("{ALONE}{name}"),
        }
    }
}

/// The files that schemas refer to beside what is registered.
#[derive(Clone, Default)]
pub struct Beside {
    pub(super) files: BTreeMap<String, LookedUp>,
    reached: BTreeMap<String, Vec<String>>,
}

/// Files that schemas may lead to, and their bytes.
const MOST_FILES: usize = 1_000;
const MOST_BYTES: usize = 64 << 20;

impl Beside {
    /// Looks for everything that schemas of a workspace refer to, wherever that leads on.
    pub fn look(embedded: SchemaTable, workspace: &[SchemaSource], look: &mut FileLookup<'_>) -> Beside {
        let mut by_id = embedded_sources(embedded);
        by_id.extend(workspace.iter().map(|source| (source.id.clone(), source.clone())));
        let mut known = Arc::new(KnownSchemas::of(by_id));
        let mut reached = BTreeMap::new();
        for source in workspace {
            let found = follow(&mut known, source, look);
            if !found.is_empty() {
                reached.insert(source.id.clone(), found);
            }
        }
        Beside { files: Arc::unwrap_or_clone(known).files, reached }
    }

    /// The files that are there, by path.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().filter_map(|(place, looked)| match looked {
            Ok(Some(text)) => Some((place.strip_prefix(WORKSPACE).unwrap_or(place), &**text)),
            _ => None,
        })
    }

    /// What a schema leads to: ids of registered schemas, and paths of files.
    pub fn reached(&self, id: &str) -> impl Iterator<Item = &str> {
        let found = self.reached.get(id).map_or(&[][..], Vec::as_slice);
        found.iter().map(|name| name.strip_prefix(WORKSPACE).unwrap_or(name))
    }
}

/// Compiles a schema again and again until nothing more is to be looked for; what it reached, sorted.
pub(super) fn follow(
    known: &mut Arc<KnownSchemas>,
    source: &SchemaSource,
    look: &mut FileLookup<'_>,
) -> Vec<String> {
    if !may_refer_out(&source.text) {
        return Vec::new();
    }
    let Ok(document) = serde_json::from_str(&source.text) else { return Vec::new() };
    if !refers_out(&document) {
        return Vec::new();
    }
    loop {
        let trail = Arc::new(Mutex::new(Trail::default()));
        let around = Surroundings {
            known: Arc::clone(known),
            base: Some(known.base(source)),
            trail: Some(Arc::clone(&trail)),
            ..Surroundings::default()
        };
        // What is wrong with it is said where it is compiled to be used.
        drop(CompiledSchema::compile_among(document.clone(), around));
        let mut trail = std::mem::take(&mut *trail.lock().unwrap_or_else(PoisonError::into_inner));
        trail.wanted.retain(|place| !known.files.contains_key(place));
        trail.wanted.sort();
        trail.wanted.dedup();
        if trail.wanted.is_empty() {
            trail.reached.sort();
            trail.reached.dedup();
            return trail.reached;
        }
        let files = &mut Arc::make_mut(known).files;
        for place in trail.wanted {
            let path = [WORKSPACE, ALONE].iter().find_map(|root| place.strip_prefix(root));
            let looked = path.map_or(Ok(None), |path| one_file(files, path, look));
            files.insert(place, looked);
        }
    }
}

fn one_file(files: &BTreeMap<String, LookedUp>, path: &str, look: &mut FileLookup<'_>) -> LookedUp {
    let held = files.values().filter_map(|looked| looked.as_ref().ok()?.as_ref());
    let (count, bytes) = held.fold((0, 0), |(count, bytes), text| (count + 1, bytes + text.len()));
    if count >= MOST_FILES || bytes > MOST_BYTES || files.len() > 20 * MOST_FILES {
        return Err("the schemas lead to too many files".into());
    }
    match look(path)? {
        None => Ok(None),
        Some(text) => {
            declared(&text, path)?;
            Ok(Some(text.into()))
        }
    }
}

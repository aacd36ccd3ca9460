//! Every schema that is known, by id.

use super::engine::Schema;
use crate::base::embedded;
use crate::base::json::{self, Json, Limits};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;
use std::sync::OnceLock;

/// Where a registered schema comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its id: `$id`, else the file's stem.
    pub id: String,
    /// Its text.
    pub text: Cow<'static, str>,
    /// `embedded`, or the workspace-relative path.
    pub origin: String,
}

impl Source {
    /// A schema file's source: the id is its `$id`, else the stem of `path`. The error is a sentence with a place.
    pub fn read(path: &str, origin: &str, text: String) -> Result<Source, String> {
        let stem = path.rsplit('/').next().unwrap_or(path);
        let stem = stem.strip_suffix(".json").unwrap_or(stem);
        let id = declared_id(&text, path)?.unwrap_or_else(|| stem.to_string());
        Ok(Source { id, text: text.into(), origin: origin.to_string() })
    }

    /// An embedded schema. Its id is the stem, which a test holds against its `$id`: it is not parsed until a document
    /// asks for it.
    fn embedded(path: &str, text: &'static str) -> Source {
        let id = path.strip_suffix(".json").unwrap_or(path).to_string();
        Source { id, text: Cow::Borrowed(text), origin: "embedded".into() }
    }
}

/// The `$id` of a schema text; an error when it is no JSON object or boolean.
fn declared_id(text: &str, path: &str) -> Result<Option<String>, String> {
    match json::parse(text.as_bytes(), &Limits::default()) {
        Ok(document @ (Json::Object(_) | Json::Bool(_))) => {
            Ok(document.get("$id").and_then(Json::as_str).filter(|id| !id.is_empty()).map(str::to_string))
        }
        Ok(other) => Err(format!("{path}: a schema is an object, not {}", other.brief())),
        Err(e) => Err(format!("{path}:{}:{}: {}", e.place.line, e.place.column, e.message)),
    }
}

struct Entry {
    source: Source,
    compiled: OnceLock<Result<Schema, String>>,
}

/// Every schema that is known, by id; each compiles once, on first use.
pub struct Registry {
    entries: BTreeMap<String, Entry>,
}

impl Registry {
    /// The embedded schemas and, over them, the workspace's own. A workspace source's id is taken from its `$id` where it
    /// has one. Two of the workspace with one id, or one that is not JSON, are problems; all of them are returned.
    pub fn new(workspace: Vec<Source>) -> Result<Registry, Vec<String>> {
        let mut problems = Vec::new();
        let mut own: BTreeMap<String, Entry> = BTreeMap::new();
        for mut source in workspace {
            match declared_id(&source.text, &source.origin) {
                Ok(Some(id)) => source.id = id,
                Ok(None) => {}
                Err(problem) => {
                    problems.push(problem);
                    continue;
                }
            }
            match own.entry(source.id.clone()) {
                Slot::Vacant(slot) => drop(slot.insert(Entry { source, compiled: OnceLock::new() })),
                Slot::Occupied(slot) => problems.push(format!(
                    "{}: the schema id `{}` is already that of {}",
                    source.origin,
                    source.id,
                    slot.get().source.origin
                )),
            }
        }
        for (path, text) in embedded::SCHEMAS {
            let source = Source::embedded(path, text);
            own.entry(source.id.clone()).or_insert(Entry { source, compiled: OnceLock::new() });
        }
        if problems.is_empty() { Ok(Registry { entries: own }) } else { Err(problems) }
    }

    /// Every id, sorted.
    pub fn ids(&self) -> Vec<&str> {
        self.entries.keys().map(String::as_str).collect()
    }

    /// A schema's source.
    pub fn source(&self, id: &str) -> Option<&Source> {
        self.entries.get(id).map(|entry| &entry.source)
    }

    /// The compiled schema; `None` when no such id is registered, an error when it does not compile.
    pub fn get(&self, id: &str) -> Option<Result<&Schema, &str>> {
        let entry = self.entries.get(id)?;
        let compiled = entry.compiled.get_or_init(|| Schema::compile_text(&entry.source.text));
        Some(compiled.as_ref().map_err(String::as_str))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(origin: &str, text: &str) -> Source {
        Source { id: "stem".into(), text: text.to_string().into(), origin: origin.into() }
    }

    #[test]
    fn an_id_is_declared_or_the_stem() {
        let named =
            Source::read("schemas/a.v1.json", "schemas/a.v1.json", r#"{"$id": "b.v1"}"#.into()).unwrap();
        assert_eq!(named.id, "b.v1");
        let bare = Source::read("schemas/a.v1.json", "x", "{}".into()).unwrap();
        assert_eq!(bare.id, "a.v1");
    }

    #[test]
    fn problems_come_together() {
        let problems = Registry::new(vec![
            source("schemas/a.json", r#"{"$id": "x"}"#),
            source("schemas/b.json", r#"{"$id": "x"}"#),
            source("schemas/c.json", "{\"a\": 1,\n \"a\": 2}"),
            source("schemas/d.json", "[]"),
        ])
        .err()
        .unwrap();
        assert_eq!(
            problems,
            [
                "schemas/b.json: the schema id `x` is already that of schemas/a.json",
                "schemas/c.json:2:2: the key `a` stands twice in one object",
                "schemas/d.json: a schema is an object, not an empty array",
            ]
        );
    }

    #[test]
    fn compiles_once_and_tells_what_does_not() {
        let registry =
            Registry::new(vec![source("a", r#"{"$id": "x", "type": 3}"#), source("b", "{}")]).unwrap();
        assert!(registry.get("x").unwrap().is_err());
        assert!(registry.get("stem").unwrap().is_ok());
        assert!(registry.get("none").is_none());
        assert_eq!(registry.source("x").unwrap().origin, "a");
        assert!(registry.ids().contains(&"stem"));
    }

    #[test]
    fn every_embedded_schema_compiles_and_is_named_after_its_id() {
        let registry = Registry::new(Vec::new()).unwrap();
        for id in registry.ids() {
            assert!(registry.get(id).unwrap().is_ok(), "{id}: {:?}", registry.get(id).unwrap().err());
        }
        for (path, text) in embedded::SCHEMAS {
            let read = Source::read(path, "embedded", (*text).to_string()).unwrap();
            assert_eq!(Source::embedded(path, text), read, "the file is named after the `$id`");
        }
    }
}

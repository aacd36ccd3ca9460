//! Every schema that is known, by id.

use super::beside::{Beside, FileLookup, SchemaStanding, follow};
use super::engine::{CompiledSchema, FormatRule, Surroundings};
use super::known::KnownSchemas;
use super::source::{SchemaSource, SchemaTable, declared, embedded_sources};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;
use std::sync::{Arc, OnceLock};
use tollgate_text::json;
use tollgate_text::show::show;

/// Every schema that is known, by id; each compiles once, on first use. A `$ref` may name any of them.
pub struct Registry {
    known: Arc<KnownSchemas>,
    compiled: BTreeMap<String, OnceLock<Result<CompiledSchema, String>>>,
    formats: FormatRule,
}

impl Registry {
    /// The embedded schemas and, over them, the workspace's own. A workspace source's id is taken from its `$id` where it
    /// has one. Two of the workspace with one id, or one that is not JSON, are problems; all of them are returned.
    pub fn new(embedded: SchemaTable, workspace: Vec<SchemaSource>) -> Result<Registry, Vec<String>> {
        let mut problems = Vec::new();
        let mut by_id: BTreeMap<String, SchemaSource> = BTreeMap::new();
        for mut source in workspace {
            match declared(&source.text, &source.origin) {
                Ok(said) => {
                    source.id = said.id.unwrap_or(source.id);
                    source.uri = said.uri;
                }
                Err(problem) => {
                    problems.push(problem);
                    continue;
                }
            }
            match by_id.entry(source.id.clone()) {
                Slot::Vacant(slot) => drop(slot.insert(source)),
                Slot::Occupied(slot) => problems.push(format!(
                    "{}: the schema id `{}` is already that of {}",
                    source.origin,
                    source.id,
                    slot.get().origin
                )),
            }
        }
        for (id, source) in embedded_sources(embedded) {
            by_id.entry(id).or_insert(source);
        }
        if problems.is_empty() { Ok(Registry::of(KnownSchemas::of(by_id))) } else { Err(problems) }
    }

    fn of(known: KnownSchemas) -> Registry {
        let compiled = known.by_id.keys().map(|id| (id.clone(), OnceLock::new())).collect();
        Registry { known: Arc::new(known), compiled, formats: FormatRule::default() }
    }

    /// The same schemas with the files that they refer to.
    #[must_use]
    pub fn beside(self, beside: Beside) -> Registry {
        let formats = self.formats;
        let known = KnownSchemas { files: beside.files, ..Arc::unwrap_or_clone(self.known) };
        Registry { formats, ..Registry::of(known) }
    }

    /// The same schemas and over them a file that was named, with what it refers to.
    #[must_use]
    pub fn with_file(
        &self,
        source: &SchemaSource,
        standing: &SchemaStanding<'_>,
        look: &mut FileLookup<'_>,
    ) -> Registry {
        let place = standing.place();
        let mut by_id = self.known.by_id.clone();
        by_id.insert(source.id.clone(), source.clone());
        let mut known = Arc::new(KnownSchemas {
            files: self.known.files.clone(),
            named: Some((source.id.clone(), place)),
            ..KnownSchemas::of(by_id)
        });
        follow(&mut known, source, look);
        Registry { formats: self.formats, ..Registry::of(Arc::unwrap_or_clone(known)) }
    }

    /// The same schemas, with `format` as the caller wants it.
    #[must_use]
    pub fn with_formats(self, formats: FormatRule) -> Registry {
        if formats == self.formats {
            return self;
        }
        Registry { formats, ..Registry::of(Arc::unwrap_or_clone(self.known)) }
    }

    /// Every id, sorted.
    pub fn ids(&self) -> Vec<&str> {
        self.known.by_id.keys().map(String::as_str).collect()
    }

    /// A schema's source.
    pub fn source(&self, id: &str) -> Option<&SchemaSource> {
        self.known.by_id.get(id)
    }

    /// The compiled schema; `None` when no such id is registered, an error when it does not compile.
    pub fn get(&self, id: &str) -> Option<Result<&CompiledSchema, &str>> {
        let source = self.known.by_id.get(id)?;
        let compiled = self.compiled.get(id)?.get_or_init(|| {
            let around = Surroundings {
                known: Arc::clone(&self.known),
                base: Some(self.known.base(source)),
                formats: self.formats,
                trail: None,
            };
            CompiledSchema::compile_text_among(&source.text, around)
        });
        Some(compiled.as_ref().map_err(String::as_str))
    }

    /// What is worth knowing of the schemas that are not embedded, one sentence each: which do not compile, and which formats
    /// hold nothing.
    pub fn notes(&self) -> Vec<String> {
        self.known.by_id.keys().filter_map(|id| self.note(id)).collect()
    }

    /// As `notes`, of one schema.
    pub fn note(&self, id: &str) -> Option<String> {
        let source = self.known.by_id.get(id).filter(|source| !source.is_embedded())?;
        let origin = show(&source.origin);
        match self.get(id)? {
            Err(why) => Some(format!("{origin}: {why}; what needs this schema fails")),
            Ok(schema) => {
                let formats = schema.unknown_formats();
                if formats.is_empty() || self.formats == FormatRule::Annotation {
                    return None;
                }
                let named: Vec<String> = formats.iter().map(|format| json::plain(format)).collect();
                Some(format!(
                    "{origin}: a `format` that is not known here holds nothing: {}",
                    named.join(", ")
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded_in_tests::SCHEMAS;
    use tollgate_text::json::JsonLimits;

    fn source(origin: &str, text: &str) -> SchemaSource {
        SchemaSource { id: "stem".into(), text: text.to_string().into(), origin: origin.into(), uri: None }
    }

    #[test]
    fn an_id_is_declared_or_the_stem() {
        let named = SchemaSource::read("schemas/a.v1.json", "schemas/a.v1.json", r#"{"$id": "b.v1"}"#.into())
            .unwrap();
        assert_eq!(named.id, "b.v1");
        let bare = SchemaSource::read("schemas/a.v1.json", "x", "{}".into()).unwrap();
        assert_eq!(bare.id, "a.v1");
    }

    #[test]
    fn problems_come_together() {
        let problems = Registry::new(
            SCHEMAS,
            vec![
                source("schemas/a.json", r#"{"$id": "x"}"#),
                source("schemas/b.json", r#"{"$id": "x"}"#),
                source("schemas/c.json", "{\"a\": 1,\n \"a\": 2}"),
                source("schemas/d.json", "[]"),
            ],
        )
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
            Registry::new(SCHEMAS, vec![source("a", r#"{"$id": "x", "type": 3}"#), source("b", "{}")])
                .unwrap();
        assert!(registry.get("x").unwrap().is_err());
        assert!(registry.get("stem").unwrap().is_ok());
        assert!(registry.get("none").is_none());
        assert_eq!(registry.source("x").unwrap().origin, "a");
        assert!(registry.ids().contains(&"stem"));
    }

    #[test]
    fn every_embedded_schema_compiles_and_is_named_after_its_id() {
        let registry = Registry::new(SCHEMAS, Vec::new()).unwrap();
        for id in registry.ids() {
            assert!(registry.get(id).unwrap().is_ok(), "{id}: {:?}", registry.get(id).unwrap().err());
        }
        for (path, text) in SCHEMAS {
            let read = SchemaSource::read(path, "embedded", (*text).to_string()).unwrap();
            assert_eq!(SchemaSource::embedded(path, text), read, "the file is named after the `$id`");
        }
    }

    /// What a registered schema says of a document, with the files of a workspace.
    fn judged(
        schemas: &[(&str, &str)],
        files: &[(&str, &str)],
        id: &str,
        document: &str,
    ) -> Result<bool, String> {
        let sources: Vec<SchemaSource> = schemas
            .iter()
            .map(|(path, text)| SchemaSource::read(path, path, text.to_string()).unwrap())
            .collect();
        let mut look = |path: &str| {
            assert!(!path.contains(".."), "{path}");
            Ok(files.iter().find(|(at, _)| *at == path).map(|(_, text)| text.to_string()))
        };
        let beside = Beside::look(SCHEMAS, &sources, &mut look);
        let registry = Registry::new(SCHEMAS, sources).unwrap().beside(beside);
        let document = json::parse(document.as_bytes(), &JsonLimits::default()).unwrap();
        registry.get(id).unwrap().map(|schema| schema.is_valid(&document)).map_err(str::to_string)
    }

    const WHOLE: &str = r#"{"type": "integer"}"#;

    #[test]
    fn a_reference_leads_to_what_is_registered_and_to_files_beside() {
        let published = r#"{"$id": "https://x.org/s/v1/a.json", "$ref": "REF"}"#;
        let bare = r#"{"$ref": "REF"}"#;
        for (text, reference, beside) in [
            (bare, "b.json", ("s/b.json", WHOLE)),
            (bare, "b%20c.json", ("s/b c.json", WHOLE)),
            (bare, "b c.json", ("s/b c.json", WHOLE)),
            (bare, "50%25.json", ("s/50%.json", WHOLE)),
            (bare, "./sub/b.json#/$defs/n", ("s/sub/b.json", r#"{"$defs": {"n": {"type": "integer"}}}"#)),
            (
                bare,
                "../common/b.json#n",
                ("common/b.json", r#"{"$defs": {"n": {"$anchor": "n", "type": "integer"}}}"#),
            ),
            (published, "b.json", ("s/b.json", WHOLE)),
            (published, "https://x.org/s/v1/b.json", ("s/b.json", WHOLE)),
            (published, "../b.json", ("b.json", WHOLE)),
            // One that is published elsewhere counts if it says so itself.
            (
                bare,
                "https://y.org/base.json#",
                ("s/base.json", r#"{"$id": "https://y.org/base.json", "type": "integer"}"#),
            ),
            (
                bare,
                "http://y.org/base-04.json#/definitions/n",
                (
                    "s/base-04.json",
                    r#"{"$schema": "http://json-schema.org/draft-04/schema#", "id": "http://y.org/base-04.json#",
                        "definitions": {"n": {"type": "integer"}}}"#,
                ),
            ),
        ] {
            let a = text.replace("REF", reference);
            let id = if text == bare { "a" } else { "https://x.org/s/v1/a.json" };
            for registered in [false, true] {
                let mut schemas = vec![("s/a.json", a.as_str())];
                let mut files = Vec::new();
                if registered && beside.0.starts_with("s/") { &mut schemas } else { &mut files }.push(beside);
                let said = |document: &str| judged(&schemas, &files, id, document);
                assert_eq!((said("1"), said("\"x\"")), (Ok(true), Ok(false)), "{reference} {registered}");
            }
        }
        for (id, reference) in [("/schemas/a", "b"), ("/schemas/a", "/schemas/b"), ("x/y/a", "b")] {
            let a = format!(r#"{{"$id": "{id}", "$ref": "{reference}"}}"#);
            let b = format!(r#"{{"$id": "{}b", "type": "integer"}}"#, id.trim_end_matches('a'));
            assert_eq!(
                judged(&[("s/a.json", &a), ("t/c.json", &b)], &[], id, "\"x\""),
                Ok(false),
                "{id} {reference}"
            );
        }
        let by_id =
            [("s/a.json", r#"{"$ref": "b.v1"}"#), ("other/x.json", r#"{"$id": "b.v1", "type": "integer"}"#)];
        assert_eq!(judged(&by_id, &[], "a", "\"x\""), Ok(false));
        let embedded = [("s/a.json", r#"{"$ref": "tollgate.gate.verdict.v1"}"#)];
        assert_eq!(judged(&embedded, &[], "a", "{}"), Ok(false));
    }

    #[test]
    fn references_may_go_round_and_drafts_may_mix() {
        let files = [
            (
                "s/b.json",
                r#"{"properties": {"a": {"$ref": "a.json"}, "n": {"$ref": "old/c.json#/definitions/n"}}}"#,
            ),
            (
                "s/old/c.json",
                r#"{"$schema": "http://json-schema.org/draft-04/schema#",
                    "definitions": {"n": {"minimum": 0, "exclusiveMinimum": true, "format": "uuid"}}}"#,
            ),
        ];
        let said = |document: &str| {
            judged(&[("s/a.json", r#"{"properties": {"b": {"$ref": "b.json"}}}"#)], &files, "a", document)
        };
        assert_eq!(said(r#"{"b": {"a": {"b": {"n": 1}}}}"#), Ok(true));
        assert_eq!(said(r#"{"b": {"a": {"b": {"n": 0}}}}"#), Ok(false));
        assert_eq!(said(r#"{"b": {"n": "x"}}"#), Ok(false), "a known format holds in every draft");
    }

    #[test]
    fn what_a_reference_may_not_mean_is_said() {
        let files = [("s/broken.json", "{"), ("s/twice.json", r#"{"a": 1, "a": 2}"#), ("s/base.json", "{}")];
        for (reference, wanted) in [
            (
                "none.json",
                "s/none.json: no schema is registered under this name, and no file of the workspace stands there",
            ),
            ("../../../etc/passwd", "it leads out of the workspace"),
            (
                "https://y.org/base.json#/definitions/x",
                "https://y.org/base.json: it is not registered, and nothing is fetched",
            ),
            ("file:///etc/passwd", "file:///etc/passwd: it is not registered, and nothing is fetched"),
            ("broken.json", "s/broken.json:1:2: "),
            ("twice.json", "stands twice"),
            ("%ff.json", "UTF-8"),
            ("base.json#/$defs/gone", "'/$defs/gone' does not exist"),
        ] {
            let text = format!(r#"{{"$ref": {reference:?}}}"#);
            let said = judged(&[("s/a.json", &text)], &files, "a", "1").unwrap_err();
            assert!(said.contains(wanted) && !said.contains("~workspace~"), "{reference}: {said}");
        }
        let looked = Beside::look(
            SCHEMAS,
            &[SchemaSource::read("a.json", "a.json", r#"{"$ref": "b.json"}"#.into()).unwrap()],
            &mut |_| Err("b.json leaves the workspace".into()),
        );
        assert_eq!(looked.texts().count(), 0);
    }

    #[test]
    fn what_schemas_lead_to_is_known() {
        let sources = vec![
            SchemaSource::read("s/a.json", "s/a.json", r#"{"$ref": "b.json"}"#.into()).unwrap(),
            SchemaSource::read("s/b.json", "s/b.json", r#"{"$ref": "sub/c.json"}"#.into()).unwrap(),
            SchemaSource::read(
                "s/d.json",
                "s/d.json",
                r##"{"$ref": "#/$defs/x", "$defs": {"x": true}}"##.into(),
            )
            .unwrap(),
        ];
        let mut asked = Vec::new();
        let beside = Beside::look(SCHEMAS, &sources, &mut |path| {
            asked.push(path.to_string());
            Ok((path == "s/sub/c.json").then(|| "{}".to_string()))
        });
        assert_eq!(asked, ["s/sub/c.json"]);
        assert_eq!(beside.texts().collect::<Vec<_>>(), [("s/sub/c.json", "{}")]);
        assert_eq!(beside.reached("a").collect::<Vec<_>>(), ["b", "s/sub/c.json"]);
        assert_eq!(beside.reached("d").count(), 0);
    }

    #[test]
    fn one_that_does_not_compile_stops_only_what_needs_it() {
        let registry = Registry::new(
            SCHEMAS,
            vec![
                source("a.json", r#"{"$id": "a", "$ref": "https://y.org/base.json"}"#),
                source("b.json", r#"{"$id": "b", "format": "uint32", "minimum": 0}"#),
            ],
        )
        .unwrap();
        assert!(registry.get("a").unwrap().is_err() && registry.get("b").unwrap().is_ok());
        let notes = registry.notes();
        assert_eq!(notes.len(), 2, "{notes:?}");
        assert!(
            notes[0].starts_with("a.json: the schema does not compile")
                && notes[0].ends_with("this schema fails")
        );
        assert_eq!(notes[1], "b.json: a `format` that is not known here holds nothing: uint32");
        assert_eq!(registry.with_formats(FormatRule::Annotation).notes().len(), 1);
    }
}

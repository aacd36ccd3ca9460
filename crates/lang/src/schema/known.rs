//! What a `$ref` may lead to: the registered schemas, by their ids and by where they stand, and files beside them.
//!
//! Nothing is fetched. A reference is a URI; the ones that lead to files are below `LOCAL`, so that `../` can be followed and
//! one that leads out of the workspace is noticed.

use super::source::{SchemaSource, declared};
use super::uri::{across, below_any, encoded, folder, last, legal, spelled};
use jsonschema::{Retrieve, Uri};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Below it stands what has a path and no URI of its own.
pub(super) const LOCAL: &str = "tollgate:///";
/// The files of the workspace.
pub(super) const WORKSPACE: &str = "~workspace~/";
/// The files in the folder of a schema file that is not of the workspace.
pub(super) const ALONE: &str = "~file~/";
/// The schemas that tollgate brings.
const EMBEDDED: &str = "~embedded~/";

/// A file that was looked for: its text, `None` where there is none, or why it cannot be used.
pub(super) type LookedUp = Result<Option<Arc<str>>, String>;

/// Every schema that a `$ref` can name.
#[derive(Clone, Default)]
pub(super) struct KnownSchemas {
    pub(super) by_id: BTreeMap<String, SchemaSource>,
    /// Ids by what a reference calls them: a trailing `#` is left out, and draft 4 says `id`.
    pub(super) uris: BTreeMap<String, String>,
    /// Files beside schemas, by where they stand.
    pub(super) files: BTreeMap<String, LookedUp>,
    /// The id of a schema file that was named, and where it stands.
    pub(super) named: Option<(String, String)>,
}

/// What the references of one schema came to.
#[derive(Default)]
pub(super) struct Trail {
    /// Where files may stand that nobody has looked for yet.
    pub(super) wanted: Vec<String>,
    /// Ids and places of what was found.
    pub(super) reached: Vec<String>,
}

/// Answers the references of schemas out of what is known.
pub(super) struct Retriever {
    pub(super) known: Arc<KnownSchemas>,
    /// Where somebody wants to know what was asked.
    pub(super) trail: Option<Arc<Mutex<Trail>>>,
}

impl Retrieve for Retriever {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let mut asked = Trail::default();
        let name = uri.as_str().split('#').next().unwrap_or_default();
        let text = self.known.text(name, &mut asked);
        if let Some(trail) = &self.trail {
            let mut trail = trail.lock().unwrap_or_else(PoisonError::into_inner);
            trail.wanted.append(&mut asked.wanted);
            trail.reached.append(&mut asked.reached);
        }
        let mut document: Value = serde_json::from_str(&text?).map_err(|e| format!("it is not JSON: {e}"))?;
        spell_references(&mut document);
        Ok(document)
    }
}

impl KnownSchemas {
    /// The schemas with what they are called.
    pub(super) fn of(by_id: BTreeMap<String, SchemaSource>) -> KnownSchemas {
        let mut known = KnownSchemas { by_id, ..KnownSchemas::default() };
        for source in known.by_id.values() {
            let uri = legal(source.uri.as_deref().unwrap_or(&source.id).trim_end_matches('#'));
            known.uris.entry(uri).or_insert_with(|| source.id.clone());
        }
        known
    }

    /// Where a schema stands.
    pub(super) fn place(&self, source: &SchemaSource) -> String {
        match &self.named {
            Some((id, place)) if *id == source.id => place.clone(),
            _ if source.is_embedded() => format!("{EMBEDDED}{}", source.id),
            _ => format!("{WORKSPACE}{}", source.origin),
        }
    }

    /// What the references of a schema are relative to.
    pub(super) fn base(&self, source: &SchemaSource) -> String {
        format!("{LOCAL}{}", encoded(&self.place(source)))
    }

    /// What its references are relative to once its own id is read.
    fn published(&self, source: &SchemaSource) -> String {
        let id = source.uri.as_deref().unwrap_or_default();
        match id.strip_prefix('/') {
            Some(path) => format!("{LOCAL}{}", legal(path)),
            None if id.contains(':') => legal(id),
            None => format!("{LOCAL}{}{}", encoded(folder(&self.place(source))), legal(id)),
        }
    }

    fn own(&self) -> impl Iterator<Item = &SchemaSource> {
        self.by_id.values().filter(|source| !source.is_embedded())
    }

    fn by_name(&self, name: &str) -> Option<&SchemaSource> {
        self.by_id.get(name).or_else(|| self.by_id.get(self.uris.get(name)?))
    }

    /// The text of the schema that a URI without its fragment names.
    fn text(&self, uri: &str, trail: &mut Trail) -> Result<String, String> {
        if let Some(source) = self.by_name(uri) {
            trail.reached.push(source.id.clone());
            return Ok(source.text.to_string());
        }
        let mut found = match uri.strip_prefix(LOCAL) {
            Some(rest) => self.local(&spelled(rest)?, trail)?,
            None => None,
        };
        if found.is_none() {
            found = self.beside_one_that_says_where(uri, trail)?;
        }
        match (found, uri.strip_prefix(LOCAL)) {
            (Some(text), _) => Ok(text),
            (None, None) => {
                Err("it is not registered, and nothing is fetched: give it a file in a folder of `schemas` \
                                 with this `$id`, or one of its name beside the schema"
                    .into())
            }
            (None, Some(rest)) if below_any(rest, &[WORKSPACE, EMBEDDED]) => {
                Err("no schema is registered under this name, and no file of the workspace stands there"
                    .into())
            }
            (None, Some(rest)) if below_any(rest, &[ALONE]) => {
                Err("no schema is registered under this name, and no file stands there".into())
            }
            (None, Some(_)) => {
                Err("it leads out of the workspace, or out of the folder of the schema file".into())
            }
        }
    }

    /// What stands at a place, or is registered under a name that a reference has without a scheme.
    fn local(&self, place: &str, trail: &mut Trail) -> Result<Option<String>, String> {
        if let Some(text) = self.at(place, trail)? {
            return Ok(Some(text));
        }
        let named = self.by_id.values().find_map(|source| {
            let of = self.place(source);
            self.by_name(place.strip_prefix(folder(&of))?)
        });
        let named = named.or_else(|| self.by_name(&format!("/{place}")));
        Ok(named.map(|source| {
            trail.reached.push(source.id.clone());
            source.text.to_string()
        }))
    }

    /// A schema whose id says where it is published has the same files beside it here as there. Beside any other one, a file
    /// counts that has the name and says itself that it is what is asked for.
    fn beside_one_that_says_where(&self, uri: &str, trail: &mut Trail) -> Result<Option<String>, String> {
        for source in self.own() {
            if let Some(place) = across(&self.published(source), uri, &self.place(source))
                && let Some(text) = self.at(&place, trail)?
            {
                return Ok(Some(text));
            }
        }
        let Some(name) = last(uri).filter(|_| !uri.starts_with(LOCAL)) else { return Ok(None) };
        for source in self.own() {
            let place = format!("{}{name}", folder(&self.place(source)));
            if let Some(text) = self.at(&place, trail)?
                && declared(&text, &place).is_ok_and(|d| {
                    d.uri.as_deref().is_some_and(|own| legal(own.trim_end_matches('#')) == uri)
                })
            {
                return Ok(Some(text));
            }
        }
        Ok(None)
    }

    fn at(&self, place: &str, trail: &mut Trail) -> Result<Option<String>, String> {
        if let Some(source) = self.own().find(|source| self.place(source) == place) {
            trail.reached.push(source.id.clone());
            return Ok(Some(source.text.to_string()));
        }
        match self.files.get(place) {
            None => {
                trail.wanted.push(place.to_string());
                Ok(None)
            }
            Some(Ok(None)) => Ok(None),
            Some(Ok(Some(text))) => {
                trail.reached.push(place.to_string());
                Ok(Some(text.to_string()))
            }
            Some(Err(why)) => Err(why.clone()),
        }
    }
}

/// A place or URI as people know it.
pub(super) fn shown(uri: &str) -> String {
    let Some(rest) = uri.strip_prefix(LOCAL) else { return uri.to_string() };
    let place = spelled(rest).unwrap_or_else(|_| rest.to_string());
    [WORKSPACE, ALONE, EMBEDDED]
        .iter()
        .find_map(|root| place.strip_prefix(root))
        .unwrap_or(&place)
        .to_string()
}

/// Members of a schema whose values are data and no schemas.
const DATA: [&str; 4] = ["const", "enum", "default", "examples"];
/// Members of a schema that hold schemas by names of the author's choice.
const NAMED: [&str; 6] =
    ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"];

/// Calls `visit` with each keyword of the schema and of those within it whose value is a string.
pub(super) fn keywords(schema: &Value, visit: &mut dyn FnMut(&str, &str)) {
    match schema {
        Value::Object(members) => {
            for (name, value) in members.iter().filter(|(name, _)| !DATA.contains(&name.as_str())) {
                match value {
                    Value::String(text) => visit(name, text),
                    Value::Object(named) if NAMED.contains(&name.as_str()) => {
                        named.values().for_each(|inner| keywords(inner, visit));
                    }
                    other => keywords(other, visit),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| keywords(item, visit)),
        _ => {}
    }
}

fn refers(name: &str) -> bool {
    matches!(name, "$ref" | "$dynamicRef" | "$recursiveRef")
}

/// Spells references, and what is referred to, as the URIs that they mean.
pub(super) fn spell_references(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            for (name, value) in members.iter_mut().filter(|(name, _)| !DATA.contains(&name.as_str())) {
                match value {
                    Value::String(text) if refers(name) || matches!(name.as_str(), "$id" | "id") => {
                        *text = legal(text);
                    }
                    Value::Object(named) if NAMED.contains(&name.as_str()) => {
                        named.values_mut().for_each(spell_references);
                    }
                    other => spell_references(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(spell_references),
        _ => {}
    }
}

/// Whether a schema refers to anything but itself, or is written in a language of its own.
pub(super) fn refers_out(schema: &Value) -> bool {
    let mut out = false;
    keywords(schema, &mut |name, text| {
        out |= refers(name) && !text.starts_with('#');
        out |= name == "$schema" && !text.contains("://json-schema.org/");
    });
    out
}

/// Whether a schema's text may refer to anything but itself: a look that costs less than to parse it, and finds too much
/// sooner than too little. A key that is spelt with escapes is not seen, and what it refers to is then not found.
pub(super) fn may_refer_out(text: &str) -> bool {
    let value = |after: usize| {
        let rest = text.get(after..)?.trim_start().strip_prefix(':')?.trim_start();
        rest.strip_prefix('"')
    };
    let out = |(at, _): (usize, &str)| value(at + 3).is_some_and(|value| !value.starts_with('#'));
    let own_language = |(at, key): (usize, &str)| {
        value(at + key.len()).is_some_and(|value| {
            !value.split('"').next().is_some_and(|uri| uri.contains("://json-schema.org/"))
        })
    };
    // `$ref`, `$dynamicRef`, `$recursiveRef`.
    text.match_indices("ef\"").any(out) || text.match_indices("\"$schema\"").any(own_language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_out_is_seen_in_the_text() {
        for (text, out) in [
            (r##"{"$ref": "#/x", "$schema": "http://json-schema.org/draft-07/schema#"}"##, false),
            (r#"{"type": "object", "properties": {"ref": {"type": "string"}}}"#, false),
            ("{\"$ref\"\n :\t\"a.json\"}", true),
            (r#"{"$dynamicRef": "a#b"}"#, true),
            (r#"{"$schema": "https://example.org/own"}"#, true),
        ] {
            assert_eq!(may_refer_out(text), out, "{text}");
            assert_eq!(refers_out(&serde_json::from_str(text).unwrap()), out, "{text}");
        }
    }
}

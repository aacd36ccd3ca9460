//! The text of a schema, what it is called and where it comes from.

use std::borrow::Cow;
use std::collections::BTreeMap;
use tollgate_text::json::{self, Json, JsonLimits};

/// Where a registered schema comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaSource {
    /// Its id: `$id`, else the file's stem.
    pub id: String,
    /// Its text.
    pub text: Cow<'static, str>,
    /// `embedded`, or the workspace-relative path.
    pub origin: String,
    /// What it says its URI is: `$id`, in draft 4 `id`.
    pub uri: Option<String>,
}

impl SchemaSource {
    /// A schema file's source: the id is its `$id`, else the stem of `path`. The error is a sentence with a place.
    pub fn read(path: &str, origin: &str, text: String) -> Result<SchemaSource, String> {
        let stem = path.rsplit('/').next().unwrap_or(path);
        let stem = stem.strip_suffix(".json").unwrap_or(stem);
        let Declared { id, uri } = declared(&text, path)?;
        let id = id.unwrap_or_else(|| stem.to_string());
        Ok(SchemaSource { id, text: text.into(), origin: origin.to_string(), uri })
    }

    /// Whether tollgate itself brings it.
    pub fn is_embedded(&self) -> bool {
        self.origin == "embedded"
    }

    /// An embedded schema. Its id is the stem, which a test holds against its `$id`: it is not parsed until a document
    /// asks for it.
    pub(super) fn embedded(path: &str, text: &'static str) -> SchemaSource {
        let id = path.strip_suffix(".json").unwrap_or(path).to_string();
        SchemaSource { uri: Some(id.clone()), id, text: Cow::Borrowed(text), origin: "embedded".into() }
    }
}

/// What a schema text says that it is called.
pub(super) struct Declared {
    /// `$id`
    pub(super) id: Option<String>,
    /// The same, or `id`.
    pub(super) uri: Option<String>,
}

/// What a schema text is called; an error when it is no JSON object or boolean.
pub(super) fn declared(text: &str, path: &str) -> Result<Declared, String> {
    match json::parse(text.as_bytes(), &JsonLimits::default()) {
        Ok(document @ (Json::Object(_) | Json::Bool(_))) => {
            let said = |key: &str| {
                document.get(key).and_then(Json::as_str).filter(|id| !id.is_empty()).map(str::to_string)
            };
            let id = said("$id");
            Ok(Declared { uri: id.clone().or_else(|| said("id")), id })
        }
        Ok(other) => Err(format!("{path}: a schema is an object, not {}", other.brief())),
        Err(e) => Err(format!("{path}:{}:{}: {}", e.place.line, e.place.column, e.message)),
    }
}

/// Schemas that the program brings: path below their folder (`<id>.json`) and text.
pub type SchemaTable = &'static [(&'static str, &'static str)];

/// The schemas that tollgate brings, by id.
pub(super) fn embedded_sources(schemas: SchemaTable) -> BTreeMap<String, SchemaSource> {
    let sources = schemas.iter().map(|(path, text)| SchemaSource::embedded(path, text));
    sources.map(|source| (source.id.clone(), source)).collect()
}

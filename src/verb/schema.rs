//! `tollgate schema`: what is registered.

pub mod args;

use crate::embedded::EMBEDDED;
use serde::Serialize;
use std::path::Path;
use tollgate_core::report::text::terminal;
use tollgate_flow::error::Error;
use tollgate_host::config;
use tollgate_host::files::{ReadError, Root};
use tollgate_lang::schema::Registry;
use tollgate_text::json::{Json, JsonLimits, parse, plain};

/// One registered schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedSchema {
    /// Its id.
    pub id: String,
    /// Its `title`, where it has one.
    pub title: Option<String>,
    /// `embedded`, or the workspace-relative path.
    pub origin: String,
}

/// Every registered schema, by id.
pub fn list(registry: &Registry) -> Vec<ListedSchema> {
    let title = |text: &str| {
        let document = parse(text.as_bytes(), &JsonLimits::default()).ok()?;
        document.get("title").and_then(Json::as_str).map(str::to_string)
    };
    registry
        .ids()
        .into_iter()
        .filter_map(|id| registry.source(id))
        .map(|source| ListedSchema {
            id: source.id.clone(),
            title: title(&source.text),
            origin: source.origin.clone(),
        })
        .collect()
}

/// The list as people read it: id, origin, title.
pub fn human(listed: &[ListedSchema]) -> String {
    let id = listed.iter().map(|l| l.id.chars().count()).max().unwrap_or(0);
    let origin = listed.iter().map(|l| l.origin.chars().count()).max().unwrap_or(0);
    let line = |l: &ListedSchema| {
        let title = terminal(l.title.as_deref().unwrap_or(""));
        format!("{:<id$}  {:<origin$}  {title}\n", terminal(&l.id), terminal(&l.origin))
    };
    listed.iter().map(line).collect()
}

/// The embedded schemas, and over them the workspace's own where there is a `tollgate.toml`.
pub fn known(root: &Path) -> Result<Registry, Error> {
    let root = Root::open(root).map_err(|e| Error::Usage(format!("--root: {e}")))?;
    match root.resolve(config::FILE) {
        Err(ReadError::Missing(_)) => {
            Registry::new(EMBEDDED.schemas, Vec::new()).map_err(|problems| Error::Usage(problems.join("\n")))
        }
        _ => Ok(config::schemas(&EMBEDDED, &root)?),
    }
}

/// A schema's text; the error is a sentence that names the nearest ids.
pub fn show<'r>(registry: &'r Registry, id: &str) -> Result<&'r str, String> {
    match registry.source(id) {
        Some(source) => Ok(&source.text),
        None => Err(format!("no schema `{}` is registered{}", plain(id), nearest(registry, id))),
    }
}

/// `; did you mean a, b or c?`, or nothing when no id is near.
pub(super) fn nearest(registry: &Registry, id: &str) -> String {
    let mut near: Vec<(f64, &str)> =
        registry.ids().into_iter().map(|known| (strsim::jaro_winkler(known, id), known)).collect();
    near.retain(|(score, _)| *score > 0.8);
    near.sort_by(|(a, x), (b, y)| b.total_cmp(a).then(x.cmp(y)));
    let near: Vec<&str> = near.into_iter().take(3).map(|(_, known)| known).collect();
    if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(" or ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::SCHEMAS;
    use tollgate_lang::schema::SchemaSource;

    #[test]
    fn lists_and_shows() {
        let text = r#"{"$id": "demo.event.v1", "title": "An event"}"#;
        let registry = Registry::new(
            SCHEMAS,
            vec![SchemaSource::read("e.json", "schemas/e.json", text.into()).unwrap()],
        )
        .unwrap();
        let listed = list(&registry);
        let one = listed.iter().find(|l| l.id == "demo.event.v1").unwrap();
        assert_eq!((one.title.as_deref(), one.origin.as_str()), (Some("An event"), "schemas/e.json"));
        assert_eq!(show(&registry, "demo.event.v1"), Ok(text));
        let error = show(&registry, "demo.event.v2").unwrap_err();
        assert!(
            error.starts_with("no schema `demo.event.v2` is registered; did you mean demo.event.v1"),
            "{error}"
        );
        assert_eq!(show(&registry, "\u{1b}zzz").unwrap_err(), "no schema `\\u{1b}zzz` is registered");
    }
}

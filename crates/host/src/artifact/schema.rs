//! Which schema a document must pass, and whether it does.

use super::fault::{Capped, FileFault};
use super::parse::places;
use tollgate_core::model::finding::Reason;
use tollgate_core::model::gate::{Demand, Format};
use tollgate_lang::schema::{CompiledSchema, Registry, Violation};
use tollgate_text::json::{Json, plain};

/// A document held to its schema.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HeldDocument {
    /// The id of the schema it was held to; `None` when none was asked for or none could be found.
    pub schema: Option<String>,
    /// Every way in which it breaks it, with places.
    pub faults: Vec<FileFault>,
}

/// Holds a parsed document to what is demanded of it; at most `most` violations are listed, a last one counts the rest.
/// `bytes` are those it was parsed from, read again only to place violations.
pub fn hold(
    document: &Json<'_>,
    format: Format,
    bytes: &[u8],
    demand: &Demand,
    registry: &Registry,
    most: usize,
) -> HeldDocument {
    if matches!((format, demand), (Format::Text | Format::Junit, Demand::Own)) {
        return HeldDocument::default();
    }
    match demanded(document, demand, registry) {
        Err(fault) => {
            let place = fault.pointer.as_deref().and_then(|p| places(format, bytes, &[p]).pop().flatten());
            HeldDocument { schema: None, faults: vec![fault.at(place)] }
        }
        Ok((id, schema)) => HeldDocument {
            schema: Some(id.to_string()),
            faults: breaches(document, schema, format, bytes, most),
        },
    }
}

/// The schema that is demanded, with its id; or why there is none to hold the document to.
pub(super) fn demanded<'r>(
    document: &Json<'_>,
    demand: &'r Demand,
    registry: &'r Registry,
) -> Result<(&'r str, &'r CompiledSchema), FileFault> {
    let named = document.get("schema");
    let fault = |clause: String, pointer: &str, expected: Option<&str>| FileFault {
        pointer: Some(pointer.into()),
        expected: expected.map(|id| format!("schema {id}").into()),
        actual: named.map(|value| value.brief().into()),
        ..FileFault::new(Reason::Schema, clause)
    };
    let id = match (demand, named) {
        (Demand::Shape(id), _) => id.as_str(),
        (Demand::Schema(id), Some(Json::Str(own))) if own == id => id.as_str(),
        (Demand::Schema(id), Some(other)) => {
            let clause = format!("its `schema` is {}, but {} is demanded", other.brief(), plain(id));
            return Err(fault(clause, "/schema", Some(id)));
        }
        (Demand::Schema(id), None) => {
            return Err(fault(
                format!("it has no `schema` field, but {} is demanded", plain(id)),
                "",
                Some(id),
            ));
        }
        (Demand::Own, Some(Json::Str(own))) => match registry.source(own) {
            Some(source) => source.id.as_str(),
            None => {
                return Err(fault(format!("the schema `{}` is not registered", plain(own)), "/schema", None));
            }
        },
        (Demand::Own, Some(other)) => {
            return Err(fault(
                format!("its `schema` is {}, not the name of a schema", other.brief()),
                "/schema",
                None,
            ));
        }
        (Demand::Own, None) => {
            return Err(fault(
                "it has no `schema` field, so nothing says what it must look like: name one with `shape` in the gate, or --schema".into(),
                "",
                None,
            ));
        }
    };
    match registry.get(id) {
        Some(Ok(schema)) => Ok((id, schema)),
        Some(Err(why)) => Err(FileFault::new(Reason::Schema, format!("the schema `{}`: {why}", plain(id)))),
        None => Err(fault(format!("the schema `{}` is not registered", plain(id)), "", Some(id))),
    }
}

/// Every violation as a fault, placed by a second pass over the bytes.
pub(super) fn breaches(
    document: &Json<'_>,
    schema: &CompiledSchema,
    format: Format,
    bytes: &[u8],
    most: usize,
) -> Vec<FileFault> {
    // The quick answer first: nearly every document passes.
    if schema.is_valid(document) {
        return Vec::new();
    }
    let violations = schema.violations(document);
    let shown = &violations[..most.min(violations.len())];
    let pointers: Vec<&str> = shown.iter().map(|v| v.pointer.as_str()).collect();
    let mut capped = Capped::new(most);
    let placed = shown.iter().zip(places(format, bytes, &pointers)).map(|(v, place)| fault_of(v).at(place));
    capped.extend(placed);
    capped.extend(violations[shown.len()..].iter().map(fault_of));
    capped.finish()
}

fn fault_of(violation: &Violation) -> FileFault {
    let clause = if violation.pointer.is_empty() {
        violation.message.clone()
    } else {
        format!("{}: {}", plain(&violation.pointer), violation.message)
    };
    FileFault {
        pointer: Some(violation.pointer.as_str().into()),
        expected: violation.expected.as_deref().map(Into::into),
        actual: violation.actual.as_deref().map(Into::into),
        ..FileFault::new(Reason::Schema, clause)
    }
}

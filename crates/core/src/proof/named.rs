//! Which fields of a document its schema names, and what it demands of them.

use serde_json::Value;
use std::collections::BTreeMap;

/// What a schema demands of one field of a document.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NamedField {
    /// Its parent's `required` lists it.
    pub required: bool,
    /// `type`, `const` or `enum` binds its type.
    pub typed: bool,
    /// `type` admits null.
    pub nullable: bool,
    /// The members of its `enum`.
    pub members: Vec<Value>,
    /// `const` or an `enum` of one member leaves it one value.
    pub fixed: bool,
}

/// Levels of schema that are followed; a schema that refers to itself ends here.
const DEPTH: usize = 32;

/// Every field of `document` that `schema` names, by RFC 6901 pointer. Follows local `$ref`, `allOf`, `properties`, `items`,
/// `prefixItems` and schemas for further properties; alternatives (`anyOf`, `if`) name fields without demanding them.
pub fn named(schema: &Value, document: &Value) -> BTreeMap<String, NamedField> {
    let mut found = BTreeMap::new();
    walk(schema, schema, document, "", true, DEPTH, &mut found);
    found
}

fn walk(
    root: &Value,
    schema: &Value,
    at: &Value,
    pointer: &str,
    firm: bool,
    depth: usize,
    found: &mut BTreeMap<String, NamedField>,
) {
    if depth == 0 {
        return;
    }
    let local = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix('#'));
    if let Some(target) = local.and_then(|pointer| root.pointer(pointer)) {
        walk(root, target, at, pointer, firm, depth - 1, found);
    }
    if !pointer.is_empty() {
        note(schema, firm, found.entry(pointer.to_string()).or_default());
    }
    for branch in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        walk(root, branch, at, pointer, firm, depth - 1, found);
    }
    for key in ["anyOf", "oneOf"] {
        for branch in schema.get(key).and_then(Value::as_array).into_iter().flatten() {
            walk(root, branch, at, pointer, false, depth - 1, found);
        }
    }
    for key in ["then", "else"] {
        if let Some(branch) = schema.get(key) {
            walk(root, branch, at, pointer, false, depth - 1, found);
        }
    }
    match at {
        Value::Object(members) => {
            let required: Vec<&str> = schema
                .get("required")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            for (key, value) in members {
                let child = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
                let known = schema.get("properties").and_then(|p| p.get(key));
                if let Some(next) =
                    known.or_else(|| schema.get("additionalProperties").filter(|s| s.is_object()))
                {
                    walk(root, next, value, &child, firm, depth - 1, found);
                }
                if firm && required.contains(&key.as_str()) {
                    found.entry(child).or_default().required = true;
                }
            }
        }
        Value::Array(elements) => {
            let first = schema.get("prefixItems").and_then(Value::as_array);
            for (index, value) in elements.iter().enumerate() {
                let next = first.and_then(|f| f.get(index)).or_else(|| schema.get("items"));
                if let Some(next) = next.filter(|s| s.is_object()) {
                    walk(root, next, value, &format!("{pointer}/{index}"), firm, depth - 1, found);
                }
            }
        }
        _ => {}
    }
}

fn note(schema: &Value, firm: bool, named: &mut NamedField) {
    if !firm {
        return;
    }
    let kinds: Vec<&str> = match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    named.nullable |= kinds.contains(&"null");
    // Two types or more: "another type" may be one that is allowed.
    named.typed |= kinds.iter().filter(|k| **k != "null").count() == 1;
    let members = schema.get("enum").and_then(Value::as_array);
    named.fixed |= schema.get("const").is_some() || members.is_some_and(|members| members.len() == 1);
    if let Some(members) = members {
        named.members.clone_from(members);
    }
}

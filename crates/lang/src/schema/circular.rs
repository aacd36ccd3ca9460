//! Schemas that ask for nothing but themselves. JSON Schema (draft 2020-12, 9.4.1) leaves open what they mean; a validator that gives
//! up on them calls every document valid, so they are refused.

use serde_json::Value;
use std::collections::BTreeSet;

/// Keywords whose value is a schema that is asked of the same place of the document.
const ONE: [&str; 4] = ["not", "if", "then", "else"];
/// Keywords whose value is a list of such schemas.
const SEVERAL: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// Keywords that ask for nothing.
const SILENT: [&str; 12] = [
    "$schema",
    "$id",
    "id",
    "$anchor",
    "$comment",
    "$defs",
    "definitions",
    "title",
    "description",
    "default",
    "examples",
    "$ref",
];

/// Where in the document a reference leads back to itself without going a step deeper into what it is asked of: a JSON pointer.
/// References out of the document, and by anchors, are not followed.
pub(super) fn circular(document: &Value) -> Option<String> {
    let mut done = BTreeSet::new();
    targets(document).into_iter().find(|start| leads_back(document, start, &mut done))
}

/// What the references of a document lead to within it.
fn targets(document: &Value) -> BTreeSet<String> {
    let (mut found, mut left) = (BTreeSet::new(), vec![document]);
    while let Some(value) = left.pop() {
        match value {
            Value::Array(items) => left.extend(items),
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(target));
                left.extend(members.values());
            }
            _ => {}
        }
    }
    found
}

fn target(reference: &Value) -> Option<String> {
    let pointer = reference.as_str()?.strip_prefix('#')?;
    (pointer.is_empty() || pointer.starts_with('/')).then(|| pointer.to_string())
}

/// Whether what stands at `start` asks itself of the same place. `done` holds what is known to come to an end.
fn leads_back(document: &Value, start: &str, done: &mut BTreeSet<String>) -> bool {
    // Depth first without recursion: what is entered is on the way until all that it asks is done.
    let (mut way, mut stack) = (BTreeSet::new(), vec![(start.to_string(), false)]);
    while let Some((pointer, left)) = stack.pop() {
        if left {
            way.remove(&pointer);
            done.insert(pointer);
            continue;
        }
        if way.contains(&pointer) {
            return true;
        }
        if done.contains(&pointer) {
            continue;
        }
        stack.push((pointer.clone(), true));
        stack.extend(
            document.pointer(&pointer).map(asked).unwrap_or_default().into_iter().map(|p| (p, false)),
        );
        way.insert(pointer);
    }
    false
}

/// What a schema asks of the same place, by references.
fn asked(schema: &Value) -> Vec<String> {
    let (mut found, mut left) = (Vec::new(), vec![schema]);
    while let Some(schema) = left.pop() {
        let Value::Object(members) = schema else { continue };
        let of_itself = |key: &String| {
            let key = key.as_str();
            SILENT.contains(&key) || ONE.contains(&key) || SEVERAL.contains(&key)
        };
        // What asks for something else too is decided by that.
        if !members.keys().all(of_itself) {
            continue;
        }
        found.extend(members.get("$ref").and_then(target));
        left.extend(ONE.iter().filter_map(|key| members.get(*key)));
        left.extend(SEVERAL.iter().filter_map(|key| members.get(*key)?.as_array()).flatten());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_schema_that_asks_for_itself_alone_is_found() {
        for (schema, found) in [
            (json!({"$ref": "#"}), Some("")),
            (json!({"allOf": [{"$ref": "#"}]}), Some("")),
            (
                json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"not": {"$ref": "#/$defs/a"}}}}),
                Some("/$defs/a"),
            ),
            (json!({"type": "object", "allOf": [{"$ref": "#"}]}), None),
            (json!({"properties": {"next": {"$ref": "#"}}}), None),
            (json!({"items": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}), None),
            (json!({"$ref": "#/$defs/a", "$defs": {"a": {"type": "object"}}}), None),
            (json!({"$ref": "#/$defs/gone"}), None),
            (json!({"anyOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}], "$defs": {"a": {}}}), None),
        ] {
            assert_eq!(circular(&schema).as_deref(), found, "{schema}");
        }
    }
}

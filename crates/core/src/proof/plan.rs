//! Which fields of a document are altered, and how: those that expressions looked at, and those that the schema demands.

use super::fields::{representatives, shape};
use super::mutate::{Mutation, MutationOp, changes};
use super::named::{NamedField, named};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// One change of one field of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    /// RFC 6901 pointer.
    pub pointer: String,
    /// What is done to it.
    pub change: Mutation,
}

/// The changes that a document must be held against. `looked` holds the pointers that expressions looked at; `schema` is
/// the schema it must pass; `nullable` says whether its format has a null.
///
/// A field that an expression looked at is removed, turned into null, another type, another value. One that only the
/// schema names is changed where the schema demands something of it: removed when it is required, otherwise typed
/// when it has one type.
pub fn field_changes(
    document: &Value,
    looked: &BTreeSet<String>,
    schema: Option<&Value>,
    nullable: bool,
) -> Vec<FieldChange> {
    let demands = schema.map_or_else(BTreeMap::new, |schema| named(schema, document));
    let none = NamedField::default();
    let mut all = Vec::new();
    for field in representatives(document, looked) {
        let Some(value) = document.pointer(&field.pointer).filter(|_| !field.pointer.is_empty()) else {
            continue;
        };
        let below = format!("{}/", field.pointer);
        let on_the_way = looked.range(below.clone()..).next().is_some_and(|next| next.starts_with(&below));
        let demand = demands.get(&field.pointer).unwrap_or(&none);
        for change in changes(value, &demand.members, nullable) {
            // What else an object holds was not looked at; a list was, to its end.
            let unread = change.op == MutationOp::Value && value.is_object() && on_the_way;
            if !(unread || change.op == MutationOp::Removed && is_element(document, &field.pointer)) {
                all.push(FieldChange { pointer: field.pointer.clone(), change });
            }
        }
    }
    let unread: BTreeSet<String> = demands.keys().filter(|p| !looked.contains(*p)).cloned().collect();
    for field in representatives(document, &unread) {
        let (Some(value), Some(demand)) = (document.pointer(&field.pointer), demands.get(&field.pointer))
        else {
            continue;
        };
        for change in changes(value, &demand.members, nullable) {
            let demanded = match change.op {
                MutationOp::Removed => demand.required && !is_element(document, &field.pointer),
                MutationOp::Null => demand.typed && !demand.nullable,
                MutationOp::Type => demand.typed,
                MutationOp::Value | MutationOp::ReadsNothing | MutationOp::File(_) => false,
            };
            if demanded {
                all.push(FieldChange { pointer: field.pointer.clone(), change });
            }
        }
    }
    all
}

/// The leaves that may have another value without any expression or the schema noticing, by shape (`*` for list indices): those
/// that no expression looks at, but where the schema admits one value alone.
pub fn unnoticed(document: &Value, looked: &BTreeSet<String>, schema: Option<&Value>) -> BTreeSet<String> {
    let mut seen: BTreeSet<String> = looked.iter().map(|p| shape(document, p)).collect();
    if let Some(schema) = schema {
        let fixed = named(schema, document).into_iter().filter(|(_, named)| named.fixed);
        seen.extend(fixed.map(|(pointer, _)| shape(document, &pointer)));
    }
    let mut leaves = BTreeSet::new();
    collect_leaves(document, "", &mut leaves);
    leaves.iter().map(|p| shape(document, p)).filter(|s| !seen.contains(s)).collect()
}

fn collect_leaves(at: &Value, pointer: &str, leaves: &mut BTreeSet<String>) {
    match at {
        Value::Array(items) if !items.is_empty() => {
            items
                .iter()
                .enumerate()
                .for_each(|(i, item)| collect_leaves(item, &format!("{pointer}/{i}"), leaves));
        }
        Value::Object(members) if !members.is_empty() => members.iter().for_each(|(key, member)| {
            let token = key.replace('~', "~0").replace('/', "~1");
            collect_leaves(member, &format!("{pointer}/{token}"), leaves);
        }),
        _ => {
            leaves.insert(pointer.to_string());
        }
    }
}

fn is_element(document: &Value, pointer: &str) -> bool {
    let parent = pointer.rsplit_once('/').map(|(parent, _)| parent);
    parent.and_then(|parent| document.pointer(parent)).is_some_and(Value::is_array)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn planned(document: &Value, looked: &[&str], schema: Option<&Value>) -> BTreeSet<String> {
        let looked = looked.iter().map(|p| (*p).to_string()).collect();
        let all = field_changes(document, &looked, schema, true);
        all.iter().map(|c| format!("{} {}", c.change.op.word(), c.pointer)).collect()
    }

    #[test]
    fn what_is_read_is_altered_in_every_way() {
        let document = json!({"a": {"n": 1, "other": 2}, "list": [1, 2]});
        let found = planned(&document, &["/a", "/a/n", "/list"], None);
        for expected in ["removed /a", "removed /a/n", "null /a/n", "type /a/n", "value /a/n", "value /list"]
        {
            assert!(found.contains(expected), "{expected}: {found:?}");
        }
        assert!(!found.contains("value /a") && !found.iter().any(|f| f.contains("other")), "{found:?}");
    }

    #[test]
    fn what_only_the_schema_names_is_altered_where_it_demands() {
        let schema = json!({"properties": {"a": {"type": "string"}, "b": {"type": ["string", "null"]}}, "required": ["a"]});
        let found = planned(&json!({"a": "x", "b": "y", "c": 1}), &[], Some(&schema));
        let expected = ["null /a", "removed /a", "type /a", "type /b"];
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn unnoticed_leaves_are_told_by_shape() {
        let document = json!({"a": 1, "list": [{"x": 1, "y": 2}, {"x": 3, "y": 4}]});
        let looked = ["/list/0/x".to_string()].into_iter().collect();
        let found: Vec<_> = unnoticed(&document, &looked, None).into_iter().collect();
        assert_eq!(found, ["/a", "/list/*/y"]);
        // What the schema names may have another value all the same, where it does not say which.
        let schema = json!({"properties": {
            "a": {"type": "integer", "minimum": 0},
            "list": {"items": {"properties": {"y": {"enum": [2, 4]}}}},
        }});
        let found: Vec<_> = unnoticed(&document, &looked, Some(&schema)).into_iter().collect();
        assert_eq!(found, ["/a", "/list/*/y"]);
        let fixed = json!({"properties": {"a": {"const": 1}, "list": {"items": {"properties": {"y": {"enum": [2]}}}}}});
        assert_eq!(unnoticed(&document, &looked, Some(&fixed)), BTreeSet::new());
    }
}

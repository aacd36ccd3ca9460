//! Which fields of a document stand for all: of a list only the first, the middle and the last element.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A field by its pointer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Field {
    /// RFC 6901 pointer.
    pub pointer: String,
    /// The pointer with `*` for each list index: the same for every element.
    pub shape: String,
}

/// The pointers of `read` that stand for all of them, by shape: for each list on the way its first, middle and last
/// element that was read. Pointers are sorted.
pub fn representatives(document: &Value, read: &BTreeSet<String>) -> Vec<Field> {
    let mut by_shape: BTreeMap<String, Vec<&String>> = BTreeMap::new();
    for pointer in read {
        by_shape.entry(shape(document, pointer)).or_default().push(pointer);
    }
    let mut fields = BTreeSet::new();
    for (shape, mut pointers) in by_shape {
        pointers.sort_by_key(|p| indices(p));
        for at in [0, pointers.len() / 2, pointers.len() - 1] {
            fields.insert(Field { pointer: pointers[at].clone(), shape: shape.clone() });
        }
    }
    fields.into_iter().collect()
}

fn indices(pointer: &str) -> Vec<usize> {
    pointer.split('/').filter_map(|t| t.parse().ok()).collect()
}

/// The pointer with `*` in place of each list index.
pub fn shape(document: &Value, pointer: &str) -> String {
    let mut at = Some(document);
    let mut out = String::new();
    for token in pointer.split('/').skip(1) {
        let plain = token.replace("~1", "/").replace("~0", "~");
        out.push('/');
        match at {
            Some(Value::Array(a)) => {
                out.push('*');
                at = plain.parse::<usize>().ok().and_then(|i| a.get(i));
            }
            Some(Value::Object(o)) => {
                out.push_str(token);
                at = o.get(&plain);
            }
            _ => out.push_str(token),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_list_is_stood_for_by_three_elements() {
        let document = json!({"n": 1, "list": (0..9).map(|i| json!({"x": i})).collect::<Vec<_>>()});
        let read: BTreeSet<String> =
            (0..9).map(|i| format!("/list/{i}/x")).chain(["/n".to_string()]).collect();
        let picked: Vec<_> = representatives(&document, &read).into_iter().map(|f| f.pointer).collect();
        assert_eq!(picked, ["/list/0/x", "/list/4/x", "/list/8/x", "/n"]);
    }
}

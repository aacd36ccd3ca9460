//! The mutations themselves.

use serde_json::Value;

/// What is done to a whole file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileOp {
    /// It is gone.
    Removed,
    /// It has no bytes.
    Emptied,
    /// Its second half is gone.
    Truncated,
    /// Its `schema` field names another schema.
    Schema,
    /// Its times are a year older.
    Stale,
}

/// What is done, as `[[prove.except]]` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MutationOp {
    /// To the file.
    File(FileOp),
    /// A field taken away.
    Removed,
    /// A field turned into null.
    Null,
    /// A field turned into another type.
    Type,
    /// A field given another value of its type.
    Value,
    /// None: a check that reads no evidence stays as it is, whatever is done.
    ReadsNothing,
}

impl MutationOp {
    /// The word in `mutation = "<artifact> <op> <pointer pattern>"`.
    pub fn word(self) -> &'static str {
        match self {
            MutationOp::File(FileOp::Removed) => "file-removed",
            MutationOp::File(FileOp::Emptied) => "file-emptied",
            MutationOp::File(FileOp::Truncated) => "file-truncated",
            MutationOp::File(FileOp::Schema) => "schema",
            MutationOp::File(FileOp::Stale) => "stale",
            MutationOp::Removed => "removed",
            MutationOp::Null => "null",
            MutationOp::Type => "type",
            MutationOp::Value => "value",
            MutationOp::ReadsNothing => "reads-nothing",
        }
    }

    /// Every word.
    pub const WORDS: [&str; 10] = [
        "file-removed",
        "file-emptied",
        "file-truncated",
        "schema",
        "stale",
        "removed",
        "null",
        "type",
        "value",
        "reads-nothing",
    ];
}

/// One change of one field.
#[derive(Debug, Clone, PartialEq)]
pub struct Mutation {
    /// What is done.
    pub op: MutationOp,
    /// What stands there afterwards; `None` takes the field away.
    pub to: Option<Value>,
    /// For people: `12 -> 13`.
    pub note: String,
}

/// The changes a field of this value must be held against. `members` are the other members of its enum, if the schema
/// has one. `null` is left out where the format has none (TOML).
pub fn changes(value: &Value, members: &[Value], nullable: bool) -> Vec<Mutation> {
    let mut all = vec![Mutation { op: MutationOp::Removed, to: None, note: "removed".into() }];
    let mut add = |op, to: Value| all.push(Mutation { op, note: note(value, &to), to: Some(to) });
    if nullable && !value.is_null() {
        add(MutationOp::Null, Value::Null);
    }
    add(MutationOp::Type, other_type(value));
    for to in other_values(value, members) {
        add(MutationOp::Value, to);
    }
    all
}

fn other_type(value: &Value) -> Value {
    match value {
        Value::String(_) => Value::from(7),
        Value::Number(n) => Value::String(n.to_string()),
        Value::Bool(b) => Value::String(b.to_string()),
        // What may be null may often be a string too, and seldom a map.
        Value::Null => Value::Object([("tollgate-prove".to_string(), Value::from(1))].into_iter().collect()),
        Value::Array(_) | Value::Object(_) => Value::String("tollgate-prove".into()),
    }
}

fn other_values(value: &Value, members: &[Value]) -> Vec<Value> {
    if let Some(other) = members.iter().find(|m| *m != value) {
        return vec![other.clone()];
    }
    match value {
        Value::Null => Vec::new(),
        Value::Bool(b) => vec![Value::Bool(!b)],
        Value::Number(n) => match (n.as_i64(), n.as_f64()) {
            (Some(i), _) => {
                [i.checked_add(1), i.checked_sub(1)].into_iter().flatten().map(Value::from).collect()
            }
            (None, Some(f)) => vec![Value::from(f + 1.0), Value::from(f - 1.0)],
            (None, None) => Vec::new(),
        },
        Value::String(_) => vec![Value::String("tollgate-prove".into())],
        Value::Array(a) if a.is_empty() => vec![Value::from(vec!["tollgate-prove"])],
        Value::Array(a) => vec![Value::from(a[..a.len() - 1].to_vec())],
        Value::Object(o) if o.is_empty() => {
            vec![Value::Object([("tollgate-prove".to_string(), Value::from(1))].into_iter().collect())]
        }
        Value::Object(o) => {
            let last = o.keys().next_back().cloned().unwrap_or_default();
            vec![Value::Object(
                o.iter().filter(|(k, _)| **k != last).map(|(k, v)| (k.clone(), v.clone())).collect(),
            )]
        }
    }
}

/// `document` with the value at `pointer` replaced, or taken away; `None` when nothing stands there, or when the whole
/// document would be taken away.
pub fn set(document: &Value, pointer: &str, to: Option<&Value>) -> Option<Value> {
    let mut copy = document.clone();
    if pointer.is_empty() {
        return to.cloned();
    }
    let (parent, token) = pointer.rsplit_once('/')?;
    let token = token.replace("~1", "/").replace("~0", "~");
    match (copy.pointer_mut(parent)?, to) {
        (Value::Object(o), Some(to)) => {
            o.get_mut(&token)?.clone_from(to);
        }
        (Value::Object(o), None) => {
            o.remove(&token)?;
        }
        (Value::Array(a), to) => {
            let index = token.parse::<usize>().ok().filter(|i| *i < a.len())?;
            match to {
                Some(to) => a[index] = to.clone(),
                None => {
                    a.remove(index);
                }
            }
        }
        _ => return None,
    }
    Some(copy)
}

/// What was done, for people. Two long values that begin alike are told apart by what is gone.
fn note(value: &Value, to: &Value) -> String {
    match (value, to) {
        (Value::Array(was), Value::Array(is)) if is.len() < was.len() => {
            format!("{} of {} items, the last is gone", is.len(), was.len())
        }
        (Value::Object(was), Value::Object(is)) if is.len() < was.len() => {
            let gone = was.keys().filter(|key| !is.contains_key(*key)).map(|key| key.as_str());
            format!("without its member {}", gone.collect::<Vec<_>>().join(", "))
        }
        _ => format!("{} -> {}", short(value), short(to)),
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 40 {
        text
    } else {
        format!("{}…", text.chars().take(40).collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_change_differs_from_the_value() {
        let values = [
            json!(true),
            json!(3),
            json!(0.5),
            json!("a"),
            json!([1, 2]),
            json!([]),
            json!({"a": 1}),
            json!({}),
        ];
        for value in values {
            let all = changes(&value, &[], true);
            assert!(all.iter().filter(|c| c.op == MutationOp::Value).count() >= 1, "{value}");
            for change in all {
                assert_ne!(change.to.as_ref(), Some(&value), "{value}");
            }
        }
    }

    #[test]
    fn a_note_says_what_changed() {
        let long = json!([{"cell": "c01", "runs": 4, "turn_p50_us": 15672, "more": "x"}, 2]);
        let notes = |value: &Value| -> Vec<String> {
            changes(value, &[], false)
                .into_iter()
                .filter(|c| c.op == MutationOp::Value)
                .map(|c| c.note)
                .collect()
        };
        assert_eq!(notes(&long), ["1 of 2 items, the last is gone"]);
        assert_eq!(notes(&json!({"a": 1, "b": 2})), ["without its member b"]);
        assert_eq!(notes(&json!(4)), ["4 -> 5", "4 -> 3"]);
        assert_eq!(notes(&json!([])), ["[] -> [\"tollgate-prove\"]"]);
    }

    #[test]
    fn an_enum_gives_its_other_member() {
        let all = changes(&json!("pass"), &[json!("pass"), json!("fail")], true);
        assert!(all.iter().any(|c| c.op == MutationOp::Value && c.to == Some(json!("fail"))));
    }

    #[test]
    fn set_reaches_into_lists_and_escaped_keys() {
        let document = json!({"a/b": [{"x": 1}, {"x": 2}]});
        assert_eq!(set(&document, "/a~1b/1/x", Some(&json!(5))), Some(json!({"a/b": [{"x": 1}, {"x": 5}]})));
        assert_eq!(set(&document, "/a~1b/0", None), Some(json!({"a/b": [{"x": 2}]})));
        assert_eq!(set(&document, "/nope", Some(&json!(5))), None);
    }
}

//! Lends our `Json` to the `jsonschema` crate, so that no `serde_json::Value` is built for a document.

use jsonschema::JsonType;
use jsonschema::json as api;
use serde_json::{Number, Value};
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashSet;
use tollgate_text::json::{Json, JsonObject};

/// The representation. With `COUNTED` the number of errors is bounded: the engine lists every error of a document at once,
/// and a large one that is wrong everywhere would make more of them than there is memory.
pub(super) struct Lent<const COUNTED: bool>;

thread_local! {
    /// Errors that the counted walk of this thread may still make.
    static LEFT: Cell<u64> = const { Cell::new(0) };
}

/// Stands for the instance of an error that was made when there were already enough: by then the walk sees containers as
/// empty, so such an error means nothing.
const SPENT: &str = "\0spent";

/// Whether an error's instance says that there were already enough of them.
pub(super) fn is_spent(instance: &Value) -> bool {
    instance.as_str() == Some(SPENT)
}

/// Runs a counted walk that may make `most` errors; tells whether it made as many.
pub(super) fn counted<T>(most: u64, walk: impl FnOnce() -> T) -> (T, bool) {
    LEFT.set(most);
    let made = walk();
    (made, LEFT.get() == 0)
}

impl<const COUNTED: bool> api::Json for Lent<COUNTED> {
    type Node<'a> = &'a Json<'a>;
    type PreparedKey = Box<str>;
    type StringBuffer = ();

    // A lookup in a small object walks it, so one pass over the members is worth several lookups.
    const KEYS_PER_LOOKUP: usize = 4;

    fn prepare_key(key: &str) -> Box<str> {
        key.into()
    }

    fn with_string_node<T>(_: &mut (), string: &str, f: impl FnOnce(Self::Node<'_>) -> T) -> T {
        f(&Json::Str(Cow::Borrowed(string)))
    }
}

/// A number, exact.
#[derive(Clone, Copy)]
pub(super) enum Num {
    Whole(i128),
    Float(f64),
}

impl Num {
    fn of(json: &Json<'_>) -> Option<Num> {
        match json {
            Json::Int(i) => Some(Num::Whole(i128::from(*i))),
            Json::UInt(u) => Some(Num::Whole(i128::from(*u))),
            Json::Float(f) => Some(Num::Float(*f)),
            _ => None,
        }
    }

    fn of_number(number: &Number) -> Option<Num> {
        let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
        whole.map(Num::Whole).or_else(|| number.as_f64().map(Num::Float))
    }

    /// Equality of what is meant: 1 is 1.0, and no large integer is rounded.
    fn same(self, other: Num) -> bool {
        match (self, other) {
            (Num::Whole(a), Num::Whole(b)) => a == b,
            (Num::Float(a), Num::Float(b)) => a == b,
            // A float past 2^127 saturates here, and no whole number of 64 bits comes near it.
            (Num::Whole(a), Num::Float(b)) | (Num::Float(b), Num::Whole(a)) => {
                b.fract() == 0.0 && b as i128 == a
            }
        }
    }
}

impl api::JsonNumber for Num {
    fn as_u64(&self) -> Option<u64> {
        match self {
            Num::Whole(n) => u64::try_from(*n).ok(),
            Num::Float(_) => None,
        }
    }

    fn as_i64(&self) -> Option<i64> {
        match self {
            Num::Whole(n) => i64::try_from(*n).ok(),
            Num::Float(_) => None,
        }
    }

    fn as_f64(&self) -> Option<f64> {
        match self {
            Num::Whole(n) => Some(*n as f64),
            Num::Float(f) => Some(*f),
        }
    }

    fn as_str(&self) -> Cow<'_, str> {
        Cow::Owned(self.to_number().to_string())
    }

    fn to_number(&self) -> Cow<'_, Number> {
        let number = match self {
            Num::Whole(n) => match i64::try_from(*n) {
                Ok(i) => Number::from(i),
                Err(_) => Number::from(u64::try_from(*n).unwrap_or(u64::MAX)),
            },
            // A parsed float is finite.
            Num::Float(f) => Number::from_f64(*f).unwrap_or_else(|| Number::from(0)),
        };
        Cow::Owned(number)
    }

    /// 2020-12: a float without a fraction is an integer.
    fn is_integer(&self) -> bool {
        match self {
            Num::Whole(_) => true,
            Num::Float(f) => f.fract() == 0.0,
        }
    }

    fn is_written_as_integer(&self) -> bool {
        matches!(self, Num::Whole(_))
    }
}

impl<'a, const COUNTED: bool> api::Node<'a, Lent<COUNTED>> for &'a Json<'a> {
    type Object = &'a JsonObject<'a>;
    type Array = &'a [Json<'a>];
    type Number = Num;

    fn as_object(&self) -> Option<&'a JsonObject<'a>> {
        match self {
            Json::Object(members) => Some(members),
            _ => None,
        }
    }

    fn as_array(&self) -> Option<&'a [Json<'a>]> {
        match self {
            Json::Array(elements) => Some(elements),
            _ => None,
        }
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        match self {
            Json::Str(string) => Some(Cow::Borrowed(string)),
            _ => None,
        }
    }

    fn as_number(&self) -> Option<Num> {
        Num::of(self)
    }

    fn as_boolean(&self) -> Option<bool> {
        match self {
            Json::Bool(b) => Some(*b),
            _ => None,
        }
    }

    fn is_null(&self) -> bool {
        matches!(self, Json::Null)
    }

    fn is_number(&self) -> bool {
        matches!(self, Json::Int(_) | Json::UInt(_) | Json::Float(_))
    }

    fn is_string(&self) -> bool {
        matches!(self, Json::Str(_))
    }

    fn json_type(&self) -> JsonType {
        match self {
            Json::Null => JsonType::Null,
            Json::Bool(_) => JsonType::Boolean,
            Json::Int(_) | Json::UInt(_) | Json::Float(_) => JsonType::Number,
            Json::Str(_) => JsonType::String,
            Json::Array(_) => JsonType::Array,
            Json::Object(_) => JsonType::Object,
        }
    }

    fn equals_value(&self, expected: &Value) -> bool {
        equals(self, expected)
    }

    /// Only errors carry it (`const`, `enum` and `uniqueItems` have their own ways here), and `message` looks into
    /// our own tree instead: a container is not copied for each error it causes.
    fn to_value(&self) -> Cow<'a, Value> {
        if COUNTED {
            match LEFT.get().checked_sub(1) {
                Some(left) => LEFT.set(left),
                None => return Cow::Owned(Value::String(SPENT.into())),
            }
        }
        Cow::Owned(match self {
            Json::Array(_) | Json::Object(_) => Value::Null,
            scalar => Json::to_value(scalar),
        })
    }

    fn identity(&self) -> Option<api::NodeIdentity> {
        Some(api::NodeIdentity::new(std::ptr::from_ref::<Json<'_>>(self).addr()))
    }
}

/// JSON Schema's equality between a document and a value of the schema.
fn equals(found: &Json<'_>, expected: &Value) -> bool {
    match (found, expected) {
        (Json::Null, Value::Null) => true,
        (Json::Bool(a), Value::Bool(b)) => a == b,
        (Json::Str(a), Value::String(b)) => a == b,
        (Json::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equals(a, b)),
        (Json::Object(a), Value::Object(b)) => {
            a.len() == b.len() && b.iter().all(|(k, v)| a.get(k).is_some_and(|found| equals(found, v)))
        }
        (number, Value::Number(b)) => match (Num::of(number), Num::of_number(b)) {
            (Some(a), Some(b)) => a.same(b),
            _ => false,
        },
        _ => false,
    }
}

pub(super) struct Members<'a, const COUNTED: bool>(std::slice::Iter<'a, (Cow<'a, str>, Json<'a>)>);

impl<'a, const COUNTED: bool> Iterator for Members<'a, COUNTED> {
    type Item = (&'a str, &'a Json<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if COUNTED && LEFT.get() == 0 {
            return None;
        }
        self.0.next().map(|(key, value)| (&**key, value))
    }
}

pub(super) struct Elements<'a, const COUNTED: bool>(std::slice::Iter<'a, Json<'a>>);

impl<'a, const COUNTED: bool> Iterator for Elements<'a, COUNTED> {
    type Item = &'a Json<'a>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if COUNTED && LEFT.get() == 0 {
            return None;
        }
        self.0.next()
    }
}

impl<'a, const COUNTED: bool> api::Object<'a, Lent<COUNTED>> for &'a JsonObject<'a> {
    type Node = &'a Json<'a>;
    type MemberName = &'a str;
    type MembersIter = Members<'a, COUNTED>;

    fn len(&self) -> usize {
        JsonObject::len(self)
    }

    fn get(&self, key: &Box<str>) -> Option<&'a Json<'a>> {
        JsonObject::get(self, key)
    }

    fn members(&self) -> Members<'a, COUNTED> {
        Members(self.iter())
    }
}

impl<'a, const COUNTED: bool> api::Array<'a, Lent<COUNTED>> for &'a [Json<'a>] {
    type Node = &'a Json<'a>;
    type ElementsIter = Elements<'a, COUNTED>;

    fn len(&self) -> usize {
        <[Json<'a>]>::len(self)
    }

    fn elements(&self) -> Elements<'a, COUNTED> {
        Elements(self.iter())
    }

    /// Equal values have equal canonical texts: keys sorted, whole numbers without a fraction.
    fn is_unique(&self) -> bool {
        let mut seen = HashSet::new();
        self.iter().all(|element| {
            let mut text = String::new();
            canonical(element, &mut text);
            seen.insert(text)
        })
    }
}

fn canonical(value: &Json<'_>, out: &mut String) {
    match value {
        Json::Str(s) => out.push_str(&format!("{s:?}")),
        Json::Array(a) => {
            out.push('[');
            for element in a {
                canonical(element, out);
                out.push(',');
            }
            out.push(']');
        }
        Json::Object(o) => {
            let mut members: Vec<_> = o.iter().collect();
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            out.push('{');
            for (key, value) in members {
                out.push_str(&format!("{key:?}:"));
                canonical(value, out);
                out.push(',');
            }
            out.push('}');
        }
        number => match Num::of(number) {
            Some(Num::Float(f)) if f.fract() == 0.0 && f.abs() < 1e30 => {
                out.push_str(&(f as i128).to_string())
            }
            Some(Num::Float(f)) => out.push_str(&format!("{f:?}")),
            Some(Num::Whole(n)) => out.push_str(&n.to_string()),
            None => out.push_str(if matches!(value, Json::Null) { "null" } else { bool_text(value) }),
        },
    }
}

fn bool_text(value: &Json<'_>) -> &'static str {
    if matches!(value, Json::Bool(true)) { "true" } else { "false" }
}

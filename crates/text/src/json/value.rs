//! The tree that a document is read into.

use crate::figures::total;
use std::borrow::Cow;
use std::hash::{BuildHasher as _, RandomState};

/// One JSON value. Strings without escapes borrow the document's bytes.
#[derive(Debug, Clone, PartialEq)]
pub enum Json<'a> {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// An integer that fits i64 (written without fraction or exponent).
    Int(i64),
    /// An integer past i64 that fits u64; a larger one does not parse.
    UInt(u64),
    /// A number written with a fraction or an exponent; always finite.
    Float(f64),
    /// A string, escapes resolved.
    Str(Cow<'a, str>),
    /// An array.
    Array(Vec<Json<'a>>),
    /// An object; keys are unique.
    Object(JsonObject<'a>),
}

/// The members of an object in document order. Keys are unique: the parser refuses duplicates.
#[derive(Debug, Clone, Default)]
pub struct JsonObject<'a> {
    members: Box<[(Cow<'a, str>, Json<'a>)]>,
    /// For large objects, so that a lookup does not walk them.
    index: Option<Box<Index>>,
}

impl PartialEq for JsonObject<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.members == other.members
    }
}

/// Objects of more members than this carry an index.
const INDEXED: usize = 16;

/// A hash table from key to the member's number plus one; 0 is a free slot. Keyed at random, so that no document can
/// make its keys collide.
#[derive(Debug, Clone)]
struct Index {
    state: RandomState,
    slots: Box<[u32]>,
}

impl Index {
    /// An index of these members; the error is the number of the first member whose key an earlier one has.
    fn build(members: &[(Cow<'_, str>, Json<'_>)]) -> Result<Index, usize> {
        let mut index = Index {
            state: RandomState::new(),
            slots: vec![0; (members.len() * 2).next_power_of_two()].into(),
        };
        for (nth, (key, _)) in members.iter().enumerate() {
            let slot = index.slot(members, key);
            if index.slots[slot] != 0 {
                return Err(nth);
            }
            // A document is bounded far below 2^32 members; past that the lookup falls back to walking.
            index.slots[slot] = u32::try_from(nth + 1).map_err(|_| nth)?;
        }
        Ok(index)
    }

    /// The slot that holds `key`, or the free one where it belongs.
    fn slot(&self, members: &[(Cow<'_, str>, Json<'_>)], key: &str) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = self.state.hash_one(key) as usize & mask;
        while let Some(nth) = (self.slots[at] as usize).checked_sub(1) {
            if members[nth].0 == key {
                break;
            }
            at = (at + 1) & mask;
        }
        at
    }
}

impl<'a> JsonObject<'a> {
    /// An object of these members, which the caller knows to have unique keys.
    pub fn from_members(members: Vec<(Cow<'a, str>, Json<'a>)>) -> Self {
        let members = members.into_boxed_slice();
        let index = (members.len() > INDEXED).then(|| Index::build(&members).ok().map(Box::new)).flatten();
        JsonObject { members, index }
    }

    /// As `from_members`, the keys checked: the error is the number of the first member whose key an earlier one has,
    /// and that key.
    pub fn from_distinct(members: Vec<(Cow<'a, str>, Json<'a>)>) -> Result<Self, (usize, String)> {
        match Index::build(&members) {
            Ok(index) => {
                let index = (members.len() > INDEXED).then(|| Box::new(index));
                Ok(JsonObject { members: members.into_boxed_slice(), index })
            }
            Err(nth) => Err((nth, members.get(nth).map(|(key, _)| key.to_string()).unwrap_or_default())),
        }
    }

    /// The value under `key`.
    #[inline]
    pub fn get(&self, key: &str) -> Option<&Json<'a>> {
        match &self.index {
            None => self.members.iter().find(|(k, _)| k == key).map(|(_, v)| v),
            Some(index) => {
                let nth = (index.slots[index.slot(&self.members, key)] as usize).checked_sub(1)?;
                self.members.get(nth).map(|(_, v)| v)
            }
        }
    }

    /// The members in document order.
    pub fn iter(&self) -> std::slice::Iter<'_, (Cow<'a, str>, Json<'a>)> {
        self.members.iter()
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }
}

impl<'a> Json<'a> {
    /// The member `key` of an object; `None` for anything else.
    pub fn get(&self, key: &str) -> Option<&Json<'a>> {
        match self {
            Json::Object(o) => o.get(key),
            _ => None,
        }
    }

    /// The string under `key`; `None` where there is none, or something else.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Json::as_str)
    }

    /// The list under `key`; empty where there is none, or something else: for those to whom that is the same.
    pub fn items(&self, key: &str) -> &[Json<'a>] {
        match self.get(key) {
            Some(Json::Array(items)) => items,
            _ => &[],
        }
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Json::Str(s) => Some(s),
            _ => None,
        }
    }

    /// The value an RFC 6901 pointer names (`""` is the whole document).
    pub fn pointer(&self, pointer: &str) -> Option<&Json<'a>> {
        if pointer.is_empty() {
            return Some(self);
        }
        pointer.strip_prefix('/')?.split('/').try_fold(self, |at, token| {
            let token = token.replace("~1", "/").replace("~0", "~");
            match at {
                Json::Object(o) => o.get(&token),
                Json::Array(a) => a.get(token.parse::<usize>().ok()?),
                _ => None,
            }
        })
    }

    /// How many values there are, this one among them.
    pub fn values(&self) -> usize {
        match self {
            Json::Array(a) => 1 + total(a.iter().map(Json::values)),
            Json::Object(o) => 1 + total(o.iter().map(|(_, v)| v.values())),
            _ => 1,
        }
    }

    /// `null`, `boolean`, `integer`, `number`, `string`, `array`, `object`: JSON Schema's names, for messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool(_) => "boolean",
            Json::Int(_) | Json::UInt(_) => "integer",
            Json::Float(_) => "number",
            Json::Str(_) => "string",
            Json::Array(_) => "array",
            Json::Object(_) => "object",
        }
    }

    /// The same value with strings of its own, for what must outlive the document's bytes.
    pub fn into_owned(self) -> Json<'static> {
        match self {
            Json::Null => Json::Null,
            Json::Bool(b) => Json::Bool(b),
            Json::Int(i) => Json::Int(i),
            Json::UInt(u) => Json::UInt(u),
            Json::Float(f) => Json::Float(f),
            Json::Str(s) => Json::Str(Cow::Owned(s.into_owned())),
            Json::Array(a) => Json::Array(a.into_iter().map(Json::into_owned).collect()),
            Json::Object(o) => {
                let owned = |(k, v): (Cow<'_, str>, Json<'_>)| (Cow::Owned(k.into_owned()), v.into_owned());
                Json::Object(JsonObject {
                    members: o.members.into_iter().map(owned).collect(),
                    // Keys keep their numbers and their hashes.
                    index: o.index,
                })
            }
        }
    }

    /// The same value as a `serde_json::Value`, for cold paths (messages, mutation, output).
    pub fn to_value(&self) -> serde_json::Value {
        use serde_json::Value;
        match self {
            Json::Null => Value::Null,
            Json::Bool(b) => Value::Bool(*b),
            Json::Int(i) => Value::from(*i),
            Json::UInt(u) => Value::from(*u),
            Json::Float(f) => Value::from(*f),
            Json::Str(s) => Value::String(s.to_string()),
            Json::Array(a) => Value::Array(a.iter().map(Json::to_value).collect()),
            Json::Object(o) => Value::Object(o.iter().map(|(k, v)| (k.to_string(), v.to_value())).collect()),
        }
    }

    /// A tree of the same shape from a `serde_json::Value`, owning its strings.
    pub fn from_value(value: &serde_json::Value) -> Json<'static> {
        use serde_json::Value;
        match value {
            Value::Null => Json::Null,
            Value::Bool(b) => Json::Bool(*b),
            Value::Number(n) => match (n.as_i64(), n.as_u64()) {
                (Some(i), _) => Json::Int(i),
                (None, Some(u)) => Json::UInt(u),
                (None, None) => Json::Float(n.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(s) => Json::Str(Cow::Owned(s.clone())),
            Value::Array(a) => Json::Array(a.iter().map(Json::from_value).collect()),
            Value::Object(o) => Json::Object(JsonObject::from_members(
                o.iter().map(|(k, v)| (Cow::Owned(k.clone()), Json::from_value(v))).collect(),
            )),
        }
    }
}

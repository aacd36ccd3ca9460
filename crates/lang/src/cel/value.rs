//! CEL values: what they are, and what they are made of.

use super::kind::Type;
use chrono::{DateTime, TimeDelta, Utc};
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;
use tollgate_text::json::Json;

/// Text or bytes: lent by the evidence or the expression, or made by the expression and then shared by all copies.
#[derive(Debug)]
pub enum Shared<'v, T: ?Sized> {
    /// Lent.
    Lent(&'v T),
    /// Made.
    Made(Arc<T>),
}

/// A string.
pub type CelText<'v> = Shared<'v, str>;

impl<T: ?Sized> Clone for Shared<'_, T> {
    fn clone(&self) -> Self {
        match self {
            Shared::Lent(lent) => Shared::Lent(lent),
            Shared::Made(made) => Shared::Made(Arc::clone(made)),
        }
    }
}

impl<T: ?Sized> Deref for Shared<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        match self {
            Shared::Lent(lent) => lent,
            Shared::Made(made) => made,
        }
    }
}

impl<T: ?Sized + PartialEq> PartialEq for Shared<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: ?Sized + Eq> Eq for Shared<'_, T> {}

impl<T: ?Sized + Hash> Hash for Shared<'_, T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl From<String> for CelText<'_> {
    fn from(text: String) -> Self {
        Shared::Made(text.into())
    }
}

/// A CEL value. Evidence is lent, not copied.
#[derive(Debug, Clone)]
pub enum Value<'v> {
    /// null
    Null,
    /// bool
    Bool(bool),
    /// int
    Int(i64),
    /// uint
    UInt(u64),
    /// double, always finite
    Float(f64),
    /// string
    Str(CelText<'v>),
    /// bytes
    Bytes(Shared<'v, [u8]>),
    /// timestamp
    Time(DateTime<Utc>),
    /// duration
    Duration(TimeDelta),
    /// A type, as `type(x)` gives it.
    Type(Type),
    /// A list that the expression made.
    List(Arc<Vec<Value<'v>>>),
    /// A map that the expression made, in the order written; keys are unique.
    Map(Arc<Vec<(Value<'v>, Value<'v>)>>),
    /// Any JSON document or part of one. What an evaluation returns is an array or an object here, never a scalar.
    Json(&'v Json<'v>),
}

/// A list, wherever it lives.
#[derive(Clone, Copy)]
pub(super) enum Items<'a, 'v> {
    Json(&'v [Json<'v>]),
    Made(&'a [Value<'v>]),
}

impl<'v> Items<'_, 'v> {
    pub(super) fn len(&self) -> usize {
        match self {
            Items::Json(items) => items.len(),
            Items::Made(items) => items.len(),
        }
    }

    pub(super) fn get(&self, at: usize) -> Option<Value<'v>> {
        match self {
            Items::Json(items) => items.get(at).map(Value::from_json),
            Items::Made(items) => items.get(at).cloned(),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Value<'v>> {
        (0..self.len()).filter_map(|at| self.get(at))
    }
}

impl<'v> Value<'v> {
    /// A JSON document, or part of one, lent.
    #[inline]
    pub fn from_json(json: &'v Json<'v>) -> Value<'v> {
        match json {
            Json::Null => Value::Null,
            Json::Bool(b) => Value::Bool(*b),
            Json::Int(i) => Value::Int(*i),
            Json::UInt(u) => Value::UInt(*u),
            Json::Float(f) => Value::Float(*f),
            Json::Str(s) => Value::Str(Shared::Lent(s)),
            Json::Array(_) | Json::Object(_) => Value::Json(json),
        }
    }

    /// A string that is lent.
    pub fn str(text: &'v str) -> Value<'v> {
        Value::Str(Shared::Lent(text))
    }

    /// A list of these.
    pub fn list(items: Vec<Value<'v>>) -> Value<'v> {
        Value::List(Arc::new(items))
    }

    /// A map of these, whose keys are unique.
    pub fn map(members: Vec<(&'static str, Value<'v>)>) -> Value<'v> {
        Value::Map(Arc::new(members.into_iter().map(|(k, v)| (Value::str(k), v)).collect()))
    }

    /// The same value with a JSON scalar turned into the CEL scalar that it is.
    #[inline]
    pub(super) fn plain(self) -> Value<'v> {
        match self {
            Value::Json(json) => Value::from_json(json),
            other => other,
        }
    }

    /// The type.
    pub fn type_of(&self) -> Type {
        match self {
            Value::Null => Type::Null,
            Value::Bool(_) => Type::Bool,
            Value::Int(_) => Type::Int,
            Value::UInt(_) => Type::UInt,
            Value::Float(_) => Type::Double,
            Value::Str(_) => Type::Str,
            Value::Bytes(_) => Type::Bytes,
            Value::Time(_) => Type::Time,
            Value::Duration(_) => Type::Duration,
            Value::Type(_) => Type::Type,
            Value::List(_) => Type::List,
            Value::Map(_) => Type::Map,
            Value::Json(json) => match json {
                Json::Array(_) => Type::List,
                Json::Object(_) => Type::Map,
                scalar => Value::from_json(scalar).type_of(),
            },
        }
    }

    /// The list, if it is one.
    pub(super) fn items(&self) -> Option<Items<'_, 'v>> {
        match self {
            Value::Json(Json::Array(items)) => Some(Items::Json(items)),
            Value::List(items) => Some(Items::Made(items)),
            _ => None,
        }
    }

    /// How many members a map has, if it is one.
    pub(super) fn members(&self) -> Option<usize> {
        match self {
            Value::Json(Json::Object(object)) => Some(object.len()),
            Value::Map(members) => Some(members.len()),
            _ => None,
        }
    }

    /// The `at`th member of a map.
    pub(super) fn member(&self, at: usize) -> Option<(Value<'v>, Value<'v>)> {
        match self {
            Value::Json(Json::Object(object)) => {
                object.iter().nth(at).map(|(k, v)| (Value::Str(Shared::Lent(k)), Value::from_json(v)))
            }
            Value::Map(members) => members.get(at).cloned(),
            _ => None,
        }
    }

    /// All members of a map in their order; empty for anything else.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (Value<'v>, Value<'v>)> {
        (0..self.members().unwrap_or(0)).filter_map(|at| self.member(at))
    }

    /// What `for_each` walks, one after another, so that no list of them is made: the elements of a list, or of a map the
    /// maps `{key, value}`; `None` for anything else.
    pub fn elements(&self) -> Option<impl ExactSizeIterator<Item = Value<'v>>> {
        let len = self.items().map(|items| items.len()).or_else(|| self.members())?;
        Some((0..len).map(|at| match self.items() {
            Some(items) => items.get(at).unwrap_or(Value::Null),
            None => match self.member(at) {
                Some((key, value)) => Value::map(vec![("key", key), ("value", value)]),
                None => Value::Null,
            },
        }))
    }
}

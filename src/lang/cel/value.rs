//! CEL values: what they are called, when they are equal, how they are ordered, how they are shown.

use super::errors::{EvalError, fault};
use super::meter::Meter;
use crate::base::json::Json;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::Write as _;
use std::sync::Arc;

/// The most characters of a value that a message shows.
const SHOWN: usize = 200;

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
    Str(Cow<'v, str>),
    /// bytes
    Bytes(Cow<'v, [u8]>),
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

/// The types of CEL, and their names in an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// `null_type`
    Null,
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `uint`
    UInt,
    /// `double`
    Double,
    /// `string`
    Str,
    /// `bytes`
    Bytes,
    /// `timestamp`
    Time,
    /// `duration`
    Duration,
    /// `type`
    Type,
    /// `list`
    List,
    /// `map`
    Map,
}

impl Type {
    const ALL: [Type; 12] = [
        Type::Null,
        Type::Bool,
        Type::Int,
        Type::UInt,
        Type::Double,
        Type::Str,
        Type::Bytes,
        Type::Time,
        Type::Duration,
        Type::Type,
        Type::List,
        Type::Map,
    ];

    /// The name in an expression.
    pub fn name(self) -> &'static str {
        match self {
            Type::Null => "null_type",
            Type::Bool => "bool",
            Type::Int => "int",
            Type::UInt => "uint",
            Type::Double => "double",
            Type::Str => "string",
            Type::Bytes => "bytes",
            Type::Time => "timestamp",
            Type::Duration => "duration",
            Type::Type => "type",
            Type::List => "list",
            Type::Map => "map",
        }
    }

    /// The type a name stands for. Such a name cannot be bound to anything else.
    pub fn named(name: &str) -> Option<Type> {
        Type::ALL.into_iter().find(|t| t.name() == name)
    }
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
            Json::Str(s) => Value::Str(Cow::Borrowed(s)),
            Json::Array(_) | Json::Object(_) => Value::Json(json),
        }
    }

    /// A string that is lent.
    pub fn str(text: &'v str) -> Value<'v> {
        Value::Str(Cow::Borrowed(text))
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
                object.iter().nth(at).map(|(k, v)| (Value::Str(Cow::Borrowed(k)), Value::from_json(v)))
            }
            Value::Map(members) => members.get(at).cloned(),
            _ => None,
        }
    }

    /// All members of a map in their order; empty for anything else.
    pub(super) fn pairs(&self) -> Vec<(Value<'v>, Value<'v>)> {
        match self {
            Value::Json(Json::Object(object)) => {
                object.iter().map(|(k, v)| (Value::Str(Cow::Borrowed(k)), Value::from_json(v))).collect()
            }
            Value::Map(members) => members.to_vec(),
            _ => Vec::new(),
        }
    }

    /// The value under a key of a map; `None` when there is none, or when it is no map.
    pub(super) fn lookup(&self, key: &Value<'_>) -> Option<Value<'v>> {
        match self {
            Value::Json(Json::Object(object)) => match key {
                Value::Str(key) => object.get(key).map(Value::from_json),
                _ => None,
            },
            Value::Map(members) => {
                members.iter().find(|(k, _)| scalars_equal(k, key) == Some(true)).map(|(_, v)| v.clone())
            }
            _ => None,
        }
    }

    /// Short text for messages: strings bare, everything else as CEL writes it, cut at 200 characters.
    pub fn show(&self) -> String {
        let mut out = String::new();
        match self {
            Value::Str(s) | Value::Json(Json::Str(s)) => out.extend(s.chars().take(SHOWN + 1)),
            other => write(other, &mut out),
        }
        cut(out)
    }

    /// As `show`, with a string in quotes and escaped, so that its ends are seen.
    pub fn quoted(&self) -> String {
        let mut out = String::new();
        write(self, &mut out);
        cut(out)
    }

    /// The value under a name of a map; `None` when there is none, or when it is no map.
    pub fn field(&self, name: &str) -> Option<Value<'v>> {
        self.lookup(&Value::str(name))
    }

    /// What `for_each` walks: the elements of a list, or of a map the maps `{key, value}`; `None` for anything else.
    pub fn elements(&self) -> Option<Vec<Value<'v>>> {
        if let Some(items) = self.items() {
            return Some(items.iter().collect());
        }
        self.members()?;
        Some(self.pairs().into_iter().map(|(k, v)| Value::map(vec![("key", k), ("value", v)])).collect())
    }
}

/// Cuts a text to what a message shows.
fn cut(text: String) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// Writes a value as CEL does and stops soon after what a message shows.
fn write(value: &Value<'_>, out: &mut String) {
    if out.len() > SHOWN * 4 {
        return;
    }
    // Writing into a string cannot fail.
    let _ = match value {
        Value::Null => out.write_str("null"),
        Value::Bool(b) => write!(out, "{b}"),
        Value::Int(i) => write!(out, "{i}"),
        Value::UInt(u) => write!(out, "{u}u"),
        Value::Float(f) => out.write_str(&double_text(*f, true)),
        Value::Str(s) => write_quoted(s, out),
        Value::Bytes(b) => {
            write!(out, "b\"{}\"", b.iter().take(SHOWN).copied().map(byte_text).collect::<String>())
        }
        Value::Time(t) => write!(out, "timestamp(\"{}\")", time_text(t)),
        Value::Duration(d) => write!(out, "duration(\"{}\")", duration_text(*d)),
        Value::Type(t) => out.write_str(t.name()),
        Value::List(_) | Value::Json(Json::Array(_)) => {
            out.push('[');
            for (at, item) in value.items().iter().flat_map(|i| i.iter()).take(SHOWN).enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                write(&item, out);
            }
            out.write_str("]")
        }
        Value::Map(_) | Value::Json(Json::Object(_)) => {
            out.push('{');
            for at in 0..value.members().unwrap_or(0).min(SHOWN) {
                if let Some((k, v)) = value.member(at) {
                    out.push_str(if at == 0 { "" } else { ", " });
                    write(&k, out);
                    out.push_str(": ");
                    write(&v, out);
                }
            }
            out.write_str("}")
        }
        Value::Json(scalar) => {
            write(&Value::from_json(scalar), out);
            Ok(())
        }
    };
}

fn write_quoted(text: &str, out: &mut String) -> std::fmt::Result {
    out.push('"');
    for c in text.chars().take(SHOWN + 1) {
        match c {
            '"' | '\\' => write!(out, "\\{c}")?,
            c if c.is_control() => write!(out, "{}", c.escape_default())?,
            c => out.push(c),
        }
    }
    out.write_str("\"")
}

fn byte_text(byte: u8) -> String {
    std::ascii::escape_default(byte).to_string()
}

/// A double as text; with `dot` an integral one keeps its `.0`, so that it is not taken for an int.
pub(super) fn double_text(f: f64, dot: bool) -> String {
    if f.fract() == 0.0 && f.abs() < 1e15 {
        if dot { format!("{f:.1}") } else { format!("{f:.0}") }
    } else if f != 0.0 && (f.abs() >= 1e15 || f.abs() < 1e-4) {
        format!("{f:e}")
    } else {
        format!("{f}")
    }
}

/// A timestamp as RFC 3339 in UTC.
pub(super) fn time_text(time: &DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// A duration in seconds, as CEL writes it: `93.5s`.
pub(super) fn duration_text(duration: TimeDelta) -> String {
    let nanos = i128::from(duration.num_seconds()) * 1_000_000_000 + i128::from(duration.subsec_nanos());
    let sign = if nanos < 0 { "-" } else { "" };
    let (whole, part) = (nanos.unsigned_abs() / 1_000_000_000, nanos.unsigned_abs() % 1_000_000_000);
    let part = format!("{part:09}");
    match part.trim_end_matches('0') {
        "" => format!("{sign}{whole}s"),
        part => format!("{sign}{whole}.{part}s"),
    }
}

/// Equality of two values that hold no others; `None` when either does.
#[inline]
pub(super) fn scalars_equal(a: &Value<'_>, b: &Value<'_>) -> Option<bool> {
    Some(match (a, b) {
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Null, Value::Null) => true,
        (Value::Bytes(a), Value::Bytes(b)) => a == b,
        (Value::Time(a), Value::Time(b)) => a == b,
        (Value::Duration(a), Value::Duration(b)) => a == b,
        (Value::Type(a), Value::Type(b)) => a == b,
        (Value::List(_) | Value::Map(_) | Value::Json(_), _) => return None,
        (_, Value::List(_) | Value::Map(_) | Value::Json(_)) => return None,
        // Different types are unequal and no error, numbers apart, which are equal by what they are worth.
        (a, b) => numbers(a, b) == Some(Ordering::Equal),
    })
}

/// Equality as `==` has it: by worth among numbers, deep for lists and maps, false between different types.
pub(super) fn equal(a: &Value<'_>, b: &Value<'_>, meter: &mut Meter) -> Result<bool, EvalError> {
    if let Some(equal) = scalars_equal(a, b) {
        return Ok(equal);
    }
    if let (Some(a), Some(b)) = (a.items(), b.items()) {
        if a.len() != b.len() {
            return Ok(false);
        }
        meter.charge(a.len() as u64)?;
        for (a, b) in a.iter().zip(b.iter()) {
            if !equal(&a, &b, meter)? {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    if let (Some(a_len), Some(b_len)) = (a.members(), b.members()) {
        if a_len != b_len {
            return Ok(false);
        }
        for (key, a) in a.pairs() {
            // A lookup walks the members.
            meter.charge(1 + b_len as u64 / 16)?;
            match b.lookup(&key) {
                Some(b) if equal(&a, &b, meter)? => {}
                _ => return Ok(false),
            }
        }
        return Ok(true);
    }
    // A scalar that was handed in as JSON.
    match (a, b) {
        (Value::Json(json), _) if !matches!(json, Json::Array(_) | Json::Object(_)) => {
            equal(&Value::from_json(json), b, meter)
        }
        (_, Value::Json(json)) if !matches!(json, Json::Array(_) | Json::Object(_)) => {
            equal(a, &Value::from_json(json), meter)
        }
        _ => Ok(false),
    }
}

/// The order of two numbers by what they are exactly worth; `None` unless both are numbers.
#[inline]
pub(super) fn numbers(a: &Value<'_>, b: &Value<'_>) -> Option<Ordering> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::UInt(a), Value::UInt(b)) => Some(a.cmp(b)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::Float(a), b) => whole(b).and_then(|b| against_float(b, *a)).map(Ordering::reverse),
        (a, Value::Float(b)) => whole(a).and_then(|a| against_float(a, *b)),
        (a, b) => Some(whole(a)?.cmp(&whole(b)?)),
    }
}

fn whole(value: &Value<'_>) -> Option<i128> {
    match value {
        Value::Int(i) => Some(i128::from(*i)),
        Value::UInt(u) => Some(i128::from(*u)),
        _ => None,
    }
}

/// The order of an integer and a double without rounding the integer. `None` for NaN.
fn against_float(whole: i128, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    // Past these every 64-bit integer is on one side; within them the cut to i128 is exact.
    if float >= 36_893_488_147_419_103_232.0 {
        return Some(Ordering::Less);
    }
    if float <= -36_893_488_147_419_103_232.0 {
        return Some(Ordering::Greater);
    }
    let cut = float.trunc();
    let fraction = float - cut;
    Some(whole.cmp(&(cut as i128)).then_with(|| {
        if fraction > 0.0 {
            Ordering::Less
        } else if fraction < 0.0 {
            Ordering::Greater
        } else {
            Ordering::Equal
        }
    }))
}

/// The order of two values as `<` has it: numbers, strings, bytes, bools, timestamps, durations, each among themselves.
#[inline]
pub(super) fn order(a: &Value<'_>, b: &Value<'_>) -> Result<Ordering, EvalError> {
    if let Some(order) = numbers(a, b) {
        return Ok(order);
    }
    Ok(match (a, b) {
        (Value::Str(a), Value::Str(b)) => a.cmp(b),
        (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (Value::Duration(a), Value::Duration(b)) => a.cmp(b),
        _ => {
            return fault(format!(
                "{} and {} have no order",
                with_article(a.type_of()),
                with_article(b.type_of())
            ));
        }
    })
}

/// The type's name for a sentence: `a string`, `an int`, `null`.
pub(super) fn with_article(kind: Type) -> &'static str {
    match kind {
        Type::Null => "null",
        Type::Bool => "a bool",
        Type::Int => "an int",
        Type::UInt => "a uint",
        Type::Double => "a double",
        Type::Str => "a string",
        Type::Bytes => "bytes",
        Type::Time => "a timestamp",
        Type::Duration => "a duration",
        Type::Type => "a type",
        Type::List => "a list",
        Type::Map => "a map",
    }
}

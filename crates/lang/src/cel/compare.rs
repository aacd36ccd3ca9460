//! When values are equal, how they are ordered, which one a key names.

use super::errors::EvalError;
use super::meter::Meter;
use super::value::Value;
use std::cmp::Ordering;
use tollgate_text::json::Json;

impl<'v> Value<'v> {
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

    /// The value under a name of a map; `None` when there is none, or when it is no map.
    pub fn field(&self, name: &str) -> Option<Value<'v>> {
        self.lookup(&Value::str(name))
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
#[inline]
pub(super) fn equal(a: &Value<'_>, b: &Value<'_>, meter: &Meter) -> Result<bool, EvalError> {
    match (a, b) {
        // Texts of different lengths are told apart at once.
        (Value::Str(a), Value::Str(b)) if a.len() == b.len() => meter.text(a.len())?,
        (Value::Bytes(a), Value::Bytes(b)) if a.len() == b.len() => meter.text(a.len())?,
        _ => {}
    }
    if let Some(equal) = scalars_equal(a, b) {
        return Ok(equal);
    }
    deeply_equal(a, b, meter)
}

fn deeply_equal(a: &Value<'_>, b: &Value<'_>, meter: &Meter) -> Result<bool, EvalError> {
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
            if let Value::Str(key) = &key {
                meter.text(key.len())?;
            }
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

/// The order of two values as `<` has it: numbers, strings, bytes, bools, timestamps, durations, each among themselves;
/// `None` where there is none.
#[inline]
pub(super) fn order(a: &Value<'_>, b: &Value<'_>, meter: &Meter) -> Result<Option<Ordering>, EvalError> {
    if let Some(order) = numbers(a, b) {
        return Ok(Some(order));
    }
    Ok(Some(match (a, b) {
        (Value::Str(a), Value::Str(b)) => {
            meter.text(a.len().min(b.len()))?;
            str::cmp(a, b)
        }
        (Value::Bytes(a), Value::Bytes(b)) => {
            meter.text(a.len().min(b.len()))?;
            <[u8]>::cmp(a, b)
        }
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (Value::Duration(a), Value::Duration(b)) => a.cmp(b),
        _ => return Ok(None),
    }))
}

//! The standard functions: conversions, strings, sizes.

use super::ast::Func;
use super::errors::{EvalError, fault};
use super::host;
use super::kind::{Type, with_article};
use super::meter::Meter;
use super::operators;
use super::pattern::CompiledPattern;
use super::scope::Scope;
use super::show::{double_text, duration_text, shown, time_text};
use super::time;
use super::value::{CelText, Shared, Value};

/// Steps that compiling a pattern at run time costs.
const PATTERN_STEPS: u64 = 1000;

/// Calls a function with arguments whose number was checked when the expression was compiled.
pub(super) fn call<'v>(
    func: Func,
    args: &[Value<'v>],
    scope: &dyn Scope<'v>,
    meter: &Meter,
) -> Result<Value<'v>, EvalError> {
    match (func, args) {
        (Func::Div, [a, b]) => operators::divided(a, b),
        (Func::Size, [of]) => {
            if let Value::Str(text) = of {
                meter.text(text.len())?;
            }
            size(of).map(Value::Int)
        }
        (Func::ToInt, [of]) => to_int(of).map(Value::Int),
        (Func::ToUInt, [of]) => to_uint(of).map(Value::UInt),
        (Func::ToDouble, [of]) => to_double(of).map(Value::Float),
        (Func::ToString, [of]) => to_string(of, meter),
        (Func::ToBytes, [of]) => to_bytes(of, meter),
        (Func::ToBool, [of]) => to_bool(of).map(Value::Bool),
        (Func::ToTimestamp, [of]) => match of {
            Value::Time(_) => Ok(of.clone()),
            Value::Int(seconds) => time::from_seconds(*seconds).map(Value::Time),
            Value::Str(text) => time::timestamp(text).map(Value::Time),
            other => cannot(other, Type::Time),
        },
        (Func::ToDuration, [of]) => match of {
            Value::Duration(_) => Ok(of.clone()),
            Value::Str(text) => time::duration(text).map(Value::Duration),
            other => cannot(other, Type::Duration),
        },
        (Func::Dyn, [of]) => Ok(of.clone()),
        (Func::TypeOf, [of]) => Ok(Value::Type(of.type_of())),
        (func, [of, zone @ ..]) if func.is_getter() => time::getter(func, of, zone.first()),
        (Func::Join, [list, rest @ ..]) => join(list, rest.first(), meter),
        (func, [of, rest @ ..]) if func.is_of_string() => match of {
            Value::Str(text) => of_string(func, text, rest, meter),
            other => fault(format!("{} is not a string", shown(other))),
        },
        _ => host::call(func, args, scope, meter),
    }
}

fn cannot<T>(value: &Value<'_>, to: Type) -> Result<T, EvalError> {
    fault(format!("{} does not become {}", shown(value), with_article(to)))
}

/// Code points of a string, bytes, elements, members.
pub(super) fn size(of: &Value<'_>) -> Result<i64, EvalError> {
    let size = match of {
        Value::Str(text) => text.chars().count(),
        Value::Bytes(bytes) => bytes.len(),
        other => match (other.items(), other.members()) {
            (Some(items), _) => items.len(),
            (None, Some(members)) => members,
            (None, None) => return fault(format!("{} has no size", shown(other))),
        },
    };
    Ok(i64::try_from(size).unwrap_or(i64::MAX))
}

fn to_int(of: &Value<'_>) -> Result<i64, EvalError> {
    match of {
        Value::Int(i) => Ok(*i),
        Value::UInt(u) => i64::try_from(*u).or_else(|_| fault("int overflow")),
        // Cut towards zero; 2^63 itself is out, and so is everything that rounds to it.
        Value::Float(f) if *f >= -9_223_372_036_854_775_808.0 && *f < 9_223_372_036_854_775_808.0 => {
            Ok(*f as i64)
        }
        Value::Float(_) => fault("int overflow"),
        Value::Str(text) => text.parse().or_else(|_| cannot(of, Type::Int)),
        Value::Time(time) => Ok(time.timestamp()),
        other => cannot(other, Type::Int),
    }
}

fn to_uint(of: &Value<'_>) -> Result<u64, EvalError> {
    match of {
        Value::UInt(u) => Ok(*u),
        Value::Int(i) => u64::try_from(*i).or_else(|_| fault("uint overflow")),
        Value::Float(f) if *f > -1.0 && *f < 18_446_744_073_709_551_616.0 => Ok(*f as u64),
        Value::Float(_) => fault("uint overflow"),
        Value::Str(text) => text.parse().or_else(|_| cannot(of, Type::UInt)),
        other => cannot(other, Type::UInt),
    }
}

fn to_double(of: &Value<'_>) -> Result<f64, EvalError> {
    match of {
        Value::Float(f) => Ok(*f),
        Value::Int(i) => Ok(*i as f64),
        Value::UInt(u) => Ok(*u as f64),
        // Infinity and NaN compare in ways that no gate means.
        Value::Str(text) => match text.parse::<f64>() {
            Ok(f) if f.is_finite() => Ok(f),
            _ => cannot(of, Type::Double),
        },
        other => cannot(other, Type::Double),
    }
}

fn to_string<'v>(of: &Value<'v>, meter: &Meter) -> Result<Value<'v>, EvalError> {
    let text = match of {
        Value::Str(_) => return Ok(of.clone()),
        Value::Bool(b) => b.to_string(),
        Value::Int(i) => i.to_string(),
        Value::UInt(u) => u.to_string(),
        Value::Float(f) => double_text(*f, false),
        Value::Bytes(bytes) => {
            meter.bytes(bytes.len())?;
            match std::str::from_utf8(bytes) {
                Ok(text) => text.to_string(),
                Err(_) => return fault("the bytes are not UTF-8"),
            }
        }
        Value::Time(time) => time_text(time),
        Value::Duration(duration) => duration_text(*duration),
        other => return cannot(other, Type::Str),
    };
    meter.bytes(text.len())?;
    Ok(Value::Str(text.into()))
}

fn to_bytes<'v>(of: &Value<'v>, meter: &Meter) -> Result<Value<'v>, EvalError> {
    match of {
        Value::Bytes(_) => Ok(of.clone()),
        Value::Str(Shared::Lent(text)) => Ok(Value::Bytes(Shared::Lent(text.as_bytes()))),
        Value::Str(Shared::Made(text)) => {
            meter.bytes(text.len())?;
            Ok(Value::Bytes(Shared::Made(text.as_bytes().into())))
        }
        other => cannot(other, Type::Bytes),
    }
}

fn to_bool(of: &Value<'_>) -> Result<bool, EvalError> {
    match of {
        Value::Bool(b) => Ok(*b),
        Value::Str(text) => match &**text {
            "1" | "t" | "true" | "TRUE" | "True" => Ok(true),
            "0" | "f" | "false" | "FALSE" | "False" => Ok(false),
            _ => cannot(of, Type::Bool),
        },
        other => cannot(other, Type::Bool),
    }
}

/// The functions of a string.
fn of_string<'v>(
    func: Func,
    text: &CelText<'v>,
    rest: &[Value<'v>],
    meter: &Meter,
) -> Result<Value<'v>, EvalError> {
    meter.text(text.len())?;
    match (func, rest) {
        (Func::Contains, [Value::Str(part)]) => Ok(Value::Bool(text.contains(&**part))),
        (Func::StartsWith, [Value::Str(part)]) => Ok(Value::Bool(text.starts_with(&**part))),
        (Func::EndsWith, [Value::Str(part)]) => Ok(Value::Bool(text.ends_with(&**part))),
        (Func::Matches, [Value::Str(pattern)]) => {
            meter.charge(PATTERN_STEPS)?;
            meter.text(pattern.len())?;
            let pattern = CompiledPattern::compile(pattern).map_err(EvalError::Expression)?;
            meter.charge(pattern.size() / 64)?;
            meter.clock()?;
            pattern.is_match(text, meter).map(Value::Bool)
        }
        (Func::LowerAscii, []) => made(text.len(), || text.to_ascii_lowercase(), meter),
        (Func::UpperAscii, []) => made(text.len(), || text.to_ascii_uppercase(), meter),
        (Func::Trim, []) => part(text, text.trim(), meter),
        (Func::Split, [Value::Str(by)]) => split(text, by, -1, meter),
        (Func::Split, [Value::Str(by), Value::Int(most)]) => split(text, by, *most, meter),
        (Func::Replace, [Value::Str(old), Value::Str(new)]) => replace(text, old, new, -1, meter),
        (Func::Replace, [Value::Str(old), Value::Str(new), Value::Int(most)]) => {
            replace(text, old, new, *most, meter)
        }
        (Func::Substring, [Value::Int(start)]) => substring(text, *start, None, meter),
        (Func::Substring, [Value::Int(start), Value::Int(end)]) => substring(text, *start, Some(*end), meter),
        (Func::IndexOf, [Value::Str(part)]) => index_of(text, part, 0),
        (Func::IndexOf, [Value::Str(part), Value::Int(from)]) => index_of(text, part, *from),
        (Func::LastIndexOf, [Value::Str(part)]) => {
            Ok(Value::Int(text.rfind(&**part).map_or(-1, |at| count(&text[..at]))))
        }
        _ => {
            let kinds: Vec<&str> = rest.iter().map(|r| with_article(r.type_of())).collect();
            fault(format!("a function of a string does not take {}", kinds.join(" and ")))
        }
    }
}

/// A text of `len` bytes, paid for before it is made.
fn made<'v>(len: usize, text: impl FnOnce() -> String, meter: &Meter) -> Result<Value<'v>, EvalError> {
    meter.bytes(len)?;
    Ok(Value::Str(text().into()))
}

/// A part of a text: lent where the text is.
fn part<'v>(of: &CelText<'v>, part: &str, meter: &Meter) -> Result<Value<'v>, EvalError> {
    let lent = match of {
        Shared::Lent(whole) => {
            // Where it stands in the text is the one thing that its address tells.
            let start = part.as_ptr().addr().wrapping_sub(whole.as_ptr().addr());
            start.checked_add(part.len()).and_then(|end| whole.get(start..end))
        }
        Shared::Made(_) => None,
    };
    match lent {
        Some(lent) => Ok(Value::str(lent)),
        None => made(part.len(), || part.to_string(), meter),
    }
}

fn count(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

/// At most `most` parts; a negative number means all of them (strings extension, split).
fn split<'v>(text: &CelText<'v>, by: &str, most: i64, meter: &Meter) -> Result<Value<'v>, EvalError> {
    let owned = |one: &str| part(text, one, meter);
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    // Each part costs a value, so it is paid for before it is made.
    meter.text(text.len())?;
    let parts = if by.is_empty() { text.chars().count() } else { text.matches(by).count() + 1 };
    meter.list(parts.min(most))?;
    let parts: Vec<Value<'v>> = match (most, by.is_empty()) {
        (0, _) => Vec::new(),
        (_, false) => text.splitn(most, by).map(owned).collect::<Result<_, _>>()?,
        (_, true) => {
            let mut parts = Vec::new();
            let mut rest: &str = text;
            while let Some(c) = rest.chars().next() {
                let len = if parts.len() + 1 == most { rest.len() } else { c.len_utf8() };
                parts.push(owned(&rest[..len])?);
                rest = &rest[len..];
            }
            parts
        }
    };
    Ok(Value::list(parts))
}

fn replace<'v>(text: &str, old: &str, new: &str, most: i64, meter: &Meter) -> Result<Value<'v>, EvalError> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let hits = text.matches(old).count().min(most);
    // The size is known before it is made.
    meter.bytes(text.len().saturating_add(hits.saturating_mul(new.len())))?;
    Ok(Value::Str(text.replacen(old, new, most).into()))
}

/// The byte offset of the `at`th code point; the end counts as one.
fn offset(text: &str, at: i64) -> Option<usize> {
    let at = usize::try_from(at).ok()?;
    text.char_indices().map(|(offset, _)| offset).chain([text.len()]).nth(at)
}

fn substring<'v>(
    text: &CelText<'v>,
    start: i64,
    end: Option<i64>,
    meter: &Meter,
) -> Result<Value<'v>, EvalError> {
    let from = offset(text, start);
    let to = end.map_or(Some(text.len()), |end| offset(text, end));
    match (from, to) {
        (Some(from), Some(to)) if from <= to => part(text, &text[from..to], meter),
        _ => fault("substring() reaches outside the string"),
    }
}

fn index_of<'v>(text: &str, part: &str, from: i64) -> Result<Value<'v>, EvalError> {
    match offset(text, from) {
        Some(start) => Ok(Value::Int(text[start..].find(part).map_or(-1, |at| count(&text[..start + at])))),
        None => fault("indexOf() starts outside the string"),
    }
}

fn join<'v>(list: &Value<'v>, by: Option<&Value<'v>>, meter: &Meter) -> Result<Value<'v>, EvalError> {
    let by = match by {
        None => "",
        Some(Value::Str(by)) => by,
        Some(other) => return fault(format!("join() takes a string, not {}", with_article(other.type_of()))),
    };
    let Some(items) = list.items() else {
        return fault(format!("join() takes a list of strings, not {}", with_article(list.type_of())));
    };
    let mut out = String::new();
    for (at, item) in items.iter().enumerate() {
        let Value::Str(one) = &item else {
            return fault(format!(
                "join() takes a list of strings, not {} in it",
                with_article(item.type_of())
            ));
        };
        if at > 0 {
            out.push_str(by);
        }
        out.push_str(one);
        meter.charge(1)?;
        meter.fits(out.len())?;
    }
    meter.bytes(out.len())?;
    Ok(Value::Str(out.into()))
}

//! The functions that gates have beside the standard ones (`docs/expressions.md`).

use super::ast::Func;
use super::compare::{equal, numbers};
use super::errors::{EvalError, fault};
use super::kind::with_article;
use super::meter::Meter;
use super::scope::{Host, Scope};
use super::time;
use super::value::{CelText, Items, Shared, Value};
use std::cmp::Ordering;
use std::collections::HashSet;
use tollgate_text::figures::total;

/// Calls one of them.
pub(super) fn call<'v>(
    func: Func,
    args: &[Value<'v>],
    scope: &dyn Scope<'v>,
    meter: &Meter,
) -> Result<Value<'v>, EvalError> {
    match (func, args) {
        (Func::Stem, [path]) => stem(path),
        (Func::Sorted, [list]) => sorted(list, meter),
        (Func::Distinct, [list]) => distinct(list, meter),
        (Func::Difference, [a, b]) => difference(a, b, meter),
        (Func::Sum, [list]) => sum(list, meter),
        (Func::Age, [Value::Time(t)]) => time::age_of(*t, scope.now()),
        (Func::Age, [of]) => time::age(text("age", of)?, scope.now()),
        (Func::DaysUntil, [of]) => time::days_until(text("days_until", of)?, scope.now()),
        _ => {
            // What the workspace is asked may take long and counts few steps: it looks at the clock itself, too.
            meter.charge(1)?;
            meter.clock()?;
            let answer = ask(func, args, scope.host(), meter)?;
            meter.clock()?;
            Ok(answer)
        }
    }
}

/// What `grep` tells of a match.
const MATCH: [&str; 3] = ["path", "line", "match"];

/// What only the workspace knows.
fn ask<'v>(func: Func, args: &[Value<'v>], host: &dyn Host, meter: &Meter) -> Result<Value<'v>, EvalError> {
    match (func, args) {
        (Func::Files, [glob]) => {
            let files = host.files(text("files", glob)?, meter)?;
            meter.list(files.len())?;
            files.iter().try_for_each(|file| meter.bytes(file.len()))?;
            Ok(Value::list(files.into_iter().map(owned).collect()))
        }
        (Func::Exists, [path]) => host.exists(text("exists", path)?, meter).map(Value::Bool),
        (Func::Sha256, [path]) => host.sha256(text("sha256", path)?, meter).map(owned),
        (Func::Valid, [path]) => host.valid(text("valid", path)?, meter).map(Value::Bool),
        (Func::Grep, [glob, needles]) => {
            let needles = strings("grep", needles, meter)?;
            if needles.is_empty() || needles.iter().any(String::is_empty) {
                return fault("grep() was given nothing to look for");
            }
            let found = host.grep(text("grep", glob)?, &needles, meter)?;
            meter.list(found.len())?;
            let line = |(path, line, matched): (String, u64, String)| {
                meter.list(2 * MATCH.len())?;
                meter.bytes(path.len())?;
                meter.bytes(matched.len())?;
                let line = i64::try_from(line).unwrap_or(i64::MAX);
                let values = [owned(path), Value::Int(line), owned(matched)];
                Ok(Value::map(MATCH.into_iter().zip(values).collect()))
            };
            found.into_iter().map(line).collect::<Result<_, EvalError>>().map(Value::list)
        }
        _ => fault("the function was called with the wrong number of arguments"),
    }
}

fn owned<'v>(text: String) -> Value<'v> {
    Value::Str(text.into())
}

/// The string that a function takes.
fn text<'a>(name: &str, value: &'a Value<'_>) -> Result<&'a str, EvalError> {
    match value {
        Value::Str(text) => Ok(text),
        other => fault(format!("{name}() takes a string, not {}", with_article(other.type_of()))),
    }
}

/// The list that a function takes.
fn list<'a, 'v>(name: &str, value: &'a Value<'v>) -> Result<Items<'a, 'v>, EvalError> {
    match value.items() {
        Some(items) => Ok(items),
        None => fault(format!("{name}() takes a list, not {}", with_article(value.type_of()))),
    }
}

/// One string, or a list of strings.
fn strings(name: &str, value: &Value<'_>, meter: &Meter) -> Result<Vec<String>, EvalError> {
    if let Value::Str(one) = value {
        meter.bytes(one.len())?;
        return Ok(vec![one.to_string()]);
    }
    let items = list(name, value)?;
    meter.list(items.len())?;
    let string = |item: Value<'_>| {
        let one = text(name, &item)?;
        meter.bytes(one.len())?;
        Ok(one.to_string())
    };
    items.iter().map(string).collect()
}

/// The file name of a `/`-separated path without its last extension; a leading dot is no extension.
fn stem<'v>(path: &Value<'v>) -> Result<Value<'v>, EvalError> {
    let cut = |path: &str| -> (usize, usize) {
        let start = path.trim_end_matches('/').rfind('/').map_or(0, |at| at + 1);
        let name = path[start..].trim_end_matches('/');
        let len = name.rfind('.').filter(|at| *at > 0).unwrap_or(name.len());
        (start, start + len)
    };
    match path {
        Value::Str(Shared::Lent(path)) => {
            let (start, end) = cut(path);
            Ok(Value::str(&path[start..end]))
        }
        other => {
            let path = text("stem", other)?;
            let (start, end) = cut(path);
            Ok(owned(path[start..end].to_string()))
        }
    }
}

/// All numbers or all strings, ascending; equal ones keep their order.
fn sorted<'v>(value: &Value<'v>, meter: &Meter) -> Result<Value<'v>, EvalError> {
    let items = list("sorted", value)?;
    meter.list(items.len())?;
    meter.charge(items.len() as u64)?;
    let mut items: Vec<Value<'v>> = items.iter().collect();
    // Each element is compared about as often as the length of the list has binary digits, and may have to be read to its end.
    let rounds = u64::from(items.len().max(1).ilog2()) + 1;
    let bytes = total(items.iter().map(|i| if let Value::Str(text) = i { text.len() as u64 } else { 0 }));
    meter.charge((items.len() as u64 / 4).saturating_add(bytes / 64).saturating_mul(rounds))?;
    let all_strings = items.iter().all(|i| matches!(i, Value::Str(_)));
    let all_numbers = items.iter().all(|i| numbers(i, i).is_some());
    if !all_strings && !all_numbers {
        return fault("sorted() takes a list of numbers or a list of strings");
    }
    items.sort_by(|a, b| match (a, b) {
        (Value::Str(a), Value::Str(b)) => str::cmp(a, b),
        (a, b) => numbers(a, b).unwrap_or(Ordering::Equal),
    });
    Ok(Value::list(items))
}

/// A set of strings, and beside it everything that is no string and has to be compared one by one.
#[derive(Default)]
struct Seen<'v> {
    strings: HashSet<CelText<'v>>,
    others: Vec<Value<'v>>,
}

impl<'v> Seen<'v> {
    fn has(&self, value: &Value<'v>, meter: &Meter) -> Result<bool, EvalError> {
        meter.charge(1)?;
        if let Value::Str(text) = value {
            meter.text(text.len())?;
            return Ok(self.strings.contains(text));
        }
        for other in &self.others {
            meter.charge(1)?;
            if equal(other, value, meter)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn add(&mut self, value: Value<'v>, meter: &Meter) -> Result<(), EvalError> {
        meter.hold(2 * size_of::<Value<'_>>() as u64)?;
        match value {
            Value::Str(text) => {
                meter.text(text.len())?;
                self.strings.insert(text);
            }
            other => self.others.push(other),
        }
        Ok(())
    }
}

/// Each element once, in the order of their first standing.
fn distinct<'v>(value: &Value<'v>, meter: &Meter) -> Result<Value<'v>, EvalError> {
    let items = list("distinct", value)?;
    meter.list(items.len())?;
    let (mut seen, mut out) = (Seen::default(), Vec::new());
    for item in items.iter() {
        if !seen.has(&item, meter)? {
            seen.add(item.clone(), meter)?;
            out.push(item);
        }
    }
    Ok(Value::list(out))
}

/// The elements of `a` that are not in `b`, in their order.
fn difference<'v>(a: &Value<'v>, b: &Value<'v>, meter: &Meter) -> Result<Value<'v>, EvalError> {
    let (a, b) = (list("difference", a)?, list("difference", b)?);
    meter.list(a.len())?;
    meter.list(b.len())?;
    let mut seen = Seen::default();
    b.iter().try_for_each(|item| seen.add(item, meter))?;
    let mut out = Vec::new();
    for item in a.iter() {
        if !seen.has(&item, meter)? {
            out.push(item);
        }
    }
    Ok(Value::list(out))
}

/// Integers exactly, an overflow is an error (a uint among them leaves room to 64 bits); with a double among them a double; the sum of nothing is 0.
fn sum<'v>(value: &Value<'v>, meter: &Meter) -> Result<Value<'v>, EvalError> {
    let items = list("sum", value)?;
    meter.charge(items.len() as u64)?;
    let (mut whole, mut parts, mut doubles) = (0_i128, 0_f64, false);
    let (mut ints, mut uints) = (false, false);
    for item in items.iter() {
        match item {
            Value::Int(i) => (whole, ints) = (whole + i128::from(i), true),
            Value::UInt(u) => (whole, uints) = (whole + i128::from(u), true),
            Value::Float(f) => (parts, doubles) = (parts + f, true),
            other => {
                return fault(format!(
                    "sum() takes a list of numbers, not {}",
                    with_article(other.type_of())
                ));
            }
        }
    }
    if doubles {
        let sum = parts + whole as f64;
        return if sum.is_finite() { Ok(Value::Float(sum)) } else { fault("sum() overflows") };
    }
    match (i64::try_from(whole), u64::try_from(whole)) {
        (Ok(sum), _) if ints || !uints => Ok(Value::Int(sum)),
        (_, Ok(sum)) if uints => Ok(Value::UInt(sum)),
        _ => fault("sum() overflows"),
    }
}

/// Whether a list holds a value, as `in` has it.
pub(super) fn holds<'v>(items: Items<'_, 'v>, value: &Value<'v>, meter: &Meter) -> Result<bool, EvalError> {
    meter.charge(items.len() as u64 / 8)?;
    for item in items.iter() {
        if equal(&item, value, meter)? {
            return Ok(true);
        }
    }
    Ok(false)
}

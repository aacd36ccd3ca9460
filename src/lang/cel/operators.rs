//! Arithmetic: checked, without conversions, and never infinite.

use super::ast::Op;
use super::errors::{EvalError, fault};
use super::functions::shown;
use super::meter::Meter;
use super::show::double_text;
use super::time;
use super::value::{Shared, Value};

/// `-x`
pub(super) fn negate<'v>(value: Value<'v>) -> Result<Value<'v>, EvalError> {
    match value {
        Value::Int(i) => i.checked_neg().map_or_else(|| fault("int overflow in -"), |i| Ok(Value::Int(i))),
        Value::Float(f) => Ok(Value::Float(-f)),
        Value::Duration(duration) => time::negated(duration),
        other => fault(format!("{} has no negative", shown(&other))),
    }
}

/// `+ - * / %`
pub(super) fn arithmetic<'v>(
    op: Op,
    a: Value<'v>,
    b: Value<'v>,
    meter: &Meter,
) -> Result<Value<'v>, EvalError> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => ints(op, a, b).map(Value::Int),
        (Value::UInt(a), Value::UInt(b)) => uints(op, a, b).map(Value::UInt),
        (Value::Float(a), Value::Float(b)) => doubles(op, a, b).map(Value::Float),
        (a, b) => {
            let sum = match op {
                Op::Add => match time::add(&a, &b) {
                    Some(sum) => Some(sum),
                    None => joined(&a, &b, meter),
                },
                Op::Subtract => time::subtract(&a, &b),
                _ => None,
            };
            sum.unwrap_or_else(|| mismatch(op, &a, &b))
        }
    }
}

#[cold]
fn mismatch<'v>(op: Op, a: &Value<'_>, b: &Value<'_>) -> Result<Value<'v>, EvalError> {
    let number = |v: &Value<'_>| matches!(v, Value::Int(_) | Value::UInt(_) | Value::Float(_));
    let hint = if number(a) && number(b) { "; convert one with int(), uint() or double()" } else { "" };
    fault(format!("{} {} {} has no value{hint}", shown(a), op.sign(), shown(b)))
}

fn ints(op: Op, a: i64, b: i64) -> Result<i64, EvalError> {
    let result = match op {
        Op::Add => a.checked_add(b),
        Op::Subtract => a.checked_sub(b),
        Op::Multiply => a.checked_mul(b),
        Op::Divide | Op::Modulo if b == 0 => return by_zero(op),
        Op::Divide => a.checked_div(b),
        _ => a.checked_rem(b),
    };
    result.map_or_else(|| fault(format!("int overflow in {a} {} {b}", op.sign())), Ok)
}

fn uints(op: Op, a: u64, b: u64) -> Result<u64, EvalError> {
    let result = match op {
        Op::Add => a.checked_add(b),
        Op::Subtract => a.checked_sub(b),
        Op::Multiply => a.checked_mul(b),
        Op::Divide | Op::Modulo if b == 0 => return by_zero(op),
        Op::Divide => a.checked_div(b),
        _ => a.checked_rem(b),
    };
    result.map_or_else(|| fault(format!("uint overflow in {a} {} {b}", op.sign())), Ok)
}

fn by_zero<T>(op: Op) -> Result<T, EvalError> {
    fault(if op == Op::Divide { "division by zero" } else { "modulo by zero" })
}

/// Fail-closed where IEEE 754 is not: a division by zero or an overflow is an error and no infinity, which would be
/// greater than every limit that a gate compares with.
fn doubles(op: Op, a: f64, b: f64) -> Result<f64, EvalError> {
    let result = match op {
        Op::Add => a + b,
        Op::Subtract => a - b,
        Op::Multiply => a * b,
        Op::Divide if b == 0.0 => return by_zero(op),
        Op::Divide => a / b,
        _ => return fault("doubles have no %"),
    };
    if result.is_finite() {
        return Ok(result);
    }
    fault(format!("double overflow in {} {} {}", double_text(a, true), op.sign(), double_text(b, true)))
}

/// `+` of strings, bytes, lists; `None` for anything else.
fn joined<'v>(a: &Value<'v>, b: &Value<'v>, meter: &Meter) -> Option<Result<Value<'v>, EvalError>> {
    Some(match (a, b) {
        (Value::Str(a), Value::Str(b)) => {
            meter.bytes(a.len() + b.len()).map(|()| Value::Str([&**a, &**b].concat().into()))
        }
        (Value::Bytes(a), Value::Bytes(b)) => {
            meter.bytes(a.len() + b.len()).map(|()| Value::Bytes(Shared::Made([&**a, &**b].concat().into())))
        }
        (a, b) => {
            let (x, y) = (a.items()?, b.items()?);
            meter.list(x.len() + y.len()).map(|()| Value::list(x.iter().chain(y.iter()).collect()))
        }
    })
}

//! Arithmetic: checked, and never infinite.
//!
//! JSON has one kind of number, and a percentage that is 87.5 today is 88 tomorrow. So whole numbers and fractions mix, and
//! what an operator means does not hang on how a number was written (`docs/expressions.md`, Numbers).

use super::ast::CelOperator;
use super::errors::{EvalError, fault};
use super::meter::Meter;
use super::show::{double_text, shown};
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

/// `+ - * / %`. A whole number is an int64 or uint64, and a result past that is an error; with a fraction beside it, it goes
/// to the nearest double. `/` of whole numbers is whole where it divides, else the real quotient: a share of 3 / 4 that is 0
/// would be below every limit.
pub(super) fn arithmetic<'v>(
    op: CelOperator,
    a: Value<'v>,
    b: Value<'v>,
    meter: &Meter,
) -> Result<Value<'v>, EvalError> {
    match (&a, &b) {
        (Value::Int(x), Value::Int(y)) if op != CelOperator::Divide => {
            return ints(op, *x, *y).map(Value::Int);
        }
        (Value::Float(x), Value::Float(y)) => return doubles(op, *x, *y).map(Value::Float),
        _ => {}
    }
    match (Number::of(&a), Number::of(&b)) {
        (Some(Number::Whole(x)), Some(Number::Whole(y))) => wholes(op, x, y),
        (Some(x), Some(y)) => doubles(op, x.double(), y.double()).map(Value::Float),
        _ => {
            let sum = match op {
                CelOperator::Add => match time::add(&a, &b) {
                    Some(sum) => Some(sum),
                    None => joined(&a, &b, meter),
                },
                CelOperator::Subtract => time::subtract(&a, &b),
                _ => None,
            };
            sum.unwrap_or_else(|| mismatch(op, &a, &b))
        }
    }
}

/// `div(a, b)`: the quotient cut towards zero, always whole.
pub(super) fn divided<'v>(a: &Value<'_>, b: &Value<'_>) -> Result<Value<'v>, EvalError> {
    match (Number::of(a), Number::of(b)) {
        (Some(Number::Whole(_)), Some(Number::Whole(y))) if y.value == 0 => by_zero(CelOperator::Divide),
        (Some(Number::Whole(x)), Some(Number::Whole(y))) => {
            whole(x.value / y.value, CelOperator::Divide, x, y)
        }
        (Some(x), Some(y)) => {
            let quotient = doubles(CelOperator::Divide, x.double(), y.double())?;
            let inside = quotient >= i64::MIN as f64 && quotient < -(i64::MIN as f64);
            if inside { Ok(Value::Int(quotient as i64)) } else { fault("int overflow") }
        }
        _ => fault(format!("div() takes numbers, not {} and {}", shown(a), shown(b))),
    }
}

/// A number of an expression.
#[derive(Clone, Copy)]
enum Number {
    Whole(Whole),
    Double(f64),
}

/// An int64 or uint64 with room for what comes of two of them.
#[derive(Clone, Copy)]
struct Whole {
    value: i128,
    unsigned: bool,
}

impl Number {
    fn of(value: &Value<'_>) -> Option<Number> {
        match value {
            Value::Int(i) => Some(Number::Whole(Whole { value: i128::from(*i), unsigned: false })),
            Value::UInt(u) => Some(Number::Whole(Whole { value: i128::from(*u), unsigned: true })),
            Value::Float(f) => Some(Number::Double(*f)),
            _ => None,
        }
    }

    fn double(self) -> f64 {
        match self {
            Number::Whole(whole) => whole.value as f64,
            Number::Double(f) => f,
        }
    }
}

fn wholes<'v>(op: CelOperator, a: Whole, b: Whole) -> Result<Value<'v>, EvalError> {
    // Products of two 64-bit numbers fit 128 bits with their sign but for the largest, which overflow 64 all the more.
    let result = match op {
        CelOperator::Add => Some(a.value + b.value),
        CelOperator::Subtract => Some(a.value - b.value),
        CelOperator::Multiply => a.value.checked_mul(b.value),
        CelOperator::Divide | CelOperator::Modulo if b.value == 0 => return by_zero(op),
        CelOperator::Divide if a.value % b.value != 0 => {
            return doubles(op, a.value as f64, b.value as f64).map(Value::Float);
        }
        CelOperator::Divide => Some(a.value / b.value),
        _ => Some(a.value % b.value),
    };
    match result {
        Some(result) => whole(result, op, a, b),
        None => overflow(op, a, b),
    }
}

/// A whole result: of two uints a uint, else an int where it fits one, and a uint where one of the two was.
fn whole<'v>(result: i128, op: CelOperator, a: Whole, b: Whole) -> Result<Value<'v>, EvalError> {
    match (i64::try_from(result), u64::try_from(result)) {
        (Ok(int), _) if !(a.unsigned && b.unsigned) => Ok(Value::Int(int)),
        (_, Ok(uint)) if a.unsigned || b.unsigned => Ok(Value::UInt(uint)),
        _ => overflow(op, a, b),
    }
}

#[cold]
fn overflow<T>(op: CelOperator, a: Whole, b: Whole) -> Result<T, EvalError> {
    let kind = if a.unsigned && b.unsigned { "uint" } else { "int" };
    fault(format!("{kind} overflow in {} {} {}", a.value, op.sign(), b.value))
}

#[cold]
fn mismatch<'v>(op: CelOperator, a: &Value<'_>, b: &Value<'_>) -> Result<Value<'v>, EvalError> {
    fault(format!("{} {} {} has no value", shown(a), op.sign(), shown(b)))
}

fn ints(op: CelOperator, a: i64, b: i64) -> Result<i64, EvalError> {
    let result = match op {
        CelOperator::Add => a.checked_add(b),
        CelOperator::Subtract => a.checked_sub(b),
        CelOperator::Multiply => a.checked_mul(b),
        _ if b == 0 => return by_zero(op),
        _ => a.checked_rem(b),
    };
    result.map_or_else(|| fault(format!("int overflow in {a} {} {b}", op.sign())), Ok)
}

fn by_zero<T>(op: CelOperator) -> Result<T, EvalError> {
    fault(if op == CelOperator::Divide { "division by zero" } else { "modulo by zero" })
}

/// Fail-closed where IEEE 754 is not: a division by zero or an overflow is an error and no infinity, which would be
/// greater than every limit that a gate compares with.
fn doubles(op: CelOperator, a: f64, b: f64) -> Result<f64, EvalError> {
    let result = match op {
        CelOperator::Add => a + b,
        CelOperator::Subtract => a - b,
        CelOperator::Multiply => a * b,
        CelOperator::Divide if b == 0.0 => return by_zero(op),
        CelOperator::Divide => a / b,
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

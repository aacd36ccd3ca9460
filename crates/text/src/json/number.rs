//! Numbers: integers exact to 64 bits, floats correctly rounded and finite.

/// A number as it was written: whole or not. Two words, so that it travels in registers.
#[derive(Clone, Copy)]
pub(super) struct Number {
    pub(super) kind: NumberKind,
    /// The bits of an `i64`, a `u64` or an `f64`.
    pub(super) bits: u64,
}

#[derive(Clone, Copy)]
pub(super) enum NumberKind {
    Int,
    UInt,
    Float,
}

impl Number {
    fn int(value: i64) -> Self {
        Number { kind: NumberKind::Int, bits: value.cast_unsigned() }
    }

    fn float(value: f64) -> Self {
        Number { kind: NumberKind::Float, bits: value.to_bits() }
    }
}

/// What is wrong with a number, and at which offset.
pub(super) struct NumberFault {
    pub(super) offset: usize,
    pub(super) message: String,
}

fn fault<T>(offset: usize, message: impl Into<String>) -> Result<T, Box<NumberFault>> {
    Err(Box::new(NumberFault { offset, message: message.into() }))
}

/// Powers of ten that a float holds exactly.
const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// Reads the number that begins at `start` (a digit or `-`). Gives it and the offset behind it.
#[inline]
pub(super) fn number(text: &str, start: usize) -> Result<(Number, usize), Box<NumberFault>> {
    let bytes = text.as_bytes();
    let negative = bytes.get(start) == Some(&b'-');
    let first = start + usize::from(negative);
    let (mut digits, mut at) = run(bytes, first, 0);
    if at == first {
        return fault(first, "a minus sign is followed by no digit");
    }
    if bytes[first] == b'0' && at > first + 1 {
        return fault(start, "a number begins with a needless 0");
    }
    let whole = at - first;
    if !matches!(bytes.get(at), Some(b'.' | b'e' | b'E')) {
        if whole <= 18 {
            // 18 digits fit, with either sign.
            let value = digits.cast_signed();
            return Ok((Number::int(if negative { -value } else { value }), at));
        }
        return match long_integer(&text[start..at]) {
            Some(number) => Ok((number, at)),
            None => fault(start, format!("the integer {} is past 64 bits", cut(&text[start..at]))),
        };
    }
    let mut fraction = 0;
    if bytes[at] == b'.' {
        let (more, end) = run(bytes, at + 1, digits);
        fraction = end - (at + 1);
        if fraction == 0 {
            return fault(end, "a decimal point is followed by no digit");
        }
        (digits, at) = (more, end);
    }
    let plain = !matches!(bytes.get(at), Some(b'e' | b'E'));
    if !plain {
        at = exponent(bytes, at)?;
    }
    // Both operands are exact, so the one division rounds correctly; std's parser does the rest.
    if plain && whole + fraction <= 19 && digits < (1 << 53) && fraction < TENS.len() {
        let value = digits as f64 / TENS[fraction];
        return Ok((Number::float(if negative { -value } else { value }), at));
    }
    match text[start..at].parse::<f64>() {
        Ok(value) if value.is_finite() => Ok((Number::float(value), at)),
        _ => fault(start, format!("the number {} is past what a 64-bit float holds", cut(&text[start..at]))),
    }
}

/// Reads digits onto `value` (meaningful up to 19 digits in all), gives it and the offset of the first other byte.
#[inline]
fn run(bytes: &[u8], from: usize, mut value: u64) -> (u64, usize) {
    let mut at = from;
    while let Some(digit) = bytes.get(at).map(|b| b.wrapping_sub(b'0')).filter(|d| *d < 10) {
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
        at += 1;
    }
    (value, at)
}

fn exponent(bytes: &[u8], at: usize) -> Result<usize, Box<NumberFault>> {
    let first = at + 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
    let (_, end) = run(bytes, first, 0);
    if end == first { fault(end, "an exponent holds no digit") } else { Ok(end) }
}

/// An integer of any length; `None` past 64 bits.
#[cold]
fn long_integer(text: &str) -> Option<Number> {
    let unsigned = |bits| Number { kind: NumberKind::UInt, bits };
    text.parse().map(Number::int).or_else(|_| text.parse().map(unsigned)).ok()
}

fn cut(text: &str) -> String {
    if text.len() <= 40 {
        text.to_string()
    } else {
        format!("{}… ({} characters)", &text[..40], text.len())
    }
}

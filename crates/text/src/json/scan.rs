//! Bytes to text, and scanning strings eight bytes at a time.

use std::borrow::Cow;
use std::ops::Range;

/// UTF-8 without a byte order mark; an error is an offset and a clause.
pub(super) fn decode(bytes: &[u8]) -> Result<&str, (usize, String)> {
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        return Err((0, "it begins with a byte order mark (BOM)".into()));
    }
    std::str::from_utf8(bytes).map_err(|e| {
        let at = e.valid_up_to();
        let byte = bytes.get(at).copied().unwrap_or_default();
        (at, format!("it is not UTF-8: byte 0x{byte:02X} at offset {at}"))
    })
}

const ONES: u64 = u64::MAX / 255;
const HIGHS: u64 = ONES * 128;

/// The offset, at or after `from`, of the first byte that ends or interrupts a string: a quote, a backslash, or a
/// control character. The length of `bytes` when there is none.
#[inline]
pub(super) fn interruption(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*chunk);
        // A borrow can only make a higher byte a false hit; the lowest hit is always a true one.
        let quote = (word ^ (ONES * b'"' as u64)).wrapping_sub(ONES) & !(word ^ (ONES * b'"' as u64));
        let slash = (word ^ (ONES * b'\\' as u64)).wrapping_sub(ONES) & !(word ^ (ONES * b'\\' as u64));
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        let hits = (quote | slash | control) & HIGHS;
        if hits != 0 {
            return at + (hits.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while let Some(&byte) = bytes.get(at) {
        if byte == b'"' || byte == b'\\' || byte < 0x20 {
            break;
        }
        at += 1;
    }
    at
}

/// What is wrong inside a string, and at which offset.
pub(super) type StringFault = (usize, String);

/// Reads the string whose first character (after the opening quote) stands at `start`. Gives its text, borrowed when
/// it holds no escape, and the offset behind the closing quote.
#[inline]
pub(super) fn string(text: &str, start: usize) -> Result<(Cow<'_, str>, usize), StringFault> {
    let end = interruption(text.as_bytes(), start);
    match text.as_bytes().get(end) {
        Some(b'"') => Ok((Cow::Borrowed(&text[start..end]), end + 1)),
        _ => escaped(text, start, end),
    }
}

/// As `string`, for one that nobody wants: as strict, and nothing is built. Gives the offset behind the closing quote.
#[inline]
pub(super) fn skip_string(text: &str, start: usize) -> Result<usize, StringFault> {
    pieces(text.as_bytes(), start, interruption(text.as_bytes(), start), |_, _| ())
}

/// The rest of `string`, for one with escapes or a fault; `end` is the first interruption.
#[cold]
fn escaped(text: &str, start: usize, end: usize) -> Result<(Cow<'_, str>, usize), StringFault> {
    let mut out = String::new();
    let next = pieces(text.as_bytes(), start, end, |plain, escape| {
        out.push_str(&text[plain]);
        out.extend(escape);
    })?;
    Ok((Cow::Owned(out), next))
}

/// Takes the string that begins at `from` apart: what needs no decoding up to `end`, its first interruption, then the
/// character of the escape there, and so on.
#[inline(always)]
fn pieces(
    bytes: &[u8],
    mut from: usize,
    mut end: usize,
    mut take: impl FnMut(Range<usize>, Option<char>),
) -> Result<usize, StringFault> {
    loop {
        match bytes.get(end) {
            Some(b'"') => {
                take(from..end, None);
                return Ok(end + 1);
            }
            Some(b'\\') => {
                let (c, next) = escape(bytes, end)?;
                take(from..end, Some(c));
                from = next;
            }
            Some(0) => return Err((end, "a NUL byte stands in a string".into())),
            Some(b) => {
                return Err((end, format!("the control character U+{b:04X} stands unescaped in a string")));
            }
            None => return Err((end, "the text ends inside a string".into())),
        }
        end = interruption(bytes, from);
    }
}

/// Reads the escape whose backslash stands at `at`: its character and the offset behind it.
fn escape(bytes: &[u8], at: usize) -> Result<(char, usize), StringFault> {
    match bytes.get(at + 1) {
        Some(b'u') => unicode(bytes, at),
        Some(b) => {
            let simple = simple_escape(*b).map(|simple| (simple, at + 2));
            simple.ok_or_else(|| (at, "a backslash in a string begins no known escape".into()))
        }
        None => Err((at, "the text ends inside a string".into())),
    }
}

/// The character that a backslash and this byte stand for in a JSON string (RFC 8259, section 7); `None` for `u`, and for what
/// is no escape.
pub fn simple_escape(byte: u8) -> Option<char> {
    Some(match byte {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        _ => return None,
    })
}

/// Reads `\uXXXX`, or the two of them that make up a character past U+FFFF.
fn unicode(bytes: &[u8], at: usize) -> Result<(char, usize), StringFault> {
    let lone = || (at, "a \\u escape is half of a surrogate pair and no character".to_string());
    let high =
        hex4(bytes, at + 2).ok_or((at, "\\u is not followed by four hexadecimal digits".to_string()))?;
    if !(0xD800..0xE000).contains(&high) {
        return char::from_u32(high).map(|c| (c, at + 6)).ok_or_else(lone);
    }
    if high >= 0xDC00 || bytes.get(at + 6..at + 8) != Some(b"\\u") {
        return Err(lone());
    }
    let low = hex4(bytes, at + 8).filter(|low| (0xDC00..0xE000).contains(low)).ok_or_else(lone)?;
    char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)).map(|c| (c, at + 12)).ok_or_else(lone)
}

fn hex4(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.iter().try_fold(0, |n, b| Some(n * 16 + (*b as char).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn interruption_is_the_first_of_its_kind(bytes in proptest::collection::vec(any::<u8>(), 0..64), from in 0usize..70) {
            let slow = (from..bytes.len())
                .find(|i| matches!(bytes[*i], b'"' | b'\\' | 0..0x20))
                .unwrap_or(bytes.len().max(from));
            prop_assert_eq!(interruption(&bytes, from), slow);
        }
    }
}

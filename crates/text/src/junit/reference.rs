//! References to characters: `&lt;`, `&#27;`, `&#x1b;`. Reporters write some that XML forbids (`&#0;`, halves of surrogate pairs) for
//! what a test printed; those are read, and shown as what they are: characters that are escaped wherever they are shown.

use super::stop::{JunitStop, malformed};
use std::borrow::Cow;

/// The character that the text between `&` and `;` stands for; the replacement character for what is none.
pub(super) fn resolve(name: &str) -> Option<char> {
    let number = match name {
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "amp" => return Some('&'),
        "apos" => return Some('\''),
        "quot" => return Some('"'),
        other => other.strip_prefix('#')?,
    };
    let (digits, radix) = match number.strip_prefix(['x', 'X']) {
        Some(hex) => (hex, 16),
        None => (number, 10),
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let code = u32::from_str_radix(digits, radix).unwrap_or(u32::MAX);
    Some(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
}

/// A text with its references resolved.
pub(super) fn unescape(raw: &str) -> Result<Cow<'_, str>, JunitStop> {
    if !raw.contains('&') {
        return Ok(Cow::Borrowed(raw));
    }
    let (mut out, mut rest) = (String::with_capacity(raw.len()), raw);
    while let Some((before, behind)) = rest.split_once('&') {
        let (name, after) =
            behind.split_once(';').ok_or_else(|| malformed("it holds an `&` that begins no reference"))?;
        out.push_str(before);
        out.push(resolve(name).ok_or_else(undefined)?);
        rest = after;
    }
    out.push_str(rest);
    Ok(Cow::Owned(out))
}

/// A reference to something that only a DOCTYPE could define.
pub(super) fn undefined() -> JunitStop {
    malformed("it holds a reference to something undefined")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        let said = |raw: &str| unescape(raw).map_err(|JunitStop(_, clause)| clause).map(Cow::into_owned);
        for (raw, text) in [
            ("a", "a"),
            ("&lt;a&gt; &amp;&amp;amp;", "<a> &&amp;"),
            ("&#0;&#27;&#x1B;&#X1b;", "\0\u{1b}\u{1b}\u{1b}"),
            ("&#xD800;&#1114112;&#99999999999999999999;", "\u{fffd}\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(said(raw).as_deref(), Ok(text));
        }
        for raw in ["&xxe;", "&#;", "&#x;", "&#+5;", "&;", "a & b", "&"] {
            assert!(said(raw).is_err(), "{raw}");
        }
    }
}

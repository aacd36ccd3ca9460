//! Values and text as a message may show them: short, and with nothing in it that could forge a line or a colour.

use super::Json;
use crate::escape::is_invisible;

/// How many characters of a string a message shows.
const SHOWN: usize = 80;

impl Json<'_> {
    /// The value in a few words: scalars as JSON, containers by their size.
    pub fn brief(&self) -> String {
        match self {
            Json::Null => "null".into(),
            Json::Bool(b) => b.to_string(),
            Json::Int(i) => i.to_string(),
            Json::UInt(u) => u.to_string(),
            Json::Float(f) => format!("{f:?}"),
            Json::Str(s) => quoted(s),
            Json::Array(a) if a.is_empty() => "an empty array".into(),
            Json::Array(a) => format!("an array of {}", counted(a.len(), "item")),
            Json::Object(o) if o.is_empty() => "an empty object".into(),
            Json::Object(o) => format!("an object of {}", counted(o.len(), "member")),
        }
    }
}

fn counted(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// Text in double quotes, as `plain`.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", plain(text).replace('"', "\\\""))
}

/// Text cut at 80 characters, what does not print escaped.
pub fn plain(text: &str) -> String {
    let mut out: String = text.chars().take(SHOWN).flat_map(printable).collect();
    if text.chars().nth(SHOWN).is_some() {
        out.push('…');
    }
    out
}

/// Quotes stay as they are: only what could change how the rest is read is escaped.
fn printable(c: char) -> impl Iterator<Item = char> {
    let keep = matches!(c, '\'' | '"').then_some(c);
    let hidden = (keep.is_none() && is_invisible(c)).then(|| c.escape_unicode());
    let escaped = (keep.is_none() && hidden.is_none()).then(|| c.escape_debug());
    keep.into_iter().chain(hidden.into_iter().flatten()).chain(escaped.into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_forges_a_line() {
        assert_eq!(quoted("a\n\u{1b}[31m\u{202e}\"b\" it's"), r#""a\n\u{1b}[31m\u{202e}\"b\" it's""#);
        assert_eq!(plain(&"é".repeat(81)), format!("{}…", "é".repeat(80)));
    }
}

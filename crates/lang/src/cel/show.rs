//! Values as text: for messages, for `string()`.

use super::kind::with_article;
use super::value::Value;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use std::fmt::Write as _;
use tollgate_text::escape::{is_hostile, visible};
use tollgate_text::json::Json;

/// The most characters of a value that a message shows.
const SHOWN: usize = 200;

impl Value<'_> {
    /// Short text for messages: strings bare, everything else as CEL writes it, cut at 200 characters.
    pub fn show(&self) -> String {
        let mut out = String::new();
        match self {
            Value::Str(s) => out.extend(s.chars().take(SHOWN + 1)),
            Value::Json(Json::Str(s)) => out.extend(s.chars().take(SHOWN + 1)),
            other => write(other, &mut out),
        }
        cut(out)
    }

    /// As `show`, a string with up to `most` characters: where it is told for itself and not among others.
    pub fn text(&self, most: usize) -> String {
        match self {
            Value::Str(s) => tollgate_text::escape::fit(s, most),
            Value::Json(Json::Str(s)) => tollgate_text::escape::fit(s, most),
            other => other.show(),
        }
    }

    /// As `show`, with a string in quotes and escaped, so that its ends are seen.
    pub fn quoted(&self) -> String {
        let mut out = String::new();
        write(self, &mut out);
        cut(out)
    }
}

/// A value for an error: what it is, and if it is short which.
pub(super) fn shown(value: &Value<'_>) -> String {
    match value {
        Value::Null => "null".into(),
        Value::List(_) | Value::Map(_) | Value::Json(_) => with_article(value.type_of()).into(),
        scalar => format!("{} ({})", scalar.quoted(), scalar.type_of().name()),
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
            c if is_hostile(c) => write!(out, "{}", visible(c.encode_utf8(&mut [0; 4])))?,
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

//! From bytes to a document, whatever the format.

use super::fault::FileFault;
use super::weight::{EVIDENCE, too_heavy};
use super::{junit, toml};
use std::borrow::Cow;
use tollgate_core::model::finding::Reason;
use tollgate_core::model::gate::Format;
use tollgate_text::decode::{foreign, unmarked};
use tollgate_text::json::{self, Json, JsonLimits, TextPlace, locate_many, place_of_offset, utf8};

/// The format a file's name tells: `.json`, `.jsonl`, `.ndjson`, `.toml`; `None` for any other.
pub fn format_of(path: &str) -> Option<Format> {
    match path.rsplit_once('.')?.1 {
        "json" => Some(Format::Json),
        "jsonl" | "ndjson" => Some(Format::Jsonl),
        "toml" => Some(Format::Toml),
        _ => None,
    }
}

/// What a file of a format may be at most, whatever the limit: the trees of these readers take many times the text.
const TOML_BYTES: u64 = 16 << 20;
const JUNIT_BYTES: u64 = 64 << 20;

/// Parses a whole file. A byte order mark before JSON is no part of it, and JUnit may be of any encoding. A jsonl file is no single document: see `jsonl::survey`.
pub fn parse<'a>(format: Format, bytes: &'a [u8], limits: &JsonLimits) -> Result<Json<'a>, FileFault> {
    let most = match format {
        Format::Toml => TOML_BYTES.min(limits.bytes),
        Format::Junit => JUNIT_BYTES.min(limits.bytes),
        _ => limits.bytes,
    };
    if bytes.len() as u64 > most {
        let clause = format!("it has {} bytes; as {} it may have at most {most}", bytes.len(), format.name());
        return Err(FileFault::new(Reason::Limit, clause));
    }
    if let Some(fault) = too_heavy(format, bytes, EVIDENCE) {
        return Err(fault);
    }
    // A text may hold zeros and be none of UTF-16, which its own reader tells.
    let told =
        format != Format::Junit && (format != Format::Text || bytes.first().is_some_and(|b| *b >= 0xFE));
    if told && let Some(clause) = foreign(bytes) {
        return Err(FileFault::new(Reason::Malformed, clause).at(Some(place_of_offset(bytes, 0))));
    }
    match format {
        Format::Json => json::parse(unmarked(bytes), limits).map_err(FileFault::of_parse),
        Format::Toml => toml::parse(bytes, limits),
        Format::Text => text(bytes).map(|text| Json::Str(Cow::Borrowed(text))),
        Format::Junit => junit::parse(bytes, limits),
        Format::Jsonl => Err(FileFault::new(Reason::Malformed, "a jsonl file is not one document")),
    }
}

/// UTF-8 without NUL bytes: UTF-16 without a byte order mark is valid UTF-8 full of them, and no text in it is ever found.
pub(super) fn text(bytes: &[u8]) -> Result<&str, FileFault> {
    let text = utf8(bytes).map_err(FileFault::of_parse)?;
    match memchr::memchr(0, bytes) {
        None => Ok(text),
        Some(at) => Err(FileFault::new(Reason::Malformed, "a NUL byte stands in the text")
            .at(Some(place_of_offset(bytes, at)))),
    }
}

/// Where pointers lead in a file that parsed, by a second pass.
pub(super) fn places(format: Format, bytes: &[u8], pointers: &[&str]) -> Vec<Option<TextPlace>> {
    match format {
        Format::Json | Format::Jsonl => locate_many(unmarked(bytes), pointers),
        Format::Toml => toml::locate(bytes, pointers),
        Format::Text | Format::Junit => vec![None; pointers.len()],
    }
}

//! Documents: whole and within a size.

use super::fault::ReadFault;
use super::lines::read_at_most;
use std::io::BufRead;
use tollgate_text::decode;
use tollgate_text::json::{self, Json, JsonLimits};
use tollgate_text::junit::{self, JunitReport};

/// Bytes of one XML document.
pub(super) const XML: u64 = 64 << 20;
/// Bytes of one JSON document.
pub(super) const JSON: u64 = 256 << 20;

/// With which Jest's JSON begins.
const OF_JEST: &str = "\"numFailedTestSuites\"";

/// A JUnit report that takes up the whole input; the times that it states go into `times`.
pub(super) fn junit(
    input: &mut dyn BufRead,
    times: Option<&mut Vec<String>>,
) -> Result<JunitReport, ReadFault> {
    let mut bytes = Vec::new();
    read_at_most(input, &mut bytes, XML)?;
    let report = junit_bytes(&bytes)?;
    if let Some(times) = times {
        times.extend_from_slice(&report.timestamps);
    }
    Ok(report)
}

/// A JUnit report, in whatever encoding; testcases may stand in its root.
pub(super) fn junit_bytes(bytes: &[u8]) -> Result<JunitReport, ReadFault> {
    let text =
        decode::xml(bytes).map_err(|error| match decode::unmarked(bytes).trim_ascii_start().first() {
            Some(b'<' | 0 | 0xFE..) => ReadFault::of_parse(error),
            _ => no_xml(),
        })?;
    match text.trim_start().chars().next() {
        Some('<') => {}
        Some('{') if text[..text.floor_char_boundary(4096.min(text.len()))].contains(OF_JEST) => {
            return Err(ReadFault::holds_no(
                "JUnit results: it is Jest's own JSON (--json); the reporter jest-junit writes JUnit",
            ));
        }
        Some(_) => return Err(no_xml()),
        None => return Err(ReadFault::holds_no("JUnit results: it is empty")),
    }
    let limits = JsonLimits { bytes: XML, ..JsonLimits::default() };
    junit::parse(&text, &limits, true).map_err(ReadFault::of_parse)
}

fn no_xml() -> ReadFault {
    ReadFault::holds_no("JUnit results: it does not begin as XML does")
}

/// A JSON document.
pub(super) fn json(bytes: &[u8]) -> Result<Json<'_>, ReadFault> {
    json::parse(bytes, &JsonLimits { bytes: JSON, ..JsonLimits::default() }).map_err(ReadFault::of_parse)
}

/// The string under a key; empty where there is none.
pub(super) fn text<'j>(value: &'j Json<'_>, key: &str) -> &'j str {
    value.text(key).unwrap_or_default()
}

/// The number under a key.
pub(super) fn number(value: &Json<'_>, key: &str) -> Option<f64> {
    match value.get(key)? {
        Json::Int(n) => Some(*n as f64),
        Json::Float(n) => Some(*n),
        _ => None,
    }
}

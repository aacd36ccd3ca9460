//! Documents: whole, UTF-8, within a size.

use super::fault::ReadFault;
use super::lines::read_at_most;
use crate::base::json::{self, Json, Limits, utf8};
use crate::base::junit::{self, Report};
use std::io::BufRead;

/// Bytes of one XML document.
pub(super) const XML: u64 = 64 << 20;
/// Bytes of one JSON document.
pub(super) const JSON: u64 = 256 << 20;

/// A JUnit report that takes up the whole input.
pub(super) fn junit(input: &mut dyn BufRead) -> Result<Report, ReadFault> {
    let mut bytes = Vec::new();
    read_at_most(input, &mut bytes, XML)?;
    junit_bytes(&bytes)
}

/// A JUnit report; testcases may stand in its root. A byte order mark is no part of it.
pub(super) fn junit_bytes(bytes: &[u8]) -> Result<Report, ReadFault> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match bytes.trim_ascii_start().first() {
        Some(b'<') => {}
        Some(_) => return Err(ReadFault::holds_no("JUnit results: it does not begin as XML does")),
        None => return Err(ReadFault::holds_no("JUnit results: it is empty")),
    }
    utf8(bytes).map_err(ReadFault::of_parse)?;
    let limits = Limits { bytes: XML, ..Limits::default() };
    junit::parse(bytes, &limits, true).map_err(ReadFault::of_parse)
}

/// A JSON document.
pub(super) fn json(bytes: &[u8]) -> Result<Json<'_>, ReadFault> {
    json::parse(bytes, &Limits { bytes: JSON, ..Limits::default() }).map_err(ReadFault::of_parse)
}

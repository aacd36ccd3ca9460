//! The strict parser.

use super::{Json, Place};

/// What a document may be at most; past either the document is refused as `limit`.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Levels of nesting.
    pub depth: usize,
    /// Bytes of one document (or of one line of a jsonl stream).
    pub bytes: u64,
}

impl Default for Limits {
    /// 128 levels (what serde_json allows too) and 256 MiB.
    fn default() -> Self {
        Limits { depth: 128, bytes: 256 << 20 }
    }
}

/// Why a document does not parse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParseErrorKind {
    /// Not JSON, not UTF-8, a BOM, a NUL byte, a duplicate key, a number past 64 bits, nothing at all.
    Malformed,
    /// Too deep or too large.
    Limit,
}

/// A document that does not parse: what is wrong, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct ParseError {
    /// Malformed or past a limit.
    pub kind: ParseErrorKind,
    /// One clause without a place, for example "the key `a` stands twice in one object".
    pub message: String,
    /// Where, counted from 1.
    pub place: Place,
}

/// Parses one document; trailing white space is allowed, anything else is not.
pub fn parse<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Json<'a>, ParseError> {
    let _ = (bytes, limits);
    todo!("helper A")
}

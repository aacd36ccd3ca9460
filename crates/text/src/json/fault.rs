//! What a document may be at most, and what is said of one that does not parse.

use super::TextPlace;
use super::place::place_of_offset;
use super::scan::decode;

/// What a document may be at most; past either the document is refused as `limit`.
#[derive(Debug, Clone, Copy)]
pub struct JsonLimits {
    /// Levels of nesting; at most 512 are ever allowed, so that no walk over the tree can exhaust a stack.
    pub depth: usize,
    /// Bytes of one document (or of one line of a jsonl stream).
    pub bytes: u64,
}

impl JsonLimits {
    /// The levels of nesting that hold: `depth`, and never more than the ceiling.
    pub fn levels(&self) -> usize {
        self.depth.min(DEPTH_CEILING)
    }
}

impl Default for JsonLimits {
    /// 128 levels (what serde_json allows too) and 256 MiB.
    fn default() -> Self {
        JsonLimits { depth: 128, bytes: 256 << 20 }
    }
}

/// The ceiling of `Limits::depth`.
const DEPTH_CEILING: usize = 512;

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
    pub place: TextPlace,
}

/// The text of a file of any format, held to the same: UTF-8, no byte order mark.
pub fn utf8(bytes: &[u8]) -> Result<&str, ParseError> {
    decode(bytes).map_err(|(offset, message)| ParseError {
        kind: ParseErrorKind::Malformed,
        message,
        place: place_of_offset(bytes, offset),
    })
}

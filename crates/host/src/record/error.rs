//! What keeps a run from being recorded or read back.

use crate::files::{ReadError, WriteError};
use tollgate_text::json::plain;

/// Why a run folder, a journal or a document cannot be used. `Display` is one sentence that names the path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// A run is written into a folder of its own.
    #[error("{0} is not empty; name another folder, or take up the run in it with --resume")]
    NotEmpty(String),
    /// Something else stands where a folder belongs.
    #[error("{0} is not a folder")]
    NotAFolder(String),
    /// A folder without a journal cannot be taken up again.
    #[error("{0} is no run folder: it has no run_events.jsonl")]
    NoJournal(String),
    /// Another process writes the journal.
    #[error("{0} is still being written: the run has not ended, and a folder has one run at a time")]
    Busy(String),
    /// The system refuses.
    #[error("{path} cannot be made: {why}")]
    Make {
        /// The path as shown.
        path: String,
        /// The system's words.
        why: String,
    },
    /// A journal that does not hold what a run writes.
    #[error("{path}:{line}: {why}")]
    Journal {
        /// The journal as shown.
        path: String,
        /// Counted from 1.
        line: usize,
        /// One clause.
        why: String,
    },
    /// A document that does not parse, is of another version, or contradicts itself.
    #[error("{path}: {why}")]
    Document {
        /// The document as shown, with line and column where there is a place.
        path: String,
        /// One clause.
        why: String,
    },
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl RecordError {
    /// A document that contradicts itself; `why` is a clause.
    pub(super) fn contradiction(shown: &str, why: &str) -> RecordError {
        RecordError::Document { path: shown.to_string(), why: format!("it contradicts itself: {why}") }
    }
}

/// What serde says of a document, in words that name no type of this program.
pub(super) fn in_words(text: &str) -> String {
    let plural = |word: &str| match word {
        "sequence" | "a sequence" => Some("a list"),
        "map" | "a map" => Some("an object"),
        _ => None,
    };
    let Some((found, wanted)) = text.split_once(", expected ") else { return plain(text) };
    let found = match found.split_once(": ") {
        Some((what, value)) => format!("{what}: {}", plural(value).unwrap_or(value)),
        None => found.to_string(),
    };
    let is = |words: &[&str]| words.iter().any(|w| wanted.starts_with(w));
    let wanted = match plural(wanted) {
        Some(word) => word,
        None if is(&["struct ", "tuple struct ", "internally tagged enum "]) => "an object",
        None if is(&["enum ", "variant identifier", "string or map"]) => "a name",
        None if is(&["u8", "u16", "u32", "u64", "usize"]) => "a whole number of 0 or more",
        None if is(&["i8", "i16", "i32", "i64", "isize"]) => "a whole number",
        None if is(&["f32", "f64"]) => "a number",
        None => wanted,
    };
    plain(&format!("{found}, expected {wanted}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_type_of_the_program_is_named() {
        for (said, told) in [
            (
                "invalid type: sequence, expected struct ReplayBundle",
                "invalid type: a list, expected an object",
            ),
            (
                "invalid length 0, expected struct Shard with 4 elements",
                "invalid length 0, expected an object",
            ),
            ("invalid type: map, expected a sequence", "invalid type: an object, expected a list"),
            ("invalid type: null, expected a string", "invalid type: null, expected a string"),
            (
                "invalid value: integer `-1`, expected u64",
                "invalid value: integer `-1`, expected a whole number of 0 or more",
            ),
            (
                "unknown variant `x`, expected one of `a`, `b`",
                "unknown variant `x`, expected one of `a`, `b`",
            ),
            ("missing field `name`", "missing field `name`"),
        ] {
            assert_eq!(in_words(said), told);
        }
    }
}

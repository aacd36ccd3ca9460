//! Why results could not be read at all.

use std::fmt;
use tollgate_text::json::ParseError;

/// Input that gives no reading. It knows no file: who opened one names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadFault {
    /// One clause, for example "it holds no libtest results".
    pub message: String,
    /// The line of the input, counted from 1, where there is one to name.
    pub line: Option<u64>,
}

impl ReadFault {
    pub(super) fn new(message: impl Into<String>) -> ReadFault {
        ReadFault { message: message.into(), line: None }
    }

    pub(super) fn at(message: impl Into<String>, line: u64) -> ReadFault {
        ReadFault { message: message.into(), line: Some(line) }
    }

    pub(super) fn of_parse(error: ParseError) -> ReadFault {
        ReadFault::at(error.message, error.place.line)
    }

    pub(super) fn of_io(error: &std::io::Error) -> ReadFault {
        match error.kind() {
            // It could be, and its encoding could not.
            std::io::ErrorKind::InvalidData => ReadFault::new(error.to_string()),
            _ => ReadFault::new(format!("it cannot be read: {error}")),
        }
    }

    /// No evidence, no passage: the format's own marks are nowhere.
    pub(super) fn holds_no(what: &str) -> ReadFault {
        ReadFault::new(format!("it holds no {what}"))
    }
}

impl fmt::Display for ReadFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for ReadFault {}

//! What is wrong with a file, before it is known which gate asks.

use crate::files::ReadError;
use tollgate_core::model::finding::{Finding, Reason};
use tollgate_text::json::{ParseError, ParseErrorKind, TextPlace};
use tollgate_text::show::show;

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq)]
pub struct FileFault {
    /// What kind of fault it is.
    pub reason: Reason,
    /// One clause, without the file's name and the place.
    pub clause: String,
    /// RFC 6901 pointer into the document.
    pub pointer: Option<Box<str>>,
    /// Line and column.
    pub place: Option<TextPlace>,
    /// What was asked for.
    pub expected: Option<Box<str>>,
    /// What was there.
    pub actual: Option<Box<str>>,
}

impl FileFault {
    /// A fault with a reason and a clause and nothing else.
    pub fn new(reason: Reason, clause: impl Into<String>) -> Self {
        FileFault { reason, clause: clause.into(), pointer: None, place: None, expected: None, actual: None }
    }

    /// A fault of a whole file that could not be read; its clause is the error's own sentence, which names the path.
    pub fn of_read(error: &ReadError) -> Self {
        let reason = match error {
            ReadError::Missing(_) => Reason::Missing,
            ReadError::TooLarge { .. } | ReadError::TooMuch { .. } => Reason::Limit,
            _ => Reason::Unreadable,
        };
        FileFault::new(reason, error.to_string())
    }

    /// A fault of a text that does not parse.
    pub fn of_parse(error: ParseError) -> Self {
        let reason = match error.kind {
            ParseErrorKind::Malformed => Reason::Malformed,
            ParseErrorKind::Limit => Reason::Limit,
        };
        FileFault { place: Some(error.place), ..FileFault::new(reason, error.message) }
    }

    /// The same fault, `place` set where it has none.
    pub fn at(self, place: Option<TextPlace>) -> Self {
        FileFault { place: self.place.or(place), ..self }
    }

    /// The finding: its sentence begins with the file's name, line and column. `path` is the file as it is named.
    pub fn finding(&self, artifact: Option<&str>, path: &str) -> Finding {
        let shown = show(path);
        let message = match self.place {
            Some(place) => format!("{shown}:{}:{}: {}", place.line, place.column, self.clause),
            None if self.clause.starts_with(&shown) => self.clause.clone(),
            None => format!("{shown}: {}", self.clause),
        };
        Finding {
            artifact: artifact.map(String::from),
            path: Some(path.to_string()),
            pointer: self.pointer.as_deref().map(String::from),
            place: self.place,
            expected: self.expected.as_deref().map(String::from),
            actual: self.actual.as_deref().map(String::from),
            ..Finding::new(self.reason, message)
        }
    }
}

/// Faults up to a number; past it they are only counted.
pub(super) struct Capped {
    kept: Vec<FileFault>,
    most: usize,
    more: u64,
}

impl Capped {
    pub(super) fn new(most: usize) -> Self {
        Capped { kept: Vec::new(), most, more: 0 }
    }

    pub(super) fn extend(&mut self, faults: impl IntoIterator<Item = FileFault>) {
        for fault in faults {
            if self.kept.len() < self.most {
                self.kept.push(fault);
            } else {
                self.more += 1;
            }
        }
    }

    /// The faults, the last one counting those that were not kept.
    pub(super) fn finish(mut self) -> Vec<FileFault> {
        if let (Some(last), true) = (self.kept.last(), self.more > 0) {
            let rest =
                FileFault::new(last.reason, format!("{} more faults of this file are not listed", self.more));
            self.kept.push(rest);
        }
        self.kept
    }
}

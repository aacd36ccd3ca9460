//! What keeps a run from being recorded or read back.

use crate::base::files::{ReadError, WriteError};

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

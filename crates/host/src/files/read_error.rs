//! Why a path could not be read.

use tollgate_text::show::plain;

/// Why a path could not be read. `Display` is one sentence that names the path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Nothing stands at the path.
    #[error("{0} does not exist")]
    Missing(String),
    /// A symbolic link stands there, or on the way there, whose target does not: something was meant to be there.
    #[error("{0} cannot be read: a symbolic link leads to nothing")]
    Dangling(String),
    /// A folder, FIFO, socket or device stands where a file belongs.
    #[error("{path} is {what}, not a regular file")]
    NotAFile {
        /// The path as shown.
        path: String,
        /// "a folder", "a FIFO", …
        what: &'static str,
    },
    /// Larger than the limit.
    #[error("{path} has {bytes} bytes, more than the limit of {limit}")]
    TooLarge {
        /// The path as shown.
        path: String,
        /// Its size.
        bytes: u64,
        /// The limit in force.
        limit: u64,
    },
    /// `..`, an absolute path, or a symbolic link out of the workspace.
    #[error("{path} leaves the workspace: {why}")]
    Outside {
        /// The path as shown.
        path: String,
        /// What makes it leave.
        why: String,
    },
    /// Another state of the path was judged already.
    #[error("{0} changed while it was judged")]
    Changed(String),
    /// With the evidence before it, it is more than a check holds at once.
    #[error(
        "{path} has {bytes} bytes, with which the evidence of the check has more than the {limit} that it may hold"
    )]
    TooMuch {
        /// The path as shown.
        path: String,
        /// Its size.
        bytes: u64,
        /// The bytes of all evidence together.
        limit: u64,
    },
    /// Anything else the system says.
    #[error("{path} cannot be read: {why}")]
    Io {
        /// The path as shown.
        path: String,
        /// The system's words.
        why: String,
    },
}

/// Maps a system error: a part of the path that is not there is `Missing`.
pub fn io_error(shown: &str, error: &std::io::Error) -> ReadError {
    match error.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => ReadError::Missing(shown.into()),
        _ => ReadError::Io { path: shown.into(), why: plain(error) },
    }
}

//! tollgate cannot do its work: the one error of the verbs, mapped to an exit code in one place.

use tollgate_host::config::ConfigError;
use tollgate_host::files::ReadError;
use tollgate_host::files::tree::TreeError;
use tollgate_host::record::RecordError;

/// Why a verb ended without an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The command line, `tollgate.toml`, a gate file or a schema is wrong: exit 2.
    #[error("{0}")]
    Usage(String),
    /// The policy does not load; every problem of every file: exit 2.
    #[error("{0}")]
    Policy(ConfigError),
    /// I/O, store, network: exit 4.
    #[error("{0}")]
    Work(String),
}

impl Error {
    /// Why a run folder cannot be made: the command line or the settings name one that cannot be, or the system refuses.
    pub fn of_folder(error: &RecordError) -> Error {
        match error {
            RecordError::NotEmpty(_)
            | RecordError::NotAFolder(_)
            | RecordError::NoJournal(_)
            | RecordError::Read(ReadError::Outside { .. }) => Error::Usage(error.to_string()),
            _ => Error::Work(error.to_string()),
        }
    }

    /// The exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Usage(_) | Error::Policy(_) => exit::USAGE,
            Error::Work(_) => exit::WORK,
        }
    }
}

impl From<TreeError> for Error {
    fn from(error: TreeError) -> Error {
        Error::Work(error.to_string())
    }
}

/// The one table of exit codes.
pub mod exit {
    use tollgate_core::model::run::{RunStatus, RunSummary};

    /// Every blocking gate passed or is validly waived.
    pub const PASS: u8 = 0;
    /// At least one blocking gate failed.
    pub const FAIL: u8 = 1;
    /// The command line, `tollgate.toml`, a gate file or a schema is wrong: nothing was judged.
    pub const USAGE: u8 = 2;
    /// Nothing was judged: no gate selected, or all skipped.
    pub const NOTHING: u8 = 3;
    /// tollgate could not do its work.
    pub const WORK: u8 = 4;
    /// SIGINT.
    pub const INTERRUPTED: u8 = 130;
    /// SIGTERM or SIGHUP.
    pub const TERMINATED: u8 = 143;

    /// Of a run that came to its end: suites without a single test have shown nothing.
    pub fn of_run(summary: &RunSummary) -> u8 {
        match summary.status {
            RunStatus::Passed if summary.shows_nothing() => NOTHING,
            RunStatus::Passed => PASS,
            _ => FAIL,
        }
    }

    /// Of what a signal to tollgate ended.
    pub fn of_signal(signal: i32) -> u8 {
        if signal == 2 { INTERRUPTED } else { TERMINATED }
    }
}

impl From<tollgate_host::files::WriteError> for Error {
    fn from(error: tollgate_host::files::WriteError) -> Self {
        Error::Work(error.to_string())
    }
}

impl From<tollgate_host::files::edit::EditFault> for Error {
    fn from(fault: tollgate_host::files::edit::EditFault) -> Self {
        Error::Work(fault.to_string())
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Error::Policy(error)
    }
}

//! What a failure is known by from run to run, and what that rests on.

use serde::{Deserialize, Serialize};

/// What a failure's signature was made from. Only words of the cause tell two failures apart, so only they can be covered by a
/// quarantine entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// What an assertion said.
    Assertion,
    /// What an exception, a panic or an error said.
    Exception,
    /// What crashed, and what it said or which test was under way.
    Crash,
    /// Which suite or test ran too long.
    Timeout,
    /// Anything else: the last lines of a log, a test's own name, counts, an exit code. Other failures look the same.
    #[default]
    Fallback,
}

impl Basis {
    /// Every basis.
    pub const ALL: [Basis; 5] =
        [Basis::Assertion, Basis::Exception, Basis::Crash, Basis::Timeout, Basis::Fallback];

    /// The name in documents.
    pub fn name(self) -> &'static str {
        match self {
            Basis::Assertion => "assertion",
            Basis::Exception => "exception",
            Basis::Crash => "crash",
            Basis::Timeout => "timeout",
            Basis::Fallback => "fallback",
        }
    }

    /// The basis of that name.
    pub fn parse(name: &str) -> Option<Basis> {
        Basis::ALL.into_iter().find(|basis| basis.name() == name)
    }

    /// Whether words of the cause stand behind it.
    pub fn tells(self) -> bool {
        self != Basis::Fallback
    }

    pub(super) fn is_fallback(&self) -> bool {
        !self.tells()
    }
}

/// A failure's signature and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Signed {
    /// Stable over line numbers, addresses, times and temporary paths.
    pub signature: String,
    /// What it rests on.
    #[serde(default)]
    pub basis: Basis,
}

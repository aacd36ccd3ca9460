//! Which class of the taxonomy a flaky test's failures speak for.
//!
//! The words of a failure come before the root cause that was named for its whole suite. Nothing is guessed: a failure that
//! says neither counts for no class, and where the failures speak for two classes equally it is `unknown`.

use crate::model::failure::RootCause;
use serde::Serialize;

/// The taxonomy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum FlakeClass {
    /// It depends on how long things take.
    #[serde(rename = "FLAKE-TIMING")]
    Timing,
    /// It depends on the machine: what is installed, set or allowed.
    #[serde(rename = "FLAKE-ENV")]
    Env,
    /// A connection, a name, a certificate.
    #[serde(rename = "FLAKE-NET")]
    Net,
    /// Memory, disk, descriptors, ports.
    #[serde(rename = "FLAKE-RES")]
    Res,
    /// A service of somebody else's.
    #[serde(rename = "FLAKE-EXT")]
    Ext,
    /// A race, an order, shared state.
    #[serde(rename = "FLAKE-LOGIC")]
    Logic,
    /// There is no evidence, or it disagrees.
    #[serde(rename = "unknown")]
    Unknown,
}

impl FlakeClass {
    /// `FLAKE-TIMING`, …, `unknown`.
    pub fn name(self) -> &'static str {
        match self {
            FlakeClass::Timing => "FLAKE-TIMING",
            FlakeClass::Env => "FLAKE-ENV",
            FlakeClass::Net => "FLAKE-NET",
            FlakeClass::Res => "FLAKE-RES",
            FlakeClass::Ext => "FLAKE-EXT",
            FlakeClass::Logic => "FLAKE-LOGIC",
            FlakeClass::Unknown => "unknown",
        }
    }
}

/// What a failure digest, or the failure that a suite's result keeps, says of one suite in one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The suite.
    pub suite: String,
    /// Its kind.
    pub kind: String,
    /// The tests that failed; none where the suite failed by itself.
    pub tests: Vec<String>,
    /// The test that `message` is of; `None`: it is of the suite itself.
    pub first: Option<String>,
    /// Why the suite failed.
    pub root_cause: RootCause,
    /// What the first failing assertion said, or what befell the suite.
    pub message: String,
}

/// Words of a failure, the most telling class first: a gateway's timeout is a matter of the service behind it.
const WORDS: [(FlakeClass, &[&str]); 6] = [
    (
        FlakeClass::Ext,
        &[
            "rate limit",
            "too many requests",
            "service unavailable",
            "bad gateway",
            "gateway timeout",
            "gateway time-out",
            "quota exceeded",
        ],
    ),
    (
        FlakeClass::Net,
        &[
            "connection refused",
            "connection reset",
            "connection closed",
            "connection aborted",
            "econnrefused",
            "econnreset",
            "enotfound",
            "etimedout",
            "failed to lookup address",
            "name resolution",
            "network is unreachable",
            "no route to host",
            "tls handshake",
            "socket hang up",
        ],
    ),
    (
        FlakeClass::Res,
        &[
            "no space left",
            "enospc",
            "too many open files",
            "emfile",
            "out of memory",
            "cannot allocate memory",
            "address already in use",
            "eaddrinuse",
        ],
    ),
    (FlakeClass::Timing, &["timed out", "timeout", "deadline", "took too long"]),
    (FlakeClass::Logic, &["data race", "race condition", "deadlock", "poisoned", "concurrent modification"]),
    (
        FlakeClass::Env,
        &[
            "command not found",
            "environment variable",
            "permission denied",
            "not installed",
            "unknown locale",
        ],
    ),
];

/// The class that the words of a failure speak for, and the word.
pub(super) fn of_words(text: &str) -> Option<(FlakeClass, &'static str)> {
    let text = text.to_lowercase();
    WORDS.iter().find_map(|(class, words)| {
        words.iter().find(|word| text.contains(**word)).map(|word| (*class, *word))
    })
}

/// The class that a root cause speaks for, and its name. An assertion, a panic or a signal tells what broke, not why only
/// sometimes.
pub(super) fn of_root_cause(cause: RootCause) -> Option<(FlakeClass, &'static str)> {
    match cause {
        RootCause::Timeout => Some((FlakeClass::Timing, "timeout")),
        RootCause::Network => Some((FlakeClass::Net, "network")),
        RootCause::Oom => Some((FlakeClass::Res, "oom")),
        RootCause::Resource => Some((FlakeClass::Res, "resource")),
        RootCause::MissingDependency => Some((FlakeClass::Env, "missing_dependency")),
        RootCause::Setup => Some((FlakeClass::Env, "setup")),
        RootCause::AssertionFailure
        | RootCause::Panic
        | RootCause::Signal
        | RootCause::BuildFailure
        | RootCause::Unknown => None,
    }
}

/// The class that most votes are for; `Unknown` where there is none, or two share the first place.
pub(super) fn elect(votes: &[FlakeClass]) -> FlakeClass {
    let count = |class: FlakeClass| votes.iter().filter(|v| **v == class).count();
    let mut classes: Vec<(usize, FlakeClass)> = WORDS.iter().map(|(c, _)| (count(*c), *c)).collect();
    classes.sort_unstable_by(|a, b| b.cmp(a));
    match classes.as_slice() {
        [(first, class), (second, _), ..] if first > second => *class,
        _ => FlakeClass::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_speak_for_one_class() {
        let class = |text| of_words(text).map(|(class, _)| class.name());
        assert_eq!(class("HTTP 504 Gateway Timeout"), Some("FLAKE-EXT"));
        assert_eq!(class("connect ECONNREFUSED 127.0.0.1:80"), Some("FLAKE-NET"));
        assert_eq!(class("bind: Address already in use"), Some("FLAKE-RES"));
        assert_eq!(class("waiting for selector timed out"), Some("FLAKE-TIMING"));
        assert_eq!(class("assertion failed: left == right"), None);
        use FlakeClass::{Net, Timing, Unknown};
        assert_eq!(elect(&[]), Unknown);
        assert_eq!(elect(&[Net, Timing]), Unknown);
        assert_eq!(elect(&[Net, Timing, Net]), Net);
    }
}

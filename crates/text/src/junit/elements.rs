//! What an element within a testcase says of it.

use super::report::Kind;
use super::words::{self, Word};

/// `None`: nothing of what became of it.
pub(super) fn kind(element: &[u8]) -> Option<Kind> {
    match element {
        b"rerunFailure" | b"rerunError" | b"rerun" => return Some(Kind::Rerun),
        b"flakyFailure" | b"flakyError" => return Some(Kind::Flaky),
        _ => {}
    }
    let word = words::plain(&String::from_utf8_lossy(element));
    match (word.as_str(), words::of_table(&word)?) {
        ("error", _) => Some(Kind::Error),
        // PHPUnit shows by it a test that it could not run as it stands, and that did not pass.
        ("warning", _) | (_, Word::Bad) => Some(Kind::Failure),
        (_, Word::LeftOut) => Some(Kind::Skipped),
        _ => None,
    }
}

/// The same of one that stands deeper, in a step or an attempt: only a failure is one wherever it stands. What was left out there, or
/// warned of, is no word of the test.
pub(super) fn nested(element: &[u8]) -> Option<Kind> {
    let word = words::plain(&String::from_utf8_lossy(element));
    match word.as_str() {
        "failure" | "failed" | "fail" => Some(Kind::Failure),
        "error" | "errored" | "crash" | "crashed" => Some(Kind::Error),
        "rerunfailure" | "rerunerror" => Some(Kind::Rerun),
        "flakyfailure" | "flakyerror" => Some(Kind::Flaky),
        _ => None,
    }
}

//! What an element within a testcase says of it.

use super::report::OutcomeKind;
use super::words::{self, StatusWord};

/// `None`: nothing of what became of it.
pub(super) fn kind(element: &[u8]) -> Option<OutcomeKind> {
    match element {
        b"rerunFailure" | b"rerunError" | b"rerun" => return Some(OutcomeKind::Rerun),
        b"flakyFailure" | b"flakyError" => return Some(OutcomeKind::Flaky),
        _ => {}
    }
    let word = words::plain(&String::from_utf8_lossy(element));
    match (word.as_str(), words::of_table(&word)?) {
        ("error", _) => Some(OutcomeKind::Error),
        // PHPUnit shows by it a test that it could not run as it stands, and that did not pass.
        ("warning", _) | (_, StatusWord::Bad) => Some(OutcomeKind::Failure),
        (_, StatusWord::LeftOut) => Some(OutcomeKind::Skipped),
        _ => None,
    }
}

/// The same of one that stands deeper, in a step or an attempt: only a failure is one wherever it stands. What was left out there, or
/// warned of, is no word of the test.
pub(super) fn nested(element: &[u8]) -> Option<OutcomeKind> {
    let word = words::plain(&String::from_utf8_lossy(element));
    match word.as_str() {
        "failure" | "failed" | "fail" => Some(OutcomeKind::Failure),
        "error" | "errored" | "crash" | "crashed" => Some(OutcomeKind::Error),
        "rerunfailure" | "rerunerror" => Some(OutcomeKind::Rerun),
        "flakyfailure" | "flakyerror" => Some(OutcomeKind::Flaky),
        _ => None,
    }
}

pub(super) fn append(kept: &mut String, text: &str, most: usize) {
    let left = most.saturating_sub(kept.len());
    kept.push_str(&text[..text.floor_char_boundary(left.min(text.len()))]);
}

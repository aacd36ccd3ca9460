//! What one Go test has said, and what that tells of why it failed.

use crate::ingest::basis::{is_whole, told};
use crate::ingest::place::{of_go, of_go_stack};
use crate::model::signature::Basis;
use crate::model::test::{Failure, SourcePlace};

/// What is said of a test that says nothing itself and holds a failed one.
const SUBTEST_FAILED: &str = "a subtest failed";

/// A test that runs.
#[derive(Default)]
pub(in crate::ingest) struct Open {
    pub(in crate::ingest) text: String,
    /// Lines that Go marks as errors, since 1.25.
    pub(in crate::ingest) errors: String,
    /// There was no room for more of what it said.
    pub(in crate::ingest) cut: bool,
    /// Go's own line said that it failed: `--- FAIL: TestX (0.01s)`.
    pub(in crate::ingest) failed: bool,
    /// An action that is none of Go's, and what ended it if nothing else did.
    pub(in crate::ingest) unknown: Option<String>,
}

impl Open {
    /// Why it failed. A panic goes before anything else. Where Go `marks` errors, those are words of the cause, all of them; before
    /// 1.25 `t.Error` and `t.Log` look alike, so all that has a place in a file of Go is taken together: another error among it
    /// is another failure. What else was printed is no cause. `subtest`: a test within it failed.
    pub(in crate::ingest) fn failure(&self, marks: bool, subtest: bool) -> Failure {
        let text = self.text.trim_end();
        let mut panics: Vec<&str> = text.lines().filter(|line| is_panic(line)).map(panic).collect();
        // Go says it again where the panic was recovered on its way.
        panics.dedup();
        let said = messages(if marks { &self.errors } else { text });
        let failure = match (panics.as_slice(), said) {
            ([], Some((message, place))) => told(Failure::new(&message, text, Some(place))),
            ([], None) if subtest => {
                return Failure { carried: true, ..Failure::new(SUBTEST_FAILED, text, None) };
            }
            // An example whose output is another one.
            ([], None) if text.starts_with("got:\n") && text.contains("\nwant:\n") => {
                Failure::new(text, text, None).resting_on(Basis::Assertion)
            }
            ([], None) => {
                let shown = messages(text).map_or(text.trim_start().to_string(), |(message, _)| message);
                Failure::new(&shown, text, messages(text).map(|(_, place)| place))
            }
            ([first, ..], said) => {
                let said = said.map(|(message, _)| message);
                let all: Vec<&str> = panics.iter().copied().chain(said.as_deref()).collect();
                let late = first.starts_with("panic: test timed out");
                let basis = if late { Basis::Timeout } else { Basis::Exception };
                Failure::new(&all.join("\n"), text, of_go_stack(text)).resting_on(basis)
            }
        };
        let whole = !self.cut
            && is_whole(&self.text, Failure::TEXT)
            && (self.errors.is_empty() || is_whole(&self.errors, Failure::MESSAGE));
        Failure { basis: if whole { failure.basis } else { Basis::Fallback }, ..failure }
    }

    /// Of a test that began and did not end: it was under way when its binary died.
    pub(in crate::ingest) fn unended(&self, marks: bool) -> Failure {
        let text = self.text.trim_end();
        if text.lines().any(is_panic) {
            return self.failure(marks, false);
        }
        if self.failed && !text.is_empty() {
            return self.failure(marks, false);
        }
        let place = messages(text).map(|(_, place)| place);
        Failure::new("it began and did not end", text, place).resting_on(Basis::Crash)
    }
}

fn is_panic(line: &str) -> bool {
    line.trim_start_matches('\t').starts_with("panic: ")
}

fn panic(line: &str) -> &str {
    let line = line.trim_start_matches('\t');
    line.trim_end_matches(" [recovered, repanicked]").trim_end_matches(" [recovered]")
}

/// Every `    x_test.go:6: message` with the lines that go on with it, which are indented further; the place of the first.
fn messages(text: &str) -> Option<(String, SourcePlace)> {
    let mut found: Option<(String, SourcePlace)> = None;
    // How far the message is indented whose lines go on.
    let mut open = None;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        match (of_go(line), &mut found) {
            (Some((place, message)), None) => {
                (found, open) = (Some((message.to_string(), place)), Some(indent));
            }
            (Some((_, message)), Some((all, _))) => {
                open = Some(indent);
                all.push('\n');
                all.push_str(message);
            }
            (None, Some((all, _))) if open.is_some_and(|open| indent > open) => {
                all.push('\n');
                all.push_str(line.trim());
            }
            _ => open = None,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(text: &str, errors: &str) -> Open {
        Open { text: text.into(), errors: errors.into(), cut: false, failed: false, unknown: None }
    }

    fn said(open: &Open, marks: bool, subtest: bool) -> (String, Basis) {
        let failure = open.failure(marks, subtest);
        (failure.message, failure.basis)
    }

    #[test]
    fn every_error_is_told_and_a_log_is_none() {
        let log = "    a_test.go:3: connecting\n";
        let error = "    a_test.go:9: sums differ\n        1 and 2\n    a_test.go:11: rows differ\n";
        let all = format!("{log}{error}");
        let words = "sums differ\n1 and 2\nrows differ".to_string();
        assert_eq!(said(&open(&all, error), true, false), (words.clone(), Basis::Exception));
        // Before Go 1.25 nothing tells a log from an error.
        assert_eq!(said(&open(&all, ""), false, false), (format!("connecting\n{words}"), Basis::Exception));
        assert_eq!(said(&open(log, ""), true, false), ("connecting".into(), Basis::Fallback));
        assert_eq!(said(&open("printed\n", ""), false, false), ("printed".into(), Basis::Fallback));
    }

    #[test]
    fn a_test_fails_by_those_within_it_where_it_has_no_error_of_its_own() {
        let carried = |text: &str, errors: &str, marks| open(text, errors).failure(marks, true).carried;
        assert!(carried("", "", false) && carried("printed\n", "", false));
        assert!(carried("    a_test.go:3: a log\n", "", true));
        assert!(!carried("    a_test.go:3: a log or an error\n", "", false));
        assert!(!carried("    a_test.go:3: an error\n", "    a_test.go:3: an error\n", true));
        // An error of those very words is its own.
        assert!(!carried("    a_test.go:3: a subtest failed\n", "", false));
    }

    #[test]
    fn a_panic_goes_first_and_a_test_that_did_not_end_says_so() {
        let text = "    a_test.go:3: known\npanic: boom [recovered]\n\tpanic: boom\n\n";
        assert_eq!(said(&open(text, ""), false, false), ("panic: boom\nknown".into(), Basis::Exception));
        let late = open("panic: test timed out after 1s\n", "").unended(false);
        assert_eq!(late.basis, Basis::Timeout);
        let died = open("    a_test.go:3: connecting\n", "").unended(false);
        assert_eq!((died.message.as_str(), died.basis), ("it began and did not end", Basis::Crash));
        let cut = Open { cut: true, ..open("    a_test.go:3: known\n", "") };
        assert_eq!(said(&cut, false, false).1, Basis::Fallback);
    }
}

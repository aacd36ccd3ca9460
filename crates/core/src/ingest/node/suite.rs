//! Suites and tests with subtests that the spec reporter closes without a word of their own failure: the end tells of it.

use crate::ingest::collect::append;
use crate::model::test::Failure;
use std::collections::{BTreeMap, VecDeque};

/// Such failures that are kept.
const MOST: usize = 10_000;

/// Those that are closed, and those of them that failed.
#[derive(Default)]
pub(in crate::ingest) struct Closed {
    /// Their full names by their own titles, in the order in which they were closed.
    names: BTreeMap<String, VecDeque<String>>,
    /// The full name of each that failed, with its error.
    failed: Vec<(String, String)>,
    /// The error of the last of them goes on.
    open: bool,
}

impl Closed {
    pub(in crate::ingest) fn add(&mut self, title: &str, name: String) {
        self.names.entry(title.to_string()).or_default().push_back(name);
    }

    /// The end names it among what failed.
    pub(in crate::ingest) fn fails(&mut self, title: &str) {
        let known = self.names.get_mut(title).and_then(VecDeque::pop_front);
        self.open = self.failed.len() < MOST;
        if self.open {
            self.failed.push((known.unwrap_or_else(|| title.to_string()), String::new()));
        }
    }

    /// What follows is of another one.
    pub(in crate::ingest) fn over(&mut self) {
        self.open = false;
    }

    /// A line at the end that belongs to no other failure.
    pub(in crate::ingest) fn text(&mut self, line: &str) {
        if let Some((_, text)) = self.failed.last_mut().filter(|_| self.open && line.starts_with("  ")) {
            append(text, line, Failure::TEXT);
            append(text, "\n", Failure::TEXT);
        }
    }

    pub(in crate::ingest) fn failed(self) -> Vec<(String, String)> {
        self.failed
    }
}

/// Whether an error is one of a suite: of its body or of one of its hooks, and of no test in it.
pub(in crate::ingest) fn is_of_suite(text: &str) -> bool {
    let frames = || text.lines().filter_map(|l| l.trim_start().strip_prefix("at "));
    let of = |frame: &str, what: &str| frame.strip_prefix("async ").unwrap_or(frame).starts_with(what);
    frames().any(|frame| of(frame, "SuiteContext.")) && !frames().any(|frame| of(frame, "TestContext."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_tell_a_hook_of_a_suite_from_one_of_a_test() {
        assert!(is_of_suite(
            "Error: x\n    at f (/a.js:1:1)\n    at async SuiteContext.<anonymous> (/a.js:2:1)"
        ));
        assert!(!is_of_suite(
            "Error: x\n    at TestContext.<anonymous> (/a.js:1:1)\n    at Suite.runHook (node:x:1:1)"
        ));
        assert!(!is_of_suite("'test failed'"));
    }
}

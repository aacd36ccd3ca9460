//! From a log line to the entries that its text names.

use crate::model::runbook::{Entry, Pattern};

/// Lines that every red run prints. They say that something failed and not what, so no pattern may match one: an
/// operator sent to an arbitrary entry loses more time than one who is told to look further up.
pub const GENERIC_LINES: &[&str] = &[
    "",
    "exit code 1",
    "Error: Process completed with exit code 1.",
    "##[error]Process completed with exit code 101.",
    "error: test failed, to rerun pass `--test ci_full_suite_gate`",
    "error: test failed",
    "error: could not compile `app` (lib) due to 1 previous error",
    "test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.02s",
    "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.02s",
    "test some_module::some_test ... FAILED",
    "test some_module::some_test ... ok",
    "failures:",
    "FAILED",
    "FAIL",
    "error",
    "assertion `left == right` failed",
    "thread 'main' panicked at src/main.rs:1:1:",
    "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
    "npm ERR! code ELIFECYCLE",
    "make: *** [Makefile:3: test] Error 2",
];

/// An entry that a text leads to.
#[derive(Debug, Clone)]
pub struct Match<'a> {
    /// The entry.
    pub entry: &'a Entry,
    /// The line that named it, as pasted.
    pub line: &'a str,
    /// The part of the line that its pattern matched.
    pub matched: &'a str,
}

/// The entries that a pasted text leads to, best first: the longer the matched part, the more it says. Each line is
/// looked at by itself, an entry appears once, with its longest match. Equal matches stand in order of id.
pub fn matches<'a>(entries: &'a [Entry], text: &'a str) -> Vec<Match<'a>> {
    let mut found: Vec<Match<'a>> = entries
        .iter()
        .filter_map(|entry| {
            let hits = text.lines().filter_map(|line| {
                let best = entry.patterns.iter().filter_map(|p| matched(p, line)).max_by_key(|m| m.len())?;
                Some(Match { entry, line, matched: best })
            });
            // Of equals the first line counts, which `max_by_key` would pass over.
            hits.reduce(|best, next| if next.matched.len() > best.matched.len() { next } else { best })
        })
        .collect();
    found.sort_by(|a, b| b.matched.len().cmp(&a.matched.len()).then_with(|| a.entry.id.cmp(&b.entry.id)));
    found
}

/// The part of the line that a pattern matches; an empty match is none.
pub(super) fn matched<'l>(pattern: &Pattern, line: &'l str) -> Option<&'l str> {
    let range = match pattern {
        Pattern::Contains(text) => line.find(text.as_str()).map(|at| at..at + text.len()),
        Pattern::Regex(regex) => regex.find(line).map(|m| m.range()),
    }?;
    line.get(range).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, patterns: Vec<Pattern>) -> Entry {
        Entry {
            id: id.into(),
            title: id.into(),
            summary: "s".into(),
            gates: vec![],
            severity: None,
            artifacts: vec![],
            replays: vec![],
            remediation: vec![],
            see: vec![],
            patterns,
        }
    }

    fn book() -> Vec<Entry> {
        vec![
            entry("parity", vec![Pattern::Contains("PARITY GATE FAIL".into())]),
            entry("sweeps", vec![Pattern::Contains("parameter_sweeps.".into())]),
            entry(
                "waiver",
                vec![Pattern::Regex(regex::Regex::new(r"waiver_lifecycle_audit \.\.\. FAILED").unwrap())],
            ),
        ]
    }

    fn ids(text: &str) -> Vec<String> {
        matches(&book(), text).into_iter().map(|m| m.entry.id.clone()).collect()
    }

    #[test]
    fn a_line_leads_to_its_entry() {
        assert_eq!(ids("12:00:01 test gates::waiver_lifecycle_audit ... FAILED"), ["waiver"]);
        assert_eq!(ids("[ci] PARITY GATE FAIL: 3 regressions"), ["parity"]);
    }

    #[test]
    fn the_longest_match_comes_first_and_each_entry_once() {
        let text = "parameter_sweeps.readiness drifted\nPARITY GATE FAIL\nparameter_sweeps.schema\n\
                    test waiver_lifecycle_audit ... FAILED";
        assert_eq!(ids(text), ["waiver", "sweeps", "parity"]);
        let book = book();
        assert_eq!(matches(&book, text)[1].line, "parameter_sweeps.readiness drifted");
    }

    #[test]
    fn a_generic_line_matches_nothing() {
        for line in GENERIC_LINES {
            assert!(ids(line).is_empty(), "{line}");
        }
    }
}

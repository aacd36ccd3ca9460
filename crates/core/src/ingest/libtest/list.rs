//! What Rust's harness writes with `--list`: names, and no results.

/// What is said of one.
pub(in crate::ingest) const IS_LIST: &str =
    "it is a list of tests (--list), none of which ran: leave --list away";

/// What stands where results of one binary would.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::ingest) struct List {
    listed: bool,
    others: bool,
}

impl List {
    /// Takes a line that is none of cargo's.
    pub(in crate::ingest) fn line(&mut self, line: &str) {
        let line = line.trim_end();
        if is_entry(line) || is_end(line) {
            self.listed = true;
        } else if !line.is_empty() {
            self.others = true;
        }
    }

    pub(in crate::ingest) fn is_one(self) -> bool {
        self.listed && !self.others
    }
}

/// `a::b: test`
fn is_entry(line: &str) -> bool {
    [": test", ": benchmark", ": bench"]
        .iter()
        .any(|kind| line.strip_suffix(kind).is_some_and(|name| !name.is_empty()))
}

/// `2 tests, 0 benchmarks`
fn is_end(line: &str) -> bool {
    let count = |part: &str, what: &str| {
        let digits = part.trim_end_matches('s').strip_suffix(what).map(str::trim_end);
        digits.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    line.split_once(", ").is_some_and(|(tests, timed)| count(tests, "test") && count(timed, "benchmark"))
}

//! Results of Rust's harness that are torn apart by what tests print (`--nocapture`, to standard error above all): what can be told
//! of them for certain, from the names of the tests that began, the names below `failures:`, and the counts.

use crate::ingest::libtest::line as says;
use crate::ingest::libtest::line::HarnessEnd;
use crate::model::test::TestStatus;
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of names that are kept.
const NAMES: usize = 64 << 20;

/// What the lines of one binary say, whatever else stands in them.
#[derive(Clone)]
pub(in crate::ingest) struct Glued {
    announced: u64,
    /// The tests that began, each with its result where that is whole.
    begun: BTreeMap<String, Option<TestStatus>>,
    /// The names below the last `failures:`.
    listed: BTreeSet<String>,
    /// `failures:` came.
    lists: bool,
    /// Lines that hold `ok` and are no whole result.
    ok: u64,
    summary: Option<HarnessEnd>,
    room: usize,
    /// A name came twice, two result lines, or more than was announced: nothing is certain.
    vague: bool,
}

impl Glued {
    pub(in crate::ingest) fn new(announced: u64) -> Glued {
        Glued {
            announced,
            begun: BTreeMap::new(),
            listed: BTreeSet::new(),
            lists: false,
            ok: 0,
            summary: None,
            room: NAMES,
            vague: false,
        }
    }

    pub(in crate::ingest) fn line(&mut self, line: &str) {
        if self.vague {
            return;
        }
        if let Some(summary) = says::summary(line) {
            self.vague |= self.summary.is_some();
            self.summary = Some(summary);
        } else if line == "failures:" {
            self.lists = true;
            self.listed.clear();
        } else if self.lists {
            if let Some(name) = line.strip_prefix("    ").filter(|n| !n.starts_with(' ')) {
                self.list(name);
            }
        } else {
            self.running(line);
        }
    }

    fn list(&mut self, name: &str) {
        if self.spend(name) {
            self.listed.insert(name.to_string());
        }
    }

    fn running(&mut self, line: &str) {
        let plain = |name: &str| !name.is_empty() && !name.contains(char::is_whitespace);
        let whole = says::result(line).or_else(|| says::embedded(line)).filter(|o| plain(&o.name));
        if let Some(outcome) = whole {
            return self.begin(&outcome.name, Some(outcome.status));
        }
        self.ok += u64::from(line.contains("ok"));
        let starts = line.rmatch_indices("test ").take(says::TRIES);
        let mut names = starts.filter_map(|(at, _)| says::start(&line[at..])).map(|(name, _)| name);
        if let Some(name) = names.find(|name| plain(name)) {
            self.begin(&name, None);
        }
    }

    fn begin(&mut self, name: &str, status: Option<TestStatus>) {
        if self.begun.len() as u64 >= self.announced || !self.spend(name) {
            self.vague = true;
        } else {
            self.vague |= self.begun.insert(name.to_string(), status).is_some();
        }
    }

    fn spend(&mut self, name: &str) -> bool {
        let left = self.room.checked_sub(name.len());
        self.vague |= left.is_none();
        self.room = left.unwrap_or(0);
        left.is_some()
    }

    /// What became of each test: `None` unless exactly the tests that were announced began, exactly the failed ones are listed by
    /// name, and the counts of the one result line agree to the last.
    pub(in crate::ingest) fn resolve(&self) -> Option<(BTreeMap<String, TestStatus>, HarnessEnd)> {
        let summary = self.summary.filter(|_| !self.vague && self.begun.len() as u64 == self.announced)?;
        let listed = self.listed.len() as u64;
        if listed != summary.failed || !self.listed.iter().all(|name| self.begun.contains_key(name)) {
            return None;
        }
        let torn =
            self.begun.iter().filter(|(name, status)| status.is_none() && !self.listed.contains(*name));
        if torn.count() as u64 > self.ok {
            return None;
        }
        let status = |(name, status): (&String, &Option<TestStatus>)| {
            let failed = self.listed.contains(name);
            let found = if failed { TestStatus::Failed } else { TestStatus::Passed };
            (name.clone(), status.unwrap_or(found))
        };
        let outcomes: BTreeMap<String, TestStatus> = self.begun.iter().map(status).collect();
        let count = |status| outcomes.values().filter(|s| **s == status).count() as u64;
        let agrees = summary.fine() == Some(count(TestStatus::Passed))
            && summary.ok == (summary.failed == 0)
            && count(TestStatus::Failed) == summary.failed
            && count(TestStatus::Ignored) == summary.ignored
            && self.listed.iter().all(|name| outcomes[name] == TestStatus::Failed);
        agrees.then_some((outcomes, summary))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(announced: u64, text: &str) -> String {
        let mut glued = Glued::new(announced);
        text.lines().for_each(|line| glued.line(line));
        let Some((outcomes, _)) = glued.resolve() else { return "-".into() };
        let said: Vec<String> = outcomes.iter().map(|(n, s)| format!("{n} {}", s.name())).collect();
        said.join(", ")
    }

    const OK: &str = "test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out";
    const RED: &str = "test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out";

    #[test]
    fn torn_results_that_the_counts_make_certain() {
        for torn in [
            "test m::b ... warn 107ok\n\nwarn 108",
            "warn 94test m::b ... \nwarn ok95",
            "warn test m::b ... 74\nokwarn \n75",
            "test m::b ... warn ok8\n",
        ] {
            assert_eq!(said(2, &format!("{torn}\ntest a ... ok\n{OK}")), "a passed, m::b passed", "{torn}");
        }
        let list = "failures:\n\nfailures:\n    b\n";
        let red = format!("test a ... \nwarn ok\ntest b ... warn FAILED1\n{list}{RED}");
        assert_eq!(said(2, &red), "a passed, b failed");
    }

    #[test]
    fn nothing_is_guessed() {
        let cases = [
            // A failure that no list names, or that the list names among others.
            format!("test a ... \nwarn ok\ntest b ... warn FAILED1\n{RED}"),
            format!("test a ... ok\ntest b ... x\nfailures:\n    c\n{RED}"),
            format!("test a ... \nok\ntest b ... FAILED\nfailures:\n    a\n{RED}"),
            // Fewer tests, more of them, one twice, no result, two result lines.
            format!("test a ... ok\n{OK}"),
            format!("test a ... ok\ntest b ... ok\ntest c ... \nok\n{OK}"),
            format!("test a ... ok\ntest a ... ok\n{OK}"),
            format!("test a ... ok\ntest b ... \n{OK}"),
            format!("test a ... ok\ntest b ... xok\n{OK}\n{OK}"),
            "test a ... ok\ntest b ... xok\n".into(),
            // It ran, or it was ignored.
            "test a ... ok\ntest b ... xok\ntest result: ok. 1 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out".into(),
        ];
        for text in cases {
            assert_eq!(said(2, &text), "-", "{text}");
        }
    }
}

//! A run's summary in the few columns that a comparison of two runs needs: a million tests in some 32 MB.
//!
//! Strings are lent from the document's bytes. `record` reads it, `triage` compares it.

use super::plan::Shard;
use super::run::{Chosen, RunStatus};
use super::suite::{SuiteRole, SuiteStatus};
use super::test::TestStatus;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Range;

/// What a summary says about the run as a whole; what it does not say is `None`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunHead {
    /// The run.
    pub run_id: Option<String>,
    /// What ties shards, replays and their source together.
    pub correlation_id: Option<String>,
    /// HEAD.
    pub commit: Option<String>,
    /// Its branch.
    pub branch: Option<String>,
    /// The profile.
    pub profile: Option<String>,
    /// The summary that it replays, as named.
    pub rerun_from: Option<String>,
    /// What was chosen of the profile; empty where it says nothing.
    pub selection: Chosen,
    /// How it ended.
    pub status: Option<RunStatus>,
    /// Which part of the plan it is; `None` is undivided.
    pub shard: Option<Shard>,
    /// The working tree, as one text: two runs of the same text took place in the same tree. `None` where the run does not say it, or
    /// changed files that git tracks while it lasted.
    pub tree: Option<String>,
}

/// A test.
#[derive(Debug, Clone, PartialEq)]
pub struct TestRow<'a> {
    /// Its name within its suite.
    pub name: Cow<'a, str>,
    /// Its number in the document, from 0: the order reported, and the key of its signature.
    pub at: u32,
    /// What became of it.
    pub status: TestStatus,
}

/// A suite or unit target.
#[derive(Debug, Clone, PartialEq)]
pub struct SuiteRow<'a> {
    /// Which list it stands in.
    pub role: SuiteRole,
    /// Its kind; empty where the document names none.
    pub kind: Cow<'a, str>,
    /// Its name.
    pub name: Cow<'a, str>,
    /// What became of it.
    pub status: SuiteStatus,
    /// Whether `not_run` names it as a whole, or its results are incomplete: a test that is not among its tests did not run.
    pub cut: bool,
    /// The digest of its environment, where the document says it.
    pub environment: Option<Cow<'a, str>>,
    /// Its tests, in `Columns::tests`.
    pub tests: Range<u32>,
}

/// An entry of `not_run`.
#[derive(Debug, Clone, PartialEq)]
pub struct NotRunRow<'a> {
    /// Which list it belongs to.
    pub role: SuiteRole,
    /// Its kind.
    pub kind: Cow<'a, str>,
    /// The suite.
    pub name: Cow<'a, str>,
    /// Only these tests of it; `None`: all of it.
    pub tests: Option<Vec<Cow<'a, str>>>,
}

/// A summary's columns. `settle` puts them in the order that a comparison walks.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Columns<'a> {
    /// The run as a whole.
    pub head: RunHead,
    /// Suites and units; once settled by role, kind and name, each once.
    pub suites: Vec<SuiteRow<'a>>,
    /// The tests of all; once settled those of a suite stand by name, and of one name the worst first.
    pub tests: Vec<TestRow<'a>>,
    /// The failure signatures, by `TestRow::at`.
    pub signatures: Vec<(u32, Cow<'a, str>)>,
    /// What `single` runs a test by where that is not its name, by `TestRow::at`.
    pub selectors: Vec<(u32, Cow<'a, str>)>,
}

impl<'a> SuiteRow<'a> {
    /// What a suite is known by in every run: its list, its kind and its name.
    pub fn key(&self) -> (SuiteRole, &str, &str) {
        (self.role, &self.kind, &self.name)
    }
}

impl<'a> Columns<'a> {
    /// The tests of a suite.
    pub fn tests_of(&self, suite: &SuiteRow<'_>) -> &[TestRow<'a>] {
        self.tests.get(suite.tests.start as usize..suite.tests.end as usize).unwrap_or_default()
    }

    /// The failure signature of a test.
    pub fn signature(&self, test: &TestRow<'_>) -> Option<&str> {
        let nth = self.signatures.binary_search_by_key(&test.at, |(at, _)| *at).ok()?;
        Some(&self.signatures[nth].1)
    }

    /// What fills `{test}` of the kind's `single` command for a test.
    pub fn selector<'t>(&'t self, test: &'t TestRow<'_>) -> &'t str {
        match self.selectors.binary_search_by_key(&test.at, |(at, _)| *at) {
            Ok(nth) => &self.selectors[nth].1,
            Err(_) => &test.name,
        }
    }

    /// Puts suites and tests in order and makes what `not_run` names part of them: as suites and tests of the status
    /// `NotRun`. Each suite stands once: whoever reads a document refuses one that names it twice.
    pub fn settle(&mut self, not_run: Vec<NotRunRow<'a>>) {
        if !self.suites.is_sorted_by(|a, b| a.key() < b.key()) {
            self.suites.sort_by(|a, b| a.key().cmp(&b.key()));
        }
        let tests = &mut self.tests;
        for suite in &self.suites {
            if let Some(tests) = tests.get_mut(suite.tests.start as usize..suite.tests.end as usize)
                && !tests.is_sorted_by(|a, b| in_order(a, b) != Ordering::Greater)
            {
                tests.sort_by(in_order);
            }
        }
        self.fold(not_run);
    }

    fn fold(&mut self, not_run: Vec<NotRunRow<'a>>) {
        let mut asked: BTreeMap<_, (bool, Vec<Cow<'a, str>>)> = BTreeMap::new();
        for row in not_run {
            let (whole, tests) = asked.entry((row.role, row.kind, row.name)).or_default();
            match row.tests {
                None => *whole = true,
                Some(some) => tests.extend(some),
            }
        }
        let known = self.suites.len();
        for ((role, kind, name), (whole, mut tests)) in asked {
            tests.sort();
            tests.dedup();
            let found = self.suites[..known].binary_search_by(|s| s.key().cmp(&(role, &*kind, &*name)));
            if let Ok(nth) = found {
                self.suites[nth].cut |= whole;
            }
            if found.is_ok() && tests.is_empty() {
                continue;
            }
            let old = found.map_or(0..0, |nth| self.suites[nth].tests.clone());
            let range = self.append(old, tests);
            match found {
                Ok(nth) => self.suites[nth].tests = range,
                Err(_) => {
                    let status = SuiteStatus::NotRun;
                    self.suites.push(SuiteRow {
                        role,
                        kind,
                        name,
                        status,
                        cut: whole,
                        environment: None,
                        tests: range,
                    });
                }
            }
        }
        self.suites.sort_by(|a, b| a.key().cmp(&b.key()));
    }

    /// A suite's tests again at the end, with those of `names` that it does not have as `NotRun`.
    fn append(&mut self, old: Range<u32>, names: Vec<Cow<'a, str>>) -> Range<u32> {
        let start = self.tests.len();
        self.tests.extend_from_within(old.start as usize..old.end as usize);
        let end = self.tests.len();
        for name in names {
            if self.tests[start..end].binary_search_by(|t| t.name.cmp(&name)).is_err() {
                // Behind every reported one; a document's bytes bound the number of its tests far below 2^32.
                let at = u32::try_from(self.tests.len()).unwrap_or(u32::MAX);
                self.tests.push(TestRow { name, at, status: TestStatus::NotRun });
            }
        }
        self.tests[start..].sort_by(in_order);
        let offset = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        offset(start)..offset(self.tests.len())
    }
}

/// By name; tests of one name with the worst first, so that the n-th worst of one run meets the n-th worst of the other.
fn in_order(a: &TestRow<'_>, b: &TestRow<'_>) -> Ordering {
    a.name.cmp(&b.name).then_with(|| badness(a.status).cmp(&badness(b.status)))
}

/// How bad an outcome is; the worst is 0.
pub fn badness(status: TestStatus) -> u8 {
    match status {
        TestStatus::Failed => 0,
        TestStatus::NotRun => 1,
        TestStatus::Quarantined => 2,
        TestStatus::Flaky => 3,
        TestStatus::Ignored => 4,
        TestStatus::Passed => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suite<'a>(name: &'a str, tests: Range<u32>) -> SuiteRow<'a> {
        let status = SuiteStatus::Passed;
        let (role, kind) = (SuiteRole::Unit, "unit".into());
        SuiteRow { role, kind, name: name.into(), status, cut: false, environment: None, tests }
    }

    fn row<'a>(name: &'a str, at: u32, status: TestStatus) -> TestRow<'a> {
        TestRow { name: name.into(), at, status }
    }

    fn not_run<'a>(name: &'a str, tests: Option<&[&'a str]>) -> NotRunRow<'a> {
        let tests = tests.map(|t| t.iter().map(|n| (*n).into()).collect());
        NotRunRow { role: SuiteRole::Unit, kind: "unit".into(), name: name.into(), tests }
    }

    #[test]
    fn what_did_not_run_becomes_part_of_the_suites() {
        let mut columns = Columns {
            suites: vec![suite("b", 0..2), suite("a", 2..2)],
            tests: vec![row("y", 0, TestStatus::Passed), row("x", 1, TestStatus::Failed)],
            signatures: vec![(1, "sig".into())],
            ..Columns::default()
        };
        let named = not_run("b", Some(&["z", "x"]));
        columns.settle(vec![not_run("c", None), named, not_run("a", None), not_run("d", Some(&["t"]))]);
        let names: Vec<_> = columns.suites.iter().map(|s| (&*s.name, s.cut, s.status.name())).collect();
        assert_eq!(
            names,
            [("a", true, "passed"), ("b", false, "passed"), ("c", true, "not_run"), ("d", false, "not_run")]
        );
        let of = |nth: usize| {
            let tests = columns.tests_of(&columns.suites[nth]).iter();
            tests.map(|t| (&*t.name, t.status.name(), columns.signature(t))).collect::<Vec<_>>()
        };
        // A test that `not_run` names and that has a result keeps the result.
        assert_eq!(of(1), [("x", "failed", Some("sig")), ("y", "passed", None), ("z", "not_run", None)]);
        assert_eq!(of(3), [("t", "not_run", None)]);
        assert_eq!((of(0), of(2)), (vec![], vec![]));
    }
}

//! What a report counts, held to what it shows.
//!
//! Every reporter that writes JUnit counts its own way, so that only one direction proves anything: a report that counts more
//! than it can have shown was cut, filtered or edited. What is counted honestly beside the testcases is allowed for:
//!
//! - surefire and Gradle count a test that they run again once more in `tests`, and its failures in `failures`, although the
//!   test stands there once, with `flakyFailure` or `rerunFailure` (surefire 3: 11 tests and 1 failure for 10 testcases);
//! - mocha, Pester and TestNG count tests that were left out, say how many in `skipped`, `disabled` or `ignored`, and show none.
//!
//! Fewer tests counted than shown is no fault: surefire writes the count of the last rerun alone, pytest before 2.9 left
//! skipped tests out and counts a test once that fails and then breaks in its teardown, jest-junit leaves out what is to do and
//! a file that did not load, node counts the children of a suite and not theirs, mocha does not count hooks that failed.

use super::report::{Case, Kind, Report};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// `failures` and `errors`.
    Red,
    /// `tests`.
    Tests,
}

/// A suite, or the report where there is no `suite`, that counts more than it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unshown {
    /// The suite's number.
    pub suite: Option<usize>,
    /// What it counts.
    pub what: What,
    /// How many it counts.
    pub declared: u64,
    /// `<failure>` and `<error>` elements in it, or testcases.
    pub shown: u64,
}

impl Unshown {
    /// What its reader is told, after the name of the suite or report: one clause.
    pub fn clause(&self) -> String {
        let Unshown { declared, shown, .. } = self;
        match self.what {
            What::Red => format!("counts {declared} failures and errors, but its testcases show {shown}"),
            What::Tests if *shown == 0 => format!("counts {declared} tests, but shows none"),
            What::Tests => {
                format!("counts {declared} tests, but shows {shown}: it is cut short or was changed")
            }
        }
    }
}

/// Whether a reporter, known by what it always writes, counts something other than testcases in `tests`: pytest each subtest and
/// each error after a test that passed, doctest and Catch2 assertions, mocha-junit-reporter the tests of a suite that were never
/// asked for (`--grep`) too. `root` says whether the attributes are those of `<testsuites>`.
pub(super) fn counts_otherwise(root: bool, attribute: impl Fn(&str) -> Option<String>) -> bool {
    let is = |name: &str, value: &str| attribute(name).as_deref() == Some(value);
    if root {
        return is("name", "pytest tests") || is("name", "Mocha Tests");
    }
    is("name", "pytest") || is("hostname", "tbd") || attribute("doctest_version").is_some()
}

/// What stands in a suite, those within it included.
#[derive(Debug, Clone, Copy, Default)]
struct Shown {
    cases: u64,
    red: u64,
    /// Failures of tests that were run again.
    again: u64,
    skipped: u64,
}

impl Shown {
    fn of(cases: &[Case]) -> Shown {
        let mut shown = Shown { cases: cases.len() as u64, ..Shown::default() };
        for outcome in cases.iter().flat_map(|c| &c.outcomes) {
            match outcome.kind {
                Kind::Failure | Kind::Error => shown.red += 1,
                Kind::Rerun | Kind::Flaky => shown.again += 1,
                Kind::Skipped => shown.skipped += 1,
            }
        }
        shown
    }

    fn add(&mut self, other: Shown) {
        self.cases += other.cases;
        self.red += other.red;
        self.again += other.again;
        self.skipped += other.skipped;
    }
}

/// What a suite or the report counts.
#[derive(Debug, Clone, Copy)]
struct Counted {
    suite: Option<usize>,
    red: u64,
    tests: u64,
    left_out: u64,
}

impl Report {
    /// What counts more failures and errors than it shows, the report itself first.
    pub fn unshown(&self) -> Vec<Unshown> {
        self.held(|counted, shown, _| {
            let short = counted.red > shown.red + shown.again;
            let (declared, shown) = (counted.red, shown.red);
            short.then_some(Unshown { suite: counted.suite, what: What::Red, declared, shown })
        })
    }

    /// What counts more tests than it shows, the report itself first. With `lenient`, and of a reporter that counts something
    /// else, that is a fault only where no test is shown at all.
    pub fn missing(&self, lenient: bool) -> Vec<Unshown> {
        let otherwise = lenient || self.counts_otherwise;
        self.held(|counted, shown, all| {
            // Where suites do not say how many were left out, the report does (mocha-junit-reporter).
            let hidden = counted.left_out.saturating_sub(shown.skipped);
            let hidden = hidden.max(self.left_out.saturating_sub(all.skipped));
            let short = counted.tests > shown.cases.saturating_add(shown.again).saturating_add(hidden);
            let (declared, shown) = (counted.tests, shown.cases);
            (short && (!otherwise || all.cases == 0)).then_some(Unshown {
                suite: counted.suite,
                what: What::Tests,
                declared,
                shown,
            })
        })
    }

    /// Asks of the report and of each suite, by what it counts, what it shows, and what all show.
    fn held(&self, short: impl Fn(Counted, Shown, Shown) -> Option<Unshown>) -> Vec<Unshown> {
        let mut shown: Vec<Shown> = self.suites.iter().map(|s| Shown::of(&s.cases)).collect();
        let mut all = Shown::default();
        shown.iter().for_each(|s| all.add(*s));
        // A nested suite stands after the one it is in.
        for (nth, suite) in self.suites.iter().enumerate().rev() {
            if let Some(outer) = suite.within {
                let inner = shown[nth];
                shown[outer].add(inner);
            }
        }
        let whole = Counted { suite: None, red: self.declared, tests: self.tests, left_out: self.left_out };
        let suites = self.suites.iter().zip(shown).enumerate().filter_map(|(nth, (suite, shown))| {
            let (red, tests, left_out) = (suite.declared, suite.tests, suite.left_out);
            short(Counted { suite: Some(nth), red, tests, left_out }, shown, all)
        });
        short(whole, all, all).into_iter().chain(suites).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use crate::base::json::Limits;

    /// What is said of a report: of its failures, then of its tests.
    fn said(text: &str) -> Vec<String> {
        let report = parse(text.as_bytes(), &Limits::default(), true).unwrap();
        let all = report.unshown().into_iter().chain(report.missing(false));
        all.map(|u| format!("{:?} {}", u.suite, u.clause())).collect()
    }

    #[test]
    fn more_than_is_shown_is_said() {
        let cases = [
            "<testsuite name='s' tests='3'><testcase name='a'/><testcase name='b'/></testsuite>",
            "<testsuites tests='2'><testsuite name='s' tests='1'><testcase name='a'/></testsuite></testsuites>",
            "<testsuites><testsuite name='s' tests='3'><testsuite name='i' tests='2'><testcase name='a'/></testsuite></testsuite></testsuites>",
            "<testsuite name='s' tests='3' skipped='1'><testcase name='a'/></testsuite>",
            "<testsuite name='s' tests='3' skipped='1'><testcase name='a'><skipped/></testcase></testsuite>",
            "<testsuite name='s' tests='2'/>",
            "<testsuites name='pytest tests'><testsuite name='pytest' tests='2'/></testsuites>",
            "<testsuite name='s' tests='1' failures='3'><testcase name='a'><failure/><rerunFailure/></testcase></testsuite>",
            "<testsuite name='s' tests='99999999999999999999' skipped='18446744073709551615'><testcase name='a'/></testsuite>",
        ];
        let said: Vec<String> = cases.iter().map(|text| said(text).join("; ")).collect();
        insta::assert_snapshot!(said.join("\n"));
    }

    #[test]
    fn what_reporters_count_beside_their_testcases_is_no_fault() {
        let honest = [
            // surefire and Gradle: one test that was run again.
            "<testsuite name='s' tests='3' failures='1'><testcase name='a'/><testcase name='b'><flakyFailure/></testcase></testsuite>",
            "<testsuite name='s' tests='4' failures='3'><testcase name='a'/><testcase name='b'><failure/><rerunFailure/><rerunError/></testcase></testsuite>",
            // surefire: the count of the last rerun alone.
            "<testsuite name='s' tests='1'><testcase name='a'/><testcase name='b'/><testcase name='c'><flakyFailure/></testcase></testsuite>",
            // Tests that were left out and are not shown.
            "<testsuite name='s' tests='3' skipped='2'><testcase name='a'/></testsuite>",
            "<testsuite name='s' tests='2' disabled='1' skipped='1'><testcase name='a'/></testsuite>",
            "<testsuites name='x' tests='2' skipped='1'><testsuite name='s' tests='2'><testcase name='a'/></testsuite></testsuites>",
            // What else is counted.
            "<testsuites name='pytest tests'><testsuite name='pytest' tests='3'><testcase name='a'/></testsuite></testsuites>",
            "<testsuite name='pytest' errors='1' tests='2'><testcase name='a'><error/></testcase></testsuite>",
            "<testsuites name='Mocha Tests' tests='5'><testsuite name='o' tests='2'/><testsuite name='i' tests='3'><testcase name='a'/></testsuite></testsuites>",
            "<testsuites><testsuite name='x' hostname='tbd' tests='7'><testcase name='a'/></testsuite></testsuites>",
            "<testsuites><testsuite name='x' tests='7' doctest_version='2.4.11'><testcase name='a'/></testsuite></testsuites>",
            // Fewer than are shown.
            "<testsuites tests='1'><testsuite name='s' tests='0'><testcase name='a'/><testcase name='b'/></testsuite></testsuites>",
            // No count.
            "<testsuite name='s'><testcase name='a'/></testsuite>",
            "<testsuite name='s' tests='' failures='0.0'><testcase name='a'/></testsuite>",
        ];
        for text in honest {
            assert_eq!(said(text), Vec::<String>::new(), "{text}");
        }
    }
}

//! What a report counts, held to what it shows.
//!
//! Every reporter that writes JUnit counts its own way, so that only one direction proves anything: a report that counts more
//! than it can have shown was cut, filtered or edited. What is counted honestly beside the testcases is allowed for:
//!
//! - surefire and Gradle count a test that they run again once more in `tests`, and its failures in `failures`, although the
//!   test stands there once, with `flakyFailure` or `rerunFailure` (surefire 3: 11 tests and 1 failure for 10 testcases);
//! - mocha, Pester and TestNG count tests that were left out, say how many in `skipped`, `disabled` or `ignored`, and show none;
//! - NUnit's stylesheet gives a suite the counts of those that stood in it, and puts them behind it instead of into it; it counts
//!   what is inconclusive, or ended with a warning, among the errors;
//! - Qt counts each failure of a test on its blacklist in `failures`, and shows none of them;
//! - web-test-runner and mocha's own reporter count each failure in `failures` and again in `errors`;
//! - QUnit's reporter counts assertions in `tests`, and says of each testcase how many it has.
//!
//! Fewer tests counted than shown is no fault: surefire writes the count of the last rerun alone, pytest before 2.9 left
//! skipped tests out and counts a test once that fails and then breaks in its teardown, jest-junit leaves out what is to do and
//! a file that did not load, node counts the children of a suite and not theirs, mocha does not count hooks that failed.
//!
//! A suite that shows all the tests that it counts, and fewer skipped ones than it counts, contradicts itself: one of those that it shows
//! as passed did not run. Where it is all of them that is settled; else it is a fault.

use super::claims::ClaimsShown;
use super::ended::CaseEnd;
use super::report::{Claim, JunitCase, JunitCounts, JunitReport, OutcomeKind};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// `failures` and `errors`.
    Red,
    /// `tests`.
    Tests,
    /// `skipped`.
    Skipped,
}

/// A suite, or the report where there is no `suite`, that counts more than it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Unshown {
    /// The suite's number.
    suite: Option<usize>,
    /// What it counts.
    what: What,
    /// How many it counts.
    declared: u64,
    /// `<failure>` and `<error>` elements in it, testcases, or testcases that did not run.
    shown: u64,
}

impl Unshown {
    /// What its reader is told, after the name of the suite or report: one clause.
    fn clause(&self) -> String {
        let Unshown { declared, shown, .. } = self;
        match self.what {
            What::Red => format!("counts {declared} failures and errors, but its testcases show {shown}"),
            What::Tests if *shown == 0 => format!("counts {declared} tests, but shows none"),
            What::Tests => {
                format!("counts {declared} tests, but shows {shown}: it is cut short or was changed")
            }
            What::Skipped => format!(
                "counts {declared} skipped tests, but shows {shown}: which of those that it shows as passed did not run it does not say"
            ),
        }
    }
}

/// Whether a reporter, known by what it always writes, counts something other than testcases in `tests`: pytest each subtest and
/// each error after a test that passed, doctest and Catch2 assertions, mocha-junit-reporter the tests of a suite that were never
/// asked for (`--grep`) too, Behat 2 steps. `root` says whether the attributes are those of `<testsuites>`.
pub(super) fn counts_otherwise(root: bool, attribute: impl Fn(&str) -> Option<String>) -> bool {
    let is = |name: &str, value: &str| attribute(name).as_deref() == Some(value);
    if root {
        return is("name", "pytest tests") || is("name", "Mocha Tests");
    }
    is("name", "pytest")
        || is("hostname", "tbd")
        || is("classname", "behat.features")
        || attribute("doctest_version").is_some()
}

/// What stands in a suite, those within it included.
#[derive(Debug, Clone, Copy, Default)]
struct Shown {
    cases: u64,
    red: u64,
    /// Failures of tests that were run again.
    again: u64,
    skipped: u64,
    /// Tests that are shown as passed.
    passed: u64,
    /// Tests that did not run, by whatever says so.
    left_out: u64,
    /// Tests that NUnit's stylesheet counts as errors, and are none.
    undecided: u64,
    /// Tests of Qt's blacklist that failed: it counts each of their failures, and shows none.
    expected: u64,
    assertions: u64,
}

impl Shown {
    fn of(cases: &[JunitCase]) -> Shown {
        let mut shown = Shown { cases: cases.len() as u64, ..Shown::default() };
        for outcome in cases.iter().flat_map(|c| &c.outcomes) {
            match outcome.kind {
                OutcomeKind::Failure | OutcomeKind::Error => shown.red += 1,
                OutcomeKind::Rerun | OutcomeKind::Flaky => shown.again += 1,
                OutcomeKind::Skipped => shown.skipped += 1,
            }
        }
        for case in cases {
            let skip = case.outcomes.iter().any(|o| o.kind == OutcomeKind::Skipped);
            let ended = case.ended();
            shown.passed += u64::from(ended == CaseEnd::Passed);
            shown.left_out += u64::from(skip || matches!(ended, CaseEnd::LeftOut | CaseEnd::NotRun));
            shown.undecided += u64::from(case.is_undecided());
            shown.expected += u64::from(case.is_blacklisted());
            shown.assertions = shown.assertions.saturating_add(case.assertions);
        }
        shown
    }

    /// This and another one, each figure by `f`.
    fn with(self, other: Shown, f: impl Fn(u64, u64) -> u64) -> Shown {
        Shown {
            cases: f(self.cases, other.cases),
            red: f(self.red, other.red),
            again: f(self.again, other.again),
            skipped: f(self.skipped, other.skipped),
            passed: f(self.passed, other.passed),
            left_out: f(self.left_out, other.left_out),
            undecided: f(self.undecided, other.undecided),
            expected: f(self.expected, other.expected),
            assertions: f(self.assertions, other.assertions),
        }
    }

    fn add(&mut self, other: Shown) {
        *self = self.with(other, u64::saturating_add);
    }
}

/// What a suite or the report counts, and what stands in it.
struct Held<'r> {
    suite: Option<usize>,
    counts: JunitCounts,
    claims: &'r [Claim],
    shown: Shown,
}

impl Held<'_> {
    fn unshown(&self, what: What, declared: u64, shown: u64) -> Unshown {
        Unshown { suite: self.suite, what, declared, shown }
    }

    /// What its attributes say that its tests do not show.
    fn claimed(&self) -> impl Iterator<Item = (Option<usize>, String)> {
        let shown = &self.shown;
        let told = ClaimsShown {
            red: shown.red + shown.again > 0,
            passed: shown.passed > 0,
            left_out: shown.left_out > 0,
            undecided: if shown.expected > 0 { u64::MAX } else { shown.undecided },
        };
        let suite = self.suite;
        self.claims.iter().filter_map(move |claim| Some((suite, claim.against(&told)?)))
    }

    /// Tests that it counts as skipped, shows, and does not show as skipped.
    fn unshown_skips(&self) -> u64 {
        let all_shown =
            self.counts.tests > 0 && self.counts.tests <= self.shown.cases && self.shown.again == 0;
        if all_shown { self.counts.skipped.saturating_sub(self.shown.left_out) } else { 0 }
    }
}

/// What counts more failures and errors than it shows, the report itself first.
fn unshown(held: &[Held<'_>]) -> Vec<Unshown> {
    let short = |held: &Held<'_>| {
        let (counts, shown) = (&held.counts, &held.shown);
        let declared = counts.failures.saturating_add(counts.errors);
        let twice = counts.failures == counts.errors;
        let counted = if twice { counts.failures } else { declared };
        let can = shown.red.saturating_add(shown.again).saturating_add(shown.undecided);
        (counted > can && shown.expected == 0).then(|| held.unshown(What::Red, declared, shown.red))
    };
    held.iter().filter_map(short).collect()
}

/// What counts more skipped tests than it shows, and shows every test.
fn contradicted(held: &[Held<'_>]) -> Vec<Unshown> {
    let wrong = |held: &Held<'_>| {
        let (declared, shown) = (held.counts.skipped, held.shown.left_out);
        (held.unshown_skips() > 0).then(|| held.unshown(What::Skipped, declared, shown))
    };
    held.iter().filter_map(wrong).collect()
}

impl JunitReport {
    /// What it says of suites, or of itself where there is no number, against what it shows: one clause each. `lenient`: its reporter
    /// counts something other than testcases.
    pub fn against_itself(&self, lenient: bool) -> Vec<(Option<usize>, String)> {
        let (held, all) = self.held();
        let otherwise = lenient || self.counts_otherwise;
        let short = unshown(&held).into_iter().chain(self.missing(&held, all, otherwise));
        let short = short.chain(if otherwise { Vec::new() } else { contradicted(&held) });
        let short = short.map(|s| (s.suite, s.clause()));
        self.stated.iter().cloned().chain(short).chain(held.iter().flat_map(Held::claimed)).collect()
    }

    /// What counts more tests than it shows, the report itself first. Of a reporter that counts something else
    /// (`otherwise`) that is a fault only where no test is shown at all.
    fn missing(&self, held: &[Held<'_>], all: Shown, otherwise: bool) -> Vec<Unshown> {
        // Where suites do not say how many were left out, the report does (mocha-junit-reporter).
        let of_report = self.counts.left_out.saturating_sub(all.skipped);
        let short = |held: &Held<'_>| {
            let (counts, shown) = (&held.counts, &held.shown);
            let hidden = counts.left_out.saturating_sub(shown.skipped).max(of_report);
            let can = shown.cases.saturating_add(shown.again).saturating_add(hidden);
            let short = counts.tests > can && counts.tests != shown.assertions;
            (short && (!otherwise || all.cases == 0))
                .then(|| held.unshown(What::Tests, counts.tests, shown.cases))
        };
        held.iter().filter_map(short).collect()
    }

    /// Marks the testcases of a suite, or of the report, that says of as many tests as it shows as passed that they were skipped.
    pub(super) fn mark_unshown_skips(&mut self) {
        if self.counts_otherwise {
            return;
        }
        let settled =
            |held: &&Held<'_>| held.unshown_skips() > 0 && held.unshown_skips() == held.shown.passed;
        // Within the suite itself; where it is one of the stylesheet's, whose counts are those of others too, it stays a fault.
        let own = |held: &&Held<'_>| {
            held.suite.is_none_or(|nth| self.suites[nth].cases.len() as u64 == held.shown.cases)
        };
        let suites: Vec<Option<usize>> =
            self.held().0.iter().filter(settled).filter(own).map(|held| held.suite).collect();
        for suite in suites {
            let (from, to) = suite.map_or((0, self.suites.len()), |nth| (nth, nth + 1));
            for case in self.suites[from..to].iter_mut().flat_map(|s| &mut s.cases) {
                case.unshown_skip |= case.ended() == CaseEnd::Passed;
            }
        }
    }

    /// The report and each suite with what stands in it, and what stands in all.
    fn held(&self) -> (Vec<Held<'_>>, Shown) {
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
        self.take_in_flattened(&mut shown, all);
        let whole = Held { suite: None, counts: self.counts, claims: &self.claims, shown: all };
        let suites = self.suites.iter().zip(shown).enumerate();
        let suites = suites.map(|(nth, (suite, shown))| Held {
            suite: Some(nth),
            counts: suite.counts,
            claims: &suite.claims,
            shown,
        });
        (std::iter::once(whole).chain(suites).collect(), all)
    }

    /// NUnit's stylesheet puts the suites that stood in one behind it. Its count is explained where those behind it hold, together with
    /// its own, exactly as many tests; only in a report that counts as many as all of them show, so that nothing is missing.
    fn take_in_flattened(&self, shown: &mut [Shown], all: Shown) {
        if all.cases == 0 || self.counts.tests != all.cases {
            return;
        }
        let top: Vec<usize> =
            (0..self.suites.len()).filter(|nth| self.suites[*nth].within.is_none()).collect();
        let mut before = vec![Shown::default()];
        for nth in &top {
            let mut sum = *before.last().unwrap_or(&Shown::default());
            sum.add(shown[*nth]);
            before.push(sum);
        }
        for (at, nth) in top.iter().enumerate() {
            let tests = self.suites[*nth].counts.tests;
            if tests <= shown[*nth].cases {
                continue;
            }
            let wanted = before[at].cases.saturating_add(tests);
            let end = before.partition_point(|sum| sum.cases < wanted);
            if let Some(sum) = before.get(end).filter(|sum| sum.cases == wanted) {
                shown[*nth] = sum.with(before[at], u64::saturating_sub);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use crate::json::JsonLimits;

    /// What is said of a report: of its failures, then of its tests.
    fn said(text: &str) -> Vec<String> {
        let report = parse(text, &JsonLimits::default(), true).unwrap();
        let all = report.against_itself(false).into_iter();
        all.map(|(suite, clause)| format!("{suite:?} {clause}")).collect()
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
            "<testsuite name='s' tests='1' skipped='18446744073709551616'><testcase name='a'/></testsuite>",
            // Skipped tests, and not which.
            "<testsuite name='s' tests='2' skipped='1'><testcase name='a'/><testcase name='b'/></testsuite>",
            "<testsuites tests='2' skipped='1'><testsuite name='s'><testcase name='a'/><testcase name='b'/></testsuite></testsuites>",
            // Behind the first suite there are not as many as it counts more, or not all are there.
            "<testsuites tests='3'><testsuite name='s' tests='3'><testcase name='a'/></testsuite><testsuite name='i' tests='1'><testcase name='b'/></testsuite></testsuites>",
            "<testsuites><testsuite name='s' tests='2'><testcase name='a'/></testsuite><testsuite name='i' tests='1'><testcase name='b'/></testsuite></testsuites>",
            "<testsuites tests='2'><testsuite name='s' tests='2' failures='1'><testcase name='a'/></testsuite><testsuite name='i' tests='1'><testcase name='b'/></testsuite></testsuites>",
            "<testsuite name='s' tests='1' failures='2' errors='2'><testcase name='a'><failure/></testcase></testsuite>",
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
            "<testsuite classname='behat.features' name='f' tests='7'><testcase name='a'/></testsuite>",
            "<testsuites tests='5'><testsuite name='q' tests='0'><testcase name='a' tests='3'/><testcase name='b' tests='2'/></testsuite></testsuites>",
            // NUnit's stylesheet.
            "<testsuites tests='4' disabled='1'><testsuite name='o' tests='4' skipped='1' failures='1'><testcase name='a'/></testsuite><testsuite name='i' tests='2' skipped='1'><testcase name='b' status='Skipped'/><testcase name='c'/></testsuite><testsuite name='j' tests='1' failures='1'><testcase name='d'><failure/></testcase></testsuite></testsuites>",
            "<testsuites tests='2'><testsuite name='o' tests='2' errors='2'><testcase name='a' status='Inconclusive'/><testcase name='b' status='Warning'/></testsuite></testsuites>",
            // Qt, of tests on its blacklist.
            "<testsuite name='s' tests='2' failures='3'><testcase name='a' result='bfail'/><testcase name='b' result='pass'/></testsuite>",
            // Each failure counted twice.
            "<testsuite name='s' tests='2' failures='1' errors='1'><testcase name='a'><failure/></testcase><testcase name='b'/></testsuite>",
            // Nothing but skipped tests.
            "<testsuite name='s' tests='1' skipped='1'><testcase name='a'/></testsuite>",
            "<testsuite name='s' tests='2' skipped='1' failures='1'><testcase name='a'><failure/></testcase><testcase name='b'/></testsuite>",
            // Mocha, where a hook failed.
            "<testsuite name='s' tests='1' skipped='-1'><testcase name='a'/></testsuite>",
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

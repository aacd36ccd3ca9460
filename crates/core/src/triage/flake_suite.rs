//! What became of a suite by itself, beside what its tests say.

use super::change::{fails_itself, is_abrupt};
use crate::model::columns::{Columns, SuiteRow};
use crate::model::suite::SuiteStatus;
use crate::model::test::TestStatus;

/// As the status of a test. `None` where its tests alone decided, or it did not run: then the run says nothing of it.
///
/// A crash, a timeout or missing results beside a failed test are the suite's own where they kept a test of it from a
/// result that another of the runs has; otherwise the test stands for them.
pub(super) fn of_itself(run: &Columns<'_>, suite: &SuiteRow<'_>, all: &[&Columns<'_>]) -> Option<TestStatus> {
    let none = |status: TestStatus| run.tests_of(suite).iter().all(|test| test.status != status);
    match suite.status {
        _ if fails_itself(run, suite) => Some(TestStatus::Failed),
        status if is_abrupt(status) && lost(run, suite, all) => Some(TestStatus::Failed),
        SuiteStatus::Quarantined if none(TestStatus::Quarantined) => Some(TestStatus::Quarantined),
        SuiteStatus::Flaky if none(TestStatus::Flaky) => Some(TestStatus::Flaky),
        SuiteStatus::Passed => Some(TestStatus::Passed),
        _ => None,
    }
}

/// Whether another run has a test of the suite that this one has not.
fn lost(run: &Columns<'_>, suite: &SuiteRow<'_>, all: &[&Columns<'_>]) -> bool {
    let here = run.tests_of(suite);
    all.iter().any(|other| {
        let found = other.suites.binary_search_by(|s| s.key().cmp(&suite.key()));
        let tests = found.ok().map(|at| other.tests_of(&other.suites[at])).unwrap_or_default();
        tests.iter().any(|test| here.binary_search_by(|known| known.name.cmp(&test.name)).is_err())
    })
}

#[cfg(test)]
mod tests {
    use super::super::sample::run;
    use super::*;

    fn of(text: &str, other: &str) -> Option<TestStatus> {
        let (one, two) = (run("c1", text), run("c1", other));
        of_itself(&one, &one.suites[0], &[&one, &two])
    }

    #[test]
    fn what_tests_decide_says_nothing_of_the_suite() {
        for text in
            ["s failed: a failed", "s flaky: a flaky", "s quarantined: a quarantined", "s ignored: a ignored"]
        {
            assert_eq!(of(text, "s passed: a passed, b passed"), None, "{text}");
        }
        assert_eq!(of("s not_run", ""), None);
        assert_eq!(of("s failed: a passed", ""), Some(TestStatus::Failed));
        assert_eq!(of("s timed_out", ""), Some(TestStatus::Failed));
        assert_eq!(of("s flaky: a passed", ""), Some(TestStatus::Flaky));
        assert_eq!(of("s quarantined: a passed", ""), Some(TestStatus::Quarantined));
        assert_eq!(of("s passed: a passed", ""), Some(TestStatus::Passed));
    }

    #[test]
    fn a_crash_that_lost_tests_is_not_hidden_by_a_failed_one() {
        assert_eq!(of("s crashed: a failed", "s passed: a failed, b passed"), Some(TestStatus::Failed));
        assert_eq!(of("s crashed: a failed", "s failed: a failed"), None);
        assert_eq!(of("s crashed: a failed", "t passed: b passed"), None);
    }
}

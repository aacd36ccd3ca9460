//! What became of one test or suite, from what it was and what it is.

use crate::model::columns::{Columns, SuiteRow};
use crate::model::suite::SuiteStatus;
use crate::model::test::TestStatus;
use crate::model::triage::Change;

/// What became of a test that the current run lists. `None`: nothing worth saying.
///
/// A test that did not run in the baseline has no result there: it is new. A quarantined one is no failure, in either run;
/// where it fails now without its quarantine, nothing in the baseline excuses it. One that is ignored now and was not
/// before did not run: a skip is neither a fix nor stable.
pub(super) fn of_test(before: Option<TestStatus>, after: TestStatus) -> Option<Change> {
    use TestStatus::{Failed, Flaky, Ignored, NotRun, Passed, Quarantined};
    match (before, after) {
        (None | Some(NotRun), Failed) => Some(Change::NewFailure),
        (Some(Failed), Failed) => Some(Change::KnownFailure),
        (Some(_), Failed) => Some(Change::Regression),
        (None | Some(NotRun), Passed) => Some(Change::NewPass),
        (Some(Failed | Quarantined), Passed) => Some(Change::Fixed),
        (Some(Passed | Flaky | Ignored), Passed) => None,
        (_, Flaky) => Some(Change::Flaky),
        (_, NotRun) => Some(Change::NotRun),
        (None | Some(Ignored | NotRun), Ignored) => None,
        (Some(_), Ignored) => Some(Change::NotRun),
        (_, Quarantined) => None,
    }
}

/// Whether a suite fails by itself and not only by its tests: it crashed, was ended at its timeout or could not be started,
/// whatever its tests say, or it failed and no test did. A crash beside a known failing test would hide behind it otherwise.
pub(super) fn fails_itself(run: &Columns<'_>, suite: &SuiteRow<'_>) -> bool {
    match suite.status {
        SuiteStatus::Crashed | SuiteStatus::TimedOut | SuiteStatus::Missing => true,
        SuiteStatus::Failed => run.tests_of(suite).iter().all(|t| t.status != TestStatus::Failed),
        _ => false,
    }
}

/// What became of a suite as an item of its own, beside its tests: of its own failure, or where no test speaks for it.
pub(super) fn of_suite(
    (base, before): (&Columns<'_>, Option<&SuiteRow<'_>>),
    (current, after): (&Columns<'_>, &SuiteRow<'_>),
) -> Option<Change> {
    let failed = before.is_some_and(|b| fails_itself(base, b));
    let ran = before.is_some_and(|b| b.status != SuiteStatus::NotRun);
    if fails_itself(current, after) {
        return Some(match (ran, failed) {
            (_, true) => Change::KnownFailure,
            (true, false) => Change::Regression,
            (false, false) => Change::NewFailure,
        });
    }
    let tests = current.tests_of(after);
    if after.status == SuiteStatus::Flaky && tests.iter().all(|t| t.status != TestStatus::Flaky) {
        return Some(Change::Flaky);
    }
    if failed && after.status == SuiteStatus::Passed {
        return Some(Change::Fixed);
    }
    if !tests.is_empty() || before.is_some_and(|b| !base.tests_of(b).is_empty()) {
        return None;
    }
    match after.status {
        _ if after.cut => Some(Change::NotRun),
        SuiteStatus::NotRun => Some(Change::NotRun),
        SuiteStatus::Passed if !ran => Some(Change::NewPass),
        SuiteStatus::Ignored if before.is_some_and(|b| ran && b.status != SuiteStatus::Ignored) => {
            Some(Change::NotRun)
        }
        _ => None,
    }
}

//! What became of one test or suite, from what it was and what it is.

use crate::model::columns::{Columns, SuiteRow, TestRow};
use crate::model::suite::{Role, SuiteStatus};
use crate::model::test::TestStatus;
use crate::model::triage::Change;

/// Builds the command that replays a suite, or one test of it: (suite, kind, role, selector). `None` where `tollgate.toml` does
/// not know the suite. Nothing of a summary is ever part of a command but by this.
pub type Replay<'r> = &'r dyn Fn(&str, &str, Role, Option<&str>) -> Option<String>;

/// One difference: of a test, or of a suite where neither test is there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item<'c, 'a> {
    pub(super) change: Change,
    pub(super) before: Option<&'c SuiteRow<'a>>,
    pub(super) after: Option<&'c SuiteRow<'a>>,
    pub(super) was: Option<&'c TestRow<'a>>,
    pub(super) is: Option<&'c TestRow<'a>>,
    /// How many tests fail with its signature; `rank` fills it in.
    pub(super) cluster: u32,
}

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

/// Whether a suite fails and no test of it says so.
pub(super) fn fails_itself(run: &Columns<'_>, suite: &SuiteRow<'_>) -> bool {
    suite.status.is_failure() && run.tests_of(suite).iter().all(|t| t.status != TestStatus::Failed)
}

/// The suite did not come to its end.
pub(super) fn is_abrupt(status: SuiteStatus) -> bool {
    matches!(status, SuiteStatus::Crashed | SuiteStatus::TimedOut | SuiteStatus::Missing)
}

/// What became of a suite as an item of its own, beside its tests: where it fails and no test says so, and where no test
/// speaks for it. `lost`: tests of the baseline have no result. A suite that crashed and lost some is an item too: behind a
/// known failing test of it the crash would be hidden.
pub(super) fn of_suite(
    (base, before): (&Columns<'_>, Option<&SuiteRow<'_>>),
    (current, after): (&Columns<'_>, &SuiteRow<'_>),
    lost: bool,
) -> Option<Change> {
    let failed = before.is_some_and(|b| fails_itself(base, b));
    let ran = before.is_some_and(|b| b.status != SuiteStatus::NotRun);
    if fails_itself(current, after) || (lost && is_abrupt(after.status)) {
        let known = failed || before.is_some_and(|b| is_abrupt(b.status));
        return Some(match (ran, known) {
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
    if failed && (after.cut || matches!(after.status, SuiteStatus::NotRun | SuiteStatus::Ignored)) {
        return Some(Change::NotRun);
    }
    if !tests.is_empty() || before.is_some_and(|b| !base.tests_of(b).is_empty()) {
        return None;
    }
    match after.status {
        SuiteStatus::Quarantined => None,
        _ if after.cut => Some(Change::NotRun),
        SuiteStatus::NotRun => Some(Change::NotRun),
        SuiteStatus::Passed if !ran => Some(Change::NewPass),
        SuiteStatus::Ignored if before.is_some_and(|b| ran && b.status != SuiteStatus::Ignored) => {
            Some(Change::NotRun)
        }
        _ => None,
    }
}

//! What became of one test or suite, from what it was and what it is.

use crate::model::columns::{Columns, SuiteRow, TestRow};
use crate::model::suite::{SuiteRole, SuiteStatus};
use crate::model::test::TestStatus;
use crate::model::triage::DiffChange;

/// Builds the command that replays a suite, or one test of it: (suite, kind, role, selector). `None` where `tollgate.toml` does
/// not know the suite. Nothing of a summary is ever part of a command but by this.
pub type ReplayCommand<'r> = &'r dyn Fn(&str, &str, SuiteRole, Option<&str>) -> Option<String>;

/// One difference: of a test, or of a suite where neither test is there.
#[derive(Debug, Clone, Copy)]
pub(super) struct DiffItem<'c, 'a> {
    pub(super) change: DiffChange,
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
pub(super) fn of_test(before: Option<TestStatus>, after: TestStatus) -> Option<DiffChange> {
    use TestStatus::{Failed, Flaky, Ignored, NotRun, Passed, Quarantined};
    match (before, after) {
        (None | Some(NotRun), Failed) => Some(DiffChange::NewFailure),
        (Some(Failed), Failed) => Some(DiffChange::KnownFailure),
        (Some(_), Failed) => Some(DiffChange::Regression),
        (None | Some(NotRun), Passed) => Some(DiffChange::NewPass),
        (Some(Failed | Quarantined), Passed) => Some(DiffChange::Fixed),
        (Some(Passed | Flaky | Ignored), Passed) => None,
        (_, Flaky) => Some(DiffChange::Flaky),
        (_, NotRun) => Some(DiffChange::NotRun),
        (None | Some(Ignored | NotRun), Ignored) => None,
        (Some(_), Ignored) => Some(DiffChange::NotRun),
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
) -> Option<DiffChange> {
    let failed = before.is_some_and(|b| fails_itself(base, b));
    let ran = before.is_some_and(|b| b.status != SuiteStatus::NotRun);
    if fails_itself(current, after) || (lost && is_abrupt(after.status)) {
        let known = failed || before.is_some_and(|b| is_abrupt(b.status));
        return Some(match (ran, known) {
            (_, true) => DiffChange::KnownFailure,
            (true, false) => DiffChange::Regression,
            (false, false) => DiffChange::NewFailure,
        });
    }
    let tests = current.tests_of(after);
    if after.status == SuiteStatus::Flaky && tests.iter().all(|t| t.status != TestStatus::Flaky) {
        return Some(DiffChange::Flaky);
    }
    if failed && after.status == SuiteStatus::Passed {
        return Some(DiffChange::Fixed);
    }
    if failed && (after.cut || matches!(after.status, SuiteStatus::NotRun | SuiteStatus::Ignored)) {
        return Some(DiffChange::NotRun);
    }
    if !tests.is_empty() || before.is_some_and(|b| !base.tests_of(b).is_empty()) {
        return None;
    }
    match after.status {
        SuiteStatus::Quarantined => None,
        _ if after.cut => Some(DiffChange::NotRun),
        SuiteStatus::NotRun => Some(DiffChange::NotRun),
        SuiteStatus::Passed if !ran => Some(DiffChange::NewPass),
        SuiteStatus::Ignored if before.is_some_and(|b| ran && b.status != SuiteStatus::Ignored) => {
            Some(DiffChange::NotRun)
        }
        _ => None,
    }
}

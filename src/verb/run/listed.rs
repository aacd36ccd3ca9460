//! Failures of which only a tool's output tells: its results broke off before them, are not there, or say something else.

use super::stopped::ends;
use tollgate_core::ingest;
use tollgate_core::model::suite::{ResultReader, SuiteStatus};
use tollgate_core::triage::attempts::SuiteAttempt;
use tollgate_host::run::AttemptLog;

/// Gives an attempt at a whole suite, whose results do not tell all, the tests that its output lists as failed: each is a failure
/// with a name, which a replay must show.
pub(super) fn name_failures(attempt: &mut SuiteAttempt, reader: ResultReader, log: &AttemptLog) {
    if !attempt.whole || attempt.fault.is_none() {
        return;
    }
    // What cannot be read names nothing; the fault stands all the same.
    if let Ok(output) = ends(log) {
        attempt.take_listed(ingest::listed(reader, &output));
    }
}

/// Makes a fault of it where a whole suite seems to have passed by its results, and its tool says in its output that it did not.
pub(super) fn hold_to_word(attempt: &mut SuiteAttempt, reader: ResultReader, log: &AttemptLog) {
    if !attempt.whole || attempt.status != SuiteStatus::Passed {
        return;
    }
    // Output that cannot be read is told of where the log is kept.
    let Ok(output) = ends(log) else { return };
    if let Some(said) = ingest::says_it_failed(reader, &output) {
        attempt.status = SuiteStatus::Failed;
        attempt.fault =
            Some(format!("its output says `{}`, and its results show no failure", said.escape_debug()));
    }
}

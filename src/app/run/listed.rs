//! Failures that only a tool's own list names: its results broke off before them, or are not there.

use super::stopped::ends;
use crate::ingest;
use crate::model::suite::Reader;
use crate::run::Log;
use crate::triage::attempts::Attempt;

/// Gives an attempt at a whole suite, whose results do not tell all, the tests that its output lists as failed: each is a failure
/// with a name, which a replay must show.
pub(super) fn name_failures(attempt: &mut Attempt, reader: Reader, log: &Log) {
    if !attempt.whole || attempt.fault.is_none() {
        return;
    }
    // What cannot be read names nothing; the fault stands all the same.
    if let Ok(output) = ends(log) {
        attempt.take_listed(ingest::listed(reader, &output));
    }
}

//! A Go package that ran again after it had failed: its events tell of both runs (`gotestsum --rerun-fails`).

use crate::ingest::collect::{ReadingDraft, Room};
use crate::ingest::fault::ReadFault;
use crate::model::test::{FaultKind, TestCase, TestStatus};

/// Adds a later run to those before it. It may hold no more than the tests that failed: what it does not hold stays as it is, and so
/// does what was wrong beside the tests. A test that failed and then passed is flaky; one that fails in a later run has failed.
pub(in crate::ingest) fn add(
    first: &mut ReadingDraft,
    room: &mut Room,
    later: ReadingDraft,
) -> Result<(), ReadFault> {
    let reading = later.reading;
    for case in reading.cases {
        match first.named(&case.name) {
            None => {
                first.push(room, case)?;
            }
            Some(nth) => again(first, room, nth, case),
        }
    }
    first.reading.duration_ms = sum(first.reading.duration_ms, reading.duration_ms);
    match reading.fault {
        Some(fault) if fault.kind == FaultKind::Truncated => first.cut_off(fault.sentence),
        Some(fault) => first.fault_told(fault.sentence, fault.basis),
        None => {}
    }
    Ok(())
}

fn again(first: &mut ReadingDraft, room: &mut Room, nth: usize, later: TestCase) {
    use TestStatus::{Failed, Flaky, Ignored, NotRun};
    if let Some(known) = first.reading.cases.get_mut(nth) {
        known.duration_ms = sum(known.duration_ms, later.duration_ms);
        known.status = match (known.status, later.status) {
            (_, Failed) => Failed,
            // A skip shows nothing.
            (known, Ignored | NotRun) => known,
            (Failed | Flaky, _) => Flaky,
            (_, status) => status,
        };
    }
    for failure in later.failure.into_iter().chain(later.later) {
        first.explain_attempt(room, nth, failure);
    }
}

fn sum(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    match (one, other) {
        (Some(a), Some(b)) => Some(a.saturating_add(b)),
        (a, b) => a.or(b),
    }
}

//! One command of an attempt as it is judged: how it ended, what its results say, and where those do not say why it
//! failed, what its output does.

use crate::ground::Ground;
use std::io::Read as _;
use tollgate_core::ingest;
use tollgate_core::model::signature::Basis;
use tollgate_core::model::suite::ResultReader;
use tollgate_core::model::test::{Failure, Reading};
use tollgate_core::triage;
use tollgate_core::triage::attempts::{JudgedStep, StepEnded, Unread};
use tollgate_host::process::Ending;
use tollgate_host::run::{AttemptLog, StepEnd};

/// Bytes at the end of an output in which a cause is looked for.
pub const TAIL: u64 = 64 << 10;
/// Bytes at the end of an output in which what failed is looked for. What stands before it may tell of more.
const TOLD: u64 = 1 << 20;

/// The step; `read` gives its results and is not called where the reader reads none.
pub fn step_of(
    ground: &Ground,
    end: &StepEnd,
    log: &AttemptLog,
    reader: ResultReader,
    asked: Option<String>,
    trouble: Option<String>,
    read: impl FnOnce() -> Result<Vec<Reading>, Unread>,
) -> JudgedStep {
    let ended = match (&end.start_error, end.ending) {
        (Some(why), _) => StepEnded::NotStarted(why.clone()),
        (None, Ending::Exited(code)) => StepEnded::Exited(code),
        (None, Ending::Signalled(signal) | Ending::Interrupted(signal)) => StepEnded::Signalled(signal),
        (None, Ending::TimedOut) => StepEnded::TimedOut { exit_code: end.exit_code, signal: end.signal },
    };
    let read = match (reader, &end.start_error) {
        (ResultReader::Exit, _) => None,
        // What did not start has no results, and no test is made up.
        (_, Some(_)) => Some(Ok(Vec::new())),
        (_, None) => Some(read()),
    };
    // The last lines of any reporter are counts; those of a killed process are whatever it was at.
    let last = reader == ResultReader::Exit && matches!(ended, StepEnded::Exited(_));
    let told = JudgedStep::is_silent(&ended, read.as_ref()).then(|| told(ground, end, log, last)).flatten();
    JudgedStep { ended, read, asked, told, trouble }
}

fn told(ground: &Ground, end: &StepEnd, log: &AttemptLog, last: bool) -> Option<Failure> {
    let from = end.log_end.saturating_sub(TOLD).max(end.log_start);
    let mut bytes = Vec::new();
    // What cannot be read tells nothing; that it cannot is told where the log is kept.
    log.range(from, end.log_end).read_to_end(&mut bytes).ok()?;
    let output = String::from_utf8_lossy(&bytes);
    let said = ingest::said(&output, &|text| triage::telling(ground.causes(), text), last)?;
    Some(if from > end.log_start { said.resting_on(Basis::Fallback) } else { said })
}

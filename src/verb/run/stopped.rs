//! Whether an attempt at a whole suite stopped at what failed: by the words of its command, by what its tool says, or as cargo does.

use std::io::Read as _;
use tollgate_core::model::suite::ResultReader;
use tollgate_core::plan;
use tollgate_core::triage::attempts::SuiteAttempt;
use tollgate_host::run::AttemptLog;
use tollgate_text::ansi::without_ansi;
use tollgate_text::command::CommandLine;

/// Bytes at the beginning and at the end of an output in which a tool's word is looked for.
const LOOKED_AT: u64 = 256 << 10;

/// The sentence on why it is not known what was left out; `None` where nothing failed, or where what failed stopped nothing.
pub(super) fn stopped(
    attempt: &SuiteAttempt,
    reader: ResultReader,
    command: &CommandLine,
    variable: &dyn Fn(&str) -> Option<String>,
    log: &AttemptLog,
) -> Option<String> {
    let failures = attempt.failures();
    // The one test of a suite that is read by its exit code is the suite.
    if !attempt.whole || failures == 0 || reader == ResultReader::Exit {
        return None;
    }
    let words = || std::iter::once(command.program()).chain(command.arguments().iter().map(String::as_str));
    let by_cargo = attempt.stopped.clone().filter(|_| plan::leaves_out(words()));
    let by_words = || {
        let stop = plan::stops_early(words(), variable)?;
        (failures >= stop.after).then(|| stop.sentence())
    };
    let by_output = || match ends(log) {
        Ok(output) => plan::says_it_stopped(&output, variable),
        Err(_) => Some("its output cannot be read, so whether it stopped early is not known".into()),
    };
    by_cargo.or_else(by_words).or_else(by_output)
}

/// The beginning and the end of an output.
pub(super) fn ends(log: &AttemptLog) -> std::io::Result<String> {
    let (length, mut bytes) = (log.len(), Vec::new());
    let head = length.min(LOOKED_AT);
    log.range(0, head).read_to_end(&mut bytes)?;
    bytes.push(b'\n');
    log.range(head.max(length.saturating_sub(LOOKED_AT)), length).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(without_ansi(&text).into_owned())
}

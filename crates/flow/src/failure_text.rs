//! What is told of a failure, to whoever asks: a run at its end, and a check of it later.

use super::commands::Replays;
use tollgate_core::ingest;
use tollgate_core::model::test::Failure;
use tollgate_core::triage::{self, Causes};
use tollgate_text::ansi::without_ansi;
use tollgate_text::command::CommandLine;
use tollgate_text::escape::fit;

/// Longest line of a message, in characters.
const LINE: usize = 400;

/// What the end of an output says of a failure.
pub fn said(causes: &Causes, tail: &str) -> Option<Failure> {
    ingest::said(tail, &|text| triage::telling(causes, text), true)
}

/// The first lines of a message that say something, at most `most`, without the colours of a terminal.
pub fn lines(message: &str, most: usize) -> String {
    let plain = without_ansi(message);
    let said = plain.trim().lines().map(str::trim_end).filter(|line| !line.is_empty());
    said.take(most).map(|line| fit(line, LINE)).collect::<Vec<_>>().join("\n")
}

/// What is said of a suite that failed by something else than its tests: its fault, what its output says, or where there is neither how
/// it ended.
pub fn of_suite(fault: Option<&str>, own: Option<&str>, ended: String, most: usize) -> String {
    let fault = fault.map(|fault| lines(fault, most)).unwrap_or_default();
    let own = own.map(|own| lines(own, most)).unwrap_or_default();
    match (fault.is_empty(), own.is_empty() || fault.contains(&own)) {
        (true, true) => format!("the suite {ended}"),
        (true, false) => own,
        (false, true) => fault,
        (false, false) => lines(&format!("{fault}\n{own}"), most),
    }
}

/// The command of a lint step; by tollgate where `tollgate.toml` does not have it, or a secret stands in it.
pub fn lint_command(steps: &[(String, CommandLine)], name: &str, replays: &Replays<'_>) -> String {
    let line = steps.iter().find(|step| step.0 == name).map(|step| step.1.to_string());
    line.filter(|line| !replays.masker().finds(line)).unwrap_or_else(|| "tollgate run".into())
}

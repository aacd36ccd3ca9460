//! What one line between binaries says.

use super::json::Event;
use super::line as says;
use crate::ingest::panic;

/// A line says one thing. It is looked for in the order in which it stands here: cargo's own words first.
pub(super) enum LibtestSaid {
    /// Cargo runs this target next.
    Runs { name: String, source: Option<String> },
    /// Cargo says that the last binary is over and failed.
    Over,
    /// Cargo says at its end how many targets failed.
    TargetsFailed(u64),
    /// A harness says how many tests it will run.
    Announced(u64),
    /// Cargo could not compile something: a sentence.
    BuildFailed(String),
    /// Cargo says how the process of the last binary ended.
    ProcessEnded(String),
    /// A harness that writes JSON begins.
    SuiteStarted(Event),
    /// The main thread of a binary panicked at this place.
    MainPanicked(String),
    /// A result line.
    Result { ok: bool },
    /// Another error of cargo's.
    Error,
    /// Nothing of results.
    Nothing,
}

impl LibtestSaid {
    pub(super) fn of(line: &str) -> LibtestSaid {
        if let Some(name) = says::target(line) {
            return LibtestSaid::Runs { name, source: says::source(line) };
        }
        if says::is_over(line) {
            return LibtestSaid::Over;
        }
        if let Some(count) = says::targets_failed(line) {
            return LibtestSaid::TargetsFailed(count);
        }
        if let Some(count) = says::announced(line) {
            return LibtestSaid::Announced(count);
        }
        if let Some(fault) = says::build_failure(line) {
            return LibtestSaid::BuildFailed(fault);
        }
        if let Some(how) = says::ended(line) {
            return LibtestSaid::ProcessEnded(how);
        }
        if let Ok(Some(event)) = Event::of(line) {
            let begins = event.kind() == "suite" && event.event() == "started";
            return if begins { LibtestSaid::SuiteStarted(event) } else { LibtestSaid::Nothing };
        }
        if panic::thread(line) == Some("main") {
            let at = line.split_once(" at ").map_or("", |(_, at)| at).trim_end_matches(':');
            return LibtestSaid::MainPanicked(at.chars().take(200).collect());
        }
        match says::summary(line) {
            Some(summary) => LibtestSaid::Result { ok: summary.ok },
            None if line.starts_with("error: ") => LibtestSaid::Error,
            None => LibtestSaid::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_one_thing() {
        let said = |line: &str| match LibtestSaid::of(line) {
            LibtestSaid::Runs { name, source } => format!("runs {name} of {source:?}"),
            LibtestSaid::Over => "over".into(),
            LibtestSaid::TargetsFailed(count) => format!("{count} failed"),
            LibtestSaid::Announced(count) => format!("announces {count}"),
            LibtestSaid::BuildFailed(fault) => fault,
            LibtestSaid::ProcessEnded(how) => format!("ended with {how}"),
            LibtestSaid::SuiteStarted(_) => "suite".into(),
            LibtestSaid::MainPanicked(at) => format!("main panicked at {at}"),
            LibtestSaid::Result { ok } => format!("result {ok}"),
            LibtestSaid::Error => "error".into(),
            LibtestSaid::Nothing => "-".into(),
        };
        let result = "passed; 0 failed; 0 ignored; 0 measured; 0 filtered out";
        for (line, wanted) in [
            (
                "     Running tests/x.rs (target/debug/deps/x-0123456789abcdef)",
                "runs x of Some(\"tests/x.rs\")",
            ),
            ("   Doc-tests shelf", "runs shelf (doc-tests) of None"),
            ("error: test failed, to rerun pass `--lib`", "over"),
            ("error: 2 targets failed:", "2 failed"),
            ("running 3 tests", "announces 3"),
            ("error: could not compile `a` (lib) due to 1 previous error", "cargo could not compile a (lib)"),
            ("  process didn't exit successfully: `x` (signal: 6, SIGABRT)", "ended with signal: 6, SIGABRT"),
            (r#"{ "type": "suite", "event": "started", "test_count": 1 }"#, "suite"),
            (r#"{ "type": "suite", "event": "ok" }"#, "-"),
            ("thread 'main' panicked at src/lib.rs:3:5:", "main panicked at src/lib.rs:3:5"),
            ("thread 'a::b' panicked at src/lib.rs:3:5:", "-"),
            (&format!("test result: ok. 1 {result}"), "result true"),
            (&format!("test result: FAILED. 1 {result}"), "result false"),
            ("error: no test target named `x`", "error"),
            ("", "-"),
            ("Compiling shelf", "-"),
        ] {
            assert_eq!(said(line), wanted, "{line}");
        }
    }
}

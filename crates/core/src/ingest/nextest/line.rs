//! The lines that nextest writes for people.

use crate::ingest::collect::millis;

/// What a status word says about one attempt of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ingest) enum ResultWord {
    Passed,
    Failed,
    Skipped,
    /// It passed after a failure.
    Flaky,
    /// It passed after a failure, and the profile says that this fails.
    FlakyFailed,
}

/// A line that gives the result of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ingest) struct AttemptLine {
    pub(in crate::ingest) word: ResultWord,
    /// As nextest writes it: `SIGSEGV`, `TIMEOUT`.
    pub(in crate::ingest) said: String,
    pub(in crate::ingest) duration_ms: Option<u64>,
    /// The binary's id: `shelf`, `shelf::integration`.
    pub(in crate::ingest) binary: String,
    pub(in crate::ingest) test: String,
}

/// The last line of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::ingest) struct RunEndLine {
    pub(in crate::ingest) duration_ms: Option<u64>,
    /// Tests that ran.
    pub(in crate::ingest) run: u64,
    /// Tests that were to run.
    pub(in crate::ingest) selected: u64,
    pub(in crate::ingest) passed: u64,
    /// Whatever nextest calls it: failed, timed out, exec failed.
    pub(in crate::ingest) failed: u64,
}

/// `        PASS [   0.004s] ( 1/19) shelf tests::adds`, `  TRY 2 FAIL [   0.004s] (2/4) shelf::it x`. Lines on what is still
/// going on have `>` before the time and are not results.
pub(in crate::ingest) fn attempt(line: &str) -> Option<AttemptLine> {
    let (head, rest) = line.trim_start().split_once(" [")?;
    let (time, rest) = rest.split_once("s] ")?;
    let seconds: f64 = time.trim().parse().ok()?;
    let mut words: Vec<&str> = head.split_whitespace().collect();
    if words.len() > 2 && words[0] == "TRY" && words[1].parse::<u32>().is_ok() {
        words.drain(..2);
    }
    let word = word(&words)?;
    let rest = match rest.trim_start().strip_prefix('(') {
        Some(counter) => counter.split_once(')')?.1,
        None => rest,
    };
    let (binary, test) = rest.trim_start().split_once(' ')?;
    let (binary, test) = (binary.to_string(), test.trim().to_string());
    (!test.is_empty()).then(|| AttemptLine {
        word,
        said: words.join(" "),
        duration_ms: millis(seconds),
        binary,
        test,
    })
}

fn word(words: &[&str]) -> Option<ResultWord> {
    match words {
        ["PASS" | "LEAK" | "TMPASS" | "TIMEOUT-PASS"] => Some(ResultWord::Passed),
        ["SKIP"] => Some(ResultWord::Skipped),
        ["FLAKY", _] => Some(ResultWord::Flaky),
        ["FLKY-FL" | "FLAKY-FAIL", _] => Some(ResultWord::FlakyFailed),
        [
            "FAIL" | "XFAIL" | "ABORT" | "ABRT" | "SEGV" | "TIMEOUT" | "TMT" | "LEAK-FAIL" | "LKFAIL"
            | "FAIL+LEAK" | "FL+LK",
        ] => Some(ResultWord::Failed),
        ["FAIL", "+", "LEAK"] | ["SIG", _] => Some(ResultWord::Failed),
        [signal] if is_signal(signal) => Some(ResultWord::Failed),
        _ => None,
    }
}

/// `SIGSEGV`, and beside an attempt's number its short form: `KILL`, `BUS`, `ILL`, `FPE`, …
fn is_signal(word: &str) -> bool {
    const SHORT: [&str; 12] =
        ["HUP", "INT", "QUIT", "ILL", "TRAP", "BUS", "FPE", "KILL", "USR1", "USR2", "PIPE", "TERM"];
    let long =
        word.strip_prefix("SIG").is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_uppercase()));
    long || SHORT.contains(&word)
}

/// `    SETUP FAIL [   0.1s] 1/1: script`: what stands behind the time.
pub(in crate::ingest) fn setup_failure(line: &str) -> Option<&str> {
    let (head, rest) = line.trim_start().split_once(" [")?;
    let (_, script) = rest.split_once("s] ")?;
    let mut words = head.split_whitespace();
    (words.next() == Some("SETUP") && words.next() != Some("PASS") && !rest.starts_with('>'))
        .then_some(script.trim())
}

/// `     Summary [   1.262s] 3/19 tests run: 10 passed (1 leaky), 8 failed, 1 timed out, 3 skipped`
pub(in crate::ingest) fn summary(line: &str) -> Option<RunEndLine> {
    let rest = line.trim_start().strip_prefix("Summary [")?;
    let (time, rest) = rest.split_once("s] ")?;
    let (tests, counts) = rest.split_once(" run: ")?;
    let (number, _) = tests.split_once(' ')?;
    let (run, selected) = number.split_once('/').unwrap_or((number, number));
    let mut found = RunEndLine {
        duration_ms: time.trim().parse().ok().and_then(millis),
        run: figure(run)?,
        selected: figure(selected)?,
        ..RunEndLine::default()
    };
    // What stands in brackets (`2 passed (1 flaky, 1 leaky)`) is part of what stands before it.
    let mut flat = String::new();
    let mut depth = 0_usize;
    for c in counts.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => flat.push(c),
            _ => {}
        }
    }
    for part in flat.split(", ") {
        let (n, what) = part.trim().split_once(' ')?;
        let n = figure(n)?;
        match what.trim() {
            "passed" => found.passed = n,
            "skipped" => {}
            _ => found.failed = found.failed.saturating_add(n),
        }
    }
    Some(found)
}

/// A count; one that is past any number of tests agrees with nothing, and is no reason to pass over the line.
fn figure(digits: &str) -> Option<u64> {
    let all = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    all.then(|| digits.parse().unwrap_or(u64::MAX))
}

/// `    Starting 19 tests across 6 binaries (3 tests skipped)`
pub(in crate::ingest) fn starting(line: &str) -> Option<u64> {
    let rest = line.trim_start().strip_prefix("Starting ")?;
    let (n, rest) = rest.split_once(' ')?;
    (rest.starts_with("tests across ") || rest.starts_with("test across ")).then(|| n.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> Option<(ResultWord, String, String)> {
        attempt(line).map(|a| (a.word, a.binary, a.test))
    }

    #[test]
    fn attempts_of_all_versions() {
        let ok = |word, binary: &str, test: &str| Some((word, binary.to_string(), test.to_string()));
        assert_eq!(
            said("        PASS [   0.004s] ( 1/19) shelf tests::adds"),
            ok(ResultWord::Passed, "shelf", "tests::adds")
        );
        assert_eq!(said("        PASS [   0.004s] shelf::it x"), ok(ResultWord::Passed, "shelf::it", "x"));
        assert_eq!(
            said("  TRY 1 ABRT [   0.004s] (───) shelf::t a"),
            ok(ResultWord::Failed, "shelf::t", "a")
        );
        assert_eq!(said("     SIGSEGV [   0.004s] (13/19) s c"), ok(ResultWord::Failed, "s", "c"));
        assert_eq!(said("   FLAKY 2/3 [   0.006s] (2/4) shelf::t f"), ok(ResultWord::Flaky, "shelf::t", "f"));
        assert_eq!(said("        SLOW [>  0.500s] (─────) shelf::timing sleeps_long"), None);
        assert_eq!(said("       DEBUG [   0.5s] a b"), None);
        assert_eq!(setup_failure("  SETUP FAIL [   0.1s] 1/1: db"), Some("1/1: db"));
        assert_eq!(starting("    Starting 19 tests across 6 binaries (3 tests skipped)"), Some(19));
    }

    #[test]
    fn summaries() {
        let line = "     Summary [   1.262s] 19 tests run: 10 passed (1 flaky, 1 leaky), 8 failed, 1 timed out, 3 skipped";
        let found = RunEndLine { duration_ms: Some(1262), run: 19, selected: 19, passed: 10, failed: 9 };
        assert_eq!(summary(line), Some(found));
        let line = "     Summary [   0.081s] 3/19 tests run: 1 passed, 2 failed, 3 skipped";
        assert_eq!(summary(line).map(|s| (s.run, s.selected)), Some((3, 19)));
    }
}

//! The lines that Rust's test harness and cargo write.

use crate::ingest::collect::millis;
use crate::ingest::libtest::json::is_beginning;
use crate::model::test::TestStatus;

/// Places in a line where a result is looked for; a line of output may hold any number.
pub(in crate::ingest) const TRIES: usize = 32;

/// What the harness says at the end of one binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ingest) struct HarnessEnd {
    /// The harness's own word: `ok`, not `FAILED`.
    pub(in crate::ingest) ok: bool,
    pub(in crate::ingest) passed: u64,
    pub(in crate::ingest) failed: u64,
    pub(in crate::ingest) ignored: u64,
    /// Benchmarks.
    pub(in crate::ingest) measured: u64,
    pub(in crate::ingest) duration_ms: Option<u64>,
}

impl HarnessEnd {
    /// Tests and benchmarks that passed; `None` where the counts are no counts of anything.
    pub(in crate::ingest) fn fine(&self) -> Option<u64> {
        self.passed.checked_add(self.measured)
    }
}

/// A test's result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ingest) struct ResultLine {
    pub(in crate::ingest) name: String,
    pub(in crate::ingest) status: TestStatus,
    pub(in crate::ingest) duration_ms: Option<u64>,
}

/// `running 9 tests`
pub(in crate::ingest) fn announced(line: &str) -> Option<u64> {
    let rest = line.strip_prefix("running ")?;
    number(rest.strip_suffix(" tests").or_else(|| rest.strip_suffix(" test"))?)
}

/// A count; one that is past any number of tests agrees with nothing, and is no reason to pass over the line.
fn number(digits: &str) -> Option<u64> {
    let all = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    all.then(|| digits.parse().unwrap_or(u64::MAX))
}

/// `test a::b ... ok`; a name may hold spaces and dots, so the last ` ... ` that a status follows is the harness's.
pub(in crate::ingest) fn result(line: &str) -> Option<ResultLine> {
    let rest = line.strip_prefix("test ")?;
    rest.rmatch_indices(" ... ").take(TRIES).find_map(|(at, dots)| {
        let (status, duration_ms) = status(&rest[at + dots.len()..])?;
        Some(ResultLine { name: name(&rest[..at]), status, duration_ms })
    })
}

/// `test a::b ... ` and whatever the test printed behind it.
pub(in crate::ingest) fn start(line: &str) -> Option<(String, &str)> {
    let (head, printed) = line.strip_prefix("test ")?.split_once(" ... ")?;
    Some((name(head), printed))
}

/// The name that the harness takes on its command line.
pub(in crate::ingest) fn name(shown: &str) -> String {
    // libtest-mimic sets names in a column, and the kind of a test before them.
    let shown = shown.trim();
    let kind = shown.strip_prefix('[').and_then(|rest| rest.split_once("] "));
    let shown = kind.map_or(shown, |(_, name)| name.trim_start());
    let ends = [" - should panic", " - compile fail", " - compile"];
    ends.iter().find_map(|end| shown.strip_suffix(end)).unwrap_or(shown).to_string()
}

/// A status that stands alone: `ok`, `FAILED <0.01s>`, `ignored, reason`, `bench: …`.
pub(in crate::ingest) fn status(text: &str) -> Option<(TestStatus, Option<u64>)> {
    let (word, duration_ms) = match text.strip_suffix("s>").and_then(|t| t.rsplit_once(" <")) {
        Some((word, seconds)) => (word, millis(seconds.parse().ok()?)),
        None => (text, None),
    };
    let status = match word {
        "ok" => TestStatus::Passed,
        "FAILED" => TestStatus::Failed,
        "ignored" => TestStatus::Ignored,
        _ if word.starts_with("ignored, ") => TestStatus::Ignored,
        _ if word.starts_with("bench: ") => TestStatus::Passed,
        "FAILED (time limit exceeded)" => TestStatus::Failed,
        _ => return None,
    };
    Some((status, duration_ms))
}

/// The status at the end of what a test printed without a line's end: `no newline hereok`.
pub(in crate::ingest) fn glued(text: &str) -> Option<(TestStatus, Option<u64>)> {
    status(text).or_else(|| {
        let word = text.strip_suffix("s>").and_then(|t| t.rsplit_once(" <")).map_or(text, |(word, _)| word);
        let passed = word.ends_with("ok").then_some(TestStatus::Passed);
        passed.or_else(|| word.ends_with("FAILED").then_some(TestStatus::Failed)).map(|s| (s, None))
    })
}

/// A result that stands behind what another test printed without a line's end.
pub(in crate::ingest) fn embedded(line: &str) -> Option<ResultLine> {
    line.rmatch_indices("test ").filter(|(at, _)| *at > 0).take(TRIES).find_map(|(at, _)| result(&line[at..]))
}

/// `test result: FAILED. 3 passed; 4 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.12s`
pub(in crate::ingest) fn summary(line: &str) -> Option<HarnessEnd> {
    let rest = line.strip_prefix("test result: ")?;
    let said = |word| rest.strip_prefix(word);
    let (ok, counts) = match said("ok. ") {
        Some(counts) => (true, counts),
        None => (false, said("FAILED. ")?),
    };
    let mut parts = counts.split("; ");
    let mut count = |what: &str| number(parts.next()?.strip_suffix(what)?.trim_end());
    let (passed, failed, ignored) = (count("passed")?, count("failed")?, count("ignored")?);
    let measured = count("measured")?;
    let seconds = counts.rsplit_once("finished in ").and_then(|(_, t)| t.strip_suffix('s')?.parse().ok());
    Some(HarnessEnd { ok, passed, failed, ignored, measured, duration_ms: seconds.and_then(millis) })
}

/// The target that cargo says it runs: `     Running tests/x.rs (target/debug/deps/x-0123456789abcdef)`, `   Doc-tests x`.
///
/// A binary's name is that of its file without the hash; unit tests of anything but a `lib.rs` keep their source beside it.
pub(in crate::ingest) fn target(line: &str) -> Option<String> {
    if let Some(of) = line.strip_prefix("   Doc-tests ") {
        return Some(format!("{} (doc-tests)", of.trim()));
    }
    let rest = line.strip_prefix("     Running ")?;
    // Cargo without a package's source says the file alone: `Running target/debug/deps/x-hash`.
    let (source, file) = rest.strip_suffix(')').and_then(|r| r.rsplit_once(" (")).unwrap_or(("", rest));
    let file = file.trim_matches('`').rsplit(['/', '\\']).next()?.trim_end_matches(".exe");
    let stem = match file.rsplit_once('-') {
        Some((stem, hash)) if hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()) => stem,
        _ => file,
    };
    match source.strip_prefix("unittests ") {
        Some(source) if !source.ends_with("lib.rs") => Some(format!("{stem} ({source})")),
        _ => Some(stem.to_string()),
    }
}

/// The source of the binary that cargo says it runs, relative to its package: `benches/x.rs`, `src/main.rs`. Empty where it names
/// none; `None` for documentation tests and any other line.
pub(in crate::ingest) fn source(line: &str) -> Option<String> {
    let rest = line.strip_prefix("     Running ")?;
    let source = rest.strip_suffix(')').and_then(|r| r.rsplit_once(" (")).map_or("", |(source, _)| source);
    Some(source.strip_prefix("unittests ").unwrap_or(source).replace('\\', "/"))
}

/// Cargo's word that everything is built: `    Finished `test` profile [unoptimized] target(s) in 0.02s`.
pub(in crate::ingest) fn is_built(line: &str) -> bool {
    line.starts_with("    Finished ") && line.contains(" target(s) in ")
}

/// What cargo could not compile: `error: could not compile `shelf` (lib test) due to 1 previous error`.
pub(in crate::ingest) fn build_failure(line: &str) -> Option<String> {
    let what = line.trim_start().strip_prefix("error: could not compile ")?;
    let what = what.split(" due to ").next().unwrap_or(what);
    let what: String = what.chars().filter(|c| *c != '`').take(200).collect();
    Some(format!("cargo could not compile {what}"))
}

/// How a test binary ended, in cargo's words: `… (signal: 11, SIGSEGV: invalid memory reference)`.
pub(in crate::ingest) fn ended(line: &str) -> Option<String> {
    let rest = line.trim_start().strip_prefix("process didn't exit successfully: ")?;
    let (_, how) = rest.strip_suffix(')')?.rsplit_once(" (")?;
    let how: String = how.chars().take(200).collect();
    Some(how)
}

/// How many targets failed, as `--no-fail-fast` says at the end: `error: 2 targets failed:`.
pub(in crate::ingest) fn targets_failed(line: &str) -> Option<u64> {
    let rest = line.strip_prefix("error: ")?;
    rest.strip_suffix(" targets failed:").or_else(|| rest.strip_suffix(" target failed:"))?.parse().ok()
}

/// Whether a process that ended so is a harness's whose tests failed.
pub(in crate::ingest) fn is_of_failed_tests(how: &str) -> bool {
    matches!(how, "exit status: 101" | "exit code: 101")
}

/// Cargo's word that a binary is over, where the binary's own may be missing.
pub(in crate::ingest) fn is_over(line: &str) -> bool {
    line.starts_with("error: test failed, to rerun pass")
        || line.starts_with("error: doctest failed, to rerun pass")
}

/// Whether the last line of an output, which has no end, is one of the harness's or cargo's and not whole.
pub(in crate::ingest) fn is_part(line: &str) -> bool {
    const EXIT: &str = "  process didn't exit successfully: ";
    let begins = ["running ", "test result: ", "     Running ", "   Doc-tests ", EXIT];
    let counts = line.starts_with("test result: ");
    let whole = line.ends_with("filtered out") || (line.contains("; finished in ") && line.ends_with('s'));
    is_beginning(line)
        || begins.iter().any(|whole| whole.starts_with(line))
        || (line.starts_with("running ") && announced(line).is_none())
        || (line.starts_with(EXIT) && ended(line).is_none())
        || (counts && !whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use TestStatus::{Failed, Ignored, Passed};

    fn said(line: &str) -> Option<(String, TestStatus, Option<u64>)> {
        result(line).map(|o| (o.name, o.status, o.duration_ms))
    }

    #[test]
    fn results_of_tests() {
        assert_eq!(said("test a::b ... ok"), Some(("a::b".into(), Passed, None)));
        assert_eq!(said("test a - should panic ... FAILED"), Some(("a".into(), Failed, None)));
        assert_eq!(said("test a ... ignored, why ... so"), Some(("a".into(), Ignored, None)));
        assert_eq!(said("test a ... ok <0.005s>"), Some(("a".into(), Passed, Some(5))));
        assert_eq!(said("test b ... bench:  10 ns/iter (+/- 2)"), Some(("b".into(), Passed, None)));
        let doc = "test src/lib.rs - add (line 7) - compile fail ... ok";
        assert_eq!(said(doc), Some(("src/lib.rs - add (line 7)".into(), Passed, None)));
        assert_eq!(said("test [ui] a     ... FAILED"), Some(("a".into(), Failed, None)));
        assert_eq!(said("test      a     ... ok"), Some(("a".into(), Passed, None)));
        assert_eq!(said("test a ... printed"), None);
        assert_eq!(start("test a ... printed"), Some(("a".into(), "printed")));
        assert_eq!(embedded("no newline heretest x ... ok").map(|o| o.name), Some("x".into()));
        assert_eq!(glued("no newline hereok"), Some((Passed, None)));
        assert_eq!(announced("running 1 test"), Some(1));
    }

    #[test]
    fn parts_of_lines() {
        let result =
            "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.12s";
        for end in 1..result.len() {
            // Until 1.49 the line ended there.
            assert!(is_part(&result[..end]) || result[..end].ends_with("filtered out"), "{}", &result[..end]);
        }
        assert!(!is_part(result));
        for (line, part) in [
            ("runn", true),
            ("running 1", true),
            ("running 12 tests", false),
            ("     Runn", true),
            ("{ \"type\": \"su", true),
            ("{ \"type\": \"suite\" }", false),
            ("  process didn't exit successfully: `x` (sig", true),
            ("  process didn't exit successfully: `x` (signal: 6)", false),
            ("all doctests ran in 0.5s", false),
        ] {
            assert_eq!(is_part(line), part, "{line}");
        }
    }

    #[test]
    fn lines_of_cargo() {
        let line = "test result: FAILED. 3 passed; 4 failed; 2 ignored; 1 measured; 0 filtered out; finished in 0.12s";
        let found =
            HarnessEnd { ok: false, passed: 3, failed: 4, ignored: 2, measured: 1, duration_ms: Some(120) };
        assert_eq!(summary(line), Some(found));
        assert_eq!(summary("test result: FAILED. 3 passed; 4 fai"), None);
        let past = "test result: ok. 99999999999999999999999 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out";
        assert_eq!(summary(past).map(|s| (s.passed, s.fine())), Some((u64::MAX, Some(u64::MAX))));
        assert_eq!(announced("running 99999999999999999999999 tests"), Some(u64::MAX));
        let source = source("     Running unittests src/main.rs (target/debug/deps/shelf-a76afb6c539a4cf7)");
        assert_eq!(source.as_deref(), Some("src/main.rs"));
        let names = [
            "     Running unittests src/lib.rs (target/debug/deps/shelf-a76afb6c539a4cf7)",
            "     Running unittests src/main.rs (target/debug/deps/shelf-a76afb6c539a4cf7)",
            "     Running tests/it.rs (target/debug/deps/it-a76afb6c539a4cf7)",
            "   Doc-tests shelf",
        ];
        let names: Vec<_> = names.iter().map(|l| target(l).unwrap()).collect();
        assert_eq!(names, ["shelf", "shelf (src/main.rs)", "it", "shelf (doc-tests)"]);
        let line = "error: could not compile `shelf` (lib test) due to 1 previous error";
        assert_eq!(build_failure(line).unwrap(), "cargo could not compile shelf (lib test)");
        let line =
            "  process didn't exit successfully: `/t/x (1)` (signal: 11, SIGSEGV: invalid memory reference)";
        assert_eq!(ended(line).unwrap(), "signal: 11, SIGSEGV: invalid memory reference");
    }
}

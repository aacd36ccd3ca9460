//! What one line of a test tool's output says of a test that ended, whatever the tool: for counts while a suite runs, and to leave out
//! what passed where a failure is shown. A line that nothing here knows says nothing.

/// What a line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputLine {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed.
    pub failed: u64,
    /// Whether it may say something of a failure.
    pub keep: bool,
}

impl OutputLine {
    const PLAIN: OutputLine = OutputLine { passed: 0, failed: 0, keep: true };
    const NOISE: OutputLine = OutputLine { passed: 0, failed: 0, keep: false };
    const PASSED: OutputLine = OutputLine { passed: 1, failed: 0, keep: false };
    const FAILED: OutputLine = OutputLine { passed: 0, failed: 1, keep: true };

    /// Whether it tells of no test.
    pub fn is_plain(self) -> bool {
        self == OutputLine::PLAIN
    }
}

/// Reads a line without colours.
pub fn read(line: &str) -> OutputLine {
    let text = line.trim();
    let rules: [fn(&str) -> Option<OutputLine>; 10] =
        [cargo, nextest, tap, go, marks, pytest, minitest, google, ctest, others];
    let of_dots = || if line.starts_with(' ') { None } else { dots(text) };
    rules.iter().find_map(|rule| rule(text)).or_else(of_dots).unwrap_or(OutputLine::PLAIN)
}

/// `test a::b ... ok`, and what else ends like that: unittest, deno.
fn cargo(text: &str) -> Option<OutputLine> {
    let (before, word) = text.rsplit_once(" ... ")?;
    let first = word.split([' ', ',', '<', '(']).next().unwrap_or_default();
    match first {
        "ok" if before.starts_with("test ") || (word == "ok" && before.ends_with(')')) => {
            Some(OutputLine::PASSED)
        }
        "ok" if word.starts_with("ok (") => Some(OutputLine::PASSED),
        "ignored" if before.starts_with("test ") => Some(OutputLine::NOISE),
        "skipped" if before.ends_with(')') => Some(OutputLine::NOISE),
        "FAILED" | "FAIL" | "ERROR" => Some(OutputLine::FAILED),
        _ => None,
    }
}

fn nextest(text: &str) -> Option<OutputLine> {
    let (word, rest) = text.split_once(' ')?;
    match word {
        "PASS" if rest.starts_with('[') => Some(OutputLine::PASSED),
        "FAIL" if rest.starts_with('[') => Some(OutputLine::FAILED),
        "SKIP" if rest.starts_with('[') => Some(OutputLine::NOISE),
        // A file of jest's, a test of automake's.
        "PASS" if rest.split(' ').next().is_some_and(|file| file.contains('.')) => Some(OutputLine::NOISE),
        "PASS:" => Some(OutputLine::NOISE),
        _ => None,
    }
}

fn tap(text: &str) -> Option<OutputLine> {
    let numbered = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit()) || rest.starts_with("- ");
    if let Some(rest) = text.strip_prefix("not ok ") {
        let todo = rest.contains("# TODO") || rest.contains("# todo");
        return numbered(rest).then_some(if todo { OutputLine::PLAIN } else { OutputLine::FAILED });
    }
    let rest = text.strip_prefix("ok ").filter(|rest| numbered(rest))?;
    let skipped = rest.contains("# SKIP") || rest.contains("# skip");
    Some(if skipped { OutputLine::NOISE } else { OutputLine::PASSED })
}

fn go(text: &str) -> Option<OutputLine> {
    let starts = |words: &[&str]| words.iter().any(|word| text.starts_with(word));
    if starts(&["--- PASS: "]) || is_go_event(text, "pass") {
        return Some(OutputLine::PASSED);
    }
    if starts(&["--- FAIL: "]) || is_go_event(text, "fail") {
        return Some(OutputLine::FAILED);
    }
    let noise = ["=== RUN ", "=== PAUSE ", "=== CONT ", "=== NAME ", "--- SKIP: ", "ok  \t", "?   \t"];
    (starts(&noise) || text == "PASS").then_some(OutputLine::NOISE)
}

/// An event of `go test -json` about a test, and not about a package.
fn is_go_event(text: &str, action: &str) -> bool {
    text.starts_with("{\"Time\":") && text.contains("\"Test\":") && {
        let written = text.split_once("\"Action\":\"").map(|(_, rest)| rest);
        written.and_then(|rest| rest.split('"').next()) == Some(action)
    }
}

/// Ticks and crosses: node, mocha, jest, vitest, ava, bats, Playwright, PHPUnit's testdox.
fn marks(text: &str) -> Option<OutputLine> {
    let mark = text.chars().next()?;
    match mark {
        '✓' | '✔' | '√' => Some(OutputLine::PASSED),
        '✗' | '✕' | '✘' | '×' | '✖' => Some(OutputLine::FAILED),
        '○' | '↓' | '﹣' => Some(OutputLine::NOISE),
        _ => None,
    }
}

/// `a_test.py::test_b PASSED [ 50%]`, `[gw0] [ 50%] PASSED a_test.py::test_b`, and Gradle's `A > b() PASSED`.
fn pytest(text: &str) -> Option<OutputLine> {
    let said = without_percent(text);
    let mut words = said.split_whitespace();
    let first = words.next()?;
    let last = said.split_whitespace().next_back().unwrap_or_default();
    let word = if first.starts_with("[gw") {
        said.split_whitespace().find(|word| is_pytest_word(word))?
    } else if first.split_once("::").is_some_and(|(file, _)| file.contains('.')) {
        // A reason may stand behind the word in brackets.
        let before = said.strip_suffix(')').and_then(|said| said.split_once(" (")).map(|(before, _)| before);
        let word = before.and_then(|before| before.split_whitespace().next_back());
        [Some(last), word].into_iter().flatten().find(|word| is_pytest_word(word))?
    } else if said.contains(" > ") && first.starts_with(char::is_uppercase) && first.len() > 1 {
        Some(last).filter(|word| is_pytest_word(word))?
    } else {
        // The short summary at the end: it was counted before.
        let again = first == "PASSED" && words.next().is_some_and(|name| name.contains("::"));
        return again.then_some(OutputLine::NOISE);
    };
    Some(match word {
        "PASSED" => OutputLine::PASSED,
        "FAILED" | "ERROR" => OutputLine::FAILED,
        _ => OutputLine::NOISE,
    })
}

fn is_pytest_word(word: &str) -> bool {
    matches!(word, "PASSED" | "FAILED" | "ERROR" | "SKIPPED" | "XFAIL" | "XPASS")
}

/// Without the `[ 50%]` at its end.
fn without_percent(text: &str) -> &str {
    let cut = text.strip_suffix("%]").and_then(|cut| cut.rsplit_once('['));
    cut.filter(|(_, n)| n.trim().parse::<u32>().is_ok()).map_or(text, |(before, _)| before.trim_end())
}

/// `tests/a_test.py ..F.  [ 50%]`, or a line of dots alone.
fn dots(text: &str) -> Option<OutputLine> {
    let said = without_percent(text);
    let (file, results) = said.rsplit_once(' ').unwrap_or(("", said));
    let of_file = file.ends_with(".py") && !file.contains(' ');
    let known = results.chars().all(|c| matches!(c, '.' | 's' | 'x' | 'X' | 'F' | 'E'));
    // Three dots alone end a block of YAML.
    let enough = of_file || said.len() < text.len() || results.len() > 3;
    let bare = file.is_empty() && results.starts_with(['.', 'F', 'E']) && results.contains('.');
    if !known || results.is_empty() || !enough || !(of_file || bare) {
        return None;
    }
    let count = |marks: &[char]| results.chars().filter(|c| marks.contains(c)).count() as u64;
    let failed = count(&['F', 'E']);
    Some(OutputLine { passed: count(&['.']), failed, keep: failed > 0 })
}

/// `TestA#test_b = 0.00 s = .`
fn minitest(text: &str) -> Option<OutputLine> {
    let (before, mark) = text.rsplit_once(" s = ")?;
    before.contains('#').then_some(match mark {
        "." => OutputLine::PASSED,
        "S" => OutputLine::NOISE,
        _ => OutputLine::FAILED,
    })
}

fn google(text: &str) -> Option<OutputLine> {
    if text.starts_with("[       OK ] ") {
        return Some(OutputLine::PASSED);
    }
    if text.starts_with("[  FAILED  ] ") {
        // It is told again at the end, without its time.
        return Some(if text.ends_with(" ms)") { OutputLine::FAILED } else { OutputLine::PLAIN });
    }
    let noise = ["[----------]", "[  PASSED  ] ", "[  SKIPPED ] "];
    noise.iter().any(|word| text.starts_with(word)).then_some(OutputLine::NOISE)
}

/// `1/3 Test #1: a ....   Passed    0.00 sec`
fn ctest(text: &str) -> Option<OutputLine> {
    if let Some((number, _)) = text.strip_prefix("Start ").and_then(|rest| rest.trim().split_once(": ")) {
        return number.parse::<u32>().is_ok().then_some(OutputLine::NOISE);
    }
    let of_test = text.ends_with(" sec") && text.contains(" Test ") && text.contains('#');
    if of_test && text.contains(" Passed ") {
        return Some(OutputLine::PASSED);
    }
    (of_test && text.contains("***")).then_some(OutputLine::FAILED)
}

/// .NET, XCTest, Maven.
fn others(text: &str) -> Option<OutputLine> {
    if text.starts_with("Passed ") && text.ends_with("s]") && text.contains(" [") {
        return Some(OutputLine::PASSED);
    }
    if let Some(rest) = text.strip_prefix("Test Case '") {
        let ended = rest.rsplit_once("' ").map(|(_, word)| word)?;
        return match ended.split(' ').next()? {
            "passed" => Some(OutputLine::PASSED),
            "failed" => Some(OutputLine::FAILED),
            word if word.starts_with("started") => Some(OutputLine::NOISE),
            _ => None,
        };
    }
    let maven = text.starts_with("[INFO] Tests run: ") && text.contains("Failures: 0, Errors: 0");
    maven.then_some(OutputLine::NOISE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_passed_tests_are_known() {
        for line in [
            "test a::b ... ok",
            "test src/lib.rs - a (line 3) ... ok",
            "test a ... ok <0.001s>",
            "test_b (a.Tests.test_b) ... ok",
            "        PASS [   0.004s] mycrate tests::a",
            "ok 1 - a",
            "    ok 2",
            "--- PASS: TestA (0.00s)",
            "    --- PASS: TestA/b (0.00s)",
            r#"{"Time":"2026-01-01T00:00:00Z","Action":"pass","Package":"x","Test":"TestA","Elapsed":0}"#,
            "  ✔ adds (3ms)",
            " ✓ adds",
            "a_test.py::test_b[x y] PASSED   [ 50%]",
            "[gw0] [ 50%] PASSED a_test.py::test_b",
            "ATest > adds() PASSED",
            "[       OK ] A.b (0 ms)",
            "1/3 Test #1: a ................   Passed    0.00 sec",
            "  Passed A.B.C [3 ms]",
            "Test Case '-[A b]' passed (0.001 seconds).",
            "TestA#test_b = 0.00 s = .",
        ] {
            assert_eq!(read(line), OutputLine::PASSED, "{line}");
        }
        assert_eq!(read("tests/a_test.py ..s.   [ 72%]"), OutputLine { passed: 3, failed: 0, keep: false });
        assert_eq!(read("....."), OutputLine { passed: 5, failed: 0, keep: false });
    }

    #[test]
    fn lines_that_say_nothing_are_known() {
        for line in [
            "=== RUN   TestA",
            "ok  \tx/a\t0.01s",
            "PASS",
            "PASS src/a.test.js",
            "ok 3 - c # SKIP not here",
            "test a ... ignored, slow",
            "a_test.py::test_b SKIPPED (no net) [ 50%]",
            "PASSED a_test.py::test_b",
            "      Start  1: a",
            "[----------] 2 tests from A",
            "  ○ skipped later",
        ] {
            assert_eq!(read(line), OutputLine::NOISE, "{line}");
        }
    }

    #[test]
    fn lines_of_failed_tests_are_counted_and_stay() {
        for line in [
            "test a::b ... FAILED",
            "test_b (a.Tests.test_b) ... ERROR",
            "        FAIL [   0.004s] mycrate tests::a",
            "not ok 2 - b",
            "--- FAIL: TestB (0.00s)",
            "  ✖ adds (3ms)",
            "a_test.py::test_b FAILED [ 50%]",
            "[  FAILED  ] A.b (0 ms)",
            "2/3 Test #2: b ................***Failed    0.00 sec",
        ] {
            assert_eq!(read(line), OutputLine::FAILED, "{line}");
        }
        assert_eq!(read("tests/a_test.py .F.E   [ 72%]"), OutputLine { passed: 2, failed: 2, keep: true });
    }

    #[test]
    fn words_of_a_failure_stay() {
        for line in [
            "",
            "...",
            "E       AssertionError: assert 'a > b' == 'PASSED'",
            "> assert state > PASSED",
            "assert state > PASSED",
            "std::thread::spawn was to be PASSED",
            "PASS the salt",
            "expected: a ... ok",
            "expected: ok",
            "ok",
            "okay 1",
            "the state was PASSED",
            "thread 'a' panicked at src/lib.rs:4:5:",
            "left: ok 1",
            "FAILED a_test.py::test_b - assert 1 == 2",
            "FAIL\tx\t0.00s",
            "[  FAILED  ] A.b",
            "not ok 2 - b # TODO later",
            "sss",
            "see",
            "Passed the wrong number of arguments",
            "Test Case 'x' was not found",
            "{\"Action\":\"pass\"}",
        ] {
            assert!(read(line).keep && read(line).passed == 0, "{line}");
        }
    }
}

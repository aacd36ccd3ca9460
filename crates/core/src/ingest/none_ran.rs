//! Whether a command that was to show a failure again ran a test at all, by what its output says.

use tollgate_text::ansi::without_ansi;

/// What tools say when they found nothing to run, in a line of their output.
const NONE: &[&str] = &[
    "no tests to run",        // go, nextest
    "collected 0 items",      // pytest
    "no tests ran",           // pytest
    "Ran 0 tests in",         // unittest
    "NO TESTS RAN",           // unittest
    "No tests found",         // jest, Playwright, Gradle
    "No test files found",    // vitest
    "No tests executed",      // PHPUnit
    "No tests were executed", // Maven
    "No tests were found",    // ctest
    "0 examples, 0 failures", // rspec
    "Running 0 tests from",   // GoogleTest
    "0 tests run: 0 passed",  // nextest
    "0 passing",              // mocha
];

/// Whether the output of a test tool says that it ran no test. An output of which no tool is known says nothing.
pub fn ran_no_test(output: &str) -> bool {
    let text = without_ansi(output);
    let (mut announced, mut none): (Option<u64>, bool) = (None, false);
    for line in text.lines().map(str::trim) {
        if let Some(count) = crate::ingest::libtest::line::announced(line) {
            announced = Some(announced.unwrap_or(0).saturating_add(count));
        } else if ran(line) {
            return false;
        }
        none |= NONE.iter().any(|said| line.contains(said)) || is_count_of_none(line);
    }
    announced.map_or(none, |count| count == 0)
}

/// `# tests 0`, `ℹ tests 0` of node; `1..0` of TAP.
fn is_count_of_none(line: &str) -> bool {
    matches!(line, "# tests 0" | "ℹ tests 0" | "1..0") || line.starts_with("1..0 ")
}

/// A line that tells of a test: `--- PASS: TestX (0.00s)`, `ok 1 - works`, `3 passed`, `2 passing`, `Tests run: 4, …`.
fn ran(line: &str) -> bool {
    let begins = ["--- PASS: ", "--- FAIL: ", "ok 1 ", "not ok 1 "];
    if begins.iter().any(|begin| line.starts_with(begin)) {
        return true;
    }
    let words: Vec<&str> =
        line.split_whitespace().map(|word| word.trim_matches([',', ';', '.', '(', ')'])).collect();
    words.windows(2).any(|pair| {
        let some = pair[0].parse::<u64>().is_ok_and(|n| n > 0);
        some && matches!(pair[1], "passed" | "passing" | "failed" | "failing" | "pass" | "fail")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_that_found_nothing_say_so() {
        for output in [
            "running 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 9 filtered out",
            "testing: warning: no tests to run\nPASS\nok  \tshelf\t0.002s [no tests to run]",
            "collected 9 items / 9 deselected / 0 selected\n==== 9 deselected, no tests ran in 0.01s ====",
            "\u{1b}[34mℹ tests 0\u{1b}[0m\nℹ pass 0",
            "  0 passing (1ms)",
            "1..0 # SKIP",
        ] {
            assert!(ran_no_test(output), "{output}");
        }
        for output in [
            "",
            "all is well",
            "running 0 tests\nrunning 1 test\ntest a ... ok",
            "--- PASS: TestX (0.00s)\nPASS\nok  \tshelf\t0.002s\nok  \tother\t0.001s [no tests to run]",
            "collected 1 item\n1 passed in 0.01s",
            "ℹ tests 1\nℹ pass 1",
            "ok 1 - works\n1..1",
        ] {
            assert!(!ran_no_test(output), "{output}");
        }
    }
}

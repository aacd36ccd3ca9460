//! Lines that every red run prints: they say that something failed and not what.

use tollgate_text::patterns::OnePattern;

/// Such lines, as tools print them. No pattern of an entry may match one: an operator sent to an arbitrary entry loses more time than
/// one who is told to look further up.
pub const GENERIC_LINES: &[&str] = &[
    "",
    "exit code 1",
    "Error: Process completed with exit code 1.",
    "##[error]Process completed with exit code 101.",
    "##[error]Bash exited with code '1'.",
    "ERROR: Job failed: exit code 1",
    "ERROR: Job failed: exit status 1",
    "ERROR: script returned exit code 1",
    "Exited with code exit status 1",
    "The command \"npm test\" exited with 1.",
    "The command \"make check\" failed and exited with 2 during .",
    "Error: The process '/usr/bin/make' failed with exit code 2",
    "error: test failed, to rerun pass `--test ci_full_suite_gate`",
    "error: test failed, to rerun pass `--lib`",
    "error: test failed",
    "error: 2 targets failed:",
    "error: could not compile `app` (lib) due to 1 previous error",
    "error: aborting due to 2 previous errors",
    "error: build failed",
    "test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.02s",
    "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.02s",
    "test some_module::some_test ... FAILED",
    "test some_module::some_test ... ok",
    "failures:",
    "FAILED",
    "FAIL",
    "error",
    "assertion `left == right` failed",
    "thread 'main' panicked at src/main.rs:1:1:",
    "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
    "npm ERR! code ELIFECYCLE",
    "npm ERR! Test failed.  See above for more details.",
    "npm error Lifecycle script `test` failed with error:",
    "npm error code 1",
    "npm ERR! errno 1",
    "npm ERR! app@1.0.0 test: `jest`",
    "npm ERR! Exit status 1",
    "npm ERR! A complete log of this run can be found in:",
    "\u{2009}ELIFECYCLE\u{2009} Test failed. See above for more details.",
    "\u{2009}ELIFECYCLE\u{2009} Command failed with exit code 1.",
    "error Command failed with exit code 1.",
    "error: script \"test\" exited with code 1",
    "make: *** [Makefile:3: test] Error 2",
    "make[1]: *** [src/CMakeFiles/x.dir/all] Error 1",
    "gmake: *** [Makefile:3: test] Error 1",
    "ninja: build stopped: subcommand failed.",
    "Errors while running CTest",
    "50% tests passed, 1 tests failed out of 2",
    "=========================== short test summary info ============================",
    "========================= 1 failed, 3 passed in 0.12s ==========================",
    "FAILED (failures=1)",
    "FAIL\texample.org/app/store\t0.012s",
    "--- FAIL: TestX (0.00s)",
    "FAILURE: Build failed with an exception.",
    "* What went wrong:",
    "Execution failed for task ':test'.",
    "BUILD FAILED in 12s",
    "> There were failing tests. See the report at: file:///app/build/reports/tests/test/index.html",
    "[INFO] BUILD FAILURE",
    "[ERROR] There are test failures.",
    "Tests:       1 failed, 3 passed, 4 total",
    "Test Suites: 1 failed, 1 total",
    "Test Files  1 failed | 2 passed (3)",
    "FAILURES!",
    "Tests: 3, Assertions: 4, Failures: 1.",
    "3 examples, 1 failure",
    "Failed examples:",
    "not ok 1 - it adds",
    "  1 failing",
    "Build FAILED.",
    "Build step 'Execute shell' marked build as failure",
    "Finished: FAILURE",
    "Cleaning up project directory and file based variables",
    "Post job cleanup.",
];

/// Patterns of such lines, and what each stands for and where to look.
const KINDS: &[(&str, &str)] = &[
    (
        r"(?i)^\W*(?:error\W+)?(?:the )?(?:process|job|command|bash|pwsh|script|step)\b[^\n]*\bexit(?:ed)?\b[^\n]*\d|^\W*exit(?:ed with)? (?:code|status)\b[^\n]*\d\W*$|^Build step '[^']*' marked build as failure|^Finished: FAILURE|^(?:Post job cleanup|Cleaning up project directory)",
        "this line is the CI system's: a command failed. The cause stands above it, in the output of that command: paste the line there \
         that says `error`, `fatal`, `panicked` or `FAILED` first",
    ),
    (
        r"^error: (?:test failed|\d+ targets? failed)|^test result: |^test \S+ \.\.\. ok$|^failures:$|^note: run with `RUST_BACKTRACE=",
        "this line is the summary of `cargo test`. What failed stands above it, below `---- NAME stdout ----`: paste the line behind \
         `panicked at`",
    ),
    (
        r"^test \S+ \.\.\. FAILED$",
        "this line names the test that failed and not why, and no entry knows it: look below `---- NAME stdout ----` further down, at what \
         stands behind `panicked at`",
    ),
    (
        r"^error: (?:could not compile `|aborting due to |build failed)",
        "this line ends a build that failed. The first `error[E…]` or `error:` above it is the cause, with its place below it at `-->`",
    ),
    (
        r"^npm (?:ERR!|error)\s|\bELIFECYCLE\b|^error Command failed with exit code \d+",
        "this line is the package manager's: a script failed. What failed stands above it, in the words of the script's own tool",
    ),
    (
        r"^g?make(?:\[\d+\])?: \*\*\* |^ninja: build stopped: |^Build FAILED\.$",
        "this line is the build tool's: a command of it failed. The first `error` above it is the cause; `make -j1` or `ninja -j1` keeps \
         the output of several commands apart",
    ),
    (
        r"^=+ (?:short test summary info|\d+ (?:failed|error)[^\n]*) =+$|^FAILED \((?:failures|errors)=",
        "this line is the summary of pytest or unittest. What failed stands above it: paste a line that begins with `E `, or the last \
         line of the traceback",
    ),
    (
        r"^FAIL\s+\S+\s+[0-9.]+m?s$|^\s*--- FAIL: ",
        "this line is the summary of `go test`. What failed stands beside it: paste the line `x_test.go:LINE: …` or the one behind `panic:`",
    ),
    (
        r"^FAILURE: Build failed with an exception|^\* What went wrong:|^Execution failed for task |^BUILD FAILED in |^> There were failing tests|^\[(?:INFO|ERROR)\] (?:BUILD FAILURE|There are test failures)",
        "this line is the summary of Gradle or Maven. The cause stands above it, or in `build/reports/tests/`, `target/surefire-reports/`: \
         paste the first line of the exception",
    ),
    (
        r"^\s*(?:Tests|Test Suites|Test Files):?\s+\d|^Errors while running CTest|^\d+% tests passed, |^FAILURES!$|^\d+ examples?, |^Failed examples:$|^\s*\d+ failing$|^\s*not ok \d",
        "this line is the summary of a test tool. What failed stands with the test's own name: paste the line of its message",
    ),
    (
        r"^\s*(?:FAIL(?:ED)?|error|assertion `[^`]+` failed|thread '[^']*' (?:\(\d+\) )?panicked at [^\n]*:)\s*$",
        "this line says that something failed and not what: the line below it, or the lines above it, do",
    ),
];

/// What a line that is only the summary of a failure stands for, and where the cause is: of the first such line of the text.
pub fn generic(text: &str) -> Option<&'static str> {
    let kinds: Vec<_> =
        KINDS.iter().filter_map(|(p, says)| Some((OnePattern::new(p).ok()?, *says))).collect();
    let lines = text.lines().map(|line| &line[..line.floor_char_boundary(1000)]);
    lines
        .filter_map(|line| kinds.iter().find(|(kind, _)| kind.is_match(line.trim())).map(|(_, says)| *says))
        .next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_generic_line_is_told_what_it_is() {
        for (pattern, _) in KINDS {
            assert!(OnePattern::new(pattern).is_ok(), "{pattern}");
        }
        let silent: Vec<_> = GENERIC_LINES.iter().filter(|line| generic(line).is_none()).collect();
        assert_eq!(silent, [&""]);
        let used = |says: &str| GENERIC_LINES.iter().any(|line| generic(line) == Some(says));
        assert!(KINDS.iter().all(|(_, says)| used(says)));
    }

    #[test]
    fn a_line_that_names_what_failed_is_not_generic() {
        for line in [
            "tests::adds",
            "the screen differs",
            "error[E0425]: cannot find value `x` in this scope",
            "E   assert 3 == 4",
            "nothing that anyone knows",
            "bash: line 3: jq: command not found",
        ] {
            assert_eq!(generic(line), None, "{line}");
        }
        assert!(generic(&"error ".repeat(1 << 18)).is_none(), "a long line is bounded");
    }
}

//! The end of a failed suite's output as it is shown: what says why, without the lines of tests that passed and without the frames of
//! standard libraries. The log has everything.

use super::output_line::{self as line};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use tollgate_host::files::read_tail;
use tollgate_text::ansi::without_ansi;

/// Bytes at the end of a log that are looked at: tests that pass behind the one that failed may print much.
const TAIL: u64 = 256 << 10;
/// Lines that are shown.
const MOST: usize = 25;

/// The end of a suite's log; empty where it cannot be read.
pub fn log_end(root: &Path, log: &str) -> String {
    let bytes = read_tail(&root.join(log), log, TAIL).unwrap_or_default();
    end(&String::from_utf8_lossy(&bytes))
}

/// The last lines of an output that say something of a failure; where none is left, its last lines.
fn end(output: &str) -> String {
    let plain = without_ansi(output);
    // What a progress bar drew over is a line of its own.
    let all: Vec<&str> = plain.split(['\n', '\r']).map(str::trim_end).collect();
    let mut page = Page::default();
    for text in expanded(&all) {
        page.add(text);
    }
    let kept = trimmed(&page.kept);
    if kept.is_empty() { last(trimmed(&all)).join("\n") } else { last(kept).join("\n") }
}

fn last<T>(lines: &[T]) -> &[T] {
    &lines[lines.len().saturating_sub(MOST)..]
}

/// Without the blank lines at both ends.
fn trimmed<T: AsRef<str>>(lines: &[T]) -> &[T] {
    let said = |line: &T| !line.as_ref().trim().is_empty();
    match (lines.iter().position(said), lines.iter().rposition(said)) {
        (Some(first), Some(last)) => &lines[first..=last],
        _ => &[],
    }
}

/// The lines that are left so far.
#[derive(Default)]
struct Page {
    kept: Vec<String>,
    /// Whether a test that passed may go on: under it stands a block of YAML.
    under: Option<Under>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Under {
    /// The line before was of a test that passed.
    Passed,
    /// Its block has begun, indented so far.
    Block(usize),
}

impl Page {
    fn add(&mut self, text: String) {
        let word = text.trim();
        let indent = text.len() - text.trim_start().len();
        match (self.under, word) {
            (Some(Under::Passed), "---") if indent > 0 => return self.under = Some(Under::Block(indent)),
            (Some(Under::Block(of)), "...") if indent == of => return self.under = None,
            // What is not in the block is of the next test, or of what cut the block off.
            (Some(Under::Block(of)), _) if indent >= of && line::read(word).is_plain() => return,
            _ => self.under = None,
        }
        if word.is_empty() {
            if self.kept.last().is_some_and(|last| !last.is_empty()) {
                self.kept.push(String::new());
            }
            return;
        }
        if is_library_frame(word) {
            return self.drop_frame();
        }
        let read = line::read(&text);
        if read.keep {
            return self.kept.push(text);
        }
        self.under = word.starts_with("ok ").then_some(Under::Passed);
        self.drop_beginning(word);
    }

    /// Takes off what stood before the place of a frame: its function.
    fn drop_frame(&mut self) {
        let numbered = |line: &str| line.split_once(": ").is_some_and(|(n, _)| n.parse::<u32>().is_ok());
        let of_go = ["testing.", "runtime.", "panic(", "created by testing.", "created by runtime."];
        let is_function = |line: &str| numbered(line) || of_go.iter().any(|start| line.starts_with(start));
        self.kept.pop_if(|line| is_function(line.trim()));
    }

    /// Takes off what a test that passed began with: its heading, and where the tool says which test runs, what it printed since.
    fn drop_beginning(&mut self, word: &str) {
        if let Some(name) = word.strip_prefix("[       OK ] ") {
            let name = name.split(" (").next().unwrap_or(name);
            let begins = format!("[ RUN      ] {name}");
            if let Some(at) = self.kept.iter().rposition(|line| line.trim() == begins) {
                self.kept.truncate(at);
            }
        } else if let Some((_, name)) = word.strip_prefix("ok ").and_then(|rest| rest.split_once(" - ")) {
            let heading = format!("# Subtest: {name}");
            self.kept.pop_if(|line| line.trim() == heading);
        }
    }
}

/// Whether a line is a frame of a standard library or a test harness, which says nothing of the failure.
fn is_library_frame(word: &str) -> bool {
    let place = word.strip_prefix("at ");
    let rust = |at: &str| at.starts_with("/rustc/") || at.contains("/rustlib/src/rust/library/");
    let node = |at: &str| at.contains("node:internal/") || at.contains("(node:") || at.starts_with("node:");
    let java = |at: &str| {
        ["java.base/", "java.", "jdk.internal.", "org.junit."].iter().any(|start| at.starts_with(start))
    };
    let go = |word: &str| {
        word.starts_with('/')
            && word.contains(".go:")
            && (word.contains("/src/testing/testing.go:") || word.contains("/src/runtime/"))
    };
    // In node's TAP a frame has no `at`.
    let of_tap = || word.starts_with("node:internal/") || (word.ends_with(')') && word.contains(" (node:"));
    place.is_some_and(|at| rust(at) || node(at) || java(at)) || go(word) || of_tap()
}

/// The lines, those that are events of a machine format replaced by what failed tests printed.
fn expanded(lines: &[&str]) -> Vec<String> {
    let events: Vec<Option<Value>> = lines.iter().map(|line| event(line)).collect();
    let passed: BTreeSet<(&str, &str)> = events
        .iter()
        .flatten()
        .filter(|event| matches!(word(event, "Action"), "pass" | "skip"))
        .map(|event| (word(event, "Package"), word(event, "Test")))
        .collect();
    let mut out = Vec::new();
    for (line, event) in lines.iter().zip(&events) {
        match event {
            None => out.push((*line).to_string()),
            Some(event) if event.get("Action").is_some() => {
                let of = (word(event, "Package"), word(event, "Test"));
                if !passed.contains(&of) {
                    out.extend(word(event, "Output").lines().map(|said| without_ansi(said).into_owned()));
                }
            }
            Some(event) => of_libtest(event, line, &mut out),
        }
    }
    out
}

/// A line that is an event of `go test -json`, or of libtest.
fn event(line: &str) -> Option<Value> {
    let line = line.trim();
    if !line.starts_with('{') || !line.ends_with('}') {
        return None;
    }
    let event: Value = serde_json::from_str(line).ok()?;
    let go = event.get("Action").is_some_and(Value::is_string);
    let libtest = event.get("event").is_some_and(Value::is_string)
        && matches!(word(&event, "type"), "test" | "suite" | "bench" | "report");
    (go || libtest).then_some(event)
}

fn word<'v>(event: &'v Value, key: &str) -> &'v str {
    event.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn of_libtest(event: &Value, line: &str, out: &mut Vec<String>) {
    let said = word(event, "stdout");
    match word(event, "event") {
        "ok" | "started" | "ignored" | "discovered" | "completed" | "bench" => {}
        "failed" if !said.is_empty() => {
            out.push(format!("---- {} ----", without_ansi(word(event, "name"))));
            out.extend(said.lines().map(|said| without_ansi(said).into_owned()));
        }
        // The counts of a suite: they stand at the end of the run.
        "failed" if word(event, "type") == "suite" => {}
        _ => out.push(line.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn of_rust_the_panic_is_left() {
        let output = "running 3 tests\ntest a ... ok\ntest b::c - should panic ... ok\ntest tests::adds ... \u{1b}[31mFAILED\u{1b}[0m\n\n\nfailures:\n\n---- tests::adds stdout ----\nthread 'tests::adds' panicked at src/lib.rs:4:5:\nassertion failed\nstack backtrace:\n   0: rust_begin_unwind\n             at /rustc/abc/library/std/src/panicking.rs:647:5\n   1: adds\n             at ./src/lib.rs:4:5\n";
        insta::assert_snapshot!(end(output), @r"
        running 3 tests
        test tests::adds ... FAILED

        failures:

        ---- tests::adds stdout ----
        thread 'tests::adds' panicked at src/lib.rs:4:5:
        assertion failed
        stack backtrace:
           1: adds
                     at ./src/lib.rs:4:5
        ");
    }

    #[test]
    fn of_go_what_the_failed_test_printed_is_left() {
        let plain = "=== RUN   TestA\n--- PASS: TestA (0.00s)\n=== RUN   TestB\n    b_test.go:7: got 1\n--- FAIL: TestB (0.00s)\nFAIL\nFAIL\tx/b\t0.00s\nok  \tx/a\t0.01s\nFAIL\n";
        insta::assert_snapshot!(end(plain), @r"
            b_test.go:7: got 1
        --- FAIL: TestB (0.00s)
        FAIL
        FAIL	x/b	0.00s
        FAIL
        ");
        let event = |action: &str, test: &str, output: &str| {
            serde_json::json!({"Action": action, "Package": "x", "Test": test, "Output": output}).to_string()
        };
        let json = [
            event("run", "TestA", ""),
            event("output", "TestA", "noise\n"),
            event("output", "TestB", "=== RUN   TestB\n"),
            event("output", "TestB", "    b_test.go:7:\tgot 1\n"),
            event("output", "TestB", "--- FAIL: TestB (0.00s)\n"),
            event("pass", "TestA", ""),
            event("fail", "TestB", ""),
        ];
        assert_eq!(end(&json.join("\n")), "    b_test.go:7:\tgot 1\n--- FAIL: TestB (0.00s)");
        let panic = "panic: boom\n\ngoroutine 7 [running]:\ntesting.tRunner.func1.2({0x1, 0x2})\n\t/usr/lib/go/src/testing/testing.go:1631 +0x24a\npanic({0x1?, 0x2?})\n\t/usr/lib/go/src/runtime/panic.go:770 +0x132\nx.TestB(0xc0)\n\t/home/me/src/runtimes/b_test.go:7 +0x25\n";
        assert_eq!(
            end(panic),
            "panic: boom\n\ngoroutine 7 [running]:\nx.TestB(0xc0)\n\t/home/me/src/runtimes/b_test.go:7 +0x25"
        );
    }

    #[test]
    fn of_tap_the_blocks_of_passed_tests_go_with_them() {
        let output = "TAP version 13\n# Subtest: one\nok 1 - one\n  ---\n  duration_ms: 0.5\n  ...\n# Subtest: two\nnot ok 2 - two\n  ---\n  error: 'it broke'\n  stack: |-\n    test (file:///t.js:3:9)\n    at node:internal/test:1:1\n    Test.run (node:internal/test:2:1)\n    node:internal/x:3:1\n  ...\nok 3 - x\n  ---\n  duration_ms: 1\nit crashed\nnot ok 4 - y\n1..4\n";
        insta::assert_snapshot!(end(output), @r"
        TAP version 13
        # Subtest: two
        not ok 2 - two
          ---
          error: 'it broke'
          stack: |-
            test (file:///t.js:3:9)
          ...
        it crashed
        not ok 4 - y
        1..4
        ");
    }

    #[test]
    fn of_gtest_what_a_passed_test_printed_goes_with_it() {
        let output = "[ RUN      ] A.b\nnoise\n[       OK ] A.b (0 ms)\n[ RUN      ] A.c\nx.cc:3: Failure\n[  FAILED  ] A.c (0 ms)\n";
        assert_eq!(end(output), "[ RUN      ] A.c\nx.cc:3: Failure\n[  FAILED  ] A.c (0 ms)");
    }

    #[test]
    fn events_of_libtest_are_what_was_printed() {
        let output = "{ \"type\": \"suite\", \"event\": \"started\", \"test_count\": 2 }\n{ \"type\": \"test\", \"name\": \"a\", \"event\": \"ok\" }\n{ \"type\": \"test\", \"name\": \"b\", \"event\": \"failed\", \"stdout\": \"boom\\nat 3\\n\" }\n{\"of\":\"mine\"}\n";
        assert_eq!(end(output), "---- b ----\nboom\nat 3\n{\"of\":\"mine\"}");
    }

    #[test]
    fn where_nothing_is_left_the_plain_end_is_shown() {
        assert_eq!(end("ok 1 - a\nok 2 - b\n\n"), "ok 1 - a\nok 2 - b");
        assert_eq!(end("10%\r50%\r100%\n"), "10%\n50%\n100%");
        assert_eq!(end(" \n\n"), "");
        let many: String = (0..100).map(|n| format!("line {n}\n")).collect();
        assert_eq!(end(&many).lines().count(), MOST);
        assert!(end(&many).ends_with("line 99"));
    }

    proptest! {
        /// Whatever is printed: at most so many lines, each of them in the output, something where the output says something, and each
        /// word of a failure.
        #[test]
        fn nothing_is_made_up_and_no_failure_lost(
            output in "((ok 1 - a|not ok 2 - b|  ---|  \\.\\.\\.|=== RUN   T|words|  words|\u{1b}\\[1m|    at /rustc/x|)\n){0,25}"
        ) {
            let shown = end(&output);
            let plain = without_ansi(&output).into_owned();
            prop_assert!(shown.lines().count() <= MOST);
            for line in shown.lines() {
                prop_assert!(plain.lines().any(|own| own.trim_end() == line), "{}", line);
            }
            prop_assert_eq!(shown.trim().is_empty(), plain.trim().is_empty());
            for word in ["not ok 2 - b", "\nwords"] {
                let of = |text: &str| format!("\n{text}").matches(word).count();
                prop_assert_eq!(of(&shown), of(&plain));
            }
        }
    }
}

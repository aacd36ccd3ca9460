//! Why a suite failed: what the runner knows first, then the declared patterns of `runbook/root_causes.toml` and of the runbook's
//! entries that it names.

use crate::model::embedded::Embedded;
use crate::model::failure::RootCause;
use crate::model::runbook::LinePattern;
use crate::model::suite::SuiteStatus;
use crate::model::test::Failure;
use serde::Deserialize;
use tollgate_text::ansi::without_ansi;
use tollgate_text::patterns::PatternSet;

/// SIGKILL, with which a kernel that has run out of memory ends a process.
const SIGKILL: i32 = 9;

/// Patterns in the order in which they count.
#[derive(Debug)]
pub struct Causes {
    set: PatternSet,
    classes: Vec<RootCause>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    cause: Vec<Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    class: RootCause,
    /// For whoever reads the file.
    #[serde(rename = "why")]
    _why: String,
    #[serde(default)]
    patterns: Vec<String>,
    /// Runbook entries of this class, whose patterns stand here too.
    #[serde(default)]
    entries: Vec<String>,
}

/// What a runbook entry says of its cause; the rest of it is for `explain`.
#[derive(Deserialize)]
struct EntryCause {
    root_cause: Option<RootCause>,
    #[serde(default)]
    patterns: Vec<EntryPattern>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum EntryPattern {
    Contains(String),
    Regex(String),
}

impl EntryCause {
    /// Of the entry with this id, and of this class.
    fn read(id: &str, class: RootCause, entries: &[(&str, &str)]) -> Result<Vec<String>, String> {
        let file = format!("{id}.toml");
        let named = |path: &str| path.rsplit('/').next() == Some(file.as_str());
        let Some((_, text)) = entries.iter().find(|(path, _)| named(path)) else {
            return Err(format!("there is no runbook entry `{id}`"));
        };
        let entry: EntryCause = toml::from_str(text).map_err(|e| format!("{file}: {}", e.message()))?;
        if entry.root_cause != Some(class) {
            return Err(format!("{file} is not of the class {}", class.name()));
        }
        let pattern = |pattern| match pattern {
            EntryPattern::Contains(text) => LinePattern::Contains(text),
            EntryPattern::Regex(text) => LinePattern::Regex(text),
        };
        Ok(entry.patterns.into_iter().map(|p| pattern(p).expression().into_owned()).collect())
    }
}

impl Causes {
    /// Patterns from a text of the form of `runbook/root_causes.toml`, and the runbook's entries (path, text) that it may name; the error
    /// is a sentence.
    pub fn read(text: &str, entries: &[(&str, &str)]) -> Result<Causes, String> {
        let document: Document = toml::from_str(text).map_err(|e| e.message().to_string())?;
        let mut classes = Vec::new();
        let mut patterns = Vec::new();
        for table in document.cause {
            let mut all = table.patterns;
            for id in &table.entries {
                all.extend(EntryCause::read(id, table.class, entries)?);
            }
            if all.is_empty() {
                return Err(format!("a table of the class {:?} has no pattern", table.class));
            }
            classes.extend(all.iter().map(|_| table.class));
            patterns.extend(all);
        }
        Ok(Causes { set: PatternSet::new(&patterns)?, classes })
    }

    /// The patterns that the binary brings. That they can be read is held by a test.
    pub fn of(embedded: &Embedded) -> Causes {
        Causes::read(embedded.root_causes, embedded.runbook)
            .unwrap_or_else(|_| Causes { set: PatternSet::default(), classes: Vec::new() })
    }

    /// The class of the first pattern that matches the text, and the first line in which one of that class does.
    fn find<'t>(&self, text: &'t str) -> Option<(RootCause, &'t str)> {
        let matches = self.set.matching(text);
        let class = *self.classes.get(*matches.first()?)?;
        let start = |at: &usize| {
            let found = self.set.first(*at, text)?;
            Some(found.end - text[found].trim_start().len())
        };
        let start = matches.iter().filter(|at| self.classes[**at] == class).filter_map(start).min()?;
        let from = text[..start].rfind('\n').map_or(0, |n| n + 1);
        let to = text[start..].find('\n').map_or(text.len(), |n| start + n);
        Some((class, text[from..to].trim()))
    }

    /// Whether a pattern of the class matches.
    fn hints_at(&self, class: RootCause, text: &str) -> bool {
        self.set.matching(text).into_iter().any(|i| self.classes.get(i) == Some(&class))
    }
}

/// The line of an output that tells why its command failed: the first of the class whose pattern matches first.
pub fn telling<'t>(causes: &Causes, output: &'t str) -> Option<&'t str> {
    causes.find(output).map(|(_, line)| line)
}

/// What the runner knows of a failed suite without reading a word of its output.
#[derive(Debug, Clone, Copy)]
pub struct SuiteFacts<'a> {
    /// What became of it.
    pub status: SuiteStatus,
    /// The signal that ended its last attempt.
    pub signal: Option<i32>,
    /// A failure outside any test: one sentence.
    pub fault: Option<&'a str>,
}

/// Why a suite failed: the facts, else the first of the failure's message, its text, the fault and the end of the log in
/// which a pattern matches, else `unknown`.
pub fn cause(causes: &Causes, facts: SuiteFacts<'_>, failure: Option<&Failure>, log_tail: &str) -> RootCause {
    because(causes, facts, failure, log_tail).0
}

/// `cause`, and the line of output that told, where one did.
pub(super) fn because(
    causes: &Causes,
    facts: SuiteFacts<'_>,
    failure: Option<&Failure>,
    log_tail: &str,
) -> (RootCause, Option<String>) {
    let texts = [
        failure.map_or("", |f| &f.message),
        failure.map_or("", |f| &f.text),
        facts.fault.unwrap_or(""),
        log_tail,
    ]
    .map(without_ansi);
    if facts.status == SuiteStatus::TimedOut {
        return (RootCause::Timeout, None);
    }
    if let Some(signal) = facts.signal {
        let oom = signal == SIGKILL && texts.iter().any(|t| causes.hints_at(RootCause::Oom, t));
        return (if oom { RootCause::Oom } else { RootCause::Signal }, None);
    }
    let found = texts.iter().find_map(|text| causes.find(text));
    match found {
        Some((class, line)) => (class, Some(line.to_string())),
        None if facts.status == SuiteStatus::Crashed => (RootCause::Signal, None),
        None => (RootCause::Unknown, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded_in_tests::{EMBEDDED, ROOT_CAUSES, RUNBOOK};
    use std::collections::BTreeSet;
    use std::sync::LazyLock;

    fn embedded() -> &'static Causes {
        static CAUSES: LazyLock<Causes> = LazyLock::new(|| Causes::of(&EMBEDDED));
        &CAUSES
    }

    fn failed() -> SuiteFacts<'static> {
        SuiteFacts { status: SuiteStatus::Failed, signal: None, fault: None }
    }

    fn of_log(log: &str) -> RootCause {
        cause(embedded(), failed(), None, log)
    }

    fn of(message: &str) -> RootCause {
        let failure = Failure::new(message, "", None);
        cause(embedded(), failed(), Some(&failure), "Connection refused: a line of the log")
    }

    #[test]
    fn the_embedded_patterns_can_be_read_and_know_every_class() {
        let causes = Causes::read(ROOT_CAUSES, RUNBOOK).expect("the embedded patterns");
        let known: BTreeSet<RootCause> = causes.classes.iter().copied().collect();
        assert_eq!(known.len(), 10, "every class but `unknown` has patterns: {known:?}");
        assert!(!known.contains(&RootCause::Unknown));
        assert!(causes.set.matching("").is_empty(), "a pattern matches nothing at all");
        assert_eq!(causes.set.len(), causes.classes.len());
    }

    /// The patterns of the runbook are those of the causes: an entry that names a class and stands in no table would say one thing to
    /// who asks, and the digest another.
    #[test]
    fn every_entry_that_names_a_class_stands_in_one_table() {
        let document: Document = toml::from_str(ROOT_CAUSES).unwrap();
        let mut named: Vec<String> = document.cause.into_iter().flat_map(|table| table.entries).collect();
        named.sort();
        let classed = |text: &str| toml::from_str::<EntryCause>(text).unwrap().root_cause.is_some();
        let id = |path: &str| path.rsplit('/').next().unwrap().trim_end_matches(".toml").to_string();
        let mut entries: Vec<String> =
            RUNBOOK.iter().filter(|(_, text)| classed(text)).map(|(path, _)| id(path)).collect();
        entries.sort();
        assert_eq!(named, entries);
    }

    #[test]
    fn a_file_at_fault_is_a_sentence() {
        for (text, wanted) in [
            ("[[cause]]\nclass = \"x\"\nwhy = \"\"\npatterns = [\"a\"]", "unknown variant `x`"),
            ("[[cause]]\nclass = \"oom\"\nwhy = \"\"\npatterns = []", "no pattern"),
            ("[[cause]]\nclass = \"oom\"\nwhy = \"\"\npatterns = [\"(\"]", "unclosed group"),
            ("[[cause]]\nclass = \"oom\"\nwhy = \"\"\npatterns = [\"a\"]\nx = 1", "unknown field `x`"),
            ("[[cause]]\nclass = \"oom\"\nwhy = \"\"\nentries = [\"z\"]", "no runbook entry `z`"),
            ("[[cause]]\nclass = \"oom\"\nwhy = \"\"\nentries = [\"x\"]", "no pattern"),
            (
                "[[cause]]\nclass = \"signal\"\nwhy = \"\"\nentries = [\"x\"]",
                "x.toml is not of the class signal",
            ),
            ("[[cause]]\nclass = \"oom\"\nwhy = \"\"\nentries = [\"y\"]", "y.toml: invalid type"),
        ] {
            let error = Causes::read(
                text,
                &[("a/x.toml", "title = 'x'\nroot_cause = 'oom'"), ("y.toml", "patterns = 3")],
            )
            .expect_err(text);
            assert!(error.contains(wanted), "{error}");
        }
    }

    #[test]
    fn what_the_runner_knows_goes_first() {
        let assertion = Failure::new("assertion `left == right` failed", "", None);
        let causes = embedded();
        let at = |status, signal, log: &str| {
            cause(causes, SuiteFacts { status, signal, fault: None }, Some(&assertion), log)
        };
        assert_eq!(at(SuiteStatus::TimedOut, Some(15), ""), RootCause::Timeout);
        assert_eq!(at(SuiteStatus::Crashed, Some(11), ""), RootCause::Signal);
        assert_eq!(at(SuiteStatus::Crashed, Some(9), ""), RootCause::Signal);
        assert_eq!(
            at(SuiteStatus::Crashed, Some(9), "memory allocation of 8192 bytes failed"),
            RootCause::Oom
        );
        assert_eq!(at(SuiteStatus::Crashed, Some(11), "out of memory"), RootCause::Signal);
        assert_eq!(at(SuiteStatus::Failed, None, "out of memory"), RootCause::AssertionFailure);
    }

    #[test]
    fn messages_of_tests() {
        use RootCause::*;
        for (message, wanted) in [
            // Rust
            (
                "assertion `left == right` failed: the screen differs\n  left: \"> \"\n right: \"answer 4\"",
                AssertionFailure,
            ),
            ("assertion failed: store.is_empty()", AssertionFailure),
            ("prog: a.c:3: main: Assertion `x > 0' failed.", AssertionFailure),
            ("Assertion failed: (x > 0), function main, file a.c, line 3.", AssertionFailure),
            ("panicked at src/lib.rs:3:5:\nassertion failed: x", AssertionFailure),
            ("assertion failed: stderr.contains(\"tmux: command not found\")", AssertionFailure),
            ("AssertionError: assert 'timed out' in 'Connection refused'", AssertionFailure),
            (
                "assertion `left == right` failed\n  left: Err(Os { code: 111, kind: ConnectionRefused })",
                AssertionFailure,
            ),
            ("called `Option::unwrap()` on a `None` value", Panic),
            ("index out of bounds: the len is 3 but the index is 7", Panic),
            (
                "called `Result::unwrap()` on an `Err` value: Os { code: 111, kind: ConnectionRefused, message: \"Connection refused\" }",
                Network,
            ),
            (
                "called `Result::unwrap()` on an `Err` value: Os { code: 28, kind: StorageFull, message: \"No space left on device\" }",
                Resource,
            ),
            (
                "called `Result::unwrap()` on an `Err` value: Os { code: 98, kind: AddrInUse, message: \"Address already in use\" }",
                Resource,
            ),
            ("called `Result::unwrap()` on an `Err` value: Elapsed(())", Timeout),
            ("explicit panic", Panic),
            ("not yet implemented", Panic),
            // Python
            ("AssertionError: assert 3 == 4\n +  where 3 = len([1, 2, 3])", AssertionFailure),
            ("assert 3 == 4", AssertionFailure),
            ("Failed: DID NOT RAISE <class 'ValueError'>", AssertionFailure),
            ("TypeError: unsupported operand type(s) for +: 'int' and 'str'", Panic),
            ("KeyError: 'name'", Panic),
            ("ModuleNotFoundError: No module named 'yaml'", MissingDependency),
            ("FileNotFoundError: [Errno 2] No such file or directory: 'tmux'", MissingDependency),
            (
                "requests.exceptions.ConnectionError: HTTPConnectionPool(host='localhost', port=8000): Max retries exceeded",
                Network,
            ),
            ("socket.gaierror: [Errno -3] Temporary failure in name resolution", Network),
            ("MemoryError", Oom),
            ("PermissionError: [Errno 13] Permission denied: '/etc/x'", Resource),
            ("Failed: Timeout >5.0s", Timeout),
            ("fixture 'db' not found", Setup),
            // Go
            ("store_test.go:41: got 3, want 4", AssertionFailure),
            ("Error Trace:\t/src/store_test.go:12\n\tError:      \tNot equal: ", AssertionFailure),
            ("panic: runtime error: index out of range [3] with length 3 [recovered]", Panic),
            ("panic: test timed out after 10m0s", Timeout),
            ("dial tcp 127.0.0.1:5432: connect: connection refused", Network),
            ("Get \"http://x/\": context deadline exceeded", Timeout),
            ("exec: \"docker\": executable file not found in $PATH", MissingDependency),
            // Node
            (
                "AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:\n\n1 !== 2",
                AssertionFailure,
            ),
            ("expect(received).toBe(expected) // Object.is equality", AssertionFailure),
            ("Error: expect(locator).toBeVisible() failed", AssertionFailure),
            ("Test timeout of 30000ms exceeded.", Timeout),
            ("Exceeded timeout of 5000 ms for a test.", Timeout),
            ("Error: Cannot find module './missing'", MissingDependency),
            ("Error: connect ECONNREFUSED 127.0.0.1:3000", Network),
            ("Error: listen EADDRINUSE: address already in use :::3000", Resource),
            ("TypeError: Cannot read properties of undefined (reading 'id')", Panic),
            ("\"before all\" hook for \"logs in\"", Setup),
            ("page.goto: net::ERR_CONNECTION_REFUSED at http://localhost:3000/", Network),
            // JVM
            ("org.opentest4j.AssertionFailedError: expected: <1> but was: <2>", AssertionFailure),
            ("java.lang.OutOfMemoryError: Java heap space", Oom),
            // Words alone
            ("Failed: no retry in log: request timed out after 3 s", AssertionFailure),
            ("Failed: Timeout (>5.0s) from pytest-timeout.", Timeout),
            ("the answer should be 42", AssertionFailure),
            ("expected three rows but got two", AssertionFailure),
        ] {
            assert_eq!(of(message), wanted, "{message}");
        }
    }

    #[test]
    fn logs_of_suites_without_a_failed_test() {
        use RootCause::*;
        for (log, wanted) in [
            (
                "   Compiling app v0.1.0\nerror[E0425]: cannot find value `x` in this scope\n --> src/lib.rs:1:5\nerror: could not compile `app` (lib test) due to 1 previous error\n",
                BuildFailure,
            ),
            (
                "\u{1b}[1m\u{1b}[31merror[E0308]\u{1b}[0m: mismatched types\nexpected `i32`, found `u32`",
                BuildFailure,
            ),
            ("error[E0463]: can't find crate for `core`\nerror: could not compile `app`", MissingDependency),
            (
                "error: linker `cc` not found\n  |\n  = note: No such file or directory (os error 2)\nerror: could not compile `app`",
                MissingDependency,
            ),
            ("./run: line 3: tmux: command not found", MissingDependency),
            ("sh: 1: jest: not found", MissingDependency),
            ("/usr/bin/python3.11: No module named pytest", MissingDependency),
            ("    Blocking waiting for file lock on build directory", Unknown),
            ("./check.sh: 12: jest: not found", MissingDependency),
            (
                "./x: error while loading shared libraries: libssl.so.3: cannot open shared object file",
                MissingDependency,
            ),
            (
                "# app [app.test]\n./a_test.go:5:2: undefined: frobnicate\nFAIL\tapp [build failed]",
                BuildFailure,
            ),
            (
                "_______ ERROR collecting tests/test_a.py _______\nE     File \"a.py\", line 1\nE   SyntaxError: invalid syntax",
                BuildFailure,
            ),
            ("src/a.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'.", BuildFailure),
            (
                "error: test failed, to rerun pass `--test a`\n\nCaused by:\n  process didn't exit successfully: `target/debug/deps/a-0123456789abcdef` (signal: 11, SIGSEGV: invalid memory reference)",
                Signal,
            ),
            (
                "____ ERROR collecting tests/test_b.py ____\nE   ModuleNotFoundError: No module named 'yaml'",
                MissingDependency,
            ),
            (
                "____ ERROR collecting tests/test_b.py ____\nE   ImportError: cannot import name 'x' from 'y'",
                BuildFailure,
            ),
            ("Segmentation fault (core dumped)", Signal),
            (
                "<--- Last few GCs --->\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
                Oom,
            ),
            ("fatal error: runtime: out of memory", Oom),
            (
                "g++: fatal error: Killed signal terminated program cc1plus\nmake: *** [Makefile:3: a.o] Error 1\na.cpp:1:1: error: x",
                Oom,
            ),
            (
                "/usr/bin/ld: cannot find -lssl: No such file or directory\ncollect2: error: ld returned 1 exit status\nerror: could not compile `app`",
                MissingDependency,
            ),
            ("error: package `x v1.0.0` cannot be built because it requires rustc 1.95 or newer", Setup),
            ("npm WARN EBADENGINE Unsupported engine\nError: connect ECONNREFUSED 127.0.0.1:3000", Network),
            (
                "A > adds FAILED\n    org.opentest4j.AssertionFailedError: expected: <1> but was: <2>\nBUILD FAILED in 3s",
                AssertionFailure,
            ),
            ("BUILD FAILED in 3s", BuildFailure),
            (
                "File \"shop.py\", line 3, in shop.inc\nFailed example:\n    inc(1)\nExpected:\n    3\nGot:\n    2",
                AssertionFailure,
            ),
            ("Error: Environment variable DATABASE_URL is not set", Setup),
            ("___ ERROR at setup of test_login ___\nE   RuntimeError: no database", Setup),
            ("thread 'main' panicked at build/main.rs:1:1:\nno manifest", Panic),
            (
                "Traceback (most recent call last):\n  File \"run.py\", line 3, in <module>\nValueError: x",
                Panic,
            ),
            ("everything went well until it did not", Unknown),
            ("", Unknown),
        ] {
            assert_eq!(of_log(log), wanted, "{log}");
        }
    }

    #[test]
    fn the_message_goes_before_the_text_and_the_fault_before_the_log() {
        let failure = Failure::new("assertion failed: ok", "captured: connection refused", None);
        assert_eq!(cause(embedded(), failed(), Some(&failure), ""), RootCause::AssertionFailure);
        let silent = Failure::new("it broke", "captured: connection refused", None);
        assert_eq!(cause(embedded(), failed(), Some(&silent), ""), RootCause::Network);
        let missing = SuiteFacts {
            status: SuiteStatus::Missing,
            signal: None,
            fault: Some("`./run` cannot be started: Permission denied"),
        };
        assert_eq!(cause(embedded(), missing, None, "connection refused"), RootCause::Setup);
    }

    #[test]
    fn a_command_that_could_not_be_started_is_set_up_wrongly_or_missing() {
        for (why, wanted) in [
            ("it is not executable", RootCause::Setup),
            ("it is a folder", RootCause::Setup),
            ("the folder sub/dir does not exist", RootCause::Setup),
            ("Permission denied", RootCause::Setup),
            ("Exec format error", RootCause::Setup),
            ("No such file or directory", RootCause::MissingDependency),
            ("the interpreter that its first line names does not exist", RootCause::MissingDependency),
        ] {
            let fault = format!("`bin/tool` cannot be started: {why}");
            let facts = SuiteFacts { status: SuiteStatus::Missing, signal: None, fault: Some(&fault) };
            assert_eq!(cause(embedded(), facts, None, ""), wanted, "{why}");
        }
    }

    #[test]
    fn the_telling_line_is_found() {
        let (class, line) = because(embedded(), failed(), None, "one\n  error[E0425]: no `x`\ntwo\n");
        assert_eq!((class, line.as_deref()), (RootCause::BuildFailure, Some("error[E0425]: no `x`")));
        // Of the class that wins, the first line, whichever of its patterns that is.
        let log = "E       assert 3 == 4\na.py:8: AssertionError\nConnection refused\n";
        assert_eq!(telling(embedded(), log), Some("E       assert 3 == 4"));
    }
}

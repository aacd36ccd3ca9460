//! One test: what became of it, and why it failed.

use crate::model::flake::FlakeVerdict;
use crate::model::signature::{Basis, Signed};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What became of a test (`docs/run-folder.md`, Statuses).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TestStatus {
    /// It ran and passed at the first attempt.
    Passed,
    /// It ran and failed in every attempt; a reporter's error counts as a failure.
    Failed,
    /// It failed and passed in the same run, from one state and with the same tests before it.
    Flaky,
    /// Skipped, ignored, or an expected failure.
    Ignored,
    /// It failed as its quarantine entry says it does; it blocks nothing.
    Quarantined,
    /// It was selected and did not start.
    NotRun,
}

impl TestStatus {
    /// The name in `summary.json`.
    pub fn name(self) -> &'static str {
        match self {
            TestStatus::Passed => "passed",
            TestStatus::Failed => "failed",
            TestStatus::Flaky => "flaky",
            TestStatus::Ignored => "ignored",
            TestStatus::Quarantined => "quarantined",
            TestStatus::NotRun => "not_run",
        }
    }

    /// The status of that name.
    pub fn parse(name: &str) -> Option<TestStatus> {
        [
            TestStatus::Passed,
            TestStatus::Failed,
            TestStatus::Flaky,
            TestStatus::Ignored,
            TestStatus::Quarantined,
            TestStatus::NotRun,
        ]
        .into_iter()
        .find(|s| s.name() == name)
    }
}

/// What one attempt said of a test; a document lists them of a test that failed and passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestTry {
    /// Which attempt at its suite, counted from 1.
    pub attempt: u32,
    /// What became of it there; `flaky`: its tool ran it more than once within that attempt, and it failed and passed.
    pub status: TestStatus,
    /// It failed there by a crash, or its output held a sanitizer's report.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub crash: bool,
    /// Of the attempts at as much of the suite that began in the same state the first with the same tests before this one; 0: the first
    /// of them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub company: u32,
}

/// Whether a number says nothing.
pub(super) fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A test as `summary.json` and `result.json` list it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestResult {
    /// Its name within its suite.
    pub name: String,
    /// What became of it.
    pub status: TestStatus,
    /// Wall time in milliseconds; null where the reporter says none.
    #[serde(default)]
    pub duration_ms: Option<u64>,
    /// The signature of its first failure; null where nothing failed.
    #[serde(default)]
    pub signature: Option<String>,
    /// What that signature rests on; null where nothing failed, and in documents that do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// Its other failures, each signature once: further ones of the same attempt, and those of further attempts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Signed>,
    /// It says itself nothing but that a test within it failed (in Go `TestA` fails with `TestA/b`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub carried: bool,
    /// It failed with the others of its suite and passed alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub passes_alone: bool,
    /// Why it is failed though it passed too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flake: Option<FlakeVerdict>,
    /// Of a test that failed and passed: what each attempt said of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tries: Vec<TestTry>,
    /// What fills `{test}` of the kind's `single` command, where that is not the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<String>,
}

impl TestResult {
    /// A test of which nothing is known but what became of it.
    pub fn of(name: &str, status: TestStatus) -> TestResult {
        TestResult {
            name: name.to_string(),
            status,
            duration_ms: None,
            signature: None,
            basis: None,
            others: Vec::new(),
            carried: false,
            passes_alone: false,
            flake: None,
            tries: Vec::new(),
            selector: None,
        }
    }

    /// What fills `{test}` of the kind's `single` command.
    pub fn selector(&self) -> &str {
        self.selector.as_deref().unwrap_or(&self.name)
    }
}

/// What the tests are called that a selector reaches, where that is not the selector: by selector, sorted. A replay runs tests
/// by their selectors, and its results keep the names that the source has.
pub type TestNames = BTreeMap<String, BTreeSet<String>>;

/// The names of tests that are given by selector and name; those that are called as they are selected are left out.
pub fn test_names<'a>(tests: impl IntoIterator<Item = (&'a str, &'a str)>) -> TestNames {
    let mut names = TestNames::new();
    for (selector, name) in tests {
        names.entry(selector.to_string()).or_default().insert(name.to_string());
    }
    names.retain(|selector, names| names.iter().any(|name| name != selector));
    names
}

/// A test as a reader found it in the results of one attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestCase {
    /// Its name, in the spelling that the suite's `single` command takes for `{test}`.
    pub name: String,
    /// `Passed`, `Failed`, `Ignored`, or `Flaky` where the reporter itself retried.
    pub status: TestStatus,
    /// Wall time in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// The first failure, of a failed or flaky test. Where not every further one could be kept it rests on `Fallback`, so that
    /// nothing covers the test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// Every further one, of the same attempt and of further attempts, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub later: Vec<Failure>,
    /// What fills `{test}`, where that is not the name: of a suite whose results name several suites.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<String>,
}

impl TestCase {
    /// Every failure that is known, in order.
    pub fn failures(&self) -> impl Iterator<Item = &Failure> {
        self.failure.iter().chain(&self.later)
    }

    /// What fills `{test}` of the kind's `single` command.
    pub fn selector(&self) -> &str {
        self.selector.as_deref().unwrap_or(&self.name)
    }
}

/// Why a test failed, as far as its reporter says. Text of unknown origin: shown escaped, never trusted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Failure {
    /// The assertion's message, at most `MESSAGE` bytes; empty where there is none.
    pub message: String,
    /// Everything the reporter gives: stack, diff, captured output; at most `TEXT` bytes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// What the test printed, where the reporter tells that apart; at most `OUTPUT` bytes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub output: String,
    /// Where the first failing assertion stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<SourcePlace>,
    /// What its message is: words of the cause, or only what stood there. A reader that does not say has none.
    #[serde(default, skip_serializing_if = "Basis::is_fallback")]
    pub basis: Basis,
    /// It says nothing but that a test within this one failed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub carried: bool,
}

impl Failure {
    /// Bytes of `message` that are kept.
    pub const MESSAGE: usize = 4 << 10;
    /// Bytes of `text` that are kept.
    pub const TEXT: usize = 64 << 10;
    /// Bytes of the text that are kept of a failure after a test's first.
    pub const LATER: usize = 4 << 10;
    /// Bytes of `output` that are kept.
    pub const OUTPUT: usize = 4 << 10;

    /// A failure with both texts cut to their bounds at a character's edge. It rests on nothing until that is said of it.
    pub fn new(message: &str, text: &str, place: Option<SourcePlace>) -> Failure {
        let (message, text) = (cut(message, Self::MESSAGE), cut(text, Self::TEXT));
        Failure { message, text, place, ..Failure::default() }
    }

    /// The failure with what its message is. One that was cut is not whole: what differs behind the cut would look the same.
    #[must_use]
    pub fn resting_on(self, basis: Basis) -> Failure {
        let whole = self.message.len() + 4 <= Self::MESSAGE;
        Failure { basis: if whole { basis } else { Basis::Fallback }, ..self }
    }

    /// The failure with what its test printed, cut to its bound.
    #[must_use]
    pub fn printed(self, output: &str) -> Failure {
        Failure { output: cut(output, Self::OUTPUT), ..self }
    }

    /// The failure with at most `most` bytes of its text.
    pub fn short(&self, most: usize) -> Failure {
        let short = Failure::new(&self.message, cut(&self.text, most).as_str(), self.place.clone());
        Failure { carried: self.carried, ..short.printed(&self.output).resting_on(self.basis) }
    }

    /// Its size in bytes.
    pub fn size(&self) -> usize {
        self.message.len() + self.text.len() + self.output.len()
    }
}

fn cut(text: &str, most: usize) -> String {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_string()
}

/// A place in a source file, as a test tool names it: not a path that is ever opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourcePlace {
    /// The file.
    pub file: String,
    /// Counted from 1; 0 where the tool gives none.
    pub line: u32,
    /// Counted from 1; 0 where the tool gives none.
    pub column: u32,
}

/// What JUnit states of a test beside its name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JunitOrigin {
    /// The class that it stands in.
    pub class: Option<String>,
    /// Its name within its class.
    pub name: String,
    /// Its file.
    pub file: Option<String>,
}

/// What a reader found under one suite of a result file or output.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reading {
    /// The suite's name; empty where the format names none.
    pub name: String,
    /// Its tests, in the order reported.
    pub cases: Vec<TestCase>,
    /// Wall time in milliseconds, as reported.
    pub duration_ms: Option<u64>,
    /// A failure outside any test, or results that are not all there.
    pub fault: Option<ReadingFault>,
    /// Where its tests come from, in the order of `cases`, of a format that states it; else empty.
    #[serde(skip)]
    pub origins: Vec<JunitOrigin>,
    /// It is the last whose tool ran: that stopped there because of what failed, and what it would have run next is not known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stopped: bool,
    /// It is a test binary whose output says nothing that its reader reads: its harness may be one of its own.
    #[serde(skip)]
    pub silent: Option<Silent>,
    /// Why it holds no test, where its tool says so: a clause.
    #[serde(skip)]
    pub nothing: Option<String>,
}

/// A test binary that cargo ran and that said nothing that Rust's test harness says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Silent {
    /// The crate's name, as its file has it; empty where cargo built everything and named nothing that it runs.
    pub target: String,
    /// Its source relative to its package, as cargo names it; empty where cargo names none.
    pub source: String,
    /// Its own words say that its harness is another one, and that all of it passed (criterion).
    pub says_so: bool,
    /// Whether it failed, by what cargo did next; `None` where nothing of cargo's stands behind it.
    pub failed: Option<bool>,
    /// How its process ended, in cargo's words.
    pub how: Option<String>,
    /// What it printed that may say why.
    pub said: Option<Failure>,
}

/// What is wrong with results beside their tests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadingFault {
    /// What kind of fault it is.
    pub kind: FaultKind,
    /// One sentence.
    pub sentence: String,
    /// Whether that is words of the cause.
    #[serde(default, skip_serializing_if = "Basis::is_fallback")]
    pub basis: Basis,
}

/// Whether results end too early, or say themselves what went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// They end before what wrote them did: inside a line, or without the end that their format has. Of a command whose ending
    /// is known that is a crash; of results alone nobody knows what is missing.
    Truncated,
    /// They are whole and say it: a build that broke, a setup that failed, a binary that died, counts that no case shows.
    Stated,
}
/// The name before ` #2`, ` #3` and so on, which readers put behind a name that their results have already: by their place in the
/// results, and so not the same in every run.
pub fn numbered(name: &str) -> Option<&str> {
    if !name.ends_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let plain = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let nth = name[plain.len()..].trim_start_matches('0');
    plain.strip_suffix(" #").filter(|_| nth.len() > 1 || nth > "1")
}

//! What reads the results of a suite, and as what it takes them.

use serde::{Deserialize, Serialize};

/// What reads a suite's results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reader {
    /// The exit code alone: one test, named as the suite.
    Exit,
    /// The text of Rust's test harness, or its JSON lines.
    Libtest,
    /// nextest's human output or its libtest-like JSON.
    Nextest,
    /// JUnit XML.
    Junit,
    /// `go test -json`.
    Go,
    /// TAP 12 to 14.
    Tap,
    /// `node --test`.
    Node,
    /// Playwright's JSON reporter.
    Playwright,
    /// The JSON of jest, which vitest writes too.
    Jest,
    /// pytest's JUnit XML.
    Pytest,
}

impl Reader {
    /// Every reader.
    pub const ALL: [Reader; 10] = [
        Reader::Exit,
        Reader::Libtest,
        Reader::Nextest,
        Reader::Junit,
        Reader::Go,
        Reader::Tap,
        Reader::Node,
        Reader::Playwright,
        Reader::Jest,
        Reader::Pytest,
    ];

    /// The name in `tollgate.toml` and of `ingest`.
    pub fn name(self) -> &'static str {
        match self {
            Reader::Exit => "exit",
            Reader::Libtest => "libtest",
            Reader::Nextest => "nextest",
            Reader::Junit => "junit",
            Reader::Go => "go",
            Reader::Tap => "tap",
            Reader::Node => "node",
            Reader::Playwright => "playwright",
            Reader::Jest => "jest",
            Reader::Pytest => "pytest",
        }
    }

    /// Whether a command ends with this code when tests failed and nothing else went wrong: as its tool documents, or with 1, which a
    /// script around it makes of it. What ends otherwise had more to say than its tests.
    pub fn fails_with(self, code: i32) -> bool {
        match self {
            // The code is the result itself.
            Reader::Exit => true,
            Reader::Libtest => matches!(code, 1 | 101),
            Reader::Nextest => matches!(code, 1 | 100 | 101),
            Reader::Go | Reader::Node | Reader::Playwright | Reader::Jest | Reader::Pytest => code == 1,
            // Any tool writes these. From 126 on a shell says that a command could not be run or was killed.
            Reader::Junit | Reader::Tap => (1..126).contains(&code),
        }
    }

    /// The reader of that name.
    pub fn parse(name: &str) -> Option<Reader> {
        Reader::ALL.into_iter().find(|r| r.name() == name)
    }
}

/// What several entries of one title are in the results of a suite (`[suites.X] repeats`). JUnit itself does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Repeats {
    /// Tests of their own.
    #[default]
    Tests,
    /// Attempts at one test, in the order in which they were made.
    Attempts,
}

impl Repeats {
    /// The word in `tollgate.toml` and of `ingest --repeats`.
    pub fn name(self) -> &'static str {
        match self {
            Repeats::Tests => "tests",
            Repeats::Attempts => "attempts",
        }
    }

    /// What the word stands for.
    pub fn parse(word: &str) -> Option<Repeats> {
        [Repeats::Tests, Repeats::Attempts].into_iter().find(|r| r.name() == word)
    }
}

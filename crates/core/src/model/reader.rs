//! What reads the results of a suite, and as what it takes them.

use serde::{Deserialize, Serialize};

/// What reads a suite's results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResultReader {
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

impl ResultReader {
    /// Every reader.
    pub const ALL: [ResultReader; 10] = [
        ResultReader::Exit,
        ResultReader::Libtest,
        ResultReader::Nextest,
        ResultReader::Junit,
        ResultReader::Go,
        ResultReader::Tap,
        ResultReader::Node,
        ResultReader::Playwright,
        ResultReader::Jest,
        ResultReader::Pytest,
    ];

    /// The name in `tollgate.toml` and of `ingest`.
    pub fn name(self) -> &'static str {
        match self {
            ResultReader::Exit => "exit",
            ResultReader::Libtest => "libtest",
            ResultReader::Nextest => "nextest",
            ResultReader::Junit => "junit",
            ResultReader::Go => "go",
            ResultReader::Tap => "tap",
            ResultReader::Node => "node",
            ResultReader::Playwright => "playwright",
            ResultReader::Jest => "jest",
            ResultReader::Pytest => "pytest",
        }
    }

    /// Whether a command ends with this code when tests failed and nothing else went wrong: as its tool documents, or with 1, which a
    /// script around it makes of it. What ends otherwise had more to say than its tests.
    pub fn fails_with(self, code: i32) -> bool {
        match self {
            // The code is the result itself.
            ResultReader::Exit => true,
            ResultReader::Libtest => matches!(code, 1 | 101),
            ResultReader::Nextest => matches!(code, 1 | 100 | 101),
            ResultReader::Go
            | ResultReader::Node
            | ResultReader::Playwright
            | ResultReader::Jest
            | ResultReader::Pytest => code == 1,
            // Any tool writes these. From 126 on a shell says that a command could not be run or was killed.
            ResultReader::Junit | ResultReader::Tap => (1..126).contains(&code),
        }
    }

    /// The reader of that name.
    pub fn parse(name: &str) -> Option<ResultReader> {
        ResultReader::ALL.into_iter().find(|r| r.name() == name)
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

//! A suite that `init` proposes.

use tollgate_core::model::suite::ResultReader;

/// What a kind of suites is called where nothing else decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Called {
    /// `unit` where it is the first of the root, else by its folder or tool.
    Unit,
    /// `e2e`.
    EndToEnd,
    /// By a word of the project's own.
    As(String),
}

/// A suite for what was found in one folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proposal {
    /// The tool, as people call it: `cargo`, `vitest`.
    pub tool: &'static str,
    /// The folder that it runs in; `""` is the root.
    pub folder: String,
    /// What its kind is called.
    pub called: Called,
    /// The suite's name, where another than the tool's is better.
    pub name: Option<String>,
    /// Several suites of one kind, in place of one.
    pub names: Vec<String>,
    /// Sentences above the section.
    pub said: Vec<String>,
    /// `command`
    pub command: String,
    /// `single`
    pub single: Option<String>,
    /// `reader`
    pub reader: ResultReader,
    /// `results`
    pub results: Option<String>,
    /// `env`
    pub env: Vec<(&'static str, String)>,
    /// `timeout`
    pub timeout: &'static str,
    /// What must be installed for it.
    pub needs: Option<Need>,
}

/// What a suite needs of the machine, and how one comes by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// A program.
    Program(&'static str, &'static str),
    /// A module of `python3`.
    Module(&'static str, &'static str),
}

impl Proposal {
    /// A suite that is read by its exit code, until a reader is named.
    pub fn new(tool: &'static str, folder: &str, command: impl Into<String>) -> Proposal {
        Proposal {
            tool,
            folder: folder.to_string(),
            called: Called::Unit,
            name: None,
            names: Vec::new(),
            said: Vec::new(),
            command: command.into(),
            single: None,
            reader: ResultReader::Exit,
            results: None,
            env: Vec::new(),
            timeout: "10m",
            needs: None,
        }
    }

    /// Names the reader.
    pub fn read_by(self, reader: ResultReader) -> Proposal {
        Proposal { reader, ..self }
    }

    /// Names the reader of a file.
    pub fn reading(self, reader: ResultReader, results: impl Into<String>) -> Proposal {
        Proposal { reader, results: Some(results.into()), ..self }
    }

    /// Says how one test is run.
    pub fn single(self, single: impl Into<String>) -> Proposal {
        Proposal { single: Some(single.into()), ..self }
    }

    /// Names the suite.
    pub fn suite(self, name: impl Into<String>) -> Proposal {
        Proposal { name: Some(name.into()), ..self }
    }

    /// Gives it more time than the usual ten minutes.
    pub fn slow(self) -> Proposal {
        Proposal { timeout: "30m", ..self }
    }

    /// Says what must be installed.
    pub fn needing(self, need: Need) -> Proposal {
        Proposal { needs: Some(need), ..self }
    }

    /// Puts a sentence above the section.
    pub fn saying(mut self, sentence: impl Into<String>) -> Proposal {
        self.said.push(sentence.into());
        self
    }

    /// Sets a variable.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Proposal {
        self.env.push((name, value.into()));
        self
    }
}

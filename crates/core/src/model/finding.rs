//! Findings: what is wrong with the user's project.

use serde::{Deserialize, Serialize};
use tollgate_text::json::TextPlace;

/// Why a gate did not pass. The order is the order in which a gate's own reason is chosen: what is wrong with the
/// evidence comes before what the evidence says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The evidence is not there.
    Missing,
    /// It is there and cannot be read.
    Unreadable,
    /// It does not parse.
    Malformed,
    /// It breaks its schema.
    Schema,
    /// It is too old, from the future, undated, or of another commit.
    Stale,
    /// It is too large, too deep, or too costly to judge.
    Limit,
    /// An expression could not be evaluated, or is not a boolean.
    Expression,
    /// An assertion is false.
    Assertion,
    /// A waiver or quarantine entry is expired or invalid.
    Waiver,
    /// `applies_when` was false (status `skip`).
    NotApplicable,
    /// Preflight stopped earlier (status `skip`).
    NotReached,
}

impl Reason {
    /// How evidence can be at fault: what a waiver covers by naming it, and not otherwise.
    pub const OF_EVIDENCE: [Reason; 6] = [
        Reason::Missing,
        Reason::Unreadable,
        Reason::Malformed,
        Reason::Schema,
        Reason::Stale,
        Reason::Limit,
    ];

    /// The name in the verdict.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Missing => "missing",
            Reason::Unreadable => "unreadable",
            Reason::Malformed => "malformed",
            Reason::Schema => "schema",
            Reason::Stale => "stale",
            Reason::Limit => "limit",
            Reason::Expression => "expression",
            Reason::Assertion => "assertion",
            Reason::Waiver => "waiver",
            Reason::NotApplicable => "not_applicable",
            Reason::NotReached => "not_reached",
        }
    }
}

/// A place in a file of the workspace that a finding points people at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SourceAt {
    /// Workspace-relative, `/`-separated; a file that is there, or the finding has no such place.
    pub path: String,
    /// Counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
}

impl SourceAt {
    /// `path:line:column` as far as it is known; untrusted, escape it.
    pub fn show(&self) -> String {
        let numbers = self.line.into_iter().chain(self.column.filter(|_| self.line.is_some()));
        numbers.fold(self.path.clone(), |text, number| format!("{text}:{number}"))
    }
}

/// One thing that is wrong, with its place in the evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The id of the check that fired; `null` when the evidence itself is at fault.
    pub check: Option<String>,
    /// What kind of fault it is.
    pub reason: Reason,
    /// One sentence. Text that comes from artifacts is in it: escape it wherever it is shown.
    pub message: String,
    /// The name the gate gives the artifact.
    pub artifact: Option<String>,
    /// The file it is about, workspace-relative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// RFC 6901 pointer into the artifact.
    pub pointer: Option<String>,
    /// Line and column in the file, where there is one.
    #[serde(default, flatten, skip_serializing_if = "Option::is_none")]
    pub place: Option<TextPlace>,
    /// What was asked for: the assertion's text, the schema's demand.
    pub expected: Option<String>,
    /// What was there.
    pub actual: Option<String>,
    /// What it is about, where its check says so: a test, a suite. One line; text of unknown origin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Where people should look, where its check says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<SourceAt>,
    /// The command that repeats this one thing, where its check says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reproduce: Option<String>,
}

impl Finding {
    /// What it says in one line: of several lines the first, behind what it is about. Untrusted, escape it.
    pub fn headline(&self) -> String {
        let Some(title) = &self.title else { return self.message.clone() };
        match self.message.lines().next().filter(|line| !line.is_empty()) {
            Some(line) => format!("{title}: {line}"),
            None => title.clone(),
        }
    }

    /// A finding with a reason and a sentence and nothing else.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Finding {
            check: None,
            reason,
            message: message.into(),
            artifact: None,
            path: None,
            pointer: None,
            place: None,
            expected: None,
            actual: None,
            title: None,
            at: None,
            reproduce: None,
        }
    }
}

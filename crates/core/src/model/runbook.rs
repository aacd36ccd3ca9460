//! Runbook entries.

use crate::model::failure::RootCause;
use std::borrow::Cow;

/// How a log line leads to an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinePattern {
    /// The line holds this text.
    Contains(String),
    /// The line matches (linear engine).
    Regex(String),
}

impl LinePattern {
    /// The expression that matches what it does.
    pub fn expression(&self) -> Cow<'_, str> {
        match self {
            LinePattern::Contains(text) => Cow::Owned(regex::escape(text)),
            LinePattern::Regex(text) => Cow::Borrowed(text),
        }
    }
}

/// One failure signature: how it is recognised and what to do about it.
#[derive(Debug, Clone)]
pub struct RunbookEntry {
    /// The file's stem.
    pub id: String,
    /// What it stands among: the folder below `runbook/` of an embedded entry, `gates` for those that gates lead to, `workspace` for
    /// entries of a workspace.
    pub group: String,
    /// Shown name.
    pub title: String,
    /// What this failure means.
    pub summary: String,
    /// The class of failures that it belongs to, where it names one.
    pub root_cause: Option<RootCause>,
    /// Gates that lead here.
    pub gates: Vec<String>,
    /// `SEV-1` … where the runbook sets one.
    pub severity: Option<String>,
    /// Artifacts, workspace-relative.
    pub artifacts: Vec<String>,
    /// Replay commands, the first is the usual one.
    pub replays: Vec<String>,
    /// Steps.
    pub remediation: Vec<String>,
    /// Other entries.
    pub see: Vec<String>,
    /// Log texts that lead here.
    pub patterns: Vec<LinePattern>,
    /// Lines that its patterns match.
    pub examples: Vec<String>,
    /// Lines that look like it and that none of its patterns matches.
    pub near_misses: Vec<String>,
}

//! Runbook entries.

/// How a log line leads to an entry.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// The line holds this text.
    Contains(String),
    /// The line matches (linear engine).
    Regex(regex::Regex),
}

/// One failure signature: how it is recognised and what to do about it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The file's stem.
    pub id: String,
    /// Shown name.
    pub title: String,
    /// What this failure means.
    pub summary: String,
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
    pub patterns: Vec<Pattern>,
}

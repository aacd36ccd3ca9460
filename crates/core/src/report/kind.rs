//! The formats, and the one place that chooses between them.

use super::style::TermStyle;
use super::{github, human, json, junit, markdown, sarif};
use crate::model::report::CheckReport;
use crate::model::validation::Validation;

/// A format. The exit code never depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReportKind {
    /// For a terminal.
    Human,
    /// The verdict itself.
    Json,
    /// JUnit XML.
    Junit,
    /// SARIF 2.1.0 for code scanning.
    Sarif,
    /// Markdown for a report file or a comment.
    Markdown,
    /// Workflow commands of GitHub Actions.
    Github,
}

impl ReportKind {
    /// All of them, in the order `--help` names them.
    pub const ALL: [ReportKind; 6] = [
        ReportKind::Human,
        ReportKind::Json,
        ReportKind::Junit,
        ReportKind::Sarif,
        ReportKind::Markdown,
        ReportKind::Github,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            ReportKind::Human => "human",
            ReportKind::Json => "json",
            ReportKind::Junit => "junit",
            ReportKind::Sarif => "sarif",
            ReportKind::Markdown => "markdown",
            ReportKind::Github => "github",
        }
    }

    /// The format of a name; the error is a sentence that lists them.
    pub fn parse(name: &str) -> Result<ReportKind, String> {
        ReportKind::ALL.into_iter().find(|k| k.name() == name).ok_or_else(|| {
            let names: Vec<_> = ReportKind::ALL.into_iter().map(ReportKind::name).collect();
            let shown = super::text::terminal_cut(name, 40);
            format!("`{shown}` is not a format; the formats are {}", names.join(", "))
        })
    }
}

/// The verdict in a format; every text ends in a newline. For `Github` these are the workflow commands; what goes into
/// the files that GitHub names in the environment comes from `github::report`.
pub fn render(kind: ReportKind, report: &CheckReport, style: &TermStyle) -> String {
    match kind {
        ReportKind::Human => human::report(report, style),
        ReportKind::Json => json::report(report),
        ReportKind::Junit => junit::report(report),
        ReportKind::Sarif => sarif::report(report),
        ReportKind::Markdown => markdown::report(report),
        ReportKind::Github => github::report(report).commands,
    }
}

/// The result of `validate` in a format; every text ends in a newline.
pub fn render_validation(kind: ReportKind, validation: &Validation, style: &TermStyle) -> String {
    match kind {
        ReportKind::Human => human::validation(validation, style),
        ReportKind::Json => json::validation(validation),
        ReportKind::Junit => junit::validation(validation),
        ReportKind::Sarif => sarif::validation(validation),
        ReportKind::Markdown => markdown::validation(validation),
        ReportKind::Github => github::validation(validation).commands,
    }
}

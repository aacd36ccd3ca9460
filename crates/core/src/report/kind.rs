//! The formats, and the one place that chooses between them.

use super::style::TermStyle;
use super::{github, human, json, junit, markdown, sarif};
use crate::model::report::CheckReport;
use crate::model::validation::Validation;

/// A format. The exit code never depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReportFormat {
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

impl ReportFormat {
    /// All of them, in the order `--help` names them.
    pub const ALL: [ReportFormat; 6] = [
        ReportFormat::Human,
        ReportFormat::Json,
        ReportFormat::Junit,
        ReportFormat::Sarif,
        ReportFormat::Markdown,
        ReportFormat::Github,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            ReportFormat::Human => "human",
            ReportFormat::Json => "json",
            ReportFormat::Junit => "junit",
            ReportFormat::Sarif => "sarif",
            ReportFormat::Markdown => "markdown",
            ReportFormat::Github => "github",
        }
    }

    /// The format of a name; the error is a sentence that lists them.
    pub fn parse(name: &str) -> Result<ReportFormat, String> {
        ReportFormat::ALL.into_iter().find(|k| k.name() == name).ok_or_else(|| {
            let names: Vec<_> = ReportFormat::ALL.into_iter().map(ReportFormat::name).collect();
            let shown = super::text::terminal_cut(name, 40);
            format!("`{shown}` is not a format; the formats are {}", names.join(", "))
        })
    }
}

/// The verdict in a format; every text ends in a newline. For `Github` these are the workflow commands; what goes into
/// the files that GitHub names in the environment comes from `github::report`.
pub fn render(kind: ReportFormat, report: &CheckReport, style: &TermStyle) -> String {
    match kind {
        ReportFormat::Human => human::report(report, style),
        ReportFormat::Json => json::report(report),
        ReportFormat::Junit => junit::report(report),
        ReportFormat::Sarif => sarif::report(report),
        ReportFormat::Markdown => markdown::report(report),
        ReportFormat::Github => github::report(report).commands,
    }
}

/// The result of `validate` in a format; every text ends in a newline.
pub fn render_validation(kind: ReportFormat, validation: &Validation, style: &TermStyle) -> String {
    match kind {
        ReportFormat::Human => human::validation(validation, style),
        ReportFormat::Json => json::validation(validation),
        ReportFormat::Junit => junit::validation(validation),
        ReportFormat::Sarif => sarif::validation(validation),
        ReportFormat::Markdown => markdown::validation(validation),
        ReportFormat::Github => github::validation(validation).commands,
    }
}

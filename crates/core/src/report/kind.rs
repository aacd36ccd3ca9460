//! The formats, and the one place that chooses between them.

use super::style::Style;
use super::{github, human, json, junit, markdown, sarif};
use crate::model::report::Report;
use crate::model::validation::Validation;

/// A format. The exit code never depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
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

impl Kind {
    /// All of them, in the order `--help` names them.
    pub const ALL: [Kind; 6] =
        [Kind::Human, Kind::Json, Kind::Junit, Kind::Sarif, Kind::Markdown, Kind::Github];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Human => "human",
            Kind::Json => "json",
            Kind::Junit => "junit",
            Kind::Sarif => "sarif",
            Kind::Markdown => "markdown",
            Kind::Github => "github",
        }
    }

    /// The format of a name; the error is a sentence that lists them.
    pub fn parse(name: &str) -> Result<Kind, String> {
        Kind::ALL.into_iter().find(|k| k.name() == name).ok_or_else(|| {
            let names: Vec<_> = Kind::ALL.into_iter().map(Kind::name).collect();
            let shown = super::text::terminal_cut(name, 40);
            format!("`{shown}` is not a format; the formats are {}", names.join(", "))
        })
    }
}

/// The verdict in a format; every text ends in a newline. For `Github` these are the workflow commands; what goes into
/// the files that GitHub names in the environment comes from `github::report`.
pub fn render(kind: Kind, report: &Report, style: &Style) -> String {
    match kind {
        Kind::Human => human::report(report, style),
        Kind::Json => json::report(report),
        Kind::Junit => junit::report(report),
        Kind::Sarif => sarif::report(report),
        Kind::Markdown => markdown::report(report),
        Kind::Github => github::report(report).commands,
    }
}

/// The result of `validate` in a format; every text ends in a newline.
pub fn render_validation(kind: Kind, validation: &Validation, style: &Style) -> String {
    match kind {
        Kind::Human => human::validation(validation, style),
        Kind::Json => json::validation(validation),
        Kind::Junit => junit::validation(validation),
        Kind::Sarif => sarif::validation(validation),
        Kind::Markdown => markdown::validation(validation),
        Kind::Github => github::validation(validation).commands,
    }
}

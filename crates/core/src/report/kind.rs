//! The formats, and the one place that lists them.

use super::style::TermStyle;
use super::{github, human, json, junit, markdown, run_github, run_human, run_markdown, sarif};
use crate::model::report::CheckReport;
use crate::model::told::RunTold;
use crate::model::triage::TriageDiff;
use crate::model::validation::Validation;

/// A format: what it is called, and how it tells each sort of answer. `None`: it does not tell that one, and no verb that gives it has
/// the format.
pub struct ReportFormat {
    /// The name on the command line.
    pub name: &'static str,
    /// A verdict.
    pub report: Option<fn(&CheckReport, &TermStyle) -> String>,
    /// What `validate` found.
    pub validation: Option<fn(&Validation, &TermStyle) -> String>,
    /// A run.
    pub run: Option<fn(&RunTold<'_>, &TermStyle) -> String>,
    /// What changed between two runs; `true` where that is green.
    pub diff: Option<fn(&TriageDiff, bool) -> String>,
}

/// Makes the formats of their list: a line of it is all that one needs beside its file.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $format:expr;)*) => {
        /// A format. The exit code never depends on it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ReportKind {
            $($(#[$doc])* $kind,)*
        }

        impl ReportKind {
            /// All of them, in the order `--help` names them.
            pub const ALL: &[ReportKind] = &[$(ReportKind::$kind),*];

            /// What it can tell, and how.
            pub fn format(self) -> &'static ReportFormat {
                match self {
                    $(ReportKind::$kind => {
                        const FORMAT: &ReportFormat = &$format;
                        FORMAT
                    })*
                }
            }
        }
    };
}

kinds! {
    /// For a terminal.
    Human = ReportFormat {
        name: "human",
        report: Some(human::report),
        validation: Some(human::validation),
        run: Some(run_human::run),
        diff: Some(|diff, _| run_human::diff(diff)),
    };
    /// The document itself.
    Json = ReportFormat {
        name: "json",
        report: Some(|report, _| json::report(report)),
        validation: Some(|found, _| json::validation(found)),
        run: Some(|told, _| json::file(told.summary)),
        diff: Some(|diff, _| json::file(diff)),
    };
    /// JUnit XML.
    Junit = ReportFormat {
        name: "junit",
        report: Some(|report, _| junit::report(report)),
        validation: Some(|found, _| junit::validation(found)),
        run: None,
        diff: None,
    };
    /// SARIF 2.1.0 for code scanning.
    Sarif = ReportFormat {
        name: "sarif",
        report: Some(|report, _| sarif::report(report)),
        validation: Some(|found, _| sarif::validation(found)),
        run: None,
        diff: None,
    };
    /// Markdown for a report file or a comment.
    Markdown = ReportFormat {
        name: "markdown",
        report: Some(|report, _| markdown::report(report)),
        validation: Some(|found, _| markdown::validation(found)),
        run: Some(|told, _| run_markdown::run(told)),
        diff: Some(|diff, _| run_markdown::diff(diff)),
    };
    /// Workflow commands of GitHub Actions; what goes into the files that GitHub names in the environment is in `github::Github`.
    Github = ReportFormat {
        name: "github",
        report: Some(|report, _| github::report(report).commands),
        validation: Some(|found, _| github::validation(found).commands),
        run: Some(|told, _| run_github::run(told).commands),
        diff: Some(|diff, green| run_github::diff(diff, green).commands),
    };
}

impl ReportKind {
    /// What every verb answers in: as people read it, and as data.
    pub const OF_DATA: &[ReportKind] = &[ReportKind::Human, ReportKind::Json];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        self.format().name
    }

    /// Those that can tell something.
    pub fn telling(what: impl Fn(&ReportFormat) -> bool) -> Vec<ReportKind> {
        ReportKind::ALL.iter().copied().filter(|kind| what(kind.format())).collect()
    }

    /// The format of a name; the error is a sentence that lists them.
    pub fn parse(name: &str) -> Result<ReportKind, String> {
        ReportKind::ALL.iter().copied().find(|k| k.name() == name).ok_or_else(|| {
            let names: Vec<_> = ReportKind::ALL.iter().map(|kind| kind.name()).collect();
            let shown = super::text::terminal_cut(name, 40);
            format!("`{shown}` is not a format; the formats are {}", names.join(", "))
        })
    }
}

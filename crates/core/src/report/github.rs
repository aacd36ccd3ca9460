//! GitHub Actions: annotations as workflow commands, the step summary, and the step's outputs. Judged text cannot start
//! a command: it is escaped by `text::terminal`, and every line that we mean as a command is built here.

use super::issue::{self, Issue, Level};
use super::text::{fit, quoted, terminal, workflow_data, workflow_property};
use super::{changes, markdown, words};
use crate::model::report::CheckReport;
use crate::model::validation::Validation;
use crate::model::verdict::{Verdict, VerdictOutcome};
use std::collections::BTreeSet;
use tollgate_text::digest::sha256_hex;

/// Most annotations of one kind that a step shows.
pub(super) const SHOWN: usize = 10;
/// Longest message of one annotation, in characters.
pub(super) const MESSAGE: usize = 2_000;
/// Longest title, in characters.
pub(super) const TITLE: usize = 200;

/// What goes where. The caller prints the first and appends the others to the files that GitHub names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Github {
    /// For standard output: annotations, then one plain line with the outcome.
    pub commands: String,
    /// For the file named by `GITHUB_STEP_SUMMARY`: markdown below 1 MiB.
    pub summary: String,
    /// For the file named by `GITHUB_OUTPUT`: `verdict`, `passed`, `failed`, `warned`, `skipped`, `waived`,
    /// `verdict-path` (empty when not written), `failed-gates` (ids, separated by commas).
    pub output: String,
}

/// The verdict for a step of GitHub Actions.
pub fn report(report: &CheckReport) -> Github {
    let verdict = &report.verdict;
    let mut commands = String::new();
    if words::fails_without_gate(verdict) {
        commands.push_str(&bare(Level::Error, &words::outcome(verdict)));
    }
    if let Some(none) = &report.no_run {
        commands.push_str(&bare(Level::Error, &words::capital(&none.said)));
    }
    let room = SHOWN - commands.lines().count();
    let waits = |issue: &Issue<'_>| issue.gate.is_some_and(|gate| report.waits_for_a_run(gate));
    let issues: Vec<Issue<'_>> = issue::of_report(report).into_iter().filter(|issue| !waits(issue)).collect();
    annotate(&issues, room, &mut commands);
    let changed = changes::sentences(verdict);
    if !changed.is_empty() {
        let level = if changes::is_red(report) { Level::Warning } else { Level::Note };
        let said = changed.into_iter().chain(changes::way_out(report)).collect::<Vec<_>>().join(". ");
        commands.push_str(&bare(level, &format!("{}: {said}", changes::TITLE)));
    }
    let word = if verdict.verdict == VerdictOutcome::Pass { "PASS" } else { "FAIL" };
    commands.push_str(&format!("tollgate {word}: {}\n", terminal(&words::outcome(verdict))));
    Github { commands, summary: markdown::report(report), output: outputs(report) }
}

/// The result of `validate` for a step of GitHub Actions; outputs are `verdict`, `passed` and `failed` (files).
pub fn validation(validation: &Validation) -> Github {
    let mut commands = String::new();
    if validation.files.is_empty() {
        commands.push_str(&bare(Level::Error, &words::validation_outcome(validation)));
    }
    annotate(&issue::of_validation(validation), SHOWN, &mut commands);
    let passes = words::validation_passes(validation);
    let word = if passes { "PASS" } else { "FAIL" };
    commands.push_str(&format!("tollgate validate {word}: {}\n", words::validation_outcome(validation)));
    let output = [
        ("verdict", if passes { "pass".to_string() } else { "fail".into() }),
        ("passed", validation.valid.to_string()),
        ("failed", validation.invalid.to_string()),
    ];
    let output = output.iter().map(|(name, value)| set_output(name, value)).collect();
    Github { commands, summary: markdown::validation(validation), output }
}

/// At most `SHOWN` annotations of each kind (of errors at most `errors`): the first finding of every gate before the
/// second of any, and where that is not all, a last one that counts the rest.
fn annotate(issues: &[Issue<'_>], errors: usize, out: &mut String) {
    for (level, room) in [(Level::Error, errors), (Level::Warning, SHOWN), (Level::Note, SHOWN)] {
        let mut of_level: Vec<_> = issues.iter().filter(|i| i.level == level).collect();
        of_level.sort_by_key(|i| i.rank);
        let all = of_level.len();
        let shown = if all > room { room.saturating_sub(1) } else { all };
        for issue in &of_level[..shown] {
            out.push_str(&annotation(issue));
        }
        if all > shown {
            let rest = roll_up(&of_level[shown..]);
            out.push_str(&bare(level, &rest));
        }
    }
}

/// `12 more findings in 3 gates: a, b, c`.
fn roll_up(rest: &[&Issue<'_>]) -> String {
    let (mut names, mut seen) = (Vec::new(), BTreeSet::new());
    for issue in rest {
        let name = if issue.gate.is_some() { issue.rule } else { issue.region.path.as_str() };
        if seen.insert(name) {
            names.push(name);
        }
    }
    let noun = if rest.first().is_some_and(|i| i.gate.is_some()) { "gate" } else { "file" };
    format!(
        "{} in {} (the verdict and the step summary hold them): {}",
        words::count(rest.len(), "more finding"),
        words::count(names.len(), noun),
        names.join(", ")
    )
}

pub(super) fn command(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    }
}

/// An annotation of no file.
pub(super) fn bare(level: Level, message: &str) -> String {
    let message = workflow_data(&fit(&terminal(message), MESSAGE));
    format!("::{} title=tollgate::{message}\n", command(level))
}

fn annotation(issue: &Issue<'_>) -> String {
    let region = &issue.region;
    let about = issue.finding.and_then(|f| f.title.as_ref());
    let title = match issue.gate {
        Some(gate) if about.is_some() => {
            let about = about.map_or("", String::as_str);
            format!("{}: {about}", gate.status.name().to_ascii_uppercase())
        }
        Some(gate) => format!("{}: {}", gate.status.name().to_ascii_uppercase(), gate.id),
        None => format!("FAIL: {}", issue.rule),
    };
    let mut lines: Vec<String> = match issue.finding.filter(|_| about.is_some()) {
        Some(finding) => finding.message.lines().map(|line| fit(&quoted(line), MESSAGE)).collect(),
        None => vec![fit(&terminal(&issue.message), MESSAGE)],
    };
    // The annotation stands at the gate, or where its title says; of what has none it is said where the evidence stands.
    let evidence = issue.finding.filter(|_| issue.gate.is_some() && about.is_none());
    let evidence = evidence.and_then(words::place_and_pointer);
    lines.extend(evidence.map(|at| fit(&terminal(&format!("at {at}")), MESSAGE)));
    let alone = issue.finding.and_then(|f| f.reproduce.as_ref());
    let again = alone.or_else(|| issue.gate.map(|g| &g.reproduce_command));
    lines.extend(again.map(|line| format!("reproduce: {}", terminal(line))));
    // GitHub shows columns only within one line.
    let columns = if region.line == region.end_line {
        format!(",col={},endColumn={}", region.column, region.end_column)
    } else {
        String::new()
    };
    format!(
        "::{} file={},line={},endLine={}{columns},title={}::{}\n",
        command(issue.level),
        workflow_property(&terminal(&region.path)),
        region.line,
        region.end_line,
        workflow_property(&fit(&terminal(&title), TITLE)),
        workflow_data(&lines.join("\n")),
    )
}

fn outputs(report: &CheckReport) -> String {
    let Verdict { verdict, summary, .. } = &report.verdict;
    let failed: Vec<&str> = words::failed(report).iter().map(|g| g.id.as_str()).collect();
    let word = if *verdict == VerdictOutcome::Pass { "pass" } else { "fail" };
    let all = &summary.all;
    let values = [
        ("verdict", word.to_string()),
        ("passed", all.pass.to_string()),
        ("failed", all.fail.to_string()),
        ("warned", all.warn.to_string()),
        ("skipped", all.skip.to_string()),
        ("waived", all.waived.to_string()),
        ("verdict-path", report.verdict_path.clone().unwrap_or_default()),
        ("failed-gates", failed.join(",")),
    ];
    values.iter().map(|(name, value)| set_output(name, value)).collect()
}

/// One output. A value that could end its line is given between delimiters that are taken from its digest, so that no
/// value can hold its own.
pub(super) fn set_output(name: &str, value: &str) -> String {
    if !value.contains(['\n', '\r']) {
        return format!("{name}={value}\n");
    }
    let delimiter = format!("tollgate_{}", sha256_hex(value.as_bytes()));
    format!("{name}<<{delimiter}\n{value}\n{delimiter}\n")
}

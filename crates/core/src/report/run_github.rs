//! A run, and what changed between two, for a step of GitHub Actions: an annotation for each thing that failed, where it stands in the
//! source; the step summary; the step's outputs.

use super::github::{Github, MESSAGE, SHOWN, TITLE, bare, set_output};
use super::issue::Level;
use super::run_markdown::{self, NO_MESSAGE, title};
use super::text::{fit, quoted, terminal, workflow_data, workflow_property};
use super::words::count;
use crate::model::test::TestStatus;
use crate::model::told::{Failed, RunTold};
use crate::model::triage::{Diagnostic, DiffChange, TriageDiff};

/// Names that an annotation which counts lists.
const NAMED: usize = 10;

/// The run. Outputs: `verdict` (`pass`, `fail`), `status`, `passed`, `failed`, `flaky`, `quarantined`, `ignored` (tests),
/// `summary-path`, `failed-suites` (names, separated by commas).
pub fn run(told: &RunTold<'_>) -> Github {
    let summary = told.summary;
    let failed = &told.failed.listed;
    let all = failed.len() as u64 + told.failed.more;
    let room = if all > SHOWN as u64 { SHOWN - 1 } else { SHOWN };
    let mut commands: String = failed.iter().take(room).map(annotation).collect();
    if all > SHOWN as u64 {
        let names = failed.iter().skip(room).map(Failed::title).collect();
        let more = all - room as u64;
        let said = rest(more, "more failure", names);
        commands.push_str(&bare(Level::Error, &format!("{said}; the step summary holds them")));
    }
    // What is red by no failure says so itself: it was cut short, or ran no test.
    if !told.green && all == 0 {
        commands.push_str(&bare(Level::Error, &summary.told()));
    }
    let flaky = summary.all().flat_map(|(_, suite)| {
        let flaky = suite.tests.iter().filter(|test| test.status == TestStatus::Flaky);
        flaky.map(move |test| format!("{} ({} {})", test.name, suite.kind, suite.name))
    });
    let flaky: Vec<String> = flaky.collect();
    if !flaky.is_empty() {
        commands.push_str(&bare(Level::Warning, &rest(flaky.len() as u64, "flaky test", flaky)));
    }
    commands.push_str(&format!("tollgate run {}: {}\n", summary.word(), terminal(&summary.told())));
    Github { commands, summary: run_markdown::run(told), output: outputs(told) }
}

/// `12 more failures: a, b, c and 9 more`
fn rest(n: u64, noun: &str, names: Vec<String>) -> String {
    let shown: Vec<String> = names.iter().take(NAMED).map(|name| fit(name, TITLE)).collect();
    let more = match n.saturating_sub(shown.len() as u64) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}: {}{more}", count(n as usize, noun), shown.join(", "))
}

fn annotation(failed: &Failed) -> String {
    let place = failed.at.as_ref().map_or(String::new(), |at| {
        let line = at.line.map_or(String::new(), |line| format!(",line={line}"));
        let column = at.column.filter(|_| at.line.is_some());
        let column = column.map_or(String::new(), |column| format!(",col={column}"));
        format!("file={}{line}{column},", workflow_property(&terminal(&at.path)))
    });
    let message = if failed.message.is_empty() { NO_MESSAGE } else { &failed.message };
    let mut lines: Vec<String> = message.lines().map(|line| fit(&quoted(line), MESSAGE)).collect();
    lines.push(format!("again: {}", terminal(&failed.again)));
    let title = format!("{}: {}", failed.word, fit(&failed.title(), TITLE));
    format!(
        "::error {place}title={}::{}\n",
        workflow_property(&terminal(&title)),
        workflow_data(&lines.join("\n"))
    )
}

fn outputs(told: &RunTold<'_>) -> String {
    let summary = told.summary;
    let red = summary.all().filter(|(_, suite)| suite.status.is_failure());
    let red: Vec<&str> = red.map(|(_, suite)| suite.name.as_str()).collect();
    let count = |status| summary.tests(status).to_string();
    let values = [
        ("verdict", if told.green { "pass".to_string() } else { "fail".into() }),
        ("status", summary.status.name().into()),
        ("passed", count(TestStatus::Passed)),
        ("failed", count(TestStatus::Failed)),
        ("flaky", count(TestStatus::Flaky)),
        ("quarantined", count(TestStatus::Quarantined)),
        ("ignored", count(TestStatus::Ignored)),
        ("summary-path", told.summary_path.to_string()),
        ("failed-suites", red.join(",")),
    ];
    values.iter().map(|(name, value)| set_output(name, value)).collect()
}

/// The comparison. What fails and did not before is an error, what still fails a warning. Outputs: `verdict`, `status`, `regressions`
/// (new failures with them), `new-failures`, `still-failing`, `fixed`.
pub fn diff(diff: &TriageDiff, green: bool) -> Github {
    let mut commands = String::new();
    let c = &diff.summary;
    let of = |changes: &[DiffChange]| -> Vec<&Diagnostic> {
        diff.ranked_diagnostics.iter().filter(|d| changes.contains(&d.change)).collect()
    };
    let new = of(&[DiffChange::Regression, DiffChange::NewFailure]);
    changed(Level::Error, &new, c.regression_count, &mut commands);
    changed(Level::Warning, &of(&[DiffChange::KnownFailure]), c.still_failing_count, &mut commands);
    let status = diff.status.name().replace('_', " ");
    commands.push_str(&format!("tollgate diff {status}: {}\n", terminal(&diff.told())));
    let values = [
        ("verdict", if green { "pass".to_string() } else { "fail".into() }),
        ("status", diff.status.name().into()),
        ("regressions", c.regression_count.to_string()),
        ("new-failures", c.new_failure_count.to_string()),
        ("still-failing", c.still_failing_count.to_string()),
        ("fixed", c.fixed_count.to_string()),
    ];
    let output = values.iter().map(|(name, value)| set_output(name, value)).collect();
    Github { commands, summary: run_markdown::diff(diff), output }
}

/// At most `SHOWN` annotations, where that is not all the last one a count of the rest; `all` counts those that are not ranked, too.
fn changed(level: Level, of: &[&Diagnostic], all: u64, out: &mut String) {
    let all = all.max(of.len() as u64);
    let room = if all > SHOWN as u64 { SHOWN - 1 } else { SHOWN };
    for d in of.iter().take(room) {
        let state = |state: &Option<String>| state.clone().unwrap_or_else(|| "absent".into());
        let change = d.change.name().replace('_', " ");
        let mut said =
            format!("{}: {change}, {} -> {}", fit(&title(d), TITLE), state(&d.before), state(&d.after));
        if let Some(command) = &d.replay_command {
            said.push_str(&format!("; again: {command}"));
        }
        out.push_str(&bare(level, &said));
    }
    if all > SHOWN as u64 {
        let names = of.iter().skip(room).map(|d| title(d)).collect();
        out.push_str(&bare(level, &rest(all - room as u64, "more failure", names)));
    }
}

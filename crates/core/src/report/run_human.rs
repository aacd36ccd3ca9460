//! A run as people read it: one line a suite as it ends; at the end what failed, complete, and how to see it again. And what changed
//! between two runs.

use super::TermStyle;
use super::text::{fit, quoted, terminal, terminal_cut};
use crate::model::finding::SourceAt;
use crate::model::plan::{Plan, ShardKind};
use crate::model::record::{SuiteRecord, lint_log};
use crate::model::run::{LintResult, RunStatus};
use crate::model::test::{SourcePlace, TestCase, TestStatus};
use crate::model::told::{AllFailed, FIRST, Failed, RunTold};
use crate::model::triage::{Diagnostic, TriageDiff};
use std::fmt::Write as _;

/// Characters of an assertion's message on one line.
const MESSAGE: usize = 300;
/// Characters of a name, or of a place.
const NAME: usize = 500;
/// Characters of a line of output.
const OUTPUT: usize = 500;
/// Diagnostics of a comparison that are shown; the JSON has more.
const SHOWN: usize = 25;

fn seconds(ms: u64) -> String {
    format!("{:.2} s", ms as f64 / 1000.0)
}

/// `12 passed, 1 failed, 2 ignored`: only what there is.
fn tally(record: &SuiteRecord) -> String {
    let result = &record.result;
    let quarantined = result.tests.iter().filter(|t| t.status == TestStatus::Quarantined).count() as u64;
    let left = result.tests.iter().filter(|t| t.status == TestStatus::NotRun).count() as u64;
    let counts = [
        (result.passed, "passed"),
        (result.failed, "failed"),
        (result.flaky, "flaky"),
        (quarantined, "quarantined"),
        (result.ignored, "ignored"),
        (left, "not run"),
    ];
    let parts: Vec<String> =
        counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    if parts.is_empty() { "no tests".into() } else { parts.join(", ") }
}

/// The line of a suite that has ended; no line end.
pub fn line(record: &SuiteRecord, style: &TermStyle) -> String {
    let result = &record.result;
    let attempts =
        if result.attempts > 1 { format!(" in {} attempts", result.attempts) } else { String::new() };
    let fault = match &record.fault {
        Some(fault) if result.status.is_failure() => format!("; {}", fit(&quoted(fault), 160)),
        _ => String::new(),
    };
    let left = match record.leftovers {
        0 => String::new(),
        n => format!("; {n} left-over process{} ended", if n == 1 { "" } else { "es" }),
    };
    format!(
        "  {} {:>10}  {:<5} {}  {}{attempts}{fault}{left}",
        style.outcome(result.status.word(), result.status.is_failure()),
        seconds(result.duration_ms),
        terminal(&result.kind),
        terminal_cut(&result.name, NAME),
        tally(record)
    )
}

/// The line of a lint step.
pub fn lint_line(lint: &LintResult, style: &TermStyle) -> String {
    let word = if lint.passed { "PASS" } else { "FAIL" };
    format!(
        "  {} {:>10}  lint  {}",
        style.outcome(word, !lint.passed),
        seconds(lint.duration_ms),
        terminal(&lint.name)
    )
}

/// What is about to run; ends in a newline.
pub fn planned(plan: &Plan, folder: &str, expected_ms: Option<u64>) -> String {
    let suites = match plan.items.len() {
        0 => "no suites".into(),
        1 => "1 suite".into(),
        n => format!("{n} suites"),
    };
    let shard = match plan.shard.kind {
        ShardKind::None => String::new(),
        kind => format!(", {} {}", kind.name(), plan.shard.shown()),
    };
    let expected = expected_ms.map_or(String::new(), |ms| format!(", {} by earlier runs", about(ms)));
    format!("profile {}{shard}: {suites} into {}{expected}\n", terminal(&plan.profile), terminal(folder))
}

/// `less than a second`, `12 s`, `3 min`
fn about(ms: u64) -> String {
    match ms {
        0..1_000 => "less than a second".into(),
        1_000..120_000 => format!("about {} s", (ms + 500) / 1_000),
        _ => format!("about {} min", ms.saturating_add(30_000) / 60_000),
    }
}

/// The end of a run.
pub fn run(told: &RunTold<'_>, style: &TermStyle) -> String {
    let summary = told.summary;
    let mut out = String::new();
    for record in told.records.iter().filter(|r| r.result.status.is_failure()) {
        out.push_str(&failure(record, told.failed, (told.output)(record), style));
    }
    for lint in summary.lint.iter().filter(|l| !l.passed) {
        out.push_str(&lint_failure(told, &lint.name, style));
    }
    if !summary.not_run.is_empty() {
        let names: Vec<String> = summary.not_run.iter().map(|n| terminal(&n.name)).collect();
        let _ = writeln!(out, "not run  {}", fit(&names.join(", "), 400));
    }
    if !summary.lint_not_run.is_empty() {
        let names: Vec<String> = summary.lint_not_run.iter().map(|n| terminal(n)).collect();
        let _ = writeln!(out, "not run  lint {}", fit(&names.join(", "), 400));
    }
    if let Some(diff) = told.diff {
        let status = diff.status.name().replace('_', " ");
        let _ = writeln!(out, "against  {}: {status}; {}", terminal(&diff.baseline), diff.told());
    }
    let word = summary.word();
    let _ = writeln!(out, "{} {}", style.outcome(word, word != "PASSED"), summary.told());
    let _ = writeln!(out, "summary  {}", terminal(told.summary_path));
    let label = if summary.status == RunStatus::Passed { "again" } else { "replay" };
    let _ = writeln!(out, "{label}\n    {}", terminal(told.replay));
    if let Some(whole) = told.whole {
        let _ = writeln!(out, "the replay shows nothing of the rest; now run the whole: {}", terminal(whole));
    }
    out
}

fn lint_failure(run: &RunTold<'_>, name: &str, style: &TermStyle) -> String {
    let mut out = format!("\n{} lint {}\n", style.outcome("FAIL", true), terminal(name));
    let told = run.failed.listed.iter().find(|failed| failed.kind.is_none() && failed.suite == name);
    if let Some(at) = told.and_then(|failed| failed.at.as_ref()) {
        let _ = writeln!(out, "  at       {}", terminal(&at.show()));
    }
    let folder = run.summary_path.strip_suffix("summary.json").unwrap_or("");
    let _ = writeln!(out, "  log      {}", terminal(&format!("{folder}{}", lint_log(name))));
    out
}

fn failure(record: &SuiteRecord, all: &AllFailed, tail: Option<String>, style: &TermStyle) -> String {
    let result = &record.result;
    let mut out = format!(
        "\n{} {} ({})\n",
        style.outcome(result.status.word(), true),
        terminal_cut(&result.name, NAME),
        terminal(&result.kind)
    );
    if let Some(fault) = &record.fault {
        let _ = writeln!(out, "  why      {}", quoted(fault));
    }
    if let Some(flake) = result.flake {
        let _ = writeln!(out, "  retried  {}", flake.means());
    }
    out.push_str(&failed_tests(record, all));
    let cause = record.root_cause_class.map(|c| serde_json::to_value(c).unwrap_or_default());
    if let Some(cause) = cause.as_ref().and_then(|c| c.as_str()) {
        let _ = writeln!(
            out,
            "  cause    {}, signature {}",
            cause.replace('_', " "),
            terminal(record.signature.as_deref().unwrap_or("none"))
        );
    }
    if !record.log.is_empty() {
        let _ = writeln!(out, "  log      {}", terminal(&record.log));
    }
    if let Some(tail) = tail.filter(|t| !t.trim().is_empty()) {
        out.push_str("  output, its end\n");
        for text in tail.lines() {
            let _ = writeln!(out, "{}", format!("    {}", fit(&quoted(text), OUTPUT)).trim_end());
        }
    }
    let _ = writeln!(out, "  command\n    {}", terminal(&record.command));
    out
}

fn failed_tests(record: &SuiteRecord, all: &AllFailed) -> String {
    let result = &record.result;
    let mine = |failed: &&Failed| {
        failed.test.is_some()
            && failed.suite == result.name
            && failed.kind.as_deref() == Some(result.kind.as_str())
    };
    let red: Vec<&Failed> = all.listed.iter().filter(mine).take(FIRST).collect();
    let mut cases: Vec<&TestCase> =
        record.failures.iter().filter(|c| c.status == TestStatus::Failed).collect();
    let mut out = String::new();
    for failed in &red {
        let name = failed.test.as_deref().unwrap_or_default();
        let case = cases.iter().position(|case| case.name == name).map(|at| cases.remove(at));
        out.push_str(&test_lines(failed, case));
        if let Some(flake) = result.tests.iter().find(|t| t.name == name).and_then(|t| t.flake) {
            let _ = writeln!(out, "  retried  {}", flake.means());
        }
    }
    match (result.failed as usize).saturating_sub(red.len()) {
        0 => {}
        1 => out.push_str("  and 1 more failed test\n"),
        more => _ = writeln!(out, "  and {more} more failed tests"),
    }
    out
}

/// A failed test: where, what it said, and the command that runs it alone.
fn test_lines(failed: &Failed, case: Option<&TestCase>) -> String {
    let mut out = format!("  test     {}\n", terminal_cut(failed.test.as_deref().unwrap_or_default(), NAME));
    let as_told = || case.and_then(|case| case.failure.as_ref()?.place.as_ref()).map(told_place);
    if let Some(at) = failed.at.as_ref().map(SourceAt::show).or_else(as_told) {
        let _ = writeln!(out, "  at       {}", terminal_cut(&at, NAME));
    }
    for (at, text) in failed.message.lines().enumerate() {
        let label = if at == 0 { "says" } else { "" };
        let _ = writeln!(out, "  {label:<8} {}", fit(&quoted(text), MESSAGE));
    }
    if let Some(alone) = &failed.alone {
        let _ = writeln!(out, "  again    {}", terminal(alone));
    }
    out
}

/// A place as the tool told it, which is none in the workspace.
fn told_place(place: &SourcePlace) -> String {
    match (place.line, place.column) {
        (0, _) => place.file.clone(),
        (line, 0) => format!("{}:{line}", place.file),
        (line, column) => format!("{}:{line}:{column}", place.file),
    }
}

/// The counts on one line, then the status, then the worst diagnostics; ends in a newline.
pub fn diff(triage: &TriageDiff) -> String {
    let mut out = String::new();
    // Writing into a string cannot fail.
    let c = &triage.summary;
    let _ = writeln!(
        out,
        "regressions {} fixed {} still_failing {} new_failures {} new_passes {} removed {}",
        c.regression_count - c.new_failure_count,
        c.fixed_count,
        c.still_failing_count,
        c.new_failure_count,
        c.new_pass_count,
        c.removed_count
    );
    let _ = write!(out, "{} against {}", triage.status.name(), terminal(&triage.baseline));
    let _ =
        writeln!(out, ": flaky {} removed {} not_run {}", c.flaky_count, c.removed_count, c.not_run_count);
    if triage.not_compared > 0 {
        let n = triage.not_compared;
        let (suites, are) = if n == 1 { ("suite", "is") } else { ("suites", "are") };
        let _ =
            writeln!(out, "{n} {suites} of the baseline {are} not compared: this run was not asked for them");
    }
    for diagnostic in triage.ranked_diagnostics.iter().take(SHOWN) {
        diagnostic_lines(&mut out, diagnostic);
    }
    let all = triage.ranked_diagnostics.len() as u64 + triage.omitted;
    if all > SHOWN as u64 {
        let _ = writeln!(out, "and {} more", all - SHOWN as u64);
    }
    if c.regression_count + c.still_failing_count > 0 {
        let _ = writeln!(
            out,
            "replay what fails: {}",
            terminal(&triage.recommended_commands.runner_repro_command)
        );
    }
    out
}

fn diagnostic_lines(out: &mut String, d: &Diagnostic) {
    let test = d.test.as_ref().map_or(String::new(), |test| format!(" {}", terminal_cut(test, 200)));
    let suite = terminal_cut(&format!("{}/{}", d.kind, d.suite), 200);
    let state = |state: &Option<String>| terminal(state.as_deref().unwrap_or("absent"));
    let (before, after) = (state(&d.before), state(&d.after));
    let _ = writeln!(
        out,
        "{:>4}  {:<7}  {:<13}  {suite}{test}  {before} -> {after}",
        d.rank,
        d.severity,
        d.change.name()
    );
    let _ = writeln!(out, "      {}", terminal(&d.reasons.join("; ")));
    if let Some(command) = &d.replay_command {
        let _ = writeln!(out, "      {}", terminal(command));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_is_expected_is_told_roughly() {
        assert_eq!(
            [0, 999, 1_400, 119_999, 200_000].map(about),
            ["less than a second", "less than a second", "about 1 s", "about 120 s", "about 3 min"]
        );
    }
}

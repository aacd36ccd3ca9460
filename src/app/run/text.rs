//! A run as people read it: one line a suite as it ends; at the end what failed, complete, and how to see it again.

use super::execute::RunAnswer;
use crate::base::files::read_tail;
use crate::model::plan::{Plan, ShardKind};
use crate::model::record::SuiteRecord;
use crate::model::run::{LintResult, RunStatus, Summary};
use crate::model::suite::SuiteStatus;
use crate::model::test::{Case, TestStatus};
use crate::model::triage::TriageDiff;
use crate::record::lint_log;
use crate::report::Style;
use crate::report::text::{fit, terminal};
use std::fmt::Write as _;
use std::path::Path;

/// Failed tests of one suite that are shown in full.
const SHOWN: usize = 20;
/// Characters of an assertion's message on one line.
const MESSAGE: usize = 300;
/// Bytes at the end of a log that its last lines are looked for in.
const TAIL: u64 = 16 << 10;

fn word(status: SuiteStatus) -> &'static str {
    match status {
        SuiteStatus::Passed => "PASS",
        SuiteStatus::Failed => "FAIL",
        SuiteStatus::Flaky => "FLAKY",
        SuiteStatus::Ignored => "IGNORED",
        SuiteStatus::Quarantined => "QUARANTINED",
        SuiteStatus::NotRun => "NOT RUN",
        SuiteStatus::TimedOut => "TIMEOUT",
        SuiteStatus::Crashed => "CRASH",
        SuiteStatus::Missing => "MISSING",
    }
}

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
pub fn line(record: &SuiteRecord, style: &Style) -> String {
    let result = &record.result;
    let attempts =
        if result.attempts > 1 { format!(" in {} attempts", result.attempts) } else { String::new() };
    let fault = match &record.fault {
        Some(fault) if result.status.is_failure() => format!("; {}", fit(&terminal(fault), 160)),
        _ => String::new(),
    };
    let left = match record.leftovers {
        0 => String::new(),
        n => format!("; {n} left-over process{} ended", if n == 1 { "" } else { "es" }),
    };
    format!(
        "  {} {:>10}  {:<5} {}  {}{attempts}{fault}{left}",
        style.outcome(word(result.status), result.status.is_failure()),
        seconds(result.duration_ms),
        terminal(&result.kind),
        terminal(&result.name),
        tally(record)
    )
}

/// The line of a lint step.
pub fn lint_line(lint: &LintResult, style: &Style) -> String {
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
    let (suites, units) = super::prepare::counts(&plan.items);
    let shard = match plan.shard.kind {
        ShardKind::None => String::new(),
        kind => format!(", {} {}", kind.name(), plan.shard.shown()),
    };
    let expected = expected_ms.map_or(String::new(), |ms| format!(", about {} by the last run", seconds(ms)));
    format!(
        "profile {}{shard}: {suites} suites and {units} units into {}{expected}\n",
        terminal(&plan.profile),
        terminal(folder)
    )
}

/// The end of a run. `tail` gives the end of a suite's output, where it is to be shown.
pub fn end(answer: &RunAnswer, tail: &dyn Fn(&SuiteRecord) -> Option<String>, style: &Style) -> String {
    let written = &answer.written;
    let summary = &written.summary;
    let mut out = String::new();
    let failed: Vec<&SuiteRecord> = written.records.iter().filter(|r| r.result.status.is_failure()).collect();
    for record in &failed {
        out.push_str(&failure(record, tail(record), style));
    }
    for lint in summary.lint.iter().filter(|l| !l.passed) {
        let folder = written.summary_path.strip_suffix("summary.json").unwrap_or("");
        let log = format!("{folder}{}", lint_log(&lint.name));
        let _ = writeln!(
            out,
            "\n{} lint {}\n  log      {}",
            style.outcome("FAIL", true),
            terminal(&lint.name),
            terminal(&log)
        );
    }
    if !summary.not_run.is_empty() {
        let names: Vec<String> = summary.not_run.iter().map(|n| terminal(&n.name)).collect();
        let _ = writeln!(out, "not run  {}", fit(&names.join(", "), 400));
    }
    if !summary.lint_not_run.is_empty() {
        let names: Vec<String> = summary.lint_not_run.iter().map(|n| terminal(n)).collect();
        let _ = writeln!(out, "not run  lint {}", fit(&names.join(", "), 400));
    }
    if let Some(diff) = &written.diff {
        out.push_str(&changes(diff));
    }
    out.push_str(&counts(summary, style));
    let _ = writeln!(out, "summary  {}", terminal(&written.summary_path));
    let label = if summary.status == RunStatus::Passed { "again" } else { "replay" };
    let _ = writeln!(out, "{label}\n    {}", terminal(&written.replay));
    if let Some(whole) = &answer.whole {
        let _ = writeln!(out, "the replay shows nothing of the rest; now run the whole: {}", terminal(whole));
    }
    out
}

fn failure(record: &SuiteRecord, tail: Option<String>, style: &Style) -> String {
    let result = &record.result;
    let mut out = format!(
        "\n{} {} ({})\n",
        style.outcome(word(result.status), true),
        terminal(&result.name),
        terminal(&result.kind)
    );
    if let Some(fault) = &record.fault {
        let _ = writeln!(out, "  why      {}", terminal(fault));
    }
    if let Some(flake) = result.flake {
        let _ = writeln!(out, "  retried  {}", flake.means());
    }
    let red: Vec<&Case> = record.failures.iter().filter(|c| c.status == TestStatus::Failed).collect();
    for case in red.iter().take(SHOWN) {
        out.push_str(&case_lines(case));
        if let Some(flake) = result.tests.iter().find(|t| t.name == case.name).and_then(|t| t.flake) {
            let _ = writeln!(out, "  retried  {}", flake.means());
        }
    }
    let all = result.tests.iter().filter(|t| t.status == TestStatus::Failed).count();
    if all > red.len().min(SHOWN) {
        let _ = writeln!(out, "  and {} more failed tests", all - red.len().min(SHOWN));
    }
    let cause = record.root_cause_class.map(|c| serde_json::to_value(c).unwrap_or_default());
    if let Some(cause) = cause.as_ref().and_then(|c| c.as_str()) {
        let _ = writeln!(
            out,
            "  cause    {cause}, signature {}",
            terminal(record.signature.as_deref().unwrap_or("none"))
        );
    }
    if !record.log.is_empty() {
        let _ = writeln!(out, "  log      {}", terminal(&record.log));
    }
    if let Some(tail) = tail.filter(|t| !t.trim().is_empty()) {
        out.push_str("  output, its end\n");
        for text in tail.lines() {
            let _ = writeln!(out, "    {}", terminal(text));
        }
    }
    let _ = writeln!(out, "  command\n    {}", terminal(&record.command));
    out
}

fn case_lines(case: &Case) -> String {
    let mut out = format!("  test     {}\n", terminal(&case.name));
    let Some(failure) = &case.failure else { return out };
    if let Some(place) = &failure.place {
        let _ = writeln!(out, "  at       {}:{}:{}", terminal(&place.file), place.line, place.column);
    }
    let message = failure.message.trim();
    if !message.is_empty() {
        for (at, text) in message.lines().take(8).enumerate() {
            let label = if at == 0 { "says" } else { "" };
            let _ = writeln!(out, "  {label:<8} {}", fit(&terminal(text), MESSAGE));
        }
    }
    out
}

fn changes(diff: &TriageDiff) -> String {
    let c = &diff.summary;
    let not_compared = match diff.not_compared {
        0 => String::new(),
        n => format!("; {n} suite{} not compared", if n == 1 { "" } else { "s" }),
    };
    format!(
        "against  {}: {}; {} regressions, {} of them new tests, {} still failing, {} fixed, {} removed, {} not run{not_compared}\n",
        terminal(&diff.baseline),
        diff.status.name(),
        c.regression_count,
        c.new_failure_count,
        c.still_failing_count,
        c.fixed_count,
        c.removed_count,
        c.not_run_count
    )
}

fn counts(summary: &Summary, style: &Style) -> String {
    let tests = |status| {
        let all = summary.all().flat_map(|(_, s)| &s.tests);
        all.filter(|t| t.status == status).count()
    };
    let masked = match summary.masked {
        0 => String::new(),
        n => format!("; {n} secret{} masked", if n == 1 { "" } else { "s" }),
    };
    let masked = match summary.mask_allowed {
        0 => masked,
        n => format!("{masked}; {n} text{} let through by [mask] allow", if n == 1 { "" } else { "s" }),
    };
    let lint = summary.lint.iter().filter(|l| !l.passed).count();
    let lint = match lint {
        0 => String::new(),
        n => format!("; {n} lint step{} failed", if n == 1 { "" } else { "s" }),
    };
    let nothing = summary.status == RunStatus::Passed && summary.shows_nothing();
    let word = if nothing { "NOTHING".into() } else { summary.status.name().to_ascii_uppercase() };
    let nothing = if nothing { "; no test ran, so nothing is proven" } else { "" };
    format!(
        "{} {} of {} suites and {} of {} units passed; tests: {} passed, {} failed, {} flaky, {} quarantined, {} ignored{lint}{masked}{nothing}\n",
        style.outcome(&word, word != "PASSED"),
        summary.passed_suites,
        summary.total_suites,
        summary.passed_units,
        summary.total_units,
        tests(TestStatus::Passed),
        tests(TestStatus::Failed),
        tests(TestStatus::Flaky),
        tests(TestStatus::Quarantined),
        tests(TestStatus::Ignored),
    )
}

/// The last lines of a suite's log, at most `lines` of them; empty where it cannot be read.
pub fn log_tail(root: &Path, log: &str, lines: usize) -> String {
    let bytes = read_tail(&root.join(log), log, TAIL).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

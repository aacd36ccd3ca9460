//! A run, and what changed between two, as markdown for a step summary, a report file or a comment: a table of the suites, then each
//! thing that failed with its place, what it said and the command that repeats it. Bounded as the report of a verdict is.

use super::markdown::{CELL, FIELD, LIMIT, Page, TextBlock};
use super::text::{cut, fit, markdown, markdown_code, markdown_fence, markdown_quote};
use super::words::{capital, count, short};
use crate::model::plan::ShardKind;
use crate::model::run::RunSummary;
use crate::model::suite::SuiteResult;
use crate::model::test::TestStatus;
use crate::model::told::{Failed, RunTold};
use crate::model::triage::{Diagnostic, TriageDiff};

/// Names of flaky and quarantined tests, of what did not run, and changes against a baseline that are listed.
const NAMED: usize = 20;

/// The report of a run within `LIMIT` bytes, ending in a newline.
pub fn run(told: &RunTold<'_>) -> String {
    bounded(told, LIMIT)
}

fn bounded(told: &RunTold<'_>, limit: usize) -> String {
    let summary = told.summary;
    let tail = tail(told);
    let mut page = Page::new(limit.saturating_sub(tail.len()), head(summary));
    page.kept_in = "summary.json";
    let mut suites: Vec<&SuiteResult> = summary.all().map(|(_, suite)| suite).collect();
    // Of many the table shows the first: those that failed.
    suites.sort_by_key(|suite| !suite.status.is_failure());
    let lint = summary.lint.iter().map(|step| {
        let word = if step.passed { "PASS" } else { "FAIL" };
        let name = markdown_code(&fit(&step.name, CELL));
        format!("| {word} | {name} | lint | | | | {} |\n", seconds(step.duration_ms))
    });
    let rows = lint.chain(suites.into_iter().map(row)).collect::<Vec<_>>();
    if !rows.is_empty() {
        let head = "| Status | Suite | Kind | Passed | Failed | Other | Time |\n| --- | --- | --- | ---: | ---: | --- | ---: |\n";
        page.table(head, rows.into_iter(), "suite");
    }
    page.blocks("What failed", told.failed.listed.iter().map(block), "failure");
    if !told.failed.listed.is_empty() {
        page.text.push('\n');
    }
    if told.failed.more > 0 {
        page.text
            .push_str(&format!("**And {} more failed; all are in summary.json.**\n\n", told.failed.more));
    }
    page.text + &tail
}

fn head(summary: &RunSummary) -> String {
    let identity = &summary.identity;
    let mut of = vec![format!("Profile {}", markdown_code(&fit(&summary.profile, CELL)))];
    of.extend(identity.commit.as_deref().map(|c| format!("commit {}", markdown_code(short(c)))));
    of.extend(identity.branch.as_deref().map(|b| format!("branch {}", markdown_code(&fit(b, CELL)))));
    if summary.shard.kind != ShardKind::None {
        of.push(format!("{} {}", summary.shard.kind.name(), summary.shard.shown()));
    }
    let stale = summary
        .stale
        .as_ref()
        .map_or(String::new(), |why| format!("These results are stale: {}.\n\n", markdown(&fit(why, FIELD))));
    format!(
        "## tollgate run: {}\n\n{}.\n\n{}, at {}.\n\n{stale}",
        summary.word(),
        markdown(&capital(&summary.told())),
        of.join(", "),
        markdown(&identity.generated_at)
    )
}

fn seconds(ms: u64) -> String {
    format!("{:.1} s", ms as f64 / 1000.0)
}

fn row(suite: &SuiteResult) -> String {
    let others = [
        (suite.flaky, "flaky"),
        (with(suite, TestStatus::Quarantined), "quarantined"),
        (suite.ignored, "ignored"),
        (with(suite, TestStatus::NotRun), "not run"),
    ];
    let others: Vec<String> =
        others.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    format!(
        "| {} | {} | {} | {} | {} | {} | {} |\n",
        suite.status.word(),
        markdown_code(&fit(&suite.name, CELL)),
        markdown(&fit(&suite.kind, CELL)),
        suite.passed,
        suite.failed,
        others.join(", "),
        seconds(suite.duration_ms)
    )
}

fn with(suite: &SuiteResult, status: TestStatus) -> u64 {
    suite.tests.iter().filter(|test| test.status == status).count() as u64
}

fn block(failed: &Failed) -> TextBlock {
    let at = failed.at.as_ref().map_or(String::new(), |at| format!(" at {}", markdown_code(&at.show())));
    let title = format!("- **{}**{at}\n", markdown(&fit(&failed.title(), FIELD)));
    let again = format!("  - again {}\n", markdown_code(&failed.again));
    let message = if failed.message.is_empty() { NO_MESSAGE } else { &failed.message };
    let fence: String =
        markdown_quote(&fit(message, FIELD)).lines().map(|line| format!("  {line}\n")).collect();
    TextBlock { full: format!("{title}{fence}{again}"), short: title }
}

/// What is said of a test whose report has no message.
pub(super) const NO_MESSAGE: &str = "it failed, and its report says no more";

/// What is flaky or quarantined, what did not run, what changed, and how to see it again; small beside the limit.
fn tail(told: &RunTold<'_>) -> String {
    let summary = told.summary;
    let mut out = String::new();
    for (title, status) in [("Flaky", TestStatus::Flaky), ("Quarantined", TestStatus::Quarantined)] {
        let names = summary.all().flat_map(|(_, suite)| {
            let of = move |test: &str| format!("{test} ({} {})", suite.kind, suite.name);
            suite.tests.iter().filter(move |test| test.status == status).map(move |test| of(&test.name))
        });
        named(&format!("{title} tests"), names.collect(), &mut out);
    }
    let left = summary.not_run.iter().map(|item| format!("{} {}", item.kind, item.name));
    let lint = summary.lint_not_run.iter().map(|name| format!("lint step {name}"));
    named("Did not run", left.chain(lint).collect(), &mut out);
    if let Some(diff) = told.diff {
        out.push_str(&format!(
            "### Against {}: {}\n\n{}.\n\n",
            markdown(&fit(&diff.baseline, CELL)),
            diff.status.name().replace('_', " "),
            markdown(&capital(&diff.told()))
        ));
        ranked(diff, NAMED).iter().for_each(|row| out.push_str(row));
        let more = all(diff).saturating_sub(NAMED as u64);
        if more > 0 {
            out.push_str(&format!("\nand {more} more\n"));
        }
        out.push('\n');
    }
    let title = if told.green { "Again" } else { "Replay what failed" };
    out.push_str(&format!("{title}:\n\n{}", markdown_fence("sh", told.replay)));
    if let Some(whole) = told.whole {
        let said = "The replay shows nothing of the rest; now run the whole:";
        out.push_str(&format!("\n{said}\n\n{}", markdown_fence("sh", whole)));
    }
    out
}

fn named(title: &str, names: Vec<String>, out: &mut String) {
    if names.is_empty() {
        return;
    }
    out.push_str(&format!("### {title}\n\n"));
    for name in names.iter().take(NAMED) {
        out.push_str(&format!("- {}\n", markdown_code(&fit(name, CELL))));
    }
    if names.len() > NAMED {
        out.push_str(&format!("- and {} more\n", names.len() - NAMED));
    }
    out.push('\n');
}

/// How many diagnostics a comparison has, those that it leaves out with them.
fn all(diff: &TriageDiff) -> u64 {
    diff.ranked_diagnostics.len() as u64 + diff.omitted
}

/// The first diagnostics as rows of a table, with its head.
fn ranked(diff: &TriageDiff, most: usize) -> Vec<String> {
    if diff.ranked_diagnostics.is_empty() {
        return Vec::new();
    }
    let rows = diff.ranked_diagnostics.iter().take(most).map(ranked_row);
    std::iter::once(RANKED_HEAD.to_string()).chain(rows).collect()
}

const RANKED_HEAD: &str =
    "| # | Severity | What | Change | Before | Now | Again |\n| ---: | --- | --- | --- | --- | --- | --- |\n";

fn ranked_row(d: &Diagnostic) -> String {
    let state = |state: &Option<String>| markdown(&fit(state.as_deref().unwrap_or("absent"), CELL));
    let command = d.replay_command.as_deref().map(|line| markdown_code(&cut(line, FIELD)));
    format!(
        "| {} | {} | {} | {} | {} | {} | {} |\n",
        d.rank,
        markdown(&d.severity),
        markdown_code(&fit(&title(d), CELL)),
        d.change.name().replace('_', " "),
        state(&d.before),
        state(&d.after),
        command.unwrap_or_default()
    )
}

/// `test (kind suite)`, or the suite; untrusted, escape it.
pub(super) fn title(d: &Diagnostic) -> String {
    match &d.test {
        Some(test) => format!("{test} ({} {})", d.kind, d.suite),
        None => format!("{} {}", d.kind, d.suite),
    }
}

/// What changed between two runs within `LIMIT` bytes, ending in a newline.
pub fn diff(diff: &TriageDiff) -> String {
    let head = format!(
        "## tollgate diff: {}\n\n{}, against {}.\n\n",
        diff.status.name().replace('_', " "),
        markdown(&capital(&diff.told())),
        markdown_code(&fit(&diff.baseline, CELL))
    );
    let c = &diff.summary;
    let tail = if c.regression_count + c.still_failing_count > 0 {
        let fence = markdown_fence("sh", &diff.recommended_commands.runner_repro_command);
        format!("Replay what fails:\n\n{fence}")
    } else {
        String::new()
    };
    // A table takes half of a page, and here it is all of it.
    let mut page = Page::new((LIMIT - tail.len().min(LIMIT)) * 2, head);
    page.kept_in = "the JSON of the comparison";
    if !diff.ranked_diagnostics.is_empty() {
        page.table(RANKED_HEAD, diff.ranked_diagnostics.iter().map(ranked_row), "change");
    }
    if diff.omitted > 0 {
        page.text
            .push_str(&format!("{} not ranked.\n\n", capital(&count(diff.omitted as usize, "more change"))));
    }
    page.text + &tail
}

//! `run_report.md`: what a person reads of a run. Everything that came from output, names or commands is escaped.

use std::fmt::Write as _;
use tollgate_core::model::failure::FailureDigest;
use tollgate_core::model::run::RunSummary;
use tollgate_core::model::suite::SuiteResult;
use tollgate_core::model::test::TestStatus;
use tollgate_core::model::triage::TriageDiff;
use tollgate_text::ansi::without_ansi;
use tollgate_text::escape::{cut, markdown, markdown_code};

/// Failed tests of one suite, diagnostics and suites that did not run that are listed; the rest is counted.
const LISTED: usize = 20;

/// Characters of an assertion's message.
const MESSAGE: usize = 300;

/// The report, ending in a newline. `digests` are those of the failed suites, `triage` the comparison with the baseline
/// where there was one.
pub fn run_report(summary: &RunSummary, digests: &[FailureDigest], triage: Option<&TriageDiff>) -> String {
    let mut out = String::new();
    head(&mut out, summary);
    failures(&mut out, summary, digests);
    if let Some(triage) = triage {
        compared(&mut out, triage);
    }
    not_run(&mut out, summary);
    table(&mut out, summary);
    out
}

/// Writing to a String cannot fail.
macro_rules! put {
    ($out:expr, $($text:tt)*) => {{ let _ = writeln!($out, $($text)*); }};
}

fn head(out: &mut String, summary: &RunSummary) {
    let identity = &summary.identity;
    put!(out, "# Run {}\n", markdown(&identity.run_id));
    let mut of = vec![format!("Profile {}", markdown_code(&summary.profile))];
    of.extend(identity.commit.as_deref().map(|c| format!("commit {}", markdown_code(&cut_commit(c)))));
    of.extend(identity.branch.as_deref().map(|b| format!("branch {}", markdown_code(b))));
    if summary.shard.total > 1 {
        let shard = &summary.shard;
        of.push(format!("{} {}", shard.kind.name(), shard.shown()));
    }
    put!(out, "{}: **{}**.\n", of.join(", "), summary.status.name());
    put!(out, "- {}", markdown(&summary.told()));
    for lint in &summary.lint {
        put!(
            out,
            "- lint {}: {}",
            markdown_code(&lint.name),
            if lint.passed { "passed" } else { "**failed**" }
        );
    }
    for step in &summary.lint_not_run {
        put!(out, "- lint {}: **did not run**", markdown_code(step));
    }
    if let Some(triage) = &summary.triage_diff {
        put!(out, "- against the baseline: {}", markdown(&triage.status.replace('_', " ")));
    }
    put!(out, "- replay: {}\n", markdown_code(&summary.replay_bundle.one_command_replay));
}

fn cut_commit(commit: &str) -> String {
    commit.chars().take(12).collect()
}

fn failures(out: &mut String, summary: &RunSummary, digests: &[FailureDigest]) {
    let failed: Vec<&SuiteResult> = summary.all().map(|(_, s)| s).filter(|s| s.status.is_failure()).collect();
    if failed.is_empty() {
        return;
    }
    put!(out, "## What failed\n");
    for suite in failed {
        put!(out, "### {} ({}): {}\n", markdown(&suite.name), markdown(&suite.kind), suite.status.name());
        let digest = digests.iter().find(|d| d.suite == suite.name && d.kind == suite.kind);
        if let Some(digest) = digest {
            cause(out, digest);
        }
        if let Some(flake) = suite.flake {
            put!(out, "Run again: {}.\n", flake.means());
        }
        let tests: Vec<_> = suite.tests.iter().filter(|t| t.status == TestStatus::Failed).collect();
        for test in tests.iter().take(LISTED) {
            let flake = test.flake.map(|flake| format!(": {}", flake.means())).unwrap_or_default();
            put!(out, "- {}{flake}", markdown_code(&test.name));
        }
        if tests.len() > LISTED {
            put!(out, "- and {} more", tests.len() - LISTED);
        }
        if !tests.is_empty() {
            put!(out, "");
        }
    }
}

fn cause(out: &mut String, digest: &FailureDigest) {
    put!(out, "Cause: {}, signature {}.\n", class(digest), markdown_code(&digest.signature));
    if let Some(assertion) = &digest.first_failing_assertion {
        let place = assertion.location.as_ref().map(|p| match (p.line, p.column) {
            (0, _) => p.file.clone(),
            (line, 0) => format!("{}:{line}", p.file),
            (line, column) => format!("{}:{line}:{column}", p.file),
        });
        let place = place.map(|p| format!(" at {}", markdown_code(&p))).unwrap_or_default();
        put!(
            out,
            "First failing assertion{place}: {}\n",
            markdown(&cut(&without_ansi(&assertion.message), MESSAGE))
        );
    }
    put!(out, "Replay: {}\n", markdown_code(&digest.remediation_pointer.replay_command));
}

/// The class as `failure_digest.json` spells it.
fn class(digest: &FailureDigest) -> String {
    let name = serde_json::to_value(digest.root_cause_class).ok();
    name.as_ref().and_then(|n| n.as_str()).unwrap_or("unknown").replace('_', " ")
}

fn compared(out: &mut String, triage: &TriageDiff) {
    let counts = &triage.summary;
    put!(out, "## Against the baseline {}\n", markdown(&triage.baseline));
    put!(
        out,
        "{}: regressions {}, fixed {}, still failing {}, new failures {}, new passes {}, removed {}, flaky {}, not run {}.\n",
        triage.status.name().replace('_', " "),
        counts.regression_count,
        counts.fixed_count,
        counts.still_failing_count,
        counts.new_failure_count,
        counts.new_pass_count,
        counts.removed_count,
        counts.flaky_count,
        counts.not_run_count
    );
    match triage.not_compared {
        0 => {}
        1 => put!(out, "1 suite of the baseline is not compared: this run was not asked for it.\n"),
        n => put!(out, "{n} suites of the baseline are not compared: this run was not asked for them.\n"),
    }
    let listed = triage.ranked_diagnostics.iter().take(LISTED);
    for (at, diagnostic) in listed.enumerate() {
        let test = diagnostic.test.as_deref().map(|t| format!(" {}", markdown_code(t))).unwrap_or_default();
        let change = diagnostic.change.name().replace('_', " ");
        let severity = markdown(&diagnostic.severity);
        put!(out, "{}. {} {change}: {}{test}", at + 1, severity, markdown_code(&diagnostic.suite));
    }
    let more = triage.ranked_diagnostics.len().saturating_sub(LISTED) as u64 + triage.omitted;
    if more > 0 {
        put!(out, "\nand {more} more");
    }
    if !triage.ranked_diagnostics.is_empty() {
        put!(out, "");
    }
}

fn not_run(out: &mut String, summary: &RunSummary) {
    if summary.not_run.is_empty() {
        return;
    }
    put!(out, "## What did not run\n");
    for item in summary.not_run.iter().take(LISTED) {
        put!(out, "- {} ({})", markdown_code(&item.name), markdown(&item.kind));
    }
    if summary.not_run.len() > LISTED {
        put!(out, "- and {} more", summary.not_run.len() - LISTED);
    }
    put!(out, "");
}

fn table(out: &mut String, summary: &RunSummary) {
    if summary.suites.is_empty() && summary.units.is_empty() {
        return;
    }
    put!(out, "| suite | kind | status | passed | failed | flaky | ignored | time |");
    put!(out, "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |");
    for (_, suite) in summary.all() {
        put!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} | {:.1} s |",
            markdown(&suite.name),
            markdown(&suite.kind),
            suite.status.name(),
            suite.passed,
            suite.failed,
            suite.flaky,
            suite.ignored,
            suite.duration_ms as f64 / 1000.0
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_report_of_a_red_run() {
        let text = run_report(&sample::summary(), &[sample::digest()], Some(&sample::triage()));
        insta::assert_snapshot!(text);
    }

    #[test]
    fn hostile_names_stay_text() {
        let mut summary = sample::summary();
        let name = "<img src=x> | `x` [a](https://b) @team\n# heading";
        summary.units[0].name = name.into();
        summary.units[0].tests[1].name = name.into();
        summary.replay_bundle.one_command_replay = name.into();
        summary.identity.branch = Some(name.into());
        let text = run_report(&summary, &[], None);
        assert!(!text.contains("<img") && !text.contains("\n# heading") && !text.contains("@team"), "{text}");
    }
}

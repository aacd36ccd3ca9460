//! A run and a comparison in the formats of reports, of names that would like to be something else, and of very many.

use super::run_github;
use super::run_markdown;
use crate::model::finding::SourceAt;
use crate::model::plan::{Shard, ShardKind};
use crate::model::run::{Identity, LintResult, RunStatus, RunSummary};
use crate::model::suite::{SuiteResult, SuiteStatus};
use crate::model::test::{TestResult, TestStatus};
use crate::model::told::{AllFailed, Failed, RunTold};
use crate::model::triage::{
    ComparedFile, Diagnostic, DiffChange, RecommendedCommands, TriageCounts, TriageDiff, TriageStatus,
};

const HOSTILE: &str =
    "::error::x ##[error]y ```\n<img src=x> | `b` [a](https://b) @team #1 \u{1b}[31mred\u{202e}%0A::stop";

fn failed(test: Option<&str>, message: &str) -> Failed {
    Failed {
        kind: Some("unit".into()),
        suite: "lib".into(),
        test: test.map(String::from),
        word: "FAIL",
        message: message.into(),
        at: Some(SourceAt { path: "src/lib.rs".into(), line: Some(4), column: Some(25) }),
        alone: None,
        again: "cargo test adds".into(),
    }
}

fn summary() -> RunSummary {
    let shard = Shard { kind: ShardKind::Unit, index: 0, total: 2, plan_digest: "d".into() };
    let identity = Identity {
        generated_at: "2026-11-20T10:16:08Z".into(),
        commit: Some("4f1d2c9b7a6e5d4c3b2a19080716253443526170".into()),
        branch: Some("main".into()),
        ..Identity::default()
    };
    let tests = [TestStatus::Passed, TestStatus::Failed, TestStatus::Flaky, TestStatus::Ignored];
    let tests = tests.map(|status| TestResult::of("tests::adds", status)).to_vec();
    let suite = SuiteResult {
        status: SuiteStatus::Failed,
        duration_ms: 1_160,
        tests,
        ..SuiteResult::not_run("lib", "unit")
    };
    let green = SuiteResult {
        status: SuiteStatus::Passed,
        tests: vec![TestResult::of("t", TestStatus::Passed)],
        ..SuiteResult::not_run("api", "unit")
    };
    let step = LintResult {
        name: "fmt".into(),
        passed: false,
        definition: None,
        duration_ms: 20,
        masked: 0,
        mask_allowed: 0,
    };
    let mut summary = RunSummary {
        lint: vec![step],
        units: vec![green, suite],
        ..RunSummary::empty(identity, "ci".into(), shard)
    };
    summary.recompute();
    summary
}

fn diff() -> TriageDiff {
    let diagnostic = |rank, change, test: Option<&str>| Diagnostic {
        rank,
        change,
        severity: "blocker".into(),
        suite: "lib".into(),
        kind: "unit".into(),
        test: test.map(String::from),
        before: Some("passed".into()),
        after: Some("failed".into()),
        signature: None,
        reasons: vec!["it passed before".into()],
        replay_command: Some("cargo test adds".into()),
    };
    let compared =
        || ComparedFile { path: "base/summary.json".into(), sha256: None, run_id: None, commit: None };
    TriageDiff {
        schema: String::new(),
        identity: Identity::default(),
        baseline: "base/summary.json".into(),
        compared: [compared(), compared()],
        status: TriageStatus::Regression,
        summary: TriageCounts {
            regression_count: 2,
            new_failure_count: 1,
            still_failing_count: 1,
            ..TriageCounts::default()
        },
        ranked_diagnostics: vec![
            diagnostic(1, DiffChange::Regression, Some("tests::adds")),
            Diagnostic { before: None, ..diagnostic(2, DiffChange::NewFailure, Some("tests::new")) },
            diagnostic(3, DiffChange::KnownFailure, None),
        ],
        omitted: 0,
        not_compared: 1,
        recommended_commands: RecommendedCommands {
            runner_repro_command: "tollgate run --rerun-from out/summary.json".into(),
            ranked_repro_commands: vec![],
        },
    }
}

fn told<'r>(summary: &'r RunSummary, failed: &'r AllFailed, diff: Option<&'r TriageDiff>) -> RunTold<'r> {
    RunTold {
        summary,
        summary_path: "out/summary.json",
        records: &[],
        output: &|_| None,
        failed,
        diff,
        replay: "tollgate run --rerun-from out/summary.json",
        whole: None,
        green: summary.status == RunStatus::Passed,
    }
}

#[test]
fn a_red_run_in_markdown_and_for_github() {
    let lint = Failed {
        kind: None,
        suite: "fmt".into(),
        at: None,
        again: "fmt --check".into(),
        ..failed(None, "Diff in src/lib.rs")
    };
    let all = AllFailed {
        listed: vec![
            lint,
            failed(Some("tests::adds"), "assertion failed\n\tleft: 4"),
            failed(Some("tests::silent"), ""),
        ],
        more: 0,
    };
    let (summary, diff) = (summary(), diff());
    let told = told(&summary, &all, Some(&diff));
    insta::assert_snapshot!("run_markdown", run_markdown::run(&told));
    let github = run_github::run(&told);
    insta::assert_snapshot!("run_github", format!("{}\n{}", github.commands, github.output));
    assert_eq!(github.summary, run_markdown::run(&told));
}

#[test]
fn a_comparison_in_markdown_and_for_github() {
    let diff = diff();
    insta::assert_snapshot!("diff_markdown", run_markdown::diff(&diff));
    let github = run_github::diff(&diff, false);
    insta::assert_snapshot!("diff_github", format!("{}\n{}", github.commands, github.output));
}

/// That nothing in a text is markup, a command or hidden.
fn harmless(text: &str, commands: bool) {
    for line in text.lines() {
        let ours = commands && (line.starts_with("::error ") || line.starts_with("::warning "));
        assert!(ours || !line.trim_start().starts_with("::"), "{line}");
        assert!(!line.contains("##["), "{line}");
    }
    // An annotation is plain text, and shows HTML as what it is.
    assert!(commands || !text.contains("<img"), "{text}");
    for bad in ["\u{1b}", "\u{202e}"] {
        assert!(!text.contains(bad), "{bad:?} in {text}");
    }
}

#[test]
fn hostile_names_and_messages_stay_text() {
    let mut summary = summary();
    for suite in &mut summary.units {
        (suite.name, suite.kind) = (HOSTILE.into(), HOSTILE.into());
        suite.tests.iter_mut().for_each(|test| test.name = HOSTILE.into());
    }
    (summary.profile, summary.lint[0].name) = (HOSTILE.into(), HOSTILE.into());
    (summary.identity.branch, summary.stale) = (Some(HOSTILE.into()), Some(HOSTILE.into()));
    let at = SourceAt { path: HOSTILE.into(), line: Some(1), column: None };
    let test = Failed {
        kind: Some(HOSTILE.into()),
        suite: HOSTILE.into(),
        at: Some(at),
        again: HOSTILE.into(),
        ..failed(Some(HOSTILE), HOSTILE)
    };
    let all = AllFailed { listed: vec![test; 12], more: 0 };
    let mut diff = diff();
    diff.baseline = HOSTILE.into();
    for d in &mut diff.ranked_diagnostics {
        (d.suite, d.kind, d.test) = (HOSTILE.into(), HOSTILE.into(), Some(HOSTILE.into()));
        (d.before, d.replay_command) = (Some(HOSTILE.into()), Some(HOSTILE.into()));
    }
    let told = told(&summary, &all, Some(&diff));
    let (run, compared) = (run_github::run(&told), run_github::diff(&diff, false));
    for github in [&run, &compared] {
        // GitHub's own escapes: what is a line's end there is none here.
        harmless(&github.commands, true);
        assert!(github.commands.lines().count() <= 25, "{}", github.commands);
    }
    // In a fence HTML is text: outside of one there is none.
    let outside = |text: &str| {
        let mut fence: Option<String> = None;
        let mut out = String::new();
        for line in text.lines() {
            let ticks: String = line.trim_start().chars().take_while(|c| *c == '`').collect();
            match &fence {
                Some(open) if ticks == *open && line.trim() == open.as_str() => fence = None,
                Some(_) => assert!(!line.contains("##["), "{line}"),
                None if ticks.len() >= 3 => fence = Some(ticks),
                None => out.push_str(&format!("{line}\n")),
            }
        }
        assert!(fence.is_none(), "a fence is open at the end of {text}");
        out
    };
    for text in [&run.summary, &compared.summary] {
        let text = outside(text);
        harmless(&text, false);
        assert!(!text.contains("@team") && !text.contains("](https"), "{text}");
    }
    assert!(run.output.lines().any(|line| line.starts_with("failed-suites<<tollgate_")), "{}", run.output);
}

#[test]
fn very_many_and_very_long_are_cut_with_a_count() {
    let long = "x".repeat(1 << 20);
    let mut summary = summary();
    summary.units[0].name = long.clone();
    let template = summary.units[0].clone();
    for nth in 0..10_000 {
        summary.units.push(SuiteResult { name: format!("suite {nth}"), ..template.clone() });
    }
    let listed =
        (0..1_000).map(|nth| failed(Some(&format!("{nth} {long}")[..1_000.min(long.len())]), &long[..4_096]));
    let all = AllFailed { listed: listed.collect(), more: 9_000 };
    let mut diff = diff();
    let one = Diagnostic { test: Some(long.clone()), ..diff.ranked_diagnostics[0].clone() };
    diff.ranked_diagnostics = vec![one; 50];
    (diff.omitted, diff.summary.regression_count) = (10_000, 10_050);
    let told = told(&summary, &all, Some(&diff));
    let github = run_github::run(&told);
    assert_eq!(github.commands.lines().filter(|line| line.starts_with("::error ")).count(), 10);
    assert!(github.commands.contains("9991 more failures: "), "{}", &github.commands[..2_000]);
    assert!(github.commands.len() < 60_000, "{}", github.commands.len());
    assert!(github.summary.len() < 1_000_000 && github.summary.contains("And 9000 more failed"));
    assert!(github.summary.contains("left out here for size; all are in summary.json"));
    let compared = run_github::diff(&diff, false);
    assert_eq!(compared.commands.lines().filter(|line| line.starts_with("::error ")).count(), 10);
    assert!(compared.commands.contains("10041 more failures: "), "{}", compared.commands);
    assert!(compared.summary.len() < 1_000_000 && compared.summary.contains("10000 more changes not ranked"));
}

//! A replay bundle: as the summary it speaks of, and what differs between where it was made and here.

use crate::embedded::EMBEDDED;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tollgate_core::model::bundle::{FailedSuite, ReplayBundle};
use tollgate_core::model::plan::{Shard, ShardKind};
use tollgate_core::model::run::{LintResult, RunStatus, RunSummary};
use tollgate_core::model::suite::{SuiteResult, SuiteStatus};
use tollgate_core::model::test::{TestResult, TestStatus};
use tollgate_flow::error::Error;
use tollgate_flow::ground::Ground;
use tollgate_flow::made::environment;
use tollgate_host::record;
use tollgate_text::show::show;
use tollgate_text::time::Now;

/// The summary that stands beside a bundle, where there is one.
pub(super) fn beside(bundle: &Path) -> Option<PathBuf> {
    let folder = if bundle.is_dir() { bundle } else { bundle.parent()? };
    let summary = folder.join("summary.json");
    summary.is_file().then_some(summary)
}

/// A bundle as the summary it speaks of: its failures and what did not run, and nothing that passed.
pub(super) fn as_summary(bundle: ReplayBundle) -> RunSummary {
    let failed =
        |list: Vec<FailedSuite>| -> Vec<SuiteResult> { list.into_iter().map(failed_suite).collect() };
    let environment = bundle.environment;
    let kind = match environment.shard_kind.as_str() {
        "suite" => ShardKind::Suite,
        "unit" => ShardKind::Unit,
        _ => ShardKind::None,
    };
    let shard = Shard {
        kind,
        index: environment.shard_index,
        total: environment.shard_total,
        plan_digest: String::new(),
    };
    let mut summary = RunSummary {
        status: RunStatus::Failed,
        timeout: bundle.timeout,
        not_run: bundle.not_run,
        lint: bundle.failed_lint.into_iter().map(failed_step).collect(),
        lint_not_run: bundle.lint_not_run,
        suites: failed(bundle.failed_suites),
        units: failed(bundle.failed_units),
        ..RunSummary::empty(bundle.identity, environment.profile, shard)
    };
    summary.recompute();
    summary
}

fn failed_step(name: String) -> LintResult {
    LintResult { name, passed: false, definition: None, duration_ms: 0, masked: 0, mask_allowed: 0 }
}

fn failed_suite(suite: FailedSuite) -> SuiteResult {
    let test = |selector: &String, name: &String| TestResult {
        selector: (name != selector).then(|| selector.clone()),
        ..TestResult::of(name, TestStatus::Failed)
    };
    let tests = suite.tests.iter().flat_map(|selector| match suite.names.get(selector) {
        Some(names) if !names.is_empty() => names.iter().map(|name| test(selector, name)).collect(),
        _ => vec![test(selector, selector)],
    });
    let mut result = SuiteResult {
        status: SuiteStatus::Failed,
        incomplete: suite.whole,
        attempts: 1,
        tests: tests.collect(),
        ..SuiteResult::not_run(&suite.name, &suite.kind)
    };
    result.recount();
    result
}

/// What differs between where a bundle was made and here: commit, toolchain, operating system. One sentence each.
pub fn bundle_differences(
    root: &Path,
    bundle: &Path,
    now: Now,
    env: &BTreeMap<String, String>,
) -> Result<Vec<String>, Error> {
    let ground = Ground::open(&EMBEDDED, root, now)?;
    let (bundle, _) = record::read_bundle(bundle).map_err(|e| Error::Work(e.to_string()))?;
    let facts = environment::facts(ground.root.real(), &ground.run, env);
    let (theirs, here) = (bundle.environment, format!("{}-{}", facts.os.name, facts.os.arch));
    let pairs = [
        ("commit", theirs.git_sha, ground.commit),
        ("operating system", theirs.os, Some(here)),
        ("rustc", theirs.rustc, facts.rustc),
        ("VCR_MODE", theirs.vcr_mode, facts.vcr_mode),
    ];
    let word = |value: &Option<String>| value.as_deref().map_or("none".into(), show);
    let differ = pairs.iter().filter(|(_, theirs, here)| theirs != here);
    Ok(differ
        .map(|(what, theirs, here)| {
            format!("the {what} differs: the bundle has {}, here is {}", word(theirs), word(here))
        })
        .collect())
}

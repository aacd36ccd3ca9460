//! Whether a document says the same everywhere: an edited summary or bundle is refused before anything is built on it.

use crate::base::json::plain;
use crate::model::run::{ReplayBundle, RunStatus, Summary};
use crate::model::suite::{Role, SuiteResult, SuiteStatus};
use crate::model::test::TestStatus;
use std::collections::{BTreeMap, BTreeSet};

/// The first thing in which a summary contradicts itself, as a clause.
pub(super) fn summary(summary: &Summary) -> Result<(), String> {
    if summary.identity.run_id.is_empty() {
        return Err("`run_id` is empty".into());
    }
    shard(summary.shard.index, summary.shard.total)?;
    let mut seen = BTreeSet::new();
    for (_, entry) in summary.all() {
        suite(entry)?;
        if !seen.insert((&entry.name, &entry.kind)) {
            return Err(format!(
                "the suite `{}` of the kind `{}` stands twice",
                plain(&entry.name),
                plain(&entry.kind)
            ));
        }
    }
    list("suites", "failed_names", &summary.suites, &summary.failed_names)?;
    list("units", "failed_unit_names", &summary.units, &summary.failed_unit_names)?;
    let passed = |list: &[SuiteResult]| list.iter().filter(|s| s.status.is_pass()).count() as u64;
    figure("passed_suites", summary.passed_suites, passed(&summary.suites), "suites")?;
    figure("total_suites", summary.total_suites, summary.selected(Role::Suite), "suites")?;
    figure("passed_units", summary.passed_units, passed(&summary.units), "units")?;
    figure("total_units", summary.total_units, summary.selected(Role::Unit), "units")?;
    not_run(summary)?;
    if summary.replay_bundle.one_command_replay.trim().is_empty() {
        return Err("`replay_bundle.one_command_replay` is empty".into());
    }
    status(summary)
}

/// The first thing in which a bundle contradicts itself, as a clause.
pub(super) fn bundle(bundle: &ReplayBundle) -> Result<(), String> {
    if bundle.one_command_replay.trim().is_empty() {
        return Err("`one_command_replay` is empty".into());
    }
    shard(bundle.environment.shard_index, bundle.environment.shard_total)?;
    let mut seen = BTreeSet::new();
    for failed in bundle.failed_suites.iter().chain(&bundle.failed_units) {
        if !seen.insert((&failed.name, &failed.kind)) {
            return Err(format!("the suite `{}` stands twice among those that failed", plain(&failed.name)));
        }
    }
    Ok(())
}

fn shard(index: u32, total: u32) -> Result<(), String> {
    if index < total {
        Ok(())
    } else {
        Err(format!("shard {index} of {total} does not exist (they count from 0)"))
    }
}

fn suite(entry: &SuiteResult) -> Result<(), String> {
    let name = || plain(&entry.name);
    let count = |status| entry.tests.iter().filter(|t| t.status == status).count();
    for (field, says, status) in [
        ("passed", entry.passed, TestStatus::Passed),
        ("failed", entry.failed, TestStatus::Failed),
        ("flaky", entry.flaky, TestStatus::Flaky),
        ("ignored", entry.ignored, TestStatus::Ignored),
    ] {
        let tests = count(status);
        if says != tests as u64 {
            return Err(format!("of the suite `{}` `{field}` is {says}, and its tests show {tests}", name()));
        }
    }
    if !entry.status.is_failure()
        && let Some(test) = entry.tests.iter().find(|t| t.status == TestStatus::Failed)
    {
        let (status, test) = (entry.status.name(), plain(&test.name));
        return Err(format!("the suite `{}` is {status}, and its test `{test}` failed", name()));
    }
    Ok(())
}

fn list(entries: &str, field: &str, suites: &[SuiteResult], names: &[String]) -> Result<(), String> {
    let mut difference: BTreeMap<&str, i64> = BTreeMap::new();
    for failed in suites.iter().filter(|s| s.status.is_failure()) {
        *difference.entry(&failed.name).or_default() -= 1;
    }
    for name in names {
        *difference.entry(name).or_default() += 1;
    }
    match difference.iter().find(|(_, n)| **n != 0) {
        Some((name, n)) if *n > 0 => {
            Err(format!("`{field}` names `{}`, and `{entries}` does not show it failing", plain(name)))
        }
        Some((name, _)) => {
            Err(format!("`{}` failed in `{entries}`, and `{field}` does not name it", plain(name)))
        }
        None => Ok(()),
    }
}

fn figure(field: &str, says: u64, shows: u64, entries: &str) -> Result<(), String> {
    if says == shows { Ok(()) } else { Err(format!("`{field}` is {says}, and `{entries}` shows {shows}")) }
}

/// What did not start has no result of its own, and what has none is listed.
fn not_run(summary: &Summary) -> Result<(), String> {
    let listed: BTreeMap<(Role, &str, &str), bool> = summary
        .not_run
        .iter()
        .map(|n| ((n.role, n.kind.as_str(), n.name.as_str()), n.tests.is_none()))
        .collect();
    for (role, entry) in summary.all() {
        let whole = listed.get(&(role, entry.kind.as_str(), entry.name.as_str()));
        let ran = entry.status != SuiteStatus::NotRun;
        if !ran && whole.is_none() {
            return Err(format!(
                "the suite `{}` did not run, and `not_run` does not name it",
                plain(&entry.name)
            ));
        }
        if ran && whole == Some(&true) {
            return Err(format!("`not_run` names the suite `{}`, which ran", plain(&entry.name)));
        }
    }
    Ok(())
}

fn status(summary: &Summary) -> Result<(), String> {
    let failed = !summary.failed_names.is_empty() || !summary.failed_unit_names.is_empty();
    let lint = summary.lint.iter().any(|l| !l.passed);
    let red = failed || lint || !summary.not_run.is_empty();
    match summary.status {
        RunStatus::Passed if red => Err("`status` is passed, and something failed or did not run".into()),
        RunStatus::Failed if !red => Err("`status` is failed, and nothing failed".into()),
        _ => Ok(()),
    }
}

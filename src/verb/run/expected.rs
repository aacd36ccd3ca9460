//! How long a run is going to take, by what its suites took before.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tollgate_core::model::plan::PlannedSuite;
use tollgate_core::model::run::RunSummary;
use tollgate_core::model::suite::{SuiteResult, SuiteRole, SuiteStatus};
use tollgate_core::model::test::TestStatus;
use tollgate_host::record;
use tollgate_text::figures::total;

/// Earlier runs that are asked.
const RUNS: usize = 5;

/// The milliseconds that these items will take, `jobs` at once, by the newest runs below `results` but for that of `own`; `None` where
/// they do not tell of every item: a sum of a part would promise too little.
pub(super) fn expected(results: &Path, own: &Path, items: &[PlannedSuite], jobs: usize) -> Option<u64> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(results).ok()?.flatten().map(|e| e.path()).collect();
    folders.retain(|path| path != own && path.is_dir());
    folders.sort_unstable();
    let mut took = BTreeMap::new();
    for folder in folders.iter().rev().take(RUNS) {
        if let Ok((summary, _)) = record::read_summary(folder) {
            learn(&summary, &mut took);
        }
        if let Some(all) = of_items(items, &took) {
            return Some(shared(&all, jobs));
        }
    }
    None
}

type Took = BTreeMap<(SuiteRole, String, String), u64>;

/// Adds what a run tells of suites of which no newer one did.
fn learn(summary: &RunSummary, took: &mut Took) {
    for (role, suite) in summary.all().filter(|(_, suite)| tells(suite)) {
        let of = (role, suite.kind.clone(), suite.name.clone());
        took.entry(of).or_insert(suite.duration_ms);
    }
}

/// Whether a suite ran to its end: one that did not start, did not build or was cut short took another time.
fn tells(suite: &SuiteResult) -> bool {
    let ended = matches!(
        suite.status,
        SuiteStatus::Passed | SuiteStatus::Failed | SuiteStatus::Flaky | SuiteStatus::Quarantined
    );
    let ran = |status| !matches!(status, TestStatus::Ignored | TestStatus::NotRun);
    ended && !suite.incomplete && suite.ran.is_none() && suite.tests.iter().any(|test| ran(test.status))
}

fn of_items(items: &[PlannedSuite], took: &Took) -> Option<Vec<u64>> {
    let of = |item: &PlannedSuite| took.get(&(item.role, item.kind.clone(), item.name.clone())).copied();
    // A part of a suite is not the suite.
    let whole = items.iter().all(|item| item.tests.is_none());
    (whole && !items.is_empty()).then(|| items.iter().map(of).collect()).flatten()
}

/// Shared among the jobs, and no less than the longest alone.
fn shared(all: &[u64], jobs: usize) -> u64 {
    let longest = all.iter().copied().max().unwrap_or(0);
    (total(all.iter().copied()) / jobs.max(1) as u64).max(longest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_core::model::plan::{Shard, ShardKind};
    use tollgate_core::model::run::Identity;
    use tollgate_core::model::test::TestResult;

    fn suite(name: &str, status: SuiteStatus, duration_ms: u64, tests: usize) -> SuiteResult {
        let tests = vec![TestResult::of("t", TestStatus::Failed); tests];
        SuiteResult { status, duration_ms, tests, ..SuiteResult::not_run(name, "unit") }
    }

    fn summary(units: Vec<SuiteResult>) -> RunSummary {
        let shard = Shard { kind: ShardKind::None, index: 0, total: 1, plan_digest: String::new() };
        RunSummary { units, ..RunSummary::empty(Identity::default(), "ci".into(), shard) }
    }

    fn item(name: &str) -> PlannedSuite {
        PlannedSuite {
            name: name.into(),
            kind: "unit".into(),
            role: SuiteRole::Unit,
            tests: None,
            names: BTreeMap::new(),
            expected: BTreeMap::new(),
        }
    }

    #[test]
    fn only_suites_that_ran_to_their_end_tell() {
        let mut took = Took::new();
        let broken = [
            suite("a", SuiteStatus::Missing, 1, 0),
            suite("b", SuiteStatus::Failed, 130, 0),
            suite("c", SuiteStatus::TimedOut, 60_000, 1),
            SuiteResult { incomplete: true, ..suite("d", SuiteStatus::Failed, 5, 1) },
        ];
        learn(&summary(broken.into()), &mut took);
        assert!(took.is_empty(), "{took:?}");
        learn(&summary(vec![suite("a", SuiteStatus::Failed, 2_000, 1)]), &mut took);
        assert_eq!(of_items(&[item("a")], &took), Some(vec![2_000]));
        // An older run changes nothing of what a newer one told, and adds what it did not.
        let older =
            vec![suite("a", SuiteStatus::Passed, 9_000, 1), suite("b", SuiteStatus::Passed, 3_000, 1)];
        learn(&summary(older), &mut took);
        assert_eq!(of_items(&[item("a"), item("b")], &took), Some(vec![2_000, 3_000]));
        assert_eq!(of_items(&[item("a"), item("new")], &took), None);
        assert_eq!(of_items(&[PlannedSuite { tests: Some(vec!["t".into()]), ..item("a") }], &took), None);
        assert_eq!(of_items(&[], &took), None);
    }

    #[test]
    fn many_at_once_take_as_long_as_the_longest() {
        assert_eq!([shared(&[4, 2, 2], 1), shared(&[4, 2, 2], 2), shared(&[9, 1], 8)], [8, 4, 9]);
    }
}

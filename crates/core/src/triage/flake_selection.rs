//! Which runs of a suite were of fewer tests than those that failed: their passes are no passes of what failed there.

use crate::model::columns::{Columns, SuiteRow};
use crate::model::suite::SuiteRole;
use crate::model::test::TestStatus;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// A suite of a run: the run's number, and the suite's list, kind and name.
pub(super) type OfRun<'c> = (usize, (SuiteRole, &'c str, &'c str));

/// Runs of suites in which nothing failed, and tests did not run that had a result where something did, in the same tree and
/// environment. What failed may have kept tests from running; what passed ran all that it was asked for.
pub(super) fn narrower<'c>(all: &[&'c Columns<'c>]) -> HashSet<OfRun<'c>> {
    let mut wanted: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
    let each = || {
        all.iter().enumerate().flat_map(|(nth, run)| run.suites.iter().map(move |suite| (nth, *run, suite)))
    };
    let place = |run: &'c Columns<'c>, suite: &'c SuiteRow<'c>| {
        Some((run.head.tree.as_deref()?, suite.environment.as_deref()?, SuiteRow::key(suite)))
    };
    for (_, run, suite) in each().filter(|(_, run, suite)| is_red(run, suite)) {
        if let Some(place) = place(run, suite) {
            wanted.entry(place).or_default().extend(ran(run, suite));
        }
    }
    let mut found = HashSet::new();
    for (nth, run, suite) in each().filter(|(_, run, suite)| !is_red(run, suite)) {
        let wanted = place(run, suite).and_then(|place| wanted.get(&place));
        let here: HashSet<&str> = ran(run, suite).collect();
        if wanted.is_some_and(|wanted| wanted.iter().any(|test| !here.contains(test))) {
            found.insert((nth, SuiteRow::key(suite)));
        }
    }
    found
}

fn is_red(run: &Columns<'_>, suite: &SuiteRow<'_>) -> bool {
    let red = |status| matches!(status, TestStatus::Failed | TestStatus::Quarantined | TestStatus::Flaky);
    suite.status.is_failure() || run.tests_of(suite).iter().any(|test| red(test.status))
}

fn ran<'c>(run: &'c Columns<'c>, suite: &SuiteRow<'_>) -> impl Iterator<Item = &'c str> {
    let ran =
        run.tests_of(suite).iter().filter(|t| !matches!(t.status, TestStatus::Ignored | TestStatus::NotRun));
    ran.map(|test| &*test.name)
}

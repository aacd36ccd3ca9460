//! What a replay must show of a suite: that each test it is replayed for ran.
//!
//! Tests of one name are told apart by their place in the results (`model::test::numbered`), which proves nothing: such a group is
//! taken together, and each that ran in the source must have run.

use crate::model::suite::SuiteResult;
use crate::model::test::{TestNames, TestStatus, numbered};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The tests of a suite that failed or did not run, by selector; where one is of several of one name, all of them that ran.
pub fn left_of(suite: &SuiteResult) -> TestNames {
    let is_left = |status| matches!(status, TestStatus::Failed | TestStatus::NotRun);
    let key = |name| numbered(name).unwrap_or(name);
    let keys: HashSet<&str> =
        suite.tests.iter().filter(|t| is_left(t.status)).map(|t| key(t.name.as_str())).collect();
    let mut left = TestNames::new();
    if keys.is_empty() {
        return left;
    }
    let plain: HashSet<&str> =
        suite.tests.iter().map(|t| t.name.as_str()).filter(|name| keys.contains(name)).collect();
    for test in &suite.tests {
        let beside = || test.status != TestStatus::Ignored && plain.contains(key(&test.name));
        if is_left(test.status) || beside() {
            left.entry(test.selector().to_string()).or_default().insert(test.name.clone());
        }
    }
    left
}

/// Those of `expected` that did not run in a suite that was run whole: a test that is not there or was skipped passed nothing.
pub fn unproven(expected: &TestNames, suite: &SuiteResult) -> TestNames {
    let ran = |status| !matches!(status, TestStatus::Ignored | TestStatus::NotRun);
    let names: BTreeSet<&str> = expected.values().flatten().map(String::as_str).collect();
    let there: HashSet<&str> = suite.tests.iter().map(|t| t.name.as_str()).collect();
    let is_plain = |name: &str| names.contains(name) || there.contains(name);
    let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
    names.iter().for_each(|name| *groups.entry(key(name, &is_plain)).or_default() += 1);
    let mut lacking: BTreeSet<&str> = BTreeSet::new();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for test in &suite.tests {
        if ran(test.status) {
            *seen.entry(key(&test.name, &is_plain)).or_default() += 1;
        } else if names.contains(test.name.as_str()) {
            lacking.insert(key(&test.name, &is_plain));
        }
    }
    lacking.extend(groups.iter().filter(|(key, n)| seen.get(*key) < Some(*n)).map(|(key, _)| *key));
    let mut found = expected.clone();
    found.values_mut().for_each(|names| names.retain(|name| lacking.contains(key(name, &is_plain))));
    found.retain(|_, names| !names.is_empty());
    found
}

/// What the tests of one name have in common; `is_plain` says whether there is a test of a name.
fn key<'n>(name: &'n str, is_plain: &dyn Fn(&str) -> bool) -> &'n str {
    numbered(name).filter(|plain| is_plain(plain)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::super::sample::suite;
    use super::*;
    use crate::model::suite::SuiteStatus;

    const P: TestStatus = TestStatus::Passed;
    const F: TestStatus = TestStatus::Failed;
    const I: TestStatus = TestStatus::Ignored;

    fn of(tests: &[(&str, TestStatus)]) -> SuiteResult {
        suite("a", "unit", SuiteStatus::Failed, tests)
    }

    fn shown(names: &TestNames) -> Vec<&str> {
        names.keys().map(String::as_str).collect()
    }

    #[test]
    fn tests_of_one_name_are_left_together() {
        let left = |tests: &[(&str, TestStatus)]| left_of(&of(tests)).into_keys().collect::<Vec<_>>();
        assert_eq!(left(&[("x", F), ("y", P), ("z #2", F), ("z #3", P)]), ["x", "z #2"]);
        assert_eq!(left(&[("x", F), ("x #2", P), ("x #3", I), ("y", P)]), ["x", "x #2"]);
        assert_eq!(left(&[("x", P), ("x #2", F)]), ["x", "x #2"]);
        assert!(left(&[("x", P), ("x #2", I)]).is_empty());
    }

    #[test]
    fn what_is_gone_or_skipped_is_unproven() {
        let source = |tests: &[(&str, TestStatus)]| left_of(&of(tests));
        let expected = source(&[("x", F), ("y", F), ("z", P)]);
        assert!(unproven(&expected, &of(&[("x", P), ("y", F)])).is_empty());
        assert_eq!(shown(&unproven(&expected, &of(&[("x", I), ("z", P)]))), ["x", "y"]);
        let two = source(&[("x", F), ("x #2", P)]);
        assert_eq!(shown(&unproven(&two, &of(&[("x", P)]))), ["x", "x #2"]);
        assert_eq!(shown(&unproven(&two, &of(&[("x", P), ("x #2", I)]))), ["x", "x #2"]);
        assert!(unproven(&two, &of(&[("x", P), ("x #2", P)])).is_empty());
        // Where one of two is there still, nothing tells which; nor which of two is skipped.
        let one = source(&[("x", F)]);
        assert!(unproven(&one, &of(&[("x", P), ("x #2", P)])).is_empty());
        assert_eq!(shown(&unproven(&one, &of(&[("x", I), ("x #2", P)]))), ["x"]);
    }
}

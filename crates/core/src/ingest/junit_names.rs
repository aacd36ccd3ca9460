//! What the tests and suites of a JUnit report are called.

use super::timed::undated;
use std::collections::{HashMap, HashSet};
use tollgate_text::junit::{JunitCase, JunitReport};

/// The paths of all suites, without the moment at which they ran, where that makes no two of them one. Suites of one path that ran in
/// different places have theirs behind it: Playwright's projects stand as the hosts of suites.
pub(super) fn suites(report: &JunitReport) -> Vec<String> {
    let paths: Vec<String> = (0..report.suites.len()).map(|nth| report.path(nth)).collect();
    let mut counts: HashMap<&str, u32> = HashMap::new();
    paths.iter().for_each(|path| *counts.entry(undated(path)).or_default() += 1);
    let one = |path: &str| counts.get(undated(path)) == Some(&1);
    let mut hosts: HashMap<&str, HashSet<&str>> = HashMap::new();
    for (suite, path) in report.suites.iter().zip(&paths).filter(|(suite, _)| !suite.cases.is_empty()) {
        hosts.entry(path).or_default().insert(suite.host.as_deref().unwrap_or_default());
    }
    let named = report.suites.iter().zip(&paths).map(|(suite, path)| match &suite.host {
        _ if one(path) => undated(path).to_string(),
        Some(host) if hosts.get(path.as_str()).is_some_and(|hosts| hosts.len() > 1) => {
            format!("{path} [{host}]")
        }
        _ => path.clone(),
    });
    named.collect()
}

/// The names of a suite's tests: `name`, with `classname.` before it where that says more than the suite and the name do. Two tests that
/// only their classes tell apart have them before their names.
pub(super) fn tests(cases: &[JunitCase], suite: &str) -> Vec<String> {
    let mut classes: HashMap<String, HashSet<&str>> = HashMap::new();
    for case in cases {
        classes.entry(short(case, suite)).or_default().insert(class(case));
    }
    let named = cases.iter().map(|case| {
        let name = short(case, suite);
        let alone = classes.get(&name).is_none_or(|classes| classes.len() == 1);
        if alone || class(case).is_empty() { name } else { format!("{}.{}", class(case), case.name) }
    });
    named.collect()
}

fn class(case: &JunitCase) -> &str {
    case.classname.as_deref().unwrap_or_default()
}

fn short(case: &JunitCase, suite: &str) -> String {
    let class = class(case);
    let of_suite = || class == suite || suite.strip_suffix(class).is_some_and(|outer| outer.ends_with('/'));
    // A name that begins with its class: CTest, jest-junit.
    let of_name = || {
        let behind = case.name.strip_prefix(class);
        behind.is_some_and(|behind| !behind.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    if class.is_empty() || of_suite() || of_name() {
        case.name.clone()
    } else {
        format!("{class}.{}", case.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(class: &str, name: &str) -> JunitCase {
        JunitCase { name: name.into(), classname: Some(class.into()), ..JunitCase::default() }
    }

    #[test]
    fn a_class_that_says_nothing_more_is_left_out() {
        let of = |class: &str, name: &str| tests(&[case(class, name)], "outer/s").remove(0);
        assert_eq!(of("c", "t"), "c.t");
        assert_eq!(of("", "t"), "t");
        assert_eq!(of("s", "t"), "t");
        assert_eq!(of("outer/s", "t"), "t");
        assert_eq!(of("X", "X"), "X");
        assert_eq!(of("Main", "Main does it"), "Main does it");
        assert_eq!(of("a.B", "a.B.c"), "a.B.c");
        assert_eq!(of("Main", "Mainly"), "Main.Mainly");
    }

    #[test]
    fn two_tests_never_become_one() {
        let all = [case("a", "a b"), case("a b", "a b"), case("c", "t"), case("s", "x"), case("", "x")];
        assert_eq!(tests(&all, "s"), ["a.a b", "a b.a b", "c.t", "s.x", "x"]);
        let suite = |name: &str| tollgate_text::junit::JunitSuite { name: name.into(), ..Default::default() };
        let report = |names: &[&str]| JunitReport {
            suites: names.iter().map(|n| suite(n)).collect(),
            ..Default::default()
        };
        let names = suites(&report(&["T-20261129054944", "U-20261129054944", "U-20261129054945"]));
        assert_eq!(names, ["T", "U-20261129054944", "U-20261129054945"]);
        let at = |name: &str, host: &str| tollgate_text::junit::JunitSuite {
            host: Some(host.into()),
            cases: vec![case("c", "t")],
            ..suite(name)
        };
        let of = |all: Vec<tollgate_text::junit::JunitSuite>| {
            suites(&JunitReport { suites: all, ..Default::default() })
        };
        let projects = of(vec![at("a.spec", "chromium"), at("a.spec", "firefox"), at("b.spec", "firefox")]);
        assert_eq!(projects, ["a.spec [chromium]", "a.spec [firefox]", "b.spec"]);
        assert_eq!(of(vec![at("a", "ci-7"), at("a", "ci-7")]), ["a", "a"]);
    }
}

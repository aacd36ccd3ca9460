//! What a test is called: in the results of one command, and as another run or attempt knows it.

use crate::model::test::{Failure, Reading, TestCase, TestNames, TestStatus};
use std::collections::HashMap;

/// The cases of every reading. Where the results name several suites a test is called `<suite> <test>`, so that two suites
/// may have a test of one name; the selector keeps what its own command knows it by. The command for one test may name other
/// suites than that for all: what was `asked` for, and what has known `names`, is called as it is known. A test of another
/// suite is not taken for it.
pub(super) fn flatten(readings: &[Reading], asked: Option<&str>, names: &TestNames) -> Vec<TestCase> {
    let several = readings.len() > 1;
    let mut of_selector: HashMap<&str, usize> = HashMap::new();
    if asked.is_some() {
        let all = readings.iter().flat_map(|r| &r.cases);
        all.for_each(|case| *of_selector.entry(case.selector()).or_default() += 1);
    }
    let named = |reading: &Reading, case: &TestCase| {
        let selector = case.selector();
        let alone = of_selector.get(selector) == Some(&1);
        let full = (!reading.name.is_empty()).then(|| format!("{} {}", reading.name, case.name));
        let name = match (names.get(selector), full) {
            (Some(known), Some(full)) if known.contains(&full) => full,
            (Some(known), _) if known.contains(&case.name) && (alone || !several) => case.name.clone(),
            (Some(known), None) if known.len() == 1 && alone => known.iter().cloned().collect(),
            (None, _) if asked == Some(selector) && alone => case.name.clone(),
            (known, Some(full)) if several || known.is_some() => full,
            _ => case.name.clone(),
        };
        let selector = (name != selector).then(|| selector.to_string());
        TestCase { name, selector, ..case.clone() }
    };
    readings.iter().flat_map(|r| r.cases.iter().map(move |c| named(r, c))).collect()
}

/// Makes failures of the tests that were asked for and were skipped: a skip is no result of what one wants to know. The name of
/// the first of them.
pub(super) fn fail_skipped(cases: &mut [TestCase], asked: &str, names: &TestNames) -> Option<String> {
    let mut first = None;
    let left = |c: &&mut TestCase| matches!(c.status, TestStatus::Ignored | TestStatus::NotRun);
    for case in cases.iter_mut().filter(left).filter(|c| is_asked(c, asked, names)) {
        let selector = case.selector.take();
        *case = TestCase { selector, ..unseen(&case.name, asked, "it was asked for and was skipped") };
        first.get_or_insert_with(|| case.name.clone());
    }
    first
}

/// A test that was asked for and has no result of its own: it failed, for this reason.
pub(super) fn unseen(name: &str, asked: &str, why: &str) -> TestCase {
    TestCase {
        name: name.to_string(),
        status: TestStatus::Failed,
        duration_ms: None,
        failure: Some(Failure::new(why, "", None)),
        later: Vec::new(),
        selector: (name != asked).then(|| asked.to_string()),
    }
}

/// Whether a test is one that was asked for: by the names that it is known by, where it has any.
fn is_asked(case: &TestCase, asked: &str, names: &TestNames) -> bool {
    names.get(asked).map_or_else(|| case.selector() == asked, |known| known.contains(&case.name))
}

/// The names of what was asked for that the results do not have.
pub(super) fn missing<'n>(cases: &[TestCase], asked: &'n str, names: &'n TestNames) -> Vec<&'n str> {
    match names.get(asked) {
        Some(known) => {
            let lacks = |name: &&str| !cases.iter().any(|c| c.name == *name);
            known.iter().map(String::as_str).filter(lacks).collect()
        }
        None if cases.iter().any(|c| c.selector() == asked) => Vec::new(),
        None => vec![asked],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_of_several_suites_carry_their_suite() {
        let case = TestCase {
            name: "same".into(),
            status: TestStatus::Passed,
            duration_ms: None,
            failure: None,
            later: vec![],
            selector: None,
        };
        let reading =
            |name: &str| Reading { name: name.into(), cases: vec![case.clone()], ..Reading::default() };
        let flatten = |readings: &[Reading]| flatten(readings, None, &TestNames::new());
        let cases = flatten(&[reading("a"), reading("b")]);
        assert_eq!(cases.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["a same", "b same"]);
        assert_eq!(cases[1].selector(), "same");
        assert_eq!(flatten(&[reading("a")])[0].name, "same");
    }
}

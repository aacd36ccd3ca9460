//! The testcases of one test in a report of pytest: attempts of it, and its teardown.

use crate::model::test::{Failure, TestCase, TestStatus};
use std::collections::HashMap;
use tollgate_text::figures::total;

/// What is said of a test that was run again and then passed: pytest-rerunfailures keeps nothing of an attempt but the last.
const AGAIN: &str = "it was run again and then passed; the report keeps nothing of the attempts before";

struct Attempt {
    case: TestCase,
    /// It says itself that it was run again: `<rerun>`.
    again: bool,
}

/// The testcases of a suite, those of one node id together, in the order in which the first of each came.
#[derive(Default)]
pub(in crate::ingest) struct Attempts {
    tests: Vec<Vec<Attempt>>,
    numbers: HashMap<String, usize>,
}

impl Attempts {
    pub(in crate::ingest) fn push(&mut self, case: TestCase, again: bool) {
        let name = case.name.clone();
        let attempt = Attempt { case, again };
        match self.numbers.get(&name) {
            Some(nth) => self.tests[*nth].push(attempt),
            None => {
                self.numbers.insert(name, self.tests.len());
                self.tests.push(vec![attempt]);
            }
        }
    }

    /// One case a test; `counted`: how many tests the report counts. It counts none of the attempts that others followed, and
    /// once a test that failed and then broke in its teardown.
    pub(in crate::ingest) fn cases(self, counted: u64) -> impl Iterator<Item = TestCase> {
        let red = |a: &Attempt| a.case.status == TestStatus::Failed && !a.again;
        let doubled = |all: &Vec<Attempt>| all.windows(2).any(|pair| pair.iter().all(red));
        let shown: u64 = total(self.tests.iter().map(|all| all.len() as u64));
        let explained = self.tests.iter().filter(|all| doubled(all)).count() as u64;
        let reruns = counted > 0 && shown > counted.saturating_add(explained);
        self.tests.into_iter().filter_map(move |all| one(all, reruns))
    }
}

/// A test from its testcases. A failure stands whatever follows it: a test with subtests that failed passes itself, and of an
/// attempt that another one followed no failure is shown, or a `<rerun>`. Else the last testcase decides.
fn one(mut all: Vec<Attempt>, reruns: bool) -> Option<TestCase> {
    let mut last = all.pop()?.case;
    let silent = |a: &Attempt| a.case.status == TestStatus::Passed;
    if all.iter().any(|a| a.case.status == TestStatus::Failed && !a.again) {
        last.status = TestStatus::Failed;
    } else if last.status == TestStatus::Passed && all.iter().any(|a| a.again || (reruns && silent(a))) {
        last.status = TestStatus::Flaky;
    }
    let cases = || all.iter().map(|a| &a.case).chain([&last]);
    let duration_ms = cases().filter_map(|c| c.duration_ms).reduce(u64::saturating_add);
    let mut failures: Vec<Failure> = cases().flat_map(TestCase::failures).cloned().collect();
    if failures.is_empty() && last.status == TestStatus::Flaky {
        failures.push(Failure::new(AGAIN, "", None));
    }
    let mut failures = failures.into_iter();
    (last.duration_ms, last.failure) = (duration_ms, failures.next());
    last.later = failures.collect();
    Some(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Testcases as `pass`, `fail`, `skip` and `again` (`<rerun>`), all of one test, and the count of tests beside two others.
    fn said(attempts: &str, counted: u64) -> String {
        let mut all = Attempts::default();
        let case = |name: &str, status: TestStatus| TestCase {
            name: name.into(),
            status,
            duration_ms: Some(2),
            failure: (status == TestStatus::Failed).then(Failure::default),
            later: Vec::new(),
            selector: None,
        };
        all.push(case("a", TestStatus::Passed), false);
        for attempt in attempts.split(' ') {
            let status = match attempt {
                "pass" => TestStatus::Passed,
                "skip" => TestStatus::Ignored,
                _ => TestStatus::Failed,
            };
            all.push(case("t", status), attempt == "again");
        }
        all.push(case("b", TestStatus::Passed), false);
        let cases: Vec<TestCase> = all.cases(counted).collect();
        assert_eq!(cases.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["a", "t", "b"]);
        let t = &cases[1];
        format!("{} {} in {}", t.status.name(), t.failures().count(), t.duration_ms.unwrap())
    }

    #[test]
    fn several_testcases_of_one_test() {
        for (attempts, counted, is) in [
            ("pass", 3, "passed 0 in 2"),
            // pytest-rerunfailures: the attempts before say nothing, and are not counted.
            ("pass pass fail", 3, "failed 1 in 6"),
            ("pass pass", 3, "flaky 1 in 4"),
            ("again again pass", 3, "flaky 2 in 6"),
            ("again fail", 3, "failed 2 in 4"),
            // Counted, each of them: one test that was given twice.
            ("pass pass", 4, "passed 0 in 4"),
            // A teardown that broke.
            ("pass fail", 4, "failed 1 in 4"),
            ("fail fail", 3, "failed 2 in 4"),
            // A subtest that failed.
            ("fail pass", 4, "failed 1 in 4"),
            ("skip pass", 4, "passed 0 in 4"),
            ("pass skip", 4, "ignored 0 in 4"),
        ] {
            assert_eq!(said(attempts, counted), is, "{attempts} of {counted}");
        }
    }
}

//! The failures of an attempt: how many there are, and those that only its tool's own list names.

use super::attempts::SuiteAttempt;
use crate::model::test::{Failure, TestCase, TestStatus};
use std::collections::{BTreeMap, HashMap};

impl SuiteAttempt {
    /// How often its tests failed, as its tool counts for `--maxfail` and the like: each attempt at each of them.
    pub fn failures(&self) -> u64 {
        let failed = self.cases.iter().filter(|c| c.status == TestStatus::Failed);
        failed.map(|c| c.failures().count().max(1) as u64).fold(0, u64::saturating_add)
    }

    /// Takes failures that its tool's own list names: a test that has another result has failed all the same.
    pub fn take_listed(&mut self, listed: BTreeMap<String, Failure>) {
        if listed.is_empty() {
            return;
        }
        let mut known: HashMap<String, usize> = HashMap::new();
        for (at, case) in self.cases.iter().enumerate() {
            for name in [case.selector(), &case.name] {
                if listed.contains_key(name) {
                    known.entry(name.to_string()).or_insert(at);
                }
            }
        }
        for (name, failure) in listed {
            match known.get(&name).and_then(|at| self.cases.get_mut(*at)) {
                Some(case) if case.status == TestStatus::Failed => {}
                Some(case) => {
                    case.status = TestStatus::Failed;
                    case.failure.get_or_insert(failure);
                }
                None => self.cases.push(TestCase {
                    name,
                    status: TestStatus::Failed,
                    duration_ms: None,
                    failure: Some(failure),
                    later: Vec::new(),
                    selector: None,
                }),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::attempts::{JudgedStep, StepEnded, attempt};
    use super::*;
    use crate::model::test::Reading;

    #[test]
    fn what_is_listed_has_failed() {
        let case = |name: &str, status| TestCase {
            name: name.into(),
            status,
            duration_ms: None,
            failure: (status == TestStatus::Failed).then(|| Failure::new("own", "", None)),
            later: Vec::new(),
            selector: None,
        };
        let cases =
            vec![case("a", TestStatus::Passed), case("b", TestStatus::Failed), case("c", TestStatus::Passed)];
        let step = JudgedStep {
            ended: StepEnded::Exited(1),
            read: Some(Ok(vec![Reading { cases, ..Reading::default() }])),
            asked: None,
            told: None,
            trouble: None,
        };
        let mut found = attempt("s", &[step]);
        let said = |name: &str| (name.to_string(), Failure::new("listed", "", None));
        found.take_listed(BTreeMap::from([said("a"), said("b"), said("d")]));
        let shown = |c: &TestCase| {
            format!("{} {} {}", c.name, c.status.name(), c.failure.as_ref().map_or("-", |f| &f.message))
        };
        let shown: Vec<String> = found.cases.iter().map(shown).collect();
        assert_eq!(shown, ["a failed listed", "b failed own", "c passed -", "d failed listed"]);
        assert_eq!(found.failures(), 3);
    }
}

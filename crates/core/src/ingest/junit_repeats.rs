//! Several entries of one title in a JUnit report as attempts at one test (`repeats = "attempts"`).

use crate::model::test::{TestCase, TestStatus};
use std::collections::HashMap;
use tollgate_text::junit::JunitCase as Element;

/// Joins each entry whose title an earlier one of its suite has to that one: same name, class and file. The place is the first one's.
pub(super) fn attempts(elements: &[Element], cases: Vec<TestCase>) -> Vec<(usize, TestCase)> {
    let mut at: HashMap<(&str, Option<&str>, Option<&str>), usize> = HashMap::new();
    let mut joined: Vec<(usize, TestCase)> = Vec::with_capacity(cases.len());
    for (nth, (element, case)) in elements.iter().zip(cases).enumerate() {
        let title = (element.name.as_str(), element.classname.as_deref(), element.file.as_deref());
        match at.get(&title) {
            Some(first) => again(&mut joined[*first].1, case),
            None => {
                at.insert(title, joined.len());
                joined.push((nth, case));
            }
        }
    }
    joined
}

/// The last attempt that ran decides: what passes after a failure is flaky, what fails has failed.
fn again(known: &mut TestCase, later: TestCase) {
    let ran = |status| !matches!(status, TestStatus::Ignored | TestStatus::NotRun);
    let failed = matches!(known.status, TestStatus::Failed | TestStatus::Flaky);
    known.status = match later.status {
        status if !ran(status) => {
            if ran(known.status) {
                known.status
            } else {
                status
            }
        }
        TestStatus::Passed if failed => TestStatus::Flaky,
        status => status,
    };
    known.duration_ms = match (known.duration_ms, later.duration_ms) {
        (Some(a), Some(b)) => Some(a.saturating_add(b)),
        (a, b) => a.or(b),
    };
    let failures: Vec<_> = later.failure.into_iter().chain(later.later).collect();
    for failure in failures {
        match known.failure {
            None => known.failure = Some(failure),
            Some(_) => known.later.push(failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::test::Failure;

    #[test]
    fn the_last_attempt_that_ran_decides() {
        for (attempts_of_one, is) in [
            ("F P", "flaky 1 of 2"),
            ("F F P", "flaky 2 of 3"),
            ("P F", "failed 1 of 2"),
            ("F F", "failed 2 of 2"),
            ("P P", "passed 0 of 2"),
            ("F I", "failed 1 of 2"),
            ("I P", "passed 0 of 2"),
            ("I I", "ignored 0 of 2"),
            ("F P F", "failed 2 of 3"),
        ] {
            let case = |word: &str| TestCase {
                name: "a".into(),
                status: match word {
                    "F" => TestStatus::Failed,
                    "I" => TestStatus::Ignored,
                    _ => TestStatus::Passed,
                },
                duration_ms: Some(1),
                failure: (word == "F").then(Failure::default),
                later: Vec::new(),
                selector: None,
            };
            let cases: Vec<TestCase> = attempts_of_one.split(' ').map(case).collect();
            let elements = vec![Element { name: "a".into(), ..Element::default() }; cases.len()];
            let joined = attempts(&elements, cases);
            assert_eq!(joined.len(), 1);
            let one = &joined[0].1;
            let said =
                format!("{} {} of {}", one.status.name(), one.failures().count(), one.duration_ms.unwrap());
            assert_eq!(said, is, "{attempts_of_one}");
        }
    }
}

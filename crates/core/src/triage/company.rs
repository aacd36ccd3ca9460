//! With which tests before it a test had its result. A pass that came after other tests, or after the same in another order, is no pass of
//! what failed: `--last-failed` leaves out what the failure needed, `--failed-first` and a new seed run it earlier.

use super::order::TestOrder;
use super::step::SuiteAttempt;
use crate::model::flake::FlakeVerdict;
use crate::model::test::{TestStatus, TestTry};
use std::collections::HashSet;

/// An attempt at a test or suite, and whether that failed in it.
#[derive(Clone, Copy)]
struct Seen<'a> {
    attempt: &'a SuiteAttempt,
    failed: bool,
}

/// Says of each try of a test which earlier one, from the same state, had the same tests before it.
pub(super) fn told_apart(test: &str, tries: &mut [TestTry], attempts: &[SuiteAttempt]) {
    let failed = |tried: &TestTry| matches!(tried.status, TestStatus::Failed | TestStatus::Flaky);
    let seen: Vec<Option<Seen<'_>>> = tries
        .iter()
        .map(|tried| Some(Seen { attempt: at(attempts, tried.attempt)?, failed: failed(tried) }))
        .collect();
    let numbers: Vec<u32> = tries.iter().map(|tried| tried.attempt).collect();
    for (tried, company) in tries.iter_mut().zip(classes(&seen, &numbers, Some(test))) {
        tried.company = company;
    }
}

/// The same of the suite itself, for each of its attempts.
pub(super) fn of_suite(attempts: &[SuiteAttempt]) -> Vec<u32> {
    let seen: Vec<_> =
        attempts.iter().map(|attempt| Some(Seen { attempt, failed: attempt.status.is_failure() })).collect();
    let numbers: Vec<u32> = (1..).take(attempts.len()).collect();
    classes(&seen, &numbers, None)
}

/// What runs of one thing prove where some failed and some passed: `None` where a failure and a pass were from one state and with the same
/// tests, or where there are not both. `true`: it failed. With `test` what stands before it counts.
pub fn unproven(runs: &[(SuiteAttempt, bool)], test: Option<&str>) -> Option<FlakeVerdict> {
    let seen: Vec<_> = runs.iter().map(|(attempt, failed)| Some(Seen { attempt, failed: *failed })).collect();
    let numbers: Vec<u32> = (1..).take(runs.len()).collect();
    let found = classes(&seen, &numbers, test);
    let of = |wanted: bool| {
        let runs = runs.iter().zip(&found).filter(move |((_, failed), _)| *failed == wanted);
        runs.map(|((attempt, _), company)| (attempt.state, *company)).collect::<Vec<_>>()
    };
    let (red, green) = (of(true), of(false));
    if red.is_empty() || green.is_empty() || red.iter().any(|place| green.contains(place)) {
        return None;
    }
    let one_state = red.iter().any(|(state, _)| green.iter().any(|(other, _)| state == other));
    Some(if one_state { FlakeVerdict::OtherTests } else { FlakeVerdict::OtherState })
}

/// For each its class among those of its place: the number of the first in it, or 0 in that of the first of its place.
fn classes(seen: &[Option<Seen<'_>>], numbers: &[u32], test: Option<&str>) -> Vec<u32> {
    let place = |seen: &Option<Seen<'_>>| seen.map(|s| (s.attempt.whole, s.attempt.state));
    let mut found: Vec<u32> = Vec::with_capacity(seen.len());
    for (nth, one) in seen.iter().enumerate() {
        let earlier = || (0..nth).filter(|other| place(&seen[*other]) == place(one));
        let same = |other: &usize| match (seen[*other], *one) {
            (Some(other), Some(one)) => is_same(other, one, test),
            _ => false,
        };
        let class = match earlier().find(same) {
            Some(other) => found[other],
            None if earlier().next().is_none() => 0,
            None => numbers[nth],
        };
        found.push(class);
    }
    found
}

fn at(attempts: &[SuiteAttempt], number: u32) -> Option<&SuiteAttempt> {
    attempts.get(usize::try_from(number).ok()?.checked_sub(1)?)
}

fn is_same(one: Seen<'_>, other: Seen<'_>, test: Option<&str>) -> bool {
    let (a, b) = (one.attempt, other.attempt);
    if a.company.seeds != b.company.seeds || a.company.chosen != b.company.chosen {
        return false;
    }
    // Commands for one test each run one after another.
    let is_stated = |attempt: &SuiteAttempt| !attempt.whole || attempt.company.order == TestOrder::Stated;
    if let Some(test) = test.filter(|_| is_stated(a) && is_stated(b)) {
        return before(a, test) == before(b, test);
    }
    let (ran_a, ran_b): (HashSet<&str>, HashSet<&str>) = (ran(a).collect(), ran(b).collect());
    let with_all = match (one.failed, other.failed) {
        // What failed may have kept others from running.
        (true, false) => ran_a.is_subset(&ran_b),
        (false, true) => ran_b.is_subset(&ran_a),
        _ => ran_a == ran_b,
    };
    let moved = a.company.order != TestOrder::Beside && (is_failed_first(a, b) || is_failed_first(b, a));
    with_all && !moved
}

/// The tests that ran, in the order of their results.
fn ran(attempt: &SuiteAttempt) -> impl Iterator<Item = &str> {
    let ran = attempt.cases.iter().filter(|c| !matches!(c.status, TestStatus::Ignored | TestStatus::NotRun));
    ran.map(|case| case.name.as_str())
}

/// Those before a test; those that stand in it are part of it.
fn before<'a>(attempt: &'a SuiteAttempt, test: &str) -> Vec<&'a str> {
    let is_part =
        |name: &str| name.strip_prefix(test).is_some_and(|rest| rest.starts_with([' ', '/', '>', ':']));
    ran(attempt).take_while(|name| *name != test).filter(|name| !is_part(name)).collect()
}

/// Whether the later attempt ran what failed in the earlier one before all others, which stand as they stood.
fn is_failed_first(earlier: &SuiteAttempt, later: &SuiteAttempt) -> bool {
    let failed: HashSet<&str> = earlier
        .cases
        .iter()
        .filter(|case| case.status == TestStatus::Failed)
        .map(|case| case.name.as_str())
        .collect();
    let (first, rest): (Vec<&str>, Vec<&str>) = ran(earlier).partition(|name| failed.contains(name));
    let moved = || first.iter().chain(&rest).copied();
    !failed.is_empty() && !moved().eq(ran(earlier)) && moved().eq(ran(later))
}

#[cfg(test)]
mod tests {
    use super::super::attempts::{JudgedStep, StepEnded, attempt};
    use super::super::order::Company;
    use super::*;
    use crate::model::test::{Reading, TestCase};
    use std::collections::BTreeSet;

    /// An attempt with these results in their order: `a+`, `b-`, `c.` for passed, failed, ignored.
    fn of(order: TestOrder, text: &str) -> SuiteAttempt {
        let case = |word: &str| {
            let (name, sign) = word.split_at(word.len() - 1);
            let status = match sign {
                "+" => TestStatus::Passed,
                "-" => TestStatus::Failed,
                _ => TestStatus::Ignored,
            };
            TestCase {
                name: name.into(),
                status,
                duration_ms: None,
                failure: None,
                later: Vec::new(),
                selector: None,
            }
        };
        let cases: Vec<TestCase> = text.split(' ').filter(|word| !word.is_empty()).map(case).collect();
        let ended = StepEnded::Exited(i32::from(text.contains('-')));
        let read = Some(Ok(vec![Reading { cases, ..Reading::default() }]));
        let step = JudgedStep { ended, read, asked: None, told: None, trouble: None };
        SuiteAttempt { company: Company { order, ..Company::default() }, ..attempt("s", &[step]) }
    }

    /// Whether `t` had its two results in one company.
    fn same(order: TestOrder, first: &str, second: &str) -> bool {
        let attempts = [of(order, first), of(order, second)];
        let status = |a: &SuiteAttempt| a.cases.iter().find(|c| c.name == "t").unwrap().status;
        let mut tries = [1, 2].map(|n: u32| TestTry {
            attempt: n,
            status: status(&attempts[n as usize - 1]),
            crash: false,
            company: 0,
        });
        told_apart("t", &mut tries, &attempts);
        tries[1].company == 0
    }

    #[test]
    fn in_a_stated_order_what_stands_before_it_counts() {
        let same = |first, second| same(TestOrder::Stated, first, second);
        assert!(same("a+ t- b+", "a+ t+ b+"));
        // What stands behind it did not run yet.
        assert!(same("a+ t-", "a+ t+ b+"));
        assert!(same("a+ t- b+", "a+ t+"));
        assert!(same("a- t-", "a+ t+"));
        for second in ["t+ a+ b+", "t+", "b+ a+ t+", "a+ b+ t+", "a. t+"] {
            assert!(!same("a+ t- b+", second), "{second}");
        }
        // What stands in it is part of it.
        assert!(same("t/x- t-", "t/x+ t/y+ t+"));
        assert!(!same("tx+ t-", "t+"));
    }

    #[test]
    fn beside_each_other_only_the_names_count() {
        let same = |first, second| same(TestOrder::Beside, first, second);
        for second in ["a+ t+ b+", "b+ t+ a+", "t+ a+ b+", "t+ a+ b+ c+"] {
            assert!(same("a+ t- b+", second), "{second}");
        }
        for second in ["t+", "a+ t+", "a+ t+ b."] {
            assert!(!same("a+ t- b+", second), "{second}");
        }
        assert!(same("a+ t+ b+", "t-"), "what failed stopped the others");
    }

    #[test]
    fn what_runs_again_and_again_prove() {
        let run =
            |text: &str, state| (SuiteAttempt { state, ..of(TestOrder::Stated, text) }, text.contains("t-"));
        let proves = |runs: &[(&str, u32)]| {
            unproven(&runs.iter().map(|(text, state)| run(text, *state)).collect::<Vec<_>>(), Some("t"))
        };
        assert_eq!(proves(&[("t-", 1), ("t+", 1)]), None);
        assert_eq!(proves(&[("t-", 1), ("t-", 2)]), None);
        assert_eq!(proves(&[("t-", 1), ("t+", 2), ("t+", 2)]), Some(FlakeVerdict::OtherState));
        assert_eq!(proves(&[("t-", 1), ("t+", 2), ("t-", 2)]), None);
        assert_eq!(proves(&[("a+ t-", 1), ("t+", 1)]), Some(FlakeVerdict::OtherTests));
    }

    #[test]
    fn where_the_order_is_not_known_failed_ones_in_front_are_seen() {
        let same = |first, second| same(TestOrder::Unknown, first, second);
        assert!(same("a+ t- b+", "b+ t+ a+"));
        assert!(same("a+ t- b+", "a+ t+ b+"));
        assert!(same("t- a+ b+", "t+ a+ b+"), "it was the first before");
        assert!(!same("a+ t- b+", "t+ a+ b+"));
        assert!(!same("a+ b- c+ t-", "b+ t+ a+ c+"));
    }

    #[test]
    fn another_seed_is_another_order() {
        let seeded = |seed: &str| {
            let company = Company { seeds: BTreeSet::from([seed.to_string()]), ..Company::default() };
            SuiteAttempt { company, ..of(TestOrder::Unknown, "t-") }
        };
        assert_eq!(of_suite(&["1", "2", "1"].map(seeded)), [0, 2, 0]);
    }

    proptest::proptest! {
        /// Whatever ran: a class in which a test failed and passed holds a pair of which that can be said.
        #[test]
        fn a_class_rests_on_a_pair(runs in proptest::collection::vec("([a-c][+.] ){0,3}t[+-]( [a-c][+.]){0,2}", 2..6)) {
            for order in [TestOrder::Beside, TestOrder::Unknown, TestOrder::Stated] {
                let attempts: Vec<SuiteAttempt> = runs.iter().map(|text| of(order, text)).collect();
                let seen: Vec<_> = attempts.iter().zip(&runs)
                    .map(|(attempt, text)| Some(Seen { attempt, failed: text.contains("t-") })).collect();
                let numbers: Vec<u32> = (1..).take(seen.len()).collect();
                let found = classes(&seen, &numbers, Some("t"));
                for class in &found {
                    let members: Vec<Seen<'_>> =
                        seen.iter().zip(&found).filter(|(_, c)| *c == class).filter_map(|(s, _)| *s).collect();
                    let mixed = members.iter().any(|s| s.failed) && members.iter().any(|s| !s.failed);
                    let pair = members.iter().any(|f| f.failed
                        && members.iter().any(|p| !p.failed && (is_same(*f, *p, Some("t")) || is_same(*p, *f, Some("t")))));
                    proptest::prop_assert_eq!(mixed, mixed && pair);
                }
            }
        }
    }
}

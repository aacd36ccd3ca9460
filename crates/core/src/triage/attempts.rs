//! What became of a suite, from how its attempts ended and what their results say.
//!
//! A suite passes only by evidence: its command ended with exit code 0, its results could be read, and every test that
//! was asked for is among them. What a pass after a failure proves is told in `retried`.

pub use super::company::unproven;
pub use super::order::{Company, Said};
pub use super::retried::{Combined, Judging, TestTries, combine};
pub use super::step::{JudgedStep, StepEnded, SuiteAttempt, Unread};

use super::step::{add_failures, judge_step};
use crate::model::signature::Basis;
use crate::model::suite::SuiteStatus;
use crate::model::test::{TestCase, TestNames, TestStatus};
use std::collections::HashMap;

/// Judges one attempt; `name` is the suite's.
pub fn attempt(name: &str, steps: &[JudgedStep]) -> SuiteAttempt {
    attempt_at(name, steps, &TestNames::new())
}

/// Judges an attempt at tests that are known from another run or attempt: they keep the names that they have there.
pub fn attempt_at(name: &str, steps: &[JudgedStep], names: &TestNames) -> SuiteAttempt {
    let mut found = SuiteAttempt {
        status: SuiteStatus::Passed,
        cases: Vec::new(),
        fault: None,
        basis: Basis::Fallback,
        exit_code: None,
        signal: None,
        whole: steps.iter().all(|s| s.asked.is_none()),
        absent: false,
        stopped: None,
        skipped: false,
        state: 1,
        reported: false,
        company: Company::default(),
    };
    let mut outer: HashMap<String, usize> = HashMap::new();
    for step in steps {
        let one = judge_step(name, step, names);
        found.status = worse(found.status, one.status);
        found.absent |= one.absent;
        found.stopped = found.stopped.or(one.stopped);
        found.skipped |= one.skipped;
        for case in one.cases {
            let above = step.asked.as_ref().is_some_and(|asked| case.selector() != asked);
            match outer.get(&case.name) {
                Some(at) if above => worse_of(&mut found.cases[*at], &case),
                _ => {
                    if above {
                        outer.insert(case.name.clone(), found.cases.len());
                    }
                    found.cases.push(case);
                }
            }
        }
        if found.fault.is_none() {
            (found.fault, found.basis) = (one.fault, one.basis);
        } else if let Some(fault) = one.fault {
            // Another command of the attempt that failed otherwise: the first sentence alone would not tell of it.
            found.basis = if found.fault.as_ref() == Some(&fault) { found.basis } else { Basis::Fallback };
        }
        // The code of the first command that failed says more than that of the last one that passed.
        if found.exit_code.unwrap_or(0) == 0 && found.signal.is_none() {
            (found.exit_code, found.signal) = (one.exit_code, one.signal);
        }
    }
    found
}

/// The order of failures, worst last.
fn worse(a: SuiteStatus, b: SuiteStatus) -> SuiteStatus {
    let rank = |s| match s {
        SuiteStatus::Failed => 1,
        SuiteStatus::TimedOut => 2,
        SuiteStatus::Crashed => 3,
        SuiteStatus::Missing => 4,
        _ => 0,
    };
    if rank(b) > rank(a) { b } else { a }
}

/// Two outcomes of a test that two others stand in, one command each: it passed only where it passed both times.
fn worse_of(known: &mut TestCase, case: &TestCase) {
    match (known.status, case.status) {
        (TestStatus::Failed, TestStatus::Failed) => add_failures(known, case),
        (_, TestStatus::Failed) => *known = case.clone(),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::flake::FlakeRules;
    use crate::model::record::AttemptFault;
    use crate::model::suite::ResultReader;
    use crate::model::test::{Failure, Reading};

    fn combine(attempts: &[SuiteAttempt]) -> Combined {
        let judging = Judging { reader: ResultReader::Libtest, rules: FlakeRules::default() };
        super::combine(attempts, &judging)
    }

    fn case(name: &str, status: TestStatus) -> TestCase {
        let failure = (status == TestStatus::Failed).then(|| Failure::new("first", "", None));
        TestCase {
            name: name.into(),
            status,
            duration_ms: Some(1),
            failure,
            later: Vec::new(),
            selector: None,
        }
    }

    fn reading(cases: &[(&str, TestStatus)]) -> Reading {
        Reading { cases: cases.iter().map(|(n, s)| case(n, *s)).collect(), ..Reading::default() }
    }

    fn step(ended: StepEnded, cases: &[(&str, TestStatus)]) -> JudgedStep {
        JudgedStep { ended, read: Some(Ok(vec![reading(cases)])), asked: None, told: None, trouble: None }
    }

    const P: TestStatus = TestStatus::Passed;
    const F: TestStatus = TestStatus::Failed;
    const LATE: StepEnded = StepEnded::TimedOut { exit_code: None, signal: Some(15) };

    #[test]
    fn a_test_that_the_asked_one_stands_in_is_told_of_too() {
        let asked = |test: &str, ended, cases: &[(&str, TestStatus)]| JudgedStep {
            asked: Some(test.to_string()),
            ..step(ended, cases)
        };
        let told = |steps: &[JudgedStep]| {
            let found = attempt("s", steps);
            let cases = found.cases.iter().map(|c| (c.name.clone(), c.status)).collect::<Vec<_>>();
            (found.status, found.absent, cases)
        };
        let green = asked("T/a", StepEnded::Exited(0), &[("T/a", P), ("T", P), ("Tx", P)]);
        let red = asked("T/b", StepEnded::Exited(1), &[("T/b", F), ("T", F), ("U", P)]);
        let (status, absent, cases) = told(&[green.clone(), red.clone()]);
        assert_eq!((status, absent), (SuiteStatus::Failed, false));
        assert_eq!(cases, [("T/a".into(), P), ("T".into(), F), ("T/b".into(), F)]);
        assert_eq!(told(&[red, green]).2, [("T/b".into(), F), ("T".into(), F), ("T/a".into(), P)]);
        // The outer test is no proof of the one that was asked for.
        let gone = asked("T/c", StepEnded::Exited(0), &[("T", P)]);
        assert_eq!(told(&[gone]), (SuiteStatus::Failed, true, vec![("T".into(), P), ("T/c".into(), F)]));
    }

    fn status_of(attempts: &[SuiteAttempt]) -> (SuiteStatus, Vec<TestStatus>) {
        let combined = combine(attempts);
        (combined.status, combined.cases.iter().map(|c| c.status).collect())
    }

    #[test]
    fn a_suite_passes_by_evidence_alone() {
        let good = attempt("s", &[step(StepEnded::Exited(0), &[("a", P)])]);
        assert_eq!((good.status, good.fault.as_deref()), (SuiteStatus::Passed, None));
        let cases: [(JudgedStep, SuiteStatus, &str); 6] = [
            (
                step(StepEnded::Exited(101), &[("a", P)]),
                SuiteStatus::Failed,
                "it ended with exit code 101 although no test failed",
            ),
            (
                JudgedStep {
                    read: Some(Err(Unread::Missing("junit.xml is not there".into()))),
                    ..step(StepEnded::Exited(0), &[])
                },
                SuiteStatus::Missing,
                "junit.xml is not there",
            ),
            (
                JudgedStep {
                    read: Some(Err(Unread::Wrong("holds no results".into()))),
                    ..step(StepEnded::Exited(0), &[])
                },
                SuiteStatus::Failed,
                "holds no results",
            ),
            (step(StepEnded::Signalled(11), &[("a", P)]), SuiteStatus::Crashed, "it was ended by signal 11"),
            (step(LATE, &[("a", P)]), SuiteStatus::TimedOut, "it was ended at its timeout"),
            (
                JudgedStep {
                    trouble: Some("the log is gone".into()),
                    ..step(StepEnded::Exited(0), &[("a", P)])
                },
                SuiteStatus::Failed,
                "the log is gone",
            ),
        ];
        for (step, status, fault) in cases {
            let found = attempt("s", std::slice::from_ref(&step));
            assert_eq!((found.status, found.fault.as_deref()), (status, Some(fault)), "{step:?}");
        }
        let honest = attempt("s", &[step(StepEnded::Exited(0), &[("a", F)])]);
        assert_eq!(honest.status, SuiteStatus::Failed, "an exit code of 0 hides no failed test");
    }

    #[test]
    fn a_replay_that_runs_another_test_is_red() {
        let other =
            JudgedStep { asked: Some("wanted".into()), ..step(StepEnded::Exited(0), &[("other", P)]) };
        let found = attempt("s", std::slice::from_ref(&other));
        assert_eq!(found.status, SuiteStatus::Failed);
        assert_eq!(found.cases[0].name, "wanted");
        insta::assert_snapshot!(found.fault.unwrap(), @"the command for the test `wanted` ran no such test");
        let right = JudgedStep { asked: Some("other".into()), ..other };
        assert_eq!(attempt("s", &[right]).status, SuiteStatus::Passed);
    }

    #[test]
    fn a_test_that_is_skipped_when_it_is_asked_for_has_failed() {
        const I: TestStatus = TestStatus::Ignored;
        let asked = |names: &TestNames, cases: &[(&str, TestStatus)]| {
            let step = JudgedStep { asked: Some("a".into()), ..step(StepEnded::Exited(0), cases) };
            attempt_at("s", &[step], names)
        };
        let found = asked(&TestNames::new(), &[("a", I), ("b", P)]);
        assert_eq!((found.status, found.skipped, found.absent), (SuiteStatus::Failed, true, false));
        assert_eq!((found.cases[0].status, found.cases[0].selector()), (F, "a"));
        insta::assert_snapshot!(found.fault.unwrap(), @"the test `a` was asked for and was skipped");
        // The test of that name in another suite was not asked for.
        let step = |name: &str| JudgedStep {
            read: Some(Ok(vec![
                Reading { name: "g".into(), ..reading(&[("a", P)]) },
                Reading { name: "h".into(), ..reading(&[("a", I)]) },
            ])),
            asked: Some(name.into()),
            ..step(StepEnded::Exited(0), &[])
        };
        let known = crate::model::test::test_names([("a", "g a")]);
        assert_eq!(attempt_at("s", &[step("a")], &known).status, SuiteStatus::Passed);
        let known = crate::model::test::test_names([("a", "h a")]);
        assert_eq!(attempt_at("s", &[step("a")], &known).status, SuiteStatus::Failed);
    }

    #[test]
    fn a_skip_in_a_later_attempt_shows_nothing() {
        const I: TestStatus = TestStatus::Ignored;
        let of = |status: TestStatus| {
            let code = i32::from(status == F);
            attempt("s", &[step(StepEnded::Exited(code), &[("a", status), ("b", P)])])
        };
        for (attempts, wanted, suite) in [
            (vec![of(F), of(I)], F, SuiteStatus::Failed),
            (vec![of(F), of(P), of(I)], TestStatus::Flaky, SuiteStatus::Flaky),
            (vec![of(P), of(I)], P, SuiteStatus::Passed),
            (vec![of(I), of(F)], F, SuiteStatus::Failed),
            (vec![of(I), of(P)], P, SuiteStatus::Passed),
        ] {
            let (status, cases) = status_of(&attempts);
            assert_eq!((status, cases[0]), (suite, wanted));
        }
    }

    #[test]
    fn failed_then_passed_is_flaky_and_keeps_its_first_failure() {
        let first = attempt("s", &[step(StepEnded::Exited(1), &[("a", P), ("b", F)])]);
        assert_eq!(first.failed_alone().unwrap().len(), 1);
        let second = attempt("s", &[step(StepEnded::Exited(0), &[("a", P), ("b", P)])]);
        let combined = combine(&[first.clone(), second.clone()]);
        assert_eq!(combined.cases[1].later, []);
        let thrice = combine(&[first.clone(), first.clone(), second]);
        assert_eq!(thrice.cases[1].failures().count(), 2, "one for each failed attempt");
        assert_eq!(combined.status, SuiteStatus::Flaky);
        assert_eq!(combined.cases[1].status, TestStatus::Flaky);
        assert_eq!(combined.cases[1].failure.as_ref().unwrap().message, "first");
        assert_eq!(status_of(&[first.clone(), first]).0, SuiteStatus::Failed);
    }

    #[test]
    fn a_crash_before_a_clean_attempt_and_a_vanished_failure_stay() {
        let crash = attempt("s", &[step(StepEnded::Signalled(6), &[("a", P)])]);
        let clean = attempt("s", &[step(StepEnded::Exited(0), &[("a", P), ("b", P)])]);
        assert_eq!(status_of(&[crash.clone(), clean.clone()]), (SuiteStatus::Crashed, vec![P, P]));
        let faults = combine(&[clean.clone(), crash]).faults;
        let fault = "it was ended by signal 6".to_string();
        assert_eq!(
            faults,
            [AttemptFault { attempt: 2, status: SuiteStatus::Crashed, fault, basis: Basis::Fallback }]
        );
        let red = attempt("s", &[step(StepEnded::Exited(1), &[("gone", F)])]);
        assert_eq!(status_of(&[red, clean]).0, SuiteStatus::Failed);
    }

    proptest::proptest! {
        /// Whatever a test's attempts came to, each that failed has its failure, in order.
        #[test]
        fn each_failed_attempt_keeps_its_failure(passed in proptest::collection::vec(proptest::bool::ANY, 1..12)) {
            let attempts: Vec<SuiteAttempt> = passed
                .iter()
                .enumerate()
                .map(|(nth, passed)| {
                    let (code, status) = if *passed { (0, P) } else { (1, F) };
                    let mut found = attempt("s", &[step(StepEnded::Exited(code), &[("a", status)])]);
                    found.cases[0].failure = (!passed).then(|| Failure::new(&nth.to_string(), &"x".repeat(9_000), None));
                    found
                })
                .collect();
            let combined = combine(&attempts);
            let mut held: Vec<SuiteAttempt> = Vec::new();
            for mut attempt in attempts {
                attempt.shorten(&held);
                held.push(attempt);
            }
            proptest::prop_assert_eq!(&combine(&held), &combined);
            let said: Vec<&str> = combined.cases[0].failures().map(|f| f.message.as_str()).collect();
            let red: Vec<String> = (0..passed.len()).filter(|n| !passed[*n]).map(|n| n.to_string()).collect();
            proptest::prop_assert_eq!(said, red);
            let wanted = match (passed.contains(&true), passed.contains(&false)) {
                (true, true) => TestStatus::Flaky,
                (true, false) => P,
                _ => F,
            };
            proptest::prop_assert_eq!(combined.cases[0].status, wanted);
        }
    }

    #[test]
    fn a_test_that_is_run_alone_keeps_the_name_that_it_is_known_by() {
        let names = crate::model::test::test_names([("un", "g un"), ("two", "two")]);
        let of = |name: &str, test: &str| Reading { name: name.into(), ..reading(&[(test, P)]) };
        let told = |asked: &str, names: &TestNames, readings: Vec<Reading>| {
            let asked = Some(asked.to_string());
            let step = JudgedStep { read: Some(Ok(readings)), asked, ..step(StepEnded::Exited(0), &[]) };
            let found = attempt_at("s", &[step], names);
            let line = |c: &TestCase| format!("{}={} by {}", c.name, c.status.name(), c.selector());
            (found.status, found.cases.iter().map(line).collect::<Vec<_>>())
        };
        let passed = |lines: &[&str]| (SuiteStatus::Passed, lines.iter().map(|l| l.to_string()).collect());
        let failed = |lines: &[&str]| (SuiteStatus::Failed, lines.iter().map(|l| l.to_string()).collect());
        // One suite where the whole run named two, whether it is named here or not.
        assert_eq!(told("un", &names, vec![of("g", "un")]), passed(&["g un=passed by un"]));
        assert_eq!(told("un", &names, vec![of("", "un")]), passed(&["g un=passed by un"]));
        // Two here where the whole run named one.
        let two = vec![of("g", "two"), of("h", "other")];
        assert_eq!(told("two", &names, two), passed(&["two=passed by two"]));
        // The test of that name in another suite is another test.
        let lines = ["h un=passed by un", "g un=failed by un"];
        assert_eq!(told("un", &names, vec![of("h", "un")]), failed(&lines));
        // Two tests by one selector: each has its name.
        let both = crate::model::test::test_names([("un", "g un"), ("un", "h un")]);
        let lines = ["g un=passed by un", "h un=passed by un"];
        assert_eq!(told("un", &both, vec![of("g", "un"), of("h", "un")]), passed(&lines));
        let lines = ["g un=passed by un", "h un=failed by un"];
        assert_eq!(told("un", &both, vec![of("g", "un")]), failed(&lines));
    }

    #[test]
    fn what_did_not_start_or_ran_too_long() {
        let none =
            JudgedStep { ended: StepEnded::NotStarted("`x` cannot be started".into()), ..step(LATE, &[]) };
        let none = attempt("s", &[JudgedStep { read: Some(Ok(Vec::new())), ..none }]);
        assert_eq!((none.status, none.cases.len()), (SuiteStatus::Missing, 0));
        assert_eq!(none.fault.as_deref(), Some("`x` cannot be started"));
        let late = combine(&[attempt("s", &[step(LATE, &[])])]);
        assert_eq!((late.status, late.exit_code, late.signal), (SuiteStatus::TimedOut, None, Some(15)));
        let code = StepEnded::TimedOut { exit_code: Some(0), signal: None };
        let late = combine(&[attempt("s", &[step(code, &[("a", P)])])]);
        assert_eq!((late.status, late.exit_code, late.signal), (SuiteStatus::TimedOut, Some(0), None));
    }

    #[test]
    fn a_suite_is_incomplete_until_a_whole_attempt_has_no_fault() {
        let mut torn = attempt("s", &[step(StepEnded::Exited(1), &[("a", F)])]);
        assert!(!combine(std::slice::from_ref(&torn)).incomplete);
        torn.fault = Some("the plan says 3".into());
        assert!(combine(std::slice::from_ref(&torn)).incomplete);
        let green = attempt("s", &[step(StepEnded::Exited(0), &[("a", P)])]);
        assert!(!combine(&[torn.clone(), green.clone()]).incomplete);
        assert!(combine(&[torn, SuiteAttempt { whole: false, ..green }]).incomplete);
    }

    #[test]
    fn an_exit_code_is_one_test() {
        let step =
            JudgedStep { ended: StepEnded::Exited(3), read: None, asked: None, told: None, trouble: None };
        let found = attempt("lint", &[step]);
        assert_eq!((found.status, found.cases[0].name.as_str()), (SuiteStatus::Failed, "lint"));
        assert_eq!(found.fault, None);
        let message = |found: &SuiteAttempt| found.cases[0].failure.as_ref().unwrap().message.clone();
        assert_eq!(message(&found), "it ended with exit code 3 and printed nothing");
        let told = Some(Failure::new("error: x\nand y", "", None));
        for (ended, wanted, fault) in [
            (StepEnded::Exited(1), "error: x\nand y", None),
            (StepEnded::Exited(3), "error: x\nand y\nit ended with exit code 3", None),
            (
                StepEnded::Signalled(6),
                "it was ended by signal 6: error: x; and y",
                Some("it was ended by signal 6: error: x; and y"),
            ),
        ] {
            let step = JudgedStep { ended, read: None, asked: None, told: told.clone(), trouble: None };
            let found = attempt("lint", &[step]);
            assert_eq!((message(&found).as_str(), found.fault.as_deref()), (wanted, fault));
        }
    }
}

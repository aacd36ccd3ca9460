//! What several attempts at one suite prove together (`docs/flakes.md`).
//!
//! Flaky is a claim: it needs a failure and a pass from one state of files and with the same tests before them. A test that
//! passes alone is not shown to pass with the others, a pass from what the failing attempt left behind is no pass from where
//! that began, and a crash is a crash. What is not proven is failed, and says why. What a tool runs again itself within one
//! result is one attempt: its failures and passes are of one state and one selection.

use super::company::{of_suite, told_apart};
use super::crash::is_crash;
use super::step::{SuiteAttempt, add_failures};
use crate::model::flake::{FlakeRules, FlakeVerdict, FlakyResult};
use crate::model::record::AttemptFault;
use crate::model::signature::Basis;
use crate::model::suite::{RanPart, ResultReader, SuiteStatus, SuiteTry};
use crate::model::test::{TestCase, TestStatus, TestTry};
use std::collections::HashMap;

/// What attempts are judged by.
#[derive(Debug, Clone, Copy)]
pub struct Judging {
    /// What read the results.
    pub reader: ResultReader,
    /// The rules of the suite's kind.
    pub rules: FlakeRules,
}

/// What is known of a test beside its status.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TestTries {
    /// It failed with the others and passed alone.
    pub passes_alone: bool,
    /// Why it is failed though it passed too.
    pub flake: Option<FlakeVerdict>,
    /// What each attempt said, where it failed and passed.
    pub tries: Vec<TestTry>,
}

/// All attempts at a suite together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Combined {
    /// What became of the suite.
    pub status: SuiteStatus,
    /// Its tests; a flaky or failed one with the failure of each attempt, those after the first cut short.
    pub cases: Vec<TestCase>,
    /// What the attempts say of each, in the order of `cases`.
    pub tried: Vec<TestTries>,
    /// The attempts, where there were several.
    pub tries: Vec<SuiteTry>,
    /// Why the suite itself is failed though it passed too.
    pub flake: Option<FlakeVerdict>,
    /// What was wrong with attempts outside any test, in order.
    pub faults: Vec<AttemptFault>,
    /// A failure outside any test that the last attempt still shows, or that made the suite flaky: a sentence.
    pub fault: Option<String>,
    /// Whether that sentence is words of the cause.
    pub basis: Basis,
    /// Of the last attempt, or of the one that failed the suite for good.
    pub exit_code: Option<i32>,
    /// Of the same attempt.
    pub signal: Option<i32>,
    /// Whether no attempt at the whole suite was without a fault and ran to its end: tests may be missing among `cases`.
    pub incomplete: bool,
}

/// Joins the attempts at one suite, in order; at least one.
pub fn combine(attempts: &[SuiteAttempt], judging: &Judging) -> Combined {
    let (mut cases, said) = gathered(attempts, judging.reader);
    let mut tried = Vec::with_capacity(cases.len());
    for (case, tries) in cases.iter_mut().zip(said) {
        let (status, found) = verdict(&case.name, tries, attempts, &judging.rules);
        case.status = status;
        tried.push(found);
    }
    let (fault, basis) = attempts
        .iter()
        .rev()
        .find_map(|a| Some((Some(a.fault.clone()?), a.basis)))
        .unwrap_or((None, Basis::Fallback));
    let numbered = (1..).zip(attempts);
    let faults = numbered.filter_map(|(attempt, a)| {
        Some(AttemptFault { attempt, status: a.status, fault: a.fault.clone()?, basis: a.basis })
    });
    let of_suite = suite(attempts, &cases, &judging.rules);
    let lacks = |a: &SuiteAttempt| a.fault.is_some() || a.stopped.is_some();
    let whole = attempts.iter().any(|a| a.whole && !lacks(a));
    Combined {
        status: of_suite.status,
        tried,
        tries: tries_of(attempts),
        flake: of_suite.flake,
        faults: faults.collect(),
        fault,
        basis,
        exit_code: of_suite.by.and_then(|a| a.exit_code),
        signal: of_suite.by.and_then(|a| a.signal),
        incomplete: !whole && attempts.iter().any(lacks),
        cases,
    }
}

/// Each test once, with all its failures, and what each attempt said of it.
fn gathered(attempts: &[SuiteAttempt], reader: ResultReader) -> (Vec<TestCase>, Vec<Vec<TestTry>>) {
    let (mut cases, mut said): (Vec<TestCase>, Vec<Vec<TestTry>>) = (Vec::new(), Vec::new());
    let mut at: HashMap<&str, usize> = HashMap::new();
    for (number, attempt) in (1..).zip(attempts) {
        for case in &attempt.cases {
            let red = matches!(case.status, TestStatus::Failed | TestStatus::Flaky);
            let crash = red && is_crash(attempt, case, reader);
            let new = TestTry { attempt: number, status: case.status, crash, company: 0 };
            let Some(&nth) = at.get(case.name.as_str()) else {
                at.insert(&case.name, cases.len());
                cases.push(case.clone());
                said.push(vec![new]);
                continue;
            };
            again(&mut cases[nth], case);
            match said[nth].last_mut().filter(|last| last.attempt == number) {
                // Two results of one name in one attempt are no second run: the worse one counts.
                Some(last) if red && last.status != TestStatus::Failed => *last = new,
                Some(_) => {}
                None => said[nth].push(new),
            }
        }
    }
    (cases, said)
}

/// The times and failures of a later result are the test's too.
fn again(known: &mut TestCase, later: &TestCase) {
    known.duration_ms = match (known.duration_ms, later.duration_ms) {
        (None, None) => None,
        (a, b) => Some(a.unwrap_or(0) + b.unwrap_or(0)),
    };
    add_failures(known, later);
}

/// Where a result was had: with the others or alone, from which state, and after which tests.
fn place(tried: &TestTry, attempts: &[SuiteAttempt]) -> Option<(bool, u32, u32)> {
    let nth = usize::try_from(tried.attempt).ok()?.checked_sub(1)?;
    attempts.get(nth).map(|attempt| (attempt.whole, attempt.state, tried.company))
}

/// What the results of a test come to.
fn verdict(
    name: &str,
    mut tries: Vec<TestTry>,
    attempts: &[SuiteAttempt],
    rules: &FlakeRules,
) -> (TestStatus, TestTries) {
    if tries.iter().any(|t| t.status != tries[0].status) {
        told_apart(name, &mut tries, attempts);
    }
    let is = |wanted: &[TestStatus]| -> Vec<&TestTry> {
        tries.iter().filter(|t| wanted.contains(&t.status)).collect()
    };
    let fails = is(&[TestStatus::Failed, TestStatus::Flaky]);
    let passes = is(&[TestStatus::Passed, TestStatus::Flaky]);
    if fails.is_empty() || passes.is_empty() {
        // A skip shows nothing, of a test that failed and of one that passed.
        let first = tries.first().map_or(TestStatus::NotRun, |t| t.status);
        let status = match (fails.is_empty(), passes.is_empty()) {
            (false, _) => TestStatus::Failed,
            (true, false) => TestStatus::Passed,
            (true, true) => first,
        };
        return (status, TestTries::default());
    }
    let whole = |t: &&TestTry| place(t, attempts).is_some_and(|(whole, ..)| whole);
    let state = |t: &TestTry| place(t, attempts).map(|(whole, state, _)| (whole, state));
    let beside = |f: &&TestTry| {
        f.status == TestStatus::Flaky
            || passes
                .iter()
                .any(|p| p.status == TestStatus::Flaky || place(p, attempts) == place(f, attempts))
    };
    let alone: Vec<&TestTry> = passes.iter().copied().filter(|p| !whole(p)).collect();
    let passes_alone = !alone.is_empty() && fails.iter().any(whole);
    let after = |f: &&TestTry| whole(f) && alone.iter().any(|p| p.attempt < f.attempt);
    let flake = if !rules.crash && fails.iter().any(|f| f.crash) {
        Some(FlakeVerdict::Crash)
    } else if fails.iter().any(beside) {
        (rules.result == FlakyResult::Fail).then_some(FlakeVerdict::Flaky)
    } else if fails.iter().any(|f| passes.iter().any(|p| state(p) == state(f))) {
        Some(FlakeVerdict::OtherTests)
    } else if !passes_alone || passes.iter().any(whole) {
        Some(FlakeVerdict::OtherState)
    } else if fails.iter().any(after) {
        Some(FlakeVerdict::OrderDependent)
    } else {
        Some(FlakeVerdict::NoBudget)
    };
    let status = if flake.is_some() { TestStatus::Failed } else { TestStatus::Flaky };
    (status, TestTries { passes_alone, flake, tries })
}

/// What becomes of the suite itself, and the attempt that decides it.
struct OfSuite<'a> {
    status: SuiteStatus,
    flake: Option<FlakeVerdict>,
    by: Option<&'a SuiteAttempt>,
}

fn suite<'a>(attempts: &'a [SuiteAttempt], cases: &[TestCase], rules: &FlakeRules) -> OfSuite<'a> {
    let Some(last) = attempts.last() else {
        return OfSuite { status: SuiteStatus::NotRun, flake: None, by: None };
    };
    let of_last = |status| OfSuite { status, flake: None, by: Some(last) };
    if last.status != SuiteStatus::Passed {
        return of_last(last.status);
    }
    let outside: Vec<&SuiteAttempt> = attempts.iter().filter(|a| fails_outside(a)).collect();
    let company = of_suite(attempts);
    let green = |bad: &SuiteAttempt, exact: bool| {
        let of = |wanted: &SuiteAttempt| {
            attempts.iter().position(|a| std::ptr::eq(a, wanted)).map(|nth| company[nth])
        };
        let mut passed = attempts.iter().filter(|a| a.status == SuiteStatus::Passed);
        passed.any(|a| a.whole == bad.whole && a.state == bad.state && (!exact || of(a) == of(bad)))
    };
    let flake = match &outside[..] {
        [] => None,
        _ if !rules.crash => Some(FlakeVerdict::Crash),
        all if !all.iter().all(|bad| green(bad, false)) => Some(FlakeVerdict::OtherState),
        all if !all.iter().all(|bad| green(bad, true)) => Some(FlakeVerdict::OtherTests),
        _ => (rules.result == FlakyResult::Fail).then_some(FlakeVerdict::Flaky),
    };
    if let (Some(flake), Some(worst)) = (flake, worst(&outside)) {
        return OfSuite { status: worst.status, flake: Some(flake), by: Some(worst) };
    }
    let any = |wanted| cases.iter().any(|c| c.status == wanted);
    of_last(if any(TestStatus::Failed) {
        SuiteStatus::Failed
    } else if any(TestStatus::Flaky) || !outside.is_empty() {
        SuiteStatus::Flaky
    } else if cases.iter().all(|c| c.status == TestStatus::Ignored) {
        SuiteStatus::Ignored
    } else {
        SuiteStatus::Passed
    })
}

/// Whether an attempt failed otherwise than by its tests. A command for one test that ran no such test shows nothing.
fn fails_outside(attempt: &SuiteAttempt) -> bool {
    let shows_nothing = attempt.absent || attempt.skipped;
    let by_tests = attempt.cases.iter().any(|c| c.status == TestStatus::Failed);
    attempt.status.is_failure() && !shows_nothing && (attempt.fault.is_some() || !by_tests)
}

/// The first of those that failed worst.
fn worst<'a>(outside: &[&'a SuiteAttempt]) -> Option<&'a SuiteAttempt> {
    let rank = |status| match status {
        SuiteStatus::Missing => 0,
        SuiteStatus::Crashed => 1,
        SuiteStatus::TimedOut => 2,
        _ => 3,
    };
    outside.iter().copied().min_by_key(|attempt| rank(attempt.status))
}

/// The attempts as a document lists them: where there were several.
fn tries_of(attempts: &[SuiteAttempt]) -> Vec<SuiteTry> {
    if attempts.len() < 2 {
        return Vec::new();
    }
    let one = |((attempt, a), company): ((u32, &SuiteAttempt), u32)| SuiteTry {
        attempt,
        company,
        ran: if a.whole { RanPart::Whole } else { RanPart::Tests },
        status: a.status,
        state: a.state,
        outside: fails_outside(a),
    };
    (1..).zip(attempts).zip(of_suite(attempts)).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::super::attempts::{JudgedStep, StepEnded, attempt};
    use super::*;
    use crate::model::test::{Failure, Reading};
    use proptest::prelude::*;

    const F: TestStatus = TestStatus::Failed;
    const P: TestStatus = TestStatus::Passed;
    const FLAKY: TestStatus = TestStatus::Flaky;

    fn case(status: TestStatus) -> TestCase {
        let failure = (status != P).then(|| Failure::new("left is not right", "", None));
        TestCase { name: "a".into(), status, duration_ms: None, failure, later: Vec::new(), selector: None }
    }

    fn of(status: TestStatus, whole: bool, state: u32) -> SuiteAttempt {
        let step = JudgedStep {
            ended: StepEnded::Exited(i32::from(status == F)),
            read: Some(Ok(vec![Reading { cases: vec![case(status)], ..Reading::default() }])),
            asked: (!whole).then(|| "a".to_string()),
            told: None,
            trouble: None,
        };
        SuiteAttempt { state, ..attempt("s", &[step]) }
    }

    fn judged(
        attempts: &[SuiteAttempt],
        rules: FlakeRules,
    ) -> (SuiteStatus, TestStatus, Option<FlakeVerdict>) {
        let found = combine(attempts, &Judging { reader: ResultReader::Tap, rules });
        (found.status, found.cases[0].status, found.tried[0].flake)
    }

    fn by_default(attempts: &[SuiteAttempt]) -> (SuiteStatus, TestStatus, Option<FlakeVerdict>) {
        judged(attempts, FlakeRules::default())
    }

    const RED: SuiteStatus = SuiteStatus::Failed;

    #[test]
    fn a_failure_and_a_pass_are_of_one_state_and_one_selection() {
        let flaky = (SuiteStatus::Flaky, FLAKY, None);
        assert_eq!(by_default(&[of(F, true, 1), of(P, true, 1)]), flaky);
        assert_eq!(by_default(&[of(F, true, 1), of(P, false, 1), of(P, true, 1)]), flaky);
        assert_eq!(by_default(&[of(F, false, 1), of(P, false, 1)]), flaky, "a replay of the test alone");
        assert_eq!(by_default(&[of(FLAKY, true, 1)]), flaky, "what the tool ran again itself");
        let failed = |flake| (RED, F, Some(flake));
        assert_eq!(by_default(&[of(F, true, 1), of(P, true, 2)]), failed(FlakeVerdict::OtherState));
        assert_eq!(by_default(&[of(F, true, 1), of(P, false, 1)]), failed(FlakeVerdict::NoBudget));
        let order = [of(F, true, 1), of(P, false, 1), of(F, true, 1)];
        assert_eq!(by_default(&order), failed(FlakeVerdict::OrderDependent));
        assert!(
            combine(&order, &Judging { reader: ResultReader::Tap, rules: FlakeRules::default() }).tried[0]
                .passes_alone
        );
        // From the second state on it failed and passed.
        assert_eq!(by_default(&[of(F, true, 1), of(P, true, 2), of(F, true, 2), of(P, true, 2)]), flaky);
        assert_eq!(by_default(&[of(F, true, 1), of(F, false, 1)]), (RED, F, None));
    }

    #[test]
    fn the_policy_of_the_kind_counts() {
        let rules = FlakeRules { result: FlakyResult::Fail, ..FlakeRules::default() };
        let found = judged(&[of(F, true, 1), of(P, true, 1)], rules);
        assert_eq!(found, (RED, F, Some(FlakeVerdict::Flaky)));
    }

    #[test]
    fn no_pass_excuses_a_crash_unless_the_kind_says_so() {
        let crash = |ended| {
            let step =
                JudgedStep { ended, read: Some(Ok(Vec::new())), asked: None, told: None, trouble: None };
            attempt("s", &[step])
        };
        let late = StepEnded::TimedOut { exit_code: None, signal: Some(15) };
        for (ended, status) in [
            (StepEnded::Signalled(11), SuiteStatus::Crashed),
            (late, SuiteStatus::TimedOut),
            (StepEnded::Exited(101), RED),
        ] {
            let both = [crash(ended), of(P, true, 1)];
            let found = |rules| {
                let found = combine(&both, &Judging { reader: ResultReader::Libtest, rules });
                (found.status, found.flake, found.cases[0].status)
            };
            assert_eq!(found(FlakeRules::default()), (status, Some(FlakeVerdict::Crash), P));
            let allow = FlakeRules { crash: true, ..FlakeRules::default() };
            assert_eq!(found(allow), (SuiteStatus::Flaky, None, P));
        }
        let mut race = of(F, true, 1);
        race.reported = true;
        assert_eq!(by_default(&[race, of(P, true, 1)]), (RED, F, Some(FlakeVerdict::Crash)));
    }

    #[test]
    fn two_results_of_one_name_in_one_attempt_are_no_second_run() {
        for pair in [[F, P], [P, F]] {
            let mut both = of(F, true, 1);
            both.cases = pair.map(case).to_vec();
            assert_eq!(by_default(&[both]).1, F);
        }
    }

    proptest! {
        /// Whatever the attempts were, flaky is what failed and passed at one place, and nothing that failed is passed.
        #[test]
        fn flaky_is_never_more_than_was_seen(
            seen in proptest::collection::vec((any::<bool>(), any::<bool>(), 1..3_u32), 1..6),
        ) {
            let attempts: Vec<SuiteAttempt> =
                seen.iter().map(|(passed, whole, state)| of(if *passed { P } else { F }, *whole, *state)).collect();
            let (status, test, flake) = by_default(&attempts);
            let pair = seen.iter().any(|f| !f.0 && seen.iter().any(|p| p.0 && (p.1, p.2) == (f.1, f.2)));
            let (red, green) = (seen.iter().any(|s| !s.0), seen.iter().any(|s| s.0));
            prop_assert_eq!(test == FLAKY, pair);
            prop_assert_eq!(test == P, !red);
            prop_assert_eq!(flake.is_some(), red && green && !pair);
            prop_assert!(status != SuiteStatus::Passed || !red);
        }
    }
}

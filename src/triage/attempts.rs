//! What became of a suite, from how its attempts ended and what their results say.
//!
//! A suite passes only by evidence: its command ended with exit code 0, its results could be read, and every test that
//! was asked for is among them. A test that fails and then passes is flaky, its first failure kept.

use super::names::{fail_skipped, flatten, missing, unseen};
use crate::model::record::AttemptFault;
use crate::model::suite::{SuiteResult, SuiteStatus};
use crate::model::test::{Case, Failure, Reading, TestNames, TestResult, TestStatus};
use std::collections::{HashMap, HashSet};

/// How one command of an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepEnded {
    /// With this exit code.
    Exited(i32),
    /// By a signal that tollgate did not send.
    Signalled(i32),
    /// Ended at its timeout: by the signal that tollgate sent, or by itself before the second one, with this code.
    TimedOut {
        /// Its exit code, where it exited.
        exit_code: Option<i32>,
        /// The signal that ended it.
        signal: Option<i32>,
    },
    /// It could not be started: a sentence.
    NotStarted(String),
}

/// Why the results of a command could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    /// They are not there: a sentence.
    Missing(String),
    /// They are not what the reader reads: a sentence.
    Wrong(String),
}

/// One command of an attempt, and what its results say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// How it ended.
    pub ended: StepEnded,
    /// What its results say, nothing where it did not start; `None` for a suite that is read by its exit code alone.
    pub read: Option<Result<Vec<Reading>, Unread>>,
    /// The one test that it was to run, by its selector; `None` for the whole suite.
    pub asked: Option<String>,
    /// What its output says of why it failed, of a command that failed and whose results do not say it.
    pub told: Option<Failure>,
    /// What else went wrong (its log could not be written): a sentence.
    pub trouble: Option<String>,
}

impl Step {
    /// Whether the command failed, and not by a test that its results name: only its output says why.
    pub fn is_silent(ended: &StepEnded, read: Option<&Result<Vec<Reading>, Unread>>) -> bool {
        let told = |readings: &Vec<Reading>| {
            let mut cases = readings.iter().flat_map(|r| &r.cases);
            readings.iter().all(|r| r.fault.is_none()) && cases.any(|c| c.status == TestStatus::Failed)
        };
        match ended {
            StepEnded::Exited(0) | StepEnded::TimedOut { .. } | StepEnded::NotStarted(_) => false,
            StepEnded::Signalled(_) => true,
            StepEnded::Exited(_) => !matches!(read, Some(Ok(readings)) if told(readings)),
        }
    }

    /// A sentence of what went wrong, with the lines of the output that say why.
    fn because(&self, fault: &str) -> String {
        let Some(told) = &self.told else { return fault.to_string() };
        let lines: Vec<&str> = told.message.lines().map(str::trim).collect();
        // What a reader found stands there already; the output names its file too.
        let bare = lines.first().map_or("", |line| line.rsplit_once(" (").map_or(*line, |(bare, _)| bare));
        let fault = fault.strip_suffix(bare).map_or(fault, |rest| rest.trim_end_matches([':', ' ']));
        format!("{fault}: {}", lines.join("; "))
    }
}

/// One attempt at a suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// `Passed`, `Failed`, `TimedOut`, `Crashed` or `Missing`.
    pub status: SuiteStatus,
    /// The tests that it ran, in the order reported.
    pub cases: Vec<Case>,
    /// A failure outside any test: a sentence.
    pub fault: Option<String>,
    /// Of its last command, where it exited.
    pub exit_code: Option<i32>,
    /// Of its last command, where a signal ended it.
    pub signal: Option<i32>,
    /// Whether it ran the whole suite, and not chosen tests.
    pub whole: bool,
    /// Whether a command for one test ran no such test, though nothing else was wrong.
    pub absent: bool,
    /// Whether a test that was asked for was skipped, though nothing else was wrong.
    pub skipped: bool,
    /// Its tool stopped at what failed, and what else it would have run is not known: a sentence.
    pub stopped: Option<String>,
}

impl Attempt {
    /// The tests that a narrow retry runs again: those that failed, when nothing else is wrong with the attempt.
    pub fn failed_alone(&self) -> Option<Vec<&Case>> {
        let failed: Vec<&Case> = self.cases.iter().filter(|c| c.status == TestStatus::Failed).collect();
        let alone = self.status == SuiteStatus::Failed && self.fault.is_none() && self.stopped.is_none();
        (alone && !failed.is_empty()).then_some(failed)
    }

    /// Cuts failures short that are not the first of their test, as `combine` does: what is held of a suite under way does not
    /// grow by a whole text with each attempt.
    pub fn shorten(&mut self, earlier: &[Attempt]) {
        let failed = earlier.iter().flat_map(|a| &a.cases).filter(|c| c.failure.is_some());
        let known: HashSet<&str> = failed.map(|c| c.name.as_str()).collect();
        for case in self.cases.iter_mut().filter(|c| known.contains(c.name.as_str())) {
            case.failure = case.failure.as_ref().map(|f| f.short(Failure::LATER));
        }
    }
}

/// Judges one attempt; `name` is the suite's.
pub fn attempt(name: &str, steps: &[Step]) -> Attempt {
    attempt_at(name, steps, &TestNames::new())
}

/// Judges an attempt at tests that are known from another run or attempt: they keep the names that they have there.
pub fn attempt_at(name: &str, steps: &[Step], names: &TestNames) -> Attempt {
    let mut found = Attempt {
        status: SuiteStatus::Passed,
        cases: Vec::new(),
        fault: None,
        exit_code: None,
        signal: None,
        whole: steps.iter().all(|s| s.asked.is_none()),
        absent: false,
        stopped: None,
        skipped: false,
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
                Some(at) if above => worse_of(&mut found.cases[*at], case),
                _ => {
                    if above {
                        outer.insert(case.name.clone(), found.cases.len());
                    }
                    found.cases.push(case);
                }
            }
        }
        found.fault = found.fault.or(one.fault);
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

fn judge_step(name: &str, step: &Step, names: &TestNames) -> Attempt {
    let (mut status, exit_code, signal, mut fault) = match &step.ended {
        StepEnded::Exited(0) => (SuiteStatus::Passed, Some(0), None, None),
        StepEnded::Exited(code) => (SuiteStatus::Failed, Some(*code), None, None),
        StepEnded::Signalled(n) => {
            (SuiteStatus::Crashed, None, Some(*n), Some(step.because(&format!("it was ended by signal {n}"))))
        }
        StepEnded::TimedOut { exit_code, signal } => {
            (SuiteStatus::TimedOut, *exit_code, *signal, Some("it was ended at its timeout".into()))
        }
        StepEnded::NotStarted(why) => (SuiteStatus::Missing, None, None, Some(why.clone())),
    };
    let started = !matches!(step.ended, StepEnded::NotStarted(_));
    let (mut absent, mut skipped) = (false, false);
    let mut cases = match &step.read {
        None => vec![by_exit(step, name, fault.as_deref())],
        Some(Ok(readings)) => {
            let said = readings.iter().find_map(|r| r.fault.as_ref());
            fault = fault.or_else(|| said.map(|said| step.because(&said.sentence)));
            flatten(readings, step.asked.as_deref(), names)
        }
        Some(Err(unread)) => {
            if started && status == SuiteStatus::Passed && matches!(unread, Unread::Missing(_)) {
                status = SuiteStatus::Missing;
            }
            let (Unread::Missing(why) | Unread::Wrong(why)) = unread;
            fault = fault.or_else(|| Some(step.because(why)));
            Vec::new()
        }
    };
    if let Some(asked) = &step.asked {
        cases.retain(|c| c.selector() == asked || holds(c.selector(), asked));
        let failed = cases.iter().any(|c| c.status == TestStatus::Failed);
        if let Some(name) = fail_skipped(&mut cases, asked, names) {
            skipped = fault.is_none() && !failed;
            let why = format!("the test `{}` was asked for and was skipped", show(&name));
            fault = fault.or_else(|| Some(step.because(&why)));
        }
        for name in missing(&cases, asked, names) {
            absent |= fault.is_none();
            let why = fault.clone().unwrap_or_else(|| "its command ran no test of that name".to_string());
            cases.push(unseen(name, asked, &why));
            fault = fault.or_else(|| {
                Some(step.because(&format!("the command for the test `{}` ran no such test", show(name))))
            });
        }
    }
    fault = fault.or_else(|| step.trouble.clone());
    let failed = cases.iter().any(|c| c.status == TestStatus::Failed);
    let left = cases.iter().filter(|c| c.status == TestStatus::NotRun).count();
    if fault.is_none() && left > 0 {
        fault = Some(step.because(&format!("{left} of its tests did not run")));
    }
    if let (StepEnded::Exited(code), false, None) = (&step.ended, failed, &fault)
        && *code != 0
    {
        // pytest's exit code 5 says no more than that nothing was collected.
        let why =
            if cases.is_empty() { ", and its results show no test" } else { " although no test failed" };
        fault = Some(step.because(&format!("it ended with exit code {code}{why}")));
    }
    if status == SuiteStatus::Passed && (failed || fault.is_some()) {
        status = SuiteStatus::Failed;
    }
    let stopped = matches!(&step.read, Some(Ok(readings)) if readings.iter().any(|r| r.stopped));
    let stopped = stopped.then(|| {
        "cargo stopped at the test binary that failed, and others may not have run (--no-fail-fast)".into()
    });
    Attempt { status, cases, fault, exit_code, signal, whole: step.asked.is_none(), absent, skipped, stopped }
}

/// Whether a test is one that the other stands in: in Go `TestA` runs, and passes or fails, with `TestA/b`.
fn holds(outer: &str, test: &str) -> bool {
    test.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'))
}

/// Two outcomes of a test that two others stand in, one command each: it passed only where it passed both times.
fn worse_of(known: &mut Case, case: Case) {
    if case.status == TestStatus::Failed && known.status != TestStatus::Failed {
        *known = case;
    }
}

fn show(text: &str) -> String {
    text.escape_debug().to_string()
}

/// The one test of a suite that is read by its exit code.
fn by_exit(step: &Step, name: &str, fault: Option<&str>) -> Case {
    let failure = match (&step.ended, fault) {
        (_, Some(fault)) => Some(Failure { message: fault.into(), ..step.told.clone().unwrap_or_default() }),
        (StepEnded::Exited(0), None) => None,
        (StepEnded::Exited(code), None) => {
            let ended = format!("it ended with exit code {code}");
            Some(match step.told.clone() {
                None => Failure::new(&format!("{ended} and printed nothing"), "", None),
                // 1 says no more than that it failed.
                Some(told) if *code == 1 => told,
                Some(told) => Failure { message: format!("{}\n{ended}", told.message), ..told },
            })
        }
        _ => None,
    };
    let status = if failure.is_none() { TestStatus::Passed } else { TestStatus::Failed };
    let name = step.asked.as_deref().unwrap_or(name).to_string();
    Case { name, status, duration_ms: None, failure, later: Vec::new(), selector: None }
}

/// All attempts at a suite together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Combined {
    /// What became of the suite.
    pub status: SuiteStatus,
    /// Its tests; a flaky or failed one with the failure of each attempt, those after the first cut short.
    pub cases: Vec<Case>,
    /// What was wrong with attempts outside any test, in order.
    pub faults: Vec<AttemptFault>,
    /// A failure outside any test that the last attempt still shows, or that made the suite flaky: a sentence.
    pub fault: Option<String>,
    /// Of the last attempt.
    pub exit_code: Option<i32>,
    /// Of the last attempt.
    pub signal: Option<i32>,
    /// Whether no attempt at the whole suite was without a fault and ran to its end: tests may be missing among `cases`.
    pub incomplete: bool,
}

/// Joins the attempts at one suite, in order; at least one.
pub fn combine(attempts: &[Attempt]) -> Combined {
    let mut cases: Vec<Case> = Vec::new();
    let mut at: HashMap<String, usize> = HashMap::new();
    for attempt in attempts {
        for case in &attempt.cases {
            match at.get(&case.name) {
                None => {
                    at.insert(case.name.clone(), cases.len());
                    cases.push(case.clone());
                }
                Some(i) => again(&mut cases[*i], case),
            }
        }
    }
    let (status, fault, exit_code, signal) = match attempts {
        [] => (SuiteStatus::NotRun, None, None, None),
        [.., last] => {
            let earlier = attempts.iter().rev().skip(1).find_map(|a| a.fault.clone());
            (last.status, last.fault.clone().or(earlier), last.exit_code, last.signal)
        }
    };
    let numbered = (1..).zip(attempts);
    let faults = numbered
        .filter_map(|(attempt, a)| Some(AttemptFault { attempt, status: a.status, fault: a.fault.clone()? }));
    let faults = faults.collect();
    let any = |wanted| cases.iter().any(|c| c.status == wanted);
    let status = match status {
        SuiteStatus::Passed if any(TestStatus::Failed) => SuiteStatus::Failed,
        SuiteStatus::Passed if attempts.len() > 1 || any(TestStatus::Flaky) => SuiteStatus::Flaky,
        SuiteStatus::Passed if !cases.is_empty() && cases.iter().all(|c| c.status == TestStatus::Ignored) => {
            SuiteStatus::Ignored
        }
        other => other,
    };
    let lacks = |a: &Attempt| a.fault.is_some() || a.stopped.is_some();
    let whole = attempts.iter().any(|a| a.whole && !lacks(a));
    let incomplete = !whole && attempts.iter().any(lacks);
    Combined { status, cases, faults, fault, exit_code, signal, incomplete }
}

/// What a later attempt says of a test that an earlier one had.
fn again(known: &mut Case, later: &Case) {
    known.duration_ms = match (known.duration_ms, later.duration_ms) {
        (None, None) => None,
        (a, b) => Some(a.unwrap_or(0) + b.unwrap_or(0)),
    };
    known.status = match (known.status, later.status) {
        // A skip shows nothing, of a test that failed and of one that passed.
        (known, TestStatus::Ignored | TestStatus::NotRun) => known,
        (TestStatus::Failed | TestStatus::Flaky, TestStatus::Passed | TestStatus::Flaky) => TestStatus::Flaky,
        // A test that passed and fails when it is run again is as flaky as the other way round.
        (TestStatus::Passed | TestStatus::Flaky, TestStatus::Failed) => TestStatus::Flaky,
        (TestStatus::Failed, _) | (_, TestStatus::Failed) => TestStatus::Failed,
        (_, later) => later,
    };
    for failure in later.failures() {
        match known.failure {
            None => known.failure = Some(failure.clone()),
            Some(_) => known.later.push(failure.short(Failure::LATER)),
        }
    }
}

/// The suite as the summary lists it. `signature` gives the failure signature of a failed or flaky case.
pub fn result(
    name: &str,
    kind: &str,
    combined: &Combined,
    attempts: u32,
    duration_ms: u64,
    signature: &dyn Fn(&Case) -> String,
) -> SuiteResult {
    let tests = combined.cases.iter().map(|case| TestResult {
        name: case.name.clone(),
        status: case.status,
        duration_ms: case.duration_ms,
        signature: matches!(case.status, TestStatus::Failed | TestStatus::Flaky).then(|| signature(case)),
        selector: case.selector.clone(),
    });
    let mut result = SuiteResult {
        status: combined.status,
        exit_code: combined.exit_code,
        signal: combined.signal,
        incomplete: combined.incomplete,
        duration_ms,
        attempts,
        tests: tests.collect(),
        ..SuiteResult::not_run(name, kind)
    };
    result.recount();
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(name: &str, status: TestStatus) -> Case {
        let failure = (status == TestStatus::Failed).then(|| Failure::new("first", "", None));
        Case { name: name.into(), status, duration_ms: Some(1), failure, later: Vec::new(), selector: None }
    }

    fn reading(cases: &[(&str, TestStatus)]) -> Reading {
        Reading { cases: cases.iter().map(|(n, s)| case(n, *s)).collect(), ..Reading::default() }
    }

    fn step(ended: StepEnded, cases: &[(&str, TestStatus)]) -> Step {
        Step { ended, read: Some(Ok(vec![reading(cases)])), asked: None, told: None, trouble: None }
    }

    const P: TestStatus = TestStatus::Passed;
    const F: TestStatus = TestStatus::Failed;
    const LATE: StepEnded = StepEnded::TimedOut { exit_code: None, signal: Some(15) };

    #[test]
    fn a_test_that_the_asked_one_stands_in_is_told_of_too() {
        let asked = |test: &str, ended, cases: &[(&str, TestStatus)]| Step {
            asked: Some(test.to_string()),
            ..step(ended, cases)
        };
        let told = |steps: &[Step]| {
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

    fn status_of(attempts: &[Attempt]) -> (SuiteStatus, Vec<TestStatus>) {
        let combined = combine(attempts);
        (combined.status, combined.cases.iter().map(|c| c.status).collect())
    }

    #[test]
    fn a_suite_passes_by_evidence_alone() {
        let good = attempt("s", &[step(StepEnded::Exited(0), &[("a", P)])]);
        assert_eq!((good.status, good.fault.as_deref()), (SuiteStatus::Passed, None));
        let cases: [(Step, SuiteStatus, &str); 6] = [
            (
                step(StepEnded::Exited(101), &[("a", P)]),
                SuiteStatus::Failed,
                "it ended with exit code 101 although no test failed",
            ),
            (
                Step {
                    read: Some(Err(Unread::Missing("junit.xml is not there".into()))),
                    ..step(StepEnded::Exited(0), &[])
                },
                SuiteStatus::Missing,
                "junit.xml is not there",
            ),
            (
                Step {
                    read: Some(Err(Unread::Wrong("holds no results".into()))),
                    ..step(StepEnded::Exited(0), &[])
                },
                SuiteStatus::Failed,
                "holds no results",
            ),
            (step(StepEnded::Signalled(11), &[("a", P)]), SuiteStatus::Crashed, "it was ended by signal 11"),
            (step(LATE, &[("a", P)]), SuiteStatus::TimedOut, "it was ended at its timeout"),
            (
                Step { trouble: Some("the log is gone".into()), ..step(StepEnded::Exited(0), &[("a", P)]) },
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
        let other = Step { asked: Some("wanted".into()), ..step(StepEnded::Exited(0), &[("other", P)]) };
        let found = attempt("s", std::slice::from_ref(&other));
        assert_eq!(found.status, SuiteStatus::Failed);
        assert_eq!(found.cases[0].name, "wanted");
        insta::assert_snapshot!(found.fault.unwrap(), @"the command for the test `wanted` ran no such test");
        let right = Step { asked: Some("other".into()), ..other };
        assert_eq!(attempt("s", &[right]).status, SuiteStatus::Passed);
    }

    #[test]
    fn a_test_that_is_skipped_when_it_is_asked_for_has_failed() {
        const I: TestStatus = TestStatus::Ignored;
        let asked = |names: &TestNames, cases: &[(&str, TestStatus)]| {
            let step = Step { asked: Some("a".into()), ..step(StepEnded::Exited(0), cases) };
            attempt_at("s", &[step], names)
        };
        let found = asked(&TestNames::new(), &[("a", I), ("b", P)]);
        assert_eq!((found.status, found.skipped, found.absent), (SuiteStatus::Failed, true, false));
        assert_eq!((found.cases[0].status, found.cases[0].selector()), (F, "a"));
        insta::assert_snapshot!(found.fault.unwrap(), @"the test `a` was asked for and was skipped");
        // The test of that name in another suite was not asked for.
        let step = |name: &str| Step {
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
            (vec![of(P), of(I)], P, SuiteStatus::Flaky),
            (vec![of(I), of(F)], F, SuiteStatus::Failed),
            (vec![of(I), of(P)], P, SuiteStatus::Flaky),
        ] {
            let (status, cases) = status_of(&attempts);
            assert_eq!((status, cases[0]), (suite, wanted));
        }
    }

    #[test]
    fn failed_then_passed_is_flaky_and_keeps_its_first_failure() {
        let first = attempt("s", &[step(StepEnded::Exited(1), &[("a", P), ("b", F)])]);
        assert_eq!(first.failed_alone().unwrap().len(), 1);
        let again = Step { asked: Some("b".into()), ..step(StepEnded::Exited(0), &[("b", P)]) };
        let second = attempt("s", &[again]);
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
    fn a_crash_before_a_clean_attempt_is_flaky_and_a_vanished_failure_stays() {
        let crash = attempt("s", &[step(StepEnded::Signalled(6), &[("a", P)])]);
        let clean = attempt("s", &[step(StepEnded::Exited(0), &[("a", P), ("b", P)])]);
        assert_eq!(status_of(&[crash.clone(), clean.clone()]), (SuiteStatus::Flaky, vec![P, P]));
        let faults = combine(&[clean.clone(), crash]).faults;
        let fault = "it was ended by signal 6".to_string();
        assert_eq!(faults, [AttemptFault { attempt: 2, status: SuiteStatus::Crashed, fault }]);
        let red = attempt("s", &[step(StepEnded::Exited(1), &[("gone", F)])]);
        assert_eq!(status_of(&[red, clean]).0, SuiteStatus::Failed);
    }

    proptest::proptest! {
        /// Whatever a test's attempts came to, each that failed has its failure, in order.
        #[test]
        fn each_failed_attempt_keeps_its_failure(passed in proptest::collection::vec(proptest::bool::ANY, 1..12)) {
            let attempts: Vec<Attempt> = passed
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
            let mut held: Vec<Attempt> = Vec::new();
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
            let step = Step { read: Some(Ok(readings)), asked, ..step(StepEnded::Exited(0), &[]) };
            let found = attempt_at("s", &[step], names);
            let line = |c: &Case| format!("{}={} by {}", c.name, c.status.name(), c.selector());
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
        let none = Step { ended: StepEnded::NotStarted("`x` cannot be started".into()), ..step(LATE, &[]) };
        let none = attempt("s", &[Step { read: Some(Ok(Vec::new())), ..none }]);
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
        assert!(combine(&[torn, Attempt { whole: false, ..green }]).incomplete);
    }

    #[test]
    fn an_exit_code_is_one_test() {
        let step = Step { ended: StepEnded::Exited(3), read: None, asked: None, told: None, trouble: None };
        let found = attempt("lint", &[step]);
        assert_eq!((found.status, found.cases[0].name.as_str()), (SuiteStatus::Failed, "lint"));
        assert_eq!(found.fault, None);
        let message = |found: &Attempt| found.cases[0].failure.as_ref().unwrap().message.clone();
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
            let step = Step { ended, read: None, asked: None, told: told.clone(), trouble: None };
            let found = attempt("lint", &[step]);
            assert_eq!((message(&found).as_str(), found.fault.as_deref()), (wanted, fault));
        }
    }
}

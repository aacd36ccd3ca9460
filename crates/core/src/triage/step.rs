//! One command of an attempt: how it ended, what its results say, and what that comes to.

use super::names::{fail_skipped, flatten, missing, unseen};
use super::order::Company;
use crate::model::signature::Basis;
use crate::model::suite::SuiteStatus;
use crate::model::test::{Failure, FaultKind, Reading, ReadingFault, TestCase, TestNames, TestStatus};
use std::collections::HashSet;

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
pub struct JudgedStep {
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

impl JudgedStep {
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

    /// Whether the output says why.
    fn told_basis(&self) -> Basis {
        self.told.as_ref().map_or(Basis::Fallback, |told| told.basis)
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
pub struct SuiteAttempt {
    /// `Passed`, `Failed`, `TimedOut`, `Crashed` or `Missing`.
    pub status: SuiteStatus,
    /// The tests that it ran, in the order reported.
    pub cases: Vec<TestCase>,
    /// A failure outside any test: a sentence.
    pub fault: Option<String>,
    /// Whether that sentence is words of the cause.
    pub basis: Basis,
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
    /// The first attempt at its suite that began in the same state of files; 1 where all did.
    pub state: u32,
    /// Its output holds a report of a sanitizer or race detector.
    pub reported: bool,
    /// How it chose and ordered its tests.
    pub company: Company,
}

impl SuiteAttempt {
    /// The tests that a narrow retry runs again: those that failed, when nothing else is wrong with the attempt.
    pub fn failed_alone(&self) -> Option<Vec<&TestCase>> {
        let failed: Vec<&TestCase> = self.cases.iter().filter(|c| c.status == TestStatus::Failed).collect();
        let alone = self.status == SuiteStatus::Failed && self.fault.is_none() && self.stopped.is_none();
        (alone && !failed.is_empty()).then_some(failed)
    }

    /// Cuts failures short that are not the first of their test, as `combine` does: what is held of a suite under way does not
    /// grow by a whole text with each attempt.
    pub fn shorten(&mut self, earlier: &[SuiteAttempt]) {
        let failed = earlier.iter().flat_map(|a| &a.cases).filter(|c| c.failure.is_some());
        let known: HashSet<&str> = failed.map(|c| c.name.as_str()).collect();
        for case in self.cases.iter_mut().filter(|c| known.contains(c.name.as_str())) {
            case.failure = case.failure.as_ref().map(|f| f.short(Failure::LATER));
        }
    }
}

/// How a command ended, before its results are looked at: status, exit code, signal.
fn ending(step: &JudgedStep) -> (SuiteStatus, Option<i32>, Option<i32>) {
    match &step.ended {
        StepEnded::Exited(0) => (SuiteStatus::Passed, Some(0), None),
        StepEnded::Exited(code) => (SuiteStatus::Failed, Some(*code), None),
        StepEnded::Signalled(n) => (SuiteStatus::Crashed, None, Some(*n)),
        StepEnded::TimedOut { exit_code, signal } => (SuiteStatus::TimedOut, *exit_code, *signal),
        StepEnded::NotStarted(_) => (SuiteStatus::Missing, None, None),
    }
}

/// What the way in which a command ended says by itself. That of a timeout is known by the suite's name; that of a signal says
/// nothing where the output does not.
fn ended(step: &JudgedStep) -> (Option<String>, Basis) {
    match &step.ended {
        StepEnded::Exited(_) => (None, Basis::Fallback),
        StepEnded::Signalled(n) => {
            let basis = if step.told_basis().tells() { Basis::Crash } else { Basis::Fallback };
            (Some(step.because(&format!("it was ended by signal {n}"))), basis)
        }
        StepEnded::TimedOut { .. } => (Some("it was ended at its timeout".into()), Basis::Timeout),
        StepEnded::NotStarted(why) => (Some(why.clone()), Basis::Exception),
    }
}

/// The fault with what the results say beside their tests. One sentence is kept: where there are several, or one that does not
/// follow from how the command ended, it does not tell of everything that failed.
fn with_faults(
    step: &JudgedStep,
    (fault, basis): (Option<String>, Basis),
    readings: &[Reading],
) -> (Option<String>, Basis) {
    let stated: Vec<&ReadingFault> = readings.iter().filter_map(|r| r.fault.as_ref()).collect();
    match (fault, stated.as_slice()) {
        (None, [first, more @ ..]) => {
            let told = step.told_basis();
            let one = more.iter().all(|fault| fault == first);
            let basis = if told.tells() { told } else { first.basis };
            (Some(step.because(&first.sentence)), if one { basis } else { Basis::Fallback })
        }
        (fault, stated) if stated.iter().any(|f| f.kind == FaultKind::Stated) => (fault, Basis::Fallback),
        (fault, _) => (fault, basis),
    }
}

pub(super) fn judge_step(name: &str, step: &JudgedStep, names: &TestNames) -> SuiteAttempt {
    let (mut status, exit_code, signal) = ending(step);
    let (mut fault, mut basis) = ended(step);
    let started = !matches!(step.ended, StepEnded::NotStarted(_));
    let (mut absent, mut skipped) = (false, false);
    let mut cases = match &step.read {
        None => vec![by_exit(step, name, fault.as_deref(), basis)],
        Some(Ok(readings)) => {
            (fault, basis) = with_faults(step, (fault, basis), readings);
            flatten(readings, step.asked.as_deref(), names)
        }
        Some(Err(unread)) => {
            if started && status == SuiteStatus::Passed && matches!(unread, Unread::Missing(_)) {
                status = SuiteStatus::Missing;
            }
            let (Unread::Missing(why) | Unread::Wrong(why)) = unread;
            if fault.is_none() {
                (fault, basis) = (Some(step.because(why)), step.told_basis());
            }
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
        (fault, basis) = (Some(step.because(&format!("{left} of its tests did not run"))), Basis::Fallback);
    }
    if let (StepEnded::Exited(code), false, None) = (&step.ended, failed, &fault)
        && *code != 0
    {
        // pytest's exit code 5 says no more than that nothing was collected.
        let why =
            if cases.is_empty() { ", and its results show no test" } else { " although no test failed" };
        fault = Some(step.because(&format!("it ended with exit code {code}{why}")));
        basis = step.told_basis();
    }
    if status == SuiteStatus::Passed && (failed || fault.is_some()) {
        status = SuiteStatus::Failed;
    }
    let stopped = matches!(&step.read, Some(Ok(readings)) if readings.iter().any(|r| r.stopped));
    let stopped = stopped.then(|| {
        "cargo stopped at the test binary that failed, and others may not have run (--no-fail-fast)".into()
    });
    let whole = step.asked.is_none();
    SuiteAttempt {
        status,
        cases,
        fault,
        basis,
        exit_code,
        signal,
        whole,
        absent,
        skipped,
        stopped,
        state: 1,
        reported: false,
        company: Company::default(),
    }
}

/// Whether a test is one that the other stands in: in Go `TestA` runs, and passes or fails, with `TestA/b`.
fn holds(outer: &str, test: &str) -> bool {
    test.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'))
}

fn show(text: &str) -> String {
    text.escape_debug().to_string()
}

/// The one test of a suite that is read by its exit code.
fn by_exit(step: &JudgedStep, name: &str, fault: Option<&str>, basis: Basis) -> TestCase {
    let failure = match (&step.ended, fault) {
        (_, Some(fault)) => {
            let told = step.told.clone().unwrap_or_default();
            Some(Failure { message: fault.into(), ..told }.resting_on(basis))
        }
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
    TestCase { name, status, duration_ms: None, failure, later: Vec::new(), selector: None }
}
/// Every failure of the one is one of the other too. Where one of them does not say why it failed, nothing that the other says
/// covers that.
pub(super) fn add_failures(known: &mut TestCase, other: &TestCase) {
    if other.status == TestStatus::Failed && other.failure.is_none() {
        known.failure.get_or_insert_default().basis = Basis::Fallback;
    }
    for failure in other.failures() {
        match known.failure {
            None => known.failure = Some(failure.clone()),
            Some(_) => known.later.push(failure.short(Failure::LATER)),
        }
    }
}

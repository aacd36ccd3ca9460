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

    /// Whether results that are whole say themselves that something went wrong.
    fn results_state_a_fault(&self) -> bool {
        let stated = |reading: &Reading| reading.fault.as_ref().is_some_and(|f| f.kind == FaultKind::Stated);
        matches!(&self.read, Some(Ok(readings)) if readings.iter().any(stated))
    }

    /// Whether its tool stopped at what failed.
    fn stopped_early(&self) -> bool {
        matches!(&self.read, Some(Ok(readings)) if readings.iter().any(|r| r.stopped))
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

/// What is wrong with a command beside the tests that failed. Of several things the first one in this order is told, and it alone.
enum Wrong<'a> {
    /// A signal ended it that tollgate did not send.
    Signalled(i32),
    /// It was ended at its timeout.
    TimedOut,
    /// It could not be started: a sentence.
    NotStarted(&'a str),
    /// Its results cannot be read: a sentence.
    Unread(&'a str),
    /// Its results say so themselves. `alike`: each of them that says something says this.
    Stated { first: &'a ReadingFault, alike: bool },
    /// The test of this name was asked for and was skipped. `alone`: no test failed beside it.
    Skipped { name: String, alone: bool },
    /// The test of this name was asked for and did not run.
    Absent(&'a str),
    /// What is wrong beside the command (its log could not be written): a sentence.
    Beside(&'a str),
    /// So many tests of its results did not run.
    Left(usize),
    /// It says by its exit code that something is wrong, and no test failed. `empty`: its results show no test at all.
    ExitCode { code: i32, empty: bool },
}

impl<'a> Wrong<'a> {
    /// What the way in which the command ended says by itself.
    fn of_ending(ended: &'a StepEnded) -> Option<Wrong<'a>> {
        match ended {
            StepEnded::Exited(_) => None,
            StepEnded::Signalled(signal) => Some(Wrong::Signalled(*signal)),
            StepEnded::TimedOut { .. } => Some(Wrong::TimedOut),
            StepEnded::NotStarted(why) => Some(Wrong::NotStarted(why)),
        }
    }

    /// What the results say beside their tests.
    fn of_results(read: Option<&'a Result<Vec<Reading>, Unread>>) -> Option<Wrong<'a>> {
        match read? {
            Err(Unread::Missing(why) | Unread::Wrong(why)) => Some(Wrong::Unread(why)),
            Ok(readings) => {
                let mut stated = readings.iter().filter_map(|r| r.fault.as_ref());
                let first = stated.next()?;
                Some(Wrong::Stated { first, alike: stated.all(|fault| fault == first) })
            }
        }
    }

    /// What is told only where nothing else is wrong.
    fn of_the_rest(step: &'a JudgedStep, cases: &[TestCase]) -> Option<Wrong<'a>> {
        if let Some(trouble) = &step.trouble {
            return Some(Wrong::Beside(trouble));
        }
        let left = cases.iter().filter(|c| c.status == TestStatus::NotRun).count();
        match step.ended {
            _ if left > 0 => Some(Wrong::Left(left)),
            StepEnded::Exited(code) if code != 0 && !any_failed(cases) => {
                Some(Wrong::ExitCode { code, empty: cases.is_empty() })
            }
            _ => None,
        }
    }

    /// One sentence.
    fn sentence(&self, step: &JudgedStep) -> String {
        match self {
            Wrong::TimedOut => "it was ended at its timeout".into(),
            Wrong::NotStarted(why) | Wrong::Beside(why) => (*why).to_string(),
            Wrong::Signalled(signal) => step.because(&format!("it was ended by signal {signal}")),
            Wrong::Unread(why) => step.because(why),
            Wrong::Stated { first, .. } => step.because(&first.sentence),
            Wrong::Skipped { name, .. } => {
                step.because(&format!("the test `{}` was asked for and was skipped", show(name)))
            }
            Wrong::Absent(name) => {
                step.because(&format!("the command for the test `{}` ran no such test", show(name)))
            }
            Wrong::Left(count) => step.because(&format!("{count} of its tests did not run")),
            // pytest's exit code 5 says no more than that nothing was collected.
            Wrong::ExitCode { code, empty: true } => {
                step.because(&format!("it ended with exit code {code}, and its results show no test"))
            }
            Wrong::ExitCode { code, empty: false } => {
                step.because(&format!("it ended with exit code {code} although no test failed"))
            }
        }
    }

    /// Whether that sentence is words of the cause. A timeout is known by the suite's name; a signal and an exit code say nothing
    /// where the output does not.
    fn basis(&self, step: &JudgedStep) -> Basis {
        let told = step.told_basis();
        match self {
            // One sentence is kept, and it does not tell of what the results state beside it.
            Wrong::Signalled(_) | Wrong::TimedOut | Wrong::NotStarted(_) if step.results_state_a_fault() => {
                Basis::Fallback
            }
            Wrong::Signalled(_) if told.tells() => Basis::Crash,
            Wrong::TimedOut => Basis::Timeout,
            Wrong::NotStarted(_) => Basis::Exception,
            Wrong::Stated { first, alike: true } if !told.tells() => first.basis,
            Wrong::Stated { alike: true, .. } | Wrong::Unread(_) | Wrong::ExitCode { .. } => told,
            _ => Basis::Fallback,
        }
    }
}

/// Judges one command of the suite `suite`. What its tests are called elsewhere is in `names`.
pub(super) fn judge_step(suite: &str, step: &JudgedStep, names: &TestNames) -> SuiteAttempt {
    let ending = Wrong::of_ending(&step.ended);
    let cases = match &step.read {
        None => vec![by_exit(step, suite, ending.as_ref())],
        Some(Ok(readings)) => flatten(readings, step.asked.as_deref(), names),
        Some(Err(_)) => Vec::new(),
    };
    let wrong = ending.or_else(|| Wrong::of_results(step.read.as_ref()));
    let (cases, wrong) = match &step.asked {
        None => (cases, wrong),
        Some(asked) => held_to(asked, cases, wrong, step, names),
    };
    let wrong = wrong.or_else(|| Wrong::of_the_rest(step, &cases));
    let (exit_code, signal) = codes(&step.ended);
    SuiteAttempt {
        status: status(step, any_failed(&cases) || wrong.is_some()),
        fault: wrong.as_ref().map(|wrong| wrong.sentence(step)),
        basis: wrong.as_ref().map_or(Basis::Fallback, |wrong| wrong.basis(step)),
        exit_code,
        signal,
        whole: step.asked.is_none(),
        absent: matches!(wrong, Some(Wrong::Absent(_))),
        skipped: matches!(wrong, Some(Wrong::Skipped { alone: true, .. })),
        stopped: step.stopped_early().then(|| {
            "cargo stopped at the test binary that failed, and others may not have run (--no-fail-fast)"
                .into()
        }),
        cases,
        state: 1,
        reported: false,
        company: Company::default(),
    }
}

/// Of a command for one test: the cases that are of it, and the test as failed where it was skipped or is not there. With what is
/// wrong, where that is not known before.
fn held_to<'a>(
    asked: &'a str,
    mut cases: Vec<TestCase>,
    before: Option<Wrong<'a>>,
    step: &JudgedStep,
    names: &'a TestNames,
) -> (Vec<TestCase>, Option<Wrong<'a>>) {
    cases.retain(|c| c.selector() == asked || holds(c.selector(), asked));
    let alone = !any_failed(&cases);
    let skipped = fail_skipped(&mut cases, asked, names).map(|name| Wrong::Skipped { name, alone });
    let mut wrong = before.or(skipped);
    for name in missing(&cases, asked, names) {
        let why = wrong.as_ref().map(|wrong| wrong.sentence(step));
        let why = why.unwrap_or_else(|| "its command ran no test of that name".into());
        cases.push(unseen(name, asked, &why));
        wrong.get_or_insert(Wrong::Absent(name));
    }
    (cases, wrong)
}

/// What the suite comes to by this command alone; `red`: a test failed or anything else is wrong.
fn status(step: &JudgedStep, red: bool) -> SuiteStatus {
    match (&step.ended, &step.read) {
        (StepEnded::NotStarted(_), _) => SuiteStatus::Missing,
        (StepEnded::TimedOut { .. }, _) => SuiteStatus::TimedOut,
        (StepEnded::Signalled(_), _) => SuiteStatus::Crashed,
        (StepEnded::Exited(0), Some(Err(Unread::Missing(_)))) => SuiteStatus::Missing,
        (StepEnded::Exited(0), _) if !red => SuiteStatus::Passed,
        (StepEnded::Exited(_), _) => SuiteStatus::Failed,
    }
}

/// The exit code and the signal that a command ended with.
fn codes(ended: &StepEnded) -> (Option<i32>, Option<i32>) {
    match ended {
        StepEnded::Exited(code) => (Some(*code), None),
        StepEnded::Signalled(signal) => (None, Some(*signal)),
        StepEnded::TimedOut { exit_code, signal } => (*exit_code, *signal),
        StepEnded::NotStarted(_) => (None, None),
    }
}

fn any_failed(cases: &[TestCase]) -> bool {
    cases.iter().any(|c| c.status == TestStatus::Failed)
}

/// Whether a test is one that the other stands in: in Go `TestA` runs, and passes or fails, with `TestA/b`.
fn holds(outer: &str, test: &str) -> bool {
    test.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'))
}

fn show(text: &str) -> String {
    text.escape_debug().to_string()
}

/// The one test of a suite that is read by its exit code.
fn by_exit(step: &JudgedStep, name: &str, ending: Option<&Wrong<'_>>) -> TestCase {
    let failure = match (&step.ended, ending) {
        (_, Some(wrong)) => {
            let told = step.told.clone().unwrap_or_default();
            Some(Failure { message: wrong.sentence(step), ..told }.resting_on(wrong.basis(step)))
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

#[cfg(test)]
mod tests;

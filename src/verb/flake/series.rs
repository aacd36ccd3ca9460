//! The runs of a `flake check`: what each is made of, and what it says of the test that is looked at.

use crate::verb::flake::checked::RunEnd;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tollgate_core::model::flake::FlakeVerdict;
use tollgate_core::model::suite::{Repeats, SuiteSpec};
use tollgate_core::model::test::{Failure, Reading, TestCase, TestStatus};
use tollgate_core::triage;
use tollgate_core::triage::attempts::{SuiteAttempt, Unread, attempt, unproven};
use tollgate_flow::attempt::results::Results;
use tollgate_flow::attempt::seen as run_states;
use tollgate_flow::attempt::steps::{addressed, commands_of, read as read_results, steps};
use tollgate_flow::attempt::watching::{company, own, searched};
use tollgate_flow::commands::environment;
use tollgate_flow::ground::Ground;
use tollgate_flow::made::harness::{exit_code_of, judged};
use tollgate_flow::made::step::step_of;
use tollgate_flow::masking::mask_failures;
use tollgate_host::changes::{Changes, Start};
use tollgate_host::process::Ending;
use tollgate_host::run::{self, Job, LogTo, Next};
use tollgate_text::redact::Masker;

/// States, and runs of each sort, that are told apart; a run of one more state is held to none.
const STATES: usize = 100;

/// What is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) enum FlakeTarget<'a> {
    /// The whole suite.
    Suite,
    /// One test, run alone by the kind's `single`: its selector.
    Alone(&'a str),
    /// One test of a kind without `single`: the suite is run, and what it says of the test counts.
    Within(&'a str),
}

#[derive(Default)]
pub(super) struct SeenRuns {
    /// One for each run that came to its end.
    pub(super) ended: Vec<RunEnd>,
    /// What results files say, by run.
    read: BTreeMap<usize, Result<Vec<Reading>, Unread>>,
    /// In which states of files they began.
    states: run_states::SeenStates,
    /// Those that failed (`true`) or passed, each with the state that it began in and its tests; the first of them.
    runs: Vec<(SuiteAttempt, bool)>,
    /// The first run of each state, counted from 0.
    firsts: Vec<usize>,
    /// What changed between runs, and why that is not known.
    changed: BTreeSet<String>,
    untold: Option<String>,
}

pub(super) struct Series<'a> {
    pub(super) ground: &'a Ground,
    pub(super) spec: &'a SuiteSpec,
    pub(super) suite: &'a str,
    pub(super) target: FlakeTarget<'a>,
    pub(super) scratch: &'a Path,
    pub(super) masker: &'a Masker,
    /// Sees what changes between the runs; nothing where there is one run alone.
    pub(super) changes: Option<Changes>,
    /// Whether they run one after another.
    pub(super) in_turn: bool,
    pub(super) seen: Mutex<SeenRuns>,
}

impl Series<'_> {
    fn out(&self, number: usize) -> String {
        self.scratch.join(format!("run-{number}")).display().to_string()
    }

    fn results(&self, number: usize) -> Option<Results<'_>> {
        Results::of(self.spec, self.suite, &self.out(number), self.ground.root.real(), self.scratch)
    }

    /// The test that a command runs alone.
    fn alone(&self) -> Option<String> {
        match self.target {
            FlakeTarget::Alone(test) => Some(test.to_string()),
            FlakeTarget::Suite | FlakeTarget::Within(_) => None,
        }
    }

    pub(super) fn job(&self, number: u32, timeout: Duration) -> Job {
        let out = self.out(number as usize);
        let tests = self.alone().map(|test| vec![test]);
        Job {
            name: self.suite.to_string(),
            kind: self.spec.kind.clone(),
            steps: steps(commands_of(self.spec, self.suite, tests.as_deref(), &out)),
            dir: self.ground.root.real().join(&self.spec.cwd),
            env: environment(self.spec, self.suite, &out),
            timeout,
            log: LogTo::Memory,
        }
    }

    fn locked(&self) -> MutexGuard<'_, SeenRuns> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A run begins: the first of all, or one after another.
    fn begins(&self) {
        let Some(changes) = &self.changes else { return };
        let mut seen = self.locked();
        if seen.states.start.is_none() {
            let start = changes.start();
            seen.states.began.push(start.as_ref().ok().map(Start::since));
            seen.states.start = Some(start);
        } else if self.in_turn {
            seen.states.began.push(changes.tick());
        }
    }

    /// A run ended; gives the number of the state that it began in, of runs one after another.
    fn looked(&self, job: usize) -> u32 {
        let Some(changes) = self.changes.as_ref().filter(|_| self.in_turn) else { return 1 };
        let mut seen = self.locked();
        let look = seen.states.look(changes);
        seen.states.looks.push(look);
        let nth = seen.states.looks.len() - 1;
        let results = self.results(job);
        let own = own(Some(self.spec), results.as_ref());
        let mut same = None;
        for first in seen.firsts.clone() {
            match seen.states.differ(first, nth, &own) {
                Ok(paths) if paths.is_empty() => {
                    same = Some(first);
                    break;
                }
                Ok(paths) if first == 0 => seen.changed.extend(paths),
                Ok(_) => {}
                Err(why) => seen.untold = Some(why),
            }
        }
        if same.is_none() && seen.firsts.len() < STATES {
            seen.firsts.push(nth);
        }
        u32::try_from(same.unwrap_or(nth) + 1).unwrap_or(u32::MAX)
    }

    /// Keeps what is wanted of a run to hold it to others.
    fn keep(&self, job: usize, mut run: SuiteAttempt, failed: bool, ended: &run::EndedAttempt) {
        run.state = self.looked(job);
        let out = self.out(job);
        let tests = self.alone().map(|test| vec![test]);
        if let Some((command, _)) = commands_of(self.spec, self.suite, tests.as_deref(), &out).first() {
            let said = searched(&ended.log).said;
            run.company =
                company(self.spec.reader, said, command, "", u32::try_from(job).unwrap_or(u32::MAX));
        }
        for case in &mut run.cases {
            (case.failure, case.selector) = (None, None);
            case.later.clear();
        }
        let mut seen = self.locked();
        // Of each sort enough to find two that can be held together.
        if seen.runs.iter().filter(|(_, other)| *other == failed).count() < STATES {
            seen.runs.push((run, failed));
        }
    }

    /// What the runs are held to: why what failed and passed is no flake, what changed between them, and why that is not known.
    pub(super) fn held(&self) -> (Option<FlakeVerdict>, Vec<String>, Option<String>) {
        let mut guard = self.locked();
        let seen = &mut *guard;
        if let Some(changes) = self.changes.as_ref().filter(|_| !self.in_turn) {
            let look = seen.states.look(changes);
            seen.states.began.push(changes.tick());
            seen.states.looks = vec![look.clone(), look];
            let results = self.results(0);
            match seen.states.differ(0, 1, &own(Some(self.spec), results.as_ref())) {
                Ok(paths) => seen.changed.extend(paths),
                Err(why) => seen.untold = Some(why),
            }
            // Which of them changed it for which is not known.
            if !seen.changed.is_empty() || seen.untold.is_some() {
                (1..).zip(&mut seen.runs).for_each(|(state, (run, _))| run.state = state);
            }
        }
        let test = match self.target {
            FlakeTarget::Within(test) => Some(test),
            FlakeTarget::Suite | FlakeTarget::Alone(_) => None,
        };
        let changed = seen.changed.iter().map(|path| self.masker.mask(path).0).collect();
        (unproven(&seen.runs, test), changed, seen.untold.clone())
    }

    fn judge(&self, job: usize, ended: &run::EndedAttempt) -> SuiteAttempt {
        let of_file = self.locked().read.remove(&job);
        let step = ended.steps.first().map(|end| {
            let reader = self.spec.reader;
            let of_log = || read_results(reader, Repeats::Tests, &mut ended.log.reader(), "its output");
            let found = |readings| judged(readings, exit_code_of(end), &self.ground.root, false);
            let read = || Ok(addressed(found(of_file.unwrap_or_else(of_log)?), self.spec));
            step_of(self.ground, end, &ended.log, reader, self.alone(), ended.log_error.clone(), read)
        });
        let mut run = attempt(self.suite, step.as_slice());
        // Results in a file come past the masking of the output.
        mask_failures(&mut run.cases, self.masker);
        if let Some(fault) = &mut run.fault {
            self.masker.hide(fault);
        }
        run
    }
}

/// What a run says of what is looked at. Where it came to grief before the test had a result, the test is not known to
/// pass: that is a failure.
fn end_of(target: FlakeTarget<'_>, suite: &str, run: &SuiteAttempt) -> RunEnd {
    let cases = run.cases.iter();
    match target {
        FlakeTarget::Alone(_) if run.absent => RunEnd::Absent,
        FlakeTarget::Alone(_) if run.skipped => RunEnd::Skipped,
        FlakeTarget::Suite | FlakeTarget::Alone(_) if run.status.is_failure() => failure(suite, run),
        FlakeTarget::Suite => of_cases(&cases.collect::<Vec<_>>()),
        FlakeTarget::Alone(test) => {
            of_cases(&cases.filter(|c| is_of(c.selector(), test)).collect::<Vec<_>>())
        }
        FlakeTarget::Within(test) => {
            let mut found: Vec<&TestCase> = cases.clone().filter(|c| is_of(&c.name, test)).collect();
            if found.is_empty() {
                found = cases.filter(|c| is_of(c.selector(), test)).collect();
            }
            match &run.fault {
                _ if !found.is_empty() => of_cases(&found),
                Some(_) => failure_outside(suite, run),
                None => RunEnd::Absent,
            }
        }
    }
}

/// Whether a case is the test, or another of its name: readers call that `name #2`.
fn is_of(name: &str, test: &str) -> bool {
    let number = name.strip_prefix(test).and_then(|rest| rest.strip_prefix(" #"));
    name == test || number.is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()))
}

/// The worst of the cases: one that failed and passed within the run has failed.
fn of_cases(cases: &[&TestCase]) -> RunEnd {
    let bad = |c: &&&TestCase| matches!(c.status, TestStatus::Failed | TestStatus::Flaky);
    match cases.iter().find(bad) {
        Some(case) => RunEnd::Failed(
            triage::signature(case.failure.as_ref(), &case.name).signature,
            case.failure.as_ref().map_or(case.status.name().to_string(), |f| f.message.clone()),
        ),
        None if cases.iter().any(|c| c.status == TestStatus::Passed) => RunEnd::Passed,
        None => RunEnd::Skipped,
    }
}

/// The signature and message of a failed run.
fn failure(suite: &str, run: &SuiteAttempt) -> RunEnd {
    let first: Option<&TestCase> = run.cases.iter().find(|c| c.status == TestStatus::Failed);
    match first.and_then(|c| Some((c, c.failure.as_ref()?))) {
        Some((case, failure)) => {
            let signed = triage::signature(Some(failure), &case.name);
            RunEnd::Failed(signed.signature, failure.message.clone())
        }
        None => failure_outside(suite, run),
    }
}

fn failure_outside(suite: &str, run: &SuiteAttempt) -> RunEnd {
    match &run.fault {
        Some(fault) => {
            let failure = Failure::new(fault, "", None).resting_on(run.basis);
            RunEnd::Failed(triage::signature(Some(&failure), suite).signature, fault.clone())
        }
        None => {
            let status = run.status.name();
            RunEnd::Failed(triage::signature(None, status).signature, status.to_string())
        }
    }
}

impl run::Observer for Series<'_> {
    fn starts(&self, job: usize, _attempt: u32) {
        self.begins();
        if let Some(results) = self.results(job)
            && let Err(why) = results.clear()
        {
            let mut seen = self.locked();
            seen.read.insert(job, Err(Unread::Wrong(why)));
        }
    }

    fn output(&self, _job: usize, _block: &[u8]) {}

    fn step_ended(&self, job: usize, _step: usize) {
        if let Some(results) = self.results(job) {
            let read = results.read(self.masker);
            // What could not be cleared is not this run's, whatever it says.
            self.locked().read.entry(job).or_insert(read);
        }
    }

    fn ended(&self, job: usize, ended: run::EndedAttempt) -> Next {
        if ended.steps.iter().any(|s| matches!(s.ending, Ending::Interrupted(_))) {
            return Next::Done;
        }
        let judged = self.judge(job, &ended);
        let end = end_of(self.target, self.suite, &judged);
        if let RunEnd::Passed | RunEnd::Failed(..) = end {
            self.keep(job, judged, matches!(end, RunEnd::Failed(..)), &ended);
        } else {
            self.looked(job);
        }
        self.locked().ended.push(end);
        Next::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_core::triage::attempts::{JudgedStep, StepEnded};

    fn run(ended: StepEnded, asked: Option<&str>, cases: &[(&str, TestStatus)]) -> SuiteAttempt {
        let case = |(name, status): &(&str, TestStatus)| -> TestCase {
            let mut case = serde_json::json!({"name": name, "status": status});
            if matches!(status, TestStatus::Failed | TestStatus::Flaky) {
                case["failure"] = serde_json::json!({"message": format!("{name} broke")});
            }
            serde_json::from_value(case).unwrap()
        };
        let reading = Reading { cases: cases.iter().map(case).collect(), ..Reading::default() };
        let read = Some(Ok(vec![reading]));
        attempt("s", &[JudgedStep { ended, read, asked: asked.map(String::from), told: None, trouble: None }])
    }

    fn says(end: RunEnd) -> String {
        match end {
            RunEnd::Failed(_, message) => message,
            other => format!("{other:?}"),
        }
    }

    const P: TestStatus = TestStatus::Passed;
    const F: TestStatus = TestStatus::Failed;
    const I: TestStatus = TestStatus::Ignored;

    #[test]
    fn a_skip_is_no_result_and_a_flake_is_a_failure() {
        let suite =
            |cases: &[_]| says(end_of(FlakeTarget::Suite, "s", &run(StepEnded::Exited(0), None, cases)));
        assert_eq!(suite(&[]), "Skipped");
        assert_eq!(suite(&[("a", I)]), "Skipped");
        assert_eq!(suite(&[("a", I), ("b", P)]), "Passed");
        assert_eq!(suite(&[("a", P), ("b", TestStatus::Flaky)]), "b broke");
        let alone = |code, cases: &[_]| {
            says(end_of(FlakeTarget::Alone("a"), "s", &run(StepEnded::Exited(code), Some("a"), cases)))
        };
        assert_eq!(alone(0, &[("a", I)]), "Skipped");
        assert_eq!(alone(0, &[("a", I), ("b", P)]), "Skipped");
        assert_eq!(alone(0, &[("b", P)]), "Absent");
        assert_eq!(alone(0, &[("a", P)]), "Passed");
        assert_eq!(alone(1, &[("a", F)]), "a broke");
    }

    #[test]
    fn within_a_suite_the_test_alone_counts() {
        let within =
            |ended, cases: &[_]| says(end_of(FlakeTarget::Within("a"), "s", &run(ended, None, cases)));
        let exit = StepEnded::Exited;
        assert_eq!(within(exit(1), &[("a", P), ("b", F)]), "Passed");
        assert_eq!(within(exit(1), &[("a", F), ("b", F)]), "a broke");
        assert_eq!(within(exit(1), &[("b", F)]), "Absent");
        assert_eq!(within(exit(0), &[("a", I), ("b", P)]), "Skipped");
        // The crash may be its own: it is not known to pass.
        assert_eq!(within(StepEnded::Signalled(9), &[("b", P)]), "it was ended by signal 9");
        assert_eq!(within(StepEnded::Signalled(9), &[("a", P)]), "Passed");
    }
}

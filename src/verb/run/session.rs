//! One run under way: what the execution tells becomes records, files and lines of the journal.

use super::listed::{hold_to_word, name_failures};
use super::listeners::Listeners;
use super::out::log_file;
use super::request::{Rules, Watcher};
use super::stopped::stopped;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tollgate_core::model::event::RunEvent;
use tollgate_core::model::plan::{Artifacts, Plan, PlannedSuite};
use tollgate_core::model::record::SuiteRecord;
use tollgate_core::model::run::Identity;
use tollgate_core::model::signature::Basis;
use tollgate_core::model::suite::{RanPart, Repeats, ResultReader, SuiteSpec, SuiteStatus};
use tollgate_core::model::test::{Reading, TestNames};
use tollgate_core::plan;
use tollgate_core::triage::attempts::{Company, JudgedStep, SuiteAttempt, Unread, attempt_at};
use tollgate_flow::attempt::results::Results;
use tollgate_flow::attempt::seen::SeenStates;
use tollgate_flow::attempt::steps::{addressed, commands_of, read, steps};
use tollgate_flow::clock::RunClock;
use tollgate_flow::commands::{Replays, environment, whole};
use tollgate_flow::ground::Ground;
use tollgate_flow::made::environment::digest as environment_digest;
use tollgate_flow::made::harness::{exit_code_of, judged as own_harness};
use tollgate_flow::made::step::{TAIL, step_of};
use tollgate_flow::made::suite_record::{SuiteEnd, record_of, write_suite};
use tollgate_host::changes::Changes;
use tollgate_host::files::read_tail;
use tollgate_host::process::Ending;
use tollgate_host::record::{Folder, SuiteFile, SuiteFolders};
use tollgate_host::run::{self, Job, LogTo, Next};
use tollgate_text::command::CommandLine;
use tollgate_text::figures::total;
use tollgate_text::redact::Masker;

/// What every suite of a run shares.
pub(super) struct Session<'a> {
    pub ground: &'a Ground,
    pub plan: &'a Plan,
    pub folder: &'a Folder,
    pub folders: &'a SuiteFolders,
    /// Who hears what happens.
    pub listeners: &'a Listeners<'a>,
    pub clock: RunClock,
    pub identity: &'a Identity,
    pub masker: &'a Masker,
    pub rules: Rules,
    pub watcher: &'a dyn Watcher,
    /// tollgate's own environment, which suites inherit.
    pub env: &'a BTreeMap<String, String>,
    /// Of the last so many items of the plan, when they were started the last time: they are not started again.
    pub lost: &'a [String],
    /// The time zone of the machine.
    pub zone: Option<String>,
    /// Sees in which state of files each attempt begins; nothing where nothing is retried.
    pub changes: Option<Changes>,
    /// Whether the run replays another.
    pub replays: bool,
    /// One for each item of the plan.
    pub states: Vec<Mutex<SuiteState>>,
    /// Suites that are done.
    pub records: Mutex<Vec<SuiteRecord>>,
}

/// What is known of one suite so far.
#[derive(Default)]
pub(super) struct SuiteState {
    pub(super) attempts: Vec<SuiteAttempt>,
    /// In which states they began.
    pub(super) seen: SeenStates,
    /// The end of the output of the last attempt that failed.
    red_tail: Option<Vec<u8>>,
    /// The tests that the steps of the attempt under way were asked for.
    pub(super) asked: Vec<Option<String>>,
    /// What those tests are called, where that is not what they are selected by.
    pub(super) names: TestNames,
    /// What the results files of its steps say, where the reader reads a file.
    read: Vec<Option<Result<Vec<Reading>, Unread>>>,
    /// Why the results file of the next step may be an older one: then nothing is read from it.
    stale: Option<String>,
    started_at: Option<String>,
    micros: u64,
    leftovers: u64,
    masked: u64,
    mask_allowed: u64,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SuiteState {
    /// Of a suite whose interrupted attempt left so many processes, which were ended.
    pub(super) fn with_leftovers(leftovers: u64) -> SuiteState {
        SuiteState { leftovers, ..SuiteState::default() }
    }
}

impl Session<'_> {
    pub(super) fn item(&self, job: usize) -> &PlannedSuite {
        &self.plan.items[job]
    }

    pub(super) fn spec(&self, job: usize) -> Option<&SuiteSpec> {
        self.ground.spec(&self.item(job).kind)
    }

    pub(super) fn results<'s>(&'s self, job: usize) -> Option<Results<'s>> {
        let item = self.item(job);
        let out = self.out(item);
        Results::of(self.spec(job)?, &item.name, &out, self.ground.root.real(), self.folder.dir())
    }

    /// The items of the plan that are to be started.
    fn to_start(&self) -> &[PlannedSuite] {
        &self.plan.items[..self.plan.items.len().saturating_sub(self.lost.len())]
    }

    /// The jobs of the plan, in its order.
    pub(super) fn jobs(&self) -> Vec<Job> {
        let job = |(at, item): (usize, &PlannedSuite)| {
            let spec = self.spec(at)?;
            let out = self.out(item);
            Some(Job {
                name: item.name.clone(),
                kind: item.kind.clone(),
                steps: steps(commands_of(spec, &item.name, item.tests.as_deref(), &out)),
                dir: self.ground.root.real().join(&spec.cwd),
                env: environment(spec, &item.name, &out),
                timeout: Duration::from_secs(self.rules.timeout.unwrap_or(spec.timeout)),
                log: self.log_to(item, 1),
            })
        };
        self.to_start().iter().enumerate().filter_map(job).collect()
    }

    /// The folder that fills `{out}`: absolute, because a suite may run elsewhere.
    pub(super) fn out(&self, item: &PlannedSuite) -> String {
        self.folder.suite_dir(&self.folders.of(&item.kind, &item.name)).display().to_string()
    }

    fn log_path(&self, item: &PlannedSuite, attempt: u32) -> std::path::PathBuf {
        self.folder.suite_path(&self.folders.of(&item.kind, &item.name), log_file(attempt))
    }

    pub(super) fn log_to(&self, item: &PlannedSuite, attempt: u32) -> LogTo {
        match self.rules.artifacts {
            Artifacts::All => LogTo::File(self.log_path(item, attempt)),
            Artifacts::Failed => LogTo::Memory,
        }
    }

    /// The steps of an attempt that ended, with what their results say.
    fn judged(&self, job: usize, state: &mut SuiteState, ended: &run::EndedAttempt) -> SuiteAttempt {
        let reader = self.spec(job).map_or(ResultReader::Exit, |s| s.reader);
        let mut files = std::mem::take(&mut state.read).into_iter();
        let steps: Vec<JudgedStep> = ended
            .steps
            .iter()
            .enumerate()
            .map(|(at, end)| {
                let of_file = files.next().flatten();
                let of_log = || {
                    let mut input = ended.log.range(end.log_start, end.log_end);
                    read(reader, Repeats::Tests, &mut input, "its output")
                };
                let asked = state.asked.get(at).cloned().flatten();
                let trouble = ended.log_error.clone();
                let read = || {
                    let found = of_file.unwrap_or_else(of_log)?;
                    let found = own_harness(found, exit_code_of(end), &self.ground.root, false);
                    Ok(match self.spec(job) {
                        Some(spec) => addressed(found, spec),
                        None => found,
                    })
                };
                step_of(self.ground, end, &ended.log, reader, asked, trouble, read)
            })
            .collect();
        let mut judged = attempt_at(&self.item(job).name, &steps, &state.names);
        // A test whose step was never reached is not among the steps that ended.
        judged.whole &= state.asked.iter().all(Option::is_none);
        hold_to_word(&mut judged, reader, &ended.log);
        name_failures(&mut judged, reader, &ended.log);
        judged.stopped = self.stopped(job, &judged, ended);
        judged
    }

    /// Why an attempt at the whole suite left out what it left out, if that is not known.
    fn stopped(&self, job: usize, judged: &SuiteAttempt, ended: &run::EndedAttempt) -> Option<String> {
        let (item, spec) = (self.item(job), self.spec(job)?);
        let out = self.out(item);
        let command = whole(spec, &item.name, &out)?;
        let set = environment(spec, &item.name, &out);
        stopped(judged, spec.reader, &command, &|name| self.variable(&command, &set, name), &ended.log)
    }

    /// A variable as the command of a suite sees it: its own words win over `env` of its kind, and those over tollgate's own.
    pub(super) fn variable(
        &self,
        command: &CommandLine,
        set: &[(String, String)],
        name: &str,
    ) -> Option<String> {
        let of = |list: &[(String, String)]| list.iter().find(|(key, _)| key == name).map(|(_, v)| v.clone());
        of(command.env()).or_else(|| of(set)).or_else(|| self.env.get(name).cloned())
    }

    /// Records the suites that are not started again, each as crashed. What stands in their folders is the last that is known of
    /// them.
    pub(super) fn give_up(&self) {
        let first = self.to_start().len();
        for (job, started_at) in (first..).zip(self.lost) {
            {
                let mut state = locked(&self.states[job]);
                state.started_at = Some(started_at.clone());
                state.attempts.push(SuiteAttempt {
                    status: SuiteStatus::Crashed,
                    cases: Vec::new(),
                    fault: Some(
                        "tollgate was killed twice while it ran: it is not started a third time".into(),
                    ),
                    basis: Basis::Fallback,
                    exit_code: None,
                    signal: None,
                    whole: true,
                    absent: false,
                    stopped: None,
                    skipped: false,
                    state: 1,
                    reported: false,
                    company: Company::default(),
                });
            }
            let own = self.folders.of(&self.item(job).kind, &self.item(job).name);
            let log = self.folder.suite_rel(&own, SuiteFile::Output);
            let tail = read_tail(&self.folder.suite_path(&own, SuiteFile::Output), &log, TAIL);
            let log = if tail.is_some() { log } else { String::new() };
            let record = self.finish(job, &String::from_utf8_lossy(&tail.unwrap_or_default()), log);
            self.conclude(record);
        }
    }

    /// A suite is done.
    fn conclude(&self, record: SuiteRecord) {
        self.listeners.tell(&RunEvent::SuiteFinished {
            suite: record.result.name.clone(),
            kind: record.result.kind.clone(),
            status: record.result.status.name().into(),
            duration_ms: record.result.duration_ms,
            record: Box::new(record.clone()),
        });
        locked(&self.records).push(record);
    }

    /// Records a suite whose attempts are over; `tail` is the end of its output, `log` where that stands.
    fn finish(&self, job: usize, tail: &str, log: String) -> SuiteRecord {
        let item = self.item(job);
        let spec = self.spec(job);
        let replays = Replays::new(&self.ground.run, &self.plan.profile, self.masker);
        let state = std::mem::take(&mut *locked(&self.states[job]));
        let end = SuiteEnd {
            item: item.clone(),
            ran: match (&item.tests, self.replays) {
                (Some(_), _) => Some(RanPart::Tests),
                (None, true) => Some(RanPart::Whole),
                (None, false) => None,
            },
            definition: spec.map(plan::suite_definition),
            attempts: state.attempts,
            duration_ms: state.micros / 1000,
            reader: spec.map_or(ResultReader::Exit, |s| s.reader),
            rules: spec.map(|s| s.flaky).unwrap_or_default(),
            environment: spec.map(|s| {
                let named = &self.ground.settings.env;
                environment_digest(s, self.env, named, self.zone.as_deref(), self.masker)
            }),
            command: shown_command(&replays, item),
            cwd: spec.map_or_else(|| ".".into(), |s| s.cwd.clone()),
            log,
            started_at: state.started_at.unwrap_or_default(),
            finished_at: self.clock.stamp(),
            leftovers: state.leftovers,
            masked: state.masked,
            mask_allowed: state.mask_allowed,
        };
        let recorded = record_of(end, self.masker, self.ground, tail);
        for note in &recorded.notes {
            self.watcher.note(note);
        }
        if (self.rules.artifacts == Artifacts::All || !is_plain(&recorded.record))
            && let Err(error) =
                write_suite(self.folder, self.folders, self.identity, &recorded, tail, &replays, self.ground)
        {
            self.watcher.note(&error.to_string());
        }
        recorded.record
    }
}

/// Whether a suite passed at the first attempt, with nothing to keep.
fn is_plain(record: &SuiteRecord) -> bool {
    !record.result.status.is_failure() && record.result.attempts == 1 && record.result.flaky == 0
}

/// The command of an item as people are shown it.
fn shown_command(replays: &Replays<'_>, item: &PlannedSuite) -> String {
    let one = match item.tests.as_deref() {
        Some([test]) => replays.test(&item.kind, &item.name, test),
        _ => None,
    };
    one.unwrap_or_else(|| replays.suite(item.role, &item.kind, &item.name))
}

impl run::Observer for Session<'_> {
    fn starts(&self, job: usize, attempt: u32) {
        let item = self.item(job);
        {
            let mut state = locked(&self.states[job]);
            if attempt == 1 {
                state.started_at = Some(self.clock.stamp());
                state.asked = item.tests.iter().flatten().cloned().map(Some).collect();
                state.names.clone_from(&item.names);
            }
            self.begins(job, &mut state, attempt);
        }
        locked(&self.states[job]).stale = self.results(job).and_then(|results| results.clear().err());
        let (suite, kind) = (item.name.clone(), item.kind.clone());
        self.listeners.tell(&RunEvent::SuiteStarted { suite, kind, attempt });
    }

    fn output(&self, job: usize, block: &[u8]) {
        self.watcher.output(&self.item(job).name, block);
    }

    fn step_ended(&self, job: usize, _step: usize) {
        let stale = locked(&self.states[job]).stale.take();
        let read = self.results(job).map(|results| {
            let found = match stale {
                Some(why) => Err(Unread::Wrong(why)),
                None => results.read(self.masker),
            };
            locked(&self.states[job]).stale = results.clear_for_next().err();
            found
        });
        locked(&self.states[job]).read.push(read);
    }

    fn ended(&self, job: usize, ended: run::EndedAttempt) -> Next {
        let item = self.item(job);
        // What was cut short by a signal to tollgate is not done: a resumed run starts it again.
        if ended.steps.iter().any(|s| matches!(s.ending, Ending::Interrupted(_))) {
            return Next::Done;
        }
        let retry = {
            let mut state = locked(&self.states[job]);
            state.leftovers += ended.leftovers;
            state.masked += ended.masked;
            state.mask_allowed += ended.mask_allowed;
            state.micros = total([state.micros, total(ended.steps.iter().map(|s| (s.seconds * 1e6) as u64))]);
            let mut judged = self.judged(job, &mut state, &ended);
            judged.shorten(&state.attempts);
            self.ends(job, &mut state, &mut judged, &ended.log);
            if judged.status.is_failure() {
                state.red_tail = ended.log.tail(TAIL).ok();
            }
            state.attempts.push(judged);
            self.next(job, &mut state, ended.number)
        };
        let plain = locked(&self.states[job]).attempts.iter().all(|a| !a.status.is_failure());
        if self.rules.artifacts == Artifacts::Failed
            && !plain
            && let Err(error) = ended.log.keep_as(&self.log_path(item, ended.number), self.folder.dir())
        {
            self.watcher.note(&error.to_string());
        }
        if let Some(retry) = retry {
            return retry;
        }
        // A suite that failed though it passed at last is told of by what it said when it failed.
        let red = locked(&self.states[job]).red_tail.take();
        let tail = red.or_else(|| ended.log.tail(TAIL).ok()).unwrap_or_default();
        let own = self.folders.of(&item.kind, &item.name);
        let log = self.folder.suite_rel(&own, SuiteFile::Output);
        self.keep_outputs(item, ended.number);
        let record = self.finish(job, &String::from_utf8_lossy(&tail), log);
        let failed = record.result.status.is_failure();
        self.conclude(record);
        if failed { Next::Failed } else { Next::Done }
    }
}

//! One run under way: what the execution tells becomes records, files and lines of the journal.

use super::judge::{self, Finished};
use super::request::{Artifacts, Watcher};
use crate::app::clock::RunClock;
use crate::app::commands::{self, Replays};
use crate::app::ground::Ground;
use crate::base::files::{self, ReadError, show};
use crate::base::redact::Masker;
use crate::model::event::RunEvent;
use crate::model::plan::{Item, Plan};
use crate::model::run::{Identity, SuiteRecord};
use crate::model::suite::{Reader, SuiteSpec};
use crate::record::{Folder, Journal};
use crate::run::{self, Job, LogTo, Next};
use crate::triage::attempts::{self, Attempt, Step, StepEnded, Unread};
use crate::triage;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Bytes of a results file at most.
const RESULTS: u64 = 1 << 30;
/// Bytes at the end of a log that a failure is looked for in.
const TAIL: usize = 64 << 10;

/// What every suite of a run shares.
pub(super) struct Session<'a> {
    pub ground: &'a Ground,
    pub plan: &'a Plan,
    pub folder: &'a Folder,
    pub journal: &'a Journal,
    pub clock: RunClock,
    pub identity: &'a Identity,
    pub masker: &'a Masker,
    pub retries: u32,
    pub artifacts: Artifacts,
    pub watcher: &'a dyn Watcher,
    pub states: Vec<Mutex<State>>,
    pub records: Mutex<Vec<SuiteRecord>>,
    /// What could not be written: the run cannot vouch for its record.
    pub troubles: Mutex<Vec<String>>,
}

/// What is known of one suite so far.
#[derive(Default)]
pub(super) struct State {
    attempts: Vec<Attempt>,
    /// The steps of the attempt under way.
    steps: Vec<Step>,
    asked: Vec<Option<String>>,
    started_at: Option<String>,
    millis: u64,
    leftovers: u64,
    masked: u64,
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session<'_> {
    fn item(&self, job: usize) -> &Item {
        &self.plan.items[job]
    }

    fn spec(&self, job: usize) -> Option<&SuiteSpec> {
        self.ground.spec(&self.item(job).kind)
    }

    fn trouble(&self, sentence: String) {
        self.watcher.note(&sentence);
        locked(&self.troubles).push(sentence);
    }

    /// The jobs of the plan, in its order.
    pub(super) fn jobs(&self, timeout: Option<u64>) -> Vec<Job> {
        let job = |(at, item): (usize, &Item)| {
            let spec = self.spec(at)?;
            let out = self.out(item);
            let steps = judge::commands_of(spec, &item.name, item.tests.as_deref(), &out);
            Some(Job {
                name: item.name.clone(),
                kind: item.kind.clone(),
                steps: steps.into_iter().map(|(command, test)| run::Step { command, test }).collect(),
                dir: self.ground.root.real().join(&spec.cwd),
                env: commands::environment(spec, &item.name, &out),
                timeout: Duration::from_secs(timeout.unwrap_or(spec.timeout)),
                log: self.log_to(item, 1),
            })
        };
        self.plan.items.iter().enumerate().filter_map(job).collect()
    }

    /// The folder that fills `{out}`: absolute, because a suite may run elsewhere.
    fn out(&self, item: &Item) -> String {
        self.folder.suite_dir(&item.kind, &item.name).display().to_string()
    }

    fn log_to(&self, item: &Item, attempt: u32) -> LogTo {
        match self.artifacts {
            Artifacts::All => LogTo::File(self.log_path(item, attempt)),
            Artifacts::Failed => LogTo::Memory,
        }
    }

    fn log_path(&self, item: &Item, attempt: u32) -> PathBuf {
        self.folder.suite_dir(&item.kind, &item.name).join(log_name(attempt))
    }

    /// The results file of a suite, where its reader reads one.
    fn results(&self, spec: &SuiteSpec, item: &Item) -> Option<PathBuf> {
        let values = [("{name}", item.name.as_str()), ("{out}", &self.out(item))];
        let path = crate::base::command::fill(spec.results.as_deref()?, &values);
        Some(self.ground.root.real().join(&spec.cwd).join(path))
    }

    /// Takes away what an earlier run or step left: results that the command does not write anew prove nothing.
    fn clear(&self, spec: &SuiteSpec, item: &Item) {
        let Some(path) = self.results(spec, item) else { return };
        let inside = path.starts_with(self.ground.root.real()) || path.starts_with(self.folder.dir());
        match std::fs::symlink_metadata(&path) {
            Ok(meta) if meta.is_file() && inside => {
                if let Err(e) = std::fs::remove_file(&path) {
                    self.trouble(format!(
                        "{} of an earlier run cannot be removed: {}",
                        show(&path.display().to_string()),
                        files::plain(&e)
                    ));
                }
            }
            _ => {}
        }
    }

    /// What the results of a step say: of its file, or of its part of the log.
    fn read(&self, spec: &SuiteSpec, item: &Item, log: &run::Log, from: u64, to: u64) -> Option<Result<Vec<crate::model::test::Reading>, Unread>> {
        if spec.reader == Reader::Exit {
            return None;
        }
        let Some(path) = self.results(spec, item) else {
            return Some(match log.reader(from, to) {
                Ok(mut input) => judge::read(spec.reader, &mut input, "its output"),
                Err(why) => Err(Unread::Missing(why)),
            });
        };
        let shown = show(&path.display().to_string());
        Some(match files::open_regular(&path, &shown) {
            Err(ReadError::Missing(_)) => Err(Unread::Missing(format!("its results, {shown}, are not there"))),
            Err(other) => Err(Unread::Wrong(other.to_string())),
            Ok((_, meta)) if meta.len() > RESULTS => {
                Err(Unread::Wrong(format!("{shown} has {} bytes, more than the limit of {RESULTS}", meta.len())))
            }
            Ok((file, _)) => {
                let read = judge::read(spec.reader, &mut std::io::BufReader::new(file), &shown);
                self.mask_file(&path);
                read
            }
        })
    }

    /// A results file in the run folder is evidence that is passed on: secrets in it are masked like those of the output.
    fn mask_file(&self, path: &Path) {
        if !path.starts_with(self.folder.dir()) {
            return;
        }
        let Ok(text) = files::read_text(path, RESULTS) else { return };
        let (masked, count) = self.masker.mask(&text);
        if count > 0
            && let Err(error) = files::write_atomic(path, masked.as_bytes())
        {
            self.trouble(format!("a secret stays unmasked: {error}"));
        }
    }

    /// Records a suite whose attempts are over.
    fn finish(&self, job: usize, log: &run::Log) -> SuiteRecord {
        let item = self.item(job);
        let spec = self.spec(job);
        let mut state = locked(&self.states[job]);
        let replays = Replays::new(&self.ground.run, &self.plan.profile);
        let tail = log.tail(TAIL);
        let finished = Finished {
            item,
            attempts: &state.attempts,
            duration_ms: state.millis,
            reader: spec.map_or(Reader::Exit, |s| s.reader),
            command: judge::shown_command(&replays, item),
            cwd: spec.map_or_else(|| ".".into(), |s| s.cwd.clone()),
            log: self.folder.rel(&self.log_path(item, 1)),
            started_at: state.started_at.clone().unwrap_or_default(),
            finished_at: self.clock.stamp(),
            leftovers: state.leftovers,
            masked: state.masked,
        };
        let tail = self.masker.mask(&tail).0;
        let (record, cases) = judge::record(finished, self.masker, &self.ground.quarantines, &tail);
        state.steps.clear();
        drop(state);
        if let Err(error) = self.write(item, &record, &cases, &tail, &replays) {
            self.trouble(error);
        }
        record
    }

    /// The files of a suite: its result, and when it failed its digest and timeline.
    fn write(
        &self,
        item: &Item,
        record: &SuiteRecord,
        cases: &[crate::model::test::Case],
        tail: &str,
        replays: &Replays<'_>,
    ) -> Result<(), String> {
        let red = record.result.status.is_failure();
        let keeps = self.artifacts == Artifacts::All || red || record.result.flaky > 0 || record.result.attempts > 1;
        if !keeps {
            return Ok(());
        }
        self.folder.write_result(self.identity, record).map_err(|e| e.to_string())?;
        if red {
            let pointer = judge::pointer(replays, record);
            let (digest, timeline) = triage::digest(self.identity, record, cases, tail, pointer);
            self.folder.write_digest(&item.kind, &item.name, &digest, &timeline).map_err(|e| e.to_string())?;
        }
        Ok(())
    }
}

/// `output.log` of the first attempt; a retry never writes over it.
fn log_name(attempt: u32) -> String {
    if attempt <= 1 { "output.log".into() } else { format!("output.retry-{}.log", attempt - 1) }
}

impl run::Observer for Session<'_> {
    fn starts(&self, job: usize, attempt: u32) {
        let item = self.item(job);
        {
            let mut state = locked(&self.states[job]);
            if attempt == 1 {
                state.started_at = Some(self.clock.stamp());
                state.asked = item.tests.iter().flatten().cloned().map(Some).collect();
            }
            state.steps.clear();
        }
        if let Some(spec) = self.spec(job) {
            self.clear(spec, item);
        }
        self.journal.append(&RunEvent::SuiteStarted {
            suite: item.name.clone(),
            kind: item.kind.clone(),
            attempt,
        });
        self.watcher.starts(&item.name, attempt);
    }

    fn output(&self, job: usize, block: &[u8]) {
        self.watcher.output(&self.item(job).name, block);
    }

    fn step_ended(&self, job: usize, end: &run::StepEnd, log: &run::Log) {
        let item = self.item(job);
        let Some(spec) = self.spec(job) else { return };
        let ended = match (&end.start_error, end.ending) {
            (Some(why), _) => StepEnded::NotStarted(why.clone()),
            (None, run::Ending::Exited(code)) => StepEnded::Exited(code),
            (None, run::Ending::Signalled(signal) | run::Ending::Interrupted(signal)) => {
                StepEnded::Signalled(signal)
            }
            (None, run::Ending::TimedOut) => StepEnded::TimedOut,
        };
        let read = match &ended {
            StepEnded::NotStarted(_) => None,
            _ => self.read(spec, item, log, end.log_start, end.log_end),
        };
        let mut state = locked(&self.states[job]);
        let asked = state.asked.get(state.steps.len()).cloned().flatten();
        state.millis += (end.seconds * 1000.0).round() as u64;
        state.steps.push(Step { ended, read, asked, trouble: None });
        drop(state);
        self.clear(spec, item);
    }

    fn ended(&self, job: usize, attempt: run::Attempt) -> Next {
        let item = self.item(job);
        if attempt.interrupted {
            return Next::Done;
        }
        let next = {
            let mut state = locked(&self.states[job]);
            state.leftovers += attempt.leftovers;
            state.masked += attempt.masked;
            if let (Some(why), Some(last)) = (&attempt.log_error, state.steps.last_mut()) {
                last.trouble = Some(why.clone());
            }
            let judged = attempts::attempt(&item.name, &state.steps);
            let again = judged.status.is_failure() && attempt.number <= self.retries;
            let tests = judge::narrow(&judged, self.spec(job).map_or(Reader::Exit, |s| s.reader));
            state.attempts.push(judged);
            again.then(|| self.again(&mut state, item, tests, attempt.number + 1)).flatten()
        };
        if let Some(next) = next {
            return next;
        }
        if self.artifacts == Artifacts::Failed {
            self.keep_log(job, &attempt);
        }
        let record = self.finish(job, &attempt.log);
        self.journal.append(&RunEvent::SuiteFinished {
            suite: item.name.clone(),
            kind: item.kind.clone(),
            status: record.result.status.name().into(),
            duration_ms: record.result.duration_ms,
            record: Box::new(record.clone()),
        });
        self.watcher.finished(&record);
        let failed = record.result.status.is_failure();
        locked(&self.records).push(record);
        if failed { Next::Failed } else { Next::Done }
    }
}

impl Session<'_> {
    /// The next attempt: the failed tests alone where that is possible.
    fn again(&self, state: &mut State, item: &Item, tests: Option<Vec<String>>, number: u32) -> Option<Next> {
        let spec = self.ground.spec(&item.kind)?;
        let tests = tests.filter(|_| spec.single.is_some()).or_else(|| item.tests.clone());
        let steps = judge::commands_of(spec, &item.name, tests.as_deref(), &self.out(item));
        state.asked = steps.iter().map(|(_, test)| test.clone()).collect();
        let steps = steps.into_iter().map(|(command, test)| run::Step { command, test }).collect();
        Some(Next::Retry(steps, self.log_to(item, number)))
    }

    /// With `--artifacts failed` a log is kept only of what failed or was not plain.
    fn keep_log(&self, job: usize, attempt: &run::Attempt) {
        let item = self.item(job);
        let plain = {
            let state = locked(&self.states[job]);
            state.attempts.iter().all(|a| !a.status.is_failure())
        };
        if !plain && let Err(why) = attempt.log.keep_as(&self.log_path(item, attempt.number)) {
            self.trouble(why);
        }
    }
}

//! The loop over suites.

use crate::process::{Watch, sweep_rest};
use crate::run::attempt::{EndedAttempt, Setup, attempt};
use crate::run::job::{Job, JobStep, LogTo, Options};
use crate::run::mark;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// What follows an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// The suite is done.
    Done,
    /// The suite is done and counts as failed for `fail_fast`.
    Failed,
    /// Another attempt at once, with these steps, into this log. Not honoured after a signal.
    Retry(Vec<JobStep>, LogTo),
}

/// Who is told what happens. Called from several threads; for one suite from one, in order.
pub trait Observer: Sync {
    /// An attempt at a job starts; attempts count from 1.
    fn starts(&self, job: usize, attempt: u32);
    /// Output, masked, as it comes. The suite waits while this takes time.
    fn output(&self, job: usize, bytes: &[u8]);
    /// A step of the attempt under way ended, counted from 0; the next one starts when this returns. What a step writes over
    /// is read here.
    fn step_ended(&self, _job: usize, _step: usize) {}
    /// An attempt ended; says what follows.
    fn ended(&self, job: usize, attempt: EndedAttempt) -> Next;
}

/// How the loop ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LoopEnd {
    /// Jobs that were never started, in order: after a signal, or by `fail_fast`.
    pub not_started: Vec<usize>,
    /// The signal that ended it: SIGINT (2), SIGTERM (15) or SIGHUP (1).
    pub interrupted: Option<i32>,
    /// Processes that outlived the run and could be given to no suite; they were ended.
    pub leftovers: u64,
}

/// Runs the jobs in order, `jobs` at a time. SIGINT and SIGTERM are passed on to the running groups and nothing new starts;
/// a second one kills the groups at once. Returns when everything that was started has ended.
pub fn execute(jobs: &[Job], options: &Options, observer: &dyn Observer) -> LoopEnd {
    let watch = Watch::start();
    let work = Work {
        jobs,
        options,
        observer,
        watch: &watch,
        mark: mark::of_loop(&options.marks),
        next: AtomicUsize::new(0),
        failed: AtomicU64::new(0),
    };
    let workers = options.jobs.clamp(1, jobs.len().max(1));
    // The main thread only waits: orphans become its children, and whether it has any is asked after every suite.
    std::thread::scope(|scope| {
        let start = |_| std::thread::Builder::new().spawn_scoped(scope, || work.run()).is_ok();
        if (0..workers).filter(|n| start(*n)).count() == 0 {
            work.run();
        }
    });
    let leftovers = sweep_rest();
    let started = work.next.load(Ordering::SeqCst).min(jobs.len());
    let interrupted = watch.caught().map(|(signal, _)| signal);
    LoopEnd { not_started: (started..jobs.len()).collect(), interrupted, leftovers }
}

struct Work<'a> {
    jobs: &'a [Job],
    options: &'a Options,
    observer: &'a dyn Observer,
    watch: &'a Watch,
    /// What the marks of this loop begin with.
    mark: String,
    /// The next job to start.
    next: AtomicUsize,
    failed: AtomicU64,
}

impl Work<'_> {
    fn run(&self) {
        let mut block = Vec::new();
        while !self.is_stopped() {
            let index = self.next.fetch_add(1, Ordering::SeqCst);
            let Some(job) = self.jobs.get(index) else { return };
            if self.suite(index, job, &mut block) {
                self.failed.fetch_add(1, Ordering::SeqCst);
            }
        }
    }

    /// Whether nothing new may start.
    fn is_stopped(&self) -> bool {
        let enough = self.options.fail_fast.map(|n| u64::from(n.max(1)));
        let failed = enough.is_some_and(|n| self.failed.load(Ordering::SeqCst) >= n);
        failed || self.watch.caught().is_some()
    }

    /// Runs a suite as often as its observer wants; says whether it failed.
    fn suite(&self, index: usize, job: &Job, block: &mut Vec<u8>) -> bool {
        let (mut steps, mut log) = (None, None);
        let mut number = 1;
        loop {
            let mark = mark::of_attempt(&self.mark, &job.kind, &job.name, index, number);
            self.observer.starts(index, number);
            let setup = Setup {
                number,
                steps: steps.as_deref().unwrap_or(&job.steps),
                log: log.as_ref().unwrap_or(&job.log),
                options: self.options,
                watch: self.watch,
                mark: &mark,
                step_ended: &|step| self.observer.step_ended(index, step),
            };
            let mut output = |bytes: &[u8]| self.observer.output(index, bytes);
            match self.observer.ended(index, attempt(job, &setup, block, &mut output)) {
                Next::Done => return false,
                Next::Failed => return true,
                Next::Retry(..) if self.watch.caught().is_some() => return true,
                Next::Retry(next, to) => (steps, log) = (Some(next), Some(to)),
            }
            number += 1;
        }
    }
}

#[cfg(test)]
mod tests;

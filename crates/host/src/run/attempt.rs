//! One attempt at a suite: its steps one after another, into one log.

use crate::clock::{Stopwatch, wall_micros};
use crate::process::{CommandOrder, Ending, Watch, supervise};
use crate::run::job::{Job, JobStep, LogTo, Options};
use crate::run::log::{AttemptLog, LogWriter};
use std::time::Duration;

/// How a step ended.
#[derive(Debug, Clone, PartialEq)]
pub struct StepEnd {
    /// How its command ended; 126 or 127, as shells have it, when it could not be started.
    pub ending: Ending,
    /// The exit code of its process, where it exited, whoever told it to.
    pub exit_code: Option<i32>,
    /// The signal that ended its process, whoever sent it.
    pub signal: Option<i32>,
    /// Wall time in seconds.
    pub seconds: f64,
    /// Where its output begins in the attempt's log, in bytes.
    pub log_start: u64,
    /// Where it ends.
    pub log_end: u64,
    /// Why it could not be started: one sentence, secrets masked.
    pub start_error: Option<String>,
}

/// An attempt that ended.
#[derive(Debug)]
pub struct EndedAttempt {
    /// Counted from 1.
    pub number: u32,
    /// The steps that were started, in order. Fewer than were asked for when one timed out or tollgate was interrupted.
    pub steps: Vec<StepEnd>,
    /// When it started: microseconds since 1970.
    pub started_micros: i64,
    /// When it ended.
    pub finished_micros: i64,
    /// Processes that outlived a step and were ended.
    pub leftovers: u64,
    /// Secrets masked in its output.
    pub masked: u64,
    /// What was let through in it.
    pub mask_allowed: u64,
    /// Its output.
    pub log: AttemptLog,
    /// Why the log is not what was written: the disk was full, the suite removed it. A suite with one must not pass.
    pub log_error: Option<String>,
}

/// What an attempt is made of, beside the job.
pub(super) struct Setup<'a> {
    pub(super) number: u32,
    pub(super) steps: &'a [JobStep],
    pub(super) log: &'a LogTo,
    pub(super) options: &'a Options,
    pub(super) watch: &'a Watch,
    pub(super) mark: &'a str,
    /// Told the number of each step that ended, from 0, before the next one starts.
    pub(super) step_ended: &'a dyn Fn(usize),
}

/// Runs one attempt. `output` gets what is written to the log; `block` is memory that is used again.
pub(super) fn attempt(
    job: &Job,
    setup: &Setup<'_>,
    block: &mut Vec<u8>,
    output: &mut dyn FnMut(&[u8]),
) -> EndedAttempt {
    let started_micros = wall_micros();
    let clock = Stopwatch::start();
    let mut log = LogWriter::open(setup.log, &setup.options.spool);
    let mut steps = Vec::with_capacity(setup.steps.len());
    let (mut leftovers, mut masked, mut mask_allowed) = (0, 0, 0);
    for step in setup.steps {
        let log_start = log.len();
        let order = CommandOrder {
            command: &step.command,
            dir: &job.dir,
            env: &job.env,
            timeout: job.timeout.saturating_sub(Duration::from_micros(clock.micros())),
            grace: setup.options.grace,
            mark: Some(setup.mark),
        };
        let mut stream = setup.options.mask.stream();
        let mut keep = |part: &[u8]| {
            log.write(part);
            output(part);
        };
        let outcome = supervise(&order, setup.watch, block, &mut |block| stream.push(block, &mut keep));
        stream.finish(&mut keep);
        masked += stream.masked();
        mask_allowed += stream.allowed();
        let (exit_code, signal) = outcome.as_ref().map_or((None, None), |o| (o.exit_code, o.signal));
        leftovers += outcome.as_ref().map_or(0, |o| o.leftovers);
        let (ending, seconds, start_error) = match outcome {
            Ok(outcome) => (outcome.ending, outcome.seconds, None),
            Err(error) => {
                let (sentence, secrets) = setup.options.mask.mask(&error.to_string());
                masked += secrets;
                (Ending::Exited(if error.found { 126 } else { 127 }), 0.0, Some(sentence))
            }
        };
        let log_end = log.len();
        steps.push(StepEnd { ending, exit_code, signal, seconds, log_start, log_end, start_error });
        (setup.step_ended)(steps.len() - 1);
        if matches!(ending, Ending::TimedOut | Ending::Interrupted(_)) {
            break;
        }
    }
    let (log, log_error) = log.finish();
    EndedAttempt {
        number: setup.number,
        steps,
        started_micros,
        finished_micros: wall_micros(),
        leftovers,
        masked,
        mask_allowed,
        log,
        log_error,
    }
}

//! One lint step: a command that passes by its exit code. Its output stands in the run folder, in a file that `record` names.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tollgate_core::model::run::LintResult;
use tollgate_core::plan;
use tollgate_flow::ground::Ground;
use tollgate_host::process::Ending;
use tollgate_host::record::Folder;
use tollgate_host::run::{self, EndedAttempt, Job, LogTo, Next, Options};
use tollgate_text::command::CommandLine;
use tollgate_text::figures::total;

/// What a lint step may take.
const TIMEOUT: Duration = Duration::from_secs(1_800);

/// What the execution of one step tells.
#[derive(Default)]
struct Seen {
    passed: bool,
    millis: u64,
    masked: u64,
    mask_allowed: u64,
}

struct Watch(Mutex<Seen>);

impl run::Observer for Watch {
    fn starts(&self, _job: usize, _attempt: u32) {}

    fn output(&self, _job: usize, _block: &[u8]) {}

    fn ended(&self, _job: usize, attempt: EndedAttempt) -> Next {
        let fine = |end: &run::StepEnd| end.start_error.is_none() && end.ending == Ending::Exited(0);
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.passed =
            attempt.log_error.is_none() && !attempt.steps.is_empty() && attempt.steps.iter().all(fine);
        seen.masked = attempt.masked;
        seen.mask_allowed = attempt.mask_allowed;
        seen.millis = total(attempt.steps.iter().map(|s| (s.seconds * 1000.0).round() as u64));
        Next::Done
    }
}

/// Runs it; the signal that ended it, if one did.
pub(super) fn step(
    name: &str,
    command: &CommandLine,
    ground: &Ground,
    folder: &Folder,
    options: &Options,
) -> (LintResult, Option<i32>) {
    let job = Job {
        name: name.to_string(),
        kind: "lint".into(),
        steps: vec![run::JobStep { command: command.clone(), test: None }],
        dir: ground.root.real().to_path_buf(),
        env: Vec::new(),
        timeout: TIMEOUT,
        log: LogTo::File(folder.lint_log(name)),
    };
    let watch = Watch(Mutex::default());
    let ended = run::execute(&[job], options, &watch);
    let seen = watch.0.into_inner().unwrap_or_else(PoisonError::into_inner);
    let Seen { passed, millis: duration_ms, masked, mask_allowed } = seen;
    let (name, definition) = (name.to_string(), Some(plan::lint_definition(command)));
    (LintResult { name, passed, definition, duration_ms, masked, mask_allowed }, ended.interrupted)
}

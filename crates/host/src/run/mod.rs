//! The loop that runs suites: so many at a time, each in a group of its own, its output masked, kept and handed on. It
//! judges nothing: what an attempt means, and whether another follows, is its observer's to say.

mod attempt;
mod execute;
mod job;
mod log;
mod mark;

pub use attempt::{EndedAttempt, StepEnd};
pub use execute::{LoopEnd, Next, Observer, execute};
pub use job::{Job, JobStep, LogTo, Options};
pub use log::{AttemptLog, IN_MEMORY, LogReader};
pub use mark::{marks_of, run_mark, suite_in, suite_mark};

//! The loop that runs suites: so many at a time, each in a group of its own, its output masked, kept and handed on. It
//! judges nothing: what an attempt means, and whether another follows, is its observer's to say.

mod attempt;
mod execute;
mod job;
mod log;
mod mark;

pub use attempt::{Attempt, StepEnd};
pub use execute::{Ended, Next, Observer, execute};
pub use job::{Job, LogTo, Options, Step};
pub use log::{IN_MEMORY, Log, LogReader};
pub use mark::{marks_of, run_mark, suite_in, suite_mark};

//! Processes: started in a group of their own, under a timeout, the whole group ended, what it leaves behind swept.
//!
//! A child's end is noticed without reaping it: while it is a zombie its group id cannot be given to anyone else. What it
//! left behind is swept, what stands in the pipe is read, and only then is it reaped and the pipe closed, whoever still
//! holds the other end.

mod groups;
mod mark;
mod order;
mod pipe;
mod remains;
mod run;
mod signals;
mod start;
mod strays;
mod supervise;
#[cfg(target_os = "linux")]
mod table;

pub use mark::MARK;
pub use order::{CommandOrder, CommandOutcome, Ending, StartError};
pub use remains::{Remains, end_remains, owner};
pub use run::{CommandLimits, Finished, run};
pub use signals::Watch;
pub use strays::sweep_rest;
pub use supervise::supervise;

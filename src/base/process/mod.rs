//! Processes: started in a group of their own, under a timeout, the whole group ended, what it leaves behind swept.
//!
//! A child's end is noticed without reaping it: while it is a zombie its group id cannot be given to anyone else. What it
//! left behind is swept, what stands in the pipe is read, and only then is it reaped and the pipe closed, whoever still
//! holds the other end.

mod groups;
mod order;
mod pipe;
mod run;
mod signals;
mod start;
mod strays;
mod supervise;

pub use order::{Ending, Order, Outcome, StartError};
pub use run::{Finished, Limits, run};
pub use signals::Watch;
pub use strays::{MARK, sweep_rest};
pub use supervise::supervise;

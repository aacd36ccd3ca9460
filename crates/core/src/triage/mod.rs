//! Judgement: what became of a suite, why it failed, what two runs differ in, and what repeated runs say about a test.
//! Values in, values out.

mod attempt_failures;
pub mod attempts;
mod cause;
mod change;
mod company;
mod crash;
mod diff;
mod digest;
mod flake;
mod flake_class;
mod flake_report;
mod flake_selection;
mod flake_suite;
mod listed;
mod names;
mod order;
mod rank;
mod retried;
mod same_name;
#[cfg(test)]
mod sample;
mod signature;
mod step;
mod wordless;

pub use cause::{Causes, SuiteFacts, cause, telling};
pub use change::ReplayCommand;
pub use crash::is_report;
pub use diff::{Triage, diff};
pub use digest::{Digested, ToDigest, digest};
pub use flake::{Rate, rate};
pub use flake_class::{Cause, FlakeClass};
pub use flake_report::{EarlierRun, FlakeReport, FlakyTest, Habit, flake_report};
pub use listed::{distinct, result};
pub use rank::LIMIT;
pub use signature::signature;

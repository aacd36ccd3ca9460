//! Floor 3, judgement: what two runs differ in, and what repeated runs say about a test.

mod change;
mod diff;
mod flake;
mod flake_class;
mod flake_report;
mod rank;
#[cfg(test)]
mod sample;

pub use change::Replay;
pub use diff::{Triage, diff};
pub use flake::{Rate, rate};
pub use flake_class::{Cause, FlakeClass};
pub use flake_report::{FlakeReport, FlakyTest, Habit, Seen, flake_report};
pub use rank::LIMIT;

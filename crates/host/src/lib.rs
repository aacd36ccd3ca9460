//! The machine: the only place with files, processes, git, the clock; and what is read from and written to a workspace.

#![cfg_attr(test, expect(clippy::too_many_lines, reason = "a table of cases is read as one"))]

pub mod artifact;
pub mod changes;
pub mod clock;
pub mod config;
#[cfg(test)]
mod embedded_in_tests;
pub mod files;
pub mod git;
pub mod machine;
pub mod process;
pub mod record;
pub mod run;

//! The nouns, the judgement over them, the readers of results and the reports: values in, values out. Pure.

#![cfg_attr(test, expect(clippy::too_many_lines, reason = "a table of cases is read as one"))]

#[cfg(test)]
mod embedded_in_tests;
pub mod gate;
pub mod ingest;
pub mod model;
pub mod plan;
pub mod proof;
pub mod report;
pub mod runbook;
pub mod triage;
pub mod verdict;
pub mod waiver;

//! What people and machines read of a finished verdict, a validation, a run and a comparison: one free function per format, each
//! owning its mappings. `kind.rs` lists the formats. Nothing here decides anything.

pub mod audit;
pub mod bundle;
mod changes;
pub mod events;
pub mod github;
pub mod human;
mod human_gate;
mod issue;
pub mod json;
pub mod junit;
mod kind;
pub mod markdown;
pub mod run_github;
pub mod run_human;
pub mod run_markdown;
#[cfg(test)]
mod run_tests;
pub mod sarif;
mod sarif_log;
mod style;
pub mod text;
mod words;

pub use kind::{ReportFormat, ReportKind};
pub use style::TermStyle;

//! Floor 2: the nouns. No I/O, no clap, no format.

pub mod artifact;
pub mod bundle;
pub mod columns;
pub mod event;
pub mod failure;
pub mod finding;
pub mod flake;
pub mod gate;
pub mod lane;
mod outcome;
pub mod plan;
pub mod record;
pub mod report;
pub mod run;
pub mod runbook;
pub mod signature;
pub mod suite;
pub mod test;
mod texts;
pub mod told;
pub mod tree;
pub mod triage;
pub mod validation;
pub mod verdict;
pub mod waiver;
pub mod whole;
pub mod workspace;

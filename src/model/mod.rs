//! Floor 2: the nouns. No I/O, no clap, no format.

pub mod artifact;
pub mod finding;
pub mod gate;
pub mod lane;
pub mod report;
pub mod runbook;
pub mod validation;
pub mod verdict;
pub mod waiver;
pub mod workspace;

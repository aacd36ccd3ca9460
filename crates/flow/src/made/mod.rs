//! The documents that a run leaves, however it was made: run, ingested, merged.

pub mod baseline;
pub mod columns;
pub mod documents;
pub mod environment;
pub mod harness;
pub mod step;
pub mod suite_record;
pub mod summary;
pub mod told;

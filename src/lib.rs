//! tollgate: judges CI evidence by declarative gates and fails closed. See `ARCHITECTURE.md` for the floors.

pub mod app;
pub mod artifact;
pub mod base;
pub mod cli;
pub mod config;
pub mod gate;
pub mod ingest;
pub mod lang;
pub mod model;
pub mod plan;
pub mod proof;
pub mod record;
pub mod report;
pub mod run;
pub mod runbook;
pub mod triage;
pub mod verdict;
pub mod waiver;

//! Waivers and quarantine entries: listing and editing them.

pub mod args;
pub mod audit;
pub mod edit;
pub mod quarantine;
pub mod quarantine_args;

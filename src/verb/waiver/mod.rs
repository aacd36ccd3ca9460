//! Waivers and quarantine entries: listing and editing them.

pub mod audit;
pub mod edit;
pub mod quarantine;

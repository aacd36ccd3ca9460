//! Floor 5: one file per verb.

pub mod explain;
pub mod explain_text;
pub mod last_verdict;
pub mod reproduce;

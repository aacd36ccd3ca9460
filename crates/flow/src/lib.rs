//! What verbs share: an opened workspace, commands that are shown, masking, the documents that a run leaves, what of a run is judged.

pub mod attempt;
pub mod clock;
pub mod commands;
#[cfg(test)]
mod embedded_in_tests;
pub mod error;
pub mod failure_text;
pub mod ground;
pub mod incidents;
pub mod judging;
pub mod made;
pub mod masking;
pub mod pattern;
pub mod plan_secrets;
pub mod quarantine_evidence;
pub mod run_id;
pub mod run_tree;
pub mod source_place;
pub mod suite_names;
pub mod verdict_read;
pub mod verdict_write;
pub mod workspace;

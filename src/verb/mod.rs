//! One file or folder a verb; the only place where everything meets.

pub mod check;
pub mod diff;
pub mod doctor;
pub mod events;
pub mod explain;
pub mod flake;
pub mod gate;
pub mod ingest;
pub mod init;
pub mod merge;
pub mod prove;
pub mod reproduce;
pub mod run;
#[cfg(test)]
mod sample;
pub mod schema;
pub mod texts;
pub mod validate;
pub mod waiver;

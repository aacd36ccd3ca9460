//! One file or folder a verb: its command line in `args.rs`, what it does, and its answer (`answer.rs`). The only place where everything
//! meets.

pub mod answer;
pub mod check;
pub mod diff;
pub mod doctor;
pub mod events;
pub mod explain;
pub mod flake;
pub mod formats;
pub mod gate;
pub mod ingest;
pub mod init;
pub mod lane;
pub mod limits;
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

//! Floor 0: the machine. Clock, files, git, processes, digests, JSON and JUnit text, masking.

pub mod ansi;
mod beneath;
pub mod clock;
pub mod command;
pub mod digest;
pub mod embedded;
pub mod escape;
pub mod figures;
pub mod files;
pub mod git;
pub mod json;
pub mod junit;
mod ledger;
pub mod lines;
pub mod machine;
pub mod process;
mod read_error;
mod reading;
pub mod redact;
mod root;
mod spell;
pub mod toml_text;
pub mod tree;

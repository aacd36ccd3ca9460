//! Floor 0: the machine. Clock, files, git, processes, digests, JSON and JUnit text, masking.

pub mod ansi;
pub mod beneath;
pub mod ci;
pub mod clock;
pub mod command;
pub mod digest;
pub mod embedded;
pub mod escape;
pub mod file_set;
pub mod files;
pub mod git;
pub mod json;
pub mod junit;
pub mod lines;
pub mod lock;
pub mod machine;
pub mod process;
pub mod redact;
mod spell;
pub mod toml_text;
pub mod tree;

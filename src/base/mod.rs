//! Floor 0: the machine. Clock, files, git, processes, digests, JSON and JUnit text, masking.

pub mod ansi;
pub mod clock;
pub mod command;
pub mod digest;
pub mod edit;
pub mod embedded;
pub mod escape;
pub mod files;
pub mod git;
mod git_compare;
mod git_content;
mod git_index;
mod git_scan;
mod git_state;
pub mod git_tree;
pub mod json;
pub mod junit;
pub mod lines;
pub mod machine;
pub mod process;
pub mod redact;
mod spell;
pub mod toml_text;
pub mod tree;

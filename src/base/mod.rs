//! Floor 0: the machine. Clock, files, git, processes, digests, JSON text, JUnit XML.

pub mod clock;
pub mod command;
pub mod digest;
pub mod embedded;
pub mod files;
pub mod git;
pub mod json;
pub mod junit;
pub mod process;
pub mod toml_text;

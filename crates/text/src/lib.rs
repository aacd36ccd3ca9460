//! Text that is read and written, as values: JSON, JUnit XML, TOML, masking, escapes, digests. Pure.

pub mod ansi;
pub mod ci;
pub mod command;
pub mod decode;
pub mod digest;
pub mod escape;
pub mod figures;
pub mod json;
pub mod junit;
pub mod lines;
pub mod patterns;
pub mod redact;
pub mod show;
pub mod time;
pub mod toml_text;

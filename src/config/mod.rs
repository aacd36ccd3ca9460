//! Edge: the policy. `tollgate.toml`, gate files and schemas, from the working tree or a git ref, into gates that are
//! compiled and linted. All problems of all files are reported together.

mod compile;
mod duration;
mod gate_file;
mod lint;
mod message;
mod problem;
mod raw;

pub use gate_file::is_id;
pub use lint::written_files;
pub use problem::{ConfigError, Problem};

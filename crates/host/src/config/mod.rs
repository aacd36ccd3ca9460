//! Edge: the policy. `tollgate.toml`, gate files and schemas, from the working tree or a git ref, into gates that are
//! compiled and linted. All problems of all files are reported together.

mod compile;
mod digest;
mod duration;
mod flake_rules;
mod gate_file;
mod inventory;
mod lint;
mod load;
mod message;
mod policy_names;
mod problem;
mod raw;
mod resolve;
mod run_profiles;
mod run_sections;
mod strings;
mod tree;

pub use duration::parse as parse_duration;
pub use gate_file::is_id;
pub use inventory::Classification;
pub use lint::written_files;
pub use load::{LoadRequest, PolicyInForce, TreePlan, load, run_settings, schemas, settings};
pub use problem::{ConfigError, ConfigProblem};
pub use resolve::{FILE, defaults, known_packs};

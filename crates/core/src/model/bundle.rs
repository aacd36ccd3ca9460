//! `replay_bundle.json`: what a replay on another checkout goes by. Other programs read it: a field keeps its name.

use crate::model::run::{Identity, NotRun};
use crate::model::test::TestNames;
use serde::{Deserialize, Serialize};

/// `replay_bundle.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplayBundle {
    /// `tollgate.run.replay_bundle.v1`
    pub schema: String,
    /// Who and when.
    #[serde(flatten)]
    pub identity: Identity,
    /// Never empty: after a green run it repeats the run.
    pub one_command_replay: String,
    /// `--timeout` in seconds, which a replay keeps; nothing where every suite had its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u64>,
    /// Where it ran.
    pub environment: BundleEnvironment,
    /// Failed E2E suites, by name.
    pub failed_suites: Vec<FailedSuite>,
    /// Failed unit targets, by name.
    pub failed_units: Vec<FailedSuite>,
    /// What was selected and did not start.
    #[serde(default)]
    pub not_run: Vec<NotRun>,
    /// The lint steps that failed, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed_lint: Vec<String>,
    /// The lint steps that were to run and did not, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lint_not_run: Vec<String>,
}

/// The environment as a bundle states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleEnvironment {
    /// The profile.
    pub profile: String,
    /// `VCR_MODE`.
    pub vcr_mode: Option<String>,
    /// HEAD.
    pub git_sha: Option<String>,
    /// What was divided.
    pub shard_kind: String,
    /// Counted from 0.
    pub shard_index: u32,
    /// How many parts.
    pub shard_total: u32,
    /// Operating system and architecture, as `linux-x86_64`.
    #[serde(default)]
    pub os: Option<String>,
    /// `rustc --version`.
    #[serde(default)]
    pub rustc: Option<String>,
}

/// A failed suite or unit in a bundle. Commands are for people to read: a replay builds its own from `tollgate.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedSuite {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// Replays the suite.
    pub cargo_replay: String,
    /// Replays the failed tests alone; null where they have no names or the kind has no `single`.
    pub targeted_replay: Option<String>,
    /// Workspace-relative.
    pub digest_path: Option<String>,
    /// The tests that failed or did not run: a replay runs them, and where it runs the whole suite they are among it. One of
    /// several tests of one name stands with the others.
    #[serde(default)]
    pub tests: Vec<String>,
    /// What those tests are called, where that is not what they are selected by.
    #[serde(default, skip_serializing_if = "TestNames::is_empty")]
    pub names: TestNames,
    /// Whether a replay runs the suite whole, as after a crash or a timeout; also where it names no tests.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub whole: bool,
}

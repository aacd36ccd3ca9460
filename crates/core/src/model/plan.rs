//! A plan: which suites a run selects, and which part of them this shard runs.

use crate::model::suite::{SuiteRole, SuiteSpec};
use crate::model::test::TestNames;
use serde::{Deserialize, Serialize};
use tollgate_text::command::CommandLine;

/// `[profiles.<name>]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Whether lint steps run first.
    pub lint: bool,
    /// The kinds it selects, in the order written.
    pub kinds: Vec<String>,
    /// Suites that it leaves out.
    pub skip: Vec<String>,
    /// Whether suites must be chosen on the command line (`focused`).
    pub chosen: bool,
}

/// What `tollgate.toml` says about runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSettings {
    /// By kind, sorted.
    pub suites: Vec<SuiteSpec>,
    /// Lint steps: name and command, in the order written.
    pub lint: Vec<(String, CommandLine)>,
    /// Profiles: those of the file over the embedded `quick`, `focused`, `ci`, `full`.
    pub profiles: Vec<Profile>,
}

/// What a shard divides (`--shard-kind`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShardKind {
    /// The run is not divided.
    None,
    /// The E2E suites.
    Suite,
    /// The unit targets.
    Unit,
}

impl ShardKind {
    /// `none`, `suite`, `unit`.
    pub fn name(self) -> &'static str {
        match self {
            ShardKind::None => "none",
            ShardKind::Suite => "suite",
            ShardKind::Unit => "unit",
        }
    }
}

/// Which part of a plan a run is. An undivided run is part 0 of 1 of kind `none`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// What is divided.
    pub kind: ShardKind,
    /// Counted from 0.
    pub index: u32,
    /// How many parts.
    pub total: u32,
    /// SHA-256, lower-case hex, of the whole plan that the shards divide: profile, and every selected suite and unit with its
    /// kind. The same for every shard of a plan, whatever is divided and into how many parts.
    pub plan_digest: String,
}

impl Shard {
    /// As every message says it: see `shard_name`.
    pub fn shown(&self) -> String {
        shard_name(self.index, self.total)
    }
}

/// What a shard is called in every message: counted from 0, as the flags beside it count.
pub fn shard_name(index: u32, total: u32) -> String {
    format!("shard {index} of {total} (--shard-index {index} --shard-total {total})")
}

/// One suite to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedSuite {
    /// Its name: fills `{name}`.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// Which list it belongs to.
    pub role: SuiteRole,
    /// Run only these tests, one after another, by the kind's `single` command; `None`: the whole suite.
    pub tests: Option<Vec<String>>,
    /// What those tests are called in the run that this one replays, where that is not what they are selected by.
    pub names: TestNames,
    /// Where a replay runs the whole suite: the tests that it is replayed for, by selector with their names. Each must run.
    pub expected: TestNames,
}

/// What will run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The profile.
    pub profile: String,
    /// This shard's items, in the order they start.
    pub items: Vec<PlannedSuite>,
    /// How many suites and units the whole plan has, every shard counted.
    pub whole: SelectionCounts,
    /// The shard.
    pub shard: Shard,
    /// What a person should know about the selection, one sentence each.
    pub notes: Vec<String>,
}

/// Which suites of a run get a folder with their log and result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Artifacts {
    /// Every suite.
    #[default]
    All,
    /// Those that failed or were flaky.
    Failed,
}

/// Suites and units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SelectionCounts {
    /// E2E suites.
    pub suites: u64,
    /// Unit targets.
    pub units: u64,
}

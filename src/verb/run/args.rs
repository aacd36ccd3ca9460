//! The command lines of `run` and `replay`.

use crate::verb::formats;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// What a shard divides, as the command line spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ShardKindArg {
    /// The E2E suites; units do not run
    Suite,
    /// The unit targets; E2E suites do not run
    Unit,
}

/// Which suites get a folder, as the command line spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ArtifactsArg {
    /// Every suite: log and result
    All,
    /// Only suites that failed or were flaky
    Failed,
}

/// Whose output is shown, as the command line spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ShowOutput {
    /// The end of each failed suite's output, at the end
    Failures,
    /// Everything, as it comes
    Always,
    /// Nothing
    Never,
}

/// `tollgate run`
#[derive(Debug, Args)]
#[command(arg = formats::of_run(), after_help = formats::OF_RUN)]
pub struct RunArgs {
    /// quick, focused, ci, full, or a profile of tollgate.toml [default: ci]
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Run this E2E suite; may be given several times
    #[arg(long, value_name = "NAME")]
    pub suite: Vec<String>,
    /// Run this unit target; may be given several times
    #[arg(long, value_name = "NAME")]
    pub unit_target: Vec<String>,
    /// Leave the lint steps out
    #[arg(long)]
    pub skip_lint: bool,
    /// Print what would run, and in which shard, and run nothing
    #[arg(long)]
    pub list: bool,
    /// Replay what failed or did not run in this summary, and nothing else
    #[arg(long, value_name = "SUMMARY", conflicts_with_all = ["profile", "suite", "unit_target", "resume"])]
    pub rerun_from: Option<PathBuf>,
    /// Finish the interrupted run of this folder; --retries, --timeout and --artifacts stay as they were unless given again
    #[arg(long, value_name = "DIR", conflicts_with_all = ["profile", "suite", "unit_target", "skip_lint", "timings", "out", "diff_from"])]
    pub resume: Option<PathBuf>,
    /// Say what changed against this summary
    #[arg(long, value_name = "SUMMARY")]
    pub diff_from: Option<PathBuf>,
    /// What shards divide
    #[arg(long, value_enum)]
    pub shard_kind: Option<ShardKindArg>,
    /// Which part, counted from 0
    #[arg(long, value_name = "I")]
    pub shard_index: Option<u32>,
    /// How many parts
    #[arg(long, value_name = "N")]
    pub shard_total: Option<u32>,
    /// auto: index and total come from the CI's own variables
    #[arg(long, value_name = "auto", value_parser = ["auto"])]
    pub shard: Option<String>,
    /// Balance shards by these durations: summaries, run folders or {"suite": ms} files; may be given several times
    #[arg(long, value_name = "FILE")]
    pub timings: Vec<PathBuf>,
    /// How it runs
    #[command(flatten)]
    pub how: How,
}

/// How suites run, for `run` and `replay`.
#[derive(Debug, Args)]
pub struct How {
    /// Suites at once [default: the number of cores]
    #[arg(long, short = 'j', value_name = "N")]
    pub jobs: Option<usize>,
    /// End a suite after this long, as 90s or 10m, whatever tollgate.toml says
    #[arg(long, value_name = "D")]
    pub timeout: Option<String>,
    /// Run what failed again up to N times, to see whether it is flaky [default: 0]
    #[arg(long, value_name = "N")]
    pub retries: Option<u32>,
    /// Start nothing new after N failed suites
    #[arg(long, value_name = "N")]
    pub fail_fast: Option<u32>,
    /// The run folder itself [default: a new one below the results folder]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Which suites get a folder with their log and result [default: all]
    #[arg(long, value_enum)]
    pub artifacts: Option<ArtifactsArg>,
    /// Whose output is shown
    #[arg(long, value_enum, value_name = "WHEN", default_value = "failures", num_args = 0..=1, default_missing_value = "always", require_equals = true)]
    pub show_output: ShowOutput,
}

/// `tollgate replay`
#[derive(Debug, Args)]
#[command(arg = formats::of_run(), after_help = formats::OF_RUN)]
pub struct ReplayArgs {
    /// A replay_bundle.json, or the run folder that holds it
    #[arg(value_name = "BUNDLE")]
    pub bundle: PathBuf,
    /// How it runs
    #[command(flatten)]
    pub how: How,
}

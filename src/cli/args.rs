//! The command line.

use super::run_args;
use clap::builder::PossibleValuesParser;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use tollgate_core::model::finding::Reason;
use tollgate_core::waiver::CATEGORIES;

/// Judge CI evidence by declarative gates: no evidence, no passage.
#[derive(Debug, Parser)]
#[command(name = "tollgate", version, about, max_term_width = 100, propagate_version = false)]
#[command(
    after_help = "Exit codes: 0 pass, 1 a blocking gate failed, 2 usage or configuration, 3 nothing was judged, \
                        4 tollgate could not do its work, 130/143 interrupted."
)]
pub struct Cli {
    /// What every verb takes.
    #[command(flatten)]
    pub global: Global,
    /// The verb.
    #[command(subcommand)]
    pub verb: Verb,
}

/// Where `--help` lists what every verb takes: after the verb's own options, not among them.
const EVERY: &str = "Options of every verb";

/// What every verb takes.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// The workspace that is gated
    #[arg(long, global = true, value_name = "DIR", default_value = ".", help_heading = EVERY)]
    pub root: PathBuf,
    /// Judge at this moment instead of the machine's clock
    #[arg(long, global = true, value_name = "RFC3339", help_heading = EVERY)]
    pub now: Option<String>,
    /// human, json, junit, sarif, markdown or github; with :PATH into a file; may be given several times
    #[arg(long, global = true, value_name = "KIND[:PATH]", help_heading = EVERY)]
    pub format: Vec<String>,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Judge the workspace's evidence and write the verdict
    Check(CheckArgs),
    /// Hold artifacts to their schemas: every violation with its place
    Validate(Validate),
    /// List or show the schemas that are registered
    #[command(subcommand)]
    Schema(SchemaArgs),
    /// List, audit or edit the waivers of the classification file
    #[command(subcommand)]
    Waiver(Waiver),
    /// List, audit or edit the quarantine entries of flaky tests
    #[command(subcommand)]
    Quarantine(Quarantine),
    /// Say what a gate, a failure signature or a line of a log means and what to do
    Explain(Explain),
    /// Print, or run, the commands that reproduce the failing gates
    Reproduce(Reproduce),
    /// Mutate passing evidence and see every gate turn red
    Prove(Prove),
    /// Write, try or list gates
    #[command(subcommand)]
    Gate(GateArgs),
    /// Write a commented tollgate.toml with the starter pack
    Init(InitArgs),
    /// Say what of the workspace is missing for which gate
    Doctor(Doctor),
    /// Run suites, in shards if asked to, and record what became of them
    Run(run_args::RunArgs),
    /// Replay what failed according to a replay bundle
    Replay(run_args::ReplayArgs),
    /// Turn the results of a run that something else made into a run folder
    Ingest(run_args::Ingest),
    /// Make one run of the shards of a plan, proven to be all of them
    Merge(run_args::Merge),
    /// Say what changed between two runs
    Diff(Diff),
    /// Count an event stream by kind and by status
    Events(run_args::EventsArgs),
    /// Say which tests are flaky
    #[command(subcommand)]
    Flake(FlakeArgs),
    /// Print a completion script
    Completions(Completions),
    /// Print a man page, or write one for each verb
    Man(Man),
}

/// The lane, as the command line spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LaneArg {
    /// Blocking gates only, stops at the first failure
    Preflight,
    /// Every gate
    Full,
    /// Every gate, the waiver audit, promotion and next steps
    Certification,
}

/// The mode, as the command line spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ModeArg {
    /// Promotion only on a green verdict
    Strict,
    /// Promotion by a valid [rollback] record; the verdict stays what it is
    Rollback,
}

/// `tollgate check`
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Which gates are judged
    #[arg(long, value_enum, default_value = "full")]
    pub lane: LaneArg,
    /// Judge only this gate; may be given several times
    #[arg(long, value_name = "ID")]
    pub gate: Vec<String>,
    /// Judge this run folder instead of the newest
    #[arg(long, value_name = "DIR")]
    pub run: Option<PathBuf>,
    /// How promotion is decided [default: $CI_GATE_PROMOTION_MODE, else strict]
    #[arg(long, value_enum)]
    pub mode: Option<ModeArg>,
    /// Write the verdict files into this folder [default: the workspace's output folder]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Load gates, schemas, waivers and tollgate.toml from this git ref
    #[arg(long, value_name = "REF")]
    pub policy_from: Option<String>,
    /// Mark what is new, known or fixed since this verdict
    #[arg(long, value_name = "VERDICT")]
    pub previous: Option<PathBuf>,
    /// Fix the run id and durations too: the same inputs give the same bytes
    #[arg(long)]
    pub deterministic: bool,
}

/// `tollgate validate`
#[derive(Debug, Args)]
pub struct Validate {
    /// Files, folders (walked) or globs
    #[arg(required = true, value_name = "PATH|GLOB")]
    pub paths: Vec<String>,
    /// Hold every document to this schema instead of the one it names
    #[arg(long, value_name = "ID|FILE")]
    pub schema: Option<String>,
    /// Whether `format` constrains values or only describes them
    #[arg(long, value_name = "KIND", value_enum, default_value_t)]
    pub formats: FormatKeyword,
}

/// What `format` does in a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum FormatKeyword {
    /// A value in another format breaks the schema
    #[default]
    Assertion,
    /// It constrains nothing
    Annotation,
}

/// `tollgate schema`
#[derive(Debug, Subcommand)]
pub enum SchemaArgs {
    /// List every registered schema
    List,
    /// Print one
    Show {
        /// The schema's id
        id: String,
    },
}

/// `tollgate waiver`
#[derive(Debug, Subcommand)]
pub enum Waiver {
    /// List every waiver with its state
    List,
    /// List every waiver and quarantine entry; exit 1 when one is expired or invalid
    Audit,
    /// Add a waiver for a gate
    Add(WaiverAdd),
    /// Start a waiver's time again from today
    Renew {
        /// The gate's id
        gate: String,
        /// Days from today to the last day, at most 30
        #[arg(long, default_value_t = 14)]
        days: u32,
    },
    /// Remove a waiver
    Remove {
        /// The gate's id
        gate: String,
    },
}

/// `tollgate waiver add`
#[derive(Debug, Args)]
pub struct WaiverAdd {
    /// The gate's id
    pub gate: String,
    /// Who answers for it
    #[arg(long)]
    pub owner: String,
    /// Why
    #[arg(long)]
    pub reason: String,
    /// The tracking issue
    #[arg(long)]
    pub issue: String,
    /// What ends it
    #[arg(long)]
    pub exit_criteria: String,
    /// The lanes it holds in [default: all]
    #[arg(long = "lane", value_enum, value_name = "LANE")]
    pub lanes: Vec<LaneArg>,
    /// Cover only this check; may be given several times [default: every check]
    #[arg(long = "check", value_name = "ID")]
    pub checks: Vec<String>,
    /// Cover evidence that is at fault in this way too; may be given several times [default: none]
    #[arg(long = "reason-kind", value_name = "KIND", value_parser = PossibleValuesParser::new(Reason::OF_EVIDENCE.map(Reason::name)))]
    pub reasons: Vec<String>,
    /// Days from today to the last day, at most 30
    #[arg(long, default_value_t = 14)]
    pub days: u32,
}

/// `tollgate quarantine`
#[derive(Debug, Subcommand)]
pub enum Quarantine {
    /// List every quarantine entry with its state
    List,
    /// List every quarantine entry; exit 1 when one is expired or invalid
    Audit,
    /// Quarantine a suite or a test: its failures with one signature no longer block
    Add(QuarantineAdd),
    /// Remove a quarantine entry
    Remove {
        /// A suite, or one test of it
        #[arg(value_name = "SUITE[::TEST]")]
        id: String,
    },
}

/// `tollgate quarantine add`
#[derive(Debug, Args)]
pub struct QuarantineAdd {
    /// A suite, or one test of it
    #[arg(value_name = "SUITE[::TEST]")]
    pub id: String,
    /// What makes it flaky
    #[arg(long, value_parser = PossibleValuesParser::new(CATEGORIES))]
    pub category: String,
    /// Who answers for it
    #[arg(long)]
    pub owner: String,
    /// Why
    #[arg(long)]
    pub reason: String,
    /// The tracking issue
    #[arg(long)]
    pub issue: String,
    /// The failure digest that shows the flake
    #[arg(long, value_name = "PATH")]
    pub evidence: String,
    /// The command that shows it again
    #[arg(long, value_name = "CMD")]
    pub reproduce: String,
    /// What ends it
    #[arg(long)]
    pub exit_criteria: String,
    /// The failure signature it covers [default: from the evidence]
    #[arg(long)]
    pub signature: Option<String>,
    /// Days from today to the last day, at most 21
    #[arg(long, default_value_t = 14)]
    pub days: u32,
}

/// `tollgate explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// A gate, an entry of the runbook, a suite, test or signature of the newest run, or the text of a log line
    #[arg(required_unless_present = "list", value_name = "GATE|ENTRY|SUITE|SIGNATURE|TEXT")]
    pub query: Vec<String>,
    /// List the entries of the runbook instead
    #[arg(long, conflicts_with = "query")]
    pub list: bool,
    /// Look for the last verdict here instead of the output folder
    #[arg(long, value_name = "FILE")]
    pub verdict: Option<PathBuf>,
}

/// `tollgate reproduce`
#[derive(Debug, Args)]
pub struct Reproduce {
    /// Only these gates [default: every failing gate of the verdict]
    #[arg(value_name = "GATE")]
    pub gates: Vec<String>,
    /// The verdict to read [default: the newest in the output folder]
    #[arg(long, value_name = "FILE")]
    pub verdict: Option<PathBuf>,
    /// Run the commands one after another and say which reproduced
    #[arg(long)]
    pub exec: bool,
}

/// `tollgate prove`
#[derive(Debug, Args)]
pub struct Prove {
    /// Prove only this gate; may be given several times
    #[arg(long, value_name = "ID")]
    pub gate: Vec<String>,
    /// Judge this run folder instead of the newest
    #[arg(long, value_name = "DIR")]
    pub run: Option<PathBuf>,
}

/// `tollgate gate`
#[derive(Debug, Subcommand)]
pub enum GateArgs {
    /// Write a commented gate file into the workspace's gate folder
    New {
        /// The new gate's id, which is its file's stem
        id: String,
        /// Make it a gate of this embedded pack, with its schema, evidence and overlays; in tollgate's own repository
        #[arg(long, value_name = "PACK")]
        pack: Option<String>,
    },
    /// Evaluate an expression and show the value of each part
    Try {
        /// A CEL expression; one that begins with `-` is an expression too
        #[arg(allow_hyphen_values = true)]
        expr: String,
        /// Bind a JSON or TOML file, as `doc` or by NAME; may be given several times
        #[arg(long, value_name = "[NAME=]FILE")]
        on: Vec<String>,
    },
    /// List the gates in force
    List,
}

/// `tollgate init`
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Overwrite an existing tollgate.toml
    #[arg(long)]
    pub force: bool,
    /// Write the starter pack's gate files into gates/ for editing
    #[arg(long)]
    pub copy_gates: bool,
}

/// `tollgate doctor`
#[derive(Debug, Args)]
pub struct Doctor {
    /// Look at this run folder instead of the newest
    #[arg(long, value_name = "DIR")]
    pub run: Option<PathBuf>,
}

/// `tollgate diff`
#[derive(Debug, Args)]
#[command(
    after_help = "On one line: regressions (passed in the baseline, fails now), fixed, still_failing, new_failures (fails, and \
                  is not in the baseline), new_passes, removed. Exit code 1 with a regression or a new failure. Formats: human, \
                  json, markdown and github, which adds to the files that GITHUB_STEP_SUMMARY and GITHUB_OUTPUT name."
)]
pub struct Diff {
    /// The baseline: a run folder, or its summary.json
    pub base: PathBuf,
    /// The run: a run folder, or its summary.json
    pub current: PathBuf,
    /// Write the triage diff into this file too
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `tollgate flake`
#[derive(Debug, Subcommand)]
pub enum FlakeArgs {
    /// Run one test again and again and say what that proves
    Check(run_args::FlakeCheck),
    /// Count how often tests failed over earlier runs, and which of them are flaky
    Report {
        /// Earlier runs: folders, or their summary.json
        #[arg(required = true, value_name = "SUMMARY")]
        summaries: Vec<PathBuf>,
    },
}

/// `tollgate completions`
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// `tollgate man`
#[derive(Debug, Args)]
pub struct Man {
    /// Write one page for each verb into this folder
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// The whole command, for completions and man pages.
pub fn command() -> clap::Command {
    Cli::command()
}

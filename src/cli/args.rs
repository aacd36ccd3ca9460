//! The command line.

use super::shell::{Completions, Man};
use crate::verb::formats::{self, EVERY};
use crate::verb::{
    check, diff, doctor, events, explain, flake, gate, ingest, init, merge, prove, reproduce, run, schema,
};
use crate::verb::{validate, waiver};
use clap::{Args, CommandFactory, Parser, Subcommand};
use std::path::PathBuf;
use tollgate_core::report::ReportKind;

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

/// What every verb takes.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// The workspace that is gated
    #[arg(long, global = true, value_name = "DIR", default_value = ".", help_heading = EVERY)]
    pub root: PathBuf,
    /// Judge at this moment instead of the machine's clock
    #[arg(long, global = true, value_name = "RFC3339", help_heading = EVERY)]
    pub now: Option<String>,
    /// How it answers: each verb has an option of its own in place of this one, which stands before the verb
    #[arg(long, global = true, value_name = "KIND[:PATH]", help_heading = EVERY, help = formats::help(ReportKind::ALL))]
    pub format: Vec<String>,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Judge the workspace's evidence and write the verdict
    Check(check::args::CheckArgs),
    /// Hold artifacts to their schemas: every violation with its place
    Validate(validate::args::Validate),
    /// List or show the schemas that are registered
    #[command(subcommand)]
    Schema(schema::args::SchemaArgs),
    /// List, audit or edit the waivers of the classification file
    #[command(subcommand)]
    Waiver(waiver::args::Waiver),
    /// List, audit or edit the quarantine entries of flaky tests
    #[command(subcommand)]
    Quarantine(waiver::quarantine_args::Quarantine),
    /// Say what a gate, a failure signature or a line of a log means and what to do
    Explain(explain::args::Explain),
    /// Print, or run, the commands that reproduce the failing gates
    Reproduce(reproduce::args::Reproduce),
    /// Mutate passing evidence and see every gate turn red
    Prove(prove::args::Prove),
    /// Write, try or list gates
    #[command(subcommand)]
    Gate(gate::args::GateArgs),
    /// Write a commented tollgate.toml with the starter pack
    Init(init::args::InitArgs),
    /// Say what of the workspace is missing for which gate
    Doctor(doctor::args::Doctor),
    /// Run suites, in shards if asked to, and record what became of them
    Run(run::args::RunArgs),
    /// Replay what failed according to a replay bundle
    Replay(run::args::ReplayArgs),
    /// Turn the results of a run that something else made into a run folder
    Ingest(ingest::args::Ingest),
    /// Make one run of the shards of a plan, proven to be all of them
    Merge(merge::args::Merge),
    /// Say what changed between two runs
    Diff(diff::args::Diff),
    /// Count an event stream by kind and by status
    Events(events::args::EventsArgs),
    /// Say which tests are flaky
    #[command(subcommand)]
    Flake(flake::args::FlakeArgs),
    /// Print a completion script
    Completions(Completions),
    /// Print a man page, or write one for each verb
    Man(Man),
}

/// The whole command, for completions and man pages.
pub fn command() -> clap::Command {
    Cli::command()
}

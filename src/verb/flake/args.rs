//! The command line of `flake`, and its answers.

use super::check::{FlakeCheckRequest, flake_check};
use super::report::flake_report;
use super::text;
use crate::verb::answer::{Answered, Call, DataAnswer};
use crate::verb::formats;
use crate::verb::limits;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use tollgate_flow::error::{Error, exit};

/// `tollgate flake`
#[derive(Debug, Subcommand)]
#[command(arg = formats::of_data())]
pub enum FlakeArgs {
    /// Run one test again and again and say what that proves
    Check(FlakeCheck),
    /// Count how often tests failed over earlier runs, and which of them are flaky
    Report {
        /// Earlier runs: folders, or their summary.json
        #[arg(required = true, value_name = "SUMMARY")]
        summaries: Vec<PathBuf>,
    },
}

/// `tollgate flake check`
#[derive(Debug, Args)]
pub struct FlakeCheck {
    /// A suite, or SUITE::TEST
    #[arg(value_name = "TEST")]
    pub test: String,
    /// How often
    #[arg(long, value_name = "N", default_value_t = 59)]
    pub runs: u32,
    /// At once
    #[arg(long, short = 'j', value_name = "J", default_value_t = 1)]
    pub jobs: usize,
    /// End a run after this long, whatever tollgate.toml says
    #[arg(long, value_name = "D")]
    pub timeout: Option<String>,
}

/// Counts the failures of earlier runs.
pub fn report(call: &Call<'_>, summaries: &[PathBuf]) -> Result<Answered, Error> {
    call.data(flake_report(summaries)?, |answer, _| text::human(answer), exit::PASS)
}

/// Runs a test again and again.
pub fn check(call: &Call<'_>, asked: &FlakeCheck) -> Result<Answered, Error> {
    if asked.runs == 0 {
        return Err(Error::Usage("--runs 0 proves nothing".into()));
    }
    let checked = flake_check(&FlakeCheckRequest {
        root: call.root,
        now: call.now,
        env: call.env,
        test: &asked.test,
        runs: asked.runs,
        jobs: limits::jobs(Some(asked.jobs))?,
        timeout: limits::timeout(asked.timeout.as_deref())?,
    })?;
    let exit = checked.exit_code();
    // Its text was masked as it was made.
    Ok(Answered::of(DataAnswer {
        value: Box::new(checked),
        human: |checked, _| checked.human(),
        exit,
        after: None,
    }))
}

//! The command line of `ingest`, and its answer.

use super::request::IngestRequest;
use super::{TakenIn, dated, ingest};
use crate::verb::answer::{Answered, Call};
use crate::verb::run::RunAnswer;
use crate::verb::{formats, limits};
use clap::Args;
use std::path::PathBuf;
use tollgate_core::report::text::terminal;
use tollgate_flow::error::{Error, exit};

/// `tollgate ingest`
#[derive(Debug, Args)]
#[command(arg = formats::of_run(), after_help = formats::OF_RUN)]
pub struct Ingest {
    /// libtest, nextest, junit, pytest, go, tap, node, playwright or jest
    #[arg(value_name = "FORMAT")]
    pub format_name: String,
    /// Result files; each suite that one names becomes a suite of the run
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The kind of the suites
    #[arg(long, value_name = "K", default_value = "unit")]
    pub kind: String,
    /// What several entries of one title in JUnit are: tests, or attempts at one [default: as tollgate.toml says, else tests]
    #[arg(long, value_name = "WHAT")]
    pub repeats: Option<String>,
    /// Say what changed against this summary
    #[arg(long, value_name = "SUMMARY")]
    pub diff_from: Option<PathBuf>,
    /// When the tests ran, as RFC 3339 or now [default: what the reports say, else when their files were written]
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<String>,
    /// How old the results may be, as 90m, 24h or 7d, before check calls them stale [default: 24h where CI is set]
    #[arg(long, value_name = "D")]
    pub max_age: Option<String>,
    /// The run folder itself [default: a new one below the results folder]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Makes a run folder of results.
pub fn answer(call: &Call<'_>, asked: &Ingest) -> Result<Answered, Error> {
    let request = IngestRequest {
        root: call.root,
        now: call.now,
        env: call.env,
        format: &asked.format_name,
        files: &asked.files,
        kind: &asked.kind,
        repeats: asked.repeats.as_deref(),
        diff_from: asked.diff_from.as_deref(),
        out: asked.out.as_deref(),
        as_of: asked.as_of.as_deref(),
        max_age: limits::max_age(asked.max_age.as_deref())?,
    };
    let written = match ingest(&request)? {
        TakenIn::Run(written) => *written,
        TakenIn::Nothing(why) => {
            call.aside.line(&format!("{}: nothing but why was written", terminal(&why)));
            return Ok(Answered::Ended(exit::NOTHING));
        }
    };
    for note in dated(&written.summary).iter().chain(&written.note) {
        call.aside.line(&format!("note: {}", terminal(note)));
    }
    Ok(Answered::of(RunAnswer::from(written)))
}

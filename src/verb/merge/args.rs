//! The command line of `merge`, and its answer.

use super::{MergeError, MergeRequest, merge};
use crate::verb::answer::{Answered, Call};
use crate::verb::formats;
use crate::verb::run::RunAnswer;
use clap::Args;
use std::path::PathBuf;
use tollgate_core::report::text::terminal;
use tollgate_flow::error::{Error, exit};

/// `tollgate merge`
#[derive(Debug, Args)]
#[command(arg = formats::of_run(), after_help = formats::OF_RUN)]
pub struct Merge {
    /// The shards' run folders or summaries
    #[arg(required = true, value_name = "DIR")]
    pub shards: Vec<PathBuf>,
    /// Say what changed against this summary
    #[arg(long, value_name = "SUMMARY")]
    pub diff_from: Option<PathBuf>,
    /// The run folder of the merged run
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// Makes one run of shards.
pub fn answer(call: &Call<'_>, asked: &Merge) -> Result<Answered, Error> {
    let merged = merge(&MergeRequest {
        root: call.root,
        now: call.now,
        env: call.env,
        shards: &asked.shards,
        diff_from: asked.diff_from.as_deref(),
        out: &asked.out,
    });
    let (written, notes) = match merged {
        Ok(merged) => merged,
        Err(MergeError::Unfit(problems)) => {
            problems.iter().for_each(|problem| call.aside.complain(problem));
            return Ok(Answered::Ended(exit::FAIL));
        }
        Err(MergeError::Other(error)) => return Err(error),
    };
    for note in &notes {
        call.aside.line(&format!("note: {}", terminal(note)));
    }
    Ok(Answered::of(RunAnswer::from(written)))
}

//! The command line of `events`, and its answer.

use super::{events, text};
use crate::verb::answer::{Answered, Call, DataAnswer};
use crate::verb::formats;
use clap::Args;
use std::path::PathBuf;
use tollgate_flow::error::Error;

/// `tollgate events`
#[derive(Debug, Args)]
#[command(
    arg = formats::of_data(),
    after_help = "A line must be a JSON object. Its kind is the string at `type`, else at `event`, else at `kind`; its status is \
                  the string at `status`. Exit code 1 when a line is not, 3 when a file is empty."
)]
pub struct EventsArgs {
    /// NDJSON files, or run folders: a folder stands for its run_events.jsonl
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// Counts streams.
pub fn answer(call: &Call<'_>, asked: &EventsArgs) -> Result<Answered, Error> {
    let counted = call.masked(events(&asked.files)?)?;
    text::faults(&counted).iter().for_each(|fault| call.aside.complain(fault));
    let exit = counted.exit_code();
    Ok(Answered::of(DataAnswer {
        value: counted,
        human: |counted, _| text::human(counted),
        exit,
        after: None,
    }))
}

//! The command line of `doctor`, and its answer.

use super::{doctor, text};
use crate::verb::answer::{Answered, Call};
use crate::verb::formats;
use clap::Args;
use std::path::PathBuf;
use tollgate_flow::error::{Error, exit};

/// `tollgate doctor`
#[derive(Debug, Args)]
#[command(arg = formats::of_data())]
pub struct Doctor {
    /// Look at this run folder instead of the newest
    #[arg(long, value_name = "DIR")]
    pub run: Option<PathBuf>,
}

/// Says what is missing.
pub fn answer(call: &Call<'_>, asked: &Doctor) -> Result<Answered, Error> {
    let diagnosis = doctor(&call.open(&[], asked.run.as_deref()))?;
    let exit = if diagnosis.is_sound() { exit::PASS } else { exit::FAIL };
    call.data(diagnosis, |found, _| text::human(found), exit)
}

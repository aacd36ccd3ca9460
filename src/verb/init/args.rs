//! The command line of `init`, and its answer.

use super::human::human;
use super::write::{InitRequest, init};
use crate::verb::answer::{Answered, Call};
use crate::verb::formats;
use clap::Args;
use tollgate_flow::error::{Error, exit};

/// `tollgate init`
#[derive(Debug, Args)]
#[command(arg = formats::of_data())]
pub struct InitArgs {
    /// Overwrite an existing tollgate.toml
    #[arg(long)]
    pub force: bool,
    /// Write the starter pack's gate files into gates/ for editing
    #[arg(long)]
    pub copy_gates: bool,
}

/// Writes the files.
pub fn answer(call: &Call<'_>, asked: &InitArgs) -> Result<Answered, Error> {
    let InitArgs { force, copy_gates } = *asked;
    let written = init(&InitRequest { root: call.root, force, copy_gates, env: call.env })?;
    call.data(written, |written, _| human(written), exit::PASS)
}

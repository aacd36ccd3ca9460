//! The command line of `prove`, and its answer.

use super::{prove, text};
use crate::verb::answer::{Answered, Call};
use crate::verb::formats;
use clap::Args;
use std::path::PathBuf;
use tollgate_flow::error::Error;

/// `tollgate prove`
#[derive(Debug, Args)]
#[command(arg = formats::of_data())]
pub struct Prove {
    /// Prove only this gate; may be given several times
    #[arg(long, value_name = "ID")]
    pub gate: Vec<String>,
    /// Judge this run folder instead of the newest
    #[arg(long, value_name = "DIR")]
    pub run: Option<PathBuf>,
}

/// Proves the gates.
pub fn answer(call: &Call<'_>, asked: &Prove) -> Result<Answered, Error> {
    let open = call.open(&asked.gate, asked.run.as_deref());
    let proof = prove(&open, &|gate| call.aside.tick(gate))?;
    let exit = proof.exit_code();
    call.data(proof, |proof, _| text::human(proof), exit)
}

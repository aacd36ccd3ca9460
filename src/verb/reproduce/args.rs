//! The command line of `reproduce`, and its answer.

use super::answer::{Reproduction, human};
use super::{ReproduceRequest, ReproduceStep, reproduce};
use crate::embedded::EMBEDDED;
use crate::verb::answer::{Answered, Call, DataAnswer};
use crate::verb::formats;
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;
use tollgate_core::report::text::terminal;
use tollgate_flow::error::Error;
use tollgate_flow::masking::masker_near;
use tollgate_flow::workspace::Workspace;
use tollgate_text::redact::Masked;

/// `tollgate reproduce`
#[derive(Debug, Args)]
#[command(arg = formats::of_data())]
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

/// Prints the commands of failing gates, or runs them.
pub fn answer(call: &Call<'_>, asked: &Reproduce) -> Result<Answered, Error> {
    let workspace = Workspace::open(&EMBEDDED, &call.open(&[], None))?;
    let settings = &workspace.policy.settings;
    let masker = masker_near(&EMBEDDED, call.root, call.now, call.env)?;
    let first_run = workspace.first_run();
    let request = ReproduceRequest {
        root: &workspace.root,
        gates: &workspace.policy.gates,
        names: &asked.gates,
        verdict: asked.verdict.as_deref(),
        output: &settings.output,
        results: &settings.results,
        run: &workspace.for_run(),
        no_run: first_run.as_deref(),
        prefix: &settings.prefix,
        exec: asked.exec,
        timeout: Duration::from_secs(settings.timeout),
        masker: &masker,
    };
    let aside = call.aside;
    let found = reproduce(&request, &mut |step| match step {
        ReproduceStep::Start(planned) => {
            aside.line(&format!("== {}: {}", terminal(&planned.id), terminal(&planned.command)));
        }
        // What a person asked to run is shown as it comes.
        ReproduceStep::Output(bytes) => aside.echo(bytes),
        ReproduceStep::End(ran) => {
            aside.end_of_output();
            aside.line(&format!("== {}: {}", terminal(&ran.id), terminal(&ran.detail)));
        }
    });
    Ok(match found {
        Ok(found) => {
            let exit = found.exit_code();
            let lines = |found: &Reproduction, _: &_| found.lines();
            Answered::of(DataAnswer {
                value: Masked::new(found, &masker),
                human: lines,
                exit,
                after: Some(human),
            })
        }
        Err(error) => {
            aside.complain(&error);
            Answered::Ended(error.exit_code())
        }
    })
}

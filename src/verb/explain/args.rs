//! The command line of `explain`, and its answers.

use super::{ExplainRequest, explain, list, text};
use crate::embedded::EMBEDDED;
use crate::verb::answer::{Answered, Call};
use crate::verb::formats;
use clap::Args;
use std::path::PathBuf;
use tollgate_core::model::gate::ForRun;
use tollgate_core::runbook::Runbook;
use tollgate_flow::error::{Error, exit};
use tollgate_flow::verdict_read::{named, newest};
use tollgate_flow::workspace::{Workspace, is_no_workspace};

/// `tollgate explain`
#[derive(Debug, Args)]
#[command(arg = formats::of_data())]
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

/// Explains what is asked for, or lists the runbook.
pub fn answer(call: &Call<'_>, asked: &Explain) -> Result<Answered, Error> {
    // What everyday failures mean is known everywhere, in a folder without a tollgate.toml too.
    let workspace = match Workspace::open(&EMBEDDED, &call.open(&[], None)) {
        Ok(workspace) => Some(workspace),
        Err(_) if is_no_workspace(call.root) => None,
        Err(error) => return Err(error),
    };
    let runbook = workspace.as_ref().map_or_else(|| Ok(Runbook::of(&EMBEDDED)), Workspace::runbook)?;
    if asked.list {
        let all = list::explain_list(&runbook);
        return call.data(all, |all, style| list::human(all, style.colour), exit::PASS);
    }
    let last = match (&asked.verdict, &workspace) {
        (Some(path), _) => named(path).map(Some),
        (None, None) => Ok(None),
        (None, Some(workspace)) => {
            newest(&workspace.root, &workspace.policy.settings.output).map(|v| v.map(|(_, v)| v))
        }
    };
    let run_dir = |w: &'_ Workspace| w.run_dir.as_deref().ok().map(String::from);
    let run = workspace.as_ref().and_then(run_dir);
    let answer = explain(&ExplainRequest {
        query: &asked.query.join(" "),
        gates: workspace.as_ref().map_or(&[], |w| w.policy.gates.as_slice()),
        runbook: &runbook,
        newest_run: workspace.as_ref().map(|w| &w.root).zip(run.as_deref()),
        last: last.as_ref().map(Option::as_ref).map_err(String::as_str),
        run: &workspace.as_ref().map_or_else(ForRun::none, Workspace::for_run),
        prefix: workspace.as_ref().map_or("", |w| &w.policy.settings.prefix),
    });
    let exit = answer.exit_code();
    call.data(answer, |answer, style| text::human(answer, style.colour), exit)
}

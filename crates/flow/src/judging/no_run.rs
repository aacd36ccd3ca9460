//! What is judged of a workspace in which nothing has been run yet.

use super::for_run::first_run;
use crate::workspace::Workspace;
use tollgate_core::model::finding::{Finding, Reason};
use tollgate_core::model::report::NoRunYet;
use tollgate_core::model::verdict::{GateResult, Status};

/// Where nothing has been run yet every gate that judges a run says that, and not which of its files it misses first.
pub fn said_once(workspace: &Workspace, gates: &mut [GateResult]) -> Option<NoRunYet> {
    let (command, said) = first_run(&workspace.run_dir, &workspace.policy.runs.suites)?;
    let place = workspace.run_dir.as_ref().err().map(|none| format!("{}/", none.place))?;
    let of_run = |finding: &Finding| finding.path.as_ref().is_some_and(|path| path.starts_with(&place));
    let waits = |gate: &&mut GateResult| {
        matches!(gate.status, Status::Fail | Status::Warn)
            && !gate.shadow
            && gate.reason == Some(Reason::Missing)
            && gate.findings.iter().any(of_run)
    };
    let mut ids = Vec::new();
    for gate in gates.iter_mut().filter(waits) {
        gate.detail = said.clone();
        ids.push(gate.id.clone());
    }
    (!ids.is_empty()).then_some(NoRunYet { said, command, gates: ids })
}

//! `replay_bundle.json`: the commands that show each failure again.

use super::{json, words};
use crate::model::finding::Reason;
use crate::model::lane::Lane;
use crate::model::report::CheckReport;
use serde::Serialize;

/// The schema id.
pub const SCHEMA: &str = "tollgate.gate.replay.v1";

#[derive(Serialize)]
struct Bundle<'a> {
    schema: &'static str,
    generated_at: &'a str,
    run_id: &'a str,
    commit: Option<&'a str>,
    lane: Lane,
    failed_gates: Vec<FailedGate<'a>>,
}

#[derive(Serialize)]
struct FailedGate<'a> {
    id: &'a str,
    reproduce_command: &'a str,
    reason: Option<Reason>,
    runbook: Option<&'a str>,
}

/// The bundle (`tollgate.gate.replay.v1`), pretty, ending in a newline, gates worst first; `None` when no gate failed.
pub fn report(report: &CheckReport) -> Option<String> {
    let verdict = &report.verdict;
    let failed_gates: Vec<_> = words::failed(report)
        .into_iter()
        .map(|gate| FailedGate {
            id: &gate.id,
            reproduce_command: &gate.reproduce_command,
            reason: gate.reason,
            runbook: gate.runbook.as_deref(),
        })
        .collect();
    if failed_gates.is_empty() {
        return None;
    }
    Some(json::pretty(&Bundle {
        schema: SCHEMA,
        generated_at: &verdict.generated_at,
        run_id: &verdict.run_id,
        commit: verdict.commit.as_deref(),
        lane: verdict.lane,
        failed_gates,
    }))
}

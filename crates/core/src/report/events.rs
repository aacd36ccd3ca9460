//! `<stem>_events.jsonl`: what was judged, as a stream of lines.

use super::json;
use crate::model::finding::Reason;
use crate::model::lane::{Lane, Mode};
use crate::model::report::CheckReport;
use crate::model::verdict::{GateSummary, Status, VerdictOutcome};
use serde::Serialize;

/// The schema id; every line names it.
pub const SCHEMA: &str = "tollgate.gate.event.v1";

/// One line. `ts` is the moment judged at: judgement happens at one moment, whatever the clock on the wall says.
#[derive(Serialize)]
struct Line<'a> {
    schema: &'static str,
    ts: &'a str,
    seq: u64,
    run_id: &'a str,
    correlation_id: &'a str,
    #[serde(flatten)]
    event: Event<'a>,
}

#[derive(Serialize)]
#[serde(tag = "kind")]
enum Event<'a> {
    #[serde(rename = "check.start")]
    Start {
        lane: Lane,
        mode: Mode,
        commit: Option<&'a str>,
        branch: Option<&'a str>,
        policy_digest: &'a str,
        gates: usize,
    },
    #[serde(rename = "gate.judged")]
    Judged {
        id: &'a str,
        status: Status,
        blocking: bool,
        shadow: bool,
        reason: Option<Reason>,
        detail: &'a str,
        findings: usize,
        reproduce_command: &'a str,
        duration_us: u64,
    },
    #[serde(rename = "check.end")]
    End { verdict: VerdictOutcome, exit_code: u8, summary: GateSummary },
}

/// The lines (`tollgate.gate.event.v1`): `check.start`, `gate.judged` for each gate in gate order, `check.end`; `seq`
/// counts from 0 without a gap, so that a torn stream shows.
pub fn report(report: &CheckReport) -> String {
    let verdict = &report.verdict;
    let start = Event::Start {
        lane: verdict.lane,
        mode: verdict.mode,
        commit: verdict.commit.as_deref(),
        branch: verdict.branch.as_deref(),
        policy_digest: &verdict.policy.digest,
        gates: verdict.gates.len(),
    };
    let judged = verdict.gates.iter().map(|gate| Event::Judged {
        id: &gate.id,
        status: gate.status,
        blocking: gate.blocking,
        shadow: gate.shadow,
        reason: gate.reason,
        detail: &gate.detail,
        findings: gate.findings.len(),
        reproduce_command: &gate.reproduce_command,
        duration_us: gate.duration_us,
    });
    let end = Event::End { verdict: verdict.verdict, exit_code: verdict.exit_code, summary: verdict.summary };
    std::iter::once(start)
        .chain(judged)
        .chain(std::iter::once(end))
        .zip(0..)
        .map(|(event, seq)| {
            json::line(&Line {
                schema: SCHEMA,
                ts: &verdict.generated_at,
                seq,
                run_id: &verdict.run_id,
                correlation_id: &verdict.correlation_id,
                event,
            })
        })
        .collect()
}

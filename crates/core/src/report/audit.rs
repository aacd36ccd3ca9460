//! `waiver_audit.json`: every waiver and quarantine entry with its state.

use super::json;
use crate::model::report::CheckReport;
use crate::model::waiver::{EntryState, WaiverEntry};
use serde::Serialize;

/// The schema id.
pub const SCHEMA: &str = "tollgate.gate.waiver_audit.v1";

/// The audit as it is written.
#[derive(Serialize)]
pub struct Audit<'a> {
    schema: &'static str,
    generated_at: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'a str>,
    waivers: &'a [WaiverEntry],
    quarantines: &'a [WaiverEntry],
    summary: Summary,
}

impl<'a> Audit<'a> {
    /// An audit at a moment (RFC 3339) of entries that are judged; `fault` says why the classification file cannot be
    /// read, and is `None` when it can.
    pub fn of(
        generated_at: &'a str,
        fault: Option<&'a str>,
        waivers: &'a [WaiverEntry],
        quarantines: &'a [WaiverEntry],
    ) -> Audit<'a> {
        let summary = Summary { waivers: States::of(waivers), quarantines: States::of(quarantines) };
        Audit { schema: SCHEMA, generated_at, fault, waivers, quarantines, summary }
    }
}

#[derive(Serialize)]
struct Summary {
    waivers: States,
    quarantines: States,
}

/// How many entries are in which state.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct States {
    total: usize,
    active: usize,
    due: usize,
    expired: usize,
    invalid: usize,
    unused: usize,
}

impl States {
    fn of(entries: &[WaiverEntry]) -> States {
        let mut states = States { total: entries.len(), ..States::default() };
        for entry in entries {
            *match entry.state {
                EntryState::Active => &mut states.active,
                EntryState::Due => &mut states.due,
                EntryState::Expired => &mut states.expired,
                EntryState::Invalid => &mut states.invalid,
                EntryState::Unused => &mut states.unused,
            } += 1;
        }
        states
    }
}

/// The audit (`tollgate.gate.waiver_audit.v1`), pretty, ending in a newline.
pub fn report(report: &CheckReport) -> String {
    json::pretty(&Audit::of(
        &report.verdict.generated_at,
        report.classification_fault.as_deref(),
        &report.verdict.waivers,
        &report.quarantines,
    ))
}

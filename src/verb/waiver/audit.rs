//! `tollgate waiver list` and `waiver audit`: every entry of the classification file with its state today.

use crate::embedded::EMBEDDED;
use serde::{Serialize, Serializer};
use std::fmt::Write as _;
use tollgate_core::model::waiver::{EntryState, WaiverEntry};
use tollgate_core::report::audit::Audit;
use tollgate_core::report::text::{terminal, terminal_cut};
use tollgate_flow::error::{Error, exit};
use tollgate_flow::workspace::{OpenRequest, Workspace};

/// Every waiver and quarantine entry, judged. As JSON it is a `tollgate.gate.waiver_audit.v1`.
#[derive(Debug, Clone, PartialEq)]
pub struct WaiverAudit {
    /// The moment, RFC 3339.
    pub generated_at: String,
    /// The classification file, workspace-relative.
    pub path: String,
    /// Why the file cannot be read; no entry is known then.
    pub fault: Option<String>,
    /// Waivers, in id order.
    pub waivers: Vec<WaiverEntry>,
    /// Quarantine entries, in id order.
    pub quarantines: Vec<WaiverEntry>,
}

impl Serialize for WaiverAudit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Audit::of(&self.generated_at, self.fault.as_deref(), &self.waivers, &self.quarantines)
            .serialize(serializer)
    }
}

/// Judges the entries. Whether a waiver is unused is only known once its gate is judged, so no entry is here.
pub fn waiver_audit(request: &OpenRequest<'_>) -> Result<WaiverAudit, Error> {
    let workspace = Workspace::open(&EMBEDDED, request)?;
    Ok(WaiverAudit {
        generated_at: workspace.now.rfc3339(),
        path: workspace.policy.settings.classification.clone(),
        fault: workspace.entries.fault.clone(),
        waivers: workspace.entries.waivers,
        quarantines: workspace.entries.quarantines,
    })
}

impl WaiverAudit {
    /// What `waiver audit` exits with: 1 when an entry is expired or invalid, or the file cannot be read.
    pub fn exit_code(&self) -> u8 {
        let bad = |entry: &WaiverEntry| matches!(entry.state, EntryState::Expired | EntryState::Invalid);
        if self.fault.is_some() || self.waivers.iter().chain(&self.quarantines).any(bad) {
            exit::FAIL
        } else {
            exit::PASS
        }
    }

    /// What `waiver list` exits with: 1 when the file cannot be read.
    pub fn list_exit_code(&self) -> u8 {
        if self.fault.is_some() { exit::FAIL } else { exit::PASS }
    }
}

/// The entries as people read them, the worst last; ends in a newline.
pub fn human(audit: &WaiverAudit) -> String {
    let mut out = String::new();
    // Writing into a string cannot fail.
    if let Some(fault) = &audit.fault {
        let _ = writeln!(out, "{}", terminal(fault));
        return out;
    }
    let mut entries: Vec<&WaiverEntry> = audit.waivers.iter().chain(&audit.quarantines).collect();
    if entries.is_empty() {
        let _ = writeln!(out, "no waiver and no quarantine entry in {}", terminal(&audit.path));
        return out;
    }
    out.push_str(&rows(&mut entries));
    let _ = writeln!(
        out,
        "waivers {}, quarantine entries {}: {}",
        audit.waivers.len(),
        audit.quarantines.len(),
        states(&entries)
    );
    out
}

/// A line for each entry, the worst last, and where those stand that do not hold.
pub(super) fn rows(entries: &mut [&WaiverEntry]) -> String {
    let mut out = String::new();
    entries.sort_by_key(|entry| match entry.state {
        EntryState::Unused => 0,
        EntryState::Active => 1,
        EntryState::Due => 2,
        EntryState::Expired => 3,
        EntryState::Invalid => 4,
    });
    let width = entries.iter().map(|e| terminal(&e.id).chars().count()).max().unwrap_or(0).min(50);
    for entry in entries {
        let expires = entry.expires.as_deref().map_or("-".into(), |day| terminal_cut(day, 10));
        let owner = entry.owner.as_deref().map_or("-".into(), |owner| terminal_cut(owner, 30));
        // Writing into a string cannot fail.
        let _ = writeln!(
            out,
            "{:<7}  {:<10}  {:<width$}  {expires:<10}  {owner}: {}",
            entry.state.name().to_uppercase(),
            entry.kind.name(),
            terminal(&entry.id),
            terminal(&entry.detail),
        );
        if matches!(entry.state, EntryState::Expired | EntryState::Invalid)
            && let Some(region) = &entry.region
        {
            let _ = writeln!(out, "         at {}:{}:{}", terminal(&region.path), region.line, region.column);
        }
    }
    out
}

/// `2 active, 0 due, 1 expired, 0 invalid`
pub(super) fn states(entries: &[&WaiverEntry]) -> String {
    let count = |state: EntryState| entries.iter().filter(|e| e.state == state).count();
    let [active, due, expired, invalid] =
        [EntryState::Active, EntryState::Due, EntryState::Expired, EntryState::Invalid].map(count);
    format!("{active} active, {due} due, {expired} expired, {invalid} invalid")
}

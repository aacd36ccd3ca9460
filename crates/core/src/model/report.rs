//! What a report writer gets: the finished verdict and what only people are shown. Nothing here changes the verdict.

use crate::model::gate::Region;
use crate::model::verdict::{GateResult, Status, Verdict};
use crate::model::waiver::WaiverEntry;
use std::collections::BTreeMap;

/// A finished check, ready for any format.
#[derive(Debug, Clone)]
pub struct CheckReport {
    /// The verdict; final before anything renders.
    pub verdict: Verdict,
    /// Gate id -> where the gate is stated.
    pub gate_regions: BTreeMap<String, Region>,
    /// (gate id, check id) -> where the check is stated.
    pub check_regions: BTreeMap<(String, String), Region>,
    /// Quarantine entries with their states.
    pub quarantines: Vec<WaiverEntry>,
    /// Why the classification file cannot be read: then no waiver holds.
    pub classification_fault: Option<String>,
    /// Failing gate id -> how what it failed by could be waived.
    pub waiver_offers: BTreeMap<String, WaiverOffer>,
    /// The root folder relative to the top of its repository, `""` or ending in `/`: what SARIF and annotations put before a path.
    pub repo_prefix: String,
    /// Where the verdict was written, as a person would type it; `None` when it was not.
    pub verdict_path: Option<String>,
    /// The gates that judge a run, where there is none yet.
    pub no_run: Option<NoRunYet>,
    /// Why the files of the check could not be written, so that tollgate ends with exit code 4 whatever was judged.
    pub unwritten: Option<String>,
    /// One line each: a replaced gate, an altered policy, a waiver that is due.
    pub notes: Vec<String>,
    /// Seconds the whole check took; `None` under `--deterministic`.
    pub seconds: Option<f64>,
}

/// Said once where nothing has been run yet, and not by each gate that waits for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoRunYet {
    /// One sentence: what makes the first run.
    pub said: String,
    /// The command alone.
    pub command: String,
    /// The red gates that wait for it.
    pub gates: Vec<String>,
}

/// A waiver that covers what a gate failed by and nothing else, to be completed: what a person must say is blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaiverOffer {
    /// A `[waiver.…]` table to paste.
    pub template: String,
    /// The command that adds it.
    pub command: String,
}

impl CheckReport {
    /// Whether the gate is red because nothing has been run yet.
    pub fn waits_for_a_run(&self, gate: &GateResult) -> bool {
        self.no_run.as_ref().is_some_and(|none| none.gates.contains(&gate.id))
    }

    /// Gates that did not pass and are not relabelled, worst first: blocking before warnings, shadow gates last, new (with
    /// `--previous`) before known, then gate order.
    pub fn red(&self) -> Vec<&GateResult> {
        let mut red: Vec<_> =
            self.verdict.gates.iter().filter(|g| matches!(g.status, Status::Fail | Status::Warn)).collect();
        red.sort_by_key(|g| (g.shadow, g.status != Status::Fail, g.since.as_deref() != Some("new")));
        red
    }
}

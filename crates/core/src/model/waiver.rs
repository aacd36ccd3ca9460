//! Waivers, quarantine entries, the rollback record: what the classification file states about them and what state
//! they are in. Facts only; `waiver` judges.

use crate::model::gate::Region;
use serde::{Deserialize, Serialize};

/// Where an entry is in its life (`docs/waivers.md`, States).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryState {
    /// Valid, more than 5 days left.
    Active,
    /// Valid, 5 days or less left.
    Due,
    /// Its last day has passed.
    Expired,
    /// A field missing or blank, a bad date, too long, unknown names.
    Invalid,
    /// Its gate passed without it.
    Unused,
}

impl EntryState {
    /// The name in the verdict.
    pub fn name(self) -> &'static str {
        match self {
            EntryState::Active => "active",
            EntryState::Due => "due",
            EntryState::Expired => "expired",
            EntryState::Invalid => "invalid",
            EntryState::Unused => "unused",
        }
    }

    /// Whether an entry in this state has effect.
    pub fn holds(self) -> bool {
        matches!(self, EntryState::Active | EntryState::Due | EntryState::Unused)
    }
}

/// Which of the two kinds an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// `[waiver.<gate>]`.
    Waiver,
    /// `[quarantine.<suite>]` or `[quarantine."suite::test"]`.
    Quarantine,
}

impl EntryKind {
    /// `waiver`, `quarantine`.
    pub fn name(self) -> &'static str {
        match self {
            EntryKind::Waiver => "waiver",
            EntryKind::Quarantine => "quarantine",
        }
    }
}

/// An entry and its state on the day it was judged. Fields are as written, dates as `YYYY-MM-DD`; what the file lacks is null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WaiverEntry {
    /// Gate id, suite, or `suite::test`.
    pub id: String,
    /// Waiver or quarantine.
    pub kind: EntryKind,
    /// Its state.
    pub state: EntryState,
    /// One sentence about the state.
    pub detail: String,
    /// Whole days to the last valid day (0 on that day, negative after it); null without a valid date.
    pub days_remaining: Option<i64>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// The tracking issue.
    pub issue: Option<String>,
    /// First day.
    pub created: Option<String>,
    /// Last day.
    pub expires: Option<String>,
    /// What ends it.
    pub exit_criteria: Option<String>,
    /// Waivers: the lanes it holds in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lanes: Option<Vec<String>>,
    /// Waivers: the only checks it covers; absent covers all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checks: Option<Vec<String>>,
    /// Waivers: the faults of the evidence that it covers, by the name of their reason; absent covers none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasons: Option<Vec<String>>,
    /// How often it was renewed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewals: Option<u64>,
    /// Quarantine: `FLAKE-TIMING`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Quarantine: the failure digest that shows the flake.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// Quarantine: its command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reproduce: Option<String>,
    /// Quarantine: the failure signature it covers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// Where the entry stands.
    #[serde(skip)]
    pub region: Option<Region>,
}

#[cfg(test)]
impl WaiverEntry {
    /// One in which nothing is written, for tests to say what they are about.
    pub fn blank(kind: EntryKind, id: &str, state: EntryState) -> WaiverEntry {
        WaiverEntry {
            id: id.into(),
            kind,
            state,
            detail: "9 days left".into(),
            days_remaining: Some(9),
            owner: None,
            reason: None,
            issue: None,
            created: None,
            expires: None,
            exit_criteria: None,
            lanes: None,
            checks: None,
            reasons: None,
            renewals: None,
            category: None,
            evidence: None,
            reproduce: None,
            signature: None,
            region: None,
        }
    }
}

/// A valid `[rollback]` record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollback {
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub rationale: String,
    /// First day.
    pub created: String,
    /// Last day, at most 7 days after `created`.
    pub expires: String,
}

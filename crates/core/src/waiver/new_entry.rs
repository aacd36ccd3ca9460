//! Entries to be added to the classification file, and how they are written.

use super::template::{key, quoted};
use crate::model::lane::Lane;
use chrono::NaiveDate;

/// A waiver to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWaiver {
    /// The gate's id.
    pub gate: String,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// The tracking issue.
    pub issue: String,
    /// What ends it.
    pub exit_criteria: String,
    /// Where it holds; empty for all lanes.
    pub lanes: Vec<Lane>,
    /// The only checks it covers; empty for all.
    pub checks: Vec<String>,
    /// Names of the faults of the evidence that it covers; empty for none.
    pub reasons: Vec<String>,
    /// Days from today to the last day.
    pub days: u32,
}

impl NewWaiver {
    /// The fields that must not be blank.
    pub fn required(&self) -> [(&'static str, &str); 4] {
        [
            ("owner", &self.owner),
            ("reason", &self.reason),
            ("issue", &self.issue),
            ("exit_criteria", &self.exit_criteria),
        ]
    }

    /// Its table, dates filled in.
    pub fn block(&self, today: NaiveDate, expires: NaiveDate) -> String {
        let all = self.lanes.is_empty();
        let lanes: Vec<String> = Lane::ALL
            .iter()
            .filter(|lane| all || self.lanes.contains(lane))
            .map(|lane| quoted(lane.name()))
            .collect();
        let mut block = format!(
            "[waiver.{}]\nowner = {}\nreason = {}\nissue = {}\nlanes = [{}]\ncreated = {today}\nexpires = \
         {expires}\nexit_criteria = {}\n",
            key(&self.gate),
            quoted(&self.owner),
            quoted(&self.reason),
            quoted(&self.issue),
            lanes.join(", "),
            quoted(&self.exit_criteria),
        );
        if !self.checks.is_empty() {
            let checks: Vec<String> = self.checks.iter().map(|check| quoted(check)).collect();
            block.push_str(&format!("checks = [{}]\n", checks.join(", ")));
        }
        if !self.reasons.is_empty() {
            let reasons: Vec<String> = self.reasons.iter().map(|reason| quoted(reason)).collect();
            block.push_str(&format!("reasons = [{}]\n", reasons.join(", ")));
        }
        block
    }
}

/// A quarantine entry to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewQuarantine {
    /// A suite, or `suite::test`.
    pub id: String,
    /// `FLAKE-TIMING`, …: one of `CATEGORIES`.
    pub category: String,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// The tracking issue.
    pub issue: String,
    /// The failure digest that shows the flake, workspace-relative.
    pub evidence: String,
    /// The command that shows it again.
    pub reproduce: String,
    /// What ends it.
    pub exit_criteria: String,
    /// The failure signature it covers; `None` takes that of the digest at `evidence`.
    pub signature: Option<String>,
    /// Days from today to the last day.
    pub days: u32,
}

impl NewQuarantine {
    /// The fields that must not be blank.
    pub fn required(&self) -> Vec<(&'static str, &str)> {
        let mut fields = vec![
            ("id", self.id.as_str()),
            ("category", &self.category),
            ("owner", &self.owner),
            ("reason", &self.reason),
            ("issue", &self.issue),
            ("evidence", &self.evidence),
            ("reproduce", &self.reproduce),
            ("exit_criteria", &self.exit_criteria),
        ];
        fields.extend(self.signature.as_deref().map(|signature| ("signature", signature)));
        fields
    }

    /// Its table, dates filled in.
    pub fn block(&self, today: NaiveDate, expires: NaiveDate) -> String {
        let mut block = format!(
            "[quarantine.{}]\ncategory = {}\nowner = {}\nreason = {}\nissue = {}\nevidence = {}\nreproduce = \
             {}\ncreated = {today}\nexpires = {expires}\nexit_criteria = {}\n",
            key(&self.id),
            quoted(&self.category),
            quoted(&self.owner),
            quoted(&self.reason),
            quoted(&self.issue),
            quoted(&self.evidence),
            quoted(&self.reproduce),
            quoted(&self.exit_criteria),
        );
        if let Some(signature) = &self.signature {
            block.push_str(&format!("signature = {}\n", quoted(signature)));
        }
        block
    }
}

//! What the policy asks of a whole run, what a run lacks of it, and what a change alters of the plan.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a whole run shows: the suites and lint steps of the profile that `[workspace] whole` names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AskedOfWhole {
    /// The profile.
    pub profile: String,
    /// In the order that the profile runs them.
    pub suites: Vec<AskedSuite>,
    /// Lint steps by name, in the order written.
    pub lint: Vec<String>,
    /// How suites of a kind and lint steps may have run: digests, by what they are of. Of nothing else is it asked.
    pub definitions: BTreeMap<Defined, BTreeSet<String>>,
}

/// What a definition is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Defined {
    /// The suites of this kind.
    Kind(String),
    /// The lint step of this name.
    Lint(String),
}

/// One suite of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedSuite {
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Whether a suite of this name and any kind will do: its evidence is ingested.
    pub by_name: bool,
    /// How often it may be run again; `None`: as often as the run was asked to.
    pub max_retries: Option<u32>,
}

/// Why something of the plan is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// The run does not know the suite, or the change takes it out of the plan.
    Suite,
    /// The lint step is not shown.
    Lint,
    /// The run is one shard of several, and this is in another.
    Shard,
    /// The run is a replay that did not repeat it, or only some of its tests.
    Replay,
    /// The run was asked for something else: suites chosen on the command line, more retries than the policy allows, another command than
    /// `tollgate.toml` has.
    Choice,
    /// It was selected and did not run, or not all of it.
    NotRun,
}

impl GapReason {
    /// Every reason.
    pub const ALL: [GapReason; 6] = [
        GapReason::Suite,
        GapReason::Lint,
        GapReason::Shard,
        GapReason::Replay,
        GapReason::Choice,
        GapReason::NotRun,
    ];

    /// The name in `run_gaps`.
    pub fn name(self) -> &'static str {
        match self {
            GapReason::Suite => "suite",
            GapReason::Lint => "lint",
            GapReason::Shard => "shard",
            GapReason::Replay => "replay",
            GapReason::Choice => "choice",
            GapReason::NotRun => "not_run",
        }
    }
}

/// Something that a whole run shows and this one does not: an element of `run_gaps`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// Why.
    pub reason: GapReason,
    /// The suite's kind; `lint` of a lint step.
    pub kind: String,
    /// The suite or lint step; empty where it is the kind as a whole.
    pub name: String,
    /// One sentence.
    pub detail: String,
}

impl Gap {
    /// `unit/parser`, `lint fmt`, `the kind unit`.
    pub fn shown(&self) -> String {
        let show = tollgate_text::show::show;
        match (self.reason, self.name.as_str()) {
            (GapReason::Lint, name) => format!("lint {}", show(name)),
            (_, "") => format!("the kind {}", show(&self.kind)),
            (_, name) => format!("{}/{}", show(&self.kind), show(name)),
        }
    }
}

/// Something of the plan that the working tree would alter: an element of `policy.changes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanChange {
    /// `kind`, `name`, `lint`, `profile`, `whole`, `plan`, or the key of `[suites.<kind>]` that differs.
    pub what: String,
    /// The kind, where it is of one.
    pub kind: String,
    /// The suite, lint step or profile, where it is of one.
    pub name: String,
    /// What the policy has; null where it has nothing.
    pub before: Option<String>,
    /// What the working tree has; null where it has nothing.
    pub after: Option<String>,
    /// Whether it takes something out of the plan, which `whole_run` refuses.
    pub red: bool,
}

//! `--list`: what would run.

use super::prepare::{listed, prepare};
use super::request::RunRequest;
use crate::embedded::EMBEDDED;
use serde::Serialize;
use tollgate_core::model::plan::Shard;
use tollgate_core::model::run::NotRun;
use tollgate_core::model::suite::SuiteRole;
use tollgate_core::report::text::terminal;
use tollgate_flow::error::Error;
use tollgate_flow::ground::Ground;
use tollgate_flow::masking::masker;

/// A plan, as `--list` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedPlan {
    /// The profile.
    pub profile: String,
    /// Which part of the plan it is.
    pub shard: Shard,
    /// Lint steps that would run first.
    pub lint: Vec<String>,
    /// What would run, in order.
    pub selected: Vec<NotRun>,
    /// What a person should know, one sentence each.
    pub notes: Vec<String>,
    /// Whether the run of it would be none.
    #[serde(skip)]
    nothing: bool,
}

/// Settles what `request` would run, and runs nothing.
pub fn list(request: &RunRequest<'_>) -> Result<ListedPlan, Error> {
    let ground = Ground::open(&EMBEDDED, request.root, request.now)?;
    let prepared = prepare(&ground, request, &masker(request.env, &ground)?)?;
    Ok(ListedPlan {
        nothing: prepared.is_nothing(),
        profile: prepared.plan.profile,
        shard: prepared.plan.shard,
        lint: prepared.lint,
        selected: prepared.plan.items.iter().map(listed).collect(),
        notes: prepared.notes,
    })
}

impl ListedPlan {
    /// Whether nothing is selected; an empty shard is something.
    pub fn is_empty(&self) -> bool {
        self.nothing
    }

    /// `suite|unit KIND NAME [TEST]`, one a line, after `lint NAME` lines.
    pub fn human(&self) -> String {
        let mut out: String = self.lint.iter().map(|name| format!("lint {}\n", terminal(name))).collect();
        for item in &self.selected {
            let role = match item.role {
                SuiteRole::Suite => "suite",
                SuiteRole::Unit => "unit",
            };
            let line = format!("{role} {} {}", terminal(&item.kind), terminal(&item.name));
            match &item.tests {
                None => out.push_str(&format!("{line}\n")),
                Some(tests) => tests.iter().for_each(|t| out.push_str(&format!("{line} {}\n", terminal(t)))),
            }
        }
        out
    }
}

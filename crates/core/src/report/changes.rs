//! What a change would alter of the policy that judges it, in words: the gates, and what runs are held to.

use super::words;
use crate::model::report::CheckReport;
use crate::model::verdict::Verdict;
use crate::model::whole::PlanChange;

/// What the section is called.
pub const TITLE: &str = "What the change alters";

/// One sentence for each change, those first that take something out of the plan; none where the policy is not a ref's.
pub fn sentences(verdict: &Verdict) -> Vec<String> {
    let policy = &verdict.policy;
    let of = |red: bool| policy.changes.iter().filter(move |c| c.red == red).map(sentence);
    let gates = (!policy.altered.is_empty()).then(|| {
        let what = words::count(policy.altered.len(), "gate");
        format!("{what} judged as on {}: {}", from(verdict), policy.altered.join(", "))
    });
    of(true).chain(gates).chain(of(false)).collect()
}

/// Whether any of it takes something out of the plan.
pub fn is_red(report: &CheckReport) -> bool {
    report.verdict.policy.changes.iter().any(|change| change.red)
}

/// How they are let go, where any does.
pub fn way_out(report: &CheckReport) -> Option<String> {
    is_red(report).then(|| {
        format!(
            "what is taken out of the plan is let go by a waiver of `whole_run` on {}, or by `policy-from: worktree`, which a \
             person sets",
            from(&report.verdict)
        )
    })
}

fn from(verdict: &Verdict) -> &str {
    verdict.policy.from.as_deref().unwrap_or("the working tree")
}

fn sentence(change: &PlanChange) -> String {
    let what = match (change.what.as_str(), change.kind.as_str(), change.name.as_str()) {
        ("kind", kind, _) => format!("[suites.{kind}]"),
        ("name", kind, name) => format!("the suite {name} of the kind {kind}"),
        ("lint", _, name) => format!("the lint step {name}"),
        ("profile", _, name) => format!("the profile {name}"),
        ("whole", ..) => "`whole` of [workspace]".to_string(),
        ("plan", ..) => "the plan".to_string(),
        (key, kind, _) => format!("`{key}` of [suites.{kind}]"),
    };
    let said = match (&change.before, &change.after) {
        (Some(before), Some(after)) => format!("was: {before}; would be: {after}"),
        (Some(before), None) => format!("would be gone; was: {before}"),
        (None, Some(after)) => format!("would be new: {after}"),
        (None, None) => "would be another".to_string(),
    };
    let red = if change.red { "taken out of the plan: " } else { "" };
    format!("{red}{what} {said}")
}

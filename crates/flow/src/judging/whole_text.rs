//! What people are told of a run that is not whole.

use tollgate_core::model::whole::{AskedOfWhole, Gap};

/// Gaps that a sentence names.
const NAMED: usize = 10;

/// What lets go what a change takes out of the plan: both ways, because neither is the change's own.
pub fn lets_go(from: &str) -> String {
    let from = tollgate_text::show::show(from);
    format!("a waiver of `whole_run` on {from}, or `policy-from: worktree` by a person, lets it go")
}

/// `unit/b, lint fmt and 3 more`
pub fn listed(gaps: &[Gap]) -> String {
    let shown: Vec<String> = gaps.iter().take(NAMED).map(Gap::shown).collect();
    match gaps.len().saturating_sub(NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// `2 of 12`; where the change takes out more than is asked for, only how many.
fn of_all(gaps: &[Gap], asked: &AskedOfWhole) -> String {
    let all = asked.suites.len() + asked.lint.len();
    if gaps.len() <= all { format!("{} of {all}", gaps.len()) } else { gaps.len().to_string() }
}

/// The note of a report.
pub fn note(gaps: &[Gap], asked: &AskedOfWhole, way: &str) -> String {
    format!(
        "the run is not whole: it does not show {} of what the profile {} asks for: {}; {way}",
        of_all(gaps, asked),
        asked.profile,
        listed(gaps)
    )
}

/// The condition of a promotion.
pub fn condition(gaps: &[Gap], asked: &AskedOfWhole, way: &str) -> String {
    format!(
        "the run judged must be whole, and does not show {} of what the profile {} asks for: {}; {way}",
        of_all(gaps, asked),
        asked.profile,
        listed(gaps)
    )
}

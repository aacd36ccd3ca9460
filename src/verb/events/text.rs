//! The counts of event streams as people read them.

use crate::verb::events::StreamReport;
use crate::verb::events::count::StreamCounts;
use crate::verb::events::tally::NameCount;
use std::fmt::Write as _;
use tollgate_core::report::text::terminal;
use tollgate_text::json::quoted;

/// One line a stream that could be read: `FILE: 7 lines; started 2 log 3 finished 2; status: failed 1 passed 1; FROM to TO`.
/// Kinds stand before `status:`, so that a kind and a status of one name are two things.
pub fn human(events: &StreamReport) -> String {
    let mut out = String::new();
    for file in &events.files {
        if let Some(counts) = &file.counts {
            // Writing into a string cannot fail.
            let _ = writeln!(out, "{}: {}", terminal(&file.path), line(counts));
        }
    }
    out
}

/// What is wrong, one line a stream.
pub fn faults(events: &StreamReport) -> Vec<String> {
    let faults = events.files.iter().filter_map(|file| match (&file.fault, &file.counts) {
        (Some(fault), _) => Some(fault.clone()),
        (None, Some(counts)) if counts.lines == 0 => {
            Some(format!("{} is empty: nothing was counted", file.path))
        }
        _ => None,
    });
    faults.collect()
}

fn line(counts: &StreamCounts) -> String {
    let plural = if counts.lines == 1 { "" } else { "s" };
    let mut parts = vec![format!("{} line{plural}", counts.lines)];
    if !counts.kinds.is_empty() {
        parts.push(list(&counts.kinds));
    }
    if counts.without_kind > 0 {
        parts.push(format!("without a kind: {}", counts.without_kind));
    }
    if !counts.statuses.is_empty() {
        parts.push(format!("status: {}", list(&counts.statuses)));
    }
    if let (Some(first), Some(last)) = (&counts.first_ts, &counts.last_ts) {
        parts.push(format!("{} to {}", name(first), name(last)));
    }
    parts.join("; ")
}

fn list(counts: &[NameCount]) -> String {
    let each: Vec<String> = counts.iter().map(|c| format!("{} {}", name(&c.name), c.count)).collect();
    each.join(" ")
}

/// A name as it is where it is one word that cannot be taken for a count or a mark, in quotes where it is not.
fn name(text: &str) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || "._-/+:".contains(c);
    let plain = text.chars().all(word) && !text.ends_with(':') && text.chars().any(|c| !c.is_ascii_digit());
    if plain && text.chars().count() <= 80 { terminal(text) } else { terminal(&quoted(text)) }
}

//! A tried expression as people read it: a line for each part, its value beside it, the outcome last.

use crate::verb::gate::try_on::{TriedExpression, TriedPart};
use std::fmt::Write as _;
use tollgate_core::report::text::{fit, terminal};

/// Widest column of sources; a longer one has its value on the next line.
const WIDEST: usize = 56;

/// The text; ends in a newline.
pub fn human(tried: &TriedExpression) -> String {
    let mut out = String::new();
    let rows: Vec<(String, String)> = tried.parts.iter().map(|p| (source(p), outcome(p))).collect();
    let width = rows.iter().map(|(s, _)| s.chars().count()).filter(|n| *n <= WIDEST).max().unwrap_or(0);
    // Writing into a string cannot fail.
    for (source, outcome) in &rows {
        let _ = if source.chars().count() > width {
            writeln!(out, "{source}\n{:width$}  {outcome}", "")
        } else {
            writeln!(out, "{source:width$}  {outcome}")
        };
    }
    for lint in &tried.lints {
        let _ = writeln!(out, "lint, column {}: {}", lint.column, terminal(&lint.message));
    }
    let _ = match (&tried.value, &tried.error) {
        _ if tried.passes => writeln!(out, "true: a check that asserts this passes"),
        (Some(value), _) if value == "false" => writeln!(out, "false: a check that asserts this fails"),
        (Some(value), _) => {
            writeln!(out, "{} is not true: a check that asserts this fails", fit(&terminal(value), 60))
        }
        (None, error) => {
            let why = terminal(error.as_deref().unwrap_or("no value"));
            let _ = writeln!(out, "error: {why}: a check that asserts this fails");
            writeln!(out, "bound: {}", terminal(&tried.bound.join(", ")))
        }
    };
    out
}

fn source(part: &TriedPart) -> String {
    // An expression may run over several lines; here it is one.
    let text = part.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let element = part.element.map_or(String::new(), |at| format!(" (element {at})"));
    format!("{}{}{element}", "  ".repeat(part.depth), terminal(&text))
}

fn outcome(part: &TriedPart) -> String {
    match (&part.value, &part.error) {
        (Some(value), _) => terminal(value),
        (None, Some(error)) => format!("error: {}", terminal(error)),
        (None, None) => "(not reached)".into(),
    }
}

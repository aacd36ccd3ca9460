//! One gate that did not pass, complete, for the human report.

use super::style::TermStyle;
use super::text::{cut, quoted, terminal, terminal_cut, wrap};
use super::words;
use crate::model::finding::Finding;
use crate::model::report::CheckReport;
use crate::model::verdict::GateResult;

/// Longest text of one field of a finding that a screen is given; the verdict holds all of it.
const FIELD: usize = 2_000;
/// Most findings of one gate that a screen is given.
const FINDINGS: usize = 50;

/// `first` before the first line, as many spaces before the others.
pub(super) fn hanging(first: &str, text: &str, style: &TermStyle, out: &mut Vec<String>) {
    let indent = first.chars().count();
    for (at, line) in wrap(text, style.room(indent)).into_iter().enumerate() {
        out.push(if at == 0 { format!("{first}{line}") } else { format!("{:indent$}{line}", "") });
    }
}

/// A labelled field of a gate's block.
fn field(label: &str, text: &str, style: &TermStyle, out: &mut Vec<String>) {
    hanging(&format!("  {label:<9} "), text, style, out);
}

/// A failing gate: what it is, what is wrong, on which evidence, what to do, and how to see it again.
pub(super) fn failure(report: &CheckReport, gate: &GateResult, style: &TermStyle, out: &mut Vec<String>) {
    title(gate, style, out);
    findings(gate, style, out);
    evidence(gate, style, out);
    for (at, step) in gate.remediation.iter().enumerate() {
        let label = if at == 0 { "to do" } else { "" };
        hanging(&format!("  {label:<9} {}. ", at + 1), &terminal(step), style, out);
    }
    if let Some(offer) = report.waiver_offers.get(&gate.id) {
        field(
            "waiver",
            "fill in the blanks and paste, or run the command, if it cannot be fixed now:",
            style,
            out,
        );
        out.extend(offer.template.trim_end().lines().map(|line| format!("    {}", terminal(line))));
        out.push(format!("    {}", terminal(&offer.command)));
    }
    if let Some(trace) = &gate.trace {
        let shown = trace.url.as_ref().unwrap_or(&trace.short_id);
        field("trace", &terminal(shown), style, out);
    }
    command(gate, style, out);
}

/// A gate that fails by what another one, shown before it, fails by: what else is wrong with it, and the command.
pub(super) fn as_before(gate: &GateResult, first: &str, style: &TermStyle, out: &mut Vec<String>) {
    title(gate, style, out);
    field("see", &format!("{}, which fails by the same", terminal(first)), style, out);
    command(gate, style, out);
}

/// A waived gate: the waiver, and what it relabels.
pub(super) fn relabelled(gate: &GateResult, style: &TermStyle, out: &mut Vec<String>) {
    title(gate, style, out);
    if let Some(waiver) = &gate.waiver {
        let left = words::days_left(waiver.days_remaining);
        let said = format!("until {} ({left}), {}: {}", waiver.expires, waiver.owner, waiver.reason);
        field("waiver", &terminal(&said), style, out);
        field("issue", &terminal(&waiver.issue), style, out);
    }
    findings(gate, style, out);
    command(gate, style, out);
}

fn title(gate: &GateResult, style: &TermStyle, out: &mut Vec<String>) {
    out.push(String::new());
    let mut marks: Vec<String> = gate.since.iter().map(|s| terminal(s)).collect();
    if gate.shadow {
        marks.push("shadow, not counted".into());
    } else if !gate.blocking {
        marks.push("does not block".into());
    }
    let marks = if marks.is_empty() { String::new() } else { format!("  [{}]", marks.join(", ")) };
    out.push(format!(
        "{} {}{marks}",
        style.status(gate.status, gate.shadow),
        style.bold(&terminal(&gate.id))
    ));
    field("name", &terminal(&gate.name), style, out);
    field("owner", &terminal(&gate.owner), style, out);
    if let Some(reason) = gate.reason {
        field("reason", reason.name(), style, out);
    }
    // What has a title stands below with its own words.
    if gate.findings.is_empty() || gate.findings.iter().any(|finding| finding.title.is_none()) {
        field("detail", &terminal_cut(&gate.detail, FIELD), style, out);
    }
}

/// Every finding. What was asked for is said once for a run of findings that were asked the same.
fn findings(gate: &GateResult, style: &TermStyle, out: &mut Vec<String>) {
    let mut asked = None;
    for one in gate.findings.iter().take(FINDINGS) {
        if let Some(about) = &one.title {
            titled(one, about, style, out);
            continue;
        }
        let expected = words::expected(one).filter(|_| asked != Some(one.expected.as_ref()));
        asked = Some(one.expected.as_ref());
        if words::says_it_all(gate) {
            if let Some(check) = &one.check {
                field("check", &terminal(check), style, out);
            }
            facts(one, expected, "  ", style, out);
        } else {
            hanging("  - ", &terminal_cut(&words::sentence(one), FIELD), style, out);
            facts(one, expected, "      ", style, out);
        }
    }
    if let Some(more) = gate.findings.len().checked_sub(FINDINGS).filter(|n| *n > 0) {
        out.push(format!("  and {}, all in the verdict", words::count(more, "more finding")));
    }
}

/// A finding that says what it is about: where that stands, what it said, and how to see it alone.
fn titled(finding: &Finding, about: &str, style: &TermStyle, out: &mut Vec<String>) {
    hanging("  - ", &style.bold(&terminal_cut(about, FIELD)), style, out);
    if let Some(at) = &finding.at {
        hanging(&format!("      {:<9} ", "at"), &terminal_cut(&at.show(), FIELD), style, out);
    }
    for (nth, line) in finding.message.lines().enumerate() {
        let start = format!("      {:<9} ", if nth == 0 { "says" } else { "" });
        hanging(&start, &quoted(&cut(line, FIELD)), style, out);
    }
    if let Some(command) = &finding.reproduce {
        // Unbroken, so that it can be taken whole.
        out.push(format!("      {:<9} {}", "again", terminal(command)));
    }
}

/// Place, pointer, what was asked for and what was there.
fn facts(finding: &Finding, expected: Option<&str>, indent: &str, style: &TermStyle, out: &mut Vec<String>) {
    let fields = [
        ("at", words::place_and_pointer(finding)),
        ("expected", expected.map(String::from)),
        ("actual", finding.actual.clone()),
    ];
    for (label, text) in fields {
        if let Some(text) = text {
            hanging(&format!("{indent}{label:<9} "), &terminal_cut(&text, FIELD), style, out);
        }
    }
}

fn evidence(gate: &GateResult, style: &TermStyle, out: &mut Vec<String>) {
    for (at, artifact) in gate.artifacts.iter().enumerate() {
        let label = if at == 0 { "evidence" } else { "" };
        let facts = words::evidence(artifact);
        out.push(format!("  {label:<9} {}  {}", terminal(&artifact.path), style.dim(&facts)));
    }
}

/// The command alone on its line, so that a triple click takes it and nothing else.
fn command(gate: &GateResult, style: &TermStyle, out: &mut Vec<String>) {
    out.push(style.dim("  reproduce"));
    out.push(format!("    {}", terminal(&gate.reproduce_command)));
}

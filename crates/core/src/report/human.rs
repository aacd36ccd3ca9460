//! For a person at a terminal, perhaps at night: one line for each gate, then what failed and all of it, and last on the
//! screen the verdict with the commands to type next. Commands stand on lines of their own with nothing but
//! indentation before them.

use super::changes;
use super::human_gate::{self, hanging};
use super::style::TermStyle;
use super::text::{fit, terminal, terminal_cut};
use super::words;
use crate::model::report::CheckReport;
use crate::model::validation::Validation;
use crate::model::verdict::{GateResult, Status, Verdict, VerdictOutcome};
use tollgate_text::figures::total;

/// Most failed gates that the closing block names; all of them stand above it.
const CLOSING: usize = 15;

/// Most changes that are told one by one.
const CHANGES: usize = 50;

/// Columns that ids are aligned to at most; a longer id stands out.
const WIDE: usize = 48;

/// The whole report, ending in a newline.
pub fn report(report: &CheckReport, style: &TermStyle) -> String {
    let mut out = Vec::new();
    head(&report.verdict, style, &mut out);
    table(&report.verdict.gates, style, &mut out);
    let waived: Vec<_> = report.verdict.gates.iter().filter(|g| g.status == Status::Waived).collect();
    let red = report.red();
    if !waived.is_empty() {
        section("Waived, not fixed", style, &mut out);
        for gate in waived {
            human_gate::relabelled(gate, style, &mut out);
        }
    }
    if !red.is_empty() {
        section("What failed, worst first", style, &mut out);
        no_run(report, style, &mut out);
        let before = words::told_before(report);
        for gate in red.into_iter().filter(|gate| !report.waits_for_a_run(gate)) {
            match before.get(gate.id.as_str()) {
                Some(first) => human_gate::as_before(gate, first, style, &mut out),
                None => human_gate::failure(report, gate, style, &mut out),
            }
        }
    }
    changed(report, style, &mut out);
    notes(&report.notes, style, &mut out);
    promotion(&report.verdict, style, &mut out);
    closing(report, style, &mut out);
    finish(out)
}

/// Once for all gates that wait for the first run.
fn no_run(report: &CheckReport, style: &TermStyle, out: &mut Vec<String>) {
    let Some(none) = &report.no_run else { return };
    out.push(String::new());
    let word = style.status(Status::Fail, false);
    hanging(&format!("{word} "), &style.bold(&terminal(&words::capital(&none.said))), style, out);
    let gates: Vec<String> = none.gates.iter().map(|id| terminal(id)).collect();
    hanging("       ", &format!("it is what these gates judge: {}", gates.join(", ")), style, out);
}

fn finish(out: Vec<String>) -> String {
    let mut text: String = out.iter().flat_map(|line| [line.trim_end(), "\n"]).collect();
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn section(title: &str, style: &TermStyle, out: &mut Vec<String>) {
    out.push(String::new());
    out.push(style.bold(title));
}

fn head(verdict: &Verdict, style: &TermStyle, out: &mut Vec<String>) {
    let tool = format!("{} {}", terminal(&verdict.tool.name), terminal(&verdict.tool.version));
    out.push(format!("{}  {} lane, {} mode", style.bold(&tool), verdict.lane.name(), verdict.mode.name()));
    let at = match (&verdict.commit, &verdict.branch) {
        (Some(commit), Some(branch)) => {
            format!("commit {} on {}", terminal(words::short(commit)), terminal(branch))
        }
        (Some(commit), None) => format!("commit {}", terminal(words::short(commit))),
        (None, _) => "no commit".into(),
    };
    let from =
        verdict.policy.from.as_ref().map_or(String::new(), |f| format!(", policy from {}", terminal(f)));
    let run = Some(&verdict.correlation_id).filter(|r| !r.is_empty());
    let run = run.map_or(String::new(), |r| format!(", run {}", terminal(r)));
    out.push(style.dim(&format!("{at}{run}, judged at {}{from}", terminal(&verdict.generated_at))));
    out.push(String::new());
}

/// One line for each gate in gate order: status, id, and what one needs to know of it.
fn table(gates: &[GateResult], style: &TermStyle, out: &mut Vec<String>) {
    let wide = gates.iter().map(|g| terminal(&g.id).chars().count()).max().unwrap_or(0).min(WIDE);
    let room = if style.width == 0 { 200 } else { style.room(wide + 12) };
    for gate in gates {
        let mut said = match gate.status {
            Status::Pass => words::duration(gate.duration_us),
            _ => terminal_cut(&words::detail(gate), 400),
        };
        let marks: Vec<&str> =
            gate.since.as_deref().into_iter().chain(gate.shadow.then_some("shadow")).collect();
        if !marks.is_empty() {
            said = format!("[{}] {said}", terminal(&marks.join(", ")));
        }
        let said = fit(&said, room);
        let said = if gate.status == Status::Pass { style.dim(&said) } else { said };
        out.push(format!(
            "  {} {:<wide$}  {said}",
            style.status(gate.status, gate.shadow),
            terminal(&gate.id)
        ));
    }
}

/// What the change alters: all that takes something out of the plan, and of the rest as much as is read.
fn changed(report: &CheckReport, style: &TermStyle, out: &mut Vec<String>) {
    let said = changes::sentences(&report.verdict);
    if said.is_empty() {
        return;
    }
    section(changes::TITLE, style, out);
    for sentence in said.iter().take(CHANGES) {
        hanging("  - ", &terminal_cut(sentence, 400), style, out);
    }
    if let Some(more) = said.len().checked_sub(CHANGES).filter(|n| *n > 0) {
        out.push(format!("  - and {more} more; all are in the verdict"));
    }
    changes::way_out(report).iter().for_each(|said| hanging("  ", &terminal(said), style, out));
}

fn notes(notes: &[String], style: &TermStyle, out: &mut Vec<String>) {
    if notes.is_empty() {
        return;
    }
    section("Notes", style, out);
    for note in notes {
        hanging("  - ", &terminal(note), style, out);
    }
}

fn promotion(verdict: &Verdict, style: &TermStyle, out: &mut Vec<String>) {
    if let Some(promotion) = &verdict.promotion {
        section("Promotion", style, out);
        let by = promotion.by.as_deref().unwrap_or("nothing");
        let said = if promotion.allowed { format!("allowed by {}", terminal(by)) } else { "refused".into() };
        hanging("  ", &said, style, out);
        let lists = [
            ("blocked by", &promotion.blocking_gates),
            ("leans on waivers", &promotion.waivers),
            ("on condition", &promotion.conditions),
        ];
        for (what, items) in lists {
            for item in items {
                hanging(&format!("  {what}  "), &terminal(item), style, out);
            }
        }
    }
    if let Some(steps) = verdict.next_steps.as_ref().filter(|s| !s.is_empty()) {
        section("To turn it green, in this order", style, out);
        out.extend(steps.iter().map(|step| format!("    {}", terminal(step))));
    }
}

/// Verdict, counts, exit code, the verdict's path, and what to type next.
fn closing(report: &CheckReport, style: &TermStyle, out: &mut Vec<String>) {
    let verdict = &report.verdict;
    out.push(String::new());
    let failed = words::failed(report);
    let status = if verdict.verdict == VerdictOutcome::Pass { Status::Pass } else { Status::Fail };
    let word = style.status(status, false);
    out.push(format!("{} {}", word, style.bold(&terminal(&words::outcome(verdict)))));
    let others: Vec<_> = failed.iter().copied().filter(|gate| !report.waits_for_a_run(gate)).collect();
    failed_list(&others, style, out);
    if let Some(none) = &report.no_run {
        out.push(format!("       {}", terminal(&none.said)));
    }
    let shadow = verdict.gates.iter().filter(|g| g.shadow).count();
    let shadow = if shadow == 0 { String::new() } else { format!(" ({shadow} shadow, not counted)") };
    let all = &verdict.summary.all;
    let took = report.seconds.map_or(String::new(), |s| format!(" in {s:.2} s"));
    out.push(format!("gates     {}: {}{shadow}{took}", all.gates, words::counts(all)));
    if let Some(path) = &report.verdict_path {
        out.push(format!("verdict   {}", terminal(path)));
    }
    match &report.unwritten {
        None => out.push(format!("exit code {}", verdict.exit_code)),
        Some(why) => hanging(
            "exit code ",
            &format!(
                "4, not {}: the files of this check are not written: {}",
                verdict.exit_code,
                terminal(why)
            ),
            style,
            out,
        ),
    }
    let explain = failed.first().copied().or_else(|| report.red().first().copied());
    if explain.is_some() || verdict.verdict == VerdictOutcome::Fail {
        out.push("next".into());
    }
    if let Some(none) = &report.no_run {
        out.push(format!("    {}", terminal(&none.command)));
        return;
    }
    if let Some(gate) = explain {
        out.push(format!("    tollgate explain {}", terminal(&gate.id)));
    }
    if !failed.is_empty() {
        out.push("    tollgate reproduce".into());
    } else if verdict.verdict == VerdictOutcome::Fail {
        out.push("    tollgate gate list".into());
    }
}

/// The failed gates once more, where the eye rests: worst first, each with the start of its detail.
fn failed_list(failed: &[&GateResult], style: &TermStyle, out: &mut Vec<String>) {
    let shown = &failed[..failed.len().min(CLOSING)];
    let wide = shown.iter().map(|g| terminal(&g.id).chars().count()).max().unwrap_or(0).min(WIDE);
    for gate in shown {
        let since = gate.since.as_ref().map_or(String::new(), |s| format!("[{}] ", terminal(s)));
        let said = format!("{since}{}", terminal_cut(&gate.detail, 400));
        let said = fit(&said, if style.width == 0 { 200 } else { style.room(wide + 10) });
        out.push(format!("       {:<wide$}  {said}", terminal(&gate.id)));
    }
    if failed.len() > shown.len() {
        out.push(format!("       and {}", words::count(failed.len() - shown.len(), "more gate")));
    }
}

/// The result of `validate`: what is wrong in each invalid file, then the count.
pub fn validation(validation: &Validation, style: &TermStyle) -> String {
    let mut out = Vec::new();
    for file in validation.files.iter().filter(|f| !f.findings.is_empty()) {
        let facts: Vec<String> = [
            file.schema.as_ref().map(|s| format!("schema {}", terminal(s))),
            file.sha256.as_ref().map(|s| format!("sha256 {}", words::short(s))),
            file.bytes.map(words::bytes),
        ]
        .into_iter()
        .flatten()
        .collect();
        let name = style.bold(&terminal(&file.path));
        out.push(format!("{} {name}  {}", style.status(Status::Fail, false), style.dim(&facts.join(", "))));
        for finding in &file.findings {
            // The place first and unbroken, so that a terminal or an editor can open it.
            let path = finding.path.as_ref().unwrap_or(&file.path);
            let place = finding.place.map_or(String::new(), |p| format!(":{}:{}", p.line, p.column));
            let pointer = finding.pointer.as_deref().unwrap_or("");
            out.push(format!("  {}{place} {}", terminal(path), terminal(pointer)));
            hanging("      ", &terminal_cut(&words::sentence(finding), 2_000), style, &mut out);
        }
        out.push(String::new());
    }
    notes(&validation.notes, style, &mut out);
    let passes = words::validation_passes(validation);
    let word = style.status(if passes { Status::Pass } else { Status::Fail }, false);
    let found: usize = total(validation.files.iter().map(|f| f.findings.len()));
    let found = if found == 0 { String::new() } else { format!(", {}", words::count(found, "finding")) };
    out.push(format!("{word} {}{found}", style.bold(&words::validation_outcome(validation))));
    finish(out)
}

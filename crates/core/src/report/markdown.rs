//! Markdown for a report file, a step summary, or a comment: a table, then each failure in a `<details>` block with its
//! commands fenced. Bounded: what does not fit is rolled up at a gate's boundary, and a line says so.

use super::text::{fit, html, markdown, markdown_code, markdown_fence, markdown_quote};
use super::{changes, words};
use crate::model::finding::Finding;
use crate::model::report::CheckReport;
use crate::model::validation::{FileResult, Validation};
use crate::model::verdict::{GateResult, Status, VerdictOutcome};

/// Most bytes of a report: below 1 MiB, what GitHub takes of a step summary.
pub const LIMIT: usize = 1_000_000;
/// Most findings of one gate or file.
const FINDINGS: usize = 50;
/// Longest text of one field, in characters.
pub(super) const FIELD: usize = 1_000;
/// Longest cell of a table, in characters.
pub(super) const CELL: usize = 200;
/// Longest list after the failures.
const LIST: usize = 50;
/// Room kept for the lines that say what was left out.
const RESERVE: usize = 1_000;

/// The report within `LIMIT` bytes, ending in a newline.
pub fn report(report: &CheckReport) -> String {
    bounded(report, LIMIT)
}

/// The report within `limit` bytes (at least a few thousand).
pub fn bounded(report: &CheckReport, limit: usize) -> String {
    let verdict = &report.verdict;
    let tail = tail(report);
    let mut page = Page::new(limit.saturating_sub(tail.len()), head(report));
    let rows = verdict.gates.iter().map(row);
    page.table("| Status | Gate | Owner | Detail |\n| --- | --- | --- | --- |\n", rows, "gate");
    let waived = verdict.gates.iter().filter(|g| g.status == Status::Waived);
    let shown: Vec<&GateResult> = report.red().into_iter().chain(waived).collect();
    let shown = shown.into_iter().filter(|gate| !report.waits_for_a_run(gate));
    let blocks = shown.map(|gate| TextBlock { full: block(report, gate), short: short_block(gate) });
    if let Some(none) = &report.no_run {
        let (said, fence) = (markdown(&words::capital(&none.said)), markdown_fence("sh", &none.command));
        page.text.push_str(&format!("{said}.\n\n{fence}\n"));
    }
    page.blocks("What is wrong", blocks, "gate");
    page.text + &tail
}

/// What is said of one gate or file, and what is said when that is too much.
pub(super) struct TextBlock {
    pub full: String,
    pub short: String,
}

/// A page that is filled up to its limit.
pub(super) struct Page {
    pub text: String,
    /// What holds all that is left out here.
    pub kept_in: &'static str,
    limit: usize,
}

impl Page {
    pub fn new(limit: usize, head: String) -> Page {
        Page { text: head, kept_in: "the verdict", limit: limit.saturating_sub(RESERVE) }
    }

    fn fits(&self, more: &str, share: usize) -> bool {
        self.text.len() + more.len() <= self.limit / 4 * share
    }

    /// A table within the first half of the page; the failures need the other.
    pub fn table(&mut self, head: &str, rows: impl Iterator<Item = String>, noun: &str) {
        self.text.push_str(head);
        let mut left_out = 0;
        for row in rows {
            if left_out == 0 && self.fits(&row, 2) {
                self.text.push_str(&row);
            } else {
                left_out += 1;
            }
        }
        self.text.push('\n');
        self.rolled_up(left_out, noun);
    }

    pub fn blocks(&mut self, title: &str, blocks: impl Iterator<Item = TextBlock>, noun: &str) {
        let (mut left_out, mut first) = (0, true);
        for block in blocks {
            if first {
                self.text.push_str(&format!("### {title}\n\n"));
                first = false;
            }
            // One gate with endless findings must not crowd out the others.
            if left_out == 0 && block.full.len() <= self.limit / 8 && self.fits(&block.full, 4) {
                self.text.push_str(&block.full);
            } else if left_out == 0 && self.fits(&block.short, 4) {
                self.text.push_str(&block.short);
            } else {
                left_out += 1;
            }
        }
        self.rolled_up(left_out, noun);
    }

    fn rolled_up(&mut self, left_out: usize, noun: &str) {
        if left_out > 0 {
            let said = words::count(left_out, &format!("more {noun}"));
            let kept_in = self.kept_in;
            self.text.push_str(&format!("**{said} left out here for size; all are in {kept_in}.**\n\n"));
        }
    }
}

fn head(report: &CheckReport) -> String {
    let verdict = &report.verdict;
    let word = if verdict.verdict == VerdictOutcome::Pass { "PASS" } else { "FAIL" };
    let commit = verdict.commit.as_ref().map_or("no commit".into(), |c| markdown_code(words::short(c)));
    let branch = verdict.branch.as_ref().map_or(String::new(), |b| format!(" on {}", markdown_code(b)));
    format!(
        "## tollgate: {word}\n\n{}. {} (exit code {}).\n\n{} lane, {} mode, {commit}{branch}, judged at {}.\n\n",
        markdown(&words::capital(&words::outcome(verdict))),
        words::counts(&verdict.summary.all),
        verdict.exit_code,
        words::capital(verdict.lane.name()),
        verdict.mode.name(),
        markdown(&verdict.generated_at),
    )
}

fn status(gate: &GateResult) -> String {
    let word = gate.status.name().to_ascii_uppercase();
    let mut marks: Vec<String> = gate.since.iter().map(|s| markdown(s)).collect();
    if gate.shadow {
        marks.push("shadow".into());
    }
    if marks.is_empty() { word } else { format!("{word} ({})", marks.join(", ")) }
}

fn row(gate: &GateResult) -> String {
    let detail = match gate.status {
        Status::Pass => String::new(),
        _ => markdown(&fit(&words::detail(gate), CELL)),
    };
    let (id, owner) = (markdown_code(&gate.id), markdown(&fit(&gate.owner, CELL)));
    format!("| {} | {id} | {owner} | {detail} |\n", status(gate))
}

/// The line that a closed block shows.
fn summary(gate: &GateResult) -> String {
    let word = gate.status.name().to_ascii_uppercase();
    let (id, detail) = (html(&gate.id), html(&fit(&gate.detail, CELL)));
    format!("<details><summary><b>{word}</b> <code>{id}</code> {detail}</summary>\n\n")
}

fn short_block(gate: &GateResult) -> String {
    let found = words::count(gate.findings.len(), "finding");
    let command = markdown_fence("sh", &gate.reproduce_command);
    format!(
        "{}{found}, too long for here; the verdict holds them. Reproduce:\n\n{command}\n</details>\n\n",
        summary(gate)
    )
}

fn block(report: &CheckReport, gate: &GateResult) -> String {
    let mut out = summary(gate);
    out.push_str(&format!("{}, owner {}", markdown(&gate.name), markdown(&gate.owner)));
    if let Some(reason) = gate.reason {
        out.push_str(&format!(", reason `{}`", reason.name()));
    }
    out.push_str("\n\n");
    // The summary line shows a short detail already.
    if gate.detail.chars().count() > CELL {
        out.push_str(&format!("{}\n\n", markdown(&fit(&gate.detail, FIELD))));
    }
    out.push_str(&findings(&gate.findings));
    if let Some(waiver) = &gate.waiver {
        let said = format!("until {}, {}: {}", waiver.expires, waiver.owner, waiver.reason);
        out.push_str(&format!("Waived {} ({})\n\n", markdown(&said), markdown(&waiver.issue)));
    }
    out.push_str(&format!("Reproduce:\n\n{}\n", markdown_fence("sh", &gate.reproduce_command)));
    out.push_str(&evidence(gate));
    for (at, step) in gate.remediation.iter().enumerate() {
        out.push_str(&format!("{}. {}\n", at + 1, markdown(step)));
    }
    if !gate.remediation.is_empty() {
        out.push('\n');
    }
    if let Some(offer) = report.waiver_offers.get(&gate.id) {
        out.push_str(&format!(
            "Waiver, to fill in:\n\n{}\n",
            markdown_fence("toml", offer.template.trim_end())
        ));
        out.push_str(&format!("or by a command:\n\n{}\n", markdown_fence("sh", &offer.command)));
    }
    out.push_str("</details>\n\n");
    out
}

fn evidence(gate: &GateResult) -> String {
    let mut out = String::new();
    for artifact in &gate.artifacts {
        out.push_str(&format!(
            "- evidence {}, {}\n",
            markdown_code(&artifact.path),
            words::evidence(artifact)
        ));
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

fn findings(findings: &[Finding]) -> String {
    let mut out = String::new();
    for finding in findings.iter().take(FINDINGS) {
        if let Some(about) = &finding.title {
            out.push_str(&titled(finding, about));
            continue;
        }
        out.push_str(&format!("- {}\n", markdown(&fit(&words::sentence(finding), FIELD))));
        let fields = [
            ("at", words::place(finding)),
            ("pointer", finding.pointer.clone()),
            ("expected", words::expected(finding).map(String::from)),
            ("actual", finding.actual.clone()),
        ];
        for (label, text) in fields {
            if let Some(text) = text.filter(|t| !t.is_empty()) {
                out.push_str(&format!("  - {label} {}\n", markdown_code(&fit(&text, FIELD))));
            }
        }
    }
    if let Some(more) = findings.len().checked_sub(FINDINGS).filter(|n| *n > 0) {
        out.push_str(&format!("- and {}\n", words::count(more, "more finding")));
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

/// A finding that says what it is about: where that stands, what it said, and how to see it alone.
fn titled(finding: &Finding, about: &str) -> String {
    let at = finding.at.as_ref().map_or(String::new(), |at| format!(" at {}", markdown_code(&at.show())));
    let mut out = format!("- **{}**{at}\n", markdown(&fit(about, FIELD)));
    if !finding.message.is_empty() {
        let fence = markdown_quote(&fit(&finding.message, FIELD));
        fence.lines().for_each(|line| out.push_str(&format!("  {line}\n")));
    }
    if let Some(command) = &finding.reproduce {
        out.push_str(&format!("  - again {}\n", markdown_code(command)));
    }
    out
}

/// Promotion, next steps and notes, each list cut so that the whole stays small beside the limit.
fn tail(report: &CheckReport) -> String {
    let mut out = String::new();
    let verdict = &report.verdict;
    if let Some(promotion) = &verdict.promotion {
        let by = promotion.by.as_deref().unwrap_or("nothing");
        let said = if promotion.allowed { format!("allowed by {}", markdown(by)) } else { "refused".into() };
        out.push_str(&format!("### Promotion: {said}\n\n"));
        list(&promotion.blocking_gates, |gate| format!("blocked by {}", markdown_code(gate)), &mut out);
        list(&promotion.waivers, |id| format!("leans on the waiver of {}", markdown_code(id)), &mut out);
        list(&promotion.conditions, |said| format!("on condition: {}", markdown(said)), &mut out);
        out.push('\n');
    }
    if let Some(steps) = verdict.next_steps.as_ref().filter(|s| !s.is_empty()) {
        out.push_str("### To turn it green, in this order\n\n");
        let shown: Vec<String> = steps.iter().take(LIST).map(|s| fit(s, FIELD)).collect();
        out.push_str(&format!("{}\n", markdown_fence("sh", &shown.join("\n"))));
    }
    let changed = changes::sentences(verdict);
    if !changed.is_empty() {
        out.push_str(&format!("### {}\n\n", changes::TITLE));
        list(&changed, markdown, &mut out);
        changes::way_out(report).iter().for_each(|said| out.push_str(&format!("\n{}\n", markdown(said))));
        out.push('\n');
    }
    if !report.notes.is_empty() {
        out.push_str("### Notes\n\n");
        list(&report.notes, markdown, &mut out);
        out.push('\n');
    }
    out
}

fn list(items: &[String], said: impl Fn(&str) -> String, out: &mut String) {
    for item in items.iter().take(LIST) {
        out.push_str(&format!("- {}\n", said(&fit(item, CELL))));
    }
    if let Some(more) = items.len().checked_sub(LIST).filter(|n| *n > 0) {
        out.push_str(&format!("- and {more} more\n"));
    }
}

/// The result of `validate` within `LIMIT` bytes: a table of the invalid files, then what is wrong in each.
pub fn validation(validation: &Validation) -> String {
    let word = if words::validation_passes(validation) { "PASS" } else { "FAIL" };
    let said = words::capital(&words::validation_outcome(validation));
    let mut page = Page::new(LIMIT, format!("## tollgate validate: {word}\n\n{said}.\n\n"));
    let invalid: Vec<&FileResult> = validation.files.iter().filter(|f| !f.findings.is_empty()).collect();
    if !invalid.is_empty() {
        let rows = invalid.iter().map(|f| file_row(f));
        page.table("| File | Schema | Findings |\n| --- | --- | --- |\n", rows, "file");
        page.blocks("What is wrong", invalid.iter().map(|f| file_block(f)), "file");
    }
    if !validation.notes.is_empty() {
        let mut notes = "### Notes\n\n".to_string();
        list(&validation.notes, markdown, &mut notes);
        page.text.push_str(&notes);
    }
    page.text
}

fn file_row(file: &FileResult) -> String {
    let schema = file.schema.as_ref().map_or(String::new(), |s| markdown_code(&fit(s, CELL)));
    format!("| {} | {schema} | {} |\n", markdown_code(&fit(&file.path, CELL)), file.findings.len())
}

fn file_block(file: &FileResult) -> TextBlock {
    let name = html(&fit(&file.path, FIELD));
    let start = format!("<details><summary><code>{name}</code></summary>\n\n");
    let found = words::count(file.findings.len(), "finding");
    TextBlock {
        full: format!("{start}{}</details>\n\n", findings(&file.findings)),
        short: format!("{start}{found}, too long for here.\n\n</details>\n\n"),
    }
}

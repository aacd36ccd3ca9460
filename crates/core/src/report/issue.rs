//! What is wrong, flattened to one list for the formats that annotate places (SARIF, GitHub): worst first, each with
//! the place a person should look at.

use super::words;
use crate::model::finding::{Finding, SourceAt};
use crate::model::gate::Region;
use crate::model::report::CheckReport;
use crate::model::validation::Validation;
use crate::model::verdict::{GateResult, Status};
use crate::model::waiver::{EntryKind, WaiverEntry};
use std::collections::BTreeMap;
use tollgate_text::json::TextPlace;

/// How bad it is. The order is worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It fails the verdict.
    Error,
    /// It does not block.
    Warning,
    /// Waived, or of a shadow gate.
    Note,
}

/// One thing that is wrong.
#[derive(Debug, Clone)]
pub struct Issue<'a> {
    /// How bad.
    pub level: Level,
    /// Gate id, or for a validation the reason.
    pub rule: &'a str,
    /// The gate; `None` for a validation.
    pub gate: Option<&'a GateResult>,
    /// The finding; `None` when the gate has only its detail.
    pub finding: Option<&'a Finding>,
    /// One sentence, or what was said in several lines; untrusted.
    pub message: String,
    /// Where to look; the path is relative to the repository's top folder.
    pub region: Region,
    /// How many issues of the same gate or file stand before it.
    pub rank: usize,
}

/// The level at which a gate that did not pass is shown.
pub fn level(gate: &GateResult) -> Level {
    match gate.status {
        _ if gate.shadow => Level::Note,
        Status::Fail => Level::Error,
        Status::Warn => Level::Warning,
        Status::Pass | Status::Skip | Status::Waived => Level::Note,
    }
}

/// Everything that is wrong in a verdict: errors first, then warnings, then notes, each in the order of `Report::red`.
pub fn of_report(report: &CheckReport) -> Vec<Issue<'_>> {
    let waived = report.verdict.gates.iter().filter(|g| g.status == Status::Waived);
    let entries = Entries::of(report);
    let mut issues = Vec::new();
    for gate in report.red().into_iter().chain(waived) {
        let issue = |finding: Option<&'_ Finding>, rank| (gate_region(report, &entries, gate, finding), rank);
        if gate.findings.is_empty() {
            let (region, rank) = issue(None, 0);
            issues.push(Issue {
                level: level(gate),
                rule: &gate.id,
                gate: Some(gate),
                finding: None,
                message: gate.detail.clone(),
                region,
                rank,
            });
        }
        for (rank, finding) in gate.findings.iter().enumerate() {
            let (region, rank) = issue(Some(finding), rank);
            issues.push(Issue {
                level: level(gate),
                rule: &gate.id,
                gate: Some(gate),
                finding: Some(finding),
                message: message(finding),
                region,
                rank,
            });
        }
    }
    issues.sort_by_key(|i| i.level);
    issues
}

/// What a finding says where its title stands beside it; else its sentence.
fn message(finding: &Finding) -> String {
    match &finding.title {
        Some(title) if finding.message.is_empty() => title.clone(),
        Some(title) => format!("{title}: {}", finding.message),
        None => words::sentence(finding),
    }
}

/// Everything that is wrong in validated files, in path order; the place is in the file itself.
pub fn of_validation(validation: &Validation) -> Vec<Issue<'_>> {
    let mut issues = Vec::new();
    for file in &validation.files {
        for (rank, finding) in file.findings.iter().enumerate() {
            issues.push(Issue {
                level: Level::Error,
                rule: finding.reason.name(),
                gate: None,
                finding: Some(finding),
                message: words::sentence(finding),
                region: point(finding.path.as_deref().unwrap_or(&file.path), finding.place),
                rank,
            });
        }
    }
    issues
}

/// One character wide: what is known of a place in an artifact.
pub fn point(path: &str, place: Option<TextPlace>) -> Region {
    let TextPlace { line, column } = place.unwrap_or(TextPlace { line: 1, column: 1 });
    Region { path: path.to_string(), line, column, end_line: line, end_column: column + 1 }
}

/// The region a person must look at: the place that the finding gives, else the waiver's line for a finding about a waiver, else the check, else the gate, and
/// `tollgate.toml` when the gate's own place is not known. The path has the repository prefix.
fn gate_region(
    report: &CheckReport,
    entries: &Entries<'_>,
    gate: &GateResult,
    finding: Option<&Finding>,
) -> Region {
    let check = finding.and_then(|f| f.check.as_ref());
    let source = |at: &SourceAt| {
        let (line, column) = (at.line.unwrap_or(1), at.column.unwrap_or(1));
        point(&at.path, Some(TextPlace { line, column }))
    };
    let region = finding
        .and_then(|f| f.at.as_ref().map(source))
        .or_else(|| finding.and_then(|f| waiver_region(entries, gate, f)))
        .or_else(|| check.and_then(|c| report.check_regions.get(&(gate.id.clone(), c.clone()))).cloned())
        .or_else(|| report.gate_regions.get(&gate.id).cloned())
        .unwrap_or_else(|| point("tollgate.toml", None));
    Region { path: format!("{}{}", report.repo_prefix, region.path), ..region }
}

/// Where the entry that a finding is about stands. A finding that has a place in the classification file says it
/// itself; one of a lifecycle gate points into the list `waivers` or `quarantines` (`/3/state`), or names the entry.
fn waiver_region(entries: &Entries<'_>, gate: &GateResult, finding: &Finding) -> Option<Region> {
    let entries = match gate.id.as_str() {
        "waiver_lifecycle" => &entries.waivers,
        "quarantine_lifecycle" => &entries.quarantines,
        _ => return None,
    };
    if let (Some(path), Some(place)) = (&finding.path, finding.place) {
        let same = entries.by_line.get(&(path.as_str(), place.line)).copied();
        return Some(same.cloned().unwrap_or_else(|| point(path, Some(place))));
    }
    let pointed = finding.pointer.as_ref().and_then(|pointer| {
        let mut tokens = pointer.split('/').skip(1);
        let first = tokens.next()?;
        match first.parse::<usize>() {
            Ok(index) => entries.all.get(index).copied(),
            Err(_) => entries.by_id.get(tokens.next()?).copied(),
        }
    });
    let named = || {
        let mut words = finding.message.split(|c: char| !(c.is_alphanumeric() || "_-.:".contains(c)));
        words.find_map(|w| entries.by_id.get(w.trim_matches([':', '.']))).copied()
    };
    pointed.or_else(named).and_then(|e| e.region.clone())
}

/// The entries of a report as findings about them are told apart: looked through once, not once a finding.
struct Entries<'a> {
    waivers: Known<'a>,
    quarantines: Known<'a>,
}

/// Those of one kind.
#[derive(Default)]
struct Known<'a> {
    all: Vec<&'a WaiverEntry>,
    /// The first of each id.
    by_id: BTreeMap<&'a str, &'a WaiverEntry>,
    /// The first that is stated in a line of a file.
    by_line: BTreeMap<(&'a str, u64), &'a Region>,
}

impl<'a> Entries<'a> {
    fn of(report: &'a CheckReport) -> Entries<'a> {
        let of_kind = |kind| {
            let mut known = Known::default();
            for entry in report.verdict.waivers.iter().chain(&report.quarantines).filter(|e| e.kind == kind) {
                known.all.push(entry);
                known.by_id.entry(&entry.id).or_insert(entry);
                if let Some(region) = &entry.region {
                    known.by_line.entry((&region.path, region.line)).or_insert(region);
                }
            }
            known
        };
        Entries { waivers: of_kind(EntryKind::Waiver), quarantines: of_kind(EntryKind::Quarantine) }
    }
}

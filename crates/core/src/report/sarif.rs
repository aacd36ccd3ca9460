//! SARIF 2.1.0 as GitHub's code scanning reads it: a rule per gate, a result per finding, at the place where the gate
//! is stated. Limits are GitHub's (SARIF support for code scanning): 5,000 results shown, 20 tags a rule, 255 characters
//! of a name, 1,024 of a description; texts are cut below them.

use super::issue::{self, Issue, Level};
use super::sarif_log::*;
use super::text::{fit, markdown, markdown_fence, sarif, terminal, uri_path};
use super::{changes, json, words};
use crate::model::gate::Region;
use crate::model::report::CheckReport;
use crate::model::validation::Validation;
use crate::model::verdict::{GateResult, Status};
use std::collections::BTreeMap;
use tollgate_text::digest::sha256_hex;

/// Most results that code scanning shows.
const RESULTS: usize = 5_000;
/// Most changes of the policy that are told one by one.
const CHANGES: usize = 100;
/// Most characters of a description.
const DESCRIPTION: usize = 1_024;
/// Most characters of a name.
const NAME: usize = 255;
/// Most characters of a message: what an alert shows of it.
const MESSAGE: usize = 1_000;
const HOME: &str = "https://docs.rs/tollgate";
const ROOT: &str = "%SRCROOT%";

/// The verdict as SARIF, ending in a newline.
pub fn report(report: &CheckReport) -> String {
    let verdict = &report.verdict;
    let index: BTreeMap<&str, usize> =
        verdict.gates.iter().enumerate().map(|(at, g)| (g.id.as_str(), at)).collect();
    let issues = issue::of_report(report);
    let mut notes = left_out(issues.len());
    if words::fails_without_gate(verdict) {
        notes.push(Notification { level: "error", message: text(&words::outcome(verdict), MESSAGE) });
    }
    if !verdict.not_judged.is_empty() && !words::fails_without_gate(verdict) {
        notes.push(Notification { level: "warning", message: text(&words::outcome(verdict), MESSAGE) });
    }
    let changed = changes::sentences(verdict);
    let level = if changes::is_red(report) { "warning" } else { "note" };
    notes.extend(
        changed.iter().take(CHANGES).map(|said| Notification { level, message: text(said, MESSAGE) }),
    );
    if let Some(more) = changed.len().checked_sub(CHANGES).filter(|n| *n > 0) {
        let said = format!("{} of the policy; all are in the verdict", words::count(more, "more change"));
        notes.push(Notification { level, message: text(&said, MESSAGE) });
    }
    let invocation = Invocation {
        // A red verdict is work well done; a check that judged nothing is not.
        execution_successful: verdict.exit_code <= 1,
        exit_code: Some(verdict.exit_code),
        end_time_utc: None,
        tool_execution_notifications: notes,
    };
    let results = results(issues, &index, &report.repo_prefix);
    let rules = verdict.gates.iter().map(rule).collect();
    let id = format!("tollgate/{}/", verdict.lane.name());
    log(&verdict.tool.version, id, rules, invocation, results)
}

/// The result of `validate` as SARIF: a rule per kind of fault, a result per finding, at its place in the file. Paths
/// are those that were given on the command line.
pub fn validation(validation: &Validation) -> String {
    let issues = issue::of_validation(validation);
    let mut index = BTreeMap::new();
    for issue in &issues {
        index.entry(issue.rule).or_insert(0);
    }
    for (at, slot) in index.values_mut().enumerate() {
        *slot = at;
    }
    let rules = index.keys().map(|reason| fault_rule(reason)).collect();
    let mut notes = left_out(issues.len());
    if validation.files.is_empty() {
        notes.push(Notification {
            level: "error",
            message: text(&words::validation_outcome(validation), MESSAGE),
        });
    }
    let invocation = Invocation {
        execution_successful: !validation.files.is_empty(),
        exit_code: None,
        end_time_utc: None,
        tool_execution_notifications: notes,
    };
    let results = results(issues, &index, "");
    log(env!("CARGO_PKG_VERSION"), "tollgate/validate/".into(), rules, invocation, results)
}

fn log(
    version: &str,
    id: String,
    rules: Vec<Rule>,
    invocation: Invocation,
    results: Vec<SarifResult>,
) -> String {
    let version = terminal(version);
    let driver = Driver {
        name: "tollgate".into(),
        semantic_version: version.clone(),
        version,
        information_uri: HOME,
        rules,
    };
    let base = UriBase { description: text("the top folder of the repository", DESCRIPTION) };
    json::pretty(&SarifLog {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [SarifRun {
            tool: SarifTool { driver },
            automation_details: AutomationDetails { id },
            column_kind: "unicodeCodePoints",
            original_uri_base_ids: BTreeMap::from([(ROOT, base)]),
            invocations: [invocation],
            results,
        }],
    })
}

fn text(said: &str, max: usize) -> SarifText {
    SarifText { text: fit(&sarif(said), max) }
}

fn left_out(found: usize) -> Vec<Notification> {
    match found.checked_sub(RESULTS) {
        None | Some(0) => Vec::new(),
        Some(more) => {
            let said = format!(
                "{} left out, the least severe ones: code scanning shows {RESULTS}; all are in the verdict",
                words::count(more, "result")
            );
            vec![Notification { level: "note", message: text(&said, MESSAGE) }]
        }
    }
}

fn rule(gate: &GateResult) -> Rule {
    let mut tags =
        vec!["ci-gate".to_string(), if gate.blocking { "blocking" } else { "non-blocking" }.into()];
    tags.extend(gate.runbook.iter().map(|r| fit(&format!("runbook/{}", terminal(r)), NAME)));
    let full = format!("{}. Owner: {}.", gate.name.trim_end_matches('.'), gate.owner);
    Rule {
        id: fit(&terminal(&gate.id), NAME),
        name: fit(&terminal(&gate.id), NAME),
        short_description: text(&gate.name, DESCRIPTION),
        full_description: text(&full, DESCRIPTION),
        help: help(gate),
        default_configuration: Configuration { level: if gate.blocking { "error" } else { "warning" } },
        properties: Properties { tags },
    }
}

fn help(gate: &GateResult) -> Help {
    let explain = format!("tollgate explain {}", terminal(&gate.id));
    let mut plain = vec!["Reproduce:".to_string(), terminal(&gate.reproduce_command)];
    let mut marked = format!("Reproduce:\n\n{}\n", markdown_fence("sh", &gate.reproduce_command));
    for (at, step) in gate.remediation.iter().enumerate() {
        plain.push(format!("{}. {}", at + 1, terminal(step)));
        marked.push_str(&format!("{}. {}\n", at + 1, markdown(step)));
    }
    plain.push(format!("More: {explain}"));
    marked.push_str(&format!("\nMore: `{explain}`\n"));
    Help { text: plain.join("\n"), markdown: marked }
}

/// The rule of a kind of fault that `validate` finds.
fn fault_rule(reason: &str) -> Rule {
    let said = format!("The file is at fault: {reason}.");
    Rule {
        id: reason.into(),
        name: reason.into(),
        short_description: text(&said, DESCRIPTION),
        full_description: text(&said, DESCRIPTION),
        help: Help { text: said.clone(), markdown: said },
        default_configuration: Configuration { level: "error" },
        properties: Properties { tags: vec!["artifact".into()] },
    }
}

/// Worst first, at most as many as are shown.
fn results(issues: Vec<Issue<'_>>, index: &BTreeMap<&str, usize>, prefix: &str) -> Vec<SarifResult> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut results = Vec::new();
    for issue in issues.iter().take(RESULTS) {
        let hash = fingerprint(issue);
        let count = seen.entry(hash.clone()).or_default();
        *count += 1;
        results.push(SarifResult {
            rule_id: fit(&terminal(issue.rule), NAME),
            rule_index: index.get(issue.rule).copied().unwrap_or(0),
            level: match issue.level {
                Level::Error => "error",
                Level::Warning => "warning",
                Level::Note => "note",
            },
            message: said(issue),
            locations: vec![location(&issue.region, None)],
            related_locations: related(issue, prefix),
            partial_fingerprints: BTreeMap::from([("primaryLocationLineHash", format!("{hash}:{count}"))]),
            suppressions: suppression(issue),
        });
    }
    results
}

/// The lines of a message, each made harmless: in SARIF a message may have several.
fn said(issue: &Issue<'_>) -> SarifText {
    let again = issue.finding.and_then(|f| f.reproduce.as_ref()).map(|command| format!("again: {command}"));
    let lines: Vec<String> =
        issue.message.lines().map(String::from).chain(again).map(|line| sarif(&line)).collect();
    SarifText { text: fit(&lines.join("\n"), MESSAGE) }
}

fn suppression(issue: &Issue<'_>) -> Vec<Suppression> {
    let waived = issue.gate.filter(|g| g.status == Status::Waived);
    let justification = waived
        .and_then(|g| g.waiver.as_ref())
        .map(|w| format!("waived until {} by {}: {} ({})", w.expires, w.owner, w.reason, w.issue));
    waived
        .map(|_| Suppression {
            kind: "external",
            status: "accepted",
            justification: fit(&terminal(&justification.unwrap_or_default()), MESSAGE),
        })
        .into_iter()
        .collect()
}

/// The artifact that a finding is about, when the result itself points at the gate.
fn related(issue: &Issue<'_>, prefix: &str) -> Vec<Location> {
    let Some((_, finding)) = issue.gate.zip(issue.finding) else { return Vec::new() };
    let Some(path) = &finding.path else { return Vec::new() };
    let region = issue::point(&format!("{prefix}{path}"), finding.place);
    let said = finding.pointer.as_ref().map_or("the artifact".into(), |p| format!("the artifact at {p}"));
    vec![Location { id: Some(1), ..location(&region, Some(text(&said, MESSAGE))) }]
}

fn location(region: &Region, message: Option<SarifText>) -> Location {
    // `validate` may be given an absolute path; that one hangs from no base.
    let artifact_location = if region.path.starts_with('/') {
        ArtifactLocation { uri: format!("file://{}", uri_path(&region.path)), uri_base_id: None }
    } else {
        ArtifactLocation { uri: uri_path(&region.path), uri_base_id: Some(ROOT) }
    };
    Location {
        id: None,
        physical_location: PhysicalLocation { artifact_location, region: full(region) },
        message,
    }
}

/// All four numbers, from 1, the end never before the start: a reader refuses a file for less.
fn full(region: &Region) -> SarifRegion {
    let (start_line, start_column) = (region.line.max(1), region.column.max(1));
    let end_line = region.end_line.max(start_line);
    let least = if end_line == start_line { start_column } else { 1 };
    SarifRegion { start_line, start_column, end_line, end_column: region.end_column.max(least) }
}

/// Tells an alert of one run from another of the next: what is asked, of which artifact, at which field, of which thing that has a title. Messages and
/// list positions change from run to run and have no part in it. 16 hex digits, as GitHub's own.
fn fingerprint(issue: &Issue<'_>) -> String {
    let finding = issue.finding;
    let pointer = finding.and_then(|f| f.pointer.as_deref()).unwrap_or("");
    let pointer: Vec<&str> = pointer
        .split('/')
        .map(|t| if !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit()) { "*" } else { t })
        .collect();
    // A validation has no gate: there the file tells its alerts apart.
    let file = if issue.gate.is_some() { "" } else { issue.region.path.as_str() };
    let parts = [
        issue.rule,
        finding.and_then(|f| f.check.as_deref()).unwrap_or(""),
        finding.and_then(|f| f.artifact.as_deref()).unwrap_or(""),
        file,
        &pointer.join("/"),
        finding.and_then(|f| f.title.as_deref()).unwrap_or(""),
    ];
    sha256_hex(parts.join("\0").as_bytes()).chars().take(16).collect()
}

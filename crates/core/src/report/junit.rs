//! JUnit XML: a test suite per lane, a test case per gate. What only warns, is waived, or is a shadow is `skipped` with
//! its text, because a reader of JUnit knows no other word that does not fail the build.

use super::text::{cut, terminal, terminal_cut, xml};
use super::{changes, words};
use crate::model::finding::Finding;
use crate::model::report::CheckReport;
use crate::model::validation::{FileResult, Validation};
use crate::model::verdict::{GateResult, Status};
use quick_junit::{NonSuccessKind, Property, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;
use tollgate_text::figures::total;
use tollgate_text::time::parse_rfc3339;

/// Longest text node of one test case, in characters.
const BODY: usize = 60_000;

/// The verdict as JUnit XML, ending in a newline.
pub fn report(report: &CheckReport) -> String {
    let verdict = &report.verdict;
    let mut suite = TestSuite::new(format!("tollgate.{}", verdict.lane.name()));
    for (name, value) in [
        ("run_id", Some(&verdict.run_id)),
        ("commit", verdict.commit.as_ref()),
        ("policy_digest", Some(&verdict.policy.digest)),
    ] {
        if let Some(value) = value {
            suite.add_property(property(name, value));
        }
    }
    for sentence in changes::sentences(verdict) {
        suite.add_property(property("altered", &sentence));
    }
    for id in &verdict.not_judged {
        suite.add_property(property("not_judged", id));
    }
    suite.add_property(property("exit_code", &verdict.exit_code.to_string()));
    let seconds = Duration::from_micros(total(verdict.gates.iter().map(|g| g.duration_us)));
    suite.set_time(seconds);
    for gate in &verdict.gates {
        suite.add_test_case(test_case(gate, verdict.lane.name()));
        suite.add_test_cases(gate.findings.iter().filter_map(|finding| titled(gate, finding, report)));
    }
    if words::fails_without_gate(verdict) {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type("verdict").set_message(one_line(&words::outcome(verdict)));
        suite.add_test_case(of_class(TestCase::new("verdict", status), verdict.lane.name()));
    }
    document("tollgate", suite, &verdict.generated_at)
}

fn test_case(gate: &GateResult, lane: &str) -> TestCase {
    let mut case = TestCase::new(one_line(&gate.id), status(gate));
    case = of_class(case, lane);
    case.set_time(Duration::from_micros(gate.duration_us));
    case.add_property(property("status", gate.status.name()));
    case.add_property(property("name", &gate.name));
    case.add_property(property("owner", &gate.owner));
    case.add_property(property("blocking", if gate.blocking { "true" } else { "false" }));
    case.set_system_out(xml(&format!("reproduce: {}", terminal(&gate.reproduce_command))));
    case
}

/// A case of its own for what a finding names, at its place in the source: it is found by its name and opened by its file.
fn titled(gate: &GateResult, finding: &Finding, report: &CheckReport) -> Option<TestCase> {
    let about = finding.title.as_ref()?;
    let mut status = match gate.status {
        Status::Fail if !gate.shadow => TestCaseStatus::non_success(NonSuccessKind::Failure),
        _ => TestCaseStatus::skipped(),
    };
    let kind = if gate.status == Status::Waived { "waived" } else { finding.reason.name() };
    let body = xml(&cut(&finding_lines(finding).join("\n"), BODY));
    status.set_type(kind).set_message(one_line(&finding.headline())).set_description(body);
    let mut case = TestCase::new(one_line(about), status);
    case.set_classname(format!("tollgate.{}.{}", report.verdict.lane.name(), one_line(&gate.id)));
    if let Some(at) = &finding.at {
        case.extra.insert("file".into(), one_line(&format!("{}{}", report.repo_prefix, at.path)).into());
        case.extra.extend(at.line.map(|line| ("line".into(), line.to_string().into())));
    }
    Some(case)
}

fn status(gate: &GateResult) -> TestCaseStatus {
    let reason = gate.reason.map_or("unknown", |r| r.name());
    let text = one_line(&words::detail(gate));
    match gate.status {
        Status::Pass => TestCaseStatus::success(),
        Status::Fail if !gate.shadow => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type(reason).set_message(one_line(&gate.detail)).set_description(body(gate));
            status
        }
        Status::Skip => skipped(reason, &text, None),
        Status::Waived => skipped("waived", &text, Some(body(gate))),
        Status::Fail | Status::Warn => {
            let word = if gate.shadow { "shadow" } else { "warn" };
            skipped(word, &format!("{word}, not blocking: {text}"), Some(body(gate)))
        }
    }
}

fn skipped(kind: &str, message: &str, description: Option<String>) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_type(kind).set_message(message);
    if let Some(text) = description {
        status.set_description(text);
    }
    status
}

/// Everything that is known of a failure, as text.
fn body(gate: &GateResult) -> String {
    let mut lines: Vec<String> = gate.findings.iter().flat_map(finding_lines).collect();
    for artifact in &gate.artifacts {
        lines.push(format!("evidence: {} ({})", terminal(&artifact.path), words::evidence(artifact)));
    }
    lines.extend(gate.remediation.iter().map(|step| format!("to do: {}", terminal(step))));
    lines.push(format!("reproduce: {}", terminal(&gate.reproduce_command)));
    xml(&cut(&lines.join("\n"), BODY))
}

fn finding_lines(finding: &Finding) -> Vec<String> {
    let mut lines = vec![terminal_cut(&words::sentence(finding), 4_000)];
    if finding.title.is_some() {
        lines.extend(finding.at.as_ref().map(|at| format!("  at: {}", terminal_cut(&at.show(), 4_000))));
        lines.extend(finding.message.lines().skip(1).map(|line| format!("  {}", terminal_cut(line, 4_000))));
        lines.extend(finding.reproduce.as_ref().map(|command| format!("  again: {}", terminal(command))));
        return lines;
    }
    let fields = [
        ("at", words::place(finding)),
        ("pointer", finding.pointer.clone()),
        ("expected", words::expected(finding).map(String::from)),
        ("actual", finding.actual.clone()),
    ];
    for (label, text) in fields {
        lines.extend(text.map(|t| format!("  {label}: {}", terminal_cut(&t, 4_000))));
    }
    lines
}

/// An attribute: a reader would turn a newline in it into a space, so it is shown as an escape.
fn one_line(text: &str) -> String {
    xml(&terminal_cut(text, 4_000))
}

fn of_class(mut case: TestCase, class: &str) -> TestCase {
    case.set_classname(format!("tollgate.{class}"));
    case
}

fn property(name: &str, value: &str) -> Property {
    Property::new(name, one_line(value))
}

fn document(name: &str, suite: TestSuite, generated_at: &str) -> String {
    let mut suite = suite;
    suite.extra.insert("skipped".into(), suite.disabled.to_string().into());
    suite.disabled = 0;
    let mut report = quick_junit::Report::new(name);
    if let Ok(time) = parse_rfc3339(generated_at) {
        report.set_timestamp(time);
        suite.set_timestamp(time);
    }
    report.time = suite.time;
    report.add_test_suite(suite);
    match report.to_string() {
        Ok(text) => text,
        // Writing to memory does not fail; were it to, no reader takes this for a report.
        Err(error) => format!("not written: {error}\n"),
    }
}

/// The result of `validate` as JUnit XML: a test case per file.
pub fn validation(validation: &Validation) -> String {
    let mut suite = TestSuite::new("tollgate.validate");
    for file in &validation.files {
        suite.add_test_case(file_case(file));
    }
    if validation.files.is_empty() {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type("validation").set_message(words::validation_outcome(validation));
        suite.add_test_case(of_class(TestCase::new("validation", status), "validate"));
    }
    document("tollgate", suite, &validation.generated_at)
}

fn file_case(file: &FileResult) -> TestCase {
    let status = match file.findings.first() {
        None => TestCaseStatus::success(),
        Some(first) => {
            let more = match file.findings.len() - 1 {
                0 => String::new(),
                n => format!(" (and {n} more)"),
            };
            let lines: Vec<String> = file.findings.iter().flat_map(finding_lines).collect();
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status
                .set_type(first.reason.name())
                .set_message(format!("{}{more}", one_line(&first.message)))
                .set_description(xml(&cut(&lines.join("\n"), BODY)));
            status
        }
    };
    let mut case = of_class(TestCase::new(one_line(&file.path), status), "validate");
    if let Some(sha256) = &file.sha256 {
        case.add_property(property("sha256", sha256));
    }
    if let Some(schema) = &file.schema {
        case.add_property(property("schema", schema));
    }
    case
}

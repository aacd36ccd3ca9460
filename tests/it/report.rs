//! What people and machines read: a snapshot of every format over a green and a red report, and what holds for all.

#![allow(clippy::expect_used, clippy::panic, reason = "helpers of tests fail as tests do")]

use crate::report_sample as sample;
use proptest::prelude::*;
use quick_xml::events::Event;
use serde_json::Value;
use tollgate::embedded::SCHEMAS;
use tollgate_core::model::finding::Finding;
use tollgate_core::model::report::{CheckReport, WaiverOffer};
use tollgate_core::model::validation::Validation;
use tollgate_core::model::verdict::{Status, Verdict};
use tollgate_core::model::waiver::{EntryKind, EntryState};
use tollgate_core::report::{ReportKind, TermStyle, audit, bundle, events, github};
use tollgate_text::json::TextPlace;

fn render(kind: ReportKind, report: &CheckReport, style: &TermStyle) -> String {
    kind.format().report.expect("a format of verdicts")(report, style)
}

fn render_validation(kind: ReportKind, found: &Validation, style: &TermStyle) -> String {
    kind.format().validation.expect("a format of validations")(found, style)
}

const COLOUR: TermStyle = TermStyle { colour: true, width: 100 };

macro_rules! snapshots {
    ($($test:ident: $name:literal, $text:expr;)*) => {
        $(#[test]
        fn $test() {
            insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
                insta::assert_snapshot!($name, $text);
            });
        })*
    };
}

snapshots! {
    human_green: "report_human_green", render(ReportKind::Human, &sample::green(), &TermStyle::PLAIN);
    human_red: "report_human_red", render(ReportKind::Human, &sample::red(), &TermStyle::PLAIN);
    human_red_colour: "report_human_colour", render(ReportKind::Human, &sample::green(), &COLOUR).replace('\u{1b}', "ESC");
    human_certification: "report_human_certification", render(ReportKind::Human, &sample::certification(), &TermStyle::PLAIN);
    human_nothing: "report_human_nothing_judged", render(ReportKind::Human, &sample::nothing_judged(), &TermStyle::PLAIN);
    json_green: "report_json_green", render(ReportKind::Json, &sample::green(), &TermStyle::PLAIN);
    json_red: "report_json_red", verdict_lines(&render(ReportKind::Json, &sample::red(), &TermStyle::PLAIN));
    junit_green: "report_junit_green", render(ReportKind::Junit, &sample::green(), &TermStyle::PLAIN);
    junit_red: "report_junit_red", render(ReportKind::Junit, &sample::red(), &TermStyle::PLAIN);
    junit_nothing: "report_junit_nothing_judged", render(ReportKind::Junit, &sample::nothing_judged(), &TermStyle::PLAIN);
    sarif_green: "report_sarif_green", render(ReportKind::Sarif, &sample::green(), &TermStyle::PLAIN);
    sarif_red: "report_sarif_red", sarif_lines(&render(ReportKind::Sarif, &sample::red(), &TermStyle::PLAIN));
    markdown_green: "report_markdown_green", render(ReportKind::Markdown, &sample::green(), &TermStyle::PLAIN);
    markdown_red: "report_markdown_red", render(ReportKind::Markdown, &sample::red(), &TermStyle::PLAIN);
    markdown_certification: "report_markdown_certification", render(ReportKind::Markdown, &sample::certification(), &TermStyle::PLAIN);
    github_green: "report_github_green", github_text(&sample::green());
    github_red: "report_github_red", github_text(&sample::red());
    github_nothing: "report_github_nothing_judged", github_text(&sample::nothing_judged());
    events_red: "report_events_red", events::report(&sample::red());
    audit_red: "report_audit_red", audit::report(&sample::red());
    bundle_red: "report_bundle_red", bundle::report(&sample::red()).expect("something failed");
    validation_human: "validation_human", render_validation(ReportKind::Human, &sample::validation(), &TermStyle::PLAIN);
    validation_json: "validation_json", render_validation(ReportKind::Json, &sample::validation(), &TermStyle::PLAIN);
    validation_junit: "validation_junit", render_validation(ReportKind::Junit, &sample::validation(), &TermStyle::PLAIN);
    validation_sarif: "validation_sarif", render_validation(ReportKind::Sarif, &sample::validation(), &TermStyle::PLAIN);
    validation_markdown: "validation_markdown", render_validation(ReportKind::Markdown, &sample::validation(), &TermStyle::PLAIN);
    validation_github: "validation_github", render_validation(ReportKind::Github, &sample::validation(), &TermStyle::PLAIN);
}

/// A string of a document, where one stands there.
fn at<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or("-")
}

/// Every member of an object that is not one of these, one a line: what a summary does not know is not left out.
fn others(value: &Value, known: &[&str]) -> String {
    let members =
        value.as_object().expect("an object").iter().filter(|(key, _)| !known.contains(&key.as_str()));
    members.map(|(key, value)| format!("    {key}: {value}\n")).collect()
}

/// `FILE:LINE:COLUMN-LINE:COLUMN` of a SARIF location.
fn place(location: &Value) -> String {
    let physical = &location["physicalLocation"];
    let region = physical.get("region").map(|region| {
        let number = |key: &str| region[key].to_string();
        let (start, end) =
            ((number("startLine"), number("startColumn")), (number("endLine"), number("endColumn")));
        format!(":{}:{}-{}:{}", start.0, start.1, end.0, end.1)
    });
    format!("{}{}", at(physical, "/artifactLocation/uri"), region.unwrap_or_default())
}

/// What a reviewer of a SARIF log looks at: what it says of the run, each rule on one line, and of each result its level, rule,
/// place, message and fingerprint. The whole of a short log is the snapshot `report_sarif_green`.
fn sarif_lines(text: &str) -> String {
    let mut log: Value = serde_json::from_str(text).expect("JSON");
    let run = &mut log["runs"][0];
    let rules = std::mem::take(&mut run["tool"]["driver"]["rules"]);
    let results = std::mem::take(&mut run["results"]);
    let mut lines = format!("{log:#}\n");
    for (nth, rule) in rules.as_array().expect("rules").iter().enumerate() {
        let (level, tags) = (at(rule, "/defaultConfiguration/level"), &rule["properties"]["tags"]);
        lines += &format!("rule {nth}: {level} {} {tags}\n", at(rule, "/id"));
    }
    for result in results.as_array().expect("results") {
        let head = (at(result, "/level"), at(result, "/ruleId"), place(&result["locations"][0]));
        let print = &result["partialFingerprints"];
        lines +=
            &format!("{} {} at {} {print}\n    {}\n", head.0, head.1, head.2, at(result, "/message/text"));
        for related in result["relatedLocations"].as_array().into_iter().flatten() {
            lines += &format!("    see {}: {}\n", place(related), at(related, "/message/text"));
        }
        let known = [
            "level",
            "ruleId",
            "ruleIndex",
            "locations",
            "message",
            "relatedLocations",
            "partialFingerprints",
        ];
        lines += &others(result, &known);
    }
    lines
}

/// What a reviewer of a verdict looks at: what it says of the whole, and of each gate its status, why, and its findings. The
/// whole of a short one is the snapshot `report_json_green`.
fn verdict_lines(text: &str) -> String {
    let mut verdict: Value = serde_json::from_str(text).expect("JSON");
    let gates = std::mem::take(&mut verdict["gates"]);
    let mut lines = format!("{verdict:#}\n");
    for gate in gates.as_array().expect("gates") {
        let words = [at(gate, "/status"), at(gate, "/id"), at(gate, "/reason"), at(gate, "/since")].join(" ");
        lines += &format!("{words}: {}\n", at(gate, "/detail"));
        for finding in gate["findings"].as_array().expect("findings") {
            lines += &format!("    {finding}\n");
        }
    }
    lines
}

/// What the summaries leave out of a log and a verdict is that of the report.
#[test]
fn what_machines_read_of_a_red_report_is_what_it_holds() {
    let report = sample::red();
    let verdict: Value =
        serde_json::from_str(&render(ReportKind::Json, &report, &TermStyle::PLAIN)).expect("JSON");
    assert_eq!(verdict, serde_json::to_value(&report.verdict).expect("a verdict can be written"));
    let log: Value =
        serde_json::from_str(&render(ReportKind::Sarif, &report, &TermStyle::PLAIN)).expect("JSON");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    for result in run["results"].as_array().expect("results") {
        let nth = result["ruleIndex"].as_u64().expect("an index") as usize;
        assert_eq!(rules[nth]["id"], result["ruleId"]);
        assert_eq!(result["locations"].as_array().map(Vec::len), Some(1), "{result}");
    }
    // Texts of an attacker are escaped: other tests are of that.
    for rule in rules.iter().filter(|rule| rule["id"] != "hostile_text") {
        let gate = report.verdict.gates.iter().find(|gate| rule["id"] == gate.id.as_str()).expect("a gate");
        assert_eq!(at(rule, "/shortDescription/text"), gate.name);
        assert!(at(rule, "/fullDescription/text").contains(&gate.owner), "{rule}");
        for text in [at(rule, "/help/text"), at(rule, "/help/markdown")] {
            assert!(text.contains(&gate.reproduce_command), "{text}");
            assert!(gate.remediation.iter().all(|step| text.contains(step)), "{text}");
        }
    }
}

fn github_text(report: &CheckReport) -> String {
    let out = github::report(report);
    format!("{}--- GITHUB_OUTPUT\n{}", out.commands, out.output)
}

/// Text as an attacker would choose it: pieces that mean something to one of the formats.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\u{1b}[2J"),
        Just("\n"),
        Just("\r"),
        Just("\r\n"),
        Just("::error::x"),
        Just(" ::warning file=a::b"),
        Just("##[error]"),
        Just("##"),
        Just("[group]"),
        Just("|"),
        Just("\\|"),
        Just("\\"),
        Just("`"),
        Just("```"),
        Just("````"),
        Just("</details>"),
        Just("<script>"),
        Just("]]>"),
        Just("-->"),
        Just("&"),
        Just("@team"),
        Just("\u{202e}"),
        Just("\u{2028}"),
        Just("\u{85}"),
        Just("\u{0}"),
        Just("\u{fffe}"),
        Just("%0A"),
        Just("%"),
        Just("EOF"),
        Just("tollgate_"),
        Just("a"),
        Just(" "),
        Just("::"),
        Just(","),
        Just("="),
        Just("<<"),
        Just("é日"),
        Just("# "),
        Just("- "),
        Just("\u{200b}"),
        Just("1. "),
        Just("~~~"),
        Just("\t"),
        Just("    ")
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

/// A red report with these texts in every place that is not tollgate's own.
fn attacked(texts: &[String]) -> CheckReport {
    let mut report = sample::certification();
    let mut next = {
        let mut texts = texts.iter().cycle().cloned();
        move || texts.next().unwrap_or_default()
    };
    for gate in &mut report.verdict.gates {
        gate.id = next();
        gate.reproduce_command = next();
        report.waiver_offers.insert(gate.id.clone(), WaiverOffer { template: next(), command: next() });
        gate.name = next();
        gate.owner = next();
        gate.detail = next();
        gate.remediation = vec![next()];
        for artifact in &mut gate.artifacts {
            artifact.path = next();
            artifact.name = next();
        }
        for finding in &mut gate.findings {
            finding.message = next();
            finding.check = Some(next());
            finding.path = Some(next());
            finding.pointer = Some(next());
            finding.expected = Some(next());
            finding.actual = Some(next());
        }
        if let Some(waiver) = &mut gate.waiver {
            waiver.reason = next();
            waiver.owner = next();
            waiver.issue = next();
        }
    }
    for region in report.gate_regions.values_mut() {
        region.path = next();
    }
    report.repo_prefix = next();
    report.verdict_path = Some(next());
    report.verdict.branch = Some(next());
    report.verdict.policy.from = Some(next());
    report.notes = vec![next()];
    report
}

/// Whether GitHub's runner would act on the line: `::` after white space, `##[` anywhere.
fn is_command(line: &str) -> bool {
    line.trim_start().starts_with("::") || line.contains("##[")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_text_reaches_a_terminal_raw(texts in prop::collection::vec(hostile(), 7)) {
        let shown = render(ReportKind::Human, &attacked(&texts), &TermStyle::PLAIN);
        prop_assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{shown:?}");
        prop_assert!(!shown.contains(['\u{202e}', '\u{2028}', '\u{200b}']), "an invisible character");
        for line in shown.lines() {
            prop_assert!(!is_command(line), "{line}");
        }
        prop_assert!(shown.ends_with('\n'));
    }

    #[test]
    fn only_our_own_lines_are_workflow_commands(texts in prop::collection::vec(hostile(), 7)) {
        let out = github::report(&attacked(&texts));
        for kind in ["error", "warning", "notice"] {
            let start = format!("::{kind} ");
            prop_assert!(out.commands.lines().filter(|l| l.starts_with(&start)).count() <= 10);
        }
        // .NET ends a line at CR too.
        for line in out.commands.split(['\n', '\r']) {
            let ours = ["::error ", "::warning ", "::notice "].iter().any(|s| line.starts_with(s));
            prop_assert!(!line.contains("##["), "{line}");
            prop_assert!(ours || !is_command(line), "{line}");
            if ours {
                let (properties, _) = line[2..].split_once("::").expect("a message follows");
                let (_, properties) = properties.split_once(' ').expect("properties follow");
                for property in properties.split(',') {
                    let name = property.split('=').next().unwrap_or("");
                    prop_assert!(["file", "line", "endLine", "col", "endColumn", "title"].contains(&name), "{line}");
                }
            }
        }
    }

    #[test]
    fn outputs_read_back_as_they_were(texts in prop::collection::vec(hostile(), 1..7)) {
        let report = attacked(&texts);
        let outputs = read_outputs(&github::report(&report).output);
        let names: Vec<_> = outputs.iter().map(|(n, _)| n.as_str()).collect();
        prop_assert_eq!(names, ["verdict", "passed", "failed", "warned", "skipped", "waived", "verdict-path", "failed-gates"]);
        prop_assert_eq!(&outputs[6].1, report.verdict_path.as_ref().expect("it was written"));
    }

    #[test]
    fn markdown_keeps_its_structure(texts in prop::collection::vec(hostile(), 7)) {
        let report = attacked(&texts);
        let text = render(ReportKind::Markdown, &report, &TermStyle::PLAIN);
        let lines = outside_fences(&text);
        let rows: Vec<_> = lines.iter().filter(|l| l.starts_with('|')).collect();
        prop_assert_eq!(rows.len(), report.verdict.gates.len() + 2);
        for row in rows {
            prop_assert_eq!(borders(row), 5, "{}", row);
        }
        for line in &lines {
            let mut rest = line.to_string();
            for tag in ["<details><summary>", "</summary>", "</details>", "<b>", "</b>", "<code>", "</code>"] {
                rest = rest.replacen(tag, "", 1);
            }
            let spans = code_spans_removed(&rest);
            prop_assert!(!spans.contains('<'), "{line}");
        }
        let opened = lines.iter().filter(|l| l.starts_with("<details>")).count();
        let closed = lines.iter().filter(|l| **l == "</details>").count();
        prop_assert_eq!(opened, closed);
    }

    #[test]
    fn xml_and_json_parse(texts in prop::collection::vec(hostile(), 7)) {
        let report = attacked(&texts);
        let xml = render(ReportKind::Junit, &report, &TermStyle::PLAIN);
        prop_assert!(!xml.chars().any(|c| (c.is_control() && c != '\n' && c != '\t') || c == '\u{fffe}'), "an illegal character");
        prop_assert_eq!(count_cases(&xml), report.verdict.gates.len());
        for kind in [ReportKind::Json, ReportKind::Sarif] {
            serde_json::from_str::<Value>(&render(kind, &report, &TermStyle::PLAIN)).expect("JSON");
        }
        for line in events::report(&report).lines() {
            serde_json::from_str::<Value>(line).expect("JSON");
        }
    }
}

/// Reads `GITHUB_OUTPUT` as the runner does.
fn read_outputs(text: &str) -> Vec<(String, String)> {
    let mut outputs = Vec::new();
    let mut rest = text;
    while let Some((line, after)) = rest.split_once('\n') {
        rest = after;
        let (equals, heredoc) = (line.find('='), line.find("<<"));
        match (equals, heredoc) {
            (Some(at), None) => outputs.push((line[..at].into(), line[at + 1..].into())),
            (Some(at), Some(there)) if at < there => outputs.push((line[..at].into(), line[at + 1..].into())),
            (_, Some(at)) => {
                let end = format!("\n{}\n", &line[at + 2..]);
                let (value, after) = rest.split_once(&end).expect("the delimiter ends the value");
                outputs.push((line[..at].into(), value.into()));
                rest = after;
            }
            (None, None) => panic!("no output: {line}"),
        }
    }
    outputs
}

fn outside_fences(text: &str) -> Vec<&str> {
    let mut fence: Option<usize> = None;
    let mut lines = Vec::new();
    for line in text.lines() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        match fence {
            None if ticks >= 3 => fence = Some(ticks),
            None => lines.push(line),
            Some(open) if ticks >= open && line.len() == ticks => fence = None,
            Some(_) => {}
        }
    }
    assert_eq!(fence, None, "a fence is left open");
    lines
}

/// Borders of a table row as GitHub counts them: a backslash escapes the next character, code spans or not.
fn borders(row: &str) -> usize {
    let (mut count, mut escaped) = (0, false);
    for c in row.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '|' => count += 1,
            _ => {}
        }
    }
    count
}

/// The line without `` `…` `` spans; a backslash outside a span escapes a backtick.
fn code_spans_removed(line: &str) -> String {
    let (mut out, mut inside, mut escaped) = (String::new(), false, false);
    for c in line.chars() {
        match c {
            '`' if inside => inside = false,
            _ if inside => {}
            '`' if !escaped => inside = true,
            _ => out.push(c),
        }
        escaped = c == '\\' && !escaped && !inside;
    }
    out
}

fn count_cases(xml: &str) -> usize {
    let mut reader = quick_xml::Reader::from_str(xml);
    let (mut cases, mut depth) = (0, 0);
    loop {
        match reader.read_event().expect("XML") {
            Event::Start(e) => {
                depth += 1;
                cases += usize::from(e.name().as_ref() == b"testcase");
                for attribute in e.attributes() {
                    attribute.expect("an attribute").unescape_value().expect("escaped");
                }
            }
            Event::End(_) => depth -= 1,
            Event::Text(text) => drop(text.decode().expect("UTF-8")),
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
    cases
}

fn schema(id: &str) -> jsonschema::Validator {
    let file = format!("{id}.json");
    let (_, text) = SCHEMAS.iter().find(|(path, _)| *path == file).expect("the schema is embedded");
    let document: Value = serde_json::from_str(text).expect("JSON");
    assert_eq!(document["$id"], id);
    jsonschema::draft202012::meta::validate(&document).expect("a schema");
    jsonschema::draft202012::options().should_validate_formats(true).build(&document).expect("it compiles")
}

fn holds(validator: &jsonschema::Validator, text: &str) {
    let document: Value = serde_json::from_str(text).expect("JSON");
    let errors: Vec<_> =
        validator.iter_errors(&document).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{}\n{text}", errors.join("\n"));
}

#[test]
fn what_is_written_passes_its_schema() {
    let reports = [sample::green(), sample::red(), sample::certification(), sample::nothing_judged()];
    let verdict = schema("tollgate.gate.verdict.v1");
    let event = schema("tollgate.gate.event.v1");
    let waivers = schema("tollgate.gate.waiver_audit.v1");
    let replay = schema("tollgate.gate.replay.v1");
    for report in &reports {
        holds(&verdict, &render(ReportKind::Json, report, &TermStyle::PLAIN));
        events::report(report).lines().for_each(|line| holds(&event, line));
        holds(&waivers, &audit::report(report));
        if let Some(bundle) = bundle::report(report) {
            holds(&replay, &bundle);
        }
    }
    assert_eq!(bundle::report(&sample::green()), None);
    let validated = render_validation(ReportKind::Json, &sample::validation(), &TermStyle::PLAIN);
    holds(&schema("tollgate.validation.v1"), &validated);
}

#[test]
fn a_verdict_reads_back_as_it_was_written() {
    let report = sample::certification();
    let mut read: Verdict =
        serde_json::from_str(&render(ReportKind::Json, &report, &TermStyle::PLAIN)).expect("a verdict");
    let mut written = report.verdict;
    // Where an entry stands is not part of the verdict.
    written.waivers.iter_mut().chain(&mut read.waivers).for_each(|e| e.region = None);
    assert_eq!(read, written);
}

#[test]
fn schemas_refuse_what_is_not_ours() {
    let mut document: Value =
        serde_json::from_str(&render(ReportKind::Json, &sample::red(), &TermStyle::PLAIN)).expect("JSON");
    let validator = schema("tollgate.gate.verdict.v1");
    document["gates"][0]["reproduce_command"] = Value::from(" ");
    assert!(!validator.is_valid(&document), "a gate without a command");
    document["gates"][0]["reproduce_command"] = Value::from("cargo test");
    assert!(validator.is_valid(&document));
    document["gates"][0]["extra"] = Value::from(1);
    assert!(!validator.is_valid(&document), "an unknown field");
}

#[test]
fn every_command_stands_alone_on_its_line() {
    let report = sample::red();
    let text = render(ReportKind::Human, &report, &TermStyle { colour: false, width: 40 });
    for gate in report.red() {
        let lines = text.lines().filter(|l| l.trim_start() == gate.reproduce_command);
        assert_eq!(lines.count(), 1, "{}", gate.id);
    }
}

#[test]
fn big_reports_stay_within_their_bounds() {
    let gates = (0..6_000).map(|n| {
        let mut gate = sample::gate(&format!("gate_{n:05}"), Status::Fail);
        gate.reason = Some(tollgate_core::model::finding::Reason::Assertion);
        gate.findings = vec![sample::finding("check", sample::HOSTILE)];
        gate
    });
    let report = sample::report_of(gates.collect());
    let out = github::report(&report);
    assert!(out.summary.len() < 1 << 20, "{}", out.summary.len());
    assert!(out.summary.contains("left out here for size"));
    assert_eq!(out.commands.lines().filter(|l| l.starts_with("::error ")).count(), 10);
    let last = out.commands.lines().rfind(|l| l.starts_with("::error ")).expect("ten of them");
    assert!(last.contains("5991 more findings in 5991 gates"), "{last}");
    let sarif: Value =
        serde_json::from_str(&render(ReportKind::Sarif, &report, &TermStyle::PLAIN)).expect("JSON");
    let run = &sarif["runs"][0];
    assert_eq!(run["results"].as_array().map(Vec::len), Some(5_000));
    let note =
        run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].as_str().unwrap_or("");
    assert!(note.starts_with("1000 results left out"), "{note}");
}

#[test]
fn one_gate_cannot_crowd_out_the_others() {
    let mut loud = sample::gate("a_loud_gate", Status::Fail);
    loud.findings = vec![sample::finding("check", &"@".repeat(100_000)); 1_000];
    let report = sample::report_of(vec![loud, sample::gate("quiet_gate", Status::Fail)]);
    let text = render(ReportKind::Markdown, &report, &TermStyle::PLAIN);
    assert!(text.len() < 1 << 20);
    assert!(text.contains("<code>quiet_gate</code>"));
    let commands = render(ReportKind::Github, &report, &TermStyle::PLAIN);
    assert!(commands.contains("title=FAIL%3A quiet_gate"));
}

#[test]
fn fingerprints_do_not_depend_on_positions_or_messages() {
    let print = |message: &str, pointer: &str| {
        let mut gate = sample::gate("a", Status::Fail);
        let mut one = sample::finding("check", message);
        one.pointer = Some(pointer.into());
        gate.findings = vec![one];
        let sarif: Value = serde_json::from_str(&render(
            ReportKind::Sarif,
            &sample::report_of(vec![gate]),
            &TermStyle::PLAIN,
        ))
        .expect("JSON");
        sarif["runs"][0]["results"][0]["partialFingerprints"]["primaryLocationLineHash"].clone()
    };
    assert_eq!(print("93.5", "/suites/3/log"), print("94.0", "/suites/17/log"));
    assert_ne!(print("93.5", "/suites/3/log"), print("93.5", "/suites/3/name"));
}

#[test]
fn kinds_are_named_once() {
    for kind in ReportKind::ALL {
        assert_eq!(ReportKind::parse(kind.name()), Ok(*kind));
    }
    insta::assert_snapshot!(ReportKind::parse("xml\n").unwrap_err(), @"`xml\\n` is not a format; the formats are human, json, junit, sarif, markdown, github");
}

#[test]
fn sarif_keeps_the_limits_of_code_scanning() {
    let mut report = attacked(&[format!("{}/../{}", sample::HOSTILE.repeat(40), "x".repeat(3_000))]);
    report.verdict.gates.iter_mut().for_each(|g| g.runbook = Some("r".repeat(600)));
    let sarif: Value =
        serde_json::from_str(&render(ReportKind::Sarif, &report, &TermStyle::PLAIN)).expect("JSON");
    let length = |value: &Value| value.as_str().expect("a text").chars().count();
    let run = &sarif["runs"][0];
    for rule in run["tool"]["driver"]["rules"].as_array().expect("rules") {
        assert!(length(&rule["name"]) <= 255);
        assert!(length(&rule["shortDescription"]["text"]) <= 1_024);
        assert!(length(&rule["fullDescription"]["text"]) <= 1_024);
        let tags = rule["properties"]["tags"].as_array().expect("tags");
        assert!(tags.len() <= 20 && tags.iter().all(|t| length(t) <= 255));
    }
    for result in run["results"].as_array().expect("results") {
        assert!(length(&result["message"]["text"]) <= 1_024);
        assert_eq!(result["locations"].as_array().map(Vec::len), Some(1));
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert!(
            ["startLine", "startColumn", "endLine", "endColumn"]
                .iter()
                .all(|k| region[k].as_u64() >= Some(1))
        );
        let uri =
            result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().expect("a URI");
        assert!(uri.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~/%".contains(&b)), "{uri}");
        let print = result["partialFingerprints"]["primaryLocationLineHash"].as_str().expect("a hash");
        assert_eq!(print.split_once(':').map(|(hash, _)| hash.len()), Some(16));
    }
}

#[test]
fn a_waiver_finding_points_at_its_line() {
    let mut lifecycle = sample::gate("waiver_lifecycle", Status::Fail);
    let base = sample::finding("in-order", "two_gates: its owner is blank");
    let mut placed = base.clone();
    placed.path = Some("tests/suite_classification.toml".into());
    placed.place = Some(TextPlace { line: 77, column: 3 });
    let bare = |pointer: Option<&str>| Finding {
        path: None,
        place: None,
        pointer: pointer.map(String::from),
        ..base.clone()
    };
    lifecycle.findings = vec![placed, bare(Some("/1/state")), bare(Some("/waiver/one_gate")), bare(None)];
    let mut report = sample::report_of(vec![lifecycle]);
    report.verdict.waivers = vec![
        sample::entry(EntryKind::Waiver, "one_gate", EntryState::Active, 20),
        sample::entry(EntryKind::Waiver, "two_gates", EntryState::Invalid, 30),
    ];
    let sarif: Value =
        serde_json::from_str(&render(ReportKind::Sarif, &report, &TermStyle::PLAIN)).expect("JSON");
    let lines: Vec<_> = sarif["runs"][0]["results"]
        .as_array()
        .expect("results")
        .iter()
        .map(|r| r["locations"][0]["physicalLocation"]["region"]["startLine"].as_u64())
        .collect();
    assert_eq!(lines, [Some(77), Some(30), Some(20), Some(30)]);
}

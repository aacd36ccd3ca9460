//! JUnit XML reports, bound as one object; every count is recomputed from the cases.

use super::fault::FileFault;
use super::weight::{EVIDENCE, too_heavy};
use std::borrow::Cow;
use tollgate_core::model::finding::Reason;
use tollgate_core::model::gate::Format;
use tollgate_text::decode;
use tollgate_text::figures::total;
use tollgate_text::json::{Json, JsonLimits, JsonObject, place_of_offset, plain};
use tollgate_text::junit::{self, CaseEnd, JunitCase, JunitReport, OutcomeKind};

/// Characters of a failure's text that are kept.
const MESSAGE: usize = 2_000;

/// Parses a report whose root is `<testsuites>` or `<testsuite>` into `{tests, failures, errors, skipped, suites: [{name,
/// tests: [{name, classname, status, time_ms, message}]}]}`; a nested suite stands on its own, as `outer/inner`. Refused are a
/// DOCTYPE, a text that ends before its elements do, a report that counts more failures or tests than it shows, or other skipped
/// ones, and one that says of a suite itself that it failed.
pub(super) fn parse<'a>(bytes: &[u8], limits: &JsonLimits) -> Result<Json<'a>, FileFault> {
    let text = decode::xml(bytes).map_err(FileFault::of_parse)?;
    if let Some(at) = memchr::memchr(0, text.as_bytes()) {
        let place = place_of_offset(text.as_bytes(), at);
        return Err(FileFault::new(Reason::Malformed, "a NUL byte stands in the text").at(Some(place)));
    }
    // UTF-8 may take more bytes than the encoding of the file.
    if let Cow::Owned(text) = &text
        && let Some(fault) = too_heavy(Format::Junit, text.as_bytes(), EVIDENCE)
    {
        return Err(fault);
    }
    let report = junit::parse(&text, limits, false).map_err(FileFault::of_parse)?;
    if report.only_lists {
        let end = place_of_offset(text.as_bytes(), text.len());
        return Err(FileFault::new(Reason::Malformed, junit::IS_LIST).at(Some(end)));
    }
    if let Some((suite, clause)) = report.against_itself(false).into_iter().next() {
        let name = match suite {
            Some(suite) => format!("the suite `{}`", plain(&report.path(suite))),
            None => "the report".into(),
        };
        let clause = format!("{name} {clause}");
        let end = place_of_offset(text.as_bytes(), text.len());
        return Err(FileFault::new(Reason::Malformed, clause).at(Some(end)));
    }
    Ok(document(report))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Passed,
    Skipped,
    Failed,
    Error,
}

/// What became of a case, as every reader of JUnit has it; its message is that of the first element that says so, else its text.
fn judged(case: &JunitCase) -> (Status, Option<String>) {
    let (status, kinds): (Status, &[OutcomeKind]) = match case.ended() {
        CaseEnd::Passed | CaseEnd::Flaky => (Status::Passed, &[]),
        CaseEnd::LeftOut | CaseEnd::NotRun => (Status::Skipped, &[OutcomeKind::Skipped]),
        CaseEnd::Failed if case.outcomes.iter().any(|o| o.kind == OutcomeKind::Failure) => {
            (Status::Failed, &[OutcomeKind::Failure])
        }
        CaseEnd::Failed => (Status::Failed, &[OutcomeKind::Rerun, OutcomeKind::Flaky]),
        CaseEnd::Error => (Status::Error, &[OutcomeKind::Error]),
    };
    let message = case.outcomes.iter().find(|o| kinds.contains(&o.kind)).and_then(|outcome| {
        let text = outcome.message.as_deref().unwrap_or(outcome.text.trim());
        let message: String = text.chars().take(MESSAGE).collect();
        Some(message).filter(|m| outcome.message.is_some() || !m.is_empty())
    });
    (status, message)
}

/// How many cases ended in each way.
#[derive(Default)]
struct Counts {
    passed: i64,
    skipped: i64,
    failed: i64,
    errors: i64,
}

impl Counts {
    fn add(&mut self, status: Status) {
        let count = match status {
            Status::Passed => &mut self.passed,
            Status::Skipped => &mut self.skipped,
            Status::Failed => &mut self.failed,
            Status::Error => &mut self.errors,
        };
        *count += 1;
    }

    fn all(&self) -> i64 {
        total([self.passed, self.skipped, self.failed, self.errors])
    }
}

fn document(report: JunitReport) -> Json<'static> {
    let mut counts = Counts::default();
    let mut suites = Vec::with_capacity(report.suites.len());
    for (nth, suite) in report.suites.iter().enumerate() {
        let cases = suite.cases.iter().map(|case| {
            let (status, message) = judged(case);
            counts.add(status);
            bound(case, status, message)
        });
        let cases = cases.collect();
        suites.push(object([("name", text(report.path(nth))), ("tests", Json::Array(cases))]));
    }
    object([
        ("tests", Json::Int(counts.all())),
        ("failures", Json::Int(counts.failed)),
        ("errors", Json::Int(counts.errors)),
        ("skipped", Json::Int(counts.skipped)),
        ("suites", Json::Array(suites)),
    ])
}

fn bound(case: &JunitCase, status: Status, message: Option<String>) -> Json<'static> {
    let status = match status {
        Status::Passed => "passed",
        Status::Skipped => "skipped",
        Status::Failed => "failed",
        Status::Error => "error",
    };
    object([
        ("name", text(case.name.clone())),
        ("classname", case.classname.clone().map_or(Json::Null, text)),
        ("status", Json::Str(Cow::Borrowed(status))),
        ("time_ms", case.time_ms.map_or(Json::Null, Json::Float)),
        ("message", message.map_or(Json::Null, text)),
    ])
}

fn text(text: String) -> Json<'static> {
    Json::Str(Cow::Owned(text))
}

fn object<const N: usize>(members: [(&'static str, Json<'static>); N]) -> Json<'static> {
    Json::Object(JsonObject::from_members(members.into_iter().map(|(k, v)| (Cow::Borrowed(k), v)).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(text: &str) -> String {
        serde_json::to_string_pretty(&parse(text.as_bytes(), &JsonLimits::default()).unwrap().to_value())
            .unwrap()
    }

    #[test]
    fn a_test_that_did_not_run_is_skipped_whichever_attribute_says_so() {
        let status = |attributes: &str, elements: &str| {
            let text = format!(
                "<testsuite name='s'><testcase name='a' {attributes}>{elements}</testcase></testsuite>"
            );
            let document = parse(text.as_bytes(), &JsonLimits::default()).unwrap();
            document
                .pointer("/suites/0/tests/0/status")
                .and_then(Json::as_str)
                .unwrap_or_default()
                .to_string()
        };
        for attributes in
            ["status='notrun'", "status='run' result='suppressed'", "result='SKIPPED'", "status='disabled'"]
        {
            assert_eq!(status(attributes, ""), "skipped", "{attributes}");
        }
        assert_eq!(status("status='run' result='completed'", ""), "passed");
        assert_eq!(status("status='notrun'", "<failure/>"), "failed");
        assert_eq!(status("", "<rerunFailure/>"), "failed");
        assert_eq!(status("status='frobbed'", ""), "failed");
        assert_eq!(status("", "<warning>x</warning>"), "failed");
        assert_eq!(status("", "<ignored/>"), "skipped");
    }

    #[test]
    fn a_report_of_any_encoding_is_bound() {
        let text = "<?xml version='1.0' encoding='utf-16'?><testsuite name='s' tests='1'><testcase classname='Gr\u{fc}n&#0;'/></testsuite>";
        let name = |bytes: &[u8]| {
            let document = parse(bytes, &JsonLimits::default()).unwrap();
            document.pointer("/suites/0/tests/0/name").and_then(Json::as_str).unwrap_or_default().to_string()
        };
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(name(text.as_bytes()), "Gr\u{fc}n\0");
        assert_eq!(name(&utf16), "Gr\u{fc}n\0");
        assert_eq!(name(format!("\u{feff}{text}").as_bytes()), "Gr\u{fc}n\0");
        let fault = parse(b"<testsuite name='\xe9'/>", &JsonLimits::default()).unwrap_err();
        assert_eq!(fault.clause, "it is not UTF-8: byte 0xE9 at offset 17");
    }

    #[test]
    fn nested_suites_and_counts_from_the_cases() {
        let text = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="4" failures="1" errors="1">
  <testsuite name="outer" failures="1">
    <properties><property name="a" value="b"/></properties>
    <testcase name="a &lt;b&gt;" classname="c" time="0.25"/>
    <testcase name="f"><failure message="left != right">stack</failure><system-out>noise</system-out></testcase>
    <testsuite name="inner">
      <testcase name="e" time="NaN"><error><![CDATA[boom <x>]]> &amp; more &#33;</error></testcase>
      <testcase name="s"><skipped/></testcase>
      <testcase name="retried"><flakyFailure message="once"/></testcase>
    </testsuite>
  </testsuite>
</testsuites>"#;
        insta::assert_snapshot!(bound(text), @r#"
        {
          "errors": 1,
          "failures": 1,
          "skipped": 1,
          "suites": [
            {
              "name": "outer",
              "tests": [
                {
                  "classname": "c",
                  "message": null,
                  "name": "a <b>",
                  "status": "passed",
                  "time_ms": 250.0
                },
                {
                  "classname": null,
                  "message": "left != right",
                  "name": "f",
                  "status": "failed",
                  "time_ms": null
                }
              ]
            },
            {
              "name": "outer/inner",
              "tests": [
                {
                  "classname": null,
                  "message": "boom <x> & more !",
                  "name": "e",
                  "status": "error",
                  "time_ms": null
                },
                {
                  "classname": null,
                  "message": null,
                  "name": "s",
                  "status": "skipped",
                  "time_ms": null
                },
                {
                  "classname": null,
                  "message": null,
                  "name": "retried",
                  "status": "passed",
                  "time_ms": null
                }
              ]
            }
          ],
          "tests": 5
        }
        "#);
    }

    #[test]
    fn a_bare_suite_is_a_report() {
        let doc = parse(b"<testsuite name='x'/>", &JsonLimits::default()).unwrap();
        assert_eq!(doc.get("tests"), Some(&Json::Int(0)));
        assert_eq!(doc.pointer("/suites/0/name").and_then(Json::as_str), Some("x"));
    }

    #[test]
    fn bad_reports_are_one_clause_with_a_place() {
        let deep = "<testsuite name='x'>".repeat(5_000);
        let cases = [
            "",
            "<testsuites>",
            "<testsuites><testsuite name='a'><testcase name='b'></testsuite></testsuites>",
            "<testsuites><testsuite name='a'>\n<testcase name='b'/>",
            "<!DOCTYPE x [<!ENTITY a 'b'>]><testsuites/>",
            "<testsuites/><testsuites/>",
            "<testsuites/>tail",
            "<html/>",
            "<testsuite><testcase name='a' name='b'/></testsuite>",
            "<testsuite><testcase name='&xxe;'/></testsuite>",
            "<testsuite><testcase name='a'><failure>&xxe;</failure></testcase></testsuite>",
            "<testsuite name='s' failures='2'><testcase name='a'><failure/></testcase></testsuite>",
            "<testsuites errors='1'/>",
            "<testsuite name='s' tests='3'><testcase name='a'/></testsuite>",
            "<testsuite name='s' tests='2' skipped='1'><testcase name='a'/><testcase name='b'/></testsuite>",
            "<testsuites><testcase name='a'/></testsuites>",
            "{}",
            "<testsuite><",
            &deep,
        ];
        let said: Vec<String> = cases
            .iter()
            .map(|text| {
                let fault = parse(text.as_bytes(), &JsonLimits::default()).unwrap_err();
                let place = fault.place.map_or("-".into(), |p| format!("{}:{}", p.line, p.column));
                format!("{place} {:?} {}", fault.reason, fault.clause)
            })
            .collect();
        insta::assert_snapshot!(said.join("\n"), @r#"
        1:1 Malformed it holds no report
        1:13 Malformed the text ends before its elements do: it is truncated
        1:64 Malformed ill-formed document: expected `</testcase>`, but `</testsuite>` was found
        2:21 Malformed the text ends before its elements do: it is truncated
        1:31 Malformed it has a DOCTYPE, which is refused
        1:27 Malformed a second report follows the first
        1:18 Malformed text stands outside the report
        1:8 Malformed its root is <html>, not <testsuites> or <testsuite>
        1:41 Malformed position 18: duplicated attribute, previous declaration at position 9
        1:36 Malformed it holds a reference to something undefined
        1:45 Malformed it holds a reference to something undefined
        1:86 Malformed the suite `s` counts 2 failures and errors, but its testcases show 1
        1:25 Malformed the report counts 1 failures and errors, but its testcases show 0
        1:63 Malformed the suite `s` counts 3 tests, but shows 1: it is cut short or was changed
        1:95 Malformed the suite `s` counts 1 skipped tests, but shows 0: which of those that it shows as passed did not run it does not say
        1:33 Malformed a testcase or testsuite stands where none may stand
        1:3 Malformed text stands outside the report
        1:13 Malformed syntax error: tag not closed: `>` not found before end of input
        1:2581 Limit it is nested too deeply
        "#);
    }
}

//! The run as JUnit XML: a test suite per suite, with flaky and rerun elements as surefire writes them.

use quick_junit::{
    NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestRerun, TestSuite, XmlString,
};
use std::collections::BTreeMap;
use std::iter::repeat;
use std::time::Duration;
use tollgate_core::model::record::AttemptFault;
use tollgate_core::model::run::{LintResult, RunSummary};
use tollgate_core::model::suite::{SuiteResult, SuiteStatus};
use tollgate_core::model::test::{Failure, TestResult, TestStatus};
use tollgate_text::ansi::without_ansi;
use tollgate_text::escape::{terminal_cut, xml};
use tollgate_text::figures::total;
use tollgate_text::time::parse_rfc3339;

/// Longest attribute, in characters.
const LINE: usize = 4_000;

/// The test suite that the lint steps stand in.
const LINT: &str = "lint";

/// What a summary does not hold of a suite.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Details {
    /// RFC 3339.
    pub started_at: Option<String>,
    /// A failure outside any test: one sentence.
    pub fault: Option<String>,
    /// What was wrong with attempts outside any test, in order, where there were several attempts.
    pub faults: Vec<AttemptFault>,
    /// By test: its failures, in order.
    pub failures: BTreeMap<String, Vec<Failure>>,
}

/// `junit.xml`, ending in a newline. `details` is asked once for each suite, so that only one suite's failures are held;
/// `lint_tail` gives the end of a failed lint step's log, masked.
///
/// A failed test has its first failure, and each further one, of whatever attempt, as `rerunFailure`; a flaky one has its failures as
/// `flakyFailure`, as surefire writes them (`surefire-test-report-3.0.xsd`: `message` and `type` as attributes, the trace in
/// `stackTrace`, what the test printed in `system-out` where its reporter tells that apart from the trace). What is ignored, quarantined or did
/// not run is `skipped` with that word as its type, since JUnit knows no other that fails nothing. A suite that failed without
/// a failed test has a test case of its own name with an `error`, one that passed after an attempt that failed outside its
/// tests one with a `flakyError` for each such attempt. Lint steps are test cases of the suite `lint`, which comes first.
pub fn junit(
    summary: &RunSummary,
    details: &dyn Fn(&SuiteResult) -> Details,
    lint_tail: &dyn Fn(&LintResult) -> Option<String>,
) -> String {
    let mut report = Report::new(line(&summary.identity.run_id));
    if let Ok(time) = parse_rfc3339(&summary.identity.generated_at) {
        report.set_timestamp(time);
    }
    if !summary.lint.is_empty() || !summary.lint_not_run.is_empty() {
        report.add_test_suite(lint(summary, lint_tail));
    }
    for (_, suite) in summary.all() {
        report.add_test_suite(test_suite(suite, &details(suite)));
    }
    report.time = Some(total(report.test_suites.iter().filter_map(|s| s.time)));
    match report.to_string() {
        Ok(text) => text,
        // Writing to memory does not fail; were it to, no reader takes this for a report.
        Err(error) => format!("not written: {error}\n"),
    }
}

fn lint(summary: &RunSummary, tail: &dyn Fn(&LintResult) -> Option<String>) -> TestSuite {
    let steps = &summary.lint;
    let mut out = TestSuite::new(LINT);
    out.set_time(total(steps.iter().map(|s| Duration::from_millis(s.duration_ms))));
    for step in steps {
        let mut status = TestCaseStatus::success();
        if !step.passed {
            status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type(LINT).set_message("the lint step failed");
            if let Some(tail) = tail(step) {
                status.set_description(xml(&without_ansi(&tail)));
            }
        }
        let mut case = TestCase::new(line(&step.name), status);
        case.set_classname(LINT);
        case.set_time(Duration::from_millis(step.duration_ms));
        out.add_test_case(case);
    }
    for step in &summary.lint_not_run {
        let mut case = TestCase::new(line(step), skipped(TestStatus::NotRun.name()));
        case.set_classname(LINT);
        out.add_test_case(case);
    }
    counted(&mut out);
    out
}

fn test_suite(suite: &SuiteResult, details: &Details) -> TestSuite {
    let mut out = TestSuite::new(line(&suite.name));
    out.set_time(Duration::from_millis(suite.duration_ms));
    if let Some(time) = details.started_at.as_deref().and_then(|t| parse_rfc3339(t).ok()) {
        out.set_timestamp(time);
    }
    out.add_property(Property::new("kind", line(&suite.kind)));
    out.add_property(Property::new("status", suite.status.name()));
    out.add_property(Property::new("attempts", suite.attempts.to_string()));
    let class = XmlString::from(line(&suite.name));
    for test in &suite.tests {
        let failures = details.failures.get(&test.name).map_or(&[][..], Vec::as_slice);
        let mut case = TestCase::new(line(&test.name), status(test, failures));
        case.set_classname(class.clone());
        if let Some(first) =
            failures.first().filter(|f| test.status == TestStatus::Failed && !f.output.is_empty())
        {
            case.set_system_out(printed(first));
        }
        case.time = test.duration_ms.map(Duration::from_millis);
        out.add_test_case(case);
    }
    if let Some(status) = of_suite(suite, details) {
        let mut case = TestCase::new(line(&suite.name), status);
        case.set_classname(class);
        out.add_test_case(case);
    }
    counted(&mut out);
    out
}

/// Readers look for `skipped`; the library writes the number under the name that Ant gave it.
fn counted(out: &mut TestSuite) {
    out.extra.insert("skipped".into(), out.disabled.to_string().into());
    out.disabled = 0;
}

/// The status of a suite as a whole, where its tests do not show it.
fn of_suite(suite: &SuiteResult, details: &Details) -> Option<TestCaseStatus> {
    let shown = suite.tests.iter().any(|t| t.status == TestStatus::Failed);
    if suite.status.is_failure() && !shown {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        if let Some((first, later)) = details.faults.split_first() {
            status.set_type(first.status.name()).set_message(line(&first.fault));
            status.add_reruns(later.iter().map(attempt_error));
            return Some(status);
        }
        let how = match (suite.exit_code, suite.signal) {
            (_, Some(signal)) => format!("the suite ended by signal {signal}"),
            (Some(code), None) => format!("the suite ended with exit code {code}"),
            (None, None) => format!("the suite is {}", suite.status.name()),
        };
        let fault = details.fault.as_deref().unwrap_or(&how);
        status.set_type(suite.status.name()).set_message(line(fault));
        return Some(status);
    }
    // A suite that is read by its exit code is one test of its name, whose failures say the same.
    let told = suite.tests.iter().any(|t| t.name == suite.name && t.status == TestStatus::Flaky);
    if suite.status == SuiteStatus::Flaky && !details.faults.is_empty() && !told {
        let mut status = TestCaseStatus::success();
        status.add_reruns(details.faults.iter().map(attempt_error));
        return Some(status);
    }
    (suite.status == SuiteStatus::NotRun && suite.tests.is_empty())
        .then(|| skipped(SuiteStatus::NotRun.name()))
}

/// An attempt that failed outside any test.
fn attempt_error(fault: &AttemptFault) -> TestRerun {
    let mut error = TestRerun::new(NonSuccessKind::Error);
    error.set_type(fault.status.name()).set_message(line(&fault.fault));
    error.set_stack_trace(xml(&format!("attempt {}: {}", fault.attempt, without_ansi(&fault.fault))));
    error
}

fn status(test: &TestResult, failures: &[Failure]) -> TestCaseStatus {
    let kind = test.signature.as_deref();
    match test.status {
        TestStatus::Passed => TestCaseStatus::success(),
        TestStatus::Flaky => {
            let mut status = TestCaseStatus::success();
            let untold = Failure::new("it failed first and then passed", "", None);
            let known = if failures.is_empty() { std::slice::from_ref(&untold) } else { failures };
            // The signature is that of the first failure.
            status.add_reruns(known.iter().zip(kind.into_iter().map(Some).chain(repeat(None))).map(rerun));
            status
        }
        TestStatus::Failed => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type(line(kind.unwrap_or("failure")));
            if let Some((first, later)) = failures.split_first() {
                let means = test.flake.map(|flake| format!("\n\n{}", flake.means())).unwrap_or_default();
                status.set_message(line(message(first))).set_description(format!("{}{means}", body(first)));
                status.add_reruns(later.iter().zip(repeat(None)).map(rerun));
            }
            status
        }
        TestStatus::Ignored | TestStatus::Quarantined | TestStatus::NotRun => skipped(test.status.name()),
    }
}

fn skipped(word: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_type(word);
    status
}

fn rerun((failure, kind): (&Failure, Option<&str>)) -> TestRerun {
    let mut rerun = TestRerun::new(NonSuccessKind::Failure);
    rerun.set_type(line(kind.unwrap_or("failure"))).set_message(line(message(failure)));
    rerun.set_stack_trace(body(failure));
    if !failure.output.is_empty() {
        rerun.set_system_out(printed(failure));
    }
    rerun
}

/// Of very many failures no more is kept than that there was one.
fn message(failure: &Failure) -> &str {
    if failure.message.is_empty() && failure.text.is_empty() {
        "it failed; what it said is in the log"
    } else {
        &failure.message
    }
}

fn printed(failure: &Failure) -> String {
    xml(&without_ansi(&failure.output))
}

fn body(failure: &Failure) -> String {
    xml(&without_ansi(if failure.text.is_empty() { message(failure) } else { &failure.text }))
}

/// An attribute: a reader would turn a newline in it into a space, so it is shown as an escape.
fn line(text: &str) -> String {
    // Most names are nothing but letters, and there may be a million of them.
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/' | b':');
    if text.len() <= LINE && text.bytes().all(plain) && !text.starts_with(':') {
        return text.to_string();
    }
    xml(&terminal_cut(text, LINE))
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use proptest::prelude::*;
    use tollgate_core::model::signature::Basis;

    fn details(suite: &SuiteResult) -> Details {
        let first =
            Failure::new("assertion `left == right` failed\n  left: 1", "at <x> & \u{1b}[31mred\u{0}", None);
        let later = Failure::new("assertion failed: again", "", None);
        Details {
            started_at: Some("2026-11-20T10:15:09.000Z".into()),
            fault: (suite.name == "store").then(|| "the results show no test".to_string()),
            faults: Vec::new(),
            failures: [("writes", vec![first.clone(), later.clone()]), ("flickers", vec![first, later])]
                .map(|(name, failures)| (name.to_string(), failures))
                .into(),
        }
    }

    #[test]
    fn the_run_as_junit() {
        let mut summary = sample::summary();
        summary.lint.push(LintResult {
            name: "clippy".into(),
            passed: false,
            definition: None,
            duration_ms: 40,
            masked: 0,
            mask_allowed: 0,
        });
        let tail = |step: &LintResult| Some(format!("error: <{}>\u{1b}[0m & more\n", step.name));
        insta::assert_snapshot!(junit(&summary, &details, &tail));
    }

    #[test]
    fn attempts_that_crashed_are_told_of() {
        let fault = |attempt, status, fault: &str| {
            let basis = Basis::Fallback;
            AttemptFault { attempt, status, fault: fault.into(), basis }
        };
        let crashed = fault(1, SuiteStatus::Crashed, "it was ended by signal 6");
        let late = fault(2, SuiteStatus::TimedOut, "it was ended at its timeout");
        let of = |status, name: &str, faults: &[AttemptFault]| {
            let mut summary = sample::summary();
            (summary.lint, summary.lint_not_run) = Default::default();
            summary.units.clear();
            summary.suites.truncate(1);
            summary.suites[0].status = status;
            summary.suites[0].tests[0].name = name.into();
            let text =
                junit(&summary, &|_| Details { faults: faults.to_vec(), ..Details::default() }, &|_| None);
            text.lines()
                .skip_while(|l| !l.contains("</properties>"))
                .skip(1)
                .map(|l| format!("{l}\n"))
                .collect()
        };
        let told: [String; 3] = [
            of(SuiteStatus::Flaky, "asks", std::slice::from_ref(&crashed)),
            of(SuiteStatus::TimedOut, "asks", &[crashed.clone(), late]),
            of(SuiteStatus::Passed, "asks", &[]),
        ];
        insta::assert_snapshot!(told.join("--\n"));
    }

    #[test]
    fn a_hundred_thousand_tests() {
        let mut summary = sample::summary();
        let one = summary.units[0].tests[0].clone();
        summary.units[0].tests = vec![one; 100_000];
        (summary.lint, summary.lint_not_run) = Default::default();
        let text = junit(&summary, &|_| Details::default(), &|_| None);
        assert_eq!(
            text.matches("<testcase").count(),
            100_000 + total(summary.suites.iter().map(|s| s.tests.len())) + 3
        );
    }

    proptest! {
        #[test]
        fn the_short_way_shows_the_same(text in "[a-z:_./\\- #\\[]{0,12}") {
            prop_assert_eq!(line(&text), xml(&terminal_cut(&text, LINE)));
        }

        #[test]
        fn any_text_leaves_it_well_formed(name in any::<String>(), message in any::<String>(), text in any::<String>()) {
            let mut summary = sample::summary();
            summary.units[0].name = name.clone();
            summary.units[0].tests[1].name = name.clone();
            let failure = Failure::new(&message, &text, None);
            let details = Details { failures: [(name, vec![failure.clone(), failure])].into(), ..Details::default() };
            let written = junit(&summary, &|_| details.clone(), &|_| Some(text.clone()));
            let mut reader = quick_xml::Reader::from_str(&written);
            loop {
                match reader.read_event() {
                    Ok(quick_xml::events::Event::Eof) => break,
                    Ok(_) => {}
                    Err(error) => prop_assert!(false, "{error}: {written}"),
                }
            }
        }
    }
}

//! JUnit XML of any reporter: one reading for each suite that holds testcases.

use super::basis::{is_whole, told};
use super::collect::{ReadingDraft, Room, counted, cut, finish, milliseconds, outside};
use super::fault::ReadFault;
use super::junit_repeats::attempts;
use super::timed::is_bats_hook;
use super::{document, hook, junit_names, panic, place};
use crate::model::suite::Repeats;
use crate::model::test::{Failure, JunitOrigin, Reading, SourcePlace, TestCase, TestStatus};
use std::io::BufRead;
use tollgate_text::ansi::without_ansi;
use tollgate_text::json::plain;
use tollgate_text::junit::{
    CaseEnd, CaseOutcome, IS_LIST, JunitCase as Element, JunitReport, JunitSuite, OutcomeKind, UNSAID,
};

/// Reads a report. `junit_names` says what its suites and tests are called.
pub(super) fn read(
    input: &mut dyn BufRead,
    repeats: Repeats,
    times: Option<&mut Vec<String>>,
) -> Result<Vec<Reading>, ReadFault> {
    let report = document::junit(input, times)?;
    if report.only_lists {
        let mut draft = ReadingDraft::default();
        draft.reading.nothing = Some(IS_LIST.into());
        return Ok(finish([draft]));
    }
    let names = junit_names::suites(&report);
    let (mut room, mut drafts) = (Room::default(), Vec::new());
    let mut number = vec![None; report.suites.len()];
    for (nth, suite) in report.suites.iter().enumerate() {
        if suite.cases.is_empty() {
            continue;
        }
        room.reading()?;
        number[nth] = Some(drafts.len());
        drafts.push(draft(suite, (&names[nth], report.of_vitest), repeats, &mut room)?);
    }
    for (suite, sentence) in faults(&report, false) {
        match suite {
            Some(suite) => {
                let nth = *number[suite].get_or_insert_with(|| {
                    drafts.push(ReadingDraft::new(&names[suite]));
                    drafts.len() - 1
                });
                drafts[nth].fault(sentence);
            }
            // What the report counts too many, one of its suites mostly does too.
            None if drafts.iter().any(|d| d.reading.fault.is_some()) => {}
            None => drafts.push(outside(sentence)),
        }
    }
    if drafts.is_empty() {
        drafts.push(ReadingDraft::new(names.first().map_or("", String::as_str)));
    }
    Ok(finish(drafts))
}

fn draft(
    suite: &JunitSuite,
    (name, of_vitest): (&str, bool),
    repeats: Repeats,
    room: &mut Room,
) -> Result<ReadingDraft, ReadFault> {
    let mut draft = ReadingDraft::new(name);
    draft.reading.duration_ms = suite.time_ms.and_then(milliseconds);
    let named = suite.cases.iter().zip(junit_names::tests(&suite.cases, name));
    let cases = named.map(|(element, name)| case(element, name)).collect();
    let cases = match repeats {
        Repeats::Tests => Vec::from_iter((0..).zip::<Vec<TestCase>>(cases)),
        Repeats::Attempts => attempts(&suite.cases, cases),
    };
    for (nth, case) in cases {
        let element = &suite.cases[nth];
        // A hook is no test, nor is a file: they are shown only where they failed.
        let class = element.classname.as_deref().unwrap_or_default();
        let of_bats = || class.ends_with(".bats") && is_bats_hook(&element.name);
        let no_test = || of_bats() || hook::is_no_test(element, &suite.name, of_vitest);
        if case.status == TestStatus::Failed && no_test() {
            draft.fault_of_hook(&element.name, case.failure.as_ref());
            continue;
        }
        draft.push(room, case)?;
        draft.reading.origins.push(origin(element));
    }
    draft.take_off_times();
    let left = draft.tally(TestStatus::NotRun);
    if left > 0 {
        draft.fault(format!("{} did not run: vitest stopped at what failed", counted(left, "test")));
    }
    Ok(draft)
}

/// What a report says outside its cases, and what its counts say against them: the number of a suite, or none for the report, and a sentence. `lenient`:
/// its reporter counts something other than testcases.
pub(super) fn faults(report: &JunitReport, lenient: bool) -> Vec<(Option<usize>, String)> {
    let said = report.against_itself(lenient).into_iter().map(|(suite, clause)| {
        let name = match suite {
            Some(nth) => format!("the suite `{}`", plain(&report.path(nth))),
            None => "the report".into(),
        };
        (suite, format!("{name} {clause}"))
    });
    let mut found: Vec<_> = said.collect();
    // The innermost suite says best where; the report stands last.
    found.sort_by_key(|(suite, _)| suite.map_or((1, 0), |nth| (0, usize::MAX - nth)));
    found
}

fn origin(element: &Element) -> JunitOrigin {
    JunitOrigin { class: element.classname.clone(), name: element.name.clone(), file: element.file.clone() }
}

/// A case as its elements say it: `<failure>` and `<error>` failed, whatever else there is; a failure that a passing run
/// followed is flaky; `<rerunFailure>` alone is a failure. Each of them is a failure of its own: several `<failure>` of one
/// attempt, each `<rerunFailure>` and `<flakyFailure>` of one of its own.
pub(super) fn case(element: &Element, name: String) -> TestCase {
    let first = |kinds: &[OutcomeKind]| element.outcomes.iter().find(|o| kinds.contains(&o.kind));
    let (status, outcome) = match element.ended() {
        CaseEnd::Failed | CaseEnd::Error => {
            let again = || first(&[OutcomeKind::Rerun]).or_else(|| first(&[OutcomeKind::Flaky]));
            (TestStatus::Failed, first(&[OutcomeKind::Failure, OutcomeKind::Error]).or_else(again))
        }
        CaseEnd::Flaky => (TestStatus::Flaky, first(&[OutcomeKind::Flaky])),
        CaseEnd::LeftOut => (TestStatus::Ignored, None),
        CaseEnd::NotRun => (TestStatus::NotRun, None),
        CaseEnd::Passed => (TestStatus::Passed, None),
    };
    let again = |o: &&CaseOutcome| {
        o.kind != OutcomeKind::Skipped && outcome.is_some_and(|first| !std::ptr::eq(*o, first))
    };
    let later = element.outcomes.iter().filter(again).map(|o| failure(o, element));
    TestCase {
        name,
        status,
        duration_ms: element.time_ms.and_then(milliseconds),
        later: later.collect(),
        failure: outcome.map(|o| failure(o, element)),
        selector: None,
    }
}

fn failure(outcome: &CaseOutcome, element: &Element) -> Failure {
    // What surefire writes of the first attempt stands in the case, that of further ones in theirs.
    let first = matches!(outcome.kind, OutcomeKind::Failure | OutcomeKind::Error);
    let output = if outcome.output.is_empty() && first { &element.output } else { &outcome.output };
    let said = said(outcome, element);
    // CTest says nothing itself; what GoogleTest printed does.
    let said = if said.message.is_empty() { of_google_test(output).unwrap_or(said) } else { said };
    said.printed(output.trim_matches(['\n', '\r']).trim_end())
}

/// What GoogleTest prints of a failed assertion: `a.cpp:4: Failure`, and what was expected until an empty line or the end of the test.
fn of_google_test(output: &str) -> Option<Failure> {
    let mut lines = output.lines();
    let place = lines.by_ref().find_map(|line| place::of_line(line.trim_end().strip_suffix(": Failure")?))?;
    let until = |line: &&str| !line.trim().is_empty() && !line.starts_with("[  FAILED");
    let message = lines.take_while(until).collect::<Vec<_>>().join("\n");
    let failure = Failure::new(&message, "", Some(place));
    Some(if is_whole(output, Failure::TEXT) { told(failure) } else { failure })
}

fn said(outcome: &CaseOutcome, element: &Element) -> Failure {
    let text = outcome.text.trim_matches(['\n', '\r']).trim_end();
    let note =
        text.starts_with("note: test did not panic") || text.starts_with("note: panic did not contain");
    let rust = note || text.lines().any(|l| panic::thread(l).is_some());
    if rust {
        return panic::failure(text, Failure::TEXT);
    }
    let class = element.classname.as_deref().unwrap_or_default();
    let above = outcome.message.as_deref().and_then(|message| message.lines().next());
    let place =
        place::of_any(&without_ansi(text), class).or_else(|| place::of_line(above?)).or_else(|| at(element));
    // Playwright puts the test's name there, and what it says into the text.
    let own = |m: &&str| !m.is_empty() && (text.is_empty() || !m.ends_with(element.name.as_str()));
    if let Some(message) = outcome.message.as_deref().map(str::trim).filter(own) {
        let failure = Failure::new(&with_values(message, text), text, place);
        return if message.ends_with(UNSAID) { failure } else { told(failure) };
    }
    match above_stack(text) {
        // A class alone does not say what was wrong.
        said if said.is_empty() => Failure::new(outcome.class.as_deref().unwrap_or_default(), text, place),
        said if is_whole(&outcome.text, Failure::TEXT) => told(Failure::new(&said, text, place)),
        said => Failure::new(&said, text, place),
    }
}

/// What a text says before its stack, or the code around its place, begins: its first line alone may be that of every failure of
/// its kind.
pub(super) fn above_stack(text: &str) -> String {
    let ends = |line: &&str| {
        let line = line.trim_start();
        let code = line.trim_start_matches(['>', ' ']).trim_start_matches(|c: char| c.is_ascii_digit());
        let frame = line.starts_with("at ") && line.contains([':', '(']) || line.starts_with("File \"");
        frame || (code.len() < line.len() && code.starts_with(" |"))
    };
    let lines: Vec<&str> = text.lines().take_while(|l| !ends(l)).map(str::trim).collect();
    lines.join("\n").trim().to_string()
}

/// The message, and what the text says behind it of the values that were compared: `expect(received).toBe(expected)` alone is the
/// message of every such failure.
fn with_values(message: &str, text: &str) -> String {
    // pytest's text is the source of the test; its messages have the values.
    if text.lines().any(|line| line.starts_with("E ")) {
        return message.to_string();
    }
    let said = above_stack(text);
    let behind = said.split_once(message).map_or("", |(_, behind)| behind);
    let sides = ["expected", "received", "actual", "+", "-"];
    let is_side = |line: &&str| sides.iter().any(|side| line.to_ascii_lowercase().starts_with(side));
    std::iter::once(message).chain(behind.lines().filter(is_side)).collect::<Vec<_>>().join("\n")
}

/// The place that the element itself names.
fn at(element: &Element) -> Option<SourcePlace> {
    let file = cut(element.file.as_deref()?, 4096).to_string();
    Some(SourcePlace { file, line: element.line.unwrap_or(0), column: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_google_test_printed() {
        let output = "Running main()\n/src/calc.cpp:4: Failure\nExpected equality of these values:\n  5\n\n[  FAILED  ] Calc.Zero (0 ms)\n";
        let failure = of_google_test(output).unwrap();
        assert_eq!(failure.message, "Expected equality of these values:\n  5");
        assert_eq!(failure.place.map(|place| (place.file, place.line)), Some(("/src/calc.cpp".into(), 4)));
        assert!(of_google_test("all is well\n").is_none());
    }

    #[test]
    fn the_values_belong_to_the_message() {
        let text = "  [one] > a.spec.js:6:3\n\n    Error: expect(a).toBe(b)\n\n    Expected: 3\n    Received: 2\n\n      5 | x\n    > 6 | y\n        at /a.js:6:3\n";
        assert_eq!(with_values("expect(a).toBe(b)", text), "expect(a).toBe(b)\nExpected: 3\nReceived: 2");
        let node =
            "[Error [ERR_TEST_FAILURE]: test failed\n] {\n  code: 'ERR_TEST_FAILURE',\n  exitCode: 1\n}";
        assert_eq!(with_values("test failed", node), "test failed");
        let java = "java.lang.AssertionError: sums differ\n\tat a.B.c(B.java:12)\n";
        assert_eq!(with_values("sums differ", java), "sums differ");
        assert_eq!(above_stack(java), "java.lang.AssertionError: sums differ");
        let pytest = "def test():\n>       assert f() == 2\nE       assert 1 == 2\n\nt.py:5: AssertionError";
        assert_eq!(with_values("assert 1 == 2", pytest), "assert 1 == 2");
    }
}

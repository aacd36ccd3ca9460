//! Playwright's JSON report: one reading a spec file.

use super::basis::told;
use super::collect::{ReadingDraft, Room, append, counted, cut, finish, milliseconds, outside};
use super::document::{self, number, text};
use super::fault::ReadFault;
use super::lines::{read_at_most, skip_noting};
use crate::model::signature::Basis;
use crate::model::test::{Failure, Reading, SourcePlace, TestCase, TestStatus};
use std::collections::BTreeSet;
use std::io::BufRead;
use tollgate_text::ansi::without_ansi;
use tollgate_text::figures::total;
use tollgate_text::json::Json;

/// Reads a report; lines before the one that begins it (npm's, a setup's) are passed over. A name is the titles of its groups
/// and its own joined by ` › `, with `[project] › ` before it where the configuration has several projects.
pub(super) fn read(
    input: &mut dyn BufRead,
    times: Option<&mut Vec<String>>,
) -> Result<Vec<Reading>, ReadFault> {
    let mut passed = Vec::new();
    if !skip_noting(input, b'{', &mut passed)? {
        return Err(no_json(&without_ansi(&String::from_utf8_lossy(&passed))));
    }
    let mut bytes = Vec::new();
    read_at_most(input, &mut bytes, document::JSON)?;
    let document = document::json(&bytes)?;
    if let Some(times) = times {
        times.extend(document.pointer("/stats/startTime").and_then(Json::as_str).map(String::from));
    }
    let Some(Json::Array(suites)) = document.get("suites") else {
        return Err(ReadFault::holds_no("results of Playwright: it has no `suites`"));
    };
    let projects = match document.pointer("/config/projects") {
        Some(Json::Array(projects)) => projects.len(),
        _ => 0,
    };
    let mut of_tests = BTreeSet::new();
    suites.iter().for_each(|suite| projects_of(suite, &mut of_tests));
    let mut report = Report {
        room: Room::default(),
        projects: projects > 1 || of_tests.len() > 1,
        not_run: 0,
        seen: [0; 4],
        current: ReadingDraft::default(),
    };
    let mut drafts = Vec::new();
    for suite in suites {
        report.current = ReadingDraft::new(text(suite, "title"));
        report.suite(suite, &mut Vec::new(), true)?;
        drafts.push(std::mem::take(&mut report.current));
    }
    drafts.extend(fault(&document, &report).map(outside));
    if drafts.is_empty() {
        let mut draft = ReadingDraft::default();
        draft.reading.nothing = document.items("errors").iter().map(|e| text(e, "message")).find(is_none).map(|_| {
            "Playwright says `No tests found`: name files that hold tests, or mend testDir, testMatch or --grep".into()
        });
        drafts.push(draft);
    }
    Ok(finish(drafts))
}

/// What is said of a text that is no report.
fn no_json(text: &str) -> ReadFault {
    const NONE: &str = "No tests found";
    ReadFault::holds_no(match text.contains(NONE) {
        true => {
            "results of Playwright, but its words `No tests found`: name files that hold tests, and write the report with --reporter=json"
        }
        false => "results of Playwright: it is no JSON, which --reporter=json writes",
    })
}

/// The names of the projects of all tests within a suite.
fn projects_of<'j>(suite: &'j Json<'_>, names: &mut BTreeSet<&'j str>) {
    let tests = suite.items("specs").iter().flat_map(|spec| spec.items("tests"));
    names.extend(tests.map(|test| text(test, "projectName")));
    suite.items("suites").iter().for_each(|inner| projects_of(inner, names));
}

/// Playwright's word where nothing matches.
fn is_none(message: &&str) -> bool {
    without_ansi(message).starts_with("Error: No tests found")
}

struct Report {
    room: Room,
    projects: bool,
    not_run: u64,
    /// Tests of each of `STATS`, by their own word.
    seen: [u64; 4],
    current: ReadingDraft,
}

/// What a test's `status` may be, and what `stats` counts.
const STATS: [&str; 4] = ["unexpected", "flaky", "expected", "skipped"];

impl Report {
    /// A suite of the report: a file, or a group in one. Nesting is bounded by the JSON reader's.
    fn suite<'j>(
        &mut self,
        suite: &'j Json<'_>,
        titles: &mut Vec<&'j str>,
        file: bool,
    ) -> Result<(), ReadFault> {
        if !file {
            titles.push(text(suite, "title"));
        }
        for spec in suite.items("specs") {
            titles.push(text(spec, "title"));
            for test in spec.items("tests") {
                self.test(spec, test, titles)?;
            }
            titles.pop();
        }
        for inner in suite.items("suites") {
            self.suite(inner, titles, false)?;
        }
        if !file {
            titles.pop();
        }
        Ok(())
    }

    fn test(&mut self, spec: &Json<'_>, test: &Json<'_>, titles: &[&str]) -> Result<(), ReadFault> {
        let mut name = titles.join(" › ");
        if self.projects {
            name = format!("[{}] › {name}", text(test, "projectName"));
        }
        let results: Vec<&Json> = test.items("results").iter().collect();
        let expected = text(test, "expectedStatus");
        let word = text(test, "status");
        if let Some(nth) = STATS.iter().position(|s| *s == word) {
            self.seen[nth] += 1;
        }
        let status = match word {
            _ if !agrees(word, &results, expected) => TestStatus::Failed,
            "expected" if expected == "passed" => TestStatus::Passed,
            // It failed, as it says that it does.
            "expected" => TestStatus::Ignored,
            "flaky" => TestStatus::Flaky,
            "skipped" => {
                let ran = !results.is_empty() && results.iter().all(|r| text(r, "status") == "skipped");
                let asked =
                    test.items("annotations").iter().any(|a| matches!(text(a, "type"), "skip" | "fixme"));
                let left = !(asked || ran && expected == "skipped");
                self.not_run += u64::from(left);
                if left { TestStatus::NotRun } else { TestStatus::Ignored }
            }
            _ => TestStatus::Failed,
        };
        let bad = matches!(status, TestStatus::Failed | TestStatus::Flaky);
        let mut failures = if bad { failures(spec, &results, expected) } else { Vec::new() }.into_iter();
        let (failure, later) = (failures.next(), failures.collect());
        let ran: Vec<f64> = results.iter().filter_map(|r| number(r, "duration")).collect();
        let duration_ms = (!ran.is_empty()).then(|| milliseconds(total(ran))).flatten();
        self.current
            .push(&mut self.room, TestCase { name, status, duration_ms, failure, later, selector: None })
            .map(|_| ())
    }
}

/// Whether a test's results can be what its `status` sums up: Playwright passes over those that were interrupted or skipped.
fn agrees(word: &str, results: &[&Json<'_>], expected: &str) -> bool {
    let ended = |r: &&&Json<'_>| !matches!(text(r, "status"), "interrupted" | "skipped");
    let as_expected = results.iter().any(|r| text(r, "status") == expected);
    let otherwise = results.iter().filter(ended).any(|r| text(r, "status") != expected);
    match word {
        "expected" => as_expected && !otherwise,
        "flaky" => as_expected,
        "skipped" => !otherwise,
        _ => true,
    }
}

/// The failures of each result that is not the one expected; at least one.
fn failures(spec: &Json<'_>, results: &[&Json<'_>], expected: &str) -> Vec<Failure> {
    let other = results.iter().filter(|r| text(r, "status") != expected);
    let mut found: Vec<Failure> = other.flat_map(|result| of_result(spec, result, expected)).collect();
    if found.is_empty() {
        found.push(Failure::new("it has no result", "", place(spec)));
    }
    found
}

/// A result's errors, each of them: those of soft assertions, of hooks, of the test.
fn of_result(spec: &Json<'_>, result: &Json<'_>, expected: &str) -> Vec<Failure> {
    let first = failure(spec, result, expected);
    if is_late(result) {
        return vec![first];
    }
    let more = result.items("errors").iter().skip(1).map(|error| {
        let message = without_ansi(text(error, "message"));
        told(Failure::new(message.trim_end(), "", error.get("location").and_then(place)))
    });
    std::iter::once(first).chain(more).collect()
}

fn failure(spec: &Json<'_>, result: &Json<'_>, expected: &str) -> Failure {
    let own = || place(spec);
    let errors: Vec<&Json> = result.items("errors").iter().chain(result.get("error")).collect();
    let Some(first) = errors.first() else {
        let message = format!("it was expected to end as {expected} and ended as {}", text(result, "status"));
        return Failure::new(&message, "", own());
    };
    let long = without_ansi(text(first, "message"));
    // The report may put the code around the place behind the message.
    let brief = result.get("error").map_or(long.clone(), |e| without_ansi(text(e, "message")));
    let mut all = errors.iter().map(|e| text(e, "message")).fold(String::new(), |mut all, message| {
        append(&mut all, message, Failure::TEXT);
        append(&mut all, "\n", Failure::TEXT);
        all
    });
    for (stream, name) in [("stdout", "stdout"), ("stderr", "stderr")] {
        for piece in result.items(stream) {
            append(&mut all, &format!("[{name}] {}", text(piece, "text")), Failure::TEXT);
        }
    }
    let at = errors.iter().find_map(|e| place(e.get("location")?));
    let failure = Failure::new(&brief, without_ansi(&all).trim_end(), at.or_else(own));
    if !is_late(result) {
        return told(failure);
    }
    // That it took too long and where it was are one failure.
    let mut errors: Vec<_> = errors.iter().map(|e| without_ansi(text(e, "message"))).collect();
    errors.dedup();
    Failure::new(errors.join("\n").trim_end(), &failure.text, failure.place).resting_on(Basis::Timeout)
}

fn is_late(result: &Json<'_>) -> bool {
    text(result, "status") == "timedOut"
}

/// What the report says beside its tests: errors outside them, tests that did not run, counts that no test shows.
fn fault(document: &Json<'_>, report: &Report) -> Option<String> {
    let stats = |key: &str| document.get("stats").and_then(|s| number(s, key)).unwrap_or(0.0) as u64;
    let mut error = document.items("errors").iter().map(|e| without_ansi(text(e, "message")).into_owned());
    // Said when nothing matches: no test is what it honestly found.
    let none = |e: &String| is_none(&e.as_str()) && stats("unexpected") == 0;
    if let Some(error) = error.find(|e| !none(e)) {
        let line =
            error.lines().find(|l| !l.trim().is_empty()).unwrap_or("an error without a message").trim();
        return Some(format!("Playwright reports an error outside the tests: {}", cut(line, 300)));
    }
    let Some(stated) = document.get("stats") else {
        return Some("its `stats` are missing".into());
    };
    for (key, shown) in STATS.into_iter().zip(report.seen) {
        // Playwright states each of them, were it 0.
        let Some(said) = number(stated, key).filter(|n| *n >= 0.0) else {
            return Some(format!("its stats do not count {key}, and its tests show {shown}"));
        };
        let said = said as u64;
        if said > shown {
            return Some(format!("its stats count {said} {key}, but its tests show {shown}"));
        }
    }
    (report.not_run > 0).then(|| format!("{} did not run", counted(report.not_run, "test")))
}

/// `file`, `line` and `column` of a value.
fn place(value: &Json<'_>) -> Option<SourcePlace> {
    let part = |key: &str| number(value, key).filter(|n| (0.0..=4e9).contains(n)).map_or(0, |n| n as u32);
    let file = cut(text(value, "file"), 4096);
    (!file.is_empty()).then(|| SourcePlace { file: file.into(), line: part("line"), column: part("column") })
}

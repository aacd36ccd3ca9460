//! The JSON report that jest writes (`--json --outputFile`), and vitest as jest does: one reading a file of tests.

use super::basis::told;
use super::collect::{ReadingDraft, Room, counted, cut, finish, milliseconds, outside};
use super::document::{self, number, text};
use super::fault::ReadFault;
use super::junit::above_stack;
use super::lines::{read_at_most, skip_to};
use super::place;
use crate::model::signature::Basis;
use crate::model::test::{Failure, Reading, SourcePlace, TestCase, TestStatus};
use std::io::BufRead;
use tollgate_text::ansi::without_ansi;
use tollgate_text::json::Json;

/// Reads a report; lines before the one that begins it are passed over. A name is the titles of its groups and its own joined by ` > `.
pub(super) fn read(input: &mut dyn BufRead) -> Result<Vec<Reading>, ReadFault> {
    if !skip_to(input, b'{')? {
        return Err(ReadFault::holds_no("results of jest"));
    }
    let mut bytes = Vec::new();
    read_at_most(input, &mut bytes, document::JSON)?;
    let document = document::json(&bytes)?;
    let Some(Json::Array(files)) = document.get("testResults") else {
        return Err(ReadFault::holds_no("results of jest: it has no `testResults`"));
    };
    let paths: Vec<&str> = files.iter().map(|file| text(file, "name")).collect();
    let mut room = Room::default();
    let mut drafts = Vec::new();
    for file in files {
        drafts.push(of_file(file, &short(text(file, "name"), &paths), &mut room)?);
    }
    let whole = fault(&document, &drafts, files.len());
    drafts.extend(whole.map(outside));
    if drafts.is_empty() {
        drafts.push(ReadingDraft::default());
    }
    Ok(finish(drafts))
}

/// The end of a path that no other file of the report has: jest states where a file stands on its machine.
fn short(path: &str, all: &[&str]) -> String {
    let parts: Vec<&str> = path.split(['/', '\\']).filter(|part| !part.is_empty()).collect();
    let ends = (1..=parts.len()).map(|n| parts[parts.len() - n..].join("/"));
    let other = |end: &String| {
        let same = |other: &&&str| {
            other
                .replace('\\', "/")
                .strip_suffix(end.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        };
        all.iter().filter(same).count() > 1
    };
    let mut last = path.to_string();
    for end in ends {
        last = end;
        if !other(&last) {
            break;
        }
    }
    last
}

fn of_file(file: &Json<'_>, name: &str, room: &mut Room) -> Result<ReadingDraft, ReadFault> {
    let mut draft = ReadingDraft::new(name);
    for test in file.items("assertionResults") {
        draft.push(room, case(test, text(file, "name")))?;
    }
    let failed = draft.tally(TestStatus::Failed) > 0;
    if text(file, "status") == "failed" && !failed {
        let message = without_ansi(text(file, "message"));
        let lines = message.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("● "));
        let said = lines.take(2).collect::<Vec<_>>().join(" ");
        let said = if said.is_empty() {
            "it failed, and says no more".to_string()
        } else {
            cut(&said, 300).to_string()
        };
        draft.fault_told(format!("{name} could not be run: {said}"), Basis::Exception);
    }
    Ok(draft)
}

fn case(test: &Json<'_>, file: &str) -> TestCase {
    let titles =
        test.items("ancestorTitles").iter().filter_map(Json::as_str).filter(|title| !title.is_empty());
    let name = titles.chain([text(test, "title")]).collect::<Vec<_>>().join(" > ");
    let own = || {
        let at = test.get("location")?;
        let part = |key: &str| number(at, key).filter(|n| (0.0..=4e9).contains(n)).map_or(0, |n| n as u32);
        (part("line") > 0).then(|| SourcePlace {
            file: cut(file, 4096).into(),
            line: part("line"),
            column: part("column"),
        })
    };
    let failures = |key: &str| -> Vec<Failure> {
        test.items(key).iter().filter_map(Json::as_str).map(|said| failure(said, own())).collect()
    };
    let (status, failures) = match text(test, "status") {
        "passed" => {
            let mut earlier = failures("retryReasons");
            // Why is told only where the project asks for it (`logErrorsBeforeRetry`).
            if earlier.is_empty() && number(test, "invocations").is_some_and(|n| n > 1.0) {
                earlier.push(Failure::new("it failed at first, and jest does not say why", "", own()));
            }
            (if earlier.is_empty() { TestStatus::Passed } else { TestStatus::Flaky }, earlier)
        }
        "pending" | "skipped" | "todo" | "disabled" => (TestStatus::Ignored, Vec::new()),
        "failed" => {
            let all: Vec<Failure> =
                failures("retryReasons").into_iter().chain(failures("failureMessages")).collect();
            let none = || vec![Failure::new("it says no reason", "", own())];
            (TestStatus::Failed, if all.is_empty() { none() } else { all })
        }
        word => {
            let said = format!("its status is `{}`, which is none of a test that passed", cut(word, 100));
            (TestStatus::Failed, vec![Failure::new(&said, "", own())])
        }
    };
    let mut failures = failures.into_iter();
    let (failure, later) = (failures.next(), failures.collect());
    let duration_ms = number(test, "duration").and_then(milliseconds);
    TestCase { name, status, duration_ms, failure, later, selector: None }
}

/// What a message says before its stack, and the first frame that is not of a library.
fn failure(said: &str, own: Option<SourcePlace>) -> Failure {
    let said = without_ansi(said);
    let text = said.trim_end();
    let place = place::of_javascript(text).or(own);
    let above = above_stack(text);
    let message = if above.is_empty() { text.lines().next().unwrap_or_default() } else { &above };
    told(Failure::new(message, text, place))
}

/// What the report says beside its tests, and counts that no test shows.
fn fault(document: &Json<'_>, drafts: &[ReadingDraft], files: usize) -> Option<String> {
    let count = |key: &str| number(document, key).filter(|n| *n >= 0.0).map(|n| n as u64);
    let Some(tests) = count("numTotalTests") else { return Some("its `numTotalTests` is missing".into()) };
    if matches!(document.get("wasInterrupted"), Some(Json::Bool(true))) {
        return Some("jest was interrupted: tests may be missing".into());
    }
    let all = |statuses: &[TestStatus]| {
        drafts.iter().map(|draft| draft.count(statuses)).fold(0_u64, u64::saturating_add)
    };
    let statuses = [TestStatus::Passed, TestStatus::Failed, TestStatus::Flaky, TestStatus::Ignored];
    let (shown, failed) = (all(&statuses), all(&[TestStatus::Failed]));
    if tests > shown {
        return Some(format!("it counts {}, and shows {shown}", counted(tests, "test")));
    }
    if let Some(said) = count("numFailedTests").filter(|said| *said > failed) {
        return Some(format!("it counts {} that failed, and shows {failed}", counted(said, "test")));
    }
    if let Some(said) =
        count("numTotalTestSuites").filter(|said| is_of_jest(document) && *said > files as u64)
    {
        return Some(format!("it counts {}, and shows {files}", counted(said, "file")));
    }
    let red = failed > 0 || drafts.iter().any(|draft| draft.reading.fault.is_some());
    (matches!(document.get("success"), Some(Json::Bool(false))) && !red)
        .then(|| "it says that it failed, and no test of it did".into())
}

/// vitest counts groups of tests as suites.
fn is_of_jest(document: &Json<'_>) -> bool {
    document.get("wasInterrupted").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_called_by_what_tells_them_apart() {
        let all = ["/w/a/x.test.js", "/w/b/x.test.js", "/w/b/y.test.js"];
        let names: Vec<String> = all.iter().map(|path| short(path, &all)).collect();
        assert_eq!(names, ["a/x.test.js", "b/x.test.js", "y.test.js"]);
        assert_eq!(short("x.js", &["x.js", "x.js"]), "x.js");
    }

    fn of(report: &str) -> Result<Vec<String>, String> {
        let found = read(&mut report.as_bytes()).map_err(|fault| fault.to_string())?;
        let shown = |reading: &Reading| {
            let cases = reading.cases.iter().map(|case| {
                let place = case
                    .failure
                    .as_ref()
                    .and_then(|f| f.place.as_ref())
                    .map_or(String::new(), |p| format!(" at {}:{}", p.file, p.line));
                let said = case
                    .failure
                    .as_ref()
                    .map_or(String::new(), |f| format!(": {}", f.message.replace('\n', " / ")));
                format!("{} {}{place}{said}", case.name, case.status.name())
            });
            let fault = reading.fault.as_ref().map(|fault| format!("FAULT {}", fault.sentence));
            format!("{}: {}", reading.name, cases.chain(fault).collect::<Vec<_>>().join("; "))
        };
        Ok(found.iter().map(shown).collect())
    }

    const FAILED: &str = r#"{"ancestorTitles": ["calc", "zero"], "title": "adds (0)", "status": "failed", "duration": 3, "failureMessages":
        ["Error: expect(received).toBe(expected)\n\nExpected: 3\nReceived: 2\n    at Object.toBe (/w/calc.test.js:2:64)\n    at x (/w/node_modules/j.js:1:1)"]}"#;

    #[test]
    fn a_report_reads_to_its_tests() {
        let report = format!(
            r#"{{"numTotalTests": 3, "numFailedTests": 1, "numTotalTestSuites": 1, "success": false, "wasInterrupted": false, "testResults": [
            {{"name": "/w/calc.test.js", "status": "failed", "message": "x", "assertionResults": [{FAILED},
            {{"ancestorTitles": [], "title": "later", "status": "todo"}},
            {{"ancestorTitles": [], "title": "again", "status": "passed", "retryReasons": ["Error: first"]}}]}}]}}"#
        );
        insta::assert_snapshot!(of(&report).unwrap().join("\n"), @"calc.test.js: calc > zero > adds (0) failed at /w/calc.test.js:2: Error: expect(received).toBe(expected) /  / Expected: 3 / Received: 2; later ignored; again flaky: Error: first");
    }

    #[test]
    fn what_does_not_agree_with_itself_is_red() {
        let report = |head: &str, files: &str| format!(r#"{{{head}, "testResults": [{files}]}}"#);
        let green = r#"{"name": "/w/a.js", "status": "passed", "assertionResults": [{"title": "t", "status": "passed"}]}"#;
        let broken = r#"{"name": "/w/a.js", "status": "failed", "message": "  ● Test suite failed to run\n\n    Cannot find module 'x'\n", "assertionResults": []}"#;
        let odd = r#"{"name": "/w/a.js", "status": "passed", "assertionResults": [{"title": "t", "status": "fine"}]}"#;
        let said = [
            report(r#""numTotalTests": 1, "success": true"#, green),
            report(r#""numTotalTests": 2"#, green),
            report(r#""numTotalTests": 1, "numFailedTests": 1"#, green),
            report(r#""numTotalTests": 1, "success": false"#, green),
            report(r#""numTotalTests": 1, "wasInterrupted": true"#, green),
            report(r#""numTotalTests": 1, "wasInterrupted": false, "numTotalTestSuites": 2"#, green),
            report(r#""success": true"#, green),
            report(r#""numTotalTests": 0, "success": false"#, broken),
            report(r#""numTotalTests": 1, "success": true"#, odd),
            r#"{"numTotalTests": 0}"#.to_string(),
            "npm ERR!".to_string(),
        ]
        .map(|report| of(&report).unwrap_or_else(|fault| vec![format!("refused: {fault}")]).join(" | "));
        insta::assert_snapshot!(said.join("\n"), @r"
        a.js: t passed
        a.js: t passed | : FAULT it counts 2 tests, and shows 1
        a.js: t passed | : FAULT it counts 1 test that failed, and shows 0
        a.js: t passed | : FAULT it says that it failed, and no test of it did
        a.js: t passed | : FAULT jest was interrupted: tests may be missing
        a.js: t passed | : FAULT it counts 2 files, and shows 1
        a.js: t passed | : FAULT its `numTotalTests` is missing
        a.js: FAULT a.js could not be run: Cannot find module 'x'
        a.js: t failed: its status is `fine`, which is none of a test that passed
        refused: it holds no results of jest: it has no `testResults`
        refused: it holds no results of jest
        ");
    }
}

//! Results that look green and are none: lists of tests, reports given twice, subtests that failed in a test that passed, hooks.

use crate::support::{Ws, check};
use tollgate_core::ingest::read;
use tollgate_core::model::suite::ResultReader;
use tollgate_core::model::test::Reading;

fn readings(reader: ResultReader, text: &str) -> Vec<Reading> {
    read(reader, &mut text.as_bytes()).unwrap()
}

/// Tests with what became of them, and what is wrong beside them.
fn said(reader: ResultReader, text: &str) -> String {
    let one = |r: &Reading| {
        let cases = r.cases.iter().map(|c| format!("{} {}", c.name, c.status.name()));
        let fault = r.fault.as_ref().map(|f| format!("! {}", f.sentence));
        cases.chain(fault).collect::<Vec<_>>().join("; ")
    };
    readings(reader, text).iter().map(one).collect::<Vec<_>>().join(" / ")
}

const LIST: &str = "<testsuites tests='1' name='AllTests'><testsuite name='Shelf' tests='1'>\
                    <testcase name='Adds' file='shelf_test.cc' line='7'/></testsuite></testsuites>";

#[test]
fn a_list_of_tests_is_no_run_of_them() {
    let ws = Ws::new();
    ws.put("list.xml", LIST).put("list.txt", "a::b: test\n\n1 test, 0 benchmarks\n");
    let none = r#"{"config":{},"suites":[],"errors":[{"message":"Error: No tests found"}],
                   "stats":{"expected":0,"unexpected":0,"flaky":0,"skipped":0}}"#;
    ws.put("none.json", none).put("none.txt", "Error: No tests found.\n").put("go.txt", "ok  \tp\t0.1s\n");
    ws.put("jest.json", "{\"numFailedTestSuites\":1,\"testResults\":[]}");
    for (format, file, code, why) in [
        ("junit", "list.xml", 3, "it is a list of tests (--gtest_list_tests), none of which ran"),
        ("libtest", "list.txt", 3, "it is a list of tests (--list), none of which ran: leave --list away"),
        ("playwright", "none.json", 3, "Playwright says `No tests found`: name files that hold tests"),
        ("playwright", "none.txt", 4, "but its words `No tests found`: name files that hold tests"),
        ("go", "go.txt", 4, "but the text of `go test`, which does not tell everything: run it with -json"),
        ("junit", "jest.json", 4, "it is Jest's own JSON (--json); the reporter jest-junit writes JUnit"),
    ] {
        let run = ws.run(&["ingest", format, file, "--out", &format!("{file}.out")]).expect(code);
        assert!(run.stderr.contains(why), "{}", run.stderr);
        assert!(ws.text(&format!("{file}.out/ingest_error.json")).contains(why), "{file}");
    }
    ws.reads("listed", "list.xml", "format = \"junit\"", "doc.tests > 0");
    let verdict = ws.check(&[]).expect(1);
    assert!(verdict.stdout.contains("it is a list of tests (--gtest_list_tests)"), "{}", verdict.stdout);
}

#[test]
fn a_report_given_twice_counts_once() {
    let ws = Ws::new();
    let report = "<testsuite name='s'><testcase name='a'/></testsuite>";
    ws.put("a.xml", report).put("b.xml", report).put("c.xml", report.replace("'a'", "'b'"));
    let run = ws.run(&["ingest", "junit", "a.xml", "./a.xml", "c.xml", "b.xml", "--out", "A"]).expect(0);
    assert!(
        run.stderr.contains("a.xml is read once: it was given more than once, and so is 1 more"),
        "{}",
        run.stderr
    );
    assert_eq!(ws.json("A/summary.json")["total_units"], 2);
    let run = ws.run(&["ingest", "junit", "a.xml", "b.xml", "--out", "B"]).expect(0);
    assert!(run.stderr.contains("b.xml is read once: it holds the same bytes as a.xml"), "{}", run.stderr);
    assert_eq!(ws.json("B/summary.json")["total_units"], 1);
    let run = ws.run(&["ingest", "junit", "a.xml", "c.xml", "--out", "C"]).expect(0);
    assert!(!run.stderr.contains("read once"), "{}", run.stderr);
}

#[test]
fn what_failed_within_a_test_that_passed() {
    let of = |text: &str| said(ResultReader::Tap, text);
    assert_eq!(of("1..1\n    not ok 1 - inner\nok 1 - outer\n"), "outer > inner failed");
    assert_eq!(of("1..1\n   not ok 1 - inner\nok 1 - outer\n"), "outer > inner failed");
    assert_eq!(of("1..1\n    not ok 1 - inner # TODO\n    ok 2 - more\nok 1 - outer\n"), "outer passed");
    // Of a test that failed it is output.
    assert_eq!(of("1..1\n    not ok 1 - inner\nnot ok 1 - outer\n"), "outer failed");
}

#[test]
fn points_without_words_and_numbers_out_of_order() {
    let of = |text: &str| said(ResultReader::Tap, text);
    assert_eq!(of("1..3\nok\nnot ok\nok # SKIP\n"), "test 1 passed; test 2 failed; test 3 ignored");
    let mixed = "ok 1 - a\nok 3 - c\nok 2 - b\n1..3\n";
    let all = "a passed; c passed; b passed";
    assert_eq!(of(mixed), format!("{all}; ! the output holds the number 3 where 2 is due"));
    assert_eq!(
        of(&format!("TAP version 13\n{mixed}")),
        format!("{all}; ! the output holds the number 3 where 2 is due")
    );
    assert_eq!(of(&format!("TAP version 14\n{mixed}")), all);
    assert!(
        of("TAP version 14\n1..2\nok 1 - a\nok 1 - b\n").ends_with("! the output holds the number 1 twice")
    );
}

#[test]
fn ktap_is_indented_by_two() {
    let ktap = "KTAP version 1\n1..2\n  KTAP version 1\n  # Subtest: shelf\n  1..2\n    KTAP version 1\n    1..2\n    # adds: ready\n    \
                ok 1 adds\n    not ok 2 lends\n  not ok 1 books\n  ok 2 rooms # SKIP no rooms\nnot ok 1 shelf\nok 2 door\n";
    let all = "shelf > books > adds passed; shelf > books > lends failed; shelf > rooms ignored; door passed";
    assert_eq!(said(ResultReader::Tap, ktap), all);
    // A suite that hides what failed in it.
    assert_eq!(said(ResultReader::Tap, &ktap.replace("\nnot ok 1 shelf", "\nok 1 shelf")), all);
    assert!(
        said(ResultReader::Tap, &ktap.replace("  1..2\n    KTAP", "  1..3\n    KTAP"))
            .contains("the plan of its subtests says 3")
    );
}

#[test]
fn hooks_and_files_are_faults_of_their_suite_and_turn_green() {
    let of = |text: &str| said(ResultReader::Junit, text);
    let suite = |cases: &str| {
        format!("<testsuites name='Mocha Tests'><testsuite name='shelf'>{cases}</testsuite></testsuites>")
    };
    let good = "<testcase name='shelf adds' classname='adds'/>";
    let hook = "<testcase name='shelf &quot;before all&quot; hook for &quot;lends&quot;' classname='&quot;before all&quot; hook for &quot;lends&quot;'>\
                <failure message='no door'>Error: no door\n    at a.js:1:2</failure></testcase>";
    let wanted = "adds.shelf adds passed; ! shelf \"before all\" hook for \"lends\" failed: no door";
    assert_eq!(of(&suite(&format!("{good}{hook}"))), wanted);
    let jest = "<testsuites name='jest tests' errors='1'><testsuite name='src/a.test.ts' errors='1' tests='0'><testcase classname='Test suite failed to run' \
                name='src/a.test.ts'><error>Test suite failed to run\n\n    Cannot find module './shelf'\n      at a.ts:1:1</error></testcase></testsuite></testsuites>";
    assert_eq!(of(jest), "! src/a.test.ts failed: Cannot find module './shelf'");
    assert_eq!(
        said(
            ResultReader::Tap,
            "1..3\nok 1 adds\nnot ok 2 shelf \"before all\" hook in \"{root}\"\n  ---\n  message: no door\n  ...\n"
        ),
        "adds passed; ! shelf \"before all\" hook in \"{root}\" failed: no door"
    );

    let ws = Ws::new();
    ws.put(
        "tollgate.toml",
        "[workspace]\npacks = []\n[suites.unit]\nnames = [\"all\"]\ncommand = \"sh all.sh\"\nsingle = \"sh none.sh {test}\"\nreader = \"junit\"\nresults = \"r.xml\"\n",
    );
    ws.put("red.xml", suite(&format!("{good}{hook}"))).put("all.sh", "cp red.xml r.xml\nexit 1\n");
    ws.run(&["run", "--out", "red"]).expect(1);
    assert_eq!(ws.json("red/summary.json")["units"][0]["failed"], 0);
    ws.put("green.xml", suite(&format!("{good}<testcase name='shelf lends'/>")))
        .put("all.sh", "cp green.xml r.xml\n");
    ws.run(&["run", "--rerun-from", "red", "--out", "green"]).expect(0);
    assert_eq!(ws.json("green/summary.json")["units"][0]["passed"], 2);
}

#[test]
fn one_title_in_two_projects_is_two_tests() {
    let report = |config: &str| {
        let test = |project: &str, status: &str, ended: &str| {
            format!(
                "{{\"projectName\":\"{project}\",\"expectedStatus\":\"passed\",\"status\":\"{status}\",\"results\":[{{\"status\":\"{ended}\",\"duration\":1}}]}}"
            )
        };
        let tests = [test("web", "expected", "passed"), test("phone", "unexpected", "failed")].join(",");
        format!(
            "{{\"config\":{config},\"suites\":[{{\"title\":\"a.spec\",\"specs\":[{{\"title\":\"opens\",\"tests\":[{tests}]}}]}}],\
             \"stats\":{{\"expected\":1,\"unexpected\":1,\"flaky\":0,\"skipped\":0}}}}"
        )
    };
    let both = "[web] › opens passed; [phone] › opens failed";
    assert_eq!(said(ResultReader::Playwright, &report("{}")), both);
    assert_eq!(
        said(ResultReader::Playwright, &report("{\"projects\":[{\"name\":\"web\"},{\"name\":\"phone\"}]}")),
        both
    );
}

#[test]
fn a_suite_without_a_test_is_no_pass_beside_others() {
    let ws = Ws::new();
    let empty =
        "running 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 9 filtered out\n";
    let one = "running 1 test\ntest a ... ok\n\ntest result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n";
    ws.put("empty.txt", empty).put("one.txt", one);
    ws.put(
        "tollgate.toml",
        "[workspace]\npacks = []\n[suites.unit]\nnames = [\"empty\", \"one\"]\ncommand = \"cat {name}.txt\"\nreader = \"libtest\"\n",
    );
    ws.run(&["run", "--out", "run"]).expect(0);
    ws.run(&["ingest", "libtest", "empty.txt", "one.txt", "--out", "in"]).expect(0);
    for run in ["run", "in"] {
        let summary = ws.json(&format!("{run}/summary.json"));
        let of =
            |nth: usize| format!("{} {}", summary["units"][nth]["name"], summary["units"][nth]["status"]);
        assert_eq!((of(0), of(1)), ("\"empty\" \"ignored\"".into(), "\"one\" \"passed\"".into()), "{run}");
    }
    // It had a test in the baseline.
    ws.put("empty.txt", one);
    ws.run(&["run", "--out", "before"]).expect(0);
    ws.put("empty.txt", empty);
    let run = ws.run(&["run", "--diff-from", "before", "--out", "after"]);
    let diff = ws.text("after/triage_diff.json");
    assert!(diff.contains("not_run"), "{}{diff}", run.stderr);
}

#[test]
fn evidence_in_utf_16_is_told_by_that_word() {
    let ws = Ws::new();
    for (nth, mark) in [(0, Some(0xFEFF)), (1, None)] {
        let text: Vec<u8> =
            mark.into_iter().chain("{\"n\": 1}\n".encode_utf16()).flat_map(u16::to_le_bytes).collect();
        for (file, kind) in [(format!("art/{nth}.json"), "json"), (format!("art/{nth}.jsonl"), "jsonl")] {
            ws.put(&file, &text);
            let id = format!("of_{kind}_{nth}");
            ws.gate(&id, &format!("[artifacts.doc]\npath = \"{file}\"\n{}", check("read", "true")));
        }
    }
    let run = ws.check(&[]).expect(1);
    let told = run.stdout.matches("it is UTF-16, and is read as UTF-8: write it as UTF-8").count();
    assert!(told >= 4, "{told} {}", run.stdout);
}

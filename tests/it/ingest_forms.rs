//! The same report in other forms: whatever its encoding, its layout, its files, its counts are the same.

use crate::support::Ws;
use proptest::prelude::*;
use std::fmt::Write as _;
use tollgate_core::ingest::{read, read_as, read_dated};
use tollgate_core::model::suite::{Repeats, ResultReader};
use tollgate_core::model::test::{Reading, TestStatus};

/// One testcase: what became of it, and its name.
type Spec = (u8, String);

/// How a report is laid out.
#[derive(Debug, Clone)]
struct Form {
    indented: bool,
    counted: bool,
    reversed: bool,
    cdata: bool,
    quote: char,
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('\'', "&#39;")
}

fn element(name: &str, attributes: &[(&str, String)], form: &Form) -> String {
    let q = form.quote;
    let mut all: Vec<String> = attributes.iter().map(|(k, v)| format!("{k}={q}{v}{q}")).collect();
    if form.reversed {
        all.reverse();
    }
    format!("<{name} {}", all.join(" "))
}

fn case((kind, name): &Spec, form: &Form) -> String {
    let text = "left & right <said>";
    let text = if form.cdata { format!("<![CDATA[{text}]]>") } else { escaped(text) };
    let (status, inner) = match kind % 5 {
        0 => ("run", String::new()),
        1 => ("run", format!("<failure message=\"no\">{text}</failure>")),
        2 => ("run", format!("<skipped>{text}</skipped>")),
        3 => ("notrun", String::new()),
        _ => ("run", format!("<error>{text}</error>")),
    };
    let attributes = [
        ("name", escaped(name)),
        ("classname", "c".into()),
        ("status", status.into()),
        ("time", "0.25".into()),
    ];
    format!("{}>{inner}</testcase>", element("testcase", &attributes, form))
}

fn document(cases: &[Spec], form: &Form, encoding: &str) -> String {
    let gap = if form.indented { "\n  " } else { "" };
    let mut attributes = vec![("name", "s".to_string())];
    if form.counted {
        let of =
            |kinds: &[u8]| cases.iter().filter(|(kind, _)| kinds.contains(&(kind % 5))).count().to_string();
        attributes.extend([
            ("tests", cases.len().to_string()),
            ("failures", of(&[1])),
            ("errors", of(&[4])),
            ("skipped", of(&[2, 3])),
        ]);
    }
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"{encoding}\"?>{gap}{}>",
        element("testsuite", &attributes, form)
    );
    cases.iter().for_each(|c| write!(text, "{gap}{}", case(c, form)).unwrap());
    text + gap.trim_end_matches(' ') + "</testsuite>"
}

fn utf16(text: &str, big: bool, mark: bool) -> Vec<u8> {
    let units = mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
    units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

/// Every encoding in which a report may come; its names are of Latin-1.
fn encoded(cases: &[Spec], form: &Form, way: u8) -> Vec<u8> {
    match way % 8 {
        0 => document(cases, form, "UTF-8").into_bytes(),
        1 => format!("\u{feff}{}", document(cases, form, "utf8")).into_bytes(),
        2 => utf16(&document(cases, form, "utf-16"), false, true),
        3 => utf16(&document(cases, form, "UTF-16"), true, true),
        4 => utf16(&document(cases, form, "UTF-16LE"), false, false),
        5 => document(cases, form, "ISO-8859-1").into_bytes(),
        6 => document(cases, form, "klingon").into_bytes(),
        _ => {
            document(cases, form, "iso-8859-1").chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
        }
    }
}

fn said(readings: &[Reading]) -> Vec<(String, TestStatus, Option<u64>)> {
    let mut all: Vec<_> =
        readings.iter().flat_map(|r| &r.cases).map(|c| (c.name.clone(), c.status, c.duration_ms)).collect();
    all.sort();
    all
}

fn forms() -> impl Strategy<Value = Form> {
    (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), prop::sample::select(vec!['"', '\'']))
        .prop_map(|(indented, counted, reversed, cdata, quote)| Form {
            indented,
            counted,
            reversed,
            cdata,
            quote,
        })
}

fn specs() -> impl Strategy<Value = Vec<Spec>> {
    let names = prop::collection::btree_set("[a-z\u{e4}\u{f6}\u{fc}\u{df}<&'\" ]{0,6}[a-z\u{e9}]", 1..12);
    (names, prop::collection::vec(any::<u8>(), 12)).prop_map(|(names, kinds)| {
        names.into_iter().enumerate().map(|(nth, name)| (kinds[nth], name)).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ingest_says_the_same_of_a_report_in_every_form(
        cases in specs(), one in forms(), other in forms(), way in any::<u8>(), cut in any::<prop::sample::Index>()
    ) {
        let plain = read(ResultReader::Junit, &mut encoded(&cases, &one, 0).as_slice()).unwrap();
        prop_assert!(plain.iter().all(|r| r.fault.is_none()), "{:?}", plain);
        let count = |status| plain.iter().flat_map(|r| &r.cases).filter(|c| c.status == status).count();
        let of = |kinds: &[u8]| cases.iter().filter(|(kind, _)| kinds.contains(&(kind % 5))).count();
        prop_assert_eq!(count(TestStatus::Passed), of(&[0]));
        prop_assert_eq!(count(TestStatus::Failed), of(&[1, 4]));
        prop_assert_eq!(count(TestStatus::Ignored), of(&[2, 3]));
        let again = read(ResultReader::Junit, &mut encoded(&cases, &other, way).as_slice()).unwrap();
        prop_assert_eq!(said(&plain), said(&again));
        // As several files.
        let (first, second) = cases.split_at(cut.index(cases.len()));
        let parts = [first, second].into_iter().filter(|part| !part.is_empty());
        let parts = parts.flat_map(|part| read(ResultReader::Junit, &mut encoded(part, &other, way).as_slice()).unwrap());
        prop_assert_eq!(said(&plain), said(&parts.collect::<Vec<_>>()));
    }

    #[test]
    fn ingest_reads_streams_of_utf_16_as_those_of_utf_8(names in prop::collection::btree_set("[a-z\u{e9}\u{3042}]{1,8}", 1..8), big in any::<bool>(), mark in any::<bool>()) {
        let mut tap = String::new();
        names.iter().enumerate().for_each(|(nth, name)| write!(tap, "ok {} - {name}\r\n", nth + 1).unwrap());
        write!(tap, "1..{}\r\n", names.len()).unwrap();
        let plain = read(ResultReader::Tap, &mut tap.as_bytes()).unwrap();
        prop_assert_eq!(plain[0].cases.len(), names.len());
        prop_assert_eq!(&plain, &read(ResultReader::Tap, &mut utf16(&tap, big, mark).as_slice()).unwrap());
        prop_assert_eq!(&plain, &read(ResultReader::Tap, &mut format!("\u{feff}{tap}").as_bytes()).unwrap());
    }
}

/// Every format that is read by a stream or as JSON, as PowerShell writes it.
#[test]
fn ingest_reads_every_format_as_powershell_writes_it() {
    let playwright = r#"{"config": {}, "suites": [{"title": "a", "specs": [{"title": "t", "tests": [{"expectedStatus": "passed", "status": "expected", "results": [{"status": "passed", "duration": 1}]}]}]}], "errors": [], "stats": {"startTime": "2026-01-01T00:00:00Z", "expected": 1, "skipped": 0, "unexpected": 0, "flaky": 0}}"#;
    let go = "{\"Action\":\"run\",\"Package\":\"p\",\"Test\":\"TestA\"}\r\n{\"Action\":\"pass\",\"Package\":\"p\",\"Test\":\"TestA\"}\r\n{\"Action\":\"pass\",\"Package\":\"p\"}\r\n";
    let libtest = "\r\nrunning 1 test\r\ntest a ... ok\r\n\r\ntest result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\r\n\r\n";
    for (reader, text) in
        [(ResultReader::Playwright, playwright), (ResultReader::Go, go), (ResultReader::Libtest, libtest)]
    {
        let plain = read(reader, &mut text.as_bytes()).unwrap();
        assert_eq!((plain[0].cases.len(), plain[0].fault.as_ref()), (1, None), "{}", reader.name());
        for bytes in
            [utf16(text, false, true), utf16(text, true, true), format!("\u{feff}{text}").into_bytes()]
        {
            assert_eq!(read(reader, &mut bytes.as_slice()).unwrap(), plain, "{}", reader.name());
            let times = |mut bytes: &[u8]| {
                let mut times = Vec::new();
                read_dated(reader, Repeats::Tests, &mut bytes, &mut times).unwrap();
                times
            };
            assert_eq!(times(&bytes), times(text.as_bytes()));
        }
    }
    let mut torn = utf16(playwright, false, true);
    torn.pop();
    let fault = read(ResultReader::Playwright, &mut torn.as_slice()).unwrap_err();
    assert!(fault.message.contains("UTF-16"), "{fault}");
}

#[test]
fn ingest_joins_what_stands_there_several_times_only_where_it_is_told_to() {
    let text = "<testsuite name='s' tests='4' failures='2'><testcase name='a'><failure message='one'/></testcase><testcase name='a'/>\
                <testcase name='b'><failure message='two'/></testcase><testcase name='b' classname='k'/></testsuite>";
    let named = |repeats| {
        let readings = read_as(ResultReader::Junit, repeats, &mut text.as_bytes()).unwrap();
        let cases = readings[0].cases.iter().map(|c| format!("{} {}", c.name, c.status.name()));
        cases.collect::<Vec<_>>().join("; ")
    };
    assert_eq!(named(Repeats::Tests), "a failed; a #2 passed; b failed; k.b passed");
    assert_eq!(named(Repeats::Attempts), "a flaky; b failed; k.b passed");
}

#[test]
fn ingest_says_how_repeated_titles_may_be_read() {
    let ws = Ws::new();
    let repeated = "<testsuite name='s' tests='2' failures='1'><testcase name='a'><failure message='one'/></testcase><testcase name='a'/></testsuite>";
    ws.put("r.xml", repeated).put("t.tap", "1..1\nok 1\n");
    let run = ws.run(&["ingest", "junit", "r.xml", "--out", "A"]).expect(1);
    assert!(run.stderr.contains("1 title stands there more than once, failed and passed"), "{}", run.stderr);
    let run = ws.run(&["ingest", "--repeats", "attempts", "junit", "r.xml", "--out", "B"]).expect(0);
    assert!(!run.stderr.contains("more than once"), "{}", run.stderr);
    assert!(ws.text("B/summary.json").contains("tollgate ingest --repeats attempts junit r.xml"));
    let run = ws.run(&["ingest", "--repeats", "sometimes", "junit", "r.xml", "--out", "C"]).expect(2);
    assert!(run.stderr.contains("--repeats is `tests` or `attempts`, not `sometimes`"), "{}", run.stderr);
    let run = ws.run(&["ingest", "--repeats", "attempts", "tap", "t.tap", "--out", "C"]).expect(2);
    assert!(run.stderr.contains("--repeats is for the format junit"), "{}", run.stderr);
    ws.put(
        "tollgate.toml",
        "[suites.unit]\nevidence = 'ingest'\nnames = ['s']\nreader = 'junit'\nrepeats = 'attempts'\n",
    );
    ws.run(&["ingest", "junit", "r.xml", "--out", "D"]).expect(0);
}

/// The moment of a run in the name of a suite or of a file keeps nothing of two runs apart.
#[test]
fn ingest_of_two_runs_meets_whenever_they_were() {
    let ws = Ws::new();
    for (run, moment) in [("A", "20261129054944"), ("B", "20261129055000")] {
        let red = "<testcase classname='u.T' name='bad'><failure message='x'/></testcase>";
        let file = format!("TEST-u.T-{moment}.xml");
        ws.put(&file, format!("<testsuite name='u.T-{moment}' tests='1' failures='1'>{red}</testsuite>"));
        let nameless = format!("nameless-{moment}.xml");
        ws.put(&nameless, "<testsuite tests='1' failures='1'><testcase name='x'><failure message='x'/></testcase></testsuite>");
        let tap = format!("{moment}.tap");
        let time = &moment[10..];
        ws.put(&tap, format!("1..2\nok 1 adds in {time}ms\nnot ok 2 takes in 1{time}ms\n"));
        ws.run(&["ingest", "junit", &file, &nameless, "--out", run]).expect(1);
        ws.run(&["ingest", "tap", &tap, "--out", &format!("{run}tap")]).expect(1);
    }
    let run = ws.run(&["diff", "A", "B"]);
    assert!(run.stdout.contains("still_failing 2 new_failures 0 new_passes 0 removed 0"), "{}", run.stdout);
    assert!(ws.text("A/summary.json").contains("\"u.T\""));
}

#[test]
fn ingest_takes_what_xml_forbids_and_writes_none_of_it() {
    let ws = Ws::new();
    let text = "<testsuite name='s&#0;' tests='2' failures='1'><testcase name='a&#0;&#27;\u{1b}[0m&#xD800;'>\
                <failure message='\u{1b}[31m&#8;red'>t\0\u{7}</failure></testcase><testcase name='b'/></testsuite>";
    ws.put("r.xml", text);
    ws.run(&["ingest", "junit", "r.xml", "--out", "A"]).expect(1);
    let junit = ws.text("A/junit.xml");
    let allowed = |c: char| c >= ' ' || matches!(c, '\n' | '\t' | '\r');
    assert!(junit.chars().all(allowed), "{junit:?}");
    assert!(!junit.contains("&#0;") && !junit.contains("&#x0;"), "{junit}");
    let readings = read(ResultReader::Junit, &mut junit.as_bytes()).unwrap();
    assert_eq!(readings[0].cases.len(), 2);
}

#[test]
fn hooks_of_bats_are_faults_and_no_tests() {
    for (reader, text) in [
        (
            ResultReader::Tap,
            "1..2\nnot ok 1 setup_file failed\n# (from function `setup_file' in test file a.bats, line 2)\n#   `false' failed\n",
        ),
        (ResultReader::Tap, "1..1\nok 1 adds\nnot ok 2 teardown_file failed\n"),
        (
            ResultReader::Junit,
            "<testsuites><testsuite name='a.bats' tests='1' failures='1'><testcase classname='a.bats' name='setup_file failed'><failure>x</failure></testcase></testsuite></testsuites>",
        ),
    ] {
        let readings = read(reader, &mut text.as_bytes()).unwrap();
        let fault = readings[0].fault.as_ref().unwrap();
        assert!(fault.sentence.contains("_file failed"), "{fault:?}");
        assert_eq!(fault.kind, tollgate_core::model::test::FaultKind::Stated, "{text}");
        assert!(readings[0].cases.iter().all(|c| c.status == TestStatus::Passed), "{text}");
    }
}

#[test]
fn what_prove_says_last_counts_where_no_point_shows_it() {
    let log = "b.t .. \n1..2\nok 1 - a\nok 2 - b\nDubious, test returned 3 (wstat 768, 0x300)\nAll 2 subtests passed \n\
               \nTest Summary Report\n-------------------\nb.t (Wstat: 768 (exited 3) Tests: 2 Failed: 0)\n  Non-zero exit status: 3\n\
               Files=1, Tests=2,  0 wallclock secs\nResult: FAIL\n";
    let faults = |text: &str| -> Vec<String> {
        let readings = read(ResultReader::Tap, &mut text.as_bytes()).unwrap();
        readings.into_iter().filter_map(|r| r.fault.map(|fault| fault.sentence)).collect()
    };
    assert_eq!(faults(log), ["prove says itself: Result: FAIL"]);
    assert!(faults(&log.replace("FAIL", "PASS")).is_empty());
    // A failed point says it better, and what a test printed is not the last word.
    assert!(faults(&log.replace("ok 2", "not ok 2")).is_empty());
    assert!(faults("1..2\nok 1\nResult: FAIL\nok 2\n").is_empty());
}

#[test]
fn what_libtest_lists_as_passed_has_not_failed() {
    let passed = "\nrunning 1 test\ntest a ... ok\n\nsuccesses:\n\n---- a stdout ----\nhi\n\n\nsuccesses:\n    a\n\n\
                  test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
    let readings = read(ResultReader::Libtest, &mut passed.as_bytes()).unwrap();
    assert_eq!((readings[0].fault.as_ref(), readings[0].cases[0].status), (None, TestStatus::Passed));
    let both = "\nrunning 2 tests\ntest a ... ok\ntest b ... FAILED\n\nsuccesses:\n\nsuccesses:\n    a\n\nfailures:\n\n\
                ---- b stdout ----\n\nthread 'b' panicked at src/lib.rs:3:5:\nboom\n\n\nfailures:\n    b\n\n\
                test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
    let readings = read(ResultReader::Libtest, &mut both.as_bytes()).unwrap();
    let ended: Vec<(&str, TestStatus)> = readings[0].cases.iter().map(|c| (&*c.name, c.status)).collect();
    assert_eq!(ended, [("a", TestStatus::Passed), ("b", TestStatus::Failed)]);
}

//! `tollgate ingest`: results are of the time that their report says, and what could not be taken in is no evidence at all.

use crate::support::{NOW, Run, Ws};
use std::time::{Duration, UNIX_EPOCH};

/// 2026-11-20T11:30:00Z.
const WRITTEN: u64 = 1_795_174_200;

fn report(time: &str) -> String {
    let stamp = if time.is_empty() { String::new() } else { format!(" timestamp=\"{time}\"") };
    format!(
        "<testsuites><testsuite name=\"s\" tests=\"1\"{stamp}><testcase name=\"t\"/></testsuite></testsuites>"
    )
}

/// A repository whose commit is of 11:00 on the day.
fn workspace() -> Ws {
    let ws = Ws::new();
    ws.put("tollgate.toml", "[workspace]\npacks = ['starter']\noutput = 'out'\nresults = 'runs'\n");
    ws.repository();
    ws
}

fn put(ws: &Ws, path: &str, text: &str) {
    ws.put(path, text);
    let file = std::fs::File::options().write(true).open(ws.at(path)).unwrap();
    file.set_modified(UNIX_EPOCH + Duration::from_secs(WRITTEN)).unwrap();
}

fn ingest(ws: &Ws, more: &[&str]) -> Run {
    ws.run(&[&["ingest", "junit", "r.xml", "--now", NOW][..], more].concat())
}

#[test]
fn a_report_that_somebody_committed_is_no_evidence() {
    let ws = workspace();
    put(&ws, "r.xml", &report(""));
    ws.git(&["add", "-f", "r.xml"]);
    ws.git(&["commit", "-q", "-m", "evidence"]);
    let said = ingest(&ws, &["--as-of", "now"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let (_, _, stale) = dated(&ws);
    assert_eq!(
        stale,
        "r.xml stands in the commit as it is: somebody committed it, and no run of this commit wrote it"
    );
    // Written anew by a run it is one, whatever git knows of the path.
    put(&ws, "r.xml", &report("2026-11-20T11:59:00Z"));
    ingest(&ws, &["--as-of", "now"]);
    assert_eq!(dated(&ws).2, "-");
}

/// `generated_at`, `dated_by` and `stale` of the newest run.
fn dated(ws: &Ws) -> (String, String, String) {
    let newest = std::fs::read_dir(ws.at("runs")).unwrap().map(|e| e.unwrap().path()).max().unwrap();
    let summary: serde_json::Value =
        serde_json::from_slice(&std::fs::read(newest.join("summary.json")).unwrap()).unwrap();
    let text = |key: &str| summary[key].as_str().unwrap_or("-").to_string();
    (text("generated_at"), text("dated_by"), text("stale"))
}

#[test]
fn a_report_of_long_ago_is_no_evidence_of_now() {
    let ws = workspace();
    put(&ws, "r.xml", &report("2020-01-01T00:00:00Z"));
    let taken = ingest(&ws, &[]).expect(0);
    assert!(
        taken.stderr.contains("the results are of 2020-01-01T00:00:00Z: the report says so"),
        "{}",
        taken.stderr
    );
    assert!(taken.stderr.contains("`check` calls it stale"), "{}", taken.stderr);
    let judged = ws.check(&[]).expect(1);
    let gate = judged.gate("pass_rate");
    assert_eq!((gate.status.as_str(), gate.reason.as_str()), ("fail", "stale"));
    assert!(gate.messages[0].contains("2020-01-01T00:00:00Z, and the commit"), "{:?}", gate.messages);
    assert!(dated(&ws).2.starts_with("the report says that it is of 2020-01-01T00:00:00Z"));
}

#[test]
fn fresh_results_of_ones_own_ci_are_green() {
    for (stamp, at, by) in [
        ("2026-11-20T11:20:00Z", "2026-11-20T11:20:00Z", "report"),
        ("2026-11-20T11:20:00", "2026-11-20T11:30:00Z", "file"),
        ("", "2026-11-20T11:30:00Z", "file"),
        ("some day", "2026-11-20T11:30:00Z", "file"),
        // Up to five minutes before the commit: clocks differ.
        ("2026-11-20T10:56:00Z", "2026-11-20T10:56:00Z", "report"),
    ] {
        let ws = workspace();
        put(&ws, "r.xml", &report(stamp));
        ingest(&ws, &["--max-age", "24h"]).expect(0);
        assert_eq!(dated(&ws), (at.into(), by.into(), "-".into()), "{stamp}");
        ws.check(&[]).expect(0);
        let judged = ws.check(&["--lane", "certification"]);
        assert!(!judged.stderr.contains("another tree"), "{}", judged.stderr);
    }
}

#[test]
fn how_old_results_may_be_can_be_said() {
    let ws = workspace();
    put(&ws, "r.xml", &report("2026-11-20T11:00:00Z"));
    ingest(&ws, &["--max-age", "30m"]).expect(0);
    assert!(dated(&ws).2.ends_with("is more than 30 min before 2026-11-20T12:00:00Z"), "{:?}", dated(&ws));
    ws.check(&[]).expect(1);
    ingest(&ws, &["--max-age", "30m", "--as-of", "now"]).expect(0);
    assert_eq!(dated(&ws), (NOW.into(), "as-of".into(), "-".into()));
    ws.check(&[]).expect(0);
    ingest(&ws, &["--max-age", "soon"]).expect(2);
    ingest(&ws, &["--as-of", "soon"]).expect(2);
}

#[test]
fn in_ci_results_are_of_the_last_day() {
    let ws = Ws::new();
    ws.put(
        "tollgate.toml",
        "[workspace]\npacks = ['starter']\noutput = 'out'\nresults = 'runs'\ngit = false\n",
    );
    put(&ws, "r.xml", &report("2026-11-18T00:00:00Z"));
    ingest(&ws, &[]).expect(0);
    assert_eq!(dated(&ws).2, "-");
    let mut command = ws.command(&["ingest", "junit", "r.xml", "--now", NOW]);
    command.env("CI", "true");
    crate::support::finish(command).expect(0);
    assert!(dated(&ws).2.contains("more than 1 d before"), "{:?}", dated(&ws));
    ws.check(&[]).expect(1);
}

#[test]
fn what_could_not_be_taken_in_is_the_newest_run_and_red() {
    for (text, code) in [("<testsuites><testsuite", 4), ("", 4), ("<testsuites></testsuites>", 3)] {
        let ws = workspace();
        put(&ws, "r.xml", &report("2026-11-20T11:20:00Z"));
        ws.run(&["ingest", "junit", "r.xml", "--now", "2026-11-20T11:59:00Z"]).expect(0);
        ws.check(&[]).expect(0);
        put(&ws, "r.xml", text);
        ingest(&ws, &[]).expect(code);
        assert_eq!(ws.check(&[]).expect(1).gate("pass_rate").reason, "missing", "{text}");
        let folder = ws.at("runs/20261120T120000Z");
        let names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["ingest_error.json"]);
        let error = ws.json("runs/20261120T120000Z/ingest_error.json");
        assert_eq!(error["files"], serde_json::json!(["r.xml"]));
        ws.run(&["validate", "runs/20261120T120000Z/ingest_error.json"]).expect(0);
    }
    // What was asked for wrongly is no run.
    let ws = workspace();
    ws.run(&["ingest", "nothing", "r.xml", "--now", NOW]).expect(2);
    assert!(!ws.at("runs").exists());
}

#[test]
fn where_every_test_was_ignored_no_test_ran() {
    let ws = workspace();
    ws.put("all.tap", "1..1\nok 1 - a # SKIP not today\n");
    let taken = ws.run(&["ingest", "tap", "all.tap", "--now", NOW]).expect(3);
    assert!(taken.stderr.contains("no test ran"), "{}", taken.stderr);
    assert!(ws.at("runs/20261120T120000Z/summary.json").exists());
    ws.put("suite.sh", "cat all.tap\n");
    ws.put(
        "tollgate.toml",
        "[workspace]\npacks = ['starter']\noutput = 'out'\nresults = 'runs'\n\
         [suites.unit]\nnames = ['a']\ncommand = 'sh suite.sh'\nreader = 'tap'\n",
    );
    let ran = ws.run(&["run", "--now", NOW]).expect(3);
    assert!(ran.stderr.contains("no test ran"), "{}", ran.stderr);
}

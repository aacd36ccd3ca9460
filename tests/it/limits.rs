//! Nothing that stands in a document makes tollgate panic, swell, wait or read what it did not judge.

use crate::support::{NOW, Ws};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::os::unix::fs::symlink;

/// A unit target as a summary lists it, with the same figure wherever a figure stands.
fn unit(name: &str, figure: u64) -> Value {
    json!({
        "name": name, "kind": "unit", "status": "passed", "exit_code": 0, "signal": null, "attempts": 1,
        "duration_ms": figure, "passed": 1, "failed": 0, "flaky": 0, "ignored": 0,
        "tests": [{"name": "t", "status": "passed", "duration_ms": figure}],
    })
}

fn summary(run: &str, figures: &[u64]) -> String {
    let units: Vec<Value> = figures.iter().enumerate().map(|(n, f)| unit(&format!("u{n:02}"), *f)).collect();
    let lint: Vec<Value> = figures
        .iter()
        .enumerate()
        .map(|(n, f)| json!({"name": format!("l{n}"), "passed": true, "duration_ms": f, "masked": f}))
        .collect();
    json!({
        "schema": "tollgate.run.summary.v1", "generated_at": "2026-11-20T10:15:00Z", "commit": null, "branch": "main",
        "run_id": run, "correlation_id": "c", "profile": "ci", "status": "passed", "masked": figures[0],
        "shard": {"kind": "none", "index": 0, "total": 1, "plan_digest": ""},
        "plan": {"suites": 0, "units": units.len()}, "triage_diff": null,
        "replay_bundle": {"path": "replay_bundle.json", "one_command_replay": "make"}, "baseline": null,
        "not_run": [], "failed_names": [], "failed_unit_names": [], "passed_suites": 0, "total_suites": 0,
        "suites": [], "passed_units": units.len(), "total_units": units.len(), "units": units, "lint": lint,
    })
    .to_string()
}

fn figure() -> impl Strategy<Value = u64> {
    prop_oneof![Just(u64::MAX), Just(u64::MAX / 2 + 1), Just(i64::MAX as u64), Just(0), any::<u64>()]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(6) })]

    /// Each verb that reads the figures of a summary, over the greatest there are: a result, and never a panic (101).
    #[test]
    fn no_sum_of_figures_is_a_panic(figures in prop::collection::vec(figure(), 2..6)) {
        let ws = Ws::new();
        ws.put("tollgate.toml", "[workspace]\npacks = [\"starter\"]\ngit = false\nresults = 'runs'\noutput = 'out'\n\
            [suites.unit]\nnames = ['u00', 'u01']\ncommand = 'true {name}'\n");
        ws.put("runs/20261120T101500Z/summary.json", summary("a", &figures));
        ws.put("b/summary.json", summary("b", &figures.iter().rev().copied().collect::<Vec<_>>()));
        ws.put("junit.xml", format!(
            "<testsuites time='{0}'><testsuite name='s' time='{0}' tests='1'><testcase name='t' time='{0}'/>\
             </testsuite></testsuites>", figures[0]));
        ws.put("times.json", json!({"u00": figures[0], "u01": figures[1]}).to_string());
        let run = "runs/20261120T101500Z";
        for args in [
            &["merge", run, "--out", "merged"][..],
            &["diff", run, "b"],
            &["flake", "report", run, "b"],
            &["run", "--timings", "times.json", "--list"],
            &["run", "--timings", "b/summary.json", "--shard-kind", "unit", "--shard-index", "0", "--shard-total", "2",
                "--out", "shard"],
            &["run", "--out", "after"],
            &["ingest", "junit", "junit.xml", "--out", "ingested"],
            &["check", "--format", "junit", "--format", "human", "--format", "markdown"],
        ] {
            let mut all = args.to_vec();
            all.extend(["--now", NOW]);
            let done = ws.run(&all);
            prop_assert!(done.code < 100 && !done.stderr.contains("panicked"), "{all:?}: {} {}", done.code, done.stderr);
        }
    }
}

#[test]
fn the_ends_of_time_are_no_panic() {
    let ws = Ws::new();
    ws.put("d.json", r#"{"n": 1, "generated_at": "0000-01-01T00:00:00+23:59"}"#);
    ws.reads("g", "d.json", "shape = 'e.v1'\nmax_age = '7d'", "age(doc.generated_at) >= duration('0s')");
    for now in ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59+23:59", "0001-01-01T00:00:00Z"] {
        ws.run(&["check", "--now", now]).expect(1);
        let said =
            ws.json("out/full_suite_verdict.json")["generated_at"].as_str().unwrap_or_default().to_string();
        assert!(said.len() == 20 && said.ends_with('Z'), "{now}: {said}");
    }
    for now in ["9999-12-31T23:59:59-23:59", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+00:01"] {
        ws.run(&["check", "--now", now]).expect(2);
    }
}

#[test]
fn a_link_and_a_fifo_in_the_place_of_a_file_are_neither_followed_nor_waited_for() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("d.json"), r#"{"n": 1}"#).unwrap();
    let ws = Ws::new();
    ws.put("sub/d.json", r#"{"n": 1}"#).put("l.jsonl", "{\"n\": 1}\n").put("inside.json", r#"{"n": 1}"#);
    ws.reads("doc", "sub/d.json", "shape = 'e.v1'", "doc.n == 1");
    ws.reads("lines", "l.jsonl", "shape = 'e.v1'\nformat = 'jsonl'", "size(doc) == 1");
    ws.asserts(
        "asked",
        "size(sha256('sub/d.json')) == 64 && valid('sub/d.json') && size(grep('sub/*.json', 'n')) == 1",
    );
    ws.check(&[]).expect(0);
    // What is a link inside the workspace is followed, an absolute one too.
    ws.remove("sub/d.json");
    symlink(ws.dir().canonicalize().unwrap().join("inside.json"), ws.at("sub/d.json")).unwrap();
    ws.check(&[]).expect(0);
    ws.remove("sub/d.json");
    symlink(outside.path().join("d.json"), ws.at("sub/d.json")).unwrap();
    ws.check(&[]).expect(1);
    for path in ["sub/d.json", "l.jsonl"] {
        ws.remove(path);
        assert!(std::process::Command::new("mkfifo").arg(ws.at(path)).status().unwrap().success());
    }
    ws.check(&[]).expect(1);
    let gates = ws.json("out/full_suite_verdict.json");
    let failed = gates["gates"].as_array().unwrap().iter().filter(|g| g["status"] == "fail").count();
    assert_eq!(failed, 3, "{gates}");
}

/// A document of values of two bytes is refused by what it would take, and an ordinary one of the same size is not.
#[test]
fn a_document_of_too_many_values_is_a_limit() {
    let ws = Ws::new();
    ws.put("d.json", format!("{{\"n\": 1, \"a\": [{}0]}}", "0,".repeat(17 << 20)));
    ws.put("t.json", format!("{{\"n\": 1, \"text\": \"{}\"}}", "0,".repeat(4 << 20)));
    ws.reads("many", "d.json", "shape = 'e.v1'", "doc.n == 1");
    ws.reads("text", "t.json", "shape = 'e.v1'", "doc.n == 1");
    ws.check(&[]).expect(1);
    let verdict = ws.json("out/full_suite_verdict.json");
    let of = |id: &str| {
        verdict["gates"]
            .as_array()
            .unwrap()
            .iter()
            .find(|g| g["id"] == id)
            .map(|g| (g["status"].clone(), g["reason"].clone()))
    };
    assert_eq!(of("many"), Some(("fail".into(), "limit".into())));
    assert_eq!(of("text"), Some(("pass".into(), Value::Null)));
}

/// What ordinary gates do stays far within the bounds.
#[test]
fn ordinary_gates_stay_within_the_bounds() {
    let ws = Ws::new();
    let lines: String = (0..1_000).map(|n| format!("{{\"n\": {n}}}\n")).collect();
    ws.put("l.jsonl", lines);
    ws.put("log.txt", "2026-11-20T12:00:00Z INFO größe: nothing of note\n".repeat(2_000));
    ws.gate(
        "walk",
        "[artifacts.l]\npath = 'l.jsonl'\nformat = 'jsonl'\nshape = 'e.v1'\n[[checks]]\nid = 'each'\n\
        for_each = 'l'\nassert = 'it.n >= 0 && [it.n, 1].map(x, string(x)).join(\",\").size() > 2'\n",
    );
    ws.gate(
        "log",
        "[artifacts.t]\npath = 'log.txt'\nformat = 'text'\n[[checks]]\nid = 'quiet'\n\
        assert = '!t.matches(\"(?i)\\\\b(error|fatal)\\\\b\") && size(grep(\"log.txt\", \"ERROR\")) == 0'\n",
    );
    ws.check(&[]).expect(0);
}

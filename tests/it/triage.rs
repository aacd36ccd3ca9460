//! `tollgate diff` and `tollgate flake report`, as people and programs use them.

use crate::support::{NOW, Ws};
use serde_json::{Value, json};

fn test(name: &str, status: &str, signature: Option<&str>) -> Value {
    json!({"name": name, "status": status, "duration_ms": 3, "signature": signature})
}

fn suite(name: &str, status: &str, tests: &[Value]) -> Value {
    let count = |status: &str| tests.iter().filter(|t| t["status"] == status).count();
    json!({"name": name, "kind": "unit", "status": status, "exit_code": 0, "signal": null, "duration_ms": 5, "attempts": 1,
           "passed": count("passed"), "failed": count("failed"), "flaky": count("flaky"), "ignored": count("ignored"),
           "environment": "0123456789abcdef", "tests": tests})
}

fn summary(run: &str, commit: &str, units: &[Value]) -> String {
    let red: Vec<&Value> = units.iter().filter(|u| u["status"] != "passed").map(|u| &u["name"]).collect();
    json!({"schema": "tollgate.run.summary.v1", "generated_at": NOW, "run_id": run, "correlation_id": run, "commit": commit,
           "tree": {"tracked": commit, "untracked": {"digest": "d"}}, "branch": "main", "profile": "ci", "status": if red.is_empty() { "passed" } else { "failed" }, "baseline": null,
           "shard": {"kind": "none", "index": 0, "total": 1, "plan_digest": "d"}, "failed_names": [],
           "failed_unit_names": red, "passed_suites": 0, "total_suites": 0, "passed_units": units.len() - red.len(),
           "total_units": units.len(), "not_run": [], "masked": 0, "suites": [], "units": units})
    .to_string()
}

/// Two runs: a regression, a failure of a new test, one that vanished, one whose suite crashed before it, one fixed.
fn two_runs() -> Ws {
    let ws = Ws::new();
    let base = [
        suite(
            "parser",
            "failed",
            &[test("a", "passed", None), test("b", "failed", Some("s1")), test("gone", "passed", None)],
        ),
        suite("store", "passed", &[test("opens", "passed", None), test("closes", "passed", None)]),
    ];
    let hostile = "new\n::error::\u{1b}[31m\u{202e}x";
    let now = [
        suite(
            "parser",
            "failed",
            &[test("a", "failed", Some("s2")), test("b", "passed", None), test(hostile, "failed", None)],
        ),
        suite("store", "crashed", &[test("opens", "passed", None)]),
    ];
    ws.put("base/summary.json", summary("run-1", "c1", &base))
        .put("now/summary.json", summary("run-2", "c2", &now));
    ws
}

#[test]
fn the_diff_as_people_read_it() {
    let run = two_runs().run(&["diff", "base", "now/summary.json", "--now", NOW]).expect(1);
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("diff_human", run.stdout);
    });
    assert_eq!(run.stderr, "");
}

#[test]
fn the_diff_as_programs_read_it() {
    let ws = two_runs();
    let args = ["diff", "base", "now", "--now", NOW, "--format", "json", "--out", "out/triage_diff.json"];
    let run = ws.run(&args).expect(1);
    let diff: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(diff, ws.json("out/triage_diff.json"));
    assert_eq!(diff["status"], "regression");
    assert_eq!(diff["summary"]["regression_count"], 3);
    assert_eq!(diff["summary"]["new_failure_count"], 1);
    assert_eq!(diff["compared"][1]["run_id"], "run-2");
    assert_eq!(diff["compared"][0]["sha256"].as_str().map(str::len), Some(64));
    assert_eq!(
        diff["recommended_commands"]["runner_repro_command"],
        "tollgate run --rerun-from now/summary.json"
    );
    ws.run(&["validate", "out/triage_diff.json"]).expect(0);
    // The other way round nothing is new but what the new test fails.
    ws.run(&["diff", "now", "base"]).expect(1);
}

#[test]
fn what_cannot_be_compared_is_one_sentence() {
    let ws = two_runs();
    let text = ws.text("now/summary.json");
    ws.put("copy.json", &text)
        .put("cut.json", &text[..text.len() / 2])
        .put("other.json", r#"{"schema": "x.v2"}"#);
    ws.put("status.json", text.replace("crashed", "exploded")).put("empty.json", "");
    ws.put("twice.json", text.replace("\"parser\"", "\"store\""));
    let edit = |path: &str, edit: &dyn Fn(&mut Value)| {
        let mut document = ws.json("now/summary.json");
        edit(&mut document);
        ws.put(path, document.to_string());
    };
    edit("edited.json", &|v| v["passed_units"] = json!(1));
    edit("hidden.json", &|v| v["failed_unit_names"] = json!(["parser"]));
    edit("doubled.json", &|v| {
        let tests = &mut v["units"][1]["tests"];
        *tests = json!([tests[0], tests[0]]);
    });
    std::os::unix::fs::symlink(ws.at("now"), ws.at("link")).expect("a link");
    std::fs::hard_link(ws.at("now/summary.json"), ws.at("hard.json")).expect("a link");
    for (base, current, code, sentence) in [
        ("now", "link", 2, "now/summary.json is both the baseline and the run: name two runs"),
        ("now", "hard.json", 2, "now/summary.json is both the baseline and the run: name two runs"),
        ("copy.json", "now", 2, "copy.json and now/summary.json are the same run, byte for byte"),
        ("absent", "now", 4, "absent does not exist"),
        ("base", "runs", 4, "runs does not exist"),
        ("cut.json", "now", 4, "cut.json:1:"),
        ("empty.json", "now", 4, "empty.json:1:1: the file is empty"),
        ("other.json", "now", 4, "other.json:1:12: its schema is `x.v2`, not tollgate.run.summary.v1"),
        ("status.json", "now", 4, "`exploded` is none of the names that may stand here"),
        (
            "twice.json",
            "now",
            4,
            "twice.json: it contradicts itself: the suite `store` of the kind `unit` stands twice",
        ),
        (
            "edited.json",
            "now",
            4,
            "edited.json: it contradicts itself: `passed_units` is 1, and `units` shows 0",
        ),
        (
            "hidden.json",
            "now",
            4,
            "it contradicts itself: `store` failed in `units`, and `failed_unit_names` does not name it",
        ),
        ("doubled.json", "now", 4, "of the suite `store` `passed` is 1, and its tests show 2"),
    ] {
        let run = ws.run(&["diff", base, current]).expect(code);
        assert!(run.stderr.contains(sentence), "{base} {current}: {}", run.stderr);
        assert_eq!((run.stdout.as_str(), run.stderr.lines().count()), ("", 1), "{}", run.stderr);
    }
    ws.run(&["diff", "base"]).expect(2);
    ws.run(&["diff", "base", "now", "--format", "junit"]).expect(2);
}

#[test]
fn two_runs_without_an_id_that_came_out_alike_are_stable() {
    let ws = Ws::new();
    let mut document: Value =
        serde_json::from_str(&summary("r", "c", &[suite("s", "passed", &[test("a", "passed", None)])]))
            .unwrap();
    document.as_object_mut().unwrap().remove("run_id");
    ws.put("1.json", document.to_string()).put("2.json", document.to_string());
    let run = ws.run(&["diff", "1.json", "2.json", "--format", "json"]).expect(0);
    let diff: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(diff["status"], "stable");
    assert!(diff["summary"].as_object().unwrap().values().all(|count| *count == json!(0)), "{diff:#}");
    assert_eq!(diff["ranked_diagnostics"], json!([]));
    // One file is no two runs, whatever it states.
    std::os::unix::fs::symlink(ws.at("1.json"), ws.at("link.json")).unwrap();
    ws.run(&["diff", "1.json", "link.json"]).expect(2);
}

#[test]
fn the_answer_is_never_written_over_what_is_compared() {
    let ws = two_runs();
    let texts = || ["base", "now"].map(|run| ws.text(&format!("{run}/summary.json")));
    let before = texts();
    std::os::unix::fs::symlink(ws.at("base/summary.json"), ws.at("link.json")).unwrap();
    for (flag, out) in [
        ("--out", "base/summary.json"),
        ("--out", "./now/../now/summary.json"),
        ("--out", "link.json"),
        ("--format", "json:now/summary.json"),
        ("--format", "human:link.json"),
    ] {
        let run = ws.run(&["diff", "base", "now", flag, out]).expect(2);
        let sentence = "/summary.json, which is compared: write the answer somewhere else";
        assert!(run.stderr.contains(sentence) && run.stderr.lines().count() == 1, "{out}: {}", run.stderr);
        assert_eq!(texts(), before);
    }
}

#[test]
fn what_is_gone_stands_on_the_line_of_the_status() {
    let ws = Ws::new();
    let of = |tests: &[Value], failed| [suite("s", if failed { "failed" } else { "passed" }, tests)];
    let (a, b) = (test("a", "passed", None), test("b", "passed", None));
    ws.put("1.json", summary("r1", "c", &of(&[a.clone(), b], false)));
    ws.put("2.json", summary("r2", "c", &of(&[a.clone(), test("b", "failed", None)], true)));
    ws.put("3.json", summary("r3", "c", &of(&[a], false)));
    let status =
        |base: &str| ws.run(&["diff", base, "3.json"]).expect(0).stdout.lines().nth(1).map(String::from);
    assert_eq!(status("1.json").unwrap(), "stable against 1.json: flaky 0 removed 1 not_run 0");
    // Nothing shows that it is fixed.
    assert_eq!(status("2.json").unwrap(), "known_failures_only against 2.json: flaky 0 removed 1 not_run 0");
}

#[test]
fn without_a_regression_the_diff_passes() {
    let ws = Ws::new();
    let one = [suite("s", "failed", &[test("a", "failed", None), test("b", "passed", None)])];
    let two = [suite("s", "failed", &[test("a", "failed", None)])];
    ws.put("1.json", summary("r1", "c", &one)).put("2.json", summary("r2", "c", &two));
    let run = ws.run(&["diff", "1.json", "2.json"]).expect(0);
    let first = run.stdout.lines().next();
    assert_eq!(first, Some("regressions 0 fixed 0 still_failing 1 new_failures 0 new_passes 0 removed 1"));
    assert!(run.stdout.contains("known_failures_only against 1.json"), "{}", run.stdout);
}

#[test]
fn flakes_over_earlier_runs() {
    let ws = Ws::new();
    let unit = |status: &str| {
        let of = if status == "failed" { "failed" } else { "passed" };
        [suite("net", of, &[test("fetch", status, None), test("fine", "passed", None)])]
    };
    for (nth, status) in ["passed", "failed", "flaky", "passed"].iter().enumerate() {
        ws.put(&format!("r{nth}/summary.json"), summary(&format!("run-{nth}"), "c1", &unit(status)));
    }
    let digest = |run: &str| {
        json!({"schema": "tollgate.run.failure_digest.v1", "generated_at": NOW, "run_id": run, "correlation_id": run,
               "commit": "c1", "branch": null, "suite": "net", "kind": "unit", "status": "failed",
               "root_cause_class": "assertion_failure", "signature": "s", "impacted_scenario_ids": ["fetch"],
               "first_failing_assertion": {"test": "fetch", "location": null, "message": "connect: Connection refused"},
               "remediation_pointer": {"replay_command": "x", "suite_replay_command": "x",
                                       "targeted_test_replay_command": null}})
        .to_string()
    };
    ws.put("r1/net/failure_digest.json", digest("run-1")).put("r2/net/failure_digest.json", digest("run-9"));
    let run = ws.run(&["flake", "report", "r0", "r1", "r2", "r3/summary.json"]).expect(0);
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("flake_report_human", run.stdout);
    });
    let json = ws.run(&["flake", "report", "r0", "r1", "--format", "json"]).expect(0);
    let json: Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(json["tests"][0]["class"], "FLAKE-NET");
    assert_eq!(json["tests"][0]["disagreeing_commits"], json!(["c1"]));
    let twice = ws.run(&["flake", "report", "r0", "r0/summary.json"]).expect(2);
    assert!(twice.stderr.contains("are the same run: name each once"), "{}", twice.stderr);
    ws.put("edited/summary.json", ws.text("r3/summary.json").replace("\"passed\":2", "\"passed\":1"));
    let edited = ws.run(&["flake", "report", "r0", "edited"]).expect(4);
    let sentence = "it contradicts itself: of the suite `net` `passed` is 1, and its tests show 2";
    assert!(edited.stderr.contains(sentence), "{}", edited.stderr);
    ws.run(&["flake", "report", "absent"]).expect(4);
    ws.run(&["flake", "report"]).expect(2);
}

//! What CI steps and operators rely on: exit codes, formats, lanes, modes, waivers, the policy's origin.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "helpers of tests fail as tests do"
)]

use crate::support::{NOW, Run, Ws, check, finish};
use serde_json::Value;
use std::collections::BTreeMap;

const CLASSIFICATION: &str = "tests/suite_classification.toml";
const GREEN: &str = "1 == 1";
const RED: &str = "1 == 2";
const KINDS: [&str; 6] = ["human", "json", "junit", "sarif", "markdown", "github"];

fn mixed() -> Ws {
    let ws = Ws::new();
    ws.asserts("a_green", GREEN).asserts("b_red", RED).asserts("c_red", "2 == 3").asserts("d_green", GREEN);
    ws.gate_with("e_warn", &[("blocking = true", "blocking = false")], &check("c", RED));
    ws.gate_with("f_shadow", &[("blocking = true", "blocking = 'shadow'")], &check("c", RED));
    ws.gate("g_skip", &format!("applies_when = \"lane == 'never'\"\n{}", check("c", RED)));
    ws
}

#[test]
fn the_exit_codes() {
    let ws = Ws::new();
    ws.asserts("g", GREEN);
    assert_eq!(ws.check(&[]).expect(0).verdict()["verdict"], "pass");
    ws.asserts("g", RED);
    let run = ws.check(&[]).expect(1);
    assert_eq!(
        (&run.verdict()["verdict"], &run.verdict()["exit_code"]),
        (&Value::from("fail"), &Value::from(1))
    );
    ws.check(&["--gate", "nope"]).expect(2);
    ws.check(&["--out", "tollgate.toml/x"]).expect(4);
    // Nothing judged: no gate at all, none in the lane, the asked-for gate not in the lane, all skipped.
    ws.gate("g", &format!("applies_when = \"lane == 'never'\"\n{}", check("c", GREEN)));
    let run = ws.check(&[]).expect(3);
    assert_eq!(
        (&run.verdict()["verdict"], &run.verdict()["exit_code"]),
        (&Value::from("fail"), &Value::from(3))
    );
    assert_eq!(run.statuses(), ["g skip not_applicable"]);
    ws.gate_with("g", &[("'preflight', 'full', 'certification'", "'full'")], &check("c", GREEN));
    ws.check(&["--lane", "preflight"]).expect(3);
    ws.check(&["--lane", "certification", "--gate", "g"]).expect(3);
    ws.remove("gates/g.toml");
    ws.check(&[]).expect(3);
    // A shadow gate alone judges nothing that counts.
    ws.gate_with("g", &[("= true", "= 'shadow'")], &check("c", GREEN));
    ws.check(&[]).expect(3);
    ws.run(&["--version"]).expect(0);
    ws.run(&["--help"]).expect(0);
}

#[test]
fn every_format_ends_with_the_same_exit_code() {
    for (expr, applies, code) in [(GREEN, "true == true", 0), (RED, "true == true", 1), (RED, "1 == 2", 3)] {
        let ws = Ws::new();
        ws.gate("g", &format!("applies_when = '{applies}'\n{}", check("c", expr)));
        for kind in KINDS {
            let run = ws.run(&["check", "--now", NOW, "--format", kind]).expect(code);
            assert_eq!(run.stdout.is_empty(), kind == "human", "{kind}: {run:#?}");
        }
        let all: Vec<String> = KINDS.iter().map(|k| format!("{k}:all/deep/{k}.out")).collect();
        let mut args = vec!["check", "--now", NOW];
        all.iter().for_each(|f| args.extend(["--format", f]));
        // Only files were asked for, so people are told as well.
        let run = ws.run(&args).expect(code);
        assert!(run.stdout.is_empty() && run.stderr.contains("exit code"), "{run:#?}");
        for kind in KINDS {
            assert!(!ws.text(&format!("all/deep/{kind}.out")).is_empty(), "{kind}");
        }
        let run =
            ws.run(&["check", "--now", NOW, "--format", "json", "--format", "human", "--format", "sarif:s"]);
        let verdict = run.expect(code).verdict();
        assert_eq!(verdict["exit_code"], code);
    }
}

#[test]
fn json_goes_to_stdout_and_people_read_stderr() {
    let ws = mixed();
    let run = ws.run(&["check", "--now", NOW, "--format", "json"]).expect(1);
    assert_eq!(run.verdict()["schema"], "tollgate.gate.verdict.v1");
    assert_eq!(run.stderr, "");
    let run = ws.run(&["check", "--now", NOW]).expect(1);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("b_red") && run.stderr.contains("see it"), "{}", run.stderr);
}

#[test]
fn verbs_that_print_text_answer_in_json_too() {
    let ws = mixed();
    let json = |args: &[&str]| {
        let all: Vec<&str> = args.iter().copied().chain(["--format", "json"]).collect();
        serde_json::from_str::<Value>(&ws.run(&all).stdout).expect("JSON")
    };
    let completions = json(&["completions", "bash"]);
    assert_eq!(completions["shell"], "bash");
    assert!(completions["script"].as_str().is_some_and(|s| s.contains("_tollgate()")));
    assert!(json(&["man"])["page"].as_str().is_some_and(|s| s.contains(".TH tollgate")));
    let pages = json(&["man", "--out", "pages"])["written"].as_array().map(Vec::len);
    assert!(pages.is_some_and(|n| n > 10) && ws.at("pages/tollgate-check.1").is_file());
    let doctor = json(&["doctor"]);
    assert!(doctor["run"].is_null() && doctor["run_fault"].is_string(), "{doctor:#}");
    ws.run(&["completions", "bash", "--format", "json:c.json"]).expect(0);
    assert_eq!(ws.json("c.json"), completions);
    ws.run(&["man", "--format", "xml"]).expect(2);
}

/// Every file below the workspace that `check` wrote.
fn written(ws: &Ws) -> BTreeMap<String, String> {
    let walk = walkdir::WalkDir::new(ws.at("out")).into_iter().map(|e| e.expect("readable"));
    walk.filter(|e| e.file_type().is_file())
        .map(|e| {
            let name = e.file_name().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(e.path()).expect("text"))
        })
        .collect()
}

#[test]
fn deterministic_is_the_same_bytes_and_else_only_run_id_and_durations_differ() {
    let ws = mixed();
    ws.put(CLASSIFICATION, waiver("b_red", ""));
    ws.put("e.json", "{\"schema\": \"e.v1\", \"n\": 1}").reads(
        "h",
        "e.json",
        "schema = 'e.v1'",
        "doc.n == 2",
    );
    for lane in ["preflight", "full", "certification"] {
        let formats = ["--format", "sarif:out/s", "--format", "junit:out/j", "--format", "markdown:out/m"];
        let once = |more: &[&str]| {
            let args = [
                &["check", "--now", NOW, "--lane", lane, "--format", "json", "--format", "human"],
                more,
                &formats,
            ]
            .concat();
            let run = ws.run(&args).expect(1);
            (run.stdout, run.stderr, written(&ws))
        };
        let (first, second) = (once(&["--deterministic"]), once(&["--deterministic"]));
        assert_eq!(first, second);
        assert_eq!(
            first.0,
            first.2[&format!("{}_verdict.json", if lane == "full" { "full_suite" } else { lane })]
        );

        let (first, second) = (once(&[]), once(&[]));
        let (mut one, mut two): (Value, Value) =
            (serde_json::from_str(&first.0).expect("json"), serde_json::from_str(&second.0).expect("json"));
        assert_ne!(one["run_id"], two["run_id"]);
        let plain = |v: &mut Value| {
            v["run_id"] = Value::Null;
            v["gates"].as_array_mut().expect("gates").iter_mut().for_each(|g| g["duration_us"] = Value::Null);
        };
        plain(&mut one);
        plain(&mut two);
        assert_eq!(one, two);
        let ids = |files: &BTreeMap<String, String>, name: &str| -> Vec<Value> {
            files[name].lines().map(|l| serde_json::from_str(l).expect("a line")).collect()
        };
        if lane == "full" {
            let (a, b) =
                (ids(&first.2, "full_suite_events.jsonl"), ids(&second.2, "full_suite_events.jsonl"));
            for (mut a, mut b) in a.into_iter().zip(b) {
                for line in [&mut a, &mut b] {
                    line.as_object_mut().expect("a map").retain(|k, _| k != "run_id" && k != "duration_us");
                }
                assert_eq!(a, b);
            }
        }
    }
}

#[test]
fn the_runbooks_loop_works_on_the_verdict_file() {
    let ws = mixed();
    ws.gate_with("run_gate", &[("'see it'", "'look {run}/x.log'")], &check("c", RED));
    ws.check(&[]).expect(1);
    let verdict = ws.json("out/full_suite_verdict.json");
    // for g in verdict["gates"]: if g["status"] == "fail": print(g["id"] + ": " + g["reproduce_command"])
    let lines: Vec<String> = verdict["gates"]
        .as_array()
        .expect("gates")
        .iter()
        .filter(|g| g["status"] == "fail")
        .map(|g| {
            format!(
                "{}: {}",
                g["id"].as_str().expect("id"),
                g["reproduce_command"].as_str().expect("command")
            )
        })
        .collect();
    assert_eq!(lines, ["b_red: see it", "c_red: see it", "run_gate: tollgate run"]);
    std::fs::create_dir_all(ws.at("runs/20261120T101500Z")).expect("a folder");
    let gate = ws.check(&[]).expect(1).gate("run_gate");
    assert_eq!(gate.value["reproduce_command"], "look runs/20261120T101500Z/x.log");
}

#[test]
fn lanes_choose_gates_and_files() {
    let ws = mixed();
    let names = |ws: &Ws| written(ws).into_keys().collect::<Vec<_>>();
    let run = ws.check(&["--lane", "preflight"]).expect(1);
    assert_eq!(
        run.statuses(),
        [
            "a_green pass -",
            "b_red fail assertion",
            "c_red skip not_reached",
            "d_green skip not_reached",
            "g_skip skip not_reached"
        ]
    );
    assert!(run.gate("c_red").detail.contains("b_red"));
    assert_eq!(names(&ws), ["preflight_verdict.json", "replay_bundle.json", "waiver_audit.json"]);
    let verdict = run.verdict();
    assert!(verdict.get("promotion").is_none() && verdict.get("next_steps").is_none());
    std::fs::remove_dir_all(ws.at("out")).expect("removed");

    let run = ws.check(&[]).expect(1);
    assert_eq!(
        run.statuses(),
        [
            "a_green pass -",
            "b_red fail assertion",
            "c_red fail assertion",
            "d_green pass -",
            "e_warn warn assertion",
            "f_shadow warn assertion",
            "g_skip skip not_applicable"
        ]
    );
    let full = [
        "full_suite_events.jsonl",
        "full_suite_report.md",
        "full_suite_verdict.json",
        "replay_bundle.json",
        "waiver_audit.json",
    ];
    assert_eq!(names(&ws), full);
    let summary = &run.verdict()["summary"];
    assert_eq!(summary["gates"], 6, "a shadow gate is shown and not counted: {summary}");
    for (key, all, blocking) in
        [("pass", 2, 2), ("fail", 2, 2), ("warn", 1, 0), ("skip", 1, 1), ("waived", 0, 0)]
    {
        assert_eq!(
            (&summary[key], &summary["blocking"][key]),
            (&all.into(), &blocking.into()),
            "{key}: {summary}"
        );
    }
    assert!(run.gate("g_skip").detail.contains("lane == 'never'"));
    let bundle = ws.json("out/replay_bundle.json");
    assert_eq!(bundle["schema"], "tollgate.gate.replay.v1");
    assert_eq!(bundle["failed_gates"][0]["id"], "b_red");
    assert_eq!(bundle["failed_gates"].as_array().map(Vec::len), Some(2));
    std::fs::remove_dir_all(ws.at("out")).expect("removed");

    let verdict = ws.check(&["--lane", "certification"]).expect(1).verdict();
    let certified = [
        "certification_events.jsonl",
        "certification_report.md",
        "certification_verdict.json",
        "replay_bundle.json",
        "waiver_audit.json",
    ];
    assert_eq!(names(&ws), certified);
    assert_eq!(verdict["promotion"]["allowed"], false);
    assert_eq!(verdict["promotion"]["blocking_gates"], serde_json::json!(["b_red", "c_red"]));
    assert!(verdict["next_steps"].as_array().is_some_and(|s| s.iter().any(|s| s == "see it")), "{verdict:#}");
    // Green: the stale bundle of the red check is gone.
    ws.asserts("b_red", GREEN).asserts("c_red", GREEN);
    let verdict = ws.check(&["--lane", "certification"]).expect(0).verdict();
    assert_eq!(
        names(&ws),
        certified.iter().filter(|n| **n != "replay_bundle.json").copied().collect::<Vec<_>>()
    );
    assert_eq!(verdict["promotion"]["allowed"], true);
    assert_eq!(verdict["promotion"]["by"], "verdict");
    assert_eq!(verdict["next_steps"], serde_json::json!([]));
}

#[test]
fn every_file_written_passes_its_own_schema() {
    let ws = mixed();
    ws.put(CLASSIFICATION, waiver("b_red", ""));
    for lane in ["preflight", "full", "certification"] {
        ws.check(&["--lane", lane]).expect(1);
    }
    // What a verb writes as JSON and gives a schema's name is held to it too.
    ws.put("doc.json", "{\"schema\": \"e.v1\", \"n\": 1}").reads(
        "reads",
        "doc.json",
        "schema = 'e.v1'",
        "doc.n == 1",
    );
    ws.reads("misses", "gone.json", "schema = 'e.v1'", "doc.n == 1");
    ws.run(&["doctor", "--format", "json:out/doctor.json"]).expect(1);
    ws.run(&["prove", "--format", "json:out/proof.json"]).expect(1);
    ws.run(&["prove", "--gate", "reads", "--format", "json:out/proof_of_one.json"]);
    ws.run(&["gate", "try", "[1, 2].exists(x, x == size('a') / 0)", "--format", "json:out/try.json"])
        .expect(1);
    ws.run(&["waiver", "list", "--format", "json:out/waivers.json"]).expect(0);
    let run = ws.run(&["validate", "out"]).expect(0);
    assert!(!run.stdout.contains("not registered"), "{run:#?}");
}

fn waiver(gate: &str, more: &str) -> String {
    let (created, expires) = ("2026-11-10", "2026-12-01");
    dated_waiver(gate, created, expires, &format!("lanes = ['preflight', 'full', 'certification']\n{more}"))
}

fn dated_waiver(gate: &str, created: &str, expires: &str, more: &str) -> String {
    format!(
        "[waiver.{gate}]\nowner = 'o'\nreason = 'r'\nissue = 'i'\ncreated = {created}\nexpires = {expires}\nexit_criteria = 'e'\n{more}\n"
    )
}

#[test]
fn applies_when_skips_only_on_false() {
    let ws = Ws::new();
    let cases = [
        ("false", "lane == 'never'", "skip"),
        ("true", "lane == 'full'", "fail"),
        ("error", "size(lane) / size('') == 1", "fail"),
        ("null", "null", "fail"),
        ("text", "'false'", "fail"),
        ("number", "0", "fail"),
        ("env", "env.NOT_THERE == 'x'", "fail"),
        ("commit", "commit.size() == 0", "fail"),
        ("artifact", "doc.n == 2", "fail"),
    ];
    for (id, when, _) in cases {
        let body =
            format!("applies_when = \"{when}\"\n[artifacts.doc]\npath = 'missing.json'\n{}", check("c", RED));
        ws.gate(id, &body);
    }
    let run = ws.check(&[]).expect(1);
    for (id, _, status) in cases {
        assert_eq!(run.gate(id).status, status, "{id}");
    }
}

#[test]
fn rollback_is_recorded_and_changes_promotion_alone() {
    let ws = Ws::new();
    ws.asserts("g", RED);
    let record = |created: &str, expires: &str| {
        format!(
            "[rollback]\nowner = 'o'\nrationale = 'prod is down'\ncreated = {created}\nexpires = {expires}\n"
        )
    };
    let bad = [
        String::new(),
        record("2026-11-20", "2026-11-28"),
        record("2026-11-10", "2026-11-17"),
        record("2026-11-21", "2026-11-24"),
        record("2026-11-20", "2026-11-19"),
        record("2026-11-20", "2026-11-24").replace("'prod is down'", "' '"),
        record("2026-11-20", "2026-11-24").replace("owner = 'o'\n", ""),
        record("2026-11-20", "'soon'"),
        "rollback = true\n".into(),
    ];
    for text in bad {
        ws.put(CLASSIFICATION, &text);
        let run = ws.check(&["--lane", "certification", "--mode", "rollback"]).expect(2);
        assert!(
            run.stderr.contains("rollback") && run.stdout.is_empty() && !ws.at("out").exists(),
            "{text}\n{run:#?}"
        );
        ws.check_env(&[], &[("CI_GATE_PROMOTION_MODE", "rollback")]).expect(2);
    }
    for (created, expires) in
        [("2026-11-20", "2026-11-27"), ("2026-11-13", "2026-11-20"), ("'2026-11-19'", "'2026-11-22'")]
    {
        ws.put(CLASSIFICATION, record(created, expires));
        for run in [
            ws.check(&["--lane", "certification", "--mode", "rollback"]),
            ws.check_env(&["--lane", "certification"], &[("CI_GATE_PROMOTION_MODE", "rollback")]),
        ] {
            let verdict = run.expect(1).verdict();
            assert_eq!(
                (
                    &verdict["verdict"],
                    &verdict["mode"],
                    &verdict["promotion"]["allowed"],
                    &verdict["promotion"]["by"]
                ),
                (&"fail".into(), &"rollback".into(), &true.into(), &"rollback".into())
            );
        }
    }
    // Strict, by default or by the flag over the environment, is not moved by a record.
    for run in [
        ws.check(&["--lane", "certification"]),
        ws.check_env(
            &["--lane", "certification", "--mode", "strict"],
            &[("CI_GATE_PROMOTION_MODE", "rollback")],
        ),
    ] {
        let verdict = run.expect(1).verdict();
        assert_eq!((&verdict["promotion"]["allowed"], &verdict["mode"]), (&false.into(), &"strict".into()));
    }
    ws.check_env(&["--lane", "certification"], &[("CI_GATE_PROMOTION_MODE", "")]).expect(1);
}

const LIFECYCLES: [&str; 2] = ["waiver_lifecycle", "quarantine_lifecycle"];

fn with_lifecycles(ws: &Ws) {
    for (id, list) in LIFECYCLES.into_iter().zip(["waivers", "quarantines"]) {
        let body = "[[checks]]\nid = 'valid'\nfor_each = 'LIST'\nempty = 'ok'\n\
                    assert = \"!(it.state in ['expired', 'invalid'])\"\nmessage = '{it.id} is {it.state}: {it.detail}'\n";
        ws.gate(id, &body.replace("LIST", list));
    }
}

#[test]
fn each_state_of_a_waiver() {
    let ws = Ws::new();
    ws.asserts("red", RED).asserts("green", GREEN);
    with_lifecycles(&ws);
    let all = "lanes = ['full']";
    // Waiver, its state, whether it covers, whether the lifecycle gate stays green.
    let full = |created: &str, expires: &str| dated_waiver("red", created, expires, all);
    let cases = [
        (full("2026-11-01", "2026-11-26"), "active", true),
        (full("2026-11-01", "2026-11-25"), "due", true),
        (full("2026-11-01", "2026-11-20"), "due", true),
        (full("2026-11-01", "2026-11-19"), "expired", false),
        (full("2026-11-20", "2026-12-20"), "active", true),
        (full("2026-11-20", "2026-12-21"), "invalid", false),
        (full("2026-11-21", "2026-11-30"), "invalid", false),
        (full("2026-11-10", "2026-11-09"), "invalid", false),
        (full("'2026-11-10'", "'2026-11-30'"), "active", true),
        (full("2026-11-10", "2026-11-30T00:00:00Z"), "invalid", false),
        (full("2026-11-10", "'30.11.2026'"), "invalid", false),
        (full("2026-11-10", "'2026-11-31'"), "invalid", false),
        (full("2026-11-10", "7"), "invalid", false),
        (full("2026-11-10", "2026-11-30").replace("owner = 'o'\n", ""), "invalid", false),
        (full("2026-11-10", "2026-11-30").replace("'r'", "\"\""), "invalid", false),
        (full("2026-11-10", "2026-11-30").replace("'i'", "\"  \""), "invalid", false),
        (full("2026-11-10", "2026-11-30").replace("'e'", "7"), "invalid", false),
        (full("2026-11-10", "2026-11-30").replace("lanes = ['full']", ""), "invalid", false),
        (full("2026-11-10", "2026-11-30").replace("['full']", "[]"), "invalid", false),
        (full("2026-11-10", "2026-11-30").replace("['full']", "['ful']"), "invalid", false),
        (full("2026-11-10", "2026-11-30").replace("['full']", "'full'"), "invalid", false),
        (full("2026-11-10", "2026-11-30") + "checks = ['nope']\n", "invalid", false),
        (full("2026-11-10", "2026-11-30") + "checks = []\n", "invalid", false),
        (full("2026-11-10", "2026-11-30") + "checks = ['c']\n", "active", true),
        (full("2026-11-10", "2026-11-30").replace("['full']", "['preflight']"), "active", false),
    ];
    for (text, state, covers) in cases {
        let run = ws.put(CLASSIFICATION, &text).check(&[]);
        let entry = run.verdict()["waivers"][0].clone();
        assert_eq!(entry["state"], state, "{text}\n{entry}");
        let red = run.gate("red");
        assert_eq!(red.status, if covers { "waived" } else { "fail" }, "{text}");
        assert_eq!(red.reason, "assertion", "a waiver hides no reason: {text}");
        assert_eq!(red.messages.len(), 1, "a waiver hides no finding: {text}");
        assert_eq!(red.value["waiver"].is_object(), covers, "{text}");
        let lifecycle = run.gate("waiver_lifecycle");
        let sound = state != "invalid" && state != "expired";
        assert_eq!(lifecycle.status, if sound { "pass" } else { "fail" }, "{text}");
        assert_eq!(lifecycle.reason, if sound { "-" } else { "waiver" }, "{text}");
        assert_eq!(run.code, i32::from(!covers), "{text}");
        assert_eq!(ws.json("out/waiver_audit.json")["waivers"][0]["state"], state, "{text}");
    }
}

#[test]
fn what_waivers_do_not_cover() {
    let ws = Ws::new();
    ws.asserts("red", RED).asserts("green", GREEN);
    with_lifecycles(&ws);
    // Its gate passed without it.
    let run = ws.put(CLASSIFICATION, waiver("green", "")).check(&[]);
    assert_eq!(run.verdict()["waivers"][0]["state"], "unused");
    assert_eq!(run.gate("waiver_lifecycle").status, "pass");
    // No such gate; the lifecycle gates themselves.
    let run = ws.put(CLASSIFICATION, waiver("gren", "")).check(&[]).expect(1);
    assert!(
        run.verdict()["waivers"][0]["detail"].as_str().is_some_and(|d| d.contains("`green`")),
        "{run:#?}"
    );
    for gate in LIFECYCLES {
        let text = waiver(gate, "") + &waiver("red", "") + "[waiver.green]\n";
        let run = ws.put(CLASSIFICATION, text).check(&[]).expect(1);
        assert_eq!(run.gate("waiver_lifecycle").status, "fail", "{gate}");
        assert!(
            run.verdict()["waivers"]
                .as_array()
                .is_some_and(|w| w.iter().any(|w| w["id"] == gate && w["state"] == "invalid"))
        );
    }
    // `checks` covers those checks alone, and never a fault of the evidence.
    ws.put("e.json", "{\"schema\": \"e.v1\", \"n\": 1}")
        .put(CLASSIFICATION, waiver("two", "checks = ['first']"));
    let two = |first: &str, second: &str, path: &str| {
        ws.gate(
            "two",
            &format!(
                "[artifacts.doc]\npath = '{path}'\n{}{}",
                check("first", first),
                check("second", second)
            ),
        );
        ws.check(&["--gate", "two"]).gate("two").status
    };
    assert_eq!(two("doc.n == 2", "doc.n == 1", "e.json"), "waived");
    assert_eq!(two("doc.n == 2", "doc.n == 2", "e.json"), "fail");
    assert_eq!(two("doc.n == 1", "doc.n == 2", "e.json"), "fail");
    assert_eq!(two("doc.n == 1", "doc.n == 1", "e.json"), "pass");
    assert_eq!(two("doc.n == 1", "doc.n == 1", "gone.json"), "fail");
    // A waiver that names the fault covers it, and says so.
    ws.put(CLASSIFICATION, waiver("two", "reasons = ['missing']"));
    let run = ws.check(&["--gate", "two"]).expect(0);
    assert_eq!((run.gate("two").status.as_str(), run.gate("two").reason.as_str()), ("waived", "missing"));
    assert!(run.stderr.contains("gone.json"), "a waived finding is shown: {}", run.stderr);
}

#[test]
fn a_quarantine_entry_has_a_life_too() {
    let ws = Ws::new();
    with_lifecycles(&ws);
    ws.put("digest.json", "{\"signature\": \"redraw-timeout\"}").put("bare.json", "{}");
    let entry = |expires: &str, more: &str| {
        format!(
            "[quarantine.e2e_tui]\ncategory = 'FLAKE-TIMING'\nowner = 'o'\nreason = 'r'\nissue = 'i'\nevidence = 'digest.json'\n\
             reproduce = 'x'\ncreated = 2026-11-05\nexpires = {expires}\nexit_criteria = 'e'\n{more}\n"
        )
    };
    let plain = entry("2026-11-26", "");
    let cases = [
        (plain.clone(), "pass"),
        (entry("2026-11-27", ""), "fail"),
        (entry("2026-11-19", ""), "fail"),
        (entry("2026-11-20", ""), "pass"),
        (plain.replace("FLAKE-TIMING", "FLAKE-MOOD"), "fail"),
        (plain.replace("issue = 'i'\n", ""), "fail"),
        (plain.replace("digest.json", "bare.json"), "fail"),
        (plain.replace("digest.json", "gone.json"), "fail"),
        (plain.replace("digest.json", "../digest.json"), "fail"),
        (plain.replace("digest.json", "/etc/hostname"), "fail"),
        (entry("2026-11-26", "signature = 'own'").replace("digest.json", "gone.json"), "pass"),
        (plain.replace("e2e_tui", "\"e2e_tui::redraw\""), "pass"),
    ];
    for (text, status) in cases {
        let run = ws.put(CLASSIFICATION, &text).check(&[]);
        assert_eq!(
            run.gate("quarantine_lifecycle").status,
            status,
            "{text}\n{:?}",
            run.gate("quarantine_lifecycle")
        );
        assert_eq!(run.gate("waiver_lifecycle").status, "pass", "{text}");
    }
}

#[test]
fn a_previous_verdict_marks_what_is_new_known_and_fixed() {
    let ws = Ws::new();
    ws.asserts("a_new", GREEN).asserts("b_known", RED).asserts("c_fixed", RED).asserts("d_green", GREEN);
    let first = ws.repository();
    ws.check(&[]).expect(1);
    std::fs::copy(ws.at("out/full_suite_verdict.json"), ws.at("previous.json")).expect("copied");
    ws.asserts("a_new", RED).asserts("c_fixed", GREEN).commit();
    let run = ws.check(&["--previous", "previous.json"]).expect(1);
    let since = |run: &Run, id: &str| run.gate(id).value["since"].clone();
    assert_eq!(since(&run, "a_new"), "new");
    assert_eq!(since(&run, "b_known"), format!("since {first}"));
    assert_eq!(since(&run, "c_fixed"), "fixed");
    assert_eq!(since(&run, "d_green"), Value::Null);
    let failed = &run.stderr[run.stderr.find("What failed").expect("the section")..];
    assert!(failed.find("a_new") < failed.find("b_known"), "new ones first: {failed}");
    // The chain keeps its first commit.
    std::fs::copy(ws.at("out/full_suite_verdict.json"), ws.at("previous.json")).expect("copied");
    let run = ws.check(&["--previous", "previous.json"]).expect(1);
    assert_eq!(since(&run, "b_known"), format!("since {first}"));
    // The gate order of the verdict does not change.
    assert_eq!(run.statuses()[0], "a_new fail assertion");
    // The file that is compared with may be the one that is replaced.
    ws.check(&["--previous", "out/full_suite_verdict.json"]).expect(1);
}

#[test]
fn the_policy_of_the_base_judges_a_pull_request() {
    let ws = Ws::new();
    ws.put("e.json", "{\"schema\": \"e.v1\", \"n\": 1}").put("free.json", "{\"n\": 'x'}".replace('\'', "\""));
    ws.reads("a_loosened", "e.json", "schema = 'e.v1'", "doc.n == 2");
    ws.asserts("b_waived", RED).asserts("c_deleted", RED).asserts("d_same", GREEN);
    ws.reads("e_schema", "free.json", "shape = 'e.v1'", "doc.n != null");
    ws.put("gates/f_env.toml", ws.text("gates/d_same.toml").replace("1 == 1", "env.CHANNEL == 'x'"));
    ws.repository();
    let red = [
        "a_loosened fail assertion",
        "b_waived fail assertion",
        "c_deleted fail assertion",
        "d_same pass -",
        "e_schema fail schema",
        "f_env fail expression",
    ];
    assert_eq!(ws.check(&["--policy-from", "main"]).expect(1).statuses(), red);
    ws.git(&["checkout", "-q", "-b", "pr"]);
    ws.reads("a_loosened", "e.json", "schema = 'e.v1'", "doc.n == 1");
    ws.put(CLASSIFICATION, waiver("b_waived", ""));
    ws.remove("gates/c_deleted.toml");
    ws.put("schemas/e.v1.json", "{\"$id\": \"e.v1\"}");
    ws.put("tollgate.toml", ws.text("tollgate.toml") + "env = ['CHANNEL']\n");
    ws.asserts("z_added", GREEN);
    ws.commit();
    let env = [("CHANNEL", "x")];
    assert_eq!(ws.check_env(&[], &env).expect(0).code, 0, "the working tree's own policy is green");
    let run = ws.check_env(&["--policy-from", "main"], &env).expect(1);
    assert_eq!(run.statuses(), red);
    let policy = &run.verdict()["policy"];
    assert_eq!(policy["from"], "main");
    let altered: Vec<&str> =
        policy["altered"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    for id in ["a_loosened", "b_waived", "c_deleted", "e_schema", "f_env", "z_added"] {
        assert!(altered.contains(&id), "{id} is not in {altered:?}");
    }
    assert!(!altered.contains(&"d_same"), "{altered:?}");
    assert_eq!(run.verdict()["waivers"], serde_json::json!([]));
    assert!(run.stderr.contains("tollgate.toml"), "{}", run.stderr);
    // What is not committed does not count either.
    ws.git(&["checkout", "-q", "main"]);
    ws.remove("tollgate.toml");
    let run = ws.check(&["--policy-from", "main"]).expect(1);
    assert_eq!(run.statuses(), red);
    for bad in ["nope", "", "-x", "main:gates", "HEAD~9"] {
        let run = ws.check(&[&format!("--policy-from={bad}")]).expect(2);
        assert!(run.stdout.is_empty() && run.stderr.contains("ref"), "{bad}: {run:#?}");
    }
}

#[test]
fn a_policy_from_a_ref_cannot_be_moved_by_what_the_pull_request_sets() {
    let ws = Ws::new();
    ws.put("runs/20261120T101500Z/s.json", "{\"schema\": \"e.v1\", \"n\": 2}");
    ws.reads("run", "{run}/s.json", "schema = 'e.v1'\ncommit = 'any'", "doc.n == 1");
    ws.repository();
    ws.put("tollgate.toml", "[workspace]\npacks = []\noutput = 'elsewhere'\nresults = 'fake'\ngit = false\nclassification = 'w.toml'\n");
    ws.put("w.toml", waiver("run", ""));
    ws.put("fake/20261120T101500Z/s.json", "{\"schema\": \"e.v1\", \"n\": 1}");
    ws.check(&["--gate", "run"]).expect(0);
    let run = ws.check(&["--policy-from", "main"]).expect(1);
    assert_eq!(run.statuses(), ["run fail assertion"]);
    assert!(run.verdict()["commit"].is_string(), "git holds as the base has it");
    assert!(ws.at("out/full_suite_verdict.json").exists());
    assert_eq!(run.verdict()["policy"]["altered"], serde_json::json!(["run"]), "{}", run.stderr);
}

#[test]
fn a_workspace_gate_replaces_a_packed_one_visibly() {
    let ws = Ws::new();
    ws.put("tollgate.toml", "[workspace]\npacks = ['starter']\noutput = 'out'\ngit = false\n");
    ws.asserts("pass_rate", GREEN);
    let run = ws.check(&["--gate", "pass_rate"]).expect(0);
    assert!(run.stderr.contains("gates/pass_rate.toml replaces that of the pack starter"), "{}", run.stderr);
}

#[test]
fn colour_is_asked_for_or_refused() {
    let ws = mixed();
    let coloured = |env: &[(&str, &str)]| {
        let run = ws.check_env(&["--format", "human:out/h"], env);
        assert!(!ws.text("out/h").contains('\u{1b}') && !run.stdout.contains('\u{1b}'));
        run.stderr.contains('\u{1b}')
    };
    assert!(!coloured(&[]), "a pipe has no colour");
    assert!(coloured(&[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "0")]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(coloured(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "")]), "an empty NO_COLOR says nothing");
}

#[test]
fn github_gets_annotations_a_summary_and_outputs() {
    let ws = mixed();
    let args = ["check", "--now", NOW, "--format", "github"];
    ws.run(&args).expect(1);
    ws.put("summary.md", "before\n").put("output.txt", "a=b\n");
    let mut command = ws.command(&args);
    command.env("GITHUB_STEP_SUMMARY", ws.at("summary.md")).env("GITHUB_OUTPUT", ws.at("output.txt"));
    let run = finish(command).expect(1);
    assert!(run.stdout.contains("::error file=gates/b_red.toml,line="), "{}", run.stdout);
    assert!(ws.text("summary.md").starts_with("before\n") && ws.text("summary.md").contains("b_red"));
    let output = ws.text("output.txt");
    assert!(output.starts_with("a=b\nverdict=fail\n") && output.contains("failed=2\n"), "{output}");
    assert!(output.contains("verdict-path=") && output.contains("full_suite_verdict.json"), "{output}");
    // Files that cannot be appended to are an error, not a silence.
    let mut command = ws.command(&args);
    command.env("GITHUB_OUTPUT", ws.at("tollgate.toml/x"));
    assert!(finish(command).expect(4).stderr.contains("GITHUB_OUTPUT"));
}

/// A line that GitHub's runner would obey, other than tollgate's own annotations.
fn commands(text: &str) -> Vec<&str> {
    let ours =
        ["::error file=gates/", "::error title=tollgate::", "::warning file=gates/", "::notice file=gates/"];
    text.lines()
        .filter(|l| l.contains("##[") || l.trim_start().starts_with("::"))
        .filter(|l| !ours.iter().any(|o| l.starts_with(o)))
        .collect()
}

#[test]
fn no_text_of_an_artifact_becomes_a_workflow_command() {
    let ws = Ws::new();
    let evil = "\\n::error::owned\\n::set-output name=x::y\\r\\n  ::add-mask::s\\n##[error]x\\u2028::stop-commands::t";
    ws.put("e.json", format!("{{\"schema\": \"e.v1\", \"n\": 1, \"t\": \"{evil}\", \"{evil}\": 1}}"));
    ws.put("schema_name.json", format!("{{\"schema\": \"{evil}\"}}"))
        .put("breaks.json", format!("{{\"schema\": \"e.v1\", \"n\": \"{evil}\"}}"));
    ws.put("twice.json", format!("{{\"{evil}\": 1, \"{evil}\": 1}}"))
        .put("date.json", format!("{{\"schema\": \"e.v1\", \"n\": 1, \"generated_at\": \"{evil}\"}}"));
    ws.put("l.jsonl", format!("{{\"schema\": \"e.v1\", \"n\": 1, \"t\": \"{evil}\"}}\n"));
    ws.put("a\n::error::name.txt", "x").put("::error::name.txt", "x");
    ws.gate("message", "[artifacts.doc]\npath = 'e.json'\n[[checks]]\nid = 'c'\nassert = 'doc.n == 2'\nmessage = '{doc.t} {doc}'\n");
    ws.gate("start", "[artifacts.doc]\npath = 'e.json'\n[[checks]]\nid = 'c'\nassert = 'doc.n == 2'\nmessage = '::error::x {doc.t}'\n");
    ws.gate("lines", "[artifacts.doc]\npath = 'l.jsonl'\nformat = 'jsonl'\n[[checks]]\nid = 'c'\nfor_each = 'doc'\nassert = 'it.n == 2'\nmessage = '{it.t}'\n");
    for name in ["schema_name", "breaks", "twice", "date"] {
        ws.reads(name, &format!("{name}.json"), "", "doc.n == 1");
    }
    ws.asserts("files", "files('*.txt') == []").asserts("stem", "files('*.txt').map(f, stem(f)) == []");
    ws.gate_with(
        "reproduce",
        &[("'see it'", "'::error::x ##[error]'"), ("'N'", "'::error::x'"), ("'o'", "'##[group]'")],
        &check("c", RED),
    );
    ws.gate(
        "bad_text",
        "[artifacts.doc]\npath = 'e.json'\n[[checks]]\nid = 'c'\nassert = \"timestamp(doc.t) == now\"\n",
    );
    for kind in ["github", "human", "markdown", "json", "junit", "sarif"] {
        let run = ws.run(&["check", "--now", NOW, "--format", kind, "--format", "human"]).expect(1);
        if matches!(kind, "github" | "human") {
            assert_eq!(commands(&run.stdout), Vec::<&str>::new(), "{kind}");
        }
        assert_eq!(commands(&run.stderr), Vec::<&str>::new(), "{kind}");
    }
}

#[test]
fn no_name_of_a_policy_file_becomes_a_workflow_command() {
    let ws = Ws::new();
    ws.put("tollgate.toml", "[workspace]\npacks = []\ngates = ['.']\nschemas = ['.']\ngit = false\n");
    ws.put("::error::x.toml", "x")
        .put("::error::y.json", "x")
        .put("##[error]z.toml", "x")
        .put("a\n::error::w.toml", "x");
    let run = ws.check(&[]).expect(2);
    assert_eq!(commands(&run.stderr), Vec::<&str>::new(), "{}", run.stderr);
    let ws = Ws::new();
    ws.put("gates/g.toml", "\"::error::x\" = 1\n\"a\\n::error::y\" = 2\nname = '::error::z'\nblocking = \"\\n::error::z\"\nlanes = ['::error::q', '##[error]']\n");
    let run = ws.check(&[]).expect(2);
    assert_eq!(commands(&run.stderr), Vec::<&str>::new(), "{}", run.stderr);
    let run = ws.check(&["--gate", "\n::error::x", "--gate", "##[error]"]).expect(2);
    assert_eq!(commands(&run.stderr), Vec::<&str>::new(), "{}", run.stderr);
}

#[test]
fn sigterm_ends_with_143_and_leaves_the_old_verdict() {
    let ws = Ws::new();
    ws.asserts("g", RED);
    ws.check(&[]).expect(1);
    let old = ws.text("out/full_suite_verdict.json");
    // Judging takes long: a large sparse file is hashed, and nothing depends on how long.
    let file = std::fs::File::create(ws.at("large")).expect("a file");
    file.set_len(1 << 34).expect("a sparse file");
    ws.asserts("slow", "sha256('large') == ''");
    for (signal, code) in [("-TERM", 143), ("-INT", 130)] {
        let mut child = ws
            .command(&["check", "--now", NOW])
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("started");
        // The handlers stand once the process has read the policy; a signal before that ends it all the same.
        let io = format!("/proc/{}/status", child.id());
        loop {
            let caught = std::fs::read_to_string(&io).unwrap_or_default();
            let mask = caught.lines().find_map(|l| l.strip_prefix("SigCgt:")).unwrap_or("0");
            let mask = u64::from_str_radix(mask.trim(), 16).unwrap_or(0);
            if mask & (1 << 14) != 0 && mask & (1 << 1) != 0 {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        let sent = std::process::Command::new("kill")
            .args([signal, &child.id().to_string()])
            .status()
            .expect("kill");
        assert!(sent.success());
        assert_eq!(child.wait().expect("ended").code(), Some(code));
        assert_eq!(ws.text("out/full_suite_verdict.json"), old);
    }
}

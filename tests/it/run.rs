//! `tollgate run` and what goes with it, over real processes: suites of a few lines of shell that speak TAP.

use crate::run_workspace::{SUITE, TOML, lines_of, start, told, until, valid, workspace};
use crate::support::{NOW, Run, Ws, finish};
use serde_json::Value;
use std::process::Command;

#[test]
fn a_green_run_passes_the_starter_gates_and_every_file_is_valid() {
    let ws = workspace();
    let run = ws.run(&["run", "--now", "2026-11-20T12:00:00Z", "--format", "json"]).expect(0);
    let summary: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(told(&summary).len(), 4);
    assert_eq!((&summary["status"], &summary["total_units"]), (&"passed".into(), &3.into()));
    let folder = "runs/20261120T120000Z";
    valid(&ws, folder);
    for file in [
        "summary.json",
        "environment.json",
        "run_events.jsonl",
        "replay_bundle.json",
        "failure_diagnostics_index.json",
        "junit.xml",
        "run_report.md",
        "alpha/output.log",
        "alpha/result.json",
    ] {
        assert!(ws.at(&format!("{folder}/{file}")).is_file(), "{file}");
    }
    let check = ws.run(&["check", "--now", "2026-11-20T12:05:00Z"]);
    assert_eq!(check.code, 0, "{}", check.stderr);
    let bundle = ws.json(&format!("{folder}/replay_bundle.json"));
    assert_eq!(bundle["one_command_replay"], "tollgate run --profile ci");
}

#[test]
fn one_failing_test_of_many_is_replayed_alone() {
    let ws = workspace();
    let tests: Vec<String> = (0..500).map(|n| format!("t{n}")).collect();
    ws.put("suite.sh", SUITE.replace("one two three", &tests.join(" "))).red("beta", "t217");
    ws.run(&["run", "--out", "first"]).expect(1);
    let summary = ws.json("first/summary.json");
    assert_eq!(summary["failed_unit_names"], serde_json::json!(["beta"]));
    let digest = ws.json("first/beta/failure_digest.json");
    assert_eq!(digest["impacted_scenario_ids"], serde_json::json!(["t217"]));
    assert_eq!(digest["remediation_pointer"]["targeted_test_replay_command"], "sh suite.sh beta t217");
    valid(&ws, "first");

    ws.forget();
    let again = ws.run(&["run", "--rerun-from", "first/summary.json", "--out", "second"]).expect(1);
    assert_eq!(ws.started(), ["beta t217"], "{}", again.stderr);
    let triage = ws.json("second/triage_diff.json");
    assert_eq!(triage["status"], "known_failures_only");

    std::fs::remove_file(ws.at("red/beta")).unwrap();
    ws.forget();
    ws.run(&["run", "--rerun-from", "first", "--out", "third"]).expect(0);
    assert_eq!(ws.started(), ["beta t217"]);
    assert_eq!(ws.json("third/triage_diff.json")["summary"]["fixed_count"], 1);
    assert_eq!(ws.json("third/summary.json")["rerun_from"], "first");
    valid(&ws, "third");
    let part = ws.check(&["--run", "third"]);
    let said = format!("{}{}", part.stdout, part.stderr);
    assert!(said.contains("the run is a replay: what first ran"), "{said}");
    // Nothing is left to replay.
    ws.run(&["run", "--rerun-from", "third"]).expect(3);
}

#[test]
fn a_bundle_replays_the_same_and_nothing_in_it_is_executed() {
    let ws = workspace();
    ws.red("alpha", "two").run(&["run", "--out", "first"]).expect(1);
    let text = ws.text("first/replay_bundle.json");
    assert!(text.contains("sh suite.sh alpha two"));
    let evil = text.replace("sh suite.sh alpha two", "touch evil").replace("sh suite.sh alpha", "touch evil");
    ws.put("evil/replay_bundle.json", evil).forget();
    let replay = ws.run(&["replay", "evil/replay_bundle.json", "--out", "second"]).expect(1);
    assert_eq!(ws.started(), ["alpha two"], "{}", replay.stderr);
    assert!(!ws.at("evil.json").exists() && !ws.at("evil/evil").exists());
    let gone = text.replace("\"alpha\"", "\"../../x\"");
    ws.put("gone/replay_bundle.json", gone);
    let refused = ws.run(&["replay", "gone", "--out", "third"]).expect(2);
    assert!(refused.stderr.contains("../../x"), "{}", refused.stderr);
}

#[test]
fn what_vanished_what_is_new_and_what_a_crash_hid_are_in_the_diff() {
    let ws = workspace();
    ws.run(&["run", "--out", "base"]).expect(0);
    ws.put("suite.sh", SUITE.replace("one two three", "one three four"))
        .red("alpha", "four")
        .put("crash/gamma", "");
    let run = ws.run(&["run", "--now", NOW, "--diff-from", "base", "--out", "now"]).expect(1);
    let triage = ws.json("now/triage_diff.json");
    let found: Vec<String> = triage["ranked_diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| format!("{} {} {}", d["change"].as_str().unwrap(), d["suite"].as_str().unwrap(), d["test"]))
        .collect();
    for wanted in [
        "new_failure alpha \"four\"",
        "removed alpha \"two\"",
        "regression gamma null",
        "not_run gamma \"one\"",
        "not_run gamma \"three\"",
        "removed beta \"two\"",
    ] {
        assert!(found.iter().any(|f| f == wanted), "{wanted}: {found:#?}\n{}", run.stderr);
    }
    assert_eq!(triage["status"], "regression");
    valid(&ws, "now");
    let check = ws.check(&["--run", "now"]);
    let gate = check.gate("no_regression");
    assert_eq!((gate.status.as_str(), gate.reason.as_str()), ("fail", "assertion"));
}

#[test]
fn shards_make_the_whole_in_any_order_and_a_missing_one_is_named() {
    let ws = workspace();
    ws.red("beta", "two").run(&["run", "--out", "whole"]).expect(1);
    for (kind, index, total) in [("unit", "0", "2"), ("unit", "1", "2"), ("suite", "0", "1")] {
        let out = format!("shard-{kind}-{index}");
        let flags =
            ["run", "--shard-kind", kind, "--shard-index", index, "--shard-total", total, "--out", &out];
        assert!(ws.run(&flags).code <= 1);
        let summary = ws.json(&format!("{out}/summary.json"));
        assert_eq!(summary["shard"]["kind"], kind);
        assert_eq!(ws.json(&format!("{out}/environment.json"))["shard"], summary["shard"]);
    }
    let parts = ["shard-unit-0", "shard-unit-1", "shard-suite-0"];
    let merged = ws.run(&["merge", parts[0], parts[1], parts[2], "--out", "one"]).expect(1);
    assert!(merged.stderr.contains("realised spread of 2 unit shards"), "{}", merged.stderr);
    ws.run(&["merge", parts[2], parts[1], parts[0], "--out", "two"]).expect(1);
    valid(&ws, "one");
    let (one, two, whole) =
        (ws.json("one/summary.json"), ws.json("two/summary.json"), ws.json("whole/summary.json"));
    assert_eq!(told(&one), told(&whole));
    assert_eq!(told(&one), told(&two));
    for key in ["failed_unit_names", "total_units", "total_suites", "passed_units", "shard", "plan", "status"]
    {
        assert_eq!(one[key], whole[key], "{key}");
    }
    assert!(ws.at("one/beta/failure_digest.json").is_file() && ws.at("one/alpha/output.log").is_file());
    let missing = ws.run(&["merge", parts[0], parts[2], "--out", "three"]).expect(1);
    assert!(missing.stderr.contains("unit shard 1 of 2"), "{}", missing.stderr);
    let doubled = ws.run(&["merge", parts[0], parts[1], parts[1], parts[2], "--out", "three"]).expect(1);
    assert!(doubled.stderr.contains("doubled"), "{}", doubled.stderr);
    assert!(!ws.at("three").exists());
}

#[test]
fn a_retry_that_passes_is_flaky_and_keeps_the_first_log() {
    let ws = workspace();
    // Red at the first start of each suite alone.
    let first = format!("[ ! -e {0}-$name ]", ws.outside("seen"));
    let once = SUITE.replace("if [ -f \"red/$name\" ]", &format!("if {first} && [ -f \"red/$name\" ]"));
    let once = once.replace("exit $code", &format!("touch {}-$name; exit $code", ws.outside("seen")));
    ws.put("suite.sh", once).no_state("started.txt").red("alpha", "two");
    let run = ws.run(&["run", "--retries", "2", "--out", "out"]).expect(0);
    let summary = ws.json("out/summary.json");
    assert!(
        told(&summary).contains(&"alpha flaky one=passed two=flaky three=passed".to_string()),
        "{summary:#}"
    );
    assert!(ws.text("out/alpha/output.log").contains("not ok 2 - two"));
    assert!(ws.text("out/junit.xml").contains("flakyFailure"), "{}", run.stderr);
    let starts = ws.started();
    assert_eq!(
        starts.iter().filter(|s| s.starts_with("alpha")).collect::<Vec<_>>(),
        ["alpha", "alpha", "alpha two"]
    );
}

#[test]
fn a_quarantined_failure_blocks_nothing_until_it_fails_otherwise() {
    let ws = workspace();
    ws.red("alpha", "two").run(&["run", "--out", "first"]).expect(1);
    let entry = "[quarantine.\"alpha::two\"]\ncategory = 'FLAKE-LOGIC'\nowner = 'a'\nreason = 'b'\nissue = 'c'\n\
                 evidence = 'first/alpha/failure_digest.json'\nreproduce = 'd'\ncreated = 2026-11-20\n\
                 expires = 2026-12-01\nexit_criteria = 'e'\n";
    ws.put("tests/suite_classification.toml", entry);
    let now = "2026-11-21T00:00:00Z";
    ws.run(&["run", "--now", now, "--out", "second"]).expect(0);
    let summary = ws.json("second/summary.json");
    assert!(
        told(&summary).contains(&"alpha quarantined one=passed two=quarantined three=passed".to_string())
    );
    valid(&ws, "second");
    let check = ws.run(&["check", "--now", now, "--run", "second"]);
    assert_eq!(check.code, 0, "{}", check.stderr);
    ws.put("suite.sh", SUITE.replace("is not what it was", "is something else altogether"));
    let other = ws.run(&["run", "--now", now, "--out", "third"]).expect(1);
    assert!(other.stderr.contains("signature"), "{}", other.stderr);
}

#[test]
fn results_of_an_earlier_run_prove_nothing() {
    let ws = workspace();
    let toml = "[workspace]\npacks = []\ngit = false\n[suites.unit]\nnames = ['a']\ncommand = 'true'\nreader = 'junit'\n\
                results = 'junit.xml'\n";
    let xml = "<testsuite name='a' tests='1'><testcase name='t'/></testsuite>";
    ws.put("tollgate.toml", toml).put("junit.xml", xml);
    let run = ws.run(&["run", "--out", "out"]).expect(1);
    assert_eq!(ws.json("out/summary.json")["units"][0]["status"], "missing", "{}", run.stderr);
    // A link is taken away as a file is; what stands outside the workspace stays, and is not believed.
    let elsewhere = tempfile::tempdir().unwrap();
    let kept = elsewhere.path().join("old.xml");
    std::fs::write(&kept, xml).unwrap();
    std::os::unix::fs::symlink(&kept, ws.at("junit.xml")).unwrap();
    ws.run(&["run", "--out", "linked"]).expect(1);
    ws.put("tollgate.toml", toml.replace("'junit.xml'", &format!("'{}'", kept.display())));
    let outside = ws.run(&["run", "--out", "outside"]).expect(2);
    assert!(outside.stderr.contains("leads out of the workspace"), "{}", outside.stderr);
    assert!(kept.is_file());
}

#[test]
fn an_unreadable_baseline_stops_before_anything_runs() {
    let ws = workspace();
    ws.run(&["run", "--out", "first"]).expect(0);
    let edited = ws.text("first/summary.json").replace("\"total_units\": 3", "\"total_units\": 4");
    ws.put("edited.json", edited).forget();
    ws.put("base.json", "{\"schema\": \"tollgate.run.summary.v1\", ");
    let planned = ws.text("first/summary.json").replace("\"units\": 3", "\"units\": 5");
    ws.put("fewer.json", planned);
    let fewer = "fewer.json: it contradicts itself: `plan.units` is 5, and `total_units` 3";
    let contradicts = "edited.json: it contradicts itself: `total_units` is 4, and `units` shows 3";
    for (named, wanted) in [
        ("base.json", "base.json"),
        ("gone.json", "gone.json"),
        ("edited.json", contradicts),
        ("fewer.json", fewer),
    ] {
        let run = ws.run(&["run", "--diff-from", named, "--out", "out"]).expect(4);
        assert!(run.stderr.contains(wanted), "{}", run.stderr);
    }
    assert!(ws.started().is_empty() && !ws.at("out").exists());
}

#[test]
fn names_of_every_kind_stay_one_word_and_one_folder() {
    let ws = workspace();
    let names = ["sp ace", "quo'te", "..", "ünï", "new\\nline", "$(touch evil)", "a/../../b"];
    let list: Vec<String> = names.iter().map(|n| format!("\"{n}\"")).collect();
    ws.put("tollgate.toml", TOML.replace("\"alpha\", \"beta\", \"gamma\"", &list.join(", ")));
    let run = ws.run(&["run", "--out", "out"]);
    assert!(run.code <= 1, "{}", run.stderr);
    assert_eq!(ws.json("out/summary.json")["total_units"], 7, "{}", run.stderr);
    assert!(!ws.at("evil").exists() && !ws.at("b").exists() && !ws.at("output.log").exists());
    let folders = std::fs::read_dir(ws.at("out")).unwrap().flatten().filter(|e| e.path().is_dir()).count();
    assert_eq!(folders, 8);
    valid(&ws, "out");
}

#[test]
fn nothing_selected_is_exit_3_and_an_unknown_name_has_a_hint() {
    let ws = workspace();
    let unknown = ws.run(&["run", "--unit-target", "alpa"]).expect(2);
    assert!(unknown.stderr.contains("alpha"), "{}", unknown.stderr);
    ws.put("tollgate.toml", "[workspace]\npacks = []\ngit = false\n");
    ws.run(&["run"]).expect(3);
    assert!(!ws.at("tests/e2e_results").exists());
}

#[test]
fn an_empty_shard_is_green_and_has_a_summary() {
    let ws = workspace();
    let flags = ["run", "--shard-kind", "suite", "--shard-index", "4", "--shard-total", "5", "--out", "out"];
    ws.run(&flags).expect(0);
    assert_eq!(ws.json("out/summary.json")["total_suites"], 0);
}

#[test]
fn the_shard_of_the_ci_is_found_and_an_index_alone_is_refused() {
    let ws = workspace();
    let with = |env: &[(&str, &str)], flags: &[&str]| -> Run {
        let mut all = vec!["run", "--list", "--format", "json", "--shard-kind", "unit"];
        all.extend(flags);
        let mut command = ws.command(&all);
        command.envs(env.iter().copied());
        finish(command)
    };
    let gitlab = with(&[("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "3")], &["--shard", "auto"]).expect(0);
    let listed: Value = serde_json::from_str(&gitlab.stdout).unwrap();
    assert_eq!((&listed["shard"]["index"], &listed["shard"]["total"]), (&1.into(), &3.into()));
    with(&[("CI_NODE_INDEX", "2")], &["--shard", "auto"]).expect(2);
    with(&[], &["--shard-index", "1"]).expect(2);
    let flags = ["--shard", "auto", "--shard-index", "0", "--shard-total", "2"];
    let won = with(&[("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "3")], &flags).expect(0);
    assert_eq!(serde_json::from_str::<Value>(&won.stdout).unwrap()["shard"]["total"], 2);
}

#[test]
fn a_timeout_ends_the_suite_and_the_others_are_intact() {
    let ws = workspace();
    ws.put("suite.sh", format!("[ \"$1\" = beta ] && sleep 600\n{SUITE}"));
    ws.run(&["run", "--timeout", "2s", "--jobs", "2", "--out", "out"]).expect(1);
    let summary = ws.json("out/summary.json");
    assert_eq!(summary["units"][1]["status"], "timed_out");
    assert_eq!(
        (&summary["units"][1]["exit_code"], &summary["units"][1]["signal"]),
        (&Value::Null, &15.into())
    );
    assert_eq!(summary["failed_unit_names"], serde_json::json!(["beta"]));
    assert_eq!(ws.json("out/beta/failure_digest.json")["root_cause_class"], "timeout");
}

#[test]
fn a_secret_is_masked_wherever_it_would_be_written() {
    let ws = workspace();
    ws.put(
        "suite.sh",
        format!("echo \"key $DEPLOY_TOKEN\"\n{}", SUITE.replace("$t is not", "$DEPLOY_TOKEN is not")),
    );
    ws.red("alpha", "one");
    let mut command = ws.command(&["run", "--out", "out", "--show-output"]);
    command.env("DEPLOY_TOKEN", "hunter2-hunter2");
    let run = finish(command);
    assert_eq!(run.code, 1);
    assert!(!run.stderr.contains("hunter2") && !run.stdout.contains("hunter2"), "{}", run.stderr);
    assert!(ws.json("out/summary.json")["masked"].as_u64().unwrap() > 0);
    for entry in walkdir::WalkDir::new(ws.at("out")) {
        let path = entry.unwrap().into_path();
        if path.is_file() {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            assert!(!text.contains("hunter2"), "{}", path.display());
        }
    }
}

/// Kills the runner after each record of its journal in turn, and takes the run up again.
#[test]
fn killed_after_any_record_a_run_is_finished_without_repeating_what_is_done() {
    let ws = workspace();
    ws.red("beta", "two").run(&["run", "--jobs", "1", "--out", "whole"]).expect(1);
    let whole = ws.json("whole/summary.json");
    let lines = ws.text("whole/run_events.jsonl").lines().count();
    assert!(lines >= 10, "{lines}");
    for upto in 1..lines {
        let out = format!("cut-{upto}");
        ws.forget();
        kill_after(&ws, &out, upto);
        let before = ws.text(&format!("{out}/run_events.jsonl"));
        let done: Vec<String> = before
            .lines()
            .filter_map(|l| serde_json::from_str::<Value>(l).ok())
            .filter(|e| e["event"] == "suite.finished")
            .map(|e| e["suite"].as_str().unwrap().to_string())
            .collect();
        ws.forget();
        let resumed = ws.run(&["run", "--resume", &out]).expect(1);
        let repeated: Vec<String> = ws.started().into_iter().filter(|s| done.contains(s)).collect();
        assert!(repeated.is_empty(), "{upto}: {repeated:?} ran again\n{}", resumed.stderr);
        let summary = ws.json(&format!("{out}/summary.json"));
        assert_eq!(told(&summary), told(&whole), "{upto}");
        assert_eq!(summary["failed_unit_names"], whole["failed_unit_names"]);
        valid(&ws, &out);
    }
}

/// Starts a run and kills it by SIGKILL as soon as its journal has so many lines.
fn kill_after(ws: &Ws, out: &str, lines: usize) {
    let mut child = start(ws, &["run", "--jobs", "1", "--out", out]);
    let journal = ws.at(&format!("{out}/run_events.jsonl"));
    until("the journal grows", || lines_of(&journal) >= lines || child.try_wait().unwrap().is_some());
    let _ = child.kill();
    child.wait().unwrap();
    assert!(lines_of(&journal) >= 1, "the journal was never begun");
}

#[test]
fn an_interrupted_run_says_aborted_and_what_did_not_run() {
    let ws = workspace();
    ws.put("suite.sh", format!("[ \"$1\" = beta ] && {{ touch up; sleep 600; }}\n{SUITE}"));
    let mut child = start(&ws, &["run", "--jobs", "1", "--out", "out"]);
    until("beta is up", || ws.at("up").exists());
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let summary = ws.json("out/summary.json");
    assert_eq!(summary["status"], "aborted");
    let left: Vec<&str> =
        summary["not_run"].as_array().unwrap().iter().map(|n| n["name"].as_str().unwrap()).collect();
    assert!(left.contains(&"beta") && left.contains(&"gamma"), "{left:?}");
    let of = |key: &str| summary[key].as_u64().unwrap();
    let difference = of("total_suites") + of("total_units") - of("passed_suites") - of("passed_units");
    assert_eq!(difference, left.len() as u64, "{summary:#}");
    valid(&ws, "out");
    ws.put("suite.sh", SUITE).forget();
    ws.run(&["run", "--resume", "out"]).expect(0);
    assert!(!ws.started().contains(&"alpha".to_string()), "{:?}", ws.started());
    assert_eq!(ws.json("out/summary.json")["status"], "passed");
}

#[test]
fn ingested_results_are_judged_like_a_run() {
    let ws = workspace();
    let xml = "<testsuites><testsuite name='a' tests='2' failures='1'><testcase name='x'/><testcase name='y'><failure \
               message='boom'>at z.py:3</failure></testcase></testsuite></testsuites>";
    ws.put("red.xml", xml).put("torn.xml", &xml[..60]).put("none.xml", "<testsuites/>");
    ws.run(&["ingest", "junit", "red.xml", "--out", "out"]).expect(1);
    valid(&ws, "out");
    assert_eq!(ws.json("out/summary.json")["failed_unit_names"], serde_json::json!(["a"]));
    ws.run(&["ingest", "junit", "torn.xml", "--out", "torn"]).expect(4);
    ws.run(&["ingest", "junit", "none.xml", "--out", "none"]).expect(3);
    ws.run(&["ingest", "junit", "gone.xml", "--out", "none"]).expect(4);
    for out in ["torn", "none"] {
        let names: Vec<_> = std::fs::read_dir(ws.at(out)).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["ingest_error.json"], "{out}");
    }
    // What could not be taken in may be taken in again.
    ws.run(&["ingest", "junit", "red.xml", "--out", "torn"]).expect(1);
    valid(&ws, "torn");
    let check = ws.check(&["--run", "out"]);
    assert_eq!(check.gate("pass_rate").status, "fail");
}

/// One test that passed, its name and its result torn apart by what another thread wrote to standard error.
const WHOLE: &str = "running 1 test\ninfo 3test a ... warn 1\nwarn ok2\n\n\ntest result: ok. 1 passed; 0 failed; 0 ignored; \
                     0 measured; 0 filtered out; finished in 0.00s\n";

/// Results that end before what wrote them did are no results; what whole ones say of a failure outside the tests is.
#[test]
fn ingested_results_that_are_cut_off_leave_only_why_behind() {
    let ws = workspace();
    let go = "{\"Action\":\"run\",\"Package\":\"p\",\"Test\":\"TestA\"}\n{\"Action\":\"pass\",\"Package\":\"p\",\"Test\":\"TestA\",\"Elap";
    let harness = "running 2 tests\ntest a ... ok\n";
    let died = format!(
        "{harness}error: test failed, to rerun pass `--lib`\n\nCaused by:\n  process didn't exit successfully: `x` (signal: 11, SIGSEGV)\n"
    );
    let aborted = format!("{WHOLE}\nerror: test failed, to rerun pass `--lib`\n");
    let build = "{\"ImportPath\":\"p [p.test]\",\"Action\":\"build-output\",\"Output\":\"# p [p.test]\\n\"}\n\
        {\"ImportPath\":\"p [p.test]\",\"Action\":\"build-output\",\"Output\":\"./a_test.go:3:23: \\\"fmt\\\" imported and not used\\n\"}\n\
        {\"ImportPath\":\"p [p.test]\",\"Action\":\"build-fail\"}\n{\"Action\":\"start\",\"Package\":\"p\"}\n\
        {\"Action\":\"output\",\"Package\":\"p\",\"Output\":\"FAIL\\tp [build failed]\\n\"}\n\
        {\"Action\":\"fail\",\"Package\":\"p\",\"Elapsed\":0,\"FailedBuild\":\"p [p.test]\"}\n";
    for (nth, (format, text, code)) in [
        ("go", go, 4),
        ("go", build, 1),
        ("go", "FAIL\tp [build failed]\n", 1),
        ("tap", "1..3\nok 1 - a\n", 4),
        ("tap", "1..3\nok 1 - a\nBail out! no database\n", 1),
        ("libtest", harness, 4),
        ("libtest", &died, 1),
        ("libtest", &aborted, 1),
        ("libtest", WHOLE, 0),
        ("nextest", "    Starting 2 tests across 1 binary\n        PASS [   0.004s] shelf a\n", 4),
        ("node", "▶ a\n  ✔ b (0.5ms)\n✔ a (1ms)\nℹ tests 1\nℹ suites 1\nℹ pass 1\nℹ fa", 4),
    ]
    .into_iter()
    .enumerate()
    {
        let out = format!("out{nth}");
        let run = ws.put("results", text).run(&["ingest", format, "results", "--out", &out]).expect(code);
        assert_eq!(ws.at(&out).join("summary.json").exists(), code != 4, "{format}: {}", run.stderr);
        assert_eq!(ws.at(&out).join("ingest_error.json").exists(), code == 4, "{format}: {}", run.stderr);
        assert_eq!(run.stderr.contains("results is cut off: "), code == 4, "{}", run.stderr);
        if code == 1 {
            valid(&ws, &out);
        }
        if format == "go" && code == 1 {
            let index = ws.json(&format!("{out}/failure_diagnostics_index.json"));
            assert!(index.to_string().contains("\"build_failure\""), "{index:#}");
        }
    }
}

/// A time is the one that the reporter means, or none; a reporter that leaves tests out is refused.
#[test]
fn ingested_results_are_not_misread() {
    let ws = workspace();
    let junit = r#"<testsuite name="s" tests="3"><testcase name="a" time="0,5"/><testcase name="b" time="1,234"/><testcase name="c"/></testsuite>"#;
    ws.put("results", junit).run(&["ingest", "junit", "results", "--out", "out"]).expect(0);
    valid(&ws, "out");
    let summary = ws.json("out/summary.json");
    let times =
        summary["units"][0]["tests"].as_array().unwrap().iter().map(|t| t.get("duration_ms").unwrap());
    assert_eq!(times.collect::<Vec<_>>(), [&Value::from(500), &Value::Null, &Value::Null]);
    let junit = std::fs::read_to_string(ws.at("out/junit.xml")).unwrap();
    let cases: Vec<&str> = junit.lines().filter(|l| l.contains("<testcase ")).collect();
    let timed = cases.iter().map(|l| l.contains(" time="));
    assert_eq!(timed.collect::<Vec<_>>(), [true, false, false], "{junit}");
    let dots = include_str!("../../fixtures/ingest/node/dot.txt");
    let run = ws.put("results", dots).run(&["ingest", "node", "results", "--out", "dots"]).expect(4);
    assert!(
        run.stderr.contains("its reporter `dot`") && !ws.at("dots/summary.json").exists(),
        "{}",
        run.stderr
    );
}

/// A program that is not there fails its suite, and no test of it is made up; one read by its exit code is its own test.
#[test]
fn a_suite_that_cannot_be_started_invents_no_test() {
    let ws = workspace();
    ws.run(&["run", "--out", "base"]).expect(0);
    let gone = TOML.replace("command = \"sh suite.sh {name}\"", "command = \"./nonexist {name}\"");
    ws.put("tollgate.toml", gone).run(&["run", "--diff-from", "base", "--out", "out"]).expect(1);
    valid(&ws, "out");
    let summary = ws.json("out/summary.json");
    for suite in summary["units"].as_array().unwrap() {
        assert_eq!((suite["status"].as_str(), &suite["tests"]), (Some("missing"), &serde_json::json!([])));
    }
    let counts = &ws.json("out/triage_diff.json")["summary"];
    assert_eq!(counts["regression_count"], 4, "{counts}");
    assert_eq!((&counts["new_failure_count"], &counts["not_run_count"]), (&0.into(), &12.into()), "{counts}");
    let exit =
        "[suites.lint]\nnames = [\"style\", \"gone\"]\ncommand = \"sh {name}.sh\"\nreader = \"exit\"\n";
    let exit = TOML
        .replace("[suites.e2e]", &format!("{exit}\n[suites.e2e]"))
        .replace("\"unit\", \"e2e\"", "\"lint\"");
    ws.put("tollgate.toml", exit).put("style.sh", "exit 0").run(&["run", "--out", "exit"]).expect(1);
    let summary = ws.json("exit/summary.json");
    for suite in summary["units"].as_array().unwrap() {
        let test = &suite["tests"][0];
        assert_eq!((&test["name"], &test["duration_ms"]), (&suite["name"], &suite["duration_ms"]), "{suite}");
    }
    let junit = std::fs::read_to_string(ws.at("exit/junit.xml")).unwrap();
    assert!(junit.lines().filter(|l| l.contains("<testcase ")).all(|l| l.contains(" time=")), "{junit}");
}

/// Tests behind a failing one of a stream that does not reach its plan did not run; they are not gone.
#[test]
fn tests_that_an_incomplete_stream_lacks_did_not_run() {
    let ws = workspace();
    ws.run(&["run", "--out", "base"]).expect(0);
    let torn = "echo 1..3; echo not ok 1 - one; exit 1";
    ws.put("suite.sh", format!("[ \"$1\" = beta ] && {{ {torn}; }}\n{SUITE}"));
    ws.run(&["run", "--diff-from", "base", "--out", "out"]).expect(1);
    valid(&ws, "out");
    let summary = ws.json("out/summary.json");
    assert_eq!(summary["units"][1]["incomplete"], true, "{summary:#}");
    // The reporter says no time: null, and there.
    let test = summary["units"][1]["tests"][0].as_object().unwrap();
    assert_eq!(test.get("duration_ms"), Some(&Value::Null));
    let counts = &ws.json("out/triage_diff.json")["summary"];
    assert_eq!((&counts["removed_count"], &counts["not_run_count"]), (&0.into(), &2.into()), "{counts}");
}

#[test]
fn a_flake_check_says_what_its_runs_prove() {
    let ws = workspace();
    ws.no_state("started.txt");
    let green = ws.run(&["flake", "check", "alpha::one", "--runs", "59", "--jobs", "4"]).expect(0);
    assert_eq!(green.stdout, "alpha::one: 0 of 59: below 5 % at 95 %\n");
    ws.red("alpha", "one").run(&["flake", "check", "alpha::one", "--runs", "3"]).expect(1);
    // A name that no test has is no evidence.
    ws.put("suite.sh", SUITE.replace("${only:-", "${none:-"));
    let none = ws.run(&["flake", "check", "beta::nine", "--runs", "2"]).expect(2);
    assert!(none.stderr.contains("ran no test called `nine`: nothing is proven"), "{}", none.stderr);
}

/// What an operator reads at the end of a red run, times left out.
#[test]
fn a_red_run_as_people_read_it() {
    let ws = workspace();
    ws.red("beta", "two").put("crash/gamma", "").run(&["run", "--out", "base"]).expect(1);
    std::fs::remove_file(ws.at("red/beta")).unwrap();
    ws.red("alpha", "three").put(
        "tollgate.toml",
        format!("{TOML}\n[lint]\nstyle = \"false\"\n").replace("lint  = false", "lint  = true"),
    );
    let run = ws.run(&["run", "--jobs", "1", "--diff-from", "base", "--out", "out"]).expect(1);
    let time = regex::Regex::new(r" *\d+\.\d\d s").unwrap();
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("run_red", time.replace_all(&run.stderr, "  TIME"));
    });
    let report = time.replace_all(&ws.text("out/run_report.md"), "TIME").into_owned();
    assert!(report.contains("**failed**") && report.contains("alpha"), "{report}");
}

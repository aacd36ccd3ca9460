//! `tollgate run` where things go wrong: what was cut short, what crashed and then passed, a lint step that fails.

use crate::run_workspace::{TOML, workspace_of};
use crate::support::NOW;
use serde_json::Value;

/// `passed_X <= total_X`, and the difference is what failed and what did not run.
fn adds_up(summary: &Value) {
    let size = |v: &Value| v.as_array().unwrap().len() as u64;
    for (role, passed, total, failed) in [
        ("suite", "passed_suites", "total_suites", "failed_names"),
        ("unit", "passed_units", "total_units", "failed_unit_names"),
    ] {
        let left = summary["not_run"].as_array().unwrap().iter().filter(|n| n["role"] == role).count() as u64;
        let (passed, total) = (summary[passed].as_u64().unwrap(), summary[total].as_u64().unwrap());
        assert_eq!(total - passed, size(&summary[failed]) + left, "{summary:#}");
    }
}

#[test]
fn what_did_not_start_counts_among_what_was_selected() {
    let ws = workspace_of("echo 1..1; echo not ok 1 - t; exit 1\n");
    let run = ws.run(&["run", "--now", NOW, "--jobs", "1", "--fail-fast", "1", "--out", "out"]).expect(1);
    let summary = ws.json("out/summary.json");
    assert_eq!((&summary["total_suites"], &summary["total_units"]), (&1.into(), &3.into()), "{}", run.stderr);
    assert_eq!(summary["not_run"].as_array().unwrap().len(), 3);
    adds_up(&summary);
    ws.run(&["validate", "out"]).expect(0);
    // The summary is taken as it is written.
    assert_eq!(ws.run(&["run", "--rerun-from", "out", "--list"]).expect(0).stdout.lines().count(), 4);
    let gate = ws.check(&["--run", "out"]).gate("pass_rate");
    assert!(gate.messages.iter().any(|m| m.contains("it was selected and did not run")), "{gate:?}");
    assert!(!gate.messages.iter().any(|m| m.contains("the run is failed")), "{gate:?}");
}

#[test]
fn a_run_whose_suite_kills_the_runner_says_what_was_selected() {
    let ws = workspace_of("kill -TERM $PPID; sleep 60\n");
    ws.run(&["run", "--now", NOW, "--jobs", "1", "--out", "out"]).expect(143);
    let summary = ws.json("out/summary.json");
    assert_eq!((&summary["status"], &summary["total_suites"]), (&"aborted".into(), &1.into()));
    assert_eq!(summary["total_units"], 3);
    adds_up(&summary);
}

#[test]
fn a_suite_that_crashed_and_then_passed_passes_the_gates() {
    let ws = workspace_of("");
    let once = ws.outside("once");
    let suite = format!(
        "echo 1..1\n[ $1 = beta ] && [ ! -f {once} ] && {{ touch {once}; kill -SEGV $$; }}\necho ok 1 - t\n"
    );
    ws.put("suite.sh", suite);
    // A crash is a crash, unless the kind lets one be a flake.
    ws.run(&["run", "--now", NOW, "--retries", "1", "--out", "first"]).expect(1);
    let beta = &ws.json("first/summary.json")["units"][1];
    assert_eq!(
        (&beta["status"], &beta["flake"], &beta["signal"]),
        (&"crashed".into(), &"crash".into(), &11.into())
    );
    std::fs::remove_file(&once).unwrap();
    let toml = ws.text("tollgate.toml");
    ws.put("tollgate.toml", toml.replacen("timeout =", "flaky_crash = \"allow\"\ntimeout =", 1));
    ws.run(&["run", "--now", NOW, "--retries", "1", "--out", "out"]).expect(0);
    let summary = ws.json("out/summary.json");
    let beta = &summary["units"][1];
    assert_eq!((&beta["status"], &beta["attempts"], &beta["flaky"]), (&"flaky".into(), &2.into(), &0.into()));
    let gate = ws.check(&["--run", "out"]).gate("pass_rate");
    assert_eq!(gate.status, "pass", "{gate:?}");
    // Flaky after one attempt is what somebody wrote.
    let text = ws.text("out/summary.json").replace("\"attempts\":2", "\"attempts\":1");
    ws.put("out/summary.json", text.replace("\"attempts\": 2", "\"attempts\": 1"));
    assert_eq!(ws.check(&["--run", "out"]).gate("pass_rate").status, "fail");
}

#[test]
fn the_gate_names_the_lint_step_that_failed() {
    let ws = workspace_of("echo 1..1; echo ok 1 - t\n");
    let toml = TOML.replace("lint  = false", "lint  = true") + "[lint]\nfmt = \"false\"\ndocs = \"true\"\n";
    ws.put("tollgate.toml", toml);
    ws.run(&["run", "--now", NOW, "--out", "out"]).expect(1);
    adds_up(&ws.json("out/summary.json"));
    let gate = ws.check(&["--run", "out"]).gate("pass_rate");
    assert_eq!(gate.status, "fail");
    assert_eq!(gate.messages, ["it failed; its output is in out/lint-fmt.log"], "{gate:?}");
}

#[test]
fn a_bundle_replays_a_crashed_suite_whole_and_a_failed_lint_step() {
    let suite = "echo \"$@\" >> started.txt; echo 1..2; echo not ok 1 - t; [ -f mended ] || kill -SEGV $$\n\
                 echo not ok 2 - u; exit 1\n";
    let ws = workspace_of(suite);
    ws.put("tollgate.toml", TOML.replace("lint  = false", "lint  = true") + "[lint]\nfmt = \"sh lint.sh\"\n");
    ws.put("lint.sh", "echo lint >> started.txt; exit 1\n");
    ws.run(&["run", "--unit-target", "beta", "--out", "first"]).expect(1);
    let bundle = ws.json("first/replay_bundle.json");
    let failed = &bundle["failed_units"][0];
    assert_eq!((&failed["tests"], &failed["whole"]), (&serde_json::json!(["t"]), &true.into()), "{bundle:#}");
    assert_eq!(bundle["failed_lint"], serde_json::json!(["fmt"]));
    ws.run(&["validate", "first"]).expect(0);
    ws.put("mended", "").remove("started.txt");
    ws.run(&["replay", "first", "--out", "second"]).expect(1);
    assert_eq!(ws.text("started.txt"), "lint\nbeta\n");
    // Only the lint step failed: it alone is replayed.
    ws.put("suite.sh", "echo \"$@\" >> started.txt; echo 1..1; echo ok 1 - t\n");
    ws.run(&["run", "--unit-target", "beta", "--out", "third"]).expect(1);
    ws.put("lint.sh", "echo lint >> started.txt\n").remove("started.txt");
    ws.run(&["replay", "third", "--out", "fourth"]).expect(0);
    assert_eq!(ws.text("started.txt"), "lint\n");
}

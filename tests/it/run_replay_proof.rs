//! A replay is green only where everything that it was made for ran and passed.

use crate::run_workspace::{start, until, valid, workspace};
use crate::support::Ws;
use serde_json::{Value, json};
use std::process::Command;

const UNIT: &str = "[workspace]\npacks = []\ngit = false\nresults = 'runs'\n[suites.unit]\nnames = ['u']\nreader = 'tap'\n\
                    command = 'sh u.sh'\n";

/// Suites of shell that print the lines of a file as TAP: `ok a`, `not ok b`, `ok c # SKIP`.
const PRINTS: &str = r#"
[ -n "$1" ] && { grep -E "^(not )?ok $1( |$)" lines > some || true; } || cp lines some
echo "1..${PLAN:-$(wc -l < some)}"; n=0
while read -r line; do n=$((n+1)); echo "$line" | sed -E "s/^(not ok|ok) /\1 $n - /"; done < some
grep -q "^not ok" some && exit 1; exit 0
"#;

/// A unit of one test a line; `single` gives it a command for one test.
fn unit(single: bool, lines: &str) -> Ws {
    let ws = Ws::new();
    let single = if single { "single = 'sh u.sh {test}'\n" } else { "" };
    ws.put("tollgate.toml", format!("{UNIT}{single}")).put("u.sh", PRINTS).put("lines", lines);
    ws
}

fn not_run(ws: &Ws, folder: &str) -> Value {
    ws.json(&format!("{folder}/summary.json"))["not_run"].clone()
}

const LINT: &str = "[workspace]\npacks = []\ngit = false\nresults = 'runs'\n[suites.unit]\nnames = ['u']\ncommand = 'true'\n\
                    [lint]\nfirst = 'sh lint.sh first'\nsecond = 'sh lint.sh second'\nthird = 'sh lint.sh third'\n";

/// Fails where `red-<step>` is; waits in the step that `slow` names.
const STEPS: &str =
    "echo $1 >> steps.txt\n[ \"$(cat slow)\" = $1 ] && { touch up; sleep 600; }\n[ ! -e red-$1 ]\n";

/// Interrupts it as soon as it waits.
fn interrupted(ws: &Ws, args: &[&str]) {
    let mut child = start(ws, args);
    until("a step waits", || ws.at("up").exists());
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    ws.remove("up");
}

#[test]
fn lint_steps_that_did_not_run_are_replayed() {
    let ws = Ws::new();
    ws.put("tollgate.toml", LINT).put("lint.sh", STEPS).put("red-first", "").put("slow", "second");
    interrupted(&ws, &["run", "--out", "o"]);
    let all = "lint first\nlint second\nlint third\nunit unit u\n";
    let summary = ws.json("o/summary.json");
    assert_eq!(
        (&summary["lint_not_run"], &summary["lint"][0]["passed"]),
        (&json!(["second", "third"]), &json!(false))
    );
    assert_eq!(ws.json("o/replay_bundle.json")["lint_not_run"], json!(["second", "third"]));
    assert!(ws.text("o/junit.xml").contains("name=\"third\""));
    assert_eq!(ws.run(&["run", "--rerun-from", "o", "--list"]).expect(0).stdout, all);
    // A replay that is interrupted forgets nothing of it.
    ws.put("slow", "first");
    interrupted(&ws, &["run", "--rerun-from", "o", "--out", "r"]);
    assert_eq!(ws.json("r/summary.json")["lint_not_run"], json!(["first", "second", "third"]));
    assert_eq!(ws.run(&["run", "--rerun-from", "r", "--list"]).expect(0).stdout, all);
    ws.put("slow", "").put("red-third", "");
    ws.run(&["run", "--rerun-from", "r", "--out", "red"]).expect(1);
    ws.remove("red-first").remove("red-third").remove("steps.txt");
    ws.run(&["replay", "o", "--out", "green"]).expect(0);
    assert_eq!(ws.text("steps.txt"), "first\nsecond\nthird\n");
    assert_eq!(ws.json("green/summary.json")["lint_not_run"], Value::Null);
    // Taken up again, a replay of one step runs that one.
    ws.put("slow", "third").remove("steps.txt");
    interrupted(&ws, &["run", "--rerun-from", "red", "--out", "rr"]);
    ws.put("slow", "").run(&["run", "--resume", "rr"]).expect(0);
    assert_eq!(ws.text("steps.txt"), "first\nthird\nthird\n");
    for folder in ["o", "r", "red", "rr", "green"] {
        valid(&ws, folder);
    }
}

#[test]
fn a_test_that_is_skipped_when_it_is_asked_for_has_not_passed() {
    let ws = unit(true, "ok a\nnot ok b\n");
    ws.run(&["run", "--out", "o"]).expect(1);
    ws.put("lines", "ok a\nok b # SKIP\n");
    for args in
        [&["run", "--rerun-from", "o", "--out", "r"], &["replay", "o", "--out", "q", "--retries"][..4]]
    {
        let run = ws.run(args).expect(1);
        assert!(run.stderr.contains("the test `b` was asked for and was skipped"), "{}", run.stderr);
    }
    assert_eq!(ws.json("r/triage_diff.json")["summary"]["fixed_count"], 0);
    ws.run(&["run", "--rerun-from", "r", "--retries", "1", "--out", "rr"]).expect(1);
    ws.put("lines", "ok b\n").run(&["run", "--rerun-from", "r", "--out", "fixed"]).expect(0);
}

#[test]
fn a_failed_test_that_a_retry_skips_stays_failed() {
    for single in [true, false] {
        let ws = unit(single, "");
        ws.put("u.sh", format!("[ -e again ] && echo 'ok b # SKIP' > lines || printf 'ok a\\nnot ok b\\n' > lines; touch again\n{PRINTS}"));
        ws.run(&["run", "--retries", "1", "--out", "o"]).expect(1);
        let tests = &ws.json("o/summary.json")["units"][0]["tests"];
        assert_eq!((&tests[1]["name"], &tests[1]["status"]), (&json!("b"), &json!("failed")), "{tests:#}");
    }
}

#[test]
fn of_a_suite_that_is_replayed_whole_each_failed_test_must_run() {
    let ws = unit(false, "ok a\nnot ok b\nnot ok c\n");
    ws.run(&["run", "--out", "o"]).expect(1);
    let b = |tests: &[&str]| json!([{"name": "u", "kind": "unit", "role": "unit", "tests": tests}]);
    for (lines, tests) in
        [("ok a\nok b # SKIP\nok c\n", &["b"][..]), ("ok a\nok c\n", &["b"]), ("ok a\n", &["b", "c"])]
    {
        let _ = std::fs::remove_dir_all(ws.at("r"));
        let _ = std::fs::remove_dir_all(ws.at("q"));
        ws.put("lines", lines);
        let run = ws.run(&["run", "--rerun-from", "o", "--out", "r"]).expect(1);
        let sentence = "note: `u` was replayed whole, and its test";
        assert_eq!(run.stderr.lines().filter(|l| l.starts_with(sentence)).count(), 1, "{}", run.stderr);
        let summary = ws.json("r/summary.json");
        assert_eq!((&summary["status"], &summary["not_run"]), (&json!("failed"), &b(tests)));
        assert_eq!((&summary["passed_units"], &summary["total_units"]), (&json!(1), &json!(1)));
        assert_eq!(ws.json("r/triage_diff.json")["status"], "known_failures_only");
        valid(&ws, "r");
        // A bundle knows it without the summary beside it.
        ws.put("bundle/replay_bundle.json", ws.text("o/replay_bundle.json"));
        ws.run(&["replay", "bundle", "--out", "q"]).expect(1);
        assert_eq!(not_run(&ws, "q"), b(tests));
    }
    // Neither a replay of the replay nor the run taken up again forgets it.
    ws.run(&["run", "--rerun-from", "r", "--out", "rr"]).expect(1);
    assert_eq!(not_run(&ws, "rr"), b(&["b", "c"]));
    ws.run(&["run", "--resume", "r"]).expect(1);
    let journal = ws.text("r/run_events.jsonl");
    ws.put("r/run_events.jsonl", format!("{}\n", journal.lines().next().unwrap()));
    ws.run(&["run", "--resume", "r"]).expect(1);
    assert_eq!(not_run(&ws, "r"), b(&["b", "c"]));
    ws.put("lines", "ok b\nok c\n").run(&["run", "--rerun-from", "rr", "--out", "fixed"]).expect(0);
}

#[test]
fn of_two_tests_of_one_name_the_one_that_is_gone_may_be_the_failed_one() {
    for single in [true, false] {
        let ws = unit(single, "not ok works\nok works\nok b\n");
        ws.run(&["run", "--out", "o"]).expect(1);
        ws.put("lines", "ok works\nok b\n");
        let run = ws.run(&["run", "--rerun-from", "o", "--out", "r"]).expect(1);
        assert!(run.stderr.contains("its test `works #2` did not run"), "{}", run.stderr);
        ws.run(&["replay", "o", "--out", "q"]).expect(1);
        ws.run(&["run", "--out", "now"]).expect(0);
        ws.run(&["diff", "o", "now", "--out", "d.json"]).expect(0);
        let diff = ws.json("d.json");
        assert_eq!(
            (&diff["status"], &diff["summary"]["fixed_count"]),
            (&json!("known_failures_only"), &json!(0))
        );
        ws.put("lines", "ok works\nok works\n");
        for source in ["o", "r", "q"] {
            ws.run(&["run", "--rerun-from", source, "--out", &format!("fixed-{source}")]).expect(0);
        }
    }
}

#[test]
fn a_replay_that_was_stopped_is_replayed_as_narrowly() {
    let ws = workspace();
    ws.red("alpha", "one").red("beta", "two").run(&["run", "--out", "o"]).expect(1);
    ws.run(&["run", "--rerun-from", "o", "--jobs", "1", "--fail-fast", "1", "--out", "r"]).expect(1);
    let beta = json!([{"name": "beta", "kind": "unit", "role": "unit", "tests": ["two"]}]);
    assert_eq!(not_run(&ws, "r"), beta);
    let list = "unit unit alpha one\nunit unit beta two\n";
    assert_eq!(ws.run(&["run", "--rerun-from", "r", "--list"]).expect(0).stdout, list);
    ws.forget().run(&["replay", "r", "--out", "q"]).expect(1);
    assert_eq!(ws.started(), ["alpha one", "beta two"]);
}

#[test]
fn a_suite_whose_results_may_lack_tests_is_said_to_be_replayed_whole() {
    let ws = unit(true, "ok a\nnot ok b\n");
    ws.put("u.sh", format!("PLAN=3\n{PRINTS}")).run(&["run", "--out", "o"]).expect(1);
    assert_eq!(ws.run(&["run", "--rerun-from", "o", "--list"]).expect(0).stdout, "unit unit u\n");
    for again in [&["run", "--rerun-from", "o", "--out", "r"][..], &["replay", "o", "--out", "q"]] {
        let run = ws.run(again).expect(1);
        assert!(run.stderr.contains("`u` is replayed whole: its results may lack tests"), "{}", run.stderr);
    }
}

//! What a run says of how it is repeated and replayed, and that a replay by what it says is the same run again.

use crate::support::{NOW, Ws, finish};
use serde_json::{Value, json};

const TOML: &str = r#"
[workspace]
packs = []
git = false
results = "runs"

[suites.unit]
names   = ["alpha", "beta", "-dash"]
command = "sh suite.sh {name}"
reader  = "tap"

[suites.e2e]
names   = ["smoke"]
command = "sh suite.sh {name}"
reader  = "tap"

[lint]
fmt = "sh lint.sh"
"#;

/// Fails where `red-<suite>` is.
const SUITE: &str = "echo 1..1; [ -f \"red-$1\" ] && { echo not ok 1 - t; exit 1; }; echo ok 1 - t\n";

fn workspace() -> Ws {
    let ws = Ws::new();
    ws.put("tollgate.toml", TOML).put("suite.sh", SUITE).put("lint.sh", "echo lint >> linted.txt\n");
    ws
}

/// Two suites in one results file, `S1` with a and b, `S2` with a and c; given a test, those of that name alone. `red` lists
/// those that fail; one in `once` fails the first time alone.
const TWO: &str = r#"
out=$1; only=$2; code=0; echo "x$only" >> calls.txt
{ echo '<testsuites>'
  for suite in S1 S2; do
    case $suite in S1) tests='a b';; *) tests='a c';; esac
    cases=
    for t in $tests; do
      [ -n "$only" ] && [ "$only" != $t ] && continue
      f=
      if [ ! -e @past ] && grep -qx "$suite $t" red 2>/dev/null; then
        f='<failure message="boom"/>'; code=1
        grep -qx "$suite $t" once 2>/dev/null && touch @past
      fi
      cases="$cases<testcase name='$t'>$f</testcase>"
    done
    [ -n "$cases" ] && echo "<testsuite name='$suite'>$cases</testsuite>"
  done
  echo '</testsuites>'; } > $out/r.xml
exit $code
"#;

fn two_suites() -> Ws {
    let ws = Ws::new();
    let toml = "[workspace]\npacks = []\ngit = false\n[suites.unit]\nnames = ['u']\nreader = 'junit'\n\
                results = '{out}/r.xml'\ncommand = 'sh two.sh {out}'\nsingle = 'sh two.sh {out} {test}'\n";
    ws.put("tollgate.toml", toml)
        .put("two.sh", TWO.replace("@past", &ws.outside("past")))
        .put("red", "S2 c\n");
    ws
}

impl Ws {
    fn again(&self, folder: &str) -> String {
        let summary = self.json(&format!("{folder}/summary.json"));
        let bundle = self.json(&format!("{folder}/replay_bundle.json"));
        assert_eq!(summary["replay_bundle"]["one_command_replay"], bundle["one_command_replay"]);
        bundle["one_command_replay"].as_str().unwrap().to_string()
    }

    /// `name status` of the tests of the only unit.
    fn tests(&self, folder: &str) -> Vec<String> {
        let summary = self.json(&format!("{folder}/summary.json"));
        let text = |v: &Value| v.as_str().unwrap().to_string();
        let tests = summary["units"][0]["tests"].as_array().unwrap().clone();
        tests.iter().map(|t| format!("{} {}", text(&t["name"]), text(&t["status"]))).collect()
    }
}

#[test]
fn the_one_command_chooses_what_was_chosen() {
    let ws = workspace();
    for (flags, again) in [
        (&["--skip-lint"][..], "tollgate run --profile ci --skip-lint"),
        (&["--suite", "smoke"], "tollgate run --profile ci --suite smoke"),
        (
            &["--retries", "2", "--timeout", "2m", "--suite", "smoke"],
            "tollgate run --profile ci --suite smoke --retries 2 --timeout 120s",
        ),
        (
            &["--unit-target=-dash", "--unit-target", "beta"],
            "tollgate run --profile ci --unit-target=-dash --unit-target beta",
        ),
        (
            &[
                "--unit-target",
                "alpha",
                "--unit-target",
                "beta",
                "--shard-kind",
                "unit",
                "--shard-index",
                "1",
            ],
            "tollgate run --profile ci --unit-target alpha --unit-target beta --shard-kind unit --shard-index 1 --shard-total 2",
        ),
    ] {
        let more = if flags.contains(&"--shard-kind") { &["--shard-total", "2"][..] } else { &[] };
        let _ = std::fs::remove_dir_all(ws.at("o"));
        let _ = std::fs::remove_dir_all(ws.at("p"));
        ws.run(&[&["run", "--out", "o"], flags, more].concat()).expect(0);
        assert_eq!(ws.again("o"), again);
        // What it says can be typed, and is the same run.
        let words = shlex::split(again).unwrap();
        let mut words: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
        words.extend(["--out", "p"]);
        ws.run(&words).expect(0);
        let names = |folder: &str| {
            let summary = ws.json(&format!("{folder}/summary.json"));
            let list =
                |key: &str| summary[key].as_array().unwrap().iter().map(|s| s["name"].clone()).collect();
            [list("suites"), list("units"), list("lint")] as [Vec<Value>; 3]
        };
        assert_eq!(names("o"), names("p"), "{again}");
    }
}

#[test]
fn a_resumed_run_is_repeated_by_what_its_start_chose() {
    let ws = workspace();
    let chosen = ["run", "--unit-target", "alpha", "--unit-target", "beta", "--skip-lint", "--out", "o"];
    ws.run(&chosen).expect(0);
    let journal = ws.text("o/run_events.jsonl");
    ws.put("o/run_events.jsonl", format!("{}\n", journal.lines().next().unwrap())).remove("o/summary.json");
    ws.run(&["run", "--resume", "o"]).expect(0);
    assert_eq!(ws.again("o"), "tollgate run --profile ci --unit-target alpha --unit-target beta --skip-lint");
    assert!(!ws.at("linted.txt").exists());
    ws.run(&["validate", "o"]).expect(0);
}

#[test]
fn a_green_replay_is_repeated_as_it_was_made_from_the_workspace() {
    let ws = workspace();
    ws.put("red-beta", "").put("sub/x", "").run(&["run", "--out", "o"]).expect(1);
    ws.remove("red-beta").run(&["replay", "o/replay_bundle.json", "--out", "q"]).expect(0);
    assert_eq!(ws.again("q"), "tollgate replay o/replay_bundle.json");
    ws.run(&["replay", "o/replay_bundle.json", "--retries", "1", "--out", "q2"]).expect(0);
    assert_eq!(ws.again("q2"), "tollgate replay o/replay_bundle.json --retries 1");
    let mut below = ws.command(&["run", "--root", "..", "--rerun-from", "../o", "--out", "../r"]);
    below.current_dir(ws.at("sub"));
    finish(below).expect(0);
    assert_eq!(ws.again("r"), "tollgate run --rerun-from o");
    let summary = ws.json("r/summary.json");
    assert_eq!((&summary["rerun_from"], &summary["baseline"]), (&json!("o"), &json!("o/summary.json")));
    // Compared with another run than its source: that is part of the run.
    ws.run(&["run", "--rerun-from", "o", "--diff-from", "r", "--out", "s"]).expect(0);
    assert_eq!(ws.again("s"), "tollgate run --rerun-from o --diff-from r/summary.json");
    // What was made elsewhere is named from the workspace too.
    ws.put("r.xml", "<testsuite name='s'><testcase name='t'/></testsuite>");
    let mut below = ws.command(&["ingest", "--root", "..", "junit", "../r.xml", "--out", "../i"]);
    below.current_dir(ws.at("sub"));
    finish(below).expect(0);
    assert_eq!(ws.again("i"), "tollgate ingest junit r.xml");
}

#[test]
fn a_test_that_is_replayed_alone_is_the_test_of_its_source() {
    let ws = two_suites();
    ws.run(&["run", "--out", "o"]).expect(1);
    assert_eq!(ws.tests("o"), ["S1 a passed", "S1 b passed", "S2 a passed", "S2 c failed"]);
    ws.remove("calls.txt").run(&["run", "--rerun-from", "o", "--out", "r"]).expect(1);
    assert_eq!((ws.text("calls.txt").as_str(), ws.tests("r")), ("xc\n", vec!["S2 c failed".to_string()]));
    let triage = ws.json("r/triage_diff.json");
    assert_eq!(triage["status"], "known_failures_only", "{triage:#}");
    // A replay of the replay, and one by a bundle alone, know the name too.
    let bundle = ws.text("o/replay_bundle.json");
    ws.put("b/replay_bundle.json", bundle).run(&["replay", "b", "--out", "rb"]).expect(1);
    assert_eq!(ws.tests("rb"), ["S2 c failed"]);
    ws.remove("red").run(&["run", "--rerun-from", "r", "--out", "fixed"]).expect(0);
    let counts = &ws.json("fixed/triage_diff.json")["summary"];
    assert_eq!((&counts["fixed_count"], &counts["new_pass_count"]), (&json!(1), &json!(0)), "{counts:#}");
    assert_eq!(counts["not_run_count"], 0);
    for folder in ["o", "r", "rb", "fixed"] {
        ws.run(&["validate", folder]).expect(0);
    }
}

#[test]
fn a_test_of_that_name_in_another_suite_is_not_taken_for_it() {
    let ws = two_suites();
    ws.put("red", "S2 a\n").run(&["run", "--out", "o"]).expect(1);
    // Now only S1 has a test of that name.
    ws.put("two.sh", TWO.replace("'a c'", "'c'").replace("@past", &ws.outside("past")));
    let run = ws.run(&["run", "--rerun-from", "o", "--out", "r"]).expect(1);
    assert!(run.stderr.contains("the command for the test `S2 a` ran no such test"), "{}", run.stderr);
    assert_eq!(ws.tests("r"), ["S1 a passed", "S2 a failed"]);
}

#[test]
fn a_retry_of_a_test_alone_is_the_test_that_failed() {
    let ws = two_suites();
    ws.put("once", "S2 c\n").no_state("calls.txt").run(&["run", "--retries", "2", "--out", "o"]).expect(0);
    // Alone, and then with the others.
    assert_eq!(ws.text("calls.txt"), "x\nxc\nx\n");
    assert_eq!(ws.tests("o"), ["S1 a passed", "S1 b passed", "S2 a passed", "S2 c flaky"]);
}

#[test]
fn the_commands_of_a_kind_with_a_results_folder_are_whole() {
    let ws = two_suites();
    ws.run(&["run", "--out", "o"]).expect(1);
    let failed = &ws.json("o/replay_bundle.json")["failed_units"][0];
    let (suite, test) = (
        "mkdir -p /tmp/tollgate-replay && sh two.sh /tmp/tollgate-replay",
        "mkdir -p /tmp/tollgate-replay && sh two.sh /tmp/tollgate-replay c",
    );
    assert_eq!((&failed["cargo_replay"], &failed["targeted_replay"]), (&json!(suite), &json!(test)));
    let pointer = &ws.json("o/u/failure_digest.json")["remediation_pointer"];
    assert_eq!(pointer["targeted_test_replay_command"], test);
    assert_eq!((&pointer["suite_replay_command"], &pointer["replay_command"]), (&json!(suite), &json!(test)));
}

#[test]
fn a_command_of_one_test_is_shown_where_a_replay_runs_it_alone() {
    // By its selector, of `diff` too, which has nothing but the summary.
    let ws = two_suites();
    ws.run(&["run", "--out", "o"]).expect(1);
    ws.put("red", "S1 b\nS2 c\n").run(&["run", "--out", "p", "--diff-from", "o"]).expect(1);
    let ranked = |diff: &Value| -> Vec<String> {
        let ranked = diff["ranked_diagnostics"].as_array().unwrap().iter();
        ranked.map(|d| d["replay_command"].as_str().unwrap().to_string()).collect()
    };
    let one = |test: &str| format!("mkdir -p /tmp/tollgate-replay && sh two.sh /tmp/tollgate-replay {test}");
    ws.run(&["diff", "o", "p", "--out", "d.json"]).expect(1);
    assert_eq!(ranked(&ws.json("d.json")), [one("b"), one("c")]);
    assert_eq!(ranked(&ws.json("p/triage_diff.json")), [one("b"), one("c")]);

    let text = |v: &Value| v.as_str().unwrap().to_string();
    for (reader, says, targeted) in [
        ("tap", "1..2\nnot ok 1\nok 2 - b\n", false),
        ("tap", "1..2\nnot ok 1 - same\nnot ok 2 - same\n", false),
        ("exit", "", false),
        ("tap", "1..3\nnot ok 1 - a\nok 2 - b\nnot ok 3 - c\n", true),
    ] {
        let ws = Ws::new();
        ws.put("says", says).put("t.sh", "cat says; exit 1\n");
        ws.put(
            "tollgate.toml",
            format!(
                "[workspace]\npacks = []\ngit = false\n[suites.unit]\nnames = ['n']\nreader = '{reader}'\n\
                 command = 'sh t.sh {{name}}'\nsingle = 'sh t.sh {{name}} {{test}}'\n"
            ),
        );
        ws.run(&["run", "--out", "o"]).expect(1);
        let failed = ws.json("o/replay_bundle.json")["failed_units"][0].clone();
        let pointer = ws.json("o/n/failure_digest.json")["remediation_pointer"].clone();
        let wanted = if targeted { json!("sh t.sh n a && sh t.sh n c") } else { Value::Null };
        assert_eq!(failed["targeted_replay"], wanted, "{says}");
        let first = if targeted { "sh t.sh n a" } else { "sh t.sh n" };
        assert_eq!(text(&pointer["replay_command"]), first, "{says}");
        assert_eq!(pointer["targeted_test_replay_command"].is_string(), targeted, "{says}");
        assert!(ws.text("o/run_report.md").contains(&format!("`{first}`")), "{says}");
    }
}

#[test]
fn a_run_outside_of_the_workspace_is_named_from_it() {
    let ws = Ws::new();
    ws.put("w/tollgate.toml", TOML.replace(", \"-dash\"", "")).put("w/suite.sh", SUITE).put("w/red-beta", "");
    ws.put("w/lint.sh", "true\n");
    let inside = |args: &[&str]| {
        let mut command = ws.command(args);
        command.current_dir(ws.at("w"));
        finish(command)
    };
    inside(&["run", "--out", "../y"]).expect(1);
    let failed = &ws.json("y/replay_bundle.json")["failed_units"][0];
    assert_eq!(failed["digest_path"], "../y/beta/failure_digest.json");
    let index = ws.json("y/failure_diagnostics_index.json");
    assert_eq!(index["digests"][0]["timeline_path"], "../y/beta/failure_timeline.jsonl");
    assert_eq!(ws.json("y/summary.json")["replay_bundle"]["path"], "../y/replay_bundle.json");
    assert_eq!(ws.again("y"), "tollgate run --rerun-from ../y/summary.json");
    assert_eq!(ws.json("y/beta/result.json")["log"], "../y/beta/output.log");
    inside(&["run", "--rerun-from", "../y/summary.json", "--out", "../z"]).expect(1);
    assert_eq!(ws.json("z/summary.json")["baseline"], "../y/summary.json");
    inside(&["replay", "../y", "--out", "../zz"]).expect(1);
    for (kind, total) in [("suite", 1), ("unit", 2)] {
        for index in 0..total {
            let (index, total, out) = (index.to_string(), total.to_string(), format!("../{kind}-{index}"));
            let shard =
                ["--shard-kind", kind, "--shard-index", &index, "--shard-total", &total, "--out", &out];
            assert!(inside(&[&["run"][..], &shard].concat()).code <= 1);
        }
    }
    inside(&["merge", "../suite-0", "../unit-0", "../unit-1", "--out", "../m"]).expect(1);
    let merged = &ws.json("m/replay_bundle.json")["failed_units"][0];
    assert_eq!(merged["digest_path"], "../m/beta/failure_digest.json");
}

#[test]
fn a_results_folder_that_cannot_be_made_is_no_fault_of_the_command_line() {
    let ws = workspace();
    ws.put("runs", "a file");
    let run = ws.run(&["run", "--now", NOW]).expect(4);
    assert!(run.stderr.contains("runs"), "{}", run.stderr);
    ws.put("r.xml", "<testsuite name='s'><testcase name='t'/></testsuite>");
    ws.run(&["ingest", "junit", "r.xml"]).expect(4);
}

#[test]
fn nothing_to_replay_is_exit_3_of_a_shard_too_and_an_empty_shard_is_listed() {
    let ws = workspace();
    let shard = |index: &'static str, more: &[&'static str]| {
        let flags =
            ["run", "--skip-lint", "--shard-kind", "unit", "--shard-index", index, "--shard-total", "9"];
        ws.run(&[&flags[..], more].concat())
    };
    let empty = (0..9).map(|n| ["0", "1", "2", "3", "4", "5", "6", "7", "8"][n]).find(|index| {
        let listed = shard(index, &["--list"]).expect(0);
        listed.stdout.is_empty()
    });
    shard(empty.expect("three units in nine shards"), &["--out", "o"]).expect(0);
    ws.run(&["run", "--rerun-from", "o", "--out", "r"]).expect(3);
    ws.run(&["run", "--rerun-from", "o", "--list"]).expect(3);
    assert!(!ws.at("r").exists());
    let refused = ws.run(&["run", "--rerun-from", "o", "--shard-total", "3"]).expect(2);
    assert!(refused.stderr.contains("leave the shard flags out"), "{}", refused.stderr);
}

#[test]
fn what_is_told_of_bad_input_is_one_line_in_plain_words() {
    let ws = workspace();
    ws.put("tollgate.toml", TOML.replace("\"-dash\"", "\"new\\nline\""));
    let run = ws.run(&["run", "--unit-target", "zzzzzzzz"]).expect(2);
    assert!(run.stderr.contains("known are alpha, beta, new\\nline"), "{}", run.stderr);
    ws.put("b/replay_bundle.json", "[]");
    let run = ws.run(&["replay", "b", "--out", "o"]).expect(4);
    assert!(!run.stderr.contains("struct") && run.stderr.contains("an object"), "{}", run.stderr);
}

#[test]
fn a_suite_that_is_gone_keeps_the_others_from_nothing_but_a_pass() {
    let ws = workspace();
    ws.put("red-alpha", "").put("red-beta", "").run(&["run", "--out", "o"]).expect(1);
    ws.remove("red-alpha").put("tollgate.toml", TOML.replace("\"beta\", ", ""));
    let run = ws.run(&["run", "--rerun-from", "o", "--out", "r"]).expect(1);
    assert!(run.stderr.contains("[suites.unit] of tollgate.toml has no `beta`"), "{}", run.stderr);
    let summary = ws.json("r/summary.json");
    assert_eq!((&summary["status"], &summary["units"][0]["name"]), (&json!("failed"), &json!("alpha")));
    assert_eq!(summary["not_run"], json!([{"name": "beta", "kind": "unit", "role": "unit", "tests": ["t"]}]));
    assert_eq!(ws.json("r/triage_diff.json")["summary"]["fixed_count"], 1);
    ws.run(&["validate", "r"]).expect(0);
    // Taken up again it is still red.
    let journal = ws.text("r/run_events.jsonl");
    ws.put("r/run_events.jsonl", format!("{}\n", journal.lines().next().unwrap())).remove("r/summary.json");
    ws.run(&["run", "--resume", "r"]).expect(1);
    assert_eq!(ws.json("r/summary.json")["not_run"][0]["name"], "beta");
    // Alone, there is nothing to replay.
    ws.run(&["run", "--rerun-from", "r", "--out", "rr"]).expect(2);
    assert!(!ws.at("rr").exists());
}

#[test]
fn the_summary_that_the_docs_show_is_judged_and_replayed() {
    let ws = Ws::new();
    let page = include_str!("../../docs/own-ci.md");
    let at = page.find("{\"schema\": \"tollgate.run.summary.v1\"").unwrap();
    let shown = page[at..].split("```").next().unwrap();
    let toml = "[workspace]\npacks = ['starter']\noutput = 'out'\nresults = 'runs'\n\
                [suites.unit]\nnames = ['smoke']\ncommand = 'true'\n";
    let commit = ws.put("tollgate.toml", toml).repository();
    let summary = "runs/20261120T101500Z/summary.json";
    ws.put(summary, shown.replace("<git rev-parse HEAD>", &commit));
    let run = ws.check(&[]).expect(0);
    assert!(run.statuses().contains(&"pass_rate pass -".to_string()), "{:?}", run.statuses());
    let run = ws.run(&["run", "--rerun-from", summary]).expect(3);
    assert!(run.stderr.contains("nothing was selected"), "{}", run.stderr);
    ws.run(&["diff", summary, summary]).expect(2);
}

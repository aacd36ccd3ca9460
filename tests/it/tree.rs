//! Evidence is of the tree that was tested: what is judged is that tree, or the evidence is stale.

use crate::support::{NOW, Run, Ws, check};
use serde_json::{Value, json};

use std::process::Command;

/// A suite that is green where `src` says so, and writes what a coverage tool would.
const SUITE: &str = "echo x >> cover.out; grep -q good src || exit 1\n";
const TOML: &str = "[workspace]\npacks = ['starter']\noutput = 'out'\nresults = 'runs'\n\
                    [suites.unit]\nnames = ['a']\ncommand = 'sh suite.sh {name}'\n";

/// A repository whose commit is red.
fn red() -> Ws {
    let ws = Ws::new();
    ws.put("tollgate.toml", TOML).put("suite.sh", SUITE).put("src", "bad\n");
    ws.repository();
    ws
}

fn run(ws: &Ws) -> Run {
    ws.run(&["run", "--now", NOW])
}

/// The newest summary.
fn summary(ws: &Ws) -> Value {
    let runs = std::fs::read_dir(ws.at("runs")).unwrap().map(|e| e.unwrap().path());
    let newest = runs.filter(|path| path.is_dir()).max().unwrap();
    serde_json::from_slice(&std::fs::read(newest.join("summary.json")).unwrap()).unwrap()
}

/// A clone of the workspace's commit in which its newest runs stand, as a job of its own has it.
fn clone(ws: &Ws) -> Ws {
    let other = Ws::new();
    let copy = |args: &[&str]| assert!(Command::new(args[0]).args(&args[1..]).status().unwrap().success());
    let (from, to) = (ws.dir().to_str().unwrap(), other.dir().to_str().unwrap());
    std::fs::remove_dir_all(other.at("schemas")).unwrap();
    other.remove("tollgate.toml");
    copy(&["git", "clone", "-q", from, to]);
    copy(&["cp", "-r", ws.at("runs").to_str().unwrap(), to]);
    other
}

fn stale(run: &Run, what: &str) {
    let gate = run.gate("pass_rate");
    assert_eq!((gate.status.as_str(), gate.reason.as_str()), ("fail", "stale"), "{run:#?}");
    assert!(gate.messages.iter().any(|m| m.contains(what)), "{what}: {:?}", gate.messages);
}

#[test]
fn an_edit_that_was_never_committed_is_no_evidence_of_the_commit() {
    let ws = red();
    ws.put("src", "good\n");
    run(&ws).expect(0);
    // Where the edit still is the run is of what is judged, and the commit is told apart from it.
    ws.check(&["--format", "human:out/said.txt"]).expect(0);
    let said = std::fs::read_to_string(ws.at("out/said.txt")).unwrap();
    assert!(said.contains("is more than the commit"), "{said}");
    // What is certified is the commit.
    stale(&ws.check(&["--lane", "certification"]).expect(1), "tracked files that differ from it: src");
    ws.put("src", "bad\n");
    stale(&ws.check(&[]).expect(1), "these tracked files differ: src");
    stale(&clone(&ws).check(&[]).expect(1), "these tracked files differ: src");
    // The commit is the same all the while.
    assert_eq!(summary(&ws)["commit"], ws.git(&["rev-parse", "HEAD"]));
    assert_eq!(summary(&ws)["tree"]["changed"]["files"][0]["path"], "src");
}

#[test]
fn a_clean_tree_is_named_as_git_names_it_in_both_documents() {
    let ws = red();
    ws.put("src", "good\n").commit();
    run(&ws).expect(0);
    let tree = summary(&ws)["tree"].clone();
    assert_eq!(tree["tracked"], ws.git(&["rev-parse", "HEAD^{tree}"]));
    let written = json!(["cover.out"]);
    let paths = |list: &Value| list.as_array().unwrap().iter().map(|f| f["path"].clone()).collect::<Value>();
    assert_eq!(paths(&tree["written"]["files"]), written);
    let folder = std::fs::read_dir(ws.at("runs")).unwrap().map(|e| e.unwrap().path()).find(|p| p.is_dir());
    let environment = std::fs::read(folder.unwrap().join("environment.json")).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&environment).unwrap()["tree"], tree);
}

#[test]
fn ordinary_work_stays_green() {
    let ws = red();
    ws.put("src", "good\n").commit();
    ws.reads("own", "evidence.json", "shape = 'e.v1'", "doc.n == 1").commit();
    run(&ws).expect(0);
    // Evidence that comes later, a gate that is edited, a waiver after a red check.
    ws.check(&[]).expect(1);
    ws.put("evidence.json", "{\"n\": 1}");
    ws.check(&[]).expect(0);
    ws.put("evidence.json", "{\"n\": 2}");
    ws.check(&[]).expect(1);
    let add = "waiver add own --owner o --reason r --issue https://x.example.org/1 --exit-criteria e --days 5 --now";
    let add: Vec<&str> = add.split(' ').chain([NOW, "--lane", "full", "--lane", "certification"]).collect();
    ws.run(&add).expect(0);
    ws.check(&[]).expect(0);
    ws.asserts("second", "lane == 'full'");
    ws.check(&[]).expect(0);
    // What the tests wrote, gone or as they left it, in lane certification too; judged where nothing of it ever was.
    ws.put("evidence.json", "{\"n\": 1}");
    let certify = ["--lane", "certification", "--format", "human"];
    assert!(ws.at("cover.out").exists());
    let stale = |run: &Run| run.stderr.contains("took place in another tree");
    assert!(!stale(&ws.check(&certify)));
    ws.remove("cover.out");
    assert!(!stale(&ws.check(&certify)));
    assert!(!stale(&clone(&ws).check(&certify)));
    // A file of the same content that was written again.
    ws.put("src", "good\n");
    assert!(!stale(&ws.check(&[]).expect(0)));
}

#[test]
fn untracked_files_count_in_certification_and_are_named_before() {
    let ws = red();
    ws.put("src", "good\n").put("tollgate.toml", TOML).commit();
    ws.put("helper", "x");
    run(&ws).expect(0);
    ws.check(&[]).expect(0);
    let certify = ["--lane", "certification"];
    assert!(!ws.check(&certify).stderr.contains("another tree"));
    ws.remove("helper");
    let full = ws.check(&[]).expect(0);
    let said = full.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("untracked files that the run had and that are not there: helper"), "{said}");
    stale(&ws.check(&certify).expect(1), "not there: helper");
    ws.put("tollgate.toml", TOML.replace("[suites", "untracked = 'allow'\n[suites"));
    assert!(!ws.check(&certify).stderr.contains("another tree"));
    ws.put("tollgate.toml", TOML.replace("[suites", "untracked = 'fail'\n[suites"));
    stale(&ws.check(&[]).expect(1), "not there: helper");
    ws.put("tollgate.toml", TOML.replace("[suites", "tree_exclude = ['help*']\n[suites"));
    assert!(!ws.check(&certify).stderr.contains("another tree"));
    ws.put("tollgate.toml", TOML).put("helper", "y");
    stale(&ws.check(&[]).expect(1), "these untracked files have another content: helper");
    ws.put("tollgate.toml", TOML.replace("[suites", "untracked = 'maybe'\n[suites"));
    let refused = ws.check(&[]).expect(2);
    assert!(
        refused.stderr.contains("`untracked` of `[workspace]` is \"allow\" or \"fail\""),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_run_that_changes_tracked_files_is_stale_and_says_so() {
    let ws = red();
    ws.put("suite.sh", "echo good > src\n").commit();
    let ran = run(&ws).expect(0);
    assert!(ran.stderr.contains("the run changed files that git tracks"), "{}", ran.stderr);
    stale(&clone(&ws).check(&[]).expect(1), "the run itself changed these tracked files: src");
    ws.git(&["checkout", "-q", "src"]);
    stale(&ws.check(&[]).expect(1), "the run itself changed these tracked files: src");
}

#[test]
fn everything_of_the_run_is_stale_with_it_unless_the_gate_takes_any() {
    let ws = red();
    ws.put("src", "good\n");
    let text =
        |more: &str| format!("[artifacts.log]\npath = '{{run}}/a/output.log'\nformat = 'text'\n{more}\n");
    ws.gate("bound", &format!("{}{}", text(""), check("c", "log == ''")));
    ws.gate("free", &format!("{}{}", text("commit = 'any'"), check("c", "log == ''")));
    run(&ws).expect(0);
    ws.check(&[]).expect(0);
    ws.put("src", "bad\n");
    let judged = ws.check(&[]).expect(1);
    assert_eq!(
        (judged.gate("bound").reason.as_str(), judged.gate("free").status.as_str()),
        ("stale", "pass")
    );
    // A text names no commit: its run's counts.
    ws.put("src", "good\n").commit();
    let judged = ws.check(&[]).expect(1);
    assert_eq!(
        (judged.gate("bound").reason.as_str(), judged.gate("free").status.as_str()),
        ("stale", "pass")
    );
}

#[test]
fn a_summary_without_a_tree_is_told_and_passes() {
    let ws = red();
    ws.put("src", "good\n").commit();
    run(&ws).expect(0);
    let folder = std::fs::read_dir(ws.at("runs")).unwrap().map(|e| e.unwrap().path()).find(|p| p.is_dir());
    let path = folder.unwrap().join("summary.json");
    let mut old = summary(&ws);
    old.as_object_mut().unwrap().remove("tree");
    std::fs::write(&path, old.to_string()).unwrap();
    // The environment beside it still says it: then the summary is no older one, it was edited.
    ws.check(&[]).expect(1);
    std::fs::remove_file(path.with_file_name("environment.json")).unwrap();
    let judged = ws.check(&[]).expect(0);
    assert!(judged.stderr.contains("does not say in which tree it took place"), "{}", judged.stderr);
    old["tree"] = json!({"tracked": 7});
    std::fs::write(&path, old.to_string()).unwrap();
    ws.check(&[]).expect(1);
}

#[test]
fn a_gate_is_not_skipped_by_evidence_with_a_fault() {
    let ws = Ws::new();
    let artifact =
        |more: &str| format!("[artifacts.e]\npath = 'e.json'\nshape = 'any.v1'\nmax_age = '7d'\n{more}");
    ws.put("schemas/any.v1.json", r#"{"$id": "any.v1", "type": "object"}"#);
    ws.put("e.json", r#"{"generated_at": "2025-01-01T00:00:00Z", "enabled": false}"#);
    let gate = |condition: &str| {
        format!("applies_when = \"{condition}\"\n{}{}", artifact(""), check("c", "e.enabled"))
    };
    ws.gate("reads", &gate("e.enabled")).gate("lane", &gate("lane == 'certification'"));
    ws.gate("never", &gate("lane == 'certification' && e.enabled"));
    ws.gate("first", &gate("e.enabled && lane == 'certification'"));
    ws.asserts("ok", "true");
    let judged = ws.check(&[]).expect(1);
    let statuses = judged.statuses();
    assert_eq!(
        statuses,
        [
            "first fail stale",
            "lane skip not_applicable",
            "never skip not_applicable",
            "ok pass -",
            "reads fail stale"
        ]
    );
    ws.put("e.json", r#"{"generated_at": "2026-11-20T11:00:00Z", "enabled": false}"#);
    let statuses = ws.check(&[]).expect(0).statuses();
    assert_eq!(statuses[0], "first skip not_applicable");
    ws.put("e.json", "{");
    assert_eq!(ws.check(&[]).expect(1).gate("reads").reason, "malformed");
}

#[test]
fn a_run_is_taken_up_in_the_tree_and_at_the_commit_of_its_parts() {
    let ws = red();
    ws.put("src", "good\n").put("tollgate.toml", TOML.replace("['a']", "['a', 'b']")).commit();
    let old = "2026-11-20T11:30:00Z";
    ws.run(&["run", "--now", old, "--out", "out/r", "--jobs", "1"]).expect(0);
    // As if it had been killed before `b` ended.
    let journal = ws.text("out/r/run_events.jsonl");
    let cut = journal.lines().take_while(|line| !(line.contains("suite.started") && line.contains("\"b\"")));
    ws.put("out/r/run_events.jsonl", cut.map(|line| format!("{line}\n")).collect::<String>());
    ws.put("src", "good and more\n");
    let refused = ws.run(&["run", "--now", NOW, "--resume", "out/r"]).expect(2);
    assert!(refused.stderr.contains("cannot be taken up in another tree"), "{}", refused.stderr);
    assert!(refused.stderr.contains("src"), "{}", refused.stderr);
    ws.put("src", "good\n");
    ws.run(&["run", "--now", NOW, "--resume", "out/r"]).expect(0);
    let taken = ws.json("out/r/summary.json");
    assert_eq!((taken["generated_at"].as_str(), taken["passed_units"].as_u64()), (Some(old), Some(2)));
    assert_eq!(taken["tree"]["tracked"], ws.git(&["rev-parse", "HEAD^{tree}"]));
}

#[test]
fn a_run_without_a_commit_is_not_taken_up_at_one() {
    let ws = red();
    ws.put("src", "good\n").commit();
    ws.put("tollgate.toml", TOML.replace("[suites", "git = false\n[suites"));
    ws.run(&["run", "--now", NOW, "--out", "out/r"]).expect(0);
    ws.put("tollgate.toml", TOML);
    let refused = ws.run(&["run", "--now", NOW, "--resume", "out/r"]).expect(2);
    assert!(refused.stderr.contains("was started at no commit that is known"), "{}", refused.stderr);
}

/// Both shards of the plan, the second in whatever tree `between` makes.
fn shards(ws: &Ws, times: [&str; 2], between: &dyn Fn()) {
    ws.put("tollgate.toml", TOML.replace("['a']", "['a', 'b']")).commit();
    for (index, now) in times.iter().enumerate() {
        if index == 1 {
            between();
        }
        let (index, out) = (index.to_string(), format!("s{index}"));
        let args =
            ["run", "--now", now, "--shard-kind", "unit", "--shard-index", &index, "--shard-total", "2"];
        ws.run(&[&args[..], &["--out", &out]].concat()).expect(0);
    }
}

fn merge(ws: &Ws) -> Run {
    ws.run(&["merge", "s0", "s1", "--out", "m", "--now", NOW])
}

#[test]
fn shards_are_of_one_tree_and_a_merge_is_as_old_as_the_oldest() {
    let ws = red();
    ws.put("src", "good\n");
    shards(&ws, ["2026-11-20T11:40:00Z", "2026-11-20T11:20:00Z"], &|| ());
    merge(&ws).expect(0);
    let merged = ws.json("m/summary.json");
    assert_eq!(merged["generated_at"], "2026-11-20T11:20:00Z");
    assert_eq!(merged["tree"]["tracked"], ws.git(&["rev-parse", "HEAD^{tree}"]));
    for lane in ["full", "certification"] {
        let judged = ws.check(&["--run", "m", "--lane", lane]);
        assert!(!judged.stderr.contains("another tree"), "{}", judged.stderr);
    }
    ws.check(&["--run", "m"]).expect(0);
    ws.put("src", "bad\n");
    ws.check(&["--run", "m"]).expect(1);
}

#[test]
fn shards_of_different_trees_do_not_make_one_run() {
    let ws = red();
    ws.put("src", "good\n");
    shards(&ws, [NOW, NOW], &|| {
        ws.put("src", "good, and edited\n");
    });
    let refused = merge(&ws).expect(1);
    assert!(refused.stderr.contains("is a foreign shard: its tree is"), "{}", refused.stderr);
}

#[test]
fn shards_without_a_commit_are_not_of_one() {
    let ws = red();
    ws.put("src", "good\n");
    shards(&ws, [NOW, NOW], &|| ());
    for shard in ["s0", "s1"] {
        let mut summary = ws.json(&format!("{shard}/summary.json"));
        summary["commit"] = Value::Null;
        ws.put(&format!("{shard}/summary.json"), summary.to_string());
    }
    let refused = merge(&ws).expect(1);
    assert!(refused.stderr.contains("s0 names no commit"), "{}", refused.stderr);
    // What somebody calls `unknown` is a commit of that name.
    let mut summary = ws.json("s0/summary.json");
    summary["commit"] = json!("unknown");
    ws.put("s0/summary.json", summary.to_string());
    ws.put("tollgate.toml", ws.text("tollgate.toml").replace("[suites", "git = false\n[suites"));
    let refused = merge(&ws).expect(1);
    assert!(refused.stderr.contains("its commit is `unknown`"), "{}", refused.stderr);
}

#[test]
fn an_edit_beside_the_workspace_counts_in_a_repository_of_many() {
    let ws = Ws::new();
    ws.put("app/tollgate.toml", TOML.replace("[suites", "git = true\n[suites"));
    ws.put("app/suite.sh", "grep -q good ../lib/src\n").put("lib/src", "bad\n").put(".gitignore", "out/\n");
    std::fs::remove_file(ws.at("tollgate.toml")).unwrap();
    ws.git(&["init", "-q", "-b", "main"]);
    ws.commit();
    ws.put("lib/src", "good\n");
    ws.run(&["run", "--now", NOW, "--root", "app"]).expect(0);
    ws.check(&["--root", "app"]).expect(0);
    ws.put("lib/src", "bad\n");
    stale(&ws.check(&["--root", "app"]).expect(1), "lib/src");
    // What is left out of the tree is named from the workspace.
    ws.put(
        "app/tollgate.toml",
        ws.text("app/tollgate.toml").replace("git = true", "git = true\ntree_exclude = ['x']"),
    );
    ws.put("lib/src", "good\n");
    ws.check(&["--root", "app"]).expect(0);
}

#[test]
fn the_doctor_says_in_which_state_the_tree_is() {
    let ws = red();
    ws.put("src", "good\n").commit();
    let before = ws.run(&["doctor", "--now", NOW]);
    assert!(before.stdout.contains("tree    as in the commit; 0 untracked\n"), "{}", before.stdout);
    assert!(before.stdout.contains("profile ci: kinds unit; lint none\n"), "{}", before.stdout);
    run(&ws).expect(0);
    let fits = ws.run(&["doctor", "--now", NOW]).expect(0);
    assert!(fits.stdout.contains("the run took place in this tree"), "{}", fits.stdout);
    ws.put("src", "other\n");
    let not = ws.run(&["doctor", "--now", NOW]).expect(1);
    assert!(
        not.stdout.contains("1 tracked files differ from the commit: src; 1 untracked"),
        "{}",
        not.stdout
    );
    assert!(not.stdout.contains("the run is no evidence of this tree"), "{}", not.stdout);
    let answer = ws.run(&["doctor", "--now", NOW, "--format", "json"]);
    let answer: Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!((&answer["tree"]["run_fits"], &answer["tree"]["changed_count"]), (&json!(false), &json!(1)));
}

//! What git holds of a tree is compared wherever it lies: in the folders that runs and verdicts are written to, beside a workspace
//! that is a part of a repository, behind a filter.

use crate::support::{NOW, Run, Ws};
use serde_json::Value;

const TOML: &str = "[workspace]\npacks = ['starter']\noutput = 'out'\nresults = 'runs'\n\
                    [suites.sh]\nnames = ['beta']\ncommand = 'sh sh/{name}.sh'\n";
const BEFORE: &str = "2026-11-20T11:30:00Z";

fn run(ws: &Ws, root: &str, now: &str) -> Run {
    ws.run(&["run", "--root", root, "--now", now])
}

/// The newest summary below `runs`.
fn newest(ws: &Ws, runs: &str) -> String {
    let runs_there = std::fs::read_dir(ws.at(runs)).unwrap().map(|e| e.unwrap().path());
    let newest = runs_there.filter(|path| path.is_dir()).max().unwrap();
    format!("{runs}/{}/summary.json", newest.file_name().unwrap().to_str().unwrap())
}

fn stale(run: &Run, what: &str) {
    let gate = run.gate("pass_rate");
    assert_eq!((run.code, gate.status.as_str(), gate.reason.as_str()), (1, "fail", "stale"), "{run:#?}");
    assert!(gate.messages.iter().any(|m| m.contains(what)), "{what}: {:?}", gate.messages);
}

#[test]
fn a_tracked_file_counts_where_runs_and_verdicts_are_written_too() {
    for path in [".tollgate/t.sh", "runs/t.sh", "out/t.sh"] {
        let ws = Ws::new();
        ws.put("tollgate.toml", TOML).put("sh/beta.sh", format!("sh {path}\n")).put(path, "exit 1\n");
        ws.repository();
        ws.git(&["add", "-f", path]);
        ws.commit();
        ws.put(path, "exit 0\n");
        run(&ws, ".", BEFORE).expect(0);
        ws.check(&[]).expect(0);
        ws.put(path, "exit 1\n");
        stale(&ws.check(&[]), &format!("these tracked files differ: {path}"));
        // A file that the run itself changes is one too.
        ws.put("sh/beta.sh", format!("echo 'exit 0' > {path}; sh {path}\n")).commit();
        run(&ws, ".", NOW).expect(0);
        stale(&ws.check(&[]), &format!("the run itself changed these tracked files: {path}"));
    }
}

#[test]
fn runs_and_verdicts_that_are_committed_or_staged_make_nothing_stale() {
    let ws = Ws::new();
    ws.put("tollgate.toml", TOML).put("sh/beta.sh", "exit 0\n");
    ws.repository();
    run(&ws, ".", "2026-11-20T11:10:00Z").expect(0);
    ws.check(&["--lane", "certification"]);
    ws.check(&[]).expect(0);
    ws.git(&["add", "-f", "runs", "out"]);
    ws.commit();
    run(&ws, ".", "2026-11-20T11:20:00Z").expect(0);
    let first = newest(&ws, "runs").replace("/summary.json", "");
    // What a check wrote anew is no change of the tree for the next.
    let fits = |run: Run| {
        assert!(!run.stderr.contains("took place in another tree"), "{}", run.stderr);
        run
    };
    for _ in 0..2 {
        fits(ws.check(&[]).expect(0));
        fits(ws.check(&["--lane", "certification"]));
    }
    // Staged while the next one runs, and after it.
    ws.git(&["add", "-A"]);
    run(&ws, ".", BEFORE).expect(0);
    ws.git(&["add", "-A"]);
    fits(ws.check(&[]).expect(0));
    fits(ws.check(&["--run", &first]).expect(0));
    // What is staged in these folders is held to the run that had it so.
    ws.put("runs/t.sh", "exit 0\n").git(&["add", "-f", "runs/t.sh"]);
    run(&ws, ".", NOW).expect(0);
    fits(ws.check(&[]).expect(0));
    ws.put("runs/t.sh", "exit 1\n");
    stale(&ws.check(&[]), "runs/t.sh");
}

/// A workspace in the folder `svc` of a repository whose test stands beside it.
fn beside(settings: &str) -> Ws {
    let ws = Ws::new();
    ws.remove("tollgate.toml");
    ws.put("svc/tollgate.toml", TOML.replace("[suites", &format!("{settings}[suites")));
    ws.put("svc/sh/beta.sh", "sh ../lib/t.sh\n").put("lib/t.sh", "exit 0\n").put(".gitignore", "out/\n");
    ws.git(&["init", "-q", "-b", "main"]);
    ws.commit();
    ws
}

const BOUND: [&[&str]; 3] = [
    &["--root", "svc", "--policy-from", "main"],
    &["--root", "svc", "--lane", "certification"],
    &["--root", "svc", "--policy-from", "main", "--lane", "certification"],
];

#[test]
fn below_the_top_of_a_repository_a_run_is_of_a_commit_all_the_same() {
    let ws = beside("");
    let good = ws.git(&["rev-parse", "HEAD"]);
    run(&ws, "svc", BEFORE).expect(0);
    let path = newest(&ws, "svc/runs");
    let summary = ws.json(&path);
    assert_eq!((&summary["commit"], summary["tree"].is_object()), (&Value::from(good), true));
    for args in BOUND {
        let judged = ws.check(args);
        assert_eq!(judged.gate("pass_rate").status, "pass", "{args:?} {judged:#?}");
    }
    ws.check(BOUND[0]).expect(0);
    ws.put("lib/t.sh", "exit 1\n");
    for args in BOUND {
        stale(&ws.check(args), "lib/t.sh");
    }
    ws.commit();
    for args in BOUND {
        stale(&ws.check(args), "it is of commit");
    }
    // Evidence that stands in a repository to be looked at, in the lane of every day, belongs to no commit of it.
    ws.check(&["--root", "svc"]).expect(0);
    // A run of before, which says nothing of where it took place.
    ws.put("lib/t.sh", "exit 0\n").commit();
    let mut older = summary;
    older["commit"] = Value::Null;
    older.as_object_mut().unwrap().remove("tree");
    ws.put(&path, older.to_string()).remove(&path.replace("summary.json", "environment.json"));
    for args in BOUND {
        stale(&ws.check(args), "or say `git = false` there");
    }
    ws.check(&["--root", "svc"]).expect(0);
    // And what sets it right.
    run(&ws, "svc", NOW).expect(0);
    ws.check(BOUND[0]).expect(0);
}

#[test]
fn a_policy_without_git_binds_nothing_and_a_change_cannot_say_so() {
    let ws = beside("git = false\n");
    run(&ws, "svc", BEFORE).expect(0);
    assert_eq!(ws.json(&newest(&ws, "svc/runs"))["commit"], Value::Null);
    ws.put("lib/t.sh", "exit 1\n").commit();
    ws.check(BOUND[0]).expect(0);
    let ws = beside("");
    ws.git(&["checkout", "-q", "-b", "pr"]);
    ws.put("svc/tollgate.toml", TOML.replace("[suites", "git = false\n[suites")).commit();
    run(&ws, "svc", BEFORE).expect(0);
    stale(&ws.check(BOUND[0]), "its run says of no commit");
}

#[test]
fn what_git_does_not_track_is_of_no_commit_and_what_is_ingested_is() {
    let ws = beside("");
    ws.put("scratch/tollgate.toml", TOML).put("scratch/sh/beta.sh", "exit 0\n");
    run(&ws, "scratch", BEFORE).expect(0);
    assert_eq!(ws.json(&newest(&ws, "scratch/runs"))["commit"], Value::Null);
    ws.put("svc/x.tap", "1..1\nok 1 - works\n");
    ws.run(&["ingest", "--root", "svc", "tap", "svc/x.tap", "--out", "svc/runs/a", "--now", NOW]).expect(0);
    let summary = ws.json("svc/runs/a/summary.json");
    assert_eq!(summary["commit"], ws.git(&["rev-parse", "HEAD"]));
    assert!(summary["tree"].is_object());
}

#[test]
fn a_filter_of_the_configuration_hides_no_edit() {
    let ws = Ws::new();
    ws.put("tollgate.toml", TOML).put("sh/beta.sh", "exit 1\n").put(".gitattributes", "*.sh filter=x\n");
    ws.repository();
    ws.git(&["config", "filter.x.clean", "sed s/0/1/"]);
    let edited = |text: &str| {
        ws.put("sh/beta.sh", text);
        // Git takes the file for unchanged, and its index says so.
        let file = std::fs::File::options().write(true).open(ws.at("sh/beta.sh")).unwrap();
        let before = file.metadata().unwrap().modified().unwrap() - std::time::Duration::from_secs(60);
        file.set_modified(before).unwrap();
        ws.git(&["add", "sh/beta.sh"]);
        assert_eq!(ws.git(&["status", "--porcelain", "sh"]), "");
    };
    edited("exit 0\n");
    run(&ws, ".", BEFORE).expect(0);
    ws.check(&[]).expect(0);
    edited("exit 1\n");
    stale(&ws.check(&[]), "these tracked files differ: sh/beta.sh");
}

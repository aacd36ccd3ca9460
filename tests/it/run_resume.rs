//! `tollgate run --resume`: what a killed runner left running, two runners on one folder, and what changed since.

use crate::run_workspace::{SUITE, TOML, start, until, valid, workspace, workspace_of};
use crate::support::Ws;
use serde_json::{Value, json};
use std::process::Command;

/// `beta` says who it is and then stays, and so do two processes that left its group: `far` lost its parent, `bare` its
/// environment. `$TRAP` is what these do about TERM.
#[cfg(target_os = "linux")]
const STAYS: &str = r#"
if [ "$1" = beta ]; then
  echo "$TOLLGATE_SUITE_ID" > mark
  stay='echo $$ > $1.new; mv $1.new $1; while :; do echo "not ok 1 - late" >> late.txt; sleep 0.05; done'
  (setsid sh -c "$TRAP; $stay" sh far &)
  env -i PATH="$PATH" setsid sh -c "$TRAP; $stay" sh bare &
  while [ ! -e far ] || [ ! -e bare ]; do sleep 0.01; done
  echo $$ > near.new; mv near.new near
  exec sleep 600
fi
"#;

/// The processes of `beta`.
#[cfg(target_os = "linux")]
const ALL: [&str; 3] = ["near", "far", "bare"];

/// Whether the process whose id stands in the file has ended; it may stay a zombie for as long as its parent likes.
fn is_gone(ws: &Ws, file: &str) -> bool {
    let pid = ws.text(file);
    let ps = Command::new("ps").args(["-o", "stat=", "-p", pid.trim()]).output().unwrap();
    let state = String::from_utf8(ps.stdout).unwrap();
    state.trim().is_empty() || state.trim().starts_with('Z')
}

/// A run whose runner is killed while `beta` runs.
#[cfg(target_os = "linux")]
fn killed(out: &str, trap: &str) -> Ws {
    let ws = workspace_of(&format!("TRAP='{trap}'\n{STAYS}{SUITE}"));
    let mut child = start(&ws, &["run", "--jobs", "1", "--out", out]);
    until("beta runs", || ws.at("near").exists());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(ALL.iter().all(|file| !is_gone(&ws, file)), "a killed runner cannot end its suites");
    ws
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_killed_runner_left_running_is_ended_before_the_run_goes_on() {
    let (ws, other) = (killed("out", "trap \"\" TERM"), killed("out", ":"));
    // What the attempt that was cut short wrote is not the next one's.
    ws.put("out/beta/failure_digest.json", "{}").put("suite.sh", SUITE).forget();
    let resumed = ws.run(&["run", "--resume", "out"]).expect(0);
    assert!(ALL.iter().all(|file| is_gone(&ws, file)), "{}", resumed.stderr);
    let note = regex::Regex::new(
        r"(?m)^note: \d+ processes of the interrupted run still ran and were ended; they belonged to beta$",
    );
    assert!(note.unwrap().is_match(&resumed.stderr), "{}", resumed.stderr);
    assert!(resumed.stderr.contains("left-over processes ended"), "{}", resumed.stderr);
    assert!(!ws.started().contains(&"alpha".to_string()), "{:?}", ws.started());
    assert!(!ws.at("out/beta/failure_digest.json").exists());
    assert!(ws.json("out/beta/result.json")["leftovers"].as_u64().unwrap() >= 3);
    let journal = ws.text("out/run_events.jsonl");
    let line = journal.lines().find(|l| l.contains("run.resumed")).unwrap();
    assert!(serde_json::from_str::<Value>(line).unwrap()["leftovers"].as_u64().unwrap() >= 3);
    valid(&ws, "out");
    // Another run's suite goes on until its own run is taken up.
    assert!(ALL.iter().all(|file| !is_gone(&other, file)));
    other.put("suite.sh", SUITE);
    other.run(&["run", "--resume", "out"]).expect(0);
    assert!(ALL.iter().all(|file| is_gone(&other, file)));
    // Nothing is left that could be found a second time.
    let again = other.run(&["run", "--resume", "out"]).expect(0);
    assert!(!again.stderr.contains("interrupted run"), "{}", again.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn neither_the_runner_nor_whoever_started_it_is_ended() {
    let ws = killed("out", ":");
    ws.put("suite.sh", SUITE);
    let mark = ws.text("mark").trim().to_string();
    // As if the suite that was left running took the run up itself: the shell above tollgate bears the mark too.
    let mut command = ws.command(&[]);
    let program = command.get_program().to_owned();
    let mut shell = Command::new("sh");
    shell.args(["-c", "\"$0\" run --resume out; echo \"$?\" > code"]).arg(program);
    shell.current_dir(ws.dir()).env_clear();
    shell.envs(command.envs([("TOLLGATE_SUITE_ID", &mark)]).get_envs().filter_map(|(k, v)| Some((k, v?))));
    let run = crate::support::finish(shell);
    assert_eq!((run.code, ws.text("code").as_str()), (0, "0\n"), "{}", run.stderr);
    assert!(ALL.iter().all(|file| is_gone(&ws, file)), "{}", run.stderr);
}

/// `beta` waits until it may go on.
const WAITS: &str = r#"
if [ "$1" = beta ]; then
  echo $$ > near.new; mv near.new near
  while [ ! -e go ]; do sleep 0.01; done
fi
"#;

#[test]
fn a_run_that_still_goes_on_is_not_taken_up() {
    let ws = workspace_of(&format!("{WAITS}{SUITE}"));
    let mut child = start(&ws, &["run", "--jobs", "1", "--out", "out"]);
    until("beta runs", || ws.at("near").exists());
    let busy = ws.run(&["run", "--resume", "out"]).expect(4);
    assert!(busy.stderr.contains("out/run_events.jsonl is still being written: "), "{}", busy.stderr);
    assert_eq!(busy.stderr.lines().count(), 1, "{}", busy.stderr);
    if cfg!(target_os = "linux") {
        // A copy of the folder has a lock of its own; the processes tell all the same.
        std::fs::create_dir(ws.at("copy")).unwrap();
        std::fs::copy(ws.at("out/run_events.jsonl"), ws.at("copy/run_events.jsonl")).unwrap();
        let owned = ws.run(&["run", "--resume", "copy"]).expect(4);
        let sentence = format!("the run of copy still goes on in the process {}: ", child.id());
        assert!(owned.stderr.contains(&sentence), "{}", owned.stderr);
    }
    assert!(!is_gone(&ws, "near"), "the suite of a living runner was ended");
    ws.put("go", "");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(ws.json("out/summary.json")["status"], "passed");
    assert_eq!(ws.started().iter().filter(|s| *s == "beta").count(), 1);
}

/// A run of these flags that was interrupted before `beta` ended.
fn interrupted(flags: &[&str]) -> Ws {
    let ws = workspace_of(&format!("[ \"$1\" = beta ] && {{ touch up; sleep 600; }}\n{SUITE}"));
    interrupt(&ws, flags);
    ws
}

fn interrupt(ws: &Ws, flags: &[&str]) {
    let mut child = start(ws, &[&["run", "--jobs", "1", "--out", "out"], flags].concat());
    until("beta runs", || ws.at("up").exists());
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn a_resumed_run_keeps_its_flags_unless_they_are_given_again() {
    let flags = ["--retries", "2", "--artifacts", "failed", "--timeout", "3000s"];
    for (given, attempts, folder) in
        [(&[][..], 3, false), (&["--retries", "0", "--artifacts", "all", "--timeout", "1000s"][..], 1, true)]
    {
        let ws = interrupted(&flags);
        let started: Value =
            serde_json::from_str(ws.text("out/run_events.jsonl").lines().next().unwrap()).unwrap();
        assert_eq!(
            [&started["retries"], &started["artifacts"], &started["timeout"]],
            [&json!(2), &json!("failed"), &json!(3000)]
        );
        ws.put("suite.sh", SUITE).red("beta", "one");
        ws.run(&[&["run", "--resume", "out"], given].concat()).expect(1);
        let summary = ws.json("out/summary.json");
        let beta = summary["units"].as_array().unwrap().iter().find(|u| u["name"] == "beta").unwrap();
        assert_eq!(beta["attempts"], attempts, "{given:?}");
        assert_eq!(ws.at("out/gamma").exists(), folder, "{given:?}");
        valid(&ws, "out");
    }
}

#[test]
fn the_timeout_of_the_journal_ends_a_suite() {
    let ws = interrupted(&["--timeout", "3000s"]);
    let journal = ws.text("out/run_events.jsonl");
    ws.put("out/run_events.jsonl", journal.replacen("\"timeout\":3000", "\"timeout\":1", 1));
    ws.put("suite.sh", format!("[ \"$1\" = gamma ] && sleep 600\n{SUITE}"));
    ws.run(&["run", "--resume", "out"]).expect(1);
    assert_eq!(ws.json("out/gamma/result.json")["status"], "timed_out");
}

#[test]
fn what_changed_since_the_run_was_started_is_said_in_one_note() {
    let ws = interrupted(&[]);
    ws.put("suite.sh", SUITE);
    let edited = TOML.replace("command = \"sh suite.sh {name}\"\nsingle  = \"sh suite.sh {name} {test}\"\nreader  = \"tap\"\ntimeout", "command = \"sh ./suite.sh {name}\"\nreader  = \"tap\"\ntimeout");
    assert_ne!(edited, TOML);
    ws.put("tollgate.toml", edited.replace("\"gamma\"]", "\"gamma\", \"delta\"]"));
    let run = ws.run(&["run", "--resume", "out"]).expect(0);
    let notes: Vec<&str> = run.stderr.lines().filter(|l| l.starts_with("note: ")).collect();
    assert_eq!(
        notes,
        [
            "note: since the run was started how suites of the kind unit run, the names of the kind unit changed: what is done \
          stays as it is, the rest runs as tollgate.toml has it now"
        ]
    );
    assert_eq!(ws.json("out/summary.json")["total_units"], 3);
}

#[test]
fn a_run_is_not_taken_up_at_another_commit() {
    let slow = "[ \"$1\" = beta ] && [ -e slow ] && { touch up; sleep 600; }";
    let ws = workspace_of(&format!("{slow}\n{SUITE}"));
    let first = ws.repository();
    ws.put("slow", "");
    interrupt(&ws, &[]);
    ws.remove("slow").forget();
    let second = ws.commit();
    let run = ws.run(&["run", "--resume", "out"]).expect(2);
    let sentence = format!(
        "the run was started at commit {first}, and {second} is checked out: check out the one it was started at, or start \
         a new run"
    );
    assert!(run.stderr.contains(&sentence), "{}", run.stderr);
    assert_eq!((run.stderr.lines().count(), ws.started().len()), (1, 0), "{}", run.stderr);
    ws.git(&["checkout", "-q", &first]);
    ws.run(&["run", "--resume", "out"]).expect(0);
    assert_eq!(ws.json("out/summary.json")["commit"], first);
}

#[test]
fn a_plan_that_is_no_longer_there_is_not_taken_up() {
    let ws = interrupted(&[]);
    ws.put("suite.sh", SUITE).put("tollgate.toml", TOML.replace(", \"gamma\"", "")).forget();
    let run = ws.run(&["run", "--resume", "out"]).expect(2);
    assert!(run.stderr.contains("gamma of the kind unit is no longer there"), "{}", run.stderr);
    assert_eq!((run.stderr.lines().count(), ws.started().len()), (1, 0), "{}", run.stderr);
    // As it was, it goes on and has nothing to say.
    ws.put("tollgate.toml", TOML);
    let run = ws.run(&["run", "--resume", "out"]).expect(0);
    assert!(!run.stderr.contains("note: "), "{}", run.stderr);
}

#[test]
fn a_command_that_cannot_be_started_has_a_cause() {
    let ws = workspace();
    for (command, class) in [("bin/tool", "setup"), ("bin/none", "missing_dependency")] {
        ws.put("bin/tool", "#!/bin/sh\n");
        ws.put("tollgate.toml", TOML.replacen("sh suite.sh {name}", command, 1));
        let out = command.replace('/', "-");
        ws.run(&["run", "--unit-target", "alpha", "--out", &out]).expect(1);
        let digest = ws.json(&format!("{out}/alpha/failure_digest.json"));
        assert_eq!(digest["root_cause_class"], class, "{digest:#}");
    }
}

/// Every unit says that it runs; `beta` then ends its parent by `$SIGNAL`, once its words stand in the file `$SAID` where that
/// is set; the suites of `$TOO` stay for as long.
const ENDS: &str = r#"
echo "$1" >> begun.txt; echo "said by $1"
case "$TOO" in *"$1"*) sleep 600 ;; esac
if [ "$1" = beta ]; then
  for name in $TOO; do while ! grep -q "$name" begun.txt; do sleep 0.01; done; done
  if [ -n "$SAID" ]; then while ! grep -q "said by beta" "$SAID"; do sleep 0.01; done; fi
  kill -$SIGNAL $PPID; sleep 600
fi
"#;

/// How often a suite was begun.
fn begun(ws: &Ws, name: &str) -> usize {
    ws.text("begun.txt").lines().filter(|line| *line == name).count()
}

#[test]
fn a_suite_that_kills_tollgate_twice_is_not_started_a_third_time() {
    let ws = workspace_of(&format!("TOO=\nSAID=out/beta/output.log\nSIGNAL=KILL\n{ENDS}{SUITE}"));
    let run = |args: &[&str]| start(&ws, args).wait().unwrap().code();
    assert_eq!(run(&["run", "--jobs", "1", "--out", "out"]), None);
    assert_eq!(run(&["run", "--jobs", "1", "--resume", "out"]), None);
    assert_eq!(begun(&ws, "beta"), 2);
    let resumed = ws.run(&["run", "--jobs", "1", "--resume", "out"]).expect(1);
    let sentence = "tollgate was killed twice while it ran: it is not started a third time";
    assert!(resumed.stderr.contains(sentence), "{}", resumed.stderr);
    assert_eq!(begun(&ws, "beta"), 2, "{}", resumed.stderr);
    let summary = ws.json("out/summary.json");
    assert_eq!((&summary["status"], &summary["not_run"]), (&json!("failed"), &json!([])));
    assert_eq!(summary["failed_unit_names"], json!(["beta"]));
    assert_eq!((&summary["passed_suites"], &summary["passed_units"]), (&json!(1), &json!(2)));
    let beta = ws.json("out/beta/result.json");
    assert_eq!((&beta["status"], &beta["fault"]), (&json!("crashed"), &json!(sentence)));
    // What it said the last time is the evidence.
    assert!(ws.text(beta["log"].as_str().unwrap()).contains("said by beta"));
    assert!(ws.at("out/beta/failure_digest.json").is_file());
    valid(&ws, "out");
    // It is done: nothing is left to be taken up.
    ws.run(&["run", "--resume", "out"]).expect(1);
    assert_eq!((begun(&ws, "beta"), begun(&ws, "gamma")), (2, 1));
}

#[test]
fn a_run_that_was_interrupted_twice_is_taken_up_as_before() {
    let ws = workspace_of(&format!("TOO=\nSIGNAL=TERM\n{ENDS}{SUITE}"));
    let run = |args: &[&str]| start(&ws, args).wait().unwrap().code();
    assert_eq!(run(&["run", "--jobs", "1", "--out", "out"]), Some(143));
    assert_eq!(run(&["run", "--jobs", "1", "--resume", "out"]), Some(143));
    ws.put("suite.sh", format!("echo \"$1\" >> begun.txt\n{SUITE}"));
    ws.run(&["run", "--jobs", "1", "--resume", "out"]).expect(0);
    assert_eq!(begun(&ws, "beta"), 3);
    assert_eq!(ws.json("out/summary.json")["status"], "passed");
}

#[cfg(target_os = "linux")]
#[test]
fn every_suite_that_was_under_way_at_both_ends_counts() {
    let ws = workspace_of(&format!("TOO=gamma\nSIGNAL=KILL\n{ENDS}{SUITE}"));
    let run = |args: &[&str]| start(&ws, args).wait().unwrap().code();
    // No other suite may be under way when tollgate is killed.
    let chosen = ["--unit-target", "beta", "--unit-target", "gamma"];
    let flags = [&["--jobs", "4", "--artifacts", "failed"][..], &chosen].concat();
    assert_eq!(run(&[&["run", "--out", "out"][..], &flags].concat()), None);
    std::fs::remove_file(ws.at("begun.txt")).unwrap();
    assert_eq!(run(&["run", "--jobs", "4", "--resume", "out"]), None);
    ws.run(&["run", "--resume", "out"]).expect(1);
    let summary = ws.json("out/summary.json");
    assert_eq!(summary["failed_unit_names"], json!(["beta", "gamma"]));
    // Nothing was kept of what it said.
    assert_eq!(ws.json("out/gamma/result.json")["log"], "");
    valid(&ws, "out");
}

#[test]
fn what_was_chosen_bounds_what_is_compared_and_is_kept_when_the_run_is_taken_up() {
    let ws = interrupted(&["--unit-target", "alpha", "--unit-target", "beta"]);
    ws.put("suite.sh", SUITE);
    ws.run(&["run", "--out", "full"]).expect(0);
    ws.run(&["run", "--resume", "out"]).expect(0);
    let one = ws.run(&["run", "--unit-target", "beta", "--out", "one", "--diff-from", "full"]).expect(0);
    assert!(format!("{}{}", one.stdout, one.stderr).contains("; 3 suites not compared\n"));
    let sentence = "3 suites of the baseline are not compared: this run was not asked for them.";
    assert!(ws.text("one/run_report.md").contains(sentence));
    ws.run(&["diff", "full", "out", "--out", "diff.json"]).expect(0);
    for (diff, not_compared) in [("diff.json", 2), ("one/triage_diff.json", 3)] {
        let diff = ws.json(diff);
        assert_eq!(diff["status"], "stable");
        assert_eq!(
            (&diff["summary"]["removed_count"], &diff["not_compared"]),
            (&json!(0), &json!(not_compared))
        );
    }
    assert_eq!(ws.json("out/summary.json")["selection"], json!({"units": ["alpha", "beta"]}));
    assert_eq!(ws.json("full/summary.json")["selection"], Value::Null);
    let again = ws.json("out/summary.json")["replay_bundle"]["one_command_replay"].clone();
    assert_eq!(again, "tollgate run --profile ci --unit-target alpha --unit-target beta");
    valid(&ws, "one");
    valid(&ws, "out");
}

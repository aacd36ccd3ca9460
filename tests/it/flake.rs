//! Flakes through the binary: what `flake check` proves, what `flake report` sees, whose signature a quarantine entry has.

use crate::support::{NOW, Ws};
use serde_json::{Value, json};

const TOML: &str = r#"
[workspace]
packs = []
git = false
results = "runs"

[suites.unit]
names   = ["f1", "f2"]
command = "sh suite.sh {name}"
single  = "sh suite.sh {name} {test}"
reader  = "tap"
timeout = "60s"

[suites.e2e]
names   = ["x1"]
command = "sh suite.sh {name}"
reader  = "tap"

[suites.lint]
names   = ["style"]
command = "true"
reader  = "exit"

[profiles.ci]
kinds = ["unit"]
"#;

fn workspace(suite: &str) -> Ws {
    let ws = Ws::new();
    ws.put("tollgate.toml", TOML).put("suite.sh", suite.replace("@once", &ws.outside("once")));
    ws
}

/// A failing line of TAP with its message.
fn red(number: usize, test: &str, message: &str) -> String {
    format!("echo 'not ok {number} - {test}'; echo '  ---'; echo '  message: \"{message}\"'; echo '  ...'\n")
}

/// Fails the first time as `failing` does, then passes. What it remembers stands outside of the workspace.
fn once(failing: &str) -> String {
    format!("if [ ! -f @once-$1 ]; then touch @once-$1; {failing}\nfi\necho 1..1; echo ok 1 - q\n")
}

#[test]
fn what_was_not_run_proves_nothing() {
    let refused = |suite: &str, test: &str| {
        let run = workspace(suite).run(&["flake", "check", test, "--runs", "3"]).expect(2);
        assert_eq!((run.stdout.as_str(), run.stderr.lines().count()), ("", 1), "{}", run.stderr);
        run.stderr
    };
    let skips = "echo 1..1; echo 'ok 1 - skip # SKIP later'\n";
    assert!(refused(skips, "f1::skip").contains("the test `skip` was skipped: nothing is proven"));
    assert!(refused(skips, "f1").contains("no run of `f1` ran a test: nothing is proven"));
    assert!(refused("echo 1..0\n", "f1").contains("no run of `f1` ran a test: nothing is proven"));
    // One run in three runs the test: the two others do not count, and are no success.
    let thirds =
        "echo x >> count; echo 1..1\n[ $(wc -l < count) = 2 ] && echo ok 1 - t || echo 'ok 1 - t # SKIP'\n";
    let run =
        workspace(thirds).run(&["flake", "check", "f1::t", "--runs", "3", "--format", "json"]).expect(1);
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&json["runs"], &json["without_result"]), (&1.into(), &2.into()));
    assert_eq!(json["proves"], "0 of 1: below 95 % at 95 %");
}

#[test]
fn without_single_the_whole_suite_is_run_for_one_test() {
    let suite =
        format!("echo \"$@\" >> started.txt; echo 1..2; echo ok 1 - a\n{}exit 1\n", red(2, "b", "it broke"));
    let ws = workspace(&suite);
    let run = ws.no_state("started.txt").run(&["flake", "check", "x1::a", "--runs", "2"]).expect(0);
    assert_eq!(
        run.stdout,
        "x1::a: 0 of 2: below 77.7 % at 95 %\nnote: [suites.e2e] has no `single`: each run was of the whole suite, and only \
         this test was looked at\n"
    );
    assert_eq!(ws.text("started.txt"), "x1\nx1\n");
    let run = ws.run(&["flake", "check", "x1::b", "--runs", "2"]).expect(1);
    assert!(run.stdout.contains("2 of 2") && run.stdout.contains("it broke"), "{}", run.stdout);
    for (test, why) in [
        ("x1::c", "`x1` ran no test called `c`: nothing is proven"),
        ("x1::", "no test is named behind `::`"),
        ("style::c", "`style` is read by its exit code and has no test called `c`"),
    ] {
        let run = ws.run(&["flake", "check", test, "--runs", "2"]).expect(2);
        assert!(run.stderr.contains(why), "{}", run.stderr);
    }
    ws.run(&["flake", "check", "style::style", "--runs", "2"]).expect(0);
}

#[test]
fn a_signal_gives_its_own_exit_code() {
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let at = |run: u32| {
            let suite = format!(
                "echo x >> count\n[ $(wc -l < count) -ge {run} ] && {{ kill -{signal} $PPID; exec sleep 60; }}\n\
                 echo 1..1; echo ok 1 - t\n"
            );
            workspace(&suite).run(&["flake", "check", "f1::t", "--runs", "4"]).expect(code)
        };
        let first = at(1);
        assert_eq!(first.stdout, "f1::t: nothing is proven\n  4 runs were cut short or not started\n");
        let second = at(2);
        assert!(second.stdout.starts_with("f1::t: 0 of 1: "), "{}", second.stdout);
    }
}

#[test]
fn a_quarantine_entry_has_the_signature_of_its_own_test() {
    let both = format!("echo 1..2\n{}{}exit 1\n", red(1, "a", "alpha is off"), red(2, "b", "beta is off"));
    let ws = workspace(&both);
    ws.run(&["run", "--unit-target", "f1", "--out", "out"]).expect(1);
    let digest = "out/f1/failure_digest.json";
    let result = ws.json("out/f1/result.json");
    let own = |nth: usize| result["tests"][nth]["signature"].clone();
    assert_eq!(ws.json(digest)["signature"], own(0));
    let add = |id: &str, evidence: &str| {
        let fields =
            ["--owner", "o", "--reason", "r", "--issue", "i", "--reproduce", "x", "--exit-criteria", "e"];
        let first =
            ["quarantine", "add", id, "--category", "FLAKE-LOGIC", "--evidence", evidence, "--now", NOW];
        ws.run(&[&first[..], &fields, &["--format", "json"]].concat())
    };
    let added: Value = serde_json::from_str(&add("f1::b", digest).expect(0).stdout).unwrap();
    assert_eq!(added["entry"]["signature"], own(1));
    assert_ne!(own(1), own(0));
    // `run` resolves it in the same way; and of what is left the digest tells the one that failed the suite.
    ws.put(
        "suite.sh",
        format!("echo 1..2\n{}{}exit 1\n", red(1, "b", "beta is off"), red(2, "a", "alpha is off")),
    );
    ws.run(&["run", "--unit-target", "f1", "--now", NOW, "--out", "again"]).expect(1);
    let again = ws.json("again/f1/result.json");
    let statuses: Vec<_> = again["tests"].as_array().unwrap().iter().map(|t| t["status"].clone()).collect();
    assert_eq!(statuses, ["quarantined", "failed"]);
    assert_eq!(ws.json("again/f1/failure_digest.json")["signature"], own(0));
    // Without the results of its run the digest of two failures tells of neither.
    ws.put("alone/digest.json", ws.text(digest));
    let refused = add("f1::a", "alone/digest.json").expect(2);
    assert!(refused.stderr.contains("does not tell how `a` failed"), "{}", refused.stderr);
    assert!(refused.stderr.contains("`quarantine add --signature`"), "{}", refused.stderr);
}

#[test]
fn what_is_flaky_within_a_run_has_its_evidence() {
    for (message, class) in [
        ("timed out waiting for the element", "FLAKE-TIMING"),
        ("503 Service Unavailable from the store", "FLAKE-EXT"),
        ("command not found: tmux", "FLAKE-ENV"),
        ("left is not right", "unknown"),
    ] {
        let ws = workspace(&once(&format!("echo 1..1; {}exit 1", red(1, "q", message))));
        ws.run(&["run", "--unit-target", "f1", "--retries", "2", "--out", "one"]).expect(0);
        let report = ws.run(&["flake", "report", "one", "--format", "json"]).expect(0);
        let report: Value = serde_json::from_str(&report.stdout).unwrap();
        let row = &report["tests"][0];
        assert_eq!((&row["habit"], &row["class"]), (&"flaky".into(), &class.into()), "{report:#}");
        assert_eq!(report["notes"], json!([]));
    }
}

#[test]
fn a_suite_that_flakes_by_itself_is_listed() {
    let ws = workspace(&once("kill -9 $$"));
    let toml = ws.text("tollgate.toml");
    let commit =
        ws.put("tollgate.toml", toml.replace("\"60s\"\n", "\"60s\"\nflaky_crash = \"allow\"\n")).repository();
    ws.run(&["run", "--unit-target", "f1", "--out", "crash"]).expect(1);
    ws.run(&["run", "--unit-target", "f1", "--out", "fine"]).expect(0);
    let report = ws.run(&["flake", "report", "crash", "fine"]).expect(0);
    assert_eq!(
        report.stdout.replace(&commit, "c1"),
        "flaky    unknown       unit/f1\n         failed in 1 of 2: between 2.5 % and 97.5 %, each bound at 95 %; passed 1, \
         failed 1, flaky 0\n         passed and failed in one tree and environment on c1\nruns 2 flaky 1 changed 0 failing 0\n"
    );
    ws.run(&["run", "--unit-target", "f2", "--retries", "1", "--out", "retried"]).expect(0);
    let report = ws.run(&["flake", "report", "retried", "--format", "json"]).expect(0);
    let report: Value = serde_json::from_str(&report.stdout).unwrap();
    assert_eq!(report["tests"].as_array().map(Vec::len), Some(1), "{report:#}");
    let row = &report["tests"][0];
    assert_eq!((&row["suite"], &row["test"], &row["habit"]), (&"f2".into(), &Value::Null, &"flaky".into()));
}

//! Suites that are read by their exit code alone: what their output says of why they failed.

use crate::support::{NOW, Ws};
use serde_json::Value;

const TOML: &str = "[workspace]\npacks = []\n[suites.unit]\nnames = [\"check\"]\ncommand = \"sh {name}.sh\"\nreader = \"exit\"\n";

fn workspace(script: &str) -> Ws {
    let ws = Ws::new();
    ws.put("tollgate.toml", TOML).put("check.sh", script);
    ws
}

fn digest(ws: &Ws, out: &str) -> Value {
    ws.json(&format!("{out}/check/failure_digest.json"))
}

#[test]
fn the_output_names_the_failure_and_its_place() {
    let ws = workspace(
        "echo start\necho 'src/shelf.c:31: error: the shelf holds 2 books, not 3'\necho done\nexit 3\n",
    );
    let run = ws.run(&["run", "--out", "one"]).expect(1);
    let found = &digest(&ws, "one")["first_failing_assertion"];
    assert_eq!(
        found["location"],
        serde_json::json!({"file": "src/shelf.c", "line": 31, "column": 0}),
        "{found}"
    );
    assert!(
        found["message"].as_str().unwrap().contains("the shelf holds 2 books"),
        "{found}\n{}",
        run.stderr
    );
    assert!(ws.text("one/junit.xml").contains("the shelf holds 2 books"));

    let ws = workspace("exit 3\n");
    ws.run(&["run", "--out", "one"]).expect(1);
    let found = &digest(&ws, "one")["first_failing_assertion"];
    assert_eq!(found["message"], "it ended with exit code 3 and printed nothing");
}

#[test]
fn another_failure_is_another_signature_and_the_same_elsewhere_is_not() {
    let signature = |script: &str| {
        let ws = workspace(script);
        ws.run(&["run", "--out", "one"]).expect(1);
        digest(&ws, "one")["signature"].as_str().unwrap().to_string()
    };
    let timeout = signature("echo 'a.c:1: error: the queue stalls'; sleep 0; exit 1");
    assert_eq!(timeout, signature("echo; echo 'a.c:9: error: the queue stalls'; exit 1"));
    assert_ne!(timeout, signature("echo 'a.c:1: error: the shelf is empty'; exit 1"));
    let silent = signature("exit 1");
    assert_eq!(silent, signature("exit 1"));
    assert_ne!(silent, signature("exit 2"));
    // A program that an assertion aborts.
    let abort =
        |what: &str| signature(&format!("echo \"p: a.c:3: main: Assertion \\`{what}' failed.\"; kill -6 $$"));
    assert_eq!(abort("x > 0"), abort("x > 0"));
    assert_ne!(abort("x > 0"), abort("y > 0"));
}

#[test]
fn quarantine_covers_the_failure_that_it_names_and_no_other() {
    let ws = workspace("echo 'error: the queue stalls'; exit 1");
    ws.run(&["run", "--out", "one"]).expect(1);
    let digest = "one/check/failure_digest.json";
    let add =
        ["quarantine", "add", "check", "--category", "FLAKE-TIMING", "--evidence", digest, "--now", NOW];
    let why = [
        "--owner",
        "o",
        "--reason",
        "r",
        "--issue",
        "i",
        "--reproduce",
        "sh check.sh",
        "--exit-criteria",
        "e",
    ];
    ws.run(&[&add[..], &why].concat()).expect(0);
    ws.run(&["run", "--now", NOW, "--out", "two"]).expect(0);
    ws.put("check.sh", "echo 'error: all books are lost'; exit 1");
    let run = ws.run(&["run", "--now", NOW, "--out", "three"]).expect(1);
    assert!(run.stderr.contains("check fails and blocks: its signature is"), "{}", run.stderr);
}

#[test]
fn a_failure_outside_the_tests_tells_of_the_output_too() {
    let ws = workspace("echo 'error[E0425]: no `x`'; echo ' --> a.rs:1:1'; exit 101");
    ws.put("tollgate.toml", TOML.replace("exit", "libtest"));
    let run = ws.run(&["run", "--out", "one"]).expect(1);
    let found = digest(&ws, "one");
    assert_eq!(found["root_cause_class"], "build_failure");
    let fault = ws.json("one/check/result.json")["fault"].as_str().unwrap().to_string();
    assert!(fault.ends_with(": error[E0425]: no `x` (a.rs)"), "{fault}\n{}", run.stderr);
    let first = found["signature"].clone();
    ws.put("check.sh", "echo 'error[E0308]: mismatched types'; exit 101")
        .run(&["run", "--out", "two"])
        .expect(1);
    assert_ne!(first, digest(&ws, "two")["signature"]);
}

#[test]
fn an_error_that_was_survived_and_another_exit_code_are_other_failures() {
    let ws = workspace("echo 'error: connection refused'; exit 1");
    ws.run(&["run", "--out", "one"]).expect(1);
    let first = digest(&ws, "one")["signature"].clone();
    for (nth, script) in [
        "echo 'error: connection refused'; echo 'error: data corrupted'; exit 1",
        "echo 'error: connection refused'; echo 'FAIL: test_foo'; exit 1",
        "echo 'error: connection refused'; exit 127",
    ]
    .into_iter()
    .enumerate()
    {
        let out = format!("o{nth}");
        ws.put("check.sh", script).run(&["run", "--out", &out]).expect(1);
        assert_ne!(first, digest(&ws, &out)["signature"], "{script}");
    }
}

#[test]
fn quarantined_tests_do_not_explain_how_their_suite_ended() {
    let tap = "echo 1..1; echo 'not ok 1 - t'; echo '  ---'; echo '  message: the queue stalls'; echo '  ...'; exit ";
    let ws = workspace(&format!("{tap}1"));
    ws.put("tollgate.toml", TOML.replace("exit", "tap"));
    ws.run(&["run", "--out", "one"]).expect(1);
    let add = ["quarantine", "add", "check::t", "--category", "FLAKE-TIMING", "--now", NOW];
    let why = ["--owner", "o", "--reason", "r", "--issue", "i", "--reproduce", "x", "--exit-criteria", "e"];
    ws.run(&[&add[..], &why, &["--evidence", "one/check/failure_digest.json"]].concat()).expect(0);
    ws.run(&["run", "--now", NOW, "--out", "two"]).expect(0);
    ws.put("check.sh", format!("{tap}139"));
    let run = ws.run(&["run", "--now", NOW, "--out", "three"]).expect(1);
    assert!(run.stderr.contains("it ended with exit code 139, and not as `tap` does"), "{}", run.stderr);
}

/// Cargo without `--no-fail-fast` runs nothing behind a binary that failed: that is not whole, whatever is quarantined.
#[test]
fn what_cargo_left_out_is_not_covered_by_a_quarantine() {
    let ws = workspace("");
    let out = "running 1 test\ntest f ... FAILED\n\nfailures:\n\n---- f stdout ----\nError: no\n\n\nfailures:\n    f\n\ntest result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\nerror: test failed, to rerun pass `--lib`\n";
    ws.put("out.txt", out).put("bin/cargo", "cat out.txt\nexit 101\n");
    let toml = TOML.replace("exit", "libtest").replace("sh {name}.sh", "sh bin/cargo test");
    ws.put("tollgate.toml", &toml);
    ws.run(&["run", "--out", "one"]).expect(1);
    assert_eq!(ws.json("one/summary.json")["units"][0]["incomplete"], true);
    let add = ["quarantine", "add", "check::f", "--category", "FLAKE-TIMING", "--now", NOW];
    let why = ["--owner", "o", "--reason", "r", "--issue", "i", "--reproduce", "x", "--exit-criteria", "e"];
    ws.run(&[&add[..], &why, &["--evidence", "one/check/failure_digest.json"]].concat()).expect(0);
    let run = ws.run(&["run", "--now", NOW, "--out", "two"]).expect(1);
    assert!(run.stderr.contains("others may not have run (--no-fail-fast)"), "{}", run.stderr);
    ws.put("tollgate.toml", toml.replace("cargo test", "cargo test --lib"));
    ws.run(&["run", "--now", NOW, "--out", "three"]).expect(0);
}

#[test]
fn suites_without_a_test_prove_nothing() {
    let ws = workspace("echo 1..0");
    ws.put("tollgate.toml", TOML.replace("exit", "tap"));
    let run = ws.run(&["run", "--out", "one"]).expect(3);
    assert!(run.stderr.contains("no test ran, so nothing is proven"), "{}", run.stderr);
    let shard = ["--shard-kind", "unit", "--shard-index", "0", "--shard-total", "1", "--out", "shard"];
    ws.run(&[&["run"][..], &shard].concat()).expect(3);
    ws.run(&["merge", "shard", "--out", "merged"]).expect(3);
}

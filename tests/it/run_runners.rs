//! Suites of the tools' own runners: what is a file, a hook or a binary and no test, and runs in which nothing ran.

use crate::support::Ws;
use serde_json::Value;

/// A suite that prints `out.txt` and ends as `code` says.
fn workspace(reader: &str, more: &str, output: &str, code: u8) -> Ws {
    let ws = Ws::new();
    ws.put(
        "tollgate.toml",
        format!(
            "[workspace]\npacks = []\n[suites.unit]\nnames = [\"all\"]\ncommand = \"sh {{name}}.sh\"\nreader = \"{reader}\"\n{more}"
        ),
    );
    says(&ws, output, code);
    ws
}

fn says(ws: &Ws, output: &str, code: u8) {
    ws.put("out.txt", output).put("all.sh", format!("cat out.txt\nexit {code}\n"));
}

fn tests(ws: &Ws, run: &str) -> Vec<String> {
    let summary = ws.json(&format!("{run}/summary.json"));
    let tests = summary["units"][0]["tests"].as_array().unwrap().clone();
    tests
        .iter()
        .map(|t| format!("{} {}", t["name"].as_str().unwrap(), t["status"].as_str().unwrap()))
        .collect()
}

fn fault(ws: &Ws, run: &str) -> String {
    let result: Value = ws.json(&format!("{run}/all/result.json"));
    result["fault"].as_str().unwrap_or_default().to_string()
}

const CARGO: &str = "[package]\nname = \"shelf\"\n\n[[bench]]\nname = \"speed\"\nharness = false\n";

fn of_cargo(bench: &str, end: &str) -> String {
    format!(
        "     Running unittests src/lib.rs (target/debug/deps/shelf-0123456789abcdef)\n\nrunning 1 test\ntest adds ... ok\n\n\
         test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n\n\
         \x20    Running benches/speed.rs (target/debug/deps/speed-0123456789abcdef)\n{bench}{end}"
    )
}

const SINGLE: &str = "single = \"sh single.sh {test}\"\n";
const OVER: &str = "error: test failed, to rerun pass `--bench speed`\n";

#[test]
fn a_binary_with_a_harness_of_its_own_goes_by_its_exit_code() {
    let green = of_cargo("all is fast\n", "");
    let ws = workspace("libtest", SINGLE, &green, 0);
    // No package says that it has one: a binary of Rust's harness that says nothing is no pass.
    ws.run(&["run", "--out", "none"]).expect(1);
    assert!(
        fault(&ws, "none")
            .contains("no `Cargo.toml` of this workspace gives benches/speed.rs `harness = false`")
    );
    ws.put("Cargo.toml", CARGO);
    ws.run(&["run", "--out", "green"]).expect(0);
    assert_eq!(tests(&ws, "green"), ["shelf adds passed", "speed passed"]);

    says(&ws, &of_cargo("one is slow\n", OVER), 101);
    ws.run(&["run", "--out", "red"]).expect(1);
    assert_eq!(tests(&ws, "red"), ["shelf adds passed", "speed failed"]);
    let digest = ws.text("red/all/failure_digest.json");
    assert!(digest.contains("one is slow"), "{digest}");
    // It is no test that a command for one test reaches: the suite is run again.
    says(&ws, &green, 0);
    ws.run(&["run", "--rerun-from", "red", "--out", "again"]).expect(0);
    assert_eq!(tests(&ws, "again"), ["shelf adds passed", "speed passed"]);
    // Silent, and the last of it: whether it ended well the exit code alone says.
    says(&ws, &of_cargo("", ""), 101);
    ws.run(&["run", "--out", "late"]).expect(1);
    assert_eq!(tests(&ws, "late")[1], "speed failed");
}

#[test]
fn an_ingested_log_knows_the_end_of_such_a_binary_by_what_stands_behind_it() {
    let ws = workspace("libtest", "", "", 0);
    ws.put("Cargo.toml", CARGO);
    let mut nth = 0;
    let mut ingest = |text: String, code: i32| {
        nth += 1;
        ws.put("log.txt", text);
        ws.run(&["ingest", "libtest", "log.txt", "--out", &format!("in{nth}")]).expect(code);
    };
    let doc = "   Doc-tests shelf\n\nrunning 1 test\ntest a ... ok\n\ntest result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n";
    ingest(of_cargo("all is fast\n", doc), 0);
    ingest(of_cargo("Testing sums\nSuccess\n\n", ""), 0);
    ingest(of_cargo("one is slow\n", OVER), 1);
    ingest(of_cargo("all is fast\n", ""), 1);
    ingest(of_cargo("Testing sums\n", ""), 1);
    ingest(of_cargo("", ""), 4);
}

#[test]
fn a_file_of_node_that_does_not_load_is_a_fault_and_turns_green() {
    let file = "# Error: Cannot find module './shelf'\n# Node.js v22.1.0\n# Subtest: test/a.test.js\nnot ok 1 - test/a.test.js\n  ---\n  \
                location: '/w/test/a.test.js:1:1'\n  failureType: 'testCodeFailure'\n  exitCode: 1\n  error: 'test failed'\n  ...\n";
    let adds = |number: u32| format!("# Subtest: adds\nok {number} - adds\n  ---\n  duration_ms: 1\n  ...\n");
    let tap = |points: &str, count: u32| {
        format!("TAP version 13\n{points}1..{count}\n# tests {count}\n# fail 0\n# duration_ms 3\n")
    };
    let ws = workspace("node", SINGLE, &tap(&format!("{}{file}", adds(1)), 2), 1);
    ws.run(&["run", "--out", "red"]).expect(1);
    assert_eq!(tests(&ws, "red"), ["adds passed"]);
    let why = fault(&ws, "red");
    let wanted = "`test/a.test.js` failed outside its tests: Error: Cannot find module './shelf'";
    assert!(why.starts_with(wanted), "{why}");
    // Mended there is a test where there was a file, and its number may be one that another has.
    says(&ws, &tap(&format!("{}{}", adds(1), adds(1).replace("adds", "lends")), 2), 0);
    ws.run(&["run", "--rerun-from", "red", "--out", "again"]).expect(0);
    assert_eq!(tests(&ws, "again"), ["adds passed", "lends passed"]);
}

#[test]
fn a_run_in_which_every_test_was_ignored_is_no_pass() {
    let libtest = "running 2 tests\ntest a ... ignored\ntest b ... ignored, why\n\ntest result: ok. 0 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out\n";
    let none =
        "running 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 7 filtered out\n";
    let go = "{\"Action\":\"run\",\"Package\":\"p\",\"Test\":\"T\"}\n{\"Action\":\"skip\",\"Package\":\"p\",\"Test\":\"T\"}\n{\"Action\":\"pass\",\"Package\":\"p\"}\n";
    let node = "TAP version 13\n# Subtest: a\nok 1 - a # SKIP\n  ---\n  duration_ms: 1\n  ...\n1..1\n# tests 1\n# skipped 1\n# duration_ms 3\n";
    let tap = "1..1\nok 1 - a # SKIP no shelf\n";
    let junit = "<testsuite name=\"s\" tests=\"1\" skipped=\"1\"><testcase classname=\"t\" name=\"a\"><skipped/></testcase></testsuite>";
    for (reader, text) in [("libtest", libtest), ("libtest", none), ("go", go), ("node", node), ("tap", tap)]
    {
        let ws = workspace(reader, "", text, 0);
        ws.run(&["run", "--out", "one"]).expect(3);
        assert_eq!(ws.json("one/summary.json")["status"], "passed", "{reader}");
        ws.run(&["ingest", reader, "out.txt", "--out", "two"]).expect(3);
    }
    for reader in ["junit", "pytest"] {
        let ws = workspace(reader, "results = \"r.xml\"\n", "", 0);
        ws.put("all.sh", format!("echo '{junit}' > r.xml\n"));
        ws.run(&["run", "--out", "one"]).expect(3);
        // What a suite wrote is taken away once it is read.
        ws.put("r.xml", junit).run(&["ingest", reader, "r.xml", "--out", "two"]).expect(3);
        assert_eq!(ws.json("two/summary.json")["units"][0]["status"], "ignored");
    }
    // A crate of which nothing is to be tested; a log that ends there may be cut off.
    let ws = workspace("libtest", "", "    Finished `test` profile [unoptimized] target(s) in 0.02s\n", 0);
    ws.run(&["run", "--out", "one"]).expect(3);
    ws.run(&["ingest", "libtest", "out.txt", "--out", "two"]).expect(4);
    // Beside a suite that ran, one whose tests were all ignored is said to be that, and the run passes by the other.
    let ws = workspace("libtest", "", libtest, 0);
    let toml = ws.text("tollgate.toml").replace("[\"all\"]", "[\"all\", \"more\"]");
    let more = "running 1 test\ntest a ... ok\n\ntest result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n";
    ws.put("tollgate.toml", toml).put("more.txt", more).put("more.sh", "cat more.txt\n");
    ws.run(&["run", "--out", "one"]).expect(0);
    assert_eq!(ws.json("one/summary.json")["units"][0]["status"], "ignored");
}

#[test]
fn green_results_do_not_outvote_what_pytest_says() {
    let green =
        "<testsuite name=\"pytest\" tests=\"1\"><testcase classname=\"test_a\" name=\"test_x\"/></testsuite>";
    let ws = workspace("pytest", "results = \"r.xml\"\n", "", 0);
    ws.put("all.sh", format!("echo '{green}' > r.xml\necho '=== 1 failed, 1 passed in 0.10s ==='\n"));
    ws.run(&["run", "--out", "one"]).expect(1);
    assert_eq!(
        fault(&ws, "one"),
        "its output says `1 failed, 1 passed in 0.10s`, and its results show no failure"
    );
    ws.put("all.sh", format!("echo '{green}' > r.xml\necho '=== 1 passed in 0.10s ==='\n"));
    ws.run(&["run", "--out", "two"]).expect(0);
}

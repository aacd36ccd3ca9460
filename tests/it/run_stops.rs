//! Suites that stop at the first failure, failures that only a list names, and what a replay keeps.

use crate::support::{NOW, Ws, finish};
use serde_json::Value;

/// A workspace whose one suite `s` runs `script` with `words` behind it.
fn workspace(reader: &str, words: &str, script: &str) -> Ws {
    let ws = Ws::new();
    let results = if matches!(reader, "junit" | "pytest") { "results = '{out}/r.xml'\n" } else { "" };
    ws.put(
        "tollgate.toml",
        format!(
            "[workspace]\npacks = []\ngit = false\n[suites.unit]\nnames = ['s']\nreader = '{reader}'\n{results}command = 'sh bin/tool {words} {{out}}'\n"
        ),
    );
    ws.put("bin/tool", script);
    ws
}

const PYTEST: &str = r#"for out in "$@"; do :; done
cat > "$out/r.xml" <<'X'
<testsuites name="pytest tests"><testsuite name="pytest" errors="0" failures="1" skipped="0" tests="2"><testcase classname="tests.test_a" name="test_adds" time="0.01"/><testcase classname="tests.test_a" name="test_fails" time="0.01"><failure message="assert [3] == [4]">E  assert [3] == [4]</failure></testcase></testsuite></testsuites>
X
"#;

fn unit(ws: &Ws, out: &str) -> Value {
    ws.json(&format!("{out}/summary.json"))["units"][0].clone()
}

fn quarantine(ws: &Ws, test: &str, digest: &str) {
    let add = ["quarantine", "add", test, "--category", "FLAKE-TIMING", "--now", NOW, "--evidence", digest];
    let why = ["--owner", "o", "--reason", "r", "--issue", "i", "--reproduce", "x", "--exit-criteria", "e"];
    ws.run(&[&add[..], &why].concat()).expect(0);
}

#[test]
fn a_suite_that_stopped_is_incomplete_and_no_quarantine_covers_it() {
    let says = "echo '!!!!!!!!! stopping after 1 failures !!!!!!!!!'\n";
    let cases = [
        // By the words of the command, by those of a script, by what the tool says, by the variable that it reads.
        ("pytest", "pytest -x", format!("{PYTEST}exit 1")),
        ("junit", "--bail", format!("{PYTEST}exit 1")),
        ("junit", "npm test", format!("echo '> mocha --bail'\n{PYTEST}exit 1")),
        ("pytest", "", format!("{says}{PYTEST}exit 1")),
    ];
    for (reader, words, script) in cases {
        let ws = workspace(reader, words, &script);
        let run = ws.run(&["run", "--out", "one"]).expect(1);
        assert!(run.stderr.contains("a replay runs it whole"), "{words}: {}", run.stderr);
        assert_eq!(unit(&ws, "one")["incomplete"], true, "{words}");
        assert_eq!(ws.json("one/replay_bundle.json")["failed_units"][0]["whole"], true, "{words}");
        let test = unit(&ws, "one")["tests"][1]["name"].as_str().unwrap().to_string();
        quarantine(&ws, &format!("s::{test}"), "one/s/failure_digest.json");
        ws.run(&["run", "--now", NOW, "--out", "two"]).expect(1);
        // Run to its end, the same failure is covered.
        let green = script.replace(says, "").replace("mocha --bail", "mocha");
        ws.put("bin/tool", green);
        ws.put(
            "tollgate.toml",
            ws.text("tollgate.toml").replace("pytest -x", "pytest").replace("--bail", ""),
        );
        ws.run(&["run", "--now", NOW, "--out", "three"]).expect(0);
        assert_eq!(unit(&ws, "three").get("incomplete"), None, "{words}");
    }
}

#[test]
fn a_flag_that_stopped_nothing_changes_nothing() {
    let green = PYTEST
        .replace("<failure message=\"assert [3] == [4]\">E  assert [3] == [4]</failure>", "")
        .replace("failures=\"1\"", "failures=\"0\"");
    let ws = workspace("pytest", "pytest -x", &green);
    ws.run(&["run", "--out", "one"]).expect(0);
    assert_eq!(unit(&ws, "one").get("incomplete"), None);
    let ws = workspace("pytest", "pytest --maxfail=2", &format!("{PYTEST}exit 1"));
    ws.run(&["run", "--out", "one"]).expect(1);
    assert_eq!(unit(&ws, "one").get("incomplete"), None, "one failure of two");
}

#[test]
fn go_s_failfast_is_known_by_the_command_and_a_panic_by_its_output() {
    let fixture = |name: &str| format!("{}/fixtures/ingest/go/{name}", env!("CARGO_MANIFEST_DIR"));
    let ws = workspace("go", "", "");
    let run = |words: &str, file: &str, out: &str| {
        let toml = "[workspace]\npacks = []\ngit = false\n[suites.unit]\nnames = ['s']\nreader = 'go'\n";
        ws.put("tollgate.toml", format!("{toml}command = 'sh bin/go test {words}'\n"));
        ws.put("bin/go", format!("cat '{}'; exit 1", fixture(file)));
        ws.run(&["run", "--out", out]).expect(1);
        unit(&ws, out).get("incomplete").cloned()
    };
    assert_eq!(run("-failfast", "failfast_1_19.jsonl", "one"), Some(true.into()));
    assert_eq!(run("", "failfast_1_19.jsonl", "two"), None);
    assert_eq!(run("", "panics_1_19.jsonl", "three"), Some(true.into()));
}

#[test]
fn what_only_the_tool_s_list_names_is_named() {
    let says = "echo 'FAILED tests/test_a.py::test_x - assert 1 == 2'\nexit 1";
    let ws = workspace("pytest", "pytest", says);
    ws.run(&["run", "--out", "one"]).expect(1);
    let found = unit(&ws, "one");
    assert_eq!(
        (&found["tests"][0]["name"], &found["incomplete"]),
        (&"tests/test_a.py::test_x".into(), &true.into())
    );
    let digest = ws.json("one/s/failure_digest.json");
    assert_eq!(digest["first_failing_assertion"]["message"], "assert 1 == 2");
}

#[test]
fn a_replay_keeps_the_timeout() {
    let ws = workspace("exit", "", "exit 1");
    ws.run(&["run", "--timeout", "5m", "--out", "one"]).expect(1);
    let summary = ws.json("one/summary.json");
    assert_eq!(summary["timeout"], 300);
    let replay = &summary["replay_bundle"]["one_command_replay"];
    assert_eq!(replay, "tollgate run --rerun-from one/summary.json --timeout 300s");
    ws.run(&["run", "--rerun-from", "one", "--out", "two"]).expect(1);
    assert_eq!(ws.json("two/summary.json")["timeout"], 300);
    ws.run(&["replay", "one", "--out", "three"]).expect(1);
    assert_eq!(ws.json("three/summary.json")["timeout"], 300);
    ws.run(&["run", "--rerun-from", "one", "--timeout", "9s", "--out", "four"]).expect(1);
    assert_eq!(ws.json("four/summary.json")["timeout"], 9);
    ws.run(&["run", "--out", "five"]).expect(1);
    assert_eq!(ws.json("five/summary.json").get("timeout"), None);
}

#[test]
fn a_shard_is_counted_from_0_everywhere() {
    let ws = workspace("exit", "", "exit 0");
    let shard = ["--shard-kind", "unit", "--shard-index", "0", "--shard-total", "3", "--out", "one"];
    let run = ws.run(&[&["run"][..], &shard].concat()).expect(0);
    let said = "unit shard 0 of 3 (--shard-index 0 --shard-total 3)";
    assert!(run.stderr.contains(said), "{}", run.stderr);
    assert!(ws.text("one/run_report.md").contains("shard 0 of 3"), "{}", ws.text("one/run_report.md"));
}

/// A gate of the run whose command names it.
fn gated() -> Ws {
    let ws = workspace("exit", "", "exit 0");
    ws.put(
        "tollgate.toml",
        ws.text("tollgate.toml").replace("packs = []", "packs = []\nresults = 'runs'\noutput = 'out'"),
    );
    ws.gate_with(
        "g",
        &[("'see it'", "'tollgate run --rerun-from {run}/summary.json'")],
        "[artifacts.s]\npath = '{run}/summary.json'\nschema = 'tollgate.run.summary.v1'\n[[checks]]\nid = 'c'\nassert = 's.passed_units > 9'\n",
    );
    ws
}

#[test]
fn before_any_run_nothing_prints_the_placeholder() {
    let ws = gated();
    let formats = ["human", "json", "markdown:m.md", "github:g.txt", "junit:j.xml", "sarif:s.sarif"];
    let formats: Vec<&str> = formats.iter().flat_map(|f| ["--format", f]).collect();
    let check = [&["check", "--lane", "certification", "--now", NOW][..], &formats].concat();
    let run = ws.run(&check).expect(1);
    let verdict: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(verdict["gates"][0]["reproduce_command"], "tollgate run");
    let mut all = vec![run.stdout, run.stderr];
    all.extend(["m.md", "g.txt", "j.xml", "s.sarif"].map(|file| ws.text(file)));
    for entry in std::fs::read_dir(ws.at("out")).unwrap() {
        all.push(std::fs::read_to_string(entry.unwrap().path()).unwrap());
    }
    for verb in [&["doctor"][..], &["reproduce"], &["waiver", "list"]] {
        let run = ws.run(verb);
        all.extend([run.stdout, run.stderr]);
    }
    for text in all {
        assert!(!text.contains("{run}"), "{text}");
    }
    assert!(ws.run(&["explain", "g"]).stdout.contains("tollgate run\n"));
    assert_eq!(ws.run(&["reproduce", "g"]).expect(0).stdout, "g: tollgate run\n");
}

#[test]
fn the_command_of_a_gate_fits_the_run_that_was_judged() {
    let ws = gated();
    let command = || {
        let run = ws.run(&["check", "--now", NOW, "--format", "json"]).expect(1);
        let verdict: Value = serde_json::from_str(&run.stdout).unwrap();
        let said = verdict["gates"][0]["reproduce_command"].as_str().unwrap().to_string();
        let line = ws.run(&["reproduce"]);
        assert_eq!(line.stdout, format!("g: {said}\n"), "{}", line.stderr);
        said
    };
    ws.run(&["run", "--now", "2026-11-20T11:00:00Z"]).expect(0);
    assert_eq!(command(), "tollgate run", "of a run in which nothing failed there is nothing to replay");
    // Killed: the journal is there, and no summary.
    let killed = "runs/20261120T113000Z";
    ws.put(&format!("{killed}/run_events.jsonl"), ws.text("runs/20261120T110000Z/run_events.jsonl"));
    assert_eq!(command(), format!("tollgate run --resume {killed}"));
    // Ingested: what made it is somewhere else.
    ws.put("r.xml", "<testsuite name='far'><testcase name='a'/></testsuite>");
    ws.run(&["ingest", "junit", "r.xml", "--now", "2026-11-20T11:59:00Z"]).expect(0);
    assert_eq!(command(), "tollgate ingest junit FILE");
    let run = ws.run(&["reproduce", "--exec"]).expect(1);
    assert!(run.stderr.contains("the run was ingested"), "{}", run.stderr);
}

#[test]
fn a_killed_run_is_taken_up_by_the_command_that_check_gives() {
    let ws = gated();
    ws.put("bin/tool", "[ -e again ] || { touch again; kill -9 $PPID; sleep 5; }\nexit 0\n");
    let mut child = ws.command(&["run", "--now", "2026-11-20T11:00:00Z"]);
    let status =
        child.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).status().unwrap();
    assert_eq!(status.code(), None, "killed");
    let run = ws.run(&["check", "--now", NOW, "--format", "json"]).expect(1);
    let verdict: Value = serde_json::from_str(&run.stdout).unwrap();
    let command = verdict["gates"][0]["reproduce_command"].as_str().unwrap();
    assert_eq!(command, "tollgate run --resume runs/20261120T110000Z");
    let words: Vec<&str> = command.split(' ').skip(1).collect();
    finish(ws.command(&words)).expect(0);
}

const SUREFIRE: &str = r#"<testsuites><testsuite name="a.ShelfTest" tests="2" failures="1"><testcase classname="a.ShelfTest" name="adds" time="0.01"/><testcase classname="a.ShelfTest" name="fails(1.5)" time="0.01"><failure message="no shelf">x</failure></testcase></testsuite></testsuites>
"#;

#[test]
fn tests_of_ingested_junit_are_run_again_by_class_and_name_where_a_kind_says_how() {
    let ws = Ws::new();
    let toml = "[workspace]\npacks = []\ngit = false\n[suites.unit]\nnames = ['all']\nreader = 'junit'\nresults = '{out}/r.xml'\ncommand = 'sh bin/mvn {out} all'\n";
    let single = "single = 'sh bin/mvn {out} {class}#{name}'\n";
    ws.put("tollgate.toml", format!("{toml}{single}")).put("r.xml", SUREFIRE);
    let one = "<testsuite name='a.ShelfTest'><testcase classname='a.ShelfTest' name='fails(1.5)' time='0.01'/></testsuite>";
    ws.put("bin/mvn", format!("echo \"$2\" >> asked\ncat > \"$1/r.xml\" <<'X'\n{one}\nX\n"));
    ws.run(&["ingest", "junit", "r.xml", "--out", "in"]).expect(1);
    let summary = ws.json("in/summary.json");
    assert_eq!(summary["replay_bundle"]["one_command_replay"], "tollgate run --rerun-from in/summary.json");
    assert_eq!(summary["units"][0]["tests"][1]["selector"], "a.ShelfTest#fails(1.5)");
    let targeted = ws.json("in/replay_bundle.json")["failed_units"][0]["targeted_replay"].clone();
    assert!(targeted.as_str().unwrap().ends_with("'a.ShelfTest#fails(1.5)'"), "{targeted}");
    ws.run(&["run", "--rerun-from", "in", "--out", "again"]).expect(0);
    assert_eq!(ws.text("asked"), "a.ShelfTest#fails(1.5)\n");
    // Another test ran: the one that was asked for did not pass.
    ws.put("bin/mvn", ws.text("bin/mvn").replace("name='fails(1.5)'", "name='adds'"));
    let run = ws.run(&["run", "--rerun-from", "in", "--out", "other"]).expect(1);
    assert!(run.stderr.contains("ran no such test"), "{}", run.stderr);
    // No kind says how: it cannot be repeated here.
    ws.put("tollgate.toml", toml);
    ws.run(&["ingest", "junit", "r.xml", "--out", "none"]).expect(1);
    let summary = ws.json("none/summary.json");
    assert_eq!(summary["replay_bundle"]["one_command_replay"], "tollgate ingest junit r.xml");
    ws.put("tollgate.toml", format!("{toml}single = 'x {{class}}'\n"));
    ws.run(&["run", "--out", "x"]).expect(2);
    ws.put("tollgate.toml", format!("{toml}{single}").replace("'junit'", "'tap'"));
    let run = ws.run(&["run", "--out", "x"]).expect(2);
    assert!(run.stderr.contains("knows no placeholder {class}"), "{}", run.stderr);
}

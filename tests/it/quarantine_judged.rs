//! Whose word counts of a quarantine: the policy's entries at the moment of judging, not what a run made of its own.

use crate::support::{NOW, Run, Ws, check};
use proptest::prelude::*;
use serde_json::{Value, json};

const FILE: &str = "tests/suite_classification.toml";
const TOML: &str = "[workspace]\npacks = ['starter']\nresults = 'runs'\noutput = 'out'\ngit = false\n\n\
                    [suites.unit]\nnames = ['a', 'b']\ncommand = 'sh s.sh {name}'\nreader = 'tap'\n";
const GREEN: &str = "echo 1..1; echo ok 1 - t\n";
/// `a::t` fails with these words.
const RED: &str = "echo 1..1\nif [ $1 = a ]; then echo 'not ok 1 - t'; echo '  ---'; echo '  message: the queue stalls'\n\
                   echo '  ...'; exit 1; else echo 'ok 1 - t'; fi\n";

fn entry(id: &str, signature: &str) -> String {
    format!(
        "[quarantine.\"{id}\"]\ncategory = 'FLAKE-TIMING'\nowner = 'o'\nreason = 'r'\nissue = 'i'\nevidence = 's.sh'\n\
         reproduce = 'x'\ncreated = 2026-11-19\nexpires = 2026-11-25\nexit_criteria = 'e'\nsignature = '{signature}'\n"
    )
}

fn workspace(script: &str) -> Ws {
    let ws = Ws::new();
    ws.put("tollgate.toml", TOML).put("s.sh", script).put(".gitignore", "out/\nruns/\n");
    ws
}

fn run(ws: &Ws, at: &str) -> Run {
    ws.run(&["run", "--now", &format!("2026-11-20T{at}:00:00Z")])
}

fn signature(ws: &Ws, at: &str) -> String {
    let summary = ws.json(&format!("runs/20261120T{at}0000Z/summary.json"));
    let test = &summary["units"][0]["tests"][0];
    assert_eq!(test["basis"], "exception");
    test["signature"].as_str().expect("a signature").to_string()
}

#[test]
fn an_entry_on_the_base_covers_with_and_without_the_ref() {
    let ws = workspace(RED);
    run(&ws, "07").expect(1);
    let known = signature(&ws, "07");
    ws.put(FILE, entry("a::t", &known));
    ws.put("tollgate.toml", TOML.replace("git = false\n", ""));
    ws.git(&["init", "-q", "-b", "main"]);
    ws.commit();
    run(&ws, "11").expect(0);
    for args in [&[][..], &["--policy-from", "main"], &["--policy-from", "main", "--lane", "certification"]] {
        let checked = ws.check(args);
        assert_eq!(checked.code, 0, "{args:?}\n{}", checked.stderr);
        assert!(!checked.stderr.contains("no quarantine entry in force"), "{}", checked.stderr);
    }
}

#[test]
fn an_entry_of_the_change_itself_does_not_hold_yet_and_one_that_is_gone_no_longer() {
    let ws = workspace(GREEN);
    ws.repository();
    ws.git(&["checkout", "-q", "-b", "change"]);
    ws.put("s.sh", RED);
    ws.commit();
    run(&ws, "08").expect(1);
    let known = signature(&ws, "08");
    ws.put(FILE, entry("a::t", &known));
    ws.commit();
    run(&ws, "11").expect(0);
    assert_eq!(ws.check(&[]).code, 0, "by the entries of the tree it is covered");
    let judged = ws.check(&["--policy-from", "main", "--lane", "certification"]).expect(1);
    assert_eq!(judged.verdict()["promotion"]["allowed"], false);
    assert_eq!(judged.gate("pass_rate").status, "fail");
    let notes = judged.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(notes.contains("a::t was quarantined when it ran, and no quarantine entry in force"), "{notes}");
    assert!(notes.contains("it holds once it is on the ref that the policy comes from"), "{notes}");
    ws.remove(FILE);
    let gone = ws.check(&[]).expect(1);
    assert_eq!(gone.gate("pass_rate").status, "fail");
    assert!(ws.run(&["prove", "--gate", "pass_rate", "--now", NOW]).stdout.contains("does not pass"));
    let tried =
        ["gate", "try", "size(doc.failed_unit_names) == 0", "--on", "runs/20261120T110000Z/summary.json"];
    assert_eq!(ws.run(&[&tried[..], &["--now", NOW]].concat()).code, 1);
}

/// What is covered stays so through a merge, an ingest and a replay.
#[test]
fn a_known_flake_is_ordinary_work() {
    let ws = workspace(RED);
    run(&ws, "07").expect(1);
    ws.put(FILE, entry("a::t", &signature(&ws, "07")));
    for shard in ["0", "1"] {
        let flags = ["--shard-kind", "unit", "--shard-index", shard, "--shard-total", "2", "--out"];
        ws.run(&[&["run", "--now", NOW][..], &flags, &[&format!("shard{shard}")]].concat()).expect(0);
    }
    ws.run(&["merge", "shard0", "shard1", "--now", NOW, "--out", "merged"]).expect(0);
    let merged = ws.json("merged/summary.json");
    assert_eq!(merged["units"][0]["tests"][0]["status"], "quarantined");
    assert_eq!(ws.check(&["--run", "merged"]).code, 0);
    // What is not quarantined is replayed, and what is may fail again.
    ws.put("s.sh", RED.replace("echo 'ok 1 - t'", "echo 'not ok 1 - t'; exit 1"));
    ws.run(&["run", "--now", NOW, "--out", "red"]).expect(1);
    ws.put("s.sh", RED);
    ws.run(&["run", "--now", NOW, "--rerun-from", "red/summary.json", "--out", "replay"]).expect(0);
    // No more than that a replay is not the whole run.
    let replay = ws.check(&["--run", "replay"]).expect(1);
    assert_eq!(
        (replay.gate("pass_rate").status, replay.gate("whole_run").status),
        ("pass".into(), "fail".into())
    );
    let report = "<testsuite name='a' tests='2' failures='1'><testcase name='t'><failure message='the queue stalls'/>\
                  </testcase><testcase name='u'/></testsuite>";
    ws.put("report.xml", report);
    ws.run(&["ingest", "junit", "report.xml", "--now", NOW, "--out", "ingested"]).expect(0);
    assert_eq!(ws.json("ingested/summary.json")["units"][0]["status"], "quarantined");
    assert_eq!(ws.check(&["--run", "ingested"]).gate("pass_rate").status, "pass");
    ws.remove(FILE);
    for folder in ["merged", "ingested"] {
        assert_eq!(ws.check(&["--run", folder]).expect(1).gate("pass_rate").status, "fail");
    }
}

#[test]
fn evidence_in_the_tree_does_not_speak_for_an_entry_of_the_base() {
    let ws = workspace(RED);
    ws.put("digest.json", json!({"signature": "the-old-flake"}).to_string());
    let unsigned = entry("a::t", "-").replace("signature = '-'\n", "").replace("'s.sh'", "'digest.json'");
    ws.put(FILE, unsigned);
    ws.repository();
    run(&ws, "08").expect(1);
    ws.put("digest.json", json!({"signature": signature(&ws, "08")}).to_string());
    ws.commit();
    run(&ws, "11").expect(0);
    assert_eq!(ws.check(&[]).code, 0, "the entry of the tree has the signature of the tree's evidence");
    let judged = ws.check(&["--policy-from", "HEAD~1"]).expect(1);
    assert_eq!(judged.gate("pass_rate").status, "fail");
}

/// What else a run writes of its failures is not judged again, and so does not count where the run is judged otherwise.
#[test]
fn no_other_document_of_the_run_says_that_it_is_green() {
    let ws = workspace(RED);
    run(&ws, "07").expect(1);
    ws.put(FILE, entry("a::t", &signature(&ws, "07")));
    run(&ws, "11").expect(0);
    let any = "shape = 'any.v1'";
    ws.put("schemas/any.v1.json", "{\"$id\": \"any.v1\"}");
    let folder = "runs/20261120T110000Z";
    ws.put("tollgate.toml", TOML.replace("['starter']", "[]"));
    ws.reads("by_index", "{run}/failure_diagnostics_index.json", any, "size(doc.digests) == 0");
    ws.reads("by_bundle", "{run}/replay_bundle.json", any, "size(doc.failed_units) == 0");
    ws.reads("by_junit", "{run}/junit.xml", "format = 'junit'", "size(doc.suites) > 0");
    ws.reads("by_path", &format!("{folder}/summary.json"), any, "size(doc.failed_unit_names) == 0");
    ws.reads("by_report", "{run}/run_report.md", "format = 'text'", "size(doc) > 0");
    ws.reads("by_result", "{run}/a/result.json", any, "doc.status == 'quarantined'");
    ws.reads("by_text", "{run}/summary.json", "format = 'text'", "size(doc) > 0");
    let many = format!("many = true\n{any}");
    ws.reads("by_many", "{run}/*/result.json", &many, "size(doc.filter(d, d.doc.status == 'failed')) == 0");
    let each = "[artifacts.doc]\npath = '{run}/run_events.jsonl'\nformat = 'jsonl'\nshape = 'any.v1'\n[[checks]]\nid = 'c'\n\
                for_each = 'doc'\nassert = 'true'\n";
    ws.gate("by_events", each);
    ws.gate(
        "unaffected",
        &format!("[artifacts.doc]\npath = '{{run}}/environment.json'\n{}", check("c", "has(doc.schema)")),
    );
    let green = ws.check(&[]).expect(0);
    assert_eq!(green.statuses().len(), 10, "{:?}", green.statuses());
    ws.remove(FILE);
    let red = ws.check(&[]).expect(1);
    for status in red.statuses() {
        assert!(status.contains("fail") != status.starts_with("unaffected"), "{status}");
    }
    assert_eq!(red.gate("by_bundle").reason, "stale");
}

#[test]
fn a_summary_that_does_not_say_what_its_signatures_rest_on_is_not_covered() {
    let ws = workspace(RED);
    run(&ws, "07").expect(1);
    ws.put(FILE, entry("a::t", &signature(&ws, "07")));
    run(&ws, "11").expect(0);
    assert_eq!(ws.check(&[]).code, 0);
    let summary = "runs/20261120T110000Z/summary.json";
    let old = ws.text(summary).replace(", \"basis\": \"exception\"", "");
    ws.put(summary, old);
    let red = ws.check(&[]).expect(1);
    let notes = red.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(notes.contains("does not say what its signature rests on"), "{notes}");
}

#[test]
fn what_rests_on_no_words_is_covered_by_no_entry_and_none_is_added() {
    let ws = workspace("echo working; echo 'all done'; exit 1\n");
    ws.put("tollgate.toml", TOML.replace("'tap'", "'exit'"));
    ws.run(&["run", "--now", NOW, "--out", "one"]).expect(1);
    let test = &ws.json("one/summary.json")["units"][0]["tests"][0];
    assert_eq!(test["basis"], "fallback");
    assert_eq!(ws.json("one/a/failure_digest.json")["basis"], "fallback");
    assert_eq!(ws.json("one/failure_diagnostics_index.json")["digests"][0]["basis"], "fallback");
    let known = test["signature"].as_str().unwrap().to_string();
    let why = ["--owner", "o", "--reason", "r", "--issue", "i", "--reproduce", "x", "--exit-criteria", "e"];
    for signed in [vec![], vec!["--signature", known.as_str()]] {
        let add = ["quarantine", "add", "a", "--category", "FLAKE-TIMING", "--now", NOW];
        let add = [&add[..], &why, &["--evidence", "one/a/failure_digest.json"], &signed].concat();
        let refused = ws.run(&add).expect(2);
        assert!(refused.stderr.contains("rests on no words of the cause"), "{}", refused.stderr);
    }
    // An entry that is there all the same does not hold, and without its evidence covers nothing.
    let mut text = entry("a", &known).replace("'s.sh'", "'one/a/failure_digest.json'");
    ws.put(FILE, &text);
    let listed = ws.run(&["quarantine", "audit", "--now", NOW]).expect(1);
    assert!(listed.stdout.contains("INVALID"), "{}", listed.stdout);
    text = entry("a", &known);
    ws.put(FILE, &text);
    let red = ws.run(&["run", "--now", NOW, "--out", "two"]).expect(1);
    assert!(red.stderr.contains("rests on no words of the cause"), "{}", red.stderr);
}

/// A second failure of the same test is another failure, in whatever format it comes.
#[test]
fn a_new_failure_beside_the_known_one_blocks() {
    let junit = |failures: &[&str]| {
        let all: String = failures.iter().map(|m| format!("<failure message='{m}'>{m}</failure>")).collect();
        format!(
            "<testsuite name='a' tests='1' failures='1'><testcase name='t' classname='a'>{all}</testcase></testsuite>"
        )
    };
    let rerun = |failures: &[&str]| {
        let (first, later) = failures.split_first().unwrap();
        let later: String = later.iter().map(|m| format!("<rerunFailure message='{m}'/>")).collect();
        let first = format!("<failure message='{first}'/>{later}");
        format!(
            "<testsuite name='a' tests='1' failures='1'><testcase name='t' classname='a'>{first}</testcase></testsuite>"
        )
    };
    let teardown = |failures: &[&str]| {
        let (first, later) = failures.split_first().unwrap();
        let later: String = later.iter().map(|m| format!("<error message='{m}'>E   {m}</error>")).collect();
        let first = format!("<failure message='{first}'>E   {first}</failure>{later}");
        format!(
            "<testsuites><testsuite name='pytest' tests='1' failures='1'><testcase name='t' classname='a'>{first}</testcase></testsuite></testsuites>"
        )
    };
    let libtest = |failures: &[&str]| {
        let all: String = failures
            .iter()
            .map(|m| {
                format!(
                    "thread 'w' (1) panicked at src/a.rs:1:1:\n{m}\nnote: run with `RUST_BACKTRACE=1` x\n"
                )
            })
            .collect();
        format!(
            "running 1 test\ntest t ... FAILED\n\nfailures:\n\n---- t stdout ----\n{all}\n\nfailures:\n    t\n\ntest result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n"
        )
    };
    let go = |failures: &[&str]| {
        let line = |text: &str| {
            json!({"Action": "output", "Package": "a", "Test": "t", "Output": format!("    a_test.go:7: {text}\n")})
                .to_string()
        };
        let event = |action: &str| json!({"Action": action, "Package": "a", "Test": "t"}).to_string();
        let lines: Vec<String> = failures.iter().map(|m| line(m)).collect();
        [
            event("run"),
            lines.join("\n"),
            event("fail"),
            json!({"Action": "output", "Package": "a", "Output": "FAIL\n"}).to_string(),
            json!({"Action": "fail", "Package": "a"}).to_string(),
            String::new(),
        ]
        .join("\n")
    };
    let playwright = |failures: &[&str]| {
        let errors: Vec<Value> = failures.iter().map(|m| json!({"message": m})).collect();
        let result = json!({"status": "failed", "error": errors[0], "errors": errors});
        let test = json!({"expectedStatus": "passed", "status": "unexpected", "results": [result]});
        let suite = json!({"title": "a", "specs": [{"title": "t", "tests": [test]}]});
        json!({"suites": [suite], "errors": [], "stats": {"unexpected": 1, "expected": 0, "flaky": 0, "skipped": 0}})
            .to_string()
    };
    let formats: [(&str, &dyn Fn(&[&str]) -> String); 6] = [
        ("junit", &junit),
        ("junit", &rerun),
        ("pytest", &teardown),
        ("libtest", &libtest),
        ("go", &go),
        ("playwright", &playwright),
    ];
    for (format, report) in formats {
        let ws = Ws::new();
        let ingest = |failures: &[&str], out: &str| {
            ws.put("report", report(failures));
            ws.run(&["ingest", format, "report", "--out", out, "--now", NOW])
        };
        ingest(&["the queue stalls"], "one").expect(1);
        let suite = &ws.json("one/summary.json")["units"][0];
        let test = &suite["tests"][0];
        let (name, signature) = (test["name"].as_str().unwrap(), test["signature"].as_str().unwrap());
        ws.put(FILE, entry(&format!("{}::{name}", suite["name"].as_str().unwrap()), signature));
        ingest(&["the queue stalls"], "two").expect(0);
        let red = ingest(&["the queue stalls", "all books are lost"], "three");
        assert_eq!(red.code, 1, "{format}: {}", red.stderr);
        ingest(&["all books are lost", "the queue stalls"], "four").expect(1);
    }
}

/// A test as the property makes it: status, signature and basis by their number, and those of another failure.
type Made = (usize, usize, usize, Option<(usize, usize)>);

const STATUSES: [&str; 3] = ["passed", "quarantined", "failed"];
const SIGNATURES: [Option<&str>; 3] = [Some("one"), Some("two"), None];
const BASES: [Option<&str>; 4] = [Some("assertion"), Some("crash"), Some("fallback"), None];

fn document(tests: &[Made]) -> Value {
    let one = |(nth, (status, signature, basis, other)): (usize, &Made)| {
        let mut test = json!({"name": format!("t{nth}"), "status": STATUSES[*status], "signature": SIGNATURES[*signature]});
        if let Some(basis) = BASES[*basis] {
            test["basis"] = basis.into();
        }
        if let Some((signature, basis)) = other {
            test["others"] = json!([{"signature": SIGNATURES[*signature], "basis": BASES[*basis]}]);
        }
        test
    };
    let count = |status: &str| tests.iter().filter(|t| STATUSES[t.0] == status).count();
    let status = ["failed", "quarantined"].into_iter().find(|s| count(s) > 0).unwrap_or("passed");
    let red = status == "failed";
    json!({
        "schema": "tollgate.run.summary.v1", "generated_at": NOW, "run_id": "r", "status": if red { "failed" } else { "passed" },
        "baseline": null, "failed_names": [], "failed_unit_names": if red { json!(["s"]) } else { json!([]) },
        "passed_suites": 0, "total_suites": 0, "passed_units": usize::from(!red), "total_units": 1,
        "replay_bundle": {"one_command_replay": "x"}, "not_run": [], "suites": [],
        "units": [{"name": "s", "kind": "unit", "status": status, "exit_code": null, "signal": null, "duration_ms": 1,
                   "attempts": 1, "passed": count("passed"), "failed": count("failed"), "flaky": 0, "ignored": 0,
                   "tests": tests.iter().enumerate().map(one).collect::<Vec<_>>()}],
    })
}

/// Whether each failure of the test has the signature of an entry that holds and is for it, and words of the cause.
fn is_covered(nth: usize, test: &Made, entries: &[(usize, usize, bool)]) -> bool {
    let (_, signature, basis, other) = test;
    let mut failures = vec![(*signature, *basis)];
    failures.extend(other);
    let covered = |(signature, basis): &(usize, usize)| {
        entries.iter().any(|(test, own, holds)| {
            (*test == nth || *test == ALL) && *holds && *own == *signature && *signature < 2 && *basis < 2
        })
    };
    failures.iter().all(covered)
}

/// The number that stands for an entry of the whole suite.
const ALL: usize = 3;

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    /// No summary with a quarantined test that no holding entry covers passes `pass_rate`, and every one passes of which all
    /// that failed is covered.
    #[test]
    fn pass_rate_passes_by_the_entries_in_force_alone(
        tests in proptest::collection::vec(
            (0..3usize, 0..3usize, 0..4usize, proptest::option::weighted(0.2, (0..2usize, 0..3usize))), 1..3),
        entries in proptest::collection::btree_map(0..4usize, (0..2usize, proptest::bool::weighted(0.8)), 0..4),
    ) {
        let entries: Vec<(usize, usize, bool)> = entries.into_iter().map(|(id, (s, holds))| (id, s, holds)).collect();
        let ws = Ws::new();
        ws.put("tollgate.toml", TOML);
        ws.put("runs/20261120T110000Z/summary.json", document(&tests).to_string());
        let text: String = entries.iter().map(|(test, signature, holds)| {
            let id = if *test == ALL { "s".to_string() } else { format!("s::t{test}") };
            let text = entry(&id, SIGNATURES[*signature].unwrap());
            if *holds { text } else { text.replace("2026-11-25", "2026-11-19") }
        }).collect();
        ws.put(FILE, text);
        let green = tests.iter().enumerate().all(|(nth, test)| match STATUSES[test.0] {
            "quarantined" => is_covered(nth, test, &entries),
            status => status == "passed",
        });
        let judged = ws.check(&["--gate", "pass_rate"]);
        prop_assert_eq!(judged.gate("pass_rate").status == "pass", green, "{:?} {:?}\n{}", tests, entries, judged.stderr);
    }
}

//! `junit.xml` of a run: every failed attempt stands in it, whichever way the run was made, and it reads back as the run.

use crate::support::{NOW, Ws, finish};
use serde_json::Value;
use std::fmt::Write as _;

const TOML: &str = r#"
[workspace]
packs = []
git = false

[lint]
fmt = "sh lint.sh"
docs = "true"

[suites.unit]
names   = ["alpha", "beta", "gamma"]
command = "sh suite.sh {name}"
single  = "sh suite.sh {name} {test}"
reader  = "tap"
flaky_crash = "allow"

[profiles.ci]
kinds = ["unit"]
lint  = true
"#;

/// In alpha `two` fails twice and then passes and `three` never passes; beta ends by a signal at first. What was seen so far
/// stands in `seen/`, outside of the workspace.
const SUITE: &str = r#"
name=$1; only=$2
mkdir -p seen/
[ "$name" = beta ] && [ ! -f seen/beta ] && { touch seen/beta; kill -9 $$; }
tests=${only:-"one two three four"}
set -- $tests
echo "1..$#"
code=0; n=0
for t in $tests; do
  n=$((n+1)); seen=$(cat "seen/$name-$t" 2>/dev/null || echo 0); seen=$((seen+1)); echo $seen > "seen/$name-$t"
  fails=0
  case $name-$t in alpha-two) fails=2;; alpha-three) fails=99;; esac
  if [ $t = four ]; then echo "ok $n - $t # SKIP not here"
  elif [ $seen -le $fails ]; then
    echo "not ok $n - $t"; echo "  ---"; echo "  message: $t <$seen> $API_TOKEN"; echo "  ..."; code=1
  else echo "ok $n - $t"; fi
done
exit $code
"#;

const SECRET: &str = "sesame-open-0123456789";

fn workspace() -> Ws {
    let ws = Ws::new();
    ws.put("tollgate.toml", TOML)
        .put("suite.sh", SUITE.replace("seen/", &format!("{}/", ws.outside("seen"))));
    ws.put("lint.sh", "echo first; echo \"src/a.rs: not formatted ($API_TOKEN) & more\"; exit 1\n");
    ws
}

/// A run from the beginning: what was seen before is forgotten.
fn run(ws: &Ws, args: &[&str], code: i32) {
    let _ = std::fs::remove_dir_all(ws.outside("seen"));
    let mut command = ws.command(&[&["run", "--now", NOW, "--retries", "3"], args].concat());
    command.env("API_TOKEN", SECRET);
    finish(command).expect(code);
}

/// The report without times and ids.
fn plain(ws: &Ws, path: &str) -> String {
    let mut out = String::new();
    for line in ws.text(path).lines() {
        let mut line = line.to_string();
        for name in [" time=\"", " timestamp=\"", "<testsuites name=\""] {
            if let Some(start) = line.find(name) {
                let value = start + name.len();
                let end = value + line[value..].find('"').unwrap();
                line.replace_range(value..end, "");
            }
        }
        writeln!(out, "{line}").unwrap();
    }
    out
}

/// Suites and their tests with what became of each; a reader of JUnit sees what did not count as left out.
fn statuses(summary: &Value) -> Vec<String> {
    let text = |v: &Value| v.as_str().unwrap_or("-").to_string();
    let of = |suite: &Value| {
        let tests = suite["tests"].as_array().unwrap();
        let tests = tests.iter().map(|t| format!("{}={}", text(&t["name"]), text(&t["status"])));
        format!("{} {} {}", text(&suite["name"]), text(&suite["status"]), tests.collect::<Vec<_>>().join(" "))
    };
    summary["units"].as_array().unwrap().iter().map(of).collect()
}

#[test]
fn every_failed_attempt_stands_in_it_and_reads_back() {
    let ws = workspace();
    run(&ws, &["--out", "out"], 1);
    let report = plain(&ws, "out/junit.xml");
    insta::assert_snapshot!("junit_of_a_run_with_retries", report);
    for file in ["out/junit.xml", "out/run_events.jsonl", "out/alpha/result.json", "out/summary.json"] {
        assert!(!ws.text(file).contains(SECRET), "{file}");
    }
    ws.run(&["validate", "out"]).expect(0);
    ws.run(&["ingest", "junit", "out/junit.xml", "--now", NOW, "--out", "back"]).expect(1);
    let (run, back) = (statuses(&ws.json("out/summary.json")), statuses(&ws.json("back/summary.json")));
    let beside = |line: &String| line.starts_with("lint ") || line.starts_with("beta ");
    let both = |lines: &[String]| lines.iter().filter(|l| !beside(l)).cloned().collect::<Vec<_>>();
    assert_eq!(both(&back), both(&run));
    // What JUnit has no other place for is a test of its own.
    assert!(
        run.contains(&"beta flaky one=passed two=passed three=passed four=ignored".to_string()),
        "{run:?}"
    );
    let beta = "beta flaky one=passed two=passed three=passed four=ignored beta=flaky".to_string();
    assert!(
        back.contains(&beta) && back.contains(&"lint failed fmt=failed docs=passed".to_string()),
        "{back:?}"
    );
    // A run of what was read says the same once more.
    let attempts = |text: &str| ["Failure", "Error"].map(|w| text.matches(&format!("{w} message=")).count());
    let (said, again) = (attempts(&report), attempts(&ws.text("back/junit.xml")));
    assert_eq!((said, again.iter().sum::<usize>()), ([5, 1], 6));
}

#[test]
fn a_resumed_and_a_merged_run_have_the_same() {
    let ws = workspace();
    run(&ws, &["--out", "whole"], 1);
    let whole = plain(&ws, "whole/junit.xml");
    // As it stands when the run is ended behind its suites.
    run(&ws, &["--out", "cut"], 1);
    let journal = ws.text("cut/run_events.jsonl");
    let last = journal.trim_end().rfind('\n').unwrap();
    assert!(journal[last..].contains("run.finished"));
    ws.put("cut/run_events.jsonl", &journal[..=last]).remove("cut/junit.xml").remove("cut/summary.json");
    ws.run(&["run", "--resume", "cut"]).expect(1);
    assert_eq!(plain(&ws, "cut/junit.xml"), whole);
    for (index, out) in ["a", "b"].into_iter().enumerate() {
        let index = index.to_string();
        let shard = ["--shard-kind", "unit", "--shard-index", &index, "--shard-total", "2", "--out", out];
        run(&ws, &shard, 1);
    }
    ws.run(&["merge", "b", "a", "--out", "merged"]).expect(1);
    assert_eq!(plain(&ws, "merged/junit.xml"), whole);
    assert!(ws.text("merged/lint-fmt.log").contains("not formatted"));
}

#[test]
fn a_document_that_declares_more_tests_than_it_shows_is_no_pass() {
    let ws = workspace();
    ws.put("whole.xml", "<testsuite name='s' tests='2'><testcase name='a'/><testcase name='b'/></testsuite>");
    ws.run(&["ingest", "junit", "whole.xml", "--out", "whole"]).expect(0);
    ws.put("cut.xml", "<testsuite name='s' tests='2'><testcase name='a'/></testsuite>");
    ws.run(&["ingest", "junit", "cut.xml", "--out", "cut"]).expect(1);
    let result = ws.json("cut/s/result.json");
    assert_eq!(result["status"], "failed");
    assert_eq!(result["fault"], "the suite `s` counts 2 tests, but shows 1: it is cut short or was changed");
}

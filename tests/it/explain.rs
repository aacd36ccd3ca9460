//! `explain`: everyday failures, what it says where it knows nothing, failures of the newest run, and a workspace's own entries.

use crate::support::{Run, Ws};

fn explain(ws: &Ws, args: &[&str]) -> Run {
    ws.run(&[&["explain"], args].concat())
}

fn ids(run: &Run) -> Vec<String> {
    let answer: serde_json::Value = serde_json::from_str(&run.stdout).expect("an answer");
    let entries = answer["entries"].as_array().expect("entries");
    entries.iter().map(|e| e["id"].as_str().expect("an id").to_string()).collect()
}

#[test]
fn a_line_of_a_log_says_what_it_means_and_what_to_check() {
    let ws = Ws::new();
    let run = explain(&ws, &["/usr/bin/ld: cannot find -lssl: No such file or directory"]).expect(0);
    for said in [
        "matched: cannot find -lssl",
        "runbook library_not_linked",
        "root cause class: missing_dependency",
        "  1. ",
    ] {
        assert!(run.stdout.contains(said), "{said}\n{}", run.stdout);
    }
    // A text with escapes of a terminal, several lines, and more entries than anyone reads.
    let log = "\u{1b}[31mError: connect ECONNREFUSED 127.0.0.1:5432\u{1b}[0m\nKilled\nENOSPC: no space left on device\n\
               ModuleNotFoundError: No module named 'yaml'\nnpm ERR! code ERESOLVE";
    let run = explain(&ws, &[log]).expect(0);
    assert_eq!(run.stdout.matches("What to do, in this order").count(), 3, "{}", run.stdout);
    assert!(run.stdout.contains("Less likely\n"), "{}", run.stdout);
    assert_eq!(ids(&explain(&ws, &[log, "--format", "json"]).expect(0)).len(), 5);
}

#[test]
fn a_line_that_only_sums_up_stays_unknown_and_says_where_to_look() {
    let ws = Ws::new();
    for (line, told) in [
        ("Error: Process completed with exit code 1.", "this line is the CI system's"),
        ("npm ERR! Test failed.  See above for more details.", "the package manager's"),
        ("FAILED", "the line below it, or the lines above it"),
        ("error: test failed, to rerun pass `--lib`", "the summary of `cargo test`"),
        ("--- FAIL: TestX (0.00s)", "the summary of `go test`"),
        ("make: *** [Makefile:3: test] Error 2", "the build tool's"),
    ] {
        let run = explain(&ws, &[line]).expect(1);
        assert!(run.stdout.contains("nothing is known of `"), "{line}\n{}", run.stdout);
        assert!(run.stdout.contains(told), "{line}\n{}", run.stdout);
    }
    // 137 is not 1.
    assert_eq!(
        ids(&explain(&ws, &["Process completed with exit code 137.", "--format", "json"]).expect(0)),
        ["exit_137"]
    );
}

#[test]
fn what_begins_with_a_hyphen_is_text_and_an_option_is_an_option() {
    let ws = Ws::new();
    let line = "-- Configuring incomplete, errors occurred!";
    assert_eq!(ids(&explain(&ws, &[line, "--format", "json"]).expect(0)), ["cmake"]);
    let run = explain(&ws, &["-Wl,--as-needed", "collect2: error: ld returned 1 exit status"]).expect(0);
    assert!(run.stdout.contains("runbook linker_failed"), "{}", run.stdout);
    let help = explain(&ws, &["-Wl,--as-needed", "--help"]).expect(0);
    assert!(help.stdout.contains("Usage: tollgate explain"), "{}", help.stdout);
    assert!(explain(&ws, &["--", "--help"]).expect(1).stdout.contains("nothing is known of `--help`"));
    assert!(
        explain(&ws, &["-"]).expect(1).stdout.contains("nothing is known of `-`"),
        "a lone hyphen is text"
    );
}

#[test]
fn entries_are_listed_by_groups() {
    let ws = Ws::new();
    let list = explain(&ws, &["--list"]).expect(0).stdout;
    for said in ["\nnetwork\n", "\ngates\n", "  dns ", "entries; `tollgate explain ID` shows one"] {
        assert!(list.contains(said), "{said}\n{list}");
    }
    assert!(list.lines().all(|line| line.len() < 120), "{list}");
    let json: serde_json::Value =
        serde_json::from_str(&explain(&ws, &["--list", "--format", "json"]).expect(0).stdout).unwrap();
    let rows: usize =
        json["groups"].as_array().unwrap().iter().map(|g| g["entries"].as_array().unwrap().len()).sum();
    assert!(rows > 100, "{rows}");
    explain(&ws, &["--list", "dns"]).expect(2);
    explain(&ws, &[]).expect(2);
}

#[test]
fn without_a_workspace_everyday_failures_are_known_all_the_same() {
    let ws = Ws::new();
    ws.remove("tollgate.toml");
    assert_eq!(ids(&explain(&ws, &["dns", "--format", "json"]).expect(0)), ["dns"]);
    explain(&ws, &["nobody knows this line"]).expect(1);
    explain(&ws, &["--list"]).expect(0);
    // A file that is there and wrong is no missing one.
    ws.put("tollgate.toml", "[workspace\n");
    explain(&ws, &["dns"]).expect(2);
}

const OWN: &str = "title = 'The licence server is full'\nsummary = 'All seats are taken.'\n\
                   remediation = ['Ask who holds one: `seats --list`.', 'Run again.']\n\
                   patterns = [{ regex = 'SEAT-\\d+: no seat left' }]\n";

#[test]
fn a_workspace_adds_an_entry_of_its_own_and_its_lines_are_tried() {
    let ws = Ws::new();
    let lines = "examples = ['SEAT-7: no seat left']\nnear_misses = ['SEAT-7: seat 3 taken']\n";
    ws.put("runbook/seats.toml", format!("{lines}{OWN}"));
    let run = explain(&ws, &["error SEAT-9: no seat left"]).expect(0);
    assert!(run.stdout.contains("runbook seats: The licence server is full"), "{}", run.stdout);
    assert!(explain(&ws, &["--list"]).expect(0).stdout.contains("workspace\n  seats "));
    ws.put(
        "runbook/seats.toml",
        format!("examples = ['no seat']\nnear_misses = ['SEAT-1: no seat left']\n{OWN}"),
    );
    let run = explain(&ws, &["seats"]).expect(2);
    assert!(run.stderr.contains("no pattern matches the example `no seat`"), "{}", run.stderr);
    assert!(run.stderr.contains("a pattern matches the near miss `SEAT-1: no seat left`"), "{}", run.stderr);
}

#[test]
fn a_suite_and_a_signature_of_the_newest_run_are_explained() {
    let ws = Ws::new();
    let suites = "[suites.unit]\nnames = ['calls']\ncommand = 'sh suite.sh'\nreader = 'exit'\n[profiles.ci]\nkinds = ['unit']\n";
    ws.put("tollgate.toml", format!("{}{suites}", ws.text("tollgate.toml")));
    ws.put("suite.sh", "echo 'Error: connect ECONNREFUSED 127.0.0.1:3000'\nexit 1\n");
    ws.run(&["run"]).expect(1);
    let run = explain(&ws, &["calls"]).expect(0);
    for said in
        ["suite calls: failed", "root cause class: network", "runbook connection_refused", "sh suite.sh"]
    {
        assert!(run.stdout.contains(said), "{said}\n{}", run.stdout);
    }
    let json: serde_json::Value =
        serde_json::from_str(&explain(&ws, &["calls", "--format", "json"]).expect(0).stdout).unwrap();
    assert_eq!(json["found"], "failure");
    let signature = json["failure"]["signature"].as_str().unwrap();
    assert!(explain(&ws, &[signature]).expect(0).stdout.contains("suite calls: failed"));
    // A run that cannot be read hides nothing else, and is said.
    let index = format!("{}/failure_diagnostics_index.json", json["failure"]["run"].as_str().unwrap());
    ws.put(&index, "{");
    let run = explain(&ws, &["calls"]).expect(1);
    assert!(run.stdout.contains("the newest run cannot be read: "), "{}", run.stdout);
    assert_eq!(ids(&explain(&ws, &["dns", "--format", "json"]).expect(0)), ["dns"]);
}

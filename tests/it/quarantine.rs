//! `tollgate quarantine` through the binary.

use crate::support::Ws;

const NOW: &str = "2026-11-20T12:00:00Z";
const FILE: &str = "tests/suite_classification.toml";
const SUITES: &str = "# The suites.\r\n[suite.e2e]\r\nfiles = [ 'tui' ]   # one\r\n";

fn add<'a>(id: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let fields = [
        "quarantine",
        "add",
        "--now",
        NOW,
        "--category",
        "FLAKE-TIMING",
        "--owner",
        "tui",
        "--reason",
        "redraw race",
        "--issue",
        "https://issues.example.org/1",
        "--evidence",
        "digest.json",
        "--reproduce",
        "cargo test --test tui",
        "--exit-criteria",
        "59 runs without a failure",
    ];
    [&fields[..], more, &["--", id]].concat()
}

#[test]
fn an_entry_is_added_listed_and_removed_in_place() {
    let ws = Ws::new();
    ws.put("tollgate.toml", "[workspace]\npacks = []\n");
    ws.put(FILE, SUITES);
    let run = ws.run(&add("tui::redraw \"a\"", &["--signature", "s"]));
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.stdout);
    let text = ws.text(FILE);
    assert!(text.starts_with(SUITES), "{text}");
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    assert!(text.contains("[quarantine.\"tui::redraw \\\"a\\\"\"]\r\n"), "{text}");

    let listed = ws.run(&["quarantine", "list", "--now", NOW, "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!(json["entries"][0]["id"], "tui::redraw \"a\"");
    assert_eq!(json["entries"][0]["state"], "active");
    assert_eq!(ws.run(&["quarantine", "audit", "--now", NOW]).code, 0);
    let late = ws.run(&["quarantine", "audit", "--now", "2026-12-05T00:00:00Z"]);
    assert_eq!(late.code, 1);
    assert!(late.stdout.starts_with("EXPIRED  quarantine  tui::redraw"), "{}", late.stdout);
    assert_eq!(ws.run(&["quarantine", "list", "--now", "2026-12-05T00:00:00Z"]).code, 0);

    assert_eq!(ws.run(&["quarantine", "remove", "tui::redraw \"a\"", "--now", NOW]).code, 0);
    assert_eq!(ws.text(FILE).trim_end(), SUITES.trim_end());
}

#[test]
fn what_would_not_hold_is_refused_and_nothing_is_written() {
    let ws = Ws::new();
    ws.put("tollgate.toml", "[workspace]\npacks = []\n");
    ws.put(FILE, SUITES);
    for (args, wanted) in [
        (add("tui", &[]), "it has no `signature`, and digest.json cannot be read"),
        (add("tui", &["--signature", "s", "--days", "22"]), "a quarantine entry holds 1 to 21 days, not 22"),
        (vec!["quarantine", "remove", "tui"], "there is no quarantine entry for `tui`"),
    ] {
        let run = ws.run(&args);
        assert_eq!(run.code, 2, "{}", run.stderr);
        assert!(run.stderr.contains(wanted), "{}", run.stderr);
        assert_eq!(ws.text(FILE), SUITES);
    }
    let mut other = add("tui", &[]);
    let at = other.iter().position(|a| *a == "FLAKE-TIMING").unwrap();
    other[at] = "FLAKE";
    assert_eq!(ws.run(&other).code, 2);
}

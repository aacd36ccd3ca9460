//! What a waiver covers: findings of checks, and of the evidence what it names.

use crate::support::{NOW, Run, Ws, check};
use serde_json::Value;

const FILE: &str = "tests/suite_classification.toml";
const GOOD: &str = r#"{"schema": "e.v1", "n": 1, "generated_at": "2026-11-20T11:00:00Z"}"#;

fn entry(more: &str) -> String {
    format!(
        "[waiver.g]\nowner = 'o'\nreason = 'r'\nissue = 'i'\nlanes = ['preflight', 'full', 'certification']\n\
         created = 2026-11-19\nexpires = 2026-12-04\nexit_criteria = 'e'\n{more}\n"
    )
}

/// A gate that reads `e.json`, and a lifecycle gate as the packs have it.
fn workspace() -> Ws {
    let ws = Ws::new();
    ws.put("e.json", GOOD);
    ws.reads("g", "e.json", "schema = 'e.v1'\nmax_age = '7d'", "doc.n == 1");
    ws.gate(
        "waiver_lifecycle",
        "[[checks]]\nid = 'valid'\nfor_each = 'waivers'\nempty = 'ok'\nassert = \"!(it.state in ['expired', 'invalid'])\"\n",
    );
    ws
}

/// Ways in which evidence is at fault, by the name of the reason.
fn faults(ws: &Ws) -> Vec<(&'static str, Box<dyn Fn() + '_>)> {
    let clear = || {
        let _ = std::fs::remove_file(ws.at("e.json"));
        let _ = std::fs::remove_dir(ws.at("e.json"));
    };
    let put = move |text: String| {
        move || {
            clear();
            ws.put("e.json", &text);
        }
    };
    vec![
        ("missing", Box::new(clear)),
        (
            "unreadable",
            Box::new(move || {
                clear();
                std::fs::create_dir(ws.at("e.json")).expect("a folder");
            }),
        ),
        ("malformed", Box::new(put("{".into()))),
        ("schema", Box::new(put(GOOD.replace("\"n\": 1", "\"n\": \"x\"")))),
        ("stale", Box::new(put(GOOD.replace("11-20", "11-01")))),
        ("limit", Box::new(put(format!("{{\"n\": {}1{}}}", "[".repeat(500), "]".repeat(500))))),
    ]
}

fn entry_of(run: &Run) -> Value {
    run.verdict()["waivers"][0].clone()
}

#[test]
fn a_fault_of_the_evidence_is_covered_where_it_is_named_and_nowhere_else() {
    let ws = workspace();
    let all = faults(&ws);
    let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
    for (name, make) in &all {
        make();
        ws.put(FILE, "");
        let bare = ws.check(&[]).expect(1).gate("g");
        assert_eq!((bare.status.as_str(), bare.reason.as_str()), ("fail", *name));
        for more in ["", "checks = ['c']"] {
            let run = ws.put(FILE, entry(more)).check(&[]).expect(1);
            assert_eq!(run.gate("g").status, "fail", "{name} {more}");
        }
        for other in &names {
            let run = ws.put(FILE, entry(&format!("reasons = ['{other}']"))).check(&[]);
            assert_eq!(run.code, i32::from(other != name), "{name} by {other}: {}", run.stderr);
            let gate = run.gate("g");
            assert_eq!(gate.status, if other == name { "waived" } else { "fail" });
            assert_eq!(gate.reason, *name, "a waiver hides no reason");
        }
    }
    // Named or not, the evidence's faults say nothing of a check.
    ws.remove("e.json").put("e.json", GOOD.replace("\"n\": 1", "\"n\": 2"));
    ws.put(FILE, entry("checks = []\nreasons = ['stale']")).check(&[]).expect(1);
    ws.put(FILE, entry("checks = ['c']\nreasons = ['stale']")).check(&[]).expect(0);
}

#[test]
fn an_old_waiver_of_the_whole_gate_is_reported_narrowed_with_its_line() {
    let ws = workspace();
    ws.remove("e.json").put(FILE, entry(""));
    let run = ws.check(&[]).expect(1);
    let found = entry_of(&run);
    assert_eq!(found["state"], "active");
    let line = "reasons = [\"missing\"]";
    let detail = found["detail"].as_str().expect("a detail");
    assert!(detail.contains("narrowed") && detail.contains(line), "{detail}");
    let said = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("narrowed") && said.contains(line), "{said}");
    // It is information: the entry is as valid as it was.
    assert_eq!(run.gate("waiver_lifecycle").status, "pass");
    assert_eq!(ws.json("out/waiver_audit.json")["waivers"][0]["detail"], detail);
    ws.put(FILE, entry(line));
    assert!(!ws.check(&[]).expect(0).stderr.contains("narrowed"));
}

#[test]
fn a_reason_that_cannot_be_waived_or_is_none_makes_the_waiver_invalid() {
    let ws = workspace();
    for reasons in [
        "['misssing']",
        "['waiver']",
        "['not_applicable']",
        "['not_reached']",
        "['assertion']",
        "[]",
        "[' ']",
    ] {
        let run = ws.put(FILE, entry(&format!("reasons = {reasons}"))).check(&[]).expect(1);
        assert_eq!(entry_of(&run)["state"], "invalid", "{reasons}");
        assert_eq!(run.gate("waiver_lifecycle").status, "fail", "{reasons}");
    }
    let add = ["waiver", "add", "g", "--now", NOW, "--owner", "o", "--reason", "r", "--issue", "i"];
    for kind in ["waiver", "nonsense", ""] {
        ws.run(&[&add[..], &["--exit-criteria", "e", "--reason-kind", kind]].concat()).expect(2);
    }
}

/// The command that a red check prints, its blanks filled in.
fn printed(run: &Run) -> Vec<String> {
    let line =
        run.stderr.lines().find(|line| line.trim().starts_with("tollgate waiver add")).expect("a command");
    let words = shlex::split(line.trim()).expect("words");
    words.into_iter().skip(1).map(|word| if word.is_empty() { "said".into() } else { word }).collect()
}

#[test]
fn waiver_add_after_a_red_check_is_one_command_that_works() {
    let ws = workspace();
    ws.put("tollgate.toml", ws.text("tollgate.toml").replace("out'", "out'\nclassification = 'w.toml'"));
    let red = || -> Run { ws.check(&[]).expect(1) };
    let waived_by = |run: &Run, wanted: &str| {
        let mut words = printed(run);
        assert!(words.join(" ").contains(wanted), "{words:?}");
        words.extend(["--now".into(), NOW.into()]);
        ws.run(&words.iter().map(String::as_str).collect::<Vec<_>>()).expect(0);
        let run = ws.check(&[]).expect(0);
        assert_eq!(run.gate("g").status, "waived", "{wanted}");
        ws.remove("w.toml");
    };
    for (name, make) in faults(&ws) {
        make();
        let run = red();
        // What is left blank is refused.
        let blank =
            run.stderr.lines().find(|l| l.trim().starts_with("tollgate waiver add")).expect("a command");
        let words = shlex::split(blank.trim()).expect("words");
        let blank: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
        assert!(ws.run(&blank).expect(2).stderr.contains("is blank"));
        waived_by(&run, &format!("--reason-kind {name}"));
        // The table to paste covers it as well.
        let table: Vec<&str> = run
            .stderr
            .lines()
            .skip_while(|l| !l.contains("[waiver.g]"))
            .take_while(|l| !l.contains("tollgate"))
            .collect();
        ws.put("w.toml", table.join("\n").replace("= \"\"", "= \"said\""));
        assert_eq!(ws.check(&[]).expect(0).gate("g").status, "waived", "{table:?}");
        ws.remove("w.toml");
        let _ = std::fs::remove_dir(ws.at("e.json"));
    }
    ws.put("e.json", GOOD.replace("\"n\": 1", "\"n\": 2"));
    waived_by(&red(), "--check=c");
    // The plain command of before covers what it covered of checks.
    let plain = [
        "waiver",
        "add",
        "g",
        "--now",
        NOW,
        "--owner",
        "o",
        "--reason",
        "r",
        "--issue",
        "i",
        "--exit-criteria",
        "e",
    ];
    ws.run(&plain).expect(0);
    ws.check(&[]).expect(0);
    ws.remove("w.toml");
    // A check of its own beside evidence that is gone: both are named.
    ws.remove("e.json");
    let own = check("own -x", "lane == 'none'");
    ws.gate(
        "g",
        &format!("[artifacts.doc]\npath = 'e.json'\nschema = 'e.v1'\n{}{own}", check("c", "doc.n == 1")),
    );
    waived_by(&red(), "--check=own -x --reason-kind missing");
}

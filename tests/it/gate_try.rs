//! `gate try`: the exit code is the expression's, and what a file holds reaches the terminal escaped.

use crate::support::{NOW, Ws};

fn stocked() -> Ws {
    let ws = Ws::new();
    ws.put("doc.json", r#"{"status": "ready", "reasons": [], "dirty": "\u001b[31m\n::error::x"}"#);
    ws.put("more.toml", "created = 2026-11-01\n");
    ws
}

#[test]
fn the_exit_code_says_whether_it_is_true() {
    let ws = stocked();
    for (expr, code) in [
        ("status == 'ready' && size(doc.reasons) == 0", 0),
        ("now == timestamp('2026-11-20T12:00:00Z') && exists('doc.json')", 0),
        ("status == 'blocked'", 1),
        ("status", 1),
        ("doc.missing == 1", 1),
        ("doc.missing == 1 || true", 1),
        ("nobody", 1),
        ("status ==", 2),
        // What begins as an option does is an expression.
        ("-7/2 == -3.5", 0),
        ("-size(status) < 0", 0),
        ("-now", 1),
        ("siz(doc)", 2),
        ("", 2),
    ] {
        let run = ws.run(&["gate", "try", "--now", NOW, "--on", "doc.json", expr]);
        assert_eq!(run.code, code, "{expr}: {}{}", run.stdout, run.stderr);
        assert_eq!(run.stdout.is_empty(), code == 2, "{expr}: {}", run.stdout);
    }
    let run = ws.run(&[
        "gate",
        "try",
        "--on",
        "d=doc.json",
        "--on",
        "m=more.toml",
        "d.status + m.created == 'ready2026-11-01'",
    ]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(ws.run(&["gate", "try", "--on", "none.json", "true"]).code, 2);
    assert_eq!(ws.run(&["gate", "try", "--on", ".", "true"]).code, 2);
}

/// Who tries an expression is in the middle of writing a gate.
#[test]
fn a_gate_file_that_is_not_finished_is_in_nobodys_way() {
    let ws = stocked();
    ws.put("gates/half.toml", "name = 'N'\n[artifacts.v]\npath = 'ev/*.json'\n");
    ws.put("ok.json", r#"{"schema": "e.v1", "n": 1}"#);
    let run = ws.run(&["gate", "try", "--on", "doc.json", "status == 'ready'"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let ok = ws.at("ok.json");
    assert_eq!(ws.run(&["validate", &ok.display().to_string()]).code, 0);
    assert_eq!(ws.run(&["check", "--now", NOW]).code, 2);
}

#[test]
fn what_a_file_holds_is_shown_escaped() {
    let ws = stocked();
    for expr in ["dirty", "[dirty]", "doc[dirty]", "timestamp(dirty) == now", "doc.all(k, doc[k] == 'x')"] {
        let run = ws.run(&["gate", "try", "--on", "doc.json", expr]);
        let text = format!("{}{}", run.stdout, run.stderr);
        assert!(!text.contains('\u{1b}'), "{text:?}");
        assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{text}");
    }
}

#[test]
fn as_json() {
    let ws = stocked();
    let run =
        ws.run(&["gate", "try", "--format", "json", "--on", "doc.json", "size(reasons) == 0 || broken"]);
    let answer: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(answer["passes"], true);
    assert_eq!(answer["parts"][0]["value"], "true");
    let last = answer["parts"].as_array().expect("parts").last().expect("one");
    assert_eq!((&last["text"], &last["value"], &last["error"]), (&"broken".into(), &().into(), &().into()));
}

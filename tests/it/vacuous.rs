//! Nothing judged, nothing green.

use crate::support::{NOW, Ws, check};

const ANY: &str =
    r#"{"kind": "RELEASE", "ok": false, "rows": [{"kind": "RELEASE", "ok": false}], "none": []}"#;

fn workspace() -> Ws {
    let ws = Ws::new();
    ws.put("schemas/any.json", "{\"$id\": \"any\"}")
        .put("s.json", ANY)
        .put("s.jsonl", "{\"n\": 1}\n{\"n\": 2}\n");
    ws
}

/// A gate over `s.json` with these checks.
fn over(ws: &Ws, id: &str, checks: &str) {
    ws.gate(id, &format!("[artifacts.s]\npath = 's.json'\nshape = 'any'\n{checks}"));
}

fn when(id: &str, when: &str, more: &str) -> String {
    format!("[[checks]]\nid = '{id}'\nwhen = \"{when}\"\n{more}\n")
}

#[test]
fn a_gate_whose_every_when_is_false_is_skipped_and_says_so() {
    let ws = workspace();
    let lines = "[artifacts.l]\npath = 's.jsonl'\nformat = 'jsonl'\nshape = 'any'\n";
    let cases = [
        when("a", "s.kind == 'release'", "assert = 's.ok'"),
        when("a", "it.kind == 'release'", "for_each = 's.rows'\nassert = 'it.ok'"),
        when("a", "it.key == 'x'", "for_each = 's'\nassert = 'it.value == 1'"),
        when("a", "it.n == 3", "for_each = 'l'\nassert = 'it.n == 4'"),
        when("a", "false", "assert = 's.ok'")
            + &when("b", "it.ok", "for_each = 's.rows'\nempty = 'ok'\nassert = 'it.ok'"),
    ];
    for body in cases {
        let body = format!("[artifacts.s]\npath = 's.json'\nshape = 'any'\n{lines}{body}");
        for lane in ["preflight", "full", "certification"] {
            ws.gate("g", &body);
            let run = ws.check(&["--lane", lane]).expect(3);
            let gate = run.gate("g");
            assert_eq!((gate.status.as_str(), gate.reason.as_str()), ("skip", "not_applicable"), "{body}");
            assert!(gate.detail.contains("no check applied"), "{}", gate.detail);
            assert!(
                run.stderr.contains("no check applied") && !run.stderr.contains("PASS"),
                "{}",
                run.stderr
            );
        }
        let verdict = ws.check(&["--lane", "certification"]).expect(3).verdict();
        assert_eq!(verdict["promotion"]["allowed"], false);
        assert!(verdict["promotion"]["conditions"][0].as_str().is_some_and(|c| c.contains("must pass")));
        // One that applies is enough.
        ws.gate("g", &format!("{body}{}", check("real", "s.kind == 'RELEASE'")));
        let gate = ws.check(&[]).expect(0).gate("g");
        assert!(
            gate.detail.starts_with("1 check true over") && gate.detail.contains("did not apply"),
            "{}",
            gate.detail
        );
        ws.gate("g", &format!("{body}{}{}", check("real", "s.kind == 'RELEASE'"), check("too", "!s.ok")));
        let gate = ws.check(&[]).expect(0).gate("g");
        assert!(gate.detail.starts_with("2 checks true over 2 artifacts ("), "{}", gate.detail);
        // Evidence at fault is at fault, whatever would have applied.
        ws.gate("g", &body.replace("'s.json'", "'gone.json'"));
        assert_eq!(ws.check(&[]).expect(1).gate("g").reason, "missing");
    }
}

#[test]
fn a_list_that_may_be_empty_and_is_was_judged() {
    let ws = workspace();
    ws.put("s.jsonl", "");
    over(
        &ws,
        "g",
        "[[checks]]\nid = 'a'\nfor_each = 's.none'\nempty = 'ok'\nwhen = 'it.ok'\nassert = 'it.ok'\n",
    );
    assert_eq!(ws.check(&[]).expect(0).gate("g").status, "pass");
    // An error is a finding and no skip.
    over(&ws, "g", &when("a", "s.gone == 1", "assert = 's.ok'"));
    assert_eq!(ws.check(&[]).expect(1).gate("g").reason, "expression");
    over(&ws, "g", &when("a", "s.kind", "assert = 's.ok'"));
    assert_eq!(ws.check(&[]).expect(1).gate("g").reason, "expression");
}

#[test]
fn a_gate_without_checks_judges_artifacts_that_are_there() {
    let ws = workspace();
    let optional = |path: &str| format!("[artifacts.r]\npath = '{path}'\nshape = 'any'\nrequired = false\n");
    ws.gate("g", &optional("s.json"));
    ws.check(&[]).expect(0);
    ws.gate("g", &optional("gone.json"));
    let gate = ws.check(&[]).expect(3).gate("g");
    assert_eq!((gate.status.as_str(), gate.reason.as_str()), ("skip", "not_applicable"));
    let many = "[artifacts.r]\npath = 'none/*.json'\nmany = true\nshape = 'any'\nrequired = false\n";
    ws.gate("g", many);
    ws.check(&[]).expect(3);
}

#[test]
fn without_a_gate_that_passed_nothing_is_green() {
    let ws = Ws::new();
    let never = format!("applies_when = \"lane == 'never'\"\n{}", check("c", "1 == 1"));
    let soft = [("blocking = true", "blocking = false")];
    // One warns, one is skipped.
    ws.gate("na", &never).gate_with("warn", &soft, &check("c", "1 == 2"));
    let run = ws.check(&[]).expect(3);
    assert_eq!(run.verdict()["verdict"], "fail");
    assert!(run.stderr.contains("no blocking gate passed"), "{}", run.stderr);
    // One that does not block passes: no blocking one did.
    ws.gate_with("warn", &soft, &check("c", "1 == 1"));
    ws.check(&[]).expect(3);
    ws.check(&["--lane", "preflight"]).expect(3);
    let verdict = ws.check(&["--lane", "certification"]).expect(3).verdict();
    assert_eq!(
        (&verdict["promotion"]["allowed"], &verdict["promotion"]["by"]),
        (&false.into(), &serde_json::Value::Null)
    );
    // Nor does a rollback record allow what nobody judged.
    ws.put(
        "tests/suite_classification.toml",
        "[rollback]\nowner = 'o'\nrationale = 'r'\ncreated = 2026-11-20\nexpires = 2026-11-22\n",
    );
    let verdict = ws.check(&["--lane", "certification", "--mode", "rollback"]).expect(3).verdict();
    assert_eq!(verdict["promotion"]["allowed"], false);
    // A workspace in which nothing blocks says so; a gate that only warned is no pass.
    ws.remove("gates/na.toml");
    let run = ws.check(&[]).expect(0);
    let said = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("no gate that was selected blocks"), "{said}");
    assert!(!said.contains("every blocking gate passed"), "{said}");
    ws.gate_with("warn", &soft, &check("c", "1 == 2"));
    ws.check(&[]).expect(3);
    // A shadow gate counts for nothing.
    ws.gate_with("warn", &[("blocking = true", "blocking = 'shadow'")], &check("c", "1 == 1"));
    ws.check(&[]).expect(3);
    ws.gate("blocks", &check("c", "1 == 1"));
    assert!(!ws.check(&[]).expect(0).stderr.contains("no gate that was selected blocks"));
}

#[test]
fn a_waived_gate_counts_as_passed() {
    let ws = Ws::new();
    ws.asserts("red", "1 == 2");
    ws.put(
        "tests/suite_classification.toml",
        "[waiver.red]\nowner = 'o'\nreason = 'r'\nissue = 'i'\nlanes = ['full']\ncreated = 2026-11-20\nexpires = 2026-11-25\nexit_criteria = 'e'\n",
    );
    ws.check(&[]).expect(0);
    let soft = [("blocking = true", "blocking = false")];
    ws.gate_with("red", &soft, &check("c", "1 == 2"));
    ws.check(&[]).expect(0);
}

#[test]
fn a_gate_without_a_mutation_is_not_proven() {
    let ws = workspace();
    let prove = |code: i32, wanted: &str| {
        let run = ws.run(&["prove", "--now", NOW]).expect(code);
        assert!(run.stdout.contains(wanted), "{}", run.stdout);
        let json = ws.run(&["prove", "--now", NOW, "--format", "json"]);
        serde_json::from_str::<serde_json::Value>(&json.stdout).expect("JSON")["gates"][0]["standing"].clone()
    };
    // It reads nothing.
    ws.asserts("g", "lane in ['full', 'certification']");
    assert_eq!(prove(1, "it is not proven: no mutation"), "no_mutation");
    // What it could read is not there, though its check is asked all the same: here it has nothing to judge.
    let optional = "[artifacts.r]\npath = 'gone.json'\nshape = 'any'\nrequired = false\n";
    ws.gate("g", &format!("{optional}{}", check("c", "r == null || r.ok == true")));
    assert_eq!(prove(3, "nothing of what it may read is there"), "not_applicable");
    // Nothing that it asks applies.
    ws.gate("g", &format!("{optional}{}", when("c", "r != null", "assert = 'r.ok'")));
    assert_eq!(prove(3, "no check applied"), "not_applicable");
    over(&ws, "g", &check("c", "s.kind == 'RELEASE'"));
    assert_eq!(prove(0, "1 of 1 gates proven"), "proven");
    // A mutation that would make every `when` false is let through, and that is a hole.
    over(&ws, "g", &when("c", "s.kind == 'RELEASE'", "assert = '!s.ok'"));
    assert_eq!(prove(1, "LETS THROUGH"), "holes");
}

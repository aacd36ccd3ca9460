//! What `prove` says of a workspace as a newcomer has it, and of gates that only look as if they judged.

use crate::support::{NOW, Run, Ws, check, starter};
use serde_json::Value;

const STARTER: &str = "[workspace]\npacks = ['starter']\noutput = 'out'\nresults = 'runs'\ngit = false\n\
                       [suites.unit]\nnames = ['a', 'b']\ncommand = 'true'\n";

fn prove(ws: &Ws, args: &[&str]) -> Run {
    ws.run(&[&["prove", "--now", NOW], args].concat())
}

fn proof(ws: &Ws) -> Value {
    serde_json::from_str(&prove(ws, &["--format", "json"]).stdout).expect("JSON")
}

/// As `proof`, of the only gate.
fn of_one(ws: &Ws) -> Value {
    proof(ws)["gates"][0].clone()
}

#[test]
fn a_green_starter_workspace_is_proven() {
    let ws = Ws::new();
    ws.put("tollgate.toml", STARTER);
    ws.run(&["run", "--now", "2026-11-20T11:00:00Z"]).expect(0);
    let run = prove(&ws, &[]).expect(0);
    // These four judge every run; the others of the pack wait for something to judge.
    let waiting = starter().len() - 4;
    let told = format!("4 of 4 gates proven, {waiting} not applicable here");
    assert!(run.stdout.contains(&told), "{}", run.stdout);
    // Nobody can take an exception out of an embedded pack.
    assert!(!run.stdout.contains("remove it"), "{}", run.stdout);
    for (gate, why) in [
        ("no_regression", "summary.baseline != null"),
        ("quarantine_lifecycle", "nothing of what it may read is there"),
        ("waiver_lifecycle", "nothing of what it may read is there"),
    ] {
        // Asked for by name it is not proven.
        let named = prove(&ws, &["--gate", gate]).expect(1);
        assert!(
            named.stdout.contains("0 of 1 gates proven") && named.stdout.contains(why),
            "{}",
            named.stdout
        );
    }
    // With something to judge they are judged.
    ws.put("tests/suite_classification.toml", "[suite.unit]\nfiles = ['a', 'b']\n");
    let run = prove(&ws, &[]).expect(0);
    let told = format!("6 of 6 gates proven, {} not applicable here", waiting - 2);
    assert!(run.stdout.contains(&told), "{}", run.stdout);
}

#[test]
fn the_exceptions_of_ones_own_gates_are_held_to_their_use() {
    let ws = Ws::new();
    ws.put("d.json", "{\"n\": 1}");
    let except = "[[prove.except]]\nmutation = 'doc value /m'\nwhy = 'w'\n";
    ws.gate(
        "g",
        &format!("[artifacts.doc]\npath = 'd.json'\nshape = 'e.v1'\n{}{except}", check("c", "doc.n == 1")),
    );
    let run = prove(&ws, &[]).expect(0);
    assert!(run.stdout.contains("the exception `doc value /m` covers nothing: remove it"), "{}", run.stdout);
}

#[test]
fn a_check_that_reads_nothing_is_a_hole() {
    let ws = Ws::new();
    ws.put("d.json", "{\"n\": 1, \"failed\": 0}");
    let with = |checks: &str, more: &str| {
        ws.gate("g", &format!("[artifacts.doc]\npath = 'd.json'\nshape = 'e.v1'\n{checks}{more}"));
    };
    for blind in
        ["true", "lane in ['full', 'preflight', 'certification']", "now == now", "[1].all(x, x == 1)"]
    {
        with(&check("c", blind), "");
        let run = prove(&ws, &[]).expect(1);
        assert!(
            run.stdout.contains("c reads-nothing /  (check `c` reads nothing"),
            "{blind}: {}",
            run.stdout
        );
        // Beside one that reads something too; and a `when` does not make a check read.
        with(&check("d", "doc.n == 1"), &format!("{}when = 'doc.n == 1'\n", check("c", blind)));
        let gate = of_one(&ws);
        assert_eq!(gate["standing"], "holes", "{blind}: {gate:#}");
        let holes = gate["holes"].as_array().expect("a list");
        assert!(holes.iter().any(|hole| hole["mutation"] == "c reads-nothing /"), "{blind}: {gate:#}");
    }
    // Its author may say why.
    let except = "[[prove.except]]\nmutation = 'c reads-nothing'\nwhy = 'w'\n";
    with(&check("d", "doc.n == 1"), &format!("{}{except}", check("c", "lane == lane")));
    assert_eq!(of_one(&ws)["standing"], "proven");
    for sees in ["exists('d.json')", "size(files('*.json')) == 1", "size(waivers) == 0"] {
        with(&check("d", "doc.n == 1"), &check("c", sees));
        assert_eq!(of_one(&ws)["standing"], "proven", "{sees}");
    }
}

#[test]
fn what_the_schema_names_and_no_check_reads_is_told() {
    let ws = Ws::new();
    ws.put(
        "schemas/e.v1.json",
        r#"{"$id": "e.v1", "type": "object", "required": ["schema", "n", "failed"], "properties": {
            "schema": {"const": "e.v1"}, "n": {"type": "integer"}, "failed": {"type": "integer", "minimum": 0}}}"#,
    );
    ws.put("d.json", "{\"schema\": \"e.v1\", \"n\": 1, \"failed\": 0}");
    ws.reads("g", "d.json", "schema = 'e.v1'", "doc.n == 1");
    assert_eq!(of_one(&ws)["unnoticed"], serde_json::json!(["doc /failed"]));
    ws.reads("g", "d.json", "schema = 'e.v1'", "doc.n == 1 && doc.failed == 0");
    assert_eq!(of_one(&ws)["unnoticed"], serde_json::json!([]));
}

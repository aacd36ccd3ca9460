//! Schemas as people have them: what a `$ref` leads to, formats, and one that does not compile.

use crate::support::Ws;
use std::os::unix::fs::symlink;

const REFERS: &str = r#"{"$id": "r.v1", "properties": {"n": {"$ref": "../common/n.json#/$defs/n"}}}"#;
const PART: &str = r#"{"$defs": {"n": {"type": "integer"}}}"#;

/// A gate that holds `doc.json` to `shape`.
fn gated(shape: &str) -> Ws {
    let ws = Ws::new();
    ws.put("doc.json", r#"{"n": "x"}"#);
    ws.reads("g", "doc.json", &format!("shape = '{shape}'"), "true");
    ws
}

#[test]
fn a_gate_holds_to_what_its_schema_refers_to() {
    let ws = gated("r.v1");
    ws.put("schemas/r.v1.json", REFERS).put("common/n.json", PART);
    let gate = ws.check(&[]).expect(1).gate("g");
    assert_eq!((gate.status.as_str(), gate.reason.as_str()), ("fail", "schema"));
    assert!(
        gate.messages[0].contains("/n: found \"x\", but the schema asks for an integer"),
        "{:?}",
        gate.messages
    );
    ws.put("doc.json", r#"{"n": 1}"#).check(&[]).expect(0);
}

#[test]
fn a_schema_that_does_not_compile_stops_what_needs_it() {
    let ws = gated("r.v1");
    ws.put("schemas/r.v1.json", REFERS).put("ok.json", r#"{"n": 1}"#);
    ws.reads("h", "ok.json", "shape = 'e.v1'", "true");
    let run = ws.check(&[]).expect(1);
    let (gate, other) = (run.gate("g"), run.gate("h"));
    assert_eq!((gate.status.as_str(), gate.reason.as_str()), ("fail", "schema"));
    assert!(gate.messages[0].contains("it refers to common/n.json: "), "{:?}", gate.messages);
    assert_eq!(other.status, "pass");
    assert!(run.stderr.contains("  - schemas/r.v1.json: the schema does not compile"), "{}", run.stderr);
    // A link that leads out is no way in.
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("n.json"), PART).unwrap();
    std::fs::create_dir(ws.at("common")).unwrap();
    symlink(outside.path().join("n.json"), ws.at("common/n.json")).unwrap();
    let gate = ws.check(&[]).expect(1).gate("g");
    assert!(gate.messages[0].contains("leaves the workspace"), "{:?}", gate.messages);
}

#[test]
fn what_a_schema_refers_to_comes_from_the_ref_that_judges() {
    let ws = gated("r.v1");
    ws.put("tollgate.toml", ws.text("tollgate.toml").replace("git = false", "git = true"));
    ws.put("schemas/r.v1.json", REFERS).put("common/n.json", PART);
    ws.repository();
    ws.put("common/n.json", r#"{"$defs": {"n": true}}"#);
    ws.check(&[]).expect(0);
    let run = ws.check(&["--policy-from", "HEAD"]).expect(1);
    assert_eq!(run.gate("g").reason, "schema");
    assert_eq!(run.verdict()["policy"]["altered"], serde_json::json!(["g"]));
    assert!(
        run.stderr.contains("the working tree alters common/n.json, which schemas refer to"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_schema_file_of_the_workspace_may_refer_into_it_and_one_elsewhere_below_itself() {
    let ws = Ws::new();
    ws.put("deep/r.json", REFERS).put("common/n.json", PART).put("doc.json", r#"{"n": "x"}"#);
    let said = ws.run(&["validate", "--schema", "deep/r.json", "doc.json"]).expect(1).stdout;
    assert!(said.contains("an integer"), "{said}");
    ws.put("lone/r.json", r#"{"$ref": "n.json#/$defs/n"}"#).put("lone/n.json", PART).put("empty/x", "");
    let elsewhere = ["--root", "empty", "validate", "--schema"];
    let run = |schema: &str| ws.run(&[&elsewhere[..], &[schema, "doc.json"]].concat());
    run("lone/r.json").expect(1);
    let refused = run("deep/r.json").expect(2).stderr;
    assert!(
        refused.contains("it leads out of the workspace, or out of the folder of the schema file"),
        "{refused}"
    );
}

#[test]
fn formats_hold_unless_they_are_annotations() {
    let ws = Ws::new();
    ws.put("s.json", r#"{"properties": {"d": {"format": "date"}, "u": {"format": "uint32", "minimum": 0}}}"#);
    ws.put("doc.json", r#"{"d": "x", "u": 1}"#);
    let said = ws.run(&["validate", "--schema", "s.json", "doc.json"]).expect(1).stdout;
    assert!(said.contains("s.json: a `format` that is not known here holds nothing: uint32"), "{said}");
    let loose = ["validate", "--formats", "annotation", "--format", "json", "--schema", "s.json", "doc.json"];
    let said = ws.run(&loose).expect(0).stdout;
    assert!(!said.contains("\"notes\""), "{said}");
    let negative = r#"{"d": "2026-11-20", "u": -1}"#;
    ws.put("doc.json", negative).run(&loose).expect(1);
}

#[test]
fn an_address_that_is_not_registered_is_named() {
    let ws = Ws::new();
    ws.put("s.json", r#"{"$ref": "https://json.schemastore.org/base-04.json#/definitions/path"}"#);
    ws.put("doc.json", "1");
    let said = ws.run(&["validate", "--schema", "s.json", "doc.json"]).expect(2).stderr;
    assert!(
        said.contains("it refers to https://json.schemastore.org/base-04.json: it is not registered, and nothing is fetched"),
        "{said}"
    );
    ws.put(
        "base-04.json",
        r#"{"$schema": "http://json-schema.org/draft-04/schema#", "id": "https://json.schemastore.org/base-04.json",
            "definitions": {"path": {"type": "string"}}}"#,
    );
    ws.run(&["validate", "--schema", "s.json", "doc.json"]).expect(1);
}

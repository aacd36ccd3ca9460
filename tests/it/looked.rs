//! Which fields of its evidence a gate's decisions look at: what `prove` alters follows from it.

use crate::support::{NOW, Ws};
use std::collections::{BTreeMap, BTreeSet};
use tollgate_core::gate::{FieldReads, trace};
use tollgate_core::model::lane::{Lane, Mode};
use tollgate_flow::workspace::{OpenRequest, Workspace};
use tollgate_host::artifact::{Documents, Sources, WorkspaceHost};
use tollgate_text::time::Now;

fn looked(ws: &Ws) -> FieldReads {
    let env = BTreeMap::new();
    let open = OpenRequest {
        root: ws.dir(),
        now: Now::parse(NOW).expect("a time"),
        lane: None,
        gates: &[],
        run: None,
        policy_from: None,
        env: &env,
    };
    let workspace = Workspace::open(&tollgate::embedded::EMBEDDED, &open).unwrap_or_else(|e| panic!("{e}"));
    let gate = &workspace.policy.gates[0];
    let context = workspace.artifact_context();
    let sources = Sources::read(&[gate], &context);
    let documents = Documents::parse(&sources, &workspace.policy.schemas, &context);
    let host = WorkspaceHost::new(&workspace.root, &workspace.policy.schemas, context.limits);
    trace(
        gate,
        &documents.evidence(gate),
        &workspace.facts(Lane::Full, Mode::Strict, documents.summary()),
        &host,
    )
}

fn set(pointers: &[&str]) -> BTreeSet<String> {
    pointers.iter().map(|p| (*p).to_string()).collect()
}

fn workspace(body: &str) -> Ws {
    let ws = Ws::new();
    ws.put("schemas/any.json", "{\"$id\": \"any\"}");
    ws.put(
        "s.json",
        r#"{"kind": "a", "rows": [{"n": 1, "m": 2}, {"n": 2, "m": 3}], "map": {"x": {"v": 1}, "y": {"v": 2}}, "unread": 1}"#,
    );
    let lines: String = (1..=5).map(|n| format!("{{\"n\": {n}, \"m\": {n}, \"o\": 0}}\n")).collect();
    ws.put("l.jsonl", lines);
    let artifacts = "[artifacts.s]\npath = 's.json'\nshape = 'any'\n[artifacts.gone]\npath = 'gone.json'\nshape = 'any'\nrequired = false\n\
                     [artifacts.l]\npath = 'l.jsonl'\nformat = 'jsonl'\nshape = 'any'\n";
    let (top, checks) = body.split_once("---").unwrap_or(("", body));
    ws.gate("g", &format!("{top}\n{artifacts}{checks}"));
    ws
}

#[test]
fn a_document_is_looked_at_where_a_decision_reads_it() {
    let check = |more: &str| format!("[[checks]]\nid = 'c'\n{more}\n");
    let of = |body: &str| looked(&workspace(body)).documents["s"].clone();
    assert_eq!(of(&check("assert = 's.rows[1].n == 2'")), set(&["/rows", "/rows/1", "/rows/1/n"]));
    assert_eq!(of(&check("assert = 'gone == null'")), set(&[]));
    // The condition of a check, and of the gate.
    assert_eq!(of(&check("when = \"s.kind == 'a'\"\nassert = 's.unread == 1'")), set(&["/kind", "/unread"]));
    assert_eq!(of(&check("when = \"s.kind == 'b'\"\nassert = 's.unread == 1'")), set(&["/kind"]));
    assert_eq!(
        of(&format!("applies_when = \"s.kind == 'a'\"\n---{}", check("assert = 'true == true'"))),
        set(&["/kind"])
    );
    // A message decides nothing.
    assert_eq!(of(&check("assert = \"s.kind == 'a'\"\nmessage = '{s.unread}'")), set(&["/kind"]));
    // Of a list that is gone through its elements, and what is read of each.
    assert_eq!(
        of(&check("for_each = 's.rows'\nassert = 'it.n > 0'")),
        set(&["/rows", "/rows/0", "/rows/0/n", "/rows/1", "/rows/1/n"])
    );
    assert_eq!(
        of(&check("for_each = 's.rows'\nwhen = 'it.n == 1'\nassert = 'it.m > 0'")),
        set(&["/rows", "/rows/0", "/rows/0/n", "/rows/0/m", "/rows/1", "/rows/1/n"])
    );
    assert_eq!(
        of(&check("for_each = 's.map'\nassert = 'it.value.v > 0'")),
        set(&["/map", "/map/x", "/map/x/v", "/map/y", "/map/y/v"])
    );
}

#[test]
fn of_a_stream_the_first_the_middle_and_the_last_line_stand_for_all() {
    let lines = |body: &str| looked(&workspace(body)).lines["l"].clone();
    let each = |more: &str| format!("[[checks]]\nid = 'c'\nfor_each = 'l'\n{more}\n");
    let wanted = |list: &[(u64, &[&str])]| list.iter().map(|(n, p)| (*n, set(p))).collect::<BTreeMap<_, _>>();
    assert_eq!(lines(&each("assert = 'it.n > 0'")), wanted(&[(1, &["/n"]), (3, &["/n"]), (5, &["/n"])]));
    assert_eq!(
        lines(&each("when = 'it.n == 3'\nassert = 'it.m == 3'")),
        wanted(&[(1, &["/n"]), (3, &["/n", "/m"]), (5, &["/n"])])
    );
    // Read as a list in an expression the lines that were read.
    let listed = lines("[[checks]]\nid = 'c'\nassert = 'l[1].n == 2'\n");
    assert_eq!(listed.keys().copied().collect::<Vec<_>>(), [2]);
    assert!(listed[&2].contains("/n") && !listed[&2].contains("/m"), "{listed:?}");
}

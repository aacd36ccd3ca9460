//! What holds for every input: no path leaves the root, no expression passes over what it did not see, no waiver holds a
//! day too long.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "helpers of tests fail as tests do"
)]

use crate::support::{Ws, check};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::Path;
use tollgate::verb::check::CheckRequest;
use tollgate_core::model::lane::{Lane, Mode};
use tollgate_core::model::verdict::{GateResult, Status};
use tollgate_flow::workspace::OpenRequest;
use tollgate_host::files::Root;
use tollgate_text::time::Now;

/// Judges in this process: a property asks hundreds of times.
fn judge(root: &Path, now: &str) -> Vec<GateResult> {
    let env = BTreeMap::new();
    let request = CheckRequest {
        open: OpenRequest {
            root,
            now: Now::parse(now).expect("a time"),
            lane: Some(Lane::Full),
            gates: &[],
            run: None,
            policy_from: None,
            env: &env,
        },
        lane: Lane::Full,
        mode: Mode::Strict,
        previous: None,
        deterministic: true,
        progress: &|_| {},
    };
    tollgate::verb::check::check(&request).unwrap_or_else(|e| panic!("{e}")).1.verdict.gates.clone()
}

/// A workspace beside a file that nobody inside may see, with links of every kind.
struct Fenced {
    _outer: tempfile::TempDir,
    root: Root,
    real: std::path::PathBuf,
}

fn fenced() -> Fenced {
    let outer = tempfile::tempdir().expect("a folder");
    let inside = outer.path().join("ws");
    std::fs::create_dir_all(inside.join("a/b")).expect("folders");
    std::fs::create_dir_all(outer.path().join("ws-twin")).expect("folders");
    for file in ["secret", "ws-twin/secret", "ws/file", "ws/a/file", "ws/a/b/file"] {
        std::fs::write(outer.path().join(file), file).expect("a file");
    }
    let links = [
        ("ws/up", ".."),
        ("ws/a/up", "../.."),
        ("ws/out", "../secret"),
        ("ws/twin", "../ws-twin"),
        ("ws/abs", "/etc"),
        ("ws/in", "a/b"),
        ("ws/a/back", ".."),
        ("ws/loop", "loop"),
        ("ws/dangling", "../nothing"),
    ];
    for (link, to) in links {
        symlink(to, outer.path().join(link)).expect("a link");
    }
    let real = inside.canonicalize().expect("a path");
    Fenced { root: Root::open(&inside).expect("a root"), real, _outer: outer }
}

fn path() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        3 => Just(".."), 1 => Just("."), 1 => Just(""), 2 => Just("a"), 2 => Just("b"), 2 => Just("file"), 1 => Just("up"),
        1 => Just("out"), 1 => Just("twin"), 1 => Just("abs"), 1 => Just("in"), 1 => Just("back"), 1 => Just("loop"),
        1 => Just("dangling"), 1 => Just("secret"), 1 => Just("passwd"), 1 => Just("*"), 1 => Just("**"), 1 => Just("ws"),
        1 => Just("\\"), 1 => Just("\0"), 1 => Just("~"), 1 => Just("%2e%2e"), 1 => Just("...")
    ];
    (prop::collection::vec(part, 0..7), any::<bool>())
        .prop_map(|(parts, absolute)| format!("{}{}", if absolute { "/" } else { "" }, parts.join("/")))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_path_leaves_the_root(paths in prop::collection::vec(path(), 1..20)) {
        thread_local!(static FENCED: Fenced = fenced());
        FENCED.with(|fenced| {
            for path in &paths {
                if let Ok(real) = fenced.root.resolve(path) {
                    prop_assert!(real.starts_with(&fenced.real), "{path} -> {}", real.display());
                }
                if let Ok(bytes) = fenced.root.read(path, 1_000) {
                    prop_assert!(bytes.starts_with(b"ws/"), "{path} was read: {bytes:?}");
                }
                let escapes = path.starts_with('/') || path.split('/').any(|part| part == "..");
                prop_assert!(!escapes || fenced.root.resolve(path).is_err(), "{path}");
            }
            Ok(())
        })?;
    }
}

const FIELDS: [&str; 6] = ["n", "ready", "name", "list", "inner", "when"];
const BODY: &str = "doc.n == 3 && doc.ready && doc.name in ['x', 'y'] && size(doc.list) == 2 && doc.list.all(l, l > 0) \
                    && doc.inner.deep >= 0.5 && age(doc.when) < duration('24h')";

fn sound() -> serde_json::Value {
    serde_json::json!({
        "schema": "free.v1", "n": 3, "ready": true, "name": "x", "list": [1, 2], "inner": {"deep": 0.75},
        "when": "2026-11-20T11:00:00Z"
    })
}

fn other_value() -> impl Strategy<Value = serde_json::Value> {
    prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        (-1e300..1e300).prop_map(|f: f64| f.into()),
        "[a-z0-9 .:TZ-]{0,20}".prop_map(Into::into),
        Just(serde_json::json!([])),
        Just(serde_json::json!({})),
        Just(serde_json::json!(["1", "2"])),
        Just(serde_json::json!({"deep": null})),
        Just(serde_json::json!({"deep": "1"})),
        Just(serde_json::json!({"dep": 1.0})),
    ]
}

fn kind(value: &serde_json::Value) -> u8 {
    match value {
        serde_json::Value::Null => 0,
        serde_json::Value::Bool(_) => 1,
        serde_json::Value::Number(_) => 2,
        serde_json::Value::String(_) => 3,
        serde_json::Value::Array(_) => 4,
        serde_json::Value::Object(_) => 5,
    }
}

/// Documents that one judgement sees: opening a workspace costs more than judging it.
const AT_ONCE: usize = 12;

/// Every field in every form a gate can ask it in, over `AT_ONCE` documents; `free.v1` allows everything.
fn readers() -> Ws {
    let ws = Ws::new();
    ws.put("schemas/free.v1.json", "{\"$id\": \"free.v1\"}");
    let negated = "!(doc.n < 3 || doc.n > 3) && !(!doc.ready) && !(doc.list.exists(l, l < 1)) && size(doc.list) > 0 && \
                   !(doc.inner.deep < 0.5) && !(age(doc.when) >= duration('24h')) && doc.name.startsWith('x')";
    let either = "(doc.n == 3 ? doc.ready : false) && (doc.name in ['x', 'y'] ? sum(doc.list) == 3 : false) && \
                  (doc.inner.deep > 0.1 ? timestamp(doc.when) < now : false)";
    let each = "[[checks]]\nid = 'c'\nfor_each = '[doc]'\nwhen = 'it.n == 3 || it.n < 3 || it.n > 3'\nassert = \"it.ready && \
                it.name in ['x'] && it.list == [1, 2] && it.inner == {'deep': 0.75} && it.when.startsWith('2026')\"\n";
    for at in 0..AT_ONCE {
        let doc = format!("[artifacts.doc]\npath = 'doc{at}.json'\nschema = 'free.v1'\n");
        ws.gate(&format!("whole{at}"), &format!("{doc}{}", check("c", BODY)));
        ws.gate(&format!("negated{at}"), &format!("{doc}{}", check("c", negated)));
        ws.gate(&format!("either{at}"), &format!("{doc}{}", check("c", either)));
        ws.gate(&format!("each{at}"), &format!("{doc}{each}"));
    }
    ws
}

/// A field that goes (`None`), or becomes something of another type.
fn mutation() -> impl Strategy<Value = (usize, Option<serde_json::Value>)> {
    (0..FIELDS.len(), prop::option::of(other_value())).prop_filter("another type", |(field, value)| {
        let before = kind(&sound()[FIELDS[*field]]);
        value.as_ref().is_none_or(|value| kind(value) != before || kind(value) == 5)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 25, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_field_that_is_read_cannot_go_or_change_its_type(mutations in prop::collection::vec(mutation(), AT_ONCE)) {
        thread_local!(static READERS: Ws = readers());
        READERS.with(|ws| {
            for (at, (field, value)) in mutations.iter().enumerate() {
                let mut doc = sound();
                match value {
                    None => drop(doc.as_object_mut().expect("a map").remove(FIELDS[*field])),
                    Some(value) => doc[FIELDS[*field]] = value.clone(),
                }
                ws.put(&format!("doc{at}.json"), doc.to_string());
            }
            for gate in judge(ws.dir(), crate::support::NOW) {
                prop_assert!(gate.status == Status::Fail && !gate.findings.is_empty(), "{} is {:?}", gate.id, gate.status);
            }
            Ok(())
        })?;
    }
}

#[test]
fn the_sound_document_passes_every_reader() {
    let ws = readers();
    for at in 0..AT_ONCE {
        ws.put(&format!("doc{at}.json"), sound().to_string());
    }
    for gate in judge(ws.dir(), crate::support::NOW) {
        assert_eq!(gate.status, Status::Pass, "{}: {}", gate.id, gate.detail);
    }
}

#[test]
fn a_waiver_holds_from_its_first_day_through_its_last() {
    let ws = Ws::new();
    ws.asserts("red", "1 == 2");
    let lifecycle = "[[checks]]\nid = 'valid'\nfor_each = 'waivers'\nassert = \"!(it.state in ['expired', 'invalid'])\"\n";
    ws.gate("waiver_lifecycle", lifecycle);
    let day =
        |n: i64| chrono::NaiveDate::from_ymd_opt(2028, 2, 20).expect("a day") + chrono::TimeDelta::days(n);
    // Lengths around the border of 30 days, days around every border of the life, at both ends of the day.
    for length in [0, 30, 31] {
        ws.put(
            "tests/suite_classification.toml",
            format!(
                "[waiver.red]\nowner = 'o'\nreason = 'r'\nissue = 'i'\nlanes = ['full']\ncreated = {}\nexpires = {}\nexit_criteria = 'e'\n",
                day(0),
                day(length)
            ),
        );
        let days = std::collections::BTreeSet::from([
            -1,
            0,
            1,
            length - 6,
            length - 5,
            length - 1,
            length,
            length + 1,
        ]);
        for today in days {
            for time in
                if today == 0 || today == length { &["00:00:00Z", "23:59:59Z"][..] } else { &["12:00:00Z"] }
            {
                let gates = judge(ws.dir(), &format!("{}T{time}", day(today)));
                let holds = length <= 30 && (0..=length).contains(&today);
                let (red, lifecycle) = (&gates[0], &gates[1]);
                let at = format!("{length} days, day {today} {time}: {}", lifecycle.detail);
                assert_eq!(red.status, if holds { Status::Waived } else { Status::Fail }, "{at}");
                assert_eq!(lifecycle.status, if holds { Status::Pass } else { Status::Fail }, "{at}");
                if let Some(waiver) = &red.waiver {
                    assert_eq!(waiver.days_remaining, length - today, "{at}");
                }
            }
        }
        // The day is that of UTC, wherever the clock stands.
        let gates = judge(ws.dir(), &format!("{}T00:30:00+02:00", day(length + 1)));
        assert_eq!(gates[0].status, if length <= 30 { Status::Waived } else { Status::Fail });
    }
}

//! `tollgate events`: counts that are right, and nothing counted of a stream that is not sound.

use crate::support::{Run, Ws};
use proptest::prelude::*;
use serde_json::{Value, json};

fn counted(bytes: impl AsRef<[u8]>) -> Run {
    Ws::new().put("e.ndjson", bytes).run(&["events", "e.ndjson"])
}

/// What is said of a stream that is refused; nothing of it is counted.
fn refused(bytes: impl AsRef<[u8]>) -> String {
    let run = counted(bytes).expect(1);
    assert_eq!(run.stdout, "");
    run.stderr
}

#[test]
fn kinds_and_statuses_in_the_order_of_their_first() {
    let run = counted(
        "{\"ts\":\"2026-01-02T03:00:00Z\",\"type\":\"started\"}\n\
         {\"type\":\"log\",\"event\":\"x\",\"kind\":\"y\",\"text\":\"a \\\"b\\\" \\u00e9\"}\n\
         {\"event\":\"suite.finished\",\"kind\":\"unit\",\"status\":\"failed\",\"record\":{\"status\":\"passed\"}}\r\n\
         {\"type\":1,\"event\":null,\"kind\":\"failed\",\"status\":\"passed\"}\n\
         { \"st\\u0061tus\" : \"failed\" }\n\
         {\"ts\":\"2026-01-02T03:00:09Z\",\"type\":\"log\",\"status\":7}\n",
    )
    .expect(0);
    assert_eq!(
        run.stdout,
        "e.ndjson: 6 lines; started 1 log 2 suite.finished 1 failed 1; without a kind: 1; status: failed 2 passed 1; \
         2026-01-02T03:00:00Z to 2026-01-02T03:00:09Z\n"
    );
    assert_eq!(run.stderr, "");
}

#[test]
fn as_programs_read_it() {
    let ws = Ws::new();
    ws.put("a", "{\"type\":\"a\",\"status\":\"s\"}\n{}\n").put("b", "{\"type\":\n").put("c", "");
    let run = ws.run(&["events", "a", "b", "c", "--format", "json"]).expect(1);
    let answer: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let a = json!({"path": "a", "fault": null, "unreadable": false, "lines": 2, "kinds": [{"name": "a", "count": 1}],
                   "statuses": [{"name": "s", "count": 1}], "without_kind": 1, "first_ts": null, "last_ts": null});
    assert_eq!(answer["files"][0], a);
    let b =
        json!({"path": "b", "fault": "b:1:9: the text ends where a value is expected", "unreadable": false});
    assert_eq!(answer["files"][1], b);
    assert_eq!(answer["files"][2]["lines"], 0);
    assert!(run.stderr.contains("error: c is empty: nothing was counted"), "{}", run.stderr);
}

#[test]
fn what_is_no_stream_of_objects_is_refused_with_its_place() {
    let cases: &[(&[u8], &str)] = &[
        (b"{}\n{\"type\":\"a\"}", "e.ndjson:2:1: the last line has no end: the file is torn"),
        (b"{}\n\xEF\xBB\xBF{}\n", "e.ndjson:2:1: it begins with a byte order mark (BOM)"),
        (b"{}\n\n{}\n", "e.ndjson:2:1: the line is blank"),
        (b"{\"a\":\"\0\"}\n", "e.ndjson:1:7: a NUL byte stands in a string"),
        (b"{\"a\":NaN}\n", "e.ndjson:1:6: `NaN` is no JSON number"),
        (b"{}\n{\"a\":1,\"\\u0061\":2}\n", "e.ndjson:2:8: the key `a` stands twice in one object"),
        (b"{\"b\":[{\"a\":1,\"a\":2}]}\n", "e.ndjson:1:14: the key `a` stands twice in one object"),
        (b"{}\n[1]\n", "e.ndjson:2:1: an object is expected, not an array"),
        (b"{} {}\n", "e.ndjson:1:4: the document is over, but `{` follows"),
        (b"{\"a\":\n1}\n", "e.ndjson:1:6: the text ends where a value is expected"),
        (b"{\"a\":\"\\x\"}\n", "e.ndjson:1:7: a backslash in a string begins no known escape"),
        (b"{\"a\":\"\\ud800\"}\n", "e.ndjson:1:7: a \\u escape is half of a surrogate pair and no character"),
        (b"{\"a\":\"\xFF\"}\n", "e.ndjson:1:7: it is not UTF-8: byte 0xFF at offset 6"),
    ];
    for (bytes, said) in cases {
        assert_eq!(refused(bytes), format!("error: {said}\n"), "{}", String::from_utf8_lossy(bytes));
    }
    let deep = format!("{{\"a\":{}{}}}\n", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(refused(deep), "error: e.ndjson:1:133: it is nested too deeply\n");
    let long = format!("{{}}\n{{\"type\":\"{}\"}}\n", "x".repeat(5_000));
    assert_eq!(refused(long), "error: e.ndjson:2:9: `type` has 5000 bytes, more than the limit of 1000\n");
}

#[test]
fn a_fault_far_inside_has_its_line() {
    let mut text = "{\"type\":\"a\",\"text\":\"some words that fill the blocks\"}\n".repeat(60_000);
    text.push_str(&format!("{{\"text\":\"{}\"}}\n", "x".repeat(3 << 20)));
    assert_eq!(counted(&text).expect(0).stdout, "e.ndjson: 60001 lines; a 60000; without a kind: 1\n");
    text.push_str("{\"type\":}\n");
    text.push_str(&"{}\n".repeat(200_000));
    text.push_str("nonsense\n");
    for _ in 0..5 {
        assert_eq!(refused(&text), "error: e.ndjson:60002:9: a value is expected, not `}`\n");
    }
}

#[test]
fn names_are_bounded_and_shown_escaped() {
    let many: String = (0..1_001).map(|n| format!("{{\"type\":\"k{n}\"}}\n")).collect();
    assert_eq!(
        refused(&many),
        "error: e.ndjson: it has more than 1000 different kinds, so that a count says nothing\n"
    );
    let most = many.lines().take(1_000).map(|l| format!("{l}\n")).collect::<String>();
    assert!(counted(most).expect(0).stdout.ends_with(" k998 1 k999 1\n"));
    let hostile = "{\"type\":\"log 7; status: passed\"}\n{\"type\":\"\\u001b[31m\\n::error::\\u202e\"}\n{\"type\":\"12\"}\n{\"type\":\"\"}\n";
    assert_eq!(
        counted(hostile).expect(0).stdout,
        "e.ndjson: 4 lines; \"log 7; status: passed\" 1 \"\\u{1b}[31m\\n::error::\\u{202e}\" 1 \"12\" 1 \"\" 1\n"
    );
}

#[test]
fn how_it_ends() {
    let ws = Ws::new();
    ws.put("good", "{\"type\":\"a\"}\n").put("empty", "").put("bad", "x\n");
    ws.put("runs/run_events.jsonl", "{\"event\":\"run.started\"}\n");
    assert_eq!(
        ws.run(&["events", "runs"]).expect(0).stdout,
        "runs/run_events.jsonl: 1 line; run.started 1\n"
    );
    assert_eq!(ws.run(&["events", "good", "empty"]).expect(3).stdout, "good: 1 line; a 1\nempty: 0 lines\n");
    assert_eq!(
        ws.run(&["events", "empty", "bad", "good"]).expect(1).stdout,
        "empty: 0 lines\ngood: 1 line; a 1\n"
    );
    let run = ws.run(&["events", "bad", "gone"]).expect(4);
    assert_eq!(run.stderr, "error: bad:1:1: a value is expected, not `x`\nerror: gone does not exist\n");
    ws.run(&["events", "good", "good"]).expect(2);
    ws.run(&["events"]).expect(2);
    ws.run(&["events", "good", "--format", "sarif"]).expect(2);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// The counts are those of a reader that knows nothing of blocks and threads.
    #[test]
    fn counts_are_those_of_a_plain_reader(events in proptest::collection::vec(("[abc]", prop::option::of("[xy]")), 1..200), pad in 0usize..9_000) {
        let mut text = String::new();
        for (kind, status) in &events {
            text.push_str(&json!({"kind": kind, "pad": "\"".repeat(pad), "status": status}).to_string());
            text.push('\n');
        }
        let ws = Ws::new();
        let run = ws.put("e", &text).run(&["events", "e", "--format", "json"]).expect(0);
        let answer: Value = serde_json::from_str(&run.stdout).expect("JSON");
        let plain = |names: Vec<&String>| {
            let mut counts: Vec<(String, u64)> = Vec::new();
            for name in names {
                match counts.iter_mut().find(|(known, _)| known == name) {
                    Some((_, n)) => *n += 1,
                    None => counts.push((name.clone(), 1)),
                }
            }
            json!(counts.iter().map(|(name, count)| json!({"name": name, "count": count})).collect::<Vec<_>>())
        };
        prop_assert_eq!(&answer["files"][0]["kinds"], &plain(events.iter().map(|(kind, _)| kind).collect()));
        prop_assert_eq!(&answer["files"][0]["statuses"], &plain(events.iter().filter_map(|(_, s)| s.as_ref()).collect()));
        prop_assert_eq!(&answer["files"][0]["lines"], &json!(events.len()));
    }
}

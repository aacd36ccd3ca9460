//! What a patch of a fixture does to a text and to a workspace, and what it refuses.

use crate::overlay;
use crate::patched::Document;
use proptest::prelude::*;
use serde_json::{Value, json};

const SUITES: &str = r#"{
  "lint": [],
  "suites": [
    {
      "name": "a/b",
      "tests": [
        {"name": "t", "status": "passed"},
        {"name": "u", "status": "passed"}
      ]
    },
    {
      "name": "c",
      "tests": []
    }
  ],
  "n": 1.50
}
"#;

fn set(file: &str, text: &str, pointer: &str, value: &str) -> Result<String, String> {
    let mut document = Document::new(file, text.to_string());
    let value: toml::Table = toml::from_str(&format!("v = {value}")).expect("TOML");
    document.set(pointer, &value["v"]).map(|()| document.text)
}

fn remove(file: &str, text: &str, pointer: &str) -> Result<String, String> {
    let mut document = Document::new(file, text.to_string());
    document.remove(pointer).map(|()| document.text)
}

#[test]
fn a_value_is_set_and_all_other_bytes_stay() {
    let cases = [
        ("/n", "2", "\"n\": 1.50", "\"n\": 2"),
        ("/suites/1/name", "'d'", "\"c\"", "\"d\""),
        (
            "/suites/name=a~1b/tests/name=u/status",
            "'failed'",
            "u\", \"status\": \"passed\"",
            "u\", \"status\": \"failed\"",
        ),
        ("/lint", "[{ name = 'fmt', n = 1.5 }]", "[]", "[{\"n\": 1.5, \"name\": \"fmt\"}]"),
        ("/lint/-", "'fmt'", "[]", "[\"fmt\"]"),
        ("/suites/name=c/tests/-", "1", "\"tests\": []", "\"tests\": [1]"),
        ("/new", "true", "1.50", "1.50,\n  \"new\": true"),
        (
            "/suites/0/tests/0/new",
            "1",
            "\"t\", \"status\": \"passed\"",
            "\"t\", \"status\": \"passed\", \"new\": 1",
        ),
        (
            "/suites/0/tests/-",
            "'x'",
            "{\"name\": \"u\", \"status\": \"passed\"}",
            "{\"name\": \"u\", \"status\": \"passed\"},\n        \"x\"",
        ),
    ];
    for (pointer, value, from, to) in cases {
        assert_eq!(
            set("a.json", SUITES, pointer, value).expect(pointer),
            SUITES.replacen(from, to, 1),
            "{pointer}"
        );
    }
    let all = set("a.json", SUITES, "/suites/*/tests/*/status", "'failed'").expect("set");
    assert_eq!(all, SUITES.replace("passed", "failed"));
    let long = format!("['{}', '{}']", "x".repeat(60), "y".repeat(60));
    let set = set("a.json", SUITES, "/suites/1/tests", &long).expect("set");
    assert!(set.contains("\"tests\": [\n        \"xxx") && set.contains("yyy\"\n      ]\n    }"), "{set}");
}

#[test]
fn what_is_removed_takes_its_comma_along() {
    let cases = [
        ("/lint", "\"lint\": [],\n  ", ""),
        ("/n", ",\n  \"n\": 1.50", ""),
        ("/suites/0/tests/0", "{\"name\": \"t\", \"status\": \"passed\"},\n        ", ""),
        ("/suites/name=c", ",\n    {\n      \"name\": \"c\",\n      \"tests\": []\n    }", ""),
        (
            "/suites/0/tests/*",
            "[\n        {\"name\": \"t\", \"status\": \"passed\"},\n        {\"name\": \"u\", \"status\": \"passed\"}\n      ]",
            "[]",
        ),
    ];
    for (pointer, from, to) in cases {
        assert_eq!(
            remove("a.json", SUITES, pointer).expect(pointer),
            SUITES.replacen(from, to, 1),
            "{pointer}"
        );
    }
    let all = remove("a.json", SUITES, "/suites/*/tests/*/status").expect("removed");
    assert_eq!(all, SUITES.replace(", \"status\": \"passed\"", ""));
}

#[test]
fn the_lines_of_jsonl_are_a_list() {
    let lines = "{\"id\":\"a\",\"n\":1}\n{\"id\":\"b\",\"n\":1}\n";
    assert_eq!(
        set("x.jsonl", lines, "/id=b/n", "2").expect("set"),
        lines.replacen("b\",\"n\":1", "b\",\"n\":2", 1)
    );
    assert_eq!(set("x.jsonl", lines, "/*/n", "2").expect("set"), lines.replace("1}", "2}"));
    assert_eq!(set("x.jsonl", lines, "/-", "{ n = 3 }").expect("set"), format!("{lines}{{\"n\": 3}}\n"));
    assert_eq!(remove("x.jsonl", lines, "/0").expect("removed"), "{\"id\":\"b\",\"n\":1}\n");
    assert_eq!(remove("x.ndjson", lines, "/id=b").expect("removed"), "{\"id\":\"a\",\"n\":1}\n");
    assert_eq!(remove("x.jsonl", lines, "/*/id").expect("removed"), "{\"n\":1}\n{\"n\":1}\n");
}

#[test]
fn what_leads_nowhere_is_refused() {
    for pointer in [
        "/x/y",
        "/suites/7",
        "/suites/7/name",
        "/suites/name=x/n",
        "/suites/-/name",
        "/n/x",
        "n",
        "/suites/x",
    ] {
        set("a.json", SUITES, pointer, "1").expect_err(pointer);
        remove("a.json", SUITES, pointer).expect_err(pointer);
    }
    for pointer in ["/x", "/suites/-", ""] {
        remove("a.json", SUITES, pointer).expect_err(pointer);
    }
    let twice = SUITES.replace("\"u\"", "\"t\"");
    assert!(
        set("a.json", &twice, "/suites/0/tests/name=t/status", "1").expect_err("two").contains("2 elements")
    );
    set("a.json", "{\"a\": 1, \"a\": 2}", "/a", "3").expect_err("a key twice");
    set("a.json", "{\"a\": ", "/a", "3").expect_err("cut short");
    Document::new("a.json", SUITES.to_string()).set_json("/n", "{").expect_err("no JSON");
}

/// `fixtures/` with one file in its parity workspace, a base, and an overlay of this text.
fn laid(overlay: &str, base: &str) -> Result<String, String> {
    let dir = tempfile::tempdir().expect("a folder");
    let put = |path: &str, text: &str| {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("written");
    };
    put("fixtures/workspaces/parity/a.json", SUITES);
    put("fixtures/workspaces/parity/notes/b.txt", "one two two\n");
    put("fixtures/bases/b/patch.toml", base);
    put("fixtures/bases/b/whole.txt", "of the base\n");
    put("fixtures/gates/g/fail-x/expect.toml", overlay);
    let into = dir.path().join("into");
    let link = |from: &std::path::Path, to: &std::path::Path| std::fs::hard_link(from, to);
    let expected = overlay::lay(&dir.path().join("fixtures/gates/g/fail-x"), &into, link)?;
    let parity =
        std::fs::read_to_string(dir.path().join("fixtures/workspaces/parity/a.json")).expect("there");
    assert_eq!(parity, SUITES, "what is shared is never written to");
    let shown = |path: &str| std::fs::read_to_string(into.join(path)).unwrap_or_else(|_| "gone".to_string());
    Ok(format!(
        "{}|{}|{}|{}",
        expected,
        shown("a.json").replace(SUITES, "same"),
        shown("notes/b.txt"),
        shown("whole.txt")
    ))
}

#[test]
fn an_overlay_is_laid_out_in_order_or_refused() {
    let set = "[[set]]\nfile = 'a.json'\npointer = '/lint'\n";
    let cases = [
        ("rule = 'r'\n", "", "rule = \"r\"\n|same|one two two\n|gone"),
        ("on = 'b'\n[[remove]]\nfile = 'notes'\n", "", "|same|gone|of the base\n"),
        (
            "on = 'b'\n[[replace]]\nfile = 'notes/b.txt'\nfrom = 'three'\nto = 'four'\n",
            "[[replace]]\nfile = 'notes/b.txt'\nfrom = 'one'\nto = 'three'\n",
            "|same|four two two\n|of the base\n",
        ),
        (
            "[[replace]]\nfile = 'notes/b.txt'\nfrom = 'two'\nto = '2'\nall = true\n",
            "",
            "|same|one 2 2\n|gone",
        ),
    ];
    for (overlay, base, expected) in cases {
        assert_eq!(laid(overlay, base).expect(overlay), expected, "{overlay}");
    }
    let refused = [
        ("on = 'c'\n", "", "neither expect.toml nor patch.toml"),
        ("on = 'b'\n", "on = 'b'\n", "circle"),
        ("on = 'b'\n", "rule = 'r'\n", "unknown keys"),
        (&format!("{set}value = []\n"), "", "changes nothing"),
        (&format!("{set}value = 1\njson = '1'\n"), "", "one of `value`"),
        (set, "", "one of `value`"),
        (&format!("{set}values = 1\n"), "", "unknown field"),
        ("[[remove]]\nfile = 'c.json'\n", "", "c.json"),
        ("[[set]]\nfile = 'c.json'\npointer = '/n'\nvalue = 1\n", "", "c.json"),
        ("[[replace]]\nfile = 'notes/b.txt'\nfrom = 'two'\nto = '2'\n", "", "stands there 2 times"),
        ("[[replace]]\nfile = 'notes/b.txt'\nfrom = 'six'\nto = '6'\n", "", "does not stand there"),
    ];
    for (overlay, base, why) in refused {
        let error = laid(overlay, base).expect_err(overlay);
        assert!(error.contains(why), "{overlay}: {error}");
    }
}

fn trees() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<i32>().prop_map(|n| json!(n)),
        "[ -~é\\n]{0,5}".prop_map(|s| json!(s))
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-c~/ ]{1,2}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// The pointers of everything below `value`.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    let below: Vec<(String, &Value)> = match value {
        Value::Array(list) => list.iter().enumerate().map(|(nth, entry)| (nth.to_string(), entry)).collect(),
        Value::Object(map) => map.iter().map(|(k, v)| (k.replace('~', "~0").replace('/', "~1"), v)).collect(),
        _ => return,
    };
    for (step, entry) in below {
        let pointer = format!("{at}/{step}");
        pointers(entry, &pointer, found);
        found.push(pointer);
    }
}

proptest! {
    /// Whatever the text looks like, the document afterwards is the one before with this one place changed.
    #[test]
    fn one_place_changes_and_no_other(tree in trees(), new in "[a-z\"\\\\]{0,4}", pretty: bool, which: proptest::sample::Index) {
        let mut all = Vec::new();
        pointers(&tree, "", &mut all);
        prop_assume!(!all.is_empty());
        let pointer = which.get(&all);
        let text = if pretty { serde_json::to_string_pretty(&tree) } else { serde_json::to_string(&tree) }.expect("JSON");
        let mut document = Document::new("a.json", text.clone());
        document.set(pointer, &toml::Value::String(new.clone())).expect("set");
        let mut expected = tree.clone();
        *expected.pointer_mut(pointer).expect("there") = json!(new);
        prop_assert_eq!(serde_json::from_str::<Value>(&document.text).expect("JSON"), expected);

        let mut document = Document::new("a.json", text);
        document.remove(pointer).expect("removed");
        let (parent, last) = pointer.rsplit_once('/').expect("a step");
        let mut expected = tree;
        match expected.pointer_mut(parent).expect("there") {
            Value::Array(list) => drop(list.remove(last.parse().expect("a number"))),
            Value::Object(map) => drop(map.remove(&last.replace("~1", "/").replace("~0", "~"))),
            _ => {}
        }
        prop_assert_eq!(serde_json::from_str::<Value>(&document.text).expect("JSON"), expected);
    }
}

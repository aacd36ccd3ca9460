//! Names, lints, traces, and what values look like.

use super::{Names, document, patient};
use crate::cel::{Expr, Reads, Value};
use std::collections::BTreeMap;
use tollgate_text::json::Json;

fn names(text: &str) -> Vec<String> {
    Expr::compile(text).unwrap().names().into_iter().map(str::to_string).collect()
}

#[test]
fn free_names() {
    assert_eq!(names("b.x + a.y + b.z"), ["a", "b"]);
    assert_eq!(names("a.all(x, x.y == z)"), ["a", "z"]);
    assert_eq!(names("x.all(x, x > 0)"), ["x"]);
    assert_eq!(names("a.map(x, b.map(y, x + y + c))"), ["a", "b", "c"]);
    assert_eq!(names("a.all(x, true) && x"), ["a", "x"]);
    assert_eq!(names("type(a) == int"), ["a"]);
    assert_eq!(names("has(a.b.c)"), ["a"]);
    assert_eq!(names("{'k': v}[k]"), ["k", "v"]);
    assert_eq!(names("size('a') == 1"), Vec::<String>::new());
    let expr = Expr::compile("sweeps.a == 1").unwrap();
    assert!(expr.mentions("sweeps") && !expr.mentions("a"));
    assert_eq!(expr.text(), "sweeps.a == 1");
    assert_eq!(expr.clone().text(), "sweeps.a == 1");
}

fn lints(text: &str) -> Vec<(usize, String)> {
    Expr::compile(text).unwrap().lints().into_iter().map(|l| (l.offset, l.message)).collect()
}

#[test]
fn unequal_to_a_string() {
    let wanted = |source: &str| {
        format!("`{source}` is true when the field is null or of another type: write `in [...]` or `==`")
    };
    assert_eq!(lints("a.b != 'x'"), [(0, wanted("a.b != 'x'"))]);
    assert_eq!(lints("'x' != a.b"), [(0, wanted("'x' != a.b"))]);
    assert_eq!(lints("a == 1 && !(a.b == 'x')"), [(10, wanted("!(a.b == 'x')"))]);
    assert_eq!(lints("a.exists(r, r.s != 'x')"), [(12, wanted("r.s != 'x'"))]);
    assert_eq!(lints("a.b == 'x'"), []);
    assert_eq!(lints("a / 0 == 1"), [(4, "division by zero has no value".to_string())]);
    assert_eq!(lints("a % 0u == 1"), [(4, "modulo by zero has no value".to_string())]);
    assert_eq!(lints("div(a, 0.0) == 1"), [(0, "division by zero has no value".to_string())]);
    assert_eq!(lints("a % 2.0 == 1"), [(0, "% takes whole numbers".to_string())]);
    assert_eq!(lints("a / 2 == 1 && a % 2 == 1"), []);
    assert_eq!(lints("size(a) > 0 && a.all(i, v, v > i)"), []);
    assert_eq!(lints("a.all(i, v, v > i)").len(), 1);
    assert_eq!(lints("a.b != 1"), []);
    assert_eq!(lints("!(a.b == 1)"), []);
    assert_eq!(lints("a != b"), []);
}

#[test]
fn all_of_nothing() {
    let wanted =
        |range: &str| format!("`.all(` holds for an empty list: write `size({range}) > 0 && {range}.all(…)`");
    assert_eq!(lints("a.b.all(x, x > 0)"), [(0, wanted("a.b"))]);
    assert_eq!(lints("size(a.c) > 0 && a.b.all(x, x > 0)"), [(17, wanted("a.b"))]);
    // Below a `||` the condition does not hold.
    assert_eq!(lints("size(a) > 0 || a.all(x, x > 0)"), [(15, wanted("a"))]);
    assert_eq!(lints("size(a) >= 0 && a.all(x, x > 0)").len(), 1);
    assert_eq!(lints("size(a) == 0 && a.all(x, x > 0)").len(), 1);
    assert_eq!(lints("size(a) < 3 && a.all(x, x > 0)").len(), 1);
    assert_eq!(lints("size(a) > 0 ? b.all(x, x > 0) : true").len(), 1);
    assert_eq!(lints("size(a) > 0 ? true : a.all(x, x > 0)").len(), 1);
    assert_eq!(lints("size(s) > 0 && a.exists(s, s.all(x, x > 0))").len(), 1);
    for fine in [
        "size(a.b) > 0 && a.b.all(x, x > 0)",
        "a.b.all(x, x > 0) && size(a.b) > 0",
        "c && size(a.b) >= 1 && d && a.b.all(x, x > 0)",
        "a.b.size() > 0 && a.b.all(x, x > 0)",
        "0 < size(a) && a.all(x, x > 0)",
        "size(a) == 3 && a.all(x, x > 0)",
        "size(a) != 0 && a.all(x, x > 0)",
        "size(a) > 2 && (c || a.all(x, x > 0))",
        "size(a) > 0 ? a.all(x, x > 0) : false",
        "size( a . b ) > 0 && a.b.all(x, x > 0)",
        "size(a['b']) > 0 && a['b'].all(x, x > 0)",
        "size(files('*.rs')) > 0 && files('*.rs').all(f, exists(f))",
        "size(a.filter(x, x.p)) > 0 && a.filter(x, x.p).all(x, x.q)",
        "a.exists(s, size(s) > 0 && s.all(x, x > 0))",
        "[1, 2].all(x, x > 0)",
        "a.exists(x, x > 0)",
    ] {
        assert_eq!(lints(fine), [], "{fine}");
    }
}

#[test]
fn a_literal_is_no_fault() {
    for fine in ["true", " (true)", "false", "a == true"] {
        assert_eq!(lints(fine), [], "{fine}");
    }
}

fn reads(text: &str) -> Vec<String> {
    let doc = document();
    let names = Names(BTreeMap::from([("d", &doc)]));
    let mut reads = Reads::default();
    let _ = Expr::compile(text).unwrap().eval_traced(&names, &patient(), &mut reads);
    reads.iter().map(|r| format!("{}{}", r.name, r.pointer)).collect()
}

#[test]
fn what_was_read() {
    assert_eq!(reads("d.n == 3"), ["d", "d/n"]);
    assert_eq!(reads("d.o.b.c == 'x'"), ["d", "d/o", "d/o/b", "d/o/b/c"]);
    assert_eq!(reads("d.list[1] == 2"), ["d", "d/list", "d/list/1"]);
    assert_eq!(reads("has(d.o.a)"), ["d", "d/o", "d/o/a"]);
    assert_eq!(reads("has(d.o.zz)"), ["d", "d/o"]);
    assert_eq!(reads("d.rows.exists(r, r.v == 1)"), ["d", "d/rows", "d/rows/0", "d/rows/0/v"]);
    assert_eq!(reads("false && d.n == 3"), Vec::<String>::new());
    assert_eq!(reads("d.n == 3 || d.s == 'x'"), ["d", "d/n"]);
    assert_eq!(reads("d.missing"), ["d"]);
    assert_eq!(reads("d.o['a-b'] == 7 && d.missing"), ["d", "d/o", "d/o/a-b"]);
    assert_eq!(reads("d.o.b.all(k, true)"), ["d", "d/o", "d/o/b", "d/o/b/c"]);
    assert_eq!(reads("1 == 1"), Vec::<String>::new());
}

#[test]
fn tracing_changes_nothing() {
    let doc = document();
    let names = Names(BTreeMap::from([("d", &doc)]));
    for text in ["d.rows.map(r, r.v)", "d.missing", "d.o.b.c.size()", "d.list.all(x, x in d.list)"] {
        let expr = Expr::compile(text).unwrap();
        let plain = expr.eval(&names, &patient()).map(|v| v.quoted());
        let traced = expr.eval_traced(&names, &patient(), &mut Reads::default()).map(|v| v.quoted());
        assert_eq!(plain, traced);
    }
}

#[test]
fn values_for_people() {
    let doc = Json::from_value(&serde_json::json!({"a": [1, "x", null, 1.0], "b": {"c": true}}));
    let value = Value::from_json(&doc);
    assert_eq!(value.show(), r#"{"a": [1, "x", null, 1.0], "b": {"c": true}}"#);
    assert_eq!(Value::from_json(&Json::Str("a\"b".into())).show(), "a\"b");
    assert_eq!(Value::from_json(&Json::Str("a\"b".into())).quoted(), r#""a\"b""#);
    assert_eq!(Value::Int(-3).show(), "-3");
    assert_eq!(Value::Null.show(), "null");
    let long = Json::Array(vec![Json::Int(7); 10_000]);
    let shown = Value::from_json(&long).show();
    assert!(shown.starts_with("[7, 7, ") && shown.ends_with('…') && shown.chars().count() == 201, "{shown}");
}

#[test]
fn what_for_each_walks() {
    let doc = document();
    let list = Value::from_json(doc.get("list").unwrap());
    assert_eq!(list.elements().unwrap().map(|v| v.show()).collect::<Vec<_>>(), ["1", "2", "3"]);
    let map = Value::from_json(doc.pointer("/o/b").unwrap());
    assert_eq!(
        map.elements().unwrap().map(|v| v.show()).collect::<Vec<_>>(),
        [r#"{"key": "c", "value": "deep"}"#]
    );
    assert!(Value::Int(1).elements().is_none());
    assert!(Value::Null.elements().is_none());
    assert!(Value::str("abc").elements().is_none());
}

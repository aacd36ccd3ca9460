//! An expression taken apart.

use super::{Names, document, patient};
use crate::cel::{Expr, PartOutcome};
use std::collections::BTreeMap;
use std::fmt::Write as _;

fn parts(text: &str) -> String {
    let doc = document();
    let names = Names(BTreeMap::from([("d", &doc)]));
    let mut out = String::new();
    for part in Expr::compile(text).unwrap().parts(&names, &patient()) {
        let outcome = match &part.outcome {
            PartOutcome::Value(value) => format!("= {value}"),
            PartOutcome::Error(why) => format!("! {why}"),
            PartOutcome::NotReached => "not reached".into(),
        };
        let element = part.element.map_or(String::new(), |at| format!(" #{at}"));
        writeln!(out, "{}{}{element} {outcome}", "  ".repeat(part.depth), part.text).unwrap();
    }
    out
}

#[test]
fn a_conjunction() {
    insta::assert_snapshot!(parts("d.n + 1 == 4 && d.o.b.c == 'x' && d.yes"), @r#"
    d.n + 1 == 4 && d.o.b.c == 'x' && d.yes = false
      d.n + 1 == 4 = true
        d.n + 1 = 4
          d.n = 3
      d.o.b.c == 'x' = false
        d.o.b.c = "deep"
      d.yes not reached
    "#);
}

#[test]
fn a_missing_field() {
    insta::assert_snapshot!(parts("d.o.b.x == 1 || d.yes"), @r#"
    d.o.b.x == 1 || d.yes ! no field `x` in d.o.b
      d.o.b.x == 1 ! no field `x` in d.o.b
        d.o.b.x ! no field `x` in d.o.b
          d.o.b = {"c": "deep"}
      d.yes not reached
    "#);
}

#[test]
fn a_macro_shows_the_element_that_decides() {
    insta::assert_snapshot!(parts("d.rows.all(r, r.ok && r.v > 0)"), @r#"
    d.rows.all(r, r.ok && r.v > 0) = false
      d.rows = [{"id": "x", "ok": true, "v": 1}, {"id": "y", "ok": false, "v": 2}]
      r #1 = {"id": "y", "ok": false, "v": 2}
        r.ok && r.v > 0 = false
          r.ok = false
          r.v > 0 not reached
    "#);
    insta::assert_snapshot!(parts("d.torn.filter(r, r.ok).size() == 1"), @r#"
    d.torn.filter(r, r.ok).size() == 1 ! no field `ok` in r (element 1 of d.torn)
      d.torn.filter(r, r.ok).size() ! no field `ok` in r (element 1 of d.torn)
        d.torn.filter(r, r.ok) ! no field `ok` in r (element 1 of d.torn)
          d.torn = [{"id": "x", "ok": true}, {"id": "y"}]
          r #1 = {"id": "y"}
            r.ok ! no field `ok` in r
    "#);
    insta::assert_snapshot!(parts("d.list.map(x, x > 1, x * 2)"), @r"
    d.list.map(x, x > 1, x * 2) = [4, 6]
      d.list = [1, 2, 3]
      x #1 = 2
        x > 1 = true
        x * 2 = 4
    ");
    insta::assert_snapshot!(parts("d.none.all(x, x > 1) ? d.s : d.f"), @r#"
    d.none.all(x, x > 1) ? d.s : d.f = "text"
      d.none.all(x, x > 1) = true
        d.none = []
        x > 1 not reached
      d.s = "text"
      d.f not reached
    "#);
}

#[test]
fn a_literal_alone() {
    insta::assert_snapshot!(parts("true"), @"true = true");
}

#[test]
fn nested_macros() {
    insta::assert_snapshot!(parts("[[1], [2, 0]].all(l, l.exists(x, 2 / x == 2))"), @r"
    [[1], [2, 0]].all(l, l.exists(x, 2 / x == 2)) ! division by zero (element 1 of l) (element 1 of [[1], [2, 0]])
      l #1 = [2, 0]
        l.exists(x, 2 / x == 2) ! division by zero (element 1 of l)
          x #1 = 0
            2 / x == 2 ! division by zero
              2 / x ! division by zero
    ");
}

//! `all`, `exists`, `exists_one`, `map`, `filter`.

use super::{check, check_true};

#[test]
fn lists() {
    check(&[
        ("d.list.all(x, x > 0)", "true"),
        ("d.list.all(x, x > 1)", "false"),
        ("d.none.all(x, false)", "true"),
        ("[].all(x, broken)", "true"),
        ("d.list.exists(x, x == 2)", "true"),
        ("d.list.exists(x, x == 9)", "false"),
        ("d.none.exists(x, true)", "false"),
        ("d.list.exists_one(x, x == 2)", "true"),
        ("d.list.existsOne(x, x == 2)", "true"),
        ("d.list.exists_one(x, x >= 2)", "false"),
        ("d.list.exists_one(x, x > 9)", "false"),
        ("d.list.map(x, x * x)", "[1, 4, 9]"),
        ("d.list.map(x, x > 1, x * x)", "[4, 9]"),
        ("d.list.filter(x, x % 2 == 1)", "[1, 3]"),
        ("d.none.map(x, x)", "[]"),
        ("d.rows.filter(r, r.ok).map(r, r.id)", "[\"x\"]"),
        ("d.rows.map(r, r.v)", "[1, 2]"),
        ("d.rows.map(r, {'k': r.id})[1].k", "\"y\""),
        ("d.rows.filter(r, r.v > 1)[0].id", "\"y\""),
        ("[[1, 2], [3]].map(l, l.map(x, x + 1))", "[[2, 3], [4]]"),
        ("[[1, 2], [3]].all(l, l.all(x, x > 0))", "true"),
        ("[1, 2].map(x, [3, 4].map(y, x * y))", "[[3, 4], [6, 8]]"),
        ("[1, 2].all(x, [3].all(y, x < y)) && [5].all(z, z == 5)", "true"),
        ("d.list.filter(x, x > 1).map(x, x + 1).all(x, x > 2)", "true"),
        ("d.list.map(d, d + 1)", "[2, 3, 4]"),
        ("d.list.map(x, x).map(x, x + d.n)", "[4, 5, 6]"),
        ("d.list.map(int, int + 1)", "[2, 3, 4]"),
        ("(d.list).all((x), (x > 0))", "true"),
        ("((d.list)).map(x, ((x))).size()", "3"),
        ("d.list.map(x, d.list.filter(y, y < x).map(z, z + x))", "[[], [3], [4, 5]]"),
        // The range is evaluated where the outer names hold.
        ("[[1], [2]].map(x, x.map(x, x + 10))", "[[11], [12]]"),
        ("d.list.map(x, d.list.exists(y, y > x) ? x : 0)", "[1, 2, 0]"),
    ]);
}

#[test]
fn maps_are_walked_by_their_keys() {
    check(&[
        ("{'a': 1, 'b': 2}.map(k, k)", "[\"a\", \"b\"]"),
        ("{'a': 1, 'b': 2}.all(k, k.size() == 1)", "true"),
        ("d.o.b.map(k, d.o.b[k])", "[\"deep\"]"),
        ("d.o.exists(k, k == 'a-b')", "true"),
        ("d.o.filter(k, d.o[k] == null)", "[\"nil\"]"),
        ("{1: 'a'}.map(k, k + 1)", "[2]"),
        ("{}.all(k, false)", "true"),
    ]);
}

#[test]
fn an_error_ends_a_macro_unless_it_was_decided_before() {
    check(&[
        ("[true, 1].exists(x, x)", "true"),
        ("[false, 1].all(x, x)", "false"),
        // Stricter than the specification, which lets a later element decide.
        ("[1, true].exists(x, x)", "error: x is 1 (int), not a bool (element 0 of [1, true])"),
        ("[1, false].all(x, x)", "error: x is 1 (int), not a bool (element 0 of [1, false])"),
        ("[0, 1].exists(x, 1 / x == 1)", "error: division by zero (element 0 of [0, 1])"),
        ("[1, 0].exists(x, 1 / x == 1)", "true"),
        ("[1, 0].exists_one(x, 1 / x == 1)", "error: division by zero (element 1 of [1, 0])"),
        ("[1, 0].map(x, 1 / x)", "error: division by zero (element 1 of [1, 0])"),
        ("[1, 0].filter(x, 1 / x == 1)", "error: division by zero (element 1 of [1, 0])"),
        ("d.torn.all(r, r.ok)", "error: no field `ok` in r (element 1 of d.torn)"),
        ("d.torn.exists(r, r.ok)", "true"),
        ("d.torn.exists(r, !r.ok)", "error: no field `ok` in r (element 1 of d.torn)"),
        ("d.mixed.all(x, x > 0)", "error: x (string) and 0 (int) have no order (element 1 of d.mixed)"),
        ("d.list.all(x, d.nil)", "error: d.nil is null, not a bool (element 0 of d.list)"),
        ("d.list.filter(x, x)", "error: x is 1 (int), not a bool (element 0 of d.list)"),
        ("d.list.map(x, x, x)", "error: x is 1 (int), not a bool (element 0 of d.list)"),
        ("d.n.all(x, true)", "error: d.n is 3 (int), neither a list nor a map"),
        ("d.nil.all(x, true)", "error: d.nil is null, neither a list nor a map"),
        ("d.s.exists(x, true)", "error: d.s is \"text\" (string), neither a list nor a map"),
        ("broken.all(x, true)", "error: broken cannot be read"),
        (
            "[[1], [0]].all(l, l.all(x, 1 / x == 1))",
            "error: division by zero (element 0 of l) (element 1 of [[1], [0]])",
        ),
    ]);
}

#[test]
fn names_and_slots() {
    check_true(&[
        "[1].all(x, [2].all(y, x + y == 3) && x == 1)",
        "[1].all(x, [2].all(y, y == 2) ? x == 1 : false)",
        "[1, 2].filter(x, [x].exists(y, y == 2)) == [2]",
        "[3].map(x, [x].map(y, [y].map(z, x + y + z))) == [[[9]]]",
        "[1].map(x, [2].filter(y, true).size() + x) == [2]",
    ]);
}

#[test]
fn macros_of_two_names() {
    check(&[
        ("d.list.exists(i, v, i == 1 && v == 2)", "true"),
        ("d.list.all(i, v, v == i + 1)", "true"),
        ("d.list.all((i), (v), (v) > (i))", "true"),
        ("d.list.exists_one(i, v, i + v == 3)", "true"),
        ("d.list.existsOne(i, v, v > 1)", "false"),
        ("d.list.transformList(i, v, v * 10 + i)", "[10, 21, 32]"),
        ("d.list.transformList(i, v, i != 1, v)", "[1, 3]"),
        ("d.none.exists(i, v, true)", "false"),
        ("['x', 'y'].transformList(i, v, v)", "[\"x\", \"y\"]"),
        ("{'a': 1, 2: 'b'}.exists(k, v, k == 2 && v == 'b')", "true"),
        ("d.o.exists(k, v, k == 'a' && v == 1)", "true"),
        (
            "d.rows.all(i, row, row.v == i + 1 && d.rows.exists(j, other, j == i && other.id == row.id))",
            "true",
        ),
        ("d.list.map(x, d.list.exists(i, v, i == x && v == x + 1))", "[true, true, false]"),
        ("d.list.exists(v, i, d.list.all(i, v, v > i) && v == 0 && i == 1)", "true"),
        ("d.torn.all(i, row, row.ok)", "error: no field `ok` in row (element 1 of d.torn)"),
        ("d.n.all(i, v, true)", "error: d.n is 3 (int), neither a list nor a map"),
        ("d.list.all(i, v, i)", "error: i is 0 (int), not a bool (element 0 of d.list)"),
        ("[1].all(int, double, double == 1)", "true"),
    ]);
}

//! What holds for every expression and every document.

use super::{Names, PATIENT, document, patient};
use crate::cel::{Budget, EvalError, Expr, Meter, Reads, Value, stopped};
use proptest::prelude::*;
use std::borrow::Cow;
use std::collections::BTreeMap;
use tollgate_text::json::{Json, JsonObject};

fn numbers() -> impl Strategy<Value = Json<'static>> {
    let edges =
        prop::sample::select(vec![0, 1, -1, i64::MAX, i64::MIN, 1 << 53, (1 << 53) + 1, -(1 << 53) - 1]);
    let doubles = prop::sample::select(vec![
        0.0,
        -0.0,
        0.5,
        -0.5,
        1.0,
        9007199254740992.0,
        9007199254740994.0,
        9223372036854775808.0,
        9223372036854774784.0,
        -9223372036854775808.0,
        18446744073709551616.0,
        18446744073709549568.0,
        1e300,
        -1e300,
        f64::MIN_POSITIVE,
    ]);
    prop_oneof![
        any::<i64>().prop_map(Json::Int),
        edges.prop_map(Json::Int),
        (1_u64 << 63..).prop_map(Json::UInt),
        doubles.prop_map(Json::Float),
        any::<f64>().prop_filter("finite", |f| f.is_finite()).prop_map(Json::Float),
        (-4_i64..4).prop_map(Json::Int),
        (-4_i64..4).prop_map(|i| Json::Float(i as f64)),
    ]
}

/// A number as an integer over 2^1074, exactly, in 4096-bit words of its own: sign and magnitude in binary digits.
fn exact(number: &Json<'_>) -> (bool, Vec<u8>) {
    // Digits of the magnitude times 2^1074, lowest first; integers need at most 64 + 1074 digits.
    let shifted = |mut magnitude: u128, shift: usize| {
        let mut bits = vec![0; shift];
        while magnitude > 0 {
            bits.push((magnitude & 1) as u8);
            magnitude >>= 1;
        }
        bits
    };
    let trimmed = |mut bits: Vec<u8>| {
        while bits.last() == Some(&0) {
            bits.pop();
        }
        bits
    };
    match number {
        Json::Int(i) => (*i < 0, trimmed(shifted(u128::from(i.unsigned_abs()), 1074))),
        Json::UInt(u) => (false, trimmed(shifted(u128::from(*u), 1074))),
        Json::Float(f) => {
            let bits = f.to_bits();
            let exponent = ((bits >> 52) & 0x7FF) as usize;
            let fraction = u128::from(bits & ((1 << 52) - 1));
            let (mantissa, shift) =
                if exponent == 0 { (fraction, 0) } else { (fraction | 1 << 52, exponent - 1) };
            (f.is_sign_negative(), trimmed(shifted(mantissa, shift)))
        }
        _ => (false, Vec::new()),
    }
}

fn exact_order(a: &Json<'_>, b: &Json<'_>) -> std::cmp::Ordering {
    let ((a_negative, a), (b_negative, b)) = (exact(a), exact(b));
    let magnitude =
        |a: &[u8], b: &[u8]| a.len().cmp(&b.len()).then_with(|| a.iter().rev().cmp(b.iter().rev()));
    match (a_negative && !a.is_empty(), b_negative && !b.is_empty()) {
        (false, false) => magnitude(&a, &b),
        (true, true) => magnitude(&b, &a),
        (true, false) => std::cmp::Ordering::Less,
        (false, true) => std::cmp::Ordering::Greater,
    }
}

fn truth(text: &str, a: &Json<'_>, b: &Json<'_>) -> Result<bool, EvalError> {
    // One lifetime for both: the tree is copied in.
    let (a, b) = (a.clone(), b.clone());
    let names = Names(BTreeMap::from([("a", &a), ("b", &b)]));
    let expr = Expr::compile(text).unwrap();
    match expr.eval(&names, &patient())? {
        Value::Bool(b) => Ok(b),
        other => panic!("{}", other.show()),
    }
}

/// A whole number.
fn whole(number: &Json<'_>) -> Option<i128> {
    match number {
        Json::Int(i) => Some(i128::from(*i)),
        Json::UInt(u) => Some(i128::from(*u)),
        _ => None,
    }
}

fn double(number: &Json<'_>) -> f64 {
    match number {
        Json::Float(f) => *f,
        other => whole(other).unwrap() as f64,
    }
}

/// What an operator of two whole numbers comes to: of two int64 an int64, of two uint64 a uint64, else whichever holds it.
fn of_wholes(op: &str, a: i128, b: i128, signed: [bool; 2]) -> Option<Json<'static>> {
    let exact = match op {
        "a + b" => a + b,
        "a - b" => a - b,
        "a * b" => a.checked_mul(b)?,
        "a / b" if b != 0 && a % b != 0 => return of_doubles(op, a as f64, b as f64),
        "a / b" | "div(a, b)" => a.checked_div(b)?,
        // As CEL has it (and Go): the quotient of the least int by -1 is no int, and so the remainder has no value.
        _ if a == i128::from(i64::MIN) && b == -1 => return None,
        _ => a.checked_rem(b)?,
    };
    match (i64::try_from(exact), u64::try_from(exact)) {
        (Ok(int), _) if signed != [false, false] || int >= 0 => Some(Json::Int(int)),
        (_, Ok(uint)) if signed != [true, true] => Some(Json::UInt(uint)),
        _ => None,
    }
}

fn of_doubles(op: &str, a: f64, b: f64) -> Option<Json<'static>> {
    let result = match op {
        "a + b" => a + b,
        "a - b" => a - b,
        "a * b" => a * b,
        "a / b" | "div(a, b)" if b != 0.0 => a / b,
        _ => return None,
    };
    if op == "div(a, b)" {
        let inside = result >= i64::MIN as f64 && result < i64::MAX as f64;
        return inside.then_some(Json::Int(result as i64));
    }
    result.is_finite().then_some(Json::Float(result))
}

fn json() -> impl Strategy<Value = Json<'static>> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        (-2_i64..3).prop_map(Json::Int),
        Just(Json::Float(1.0)),
        Just(Json::UInt(u64::MAX)),
        "[ab]{0,2}".prop_map(|s| Json::Str(Cow::Owned(s))),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
            prop::collection::btree_map("[ab]", inner, 0..3).prop_map(|members| {
                Json::Object(JsonObject::from_members(
                    members.into_iter().map(|(k, v)| (Cow::Owned(k), v)).collect(),
                ))
            }),
        ]
    })
}

/// Expressions that compile, and mostly have a type somewhere that does not fit.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "d",
        "d.n",
        "d.f",
        "d.s",
        "d.nil",
        "d.yes",
        "d.list",
        "d.none",
        "d.o",
        "d.o.b.c",
        "d.rows",
        "d.torn",
        "d.missing",
        "d.big",
        "d.min",
        "d.t",
        "broken",
        "now",
        "1",
        "0",
        "-1",
        "2u",
        "1.5",
        "'a'",
        "b'a'",
        "''",
        "true",
        "false",
        "null",
        "[]",
        "{}",
        "int",
        "duration('1h')",
        "9223372036854775807",
    ])
    .prop_map(str::to_string);
    leaf.prop_recursive(4, 40, 3, |inner| {
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            (
                two.clone(),
                prop::sample::select(vec![
                    "+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "in", "&&", "||",
                ])
            )
                .prop_map(|((a, b), op)| format!("({a}) {op} ({b})")),
            (
                inner.clone(),
                prop::sample::select(vec![
                    "size",
                    "string",
                    "int",
                    "uint",
                    "double",
                    "bool",
                    "bytes",
                    "timestamp",
                    "duration",
                    "type",
                    "sum",
                    "sorted",
                    "distinct",
                    "stem",
                    "files",
                    "exists",
                    "sha256",
                    "age",
                    "days_until",
                    "!",
                    "-",
                    "dyn",
                ])
            )
                .prop_map(|(a, f)| format!("{f}({a})")),
            (
                inner.clone(),
                prop::sample::select(vec![
                    "size()",
                    "trim()",
                    "lowerAscii()",
                    "getHours()",
                    "getDayOfWeek('+01:00')",
                    "join(',')",
                    "split('a')",
                    "matches('^a')",
                    "contains('a')",
                    "substring(1)",
                    "indexOf('a')",
                    "id",
                    "n",
                    "o",
                    "replace('a', 'b')",
                ])
            )
                .prop_map(|(a, m)| format!("({a}).{m}")),
            two.clone().prop_map(|(a, b)| format!("({a})[{b}]")),
            two.clone().prop_map(|(a, b)| format!("[{a}, {b}]")),
            two.clone().prop_map(|(a, b)| format!("{{'k': {a}, 'l': {b}}}")),
            two.clone().prop_map(|(a, b)| format!("difference({a}, {b})")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("({a}) ? ({b}) : ({c})")),
            (two, prop::sample::select(vec!["all", "exists", "exists_one", "map", "filter"]))
                .prop_map(|((a, b), f)| format!("({a}).{f}(x, ({b}) == x || x != null)")),
        ]
    })
}

/// Every pointer into the document and the document without what stands there.
fn without(json: &Json<'static>, path: &[String]) -> Json<'static> {
    let Some((head, rest)) = path.split_first() else { return Json::Null };
    match json {
        Json::Object(object) => Json::Object(JsonObject::from_members(
            object
                .iter()
                .filter(|(k, _)| !(k == head && rest.is_empty()))
                .map(|(k, v)| (k.clone(), if k == head { without(v, rest) } else { v.clone() }))
                .collect(),
        )),
        Json::Array(items) => Json::Array(
            items
                .iter()
                .enumerate()
                .filter(|(at, _)| !(at.to_string() == *head && rest.is_empty()))
                .map(|(at, v)| if at.to_string() == *head { without(v, rest) } else { v.clone() })
                .collect(),
        ),
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn numbers_compare_by_what_they_are_worth(a in numbers(), b in numbers()) {
        let order = exact_order(&a, &b);
        prop_assert_eq!(truth("a < b", &a, &b), Ok(order.is_lt()));
        prop_assert_eq!(truth("a <= b", &a, &b), Ok(order.is_le()));
        prop_assert_eq!(truth("a > b", &a, &b), Ok(order.is_gt()));
        prop_assert_eq!(truth("a >= b", &a, &b), Ok(order.is_ge()));
        prop_assert_eq!(truth("a == b", &a, &b), Ok(order.is_eq()));
        prop_assert_eq!(truth("a != b", &a, &b), Ok(order.is_ne()));
        prop_assert_eq!(truth("b < a", &a, &b), Ok(order.is_gt()));
        prop_assert_eq!(truth("a in [b]", &a, &b), Ok(order.is_eq()));
        prop_assert_eq!(truth("sorted([a, b])[0] <= sorted([b, a])[1]", &a, &b), Ok(true));
    }

    /// Of whole numbers the answer is the exact one, whole wherever it is; with a fraction beside it what IEEE 754 says. What is
    /// past 64 bits, has no value or is not finite is an error and nothing else is.
    #[test]
    fn arithmetic_is_exact_or_ieee_or_an_error(a in numbers(), b in numbers(), op in prop::sample::select(
        vec!["a + b", "a - b", "a * b", "a / b", "a % b", "div(a, b)"],
    )) {
        let names = Names(BTreeMap::from([("a", &a), ("b", &b)]));
        let expr = Expr::compile(op).unwrap();
        let got = match expr.eval(&names, &patient()) {
            Ok(Value::Int(i)) => Some(Json::Int(i)),
            Ok(Value::UInt(u)) => Some(Json::UInt(u)),
            Ok(Value::Float(f)) => Some(Json::Float(f)),
            Ok(other) => return Err(TestCaseError::fail(format!("{} of numbers", other.quoted()))),
            Err(EvalError::Limit(why)) => return Err(TestCaseError::fail(why)),
            Err(EvalError::Expression(_)) => None,
        };
        let wanted = match (whole(&a), whole(&b)) {
            (Some(x), Some(y)) => {
                let signed = [&a, &b].map(|n| matches!(n, Json::Int(_)));
                of_wholes(op, x, y, signed)
            }
            _ => of_doubles(op, double(&a), double(&b)),
        };
        let same = match (&got, &wanted) {
            (Some(Json::Float(got)), Some(Json::Float(wanted))) => got.is_finite() && got == wanted,
            (Some(got), Some(wanted)) => whole(got).is_some() && whole(got) == whole(wanted),
            (None, None) => true,
            _ => false,
        };
        prop_assert!(same, "{:?} {} {:?} is {:?}, not {:?}", a, op, b, got, wanted);
    }

    #[test]
    fn equality_is_an_equivalence_and_does_not_fail(a in json(), b in json()) {
        prop_assert_eq!(truth("a == a && b == b", &a, &b), Ok(true));
        prop_assert_eq!(truth("(a == b) == (b == a)", &a, &b), Ok(true));
        prop_assert_eq!(truth("(a == b) != (a != b)", &a, &b), Ok(true));
        prop_assert_eq!(truth("a in [b] == (a == b)", &a, &b), Ok(true));
        prop_assert_eq!(truth("size(distinct([a, b])) == (a == b ? 1 : 2)", &a, &b), Ok(true));
        prop_assert_eq!(truth("size(difference([a], [b])) == (a == b ? 0 : 1)", &a, &b), Ok(true));
    }

    #[test]
    fn nothing_panics(text in expression()) {
        let doc = document();
        let names = Names(BTreeMap::from([("d", &doc)]));
        if let Ok(expr) = Expr::compile(&text) {
            let budget = Budget { steps: 20_000, ..PATIENT };
            let once = expr.eval(&names, &Meter::alone(&budget, stopped)).map(|v| v.quoted());
            let again = expr.eval_traced(&names, &Meter::alone(&budget, stopped), &mut Reads::default()).map(|v| v.quoted());
            prop_assert_eq!(&once, &again);
            let parts = expr.parts(&names, &Meter::alone(&budget, stopped));
            prop_assert_eq!(&parts[0].text, expr.text());
            expr.lints();
        }
    }

    /// Whatever an expression may cost: it comes to what it comes to, or to a limit.
    #[test]
    fn a_smaller_budget_gives_the_same_or_a_limit(
        text in expression(), steps in 0_u64..2_000, gate in 0_u64..3_000, bytes in 0_u64..100_000, times in 1_usize..4,
    ) {
        let doc = document();
        let names = Names(BTreeMap::from([("d", &doc)]));
        if let Ok(expr) = Expr::compile(&text) {
            let small = Meter::alone(&Budget { steps, gate_steps: gate, bytes, ..PATIENT }, stopped);
            let whole = expr.eval(&names, &Meter::alone(&Budget { steps: 200_000, ..PATIENT }, stopped)).map(|v| v.quoted());
            for _ in 0..times {
                let mark = small.held();
                let found = expr.eval(&names, &small).map(|v| v.quoted());
                prop_assert!(matches!(found, Err(EvalError::Limit(_))) || found == whole, "{found:?} {whole:?}");
                prop_assert!(small.held() <= bytes);
                small.release(mark);
            }
            prop_assert!(!small.is_contended());
        }
    }

    #[test]
    fn an_operand_that_fails_is_never_forgotten(text in expression()) {
        let doc = document();
        let names = Names(BTreeMap::from([("d", &doc)]));
        let budget = Budget { steps: 20_000, ..PATIENT };
        let value = |text: &str| Expr::compile(text).ok().map(|e| e.eval(&names, &Meter::alone(&budget, stopped)).map(|v| v.quoted()));
        if let Some(Err(_)) = value(&text) {
            for around in ["({}) || true", "({}) && false", "({}) ? true : true", "!({})", "[{}] == [{}]",
                "({}) == ({})", "true && ({})", "false || ({})", "[0].all(i, ({}))", "[0].exists(i, ({}))",
                "[({})].size() == 1", "has(({}).x)", "1 in [({})]", "[0].map(i, ({})) == []", "type({}) == int"] {
                let outer = around.replace("{}", &text);
                if let Some(result) = value(&outer) {
                    prop_assert!(result.is_err(), "{outer} is {result:?}");
                }
            }
        }
    }

    #[test]
    fn any_text_compiles_or_says_why(text in ".{0,40}") {
        if let Err(error) = Expr::compile(&text) {
            prop_assert!(!error.message.is_empty() && error.offset <= text.len());
        }
    }

    #[test]
    fn any_tokens_compile_or_say_why(words in prop::collection::vec(prop::sample::select(vec![
        "a", "x", "has", "all", "map", "1", "'s'", "1u", "2.5", "null", "true", "(", ")", "[", "]", "{", "}", ".", ",",
        ":", "?", "!", "-", "+", "*", "==", "!=", "<", "in", "&&", "||", "size", "b'x'", "`q`", "if", "é",
    ]), 0..24)) {
        let text = words.join(" ");
        if let Err(error) = Expr::compile(&text) {
            prop_assert!(!error.message.is_empty() && error.offset <= text.len());
        }
    }

    /// What a true expression read is enough for it: take away anything else and it is as true as before. And what it
    /// read and is no longer there makes it fail, or it never needed it.
    #[test]
    fn what_was_not_read_does_not_matter(doc in json(), text in prop::sample::select(vec![
        "d.a == 1", "has(d.a) && d.b", "d.a.b == d.a.b", "d.all(x, x == 1)", "d.exists(x, x != null)", "size(d) > 0",
        "d[0].a == d[0].a", "d.a.exists(x, x.b)", "d.a in [1, 'a', null] || d.b == 1", "d.a < 2 ? d.b : d.a == d.a",
    ])) {
        let names = Names(BTreeMap::from([("d", &doc)]));
        let expr = Expr::compile(text).unwrap();
        let mut reads = Reads::default();
        let before = expr.eval_traced(&names, &patient(), &mut reads).map(|v| v.quoted());
        for key in ["a", "b"] {
            let path = [key.to_string()];
            if doc.get(key).is_some() && !reads.contains("d", &format!("/{key}")) && !text.contains("size") {
                let less = without(&doc, &path);
                let after = expr.eval(&Names(BTreeMap::from([("d", &less)])), &patient()).map(|v| v.quoted());
                prop_assert_eq!(&before, &after);
            }
        }
    }
}

/// Each field that a true expression reads, taken away: never a panic, and true only where the expression asks for no
/// more than what is left.
#[test]
fn a_missing_field_is_no_pass() {
    let doc = document();
    let rows: &[(&str, &[&str])] = &[
        ("d.n == 3", &[]),
        ("d.o.b.c == 'deep' && d.yes", &[]),
        ("d.rows.all(r, r.v > 0) && size(d.rows) == 2", &[]),
        ("d.list == [1, 2, 3]", &[]),
        ("d.nil == null", &[]),
        ("!d.no && d.f > 2.0 && d.s in ['text']", &[]),
        ("sum(d.list) == 6 && sorted(d.words) == ['a', 'b', 'b']", &[]),
        ("age(d.t) < duration('1d') && days_until(d.t) == 0", &[]),
        // These ask whether it is there, or whether one of several is.
        ("!has(d.o.b) || d.o.b.c == 'deep'", &["/o/b"]),
        ("d.words.exists(w, w == 'b')", &["/words/0"]),
    ];
    for (text, allowed) in rows {
        let expr = Expr::compile(text).unwrap();
        let mut reads = Reads::default();
        let names = Names(BTreeMap::from([("d", &doc)]));
        let value = expr.eval_traced(&names, &patient(), &mut reads).unwrap();
        assert!(matches!(value, Value::Bool(true)), "{text}");
        for read in reads.iter().filter(|r| !r.pointer.is_empty() && !allowed.contains(&r.pointer.as_str())) {
            let path: Vec<String> = read.pointer[1..].split('/').map(str::to_string).collect();
            let less = without(&doc, &path);
            let result = expr.eval(&Names(BTreeMap::from([("d", &less)])), &patient());
            assert!(!matches!(result, Ok(Value::Bool(true))), "{text} is true without {}", read.pointer);
        }
    }
}

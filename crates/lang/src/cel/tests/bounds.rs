//! Nothing that stands in an expression or in its evidence makes tollgate spin, swell or fall over.

use super::{Names, PATIENT, check, document, patient, run, run_with};
use crate::cel::{Budget, EvalError, Expr, Host, Meter, Reads, Scope, Value, stopped};
use std::collections::BTreeMap;
use tollgate_text::json::Json;

#[test]
fn steps_are_counted() {
    let small = Budget { steps: 100, ..PATIENT };
    let spent = "limit: the expression needs more than its 100 comprehension steps";
    assert_eq!(run_with("d.list.all(x, x > 0)", &small), "true");
    let nested = "[1,2,3,4,5].all(a, [1,2,3,4,5].all(b, [1,2,3,4,5].all(c, a + b + c > 0)))";
    assert_eq!(run_with(nested, &small), spent);
    assert_eq!(run(nested), "true");
    // A limit is never forgotten by what stands beside it.
    assert_eq!(run_with(&format!("{nested} || true"), &small), spent);
    assert_eq!(run_with(&format!("[1].exists(z, {nested})"), &small), spent);
}

#[test]
fn ten_levels_of_ten_end_at_the_limit() {
    let ten = "[0,1,2,3,4,5,6,7,8,9]";
    let mut text = "true".to_string();
    for level in 0..10 {
        text = format!("{ten}.all(x{level}, {text})");
    }
    let budget = Budget { steps: 200_000, ..PATIENT };
    assert_eq!(
        run_with(&text, &budget),
        "limit: the expression needs more than its 200000 comprehension steps"
    );
}

#[test]
fn lists_and_strings_do_not_grow_without_end() {
    let mut text = "'0123456789abcdef'".to_string();
    for _ in 0..30 {
        text = format!("[{text}].map(x, x + x)[0]");
    }
    assert_eq!(run(&text), "limit: the expression builds a string of more than 16 MiB");
    let mut text = "[0,1,2,3,4,5,6,7,8,9]".to_string();
    for level in 0..25 {
        text = format!("[{text}].map(x{level}, x{level} + x{level})[0]");
    }
    assert_eq!(run(&text), "limit: the expression builds a list of more than 1000000 elements");
    // Shared ten times at each level: cheap to build, 10^12 elements to compare.
    let mut text = "[0]".to_string();
    for level in 0..12 {
        text = format!("[{text}].map(x{level}, [{}])[0]", [format!("x{level}")].repeat_joined(10));
    }
    let got = run(&format!("{text} == {text}"));
    assert!(got.starts_with("limit: "), "{got}");
    let got = run(&format!("'{}'.replace('', '{}')", "a".repeat(9000), "b".repeat(9000)));
    assert_eq!(got, "limit: the expression builds a string of more than 16 MiB");
}

trait Joined {
    fn repeat_joined(&self, times: usize) -> String;
}

impl Joined for [String; 1] {
    fn repeat_joined(&self, times: usize) -> String {
        vec![self[0].clone(); times].join(", ")
    }
}

#[test]
fn deep_expressions_are_refused() {
    let deep = 10_000;
    let rows = [
        format!("{}1{}", "(".repeat(deep), ")".repeat(deep)),
        format!("{}1{}", "[".repeat(deep), "]".repeat(deep)),
        format!("{}1{}", "{1:".repeat(deep), "}".repeat(deep)),
        format!("{}1{}", "size(".repeat(deep), ")".repeat(deep)),
        format!("{}1", "-".repeat(deep)),
        format!("{}true", "!".repeat(deep)),
        format!("{}1", "-!".repeat(deep)),
        format!("d{}", ".a".repeat(deep)),
        format!("d{}", "[0]".repeat(deep)),
        format!("d{}", ".size()".repeat(deep)),
        format!("d{}", ".map(x, x)".repeat(deep)),
        format!("{}true{}", "[1].all(x, ".repeat(deep), ")".repeat(deep)),
        format!("1{}", " + 1".repeat(deep)),
        format!("true{}", " == true".repeat(deep)),
        format!("true{}", " && true".repeat(deep)),
        format!("{}1{}", "true ? ".repeat(deep), " : 1".repeat(deep)),
        format!("{}1", "true ? 1 : ".repeat(deep)),
        format!("{}1", "(true ? 1 : ".repeat(deep)),
        "(".repeat(deep),
        "[".repeat(deep),
        "{".repeat(deep),
        "a.b(".repeat(deep),
        "?".repeat(deep),
        "!".repeat(deep),
        "'".repeat(deep + 1),
        format!("'{}'", "a".repeat(100_000)),
    ];
    for text in rows {
        let got = run(&text);
        assert!(got.starts_with("compile "), "{}…: {got}", &text[..20]);
    }
}

/// As many tokens as are let through to the parser, each chain as deep as they make it, on the small stack of a test's
/// thread.
#[test]
fn the_longest_chains_are_refused_before_the_stack_ends() {
    for (start, link, tokens) in [
        ("d", ".a", 2),
        ("d", "[0]", 3),
        ("d", ".size()", 4),
        ("d", ".map(x, x)", 7),
        ("1", " + 1", 2),
        ("true", " == true", 2),
        ("1", " + 1 * 2", 4),
        ("d", " in d", 2),
        ("d", " && !d || d", 5),
    ] {
        let text = format!("{start}{}", link.repeat(4095 / tokens));
        let got = run(&text);
        let flat = link.contains("&&");
        assert!(
            got == "compile 0: the expression is nested too deeply"
                || flat
                || got.contains("nested too deeply"),
            "{link}: {got}"
        );
    }
}

#[test]
fn what_is_just_within_the_bounds_works() {
    // As deep as it compiles, on the small stack of a test's thread.
    let mut deepest = 0;
    for depth in 1..200 {
        let text = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        match Expr::compile(&text) {
            Ok(_) => deepest = depth,
            Err(e) => {
                assert_eq!(e.message, "the expression is nested too deeply");
                break;
            }
        }
    }
    assert!(deepest >= 60, "{deepest}");
    let folds = deepest.min(90);
    let mut text = "true".to_string();
    for level in 0..folds {
        text = format!("[{level}].all(x{level}, {text})");
    }
    assert_eq!(run(&text), "true");
    let chain = format!("d.n{}", " + 1".repeat(100));
    assert_eq!(run(&chain), "103");
    let terms = vec!["d.n == 3"; 400].join(" && ");
    assert_eq!(run(&terms), "true");
    let list = (0..1500).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
    assert_eq!(run(&format!("size([{list}])")), "1500");
}

#[test]
fn a_time_limit_stands_behind_the_steps() {
    let none = Budget { seconds: 0, ..PATIENT };
    let mut text = "true".to_string();
    for level in 0..5 {
        text = format!("[0,1,2,3,4,5,6,7,8,9].all(x{level}, {text})");
    }
    assert_eq!(run_with(&text, &none), "limit: the gate needs more than its 0 seconds");
}

/// What is compared, searched, measured or sorted is paid for, however few elements it stands in.
#[test]
fn long_texts_cost_what_they_are_long() {
    let long = Json::Str("x".repeat(1 << 20).into());
    let other = long.clone();
    let list = Json::Array(vec![long.clone(); 100]);
    let names = Names(BTreeMap::from([("a", &long), ("b", &other), ("l", &list)]));
    let small = Budget { steps: 500_000, ..PATIENT };
    let value = |text: &str| {
        Expr::compile(text).unwrap().eval(&names, &Meter::alone(&small, stopped)).map(|v| v.quoted())
    };
    for one in [
        "a == b",
        "a < b",
        "size(a) > 0",
        "a.contains('y')",
        "b in [a]",
        "a in {b: 1}",
        "distinct([a, b]) == [a]",
    ] {
        assert!(!matches!(value(one), Err(EvalError::Limit(_))), "{one}: {:?}", value(one));
        let many = format!("l.all(x, {one} || true)");
        assert!(matches!(value(&many), Err(EvalError::Limit(_))), "{many}");
    }
    assert!(matches!(value("sorted(l) == l"), Err(EvalError::Limit(_))));
}

#[test]
fn copies_of_a_text_are_shared_and_texts_are_counted() {
    let small = Budget { bytes: 1 << 20, ..PATIENT };
    let text = "x".repeat(1_000);
    // A thousand copies of 200 kB are one text; two hundred texts of 10 kB are too many at once, and no trouble one by one.
    let copies = format!(
        "['{text}'.replace('x', '{}')].all(t, size([1,2,3,4,5,6,7,8,9].map(w, t)) == 9)",
        "y".repeat(200)
    );
    assert_eq!(run_with(&copies, &small), "true");
    let texts: Vec<String> = (0..200).map(|n| n.to_string()).collect();
    let each = format!("'{text}'.replace('x', 'yyyyyyyyyy') + string(n)");
    let kept = format!("size([{}].map(n, {each})) == 200", texts.join(","));
    assert_eq!(run_with(&kept, &small), "limit: the gate's expressions hold more than 1 MiB at once");
    let passing = format!("[{}].all(n, size({each}) > 0)", texts.join(","));
    assert_eq!(run_with(&passing, &small), "true");
}

/// Values that the expression shares many times over are walked for a message, too.
#[test]
fn what_is_shared_without_end_is_not_walked_without_end() {
    let doc = document();
    let names = Names(BTreeMap::from([("d", &doc)]));
    let mut text = "d.o".to_string();
    for level in 0..28 {
        text = format!("[{text}].map(x{level}, [x{level}, x{level}])[0]");
    }
    let expr = Expr::compile(&text).unwrap();
    let value = expr.eval(&names, &patient()).unwrap();
    struct It<'v>(Value<'v>);
    impl<'v> Scope<'v> for It<'v> {
        fn variable(&self, name: &str) -> Option<Result<Value<'v>, EvalError>> {
            (name == "it").then(|| Ok(self.0.clone()))
        }
        fn host(&self) -> &dyn Host {
            &super::Toy
        }
        fn now(&self) -> chrono::DateTime<chrono::Utc> {
            chrono::DateTime::UNIX_EPOCH
        }
    }
    // No time: that the walk over 2^28 places ends is what is tested.
    let meter = Meter::alone(&Budget { seconds: 0, ..PATIENT }, stopped);
    let reader = Expr::compile(&format!("it{}.a == 1", "[0]".repeat(28))).unwrap();
    let traced = reader.eval_traced(&It(value), &meter, &mut Reads::default());
    assert!(matches!(traced, Err(EvalError::Limit(_))));
}

#[test]
fn evidence_of_many_elements_is_lent() {
    let items = Json::Array((0..200_000).map(Json::Int).collect());
    let names = Names(BTreeMap::from([("d", &items)]));
    let expr = Expr::compile("size(d) == 200000 && d.all(x, x >= 0) && sum(d) == 19999900000").unwrap();
    assert_eq!(expr.eval(&names, &patient()).unwrap().show(), "true");
}

#[test]
fn hostile_text_is_escaped_in_messages() {
    check(&[
        ("d.s == 'a' && d.o['\\u001b[31m'] == 1", "false"),
        ("d['\\u001b[31m']", "error: no field `\\u{1b}[31m` in d"),
        ("{'\\u001b': 1}['\\n']", "error: no key \"\\n\" (string) in {'\\u001b': 1}"),
        (
            "timestamp('\\u001b[31m')",
            "error: timestamp('\\u001b[31m'): `\\u{1b}[31m` is not an RFC 3339 time such as 2026-11-20T12:00:00Z",
        ),
    ]);
    let doc = document();
    let names = Names(BTreeMap::from([("d", &doc)]));
    let long = format!("'{}'", "x".repeat(5000));
    let expr = Expr::compile(&long).unwrap();
    let value = expr.eval(&names, &patient()).unwrap();
    assert_eq!(value.show().chars().count(), 201);
    assert_eq!(value.quoted().chars().count(), 201);
}

//! Expressions and what they come to.

use super::*;
use crate::base::json::Json;
use chrono::{DateTime, TimeZone as _, Utc};
use std::collections::BTreeMap;

struct NoHost;

impl Host for NoHost {
    fn files(&self, glob: &str) -> Result<Vec<String>, String> {
        match glob {
            "tests/*.rs" => Ok(vec!["tests/a.rs".into(), "tests/b.rs".into()]),
            "/etc/*" => Err("`/etc/*` leaves the workspace: it is absolute".into()),
            _ => Ok(Vec::new()),
        }
    }
    fn exists(&self, path: &str) -> Result<bool, String> {
        Ok(path == "here")
    }
    fn sha256(&self, path: &str) -> Result<String, String> {
        if path == "here" { Ok("ab".repeat(32)) } else { Err(format!("{path} does not exist")) }
    }
    fn valid(&self, path: &str) -> Result<bool, String> {
        Ok(path == "here")
    }
    fn grep(&self, _: &str, needles: &[String]) -> Result<Vec<(String, u64, String)>, String> {
        Ok(needles.iter().map(|n| ("log".to_string(), 3, n.clone())).collect())
    }
}

struct Names<'v>(BTreeMap<&'static str, &'v Json<'v>>);

impl<'v> Scope<'v> for Names<'v> {
    fn variable(&self, name: &str) -> Option<Result<Value<'v>, EvalError>> {
        match name {
            "broken" => Some(Err(EvalError::Expression("broken cannot be read".into()))),
            _ => self.0.get(name).map(|json| Ok(Value::from_json(json))),
        }
    }
    fn host(&self) -> &dyn Host {
        &NoHost
    }
    fn now(&self) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 20, 12, 0, 0).unwrap()
    }
}

/// The value as text, or `error: …`, or `compile N: …`.
fn run(text: &str) -> String {
    let doc = Json::from_value(&serde_json::json!({
        "n": 3, "neg": -2, "f": 2.5, "whole": 2.0, "s": "text", "e": "", "nil": null, "yes": true, "no": false,
        "big": u64::MAX, "list": [1, 2, 3], "none": [], "words": ["b", "a", "b"], "mixed": [1, "a", null],
        "o": {"a": 1, "b": {"c": "deep"}, "nil": null, "a-b": 7}, "rows": [{"id": "x", "v": 1}, {"id": "y", "v": 2}],
        "t": "2026-11-20T10:00:00Z",
    }));
    let names = Names(BTreeMap::from([("d", &doc)]));
    match Expr::compile(text) {
        Err(e) => format!("compile {}: {}", e.offset, e.message),
        Ok(expr) => match expr.eval(&names, &Budget::default()) {
            Ok(value) => match value {
                Value::Str(s) => format!("{s:?}"),
                other => other.show(),
            },
            Err(EvalError::Expression(e)) => format!("error: {e}"),
            Err(EvalError::Limit(e)) => format!("limit: {e}"),
        },
    }
}

#[test]
fn first() {
    for (text, wanted) in [
        ("1 + 2", "3"),
        ("d.n + 1 == 4", "true"),
        ("d.list.all(x, x > 0)", "true"),
        ("(d.list).filter(x, (x > 1)).map(y, y * 2) == [4, 6]", "true"),
        ("d.missing", "error: no field `missing` in d"),
        ("d.o.b.x == 1", "error: no field `x` in d.o.b"),
        ("has(d.o.b)", "true"),
        ("has(d.o.zz)", "false"),
        ("has(d.n.zz)", "error: no field `zz` in d.n: it is 3 (int), not an object"),
        ("'b' in d.words && !('z' in d.words)", "true"),
        ("siz(d.words)", "compile 0: there is no function siz(); did you mean size()?"),
        ("d.list.map(x, x > 1, x * x)", "[4, 9]"),
        (
            "age('2026-11-20T10:00:00Z') < duration('7d')",
            "error: duration('7d'): `7d` is not a duration such as 90s or 1h30m",
        ),
    ] {
        assert_eq!(run(text), wanted, "{text}");
    }
}

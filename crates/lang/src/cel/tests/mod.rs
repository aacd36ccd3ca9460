//! Expressions and what they come to.

mod bounds;
mod macros;
mod messages;
mod parts;
mod properties;
mod standard;
mod workspace;

use super::*;
use chrono::{DateTime, TimeZone as _, Utc};
use std::collections::BTreeMap;
use tollgate_text::json::Json;

/// A workspace of a few files.
pub(super) struct Toy;

impl Host for Toy {
    fn files(&self, glob: &str, _: &Meter) -> Result<Vec<String>, EvalError> {
        match glob {
            "tests/*.rs" => Ok(vec!["tests/a.rs".into(), "tests/b.rs".into()]),
            "/etc/*" => errors::fault("`/etc/*` leaves the workspace: it is absolute"),
            _ => Ok(Vec::new()),
        }
    }
    fn exists(&self, path: &str, _: &Meter) -> Result<bool, EvalError> {
        if path == "/x" {
            errors::fault("/x leaves the workspace: it is absolute")
        } else {
            Ok(path == "here")
        }
    }
    fn sha256(&self, path: &str, _: &Meter) -> Result<String, EvalError> {
        if path == "here" { Ok("ab".repeat(32)) } else { errors::fault(format!("{path} does not exist")) }
    }
    fn valid(&self, path: &str, _: &Meter) -> Result<bool, EvalError> {
        Ok(path == "here")
    }
    fn grep(&self, _: &str, needles: &[String], _: &Meter) -> Result<Vec<(String, u64, String)>, EvalError> {
        Ok(needles.iter().map(|n| ("a.log".to_string(), 3, n.clone())).collect())
    }
}

/// Names and documents.
pub(super) struct Names<'v>(pub(super) BTreeMap<&'static str, &'v Json<'v>>);

impl<'v> Scope<'v> for Names<'v> {
    fn variable(&self, name: &str) -> Option<Result<Value<'v>, EvalError>> {
        match name {
            "broken" => Some(Err(EvalError::Expression("broken cannot be read".into()))),
            "now" => Some(Ok(Value::Time(self.now()))),
            // Handed in as it is, not through `from_json`.
            "raw" => self.0.get("d").and_then(|d| d.get("n")).map(|json| Ok(Value::Json(json))),
            _ => self.0.get(name).map(|json| Ok(Value::from_json(json))),
        }
    }
    fn host(&self) -> &dyn Host {
        &Toy
    }
    fn now(&self) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 20, 12, 0, 0).unwrap()
    }
}

/// The document that is bound to `d`.
pub(super) fn document() -> Json<'static> {
    Json::from_value(&serde_json::json!({
        "n": 3, "neg": -2, "f": 2.5, "whole": 2.0, "s": "text", "e": "", "nil": null, "yes": true, "no": false,
        "big": u64::MAX, "min": i64::MIN, "max": i64::MAX, "list": [1, 2, 3], "none": [], "words": ["b", "a", "b"],
        "mixed": [1, "a", null], "o": {"a": 1, "b": {"c": "deep"}, "nil": null, "a-b": 7}, "empty": {},
        "rows": [{"id": "x", "ok": true, "v": 1}, {"id": "y", "ok": false, "v": 2}],
        "torn": [{"id": "x", "ok": true}, {"id": "y"}],
        "t": "2026-11-20T10:00:00Z", "numbers": [1, 2.5, 3], "accents": "größe",
    }))
}

/// The steps of the default and no clock to speak of: no test depends on how fast the machine is.
pub(super) const PATIENT: Budget =
    Budget { steps: 10_000_000, gate_steps: 0, bytes: 128 << 20, seconds: 36_000 };

/// All of it, for one expression.
pub(super) fn patient() -> Meter {
    Meter::alone(&PATIENT, stopped)
}

/// The value as text, or `error: …`, `limit: …`, or `compile <offset>: …`.
pub(super) fn run(text: &str) -> String {
    run_with(text, &PATIENT)
}

pub(super) fn run_with(text: &str, budget: &Budget) -> String {
    let doc = document();
    let names = Names(BTreeMap::from([("d", &doc)]));
    match Expr::compile(text) {
        Err(e) => format!("compile {}: {}", e.offset, e.message),
        Ok(expr) => match expr.eval(&names, &Meter::alone(budget, stopped)) {
            Ok(value) => value.quoted(),
            Err(EvalError::Expression(e)) => format!("error: {e}"),
            Err(EvalError::Limit(e)) => format!("limit: {e}"),
        },
    }
}

/// Every row at once, so that one wrong row does not hide the others.
pub(super) fn check(rows: &[(&str, &str)]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(text, wanted)| {
            let got = run(text);
            (got != *wanted).then(|| format!("{text}\n    wanted {wanted}\n    got    {got}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Rows that have no value: an error, whatever it says.
pub(super) fn check_errors(rows: &[&str]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|text| {
            let got = run(text);
            (!got.starts_with("error: ")).then(|| format!("{text}\n    wanted an error\n    got    {got}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Rows that come to `true`.
pub(super) fn check_true(rows: &[&str]) {
    check(&rows.iter().map(|r| (*r, "true")).collect::<Vec<_>>());
}

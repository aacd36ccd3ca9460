//! Compiling and evaluating assertions of the five shapes that gates use most, over lent JSON.
//!
//! `cargo bench --bench cel`: each figure is for 1,000 assertions on one thread, so milliseconds here are microseconds
//! for one of them.

use chrono::{DateTime, Utc};
use divan::{Bencher, black_box};
use std::collections::BTreeMap;
use tollgate_lang::cel::{Budget, EvalError, Expr, Host, Meter, Scope, Value};
use tollgate_text::json::Json;

fn main() {
    divan::main();
}

const ASSERTIONS: usize = 1000;

/// Two test runs of 62 and 200 tests, 40 packages, 30 advisories.
fn documents() -> [(&'static str, Json<'static>); 4] {
    use serde_json::json;
    let run = |suites: usize, tests: usize| {
        let test = |t: usize| json!({"id": format!("case_{t:06}"), "status": "passed", "duration_ms": 3.5 * t as f64, "file": "tests/unit.rs", "line": t, "retries": 0});
        let suite = |s: usize| json!({"name": format!("unit-{s:04}"), "duration_ms": 10152.709, "tests": (0..tests).map(test).collect::<Vec<_>>()});
        json!({"schema": "example.test-run/v1", "generated_at": "2026-01-26T22:15:30Z", "totals": {"total": suites * tests, "passed": suites * tests, "failed": 2},
            "suites": (0..suites).map(suite).collect::<Vec<_>>()})
    };
    let package =
        |p: usize| json!({"name": format!("pkg-{p:02}"), "line_pct": 50.0 + p as f64, "branch_pct": 40.0});
    let advisory = |a: usize| json!({"id": a, "severity": if a.is_multiple_of(3) { "high" } else { "low" }});
    [
        ("e2e", Json::from_value(&run(2, 31))),
        ("unit", Json::from_value(&run(4, 50))),
        ("coverage", Json::from_value(&json!({"packages": (0..40).map(package).collect::<Vec<_>>()}))),
        ("audit", Json::from_value(&json!({"advisories": (0..30).map(advisory).collect::<Vec<_>>()}))),
    ]
}

fn assertions() -> Vec<String> {
    let run = |n: usize| if n.is_multiple_of(2) { "e2e" } else { "unit" };
    (0..ASSERTIONS)
        .map(|n| match n % 5 {
            0 => format!("{}.schema == \"example.test-run/v{}\"", run(n), n % 3),
            1 => format!("{}.totals.failed <= {}", run(n), n % 7),
            2 => format!("{}.suites.all(s, s.tests.all(t, t.duration_ms < {n}.587))", run(n)),
            3 => format!(
                "coverage.packages.exists(p, p.name == \"pkg-{:02}\" && p.line_pct >= {}.120)",
                n % 40,
                n % 90
            ),
            _ => format!("audit.advisories.filter(a, a.severity == \"high\").size() <= {}", n % 20),
        })
        .collect()
}

struct Nothing;

impl Host for Nothing {
    fn files(&self, _: &str, _: &Meter) -> Result<Vec<String>, EvalError> {
        Ok(Vec::new())
    }
    fn exists(&self, _: &str, _: &Meter) -> Result<bool, EvalError> {
        Ok(false)
    }
    fn sha256(&self, path: &str, _: &Meter) -> Result<String, EvalError> {
        Err(EvalError::Expression(path.into()))
    }
    fn valid(&self, _: &str, _: &Meter) -> Result<bool, EvalError> {
        Ok(false)
    }
    fn grep(&self, _: &str, _: &[String], _: &Meter) -> Result<Vec<(String, u64, String)>, EvalError> {
        Ok(Vec::new())
    }
}

struct Names<'v>(BTreeMap<&'v str, &'v Json<'v>>);

impl<'v> Scope<'v> for Names<'v> {
    fn variable(&self, name: &str) -> Option<Result<Value<'v>, EvalError>> {
        self.0.get(name).map(|json| Ok(Value::from_json(json)))
    }
    fn host(&self) -> &dyn Host {
        &Nothing
    }
    fn now(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }
}

#[divan::bench]
fn compile_1000(bencher: Bencher<'_, '_>) {
    let texts = assertions();
    bencher.bench_local(|| texts.iter().filter(|text| Expr::compile(black_box(text)).is_ok()).count());
}

#[divan::bench]
fn evaluate_1000(bencher: Bencher<'_, '_>) {
    let documents = documents();
    let names = Names(documents.iter().map(|(name, json)| (*name, json)).collect());
    let compiled: Vec<Expr> = assertions().iter().filter_map(|text| Expr::compile(text).ok()).collect();
    let meter = Meter::alone(
        &Budget { gate_steps: u64::MAX, seconds: 3600, ..Budget::default() },
        tollgate_lang::cel::stopped,
    );
    bencher.bench_local(|| {
        let holds = |expr: &&Expr| matches!(expr.eval(&names, &meter), Ok(Value::Bool(true)));
        let count = black_box(&compiled).iter().filter(holds).count();
        meter.release(0);
        count
    });
}

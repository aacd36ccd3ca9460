//! `cargo bench --bench validate`: what validation is made of, over test-run summaries of 5 to 50 KB.
#![expect(clippy::unwrap_used, reason = "a bench that cannot prepare its input has nothing to measure")]

use divan::{Bencher, black_box, counter::BytesCount};
use std::fmt::Write as _;
use std::io::Write as _;
use tollgate::verb::validate::{ValidateRequest, validate};
use tollgate_host::files::Root;
use tollgate_lang::schema::{CompiledSchema, Registry, SchemaSource};
use tollgate_text::digest::sha256_hex;
use tollgate_text::json::{Json, JsonLimits, parse};
use tollgate_text::time::Now;

const SCHEMA: &str = r##"{
  "$id": "bench.run.v1",
  "type": "object",
  "required": ["schema", "generated_at", "suites"],
  "properties": {
    "schema": {"const": "bench.run.v1"},
    "generated_at": {"type": "string", "format": "date-time"},
    "suites": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/suite"}}
  },
  "additionalProperties": false,
  "$defs": {
    "suite": {
      "type": "object",
      "required": ["name", "tests"],
      "properties": {
        "name": {"type": "string", "minLength": 1},
        "tests": {"type": "array", "items": {"$ref": "#/$defs/test"}}
      },
      "additionalProperties": false
    },
    "test": {
      "type": "object",
      "required": ["id", "status", "duration_ms"],
      "properties": {
        "id": {"type": "string", "minLength": 1, "maxLength": 300},
        "status": {"enum": ["passed", "failed", "skipped"]},
        "duration_ms": {"type": "number", "minimum": 0},
        "file": {"type": "string"},
        "line": {"type": "integer", "minimum": 1},
        "message": {"type": "string"}
      },
      "additionalProperties": false,
      "if": {"properties": {"status": {"const": "failed"}}},
      "then": {"required": ["message"]}
    }
  }
}"##;

fn document(nth: usize) -> Vec<u8> {
    let mut out =
        String::from(r#"{"schema": "bench.run.v1", "generated_at": "2026-11-20T12:00:00Z", "suites": ["#);
    for suite in 0..1 + nth % 10 {
        let comma = if suite > 0 { ", " } else { "" };
        write!(out, r#"{comma}{{"name": "suite-{suite:04}", "tests": ["#).unwrap();
        for test in 0..40 {
            let comma = if test > 0 { ", " } else { "" };
            let ms = (test * 7919 + nth * 31) as f64 / 13.0;
            write!(
                out,
                r#"{comma}{{"id": "suite-{suite:04}::case_{test:06}", "status": "passed", "duration_ms": {ms:.3}, "file": "tests/suite_{suite:04}.rs", "line": {}}}"#,
                test + 1
            )
            .unwrap();
        }
        out.push_str("]}");
    }
    out.push_str("]}\n");
    out.into_bytes()
}

fn documents() -> (Vec<Vec<u8>>, BytesCount) {
    let all: Vec<Vec<u8>> = (0..200).map(document).collect();
    let bytes = all.iter().map(Vec::len).fold(0, usize::saturating_add);
    (all, BytesCount::new(bytes))
}

#[divan::bench]
fn json_text(bencher: Bencher<'_, '_>) {
    let (all, bytes) = documents();
    bencher.counter(bytes).bench(|| {
        for bytes in &all {
            black_box(parse(bytes, &JsonLimits::default()).unwrap());
        }
    });
}

#[divan::bench]
fn schema(bencher: Bencher<'_, '_>) {
    let (all, bytes) = documents();
    let schema = CompiledSchema::compile_text(SCHEMA).unwrap();
    let trees: Vec<Json<'_>> = all.iter().map(|b| parse(b, &JsonLimits::default()).unwrap()).collect();
    bencher.counter(bytes).bench(|| assert!(trees.iter().all(|tree| schema.is_valid(black_box(tree)))));
}

#[divan::bench]
fn sha256(bencher: Bencher<'_, '_>) {
    let (all, bytes) = documents();
    bencher.counter(bytes).bench(|| {
        for bytes in &all {
            black_box(sha256_hex(bytes));
        }
    });
}

#[divan::bench]
fn a_folder(bencher: Bencher<'_, '_>) {
    let (all, bytes) = documents();
    let dir = tempfile::tempdir().unwrap();
    for (nth, bytes) in all.iter().enumerate() {
        std::fs::File::create(dir.path().join(format!("{nth:04}.json"))).unwrap().write_all(bytes).unwrap();
    }
    let source = SchemaSource::read("run.json", "run.json", SCHEMA.into()).unwrap();
    let registry = Registry::new(tollgate::embedded::SCHEMAS, vec![source]).unwrap();
    let request = ValidateRequest {
        inputs: vec![dir.path().display().to_string()],
        schema: None,
        registry: &registry,
        root: &Root::open(dir.path()).unwrap(),
        now: Now::parse("2026-11-20T12:00:00Z").unwrap(),
        limits: JsonLimits::default(),
    };
    bencher.counter(bytes).bench(|| assert_eq!(validate(&request).unwrap().invalid, 0));
}

fn main() {
    divan::main();
}

//! What the tests of this room share.

use super::BoundFacts;
use crate::model::artifact::{Bound, Evidence, JsonlLines};
use crate::model::finding::Finding;
use crate::model::gate::{ArtifactSpec, Blocking, Demand, Format, Gate, GateCheck, GateOrigin, Region};
use crate::model::verdict::ArtifactRecord;
use crate::model::waiver::{EntryKind, EntryState, WaiverEntry};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use tollgate_lang::cel::{Budget, EvalError, Expr, Host, Meter, stopped};
use tollgate_text::json::Json;
use tollgate_text::time::Now;

/// A workspace without files.
pub struct NoHost;

impl Host for NoHost {
    fn files(&self, _: &str, _: &Meter) -> Result<Vec<String>, EvalError> {
        Ok(Vec::new())
    }
    fn exists(&self, _: &str, _: &Meter) -> Result<bool, EvalError> {
        Ok(false)
    }
    fn sha256(&self, _: &str, _: &Meter) -> Result<String, EvalError> {
        Ok(String::new())
    }
    fn valid(&self, _: &str, _: &Meter) -> Result<bool, EvalError> {
        Ok(false)
    }
    fn grep(&self, _: &str, _: &[String], _: &Meter) -> Result<Vec<(String, u64, String)>, EvalError> {
        Ok(Vec::new())
    }
}

/// The default steps and bytes, and time that no machine is too slow for.
pub const AMPLE: Budget =
    Budget { steps: 10_000_000, gate_steps: 100_000_000, bytes: 128 << 20, seconds: 36_000 };

pub fn facts(budget: Budget) -> BoundFacts {
    BoundFacts::new(Now::parse("2026-11-20T12:00:00Z").unwrap(), stopped).within(budget)
}

/// Where a table of the classification file stands, or of a gate file.
pub fn region(line: u64, column: u64) -> Region {
    Region { path: "f.toml".into(), line, column, end_line: line, end_column: column + 1 }
}

pub fn expr(text: &str) -> Arc<Expr> {
    Arc::new(Expr::compile(text).unwrap())
}

pub fn check(id: &str, for_each: Option<&str>, assert: &str) -> GateCheck {
    GateCheck {
        id: id.into(),
        when: None,
        for_each: for_each.map(expr),
        empty_ok: false,
        assert: expr(assert),
        message: None,
        told: Default::default(),
        region: region(1, 1),
    }
}

pub fn gate(applies_when: Option<&str>, checks: Vec<GateCheck>) -> Gate {
    Gate {
        id: "g".into(),
        name: "g".into(),
        why: String::new(),
        owner: String::new(),
        blocking: Blocking::Yes,
        lanes: Vec::new(),
        runbook: None,
        reproduce: "true".into(),
        applies_when: applies_when.map(expr),
        artifacts: BTreeMap::new(),
        checks,
        except: Vec::new(),
        origin: GateOrigin::Workspace,
        region: region(1, 1),
        digest: String::new(),
        replaces: None,
    }
}

/// A gate with these artifacts.
pub fn gate_of(artifacts: &[&str], applies_when: Option<&str>, checks: Vec<GateCheck>) -> Gate {
    let spec = |name: &&str| ArtifactSpec {
        name: name.to_string(),
        paths: vec![path(name)],
        many: false,
        format: Format::Json,
        demand: Demand::Own,
        max_age: None,
        required: true,
        commit_same: None,
        region: region(1, 1),
    };
    let artifacts = artifacts.iter().map(|name| (name.to_string(), spec(name))).collect();
    Gate { artifacts, ..gate(applies_when, checks) }
}

fn path(name: &str) -> String {
    format!("run/{name}.json")
}

pub fn entry(kind: EntryKind, id: &str, state: EntryState, region: Option<Region>) -> WaiverEntry {
    let entry = json!({"id": id, "kind": kind, "state": state, "detail": "9 days left"});
    WaiverEntry { region, ..serde_json::from_value(entry).unwrap() }
}

/// A jsonl artifact in memory.
pub struct Rows {
    rows: Vec<Json<'static>>,
    all: Json<'static>,
    /// Why it can no longer be walked, told after the last line.
    fault: Option<&'static str>,
    /// It is too large for a list.
    vast: bool,
}

impl JsonlLines for Rows {
    fn each(&self, visit: &mut dyn FnMut(u64, &Json<'_>) -> ControlFlow<()>) -> Result<(), String> {
        for (number, row) in (1..).zip(&self.rows) {
            if visit(number, row).is_break() {
                return Ok(());
            }
        }
        self.fault.map_or(Ok(()), |why| Err(why.into()))
    }
    fn count(&self) -> u64 {
        self.rows.len() as u64
    }
    fn list(&self) -> Result<&Json<'_>, String> {
        if self.vast { Err("it is too large".into()) } else { Ok(&self.all) }
    }
}

/// The evidence of a gate. What stands in it is at `run/<name>.json`.
#[derive(Default)]
pub struct Ground {
    documents: BTreeMap<String, Json<'static>>,
    lines: BTreeMap<String, Rows>,
    absent: Vec<String>,
    faults: Vec<Finding>,
}

impl Ground {
    pub fn document(mut self, name: &str, value: Value) -> Self {
        self.documents.insert(name.into(), Json::from_value(&value));
        self
    }

    pub fn lines(mut self, name: &str, rows: &[Value]) -> Self {
        let all = Json::from_value(&Value::from(rows.to_vec()));
        let rows = rows.iter().map(Json::from_value).collect();
        self.lines.insert(name.into(), Rows { rows, all, fault: None, vast: false });
        self
    }

    /// The jsonl artifact of that name changes while it is walked.
    pub fn swapped(mut self, name: &str, fault: &'static str) -> Self {
        self.lines.get_mut(name).unwrap().fault = Some(fault);
        self
    }

    /// The jsonl artifact of that name cannot be had as a list.
    pub fn vast(mut self, name: &str) -> Self {
        self.lines.get_mut(name).unwrap().vast = true;
        self
    }

    pub fn absent(mut self, name: &str) -> Self {
        self.absent.push(name.into());
        self
    }

    pub fn fault(mut self, fault: Finding) -> Self {
        self.faults.push(fault);
        self
    }

    pub fn evidence(&self) -> Evidence<'_> {
        let documents = self.documents.iter().map(|(name, json)| (name.clone(), Bound::Doc(json)));
        let lines = self.lines.iter().map(|(name, rows)| (name.clone(), Bound::Lines(rows)));
        let absent = self.absent.iter().map(|name| (name.clone(), Bound::Absent));
        let bound: BTreeMap<_, _> = documents.chain(lines).chain(absent).collect();
        let record = |name: &String| ArtifactRecord {
            name: name.clone(),
            path: path(name),
            sha256: (!self.absent.contains(name)).then(|| "0".repeat(64)),
            bytes: None,
            generated_at: None,
            age_seconds: None,
        };
        let records = bound.keys().map(record).collect();
        Evidence { bound, faults: self.faults.clone(), records }
    }
}

//! The mutants of one gate's evidence: which file reads differently, and how.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use tollgate_core::gate::FieldReads;
use tollgate_core::model::artifact::Evidence;
use tollgate_core::model::gate::{ArtifactSpec, Demand, Format, Gate};
use tollgate_core::model::verdict::ArtifactRecord;
use tollgate_core::proof::{FileOp, MutationOp, field_changes, set, unnoticed};
use tollgate_host::files::Root;
use tollgate_lang::schema::Registry;
use tollgate_text::json::{self, Json, JsonLimits};

/// Bytes of a file that is mutated at most; a larger one is only removed, emptied and truncated.
const FIELDS_UP_TO: u64 = 16 << 20;
/// Times are made older by this many seconds: past every `max_age` a gate sensibly asks.
const OLDER: i64 = 366 * 86_400;

/// What a waiver must state.
const WAIVER: &[&str] = &["owner", "reason", "issue", "lanes", "created", "expires", "exit_criteria"];
/// What a quarantine entry must state.
const QUARANTINE: &[&str] =
    &["category", "owner", "reason", "issue", "evidence", "reproduce", "created", "expires", "exit_criteria"];

/// One file that reads differently.
#[derive(Debug, Clone)]
pub struct Mutant {
    /// The artifact's name, or the path of a file that only a function touched.
    pub artifact: String,
    /// What is done.
    pub op: MutationOp,
    /// Where; empty for the whole file.
    pub pointer: String,
    /// For people.
    pub note: String,
    /// Workspace-relative.
    pub path: String,
    /// What is read there; `None`: nothing stands there.
    pub bytes: Option<Vec<u8>>,
}

/// Every mutant of a gate's evidence, and the leaves of its documents that nothing notices.
#[derive(Debug, Default)]
pub struct Mutants {
    /// In artifact order.
    pub all: Vec<Mutant>,
    /// `<artifact> <pointer shape>`
    pub unnoticed: BTreeSet<String>,
}

/// Works out the mutants. `touched` holds the paths that functions looked at: path -> whether their content counts;
/// `listed` what globs found.
pub fn mutants(
    gate: &Gate,
    evidence: &Evidence<'_>,
    looked: &FieldReads,
    touched: &BTreeMap<String, bool>,
    listed: &BTreeSet<String>,
    root: &Root,
    schemas: &Registry,
) -> Mutants {
    let tables = [("waivers", "waiver", WAIVER), ("quarantines", "quarantine", QUARANTINE)];
    let read = tables.into_iter().filter(|(name, ..)| gate.mentions(name));
    let entries: Vec<_> = read.map(|(_, table, fields)| (table, fields)).collect();
    let mut found = Mutants::default();
    let mut by_name: BTreeMap<&str, Vec<&ArtifactRecord>> = BTreeMap::new();
    for record in evidence.records.iter().filter(|r| r.sha256.is_some()) {
        by_name.entry(&record.name).or_default().push(record);
    }
    for (name, records) in &by_name {
        let Some(spec) = gate.artifacts.get(*name) else { continue };
        for at in representatives(records.len()) {
            let path = &records[at].path;
            let Ok(bytes) = root.read(path, FIELDS_UP_TO) else { continue };
            let maker = Maker { spec, path, bytes: &bytes, schemas, entries: &entries };
            maker.files(&mut found.all);
            match spec.format {
                Format::Json | Format::Toml if spec.many => {}
                Format::Json | Format::Toml => maker.document(looked.documents.get(*name), &mut found),
                Format::Jsonl => maker.lines(looked.lines.get(*name), &mut found),
                Format::Text | Format::Junit => {}
            }
        }
    }
    let own: BTreeSet<&String> = evidence.records.iter().map(|r| &r.path).collect();
    let others: Vec<_> = touched.iter().filter(|(path, _)| !own.contains(path)).collect();
    for content in [false, true] {
        let group: Vec<_> = others.iter().filter(|(_, counts)| **counts == content).collect();
        for at in representatives(group.len()) {
            let path = group[at].0;
            touched_file(root, path, !listed.contains(path), content, &mut found.all);
        }
    }
    found
}

/// A file that only functions looked at: gone, unless a glob found it, and where its content counted, empty.
fn touched_file(root: &Root, path: &str, named: bool, content: bool, all: &mut Vec<Mutant>) {
    let Ok(bytes) = root.read(path, FIELDS_UP_TO) else { return };
    let mutant = |op: FileOp, bytes: Option<Vec<u8>>| Mutant {
        artifact: path.to_string(),
        op: MutationOp::File(op),
        pointer: String::new(),
        note: "touched by a function".into(),
        path: path.to_string(),
        bytes,
    };
    if named {
        all.push(mutant(FileOp::Removed, None));
    }
    if content && !bytes.is_empty() {
        all.push(mutant(FileOp::Emptied, Some(Vec::new())));
    }
}

/// The first, the middle and the last of `count` stand for all.
fn representatives(count: usize) -> BTreeSet<usize> {
    if count == 0 { BTreeSet::new() } else { [0, count / 2, count - 1].into_iter().collect() }
}

/// The first half, never ending at a line's end: what is left is torn.
fn half(bytes: &[u8]) -> Vec<u8> {
    let mut end = bytes.len() / 2;
    while end > 0 && bytes[end - 1].is_ascii_whitespace() {
        end -= 1;
    }
    bytes[..end].to_vec()
}

struct Maker<'m> {
    spec: &'m ArtifactSpec,
    path: &'m str,
    bytes: &'m [u8],
    schemas: &'m Registry,
    /// What the gate reads of the entries that are made of its TOML artifact: (table, its required fields).
    entries: &'m [(&'static str, &'static [&'static str])],
}

impl Maker<'_> {
    fn mutant(&self, op: MutationOp, pointer: &str, note: String, bytes: Option<Vec<u8>>) -> Mutant {
        let (artifact, path) = (self.spec.name.clone(), self.path.to_string());
        Mutant { artifact, op, pointer: pointer.to_string(), note, path, bytes }
    }

    fn files(&self, all: &mut Vec<Mutant>) {
        let mut add =
            |op, note: &str, bytes| all.push(self.mutant(MutationOp::File(op), "", note.into(), bytes));
        // `required = false` says in the gate file that absence is fine.
        if self.spec.required {
            add(FileOp::Removed, "the file is gone", None);
        }
        if !self.bytes.is_empty() {
            add(FileOp::Emptied, "the file is empty", Some(Vec::new()));
            add(FileOp::Truncated, "the second half is gone", Some(half(self.bytes)));
        }
    }

    fn schema(&self, document: &Value) -> Option<Value> {
        let id = match &self.spec.demand {
            Demand::Schema(id) | Demand::Shape(id) => id.clone(),
            Demand::Own => document.get("schema")?.as_str()?.to_string(),
        };
        serde_json::from_str(&self.schemas.source(&id)?.text).ok()
    }

    fn text(&self, document: &Value) -> Option<Vec<u8>> {
        match self.spec.format {
            Format::Toml => toml::to_string(document).ok().map(String::into_bytes),
            _ => serde_json::to_vec(document).ok(),
        }
    }

    fn document(&self, looked: Option<&BTreeSet<String>>, found: &mut Mutants) {
        let Some(document) = self.parse() else { return };
        let none = BTreeSet::new();
        let looked = looked.unwrap_or(&none);
        let schema = self.schema(&document);
        if document.get("schema").is_some() && !matches!(self.spec.demand, Demand::Shape(_)) {
            let other = set(&document, "/schema", Some(&Value::from("tollgate.prove.another.v1")));
            let bytes = other.and_then(|d| self.text(&d));
            found.all.push(self.mutant(
                MutationOp::File(FileOp::Schema),
                "",
                "another schema id".into(),
                bytes,
            ));
        }
        let classification = self.spec.format == Format::Toml && !self.entries.is_empty();
        if classification {
            self.entries(&document, &mut found.all);
        }
        if self.spec.max_age.is_some() || classification {
            let mut older = document.clone();
            if age(&mut older, classification) {
                let bytes = self.text(&older);
                found.all.push(self.mutant(
                    MutationOp::File(FileOp::Stale),
                    "",
                    "a year older".into(),
                    bytes,
                ));
            }
        }
        for change in field_changes(&document, looked, schema.as_ref(), self.spec.format != Format::Toml) {
            let Some(bytes) =
                set(&document, &change.pointer, change.change.to.as_ref()).and_then(|d| self.text(&d))
            else {
                continue;
            };
            found.all.push(self.mutant(change.change.op, &change.pointer, change.change.note, Some(bytes)));
        }
        if classification {
            return;
        }
        let mut leaves = unnoticed(&document, looked, schema.as_ref());
        leaves.retain(|leaf| !self.is_held(leaf));
        found.unnoticed.extend(leaves.into_iter().map(|leaf| format!("{} {leaf}", self.spec.name)));
    }

    /// Whether a gate holds the document to this field before any check is asked: its schema, its age, its commit.
    fn is_held(&self, leaf: &str) -> bool {
        match leaf {
            "/schema" => true,
            "/generated_at" | "/ts" => self.spec.max_age.is_some(),
            "/commit" | "/git_sha" => {
                self.spec.commit_same.unwrap_or(self.spec.paths.iter().any(|path| path.starts_with("{run}/")))
            }
            _ => false,
        }
    }

    /// The required fields of every entry that the gate reads as `waivers` or `quarantines`: removed, and of another type.
    fn entries(&self, document: &Value, all: &mut Vec<Mutant>) {
        for (kind, fields) in self.entries {
            for (id, _) in document.get(kind).and_then(Value::as_object).into_iter().flatten() {
                for field in *fields {
                    let token = id.replace('~', "~0").replace('/', "~1");
                    let pointer = format!("/{kind}/{token}/{field}");
                    for (op, to) in [(MutationOp::Removed, None), (MutationOp::Type, Some(Value::from(7)))] {
                        let changed = set(document, &pointer, to.as_ref()).and_then(|d| self.text(&d));
                        all.push(self.mutant(op, &pointer, "of an entry".into(), changed));
                    }
                }
            }
        }
    }

    fn parse(&self) -> Option<Value> {
        match self.spec.format {
            Format::Toml => {
                let text = std::str::from_utf8(self.bytes).ok()?;
                let table: toml::Table = text.parse().ok()?;
                Some(plain_toml(toml::Value::Table(table)))
            }
            _ => json::parse(self.bytes, &JsonLimits::default()).ok().map(|d| Json::to_value(&d)),
        }
    }

    /// Of a stream the lines that were looked at, the first, middle and last of them, and the stream's own last line.
    fn lines(&self, looked: Option<&BTreeMap<u64, BTreeSet<String>>>, found: &mut Mutants) {
        let Ok(text) = std::str::from_utf8(self.bytes) else { return };
        let lines: Vec<&str> = text.lines().collect();
        let Some(last) = lines.len().checked_sub(1) else { return };
        let with = |at: usize, line: Option<String>| {
            let mut all: Vec<&str> = lines.clone();
            match &line {
                Some(line) => all[at] = line,
                None => drop(all.remove(at)),
            }
            let mut text = all.join("\n");
            if !text.is_empty() {
                text.push('\n');
            }
            Some(text.into_bytes())
        };
        if looked.is_some_and(|l| !l.is_empty()) {
            found.all.push(self.mutant(
                MutationOp::Value,
                "",
                "the last line dropped".into(),
                with(last, None),
            ));
        }
        let parse = |line: &str| {
            json::parse(line.as_bytes(), &JsonLimits::default()).ok().map(|d| Json::to_value(&d))
        };
        let dated = self.spec.max_age.and_then(|_| parse(lines[last]));
        if let Some(mut document) = dated
            && age(&mut document, false)
        {
            let bytes = with(last, Some(document.to_string()));
            found.all.push(self.mutant(MutationOp::File(FileOp::Stale), "", "a year older".into(), bytes));
        }
        let numbers: Vec<u64> = looked.into_iter().flatten().map(|(number, _)| *number).collect();
        for at in representatives(numbers.len()) {
            let index = usize::try_from(numbers[at] - 1).unwrap_or(usize::MAX);
            let (Some(document), Some(pointers)) =
                (lines.get(index).and_then(|l| parse(l)), looked.and_then(|l| l.get(&numbers[at])))
            else {
                continue;
            };
            let schema = self.schema(&document);
            for change in field_changes(&document, pointers, schema.as_ref(), true) {
                let Some(line) = set(&document, &change.pointer, change.change.to.as_ref()) else { continue };
                let pointer = format!("/{index}{}", change.pointer);
                let bytes = with(index, Some(line.to_string()));
                found.all.push(self.mutant(change.change.op, &pointer, change.change.note, bytes));
            }
        }
    }
}

/// TOML as JSON; dates become their text.
fn plain_toml(value: toml::Value) -> Value {
    match value {
        toml::Value::String(s) => Value::from(s),
        toml::Value::Integer(i) => Value::from(i),
        toml::Value::Float(f) => Value::from(f),
        toml::Value::Boolean(b) => Value::from(b),
        toml::Value::Datetime(d) => Value::from(d.to_string()),
        toml::Value::Array(items) => items.into_iter().map(plain_toml).collect(),
        toml::Value::Table(table) => {
            Value::Object(table.into_iter().map(|(k, v)| (k, plain_toml(v))).collect())
        }
    }
}

/// Makes the document's own times a year older: `generated_at` and `ts`, and of a classification file every entry's
/// dates. Whether anything was changed.
fn age(document: &mut Value, classification: bool) -> bool {
    let Value::Object(members) = document else { return false };
    let mut changed = false;
    for key in ["generated_at", "ts"] {
        if let Some(Value::String(text)) = members.get_mut(key)
            && let Ok(time) = tollgate_text::time::parse_rfc3339(text)
        {
            let Some(older) = time.checked_sub_signed(chrono::TimeDelta::seconds(OLDER)) else { continue };
            *text = older.to_rfc3339();
            changed = true;
        }
    }
    if classification {
        for entries in members.values_mut().filter_map(Value::as_object_mut) {
            for entry in entries.values_mut().filter_map(Value::as_object_mut) {
                for key in ["created", "expires"] {
                    changed |= entry.get_mut(key).is_some_and(older_day);
                }
            }
        }
    }
    changed
}

fn older_day(value: &mut Value) -> bool {
    let Value::String(text) = value else { return false };
    let Ok(day) = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d") else { return false };
    let Some(older) = day.checked_sub_signed(chrono::TimeDelta::seconds(OLDER)) else { return false };
    *text = older.to_string();
    true
}

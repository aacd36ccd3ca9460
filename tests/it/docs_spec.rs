//! What the pages of the specification list is what there is: fields and words of documents, files of lanes, types.

use crate::docs_pages::{page, part, repository, spans};
use crate::docs_run::rows;
use crate::support::Ws;
use regex::Regex;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

fn schema(id: &str) -> Value {
    let path = repository().join(format!("schemas/{id}.json"));
    serde_json::from_str(&std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{id}: {e}"))).unwrap()
}

/// Every name of a property in a schema, at any depth, and every word of an `enum` or `const`.
fn vocabulary(schema: &Value, names: &mut BTreeSet<String>, words: &mut BTreeSet<String>) {
    match schema {
        Value::Object(members) => {
            for (key, value) in members {
                match (key.as_str(), value) {
                    ("properties", Value::Object(properties)) => {
                        names.extend(properties.keys().cloned());
                        properties.values().for_each(|value| vocabulary(value, names, words));
                    }
                    ("enum", Value::Array(list)) => {
                        words.extend(list.iter().filter_map(Value::as_str).map(String::from))
                    }
                    ("const", Value::String(word)) if !word.starts_with("tollgate.") => {
                        _ = words.insert(word.clone())
                    }
                    _ => vocabulary(value, names, words),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| vocabulary(item, names, words)),
        _ => {}
    }
}

/// The names in backticks of the first cells of the tables in a text. Of `a.b` it is `b`: the last part names the field.
fn fields(text: &str) -> BTreeSet<String> {
    let named = |row: &Vec<String>| {
        spans(&row[0]).into_iter().map(|name| name.rsplit('.').next().unwrap().to_string())
    };
    rows(text).iter().flat_map(|row| named(row).collect::<Vec<_>>()).collect()
}

/// What the rows of its tables name: a field that is an object may name its members where it says what they are.
fn named(text: &str) -> BTreeSet<String> {
    rows(text)
        .iter()
        .flat_map(|row| spans(&row.join(" ")))
        .collect::<BTreeSet<_>>()
        .union(&fields(text))
        .cloned()
        .collect()
}

/// Each heading of a page that is a document, with its schema, and the headings whose rows hold for several documents.
fn documents_are_described(path: &str, documents: &[(&str, &str)], shared: &[&str]) {
    let all = |of: fn(&str) -> BTreeSet<String>| -> BTreeSet<String> {
        shared.iter().flat_map(|heading| of(&part(path, heading))).collect()
    };
    let (shared, named_there) = (all(fields), all(named));
    let mut words = BTreeSet::new();
    let mut used = BTreeSet::new();
    for (heading, id) in documents {
        let mut names = BTreeSet::new();
        vocabulary(&schema(id), &mut names, &mut words);
        let text = part(path, heading);
        assert!(text.contains(&format!("`{id}`")), "{path}, {heading}: it does not name {id}");
        let own = fields(&text);
        let unknown: Vec<_> = own.difference(&names).collect();
        assert!(unknown.is_empty(), "{path}, {heading}: {id} has no {unknown:?}");
        let told: BTreeSet<_> = named(&text).union(&named_there).cloned().collect();
        let missing: Vec<_> = names.difference(&told).collect();
        assert!(missing.is_empty(), "{path}, {heading}: no row for {missing:?} of {id}");
        used.extend(names);
    }
    let unused: Vec<_> = shared.difference(&used).collect();
    assert!(unused.is_empty(), "{path}: no document has {unused:?}");
    let text = std::fs::read_to_string(repository().join(path)).unwrap();
    let missing: Vec<_> = words.iter().filter(|word| !text.contains(&format!("`{word}`"))).collect();
    assert!(missing.is_empty(), "{path} does not say what {missing:?} mean");
}

#[test]
fn every_field_and_word_of_a_check_s_documents_is_described() {
    let documents = [
        ("## The verdict", "tollgate.gate.verdict.v1"),
        ("## The events", "tollgate.gate.event.v1"),
        ("## The waiver audit", "tollgate.gate.waiver_audit.v1"),
        ("## The replay bundle", "tollgate.gate.replay.v1"),
    ];
    documents_are_described(
        "docs/verdict.md",
        &documents,
        &["## What every document says", "### An entry of waivers and quarantine", "### Counts"],
    );
}

#[test]
fn every_field_and_word_of_a_run_s_documents_is_described() {
    let documents = [
        ("## `summary.json`", "tollgate.run.summary.v1"),
        ("## `environment.json`", "tollgate.run.environment.v1"),
        ("## `result.json`", "tollgate.run.result.v1"),
        ("## `failure_digest.json`", "tollgate.run.failure_digest.v1"),
        ("## `failure_timeline.jsonl`", "tollgate.run.timeline.v1"),
        ("## `failure_diagnostics_index.json`", "tollgate.run.failure_index.v1"),
        ("## `replay_bundle.json`", "tollgate.run.replay_bundle.v1"),
        ("## `triage_diff.json`", "tollgate.run.triage_diff.v1"),
        ("## `run_events.jsonl`", "tollgate.run.event.v1"),
        ("## `ingest_error.json`", "tollgate.run.ingest_error.v1"),
    ];
    let shared = [
        "## What every document says",
        "## A suite",
        "## A test",
        "## A shard",
        "## A tree",
        "## What did not run",
    ];
    documents_are_described("docs/run-folder.md", &documents, &shared);
}

#[test]
fn every_schema_of_a_check_or_run_has_its_page() {
    let text: String = ["docs/verdict.md", "docs/run-folder.md"]
        .iter()
        .map(|p| std::fs::read_to_string(repository().join(p)).unwrap())
        .collect();
    let mut seen = 0;
    for entry in std::fs::read_dir(repository().join("schemas")).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        let id = name.trim_end_matches(".json");
        let ours = ["tollgate.run.", "tollgate.gate."].iter().any(|lead| id.starts_with(lead));
        // What `gate try` answers is no evidence and stays with nobody.
        if ours && id != "tollgate.gate.try.v1" {
            seen += 1;
            assert!(text.contains(&format!("`{id}`")), "no page says what {id} holds");
        }
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn each_lane_writes_the_files_of_the_table() {
    let table = rows(&part("docs/verdict.md", "## Files of a check"));
    let ws = Ws::new();
    ws.asserts("red", "lane == 'none'");
    for lane in ["preflight", "full", "certification"] {
        let out = format!("out-{lane}");
        ws.check(&["--lane", lane, "--out", &out]).expect(1);
        let written: BTreeSet<String> = std::fs::read_dir(ws.at(&out))
            .unwrap()
            .flatten()
            .map(|entry| entry.file_name().into_string().unwrap())
            .filter(|name| !name.starts_with('.'))
            .collect();
        let of = |row: &&Vec<String>| spans(&row[1]).iter().any(|name| name == lane);
        let told: BTreeSet<String> = table.iter().filter(of).flat_map(|row| spans(&row[0])).collect();
        assert_eq!(told, written, "{lane}");
    }
}

/// The types of the source, by name.
fn types() -> BTreeSet<String> {
    fn collect(folder: &Path, found: &mut BTreeSet<String>) {
        let named = Regex::new(r"(?m)^\s*pub(?:\([a-z]+\))? (?:struct|enum|trait|type) (\w+)").unwrap();
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                collect(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.extend(named.captures_iter(&text).map(|found| found[1].to_string()));
            }
        }
    }
    let mut found = BTreeSet::new();
    for folder in ["src", "crates"] {
        collect(&repository().join(folder), &mut found);
    }
    found
}

#[test]
fn the_glossary_has_one_meaning_for_each_word_and_names_types_that_are_there() {
    let path = "docs/glossary.md";
    let known = types();
    assert!(known.len() > 300, "{} types", known.len());
    let text = std::fs::read_to_string(repository().join(path)).unwrap();
    let mut words = Vec::new();
    for row in rows(&text) {
        let [word, meaning, in_code, not] = row.as_slice() else { panic!("{row:?} has other columns") };
        assert!(!meaning.is_empty() && !not.is_empty(), "{word}: what it is, and what it is not");
        words.push(word.trim_matches('`').to_string());
        for name in spans(in_code) {
            assert!(known.contains(&name), "{word}: no type is called {name}");
        }
    }
    let sorted = |words: &[String]| words.windows(2).all(|pair| pair[0] < pair[1]);
    assert!(sorted(&words), "the words stand in their order, each once: {words:?}");
    for word in [
        "artifact",
        "attempt",
        "baseline",
        "blob",
        "bundle",
        "case",
        "certification",
        "digest",
        "evidence",
        "journal",
        "kind",
        "lane",
        "pack",
        "promotion",
        "quarantine",
        "reading",
        "record",
        "replay",
        "run",
        "signature",
        "step",
        "suite",
        "trace",
        "tree",
        "triage",
        "unit",
        "verdict",
        "waiver",
    ] {
        assert!(words.iter().any(|own| own == word), "the glossary has no `{word}`");
    }
    for index in ["docs/README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let text = std::fs::read_to_string(repository().join(index)).unwrap();
        assert!(text.contains("glossary.md"), "{index} does not lead to the glossary");
    }
    assert!(page(path).blocks.is_empty());
}

//! The policy's digest, and which gates another policy would alter.

use crate::config::inventory::{Classification, GateFile, Inventory, replaces_embedded};
use std::collections::{BTreeMap, BTreeSet};
use tollgate_core::model::gate::{Gate, GateOrigin};
use tollgate_core::model::plan::{Profile, RunSettings};
use tollgate_core::model::suite::{Names, SuiteSpec};
use tollgate_core::model::workspace::Settings;
use tollgate_text::digest::{Running, sha256_hex};
use tollgate_text::show::show;

/// SHA-256 over the settings, the plan of runs, every gate in force, every schema with the files it refers to, and the waivers, quarantine and rollback entries, in
/// that order. Each part is led by its kind, name and length, so that no two policies run together. The suites of the
/// classification file are evidence, not policy, and are left out.
pub fn digest(inventory: &Inventory) -> String {
    let mut running = Running::default();
    let mut part = |kind: &str, name: &str, content: &str| {
        running.update(format!("{kind} {name} {}\n", content.len()).as_bytes());
        running.update(content.as_bytes());
        running.update(b"\n");
    };
    part("policy", "tollgate.policy.v1", "");
    part("settings", "", &settings_text(&inventory.workspace.settings));
    for (name, text) in plan(&inventory.workspace.runs) {
        part("plan", &name, &text);
    }
    for (id, gate) in &inventory.gates {
        part("gate", id, &gate.source.text);
    }
    for (id, text) in schemas(inventory) {
        part("schema", id, text);
    }
    for (path, text) in inventory.beside.texts() {
        part("schema-file", path, text);
    }
    for (name, text) in entries(&inventory.classification) {
        part("entry", &name, &text);
    }
    running.hex()
}

/// One line for each setting, lists on lines of their own.
fn settings_text(settings: &Settings) -> String {
    let Settings {
        packs,
        gates,
        schemas,
        runbook,
        results,
        output,
        classification,
        env,
        whole,
        git,
        prefix,
        mask_allow,
        timeout,
        untracked,
        tree_exclude,
    } = settings;
    let mut lines = Vec::new();
    for (key, list) in
        [("packs", packs), ("gates", gates), ("schemas", schemas), ("runbook", runbook), ("env", env)]
    {
        lines.extend(list.iter().map(|item| format!("{key} {item}")));
    }
    lines.push(format!("results {results}"));
    lines.push(format!("output {output}"));
    lines.push(format!("classification {classification}"));
    // What was the only way before the key was there is no other policy.
    if whole != "ci" {
        lines.push(format!("whole {whole}"));
    }
    lines.push(format!("git {}", git.map_or("unset", |git| if git { "true" } else { "false" })));
    lines.push(format!("prefix {prefix}"));
    lines.push(format!("timeout {timeout}"));
    // A policy that says nothing of them keeps its digest.
    lines.extend(untracked.iter().map(|rule| format!("untracked {}", rule.name())));
    lines.extend(tree_exclude.iter().map(|path| format!("tree_exclude {path}")));
    // Without any the digest is that of a policy that knew no such setting.
    lines.extend(mask_allow.iter().map(|text| format!("mask allow {}", text.escape_debug())));
    lines.join("\n")
}

/// What the file says of runs, a part for each kind, lint step and profile; nothing of a file without suites: there a run is
/// held to no plan.
fn plan(runs: &RunSettings) -> Vec<(String, String)> {
    if runs.suites.is_empty() {
        return Vec::new();
    }
    let kind = |spec: &SuiteSpec| {
        // A policy that says nothing by the keys that came later keeps its digest.
        let said = |key, value: &Option<String>| {
            value.is_some()
                || !["repeats", "outputs"].contains(&key)
                    && spec.flaky.keys().iter().all(|(name, _)| *name != key)
        };
        let keys = spec.keys().into_iter().filter(|(key, value)| said(*key, value));
        let keys = keys.map(|(key, value)| format!("{key} {}", value.unwrap_or_default()));
        let names = match &spec.names {
            Names::Listed(names) => names.iter().map(|name| format!("name {name:?}")).collect(),
            Names::Glob(glob) => vec![format!("glob {glob:?}")],
            Names::Classification => vec!["from classification".to_string()],
        };
        (format!("suites.{}", spec.kind), keys.chain(names).collect::<Vec<_>>().join("\n"))
    };
    let lint = runs.lint.iter().map(|(name, command)| (format!("lint.{name}"), command.to_string()));
    let profile = |p: &Profile| {
        let text = format!("lint {} chosen {} kinds {:?} skip {:?}", p.lint, p.chosen, p.kinds, p.skip);
        (format!("profiles.{}", p.name), text)
    };
    runs.suites.iter().map(kind).chain(lint).chain(runs.profiles.iter().map(profile)).collect()
}

/// Every schema in force: the workspace's own by id, and the embedded files that none of them replaces.
fn schemas(inventory: &Inventory) -> BTreeMap<&str, &str> {
    let mut found: BTreeMap<&str, &str> = inventory
        .embedded
        .schemas
        .iter()
        .map(|(path, text)| (path.trim_end_matches(".json"), *text))
        .collect();
    found.extend(inventory.schemas.iter().map(|source| (source.id.as_str(), source.text.as_ref())));
    found
}

/// The tables of the classification file that are policy, each as canonical text: `waiver.<id>`, `quarantine.<id>`,
/// `rollback`. A file that cannot be read is one entry, so that it differs from every one that can.
fn entries(classification: &Classification) -> BTreeMap<String, String> {
    let text = match classification {
        Classification::Absent => return BTreeMap::new(),
        Classification::Unreadable(why) => {
            return BTreeMap::from([("unreadable".to_string(), why.clone())]);
        }
        Classification::Text(text) => text,
    };
    let Ok(table) = text.parse::<toml::Table>() else {
        return BTreeMap::from([("unreadable".to_string(), text.clone())]);
    };
    let mut found = BTreeMap::new();
    for kind in ["waiver", "quarantine"] {
        match table.get(kind) {
            Some(toml::Value::Table(entries)) => {
                found.extend(entries.iter().map(|(id, entry)| (format!("{kind}.{id}"), entry.to_string())));
            }
            Some(other) => drop(found.insert(kind.to_string(), other.to_string())),
            None => {}
        }
    }
    if let Some(rollback) = table.get("rollback") {
        found.insert("rollback".into(), rollback.to_string());
    }
    found
}

/// What a working tree would change of the policy that judges it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Alterations {
    /// Gate ids, sorted: added, removed, or of another text, origin, schema or waiver.
    pub gates: Vec<String>,
    /// Sentences about what is not a single gate's.
    pub notes: Vec<String>,
}

/// Compares the policy in force with that of the working tree. `demands` names the schemas that each gate in force asks
/// for; `None` is a gate of which a document names its own. `compiled` is the gate in force of an id; `None` is one that does not
/// compile, and what it reads is not known.
pub fn alterations<'g>(
    force: &Inventory,
    tree: &Inventory,
    demands: &BTreeMap<String, Option<Vec<String>>>,
    compiled: &dyn Fn(&str) -> Option<&'g Gate>,
) -> Alterations {
    let readers = |name: &'static str| {
        force.gates.keys().filter(move |id| compiled(id).is_none_or(|gate| gate.mentions(name))).cloned()
    };
    let mut altered: BTreeSet<String> = BTreeSet::new();
    let mut notes = Vec::new();
    for id in force.gates.keys().chain(tree.gates.keys()) {
        if !same_gate(force.gates.get(id), tree.gates.get(id)) {
            altered.insert(id.clone());
        }
    }
    let changed_schemas = differing(&schemas(force), &schemas(tree));
    let changed_files = differing(&force.beside.texts().collect(), &tree.beside.texts().collect());
    let affected = affected(force, tree, &changed_schemas, &changed_files);
    for (id, asked) in demands {
        let uses = |schema: &String| {
            // `valid(path)` goes by the schema that the document names.
            asked.as_ref().is_none_or(|asked| asked.contains(schema))
                || force.gates.get(id).is_some_and(|gate| gate.source.text.contains("valid("))
        };
        if affected.iter().any(uses) {
            altered.insert(id.clone());
        }
    }
    for id in &changed_schemas {
        let own = tree.schemas.iter().find(|source| source.id == *id);
        let where_to = match own {
            Some(own) if replaces_embedded(tree.embedded, own) => {
                format!("{} replaces the embedded one", show(&own.origin))
            }
            Some(own) => format!("it is that of {}", show(&own.origin)),
            None => "it has none of its own".into(),
        };
        notes.push(format!("the working tree alters the schema {}: {where_to}", show(id)));
    }
    for path in &changed_files {
        notes.push(format!("the working tree alters {}, which schemas refer to", show(path)));
    }
    let known = entries(&force.classification);
    for name in differing(&known, &entries(&tree.classification)) {
        let (kind, id) = name.split_once('.').unwrap_or((name.as_str(), ""));
        let word = if kind == "quarantine" { "quarantines" } else { "waivers" };
        altered.extend(readers(word));
        match kind {
            "waiver" if force.gates.contains_key(id) => drop(altered.insert(id.to_string())),
            "quarantine" if !known.contains_key(&name) => notes.push(format!(
                "the working tree adds [{name}] to the classification file: it holds once it is on the ref that the \
                 policy comes from"
            )),
            _ => notes.push(format!("the working tree alters [{name}] of the classification file")),
        }
    }
    let (ours, theirs) = (&force.workspace.settings, &tree.workspace.settings);
    if settings_text(ours) != settings_text(theirs) {
        notes.push("the working tree alters the settings of tollgate.toml; those of the ref hold".into());
        let concerned = |id: &&String| compiled(id).is_none_or(|gate| concerns(ours, theirs, gate));
        altered.extend(force.gates.keys().filter(concerned).cloned());
    }
    if plan(&force.workspace.runs) != plan(&tree.workspace.runs) || ours.whole != theirs.whole {
        altered.extend(readers("run_gaps"));
    }
    Alterations { gates: altered.into_iter().collect(), notes }
}

/// The schemas that are changed, or lead to one that is, or to a file that is.
fn affected(
    force: &Inventory,
    tree: &Inventory,
    schemas: &BTreeSet<String>,
    files: &BTreeSet<String>,
) -> BTreeSet<String> {
    let mut affected = schemas.clone();
    for source in force.schemas.iter().chain(&tree.schemas) {
        let mut reached = force.beside.reached(&source.id).chain(tree.beside.reached(&source.id));
        if reached.any(|name| schemas.contains(name) || files.contains(name)) {
            affected.insert(source.id.clone());
        }
    }
    affected
}

/// Whether what differs between two settings can change how a gate is judged or reproduced.
fn concerns(ours: &Settings, theirs: &Settings, gate: &Gate) -> bool {
    let mentions = |names: &[&str]| names.iter().any(|name| gate.mentions(name));
    let specs = || gate.artifacts.values();
    let of_run =
        gate.reproduce.contains("{run}") || specs().flat_map(|a| &a.paths).any(|p| p.contains("{run}"));
    let of_commit = specs().any(|artifact| artifact.commit_same == Some(true));
    ours.prefix != theirs.prefix
        || (ours.env != theirs.env && mentions(&["env"]))
        || (ours.results != theirs.results && (of_run || mentions(&["run_dir"])))
        || (ours.git != theirs.git && (of_run || of_commit || mentions(&["commit", "branch"])))
        || (ours.classification != theirs.classification && mentions(&["waivers", "quarantines"]))
}

fn same_gate(ours: Option<&GateFile>, theirs: Option<&GateFile>) -> bool {
    let facts = |gate: &GateFile| {
        let pack = match &gate.origin {
            GateOrigin::Pack(pack) => Some(pack.clone()),
            GateOrigin::Workspace => None,
        };
        (pack, sha256_hex(gate.source.text.as_bytes()))
    };
    ours.map(facts) == theirs.map(facts)
}

/// The keys whose values are not the same in both, or are in one alone.
fn differing<T: Ord + ToString>(ours: &BTreeMap<T, T>, theirs: &BTreeMap<T, T>) -> BTreeSet<String> {
    ours.keys()
        .chain(theirs.keys())
        .filter(|key| ours.get(*key) != theirs.get(*key))
        .map(T::to_string)
        .collect()
}

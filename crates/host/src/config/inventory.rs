//! Everything that makes up a policy, found and read but not yet compiled.

use crate::config::gate_file::is_id;
use crate::config::policy_names::{Sort, sort};
use crate::config::problem::{ConfigError, ConfigProblem, SourceText, problems_of};
use crate::config::resolve::{self, WorkspaceFile};
use crate::config::tree::PolicyTree;
use std::collections::BTreeMap;
use tollgate_core::model::embedded::Embedded;
use tollgate_core::model::gate::GateOrigin;
use tollgate_lang::schema::{Beside, SchemaSource};
use tollgate_text::show::show;
use tollgate_text::toml_text::text_of;

/// Largest gate file, `tollgate.toml` or runbook entry: 1 MiB.
const SMALL: u64 = 1 << 20;
/// Largest schema or classification file: 8 MiB.
const LARGE: u64 = 8 << 20;
/// Files of one folder that are named because they are not loaded.
const UNLOADED: usize = 20;

/// The classification file (suites, waivers, quarantine, rollback) as it was found. What it states is the waiver
/// room's matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Classification {
    /// There is none: no suites and no waivers.
    Absent,
    /// Its text.
    Text(String),
    /// It is there and cannot be read: a sentence that names the path.
    Unreadable(String),
}

impl Classification {
    /// What the bytes of the file say; `path` is how a fault names it.
    pub fn of_bytes(path: &str, bytes: &[u8]) -> Classification {
        match text_of(bytes) {
            Ok(text) => Classification::Text(text.to_string()),
            Err(fault) => Classification::Unreadable(ConfigProblem::of_bytes(path, bytes, fault).sentence()),
        }
    }
}

/// A gate in force, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateFile {
    /// Its text and path.
    pub source: SourceText,
    /// Where it comes from.
    pub origin: GateOrigin,
    /// The pack whose gate of the same id it replaces.
    pub replaces: Option<String>,
}

/// The texts of a policy.
pub struct Inventory {
    /// What the binary brings.
    pub embedded: &'static Embedded,
    /// `tollgate.toml`
    pub workspace: WorkspaceFile,
    /// Gates in force, by id.
    pub gates: BTreeMap<String, GateFile>,
    /// The workspace's own schemas.
    pub schemas: Vec<SchemaSource>,
    /// The files of the workspace that they refer to.
    pub beside: Beside,
    /// The workspace's own runbook entries: id and text, in id order.
    pub runbook: Vec<(String, String)>,
    /// Suites, waivers, quarantine, rollback.
    pub classification: Classification,
    /// What is worth saying and wrong with nothing.
    pub notes: Vec<String>,
    /// What is wrong with what was found; the rest is usable.
    pub problems: Vec<ConfigProblem>,
}

/// Finds and reads everything. `shown` names the folder or commit in the error that there is no `tollgate.toml`.
pub fn collect(
    embedded: &'static Embedded,
    tree: &dyn PolicyTree,
    shown: &str,
) -> Result<Inventory, ConfigError> {
    let (workspace, problems) = workspace(embedded, tree, shown)?;
    let mut found = Inventory {
        embedded,
        workspace,
        gates: BTreeMap::new(),
        schemas: Vec::new(),
        beside: Beside::default(),
        runbook: Vec::new(),
        classification: Classification::Absent,
        notes: Vec::new(),
        problems,
    };
    found.packed();
    found.own_gates(tree);
    found.own_schemas(tree);
    found.beside_schemas(tree);
    found.own_runbook(tree);
    found.classify(tree);
    Ok(found)
}

/// `tollgate.toml` alone, and what is wrong with it.
pub fn workspace(
    embedded: &Embedded,
    tree: &dyn PolicyTree,
    shown: &str,
) -> Result<(WorkspaceFile, Vec<ConfigProblem>), ConfigError> {
    let fail = |problem: ConfigProblem| ConfigError { problems: vec![problem] };
    let bytes = tree
        .read(resolve::FILE, SMALL)
        .map_err(|why| fail(ConfigProblem::of_request(why)))?
        .ok_or_else(|| {
            let hint = match tree.is_commit() {
                true => "so there is no policy in it to judge by",
                false => "`tollgate init` writes one",
            };
            let what = format!("{shown} has no {}; {hint}", resolve::FILE);
            fail(ConfigProblem::of_request(what))
        })?;
    let source = text(resolve::FILE, &bytes).map_err(fail)?;
    let (workspace, faults) = resolve::workspace(embedded, &source);
    Ok((workspace, problems_of(&source, faults)))
}

fn text(path: &str, bytes: &[u8]) -> Result<SourceText, ConfigProblem> {
    match text_of(bytes) {
        Ok(text) => Ok(SourceText { path: path.to_string(), text: text.into() }),
        Err(fault) => Err(ConfigProblem::of_bytes(path, bytes, fault)),
    }
}

/// Whether a schema of the workspace stands in for an embedded one and says something else: then documents of tollgate's own
/// are held to another contract.
pub fn replaces_embedded(embedded: &Embedded, source: &SchemaSource) -> bool {
    let own = |path: &str| path.strip_suffix(".json") == Some(source.id.as_str());
    embedded.schemas.iter().any(|(path, text)| own(path) && **text != *source.text)
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_string() } else { format!("{folder}/{name}") }
}

impl Inventory {
    /// The gates of the packs, in the order the packs are named: of one id the first wins.
    fn packed(&mut self) {
        for pack in &self.workspace.settings.packs {
            for (path, content) in self.embedded.gates {
                let Some(id) = path
                    .strip_prefix(pack.as_str())
                    .and_then(|rest| rest.strip_prefix('/'))
                    .and_then(|name| name.strip_suffix(".toml"))
                else {
                    continue;
                };
                if let Some(GateFile { origin: GateOrigin::Pack(first), source, .. }) = self.gates.get(id) {
                    if *source.text != **content {
                        self.notes.push(format!("gate {id}: the pack {first} comes before the pack {pack}"));
                    }
                    continue;
                }
                let source = SourceText { path: format!("pack:{path}"), text: (*content).into() };
                let gate = GateFile { source, origin: GateOrigin::Pack(pack.clone()), replaces: None };
                self.gates.insert(id.to_string(), gate);
            }
        }
    }

    /// The files of a folder that end in `extension`, as (name, stem). Says what is not loaded, and what is not there; a
    /// name that was meant to end so and does not is a problem.
    fn files(&mut self, tree: &dyn PolicyTree, folder: &str, extension: &str) -> Vec<(String, String)> {
        let listing = match tree.list(folder) {
            Ok(Some(listing)) => listing,
            Ok(None) => {
                if self.workspace.named_folders.iter().any(|named| named == folder) {
                    self.notes.push(format!("the folder {} of tollgate.toml is not there", show(folder)));
                }
                return Vec::new();
            }
            Err(why) => {
                self.problems.push(ConfigProblem::of_file(folder, why));
                return Vec::new();
            }
        };
        let mut found = Vec::new();
        let mut unloaded = Vec::new();
        for entry in &listing.entries {
            match sort(entry, extension, folder.is_empty()) {
                Sort::Of(stem) => found.push((entry.name.clone(), stem)),
                Sort::Other => {}
                Sort::Unloaded(why) => {
                    unloaded.push(format!("{} is not loaded: {why}", show(&join(folder, &entry.name))));
                }
                Sort::Wrong(why) => {
                    self.problems.push(ConfigProblem::of_file(&join(folder, &entry.name), why));
                }
            }
        }
        let shown = show(folder);
        if unloaded.len() > UNLOADED {
            let more = unloaded.len() - UNLOADED;
            unloaded.truncate(UNLOADED);
            unloaded.push(format!("{more} more files below {shown} are not loaded"));
        }
        if listing.cut {
            unloaded.push(format!(
                "{shown} holds too many folders to look through: nothing below them is loaded"
            ));
        }
        self.notes.extend(unloaded.into_iter().map(|note| note.replace("{folder}", &shown)));
        found
    }

    fn read(&mut self, tree: &dyn PolicyTree, path: &str, limit: u64) -> Option<SourceText> {
        let bytes = match tree.read(path, limit) {
            Ok(Some(bytes)) => bytes,
            // A link that leads nowhere is listed and cannot be read.
            Ok(None) => {
                self.problems
                    .push(ConfigProblem::of_file(path, "it does not exist (a link that leads nowhere?)"));
                return None;
            }
            Err(why) => {
                self.problems.push(ConfigProblem::of_request(why));
                return None;
            }
        };
        match text(path, &bytes) {
            Ok(source) => Some(source),
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }

    fn own_gates(&mut self, tree: &dyn PolicyTree) {
        for folder in self.workspace.settings.gates.clone() {
            for (name, id) in self.files(tree, &folder, ".toml") {
                if folder.is_empty()
                    && matches!(name.as_str(), resolve::FILE | "Cargo.toml" | "pyproject.toml")
                {
                    continue;
                }
                let path = join(&folder, &name);
                if !is_id(&id) {
                    let what = "the file's name is the gate's id: letters, digits, `_`, `-` and `.`, beginning with a \
                                letter, a digit or `_`";
                    self.problems.push(ConfigProblem::of_file(&path, what));
                    continue;
                }
                let Some(source) = self.read(tree, &path, SMALL) else { continue };
                let mut gate = GateFile { source, origin: GateOrigin::Workspace, replaces: None };
                match self.gates.get(&id) {
                    Some(GateFile { origin: GateOrigin::Pack(pack), .. }) => {
                        self.notes.push(format!("gate {id}: {path} replaces that of the pack {pack}"));
                        gate.replaces = Some(pack.clone());
                    }
                    Some(other) => {
                        let what = format!("the gate {id} is already that of {}", show(&other.source.path));
                        self.problems.push(ConfigProblem::of_file(&path, what));
                        continue;
                    }
                    None => {}
                }
                self.gates.insert(id, gate);
            }
        }
    }

    fn own_schemas(&mut self, tree: &dyn PolicyTree) {
        for folder in self.workspace.settings.schemas.clone() {
            for (name, _) in self.files(tree, &folder, ".json") {
                let path = join(&folder, &name);
                let Some(source) = self.read(tree, &path, LARGE) else { continue };
                match SchemaSource::read(&path, &path, source.text.to_string()) {
                    Ok(source) => {
                        if replaces_embedded(self.embedded, &source) {
                            let (path, id) = (show(&path), show(&source.id));
                            self.notes.push(format!("{path} replaces the embedded schema {id}"));
                        }
                        self.schemas.push(source);
                    }
                    Err(sentence) => self.problems.push(ConfigProblem::of_request(sentence)),
                }
            }
        }
    }

    /// What the schemas refer to comes from where they come from: of a commit, the commit.
    fn beside_schemas(&mut self, tree: &dyn PolicyTree) {
        self.beside =
            Beside::look(self.embedded.schemas, &self.schemas, &mut |path| match tree.read(path, LARGE)? {
                None => Ok(None),
                Some(bytes) => match text(path, &bytes) {
                    Ok(source) => Ok(Some(source.text.to_string())),
                    Err(problem) => Err(problem.sentence()),
                },
            });
    }

    fn own_runbook(&mut self, tree: &dyn PolicyTree) {
        for folder in self.workspace.settings.runbook.clone() {
            for (name, id) in self.files(tree, &folder, ".toml") {
                let path = join(&folder, &name);
                if let Some(source) = self.read(tree, &path, SMALL) {
                    self.runbook.push((id, source.text.to_string()));
                }
            }
        }
        self.runbook.sort();
    }

    fn classify(&mut self, tree: &dyn PolicyTree) {
        let path = &self.workspace.settings.classification;
        self.classification = match tree.read(path, LARGE) {
            Ok(None) => Classification::Absent,
            Ok(Some(bytes)) => Classification::of_bytes(path, &bytes),
            // Of a working tree the gates that read it fail by it, and whoever judges can mend it.
            Err(why) if !tree.is_commit() => Classification::Unreadable(why),
            Err(why) => {
                self.problems.push(ConfigProblem::of_request(why.clone()));
                Classification::Unreadable(why)
            }
        };
    }
}

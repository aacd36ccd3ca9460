//! The whole policy: found, read, checked, compiled.

use crate::config::compile;
use crate::config::digest::{self, Alterations};
use crate::config::gate_file::{self, GateDraft};
use crate::config::inventory::{self, Classification, GateFile, Inventory, collect};
use crate::config::lint::{LintContext, written_files};
use crate::config::problem::{ConfigError, ConfigProblem, problems_of};
use crate::config::resolve::unknown_gate;
use crate::config::tree::{FsTree, GitTree};
use crate::files::Root;
use crate::git::{Repository, link_on_the_way};
use rayon::prelude::*;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use tollgate_core::model::embedded::Embedded;
use tollgate_core::model::gate::{Blocking, Gate, GateOrigin, Region};
use tollgate_core::model::lane::Lane;
use tollgate_core::model::plan::RunSettings;
use tollgate_core::model::workspace::Settings;
use tollgate_lang::schema::Registry;

/// What to load.
pub struct LoadRequest<'r> {
    /// What the binary brings.
    pub embedded: &'static Embedded,
    /// The workspace.
    pub root: &'r Root,
    /// Load from this git ref instead of from the working tree.
    pub policy_from: Option<&'r str>,
    /// Only the gates that this lane judges (for preflight: only blocking ones); `None` for all.
    pub lane: Option<Lane>,
    /// Only these gates; empty for all.
    pub gates: &'r [String],
}

impl<'r> LoadRequest<'r> {
    /// Everything of the working tree.
    pub fn all(embedded: &'static Embedded, root: &'r Root) -> Self {
        LoadRequest { embedded, root, policy_from: None, lane: None, gates: &[] }
    }
}

/// A policy in force.
pub struct PolicyInForce {
    /// `tollgate.toml` over the embedded default.
    pub settings: Settings,
    /// The selected gates, sorted by id.
    pub gates: Vec<Gate>,
    /// What it says of runs: kinds, lint steps, profiles.
    pub runs: RunSettings,
    /// With a ref: what the working tree would have runs be, or why its policy would not load.
    pub tree: Option<Result<TreePlan, String>>,
    /// With a ref: its commit.
    pub from_commit: Option<String>,
    /// Every gate in force, selected or not, with the ids of its checks: what waivers may name, and `gate_ids`.
    pub known: BTreeMap<String, Vec<String>>,
    /// The gates of the lane that a choice of gates leaves out, sorted.
    pub left_out: Vec<String>,
    /// Embedded schemas and the workspace's own over them.
    pub schemas: Registry,
    /// The classification file.
    pub classification: Classification,
    /// The workspace's own runbook entries: id and text, in id order.
    pub runbook: Vec<(String, String)>,
    /// SHA-256 over every gate, schema, waiver and setting in force, whatever is selected.
    pub digest: String,
    /// The git ref it was loaded from, as it was named.
    pub from: Option<String>,
    /// With a ref: the gates that the working tree would alter, sorted.
    pub altered: Vec<String>,
    /// Replaced gates, folders that are not there, what the working tree alters beside gates. One sentence each.
    pub notes: Vec<String>,
}

/// What a working tree says of runs, beside a policy that is loaded from a ref.
pub struct TreePlan {
    /// Its settings.
    pub settings: Settings,
    /// Its kinds, lint steps and profiles.
    pub runs: RunSettings,
    /// Its classification file.
    pub classification: Classification,
}

/// The settings of the working tree's `tollgate.toml` alone: for verbs that write the files that a policy is loaded from.
pub fn settings(embedded: &'static Embedded, root: &Root) -> Result<Settings, ConfigError> {
    run_settings(embedded, root).map(|(settings, _)| settings)
}

/// The settings of the working tree's `tollgate.toml`, and what it says about runs. An error holds every problem of the file.
pub fn run_settings(
    embedded: &'static Embedded,
    root: &Root,
) -> Result<(Settings, RunSettings), ConfigError> {
    let shown = tollgate_text::show::show(&root.dir().display().to_string());
    let (found, problems) = inventory::workspace(embedded, &FsTree::new(root), &shown)?;
    match ConfigError::of(problems) {
        Some(error) => Err(error),
        None => Ok((found.settings, found.runs)),
    }
}

/// Loads a policy. An error holds every problem of every file.
pub fn load(request: &LoadRequest<'_>) -> Result<PolicyInForce, ConfigError> {
    let Some(name) = request.policy_from else {
        let shown = tollgate_text::show::show(&request.root.dir().display().to_string());
        let inventory = collect(request.embedded, &FsTree::new(request.root), &shown)?;
        return Loading::start(inventory).finish(request, None);
    };
    let refuse = |why: String| ConfigError {
        problems: vec![ConfigProblem::of_request(format!("the policy cannot be loaded from a ref: {why}"))],
    };
    // The root is a path of the commit too, and a change of the working tree must not say which.
    if let Some(link) = link_on_the_way(request.root.dir()).map_err(|e| refuse(e.to_string()))? {
        let link = tollgate_text::show::show(&link.display().to_string());
        return Err(refuse(format!(
            "--root goes through the symbolic link {link} of the repository; name the folder itself"
        )));
    }
    let repository = Repository::find(request.root.real()).map_err(|e| refuse(e.to_string()))?;
    let commit = repository.resolve(name).map_err(|e| refuse(e.to_string()))?;
    let inventory = collect(
        request.embedded,
        &GitTree::new(&repository, commit.clone()),
        &format!("the commit of {name}"),
    )?;
    let mut loading = Loading::start(inventory);
    let (altered, tree) = loading.altered(request.root);
    loading.inventory.notes.push(format!("the policy is that of {name}, commit {commit}"));
    loading.finish(request, Some(FromRef { name, commit, altered, tree }))
}

/// The schemas of the working tree alone: a gate file that is still being written is in nobody's way.
pub fn schemas(embedded: &'static Embedded, root: &Root) -> Result<Registry, ConfigError> {
    let shown = tollgate_text::show::show(&root.dir().display().to_string());
    let mut inventory = collect(embedded, &FsTree::new(root), &shown)?;
    inventory.gates.clear();
    let mut loading = Loading::start(inventory);
    let registry = loading.registry();
    match (ConfigError::of(loading.problems), registry) {
        (None, Some(registry)) => Ok(registry),
        (Some(error), _) => Err(error),
        // Without a registry there is a problem, which has returned already.
        (None, None) => {
            Err(ConfigError { problems: vec![ConfigProblem::of_request("the schemas cannot be used")] })
        }
    }
}

/// What is known of a policy beside its texts when it comes from a ref.
struct FromRef<'r> {
    name: &'r str,
    commit: String,
    altered: Alterations,
    tree: Result<TreePlan, String>,
}

struct Loading {
    inventory: Inventory,
    drafts: Vec<GateDraft>,
    problems: Vec<ConfigProblem>,
}

impl Loading {
    /// Reads every gate file, in parallel.
    fn start(mut inventory: Inventory) -> Loading {
        let mut problems = std::mem::take(&mut inventory.problems);
        let files: Vec<(&String, &GateFile)> = inventory.gates.iter().collect();
        let read: Vec<_> = files
            .into_par_iter()
            .with_max_len(1)
            .map(|(id, file)| gate_file::read(id, file.source.clone(), file.origin.clone()))
            .collect();
        let mut drafts = Vec::with_capacity(read.len());
        for (draft, faults) in read {
            problems.extend(problems_of(&draft.source, faults));
            drafts.push(draft);
        }
        Loading { inventory, drafts, problems }
    }

    /// What the working tree would alter; all of it when the working tree's policy cannot be read.
    fn altered(&self, root: &Root) -> (Alterations, Result<TreePlan, String>) {
        let demands = self
            .drafts
            .iter()
            .map(|draft| {
                let own = draft.artifacts.iter().any(|a| a.demand.is_none());
                let asked = draft.artifacts.iter().filter_map(|a| Some(a.demand.as_ref()?.value.clone()));
                (draft.id.clone(), if own { None } else { Some(asked.collect()) })
            })
            .collect();
        match collect(self.inventory.embedded, &FsTree::new(root), "the working tree") {
            Ok(tree) => {
                let gates = OnceCell::new();
                let compiled = |id: &str| gates.get_or_init(|| self.compiled()).get(id);
                let mut found = digest::alterations(&self.inventory, &tree, &demands, &compiled);
                if let Some(first) = tree.problems.first() {
                    let first = first.sentence();
                    found.notes.push(format!(
                        "the working tree's own policy has problems and would not load: {first}"
                    ));
                }
                let Inventory { workspace, classification, .. } = tree;
                let plan = TreePlan { settings: workspace.settings, runs: workspace.runs, classification };
                (found, Ok(plan))
            }
            Err(error) => {
                let why = format!("the working tree's own policy would not load: {error}");
                let gates = self.inventory.gates.keys().cloned().collect();
                (Alterations { gates, notes: vec![why.clone()] }, Err(why))
            }
        }
    }

    /// Every gate in force that compiles, by id. It is asked only what it reads, so that schemas are not looked at.
    fn compiled(&self) -> BTreeMap<String, Gate> {
        let written = written_files(&self.inventory.workspace.settings.output);
        let known = LintContext { schemas: None, written: &written };
        let drafts = self.drafts.iter().filter(|draft| !draft.broken);
        drafts.filter_map(|draft| Some((draft.id.clone(), compile::gate(draft, &known).ok()?))).collect()
    }

    fn finish(
        mut self,
        request: &LoadRequest<'_>,
        from: Option<FromRef<'_>>,
    ) -> Result<PolicyInForce, ConfigError> {
        self.unknown_gates(request.gates);
        let digest = digest::digest(&self.inventory);
        let schemas = self.registry();
        let gates = self.compile(request, schemas.as_ref());
        let left_out = self.left_out(request);
        if let Some(error) = ConfigError::of(self.problems) {
            return Err(error);
        }
        let Some(schemas) = schemas else {
            // Without a registry there is a problem, which has returned already.
            return Err(ConfigError {
                problems: vec![ConfigProblem::of_request("the schemas cannot be used")],
            });
        };
        let known = self
            .drafts
            .iter()
            .map(|draft| (draft.id.clone(), draft.checks.iter().map(|c| c.id.clone()).collect()))
            .collect();
        let mut notes = self.inventory.notes;
        let (mut altered, mut named, mut from_commit, mut tree) = (Vec::new(), None, None, None);
        if let Some(from) = from {
            notes.extend(from.altered.notes);
            altered = from.altered.gates;
            (named, from_commit, tree) = (Some(from.name.to_string()), Some(from.commit), Some(from.tree));
        }
        Ok(PolicyInForce {
            settings: self.inventory.workspace.settings,
            runs: self.inventory.workspace.runs,
            tree,
            from_commit,
            gates,
            left_out,
            known,
            schemas,
            classification: self.inventory.classification,
            runbook: self.inventory.runbook,
            digest,
            from: named,
            altered,
            notes,
        })
    }

    fn unknown_gates(&mut self, asked: &[String]) {
        let known: Vec<&str> = self.inventory.gates.keys().map(String::as_str).collect();
        for id in asked.iter().filter(|id| !known.contains(&id.as_str())) {
            self.problems.push(ConfigProblem::of_request(unknown_gate(id, &known)));
        }
    }

    /// The schemas. One that does not compile stops only what needs it, and is told in a note.
    fn registry(&mut self) -> Option<Registry> {
        match Registry::new(self.inventory.embedded.schemas, std::mem::take(&mut self.inventory.schemas)) {
            Err(sentences) => {
                self.problems.extend(sentences.into_iter().map(ConfigProblem::of_request));
                None
            }
            Ok(registry) => {
                let registry = registry.beside(std::mem::take(&mut self.inventory.beside));
                self.inventory.notes.extend(registry.notes());
                Some(registry)
            }
        }
    }

    /// What `--gate` leaves out of the gates that the lane judges.
    fn left_out(&self, request: &LoadRequest<'_>) -> Vec<String> {
        let out = self.drafts.iter().filter(|d| of_lane(d, request) && !selected(d, request));
        let mut ids: Vec<String> = out.map(|draft| draft.id.clone()).collect();
        ids.sort();
        ids
    }

    /// Compiles the selected gates and every gate of the workspace, in parallel; returns the selected ones.
    fn compile(&mut self, request: &LoadRequest<'_>, schemas: Option<&Registry>) -> Vec<Gate> {
        let ids: Option<BTreeSet<String>> =
            schemas.map(|registry| registry.ids().into_iter().map(String::from).collect());
        let written = written_files(&self.inventory.workspace.settings.output);
        let known = LintContext { schemas: ids.as_ref(), written: &written };
        let wanted: Vec<(&GateDraft, bool)> = self
            .drafts
            .iter()
            .map(|draft| (draft, selected(draft, request)))
            // What is not TOML has said so; its echoes help nobody.
            .filter(|(draft, selected)| !draft.broken && (*selected || draft.origin == GateOrigin::Workspace))
            .collect();
        let compiled: Vec<_> = wanted
            .into_par_iter()
            .with_max_len(1)
            .map(|(draft, selected)| (draft, selected, compile::gate(draft, &known)))
            .collect();
        let mut gates = Vec::new();
        for (draft, selected, result) in compiled {
            match result {
                Ok(gate) if selected => gates.push(self.inventory.place(gate)),
                Ok(_) => {}

                Err(faults) => self.problems.extend(problems_of(&draft.source, faults)),
            }
        }
        gates
    }
}

fn selected(draft: &GateDraft, request: &LoadRequest<'_>) -> bool {
    of_lane(draft, request) && (request.gates.is_empty() || request.gates.contains(&draft.id))
}

fn of_lane(draft: &GateDraft, request: &LoadRequest<'_>) -> bool {
    match request.lane {
        None => true,
        Some(Lane::Preflight) => draft.lanes.contains(&Lane::Preflight) && draft.blocking == Blocking::Yes,
        Some(lane) => draft.lanes.contains(&lane),
    }
}

impl Inventory {
    /// Fills in what the gate file itself does not know. A packed gate stands nowhere in the workspace: it is shown at
    /// the line of `tollgate.toml` that names the packs.
    fn place(&self, mut gate: Gate) -> Gate {
        gate.replaces = self.gates.get(&gate.id).and_then(|file| file.replaces.clone());
        if let GateOrigin::Pack(_) = gate.origin {
            let here: &Region = &self.workspace.packs_region;
            gate.region = here.clone();
            for check in &mut gate.checks {
                check.region = here.clone();
            }
            for artifact in gate.artifacts.values_mut() {
                artifact.region = here.clone();
            }
        }
        gate
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::defaults;
    use crate::embedded_in_tests::EMBEDDED;
    use crate::files::write_atomic;
    use std::path::Path;

    const GATE: &str = "name = 'N'\nwhy = 'W'\nowner = 'o'\nblocking = true\nlanes = ['full']\nreproduce = 'x {run}'\n\
                        [artifacts.doc]\npath = 'doc.json'\nshape = 'my.v1'\n[[checks]]\nid = 'c'\nassert = 'doc.ok'\n";

    fn put(dir: &Path, path: &str, text: &str) {
        write_atomic(&dir.join(path), text.as_bytes()).unwrap();
    }

    fn workspace() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), "tollgate.toml", "[workspace]\npacks = []\n");
        put(dir.path(), "gates/b.toml", GATE);
        put(dir.path(), "gates/a.toml", &GATE.replace("['full']", "['preflight']"));
        put(dir.path(), "schemas/my.v1.json", "{\"type\": \"object\"}");
        dir
    }

    fn load_all(dir: &Path) -> Result<PolicyInForce, String> {
        load(&LoadRequest::all(&EMBEDDED, &Root::open(dir).unwrap())).map_err(|e| e.to_string())
    }

    fn why(dir: &Path) -> String {
        load_all(dir).err().unwrap()
    }

    #[test]
    fn gates_come_sorted_with_what_they_need() {
        let dir = workspace();
        let policy = load_all(dir.path()).unwrap();
        assert_eq!(policy.gates.iter().map(|g| g.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(policy.known["a"], ["c"]);
        assert!(policy.schemas.source("my.v1").is_some());
        assert_eq!(policy.classification, Classification::Absent);
        assert_eq!((policy.from, policy.altered, policy.notes), (None, vec![], vec![]));
        assert_eq!(policy.gates[0].region.path, "gates/a.toml");
    }

    #[test]
    fn lane_and_gate_select() {
        let dir = workspace();
        let root = Root::open(dir.path()).unwrap();
        let ids = |lane, gates: &[String]| {
            let request = LoadRequest { lane, gates, ..LoadRequest::all(&EMBEDDED, &root) };
            load(&request).map(|p| p.gates.into_iter().map(|g| g.id).collect::<Vec<_>>())
        };
        assert_eq!(ids(Some(Lane::Full), &[]).unwrap(), ["b"]);
        assert_eq!(ids(Some(Lane::Preflight), &["b".into()]).unwrap(), Vec::<String>::new());
        assert_eq!(ids(None, &["b".into()]).unwrap(), ["b"]);
        put(dir.path(), "gates/a.toml", &GATE.replace("= true", "= false").replace("'full'", "'preflight'"));
        assert_eq!(ids(Some(Lane::Preflight), &[]).unwrap(), Vec::<String>::new());
        put(dir.path(), "gates/minimum.toml", GATE);
        let unknown = ids(None, &["minimun".into()]).unwrap_err().to_string();
        assert_eq!(unknown, "no gate has the id `minimun`; did you mean `minimum`?");
    }

    #[test]
    fn no_tollgate_toml_names_init() {
        let dir = tempfile::tempdir().unwrap();
        let said = why(dir.path());
        assert!(said.contains("has no tollgate.toml; `tollgate init` writes one"), "{said}");
    }

    #[test]
    fn problems_of_all_files_come_together() {
        let dir = workspace();
        put(dir.path(), "gates/a.toml", &GATE.replace("owner", "ownr").replace("doc.ok", "dok.ok && 1 +"));
        put(dir.path(), "gates/b.toml", &GATE.replace("'doc.ok'", "\"dok.ok && doc.name != 'x'\""));
        put(dir.path(), "gates/c d.toml", GATE);
        put(dir.path(), "schemas/bad.json", "{");
        let said = why(dir.path());
        for wanted in [
            "gates/a.toml:1:1: the gate has no `owner`, which is required",
            "gates/a.toml:3:1: the gate knows no key `ownr`; did you mean `owner`?",
            "gates/c d.toml: the file's name is the gate's id",
            "schemas/bad.json:1:2:",
            "gates/a.toml:12:24: the expression does not compile",
            "gates/b.toml:12:11: nothing binds the name `dok`; did you mean `doc`?",
            "gates/b.toml:12:21: `doc.name != 'x'`",
        ] {
            assert!(said.contains(wanted), "{wanted}\n{said}");
        }
    }

    #[test]
    fn problems_as_people_read_them() {
        let dir = workspace();
        put(dir.path(), "gates/a.toml", &GATE.replace("owner", "ownr").replace("doc.ok", "dok.ok"));
        put(dir.path(), "tollgate.toml", "[workspace]\npacks = ['stater']\n");
        let root = Root::open(dir.path()).unwrap();
        let error =
            load(&LoadRequest { gates: &["bb".into()], ..LoadRequest::all(&EMBEDDED, &root) }).err().unwrap();
        insta::assert_snapshot!(error.render(false, &str::to_string));
    }

    #[test]
    fn a_file_that_is_wrong_everywhere_is_said_to_be_so_once() {
        let dir = workspace();
        let keys: String = (0..5_000).map(|n| format!("zz{n} = 1\n")).collect();
        put(dir.path(), "gates/a.toml", &format!("{keys}{GATE}"));
        let said = why(dir.path());
        assert_eq!(said.lines().count(), 51);
        assert!(said.ends_with("and 4950 more problems from here on"), "{said}");
    }

    #[test]
    fn one_id_in_two_folders_is_a_problem() {
        let dir = workspace();
        put(dir.path(), "tollgate.toml", "[workspace]\npacks = []\ngates = ['gates', 'more', 'gone']\n");
        put(dir.path(), "more/c.toml", GATE);
        assert_eq!(load_all(dir.path()).unwrap().notes, ["the folder gone of tollgate.toml is not there"]);
        put(dir.path(), "more/a.toml", GATE);
        assert_eq!(why(dir.path()), "more/a.toml: the gate a is already that of gates/a.toml");
    }

    #[test]
    fn lints_refuse_what_would_pass_by_mistake() {
        let lint = |from: &str, to: &str| {
            let dir = workspace();
            put(dir.path(), "gates/a.toml", &GATE.replace(from, to));
            why(dir.path())
        };
        for (from, to, wanted) in [
            ("'my.v1'", "'my.v2'", "no schema is registered as `my.v2`; did you mean `my.v1`?"),
            (
                "'doc.json'",
                "'tests/full_suite_gate/full_suite_verdict.json'",
                "written by `tollgate check` itself",
            ),
            (
                "'doc.json'",
                "'tests/full_suite_gate/./certification_events.jsonl'",
                "written by `tollgate check`",
            ),
            ("'doc.json'", "'tests/*/waiver_audit.json'\nmany = true", "written by `tollgate check` itself"),
            (
                "'doc.ok'",
                "\"valid('tests/full_suite_gate/replay_bundle.json')\"",
                "written by `tollgate check`",
            ),
            ("artifacts.doc", "artifacts.lane", "an artifact cannot be called `lane`"),
            ("artifacts.doc", "artifacts.it", "an artifact cannot be called `it`"),
            ("artifacts.doc", "artifacts.int", "it is a word of the expression language"),
            ("artifacts.doc", "artifacts.'a-b'", "cannot be used as a name in expressions"),
            ("'doc.ok'", "'it.ok'", "only a check with a `for_each` has `it`"),
            ("'doc.ok'", "'doc.ok'\nfor_each = 'it.list'", "only a check with a `for_each` has `it`"),
            ("'doc.ok'", "'doc.ok'\nmessage = '{dok.x}'", "nothing binds the name `dok`"),
            ("'doc.ok'", "'doc.ok'\nmessage = '{doc.x'", "the message holds a `{` that is not closed"),
            ("'doc.ok'", "'doc.ok'\nmessage = '{doc.x +}'", "the expression does not compile"),
            ("'doc.ok'", "\"doc.list.all(x, x.ok)\"", "size("),
            ("'doc.ok'", "\"doc.name != 'x'\"", "!="),
            ("'doc.ok'", "'doc.ok'\nwhen = \"doc.name != 'x'\"", "!="),
        ] {
            let said = lint(from, to);
            assert!(said.contains(wanted), "{wanted}\n{said}");
        }
        let dir = workspace();
        put(
            dir.path(),
            "gates/a.toml",
            &GATE.replace("'doc.ok'", "'it.ok'\nfor_each = 'doc.list'\nmessage = '{it.x} {{'"),
        );
        load_all(dir.path()).unwrap();
    }

    #[test]
    fn a_schema_that_does_not_compile_is_told_and_stops_nothing_else() {
        let dir = workspace();
        put(dir.path(), "schemas/other.json", "{\"type\": 3}");
        let policy = load_all(dir.path()).unwrap();
        assert!(
            policy.schemas.get("other").unwrap().is_err() && policy.schemas.get("my.v1").unwrap().is_ok()
        );
        assert!(
            policy.notes[0].starts_with("schemas/other.json: the schema does not compile"),
            "{:?}",
            policy.notes
        );
        // What is no JSON has no id, and nobody knows who needs it.
        put(dir.path(), "schemas/other.json", "{");
        assert!(why(dir.path()).starts_with("schemas/other.json:1:2:"));
    }

    #[test]
    fn what_schemas_refer_to_is_part_of_the_policy_and_stays_inside() {
        let dir = workspace();
        let digest = || load_all(dir.path()).unwrap().digest;
        let plain = digest();
        put(dir.path(), "common/n.json", "{\"type\": \"integer\"}");
        assert_eq!(plain, digest(), "a file that nothing refers to is none of the policy's");
        put(dir.path(), "schemas/my.v1.json", "{\"$ref\": \"../common/n.json\"}");
        let whole = digest();
        assert!(load_all(dir.path()).unwrap().schemas.get("my.v1").unwrap().is_ok());
        put(dir.path(), "common/n.json", "{}");
        assert_ne!(whole, digest());
        let outside = tempfile::tempdir().unwrap();
        put(outside.path(), "n.json", "{}");
        std::fs::remove_file(dir.path().join("common/n.json")).unwrap();
        std::os::unix::fs::symlink(outside.path().join("n.json"), dir.path().join("common/n.json")).unwrap();
        let policy = load_all(dir.path()).unwrap();
        let why = policy.schemas.get("my.v1").unwrap().err().unwrap();
        assert!(why.contains("leaves the workspace"), "{why}");
        put(dir.path(), "schemas/my.v1.json", "{\"$ref\": \"../../n.json\"}");
        let policy = load_all(dir.path()).unwrap();
        let why = policy.schemas.get("my.v1").unwrap().err().unwrap();
        assert!(why.contains("leads out of the workspace"), "{why}");
    }

    #[test]
    fn a_workspace_gate_replaces_a_packed_one_visibly() {
        let dir = workspace();
        put(dir.path(), "tollgate.toml", "# first\n[workspace]\npacks = ['starter']\n");
        let policy = load_all(dir.path()).unwrap();
        let packed = policy.gates.iter().find(|g| g.id == "minimum_tests").unwrap();
        assert_eq!((packed.region.path.as_str(), packed.region.line), ("tollgate.toml", 3));
        assert_eq!(packed.checks[0].region, packed.region);
        let before = policy.digest;
        put(dir.path(), "gates/minimum_tests.toml", GATE);
        let policy = load_all(dir.path()).unwrap();
        let own = policy.gates.iter().find(|g| g.id == "minimum_tests").unwrap();
        assert_eq!((own.replaces.as_deref(), &own.origin), (Some("starter"), &GateOrigin::Workspace));
        assert!(
            policy
                .notes
                .iter()
                .any(|n| n.contains("gates/minimum_tests.toml replaces that of the pack starter"))
        );
        assert_ne!(policy.digest, before);
    }

    #[test]
    fn every_packed_gate_loads() {
        let dir = tempfile::tempdir().unwrap();
        for pack in crate::config::known_packs(&EMBEDDED) {
            put(dir.path(), "tollgate.toml", &format!("[workspace]\npacks = ['{pack}']\n"));
            let policy = load_all(dir.path()).unwrap_or_else(|e| panic!("{pack}: {e}"));
            assert!(!policy.gates.is_empty());
        }
        assert!(crate::config::known_packs(&EMBEDDED).contains(defaults().packs[0].as_str()));
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let dir = workspace();
        std::os::unix::fs::symlink("/etc/hostname", dir.path().join("gates/out.toml")).unwrap();
        std::os::unix::fs::symlink("nowhere", dir.path().join("gates/gone.toml")).unwrap();
        std::fs::create_dir(dir.path().join("schemas/x.json")).unwrap();
        put(dir.path(), "gates/deep/c.toml", GATE);
        put(dir.path(), "gates/bom.toml", &format!("\u{feff}{GATE}"));
        let said = why(dir.path());
        assert!(
            said.contains("gates/out.toml leaves the workspace: a symbolic link leads out of it"),
            "{said}"
        );
        assert!(said.contains("gates/gone.toml cannot be read: a symbolic link leads to nothing"), "{said}");
        assert!(said.contains("gates/bom.toml:1:1: the file begins with a byte order mark"), "{said}");
        assert!(said.contains("schemas/x.json is a folder"), "{said}");
        std::fs::remove_dir(dir.path().join("schemas/x.json")).unwrap();
        for name in ["out", "gone", "bom"] {
            std::fs::remove_file(dir.path().join(format!("gates/{name}.toml"))).unwrap();
        }
        let policy = load_all(dir.path()).unwrap();
        assert_eq!(policy.notes, ["gates/deep/c.toml is not loaded: files stand directly in gates"]);
        std::fs::create_dir_all(dir.path().join("tests/suite_classification.toml")).unwrap();
        let policy = load_all(dir.path()).unwrap();
        assert!(
            matches!(policy.classification, Classification::Unreadable(why) if why.contains("is a folder"))
        );
    }

    #[test]
    fn the_digest_is_the_policys_and_not_the_selections() {
        let dir = workspace();
        let root = Root::open(dir.path()).unwrap();
        let digest = |lane| load(&LoadRequest { lane, ..LoadRequest::all(&EMBEDDED, &root) }).unwrap().digest;
        let first = digest(None);
        assert_eq!(first, digest(Some(Lane::Preflight)));
        put(dir.path(), "tests/suite_classification.toml", "[suite.unit]\nfiles = ['a']\n");
        assert_eq!(first, digest(None), "suites are evidence");
        put(dir.path(), "tests/suite_classification.toml", "[waiver.a]\nowner = 'x'\n");
        let waived = digest(None);
        assert_ne!(first, waived);
        put(dir.path(), "tests/suite_classification.toml", "# a word\n[waiver.a]\nowner  =  'x'\n");
        assert_eq!(waived, digest(None), "comments are not");
        put(dir.path(), "schemas/my.v1.json", "{\"type\": \"array\"}");
        assert_ne!(waived, digest(None));
    }
}

//! The whole policy: found, read, checked, compiled.

use crate::base::files::Root;
use crate::base::git::Repository;
use crate::config::compile;
use crate::config::digest::{self, Alterations};
use crate::config::gate_file::{self, Draft};
use crate::config::inventory::{Classification, GateFile, Inventory, collect};
use crate::config::lint::{Known, written_files};
use crate::config::problem::{ConfigError, Problem};
use crate::config::resolve::unknown_gate;
use crate::config::tree::{FsTree, GitTree};
use crate::lang::schema::Registry;
use crate::model::gate::{Blocking, Gate, Origin, Region};
use crate::model::lane::Lane;
use crate::model::workspace::Settings;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What to load.
pub struct LoadRequest<'r> {
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
    pub fn all(root: &'r Root) -> Self {
        LoadRequest { root, policy_from: None, lane: None, gates: &[] }
    }
}

/// A policy in force.
pub struct Policy {
    /// `tollgate.toml` over the embedded default.
    pub settings: Settings,
    /// The selected gates, sorted by id.
    pub gates: Vec<Gate>,
    /// Every gate in force, selected or not, with the ids of its checks: what waivers may name, and `gate_ids`.
    pub known: BTreeMap<String, Vec<String>>,
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

/// Loads a policy. An error holds every problem of every file.
pub fn load(request: &LoadRequest<'_>) -> Result<Policy, ConfigError> {
    let Some(name) = request.policy_from else {
        let shown = crate::base::files::show(&request.root.dir().display().to_string());
        let inventory = collect(&FsTree::new(request.root), &shown)?;
        return Loading::start(inventory).finish(request, None);
    };
    let refuse = |why: String| ConfigError {
        problems: vec![Problem::of_request(format!("the policy cannot be loaded from a ref: {why}"))],
    };
    let repository = Repository::find(request.root.real()).map_err(|e| refuse(e.to_string()))?;
    let commit = repository.resolve(name).map_err(|e| refuse(e.to_string()))?;
    let inventory = collect(&GitTree::new(&repository, commit.clone()), &format!("the commit of {name}"))?;
    let mut loading = Loading::start(inventory);
    let altered = loading.altered(request.root);
    loading.inventory.notes.push(format!("the policy is that of {name}, commit {commit}"));
    loading.finish(request, Some((name, altered)))
}

struct Loading {
    inventory: Inventory,
    drafts: Vec<Draft>,
    problems: Vec<Problem>,
}

impl Loading {
    /// Reads every gate file, in parallel.
    fn start(mut inventory: Inventory) -> Loading {
        let mut problems = std::mem::take(&mut inventory.problems);
        let files: Vec<(&String, &GateFile)> = inventory.gates.iter().collect();
        let read: Vec<_> = files
            .into_par_iter()
            .map(|(id, file)| gate_file::read(id, file.source.clone(), file.origin.clone()))
            .collect();
        let mut drafts = Vec::with_capacity(read.len());
        for (draft, faults) in read {
            problems.extend(faults.into_iter().map(|fault| Problem::of_text(&draft.source, fault)));
            drafts.push(draft);
        }
        Loading { inventory, drafts, problems }
    }

    /// What the working tree would alter; all of it when the working tree's policy cannot be read.
    fn altered(&self, root: &Root) -> Alterations {
        let demands = self
            .drafts
            .iter()
            .map(|draft| {
                let own = draft.artifacts.iter().any(|a| a.demand.is_none());
                let asked = draft.artifacts.iter().filter_map(|a| Some(a.demand.as_ref()?.value.clone()));
                (draft.id.clone(), if own { Vec::new() } else { asked.collect() })
            })
            .collect();
        match collect(&FsTree::new(root), "the working tree") {
            Ok(tree) => {
                let mut found = digest::alterations(&self.inventory, &tree, &demands);
                if !tree.problems.is_empty() {
                    found.notes.push("the working tree's own policy has problems and would not load".into());
                }
                found
            }
            Err(error) => Alterations {
                gates: self.inventory.gates.keys().cloned().collect(),
                notes: vec![format!("the working tree's own policy would not load: {error}")],
            },
        }
    }

    fn finish(
        mut self,
        request: &LoadRequest<'_>,
        from: Option<(&str, Alterations)>,
    ) -> Result<Policy, ConfigError> {
        self.unknown_gates(request.gates);
        let digest = digest::digest(&self.inventory);
        let schemas = self.registry();
        let gates = self.compile(request, schemas.as_ref());
        if let Some(error) = ConfigError::of(self.problems) {
            return Err(error);
        }
        let Some(schemas) = schemas else {
            // Without a registry there is a problem, which has returned already.
            return Err(ConfigError { problems: vec![Problem::of_request("the schemas cannot be used")] });
        };
        let known = self
            .drafts
            .iter()
            .map(|draft| (draft.id.clone(), draft.checks.iter().map(|c| c.id.clone()).collect()))
            .collect();
        let mut notes = self.inventory.notes;
        let (from, altered) = match from {
            Some((name, alterations)) => {
                notes.extend(alterations.notes);
                (Some(name.to_string()), alterations.gates)
            }
            None => (None, Vec::new()),
        };
        Ok(Policy {
            settings: self.inventory.workspace.settings,
            gates,
            known,
            schemas,
            classification: self.inventory.classification,
            runbook: self.inventory.runbook,
            digest,
            from,
            altered,
            notes,
        })
    }

    fn unknown_gates(&mut self, asked: &[String]) {
        let known: Vec<&str> = self.inventory.gates.keys().map(String::as_str).collect();
        for id in asked.iter().filter(|id| !known.contains(&id.as_str())) {
            self.problems.push(Problem::of_request(unknown_gate(id, &known)));
        }
    }

    /// The schemas; those of the workspace are compiled here, so that a wrong one is found before anything is judged.
    fn registry(&mut self) -> Option<Registry> {
        match Registry::new(std::mem::take(&mut self.inventory.schemas)) {
            Err(sentences) => {
                self.problems.extend(sentences.into_iter().map(Problem::of_request));
                None
            }
            Ok(registry) => {
                let wrong = |id: &&str| {
                    let source = registry.source(id).filter(|s| s.origin != "embedded")?;
                    let why = registry.get(id)?.err()?;
                    Some(Problem::of_file(&source.origin, why))
                };
                let wrong: Vec<_> = registry.ids().iter().filter_map(wrong).collect();
                self.problems.extend(wrong);
                Some(registry)
            }
        }
    }

    /// Compiles the selected gates and every gate of the workspace, in parallel; returns the selected ones.
    fn compile(&mut self, request: &LoadRequest<'_>, schemas: Option<&Registry>) -> Vec<Gate> {
        let ids: BTreeSet<String> = schemas
            .map(|registry| registry.ids().into_iter().map(String::from).collect())
            .unwrap_or_default();
        let written = written_files(&self.inventory.workspace.settings.output);
        let known = Known { schemas: &ids, written: &written };
        let wanted: Vec<(&Draft, bool)> = self
            .drafts
            .iter()
            .map(|draft| (draft, selected(draft, request)))
            .filter(|(draft, selected)| *selected || draft.origin == Origin::Workspace)
            .collect();
        let compiled: Vec<_> = wanted
            .into_par_iter()
            .map(|(draft, selected)| (draft, selected, compile::gate(draft, &known)))
            .collect();
        let mut gates = Vec::new();
        for (draft, selected, result) in compiled {
            match result {
                Ok(gate) if selected => gates.push(self.inventory.place(gate)),
                Ok(_) => {}
                // Without a registry every schema would be unknown: its own problem says enough.
                Err(_) if schemas.is_none() => {}
                Err(faults) => {
                    let found = faults.into_iter().map(|fault| Problem::of_text(&draft.source, fault));
                    self.problems.extend(found);
                }
            }
        }
        gates
    }
}

fn selected(draft: &Draft, request: &LoadRequest<'_>) -> bool {
    let by_lane = match request.lane {
        None => true,
        Some(Lane::Preflight) => draft.lanes.contains(&Lane::Preflight) && draft.blocking == Blocking::Yes,
        Some(lane) => draft.lanes.contains(&lane),
    };
    by_lane && (request.gates.is_empty() || request.gates.contains(&draft.id))
}

impl Inventory {
    /// Fills in what the gate file itself does not know. A packed gate stands nowhere in the workspace: it is shown at
    /// the line of `tollgate.toml` that names the packs.
    fn place(&self, mut gate: Gate) -> Gate {
        gate.replaces = self.gates.get(&gate.id).and_then(|file| file.replaces.clone());
        if let Origin::Pack(_) = gate.origin {
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

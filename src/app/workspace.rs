//! What every verb that judges opens first: the root, the policy, git's facts, the run folder, the waivers.

use super::error::Error;
use super::incidents;
use crate::artifact::run_folder;
use crate::base::clock::Now;
use crate::base::files::Root;
use crate::base::git;
use crate::config::{self, LoadRequest, Policy};
use crate::gate::Facts;
use crate::model::gate::Gate;
use crate::model::lane::{Lane, Mode};
use crate::model::waiver::{Entry, Rollback};
use crate::waiver;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What to open.
#[derive(Debug, Clone)]
pub struct OpenRequest<'a> {
    /// The folder that is gated.
    pub root: &'a Path,
    /// The moment.
    pub now: Now,
    /// The lane whose gates are wanted; `None` for all gates.
    pub lane: Option<Lane>,
    /// Only these gates; empty for all.
    pub gates: &'a [String],
    /// The run folder to judge; `None` for the newest.
    pub run: Option<&'a Path>,
    /// The git ref that the policy comes from.
    pub policy_from: Option<&'a str>,
    /// The environment.
    pub env: &'a BTreeMap<String, String>,
}

/// An opened workspace.
pub struct Workspace {
    /// The folder.
    pub root: Root,
    /// The moment.
    pub now: Now,
    /// Gates, schemas, settings.
    pub policy: Policy,
    /// HEAD, where git holds.
    pub commit: Option<String>,
    /// Its branch, where git holds and there is one.
    pub branch: Option<String>,
    /// The root below the top of its repository: `""` or ending in `/`.
    pub repo_prefix: String,
    /// The run folder, workspace-relative; or why there is none.
    pub run_dir: Result<String, String>,
    /// Waivers with their states.
    pub waivers: Vec<Entry>,
    /// Quarantine entries with their states.
    pub quarantines: Vec<Entry>,
    /// The rollback record: absent, valid, or why it is not.
    pub rollback: Result<Option<Rollback>, String>,
    /// Why the classification file cannot be read.
    pub classification_fault: Option<String>,
    env: BTreeMap<String, String>,
}

impl Workspace {
    /// Opens it. What is wrong with the policy is an error; what is wrong with the evidence is not.
    pub fn open(request: &OpenRequest<'_>) -> Result<Workspace, Error> {
        let root = Root::open(request.root).map_err(|e| Error::Usage(format!("--root: {e}")))?;
        let load = LoadRequest {
            root: &root,
            lane: request.lane,
            gates: request.gates,
            policy_from: request.policy_from,
        };
        let policy = config::load(&load).map_err(|e| Error::Usage(e.to_string()))?;
        let place = git::place(root.real());
        let holds = policy.settings.git.unwrap_or(place.as_ref().is_some_and(|p| p.prefix.is_empty()));
        let (commit, branch) = match place.as_ref().filter(|_| holds) {
            Some(place) => (place.commit.clone(), place.branch.clone()),
            None => (None, None),
        };
        let run_dir = match request.run {
            Some(dir) => Ok(run_folder::named(&root, dir).map_err(|e| Error::Usage(format!("--run: {e}")))?),
            None => run_folder::newest(&root, &policy.settings.results),
        };
        let mut workspace = Workspace {
            now: request.now,
            commit,
            branch,
            repo_prefix: place.map_or(String::new(), |p| p.prefix),
            run_dir,
            waivers: Vec::new(),
            quarantines: Vec::new(),
            rollback: Ok(None),
            classification_fault: None,
            env: request.env.clone(),
            policy,
            root,
        };
        let text = workspace.policy.classification.clone();
        workspace.read_classification(text);
        Ok(workspace)
    }

    /// Judges the entries of the classification file: its text, none, or why it cannot be read.
    pub fn read_classification(&mut self, text: Result<Option<String>, String>) {
        let path = self.policy.settings.classification.clone();
        let parsed = text.and_then(|text| match text {
            None => Ok(waiver::Classification::default()),
            Some(text) => waiver::parse(&path, &text).map_err(|fault| {
                let at = crate::base::json::place_of_offset(text.as_bytes(), fault.span.start);
                format!("{path}:{}:{}: {}", at.line, at.column, fault.message)
            }),
        });
        let today = self.now.date();
        match parsed {
            Ok(raw) => {
                self.classification_fault = None;
                self.waivers = waiver::waivers(&raw, today, &self.policy.gate_checks);
                let signature = |digest: &str| self.signature_at(digest);
                self.quarantines = waiver::quarantines(&raw, today, &signature);
                self.rollback = waiver::rollback(&raw, today);
            }
            Err(fault) => {
                self.rollback = Err(fault.clone());
                (self.waivers, self.quarantines) = (Vec::new(), Vec::new());
                self.classification_fault = Some(fault);
            }
        }
    }

    /// The failure signature that the digest at a workspace-relative path states.
    fn signature_at(&self, path: &str) -> Option<String> {
        let bytes = self.root.read(path, 16 << 20).ok()?;
        let document = crate::base::json::parse(&bytes, &crate::base::json::Limits::default()).ok()?;
        let signature = ["signature", "failure_signature"].iter().find_map(|k| document.get(k)?.as_str());
        signature.filter(|s| !s.trim().is_empty()).map(String::from)
    }

    /// Everything but the artifacts that expressions see.
    pub fn facts(&self, lane: Lane, mode: Mode) -> Facts {
        let mut facts = Facts::new(self.now);
        let text = |t: &Option<String>| t.clone().map_or(serde_json::Value::Null, serde_json::Value::from);
        facts.bind("lane", Ok(lane.name().into()));
        facts.bind("mode", Ok(mode.name().into()));
        facts.bind("commit", Ok(text(&self.commit)));
        facts.bind("branch", Ok(text(&self.branch)));
        facts.bind("run_dir", self.run_dir.clone().map(Into::into));
        facts.bind("gate_ids", Ok(self.policy.gate_checks.keys().cloned().collect::<Vec<_>>().into()));
        facts.bind("incidents", incidents::read(&self.root));
        let allowed = |name: &&String| self.env.contains_key(*name);
        let env: serde_json::Map<_, _> = self
            .policy
            .settings
            .env
            .iter()
            .filter(allowed)
            .map(|name| (name.clone(), self.env[name].clone().into()))
            .collect();
        facts.bind("env", Ok(env.into()));
        self.bind_entries(&mut facts);
        facts
    }

    /// Binds the waivers and quarantine entries as they stand now; an unreadable file is an error in every expression that reads them.
    pub fn bind_entries(&self, facts: &mut Facts) {
        match &self.classification_fault {
            None => facts.bind_entries(&self.waivers, &self.quarantines),
            Some(fault) => {
                facts.bind("waivers", Err(fault.clone()));
                facts.bind("quarantines", Err(fault.clone()));
            }
        }
    }

    /// The command that reproduces `gate` here.
    pub fn reproduce_command(&self, gate: &Gate) -> String {
        gate.reproduce_command(self.run_dir.as_deref().ok(), &self.policy.settings.prefix)
    }

    /// A folder named on the command line, else the workspace's output folder.
    pub fn output(&self, out: Option<&Path>) -> PathBuf {
        out.map_or_else(|| self.root.dir().join(&self.policy.settings.output), Path::to_path_buf)
    }
}

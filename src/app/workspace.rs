//! What every verb that judges opens first: the root, the policy, git's facts, the run folder, the waivers.

use super::error::Error;
use super::for_run::for_run_folder;
use super::incidents;
use super::quarantine_evidence::signatures;
use crate::artifact::{Context, NoRun, named_run, newest_run};
use crate::base::clock::Now;
use crate::base::files::Root;
use crate::base::git::Repository;
use crate::base::json::Limits;
use crate::config::{self, Classification, LoadRequest, Policy};
use crate::gate::Facts;
use crate::model::gate::{ForRun, Gate};
use crate::model::lane::{Lane, Mode};
use crate::model::waiver::{Entry, Rollback};
use crate::runbook::{self, Runbook};
use crate::waiver::{self, ClassificationFile};
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
    pub run_dir: Result<String, NoRun>,
    /// What the classification file says, judged.
    pub entries: Entries,
    env: BTreeMap<String, String>,
}

/// Waivers, quarantine entries and the rollback record, judged on the day.
#[derive(Debug, Clone)]
pub struct Entries {
    /// Waivers with their states.
    pub waivers: Vec<Entry>,
    /// Quarantine entries with their states.
    pub quarantines: Vec<Entry>,
    /// The valid rollback record, or why there is none.
    pub rollback: Result<Rollback, String>,
    /// Why the classification file cannot be read.
    pub fault: Option<String>,
}

impl Entries {
    fn none() -> Self {
        Entries { waivers: Vec::new(), quarantines: Vec::new(), rollback: Err(String::new()), fault: None }
    }

    /// Binds `waivers` and `quarantines`; an unreadable file is an error in every expression that reads them.
    pub fn bind(&self, facts: &mut Facts) {
        match &self.fault {
            None => facts.bind_entries(&self.waivers, &self.quarantines),
            Some(fault) => {
                facts.bind("waivers", Err(fault.clone()));
                facts.bind("quarantines", Err(fault.clone()));
            }
        }
    }
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
        let policy = config::load(&load)?;
        let (commit, branch) = head(&root, policy.settings.git)?;
        let run_dir = match request.run {
            Some(dir) => Ok(named_run(&root, dir).map_err(|e| Error::Usage(format!("--run: {e}")))?),
            None => newest_run(&root, &policy.settings.results),
        };
        let mut workspace = Workspace {
            now: request.now,
            commit,
            branch,
            repo_prefix: repo_prefix(root.real()),
            run_dir,
            entries: Entries::none(),
            env: request.env.clone(),
            policy,
            root,
        };
        let text = match workspace.policy.classification.clone() {
            Classification::Absent => Ok(None),
            Classification::Text(text) => Ok(Some(text)),
            Classification::Unreadable(why) => Err(why),
        };
        workspace.entries = workspace.entries_of(text);
        Ok(workspace)
    }

    /// Judges the entries of the classification file: its text, none, or why it cannot be read.
    pub fn entries_of(&self, text: Result<Option<String>, String>) -> Entries {
        let path = &self.policy.settings.classification;
        let parsed = text.and_then(|text| match text {
            None => Ok(ClassificationFile::default()),
            Some(text) => waiver::parse(path, &text).map_err(|fault| fault.to_string()),
        });
        let today = self.now.date();
        match parsed {
            Ok(file) => {
                let signatures = signatures(&self.root, &file);
                let gates = &self.policy.known;
                let context = waiver::Context { today, gates, signatures: &signatures };
                let (waivers, quarantines) = waiver::entries(&file, &context);
                Entries { waivers, quarantines, rollback: waiver::rollback(&file, today), fault: None }
            }
            Err(fault) => Entries { rollback: Err(fault.clone()), fault: Some(fault), ..Entries::none() },
        }
    }

    /// Everything but the artifacts that expressions see.
    pub fn facts(&self, lane: Lane, mode: Mode) -> Facts {
        let mut facts = Facts::new(self.now);
        let text = |t: &Option<String>| t.clone().map_or(serde_json::Value::Null, serde_json::Value::from);
        facts.bind("lane", Ok(lane.name().into()));
        facts.bind("mode", Ok(mode.name().into()));
        facts.bind("commit", Ok(text(&self.commit)));
        facts.bind("branch", Ok(text(&self.branch)));
        facts.bind("run_dir", self.run_dir.clone().map(Into::into).map_err(|none| none.why));
        facts.bind("gate_ids", Ok(self.policy.known.keys().cloned().collect::<Vec<_>>().into()));
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
        self.entries.bind(&mut facts);
        facts
    }

    /// What evidence is read against.
    pub fn artifact_context(&self) -> Context<'_> {
        Context {
            root: &self.root,
            run_dir: self.run_dir.clone(),
            now: self.now,
            commit: self.commit.clone(),
            limits: Limits::default(),
        }
    }

    /// What `{run}` of the gates' commands stands for; looked up only where one holds it.
    pub fn for_run(&self) -> ForRun {
        match (self.policy.gates.iter().any(Gate::reproduces_by_run), self.run_dir.as_deref().ok()) {
            (true, run) => for_run_folder(&self.root, run),
            (false, Some(run)) => ForRun::Folder(run.to_string()),
            (false, None) => ForRun::none(),
        }
    }

    /// The command that reproduces `gate` here.
    pub fn reproduce_command(&self, gate: &Gate, run: &ForRun) -> String {
        gate.reproduce_command(run, &self.policy.settings.prefix)
    }

    /// The embedded runbook with the workspace's own entries over it.
    pub fn runbook(&self) -> Result<Runbook, Error> {
        runbook::load(crate::base::embedded::RUNBOOK, &self.policy.runbook).map_err(|problems| {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            Error::Usage(lines.join("\n"))
        })
    }

    /// A folder named on the command line, else the workspace's output folder, which a symbolic link must not take out of
    /// the workspace: whoever made the evidence could make the link.
    pub fn output(&self, out: Option<&Path>) -> Result<PathBuf, Error> {
        if let Some(out) = out {
            return Ok(out.to_path_buf());
        }
        let folder = &self.policy.settings.output;
        match self.root.target(folder) {
            Ok(_) => Ok(self.root.dir().join(folder)),
            Err(error) => Err(Error::Work(format!("the verdict is not written: {error}"))),
        }
    }
}

/// The root below the nearest folder that holds a `.git`: `""` when that is the root itself or there is none.
fn repo_prefix(root: &Path) -> String {
    let top = root.ancestors().find(|dir| Repository::is_top(dir));
    let below = top.and_then(|top| root.strip_prefix(top).ok());
    below.into_iter().flat_map(Path::iter).map(|part| format!("{}/", part.to_string_lossy())).collect()
}

/// HEAD and its branch, where the root belongs to a repository.
pub(super) fn head(root: &Root, git: Option<bool>) -> Result<(Option<String>, Option<String>), Error> {
    if !git.unwrap_or_else(|| Repository::is_top(root.real())) {
        return Ok((None, None));
    }
    let head = Repository::find(root.real()).and_then(|repository| repository.head());
    let head = head.map_err(|e| Error::Work(format!("git does not say which commit is judged: {e}")))?;
    Ok((head.commit, head.branch))
}

//! What every verb that judges opens first: the root, the policy, git's facts, the run folder, the waivers.

use super::error::Error;
use super::incidents;
use super::quarantine_evidence::{EvidenceSource, signatures};
use crate::judging::for_run::{first_run, for_run_folder, taken_in};
use crate::judging::whole::WholePlan;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tollgate_core::gate::BoundFacts;
use tollgate_core::model::embedded::Embedded;
use tollgate_core::model::gate::{ForRun, Gate};
use tollgate_core::model::lane::{Lane, Mode};
use tollgate_core::model::suite::EvidenceFrom;
use tollgate_core::model::waiver::{Rollback, WaiverEntry};
use tollgate_core::model::whole::Gap;
use tollgate_core::runbook::{self, Runbook};
use tollgate_core::triage::Causes;
use tollgate_core::waiver::{self, ClassificationFile};
use tollgate_host::artifact::{EvidenceContext, NoRun, named_run, newest_run};
use tollgate_host::clock;
use tollgate_host::config::{self, Classification, LoadRequest, PolicyInForce};
use tollgate_host::files::{ReadError, Root};
use tollgate_host::git::{GitError, Repository, RepositoryPlace};
use tollgate_text::json::{Json, JsonLimits};
use tollgate_text::time::Now;

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
    /// What the binary brings.
    pub embedded: &'static Embedded,
    /// The folder.
    pub root: Root,
    /// The moment.
    pub now: Now,
    /// Gates, schemas, settings.
    pub policy: PolicyInForce,
    /// HEAD, where git holds.
    pub commit: Option<String>,
    /// Git holds, and HEAD is on a branch that has no commit yet.
    pub unborn: bool,
    /// Its branch, where git holds and there is one.
    pub branch: Option<String>,
    /// The root below the top of its repository: `""` or ending in `/`.
    pub repo_prefix: String,
    /// The run folder, workspace-relative; or why there is none.
    pub run_dir: Result<String, NoRun>,
    /// What the classification file says, judged.
    pub entries: Entries,
    /// What is asked of the run.
    pub whole: WholePlan,
    env: BTreeMap<String, String>,
    causes: OnceLock<Causes>,
}

/// Waivers, quarantine entries and the rollback record, judged on the day.
#[derive(Debug, Clone)]
pub struct Entries {
    /// Waivers with their states.
    pub waivers: Vec<WaiverEntry>,
    /// Quarantine entries with their states.
    pub quarantines: Vec<WaiverEntry>,
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
    pub fn bind(&self, facts: &mut BoundFacts) {
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
    pub fn open(embedded: &'static Embedded, request: &OpenRequest<'_>) -> Result<Workspace, Error> {
        let root = Root::open(request.root).map_err(|e| Error::Usage(format!("--root: {e}")))?;
        Self::of(embedded, root, request)
    }

    /// As `open`, to judge it: every file of it is what it was when it was first read, the policy's too.
    pub fn open_to_judge(embedded: &'static Embedded, request: &OpenRequest<'_>) -> Result<Workspace, Error> {
        let root = Root::open(request.root).map_err(|e| Error::Usage(format!("--root: {e}")))?;
        Self::of(embedded, root.sealed(), request)
    }

    fn of(embedded: &'static Embedded, root: Root, request: &OpenRequest<'_>) -> Result<Workspace, Error> {
        let load = LoadRequest {
            embedded,
            root: &root,
            lane: request.lane,
            gates: request.gates,
            policy_from: request.policy_from,
        };
        let policy = policy(&load)?;
        let place = place(&root)?;
        let binds = request.policy_from.is_some() || request.lane == Some(Lane::Certification);
        let binds = binds && policy.settings.git.is_none() && place.is_some();
        let holds = binds || git_holds(&root, policy.settings.git)?;
        let (commit, branch) = head(&root, holds)?;
        let run_dir = match request.run {
            Some(dir) => Ok(named_run(&root, dir).map_err(|e| Error::Usage(format!("--run: {e}")))?),
            None => newest_run(&root, &policy.settings.results),
        };
        let whole = WholePlan::of(&root, &policy, request.env)?;
        let mut workspace = Workspace {
            whole,
            now: request.now,
            unborn: commit.is_none() && holds,
            commit,
            branch,
            repo_prefix: place.map_or(String::new(), |place| place.prefix()),
            run_dir,
            entries: Entries::none(),
            env: request.env.clone(),
            causes: OnceLock::new(),
            embedded,
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
                let signatures = self.signatures(&file);
                let gates = &self.policy.known;
                let context = waiver::EntryContext { today, gates, signatures: &signatures };
                let (waivers, quarantines) = waiver::entries(&file, &context);
                Entries { waivers, quarantines, rollback: waiver::rollback(&file, today), fault: None }
            }
            Err(fault) => Entries { rollback: Err(fault.clone()), fault: Some(fault), ..Entries::none() },
        }
    }

    /// The signatures of entries whose evidence tells them: of the tree, or of the ref that the entries come from, so that no
    /// change decides what an entry covers by altering its evidence.
    fn signatures(&self, file: &ClassificationFile) -> BTreeMap<String, Result<String, String>> {
        let Some(commit) = self.policy.from_commit.as_deref() else {
            return signatures(&EvidenceSource::Tree(&self.root), file);
        };
        if file.quarantines.iter().all(|q| q.fields.contains_key("signature")) {
            return BTreeMap::new();
        }
        match Repository::find(self.root.real()) {
            Ok(repository) => signatures(&EvidenceSource::Commit(&repository, commit), file),
            Err(_) => signatures(&EvidenceSource::Nowhere, file),
        }
    }

    /// Everything but the artifacts that expressions see; `summary` is that of the run judged.
    pub fn facts(&self, lane: Lane, mode: Mode, summary: Option<&Json<'_>>) -> BoundFacts {
        let mut facts = BoundFacts::new(self.now, clock::ticks);
        let text = |t: &Option<String>| t.clone().map_or(serde_json::Value::Null, serde_json::Value::from);
        facts.bind("lane", Ok(lane.name().into()));
        facts.bind("mode", Ok(mode.name().into()));
        facts.bind("commit", Ok(text(&self.commit)));
        facts.bind("branch", Ok(text(&self.branch)));
        facts.bind("run_dir", self.run_dir.clone().map(Into::into).map_err(|none| none.why));
        facts.bind("gate_ids", Ok(self.policy.known.keys().cloned().collect::<Vec<_>>().into()));
        let gaps = self.whole.gaps(&self.run_dir, summary);
        facts.bind("run_gaps", gaps.and_then(|gaps| serde_json::to_value(gaps).map_err(|e| e.to_string())));
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
    pub fn artifact_context(&self) -> EvidenceContext<'_> {
        EvidenceContext {
            root: &self.root,
            run_dir: self.run_dir.clone(),
            now: self.now,
            commit: self.commit.clone(),
            unborn: self.unborn,
            limits: JsonLimits::default(),
        }
    }

    /// The environment.
    pub fn env(&self) -> &BTreeMap<String, String> {
        &self.env
    }

    /// What `{run}` of the gates' commands stands for; looked up only where one holds it.
    pub fn for_run(&self) -> ForRun {
        match (self.policy.gates.iter().any(Gate::depends_on_run), self.run_dir.as_deref().ok()) {
            (true, run) => for_run_folder(&self.root, run, &self.policy.runs.suites),
            (false, Some(run)) => ForRun::Folder(run.to_string()),
            (false, None) => ForRun::none(),
        }
    }

    /// What makes the first run, one sentence, where there is none yet.
    pub fn first_run(&self) -> Option<String> {
        first_run(&self.run_dir, &self.policy.runs.suites).map(|(_, said)| said)
    }

    /// What brings what a run lacks, where something else runs all of that.
    pub fn brought_by(&self, gaps: &[Gap]) -> Option<ForRun> {
        let suites = &self.policy.runs.suites;
        let ingested =
            |gap: &Gap| suites.iter().find(|s| s.kind == gap.kind && s.evidence == EvidenceFrom::Ingest);
        let first = gaps.first().and_then(ingested)?;
        gaps.iter().all(|gap| ingested(gap).is_some()).then(|| taken_in(first))
    }

    /// The command that reproduces `gate` here.
    pub fn reproduce_command(&self, gate: &Gate, run: &ForRun) -> String {
        gate.reproduce_command(run, &self.policy.settings.prefix)
    }

    /// The patterns of root causes, compiled when they are first asked for.
    pub fn causes(&self) -> &Causes {
        self.causes.get_or_init(|| Causes::of(self.embedded))
    }

    /// The embedded runbook with the workspace's own entries over it.
    pub fn runbook(&self) -> Result<Runbook, Error> {
        runbook::load(self.embedded.runbook, &self.policy.runbook).map_err(|problems| {
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

/// Whether no `tollgate.toml` stands in the folder: that one cannot be looked at is not this.
pub fn is_no_workspace(root: &Path) -> bool {
    Root::open(root).is_ok_and(|root| matches!(root.read("tollgate.toml", 1), Err(ReadError::Missing(_))))
}

/// Loads a policy. Of a ref, a repository that git does not look into is no fault of the policy: tollgate cannot do its work.
pub fn policy(load: &LoadRequest<'_>) -> Result<PolicyInForce, Error> {
    if load.policy_from.is_some() {
        match Repository::find(load.root.real()) {
            Ok(_) | Err(GitError::NoRepository(_)) => {}
            Err(error) => {
                return Err(Error::Work(format!("the policy cannot be loaded from a ref: {error}")));
            }
        }
    }
    Ok(config::load(load)?)
}

/// The repository that the root stands in, by its `.git` alone.
fn place(root: &Root) -> Result<Option<RepositoryPlace>, Error> {
    RepositoryPlace::find(root.real()).map_err(|e| Error::Work(e.to_string()))
}

/// Whether the root belongs to the repository it stands in, whatever is asked: as `tollgate.toml` says, else where it is its top folder.
fn git_holds(root: &Root, git: Option<bool>) -> Result<bool, Error> {
    match git {
        Some(git) => Ok(git),
        None => Repository::is_top(root.real()).map_err(|e| Error::Work(e.to_string())),
    }
}

/// Whether a run says which commit and tree it is of: where the root belongs to its repository, and where `tollgate.toml` says nothing
/// of that and git tracks it. Whether that is asked for is decided when the run is judged, and then it is too late to say.
pub fn git_records(root: &Root, git: Option<bool>) -> Result<bool, Error> {
    if git.is_some() || git_holds(root, git)? || place(root)?.is_none() {
        return git_holds(root, git);
    }
    let tracked = Repository::find(root.real()).and_then(|found| found.tracked(&[config::FILE]));
    let tracked = tracked.map_err(|e| {
        Error::Work(format!(
            "git does not say whether it tracks {} (`git = false` in its [workspace] where the repository is of no concern): {e}",
            config::FILE
        ))
    })?;
    Ok(!tracked.is_empty())
}

/// HEAD and its branch, where git `holds`.
pub fn head(root: &Root, holds: bool) -> Result<(Option<String>, Option<String>), Error> {
    if !holds {
        return Ok((None, None));
    }
    let head = Repository::find(root.real()).and_then(|repository| repository.head());
    let head = head.map_err(|e| Error::Work(format!("git does not say which commit is judged: {e}")))?;
    Ok((head.commit, head.branch))
}

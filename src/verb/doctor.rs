//! What of the workspace is missing for which gate.

pub mod args;
pub mod text;

use crate::embedded::EMBEDDED;
use serde::Serialize;
use std::collections::BTreeSet;
use tollgate_core::gate::{self, BoundFacts, GateOutcome};
use tollgate_core::model::finding::Finding;
use tollgate_core::model::gate::Gate;
use tollgate_core::model::lane::{Lane, Mode};
use tollgate_core::model::whole::{AskedOfWhole, Gap};
use tollgate_flow::error::Error;
use tollgate_flow::judging::failures;
use tollgate_flow::judging::judged;
use tollgate_flow::judging::standing::{RunStanding, standing};
use tollgate_flow::run_tree::Observing;
use tollgate_flow::workspace::{OpenRequest, Workspace};
use tollgate_host::artifact::{Documents, Sources, WorkspaceHost};
use tollgate_host::config;
use tollgate_host::files::Root;
use tollgate_text::json::Json;

/// One gate's evidence.
#[derive(Debug, Clone, Serialize)]
pub struct GateEvidence {
    /// The gate.
    pub gate: String,
    /// Whether it would be judged in any of its lanes; if not, what it lacks is of no weight.
    pub applies: bool,
    /// Its artifacts that are there and sound: name and path.
    pub present: Vec<(String, String)>,
    /// What is wrong with the others.
    pub faults: Vec<Finding>,
}

impl GateEvidence {
    /// Evidence is missing or unsound, and the gate would be judged on it.
    pub fn lacks(&self) -> bool {
        self.applies && !self.faults.is_empty()
    }
}

/// What a whole run is, and what the newest run lacks of it.
#[derive(Debug, Clone, Serialize)]
pub struct WholeRun {
    /// The profile that it shows.
    pub profile: String,
    /// How many kinds that selects.
    pub kinds: usize,
    /// How many suites.
    pub suites: usize,
    /// How many lint steps.
    pub lint: usize,
    /// The command that runs it.
    pub command: String,
    /// What the newest run lacks; null where that cannot be told.
    pub gaps: Option<Vec<Gap>>,
    /// Why it cannot be told.
    pub fault: Option<String>,
}

/// In which state the working tree is, and whether the evidence of the run is of it.
#[derive(Debug, Clone, Serialize)]
pub struct TreeLook {
    /// Tracked files that differ from the commit, what is left out of a tree not among them: the first ten.
    pub changed: Vec<String>,
    /// How many they are.
    pub changed_count: usize,
    /// How many untracked files there are that are not ignored.
    pub untracked_count: usize,
    /// Whether the run is of this tree; null where there is no run, or it does not say.
    pub run_fits: Option<bool>,
    /// What there is to say of that, one sentence each.
    pub notes: Vec<String>,
}

/// The profile that `tollgate run` takes by default.
#[derive(Debug, Clone, Serialize)]
pub struct ProfileLook {
    /// Its name.
    pub name: String,
    /// Its kinds of suites; empty where `tollgate.toml` has none.
    pub kinds: Vec<String>,
    /// The lint steps that it runs.
    pub lint: Vec<String>,
}

/// What the doctor found.
#[derive(Debug, Clone, Serialize)]
pub struct Diagnosis {
    /// `tollgate.doctor.v1`
    pub schema: String,
    /// The run folder that would be judged.
    pub run: Option<String>,
    /// Why there is none.
    pub run_fault: Option<String>,
    /// What makes the first run, one sentence, where there is none yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_run: Option<String>,
    /// The commit that would be judged.
    pub commit: Option<String>,
    /// The working tree; nothing where git does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tree: Option<TreeLook>,
    /// What `tollgate run` would run.
    pub profile: ProfileLook,
    /// Why the classification file cannot be read.
    pub classification_fault: Option<String>,
    /// What a whole run is; absent where the policy knows no suites.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whole: Option<WholeRun>,
    /// Gates in order.
    pub gates: Vec<GateEvidence>,
}

impl Diagnosis {
    /// Nothing is missing.
    pub fn is_sound(&self) -> bool {
        self.classification_fault.is_none() && !self.gates.iter().any(GateEvidence::lacks)
    }
}

/// What is asked of a whole run, and what the newest lacks of it; `None` where the policy knows no suites.
fn whole(workspace: &Workspace, summary: Option<&Json<'_>>) -> Option<WholeRun> {
    let plan = &workspace.whole;
    let asked = match &plan.asked {
        Ok(None) => return None,
        Ok(Some(asked)) => asked.clone(),
        Err(_) => {
            AskedOfWhole { profile: workspace.policy.settings.whole.clone(), ..AskedOfWhole::default() }
        }
    };
    let kinds: BTreeSet<&String> = asked.suites.iter().map(|suite| &suite.kind).collect();
    let (gaps, fault) = match plan.gaps(&workspace.run_dir, summary) {
        Ok(gaps) => (gaps, None),
        Err(why) => (None, Some(why)),
    };
    Some(WholeRun {
        kinds: kinds.len(),
        suites: asked.suites.len(),
        lint: asked.lint.len(),
        profile: asked.profile,
        command: plan.command.clone(),
        gaps,
        fault,
    })
}

/// Looks at the evidence of every gate in force without judging it.
pub fn doctor(request: &OpenRequest<'_>) -> Result<Diagnosis, Error> {
    let observing = Observing::begin(&EMBEDDED, request.root);
    let workspace = Workspace::open_to_judge(&EMBEDDED, request)?;
    let gates: Vec<&Gate> = workspace.policy.gates.iter().collect();
    let context = workspace.artifact_context();
    let sources = Sources::read(&gates, &context);
    let mut documents = Documents::parse(&sources, &workspace.policy.schemas, &context);
    let (_, contradictions) = judged::bind(&mut documents, &workspace, &workspace.entries.quarantines);
    let mut standing = standing(&workspace, Lane::Full, documents.summary(), observing)?;
    standing.faults.extend(contradictions);
    let tree = tree(&workspace, &standing, documents.summary().is_some())?;
    documents.bind_run(standing.faults, standing.other_commit);
    let documents = documents;
    let host = WorkspaceHost::new(&workspace.root, &workspace.policy.schemas, context.limits);
    let facts: Vec<(Lane, BoundFacts)> = Lane::ALL
        .iter()
        .map(|lane| (*lane, failures::facts(&workspace, *lane, Mode::Strict, documents.summary())))
        .collect();
    let gates = gates
        .iter()
        .map(|gate| {
            let evidence = documents.evidence(gate);
            let judged =
                |facts| gate::evaluate(gate, &evidence, facts, &host).outcome != GateOutcome::NotApplicable;
            let applies = gate.applies_when.is_none()
                || facts.iter().any(|(lane, facts)| gate.lanes.contains(lane) && judged(facts));
            let sound = evidence.records.iter().filter(|r| {
                r.sha256.is_some() && evidence.faults.iter().all(|f| f.artifact.as_deref() != Some(&r.name))
            });
            GateEvidence {
                gate: gate.id.clone(),
                applies,
                present: sound.map(|r| (r.name.clone(), r.path.clone())).collect(),
                faults: evidence.faults.clone(),
            }
        })
        .collect();
    Ok(Diagnosis {
        whole: whole(&workspace, documents.summary()),
        schema: "tollgate.doctor.v1".into(),
        run: workspace.run_dir.clone().ok(),
        run_fault: workspace.run_dir.clone().err().map(|none| none.why),
        no_run: workspace.first_run(),
        commit: workspace.commit.clone(),
        tree,
        profile: profile(&workspace.root)?,
        classification_fault: workspace.entries.fault.clone(),
        gates,
    })
}

/// Paths that are named.
const NAMED: usize = 10;
/// The profile of `tollgate run` without `--profile`.
const DEFAULT: &str = "ci";

/// The state of the tree, and how the run stands to it.
fn tree(workspace: &Workspace, standing: &RunStanding, has_run: bool) -> Result<Option<TreeLook>, Error> {
    if workspace.commit.is_none() {
        return Ok(None);
    }
    let settings = &workspace.policy.settings;
    let observed = Observing::begin(&EMBEDDED, workspace.root.dir()).finish(&workspace.root, settings)?;
    let run = workspace.run_dir.as_deref().ok();
    let (mut changed, untracked_count) =
        observed.counts(&observed.left_out(settings, &workspace.policy.gates, run));
    let changed_count = changed.len();
    changed.truncate(NAMED);
    let faults = standing.faults.iter().chain(&standing.other_commit);
    let notes: Vec<String> = faults.map(|f| f.clause.clone()).chain(standing.notes.iter().cloned()).collect();
    let fits = standing.faults.is_empty() && standing.other_commit.is_none();
    let run_fits = (has_run && (!fits || standing.of_tree)).then_some(fits);
    Ok(Some(TreeLook { changed, changed_count, untracked_count, run_fits, notes }))
}

/// What a run would be made of, as the working tree has it.
fn profile(root: &Root) -> Result<ProfileLook, Error> {
    let (_, runs) = config::run_settings(&EMBEDDED, root)?;
    let profile = runs.profiles.iter().find(|profile| profile.name == DEFAULT);
    let lint = profile.is_none_or(|profile| profile.lint);
    Ok(ProfileLook {
        name: DEFAULT.into(),
        kinds: profile.map_or_else(Vec::new, |profile| profile.kinds.clone()),
        lint: runs.lint.iter().filter(|_| lint).map(|(name, _)| name.clone()).collect(),
    })
}

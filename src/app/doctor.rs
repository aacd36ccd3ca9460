//! What of the workspace is missing for which gate.

use super::error::Error;
use super::run_judged;
use super::workspace::{OpenRequest, Workspace};
use crate::artifact::{Documents, Sources, WorkspaceHost};
use crate::base::json::Json;
use crate::gate::{self, Facts, Outcome};
use crate::model::finding::Finding;
use crate::model::gate::Gate;
use crate::model::lane::{Lane, Mode};
use crate::model::whole::{Asked, Gap};
use serde::Serialize;
use std::collections::BTreeSet;

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

/// What the doctor found.
#[derive(Debug, Clone, Serialize)]
pub struct Diagnosis {
    /// `tollgate.doctor.v1`
    pub schema: String,
    /// The run folder that would be judged.
    pub run: Option<String>,
    /// Why there is none.
    pub run_fault: Option<String>,
    /// The commit that would be judged.
    pub commit: Option<String>,
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
        Err(_) => Asked { profile: workspace.policy.settings.whole.clone(), ..Asked::default() },
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
    let workspace = Workspace::open(request)?;
    let gates: Vec<&Gate> = workspace.policy.gates.iter().collect();
    let context = workspace.artifact_context();
    let sources = Sources::read(&gates, &context);
    let mut documents = Documents::parse(&sources, &workspace.policy.schemas, &context);
    run_judged::bind(&mut documents, &workspace, &workspace.entries.quarantines);
    let host = WorkspaceHost::new(&workspace.root, &workspace.policy.schemas, context.limits);
    let facts: Vec<(Lane, Facts)> = Lane::ALL
        .iter()
        .map(|lane| (*lane, workspace.facts(*lane, Mode::Strict, documents.summary())))
        .collect();
    let gates = gates
        .iter()
        .map(|gate| {
            let evidence = documents.evidence(gate);
            let judged =
                |facts| gate::evaluate(gate, &evidence, facts, &host).outcome != Outcome::NotApplicable;
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
        commit: workspace.commit.clone(),
        classification_fault: workspace.entries.fault.clone(),
        gates,
    })
}

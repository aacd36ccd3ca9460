//! What of the workspace is missing for which gate.

use super::error::Error;
use super::workspace::{OpenRequest, Workspace};
use crate::artifact::{Documents, Sources, WorkspaceHost};
use crate::gate::{self, Facts, Outcome};
use crate::model::finding::Finding;
use crate::model::gate::Gate;
use crate::model::lane::{Lane, Mode};
use serde::Serialize;

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
    /// Gates in order.
    pub gates: Vec<GateEvidence>,
}

impl Diagnosis {
    /// Nothing is missing.
    pub fn is_sound(&self) -> bool {
        self.classification_fault.is_none() && !self.gates.iter().any(GateEvidence::lacks)
    }
}

/// Looks at the evidence of every gate in force without judging it.
pub fn doctor(request: &OpenRequest<'_>) -> Result<Diagnosis, Error> {
    let workspace = Workspace::open_to_judge(request)?;
    let gates: Vec<&Gate> = workspace.policy.gates.iter().collect();
    let context = workspace.artifact_context();
    let sources = Sources::read(&gates, &context);
    let documents = Documents::parse(&sources, &workspace.policy.schemas, &context);
    let host = WorkspaceHost::new(&workspace.root, &workspace.policy.schemas, context.limits);
    let facts: Vec<(Lane, Facts)> =
        Lane::ALL.iter().map(|lane| (*lane, workspace.facts(*lane, Mode::Strict))).collect();
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
        schema: "tollgate.doctor.v1".into(),
        run: workspace.run_dir.clone().ok(),
        run_fault: workspace.run_dir.clone().err().map(|none| none.why),
        commit: workspace.commit.clone(),
        classification_fault: workspace.entries.fault.clone(),
        gates,
    })
}

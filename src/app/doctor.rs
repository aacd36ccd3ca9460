//! What of the workspace is missing for which gate.

use super::error::Error;
use super::workspace::{OpenRequest, Workspace};
use crate::artifact::{Documents, Sources};
use crate::model::finding::Finding;
use crate::model::gate::Gate;
use serde::Serialize;

/// One gate's evidence.
#[derive(Debug, Clone, Serialize)]
pub struct GateEvidence {
    /// The gate.
    pub gate: String,
    /// Its artifacts that are there and sound: name and path.
    pub present: Vec<(String, String)>,
    /// What is wrong with the others.
    pub faults: Vec<Finding>,
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
        self.classification_fault.is_none() && self.gates.iter().all(|g| g.faults.is_empty())
    }
}

/// Looks at the evidence of every gate in force without judging it.
pub fn doctor(request: &OpenRequest<'_>) -> Result<Diagnosis, Error> {
    let workspace = Workspace::open(request)?;
    let gates: Vec<&Gate> = workspace.policy.gates.iter().collect();
    let context = workspace.artifact_context();
    let sources = Sources::read(&gates, &context);
    let documents = Documents::parse(&sources, &workspace.policy.schemas, &context);
    let gates = gates
        .iter()
        .map(|gate| {
            let evidence = documents.evidence(gate);
            let sound = evidence.records.iter().filter(|r| {
                r.sha256.is_some() && evidence.faults.iter().all(|f| f.artifact.as_deref() != Some(&r.name))
            });
            GateEvidence {
                gate: gate.id.clone(),
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

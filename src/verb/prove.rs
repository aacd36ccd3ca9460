//! `tollgate prove`: every gate is judged over its passing evidence, mutated in every way that it must notice.

pub mod args;
pub mod mutants;
pub mod text;

use crate::embedded::EMBEDDED;
use crate::verb::prove::mutants::{Mutant, mutants};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};
use tollgate_core::gate::{self, BoundFacts, FieldReads, GateOutcome};
use tollgate_core::model::artifact::Evidence;
use tollgate_core::model::gate::{Except, Gate, GateCheck, GateOrigin};
use tollgate_core::model::lane::{Lane, Mode};
use tollgate_core::plan;
use tollgate_core::proof::{MutationOp, MutationPattern, pattern_of};
use tollgate_flow::error::Error;
use tollgate_flow::judging::failures;
use tollgate_flow::judging::judged;
use tollgate_flow::workspace::{OpenRequest, Workspace};
use tollgate_host::artifact::{Documents, EvidenceContext, Sources, WorkspaceHost};
use tollgate_lang::cel::{EvalError, Host, Meter};
use tollgate_text::figures::total;

/// A mutation that did not turn the gate red.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Survivor {
    /// `"<artifact> <op> <pointer>"`, as `[[prove.except]]` takes it.
    pub mutation: String,
    /// What exactly was done.
    pub note: String,
    /// For an excepted one the author's reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What became of one gate's proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProofStanding {
    /// It passes, and every mutation that is not excepted turns it red.
    Proven,
    /// It lets at least one mutation through.
    Holes,
    /// It does not pass over this evidence, so nothing can be proven.
    NotPassing,
    /// It has nothing to judge here: it does not apply, or nothing of what it may read is there.
    NotApplicable,
    /// It passes, and nothing that it reads could be mutated: that it would ever turn red was not seen.
    NoMutation,
    /// A pattern of `[[prove.except]]` cannot be read.
    BadException,
}

/// One gate's proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GateProof {
    /// The gate.
    pub gate: String,
    /// What became of it.
    pub standing: ProofStanding,
    /// One sentence.
    pub detail: String,
    /// How many mutations were tried.
    pub mutations: usize,
    /// Those that it let through.
    pub holes: Vec<Survivor>,
    /// Those that rightly stay green, by the gate file.
    pub excepted: Vec<Survivor>,
    /// Patterns of `[[prove.except]]` that covered no survivor.
    pub unused_exceptions: Vec<String>,
    /// Leaves that no check and no schema notices: `<artifact> <pointer, * for list indices>`.
    pub unnoticed: Vec<String>,
    /// Whether its file is the workspace's own: in that of a pack nobody here can change anything.
    #[serde(skip)]
    pub own: bool,
}

/// All proofs, `tollgate.proof.v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// `tollgate.proof.v1`
    pub schema: String,
    /// The moment judged at.
    pub generated_at: String,
    /// Gates in order.
    pub gates: Vec<GateProof>,
    /// How many mutations were tried over all gates.
    pub mutations: usize,
    /// How many were let through.
    pub holes: usize,
    /// Whether the gates were named: then one that does not apply is not proven either.
    #[serde(skip)]
    pub asked: bool,
}

impl Proof {
    /// 1 when a gate is not proven that applies here or was asked for by name, 0 when all others are proven, 3 when there is none.
    pub fn exit_code(&self) -> u8 {
        let idle = |gate: &GateProof| gate.standing == ProofStanding::NotApplicable && !self.asked;
        let judged: Vec<&GateProof> = self.gates.iter().filter(|gate| !idle(gate)).collect();
        match judged.iter().all(|gate| gate.standing == ProofStanding::Proven) {
            _ if judged.is_empty() => tollgate_flow::error::exit::NOTHING,
            true => tollgate_flow::error::exit::PASS,
            false => tollgate_flow::error::exit::FAIL,
        }
    }
}

/// Proves every gate of the request over the workspace as it stands. Nothing in it is changed.
pub fn prove(request: &OpenRequest<'_>, progress: &(dyn Fn(&str) + Sync)) -> Result<Proof, Error> {
    let workspace = Workspace::open_to_judge(&EMBEDDED, request)?;
    let gates: Vec<GateProof> = workspace
        .policy
        .gates
        .par_iter()
        .map(|gate| {
            let proof = prove_gate(&workspace, gate);
            progress(&gate.id);
            proof
        })
        .collect::<Result<_, _>>()?;
    Ok(Proof {
        schema: "tollgate.proof.v1".into(),
        generated_at: workspace.now.rfc3339(),
        mutations: total(gates.iter().map(|g| g.mutations)),
        holes: total(gates.iter().map(|g| g.holes.len())),
        asked: !request.gates.is_empty(),
        gates,
    })
}

fn prove_gate(workspace: &Workspace, gate: &Gate) -> Result<GateProof, Error> {
    let mut proof = untried(gate);
    let mut exceptions = match exceptions(gate) {
        Ok(exceptions) => exceptions,
        Err(why) => {
            return Ok(GateProof { standing: ProofStanding::BadException, detail: why, ..proof });
        }
    };
    let lane = Lane::ALL.into_iter().rev().find(|lane| gate.lanes.contains(lane)).unwrap_or(Lane::Full);
    let context = workspace.artifact_context();
    let sources = Sources::read(&[gate], &context);
    let mut documents = Documents::parse(&sources, &workspace.policy.schemas, &context);
    judged::bind(&mut documents, workspace, &workspace.entries.quarantines);
    let facts = failures::facts(workspace, lane, Mode::Strict, documents.summary());
    let evidence = documents.evidence(gate);
    let host = Recording {
        inner: WorkspaceHost::new(&workspace.root, &workspace.policy.schemas, context.limits),
        touched: Mutex::default(),
        listed: Mutex::default(),
    };
    let judged = gate::evaluate(gate, &evidence, &facts, &host);
    if judged.outcome == GateOutcome::NotApplicable {
        let detail = format!("not applicable here: {}", judged.detail);
        return Ok(GateProof { standing: ProofStanding::NotApplicable, detail, ..proof });
    }
    if judged.outcome != GateOutcome::Pass {
        let detail = format!("it does not pass over this evidence: {}", judged.detail);
        return Ok(GateProof { standing: ProofStanding::NotPassing, detail, ..proof });
    }
    let mut looked = gate::trace(gate, &evidence, &facts, &host);
    look_at_the_run(workspace, gate, &documents, &evidence, &mut looked);
    let touched = host.touched.into_inner().unwrap_or_else(PoisonError::into_inner);
    let listed = host.listed.into_inner().unwrap_or_else(PoisonError::into_inner);
    let schemas = &workspace.policy.schemas;
    let found = mutants(gate, &evidence, &looked, &touched, &listed, &workspace.root, schemas);
    if found.all.is_empty() && nothing_there(gate, &evidence) {
        let detail = "not applicable here: nothing of what it may read is there".into();
        return Ok(GateProof { standing: ProofStanding::NotApplicable, detail, ..proof });
    }
    proof.mutations = found.all.len();
    proof.unnoticed = found.unnoticed.into_iter().collect();
    let verdicts: Vec<bool> = found
        .all
        .par_iter()
        .map(|mutant| turns_red(workspace, gate, mutant, &facts, lane))
        .collect::<Result<_, _>>()?;
    for (mutant, _) in found.all.iter().zip(verdicts).filter(|(_, red)| !red) {
        survived(mutant, &mut exceptions, &mut proof);
    }
    for check in gate.checks.iter().filter(|check| !check.reads_evidence()) {
        survived(&reads_nothing(check), &mut exceptions, &mut proof);
    }
    proof.unused_exceptions =
        exceptions.iter().filter(|(_, _, used)| !used).map(|(_, e, _)| e.mutation.clone()).collect();
    conclude(&mut proof);
    Ok(proof)
}

/// Before anything is tried.
fn untried(gate: &Gate) -> GateProof {
    GateProof {
        gate: gate.id.clone(),
        standing: ProofStanding::Proven,
        detail: String::new(),
        mutations: 0,
        holes: Vec::new(),
        excepted: Vec::new(),
        unused_exceptions: Vec::new(),
        unnoticed: Vec::new(),
        own: gate.origin == GateOrigin::Workspace,
    }
}

/// What the mutations that were tried prove.
fn conclude(proof: &mut GateProof) {
    let tried = proof.mutations;
    let blind = proof.holes.iter().filter(|hole| hole.mutation.contains(BLIND)).count();
    (proof.standing, proof.detail) = match (tried, proof.holes.len() - blind) {
        (0, _) => {
            (ProofStanding::NoMutation, "it is not proven: no mutation of this evidence could be made".into())
        }
        (_, 0) if blind == 0 => {
            (ProofStanding::Proven, format!("{tried} mutations, all noticed or excepted"))
        }
        (_, 0) => {
            (ProofStanding::Holes, format!("{tried} mutations, all noticed, but {}", blind_checks(blind)))
        }
        (_, holes) if blind == 0 => {
            (ProofStanding::Holes, format!("{holes} of {tried} mutations let through"))
        }
        (_, holes) => (
            ProofStanding::Holes,
            format!("{holes} of {tried} mutations let through, and {}", blind_checks(blind)),
        ),
    };
}

/// The word by which a check that reads no evidence stands among the holes.
const BLIND: &str = " reads-nothing ";

fn blind_checks(n: usize) -> String {
    if n == 1 { "1 check reads nothing".into() } else { format!("{n} checks read nothing") }
}

/// A check that reads no evidence, among what a gate lets through: whatever is done to the evidence, it says the same.
fn reads_nothing(check: &GateCheck) -> Mutant {
    Mutant {
        artifact: check.id.clone(),
        op: MutationOp::ReadsNothing,
        pointer: String::new(),
        note: format!("check `{}` reads nothing: its assertion and its list name no evidence", check.id),
        path: String::new(),
        bytes: None,
    }
}

/// Whether every artifact of a gate may be absent, and is. A gate without artifacts has none that could come.
fn nothing_there(gate: &Gate, evidence: &Evidence<'_>) -> bool {
    !gate.artifacts.is_empty() && evidence.records.iter().all(|record| record.sha256.is_none())
}

/// A `[[prove.except]]` with its pattern, and whether it covered a survivor.
type Exception<'g> = (MutationPattern, &'g Except, bool);

fn exceptions(gate: &Gate) -> Result<Vec<Exception<'_>>, String> {
    let parsed = gate.except.iter().map(|except| Ok((pattern_of(&except.mutation)?, except, false)));
    parsed.collect::<Result<_, String>>().map_err(|why| format!("[[prove.except]]: {why}"))
}

fn survived(mutant: &Mutant, exceptions: &mut [Exception<'_>], proof: &mut GateProof) {
    let place = if mutant.pointer.is_empty() { "/" } else { &mutant.pointer };
    let survivor = |why| Survivor {
        mutation: format!("{} {} {place}", mutant.artifact, mutant.op.word()),
        note: mutant.note.clone(),
        why,
    };
    match exceptions.iter_mut().find(|(p, _, _)| p.covers(&mutant.artifact, mutant.op, &mutant.pointer)) {
        Some((_, except, used)) => {
            *used = true;
            proof.excepted.push(survivor(Some(except.why.clone())));
        }
        None => proof.holes.push(survivor(None)),
    }
}

/// Judges the gate with one file read differently.
fn turns_red(
    workspace: &Workspace,
    gate: &Gate,
    mutant: &Mutant,
    facts: &BoundFacts,
    lane: Lane,
) -> Result<bool, Error> {
    let fail = |e: std::io::Error| Error::Work(format!("a temporary file cannot be written: {e}"));
    // Lives until the gate is judged.
    let file = match &mutant.bytes {
        None => None,
        Some(bytes) => {
            let mut file = tempfile::NamedTempFile::new().map_err(fail)?;
            file.write_all(bytes).map_err(fail)?;
            Some(file)
        }
    };
    let root = workspace.root.with_instead(&mutant.path, file.as_ref().map(|f| f.path().to_path_buf()));
    let classification = &workspace.policy.settings.classification;
    let reads_entries = gate.mentions("waivers") || gate.mentions("quarantines");
    let entries = (mutant.path == *classification && reads_entries).then(|| {
        workspace.entries_of(match &mutant.bytes {
            None => Ok(None),
            Some(bytes) => {
                String::from_utf8(bytes.clone()).map(Some).map_err(|_| "it is not UTF-8".to_string())
            }
        })
    });
    let context = EvidenceContext { root: &root, ..workspace.artifact_context() };
    let sources = Sources::read(&[gate], &context);
    let mut documents = Documents::parse(&sources, &workspace.policy.schemas, &context);
    let quarantines = entries.as_ref().map_or(&workspace.entries.quarantines, |e| &e.quarantines);
    judged::bind(&mut documents, workspace, quarantines);
    let evidence = documents.evidence(gate);
    let host = WorkspaceHost::new(&root, &workspace.policy.schemas, context.limits);
    // Facts that are made of a file are made again where the file may be another.
    let judged = if entries.is_some() || follows_the_run(gate) {
        let mut facts = failures::facts(workspace, lane, Mode::Strict, documents.summary());
        entries.iter().for_each(|entries| entries.bind(&mut facts));
        gate::evaluate(gate, &evidence, &facts, &host)
    } else {
        gate::evaluate(gate, &evidence, facts, &host)
    };
    Ok(judged.outcome == GateOutcome::Fail)
}

/// Whether the gate decides by what is made of the run's summary.
fn follows_the_run(gate: &Gate) -> bool {
    gate.mentions("run_gaps") || gate.mentions("run_failures")
}

/// A gate that reads `run_gaps` or `run_failures` looks at the summary that they are made of.
fn look_at_the_run(
    workspace: &Workspace,
    gate: &Gate,
    documents: &Documents<'_>,
    evidence: &Evidence<'_>,
    looked: &mut FieldReads,
) {
    let (Ok(run), Some(summary)) = (&workspace.run_dir, documents.summary()) else { return };
    if !follows_the_run(gate) {
        return;
    }
    let path = format!("{run}/summary.json");
    for record in evidence.records.iter().filter(|record| record.path == path) {
        looked.documents.entry(record.name.clone()).or_default().extend(plan::pointers(summary));
    }
}

/// Notes which paths functions look at: path -> whether their content counts.
struct Recording<'w> {
    inner: WorkspaceHost<'w>,
    touched: Mutex<BTreeMap<String, bool>>,
    /// What `files(glob)` found: a file that is gone is then one fewer, which no gate need notice.
    listed: Mutex<BTreeSet<String>>,
}

impl Recording<'_> {
    fn note(&self, path: &str, content: bool) {
        let mut touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        *touched.entry(path.to_string()).or_default() |= content;
    }
}

impl Host for Recording<'_> {
    fn files(&self, glob: &str, meter: &Meter) -> Result<Vec<String>, EvalError> {
        let found = self.inner.files(glob, meter)?;
        self.listed.lock().unwrap_or_else(PoisonError::into_inner).extend(found.iter().cloned());
        Ok(found)
    }

    fn exists(&self, path: &str, meter: &Meter) -> Result<bool, EvalError> {
        self.note(path, false);
        self.inner.exists(path, meter)
    }

    fn sha256(&self, path: &str, meter: &Meter) -> Result<String, EvalError> {
        self.note(path, true);
        self.inner.sha256(path, meter)
    }

    fn valid(&self, path: &str, meter: &Meter) -> Result<bool, EvalError> {
        self.note(path, true);
        self.inner.valid(path, meter)
    }

    fn grep(
        &self,
        glob: &str,
        needles: &[String],
        meter: &Meter,
    ) -> Result<Vec<(String, u64, String)>, EvalError> {
        self.inner.grep(glob, needles, meter)
    }
}

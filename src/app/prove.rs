//! `tollgate prove`: every gate is judged over its passing evidence, mutated in every way that it must notice.

use super::error::Error;
use super::prove_mutants::{Mutant, mutants};
use super::workspace::{OpenRequest, Workspace};
use crate::artifact::{Context, Documents, Sources, WorkspaceHost};
use crate::base::figures::total;
use crate::base::files::Root;
use crate::gate::{self, Facts, Judged, Outcome};
use crate::lang::cel::{EvalError, Host, Meter};
use crate::model::gate::{Except, Gate};
use crate::model::lane::{Lane, Mode};
use crate::proof::{Pattern, pattern_of};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

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
pub enum Standing {
    /// It passes, and every mutation that is not excepted turns it red.
    Proven,
    /// It lets at least one mutation through.
    Holes,
    /// It does not pass over this evidence, so nothing can be proven.
    NotPassing,
    /// A pattern of `[[prove.except]]` cannot be read.
    BadException,
}

/// One gate's proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GateProof {
    /// The gate.
    pub gate: String,
    /// What became of it.
    pub standing: Standing,
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
}

impl Proof {
    /// 0 when every gate is proven, 1 when one is not, 3 when there is none.
    pub fn exit_code(&self) -> u8 {
        match self.gates.iter().all(|g| g.standing == Standing::Proven) {
            _ if self.gates.is_empty() => super::exit::NOTHING,
            true => super::exit::PASS,
            false => super::exit::FAIL,
        }
    }
}

/// Proves every gate of the request over the workspace as it stands. Nothing in it is changed.
pub fn prove(request: &OpenRequest<'_>, progress: &(dyn Fn(&str) + Sync)) -> Result<Proof, Error> {
    let workspace = Workspace::open_to_judge(request)?;
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
        gates,
    })
}

fn prove_gate(workspace: &Workspace, gate: &Gate) -> Result<GateProof, Error> {
    let mut proof = GateProof {
        gate: gate.id.clone(),
        standing: Standing::Proven,
        detail: String::new(),
        mutations: 0,
        holes: Vec::new(),
        excepted: Vec::new(),
        unused_exceptions: Vec::new(),
        unnoticed: Vec::new(),
    };
    let mut exceptions = match exceptions(gate) {
        Ok(exceptions) => exceptions,
        Err(why) => {
            return Ok(GateProof { standing: Standing::BadException, detail: why, ..proof });
        }
    };
    let lane = Lane::ALL.into_iter().rev().find(|lane| gate.lanes.contains(lane)).unwrap_or(Lane::Full);
    let facts = workspace.facts(lane, Mode::Strict);
    let context = workspace.artifact_context();
    let sources = Sources::read(&[gate], &context);
    let documents = Documents::parse(&sources, &workspace.policy.schemas, &context);
    let evidence = documents.evidence(gate);
    let host = Recording {
        inner: WorkspaceHost::new(&workspace.root, &workspace.policy.schemas, context.limits),
        touched: Mutex::default(),
        listed: Mutex::default(),
    };
    let judged = gate::evaluate(gate, &evidence, &facts, &host);
    if judged.outcome != Outcome::Pass {
        let detail = format!("it does not pass over this evidence: {}", judged.detail);
        return Ok(GateProof { standing: Standing::NotPassing, detail, ..proof });
    }
    let looked = gate::trace(gate, &evidence, &facts, &host);
    let touched = host.touched.into_inner().unwrap_or_else(PoisonError::into_inner);
    let listed = host.listed.into_inner().unwrap_or_else(PoisonError::into_inner);
    let schemas = &workspace.policy.schemas;
    let found = mutants(gate, &evidence, &looked, &touched, &listed, &workspace.root, schemas);
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
    proof.unused_exceptions =
        exceptions.iter().filter(|(_, _, used)| !used).map(|(_, e, _)| e.mutation.clone()).collect();
    proof.detail = match proof.holes.len() {
        0 => format!("{} mutations, all noticed or excepted", proof.mutations),
        holes => format!("{holes} of {} mutations let through", proof.mutations),
    };
    if !proof.holes.is_empty() {
        proof.standing = Standing::Holes;
    }
    Ok(proof)
}

/// A `[[prove.except]]` with its pattern, and whether it covered a survivor.
type Exception<'g> = (Pattern, &'g Except, bool);

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
    facts: &Facts,
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
    let judged =
        if mutant.path == *classification && (gate.mentions("waivers") || gate.mentions("quarantines")) {
            let text = match &mutant.bytes {
                None => Ok(None),
                Some(bytes) => {
                    String::from_utf8(bytes.clone()).map(Some).map_err(|_| "it is not UTF-8".to_string())
                }
            };
            let mut facts = workspace.facts(lane, Mode::Strict);
            workspace.entries_of(text).bind(&mut facts);
            judge(workspace, gate, &root, &facts)
        } else {
            judge(workspace, gate, &root, facts)
        };
    Ok(judged.outcome == Outcome::Fail)
}

fn judge(workspace: &Workspace, gate: &Gate, root: &Root, facts: &Facts) -> Judged {
    let context = Context { root, ..workspace.artifact_context() };
    let sources = Sources::read(&[gate], &context);
    let documents = Documents::parse(&sources, &workspace.policy.schemas, &context);
    let evidence = documents.evidence(gate);
    let host = WorkspaceHost::new(root, &workspace.policy.schemas, context.limits);
    gate::evaluate(gate, &evidence, facts, &host)
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

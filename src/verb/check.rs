//! The main job: config::load -> artifact -> gate::evaluate -> waiver -> verdict -> Report.

pub mod args;
mod notes;

use self::notes::{count_masks, of_part, partial, toothless, unbound};
use crate::embedded::EMBEDDED;
use rayon::prelude::*;
use std::path::Path;
use tollgate_core::gate::{self, BoundFacts, GateOutcome as Judgement, JudgedGate};
use tollgate_core::model::finding::Reason;
use tollgate_core::model::gate::{Blocking, ForRun, Gate};
use tollgate_core::model::lane::{Lane, Mode};
use tollgate_core::model::report::{CheckReport, WaiverOffer};
use tollgate_core::model::verdict::{
    self, GateResult, PolicyRecord, Promotion, Status, ToolRecord, Verdict, VerdictOutcome, WaiverRef,
};
use tollgate_core::model::waiver::{EntryState, Rollback, WaiverEntry};
use tollgate_core::verdict as judgement;
use tollgate_core::waiver;
use tollgate_flow::error::Error;
use tollgate_flow::judging::failures;
use tollgate_flow::judging::for_run::{again, for_run};
use tollgate_flow::judging::json;
use tollgate_flow::judging::judged;
use tollgate_flow::judging::no_run;
use tollgate_flow::judging::standing::standing;
use tollgate_flow::judging::whole::RunSaid;
use tollgate_flow::masking::masker_of_policy;
use tollgate_flow::run_id;
use tollgate_flow::run_tree::Observing;
use tollgate_flow::verdict_read;
use tollgate_flow::workspace::{Entries, OpenRequest, Workspace};
use tollgate_host::artifact::{Documents, Sources, WorkspaceHost};
use tollgate_host::clock::Stopwatch;
use tollgate_text::digest;
use tollgate_text::redact::Masked;

/// What `tollgate check` was asked.
pub struct CheckRequest<'a> {
    /// What to open; its lane is the lane judged.
    pub open: OpenRequest<'a>,
    /// The lane.
    pub lane: Lane,
    /// The mode asked for.
    pub mode: Mode,
    /// An earlier verdict to compare with.
    pub previous: Option<&'a Path>,
    /// Fix the run id and durations.
    pub deterministic: bool,
    /// Told the id of each gate as it is judged.
    pub progress: &'a (dyn Fn(&str) + Sync),
}

/// Judges the workspace. Writes nothing: `write` does. What is shown of it is masked here, before any format sees it.
pub fn check(request: &CheckRequest<'_>) -> Result<(Workspace, Masked<CheckReport>), Error> {
    let watch = Stopwatch::start();
    let previous = request
        .previous
        .map(verdict_read::named)
        .transpose()
        .map_err(|why| Error::Usage(format!("--previous: {why}")))?;
    // The tree is looked at while git says what is judged and the policy is read.
    let observing = Observing::begin(&EMBEDDED, request.open.root);
    let workspace = Workspace::open_to_judge(&EMBEDDED, &request.open)?;
    let rollback = match (request.mode, &workspace.entries.rollback) {
        (Mode::Strict, _) => None,
        (Mode::Rollback, Ok(record)) => Some(record.clone()),
        (Mode::Rollback, Err(why)) => return Err(Error::Usage(format!("mode rollback: {why}"))),
    };
    let (mut gates, judged, run) = judge(&workspace, request, observing)?;
    let no_run = no_run::said_once(&workspace, &mut gates);
    let unexplained = remediate(&workspace, &mut gates);
    if let Some(previous) = &previous {
        judgement::compare(&mut gates, previous);
    }
    let summary = judgement::summarise(&gates);
    let exit_code = judgement::exit_code(&summary);
    let certification = certification(&workspace, request, rollback.as_ref(), &run, &gates, exit_code);
    let (promotion, next_steps) = certification.unzip();
    let identity = identity(&workspace, request, &gates);
    let verdict = Verdict {
        schema: verdict::SCHEMA.into(),
        generated_at: request.open.now.rfc3339(),
        tool: ToolRecord { name: "tollgate".into(), version: env!("CARGO_PKG_VERSION").into() },
        run_id: identity.run,
        correlation_id: identity.correlation,
        commit: workspace.commit.clone(),
        branch: workspace.branch.clone(),
        lane: request.lane,
        mode: request.mode,
        policy: PolicyRecord {
            digest: workspace.policy.digest.clone(),
            from: workspace.policy.from.clone(),
            altered: workspace.policy.altered.clone(),
            changes: workspace.whole.changes.clone(),
        },
        verdict: if exit_code == 0 { VerdictOutcome::Pass } else { VerdictOutcome::Fail },
        exit_code,
        promotion,
        next_steps,
        summary,
        waivers: judged.waivers.clone(),
        not_judged: workspace.policy.left_out.clone(),
        masked: 0,
        mask_allowed: 0,
        gates,
    };
    let mut report = present(&workspace, &judged, verdict, (!request.deterministic).then(|| watch.seconds()));
    report.no_run = no_run;
    report.notes.extend(unexplained);
    report.notes.extend(run.notes);
    report.notes.extend(partial(&workspace));
    let masker = masker_of_policy(request.open.env, &workspace)?;
    Ok((workspace, Masked::new(report, &masker).adding(count_masks)))
}

/// Of the certification lane: whether the commit may be promoted, and what is to be done next.
fn certification(
    workspace: &Workspace,
    request: &CheckRequest<'_>,
    rollback: Option<&Rollback>,
    run: &RunSaid,
    gates: &[GateResult],
    exit_code: u8,
) -> Option<(Promotion, Vec<String>)> {
    let grounds = judgement::Grounds {
        rollback,
        not_whole: run.against.as_deref(),
        not_judged: &workspace.policy.left_out,
    };
    (request.lane == Lane::Certification).then(|| {
        let again = format!("tollgate check --lane {}", request.lane.name());
        let promotion = judgement::promotion(gates, exit_code, request.mode, &grounds);
        (promotion, judgement::next_steps(gates, &again))
    })
}

/// Judges every selected gate in parallel; the order of results is the gate order. Gates that read waivers come second:
/// whether a waiver is unused is known only when the others are judged. With the entries as that leaves them, and what is to be said of
/// the run that they judge.
fn judge(
    workspace: &Workspace,
    request: &CheckRequest<'_>,
    observing: Observing,
) -> Result<(Vec<GateResult>, Entries, RunSaid), Error> {
    let judges = |g: &&Gate| request.lane != Lane::Preflight || g.blocking == Blocking::Yes;
    let selected: Vec<&Gate> = workspace.policy.gates.iter().filter(judges).collect();
    let context = workspace.artifact_context();
    let sources = Sources::read(&selected, &context);
    let mut documents = Documents::parse(&sources, &workspace.policy.schemas, &context);
    let (notes, contradictions) = judged::bind(&mut documents, workspace, &workspace.entries.quarantines);
    let mut standing = standing(workspace, request.lane, documents.summary(), observing)?;
    standing.faults.extend(contradictions);
    documents.bind_run(standing.faults, standing.other_commit);
    let documents = documents;
    let host = WorkspaceHost::new(&workspace.root, &workspace.policy.schemas, context.limits);
    let suites = &workspace.policy.runs.suites;
    let run = for_run(&workspace.root, workspace.run_dir.as_deref().ok(), documents.summary(), suites);
    let gaps = workspace.whole.gaps(&workspace.run_dir, documents.summary()).ok().flatten();
    let brought = gaps.and_then(|gaps| workspace.brought_by(&gaps));
    let evaluate = |gates: &[&Gate], facts: &BoundFacts| -> Vec<GateResult> {
        let one = |gate: &&Gate| {
            let evidence = documents.evidence(gate);
            let watch = Stopwatch::start();
            let judged = gate::evaluate(gate, &evidence, facts, &host);
            let micros = if request.deterministic { 0 } else { watch.micros() };
            (request.progress)(&gate.id);
            // What a run that was ingested says of its own line is nearer than what the settings tell.
            let ingested = matches!(run, ForRun::Instead { why_not: Some(_), .. });
            let brought = brought.as_ref().filter(|_| gate.mentions("run_gaps") && !ingested);
            let run = brought.unwrap_or(&run);
            let mut result = result(workspace, request, gate, judged, evidence.records, run);
            result.duration_us = micros;
            result
        };
        // One by one: a gate that takes long must not hold up those that stand behind it.
        gates.par_iter().with_max_len(1).map(one).collect()
    };
    let late = |g: &&Gate| g.mentions("waivers") || g.mentions("quarantines");
    let (second, first): (Vec<&Gate>, Vec<&Gate>) = selected.iter().partition(|g| late(g));
    let mut facts = failures::facts(workspace, request.lane, request.mode, documents.summary());
    let mut gates = evaluate(&first, &facts);
    let mut entries = workspace.entries.clone();
    // What preflight does not reach has not been seen to pass.
    let reached = match request.lane {
        Lane::Preflight => gates.iter().position(|g| g.status == Status::Fail).unwrap_or(gates.len()),
        _ => gates.len(),
    };
    let passed =
        gates[..reached].iter().filter(|g| g.status == Status::Pass).map(|g| g.id.as_str()).collect();
    waiver::mark_unused(&mut entries.waivers, request.lane, &passed);
    entries.bind(&mut facts);
    gates.extend(evaluate(&second, &facts));
    gates.sort_by(|a, b| a.id.cmp(&b.id));
    if request.lane == Lane::Preflight {
        judgement::cut_preflight(&mut gates);
    }
    for gate in gates.iter().filter(|g| red_unwaived(g)) {
        waiver::mark_narrowed(&mut entries.waivers, request.lane, &gate.id, &gate.findings);
    }
    let mut run = workspace.whole.said(&workspace.run_dir, documents.summary());
    run.notes.extend(standing.notes.into_iter().chain(notes));
    run.notes.extend(documents.summary().and_then(of_part));
    run.notes.extend(documents.summary().map(json::noted).unwrap_or_default());
    Ok((gates, entries, run))
}

/// Whether a gate is red, no waiver covers that, and it counts.
fn red_unwaived(gate: &GateResult) -> bool {
    matches!(gate.status, Status::Fail | Status::Warn) && !gate.shadow
}

fn result(
    workspace: &Workspace,
    request: &CheckRequest<'_>,
    gate: &Gate,
    judged: JudgedGate,
    artifacts: Vec<verdict::ArtifactRecord>,
    run: &ForRun,
) -> GateResult {
    let covering = waiver::covering(&workspace.entries.waivers, &gate.id, request.lane, &judged.findings);
    let failed = judged.outcome == Judgement::Fail;
    let waiver = covering.filter(|_| failed && gate.blocking != Blocking::Shadow);
    let status = match judged.outcome {
        Judgement::NotApplicable => Status::Skip,
        outcome => judgement::status(gate.blocking, outcome == Judgement::Pass, waiver.is_some()),
    };
    let run = match judged.reason {
        Some(Reason::Missing | Reason::Stale) => run.clone().of_no_use(),
        _ => run.clone(),
    };
    let reproduce_command = workspace.reproduce_command(gate, &run);
    let again = again(gate, judged.reason.filter(|_| failed), &run, &reproduce_command);
    GateResult {
        id: gate.id.clone(),
        name: gate.name.clone(),
        owner: gate.owner.clone(),
        status,
        blocking: gate.blocking == Blocking::Yes,
        shadow: gate.blocking == Blocking::Shadow,
        reason: judged.reason,
        detail: judged.detail,
        findings: judged.findings,
        artifacts,
        reproduce_command,
        runbook: gate.runbook.clone(),
        remediation: again.into_iter().collect(),
        waiver: waiver.map(waiver_ref),
        since: None,
        trace: None,
        duration_us: 0,
    }
}

/// Gives each gate that did not pass the steps of its runbook entry. A runbook that cannot be read is a sentence: it must
/// not hide a verdict.
fn remediate(workspace: &Workspace, gates: &mut [GateResult]) -> Option<String> {
    let mut red =
        gates.iter_mut().filter(|g| g.status != Status::Pass && g.status != Status::Skip).peekable();
    red.peek()?;
    match workspace.runbook() {
        Err(error) => Some(format!("no remediation is shown: {error}")),
        Ok(runbook) => {
            for gate in red {
                let entry = gate.runbook.as_deref().and_then(|id| runbook.get(id));
                gate.remediation.extend(entry.into_iter().flat_map(|e| e.remediation.iter().cloned()));
            }
            None
        }
    }
}

fn waiver_ref(entry: &WaiverEntry) -> WaiverRef {
    let text = |t: &Option<String>| t.clone().unwrap_or_default();
    WaiverRef {
        owner: text(&entry.owner),
        reason: text(&entry.reason),
        issue: text(&entry.issue),
        expires: text(&entry.expires),
        days_remaining: entry.days_remaining.unwrap_or(0),
    }
}

struct Identity {
    run: String,
    correlation: String,
}

/// The correlation id follows from what was judged; the run id also from the moment and the process, unless the check is
/// deterministic.
fn identity(workspace: &Workspace, request: &CheckRequest<'_>, gates: &[GateResult]) -> Identity {
    let mut judged = digest::Running::default();
    let evidence = gates.iter().flat_map(|g| &g.artifacts).filter_map(|a| a.sha256.as_deref());
    let context = [
        workspace.policy.digest.as_str(),
        request.lane.name(),
        workspace.commit.as_deref().unwrap_or(""),
        workspace.run_dir.as_deref().unwrap_or(""),
    ];
    for part in context.into_iter().chain(evidence) {
        judged.update(part.as_bytes());
        judged.update(b"\0");
    }
    let correlation = judged.hex()[..32].to_string();
    let run = if request.deterministic { correlation.clone() } else { run_id::check(&correlation) };
    Identity { run, correlation }
}

/// Entries that need attention and get a note each; the others are counted.
const NOTED: usize = 100;

/// `entries` are the entries as this check left them: what no gate needed is unused now, and what covers too little is narrowed.
fn present(workspace: &Workspace, entries: &Entries, verdict: Verdict, seconds: Option<f64>) -> CheckReport {
    let policy = &workspace.policy;
    let mut notes = policy.notes.clone();
    if let Some(fault) = &entries.fault {
        notes.push(format!("no waiver holds: {fault}"));
    }
    let attention: Vec<&WaiverEntry> = entries
        .waivers
        .iter()
        .chain(&entries.quarantines)
        .filter(|e| e.state != EntryState::Active)
        .collect();
    let noted = attention.iter().take(NOTED);
    notes.extend(noted.map(|e| format!("{} `{}`: {}", e.kind.name(), e.id, e.detail)));
    if let Some(more) = attention.len().checked_sub(NOTED).filter(|n| *n > 0) {
        notes.push(format!("{more} more entries need attention; all are in waiver_audit.json"));
    }
    notes.extend(unbound(workspace));
    notes.extend(toothless(&verdict));
    let waivers = &entries.waivers;
    let red = || verdict.gates.iter().filter(|g| red_unwaived(g));
    notes.extend(red().filter_map(|g| {
        let entry = waivers.iter().find(|e| e.id == g.id)?;
        let why = waiver::shortfall(entry, verdict.lane, &g.findings)?;
        Some(format!("waiver `{}` does not cover what failed: {why}", g.id))
    }));
    // A second table of the same name would make the classification file unreadable.
    let unwaived = |g: &&GateResult| g.status == Status::Fail && waivers.iter().all(|e| e.id != g.id);
    let waiver_offers = red()
        .filter(unwaived)
        .filter_map(|g| {
            let template = waiver::template(&g.id, &g.findings, workspace.now.date())?;
            let command = waiver::command(&g.id, &g.findings)?;
            Some((g.id.clone(), WaiverOffer { template, command }))
        })
        .collect();
    CheckReport {
        gate_regions: policy.gates.iter().map(|g| (g.id.clone(), g.region.clone())).collect(),
        check_regions: policy
            .gates
            .iter()
            .flat_map(|g| g.checks.iter().map(|c| ((g.id.clone(), c.id.clone()), c.region.clone())))
            .collect(),
        quarantines: entries.quarantines.clone(),
        classification_fault: entries.fault.clone(),
        waiver_offers,
        repo_prefix: workspace.repo_prefix.clone(),
        verdict_path: None,
        no_run: None,
        unwritten: None,
        notes,
        seconds,
        verdict,
    }
}

//! Before anything runs: what is selected, from where, and whether it can be.

use super::bundle::{as_summary, beside};
use super::goes_by;
use super::request::{Rules, RunRequest, SelectionSource};
use chrono::SecondsFormat;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use tollgate_core::model::event::{Flags, Started};
use tollgate_core::model::plan::{Plan, PlannedSuite, RunSettings, ShardKind};
use tollgate_core::model::run::{Chosen, NotRun, RunSummary};
use tollgate_core::plan::{self, Choice, Division, Timings};
use tollgate_flow::error::Error;
use tollgate_flow::ground::Ground;
use tollgate_flow::made::baseline::Baseline;
use tollgate_flow::masking::mask_asked;
use tollgate_host::files;
use tollgate_host::record::{self, Replayed};
use tollgate_text::digest::sha256_hex;
use tollgate_text::redact::{MASK, Masker};
use tollgate_text::show::show;
use tollgate_text::time::parse_rfc3339;

/// Bytes of a file of timings, or of a summary that is read for them, at most.
const TIMINGS: u64 = 256 << 20;

/// What will run, and what it is tied to.
pub(super) struct Prepared {
    /// This shard's items.
    pub plan: Plan,
    /// The lint steps that run first, by name.
    pub lint: Vec<String>,
    /// What ties it to its source, its shards and its replays.
    pub correlation_id: String,
    /// What it is compared with.
    pub baseline: Option<Baseline>,
    /// The summary, run folder or bundle that it replays, workspace-relative.
    pub rerun_from: Option<String>,
    /// Names that were chosen on the command line.
    pub selection: Chosen,
    /// What else the command that repeats the run says.
    pub flags: Flags,
    /// What it should replay and `tollgate.toml` no longer has.
    pub gone: Vec<NotRun>,
    /// The suites that it replays whole, with the tests that must run; of a run that is taken up again also those that are done.
    pub expected: Vec<NotRun>,
    /// Of the last so many items of the plan, when they were started the last time: tollgate was killed twice while they ran, and
    /// they are not started again.
    pub lost: Vec<String>,
    /// What holds for every suite.
    pub rules: Rules,
    /// What it goes by, for the journal.
    pub goes_by: BTreeMap<String, String>,
    /// When the oldest part of a run that is taken up ran, where there is one: the run is dated by it.
    pub dated: Option<String>,
    /// What a person should know, one sentence each.
    pub notes: Vec<String>,
}

impl Prepared {
    /// Whether nothing is selected. A shard that came out empty is a run all the same; a replay of a green one is none.
    pub fn is_nothing(&self) -> bool {
        let whole = self.plan.shard.kind == ShardKind::None || self.rerun_from.is_some();
        whole && self.plan.items.is_empty() && self.lint.is_empty()
    }
}

/// Settles everything that can be settled before the first suite starts.
pub(super) fn prepare(ground: &Ground, request: &RunRequest<'_>, masker: &Masker) -> Result<Prepared, Error> {
    match request.source {
        SelectionSource::Fresh => fresh(ground, request),
        SelectionSource::Rerun(path) => {
            let (mut summary, _) = record::read_summary(path).map_err(|e| Error::Work(e.to_string()))?;
            mask_asked(&mut summary, masker);
            let baseline = Baseline::open(request.diff_from.unwrap_or(path), &ground.root)?;
            rerun(ground, request, summary, baseline, path)
        }
        SelectionSource::Bundle(path) => {
            let (bundle, _) = record::read_bundle(path).map_err(|e| Error::Work(e.to_string()))?;
            let beside = beside(path);
            let baseline = match request.diff_from.or(beside.as_deref()) {
                None => None,
                Some(summary) => Some(Baseline::open(summary, &ground.root)?),
            };
            let mut summary = as_summary(bundle);
            mask_asked(&mut summary, masker);
            let mut prepared = rerun_of(ground, request, summary, path)?;
            prepared.baseline = baseline;
            prepared.flags.bundle = true;
            Ok(prepared)
        }
        SelectionSource::Resume(_) => Err(Error::Usage("a run is resumed from its journal".into())),
    }
}

fn fresh(ground: &Ground, request: &RunRequest<'_>) -> Result<Prepared, Error> {
    let usage = |problems: Vec<String>| Error::Usage(problems.join("\n"));
    let names = ground.names()?;
    let choice = Choice {
        profile: request.profile.unwrap_or("ci"),
        suites: request.suites,
        units: request.units,
        skip_lint: request.skip_lint,
    };
    let selection = plan::select(&ground.run, &names, &choice).map_err(usage)?;
    let timings = timings(request.timings)?;
    let (lint, mut notes) = (selection.lint, selection.notes.clone());
    let division = request.shard.unwrap_or(Division::WHOLE);
    let plan = plan::shard(selection, division, timings.as_ref()).map_err(Error::Usage)?;
    let baseline = request.diff_from.map(|path| Baseline::open(path, &ground.root)).transpose()?;
    let commit = ground.commit.as_deref().unwrap_or("");
    let tie = format!("{}\0{commit}", plan.shard.plan_digest);
    notes.extend(plan.notes.iter().filter(|n| !notes.contains(n)).cloned().collect::<Vec<_>>());
    let lint = if lint { ground.run.lint.iter().map(|(name, _)| name.clone()).collect() } else { Vec::new() };
    Ok(Prepared {
        rules: Rules::of(request, None),
        goes_by: goes_by::of(&ground.run, &plan.profile, kinds(&plan.items), &names),
        plan,
        lint,
        correlation_id: sha256_hex(tie.as_bytes())[..32].to_string(),
        baseline,
        rerun_from: None,
        selection: Chosen { suites: request.suites.to_vec(), units: request.units.to_vec() },
        flags: flags(ground, request),
        gone: Vec::new(),
        expected: Vec::new(),
        lost: Vec::new(),
        dated: None,
        notes,
    })
}

fn flags(ground: &Ground, request: &RunRequest<'_>) -> Flags {
    Flags {
        skip_lint: request.skip_lint,
        timings: request.timings.iter().map(|path| ground.root.spell(path)).collect(),
        bundle: false,
    }
}

/// Durations by suite, from files of milliseconds and earlier summaries together; `None` without either.
fn timings(files: &[PathBuf]) -> Result<Option<Timings>, Error> {
    let wrong = |why: String| Error::Work(format!("--timings: {why}"));
    let (mut found, mut summaries): (Option<Timings>, Vec<RunSummary>) = (None, Vec::new());
    for file in files {
        match timings_of(file).map_err(wrong)? {
            Some(timings) => found = Some(found.unwrap_or_default().and(timings)),
            None => {
                let read = record::read_summary(file).map_err(|e| wrong(e.to_string()))?;
                summaries.push(read.0);
            }
        }
    }
    if !summaries.is_empty() {
        found = Some(found.unwrap_or_default().and(Timings::of_summaries(&summaries)));
    }
    Ok(found)
}

/// A file of timings; `None` for what is a summary or a run folder. A summary names its schema; a file of timings has nothing
/// but suites.
fn timings_of(file: &Path) -> Result<Option<Timings>, String> {
    if !file.is_file() {
        return Ok(None);
    }
    let bytes = files::read(file, TIMINGS).map_err(|e| e.to_string())?;
    match Timings::from_json(&file.display().to_string(), &bytes) {
        Ok(timings) => Ok(Some(timings)),
        Err(why) if !bytes.windows(8).any(|w| w == b"\"schema\"") => Err(why),
        Err(_) => Ok(None),
    }
}

fn rerun(
    ground: &Ground,
    request: &RunRequest<'_>,
    summary: RunSummary,
    baseline: Baseline,
    path: &Path,
) -> Result<Prepared, Error> {
    let mut prepared = rerun_of(ground, request, summary, path)?;
    prepared.baseline = Some(baseline);
    Ok(prepared)
}

/// What failed or did not run in `summary`, and nothing else.
fn rerun_of(
    ground: &Ground,
    request: &RunRequest<'_>,
    summary: RunSummary,
    path: &Path,
) -> Result<Prepared, Error> {
    let names = ground.names()?;
    let mut rerun =
        plan::rerun(&summary, &ground.run, &names).map_err(|problems| Error::Usage(problems.join("\n")))?;
    for item in &mut rerun.items {
        // Results have names with their secrets until they are recorded: such a test is known by its selector alone.
        item.names.retain(|_, names| names.iter().all(|name| !name.contains(MASK)));
    }
    let shown = show(&path.display().to_string());
    let mut notes = rerun.notes;
    if let (Some(theirs), Some(ours)) = (&summary.identity.commit, &ground.commit)
        && theirs != ours
    {
        notes.push(format!("{shown} is of commit {theirs}; this checkout is at {ours}"));
    }
    let expected = rerun.items.iter().filter(|item| !item.expected.is_empty()).map(listed).collect();
    let own = Rules::of(request, None);
    Ok(Prepared {
        // What was ended at the timeout of the source would not be seen again under another.
        rules: Rules { timeout: own.timeout.or(summary.timeout), ..own },
        goes_by: goes_by::of(&ground.run, &summary.profile, kinds(&rerun.items), &names),
        plan: Plan {
            profile: summary.profile,
            items: rerun.items,
            whole: summary.plan,
            shard: summary.shard,
            notes: Vec::new(),
        },
        lint: rerun.lint,
        correlation_id: summary.identity.correlation_id,
        baseline: None,
        rerun_from: Some(ground.root.spell(path)),
        selection: Chosen::default(),
        flags: Flags::default(),
        gone: rerun.gone,
        expected,
        lost: Vec::new(),
        dated: None,
        notes,
    })
}

/// The kinds of these items.
fn kinds(items: &[PlannedSuite]) -> BTreeSet<&str> {
    items.iter().map(|item| item.kind.as_str()).collect()
}

/// What a journal says was to run and is not done. A suite that is no longer there is an error: the plan is another.
pub(super) fn resumed(
    ground: &Ground,
    request: &RunRequest<'_>,
    replayed: &Replayed,
) -> Result<Prepared, Error> {
    let started: &Started = &replayed.started;
    let names = ground.names()?;
    still_there(started, &names, &ground.run)?;
    let is_done = |item: &NotRun| {
        replayed
            .done
            .iter()
            .any(|d| d.role == item.role && d.result.kind == item.kind && d.result.name == item.name)
    };
    at_its_commit(started, ground.commit.as_ref())?;
    let mut notes = Vec::new();
    let selected: BTreeSet<&str> = started.selected.iter().map(|item| item.kind.as_str()).collect();
    let goes_by = goes_by::of(&ground.run, &started.profile, selected, &names);
    notes.extend(goes_by::changes(&started.goes_by, &goes_by));
    let baseline = match &started.baseline {
        None => None,
        Some(shown) => Some(Baseline::open(&ground.root.real().join(shown), &ground.root)?),
    };
    let is_lost = |item: &NotRun| replayed.lost.iter().any(|l| l.kind == item.kind && l.suite == item.name);
    let (lost, left): (Vec<&NotRun>, Vec<&NotRun>) =
        started.selected.iter().filter(|item| !is_done(item)).partition(|item| is_lost(item));
    let items = left.into_iter().chain(lost).map(item_of).collect();
    let lint = match &started.lint_steps[..] {
        [] => ground.run.lint.iter().filter(|_| started.lint).map(|(name, _)| name.clone()).collect(),
        steps => steps.to_vec(),
    };
    Ok(Prepared {
        rules: Rules::of(request, Some(started)),
        goes_by,
        plan: Plan {
            profile: started.profile.clone(),
            items,
            whole: started.plan,
            shard: started.shard.clone(),
            notes: Vec::new(),
        },
        lint,
        correlation_id: started.correlation_id.clone(),
        baseline,
        rerun_from: started.rerun_from.clone(),
        selection: started.chosen.clone(),
        flags: started.flags.clone(),
        gone: started.gone.clone(),
        expected: started.selected.iter().filter(|item| !item.expected.is_empty()).cloned().collect(),
        lost: replayed.lost.iter().map(|l| l.started_at.clone()).collect(),
        dated: (!replayed.done.is_empty() || !replayed.lint.is_empty())
            .then(|| to_the_second(&replayed.started_at)),
        notes,
    })
}

/// Everything that the run was to run must still be there: else the plan is another.
fn still_there(started: &Started, names: &plan::SuiteNames, run: &RunSettings) -> Result<(), Error> {
    let runs = |kind: &str| run.suites.iter().any(|spec| spec.kind == kind && spec.command.is_some());
    let has = |item: &&NotRun| {
        runs(&item.kind) && names.get(&item.kind).is_some_and(|names| names.contains(&item.name))
    };
    let unknown: Vec<String> = started
        .selected
        .iter()
        .filter(|item| !has(item))
        .map(|item| {
            let (kind, name) = (show(&item.kind), show(&item.name));
            format!("{name} of the kind {kind} is no longer there, so the plan is not the one that the run was started with: begin a new run")
        })
        .collect();
    if unknown.is_empty() { Ok(()) } else { Err(Error::Usage(unknown.join("\n"))) }
}

/// The time without a part of a second, as documents state theirs; what is no time stays as it is, and no document with it passes.
fn to_the_second(time: &str) -> String {
    let text = |time: chrono::DateTime<chrono::FixedOffset>| {
        time.to_utc().to_rfc3339_opts(SecondsFormat::Secs, true)
    };
    parse_rfc3339(time).map_or_else(|_| time.to_string(), text)
}

/// A run is of one commit: what is done at one proves nothing of another, nor does what is done at none that is known.
fn at_its_commit(started: &Started, now: Option<&String>) -> Result<(), Error> {
    let then = started.commit.as_ref();
    if then == now {
        return Ok(());
    }
    let none = || "no commit that is known".to_string();
    let began = then.map_or_else(none, |then| format!("commit {}", show(then)));
    let here = now.map_or_else(none, |now| show(now));
    Err(Error::Usage(format!(
        "the run was started at {began}, and {here} is checked out: check out the one it was started at, or start a new run"
    )))
}

fn item_of(selected: &NotRun) -> PlannedSuite {
    PlannedSuite {
        name: selected.name.clone(),
        kind: selected.kind.clone(),
        role: selected.role,
        tests: selected.tests.clone(),
        names: selected.names.clone(),
        expected: selected.expected.clone(),
    }
}

/// An item as the journal and the summary list it.
pub(super) fn listed(item: &PlannedSuite) -> NotRun {
    NotRun {
        name: item.name.clone(),
        kind: item.kind.clone(),
        role: item.role,
        tests: item.tests.clone(),
        names: item.names.clone(),
        expected: item.expected.clone(),
    }
}

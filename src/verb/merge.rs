//! `tollgate merge`: the shards of one plan as one run folder, after it is proven that they are its shards and all of them.

pub mod args;
pub mod context;
pub mod lint;
pub mod suites;

use crate::embedded::EMBEDDED;
use crate::verb::merge::suites::{ShardPart, TakenSuite, folders_of, take};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tollgate_core::model::event::Flags;
use tollgate_core::model::run::{Identity, RunStatus, RunSummary};
use tollgate_core::plan;
use tollgate_flow::commands::{Replays, run_again};
use tollgate_flow::error::Error;
use tollgate_flow::ground::Ground;
use tollgate_flow::made::baseline::Baseline;
use tollgate_flow::made::documents::{self, RunOutcome, Written};
use tollgate_flow::made::environment;
use tollgate_flow::masking::masker;
use tollgate_flow::run_id;
use tollgate_host::files::tree::Size;
use tollgate_host::machine;
use tollgate_host::record::{self, Folder};
use tollgate_text::redact::Masker;
use tollgate_text::show::show;
use tollgate_text::time::Now;

/// Bytes that a merge copies at most, of the folders of all suites and the logs of lint steps together: 16 GiB.
const COPIED: u64 = 16 << 30;

/// What is asked.
pub struct MergeRequest<'a> {
    /// The workspace; it needs no `tollgate.toml`.
    pub root: &'a Path,
    /// The moment.
    pub now: Now,
    /// The environment.
    pub env: &'a BTreeMap<String, String>,
    /// The shards' run folders or summaries, in any order.
    pub shards: &'a [PathBuf],
    /// The summary to compare with.
    pub diff_from: Option<&'a Path>,
    /// The merged run's folder.
    pub out: &'a Path,
}

/// Why shards make no whole: the sentences, exit 1. Anything else is an `Error`.
#[derive(Debug)]
pub enum MergeError {
    /// They are not the shards of one plan, or not all of them.
    Unfit(Vec<String>),
    /// tollgate could not do its work.
    Other(Error),
}

impl From<Error> for MergeError {
    fn from(error: Error) -> Self {
        MergeError::Other(error)
    }
}

/// Merges; with what a person should know, one sentence each. Nothing is written unless the shards are proven to be a whole.
pub fn merge(request: &MergeRequest<'_>) -> Result<(Written, Vec<String>), MergeError> {
    let ground = Ground::open_bare(&EMBEDDED, request.root, request.now)?;
    let parts = request.shards.iter().map(|path| part(path)).collect::<Result<Vec<_>, _>>()?;
    let summaries: Vec<(String, RunSummary)> =
        parts.iter().map(|p| (p.shown.clone(), p.summary.clone())).collect();
    if ground.commit.is_some() {
        each_names_a_commit(&summaries)?;
    }
    let plan::Merged { summary: merged, mut notes } = plan::merge(&summaries).map_err(MergeError::Unfit)?;
    let masker = masker(request.env, &ground)?;
    let baseline = match (request.diff_from, &merged.baseline) {
        (Some(path), _) => Some(Baseline::open(path, &ground.root)?),
        (None, Some(named)) => Some(context::baseline(&parts, named, &ground.root)?),
        (None, None) => None,
    };
    let (mut suites, masked, mask_allowed) = suites_of(&parts, &mut notes)?;
    let here = || environment::facts_of_the_machine(ground.root.real(), &ground.run, request.env);
    let facts = context::environment(&parts, here, &mut notes)?;
    let lint = lint::find(&parts)?;
    let copied = suites.iter().map(TakenSuite::size).chain([lint::size(&lint)]);
    room(copied, request.out)?;
    let folder = Folder::create(&ground.root, request.out).map_err(|e| Error::of_folder(&e))?;
    let folders = folders_of(&merged);
    let against = baseline.as_ref().map(|b| b.shown.as_str());
    let again = run_again(&merged.profile, &merged.selection, &Flags::default(), against, None);
    let names = ground.names().unwrap_or_default();
    let replays = Replays::new(&ground.run, &merged.profile, &masker).knowing(&names, &again);
    let identity = identity(&merged, &summaries, &masker);
    for suite in &mut suites {
        suite.put(&folder, &folders, &identity, &replays, ground.causes())?;
    }
    lint::put(&lint, &folder)?;
    let outcome = RunOutcome {
        ground: &ground,
        identity,
        tree: merged.tree,
        dated_by: merged.dated_by,
        stale: merged.stale,
        profile: merged.profile.clone(),
        aborted: merged.status == RunStatus::Aborted,
        baseline: baseline.as_ref(),
        rerun_from: None,
        selection: merged.selection,
        timeout: merged.timeout,
        shard: merged.shard,
        plan: merged.plan,
        records: suites.into_iter().map(|suite| suite.record).collect(),
        not_run: merged.not_run,
        lint: merged.lint,
        lint_not_run: merged.lint_not_run,
        masked,
        mask_allowed,
        rerunnable: true,
        replays,
        again: again.clone(),
        facts: &facts,
    };
    let written = documents::write(&folder, &folders, outcome)?;
    Ok((written, notes))
}

/// Shards that name no commit are not of one.
fn each_names_a_commit(summaries: &[(String, RunSummary)]) -> Result<(), MergeError> {
    let nameless = summaries.iter().filter(|(_, s)| s.identity.commit.is_none());
    let unfit: Vec<String> = nameless
        .map(|(shown, _)| format!("{shown} names no commit: shards without one are not of one commit"))
        .collect();
    if unfit.is_empty() { Ok(()) } else { Err(MergeError::Unfit(unfit)) }
}

/// Whether what is copied of all the shards stays within its bound, and fits where it is written to: else nothing is written.
fn room(sizes: impl Iterator<Item = Size>, out: &Path) -> Result<(), Error> {
    let all = sizes.fold(Size::default(), Size::and);
    if all.bytes > COPIED {
        return Err(Error::Work(format!(
            "the folders of the shards hold {} bytes, more than the {COPIED} that a merge copies: nothing is written",
            all.bytes
        )));
    }
    match machine::free_bytes(out) {
        Ok(free) if free < all.on_disk => Err(Error::Work(format!(
            "the folders of the shards take {} MiB, and {} MiB are free where the merged run is to stand: nothing is written",
            all.on_disk >> 20,
            free >> 20
        ))),
        // Where the system does not say, the first failing write will.
        _ => Ok(()),
    }
}

/// The suites of all parts, and how many secrets were masked, and let through, that neither a record of them nor a lint step
/// tells of: those in suites of which only the summary was kept.
fn suites_of(parts: &[ShardPart], notes: &mut Vec<String>) -> Result<(Vec<TakenSuite>, u64, u64), Error> {
    let (mut suites, mut masked, mut allowed) = (Vec::new(), 0u64, 0u64);
    for part in parts {
        let taken = take(part, notes)?;
        let told = documents::masked(taken.iter().map(|t| &t.record), &part.summary.lint);
        masked = masked.saturating_add(part.summary.masked.saturating_sub(told));
        let told = documents::allowed(taken.iter().map(|t| &t.record), &part.summary.lint);
        allowed = allowed.saturating_add(part.summary.mask_allowed.saturating_sub(told));
        suites.extend(taken);
    }
    Ok((suites, masked, allowed))
}

fn part(path: &Path) -> Result<ShardPart, Error> {
    let (summary, _) = record::read_summary(path).map_err(|e| Error::Work(e.to_string()))?;
    let folder = if path.is_dir() {
        path.to_path_buf()
    } else {
        path.parent().unwrap_or(Path::new(".")).to_path_buf()
    };
    Ok(ShardPart { shown: show(&path.display().to_string()), folder, summary })
}

/// The merged run is a run of its own; what ties the shards together ties it to them, and it is as old as the oldest of them.
fn identity(merged: &RunSummary, parts: &[(String, RunSummary)], masker: &Masker) -> Identity {
    let ids: Vec<&str> = parts.iter().map(|(_, s)| s.identity.run_id.as_str()).collect();
    Identity {
        run_id: run_id::merge(&ids),
        // A shard may be of a run that did not know the secret.
        branch: merged.identity.branch.as_deref().map(|branch| masker.mask(branch).0),
        ..merged.identity.clone()
    }
}

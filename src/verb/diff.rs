//! `tollgate diff BASE CURRENT`: what changed between two runs.

pub mod args;

use crate::embedded::EMBEDDED;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tollgate_core::model::columns::Columns;
use tollgate_core::model::run::{Identity, schema};
use tollgate_core::model::suite::SuiteRole;
use tollgate_core::model::triage::{ComparedFile, RecommendedCommands, TriageDiff, TriageStatus};
use tollgate_core::triage;
use tollgate_flow::commands::{Replays, rerun_from};
use tollgate_flow::error::{Error, exit};
use tollgate_flow::ground::Ground;
use tollgate_flow::made::summary::{self, SummaryText};
use tollgate_flow::masking::{mask_ranked, masker};
use tollgate_host::files;
use tollgate_text::redact::Masker;
use tollgate_text::show::show;
use tollgate_text::time::Now;

/// Which runs to compare.
pub struct DiffRequest<'r> {
    /// The workspace whose `tollgate.toml` replay commands are built from; it may have none.
    pub root: &'r Path,
    /// The baseline: a run folder or a `summary.json`.
    pub base: &'r Path,
    /// The run.
    pub current: &'r Path,
    /// The files that the answer is written to.
    pub out: &'r [&'r Path],
    /// The moment of the comparison.
    pub now: Now,
    /// The environment: its secrets are masked.
    pub env: &'r BTreeMap<String, String>,
}

/// Compares the runs. Both files are read, hashed and parsed at the same time. An unreadable one is an error that names it
/// (exit 4); one that is compared with itself or would be written over is a wrong command line (exit 2). The same bytes under
/// two names are one run where they state its id, else two that came out alike.
pub fn diff(request: &DiffRequest<'_>) -> Result<TriageDiff, Error> {
    let paths = [summary::file(request.base), summary::file(request.current)];
    let shown = paths.each_ref().map(|p| show(&p.display().to_string()));
    if files::same(&paths[0], &paths[1]) {
        return Err(Error::Usage(format!("{} is both the baseline and the run: name two runs", shown[0])));
    }
    writes_neither(request.out, &paths, &shown)?;
    let slots: [OnceLock<SummaryText>; 2] = Default::default();
    let (base, current) = std::thread::scope(|scope| {
        let base = scope.spawn(|| load(&paths[0], &slots[0]));
        let current = load(&paths[1], &slots[1]);
        let base = base.join().unwrap_or_else(|_| Err(Error::Work("the baseline was not read".into())));
        (base, current)
    });
    let ((base, old), (current, new)) = (base?, current?);
    if old.sha256 == new.sha256 && base.head.run_id.is_some() {
        let [base, current] = shown;
        return Err(Error::Usage(format!(
            "{base} and {current} are the same run, byte for byte: name two runs"
        )));
    }
    // Two summaries are compared wherever they are: without settings that can be used there are no commands to show.
    let ground = Ground::open_bare(&EMBEDDED, request.root, request.now).ok();
    let names = ground.as_ref().and_then(|g| g.names().ok()).unwrap_or_default();
    let masker = ground.as_ref().map(|g| masker(request.env, g)).transpose()?;
    let grounds = ground.as_ref().zip(masker.as_ref());
    let replays = grounds.map(|(g, masker)| Replays::new(&g.run, "ci", masker).knowing(&names, ""));
    let replay = |suite: &str, kind: &str, role: SuiteRole, selector: Option<&str>| {
        let replays = replays.as_ref().filter(|r| r.knows(kind, suite))?;
        let one = selector.and_then(|selector| replays.test(kind, suite, selector));
        Some(one.unwrap_or_else(|| replays.suite(role, kind, suite)))
    };
    let mut found = triage::diff(&base, &current, triage::LIMIT, &replay);
    if let Some(masker) = &masker {
        mask_ranked(&mut found.ranked_diagnostics, masker);
    }
    let compared = |path: &Path, text: &SummaryText, run: &Columns<'_>| ComparedFile {
        path: path.display().to_string(),
        sha256: Some(text.sha256.clone()),
        run_id: run.head.run_id.clone(),
        commit: run.head.commit.clone(),
    };
    Ok(TriageDiff {
        schema: schema::TRIAGE_DIFF.into(),
        identity: identity(request.now, &current, masker.as_ref()),
        baseline: paths[0].display().to_string(),
        compared: [compared(&paths[0], old, &base), compared(&paths[1], new, &current)],
        status: found.status,
        summary: found.summary,
        ranked_diagnostics: found.ranked_diagnostics,
        omitted: found.omitted,
        not_compared: found.not_compared,
        recommended_commands: RecommendedCommands {
            runner_repro_command: rerun(&paths[1]),
            ranked_repro_commands: found.commands,
        },
    })
}

/// No file that the answer is written to is one that is compared.
fn writes_neither(outs: &[&Path], paths: &[PathBuf; 2], shown: &[String; 2]) -> Result<(), Error> {
    for out in outs {
        if let Some(nth) = paths.iter().position(|path| files::same(path, out)) {
            let out = show(&out.display().to_string());
            return Err(Error::Usage(format!(
                "{out} is {}, which is compared: write the answer somewhere else",
                shown[nth]
            )));
        }
    }
    Ok(())
}

/// The comparison is of the run, at the moment it is made.
fn identity(now: Now, current: &Columns<'_>, masker: Option<&Masker>) -> Identity {
    let head = &current.head;
    let shown = |branch: &str| masker.map_or_else(|| branch.to_string(), |masker| masker.mask(branch).0);
    Identity {
        generated_at: now.rfc3339(),
        run_id: head.run_id.clone().unwrap_or_default(),
        correlation_id: head.correlation_id.clone().unwrap_or_default(),
        commit: head.commit.clone(),
        branch: head.branch.as_deref().map(shown),
    }
}

fn load<'t>(path: &Path, slot: &'t OnceLock<SummaryText>) -> Result<(Columns<'t>, &'t SummaryText), Error> {
    let read = summary::read(path)?;
    let text = slot.get_or_init(|| read);
    Ok((summary::columns(path, text)?, text))
}

/// The command that replays what failed in a run, its path as it was named.
fn rerun(path: &Path) -> String {
    rerun_from(&path.display().to_string())
}

/// 1 where something fails that the baseline does not show failing.
pub fn exit_code(triage: &TriageDiff) -> u8 {
    match triage.status {
        TriageStatus::Regression => exit::FAIL,
        TriageStatus::Stable | TriageStatus::KnownFailuresOnly => exit::PASS,
    }
}

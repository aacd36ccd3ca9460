//! The run that a run is compared with.

use crate::commands::{Replays, rerun_from};
use crate::error::Error;
use crate::made::columns::columns;
use crate::made::summary::{self, SummaryText};
use crate::masking::mask_ranked;
use std::path::{Path, PathBuf};
use tollgate_core::model::run::{RunSummary, schema};
use tollgate_core::model::suite::SuiteRole;
use tollgate_core::model::triage::{ComparedFile, RecommendedCommands, TriageDiff};
use tollgate_core::triage;
use tollgate_host::files::Root;

/// A baseline that was found readable before the run began: after an hour of tests it is too late to learn that it is
/// not.
pub struct Baseline {
    /// Workspace-relative.
    pub shown: String,
    path: PathBuf,
    text: SummaryText,
}

impl Baseline {
    /// Reads a run folder or a `summary.json`. What cannot be read is an error that names it.
    pub fn open(path: &Path, root: &Root) -> Result<Baseline, Error> {
        let file = summary::file(path);
        let text = summary::read(&file)?;
        summary::columns(&file, &text)?;
        Ok(Baseline { shown: root.spell(&file), path: file, text })
    }

    /// The SHA-256 of its file, lower-case hex.
    pub fn sha256(&self) -> &str {
        &self.text.sha256
    }
}

/// What changed from the baseline to `summary`, which stands or will stand at `path`.
pub fn compare(
    baseline: &Baseline,
    summary: &RunSummary,
    path: &str,
    replays: &Replays<'_>,
) -> Result<TriageDiff, Error> {
    let many = || Error::Work("the summary cannot be compared: it holds more than 4294967295 tests".into());
    let current = columns(summary).ok_or_else(many)?;
    let base = summary::columns(&baseline.path, &baseline.text)?;
    let replay = |suite: &str, kind: &str, role: SuiteRole, selector: Option<&str>| {
        let one = selector.and_then(|selector| replays.test(kind, suite, selector));
        Some(one.unwrap_or_else(|| replays.suite(role, kind, suite)))
    };
    let mut found = triage::diff(&base, &current, triage::LIMIT, &replay);
    mask_ranked(&mut found.ranked_diagnostics, replays.masker());
    Ok(TriageDiff {
        schema: schema::TRIAGE_DIFF.into(),
        identity: summary.identity.clone(),
        baseline: baseline.shown.clone(),
        compared: [
            ComparedFile {
                path: baseline.shown.clone(),
                sha256: Some(baseline.text.sha256.clone()),
                run_id: base.head.run_id.clone(),
                commit: base.head.commit.clone(),
            },
            ComparedFile {
                path: path.to_string(),
                // The summary names this comparison: its digest is not known before it is written.
                sha256: None,
                run_id: Some(summary.identity.run_id.clone()),
                commit: summary.identity.commit.clone(),
            },
        ],
        status: found.status,
        summary: found.summary,
        ranked_diagnostics: found.ranked_diagnostics,
        omitted: found.omitted,
        not_compared: found.not_compared,
        recommended_commands: RecommendedCommands {
            runner_repro_command: rerun_from(path),
            ranked_repro_commands: found.commands,
        },
    })
}

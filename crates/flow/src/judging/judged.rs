//! Runs as they are judged: what a run calls quarantined or flaky is held to the policy in force, before any gate sees it.

use crate::error::Error;
use crate::judging::siblings::contradictions;
use crate::workspace::Workspace;
use tollgate_core::model::finding::Reason;
use tollgate_core::model::gate::Format;
use tollgate_core::model::run::schema;
use tollgate_core::model::suite::SuiteSpec;
use tollgate_core::model::waiver::WaiverEntry;
use tollgate_core::plan::{self, ClaimRules, JudgedKind};
use tollgate_host::artifact::{Documents, FileFault};
use tollgate_text::json::Json;

/// What a run writes beside its summary and the results of its suites, and says of its failures what those say. These are not
/// worked out again: where a run is judged otherwise than it was written, they are stale.
const REPEATS: [&str; 6] = [
    "triage_diff.json",
    "replay_bundle.json",
    "failure_diagnostics_index.json",
    "junit.xml",
    "run_events.jsonl",
    "run_report.md",
];

const STALE: &str =
    "it was written when the run took for quarantined or flaky what the policy in force does not";

/// Binds the summary of the run judged as the policy and these entries judge it, and so every other summary and suite's result that a gate reads.
/// Gives what a person should know of it, one sentence each, and why nothing of the run is believed.
pub fn bind(
    documents: &mut Documents<'_>,
    workspace: &Workspace,
    entries: &[WaiverEntry],
) -> (Vec<String>, Vec<FileFault>) {
    let run = workspace.run_dir.as_deref().ok();
    // What was written is compared, before it is judged otherwise.
    let faults =
        run.zip(documents.summary()).map(|(run, summary)| contradictions(&workspace.root, run, summary));
    let folder = workspace.run_dir.as_ref().ok().map(|dir| format!("{dir}/"));
    let mut notes: Vec<String> = Vec::new();
    let mut altered = false;
    let held = ClaimRules { entries, suites: &workspace.policy.runs.suites };
    documents.rebind(&[schema::SUMMARY, schema::RESULT], |path, id, document| {
        let judged = plan::judged(kind_of(id)?, document, held)?;
        altered |= folder.as_ref().is_some_and(|folder| path.starts_with(folder));
        for note in judged.notes {
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        Some(judged.document)
    });
    if altered {
        let judged = |name: &str| name == "summary.json" || name.ends_with("/result.json");
        let is = |name: &str, format| REPEATS.contains(&name) || (judged(name) && format != Format::Json);
        documents.distrust(is, &FileFault::new(Reason::Stale, STALE));
    }
    (notes, faults.unwrap_or_default())
}

/// A document that a person named, as the entries and the rules of the kinds judge it; those are asked for only where that matters.
pub fn document<'a>(
    document: Json<'a>,
    policy: impl FnOnce() -> Result<(Vec<WaiverEntry>, Vec<SuiteSpec>), Error>,
) -> Result<Json<'a>, Error> {
    let kind = document.get("schema").and_then(Json::as_str).and_then(kind_of);
    let Some(kind) = kind.filter(|kind| plan::has_claims(*kind, &document)) else {
        return Ok(document);
    };
    let (entries, suites) = policy()?;
    let judged = plan::judged(kind, &document, ClaimRules { entries: &entries, suites: &suites });
    Ok(judged.map_or(document, |judged| judged.document))
}

fn kind_of(id: &str) -> Option<JudgedKind> {
    match id {
        schema::SUMMARY => Some(JudgedKind::Summary),
        schema::RESULT => Some(JudgedKind::Result),
        _ => None,
    }
}

//! What a merge takes over of its shards beside their results: where they ran, and what they were compared with.

use crate::verb::merge::suites::{ShardPart, foreign};
use tollgate_core::model::run::Environment;
use tollgate_flow::error::Error;
use tollgate_flow::made::baseline::Baseline;
use tollgate_flow::made::environment::MachineFacts;
use tollgate_host::files::Root;
use tollgate_host::record::{self, File, RecordError};
use tollgate_text::show::show;

/// Where the shards ran, by their `environment.json`. Where they differ, what the first of them states, with a note that names
/// the fields; `here` stands in where none of them has one.
///
/// # Errors
/// A document that cannot be read or is of another run than the summary beside it.
pub(super) fn environment(
    parts: &[ShardPart],
    here: impl FnOnce() -> MachineFacts,
    notes: &mut Vec<String>,
) -> Result<MachineFacts, Error> {
    let mut order: Vec<&ShardPart> = parts.iter().collect();
    // The order in which the shards are named does not count.
    order.sort_by_key(|part| (part.summary.shard.kind, part.summary.shard.index));
    let (mut found, mut without) = (Vec::new(), Vec::new());
    for part in order {
        let path = part.folder.join(File::Environment.name());
        match record::read_environment(&path).map_err(|e| Error::Work(e.to_string()))? {
            Some(document) if document.identity.run_id != part.summary.identity.run_id => {
                return Err(foreign(&path));
            }
            Some(document) => found.push((part, facts(document))),
            None => without.push(part.shown.as_str()),
        }
    }
    let Some(((first, stated), others)) = found.split_first() else {
        notes.push(
            "no shard has an environment.json beside its summary: the environment is that of this machine"
                .into(),
        );
        return Ok(here());
    };
    if !without.is_empty() {
        let (those, have) = (without.join(", "), if without.len() == 1 { "has" } else { "have" });
        notes.push(format!("{those} {have} no environment.json: the environment is that of {}", first.shown));
    }
    let mut differ: Vec<&str> = others.iter().flat_map(|(_, other)| differing(stated, other)).collect();
    differ.sort_unstable();
    differ.dedup();
    if !differ.is_empty() {
        notes.push(format!(
            "the shards differ in their environment ({}): it is that of {}",
            differ.join(", "),
            first.shown
        ));
    }
    Ok(stated.clone())
}

fn facts(document: Environment) -> MachineFacts {
    let Environment { os, cpus, rustc, node, vcr_mode, ci, .. } = document;
    MachineFacts { os, cpus, rustc, node, vcr_mode, ci }
}

/// The fields in which two environments differ, as `environment.json` calls them.
fn differing(one: &MachineFacts, other: &MachineFacts) -> impl Iterator<Item = &'static str> {
    let fields = [
        ("os", one.os != other.os),
        ("cpus", one.cpus != other.cpus),
        ("rustc", one.rustc != other.rustc),
        ("node", one.node != other.node),
        ("vcr_mode", one.vcr_mode != other.vcr_mode),
        ("ci", one.ci != other.ci),
    ];
    fields.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name)
}

/// The run that the shards were compared with, which is `named` in all of them: read below the root, and the very file that
/// they say it was.
///
/// # Errors
/// One sentence, where it is not there, leads out of the workspace, or is another file by now: nobody but the caller can
/// say then what to compare with.
pub(super) fn baseline(parts: &[ShardPart], named: &str, root: &Root) -> Result<Baseline, Error> {
    let refuse = |why: &str| {
        let named = show(named);
        Error::Usage(format!(
            "the shards were compared with {named}, {why}: give the baseline with --diff-from"
        ))
    };
    let Ok(path) = root.resolve(named) else {
        return Err(refuse("which cannot be read below the root"));
    };
    let baseline =
        Baseline::open(&path, root).map_err(|e| refuse(&format!("which cannot be taken here ({e})")))?;
    for part in parts {
        let path = part.folder.join(File::TriageDiff.name());
        let work = |e: RecordError| Error::Work(e.to_string());
        let diff = record::read_triage(&path).map_err(work)?;
        if diff.as_ref().is_some_and(|diff| diff.identity.run_id != part.summary.identity.run_id) {
            return Err(foreign(&path));
        }
        match diff.and_then(|diff| diff.compared[0].sha256.clone()) {
            Some(stated) if stated == baseline.sha256() => {}
            Some(_) => {
                return Err(refuse(&format!("which is no longer the file that {} states", part.shown)));
            }
            None => return Err(refuse(&format!("of which {} does not keep the SHA-256", part.shown))),
        }
    }
    Ok(baseline)
}

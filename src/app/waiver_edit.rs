//! `tollgate waiver add`, `renew` and `remove`: the classification file edited in place, written whole or not at all.
//! An edit that would leave the entry invalid is refused: nothing is written.

use super::error::Error;
use super::workspace::{OpenRequest, Workspace};
use crate::base::files::{ReadError, Root, write_atomic};
use crate::config::Classification;
use crate::model::waiver::Entry;
use crate::waiver::{self, EditError, NewWaiver};
use serde::Serialize;
use std::path::PathBuf;

/// What an edit did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WaiverEdit {
    /// `added`, `renewed`, `removed`.
    pub action: &'static str,
    /// The file that was written, workspace-relative.
    pub path: String,
    /// The gate.
    pub gate: String,
    /// The entry as it now stands; null when it was removed.
    pub entry: Option<Entry>,
}

/// Adds a waiver from today.
pub fn waiver_add(request: &OpenRequest<'_>, new: &NewWaiver) -> Result<WaiverEdit, Error> {
    edit(request, "added", &new.gate, |text, today| waiver::add(text, new, today))
}

/// Starts a waiver's time again: `days` from today.
pub fn waiver_renew(request: &OpenRequest<'_>, gate: &str, days: u32) -> Result<WaiverEdit, Error> {
    edit(request, "renewed", gate, |text, today| waiver::renew(text, gate, days, today))
}

/// Removes a waiver.
pub fn waiver_remove(request: &OpenRequest<'_>, gate: &str) -> Result<WaiverEdit, Error> {
    edit(request, "removed", gate, |text, _| waiver::remove(text, gate))
}

fn edit(
    request: &OpenRequest<'_>,
    action: &'static str,
    gate: &str,
    change: impl Fn(&str, chrono::NaiveDate) -> Result<String, EditError>,
) -> Result<WaiverEdit, Error> {
    let workspace = Workspace::open(request)?;
    let path = workspace.policy.settings.classification.clone();
    let text = match &workspace.policy.classification {
        Classification::Absent => String::new(),
        Classification::Text(text) => text.clone(),
        Classification::Unreadable(why) => return Err(Error::Work(why.clone())),
    };
    let shown = crate::base::files::show(&path);
    let edited =
        change(&text, workspace.now.date()).map_err(|e| Error::Usage(format!("{shown}: {e}")))?;
    let judged = workspace.entries_of(Ok(Some(edited.clone())));
    let entry = judged.waivers.into_iter().find(|entry| entry.id == gate);
    if let Some(entry) = entry.as_ref().filter(|entry| !entry.state.holds()) {
        return Err(Error::Usage(format!(
            "{shown} was left as it is: the waiver for `{}` would be {}: {}",
            gate.escape_debug(),
            entry.state.name(),
            entry.detail
        )));
    }
    write_atomic(&target(&workspace.root, &path)?, edited.as_bytes())?;
    Ok(WaiverEdit { action, path, gate: gate.to_string(), entry })
}

/// Where a workspace-relative file is written: behind the symbolic links of the workspace, never outside it.
pub fn target(root: &Root, path: &str) -> Result<PathBuf, Error> {
    let outside = |error: ReadError| Error::Work(error.to_string());
    let clean = Root::clean(path).map_err(outside)?;
    let mut parts: Vec<&str> = clean.split('/').filter(|part| !part.is_empty()).collect();
    let mut missing = Vec::new();
    loop {
        let inside = if parts.is_empty() { ".".to_string() } else { parts.join("/") };
        match root.resolve(&inside) {
            Ok(found) => {
                let rest = missing.iter().rev();
                return Ok(rest.fold(found, |at: PathBuf, part| at.join(part)));
            }
            Err(ReadError::Missing(_)) => match parts.pop() {
                Some(part) => missing.push(part),
                None => return Err(Error::Work(format!("{} is not there", root.dir().display()))),
            },
            Err(error) => return Err(outside(error)),
        }
    }
}

/// An edit as people read it; ends in a newline.
pub fn human(edit: &WaiverEdit) -> String {
    use crate::report::text::terminal;
    let gate = terminal(&edit.gate);
    let path = terminal(&edit.path);
    match &edit.entry {
        None => format!("the waiver for {gate} was {} in {path}\n", edit.action),
        Some(entry) => {
            let line = entry.region.as_ref().map_or(0, |region| region.line);
            let expires = entry.expires.as_deref().map_or("-".into(), terminal);
            format!(
                "the waiver for {gate} was {} at {path}:{line}; its last day is {expires} ({})\n",
                edit.action,
                terminal(&entry.detail)
            )
        }
    }
}

//! `tollgate waiver add`, `renew` and `remove`: the classification file edited in place, written whole or not at all.
//! An edit that would leave the entry invalid is refused: nothing is written.

use crate::embedded::EMBEDDED;
use chrono::NaiveDate;
use serde::Serialize;
use tollgate_core::model::waiver::{EntryKind, WaiverEntry};
use tollgate_core::waiver::{self, EditError, NewWaiver, noun};
use tollgate_flow::error::Error;
use tollgate_flow::workspace::{OpenRequest, Workspace};
use tollgate_host::config::Classification;

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
    pub entry: Option<WaiverEntry>,
}

/// Adds a waiver from today.
pub fn waiver_add(request: &OpenRequest<'_>, new: &NewWaiver) -> Result<WaiverEdit, Error> {
    waiver_edit(request, "added", &new.gate, |text, today| waiver::add(text, new, today))
}

/// Starts a waiver's time again: `days` from today.
pub fn waiver_renew(request: &OpenRequest<'_>, gate: &str, days: u32) -> Result<WaiverEdit, Error> {
    waiver_edit(request, "renewed", gate, |text, today| waiver::renew(text, gate, days, today))
}

/// Removes a waiver.
pub fn waiver_remove(request: &OpenRequest<'_>, gate: &str) -> Result<WaiverEdit, Error> {
    waiver_edit(request, "removed", gate, |text, _| waiver::remove(text, EntryKind::Waiver, gate))
}

fn waiver_edit(
    request: &OpenRequest<'_>,
    action: &'static str,
    gate: &str,
    change: impl Fn(&str, NaiveDate) -> Result<String, EditError>,
) -> Result<WaiverEdit, Error> {
    let (path, entry) = edit(request, EntryKind::Waiver, gate, change)?;
    Ok(WaiverEdit { action, path, gate: gate.to_string(), entry })
}

/// Changes the classification file as it stands when no other edit is under way. Gives its path and the entry as it now
/// stands; `None` when it is gone.
pub(super) fn edit(
    request: &OpenRequest<'_>,
    kind: EntryKind,
    id: &str,
    change: impl Fn(&str, NaiveDate) -> Result<String, EditError>,
) -> Result<(String, Option<WaiverEntry>), Error> {
    let workspace = Workspace::open(&EMBEDDED, request)?;
    let path = workspace.policy.settings.classification.clone();
    let mut entry = None;
    tollgate_host::files::edit::edit(&workspace.root, &path, &mut |now| {
        let now = now.map_or(Classification::Absent, |bytes| Classification::of_bytes(&path, bytes));
        let text = match now {
            Classification::Absent => String::new(),
            Classification::Text(text) => text,
            Classification::Unreadable(why) => return Err(Error::Work(why)),
        };
        let (edited, now_stands) = changed(&workspace, &path, &text, (kind, id), &change)?;
        entry = now_stands;
        Ok::<_, Error>(edited.into_bytes())
    })?;
    Ok((path, entry))
}

/// The text after the change, and the entry as it then stands. One that would not hold is refused.
fn changed(
    workspace: &Workspace,
    path: &str,
    text: &str,
    (kind, id): (EntryKind, &str),
    change: impl Fn(&str, NaiveDate) -> Result<String, EditError>,
) -> Result<(String, Option<WaiverEntry>), Error> {
    let shown = tollgate_text::show::show(path);
    let edited = change(text, workspace.now.date()).map_err(|e| Error::Usage(format!("{shown}: {e}")))?;
    let judged = workspace.entries_of(Ok(Some(edited.clone())));
    let mut entries = judged.waivers.into_iter().chain(judged.quarantines);
    let entry = entries.find(|entry| entry.kind == kind && entry.id == id);
    if let Some(entry) = entry.as_ref().filter(|entry| !entry.state.holds()) {
        return Err(Error::Usage(format!(
            "{shown} was left as it is: the {} for `{}` would be {}: {}",
            noun(kind),
            id.escape_debug(),
            entry.state.name(),
            entry.detail
        )));
    }
    Ok((edited, entry))
}

/// An edit as people read it; ends in a newline.
pub fn human(edit: &WaiverEdit) -> String {
    sentence(EntryKind::Waiver, &edit.gate, edit.action, &edit.path, edit.entry.as_ref())
}

/// What was done to an entry, where it stands and how long it holds; ends in a newline.
pub(super) fn sentence(
    kind: EntryKind,
    id: &str,
    action: &str,
    path: &str,
    entry: Option<&WaiverEntry>,
) -> String {
    use tollgate_core::report::text::terminal;
    let (noun, id, path) = (noun(kind), terminal(id), terminal(path));
    match entry {
        None => format!("the {noun} for {id} was {action} in {path}\n"),
        Some(entry) => {
            let line = entry.region.as_ref().map_or(0, |region| region.line);
            let expires = entry.expires.as_deref().map_or("-".into(), terminal);
            format!(
                "the {noun} for {id} was {action} at {path}:{line}; its last day is {expires} ({})\n",
                terminal(&entry.detail)
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verb::waiver::audit;
    use std::collections::BTreeMap;
    use std::path::Path;
    use tollgate_core::model::waiver::EntryState;
    use tollgate_host::files::write_atomic;
    use tollgate_text::time::Now;

    const GATE: &str = "name = 'N'\nwhy = 'W'\nowner = 'o'\nblocking = true\nlanes = ['full']\nreproduce = 'x'\n\
                        [[checks]]\nid = 'c'\nassert = 'lane == \"full\"'\n";
    const FILE: &str = "tests/suite_classification.toml";

    fn workspace() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("tollgate.toml", "[workspace]\npacks = []\n"),
            ("gates/one.toml", GATE),
            ("gates/two.toml", GATE),
        ] {
            write_atomic(&dir.path().join(path), text.as_bytes()).unwrap();
        }
        dir
    }

    fn at<T>(root: &Path, now: &str, act: impl Fn(&OpenRequest<'_>) -> T) -> T {
        let env = BTreeMap::new();
        act(&OpenRequest {
            root,
            now: Now::parse(now).unwrap(),
            lane: None,
            gates: &[],
            run: None,
            policy_from: None,
            env: &env,
        })
    }

    fn new(gate: &str, checks: &[&str]) -> NewWaiver {
        NewWaiver {
            gate: gate.into(),
            owner: "o".into(),
            reason: "r".into(),
            issue: "i".into(),
            exit_criteria: "e".into(),
            lanes: vec![],
            checks: checks.iter().map(|c| c.to_string()).collect(),
            reasons: vec![],
            days: 14,
        }
    }

    fn text(dir: &Path) -> Option<String> {
        tollgate_host::files::read_text(&dir.join(FILE), 10_000).ok()
    }

    #[test]
    fn a_waiver_is_added_audited_renewed_and_removed() {
        let dir = workspace();
        let root = dir.path();
        let now = "2026-11-20T12:00:00Z";
        let added = at(root, now, |open| waiver_add(open, &new("one", &["c"]))).unwrap();
        assert_eq!((added.action, added.path.as_str()), ("added", FILE));
        assert_eq!(
            human(&added),
            format!("the waiver for one was added at {FILE}:1; its last day is 2026-12-04 (14 days left)\n")
        );

        let later = "2026-12-05T00:00:00Z";
        let found = at(root, now, audit::waiver_audit).unwrap();
        assert_eq!((found.waivers[0].state, found.exit_code()), (EntryState::Active, 0));
        let found = at(root, later, audit::waiver_audit).unwrap();
        assert_eq!(
            (found.waivers[0].state, found.exit_code(), found.list_exit_code()),
            (EntryState::Expired, 1, 0)
        );
        insta::assert_snapshot!(audit::human(&found), @"
        EXPIRED  waiver      one  2026-12-04  o: it expired 1 day ago
                 at tests/suite_classification.toml:1:1
        waivers 1, quarantine entries 0: 0 active, 0 due, 1 expired, 0 invalid
        ");
        let json = serde_json::to_value(&found).unwrap();
        assert_eq!(json["schema"], "tollgate.gate.waiver_audit.v1");
        assert_eq!(json["summary"]["waivers"]["expired"], 1);
        assert!(json.get("fault").is_none());

        let renewed = at(root, later, |open| waiver_renew(open, "one", 30)).unwrap();
        let entry = renewed.entry.unwrap();
        assert_eq!(
            (entry.state, entry.renewals, entry.expires.as_deref()),
            (EntryState::Active, Some(1), Some("2027-01-04"))
        );
        let removed = at(root, later, |open| waiver_remove(open, "one")).unwrap();
        assert_eq!(
            (removed.entry.clone(), text(root).as_deref()),
            (None, Some("# Suites by kind, waivers and quarantines.\n"))
        );
        assert_eq!(human(&removed), format!("the waiver for one was removed in {FILE}\n"));
    }

    #[test]
    fn an_edit_that_would_be_invalid_is_not_written() {
        let dir = workspace();
        let now = "2026-11-20T12:00:00Z";
        for (waiver, wanted) in [
            (new("three", &[]), "would be invalid: no gate has the id `three`"),
            (new("one", &["d"]), "would be invalid: the gate `one` has no check `d`"),
            (NewWaiver { days: 31, ..new("one", &[]) }, "a waiver holds 1 to 30 days, not 31"),
        ] {
            let error = at(dir.path(), now, |open| waiver_add(open, &waiver)).unwrap_err();
            assert!(error.to_string().contains(wanted), "{error}");
            assert_eq!((error.exit_code(), text(dir.path())), (2, None));
        }
        let broken = "[waiver.one]\nowner = ''\ncreated = 2026-11-01\nexpires = 2026-11-10\n";
        write_atomic(&dir.path().join(FILE), broken.as_bytes()).unwrap();
        let error = at(dir.path(), now, |open| waiver_renew(open, "one", 5)).unwrap_err();
        assert!(error.to_string().contains("would be invalid: `owner` is blank"), "{error}");
        assert_eq!(text(dir.path()).as_deref(), Some(broken));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_said_and_left() {
        let dir = workspace();
        let now = "2026-11-20T12:00:00Z";
        write_atomic(&dir.path().join(FILE), b"[waiver.\n").unwrap();
        let found = at(dir.path(), now, audit::waiver_audit).unwrap();
        assert_eq!((found.exit_code(), found.list_exit_code()), (1, 1));
        assert!(
            audit::human(&found).starts_with("tests/suite_classification.toml:1:"),
            "{}",
            audit::human(&found)
        );
        assert!(serde_json::to_value(&found).unwrap()["fault"].is_string());
        assert!(at(dir.path(), now, |open| waiver_remove(open, "one")).is_err());
        assert_eq!(text(dir.path()).as_deref(), Some("[waiver.\n"));
    }
}

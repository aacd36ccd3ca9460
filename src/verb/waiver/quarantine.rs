//! `tollgate quarantine`: the quarantine entries of the classification file, listed, audited and edited in place. What is
//! not about quarantine alone is that of the waivers.

use crate::verb::waiver::audit::{rows, states, waiver_audit};
use crate::verb::waiver::edit::{edit, sentence};
use serde::Serialize;
use tollgate_core::model::waiver::{EntryKind, EntryState, WaiverEntry};
use tollgate_core::report::text::terminal;
use tollgate_core::waiver::{self, NewQuarantine};
use tollgate_flow::error::{Error, exit};
use tollgate_flow::quarantine_evidence::{EvidenceSource, signature};
use tollgate_flow::workspace::OpenRequest;
use tollgate_host::files::Root;

/// Every quarantine entry, judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuarantineList {
    /// The moment, RFC 3339.
    pub generated_at: String,
    /// The classification file, workspace-relative.
    pub path: String,
    /// Why the file cannot be read; no entry is known then.
    pub fault: Option<String>,
    /// The entries, in id order.
    pub entries: Vec<WaiverEntry>,
}

/// Judges the entries.
pub fn quarantine_list(request: &OpenRequest<'_>) -> Result<QuarantineList, Error> {
    let audit = waiver_audit(request)?;
    Ok(QuarantineList {
        generated_at: audit.generated_at,
        path: audit.path,
        fault: audit.fault,
        entries: audit.quarantines,
    })
}

impl QuarantineList {
    /// What `quarantine audit` exits with: 1 when an entry is expired or invalid, or the file cannot be read.
    pub fn exit_code(&self) -> u8 {
        let bad = |entry: &WaiverEntry| matches!(entry.state, EntryState::Expired | EntryState::Invalid);
        if self.fault.is_some() || self.entries.iter().any(bad) { exit::FAIL } else { exit::PASS }
    }

    /// What `quarantine list` exits with: 1 when the file cannot be read.
    pub fn list_exit_code(&self) -> u8 {
        if self.fault.is_some() { exit::FAIL } else { exit::PASS }
    }
}

/// The entries as people read them, the worst last; ends in a newline.
pub fn list_human(list: &QuarantineList) -> String {
    if let Some(fault) = &list.fault {
        return format!("{}\n", terminal(fault));
    }
    let mut entries: Vec<&WaiverEntry> = list.entries.iter().collect();
    if entries.is_empty() {
        return format!("no quarantine entry in {}\n", terminal(&list.path));
    }
    let rows = rows(&mut entries);
    format!("{rows}quarantine entries {}: {}\n", entries.len(), states(&entries))
}

/// What an edit did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuarantineEdit {
    /// `added`, `removed`.
    pub action: &'static str,
    /// The file that was written, workspace-relative.
    pub path: String,
    /// The suite, or `suite::test`.
    pub id: String,
    /// The entry as it now stands; null when it was removed.
    pub entry: Option<WaiverEntry>,
}

/// Adds an entry from today. The signature that its evidence gives is written into it: run folders are not committed, and the
/// entry is to hold where the evidence is not.
pub fn quarantine_add(request: &OpenRequest<'_>, new: &NewQuarantine) -> Result<QuarantineEdit, Error> {
    // What the evidence does not give is said when the entry is judged.
    let given =
        || signature(&EvidenceSource::Tree(&Root::open(request.root).ok()?), &new.id, &new.evidence).ok();
    let new = NewQuarantine { signature: new.signature.clone().or_else(given), ..new.clone() };
    let change = |text: &str, today| waiver::add_quarantine(text, &new, today);
    let (path, entry) = edit(request, EntryKind::Quarantine, &new.id, change)?;
    Ok(QuarantineEdit { action: "added", path, id: new.id.clone(), entry })
}

/// Removes an entry.
pub fn quarantine_remove(request: &OpenRequest<'_>, id: &str) -> Result<QuarantineEdit, Error> {
    let change = |text: &str, _| waiver::remove(text, EntryKind::Quarantine, id);
    let (path, entry) = edit(request, EntryKind::Quarantine, id, change)?;
    Ok(QuarantineEdit { action: "removed", path, id: id.to_string(), entry })
}

/// An edit as people read it; ends in a newline.
pub fn edit_human(edit: &QuarantineEdit) -> String {
    sentence(EntryKind::Quarantine, &edit.id, edit.action, &edit.path, edit.entry.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::path::Path;
    use tollgate_host::files::write_atomic;
    use tollgate_text::time::Now;

    const FILE: &str = "tests/suite_classification.toml";
    const NOW: &str = "2026-11-20T12:00:00Z";

    fn workspace() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("tollgate.toml", "[workspace]\npacks = []\n"),
            ("runs/digest.json", "{\"signature\": \"redraw\"}"),
            (FILE, "# The suites.\n[suite.unit]\nfiles = []   # none yet\n"),
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

    fn text(root: &Path) -> String {
        tollgate_host::files::read_text(&root.join(FILE), 10_000).unwrap()
    }

    fn new() -> NewQuarantine {
        NewQuarantine {
            id: "tui::redraw".into(),
            category: "FLAKE-TIMING".into(),
            owner: "o".into(),
            reason: "r".into(),
            issue: "i".into(),
            evidence: "runs/digest.json".into(),
            reproduce: "cargo test --test tui".into(),
            exit_criteria: "59 runs without a failure".into(),
            signature: None,
            days: 14,
        }
    }

    #[test]
    fn an_entry_is_added_audited_and_removed() {
        let dir = workspace();
        let root = dir.path();
        let before = text(root);
        let added = at(root, NOW, |open| quarantine_add(open, &new())).unwrap();
        let entry = added.entry.clone().unwrap();
        assert_eq!((entry.state, entry.signature.as_deref()), (EntryState::Active, Some("redraw")));
        assert_eq!(
            edit_human(&added),
            format!(
                "the quarantine entry for tui::redraw was added at {FILE}:5; its last day is 2026-12-04 (14 days left)\n"
            )
        );
        assert!(text(root).starts_with(&before));
        // It holds where its evidence is not: run folders are not committed.
        std::fs::remove_file(root.join("runs/digest.json")).unwrap();

        let list = at(root, NOW, quarantine_list).unwrap();
        assert_eq!((list.entries.len(), list.exit_code()), (1, 0));
        let list = at(root, "2026-12-05T00:00:00Z", quarantine_list).unwrap();
        assert_eq!((list.exit_code(), list.list_exit_code()), (1, 0));
        insta::assert_snapshot!(list_human(&list), @"
        EXPIRED  quarantine  tui::redraw  2026-12-04  o: it expired 1 day ago
                 at tests/suite_classification.toml:5:1
        quarantine entries 1: 0 active, 0 due, 1 expired, 0 invalid
        ");

        let removed = at(root, NOW, |open| quarantine_remove(open, "tui::redraw")).unwrap();
        assert_eq!(
            edit_human(&removed),
            format!("the quarantine entry for tui::redraw was removed in {FILE}\n")
        );
        assert_eq!(text(root).trim_end(), before.trim_end());
        let list = at(root, NOW, quarantine_list).unwrap();
        assert_eq!(list_human(&list), format!("no quarantine entry in {FILE}\n"));
        assert!(at(root, NOW, |open| quarantine_remove(open, "tui::redraw")).is_err());
    }

    #[test]
    fn an_entry_that_would_not_hold_is_not_written() {
        let dir = workspace();
        let before = text(dir.path());
        for (entry, wanted) in [
            (
                NewQuarantine { evidence: "gone.json".into(), ..new() },
                "would be invalid: it has no `signature`, and gone.json cannot be read",
            ),
            (NewQuarantine { category: "FLAKE".into(), ..new() }, "would be invalid: `category` is `FLAKE`"),
            (NewQuarantine { days: 22, ..new() }, "a quarantine entry holds 1 to 21 days, not 22"),
            (NewQuarantine { owner: " ".into(), ..new() }, "`owner` is blank"),
        ] {
            let error = at(dir.path(), NOW, |open| quarantine_add(open, &entry)).unwrap_err();
            assert!(error.to_string().contains(wanted), "{error}");
            assert_eq!(error.exit_code(), 2);
            assert_eq!(text(dir.path()), before);
        }
        let signed = NewQuarantine { evidence: "gone.json".into(), signature: Some("s".into()), ..new() };
        assert!(at(dir.path(), NOW, |open| quarantine_add(open, &signed)).is_ok());
    }

    #[test]
    fn a_file_that_cannot_be_read_is_said() {
        let dir = workspace();
        write_atomic(&dir.path().join(FILE), b"[quarantine.\n").unwrap();
        let list = at(dir.path(), NOW, quarantine_list).unwrap();
        assert_eq!((list.exit_code(), list.list_exit_code()), (1, 1));
        assert!(list_human(&list).starts_with("tests/suite_classification.toml:1:"));
    }
}

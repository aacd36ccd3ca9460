//! `tollgate explain --list`: what the runbook knows, by groups.

use anstyle::Style;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use tollgate_core::model::failure::RootCause;
use tollgate_core::report::text::terminal;
use tollgate_core::runbook::Runbook;

/// Every entry of the runbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunbookList {
    /// In order of their names.
    pub groups: Vec<RunbookGroup>,
}

/// Entries that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunbookGroup {
    /// Its name.
    pub group: String,
    /// In order of id.
    pub entries: Vec<RunbookRow>,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunbookRow {
    /// Its id.
    pub id: String,
    /// Shown name.
    pub title: String,
    /// The class of failures that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_cause: Option<RootCause>,
}

/// Lists the runbook.
pub fn explain_list(runbook: &Runbook) -> RunbookList {
    let mut groups: BTreeMap<&str, Vec<RunbookRow>> = BTreeMap::new();
    for entry in runbook.entries() {
        let row =
            RunbookRow { id: entry.id.clone(), title: entry.title.clone(), root_cause: entry.root_cause };
        groups.entry(&entry.group).or_default().push(row);
    }
    let group =
        |(group, entries): (&str, Vec<RunbookRow>)| RunbookGroup { group: group.to_string(), entries };
    RunbookList { groups: groups.into_iter().map(group).collect() }
}

/// For people; `colour` makes headings bold.
pub fn human(list: &RunbookList, colour: bool) -> String {
    let bold = if colour { Style::new().bold() } else { Style::new() };
    let rows = || list.groups.iter().flat_map(|g| &g.entries);
    let width = rows().map(|row| row.id.len()).max().unwrap_or(0);
    let mut out = String::new();
    // Writing to a String cannot fail.
    for group in &list.groups {
        let _ = writeln!(out, "{bold}{}{bold:#}", terminal(&group.group));
        for row in &group.entries {
            let _ = writeln!(out, "  {:width$}  {}", terminal(&row.id), terminal(&row.title));
        }
    }
    let count = rows().count();
    let _ = writeln!(
        out,
        "{count} entries; `tollgate explain ID` shows one, `tollgate explain 'LINE OF A LOG'` finds the one for it"
    );
    out
}

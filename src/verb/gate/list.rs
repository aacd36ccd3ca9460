//! `tollgate gate list`: the gates in force.

use crate::embedded::EMBEDDED;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::Path;
use tollgate_core::model::gate::{Blocking, Gate, GateOrigin};
use tollgate_core::model::lane::Lane;
use tollgate_core::report::text::terminal;
use tollgate_flow::error::Error;
use tollgate_host::config::LoadRequest;
use tollgate_host::files::Root;

/// What to list.
pub struct GateListRequest<'r> {
    /// The workspace.
    pub root: &'r Path,
    /// Only the gates that this lane judges; `None` for all.
    pub lane: Option<Lane>,
    /// From this git ref.
    pub policy_from: Option<&'r str>,
}

/// One gate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GateRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `true`, `false`, or `shadow`.
    pub blocking: String,
    /// The lanes that judge it.
    pub lanes: Vec<Lane>,
    /// Who answers for it.
    pub owner: String,
    /// `pack:<name>`, or the gate file.
    pub origin: String,
    /// The pack whose gate of the same id it replaces.
    pub replaces: Option<String>,
    /// Runbook entry id.
    pub runbook: Option<String>,
    /// The paths it reads.
    pub artifacts: Vec<String>,
    /// The ids of its checks.
    pub checks: Vec<String>,
    /// The command that reproduces it, `{run}` not yet filled in.
    pub reproduce: String,
}

/// The gates in force, in gate order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GateList {
    /// One row each.
    pub gates: Vec<GateRow>,
    /// What is worth saying about the policy.
    pub notes: Vec<String>,
}

/// Loads the policy and lists its gates.
pub fn gate_list(request: &GateListRequest<'_>) -> Result<GateList, Error> {
    let root = Root::open(request.root).map_err(|e| Error::Usage(format!("--root: {e}")))?;
    let load = LoadRequest {
        lane: request.lane,
        policy_from: request.policy_from,
        ..LoadRequest::all(&EMBEDDED, &root)
    };
    let policy = tollgate_flow::workspace::policy(&load)?;
    Ok(GateList { gates: policy.gates.iter().map(row).collect(), notes: policy.notes })
}

fn row(gate: &Gate) -> GateRow {
    GateRow {
        id: gate.id.clone(),
        name: gate.name.clone(),
        blocking: match gate.blocking {
            Blocking::Yes => "true",
            Blocking::No => "false",
            Blocking::Shadow => "shadow",
        }
        .into(),
        lanes: gate.lanes.clone(),
        owner: gate.owner.clone(),
        origin: match &gate.origin {
            GateOrigin::Pack(pack) => format!("pack:{pack}"),
            GateOrigin::Workspace => gate.region.path.clone(),
        },
        replaces: gate.replaces.clone(),
        runbook: gate.runbook.clone(),
        artifacts: gate.artifacts.values().flat_map(|a| a.paths.iter().cloned()).collect(),
        checks: gate.checks.iter().map(|check| check.id.clone()).collect(),
        reproduce: gate.reproduce.clone(),
    }
}

/// The list as people read it: a line for each gate, aligned; ends in a newline.
pub fn human(list: &GateList) -> String {
    let mut out = String::new();
    let lanes = |row: &GateRow| row.lanes.iter().map(|lane| lane.name()).collect::<Vec<_>>().join(",");
    let kind = |row: &GateRow| match row.blocking.as_str() {
        "true" => "blocking",
        "false" => "warns",
        _ => "shadow",
    };
    let rows: Vec<[String; 5]> = list
        .gates
        .iter()
        .map(|row| {
            let evidence = match row.artifacts.as_slice() {
                [] => "no artifact".to_string(),
                [one] => terminal(one),
                [first, rest @ ..] => format!("{} and {} more", terminal(first), rest.len()),
            };
            let owner = format!("{} ({})", terminal(&row.owner), terminal(&row.origin));
            [terminal(&row.id), kind(row).to_string(), lanes(row), owner, evidence]
        })
        .collect();
    let widths: [usize; 4] =
        std::array::from_fn(|i| rows.iter().map(|r| r[i].chars().count()).max().unwrap_or(0).min(48));
    // Writing into a string cannot fail.
    for [id, kind, lanes, owner, evidence] in &rows {
        let [a, b, c, d] = widths;
        let _ = writeln!(out, "{id:<a$}  {kind:<b$}  {lanes:<c$}  {owner:<d$}  {evidence}");
    }
    for note in &list.notes {
        let _ = writeln!(out, "note: {}", terminal(note));
    }
    let _ = writeln!(out, "{} gates", list.gates.len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_host::files::write_atomic;

    #[test]
    fn the_gates_in_force_with_where_they_come_from() {
        let dir = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| write_atomic(&dir.path().join(path), text.as_bytes()).unwrap();
        let gate = "name = 'N'\nwhy = 'W'\nowner = 'team'\nblocking = 'shadow'\nlanes = ['full', 'preflight']\n\
                    reproduce = 'x'\n[artifacts.a]\npath = ['a.json', 'b.json']\n[[checks]]\nid = 'c'\nassert = 'a.ok'\n";
        put("tollgate.toml", "[workspace]\npacks = ['starter']\n");
        put("gates/minimum_tests.toml", gate);
        put("gates/zz.toml", gate);
        let request = GateListRequest { root: dir.path(), lane: None, policy_from: None };
        let list = gate_list(&request).unwrap();
        let row = |id: &str| list.gates.iter().find(|r| r.id == id).unwrap();
        assert_eq!(row("minimum_tests").replaces.as_deref(), Some("starter"));
        assert_eq!(row("pass_rate").origin, "pack:starter");
        let own = row("zz");
        assert_eq!((own.origin.as_str(), own.blocking.as_str()), ("gates/zz.toml", "shadow"));
        assert_eq!(
            (own.lanes.as_slice(), own.checks.as_slice()),
            (&[Lane::Preflight, Lane::Full][..], &["c".to_string()][..])
        );
        let text = human(&list);
        let line = text.lines().find(|l| l.starts_with("zz ")).unwrap();
        assert!(line.ends_with("a.json and 1 more") && line.contains("shadow"), "{line}");
        assert!(text.contains("note: gate minimum_tests: gates/minimum_tests.toml replaces"), "{text}");
    }
}

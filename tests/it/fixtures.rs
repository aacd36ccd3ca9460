//! Every gate is red on its own fixtures, for the reason they are made for, and green on every other gate's.

use crate::overlay;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use tollgate::verb::check::{CheckRequest, check};
use tollgate_core::model::lane::{Lane, Mode};
use tollgate_core::model::verdict::{GateResult, Status};
use tollgate_flow::workspace::OpenRequest;
use tollgate_text::time::Now;

const NOW: &str = "2026-11-20T12:00:00Z";

/// What an overlay's `expect.toml` states beside its patch.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    /// The gate's reason.
    reason: String,
    /// Checks that must be among those that fire.
    #[serde(default)]
    checks: Vec<String>,
    /// The artifact that must be at fault.
    artifact: Option<String>,
    /// The rule it breaks, for people.
    rule: String,
    /// The pack whose gate it is; `runbook` when absent.
    pack: Option<String>,
}

/// Every gate's result in certification, judged at the moment that the fixtures are made for.
pub fn judge(workspace: &Path) -> Vec<GateResult> {
    let env = BTreeMap::new();
    let request = CheckRequest {
        open: OpenRequest {
            root: workspace,
            now: Now::parse(NOW).expect("a time"),
            lane: Some(Lane::Certification),
            gates: &[],
            run: None,
            policy_from: None,
            env: &env,
        },
        lane: Lane::Certification,
        mode: Mode::Strict,
        previous: None,
        deterministic: true,
        progress: &|_| {},
    };
    check(&request).unwrap_or_else(|e| panic!("{}: {e}", workspace.display())).1.verdict.gates.clone()
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// The workspace of an overlay, by hard links where the file system allows them, and what must be red there.
fn workspace(overlay: &Path) -> (tempfile::TempDir, toml::Table) {
    let dir = tempfile::tempdir().expect("a folder");
    let put =
        |from: &Path, to: &Path| std::fs::hard_link(from, to).or_else(|_| std::fs::copy(from, to).map(drop));
    let expected = overlay::lay(overlay, dir.path(), put);
    (dir, expected.unwrap_or_else(|e| panic!("{}: {e}", overlay.display())))
}

/// The ids of a pack's gates.
fn pack_ids(pack: &str) -> BTreeSet<String> {
    let paths =
        tollgate::embedded::GATES.iter().filter_map(|(path, _)| path.strip_prefix(&format!("{pack}/")));
    paths.map(|name| name.trim_end_matches(".toml").to_string()).collect()
}

fn wrong_with(gate: &str, expect: &Expect, judged: &[GateResult]) -> Vec<String> {
    let mut wrong = Vec::new();
    for result in judged {
        let red = matches!(result.status, Status::Fail | Status::Warn | Status::Waived);
        if result.id != gate && red {
            wrong.push(format!("`{}` is red too: {}", result.id, result.detail));
        }
    }
    let Some(result) = judged.iter().find(|g| g.id == gate) else {
        return vec![format!("no gate `{gate}` was judged")];
    };
    if result.status != Status::Fail {
        wrong.push(format!("it is {}, not fail", result.status.name()));
        return wrong;
    }
    let reason = result.reason.map_or("none", tollgate_core::model::finding::Reason::name);
    if reason != expect.reason {
        wrong.push(format!("the reason is {reason}, not {}: {}", expect.reason, result.detail));
    }
    let fired: BTreeSet<&str> = result.findings.iter().filter_map(|f| f.check.as_deref()).collect();
    let silent: Vec<_> = expect.checks.iter().filter(|c| !fired.contains(c.as_str())).collect();
    if !silent.is_empty() {
        wrong.push(format!("checks {silent:?} did not fire; {fired:?} did"));
    }
    if let Some(artifact) = &expect.artifact
        && result.findings.iter().all(|f| f.artifact.as_ref() != Some(artifact))
    {
        wrong.push(format!("the artifact `{artifact}` is not at fault"));
    }
    wrong
}

/// Every overlay of `fixtures/gates/<id>/`: the gate and the folder.
fn overlays() -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for gate in std::fs::read_dir(fixtures().join("gates")).expect("fixtures") {
        let gate = gate.expect("readable").path();
        let id = gate.file_name().expect("a name").to_string_lossy().into_owned();
        for overlay in std::fs::read_dir(&gate).expect("overlays").map(|e| e.expect("readable").path()) {
            found.push((id.clone(), overlay));
        }
    }
    found
}

/// What is wrong with one overlay of a gate; `prepare` may add to the workspace.
pub fn wrong_in(gate: &str, overlay: &Path, prepare: &dyn Fn(&Path)) -> Vec<String> {
    let (workspace, expected) = workspace(overlay);
    prepare(workspace.path());
    let expect: Expect = expected.try_into().unwrap_or_else(|e| panic!("{}: {e}", overlay.display()));
    assert!(!expect.rule.is_empty(), "{}", overlay.display());
    let mut ids = pack_ids(expect.pack.as_deref().unwrap_or("runbook"));
    ids.insert(gate.to_string());
    let mut judged = judge(workspace.path());
    judged.retain(|result| ids.contains(&result.id));
    wrong_with(gate, &expect, &judged)
}

#[test]
fn each_overlay_turns_its_own_gate_red_and_no_other() {
    let overlays = overlays();
    let told = |(id, overlay): &(String, PathBuf)| {
        let name = overlay.file_name().expect("a name").to_string_lossy();
        wrong_in(id, overlay, &|_| ()).into_iter().map(|w| format!("{id}/{name}: {w}")).collect::<Vec<_>>()
    };
    let mut wrong: Vec<String> = overlays.par_iter().flat_map(told).collect();
    wrong.sort();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // A gate of a pack without a fixture has not been seen to bite.
    let seen: BTreeSet<&String> = overlays.iter().map(|(id, _)| id).collect();
    let mut gates = BTreeSet::new();
    for (path, _) in tollgate::embedded::GATES {
        gates.insert(path.rsplit('/').next().expect("a name").trim_end_matches(".toml").to_string());
    }
    let missing: Vec<_> = gates.iter().filter(|id| !seen.contains(*id)).collect();
    assert!(missing.is_empty(), "gates without a fixture: {missing:?}");
}

#[test]
fn the_parity_workspace_is_green() {
    let red: Vec<String> = judge(&fixtures().join("workspaces/parity"))
        .iter()
        .filter(|g| g.status != Status::Pass)
        .map(|g| format!("{}: {} {}", g.id, g.status.name(), g.detail))
        .collect();
    assert!(red.is_empty(), "{}", red.join("\n"));
}

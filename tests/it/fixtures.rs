//! Every gate is red on its own fixtures, for the reason they are made for, and green on every other gate's.

use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use tollgate::verb::check::{CheckRequest, check};
use tollgate_core::model::lane::{Lane, Mode};
use tollgate_core::model::verdict::{GateResult, Status};
use tollgate_flow::workspace::OpenRequest;
use tollgate_text::time::Now;

const NOW: &str = "2026-11-20T12:00:00Z";

/// What an overlay's `expect.toml` states.
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

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn judge(workspace: &Path) -> Vec<GateResult> {
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

/// Every file below `dir`, relative to it.
fn files(dir: &Path) -> Vec<PathBuf> {
    let walk = walkdir::WalkDir::new(dir).sort_by_file_name().into_iter().map(|e| e.expect("readable"));
    let files = walk.filter(|e| !e.file_type().is_dir());
    files.map(|e| e.path().strip_prefix(dir).expect("below").to_path_buf()).collect()
}

/// A workspace that shares its files with `base` (hard links: nothing is copied twice) and is changed by `overlay`.
fn lay(base: &Path, names: &[PathBuf], overlay: &Path, into: &Path) {
    for name in names {
        let to = into.join(name);
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("a new folder");
        std::fs::hard_link(base.join(name), to).expect("a hard link");
    }
    if let Ok(removed) = std::fs::read_to_string(overlay.join("removed.txt")) {
        for line in removed.lines().filter(|l| !l.trim().is_empty()) {
            let path = into.join(line.trim());
            if path.is_dir() {
                std::fs::remove_dir_all(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            } else {
                std::fs::remove_file(&path).unwrap_or_else(|e| panic!("{}: {line}: {e}", overlay.display()));
            }
        }
    }
    for name in files(overlay) {
        if name == Path::new("removed.txt") || name == Path::new("expect.toml") {
            continue;
        }
        let to = into.join(&name);
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("a new folder");
        // A hard link is taken away first: what is written must not reach the shared file.
        let _ = std::fs::remove_file(&to);
        std::fs::copy(overlay.join(&name), &to).expect("copied");
    }
}

/// The parity workspace with another pack in force.
fn base(pack: &str, into: &Path) {
    let parity = root().join("fixtures/workspaces/parity");
    for name in files(&parity) {
        let to = into.join(&name);
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("a new folder");
        std::fs::copy(parity.join(&name), to).expect("copied");
    }
    if pack != "runbook" {
        // The parity workspace's waiver names a gate of the runbook pack: without that pack it would be invalid.
        let settings = format!("[workspace]\npacks = [\"{pack}\", \"runbook\"]\ngit = false\n");
        std::fs::write(into.join("tollgate.toml"), settings).expect("written");
    }
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

/// Every overlay of `fixtures/gates/<id>/`: the gate, the folder, what it expects.
fn overlays() -> Vec<(String, PathBuf, Expect)> {
    let mut found = Vec::new();
    for gate in std::fs::read_dir(root().join("fixtures/gates")).expect("fixtures") {
        let gate = gate.expect("readable").path();
        let id = gate.file_name().expect("a name").to_string_lossy().into_owned();
        for overlay in std::fs::read_dir(&gate).expect("overlays").map(|e| e.expect("readable").path()) {
            let text = std::fs::read_to_string(overlay.join("expect.toml"))
                .unwrap_or_else(|e| panic!("{}: expect.toml: {e}", overlay.display()));
            let expect: Expect =
                toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", overlay.display()));
            assert!(!expect.rule.is_empty(), "{}", overlay.display());
            found.push((id.clone(), overlay, expect));
        }
    }
    found
}

#[test]
fn each_overlay_turns_its_own_gate_red_and_no_other() {
    let overlays = overlays();
    let seen: BTreeSet<&String> = overlays.iter().map(|(id, ..)| id).collect();
    let mut wrong: Vec<String> = Vec::new();
    for pack in ["runbook", "starter"] {
        let base_dir = tempfile::tempdir().expect("a folder");
        base(pack, base_dir.path());
        let names = files(base_dir.path());
        let ids = pack_ids(pack);
        let mine = overlays.par_iter().filter(|(_, _, e)| e.pack.as_deref().unwrap_or("runbook") == pack);
        let found: Vec<Vec<String>> = mine
            .map(|(id, overlay, expect)| {
                let beside = base_dir.path().parent().expect("a folder");
                let workspace = tempfile::tempdir_in(beside).expect("a folder");
                lay(base_dir.path(), &names, overlay, workspace.path());
                let mut judged = judge(workspace.path());
                judged.retain(|result| ids.contains(&result.id));
                let name = overlay.file_name().expect("a name").to_string_lossy();
                wrong_with(id, expect, &judged).into_iter().map(|w| format!("{id}/{name}: {w}")).collect()
            })
            .collect();
        wrong.extend(found.into_iter().flatten());
    }
    wrong.sort();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // A gate of a pack without a fixture has not been seen to bite.
    let mut gates = BTreeSet::new();
    for (path, _) in tollgate::embedded::GATES {
        gates.insert(path.rsplit('/').next().expect("a name").trim_end_matches(".toml").to_string());
    }
    let missing: Vec<_> = gates.iter().filter(|id| !seen.contains(*id)).collect();
    assert!(missing.is_empty(), "gates without a fixture: {missing:?}");
}

#[test]
fn the_parity_workspace_is_green() {
    let workspace = tempfile::tempdir().expect("a folder");
    base("runbook", workspace.path());
    let red: Vec<String> = judge(workspace.path())
        .iter()
        .filter(|g| g.status != Status::Pass)
        .map(|g| format!("{}: {} {}", g.id, g.status.name(), g.detail))
        .collect();
    assert!(red.is_empty(), "{}", red.join("\n"));
}

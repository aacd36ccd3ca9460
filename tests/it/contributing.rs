//! `CONTRIBUTING.md`, *Add a gate*, followed to the letter in a copy of the folders that it touches. `cargo run` stands for the
//! built program; what it embeds when it is built stands in the workspace judged, as gates and schemas of its own.

use crate::docs_pages::page;
use crate::fixtures::{judge, wrong_in};
use crate::overlay;
use crate::support::Ws;
use std::path::Path;
use tollgate_core::model::verdict::Status;

/// The folders that the page writes into or reads.
const FOLDERS: [&str; 4] = ["gates", "schemas", "runbook", "fixtures"];

/// A copy of the repository in which the page is followed for a gate of a pack.
struct Copy {
    ws: Ws,
    pack: &'static str,
}

impl Copy {
    fn new(pack: &'static str) -> Copy {
        let ws = Ws::new();
        let from = Path::new(env!("CARGO_MANIFEST_DIR"));
        for folder in FOLDERS {
            for entry in walkdir::WalkDir::new(from.join(folder)).into_iter().map(|e| e.expect("readable")) {
                let to = ws.at(entry.path().strip_prefix(from).expect("below").to_str().expect("UTF-8"));
                if entry.file_type().is_dir() {
                    std::fs::create_dir_all(to).expect("a folder");
                } else {
                    std::fs::copy(entry.path(), to).expect("copied");
                }
            }
        }
        Copy { ws, pack }
    }

    /// What a build would embed of the new gate.
    fn embed(&self, workspace: &Path) {
        let gate = format!("gates/{}/build_provenance.toml", self.pack);
        let schema = format!("schemas/tollgate.{}.build_provenance.v1.json", self.pack);
        for (from, to) in [(gate, "gates/build_provenance.toml".to_string()), (schema.clone(), schema)] {
            let to = workspace.join(to);
            std::fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
            std::fs::copy(self.ws.at(&from), to).expect(&from);
        }
    }

    /// One line of the page.
    fn step(&self, line: &str) {
        let mut line = line.replace("--pack runbook", &format!("--pack {}", self.pack));
        if self.pack == "starter" {
            line = line.replace("--root fixtures/workspaces/parity", "--root target/starter");
        }
        if let Some(paths) = line.strip_prefix("cargo run --example overlay -- ") {
            let (overlay, into) = paths.split_once(' ').expect("two paths");
            let into = self.ws.at(into);
            std::fs::create_dir_all(&into).expect("a folder");
            let copy = |from: &Path, to: &Path| std::fs::copy(from, to).map(drop);
            overlay::lay(&self.ws.at(overlay), &into, copy).expect("laid out");
        } else if let Some(args) = line.strip_prefix("cargo run -- ") {
            let args = shlex::split(args).expect("words");
            if let Some(root) = args.iter().position(|arg| arg == "--root") {
                self.embed(&self.ws.at(&args[root + 1]));
            }
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let run = self.ws.run(&args);
            assert_eq!(run.code, 0, "{line}\n{}{}", run.stdout, run.stderr);
        } else if line == "cargo test --test it fixtures::" {
            self.judge_overlays();
        } else {
            panic!("CONTRIBUTING.md has a step that nobody follows: {line}");
        }
    }

    /// What `fixtures.rs` holds every gate to, of the new one.
    fn judge_overlays(&self) {
        let overlays: Vec<_> = std::fs::read_dir(self.ws.at("fixtures/gates/build_provenance"))
            .expect("overlays")
            .map(|overlay| overlay.expect("readable").path())
            .collect();
        assert!(!overlays.is_empty());
        for overlay in overlays {
            let wrong = wrong_in("build_provenance", &overlay, &|workspace| self.embed(workspace));
            assert!(wrong.is_empty(), "{}: {wrong:?}", overlay.display());
        }
    }
}

fn follow(pack: &'static str) -> Copy {
    let page = page("CONTRIBUTING.md");
    let copy = Copy::new(pack);
    // The section ends where the next one shows an overlay.
    let section = page.blocks.iter().take_while(|block| !block.text.contains("[[set]]"));
    let steps: Vec<&str> =
        section.filter(|block| block.lang == "sh").flat_map(|block| block.text.lines()).collect();
    assert!(steps.len() >= 5, "{steps:?}");
    for line in steps {
        copy.step(line);
    }
    copy
}

#[test]
fn a_gate_of_the_runbook_pack_is_added_by_the_page() {
    let copy = follow("runbook");
    // Before anything is filled in the gate passes where its evidence does, and is red where it is gone.
    let parity = copy.ws.at("fixtures/workspaces/parity");
    copy.embed(&parity);
    let red: Vec<_> = judge(&parity).into_iter().filter(|gate| gate.status != Status::Pass).collect();
    assert!(red.is_empty(), "{red:?}");
}

#[test]
fn a_gate_of_the_starter_pack_is_silent_where_its_evidence_is_not() {
    let copy = follow("starter");
    let ws = Ws::new();
    copy.embed(ws.dir());
    ws.put(
        "tollgate.toml",
        "[workspace]\npacks = ['starter']\noutput = 'out'\nresults = 'runs'\ngit = false\n",
    );
    ws.put("reports/other.json", "{}");
    let checked = ws.check(&["--gate", "build_provenance", "--gate", "waiver_lifecycle"]);
    assert_eq!(checked.gate("build_provenance").status, "skip", "{}", checked.stderr);
    assert_eq!(checked.code, 0, "{}", checked.stderr);
}

/// The example of an `expect.toml` is one: it lays out a workspace, with each key that there is.
#[test]
fn the_example_of_an_overlay_can_be_laid_out() {
    let page = page("CONTRIBUTING.md");
    let example = page.blocks.iter().find(|block| block.lang == "toml" && block.text.contains("[[set]]"));
    let text = &example.expect("an example").text;
    let copy = Copy::new("starter");
    copy.ws.put("fixtures/gates/pass_rate/fail-example/expect.toml", text);
    let into = tempfile::tempdir().expect("a folder");
    let put = |from: &Path, to: &Path| std::fs::copy(from, to).map(drop);
    let expected =
        overlay::lay(&copy.ws.at("fixtures/gates/pass_rate/fail-example"), into.path(), put).expect("laid");
    let said: Vec<&str> = expected.keys().map(String::as_str).collect();
    assert_eq!(said, ["checks", "pack", "reason", "rule"]);
    for key in ["on =", "[[set]]", "[[remove]]", "[[replace]]", "value =", "pointer =", "{run}"] {
        assert!(text.contains(key), "{key}");
    }
}

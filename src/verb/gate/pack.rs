//! `tollgate gate new ID --pack P`: a gate of a pack with all that belongs to one, in the repository that packs are made in.

use tollgate_flow::error::Error;
use tollgate_host::config;
use tollgate_host::files::Root;

/// The green workspace that evidence is laid into; only the repository of the packs has it.
const GREEN: &str = "fixtures/workspaces/parity";
/// The pack that judges any project: what a project does not have, a gate of it must not ask for.
const FOR_ANYBODY: &str = "starter";

/// The files of a new gate, the gate itself last, so that it is never there without what it reads.
pub(super) fn files(root: &Root, pack: &str, id: &str) -> Result<Vec<(String, String)>, Error> {
    let there = |path: &str| root.real().join(path).is_dir();
    if !there(GREEN) {
        return Err(Error::Usage(format!(
            "--pack is for the repository that packs are made in: {GREEN} is not here"
        )));
    }
    if !config::is_id(pack) || !there(&format!("gates/{pack}")) {
        let shown = pack.escape_debug();
        return Err(Error::Usage(format!("no pack is called `{shown}`: a pack is a folder of gates/")));
    }
    let optional = pack == FOR_ANYBODY;
    let filled = |text: &str| {
        let text = text.replace("@ID@", id).replace("@PACK@", pack);
        text.replace("@SCHEMA@", &format!("tollgate.{pack}.{id}.v1"))
    };
    let gate = match optional {
        true => [HEAD, "applies_when = \"report != null\"\n", ARTIFACT, "required = false\n", CHECK, EXCEPT]
            .concat(),
        false => [HEAD, ARTIFACT, CHECK].concat(),
    };
    let overlay = format!("fixtures/gates/{id}");
    let mut files = vec![
        (format!("schemas/tollgate.{pack}.{id}.v1.json"), filled(SCHEMA)),
        (format!("{GREEN}/reports/{id}.json"), filled(EVIDENCE)),
        (format!("{overlay}/fail-not-ready/expect.toml"), filled(NOT_READY)),
    ];
    if !optional {
        files.push((format!("{overlay}/fail-report-missing/expect.toml"), filled(MISSING)));
    }
    files.push((format!("gates/{pack}/{id}.toml"), filled(&gate)));
    Ok(files)
}

const HEAD: &str = r#"# A gate of the pack @PACK@. It asks for one field of its evidence: put what it is about in that field's place, here, in the
# schema, in the evidence and in the overlays. CONTRIBUTING.md, "Add a gate", leads through it.

name      = "NAME: what a report calls it"
why       = "WHY: what goes wrong when nobody looks"
owner     = "OWNER: the team that answers for it"
blocking  = true
lanes     = ["preflight", "full", "certification"]
reproduce = "tollgate check --gate @ID@"
"#;

const ARTIFACT: &str = r#"
[artifacts.report]
path    = "reports/@ID@.json"
schema  = "@SCHEMA@"
max_age = "7d"
"#;

const CHECK: &str = r#"
[[checks]]
id      = "ready"
assert  = "report.ready == true"
message = "reports/@ID@.json does not say that it is ready"
"#;

const EXCEPT: &str = r#"
[[prove.except]]
mutation = "report file-removed"
why      = "A project without the report is not asked for it."
"#;

const SCHEMA: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "$id": "@SCHEMA@",
  "title": "@ID@",
  "description": "DESCRIPTION: what the document says, and who writes it.",
  "type": "object",
  "properties": {
    "schema": {"const": "@SCHEMA@"},
    "generated_at": {"type": "string", "format": "date-time"},
    "ready": {"type": "boolean"}
  },
  "required": ["schema", "generated_at", "ready"]
}
"#;

/// Fresh at the moment at which the fixtures are judged.
const EVIDENCE: &str = r#"{
  "schema": "@SCHEMA@",
  "generated_at": "2026-11-20T09:00:00Z",
  "ready": true
}
"#;

const NOT_READY: &str = r#"reason = "assertion"
checks = ["ready"]
pack = "@PACK@"
rule = "what is not ready does not pass"

[[set]]
file = "reports/@ID@.json"
pointer = "/ready"
value = false
"#;

const MISSING: &str = r#"reason = "missing"
checks = []
artifact = "report"
pack = "@PACK@"
rule = "the report exists"

[[remove]]
file = "reports/@ID@.json"
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::EMBEDDED;
    use crate::verb::gate::new::{GateNew, GateNewRequest, gate_new};
    use std::path::Path;
    use tollgate_host::config::{LoadRequest, load};
    use tollgate_host::files::write_atomic;

    fn repository() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        write_atomic(&dir.path().join("tollgate.toml"), b"[workspace]\npacks = []\n").unwrap();
        for folder in ["gates/starter", "gates/runbook", GREEN] {
            std::fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        dir
    }

    fn new(root: &Path, pack: &str, id: &str) -> Result<GateNew, Error> {
        gate_new(&GateNewRequest { root, id, pack: Some(pack) })
    }

    #[test]
    fn a_gate_is_written_with_what_belongs_to_it() {
        let dir = repository();
        let gate = new(dir.path(), "runbook", "ready").unwrap();
        assert_eq!((gate.path.as_str(), &gate.replaces), ("gates/runbook/ready.toml", &None));
        assert_eq!(
            gate.also,
            [
                "schemas/tollgate.runbook.ready.v1.json",
                "fixtures/workspaces/parity/reports/ready.json",
                "fixtures/gates/ready/fail-not-ready/expect.toml",
                "fixtures/gates/ready/fail-report-missing/expect.toml",
            ]
        );
        assert!(gate.also.iter().chain([&gate.path]).all(|path| dir.path().join(path).is_file()));
        // The starter pack asks no project for what it does not have.
        let gate = new(dir.path(), "starter", "mild").unwrap();
        assert_eq!(gate.also.len(), 3);
        for (pack, id) in [("runbook", "ready"), ("starter", "mild")] {
            let text =
                tollgate_host::files::read(&dir.path().join(format!("gates/{pack}/{id}.toml")), 1 << 20)
                    .unwrap();
            write_atomic(&dir.path().join(format!("own/{id}.toml")), &text).unwrap();
        }
        let settings = b"[workspace]\npacks = []\ngates = ['own']\n";
        write_atomic(&dir.path().join("tollgate.toml"), settings).unwrap();
        let root = Root::open(dir.path()).unwrap();
        let policy = load(&LoadRequest::all(&EMBEDDED, &root)).unwrap_or_else(|e| panic!("{e}"));
        let required: Vec<bool> = policy
            .gates
            .iter()
            .flat_map(|gate| gate.artifacts.values())
            .map(|artifact| artifact.required)
            .collect();
        assert_eq!(required, [false, true]);
    }

    #[test]
    fn nothing_is_written_where_no_packs_are_made_or_over_what_is_there() {
        let dir = repository();
        let error = |pack, id| new(dir.path(), pack, id).unwrap_err().to_string();
        for pack in ["nightly", "../gates/starter", ".", "", "Starter"] {
            assert!(error(pack, "ready").contains("no pack is called"), "{pack}");
        }
        write_atomic(&dir.path().join("gates/starter/taken.toml"), b"x").unwrap();
        assert_eq!(error("runbook", "taken"), "gates/starter/taken.toml is there already");
        write_atomic(&dir.path().join("schemas/tollgate.runbook.ready.v1.json"), b"x").unwrap();
        assert_eq!(error("runbook", "ready"), "schemas/tollgate.runbook.ready.v1.json is there already");
        assert!(!dir.path().join("gates/runbook/ready.toml").exists());
        assert!(!dir.path().join("fixtures/gates").exists());
        assert!(error("runbook", "A").contains("cannot be a gate's id"));
        std::fs::remove_dir_all(dir.path().join("fixtures")).unwrap();
        assert!(error("runbook", "ready").contains("fixtures/workspaces/parity is not here"));
    }
}

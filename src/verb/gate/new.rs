//! `tollgate gate new ID`: a commented gate file that loads, and fails until it is filled in.

use crate::embedded;
use crate::embedded::EMBEDDED;
use crate::verb::gate::pack;
use serde::Serialize;
use std::path::Path;
use tollgate_flow::error::Error;
use tollgate_host::config;
use tollgate_host::files::Root;
use tollgate_host::files::edit::edit;

/// What to write.
pub struct GateNewRequest<'r> {
    /// The workspace.
    pub root: &'r Path,
    /// The gate's id.
    pub id: &'r str,
    /// The pack that it becomes a gate of, in the repository that packs are made in; else a gate of the workspace.
    pub pack: Option<&'r str>,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GateNew {
    /// The gate's id.
    pub id: String,
    /// The file, workspace-relative.
    pub path: String,
    /// The pack whose gate of that id the file now replaces.
    pub replaces: Option<String>,
    /// What was written beside the gate of a pack: its schema, its evidence, its overlays.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
}

/// Writes the file into the first gate folder of `tollgate.toml`, or a gate of a pack with what belongs to it. What exists is never
/// overwritten.
pub fn gate_new(request: &GateNewRequest<'_>) -> Result<GateNew, Error> {
    let root = Root::open(request.root).map_err(|e| Error::Usage(format!("--root: {e}")))?;
    let settings = config::settings(&EMBEDDED, &root)?;
    let id = request.id;
    let shown = id.escape_debug();
    let lower = id.chars().all(|c| !c.is_ascii_uppercase());
    if !config::is_id(id) || !lower {
        return Err(Error::Usage(format!(
            "`{shown}` cannot be a gate's id: lower-case letters, digits, `_`, `-` and `.`, beginning with a letter, a \
             digit or `_`"
        )));
    }
    if let Some(pack) = request.pack {
        return of_a_pack(&root, pack, id);
    }
    let join =
        |folder: &str| if folder.is_empty() { format!("{id}.toml") } else { format!("{folder}/{id}.toml") };
    for folder in &settings.gates {
        if root.real().join(join(folder)).symlink_metadata().is_ok() {
            return Err(Error::Usage(format!("{} is there already", join(folder))));
        }
    }
    let Some(folder) = settings.gates.first() else {
        return Err(Error::Usage("tollgate.toml names no folder of gates: `gates = []`".into()));
    };
    let path = join(folder);
    put(&root, &path, &template(id))?;
    let packed =
        |pack: &&String| embedded::GATES.iter().any(|(file, _)| *file == format!("{pack}/{id}.toml"));
    let replaces = settings.packs.iter().find(packed).cloned();
    Ok(GateNew { id: id.to_string(), path, replaces, also: Vec::new() })
}

fn of_a_pack(root: &Root, pack: &str, id: &str) -> Result<GateNew, Error> {
    let files = pack::files(root, pack, id)?;
    // An id names one gate, whichever pack it is of.
    let packs = config::known_packs(&EMBEDDED).into_iter().map(|other| format!("gates/{other}/{id}.toml"));
    for path in packs.chain(files.iter().map(|(path, _)| path.clone())) {
        if root.real().join(&path).symlink_metadata().is_ok() {
            return Err(Error::Usage(format!("{path} is there already")));
        }
    }
    for (path, text) in &files {
        put(root, path, text)?;
    }
    let mut also: Vec<String> = files.into_iter().map(|(path, _)| path).collect();
    let path = also.pop().unwrap_or_default();
    Ok(GateNew { id: id.to_string(), path, replaces: None, also })
}

fn put(root: &Root, path: &str, text: &str) -> Result<(), Error> {
    edit(root, path, &mut |now| match now {
        Some(_) => Err(Error::Usage(format!("{path} is there already"))),
        None => Ok(text.as_bytes().to_vec()),
    })
}

/// The text: every key shown, those that are not needed as comments.
fn template(id: &str) -> String {
    TEMPLATE.replace("@ID@", id)
}

const TEMPLATE: &str = r#"# The gate @ID@. It fails until its check asks for something: fill in what stands in capitals.
# Try an expression with `tollgate gate try 'EXPR' --on FILE`, then hold the gate to it with `tollgate prove --gate @ID@`.

name      = "NAME: what a report calls it"
why       = "WHY: what goes wrong when nobody looks"
owner     = "OWNER: the team that answers for it"
blocking  = true                # false: a failing gate is a warning; "shadow": judged and shown, never counted
lanes     = ["preflight", "full", "certification"]
reproduce = "tollgate check --gate @ID@"   # the command that shows the failure again; {run} is the run folder
# runbook = "@ID@"              # the runbook entry that says what to do
# applies_when = "lane == 'certification'"

# What it reads. The name after `artifacts.` is the name in expressions.
# [artifacts.report]
# path    = "reports/REPORT.json"   # or a list: the first that exists; {run}/report.json: in the run folder
# schema  = "SCHEMA ID"             # what its `schema` field says and it must pass; or shape = "SCHEMA ID" when it has none
# max_age = "7d"                    # against its own `generated_at`
# format  = "json"                  # json, jsonl, toml, text, junit
# required = true                   # false: an absent one is null

# What must be true. A check passes on `true` alone: a missing field, a null or an error fails it.
[[checks]]
id      = "filled-in"
assert  = "false"
message = "the gate @ID@ asks for nothing yet: write its first check"

# [[checks]]
# id       = "every-test-passed"
# for_each = "report.tests"         # a list, a map or a jsonl artifact; an empty one fails unless empty = "ok"
# when     = "it.required"
# assert   = "it.status in ['passed', 'ignored']"
# message  = "{it.name} is {it.status}"
"#;

/// As people read it; ends in a newline.
pub fn human(new: &GateNew) -> String {
    use tollgate_core::report::text::terminal;
    if !new.also.is_empty() {
        let mut out = format!("{} is written, and beside it\n", terminal(&new.path));
        out.extend(new.also.iter().map(|path| format!("  {}\n", terminal(path))));
        return out + "fill in what stands in capitals; CONTRIBUTING.md says what comes next\n";
    }
    let mut out = format!("{} is written; it fails until it is filled in\n", terminal(&new.path));
    if let Some(pack) = &new.replaces {
        out.push_str(&format!("it replaces the gate of that id of the pack {}\n", terminal(pack)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_host::config::{LoadRequest, load};
    use tollgate_host::files::write_atomic;

    fn workspace(toml: &str) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        write_atomic(&dir.path().join("tollgate.toml"), toml.as_bytes()).unwrap();
        dir
    }

    #[test]
    fn what_is_written_loads() {
        let dir = workspace("[workspace]\npacks = []\n");
        let new = gate_new(&GateNewRequest { root: dir.path(), id: "my-gate.v2", pack: None }).unwrap();
        assert_eq!((new.path.as_str(), &new.replaces), ("gates/my-gate.v2.toml", &None));
        let root = Root::open(dir.path()).unwrap();
        let policy = load(&LoadRequest::all(&EMBEDDED, &root)).unwrap();
        assert_eq!(policy.gates[0].checks[0].assert.text(), "false");
        assert_eq!(policy.gates[0].reproduce, "tollgate check --gate my-gate.v2");
    }

    #[test]
    fn every_comment_of_the_text_is_a_key_that_loads() {
        let dir = workspace("[workspace]\npacks = []\n");
        let known = [
            "# runbook",
            "# applies_when",
            "# [",
            "# path",
            "# schema",
            "# max_age",
            "# format",
            "# required",
            "# id",
            "# for_each",
            "# when",
            "# assert",
            "# message",
        ];
        let text: String = template("g")
            .lines()
            .map(|line| if known.iter().any(|k| line.starts_with(k)) { &line[2..] } else { line })
            .map(|line| line.replace("SCHEMA ID", "tollgate.run.summary.v1") + "\n")
            .collect();
        write_atomic(&dir.path().join("gates/g.toml"), text.as_bytes()).unwrap();
        let root = Root::open(dir.path()).unwrap();
        let policy = load(&LoadRequest::all(&EMBEDDED, &root)).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!((policy.gates[0].checks.len(), policy.gates[0].artifacts.len()), (2, 1));
    }

    #[test]
    fn bad_ids_and_existing_files_are_refused() {
        let dir = workspace("[workspace]\npacks = ['starter']\ngates = ['a', 'b']\n");
        let new = |id| gate_new(&GateNewRequest { root: dir.path(), id, pack: None });
        for id in ["", "../x", "a/b", "A", "-a", "a b", ".toml", "é"] {
            assert!(new(id).unwrap_err().to_string().contains("cannot be a gate's id"), "{id}");
        }
        write_atomic(&dir.path().join("b/there.toml"), b"x").unwrap();
        assert_eq!(new("there").unwrap_err().to_string(), "b/there.toml is there already");
        assert_eq!(new("minimum_tests").unwrap().replaces.as_deref(), Some("starter"));
        let none = tempfile::tempdir().unwrap();
        let error = gate_new(&GateNewRequest { root: none.path(), id: "a", pack: None }).unwrap_err();
        assert!(error.to_string().contains("`tollgate init` writes one"), "{error}");
    }
}

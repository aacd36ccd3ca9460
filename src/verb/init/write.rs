//! `tollgate init`: a `tollgate.toml` with the starter pack and the suites that suit what stands there, and with `--copy-gates` the
//! pack's gate files.

use super::kinds::{self, NamedProposal};
use super::proposal::Need;
use super::recipes;
use super::text::{self, Folders};
use super::tree::ProjectTree;
use crate::embedded;
use crate::embedded::EMBEDDED;
use serde::Serialize;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;
use tollgate_flow::error::Error;
use tollgate_host::config;
use tollgate_host::files::Root;
use tollgate_host::files::edit::edit;
use tollgate_host::git::RepositoryPlace;
use tollgate_host::machine;
use tollgate_host::process::{CommandLimits, Ending, run};
use tollgate_text::command::CommandLine;
use tollgate_text::show::show;

/// How long Python may take to say whether it has a module.
const PATIENCE: Duration = Duration::from_secs(10);
/// The ignore file of what tollgate writes.
const IGNORE: &str = ".tollgate/.gitignore";
/// Where a workspace has the folders of the pack `runbook` one of these stands.
const OF_RUNBOOK: [&str; 3] =
    ["tests/suite_classification.toml", "tests/e2e_results", "tests/full_suite_gate"];

/// What to write.
pub struct InitRequest<'r> {
    /// The folder that is to be gated.
    pub root: &'r Path,
    /// Overwrite an existing `tollgate.toml` (and with `copy_gates` existing gate files).
    pub force: bool,
    /// Write the starter pack's gate files into `gates/` for editing.
    pub copy_gates: bool,
    /// The environment: where programs are.
    pub env: &'r BTreeMap<String, String>,
}

/// A suite that was proposed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InitSuite {
    /// Its kind.
    pub kind: String,
    /// The tool that runs it.
    pub tool: &'static str,
    /// The folder that it runs in; `.` is the root.
    pub folder: String,
    /// Its command.
    pub command: String,
    /// Whether its results name tests.
    pub names_tests: bool,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Initialised {
    /// The files, workspace-relative, in the order they were written.
    pub written: Vec<String>,
    /// The tools that were found, each once.
    pub detected: Vec<&'static str>,
    /// The suites, in the order of the file.
    pub suites: Vec<InitSuite>,
    /// What a person should know: what is not installed, what could not be looked at.
    pub notes: Vec<String>,
    /// Folders that runs and verdicts are written into and that no ignore file names yet, for `.gitignore`.
    pub ignore: Vec<String>,
    /// The commands that come next.
    pub next: Vec<String>,
}

/// Writes the files. Nothing is written when one of them is there already and `force` is not given.
pub fn init(request: &InitRequest<'_>) -> Result<Initialised, Error> {
    let root = Root::open(request.root).map_err(|e| Error::Usage(format!("--root: {e}")))?;
    let tree = ProjectTree::look(&root, request.env);
    let suites = kinds::named(recipes::all(&tree));
    let folders = if follows_runbook(&root) { Folders::Runbook } else { Folders::Own };
    let mut files = vec![(config::FILE.to_string(), text::text(&suites, folders, request.copy_gates))];
    if request.copy_gates {
        files.extend(embedded::GATES.iter().filter_map(|(path, text)| {
            let name = path.strip_prefix("starter/")?;
            Some((format!("gates/{name}"), (*text).to_string()))
        }));
    }
    if !request.force {
        let there = |(path, _): &&(String, String)| root.real().join(path).symlink_metadata().is_ok();
        if let Some((path, _)) = files.iter().find(there) {
            return Err(already(&root, path));
        }
    }
    // tollgate.toml comes last: where it is, the gates it leans on are too.
    files.rotate_left(1);
    let own = folders == Folders::Own;
    let mut written = Vec::new();
    if own && root.real().join(IGNORE).symlink_metadata().is_err() {
        files.insert(0, (IGNORE.to_string(), "*\n".to_string()));
    }
    for (path, text) in files {
        edit(&root, &path, &mut |now| match now {
            // Somebody else's, written since the look above.
            Some(_) if !request.force => Err(already(&root, &path)),
            _ => Ok(text.clone().into_bytes()),
        })?;
        written.push(path);
    }
    let mut notes = tree.notes();
    notes.extend(missing(&tree, &suites, &root, request.env));
    let mut detected: Vec<&'static str> = Vec::new();
    for suite in &suites {
        if !detected.contains(&suite.proposal.tool) {
            detected.push(suite.proposal.tool);
        }
    }
    let defaults = config::defaults();
    let ignored = [&defaults.results, &defaults.output].map(|dir| format!("/{}/", dir.trim_end_matches('/')));
    let ignore = if own { Vec::new() } else { ignored.into() };
    let next = next(&root, &written, suites.is_empty());
    let suites = suites.iter().map(shown).collect();
    Ok(Initialised { written, detected, suites, notes, ignore, next })
}

/// Whether the workspace has the folders of the pack `runbook`: then its runs go there, as they always did.
fn follows_runbook(root: &Root) -> bool {
    OF_RUNBOOK.iter().any(|path| root.real().join(path).symlink_metadata().is_ok())
}

/// What is there is left as it is, and said.
fn already(root: &Root, path: &str) -> Error {
    let mut sentence = format!("{path} is there already, and nothing was written");
    if path == config::FILE {
        match config::run_settings(&EMBEDDED, root) {
            Ok((_, runs)) if !runs.suites.is_empty() => {
                let kinds: Vec<String> = runs.suites.iter().map(|suite| show(&suite.kind)).collect();
                sentence.push_str(&format!("; its suites are {}", kinds.join(", ")));
            }
            Ok(_) => sentence.push_str("; it has no suites yet"),
            Err(_) => sentence.push_str("; it cannot be read as it stands, and `tollgate doctor` says why"),
        }
    }
    Error::Usage(format!("{sentence}; --force overwrites it"))
}

fn shown(suite: &NamedProposal) -> InitSuite {
    let NamedProposal { kind, proposal, .. } = suite;
    let folder = if proposal.folder.is_empty() { ".".into() } else { proposal.folder.clone() };
    InitSuite {
        kind: kind.clone(),
        tool: proposal.tool,
        folder,
        command: proposal.command.clone(),
        names_tests: proposal.reader != tollgate_core::model::suite::ResultReader::Exit,
    }
}

/// What suites need and the machine does not have, a sentence each.
fn missing(
    tree: &ProjectTree<'_>,
    suites: &[NamedProposal],
    root: &Root,
    env: &BTreeMap<String, String>,
) -> Vec<String> {
    let mut found = Vec::new();
    for NamedProposal { kind, proposal, .. } in suites {
        let sentence = match proposal.needs {
            Some(Need::Program(name, source)) if !tree.has_program(name) => {
                format!("{name} is not installed here, and [suites.{kind}] needs it: {source}")
            }
            Some(Need::Module(name, source)) if !tree.has_program("python3") => {
                format!("python3 is not installed here, and [suites.{kind}] needs it, with {name}: {source}")
            }
            Some(Need::Module(name, source)) if lacks(name, root, env) => {
                format!("python3 has no {name} here, and [suites.{kind}] needs it: {source}")
            }
            _ => continue,
        };
        if !found.contains(&sentence) {
            found.push(sentence);
        }
    }
    found
}

/// Whether `python3` says that it has no such module. It is asked outside of the workspace, and told to read nothing of it.
fn lacks(module: &str, root: &Root, env: &BTreeMap<String, String>) -> bool {
    // The Python of an activated environment is the one that counts, and one in the workspace is not started.
    if env.get("VIRTUAL_ENV").is_some_and(|folder| !folder.is_empty()) {
        return false;
    }
    let path = OsStr::new(env.get("PATH").map_or("", String::as_str));
    let folders = machine::outside_folders(path, root.real());
    let python =
        folders.into_iter().map(|folder| folder.join("python3")).find(|file| machine::is_executable(file));
    let Some(python) = python.as_deref().and_then(Path::to_str) else { return false };
    let asked =
        format!("import importlib.util as u, sys; sys.exit(7 if u.find_spec(\"{module}\") is None else 0)");
    let line =
        format!("{} -I -c {}", tollgate_text::command::quote(python), tollgate_text::command::quote(&asked));
    let limits = CommandLimits {
        dir: Path::new("/"),
        timeout: PATIENCE,
        grace: Duration::from_secs(1),
        keep: 4 << 10,
    };
    let done = CommandLine::parse(&line).ok().and_then(|line| run(&line, &limits, &mut |_| {}).ok());
    done.is_some_and(|done| done.ending == Ending::Exited(7))
}

/// The commands that come next. Where git holds, evidence is of a commit: the new file belongs into one.
fn next(root: &Root, written: &[String], empty: bool) -> Vec<String> {
    let mut next = Vec::new();
    if RepositoryPlace::find(root.real()).is_ok_and(|place| place.is_some()) {
        let gates = written.iter().any(|path| path.starts_with("gates/"));
        let files = if gates { "tollgate.toml gates" } else { "tollgate.toml" };
        next.push(format!("git add {files} && git commit -m \"Add tollgate\""));
    }
    if !empty {
        next.push("tollgate run".into());
    }
    next.push("tollgate check".into());
    next
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_host::files::write_atomic;

    fn run(root: &Path, force: bool, copy_gates: bool) -> Result<Initialised, Error> {
        init(&InitRequest { root, force, copy_gates, env: &BTreeMap::new() })
    }

    fn text_of(root: &Path, path: &str) -> String {
        String::from_utf8(Root::open(root).unwrap().read(path, 1 << 20).unwrap()).unwrap()
    }

    #[test]
    fn it_writes_two_files_and_never_over_another() {
        let dir = tempfile::tempdir().unwrap();
        let first = run(dir.path(), false, false).unwrap();
        assert_eq!(first.written, [".tollgate/.gitignore", "tollgate.toml"]);
        assert_eq!(first.next, ["tollgate check"]);
        assert!(first.ignore.is_empty() && first.notes.is_empty(), "{first:?}");
        let again = run(dir.path(), false, false).unwrap_err();
        let said = "tollgate.toml is there already, and nothing was written; it has no suites yet; --force overwrites it";
        assert_eq!(again, Error::Usage(said.into()));
        // An ignore file that somebody changed is kept.
        write_atomic(&dir.path().join(IGNORE), b"*.log\n").unwrap();
        assert_eq!(run(dir.path(), true, false).unwrap().written, ["tollgate.toml"]);
        assert_eq!(text_of(dir.path(), IGNORE), "*.log\n");
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
        /// Whatever a script says and a folder is called, what is written loads.
        #[test]
        fn what_is_written_loads(script in "\\PC{0,40}", more in "(npm run test:a|vitest|jest|mocha|&&|;| ){0,6}", name in "[^/\\x00]{1,12}") {
            let dir = tempfile::tempdir().unwrap();
            let package = serde_json::json!({"scripts": {"test": format!("{more} {script}"), "test:a": script, name.as_str(): "vitest run"}});
            let folder = dir.path().join(if [".", ".."].contains(&name.as_str()) { "x" } else { &name });
            std::fs::create_dir_all(&folder).unwrap();
            write_atomic(&folder.join("package.json"), package.to_string().as_bytes()).unwrap();
            write_atomic(&folder.join("pytest.ini"), b"").unwrap();
            run(dir.path(), false, false).unwrap();
            let root = Root::open(dir.path()).unwrap();
            proptest::prop_assert!(config::run_settings(&EMBEDDED, &root).is_ok(), "{}", text_of(dir.path(), "tollgate.toml"));
        }
    }

    #[test]
    fn folders_of_the_runbook_stay_where_runs_go() {
        for there in OF_RUNBOOK {
            let dir = tempfile::tempdir().unwrap();
            std::fs::create_dir_all(dir.path().join(there)).unwrap();
            let init = run(dir.path(), false, false).unwrap();
            assert_eq!(init.written, ["tollgate.toml"], "{there}");
            assert_eq!(init.ignore, ["/tests/e2e_results/", "/tests/full_suite_gate/"]);
            let root = Root::open(dir.path()).unwrap();
            assert_eq!(config::settings(&EMBEDDED, &root).unwrap(), config::defaults());
        }
    }

    #[test]
    fn copied_gates_load_in_place_of_the_pack() {
        let dir = tempfile::tempdir().unwrap();
        let written = run(dir.path(), false, true).unwrap().written;
        assert!(written.len() > 3 && written.contains(&"gates/pass_rate.toml".to_string()), "{written:?}");
        assert_eq!(written.last().map(String::as_str), Some("tollgate.toml"));
        let root = Root::open(dir.path()).unwrap();
        let policy = config::load(&config::LoadRequest::all(&EMBEDDED, &root)).unwrap();
        assert_eq!(policy.gates.len(), written.len() - 2);
        assert_eq!(policy.notes, Vec::<String>::new());
        assert!(run(dir.path(), false, true).is_err());
    }

    #[test]
    fn a_link_out_of_the_workspace_is_not_written_through() {
        for (link, copy) in [("gates", true), (".tollgate", false)] {
            let dir = tempfile::tempdir().unwrap();
            let outside = tempfile::tempdir().unwrap();
            std::os::unix::fs::symlink(outside.path(), dir.path().join(link)).unwrap();
            let error = run(dir.path(), true, copy).unwrap_err();
            assert!(error.to_string().contains("a symbolic link leads out of it"), "{error}");
            assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
        }
    }
}

//! `tollgate init`: a commented `tollgate.toml` with the starter pack, and with `--copy-gates` the pack's gate files.

use super::error::Error;
use super::init_text;
use crate::base::edit::edit;
use crate::base::embedded;
use crate::base::files::Root;
use crate::config;
use serde::Serialize;
use std::path::Path;

/// What to write.
pub struct InitRequest<'r> {
    /// The folder that is to be gated.
    pub root: &'r Path,
    /// Overwrite an existing `tollgate.toml` (and with `copy_gates` existing gate files).
    pub force: bool,
    /// Write the starter pack's gate files into `gates/` for editing.
    pub copy_gates: bool,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Init {
    /// The files, workspace-relative, in the order they were written.
    pub written: Vec<String>,
    /// What the folder was seen to hold: `cargo`, `npm`, `go`, `pytest`; a suite is proposed for each.
    pub detected: Vec<&'static str>,
    /// Folders that runs and verdicts are written into, for `.gitignore`.
    pub ignore: Vec<String>,
}

/// Writes the files. Nothing is written when one of them is there already and `force` is not given.
pub fn init(request: &InitRequest<'_>) -> Result<Init, Error> {
    let root = Root::open(request.root).map_err(|e| Error::Usage(format!("--root: {e}")))?;
    let found = init_text::detect(&root);
    let mut files = vec![(config::FILE.to_string(), init_text::text(&found, request.copy_gates))];
    if request.copy_gates {
        files.extend(embedded::GATES.iter().filter_map(|(path, text)| {
            let name = path.strip_prefix("starter/")?;
            Some((format!("gates/{name}"), (*text).to_string()))
        }));
    }
    if !request.force {
        let there = |(path, _): &&(String, String)| root.real().join(path).symlink_metadata().is_ok();
        if let Some((path, _)) = files.iter().find(there) {
            return Err(Error::Usage(format!("{path} is there already; --force overwrites it")));
        }
    }
    // tollgate.toml comes last: where it is, the gates it leans on are too.
    files.rotate_left(1);
    let mut written = Vec::new();
    for (path, text) in files {
        edit(&root, &path, &mut |now| match now {
            // Somebody else's, written since the look above.
            Some(_) if !request.force => {
                Err(Error::Usage(format!("{path} is there already; --force overwrites it")))
            }
            _ => Ok(text.clone().into_bytes()),
        })?;
        written.push(path);
    }
    let defaults = config::defaults();
    let ignore = [&defaults.results, &defaults.output].map(|dir| format!("/{}/", dir.trim_end_matches('/')));
    Ok(Init { written, detected: found.iter().map(|suite| suite.tool).collect(), ignore: ignore.into() })
}

/// As people read it; ends in a newline.
pub fn human(init: &Init) -> String {
    let mut out = String::new();
    for path in &init.written {
        out.push_str(&format!("wrote {path}\n"));
    }
    if init.detected.is_empty() {
        out.push_str("no cargo, npm, go or pytest project was found: add a [suites.*] section by hand\n");
    } else {
        out.push_str(&format!("suites proposed for {}; look them over\n", init.detected.join(", ")));
    }
    out.push_str(&format!(
        "runs and verdicts are written into folders that git need not see; for .gitignore:\n    {}\n",
        init.ignore.join("\n    ")
    ));
    out.push_str("next: tollgate run, then tollgate check\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(root: &Path, force: bool, copy_gates: bool) -> Result<Init, Error> {
        init(&InitRequest { root, force, copy_gates })
    }

    #[test]
    fn it_writes_one_file_and_never_over_another() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(run(dir.path(), false, false).unwrap().written, ["tollgate.toml"]);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        let again = run(dir.path(), false, false).unwrap_err();
        assert_eq!(again, Error::Usage("tollgate.toml is there already; --force overwrites it".into()));
        assert!(run(dir.path(), true, false).is_ok());
    }

    #[test]
    fn copied_gates_load_in_place_of_the_pack() {
        let dir = tempfile::tempdir().unwrap();
        let written = run(dir.path(), false, true).unwrap().written;
        assert!(written.len() > 3 && written.contains(&"gates/pass_rate.toml".to_string()), "{written:?}");
        assert_eq!(written.last().map(String::as_str), Some("tollgate.toml"));
        let root = Root::open(dir.path()).unwrap();
        let policy = config::load(&config::LoadRequest::all(&root)).unwrap();
        assert_eq!(policy.gates.len(), written.len() - 1);
        assert_eq!(policy.notes, Vec::<String>::new());
        assert!(run(dir.path(), false, true).is_err());
    }

    #[test]
    fn a_link_out_of_the_workspace_is_not_written_through() {
        let dir = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(outside.path(), dir.path().join("gates")).unwrap();
        let error = run(dir.path(), true, true).unwrap_err();
        assert!(error.to_string().contains("a symbolic link leads out of it"), "{error}");
        assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
    }
}

//! How git is started: by which program, with which settings, in which environment.

use super::error::GitError;
use crate::machine::outside_folders;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use tollgate_text::show::{plain, show};

/// What holds over every configuration file. None of these settings is needed for what is asked here, and each of them is
/// one by which a repository can name a program to start, or be taken for one where it is none.
const SETTINGS: &[&str] = &[
    "safe.bareRepository=explicit",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.sshCommand=false",
    "core.gitProxy=",
    "core.askPass=",
    "core.alternateRefsCommand=false",
    "credential.helper=",
    "gpg.program=false",
    "protocol.allow=never",
    "submodule.recurse=false",
];

/// The variables that git is given; every other `GIT_*` variable of the caller is taken away, for each of them can point git
/// at another repository, index, object store, configuration or helper, or can be made to by a later git.
const GIVEN: &[(&str, &str)] = &[
    // Settings of single protocols would win over `protocol.allow`, and this wins over them.
    ("GIT_ALLOW_PROTOCOL", "none"),
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("LC_ALL", "C"),
];

/// Where programs are looked for when nobody says.
const USUAL_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// How git ended.
pub(super) struct GitEnded {
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it complained of.
    pub complaint: String,
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
}

impl GitEnded {
    /// git said no without a word: with `--quiet` that is the answer that nothing is there, not a failure to look.
    pub fn is_no(&self) -> bool {
        self.code == Some(1) && self.complaint.trim().is_empty()
    }

    /// What it printed where it succeeded. `top` is named where its owner is another.
    pub fn success(self, top: &Path) -> Result<Vec<u8>, GitError> {
        if self.code == Some(0) {
            return Ok(self.stdout);
        }
        let top = show(&top.display().to_string());
        if self.complaint.contains("dubious ownership") {
            let line = self.complaint.lines().map(str::trim).find(|l| l.starts_with("git config"));
            let usual = || format!("git config --global --add safe.directory {top}");
            return Err(GitError::Owner { command: line.map_or_else(usual, show), top });
        }
        let said = self.complaint.lines().map(str::trim).find(|l| !l.is_empty());
        let said = said.unwrap_or("gave no answer").trim_start_matches("fatal: ");
        let said: String = said.chars().take(300).collect();
        Err(GitError::Failed(format!("refuses: {}", said.escape_debug())))
    }
}

/// Runs git in `top`, the top folder of a repository. An error is that it could not be started.
pub(super) fn ask(top: &Path, arguments: &[&str]) -> Result<GitEnded, GitError> {
    ask_of(top, arguments, Vec::new())
}

/// As `ask`, with what git reads from its standard input.
pub(super) fn ask_of(top: &Path, arguments: &[&str], input: Vec<u8>) -> Result<GitEnded, GitError> {
    // Names of the environment that are to be taken away, and the path that the program is looked for in: nothing of it is
    // an input of what is judged, so it is not handed in.
    let environment: Vec<(OsString, OsString)> = std::env::vars_os().collect();
    let path = environment.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.as_os_str());
    let (program, path) = program(path.unwrap_or(OsStr::new(USUAL_PATH)), top)?;
    let fixed = ["--no-pager", "--literal-pathspecs"].into_iter();
    let settings = SETTINGS.iter().flat_map(|setting| ["-c", setting]);
    let mut command = duct::cmd(program, fixed.chain(settings).chain(arguments.iter().copied()))
        .dir(top)
        .stdout_capture()
        .stderr_capture()
        .unchecked();
    command = if input.is_empty() { command.stdin_null() } else { command.stdin_bytes(input) };
    let is_gits = |name: &OsStr| name.as_encoded_bytes().to_ascii_uppercase().starts_with(b"GIT_");
    for (name, _) in environment.iter().filter(|(name, _)| is_gits(name)) {
        command = command.env_remove(name);
    }
    command = command.env("PATH", path);
    for (name, value) in GIVEN {
        command = command.env(name, value);
    }
    let output = command
        .run()
        .map_err(|error| GitError::Failed(format!("could not be started: {}", plain(&error))))?;
    Ok(GitEnded {
        stdout: output.stdout,
        complaint: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: output.status.code(),
    })
}

/// The git to start, and the `PATH` to start it with: folders that are relative, or that lie in the repository asked about,
/// are left out. A change could have put a program of that name there.
fn program(path: &OsStr, top: &Path) -> Result<(PathBuf, OsString), GitError> {
    let folders = outside_folders(path, top);
    let found = folders.iter().map(|folder| folder.join("git")).find(|file| {
        crate::machine::is_executable(file)
            && std::fs::canonicalize(file).is_ok_and(|real| !real.starts_with(top))
    });
    let missing = || {
        let what = "is not found in PATH, whose relative folders and those of the repository do not count";
        GitError::Failed(what.into())
    };
    let path = std::env::join_paths(&folders).map_err(|_| missing())?;
    Ok((found.ok_or_else(missing)?, path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn tool(path: &Path) {
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, "#!/bin/sh\n").unwrap();
        fs_err::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn git_is_not_found_where_a_change_could_have_put_it() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap();
        let top = base.join("repo");
        for path in ["repo/bin/git", "safe/git", "linked/git"] {
            tool(&base.join(path));
        }
        fs_err::os::unix::fs::symlink(top.join("bin"), base.join("lent")).unwrap();
        fs_err::remove_file(base.join("linked/git")).unwrap();
        fs_err::os::unix::fs::symlink(top.join("bin/git"), base.join("linked/git")).unwrap();
        let find = |folders: &[PathBuf]| program(&std::env::join_paths(folders).unwrap(), &top);
        let (bin, lent, linked, safe) =
            (top.join("bin"), base.join("lent"), base.join("linked"), base.join("safe"));
        let all = [PathBuf::new(), "bin".into(), bin, lent.clone(), linked.clone(), safe.clone()];
        let (found, path) = find(&all).unwrap();
        assert_eq!(found, safe.join("git"));
        assert_eq!(path, std::env::join_paths([&linked, &safe]).unwrap());
        let said = find(&[lent, linked]).unwrap_err().to_string();
        assert!(said.starts_with("git is not found in PATH"), "{said}");
    }

    #[test]
    fn a_refusal_is_told_from_a_no() {
        let answer = |code, complaint: &str| GitEnded {
            stdout: Vec::new(),
            complaint: complaint.into(),
            code: Some(code),
        };
        assert!(answer(1, "").is_no());
        assert!(!answer(1, "error: x").is_no() && !answer(128, "").is_no());
        let said = answer(128, "\nfatal: bad \u{1b}[31m\nmore").success(Path::new("/x")).unwrap_err();
        assert_eq!(said.to_string(), "git refuses: bad \\u{1b}[31m");
        let owner = "fatal: detected dubious ownership in repository at '/x y'\nTo add an exception for this directory, call:\n\n\
                     \tgit config --global --add safe.directory '/x y'\n";
        let said = answer(128, owner).success(Path::new("/x y")).unwrap_err().to_string();
        assert!(said.starts_with("/x y belongs to another user"), "{said}");
        assert!(said.ends_with("git config --global --add safe.directory '/x y'"), "{said}");
    }
}

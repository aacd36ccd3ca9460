//! Where a folder's repository is. Only what is called `.git` makes one: a folder may hold files called `HEAD`, `config`,
//! `objects` and `refs`, and any change can add those, whereas git lets no change add a `.git`.

use super::error::GitError;
use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};
use tollgate_text::show::{plain, show};

/// Bytes of a `.git` file at most: it holds one path.
const GIT_FILE: u64 = 64 << 10;
/// Symbolic links on one way at most, as the system has it.
const LINKS: usize = 40;

/// The repository that a folder stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryPlace {
    /// The nearest folder upwards, the folder itself counted, in which something is called `.git`; every link resolved.
    pub top: PathBuf,
    /// The folder asked about, from there.
    pub below: PathBuf,
}

impl RepositoryPlace {
    /// The repository that `dir` stands in; `None` when it stands in none. git is not asked. An error is that it cannot be
    /// told.
    pub fn find(dir: &Path) -> Result<Option<RepositoryPlace>, GitError> {
        let real = std::fs::canonicalize(dir).map_err(|error| unseen(dir, &error))?;
        for top in real.ancestors() {
            if has_git(top)? {
                let below = real.strip_prefix(top).unwrap_or(Path::new("")).to_path_buf();
                return Ok(Some(RepositoryPlace { top: top.to_path_buf(), below }));
            }
        }
        Ok(None)
    }

    /// The folder asked about relative to the top folder: `""`, or ending in `/`. What is not UTF-8 is replaced.
    pub fn prefix(&self) -> String {
        self.below.iter().map(|part| format!("{}/", part.to_string_lossy())).collect()
    }

    /// Holds what git says (`rev-parse --show-toplevel --absolute-git-dir`) to what was found here.
    pub(super) fn confirm(&self, said: &[u8]) -> Result<(), GitError> {
        let own = self.top.join(".git");
        let unbelieved = |why: &str| GitError::Unbelieved { path: shown(&own), why: why.into() };
        let rest = said.strip_prefix(self.top.as_os_str().as_bytes()).and_then(|r| r.strip_prefix(b"\n"));
        let Some(rest) = rest else {
            return Err(unbelieved("git finds another repository from there, or another working tree"));
        };
        let git_dir = Path::new(OsStr::from_bytes(rest.strip_suffix(b"\n").unwrap_or(rest)));
        let git_dir = std::fs::canonicalize(git_dir).map_err(|error| unseen(git_dir, &error))?;
        if own.symlink_metadata().map_err(|error| unseen(&own, &error))?.is_dir() {
            return if git_dir == own { Ok(()) } else { Err(unbelieved("git goes by another folder")) };
        }
        // A worktree's or submodule's `.git` leads out of the working tree. Where it leads must be a place that no change
        // can write either.
        if git_dir.starts_with(&self.top) {
            return Err(unbelieved("it leads into its own working tree, where a change can write"));
        }
        for above in git_dir.ancestors().skip(1) {
            if !has_git(above)? {
                continue;
            }
            let theirs = leads_to(above)?;
            let is_below = git_dir.starts_with(&theirs);
            if !is_below {
                return Err(unbelieved("it leads into the working tree of another repository"));
            }
            if git_dir == theirs && self.top.starts_with(above) {
                return Err(unbelieved("it leads to the repository of a folder above it"));
            }
            break;
        }
        Ok(())
    }
}

/// The first symbolic link on the way to `dir`, as it was named, that lies in a repository. What it leads to is for a change
/// of that repository to say.
pub fn link_on_the_way(dir: &Path) -> Result<Option<PathBuf>, GitError> {
    let start = if dir.is_absolute() { Path::new("/") } else { Path::new(".") };
    let mut at = std::fs::canonicalize(start).map_err(|error| unseen(start, &error))?;
    let mut todo: VecDeque<OsString> = parts(dir);
    let mut links = 0;
    while let Some(part) = todo.pop_front() {
        match Path::new(&part).components().next() {
            Some(Component::RootDir) => at = PathBuf::from("/"),
            Some(Component::ParentDir) => drop(at.pop()),
            Some(Component::Normal(name)) => {
                let next = at.join(name);
                let found = next.symlink_metadata().map_err(|error| unseen(&next, &error))?;
                if !found.is_symlink() {
                    at = next;
                    continue;
                }
                if RepositoryPlace::find(&at)?.is_some() {
                    return Ok(Some(next));
                }
                links += 1;
                if links > LINKS {
                    return Err(GitError::Failed(format!("is not asked: {} leads in a circle", shown(dir))));
                }
                let target = std::fs::read_link(&next).map_err(|error| unseen(&next, &error))?;
                for part in parts(&target).into_iter().rev() {
                    todo.push_front(part);
                }
            }
            _ => {}
        }
    }
    Ok(None)
}

fn parts(path: &Path) -> VecDeque<OsString> {
    path.components().map(|part| part.as_os_str().to_os_string()).collect()
}

/// Whether something is called `.git` in a folder.
fn has_git(dir: &Path) -> Result<bool, GitError> {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    let path = dir.join(".git");
    match path.symlink_metadata() {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.kind(), NotFound | NotADirectory) => Ok(false),
        Err(error) => Err(unseen(&path, &error)),
    }
}

/// Where the `.git` of `top` leads: itself when it is a folder, else what the link or the file says; every link resolved.
fn leads_to(top: &Path) -> Result<PathBuf, GitError> {
    let own = top.join(".git");
    let real = std::fs::canonicalize(&own).map_err(|error| unseen(&own, &error))?;
    if real.is_dir() {
        return Ok(real);
    }
    let bytes = crate::files::read(&real, GIT_FILE)
        .map_err(|error| GitError::Unbelieved { path: shown(&own), why: error.to_string() })?;
    let Some(named) = bytes.strip_prefix(b"gitdir: ") else {
        return Err(GitError::Unbelieved {
            path: shown(&own),
            why: "it does not begin with `gitdir: `".into(),
        });
    };
    let end = named.iter().rposition(|b| !matches!(b, b'\n' | b'\r')).map_or(0, |last| last + 1);
    let named = top.join(OsStr::from_bytes(&named[..end]));
    std::fs::canonicalize(&named).map_err(|error| unseen(&named, &error))
}

fn unseen(path: &Path, error: &std::io::Error) -> GitError {
    GitError::Failed(format!("is not asked: {} cannot be looked at: {}", shown(path), plain(error)))
}

fn shown(path: &Path) -> String {
    show(&path.display().to_string())
}

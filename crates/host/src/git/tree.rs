//! The state of a working tree: what differs from the commit that is checked out, and what git does not track and does not ignore.
//!
//! Git is asked what the commit is and which files are ignored; everything else is looked at here. A file of which the system says
//! what it said when git last compared it is taken for unchanged, as git does; of every other the content itself is compared,
//! without any filter. Neither the marks by which a user has git overlook a file nor what is staged count: only what a test sees.

use crate::files;
use crate::git::attributes::{converted, settings};
use crate::git::compare::{ASKED, Compare, IndexTime, Tracked};
use crate::git::content::mode;
use crate::git::index::{Index, IndexEntry, listed, parse, unhex};
use crate::git::scan::{FileInfo, Scan, ScannedKind, look_at, on_disk, scan};
use crate::git::state::{hex, named, state};
use crate::git::{GitError, line, run};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use tollgate_core::model::tree::TreeFile;
use tollgate_core::model::tree::state::{TreeState, digest_of_both};
use tollgate_text::show::plain;

/// The largest index that is read here: some millions of files.
const INDEX: u64 = 1 << 30;
/// Repositories within repositories.
const NESTED: usize = 8;

/// Looks at the working tree whose top folder is `top`. What `skip` says of an untracked path is not looked at; a folder's path ends in
/// `/`.
///
/// # Errors
/// Git gives no answer, there is no commit yet, or something cannot be looked at: what cannot be seen is never taken for absent.
pub fn observe(top: &Path, skip: &(dyn Fn(&str) -> bool + Sync)) -> Result<TreeState, GitError> {
    observe_nested(top, skip, 0)
}

/// When a commit was made, by its committer's clock: seconds since 1970.
pub fn committed_at(dir: &Path, commit: &str) -> Result<i64, GitError> {
    let broken = || GitError::Failed("does not say when the commit was made".into());
    if commit.is_empty() || !commit.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(broken());
    }
    let text = run(dir, &["cat-file", "commit", commit])?;
    let head = text.split(|b| *b == b'\n').take_while(|line| !line.is_empty());
    let committer = head.filter_map(|line| line.strip_prefix(b"committer ")).next().ok_or_else(broken)?;
    let mut words = committer.rsplit(|b| *b == b' ').skip(1);
    let seconds = words.next().and_then(|word| std::str::from_utf8(word).ok());
    seconds.and_then(|seconds| seconds.parse().ok()).ok_or_else(broken)
}

/// What stands at one path of a working tree, named as in a `TreeFile`.
pub fn state_at(top: &Path, path: &str) -> Result<TreeFile, GitError> {
    let absent = || TreeFile { path: path.to_string(), mode: None, content: None };
    match look_at(top, path.as_bytes())? {
        Some(there) => Ok(state(top, path.as_bytes(), there)?.unwrap_or_else(absent)),
        None => Ok(absent()),
    }
}

fn observe_nested(
    top: &Path,
    skip: &(dyn Fn(&str) -> bool + Sync),
    depth: usize,
) -> Result<TreeState, GitError> {
    if depth > NESTED {
        return Err(GitError::Failed(format!("repositories stand more than {NESTED} deep in one another")));
    }
    let head = || run(top, &["rev-parse", "HEAD^{commit}", "HEAD^{tree}"]);
    let (bytes, written, info) = git_files(top)?;
    let look = |hash| -> Result<(Index<'_>, Scan), GitError> {
        let index = index(top, &bytes, hash)?;
        let scanned = scan(top, &paths(&index.entries))?;
        Ok((index, scanned))
    };
    // Git says which commit it is while the folders are looked into.
    let (head, looked, settings) = std::thread::scope(|scope| {
        let (head, settings) = (scope.spawn(head), scope.spawn(|| settings(top)));
        let looked = look(20);
        (joined(head), looked, joined(settings))
    });
    let head = line(head?)?;
    let broken = || GitError::Failed("does not say which tree is checked out".into());
    let (commit, tree) = head.split_once('\n').ok_or_else(broken)?;
    let tree_object = unhex(tree.as_bytes()).ok_or_else(broken)?;
    let hash = tree.len() / 2;
    let (index, scanned) = if hash == 20 { looked? } else { look(hash)? };
    let converted = converted(top, &paths(&index.entries), &scanned.beside, &info, settings.as_deref())?;
    let compare = Compare { top, hash, written, converted };
    let tracked = compare.tracked(&index, tree_object, &scanned)?;
    let mut state = TreeState {
        commit: commit.to_string(),
        tree: tree.to_string(),
        changed: compare.changed(&tracked)?,
        added: tracked.iter().filter(|one| one.base.is_none()).map(|one| named(&one.path)).collect(),
        untracked: Vec::new(),
        beside: scanned.beside.iter().map(|path| named(path)).collect(),
    };
    let look = Look { top, skip, hash, depth };
    let modules: Vec<&Tracked<'_>> = tracked.iter().filter(|one| one.is_module()).collect();
    for module in &modules {
        look.module(module, &mut state)?;
    }
    let is_module = |path: &&[u8]| modules.iter().any(|module| *module.path == **path);
    let beside = scanned.beside.iter().map(Vec::as_slice).filter(|path| !is_module(path)).collect();
    look.untracked(beside, &mut state)?;
    // What was taken out of the index and is in the commit stands among the tracked files.
    let of_commit: HashSet<String> =
        tracked.iter().filter(|one| one.index.is_none()).map(|one| named(&one.path)).collect();
    state.untracked.retain(|file| !of_commit.contains(&file.path));
    state.changed.sort();
    state.added.sort();
    state.untracked.sort();
    state.untracked.dedup();
    Ok(state)
}

fn joined<T>(thread: std::thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn paths<'e>(entries: &'e [IndexEntry<'_>]) -> Vec<&'e [u8]> {
    let mut paths: Vec<&[u8]> = entries.iter().map(|entry| &entry.path[..]).collect();
    paths.dedup();
    paths
}

/// The file of the index, empty where there is none, and when it was written; and the path of the repository's own attributes.
fn git_files(top: &Path) -> Result<(Vec<u8>, IndexTime, PathBuf), GitError> {
    let git_dir = top.join(".git");
    let (path, info) = match git_dir.is_dir() && !git_dir.join("commondir").exists() {
        true => (git_dir.join("index"), git_dir.join("info/attributes")),
        false => {
            let arguments = ["rev-parse", "--git-path", "index", "--git-path", "info/attributes"];
            let said = line(run(top, &arguments)?)?;
            let broken = || GitError::Failed("does not say where its index is".into());
            let (index, info) = said.split_once('\n').ok_or_else(broken)?;
            (top.join(index), top.join(info))
        }
    };
    let written = match std::fs::metadata(&path) {
        Ok(meta) => {
            use std::os::unix::fs::MetadataExt as _;
            // As in an index: the lower 32 bits of each.
            (meta.mtime() as u32, meta.mtime_nsec() as u32)
        }
        // Before the first file is added there is none.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok((Vec::new(), (0, 0), info));
        }
        Err(error) => {
            return Err(GitError::Failed(format!("has an index that cannot be read: {}", plain(&error))));
        }
    };
    let bytes = files::read(&path, INDEX).map_err(|e| GitError::Failed(format!("has no index: {e}")))?;
    Ok((bytes, written, info))
}

/// What the index says. Where it is of a form that is not read here git lists it, and then nothing is known of what it saw: every
/// content is compared.
fn index<'b>(top: &Path, bytes: &'b [u8], hash: usize) -> Result<Index<'b>, GitError> {
    if bytes.is_empty() {
        return Ok(Index::default());
    }
    if let Some(index) = parse(bytes, hash) {
        return Ok(index);
    }
    let listing = run(top, &["ls-files", "-s", "-z", "--full-name"])?;
    let entries = listed(&listing)
        .ok_or_else(|| GitError::Failed("lists its index in a form that is not understood".into()))?;
    let owned = |entry: IndexEntry<'_>| IndexEntry { path: Cow::Owned(entry.path.into_owned()), ..entry };
    Ok(Index { entries: entries.into_iter().map(owned).collect(), tree: None })
}

/// What stands at a path and cannot be read: its mode alone.
fn unread(path: &[u8], there: FileInfo) -> Option<TreeFile> {
    let mode = format!("{:o}", mode(there)?);
    Some(TreeFile { path: named(path), mode: Some(mode), content: None })
}

/// A repository in which what git does not track is looked for, and repositories within it.
struct Look<'l> {
    top: &'l Path,
    skip: &'l (dyn Fn(&str) -> bool + Sync),
    hash: usize,
    depth: usize,
}

impl Look<'_> {
    /// A submodule: which commit is checked out in it, and what differs there. One that is not checked out is as it should be.
    fn module(&self, module: &Tracked<'_>, state: &mut TreeState) -> Result<(), GitError> {
        let inside = on_disk(self.top, &module.path);
        let path = named(&module.path);
        let own = |mode: Option<&str>, content| TreeFile {
            path: path.clone(),
            mode: mode.map(String::from),
            content,
        };
        if module.there.is_some_and(|there| there.kind != ScannedKind::Folder) {
            if let Some(there) = module.there {
                state.changed.extend(self::state(self.top, &module.path, there)?);
            }
            return Ok(());
        }
        let base = module.base.map(|base| hex(&base.object, self.hash));
        if inside.join(".git").symlink_metadata().is_err() {
            if module.base.is_some_and(|base| base.mode != 0o160_000) {
                state.changed.push(own(None, None));
            }
            return Ok(());
        }
        let skip = |below: &str| (self.skip)(&format!("{path}/{below}"));
        let found = observe_nested(&inside, &skip, self.depth + 1)?;
        if base.as_deref() != Some(found.commit.as_str()) {
            state.changed.push(own(Some("160000"), Some(found.commit)));
        }
        let below = |s: TreeFile| TreeFile { path: format!("{path}/{}", s.path), ..s };
        state.changed.extend(found.changed.into_iter().map(below));
        state.untracked.extend(found.untracked.into_iter().map(below));
        state.added.extend(found.added.into_iter().map(|added| format!("{path}/{added}")));
        Ok(())
    }

    /// Which files below what stands beside the tracked ones are not ignored, and what they hold.
    fn untracked(&self, beside: Vec<&[u8]>, state: &mut TreeState) -> Result<(), GitError> {
        let wanted = |path: &[u8]| {
            let path = named(path);
            !(self.skip)(&path) && !(self.skip)(&format!("{path}/"))
        };
        let beside: Vec<&[u8]> = beside.into_iter().filter(|path| wanted(path)).collect();
        if beside.is_empty() {
            return Ok(());
        }
        let mut arguments = vec!["ls-files", "-o", "-z", "--exclude-standard", "--full-name"];
        let named_paths: Option<Vec<&str>> = match beside.len() {
            0..=ASKED => beside.iter().map(|path| std::str::from_utf8(path).ok()).collect(),
            _ => None,
        };
        if let Some(paths) = &named_paths {
            arguments.push("--");
            arguments.extend(paths);
        }
        let listing = run(self.top, &arguments)?;
        let found: Vec<&[u8]> = listing.split(|b| *b == 0).filter(|path| !path.is_empty()).collect();
        let states: Vec<Option<TreeFile>> =
            found.into_par_iter().map(|path| self.one_untracked(path)).collect::<Result<_, _>>()?;
        state.untracked.extend(states.into_iter().flatten());
        Ok(())
    }

    fn one_untracked(&self, path: &[u8]) -> Result<Option<TreeFile>, GitError> {
        if let Some(repository) = path.strip_suffix(b"/") {
            return Ok(self.repository(repository));
        }
        if (self.skip)(&named(path)) {
            return Ok(None);
        }
        match look_at(self.top, path)? {
            // What cannot be read is there all the same.
            Some(there) => self::state(self.top, path, there).or_else(|_| Ok(unread(path, there))),
            // It went away meanwhile.
            None => Ok(None),
        }
    }

    /// A repository that stands in the tree and is no submodule: its commit and what differs from it, as one. Where it cannot be looked
    /// at it has a mode and no content, which is the same as nothing.
    fn repository(&self, path: &[u8]) -> Option<TreeFile> {
        let shown = named(path);
        if (self.skip)(&format!("{shown}/")) {
            return None;
        }
        let skip = |below: &str| (self.skip)(&format!("{shown}/{below}"));
        let content = observe_nested(&on_disk(self.top, path), &skip, self.depth + 1).ok().map(|found| {
            let all = found.changed.iter().chain(&found.untracked);
            digest_of_both(&found.commit, all)
        });
        Some(TreeFile { path: shown, mode: Some("160000".into()), content })
    }
}

#[cfg(test)]
mod tests;

//! Where the policy is read from: the working tree, or a commit.

use crate::base::files::{ReadError, Root, io_error, show};
use crate::base::git::{Repository, TreeFile};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Reads the files of a workspace. Errors are sentences that name the path.
pub trait Tree {
    /// The bytes of a regular file; `None` when nothing is there.
    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, String>;
    /// Files directly in a folder and in the folders directly below it, relative to it, in byte order; `None` when the
    /// folder is not there.
    fn list(&self, folder: &str) -> Result<Option<Vec<String>>, String>;
}

/// The working tree.
pub struct FsTree<'r> {
    root: &'r Root,
}

impl<'r> FsTree<'r> {
    /// The files below the root, confined to it.
    pub fn new(root: &'r Root) -> Self {
        FsTree { root }
    }

    fn names(&self, folder: &str) -> Result<Option<Vec<(String, bool)>>, String> {
        let inside = if folder.is_empty() { "." } else { folder };
        let real = match self.root.resolve(inside) {
            Ok(real) => real,
            Err(ReadError::Missing(_)) => return Ok(None),
            Err(error) => return Err(error.to_string()),
        };
        if !real.is_dir() {
            return Err(format!("{} is a file where a folder belongs", show(folder)));
        }
        let broken = |error: &std::io::Error| io_error(&show(folder), error).to_string();
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&real).map_err(|e| broken(&e))? {
            let entry = entry.map_err(|e| broken(&e))?;
            // A name that is not UTF-8 is listed all the same: it is no gate's id, and that is said.
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_dir = entry.file_type().map_err(|e| broken(&e))?.is_dir();
            names.push((name, is_dir));
        }
        names.sort();
        Ok(Some(names))
    }
}

impl Tree for FsTree<'_> {
    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, String> {
        match self.root.read(path, limit) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(ReadError::Missing(_)) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    fn list(&self, folder: &str) -> Result<Option<Vec<String>>, String> {
        let Some(names) = self.names(folder)? else { return Ok(None) };
        let mut found = Vec::new();
        for (name, is_dir) in names {
            // A folder called `x.toml` or `x.json` stands where a gate or schema is looked for: reading it says so.
            if !is_dir || name.ends_with(".toml") || name.ends_with(".json") {
                found.push(name);
                continue;
            }
            let below = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            let inner = self.names(&below)?.unwrap_or_default();
            found.extend(inner.into_iter().filter(|(_, dir)| !dir).map(|(file, _)| format!("{name}/{file}")));
        }
        found.sort();
        Ok(Some(found))
    }
}

/// A commit of the repository that the root stands in.
pub struct GitTree<'r> {
    repository: &'r Repository,
    commit: String,
    // What was listed need not be looked up again.
    seen: Mutex<BTreeMap<String, TreeFile>>,
}

impl<'r> GitTree<'r> {
    /// The files at `commit` (full hex), paths relative to the folder the repository was asked about.
    pub fn new(repository: &'r Repository, commit: String) -> Self {
        GitTree { repository, commit, seen: Mutex::default() }
    }

    fn find(&self, path: &str) -> Result<Option<TreeFile>, String> {
        if let Some(file) = self.seen.lock().ok().and_then(|seen| seen.get(path).cloned()) {
            return Ok(Some(file));
        }
        self.repository.find_file(&self.commit, path).map_err(|e| e.to_string())
    }
}

impl Tree for GitTree<'_> {
    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, String> {
        let clean = Root::clean(path).map_err(|e| e.to_string())?;
        let Some(file) = self.find(&clean)? else { return Ok(None) };
        self.repository.read(&file, limit).map(Some).map_err(|e| e.to_string())
    }

    fn list(&self, folder: &str) -> Result<Option<Vec<String>>, String> {
        let files = self.repository.list(&self.commit, folder).map_err(|e| e.to_string())?;
        if files.is_empty() {
            return Ok(None);
        }
        let mut found = Vec::new();
        for file in files {
            // As the working tree lists them: no deeper than one folder.
            if file.path.matches('/').count() > 1 {
                continue;
            }
            found.push(file.path.clone());
            let whole = if folder.is_empty() { file.path.clone() } else { format!("{folder}/{}", file.path) };
            if let Ok(mut seen) = self.seen.lock() {
                seen.insert(whole.clone(), TreeFile { path: whole, ..file });
            }
        }
        Ok(Some(found))
    }
}

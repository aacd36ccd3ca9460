//! Where the policy is read from: the working tree, or a commit.

use crate::files::{ReadError, Root, io_error};
use crate::git::{self, CommitNode, NodeKind, Repository};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use tollgate_text::show::show;

/// Files and folders deeper than directly in a folder of the policy that are looked at: none of them is loaded, they are
/// looked for so that it can be said.
const DEEPER: usize = 5_000;

/// One path in a folder of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedPath {
    /// Relative to the folder, `/`-separated. Bytes that are not UTF-8 are replaced.
    pub name: String,
    /// Whether nothing had to be replaced.
    pub utf8: bool,
    /// What stands there. A link that is followed is what it leads to.
    pub kind: NodeKind,
}

/// What stands in a folder of the policy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FolderListing {
    /// In byte order: all that stands directly in it, and 5,000 at most of what is deeper.
    pub entries: Vec<ListedPath>,
    /// There is more that is deeper.
    pub cut: bool,
}

impl FolderListing {
    fn sorted(mut self) -> FolderListing {
        self.entries.sort_by(|a, b| a.name.cmp(&b.name));
        self
    }
}

/// Reads the files of a workspace. Errors are sentences that name the path: what cannot be looked at is never `None`.
pub trait PolicyTree {
    /// The bytes of a regular file; `None` when nothing is there.
    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, String>;
    /// What stands in a folder and in the folders below it; of the root folder only what stands directly in it. `None` when
    /// the folder is not there.
    fn list(&self, folder: &str) -> Result<Option<FolderListing>, String>;
    /// Whether these are files of a commit: whatever cannot be read there is a fault of the policy, for nobody can mend it
    /// but by another commit.
    fn is_commit(&self) -> bool;
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

    /// What stands directly in a folder: `real` on disk, `shown` in messages, each name led by `lead`.
    fn names(real: &Path, shown: &str, lead: &str) -> Result<Vec<ListedPath>, String> {
        let broken = |error: &std::io::Error| io_error(&show(shown), error).to_string();
        let mut found = Vec::new();
        for entry in std::fs::read_dir(real).map_err(|e| broken(&e))? {
            let entry = entry.map_err(|e| broken(&e))?;
            let file = entry.file_name();
            let kind = entry.file_type().map_err(|e| broken(&e))?;
            let kind = match kind {
                kind if kind.is_dir() => NodeKind::Folder,
                // One that leads to a file, or to nothing, is read as a file: the reading says what is wrong with it.
                kind if kind.is_symlink() && entry.path().is_dir() => NodeKind::Link,
                _ => NodeKind::File,
            };
            let name = format!("{lead}{}", file.to_string_lossy());
            found.push(ListedPath { name, utf8: file.to_str().is_some(), kind });
        }
        Ok(found)
    }

    /// Adds what is deeper, folder by folder, until it is too much.
    fn add_deeper(real: &Path, folder: &str, listing: &mut FolderListing) -> Result<(), String> {
        let top = listing.entries.len();
        let mut at = 0;
        while let Some(entry) = listing.entries.get(at) {
            at += 1;
            // What is behind a name that is not UTF-8 is not told: the name is an error already.
            if entry.kind != NodeKind::Folder || !entry.utf8 {
                continue;
            }
            if listing.entries.len() - top > DEEPER {
                listing.cut = true;
                return Ok(());
            }
            let name = entry.name.clone();
            let inner = Self::names(&real.join(&name), &format!("{folder}/{name}"), &format!("{name}/"))?;
            listing.entries.extend(inner);
        }
        Ok(())
    }
}

impl PolicyTree for FsTree<'_> {
    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, String> {
        match self.root.read(path, limit) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(ReadError::Missing(_)) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    fn list(&self, folder: &str) -> Result<Option<FolderListing>, String> {
        let inside = if folder.is_empty() { "." } else { folder };
        let real = match self.root.resolve(inside) {
            Ok(real) => real,
            Err(ReadError::Missing(_)) => return Ok(None),
            Err(error) => return Err(error.to_string()),
        };
        let found = std::fs::metadata(&real).map_err(|e| io_error(&show(folder), &e).to_string())?;
        if !found.is_dir() {
            return Err(no_folder(folder));
        }
        let mut listing = FolderListing { entries: Self::names(&real, inside, "")?, cut: false };
        if !folder.is_empty() {
            Self::add_deeper(&real, folder, &mut listing)?;
        }
        Ok(Some(listing.sorted()))
    }

    fn is_commit(&self) -> bool {
        false
    }
}

fn no_folder(folder: &str) -> String {
    format!("{} is a file where a folder belongs", show(folder))
}

/// A commit of the repository that the root stands in.
pub struct GitTree<'r> {
    repository: &'r Repository,
    commit: String,
    // What was listed need not be looked up again.
    seen: Mutex<BTreeMap<String, CommitNode>>,
}

impl<'r> GitTree<'r> {
    /// The files at `commit` (full hex), paths relative to the folder the repository was asked about.
    pub fn new(repository: &'r Repository, commit: String) -> Self {
        GitTree { repository, commit, seen: Mutex::default() }
    }

    fn find(&self, path: &str) -> Result<Option<CommitNode>, String> {
        if let Some(node) = self.seen.lock().ok().and_then(|seen| seen.get(path).cloned()) {
            return Ok(Some(node));
        }
        self.repository.find_node(&self.commit, path).map_err(|e| e.to_string())
    }
}

impl PolicyTree for GitTree<'_> {
    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, String> {
        let clean = Root::clean(path).map_err(|e| e.to_string())?;
        let Some(node) = self.find(&clean)? else { return Ok(None) };
        self.repository.read(&node, limit).map(Some).map_err(|e| e.to_string())
    }

    fn list(&self, folder: &str) -> Result<Option<FolderListing>, String> {
        let nodes = self.repository.list(&self.commit, folder).map_err(|e| e.to_string())?;
        if nodes.is_empty() && !folder.is_empty() {
            return match self.repository.find_node(&self.commit, folder).map_err(|e| e.to_string())? {
                None => Ok(None),
                Some(node) => match node.kind {
                    NodeKind::Folder => Ok(Some(FolderListing::default())),
                    NodeKind::File => Err(no_folder(folder)),
                    NodeKind::Link | NodeKind::Submodule => Err(git::leads_away(&node).to_string()),
                },
            };
        }
        let mut listing = FolderListing::default();
        let mut deeper = 0;
        for node in nodes {
            if node.path.contains('/') {
                deeper += 1;
                if deeper > DEEPER {
                    listing.cut = true;
                    continue;
                }
            }
            listing.entries.push(ListedPath { name: node.path.clone(), utf8: node.utf8, kind: node.kind });
            let whole = if folder.is_empty() { node.path.clone() } else { format!("{folder}/{}", node.path) };
            if let Ok(mut seen) = self.seen.lock()
                && node.utf8
            {
                seen.insert(whole.clone(), CommitNode { path: whole, ..node });
            }
        }
        Ok(Some(listing.sorted()))
    }

    fn is_commit(&self) -> bool {
        true
    }
}

//! What stands at the paths of a working tree, as it is stated and compared.

use super::git::GitError;
use super::git_content::{mode, of_texts, sha256};
use super::git_index::Object;
use super::git_scan::There;
use std::path::Path;

/// What stands at one path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PathState {
    /// From the top of the repository, `/`-separated; a name that is no UTF-8 escaped and in quotes.
    pub path: String,
    /// `100644`, `100755`, `120000` (a link), `160000` (a repository); `None` where nothing is there.
    pub mode: Option<String>,
    /// SHA-256 of its bytes, of a link of its target, lower-case hex; of a submodule its commit. `None` where nothing is there, or it cannot be
    /// read.
    pub content: Option<String>,
}

/// The state of a working tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeState {
    /// The commit that is checked out.
    pub commit: String,
    /// Its tree.
    pub tree: String,
    /// Paths of the commit or the index that are not as in the commit, sorted.
    pub changed: Vec<PathState>,
    /// Paths of the index that the commit does not have, sorted.
    pub added: Vec<String>,
    /// Files that are neither tracked nor ignored, sorted.
    pub untracked: Vec<PathState>,
    /// Paths, folders among them, at which and below which nothing is tracked.
    pub beside: Vec<String>,
}

impl TreeState {
    /// The digest of the commit's tree and what differs from it; the tree's own name where nothing does.
    pub fn digest<'p>(tree: &'p str, changed: impl Iterator<Item = &'p PathState>) -> String {
        let mut changed = changed.peekable();
        if changed.peek().is_none() {
            return tree.to_string();
        }
        digest(std::iter::once(tree), changed)
    }
}

/// The digest of what stands at these paths.
pub fn digest_of<'p>(states: impl Iterator<Item = &'p PathState>) -> String {
    digest(std::iter::empty(), states)
}

pub(super) fn digest<'p>(
    first: impl Iterator<Item = &'p str>,
    states: impl Iterator<Item = &'p PathState>,
) -> String {
    let fields = states.flat_map(|s| [Some(s.path.as_str()), s.mode.as_deref(), s.content.as_deref()]);
    of_texts(first.chain(fields.map(|field| field.unwrap_or("-"))))
}

/// What stands at a path, where it is something that git keeps.
pub(super) fn state(top: &Path, path: &[u8], there: There) -> Result<Option<PathState>, GitError> {
    let Some(mode) = mode(there) else { return Ok(None) };
    let (content, _) = sha256(top, path, there)?;
    Ok(Some(PathState { path: named(path), mode: Some(format!("{mode:o}")), content: Some(content) }))
}

pub(super) fn hex(object: &Object, hash: usize) -> String {
    object.iter().take(hash).map(|byte| format!("{byte:02x}")).collect()
}

/// A path as text.
pub(super) fn named(path: &[u8]) -> String {
    match std::str::from_utf8(path) {
        Ok(path) => path.to_string(),
        Err(_) => format!("\"{}\"", path.escape_ascii()),
    }
}

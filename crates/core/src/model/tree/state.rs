//! The state of a working tree as it was looked at, and the digest that names it.

use super::TreeFile;
use tollgate_text::digest::sha256_hex;

/// The state of a working tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeState {
    /// The commit that is checked out.
    pub commit: String,
    /// Its tree.
    pub tree: String,
    /// Paths of the commit or the index that are not as in the commit, sorted.
    pub changed: Vec<TreeFile>,
    /// Paths of the index that the commit does not have, sorted.
    pub added: Vec<String>,
    /// Files that are neither tracked nor ignored, sorted.
    pub untracked: Vec<TreeFile>,
    /// Paths, folders among them, at which and below which nothing is tracked.
    pub beside: Vec<String>,
}

/// The digest of a commit's tree and what differs from it; the tree's own name where nothing does.
pub fn digest<'f>(tree: &'f str, changed: impl Iterator<Item = &'f TreeFile>) -> String {
    let mut changed = changed.peekable();
    match changed.peek() {
        None => tree.to_string(),
        Some(_) => digest_of_both(tree, changed),
    }
}

/// The digest of a name and what stands at these paths.
pub fn digest_of_both<'f>(name: &'f str, files: impl Iterator<Item = &'f TreeFile>) -> String {
    digest_of_texts(std::iter::once(name).chain(texts(files)))
}

/// The digest of what stands at these paths.
pub fn digest_of<'f>(files: impl Iterator<Item = &'f TreeFile>) -> String {
    digest_of_texts(texts(files))
}

/// The digest of texts, each with its length before it, so that no two lists feed the same bytes.
fn digest_of_texts<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    let mut fed = Vec::new();
    for text in texts {
        fed.extend_from_slice(format!("{} ", text.len()).as_bytes());
        fed.extend_from_slice(text.as_bytes());
    }
    sha256_hex(&fed)
}

fn texts<'f>(files: impl Iterator<Item = &'f TreeFile>) -> impl Iterator<Item = &'f str> {
    let fields = files.flat_map(|f| [Some(f.path.as_str()), f.mode.as_deref(), f.content.as_deref()]);
    fields.map(|field| field.unwrap_or("-"))
}

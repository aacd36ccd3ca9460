//! What stands at the paths of a working tree, as it is stated and compared.

use super::git::GitError;
use super::git_content::{mode, sha256};
use super::git_index::Object;
use super::git_scan::There;
use crate::model::tree::TreeFile;
use std::path::Path;

/// What stands at a path, where it is something that git keeps.
pub(super) fn state(top: &Path, path: &[u8], there: There) -> Result<Option<TreeFile>, GitError> {
    let Some(mode) = mode(there) else { return Ok(None) };
    let (content, _) = sha256(top, path, there)?;
    Ok(Some(TreeFile { path: named(path), mode: Some(format!("{mode:o}")), content: Some(content) }))
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

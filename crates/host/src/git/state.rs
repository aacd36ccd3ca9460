//! What stands at the paths of a working tree, as it is stated and compared.

use crate::git::GitError;
use crate::git::content::{mode, sha256};
use crate::git::index::ObjectName;
use crate::git::scan::FileInfo;
use std::path::Path;
use tollgate_core::model::tree::TreeFile;

/// What stands at a path, where it is something that git keeps.
pub(super) fn state(top: &Path, path: &[u8], there: FileInfo) -> Result<Option<TreeFile>, GitError> {
    let Some(mode) = mode(there) else { return Ok(None) };
    let (content, _) = sha256(top, path, there)?;
    Ok(Some(TreeFile { path: named(path), mode: Some(format!("{mode:o}")), content: Some(content) }))
}

pub(super) fn hex(object: &ObjectName, hash: usize) -> String {
    object.iter().take(hash).map(|byte| format!("{byte:02x}")).collect()
}

/// A path as text.
pub(super) fn named(path: &[u8]) -> String {
    match std::str::from_utf8(path) {
        Ok(path) => path.to_string(),
        Err(_) => format!("\"{}\"", path.escape_ascii()),
    }
}

//! A run that a person names: its folder, or its `summary.json`.

use crate::error::Error;
use std::path::{Path, PathBuf};
use tollgate_core::model::columns::Columns;
use tollgate_host::files;
use tollgate_host::record;
use tollgate_text::show::show;

/// The most that is read of a summary.
const MAX_BYTES: u64 = 512 << 20;

/// A summary as it was read.
pub struct SummaryText {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Their SHA-256, lower-case hex.
    pub sha256: String,
}

/// The summary of the run folder, or the file itself.
pub fn file(named: &Path) -> PathBuf {
    if named.is_dir() { named.join("summary.json") } else { named.to_path_buf() }
}

/// Reads it once. An error names it.
pub fn read(path: &Path) -> Result<SummaryText, Error> {
    let (bytes, sha256) = files::read_hashed(path, MAX_BYTES).map_err(|e| Error::Work(e.to_string()))?;
    Ok(SummaryText { bytes, sha256 })
}

/// Its columns; an error names it, with line and column where there is a place. A summary that contradicts itself is one.
pub fn columns<'t>(path: &Path, text: &'t SummaryText) -> Result<Columns<'t>, Error> {
    let shown = show(&path.display().to_string());
    record::columns(&shown, &text.bytes, MAX_BYTES).map_err(|e| Error::Work(e.to_string()))
}

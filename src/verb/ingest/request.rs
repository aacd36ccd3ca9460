//! What `tollgate ingest` was asked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tollgate_text::time::Now;

/// What is asked.
pub struct IngestRequest<'a> {
    /// The workspace; it needs no `tollgate.toml`.
    pub root: &'a Path,
    /// The moment.
    pub now: Now,
    /// The environment.
    pub env: &'a BTreeMap<String, String>,
    /// A reader's name.
    pub format: &'a str,
    /// The files.
    pub files: &'a [PathBuf],
    /// The kind of the suites.
    pub kind: &'a str,
    /// `--repeats`: what several entries of one title in JUnit are; `None`: as `tollgate.toml` says of the kind.
    pub repeats: Option<&'a str>,
    /// The summary to compare with.
    pub diff_from: Option<&'a Path>,
    /// The run folder; `None` for a new one below the results folder.
    pub out: Option<&'a Path>,
    /// `--as-of`: when the tests ran, `now` or RFC 3339; `None`: as the reports or their files say.
    pub as_of: Option<&'a str>,
    /// `--max-age` in seconds; `None`: a day where `CI` is set, else any.
    pub max_age: Option<u64>,
}

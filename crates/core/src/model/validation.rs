//! What `tollgate validate` found.

use crate::model::finding::Finding;
use serde::Serialize;

/// One file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FileResult {
    /// As given, or below the folder given.
    pub path: String,
    /// SHA-256 of the bytes judged; null when there were none.
    pub sha256: Option<String>,
    /// Their number.
    pub bytes: Option<u64>,
    /// The schema it was held to.
    pub schema: Option<String>,
    /// Every violation, in document order.
    pub findings: Vec<Finding>,
}

/// All files, in path order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Validation {
    /// `tollgate.validation.v1`
    pub schema: String,
    /// The moment.
    pub generated_at: String,
    /// Each file.
    pub files: Vec<FileResult>,
    /// How many were valid.
    pub valid: usize,
    /// How many were not.
    pub invalid: usize,
    /// What is worth knowing of the schemas, one sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

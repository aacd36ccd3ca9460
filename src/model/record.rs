//! What the runner knows of one suite.

use crate::model::failure::RootCause;
use crate::model::suite::{Role, SuiteResult};
use crate::model::test::Case;
use serde::{Deserialize, Serialize};

/// What the runner knows of one suite beside its result: `result.json`, and what digests are made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SuiteRecord {
    /// Which list it belongs to.
    pub role: Role,
    /// What became of it.
    #[serde(flatten)]
    pub result: SuiteResult,
    /// The reader.
    pub reader: String,
    /// The command that ran, quoted for a shell, secrets masked.
    pub command: String,
    /// The folder it ran in, workspace-relative.
    pub cwd: String,
    /// Its output, workspace-relative.
    pub log: String,
    /// RFC 3339 with milliseconds.
    pub started_at: String,
    /// RFC 3339 with milliseconds.
    pub finished_at: String,
    /// A failure outside any test: one sentence.
    pub fault: Option<String>,
    /// Why it failed, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_cause_class: Option<RootCause>,
    /// The failure signature of the suite, where it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// The first failures of its failed and flaky tests, texts cut short.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Case>,
    /// Processes that outlived the suite and were ended.
    #[serde(default)]
    pub leftovers: u64,
    /// Secrets masked in its output.
    #[serde(default)]
    pub masked: u64,
}

impl SuiteRecord {
    /// What is known of a suite of which only the summary was kept.
    pub fn of_result(role: Role, result: SuiteResult) -> SuiteRecord {
        SuiteRecord {
            role,
            result,
            reader: String::new(),
            command: String::new(),
            cwd: ".".into(),
            log: String::new(),
            started_at: String::new(),
            finished_at: String::new(),
            fault: None,
            root_cause_class: None,
            signature: None,
            failures: Vec::new(),
            leftovers: 0,
            masked: 0,
        }
    }
}

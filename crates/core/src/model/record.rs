//! What the runner knows of one suite.

use crate::model::failure::RootCause;
use crate::model::signature::Basis;
use crate::model::suite::{SuiteResult, SuiteRole, SuiteStatus};
use crate::model::test::TestCase;
use serde::{Deserialize, Serialize};
use tollgate_text::digest::sha256_hex;

/// What was wrong with one attempt at a suite outside any test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptFault {
    /// Which attempt, counted from 1.
    pub attempt: u32,
    /// How it ended.
    pub status: SuiteStatus,
    /// One sentence.
    pub fault: String,
    /// Whether that is words of the cause.
    #[serde(default, skip_serializing_if = "Basis::is_fallback")]
    pub basis: Basis,
}

/// What the runner knows of one suite beside its result: `result.json`, and what digests are made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SuiteRecord {
    /// Which list it belongs to.
    pub role: SuiteRole,
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
    /// What that rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// Every failure of its failed and flaky tests, texts cut short: those of the first tests, and of all that
    /// failed more than once, there without texts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<TestCase>,
    /// What was wrong with its attempts outside any test, in order, where there were several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<AttemptFault>,
    /// Processes that outlived the suite and were ended.
    #[serde(default)]
    pub leftovers: u64,
    /// Secrets masked in its output.
    #[serde(default)]
    pub masked: u64,
    /// What `[mask] allow` let through in it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub mask_allowed: u64,
}

impl SuiteRecord {
    /// What is known of a suite of which only the summary was kept.
    pub fn of_result(role: SuiteRole, result: SuiteResult) -> SuiteRecord {
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
            basis: None,
            failures: Vec::new(),
            faults: Vec::new(),
            leftovers: 0,
            masked: 0,
            mask_allowed: 0,
        }
    }
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// The file of a lint step's output in the run folder. The name is the author's own and may hold what no file name can: then
/// the start of a digest tells it from every other.
pub fn lint_log(step: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if step.len() <= 120 && step.chars().all(fits) {
        return format!("lint-{step}.log");
    }
    let clean: String = step.chars().take(60).map(|c| if fits(c) { c } else { '_' }).collect();
    format!("lint-{clean}-{}.log", &sha256_hex(step.as_bytes())[..10])
}

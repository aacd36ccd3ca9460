//! The verdict, `tollgate.gate.verdict.v1`: a frozen contract; fields are only ever added.

use crate::model::finding::{Finding, Reason};
use crate::model::lane::{Lane, Mode};
use crate::model::waiver::WaiverEntry;
use crate::model::whole::PlanChange;
use serde::{Deserialize, Serialize};

/// The schema id.
pub const SCHEMA: &str = "tollgate.gate.verdict.v1";

/// A gate's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Every check is true over evidence that is there.
    Pass,
    /// A blocking gate that is not.
    Fail,
    /// A gate that is not, and does not block.
    Warn,
    /// Not judged.
    Skip,
    /// Failed, and relabelled by a valid waiver.
    Waived,
}

impl Status {
    /// The name in the verdict.
    pub fn name(self) -> &'static str {
        match self {
            Status::Pass => "pass",
            Status::Fail => "fail",
            Status::Warn => "warn",
            Status::Skip => "skip",
            Status::Waived => "waived",
        }
    }
}

/// `pass` or `fail`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VerdictOutcome {
    /// Exit code 0.
    Pass,
    /// Anything else.
    Fail,
}

/// The program that judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolRecord {
    /// `tollgate`
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What judged: the digest over every gate, schema, waiver and setting in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyRecord {
    /// SHA-256, lower-case hex.
    pub digest: String,
    /// The git ref it was loaded from; null is the working tree.
    pub from: Option<String>,
    /// Gates that the working tree would alter.
    pub altered: Vec<String>,
    /// What it would alter of the suites, profiles and lint steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<PlanChange>,
}

/// One artifact as it was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactRecord {
    /// The gate's name for it.
    pub name: String,
    /// Workspace-relative path.
    pub path: String,
    /// SHA-256 of the bytes judged, lower-case hex; null when there were none.
    pub sha256: Option<String>,
    /// Their number.
    pub bytes: Option<u64>,
    /// As the document says it.
    pub generated_at: Option<String>,
    /// Seconds between that and now (negative: the future).
    pub age_seconds: Option<i64>,
}

/// The waiver a `waived` gate leans on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaiverRef {
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// The tracking issue.
    pub issue: String,
    /// Last day, `YYYY-MM-DD`.
    pub expires: String,
    /// Whole days to that day.
    pub days_remaining: i64,
}

/// A captured trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceRef {
    /// UUID.
    pub id: String,
    /// 9 characters.
    pub short_id: String,
    /// Where it is shown.
    pub url: Option<String>,
}

/// One gate's result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GateResult {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Who answers for it.
    pub owner: String,
    /// Its status.
    pub status: Status,
    /// Whether its failure fails the verdict.
    pub blocking: bool,
    /// Judged and shown, never counted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shadow: bool,
    /// Why it did not pass; null when it did.
    pub reason: Option<Reason>,
    /// One sentence.
    pub detail: String,
    /// Everything that is wrong.
    pub findings: Vec<Finding>,
    /// The evidence, by digest.
    pub artifacts: Vec<ArtifactRecord>,
    /// The command that shows it again; never absent.
    pub reproduce_command: String,
    /// Runbook entry id.
    pub runbook: Option<String>,
    /// Steps.
    pub remediation: Vec<String>,
    /// The waiver it leans on.
    pub waiver: Option<WaiverRef>,
    /// With `--previous`: `new`, `since <commit>`, `fixed`.
    pub since: Option<String>,
    /// Its trace.
    pub trace: Option<TraceRef>,
    /// Microseconds of evaluation.
    pub duration_us: u64,
}

/// How many gates have which status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GateCounts {
    /// All of them.
    pub gates: usize,
    /// What they require holds.
    pub pass: usize,
    /// Red, and blocking.
    pub fail: usize,
    /// Red, and not blocking.
    pub warn: usize,
    /// Not judged: they do not apply.
    pub skip: usize,
    /// Red, and covered by a waiver.
    pub waived: usize,
}

/// Counts, shadow gates left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GateSummary {
    /// Over all gates.
    #[serde(flatten)]
    pub all: GateCounts,
    /// Over blocking gates.
    pub blocking: GateCounts,
}

/// Whether the judged commit may be promoted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promotion {
    /// May it.
    pub allowed: bool,
    /// `verdict` or `rollback` when allowed; null when not.
    pub by: Option<String>,
    /// The gates that stand against it.
    pub blocking_gates: Vec<String>,
    /// The waivers it leans on.
    pub waivers: Vec<String>,
    /// What must stay or become true.
    pub conditions: Vec<String>,
}

/// The verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// `tollgate.gate.verdict.v1`
    pub schema: String,
    /// The moment judged at.
    pub generated_at: String,
    /// What judged.
    pub tool: ToolRecord,
    /// Unique to the invocation.
    pub run_id: String,
    /// Ties the verdict to the run it judged.
    pub correlation_id: String,
    /// 40 hex; null where git does not hold.
    pub commit: Option<String>,
    /// Null where git does not hold or the head is detached.
    pub branch: Option<String>,
    /// The lane.
    pub lane: Lane,
    /// The mode.
    pub mode: Mode,
    /// What judged it.
    pub policy: PolicyRecord,
    /// Pass or fail.
    pub verdict: VerdictOutcome,
    /// What the process exits with.
    pub exit_code: u8,
    /// In gate order.
    pub gates: Vec<GateResult>,
    /// The gates of the lane that were not chosen (`--gate`) and so not judged: then the verdict is of a part. Empty when it is whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_judged: Vec<String>,
    /// Counts.
    pub summary: GateSummary,
    /// Every waiver of the classification file, with its state.
    pub waivers: Vec<WaiverEntry>,
    /// Secrets that were masked in what is shown of the check.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub masked: u64,
    /// What `[mask] allow` let through of it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub mask_allowed: u64,
    /// Certification only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promotion: Option<Promotion>,
    /// Certification only: the commands, in order, that would turn it green.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_steps: Option<Vec<String>>,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

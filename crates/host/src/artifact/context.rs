//! What evidence is read against.

use super::run_folder::NoRun;
use crate::files::Root;
use tollgate_text::json::JsonLimits;
use tollgate_text::time::Now;

/// What evidence is read against: one an invocation.
pub struct EvidenceContext<'c> {
    /// The workspace.
    pub root: &'c Root,
    /// What `{run}` stands for, workspace-relative; or why there is no run folder.
    pub run_dir: Result<String, NoRun>,
    /// The moment that ages are counted to.
    pub now: Now,
    /// The commit that is judged; `None` where git does not hold.
    pub commit: Option<String>,
    /// Git holds, and HEAD has no commit yet: then no evidence of a run is of the commit judged.
    pub unborn: bool,
    /// What a document may be at most.
    pub limits: JsonLimits,
}

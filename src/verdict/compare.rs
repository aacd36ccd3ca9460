//! What changed since an earlier verdict.

use crate::model::verdict::{GateResult, Status, Verdict};

/// Marks each red gate `new` or `since <commit>`, and each green one that was red `fixed`. `since` carries the commit of
/// the earliest verdict in an unbroken chain of red ones; a verdict without a commit is named by its time.
pub fn compare(gates: &mut [GateResult], previous: &Verdict) {
    for gate in gates {
        let before = previous.gates.iter().find(|g| g.id == gate.id).filter(|g| red(g.status));
        gate.since = match (red(gate.status), before) {
            (true, None) => Some("new".into()),
            (true, Some(before)) => Some(match before.since.as_deref() {
                Some(known) if known.starts_with("since ") => known.to_string(),
                _ => format!("since {}", previous.commit.as_deref().unwrap_or(&previous.generated_at)),
            }),
            (false, Some(_)) if gate.status == Status::Pass => Some("fixed".into()),
            (false, _) => None,
        };
    }
}

/// A waived gate is red underneath: waiving it fixes nothing.
fn red(status: Status) -> bool {
    matches!(status, Status::Fail | Status::Warn | Status::Waived)
}

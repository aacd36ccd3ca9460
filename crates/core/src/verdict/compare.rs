//! What changed since an earlier verdict.

use crate::model::verdict::{GateResult, Status, Verdict};

/// How a gate stands beside what it was in the verdict before.
enum Change<'v> {
    /// It is red, and was not.
    New,
    /// It is red, and has been since the verdict of this commit; of a verdict without a commit, since this time.
    Since(&'v str),
    /// It passes, and was red.
    Fixed,
}

impl<'v> Change<'v> {
    fn of(now: Status, before: Option<&'v GateResult>, previous: &'v Verdict) -> Option<Change<'v>> {
        let before = before.filter(|gate| is_red(gate.status));
        match before {
            None => is_red(now).then_some(Change::New),
            // What was skipped was not judged, and so is not fixed.
            Some(_) if now == Status::Pass => Some(Change::Fixed),
            Some(before) => is_red(now).then(|| Change::Since(first_red(before, previous))),
        }
    }

    /// As it stands in a verdict.
    fn text(&self) -> String {
        match self {
            Change::New => "new".into(),
            Change::Since(first) => format!("{SINCE}{first}"),
            Change::Fixed => "fixed".into(),
        }
    }
}

const SINCE: &str = "since ";

/// Where the unbroken chain of red verdicts began that ends in `before`, a red gate of `previous`.
fn first_red<'v>(before: &'v GateResult, previous: &'v Verdict) -> &'v str {
    let known = before.since.as_deref().and_then(|since| since.strip_prefix(SINCE));
    known.or(previous.commit.as_deref()).unwrap_or(&previous.generated_at)
}

/// Marks each red gate `new` or `since <commit>`, and each green one that was red `fixed`. `since` carries the commit of
/// the earliest verdict in an unbroken chain of red ones; a verdict without a commit is named by its time.
pub fn compare(gates: &mut [GateResult], previous: &Verdict) {
    for gate in gates {
        let before = previous.gates.iter().find(|g| g.id == gate.id);
        gate.since = Change::of(gate.status, before, previous).map(|change| change.text());
    }
}

/// A waived gate is red underneath: waiving it fixes nothing.
fn is_red(status: Status) -> bool {
    matches!(status, Status::Fail | Status::Warn | Status::Waived)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::verdict::SCHEMA;
    use serde_json::json;

    const AT: &str = "2026-11-19T12:00:00Z";

    fn gate(id: &str, status: Status, since: Option<&str>) -> GateResult {
        let gate = json!({
            "id": id, "name": id, "owner": "o", "status": status, "blocking": true, "detail": "", "findings": [],
            "artifacts": [], "reproduce_command": "true", "remediation": [], "since": since, "duration_us": 0,
        });
        serde_json::from_value(gate).unwrap()
    }

    /// A verdict of another day over these gates.
    fn verdict(commit: Option<&str>, gates: &[(&str, Status, Option<&str>)]) -> Verdict {
        let gates: Vec<_> = gates.iter().map(|(id, status, since)| gate(id, *status, *since)).collect();
        let counts = json!({"gates": 0, "pass": 0, "fail": 0, "warn": 0, "skip": 0, "waived": 0});
        let verdict = json!({
            "schema": SCHEMA, "generated_at": AT, "tool": {"name": "tollgate", "version": "0"}, "run_id": "r",
            "correlation_id": "c", "commit": commit, "branch": null, "lane": "full", "mode": "strict",
            "policy": {"digest": "d", "from": null, "altered": []}, "verdict": "fail", "exit_code": 1,
            "gates": gates, "summary": {"gates": 0, "pass": 0, "fail": 0, "warn": 0, "skip": 0, "waived": 0, "blocking": counts}, "waivers": [],
        });
        serde_json::from_value(verdict).unwrap()
    }

    fn since(now: Status, before: &Verdict) -> Option<String> {
        let mut gates = [gate("a", now, None)];
        compare(&mut gates, before);
        gates[0].since.clone()
    }

    #[test]
    fn red_is_new_or_since_a_commit_and_what_passes_again_is_fixed() {
        use Status::{Fail, Pass, Skip, Waived, Warn};
        let new = Some("new");
        let known = Some("since c1");
        for (now, before, wanted) in [
            (Pass, Pass, None),
            (Pass, Skip, None),
            (Pass, Fail, Some("fixed")),
            (Pass, Warn, Some("fixed")),
            (Pass, Waived, Some("fixed")),
            // What was not judged is not fixed.
            (Skip, Pass, None),
            (Skip, Fail, None),
            (Fail, Pass, new),
            (Warn, Skip, new),
            (Waived, Pass, new),
            (Fail, Fail, known),
            (Fail, Waived, known),
            (Warn, Fail, known),
            (Waived, Warn, known),
        ] {
            let verdict = verdict(Some("c1"), &[("b", Fail, Some("since c0")), ("a", before, None)]);
            assert_eq!(since(now, &verdict).as_deref(), wanted, "{now:?} after {before:?}");
        }
        assert_eq!(since(Fail, &verdict(Some("c1"), &[("b", Fail, None)])).as_deref(), new);
        assert_eq!(since(Pass, &verdict(Some("c1"), &[("b", Fail, None)])), None);
    }

    #[test]
    fn a_chain_of_red_keeps_its_first_commit() {
        let of =
            |commit, known| since(Status::Fail, &verdict(commit, &[("a", Status::Fail, known)])).unwrap();
        assert_eq!(of(Some("c1"), Some("new")), "since c1");
        assert_eq!(of(Some("c1"), Some("fixed")), "since c1");
        assert_eq!(of(Some("c1"), None), "since c1");
        assert_eq!(of(Some("c1"), Some("since c0")), "since c0");
        assert_eq!(of(None, Some("since c0")), "since c0");
        // A verdict without a commit is named by its time.
        assert_eq!(of(None, Some("new")), format!("since {AT}"));
    }

    #[test]
    fn what_was_said_of_an_earlier_comparison_goes() {
        let mut gates = [gate("a", Status::Pass, Some("new"))];
        compare(&mut gates, &verdict(Some("c1"), &[("a", Status::Pass, None)]));
        assert_eq!(gates[0].since, None);
    }
}

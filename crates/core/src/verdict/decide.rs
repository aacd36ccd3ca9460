//! Status, counts, exit code.

use crate::model::finding::Reason;
use crate::model::gate::Blocking;
use crate::model::verdict::{GateCounts, GateResult, GateSummary, Status};

/// The status of a judged gate that did or did not pass, and is or is not covered by a valid waiver.
pub fn status(blocking: Blocking, passed: bool, waived: bool) -> Status {
    match (passed, waived, blocking) {
        (true, _, _) => Status::Pass,
        (false, true, _) => Status::Waived,
        (false, false, Blocking::Yes) => Status::Fail,
        (false, false, Blocking::No | Blocking::Shadow) => Status::Warn,
    }
}

/// Preflight stops at the first failure in gate order: what comes after it was not reached, whatever it would have said.
pub fn cut_preflight(gates: &mut [GateResult]) {
    let Some(first) = gates.iter().position(|g| g.status == Status::Fail) else { return };
    let id = gates[first].id.clone();
    for gate in &mut gates[first + 1..] {
        gate.status = Status::Skip;
        gate.reason = Some(Reason::NotReached);
        gate.detail = format!("not reached: preflight stopped at `{id}`");
        gate.findings.clear();
        gate.artifacts.clear();
        gate.waiver = None;
        gate.duration_us = 0;
    }
}

/// Counts over all gates and over the blocking ones. A shadow gate is never counted.
pub fn summarise(gates: &[GateResult]) -> GateSummary {
    let mut summary = GateSummary::default();
    for gate in gates.iter().filter(|g| !g.shadow) {
        add(&mut summary.all, gate.status);
        if gate.blocking {
            add(&mut summary.blocking, gate.status);
        }
    }
    summary
}

fn add(counts: &mut GateCounts, status: Status) {
    counts.gates += 1;
    match status {
        Status::Pass => counts.pass += 1,
        Status::Fail => counts.fail += 1,
        Status::Warn => counts.warn += 1,
        Status::Skip => counts.skip += 1,
        Status::Waived => counts.waived += 1,
    }
}

/// 0 pass, 1 a blocking gate failed, 3 nothing was judged that could be passed: no gate passed, or none of the blocking ones
/// that were selected. A waived gate counts as passed. The other codes of the table are no verdicts.
pub fn exit_code(summary: &GateSummary) -> u8 {
    let passed = |counts: &GateCounts| counts.pass + counts.waived > 0;
    if summary.blocking.fail > 0 {
        1
    } else if !passed(&summary.all) || (summary.blocking.gates > 0 && !passed(&summary.blocking)) {
        3
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::finding::Finding;
    use crate::model::verdict::{ArtifactRecord, WaiverRef};

    fn gate(id: &str, status: Status, blocking: bool, shadow: bool) -> GateResult {
        GateResult {
            id: id.into(),
            name: id.into(),
            owner: "o".into(),
            status,
            blocking,
            shadow,
            reason: None,
            detail: String::new(),
            findings: vec![Finding::new(Reason::Assertion, "x")],
            artifacts: Vec::new(),
            reproduce_command: "true".into(),
            runbook: None,
            remediation: Vec::new(),
            waiver: None,
            since: None,
            trace: None,
            duration_us: 1,
        }
    }

    #[test]
    fn nothing_judged_is_not_a_pass() {
        assert_eq!(exit_code(&summarise(&[])), 3);
        assert_eq!(exit_code(&summarise(&[gate("a", Status::Skip, true, false)])), 3);
        assert_eq!(exit_code(&summarise(&[gate("a", Status::Pass, false, true)])), 3);
    }

    #[test]
    fn a_verdict_needs_a_gate_that_passed() {
        use Status::{Fail, Pass, Skip, Waived, Warn};
        let code = |of: &[(Status, bool)]| {
            let gates: Vec<_> =
                of.iter().map(|(status, blocking)| gate("a", *status, *blocking, false)).collect();
            exit_code(&summarise(&gates))
        };
        for (gates, wanted) in [
            (&[(Warn, false)][..], 3),
            (&[(Warn, false), (Skip, false)], 3),
            (&[(Pass, false)], 0),
            (&[(Waived, false)], 0),
            (&[(Pass, false), (Warn, false)], 0),
            // Blocking gates were selected, and not one of them passed.
            (&[(Skip, true), (Pass, false)], 3),
            (&[(Skip, true), (Waived, false)], 3),
            (&[(Skip, true), (Pass, true), (Warn, false)], 0),
            (&[(Skip, true), (Waived, true)], 0),
            (&[(Fail, true), (Skip, true)], 1),
            (&[(Fail, true), (Pass, true), (Waived, true)], 1),
        ] {
            assert_eq!(code(gates), wanted, "{gates:?}");
        }
        // A shadow gate counts for nothing, whatever it says.
        let shadow = [gate("a", Skip, true, false), gate("b", Pass, false, true)];
        assert_eq!(exit_code(&summarise(&shadow)), 3);
    }

    #[test]
    fn a_status_follows_from_the_outcome_the_waiver_and_blocking() {
        for (blocking, passed, waived, wanted) in [
            (Blocking::Yes, true, false, Status::Pass),
            (Blocking::Yes, true, true, Status::Pass),
            (Blocking::No, true, false, Status::Pass),
            (Blocking::Yes, false, true, Status::Waived),
            (Blocking::No, false, true, Status::Waived),
            (Blocking::Yes, false, false, Status::Fail),
            (Blocking::No, false, false, Status::Warn),
            (Blocking::Shadow, false, false, Status::Warn),
        ] {
            assert_eq!(status(blocking, passed, waived), wanted, "{blocking:?} {passed} {waived}");
        }
    }

    #[test]
    fn each_status_is_counted_once_and_a_shadow_never() {
        let all = [Status::Pass, Status::Fail, Status::Warn, Status::Skip, Status::Waived];
        for (at, one) in all.into_iter().enumerate() {
            let gates =
                [gate("a", one, true, false), gate("b", one, false, false), gate("c", one, false, true)];
            let summary = summarise(&gates);
            let of = |c: &GateCounts| [c.pass, c.fail, c.warn, c.skip, c.waived];
            let mut wanted = [0; 5];
            wanted[at] = 1;
            assert_eq!((summary.blocking.gates, of(&summary.blocking)), (1, wanted));
            wanted[at] = 2;
            assert_eq!((summary.all.gates, of(&summary.all)), (2, wanted));
        }
    }

    #[test]
    fn only_a_blocking_failure_is_red() {
        assert_eq!(exit_code(&summarise(&[gate("a", Status::Waived, true, false)])), 0);
        let mixed = [gate("a", Status::Pass, true, false), gate("b", Status::Fail, true, false)];
        assert_eq!(exit_code(&summarise(&mixed)), 1);
    }

    #[test]
    fn preflight_says_what_it_did_not_reach() {
        let mut gates = vec![
            gate("a", Status::Waived, true, false),
            gate("b", Status::Fail, true, false),
            gate("c", Status::Pass, true, false),
            gate("d", Status::Fail, true, false),
        ];
        let uncut = gates[..2].to_vec();
        cut_preflight(&mut gates);
        assert_eq!(gates[..2], uncut);
        let statuses: Vec<_> = gates.iter().map(|g| g.status).collect();
        assert_eq!(statuses, [Status::Waived, Status::Fail, Status::Skip, Status::Skip]);
        let cut = |id: &str| GateResult {
            reason: Some(Reason::NotReached),
            detail: "not reached: preflight stopped at `b`".into(),
            findings: Vec::new(),
            duration_us: 0,
            ..gate(id, Status::Skip, true, false)
        };
        assert_eq!(gates[2..], [cut("c"), cut("d")]);
        // The first may be the first of all, and then the waiver of what was not reached stands for nothing.
        let leaned = WaiverRef {
            owner: "w".into(),
            reason: "r".into(),
            issue: "i".into(),
            expires: "2026-11-30".into(),
            days_remaining: 10,
        };
        let record = ArtifactRecord {
            name: "a".into(),
            path: "a.json".into(),
            sha256: None,
            bytes: None,
            generated_at: None,
            age_seconds: None,
        };
        let waived = GateResult {
            waiver: Some(leaned),
            artifacts: vec![record],
            ..gate("c", Status::Waived, true, false)
        };
        let mut gates = [gate("b", Status::Fail, true, false), waived];
        cut_preflight(&mut gates);
        assert_eq!(gates, [gate("b", Status::Fail, true, false), cut("c")]);
        let mut green = vec![gate("a", Status::Pass, true, false), gate("b", Status::Waived, true, false)];
        let before = green.clone();
        cut_preflight(&mut green);
        assert_eq!(green, before);
    }
}

//! Certification: may it be promoted, and what would turn it green.

use crate::model::lane::Mode;
use crate::model::verdict::{GateResult, Promotion, Status};
use crate::model::waiver::Rollback;

/// The gate whose waiver also lets a run that is not whole be promoted: somebody answers for it by name and for a while.
const WHOLE: &str = "whole_run";

/// Promotion is allowed by a green verdict over a whole run, or in rollback mode by its record; it never changes the verdict.
/// `not_whole` says what the run lacks, in every pack; `None` where it is whole, or where nothing is asked of it.
pub fn promotion(
    gates: &[GateResult],
    exit_code: u8,
    mode: Mode,
    rollback: Option<&Rollback>,
    not_whole: Option<&str>,
) -> Promotion {
    let ids = |status: Status| {
        gates.iter().filter(|g| g.blocking && g.status == status).map(|g| g.id.clone()).collect::<Vec<_>>()
    };
    let blocking_gates = ids(Status::Fail);
    let waivers = ids(Status::Waived);
    let mut conditions = Vec::new();
    if exit_code == 3 {
        conditions.push("at least one gate must be judged".to_string());
    }
    conditions.extend(blocking_gates.iter().map(|id| format!("`{id}` must pass, or be validly waived")));
    for gate in gates.iter().filter(|g| g.status == Status::Waived) {
        if let Some(waiver) = &gate.waiver {
            conditions.push(format!(
                "the waiver of `{}` ends after {}; {} answers for it",
                gate.id, waiver.expires, waiver.owner
            ));
        }
    }
    conditions.extend(not_whole.map(String::from));
    let whole = not_whole.is_none() || waivers.iter().any(|id| id == WHOLE);
    let by = match (exit_code, mode, rollback) {
        (0, _, _) if whole => Some("verdict"),
        (_, Mode::Rollback, Some(record)) => {
            conditions.push(format!(
                "rollback, an emergency control, ends after {}; {} answers for it: {}",
                record.expires, record.owner, record.rationale
            ));
            conditions.push("`strict` is restored after the fix".into());
            Some("rollback")
        }
        _ => None,
    };
    Promotion { allowed: by.is_some(), by: by.map(String::from), blocking_gates, waivers, conditions }
}

/// The commands, in order, that would turn the verdict green: each red blocking gate's own, then the check again.
/// Empty when it is green.
pub fn next_steps(gates: &[GateResult], again: &str) -> Vec<String> {
    let mut steps: Vec<String> = Vec::new();
    for gate in gates.iter().filter(|g| g.status == Status::Fail) {
        for step in [format!("tollgate explain {}", gate.id), gate.reproduce_command.clone()] {
            if !steps.contains(&step) {
                steps.push(step);
            }
        }
    }
    if !steps.is_empty() {
        steps.push(again.to_string());
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::verdict::WaiverRef;

    fn gate(id: &str, status: Status) -> GateResult {
        let waiver = (status == Status::Waived).then(|| WaiverRef {
            owner: "o".into(),
            reason: "r".into(),
            issue: "i".into(),
            expires: "2026-11-25".into(),
            days_remaining: 5,
        });
        GateResult {
            id: id.into(),
            name: id.into(),
            owner: "o".into(),
            status,
            blocking: true,
            shadow: false,
            reason: None,
            detail: String::new(),
            findings: Vec::new(),
            artifacts: Vec::new(),
            reproduce_command: "true".into(),
            runbook: None,
            remediation: Vec::new(),
            waiver,
            since: None,
            trace: None,
            duration_us: 0,
        }
    }

    fn allowed(gates: &[GateResult], exit_code: u8, not_whole: Option<&str>) -> (bool, Vec<String>) {
        let promotion = promotion(gates, exit_code, Mode::Strict, None, not_whole);
        (promotion.allowed, promotion.conditions)
    }

    #[test]
    fn a_green_verdict_over_a_part_promotes_nothing() {
        let green = [gate("a", Status::Pass)];
        assert_eq!(allowed(&green, 0, None), (true, vec![]));
        assert_eq!(
            allowed(&green, 0, Some("the run must be whole")),
            (false, vec!["the run must be whole".into()])
        );
        // A red verdict stays refused, whole or not.
        assert!(!allowed(&[gate("a", Status::Fail)], 1, None).0);
    }

    #[test]
    fn only_a_waiver_of_the_whole_run_stands_for_it() {
        let of = |id: &str, status| allowed(&[gate(id, status)], 0, Some("part"));
        assert!(of(WHOLE, Status::Waived).0);
        assert_eq!(of(WHOLE, Status::Waived).1.len(), 2);
        assert!(
            !of("pass_rate", Status::Waived).0 && !of(WHOLE, Status::Pass).0 && !of(WHOLE, Status::Warn).0
        );
    }

    #[test]
    fn rollback_is_an_emergency_and_names_what_is_missing() {
        let record = Rollback {
            owner: "o".into(),
            rationale: "r".into(),
            created: "2026-11-19".into(),
            expires: "2026-11-21".into(),
        };
        let found = promotion(&[], 0, Mode::Rollback, Some(&record), Some("part"));
        assert!(found.allowed && found.by.as_deref() == Some("rollback"));
        assert_eq!(found.conditions[0], "part");
    }
}

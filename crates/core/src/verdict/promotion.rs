//! Certification: may it be promoted, and what would turn it green.

use crate::model::lane::Mode;
use crate::model::verdict::{GateResult, Promotion, Status};
use crate::model::waiver::Rollback;

/// The gate whose waiver also lets a run that is not whole be promoted: somebody answers for it by name and for a while.
const WHOLE: &str = "whole_run";

/// Gates that a sentence names.
const NAMED: usize = 10;

/// What a promotion rests on beside the gates.
#[derive(Debug, Clone, Copy, Default)]
pub struct Grounds<'g> {
    /// The record of rollback mode, where it is valid.
    pub rollback: Option<&'g Rollback>,
    /// What the run lacks, in every pack; `None` where it is whole, or where nothing is asked of it.
    pub not_whole: Option<&'g str>,
    /// Gates of the lane that were not chosen, and so not judged.
    pub not_judged: &'g [String],
}

/// The first of these gates, and how many more there are.
pub fn some_of(ids: &[String]) -> String {
    let shown: Vec<String> = ids.iter().take(NAMED).map(|id| format!("`{id}`")).collect();
    match ids.len().saturating_sub(NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Promotion is allowed by a green verdict over a whole run, or in rollback mode by its record where the verdict is red or the
/// run a part; it never changes the verdict. Where nothing was judged nothing allows it: there is no failure that a person could
/// have looked at. For the same reason nothing allows it where only chosen gates of the lane were judged.
pub fn promotion(gates: &[GateResult], exit_code: u8, mode: Mode, grounds: &Grounds<'_>) -> Promotion {
    let Grounds { rollback, not_whole, not_judged } = *grounds;
    let ids = |status: Status| {
        gates.iter().filter(|g| g.blocking && g.status == status).map(|g| g.id.clone()).collect::<Vec<_>>()
    };
    let blocking_gates = ids(Status::Fail);
    let waivers = ids(Status::Waived);
    let mut conditions = Vec::new();
    if exit_code == 3 {
        let blocks = gates.iter().any(|g| g.blocking);
        let what = if blocks { "one blocking gate" } else { "one gate" };
        conditions.push(format!("at least {what} must pass, or be validly waived"));
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
    if !not_judged.is_empty() {
        conditions
            .push(format!("the whole lane must be judged, and {} were not (--gate)", some_of(not_judged)));
    }
    conditions.extend(not_whole.map(String::from));
    let whole = not_whole.is_none() || waivers.iter().any(|id| id == WHOLE);
    let by = match (exit_code, mode, rollback) {
        _ if !not_judged.is_empty() => None,
        (0, _, _) if whole => Some("verdict"),
        (0 | 1, Mode::Rollback, Some(record)) => {
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

    fn gate(id: &str, status: Status, blocking: bool) -> GateResult {
        GateResult {
            id: id.into(),
            name: id.into(),
            owner: "o".into(),
            status,
            blocking,
            shadow: false,
            reason: None,
            detail: String::new(),
            findings: Vec::new(),
            artifacts: Vec::new(),
            reproduce_command: format!("see {id}"),
            runbook: None,
            remediation: Vec::new(),
            waiver: (status == Status::Waived).then(|| WaiverRef {
                owner: "w".into(),
                reason: "r".into(),
                issue: "i".into(),
                expires: "2026-11-30".into(),
                days_remaining: 10,
            }),
            since: None,
            trace: None,
            duration_us: 0,
        }
    }

    fn record() -> Rollback {
        Rollback {
            owner: "o".into(),
            rationale: "prod is down".into(),
            created: "2026-11-20".into(),
            expires: "2026-11-24".into(),
        }
    }

    #[test]
    fn only_a_green_verdict_or_a_record_over_a_red_one_allows_it() {
        let gates = [gate("a", Status::Pass, true)];
        for (code, mode, recorded, by) in [
            (0, Mode::Strict, false, Some("verdict")),
            (0, Mode::Rollback, true, Some("verdict")),
            (1, Mode::Strict, true, None),
            (1, Mode::Rollback, false, None),
            (1, Mode::Rollback, true, Some("rollback")),
            (3, Mode::Strict, true, None),
            (3, Mode::Rollback, true, None),
            (4, Mode::Rollback, true, None),
        ] {
            let promotion = promotion(
                &gates,
                code,
                mode,
                &Grounds { rollback: recorded.then(record).as_ref(), ..Grounds::default() },
            );
            assert_eq!((promotion.allowed, promotion.by.as_deref()), (by.is_some(), by), "{code} {mode:?}");
        }
    }

    #[test]
    fn the_conditions_say_what_stands_against_it() {
        let of = |gates: &[GateResult], code| promotion(gates, code, Mode::Strict, &Grounds::default());
        let green = of(&[gate("a", Status::Pass, true), gate("b", Status::Warn, false)], 0);
        assert_eq!(
            (green.blocking_gates, green.waivers, green.conditions),
            (vec![], Vec::<String>::new(), Vec::<String>::new())
        );
        let red = of(
            &[gate("a", Status::Fail, true), gate("b", Status::Waived, true), gate("c", Status::Fail, false)],
            1,
        );
        assert_eq!((red.blocking_gates, red.waivers), (vec!["a".to_string()], vec!["b".to_string()]));
        assert_eq!(
            red.conditions,
            [
                "`a` must pass, or be validly waived",
                "the waiver of `b` ends after 2026-11-30; w answers for it"
            ]
        );
        // A lane in which nothing was judged says so, and no other does.
        assert_eq!(
            of(&[gate("a", Status::Skip, true)], 3).conditions,
            ["at least one blocking gate must pass, or be validly waived"]
        );
        assert_eq!(
            of(&[gate("a", Status::Warn, false)], 3).conditions,
            ["at least one gate must pass, or be validly waived"]
        );
        let by = promotion(
            &[gate("a", Status::Fail, true)],
            1,
            Mode::Rollback,
            &Grounds { rollback: Some(&record()), ..Grounds::default() },
        );
        assert_eq!(
            by.conditions,
            [
                "`a` must pass, or be validly waived",
                "rollback, an emergency control, ends after 2026-11-24; o answers for it: prod is down",
                "`strict` is restored after the fix"
            ]
        );
    }

    #[test]
    fn the_next_steps_are_those_of_each_red_gate_and_the_check_again() {
        let gates = [
            gate("a", Status::Fail, true),
            GateResult { reproduce_command: "see a".into(), ..gate("b", Status::Fail, true) },
            gate("c", Status::Warn, false),
        ];
        assert_eq!(
            next_steps(&gates, "again"),
            ["tollgate explain a", "see a", "tollgate explain b", "again"]
        );
        assert_eq!(next_steps(&gates[2..], "again"), [""; 0]);
    }

    fn allowed(gates: &[GateResult], exit_code: u8, not_whole: Option<&str>) -> (bool, Vec<String>) {
        let promotion =
            promotion(gates, exit_code, Mode::Strict, &Grounds { not_whole, ..Grounds::default() });
        (promotion.allowed, promotion.conditions)
    }

    #[test]
    fn a_green_verdict_over_a_part_promotes_nothing() {
        let green = [gate("a", Status::Pass, true)];
        assert_eq!(allowed(&green, 0, None), (true, vec![]));
        assert_eq!(
            allowed(&green, 0, Some("the run must be whole")),
            (false, vec!["the run must be whole".into()])
        );
        // A red verdict stays refused, whole or not.
        assert!(!allowed(&[gate("a", Status::Fail, true)], 1, None).0);
    }

    #[test]
    fn only_a_waiver_of_the_whole_run_stands_for_it() {
        let of = |id: &str, status| allowed(&[gate(id, status, true)], 0, Some("part"));
        assert!(of(WHOLE, Status::Waived).0);
        assert_eq!(of(WHOLE, Status::Waived).1.len(), 2);
        assert!(
            !of("pass_rate", Status::Waived).0 && !of(WHOLE, Status::Pass).0 && !of(WHOLE, Status::Warn).0
        );
    }

    #[test]
    fn rollback_is_an_emergency_and_names_what_is_missing() {
        let grounds = Grounds { rollback: Some(&record()), not_whole: Some("part"), ..Grounds::default() };
        let found = promotion(&[], 0, Mode::Rollback, &grounds);
        assert!(found.allowed && found.by.as_deref() == Some("rollback"));
        assert_eq!(found.conditions[0], "part");
    }

    #[test]
    fn chosen_gates_promote_nothing_by_no_means() {
        let not_judged: Vec<String> = (0..12).map(|n| format!("g{n}")).collect();
        let green = [gate("a", Status::Pass, true), gate(WHOLE, Status::Waived, true)];
        for (mode, exit_code) in [(Mode::Strict, 0), (Mode::Rollback, 0), (Mode::Rollback, 1)] {
            let (rollback, none) = (record(), []);
            let of = |not_judged| {
                let grounds = Grounds { rollback: Some(&rollback), not_whole: None, not_judged };
                promotion(&green, exit_code, mode, &grounds)
            };
            let found = of(&not_judged[..]);
            assert_eq!((found.allowed, found.by), (false, None), "{mode:?} {exit_code}");
            let said = "the whole lane must be judged, and `g0`, `g1`, `g2`, `g3`, `g4`, `g5`, `g6`, `g7`, `g8`, `g9` and \
                        2 more were not (--gate)";
            assert!(found.conditions.iter().any(|c| c == said), "{:?}", found.conditions);
            assert!(of(&none[..]).allowed);
        }
    }

    #[test]
    fn some_are_named_and_more_are_counted() {
        let ids = |count: usize| (0..count).map(|n| format!("g{n}")).collect::<Vec<_>>();
        assert_eq!(some_of(&ids(0)), "");
        assert_eq!(some_of(&ids(2)), "`g0`, `g1`");
        let ten = "`g0`, `g1`, `g2`, `g3`, `g4`, `g5`, `g6`, `g7`, `g8`, `g9`";
        assert_eq!(some_of(&ids(10)), ten);
        assert_eq!(some_of(&ids(11)), format!("{ten} and 1 more"));
    }
}

//! What a waiver covers, and which ones nothing needed.

use crate::model::lane::Lane;
use crate::model::waiver::{Entry, Kind, State};
use std::collections::BTreeSet;

/// Whether `entry` relabels a failing gate. `failed_checks` holds one element for each finding: the check's id, or
/// `None` when the evidence itself is at fault. A waiver with `checks` covers those checks alone: any other finding
/// keeps the gate red.
pub fn covers(entry: &Entry, gate_id: &str, lane: Lane, failed_checks: &[Option<&str>]) -> bool {
    let in_lane = entry.lanes.as_ref().is_some_and(|lanes| lanes.iter().any(|l| l == lane.name()));
    let checks_covered = match &entry.checks {
        None => true,
        // A gate that failed without naming a check is not covered by a waiver that names some.
        Some(checks) => {
            !failed_checks.is_empty()
                && failed_checks
                    .iter()
                    .all(|failed| failed.is_some_and(|id| checks.iter().any(|check| check == id)))
        }
    };
    entry.kind == Kind::Waiver && entry.id == gate_id && entry.state.holds() && in_lane && checks_covered
}

/// The waiver that relabels a failing gate, if one does.
pub fn covering<'e>(
    entries: &'e [Entry],
    gate_id: &str,
    lane: Lane,
    failed_checks: &[Option<&str>],
) -> Option<&'e Entry> {
    entries.iter().find(|entry| covers(entry, gate_id, lane, failed_checks))
}

/// Why a waiver that holds does not relabel its failing gate, as a clause; `failed_checks` as in [`covers`]. `None` when it
/// does, and when it does not hold: then its `detail` says why.
pub fn shortfall(entry: &Entry, lane: Lane, failed_checks: &[Option<&str>]) -> Option<String> {
    if !entry.state.holds() {
        return None;
    }
    let lanes = entry.lanes.as_deref().unwrap_or_default();
    if !lanes.iter().any(|l| l == lane.name()) {
        return Some(format!("it is for {}, not for the lane {}", lanes.join(", "), lane.name()));
    }
    let checks = entry.checks.as_ref()?;
    let beyond: BTreeSet<&str> =
        failed_checks.iter().flatten().copied().filter(|id| !checks.iter().any(|c| c == id)).collect();
    let mut more = Vec::new();
    if !beyond.is_empty() {
        more.push(format!("{} failed too", beyond.into_iter().collect::<Vec<_>>().join(", ")));
    }
    if failed_checks.iter().any(Option::is_none) {
        more.push("the evidence itself is at fault".into());
    }
    (!more.is_empty()).then(|| format!("it covers {} alone, and {}", checks.join(", "), more.join(" and ")))
}

/// Marks as `unused` each waiver that holds in `lane` and whose gate passed without it.
pub fn mark_unused(entries: &mut [Entry], lane: Lane, passed: &BTreeSet<&str>) {
    for entry in entries {
        let needed = !passed.contains(entry.id.as_str());
        let in_lane = entry.lanes.as_ref().is_some_and(|lanes| lanes.iter().any(|l| l == lane.name()));
        if entry.kind == Kind::Waiver
            && entry.state.holds()
            && entry.state != State::Unused
            && in_lane
            && !needed
        {
            entry.detail = format!("its gate passed without it; {}", entry.detail);
            entry.state = State::Unused;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(state: State, checks: Option<&[&str]>) -> Entry {
        Entry {
            id: "g".into(),
            kind: Kind::Waiver,
            state,
            detail: "9 days left".into(),
            days_remaining: Some(9),
            owner: None,
            reason: None,
            issue: None,
            created: None,
            expires: None,
            exit_criteria: None,
            lanes: Some(vec!["full".into()]),
            checks: checks.map(|c| c.iter().map(|s| s.to_string()).collect()),
            renewals: None,
            category: None,
            evidence: None,
            reproduce: None,
            signature: None,
            region: None,
        }
    }

    #[test]
    fn a_waiver_covers_its_gate_in_its_lanes_while_it_holds() {
        let active = entry(State::Active, None);
        assert!(covers(&active, "g", Lane::Full, &[Some("a"), None]));
        assert!(!covers(&active, "h", Lane::Full, &[Some("a")]));
        assert!(!covers(&active, "g", Lane::Preflight, &[Some("a")]));
        assert!(covers(&entry(State::Due, None), "g", Lane::Full, &[None]));
        assert!(!covers(&entry(State::Expired, None), "g", Lane::Full, &[Some("a")]));
        assert!(!covers(&entry(State::Invalid, None), "g", Lane::Full, &[Some("a")]));
        let quarantine = Entry { kind: Kind::Quarantine, ..active };
        assert!(!covers(&quarantine, "g", Lane::Full, &[Some("a")]));
    }

    #[test]
    fn a_waiver_with_checks_covers_those_alone() {
        let some = entry(State::Active, Some(&["a", "b"]));
        assert!(covers(&some, "g", Lane::Full, &[Some("a")]));
        assert!(covers(&some, "g", Lane::Full, &[Some("a"), Some("b"), Some("a")]));
        assert!(!covers(&some, "g", Lane::Full, &[Some("a"), Some("c")]));
        assert!(!covers(&some, "g", Lane::Full, &[Some("a"), None]));
        assert!(!covers(&some, "g", Lane::Full, &[]));
    }

    #[test]
    fn a_waiver_that_does_not_cover_says_why() {
        let some = entry(State::Active, Some(&["a", "b"]));
        let why = |entry: &Entry, lane, failed: &[Option<&str>]| shortfall(entry, lane, failed);
        assert_eq!(why(&some, Lane::Full, &[Some("a")]), None);
        assert_eq!(
            why(&some, Lane::Full, &[Some("d"), Some("a"), Some("c"), Some("c"), None]).unwrap(),
            "it covers a, b alone, and c, d failed too and the evidence itself is at fault"
        );
        assert_eq!(
            why(&some, Lane::Full, &[None]).unwrap(),
            "it covers a, b alone, and the evidence itself is at fault"
        );
        assert_eq!(
            why(&entry(State::Due, None), Lane::Preflight, &[None]).unwrap(),
            "it is for full, not for the lane preflight"
        );
        assert_eq!(why(&entry(State::Expired, None), Lane::Full, &[None]), None);
    }

    #[test]
    fn only_a_passing_gate_of_the_lane_makes_a_waiver_unused() {
        let mut list = [entry(State::Due, None), entry(State::Expired, None), entry(State::Invalid, None)];
        mark_unused(&mut list, Lane::Preflight, &BTreeSet::from(["g"]));
        assert_eq!(list[0].state, State::Due);
        mark_unused(&mut list, Lane::Full, &BTreeSet::from(["h"]));
        assert_eq!(list[0].state, State::Due);
        mark_unused(&mut list, Lane::Full, &BTreeSet::from(["g"]));
        assert_eq!(list.each_ref().map(|e| e.state), [State::Unused, State::Expired, State::Invalid]);
        assert_eq!(list[0].detail, "its gate passed without it; 9 days left");
    }
}

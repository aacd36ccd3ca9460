//! What a waiver covers, and which ones nothing needed.

use crate::model::finding::{Finding, Reason};
use crate::model::lane::Lane;
use crate::model::waiver::{EntryKind, EntryState, WaiverEntry};
use std::collections::BTreeSet;

/// Whether `entry` relabels a gate that failed by these findings: each of them must be covered. Findings of checks are
/// covered by `checks`, or all of them where it is left out; faults of the evidence by their names in `reasons` alone.
pub fn covers(entry: &WaiverEntry, gate_id: &str, lane: Lane, findings: &[Finding]) -> bool {
    entry.kind == EntryKind::Waiver
        && entry.id == gate_id
        && entry.state.holds()
        && in_lane(entry, lane)
        // A gate that failed without saying by what is covered by nothing.
        && !findings.is_empty()
        && findings.iter().all(|finding| covers_finding(entry, finding))
}

fn in_lane(entry: &WaiverEntry, lane: Lane) -> bool {
    entry.lanes.as_ref().is_some_and(|lanes| lanes.iter().any(|l| l == lane.name()))
}

fn covers_finding(entry: &WaiverEntry, finding: &Finding) -> bool {
    match fault_of(finding) {
        Fault::Evidence(reason) => {
            Reason::OF_EVIDENCE.contains(&reason)
                && entry.reasons.iter().flatten().any(|named| named == reason.name())
        }
        Fault::Check(id) => entry.checks.as_ref().is_none_or(|checks| checks.iter().any(|check| check == id)),
    }
}

/// What is at fault, as far as a waiver asks.
enum Fault<'f> {
    /// The evidence, in this way.
    Evidence(Reason),
    /// What a check of this id found in it.
    Check(&'f str),
}

/// A check can find that the evidence is not there or cannot be read, too: that is a fault of the evidence.
fn fault_of(finding: &Finding) -> Fault<'_> {
    match (&finding.check, finding.reason) {
        (None, reason)
        | (
            Some(_),
            reason @ (Reason::Missing
            | Reason::Unreadable
            | Reason::Malformed
            | Reason::Schema
            | Reason::Stale),
        ) => Fault::Evidence(reason),
        (Some(id), _) => Fault::Check(id),
    }
}

/// The waiver that relabels a failing gate, if one does.
pub fn covering<'e>(
    entries: &'e [WaiverEntry],
    gate_id: &str,
    lane: Lane,
    findings: &[Finding],
) -> Option<&'e WaiverEntry> {
    entries.iter().find(|entry| covers(entry, gate_id, lane, findings))
}

/// What a waiver must name to cover these findings: checks by id, and in which ways the evidence is at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needs {
    /// Ids of the checks that found something, in order.
    pub checks: Vec<String>,
    /// Names of reasons, in the order of `Reason`.
    pub reasons: Vec<&'static str>,
}

/// What these findings need; `None` where no waiver can cover them.
pub fn needs(findings: &[Finding]) -> Option<Needs> {
    let (mut checks, mut reasons) = (BTreeSet::new(), BTreeSet::new());
    for finding in findings {
        match fault_of(finding) {
            Fault::Check(id) => checks.insert(id.to_string()),
            Fault::Evidence(reason) if Reason::OF_EVIDENCE.contains(&reason) => reasons.insert(reason),
            Fault::Evidence(_) => return None,
        };
    }
    let needs = Needs {
        checks: checks.into_iter().collect(),
        reasons: reasons.into_iter().map(Reason::name).collect(),
    };
    (needs.checks.len() + needs.reasons.len() > 0).then_some(needs)
}

/// Why a waiver that holds does not relabel its failing gate, as a clause. `None` when it does, and when it does not hold:
/// then its `detail` says why.
pub fn shortfall(entry: &WaiverEntry, lane: Lane, findings: &[Finding]) -> Option<String> {
    if !entry.state.holds() {
        return None;
    }
    if !in_lane(entry, lane) {
        let lanes = entry.lanes.as_deref().unwrap_or_default();
        return Some(format!("it is for {}, not for the lane {}", lanes.join(", "), lane.name()));
    }
    let (mut beyond, mut faults) = (BTreeSet::new(), BTreeSet::new());
    for finding in findings.iter().filter(|finding| !covers_finding(entry, finding)) {
        match fault_of(finding) {
            Fault::Check(id) => beyond.insert(id),
            Fault::Evidence(reason) => faults.insert(reason),
        };
    }
    let mut more = Vec::new();
    if !beyond.is_empty() {
        more.push(format!("{} failed too", beyond.into_iter().collect::<Vec<_>>().join(", ")));
    }
    if !faults.is_empty() {
        let names: Vec<_> = faults.iter().map(|reason| reason.name()).collect();
        more.push(format!("the evidence itself is at fault ({})", names.join(", ")));
    }
    if more.is_empty() {
        return None;
    }
    let narrowed = if is_unnamed(entry) && !faults.is_empty() { "it is narrowed: " } else { "" };
    let line = line_to_add(entry, &faults).map_or(String::new(), |line| format!("; {line} would cover that"));
    Some(format!("{narrowed}it covers {} alone, and {}{line}", what_it_covers(entry), more.join(" and ")))
}

fn what_it_covers(entry: &WaiverEntry) -> String {
    let checks = match &entry.checks {
        None => Some("checks".to_string()),
        Some(checks) if checks.is_empty() => None,
        Some(checks) => Some(checks.join(", ")),
    };
    let reasons = entry.reasons.as_ref().map(|reasons| format!("evidence that is {}", reasons.join(" or ")));
    checks.into_iter().chain(reasons).collect::<Vec<_>>().join(" and ")
}

/// A waiver that names neither checks nor reasons: before reasons were named, it covered the whole gate.
fn is_unnamed(entry: &WaiverEntry) -> bool {
    entry.checks.is_none() && entry.reasons.is_none()
}

/// The entry's `reasons` as they would have to be written.
fn line_to_add(entry: &WaiverEntry, faults: &BTreeSet<Reason>) -> Option<String> {
    let known = Reason::OF_EVIDENCE.into_iter();
    let named = |reason: &Reason| entry.reasons.iter().flatten().any(|n| n == reason.name());
    let all: Vec<String> = known
        .filter(|reason| faults.contains(reason) || named(reason))
        .map(|reason| format!("\"{}\"", reason.name()))
        .collect();
    let can = !faults.is_empty() && faults.iter().all(|fault| Reason::OF_EVIDENCE.contains(fault));
    can.then(|| format!("`reasons = [{}]`", all.join(", ")))
}

/// Says in the detail of each waiver that holds in `lane`, names nothing and would once have covered more of what its gate
/// failed by, that it is narrowed, and by which line it would cover that again. Its state stays what it is.
pub fn mark_narrowed(entries: &mut [WaiverEntry], lane: Lane, gate_id: &str, findings: &[Finding]) {
    let faults: BTreeSet<Reason> = findings
        .iter()
        .filter_map(|finding| match fault_of(finding) {
            Fault::Evidence(reason) => Some(reason),
            Fault::Check(_) => None,
        })
        .collect();
    for entry in entries.iter_mut().filter(|entry| entry.kind == EntryKind::Waiver && entry.id == gate_id) {
        if let Some(line) = line_to_add(entry, &faults)
            && entry.state.holds()
            && in_lane(entry, lane)
            && is_unnamed(entry)
        {
            entry.detail = format!(
                "narrowed: it covers checks alone, and the evidence is at fault: add {line}; {}",
                entry.detail
            );
        }
    }
}

/// Marks as `unused` each waiver that holds in `lane` and whose gate passed without it.
pub fn mark_unused(entries: &mut [WaiverEntry], lane: Lane, passed: &BTreeSet<&str>) {
    for entry in entries {
        let needed = !passed.contains(entry.id.as_str());
        if entry.kind == EntryKind::Waiver
            && entry.state.holds()
            && entry.state != EntryState::Unused
            && in_lane(entry, lane)
            && !needed
        {
            entry.detail = format!("its gate passed without it; {}", entry.detail);
            entry.state = EntryState::Unused;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(state: EntryState, checks: Option<&[&str]>) -> WaiverEntry {
        let checks = checks.map(|c| c.iter().map(|s| s.to_string()).collect());
        let blank = WaiverEntry::blank(EntryKind::Waiver, "g", state);
        WaiverEntry { lanes: Some(vec!["full".into()]), checks, ..blank }
    }

    fn reasons(entry: WaiverEntry, reasons: &[Reason]) -> WaiverEntry {
        WaiverEntry { reasons: Some(reasons.iter().map(|r| r.name().to_string()).collect()), ..entry }
    }

    fn of(check: &str, reason: Reason) -> Finding {
        Finding { check: Some(check.into()), ..Finding::new(reason, "x") }
    }

    /// A false check of each id.
    fn failed(checks: &[&str]) -> Vec<Finding> {
        checks.iter().map(|check| of(check, Reason::Assertion)).collect()
    }

    fn fault(reason: Reason) -> Finding {
        Finding::new(reason, "x")
    }

    #[test]
    fn a_waiver_covers_its_gate_in_its_lanes_while_it_holds() {
        let active = entry(EntryState::Active, None);
        assert!(covers(&active, "g", Lane::Full, &failed(&["a", "b"])));
        assert!(!covers(&active, "h", Lane::Full, &failed(&["a"])));
        assert!(!covers(&active, "g", Lane::Preflight, &failed(&["a"])));
        assert!(covers(&entry(EntryState::Due, None), "g", Lane::Full, &failed(&["a"])));
        assert!(covers(&entry(EntryState::Unused, None), "g", Lane::Full, &failed(&["a"])));
        assert!(!covers(&entry(EntryState::Expired, None), "g", Lane::Full, &failed(&["a"])));
        assert!(!covers(&entry(EntryState::Invalid, None), "g", Lane::Full, &failed(&["a"])));
        assert!(!covers(&active, "g", Lane::Full, &[]));
        let quarantine = WaiverEntry { kind: EntryKind::Quarantine, ..active.clone() };
        assert!(!covers(&quarantine, "g", Lane::Full, &failed(&["a"])));
        let nowhere = WaiverEntry { lanes: None, ..active };
        assert!(!covers(&nowhere, "g", Lane::Full, &failed(&["a"])));
        let list = [entry(EntryState::Expired, None), entry(EntryState::Due, Some(&["a"]))];
        let found = covering(&list, "g", Lane::Full, &failed(&["a"]));
        assert_eq!(found.map(|entry| entry.state), Some(EntryState::Due));
        assert_eq!(covering(&list, "g", Lane::Full, &failed(&["b"])), None);
    }

    #[test]
    fn a_waiver_with_checks_covers_those_alone() {
        let some = entry(EntryState::Active, Some(&["a", "b"]));
        assert!(covers(&some, "g", Lane::Full, &failed(&["a"])));
        assert!(covers(&some, "g", Lane::Full, &failed(&["a", "b", "a"])));
        assert!(!covers(&some, "g", Lane::Full, &failed(&["a", "c"])));
        assert!(!covers(&some, "g", Lane::Full, &[failed(&["a"]).remove(0), fault(Reason::Missing)]));
        assert!(!covers(&some, "g", Lane::Full, &[]));
        // What a check found of the evidence is a fault of the evidence, whoever found it.
        assert!(!covers(&some, "g", Lane::Full, &[of("a", Reason::Unreadable)]));
        assert!(covers(&some, "g", Lane::Full, &[of("a", Reason::Limit), of("b", Reason::Expression)]));
    }

    #[test]
    fn faults_of_the_evidence_are_covered_by_name_alone() {
        for reason in Reason::OF_EVIDENCE {
            let both = [failed(&["a"]).remove(0), fault(reason)];
            for plain in [entry(EntryState::Active, None), entry(EntryState::Active, Some(&["a"]))] {
                assert!(!covers(&plain, "g", Lane::Full, &[fault(reason)]), "{reason:?}");
                assert!(!covers(&plain, "g", Lane::Full, &both), "{reason:?}");
                let named = reasons(plain.clone(), &[reason]);
                assert!(covers(&named, "g", Lane::Full, &[fault(reason)]), "{reason:?}");
                assert!(covers(&named, "g", Lane::Full, &both), "{reason:?}");
                let others: Vec<_> = Reason::OF_EVIDENCE.into_iter().filter(|r| *r != reason).collect();
                assert!(!covers(&reasons(plain, &others), "g", Lane::Full, &[fault(reason)]), "{reason:?}");
            }
            let evidence_alone = reasons(entry(EntryState::Active, Some(&[])), &[reason]);
            assert!(covers(&evidence_alone, "g", Lane::Full, &[fault(reason)]));
            assert!(!covers(&evidence_alone, "g", Lane::Full, &both));
        }
        for never in [Reason::Waiver, Reason::Assertion, Reason::NotApplicable, Reason::NotReached] {
            let named = reasons(entry(EntryState::Active, None), &[never]);
            assert!(!covers(&named, "g", Lane::Full, &[fault(never)]), "{never:?}");
        }
    }

    #[test]
    fn a_waiver_that_does_not_cover_says_why() {
        let some = entry(EntryState::Active, Some(&["a", "b"]));
        let why = |entry: &WaiverEntry, lane, findings: &[Finding]| shortfall(entry, lane, findings);
        assert_eq!(why(&some, Lane::Full, &failed(&["a"])), None);
        let mut all = failed(&["d", "a", "c", "c"]);
        all.push(fault(Reason::Missing));
        assert_eq!(
            why(&some, Lane::Full, &all).unwrap(),
            "it covers a, b alone, and c, d failed too and the evidence itself is at fault (missing); \
             `reasons = [\"missing\"]` would cover that"
        );
        let stale = reasons(entry(EntryState::Active, Some(&[])), &[Reason::Stale]);
        assert_eq!(
            why(&stale, Lane::Full, &[fault(Reason::Missing), of("a", Reason::Assertion)]).unwrap(),
            "it covers evidence that is stale alone, and a failed too and the evidence itself is at fault (missing); \
             `reasons = [\"missing\", \"stale\"]` would cover that"
        );
        assert_eq!(why(&stale, Lane::Full, &[fault(Reason::Stale)]), None);
        assert_eq!(
            why(&entry(EntryState::Due, None), Lane::Full, &[fault(Reason::Schema)]).unwrap(),
            "it is narrowed: it covers checks alone, and the evidence itself is at fault (schema); \
             `reasons = [\"schema\"]` would cover that"
        );
        assert_eq!(
            why(&entry(EntryState::Due, None), Lane::Preflight, &[fault(Reason::Missing)]).unwrap(),
            "it is for full, not for the lane preflight"
        );
        assert_eq!(why(&entry(EntryState::Expired, None), Lane::Full, &[fault(Reason::Missing)]), None);
        // No line helps where nothing can cover it.
        let lost = why(&entry(EntryState::Due, None), Lane::Full, &[fault(Reason::Waiver)]).unwrap();
        assert!(lost.ends_with("(waiver)"), "{lost}");
    }

    #[test]
    fn a_narrowed_waiver_says_so_and_keeps_its_state() {
        let missing = [fault(Reason::Missing), fault(Reason::Stale)];
        let marked = |entry: WaiverEntry, gate: &str, lane, findings: &[Finding]| {
            let mut list = [entry];
            mark_narrowed(&mut list, lane, gate, findings);
            let [entry] = list;
            (entry.state, entry.detail)
        };
        let (state, detail) = marked(entry(EntryState::Due, None), "g", Lane::Full, &missing);
        assert_eq!(state, EntryState::Due);
        assert_eq!(
            detail,
            "narrowed: it covers checks alone, and the evidence is at fault: add `reasons = [\"missing\", \"stale\"]`; \
             9 days left"
        );
        let same = |entry, gate, lane, findings: &[Finding]| {
            assert_eq!(marked(entry, gate, lane, findings).1, "9 days left");
        };
        same(entry(EntryState::Due, None), "g", Lane::Full, &failed(&["a"]));
        same(entry(EntryState::Due, None), "h", Lane::Full, &missing);
        same(entry(EntryState::Due, None), "g", Lane::Preflight, &missing);
        same(entry(EntryState::Expired, None), "g", Lane::Full, &missing);
        same(entry(EntryState::Due, Some(&["a"])), "g", Lane::Full, &missing);
        same(reasons(entry(EntryState::Due, None), &[Reason::Stale]), "g", Lane::Full, &missing);
        let quarantine = WaiverEntry { kind: EntryKind::Quarantine, ..entry(EntryState::Due, None) };
        same(quarantine, "g", Lane::Full, &missing);
    }

    #[test]
    fn only_a_passing_gate_of_the_lane_makes_a_waiver_unused() {
        let mut list = [
            entry(EntryState::Due, None),
            entry(EntryState::Expired, None),
            entry(EntryState::Invalid, None),
        ];
        mark_unused(&mut list, Lane::Preflight, &BTreeSet::from(["g"]));
        assert_eq!(list[0].state, EntryState::Due);
        mark_unused(&mut list, Lane::Full, &BTreeSet::from(["h"]));
        assert_eq!(list[0].state, EntryState::Due);
        mark_unused(&mut list, Lane::Full, &BTreeSet::from(["g"]));
        assert_eq!(
            list.each_ref().map(|e| e.state),
            [EntryState::Unused, EntryState::Expired, EntryState::Invalid]
        );
        assert_eq!(list[0].detail, "its gate passed without it; 9 days left");
        // Once is enough, and a quarantine entry has no gate.
        mark_unused(&mut list, Lane::Full, &BTreeSet::from(["g"]));
        assert_eq!(list[0].detail, "its gate passed without it; 9 days left");
        let mut other = [WaiverEntry { kind: EntryKind::Quarantine, ..entry(EntryState::Due, None) }];
        mark_unused(&mut other, Lane::Full, &BTreeSet::from(["g"]));
        assert_eq!(other[0].state, EntryState::Due);
    }

    const ALL: [Reason; 11] = [
        Reason::Missing,
        Reason::Unreadable,
        Reason::Malformed,
        Reason::Schema,
        Reason::Stale,
        Reason::Limit,
        Reason::Expression,
        Reason::Assertion,
        Reason::Waiver,
        Reason::NotApplicable,
        Reason::NotReached,
    ];

    prop_compose! {
        fn a_finding()(check in prop::option::of(0..3usize), reason in 0..ALL.len()) -> Finding {
            let check = check.map(|at| ["a", "b", "c"][at].to_string());
            Finding { check, ..Finding::new(ALL[reason], "x") }
        }
    }

    proptest! {
        /// What a template names is what covers, and one name less covers less; a waiver covers, or says why not.
        #[test]
        fn what_findings_need_is_what_covers_them(findings in prop::collection::vec(a_finding(), 1..6), drop_at in 0..9usize) {
            let Some(needs) = needs(&findings) else {
                let all = WaiverEntry { reasons: Some(ALL.map(|r| r.name().to_string()).into()), ..entry(EntryState::Active, None) };
                prop_assert!(!covers(&all, "g", Lane::Full, &findings));
                return Ok(());
            };
            let named = WaiverEntry {
                checks: Some(needs.checks.clone()),
                reasons: Some(needs.reasons.iter().map(|r| r.to_string()).collect()),
                ..entry(EntryState::Active, None)
            };
            prop_assert!(covers(&named, "g", Lane::Full, &findings));
            prop_assert_eq!(shortfall(&named, Lane::Full, &findings), None);
            let mut less = named;
            let at = drop_at % (needs.checks.len() + needs.reasons.len());
            if at < needs.checks.len() {
                less.checks.as_mut().unwrap().remove(at);
            } else {
                less.reasons.as_mut().unwrap().remove(at - needs.checks.len());
            }
            prop_assert!(!covers(&less, "g", Lane::Full, &findings));
            prop_assert!(shortfall(&less, Lane::Full, &findings).is_some());
        }
    }
}

//! Which part of a selection a shard runs. Every item is in exactly one part, whatever the order of the lists: each
//! machine divides for itself and must come to the same parts.

use super::digest::digest;
use super::select::Selection;
use super::timings::{Timings, median};
use crate::model::plan::{Plan, PlannedSuite, Shard, ShardKind, shard_name};
use crate::model::suite::SuiteRole;
use std::collections::BTreeSet;

/// Which part of which list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Division {
    /// What is divided.
    pub kind: ShardKind,
    /// Counted from 0.
    pub index: u32,
    /// How many parts.
    pub total: u32,
}

impl Division {
    /// The whole of everything.
    pub const WHOLE: Division = Division { kind: ShardKind::None, index: 0, total: 1 };
}

/// A shard of suites runs its part of the E2E suites and no unit target, a shard of units the other way round, and an
/// undivided run everything. Without timings the parts differ by at most one item; with them the longest item goes onto
/// the least loaded part, and one whose time is unknown counts as the median of the known. The error is a sentence: an
/// index that is not below its total, or an undivided run with parts.
pub fn shard(selection: Selection, division: Division, timings: Option<&Timings>) -> Result<Plan, String> {
    let Division { kind, index, total } = division;
    if total == 0 {
        return Err(format!("there is no shard {index} of 0: a run is divided into 1 part or more"));
    }
    if index >= total {
        return Err(format!(
            "there is no shard {index} of {total}: --shard-index counts from 0 to {}",
            total - 1
        ));
    }
    if kind == ShardKind::None && total > 1 {
        return Err(format!(
            "{} does not say what is divided: --shard-kind is suite or unit",
            shard_name(index, total)
        ));
    }
    let plan_digest = selection.digest();
    let whole = selection.counts();
    let Selection { profile, items, mut notes, .. } = selection;
    let items = match kind {
        ShardKind::None => items,
        ShardKind::Suite => part(items, SuiteRole::Suite, division, timings, &mut notes),
        ShardKind::Unit => part(items, SuiteRole::Unit, division, timings, &mut notes),
    };
    Ok(Plan { profile, items, whole, shard: Shard { kind, index, total, plan_digest }, notes })
}

/// This shard's part of one list, in the order of the selection.
fn part(
    items: Vec<PlannedSuite>,
    role: SuiteRole,
    division: Division,
    timings: Option<&Timings>,
    notes: &mut Vec<String>,
) -> Vec<PlannedSuite> {
    let items: Vec<PlannedSuite> = items.into_iter().filter(|item| item.role == role).collect();
    let times: Vec<Option<u64>> =
        items.iter().map(|item| timings.and_then(|t| t.of(role, &item.name))).collect();
    let known: Vec<u64> = times.iter().copied().flatten().collect();
    let mine: BTreeSet<usize> = match (timings, median(known)) {
        (Some(_), Some(median)) => {
            let unknown = times.iter().filter(|t| t.is_none()).count();
            let times: Vec<u64> = times.into_iter().map(|t| t.unwrap_or(median)).collect();
            let dealt = by_duration(&items, &times, division.total);
            notes.push(spread(&dealt, &times, division.total, unknown));
            (0..items.len()).filter(|at| dealt[*at] == division.index).collect()
        }
        (given, _) => {
            if given.is_some() && !items.is_empty() {
                notes.push(
                    "the timings know none of the selected suites; the shards are divided by count".into(),
                );
            }
            let dealt = by_count(&items, division.total);
            (0..items.len()).filter(|at| dealt[*at] == division.index).collect()
        }
    };
    items.into_iter().enumerate().filter(|(at, _)| mine.contains(at)).map(|(_, item)| item).collect()
}

/// The part of each item: dealt out in the order of a digest of their names, so that neighbours in a list, which are often
/// alike, are spread.
fn by_count(items: &[PlannedSuite], total: u32) -> Vec<u32> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_cached_key(|at| {
        let item = &items[*at];
        (
            digest("", std::iter::once((item.role, item.kind.as_str(), item.name.as_str()))),
            &item.kind,
            &item.name,
        )
    });
    let mut dealt = vec![0; items.len()];
    for (at, part) in order.into_iter().zip((0..total).cycle()) {
        dealt[at] = part;
    }
    dealt
}

/// The part of each item: the longest first, onto the part with the least time, of those the one with the fewest items, of
/// those the first.
fn by_duration(items: &[PlannedSuite], times: &[u64], total: u32) -> Vec<u32> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by(|a, b| {
        let key = |at: usize| (&items[at].name, &items[at].kind);
        times[*b].cmp(&times[*a]).then_with(|| key(*a).cmp(&key(*b)))
    });
    // More parts than items: those beyond stay empty, and need not be kept.
    let parts = total.min(u32::try_from(items.len()).unwrap_or(u32::MAX));
    let mut loads: BTreeSet<(u128, usize, u32)> = (0..parts).map(|part| (0, 0, part)).collect();
    let mut dealt = vec![0; items.len()];
    for at in order {
        let Some((load, count, part)) = loads.pop_first() else { break };
        dealt[at] = part;
        loads.insert((load + u128::from(times[at]), count + 1, part));
    }
    dealt
}

/// The planned spread, as a sentence.
fn spread(dealt: &[u32], times: &[u64], total: u32, unknown: usize) -> String {
    let parts = dealt.iter().max().map_or(0, |most| *most as usize + 1);
    let mut loads = vec![0u128; parts];
    for (part, time) in dealt.iter().zip(times) {
        loads[*part as usize] += u128::from(*time);
    }
    let most = loads.iter().max().copied().unwrap_or(0);
    let least = if parts < total as usize { 0 } else { loads.iter().min().copied().unwrap_or(0) };
    let unknown = match unknown {
        0 => String::new(),
        1 => "; 1 suite without a time counts as the median".into(),
        n => format!("; {n} suites without a time count as the median"),
    };
    format!("planned spread of {total} shards: {} to {}{unknown}", seconds(least), seconds(most))
}

/// Milliseconds as `12.3 s`.
pub(super) fn seconds(milliseconds: u128) -> String {
    format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100)
}

#[cfg(test)]
mod tests {
    use super::super::sample::selection;
    use super::*;
    use proptest::prelude::*;
    use tollgate_text::figures;

    fn names(plan: &Plan) -> Vec<&str> {
        plan.items.iter().map(|i| i.name.as_str()).collect()
    }

    #[test]
    fn a_shard_runs_one_list_only() {
        let selection = selection(&["s1", "s2"], &["u1", "u2", "u3"]);
        let whole = shard(selection.clone(), Division::WHOLE, None).unwrap();
        assert_eq!(names(&whole), ["s1", "s2", "u1", "u2", "u3"]);
        let division = Division { kind: ShardKind::Suite, index: 0, total: 1 };
        let suites = shard(selection.clone(), division, None).unwrap();
        assert_eq!(names(&suites), ["s1", "s2"]);
        let units = shard(selection, Division { kind: ShardKind::Unit, ..division }, None).unwrap();
        assert_eq!(names(&units), ["u1", "u2", "u3"]);
        assert_eq!(whole.shard.plan_digest, units.shard.plan_digest);
        assert_eq!((units.whole.suites, units.whole.units), (2, 3));
    }

    #[test]
    fn what_is_no_part_is_an_error() {
        let of = |kind, index, total| {
            shard(selection(&["a"], &[]), Division { kind, index, total }, None).unwrap_err()
        };
        insta::assert_snapshot!([
            of(ShardKind::Suite, 2, 2),
            of(ShardKind::Suite, 0, 0),
            of(ShardKind::None, 0, 2),
        ].join("\n"), @"
        there is no shard 2 of 2: --shard-index counts from 0 to 1
        there is no shard 0 of 0: a run is divided into 1 part or more
        shard 0 of 2 (--shard-index 0 --shard-total 2) does not say what is divided: --shard-kind is suite or unit
        ");
    }

    #[test]
    fn durations_balance_and_ties_are_settled() {
        let timings =
            Timings::from_json("t", br#"{"a": 60000, "b": 30000, "c": 20000, "d": 10000}"#).unwrap();
        let of = |index| {
            let division = Division { kind: ShardKind::Unit, index, total: 2 };
            shard(selection(&[], &["d", "e", "c", "b", "a"]), division, Some(&timings)).unwrap()
        };
        // e is unknown and counts as the median of the four, 25 s.
        assert_eq!((names(&of(0)), names(&of(1))), (vec!["d", "a"], vec!["e", "c", "b"]));
        assert_eq!(
            of(0).notes,
            ["planned spread of 2 shards: 70.0 s to 75.0 s; 1 suite without a time counts as the median"]
        );
        let none = Timings::from_json("t", br#"{"x": 1}"#).unwrap();
        let division = Division { kind: ShardKind::Unit, index: 0, total: 2 };
        let plan = shard(selection(&[], &["a", "b"]), division, Some(&none)).unwrap();
        assert_eq!(
            plan.notes,
            ["the timings know none of the selected suites; the shards are divided by count"]
        );
        assert_eq!(plan.items.len(), 1);
        // Times of zero say nothing: the items are still spread.
        let zero = Timings::from_json("t", br#"{"a": 0, "b": 0, "c": 0, "d": 0}"#).unwrap();
        let plan = shard(selection(&[], &["a", "b", "c", "d"]), division, Some(&zero)).unwrap();
        assert_eq!(names(&plan), ["a", "c"]);
    }

    #[test]
    fn more_shards_than_items_leaves_some_empty() {
        let timings =
            Timings::from_json("t", br#"{"a": 18446744073709551615, "b": 18446744073709551615}"#).unwrap();
        for timings in [None, Some(&timings)] {
            let of = |index| {
                let division = Division { kind: ShardKind::Unit, index, total: u32::MAX };
                shard(selection(&[], &["a", "b"]), division, timings).unwrap().items.len()
            };
            assert_eq!((of(0) + of(1), of(2), of(u32::MAX - 1)), (2, 0, 0));
        }
    }

    /// A list of distinct names and a permutation of it.
    fn shuffled() -> impl Strategy<Value = (Vec<String>, Vec<String>)> {
        prop::collection::btree_set("\\PC{1,6}", 0..40)
            .prop_map(|set| set.into_iter().collect::<Vec<_>>())
            .prop_flat_map(|list| (Just(list.clone()), Just(list).prop_shuffle()))
    }

    proptest! {
        /// Whatever the names, their order and the timings: every item is in one part, each machine finds the same parts,
        /// and by count they differ by at most one.
        #[test]
        fn a_partition_is_one(
            (list, turned) in shuffled(),
            total in 1u32..12,
            times in prop::collection::vec(prop::option::of(0u64..1_000_000), 40),
            timed: bool,
        ) {
            let named = list.iter().zip(&times).filter_map(|(n, t)| t.map(|t| (n.clone(), t))).collect();
            let timings = Timings::of_names(named);
            let timings = timed.then_some(&timings);
            let parts = |list: &[String]| -> Vec<Vec<String>> {
                let list: Vec<&str> = list.iter().map(String::as_str).collect();
                (0..total)
                    .map(|index| {
                        let division = Division { kind: ShardKind::Suite, index, total };
                        let plan = shard(selection(&list, &["u"]), division, timings).unwrap();
                        let mut names: Vec<String> = plan.items.into_iter().map(|i| i.name).collect();
                        names.sort();
                        names
                    })
                    .collect()
            };
            let found = parts(&list);
            let mut all: Vec<String> = found.iter().flatten().cloned().collect();
            all.sort();
            let mut wanted = list.clone();
            wanted.sort();
            prop_assert_eq!(all, wanted);
            prop_assert_eq!(&found, &parts(&turned));
            let sizes: Vec<usize> = found.iter().map(Vec::len).collect();
            if !timed {
                prop_assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1, "{:?}", sizes);
            }
        }

        /// The longest part is at most the mean and one longest item: what longest-first promises.
        #[test]
        fn durations_are_balanced(times in prop::collection::vec(0u64..100_000, 1..60), total in 1u32..8) {
            let named: Vec<String> = (0..times.len()).map(|i| format!("s{i}")).collect();
            let timings = Timings::of_names(named.iter().cloned().zip(times.iter().copied()).collect());
            let list: Vec<&str> = named.iter().map(String::as_str).collect();
            let load = |index| -> u64 {
                let division = Division { kind: ShardKind::Suite, index, total };
                let plan = shard(selection(&list, &[]), division, Some(&timings)).unwrap();
                figures::total(plan.items.iter().filter_map(|i| timings.of(SuiteRole::Suite, &i.name)))
            };
            let most = (0..total).map(load).max().unwrap();
            let mean = figures::total(times.iter().copied()) / u64::from(total);
            prop_assert!(most <= mean + 1 + times.iter().max().unwrap());
        }
    }
}

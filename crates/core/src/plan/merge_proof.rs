//! Whether shards make one whole: of one commit and one plan, every part there and none twice.

use super::digest::digest;
use crate::model::plan::{ShardKind, shard_name};
use crate::model::run::{RunSummary, schema};
use crate::model::suite::SuiteRole;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use tollgate_text::show::show;
use tollgate_text::time::parse_rfc3339;

/// Where a part was found, as shown, and its summary.
pub type PartSummary = (String, RunSummary);

/// How many missing shards are named one by one.
const NAMED: usize = 20;

/// What speaks against merging, one sentence each, in an order that does not depend on that of the parts. Empty: the parts
/// are disjoint and complete.
pub fn faults(parts: &[&PartSummary]) -> Vec<String> {
    if parts.is_empty() {
        return vec!["there is no run to merge".into()];
    }
    let mut faults: Vec<String> = parts.iter().flat_map(|part| alone(part)).collect();
    one(parts, "commit", |s| s.identity.commit.clone(), &mut faults);
    one(parts, "tree", |s| s.tree.as_ref().map(|tree| tree.tracked.clone()), &mut faults);
    one(parts, "profile", |s| Some(s.profile.clone()), &mut faults);
    one(parts, "plan digest", |s| Some(s.shard.plan_digest.clone()), &mut faults);
    one(parts, "plan", |s| Some(format!("{} suites and {} units", s.plan.suites, s.plan.units)), &mut faults);
    one(parts, "baseline", |s| s.baseline.clone(), &mut faults);
    let of =
        |kind| -> Vec<&PartSummary> { parts.iter().copied().filter(|(_, s)| s.shard.kind == kind).collect() };
    let (whole, suites, units) = (of(ShardKind::None), of(ShardKind::Suite), of(ShardKind::Unit));
    match (whole.len(), parts.len()) {
        (0, _) => {
            complete(&suites, ShardKind::Suite, parts[0].1.plan.suites, &mut faults);
            complete(&units, ShardKind::Unit, parts[0].1.plan.units, &mut faults);
        }
        (1, 1) => {}
        _ => {
            for (path, _) in whole {
                faults
                    .push(format!("{} is a whole run already, and what is beside it doubles it", show(path)));
            }
        }
    }
    if faults.is_empty() {
        faults = disjoint(parts);
    }
    faults
}

/// What is wrong with a part whatever the others are.
fn alone((path, summary): &PartSummary) -> Vec<String> {
    let path = show(path);
    let mut faults = Vec::new();
    if summary.schema != schema::SUMMARY {
        faults.push(format!("{path} is no {} but a {}", schema::SUMMARY, brief(&summary.schema)));
    }
    if summary.rerun_from.is_some() {
        faults.push(format!("{path} is a replay: it holds what was replayed and not its whole shard"));
    }
    if let Err(why) = parse_rfc3339(&summary.identity.generated_at) {
        faults.push(format!("{path} does not say when it ran: {why}"));
    }
    let shard = &summary.shard;
    let (kind, index, total) = (shard.kind, shard.index, shard.total);
    if index >= total || (kind == ShardKind::None && total != 1) {
        faults.push(format!(
            "{path} says that it is {} of kind {}, which no run is",
            shard_name(index, total),
            kind.name()
        ));
    }
    let holds =
        |role| summary.all().any(|(r, _)| r == role) || summary.not_run.iter().any(|n| n.role == role);
    if kind == ShardKind::Suite && holds(SuiteRole::Unit) {
        faults.push(format!("{path} is a shard of the suites and holds unit targets"));
    }
    if kind == ShardKind::Unit && holds(SuiteRole::Suite) {
        faults.push(format!("{path} is a shard of the unit targets and holds suites"));
    }
    faults
}

/// All parts must say the same. Those that differ from most are named; where no value has most, the first by name is held
/// against the others.
fn one(
    parts: &[&PartSummary],
    what: &str,
    value: impl Fn(&RunSummary) -> Option<String>,
    faults: &mut Vec<String>,
) {
    let mut groups: BTreeMap<Option<String>, BTreeSet<&str>> = BTreeMap::new();
    for (path, summary) in parts {
        groups.entry(value(summary)).or_default().insert(path);
    }
    let usual = groups.iter().max_by_key(|(value, paths)| (paths.len(), Reverse(*value)));
    let Some((usual, among)) = usual else { return };
    let reference = among.first().map_or_else(String::new, |path| show(path));
    for (value, paths) in groups.iter().filter(|(value, _)| *value != usual) {
        for path in paths {
            faults.push(format!(
                "{} is a foreign shard: its {what} is {}, and that of {reference} is {}",
                show(path),
                stated(what, value.as_deref()),
                stated(what, usual.as_deref())
            ));
        }
    }
}

/// The same, where nothing may be stated.
fn stated(what: &str, value: Option<&str>) -> String {
    match value {
        // What somebody calls `unknown` is not what nobody states.
        Some(word @ ("unknown" | "none")) => format!("`{word}`"),
        Some("") => "empty".into(),
        Some(value) => brief(value),
        None if what == "baseline" => "none".into(),
        None => "unknown".into(),
    }
}

/// What a summary states, fit to be shown in a sentence: it may be of any length.
fn brief(value: &str) -> String {
    const SHOWN: usize = 80;
    let cut: String = value.chars().take(SHOWN).collect();
    if cut.len() < value.len() { format!("{}…", show(&cut)) } else { show(value) }
}

/// Every index of a kind exactly once; none at all only where the plan has nothing of the kind.
fn complete(parts: &[&PartSummary], kind: ShardKind, planned: u64, faults: &mut Vec<String>) {
    let name = kind.name();
    if parts.is_empty() {
        if planned > 0 {
            faults.push(format!(
                "the {name} shards are missing: the plan has {planned} {name}s, and no folder holds any"
            ));
        }
        return;
    }
    one(parts, &format!("number of {name} shards"), |s| Some(s.shard.total.to_string()), faults);
    let mut by_total: BTreeMap<u32, usize> = BTreeMap::new();
    let mut by_index: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for (path, summary) in parts {
        *by_total.entry(summary.shard.total).or_default() += 1;
        by_index.entry(summary.shard.index).or_default().push(show(path));
    }
    let total =
        by_total.iter().max_by_key(|(total, count)| (**count, Reverse(**total))).map_or(0, |(t, _)| *t);
    for (index, paths) in by_index.iter_mut().filter(|(_, paths)| paths.len() > 1) {
        paths.sort();
        faults.push(format!("{name} {} is doubled: {}", shard_name(*index, total), paths.join(", ")));
    }
    let there = by_index.keys().filter(|index| **index < total).count() as u64;
    let missing = u64::from(total).saturating_sub(there);
    // A summary may claim billions of shards: the first missing ones are enough, and found without counting them all.
    let named = (0..total).filter(|index| !by_index.contains_key(index)).take(NAMED);
    let named: Vec<u32> = named.collect();
    if let (1, [index]) = (missing, &named[..]) {
        faults.push(format!("{name} {} is missing", shard_name(*index, total)));
    } else if missing > 0 {
        let named: Vec<String> = named.iter().map(u32::to_string).collect();
        let more = match missing.saturating_sub(NAMED as u64) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let named = named.join(", ");
        faults.push(format!(
            "{name} shards {named}{more} of {total} (--shard-index counts from 0) are missing"
        ));
    }
}

/// No suite in two parts, and all of them together the plan that the digest states.
fn disjoint(parts: &[&PartSummary]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut seen: BTreeMap<(SuiteRole, &str), &str> = BTreeMap::new();
    let mut items: BTreeSet<(SuiteRole, &str, &str)> = BTreeSet::new();
    for (path, summary) in parts {
        let mut own: BTreeSet<(SuiteRole, &str)> = BTreeSet::new();
        for (role, suite) in summary.all() {
            if !own.insert((role, &suite.name)) {
                faults.push(format!("{} holds `{}` twice", show(path), show(&suite.name)));
            }
            items.insert((role, &suite.kind, &suite.name));
        }
        for left in &summary.not_run {
            own.insert((left.role, &left.name));
            items.insert((left.role, &left.kind, &left.name));
        }
        for name in own {
            if let Some(first) = seen.insert(name, path) {
                faults.push(format!("`{}` stands in both {} and {}", show(name.1), show(first), show(path)));
            }
        }
    }
    let (_, first) = parts[0];
    // What an undivided run holds is its own matter: there is nothing to put together.
    if faults.is_empty() && first.shard.kind != ShardKind::None {
        let found = digest(&first.profile, items.iter().copied());
        if found != first.shard.plan_digest {
            let count = |role| items.iter().filter(|i| i.0 == role).count();
            faults.push(format!(
                "together the shards hold {} suites and {} units, which are not those of the plan ({} suites and {} units): \
                 a summary was changed or is not complete",
                count(SuiteRole::Suite),
                count(SuiteRole::Unit),
                first.plan.suites,
                first.plan.units
            ));
        }
    }
    faults
}

//! One run out of its shards. Every figure is counted again from the tests: what a shard's summary states is what somebody
//! wrote.

use super::merge_proof::{PartSummary, faults};
use super::shard::seconds;
use super::trees::digest_of;
use crate::model::plan::{Shard, ShardKind};
use crate::model::run::{Chosen, Identity, LintResult, RunStatus, RunSummary};
use crate::model::suite::SuiteStatus;
use crate::model::test::TestStatus;
use crate::model::tree::WorkingTree;
use std::collections::HashMap;
use tollgate_text::figures;
use tollgate_text::show::show;
use tollgate_text::time::parse_rfc3339;

/// A merged run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The undivided run. Its `identity` is that of the parts where they agree, with the oldest `generated_at` and an empty
    /// `run_id`; `replay_bundle` is empty and `triage_diff` null: a merge is written somewhere else, and whoever writes it
    /// fills these in.
    pub summary: RunSummary,
    /// What a person should know, one sentence each.
    pub notes: Vec<String>,
}

/// Merges the runs found under the paths. The order of the parts does not count. The errors are sentences that name the
/// missing, doubled and foreign shards by their paths; then there is no merge.
pub fn merge(parts: &[(String, RunSummary)]) -> Result<Merged, Vec<String>> {
    let mut parts: Vec<&PartSummary> = parts.iter().collect();
    parts.sort_by(|(a, s), (b, t)| (s.shard.kind, s.shard.index, a).cmp(&(t.shard.kind, t.shard.index, b)));
    let faults = faults(&parts);
    let [(_, first), ..] = &parts[..] else { return Err(faults) };
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut notes = Vec::new();
    let mut merged = empty(first, identity(&parts));
    merged.tree = tree(&parts);
    merged.dated_by = oldest(&parts).and_then(|s| s.dated_by);
    let stale = parts.iter().filter_map(|(path, s)| Some(format!("{}: {}", show(path), s.stale.as_ref()?)));
    let stale: Vec<String> = stale.collect();
    merged.stale = (!stale.is_empty()).then(|| stale.join("; "));
    if parts.iter().any(|(_, s)| s.selection != first.selection) {
        // They are of one plan all the same: then all of it is compared with a baseline.
        merged.selection = Chosen::default();
    }
    if parts.iter().any(|(_, s)| s.timeout != first.timeout) {
        merged.timeout = None;
    }
    for (path, summary) in &parts {
        let figures = recounted(path, summary, &mut notes);
        merged.masked = merged.masked.saturating_add(summary.masked);
        merged.mask_allowed = merged.mask_allowed.saturating_add(summary.mask_allowed);
        merged.not_run.extend(summary.not_run.iter().cloned());
        lint(&mut merged.lint, &summary.lint);
        merged.lint_not_run.extend(summary.lint_not_run.iter().cloned());
        merged.suites.extend(figures.suites);
        merged.units.extend(figures.units);
        if summary.status == RunStatus::Aborted {
            merged.status = RunStatus::Aborted;
        }
    }
    merged.recompute();
    if merged.status == RunStatus::Passed
        && let Some((path, _)) = parts.iter().find(|(_, s)| s.status == RunStatus::Failed)
    {
        merged.status = RunStatus::Failed;
        notes.push(format!("{} says that it failed, and nothing in it shows why", show(path)));
    }
    for kind in [ShardKind::Suite, ShardKind::Unit] {
        notes.extend(spread(&parts, kind));
    }
    Ok(Merged { summary: merged, notes })
}

fn empty(first: &RunSummary, identity: Identity) -> RunSummary {
    let plan_digest = first.shard.plan_digest.clone();
    let whole = Shard { kind: ShardKind::None, index: 0, total: 1, plan_digest };
    RunSummary {
        baseline: first.baseline.clone(),
        selection: first.selection.clone(),
        plan: first.plan,
        timeout: first.timeout,
        ..RunSummary::empty(identity, first.profile.clone(), whole)
    }
}

/// The part that ran first: a merge is as old as it. Times were read when the parts were proven.
fn oldest<'p>(parts: &[&'p PartSummary]) -> Option<&'p RunSummary> {
    parts.iter().map(|(_, s)| s).min_by_key(|s| parse_rfc3339(&s.identity.generated_at).ok())
}

/// The tree that all parts ran in, with the untracked files of each and what each wrote.
fn tree(parts: &[&PartSummary]) -> Option<WorkingTree> {
    let mut trees = parts.iter().filter_map(|(_, s)| s.tree.clone());
    let mut all = trees.next()?;
    for tree in trees {
        all.left_out = all.left_out.and(tree.left_out);
        all.written = all.written.and(tree.written);
        all.rewritten = all.rewritten.and(tree.rewritten);
        if all.ignored != tree.ignored {
            all.ignored = Some(WorkingTree::UNKNOWN.into());
        }
        all.untracked.listed = all.untracked.listed.and(tree.untracked.listed);
        all.untracked.left_out.extend(tree.untracked.left_out);
    }
    all.untracked.left_out.sort();
    all.untracked.left_out.dedup();
    if parts.len() > 1 {
        all.untracked.digest = digest_of(&all.untracked.listed.files);
    }
    Some(all)
}

/// What all parts say, or nothing where they differ.
fn identity(parts: &[&PartSummary]) -> Identity {
    let common = |value: &dyn Fn(&Identity) -> Option<String>| -> Option<String> {
        let mut values = parts.iter().map(|(_, s)| value(&s.identity));
        let first = values.next()??;
        values.all(|v| v.as_deref() == Some(first.as_str())).then_some(first)
    };
    Identity {
        generated_at: oldest(parts).map(|s| s.identity.generated_at.clone()).unwrap_or_default(),
        run_id: String::new(),
        correlation_id: common(&|i| Some(i.correlation_id.clone())).unwrap_or_default(),
        commit: common(&|i| i.commit.clone()),
        branch: common(&|i| i.branch.clone()),
    }
}

/// A part with its figures counted from its tests. A suite that calls itself passed and holds a failed test has failed.
fn recounted(path: &str, summary: &RunSummary, notes: &mut Vec<String>) -> RunSummary {
    let path = show(path);
    let mut again = summary.clone();
    for suite in again.suites.iter_mut().chain(&mut again.units) {
        let failed = suite.tests.iter().any(|t| t.status == TestStatus::Failed);
        if failed && !suite.status.is_failure() {
            let (name, said) = (show(&suite.name), suite.status.name());
            notes.push(format!("{path} calls `{name}` {said}, and a test of it failed: it counts as failed"));
            suite.status = SuiteStatus::Failed;
        }
    }
    again.recompute();
    let figures = |s: &RunSummary| {
        let counts = [s.passed_suites, s.total_suites, s.passed_units, s.total_units];
        let tests: u64 =
            figures::total(s.all().map(|(_, s)| figures::total([s.passed, s.failed, s.flaky, s.ignored])));
        (s.failed_names.clone(), s.failed_unit_names.clone(), counts, tests)
    };
    if figures(&again) != figures(summary) {
        notes.push(format!("the figures of {path} are not what its tests say; they were counted again"));
    }
    again
}

/// Every shard runs the lint steps: a step passed where it passed in each.
fn lint(merged: &mut Vec<LintResult>, more: &[LintResult]) {
    // By name, so that of shards with thousands of steps not each is looked for among all.
    let mut at: HashMap<String, usize> =
        merged.iter().enumerate().map(|(nth, step)| (step.name.clone(), nth)).collect();
    for step in more {
        let known = at.get(&step.name).and_then(|nth| merged.get_mut(*nth));
        match known {
            None => {
                at.insert(step.name.clone(), merged.len());
                merged.push(step.clone());
            }
            Some(held) => {
                held.passed &= step.passed;
                held.masked = held.masked.saturating_add(step.masked);
                held.mask_allowed = held.mask_allowed.saturating_add(step.mask_allowed);
                held.duration_ms = held.duration_ms.max(step.duration_ms);
            }
        }
    }
}

/// The realised spread of the shards of one kind.
fn spread(parts: &[&PartSummary], kind: ShardKind) -> Option<String> {
    let parts = parts.iter().filter(|(_, s)| s.shard.kind == kind);
    let loads: Vec<u128> =
        parts.map(|(_, s)| figures::total(s.all().map(|(_, s)| u128::from(s.duration_ms)))).collect();
    let (least, most) = (*loads.iter().min()?, *loads.iter().max()?);
    let (count, name) = (loads.len(), kind.name());
    Some(format!("realised spread of {count} {name} shards: {} to {}", seconds(least), seconds(most)))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{selection, suite, summary};
    use super::super::shard::{Division, shard};
    use super::*;
    use crate::model::run::NotRun;
    use crate::model::suite::{SuiteResult, SuiteRole};
    use proptest::prelude::*;

    /// The shards of a run, as the runner would write them.
    fn shards(whole: &RunSummary, suites: u32, units: u32) -> Vec<(String, RunSummary)> {
        let names = |list: &[SuiteResult]| list.iter().map(|s| s.name.clone()).collect::<Vec<_>>();
        let (s, u) = (names(&whole.suites), names(&whole.units));
        let s: Vec<&str> = s.iter().map(String::as_str).collect();
        let u: Vec<&str> = u.iter().map(String::as_str).collect();
        let mut parts = Vec::new();
        for (kind, total) in [(ShardKind::Suite, suites), (ShardKind::Unit, units)] {
            for index in 0..total {
                let plan = shard(selection(&s, &u), Division { kind, index, total }, None).unwrap();
                let mine =
                    |role, s: &SuiteResult| plan.items.iter().any(|i| i.role == role && i.name == s.name);
                let mut part = whole.clone();
                part.suites.retain(|s| mine(SuiteRole::Suite, s));
                part.units.retain(|s| mine(SuiteRole::Unit, s));
                part.not_run.retain(|n| plan.items.iter().any(|i| i.role == n.role && i.name == n.name));
                part.shard = plan.shard;
                part.identity.run_id = format!("{}-{index}", kind.name());
                // Every maskings' place is one shard.
                part.masked = if parts.is_empty() { whole.masked } else { 0 };
                part.recompute();
                parts.push((format!("out/{}-{index}", kind.name()), part));
            }
        }
        parts
    }

    /// But for times, ids and what the writer fills in.
    fn comparable(mut summary: RunSummary) -> RunSummary {
        summary.identity.run_id = String::new();
        summary.identity.generated_at = String::new();
        summary.replay_bundle.path.clear();
        summary.replay_bundle.one_command_replay.clear();
        summary
    }

    fn four() -> RunSummary {
        let failed = [("x", TestStatus::Failed), ("y", TestStatus::Passed)];
        summary(
            vec![
                suite("s1", "e2e", SuiteStatus::Passed, &[]),
                suite("s2", "e2e", SuiteStatus::Failed, &failed),
            ],
            vec![
                suite("u1", "unit", SuiteStatus::Passed, &[]),
                suite("u2", "unit", SuiteStatus::Crashed, &[]),
            ],
        )
    }

    fn why(parts: &[(String, RunSummary)]) -> String {
        let errors = merge(parts).unwrap_err();
        let mut turned = parts.to_vec();
        turned.reverse();
        assert_eq!(merge(&turned).unwrap_err(), errors, "the order counts");
        errors.join("\n")
    }

    #[test]
    fn a_lint_step_that_did_not_run_in_one_shard_did_not_run() {
        let mut parts = shards(&four(), 2, 1);
        parts[1].1.lint_not_run = vec!["fmt".into()];
        parts[2].1.lint_not_run = vec!["fmt".into(), "clippy".into()];
        parts[0].1.lint = vec![LintResult {
            name: "fmt".into(),
            passed: true,
            definition: None,
            duration_ms: 1,
            masked: 0,
            mask_allowed: 0,
        }];
        parts.iter_mut().for_each(|(_, s)| s.recompute());
        let merged = merge(&parts).unwrap().summary;
        assert_eq!(
            (merged.lint_not_run, merged.status),
            (vec!["clippy".to_string(), "fmt".into()], RunStatus::Failed)
        );
    }

    #[test]
    fn shards_make_the_whole_run() {
        let whole = four();
        let merged = merge(&shards(&whole, 2, 1)).unwrap();
        assert_eq!(comparable(merged.summary), comparable(whole.clone()));
        assert_eq!(
            merged.notes,
            [
                "realised spread of 2 suite shards: 0.0 s to 0.0 s",
                "realised spread of 1 unit shards: 0.0 s to 0.0 s"
            ]
        );
        let alone = merge(&[("out".into(), whole.clone())]).unwrap();
        assert_eq!((comparable(alone.summary), alone.notes), (comparable(whole), vec![]));
    }

    #[test]
    fn missing_shards_are_named() {
        let parts = shards(&four(), 3, 2);
        insta::assert_snapshot!([
            why(&[]),
            why(&parts[..4]),
            why(&parts[..3]),
            why(&parts[3..]),
            why(&parts[2..]),
        ].join("\n--\n"), @"
        there is no run to merge
        --
        unit shard 1 of 2 (--shard-index 1 --shard-total 2) is missing
        --
        the unit shards are missing: the plan has 2 units, and no folder holds any
        --
        the suite shards are missing: the plan has 2 suites, and no folder holds any
        --
        suite shards 0, 1 of 3 (--shard-index counts from 0) are missing
        ");
    }

    #[test]
    fn doubled_shards_are_named() {
        let mut parts = shards(&four(), 2, 1);
        parts.push(("again".into(), parts[1].1.clone()));
        insta::assert_snapshot!(why(&parts), @"suite shard 1 of 2 (--shard-index 1 --shard-total 2) is doubled: again, out/suite-1");
        let both = [("a".into(), four()), ("b".into(), four())];
        insta::assert_snapshot!(why(&both), @"
        a is a whole run already, and what is beside it doubles it
        b is a whole run already, and what is beside it doubles it
        ");
        let beside = [("a".into(), four()), shards(&four(), 2, 1).remove(0)];
        insta::assert_snapshot!(why(&beside), @"a is a whole run already, and what is beside it doubles it");
    }

    #[test]
    fn foreign_shards_are_named() {
        let with = |change: &dyn Fn(&mut RunSummary)| {
            let mut parts = shards(&four(), 2, 1);
            change(&mut parts[1].1);
            why(&parts)
        };
        insta::assert_snapshot!([
            with(&|s| s.identity.commit = Some("def".into())),
            with(&|s| s.identity.commit = None),
            with(&|s| s.profile = "quick".into()),
            with(&|s| s.shard.plan_digest = "0\n".into()),
            with(&|s| s.plan.units = 9),
            with(&|s| s.baseline = Some("b.json".into())),
            with(&|s| s.shard.total = 3),
            with(&|s| s.shard.total = u32::MAX),
            with(&|s| s.shard.index = 2),
            with(&|s| s.schema = "tollgate.run.summary.v2".into()),
            with(&|s| s.rerun_from = Some("x".into())),
            with(&|s| s.units = four().units),
        ].join("\n--\n"), @r"
        out/suite-1 is a foreign shard: its commit is def, and that of out/suite-0 is abc
        --
        out/suite-1 is a foreign shard: its commit is unknown, and that of out/suite-0 is abc
        --
        out/suite-1 is a foreign shard: its profile is quick, and that of out/suite-0 is ci
        --
        out/suite-1 is a foreign shard: its plan digest is 0\n, and that of out/suite-0 is 889d5b04860e8f47afd0088541a956f5f257d1f44fa0f1682775f283e358675f
        --
        out/suite-1 is a foreign shard: its plan is 2 suites and 9 units, and that of out/suite-0 is 2 suites and 2 units
        --
        out/suite-1 is a foreign shard: its baseline is b.json, and that of out/suite-0 is none
        --
        out/suite-1 is a foreign shard: its number of suite shards is 3, and that of out/suite-0 is 2
        --
        out/suite-1 is a foreign shard: its number of suite shards is 4294967295, and that of out/suite-0 is 2
        --
        out/suite-1 says that it is shard 2 of 2 (--shard-index 2 --shard-total 2) of kind suite, which no run is
        suite shard 1 of 2 (--shard-index 1 --shard-total 2) is missing
        --
        out/suite-1 is no tollgate.run.summary.v1 but a tollgate.run.summary.v2
        --
        out/suite-1 is a replay: it holds what was replayed and not its whole shard
        --
        out/suite-1 is a shard of the suites and holds unit targets
        ");
    }

    #[test]
    fn a_shard_that_was_edited_is_found_out() {
        let with = |change: &dyn Fn(&mut [PartSummary])| {
            let mut parts = shards(&four(), 2, 1);
            change(&mut parts);
            why(&parts)
        };
        insta::assert_snapshot!([
            with(&|p| p[2].1.units.truncate(1)),
            with(&|p| p[1].1.suites = p[0].1.suites.clone()),
            with(&|p| p[2].1.units[0].name = "other".into()),
            with(&|p| p[2].1.units[0].name = "u2".into()),
        ].join("\n--\n"), @"
        together the shards hold 2 suites and 1 units, which are not those of the plan (2 suites and 2 units): a summary was changed or is not complete
        --
        `s1` stands in both out/suite-0 and out/suite-1
        --
        together the shards hold 2 suites and 2 units, which are not those of the plan (2 suites and 2 units): a summary was changed or is not complete
        --
        out/unit-0 holds `u2` twice
        ");
    }

    #[test]
    fn figures_are_counted_again() {
        let mut parts = shards(&four(), 2, 1);
        let at = parts.iter().position(|(_, s)| !s.failed_names.is_empty()).unwrap();
        let red = &mut parts[at].1;
        (red.status, red.passed_suites, red.failed_names) = (RunStatus::Passed, 9, vec![]);
        red.suites.iter_mut().for_each(|s| (s.status, s.failed) = (SuiteStatus::Passed, 0));
        let merged = merge(&parts).unwrap();
        assert_eq!(comparable(merged.summary), comparable(four()));
        assert_eq!(merged.notes.len(), 4, "{:?}", merged.notes);
        let mut parts =
            vec![("out".to_string(), summary(vec![suite("s", "e2e", SuiteStatus::Passed, &[])], vec![]))];
        parts[0].1.status = RunStatus::Failed;
        let merged = merge(&parts).unwrap();
        assert_eq!(merged.summary.status, RunStatus::Failed);
        assert_eq!(merged.notes, ["out says that it failed, and nothing in it shows why"]);
    }

    #[test]
    fn lint_masks_and_aborts_are_joined() {
        let mut parts = shards(&four(), 1, 1);
        let step = |passed, duration_ms| LintResult {
            name: "fmt".into(),
            passed,
            definition: None,
            duration_ms,
            masked: 0,
            mask_allowed: 0,
        };
        parts[0].1.lint = vec![step(true, 5)];
        parts[1].1.lint = vec![step(false, 3)];
        (parts[0].1.masked, parts[1].1.masked) = (2, u64::MAX);
        parts[1].1.status = RunStatus::Aborted;
        let merged = merge(&parts).unwrap().summary;
        assert_eq!(merged.lint, [step(false, 5)]);
        assert_eq!((merged.masked, merged.status), (u64::MAX, RunStatus::Aborted));
    }

    fn any_suite() -> impl Strategy<Value = (SuiteStatus, Vec<TestStatus>)> {
        use SuiteStatus::{Crashed, Failed, Flaky, NotRun, Passed, TimedOut};
        let test = prop::sample::select(vec![TestStatus::Passed, TestStatus::Flaky, TestStatus::Ignored]);
        let status = prop::sample::select(vec![Passed, Failed, Flaky, NotRun, Crashed, TimedOut]);
        (status, prop::collection::vec(test, 0..3))
    }

    fn run_of(
        suites: Vec<(SuiteStatus, Vec<TestStatus>)>,
        units: Vec<(SuiteStatus, Vec<TestStatus>)>,
    ) -> RunSummary {
        let list = |kind: &str, list: Vec<(SuiteStatus, Vec<TestStatus>)>| -> Vec<SuiteResult> {
            list.into_iter()
                .enumerate()
                .map(|(i, (status, mut tests))| {
                    if status == SuiteStatus::Failed {
                        tests.push(TestStatus::Failed);
                    }
                    let names: Vec<String> = (0..tests.len()).map(|t| format!("t{t}")).collect();
                    let tests: Vec<_> = names.iter().map(String::as_str).zip(tests).collect();
                    suite(&format!("n{i}"), kind, status, &tests)
                })
                .collect()
        };
        let mut whole = summary(list("e2e", suites), list("unit", units));
        whole.not_run = whole
            .all()
            .filter(|(_, s)| s.status == SuiteStatus::NotRun)
            .map(|(role, s)| NotRun {
                name: s.name.clone(),
                kind: s.kind.clone(),
                role,
                tests: None,
                names: Default::default(),
                expected: Default::default(),
            })
            .collect();
        whole.masked = 7;
        whole.recompute();
        whole
    }

    proptest! {
        /// Whatever the run, however it was divided and in whatever order the shards come: the merge is the run, and with
        /// any shard taken away there is none.
        #[test]
        fn a_merge_is_the_undivided_run(
            suites in prop::collection::vec(any_suite(), 1..8),
            units in prop::collection::vec(any_suite(), 1..8),
            (of_suites, of_units) in (1u32..5, 1u32..5),
            order in prop::collection::vec(any::<u64>(), 10),
        ) {
            let whole = run_of(suites, units);
            let mut parts: Vec<_> = shards(&whole, of_suites, of_units).into_iter().zip(order).collect();
            parts.sort_by_key(|(_, key)| *key);
            let mut parts: Vec<_> = parts.into_iter().map(|(part, _)| part).collect();
            let merged = merge(&parts).unwrap();
            prop_assert_eq!(comparable(merged.summary), comparable(whole));
            let taken = parts.pop().unwrap();
            prop_assert!(merge(&parts).is_err());
            parts.extend([taken.clone(), taken]);
            prop_assert!(merge(&parts).is_err());
        }
    }
}

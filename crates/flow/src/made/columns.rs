//! A summary in memory as a comparison reads it: the same columns as `record::columns` makes of the file that it becomes, without
//! that file. It is ours and was counted a moment ago; a document is held to itself because somebody may have edited it.

use std::borrow::Cow;
use tollgate_core::model::columns::{Columns, NotRunRow, RunHead, SuiteRow, TestRow};
use tollgate_core::model::run::{NotRun, RunSummary};
use tollgate_core::model::suite::{SuiteResult, SuiteRole};
use tollgate_core::model::test::TestResult;
use tollgate_core::model::tree::WorkingTree;

/// The columns of a summary, settled. `None`: it holds more tests than they can number.
pub fn columns(summary: &RunSummary) -> Option<Columns<'_>> {
    let mut columns = Columns { head: head(summary), ..Columns::default() };
    for (role, suites) in [(SuiteRole::Suite, &summary.suites), (SuiteRole::Unit, &summary.units)] {
        for suite in suites {
            add(&mut columns, role, suite)?;
        }
    }
    columns.settle(summary.not_run.iter().map(left_out).collect());
    Some(columns)
}

fn head(summary: &RunSummary) -> RunHead {
    let identity = &summary.identity;
    RunHead {
        run_id: Some(identity.run_id.clone()),
        correlation_id: Some(identity.correlation_id.clone()),
        commit: identity.commit.clone(),
        branch: identity.branch.clone(),
        profile: Some(summary.profile.clone()),
        rerun_from: summary.rerun_from.clone(),
        selection: summary.selection.clone(),
        status: Some(summary.status),
        shard: Some(summary.shard.clone()),
        tree: summary.tree.as_ref().and_then(tree),
    }
}

/// What a tree is known by; nothing where it changed while the run lasted, or is not said in full.
fn tree(tree: &WorkingTree) -> Option<String> {
    let ignored = tree.ignored.as_deref();
    let known = tree.rewritten.is_empty() && ignored != Some(WorkingTree::UNKNOWN);
    known.then(|| format!("{} {} {}", tree.tracked, tree.untracked.digest, ignored.unwrap_or_default()))
}

fn add<'s>(columns: &mut Columns<'s>, role: SuiteRole, suite: &'s SuiteResult) -> Option<()> {
    let first = u32::try_from(columns.tests.len()).ok()?;
    for test in &suite.tests {
        row(columns, test)?;
    }
    let end = u32::try_from(columns.tests.len()).ok()?;
    columns.suites.push(SuiteRow {
        role,
        kind: Cow::Borrowed(&suite.kind),
        name: Cow::Borrowed(&suite.name),
        status: suite.status,
        cut: suite.incomplete,
        environment: suite.environment.as_deref().map(Cow::Borrowed),
        tests: first..end,
    });
    Some(())
}

fn row<'s>(columns: &mut Columns<'s>, test: &'s TestResult) -> Option<()> {
    let at = u32::try_from(columns.tests.len()).ok()?;
    columns.tests.push(TestRow { name: Cow::Borrowed(&test.name), at, status: test.status });
    columns.signatures.extend(test.signature.as_deref().map(|signature| (at, Cow::Borrowed(signature))));
    columns.selectors.extend(test.selector.as_deref().map(|selector| (at, Cow::Borrowed(selector))));
    Some(())
}

fn left_out(left: &NotRun) -> NotRunRow<'_> {
    let tests = left.tests.as_ref();
    NotRunRow {
        role: left.role,
        kind: Cow::Borrowed(&left.kind),
        name: Cow::Borrowed(&left.name),
        tests: tests.map(|tests| tests.iter().map(|test| Cow::Borrowed(test.as_str())).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_core::model::plan::{Shard, ShardKind};
    use tollgate_core::model::run::{Chosen, Identity};
    use tollgate_core::model::suite::SuiteStatus;
    use tollgate_core::model::test::{TestNames, TestStatus};
    use tollgate_core::model::tree::{Files, TreeFile, Untracked};
    use tollgate_host::record;

    fn suite(name: &str, status: SuiteStatus, tests: Vec<TestResult>) -> SuiteResult {
        let mut suite = SuiteResult {
            status,
            tests,
            environment: (name == "a").then(|| "e1".into()),
            incomplete: name == "c",
            ..SuiteResult::not_run(name, "unit")
        };
        suite.recount();
        suite
    }

    fn left(name: &str, tests: Option<&[&str]>) -> NotRun {
        NotRun {
            name: name.into(),
            kind: "unit".into(),
            role: SuiteRole::Unit,
            tests: tests.map(|tests| tests.iter().map(|t| (*t).to_string()).collect()),
            names: TestNames::new(),
            expected: TestNames::new(),
        }
    }

    fn of(tree: Option<WorkingTree>) -> RunSummary {
        let shard = Shard { kind: ShardKind::Unit, index: 0, total: 2, plan_digest: "d".into() };
        let identity = Identity { run_id: "r".into(), branch: Some("main".into()), ..Identity::default() };
        let red = TestResult {
            signature: Some("s".into()),
            selector: Some("z::sel".into()),
            ..TestResult::of("z", TestStatus::Failed)
        };
        let mut summary = RunSummary {
            tree,
            rerun_from: Some("before".into()),
            selection: Chosen { suites: vec![], units: vec!["a".into()] },
            units: vec![
                suite("c", SuiteStatus::Passed, vec![TestResult::of("y", TestStatus::Passed)]),
                suite("a", SuiteStatus::Failed, vec![red, TestResult::of("b", TestStatus::Flaky)]),
                SuiteResult::not_run("gone", "unit"),
            ],
            not_run: vec![left("gone", None), left("a", Some(&["later", "b"]))],
            ..RunSummary::empty(identity, "ci".into(), shard)
        };
        summary.replay_bundle.one_command_replay = "tollgate run".into();
        summary.recompute();
        summary
    }

    fn trees() -> Vec<Option<WorkingTree>> {
        let untracked = Untracked { digest: "u".into(), ..Untracked::default() };
        let tree = |ignored: Option<&str>, rewritten| WorkingTree {
            tracked: "t".into(),
            changed: Files::default(),
            left_out: Files::default(),
            untracked: untracked.clone(),
            ignored: ignored.map(String::from),
            written: Files::default(),
            rewritten,
        };
        let file = TreeFile { path: "x".into(), mode: None, content: None };
        vec![
            None,
            Some(tree(None, Files::default())),
            Some(tree(Some("i"), Files::default())),
            Some(tree(Some(WorkingTree::UNKNOWN), Files::default())),
            Some(tree(None, Files::of(vec![file]))),
        ]
    }

    /// What is compared at the end of a run is what a later `diff` of its file compares.
    #[test]
    fn a_summary_has_the_columns_of_its_file() {
        let mut told = Vec::new();
        for tree in trees() {
            let summary = of(tree);
            let bytes = serde_json::to_vec(&summary).unwrap();
            let read = record::columns("summary.json", &bytes, bytes.len() as u64).unwrap();
            let own = columns(&summary).unwrap();
            assert_eq!(own, read);
            told.push(own.head.tree.clone());
        }
        let text = |text: &str| Some(text.to_string());
        assert_eq!(told, [None, text("t u "), text("t u i"), None, None]);
    }
}

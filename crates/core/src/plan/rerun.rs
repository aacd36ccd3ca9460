//! What a replay repeats: what failed and what did not run, and nothing else. Names come from a summary, which anyone may
//! have written: a suite is run only where `tollgate.toml` has it, and a test's name is only ever handed on.

use super::address::reaches_any_suite;
use super::expected::left_of;
use super::select::{SuiteNames, listed};
use super::single::by_name;
use crate::model::plan::{Plan, PlannedSuite, RunSettings, ShardKind};
use crate::model::run::{NotRun, RunSummary};
use crate::model::suite::{SuiteResult, SuiteRole, SuiteSpec, SuiteStatus};
use crate::model::test::{TestNames, TestStatus};
use std::collections::{BTreeMap, BTreeSet};
use tollgate_text::show::show;
use tollgate_text::toml_text::suggestion;

/// A replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rerun {
    /// What to run, by kind and name.
    pub items: Vec<PlannedSuite>,
    /// The lint steps that failed or did not run, by name.
    pub lint: Vec<String>,
    /// What failed or did not run, and `tollgate.toml` no longer has: it keeps the replay from passing.
    pub gone: Vec<NotRun>,
    /// What the replay does not cover and why something is run whole, one sentence each.
    pub notes: Vec<String>,
}

impl Rerun {
    /// The replay as a plan: the profile, shard and whole of the run it repeats.
    pub fn plan(&self, source: &RunSummary) -> Plan {
        Plan {
            profile: source.profile.clone(),
            items: self.items.clone(),
            whole: source.plan,
            shard: source.shard.clone(),
            notes: self.notes.clone(),
        }
    }
}

/// What a suite is replayed for.
enum Part {
    /// All of it, and among it these tests, by selector with their names.
    Whole(TestNames),
    /// These tests, by selector with their names; never empty.
    Tests(TestNames),
}

impl Part {
    /// Both together: what is whole in one is whole.
    fn and(self, other: Part) -> Part {
        match (self, other) {
            (Part::Tests(one), Part::Tests(other)) => Part::Tests(both(one, other)),
            (Part::Whole(one) | Part::Tests(one), Part::Whole(other) | Part::Tests(other)) => {
                Part::Whole(both(one, other))
            }
        }
    }

    /// As `not_run` lists it.
    fn listed(self, role: SuiteRole, kind: String, name: String) -> NotRun {
        let (tests, mut names, expected) = match self {
            Part::Whole(expected) => (None, TestNames::new(), expected),
            Part::Tests(names) => (Some(names.keys().cloned().collect()), names, TestNames::new()),
        };
        keep_others(&mut names);
        NotRun { name, kind, role, tests, names, expected }
    }
}

fn both(mut held: TestNames, more: TestNames) -> TestNames {
    for (test, names) in more {
        // Where a name is known, the selector is none.
        if !held.contains_key(&test) || names.iter().any(|name| *name != test) {
            held.entry(test).or_default().extend(names);
        }
    }
    held
}

/// Keeps the names of tests that are selected by another.
fn keep_others(names: &mut TestNames) {
    names.retain(|selector, names| names.iter().any(|name| name != selector));
}

/// What failed and what did not run in `summary`. Single tests where their names are known and the kind has a command
/// for one; else, and where the suite failed otherwise than by its tests, the whole suite. What `tollgate.toml` no longer
/// has does not keep the rest from running. The errors are sentences: a lint step that is no longer there, and the suites
/// where none of them is.
pub fn rerun(summary: &RunSummary, settings: &RunSettings, names: &SuiteNames) -> Result<Rerun, Vec<String>> {
    let mut replay = Replay {
        settings,
        names,
        ingested: summary.profile == "ingest",
        parts: BTreeMap::new(),
        gone: BTreeMap::new(),
        notes: Vec::new(),
        errors: Vec::new(),
    };
    let listed: BTreeSet<_> = summary.not_run.iter().map(|l| (l.role, &l.kind, &l.name)).collect();
    for (role, suite) in summary.all() {
        // Of what did not start `not_run` says what was asked for.
        if suite.status != SuiteStatus::NotRun || !listed.contains(&(role, &suite.kind, &suite.name)) {
            replay.suite(role, suite);
        }
    }
    for left in &summary.not_run {
        let part = match &left.tests {
            Some(tests) if !tests.is_empty() => Part::Tests(named(tests, &left.names)),
            _ => Part::Whole(left.expected.clone()),
        };
        replay.add(left.role, &left.kind, &left.name, part);
    }
    let failed = summary.lint.iter().filter(|l| !l.passed).map(|l| &l.name);
    let lint = once(failed.chain(&summary.lint_not_run).cloned().collect());
    for step in lint.iter().filter(|step| settings.lint.iter().all(|(name, _)| name != *step)) {
        let hint = suggestion(step, settings.lint.iter().map(|(name, _)| name.as_str()));
        replay.errors.push(format!("tollgate.toml has no lint step `{}`{hint}", show(step)));
    }
    replay.uncovered(summary);
    let Replay { parts, gone, mut notes, mut errors, .. } = replay;
    let sentences = gone.values().map(|(_, _, why)| why);
    if parts.is_empty() && lint.is_empty() {
        errors.extend(sentences.cloned());
    } else {
        notes.extend(sentences.map(|why| format!("not replayed, and the replay fails by it: {why}")));
    }
    if !errors.is_empty() {
        return Err(once(errors));
    }
    let items = parts.into_iter().map(|((kind, name), (role, part))| {
        let (tests, mut names, expected) = match part {
            Part::Whole(expected) => (None, TestNames::new(), expected),
            Part::Tests(names) => (Some(runnable_names(settings, &kind, &names)), names, TestNames::new()),
        };
        keep_others(&mut names);
        PlannedSuite { name, kind, role, tests, names, expected }
    });
    let gone = gone.into_iter().map(|((kind, name), (role, part, _))| part.listed(role, kind, name));
    let gone = gone.collect();
    Ok(Rerun { items: items.collect(), lint, gone, notes: once(notes) })
}

/// What a suite is replayed for, and why it is whole; `None` where nothing of it failed.
fn part(suite: &SuiteResult) -> Option<(Part, &'static str)> {
    let left = left_of(suite);
    // The status of a suite is what somebody wrote; a failed test in it is replayed all the same.
    if left.is_empty() && suite.status.is_pass() {
        return None;
    }
    let failed = suite.tests.iter().any(|t| t.status == TestStatus::Failed);
    let whole = match suite.status {
        SuiteStatus::TimedOut => "it was ended at its timeout",
        SuiteStatus::Crashed => "it crashed",
        SuiteStatus::Missing => "it left no results",
        SuiteStatus::NotRun => "it did not run",
        // What its results lack did not run either, and has no name.
        _ if suite.incomplete => "its results may lack tests",
        _ if suite.fails_in_company() => "a test of it passes alone, and fails with the others",
        SuiteStatus::Failed if !failed => "it failed otherwise than by its tests",
        _ => return Some((Part::Tests(left), "")),
    };
    Some((Part::Whole(left), whole))
}

/// The selectors by which a replay runs tests of a suite alone; `None` where it runs the suite whole, or nothing of it.
pub fn alone(spec: &SuiteSpec, suite: &SuiteResult) -> Option<BTreeSet<String>> {
    spec.single.as_ref()?;
    match part(suite)?.0 {
        Part::Whole(_) => None,
        Part::Tests(tests) => by_name(spec, tests.into_keys().collect()).ok(),
    }
}

/// Selectors with the names that they stand for; the selector itself where no other name is known.
fn named(selectors: &[String], names: &TestNames) -> TestNames {
    let own = |selector: &String| BTreeSet::from([selector.clone()]);
    selectors.iter().map(|s| (s.clone(), names.get(s).cloned().unwrap_or_else(|| own(s)))).collect()
}

/// What is run of the tests of a suite that `runnable` let through: in Go not the test around another.
fn runnable_names(settings: &RunSettings, kind: &str, names: &TestNames) -> Vec<String> {
    let spec = settings.suites.iter().find(|s| s.kind == kind);
    let all: BTreeSet<String> = names.keys().cloned().collect();
    let run = spec.and_then(|spec| by_name(spec, all.clone()).ok()).unwrap_or(all);
    run.into_iter().collect()
}

/// Each sentence once: a suite may stand among the failed and among what did not run.
fn once(sentences: Vec<String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    sentences.into_iter().filter(|sentence| seen.insert(sentence.clone())).collect()
}

struct Replay<'r> {
    settings: &'r RunSettings,
    names: &'r SuiteNames,
    /// The source was made by `tollgate ingest`.
    ingested: bool,
    parts: BTreeMap<(String, String), (SuiteRole, Part)>,
    /// By kind and name, what is gone and why.
    gone: BTreeMap<(String, String), (SuiteRole, Part, String)>,
    notes: Vec<String>,
    errors: Vec<String>,
}

impl<'r> Replay<'r> {
    fn suite(&mut self, role: SuiteRole, suite: &SuiteResult) {
        let Some((part, whole)) = part(suite) else { return };
        if let Part::Whole(left) = &part
            && !left.is_empty()
            && self.spec(role, &suite.kind, &suite.name).is_ok()
        {
            self.notes.push(format!("`{}` is replayed whole: {whole}", show(&suite.name)));
        }
        self.add(role, &suite.kind, &suite.name, part);
    }

    fn add(&mut self, role: SuiteRole, kind: &str, name: &str, part: Part) {
        let key = (kind.to_string(), name.to_string());
        let spec = match self.spec(role, kind, name) {
            Ok(spec) => spec,
            Err(why) => {
                let part = match self.gone.remove(&key) {
                    Some((_, held, _)) => held.and(part),
                    None => part,
                };
                self.gone.insert(key, (role, part, why));
                return;
            }
        };
        let part = self.runnable(spec, name, part);
        if let (Part::Whole(_), None) = (&part, &spec.command) {
            let why = format!("[suites.{}] has no `command`, which `{}` needs", show(kind), show(name));
            self.gone.insert(key, (role, part, why));
            return;
        }
        if !self.has(kind, name) && matches!(part, Part::Whole(_)) {
            let why = format!(
                "[suites.{}] of tollgate.toml has no `{}`, and can run only single tests of it",
                show(kind),
                show(name)
            );
            self.gone.insert(key, (role, part, why));
            return;
        }
        let part = match self.parts.remove(&key) {
            Some((_, held)) => held.and(part),
            None => part,
        };
        self.parts.insert(key, (spec.role, part));
    }

    fn has(&self, kind: &str, name: &str) -> bool {
        self.names.get(kind).is_some_and(|known| known.iter().any(|k| k == name))
    }

    /// The section that runs a suite; where there is none, it is gone: why.
    fn spec(&mut self, role: SuiteRole, kind: &str, name: &str) -> Result<&'r SuiteSpec, String> {
        let (shown_kind, shown) = (show(kind), show(name));
        let Some(spec) = self.settings.suites.iter().find(|s| s.kind == kind) else {
            let hint = suggestion(kind, self.settings.suites.iter().map(|s| s.kind.as_str()));
            return Err(format!("tollgate.toml has no [suites.{shown_kind}], which `{shown}` needs{hint}"));
        };
        let known = self.names.get(kind).map_or(&[][..], Vec::as_slice);
        // Results that were ingested have suites of their own; their tests can be run where a command reaches them.
        let by_test = self.ingested && reaches_any_suite(spec);
        if !by_test && !self.has(kind, name) {
            let hint = suggestion(name, known.iter().map(String::as_str));
            return Err(format!("[suites.{shown_kind}] of tollgate.toml has no `{shown}`{hint}"));
        }
        if spec.role != role {
            let now = if spec.role == SuiteRole::Suite { "an E2E suite" } else { "a unit target" };
            self.notes.push(format!("`{shown}` is {now} now"));
        }
        Ok(spec)
    }

    /// Single tests only where a command for one runs exactly them.
    fn runnable(&mut self, spec: &SuiteSpec, name: &str, part: Part) -> Part {
        let Part::Tests(tests) = part else { return part };
        let why = if spec.single.is_none() {
            format!("[suites.{}] has no `single`", spec.kind)
        } else {
            match by_name(spec, tests.keys().cloned().collect()) {
                Ok(_) => return Part::Tests(tests),
                Err(why) => why,
            }
        };
        self.notes.push(format!("`{}` is replayed whole: {why}", show(name)));
        Part::Whole(tests)
    }

    fn uncovered(&mut self, summary: &RunSummary) {
        let shard = &summary.shard;
        if shard.kind != ShardKind::None {
            let (kind, shown) = (shard.kind.name(), shard.shown());
            self.notes.push(format!("the other shards are not replayed: this one is {kind} {shown}"));
        }
        if !self.ingested && self.settings.profiles.iter().all(|p| p.name != summary.profile) {
            self.notes.push(format!("tollgate.toml has no profile `{}`", show(&summary.profile)));
        }
        let tests = |status: TestStatus| {
            summary.all().flat_map(|(_, s)| &s.tests).filter(|t| t.status == status).count()
        };
        for (status, what) in [(TestStatus::Flaky, "flaky"), (TestStatus::Quarantined, "quarantined")] {
            match tests(status) {
                0 => {}
                1 => self.notes.push(format!("1 {what} test is not replayed: it failed nothing")),
                n => self.notes.push(format!("{n} {what} tests are not replayed: they failed nothing")),
            }
        }
        let fine: Vec<String> = summary
            .all()
            .filter(|(_, s)| {
                !self.parts.contains_key(&(s.kind.clone(), s.name.clone())) && s.status.is_pass()
            })
            .map(|(_, s)| show(&s.name))
            .collect();
        if !fine.is_empty() {
            self.notes.push(format!("what passed is not replayed: {}", listed(&fine)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{names, settings, suite, summary};
    use super::*;
    use crate::model::run::LintResult;
    use crate::model::suite::ResultReader;

    const P: TestStatus = TestStatus::Passed;
    const F: TestStatus = TestStatus::Failed;

    fn known() -> SuiteNames {
        names(&[("e2e", &["tui", "web"]), ("unit", &["a", "b", "c", "d", "e"])])
    }

    fn shown(rerun: &Rerun) -> Vec<String> {
        let line = |i: &PlannedSuite| match &i.tests {
            None => format!("{}/{}", i.kind, i.name),
            Some(tests) => format!("{}/{}: {}", i.kind, i.name, tests.join(" ")),
        };
        rerun.items.iter().map(line).collect()
    }

    fn unit(name: &str, status: SuiteStatus, tests: &[(&str, TestStatus)]) -> SuiteResult {
        suite(name, "unit", status, tests)
    }

    #[test]
    fn one_failed_test_of_many_is_one_test() {
        let passing: Vec<String> = (0..499).map(|i| format!("t{i}")).collect();
        let mut tests: Vec<(&str, TestStatus)> = passing.iter().map(|t| (t.as_str(), P)).collect();
        tests.insert(250, ("the::one", F));
        let run = summary(
            vec![],
            vec![unit("a", SuiteStatus::Failed, &tests), unit("b", SuiteStatus::Passed, &[("x", P)])],
        );
        let rerun = rerun(&run, &settings(), &known()).unwrap();
        assert_eq!(shown(&rerun), ["unit/a: the::one"]);
        assert_eq!(rerun.notes, ["what passed is not replayed: b"]);
    }

    #[test]
    fn what_failed_otherwise_is_replayed_whole() {
        let run = summary(
            vec![suite("tui", "e2e", SuiteStatus::Missing, &[])],
            vec![
                unit("a", SuiteStatus::TimedOut, &[("x", F), ("y", P)]),
                unit("b", SuiteStatus::Crashed, &[("x", F)]),
                unit("c", SuiteStatus::Failed, &[("y", P)]),
                unit("d", SuiteStatus::Failed, &[("y", F), ("z", TestStatus::NotRun), ("y", F)]),
                unit("e", SuiteStatus::NotRun, &[]),
            ],
        );
        let repeated = rerun(&run, &settings(), &known()).unwrap();
        assert_eq!(shown(&repeated), ["e2e/tui", "unit/a", "unit/b", "unit/c", "unit/d: y z", "unit/e"]);
        insta::assert_snapshot!(repeated.notes.join("\n"), @"
        `a` is replayed whole: it was ended at its timeout
        `b` is replayed whole: it crashed
        ");
        let torn = SuiteResult { incomplete: true, ..unit("d", SuiteStatus::Failed, &[("y", F)]) };
        let repeated = rerun(&summary(vec![], vec![torn]), &settings(), &known()).unwrap();
        assert_eq!(shown(&repeated), ["unit/d"]);
        assert_eq!(repeated.notes, ["`d` is replayed whole: its results may lack tests"]);
        assert_eq!(repeated.items[0].expected, named(&["y".to_string()], &TestNames::new()));
    }

    #[test]
    fn what_blocked_nothing_is_not_replayed() {
        let quarantined = [("q", TestStatus::Quarantined), ("f", TestStatus::Flaky), ("p", P)];
        let run = summary(
            vec![],
            vec![
                unit("a", SuiteStatus::Quarantined, &quarantined),
                unit("b", SuiteStatus::Flaky, &[("f", TestStatus::Flaky)]),
                unit("c", SuiteStatus::Ignored, &[("i", TestStatus::Ignored)]),
            ],
        );
        let rerun = rerun(&run, &settings(), &known()).unwrap();
        assert!(rerun.items.is_empty());
        insta::assert_snapshot!(rerun.notes.join("\n"), @"
        2 flaky tests are not replayed: they failed nothing
        1 quarantined test is not replayed: it failed nothing
        what passed is not replayed: a, b, c
        ");
    }

    #[test]
    fn what_did_not_run_is_replayed_once() {
        let not_run = |name: &str, tests: Option<&[&str]>| NotRun {
            name: name.into(),
            kind: "unit".into(),
            role: SuiteRole::Unit,
            tests: tests.map(|t| t.iter().map(|t| t.to_string()).collect()),
            names: TestNames::new(),
            expected: TestNames::new(),
        };
        let mut run = summary(
            vec![],
            vec![unit("a", SuiteStatus::NotRun, &[]), unit("b", SuiteStatus::Failed, &[("x", F)])],
        );
        run.not_run = vec![
            not_run("a", None),
            not_run("b", Some(&["y"])),
            not_run("c", Some(&["z"])),
            not_run("d", Some(&[])),
        ];
        run.lint = vec![LintResult {
            name: "fmt".into(),
            passed: false,
            definition: None,
            duration_ms: 1,
            masked: 0,
            mask_allowed: 0,
        }];
        let mut settings = settings();
        let errors = rerun(&run, &settings, &known()).unwrap_err();
        assert_eq!(errors, ["tollgate.toml has no lint step `fmt`"]);
        settings.lint = vec![("fmt".into(), tollgate_text::command::CommandLine::parse("x").unwrap())];
        let rerun = rerun(&run, &settings, &known()).unwrap();
        assert_eq!(shown(&rerun), ["unit/a", "unit/b: x y", "unit/c: z", "unit/d"]);
        assert_eq!(rerun.lint, ["fmt"]);
    }

    #[test]
    fn a_kind_without_a_command_for_one_test_runs_whole() {
        let mut run = summary(
            vec![suite("tui", "e2e", SuiteStatus::Failed, &[("x", F)])],
            vec![unit("a", SuiteStatus::Failed, &[("x", F)])],
        );
        let mut settings = settings();
        settings.suites[0].single = None;
        settings.suites[2].reader = ResultReader::Exit;
        let doc = [("src/lib.rs - add (line 1)", F), ("x", F)];
        run.suites.push(suite("web", "slow", SuiteStatus::Failed, &doc));
        let rerun =
            rerun(&run, &settings, &names(&[("e2e", &["tui"]), ("slow", &["web"]), ("unit", &["a"])]))
                .unwrap();
        assert_eq!(shown(&rerun), ["e2e/tui", "slow/web", "unit/a"]);
        insta::assert_snapshot!(rerun.notes.join("\n"), @"
        `tui` is replayed whole: [suites.e2e] has no `single`
        `web` is replayed whole: its test `src/lib.rs - add (line 1)` is a documentation test, which cannot be run by its name
        `a` is replayed whole: its reader names no tests
        ");
    }

    #[test]
    fn a_test_is_selected_by_its_selector_and_keeps_its_name() {
        let mut a = unit("a", SuiteStatus::Failed, &[("g un", F), ("h un", F), ("two", F), ("h fine", P)]);
        for test in &mut a.tests {
            test.selector = test.name.split_once(' ').map(|(_, selector)| selector.to_string());
        }
        let mut run = summary(vec![], vec![a]);
        run.not_run = vec![NotRun {
            name: "a".into(),
            kind: "unit".into(),
            role: SuiteRole::Unit,
            tests: Some(vec!["late".into(), "un".into()]),
            names: crate::model::test::test_names([("late", "i late")]),
            expected: TestNames::new(),
        }];
        let item = rerun(&run, &settings(), &known()).unwrap().items.remove(0);
        assert_eq!(item.tests.unwrap(), ["late", "two", "un"]);
        let names: Vec<String> = item.names.iter().map(|(s, n)| format!("{s}: {n:?}")).collect();
        assert_eq!(names, [r#"late: {"i late"}"#, r#"un: {"g un", "h un"}"#]);
    }

    #[test]
    fn what_is_gone_keeps_nothing_else_from_running() {
        let mut run = summary(
            vec![suite("web", "old", SuiteStatus::Failed, &[("x", F)])],
            vec![unit("a", SuiteStatus::Failed, &[("x", F)]), unit("aa", SuiteStatus::Crashed, &[])],
        );
        let found = rerun(&run, &settings(), &known()).unwrap();
        assert_eq!(shown(&found), ["unit/a: x"]);
        let gone: Vec<&str> = found.gone.iter().map(|g| g.name.as_str()).collect();
        assert_eq!(gone, ["web", "aa"]);
        insta::assert_snapshot!(found.notes.join("\n"), @"
        not replayed, and the replay fails by it: tollgate.toml has no [suites.old], which `web` needs; known are e2e, slow, unit
        not replayed, and the replay fails by it: [suites.unit] of tollgate.toml has no `aa`; did you mean `a`?
        ");
        run.units.retain(|u| u.name != "a");
        run.recompute();
        let errors = rerun(&run, &settings(), &known()).unwrap_err();
        assert_eq!(errors.len(), 2, "nothing is left to replay: {errors:?}");
    }

    #[test]
    fn hostile_names_stay_one_word_or_are_not_used() {
        let odd = ["a b; rm -rf /", "$(x)", "--exact", "", "é\n'\""];
        for name in odd {
            let run = summary(vec![], vec![unit("a", SuiteStatus::Failed, &[(name, F)])]);
            let mut settings = settings();
            settings.suites[2].reader = ResultReader::Junit;
            let rerun = rerun(&run, &settings, &known()).unwrap();
            match &rerun.items[0].tests {
                None => assert!(name.is_empty() || name.starts_with('-'), "{name}"),
                Some(tests) => {
                    let line = settings.suites[2].single.clone().unwrap();
                    let line = line.filled("{name}", "a").filled("{test}", &tests[0]);
                    assert_eq!(line.arguments(), ["a", name]);
                }
            }
        }
        let run = summary(vec![], vec![unit("../../x\n", SuiteStatus::Failed, &[])]);
        let errors = rerun(&run, &settings(), &known()).unwrap_err();
        assert!(errors[0].starts_with("[suites.unit] of tollgate.toml has no `../../x\\n`"), "{errors:?}");
    }

    #[test]
    fn suites_that_are_gone_are_named_together() {
        let run = summary(
            vec![suite("tuii", "e2e", SuiteStatus::Failed, &[]), suite("w", "web", SuiteStatus::Failed, &[])],
            vec![unit("gone", SuiteStatus::Passed, &[("x", P)])],
        );
        let errors = rerun(&run, &settings(), &known()).unwrap_err();
        insta::assert_snapshot!(errors.join("\n"), @"
        [suites.e2e] of tollgate.toml has no `tuii`; did you mean `tui`?
        tollgate.toml has no [suites.web], which `w` needs; known are e2e, slow, unit
        ");
    }

    #[test]
    fn a_shard_says_that_it_is_one() {
        let mut run = summary(vec![], vec![unit("a", SuiteStatus::Failed, &[("x", F)])]);
        run.shard.kind = ShardKind::Unit;
        (run.shard.index, run.shard.total, run.profile) = (1, 3, "gone".into());
        let rerun = rerun(&run, &settings(), &known()).unwrap();
        let plan = rerun.plan(&run);
        assert_eq!((plan.profile.as_str(), &plan.shard, plan.items.len()), ("gone", &run.shard, 1));
        insta::assert_snapshot!(rerun.notes.join("\n"), @"
        the other shards are not replayed: this one is unit shard 1 of 3 (--shard-index 1 --shard-total 3)
        tollgate.toml has no profile `gone`
        ");
    }
}

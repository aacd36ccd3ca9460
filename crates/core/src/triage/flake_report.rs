//! How often tests failed over earlier runs, and which of them are flaky; and suites, where they fail by themselves.

use super::flake::{Rate, rate};
use super::flake_class::{Cause, FlakeClass, elect, of_root_cause, of_words};
use super::flake_selection::narrower;
use super::flake_suite::of_itself;
use crate::model::columns::{Columns, SuiteRow};
use crate::model::suite::SuiteRole;
use crate::model::test::TestStatus;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use tollgate_text::figures::total;
use tollgate_text::redact::free_text;

free_text!(FlakeReport { tests; runs });
free_text!(FlakyTest {
    test, evidence;
    suite, kind, role, habit, passed, failed, flaky, failed_apart, rate, disagreeing_commits, class
});

/// One earlier run.
pub struct EarlierRun<'c, 'a> {
    /// Its summary.
    pub columns: &'c Columns<'a>,
    /// What its failure digests and results say.
    pub causes: Vec<Cause>,
}

/// What a test that failed at least once does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Habit {
    /// It failed and passed in one run, or in runs of one tree and one environment with the same tests.
    Flaky,
    /// It passes and fails, but never in one tree and environment: a change may explain it.
    Changed,
    /// It never passed.
    Failing,
}

impl Habit {
    /// The name in the report.
    pub fn name(self) -> &'static str {
        match self {
            Habit::Flaky => "flaky",
            Habit::Changed => "changed",
            Habit::Failing => "failing",
        }
    }
}

/// A test, or a suite by itself, that failed at least once.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FlakyTest {
    /// Its suite.
    pub suite: String,
    /// The suite's kind.
    pub kind: String,
    /// The list that the suite stands in.
    pub role: SuiteRole,
    /// Its name; null: the suite itself, which crashed, timed out or failed though no test of it did.
    pub test: Option<String>,
    /// What it does.
    pub habit: Habit,
    /// Runs in which it passed at the first attempt.
    pub passed: u64,
    /// Runs in which it failed in every attempt, quarantined or not.
    pub failed: u64,
    /// Runs in which it failed and then passed.
    pub flaky: u64,
    /// Of a flaky one: runs in which it failed in a tree or an environment in which it never passed. They count in no other figure, for a
    /// change may explain them.
    pub failed_apart: u64,
    /// Runs, and those in which it failed at least once, with the bounds that follow.
    pub rate: Rate,
    /// Commits on which it both passed and failed, in one tree and environment.
    pub disagreeing_commits: Vec<String>,
    /// The class that its failures speak for.
    pub class: FlakeClass,
    /// What was counted for a class, one clause each.
    pub evidence: Vec<String>,
}

/// The flakes of some runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FlakeReport {
    /// How many runs were read.
    pub runs: u64,
    /// Every test, and suite by itself, that failed at least once: flaky ones first, then by the share of their failures.
    pub tests: Vec<FlakyTest>,
}

/// List, kind, suite, test; without a test the suite itself.
type Name<'c> = (SuiteRole, &'c str, &'c str, Option<&'c str>);

/// What became of a test, or of a suite by itself.
struct Told<'c> {
    status: TestStatus,
    signature: Option<&'c str>,
    environment: Option<&'c str>,
}

/// Where results of several runs can be held together: the tree and the environment; of a run that does not say both, or that ran fewer
/// tests than those that failed, the run's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place<'c> {
    Known(&'c str, &'c str),
    Run(usize),
}

/// What became of a test at one place.
#[derive(Default)]
struct Here<'c> {
    passed: u64,
    failed: u64,
    flaky: u64,
    commits: BTreeSet<&'c str>,
}

impl Here<'_> {
    /// It failed and passed.
    fn disagrees(&self) -> bool {
        self.flaky > 0 || (self.passed > 0 && self.failed > 0)
    }
}

#[derive(Default)]
struct Tally<'c> {
    places: BTreeMap<Place<'c>, Here<'c>>,
    votes: Vec<FlakeClass>,
    evidence: BTreeMap<String, u64>,
}

/// Counts over runs. A test without a result in a run (ignored, not run) does not count there, nor does a suite whose status
/// only follows from its tests.
pub fn flake_report(runs: &[EarlierRun<'_, '_>]) -> FlakeReport {
    let all: Vec<&Columns<'_>> = runs.iter().map(|run| run.columns).collect();
    let mut tallies: BTreeMap<Name<'_>, Tally<'_>> = BTreeMap::new();
    for columns in &all {
        each(columns, &all, |name, told| {
            if failed_once(told.status) {
                tallies.entry(name).or_default();
            }
        });
    }
    let narrow = narrower(&all);
    for (nth, run) in runs.iter().enumerate() {
        let head = &run.columns.head;
        let commit = head.commit.as_deref();
        let mut causes: Causes<'_> = BTreeMap::new();
        for cause in &run.causes {
            causes.entry((&cause.kind, &cause.suite)).or_default().push(cause);
        }
        each(run.columns, &all, |name, told| {
            if let Some(tally) = tallies.get_mut(&name) {
                let (role, kind, suite, _) = name;
                let whole = !narrow.contains(&(nth, (role, kind, suite)));
                let known = head.tree.as_deref().zip(told.environment).filter(|_| whole);
                let place =
                    known.map_or(Place::Run(nth), |(tree, environment)| Place::Known(tree, environment));
                tally.count(told.status, place, commit);
                if failed_once(told.status) {
                    tally.weigh(&causes, name, told.signature);
                }
            }
        });
    }
    let mut tests: Vec<FlakyTest> =
        tallies.into_iter().filter_map(|(name, tally)| tally.test(name)).collect();
    tests.sort_by(|a, b| a.habit.cmp(&b.habit).then(b.rate.share().total_cmp(&a.rate.share())));
    FlakeReport { runs: runs.len() as u64, tests }
}

/// By kind and suite.
type Causes<'c> = BTreeMap<(&'c str, &'c str), Vec<&'c Cause>>;

/// Each suite of a run by itself, and each test once, by its worst result.
fn each<'c>(columns: &'c Columns<'c>, all: &[&Columns<'_>], mut visit: impl FnMut(Name<'c>, Told<'c>)) {
    for suite in &columns.suites {
        let (role, kind, name) = SuiteRow::key(suite);
        let environment = suite.environment.as_deref();
        if let Some(status) = of_itself(columns, suite, all) {
            visit((role, kind, name, None), Told { status, signature: None, environment });
        }
        let mut last: Option<&str> = None;
        for test in columns.tests_of(suite) {
            if last != Some(&*test.name) {
                let signature = columns.signature(test);
                let told = Told { status: test.status, signature, environment };
                visit((role, kind, name, Some(&*test.name)), told);
            }
            last = Some(&test.name);
        }
    }
}

fn failed_once(status: TestStatus) -> bool {
    matches!(status, TestStatus::Failed | TestStatus::Quarantined | TestStatus::Flaky)
}

impl<'c> Tally<'c> {
    fn count(&mut self, status: TestStatus, place: Place<'c>, commit: Option<&'c str>) {
        let here = match status {
            TestStatus::Ignored | TestStatus::NotRun => return,
            _ => self.places.entry(place).or_default(),
        };
        match status {
            TestStatus::Passed => here.passed += 1,
            TestStatus::Flaky => here.flaky += 1,
            _ => here.failed += 1,
        }
        here.commits.extend(commit);
    }

    /// One vote a failure: by its words, else by its suite's root cause.
    fn weigh(&mut self, causes: &Causes<'_>, (_, kind, suite, name): Name<'_>, signature: Option<&str>) {
        let of_suite = causes.get(&(kind, suite)).into_iter().flatten();
        let of_it: Vec<&&Cause> = of_suite
            .filter(|c| match name {
                Some(name) => c.tests.iter().any(|test| test == name),
                None => c.tests.is_empty(),
            })
            .collect();
        let own = of_it.iter().filter(|c| c.first.as_deref() == name).map(|c| c.message.as_str());
        let said = own.chain(signature).find_map(of_words);
        let root = of_it.iter().find_map(|c| of_root_cause(c.root_cause));
        let (class, what) = match (said, root) {
            (Some((class, word)), _) => (class, format!("its failure says `{word}`")),
            (None, Some((class, cause))) => {
                let whose = if name.is_some() { "its suite's" } else { "its" };
                (class, format!("{whose} root cause is {cause}"))
            }
            (None, None) => return,
        };
        self.votes.push(class);
        *self.evidence.entry(format!("{}: {what}", class.name())).or_default() += 1;
    }

    fn test(self, (role, kind, suite, test): Name<'_>) -> Option<FlakyTest> {
        let disagreeing = || self.places.values().filter(|here| here.disagrees());
        // Of a flake only the runs count that a change does not explain.
        let is_flaky = disagreeing().next().is_some();
        let apart = |here: &&Here<'_>| is_flaky && !here.disagrees() && here.passed == 0;
        let of =
            |count: fn(&Here<'_>) -> u64| total(self.places.values().filter(|here| !apart(here)).map(count));
        let (passed, failed, flaky) = (of(|h| h.passed), of(|h| h.failed), of(|h| h.flaky));
        let commits: BTreeSet<&str> = disagreeing()
            .filter(|here| here.passed > 0 && (here.failed > 0 || here.flaky > 0))
            .flat_map(|here| here.commits.iter().copied())
            .collect();
        let habit = match (is_flaky, passed) {
            (true, _) => Habit::Flaky,
            (false, 0) => Habit::Failing,
            (false, _) => Habit::Changed,
        };
        let bad = failed + flaky;
        let times = |n: u64| if n == 1 { "1 run".to_string() } else { format!("{n} runs") };
        Some(FlakyTest {
            suite: suite.to_string(),
            kind: kind.to_string(),
            role,
            test: test.map(String::from),
            habit,
            passed,
            failed,
            flaky,
            failed_apart: total(self.places.values().filter(apart).map(|here| here.failed)),
            rate: rate(bad, bad + passed)?,
            disagreeing_commits: commits.into_iter().map(String::from).collect(),
            class: elect(&self.votes),
            evidence: self.evidence.into_iter().map(|(what, n)| format!("{what} in {}", times(n))).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::run;
    use super::*;
    use crate::model::failure::RootCause;

    fn cause(tests: &[&str], root_cause: RootCause, message: &str) -> Cause {
        let tests: Vec<String> = tests.iter().map(|t| (*t).to_string()).collect();
        let (suite, kind) = ("s".to_string(), "unit".to_string());
        Cause { suite, kind, first: tests.first().cloned(), tests, root_cause, message: message.into() }
    }

    #[test]
    fn flaky_changed_and_failing_tests() {
        let one =
            run("c1", "s passed: flips passed, always failed, once passed, retried passed, fine passed");
        let two = run("c1", "s failed: flips failed, always failed, once passed, retried flaky, fine passed");
        let three = run(
            "c2",
            "s failed: flips passed, always quarantined, once failed, retried ignored, fine passed",
        );
        let causes = vec![cause(&["flips", "always"], RootCause::Network, "operation timed out")];
        let report = flake_report(&[
            EarlierRun { columns: &one, causes: vec![] },
            EarlierRun { columns: &two, causes },
            EarlierRun {
                columns: &three,
                causes: vec![cause(&["once"], RootCause::AssertionFailure, "1 != 2")],
            },
        ]);
        let rows: Vec<_> = report
            .tests
            .iter()
            .map(|t| (t.test.as_deref().unwrap_or("-"), t.habit.name(), t.rate.sentence(), t.class.name()))
            .collect();
        let upper = |k, n| rate(k, n).unwrap().sentence();
        assert_eq!(
            rows,
            [
                ("retried", "flaky", upper(1, 2), "unknown"),
                ("flips", "flaky", upper(1, 3), "FLAKE-TIMING"),
                ("once", "changed", upper(1, 3), "unknown"),
                // The message is the first failure's; the other test of the suite has the root cause alone.
                ("always", "failing", upper(3, 3), "FLAKE-NET"),
            ]
        );
        assert_eq!(report.tests[1].disagreeing_commits, ["c1"]);
        assert_eq!(report.tests[1].evidence, ["FLAKE-TIMING: its failure says `timed out` in 1 run"]);
        assert_eq!(report.runs, 3);
    }

    #[test]
    fn a_suite_that_fails_by_itself_is_listed_once() {
        let crashed =
            run("c1", "s crashed: a passed; x crashed: x failed; f flaky: t passed; g flaky: t flaky");
        let fine = run(
            "c1",
            "s passed: a passed, b passed; x passed: x passed; f passed: t passed; g passed: t passed",
        );
        let own = |root_cause, message: &str| Cause { first: None, ..cause(&[], root_cause, message) };
        let causes = vec![own(RootCause::Timeout, "it was ended by signal 9")];
        let report = flake_report(&[
            EarlierRun { columns: &crashed, causes },
            EarlierRun { columns: &fine, causes: vec![] },
        ]);
        let row =
            |t: &FlakyTest| (t.suite.clone(), t.test.clone(), t.habit.name(), (t.passed, t.failed, t.flaky));
        let test = |name: &str| Some(name.to_string());
        assert_eq!(
            report.tests.iter().map(row).collect::<Vec<_>>(),
            [
                ("f".into(), None, "flaky", (1, 0, 1)),
                ("g".into(), test("t"), "flaky", (1, 0, 1)),
                ("s".into(), None, "flaky", (1, 1, 0)),
                ("x".into(), test("x"), "flaky", (1, 1, 0)),
            ]
        );
        assert_eq!(report.tests[2].evidence, ["FLAKE-TIMING: its root cause is timeout in 1 run"]);
    }

    #[test]
    fn each_kept_failure_speaks_for_its_test() {
        let one = run("c1", "s flaky: a flaky, b flaky");
        let causes = vec![
            cause(&["a"], RootCause::Unknown, "503 Service Unavailable"),
            cause(&["b"], RootCause::Unknown, "command not found: tmux"),
        ];
        let report = flake_report(&[EarlierRun { columns: &one, causes }]);
        let classes: Vec<_> = report.tests.iter().map(|t| t.class.name()).collect();
        assert_eq!(classes, ["FLAKE-EXT", "FLAKE-ENV"]);
    }

    #[test]
    fn only_runs_of_one_tree_and_environment_are_held_together() {
        let told = |alter: &dyn Fn(&mut Columns<'static>)| {
            let red = run("c1", "s failed: a failed");
            let mut green = run("c1", "s passed: a passed");
            alter(&mut green);
            let report =
                flake_report(&[red, green].each_ref().map(|columns| EarlierRun { columns, causes: vec![] }));
            report.tests[0].habit
        };
        assert_eq!(told(&|_| {}), Habit::Flaky);
        // An edit that was never committed, another locale, a run that does not say one of them.
        assert_eq!(told(&|run| run.head.tree = Some("edited".into())), Habit::Changed);
        assert_eq!(told(&|run| run.head.tree = None), Habit::Changed);
        assert_eq!(told(&|run| run.suites[0].environment = Some("e1".into())), Habit::Changed);
        assert_eq!(told(&|run| run.suites[0].environment = None), Habit::Changed);
    }

    #[test]
    fn a_pass_among_fewer_tests_is_no_pass_of_what_failed() {
        let told = |red: &str, green: &str| {
            let runs = [run("c1", red), run("c1", green)];
            let report = flake_report(&runs.each_ref().map(|columns| EarlierRun { columns, causes: vec![] }));
            report.tests.iter().find(|t| t.test.as_deref() == Some("t")).unwrap().habit
        };
        let red = "s failed: a passed, b ignored, t failed";
        assert_eq!(told(red, "s passed: a passed, t passed"), Habit::Flaky);
        assert_eq!(told(red, "s passed: a passed, b passed, c passed, t passed"), Habit::Flaky);
        assert_eq!(told(red, "s passed: t passed"), Habit::Changed);
        assert_eq!(told(red, "s passed: a ignored, t passed"), Habit::Changed);
        // What fails there too may have kept the others from running.
        assert_eq!(told(red, "s failed: t passed, x failed"), Habit::Flaky);
    }

    #[test]
    fn failures_of_other_trees_count_apart() {
        let runs = [
            run("c1", "s failed: a failed"),
            run("c1", "s passed: a passed"),
            run("broken", "s failed: a failed"),
            run("broken", "s failed: a failed"),
            run("c3", "s passed: a passed"),
        ];
        let report = flake_report(&runs.each_ref().map(|columns| EarlierRun { columns, causes: vec![] }));
        let test = &report.tests[0];
        assert_eq!((test.passed, test.failed, test.failed_apart), (2, 1, 2));
        assert_eq!((test.rate.runs, test.rate.failures), (3, 1));
    }
}

//! How often tests failed over earlier runs, and which of them are flaky; and suites, where they fail by themselves.

use super::flake::{Rate, rate};
use super::flake_class::{Cause, FlakeClass, elect, of_root_cause, of_words};
use super::flake_suite::of_itself;
use crate::model::columns::{Columns, SuiteRow};
use crate::model::suite::Role;
use crate::model::test::TestStatus;
use serde::Serialize;
use std::collections::BTreeMap;

/// One earlier run.
pub struct Seen<'c, 'a> {
    /// Its summary.
    pub columns: &'c Columns<'a>,
    /// What its failure digests and results say.
    pub causes: Vec<Cause>,
}

/// What a test that failed at least once does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Habit {
    /// It failed and passed in one run, or on one commit.
    Flaky,
    /// It passes and fails, but never on one commit: a change may explain it.
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
    pub role: Role,
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
    /// Runs, and those in which it failed at least once, with the bounds that follow.
    pub rate: Rate,
    /// Commits on which it both passed and failed.
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
type Name<'c> = (Role, &'c str, &'c str, Option<&'c str>);

/// What became of a test, or of a suite by itself.
struct Told<'c> {
    status: TestStatus,
    signature: Option<&'c str>,
}

#[derive(Default)]
struct Tally<'c> {
    passed: u64,
    failed: u64,
    flaky: u64,
    /// Commit -> passed there, failed there.
    commits: BTreeMap<&'c str, (bool, bool)>,
    votes: Vec<FlakeClass>,
    evidence: BTreeMap<String, u64>,
}

/// Counts over runs. A test without a result in a run (ignored, not run) does not count there, nor does a suite whose status
/// only follows from its tests.
pub fn flake_report(runs: &[Seen<'_, '_>]) -> FlakeReport {
    let all: Vec<&Columns<'_>> = runs.iter().map(|run| run.columns).collect();
    let mut tallies: BTreeMap<Name<'_>, Tally<'_>> = BTreeMap::new();
    for columns in &all {
        each(columns, &all, |name, told| {
            if failed_once(told.status) {
                tallies.entry(name).or_default();
            }
        });
    }
    for run in runs {
        let commit = run.columns.head.commit.as_deref();
        let mut causes: Causes<'_> = BTreeMap::new();
        for cause in &run.causes {
            causes.entry((&cause.kind, &cause.suite)).or_default().push(cause);
        }
        each(run.columns, &all, |name, told| {
            if let Some(tally) = tallies.get_mut(&name) {
                tally.count(told.status, commit);
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
        if let Some(status) = of_itself(columns, suite, all) {
            visit((role, kind, name, None), Told { status, signature: None });
        }
        let mut last: Option<&str> = None;
        for test in columns.tests_of(suite) {
            if last != Some(&*test.name) {
                let signature = columns.signature(test);
                visit((role, kind, name, Some(&*test.name)), Told { status: test.status, signature });
            }
            last = Some(&test.name);
        }
    }
}

fn failed_once(status: TestStatus) -> bool {
    matches!(status, TestStatus::Failed | TestStatus::Quarantined | TestStatus::Flaky)
}

impl<'c> Tally<'c> {
    fn count(&mut self, status: TestStatus, commit: Option<&'c str>) {
        let (passed, failed) = match status {
            TestStatus::Passed => {
                self.passed += 1;
                (true, false)
            }
            TestStatus::Failed | TestStatus::Quarantined => {
                self.failed += 1;
                (false, true)
            }
            TestStatus::Flaky => {
                self.flaky += 1;
                (true, true)
            }
            TestStatus::Ignored | TestStatus::NotRun => return,
        };
        if let Some(commit) = commit {
            let seen = self.commits.entry(commit).or_default();
            *seen = (seen.0 | passed, seen.1 | failed);
        }
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
        let disagreeing: Vec<String> =
            self.commits.iter().filter(|(_, seen)| seen.0 && seen.1).map(|(c, _)| (*c).to_string()).collect();
        let habit = match (self.flaky, disagreeing.len(), self.passed) {
            (0, 0, 0) => Habit::Failing,
            (0, 0, _) => Habit::Changed,
            _ => Habit::Flaky,
        };
        let bad = self.failed + self.flaky;
        let times = |n: u64| if n == 1 { "1 run".to_string() } else { format!("{n} runs") };
        Some(FlakyTest {
            suite: suite.to_string(),
            kind: kind.to_string(),
            role,
            test: test.map(String::from),
            habit,
            passed: self.passed,
            failed: self.failed,
            flaky: self.flaky,
            rate: rate(bad, bad + self.passed)?,
            disagreeing_commits: disagreeing,
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
            Seen { columns: &one, causes: vec![] },
            Seen { columns: &two, causes },
            Seen { columns: &three, causes: vec![cause(&["once"], RootCause::AssertionFailure, "1 != 2")] },
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
        let report =
            flake_report(&[Seen { columns: &crashed, causes }, Seen { columns: &fine, causes: vec![] }]);
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
        let report = flake_report(&[Seen { columns: &one, causes }]);
        let classes: Vec<_> = report.tests.iter().map(|t| t.class.name()).collect();
        assert_eq!(classes, ["FLAKE-EXT", "FLAKE-ENV"]);
    }
}

//! How a run is summed up for people: in the words of somebody who has never seen a profile. Every suite is a suite, whichever list of
//! the summary it stands in, and what there is none of is not told.

use crate::model::run::{RunStatus, RunSummary};
use crate::model::suite::SuiteStatus;
use crate::model::test::TestStatus;
use crate::model::triage::TriageDiff;

/// `1 suite`, `2 suites`.
fn count(n: u64, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

impl SuiteStatus {
    /// What stands before a suite in a list.
    pub fn word(self) -> &'static str {
        match self {
            SuiteStatus::Passed => "PASS",
            SuiteStatus::Failed => "FAIL",
            SuiteStatus::Flaky => "FLAKY",
            SuiteStatus::Ignored => "IGNORED",
            SuiteStatus::Quarantined => "QUARANTINED",
            SuiteStatus::NotRun => "NOT RUN",
            SuiteStatus::TimedOut => "TIMEOUT",
            SuiteStatus::Crashed => "CRASH",
            SuiteStatus::Missing => "MISSING",
        }
    }
}

impl RunSummary {
    /// `PASSED`, `FAILED`, `ABORTED`; `NOTHING` of a run that passed without a test.
    pub fn word(&self) -> &'static str {
        match self.status {
            RunStatus::Passed if self.shows_nothing() => "NOTHING",
            RunStatus::Passed => "PASSED",
            RunStatus::Failed => "FAILED",
            RunStatus::Aborted => "ABORTED",
        }
    }

    /// How many tests of this status there are.
    pub fn tests(&self, status: TestStatus) -> u64 {
        let all = self.all().flat_map(|(_, suite)| &suite.tests);
        all.filter(|test| test.status == status).count() as u64
    }

    /// `1 of 3 suites failed; tests: 8 passed, 1 failed; 1 lint step failed`
    pub fn told(&self) -> String {
        let mut parts: Vec<String> = self.suites_told().into_iter().collect();
        let tests = [
            (TestStatus::Passed, "passed"),
            (TestStatus::Failed, "failed"),
            (TestStatus::Flaky, "flaky"),
            (TestStatus::Quarantined, "quarantined"),
            (TestStatus::Ignored, "ignored"),
            (TestStatus::NotRun, "not run"),
        ];
        let tests = tests.map(|(status, word)| (self.tests(status), word));
        let tests: Vec<String> =
            tests.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
        if !tests.is_empty() {
            parts.push(format!("tests: {}", tests.join(", ")));
        }
        parts.extend(self.lint_told());
        if self.masked > 0 {
            parts.push(format!("{} masked", count(self.masked, "secret")));
        }
        if self.mask_allowed > 0 {
            parts.push(format!("{} let through by [mask] allow", count(self.mask_allowed, "text")));
        }
        if self.word() == "NOTHING" {
            parts.push("no test ran, so nothing is proven".into());
        }
        if parts.is_empty() { "there was nothing to run".into() } else { parts.join("; ") }
    }

    /// Nothing where there is no suite.
    fn suites_told(&self) -> Option<String> {
        let total = self.total_suites + self.total_units;
        let failed = self.all().filter(|(_, suite)| suite.status.is_failure()).count() as u64;
        let left = total.saturating_sub(failed + self.passed_suites + self.passed_units);
        let of = |n: u64| if total == 1 { "1 suite".into() } else { format!("{n} of {total} suites") };
        match (failed, left) {
            _ if total == 0 => None,
            (0, 0) => Some(format!("{} passed", count(total, "suite"))),
            (0, left) => Some(format!("{} did not run", of(left))),
            (failed, 0) => Some(format!("{} failed", of(failed))),
            (failed, left) => Some(format!("{} failed, {left} did not run", of(failed))),
        }
    }

    fn lint_told(&self) -> Vec<String> {
        let failed = self.lint.iter().filter(|step| !step.passed).count() as u64;
        let left = self.lint_not_run.len() as u64;
        let mut parts = Vec::new();
        if failed > 0 {
            parts.push(format!("{} failed", count(failed, "lint step")));
        }
        if left > 0 {
            parts.push(format!("{} did not run", count(left, "lint step")));
        }
        // Beside suites that passed nobody asks for them; alone they are what ran.
        if parts.is_empty() && self.all().next().is_none() && !self.lint.is_empty() {
            parts.push(format!("{} passed", count(self.lint.len() as u64, "lint step")));
        }
        parts
    }
}

impl TriageDiff {
    /// `2 regressions (1 of them new), 1 fixed; 3 suites not compared`
    pub fn told(&self) -> String {
        let c = &self.summary;
        let new = match c.new_failure_count {
            0 => String::new(),
            n => format!(" ({n} of them new)"),
        };
        let counts = [
            (c.regression_count, format!("{}{new}", count(c.regression_count, "regression"))),
            (c.still_failing_count, format!("{} still failing", c.still_failing_count)),
            (c.fixed_count, format!("{} fixed", c.fixed_count)),
            (c.flaky_count, format!("{} flaky", c.flaky_count)),
            (c.new_pass_count, count(c.new_pass_count, "new pass").replace("passs", "passes")),
            (c.removed_count, format!("{} removed", c.removed_count)),
            (c.not_run_count, format!("{} not run", c.not_run_count)),
        ];
        let mut parts: Vec<String> =
            counts.into_iter().filter(|(n, _)| *n > 0).map(|(_, said)| said).collect();
        if parts.is_empty() {
            parts.push("nothing changed".into());
        }
        let said = parts.join(", ");
        match self.not_compared {
            0 => said,
            n => format!("{said}; {} not compared", count(n, "suite")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::plan::{Shard, ShardKind};
    use crate::model::run::{Identity, LintResult};
    use crate::model::suite::SuiteResult;
    use crate::model::test::TestResult;

    fn suite(name: &str, status: SuiteStatus, tests: &[TestStatus]) -> SuiteResult {
        let tests = tests.iter().map(|status| TestResult::of("t", *status)).collect();
        SuiteResult { status, tests, ..SuiteResult::not_run(name, "unit") }
    }

    fn summary(suites: Vec<SuiteResult>, units: Vec<SuiteResult>) -> RunSummary {
        let shard = Shard { kind: ShardKind::None, index: 0, total: 1, plan_digest: String::new() };
        let empty = RunSummary::empty(Identity::default(), "ci".into(), shard);
        let mut summary = RunSummary { suites, units, ..empty };
        summary.recompute();
        summary
    }

    #[test]
    fn a_run_is_summed_up_without_what_there_is_none_of() {
        use TestStatus::{Failed, Ignored, Passed};
        let green = |name| suite(name, SuiteStatus::Passed, &[Passed, Passed]);
        let red = || suite("red", SuiteStatus::Failed, &[Passed, Failed]);
        let told = |suites, units| {
            let summary = summary(suites, units);
            format!("{} {}", summary.word(), summary.told())
        };
        assert_eq!(told(vec![], vec![green("a")]), "PASSED 1 suite passed; tests: 2 passed");
        assert_eq!(told(vec![], vec![red()]), "FAILED 1 suite failed; tests: 1 passed, 1 failed");
        assert_eq!(
            told(vec![red()], vec![green("a"), green("b")]),
            "FAILED 1 of 3 suites failed; tests: 5 passed, 1 failed"
        );
        let left = suite("c", SuiteStatus::NotRun, &[]);
        assert_eq!(
            told(vec![red()], vec![green("a"), left]),
            "FAILED 1 of 3 suites failed, 1 did not run; tests: 3 passed, 1 failed"
        );
        let ignored = suite("i", SuiteStatus::Ignored, &[Ignored]);
        assert_eq!(
            told(vec![], vec![ignored]),
            "NOTHING 1 suite passed; tests: 1 ignored; no test ran, so nothing is proven"
        );
    }

    #[test]
    fn lint_steps_alone_are_no_suites() {
        let step = |passed| LintResult {
            name: "fmt".into(),
            passed,
            definition: None,
            duration_ms: 1,
            masked: 0,
            mask_allowed: 0,
        };
        let mut of = summary(vec![], vec![]);
        assert_eq!(of.told(), "there was nothing to run");
        of.lint = vec![step(true), step(true)];
        assert_eq!(of.told(), "2 lint steps passed");
        of.lint[0].passed = false;
        assert_eq!(of.told(), "1 lint step failed");
    }
}

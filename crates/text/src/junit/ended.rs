//! What became of a testcase, by its elements and its own words: the one answer for every reader of JUnit.

use super::report::{Case, Kind, Outcome, Report, UNSAID};
use super::words::{Word, is_undecided, plain, word};

/// What became of a testcase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It ran and passed.
    Passed,
    /// It failed and then passed.
    Flaky,
    /// It was skipped, disabled, suppressed: it did not run, and was not meant to.
    LeftOut,
    /// It was meant to run, and its tool stopped before it.
    NotRun,
    /// It failed.
    Failed,
    /// It broke otherwise than by an assertion.
    Error,
}

/// How Catch2 marks a test whose failures are expected; it counts none of them.
const MAY_FAIL: &str = "TEST_CASE tagged with !mayfail";
/// How Node's reporter marks a test whose failure counts as none (`todo`), as TAP does.
const TODO: &str = "todo";

impl Case {
    /// What became of it. A failure stands whatever else is said; `<rerunFailure>` alone is a failure, and `<flakyFailure>` one
    /// that a passing run followed. Where no element says that it did not pass, `status` and `result` may.
    pub fn ended(&self) -> Ended {
        let has = |kind| self.outcomes.iter().any(|o| o.kind == kind);
        let excuses =
            |o: &Outcome| o.message.as_deref() == Some(MAY_FAIL) || o.class.as_deref() == Some(TODO);
        if self.skips().any(excuses) {
            Ended::LeftOut
        } else if has(Kind::Error) {
            Ended::Error
        } else if has(Kind::Failure) || has(Kind::Rerun) || has(Kind::Flaky) && has(Kind::Skipped) {
            // What failed and was then skipped is not known to pass.
            Ended::Failed
        } else if has(Kind::Flaky) {
            Ended::Flaky
        } else if has(Kind::Skipped) || self.said().any(|(_, _, word)| word == Word::LeftOut) {
            Ended::LeftOut
        } else if self.unreached {
            Ended::NotRun
        } else if self.unshown_skip {
            Ended::LeftOut
        } else {
            Ended::Passed
        }
    }

    /// What its attributes say that nothing else does: that it did not pass, and in which kind of words.
    pub(super) fn unsaid(&self) -> Option<(Kind, String)> {
        if let Some(reason) = self.not_run_by_ctest() {
            return Some((Kind::Failure, format!("ctest did not run it: {reason}")));
        }
        let flaky = self.outcomes.iter().all(|o| o.kind == Kind::Flaky);
        let bad = || self.said().any(|(_, _, word)| word == Word::Bad);
        // That it passed in the end is the word of its reporter, which says here that it did not.
        if !self.outcomes.is_empty() && (!flaky || !bad()) {
            return None;
        }
        let worst = [Word::Bad, Word::Unknown, Word::Flaky].into_iter().find_map(|wanted| {
            // A test that was left out did not pass, whatever the other attribute means.
            let left_out = wanted != Word::Bad && self.said().any(|(_, _, word)| word == Word::LeftOut);
            self.said().find(|(_, _, word)| *word == wanted && !left_out)
        });
        let Some((name, value, word)) = worst else {
            let told = self.said().any(|(_, _, word)| matches!(word, Word::Good | Word::LeftOut));
            return self
                .step
                .as_ref()
                .filter(|_| !told)
                .map(|step| (Kind::Failure, format!("{step}{UNSAID}")));
        };
        let value: String = value.chars().take(200).collect();
        let (kind, more) = match word {
            Word::Unknown => (Kind::Failure, ", which is no word for a test that passed"),
            Word::Flaky => (Kind::Flaky, ""),
            _ => (Kind::Failure, ""),
        };
        Some((kind, format!("its {name} is `{value}`{more}{UNSAID}")))
    }

    /// Whether NUnit's stylesheet counts it among the errors.
    pub(super) fn is_undecided(&self) -> bool {
        self.said().any(|(_, value, _)| is_undecided(value))
    }

    /// Whether it failed as Qt's blacklist has it, which is no failure.
    pub(super) fn is_blacklisted(&self) -> bool {
        self.said().any(|(_, value, _)| matches!(plain(value).as_str(), "bfail" | "bxpass"))
    }

    /// CTest writes what it skipped and what it could not run alike. What was skipped begins with the name of the property that says
    /// so (`SKIP_RETURN_CODE=77`), or is disabled; all else ("Unable to find executable", "Fixture dependency failed") it counts
    /// among the failures. It has no `result`, and gives each test its name as its class.
    fn not_run_by_ctest(&self) -> Option<&str> {
        let own = self.result.is_none() && self.classname.as_deref() == Some(self.name.as_str());
        let not_run = self.status.as_deref().is_some_and(|status| plain(status) == "notrun");
        let said =
            self.skips().next().filter(|_| own && not_run)?.message.as_deref().unwrap_or_default().trim();
        let skipped = said.starts_with("SKIP_") || said.eq_ignore_ascii_case("disabled");
        let only = self.outcomes.iter().all(|o| o.kind == Kind::Skipped);
        (!skipped && only).then_some(if said.is_empty() { "it does not say why" } else { said })
    }

    fn skips(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(|o| o.kind == Kind::Skipped)
    }

    /// Name, value and meaning of each attribute that says something of it.
    fn said(&self) -> impl Iterator<Item = (&str, &str, Word)> {
        let said = [("status", self.status.as_deref()), ("result", self.result.as_deref())];
        let own = said.into_iter().filter_map(|(name, value)| Some((name, value?, word(value?)?)));
        own.chain(self.claims.iter().filter_map(|c| Some((c.name.as_str(), c.value.as_str(), c.word()?))))
    }
}

impl Report {
    /// Marks the testcases of vitest that its `--bail` did not come to: it shows them as if they had passed, in no time at all.
    /// Those that ran stand before them and took some; a reporter that rounds times down is none of which that can be told.
    pub(super) fn mark_unreached(&mut self) {
        if !self.of_vitest {
            return;
        }
        let red = |case: &Case| matches!(case.ended(), Ended::Failed | Ended::Error);
        let all = || self.suites.iter().flat_map(|s| &s.cases);
        // Of a clock as fine as Node's: a time of 0 then is none at all, and no test that runs takes none. Those of browsers count in steps
        // of 5 µs or more.
        let fine = |ms: f64| (ms / 0.005 - (ms / 0.005).round()).abs() > 0.05;
        let exact = all().filter_map(|case| case.time_ms).any(fine);
        if !(exact || all().any(red)) {
            return;
        }
        let untimed = |case: &Case| case.outcomes.is_empty() && case.time_ms == Some(0.0);
        let rounds = self.suites.iter().any(|suite| {
            let first = suite.cases.iter().position(untimed).unwrap_or(suite.cases.len());
            suite.cases[first..].iter().any(|case| case.outcomes.is_empty() && !untimed(case))
        });
        if exact || !rounds {
            let cases = self.suites.iter_mut().flat_map(|s| &mut s.cases);
            cases.filter(|case| untimed(case)).for_each(|case| case.unreached = true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;
    use crate::json::Limits;

    fn of(text: &str) -> Vec<Ended> {
        let report = parse(text, &Limits::default(), true).unwrap();
        report.suites.iter().flat_map(|s| &s.cases).map(Case::ended).collect()
    }

    fn one(attributes: &str, elements: &str) -> Ended {
        of(&format!("<testsuite name='s'><testcase name='a' {attributes}>{elements}</testcase></testsuite>"))
            [0]
    }

    #[test]
    fn words_beside_the_elements() {
        for said in
            ["notrun", "NOTRUN", " not run ", "not_run", "Disabled", "suppressed", "Not-Executed", "pending"]
        {
            assert_eq!(one(&format!("status='{said}'"), ""), Ended::LeftOut, "{said}");
            assert_eq!(one(&format!("status='run' result='{said}'"), ""), Ended::LeftOut, "{said}");
            assert_eq!(one(&format!("status='{said}'"), "<failure/>"), Ended::Failed, "{said}");
        }
        for said in ["failed", "TIMED_OUT", "cancelled", "blocked", "NotRunnable"] {
            assert_eq!(one(&format!("result='{said}'"), ""), Ended::Failed, "{said}");
            assert_eq!(one(&format!("status='notrun' result='{said}'"), ""), Ended::Failed, "{said}");
        }
        for said in ["run", "completed", "passed", "PASS", "SUCCESSFUL", "0", ""] {
            assert_eq!(one(&format!("status='{said}'"), ""), Ended::Passed, "{said}");
        }
        for said in ["frobbed", "1", "not passed"] {
            assert_eq!(one(&format!("status='run' result='{said}'"), ""), Ended::Failed, "{said}");
            assert_eq!(one(&format!("result='{said}'"), "<skipped/>"), Ended::LeftOut, "{said}");
        }
        assert_eq!(one("status='flaky'", ""), Ended::Flaky);
        // It did not run, whatever that other word means.
        assert_eq!(one("status='notrun' result='frobbed'", ""), Ended::LeftOut);
    }

    #[test]
    fn words_as_elements() {
        for element in
            ["skipped", "Skipped", "ignored", "disabled", "pending", "not-run", "inconclusive", "todo"]
        {
            assert_eq!(one("", &format!("<{element}/>")), Ended::LeftOut, "{element}");
        }
        // PHPUnit: a test that it could not run as it stands.
        for element in ["warning", "failed", "timeout", "blocked", "Failure"] {
            assert_eq!(one("", &format!("<{element}/>")), Ended::Failed, "{element}");
        }
        for element in ["system-out", "properties", "passed", "attachments", "frobbed"] {
            assert_eq!(one("", &format!("<{element}/>")), Ended::Passed, "{element}");
        }
    }

    #[test]
    fn what_ctest_could_not_run_has_failed() {
        let of =
            |attributes: &str, message: &str| one(attributes, &format!("<skipped message='{message}'/>"));
        let ctest = "classname='a' status='notrun'";
        for message in
            ["Unable to find executable", "Required Files Missing", "Fixture dependency failed", ""]
        {
            assert_eq!(of(ctest, message), Ended::Failed, "{message}");
        }
        for message in ["SKIP_RETURN_CODE=77", "SKIP_REGULAR_EXPRESSION_MATCHED", "Disabled"] {
            assert_eq!(of(ctest, message), Ended::LeftOut, "{message}");
        }
        assert_eq!(one("classname='a' status='disabled'", ""), Ended::LeftOut);
        // GoogleTest, and a test of another class.
        assert_eq!(of("classname='a' status='notrun' result='skipped'", "why"), Ended::LeftOut);
        assert_eq!(of("classname='c' status='notrun'", "why"), Ended::LeftOut);
    }

    #[test]
    fn failures_that_catch2_expects_are_none() {
        let expected = "<skipped message='TEST_CASE tagged with !mayfail'/><failure message='x'/>";
        assert_eq!(one("", expected), Ended::LeftOut);
        assert_eq!(one("", "<skipped message='why'/><failure message='x'/>"), Ended::Failed);
        assert_eq!(one("", "<skipped type='todo' message='later'/><failure message='x'/>"), Ended::LeftOut);
        assert_eq!(one("", "<skipped type='other'/><failure message='x'/>"), Ended::Failed);
    }

    #[test]
    fn elements() {
        assert_eq!(one("", "<rerunFailure/>"), Ended::Failed);
        assert_eq!(one("", "<flakyFailure/>"), Ended::Flaky);
        assert_eq!(one("", "<flakyFailure/><skipped/>"), Ended::Failed);
        assert_eq!(one("", "<skipped/><flakyError/>"), Ended::Failed);
        assert_eq!(one("", "<failure/><error/>"), Ended::Error);
        assert_eq!(one("", "<skipped/>"), Ended::LeftOut);
    }

    #[test]
    fn what_vitest_did_not_come_to() {
        let of = |name: &str, first: &str, last: &str| {
            of(&format!(
                "<testsuites name='{name}'><testsuite name='a'><testcase name='a' time='{first}'/><testcase name='b' time='0.1'><failure/></testcase><testcase name='c' time='{last}'/></testsuite></testsuites>"
            ))[2]
        };
        assert_eq!(of("vitest tests", "0.01", "0"), Ended::NotRun);
        assert_eq!(of("vitest tests", "0.01", "0.002"), Ended::Passed);
        assert_eq!(of("vitest tests", "0", "0.002"), Ended::Passed, "times are rounded");
        assert_eq!(of("jest tests", "0.01", "0"), Ended::Passed);
        let green = "<testsuites name='vitest tests'><testsuite name='a'><testcase name='a' time='0'/></testsuite></testsuites>";
        assert_eq!(super::tests::of(green), [Ended::Passed]);
        // Of a file whose `beforeAll` failed it shows the tests as passed, and nothing of the hook.
        let hook = "<testsuites name='vitest tests'><testsuite name='a'><testcase name='a' time='0.0012345'/></testsuite><testsuite name='b'><testcase name='b' time='0'/></testsuite></testsuites>";
        assert_eq!(super::tests::of(hook), [Ended::Passed, Ended::NotRun]);
        assert_eq!(super::tests::of(&hook.replace("vitest tests", "others")), [Ended::Passed, Ended::Passed]);
    }
}

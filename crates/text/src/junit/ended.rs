//! What became of a testcase, by its elements and its own words: the one answer for every reader of JUnit.

use super::report::{CaseOutcome, JunitCase, JunitReport, OutcomeKind, UNSAID};
use super::words::{StatusWord, is_undecided, plain, word};

/// What became of a testcase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseEnd {
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

impl JunitCase {
    /// What became of it. A failure stands whatever else is said; `<rerunFailure>` alone is a failure, and `<flakyFailure>` one
    /// that a passing run followed. Where no element says that it did not pass, `status` and `result` may.
    pub fn ended(&self) -> CaseEnd {
        let has = |kind| self.outcomes.iter().any(|o| o.kind == kind);
        let excuses =
            |o: &CaseOutcome| o.message.as_deref() == Some(MAY_FAIL) || o.class.as_deref() == Some(TODO);
        if self.skips().any(excuses) {
            CaseEnd::LeftOut
        } else if has(OutcomeKind::Error) {
            CaseEnd::Error
        } else if has(OutcomeKind::Failure)
            || has(OutcomeKind::Rerun)
            || has(OutcomeKind::Flaky) && has(OutcomeKind::Skipped)
        {
            // What failed and was then skipped is not known to pass.
            CaseEnd::Failed
        } else if has(OutcomeKind::Flaky) {
            CaseEnd::Flaky
        } else if has(OutcomeKind::Skipped) || self.said().any(|(_, _, word)| word == StatusWord::LeftOut) {
            CaseEnd::LeftOut
        } else if self.unreached {
            CaseEnd::NotRun
        } else if self.unshown_skip {
            CaseEnd::LeftOut
        } else {
            CaseEnd::Passed
        }
    }

    /// What its attributes say that nothing else does: that it did not pass, and in which kind of words.
    pub(super) fn unsaid(&self) -> Option<(OutcomeKind, String)> {
        if let Some(reason) = self.not_run_by_ctest() {
            return Some((OutcomeKind::Failure, format!("ctest did not run it: {reason}")));
        }
        let flaky = self.outcomes.iter().all(|o| o.kind == OutcomeKind::Flaky);
        let bad = || self.said().any(|(_, _, word)| word == StatusWord::Bad);
        // That it passed in the end is the word of its reporter, which says here that it did not.
        if !self.outcomes.is_empty() && (!flaky || !bad()) {
            return None;
        }
        let worst =
            [StatusWord::Bad, StatusWord::Unknown, StatusWord::Flaky].into_iter().find_map(|wanted| {
                // A test that was left out did not pass, whatever the other attribute means.
                let left_out =
                    wanted != StatusWord::Bad && self.said().any(|(_, _, word)| word == StatusWord::LeftOut);
                self.said().find(|(_, _, word)| *word == wanted && !left_out)
            });
        let Some((name, value, word)) = worst else {
            let told = self.said().any(|(_, _, word)| matches!(word, StatusWord::Good | StatusWord::LeftOut));
            return self
                .step
                .as_ref()
                .filter(|_| !told)
                .map(|step| (OutcomeKind::Failure, format!("{step}{UNSAID}")));
        };
        let value: String = value.chars().take(200).collect();
        let (kind, more) = match word {
            StatusWord::Unknown => (OutcomeKind::Failure, ", which is no word for a test that passed"),
            StatusWord::Flaky => (OutcomeKind::Flaky, ""),
            _ => (OutcomeKind::Failure, ""),
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
        let only = self.outcomes.iter().all(|o| o.kind == OutcomeKind::Skipped);
        (!skipped && only).then_some(if said.is_empty() { "it does not say why" } else { said })
    }

    fn skips(&self) -> impl Iterator<Item = &CaseOutcome> {
        self.outcomes.iter().filter(|o| o.kind == OutcomeKind::Skipped)
    }

    /// Name, value and meaning of each attribute that says something of it.
    fn said(&self) -> impl Iterator<Item = (&str, &str, StatusWord)> {
        let said = [("status", self.status.as_deref()), ("result", self.result.as_deref())];
        let own = said.into_iter().filter_map(|(name, value)| Some((name, value?, word(value?)?)));
        own.chain(self.claims.iter().filter_map(|c| Some((c.name.as_str(), c.value.as_str(), c.word()?))))
    }
}

impl JunitReport {
    /// Marks the testcases of vitest that its `--bail` did not come to: it shows them as if they had passed, in no time at all.
    /// Those that ran stand before them and took some; a reporter that rounds times down is none of which that can be told.
    pub(super) fn mark_unreached(&mut self) {
        if !self.of_vitest {
            return;
        }
        let red = |case: &JunitCase| matches!(case.ended(), CaseEnd::Failed | CaseEnd::Error);
        let all = || self.suites.iter().flat_map(|s| &s.cases);
        // Of a clock as fine as Node's: a time of 0 then is none at all, and no test that runs takes none. Those of browsers count in steps
        // of 5 µs or more.
        let fine = |ms: f64| (ms / 0.005 - (ms / 0.005).round()).abs() > 0.05;
        let exact = all().filter_map(|case| case.time_ms).any(fine);
        if !(exact || all().any(red)) {
            return;
        }
        let untimed = |case: &JunitCase| case.outcomes.is_empty() && case.time_ms == Some(0.0);
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
    use crate::json::JsonLimits;

    fn of(text: &str) -> Vec<CaseEnd> {
        let report = parse(text, &JsonLimits::default(), true).unwrap();
        report.suites.iter().flat_map(|s| &s.cases).map(JunitCase::ended).collect()
    }

    fn one(attributes: &str, elements: &str) -> CaseEnd {
        of(&format!("<testsuite name='s'><testcase name='a' {attributes}>{elements}</testcase></testsuite>"))
            [0]
    }

    #[test]
    fn words_beside_the_elements() {
        for said in
            ["notrun", "NOTRUN", " not run ", "not_run", "Disabled", "suppressed", "Not-Executed", "pending"]
        {
            assert_eq!(one(&format!("status='{said}'"), ""), CaseEnd::LeftOut, "{said}");
            assert_eq!(one(&format!("status='run' result='{said}'"), ""), CaseEnd::LeftOut, "{said}");
            assert_eq!(one(&format!("status='{said}'"), "<failure/>"), CaseEnd::Failed, "{said}");
        }
        for said in ["failed", "TIMED_OUT", "cancelled", "blocked", "NotRunnable"] {
            assert_eq!(one(&format!("result='{said}'"), ""), CaseEnd::Failed, "{said}");
            assert_eq!(one(&format!("status='notrun' result='{said}'"), ""), CaseEnd::Failed, "{said}");
        }
        for said in ["run", "completed", "passed", "PASS", "SUCCESSFUL", "0", ""] {
            assert_eq!(one(&format!("status='{said}'"), ""), CaseEnd::Passed, "{said}");
        }
        for said in ["frobbed", "1", "not passed"] {
            assert_eq!(one(&format!("status='run' result='{said}'"), ""), CaseEnd::Failed, "{said}");
            assert_eq!(one(&format!("result='{said}'"), "<skipped/>"), CaseEnd::LeftOut, "{said}");
        }
        assert_eq!(one("status='flaky'", ""), CaseEnd::Flaky);
        // It did not run, whatever that other word means.
        assert_eq!(one("status='notrun' result='frobbed'", ""), CaseEnd::LeftOut);
    }

    #[test]
    fn words_as_elements() {
        for element in
            ["skipped", "Skipped", "ignored", "disabled", "pending", "not-run", "inconclusive", "todo"]
        {
            assert_eq!(one("", &format!("<{element}/>")), CaseEnd::LeftOut, "{element}");
        }
        // PHPUnit: a test that it could not run as it stands.
        for element in ["warning", "failed", "timeout", "blocked", "Failure"] {
            assert_eq!(one("", &format!("<{element}/>")), CaseEnd::Failed, "{element}");
        }
        for element in ["system-out", "properties", "passed", "attachments", "frobbed"] {
            assert_eq!(one("", &format!("<{element}/>")), CaseEnd::Passed, "{element}");
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
            assert_eq!(of(ctest, message), CaseEnd::Failed, "{message}");
        }
        for message in ["SKIP_RETURN_CODE=77", "SKIP_REGULAR_EXPRESSION_MATCHED", "Disabled"] {
            assert_eq!(of(ctest, message), CaseEnd::LeftOut, "{message}");
        }
        assert_eq!(one("classname='a' status='disabled'", ""), CaseEnd::LeftOut);
        // GoogleTest, and a test of another class.
        assert_eq!(of("classname='a' status='notrun' result='skipped'", "why"), CaseEnd::LeftOut);
        assert_eq!(of("classname='c' status='notrun'", "why"), CaseEnd::LeftOut);
    }

    #[test]
    fn failures_that_catch2_expects_are_none() {
        let expected = "<skipped message='TEST_CASE tagged with !mayfail'/><failure message='x'/>";
        assert_eq!(one("", expected), CaseEnd::LeftOut);
        assert_eq!(one("", "<skipped message='why'/><failure message='x'/>"), CaseEnd::Failed);
        assert_eq!(one("", "<skipped type='todo' message='later'/><failure message='x'/>"), CaseEnd::LeftOut);
        assert_eq!(one("", "<skipped type='other'/><failure message='x'/>"), CaseEnd::Failed);
    }

    #[test]
    fn elements() {
        assert_eq!(one("", "<rerunFailure/>"), CaseEnd::Failed);
        assert_eq!(one("", "<flakyFailure/>"), CaseEnd::Flaky);
        assert_eq!(one("", "<flakyFailure/><skipped/>"), CaseEnd::Failed);
        assert_eq!(one("", "<skipped/><flakyError/>"), CaseEnd::Failed);
        assert_eq!(one("", "<failure/><error/>"), CaseEnd::Error);
        assert_eq!(one("", "<skipped/>"), CaseEnd::LeftOut);
    }

    #[test]
    fn what_vitest_did_not_come_to() {
        let of = |name: &str, first: &str, last: &str| {
            of(&format!(
                "<testsuites name='{name}'><testsuite name='a'><testcase name='a' time='{first}'/><testcase name='b' time='0.1'><failure/></testcase><testcase name='c' time='{last}'/></testsuite></testsuites>"
            ))[2]
        };
        assert_eq!(of("vitest tests", "0.01", "0"), CaseEnd::NotRun);
        assert_eq!(of("vitest tests", "0.01", "0.002"), CaseEnd::Passed);
        assert_eq!(of("vitest tests", "0", "0.002"), CaseEnd::Passed, "times are rounded");
        assert_eq!(of("jest tests", "0.01", "0"), CaseEnd::Passed);
        let green = "<testsuites name='vitest tests'><testsuite name='a'><testcase name='a' time='0'/></testsuite></testsuites>";
        assert_eq!(super::tests::of(green), [CaseEnd::Passed]);
        // Of a file whose `beforeAll` failed it shows the tests as passed, and nothing of the hook.
        let hook = "<testsuites name='vitest tests'><testsuite name='a'><testcase name='a' time='0.0012345'/></testsuite><testsuite name='b'><testcase name='b' time='0'/></testsuite></testsuites>";
        assert_eq!(super::tests::of(hook), [CaseEnd::Passed, CaseEnd::NotRun]);
        assert_eq!(
            super::tests::of(&hook.replace("vitest tests", "others")),
            [CaseEnd::Passed, CaseEnd::Passed]
        );
    }
}

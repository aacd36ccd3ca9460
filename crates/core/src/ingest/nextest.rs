//! What nextest writes for people: one reading a binary. Its libtest-like JSON is known by its first event.

mod json;
mod line;

use super::basis::is_whole;
use super::collect::{ReadingDraft, Room, append, case, counted, finish, outside_or_cut};
use super::fault::ReadFault;
use super::lines::StreamLines;
use super::panic;
use crate::ingest::libtest::json::Event;
use crate::ingest::libtest::line::build_failure;
use crate::ingest::nextest::line::{
    AttemptLine, ResultWord, RunEndLine, attempt, setup_failure, starting, summary,
};
use crate::model::signature::Basis;
use crate::model::test::{Failure, Reading, TestStatus};
use std::collections::HashMap;
use tollgate_text::figures::total;

/// Reads the output of one or more runs; a run without its summary is a fault. The output is cut off where the last run has
/// none, or where a summary with failures has not nextest's `error: ` line behind it.
pub(super) fn read(lines: &mut StreamLines<'_>) -> Result<Vec<Reading>, ReadFault> {
    let mut output = Output::default();
    while let Some(line) = lines.next()? {
        let fresh = !output.started && output.drafts.is_empty();
        if fresh && matches!(Event::of(&line.text), Ok(Some(_))) {
            lines.again(line);
            return json::read(lines);
        }
        output.line(&line.text, line.ended)?;
    }
    output.end()
}

#[derive(Default)]
struct Output {
    room: Room,
    drafts: Vec<ReadingDraft>,
    binaries: HashMap<String, usize>,
    /// A run began and its summary did not come.
    started: bool,
    /// Tests of this run, and of the runs before it: passed (flaky ones too) and failed.
    earlier: (u64, u64),
    /// The failed test whose output follows.
    open: Option<(usize, usize, String, String)>,
    /// The first thing wrong with the run itself.
    fault: Option<String>,
    /// Any of nextest's own lines was there.
    known: bool,
    /// A summary came.
    summed: bool,
    /// The last summary counts failures, and the line that says what nextest ended with did not come.
    unended: bool,
    /// nextest's last word is that the run failed.
    failed: bool,
    /// The output is cut off.
    cut: bool,
}

impl Output {
    fn line(&mut self, line: &str, ended: bool) -> Result<(), ReadFault> {
        if let Some(found) = attempt(line) {
            self.known = true;
            self.close();
            // Behind the summary the results that matter stand once more.
            return if self.started { self.attempt(found) } else { self.again(&found) };
        }
        self.unended &= !line.starts_with("error: ");
        self.failed |= line.starts_with("error: test run failed");
        if let Some(found) = summary(line) {
            self.close();
            self.summary(found, ended);
        } else if starting(line).is_some() {
            self.close();
            if std::mem::replace(&mut self.started, true) {
                self.fault.get_or_insert("a run has no summary: it was broken off".into());
            }
            self.known = true;
            self.earlier = self.totals();
        } else if let Some(script) = setup_failure(line) {
            let script: String = script.chars().take(200).collect();
            self.fault.get_or_insert(format!("the setup script {script} failed"));
        } else if let Some(fault) = build_failure(line) {
            self.fault.get_or_insert(fault);
        } else if let Some((_, _, _, text)) = &mut self.open {
            append(text, line.strip_prefix("    ").unwrap_or(line), Failure::TEXT);
            append(text, "\n", Failure::TEXT);
        }
        Ok(())
    }

    fn attempt(&mut self, found: AttemptLine) -> Result<(), ReadFault> {
        let nth = match self.binaries.get(&found.binary) {
            Some(nth) => *nth,
            None => {
                self.room.reading()?;
                self.drafts.push(ReadingDraft::new(&found.binary));
                self.binaries.insert(found.binary.clone(), self.drafts.len() - 1);
                self.drafts.len() - 1
            }
        };
        let draft = &mut self.drafts[nth];
        let at = match draft.named(&found.test) {
            Some(at) => at,
            None => draft.push(&mut self.room, case(found.test.clone(), TestStatus::NotRun))?,
        };
        let case = &mut draft.reading.cases[at];
        case.duration_ms = found.duration_ms;
        case.status = match (found.word, case.status) {
            (ResultWord::Passed, TestStatus::Failed) | (ResultWord::Flaky, _) => TestStatus::Flaky,
            (ResultWord::Passed, _) => TestStatus::Passed,
            (ResultWord::Skipped, _) => TestStatus::Ignored,
            (ResultWord::Failed | ResultWord::FlakyFailed, _) => TestStatus::Failed,
        };
        if found.word == ResultWord::Failed {
            self.open = Some((nth, at, found.said, String::new()));
        }
        Ok(())
    }

    fn again(&mut self, found: &AttemptLine) -> Result<(), ReadFault> {
        let draft = self.binaries.get(&found.binary).map(|nth| &mut self.drafts[*nth]);
        let known = draft.and_then(|d| d.named(&found.test).map(|at| &mut d.reading.cases[at]));
        match (known, found.word) {
            (Some(case), ResultWord::Flaky) if case.status == TestStatus::Passed => {
                case.status = TestStatus::Flaky
            }
            (Some(case), ResultWord::Failed | ResultWord::FlakyFailed) => case.status = TestStatus::Failed,
            (None, _) => self.attempt(found.clone())?,
            _ => {}
        }
        self.open = None;
        Ok(())
    }

    /// Gives the failed attempt its failure.
    fn close(&mut self) {
        let Some((nth, at, said, text)) = self.open.take() else { return };
        let inner = output_of_test(&text);
        let mut failure = panic::failure(&inner, Failure::TEXT);
        if failure.message.is_empty() || said != "FAIL" && failure.place.is_none() {
            failure.message = ending(&text).unwrap_or_else(|| format!("nextest says {said}"));
            failure = failure.resting_on(basis_of(&said));
        }
        if !is_whole(&text, Failure::TEXT) {
            failure.basis = Basis::Fallback;
        }
        self.drafts[nth].explain_attempt(&mut self.room, at, failure);
    }

    fn totals(&self) -> (u64, u64) {
        let count = |statuses: &[TestStatus]| total(self.drafts.iter().map(|d| d.count(statuses)));
        (count(&[TestStatus::Passed, TestStatus::Flaky]), count(&[TestStatus::Failed]))
    }

    /// A line without its end may be a summary that is cut off within its counts.
    fn summary(&mut self, said: RunEndLine, ended: bool) {
        (self.known, self.summed) = (true, true);
        (self.started, self.unended) = (false, said.failed > 0);
        let (passed, failed) = self.totals();
        let (passed, failed) = (passed - self.earlier.0.min(passed), failed - self.earlier.1.min(failed));
        // nextest counts a flaky test that fails the run among the failed or the passed, by its profile.
        if said.run != total([passed, failed]) || said.failed > failed {
            self.cut |= !ended;
            self.fault.get_or_insert(format!(
                "its summary counts {} run and {} failed, but its lines show {} and {failed}",
                counted(said.run, "test"),
                said.failed,
                passed + failed
            ));
        }
        if said.run < said.selected {
            let rest = said.selected - said.run;
            self.fault.get_or_insert(format!("{} of {} did not run", rest, counted(said.selected, "test")));
        }
        if let [draft] = self.drafts.as_mut_slice() {
            draft.reading.duration_ms = said.duration_ms;
        }
    }

    fn end(mut self) -> Result<Vec<Reading>, ReadFault> {
        self.close();
        if self.started || (self.known && !self.summed) {
            self.cut = true;
            self.fault.get_or_insert("it has no summary: the output ends before the run did".into());
        } else if self.unended {
            self.cut = true;
            self.fault.get_or_insert("nextest's last word is missing: the output ends before it did".into());
        }
        if self.failed && self.totals().1 == 0 {
            self.fault.get_or_insert("nextest says that the run failed, and none of its tests did".into());
        }
        if !self.known && self.fault.is_none() {
            return Err(ReadFault::holds_no("nextest results"));
        }
        if let Some(fault) = self.fault {
            self.drafts.push(outside_or_cut(self.cut, fault));
        }
        if self.drafts.is_empty() {
            self.drafts.push(ReadingDraft::default());
        }
        Ok(finish(self.drafts))
    }
}

/// What a status word says of how a test ended, where the test says nothing itself.
fn basis_of(said: &str) -> Basis {
    match said {
        "TIMEOUT" | "TMT" => Basis::Timeout,
        "FAIL" | "XFAIL" | "LEAK-FAIL" | "LKFAIL" | "FAIL+LEAK" | "FL+LK" | "FAIL + LEAK" => Basis::Fallback,
        _ => Basis::Crash,
    }
}

/// What the test itself printed: without nextest's headings and the lines of the harness that ran this one test.
fn output_of_test(text: &str) -> String {
    let mut kept = String::new();
    for line in text.lines() {
        let word = line.trim();
        let frame = word.starts_with("stdout ───")
            || word.starts_with("stderr ───")
            || word.starts_with("output ───")
            || (word.starts_with("--- STD") && word.ends_with("---"))
            || word == "running 1 test"
            || word == "failures:"
            || word.starts_with("test result: ")
            || (word.starts_with("(test ") && word.ends_with(')'))
            || (word.starts_with("test ") && word.ends_with(" ... FAILED"))
            || (word.starts_with("---- ") && word.ends_with(" stdout ----"));
        if !frame {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept.trim_matches('\n').to_string()
}

/// `(test aborted with signal 11: SIGSEGV)`, `(test timed out)`
fn ending(text: &str) -> Option<String> {
    let line = text.lines().rev().map(str::trim).find(|l| l.starts_with("(test "))?;
    Some(line.strip_prefix('(')?.strip_suffix(')')?.chars().take(200).collect())
}

//! nextest's libtest-like JSON (`--message-format libtest-json` and `libtest-json-plus`): one reading a binary.

use crate::ingest::collect::{ReadingDraft, Room, counted, finish, outside_or_cut};
use crate::ingest::fault::ReadFault;
use crate::ingest::libtest::json::{Event, is_beginning};
use crate::ingest::libtest::line::build_failure;
use crate::ingest::lines::StreamLines;
use crate::model::signature::Basis;
use crate::model::test::{Reading, TestCase, TestStatus};
use std::collections::{BTreeMap, HashMap};
use tollgate_text::figures::total;

/// Reads a run. A test's name is `tollgate::binary$name`, with `#2` behind it when that was the attempt that counted. nextest may
/// end a suite and begin it once more while its tests go on, so counts are compared over the whole run. It is cut off where a
/// suite has no end, or the last line is not whole.
pub(in crate::ingest) fn read(lines: &mut StreamLines<'_>) -> Result<Vec<Reading>, ReadFault> {
    let mut run = Run::default();
    let mut build = None;
    while let Some(line) = lines.next()? {
        if !line.is_blank() {
            run.ends_torn = !line.ended && is_beginning(&line.text);
        }
        match Event::of(&line.text) {
            Ok(Some(event)) => run.event(&event)?,
            Ok(None) => build = build.or_else(|| build_failure(&line.text)),
            Err(()) => {
                run.torn = run.torn.or(Some(line.number));
                run.ends_torn = true;
            }
        }
    }
    run.end(build)
}

/// Tests that may be open at a time.
const OPEN: usize = 1_000_000;

#[derive(Default)]
struct Run {
    room: Room,
    drafts: Vec<ReadingDraft>,
    binaries: HashMap<String, usize>,
    /// Tests that began and have no result; nextest gives none to some that it ignores.
    open: BTreeMap<String, String>,
    /// The count of the suite that began last, until its binary is known.
    announced: Option<u64>,
    /// Tests that each draft's binary announced.
    counts: Vec<u64>,
    begun: u64,
    ended: u64,
    failed: u64,
    passed: u64,
    ignored: u64,
    torn: Option<u64>,
    /// The last line begins an event and is not whole.
    ends_torn: bool,
}

impl Run {
    fn event(&mut self, event: &Event) -> Result<(), ReadFault> {
        if event.kind() == "suite" {
            let count = |key: &str| event.number(key).unwrap_or(0);
            match event.event() {
                "started" => {
                    self.begun += 1;
                    self.announced = event.number("test_count");
                }
                _ => {
                    self.ended += 1;
                    self.passed = self.passed.saturating_add(count("passed"));
                    self.failed = self.failed.saturating_add(count("failed"));
                    self.ignored = self.ignored.saturating_add(count("ignored"));
                }
            }
            if let (Some(package), Some(binary)) = (event.nextest("crate"), event.nextest("test_binary")) {
                // So that a binary without tests that ran has a reading too.
                let key = format!("{package}::{binary}");
                let name = binary_id(package, binary, event.nextest("kind"));
                let nth = self.draft(&key)?;
                self.drafts[nth].reading.name = name;
                self.announce(nth);
            }
            return Ok(());
        }
        let Some((binary, test)) = event.text("name").and_then(|n| n.split_once('$')) else { return Ok(()) };
        let (test, attempt) = split_attempt(test);
        let nth = self.draft(binary)?;
        self.announce(nth);
        let key = format!("{binary}${test}");
        if event.event() == "started" {
            if self.open.len() < OPEN {
                self.open.insert(key, test.to_string());
            }
        } else if let Some(case) = event.case(test) {
            self.open.remove(&key);
            let retried = attempt.is_some_and(|n| n > 1) && case.status == TestStatus::Passed;
            let status = if retried { TestStatus::Flaky } else { case.status };
            let mut case = TestCase { status, ..case };
            if let Some(failure) = case.failure.as_mut().filter(|_| attempt.is_some_and(|n| n > 1)) {
                // Of the attempts before it nothing is shown.
                failure.basis = Basis::Fallback;
            }
            self.drafts[nth].push(&mut self.room, case)?;
        }
        Ok(())
    }

    fn draft(&mut self, binary: &str) -> Result<usize, ReadFault> {
        if let Some(nth) = self.binaries.get(binary) {
            return Ok(*nth);
        }
        self.room.reading()?;
        let (package, target) = binary.split_once("::").unwrap_or((binary, ""));
        let kind = if package == target { Some("lib") } else { None };
        self.drafts.push(ReadingDraft::new(&if target.is_empty() {
            package.into()
        } else {
            binary_id(package, target, kind)
        }));
        self.counts.push(0);
        self.binaries.insert(binary.to_string(), self.drafts.len() - 1);
        Ok(self.drafts.len() - 1)
    }

    /// The suite that began is this binary's: its first test follows at once.
    fn announce(&mut self, nth: usize) {
        if let Some(count) = self.announced.take() {
            self.counts[nth] = self.counts[nth].max(count);
        }
    }

    fn end(mut self, build: Option<String>) -> Result<Vec<Reading>, ReadFault> {
        let count = |statuses: &[TestStatus]| total(self.drafts.iter().map(|d| d.count(statuses)));
        let passed = count(&[TestStatus::Passed, TestStatus::Flaky]);
        let failed = count(&[TestStatus::Failed]);
        let unresolved = self.open.len() as u64;
        let cut = self.ends_torn || self.ended < self.begun;
        let fault = if let Some(line) = self.torn {
            Some(format!("line {line} begins an event and is not whole JSON"))
        } else if let Some(build) = build {
            Some(build)
        } else if self.ended < self.begun {
            Some(format!("{} began and did not end", counted(self.begun - self.ended, "suite")))
        } else if self.failed > failed || self.passed != passed {
            Some(format!(
                "its suites count {} passed and {} failed, but its tests show {passed} and {failed}",
                self.passed, self.failed
            ))
        } else if unresolved > self.ignored {
            Some(format!("{} began and did not end", counted(unresolved, "test")))
        } else if self.ends_torn {
            Some("its last line begins an event and is not whole JSON".into())
        } else {
            None
        };
        // What is left open within the count of the ignored is ignored.
        let open = if fault.is_none() { std::mem::take(&mut self.open) } else { BTreeMap::new() };
        for (key, test) in open {
            let nth = self.draft(key.split_once('$').map_or("", |(binary, _)| binary))?;
            let case = crate::ingest::collect::case(test, TestStatus::Ignored);
            self.drafts[nth].push(&mut self.room, case)?;
        }
        for (draft, announced) in self.drafts.iter_mut().zip(&self.counts).filter(|_| fault.is_none()) {
            let seen = draft.reading.cases.len() as u64;
            if seen != *announced {
                draft.fault(format!(
                    "{} announced, but {} shown",
                    counted(*announced, "test"),
                    counted(seen, "result")
                ));
            }
        }
        self.drafts.extend(fault.map(|fault| outside_or_cut(cut, fault)));
        Ok(finish(self.drafts))
    }
}

/// A binary's id as nextest shows it to people. Plain `libtest-json` does not say the kind: a binary named as its crate counts as
/// the library's, any other as a test's.
fn binary_id(package: &str, binary: &str, kind: Option<&str>) -> String {
    match kind {
        Some("lib" | "proc-macro") => package.to_string(),
        Some("test") | None => format!("{package}::{binary}"),
        Some(kind) => format!("{package}::{kind}/{binary}"),
    }
}

/// `name#3` -> the name and the attempt.
fn split_attempt(name: &str) -> (&str, Option<u32>) {
    match name.rsplit_once('#').and_then(|(head, n)| Some((head, n.parse().ok()?))) {
        Some((head, attempt)) => (head, Some(attempt)),
        None => (name, None),
    }
}

//! The text of one test binary, from `running N tests` to its result line.

use crate::ingest::collect::{ReadingDraft, Room, append, case, counted};
use crate::ingest::fault::ReadFault;
use crate::ingest::libtest::glued::Glued;
use crate::ingest::libtest::line as says;
use crate::ingest::libtest::line::{HarnessEnd, ResultLine};
use crate::ingest::panic;
use crate::model::signature::Basis;
use crate::model::test::{Failure, TestCase, TestStatus};
use std::collections::{BTreeMap, BTreeSet};

/// Threads whose panics are kept until their tests end.
const STRAYS: usize = 10_000;
/// Bytes of such a panic.
const STRAY: usize = 8 << 10;
/// Harnesses within one another.
const INNER: usize = 16;

/// A test that began on a line and printed (`--nocapture` with one thread).
#[derive(Clone)]
pub(in crate::ingest) struct Pending {
    name: String,
    text: String,
    /// The last line that is not blank: its end is the status, if the harness writes next.
    last: String,
}

#[derive(Clone)]
pub(in crate::ingest) enum Phase {
    Running,
    /// `failures:` or `successes:`, with the case whose output is shown.
    Sections(Option<usize>, String),
}

/// Above the failed tests, with what they printed, and then by their names.
const FAILURES: &str = "failures:";

/// A harness that a test ran, or whose words it printed: what it says is none of this one's.
#[derive(Clone, Copy)]
pub(in crate::ingest) struct Inner {
    pub(in crate::ingest) announced: u64,
    /// The cases that were there before it.
    pub(in crate::ingest) before: usize,
}

/// What one binary has said so far.
#[derive(Clone)]
pub(in crate::ingest) struct Binary {
    pub(in crate::ingest) draft: ReadingDraft,
    pub(in crate::ingest) announced: u64,
    pub(in crate::ingest) phase: Phase,
    pub(in crate::ingest) pending: Option<Pending>,
    /// Results that stand behind what other tests printed: taken if they make the count whole.
    pub(in crate::ingest) embedded: Vec<ResultLine>,
    /// Panics by thread, for tests whose output is not captured.
    pub(in crate::ingest) strays: BTreeMap<String, String>,
    pub(in crate::ingest) stray: Option<String>,
    /// A result line that does not agree: another harness's, printed by a test, or this one's.
    pub(in crate::ingest) disagrees: Option<HarnessEnd>,
    pub(in crate::ingest) quiet: bool,
    /// The names below the last `failures:`.
    pub(in crate::ingest) listed: BTreeSet<String>,
    /// The last heading was that, and not `successes:`.
    pub(in crate::ingest) lists_failures: bool,
    /// What can be told of the tests where results are lost in what tests print.
    pub(in crate::ingest) glued: Glued,
    /// Cargo named it: another binary has a line of cargo's before it.
    pub(in crate::ingest) of_cargo: bool,
    /// Harnesses within it that have not come to their end, the innermost last.
    pub(in crate::ingest) inner: Vec<Inner>,
}

impl Binary {
    pub(in crate::ingest) fn new(name: &str, announced: u64) -> Binary {
        Binary {
            draft: ReadingDraft::new(name),
            announced,
            phase: Phase::Running,
            pending: None,
            embedded: Vec::new(),
            strays: BTreeMap::new(),
            stray: None,
            disagrees: None,
            quiet: false,
            listed: BTreeSet::new(),
            lists_failures: false,
            glued: Glued::new(announced),
            of_cargo: false,
            inner: Vec::new(),
        }
    }

    /// Whether a line that begins another binary would be one: the output shown of a test may hold a harness's own.
    pub(in crate::ingest) fn may_end(&self) -> bool {
        !matches!(self.phase, Phase::Sections(Some(_), _))
    }

    /// Takes a line; true when it was the result line.
    pub(in crate::ingest) fn line(&mut self, room: &mut Room, line: &str) -> Result<bool, ReadFault> {
        self.glued.line(line);
        if matches!(self.phase, Phase::Sections(..)) {
            return self.section_line(room, line);
        }
        if self.pending.is_some() && !self.settle(room, line)? {
            return Ok(false);
        }
        self.running_line(room, line)
    }

    /// Ends the pending test if this line is the harness's and the line before it ends in a status.
    fn settle(&mut self, room: &mut Room, line: &str) -> Result<bool, ReadFault> {
        let Some(pending) = &mut self.pending else { return Ok(true) };
        let harness = is_heading(line) || says::start(line).is_some() || says::summary(line).is_some();
        let found = harness.then(|| says::glued(&pending.last)).flatten();
        let Some((status, duration_ms)) = found else {
            append(&mut pending.text, "\n", Failure::TEXT);
            append(&mut pending.text, line, Failure::TEXT);
            if !line.trim().is_empty() {
                pending.last = line.to_string();
            }
            self.stray_line(line);
            return Ok(false);
        };
        if let Some(pending) = self.pending.take() {
            let failed = status == TestStatus::Failed;
            let text = pending.text.trim_end().trim_end_matches("FAILED");
            let failure = failed.then(|| panic::failure(text, Failure::TEXT));
            self.draft.push(
                room,
                TestCase {
                    name: pending.name,
                    status,
                    duration_ms,
                    failure,
                    later: Vec::new(),
                    selector: None,
                },
            )?;
        }
        Ok(true)
    }

    fn running_line(&mut self, room: &mut Room, line: &str) -> Result<bool, ReadFault> {
        if let Some(announced) = says::announced(line) {
            if self.inner.len() < INNER {
                self.inner.push(Inner { announced, before: self.draft.reading.cases.len() });
            }
        } else if let Some(outcome) = says::result(line) {
            // What this harness goes on behind was another one's.
            (self.stray, self.disagrees) = (None, None);
            self.take(room, outcome)?;
        } else if let Some((name, printed)) = says::start(line) {
            (self.stray, self.disagrees) = (None, None);
            self.pending = Some(Pending { name, text: printed.to_string(), last: printed.to_string() });
        } else if is_heading(line) {
            self.lists_failures = line == FAILURES;
            self.phase = Phase::Sections(None, String::new());
        } else if let Some(summary) = says::summary(line) {
            return self.conclude(room, summary);
        } else if let Some(name) = line.strip_suffix(" --- FAILED") {
            self.quiet = true;
            self.draft.push(room, case(name, TestStatus::Failed))?;
        } else {
            self.quiet |= is_dots(line);
            self.stray_line(line);
            // Bounded by what was announced: more would not be taken.
            if let Some(outcome) = says::embedded(line)
                && (self.embedded.len() as u64) < self.announced
            {
                self.embedded.push(outcome);
            }
        }
        Ok(false)
    }

    fn take(&mut self, room: &mut Room, outcome: ResultLine) -> Result<(), ReadFault> {
        let ResultLine { name, status, duration_ms } = outcome;
        self.draft
            .push(
                room,
                TestCase { name, status, duration_ms, failure: None, later: Vec::new(), selector: None },
            )
            .map(|_| ())
    }

    /// Keeps what a panicking thread says, for the test of that name.
    fn stray_line(&mut self, line: &str) {
        if let Some(name) = panic::thread(line) {
            let known = self.strays.contains_key(name);
            self.stray = (known || self.strays.len() < STRAYS).then(|| name.to_string());
        } else if panic::is_trailer(line) {
            self.stray = None;
        }
        if let Some(text) = self.stray.as_ref().map(|name| self.strays.entry(name.clone()).or_default()) {
            append(text, line, STRAY);
            append(text, "\n", STRAY);
        }
    }

    fn section_line(&mut self, room: &mut Room, line: &str) -> Result<bool, ReadFault> {
        if is_heading(line) {
            self.end_section(room, None);
            self.lists_failures = line == FAILURES;
            if self.lists_failures {
                self.listed.clear();
            }
            return Ok(false);
        }
        if matches!(self.phase, Phase::Sections(None, _)) {
            self.list(line);
        }
        if let Some(summary) = says::summary(line) {
            if self.conclude(room, summary)? {
                return Ok(true);
            }
            // Within what a test printed it is another harness's.
            self.disagrees = self.disagrees.filter(|_| matches!(self.phase, Phase::Sections(None, _)));
        }
        let header = line.strip_prefix("---- ").and_then(|l| l.strip_suffix(" ----"));
        // libtest-mimic names the test alone.
        let name =
            header.map(|h| h.strip_suffix(" stdout").or_else(|| h.strip_suffix(" stderr")).unwrap_or(h));
        if let Some(nth) = name.and_then(|n| self.draft.named(n)) {
            self.end_section(room, Some(nth));
        } else if let Phase::Sections(Some(_), text) = &mut self.phase {
            append(text, line, Failure::TEXT);
            append(text, "\n", Failure::TEXT);
        }
        Ok(false)
    }

    /// Keeps a name of the harness's list of failures; as many as tests were announced. With `--show-output` it lists what passed too.
    fn list(&mut self, line: &str) {
        if !self.lists_failures {
            return;
        }
        let name = line.strip_prefix("    ").filter(|name| !name.is_empty() && !name.starts_with(' '));
        if let Some(name) = name.filter(|_| (self.listed.len() as u64) < self.announced.max(1)) {
            self.listed.insert(says::name(name));
        }
    }

    fn end_section(&mut self, room: &mut Room, next: Option<usize>) {
        let old = std::mem::replace(&mut self.phase, Phase::Sections(next, String::new()));
        if let Phase::Sections(Some(nth), text) = old
            && self.draft.reading.cases.get(nth).is_some_and(|c| c.status == TestStatus::Failed)
        {
            // A second section of one test may tell of another failure.
            self.draft.explain_attempt(room, nth, panic::failure(&text, Failure::TEXT));
        }
    }

    /// Whether a result line agrees with what was seen; embedded results are taken where they alone make it agree.
    fn conclude(&mut self, room: &mut Room, summary: HarnessEnd) -> Result<bool, ReadFault> {
        if self.ends_inner(&summary) {
            return Ok(false);
        }
        let counted = |status: TestStatus| self.draft.tally(status);
        let more = |status: TestStatus| self.embedded.iter().filter(|o| o.status == status).count() as u64;
        let agrees = |with: &dyn Fn(TestStatus) -> u64, total: u64| {
            total == self.announced
                && summary.fine() == Some(with(TestStatus::Passed))
                && with(TestStatus::Failed) == summary.failed
                && with(TestStatus::Ignored) == summary.ignored
        };
        let total = self.draft.reading.cases.len() as u64;
        let plain = agrees(&counted, total);
        let with_embedded = !plain && agrees(&|s| counted(s) + more(s), total + self.embedded.len() as u64);
        if !plain && !with_embedded && !self.leave_out_foreign(&summary) {
            self.disagrees = Some(summary);
            return Ok(false);
        }
        if with_embedded {
            for outcome in std::mem::take(&mut self.embedded) {
                self.take(room, outcome)?;
            }
        }
        self.end_section(room, None);
        self.draft.reading.duration_ms = summary.duration_ms;
        self.explain_strays(room);
        self.hold_to_its_word(room, Some(summary.ok))?;
        Ok(true)
    }

    fn explain_strays(&mut self, room: &mut Room) {
        for (name, text) in std::mem::take(&mut self.strays) {
            if let Some(nth) = self.draft.named(&name)
                && self.draft.reading.cases.get(nth).is_some_and(|c| c.status == TestStatus::Failed)
            {
                self.draft.explain(room, nth, panic::failure(&text, STRAY));
            }
        }
    }

    /// The reading of a binary that never came to a result line that agrees. At the end of the input it is cut off there, unless
    /// its result line came. Where `whole` lines tell of each test what became of it, it is whole all the same.
    pub(in crate::ingest) fn broken_off(
        mut self,
        room: &mut Room,
        at_end: bool,
        whole: bool,
    ) -> Result<ReadingDraft, ReadFault> {
        self.end_section(room, None);
        if let Some(inner) = self.inner.first().copied() {
            // Whose results those are is not known: none of them is a pass.
            self.draft.keep_only(|nth, case| nth < inner.before || case.status == TestStatus::Failed);
        }
        if whole && let Some(summary) = self.take_glued(room)? {
            self.draft.reading.duration_ms = summary.duration_ms;
            self.explain_strays(room);
            return Ok(self.draft);
        }
        self.explain_strays(room);
        let total = self.draft.reading.cases.len() as u64;
        let mut fault = if total != self.announced {
            let announced = counted(self.announced, "test");
            let verb = if self.announced == 1 { "was" } else { "were" };
            let have = if total == 1 { "has a result" } else { "have results" };
            format!("{announced} {verb} announced, but {total} {have}")
        } else if let Some(s) = self.disagrees {
            let seen = |status| self.draft.tally(status);
            format!(
                "its result line counts {} passed, {} failed and {} ignored, but its tests show {}, {} and {}",
                s.passed.saturating_add(s.measured),
                s.failed,
                s.ignored,
                seen(TestStatus::Passed),
                seen(TestStatus::Failed),
                seen(TestStatus::Ignored)
            )
        } else {
            "its result line is missing: the output ends before the harness did".into()
        };
        if let Some(pending) = &self.pending {
            let name: String = pending.name.chars().take(200).collect();
            fault.push_str(&format!("; `{name}` began and did not end"));
        }
        if self.quiet {
            fault.push_str("; the harness ran with --quiet, which does not name the tests that pass");
        }
        let cut = at_end && (self.disagrees.is_none() || !whole);
        match &self.pending {
            // Which test was under way says what died.
            Some(_) if !cut => self.draft.fault_told(fault, Basis::Crash),
            _ => self.draft.fault_or_cut(cut, fault),
        }
        self.hold_to_its_word(room, None)?;
        Ok(self.draft)
    }

    /// Takes the results that are lost in what tests printed, if every case that is here already is one of them.
    fn take_glued(&mut self, room: &mut Room) -> Result<Option<HarnessEnd>, ReadFault> {
        let Some((outcomes, summary)) = self.glued.resolve() else { return Ok(None) };
        let agrees = |case: &TestCase| outcomes.get(&case.name).is_some_and(|status| *status == case.status);
        if !self.draft.reading.cases.iter().all(agrees) {
            return Ok(None);
        }
        for (name, status) in outcomes {
            if self.draft.named(&name).is_none() {
                self.take(room, ResultLine { name, status, duration_ms: None })?;
            }
        }
        Ok(Some(summary))
    }
}

fn is_heading(line: &str) -> bool {
    line == FAILURES || line == "successes:"
}

/// A line of `--quiet`: `..i 6/9`.
fn is_dots(line: &str) -> bool {
    let dots = line.split(' ').next().unwrap_or_default();
    !dots.is_empty() && dots.bytes().all(|b| matches!(b, b'.' | b'i' | b'F'))
}

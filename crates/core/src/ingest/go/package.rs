//! What one Go package has said so far.

use crate::ingest::collect::{ReadingDraft, Room, append, case, cut, millis};
use crate::ingest::fault::ReadFault;
use crate::ingest::go::frame::{Frame, failed_frame, frame as frame_of};
use crate::ingest::go::test::Open;
use crate::model::signature::Basis;
use crate::model::test::{Failure, TestCase, TestStatus};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Bytes that are held for the tests of a package that have not ended.
const HELD: usize = 32 << 20;
/// Tests of a package that may be open at a time.
const OPEN: usize = 1_000_000;

/// One package.
pub(in crate::ingest) struct Package {
    pub(in crate::ingest) draft: ReadingDraft,
    /// Its end came.
    pub(in crate::ingest) over: bool,
    /// The number of the package's first run, of which this is a later one.
    pub(in crate::ingest) again_of: Option<usize>,
    open: BTreeMap<String, Open>,
    held: usize,
    /// Tests with a subtest that failed.
    parents: HashSet<String>,
    /// The last line that the package itself printed.
    last: String,
    /// What it printed of its own death: `panic: …`, and whether a stack followed; `exit status 7`, `signal: killed`.
    panic: Option<String>,
    stack: bool,
    exit: Option<String>,
    skipped: bool,
    /// Go says of each line of output what it is (since 1.25).
    marks: bool,
    /// `FAIL` or `PASS` came, which a test binary prints when it has run all its tests.
    ran_all: bool,
    /// Tests that the package itself says failed, where no event does.
    listed: BTreeSet<String>,
    /// What Go's own lines say of tests that run, where something stands before them in the line.
    glued: BTreeMap<String, Frame>,
    /// An action of the package that is none of Go's.
    unknown: Option<String>,
}

impl Package {
    pub(in crate::ingest) fn new(name: &str) -> Package {
        Package {
            draft: ReadingDraft::new(name),
            over: false,
            again_of: None,
            open: BTreeMap::new(),
            held: 0,
            parents: HashSet::new(),
            last: String::new(),
            panic: None,
            stack: false,
            exit: None,
            skipped: false,
            marks: false,
            ran_all: false,
            listed: BTreeSet::new(),
            glued: BTreeMap::new(),
            unknown: None,
        }
    }

    /// Whether its end came, and said that it failed: what comes after that is another run of it.
    pub(in crate::ingest) fn ended_red(&self) -> bool {
        let red = |case: &TestCase| case.status == TestStatus::Failed;
        self.over && (self.draft.reading.fault.is_some() || self.draft.reading.cases.iter().any(red))
    }

    /// Whether what begins now is another run of it: `gotestsum --rerun-fails` runs the package once more for each test that failed, so that
    /// a run that ended green may be followed by the next.
    pub(in crate::ingest) fn may_run_again(&self) -> bool {
        self.ended_red() || (self.over && self.again_of.is_some())
    }

    /// An action that Go does not have: it is no pass, and where nothing else ends the test it is a failure.
    pub(in crate::ingest) fn unknown(&mut self, test: Option<&str>, action: &str) {
        let action = cut(action, 100).to_string();
        match test {
            Some(test) if self.open.len() < OPEN => {
                self.open.entry(test.to_string()).or_default().unknown = Some(action);
            }
            Some(_) => {}
            None => self.unknown = Some(action),
        }
    }

    pub(in crate::ingest) fn run(&mut self, test: &str) {
        if self.open.len() < OPEN {
            self.open.entry(test.to_string()).or_default();
        }
    }

    pub(in crate::ingest) fn output(&mut self, test: &str, text: &str, kind: &str) {
        let frames = ["=== RUN", "=== PAUSE", "=== CONT", "=== NAME", "--- PASS", "--- FAIL", "--- SKIP"];
        let frame =
            kind == "frame" || (kind.is_empty() && frames.iter().any(|f| text.trim_start().starts_with(f)));
        self.marks |= !kind.is_empty();
        self.take_frame(text);
        let Some(open) = self.open.get_mut(test) else { return };
        if frame {
            return;
        }
        if self.held >= HELD {
            open.cut = true;
            return;
        }
        let before = open.text.len() + open.errors.len();
        append(&mut open.text, text, Failure::TEXT);
        if kind.starts_with("error") {
            append(&mut open.errors, text, Failure::MESSAGE);
        }
        self.held += open.text.len() + open.errors.len() - before;
    }

    /// Keeps what Go's own line says of a test that runs. Of tests that run at once it may stand among what another one printed.
    fn take_frame(&mut self, text: &str) {
        let Some((name, said)) = frame_of(text) else { return };
        let Some(open) = self.open.get_mut(name) else { return };
        open.failed |= said.status == TestStatus::Failed;
        if !open.failed {
            self.glued.insert(name.to_string(), said);
        }
    }

    pub(in crate::ingest) fn own_output(&mut self, text: &str) {
        let line = text.trim();
        self.ran_all |= line.ends_with("FAIL") || line.ends_with("PASS");
        if let Some(test) = failed_frame(line).filter(|_| self.listed.len() < OPEN) {
            self.listed.insert(test.to_string());
        }
        self.take_frame(line);
        // `FAIL\tp [build failed]` says why; `FAIL\tp\t0.1s` says no more than the event does.
        let frame = line.starts_with("FAIL\t") && !line.ends_with(" failed]");
        if self.panic.is_none() && (line.starts_with("panic: ") || line.starts_with("fatal error: ")) {
            self.panic = Some(cut(line, 300).to_string());
        }
        self.stack |= self.panic.is_some() && line.starts_with("goroutine ");
        if line.starts_with("exit status ") || line.starts_with("signal: ") {
            self.exit = Some(cut(line, 300).to_string());
        }
        if !line.is_empty() && line != "FAIL" && line != "PASS" && !frame {
            self.last = cut(line, 300).replace('\t', " ");
        }
    }

    pub(in crate::ingest) fn result(
        &mut self,
        room: &mut Room,
        test: &str,
        action: &str,
        elapsed: Option<f64>,
    ) -> Result<(), ReadFault> {
        let open = self.open.remove(test).unwrap_or_default();
        self.held -= (open.text.len() + open.errors.len()).min(self.held);
        let status = match action {
            "fail" => TestStatus::Failed,
            "skip" => TestStatus::Ignored,
            _ => TestStatus::Passed,
        };
        let failure = (status == TestStatus::Failed).then(|| {
            for (at, _) in test.match_indices('/') {
                self.parents.insert(test[..at].to_string());
            }
            open.failure(self.marks, self.parents.contains(test))
        });
        let duration_ms = elapsed.and_then(millis);
        self.draft
            .push(
                room,
                TestCase {
                    name: test.into(),
                    status,
                    duration_ms,
                    failure,
                    later: Vec::new(),
                    selector: None,
                },
            )
            .map(|_| ())
    }

    /// The package's own result.
    pub(in crate::ingest) fn end(
        &mut self,
        room: &mut Room,
        action: &str,
        elapsed: Option<f64>,
    ) -> Result<(), ReadFault> {
        self.over = true;
        self.skipped = action == "skip";
        self.draft.reading.duration_ms = elapsed.and_then(millis);
        self.end_open(room, action == "pass")?;
        if action == "fail" {
            self.end_listed(room)?;
        }
        if action == "fail"
            && let Some(said) = self.outside()
        {
            let basis = if self.is_panic(&said) { Basis::Exception } else { Basis::Fallback };
            self.draft.fault_told(format!("the package failed outside its tests{said}"), basis);
        }
        if action == "fail" && !self.ran_all && !self.draft.reading.cases.is_empty() {
            let panicked = self.draft.reading.cases.iter().any(panicked);
            let why = if panicked { "a panic ended it" } else { "it ended before its tests did" };
            self.draft.fault(format!("{why}, and tests of the package that had not begun did not run"));
        }
        Ok(())
    }

    /// Tests that failed by the package's own lines, and of which no event told.
    fn end_listed(&mut self, room: &mut Room) -> Result<(), ReadFault> {
        for name in std::mem::take(&mut self.listed) {
            if self.draft.named(&name).is_none() {
                let failure = Some(Failure::new("go lists it among what failed", "", None));
                self.draft.push(room, TestCase { failure, ..case(name, TestStatus::Failed) })?;
            }
        }
        Ok(())
    }

    /// What failed outside the tests of a package that failed: go itself ends with 1 where tests failed, and with 2 where one of
    /// them panicked. Go 1.19 does not say with what else it ended.
    fn outside(&self) -> Option<String> {
        let panic = self.panic.as_ref().filter(|_| self.stack);
        let mut red = self.draft.reading.cases.iter().filter(|c| c.status == TestStatus::Failed).peekable();
        if red.peek().is_none() {
            let said = panic.unwrap_or(&self.last);
            return Some(if said.is_empty() { String::new() } else { format!(": {said}") });
        }
        let exit = self.exit.as_ref().filter(|e| *e != "exit status 1");
        panic.or(exit).filter(|_| !red.any(panicked)).map(|said| format!(": {said}"))
    }

    /// Whether what failed outside the tests is a panic: other lines and an exit status are no words of the cause.
    fn is_panic(&self, said: &str) -> bool {
        self.stack && self.panic.as_ref().is_some_and(|panic| said.ends_with(panic.as_str()))
    }

    /// Tests without a result. Where Go's own line stands behind what a test printed (before Go 1.20 no event tells of it then) that
    /// is the result, a pass only where the package ran to its end. Benchmarks have none where the package passed. All others failed.
    fn end_open(&mut self, room: &mut Room, passed: bool) -> Result<(), ReadFault> {
        let glued = std::mem::take(&mut self.glued);
        for (name, open) in std::mem::take(&mut self.open) {
            let whole = passed || self.ran_all;
            let said = glued.get(&name).filter(|_| whole && !open.failed);
            let benchmark = passed && name.starts_with("Benchmark");
            if open.unknown.is_none() && (said.is_some() || benchmark) {
                let status = said.map_or(TestStatus::Passed, |said| said.status);
                let duration_ms = said.and_then(|said| said.seconds).and_then(millis);
                self.draft.push(room, TestCase { duration_ms, ..case(name, status) })?;
                continue;
            }
            let failure = match &open.unknown {
                Some(action) => {
                    Failure::new(&format!("go says `{}` of it", action.escape_debug()), &open.text, None)
                }
                None => open.unended(self.marks),
            };
            if !open.failed && open.unknown.is_none() {
                self.draft.fault(format!("`{}` began and did not end", cut(&name, 200)));
            }
            let failed = case(name, TestStatus::Failed);
            self.draft.push(room, TestCase { failure: Some(failure), ..failed })?;
        }
        Ok(())
    }

    /// The input ended before the package did.
    pub(in crate::ingest) fn broken_off(&mut self, room: &mut Room) -> Result<(), ReadFault> {
        self.end_open(room, false)?;
        self.end_listed(room)?;
        match self.unknown.take() {
            Some(action) => self.draft.fault(format!("go says `{}` of the package", action.escape_debug())),
            None => self.draft.cut_off("its end is missing: the output is cut off"),
        }
        Ok(())
    }

    /// No event of it came.
    pub(in crate::ingest) fn is_fresh(&self) -> bool {
        self.open.is_empty() && self.draft.reading.cases.is_empty() && !self.ran_all
    }

    /// `[no test files]`
    pub(in crate::ingest) fn without_files(&self) -> bool {
        self.skipped && self.draft.reading.cases.is_empty() && self.draft.reading.fault.is_none()
    }
}

fn panicked(case: &TestCase) -> bool {
    case.failures().any(|f| f.message.starts_with("panic: "))
}

//! The JSON lines of Rust's test harness (`--format json`), which nextest writes too.

use crate::ingest::collect::{ReadingDraft, Room, counted, millis};
use crate::ingest::fault::ReadFault;
use crate::ingest::panic;
use crate::model::signature::Basis;
use crate::model::test::{Failure, TestCase, TestStatus};
use std::collections::BTreeSet;
use tollgate_text::json::{self, Json, JsonLimits};

/// One line that is an event of a suite, a test or a benchmark.
pub(in crate::ingest) struct Event {
    value: Json<'static>,
}

impl Event {
    /// The event in a line; `Err` for one that begins as an event and is not whole, `None` for anything else.
    pub(in crate::ingest) fn of(line: &str) -> Result<Option<Event>, ()> {
        let line = line.trim();
        let begins = line.starts_with("{\"type\":") || line.starts_with("{ \"type\":");
        if !begins {
            return Ok(None);
        }
        let value = json::parse(line.as_bytes(), &JsonLimits::default()).map_err(|_| ())?.into_owned();
        Ok(Some(Event { value }).filter(|e| matches!(e.kind(), "suite" | "test" | "bench")))
    }

    pub(in crate::ingest) fn kind(&self) -> &str {
        self.text("type").unwrap_or_default()
    }

    /// `started`, `ok`, `failed`, `ignored`, …
    pub(in crate::ingest) fn event(&self) -> &str {
        self.text("event").unwrap_or_default()
    }

    pub(in crate::ingest) fn text(&self, key: &str) -> Option<&str> {
        self.value.get(key)?.as_str()
    }

    pub(in crate::ingest) fn number(&self, key: &str) -> Option<u64> {
        match self.value.get(key)? {
            Json::Int(n) => u64::try_from(*n).ok(),
            _ => None,
        }
    }

    /// A count: 0 where it is not given, `None` where what is given is none.
    pub(in crate::ingest) fn count(&self, key: &str) -> Option<u64> {
        if self.value.get(key).is_none() { Some(0) } else { self.number(key) }
    }

    pub(in crate::ingest) fn duration_ms(&self) -> Option<u64> {
        match self.value.get("exec_time")? {
            Json::Float(seconds) => millis(*seconds),
            Json::Int(seconds) => millis(*seconds as f64),
            _ => None,
        }
    }

    /// What `libtest-json-plus` says about a suite.
    pub(in crate::ingest) fn nextest(&self, key: &str) -> Option<&str> {
        self.value.get("nextest")?.get(key)?.as_str()
    }

    /// A test's result: passed, failed or ignored, with its failure.
    pub(in crate::ingest) fn case(&self, name: &str) -> Option<TestCase> {
        let status = match (self.kind(), self.event()) {
            ("bench", _) | ("test", "ok") => TestStatus::Passed,
            ("test", "failed") => TestStatus::Failed,
            ("test", "ignored") => TestStatus::Ignored,
            _ => return None,
        };
        let failure = (status == TestStatus::Failed).then(|| {
            let parts = [self.text("stdout"), self.text("message"), self.text("reason")];
            let text: Vec<&str> = parts.into_iter().flatten().filter(|t| !t.is_empty()).collect();
            let mut failure = panic::failure(&text.join("\n"), Failure::TEXT);
            if failure.message.is_empty() {
                failure.message = "it failed and printed nothing".into();
            }
            failure
        });
        Some(TestCase {
            name: name.into(),
            status,
            duration_ms: self.duration_ms(),
            failure,
            later: Vec::new(),
            selector: None,
        })
    }
}

/// Whether the last line of an input is an event, or the beginning of one, that is not whole.
pub(in crate::ingest) fn is_beginning(line: &str) -> bool {
    Event::of(line).is_err() || line.strip_prefix('{').is_some_and(|l| "\"type\":".starts_with(l.trim()))
}

/// What one suite has said so far.
pub(in crate::ingest) struct EventSuite {
    pub(in crate::ingest) draft: ReadingDraft,
    announced: u64,
    open: BTreeSet<String>,
    /// The first line that begins an event and is not whole.
    pub(in crate::ingest) torn: Option<u64>,
}

impl EventSuite {
    pub(in crate::ingest) fn new(name: &str, event: &Event) -> EventSuite {
        let announced = event.number("test_count").unwrap_or(0);
        EventSuite { draft: ReadingDraft::new(name), announced, open: BTreeSet::new(), torn: None }
    }

    /// Takes an event of a test or the suite's end; true when it was the end.
    pub(in crate::ingest) fn event(&mut self, room: &mut Room, event: &Event) -> Result<bool, ReadFault> {
        if event.kind() == "suite" {
            self.conclude(event);
            return Ok(true);
        }
        let Some(name) = event.text("name") else { return Ok(false) };
        if event.event() == "started" {
            if (self.open.len() as u64) < self.announced {
                self.open.insert(name.to_string());
            }
        } else if let Some(case) = event.case(name) {
            self.open.remove(name);
            self.draft.push(room, case)?;
        }
        Ok(false)
    }

    fn conclude(&mut self, event: &Event) {
        self.draft.reading.duration_ms = event.duration_ms();
        let says = |key: &str| event.count(key);
        let passed = says("passed").zip(says("measured")).and_then(|(ran, timed)| ran.checked_add(timed));
        let (Some(passed), Some(failed), Some(ignored)) = (passed, says("failed"), says("ignored")) else {
            return self.draft.fault("its end counts its tests in what are no counts");
        };
        let seen = |status| self.draft.count(&[status]);
        let shown = (seen(TestStatus::Passed), seen(TestStatus::Failed), seen(TestStatus::Ignored));
        if self.torn.is_some() {
            self.missing(false);
        } else if (passed, failed, ignored) != shown {
            self.draft.fault(format!(
                "its end counts {passed} passed, {failed} failed and {ignored} ignored, but its tests show {}, {} and {}",
                shown.0, shown.1, shown.2
            ));
        } else if self.announced != self.draft.reading.cases.len() as u64 {
            self.missing(false);
        } else if event.event() == "failed" && failed == 0 {
            self.draft.fault("its end says that it failed, and none of its tests did");
        }
    }

    fn missing(&mut self, cut: bool) {
        if let Some(line) = self.torn {
            let torn = format!("line {line} begins an event and is not whole JSON");
            return self.draft.fault_or_cut(cut, torn);
        }
        let (total, announced) = (self.draft.reading.cases.len() as u64, counted(self.announced, "test"));
        let mut fault = format!("{announced} announced, but {} shown", counted(total, "result"));
        if let Some(name) = self.open.first() {
            let name: String = name.chars().take(200).collect();
            fault.push_str(&format!("; `{name}` began and did not end"));
        }
        match self.open.len() {
            1 if !cut => self.draft.fault_told(fault, Basis::Crash),
            _ => self.draft.fault_or_cut(cut, fault),
        }
    }

    /// The reading of a suite whose end never came. At the end of the input it is cut off there.
    pub(in crate::ingest) fn broken_off(mut self, at_end: bool) -> ReadingDraft {
        self.missing(at_end);
        self.draft
    }
}

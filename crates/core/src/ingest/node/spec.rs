//! The spec reporter of `node --test`.

use crate::ingest::basis::{is_whole, told};
use crate::ingest::collect::{ReadingDraft, Room, append, case, finish, keep_end, milliseconds};
use crate::ingest::fault::ReadFault;
use crate::ingest::lines::StreamLines;
use crate::ingest::node::entry;
use crate::ingest::node::suite::{Closed, is_of_suite};
use crate::ingest::place;
use crate::model::signature::Basis;
use crate::model::test::{Failure, Reading, SourcePlace, TestCase, TestStatus};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A line that the reporter writes for a test, a suite's begin or its end.
struct Entry<'a> {
    depth: usize,
    symbol: char,
    name: &'a str,
    duration_ms: Option<u64>,
    /// Something stands behind the time: the reason of a skip, `SKIP`, `TODO`.
    directive: bool,
}

fn entry(line: &str) -> Option<Entry<'_>> {
    let text = line.trim_start_matches(' ');
    let depth = (line.len() - text.len()) / 2;
    let symbol = text.chars().next().filter(|c| "✔✖﹣▶⚠".contains(*c))?;
    let rest = text[symbol.len_utf8()..].strip_prefix(' ')?;
    // `name (1.5ms) # reason`; the name may hold anything.
    let (rest, directive) = match rest.rsplit_once("ms) # ") {
        Some((head, _)) => (&rest[..head.len() + 3], true),
        None => (rest, false),
    };
    let timed = rest.strip_suffix("ms)").and_then(|r| r.rsplit_once(" ("));
    let (name, duration_ms) = match timed.and_then(|(name, ms)| Some((name, ms.parse::<f64>().ok()?))) {
        Some((name, ms)) => (name, milliseconds(ms)),
        None => (rest, None),
    };
    Some(Entry { depth, symbol, name, duration_ms, directive })
}

/// `ℹ tests 17`
fn count(line: &str) -> Option<(&str, f64)> {
    let (what, n) = line.strip_prefix("ℹ ")?.split_once(' ')?;
    let known =
        ["tests", "suites", "pass", "fail", "cancelled", "skipped", "todo", "duration_ms"].contains(&what);
    known.then(|| Some((what, n.parse().ok()?)))?
}

/// Whether a line can only be this reporter's.
pub(in crate::ingest) fn is_own(line: &str) -> bool {
    count(line).is_some()
        || entry(line).is_some_and(|e| e.depth == 0 && (e.duration_ms.is_some() || e.symbol == '▶'))
}

#[derive(Default)]
struct Spec {
    room: Room,
    draft: ReadingDraft,
    /// Titles of the suites that are open, each with whether a test below it failed.
    open: Vec<(String, bool)>,
    /// Suites and tests with subtests.
    containers: u64,
    tests: Option<u64>,
    suites: u64,
    /// The last of the counts came.
    timed: bool,
    /// Failed and cancelled tests.
    stated: u64,
    /// Leaves and containers that are `✖` and not to do.
    red: u64,
    /// Failed cases by their own titles.
    failed: BTreeMap<String, VecDeque<usize>>,
    /// The failed case whose error follows, with how far its lines are indented, and its text.
    told: Option<(usize, usize, String)>,
    /// `✖ failing tests:` came: errors stand once more, or for the first time.
    again: bool,
    at: Option<SourcePlace>,
    /// What was printed since the last line at the margin.
    said: String,
    /// Failed cases that may be files: with what was printed before each, and with the place that the end gives.
    files: BTreeMap<usize, (String, Option<SourcePlace>)>,
    /// Failed cases that are suites, or tests with subtests.
    held: BTreeSet<usize>,
    closed: Closed,
}

pub(in crate::ingest) fn read(lines: &mut StreamLines<'_>) -> Result<Vec<Reading>, ReadFault> {
    let mut spec = Spec::default();
    while let Some(line) = lines.next()? {
        spec.line(&line.text)?;
    }
    Ok(finish([spec.end()?]))
}

impl Spec {
    fn line(&mut self, line: &str) -> Result<(), ReadFault> {
        if line.trim_end() == "✖ failing tests:" {
            self.tell();
            self.again = true;
        } else if let Some((what, n)) = count(line) {
            self.tell();
            self.count(what, n);
        } else if let Some(place) = line.strip_prefix("test at ").filter(|_| self.again) {
            self.tell();
            self.at = place::of_end(place);
        } else if let Some(entry) = entry(line) {
            if self.again {
                if entry.depth == 0 {
                    self.repeat(&entry);
                }
            } else if self.told.is_none() || entry.depth <= self.open.len() {
                self.tell();
                self.entry(&entry)?;
            }
        } else if let Some((_, indent, text)) = &mut self.told {
            let least = line.len() - line.trim_start_matches(' ').len();
            if least < *indent && !line.trim().is_empty() {
                // What stands further out is the output of tests and files, not the error.
                self.tell();
                keep_end(&mut self.said, line);
                return Ok(());
            }
            append(text, line, Failure::TEXT);
            append(text, "\n", Failure::TEXT);
        } else if self.again {
            self.closed.text(line);
        } else {
            keep_end(&mut self.said, line);
        }
        Ok(())
    }

    fn count(&mut self, what: &str, n: f64) {
        let whole = n as u64;
        match what {
            "tests" => self.tests = Some(whole),
            "suites" => self.suites = whole,
            "fail" | "cancelled" => self.stated = self.stated.saturating_add(whole),
            "duration_ms" => {
                self.timed = true;
                self.draft.reading.duration_ms = milliseconds(n);
            }
            _ => {}
        }
    }

    fn entry(&mut self, entry: &Entry<'_>) -> Result<(), ReadFault> {
        let red = entry.symbol == '✖' && !entry.directive;
        let ends = self.open.get(entry.depth).is_some_and(|(name, _)| name == entry.name);
        if ends && (entry.symbol != '▶' || entry.duration_ms.is_some()) {
            let below = self.open[entry.depth..].iter().any(|(_, failed)| *failed);
            let name = self.titles(entry);
            self.open.truncate(entry.depth + 1);
            self.open.pop();
            // Before Node 20 this line does not say what became of it.
            let silent = entry.symbol == '▶';
            self.red += u64::from(red || (silent && below));
            self.containers += 1;
            if below && let Some(outer) = self.open.last_mut() {
                outer.1 = true;
            }
            if silent || below {
                self.closed.add(entry.name, name);
            }
            // It failed on its own: a hook, or an assertion of a test that has subtests.
            return if red && !below { self.case(entry, TestStatus::Failed, true) } else { Ok(()) };
        }
        self.open.truncate(entry.depth);
        if entry.symbol == '▶' {
            self.open.push((entry.name.to_string(), false));
            return Ok(());
        }
        self.red += u64::from(red);
        let status = match entry.symbol {
            _ if entry.directive => TestStatus::Ignored,
            '✔' => TestStatus::Passed,
            '✖' => TestStatus::Failed,
            _ => TestStatus::Ignored,
        };
        self.case(entry, status, false)
    }

    /// The titles above an entry and its own.
    fn titles(&self, entry: &Entry<'_>) -> String {
        let titles = self.open.iter().take(entry.depth).map(|(name, _)| name.as_str());
        titles.chain([entry.name]).collect::<Vec<_>>().join(" > ")
    }

    fn case(&mut self, entry: &Entry<'_>, status: TestStatus, holds: bool) -> Result<(), ReadFault> {
        let name = self.titles(entry);
        let said = if entry.depth == 0 { std::mem::take(&mut self.said) } else { String::new() };
        let case = TestCase {
            name,
            status,
            duration_ms: entry.duration_ms,
            failure: None,
            later: Vec::new(),
            selector: None,
        };
        let nth = self.draft.push(&mut self.room, case)?;
        if status == TestStatus::Failed {
            if let Some(outer) = self.open.last_mut() {
                outer.1 = true;
            }
            self.failed.entry(entry.name.to_string()).or_default().push_back(nth);
            if holds {
                self.held.insert(nth);
            } else if entry.depth == 0 && entry::is_file(entry.name) {
                self.files.insert(nth, (said, None));
            }
            self.told = Some((nth, 2 * (entry.depth + 1), String::new()));
        }
        Ok(())
    }

    /// A failed test at the end, by its own title: they stand in the order in which they failed.
    fn repeat(&mut self, entry: &Entry<'_>) {
        self.tell();
        self.closed.over();
        // One that is to do stands there too.
        if entry.directive {
            return;
        }
        let nth = self.failed.get_mut(entry.name).and_then(VecDeque::pop_front);
        match nth {
            Some(nth) => {
                if let Some((_, at)) = self.files.get_mut(&nth) {
                    at.clone_from(&self.at);
                }
            }
            // It stands in the output without a sign of its own failure.
            None => self.closed.fails(entry.name),
        }
        self.told = nth.map(|nth| (nth, 2, String::new()));
    }

    /// Gives the failed case the error that followed it.
    fn tell(&mut self) {
        let Some((nth, _, text)) = self.told.take() else { return };
        let text = dedent(&text);
        if text.trim().is_empty() {
            return;
        }
        let failure = failure(&text, self.at.take());
        // The block at the end is the failure's own; where the test ran, others print between the lines.
        if self.again {
            self.draft.explain_again(&mut self.room, nth, failure);
        } else {
            self.draft.explain(&mut self.room, nth, failure);
        }
    }

    /// Makes faults of what failed and is no test, and tests of what failed beside its subtests.
    fn settle(&mut self) -> Result<(), ReadFault> {
        let mut faults: Vec<(usize, (String, Basis))> = Vec::new();
        for (nth, (said, at)) in &self.files {
            let Some(case) = self.draft.reading.cases.get(*nth) else { continue };
            // Where the output ends before it says where the test stands, the name alone has to tell.
            if at.as_ref().is_none_or(|at| entry::is_file_at(&case.name, at)) {
                let error = case.failure.as_ref().map_or("", |f| f.message.as_str());
                faults.push((*nth, entry::fault(&case.name, error, said, None)));
            }
        }
        for nth in &self.held {
            let Some(case) = self.draft.reading.cases.get(*nth) else { continue };
            if let Some(failure) = case.failure.as_ref().filter(|f| is_of_suite(&f.text)) {
                faults.push((*nth, entry::fault(&case.name, &failure.message, "", None)));
            }
        }
        faults.sort_by_key(|(nth, _)| *nth);
        let none: BTreeSet<usize> = faults.iter().map(|(nth, _)| *nth).collect();
        self.draft.keep_only(|nth, _| !none.contains(&nth));
        faults.into_iter().for_each(|(_, fault)| self.draft.fault_too(fault));
        for (name, text) in std::mem::take(&mut self.closed).failed() {
            let failure = failure(&text, None);
            match is_of_suite(&text) {
                true => self.draft.fault_too(entry::fault(&name, &failure.message, "", None)),
                false => {
                    let case = case(name, TestStatus::Failed);
                    self.draft.push(&mut self.room, TestCase { failure: Some(failure), ..case })?;
                }
            }
        }
        Ok(())
    }

    fn end(mut self) -> Result<ReadingDraft, ReadFault> {
        self.tell();
        let seen = self.draft.reading.cases.len() as u64;
        // Each failed test stands at the end with its error; before Node 20 where it ran, and nowhere else.
        let untold = self.failed.values().flatten().map(|nth| (*nth, &self.draft.reading.cases[*nth]));
        // The first that is shown.
        let untold = untold
            .filter(|(_, c)| self.again || c.failure.is_none())
            .min_by_key(|(nth, _)| *nth)
            .map(|(_, c)| c.name.chars().take(200).collect::<String>());
        match self.tests.filter(|_| self.timed) {
            None => self.draft.cut_off("its counts are missing: the output ends before the run did"),
            Some(_) if untold.is_some() => self.draft.cut_off(format!(
                "the error of `{}` is missing: the output ends before the run did",
                untold.unwrap_or_default()
            )),
            Some(tests) if self.stated > self.red => {
                let red = self.red;
                self.draft
                    .fault(format!("it counts {} failures of {tests} tests, but shows {red}", self.stated));
            }
            // Suites count apart; a test with subtests counts as a test and is none of the cases.
            Some(tests) if tests + self.suites > seen + self.containers => {
                self.draft.fault(format!(
                    "it counts {tests} tests and {} suites, but shows {}",
                    self.suites,
                    seen + self.containers
                ));
            }
            Some(_) => {}
        }
        self.settle()?;
        Ok(self.draft)
    }
}

/// The failure that an error tells of, once its lines stand at the margin; `at`: where the test stands.
fn failure(text: &str, at: Option<SourcePlace>) -> Failure {
    let text = dedent(text);
    let place = place::of_javascript(&text).or(at);
    let lines = text.lines().take_while(|l| !l.trim_start().starts_with("at "));
    let message = lines.collect::<Vec<_>>().join("\n");
    let message = message.trim();
    let quoted = message.strip_prefix('\'').and_then(|m| m.strip_suffix('\''));
    let message = quoted.unwrap_or(message);
    let failure = Failure::new(message, text.trim(), place);
    match message {
        _ if !is_whole(&text, Failure::TEXT) => failure,
        late if late.starts_with("test timed out after ") => failure.resting_on(Basis::Timeout),
        _ => told(failure),
    }
}

/// Text without the indentation that all its lines share.
fn dedent(text: &str) -> String {
    let indent = |l: &str| l.len() - l.trim_start_matches(' ').len();
    let least = text.lines().filter(|l| !l.trim().is_empty()).map(indent).min().unwrap_or(0);
    text.lines().map(|l| l.get(least..).unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

//! Readings as they grow: bounded, names made unique.

use super::fault::ReadFault;
use super::hook::JEST;
use super::timed::lasted;
use crate::model::signature::Basis;
use crate::model::test::{Failure, FaultKind, Reading, ReadingFault, TestCase, TestStatus};
use std::collections::HashMap;

/// Cases of one input, of all its readings together.
pub const CASES: usize = 1_000_000;
/// Readings of one input.
pub const READINGS: usize = 20_000;
/// Bytes of all names together.
const NAMES: usize = 256 << 20;
/// Bytes of all failures' messages and texts together; past it a failure keeps only the beginning of its message.
const TEXTS: usize = 128 << 20;
/// Failures of tests after each one's first.
const LATER: usize = 100_000;
/// What is kept of a message past `TEXTS`.
const LATE_MESSAGE: usize = 120;
/// Bytes of a fault past which no other one is added to its sentence.
const FAULTS: usize = 1_500;
/// Bytes of one name; a longer one is cut.
const NAME: usize = 16 << 10;

/// What one input may still take.
pub(super) struct Room {
    readings: usize,
    cases: usize,
    names: usize,
    texts: usize,
    later: usize,
}

impl Default for Room {
    fn default() -> Self {
        Room { readings: READINGS, cases: CASES, names: NAMES, texts: TEXTS, later: LATER }
    }
}

impl Room {
    /// Takes the place of one reading more.
    pub(super) fn reading(&mut self) -> Result<(), ReadFault> {
        let left = self.readings.checked_sub(1);
        self.readings =
            left.ok_or_else(|| ReadFault::new(format!("it holds more than {READINGS} suites")))?;
        Ok(())
    }

    /// A failure that is not its test's first, cut short; none past as many of them as are kept.
    fn fit_later(&mut self, failure: &Failure) -> Option<Failure> {
        self.later = self.later.checked_sub(1)?;
        Some(self.fit(failure.short(Failure::LATER)))
    }

    /// The failure, cut down once too much text was kept.
    fn fit(&mut self, failure: Failure) -> Failure {
        match self.texts.checked_sub(failure.size()) {
            Some(left) => {
                self.texts = left;
                failure
            }
            None => Failure::new(cut(&failure.message, LATE_MESSAGE), "", failure.place),
        }
    }
}

/// A text's beginning, of at most that many bytes.
pub(super) fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most.min(text.len()))]
}

/// Appends to a text as long as it stays within `most` bytes.
pub(super) fn append(text: &mut String, more: &str, most: usize) {
    text.push_str(cut(more, most.saturating_sub(text.len())));
}

/// Bytes of an output's end that are kept.
const END: usize = 64 << 10;

/// Keeps the end of what is printed: the error that ends a program comes last.
pub(super) fn keep_end(printed: &mut String, line: &str) {
    if printed.len() + line.len() > 2 * END {
        let from = printed.len().saturating_sub(END);
        printed.drain(..printed.ceil_char_boundary(from));
    }
    printed.push_str(cut(line, END));
    printed.push('\n');
}

/// Adds a failure to a case that has one. Where there is no room for it, nothing may cover what is kept.
fn add_later(room: &mut Room, case: &mut TestCase, failure: &Failure) {
    match room.fit_later(failure) {
        Some(failure) => case.later.push(failure),
        None => case.failure.get_or_insert_default().basis = Basis::Fallback,
    }
}

/// A reading that is not finished.
#[derive(Clone, Default)]
pub(super) struct ReadingDraft {
    pub(super) reading: Reading,
    /// The first case of each name, and how often the name came.
    seen: HashMap<String, (usize, u32)>,
    /// Cases by the status that they came with.
    tally: [u64; 6],
}

impl ReadingDraft {
    pub(super) fn new(name: &str) -> ReadingDraft {
        let reading = Reading { name: cut(name, NAME).to_string(), ..Reading::default() };
        ReadingDraft { reading, ..ReadingDraft::default() }
    }

    /// Adds a case and gives its number. A name that is there already gets ` #2`, ` #3`, … so that names stay unique.
    pub(super) fn push(&mut self, room: &mut Room, mut case: TestCase) -> Result<usize, ReadFault> {
        case.name.truncate(case.name.floor_char_boundary(NAME.min(case.name.len())));
        case.name = self.unique(case.name);
        match (room.cases.checked_sub(1), room.names.checked_sub(case.name.len())) {
            (Some(cases), Some(names)) => (room.cases, room.names) = (cases, names),
            _ => {
                return Err(ReadFault::new(format!(
                    "it holds more than {CASES} tests, or {NAMES} bytes of names"
                )));
            }
        }
        case.failure = case.failure.map(|f| room.fit(f));
        let later = std::mem::take(&mut case.later);
        later.iter().for_each(|failure| add_later(room, &mut case, failure));
        self.tally[case.status as usize] += 1;
        self.reading.cases.push(case);
        Ok(self.reading.cases.len() - 1)
    }

    fn unique(&mut self, name: String) -> String {
        let next = self.reading.cases.len();
        let Some((_, count)) = self.seen.get_mut(&name) else {
            self.seen.insert(name.clone(), (next, 1));
            return name;
        };
        let mut nth = *count;
        let fresh = loop {
            nth += 1;
            let fresh = format!("{name} #{nth}");
            if !self.seen.contains_key(&fresh) {
                break fresh;
            }
        };
        if let Some((_, count)) = self.seen.get_mut(&name) {
            *count = nth;
        }
        self.seen.insert(fresh.clone(), (next, 1));
        fresh
    }

    /// Takes the times off the names of tests where each of them has one, and makes them their durations. Names that would be one without
    /// them keep theirs: tests of two names are two tests.
    pub(super) fn take_off_times(&mut self) {
        let cases = &self.reading.cases;
        let parts: Option<Vec<(String, u64)>> =
            cases.iter().map(|c| lasted(&c.name).map(|(name, ms)| (name.to_string(), ms))).collect();
        let Some(parts) = parts else { return };
        let mut counts: HashMap<&str, u32> = HashMap::new();
        parts.iter().for_each(|(name, _)| *counts.entry(name).or_default() += 1);
        for (nth, (name, ms)) in parts.iter().enumerate() {
            let case = &mut self.reading.cases[nth];
            case.duration_ms.get_or_insert(*ms);
            if counts.get(name.as_str()) == Some(&1) && !self.seen.contains_key(name) {
                self.seen.remove(&case.name);
                self.seen.insert(name.clone(), (nth, 1));
                case.name.clone_from(name);
            }
        }
    }

    /// The first case of that name.
    pub(super) fn named(&self, name: &str) -> Option<usize> {
        self.seen.get(name).map(|(nth, _)| *nth)
    }

    /// Gives a case its failure where it has none yet.
    pub(super) fn explain(&mut self, room: &mut Room, case: usize, failure: Failure) {
        if let Some(case) = self.reading.cases.get_mut(case).filter(|c| c.failure.is_none()) {
            case.failure = Some(room.fit(failure));
        }
    }

    /// Gives a case its failure, whatever it has.
    pub(super) fn explain_again(&mut self, room: &mut Room, nth: usize, failure: Failure) {
        if let Some(case) = self.reading.cases.get_mut(nth) {
            case.failure = Some(room.fit(failure));
        }
    }

    /// Gives a case the failure of one more attempt.
    pub(super) fn explain_attempt(&mut self, room: &mut Room, nth: usize, failure: Failure) {
        match self.reading.cases.get_mut(nth) {
            Some(case) if case.failure.is_some() => add_later(room, case, &failure),
            _ => self.explain(room, nth, failure),
        }
    }

    /// States a fault; the first one stands. It says that something is wrong, and not why.
    pub(super) fn fault(&mut self, sentence: impl Into<String>) {
        self.state(sentence.into(), Basis::Fallback);
    }

    /// States a fault in words of its cause.
    pub(super) fn fault_told(&mut self, sentence: impl Into<String>, basis: Basis) {
        self.state(sentence.into(), basis);
    }

    /// A hook or a file that failed, which is no test: what it says, in one line.
    pub(super) fn fault_of_hook(&mut self, hook: &str, failure: Option<&Failure>) {
        let hook = lasted(hook).map_or(hook, |(hook, _)| hook);
        let hook = if hook.ends_with("failed") { hook.to_string() } else { format!("{hook} failed") };
        let told = |line: &&str| !line.is_empty() && !line.ends_with(JEST);
        let said = failure.and_then(|f| f.message.lines().map(str::trim).find(told));
        let basis = failure.map_or(Basis::Fallback, |failure| failure.basis);
        match said.map(|said| cut(said, 300)) {
            Some(said) => self.fault_too((format!("{hook}: {said}"), basis)),
            None => self.fault_too((hook, basis)),
        }
    }

    /// States one more of several faults of one kind, each of which is to be seen.
    pub(super) fn fault_too(&mut self, (sentence, basis): (String, Basis)) {
        match &mut self.reading.fault {
            Some(fault) if fault.sentence.len() < FAULTS => {
                fault.sentence.push_str("; ");
                fault.sentence.push_str(&sentence);
                fault.basis = Basis::Fallback;
            }
            _ => self.state(sentence, basis),
        }
    }

    /// Keeps only those cases: the others turned out to be none.
    pub(super) fn keep_only(&mut self, keep: impl Fn(usize, &TestCase) -> bool) {
        let mut nth = 0;
        self.reading.cases.retain(|case| {
            nth += 1;
            keep(nth - 1, case)
        });
        self.tally = [0; 6];
        self.seen.clear();
        for (nth, case) in self.reading.cases.iter().enumerate() {
            self.tally[case.status as usize] += 1;
            self.seen.insert(case.name.clone(), (nth, 1));
        }
    }

    fn state(&mut self, sentence: String, basis: Basis) {
        match &mut self.reading.fault {
            // Its words do not tell of the other one.
            Some(fault) => fault.basis = Basis::Fallback,
            None => self.reading.fault = Some(ReadingFault { kind: FaultKind::Stated, sentence, basis }),
        }
    }

    /// States that the input ends before what wrote it did. That stands whatever else is wrong; the first sentence stays.
    pub(super) fn cut_off(&mut self, sentence: impl Into<String>) {
        let basis = Basis::Fallback;
        let fault = || ReadingFault { kind: FaultKind::Truncated, sentence: sentence.into(), basis };
        self.reading.fault.get_or_insert_with(fault).kind = FaultKind::Truncated;
    }

    /// States that the input is cut off, or else that it is wrong.
    pub(super) fn fault_or_cut(&mut self, cut: bool, sentence: impl Into<String>) {
        if cut { self.cut_off(sentence) } else { self.fault(sentence) }
    }

    /// How many cases came with this status.
    pub(super) fn tally(&self, status: TestStatus) -> u64 {
        self.tally[status as usize]
    }

    /// How many cases have one of these statuses.
    pub(super) fn count(&self, statuses: &[TestStatus]) -> u64 {
        self.reading.cases.iter().filter(|c| statuses.contains(&c.status)).count() as u64
    }
}

/// The readings of drafts, their names made unique as those of cases are.
pub(super) fn finish(drafts: impl IntoIterator<Item = ReadingDraft>) -> Vec<Reading> {
    let mut counts: HashMap<String, u32> = HashMap::new();
    let mut readings: Vec<Reading> = Vec::new();
    for mut reading in drafts.into_iter().map(|d| d.reading) {
        let name = reading.name.clone();
        let mut nth = counts.get(&name).copied().unwrap_or(0) + 1;
        while nth > 1 && counts.contains_key(&numbered(&name, nth)) {
            nth += 1;
        }
        counts.insert(name.clone(), nth);
        if nth > 1 {
            reading.name = numbered(&name, nth);
            counts.insert(reading.name.clone(), 1);
        }
        readings.push(reading);
    }
    readings
}

fn numbered(name: &str, nth: u32) -> String {
    if name.is_empty() { format!("#{nth}") } else { format!("{name} #{nth}") }
}

/// A reading that says what is wrong with the input as a whole; it has no name and no case.
pub(super) fn outside(sentence: impl Into<String>) -> ReadingDraft {
    outside_or_cut(false, sentence)
}

/// The same of an input that may be cut off.
pub(super) fn outside_or_cut(cut: bool, sentence: impl Into<String>) -> ReadingDraft {
    let mut draft = ReadingDraft::default();
    draft.fault_or_cut(cut, sentence);
    draft
}

/// A case with nothing but its name and status.
pub(super) fn case(name: impl Into<String>, status: TestStatus) -> TestCase {
    TestCase {
        name: name.into(),
        status,
        duration_ms: None,
        failure: None,
        later: Vec::new(),
        selector: None,
    }
}

/// Seconds as milliseconds, if they can be a duration.
pub(super) fn millis(seconds: f64) -> Option<u64> {
    milliseconds(seconds * 1_000.0)
}

/// Milliseconds, if they can be a duration.
pub(super) fn milliseconds(ms: f64) -> Option<u64> {
    // `as` saturates; a century is more than any suite takes.
    (ms.is_finite() && (0.0..4e12).contains(&ms)).then_some(ms.round() as u64)
}

/// "1 test", "2 tests".
pub(super) fn counted(n: u64, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_unique() {
        let (mut draft, mut room) = (ReadingDraft::new("s"), Room::default());
        for name in ["a", "a #2", "a", "a", "b", "b"] {
            draft.push(&mut room, case(name, TestStatus::Passed)).unwrap();
        }
        let names: Vec<&str> = draft.reading.cases.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["a", "a #2", "a #3", "a #4", "b", "b #2"]);
        assert_eq!(draft.named("a"), Some(0));
        let readings = finish(["", "x", "", "x", "x #2"].map(ReadingDraft::new));
        let names: Vec<&str> = readings.iter().map(|r| r.name.as_str()).collect();
        assert_eq!(names, ["", "x", "#2", "x #2", "x #2 #2"]);
    }

    #[test]
    fn times_leave_names_where_all_have_one_and_none_fall_together() {
        let named = |names: &[&str]| {
            let (mut draft, mut room) = (ReadingDraft::new("s"), Room::default());
            for name in names {
                draft.push(&mut room, case(*name, TestStatus::Passed)).unwrap();
            }
            draft.take_off_times();
            let cases = draft.reading.cases.iter();
            cases.map(|c| format!("{} {:?}", c.name, c.duration_ms)).collect::<Vec<_>>().join("; ")
        };
        assert_eq!(named(&["adds in 12ms", "takes in 1sec"]), "adds Some(12); takes Some(1000)");
        assert_eq!(named(&["answers in 100ms", "adds"]), "answers in 100ms None; adds None");
        let two = "answers in 100ms Some(100); answers in 200ms Some(200); adds Some(3)";
        assert_eq!(named(&["answers in 100ms", "answers in 200ms", "adds in 3ms"]), two);
    }

    #[test]
    fn the_first_sentence_stays_and_a_cut_is_not_forgotten() {
        let mut draft = outside("first");
        draft.fault("second");
        let fault = draft.reading.fault.clone().unwrap();
        assert_eq!((fault.kind, fault.sentence.as_str()), (FaultKind::Stated, "first"));
        draft.cut_off("third");
        let fault = draft.reading.fault.unwrap();
        assert_eq!((fault.kind, fault.sentence.as_str()), (FaultKind::Truncated, "first"));
    }

    #[test]
    fn the_room_runs_out() {
        let (mut draft, mut room) =
            (ReadingDraft::new("s"), Room { readings: 1, cases: 3, names: 100, texts: 10, later: 1 });
        let failed = |message: &str| TestCase {
            failure: Some(Failure::new(message, "", None).resting_on(Basis::Exception)),
            ..case("a", TestStatus::Failed)
        };
        draft.push(&mut room, failed("short")).unwrap();
        let again = |message: &str| vec![Failure::new(message, "", None); 2];
        draft.push(&mut room, failed(&"long ".repeat(100))).unwrap();
        draft.push(&mut room, TestCase { later: again("x"), ..failed("x") }).unwrap();
        assert_eq!(draft.reading.cases[2].later.len(), 1);
        let bases = draft.reading.cases.iter().map(|c| c.failure.as_ref().unwrap().basis);
        // Cut, and one of its failures not kept.
        let cut = Basis::Fallback;
        assert_eq!(bases.collect::<Vec<_>>(), [Basis::Exception, cut, cut]);
        assert!(draft.push(&mut room, failed("x")).is_err());
        let lengths = draft.reading.cases.iter().map(|c| c.failure.as_ref().unwrap().message.len());
        assert_eq!(lengths.collect::<Vec<_>>(), [5, LATE_MESSAGE, 1]);
    }
}

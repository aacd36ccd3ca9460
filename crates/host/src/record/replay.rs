//! The journal as it is read back: what was decided, and what is done.

use super::error::{RecordError, in_words};
use std::collections::BTreeMap;
use tollgate_core::model::event::{EventLine, RunEvent, Started};
use tollgate_core::model::record::SuiteRecord;
use tollgate_core::model::run::{LintResult, NotRun, RunStatus, schema};
use tollgate_text::json::plain;

/// What a journal says of its run.
#[derive(Debug, Clone, PartialEq)]
pub struct Replayed {
    /// The run.
    pub run_id: String,
    /// When it was started: RFC 3339.
    pub started_at: String,
    /// What it set out to do.
    pub started: Started,
    /// The suites that are done, in the order in which they first ended. Of a suite that ended twice the last counts.
    pub done: Vec<SuiteRecord>,
    /// The suites that are not done and were under way when tollgate was killed, twice or more; in the order of the plan.
    pub lost: Vec<Lost>,
    /// The lint steps that ran; of one that ran twice the last counts.
    pub lint: Vec<LintResult>,
    /// How the run ended, where it did and was not taken up again since.
    pub finished: Option<RunStatus>,
    /// The number of the next event.
    pub next_seq: u64,
}

/// A suite beside which tollgate was killed more than once: nobody knows whether it survives a third time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The suite.
    pub suite: String,
    /// Its kind.
    pub kind: String,
    /// When it was started the last time: RFC 3339.
    pub started_at: String,
}

/// Reads a journal, and how many of its bytes are whole lines: what stands after the last newline was torn by the end of the
/// process or the machine, and is to be cut off. `shown` is its name in errors.
///
/// # Errors
/// The first line that is no event of this run in its place: not JSON, another schema, run or number, a suite that was not
/// selected. A journal without one whole line says nothing that could be taken up.
pub fn replay(bytes: &[u8], shown: &str) -> Result<(Replayed, usize), RecordError> {
    let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    let mut lines = bytes[..whole].split_inclusive(|b| *b == b'\n').enumerate();
    let fault = |at: usize, why: String| RecordError::Journal { path: shown.into(), line: at + 1, why };
    let Some((_, first)) = lines.next() else {
        return Err(fault(0, "it has no whole line, so there is nothing to take up".into()));
    };
    let first = event(first, 0).map_err(|why| fault(0, why))?;
    let RunEvent::Started(started) = first.event else {
        return Err(fault(0, "its first event is not run.started".into()));
    };
    let mut state = State::new(first.run_id, first.ts, *started);
    for (at, line) in lines {
        let line = event(line, at as u64).map_err(|why| fault(at, why))?;
        state.take(line).map_err(|why| fault(at, why))?;
    }
    Ok((state.close(), whole))
}

fn event(line: &[u8], seq: u64) -> Result<EventLine, String> {
    let event: EventLine = serde_json::from_slice(line)
        .map_err(|e| format!("it is no event of a run: {}", in_words(&e.to_string())))?;
    if event.schema != schema::EVENT {
        return Err(format!("its schema is {}, not {}", plain(&event.schema), schema::EVENT));
    }
    if event.seq != seq {
        return Err(format!("its number is {}, not {seq}: lines are missing or doubled", event.seq));
    }
    Ok(event)
}

struct State {
    replayed: Replayed,
    /// What is known of what was selected, by kind and name.
    selected: BTreeMap<(String, String), Known>,
    /// How often the run was taken up so far.
    life: u32,
}

/// What is known of one suite.
#[derive(Default)]
struct Known {
    /// Its place in `done`, once it is.
    done: Option<usize>,
    /// In how many lives of tollgate it was started since it ended last, and the last of them; lives that ended in order do not
    /// count.
    lives: u32,
    life: Option<u32>,
    /// When it was started the last time.
    at: String,
}

impl State {
    fn new(run_id: String, started_at: String, started: Started) -> State {
        let known = |s: &NotRun| ((s.kind.clone(), s.name.clone()), Known::default());
        let selected = started.selected.iter().map(known).collect();
        let (done, lost, lint) = (Vec::new(), Vec::new(), Vec::new());
        let replayed =
            Replayed { run_id, started_at, started, done, lost, lint, finished: None, next_seq: 1 };
        State { replayed, selected, life: 0 }
    }

    fn close(mut self) -> Replayed {
        for item in &self.replayed.started.selected {
            let (suite, kind) = (item.name.clone(), item.kind.clone());
            let known = self.selected.remove(&(kind.clone(), suite.clone()));
            if let Some(known) = known.filter(|known| known.done.is_none() && known.lives >= 2) {
                self.replayed.lost.push(Lost { suite, kind, started_at: known.at });
            }
        }
        self.replayed
    }

    fn take(&mut self, line: EventLine) -> Result<(), String> {
        let replayed = &mut self.replayed;
        if line.run_id != replayed.run_id {
            return Err(format!("it is of the run {}, not {}", plain(&line.run_id), plain(&replayed.run_id)));
        }
        replayed.next_seq = line.seq + 1;
        match line.event {
            RunEvent::Started(_) => return Err("the run starts a second time".into()),
            RunEvent::LintStarted { .. } => {}
            RunEvent::SuiteStarted { suite, kind, .. } => {
                if let Some(known) = self.selected.get_mut(&(kind, suite)) {
                    // Further attempts are of the same life.
                    known.lives += u32::from(known.life != Some(self.life));
                    (known.life, known.at) = (Some(self.life), line.ts);
                }
            }
            RunEvent::LintFinished(step) => match replayed.lint.iter_mut().find(|l| l.name == step.name) {
                Some(before) => *before = step,
                None => replayed.lint.push(step),
            },
            RunEvent::SuiteFinished { suite, kind, record, .. } => {
                return self.finished(suite, kind, *record);
            }
            RunEvent::Resumed { .. } => {
                replayed.finished = None;
                self.life += 1;
            }
            RunEvent::Finished { status } => {
                replayed.finished = Some(status);
                self.ended_in_order();
            }
        }
        Ok(())
    }

    /// tollgate ended what was under way, because someone asked it to: that tells nothing of the suites.
    fn ended_in_order(&mut self) {
        for known in self.selected.values_mut().filter(|known| known.life == Some(self.life)) {
            known.lives -= 1;
            known.life = None;
        }
    }

    fn finished(&mut self, suite: String, kind: String, record: SuiteRecord) -> Result<(), String> {
        if (&record.result.name, &record.result.kind) != (&suite, &kind) {
            return Err(format!("it names the suite {} and records another", plain(&suite)));
        }
        let Some(place) = self.selected.get_mut(&(kind, suite)) else {
            let name = plain(&record.result.name);
            return Err(format!("the suite {name} was not selected when the run started"));
        };
        (place.lives, place.life) = (0, None);
        match place.done {
            Some(at) => self.replayed.done[at] = record,
            None => {
                place.done = Some(self.replayed.done.len());
                self.replayed.done.push(record);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use tollgate_core::model::suite::SuiteStatus;

    fn lines(events: &[RunEvent]) -> Vec<String> {
        let line = |(seq, event): (usize, &RunEvent)| {
            let line = EventLine {
                schema: schema::EVENT.into(),
                seq: seq as u64,
                ts: "2026-11-20T10:15:09.000Z".into(),
                run_id: "run-1".into(),
                event: event.clone(),
            };
            serde_json::to_string(&line).expect("a line") + "\n"
        };
        events.iter().enumerate().map(line).collect()
    }

    fn error(lines: &[String]) -> String {
        replay(lines.concat().as_bytes(), "run_events.jsonl").expect_err("at fault").to_string()
    }

    #[test]
    fn of_a_suite_that_ended_twice_the_last_counts() {
        let mut events = sample::events();
        let mut again = sample::records()[0].clone();
        again.result.status = SuiteStatus::TimedOut;
        events.push(sample::finished(&again));
        let text = lines(&events).concat();
        let (replayed, whole) = replay(text.as_bytes(), "x").expect("whole");
        assert_eq!(whole, text.len());
        assert_eq!(replayed.done.len(), sample::records().len());
        assert_eq!(replayed.done[0], again);
    }

    #[test]
    fn a_line_at_fault_is_named() {
        let whole = lines(&sample::events());
        let with = |at: usize, line: &str| {
            let mut lines = whole.clone();
            lines[at] = line.to_string();
            error(&lines)
        };
        assert!(with(2, "{}\n").starts_with("run_events.jsonl:3: it is no event of a run: missing field"));
        assert!(with(2, "\n").starts_with("run_events.jsonl:3: it is no event"));
        assert!(with(2, "\u{0}\n").starts_with("run_events.jsonl:3: it is no event"));
        assert!(with(0, &whole[1].replace("\"seq\":1", "\"seq\":0")).contains("not run.started"));
        assert!(with(2, &whole[3]).contains("its number is 3, not 2"));
        assert!(with(2, &whole[2].replace("run-1", "run-2")).contains("of the run run-2, not run-1"));
        assert!(
            with(2, &whole[2].replace("event.v1", "event.v2"))
                .contains("its schema is tollgate.run.event.v2")
        );
        assert!(with(2, &whole[0].replace("\"seq\":0", "\"seq\":2")).contains("starts a second time"));
        assert!(with(2, &whole[2].replace("lint.finished", "lint.gone")).contains("unknown variant"));
        let mut events = sample::events();
        let mut foreign = sample::records()[0].clone();
        foreign.result.name = "foreign".into();
        events.push(sample::finished(&foreign));
        assert!(error(&lines(&events)).contains("the suite foreign was not selected"));
    }

    #[test]
    fn what_was_under_way_in_two_lives_and_never_ended_is_lost() {
        let started = |nth: usize, attempt| {
            let result = &sample::records()[nth].result;
            RunEvent::SuiteStarted { suite: result.name.clone(), kind: result.kind.clone(), attempt }
        };
        let resumed = || RunEvent::Resumed { done: 0, leftovers: 0 };
        let lost = |events: &[RunEvent]| {
            let text = lines(&[&sample::events()[..1], events].concat()).concat();
            let lost = replay(text.as_bytes(), "x").expect("whole").0.lost;
            lost.into_iter().map(|l| (l.suite, l.started_at)).collect::<Vec<_>>()
        };
        let names: Vec<String> = sample::records()[..2].iter().map(|r| r.result.name.clone()).collect();
        let at = |nth: usize| (names[nth].clone(), "2026-11-20T10:15:09.000Z".to_string());
        let (one, two) = (|| started(0, 1), || started(1, 1));
        // Attempts of one life, and lives in which it was not started, count once.
        assert_eq!(lost(&[one(), started(0, 2), resumed(), resumed()]), []);
        assert_eq!(lost(&[one(), resumed(), two()]), []);
        assert_eq!(lost(&[one(), two(), resumed(), one(), two()]), [at(0), at(1)]);
        assert_eq!(lost(&[one(), two(), resumed(), two(), resumed(), one()]), [at(0), at(1)]);
        // An end in order, as after Ctrl-C, is none of the two.
        let ended = || RunEvent::Finished { status: RunStatus::Aborted };
        assert_eq!(lost(&[one(), ended(), resumed(), one(), ended()]), []);
        assert_eq!(lost(&[one(), resumed(), one(), ended(), resumed(), two(), ended()]), []);
        assert_eq!(lost(&[one(), resumed(), one(), ended(), resumed(), one()]), [at(0)]);
        // What ended, whenever it did, is none; nor does what was before count.
        let ended = sample::finished(&sample::records()[0]);
        assert_eq!(lost(&[one(), resumed(), one(), ended.clone()]), []);
        assert_eq!(lost(&[one(), resumed(), ended, one(), resumed(), one()]), []);
    }

    #[test]
    fn a_torn_end_is_no_fault() {
        let whole = lines(&sample::events()).concat();
        for torn in ["{\"schema\"", "\u{0}\u{0}\u{0}", "x"] {
            let text = format!("{whole}{torn}");
            assert_eq!(replay(text.as_bytes(), "x").expect("whole").1, whole.len());
        }
    }
}

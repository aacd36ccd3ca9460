//! The journal as it is read back: what was decided, and what is done.

use super::error::{RecordError, in_words};
use crate::base::json::plain;
use crate::model::event::{EventLine, RunEvent, Started};
use crate::model::record::SuiteRecord;
use crate::model::run::{LintResult, RunStatus, schema};
use std::collections::HashMap;

/// What a journal says of its run.
#[derive(Debug, Clone, PartialEq)]
pub struct Replayed {
    /// The run.
    pub run_id: String,
    /// What it set out to do.
    pub started: Started,
    /// The suites that are done, in the order in which they first ended. Of a suite that ended twice the last counts.
    pub done: Vec<SuiteRecord>,
    /// The lint steps that ran; of one that ran twice the last counts.
    pub lint: Vec<LintResult>,
    /// How the run ended, where it did and was not taken up again since.
    pub finished: Option<RunStatus>,
    /// The number of the next event.
    pub next_seq: u64,
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
    let mut state = State::new(first.run_id, *started);
    for (at, line) in lines {
        let line = event(line, at as u64).map_err(|why| fault(at, why))?;
        state.take(line).map_err(|why| fault(at, why))?;
    }
    Ok((state.replayed, whole))
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
    /// Kind and name of what was selected, and its place in `done` once it is.
    selected: HashMap<(String, String), Option<usize>>,
}

impl State {
    fn new(run_id: String, started: Started) -> State {
        let selected = started.selected.iter().map(|s| ((s.kind.clone(), s.name.clone()), None)).collect();
        let (done, lint) = (Vec::new(), Vec::new());
        State { replayed: Replayed { run_id, started, done, lint, finished: None, next_seq: 1 }, selected }
    }

    fn take(&mut self, line: EventLine) -> Result<(), String> {
        let replayed = &mut self.replayed;
        if line.run_id != replayed.run_id {
            return Err(format!("it is of the run {}, not {}", plain(&line.run_id), plain(&replayed.run_id)));
        }
        replayed.next_seq = line.seq + 1;
        match line.event {
            RunEvent::Started(_) => return Err("the run starts a second time".into()),
            RunEvent::LintStarted { .. } | RunEvent::SuiteStarted { .. } => {}
            RunEvent::LintFinished(step) => match replayed.lint.iter_mut().find(|l| l.name == step.name) {
                Some(before) => *before = step,
                None => replayed.lint.push(step),
            },
            RunEvent::SuiteFinished { suite, kind, record, .. } => {
                return self.finished(suite, kind, *record);
            }
            RunEvent::Resumed { .. } => replayed.finished = None,
            RunEvent::Finished { status } => replayed.finished = Some(status),
        }
        Ok(())
    }

    fn finished(&mut self, suite: String, kind: String, record: SuiteRecord) -> Result<(), String> {
        if (&record.result.name, &record.result.kind) != (&suite, &kind) {
            return Err(format!("it names the suite {} and records another", plain(&suite)));
        }
        let Some(place) = self.selected.get_mut(&(kind, suite)) else {
            let name = plain(&record.result.name);
            return Err(format!("the suite {name} was not selected when the run started"));
        };
        match *place {
            Some(at) => self.replayed.done[at] = record,
            None => {
                *place = Some(self.replayed.done.len());
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
    use crate::model::suite::SuiteStatus;

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
    fn a_torn_end_is_no_fault() {
        let whole = lines(&sample::events()).concat();
        for torn in ["{\"schema\"", "\u{0}\u{0}\u{0}", "x"] {
            let text = format!("{whole}{torn}");
            assert_eq!(replay(text.as_bytes(), "x").expect("whole").1, whole.len());
        }
    }
}

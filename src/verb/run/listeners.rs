//! Who hears of what happens in a run. Each event is told once, here: to the journal, and when it stands there to everybody else.

use tollgate_core::model::event::RunEvent;
use tollgate_host::record::Journal;

/// Hears what happens, as it happens; from several threads.
pub trait Listener: Sync {
    /// It happened, and the journal has it.
    fn hear(&self, event: &RunEvent);
}

/// The journal, and who else listens.
pub(super) struct Listeners<'a> {
    journal: &'a Journal,
    others: Vec<&'a dyn Listener>,
}

impl<'a> Listeners<'a> {
    /// The others hear in this order.
    pub(super) fn new(journal: &'a Journal, others: Vec<&'a dyn Listener>) -> Listeners<'a> {
        Listeners { journal, others }
    }

    /// Tells it. The journal comes first: `--resume` goes by it alone, so nobody may have acted on what it does not have. What it could
    /// not record it says at the end of the run.
    pub(super) fn tell(&self, event: &RunEvent) {
        self.journal.append(event);
        for other in &self.others {
            other.hear(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;
    use std::sync::Mutex;

    /// What the journal has by the time an event is heard.
    struct Reader {
        path: PathBuf,
        heard: Mutex<Vec<(String, usize)>>,
    }

    impl Listener for Reader {
        fn hear(&self, event: &RunEvent) {
            let text = tollgate_host::files::read_text(&self.path, 10_000).unwrap();
            let name = serde_json::to_value(event).unwrap()["event"].as_str().unwrap().to_string();
            let lines = text.lines().filter(|line| line.contains(&name)).count();
            self.heard.lock().unwrap().push((name, lines));
        }
    }

    #[test]
    fn everybody_hears_once_and_the_journal_has_it_before() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run_events.jsonl");
        let journal = Journal::create(&path, "run-1", || "2026-11-20T12:00:00.000Z".into()).unwrap();
        let readers = [(); 2].map(|()| Reader { path: path.clone(), heard: Mutex::default() });
        let listeners = Listeners::new(&journal, readers.iter().map(|reader| reader as _).collect());
        listeners.tell(&RunEvent::LintStarted { name: "fmt".into() });
        listeners.tell(&RunEvent::Resumed { done: 1, leftovers: 0 });
        let told = [("lint.started".to_string(), 1), ("run.resumed".to_string(), 1)];
        for reader in &readers {
            assert_eq!(*reader.heard.lock().unwrap(), told);
        }
        assert_eq!(journal.close(), Vec::<String>::new());
    }
}

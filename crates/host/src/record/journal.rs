//! The journal as it is written: one line an event, flushed as it happens, on disk at most 200 ms later.

use super::error::RecordError;
use super::replay::{Replayed, replay};
use crate::files::{io_error, read};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Error, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tollgate_core::model::event::RunEvent;
use tollgate_core::model::run::schema;
use tollgate_text::escape;
use tollgate_text::show::{plain, show};

/// How long a line may wait for the sync that puts it on disk; the sync itself takes what the disk takes, so that this is
/// half of what is promised.
const WINDOW: Duration = Duration::from_millis(100);

/// Largest journal that is read back.
const LARGEST: u64 = 4 << 30;

/// How often a lock that is held is asked for again, and after how long.
const STARTING: usize = 50;
const PAUSE: Duration = Duration::from_millis(10);

/// Warnings that are kept: a disk that is full says the same each time.
const WARNINGS: usize = 8;

/// A run's journal. Recording never fails a run: what could not be written is said by `close`.
pub struct Journal {
    shared: Arc<Shared>,
    syncer: Option<JoinHandle<()>>,
}

struct Shared {
    path: String,
    run_id: String,
    stamp: Box<dyn Fn() -> String + Send + Sync>,
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Debug)]
struct State {
    file: File,
    /// Bytes that are whole lines; what a failed write left behind it is cut off.
    length: u64,
    seq: u64,
    dirty: bool,
    closed: bool,
    warnings: Vec<String>,
}

impl Journal {
    /// Begins a journal at a path where there is none. `stamp` gives the moment of an event, RFC 3339 with milliseconds.
    pub fn create(
        path: &Path,
        run_id: &str,
        stamp: impl Fn() -> String + Send + Sync + 'static,
    ) -> Result<Journal, RecordError> {
        let shown = shown(path);
        let make = |e: &Error| RecordError::Make { path: shown.clone(), why: plain(e) };
        let file = OpenOptions::new().append(true).create_new(true).open(path).map_err(|e| make(&e))?;
        lock(&file, &shown)?;
        let folder = path.parent().and_then(|dir| File::open(dir).ok());
        Ok(Journal::over(file, folder, shown, run_id, (0, 0), stamp))
    }

    /// Reads a journal back and goes on after its last whole line: a line that the end of the run tore is cut off first.
    /// The caller states `run.resumed`.
    pub fn resume(
        path: &Path,
        stamp: impl Fn() -> String + Send + Sync + 'static,
    ) -> Result<(Journal, Replayed), RecordError> {
        let shown = shown(path);
        // A link in its place would have another file cut short and written to.
        let no_link = i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or(0);
        let file = OpenOptions::new().append(true).custom_flags(no_link).open(path);
        let file = file.map_err(|e| io_error(&shown, &e))?;
        lock(&file, &shown)?;
        let bytes = read(path, LARGEST)?;
        let (replayed, whole) = replay(&bytes, &shown)?;
        let length = whole as u64;
        if whole < bytes.len() {
            let cut = file.set_len(length).and_then(|()| file.sync_all());
            cut.map_err(|e| RecordError::Make { path: shown.clone(), why: plain(&e) })?;
        }
        let at = (length, replayed.next_seq);
        let journal = Journal::over(file, None, shown, &replayed.run_id, at, stamp);
        Ok((journal, replayed))
    }

    /// `folder` is the one that a new file's name stands in; `at` the length so far and the next event's number.
    fn over(
        file: File,
        folder: Option<File>,
        path: String,
        run_id: &str,
        (length, seq): (u64, u64),
        stamp: impl Fn() -> String + Send + Sync + 'static,
    ) -> Journal {
        let copy = file.try_clone();
        let state = State { file, length, seq, dirty: false, closed: false, warnings: Vec::new() };
        let shared = Arc::new(Shared {
            path,
            run_id: run_id.to_string(),
            stamp: Box::new(stamp),
            state: Mutex::new(state),
            wake: Condvar::new(),
        });
        let of_thread = Arc::clone(&shared);
        let syncer = copy.and_then(|file| {
            std::thread::Builder::new().name("journal".into()).spawn(move || {
                // The name of a new file is on disk only when its folder is; not every file system can be asked for that.
                let _ = folder.map(|folder| folder.sync_all());
                of_thread.keep_synced(&file);
            })
        });
        if let Err(error) = &syncer {
            shared.lock().warn(format!("{} is not synced as it grows: {}", shared.path, plain(error)));
        }
        Journal { shared, syncer: syncer.ok() }
    }

    /// The run that it is of.
    pub fn run_id(&self) -> &str {
        &self.shared.run_id
    }

    /// Writes an event: one line, in one write, in the order of the calls. Any thread may call it.
    pub fn append(&self, event: &RunEvent) {
        let text = match serde_json::to_string(event) {
            Ok(text) => escape::json(text),
            Err(error) => return self.shared.lock().warn(format!("{}: {error}", self.shared.path)),
        };
        // The head's fields stand before those of the event, in one object.
        let fields = text.strip_prefix('{').unwrap_or(&text);
        let run_id = serde_json::Value::from(self.shared.run_id.as_str());
        let mut state = self.shared.lock();
        let stamp = serde_json::Value::from((self.shared.stamp)());
        let line = format!(
            "{{\"schema\":\"{}\",\"seq\":{},\"ts\":{stamp},\"run_id\":{run_id},{fields}\n",
            schema::EVENT,
            state.seq
        );
        let waits = !state.dirty;
        state.write(line.as_bytes(), &self.shared.path);
        drop(state);
        // Within the window the syncer knows already: waking it for each line would take a core from the suites.
        if waits {
            self.shared.wake.notify_all();
        }
    }

    /// What could not be recorded so far, one sentence each.
    pub fn warnings(&self) -> Vec<String> {
        self.shared.lock().warnings.clone()
    }

    /// Syncs what is left and ends; what could not be recorded, one sentence each.
    pub fn close(mut self) -> Vec<String> {
        self.end();
        self.warnings()
    }

    fn end(&mut self) {
        let Some(syncer) = self.syncer.take() else {
            return self.shared.sync_rest();
        };
        self.shared.lock().closed = true;
        self.shared.wake.notify_all();
        if syncer.join().is_err() {
            self.shared.lock().warn(format!("{} was not synced as it grew", self.shared.path));
        }
        self.shared.sync_rest();
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.end();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A thread that panicked elsewhere leaves a journal of whole lines.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lines that come within the window share one sync; nobody who appends waits for it.
    fn keep_synced(&self, file: &File) {
        let mut state = self.lock();
        loop {
            while !state.dirty && !state.closed {
                state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            if state.closed {
                return;
            }
            let waited = self.wake.wait_timeout_while(state, WINDOW, |state| !state.closed);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            state.dirty = false;
            drop(state);
            let synced = file.sync_data();
            state = self.lock();
            if let Err(error) = synced {
                state.warn(format!("{} is not on disk: {}", self.path, plain(&error)));
            }
        }
    }

    fn sync_rest(&self) {
        let mut state = self.lock();
        if std::mem::take(&mut state.dirty)
            && let Err(error) = state.file.sync_all()
        {
            state.warn(format!("{} is not on disk: {}", self.path, plain(&error)));
        }
    }
}

impl State {
    fn write(&mut self, line: &[u8], path: &str) {
        match self.file.write_all(line) {
            Ok(()) => {
                self.seq += 1;
                self.length += line.len() as u64;
                self.dirty = true;
            }
            Err(error) => {
                self.warn(format!("an event is missing in {path}: {}", plain(&error)));
                // Half a line in the middle would make the whole journal unreadable.
                if let Err(error) = self.file.set_len(self.length) {
                    self.warn(format!("{path} ends in half a line: {}", plain(&error)));
                }
            }
        }
    }

    fn warn(&mut self, sentence: String) {
        if self.warnings.len() < WARNINGS && !self.warnings.contains(&sentence) {
            self.warnings.push(sentence);
        }
    }
}

/// A journal has one writer. A file system without locks is taken as it is.
///
/// A suite that was being started when its tollgate was killed holds the lock until it has become its program: a moment is
/// waited for that.
fn lock(file: &File, shown: &str) -> Result<(), RecordError> {
    for _ in 0..STARTING {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            Ok(()) | Err(TryLockError::Error(_)) => return Ok(()),
        }
    }
    Err(RecordError::Busy(shown.to_string()))
}

fn shown(path: &Path) -> String {
    show(&path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::files::write_atomic;
    use std::path::PathBuf;

    fn stamp() -> String {
        "2026-11-20T10:15:09.000Z".into()
    }

    fn place() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("run_events.jsonl");
        (dir, path)
    }

    /// The journal of a whole run of three suites, as bytes.
    fn whole() -> Vec<u8> {
        let (_dir, path) = place();
        let journal = Journal::create(&path, "run-1", stamp).expect("a journal");
        for event in sample::events() {
            journal.append(&event);
        }
        assert_eq!(journal.close(), Vec::<String>::new());
        crate::files::read(&path, 1 << 30).expect("written")
    }

    #[test]
    fn what_is_written_is_read_back() {
        let (_dir, path) = place();
        write_atomic(&path, &whole()).expect("written");
        let (journal, replayed) = Journal::resume(&path, stamp).expect("resumed");
        assert_eq!(replayed.run_id, "run-1");
        assert_eq!(replayed.started, sample::started());
        assert_eq!(replayed.done, sample::records());
        assert_eq!(replayed.lint, [sample::lint()]);
        assert_eq!(replayed.finished, Some(tollgate_core::model::run::RunStatus::Failed));
        assert_eq!(replayed.next_seq, sample::events().len() as u64);
        journal.append(&RunEvent::Resumed { done: 3, leftovers: 1 });
        drop(journal);
        let (_journal, again) = Journal::resume(&path, stamp).expect("resumed again");
        assert_eq!(again.finished, None, "a run that was taken up again is not finished");
        assert_eq!(again.next_seq, replayed.next_seq + 1);
    }

    #[test]
    fn every_line_is_of_the_schema() {
        let text = String::from_utf8(whole()).expect("UTF-8");
        for line in text.lines() {
            sample::holds(schema::EVENT, line.as_bytes());
        }
    }

    /// Takes the journal up again from these bytes, as after a crash, and says what was found.
    fn resumed(bytes: &[u8]) -> Result<(Replayed, Vec<u8>), RecordError> {
        let (_dir, path) = place();
        write_atomic(&path, bytes).expect("written");
        let (journal, replayed) = Journal::resume(&path, stamp)?;
        journal.append(&RunEvent::Resumed { done: replayed.done.len() as u64, leftovers: 0 });
        assert_eq!(journal.close(), Vec::<String>::new());
        Ok((replayed, crate::files::read(&path, 1 << 30).expect("written")))
    }

    #[test]
    fn a_run_cut_anywhere_is_taken_up_where_its_last_whole_line_ends() {
        let bytes = whole();
        let ends: Vec<usize> =
            bytes.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at + 1).collect();
        let events = sample::events();
        // Every line edge, and every byte of the first and of the last two lines.
        let mut cuts: Vec<usize> = ends.clone();
        cuts.extend(0..=ends[0]);
        cuts.extend(ends[ends.len() - 3]..bytes.len());
        for cut in cuts {
            let lines = ends.iter().filter(|end| **end <= cut).count();
            let found = resumed(&bytes[..cut]);
            if lines == 0 {
                let error = found.expect_err("nothing to take up").to_string();
                assert!(error.contains("no whole line"), "{error}");
                continue;
            }
            let (replayed, after) = found.unwrap_or_else(|e| panic!("cut at {cut}: {e}"));
            assert_eq!(replayed.next_seq, lines as u64, "cut at {cut}");
            let done = |e: &&RunEvent| matches!(e, RunEvent::SuiteFinished { .. });
            assert_eq!(replayed.done.len(), events[..lines].iter().filter(done).count());
            assert_eq!(replayed.done[..], sample::records()[..replayed.done.len()]);
            assert_eq!(replayed.finished.is_some(), lines == events.len());
            // What was whole is untouched, and one whole line follows it.
            let kept = ends[lines - 1];
            assert_eq!(after[..kept], bytes[..kept]);
            assert_eq!(after[kept..].iter().filter(|b| **b == b'\n').count(), 1);
            assert!(replay(&after, "x").is_ok());
        }
    }

    #[test]
    fn many_threads_leave_no_gap() {
        let (_dir, path) = place();
        let journal = Journal::create(&path, "run \"1\"\n", stamp).expect("a journal");
        journal.append(&sample::events()[0]);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let journal = &journal;
                scope.spawn(move || {
                    for n in 0..50 {
                        let suite = format!("s{thread}\n{n}");
                        journal.append(&RunEvent::SuiteStarted { suite, kind: "unit".into(), attempt: 1 });
                    }
                });
            }
        });
        drop(journal);
        let (journal, replayed) = Journal::resume(&path, stamp).expect("whole");
        assert_eq!((replayed.next_seq, replayed.run_id.as_str()), (201, "run \"1\"\n"));
        assert_eq!(journal.warnings(), Vec::<String>::new());
    }

    #[test]
    fn a_journal_has_one_writer() {
        let (_dir, path) = place();
        let journal = Journal::create(&path, "run-1", stamp).expect("a journal");
        journal.append(&sample::events()[0]);
        assert!(matches!(Journal::resume(&path, stamp), Err(RecordError::Busy(_))));
        let error = Journal::create(&path, "run-1", stamp).err().expect("there is one").to_string();
        assert!(error.contains("cannot be made"), "{error}");
        drop(journal);
        assert!(Journal::resume(&path, stamp).is_ok());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_cannot_be_recorded_is_a_warning() {
        let full = OpenOptions::new().append(true).open("/dev/full").expect("a full disk");
        let journal = Journal::over(full, None, "run_events.jsonl".into(), "run-1", (0, 0), stamp);
        for event in sample::events() {
            journal.append(&event);
        }
        let warnings = journal.close();
        assert!(
            warnings.iter().any(|w| w == "an event is missing in run_events.jsonl: No space left on device"),
            "{warnings:?}"
        );
    }
}

//! The moments of a run: the moment it was started at and what has passed since, so that `--now` holds for a whole run.

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use tollgate_host::clock::Stopwatch;
use tollgate_text::time::{Now, in_years};

/// A clock that starts with the run.
#[derive(Debug, Clone, Copy)]
pub struct RunClock {
    start: DateTime<Utc>,
    watch: Stopwatch,
}

impl RunClock {
    /// A clock that shows `now`.
    pub fn start(now: Now) -> RunClock {
        RunClock { start: now.time(), watch: Stopwatch::start() }
    }

    fn time(&self) -> DateTime<Utc> {
        let passed = Duration::microseconds(i64::try_from(self.watch.micros()).unwrap_or(i64::MAX));
        in_years(self.start.checked_add_signed(passed).unwrap_or(self.start))
    }

    /// RFC 3339, UTC, with milliseconds.
    pub fn stamp(&self) -> String {
        self.time().to_rfc3339_opts(SecondsFormat::Millis, true)
    }

    /// RFC 3339, UTC, whole seconds.
    pub fn seconds(&self) -> String {
        self.time().to_rfc3339_opts(SecondsFormat::Secs, true)
    }
}

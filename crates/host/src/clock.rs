//! The one reader of the clock: an invocation asks for `Now` once and hands it down as a value.

use chrono::{DateTime, Utc};
use std::sync::OnceLock;
use std::time::{Instant, SystemTime};
use tollgate_text::time::{Now, in_years};

/// The moment of the machine's clock.
pub fn now() -> Now {
    Now::of(machine())
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
fn machine() -> DateTime<Utc> {
    of_system(SystemTime::now())
}

/// A time of the system (the clock's, a file's), held to the years that RFC 3339 can write.
pub fn of_system(time: SystemTime) -> DateTime<Utc> {
    let (since, later) = match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => (since, true),
        Err(before) => (before.duration(), false),
    };
    let end = if later { DateTime::<Utc>::MAX_UTC } else { DateTime::<Utc>::MIN_UTC };
    let since = chrono::TimeDelta::from_std(since).ok();
    let moved = since.and_then(|since| {
        let epoch = DateTime::<Utc>::UNIX_EPOCH;
        if later { epoch.checked_add_signed(since) } else { epoch.checked_sub_signed(since) }
    });
    in_years(moved.unwrap_or(end))
}

/// A number that differs between two invocations on one machine: nanoseconds of its clock. For ids, never for judging.
pub fn unique() -> i64 {
    machine().timestamp_nanos_opt().unwrap_or_default()
}

/// Microseconds since 1970 by the machine's clock: when something started or ended, for the record. Never for judging.
pub fn wall_micros() -> i64 {
    machine().timestamp_micros()
}

/// Microseconds of a clock that only goes forward, since it was first asked. Only differences count.
#[expect(clippy::disallowed_methods, reason = "the one place that measures time")]
pub fn ticks() -> u64 {
    static FIRST: OnceLock<Instant> = OnceLock::new();
    let first = FIRST.get_or_init(Instant::now);
    u64::try_from(first.elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// Measures durations; the only other user of a clock.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts measuring.
    #[expect(clippy::disallowed_methods, reason = "the one place that measures time")]
    pub fn start() -> Self {
        Stopwatch(Instant::now())
    }

    /// Microseconds since the start.
    pub fn micros(self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Seconds since the start.
    pub fn seconds(self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::SecondsFormat;
    use std::time::Duration;

    #[test]
    fn a_clock_that_is_wrong_is_a_clock() {
        let epoch = SystemTime::UNIX_EPOCH;
        let text = |time| of_system(time).to_rfc3339_opts(SecondsFormat::AutoSi, true);
        assert_eq!(text(epoch - Duration::from_millis(1500)), "1969-12-31T23:59:58.500Z");
        assert_eq!(text(epoch + Duration::from_secs(1)), "1970-01-01T00:00:01Z");
        assert_eq!(text(epoch + Duration::from_secs(1 << 40)), "9999-12-31T23:59:59Z");
        assert_eq!(text(epoch - Duration::from_secs(1 << 40)), "0001-01-01T00:00:00Z");
        assert_eq!(text(epoch + Duration::from_secs(i64::MAX as u64)), "9999-12-31T23:59:59Z");
    }
}

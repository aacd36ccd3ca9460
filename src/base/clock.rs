//! The one reader of the clock: an invocation asks for `Now` once and hands it down as a value.

use chrono::{DateTime, FixedOffset, NaiveDate, SecondsFormat, Utc};
use std::time::Instant;

/// Seconds that another machine's clock may run ahead of ours; a time further ahead is from the future, and what is from the
/// future is stale (`gates.md`, Artifacts).
pub const AHEAD: i64 = 5 * 60;

/// The moment an invocation judges at, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Now(DateTime<Utc>);

impl Now {
    /// The machine's clock, cut to whole seconds so that the verdict says exactly what was judged with.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub fn from_machine() -> Self {
        let now = Utc::now();
        Now(DateTime::from_timestamp(now.timestamp(), 0).unwrap_or(now))
    }

    /// An RFC 3339 time with a zone, as `--now` takes it; the error is a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        parse_rfc3339(text).map(|t| Now(t.with_timezone(&Utc)))
    }

    /// The instant.
    pub fn time(self) -> DateTime<Utc> {
        self.0
    }

    /// The calendar day in UTC, which waivers are compared with.
    pub fn date(self) -> NaiveDate {
        self.0.date_naive()
    }

    /// `2026-11-20T12:00:00Z`.
    pub fn rfc3339(self) -> String {
        self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true)
    }
}

/// A number that differs between two invocations on one machine: nanoseconds of its clock. For ids, never for judging.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub fn unique() -> i64 {
    Utc::now().timestamp_nanos_opt().unwrap_or_default()
}

/// Microseconds since 1970 by the machine's clock: when something started or ended, for the record. Never for judging.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub fn wall_micros() -> i64 {
    Utc::now().timestamp_micros()
}

/// Parses RFC 3339 strictly: a time without a zone is an error that says so.
pub fn parse_rfc3339(text: &str) -> Result<DateTime<FixedOffset>, String> {
    DateTime::parse_from_rfc3339(text).map_err(|_| {
        let bare = text.len() >= 19 && DateTime::parse_from_rfc3339(&format!("{text}Z")).is_ok();
        let shown: String = text.chars().take(60).collect();
        if bare {
            format!("`{}` has no time zone; write it as RFC 3339, for example {text}Z", shown.escape_debug())
        } else {
            format!("`{}` is not an RFC 3339 time such as 2026-11-20T12:00:00Z", shown.escape_debug())
        }
    })
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

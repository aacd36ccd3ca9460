//! Moments: the one that an invocation judges at, and how times are read.

use chrono::{DateTime, Datelike as _, FixedOffset, NaiveDate, SecondsFormat, Utc};

/// Seconds that another machine's clock may run ahead of ours; a time further ahead is from the future, and what is from the
/// future is stale (`docs/evidence.md`, Age).
pub const AHEAD: i64 = 5 * 60;

/// The moment an invocation judges at, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Now(DateTime<Utc>);

impl Now {
    /// The moment of a clock, cut to whole seconds so that the verdict says exactly what was judged with.
    pub fn of(time: DateTime<Utc>) -> Self {
        Now(DateTime::from_timestamp(time.timestamp(), 0).unwrap_or(time))
    }

    /// An RFC 3339 time with a zone, as `--now` takes it; the error is a sentence. With its offset it must lie in the years
    /// that RFC 3339 can write, in UTC too.
    pub fn parse(text: &str) -> Result<Self, String> {
        let time = parse_rfc3339(text)?.with_timezone(&Utc);
        if in_years(time) == time {
            return Ok(Now(time));
        }
        let shown: String = text.chars().take(60).collect();
        Err(format!("`{}` lies outside the years 1 to 9999 in UTC", shown.escape_debug()))
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

/// The machine's clock. One that stands before 1970 or past the year 9999 is a clock like any other: chrono's own reading
/// panics before 1970.
/// The nearest time in the years 1 to 9999, which is all that RFC 3339 can write.
pub fn in_years(time: DateTime<Utc>) -> DateTime<Utc> {
    let ends = |year: i32, month: u32, day: u32, hour: u32, minute: u32, second: u32| {
        let day = NaiveDate::from_ymd_opt(year, month, day);
        day.and_then(|day| day.and_hms_opt(hour, minute, second)).map(|time| time.and_utc())
    };
    match (ends(1, 1, 1, 0, 0, 0), ends(9999, 12, 31, 23, 59, 59)) {
        (Some(first), _) if time < first => first,
        (_, Some(last)) if time.year() > 9999 => last,
        _ => time,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moment_can_be_written() {
        assert!(Now::parse("9999-12-31T23:59:59Z").is_ok());
        assert!(Now::parse("9999-12-31T23:59:59+23:59").is_ok());
        let why = Now::parse("9999-12-31T23:59:59-23:59").unwrap_err();
        assert_eq!(why, "`9999-12-31T23:59:59-23:59` lies outside the years 1 to 9999 in UTC");
        assert!(Now::parse("0000-01-01T00:00:00Z").is_err());
        assert!(Now::parse("0001-01-01T00:00:00+00:01").is_err());
    }
}

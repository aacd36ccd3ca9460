//! Timestamps and durations: reading, arithmetic, getters. UTC, or a fixed offset where a getter is given one.

use super::ast::Func;
use super::errors::{EvalError, fault};
use super::kind::with_article;
use super::show::time_text;
use super::value::Value;
use chrono::{DateTime, Datelike as _, FixedOffset, NaiveDate, TimeDelta, Timelike as _, Utc};
use tollgate_text::time::{AHEAD, parse_rfc3339};

/// The longest duration, in seconds: 10,000 years (cel-spec, Timestamp and Duration).
const MAX_SECONDS: i64 = 315_576_000_000;

/// Reads an RFC 3339 time with a zone.
pub(super) fn timestamp(text: &str) -> Result<DateTime<Utc>, EvalError> {
    match parse_rfc3339(text) {
        Ok(time) => in_years(time.with_timezone(&Utc)),
        Err(why) => fault(why),
    }
}

/// The timestamp of Unix seconds.
pub(super) fn from_seconds(seconds: i64) -> Result<DateTime<Utc>, EvalError> {
    match DateTime::from_timestamp(seconds, 0) {
        Some(time) => in_years(time),
        None => fault("timestamp overflow"),
    }
}

/// Timestamps run from year 1 through 9999.
fn in_years(time: DateTime<Utc>) -> Result<DateTime<Utc>, EvalError> {
    if (1..=9999).contains(&time.year()) {
        Ok(time)
    } else {
        fault("timestamp overflow: years run from 1 to 9999")
    }
}

fn in_range(duration: TimeDelta) -> Result<TimeDelta, EvalError> {
    if duration.num_seconds().abs() <= MAX_SECONDS { Ok(duration) } else { fault("duration overflow") }
}

/// Reads a duration as CEL writes it: numbers with the units `d h m s ms us ns`, such as `7d`,
/// `1h30m` or `-1.5s`.
pub(super) fn duration(text: &str) -> Result<TimeDelta, EvalError> {
    let bad = || {
        let shown: String = text.chars().take(60).collect();
        EvalError::Expression(format!(
            "`{}` is not a duration such as 90s, 1h30m or 7d",
            shown.escape_debug()
        ))
    };
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(TimeDelta::zero());
    }
    if rest.is_empty() {
        return Err(bad());
    }
    let mut nanos: i128 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(bad)?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let unit: i128 = match unit {
            // Not in CEL, whose longest unit is the hour; gates count their ages in days, as `max_age = "7d"` does.
            "d" => 86_400_000_000_000,
            "h" => 3_600_000_000_000,
            "m" => 60_000_000_000,
            "s" => 1_000_000_000,
            "ms" => 1_000_000,
            "us" | "µs" | "μs" => 1_000,
            "ns" => 1,
            _ => return Err(bad()),
        };
        nanos = scaled(number, unit).and_then(|n| nanos.checked_add(n)).ok_or_else(bad)?;
        rest = tail;
    }
    from_nanos(if negative { -nanos } else { nanos })
}

/// `number * unit` exactly, cut to whole nanoseconds; `None` when it is no number or too large.
fn scaled(number: &str, unit: i128) -> Option<i128> {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && part.is_empty() || part.contains('.') || whole.len() > 18 {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    // More than 15 decimals are below a nanosecond of a day.
    let part = part.get(..part.len().min(15)).unwrap_or("");
    let decimals: i128 = if part.is_empty() { 0 } else { part.parse().ok()? };
    Some(whole * unit + decimals * unit / 10_i128.pow(part.len() as u32))
}

fn from_nanos(nanos: i128) -> Result<TimeDelta, EvalError> {
    let seconds = i64::try_from(nanos.div_euclid(1_000_000_000)).ok();
    let part = u32::try_from(nanos.rem_euclid(1_000_000_000)).unwrap_or(0);
    match seconds.filter(|s| s.abs() <= MAX_SECONDS).and_then(|s| TimeDelta::new(s, part)) {
        Some(duration) => in_range(duration),
        None => fault("duration overflow"),
    }
}

/// `a + b` where either is a timestamp or a duration; `None` when they do not add.
pub(super) fn add<'v>(a: &Value<'_>, b: &Value<'_>) -> Option<Result<Value<'v>, EvalError>> {
    Some(match (a, b) {
        (Value::Time(t), Value::Duration(d)) | (Value::Duration(d), Value::Time(t)) => {
            moved(t.checked_add_signed(*d))
        }
        (Value::Duration(a), Value::Duration(b)) => span(a.checked_add(b)),
        _ => return None,
    })
}

/// `a - b` where either is a timestamp or a duration; `None` when they do not subtract.
pub(super) fn subtract<'v>(a: &Value<'_>, b: &Value<'_>) -> Option<Result<Value<'v>, EvalError>> {
    Some(match (a, b) {
        (Value::Time(a), Value::Time(b)) => span(Some(a.signed_duration_since(b))),
        (Value::Time(t), Value::Duration(d)) => moved(t.checked_sub_signed(*d)),
        (Value::Duration(a), Value::Duration(b)) => span(a.checked_sub(b)),
        _ => return None,
    })
}

/// The negative of a duration.
pub(super) fn negated<'v>(duration: TimeDelta) -> Result<Value<'v>, EvalError> {
    span(TimeDelta::zero().checked_sub(&duration))
}

fn moved<'v>(time: Option<DateTime<Utc>>) -> Result<Value<'v>, EvalError> {
    match time {
        Some(time) => in_years(time).map(Value::Time),
        None => fault("timestamp overflow"),
    }
}

fn span<'v>(duration: Option<TimeDelta>) -> Result<Value<'v>, EvalError> {
    match duration {
        Some(duration) => in_range(duration).map(Value::Duration),
        None => fault("duration overflow"),
    }
}

/// `age(text)`: how long ago the time is, negative within the slack of clocks that disagree. A time further ahead is an
/// error: it is stale (`docs/evidence.md`, Age), and its negative age would pass for fresh.
pub(super) fn age<'v>(text: &str, now: DateTime<Utc>) -> Result<Value<'v>, EvalError> {
    age_of(timestamp(text)?, now)
}

/// As `age`, of a timestamp.
pub(super) fn age_of<'v>(time: DateTime<Utc>, now: DateTime<Utc>) -> Result<Value<'v>, EvalError> {
    let age = now.signed_duration_since(time);
    if age < TimeDelta::seconds(-AHEAD) {
        return fault(format!("{} lies more than five minutes in the future", time_text(&time)));
    }
    span(Some(age))
}

/// `days_until(text)`: calendar days in UTC from today to a date or the date of a time; negative when past.
pub(super) fn days_until<'v>(text: &str, now: DateTime<Utc>) -> Result<Value<'v>, EvalError> {
    let day = match date(text) {
        Some(day) => day,
        None => match timestamp(text) {
            Ok(time) => time.date_naive(),
            Err(_) => {
                let shown: String = text.chars().take(60).collect();
                return fault(format!(
                    "`{}` is neither a date such as 2026-11-20 nor an RFC 3339 time",
                    shown.escape_debug()
                ));
            }
        },
    };
    Ok(Value::Int(day.signed_duration_since(now.date_naive()).num_days()))
}

/// `YYYY-MM-DD` and nothing else.
fn date(text: &str) -> Option<NaiveDate> {
    let shape = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() });
    if !shape {
        return None;
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|d| d.year() >= 1)
}

/// `UTC`, or a fixed offset such as `+02:00`.
fn zone(text: &str) -> Result<FixedOffset, EvalError> {
    let fixed = || {
        let (sign, rest) = match text.split_at_checked(1)? {
            ("-", rest) => (-1, rest),
            ("+", rest) => (1, rest),
            _ => (1, text),
        };
        let (hours, minutes) = rest.split_once(':')?;
        let two = |part: &str| {
            (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse::<i32>().ok())?
        };
        let (hours, minutes) = (two(hours)?, two(minutes)?);
        if minutes > 59 {
            return None;
        }
        FixedOffset::east_opt(sign * (hours * 3600 + minutes * 60))
    };
    let utc = matches!(text, "UTC" | "Z").then(|| FixedOffset::east_opt(0)).flatten();
    match utc.or_else(fixed) {
        Some(zone) => Ok(zone),
        None => {
            let shown: String = text.chars().take(60).collect();
            fault(format!(
                "`{}` is no zone: write \"UTC\" or an offset such as \"+02:00\"; zones by name are not there",
                shown.escape_debug()
            ))
        }
    }
}

/// The getters of timestamps and durations.
pub(super) fn getter<'v>(func: Func, of: &Value<'_>, at: Option<&Value<'_>>) -> Result<Value<'v>, EvalError> {
    let zone = match at {
        None => zone("UTC")?,
        Some(Value::Str(text)) => zone(text)?,
        Some(other) => return fault(format!("a zone is a string, not {}", with_article(other.type_of()))),
    };
    match of {
        Value::Time(time) => Ok(Value::Int(of_time(func, &time.with_timezone(&zone)))),
        Value::Duration(duration) if at.is_none() => match func {
            Func::GetHours => Ok(Value::Int(duration.num_hours())),
            Func::GetMinutes => Ok(Value::Int(duration.num_minutes())),
            Func::GetSeconds => Ok(Value::Int(duration.num_seconds())),
            // The part below a second (cel-spec, getMilliseconds).
            Func::GetMilliseconds => Ok(Value::Int(i64::from(duration.subsec_nanos() / 1_000_000))),
            _ => fault("a duration has no calendar date"),
        },
        other => fault(format!("only a timestamp has calendar parts, not {}", with_article(other.type_of()))),
    }
}

fn of_time(func: Func, time: &DateTime<FixedOffset>) -> i64 {
    match func {
        Func::GetFullYear => i64::from(time.year()),
        Func::GetMonth => i64::from(time.month0()),
        Func::GetDate => i64::from(time.day()),
        Func::GetDayOfMonth => i64::from(time.day0()),
        Func::GetDayOfWeek => i64::from(time.weekday().num_days_from_sunday()),
        Func::GetDayOfYear => i64::from(time.ordinal0()),
        Func::GetHours => i64::from(time.hour()),
        Func::GetMinutes => i64::from(time.minute()),
        Func::GetSeconds => i64::from(time.second()),
        _ => i64::from(time.timestamp_subsec_millis()),
    }
}

//! Days: how they are written, and how long an entry may hold: a waiver 30 days, a quarantine entry 21, a rollback record 7.

use chrono::NaiveDate;

/// A waiver holds at most this many days after `created`.
pub const WAIVER_DAYS: i64 = 30;
/// A quarantine entry holds at most this many days after `created`.
pub const QUARANTINE_DAYS: i64 = 21;
/// A rollback record holds at most this many days after `created`.
pub const ROLLBACK_DAYS: i64 = 7;
/// An entry with this many days or fewer left is due.
pub const DUE_DAYS: i64 = 5;

/// Parses `YYYY-MM-DD`, exactly that; `None` for anything else and for a day that no calendar has.
pub fn parse_day(text: &str) -> Option<NaiveDate> {
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 10
        && bytes
            .iter()
            .enumerate()
            .all(|(i, b)| if i == 4 || i == 7 { *b == b'-' } else { b.is_ascii_digit() });
    shaped.then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()).flatten()
}

/// Where `today` stands in an entry's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// Days left to the last valid day, 0 on that day.
    Holds(i64),
    /// Days since the last valid day, at least 1.
    Over(i64),
}

/// Judges the two dates of an entry. Every rule that is broken is a sentence; none broken gives the life.
pub fn judge(
    created: NaiveDate,
    expires: NaiveDate,
    today: NaiveDate,
    at_most: i64,
) -> Result<Life, Vec<String>> {
    let mut wrong = Vec::new();
    let length = (expires - created).num_days();
    if length < 0 {
        wrong.push(format!("it expires on {expires}, before it was created on {created}"));
    }
    if length > at_most {
        wrong.push(format!("it holds {length} days, more than {at_most}"));
    }
    if created > today {
        wrong.push(format!("it is created on {created}, after today ({today})"));
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let left = (expires - today).num_days();
    Ok(if left >= 0 { Life::Holds(left) } else { Life::Over(-left) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Days;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        parse_day(text).unwrap()
    }

    #[test]
    fn only_a_whole_calendar_day_parses() {
        assert!(parse_day("2026-11-01").is_some());
        assert!(parse_day("2028-02-29").is_some());
        for bad in [
            "2026-02-29",
            "2026-11-31",
            "2026-13-01",
            "2026-00-10",
            "26-11-01",
            "2026-1-1",
            "2026-11-01 ",
            "2026/11/01",
            "",
            "+026-11-01",
            "2026-11-01T00:00:00Z",
            "２０２６-11-01",
        ] {
            assert_eq!(parse_day(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_entry_holds_through_its_last_day() {
        let (created, expires) = (day("2026-11-01"), day("2026-11-20"));
        assert_eq!(judge(created, expires, day("2026-11-20"), 30), Ok(Life::Holds(0)));
        assert_eq!(judge(created, expires, day("2026-11-21"), 30), Ok(Life::Over(1)));
        assert_eq!(judge(created, expires, day("2026-11-01"), 30), Ok(Life::Holds(19)));
        assert!(judge(created, expires, day("2026-10-31"), 30).is_err());
        assert!(judge(created, created, created, 30).is_ok());
        assert!(judge(created, day("2026-10-31"), created, 30).is_err());
    }

    proptest! {
        /// Every length and every day around the borders, over leap years and year ends.
        #[test]
        fn length_and_life_follow_the_calendar(start in 0u64..20_000, length in 0u64..60, offset in 0u64..90, limit in 1i64..40) {
            let created = day("1990-01-01") + Days::new(start);
            let expires = created + Days::new(length);
            let today = created + Days::new(offset);
            let judged = judge(created, expires, today, limit);
            if length as i64 > limit {
                prop_assert!(judged.is_err());
            } else if offset <= length {
                prop_assert_eq!(judged, Ok(Life::Holds((length - offset) as i64)));
            } else {
                prop_assert_eq!(judged, Ok(Life::Over((offset - length) as i64)));
            }
        }

        #[test]
        fn what_is_written_is_read_again(start in 0u64..3_000_000) {
            let date = day("0001-01-01") + Days::new(start);
            prop_assert_eq!(parse_day(&date.format("%Y-%m-%d").to_string()), Some(date));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,12}") {
            let _ = parse_day(&text);
        }
    }
}

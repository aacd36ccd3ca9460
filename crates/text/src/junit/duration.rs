//! How long a test took, in each of the ways that reporters write it.

/// Seconds that no test takes: a report with a whole number past it counts in another unit (container-structure-test writes nanoseconds).
pub(super) const LONGEST: f64 = 1e6;

/// Seconds of a `time`: `1.5`, `1,5`, `1,234.5`, `PT1M2.5S`, `00:01:02.5`, `1.5s`, `12ms`. What is none, or less than none, is no time.
pub(super) fn seconds(text: &str) -> Option<f64> {
    let text = text.trim();
    let found = match text.strip_prefix("PT").or_else(|| text.strip_prefix("pt")) {
        Some(iso) => of_iso(iso),
        None if text.contains(':') => of_clock(text),
        None => match (text.strip_suffix("ms"), text.strip_suffix('s')) {
            (Some(ms), _) => number(ms.trim_end()).map(|ms| ms / 1_000.0),
            (None, Some(s)) => number(s.trim_end()),
            (None, None) => number(text),
        },
    };
    found.filter(|s| s.is_finite() && *s >= 0.0)
}

/// With a point or a comma before the fraction. Some reporters group the digits of thousands: `1,234.5`. What may be either
/// (`1,234`) is no time.
fn number(time: &str) -> Option<f64> {
    if !time.contains(',') {
        return time.parse().ok();
    }
    let (whole, point) = time.split_once('.').map_or((time, None), |(whole, part)| (whole, Some(part)));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    if !digits(first) || !rest.iter().all(|part| digits(part)) {
        return None;
    }
    let grouped = (1..=3).contains(&first.len()) && first != "0" && rest.iter().all(|part| part.len() == 3);
    match (grouped, point, rest.as_slice()) {
        (true, Some(_), _) | (true, None, [_, _, ..]) => time.replace(',', "").parse().ok(),
        (false, None, [_]) => time.replace(',', ".").parse().ok(),
        _ => None,
    }
}

/// What stands behind `PT`: `1H2M3.5S`.
fn of_iso(text: &str) -> Option<f64> {
    let (mut seconds, mut rest) = (0.0, text);
    for (unit, worth) in [('H', 3_600.0), ('M', 60.0), ('S', 1.0)] {
        if let Some((count, behind)) = rest.split_once([unit, unit.to_ascii_lowercase()]) {
            seconds += number(count)? * worth;
            rest = behind;
        }
    }
    (rest.is_empty() && !text.is_empty()).then_some(seconds)
}

/// `hh:mm:ss.fraction`, or `mm:ss`.
fn of_clock(text: &str) -> Option<f64> {
    let parts: Option<Vec<f64>> = text.split(':').map(number).collect();
    let parts = parts.filter(|parts| parts.len() <= 3 && parts.iter().all(|part| *part >= 0.0))?;
    Some(parts.into_iter().fold(0.0, |sum, part| sum * 60.0 + part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        let said = [
            ("0.5", Some(0.5)),
            ("0,5", Some(0.5)),
            ("0,123", Some(0.123)),
            ("12,3456", Some(12.3456)),
            ("1,234.5", Some(1234.5)),
            ("1,234,567", Some(1_234_567.0)),
            ("1,234", None),
            ("1,23.4", None),
            ("1,2,3", None),
            (",5", None),
            ("-1,5", None),
            ("-0.5", None),
            ("NaN", None),
            ("inf", None),
            ("", None),
            (" 2 ", Some(2.0)),
            ("1e-3", Some(0.001)),
            ("PT1.5S", Some(1.5)),
            ("PT1H2M3.5S", Some(3723.5)),
            ("PT2M", Some(120.0)),
            ("PT", None),
            ("PT5", None),
            ("00:01:02.5", Some(62.5)),
            ("01:02", Some(62.0)),
            ("1:2:3:4", None),
            ("250ms", Some(0.25)),
            ("1.5 s", Some(1.5)),
            ("soon", None),
        ];
        for (text, time) in said {
            assert_eq!(seconds(text), time, "{text}");
        }
    }
}

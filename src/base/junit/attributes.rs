//! The attributes of an element: its counts and times.

use super::stop::{Stop, malformed};
use crate::base::json::plain;
use quick_xml::events::BytesStart;

/// Name and value of every attribute of an element.
pub(super) struct Attributes(Vec<(String, String)>);

impl Attributes {
    /// One that stands twice, or holds an unknown entity, is a fault.
    pub(super) fn of(element: &BytesStart<'_>) -> Result<Attributes, Stop> {
        let all = element.attributes().map(|attribute| {
            let attribute = attribute.map_err(|e| malformed(plain(&e.to_string())))?;
            let value = attribute.unescape_value().map_err(|e| malformed(plain(&e.to_string())))?;
            Ok((String::from_utf8_lossy(attribute.key.as_ref()).into_owned(), value.into_owned()))
        });
        all.collect::<Result<_, _>>().map(Attributes)
    }

    pub(super) fn get(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone())
    }

    pub(super) fn count(&self, name: &str) -> u64 {
        self.get(name).and_then(|v| whole(&v)).unwrap_or(0)
    }

    pub(super) fn red(&self) -> u64 {
        self.count("failures").saturating_add(self.count("errors"))
    }

    /// Each reporter has one of these; one that has two says the same in both.
    pub(super) fn left_out(&self) -> u64 {
        ["skipped", "skips", "disabled", "ignored"]
            .map(|name| self.count(name))
            .into_iter()
            .max()
            .unwrap_or(0)
    }

    pub(super) fn time_ms(&self) -> Option<f64> {
        Some(seconds(self.get("time")?.trim())? * 1_000.0).filter(|ms| ms.is_finite())
    }
}

/// Seconds, with a point or a comma before their fraction. Some reporters group the digits of thousands: `1,234.5`. What may
/// be either (`1,234`) is no time.
fn seconds(time: &str) -> Option<f64> {
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

/// A count; an attribute that is empty counts nothing.
pub(super) fn whole(count: &str) -> Option<u64> {
    let count = count.trim();
    if count.is_empty() {
        return Some(0);
    }
    count.strip_suffix(".0").unwrap_or(count).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_with_commas() {
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
        ];
        for (text, time) in said {
            assert_eq!(seconds(text), time, "{text}");
        }
    }
}

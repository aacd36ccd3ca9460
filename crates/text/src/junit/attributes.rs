//! The attributes of an element: its counts and times.

use super::duration::{LONGEST, seconds};
use super::reference::unescape;
use super::report::JunitCounts;
use super::stop::{JunitStop, malformed};
use crate::json::plain;
use quick_xml::events::BytesStart;

/// Name and value of every attribute of an element.
pub(super) struct Attributes(Vec<(String, String)>);

impl Attributes {
    /// One that stands twice, or holds an unknown entity, is a fault.
    pub(super) fn of(element: &BytesStart<'_>) -> Result<Attributes, JunitStop> {
        let all = element.attributes().map(|attribute| {
            let attribute = attribute.map_err(|e| malformed(plain(&e.to_string())))?;
            let value = unescape(&String::from_utf8_lossy(&attribute.value))?.into_owned();
            Ok((String::from_utf8_lossy(attribute.key.as_ref()).into_owned(), value))
        });
        all.collect::<Result<_, _>>().map(Attributes)
    }

    pub(super) fn get(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n == name)
    }

    /// Names and values, in document order.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// One that says something.
    pub(super) fn said(&self, name: &str) -> Option<String> {
        self.get(name).filter(|value| !value.trim().is_empty())
    }

    fn count(&self, name: &str) -> u64 {
        self.get(name).and_then(|v| whole(&v)).unwrap_or(0)
    }

    /// Each reporter has one of the names for what was left out; one that has two says the same in both.
    pub(super) fn counts(&self) -> JunitCounts {
        let most = |names: &[&str]| names.iter().map(|name| self.count(name)).max().unwrap_or(0);
        JunitCounts {
            tests: self.count("tests"),
            failures: self.count("failures"),
            errors: self.count("errors"),
            skipped: most(&["skipped", "skips"]),
            left_out: most(&["skipped", "skips", "disabled", "ignored"]),
        }
    }

    /// Assertions that a testcase counts.
    pub(super) fn assertions(&self) -> u64 {
        ["assertions", "tests"].into_iter().find_map(|name| whole(&self.said(name)?)).unwrap_or(0)
    }

    /// How long it took in milliseconds, and whether a whole number stands there that cannot be seconds.
    pub(super) fn time_ms(&self) -> (Option<f64>, bool) {
        let Some(text) = self.get("time") else { return (None, false) };
        let time = seconds(&text);
        let other = time.is_some_and(|s| s > LONGEST && s.fract() == 0.0);
        (time.filter(|s| *s <= LONGEST).map(|s| s * 1_000.0), other)
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

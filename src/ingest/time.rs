//! When a report says that its tests ran.

use super::document;
use super::fault::ReadFault;
use super::lines::{Lines, read_at_most, skip_to};
use super::read::decoded;
use crate::base::clock::parse_rfc3339;
use crate::base::json::{self, Json, Limits};
use crate::model::suite::Reader;
use std::io::BufRead;

/// The times that a report states, as they are written: the `timestamp` of JUnit's suites, Playwright's `stats.startTime`, the
/// earliest `Time` of `go test -json`. Empty where the format or the report has none.
///
/// # Errors
/// Those of reading the results.
pub fn times(reader: Reader, input: &mut dyn BufRead) -> Result<Vec<String>, ReadFault> {
    match reader {
        Reader::Junit | Reader::Pytest => Ok(document::junit(input)?.timestamps),
        Reader::Playwright => playwright(&mut decoded(reader, input)?),
        Reader::Go => go(&mut Lines::new(&mut decoded(reader, input)?)),
        Reader::Exit | Reader::Libtest | Reader::Nextest | Reader::Tap | Reader::Node | Reader::Jest => {
            Ok(Vec::new())
        }
    }
}

fn playwright(input: &mut dyn BufRead) -> Result<Vec<String>, ReadFault> {
    if !skip_to(input, b'{')? {
        return Ok(Vec::new());
    }
    let mut bytes = Vec::new();
    read_at_most(input, &mut bytes, document::JSON)?;
    let document = document::json(&bytes)?;
    let start = document.pointer("/stats/startTime").and_then(Json::as_str);
    Ok(start.map(String::from).into_iter().collect())
}

/// The earliest of all events, and the last that is no time.
fn go(lines: &mut Lines<'_>) -> Result<Vec<String>, ReadFault> {
    let (mut earliest, mut unread) = (None, None);
    while let Some(line) = lines.next()? {
        if !line.text.starts_with('{') {
            continue;
        }
        let Ok(event) = json::parse(line.text.as_bytes(), &Limits::default()) else { continue };
        let Some(text) = event.get("Time").and_then(Json::as_str) else { continue };
        match parse_rfc3339(text) {
            Ok(time) if earliest.as_ref().is_none_or(|(before, _)| time < *before) => {
                earliest = Some((time, text.to_string()));
            }
            Ok(_) => {}
            Err(_) => unread = Some(text.to_string()),
        }
    }
    Ok(earliest.map(|(_, text)| text).into_iter().chain(unread).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(reader: Reader, text: &str) -> Vec<String> {
        times(reader, &mut text.as_bytes()).unwrap()
    }

    #[test]
    fn each_format_says_it_in_its_own_place() {
        let junit = r#"<testsuites timestamp="a"><testsuite name="x" timestamp="b"><testcase name="t"/></testsuite>
            <testsuite name="y"><testcase name="t"/></testsuite></testsuites>"#;
        assert_eq!(of(Reader::Junit, junit), ["a", "b"]);
        assert_eq!(of(Reader::Pytest, junit), ["a", "b"]);
        assert_eq!(of(Reader::Playwright, r#"npm says {"stats": {"startTime": "s"}}"#).len(), 0);
        assert_eq!(of(Reader::Playwright, "{\"suites\": [], \"stats\": {\"startTime\": \"s\"}}"), ["s"]);
        let go = "{\"Time\":\"2026-11-20T12:00:00.5+02:00\"}\n# q\n{\"Time\":\"2026-11-20T11:00:00Z\"}\n{\"Time\":\"x\"}\n";
        assert_eq!(of(Reader::Go, go), ["2026-11-20T12:00:00.5+02:00", "x"]);
        assert!(of(Reader::Tap, "1..1\nok 1\n").is_empty());
    }
}

//! One function a format.

use super::fault::ReadFault;
use super::lines::StreamLines;
use super::{go, jest, junit, libtest, nextest, node, playwright, pytest, tap};
use crate::model::suite::{Repeats, ResultReader};
use crate::model::test::Reading;
use std::io::BufRead;
use tollgate_text::decode::DecodedText;

/// Reads the results of one attempt: one reading for each suite that the format names.
///
/// Lines are read as a stream: of a line at most 4 MiB are held, of all failures at most 128 MiB, of suites at most 20,000 and
/// of tests at most a million; bytes that are not UTF-8 are replaced, terminal colours removed. An XML document may have 64 MiB, a JSON
/// document 256 MiB; they must be whole. UTF-16 is read in every format, with a byte order mark or without, and XML in the encoding that
/// it says. A name that comes twice in a reading becomes `name #2`, `name #3`, ….
/// What is wrong with the input as a whole, though it could be read, is the fault of a reading without a name or cases.
///
/// # Errors
/// The input cannot be read, breaks a limit, is not of the format, or the reader is `Exit`, which reads nothing.
pub fn read(reader: ResultReader, input: &mut dyn BufRead) -> Result<Vec<Reading>, ReadFault> {
    read_as(reader, Repeats::Tests, input)
}

/// The same; `repeats` says what several entries of one title are in JUnit.
///
/// # Errors
/// Those of `read`.
pub fn read_as(
    reader: ResultReader,
    repeats: Repeats,
    input: &mut dyn BufRead,
) -> Result<Vec<Reading>, ReadFault> {
    read_stating(reader, repeats, input, None)
}

/// The same, and into `times` when the report says that its tests ran, as it is written there: the `timestamp` of JUnit's suites,
/// Playwright's `stats.startTime`, of `go test -json` the earliest `Time` and the last that is none. Nothing where the format or
/// the report has none.
///
/// # Errors
/// Those of `read`.
pub fn read_dated(
    reader: ResultReader,
    repeats: Repeats,
    input: &mut dyn BufRead,
    times: &mut Vec<String>,
) -> Result<Vec<Reading>, ReadFault> {
    read_stating(reader, repeats, input, Some(times))
}

fn read_stating(
    reader: ResultReader,
    repeats: Repeats,
    input: &mut dyn BufRead,
    times: Option<&mut Vec<String>>,
) -> Result<Vec<Reading>, ReadFault> {
    // XML says itself how it is written.
    match reader {
        ResultReader::Junit => return junit::read(input, repeats, times),
        ResultReader::Pytest => return pytest::read(input, times),
        _ => {}
    }
    let mut text = decoded(reader, input)?;
    match reader {
        ResultReader::Exit | ResultReader::Junit | ResultReader::Pytest => {
            Err(ReadFault::new("the exit code alone is no text to read: the reader `exit` reads no results"))
        }
        ResultReader::Libtest => libtest::read(&mut StreamLines::new(&mut text)),
        ResultReader::Nextest => nextest::read(&mut StreamLines::new(&mut text)),
        ResultReader::Go => go::read(&mut StreamLines::new(&mut text), times),
        ResultReader::Tap => tap::read(&mut StreamLines::new(&mut text), "TAP results", false),
        ResultReader::Node => node::read(&mut StreamLines::new(&mut text)),
        ResultReader::Playwright => playwright::read(&mut text, times),
        ResultReader::Jest => jest::read(&mut text),
    }
}

/// The input as UTF-8; what is no character of UTF-16 is an error in a document, and is replaced in a stream.
fn decoded(reader: ResultReader, input: &mut dyn BufRead) -> Result<DecodedText<'_>, ReadFault> {
    DecodedText::new(input, matches!(reader, ResultReader::Playwright | ResultReader::Jest))
        .map_err(|error| ReadFault::of_io(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times_of(reader: ResultReader, text: &str) -> Vec<String> {
        let mut times = Vec::new();
        read_dated(reader, Repeats::Tests, &mut text.as_bytes(), &mut times).unwrap();
        times
    }

    #[test]
    fn each_format_says_in_its_own_place_when_its_tests_ran() {
        let junit = r#"<testsuites timestamp="a"><testsuite name="x" timestamp="b"><testcase name="t"/></testsuite>
            <testsuite name="y"><testcase name="t"/></testsuite></testsuites>"#;
        assert_eq!(times_of(ResultReader::Junit, junit), ["a", "b"]);
        assert_eq!(times_of(ResultReader::Pytest, junit), ["a", "b"]);
        assert_eq!(
            times_of(ResultReader::Playwright, r#"{"suites": [], "stats": {"startTime": "s"}}"#),
            ["s"]
        );
        let of = |time: &str| format!("{{\"Time\":\"{time}\",\"Action\":\"start\",\"Package\":\"p\"}}\n");
        let go = of("2026-11-20T12:00:00.5+02:00") + "# q\n" + &of("2026-11-20T11:00:00Z") + &of("x");
        assert_eq!(times_of(ResultReader::Go, &go), ["2026-11-20T12:00:00.5+02:00", "x"]);
        assert!(times_of(ResultReader::Tap, "1..1\nok 1\n").is_empty());
    }
}

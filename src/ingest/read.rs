//! One function a format.

use super::fault::ReadFault;
use super::lines::Lines;
use super::{go, jest, junit, libtest, nextest, node, playwright, pytest, tap};
use crate::base::decode::Text;
use crate::model::suite::{Reader, Repeats};
use crate::model::test::Reading;
use std::io::BufRead;

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
pub fn read(reader: Reader, input: &mut dyn BufRead) -> Result<Vec<Reading>, ReadFault> {
    read_as(reader, Repeats::Tests, input)
}

/// The same; `repeats` says what several entries of one title are in JUnit.
///
/// # Errors
/// Those of `read`.
pub fn read_as(reader: Reader, repeats: Repeats, input: &mut dyn BufRead) -> Result<Vec<Reading>, ReadFault> {
    // XML says itself how it is written.
    match reader {
        Reader::Junit => return junit::read(input, repeats),
        Reader::Pytest => return pytest::read(input),
        _ => {}
    }
    let mut text = decoded(reader, input)?;
    match reader {
        Reader::Exit | Reader::Junit | Reader::Pytest => {
            Err(ReadFault::new("the exit code alone is no text to read: the reader `exit` reads no results"))
        }
        Reader::Libtest => libtest::read(&mut Lines::new(&mut text)),
        Reader::Nextest => nextest::read(&mut Lines::new(&mut text)),
        Reader::Go => go::read(&mut Lines::new(&mut text)),
        Reader::Tap => tap::read(&mut Lines::new(&mut text), "TAP results", false),
        Reader::Node => node::read(&mut Lines::new(&mut text)),
        Reader::Playwright => playwright::read(&mut text),
        Reader::Jest => jest::read(&mut text),
    }
}

/// The input as UTF-8; what is no character of UTF-16 is an error in a document, and is replaced in a stream.
pub(super) fn decoded(reader: Reader, input: &mut dyn BufRead) -> Result<Text<'_>, ReadFault> {
    Text::new(input, matches!(reader, Reader::Playwright | Reader::Jest))
        .map_err(|error| ReadFault::of_io(&error))
}

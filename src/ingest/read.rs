//! One function a format.

use super::fault::ReadFault;
use super::lines::Lines;
use super::{go, junit, libtest, nextest, node, playwright, pytest, tap};
use crate::model::suite::Reader;
use crate::model::test::Reading;
use std::io::BufRead;

/// Reads the results of one attempt: one reading for each suite that the format names.
///
/// Lines are read as a stream: of a line at most 4 MiB are held, of all failures at most 128 MiB, of suites at most 20,000 and of
/// tests at most a million; bytes that are not UTF-8 are replaced, terminal colours removed. An XML document may have 64 MiB, a JSON
/// document 256 MiB; they must be UTF-8 and whole. A name that comes twice in a reading becomes `name #2`, `name #3`, ….
/// What is wrong with the input as a whole, though it could be read, is the fault of a reading without a name or cases.
///
/// # Errors
/// The input cannot be read, breaks a limit, is not of the format, or the reader is `Exit`, which reads nothing.
pub fn read(reader: Reader, input: &mut dyn BufRead) -> Result<Vec<Reading>, ReadFault> {
    match reader {
        Reader::Exit => {
            Err(ReadFault::new("the exit code alone is no text to read: the reader `exit` reads no results"))
        }
        Reader::Libtest => libtest::read(&mut Lines::new(input)),
        Reader::Nextest => nextest::read(&mut Lines::new(input)),
        Reader::Junit => junit::read(input),
        Reader::Go => go::read(&mut Lines::new(input)),
        Reader::Tap => tap::read(&mut Lines::new(input), "TAP results", false),
        Reader::Node => node::read(&mut Lines::new(input)),
        Reader::Playwright => playwright::read(input),
        Reader::Pytest => pytest::read(input),
    }
}

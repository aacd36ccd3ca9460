//! `node --test`, whichever reporter wrote: TAP, spec or JUnit, known by the first line that is one's own. The reporter `dot`
//! names no test that passes: it is refused.

pub(super) mod entry;
mod junit;
mod spec;
mod suite;

use super::fault::ReadFault;
use super::lines::StreamLines;
use super::{document, tap};
use crate::model::test::Reading;

/// What the reader is for.
const WHAT: &str = "results of `node --test`";

/// Reads a run into one reading without a name; a test's name is the titles above it and its own, joined by ` > `.
pub(super) fn read(lines: &mut StreamLines<'_>) -> Result<Vec<Reading>, ReadFault> {
    let mut dots = false;
    while let Some(line) = lines.next()? {
        let text = line.text.trim_start();
        dots |= is_dots(text);
        if dots && text.trim_end() == "Failed tests:" {
            return Err(of_dots());
        }
        if text.starts_with("<?xml") || text.starts_with("<testsuites") {
            let bytes = lines.rest(&line, document::XML)?;
            return junit::read(&bytes);
        }
        let tap = line.text.starts_with("TAP version ");
        if tap || spec::is_own(&line.text) {
            lines.again(line);
            return if tap { tap::read(lines, WHAT, true) } else { spec::read(lines) };
        }
    }
    Err(if dots { of_dots() } else { ReadFault::holds_no(WHAT) })
}

/// A line of the reporter `dot`: `..X.`
fn is_dots(line: &str) -> bool {
    let line = line.trim_end();
    !line.is_empty() && line.bytes().all(|b| matches!(b, b'.' | b'X'))
}

fn of_dots() -> ReadFault {
    ReadFault::holds_no(&format!(
        "{WHAT} but those of its reporter `dot`, which names no test that passes: the reporters `spec`, `tap` and `junit` are read"
    ))
}

//! `node --test`, whichever reporter wrote: TAP, spec or JUnit, known by the first line that is one's own. The reporter `dot`
//! names no test that passes: it is refused.

use super::collect::{Draft, Room, finish, outside};
use super::fault::ReadFault;
use super::junit::{case, faults};
use super::lines::Lines;
use super::{document, node_spec, place, tap};
use crate::base::junit::{Kind, Report};
use crate::model::test::{Reading, TestStatus};

/// What the reader is for.
const WHAT: &str = "results of `node --test`";

/// Reads a run into one reading without a name; a test's name is the titles above it and its own, joined by ` > `.
pub(super) fn read(lines: &mut Lines<'_>) -> Result<Vec<Reading>, ReadFault> {
    let mut dots = false;
    while let Some(line) = lines.next()? {
        let text = line.text.trim_start();
        dots |= is_dots(text);
        if dots && text.trim_end() == "Failed tests:" {
            return Err(of_dots());
        }
        if text.starts_with("<?xml") || text.starts_with("<testsuites") {
            let bytes = lines.rest(&line, document::XML)?;
            return junit(&document::junit_bytes(&bytes)?);
        }
        let tap = line.text.starts_with("TAP version ");
        if tap || node_spec::is_own(&line.text) {
            lines.again(line);
            return if tap { tap::read(lines, WHAT, true) } else { node_spec::read(lines) };
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

fn junit(report: &Report) -> Result<Vec<Reading>, ReadFault> {
    let (mut room, mut draft) = (Room::default(), Draft::default());
    let mut names: Vec<String> = Vec::with_capacity(report.suites.len());
    for suite in &report.suites {
        let name = match suite.within {
            Some(outer) => format!("{} > {}", names[outer], suite.name),
            None => suite.name.clone(),
        };
        for element in &suite.cases {
            let full =
                if name.is_empty() { element.name.clone() } else { format!("{name} > {}", element.name) };
            let mut case = case(element, full);
            // A test that is to do is skipped, and its failure stands beside.
            if element.outcomes.iter().any(|o| o.kind == Kind::Skipped) {
                (case.status, case.failure) = (TestStatus::Ignored, None);
                case.later.clear();
            }
            if let Some(failure) = &mut case.failure {
                failure.place = cause(&failure.text).or_else(|| failure.place.take());
            }
            draft.push(&mut room, case)?;
        }
        names.push(name);
    }
    let mut drafts = vec![draft];
    drafts.extend(faults(report, false).into_iter().map(|(_, sentence)| outside(sentence)).take(1));
    Ok(finish(drafts))
}

/// The frame below `cause:`: what stands above it is the runner's own.
fn cause(text: &str) -> Option<crate::model::test::SourcePlace> {
    place::of_javascript(text.split_once("cause: ")?.1)
}

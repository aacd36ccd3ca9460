//! The JUnit XML that pytest writes, with names as node ids: `tests/test_x.py::TestClass::test_name[param]`.

mod attempts;

use super::collect::{ReadingDraft, Room, cut, finish, milliseconds, outside};
use super::fault::ReadFault;
use super::junit::{case, faults};
use super::{document, place};
use crate::ingest::pytest::attempts::Attempts;
use crate::model::signature::Basis;
use crate::model::test::{Reading, TestStatus};
use std::io::BufRead;
use tollgate_text::ansi::without_ansi;
use tollgate_text::junit::{CaseOutcome, JunitCase as Element, OutcomeKind};

/// Reads a report. A module that could not be collected is a fault, and so is pytest's own error.
pub(super) fn read(
    input: &mut dyn BufRead,
    times: Option<&mut Vec<String>>,
) -> Result<Vec<Reading>, ReadFault> {
    let report = document::junit(input, times)?;
    let (mut room, mut drafts) = (Room::default(), Vec::new());
    for (nth, suite) in report.suites.iter().enumerate() {
        let mut draft = ReadingDraft::new(&report.path(nth));
        draft.reading.duration_ms = suite.time_ms.and_then(milliseconds);
        let (mut broken, mut attempts) = (0_u64, Attempts::default());
        for element in &suite.cases {
            match outside_tests(element) {
                Some(sentence) => {
                    broken += 1;
                    draft.fault_told(sentence, Basis::Exception);
                }
                None => {
                    let mut case = case(element, node_id(element));
                    if let Some(failure) = case.failure.as_mut().filter(|_| case.status == TestStatus::Failed)
                    {
                        failure.place = place::of_python(&without_ansi(&failure.text));
                    }
                    let again = !element.outcomes.is_empty()
                        && element.outcomes.iter().all(|o| o.kind == OutcomeKind::Rerun);
                    attempts.push(case, again);
                }
            }
        }
        for case in attempts.cases(suite.counts.tests) {
            draft.push(&mut room, case)?;
        }
        if let Some(fault) = draft.reading.fault.as_mut().filter(|_| broken > 1) {
            fault.sentence.push_str(&format!("; {} more like it", broken - 1));
        }
        drafts.push(draft);
    }
    // `tests` counts each subtest too, and a test again that passed and then broke in its teardown.
    for (suite, sentence) in faults(&report, true) {
        match suite {
            Some(nth) => drafts[nth].fault(sentence),
            None => drafts.push(outside(sentence)),
        }
    }
    if drafts.is_empty() {
        drafts.push(ReadingDraft::default());
    }
    Ok(finish(drafts))
}

/// What an element that is no test says: it has no class and an error in collection, or is pytest itself.
fn outside_tests(element: &Element) -> Option<String> {
    let error = element.outcomes.iter().find(|o| o.kind == OutcomeKind::Error)?;
    let class = element.classname.as_deref().unwrap_or_default();
    let message = error.message.as_deref().unwrap_or_default();
    let name: String = element.name.chars().take(200).collect();
    if class.is_empty() && message == "collection failure" {
        let module = name.replace('.', "/");
        return Some(format!("{module}.py could not be collected: {}", reason(error)));
    }
    (class == "pytest" && name == "internal").then(|| format!("pytest failed itself: {}", reason(error)))
}

/// The last line that pytest marks as the error, else the first line.
fn reason(error: &CaseOutcome) -> String {
    let marked = error.text.lines().rev().find_map(|l| l.strip_prefix("E "));
    let line = marked.or_else(|| error.text.lines().find(|l| !l.trim().is_empty())).unwrap_or_default();
    cut(line.trim(), 300).to_string()
}

/// `tests.test_x.TestClass` and `test_name` as a node id. The report's `file` tells where the module ends (`xunit1`), unless it is
/// that of a base class in another module; without it the last part named as a test module does, else the parts up to the
/// first that is named as a class.
fn node_id(element: &Element) -> String {
    let class = element.classname.as_deref().unwrap_or_default();
    if class.is_empty() {
        return element.name.clone();
    }
    let parts: Vec<&str> = class.split('.').collect();
    let is_class = |p: &&str| p.starts_with(|c: char| c.is_uppercase());
    let named = element.file.as_deref().filter(|f| f.ends_with(".py")).and_then(|file| {
        let file = file.replace('\\', "/");
        let module = file.trim_end_matches(".py");
        if let Some(rest) = class.strip_prefix(&module.replace('/', "."))
            && (rest.is_empty() || rest.starts_with('.'))
        {
            return Some((file.clone(), rest.split('.').skip(1).collect::<Vec<_>>()));
        }
        let stem = module.rsplit('/').next().unwrap_or_default();
        let end = parts.iter().rposition(|p| *p == stem)? + 1;
        parts[end..].iter().all(is_class).then(|| (file.clone(), parts[end..].to_vec()))
    });
    let (file, classes) = named.unwrap_or_else(|| {
        let is_module = |p: &&str| p.starts_with("test_") || p.ends_with("_test");
        let end = parts.iter().rposition(is_module).map(|at| at + 1);
        let end = end.or_else(|| parts.iter().position(is_class)).unwrap_or(parts.len());
        (format!("{}.py", parts[..end].join("/")), parts[end..].to_vec())
    });
    let mut id = file;
    for part in classes.iter().copied().chain([element.name.as_str()]) {
        id.push_str("::");
        id.push_str(part);
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(class: &str, name: &str, file: Option<&str>) -> String {
        let element = Element {
            name: name.into(),
            classname: Some(class.into()),
            file: file.map(String::from),
            ..Element::default()
        };
        node_id(&element)
    }

    #[test]
    fn node_ids() {
        assert_eq!(id("tests.test_x", "test_a[x::y]", None), "tests/test_x.py::test_a[x::y]");
        assert_eq!(id("tests.test_x.TestC.TestD", "test_a", None), "tests/test_x.py::TestC::TestD::test_a");
        assert_eq!(id("tests.shelf.ShelfTests", "test_a", None), "tests/shelf.py::ShelfTests::test_a");
        assert_eq!(id("Tests.checks.TestC", "t", Some("Tests/checks.py")), "Tests/checks.py::TestC::t");
        assert_eq!(id("", "bad.test_bad", None), "bad.test_bad");
        assert_eq!(id("app.test_b.c.TestC", "t", Some("app/test_b.c.py")), "app/test_b.c.py::TestC::t");
        // A test that a class inherits is its own, wherever the base class stands.
        let inherited = id("pkg.test_d.TestX", "t", Some("pkg/test_base.py"));
        assert_eq!(inherited, "pkg/test_d.py::TestX::t");
        assert_eq!(id("base.test_d.TestX", "t", Some("lib/base.py")), "base/test_d.py::TestX::t");
    }
}

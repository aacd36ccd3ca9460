//! JSON: the verdict itself, pretty, fields in the order of `docs/verdict.md`.

use crate::model::report::CheckReport;
use crate::model::validation::Validation;
use serde::Serialize;
use tollgate_text::escape;

/// The verdict (`tollgate.gate.verdict.v1`), ending in a newline. What only people are shown is not in it.
pub fn report(report: &CheckReport) -> String {
    pretty(&report.verdict)
}

/// The validation (`tollgate.validation.v1`), ending in a newline.
pub fn validation(validation: &Validation) -> String {
    pretty(validation)
}

/// Pretty JSON of one of our own structs, ending in a newline.
pub(super) fn pretty(value: &impl Serialize) -> String {
    end(serde_json::to_string_pretty(value))
}

/// JSON as the files of a run folder hold it: pretty, without a newline at its end.
pub(super) fn file(value: &impl Serialize) -> String {
    let mut text = pretty(value);
    text.truncate(text.trim_end().len());
    text
}

/// One line of JSON of one of our own structs, ending in a newline.
pub(super) fn line(value: &impl Serialize) -> String {
    end(serde_json::to_string(value))
}

/// Our structs have string keys and finite numbers, so they always serialize; were one not to, what is written is no
/// document of any schema, and whoever reads it fails closed.
fn end(text: serde_json::Result<String>) -> String {
    match text {
        Ok(mut text) => {
            text.push('\n');
            escape::json(text)
        }
        Err(error) => format!("not written: {error}\n"),
    }
}

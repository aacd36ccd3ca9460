//! Why a report is not read on.

use crate::json::ParseErrorKind;

/// What is wrong, and a clause.
pub(super) struct JunitStop(pub(super) ParseErrorKind, pub(super) String);

/// The text breaks the format.
pub(super) fn malformed(clause: impl Into<String>) -> JunitStop {
    JunitStop(ParseErrorKind::Malformed, clause.into())
}

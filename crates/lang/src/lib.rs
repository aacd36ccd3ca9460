//! The two foreign languages, compiled and therefore valid: CEL and JSON Schema. Pure.

#![cfg_attr(test, expect(clippy::too_many_lines, reason = "a table of cases is read as one"))]

pub mod cel;
#[cfg(test)]
mod embedded_in_tests;
pub mod schema;

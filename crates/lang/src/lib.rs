//! The two foreign languages, compiled and therefore valid: CEL and JSON Schema. Pure.

pub mod cel;
#[cfg(test)]
mod embedded_in_tests;
pub mod schema;

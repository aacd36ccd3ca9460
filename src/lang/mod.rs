//! Floor 1: the two foreign languages, compiled and therefore valid.

pub mod cel;
pub mod schema;

//! Floor 5: one file per verb.

pub mod schema;
pub mod validate;

//! JSON Schema 2020-12. `lent` and `engine` are the only files that name the `jsonschema` crate.

mod engine;
mod lent;
mod message;
mod registry;
mod violation;

pub use engine::Schema;
pub use registry::{Registry, Source};
pub use violation::Violation;

//! JSON Schema, draft 4 to 2020-12. Only `lent`, `engine` and `known` name the `jsonschema` crate.

mod beside;
mod circular;
mod engine;
mod known;
mod lent;
mod message;
mod registry;
mod source;
mod uri;
mod violation;

pub use beside::{Beside, FileLookup, SchemaStanding};
pub use engine::{CompiledSchema, FormatRule};
pub use registry::Registry;
pub use source::SchemaSource;
pub use violation::Violation;

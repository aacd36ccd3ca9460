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

pub use beside::{Beside, Look, Standing};
pub use engine::{Formats, Schema};
pub use registry::Registry;
pub use source::Source;
pub use violation::Violation;

//! Floor 3, edge: the documents of a run, to and from bytes.

mod columns;

pub use columns::columns;

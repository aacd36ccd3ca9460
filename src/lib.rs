//! tollgate: judges CI evidence by declarative gates and fails closed. See `ARCHITECTURE.md` for the floors.

pub mod cli;
pub mod embedded;
pub mod verb;

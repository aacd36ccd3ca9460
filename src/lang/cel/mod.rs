//! CEL: parsed by the `cel` crate (named in `parse.rs` alone), evaluated here over lent JSON.

mod ast;
mod errors;
mod eval;
mod expr;
mod functions;
mod host;
mod lint;
mod meter;
mod operators;
mod parse;
mod parts;
mod resolve;
mod scope;
mod time;
mod trace;
mod value;

#[cfg(test)]
mod tests;

pub use errors::{CompileError, EvalError, Lint};
pub use expr::Expr;
pub use parts::{Outcome, Part};
pub use scope::{Budget, Host, Scope};
pub use trace::{Read, Reads};
pub use value::{Type, Value};

//! CEL: parsed by the `cel` crate (named in `parse.rs` alone), evaluated here over lent JSON.

mod ast;
mod budget;
mod compare;
mod cursor;
mod errors;
mod eval;
mod expr;
mod fold;
mod functions;
mod host;
mod kind;
mod lint;
mod lower;
mod lower_two;
mod meter;
mod operators;
mod parse;
mod parts;
mod pattern;
mod resolve;
mod scope;
mod show;
mod time;
mod trace;
mod two_names;
mod value;

#[cfg(test)]
mod tests;

pub use budget::Budget;
pub use errors::{CompileError, EvalError, Lint};
pub use expr::Expr;
pub use kind::Type;
pub use meter::{Clock, Meter, Pool, stopped};
pub use parts::{ExprPart, PartOutcome};
pub use scope::{Host, Scope};
pub use trace::{Read, Reads};
pub use value::{CelText, Shared, Value};

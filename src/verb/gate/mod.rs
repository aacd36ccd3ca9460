//! Gates: listing them, writing one, trying an expression.

pub mod args;
pub mod list;
pub mod new;
pub mod pack;
pub mod try_on;
pub mod try_text;

//! Judgement: which mutations of passing evidence a gate must turn red on. Pure: documents in, mutated documents out.

mod except;
mod fields;
mod mutate;
mod named;

pub use except::{Pattern, pattern_of};
pub use fields::{Field, representatives};
pub use mutate::{Change, FileOp, Op, changes, set};
pub use named::{Named, named};

//! Judgement: which mutations of passing evidence a gate must turn red on. Pure: documents in, changes out.

mod except;
mod fields;
mod mutate;
mod named;
mod plan;

pub use except::{MutationPattern, pattern_of};
pub use mutate::{FileOp, Mutation, MutationOp, set};
pub use plan::{FieldChange, field_changes, unnoticed};

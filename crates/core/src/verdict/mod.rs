//! Judgement: from gate results to the verdict, its exit code, promotion and next steps.

mod compare;
mod decide;
mod promotion;

pub use compare::compare;
pub use decide::{cut_preflight, exit_code, status, summarise};
pub use promotion::{Grounds, next_steps, promotion, some_of};

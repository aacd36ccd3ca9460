//! Judgement: the evaluation of one gate over its evidence. Values in, values out.

mod check;
mod evaluate;
mod scope;

pub use evaluate::{Judged, Outcome, evaluate};
pub use scope::Facts;

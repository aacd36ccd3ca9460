//! Judgement: the evaluation of one gate over its evidence. Values in, values out.

#[cfg(test)]
mod bounds;
mod check;
mod evaluate;
#[cfg(test)]
mod sample;
mod scope;
mod spell;
mod told;
mod trace;

pub use evaluate::{Judged, Outcome, evaluate};
pub use scope::Facts;
pub use trace::{Looked, trace};

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

pub use evaluate::{GateOutcome, JudgedGate, evaluate};
pub use scope::BoundFacts;
pub use trace::{FieldReads, trace};

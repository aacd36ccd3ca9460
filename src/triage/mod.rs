//! Judgement: what became of a suite, why it failed, and what changed between two runs. Values in, values out.

pub mod attempts;

//! Floor 5: one file per verb, one public function each; the only place where rooms meet.

mod explain;
mod explain_text;
mod last_verdict;
mod reproduce;
mod reproduction;
#[cfg(test)]
mod sample;

pub use explain::{
    ArtifactFacts, CheckFacts, EntryFacts, ExplainRequest, Explanation, Found, GateFacts, LastResult, explain,
};
pub use explain_text::human as explain_human;
pub use last_verdict::{newest as newest_verdict, parse_verdict};
pub use reproduce::{ReproduceError, ReproduceRequest, Step, TIMEOUT, reproduce};
pub use reproduction::{Came, Planned, Ran, Refused, Reproduction, human as reproduce_human};

//! Floor 5: one file per verb, one public function each; the only place where rooms meet.

mod explain;
mod explain_text;
mod last_verdict;
mod reproduce;

pub use explain::{
    ArtifactFacts, CheckFacts, EntryFacts, ExplainRequest, Explanation, Found, GateFacts, LastResult, explain,
};
pub use explain_text::human as explain_human;
pub use last_verdict::{newest as newest_verdict, parse_verdict};
pub use reproduce::{
    Came, Planned, Ran, Refused, ReproduceError, ReproduceRequest, Reproduction, Step, TIMEOUT,
    human as reproduce_human, reproduce,
};

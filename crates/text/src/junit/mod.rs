//! JUnit XML as the reporters write it: a text into plain values. What an outcome means is for the reader to say.

mod attributes;
mod claims;
mod counts;
mod duration;
mod elements;
mod ended;
mod listing;
mod parse;
mod reference;
mod report;
mod stop;
mod words;

pub use ended::CaseEnd;
pub use listing::IS_LIST;
pub use parse::parse;
pub use report::{CaseOutcome, Claim, JunitCase, JunitCounts, JunitReport, JunitSuite, OutcomeKind, UNSAID};

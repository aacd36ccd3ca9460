//! JUnit XML as the reporters write it: a text into plain values. What an outcome means is for the reader to say.

mod attributes;
mod counts;
mod ended;
mod parse;
mod report;
mod stop;

pub use counts::{Unshown, What};
pub use ended::Ended;
pub use parse::parse;
pub use report::{Case, Kind, Outcome, Report, Suite, UNSAID};

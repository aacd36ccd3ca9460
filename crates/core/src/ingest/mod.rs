//! Edge: results of tests. The output or the result file of one attempt becomes `Reading`s, whatever tool wrote it.
//!
//! Line formats are read lossily where they are neither UTF-8 nor UTF-16, as a stream; documents (XML, JSON) must be of an encoding that
//! is known (`base::decode`), whole, and within a size. A text in which a format's own marks are not found is a fault, never an empty result. What the tool counted is
//! compared with what its cases show, and a difference is the reading's fault.

mod basis;
mod collect;
mod document;
mod fault;
mod go;
mod hook;
mod jest;
mod junit;
mod junit_names;
mod junit_repeats;
mod libtest;
mod lines;
mod listed;
mod nextest;
mod node;
mod none_ran;
mod output;
mod panic;
mod place;
mod playwright;
mod pytest;
mod read;
mod tap;
mod timed;
mod word;
mod yaml;

pub use collect::{CASES, READINGS};
pub use fault::ReadFault;
pub use listed::listed;
pub use none_ran::ran_no_test;
pub use output::said;
pub use read::{read, read_as, read_dated};
pub use timed::undated;
pub use word::says_it_failed;

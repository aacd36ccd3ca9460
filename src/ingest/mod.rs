//! Edge: results of tests. The output or the result file of one attempt becomes `Reading`s, whatever tool wrote it.
//!
//! Line formats are read lossily where they are not UTF-8, as a stream; documents (XML, JSON) must be UTF-8, whole, and within
//! a size. A text in which a format's own marks are not found is a fault, never an empty result. What the tool counted is
//! compared with what its cases show, and a difference is the reading's fault.

mod basis;
mod collect;
mod document;
mod fault;
mod go;
mod go_package;
mod go_test;
mod junit;
mod libtest;
mod libtest_binary;
mod libtest_glued;
mod libtest_json;
mod libtest_line;
mod lines;
mod listed;
mod nextest;
mod nextest_json;
mod nextest_line;
mod node;
mod node_spec;
mod none_ran;
mod output;
mod panic;
mod place;
mod playwright;
mod pytest;
mod pytest_attempts;
mod read;
mod tap;
mod tap_line;
mod tap_tree;
mod time;
mod yaml;

pub use collect::{CASES, READINGS};
pub use fault::ReadFault;
pub use listed::listed;
pub use none_ran::ran_no_test;
pub use output::said;
pub use read::read;
pub use time::times;

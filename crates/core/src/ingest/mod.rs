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
mod go_attempts;
mod go_build;
mod go_frame;
mod go_package;
mod go_test;
mod hook;
mod jest;
mod junit;
mod junit_names;
mod junit_repeats;
mod libtest;
mod libtest_binary;
mod libtest_glued;
mod libtest_json;
mod libtest_line;
mod libtest_list;
mod libtest_word;
mod lines;
mod listed;
mod nextest;
mod nextest_json;
mod nextest_line;
mod node;
mod node_entry;
mod node_junit;
mod node_spec;
mod node_suite;
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

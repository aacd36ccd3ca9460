//! What the program embeds, for the tests of crates below the one that embeds it.

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

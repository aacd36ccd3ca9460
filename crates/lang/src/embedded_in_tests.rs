//! What the program embeds, for tests: the same files.

pub use tollgate_testing::SCHEMAS;

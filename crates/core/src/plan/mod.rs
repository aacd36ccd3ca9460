//! Judgement: what a run selects, which part of it a shard runs, what a replay repeats, and whether shards make a whole.
//! Values in, values out; lists of files and names are handed in.

mod address;
mod altered;
mod auto;
mod digest;
mod expected;
mod flake_claim;
mod judged;
mod left_out;
mod merge;
mod merge_proof;
mod quarantine;
mod rerun;
#[cfg(test)]
mod sample;
mod select;
mod shard;
mod shown;
mod single;
mod stops;
mod timings;
mod trees;
mod whole;

pub use address::{Address, address, reaches_any_suite, selector, takes_apart};
pub use altered::{Altered, Side, altered, unreadable};
pub use auto::{AutoShard, Given, VARIABLES, auto};
pub use digest::{digest, lint_definition, suite_definition};
pub use expected::{left_of, unproven};
pub use judged::{ClaimRules, JudgedDocument, JudgedKind, has_claims, judged};
pub use left_out::LeftOutPaths;
pub use merge::{Merged, merge};
pub use quarantine::{QuarantinedSuite, quarantine};
pub use rerun::{Rerun, alone, rerun};
pub use select::{Choice, Selection, SuiteNames, select};
pub use shard::{Division, shard};
pub use single::by_name;
pub use stops::{EarlyStop, leaves_out, says_it_stopped, stops_early};
pub use timings::Timings;
pub use trees::{Here, TreeDifference, compare, digest as tree_digest, digest_of as files_digest};
pub use whole::{asked, definitions, gaps, pointers};

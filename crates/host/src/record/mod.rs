//! Edge: run folders on disk. The journal, the documents of a run, and both read back.

mod columns;
mod columns_tree;
mod columns_values;
mod consistent;
mod error;
mod folder;
mod journal;
mod junit;
mod layout;
mod names;
mod read;
mod replay;
mod report;
#[cfg(test)]
mod sample;
mod write;

pub use columns::columns;
pub use error::RecordError;
pub use folder::{File, Folder, SuiteFile, default_out, lint_log_of_shard};
pub use journal::Journal;
pub use junit::{Details, junit};
pub use names::SuiteFolders;
pub use read::{read_bundle, read_environment, read_result, read_summary, read_triage};
pub use replay::{Lost, Replayed, replay};
pub use report::run_report;

//! Edge: evidence. Find, read once, hash, date, parse, validate; absence is a value.
//!
//! `Sources::read` reads and hashes every file that a set of gates names, once each, in parallel; `Documents::parse`
//! borrows those bytes; `Documents::evidence` is what one gate sees. Two steps, because documents borrow the bytes.

mod context;
mod date;
mod documents;
mod evidence;
mod fault;
mod find;
mod glob;
mod host;
mod jsonl;
mod judged;
mod junit;
mod lines;
mod parse;
mod read;
mod run_folder;
mod schema;
mod toml;
mod weight;

pub use self::glob::glob;
pub use context::EvidenceContext;
pub use documents::Documents;
pub use fault::FileFault;
pub use host::WorkspaceHost;
pub use jsonl::{Survey, survey};
pub use parse::{format_of, parse};
pub use read::Sources;
pub use run_folder::{NoRun, named as named_run, newest as newest_run};
pub use schema::{HeldDocument, hold};
pub use weight::{EVIDENCE, fit_together, turn};

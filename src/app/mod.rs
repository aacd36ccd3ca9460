//! Floor 5: one file per verb, one public function each; the only place where rooms meet.

mod check;
mod doctor;
mod error;
mod incidents;
mod verdict_files;
mod workspace;

pub use check::{CheckRequest, check, read_verdict};
pub use doctor::{Diagnosis, GateEvidence, doctor};
pub use error::{Error, exit};
pub use verdict_files::write as write_verdict;
pub use workspace::{OpenRequest, Workspace};

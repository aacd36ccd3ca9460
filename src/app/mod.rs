//! Floor 5: one file per verb, one public function each; the only place where rooms meet.

mod check;
mod clock;
mod commands;
mod diff;
mod diff_text;
mod doctor;
mod doctor_text;
mod environment;
mod error;
mod events;
mod events_count;
mod events_tally;
mod events_text;
mod explain;
mod explain_text;
mod flake_check;
mod flake_checked;
mod flake_report;
mod flake_series;
mod flake_text;
mod gate_list;
mod gate_new;
mod gate_try;
mod gate_try_text;
mod ground;
mod incidents;
mod ingest;
mod init;
mod init_text;
mod last_verdict;
mod masking;
mod merge;
mod merge_context;
mod merge_lint;
mod merge_suites;
mod prove;
mod prove_mutants;
mod prove_text;
mod quarantine;
mod quarantine_evidence;
mod reproduce;
mod reproduction;
mod run;
mod run_baseline;
mod run_documents;
mod run_summary;
#[cfg(test)]
mod sample;
pub mod schema;
mod step;
mod suite_record;
mod texts;
pub mod validate;
mod verdict_files;
mod waiver;
mod waiver_edit;
mod workspace;

pub use check::{CheckRequest, check};
pub use diff::{DiffRequest, diff, exit_code as diff_exit_code};
pub use diff_text::human as diff_human;
pub use doctor::{Diagnosis, GateEvidence, doctor};
pub use doctor_text::human as doctor_human;
pub use error::{Error, exit};
pub use events::{Events, Stream, events};
pub use events_text::{faults as events_faults, human as events_human};
pub use explain::{ExplainRequest, Explanation, Found, explain};
pub use explain_text::human as explain_human;
pub use flake_check::{FlakeCheckRequest, flake_check};
pub use flake_checked::FlakeChecked;
pub use flake_report::{FlakeAnswer, flake_report};
pub use flake_text::human as flake_human;
pub use gate_list::{GateListRequest, gate_list, human as gate_list_human};
pub use gate_new::{GateNewRequest, gate_new, human as gate_new_human};
pub use gate_try::{TryRequest, gate_try};
pub use gate_try_text::human as gate_try_human;
pub use ingest::{IngestRequest, ingest};
pub use init::{InitRequest, human as init_human, init};
pub use last_verdict::{named as named_verdict, newest as newest_verdict};
pub use masking::masker_near;
pub use merge::{MergeError, MergeRequest, merge};
pub use prove::{GateProof, Proof, Standing, Survivor, prove};
pub use prove_text::human as prove_human;
pub use quarantine::{
    QuarantineEdit, QuarantineList, edit_human as quarantine_edit_human, list_human as quarantine_list_human,
    quarantine_add, quarantine_list, quarantine_remove,
};
pub use reproduce::{ReproduceError, ReproduceRequest, Step, reproduce};
pub use reproduction::{Reproduction, human as reproduce_human};
pub use run::{
    Listed, RunAnswer, RunRequest, Source, Watcher, bundle_differences, lint_line, log_tail, run, run_end,
    run_line, run_list, run_planned,
};
pub use run_documents::Written;
pub use verdict_files::write as write_verdict;
pub use waiver::{human as waiver_audit_human, waiver_audit};
pub use waiver_edit::{human as waiver_edit_human, waiver_add, waiver_remove, waiver_renew};
pub use workspace::{OpenRequest, Workspace};

//! One test binary; modules are named after what they guard.
#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::too_many_lines,
    clippy::type_complexity,
    clippy::unwrap_used,
    reason = "tests stop by panicking, lay out folders, run the binary, and hold tables of cases"
)]

mod action;
mod advice;
mod bad_input;
mod ci_commands;
mod comments;
mod conformance;
mod contract;
mod contributing;
mod docs;
mod docs_exit;
mod docs_pages;
mod docs_picture;
mod docs_run;
mod docs_samples;
mod docs_spec;
mod docs_verbs;
mod edits;
mod events;
mod explain;
mod fixtures;
mod flake;
mod flake_proof;
mod gate_try;
mod help;
mod ingest;
mod ingest_forms;
mod ingest_holes;
mod ingest_time;
mod init;
mod invisible;
mod judged_tree;
mod language;
mod layering;
mod limits;
mod looked;
mod masking;
mod merge;
mod named;
mod operator;
mod outputs;
mod overlay;
mod patched;
mod patched_texts;
mod policy_from;
mod policy_source;
mod properties;
mod prove;
mod quarantine;
mod quarantine_judged;
mod real_tools;
mod report;
mod report_sample;
mod run;
mod run_exit;
mod run_formats;
mod run_hostile;
mod run_junit;
mod run_masking;
mod run_patterns;
mod run_replay;
mod run_replay_proof;
mod run_resume;
mod run_runners;
mod run_stops;
mod run_workspace;
mod schemas;
mod sizes;
mod sources;
mod support;
mod textproto;
mod tree;
mod tree_git;
mod triage;
mod type_names;
mod vacuous;
mod waivers;
mod whole;

//! Which fields of the nouns hold free text (`tollgate_text::redact::FreeText`): what evidence, commands, waivers and gate files say. Ids,
//! names of artifacts and suites, statuses, commits, digests, moments of ours and numbers are our own.

use crate::model::finding::{Finding, SourceAt};
use crate::model::report::CheckReport;
use crate::model::run::Identity;
use crate::model::triage::{ComparedFile, Diagnostic, RecommendedCommands, TriageDiff};
use crate::model::validation::{FileResult, Validation};
use crate::model::verdict::{
    ArtifactRecord, GateResult, PolicyRecord, Promotion, TraceRef, Verdict, WaiverRef,
};
use crate::model::waiver::WaiverEntry;
use crate::model::whole::{Gap, PlanChange};
use tollgate_text::redact::free_text;

free_text!(SourceAt { path; line, column });
free_text!(Finding { message, path, pointer, expected, actual, title, at, reproduce; check, reason, artifact, place });
free_text!(ArtifactRecord { path, generated_at; name, sha256, bytes, age_seconds });
free_text!(WaiverRef { owner, reason, issue, expires; days_remaining });
free_text!(TraceRef { url; id, short_id });
free_text!(GateResult {
    name, owner, detail, findings, artifacts, reproduce_command, remediation, waiver, trace;
    id, status, blocking, shadow, reason, runbook, since, duration_us
});
free_text!(Promotion { conditions; allowed, by, blocking_gates, waivers });
free_text!(PolicyRecord { from, changes; digest, altered });
free_text!(PlanChange { before, after; what, kind, name, red });
free_text!(Gap { detail; reason, kind, name });
free_text!(Verdict {
    branch, policy, gates, waivers, promotion, next_steps;
    schema, generated_at, tool, run_id, correlation_id, commit, lane, mode, verdict, exit_code, not_judged,
    summary, masked, mask_allowed
});
// Dates are as they were written: what stands in the place of one may be anything.
free_text!(WaiverEntry {
    detail, owner, reason, issue, created, expires, exit_criteria, category, evidence, reproduce, signature;
    id, kind, state, days_remaining, lanes, checks, reasons, renewals, region
});
// What is offered for a waiver is made of ids and blanks; the verdict's path is for the steps that read it.
free_text!(CheckReport {
    verdict, quarantines, classification_fault, notes;
    gate_regions, check_regions, waiver_offers, repo_prefix, verdict_path, no_run, unwritten, seconds
});
free_text!(FileResult { path, findings; sha256, bytes, schema });
free_text!(Validation { files, notes; schema, generated_at, valid, invalid });
free_text!(Identity { branch; generated_at, run_id, correlation_id, commit });
free_text!(ComparedFile { path; sha256, run_id, commit });
free_text!(Diagnostic {
    test, signature, reasons, replay_command;
    rank, change, severity, suite, kind, before, after
});
free_text!(RecommendedCommands { runner_repro_command, ranked_repro_commands; });
free_text!(TriageDiff {
    identity, baseline, compared, ranked_diagnostics, recommended_commands;
    schema, status, summary, omitted, not_compared
});

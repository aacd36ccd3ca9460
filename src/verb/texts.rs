//! Which fields of the verbs' answers hold free text (`tollgate_text::redact::FreeText`), as `model/texts.rs` says it of the nouns.

use super::doctor::{Diagnosis, GateEvidence, TreeLook, WholeRun};
use super::events::{CountedStream, StreamReport};
use super::explain::{ArtifactFacts, CheckFacts, EntryFacts, Explanation, GateFacts, LastResult};
use super::init::{InitSuite, Initialised};
use super::prove::{GateProof, Proof, Survivor};
use super::schema::ListedSchema;
use crate::verb::events::count::StreamCounts;
use crate::verb::events::tally::NameCount;
use crate::verb::explain::list::{RunbookGroup, RunbookList, RunbookRow};
use crate::verb::explain::of_run::RunFailure;
use crate::verb::flake::report::FlakeAnswer;
use crate::verb::gate::list::{GateList, GateRow};
use crate::verb::gate::new::GateNew;
use crate::verb::gate::try_on::{TriedExpression, TriedLint, TriedPart};
use crate::verb::reproduce::answer::{Planned, RanCommand, Refused, Reproduction};
use crate::verb::waiver::audit::WaiverAudit;
use crate::verb::waiver::edit::WaiverEdit;
use crate::verb::waiver::quarantine::{QuarantineEdit, QuarantineList};
use tollgate_text::redact::{FreeText, free_text};

free_text!(Diagnosis { run, run_fault, no_run, tree, classification_fault, whole, gates; schema, commit, profile });
free_text!(TreeLook { changed, notes; changed_count, untracked_count, run_fits });
free_text!(WholeRun { command, gaps, fault; profile, kinds, suites, lint });

impl FreeText for GateEvidence {
    fn each_text(&mut self, see: &mut dyn FnMut(&mut String)) {
        let GateEvidence { gate: _, applies: _, present, faults } = self;
        // The gate's name for the artifact stands before its path.
        present.iter_mut().for_each(|(_, path)| see(path));
        faults.each_text(see);
    }
}

free_text!(StreamReport { files; });
free_text!(CountedStream { path, fault, counts; unreadable });
free_text!(StreamCounts { kinds, statuses, first_ts, last_ts; lines, without_kind });
free_text!(NameCount { name; count });
free_text!(Explanation { query, matched, failure, gates, entries, notes; found, nearest });
free_text!(RunFailure {
    test, location, message, replay_command, signature;
    run, suite, kind, status, root_cause_class
});
free_text!(RunbookList { groups; });
free_text!(RunbookGroup { entries; group });
free_text!(RunbookRow { title; id, root_cause });
free_text!(GateFacts {
    name, why, owner, applies_when, artifacts, checks, reproduce_command, last;
    id, blocking, lanes, stated_in
});
free_text!(ArtifactFacts { paths; name, format, schema, max_age_seconds, required });
free_text!(CheckFacts { when, for_each, assert, message; id });
free_text!(LastResult { detail, generated_at; status, reason, commit, lane });
free_text!(EntryFacts { title, summary, artifacts, replays, remediation; id, group, root_cause, severity, see });
free_text!(FlakeAnswer { report, notes; });
free_text!(GateList { gates, notes; });
free_text!(GateRow { name, owner, origin, artifacts, reproduce; id, blocking, lanes, replaces, runbook, checks });
free_text!(GateNew { ; id, path, replaces, also });
free_text!(TriedExpression { expression, value, error, parts, lints; schema, passes, bound });
free_text!(TriedPart { text, value, error; depth, element });
free_text!(TriedLint { message; column });
free_text!(Initialised { suites, notes; written, detected, ignore, next });
free_text!(InitSuite { folder, command; kind, tool, names_tests });
free_text!(Proof { gates; schema, generated_at, mutations, holes, asked });
free_text!(GateProof { detail, holes, excepted, unused_exceptions, unnoticed; gate, standing, mutations, own });
free_text!(Survivor { mutation, note, why; });
free_text!(QuarantineList { path, fault, entries; generated_at });
free_text!(QuarantineEdit { path, entry; action, id });
free_text!(WaiverAudit { path, fault, waivers, quarantines; generated_at });
free_text!(WaiverEdit { path, entry; action, gate });
free_text!(Reproduction { verdict, commands, refused, ran, no_run; not_run });
free_text!(Planned { command, note; id });
free_text!(Refused { recorded, own, why; id });
free_text!(RanCommand { command, detail, output; id, came, exit_code, seconds });
free_text!(ListedSchema { title; id, origin });

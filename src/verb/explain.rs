//! `tollgate explain <gate | entry | suite | signature | text of a log line>`: what a gate asks and why, what the runbook says, and how
//! it last stood.

pub mod args;
pub mod list;
pub mod of_run;
pub mod text;

use crate::verb::explain::of_run::{RunFailure, of_newest};
use serde::Serialize;
use tollgate_core::model::failure::RootCause;
use tollgate_core::model::finding::Reason;
use tollgate_core::model::gate::{
    ArtifactSpec, Blocking, Demand, ForRun, Gate, GateCheck, GateOrigin, Piece,
};
use tollgate_core::model::runbook::RunbookEntry;
use tollgate_core::model::verdict::{Status, Verdict};
use tollgate_core::runbook::{Runbook, generic, nearest, same_name, without_ansi};
use tollgate_host::files::Root;

/// The longest text that is looked at; a whole log is to be searched, not pasted.
const MAX_QUERY: usize = 64 << 10;

/// What is asked, and what is known.
pub struct ExplainRequest<'a> {
    /// A gate's id, an entry's id or title, a suite, test or signature of the newest run, or the text of a log.
    pub query: &'a str,
    /// Every gate of the workspace, whatever its lane.
    pub gates: &'a [Gate],
    /// Every runbook entry.
    pub runbook: &'a Runbook,
    /// The workspace, and in it the newest run folder; `None` where there is none of them.
    pub newest_run: Option<(&'a Root, &'a str)>,
    /// The newest verdict, or why it cannot be read.
    pub last: Result<Option<&'a Verdict>, &'a str>,
    /// What `{run}` stands for.
    pub run: &'a ForRun,
    /// `[reproduce] prefix`.
    pub prefix: &'a str,
}

/// How the answer was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FoundBy {
    /// The query is a gate's id.
    Gate,
    /// It is an entry's id or title.
    Entry,
    /// It is a failed suite or test of the newest run, or the signature of its failure.
    Failure,
    /// Its text matches an entry's patterns.
    LogLine,
    /// It leads nowhere.
    Nothing,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// What was asked.
    pub query: String,
    /// How the answer was found.
    pub found: FoundBy,
    /// The part of a log line that named the first entry.
    pub matched: Option<String>,
    /// The failure of the newest run that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<RunFailure>,
    /// The gates it is about, in gate order.
    pub gates: Vec<GateFacts>,
    /// The runbook entries, best first.
    pub entries: Vec<EntryFacts>,
    /// Names that may have been meant.
    pub nearest: Vec<String>,
    /// What to know or do when nothing was found, or when the last verdict cannot be read.
    pub notes: Vec<String>,
}

impl Explanation {
    /// 0 when something was found, else 1.
    pub fn exit_code(&self) -> u8 {
        u8::from(self.found == FoundBy::Nothing)
    }
}

/// What a gate asks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GateFacts {
    /// Its id.
    pub id: String,
    /// Shown name.
    pub name: String,
    /// Why it exists.
    pub why: String,
    /// Who answers for it.
    pub owner: String,
    /// `yes`, `no` (a failure is a warning) or `shadow`.
    pub blocking: &'static str,
    /// The lanes that judge it.
    pub lanes: Vec<&'static str>,
    /// The file or pack that states it.
    pub stated_in: String,
    /// Judged only when this is true.
    pub applies_when: Option<String>,
    /// Evidence, by name.
    pub artifacts: Vec<ArtifactFacts>,
    /// Checks, in file order.
    pub checks: Vec<CheckFacts>,
    /// The command that reproduces it.
    pub reproduce_command: String,
    /// Its place in the last verdict.
    pub last: Option<LastResult>,
}

/// One artifact of a gate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArtifactFacts {
    /// The name in expressions.
    pub name: String,
    /// The first that exists is read.
    pub paths: Vec<String>,
    /// json, jsonl, toml, text, junit.
    pub format: &'static str,
    /// The schema it must name and pass, or pass.
    pub schema: Option<String>,
    /// Oldest age allowed, in seconds.
    pub max_age_seconds: Option<u64>,
    /// Whether its absence fails the gate.
    pub required: bool,
}

/// One check of a gate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckFacts {
    /// Its id.
    pub id: String,
    /// Judged only when this is true.
    pub when: Option<String>,
    /// What it walks.
    pub for_each: Option<String>,
    /// What must be true.
    pub assert: String,
    /// What is said when it is not, expressions in braces.
    pub message: Option<String>,
}

/// How a gate stood in the last verdict.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LastResult {
    /// Its status.
    pub status: Status,
    /// Why it did not pass.
    pub reason: Option<Reason>,
    /// One sentence.
    pub detail: String,
    /// When it was judged.
    pub generated_at: String,
    /// The commit judged.
    pub commit: Option<String>,
    /// The lane that judged it.
    pub lane: &'static str,
}

/// A runbook entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntryFacts {
    /// Its id.
    pub id: String,
    /// Shown name.
    pub title: String,
    /// What it stands among.
    pub group: String,
    /// What this failure means.
    pub summary: String,
    /// The class of failures that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_cause: Option<RootCause>,
    /// `SEV-1` … where one is set.
    pub severity: Option<String>,
    /// What to look at.
    pub artifacts: Vec<String>,
    /// How to see it again, the usual way first.
    pub replays: Vec<String>,
    /// Steps.
    pub remediation: Vec<String>,
    /// Other entries.
    pub see: Vec<String>,
}

/// Explains. The order of lookup: a gate's id, an entry's id or title, a failure of the newest run, then the patterns.
pub fn explain(request: &ExplainRequest<'_>) -> Explanation {
    let query = bounded(request.query.trim());
    let mut answer = Explanation {
        query: query.to_string(),
        found: FoundBy::Nothing,
        matched: None,
        failure: None,
        gates: Vec::new(),
        entries: Vec::new(),
        nearest: Vec::new(),
        notes: Vec::new(),
    };
    let runbook = request.runbook;
    if let Some(gate) = request.gates.iter().find(|g| g.id == query) {
        answer.found = FoundBy::Gate;
        answer.gates = vec![gate_facts(gate, request)];
        answer.entries = entries_of(gate, runbook).into_iter().map(entry_facts).collect();
    } else if let Some(entry) = named(runbook, query) {
        answer.found = FoundBy::Entry;
        answer.gates = gates_of(entry, request);
        answer.entries = vec![entry_facts(entry)];
    } else if let Some(gate) = request.gates.iter().find(|g| same_name(&g.id, query)) {
        return explain(&ExplainRequest { query: &gate.id, ..*request });
    } else if !of_run(&mut answer, query, request) {
        let plain = without_ansi(query);
        if !by_text(&mut answer, &plain, request) {
            nothing(&mut answer, query, &plain, request);
        }
    }
    if let Err(why) = request.last {
        answer.notes.push(format!("the last verdict cannot be read: {why}"));
    }
    answer
}

/// Answers with the entries that a text leads to; whether there are any.
fn by_text(answer: &mut Explanation, text: &str, request: &ExplainRequest<'_>) -> bool {
    let found = request.runbook.matches(text);
    let Some(best) = found.first() else { return false };
    if answer.found == FoundBy::Nothing {
        answer.found = FoundBy::LogLine;
    }
    answer.matched = Some(best.matched.to_string());
    answer.gates = gates_of(best.entry, request);
    answer.entries = found.iter().map(|m| entry_facts(m.entry)).collect();
    true
}

/// Answers with a failure of the newest run; whether there is one of this name. That the run cannot be read is said.
fn of_run(answer: &mut Explanation, query: &str, request: &ExplainRequest<'_>) -> bool {
    let Some((root, run)) = request.newest_run else { return false };
    let failure = match of_newest(root, run, query) {
        Ok(failure) => failure,
        Err(why) => {
            answer.notes.push(format!("the newest run cannot be read: {why}"));
            None
        }
    };
    let Some(failure) = failure else { return false };
    answer.found = FoundBy::Failure;
    let told = without_ansi(failure.message.as_deref().unwrap_or_default()).into_owned();
    answer.failure = Some(failure);
    if !by_text(answer, &told, request)
        && let Some(says) = generic(&told)
    {
        answer.notes.push(says.into());
    }
    true
}

/// The text up to the size limit, cut between characters.
fn bounded(text: &str) -> &str {
    let mut end = text.len().min(MAX_QUERY);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn named<'a>(runbook: &'a Runbook, query: &str) -> Option<&'a RunbookEntry> {
    let by = |same: &dyn Fn(&RunbookEntry) -> bool| runbook.entries().iter().find(|e| same(e));
    by(&|e| e.id == query).or_else(|| by(&|e| same_name(&e.id, query) || same_name(&e.title, query)))
}

/// The entry that the gate names, then those that name the gate.
fn entries_of<'a>(gate: &'a Gate, runbook: &'a Runbook) -> Vec<&'a RunbookEntry> {
    let own = gate.runbook.as_deref().and_then(|id| runbook.get(id));
    let others = runbook.for_gate(&gate.id).filter(|e| own.is_none_or(|o| o.id != e.id));
    own.into_iter().chain(others).collect()
}

fn gates_of(entry: &RunbookEntry, request: &ExplainRequest<'_>) -> Vec<GateFacts> {
    let leads = |g: &&Gate| g.runbook.as_deref() == Some(&entry.id) || entry.gates.contains(&g.id);
    request.gates.iter().filter(leads).map(|g| gate_facts(g, request)).collect()
}

/// Says that nothing was found and how to go on.
fn nothing(answer: &mut Explanation, query: &str, plain: &str, request: &ExplainRequest<'_>) {
    let gates = request.gates.iter().map(|g| g.id.as_str());
    let names = gates.clone().chain(request.runbook.entries().iter().map(|e| e.id.as_str()));
    answer.nearest = nearest(query, names).into_iter().map(String::from).collect();
    if query.is_empty() {
        answer.notes.push("nothing was asked; give a gate, a signature, or the text of a log line".into());
        return;
    }
    let one_word = !query.contains(char::is_whitespace);
    answer.notes.push(match (generic(plain), one_word) {
        (Some(says), _) => says.into(),
        (None, true) => "no gate and no runbook entry has this name, and no entry's patterns match it".into(),
        (None, false) => "no runbook entry's patterns match this text. Paste the line that says what was wrong, as a compiler, a tool or a test's \
                          message does; or write an entry of your own into a folder that `runbook` in tollgate.toml names"
            .into(),
    });
    if let Ok(Some(verdict)) = request.last {
        let red: Vec<_> =
            verdict.gates.iter().filter(|g| g.status == Status::Fail).map(|g| g.id.as_str()).collect();
        if !red.is_empty() {
            answer.notes.push(format!("the last verdict has these failing gates: {}", red.join(", ")));
        }
    }
    answer.notes.push("`tollgate explain --list` shows every entry, `tollgate gate list` every gate".into());
}

fn gate_facts(gate: &Gate, request: &ExplainRequest<'_>) -> GateFacts {
    GateFacts {
        id: gate.id.clone(),
        name: gate.name.clone(),
        why: gate.why.clone(),
        owner: gate.owner.clone(),
        blocking: match gate.blocking {
            Blocking::Yes => "yes",
            Blocking::No => "no",
            Blocking::Shadow => "shadow",
        },
        lanes: gate.lanes.iter().map(|l| l.name()).collect(),
        stated_in: match &gate.origin {
            GateOrigin::Pack(pack) => format!("pack {pack}"),
            GateOrigin::Workspace => gate.region.path.clone(),
        },
        applies_when: gate.applies_when.as_ref().map(|e| e.text().trim().to_string()),
        artifacts: gate.artifacts.values().map(artifact_facts).collect(),
        checks: gate.checks.iter().map(check_facts).collect(),
        reproduce_command: gate.reproduce_command(request.run, request.prefix),
        last: request.last.ok().flatten().and_then(|v| last_result(v, &gate.id)),
    }
}

fn artifact_facts(spec: &ArtifactSpec) -> ArtifactFacts {
    ArtifactFacts {
        name: spec.name.clone(),
        paths: spec.paths.clone(),
        format: spec.format.name(),
        schema: match &spec.demand {
            Demand::Schema(id) | Demand::Shape(id) => Some(id.clone()),
            Demand::Own => None,
        },
        max_age_seconds: spec.max_age,
        required: spec.required,
    }
}

fn check_facts(check: &GateCheck) -> CheckFacts {
    let text = |e: &std::sync::Arc<tollgate_lang::cel::Expr>| e.text().trim().to_string();
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Expr(expr) => format!("{{{}}}", text(expr)),
    };
    CheckFacts {
        id: check.id.clone(),
        when: check.when.as_ref().map(text),
        for_each: check.for_each.as_ref().map(text),
        assert: text(&check.assert),
        message: check.message.as_ref().map(|pieces| pieces.iter().map(piece).collect()),
    }
}

fn last_result(verdict: &Verdict, id: &str) -> Option<LastResult> {
    let gate = verdict.gates.iter().find(|g| g.id == id)?;
    Some(LastResult {
        status: gate.status,
        reason: gate.reason,
        detail: gate.detail.clone(),
        generated_at: verdict.generated_at.clone(),
        commit: verdict.commit.clone(),
        lane: verdict.lane.name(),
    })
}

fn entry_facts(entry: &RunbookEntry) -> EntryFacts {
    EntryFacts {
        id: entry.id.clone(),
        title: entry.title.clone(),
        group: entry.group.clone(),
        summary: entry.summary.clone(),
        root_cause: entry.root_cause,
        severity: entry.severity.clone(),
        artifacts: entry.artifacts.clone(),
        replays: entry.replays.clone(),
        remediation: entry.remediation.clone(),
        see: entry.see.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{gate, verdict};
    use super::*;
    use crate::verb::explain::text::human;
    use tollgate_core::runbook::load;

    const ENTRY: &str = r#"
title = "Sweeps that drift"
summary = "The sweep is not linked to its matrix."
gates = []
severity = "SEV-3"
artifacts = ["tests/perf/a.json"]
replays = ["cargo test --test release_evidence_gate", "cargo test --test ci_full_suite_gate"]
remediation = ["Restore the schema.", "Rerun the full gate."]
see = ["other"]
patterns = [{ contains = "parameter_sweeps." }]
"#;
    const OTHER: &str = r#"
title = "Other"
summary = "Something else."
gates = ["second"]
artifacts = []
replays = []
remediation = ["Look."]
patterns = [{ regex = "parameter_[a-z]+s" }]
"#;

    fn ask(query: &str) -> Explanation {
        let gates =
            [gate("parameter_sweeps_integrity", "cargo test"), gate("second", "A=1 cargo test -- '{run}'")];
        let runbook = load(&[("sweeps_entry.toml", ENTRY), ("other.toml", OTHER)], &[]).unwrap();
        let last = verdict(&[("parameter_sweeps_integrity", Status::Fail, "x")]);
        explain(&ExplainRequest {
            query,
            gates: &gates,
            runbook: &runbook,
            newest_run: None,
            last: Ok(Some(&last)),
            run: &ForRun::none(),
            prefix: "rch exec --",
        })
    }

    #[test]
    fn a_gate_is_explained_whole() {
        let answer = ask("parameter_sweeps_integrity");
        assert_eq!((answer.found, answer.exit_code()), (FoundBy::Gate, 0));
        insta::assert_snapshot!(human(&answer, false));
        let json = serde_json::to_value(&answer).unwrap();
        assert_eq!(json["gates"][0]["checks"][0]["message"], "it is {sweeps.ready}");
        assert_eq!(json["gates"][0]["last"]["status"], "fail");
    }

    #[test]
    fn the_order_of_lookup_is_gate_entry_text() {
        assert_eq!(
            ask("second").entries.iter().map(|e| &e.id).collect::<Vec<_>>(),
            ["sweeps_entry", "other"]
        );
        assert_eq!(
            (ask("sweeps_entry").found, ask("sweeps that-drift").found),
            (FoundBy::Entry, FoundBy::Entry)
        );
        assert_eq!(ask("Parameter Sweeps Integrity").found, FoundBy::Gate);
        let answer = ask("\u{1b}[31mdetail: parameter_sweeps.readiness\u{1b}[0m");
        assert_eq!((answer.found, answer.matched.as_deref()), (FoundBy::LogLine, Some("parameter_sweeps.")));
        assert_eq!(answer.entries.iter().map(|e| &e.id).collect::<Vec<_>>(), ["sweeps_entry", "other"]);
        assert_eq!(answer.gates.len(), 2);
    }

    #[test]
    fn what_leads_nowhere_says_how_to_go_on() {
        let answer = ask("exit code 1");
        assert_eq!((answer.found, answer.exit_code()), (FoundBy::Nothing, 1));
        insta::assert_snapshot!(human(&answer, false), @r"
nothing is known of `exit code 1`
this line is the CI system's: a command failed. The cause stands above it, in the output of that command: paste the line there that says `error`, `fatal`, `panicked` or `FAILED` first
the last verdict has these failing gates: parameter_sweeps_integrity
`tollgate explain --list` shows every entry, `tollgate gate list` every gate
");
        insta::assert_snapshot!(human(&ask("nobody has seen this before"), false), @r"
nothing is known of `nobody has seen this before`
no runbook entry's patterns match this text. Paste the line that says what was wrong, as a compiler, a tool or a test's message does; or write an entry of your own into a folder that `runbook` in tollgate.toml names
the last verdict has these failing gates: parameter_sweeps_integrity
`tollgate explain --list` shows every entry, `tollgate gate list` every gate
");
        insta::assert_snapshot!(human(&ask("parameter_sweep_integrity"), false), @"
nothing is known of `parameter_sweep_integrity`
no gate and no runbook entry has this name, and no entry's patterns match it
the last verdict has these failing gates: parameter_sweeps_integrity
`tollgate explain --list` shows every entry, `tollgate gate list` every gate
Nearest names
  parameter_sweeps_integrity
");
        insta::assert_snapshot!(human(&ask("\u{1b}[2J::error::x"), false), @r#"
nothing is known of `\u{1b}[2J::error::x`
no gate and no runbook entry has this name, and no entry's patterns match it
the last verdict has these failing gates: parameter_sweeps_integrity
`tollgate explain --list` shows every entry, `tollgate gate list` every gate
"#);
        assert_eq!(ask(" ").exit_code(), 1);
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(ask(&"ä".repeat(100_000)).query.len(), MAX_QUERY);
    }

    #[test]
    fn an_unreadable_verdict_hides_nothing() {
        let runbook = Runbook::default();
        let gates = [gate("g", "true")];
        let answer = explain(&ExplainRequest {
            query: "g",
            gates: &gates,
            runbook: &runbook,
            newest_run: None,
            last: Err("v.json:1:1: it is not a verdict"),
            run: &ForRun::none(),
            prefix: "",
        });
        assert_eq!(answer.exit_code(), 0);
        assert_eq!(answer.notes, ["the last verdict cannot be read: v.json:1:1: it is not a verdict"]);
    }
}

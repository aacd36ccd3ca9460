//! An explanation as people read it. Everything that comes from files is escaped; commands stand on lines of their own.

use crate::verb::explain::of_run::RunFailure;
use crate::verb::explain::{
    ArtifactFacts, CheckFacts, EntryFacts, Explanation, FoundBy, GateFacts, LastResult,
};
use anstyle::Style;
use std::fmt::Write as _;
use tollgate_core::report::text::terminal;

/// Entries that are shown whole where a text led to them; the best is the first.
const WHOLE: usize = 3;

/// The text for a terminal; `colour` makes headings bold and changes nothing else.
pub fn human(answer: &Explanation, colour: bool) -> String {
    let mut page = Page { out: String::new(), bold: if colour { Style::new().bold() } else { Style::new() } };
    if let (FoundBy::LogLine, Some(matched)) = (answer.found, &answer.matched) {
        page.line(0, &format!("matched: {}", terminal(matched)));
        page.gap();
    }
    for gate in &answer.gates {
        page.gate(gate);
    }
    if let Some(failure) = &answer.failure {
        page.failure(failure);
    }
    // Of a text: a gate and an entry were asked for whole.
    let whole = if matches!(answer.found, FoundBy::LogLine | FoundBy::Failure) { WHOLE } else { usize::MAX };
    answer.entries.iter().take(whole).for_each(|entry| page.entry(entry));
    if answer.entries.len() > whole {
        page.heading(0, "Less likely");
        for entry in &answer.entries[whole..] {
            page.line(1, &format!("{}: {}", terminal(&entry.id), terminal(&entry.title)));
        }
        page.gap();
    }
    if answer.found == FoundBy::Nothing {
        let shown: String = answer.query.chars().take(200).collect();
        page.line(0, &format!("nothing is known of `{}`", terminal(&shown)));
    }
    for note in &answer.notes {
        page.line(0, &terminal(note));
    }
    if !answer.nearest.is_empty() {
        page.heading(0, "Nearest names");
        answer.nearest.iter().for_each(|name| page.line(1, &terminal(name)));
    }
    page.out
}

struct Page {
    out: String,
    bold: Style,
}

impl Page {
    fn line(&mut self, depth: usize, text: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.out, "{:indent$}{text}", "", indent = depth * 2);
    }

    fn gap(&mut self) {
        self.out.push('\n');
    }

    fn heading(&mut self, depth: usize, text: &str) {
        let bold = self.bold;
        self.line(depth, &format!("{bold}{text}{bold:#}"));
    }

    fn list(&mut self, title: &str, items: &[String]) {
        if !items.is_empty() {
            self.heading(1, title);
            items.iter().for_each(|item| self.line(2, &terminal(item)));
        }
    }

    fn gate(&mut self, gate: &GateFacts) {
        self.heading(0, &format!("gate {}: {}", terminal(&gate.id), terminal(&gate.name)));
        self.line(1, &terminal(&gate.why));
        let blocking = match gate.blocking {
            "yes" => "blocking",
            "no" => "not blocking",
            other => other,
        };
        let lanes = gate.lanes.join(", ");
        self.line(1, &format!("owner {}; {blocking}; lanes {lanes}", terminal(&gate.owner)));
        self.line(1, &format!("stated in {}", terminal(&gate.stated_in)));
        if let Some(when) = &gate.applies_when {
            self.line(1, &format!("applies when {}", one_line(when)));
        }
        if !gate.artifacts.is_empty() {
            self.heading(1, "Evidence");
            gate.artifacts.iter().for_each(|a| self.line(2, &artifact(a)));
        }
        if !gate.checks.is_empty() {
            self.heading(1, "Checks");
            gate.checks.iter().for_each(|c| self.check(c));
        }
        self.heading(1, "Last verdict");
        match &gate.last {
            Some(last) => self.last(last),
            None => self.line(2, "none; `tollgate check` writes one"),
        }
        self.heading(1, "Reproduce");
        self.line(2, &terminal(&gate.reproduce_command));
        self.gap();
    }

    fn check(&mut self, check: &CheckFacts) {
        let id = terminal(&check.id);
        self.line(
            2,
            &match &check.for_each {
                Some(list) => format!("{id}, for each of {}", one_line(list)),
                None => id,
            },
        );
        if let Some(when) = &check.when {
            self.line(3, &format!("when   {}", one_line(when)));
        }
        self.line(3, &format!("assert {}", one_line(&check.assert)));
        if let Some(message) = &check.message {
            self.line(3, &format!("else   {}", one_line(message)));
        }
    }

    fn last(&mut self, last: &LastResult) {
        let reason = last.reason.map_or(String::new(), |r| format!(" ({})", r.name()));
        let commit = last.commit.as_deref().map_or(String::new(), |c| format!(", commit {}", terminal(c)));
        let status = last.status.name().to_uppercase();
        self.line(
            2,
            &format!("{status}{reason} at {}, lane {}{commit}", terminal(&last.generated_at), last.lane),
        );
        if !last.detail.is_empty() {
            self.line(2, &terminal(&last.detail));
        }
    }

    fn failure(&mut self, failure: &RunFailure) {
        let suite = format!("suite {}: {}", terminal(&failure.suite), terminal(&failure.status));
        self.heading(0, &suite);
        self.line(1, &format!("in the newest run, {}", terminal(&failure.run)));
        self.line(1, &format!("root cause class: {}", failure.root_cause_class.name()));
        self.line(1, &format!("signature: {}", terminal(&failure.signature)));
        if let Some(test) = &failure.test {
            let place = failure.location.as_ref().map_or(String::new(), |p| format!(" ({})", terminal(p)));
            self.line(1, &format!("first failed test: {}{place}", terminal(test)));
        }
        let message: Vec<String> = failure.message.iter().flat_map(|m| m.lines()).map(String::from).collect();
        self.list("It says", &message);
        self.list("Replay", std::slice::from_ref(&failure.replay_command));
        self.gap();
    }

    fn entry(&mut self, entry: &EntryFacts) {
        let severity = entry.severity.as_deref().map_or(String::new(), |s| format!(" [{s}]"));
        self.heading(0, &format!("runbook {}: {}{severity}", terminal(&entry.id), terminal(&entry.title)));
        self.line(1, &one_line(&entry.summary));
        if let Some(class) = entry.root_cause {
            self.line(1, &format!("root cause class: {}", class.name()));
        }
        self.list("Look at", &entry.artifacts);
        self.list("Replay", &entry.replays);
        if !entry.remediation.is_empty() {
            self.heading(1, "What to do, in this order");
            let steps = entry.remediation.iter().enumerate();
            steps.for_each(|(n, step)| self.line(2, &format!("{}. {}", n + 1, one_line(step))));
        }
        if !entry.see.is_empty() {
            self.line(1, &format!("see also: {}", terminal(&entry.see.join(", "))));
        }
        self.gap();
    }
}

fn artifact(artifact: &ArtifactFacts) -> String {
    let mut text = format!(
        "{}: {} ({}",
        terminal(&artifact.name),
        terminal(&artifact.paths.join(", else ")),
        artifact.format
    );
    // Writing to a String cannot fail.
    if let Some(schema) = &artifact.schema {
        let _ = write!(text, ", {}", terminal(schema));
    }
    if let Some(seconds) = artifact.max_age_seconds {
        let _ = write!(text, ", at most {} old", age(seconds));
    }
    if !artifact.required {
        text.push_str(", optional");
    }
    text.push(')');
    text
}

/// As a gate file writes it: `7d`, `36h`, `15m`, `90s`.
fn age(seconds: u64) -> String {
    match seconds {
        s if s % 86_400 == 0 => format!("{}d", s / 86_400),
        s if s % 3_600 == 0 => format!("{}h", s / 3_600),
        s if s % 60 == 0 => format!("{}m", s / 60),
        s => format!("{s}s"),
    }
}

/// Line breaks of a file's layout become spaces; the rest is escaped.
fn one_line(text: &str) -> String {
    terminal(&text.lines().map(str::trim).collect::<Vec<_>>().join(" "))
}

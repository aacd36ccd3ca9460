//! Entries from their texts. Exact TOML: an unknown key is a problem, and all problems of all entries are told at once.

use super::generic::GENERIC_LINES;
use super::matching::{Match, Matcher};
use crate::model::embedded::Embedded;
use crate::model::failure::RootCause;
use crate::model::runbook::{LinePattern, RunbookEntry};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;
use tollgate_text::escape::is_blank;
use tollgate_text::json::{TextPlace, place_of_offset};
use tollgate_text::patterns::OnePattern;
use tollgate_text::show::show;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

const SEVERITIES: &[&str] = &["SEV-1", "SEV-2", "SEV-3"];

/// Something wrong with an entry. `Display` is one sentence with its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("runbook/{id}.toml:{}:{}: {message}", place.line, place.column)]
pub struct EntryProblem {
    /// The entry's id.
    pub id: String,
    /// Where in its text.
    pub place: TextPlace,
    /// One sentence.
    pub message: String,
}

/// Every entry, in order of id.
#[derive(Debug, Clone, Default)]
pub struct Runbook {
    entries: Vec<RunbookEntry>,
    /// Made when a text is first looked up: most verbs ask for entries by their names.
    matcher: OnceLock<Matcher>,
}

impl Runbook {
    /// All of them, in order of id.
    pub fn entries(&self) -> &[RunbookEntry] {
        &self.entries
    }

    /// The entries that ship with tollgate. A test holds that they load; were one at fault, nobody would be led anywhere.
    pub fn of(embedded: &Embedded) -> Runbook {
        load(embedded.runbook, &[]).unwrap_or_default()
    }

    /// The entry of an id.
    pub fn get(&self, id: &str) -> Option<&RunbookEntry> {
        self.entries.iter().find(|e| e.id == id)
    }

    /// The entries that a text leads to, best first.
    pub fn matches<'a>(&'a self, text: &'a str) -> Vec<Match<'a>> {
        self.matcher.get_or_init(|| Matcher::of(&self.entries)).matches(&self.entries, text)
    }

    /// The entries that name a gate among those that lead to them.
    pub fn for_gate<'a>(&'a self, gate: &'a str) -> impl Iterator<Item = &'a RunbookEntry> + 'a {
        self.entries.iter().filter(move |e| e.gates.iter().any(|g| g == gate))
    }
}

/// Loads the embedded entries (`<id>.toml` or `<group>/<id>.toml`, text) and over them the workspace's own (id, text): one of the
/// workspace replaces an embedded one of the same id. Every problem of every entry that is in force, in order of id and place. What
/// the patterns of embedded entries match is held by a test, and looked at here for those of the workspace alone.
pub fn load(embedded: &[(&str, &str)], workspace: &[(String, String)]) -> Result<Runbook, Vec<EntryProblem>> {
    let mut texts: BTreeMap<&str, Source<'_>> = BTreeMap::new();
    for (path, text) in embedded {
        let (group, name) = path.rsplit_once('/').unwrap_or((GATES, path));
        let id = name.strip_suffix(".toml").unwrap_or(name);
        texts.insert(id, Source { text, group, tried: false });
    }
    let mut problems = Vec::new();
    let mut own: BTreeMap<&str, Source<'_>> = BTreeMap::new();
    for (id, text) in workspace {
        if own.insert(id, Source { text, group: WORKSPACE, tried: true }).is_some() {
            let message = "the workspace has two entries of this id".to_string();
            problems.push(EntryProblem { id: id.clone(), place: TextPlace { line: 1, column: 1 }, message });
        }
    }
    texts.extend(own);
    let mut entries = Vec::new();
    let mut see_spans = Vec::new();
    for (id, source) in &texts {
        let mut reader = Reader { id, source: *source, problems: Vec::new() };
        if let Some((entry, spans)) = reader.entry() {
            entries.push(entry);
            see_spans.extend(spans.into_iter().map(|(to, span)| (*id, *source, to, span)));
        }
        problems.extend(reader.problems);
    }
    for (id, source, to, span) in see_spans {
        if !texts.contains_key(to.as_str()) {
            let mut reader = Reader { id, source, problems: Vec::new() };
            reader.problem(span, format!("`see` names `{}`, and there is no such entry", show(&to)));
            problems.extend(reader.problems);
        }
    }
    problems.sort_by(|a, b| (&a.id, a.place).cmp(&(&b.id, b.place)));
    if problems.is_empty() { Ok(Runbook { entries, matcher: OnceLock::new() }) } else { Err(problems) }
}

/// The group of entries that gates lead to.
const GATES: &str = "gates";
/// The group of a workspace's own entries.
const WORKSPACE: &str = "workspace";

/// The text of an entry.
#[derive(Clone, Copy)]
struct Source<'t> {
    text: &'t str,
    group: &'t str,
    /// Whether its patterns are tried on lines.
    tried: bool,
}

/// Texts of a list, each with its place.
type Texts = Vec<(String, Range<usize>)>;

struct Reader<'t> {
    id: &'t str,
    source: Source<'t>,
    problems: Vec<EntryProblem>,
}

impl Reader<'_> {
    fn problem(&mut self, span: Range<usize>, message: String) {
        let place = place_of_offset(self.source.text.as_bytes(), span.start);
        self.problems.push(EntryProblem { id: self.id.to_string(), place, message });
    }

    /// The entry, and what it names in `see`; `None` when there was any problem.
    fn entry(&mut self) -> Option<(RunbookEntry, Texts)> {
        let id = self.id;
        if id.is_empty() || !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
            self.problem(0..0, "an entry's id is made of a-z, 0-9 and _".into());
        }
        let (document, errors) = DeTable::parse_recoverable(self.source.text);
        for error in &errors {
            self.problem(error.span().unwrap_or(0..0), show(error.message()));
        }
        if !errors.is_empty() {
            return None;
        }
        let table = document.get_ref();
        self.keys(table);
        let title = self.text_of(table, "title", true);
        let summary = self.text_of(table, "summary", true);
        let severity = self.severity(table);
        let root_cause = self.root_cause(table);
        let gates = self.texts(table, "gates", false);
        let artifacts = self.texts(table, "artifacts", false);
        let replays = self.texts(table, "replays", false);
        let remediation = self.texts(table, "remediation", true);
        let see = self.texts(table, "see", false);
        let examples = self.texts(table, "examples", false);
        let near_misses = self.texts(table, "near_misses", false);
        let patterns = self.patterns(table);
        if self.source.tried {
            self.hold_to_lines(&patterns, &examples, &near_misses);
        }
        if remediation.is_empty() && table.contains_key("remediation") {
            self.problem(0..0, "`remediation` has no step".into());
        }
        if !self.problems.is_empty() {
            return None;
        }
        let plain = |list: Texts| list.into_iter().map(|(text, _)| text).collect::<Vec<_>>();
        let entry = RunbookEntry {
            id: id.to_string(),
            group: self.source.group.to_string(),
            title: title?,
            summary: summary?,
            root_cause,
            gates: plain(gates),
            severity,
            artifacts: plain(artifacts),
            replays: plain(replays),
            remediation: plain(remediation),
            see: plain(see.clone()),
            patterns: patterns.into_iter().map(|(pattern, _)| pattern).collect(),
            examples: plain(examples),
            near_misses: plain(near_misses),
        };
        Some((entry, see))
    }

    fn keys(&mut self, table: &DeTable<'_>) {
        const KNOWN: &[&str] = &[
            "title",
            "summary",
            "root_cause",
            "gates",
            "severity",
            "artifacts",
            "replays",
            "remediation",
            "see",
            "patterns",
            "examples",
            "near_misses",
        ];
        for key in table.keys() {
            self.known(key, KNOWN);
        }
    }

    fn known(&mut self, key: &Spanned<DeString<'_>>, known: &[&str]) {
        if !known.contains(&key.get_ref().as_ref()) {
            let message = format!("unknown key `{}`; known are {}", show(key.get_ref()), known.join(", "));
            self.problem(key.span(), message);
        }
    }

    /// A text that is not blank and holds no control character.
    fn text(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) if is_blank(text) => {
                self.problem(value.span(), format!("`{key}` is blank"));
                None
            }
            DeValue::String(text) if text.trim().chars().any(|c| c.is_control() && !laid_out(key, c)) => {
                self.problem(value.span(), format!("`{key}` holds a control character"));
                None
            }
            DeValue::String(text) => Some(text.trim().to_string()),
            other => {
                self.problem(value.span(), format!("`{key}` is {}, not a text", kind(other)));
                None
            }
        }
    }

    fn text_of(&mut self, table: &DeTable<'_>, key: &str, required: bool) -> Option<String> {
        match table.get(key) {
            Some(value) => self.text(key, value),
            None => {
                if required {
                    self.problem(0..0, format!("`{key}` is missing"));
                }
                None
            }
        }
    }

    fn severity(&mut self, table: &DeTable<'_>) -> Option<String> {
        let value = table.get("severity")?;
        let text = self.text("severity", value)?;
        if !SEVERITIES.contains(&text.as_str()) {
            let message = format!("`severity` is `{}`, not one of {}", show(&text), SEVERITIES.join(", "));
            self.problem(value.span(), message);
        }
        Some(text)
    }

    fn root_cause(&mut self, table: &DeTable<'_>) -> Option<RootCause> {
        let value = table.get("root_cause")?;
        let text = self.text("root_cause", value)?;
        let class = RootCause::NAMED.into_iter().find(|class| class.name() == text);
        if class.is_none() {
            let known = RootCause::NAMED.map(RootCause::name).join(", ");
            self.problem(value.span(), format!("`root_cause` is `{}`, not one of {known}", show(&text)));
        }
        class
    }

    fn texts(&mut self, table: &DeTable<'_>, key: &str, required: bool) -> Texts {
        let Some(value) = table.get(key) else {
            if required {
                self.problem(0..0, format!("`{key}` is missing"));
            }
            return Vec::new();
        };
        let DeValue::Array(list) = value.get_ref() else {
            self.problem(value.span(), format!("`{key}` is {}, not a list of texts", kind(value.get_ref())));
            return Vec::new();
        };
        list.iter().filter_map(|v| Some((self.text(key, v)?, v.span()))).collect()
    }

    fn patterns(&mut self, table: &DeTable<'_>) -> Vec<(LinePattern, Range<usize>)> {
        let Some(value) = table.get("patterns") else { return Vec::new() };
        let DeValue::Array(list) = value.get_ref() else {
            let message = format!("`patterns` is {}, not a list of [[patterns]]", kind(value.get_ref()));
            self.problem(value.span(), message);
            return Vec::new();
        };
        list.iter().filter_map(|item| self.pattern(item)).collect()
    }

    fn pattern(&mut self, item: &Spanned<DeValue<'_>>) -> Option<(LinePattern, Range<usize>)> {
        let DeValue::Table(table) = item.get_ref() else {
            self.problem(item.span(), format!("a pattern is {}, not a table", kind(item.get_ref())));
            return None;
        };
        for key in table.keys() {
            self.known(key, &["contains", "regex"]);
        }
        match (table.get("contains"), table.get("regex")) {
            (Some(value), None) => Some((LinePattern::Contains(self.text("contains", value)?), value.span())),
            (None, Some(value)) => Some((LinePattern::Regex(self.text("regex", value)?), value.span())),
            _ => {
                self.problem(item.span(), "a pattern has either `contains` or `regex`".into());
                None
            }
        }
    }

    /// Tries the patterns: on lines that say nothing, on the lines that the entry is to be found by, and on those that it is not.
    fn hold_to_lines(
        &mut self,
        patterns: &[(LinePattern, Range<usize>)],
        examples: &Texts,
        near_misses: &Texts,
    ) {
        let mut compiled = Vec::new();
        for (pattern, span) in patterns {
            match OnePattern::new(&pattern.expression()) {
                Ok(regex) => match GENERIC_LINES.iter().find(|line| regex.is_match(line)) {
                    Some(line) => {
                        let message = format!(
                            "the pattern matches `{line}`, which every red run prints; name what failed"
                        );
                        self.problem(span.clone(), message);
                    }
                    None => compiled.push(regex),
                },
                Err(why) => {
                    self.problem(span.clone(), format!("`regex` does not compile: {}", show(&why)));
                }
            }
        }
        if compiled.len() < patterns.len() {
            return;
        }
        let matches = |line: &str| compiled.iter().any(|regex: &OnePattern| regex.is_match(line));
        for (line, span) in examples.iter().filter(|(line, _)| !matches(line)) {
            self.problem(span.clone(), format!("no pattern matches the example `{}`", show(line)));
        }
        for (line, span) in near_misses.iter().filter(|(line, _)| matches(line)) {
            self.problem(span.clone(), format!("a pattern matches the near miss `{}`", show(line)));
        }
    }
}

/// Whether a control character is part of a text's layout: a line break, and in a line of a log a tab.
fn laid_out(key: &str, c: char) -> bool {
    c == '\n' || (c == '\t' && (key == "examples" || key == "near_misses"))
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded_in_tests::{EMBEDDED, RUNBOOK};
    use proptest::prelude::*;

    const GOOD: &str = r#"
title = "Waiver lifecycle"
summary = "A waiver is expired or invalid."
gates = ["waiver_lifecycle"]
severity = "SEV-3"
artifacts = ["tests/suite_classification.toml"]
replays = ["cargo test --test ci_full_suite_gate -- waiver_lifecycle_audit --nocapture --exact"]
remediation = ["Renew it.", "Or remove it."]

[[patterns]]
contains = "waiver_lifecycle_audit ... FAILED"

[[patterns]]
regex = "waiver_lifecycle.*FAILED"
"#;

    fn problems(text: &str) -> String {
        let list = load(&[], &[("x".into(), text.into())]).unwrap_err();
        list.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_good_entry_loads_and_the_workspace_wins() {
        let own = GOOD.replace("Waiver lifecycle", "Ours");
        let book = load(&[("a.toml", GOOD), ("b.toml", GOOD)], &[("b".into(), own)]).unwrap();
        assert_eq!(book.entries().len(), 2);
        assert_eq!(book.get("a").unwrap().title, "Waiver lifecycle");
        assert_eq!(book.get("b").unwrap().title, "Ours");
        assert_eq!(book.get("a").unwrap().patterns.len(), 2);
        assert_eq!(book.for_gate("waiver_lifecycle").count(), 2);
    }

    #[test]
    fn every_problem_is_told_with_its_place() {
        insta::assert_snapshot!(problems(
            r#"
title = 3
summary = " "
gates = "one"
severity = "SEV-9"
replays = ["a", 2]
remediation = []
see = ["nowhere"]
owner = "me"

[[patterns]]
contains = "FAILED"
[[patterns]]
regex = "("
[[patterns]]
regex = "x*"
[[patterns]]
contains = "a b c"
like = "x"
[[patterns]]
contains = "a"
regex = "b"
"#
        ));
        insta::assert_snapshot!(problems("title = \n[[x]\n"));
        insta::assert_snapshot!(problems(&GOOD.replace("severity", "see = [\"nowhere\"]\nseverity")), @"runbook/x.toml:5:8: `see` names `nowhere`, and there is no such entry");
    }

    fn embedded_as_a_workspaces_own() -> Vec<(String, String)> {
        let id = |path: &str| path.rsplit('/').next().unwrap().strip_suffix(".toml").unwrap().to_string();
        RUNBOOK.iter().map(|(path, text)| (id(path), text.to_string())).collect()
    }

    #[test]
    fn the_embedded_entries_load_and_hold_to_their_lines() {
        let tried = load(&[], &embedded_as_a_workspaces_own());
        assert!(tried.is_ok(), "{:#?}", tried.unwrap_err());
        let book = Runbook::of(&EMBEDDED);
        assert_eq!(book.entries().len(), RUNBOOK.len(), "an id stands twice, or an entry does not load");
        for line in GENERIC_LINES {
            assert!(book.matches(line).is_empty(), "{line}: {:?}", book.matches(line));
        }
        assert!(!book.matcher.get().unwrap().is_empty());
    }

    /// What the runbook says of everyday failures: its steps, and that each line leads to its own entry first.
    #[test]
    fn everyday_entries_are_whole_and_found_first() {
        let book = Runbook::of(&EMBEDDED);
        let everyday: Vec<&RunbookEntry> = book.entries().iter().filter(|e| e.group != GATES).collect();
        assert!(everyday.len() >= 80, "{}", everyday.len());
        let mut wrong = Vec::new();
        for entry in everyday {
            if !(2..=5).contains(&entry.remediation.len()) || entry.near_misses.len() < 2 {
                wrong.push(format!("{}: its steps or near misses are too few or too many", entry.id));
            }
            for pattern in &entry.patterns {
                let regex = OnePattern::new(&pattern.expression()).unwrap();
                if !entry.examples.iter().any(|line| regex.is_match(line)) {
                    wrong.push(format!("{}: no example needs {pattern:?}", entry.id));
                }
            }
            for line in &entry.examples {
                let found = book.matches(line);
                if found.first().is_none_or(|first| first.entry.id != entry.id) {
                    let ids: Vec<&str> = found.iter().map(|m| m.entry.id.as_str()).collect();
                    wrong.push(format!("{}: `{line}` leads to {ids:?}", entry.id));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn the_group_is_the_folder_and_the_lines_of_a_workspaces_entry_are_tried() {
        let text = GOOD.replace(
            "severity",
            "root_cause = 'oom'\nexamples = ['waiver_lifecycle: FAILED']\nnear_misses = ['x']\nseverity",
        );
        let book = load(&[("a.toml", &text), ("net/b.toml", &text)], &[("c".into(), text.clone())]).unwrap();
        let groups: Vec<&str> = book.entries().iter().map(|e| e.group.as_str()).collect();
        assert_eq!(groups, ["gates", "net", "workspace"]);
        assert_eq!(book.get("c").unwrap().root_cause, Some(RootCause::Oom));
        let wrong = text
            .replace("['x']", "['waiver_lifecycle FAILED']")
            .replace(": FAILED']", "']")
            .replace("'oom'", "'unknown'");
        insta::assert_snapshot!(problems(&wrong));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = load(&[], &[("x".into(), text)]);
        }
    }
}

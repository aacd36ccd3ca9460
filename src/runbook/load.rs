//! Entries from their texts. Exact TOML: an unknown key is a problem, and all problems of all entries are told at once.

use super::matching::{GENERIC_LINES, matched};
use crate::base::embedded::RUNBOOK;
use crate::base::escape::is_blank;
use crate::base::files::show;
use crate::base::json::{Place, place_of_offset};
use crate::model::runbook::{Entry, Pattern};
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

const SEVERITIES: &[&str] = &["SEV-1", "SEV-2", "SEV-3"];

/// Something wrong with an entry. `Display` is one sentence with its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("runbook/{id}.toml:{}:{}: {message}", place.line, place.column)]
pub struct Problem {
    /// The entry's id.
    pub id: String,
    /// Where in its text.
    pub place: Place,
    /// One sentence.
    pub message: String,
}

/// Every entry, in order of id.
#[derive(Debug, Clone, Default)]
pub struct Runbook {
    entries: Vec<Entry>,
}

impl Runbook {
    /// All of them, in order of id.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries that ship with tollgate. A test holds that they load; were one at fault, nobody would be led anywhere.
    pub fn embedded() -> Runbook {
        load(RUNBOOK, &[]).unwrap_or_default()
    }

    /// The entry of an id.
    pub fn get(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|e| e.id == id)
    }

    /// The entries that name a gate among those that lead to them.
    pub fn for_gate<'a>(&'a self, gate: &'a str) -> impl Iterator<Item = &'a Entry> + 'a {
        self.entries.iter().filter(move |e| e.gates.iter().any(|g| g == gate))
    }
}

/// Loads the embedded entries (`<id>.toml`, text) and over them the workspace's own (id, text): one of the workspace
/// replaces an embedded one of the same id. Every problem of every entry that is in force, in order of id and place.
pub fn load(embedded: &[(&str, &str)], workspace: &[(String, String)]) -> Result<Runbook, Vec<Problem>> {
    let mut texts: BTreeMap<&str, &str> = BTreeMap::new();
    for (path, text) in embedded {
        let name = path.rsplit('/').next().unwrap_or(path);
        texts.insert(name.strip_suffix(".toml").unwrap_or(name), text);
    }
    let mut problems = Vec::new();
    let mut own: BTreeMap<&str, &str> = BTreeMap::new();
    for (id, text) in workspace {
        if own.insert(id, text).is_some() {
            let message = "the workspace has two entries of this id".to_string();
            problems.push(Problem { id: id.clone(), place: Place { line: 1, column: 1 }, message });
        }
    }
    texts.extend(own);
    let mut entries = Vec::new();
    let mut see_spans = Vec::new();
    for (id, text) in &texts {
        let mut reader = Reader { id, text, problems: Vec::new() };
        if let Some((entry, spans)) = reader.entry() {
            entries.push(entry);
            see_spans.extend(spans.into_iter().map(|(to, span)| (*id, *text, to, span)));
        }
        problems.extend(reader.problems);
    }
    for (id, text, to, span) in see_spans {
        if !texts.contains_key(to.as_str()) {
            let mut reader = Reader { id, text, problems: Vec::new() };
            reader.problem(span, format!("`see` names `{}`, and there is no such entry", show(&to)));
            problems.extend(reader.problems);
        }
    }
    problems.sort_by(|a, b| (&a.id, a.place).cmp(&(&b.id, b.place)));
    if problems.is_empty() { Ok(Runbook { entries }) } else { Err(problems) }
}

/// What `see` names, and where.
type See = Vec<(String, Range<usize>)>;

struct Reader<'t> {
    id: &'t str,
    text: &'t str,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn problem(&mut self, span: Range<usize>, message: String) {
        let place = place_of_offset(self.text.as_bytes(), span.start);
        self.problems.push(Problem { id: self.id.to_string(), place, message });
    }

    /// The entry, and what it names in `see`; `None` when there was any problem.
    fn entry(&mut self) -> Option<(Entry, See)> {
        let id = self.id;
        if id.is_empty() || !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
            self.problem(0..0, "an entry's id is made of a-z, 0-9 and _".into());
        }
        let (document, errors) = DeTable::parse_recoverable(self.text);
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
        let gates = self.texts(table, "gates", true);
        let artifacts = self.texts(table, "artifacts", true);
        let replays = self.texts(table, "replays", true);
        let remediation = self.texts(table, "remediation", true);
        let see = self.texts(table, "see", false);
        let patterns = self.patterns(table);
        if remediation.is_empty() && table.contains_key("remediation") {
            self.problem(0..0, "`remediation` has no step".into());
        }
        if !self.problems.is_empty() {
            return None;
        }
        let plain = |list: See| list.into_iter().map(|(text, _)| text).collect::<Vec<_>>();
        let entry = Entry {
            id: id.to_string(),
            title: title?,
            summary: summary?,
            gates: plain(gates),
            severity,
            artifacts: plain(artifacts),
            replays: plain(replays),
            remediation: plain(remediation),
            see: plain(see.clone()),
            patterns,
        };
        Some((entry, see))
    }

    fn keys(&mut self, table: &DeTable<'_>) {
        const KNOWN: &[&str] = &[
            "title",
            "summary",
            "gates",
            "severity",
            "artifacts",
            "replays",
            "remediation",
            "see",
            "patterns",
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
            DeValue::String(text) if text.trim().chars().any(|c| c.is_control() && c != '\n') => {
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

    fn texts(&mut self, table: &DeTable<'_>, key: &str, required: bool) -> See {
        let Some(value) = table.get(key) else {
            if required {
                self.problem(0..0, format!("`{key}` is missing; write [] when there is none"));
            }
            return Vec::new();
        };
        let DeValue::Array(list) = value.get_ref() else {
            self.problem(value.span(), format!("`{key}` is {}, not a list of texts", kind(value.get_ref())));
            return Vec::new();
        };
        list.iter().filter_map(|v| Some((self.text(key, v)?, v.span()))).collect()
    }

    fn patterns(&mut self, table: &DeTable<'_>) -> Vec<Pattern> {
        let Some(value) = table.get("patterns") else { return Vec::new() };
        let DeValue::Array(list) = value.get_ref() else {
            let message = format!("`patterns` is {}, not a list of [[patterns]]", kind(value.get_ref()));
            self.problem(value.span(), message);
            return Vec::new();
        };
        list.iter().filter_map(|item| self.pattern(item)).collect()
    }

    fn pattern(&mut self, item: &Spanned<DeValue<'_>>) -> Option<Pattern> {
        let DeValue::Table(table) = item.get_ref() else {
            self.problem(item.span(), format!("a pattern is {}, not a table", kind(item.get_ref())));
            return None;
        };
        for key in table.keys() {
            self.known(key, &["contains", "regex"]);
        }
        let (value, pattern) = match (table.get("contains"), table.get("regex")) {
            (Some(value), None) => (value, Pattern::Contains(self.text("contains", value)?)),
            (None, Some(value)) => {
                let text = self.text("regex", value)?;
                match regex::Regex::new(&text) {
                    Ok(regex) => (value, Pattern::Regex(regex)),
                    Err(error) => {
                        let why = error.to_string();
                        let why = why.lines().last().unwrap_or("").trim_start_matches("error: ");
                        self.problem(value.span(), format!("`regex` does not compile: {}", show(why)));
                        return None;
                    }
                }
            }
            _ => {
                self.problem(item.span(), "a pattern has either `contains` or `regex`".into());
                return None;
            }
        };
        if let Some(line) = GENERIC_LINES.iter().find(|line| is_generic(&pattern, line)) {
            let message =
                format!("the pattern matches `{line}`, which every red run prints; name what failed");
            self.problem(value.span(), message);
            return None;
        }
        Some(pattern)
    }
}

/// Whether a pattern says nothing: it matches a generic line, or the empty text.
fn is_generic(pattern: &Pattern, line: &str) -> bool {
    let empty = matches!(pattern, Pattern::Regex(regex) if regex.is_match(""));
    empty || matched(pattern, line).is_some()
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
    use crate::runbook::matches;
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
        let list = load(&[("x.toml", text)], &[]).unwrap_err();
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

    #[test]
    fn the_embedded_entries_load_and_match_no_generic_line() {
        let book = load(RUNBOOK, &[]).unwrap_or_else(|p| panic!("{p:#?}"));
        for line in GENERIC_LINES {
            assert!(matches(book.entries(), line).is_empty(), "{line}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = load(&[], &[("x".into(), text)]);
        }
    }
}

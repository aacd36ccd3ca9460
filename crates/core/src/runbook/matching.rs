//! From a log line to the entries that its text names.

use crate::model::runbook::RunbookEntry;
use std::collections::BTreeMap;
use tollgate_text::patterns::{OnePattern, PatternSet};

/// Bytes of one line that are looked at. Who is to read it sees no more of it, and a line that long is data.
const LINE: usize = 16 << 10;

/// An entry that a text leads to.
#[derive(Debug, Clone)]
pub struct Match<'a> {
    /// The entry.
    pub entry: &'a RunbookEntry,
    /// The line that named it, as pasted.
    pub line: &'a str,
    /// The part of the line that its pattern matched.
    pub matched: &'a str,
}

/// The patterns of all entries, compiled together.
#[derive(Debug, Clone, Default)]
pub(super) struct Matcher {
    set: PatternSet,
    /// Whose each of them is: the place among the entries.
    owners: Vec<usize>,
}

impl Matcher {
    /// Of entries whose patterns are known to compile; of others nothing is found.
    pub(super) fn of(entries: &[RunbookEntry]) -> Matcher {
        let all = || entries.iter().enumerate().flat_map(|(at, e)| e.patterns.iter().map(move |p| (at, p)));
        match PatternSet::new(all().map(|(_, pattern)| pattern.expression())) {
            Ok(set) => Matcher { set, owners: all().map(|(at, _)| at).collect() },
            Err(_) => Matcher::default(),
        }
    }

    /// Whether there is no pattern.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.set.is_empty()
    }

    /// The entries that a pasted text leads to, best first: the longer the matched part, the more it says. Each line is
    /// looked at by itself, an entry appears once, with its longest match. Equal matches stand in order of id.
    pub(super) fn matches<'a>(&self, entries: &'a [RunbookEntry], text: &'a str) -> Vec<Match<'a>> {
        let mut compiled: BTreeMap<usize, Option<OnePattern>> = BTreeMap::new();
        let mut best: BTreeMap<usize, Match<'a>> = BTreeMap::new();
        for line in text.lines().map(bounded) {
            for number in self.set.matching(line) {
                let one = compiled.entry(number).or_insert_with(|| self.set.one(number));
                let found = one.as_ref().and_then(|one| line.get(one.find(line)?));
                let (Some(matched), Some(owner)) = (found.filter(|m| !m.is_empty()), self.owners.get(number))
                else {
                    continue;
                };
                // Of equals the first line counts.
                if best.get(owner).is_none_or(|old| matched.len() > old.matched.len()) {
                    best.insert(*owner, Match { entry: &entries[*owner], line, matched });
                }
            }
        }
        let mut found: Vec<Match<'a>> = best.into_values().collect();
        found.sort_by(|a, b| b.matched.len().cmp(&a.matched.len()).then_with(|| a.entry.id.cmp(&b.entry.id)));
        found
    }
}

/// The line up to its bound, cut between characters.
fn bounded(line: &str) -> &str {
    &line[..line.floor_char_boundary(LINE)]
}

#[cfg(test)]
mod tests {
    use super::super::generic::GENERIC_LINES;
    use super::*;
    use crate::model::runbook::LinePattern;

    fn entry(id: &str, patterns: Vec<LinePattern>) -> RunbookEntry {
        RunbookEntry {
            id: id.into(),
            group: "workspace".into(),
            title: id.into(),
            summary: "s".into(),
            root_cause: None,
            gates: vec![],
            severity: None,
            artifacts: vec![],
            replays: vec![],
            remediation: vec![],
            see: vec![],
            patterns,
            examples: vec![],
            near_misses: vec![],
        }
    }

    fn book() -> Vec<RunbookEntry> {
        vec![
            entry("parity", vec![LinePattern::Contains("PARITY GATE FAIL".into())]),
            entry("sweeps", vec![LinePattern::Contains("parameter_sweeps.".into())]),
            entry("waiver", vec![LinePattern::Regex(r"waiver_lifecycle_audit \.\.\. FAILED".into())]),
        ]
    }

    fn ids(text: &str) -> Vec<String> {
        let book = book();
        Matcher::of(&book).matches(&book, text).into_iter().map(|m| m.entry.id.clone()).collect()
    }

    #[test]
    fn a_line_leads_to_its_entry() {
        assert_eq!(ids("12:00:01 test gates::waiver_lifecycle_audit ... FAILED"), ["waiver"]);
        assert_eq!(ids("[ci] PARITY GATE FAIL: 3 regressions"), ["parity"]);
        assert!(ids("parameter_sweepsX").is_empty(), "a text is no expression");
    }

    #[test]
    fn the_longest_match_comes_first_and_each_entry_once() {
        let text = "parameter_sweeps.readiness drifted\nPARITY GATE FAIL\nparameter_sweeps.schema\n\
                    test waiver_lifecycle_audit ... FAILED";
        assert_eq!(ids(text), ["waiver", "sweeps", "parity"]);
        let book = book();
        assert_eq!(Matcher::of(&book).matches(&book, text)[1].line, "parameter_sweeps.readiness drifted");
    }

    #[test]
    fn a_generic_line_matches_nothing() {
        for line in GENERIC_LINES {
            assert!(ids(line).is_empty(), "{line}");
        }
    }

    #[test]
    fn of_a_long_line_its_beginning_is_looked_at() {
        let within = format!("{}PARITY GATE FAIL{}", "ä".repeat(1000), "x".repeat(1 << 20));
        assert_eq!(ids(&within), ["parity"]);
        assert!(ids(&format!("{}PARITY GATE FAIL", "ä".repeat(LINE))).is_empty());
    }
}

//! What the kinds and suites of proposals are called.

use super::place::base;
use super::proposal::{Called, Proposal};
use std::collections::BTreeSet;

/// A proposal with its names: no two have one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NamedProposal {
    /// `[suites.<kind>]`
    pub kind: String,
    /// `names`
    pub names: Vec<String>,
    /// Whether `as = "suite"` must say that it belongs to the end-to-end suites.
    pub as_suite: bool,
    /// The rest.
    pub proposal: Proposal,
}

/// Names the proposals: the first of the root is `unit`; another is called by its script, its folder, its tool.
pub(super) fn named(proposals: Vec<Proposal>) -> Vec<NamedProposal> {
    let (mut kinds, mut names) = (BTreeSet::new(), BTreeSet::new());
    let only = proposals.len() == 1;
    let mut found = Vec::new();
    for proposal in proposals {
        let at_root = proposal.folder.is_empty();
        let folder = word(base(&proposal.folder));
        let wanted = match &proposal.called {
            Called::Unit if only || (at_root && !kinds.contains("unit")) => vec!["unit".to_string()],
            Called::Unit if at_root => vec![proposal.tool.to_string()],
            Called::Unit => vec![folder.clone()],
            Called::EndToEnd if at_root || only => vec!["e2e".to_string()],
            Called::EndToEnd => vec![format!("{folder}-e2e")],
            Called::As(name) if at_root => vec![word(name)],
            Called::As(name) => vec![format!("{folder}-{}", word(name))],
        };
        let more = [format!("{}-{}", wanted[0], proposal.tool), word(&proposal.folder.replace('/', "-"))];
        let kind = free(&kinds, wanted.into_iter().chain(more));
        kinds.insert(kind.clone());
        let own = match (&proposal.name, at_root || only) {
            (Some(name), _) => vec![name.clone(), format!("{kind}-{name}")],
            (None, true) => vec![proposal.tool.to_string(), kind.clone()],
            (None, false) => vec![kind.clone()],
        };
        let mut all = proposal.names.clone();
        if all.is_empty() {
            all.push(free(&names, own.into_iter()));
        }
        names.extend(all.iter().cloned());
        let as_suite = proposal.called == Called::EndToEnd && kind != "e2e";
        found.push(NamedProposal { kind, names: all, as_suite, proposal });
    }
    found
}

/// The first that is not taken, else the last with a number.
fn free(taken: &BTreeSet<String>, wanted: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = wanted.filter(|name| !name.is_empty()).collect();
    let last = all.last().cloned().unwrap_or_else(|| "suite".into());
    let numbered = (2..).map(|nth| format!("{last}-{nth}"));
    all.into_iter().chain(numbered).find(|name| !taken.contains(name)).unwrap_or(last)
}

/// A name as a kind may have: of other characters `-` is made.
fn word(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '_' | '.') { c } else { '-' };
    let word: String = text.chars().map(plain).take(60).collect();
    let word = word.trim_matches(['-', '.']);
    if word.is_empty() { "suite".into() } else { word.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proposal(tool: &'static str, folder: &str, called: Called) -> Proposal {
        Proposal { called, ..Proposal::new(tool, folder, "x") }
    }

    fn kinds(proposals: Vec<Proposal>) -> Vec<(String, String)> {
        named(proposals).into_iter().map(|named| (named.kind, named.names.join(","))).collect()
    }

    #[test]
    fn one_is_unit_wherever_it_stands() {
        let found = kinds(vec![proposal("vitest", "web/app", Called::Unit)]);
        assert_eq!(found, [("unit".to_string(), "vitest".to_string())]);
    }

    #[test]
    fn no_two_share_a_name() {
        let found = kinds(vec![
            proposal("cargo", "", Called::Unit),
            proposal("pytest", "", Called::Unit),
            proposal("playwright", "", Called::EndToEnd),
            proposal("cypress", "", Called::EndToEnd),
            proposal("vitest", "", Called::As("integration".into())),
            proposal("vitest", "web", Called::Unit),
            proposal("playwright", "web", Called::EndToEnd),
            proposal("vitest", "b/web", Called::Unit),
            proposal("pytest", "b/web", Called::Unit),
            proposal("go", "---", Called::Unit),
        ]);
        let shown: Vec<String> = found.iter().map(|(kind, name)| format!("{kind} {name}")).collect();
        insta::assert_snapshot!(shown.join("\n"), @r"
        unit cargo
        pytest pytest
        e2e playwright
        e2e-cypress cypress
        integration vitest
        web web
        web-e2e web-e2e
        web-vitest web-vitest
        web-pytest web-pytest
        suite suite
        ");
        let all: BTreeSet<_> = found.iter().map(|(kind, _)| kind).collect();
        assert_eq!(all.len(), found.len());
    }
}

//! Digests of a plan: what proves that shards divide the same one, and that suites ran as it is said that they run.

use crate::model::suite::{SuiteRole, SuiteSpec};
use tollgate_text::command::CommandLine;
use tollgate_text::digest::Running;

/// SHA-256, lower-case hex, over the profile and every selected suite and unit with its list and kind. The order of the
/// items does not count. Each text is fed with its length before it, so that no two plans feed the same bytes.
pub fn digest<'i>(profile: &str, items: impl Iterator<Item = (SuiteRole, &'i str, &'i str)>) -> String {
    let mut items: Vec<_> = items.collect();
    items.sort();
    let role = |role| match role {
        SuiteRole::Suite => "suite",
        SuiteRole::Unit => "unit",
    };
    let items = items.into_iter().flat_map(|(r, kind, name)| [role(r), kind, name]);
    of_texts(["tollgate.plan.v1", profile].into_iter().chain(items))
}

/// The keys of `[suites.<kind>]` that say what is started, where, and how its results are read. How long it may take, how often it may be
/// run again and how one test of it is run do not change what a whole run of it shows.
const RUNS: [&str; 6] = ["evidence", "command", "reader", "results", "env", "cwd"];

/// The digest of how suites of a kind run: SHA-256, lower-case hex.
pub fn suite_definition(spec: &SuiteSpec) -> String {
    let keys = spec.keys();
    let said = keys.iter().filter(|(key, _)| RUNS.contains(key));
    let texts = said.flat_map(|(key, value)| {
        [*key, if value.is_some() { "is" } else { "is not" }, value.as_deref().unwrap_or_default()]
    });
    of_texts(["tollgate.suite.v1"].into_iter().chain(texts))
}

/// The digest of a lint step's command: SHA-256, lower-case hex.
pub fn lint_definition(command: &CommandLine) -> String {
    of_texts(["tollgate.lint.v1", &command.to_string()].into_iter())
}

fn of_texts<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    let mut running = Running::default();
    for text in texts {
        running.update(&(text.len() as u64).to_be_bytes());
        running.update(text.as_bytes());
    }
    running.hex()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn it_stays_what_it_is() {
        // A summary of an earlier version of tollgate merges with one of this version only while this holds.
        let items = [(SuiteRole::Suite, "e2e", "a"), (SuiteRole::Unit, "unit", "a")];
        assert_eq!(
            digest("ci", items.into_iter()),
            "c6cc0ea126ef3c361dd731adba181dfc2400d016853cde450fe32fb9cf7e5956"
        );
        assert_ne!(digest("quick", items.into_iter()), digest("ci", items.into_iter()));
    }

    proptest! {
        #[test]
        fn order_does_not_count_and_everything_else_does(
            items in prop::collection::btree_set(("[ab]{0,2}", "[ab]{0,3}"), 0..6),
            other in prop::collection::btree_set(("[ab]{0,2}", "[ab]{0,3}"), 0..6),
        ) {
            let of = |list: Vec<&(String, String)>| {
                digest("ci", list.into_iter().map(|(kind, name)| (SuiteRole::Unit, kind.as_str(), name.as_str())))
            };
            let forward: Vec<_> = items.iter().collect();
            let backward: Vec<_> = items.iter().rev().collect();
            prop_assert_eq!(of(forward.clone()), of(backward));
            prop_assert_eq!(of(forward) == of(other.iter().collect()), items == other);
        }
    }
}

//! What a run selects: a profile's kinds, or what is chosen on the command line.

use super::digest::digest;
use crate::model::plan::{PlannedSuite, Profile, RunSettings, SelectionCounts};
use crate::model::suite::{SuiteRole, SuiteSpec};
use crate::model::test::TestNames;
use glob::Pattern;
use std::collections::{BTreeMap, BTreeSet};
use tollgate_text::show::show;
use tollgate_text::toml_text::suggestion;

/// The suites of each kind, as `names`, `glob` or `from` of its section resolve.
pub type SuiteNames = BTreeMap<String, Vec<String>>;

/// What the command line chooses.
#[derive(Debug, Clone, Copy, Default)]
pub struct Choice<'c> {
    /// `--profile`
    pub profile: &'c str,
    /// `--suite`: only these E2E suites.
    pub suites: &'c [String],
    /// `--unit-target`: only these unit targets.
    pub units: &'c [String],
    /// `--skip-lint`
    pub skip_lint: bool,
}

/// What a run selects, before it is divided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The profile.
    pub profile: String,
    /// Whether lint steps run first.
    pub lint: bool,
    /// Suites and units, by the profile's kinds, then in the order their names are listed.
    pub items: Vec<PlannedSuite>,
    /// What a person should know about it, one sentence each.
    pub notes: Vec<String>,
}

impl Selection {
    /// The digest of the plan (`model::plan::Shard`).
    pub fn digest(&self) -> String {
        digest(&self.profile, self.items.iter().map(|i| (i.role, i.kind.as_str(), i.name.as_str())))
    }

    /// How many suites and units are selected.
    pub fn counts(&self) -> SelectionCounts {
        let of = |role| self.items.iter().filter(|i| i.role == role).count() as u64;
        SelectionCounts { suites: of(SuiteRole::Suite), units: of(SuiteRole::Unit) }
    }
}

/// Selects. Without chosen names it is the profile's kinds without what the profile skips; with them it is exactly what
/// is chosen, whatever the profile selects. An empty selection is no error here. The errors are sentences: an unknown
/// profile, suite or unit with the nearest name, a profile that needs a choice and has none, and a name that two suites
/// of one list have, because results could not tell them apart.
pub fn select(
    settings: &RunSettings,
    names: &SuiteNames,
    choice: &Choice<'_>,
) -> Result<Selection, Vec<String>> {
    let Some(profile) = settings.profiles.iter().find(|p| p.name == choice.profile) else {
        let known = settings.profiles.iter().map(|p| p.name.as_str());
        return Err(vec![format!(
            "no profile is called `{}`{}",
            show(choice.profile),
            suggestion(choice.profile, known)
        )]);
    };
    let mut selecting = Selecting { settings, names, profile, notes: Vec::new(), errors: Vec::new() };
    let chosen = !(choice.suites.is_empty() && choice.units.is_empty());
    let items = if chosen {
        let mut items = selecting.chosen(SuiteRole::Suite, choice.suites);
        items.extend(selecting.chosen(SuiteRole::Unit, choice.units));
        items
    } else {
        if profile.chosen {
            let name = &profile.name;
            selecting
                .errors
                .push(format!("the profile {name} runs what is chosen: give --suite or --unit-target"));
        }
        let items = selecting.by_profile();
        selecting.runnable(items)
    };
    selecting.twice(&items);
    let Selecting { notes, errors, .. } = selecting;
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(Selection { profile: profile.name.clone(), lint: profile.lint && !choice.skip_lint, items, notes })
}

/// Every suite of a profile by kind and name, in its order, those among them that are ingested and not run. The errors are
/// sentences: no such profile, one that needs a choice, a name that two suites of one list have.
pub(super) fn profile_items(
    settings: &RunSettings,
    names: &SuiteNames,
    profile: &str,
) -> Result<Vec<PlannedSuite>, Vec<String>> {
    let Some(profile) = settings.profiles.iter().find(|p| p.name == profile && !p.chosen) else {
        return Err(vec![format!("no profile `{}` selects suites by itself", show(profile))]);
    };
    let mut selecting = Selecting { settings, names, profile, notes: Vec::new(), errors: Vec::new() };
    let items = selecting.by_profile();
    selecting.twice(&items);
    if selecting.errors.is_empty() { Ok(items) } else { Err(selecting.errors) }
}

struct Selecting<'s> {
    settings: &'s RunSettings,
    names: &'s SuiteNames,
    profile: &'s Profile,
    notes: Vec<String>,
    errors: Vec<String>,
}

impl<'s> Selecting<'s> {
    fn names_of(&self, kind: &str) -> &'s [String] {
        self.names.get(kind).map_or(&[], Vec::as_slice)
    }

    /// Kinds of the profile first, in its order: where a name stands in several, the profile's own wins.
    fn kinds(&self) -> Vec<&'s SuiteSpec> {
        let spec = |kind: &String| self.settings.suites.iter().find(|s| s.kind == *kind);
        let mut kinds: Vec<&SuiteSpec> = self.profile.kinds.iter().filter_map(spec).collect();
        kinds.extend(self.settings.suites.iter().filter(|s| !self.profile.kinds.contains(&s.kind)));
        kinds
    }

    fn by_profile(&mut self) -> Vec<PlannedSuite> {
        // The configuration refuses what is no glob; were one here, it skips what is spelt like it.
        let skip: Vec<(&String, Option<Pattern>)> =
            self.profile.skip.iter().map(|text| (text, Pattern::new(text).ok())).collect();
        let matches = |(text, pattern): &(&String, Option<Pattern>), name: &str| {
            text.as_str() == name || pattern.as_ref().is_some_and(|p| p.matches(name))
        };
        let mut used: BTreeSet<&str> = BTreeSet::new();
        let (mut items, mut left) = (Vec::new(), Vec::new());
        for spec in self.kinds().into_iter().filter(|s| self.profile.kinds.contains(&s.kind)) {
            for name in self.names_of(&spec.kind) {
                // What skips a kind skips every suite of it.
                let skips = |s: &&(&String, Option<Pattern>)| matches(s, name) || matches(s, &spec.kind);
                let by: Vec<&str> = skip.iter().filter(skips).map(|s| s.0.as_str()).collect();
                if by.is_empty() {
                    items.push(item(spec, name));
                } else {
                    used.extend(by);
                    left.push(show(name));
                }
            }
        }
        let profile = &self.profile.name;
        if !left.is_empty() {
            self.notes.push(format!("the profile {profile} leaves out {}", listed(&left)));
        }
        // A pattern may match nothing today; a name that nothing has is a slip or out of date.
        let plain = |text: &&String| !text.contains(['*', '?', '[']) && !used.contains(text.as_str());
        for text in self.profile.skip.iter().filter(plain) {
            self.notes.push(format!(
                "the profile {profile} skips `{}`, and nothing it selects is called that",
                show(text)
            ));
        }
        items
    }

    /// The items that a command runs; a note names the kinds of the others.
    fn runnable(&mut self, items: Vec<PlannedSuite>) -> Vec<PlannedSuite> {
        let has_command =
            |kind: &str| self.settings.suites.iter().any(|spec| spec.kind == kind && spec.command.is_some());
        let (run, left): (Vec<PlannedSuite>, Vec<PlannedSuite>) =
            items.into_iter().partition(|item| has_command(&item.kind));
        let kinds: BTreeSet<&str> = left.iter().map(|item| item.kind.as_str()).collect();
        self.notes.extend(kinds.into_iter().map(|kind| {
            format!("[suites.{kind}] has no `command`: its evidence is ingested, and nothing of it is run")
        }));
        run
    }

    fn chosen(&mut self, role: SuiteRole, chosen: &[String]) -> Vec<PlannedSuite> {
        let kinds = self.kinds();
        let mut items: Vec<PlannedSuite> = Vec::new();
        for name in chosen {
            let mut found: Vec<&SuiteSpec> = kinds
                .iter()
                .copied()
                .filter(|s| s.role == role && self.names_of(&s.kind).contains(name))
                .collect();
            if found.iter().any(|s| self.profile.kinds.contains(&s.kind)) {
                found.retain(|s| self.profile.kinds.contains(&s.kind));
            }
            if found.is_empty() {
                let error = self.unknown(role, name);
                self.errors.push(error);
            }
            for spec in found.iter().filter(|spec| spec.command.is_none()) {
                let kind = &spec.kind;
                self.errors.push(format!("`{}` cannot be run: [suites.{kind}] has no `command`", show(name)));
            }
            // Naming one twice asks for it once.
            let new = |s: &&SuiteSpec| !items.iter().any(|i| i.name == *name && i.kind == s.kind);
            let new: Vec<PlannedSuite> = found.into_iter().filter(new).map(|s| item(s, name)).collect();
            items.extend(new);
        }
        items
    }

    fn unknown(&self, role: SuiteRole, name: &str) -> String {
        let of = |role: SuiteRole| {
            let kinds = self.settings.suites.iter().filter(move |s| s.role == role);
            kinds.flat_map(|s| self.names_of(&s.kind)).map(String::as_str)
        };
        let (what, other, flag) = match role {
            SuiteRole::Suite => ("suite", SuiteRole::Unit, "a unit target: --unit-target chooses it"),
            SuiteRole::Unit => ("unit target", SuiteRole::Suite, "an E2E suite: --suite chooses it"),
        };
        let shown = show(name);
        if of(other).any(|known| known == name) {
            return format!("`{shown}` is no {what} but {flag}");
        }
        format!("no {what} is called `{shown}`{}", suggestion(name, of(role)))
    }

    /// A name that two items of one list have.
    fn twice(&mut self, items: &[PlannedSuite]) {
        let mut seen: BTreeMap<(SuiteRole, &str), &str> = BTreeMap::new();
        for item in items {
            let Some(first) = seen.insert((item.role, &item.name), &item.kind) else { continue };
            let (name, kind) = (show(&item.name), &item.kind);
            self.errors.push(if first == kind {
                format!("the kind {kind} has two suites called `{name}`")
            } else {
                format!("the kinds {first} and {kind} both have a suite called `{name}`; results could not tell them apart")
            });
        }
    }
}

fn item(spec: &SuiteSpec, name: &str) -> PlannedSuite {
    PlannedSuite {
        name: name.to_string(),
        kind: spec.kind.clone(),
        role: spec.role,
        tests: None,
        names: TestNames::new(),
        expected: TestNames::new(),
    }
}

/// `a, b, c and 4 more`
pub(super) fn listed(names: &[String]) -> String {
    const SHOWN: usize = 10;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{names, settings};
    use super::*;

    fn three() -> SuiteNames {
        names(&[("e2e", &["tui", "x_live"]), ("slow", &["soak"]), ("unit", &["b", "a"])])
    }

    fn of(choice: &Choice<'_>) -> Result<Vec<String>, Vec<String>> {
        let selection = select(&settings(), &three(), choice)?;
        Ok(selection.items.iter().map(|i| format!("{}/{}", i.kind, i.name)).collect())
    }

    #[test]
    fn a_profile_selects_its_kinds_in_its_order() {
        let selection =
            select(&settings(), &three(), &Choice { profile: "ci", ..Choice::default() }).unwrap();
        assert_eq!(
            of(&Choice { profile: "ci", ..Choice::default() }).unwrap(),
            ["unit/b", "unit/a", "e2e/tui"]
        );
        assert_eq!(selection.counts(), SelectionCounts { suites: 1, units: 2 });
        assert!(selection.lint);
        assert_eq!(
            selection.notes,
            [
                "the profile ci leaves out x_live",
                "the profile ci skips `gone`, and nothing it selects is called that"
            ]
        );
        let choice = Choice { profile: "ci", skip_lint: true, ..Choice::default() };
        assert!(!select(&settings(), &three(), &choice).unwrap().lint);
        assert!(select(&settings(), &SuiteNames::new(), &choice).unwrap().items.is_empty());
    }

    #[test]
    fn a_choice_is_exactly_that() {
        let (suites, units) = (["soak".to_string(), "x_live".into(), "soak".into()], ["a".to_string()]);
        let choice = Choice { profile: "ci", suites: &suites, units: &units, skip_lint: false };
        assert_eq!(of(&choice).unwrap(), ["slow/soak", "e2e/x_live", "unit/a"]);
        let choice = Choice { profile: "focused", ..choice };
        assert_eq!(of(&choice).unwrap().len(), 3);
    }

    #[test]
    fn unknown_names_come_with_the_nearest() {
        let (suites, units) = (["tiu".to_string(), "a".into(), "zzz\n".into()], ["tui".to_string()]);
        let errors =
            of(&Choice { profile: "ci", suites: &suites, units: &units, skip_lint: false }).unwrap_err();
        insta::assert_snapshot!(errors.join("\n"), @r"
        no suite is called `tiu`; known are tui, x_live, soak
        `a` is no suite but a unit target: --unit-target chooses it
        no suite is called `zzz\n`; known are tui, x_live, soak
        `tui` is no unit target but an E2E suite: --suite chooses it
        ");
        let errors = of(&Choice { profile: "cii", ..Choice::default() }).unwrap_err();
        assert_eq!(errors, ["no profile is called `cii`; did you mean `ci`?"]);
        let errors = of(&Choice { profile: "focused", ..Choice::default() }).unwrap_err();
        assert_eq!(errors, ["the profile focused runs what is chosen: give --suite or --unit-target"]);
    }

    #[test]
    fn a_name_that_two_suites_have_is_an_error() {
        let both = names(&[("e2e", &["a", "a"]), ("slow", &["a"]), ("unit", &["a"])]);
        let errors = select(&settings(), &both, &Choice { profile: "all", ..Choice::default() }).unwrap_err();
        assert_eq!(
            errors,
            [
                "the kind e2e has two suites called `a`",
                "the kinds e2e and slow both have a suite called `a`; results could not tell them apart"
            ]
        );
        // One list each: the summary keeps them apart.
        let apart = names(&[("e2e", &["a"]), ("unit", &["a"])]);
        assert!(select(&settings(), &apart, &Choice { profile: "ci", ..Choice::default() }).is_ok());
        // The profile's own kind is what is meant.
        let own = names(&[("e2e", &["a"]), ("slow", &["a"])]);
        let suites = ["a".to_string()];
        let choice = Choice { profile: "ci", suites: &suites, ..Choice::default() };
        assert_eq!(select(&settings(), &own, &choice).unwrap().items[0].kind, "e2e");
    }

    #[test]
    fn the_digest_is_the_selections_and_not_the_orders() {
        let digest = |names: &SuiteNames| {
            select(&settings(), names, &Choice { profile: "ci", ..Choice::default() }).unwrap().digest()
        };
        let turned = names(&[("e2e", &["x_live", "tui"]), ("unit", &["a", "b"])]);
        assert_eq!(digest(&three()), digest(&turned));
        assert_ne!(digest(&three()), digest(&names(&[("e2e", &["tui"]), ("unit", &["a", "c"])])));
    }
}

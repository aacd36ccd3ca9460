//! What a working tree would alter of the plan that judges its run: shown in every report. What it takes out of the plan is
//! a gap besides, so that `whole_run` is red by it even where this run still shows it.

use super::select::SuiteNames;
use crate::model::flake::FlakyResult;
use crate::model::plan::{Profile, RunSettings};
use crate::model::suite::{Names, SuiteSpec};
use crate::model::whole::{AskedOfWhole, Gap, GapReason, PlanChange};
use std::collections::BTreeSet;
use tollgate_text::redact::{MASK, is_secret_name};
use tollgate_text::show::show;

/// One of the two plans.
#[derive(Debug, Clone, Copy)]
pub struct Side<'s> {
    /// Kinds, lint steps, profiles.
    pub runs: &'s RunSettings,
    /// The profile that a whole run shows.
    pub whole: &'s str,
    /// The suites of each kind, over the judged tree.
    pub names: &'s SuiteNames,
    /// What a whole run shows; `None` where there are no suites.
    pub asked: Option<&'s AskedOfWhole>,
}

/// What differs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Altered {
    /// Everything, red or not.
    pub changes: Vec<PlanChange>,
    /// What is taken out of the plan.
    pub lost: Vec<Gap>,
}

/// Compares the plan of the policy with that of the working tree.
pub fn altered(ours: &Side<'_>, theirs: &Side<'_>) -> Altered {
    let mut found = Comparing { ours, theirs, out: Altered::default() };
    found.kinds();
    found.lint();
    found.profiles();
    found.unasked();
    found.out
}

/// The working tree has no plan that could be read: all that is asked for is taken out.
pub fn unreadable(asked: Option<&AskedOfWhole>, why: &str) -> Altered {
    let Some(asked) = asked else { return Altered::default() };
    let change = PlanChange {
        what: "plan".into(),
        before: Some(format!("the profile {}", asked.profile)),
        after: Some(why.to_string()),
        ..named("", "", true)
    };
    let lost = keys(asked).into_iter().map(|key| gap(&key, why)).collect();
    Altered { changes: vec![change], lost }
}

/// A suite by kind and name, or a lint step by its name.
type Key = (Option<String>, String);

fn keys(asked: &AskedOfWhole) -> BTreeSet<Key> {
    let suites = asked.suites.iter().map(|suite| (Some(suite.kind.clone()), suite.name.clone()));
    suites.chain(asked.lint.iter().map(|step| (None, step.clone()))).collect()
}

fn gap((kind, name): &Key, detail: &str) -> Gap {
    Gap {
        reason: if kind.is_some() { GapReason::Suite } else { GapReason::Lint },
        kind: kind.clone().unwrap_or_else(|| "lint".into()),
        name: name.clone(),
        detail: detail.to_string(),
    }
}

fn named(kind: &str, name: &str, red: bool) -> PlanChange {
    PlanChange { what: String::new(), kind: kind.into(), name: name.into(), before: None, after: None, red }
}

struct Comparing<'c> {
    ours: &'c Side<'c>,
    theirs: &'c Side<'c>,
    out: Altered,
}

impl Comparing<'_> {
    fn change(&mut self, what: &str, of: PlanChange, before: Option<String>, after: Option<String>) {
        self.out.changes.push(PlanChange { what: what.into(), before, after, ..of });
    }

    fn lose(&mut self, key: Key, detail: &str) {
        let lost = gap(&key, detail);
        let known =
            |held: &Gap| (held.reason, &held.kind, &held.name) == (lost.reason, &lost.kind, &lost.name);
        if !self.out.lost.iter().any(known) {
            self.out.lost.push(lost);
        }
    }

    fn kinds(&mut self) {
        let (ours, theirs) = (self.ours.runs, self.theirs.runs);
        for spec in &ours.suites {
            match theirs.suites.iter().find(|other| other.kind == spec.kind) {
                Some(other) => self.kind(spec, other),
                None => {
                    self.change("kind", named(&spec.kind, "", true), Some(source(&spec.names)), None);
                    let detail = format!("tollgate.toml of the working tree has no [suites.{}]", spec.kind);
                    let names = names_of(self.ours, &spec.kind);
                    for name in names {
                        self.lose((Some(spec.kind.clone()), name.clone()), &detail);
                    }
                    if names.is_empty() {
                        self.lose((Some(spec.kind.clone()), String::new()), &detail);
                    }
                }
            }
        }
        for spec in theirs.suites.iter().filter(|s| ours.suites.iter().all(|o| o.kind != s.kind)) {
            self.change("kind", named(&spec.kind, "", false), None, Some(source(&spec.names)));
        }
    }

    fn kind(&mut self, ours: &SuiteSpec, theirs: &SuiteSpec) {
        let kind = &ours.kind;
        for ((key, before), (_, after)) in ours.keys().into_iter().zip(theirs.keys()) {
            if before == after {
                continue;
            }
            let (before, after) = match key {
                "env" => (environment(&ours.env), environment(&theirs.env)),
                _ => (before, after),
            };
            let looser = looser(key, ours, theirs);
            if let Some(lets) = looser {
                self.out.lost.push(Gap {
                    reason: GapReason::Choice,
                    kind: kind.clone(),
                    name: String::new(),
                    detail: format!("tollgate.toml of the working tree lets {lets} of the kind {kind}"),
                });
            }
            self.change(key, named(kind, "", looser.is_some()), before, after);
        }
        if source(&ours.names) != source(&theirs.names) {
            let texts = (Some(source(&ours.names)), Some(source(&theirs.names)));
            self.change("names", named(kind, "", false), texts.0, texts.1);
        }
        let (has, had) = (names_of(self.theirs, kind), names_of(self.ours, kind));
        let (new, old): (BTreeSet<&String>, BTreeSet<&String>) = (has.iter().collect(), had.iter().collect());
        for name in old.difference(&new) {
            self.change("name", named(kind, name, true), Some(source(&ours.names)), None);
            let detail = format!("[suites.{kind}] of the working tree's tollgate.toml has no {}", show(name));
            self.lose((Some(kind.clone()), (*name).clone()), &detail);
        }
        for name in new.difference(&old) {
            self.change("name", named(kind, name, false), None, Some(source(&theirs.names)));
        }
    }

    fn lint(&mut self) {
        let (ours, theirs) = (&self.ours.runs.lint, &self.theirs.runs.lint);
        for (step, command) in ours {
            let now = theirs.iter().find(|(name, _)| name == step).map(|(_, command)| command);
            if now == Some(command) {
                continue;
            }
            if now.is_none() {
                let detail = format!("[lint] of the working tree's tollgate.toml has no {}", show(step));
                self.lose((None, step.clone()), &detail);
            }
            let (before, after) = (Some(command.to_string()), now.map(ToString::to_string));
            self.change("lint", named("", step, now.is_none()), before, after);
        }
        for (step, command) in theirs.iter().filter(|(name, _)| ours.iter().all(|(own, _)| own != name)) {
            self.change("lint", named("", step, false), None, Some(command.to_string()));
        }
    }

    fn profiles(&mut self) {
        let (ours, theirs) = (&self.ours.runs.profiles, &self.theirs.runs.profiles);
        for profile in ours.iter().chain(theirs.iter().filter(|p| ours.iter().all(|o| o.name != p.name))) {
            let of = |list: &[Profile]| list.iter().find(|p| p.name == profile.name).map(shown);
            let (before, after) = (of(ours), of(theirs));
            if before != after {
                self.change("profile", named("", &profile.name, false), before, after);
            }
        }
        if self.ours.whole != self.theirs.whole {
            let (before, after) = (self.ours.whole.to_string(), self.theirs.whole.to_string());
            self.change("whole", named("", "", false), Some(before), Some(after));
        }
    }

    /// What a whole run of the working tree's plan would not show, though its suite or step is still there: left out by a
    /// profile, or by another profile being the whole one.
    fn unasked(&mut self) {
        let Some(asked) = self.ours.asked else { return };
        let kept = self.theirs.asked.map(keys).unwrap_or_default();
        let gone: BTreeSet<Key> = keys(asked).difference(&kept).cloned().collect();
        let before = self.out.lost.len();
        let whole = self.theirs.whole;
        let detail = format!("the profile {whole} of the working tree's tollgate.toml leaves it out");
        gone.into_iter().for_each(|key| self.lose(key, &detail));
        if self.out.lost.len() > before {
            let (now, was) = (whole.to_string(), self.ours.whole);
            let by = |c: &&mut PlanChange| {
                c.what == "whole" || (c.what == "profile" && (c.name == now || c.name == was))
            };
            self.out.changes.iter_mut().filter(by).for_each(|change| change.red = true);
        }
    }
}

/// What a key of the working tree lets pass that the policy does not: more retries, and more that is called flaky.
fn looser(key: &str, ours: &SuiteSpec, theirs: &SuiteSpec) -> Option<&'static str> {
    let (was, now) = (&ours.flaky, &theirs.flaky);
    match key {
        // No bound is more than any.
        "max_retries"
            if ours.max_retries.is_some_and(|most| theirs.max_retries.is_none_or(|now| now > most)) =>
        {
            Some("suites be run again more often")
        }
        "retry_limit" if was.limit.is_some_and(|most| now.limit.is_none_or(|now| now > most)) => {
            Some("more failures at once be retried in suites")
        }
        "flaky_result" if was.result == FlakyResult::Fail => Some("flaky tests pass in suites"),
        "outputs" if theirs.outputs.iter().any(|path| !ours.outputs.contains(path)) => {
            Some("more files change between attempts in suites")
        }
        "flaky_crash" if now.crash => Some("crashes be called flaky in suites"),
        _ => None,
    }
}

fn names_of<'s>(side: &Side<'s>, kind: &str) -> &'s [String] {
    side.names.get(kind).map_or(&[], Vec::as_slice)
}

/// Where the names of a kind come from; the names themselves are told one by one.
fn source(names: &Names) -> String {
    match names {
        Names::Listed(_) => "names".into(),
        Names::Glob(pattern) => format!("glob = {pattern}"),
        Names::Classification => "from = classification".into(),
    }
}

/// The variables, those that are called as secrets are with a mask for a value.
fn environment(pairs: &[(String, String)]) -> Option<String> {
    let one = |(name, value): &(String, String)| match is_secret_name(name) {
        true => format!("{name}={MASK}"),
        false => format!("{name}={value}"),
    };
    (!pairs.is_empty()).then(|| pairs.iter().map(one).collect::<Vec<_>>().join(" "))
}

fn shown(profile: &Profile) -> String {
    let lint = if profile.lint { "lint" } else { "no lint" };
    let skip = match &profile.skip[..] {
        [] => String::new(),
        skip => format!(", without {}", skip.join(", ")),
    };
    format!("{lint}, kinds {}{skip}", profile.kinds.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{names, settings};
    use super::super::whole::asked;
    use super::*;
    use crate::model::flake::{FlakeRules, Share};
    use tollgate_text::command::CommandLine;

    fn start() -> (RunSettings, SuiteNames) {
        let mut run = settings();
        for spec in &mut run.suites {
            spec.max_retries = Some(1);
            spec.flaky = FlakeRules { result: FlakyResult::Fail, crash: false, limit: Share::parse("10%") };
        }
        run.lint = vec![("fmt".into(), CommandLine::parse("fmt --check").unwrap())];
        (run, names(&[("e2e", &["tui"]), ("slow", &["soak"]), ("unit", &["a", "b"])]))
    }

    /// The changes and gaps when the working tree's plan is this one.
    fn of(alter: impl Fn(&mut RunSettings, &mut SuiteNames)) -> (Vec<String>, Vec<String>) {
        let (ours, own) = start();
        let (mut theirs, mut names) = start();
        alter(&mut theirs, &mut names);
        let whole = asked(&ours, &own, "ci").unwrap();
        let other = asked(&theirs, &names, "ci").unwrap_or_default();
        let ours = Side { runs: &ours, whole: "ci", names: &own, asked: whole.as_ref() };
        let theirs = Side { runs: &theirs, whole: "ci", names: &names, asked: other.as_ref() };
        let found = altered(&ours, &theirs);
        let text = |side: &Option<String>| side.clone().unwrap_or_else(|| "-".into());
        let line = |c: &PlanChange| {
            let red = if c.red { "RED " } else { "" };
            format!("{red}{} {}/{}: {} -> {}", c.what, c.kind, c.name, text(&c.before), text(&c.after))
        };
        let lost = found.lost.iter().map(|gap| format!("{} {}", gap.reason.name(), gap.shown()));
        (found.changes.iter().map(line).collect(), lost.collect())
    }

    #[test]
    fn an_untouched_plan_alters_nothing() {
        assert_eq!(of(|_, _| {}), (vec![], vec![]));
    }

    #[test]
    fn what_is_taken_out_is_red() {
        let taken: [fn(&mut RunSettings, &mut SuiteNames); 11] = [
            |_, names| drop(names.get_mut("unit").unwrap().pop()),
            |run, _| run.suites.retain(|s| s.kind != "unit"),
            // Not asked for by the profile, and taken out all the same.
            |run, _| run.suites.retain(|s| s.kind != "slow"),
            |run, _| run.lint.clear(),
            |run, _| run.profiles[0].skip.push("tui".into()),
            |run, _| run.profiles[0].lint = false,
            |run, _| run.suites[0].max_retries = None,
            |run, _| run.suites[0].flaky.result = FlakyResult::Pass,
            |run, _| run.suites[0].flaky.crash = true,
            |run, _| run.suites[0].flaky.limit = Share::parse("10.5%"),
            |run, _| run.suites[0].flaky.limit = None,
        ];
        let texts: Vec<String> = taken
            .iter()
            .map(|alter| {
                let (changes, lost) = of(alter);
                format!("{} => {}", changes.join(" | "), lost.join(", "))
            })
            .collect();
        insta::assert_snapshot!(texts.join("\n"), @r"
        RED name unit/b: names -> - => suite unit/b
        RED kind unit/: names -> - => suite unit/a, suite unit/b
        RED kind slow/: names -> - => suite slow/soak
        RED lint /fmt: fmt --check -> - => lint lint fmt
        RED profile /ci: lint, kinds unit, e2e, without *_live, gone -> lint, kinds unit, e2e, without *_live, gone, tui => suite e2e/tui
        RED profile /ci: lint, kinds unit, e2e, without *_live, gone -> no lint, kinds unit, e2e, without *_live, gone => lint lint fmt
        RED max_retries e2e/: 1 -> - => choice the kind e2e
        RED flaky_result e2e/: fail -> - => choice the kind e2e
        RED flaky_crash e2e/: - -> allow => choice the kind e2e
        RED retry_limit e2e/: 10% -> 10.5% => choice the kind e2e
        RED retry_limit e2e/: 10% -> - => choice the kind e2e
        ");
    }

    #[test]
    fn what_is_altered_or_added_is_shown_and_not_red() {
        let (changes, lost) = of(|run, names| {
            run.suites[2].command = CommandLine::parse("other {name}").ok();
            run.suites[2].timeout = 1;
            run.suites[2].env = vec![("API_TOKEN".into(), "hunter2".into()), ("A".into(), "1".into())];
            run.suites[2].max_retries = Some(0);
            run.suites[2].flaky.limit = Share::parse("0.5%");
            run.suites.push(super::super::sample::spec("vcr", crate::model::suite::SuiteRole::Unit));
            run.lint[0].1 = CommandLine::parse("true").unwrap();
            names.get_mut("unit").unwrap().push("c".into());
        });
        assert_eq!(lost, Vec::<String>::new());
        insta::assert_snapshot!(changes.join("\n"), @r"
        command unit/: x {name} -> other {name}
        timeout unit/: 600 s -> 1 s
        env unit/: - -> API_TOKEN=[masked] A=1
        max_retries unit/: 1 -> 0
        retry_limit unit/: 10% -> 0.5%
        name unit/c: - -> names
        kind vcr/: - -> names
        lint /fmt: fmt --check -> true
        ");
    }

    #[test]
    fn a_plan_that_cannot_be_read_takes_everything_out() {
        let (run, own) = start();
        let whole = asked(&run, &own, "ci").unwrap();
        let found = unreadable(whole.as_ref(), "it is no TOML");
        assert!(found.changes.len() == 1 && found.changes[0].red);
        assert_eq!(found.lost.len(), 4);
        assert_eq!(unreadable(None, "it is no TOML"), Altered::default());
    }
}

//! What a run goes by, as digests in its journal: when it is taken up again, what has changed since is said.

use std::collections::{BTreeMap, BTreeSet};
use tollgate_core::model::plan::RunSettings;
use tollgate_core::model::suite::{SuiteRole, SuiteSpec};
use tollgate_text::command::CommandLine;
use tollgate_text::digest::Running;
use tollgate_text::show::show;

/// A digest over texts, each fed with its length before it, so that no two lists feed the same bytes.
#[derive(Default)]
struct Texts(Running);

impl Texts {
    fn add(&mut self, text: &str) -> &mut Texts {
        self.0.update(&(text.len() as u64).to_be_bytes());
        self.0.update(text.as_bytes());
        self
    }

    fn add_all<'t>(&mut self, texts: impl ExactSizeIterator<Item = &'t str>) -> &mut Texts {
        self.add(&texts.len().to_string());
        texts.for_each(|text| {
            self.add(text);
        });
        self
    }
}

/// By what it is, in words, the digest of everything that decides what the suites of `kinds` are and how they run.
pub(super) fn of(
    run: &RunSettings,
    profile: &str,
    kinds: BTreeSet<&str>,
    names: &BTreeMap<String, Vec<String>>,
) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for spec in run.suites.iter().filter(|spec| kinds.contains(spec.kind.as_str())) {
        found.insert(format!("how suites of the kind {} run", spec.kind), of_kind(spec));
        let mut texts = Texts::default();
        texts.add_all(names.get(&spec.kind).map_or(&[][..], Vec::as_slice).iter().map(String::as_str));
        found.insert(format!("the names of the kind {}", spec.kind), texts.0.hex());
    }
    if let Some(profile) = run.profiles.iter().find(|p| p.name == profile) {
        let mut texts = Texts::default();
        texts.add(&format!("{} {}", profile.lint, profile.chosen));
        texts.add_all(profile.kinds.iter().map(String::as_str));
        texts.add_all(profile.skip.iter().map(String::as_str));
        found.insert(format!("the profile {}", profile.name), texts.0.hex());
    }
    let mut lint = Texts::default();
    for (name, command) in &run.lint {
        lint.add(name);
        add_command(&mut lint, command);
    }
    found.insert("the lint steps".into(), lint.0.hex());
    found
}

fn of_kind(spec: &SuiteSpec) -> String {
    let mut texts = Texts::default();
    texts.add(match spec.role {
        SuiteRole::Suite => "suite",
        SuiteRole::Unit => "unit",
    });
    for command in [spec.command.as_ref(), spec.single.as_ref()] {
        texts.add(if command.is_some() { "a command" } else { "none" });
        if let Some(command) = command {
            add_command(&mut texts, command);
        }
    }
    texts.add(spec.reader.name());
    texts.add_all(spec.results.iter().map(String::as_str).collect::<Vec<_>>().into_iter());
    texts.add(&spec.timeout.to_string()).add(&spec.cwd);
    add_pairs(&mut texts, &spec.env);
    // A journal of before these keys were there says the same where none is given.
    for (key, value) in spec.flaky.keys() {
        if let Some(value) = value {
            texts.add(key).add(&value);
        }
    }
    texts.0.hex()
}

fn add_command(texts: &mut Texts, command: &CommandLine) {
    add_pairs(texts, command.env());
    texts.add(command.program()).add_all(command.arguments().iter().map(String::as_str));
}

fn add_pairs(texts: &mut Texts, pairs: &[(String, String)]) {
    texts.add(&pairs.len().to_string());
    for (name, value) in pairs {
        texts.add(name).add(value);
    }
}

/// What is no longer as it was: one sentence. The words of `before` come from a file that anyone may have written.
pub(super) fn changes(before: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Option<String> {
    if before.is_empty() {
        return None;
    }
    let all: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let changed: Vec<String> =
        all.into_iter().filter(|what| before.get(*what) != now.get(*what)).map(|what| show(what)).collect();
    (!changed.is_empty()).then(|| {
        format!(
            "since the run was started {} changed: what is done stays as it is, the rest runs as tollgate.toml has it now",
            changed.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_core::model::plan::Profile;
    use tollgate_core::model::suite::{EvidenceFrom, Names, ResultReader};

    fn settings() -> RunSettings {
        let spec = SuiteSpec {
            kind: "unit".into(),
            role: SuiteRole::Unit,
            names: Names::Listed(vec![]),
            evidence: EvidenceFrom::Run,
            command: Some(CommandLine::parse("A=1 run {name}").unwrap()),
            single: None,
            reader: ResultReader::Tap,
            results: None,
            timeout: 60,
            env: vec![("B".into(), "2".into())],
            cwd: ".".into(),
            max_retries: None,
            repeats: Default::default(),
            flaky: tollgate_core::model::flake::FlakeRules::default(),
            outputs: Vec::new(),
        };
        let profile = Profile {
            name: "ci".into(),
            lint: true,
            kinds: vec!["unit".into()],
            skip: vec![],
            chosen: false,
        };
        let lint = vec![("fmt".to_string(), CommandLine::parse("fmt --check").unwrap())];
        RunSettings { suites: vec![spec], lint, profiles: vec![profile] }
    }

    fn digests(run: &RunSettings, names: &[&str]) -> BTreeMap<String, String> {
        let names = names.iter().map(|n| n.to_string()).collect();
        of(run, "ci", BTreeSet::from(["unit"]), &BTreeMap::from([("unit".to_string(), names)]))
    }

    #[test]
    fn what_changed_is_named_and_nothing_else() {
        let before = digests(&settings(), &["a", "b"]);
        assert_eq!(changes(&before, &digests(&settings(), &["a", "b"])), None);
        let mut run = settings();
        let said = |run: &RunSettings, names: &[&str]| {
            let sentence = changes(&before, &digests(run, names)).unwrap();
            sentence.split(" changed: ").next().unwrap().replace("since the run was started ", "")
        };
        assert_eq!(said(&run, &["a", "bc"]), "the names of the kind unit");
        run.suites[0].single = Some(CommandLine::parse("run {test}").unwrap());
        assert_eq!(said(&run, &["a", "b"]), "how suites of the kind unit run");
        let mut run = settings();
        run.lint.clear();
        run.profiles.clear();
        assert_eq!(said(&run, &["a", "b"]), "the lint steps, the profile ci");
        // A journal that says nothing of it.
        assert_eq!(changes(&BTreeMap::new(), &before), None);
    }

    #[test]
    fn every_part_of_how_a_suite_runs_counts() {
        let change: [fn(&mut SuiteSpec); 9] = [
            |s| s.role = SuiteRole::Suite,
            |s| s.command = CommandLine::parse("A=2 run {name}").ok(),
            |s| s.command = CommandLine::parse("A=1 run {name} x").ok(),
            |s| s.reader = ResultReader::Exit,
            |s| s.results = Some("x".into()),
            |s| s.timeout = 61,
            |s| s.env[0].1 = "3".into(),
            |s| s.cwd = "sub".into(),
            |s| s.flaky.crash = true,
        ];
        let mut seen = BTreeSet::from([of_kind(&settings().suites[0])]);
        for change in change {
            let mut spec = settings().suites.remove(0);
            change(&mut spec);
            assert!(seen.insert(of_kind(&spec)), "{spec:?}");
        }
    }
}

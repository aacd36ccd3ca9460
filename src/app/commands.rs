//! Commands of suites, built from `tollgate.toml` alone: those that run, and those that people are shown.

use crate::base::command::{CommandLine, fill, quote};
use crate::base::redact::{MASK, Masker};
use crate::model::failure::RemediationPointer;
use crate::model::plan::RunSettings;
use crate::model::record::SuiteRecord;
use crate::model::run::Chosen;
use crate::model::suite::{Reader, Role, SuiteResult, SuiteSpec};
use crate::model::test::TestStatus;
use std::collections::BTreeMap;

/// The command of a whole suite. `out` fills `{out}`.
pub fn whole(spec: &SuiteSpec, name: &str, out: &str) -> CommandLine {
    spec.command.filled_all(&[("{name}", name), ("{out}", out)])
}

/// The command of one test, where the kind has one. What it puts around `{test}` for `go test -run` (`^{test}$`, or
/// nothing) is put around each part of a subtest's name.
pub fn single(spec: &SuiteSpec, name: &str, test: &str, out: &str) -> Option<CommandLine> {
    // Go matches the part before each slash by itself: without ends of its own `TestA/b` runs `TestAll/bc` too.
    let anchored = (spec.reader == Reader::Go).then(|| test.replace('/', "$/^"));
    let values = [("{name}", name), ("{test}", anchored.as_deref().unwrap_or(test)), ("{out}", out)];
    spec.single.as_ref().map(|command| command.filled_all(&values))
}

/// The environment that `tollgate.toml` sets for a suite.
pub fn environment(spec: &SuiteSpec, name: &str, out: &str) -> Vec<(String, String)> {
    let values = [("{name}", name), ("{out}", out)];
    spec.env.iter().map(|(key, value)| (key.clone(), fill(value, &values))).collect()
}

/// What people are shown to see a failure again. Names come from artifacts; they stay one quoted word.
pub struct Replays<'r> {
    settings: &'r RunSettings,
    profile: &'r str,
    masker: &'r Masker,
    /// Where suites may be none of `tollgate.toml`: the names it has, and the command that stands in for the others.
    otherwise: Option<(&'r BTreeMap<String, Vec<String>>, &'r str)>,
}

impl<'r> Replays<'r> {
    /// Replays of the suites of `settings`; `profile` is named where a suite can only be run by tollgate itself.
    pub fn new(settings: &'r RunSettings, profile: &'r str, masker: &'r Masker) -> Replays<'r> {
        Replays { settings, profile, masker, otherwise: None }
    }

    /// The same for suites that came from elsewhere: one that is not among `names` is seen again by `command`.
    pub fn knowing(self, names: &'r BTreeMap<String, Vec<String>>, command: &'r str) -> Replays<'r> {
        Replays { otherwise: Some((names, command)), ..self }
    }

    /// What may not be shown.
    pub fn masker(&self) -> &'r Masker {
        self.masker
    }

    /// Whether `tollgate.toml` has the suite.
    pub fn knows(&self, kind: &str, name: &str) -> bool {
        let named = |names: &BTreeMap<String, Vec<String>>| {
            names.get(kind).is_some_and(|names| names.iter().any(|n| n == name))
        };
        self.settings.suites.iter().any(|s| s.kind == kind)
            && self.otherwise.is_none_or(|(names, _)| named(names))
    }

    fn spec(&self, kind: &str, name: &str) -> Option<&'r SuiteSpec> {
        self.knows(kind, name).then(|| self.settings.suites.iter().find(|s| s.kind == kind)).flatten()
    }

    /// The command of a whole suite; by tollgate where `tollgate.toml` no longer knows the kind, where the command writes into a
    /// run's folder, or where a secret stands in it: with a mask in its place nobody could run it.
    pub fn suite(&self, role: Role, kind: &str, name: &str) -> String {
        match (self.spec(kind, name), self.otherwise) {
            (None, Some((_, command))) => command.to_string(),
            (spec, _) => spec
                .filter(|spec| !writes_out(spec, &spec.command))
                .and_then(|spec| self.line(spec, name, &whole(spec, name, "")))
                .unwrap_or_else(|| self.by_tollgate(role, name)),
        }
    }

    /// The command of one test; `None` where the kind has none that can be shown, or a secret was masked in the test's name.
    pub fn test(&self, kind: &str, name: &str, selector: &str) -> Option<String> {
        let spec = self.spec(kind, name)?;
        let template = spec.single.as_ref()?;
        if writes_out(spec, template) || selector.contains(MASK) {
            return None;
        }
        self.line(spec, name, &single(spec, name, selector, "")?)
    }

    /// One line that runs the failed tests of a suite alone, one after another; `None` where they have no names or the kind
    /// has no command for one.
    pub fn targeted(&self, result: &SuiteResult) -> Option<String> {
        let failed = result.tests.iter().filter(|t| t.status == TestStatus::Failed);
        let lines: Option<Vec<String>> = failed
            .map(|t| self.test(&result.kind, &result.name, t.selector.as_deref().unwrap_or(&t.name)))
            .collect();
        lines.filter(|l| !l.is_empty()).map(|l| l.join("; "))
    }

    /// The commands of a digest.
    pub fn pointer(&self, record: &SuiteRecord) -> RemediationPointer {
        let result = &record.result;
        let suite = self.suite(record.role, &result.kind, &result.name);
        let first = result.tests.iter().find(|t| t.status == TestStatus::Failed);
        let test = first
            .and_then(|t| self.test(&result.kind, &result.name, t.selector.as_deref().unwrap_or(&t.name)));
        RemediationPointer {
            replay_command: test.clone().unwrap_or_else(|| suite.clone()),
            suite_replay_command: suite,
            targeted_test_replay_command: test,
        }
    }

    /// A line for a shell in the workspace's root; `None` where a secret stands in it.
    fn line(&self, spec: &SuiteSpec, name: &str, command: &CommandLine) -> Option<String> {
        let set = environment(spec, name, "");
        let values = set.iter().chain(command.env()).map(|(_, value)| value.as_str());
        let words = command.arguments().iter().map(String::as_str).chain([command.program()]);
        // Quoted for a shell a secret may be another text: the words are looked at, too.
        let secret = values.chain(words).any(|word| self.masker.finds(word));
        let line = line(spec, &set, command);
        (!secret && !self.masker.finds(&line)).then_some(line)
    }

    fn by_tollgate(&self, role: Role, name: &str) -> String {
        let flag = match role {
            Role::Suite => "--suite",
            Role::Unit => "--unit-target",
        };
        format!("tollgate run --profile {} {flag} {}", quote(self.profile), quote(name))
    }
}

/// Whether the command, or what it is given, names the folder of a run: typed by hand it would write over evidence.
fn writes_out(spec: &SuiteSpec, command: &CommandLine) -> bool {
    command.mentions("{out}") || spec.env.iter().any(|(_, value)| value.contains("{out}"))
}

/// A line for a shell in the workspace's root; `set` is the environment that the kind has beside the command's own.
fn line(spec: &SuiteSpec, set: &[(String, String)], command: &CommandLine) -> String {
    let mut text = String::new();
    if spec.cwd != "." && !spec.cwd.is_empty() {
        text.push_str(&format!("cd {} && ", quote(&spec.cwd)));
    }
    for (key, value) in set {
        if command.env().iter().all(|(own, _)| own != key) {
            text.push_str(&format!("{key}={} ", quote(value)));
        }
    }
    text.push_str(&command.to_string());
    text
}

/// The one command that repeats a run: its own words.
pub fn run_again(
    profile: &str,
    chosen: &Chosen,
    baseline: Option<&str>,
    shard: Option<(&str, u32, u32)>,
) -> String {
    let mut words =
        vec!["tollgate".to_string(), "run".into(), "--profile".into(), quote(profile).into_owned()];
    for (flag, names) in [("--suite", &chosen.suites), ("--unit-target", &chosen.units)] {
        for name in names {
            words.extend([flag.to_string(), quote(name).into_owned()]);
        }
    }
    if let Some((kind, index, total)) = shard {
        words.extend([
            format!("--shard-kind {kind}"),
            format!("--shard-index {index}"),
            format!("--shard-total {total}"),
        ]);
    }
    if let Some(baseline) = baseline {
        words.extend(["--diff-from".to_string(), quote(baseline).into_owned()]);
    }
    words.join(" ")
}

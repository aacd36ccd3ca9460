//! Commands of suites, built from `tollgate.toml` alone: those that run, and those that people are shown.

use super::pattern;
use std::collections::{BTreeMap, BTreeSet};
use tollgate_core::model::event::Flags;
use tollgate_core::model::failure::RemediationPointer;
use tollgate_core::model::plan::RunSettings;
use tollgate_core::model::record::SuiteRecord;
use tollgate_core::model::run::Chosen;
use tollgate_core::model::suite::{ResultReader, SuiteResult, SuiteRole, SuiteSpec};
use tollgate_core::model::test::TestResult;
use tollgate_core::plan;
use tollgate_text::command::{CommandLine, fill, quote};
use tollgate_text::redact::Masker;

/// What fills `{out}` of a command that people are shown: typed by hand it must not write over the evidence of a run.
const BY_HAND: &str = "/tmp/tollgate-replay";

/// The command of a whole suite; `None` of a kind that nothing here runs. `out` fills `{out}`.
pub fn whole(spec: &SuiteSpec, name: &str, out: &str) -> Option<CommandLine> {
    Some(spec.command.as_ref()?.filled_all(&[("{name}", name), ("{out}", out)]))
}

/// The command of one test, where the kind has one. What it puts around `{test}` for `go test -run` (`^{test}$`, or
/// nothing) is put around each part of a subtest's name, and what a pattern gives a meaning to is quoted.
pub fn single(spec: &SuiteSpec, name: &str, test: &str, out: &str) -> Option<CommandLine> {
    // Go matches the part before each slash by itself: without ends of its own `TestA/b` runs `TestAll/bc` too.
    let anchored = (spec.reader == ResultReader::Go).then(|| pattern::quoted(test).replace('/', "$/^"));
    let address = plan::address(spec, name, anchored.as_deref().unwrap_or(test))?;
    let class = address.class.unwrap_or_default();
    let [test_regex, name_regex] =
        [address.test, address.name].map(|name| pattern::of_name(spec.reader, name));
    let class_regex = pattern::of_class(class);
    let values = [
        ("{name}", address.name),
        ("{test}", address.test),
        ("{class}", class),
        ("{file}", address.file.unwrap_or_default()),
        ("{out}", out),
        ("{test_regex}", &test_regex),
        ("{name_regex}", &name_regex),
        ("{class_regex}", &class_regex),
    ];
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

    /// The same for its tests, which a command that names no suite reaches in one that `tollgate.toml` does not know.
    fn spec_of_test(&self, kind: &str, name: &str) -> Option<&'r SuiteSpec> {
        let of_kind = || self.settings.suites.iter().find(|s| s.kind == kind);
        self.spec(kind, name).or_else(|| of_kind().filter(|spec| plan::reaches_any_suite(spec)))
    }

    /// The command of a whole suite; by tollgate where `tollgate.toml` no longer knows the kind, or where a secret stands in it:
    /// with a mask in its place nobody could run it.
    pub fn suite(&self, role: SuiteRole, kind: &str, name: &str) -> String {
        match (self.spec(kind, name), self.otherwise) {
            (None | Some(SuiteSpec { command: None, .. }), Some((_, command))) => command.to_string(),
            (spec, _) => spec
                .and_then(|spec| {
                    self.line(spec, name, spec.command.as_ref()?, &[whole(spec, name, BY_HAND)?])
                })
                .unwrap_or_else(|| self.by_tollgate(role, name)),
        }
    }

    /// The command of one test; `None` where the kind has none that can be shown, or the test cannot be run by its name.
    pub fn test(&self, kind: &str, name: &str, selector: &str) -> Option<String> {
        let spec = self.spec_of_test(kind, name)?;
        plan::by_name(spec, BTreeSet::from([selector.to_string()])).ok()?;
        self.tests(spec, name, &[selector])
    }

    /// One line that runs what a replay runs of a failed suite, one test after another and no further than the first that
    /// fails, so that it ends with 0 only where each passes; `None` where a replay runs the suite whole.
    pub fn targeted(&self, result: &SuiteResult) -> Option<String> {
        let (spec, selectors) = self.alone(result)?;
        self.tests(spec, &result.name, &selectors)
    }

    /// The tests that a replay runs alone, in the order reported, each once.
    fn alone<'t>(&self, result: &'t SuiteResult) -> Option<(&'r SuiteSpec, Vec<&'t str>)> {
        let spec = self.spec_of_test(&result.kind, &result.name)?;
        let mut left = plan::alone(spec, result)?;
        let selectors = result.tests.iter().map(TestResult::selector);
        Some((spec, selectors.filter(|selector| left.remove(*selector)).collect()))
    }

    fn tests(&self, spec: &SuiteSpec, name: &str, selectors: &[&str]) -> Option<String> {
        let template = spec.single.as_ref()?;
        let commands: Option<Vec<CommandLine>> =
            selectors.iter().map(|selector| single(spec, name, selector, BY_HAND)).collect();
        self.line(spec, name, template, &commands?)
    }

    /// The commands of a digest.
    pub fn pointer(&self, record: &SuiteRecord) -> RemediationPointer {
        let result = &record.result;
        let suite = self.suite(record.role, &result.kind, &result.name);
        let test = self.alone(result).and_then(|(spec, left)| self.tests(spec, &result.name, left.get(..1)?));
        RemediationPointer {
            replay_command: test.clone().unwrap_or_else(|| suite.clone()),
            suite_replay_command: suite,
            targeted_test_replay_command: test,
        }
    }

    /// A line for a shell in the workspace's root; `None` where a secret stands in it.
    fn line(
        &self,
        spec: &SuiteSpec,
        name: &str,
        template: &CommandLine,
        commands: &[CommandLine],
    ) -> Option<String> {
        let set = environment(spec, name, BY_HAND);
        let values = set.iter().chain(commands.iter().flat_map(CommandLine::env)).map(|(_, v)| v.as_str());
        let words =
            commands.iter().flat_map(|c| c.arguments().iter().map(String::as_str).chain([c.program()]));
        // Quoted for a shell a secret may be another text: the words are looked at, too.
        let secret = values.chain(words).any(|word| self.masker.finds(word));
        let line = line(spec, &set, template, commands);
        (!secret && !self.masker.finds(&line)).then_some(line)
    }

    fn by_tollgate(&self, role: SuiteRole, name: &str) -> String {
        let flag = match role {
            SuiteRole::Suite => "--suite",
            SuiteRole::Unit => "--unit-target",
        };
        format!("tollgate run {} {}", flagged("--profile", self.profile), flagged(flag, name))
    }
}

/// A flag and its value as a shell reads them; a value that could be taken for a flag is tied to its own.
pub fn flagged(flag: &str, value: &str) -> String {
    let between = if value.starts_with('-') { '=' } else { ' ' };
    format!("{flag}{between}{}", quote(value))
}

/// A path as a word of a command, which no program takes for a flag.
pub fn path_word(path: &str) -> String {
    if path.starts_with('-') { quote(&format!("./{path}")).into_owned() } else { quote(path).into_owned() }
}

/// Whether the command, or what it is given, names the folder of a suite in a run.
fn writes_out(spec: &SuiteSpec, command: &CommandLine) -> bool {
    command.mentions("{out}") || spec.env.iter().any(|(_, value)| value.contains("{out}"))
}

/// A line for a shell in the workspace's root: `commands` are `template`, filled; `set` is the environment that the kind has
/// beside a command's own.
fn line(
    spec: &SuiteSpec,
    set: &[(String, String)],
    template: &CommandLine,
    commands: &[CommandLine],
) -> String {
    let mut text = String::new();
    // The runner makes the folder before it starts a suite.
    if writes_out(spec, template) {
        text.push_str(&format!("mkdir -p {BY_HAND} && "));
    }
    if spec.cwd != "." && !spec.cwd.is_empty() {
        text.push_str(&format!("cd {} && ", quote(&spec.cwd)));
    }
    for (nth, command) in commands.iter().enumerate() {
        if nth > 0 {
            text.push_str(" && ");
        }
        for (key, value) in set {
            if command.env().iter().all(|(own, _)| own != key) {
                text.push_str(&format!("{key}={} ", quote(value)));
            }
        }
        text.push_str(&command.to_string());
    }
    text
}

/// The one command that repeats a run: its own words. Paths are workspace-relative.
pub fn run_again(
    profile: &str,
    chosen: &Chosen,
    flags: &Flags,
    baseline: Option<&str>,
    shard: Option<(&str, u32, u32)>,
) -> String {
    let mut words = vec!["tollgate run".to_string(), flagged("--profile", profile)];
    words.extend(chosen.suites.iter().map(|name| flagged("--suite", name)));
    words.extend(chosen.units.iter().map(|name| flagged("--unit-target", name)));
    if flags.skip_lint {
        words.push("--skip-lint".into());
    }
    if let Some((kind, index, total)) = shard {
        // What a shard has depends on what it was balanced by.
        words.extend(flags.timings.iter().map(|path| format!("--timings {}", path_word(path))));
        words.extend([
            format!("--shard-kind {kind}"),
            format!("--shard-index {index}"),
            format!("--shard-total {total}"),
        ]);
    }
    if let Some(baseline) = baseline {
        words.push(format!("--diff-from {}", path_word(baseline)));
    }
    words.join(" ")
}

/// The command that replays what failed in a run, by its summary or folder.
pub fn rerun_from(source: &str) -> String {
    format!("tollgate run --rerun-from {}", path_word(source))
}

/// The one command that repeats a replay of `source`, which is compared with the source unless another baseline was named.
pub fn replay_again(source: &str, flags: &Flags, baseline: Option<&str>) -> String {
    if flags.bundle {
        return format!("tollgate replay {}", path_word(source));
    }
    let own = |baseline: &&str| *baseline == source || *baseline == format!("{source}/summary.json");
    match baseline.filter(|baseline| !own(baseline)) {
        Some(other) => format!("{} --diff-from {}", rerun_from(source), path_word(other)),
        None => rerun_from(source),
    }
}

/// A command that repeats a run, under the rules that decide what became of its suites; `timeout` in seconds.
pub fn under_rules(mut again: String, retries: u32, timeout: Option<u64>) -> String {
    if retries > 0 {
        again.push_str(&format!(" --retries {retries}"));
    }
    if let Some(seconds) = timeout {
        again.push_str(&format!(" --timeout {seconds}s"));
    }
    again
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_core::model::suite::{EvidenceFrom, Names};

    fn masker() -> Masker {
        Masker::new(Vec::<(String, String)>::new(), |_| false).unwrap()
    }

    fn settings() -> RunSettings {
        let line = |text: &str| Some(CommandLine::parse(text).unwrap());
        let spec = SuiteSpec {
            kind: "unit".into(),
            role: SuiteRole::Unit,
            names: Names::Listed(vec![]),
            evidence: EvidenceFrom::Run,
            command: line("pytest --junitxml={out}/junit.xml"),
            single: line("pytest --junitxml={out}/junit.xml {test}"),
            reader: ResultReader::Pytest,
            results: Some("{out}/junit.xml".into()),
            timeout: 60,
            env: vec![("CACHE".into(), "{out}/cache".into())],
            cwd: "my tests".into(),
            max_retries: None,
            repeats: Default::default(),
            flaky: tollgate_core::model::flake::FlakeRules::default(),
            outputs: Vec::new(),
        };
        RunSettings { suites: vec![spec], lint: vec![], profiles: vec![] }
    }

    #[test]
    fn a_command_with_a_folder_is_shown_with_one_outside_of_the_evidence() {
        let settings = settings();
        let masker = masker();
        let replays = Replays::new(&settings, "ci", &masker);
        insta::assert_snapshot!(replays.suite(SuiteRole::Unit, "unit", "a"), @"mkdir -p /tmp/tollgate-replay && cd 'my tests' && CACHE=/tmp/tollgate-replay/cache pytest '--junitxml=/tmp/tollgate-replay/junit.xml'");
        insta::assert_snapshot!(replays.test("unit", "a", "t.py::b[1 $x]").unwrap(), @"mkdir -p /tmp/tollgate-replay && cd 'my tests' && CACHE=/tmp/tollgate-replay/cache pytest '--junitxml=/tmp/tollgate-replay/junit.xml' 't.py::b[1 $x]'");
    }

    #[test]
    fn a_go_name_is_quoted_part_by_part_and_several_are_one_line() {
        let mut settings = settings();
        let spec = &mut settings.suites[0];
        (spec.reader, spec.env) = (ResultReader::Go, vec![("A".into(), "1".into())]);
        spec.single = Some(CommandLine::parse("go test -run '^{test}$' ./...").unwrap());
        let words = single(spec, "a", r"TestA/a+b.(c)/\d", "/o").unwrap();
        assert_eq!(words.arguments()[2], r"^TestA$/^a\+b\.\(c\)$/^\\d$");
        let masker = masker();
        let replays = Replays::new(&settings, "ci", &masker);
        let line = replays.tests(replays.spec("unit", "a").unwrap(), "a", &["A", "B"]).unwrap();
        insta::assert_snapshot!(line, @"cd 'my tests' && A=1 go test -run '^A$' ./... && A=1 go test -run '^B$' ./...");
        assert_eq!(replays.test("unit", "a", "--help"), None);
    }

    #[test]
    fn no_name_is_taken_for_a_flag() {
        let settings = RunSettings { suites: vec![], lint: vec![], profiles: vec![] };
        let masker = masker();
        let replays = Replays::new(&settings, "-ci", &masker);
        insta::assert_snapshot!(replays.suite(SuiteRole::Unit, "unit", "-da sh"), @"tollgate run --profile=-ci --unit-target='-da sh'");
        let chosen = Chosen { suites: vec!["--x".into()], units: vec!["a".into(), "-b".into()] };
        let flags = Flags { skip_lint: true, timings: vec!["-t.json".into()], bundle: false };
        let shard = Some(("unit", 0, 2));
        insta::assert_snapshot!(run_again("ci", &chosen, &flags, Some("-base"), shard), @"tollgate run --profile ci --suite=--x --unit-target a --unit-target=-b --skip-lint --timings ./-t.json --shard-kind unit --shard-index 0 --shard-total 2 --diff-from ./-base");
    }

    #[test]
    fn a_replay_is_repeated_as_it_was_made() {
        let flags = |bundle| Flags { bundle, ..Flags::default() };
        let again = |source: &str, bundle, baseline| replay_again(source, &flags(bundle), baseline);
        assert_eq!(again("o/b.json", true, Some("o/summary.json")), "tollgate replay o/b.json");
        assert_eq!(again("o", false, Some("o/summary.json")), "tollgate run --rerun-from o");
        assert_eq!(again("o/s.json", false, Some("o/s.json")), "tollgate run --rerun-from o/s.json");
        assert_eq!(again("o", false, Some("p/s.json")), "tollgate run --rerun-from o --diff-from p/s.json");
    }
}

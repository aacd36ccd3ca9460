//! `[suites.*]`, `[lint]`, `[profiles.*]` (`docs/tollgate-toml.md`). They are read wherever the file is, so that a slip is found by
//! `check` and not by the first run.

use crate::config::duration;
use crate::config::flake_rules;
use crate::config::run_profiles::{self, named};
use crate::config::strings::strings;
use crate::files::Root;
use tollgate_core::model::plan::RunSettings;
use tollgate_core::model::suite::{self, EvidenceFrom, Names, Repeats, SuiteRole, SuiteSpec};
use tollgate_text::command::{CommandLine, shell_word};
use tollgate_text::escape::is_blank;
use tollgate_text::toml_text::{TableReader, TomlText, suggestion};

/// Seconds that a suite may take where its section says nothing: 10 minutes.
const TIMEOUT: u64 = 600;
/// What stands for a suite's name and its result folder in a suite's texts.
const OF_SUITE: &[&str] = &["{name}", "{out}"];
/// The same, and the test, in the command of one test.
const OF_TEST: &[&str] = &["{name}", "{out}", "{test}", "{test_regex}"];
/// The same, where results say the class and the file of a test.
const OF_JUNIT_TEST: &[&str] =
    &["{name}", "{out}", "{test}", "{class}", "{file}", "{test_regex}", "{class_regex}", "{name_regex}"];
/// The same, where a test's name begins with its file.
const OF_PYTEST_TEST: &[&str] = &["{name}", "{out}", "{test}", "{file}", "{test_regex}"];

/// Reads the three sections of the top table. What is wrong is a fault of its reader, and is left out of the settings.
pub fn read(top: &TableReader<'_, '_>) -> RunSettings {
    let mut kinds: Vec<String> = Vec::new();
    let mut suites: Vec<SuiteSpec> = Vec::new();
    for (kind, section) in top.tables("suites", "suites") {
        named(&section, &kind, "a kind of suites");
        kinds.push(kind.value.clone());
        suites.extend(suite(&kind.value, section));
    }
    let lint = top.table("lint", "`[lint]`").map(|section| lint(&section)).unwrap_or_default();
    let roles: Vec<(&str, SuiteRole)> = suites.iter().map(|s| (s.kind.as_str(), s.role)).collect();
    let profiles = run_profiles::read(top, &kinds, &roles);
    RunSettings { suites, lint, profiles }
}

fn suite(kind: &str, section: TableReader<'_, '_>) -> Option<SuiteSpec> {
    let evidence = evidence(&section);
    let given = evidence == EvidenceFrom::Run || section.value("command").is_some();
    let command = given
        .then(|| section.required_line("command"))
        .flatten()
        .and_then(|text| command(&section, "command", &text, OF_SUITE));
    let reader = reader(&section);
    let single = section.text("single").and_then(|text| single(&section, &text, reader));
    let names = names(&section);
    let timeout = timeout(&section);
    let role = role(&section, kind);
    let env = env(&section);
    let cwd = cwd(&section);
    let results = if given { results(&section, reader, &cwd) } else { unused(&section) };
    let max_retries = flake_rules::max_retries(&section);
    let repeats = repeats(&section, reader);
    let flaky = flake_rules::read(&section, reader);
    let outputs = flake_rules::outputs(&section);
    section.finish();
    Some(SuiteSpec {
        kind: kind.to_string(),
        role,
        names: names?,
        evidence,
        command: if given { Some(command?) } else { None },
        single,
        reader: reader?,
        results,
        timeout,
        env,
        cwd,
        max_retries,
        repeats,
        flaky,
        outputs,
    })
}

/// `evidence`; `run` where the key is absent.
fn evidence(section: &TableReader<'_, '_>) -> EvidenceFrom {
    let Some(word) = section.text("evidence") else { return EvidenceFrom::Run };
    match word.value.as_str() {
        "run" => EvidenceFrom::Run,
        "ingest" => EvidenceFrom::Ingest,
        said => {
            let said = said.escape_debug().to_string();
            section.fault(word.span, format!("`evidence` is \"run\" or \"ingest\", not \"{said}\""));
            EvidenceFrom::Run
        }
    }
}

/// A kind without a command is run by nothing here: a file of results would be read by nothing.
fn unused(section: &TableReader<'_, '_>) -> Option<String> {
    if let Some(value) = section.value("results") {
        let what = section.what();
        section.fault(value.span(), format!("{what} has no `command`, and so no use for `results`"));
    }
    None
}

/// `repeats`; tests of their own where the key is absent. Other formats show themselves what is an attempt.
fn repeats(section: &TableReader<'_, '_>, reader: Option<suite::ResultReader>) -> Repeats {
    let Some(word) = section.text("repeats") else { return Repeats::Tests };
    let (what, said) = (section.what(), word.value.escape_debug());
    if reader.is_some_and(|reader| reader != suite::ResultReader::Junit) {
        section.fault(word.span.clone(), format!("`repeats` of {what} is for the reader \"junit\" alone"));
    }
    let no_word = format!("`repeats` of {what} is \"tests\" or \"attempts\", not \"{said}\"");
    Repeats::parse(&word.value).unwrap_or_else(|| {
        section.fault(word.span, no_word);
        Repeats::Tests
    })
}

/// One of `names`, `glob`, `from`.
fn names(section: &TableReader<'_, '_>) -> Option<Names> {
    let listed = section.texts("names").map(|names| listed(section, &names));
    let glob = section.text("glob").map(|text| glob(section, &text));
    let from = section.text("from").map(|word| {
        if word.value != "classification" {
            let said = word.value.escape_debug().to_string();
            section.fault(word.span, format!("`from` can only be \"classification\", not \"{said}\""));
        }
        Names::Classification
    });
    let given = ["names", "glob", "from"].into_iter().filter(|key| section.value(key).is_some()).count();
    if given != 1 {
        let what = section.what();
        section.fault(section.header(), format!("{what} needs one of `names`, `glob`, `from`, and only one"));
    }
    listed.or(glob).or(from)
}

fn listed(section: &TableReader<'_, '_>, names: &[TomlText]) -> Names {
    let what = section.what();
    let mut found: Vec<String> = Vec::new();
    if names.is_empty()
        && let Some(list) = section.value("names")
    {
        section.fault(list.span(), format!("`names` of {what} is an empty list"));
    }
    for name in names {
        let shown = name.value.escape_debug();
        if name.value.is_empty() || name.value.contains('\0') {
            section
                .fault(name.span.clone(), format!("`names` of {what}: \"{shown}\" is no name for a suite"));
        } else if found.contains(&name.value) {
            section.fault(name.span.clone(), format!("`{shown}` stands twice in `names` of {what}"));
        } else {
            found.push(name.value.clone());
        }
    }
    Names::Listed(found)
}

fn glob(section: &TableReader<'_, '_>, text: &TomlText) -> Names {
    let why = match Root::clean(&text.value) {
        Err(error) => Some(error.to_string()),
        Ok(clean) => clean.split('/').find_map(|part| match part {
            "**" => None,
            part => glob::Pattern::new(part).err().map(|error| error.msg.to_string()),
        }),
    };
    if let Some(why) = why {
        section.fault(text.span.clone(), format!("`glob` of {}: {why}", section.what()));
    }
    Names::Glob(text.value.clone())
}

/// A command in words, holding no placeholder but those of `known`.
fn command(section: &TableReader<'_, '_>, key: &str, text: &TomlText, known: &[&str]) -> Option<CommandLine> {
    placeholders(section, key, text, known);
    match CommandLine::parse(&text.value) {
        Ok(line) => {
            if let Some(word) = shell_word(&text.value) {
                let (what, word) = (section.what(), word.escape_debug());
                section.fault(
                    text.span.clone(),
                    format!(
                        "`{key}` of {what}: no shell reads it, so `{word}` would be an argument: write sh -c '…', or quote it"
                    ),
                );
            }
            Some(line)
        }
        Err(why) => {
            section.fault(text.span.clone(), format!("`{key}` of {}: {why}", section.what()));
            None
        }
    }
}

fn single(
    section: &TableReader<'_, '_>,
    text: &TomlText,
    reader: Option<suite::ResultReader>,
) -> Option<CommandLine> {
    let known = match reader {
        Some(suite::ResultReader::Junit) => OF_JUNIT_TEST,
        Some(suite::ResultReader::Pytest) => OF_PYTEST_TEST,
        _ => OF_TEST,
    };
    let line = command(section, "single", text, known)?;
    let stands = |placeholder: &str| line.arguments().iter().any(|word| word.contains(placeholder));
    let has = |part: &str| stands(&format!("{{{part}}}")) || stands(&format!("{{{part}_regex}}"));
    let reaches = has("test") || (has("class") && has("name"));
    if !reaches {
        let what = section.what();
        section.fault(
            text.span.clone(),
            format!(
                "`single` of {what} holds no {{test}} behind its program, so it cannot run one test alone"
            ),
        );
    }
    Some(line)
}

/// Reports each `{word}` that stands for nothing: it would reach the command as it is.
fn placeholders(section: &TableReader<'_, '_>, key: &str, text: &TomlText, known: &[&str]) {
    let mut rest = text.value.as_str();
    while let Some(open) = rest.find('{') {
        rest = &rest[open..];
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let end = rest[1..].find(|c| !word(c)).map_or(rest.len(), |at| at + 1);
        if end > 1 && rest[end..].starts_with('}') && !known.contains(&&rest[..=end]) {
            let what = section.what();
            let may = if known.is_empty() {
                "it takes none".into()
            } else {
                format!("known are {}", known.join(", "))
            };
            section.fault(
                text.span.clone(),
                format!("`{key}` of {what} knows no placeholder {}; {may}", &rest[..=end]),
            );
        }
        rest = &rest[end..];
    }
}

/// The reader; `exit` where none is named.
fn reader(section: &TableReader<'_, '_>) -> Option<suite::ResultReader> {
    let Some(word) = section.text("reader") else { return Some(suite::ResultReader::Exit) };
    let found = suite::ResultReader::parse(&word.value);
    if found.is_none() {
        let hint = suggestion(&word.value, suite::ResultReader::ALL.map(suite::ResultReader::name));
        section.fault(word.span, format!("no reader is called \"{}\"{hint}", word.value.escape_debug()));
    }
    found
}

/// The file that the reader reads. Without one a reader of text reads the suite's output; a reader of a file has nothing.
fn results(section: &TableReader<'_, '_>, reader: Option<suite::ResultReader>, cwd: &str) -> Option<String> {
    use suite::ResultReader::{Exit, Jest, Junit, Playwright, Pytest};
    let what = section.what();
    let Some(text) = section.text("results") else {
        if let Some(reader @ (Jest | Junit | Playwright | Pytest)) = reader
            && section.value("results").is_none()
        {
            let name = reader.name();
            section.fault(
                section.header(),
                format!(
                    "{what} has no `results`: the reader {name} reads a file, for example \"{{out}}/results\""
                ),
            );
        }
        return None;
    };
    if reader == Some(Exit) {
        section.fault(
            text.span.clone(),
            format!("`results` of {what} is read by nothing: its `reader` is \"exit\""),
        );
    }
    if is_blank(&text.value) || text.value.chars().any(char::is_control) {
        section
            .fault(text.span.clone(), format!("`results` of {what} is blank or holds a control character"));
    }
    if text.value.contains('*') && !(reader == Some(Junit) && text.value.ends_with(".xml")) {
        section.fault(
            text.span.clone(),
            format!("`results` of {what} is a pattern: only the reader \"junit\" reads several files, and they end in .xml"),
        );
    }
    if leaves(&text.value, cwd) {
        section.fault(
            text.span.clone(),
            format!(
                "`results` of {what} leads out of the workspace: tollgate removes that file before each start"
            ),
        );
    }
    placeholders(section, "results", &text, OF_SUITE);
    Some(text.value)
}

/// Whether a results path is absolute, or leads out of the workspace from `cwd`, or out of the suite's own folder.
fn leaves(results: &str, cwd: &str) -> bool {
    let (mut depth, rest) = match results.strip_prefix("{out}") {
        Some(rest) => (0, rest.trim_start_matches('/')),
        None => (cwd.split('/').filter(|part| !matches!(*part, "" | ".")).count(), results),
    };
    for part in rest.split('/') {
        match part {
            "" | "." => {}
            ".." if depth == 0 => return true,
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    results.starts_with('/')
}

fn timeout(section: &TableReader<'_, '_>) -> u64 {
    let Some(text) = section.text("timeout") else { return TIMEOUT };
    duration::parse(&text.value).unwrap_or_else(|why| {
        section.fault(text.span, format!("`timeout` of {}: {why}", section.what()));
        TIMEOUT
    })
}

/// `as`; without it the kind `e2e` holds suites and every other holds units.
fn role(section: &TableReader<'_, '_>, kind: &str) -> SuiteRole {
    let usual = if kind == "e2e" { SuiteRole::Suite } else { SuiteRole::Unit };
    let Some(word) = section.text("as") else { return usual };
    match word.value.as_str() {
        "suite" => SuiteRole::Suite,
        "unit" => SuiteRole::Unit,
        said => {
            let said = said.escape_debug().to_string();
            section.fault(word.span, format!("`as` is \"suite\" or \"unit\", not \"{said}\""));
            usual
        }
    }
}

/// `env`, in the order written.
fn env(section: &TableReader<'_, '_>) -> Vec<(String, String)> {
    let label = format!("{}.env]`", section.what().trim_end_matches('`').trim_end_matches(']'));
    let Some(table) = section.table("env", label.clone()) else { return Vec::new() };
    let mut found = strings(&table, &label);
    for (name, value) in &found {
        let shown = name.value.escape_debug();
        if name.value.is_empty() || name.value.contains(['=', '\0']) {
            table.fault(
                name.span.clone(),
                format!("`{shown}` of {label} is no name of an environment variable"),
            );
        }
        if value.value.contains('\0') {
            table.fault(value.span.clone(), format!("`{shown}` of {label} holds a NUL byte"));
        }
        placeholders(&table, &name.value, value, OF_SUITE);
    }
    found.sort_by_key(|(name, _)| name.span.start);
    found.into_iter().map(|(name, value)| (name.value, value.value)).collect()
}

/// The folder that the suite runs in, `.` for the root.
fn cwd(section: &TableReader<'_, '_>) -> String {
    let Some(text) = section.text("cwd") else { return ".".into() };
    placeholders(section, "cwd", &text, &[]);
    match Root::clean(&text.value) {
        Ok(clean) if clean.is_empty() => ".".into(),
        Ok(clean) => clean,
        Err(error) => {
            section.fault(text.span, format!("`cwd` of {}: {error}", section.what()));
            ".".into()
        }
    }
}

/// Lint steps, in the order written.
fn lint(section: &TableReader<'_, '_>) -> Vec<(String, CommandLine)> {
    let mut steps = strings(section, "`[lint]`");
    steps.sort_by_key(|(name, _)| name.span.start);
    let mut found = Vec::new();
    for (name, text) in steps {
        named(section, &name, "a lint step");
        found.extend(command(section, &name.value, &text, &[]).map(|line| (name.value, line)));
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::config::problem::SourceText;
    use crate::config::resolve::{FILE, workspace};
    use crate::embedded_in_tests::EMBEDDED;
    use tollgate_core::model::plan::RunSettings;
    use tollgate_core::model::suite::{Names, ResultReader, SuiteRole};

    fn load(text: &str) -> (RunSettings, Vec<(usize, String)>) {
        let (found, faults) = workspace(&EMBEDDED, &SourceText { path: FILE.into(), text: text.into() });
        let line = |at: usize| text[..at].matches('\n').count() + 1;
        (found.runs, faults.into_iter().map(|f| (line(f.span.start), f.message)).collect())
    }

    fn suite(more: &str) -> String {
        format!("[suites.unit]\nnames = ['a']\ncommand = 'x {{name}}'\n{more}\n")
    }

    #[test]
    fn a_section_is_read_with_its_defaults() {
        let (runs, faults) = load(&suite("[suites.e2e]\nfrom = 'classification'\ncommand = 'y'"));
        assert_eq!(faults, []);
        let [e2e, unit] = &runs.suites[..] else { panic!("{runs:?}") };
        assert_eq!(
            (unit.kind.as_str(), unit.role, unit.reader),
            ("unit", SuiteRole::Unit, ResultReader::Exit)
        );
        assert_eq!((unit.timeout, unit.cwd.as_str(), &unit.results, &unit.single), (600, ".", &None, &None));
        assert_eq!(unit.names, Names::Listed(vec!["a".into()]));
        assert_eq!((e2e.role, &e2e.names), (SuiteRole::Suite, &Names::Classification));
    }

    #[test]
    fn a_section_is_read_whole() {
        let (runs, faults) = load(
            "[suites.web]\nglob = 'tests/*.spec.ts'\ncommand = 'A=\"b c\" npx playwright test {name}'\n\
             single = 'npx playwright test {name} -g {test}'\nreader = 'playwright'\nresults = '{out}/r.json'\n\
             timeout = '90s'\nenv = { Z = '{out}/z', A = '{name}' }\ncwd = './web/'\nas = 'suite'\n\
             [lint]\nz = 'cargo fmt --check'\na = 'b'\n",
        );
        assert_eq!(faults, []);
        let web = &runs.suites[0];
        assert_eq!((web.role, web.timeout, web.cwd.as_str()), (SuiteRole::Suite, 90, "web"));
        assert_eq!(web.command.as_ref().unwrap().filled("{name}", "a 'b").arguments()[2], "a 'b");
        assert_eq!(web.env, [("Z".into(), "{out}/z".into()), ("A".into(), "{name}".to_string())]);
        assert_eq!(runs.lint.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["z", "a"]);
    }

    #[test]
    fn braces_that_are_no_placeholder_are_left_alone() {
        let (_, faults) = load(
            &suite("single = \"awk '{print $1} {} ${HOME' {test} {\"").replace("x {name}", "x {\"a\":1} {"),
        );
        assert_eq!(faults, []);
    }

    #[test]
    fn every_fault_has_its_line() {
        for (more, line, wanted) in [
            ("single = 'y'", 4, "`single` of `[suites.unit]` holds no {test} behind its program"),
            ("single = '{test}'", 4, "holds no {test} behind its program"),
            (
                "single = 'y {test} {tset}'",
                4,
                "`single` of `[suites.unit]` knows no placeholder {tset}; known are {name}, {out}, {test}, {test_regex}",
            ),
            ("single = \"y '\"", 4, "has a quote that is not closed"),
            ("reader = 'junit'", 1, "`[suites.unit]` has no `results`: the reader junit reads a file"),
            ("reader = 'pytest'", 1, "the reader pytest reads a file"),
            ("reader = 'playwright'", 1, "the reader playwright reads a file"),
            ("reader = 'junti'", 4, "no reader is called \"junti\"; did you mean `junit`?"),
            ("results = '{out}/x'", 4, "is read by nothing: its `reader` is \"exit\""),
            ("reader = 'tap'\nresults = '../x'", 5, "leads out of the workspace"),
            ("reader = 'tap'\nresults = '/x'", 5, "leads out of the workspace"),
            ("reader = 'tap'\nresults = 'a/../../b/x'\ncwd = '.'", 5, "leads out of the workspace"),
            ("reader = 'tap'\nresults = '{out}/../x'", 5, "leads out of the workspace"),
            (
                "single = 'y {test} > z'",
                4,
                "`single` of `[suites.unit]`: no shell reads it, so `>` would be an argument",
            ),
            ("[lint]\nfmt = 'a && b'", 5, "so `&&` would be an argument: write sh -c '…', or quote it"),
            (
                "reader = 'tap'\nresults = '{run}/x'",
                5,
                "`results` of `[suites.unit]` knows no placeholder {run}",
            ),
            ("reader = 'tap'\nresults = ' '", 5, "is blank"),
            (
                "reader = 'tap'\nresults = 'r/*.xml'",
                5,
                "is a pattern: only the reader \"junit\" reads several files",
            ),
            ("reader = 'junit'\nresults = 'r/*.json'", 5, "and they end in .xml"),
            ("reader = 'jest'", 1, "the reader jest reads a file"),
            ("single = 'y {test} {class_regex}'", 4, "knows no placeholder {class_regex}"),
            (
                "env = { A = '{test}' }",
                4,
                "`A` of `[suites.unit.env]` knows no placeholder {test}; known are {name}, {out}",
            ),
            (
                "env = { 'A=B' = 'x' }",
                4,
                "`A=B` of `[suites.unit.env]` is no name of an environment variable",
            ),
            ("cwd = '../x'", 4, "`cwd` of `[suites.unit]`: ../x leaves the workspace"),
            ("cwd = '{name}'", 4, "`cwd` of `[suites.unit]` knows no placeholder {name}; it takes none"),
            ("timeout = 'soon'", 4, "is no duration"),
            ("[lint]\nfmt = 'x {name}'", 5, "`fmt` of `[lint]` knows no placeholder {name}; it takes none"),
            ("[lint]\n'a b' = 'x'", 5, "`a b` is no name for a lint step"),
            ("[suites.'a/b']\nnames = ['x']\ncommand = 'y'", 4, "`a/b` is no name for a kind of suites"),
            ("[suites.b]\nnames = ['x', 'y', 'x']\ncommand = 'y'", 5, "`x` stands twice in `names`"),
            ("[suites.b]\nnames = []\ncommand = 'y'", 5, "`names` of `[suites.b]` is an empty list"),
            (
                "[suites.b]\nglob = '/x/*'\ncommand = 'y'",
                5,
                "`glob` of `[suites.b]`: /x/* leaves the workspace",
            ),
            ("[suites.b]\nglob = 'x/[a'\ncommand = 'y'", 5, "`glob` of `[suites.b]`: "),
            (
                "[suites.b]\nnames = ['x']\ncommand = 'y {test}'",
                6,
                "`command` of `[suites.b]` knows no placeholder {test}",
            ),
        ] {
            let (_, faults) = load(&suite(more));
            assert_eq!(faults.len(), 1, "{more}\n{faults:?}");
            assert_eq!(faults[0].0, line, "{more}\n{faults:?}");
            assert!(faults[0].1.contains(wanted), "{wanted}\n{faults:?}");
        }
    }

    #[test]
    fn all_faults_of_a_section_come_together() {
        let (_, faults) =
            load("[suites.unit]\ncommand = 'x {a}'\nsingle = 'y'\nreader = 'z'\ntimeout = '1'\nmore = 1\n");
        assert_eq!(faults.len(), 6, "{faults:?}");
    }
}

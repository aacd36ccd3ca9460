//! `tollgate.toml` into the settings in force: what the file says over the embedded default.

use crate::config::problem::SourceText;
use crate::config::{duration, run_sections};
use crate::files::Root;
use std::cell::RefCell;
use std::collections::BTreeSet;
use tollgate_core::model::embedded::Embedded;
use tollgate_core::model::gate::Region;
use tollgate_core::model::plan::RunSettings;
use tollgate_core::model::workspace::{Settings, UntrackedRule};
use tollgate_text::json::TextPlaces;
use tollgate_text::toml_text::{self, Faults, TableReader, TomlFault, TomlText, suggestion};

/// The file's name in the root folder.
pub const FILE: &str = "tollgate.toml";

/// Bytes of a text that masking lets through at most: output is held back until it is known whether it stands there.
const ALLOWED: usize = 16 << 10;

/// `tollgate.toml`, understood.
#[derive(Debug, Clone)]
pub struct WorkspaceFile {
    /// The settings in force.
    pub settings: Settings,
    /// The line that names the packs: where packed gates are shown to come from.
    pub packs_region: Region,
    /// Folders of gates and schemas that the file itself names: a note is due when one is not there.
    pub named_folders: Vec<String>,
    /// Suites, lint steps and profiles.
    pub runs: RunSettings,
}

/// The embedded default: what holds where `tollgate.toml` is silent.
pub fn defaults() -> Settings {
    Settings {
        packs: vec!["starter".into()],
        gates: vec!["gates".into()],
        schemas: vec!["schemas".into()],
        runbook: vec!["runbook".into()],
        results: "tests/e2e_results".into(),
        output: "tests/full_suite_gate".into(),
        classification: "tests/suite_classification.toml".into(),
        env: Vec::new(),
        whole: "ci".into(),
        git: None,
        prefix: String::new(),
        mask_allow: Vec::new(),
        timeout: 1_800,
        untracked: None,
        tree_exclude: Vec::new(),
    }
}

/// Every embedded pack, sorted.
pub fn known_packs(embedded: &Embedded) -> BTreeSet<&'static str> {
    embedded.gates.iter().filter_map(|(path, _)| path.split_once('/')).map(|(pack, _)| pack).collect()
}

/// Reads the file. What is wrong is in the list; where something is, the default stands in.
pub fn workspace(embedded: &Embedded, source: &SourceText) -> (WorkspaceFile, Vec<TomlFault>) {
    let text: &str = &source.text;
    let places = TextPlaces::of(text.as_bytes());
    let (table, syntax) = toml_text::parse(text);
    let broken = !syntax.is_empty();
    let faults = RefCell::new(syntax);
    let header = 0..text.find(['\n', '\r']).unwrap_or(text.len());
    let top = TableReader::new(table.get_ref(), header, "tollgate.toml", &faults);
    let mut found = WorkspaceFile {
        settings: defaults(),
        packs_region: Region::to_end_of_line(&source.path, &places, 0),
        named_folders: Vec::new(),
        runs: RunSettings { suites: Vec::new(), lint: Vec::new(), profiles: Vec::new() },
    };
    let mut whole = None;
    if let Some(section) = top.table("workspace", "`[workspace]`") {
        found.packs_region = Region::of(&source.path, &places, section.header());
        whole = section.text("whole");
        workspace_section(&known_packs(embedded), section, &mut found, source, &places, &faults);
    }
    if let Some(section) = top.table("reproduce", "`[reproduce]`") {
        reproduce_section(section, &mut found.settings);
    }
    if let Some(section) = top.table("mask", "`[mask]`") {
        mask_section(section, &mut found.settings);
    }
    found.runs = run_sections::read(&top);
    if let Some(whole) = &whole {
        whole_profile(whole, &found.runs, &faults);
        found.settings.whole.clone_from(&whole.value);
    }
    // Sections of later parts of tollgate: read by those, only known here.
    for later in ["trace", "mender"] {
        top.table(later, format!("`[{later}]`"));
    }
    top.finish();
    let mut faults = faults.into_inner();
    if broken {
        faults.retain(|f| f.message.starts_with("not valid TOML"));
    }
    (found, faults)
}

fn workspace_section(
    known: &BTreeSet<&str>,
    section: TableReader<'_, '_>,
    found: &mut WorkspaceFile,
    source: &SourceText,
    places: &TextPlaces<'_>,
    faults: &Faults,
) {
    let settings = &mut found.settings;
    if let Some(value) = section.value("packs") {
        let line = places.line(value.span().start).start;
        found.packs_region = Region::to_end_of_line(&source.path, places, line);
        if let Some(names) = section.texts("packs") {
            settings.packs = packs(known, &names, faults);
        }
    }
    for (key, target) in [
        ("gates", &mut settings.gates),
        ("schemas", &mut settings.schemas),
        ("runbook", &mut settings.runbook),
    ] {
        if let Some(texts) = section.texts(key) {
            *target = texts.iter().filter_map(|text| folder(key, text, true, faults)).collect();
            found.named_folders.extend(target.iter().cloned());
        }
    }
    for (key, target) in [
        ("results", &mut settings.results),
        ("output", &mut settings.output),
        ("classification", &mut settings.classification),
    ] {
        if let Some(path) = section.text(key).and_then(|text| folder(key, &text, false, faults)) {
            *target = path;
        }
    }
    if let Some(names) = section.texts("env") {
        settings.env = names.iter().filter_map(|name| env_name(name, faults)).collect();
    }
    if section.value("git").is_some() {
        settings.git = section.boolean("git");
    }
    if let Some(rule) = section.text("untracked") {
        settings.untracked = untracked(&rule, faults);
    }
    if let Some(texts) = section.texts("tree_exclude") {
        let paths = texts.iter().filter_map(|text| folder("tree_exclude", text, false, faults));
        settings.tree_exclude = paths.collect();
    }
    section.finish();
}

/// `whole` names a profile, and one that selects by itself.
fn whole_profile(name: &TomlText, runs: &RunSettings, faults: &Faults) {
    let shown = name.value.escape_debug();
    let message = match runs.profiles.iter().find(|p| p.name == name.value) {
        None => {
            let known = runs.profiles.iter().map(|p| p.name.as_str());
            let hint = suggestion(&name.value, known);
            format!("`whole` of `[workspace]`: no profile is called `{shown}`{hint}")
        }
        Some(profile) if profile.chosen => {
            format!("`whole` of `[workspace]`: the profile `{shown}` runs what is chosen, which is no whole")
        }
        Some(_) => return,
    };
    faults.borrow_mut().push(TomlFault { message, span: name.span.clone() });
}

fn untracked(word: &TomlText, faults: &Faults) -> Option<UntrackedRule> {
    let found =
        [UntrackedRule::Allow, UntrackedRule::Fail].into_iter().find(|rule| rule.name() == word.value);
    if found.is_none() {
        let message = "`untracked` of `[workspace]` is \"allow\" or \"fail\"".to_string();
        faults.borrow_mut().push(TomlFault { message, span: word.span.clone() });
    }
    found
}

fn packs(known: &BTreeSet<&str>, names: &[TomlText], faults: &Faults) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for name in names {
        let message = if !known.contains(name.value.as_str()) {
            let list: Vec<_> = known.iter().copied().collect();
            // Whoever reads a list of packs looks for one of his own.
            let list: Vec<String> = list
                .into_iter()
                .map(|name| {
                    if name == "runbook" {
                        "runbook (the policy of one project)".into()
                    } else {
                        name.to_string()
                    }
                })
                .collect();
            format!("no pack is called \"{}\"; the packs are {}", name.value.escape_debug(), list.join(", "))
        } else if found.contains(&name.value) {
            format!("the pack \"{}\" stands twice in `packs`", name.value)
        } else {
            found.push(name.value.clone());
            continue;
        };
        faults.borrow_mut().push(TomlFault { message, span: name.span.clone() });
    }
    found
}

/// A path of the workspace; the root itself only where `root` allows it.
fn folder(key: &str, text: &TomlText, root: bool, faults: &Faults) -> Option<String> {
    let wrong = |why: String| {
        let message = format!("`{key}` of `[workspace]`: {why}");
        faults.borrow_mut().push(TomlFault { message, span: text.span.clone() });
        None
    };
    if text.value.chars().any(char::is_control) {
        return wrong("the path holds a control character".into());
    }
    match Root::clean(&text.value) {
        Ok(clean) if clean.is_empty() && !root => {
            wrong("it is the root folder itself; name one below it".into())
        }
        Ok(clean) => Some(clean),
        Err(error) => wrong(error.to_string()),
    }
}

fn env_name(name: &TomlText, faults: &Faults) -> Option<String> {
    let shaped = name.value.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if shaped {
        return Some(name.value.clone());
    }
    let message = format!("`{}` is no name of an environment variable", name.value.escape_debug());
    faults.borrow_mut().push(TomlFault { message, span: name.span.clone() });
    None
}

fn reproduce_section(section: TableReader<'_, '_>, settings: &mut Settings) {
    if let Some(prefix) = section.text("prefix") {
        if shlex::split(&prefix.value).is_none() || prefix.value.chars().any(char::is_control) {
            section.fault(prefix.span, "`prefix` of `[reproduce]` cannot be split into words");
        } else {
            settings.prefix = prefix.value.trim().to_string();
        }
    }
    if let Some(timeout) = section.text("timeout") {
        match duration::parse(&timeout.value) {
            Ok(seconds) => settings.timeout = seconds,
            Err(why) => section.fault(timeout.span, format!("`timeout` of `[reproduce]`: {why}")),
        }
    }
    section.finish();
}

fn mask_section(section: TableReader<'_, '_>, settings: &mut Settings) {
    for text in section.texts("allow").unwrap_or_default() {
        let wrong = if text.value.trim().is_empty() {
            "a text that is let through is blank"
        } else if text.value.len() > ALLOWED {
            "a text that is let through is longer than 16 KiB"
        } else {
            settings.mask_allow.push(text.value);
            continue;
        };
        section.fault(text.span, format!("`allow` of `[mask]`: {wrong}"));
    }
    section.finish();
}

/// The end of a sentence about a gate id that none of `known` is.
pub fn unknown_gate(id: &str, known: &[&str]) -> String {
    format!("no gate has the id `{}`{}", id.escape_debug(), suggestion(id, known.iter().copied()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded_in_tests::EMBEDDED;

    fn load(text: &str) -> (WorkspaceFile, Vec<String>) {
        let (found, faults) = workspace(&EMBEDDED, &SourceText { path: FILE.into(), text: text.into() });
        (found, faults.into_iter().map(|f| f.message).collect())
    }

    #[test]
    fn an_empty_file_is_the_default() {
        let (found, faults) = load("");
        assert_eq!((found.settings, faults), (defaults(), vec![]));
    }

    #[test]
    fn the_example_of_the_contract_is_understood() {
        let text = r#"
[workspace]
packs = []                         # embedded packs
gates = ["gates", "more/./gates"]
schemas = ["schemas"]
results = "tests/e2e_results"
output = "out"
classification = "c.toml"
env = ["RELEASE_CHANNEL"]
git = true

[reproduce]
prefix = "rch exec --"
timeout = "30m"

[mask]
allow = ["user:pass@host"]

[trace]
on_failure = true

[suites.unit]
names = ["parser"]
command = "cargo test --test {name} -- --nocapture"
single = "cargo test --test {name} -- {test} --exact"
reader = "libtest"
results = "{out}/junit.xml"
timeout = "10m"
env = { RUST_LOG = "info" }
cwd = "."
as = "unit"

[lint]
fmt = "cargo fmt --check"

[profiles.ci]
lint = true
kinds = ["unit"]
skip = ["e2e_live"]
"#;
        let (found, faults) = load(text);
        assert_eq!(faults, Vec::<String>::new());
        let settings = found.settings;
        assert_eq!(settings.packs, Vec::<String>::new());
        assert_eq!(settings.gates, ["gates", "more/gates"]);
        assert_eq!((settings.output.as_str(), settings.classification.as_str()), ("out", "c.toml"));
        assert_eq!(
            (settings.git, settings.prefix.as_str(), settings.timeout),
            (Some(true), "rch exec --", 1_800)
        );
        assert_eq!(settings.mask_allow, ["user:pass@host"]);
        assert_eq!((found.packs_region.line, found.packs_region.column), (3, 1));
    }

    #[test]
    fn wrong_values_are_named_together() {
        let cases = [
            ("[workspace]\npacks = ['nope']", "no pack is called \"nope\"; the packs are"),
            (
                "[workspace]\npacks = 'runbook'",
                "`packs` of `[workspace]` must be a list of strings, not a string",
            ),
            ("[workspace]\nresults = '/tmp'", "`results` of `[workspace]`: /tmp leaves the workspace"),
            ("[workspace]\noutput = '..'", "it holds `..`"),
            ("[workspace]\noutput = '.'", "it is the root folder itself"),
            ("[workspace]\nenv = ['A B']", "`A B` is no name of an environment variable"),
            ("[workspace]\ngit = 'yes'", "`git` of `[workspace]` must be true or false, not a string"),
            ("[workspace]\nresult = 'x'", "`[workspace]` knows no key `result`; did you mean `results`?"),
            ("[worksapce]\npacks = []", "tollgate.toml knows no key `worksapce`; did you mean `workspace`?"),
            ("[workspace]\nwhole = 'cii'", "no profile is called `cii`; did you mean `ci`?"),
            (
                "[workspace]\nwhole = 'focused'",
                "the profile `focused` runs what is chosen, which is no whole",
            ),
            ("workspace = 3", "`workspace` of tollgate.toml must be a table, not an integer"),
            ("[reproduce]\nprefix = \"a 'b\"", "cannot be split into words"),
            ("[reproduce]\ntimeout = 'soon'", "is no duration"),
            ("[mask]\nallow = 'x'", "`allow` of `[mask]` must be a list of strings, not a string"),
            ("[mask]\nallow = [' ']", "`allow` of `[mask]`: a text that is let through is blank"),
            ("[mask]\nalow = []", "`[mask]` knows no key `alow`"),
            ("[suites.unit]\nname = ['a']", "`[suites.unit]` knows no key `name`; did you mean `names`?"),
            ("[suites.unit]\nnames = ['a']", "`[suites.unit]` has no `command`"),
            (
                "[suites.unit]\nnames = ['a']\nevidence = 'seen'",
                "`evidence` is \"run\" or \"ingest\", not \"seen\"",
            ),
            (
                "[suites.unit]\nnames = ['a']\nevidence = 'ingest'\nresults = 'x'",
                "has no `command`, and so no use for `results`",
            ),
            (
                "[suites.unit]\nnames = ['a']\ncommand = 'x'\nmax_retries = -1",
                "`max_retries` of `[suites.unit]` must be a whole number of 0 or more",
            ),
            (
                "[suites.unit]\nnames = ['a']\ncommand = 'x'\nreader = 'tap'\nrepeats = 'attempts'",
                "`repeats` of `[suites.unit]` is for the reader \"junit\" alone",
            ),
            (
                "[suites.unit]\nnames = ['a']\ncommand = 'x'\nreader = 'junit'\nresults = 'r'\nrepeats = 'often'",
                "`repeats` of `[suites.unit]` is \"tests\" or \"attempts\", not \"often\"",
            ),
            ("[suites.unit]\ncommand = 'x'", "needs one of `names`, `glob`, `from`"),
            (
                "[suites.unit]\ncommand = 'x'\nnames = ['a']\nglob = 'x'",
                "needs one of `names`, `glob`, `from`",
            ),
            ("[suites.unit]\ncommand = 'x'\nfrom = 'there'", "`from` can only be \"classification\""),
            ("[suites.unit]\ncommand = 'x'\nfrom = 'classification'\nreader = 'x'", "no reader is called"),
            (
                "[suites.unit]\ncommand = 'x'\nfrom = 'classification'\nas = 'x'",
                "`as` is \"suite\" or \"unit\"",
            ),
            (
                "[suites.unit]\ncommand = 'x'\nfrom = 'classification'\nenv = { A = 1 }",
                "`A` of `[suites.unit.env]` must be a string",
            ),
            ("[lint]\nfmt = 1", "`fmt` of `[lint]` must be a string, not an integer"),
            ("[profiles.ci]\nkind = []", "`[profiles.ci]` knows no key `kind`; did you mean `kinds`?"),
            ("[workspace\n", "not valid TOML"),
            ("a = 1\na = 2", "not valid TOML"),
        ];
        for (text, wanted) in cases {
            let (_, faults) = load(text);
            assert!(faults.iter().any(|f| f.contains(wanted)), "{wanted}\n{faults:?}");
        }
    }
}

//! Packages of JavaScript: npm, pnpm, yarn and bun; vitest, jest, mocha, ava, `node --test`, Playwright, Cypress.

use super::manager::{self, Manager};
use super::place::{ProjectFolder, base};
use super::proposal::{Called, Need, Proposal};
use super::script::{FoundTool, Scripts, TestTool};
use std::collections::{BTreeMap, BTreeSet};
use tollgate_core::model::suite::ResultReader;
use tollgate_text::command::quote;
use tollgate_text::json::{self, Json, JsonLimits};
use tollgate_text::show::show;

/// Lock files: what has one is installed by itself.
const LOCKS: [&str; 6] =
    ["package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "bun.lockb"];

/// A package below one that has suites is one of its own where it is installed by itself.
pub(super) fn own(place: &ProjectFolder<'_>) -> bool {
    place.has("package.json") && place.first(&LOCKS).is_some()
}

/// The suites of a package.
pub(super) fn find(place: &ProjectFolder<'_>) -> Vec<Proposal> {
    let Some(text) = place.text("package.json") else { return Vec::new() };
    let package = match json::parse(text.as_bytes(), &JsonLimits::default()) {
        Ok(package @ Json::Object(_)) => package,
        Ok(_) => return broken(place, "it is no object"),
        Err(error) => return broken(place, &format!("line {}: {}", error.place.line, error.message)),
    };
    let (manager, guess) = manager::of(place, &package);
    let package = Package::of(place, &package, manager);
    let mut found = package.suites();
    if let Some(first) = found.first_mut() {
        first.said.extend(guess);
    }
    found
}

/// A `package.json` that cannot be read is said, and nothing is made of it.
fn broken(place: &ProjectFolder<'_>, why: &str) -> Vec<Proposal> {
    let path = show(&place.path("package.json"));
    place.tree.note(format!("{path} cannot be read, and no suite is proposed for it: {why}"));
    Vec::new()
}

struct Package<'p> {
    place: &'p ProjectFolder<'p>,
    manager: Manager,
    scripts: BTreeMap<String, String>,
    needs: BTreeSet<String>,
}

impl<'p> Package<'p> {
    fn of(place: &'p ProjectFolder<'p>, package: &Json<'_>, manager: Manager) -> Package<'p> {
        let entries = |key: &str| -> Vec<(String, String)> {
            let Some(Json::Object(object)) = package.get(key) else { return Vec::new() };
            let texts = object
                .iter()
                .filter_map(|(name, value)| Some((name.to_string(), value.as_str()?.to_string())));
            texts.collect()
        };
        // A name that a command would have to quote, or take for an option, is nobody's script.
        let plain = |name: &str| {
            name.starts_with(|c: char| c.is_ascii_alphanumeric())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ':' | '_' | '-' | '.' | '/'))
        };
        let scripts = entries("scripts").into_iter().filter(|(name, _)| plain(name)).collect();
        let groups = ["dependencies", "devDependencies", "optionalDependencies"];
        let needs = groups.iter().flat_map(|key| entries(key)).map(|(name, _)| name).collect();
        Package { place, manager, scripts, needs }
    }

    fn suites(&self) -> Vec<Proposal> {
        let mut scripts = Scripts { all: &self.scripts, left_out: Vec::new() };
        let stated = self
            .scripts
            .get("test")
            .filter(|text| !text.contains("no test specified") && !text.trim().is_empty());
        let mut found = if stated.is_some() { scripts.found("test") } else { Vec::new() };
        for name in self.scripts.keys().filter(|name| is_of_tests(name)) {
            // A further script counts where it runs a tool that `test` does not.
            let more = scripts.found(name);
            let new = |more: &FoundTool| {
                more.tool != TestTool::Other && found.iter().all(|known| known.tool != more.tool)
            };
            let more: Vec<FoundTool> = more.into_iter().filter(new).collect();
            found.extend(more);
        }
        let left_out = if stated.is_some() { scripts.left_out } else { Vec::new() };
        self.add_tools(&mut found);
        // A step that checks the source is no suite of tests.
        let is_step = |found: &FoundTool| {
            found.tool == TestTool::Other && found.script != "test" && !is_of_tests(&found.script)
        };
        let steps: Vec<String> =
            found.iter().filter(|f| is_step(f)).map(|f| self.manager.script(&f.script)).collect();
        found.retain(|found| !is_step(found));
        let mut all: Vec<Proposal> =
            found.iter().map(|found| self.proposal(found, found_like(&found.tool, &found.script))).collect();
        let left: Vec<String> = steps.into_iter().chain(left_out).map(|text| show(&text)).collect();
        if let Some(first) = all.first_mut().filter(|_| !left.is_empty()) {
            first
                .said
                .push(format!("The script `test` runs more, which is no suite here: {}", left.join("; ")));
        }
        if all.is_empty() && self.place.folder.is_empty() {
            self.place
                .tree
                .note("package.json has no script `test`, and no test that a known tool runs".into());
        }
        all
    }

    /// Tools that no script runs, but that are there with what they need.
    fn add_tools(&self, found: &mut Vec<FoundTool>) {
        let has = |name: &str| self.needs.contains(name);
        let file = |start: &str| {
            self.place.files().any(|path| {
                !path.contains('/') && path.starts_with(start) && path[start.len()..].starts_with('.')
            })
        };
        let unit = found.iter().any(|f| !matches!(f.tool, TestTool::Playwright | TestTool::Cypress));
        let runs = |found: &[FoundTool], tool| found.iter().any(|f| f.tool == tool);
        let direct = |tool, words: &[&str]| FoundTool {
            script: String::new(),
            tool,
            direct: Some(words.iter().map(|word| word.to_string()).collect()),
        };
        if !unit {
            let tools = [
                ("vitest", TestTool::Vitest),
                ("jest", TestTool::Jest),
                ("mocha", TestTool::Mocha),
                ("ava", TestTool::Ava),
            ];
            let tested = self.place.files().any(is_test_of_node) || self.place.files().any(is_test_of_others);
            match tools.into_iter().find(|(name, _)| has(name) && tested) {
                Some((name, tool)) => found.push(direct(tool, &[name])),
                None if self.place.files().any(is_test_of_node) => {
                    found.push(direct(TestTool::Node, &["node", "--test"]))
                }
                None => {}
            }
        }
        if has("@playwright/test") && file("playwright.config") && !runs(found, TestTool::Playwright) {
            found.push(direct(TestTool::Playwright, &["playwright", "test"]));
        }
        if has("cypress") && (file("cypress.config") || file("cypress")) && !runs(found, TestTool::Cypress) {
            found.push(direct(TestTool::Cypress, &["cypress", "run"]));
        }
    }

    /// The command that runs what was found, with more words for its tool.
    fn command(&self, found: &FoundTool, more: &str) -> String {
        let more = more.trim();
        match &found.direct {
            Some(words) if words.first().is_some_and(|word| word == "node") => {
                words.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ")
            }
            Some(words) => {
                let words: Vec<_> = words.iter().map(|word| quote(word)).collect();
                let all = format!("{} {more}", words.join(" "));
                let all = if words[0] == "bun" { all } else { self.manager.tool(&all) };
                all.trim_end().to_string()
            }
            None if more.is_empty() => self.manager.script(&found.script),
            None => self.manager.script_with(&found.script, more),
        }
    }

    fn proposal(&self, found: &FoundTool, called: Called) -> Proposal {
        let folder = self.place.folder;
        let with = |more: &str| self.command(found, more);
        let new = |tool: &'static str, more: &str| Proposal::new(tool, folder, with(more));
        let junit = "--run --reporter=default --reporter=junit --outputFile.junit={out}/junit.xml";
        let made = match found.tool {
            TestTool::Vitest => new("vitest", junit)
                .single(with(&format!("{junit} -t '^{{test_regex}}$'")))
                .reading(ResultReader::Junit, "{out}/junit.xml")
                .saying("vitest, by its own JUnit reporter."),
            TestTool::Jest => self.jest(found),
            TestTool::Mocha => {
                let xunit = "--reporter xunit --reporter-options output={out}/junit.xml";
                new("mocha", xunit)
                    .single(with(&format!("{xunit} -g '^{{class_regex}} {{name_regex}}$'")))
                    .reading(ResultReader::Junit, "{out}/junit.xml")
                    .saying("mocha, by its own reporter of XML.")
            }
            // Of several files it writes a file's name before a test's own, by which the test is not found again.
            TestTool::Ava => new("ava", "--tap")
                .read_by(ResultReader::Tap)
                .saying("ava, by the TAP that it prints. No `single`: a replay runs the suite whole."),
            // Node picks tests by a pattern over their own titles, which other tests may have too.
            TestTool::Node => new("node", "")
                .read_by(ResultReader::Node)
                .saying("node --test. No `single`: node picks tests by a pattern that others may fit too, so a replay runs the suite whole."),
            TestTool::Bun => {
                let junit = "--reporter=junit --reporter-outfile={out}/junit.xml";
                new("bun", junit)
                    .reading(ResultReader::Junit, "{out}/junit.xml")
                    .saying("bun test, by its own JUnit reporter. No `single`: a replay runs the suite whole.")
            }
            TestTool::Playwright => new("playwright", "--reporter=list,json")
                .single(with("--reporter=list,json -g '{test_regex}$'"))
                .reading(ResultReader::Playwright, "{out}/playwright.json")
                .with("PLAYWRIGHT_JSON_OUTPUT_NAME", "{out}/playwright.json")
                .saying("Playwright, by its own JSON reporter. It needs its browsers: npx playwright install --with-deps")
                .slow(),
            TestTool::Cypress => new("cypress", "--reporter junit --reporter-options 'mochaFile={out}/[hash].xml'")
                .reading(ResultReader::Junit, "{out}/*.xml")
                .saying("Cypress, by the JUnit reporter that it brings: a file for each spec. No `single`: a replay runs the suite whole.")
                .slow(),
            TestTool::Other => new(self.manager.name(), "")
                .with("CI", "true")
                .saying("The script is judged by its exit code. A `reader` names tests: see docs/recipes/javascript.md."),
        };
        let need = match (found.tool, &found.direct) {
            (TestTool::Node, Some(_)) => Need::Program("node", "https://nodejs.org"),
            _ => Need::Program(self.manager.name(), self.manager.source()),
        };
        Proposal { called, ..made.needing(need) }
    }

    fn jest(&self, found: &FoundTool) -> Proposal {
        let with = |more: &str| self.command(found, more);
        let json = "--json --testLocationInResults --outputFile={out}/jest.json";
        Proposal::new("jest", self.place.folder, with(json))
            .single(with(&format!("{json} -t '^{{test_regex}}$'")))
            .reading(ResultReader::Jest, "{out}/jest.json")
            .saying("jest, by its own JSON report.")
    }
}

/// What a kind is called for its script: `test:integration` is `integration`.
fn found_like(tool: &TestTool, script: &str) -> Called {
    if matches!(tool, TestTool::Playwright | TestTool::Cypress) {
        return Called::EndToEnd;
    }
    match script.split_once(':') {
        Some((_, rest)) if rest != "unit" => Called::As(rest.replace([':', '/'], "-")),
        _ => Called::Unit,
    }
}

/// Whether a script's name says that it runs tests, and runs them once.
fn is_of_tests(name: &str) -> bool {
    let parts: Vec<&str> = name.split([':', '-', '_', '.']).collect();
    let tests =
        ["test", "tests", "spec", "specs", "unit", "e2e", "integration", "cypress", "playwright", "cy"];
    let others = [
        "watch", "debug", "ui", "update", "coverage", "open", "dev", "bench", "types", "lint", "headed",
        "install", "codegen",
    ];
    parts.iter().any(|part| tests.contains(part)) && !parts.iter().any(|part| others.contains(part))
}

/// Whether `node --test` finds the file by itself.
fn is_test_of_node(path: &str) -> bool {
    let Some((stem, kind)) = base(path).rsplit_once('.') else { return false };
    let in_test = path.starts_with("test/") || path.contains("/test/");
    matches!(kind, "js" | "mjs" | "cjs")
        && (in_test
            || stem == "test"
            || stem.starts_with("test-")
            || [".test", "-test", "_test"].iter().any(|end| stem.ends_with(end)))
}

/// Whether vitest, jest and others find the file by themselves.
fn is_test_of_others(path: &str) -> bool {
    let name = base(path);
    [".test.", ".spec."].iter().any(|part| name.contains(part))
        || path.contains("__tests__/")
        || path.starts_with("test/")
}

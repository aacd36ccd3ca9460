//! What a script of a `package.json` runs, as far as its words tell. It is read and never run.

use super::place::base;
use std::collections::BTreeMap;

/// Scripts that lead to others, one into another, at most.
const DEPTH: usize = 6;

/// A tool that runs tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TestTool {
    Vitest,
    Jest,
    Mocha,
    Ava,
    /// `node --test` with a reporter that can be read.
    Node,
    Bun,
    Playwright,
    Cypress,
    /// Something else.
    Other,
}

/// A way to run tests that a script names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FoundTool {
    /// The script.
    pub script: String,
    /// What it runs.
    pub tool: TestTool,
    /// The tool's own words, where what is handed to the script would not reach it.
    pub direct: Option<Vec<String>>,
}

/// The scripts of a package, and what was left out.
pub(super) struct Scripts<'s> {
    /// By name.
    pub all: &'s BTreeMap<String, String>,
    /// Commands that `test` runs beside its tests.
    pub left_out: Vec<String>,
}

impl Scripts<'_> {
    /// What a script runs; the script itself, as something else, where no word of it is known.
    pub fn found(&mut self, name: &str) -> Vec<FoundTool> {
        self.at(name, DEPTH)
    }

    fn at(&mut self, name: &str, left: usize) -> Vec<FoundTool> {
        let whole = || vec![FoundTool { script: name.into(), tool: TestTool::Other, direct: None }];
        let Some(parts) = self.all.get(name).and_then(|text| commands(text)) else { return whole() };
        let tools: Vec<(TestTool, usize)> = parts.iter().map(|words| tool(words)).collect();
        let leads: Vec<Vec<String>> = parts.iter().map(|words| self.leads_to(words)).collect();
        let known = tools.iter().filter(|(tool, _)| *tool != TestTool::Other).count();
        if let Some((last, _)) = tools.last().filter(|(tool, _)| *tool != TestTool::Other)
            && known == 1
            && leads.iter().all(Vec::is_empty)
        {
            return vec![FoundTool { script: name.into(), tool: *last, direct: None }];
        }
        let (mut found, mut others) = (Vec::new(), Vec::new());
        for ((words, (tool, at)), leads) in parts.iter().zip(tools).zip(leads) {
            if left > 0 && !leads.is_empty() {
                found.extend(leads.iter().flat_map(|name| self.at(name, left - 1)));
            } else if tool != TestTool::Other && at_start(&words[..at]) {
                found.push(FoundTool { script: name.into(), tool, direct: Some(words[at..].to_vec()) });
            } else {
                others.push(words.join(" "));
            }
        }
        if found.iter().all(|found: &FoundTool| found.tool == TestTool::Other)
            && (found.len() != 1 || !others.is_empty())
        {
            return whole();
        }
        self.left_out.extend(others);
        found
    }

    /// The scripts that a command runs: `npm run x`, `yarn x`, `run-s x y`.
    fn leads_to(&self, words: &[String]) -> Vec<String> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let known = |name: &&str| self.all.contains_key(*name);
        let named = match words.as_slice() {
            ["npm" | "pnpm" | "yarn" | "bun", "run", name] | ["pnpm" | "yarn", name] => vec![*name],
            ["npm", "test" | "t"] => vec!["test"],
            ["run-s" | "run-p" | "npm-run-all" | "npm-run-all2", rest @ ..] => {
                rest.iter().copied().filter(|word| !word.starts_with('-')).collect()
            }
            _ => Vec::new(),
        };
        let spread = named.into_iter().flat_map(|name| match name.strip_suffix('*') {
            Some(start) => self.all.keys().filter(|key| key.starts_with(start)).cloned().collect(),
            None if known(&name) => vec![name.to_string()],
            None => Vec::new(),
        });
        spread.collect()
    }
}

/// The commands of a script, in words; `None` where more than a sequence is asked for.
fn commands(text: &str) -> Option<Vec<Vec<String>>> {
    let words = shlex::split(text)?;
    let mut parts = vec![Vec::new()];
    for word in words {
        match word.as_str() {
            "&&" | ";" => parts.push(Vec::new()),
            "|" | "||" | "&" => return None,
            _ => match word.strip_suffix(';') {
                Some(word) => {
                    parts.last_mut()?.push(word.to_string());
                    parts.push(Vec::new());
                }
                None => parts.last_mut()?.push(word),
            },
        }
    }
    parts.retain(|part| !part.is_empty());
    Some(parts)
}

/// Programs that start the one behind them, and words of theirs.
const STARTERS: [&str; 12] = [
    "cross-env",
    "cross-env-shell",
    "npx",
    "pnpx",
    "bunx",
    "exec",
    "c8",
    "nyc",
    "node",
    "tsx",
    "pnpm",
    "yarn",
];

/// The tool of a command, and the place of its word.
fn tool(words: &[String]) -> (TestTool, usize) {
    for (at, word) in words.iter().enumerate() {
        let next = words.get(at + 1).map(String::as_str);
        let name = base(word);
        let name = name
            .strip_suffix(".js")
            .or(name.strip_suffix(".mjs"))
            .or(name.strip_suffix(".cjs"))
            .unwrap_or(name);
        let found = match (name, next) {
            ("vitest", Some("bench" | "list" | "typecheck" | "init")) => None,
            ("vitest", _) => Some(TestTool::Vitest),
            ("jest", _) => Some(TestTool::Jest),
            ("mocha" | "_mocha", _) => Some(TestTool::Mocha),
            ("ava", _) => Some(TestTool::Ava),
            ("playwright", Some("test")) => Some(TestTool::Playwright),
            ("cypress", Some("run")) => Some(TestTool::Cypress),
            ("bun", Some("test")) => Some(TestTool::Bun),
            ("node" | "tsx", _) if words[at..].iter().any(|word| word == "--test") => {
                let all = &words[at..];
                let readable = |word: &str| matches!(word, "spec" | "tap" | "junit");
                let mut reporters = all.iter().enumerate().filter_map(|(nth, word)| {
                    word.strip_prefix("--test-reporter=")
                        .or((word == "--test-reporter").then(|| all.get(nth + 1).map_or("", String::as_str)))
                });
                let moved = all.iter().any(|word| word.starts_with("--test-reporter-destination"));
                (reporters.clone().count() < 2 && reporters.all(readable) && !moved).then_some(TestTool::Node)
            }
            _ => None,
        };
        if let Some(found) = found {
            return (found, at);
        }
        let starts = STARTERS.contains(&name) || word.starts_with('-') || word.contains('=');
        if !starts {
            break;
        }
    }
    (TestTool::Other, 0)
}

/// Whether nothing but the tool is started.
fn at_start(before: &[String]) -> bool {
    before.iter().all(|word| matches!(word.as_str(), "npx" | "pnpm" | "yarn" | "bunx" | "exec"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(scripts: &[(&str, &str)]) -> (Vec<(String, TestTool, bool)>, Vec<String>) {
        let all = scripts.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect();
        let mut scripts = Scripts { all: &all, left_out: Vec::new() };
        let found = scripts.found("test");
        (found.into_iter().map(|f| (f.script, f.tool, f.direct.is_some())).collect(), scripts.left_out)
    }

    #[test]
    fn one_script() {
        for (text, tool) in [
            ("vitest", TestTool::Vitest),
            ("tsc -p . && vitest run --coverage", TestTool::Vitest),
            ("NODE_OPTIONS=--experimental-vm-modules npx jest", TestTool::Jest),
            ("cross-env A=1 node --no-warnings node_modules/jest/bin/jest.js", TestTool::Jest),
            ("c8 --all mocha -r ts-node/register 'test/**/*.ts'", TestTool::Mocha),
            ("ava", TestTool::Ava),
            ("node --test", TestTool::Node),
            ("tsc && node --import=tsx --test test/", TestTool::Node),
            ("tsx --test", TestTool::Node),
            ("node --test --test-reporter=spec", TestTool::Node),
            ("node --test --test-reporter tap", TestTool::Node),
            ("node --test --test-reporter=dot", TestTool::Other),
            ("node --test --test-reporter=spec --test-reporter=junit", TestTool::Other),
            ("playwright test", TestTool::Playwright),
            ("cypress run", TestTool::Cypress),
            ("cypress open", TestTool::Other),
            ("bun test", TestTool::Bun),
            ("mocha | tap-spec", TestTool::Other),
            ("eslint jest", TestTool::Other),
            ("vitest bench", TestTool::Other),
            ("echo 'unclosed", TestTool::Other),
            ("lerna run test", TestTool::Other),
        ] {
            assert_eq!(found(&[("test", text)]).0, [("test".to_string(), tool, false)], "{text}");
        }
    }

    #[test]
    fn scripts_that_lead_to_others() {
        let (all, left) = found(&[
            ("test", "npm run lint && npm run test:unit && run-s test:e2e:*"),
            ("lint", "eslint ."),
            ("test:unit", "vitest run"),
            ("test:e2e:a", "playwright test"),
            ("test:e2e:b", "cypress run"),
        ]);
        let names: Vec<_> = all.iter().map(|(script, tool, _)| (script.as_str(), *tool)).collect();
        assert_eq!(
            names,
            [
                ("lint", TestTool::Other),
                ("test:unit", TestTool::Vitest),
                ("test:e2e:a", TestTool::Playwright),
                ("test:e2e:b", TestTool::Cypress)
            ]
        );
        assert!(left.is_empty());
        let (all, left) = found(&[("test", "jest && tsc --noEmit")]);
        assert_eq!(all, [("test".to_string(), TestTool::Jest, true)]);
        assert_eq!(left, ["tsc --noEmit"]);
        // One that leads to itself comes to an end.
        assert_eq!(found(&[("test", "npm run test")]).0.len(), 1);
    }
}

//! Whether a command was told to stop at failures: by its words, by the variables that its tool reads, or by what cargo does unless
//! it is told otherwise. What such a tool had left to run when something failed, nobody has seen.

/// How a flag says after how many failures.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Count {
    /// After the first: a number behind it is another argument.
    First,
    /// After the first, or after as many as it names: `--bail`, `--bail=3`, `--bail 3`.
    Optional,
    /// After as many as it names.
    Needed,
}

/// Flags that mean the same in every tool that knows them. A word of any command counts: scripts hand them on (`npm test -- --bail`).
const LONG: &[(&str, Count)] = &[
    // pytest, trial
    ("--exitfirst", Count::First),
    ("--maxfail", Count::Needed),
    ("--stepwise", Count::First),
    ("--stepwise-skip", Count::First),
    ("--sw", Count::First),
    ("--sw-skip", Count::First),
    // unittest, Django, nose2, nox, rspec, cucumber, minitest, ava, deno, Gradle, ginkgo, hspec, libtest, Codeception
    ("--failfast", Count::First),
    ("--fail-fast", Count::Optional),
    ("--failFast", Count::First),
    ("--stop-on-first-error", Count::First),
    // mocha, jest, vitest, bun, node-tap, Pest, WebdriverIO, newman, lerna
    ("--bail", Count::Optional),
    ("--nxBail", Count::First),
    // Playwright, mix, lit; gotestsum; meson; .NET
    ("--max-failures", Count::Needed),
    ("--max-fails", Count::Needed),
    ("--max-fail", Count::Needed),
    ("--maximum-failed-tests", Count::Needed),
    // PHPUnit, Behat, ctest, jasmine
    ("--stop-on-failure", Count::First),
    ("--stop-on-error", Count::First),
    ("--stop-on-defect", Count::First),
    ("--stop-on-fail", Count::First),
    // TestCafe, Cypress, Robot Framework, busted, Bazel
    ("--stop-on-first-fail", Count::First),
    ("--auto-cancel-after-failures", Count::Needed),
    ("--exitonfailure", Count::First),
    ("--no-keep-going", Count::First),
    ("--notest_keep_going", Count::First),
    // go test
    ("-failfast", Count::First),
    ("-test.failfast", Count::First),
    ("--test.failfast", Count::First),
    ("-ginkgo.fail-fast", Count::First),
    ("--ginkgo.fail-fast", Count::First),
    // GoogleTest, Catch2, doctest, Boost.Test
    ("--gtest_fail_fast", Count::First),
    ("--gtest_break_on_failure", Count::First),
    ("--gtest_throw_on_failure", Count::First),
    ("--abort", Count::First),
    ("--abortx", Count::Needed),
    ("--abort-after", Count::Needed),
    // Maven
    ("-Dsurefire.skipAfterFailureCount", Count::Needed),
    ("-Dfailsafe.skipAfterFailureCount", Count::Needed),
    ("-Dxunit.stopOnFail", Count::First),
    ("xunit.stopOnFail", Count::First),
    ("-xunit.stopOnFail", Count::First),
];

/// What takes such a flag back.
const OFF: &[&str] = &["--no-bail", "--no-fail-fast", "--no-failfast", "--no-maxfail"];

/// One letter behind a dash, by the programs in which it stops them, and the letters that may stand beside it in one word
/// (`-xvs`); those of an option with a value (`-rx` of pytest) are none of these.
const SHORT: &[(&[&str], char, &str)] = &[
    (&["pytest", "py.test"], 'x', "qvsl"),
    (&["nosetests", "trial", "nox"], 'x', "qvs"),
    (&["playwright"], 'x', ""),
    (&["mocha", "_mocha", "jest", "tap"], 'b', ""),
    (&["unittest", "rails", "codecept"], 'f', "qvbc"),
    (&["nose2"], 'F', "qv"),
    (&["robot"], 'X', ""),
];

/// Variables from which a tool takes words of its command line, by the program that reads them.
const VARIABLES: &[(&str, &str)] = &[
    ("PYTEST_ADDOPTS", "pytest"),
    ("GOFLAGS", "go"),
    ("SPEC_OPTS", "rspec"),
    ("TESTOPTS", "rake"),
    ("MAVEN_ARGS", "mvn"),
];

/// A command that stops at failures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlyStop {
    /// The word that says so.
    pub word: String,
    /// After how many failures; at least 1.
    pub after: u64,
}

impl EarlyStop {
    /// What is said of a suite that failed so often under such a command.
    pub fn sentence(&self) -> String {
        let word: String = self.word.chars().take(80).collect();
        format!("it stopped at what failed (`{}`), and what it had left did not run", word.escape_debug())
    }
}

/// Whether a command of `words` (its program first) stops early. `variable` gives the environment that it runs in.
pub fn stops_early<'w>(
    words: impl IntoIterator<Item = &'w str>,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Option<EarlyStop> {
    let mut words: Vec<String> = words.into_iter().flat_map(parts).collect();
    let has = |words: &[String], program: &str| words.iter().any(|word| program_of(word) == program);
    // What stands on the command line comes after what the variable says, and wins.
    for (name, program) in VARIABLES {
        if has(&words, program)
            && let Some(value) = variable(name)
        {
            let mut more: Vec<String> = parts(&value).collect();
            more.append(&mut words);
            words = more;
        }
    }
    let programs: Vec<String> = words.iter().map(|word| program_of(word).to_string()).collect();
    let mut found = None;
    for (at, word) in words.iter().enumerate() {
        if OFF.contains(&word.as_str()) {
            found = None;
        } else if let Some(stop) = long(word, words.get(at + 1)) {
            found = stop;
        } else if short(word, &programs) {
            found = Some(EarlyStop { word: word.clone(), after: 1 });
        }
    }
    let forced = || variable("GTEST_FAIL_FAST").filter(|value| !is_off(value));
    found.or_else(|| forced().map(|_| EarlyStop { word: "GTEST_FAIL_FAST".into(), after: 1 }))
}

/// The words within a word: what a shell is handed is a command itself.
fn parts(word: &str) -> impl Iterator<Item = String> {
    let between = |c: char| c.is_whitespace() || matches!(c, ';' | '|' | '&' | '(' | ')');
    let trimmed = |part: &str| part.trim_matches(['"', '\'']).to_string();
    word.split(between).map(trimmed).filter(|part| !part.is_empty()).collect::<Vec<_>>().into_iter()
}

/// A path's last part, without the ending of a script.
fn program_of(word: &str) -> &str {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    [".exe", ".cmd", ".js", ".mjs", ".cjs"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name)
}

/// `Some(None)`: the flag is there, and says that nothing stops.
fn long(word: &str, next: Option<&String>) -> Option<Option<EarlyStop>> {
    let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
    let (_, count) = LONG.iter().find(|(flag, _)| *flag == name)?;
    let behind = next.map(String::as_str).filter(|next| match count {
        Count::First => false,
        Count::Optional => next.bytes().all(|b| b.is_ascii_digit()),
        Count::Needed => true,
    });
    let value = value.or(behind);
    if value.is_some_and(is_off) {
        return Some(None);
    }
    // A number that is none of ours is the tool's to refuse; it is taken for the strictest.
    let after = match count {
        Count::First => 1,
        Count::Optional | Count::Needed => value.and_then(|v| v.parse().ok()).unwrap_or(1),
    };
    Some(Some(EarlyStop { word: word.to_string(), after }))
}

fn is_off(value: &str) -> bool {
    matches!(value.trim().to_ascii_lowercase().as_str(), "0" | "false" | "no" | "off" | "f")
}

fn short(word: &str, programs: &[String]) -> bool {
    let Some(letters) = word.strip_prefix('-').filter(|rest| !rest.is_empty() && !rest.starts_with('-'))
    else {
        return false;
    };
    SHORT.iter().any(|(tools, letter, beside)| {
        programs.iter().any(|program| tools.contains(&program.as_str()))
            && letters.contains(*letter)
            && letters.chars().all(|c| c == *letter || beside.contains(c))
    })
}

/// Whether a command of the whole suite runs test binaries one after another and leaves out those behind one that failed: cargo
/// without `--no-fail-fast`, and not for a single target. Of what else prints cargo's words nobody knows.
pub fn leaves_out<'w>(words: impl IntoIterator<Item = &'w str>) -> bool {
    let words: Vec<String> = words.into_iter().flat_map(parts).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).take_while(|word| *word != "--").collect();
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
    let tests = words.iter().any(|w| *w == "cargo" || w.ends_with("/cargo")) && has(&["test", "t"]);
    let named = |word: &&&str| {
        ["--test", "--bin", "--example", "--bench"]
            .iter()
            .any(|flag| word.strip_prefix(flag).is_some_and(|rest| rest.is_empty() || rest.starts_with('=')))
    };
    let targets =
        words.iter().filter(named).count() + usize::from(has(&["--lib"])) + usize::from(has(&["--doc"]));
    tests && !has(&["--no-fail-fast"]) && (targets != 1 || has(&["--workspace", "--all"]))
}

/// What a tool itself says when it stops at failures, in a line of its output.
const SAID: &[&str] = &[
    "Testing stopped early after ",            // Playwright
    "--max-failures reached",                  // mix
    "Canceling due to test failure",           // nextest
    "Cancelling due to test failure",          // nextest
    "`--fail-fast` is on",                     // ava
    "Bailed out after ",                       // bun
    "Exit-on-failure mode is in use",          // Robot Framework
    "exit-on-failure mode is in use",          // Robot Framework
    "reached maximum number of test failures", // lit
    "Maximum number of failures reached",      // meson
    "Aborting - maximum number of failures",   // meson
    "Incomplete: fail fast",                   // jasmine
    "Threshold of failures reached",           // doctest
];

/// The sentence on what a tool's output says of its early stop; `None` where it says nothing of one. Of use only where something
/// failed: a test may print anything.
pub fn says_it_stopped(output: &str, variable: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    output.lines().map(str::trim).find_map(|line| {
        let said = SAID.iter().any(|words| line.contains(words))
            || of_pytest(line)
            || of_jest(line)
            || of_vitest(line)
            || of_maven(line);
        if said {
            let line: String = line.trim_matches(['!', '=', ' ']).chars().take(160).collect();
            return Some(format!(
                "it says that it stopped early ({}): what it had left did not run",
                line.escape_debug()
            ));
        }
        // npm, yarn and make show the command that they start.
        let shown = line
            .strip_prefix("> ")
            .or_else(|| line.strip_prefix("$ "))
            .or_else(|| line.strip_prefix("+ "))?;
        let words = shown.split_whitespace();
        stops_early(words, variable).filter(|stop| stop.after == 1).map(|stop| stop.sentence())
    })
}

/// `!!!!!!! stopping after 1 failures !!!!!!!`, `!!!! Interrupted: 1 test failed, … !!!!`
fn of_pytest(line: &str) -> bool {
    line.starts_with("!!") && (line.contains("stopping after ") || line.contains("Interrupted: "))
}

/// `Test Suites: 1 failed, 1 of 2 total`: of suites that all ran jest names the total alone.
fn of_jest(line: &str) -> bool {
    line.starts_with("Test Suites:") && line.ends_with(" total") && line.contains(" of ")
}

/// `Tests  1 failed | 1 passed (4)`, `Test Files  1 failed (2)`: fewer than there are.
fn of_vitest(line: &str) -> bool {
    let Some(counts) = line.strip_prefix("Tests ").or_else(|| line.strip_prefix("Test Files ")) else {
        return false;
    };
    let Some((counts, total)) = counts.strip_suffix(')').and_then(|c| c.rsplit_once('(')) else {
        return false;
    };
    let Ok(total) = total.parse::<u64>() else { return false };
    let counts: Option<Vec<u64>> =
        counts.split('|').map(|part| part.split_whitespace().next()?.parse().ok()).collect();
    counts.is_some_and(|counts| counts.into_iter().fold(0, u64::saturating_add) < total)
}

/// `[INFO] shelf-web ............. SKIPPED`: a module that the reactor did not come to.
fn of_maven(line: &str) -> bool {
    line.starts_with("[INFO] ") && line.ends_with(" SKIPPED") && line.contains(" ...")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none(_: &str) -> Option<String> {
        None
    }

    fn of(command: &str) -> Option<u64> {
        stops_early(command.split_whitespace(), &none).map(|stop| stop.after)
    }

    #[test]
    fn words_that_stop_a_tool_and_those_that_only_look_like_it() {
        for (command, after) in [
            ("python3 -m pytest -x", 1),
            ("pytest -qx tests", 1),
            ("pytest -xvs", 1),
            ("uv run pytest --maxfail=3", 3),
            ("pytest --maxfail 2 -q", 2),
            ("pytest --sw", 1),
            ("npx mocha --bail", 1),
            ("node_modules/.bin/mocha -b", 1),
            ("npm test -- --bail", 1),
            ("jest --bail=2", 2),
            ("jest --bail 2", 2),
            ("jest --bail tests", 1),
            ("vitest run --bail=1", 1),
            ("go test -failfast -json ./...", 1),
            ("go test -failfast=true ./...", 1),
            ("gotestsum -- -failfast ./...", 1),
            ("vendor/bin/phpunit --stop-on-failure", 1),
            ("bundle exec rspec --fail-fast=4", 4),
            ("ctest --stop-on-failure", 1),
            ("npx playwright test -x", 1),
            ("playwright test --max-failures=5", 5),
            ("build/tests --gtest_fail_fast", 1),
            ("python -m unittest -f", 1),
            ("mvn test -Dsurefire.skipAfterFailureCount=1", 1),
            ("pytest --maxfail=many", 1),
        ] {
            assert_eq!(of(command), Some(after), "{command}");
        }
        for command in [
            "pytest -rx",
            "pytest -k x",
            "pytest --maxfail=0",
            "mocha --no-bail",
            "mocha --bail --no-bail",
            "jest --bail=0",
            "jest --bail=false",
            "go test -failfast=false ./...",
            "cargo test --no-fail-fast",
            "bundle exec rspec -f documentation",
            "sh -x run.sh",
            "grep -b x",
            "tests --bailiff",
        ] {
            assert_eq!(of(command), None, "{command}");
        }
    }

    #[test]
    fn a_shell_s_words_and_variables_count() {
        let words = ["sh", "-c", "cd web && npx 'mocha' --bail | tee log"];
        assert_eq!(stops_early(words, &none).map(|s| s.word), Some("--bail".into()));
        let set = |name: &str| (name == "PYTEST_ADDOPTS").then(|| "-q -x".to_string());
        assert!(stops_early(["python3", "-m", "pytest"], &set).is_some());
        assert!(stops_early(["go", "test"], &set).is_none());
        assert!(stops_early(["pytest", "--maxfail=0"], &set).is_none(), "the command line wins");
        let set = |name: &str| (name == "GTEST_FAIL_FAST").then(|| "1".to_string());
        assert!(stops_early(["build/tests"], &set).is_some());
        let set = |name: &str| (name == "GOFLAGS").then(|| "-mod=mod -failfast".to_string());
        assert!(stops_early(["go", "test", "./..."], &set).is_some());
    }

    #[test]
    fn tools_say_it_in_their_own_words() {
        for line in [
            "!!!!!!!!!!!!!!!!!!!!!!!!!! stopping after 1 failures !!!!!!!!!!!!!!!!!!!!!!!!!!!",
            "!!!!!!!!!!!! xdist.dsession.Interrupted: stopping after 1 failures !!!!!!!!!!!!!",
            "Test Suites: 1 failed, 1 of 2 total",
            "      Tests  1 failed | 1 passed (4)",
            " Test Files  1 failed (2)",
            "Testing stopped early after 1 maximum allowed failures.",
            "> mocha --bail test/",
            "[INFO] shelf-web ......................................... SKIPPED",
        ] {
            assert!(says_it_stopped(&format!("a\n{line}\nb"), &none).is_some(), "{line}");
        }
        for line in [
            "Test Suites: 1 failed, 2 passed, 3 total",
            "      Tests  1 failed | 3 passed (4)",
            "Tests:       1 failed, 2 passed, 3 total",
            "> mocha --no-bail",
            "> 2 | it stops",
            "stopping after work",
            "[INFO] shelf-web ......................................... SUCCESS",
        ] {
            assert_eq!(says_it_stopped(&format!("a\n{line}\nb"), &none), None, "{line}");
        }
    }

    #[test]
    fn cargo_leaves_binaries_out_where_there_may_be_several() {
        let of = |text: &str| leaves_out(text.split_whitespace());
        for several in [
            "cargo test",
            "/x/cargo +nightly t -- --lib",
            "cargo test --test a --test=b",
            "cargo test --workspace --lib",
            "sh -c 'cargo test'",
        ] {
            assert!(of(several), "{several}");
        }
        for one in [
            "cargo test --no-fail-fast",
            "cargo test --lib",
            "cargo test --locked --test a -- --nocapture",
            "sh cargo.sh test",
            "cargo build",
        ] {
            assert!(!of(one), "{one}");
        }
    }
}

//! `[suites.*]`, `[lint]`, `[profiles.*]` (`runs.md`): their exact shape is checked wherever the file is read, so that a
//! slip is found by `check` and not by the first run.

use crate::base::toml_text::{Reader, kind, suggestion, text_at};
use crate::config::duration;

/// What can read a suite's result.
const READERS: &[&str] =
    &["exit", "libtest", "nextest", "junit", "go", "tap", "node", "playwright", "pytest"];

/// Checks the three sections of the top table.
pub fn check(top: &Reader<'_, '_>) {
    for (_, suite) in top.tables("suites", "suites") {
        check_suite(suite);
    }
    if let Some(lint) = top.table("lint", "`[lint]`") {
        strings_only(&lint, "`[lint]`");
    }
    for (_, profile) in top.tables("profiles", "profiles") {
        profile.boolean("lint");
        profile.texts("kinds");
        profile.texts("skip");
        profile.finish();
    }
}

fn check_suite(suite: Reader<'_, '_>) {
    let what = suite.what().to_string();
    suite.required_line("command");
    for key in ["single", "results", "cwd"] {
        suite.text(key);
    }
    let sources = [suite.texts("names").is_some(), suite.text("glob").is_some(), from(&suite)];
    if sources.iter().filter(|given| **given).count() != 1 {
        suite.fault(suite.header(), format!("{what} needs one of `names`, `glob`, `from`, and only one"));
    }
    if let Some(reader) = suite.text("reader").filter(|r| !READERS.contains(&r.value.as_str())) {
        let hint = suggestion(&reader.value, READERS.iter().copied());
        suite.fault(reader.span, format!("no reader is called \"{}\"{hint}", reader.value.escape_debug()));
    }
    if let Some(timeout) = suite.text("timeout")
        && let Err(why) = duration::parse(&timeout.value)
    {
        suite.fault(timeout.span, format!("`timeout` of {what}: {why}"));
    }
    if let Some(word) = suite.text("as").filter(|w| !matches!(w.value.as_str(), "suite" | "unit")) {
        let said = word.value.escape_debug().to_string();
        suite.fault(word.span, format!("`as` is \"suite\" or \"unit\", not \"{said}\""));
    }
    let env = what.trim_matches('`').trim_end_matches(']').to_string();
    if let Some(table) = suite.table("env", format!("`{env}.env]`")) {
        strings_only(&table, &format!("`{env}.env]`"));
    }
    suite.finish();
}

/// `from = "classification"`; true when a `from` is given.
fn from(suite: &Reader<'_, '_>) -> bool {
    let Some(word) = suite.text("from") else { return false };
    if word.value != "classification" {
        let said = word.value.escape_debug().to_string();
        suite.fault(word.span, format!("`from` can only be \"classification\", not \"{said}\""));
    }
    true
}

/// A table whose keys are the author's own and whose values are strings.
fn strings_only(table: &Reader<'_, '_>, what: &str) {
    for (key, value) in table.entries() {
        if text_at(value).is_none() {
            let said = kind(value.get_ref());
            let key = key.value.escape_debug().to_string();
            table.fault(value.span(), format!("`{key}` of {what} must be a string, not {said}"));
        }
    }
}

//! What `[suites.*]` says of flakes: what a retry that passes counts for, and where nothing is retried.

use crate::files::Root;
use glob::Pattern;
use tollgate_core::model::flake::{FlakeRules, FlakyResult, Share};
use tollgate_core::model::suite;
use tollgate_text::toml_text::TableReader;

/// `flaky_result`, `flaky_crash`, `retry_limit`.
pub(super) fn read(section: &TableReader<'_, '_>, reader: Option<suite::ResultReader>) -> FlakeRules {
    let is_second = |key: &'static str, [first, second]: [&str; 2]| {
        let Some(word) = section.text(key) else { return false };
        if ![first, second].contains(&word.value.as_str()) {
            let said = word.value.escape_debug().to_string();
            let what = section.what();
            section.fault(
                word.span,
                format!("`{key}` of {what} is \"{first}\" or \"{second}\", not \"{said}\""),
            );
        }
        word.value == second
    };
    let fails = is_second("flaky_result", ["pass", "fail"]);
    FlakeRules {
        result: if fails { FlakyResult::Fail } else { FlakyResult::Pass },
        crash: is_second("flaky_crash", ["deny", "allow"]),
        limit: retry_limit(section, reader),
    }
}

/// `max_retries`; `None` where the key is absent.
pub(super) fn max_retries(section: &TableReader<'_, '_>) -> Option<u32> {
    let value = section.value("max_retries")?;
    let number = value.get_ref().as_integer().and_then(|n| u32::from_str_radix(n.as_str(), n.radix()).ok());
    if number.is_none() {
        let what = section.what();
        section.fault(value.span(), format!("`max_retries` of {what} must be a whole number of 0 or more"));
    }
    number
}

/// `outputs`: paths of the workspace.
pub(super) fn outputs(section: &TableReader<'_, '_>) -> Vec<String> {
    let mut paths = Vec::new();
    for text in section.texts("outputs").unwrap_or_default() {
        let wrong = |why: &str| {
            let what = section.what();
            section.fault(text.span.clone(), format!("`outputs` of {what}: {why}"));
        };
        match Root::clean(&text.value) {
            _ if text.value.chars().any(char::is_control) => wrong("the path holds a control character"),
            Ok(path) if path.is_empty() => wrong("it is the whole workspace; name what stands in it"),
            Ok(path) if Pattern::new(&path).is_err() => wrong("it is no pattern"),
            Ok(path) => paths.push(path),
            Err(error) => wrong(&error.to_string()),
        }
    }
    paths
}

fn retry_limit(section: &TableReader<'_, '_>, reader: Option<suite::ResultReader>) -> Option<Share> {
    let text = section.text("retry_limit")?;
    let what = section.what();
    let share = Share::parse(&text.value);
    if share.is_none() {
        let said = text.value.escape_debug();
        section.fault(
            text.span.clone(),
            format!("`retry_limit` of {what} is a share of its tests such as \"10%\", not \"{said}\""),
        );
    } else if reader == Some(suite::ResultReader::Exit) {
        section.fault(
            text.span,
            format!(
                "`retry_limit` of {what} is a share of tests, and a suite that is read by its exit code is one test: use `max_retries`"
            ),
        );
    }
    share
}

#[cfg(test)]
mod tests {
    use super::super::problem::SourceText;
    use super::super::resolve::{FILE, workspace};
    use super::*;
    use crate::embedded_in_tests::EMBEDDED;

    fn load(more: &str) -> (FlakeRules, Vec<String>) {
        let text = format!("[suites.unit]\nnames = ['a']\ncommand = 'x {{name}}'\n{more}\n");
        let (found, faults) = workspace(&EMBEDDED, &SourceText { path: FILE.into(), text: text.into() });
        (found.runs.suites[0].flaky, faults.into_iter().map(|f| f.message).collect())
    }

    #[test]
    fn the_keys_are_read() {
        assert_eq!(load("reader = 'tap'"), (FlakeRules::default(), vec![]));
        let (rules, faults) =
            load("reader = 'tap'\nflaky_result = 'fail'\nflaky_crash = 'allow'\nretry_limit = '2.5%'");
        let limit = Share::parse("2.5%");
        assert_eq!((rules, faults), (FlakeRules { result: FlakyResult::Fail, crash: true, limit }, vec![]));
        assert_eq!(load("flaky_result = 'pass'\nflaky_crash = 'deny'"), (FlakeRules::default(), vec![]));
    }

    #[test]
    fn outputs_are_paths_and_patterns_of_the_workspace() {
        let text = "[suites.unit]\nnames = ['a']\ncommand = 'x {name}'\noutputs = ['var/', 'a/**', '', '../x', '/x', '[', \"a\\u0001\"]\n";
        let (found, faults) = workspace(&EMBEDDED, &SourceText { path: FILE.into(), text: text.into() });
        assert_eq!(found.runs.suites[0].outputs, ["var", "a/**"]);
        assert_eq!(faults.len(), 5, "{:?}", faults.iter().map(|f| &f.message).collect::<Vec<_>>());
        assert_eq!(found.runs.suites[0].keys()[14], ("outputs", Some("var a/**".into())));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let said = |more: &str| load(more).1.join("; ");
        let texts = [
            said("flaky_result = 'warn'"),
            said("flaky_crash = 'yes'"),
            said("reader = 'tap'\nretry_limit = '10'"),
            said("retry_limit = '10%'"),
            said("reader = 'tap'\nretry_limit = 10"),
        ];
        insta::assert_snapshot!(texts.join("\n"), @r#"
        `flaky_result` of `[suites.unit]` is "pass" or "fail", not "warn"
        `flaky_crash` of `[suites.unit]` is "deny" or "allow", not "yes"
        `retry_limit` of `[suites.unit]` is a share of its tests such as "10%", not "10"
        `retry_limit` of `[suites.unit]` is a share of tests, and a suite that is read by its exit code is one test: use `max_retries`
        `retry_limit` of `[suites.unit]` must be a string, not an integer
        "#);
    }
}

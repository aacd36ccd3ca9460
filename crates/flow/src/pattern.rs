//! Names of tests as patterns: tools pick tests by regular expressions over titles that they put together otherwise than their
//! reports do.

use tollgate_core::model::suite::ResultReader;

/// A name as a pattern that matches it alone, as Go's `regexp.QuoteMeta` writes it. Every engine takes a backslash before a sign.
pub fn quoted(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The same for tools that are started through a script: where a package manager quotes anew for its shell it may double a backslash, so
/// signs stand in brackets. A `]` or `}` that nothing opened stands for itself.
fn in_brackets(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | '{' | '$' => out.extend(['[', c, ']']),
            '\\' | '^' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// A test's name as a pattern (`{test_regex}`, `{name_regex}`). Where a report puts `>` or `›` between titles a tool may put a space
/// alone. Playwright's project stands before its name, and tells no tests of one project apart.
pub fn of_name(reader: ResultReader, name: &str) -> String {
    let project = (reader == ResultReader::Playwright && name.starts_with('['))
        .then(|| name.split_once("] › "))
        .flatten();
    let name = project.map_or(name, |(_, name)| name);
    in_brackets(name).replace(" > ", " (> )?").replace(" › ", " (› )?")
}

/// A class as a pattern (`{class_regex}`): reports write `.` between its parts where a tool may have `\\`, `/` or `::`.
pub fn of_class(class: &str) -> String {
    in_brackets(class).replace("[.]", r"[./\\:]+")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_matched_as_they_are() {
        assert_eq!(
            of_name(ResultReader::Junit, "calc > adds zero (0) [a|b]"),
            "calc (> )?adds zero [(]0[)] [[]a[|]b]"
        );
        assert_eq!(of_name(ResultReader::Junit, "[x] › y"), "[[]x] (› )?y");
        assert_eq!(of_name(ResultReader::Junit, r"a\b^2 {x}"), r"a\\b\^2 [{]x}");
        assert_eq!(of_name(ResultReader::Playwright, "[chromium] › page › opens"), "page (› )?opens");
        assert_eq!(of_class("App.Tests.Calc$Inner"), r"App[./\\:]+Tests[./\\:]+Calc[$]Inner");
    }
}

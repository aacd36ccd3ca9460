//! The lines of the Test Anything Protocol, versions 12 to 14 (testanything.org).

use crate::ingest::collect::milliseconds;

/// What is behind a test point's `#`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ingest) enum Directive {
    Skip,
    Todo,
}

/// `not ok 2 - adds # TODO later`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ingest) struct Point {
    pub(in crate::ingest) ok: bool,
    pub(in crate::ingest) number: Option<u64>,
    /// Its description, escapes resolved; `test N` where there is none but a number, and empty without either.
    pub(in crate::ingest) name: String,
    pub(in crate::ingest) directive: Option<Directive>,
    pub(in crate::ingest) duration_ms: Option<u64>,
    /// Its subtests follow within braces.
    pub(in crate::ingest) opens: bool,
}

/// What a document says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ingest) enum Version {
    Tap(u32),
    /// KTAP of the Linux kernel: what is within a test is indented by two, and has a version of its own.
    Kernel,
}

/// A line without its indentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ingest) enum Says<'a> {
    Version(Version),
    Plan(u64),
    Point(Point),
    Bail(&'a str),
    Comment(&'a str),
    /// `---`, which begins a block of YAML.
    Yaml,
    /// `}`, which ends the subtests of the point that opened them.
    Close,
    Other,
}

/// How deep a line is indented, and what it says.
pub(in crate::ingest) fn parse(line: &str) -> (usize, Says<'_>) {
    let text = line.trim_start_matches(' ');
    (line.len() - text.len(), says(text))
}

fn says(text: &str) -> Says<'_> {
    if let Some(comment) = text.strip_prefix('#') {
        return Says::Comment(comment.strip_prefix(' ').unwrap_or(comment));
    }
    if let Some(version) = text.strip_prefix("TAP version ") {
        return version.trim().parse().map_or(Says::Other, |number| Says::Version(Version::Tap(number)));
    }
    if let Some(version) = text.strip_prefix("KTAP version ") {
        return version.trim().parse::<u32>().map_or(Says::Other, |_| Says::Version(Version::Kernel));
    }
    if let Some(reason) = text.strip_prefix("Bail out!") {
        return Says::Bail(reason.trim());
    }
    if let Some(plan) = text.strip_prefix("1..") {
        let digits = plan.split([' ', '#']).next().unwrap_or_default();
        return digits.parse().map_or(Says::Other, Says::Plan);
    }
    match text.trim_end() {
        "---" => return Says::Yaml,
        "}" => return Says::Close,
        _ => {}
    }
    point(text).map_or(Says::Other, Says::Point)
}

fn point(text: &str) -> Option<Point> {
    let (ok, rest) = match text.strip_prefix("not ok") {
        Some(rest) => (false, rest),
        None => (true, text.strip_prefix("ok")?),
    };
    if !(rest.is_empty() || rest.starts_with(' ')) {
        return None;
    }
    let rest = rest.trim_start();
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, rest) = match rest[..digits].parse::<u64>() {
        Ok(n) if rest[digits..].is_empty() || rest[digits..].starts_with(' ') => (Some(n), &rest[digits..]),
        _ => (None, rest),
    };
    let (mut rest, mut opens) = (rest.trim(), false);
    if let Some(before) = rest.strip_suffix('{').filter(|b| b.is_empty() || b.ends_with(' ')) {
        (rest, opens) = (before.trim_end(), true);
    }
    let (described, behind) = split_directive(rest);
    let (directive, duration_ms) = behind.map_or((None, None), directive);
    // Behind a `#` that is no directive there is more of the name.
    let described = if directive.is_none() && duration_ms.is_none() { rest } else { described };
    let described = described.trim_end();
    let described = described.strip_prefix("- ").unwrap_or(described.strip_prefix('-').unwrap_or(described));
    let name = unescape(described.trim());
    let name = match number {
        Some(n) if name.is_empty() => format!("test {n}"),
        _ => name,
    };
    Some(Point { ok, number, name, directive, duration_ms, opens })
}

/// The text before the last `#` that a space precedes and no backslash, and the text behind it.
fn split_directive(text: &str) -> (&str, Option<&str>) {
    let at = text.match_indices('#').map(|(at, _)| at).rfind(|at| *at == 0 || text[..*at].ends_with(' '));
    match at {
        Some(at) => (&text[..at], Some(text[at + 1..].trim())),
        None => (text, None),
    }
}

fn directive(text: &str) -> (Option<Directive>, Option<u64>) {
    let word: String = text.chars().take_while(|c| c.is_ascii_alphabetic()).collect();
    // The word ends there: `#TODO99` is the number of an issue.
    let ends = !text[word.len()..].starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-'));
    let found = match word.to_ascii_lowercase().as_str() {
        "skip" | "skipped" => Some(Directive::Skip),
        "todo" => Some(Directive::Todo),
        _ => None,
    };
    let found = found.filter(|_| ends);
    let time = text.strip_prefix("time=").and_then(|t| t.strip_suffix("ms")).and_then(|t| t.parse().ok());
    (found, time.and_then(milliseconds))
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some(next @ ('#' | '\\'))) => {
                out.push(*next);
                chars.next();
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> String {
        match parse(line).1 {
            Says::Point(p) => format!(
                "{} {:?} {:?} {:?} {:?} {}",
                p.ok, p.number, p.name, p.directive, p.duration_ms, p.opens
            ),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn points_and_plans() {
        insta::assert_snapshot!(
            [
                "ok 1 - adds", "not ok 2 - adds \\# 2", "ok", "not ok 3", "ok 4 - a # SKIP no printer", "not ok 5 a # todo",
                "ok 6 - issue #7", "ok 7 - issue # 7", "ok 8 - buffered # time=12.4ms {", "okay", "ok 9 - # skip", "not ok 10 - fix #TODO99", "not ok 11 - a # TODO_b", "not ok 12 - a # TODO: b", "1..4",
                "1..0 # SKIP all", "1..x", "Bail out! no database", "TAP version 13", "    ok 1 - child", "# a", "---", "}",
            ]
            .map(said)
            .join("\n"),
            @r#"
        true Some(1) "adds" None None false
        false Some(2) "adds # 2" None None false
        true None "" None None false
        false Some(3) "test 3" None None false
        true Some(4) "a" Some(Skip) None false
        false Some(5) "a" Some(Todo) None false
        true Some(6) "issue #7" None None false
        true Some(7) "issue # 7" None None false
        true Some(8) "buffered" None Some(12) true
        Other
        true Some(9) "test 9" Some(Skip) None false
        false Some(10) "fix #TODO99" None None false
        false Some(11) "a # TODO_b" None None false
        false Some(12) "a" Some(Todo) None false
        Plan(4)
        Plan(0)
        Other
        Bail("no database")
        Version(Tap(13))
        true Some(1) "child" None None false
        Comment("a")
        Yaml
        Close
        "#
        );
        assert_eq!(parse("    ok 1").0, 4);
    }
}

//! Expressions as they are shown, and as places in the evidence.

use tollgate_lang::cel::Expr;

/// The expression as one line of a report: a line break that a gate file holds for its own readers would be shown as `\n`.
/// A comment keeps its line.
pub(super) fn one_line(expr: &Expr) -> String {
    let text = expr.text().trim();
    if text.contains("//") {
        return text.to_string();
    }
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// `a.b.c` -> ("a", "/b/c"); `None` for anything that is not a plain chain of names.
pub(super) fn chain(text: &str) -> Option<(String, String)> {
    let name = |s: &str| {
        !s.is_empty()
            && !s.starts_with(|c: char| c.is_ascii_digit())
            && s.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let mut parts = text.trim().split('.');
    let first = parts.next().filter(|p| name(p))?;
    let mut pointer = String::new();
    for part in parts {
        if !name(part) {
            return None;
        }
        pointer.push('/');
        pointer.push_str(part);
    }
    Some((first.to_string(), pointer))
}

/// A token of an RFC 6901 pointer.
pub(super) fn escape_token(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

//! Untrusted text made fit for the readers that only a report writes for: HTML, a workflow command, SARIF, a URI; the rest
//! is in `text/escape.rs`. Everything that comes from an artifact, a file name or a gate file passes through one of them.

use std::fmt::Write as _;
pub use tollgate_text::escape::{
    cut, fit, markdown, markdown_code, markdown_fence, markdown_quote, quoted, terminal, terminal_cut, xml,
};

/// Text inside an HTML element of a markdown document.
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in terminal(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '@' => out.push_str("@&#8203;"),
            '#' => out.push_str("#&#8203;"),
            c => out.push(c),
        }
    }
    out
}

/// The message of a workflow command: `%`, CR and LF escaped by GitHub's rules. Newlines are kept as `%0A`.
pub fn workflow_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a workflow command: as the message, and `:` and `,`.
pub fn workflow_property(text: &str) -> String {
    workflow_data(text).replace(':', "%3A").replace(',', "%2C")
}

/// The plain text of a SARIF message (SARIF 2.1.0, 3.11): nothing in it is an embedded link or a placeholder.
pub fn sarif(text: &str) -> String {
    let text = terminal(text).replace("](", "] (");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        // Doubled braces stand for themselves; only what could be a placeholder needs it.
        match after[digits..].strip_prefix('}') {
            Some(tail) if digits > 0 => {
                out.push_str("{{");
                out.push_str(&after[..digits]);
                out.push_str("}}");
                rest = tail;
            }
            _ => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// A relative path as a URI reference: every byte but unreserved ones and `/` percent-encoded.
pub fn uri_path(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for b in path.bytes() {
        if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'/') {
            out.push(char::from(b));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{b:02X}");
        }
    }
    out
}

/// Breaks text at spaces into lines of at most `width` characters (a longer word stands alone); 0 never breaks.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    if width == 0 {
        return vec![text.to_string()];
    }
    let mut lines = Vec::new();
    let (mut line, mut used) = (String::new(), 0);
    for word in text.split(' ') {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += length;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces() {
        assert_eq!(wrap("aa bb cc", 5), ["aa bb", "cc"]);
    }

    #[test]
    fn sarif_text_has_no_link_and_no_placeholder() {
        assert_eq!(sarif("[x](https://e) {0} {a} \u{85}{"), "[x] (https://e) {{0}} {a} \\u{{85}}{");
    }

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri_path("a b/ü%.json"), "a%20b/%C3%BC%25.json");
        assert_eq!(workflow_property("a:b,c%\n"), "a%3Ab%2Cc%25%0A");
    }
}

//! Untrusted text made fit for where it is shown: a terminal, markdown, XML. `report` has the readers that only it writes for.
//!
//! Everything that comes from an artifact, an output or a file name passes through here on its way out. Escapes are written
//! the way Rust writes them (`\n`, `\u{1b}`), so that what was there can still be read.

use std::fmt::Write as _;

/// Characters that move the cursor, reorder what is read, or cannot be seen at all.
pub fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{061C}' | '\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}')
}

/// One line of harmless text: control characters (ESC and C1 too), line separators, bidirectional overrides and
/// invisible characters are shown as escapes, and nothing in it can start a workflow command, wherever the line is
/// broken afterwards. GitHub's runner reads standard error too, takes `::` after leading white space, and takes `##[`
/// anywhere in a line.
pub fn terminal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut fresh = true;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ':' if fresh && chars.peek() == Some(&':') => out.push_str("\\u{3a}"),
            '[' if out.ends_with("##") => out.push_str("\\u{5b}"),
            c if is_hostile(c) => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
        fresh = c.is_whitespace();
    }
    out
}

/// `terminal`, and at most `max` characters of the text; what is left out is counted.
pub fn terminal_cut(text: &str, max: usize) -> String {
    terminal(&cut(text, max))
}

/// At most `max` characters, the rest counted: `abc... (12 more characters)`.
pub fn cut(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        None => text.to_string(),
        Some((at, _)) => {
            let more = text[at..].chars().count();
            format!("{}... ({more} more character{})", &text[..at], if more == 1 { "" } else { "s" })
        }
    }
}

/// At most `max` characters on the whole, the last three of them dots where something was cut.
pub fn fit(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_string();
    }
    let mut out: String = text.chars().take(max.saturating_sub(3)).collect();
    out.push_str("...");
    out
}

/// Inline markdown that shows the text and is nothing else: no emphasis, link, image, HTML, table cell border, heading,
/// list, mention, issue reference or autolink.
pub fn markdown(text: &str) -> String {
    let text = terminal(text);
    let mut out = String::with_capacity(text.len() + 8);
    let mut last = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '|' | '~' | '!' | '$' => {
                out.push('\\');
                out.push(c);
            }
            // A zero-width space keeps GitHub from notifying a person or linking an issue.
            '@' => out.push_str("@&#8203;"),
            '#' => out.push_str("\\#&#8203;"),
            // A written-out colon or dot is no autolink and copies as what it is.
            ':' if text[at + 1..].starts_with("//") => out.push_str("&#58;"),
            '.' if out.to_ascii_lowercase().ends_with("www") => out.push_str("&#46;"),
            '.' if at > 0 && text[..at].bytes().all(|b| b.is_ascii_digit()) => out.push_str("\\."),
            '-' | '+' | '=' if at == 0 => {
                out.push('\\');
                out.push(c);
            }
            ' ' if last == ' ' => {}
            c => out.push(c),
        }
        last = c;
    }
    out.trim_end().to_string()
}

/// A code span where the text allows one, escaped text where it holds a backtick or a border.
pub fn markdown_code(text: &str) -> String {
    let text_shown = terminal(text);
    if text_shown.trim().is_empty() {
        String::new()
    } else if text_shown.contains(['`', '|']) || text_shown.trim() != text_shown {
        markdown(text)
    } else {
        format!("`{text_shown}`")
    }
}

/// A fenced block whose fence is longer than any run of backticks inside; ends in a newline.
pub fn markdown_fence(language: &str, text: &str) -> String {
    let lines: Vec<String> = text.lines().map(terminal).collect();
    let longest = lines.iter().map(|l| longest_run(l, '`')).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", lines.join("\n"))
}

fn longest_run(text: &str, wanted: char) -> usize {
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == wanted { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// Several lines for an XML text node: only what XML 1.0 allows (`Char`, section 2.2), without C1 controls; the rest is
/// removed. The XML writer escapes the markup.
pub fn xml(text: &str) -> String {
    text.chars()
        .filter(|c| {
            matches!(c, '\t' | '\n' | '\u{20}'..='\u{7E}' | '\u{A0}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}'
                | '\u{10000}'..='\u{10FFFF}')
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_terminal_sees_no_control_character() {
        assert_eq!(terminal("a\u{1b}[31mred\u{9b}2J"), "a\\u{1b}[31mred\\u{9b}2J");
        assert_eq!(terminal("one\ntwo\r\tthree\u{2028}"), "one\\ntwo\\r\\tthree\\u{2028}");
        assert_eq!(terminal("a\u{202e}b\u{2066}c\u{200b}"), "a\\u{202e}b\\u{2066}c\\u{200b}");
        assert_eq!(terminal("über 日本 suite::test"), "über 日本 suite::test");
    }

    #[test]
    fn a_workflow_command_cannot_be_started() {
        assert_eq!(terminal("::error::x"), "\\u{3a}:error::x");
        assert_eq!(terminal("  ::error::x"), "  \\u{3a}:error::x");
        assert_eq!(terminal("a ##[error]x"), "a ##\\u{5b}error]x");
    }

    #[test]
    fn markdown_is_inert() {
        assert_eq!(markdown("a|b*c*"), "a\\|b\\*c\\*");
        assert_eq!(markdown("<img src=x>"), "&lt;img src=x&gt;");
        assert_eq!(
            markdown("@team #12 https://x www.x"),
            "@&#8203;team \\#&#8203;12 https&#58;//x www&#46;x"
        );
        assert_eq!(markdown("1. x"), "1\\. x");
        assert_eq!(markdown_code("a`b"), "a\\`b");
        assert_eq!(markdown_code("plain"), "`plain`");
        assert_eq!(markdown_fence("sh", "echo ```"), "````sh\necho ```\n````\n");
    }

    #[test]
    fn cuts_say_what_is_missing() {
        assert_eq!(cut("abcdef", 5), "abcde... (1 more character)");
        assert_eq!(fit("abcdef", 5), "ab...");
    }

    proptest! {
        #[test]
        fn terminal_text_is_one_harmless_line(text in any::<String>()) {
            let shown = terminal(&text);
            prop_assert!(!shown.chars().any(is_hostile));
            prop_assert!(!shown.contains("##["));
            for start in std::iter::once(0).chain(shown.match_indices(char::is_whitespace).map(|(i, w)| i + w.len())) {
                prop_assert!(!shown[start..].starts_with("::"));
            }
        }

        #[test]
        fn markdown_holds_no_border_and_no_tag(text in "[\\\\|<>`@a-z \n]{0,40}") {
            let shown = markdown(&text);
            prop_assert!(!shown.contains(['<', '>', '\n']));
            let mut escaped = false;
            for c in shown.chars() {
                if escaped { escaped = false; continue; }
                match c { '\\' => escaped = true, '|' | '`' => prop_assert!(false, "bare {c} in {shown}"), _ => {} }
            }
        }

        #[test]
        fn xml_text_is_legal(text in any::<String>()) {
            prop_assert!(xml(&text).chars().all(|c| !c.is_control() || c == '\n' || c == '\t'));
        }
    }
}

//! Untrusted text made fit for where it is shown: a terminal, markdown, XML. `report` has the readers that only it writes for.
//!
//! Everything that comes from an artifact, an output or a file name passes through here on its way out. Escapes are written
//! the way Rust writes them (`\n`, `\u{1b}`), so that what was there can still be read.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Characters that take no room, or only room, on a screen, first and last of each range: Unicode's default-ignorable code
/// points, its other format characters that draw nothing, the letters and symbols that are drawn as nothing (the Hangul
/// fillers, the empty Braille pattern, the empty note head, the Khitan filler), and white space other than the plain space.
/// The one table of the program: a text of these alone is blank, and none of them is shown as it is.
const INVISIBLE: &[(char, char)] = &[
    ('\u{85}', '\u{85}'),
    ('\u{A0}', '\u{A0}'),
    ('\u{AD}', '\u{AD}'),
    ('\u{34F}', '\u{34F}'),
    ('\u{61C}', '\u{61C}'),
    ('\u{115F}', '\u{1160}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{17B4}', '\u{17B5}'),
    ('\u{180B}', '\u{180F}'),
    ('\u{2000}', '\u{200F}'),
    ('\u{2028}', '\u{202F}'),
    ('\u{205F}', '\u{206F}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3000}', '\u{3000}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{FE00}', '\u{FE0F}'),
    ('\u{FEFF}', '\u{FEFF}'),
    ('\u{FFA0}', '\u{FFA0}'),
    ('\u{FFF0}', '\u{FFFB}'),
    ('\u{13430}', '\u{1343F}'),
    ('\u{16FE4}', '\u{16FE4}'),
    ('\u{1BCA0}', '\u{1BCA3}'),
    ('\u{1D159}', '\u{1D159}'),
    ('\u{1D173}', '\u{1D17A}'),
    ('\u{E0000}', '\u{E0FFF}'),
];

/// Characters that cannot be seen, but for the plain space and control characters.
pub fn is_invisible(c: char) -> bool {
    // Nearly every character is ASCII.
    c > '\u{7F}'
        && INVISIBLE
            .get(INVISIBLE.partition_point(|(_, last)| *last < c))
            .is_some_and(|(first, _)| *first <= c)
}

/// Characters that move the cursor, reorder what is read, or cannot be seen at all.
pub fn is_hostile(c: char) -> bool {
    c.is_control() || is_invisible(c)
}

/// Invisible characters that ordinary names and words hold: the spaces of other scripts, and what picks the form of an
/// emoji or an ideograph.
pub fn is_ordinary(c: char) -> bool {
    is_invisible(c) && (c.is_whitespace() && !matches!(c, '\u{2028}' | '\u{2029}'))
        || matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

/// Whether nothing of a text can be seen: it is empty, or holds spaces, control and invisible characters alone. What asks
/// for a text that is not blank asks here.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c == ' ' || is_hostile(c))
}

/// The text with what is hostile in it as escapes; anything else stays as it is.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| (0x20..0x7F).contains(&b)) || !text.chars().any(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\0' => out.push_str("\\0"),
            c => push_visible(&mut out, c),
        }
    }
    Cow::Owned(out)
}

/// A text of several lines that is shown as it is, with its invisible characters as escapes: the last thing that happens
/// to whatever is written for people, so that no writer can forget it. Control characters stay: by then they are ours.
pub fn seen(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.chars().any(is_invisible) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    text.chars().for_each(|c| if is_invisible(c) { push_visible(&mut out, c) } else { out.push(c) });
    Cow::Owned(out)
}

/// The text of a JSON document that holds the same data and shows it: beyond ASCII such characters stand only in its
/// strings, where `\u3164` means the same.
pub fn json(text: String) -> String {
    let hidden = |c: char| c > '\u{7E}' && is_hostile(c);
    if text.bytes().all(|b| b < 0x7F) || !text.chars().any(hidden) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if hidden(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

fn push_visible(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if is_hostile(c) => {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
        c => out.push(c),
    }
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
            ':' if fresh && chars.peek() == Some(&':') => out.push_str("\\u{3a}"),
            '[' if out.ends_with("##") => out.push_str("\\u{5b}"),
            c => push_visible(&mut out, c),
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
/// removed. What cannot be seen is shown as an escape. The XML writer escapes the markup.
pub fn xml(text: &str) -> String {
    seen(text)
        .chars()
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

    /// What Unicode calls ignorable, format, white space, asked of another table than ours.
    #[test]
    fn the_table_holds_what_unicode_calls_invisible() {
        let unicode =
            regex::Regex::new(r"^[\p{Default_Ignorable_Code_Point}\p{White_Space}\p{Cf}]$").unwrap();
        // Format characters that are drawn: signs of numbers, years, pages, verses.
        let drawn =
            regex::Regex::new(r"^[\u{600}-\u{605}\u{6DD}\u{70F}\u{890}\u{891}\u{8E2}\u{110BD}\u{110CD}]$")
                .unwrap();
        let drawn_as_nothing = ['\u{2800}', '\u{1D159}', '\u{16FE4}'];
        let mut buffer = [0; 4];
        for c in (0x80..=0x10_FFFF).filter_map(char::from_u32) {
            let text = &*c.encode_utf8(&mut buffer);
            let wanted = unicode.is_match(text) && !drawn.is_match(text) || drawn_as_nothing.contains(&c);
            // Reserved and Egyptian ones of the ranges may be newer than the other table.
            let newer =
                matches!(c, '\u{FFF0}'..='\u{FFFB}' | '\u{13430}'..='\u{1343F}' | '\u{E0000}'..='\u{E0FFF}');
            assert!(is_invisible(c) == wanted || (newer && is_invisible(c)), "U+{:X}", u32::from(c));
        }
        assert!((0..0x80).filter_map(char::from_u32).all(|c| !is_invisible(c)));
        assert!(INVISIBLE.windows(2).all(|w| w[0].0 <= w[0].1 && w[0].1 < w[1].0));
    }

    #[test]
    fn what_cannot_be_seen_is_blank_and_shown() {
        for c in [
            '\u{3164}',
            '\u{2800}',
            '\u{34F}',
            '\u{115F}',
            '\u{1160}',
            '\u{FEFF}',
            '\u{FE0F}',
            '\u{E0041}',
            '\u{A0}',
            '\u{3000}',
            '\u{7F}',
        ] {
            let text = format!(" {c}\n");
            assert!(is_blank(&text) && !is_blank(&format!("{c}x")), "{c:?}");
            let (shown, escape) = (format!("a{c}"), format!("a\\u{{{:x}}}", u32::from(c)));
            assert_eq!((visible(&shown).as_ref(), terminal(&shown)), (&*escape, escape.clone()));
            assert!(!json(serde_json::to_string(&shown).unwrap()).contains(c));
        }
        assert!(is_blank("") && !is_blank("é"));
        assert_eq!(seen("a\n\u{1b}[1m\u{3164}"), "a\n\u{1b}[1m\\u{3164}");
        assert_eq!(xml("a\n\u{3164}\u{1b}"), "a\n\\u{3164}");
        assert_eq!(json("{\n \"a\": \"\u{e0041}\u{9b}ü\"}".into()), "{\n \"a\": \"\\udb40\\udc41\\u009bü\"}");
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
        fn json_says_the_same_and_hides_nothing(text in any::<String>()) {
            let shown = json(serde_json::to_string_pretty(&[&text]).unwrap());
            prop_assert!(!shown.chars().any(|c| c != '\n' && is_hostile(c)), "{}", shown);
            prop_assert_eq!(serde_json::from_str::<Vec<String>>(&shown).unwrap(), [text]);
        }

        #[test]
        fn nothing_that_is_shown_hides(text in any::<String>()) {
            prop_assert!(!visible(&text).chars().any(is_hostile));
            prop_assert!(!seen(&text).chars().any(is_invisible) && !xml(&text).chars().any(is_invisible));
            prop_assert_eq!(is_blank(&text), text.trim().chars().all(|c| c == ' ' || is_hostile(c)));
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

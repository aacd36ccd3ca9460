//! Untrusted text made fit for where it is shown: a terminal, markdown, XML. `report` has the readers that only it writes for.
//!
//! Everything that comes from an artifact, an output or a file name passes through here on its way out. Escapes are written
//! the way Rust writes them (`\n`, `\u{1b}`), so that what was there can still be read.

use super::ansi::without_ansi;
use super::ci::{Hashes, ends_line};
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

/// Rewrites a text in one pass. A step sees a character, the two behind it, and what it remembers itself; it can only add to what
/// is written. So none can look back over what stands before, and the work is that of the length, whatever the text holds.
fn rewrite(text: &str, mut step: impl FnMut(char, [Option<char>; 2], &mut Written)) -> String {
    let mut out = Written(String::with_capacity(text.len()));
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let mut behind = chars.clone();
        step(c, [behind.next(), behind.next()], &mut out);
    }
    out.0
}

/// What `rewrite` has written so far: it can be added to, and not be looked at.
struct Written(String);

impl Written {
    fn push(&mut self, c: char) {
        self.0.push(c);
    }

    fn push_str(&mut self, text: &str) {
        self.0.push_str(text);
    }

    /// As Rust writes it: `\u{1b}`.
    fn escape(&mut self, c: char) {
        // Writing to a String cannot fail.
        let _ = write!(self.0, "\\u{{{:x}}}", u32::from(c));
    }
}

/// One line of harmless text: control characters (ESC and C1 too), line separators, bidirectional overrides and
/// invisible characters are shown as escapes, and nothing in it can start a command of a CI system, wherever the line is
/// broken afterwards. GitHub's runner reads standard error too, takes `::` after leading white space, and `##[` anywhere in
/// a line, as Azure Pipelines takes `##vso[` and TeamCity `##teamcity[`.
pub fn terminal(text: &str) -> String {
    let mut fresh = true;
    let mut hashes = Hashes::default();
    rewrite(text, |c, [next, _], out| {
        let command = hashes.completes(c);
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ':' if fresh && next == Some(':') => out.escape(c),
            c if command || is_hostile(c) => out.escape(c),
            c => out.push(c),
        }
        fresh = c.is_whitespace();
    })
}

/// One line that a tool printed, or a message of it, as it is quoted: `terminal`, but that its colours are taken off and its tabs stay.
/// A tab begins what `terminal` takes for a new word, so that the parts are as harmless as the whole.
pub fn quoted(line: &str) -> String {
    let plain = without_ansi(line);
    plain.split('\t').map(terminal).collect::<Vec<_>>().join("\t")
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
    let (mut last, mut www, mut digits, mut first) = (' ', 0u8, true, true);
    let mut out = rewrite(&terminal(text), |c, next, out| {
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
            ':' if next == [Some('/'); 2] => out.push_str("&#58;"),
            '.' if www == 3 => out.push_str("&#46;"),
            '.' if digits && !first => out.push_str("\\."),
            '-' | '+' | '=' if first => {
                out.push('\\');
                out.push(c);
            }
            ' ' if last == ' ' => {}
            c => out.push(c),
        }
        www = if matches!(c, 'w' | 'W') { www.saturating_add(1).min(3) } else { 0 };
        digits &= c.is_ascii_digit();
        (last, first) = (c, false);
    });
    out.truncate(out.trim_end().len());
    out
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
    fence(language, &text.lines().map(terminal).collect::<Vec<_>>())
}

/// The same for what a tool said: each line as `quoted` has it.
pub fn markdown_quote(text: &str) -> String {
    fence("text", &text.lines().map(quoted).collect::<Vec<_>>())
}

fn fence(language: &str, lines: &[String]) -> String {
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
/// removed, and what cannot be seen is an escape. None of the lines starts a command of a CI system. The XML writer escapes the markup.
pub fn xml(text: &str) -> String {
    let legal = |c: &char| {
        matches!(c, '\t' | '\n' | '\u{20}'..='\u{7E}' | '\u{A0}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}'
            | '\u{10000}'..='\u{10FFFF}')
    };
    // What stands on both sides of something removed comes together: commands are looked for afterwards.
    let text: String = seen(text).chars().filter(legal).collect();
    let mut fresh = true;
    let mut hashes = Hashes::default();
    rewrite(&text, |c, [next, _], out| {
        if hashes.completes(c) || (c == ':' && fresh && next == Some(':')) {
            out.escape(c);
        } else {
            out.push(c);
        }
        fresh = ends_line(c) || (fresh && c.is_whitespace());
    })
}

/// JSON text as a writer made it, in which nothing starts a command of a CI system, ends a line where no line of JSON ends, or
/// cannot be seen: `#` and such characters are escaped as JSON does, so that every reader gets the same document.
pub fn json(text: String) -> String {
    if memchr::memmem::find(text.as_bytes(), b"##").is_none() && text.bytes().all(|b| b < 0x7F) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut hashes = Hashes::default();
    // Where the last `#` stands; between it and a bracket that completes a command there is one word, which moves once.
    let mut hash = 0;
    for c in text.chars() {
        if hashes.completes(c) {
            out.replace_range(hash..=hash, "\\u0023");
        }
        if c == '#' {
            hash = out.len();
        }
        if u32::from(c) >= 0x7F && is_hostile(c) {
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
    fn what_a_tool_said_is_quoted_without_colours_and_with_tabs() {
        assert_eq!(quoted("\u{1b}[31m- a\tb\u{1b}[0m"), "- a\tb");
        assert_eq!(quoted("#x1B[31m\t::error::x\r"), "\t\\u{3a}:error::x\\r");
        assert_eq!(quoted("a ##\u{1b}[0m[error]\u{202e}"), "a ##\\u{5b}error]\\u{202e}");
        assert_eq!(markdown_quote("\u{1b}[1m```\u{1b}[0m\n\tx"), "````text\n```\n\tx\n````\n");
    }

    #[test]
    fn a_workflow_command_cannot_be_started() {
        assert_eq!(terminal("::error::x"), "\\u{3a}:error::x");
        assert_eq!(terminal("  ::error::x"), "  \\u{3a}:error::x");
        assert_eq!(terminal("a ##[error]x"), "a ##\\u{5b}error]x");
        assert_eq!(terminal("###vso[task.x]y"), "###vso\\u{5b}task.x]y");
        assert_eq!(terminal("##a#[ ## [ #[ ##teamcity['x']"), "##a#[ ## [ #[ ##teamcity\\u{5b}'x']");
    }

    #[test]
    fn a_json_text_holds_no_command_and_means_the_same() {
        let said = "##[error] ###vso[x] # ## [a] \u{2028}\u{85}\u{3164}\u{e0001} é";
        let text = json(serde_json::to_string(&[said]).unwrap());
        assert_eq!(serde_json::from_str::<Vec<String>>(&text).unwrap(), [said]);
        assert!(text.starts_with(r##"["#\u0023[error] ##\u0023vso[x] # ## [a] \u2028\u0085"##), "{text}");
        assert!(!text.contains("##[") && !text.contains("##vso["));
        assert_eq!(json("{\n  \"a\": \"# é\"\n}".into()), "{\n  \"a\": \"# é\"\n}");
    }

    #[test]
    fn no_line_of_an_xml_text_starts_a_command() {
        assert_eq!(xml("a::b\n ::error::x\u{2028}::x"), "a::b\n \\u{3a}:error::x\\u{2028}::x");
        assert_eq!(xml("\u{1b}:\u{85}:x #\r#[y"), ":\\u{85}:x ##\\u{5b}y");
        assert_eq!(xml("a ##vso[x"), "a ##vso\\u{5b}x");
    }

    #[test]
    fn the_work_is_that_of_the_length() {
        // Each of these took minutes when a step looked back over what it had written.
        let many = 2_000_000;
        for (text, length) in [(".", 1), ("1", 1), ("#", 10), ("w", 1), ("1.", 2), ("www.", 8)] {
            let shown = markdown(&text.repeat(many / text.len()));
            assert!(shown.len() <= many / text.len() * length + 1, "{text}");
        }
        assert_eq!(markdown(&"##a[".repeat(many / 4)).matches("u\\{5b\\}").count(), many / 4);
        assert_eq!(json(format!("\"{}\"", "##a[".repeat(many / 4))).matches("u0023").count(), many / 4);
        assert_eq!(terminal(&"::".repeat(many / 2)).len(), many + 5);
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

    /// The slow way to see what `Hashes` sees.
    fn has_command(text: &str) -> bool {
        let word = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        text.match_indices("##").any(|(at, _)| text[at + 2..].trim_start_matches(word).starts_with('['))
    }

    proptest! {
        #[test]
        fn no_writer_lets_a_command_through(text in "[#\\[a:_. \n\r\u{85}\u{2028}\u{b}]{0,24}") {
            let written = json(serde_json::to_string(&text).unwrap());
            prop_assert!(!has_command(&written), "{written}");
            prop_assert_eq!(serde_json::from_str::<String>(&written).unwrap(), &*text);
            prop_assert!(!has_command(&xml(&text)) && !has_command(&terminal(&text)));
            for line in xml(&text).split(ends_line) {
                prop_assert!(!line.trim_start().starts_with("::"), "{line}");
            }
            let mut out = Vec::new();
            let mut echo = crate::ci::Echo::default();
            for byte in text.as_bytes() {
                echo.push(&[*byte], &mut |part| out.extend_from_slice(part));
            }
            let echoed = String::from_utf8(out).unwrap();
            prop_assert!(!has_command(&echoed), "{echoed}");
            for line in echoed.split(ends_line) {
                prop_assert!(!line.trim_start().starts_with("::"), "{line}");
            }
        }

        #[test]
        fn terminal_text_is_one_harmless_line(text in any::<String>()) {
            let shown = terminal(&text);
            prop_assert!(!shown.chars().any(is_hostile));
            prop_assert!(!has_command(&shown), "{shown}");
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

//! Text as it is copied out of a coloured log.

use std::borrow::Cow;

/// How pytest spells the escape character in JUnit, where XML forbids it.
const SPELLED: &str = "#x1B";

/// The text without terminal escapes (ECMA-48: CSI, OSC, other strings, and two-character ones), as it is copied out of a coloured log.
/// Those that pytest spells out (`#x1B[31m`) are taken off too, where they are whole.
pub fn without_ansi(text: &str) -> Cow<'_, str> {
    let plain = if text.contains(['\u{1b}', '\u{9b}']) { Cow::Owned(unescaped(text)) } else { text.into() };
    if plain.contains(SPELLED) { Cow::Owned(unspelled(&plain)) } else { plain }
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let kind = match c {
            '\u{1b}' => chars.next(),
            // The one character that stands for both.
            '\u{9b}' => Some('['),
            c => {
                out.push(c);
                continue;
            }
        };
        match kind {
            Some('[') => {
                // Parameters and intermediates, then one final character.
                while chars.next_if(|c| matches!(c, ' '..='?')).is_some() {}
                chars.next_if(|c| matches!(c, '@'..='~'));
            }
            Some(']' | 'P' | 'X' | '^' | '_') => {
                while let Some(c) = chars.next_if(|c| *c != '\n') {
                    if c == '\u{7}' || (c == '\u{1b}' && chars.next_if_eq(&'\\').is_some()) {
                        break;
                    }
                }
            }
            // A character set is chosen by one character more.
            Some('(' | ')' | '*' | '+' | '#' | '%') => {
                chars.next_if(|c| *c != '\n');
            }
            // It stood at the end of a line.
            Some('\n') => out.push('\n'),
            _ => {}
        }
    }
    out
}

fn unspelled(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(SPELLED) {
        out.push_str(before);
        match spelled_end(after) {
            Some(end) => rest = &after[end..],
            None => {
                out.push_str(SPELLED);
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// How many bytes behind a spelled escape character belong to its sequence; `None` where none stands there whole.
fn spelled_end(after: &str) -> Option<usize> {
    let (kind, body) = (after.chars().next()?, after.get(1..)?);
    match kind {
        '[' => {
            let parameters = body.len() - body.trim_start_matches(|c| matches!(c, '0'..='?')).len();
            let last = body[parameters..].chars().next()?;
            last.is_ascii_alphabetic().then_some(1 + parameters + 1)
        }
        '(' | ')' => body.starts_with(|c: char| c.is_ascii_alphanumeric()).then_some(2),
        ']' => {
            let line = body.split('\n').next().unwrap_or_default();
            let ends = ["#x07", "#x1B\\"].into_iter();
            ends.filter_map(|end| line.find(end).map(|at| 1 + at + end.len())).min()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn colours_are_taken_off() {
        assert_eq!(without_ansi("test x ... \u{1b}[31;1mFAILED\u{1b}[0m"), "test x ... FAILED");
        assert_eq!(without_ansi("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{7} end"), "link end");
        assert_eq!(without_ansi("cut \u{1b}["), "cut ");
        assert_eq!(without_ansi("\u{9b}31mred\u{9b}0m \u{1b}Pq#0\u{1b}\\x\u{1b}(B"), "red x");
    }

    #[test]
    fn what_pytest_spells_out_is_taken_off_where_it_is_whole() {
        assert_eq!(without_ansi("#x1B[1m#x1B[31mE  assert 1#x1B[0m#x1B(B"), "E  assert 1");
        assert_eq!(without_ansi("#x1B]8;;http://x#x1B\\link#x1B]8;;#x07 end"), "link end");
        for kept in ["see #x1B", "#x1B[31", "#x1B[é", "#x1B]8;;\n#x07", "issue #x1Bc"] {
            assert_eq!(without_ansi(kept), kept);
        }
    }

    proptest! {
        #[test]
        fn no_escape_is_left(text in any::<String>()) {
            let escapes = without_ansi(&text).matches(['\u{1b}', '\u{9b}']).count();
            prop_assert_eq!(escapes, 0);
        }

        #[test]
        fn what_is_spelled_out_is_looked_at_without_a_fault(text in "(#x1B|\\[|\\]|[0-9;m]|#x07|é|\n){0,12}") {
            let plain = without_ansi(&text);
            prop_assert!(plain.len() <= text.len());
        }
    }
}

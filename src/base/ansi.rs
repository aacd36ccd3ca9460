//! Text as it is copied out of a coloured log.

use std::borrow::Cow;

/// The text without terminal escapes (ECMA-48: CSI, OSC and two-character ones), as it is copied out of a coloured log.
pub fn without_ansi(text: &str) -> Cow<'_, str> {
    if !text.contains('\u{1b}') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\u{1b}' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('[') => {
                // Parameters and intermediates, then one final character.
                while chars.next_if(|c| matches!(c, ' '..='?')).is_some() {}
                chars.next_if(|c| matches!(c, '@'..='~'));
            }
            Some(']') => {
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
            _ => {}
        }
    }
    Cow::Owned(out)
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
    }

    proptest! {
        #[test]
        fn no_escape_is_left(text in any::<String>()) {
            let escapes = without_ansi(&text).matches('\u{1b}').count();
            prop_assert_eq!(escapes, 0);
        }
    }
}

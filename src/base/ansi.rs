//! Text as it is copied out of a coloured log.

/// The text without ANSI escape sequences, as it is copied out of a coloured log.
pub fn without_ansi(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\u{1b}' {
            out.push(c);
            continue;
        }
        match chars.next() {
            // A control sequence: parameters, then one final byte.
            Some('[') => while chars.next().is_some_and(|c| !('\u{40}'..='\u{7e}').contains(&c)) {},
            // A command for the terminal: up to BEL or ESC \.
            Some(']') => {
                while let Some(c) = chars.next() {
                    if c == '\u{7}' || (c == '\u{1b}' && chars.next_if_eq(&'\\').is_some()) {
                        break;
                    }
                }
            }
            _ => {}
        }
    }
    out
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

//! Text of unknown origin, made fit for a terminal.

/// The text on one line with everything escaped that a terminal, or an eye, could be misled by: control characters
/// (ESC and the C1 set among them), line and paragraph separators, and the marks that turn the reading direction.
pub fn terminal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if misleads(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

fn misleads(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{feff}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

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
    fn a_terminal_is_not_driven() {
        assert_eq!(terminal("a\u{1b}[31mb\nc\u{9b}d\u{202e}e"), r"a\u{1b}[31mb\nc\u{9b}d\u{202e}e");
        assert_eq!(terminal("pass: größer, 日本"), "pass: größer, 日本");
    }

    #[test]
    fn colours_are_taken_off() {
        assert_eq!(without_ansi("test x ... \u{1b}[31;1mFAILED\u{1b}[0m"), "test x ... FAILED");
        assert_eq!(without_ansi("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{7} end"), "link end");
        assert_eq!(without_ansi("cut \u{1b}["), "cut ");
    }

    proptest! {
        #[test]
        fn nothing_that_misleads_is_left(text in any::<String>()) {
            prop_assert!(!terminal(&text).chars().any(misleads));
        }
    }
}

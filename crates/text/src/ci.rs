//! What CI systems take for a command in output: known here once for every text that is written, and for output of others that
//! is passed on as it comes.
//!
//! GitHub's runner reads both streams: `::error::` at the beginning of a line, `##[error]` anywhere in one. Azure Pipelines takes
//! `##vso[` anywhere, TeamCity `##teamcity[`, GitLab `section_start:`.

/// Whether a character ends a line for some reader: a feed of any kind, a return, NEL, the separators of Unicode.
pub fn ends_line(c: char) -> bool {
    matches!(c, '\n'..='\r' | '\u{1C}'..='\u{1E}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Follows a text and knows when `##`, a word and a bracket make a command.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hashes {
    /// How many stand at the end, as far as it counts.
    hashes: u8,
    /// Whether a word has begun behind two of them.
    word: bool,
}

impl Hashes {
    /// Takes the next character; whether it completes the beginning of a command.
    pub fn completes(&mut self, c: char) -> bool {
        let open = self.hashes >= 2;
        *self = match c {
            '#' if self.word => Hashes { hashes: 1, word: false },
            '#' => Hashes { hashes: (self.hashes + 1).min(2), word: false },
            c if open && (c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')) => {
                Hashes { hashes: 2, word: true }
            }
            _ => Hashes::default(),
        };
        open && c == '['
    }
}

/// What stands before the colon of GitLab's commands.
const SECTIONS: [&[u8]; 2] = [b"section_start", b"section_end"];

/// Output of others that is passed on: colours and all, but for what a CI system would take for a command of ours. The
/// character that completes one is written as Rust escapes it (`##\u{5b}error]`), wherever blocks are cut.
#[derive(Debug, Clone)]
pub struct Echo {
    /// Nothing that is seen stands in the line yet.
    fresh: bool,
    /// The last byte was the first colon of a line.
    colon: bool,
    hashes: Hashes,
    /// How much of an escape for the terminal was read: it is seen by nobody.
    escape: Escape,
    /// The last bytes of a character that ends a line, as far as they are one.
    wide: [u8; 2],
    /// The word that the line ends in, as far as it may be one of `SECTIONS`.
    word: Vec<u8>,
    /// Whether the last line has ended.
    ended: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Escape {
    None,
    Begun,
    Sequence,
}

impl Default for Echo {
    fn default() -> Self {
        Echo {
            fresh: true,
            colon: false,
            hashes: Hashes::default(),
            escape: Escape::None,
            wide: [0; 2],
            word: Vec::new(),
            ended: true,
        }
    }
}

impl Echo {
    /// Takes a block and passes it on; nothing is held back.
    pub fn push(&mut self, block: &[u8], out: &mut dyn FnMut(&[u8])) {
        let mut from = 0;
        for (at, byte) in block.iter().enumerate() {
            if self.completes(*byte) {
                if from < at {
                    out(&block[from..at]);
                }
                out(if *byte == b'[' { b"\\u{5b}" } else { b"\\u{3a}" });
                from = at + 1;
            }
        }
        if from < block.len() {
            out(&block[from..]);
        }
        if let Some(last) = block.last() {
            self.ended = *last == b'\n';
        }
    }

    /// Ends the last line, so that what we say next begins one.
    pub fn end_line(&mut self, out: &mut dyn FnMut(&[u8])) {
        if !self.ended {
            self.push(b"\n", out);
        }
    }

    fn completes(&mut self, byte: u8) -> bool {
        let [before, last] = self.wide;
        self.wide = [last, byte];
        let feed = matches!(byte, b'\n'..=b'\r' | 0x1C..=0x1E)
            || [last, byte] == [0xC2, 0x85]
            || matches!([before, last, byte], [0xE2, 0x80, 0xA8 | 0xA9]);
        let invisible = self.escaped(byte);
        let hash = self.hashes.completes(char::from(byte));
        let second = std::mem::take(&mut self.colon) && byte == b':';
        let section = byte == b':' && SECTIONS.contains(&self.word.as_slice());
        if !invisible && (byte.is_ascii_alphanumeric() || byte == b'_') {
            // Longer than any of them is enough to be none.
            if self.word.len() < 16 {
                self.word.push(byte);
            }
        } else {
            self.word.clear();
        }
        if feed {
            self.fresh = true;
        } else if byte == b':' && self.fresh && !invisible {
            (self.fresh, self.colon) = (false, !second);
        } else if byte.is_ascii_graphic() && !invisible {
            self.fresh = false;
        }
        hash || second || section
    }

    /// Whether the byte is part of an escape for the terminal (ECMA-48).
    fn escaped(&mut self, byte: u8) -> bool {
        let before = self.escape;
        self.escape = match (before, byte) {
            (_, 0x1B) => Escape::Begun,
            (Escape::Begun, b'[') => Escape::Sequence,
            (Escape::Sequence, b' '..=b'?') => Escape::Sequence,
            _ => Escape::None,
        };
        before != Escape::None || self.escape != Escape::None
    }
}

/// A text of ours, ready to be written, in which something of others may have come to stand together as a command: as `Echo`
/// passes it on. `commands` says that lines of it are meant as commands of GitHub's.
pub fn without_commands(text: &str, commands: bool) -> std::borrow::Cow<'_, str> {
    let bytes = text.as_bytes();
    let suspect = memchr::memmem::find(bytes, b"##").is_some()
        || memchr::memmem::find(bytes, b"section_").is_some()
        || (!commands && memchr::memmem::find(bytes, b"::").is_some());
    if !suspect {
        return text.into();
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut echo = Echo::default();
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        if commands && line.starts_with(b"::") {
            // Its own beginning is meant; what follows is held to the same as any line.
            out.extend_from_slice(b"::");
            echo.fresh = false;
            echo.push(&line[2..], &mut |part| out.extend_from_slice(part));
        } else {
            echo.push(line, &mut |part| out.extend_from_slice(part));
        }
    }
    // Only whole characters are replaced, by ASCII.
    String::from_utf8_lossy(&out).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn echoed(text: &str) -> String {
        let mut out = Vec::new();
        Echo::default().push(text.as_bytes(), &mut |part| out.extend_from_slice(part));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_is_passed_on_holds_no_command() {
        for (text, shown) in [
            ("a::b c ::d\n", "a::b c ::d\n"),
            ("::error::x\n  ::set-output name=a::b", ":\\u{3a}error::x\n  :\\u{3a}set-output name=a::b"),
            (
                "x\r::add-mask::a\u{2028}::x\u{85}::y\u{b}::z",
                "x\r:\\u{3a}add-mask::a\u{2028}:\\u{3a}x\u{85}:\\u{3a}y\u{b}:\\u{3a}z",
            ),
            ("\u{1b}[31;1m::stop-commands::x", "\u{1b}[31;1m:\\u{3a}stop-commands::x"),
            ("\u{feff}\u{a0}::error::", "\u{feff}\u{a0}:\\u{3a}error::"),
            (
                "a ##[group]x ##vso[t]y ###teamcity['z']",
                "a ##\\u{5b}group]x ##vso\\u{5b}t]y ###teamcity\\u{5b}'z']",
            ),
            ("\u{1b}[0Ksection_start:1:a\r\u{1b}[0Kx", "\u{1b}[0Ksection_start\\u{3a}1:a\r\u{1b}[0Kx"),
            ("\u{1b}[38:2::1:2:3m::x", "\u{1b}[38:2::1:2:3m:\\u{3a}x"),
            ("\u{1b}[32mok\u{1b}[0m a[0] # [x] :a: ::", "\u{1b}[32mok\u{1b}[0m a[0] # [x] :a: ::"),
        ] {
            assert_eq!(echoed(text), shown);
        }
    }

    #[test]
    fn a_line_that_did_not_end_is_ended_once() {
        let mut out = Vec::new();
        let mut echo = Echo::default();
        echo.end_line(&mut |part| out.extend_from_slice(part));
        echo.push(b"a\nb", &mut |part| out.extend_from_slice(part));
        echo.end_line(&mut |part| out.extend_from_slice(part));
        echo.end_line(&mut |part| out.extend_from_slice(part));
        assert_eq!(out, b"a\nb\n");
    }

    #[test]
    fn our_own_commands_stay_and_no_other_beginning_does() {
        let text = "::error title=x::a ##[b] ::c\n ::warning::x\nplain\n";
        assert_eq!(
            without_commands(text, true),
            "::error title=x::a ##\\u{5b}b] ::c\n :\\u{3a}warning::x\nplain\n"
        );
        assert_eq!(without_commands("::a\n", false), ":\\u{3a}a\n");
        assert!(matches!(without_commands("a [b] # c\n", false), std::borrow::Cow::Borrowed(_)));
    }
}

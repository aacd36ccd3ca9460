//! A text as it was before JSON or XML escaped it, and where each part of it stands in what was written.
//!
//! Writers escape what they like (`&` is `\u0026` to Go, `&amp;` or `&#38;` to XML), so a value has more spellings than can be
//! looked for; what they all stand for is one.

use crate::json::simple_escape;

/// Whose escapes are undone. One at a time: in XML `\n` is two characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escapes {
    /// RFC 8259, section 7.
    Json,
    /// References to characters by number, and the five names of XML 1.0, section 4.6.
    Xml,
}

impl Escapes {
    pub(super) const ALL: [Escapes; 2] = [Escapes::Json, Escapes::Xml];

    /// What every escape begins with.
    pub(super) fn sign(self) -> u8 {
        match self {
            Escapes::Json => b'\\',
            Escapes::Xml => b'&',
        }
    }
}

/// The longest reference to a character that is read, digits alone: `1114111`, with zeros before it.
const DIGITS: usize = 8;
const NAMES: &[(&[u8], char)] =
    &[(b"amp;", '&'), (b"lt;", '<'), (b"gt;", '>'), (b"quot;", '"'), (b"apos;", '\'')];

/// One escape: what it stands for begins at `at` and ends before `to` in the view, it itself at `from` and before `end` below.
#[derive(Debug, Clone, Copy)]
struct Mark {
    at: usize,
    to: usize,
    from: usize,
    end: usize,
}

/// A text without its escapes. Places in the text it was made of are said to be below.
#[derive(Debug)]
pub(super) struct View {
    pub(super) text: Vec<u8>,
    marks: Vec<Mark>,
    /// Where an escape begins below that more bytes decide; the view ends before it.
    pub(super) open: Option<usize>,
}

/// What stands behind the sign of an escape.
enum Read {
    No,
    Open,
    /// The character, and how many bytes say so.
    Char(char, usize),
}

impl View {
    /// `None` where no escape is or begins. `last` says that nothing will follow the text.
    pub(super) fn new(below: &[u8], escapes: Escapes, last: bool) -> Option<View> {
        let mut at = memchr::memchr(escapes.sign(), below)?;
        let mut view = View { text: Vec::new(), marks: Vec::new(), open: None };
        let mut done = 0;
        loop {
            let rest = &below[at + 1..];
            let read = match escapes {
                Escapes::Json => json(rest),
                Escapes::Xml => xml(rest),
            };
            let next = match read {
                Read::Char(character, length) => {
                    view.text.extend_from_slice(&below[done..at]);
                    let from = view.text.len();
                    view.text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                    let end = at + 1 + length;
                    view.marks.push(Mark { at: from, to: view.text.len(), from: at, end });
                    done = end;
                    end
                }
                Read::Open if !last => {
                    view.open = Some(at);
                    break;
                }
                Read::Open | Read::No => at + 1,
            };
            match memchr::memchr(escapes.sign(), &below[next..]) {
                Some(n) => at = next + n,
                None => break,
            }
        }
        if view.marks.is_empty() && view.open.is_none() {
            return None;
        }
        view.text.extend_from_slice(&below[done..view.open.unwrap_or(below.len())]);
        Some(view)
    }

    /// Where below what begins here begins.
    pub(super) fn start(&self, at: usize) -> usize {
        let next = self.marks.partition_point(|m| m.to <= at);
        match self.marks.get(next).filter(|m| m.at <= at) {
            Some(mark) => mark.from,
            None => self.behind(next).map_or(at, |m| m.end + (at - m.to)),
        }
    }

    /// Where below what ends here ends.
    pub(super) fn end(&self, to: usize) -> usize {
        let last = self.behind(self.marks.partition_point(|m| m.at < to));
        last.map_or(to, |m| m.end + to.saturating_sub(m.to))
    }

    /// The place below, or the beginning of the escape inside of which it is.
    pub(super) fn whole(&self, below: usize) -> usize {
        let next = self.marks.partition_point(|m| m.end <= below);
        let below = self.marks.get(next).map_or(below, |m| m.from.min(below));
        self.open.map_or(below, |open| open.min(below))
    }

    /// Where a place below, no escape's inside, is in the view.
    pub(super) fn up(&self, below: usize) -> usize {
        let last = self.behind(self.marks.partition_point(|m| m.end <= below));
        last.map_or(below, |m| m.to + (below - m.end)).min(self.text.len())
    }

    /// Whether an escape stands in this part of the view.
    pub(super) fn escaped(&self, from: usize, to: usize) -> bool {
        let next = self.marks.partition_point(|m| m.to <= from);
        self.marks.get(next).is_some_and(|m| m.at < to)
    }

    fn behind(&self, next: usize) -> Option<&Mark> {
        next.checked_sub(1).and_then(|n| self.marks.get(n))
    }
}

fn json(rest: &[u8]) -> Read {
    match rest.first() {
        None => Read::Open,
        Some(b'u') => by_unit(rest),
        Some(byte) => simple_escape(*byte).map_or(Read::No, |character| Read::Char(character, 1)),
    }
}

/// `u` and four hex digits, and a second such escape where the first is half of a character.
fn by_unit(rest: &[u8]) -> Read {
    let unit = |digits: &[u8]| digits.iter().try_fold(0, |n, b| Some(n * 16 + char::from(*b).to_digit(16)?));
    let Some(first) = unit(&rest[1..rest.len().min(5)]) else { return Read::No };
    if rest.len() < 5 {
        return Read::Open;
    }
    if let Some(character) = char::from_u32(first) {
        return Read::Char(character, 5);
    }
    let second = &rest[5..rest.len().min(11)];
    let (sign, digits) = second.split_at(second.len().min(2));
    let low = unit(digits).filter(|_| b"\\u".starts_with(sign));
    match low {
        None => Read::No,
        Some(_) if first > 0xdbff => Read::No,
        Some(_) if second.len() < 6 => Read::Open,
        Some(low @ 0xdc00..=0xdfff) => {
            let code = 0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00);
            char::from_u32(code).map_or(Read::No, |c| Read::Char(c, 11))
        }
        Some(_) => Read::No,
    }
}

fn xml(rest: &[u8]) -> Read {
    let (radix, before) = match rest {
        [b'#', b'x' | b'X', ..] => (16, 2),
        [b'#', ..] => (10, 1),
        _ => {
            let named = NAMES.iter().find(|(name, _)| rest.starts_with(name));
            return match named {
                Some((name, character)) => Read::Char(*character, name.len()),
                None if NAMES.iter().any(|(name, _)| name.starts_with(rest)) => Read::Open,
                None => Read::No,
            };
        }
    };
    let digits = &rest[before..rest.len().min(before + DIGITS)];
    let count = digits.iter().take_while(|b| char::from(**b).is_digit(radix)).count();
    match rest.get(before + count) {
        None if count < DIGITS => Read::Open,
        Some(b';') if count > 0 => {
            let text = std::str::from_utf8(&digits[..count]).unwrap_or_default();
            let code = u32::from_str_radix(text, radix).ok().and_then(char::from_u32);
            code.map_or(Read::No, |c| Read::Char(c, before + count + 1))
        }
        _ => Read::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(escapes: Escapes, text: &str) -> String {
        View::new(text.as_bytes(), escapes, true)
            .map_or(text.into(), |view| String::from_utf8(view.text).unwrap())
    }

    #[test]
    fn escapes_are_undone_and_nothing_else() {
        for (written, expected) in [
            (r#"a\"b\\c\/d\n\t\u0026\u003C\u00e9\u00E9"#, "a\"b\\c/d\n\t&<éé"),
            (r"\ud83d\ude00 \\u0026", "😀 \\u0026"),
            (r"\ud83d \ud83d\n \udc00 \u12g4 \x \", "\\ud83d \\ud83d\n \\udc00 \\u12g4 \\x \\"),
            ("&amp;", "&amp;"),
        ] {
            assert_eq!(plain(Escapes::Json, written), expected, "{written}");
        }
        for (written, expected) in [
            ("&amp;lt; &lt;&gt;&quot;&apos;", "&lt; <>\"'"),
            ("&#38; &#038; &#x26; &#X26; &#233;&#xE9;&#xe9; &#128512;", "& & & & ééé 😀"),
            (
                "a&b &nbsp; &; &# &#; &#x; &#xD800; &#999999999; &#12 &am",
                "a&b &nbsp; &; &# &#; &#x; &#xD800; &#999999999; &#12 &am",
            ),
            (r"\u0026", r"\u0026"),
        ] {
            assert_eq!(plain(Escapes::Xml, written), expected, "{written}");
        }
    }

    #[test]
    fn places_lead_back() {
        let view = View::new(b"a&amp;b&#233;c&a", Escapes::Xml, false).unwrap();
        assert_eq!((view.text.as_slice(), view.open), ("a&béc".as_bytes(), Some(14)));
        assert_eq!([0, 1, 2, 3, 4, 5, 6].map(|at| view.start(at)), [0, 1, 6, 7, 7, 13, 14]);
        assert_eq!([0, 1, 2, 3, 4, 5, 6].map(|to| view.end(to)), [0, 1, 6, 7, 13, 13, 14]);
        assert_eq!([0, 1, 2, 5, 6, 7, 12, 13, 15].map(|at| view.whole(at)), [0, 1, 1, 1, 6, 7, 7, 13, 14]);
        assert_eq!([0, 1, 6, 7, 13, 14].map(|at| view.up(at)), [0, 1, 2, 3, 5, 6]);
        assert!(view.escaped(0, 2) && view.escaped(1, 2) && !view.escaped(2, 3) && !view.escaped(0, 1));
    }

    #[test]
    fn an_escape_that_is_not_all_there_is_waited_for() {
        for (escapes, text) in [
            (Escapes::Json, r"a\"),
            (Escapes::Json, r"a\u00e"),
            (Escapes::Json, r"a\ud83d"),
            (Escapes::Json, r"a\ud83d\"),
            (Escapes::Json, r"a\ud83d\ude0"),
            (Escapes::Xml, "a&"),
            (Escapes::Xml, "a&quot"),
            (Escapes::Xml, "a&#"),
            (Escapes::Xml, "a&#x00e9"),
        ] {
            assert_eq!(View::new(text.as_bytes(), escapes, false).unwrap().open, Some(1), "{text}");
            assert!(View::new(text.as_bytes(), escapes, true).is_none(), "{text}");
        }
    }
}

//! Where something stands in a text.

use super::scan::{decode, interruption, string};
use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Range;

/// A place in a text file, counted from 1; columns count characters, as editors do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct TextPlace {
    /// Line, from 1.
    pub line: u64,
    /// Column in characters, from 1.
    pub column: u64,
}

/// The place of a byte offset.
pub fn place_of_offset(bytes: &[u8], offset: usize) -> TextPlace {
    let mut ruler = Ruler::new(bytes);
    ruler.advance(offset)
}

/// Bytes between two offsets whose places `TextPlaces` keeps.
const STEP: usize = 256;

/// The places of many offsets of one text, in whatever order they are asked for. Counted from the top for each, those of a
/// file with thousands of entries would take the square of its length; so the place of each 256th byte is kept, and where lines
/// end: a line may be as long as the text.
pub struct TextPlaces<'b> {
    bytes: &'b [u8],
    marks: Vec<TextPlace>,
    feeds: Vec<usize>,
}

impl<'b> TextPlaces<'b> {
    /// Reads the text once.
    pub fn of(bytes: &'b [u8]) -> TextPlaces<'b> {
        let mut ruler = Ruler::new(bytes);
        let marks = (0..=bytes.len()).step_by(STEP).map(|at| ruler.advance(at)).collect();
        TextPlaces { bytes, marks, feeds: memchr::memchr_iter(b'\n', bytes).collect() }
    }

    /// The place of a byte offset, as `place_of_offset` tells it.
    pub fn place(&self, offset: usize) -> TextPlace {
        let offset = offset.min(self.bytes.len());
        let nth = offset / STEP;
        let mut ruler = Ruler { bytes: self.bytes, at: nth * STEP, place: self.marks[nth] };
        ruler.advance(offset)
    }

    /// The line on which a byte offset stands, without its end.
    pub fn line(&self, offset: usize) -> Range<usize> {
        let offset = offset.min(self.bytes.len());
        let nth = self.feeds.partition_point(|feed| *feed < offset);
        let start = nth.checked_sub(1).map_or(0, |before| self.feeds[before] + 1);
        let mut end = self.feeds.get(nth).copied().unwrap_or(self.bytes.len());
        while end > start && self.bytes[end - 1] == b'\r' {
            end -= 1;
        }
        start..end
    }
}

/// Turns ascending offsets into places in one pass.
struct Ruler<'b> {
    bytes: &'b [u8],
    at: usize,
    place: TextPlace,
}

impl<'b> Ruler<'b> {
    fn new(bytes: &'b [u8]) -> Self {
        Ruler { bytes, at: 0, place: TextPlace { line: 1, column: 1 } }
    }

    fn advance(&mut self, offset: usize) -> TextPlace {
        let between = &self.bytes[self.at..offset.clamp(self.at, self.bytes.len())];
        // Continuation bytes do not count, so broken UTF-8 still gives a usable column.
        let columns = |line: &[u8]| line.iter().filter(|b| **b & 0xC0 != 0x80).count() as u64;
        match between.iter().rposition(|b| *b == b'\n') {
            None => self.place.column += columns(between),
            Some(last) => {
                self.place.line += between.iter().filter(|b| **b == b'\n').count() as u64;
                self.place.column = 1 + columns(&between[last + 1..]);
            }
        }
        self.at += between.len();
        self.place
    }
}

/// The place where the value that an RFC 6901 `pointer` names begins, or of its nearest parent that is there.
/// Reads the text again: only called for what failed. `None` when the text is not JSON up to there.
pub fn locate(bytes: &[u8], pointer: &str) -> Option<TextPlace> {
    locate_many(bytes, &[pointer]).pop().flatten()
}

/// As `locate`, for several pointers in one pass over the text.
pub fn locate_many(bytes: &[u8], pointers: &[&str]) -> Vec<Option<TextPlace>> {
    let Ok(text) = decode(bytes) else { return vec![None; pointers.len()] };
    let routes: Vec<Vec<Token>> = pointers.iter().map(|p| tokens(p)).collect();
    let wanted: Vec<Wanted<'_>> = routes.iter().enumerate().map(|(nth, route)| (nth, &route[..])).collect();
    let mut walk = Walk { text, at: 0, left: pointers.len(), offsets: vec![None; pointers.len()] };
    // Stops early when all are found; what was passed on the way stays.
    let _ = walk.value(&wanted);
    places_of_offsets(bytes, &walk.offsets)
}

/// As `place_of_offset`, for several byte offsets in one pass over the text.
pub fn places_of_offsets(bytes: &[u8], offsets: &[Option<usize>]) -> Vec<Option<TextPlace>> {
    let mut places = vec![None; offsets.len()];
    let mut order: Vec<(usize, usize)> =
        offsets.iter().enumerate().filter_map(|(nth, offset)| Some(((*offset)?, nth))).collect();
    order.sort_unstable();
    let mut ruler = Ruler::new(bytes);
    for (offset, nth) in order {
        places[nth] = Some(ruler.advance(offset));
    }
    places
}

struct Token {
    text: String,
    index: Option<usize>,
}

/// Which pointer, and what of it is still to be walked.
type Wanted<'t> = (usize, &'t [Token]);

fn tokens(pointer: &str) -> Vec<Token> {
    pointer
        .split('/')
        .skip(1)
        .map(|token| {
            let text = token.replace("~1", "/").replace("~0", "~");
            Token { index: text.parse().ok(), text }
        })
        .collect()
}

struct Walk<'a> {
    text: &'a str,
    at: usize,
    left: usize,
    offsets: Vec<Option<usize>>,
}

impl Walk<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\t' | b'\r')) {
            self.at += 1;
        }
    }

    /// Walks the value that begins here; `None` ends the walk. Recurses only as deep as a pointer is long.
    fn value(&mut self, wanted: &[Wanted<'_>]) -> Option<()> {
        self.space();
        let first = self.peek()?;
        let mut deeper = Vec::new();
        for (nth, route) in wanted {
            self.offsets[*nth] = Some(self.at);
            if route.is_empty() {
                self.left -= 1;
            } else {
                deeper.push((*nth, *route));
            }
        }
        match first {
            _ if self.left == 0 => None,
            b'{' if !deeper.is_empty() => self.members(&deeper),
            b'[' if !deeper.is_empty() => self.elements(&deeper),
            _ => self.skip(),
        }
    }

    fn members(&mut self, wanted: &[Wanted<'_>]) -> Option<()> {
        let inner = by_next(wanted, |token| Some(token.text.as_str()));
        self.at += 1;
        loop {
            self.space();
            match self.peek()? {
                b'}' => break,
                b',' => self.at += 1,
                b'"' => {
                    let (key, next) = string(self.text, self.at + 1).ok()?;
                    self.at = next;
                    self.space();
                    (self.peek()? == b':').then_some(())?;
                    self.at += 1;
                    match inner.get(key.as_ref()) {
                        None => self.skip()?,
                        Some(inner) => self.value(inner)?,
                    }
                }
                _ => return None,
            }
        }
        self.at += 1;
        Some(())
    }

    fn elements(&mut self, wanted: &[Wanted<'_>]) -> Option<()> {
        let inner = by_next(wanted, |token| token.index);
        self.at += 1;
        let mut nth = 0;
        loop {
            self.space();
            match self.peek()? {
                b']' => break,
                b',' => self.at += 1,
                _ => {
                    match inner.get(&nth) {
                        None => self.skip()?,
                        Some(inner) => self.value(inner)?,
                    }
                    nth += 1;
                }
            }
        }
        self.at += 1;
        Some(())
    }

    /// Passes over one value, however deep, without recursion.
    fn skip(&mut self) -> Option<()> {
        let mut depth = 0usize;
        loop {
            self.space();
            match self.peek()? {
                b'"' => self.skip_string()?,
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                    continue;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                b',' | b':' => {
                    (depth > 0).then_some(())?;
                    self.at += 1;
                    continue;
                }
                _ => {
                    while self
                        .peek()
                        .is_some_and(|b| !matches!(b, b',' | b']' | b'}') && !b.is_ascii_whitespace())
                    {
                        self.at += 1;
                    }
                }
            }
            if depth == 0 {
                return Some(());
            }
        }
    }

    fn skip_string(&mut self) -> Option<()> {
        let mut at = self.at + 1;
        loop {
            at = interruption(self.text.as_bytes(), at);
            match self.text.as_bytes().get(at)? {
                b'"' => break,
                b'\\' => at += 2,
                _ => return None,
            }
        }
        self.at = at + 1;
        Some(())
    }
}

/// By their next token, that token taken off. Grouped once for each container, so that a wide one that is wrong everywhere is
/// not walked again for each of its members.
fn by_next<'t, K: Eq + Hash>(
    wanted: &[Wanted<'t>],
    key: impl Fn(&'t Token) -> Option<K>,
) -> HashMap<K, Vec<Wanted<'t>>> {
    let mut groups: HashMap<K, Vec<Wanted<'t>>> = HashMap::new();
    for (nth, route) in wanted {
        if let Some((head, rest)) = route.split_first()
            && let Some(key) = key(head)
        {
            groups.entry(key).or_default().push((*nth, rest));
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, pointer: &str) -> (u64, u64) {
        let place = locate(text.as_bytes(), pointer).unwrap();
        (place.line, place.column)
    }

    #[test]
    fn finds_values_and_nearest_parents() {
        let text = "{\n  \"a\": [1, {\"b\\u0063\": \"x\"}],\n  \"é\": {\"z\": 1}, \"~/\": 5 }";
        assert_eq!(at(text, ""), (1, 1));
        assert_eq!(at(text, "/a"), (2, 8));
        assert_eq!(at(text, "/a/1"), (2, 12));
        assert_eq!(at(text, "/a/1/bc"), (2, 24));
        assert_eq!(at(text, "/a/7"), (2, 8));
        assert_eq!(at(text, "/nothing/here"), (1, 1));
        assert_eq!(at(text, "/é/z"), (3, 14));
        assert_eq!(at(text, "/~0~1"), (3, 24));
    }

    #[test]
    fn several_in_one_pass_agree_with_one_at_a_time() {
        let text = r#"{"a":[{"b":1},{"b":[2,3]}],"c":{"a":{"b":4}},"d":"x"}"#;
        let pointers = ["/c/a/b", "/a/1/b/1", "", "/a/0", "/d", "/q", "/a/1/b/1", "/d/x"];
        let many = locate_many(text.as_bytes(), &pointers);
        for (pointer, place) in pointers.iter().zip(many) {
            assert_eq!(place, locate(text.as_bytes(), pointer), "{pointer}");
        }
    }

    #[test]
    fn what_is_not_json_has_no_place() {
        assert_eq!(locate(b"", "/a"), None);
        assert_eq!(locate(b"\xff", ""), None);
        assert!(locate(b"{\"a\" 1}", "/a/b").is_some(), "the nearest parent was read");
    }

    #[test]
    fn offsets_count_characters() {
        assert_eq!(place_of_offset("é\né".as_bytes(), 5), TextPlace { line: 2, column: 2 });
        assert_eq!(place_of_offset(b"ab", 99), TextPlace { line: 1, column: 3 });
    }

    #[test]
    fn kept_places_are_those_that_are_counted() {
        let long = format!("{}\n\r\né\r\n{}", "é".repeat(400), "ab\n".repeat(300));
        for text in ["", "\n", "a", "é\r\n\n", &long, &"x".repeat(3 * STEP)] {
            let bytes = text.as_bytes();
            let places = TextPlaces::of(bytes);
            for offset in 0..bytes.len() + 3 {
                assert_eq!(places.place(offset), place_of_offset(bytes, offset), "{offset} of {text:?}");
                let line = places.line(offset);
                let at = offset.min(bytes.len());
                let start = bytes[..at].iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
                let end = bytes[at..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |i| at + i);
                let whole = std::str::from_utf8(&bytes[start..end]).unwrap().trim_end_matches('\r');
                assert_eq!(&bytes[line], whole.as_bytes(), "{offset} of {text:?}");
            }
        }
    }
}

//! A walk over JSON text that builds no tree: the caller takes what it wants and skips the rest. As strict as `parse`, with
//! the same faults at the same places: what is skipped is read as carefully as what is taken.
//!
//! For documents of a million tests, of which only names and statuses are wanted.

use super::Json;
use super::fault::{JsonLimits, ParseError};
use super::parser::{ParseStop, Parser, SMALL, kind_of_key, twice, within};
use super::scan::string;
use std::borrow::Cow;
use std::collections::HashSet;

/// Walks one document: `read` is called where its value begins, and must read exactly that value. Unlike `parse` it sets no
/// bound to the number of values, because it keeps none.
pub fn pull<'a, T>(
    bytes: &'a [u8],
    limits: &JsonLimits,
    read: impl FnOnce(&mut Pull<'_, 'a>) -> Result<T, ParseStop>,
) -> Result<T, ParseError> {
    pull_again(bytes, limits, &mut Scratch::default(), read)
}

/// Memory that one walk leaves to the next.
#[derive(Default)]
pub struct Scratch(Vec<usize>);

/// As `pull`, for millions of small documents.
pub fn pull_again<'a, T>(
    bytes: &'a [u8],
    limits: &JsonLimits,
    Scratch(keys): &mut Scratch,
    read: impl FnOnce(&mut Pull<'_, 'a>) -> Result<T, ParseStop>,
) -> Result<T, ParseError> {
    // Of a walk that stopped.
    keys.clear();
    within(bytes, limits, usize::MAX, |parser| parser.document(|parser| read(&mut Pull { parser, keys })))
}

/// A place in a document where a value begins. Each method reads the value that stands here, whole.
pub struct Pull<'p, 'a> {
    parser: &'p mut Parser<'a>,
    /// Where the keys of the objects that are open stand; an object takes its own off the end.
    keys: &'p mut Vec<usize>,
}

impl<'a> Pull<'_, 'a> {
    /// The offset of the value that stands here, for `refuse`.
    pub fn offset(&self) -> usize {
        self.parser.at
    }

    /// Ends the walk: what stands at `offset` is JSON, and not what is wanted. `message` is one clause without a place.
    #[cold]
    pub fn refuse<T>(&mut self, offset: usize, message: impl Into<String>) -> Result<T, ParseStop> {
        self.parser.stop(offset, message)
    }

    /// Reads an object: `visit` gets each key and must read its value. A key that stands twice ends the walk.
    #[inline]
    pub fn members(
        &mut self,
        mut visit: impl FnMut(&mut Self, Cow<'a, str>) -> Result<(), ParseStop>,
    ) -> Result<(), ParseStop> {
        if self.parser.peek() != Some(b'{') {
            return self.other("an object");
        }
        self.parser.enter()?;
        let base = self.keys.len();
        self.parser.space();
        if self.parser.peek() == Some(b'}') {
            return self.leave();
        }
        // As in the parser: a key that sets a new bit is no duplicate, and needs no comparison.
        let mut seen = 0u64;
        loop {
            self.parser.space();
            let at = self.parser.at;
            let key = self.parser.key()?;
            let bit = kind_of_key(&key);
            if seen & bit != 0 && self.keys.len() - base <= SMALL && self.has(base, &key) {
                return self.parser.stop(at, twice(&key));
            }
            seen |= bit;
            self.keys.push(at);
            visit(self, key)?;
            self.parser.space();
            match self.parser.peek() {
                Some(b',') => self.parser.at += 1,
                Some(b'}') => break,
                _ => return self.parser.unexpected("`,` or `}`", "an object"),
            }
        }
        if self.keys.len() - base > SMALL {
            self.distinct(base)?;
        }
        self.keys.truncate(base);
        self.leave()
    }

    /// Reads an array: `visit` is called at each element and must read it.
    #[inline]
    pub fn elements(
        &mut self,
        mut visit: impl FnMut(&mut Self) -> Result<(), ParseStop>,
    ) -> Result<(), ParseStop> {
        if self.parser.peek() != Some(b'[') {
            return self.other("an array");
        }
        self.parser.enter()?;
        self.parser.space();
        if self.parser.peek() == Some(b']') {
            return self.leave();
        }
        loop {
            self.parser.space();
            visit(self)?;
            self.parser.space();
            match self.parser.peek() {
                Some(b',') => self.parser.at += 1,
                Some(b']') => return self.leave(),
                _ => return self.parser.unexpected("`,` or `]`", "an array"),
            }
        }
    }

    /// Reads a string; lent from the document where it holds no escape.
    #[inline]
    pub fn string(&mut self) -> Result<Cow<'a, str>, ParseStop> {
        if self.parser.peek() != Some(b'"') {
            return self.other("a string");
        }
        match self.parser.plain_string() {
            Some(text) => Ok(Cow::Borrowed(text)),
            None => self.parser.string_with_escapes(),
        }
    }

    /// Reads a string, or null as nothing.
    #[inline]
    pub fn string_or_null(&mut self) -> Result<Option<Cow<'a, str>>, ParseStop> {
        if self.is_null() {
            self.skip()?;
            return Ok(None);
        }
        self.string().map(Some)
    }

    /// Reads a value of any kind; gives the text of a string, and nothing of another.
    #[inline]
    pub fn string_or_skip(&mut self) -> Result<Option<Cow<'a, str>>, ParseStop> {
        if self.parser.peek() != Some(b'"') {
            self.skip()?;
            return Ok(None);
        }
        self.string().map(Some)
    }

    /// Reads a whole number from 0.
    pub fn count(&mut self) -> Result<u64, ParseStop> {
        use super::number::NumberKind;
        let start = self.parser.at;
        if matches!(self.parser.peek(), Some(b'0'..=b'9')) {
            let number = self.parser.number()?;
            // Without a minus sign the bits of either kind are the number's own.
            if !matches!(number.kind, NumberKind::Float) {
                return Ok(number.bits);
            }
            return self.refuse(start, "a whole number is expected, not a fraction");
        }
        self.other("a whole number from 0")
    }

    /// Reads `true` or `false`.
    pub fn boolean(&mut self) -> Result<bool, ParseStop> {
        match self.parser.peek() {
            Some(b't' | b'f') => Ok(matches!(self.parser.rare()?, Json::Bool(true))),
            _ => self.other("a boolean"),
        }
    }

    /// Whether null stands here; reads nothing.
    #[inline]
    pub fn is_null(&self) -> bool {
        self.parser.peek() == Some(b'n')
    }

    /// Reads a value of any kind and drops it.
    #[inline]
    pub fn skip(&mut self) -> Result<(), ParseStop> {
        match self.parser.peek() {
            Some(b'"') => self.parser.skip_string(),
            Some(b'0'..=b'9') => self.parser.number().map(drop),
            Some(b'{' | b'[') => self.skip_container(),
            _ => self.parser.rare().map(drop),
        }
    }

    #[inline(never)]
    fn skip_container(&mut self) -> Result<(), ParseStop> {
        if self.parser.peek() == Some(b'{') {
            self.members(|pull, _| pull.skip())
        } else {
            self.elements(Self::skip)
        }
    }

    #[inline]
    fn leave(&mut self) -> Result<(), ParseStop> {
        self.parser.at += 1;
        self.parser.depth += 1;
        Ok(())
    }

    /// Something else stands here. It is read first, so that what is no JSON at all is said before what is not wanted.
    #[cold]
    fn other<T>(&mut self, wanted: &str) -> Result<T, ParseStop> {
        let start = self.parser.at;
        let found = match self.parser.peek() {
            Some(b'{') => "an object",
            Some(b'[') => "an array",
            Some(b'"') => "a string",
            Some(b't' | b'f') => "a boolean",
            Some(b'n') => "null",
            _ => "a number",
        };
        self.skip()?;
        self.parser.stop(start, format!("{wanted} is expected, not {found}"))
    }

    /// The key that stands at an offset where one was read before.
    fn key_at(&self, at: usize) -> Cow<'a, str> {
        string(self.parser.text, at + 1).map(|(key, _)| key).unwrap_or_default()
    }

    fn has(&self, base: usize, key: &str) -> bool {
        self.keys[base..].iter().any(|at| self.key_at(*at) == key)
    }

    /// The keys of a large object, looked at when it closes. Hashed at random: no document can make its keys collide.
    #[cold]
    fn distinct(&mut self, base: usize) -> Result<(), ParseStop> {
        let mut seen = HashSet::with_capacity(self.keys.len() - base);
        let double = self.keys[base..].iter().copied().find(|at| !seen.insert(self.key_at(*at)));
        match double {
            Some(at) => {
                let message = twice(&self.key_at(at));
                self.parser.stop(at, message)
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{JsonObject, parse};
    use super::*;
    use proptest::prelude::*;

    fn skimmed(bytes: &[u8], limits: &JsonLimits) -> Result<(), ParseError> {
        pull(bytes, limits, |p| p.skip())
    }

    /// A tree, built by walking.
    fn tree<'a>(p: &mut Pull<'_, 'a>) -> Result<Json<'a>, ParseStop> {
        match p.parser.peek() {
            Some(b'{') => {
                let mut members = Vec::new();
                p.members(|p, key| {
                    members.push((key, tree(p)?));
                    Ok(())
                })?;
                Ok(Json::Object(JsonObject::from_members(members)))
            }
            Some(b'[') => {
                let mut elements = Vec::new();
                p.elements(|p| {
                    elements.push(tree(p)?);
                    Ok(())
                })?;
                Ok(Json::Array(elements))
            }
            Some(b'"') => p.string().map(Json::Str),
            _ => {
                let start = p.offset();
                p.skip()?;
                let text = &p.parser.text[start..p.offset()];
                Ok(parse(text.as_bytes(), &JsonLimits::default()).unwrap())
            }
        }
    }

    #[test]
    fn what_is_no_json_is_refused_as_the_parser_refuses_it() {
        let many: Vec<String> = (0..40).map(|n| format!("\"key{}\":{n}", n % 39)).collect();
        let many = format!("{{{}}}", many.join(","));
        let nested = format!("[{{\"a\":{{\"a\":1,\"b\":{many}}}}}]");
        let cases = [
            "",
            " \n",
            "\u{feff}{}",
            "{} x",
            "{\"a\":1,\"a\":2}",
            "{\"a\":1,\n \"\\u0061\":2}",
            &many,
            &nested,
            "[1,]",
            "[1 2]",
            "{\"a\" 1}",
            "{a:1}",
            "{\"a\":1,}",
            "tru",
            "NaN",
            "[-]",
            "01",
            "18446744073709551616",
            "1e999",
            "\"a\nb\"",
            "\"\\ud800\"",
            "\"a",
            "[[[[[",
            "{\"a\":[{\"b\":nul}]}",
            "[1]]",
            "\u{0}",
            "{\"a\":\"\u{0}\"}",
        ];
        for text in cases {
            let (mine, theirs) = (
                skimmed(text.as_bytes(), &JsonLimits::default()),
                parse(text.as_bytes(), &JsonLimits::default()),
            );
            assert_eq!(mine, theirs.map(drop), "{text}");
        }
        assert!(skimmed(b"[\xff]", &JsonLimits::default()).is_err());
        for depth in 0..4 {
            let limits = JsonLimits { depth, ..JsonLimits::default() };
            for text in ["[[[1]]]", "{\"a\":{\"b\":[]}}", "[{},{\"a\":[{}]}]"] {
                let theirs = parse(text.as_bytes(), &limits).map(drop);
                assert_eq!(skimmed(text.as_bytes(), &limits), theirs, "{depth} {text}");
            }
        }
        let limits = JsonLimits { bytes: 3, ..JsonLimits::default() };
        assert_eq!(skimmed(b"[1,2]", &limits), parse(b"[1,2]", &limits).map(drop));
    }

    #[test]
    fn a_value_of_another_kind_is_named_with_its_place() {
        let place = |text: &str| {
            let wrong =
                pull(text.as_bytes(), &JsonLimits::default(), |p| p.members(|p, _| p.string().map(drop)));
            let error = wrong.unwrap_err();
            format!("{}:{} {}", error.place.line, error.place.column, error.message)
        };
        assert_eq!(place("{\"a\":\n  [1]}"), "2:3 a string is expected, not an array");
        assert_eq!(place("[]"), "1:1 an object is expected, not an array");
        // What is no JSON comes first.
        assert_eq!(place("{\"a\":[tru]}"), "1:7 a value is expected, not `tru`");
        let number = |text: &str| pull(text.as_bytes(), &JsonLimits::default(), |p| p.count());
        assert_eq!(number("18446744073709551615").unwrap(), u64::MAX);
        assert_eq!(number("1.0").unwrap_err().message, "a whole number is expected, not a fraction");
        assert_eq!(number("-1").unwrap_err().message, "a whole number from 0 is expected, not a number");
        let truth = |text: &str| pull(text.as_bytes(), &JsonLimits::default(), |p| p.boolean());
        assert_eq!((truth("true"), truth("false")), (Ok(true), Ok(false)));
        assert_eq!(truth("1").unwrap_err().message, "a boolean is expected, not a number");
        assert_eq!(truth("tru").unwrap_err().message, "a value is expected, not `tru`");
    }

    fn document() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_string()),
            Just("true".to_string()),
            any::<i64>().prop_map(|n| n.to_string()),
            any::<u64>().prop_map(|n| n.to_string()),
            (-1e9..1e9f64).prop_map(|n| format!("{n:?}")),
            "[a-z\\\\\"é\\n]{0,6}".prop_map(|s| serde_json::to_string(&s).unwrap()),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(|v| format!("[{}]", v.join(", "))),
                proptest::collection::vec(("[a-d]{1,2}", inner), 0..24).prop_map(|v| {
                    let members: Vec<String> = v.iter().map(|(k, v)| format!("\"{k}\": {v}")).collect();
                    format!("{{{}}}", members.join(",\n"))
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn walks_what_parses_and_refuses_the_rest_alike(text in document(), cut in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let limits = JsonLimits::default();
            prop_assert_eq!(pull(text.as_bytes(), &limits, |p| tree(p)), parse(text.as_bytes(), &limits));
            let mut broken = text.into_bytes();
            let at = cut.index(broken.len());
            prop_assert_eq!(skimmed(&broken[..at], &limits), parse(&broken[..at], &limits).map(drop));
            broken[at] = byte;
            prop_assert_eq!(skimmed(&broken, &limits), parse(&broken, &limits).map(drop));
        }

        #[test]
        fn any_text_is_refused_alike(text in "[\\[\\]{}:,\"a0 .e\\\\-]{0,40}") {
            let limits = JsonLimits::default();
            prop_assert_eq!(skimmed(text.as_bytes(), &limits), parse(text.as_bytes(), &limits).map(drop));
        }
    }
}

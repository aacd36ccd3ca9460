//! The strict parser: text into a tree.

use super::fault::{JsonLimits, ParseError};
use super::number::NumberKind;
use super::parser::{ParseStop, Parser, SMALL, kind_of_key, twice, within};
use super::{Json, JsonObject};
use std::borrow::Cow;

/// Values that one document may hold: a backstop for memory, since a value of two bytes takes up to 56 in the tree.
const VALUES: usize = 1 << 24;

/// A list of more elements than these is taken as it was collected.
const LARGE: usize = 1 << 16;

/// Parses one document; trailing white space is allowed, anything else is not.
pub fn parse<'a>(bytes: &'a [u8], limits: &JsonLimits) -> Result<Json<'a>, ParseError> {
    parse_bounded(bytes, limits, VALUES)
}

fn parse_bounded<'a>(bytes: &'a [u8], limits: &JsonLimits, most: usize) -> Result<Json<'a>, ParseError> {
    within(bytes, limits, most, |parser| parser.document(|parser| parser.value(|_, value| value)))
}

impl<'a> Parser<'a> {
    /// Reads one value and hands it to `put`. Inlined into each caller, so that a value is built where it will stay: moving
    /// it through memory costs more than reading it.
    #[inline(always)]
    fn value<T>(&mut self, put: impl FnOnce(&mut Self, Json<'a>) -> T) -> Result<T, ParseStop> {
        match self.peek() {
            Some(b'"') => match self.plain_string() {
                Some(text) => Ok(put(self, Json::Str(Cow::Borrowed(text)))),
                None => {
                    let text = self.string_with_escapes()?;
                    Ok(put(self, Json::Str(text)))
                }
            },
            Some(b'0'..=b'9') => {
                let number = self.number()?;
                match number.kind {
                    NumberKind::Int => Ok(put(self, Json::Int(number.bits.cast_signed()))),
                    NumberKind::Float => Ok(put(self, Json::Float(f64::from_bits(number.bits)))),
                    NumberKind::UInt => Ok(put(self, Json::UInt(number.bits))),
                }
            }
            Some(b'{') => {
                self.enter()?;
                let members = self.object()?;
                self.depth += 1;
                Ok(put(self, Json::Object(members)))
            }
            Some(b'[') => {
                self.enter()?;
                let elements = self.array()?;
                self.depth += 1;
                Ok(put(self, Json::Array(elements)))
            }
            _ => {
                let rare = self.rare()?;
                Ok(put(self, rare))
            }
        }
    }

    fn array(&mut self) -> Result<Vec<Json<'a>>, ParseStop> {
        let base = self.elements.len();
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Vec::new());
        }
        loop {
            self.space();
            self.value(|parser, value| parser.elements.push(value))?;
            self.space();
            match self.peek() {
                Some(b',') => {
                    self.at += 1;
                    self.count(0, self.elements.len())?;
                }
                Some(b']') => break,
                _ => return self.unexpected("`,` or `]`", "an array"),
            }
        }
        self.at += 1;
        self.count(self.elements.len() - base, 0)?;
        if base == 0 && self.elements.len() > LARGE {
            // Of millions of elements no second copy is made.
            let mut elements = std::mem::take(&mut self.elements);
            elements.shrink_to_fit();
            return Ok(elements);
        }
        Ok(self.elements.split_off(base))
    }

    fn object(&mut self) -> Result<JsonObject<'a>, ParseStop> {
        let (base, opened) = (self.members.len(), self.at);
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(JsonObject::default());
        }
        // One bit for each kind of key seen: a key with a new bit is no duplicate, and needs no comparison.
        let mut seen = 0u64;
        loop {
            self.space();
            let at = self.at;
            let key = self.key()?;
            let bit = kind_of_key(&key);
            if seen & bit != 0 && self.members.len() - base <= SMALL && has(&self.members[base..], &key) {
                return self.stop(at, twice(&key));
            }
            seen |= bit;
            self.value(|parser, value| parser.members.push((key, value)))?;
            self.space();
            match self.peek() {
                Some(b',') => {
                    self.at += 1;
                    self.count(0, self.members.len())?;
                }
                Some(b'}') => break,
                _ => return self.unexpected("`,` or `}`", "an object"),
            }
        }
        self.at += 1;
        self.count(self.members.len() - base, 0)?;
        let members = self.members.split_off(base);
        if members.len() <= SMALL {
            return Ok(JsonObject::from_members(members));
        }
        match JsonObject::from_distinct(members) {
            Ok(object) => Ok(object),
            Err((nth, key)) => {
                let offset = self.key_offset(opened, nth);
                self.stop(offset, twice(&key))
            }
        }
    }

    /// Where the `nth` key of the object opened before `opened` stands; reads the object again.
    #[cold]
    fn key_offset(&mut self, opened: usize, nth: usize) -> usize {
        self.at = opened;
        for _ in 0..nth {
            self.space();
            if self.key().is_err() || self.value(|_, _| ()).is_err() {
                break;
            }
            self.space();
            self.at += 1;
        }
        self.space();
        self.at
    }
}

fn has(members: &[(Cow<'_, str>, Json<'_>)], key: &str) -> bool {
    members.iter().any(|(k, _)| k == key)
}

#[cfg(test)]
mod tests {
    use super::super::fault::ParseErrorKind;
    use super::*;
    use proptest::prelude::*;

    fn error(bytes: &[u8]) -> String {
        let e = parse(bytes, &JsonLimits::default()).unwrap_err();
        format!(
            "{}:{} {}{}",
            e.place.line,
            e.place.column,
            e.message,
            if e.kind == ParseErrorKind::Limit { " (limit)" } else { "" }
        )
    }

    fn ok(text: &str) -> Json<'_> {
        parse(text.as_bytes(), &JsonLimits::default()).unwrap()
    }

    #[test]
    fn bad_input_is_one_clause_with_a_place() {
        let deep = "[".repeat(10_000);
        let cases: Vec<(&[u8], &str)> = vec![
            (b"", "1:1 the file is empty"),
            (b" \n", "1:1 it holds nothing but white space"),
            (b"\xEF\xBB\xBF{}", "1:1 it begins with a byte order mark (BOM)"),
            (b"{\"a\": \"\xFF\"}", "1:8 it is not UTF-8: byte 0xFF at offset 7"),
            (b"{\"a\": \"\0\"}", "1:8 a NUL byte stands in a string"),
            (b"{}\0", "1:3 the document is over, but a NUL byte follows"),
            (b"{\"a\": 1,\n \"a\": 2}", "2:2 the key `a` stands twice in one object"),
            (b"{\"a\": 1, \"\\u0061\": 2}", "1:10 the key `a` stands twice in one object"),
            (deep.as_bytes(), "1:129 it is nested too deeply (limit)"),
            (b"[18446744073709551616]", "1:2 the integer 18446744073709551616 is past 64 bits"),
            (b"[-9223372036854775809]", "1:2 the integer -9223372036854775809 is past 64 bits"),
            (b"1e400", "1:1 the number 1e400 is past what a 64-bit float holds"),
            (b"[NaN]", "1:2 `NaN` is no JSON number"),
            (b"[-Infinity]", "1:2 `-Infinity` is no JSON number"),
            (b"{} {}", "1:4 the document is over, but `{` follows"),
            (b"{\"a\": 1", "1:8 the text ends inside an object"),
            (b"{\"a\":", "1:6 the text ends where a value is expected"),
            (b"{\"a", "1:4 the text ends inside a string"),
            (b"[1, 2", "1:6 the text ends inside an array"),
            (b"[1,]", "1:4 a value is expected, not `]`"),
            (b"{\"a\": 1,}", "1:9 a key in quotes is expected, not `}`"),
            (b"{a: 1}", "1:2 a key in quotes is expected, not `a`"),
            (b"[01]", "1:2 a number begins with a needless 0"),
            (b"[1.]", "1:4 a decimal point is followed by no digit"),
            (b"[1e]", "1:4 an exponent holds no digit"),
            (b"[-]", "1:3 a minus sign is followed by no digit"),
            (b"[\"\\ud800\"]", "1:3 a \\u escape is half of a surrogate pair and no character"),
            (b"[\"a\tb\"]", "1:4 the control character U+0009 stands unescaped in a string"),
            (b"tru", "1:1 a value is expected, not `tru`"),
            (b"\x1b[31m", "1:1 a value is expected, not `\\u{1b}`"),
        ];
        for (bytes, wanted) in cases {
            assert_eq!(error(bytes), wanted, "{:?}", String::from_utf8_lossy(&bytes[..bytes.len().min(40)]));
        }
    }

    #[test]
    fn a_duplicate_in_a_large_object_is_found_where_it_stands() {
        let mut text = String::from("{\n");
        for n in 0..5000 {
            text.push_str(&format!("\"key{n}\": [{n}],\n"));
        }
        text.push_str("  \"key17\": {}}");
        assert_eq!(error(text.as_bytes()), "5002:3 the key `key17` stands twice in one object");
    }

    #[test]
    fn large_objects_are_looked_up() {
        let members: Vec<String> = (0..1000).map(|n| format!("\"k{n}\":{n}")).collect();
        let text = format!("{{{}}}", members.join(","));
        let doc = ok(&text);
        assert_eq!(doc.get("k999"), Some(&Json::Int(999)));
        assert_eq!(doc.get("k1000"), None);
        assert_eq!(doc, doc.clone());
    }

    #[test]
    fn too_large_is_a_limit() {
        let e = parse(b"[1, 2]", &JsonLimits { bytes: 3, ..JsonLimits::default() }).unwrap_err();
        assert_eq!(e.kind, ParseErrorKind::Limit);
    }

    #[test]
    fn too_many_values_are_a_limit() {
        for text in ["[1,1,1,1,1]", "[[1,1],[1,1],[]]", "{\"a\":1,\"b\":{\"c\":1,\"d\":2,\"e\":3}}"] {
            let e = parse_bounded(text.as_bytes(), &JsonLimits::default(), 4).unwrap_err();
            assert_eq!(
                (e.kind, e.message.as_str()),
                (ParseErrorKind::Limit, "it holds more than 4 values"),
                "{text}"
            );
        }
        assert!(parse_bounded(b"[[1,1],[]]", &JsonLimits::default(), 4).is_ok());
    }

    #[test]
    fn a_generous_limit_still_cannot_exhaust_the_stack() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        let e =
            parse(deep.as_bytes(), &JsonLimits { depth: usize::MAX, ..JsonLimits::default() }).unwrap_err();
        assert_eq!(e.kind, ParseErrorKind::Limit);
        let allowed = format!("{}{}", "[{\"a\":".repeat(64), "1".to_string() + &"}]".repeat(64));
        ok(&allowed);
    }

    #[test]
    fn integers_are_exact_and_floats_rounded() {
        assert_eq!(ok("9223372036854775807"), Json::Int(i64::MAX));
        assert_eq!(ok("-9223372036854775808"), Json::Int(i64::MIN));
        assert_eq!(ok("18446744073709551615"), Json::UInt(u64::MAX));
        assert_eq!(ok("9223372036854775808"), Json::UInt(1 << 63));
        assert_eq!(ok("-0"), Json::Int(0));
        assert_eq!(ok("0.1"), Json::Float(0.1));
        assert_eq!(ok("1e-400"), Json::Float(0.0));
        assert_eq!(ok("123456789012345678901234567890.5"), Json::Float(123456789012345678901234567890.5));
    }

    /// What serde_json makes of the same text, duplicates and 64 bits aside.
    fn json_text() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_string()),
            Just("true".to_string()),
            any::<i64>().prop_map(|n| n.to_string()),
            any::<u64>().prop_map(|n| n.to_string()),
            any::<f64>().prop_filter("finite", |f| f.is_finite()).prop_map(|f| format!("{f:?}")),
            "[0-9]{1,6}\\.[0-9]{1,12}([eE][+-]?[0-9]{1,2})?"
                .prop_map(|s| s.trim_start_matches('0').to_string())
                .prop_map(|s| if s.starts_with('.') { format!("0{s}") } else { s }),
            any::<String>().prop_map(|s| serde_json::to_string(&s).unwrap()),
            "\"(\\\\u[0-9a-fA-F]{4}|\\\\n|\\\\\"|[a-z é])*\"",
        ];
        leaf.prop_recursive(5, 60, 8, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(|v| format!("[{}]", v.join(" , "))),
                proptest::collection::btree_map("[a-z]{0,4}", inner, 0..30).prop_map(|m| {
                    let all: Vec<String> = m.iter().map(|(k, v)| format!("\n \"{k}\" :{v}")).collect();
                    format!("{{{}}}", all.join(","))
                }),
            ]
        })
    }

    fn close(a: &serde_json::Value, b: &serde_json::Value) -> bool {
        use serde_json::Value::{Array, Number, Object};
        match (a, b) {
            // serde_json may round a float's last bit the other way.
            (Number(x), Number(y)) if x.is_f64() || y.is_f64() => {
                let (x, y) = (x.as_f64().unwrap(), y.as_f64().unwrap());
                x == y || (x - y).abs() <= x.abs() * 1e-15 + f64::MIN_POSITIVE
            }
            (Array(x), Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| close(x, y)),
            (Object(x), Object(y)) => {
                x.len() == y.len() && x.iter().all(|(k, v)| y.get(k).is_some_and(|w| close(v, w)))
            }
            _ => a == b,
        }
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json_on_json(text in json_text()) {
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            let ours = parse(text.as_bytes(), &JsonLimits::default());
            match (ours, theirs) {
                (Ok(ours), Ok(theirs)) => prop_assert!(close(&ours.to_value(), &theirs), "{text}"),
                (Err(_), Err(_)) => {}
                (ours, theirs) => prop_assert!(false, "{text}: {ours:?} {theirs:?}"),
            }
        }

        #[test]
        fn agrees_with_serde_json_on_broken_json(text in json_text(), at in any::<prop::sample::Index>(), with in "[\\[\\]{},:\"\\\\ 0-9a-zN.\u{0}é-]{0,2}") {
            let mut broken: Vec<char> = text.chars().collect();
            let at = at.index(broken.len());
            broken.splice(at..at + 1, with.chars());
            let text: String = broken.into_iter().collect();
            let ours = parse(text.as_bytes(), &JsonLimits::default());
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            match (&ours, &theirs) {
                (Ok(ours), Ok(theirs)) => prop_assert!(close(&ours.to_value(), theirs), "{text}"),
                (Err(e), Ok(_)) => prop_assert!(e.message.contains("twice") || e.message.contains("past 64 bits"), "{text}: {e:?}"),
                (Ok(_), Err(e)) => prop_assert!(false, "{text}: {e}"),
                _ => {}
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes, &JsonLimits::default());
        }

        #[test]
        fn floats_round_as_std_does(text in "-?(0|[1-9][0-9]{0,17})\\.[0-9]{1,18}") {
            prop_assert_eq!(ok(&text), Json::Float(text.parse().unwrap()));
        }
    }
}

//! The second look: values that JSON or XML escaped, once or twice (`go test -json` escapes what a test printed).

use crate::redact::search::Search;
use crate::redact::unescape::{Escapes, View};

/// A text without its escapes, and without those that come to light then.
struct Layers {
    view: View,
    inner: Vec<View>,
}

/// What the second look finds in a text.
pub(super) struct Escaped<'s> {
    search: Option<&'s Search>,
    layers: Vec<Layers>,
    /// Where values stand in the text, sorted by their beginnings, of which each is there once.
    hits: Vec<(usize, usize)>,
}

impl<'s> Escaped<'s> {
    /// Looks for the values of `search`, which is `None` where there is none that anyone escapes.
    pub(super) fn look(search: Option<&'s Search>, text: &[u8], last: bool) -> Escaped<'s> {
        let mut found = Escaped { search, layers: Vec::new(), hits: Vec::new() };
        let Some(search) = search.filter(|_| may_be(text)) else { return found };
        let views = |text: &[u8]| Escapes::ALL.map(|escapes| View::new(text, escapes, last));
        for view in views(text).into_iter().flatten() {
            let inner: Vec<View> = views(&view.text).into_iter().flatten().collect();
            hits(search, &view, &mut |from, to| found.hits.push((view.start(from), view.end(to))));
            for deep in &inner {
                hits(search, deep, &mut |from, to| {
                    found.hits.push((view.start(deep.start(from)), view.end(deep.end(to))))
                });
            }
            found.layers.push(Layers { view, inner });
        }
        // Of those that begin at one place the longest.
        found.hits.sort_unstable_by_key(|(start, end)| (*start, std::cmp::Reverse(*end)));
        found.hits.dedup_by_key(|(start, _)| *start);
        found
    }

    /// The first value at or behind `from`: where it begins and ends.
    pub(super) fn next(&self, from: usize) -> Option<(usize, usize)> {
        self.hits.get(self.hits.partition_point(|(start, _)| *start < from)).copied()
    }

    /// `at`, or where something begins before it and at or behind `floor` that more bytes could complete; never inside an escape.
    pub(super) fn unfinished(&self, floor: usize, at: usize) -> usize {
        let Some(search) = self.search else { return at };
        let mut first = at;
        for Layers { view, inner } in &self.layers {
            let up = view.up(view.whole(floor));
            first = first.min(view.open.unwrap_or(at)).min(view.start(search.unfinished(&view.text, up)));
            for deep in inner {
                let open = deep.open.map_or(at, |open| view.start(open));
                let begun = search.unfinished(&deep.text, deep.up(deep.whole(up)));
                first = first.min(open).min(view.start(deep.start(begun)));
            }
        }
        self.whole(first.max(floor.min(at)))
    }

    /// The place, or the beginning of the escape inside of which it is.
    pub(super) fn whole(&self, mut at: usize) -> usize {
        loop {
            let before = at;
            for Layers { view, inner } in &self.layers {
                at = view.whole(at);
                for deep in inner {
                    at = at.min(view.start(deep.start(deep.up(deep.whole(view.up(at))))));
                }
            }
            if at == before {
                return at;
            }
        }
    }
}

/// Whether an escape may stand in a text.
pub(super) fn may_be(text: &[u8]) -> bool {
    memchr::memchr2(Escapes::Json.sign(), Escapes::Xml.sign(), text).is_some()
}

/// Whether a writer may escape a value: none does so with letters, digits, hyphens, underscores and dots.
pub(super) fn escapable(value: &[u8]) -> bool {
    !value.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
}

/// Values with an escape in them; the others are found without a second look.
fn hits(search: &Search, view: &View, hit: &mut dyn FnMut(usize, usize)) {
    let mut from = 0;
    while let Some(found) = search.next(&view.text, from) {
        from = found.start + 1;
        if view.escaped(found.start, found.end) {
            hit(found.start, found.end);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::redact::masker::Masker;
    use proptest::prelude::*;

    fn masker(value: &str) -> Masker {
        Masker::new([("A_TOKEN", value)], |_| false).unwrap()
    }

    /// What a text becomes whose every character is escaped at will, by writers of one kind.
    fn written(text: &str, json: bool, how: &[u8]) -> String {
        let spell = |(at, c): (usize, char)| {
            let units = |upper: bool| {
                let unit = |u: &u16| if upper { format!("\\u{u:04X}") } else { format!("\\u{u:04x}") };
                c.encode_utf16(&mut [0; 2]).iter().map(unit).collect::<String>()
            };
            let must = if json { "\"\\\n" } else { "&<" }.contains(c);
            match (json, how[at % how.len()] % 5, c) {
                (_, 0 | 1, _) if !must => c.to_string(),
                (true, 2, '\n') => "\\n".into(),
                (true, 2, '"' | '\\' | '/') => format!("\\{c}"),
                (true, n, _) => units(n % 2 == 0),
                (false, 2, '&') => "&amp;".into(),
                (false, 2, '<') => "&lt;".into(),
                (false, 2, '"') => "&quot;".into(),
                (false, 3, _) => format!("&#{:03};", u32::from(c)),
                (false, 4, _) => format!("&#x{:X};", u32::from(c)),
                (false, _, _) => format!("&#x{:x};", u32::from(c)),
            }
        };
        text.chars().enumerate().map(spell).collect()
    }

    #[test]
    fn a_value_is_known_as_others_write_it() {
        for (value, written) in [
            ("pa&ss<word>99", "pa&amp;ss&lt;word>99"),
            ("pa&ss<word>99", "pa&#38;ss&#60;word&#062;99"),
            ("pa&ss<word>99", r"pa\u0026ss\u003cword\u003e99"),
            ("pa&ss<word>99", r"pa&ss\u003Cword>99"),
            ("pa=ss'word+1", r"pa\u003dss\u0027word\u002B1"),
            ("it's \"x\"", "it&#x27;s &quot;x&#34;"),
            ("it's \"x\"", "it's \\\"x\\\""),
            ("clé/😀", r"cl\u00E9\/\ud83d\uDE00"),
            ("clé/😀", "cl&#233;/&#x1F600;"),
            ("clé/😀", "cl&#xe9;/😀"),
            // Twice: a test printed it, `go test -json` wrote that down.
            ("p&ss\"<w0rd", r"p\u0026amp;ss\u0026#34;\u0026lt;w0rd"),
            ("p&ss\"<w0rd", r#"p\\u0026ss\\\"\\u003cw0rd"#),
            ("p&ss\"<w0rd", r"p&amp;amp;ss&amp;quot;&lt;w0rd"),
            ("p&ss\"<w0rd", r"p\u0026ss\&quot;\u003cw0rd"),
            // A backslash means nothing to XML, and an ampersand nothing to JSON.
            (r"a\nb&c", r"a\nb&amp;c"),
            (r"a\nb&amp;c", r"a\\nb&amp;c"),
            ("first\nsecond&", "first\nsecond&amp;"),
            ("aa\nbb", r"aa\nbb"),
            ("&amp;", "&amp;amp;"),
        ] {
            let (masked, count) = masker(value).mask(&format!("1{written}2"));
            assert_eq!((masked.as_str(), count), ("1[masked]2", 1), "{value} as {written}");
        }
    }

    #[test]
    fn what_only_looks_alike_stays() {
        let masker = masker("pa&ss<word");
        for text in
            [r"pa\u0026ss\u003dword", "pa&amp;ss&gt;word", r"pa\\\\u0026ss<word", "a & b", r"C:\x\u", "pa&am"]
        {
            assert_eq!(masker.mask(text), (text.to_string(), 0));
        }
    }

    #[test]
    fn escapes_in_an_address_leave_nothing_of_a_value() {
        let masker = masker("us&er<x");
        assert_eq!(masker.mask("a://us&amp;er&lt;x:pw@host").0, "a://[masked]@host");
        assert_eq!(masker.mask("a://b:us&amp;er&lt;x@host").0, "a://b:[masked]@host");
    }

    proptest! {
        #[test]
        fn however_it_is_escaped(
            value in "[a-z&<\"'/+é\\\\\n]{2,8}[&<é][a-z&<]{2,8}",
            json in any::<(bool, bool)>(),
            how in proptest::collection::vec(any::<u8>(), 1..12),
            twice in any::<bool>(),
        ) {
            prop_assume!(value.trim() == value);
            let mut text = written(&value, json.0, &how);
            if twice {
                text = written(&text, json.1, &how);
            }
            prop_assert_eq!(masker(&value).mask(&format!("({text})")).0, "([masked])", "{}", text);
        }
    }
}

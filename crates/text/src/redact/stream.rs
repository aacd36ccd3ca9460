//! Masking of output that comes in blocks: a secret that stands across two is masked, and no more is held back than could
//! still become one. What comes out does not depend on where the blocks were cut.

use crate::redact::allowed::{Allowed, key_end};
use crate::redact::anchors::{Anchors, Hit};
use crate::redact::escaped::Escaped;
use crate::redact::names::MASK;
use crate::redact::pem::{self, Begins, KeyLine};
use crate::redact::shape::{Class, Rest, SHAPES, ShapeVerdict, judge};
use crate::redact::url::{Credentials, credentials};

/// The longest line of a private key that is waited for.
const LINE: usize = 16 << 10;

/// One stream of output being masked.
pub struct MaskingStream<'m> {
    anchors: &'m Anchors,
    /// What is held back.
    held: Vec<u8>,
    /// How much of it is covered by a mask that was written already.
    covered: usize,
    /// The byte before it.
    before: Option<u8>,
    mode: Mode,
    masked: u64,
    /// What was let through, and how much of what is held back was counted already.
    allowed: u64,
    counted: usize,
}

/// What the next byte belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Ordinary output.
    Text,
    /// A token that was masked: bytes of the class are more of it.
    Token(Class),
    /// A private key that was masked.
    Key,
}

/// How far a block was read.
struct Cursor<'m> {
    /// What a second look found.
    escaped: Escaped<'m>,
    /// Texts that are let through.
    allowed: Allowed,
    /// What was let through before is counted.
    counted: usize,
    /// Everything before is written or masked.
    done: usize,
    /// Where the next search begins; before `done` when values overlap.
    from: usize,
    /// Nothing before it can be part of something unfinished.
    floor: usize,
}

impl<'m> MaskingStream<'m> {
    pub(super) fn new(anchors: &'m Anchors) -> MaskingStream<'m> {
        MaskingStream {
            anchors,
            held: Vec::new(),
            covered: 0,
            before: None,
            mode: Mode::Text,
            masked: 0,
            allowed: 0,
            counted: 0,
        }
    }

    /// Takes a block and passes on what is decided.
    pub fn push(&mut self, block: &[u8], out: &mut dyn FnMut(&[u8])) {
        if self.held.is_empty() {
            let keep = self.process(block, false, out);
            self.held.extend_from_slice(&block[keep..]);
        } else {
            let mut joined = std::mem::take(&mut self.held);
            joined.extend_from_slice(block);
            let keep = self.process(&joined, false, out);
            joined.drain(..keep);
            self.held = joined;
        }
    }

    /// Passes on what was held back; what follows is a new text.
    pub fn finish(&mut self, out: &mut dyn FnMut(&[u8])) {
        let held = std::mem::take(&mut self.held);
        self.process(&held, true, out);
        (self.covered, self.before, self.mode, self.counted) = (0, None, Mode::Text, 0);
    }

    /// What is held back, because more bytes could make a secret of it.
    pub(super) fn held(&self) -> &[u8] {
        &self.held
    }

    /// How much was found and let through so far.
    pub fn allowed(&self) -> u64 {
        self.allowed
    }

    /// How many secrets were masked so far.
    pub fn masked(&self) -> u64 {
        self.masked
    }

    /// Reads a text and says from where on it is to be held back.
    fn process(&mut self, text: &[u8], last: bool, out: &mut dyn FnMut(&[u8])) -> usize {
        let escaped = self.anchors.escaped(text, last);
        let mut at = Cursor {
            escaped,
            allowed: Allowed::new(self.anchors.allowed(text), text.len()),
            counted: std::mem::take(&mut self.counted),
            done: std::mem::take(&mut self.covered),
            from: 0,
            floor: 0,
        };
        let keep = loop {
            match self.mode {
                Mode::Text => {
                    if let Some(keep) = self.text(text, last, &mut at, out) {
                        break keep;
                    }
                }
                Mode::Token(class) => {
                    at.done += text[at.done..].iter().take_while(|b| class.has(**b)).count();
                    if at.done == text.len() {
                        break text.len();
                    }
                    self.resume(&mut at);
                }
                Mode::Key => {
                    if let Some(keep) = self.key(text, last, &mut at) {
                        break keep;
                    }
                }
            }
        };
        self.covered = at.done.saturating_sub(keep);
        self.counted = at.counted.saturating_sub(keep);
        if let Some(byte) = keep.checked_sub(1).and_then(|n| text.get(n)) {
            self.before = Some(*byte);
        }
        keep
    }

    /// Ordinary output up to the next token or key; says from where on to hold back when there is none.
    fn text(
        &mut self,
        text: &[u8],
        last: bool,
        at: &mut Cursor<'_>,
        out: &mut dyn FnMut(&[u8]),
    ) -> Option<usize> {
        let anchors = self.anchors;
        let unfinished = match last {
            true => text.len(),
            false => {
                at.allowed.open = anchors.allowed_unfinished(text, at.floor);
                let open = at.escaped.unfinished(at.floor, anchors.unfinished(text, at.floor));
                at.before_allowed(open.min(at.allowed.open))
            }
        };
        let mut plain = anchors.next(text, at.from);
        loop {
            if plain.is_some_and(|hit| hit.start < at.from) {
                plain = anchors.next(text, at.from);
            }
            let Some(hit) = longer(plain, at).filter(|h| h.start < unfinished) else { break };
            at.from = hit.start + 1;
            let value = match hit.shape {
                None => Some(hit.end),
                Some(shape) => match self.shape(text, (last, unfinished), hit, shape, at, out) {
                    Found::Nothing => longest_value(anchors, text, at, hit.start),
                    Found::Secret => return None,
                    Found::Open => {
                        let keep = at.before_allowed(hit.start);
                        if at.done < keep {
                            emit(&text[at.done..keep], out);
                            at.done = keep;
                        }
                        return Some(keep);
                    }
                },
            };
            if let Some(end) = value.filter(|end| !self.let_through(hit.start, *end, at)) {
                if hit.start >= at.done {
                    emit(&text[at.done..hit.start], out);
                    self.mask(out);
                }
                at.done = at.done.max(end);
            }
        }
        if at.done < unfinished {
            emit(&text[at.done..unfinished], out);
            at.done = unfinished;
        }
        Some(unfinished)
    }

    /// What begins with a shape's beginning. `unfinished` is where something begins that more bytes could complete.
    fn shape(
        &mut self,
        text: &[u8],
        (last, unfinished): (bool, usize),
        hit: Hit,
        shape: usize,
        at: &mut Cursor<'_>,
        out: &mut dyn FnMut(&[u8]),
    ) -> Found {
        let Some(shape) = SHAPES.get(shape).filter(|_| hit.start >= at.done) else { return Found::Nothing };
        let before = hit.start.checked_sub(1).map_or(self.before, |n| text.get(n).copied());
        if shape.alone && before.is_some_and(|b| b.is_ascii_alphanumeric()) {
            return Found::Nothing;
        }
        let rest = &text[hit.end..];
        let (length, mode) = match shape.rest {
            Rest::Pem => match pem::begins(rest, last) {
                Begins::Key(n) => {
                    let end = key_end(text, hit.end + n, at.allowed_to(hit.start));
                    if end.is_some_and(|end| self.let_through(hit.start, end, at)) {
                        return Found::Nothing;
                    }
                    (n, Mode::Key)
                }
                Begins::Open => return Found::Open,
                Begins::No => return Found::Nothing,
            },
            Rest::Address => {
                let scheme = before.is_some_and(|b| b.is_ascii_alphanumeric());
                return match credentials(rest, last) {
                    Credentials::Password(from, to) if scheme => {
                        self.password(text, unfinished, hit, (hit.end + from, hit.end + to), at, out)
                    }
                    Credentials::Open if scheme => Found::Open,
                    _ => Found::Nothing,
                };
            }
            other => match judge(other, rest, last) {
                ShapeVerdict::Token(n, class) => (n, Mode::Token(class)),
                ShapeVerdict::Open => return Found::Open,
                ShapeVerdict::No => return Found::Nothing,
            },
        };
        let shown = if matches!(shape.rest, Rest::After(..)) { hit.end } else { hit.start };
        if let Mode::Token(_) = mode {
            let end = hit.end + length;
            // Whether it is let through whole is known when it ends, and when what lets it through does.
            if !last && (at.allowed.open <= shown || (end == text.len() && at.allowed_to(shown) == end)) {
                return Found::Open;
            }
            if self.let_through(shown, end, at) {
                return Found::Nothing;
            }
        }
        emit(&text[at.done..shown], out);
        self.mask(out);
        at.done = hit.end + length;
        self.mode = mode;
        Found::Secret
    }

    /// A password in an address. A user in which something else is found is masked with it.
    fn password(
        &mut self,
        text: &[u8],
        unfinished: usize,
        hit: Hit,
        (from, to): (usize, usize),
        at: &mut Cursor<'_>,
        out: &mut dyn FnMut(&[u8]),
    ) -> Found {
        // What begins in it and goes on behind it must be known before anything of it is written.
        if unfinished <= to {
            return Found::Open;
        }
        if self.let_through(from, to, at) {
            return Found::Nothing;
        }
        let plain = self.anchors.next(text, hit.start + 1).map(|other| other.start);
        let escaped = at.escaped.next(hit.start + 1).map(|(start, _)| start);
        let other = plain.into_iter().chain(escaped).any(|start| start < from);
        emit(&text[at.done..if other { hit.end } else { from }], out);
        self.mask(out);
        at.done = to;
        Found::Secret
    }

    /// The next line of a private key; says from where on to hold back when it is not all there.
    fn key(&mut self, text: &[u8], last: bool, at: &mut Cursor<'_>) -> Option<usize> {
        let rest = &text[at.done..];
        let end = memchr::memchr(b'\n', &rest[..rest.len().min(LINE)]);
        let line = match end {
            Some(n) => &rest[..=n],
            None if rest.len() >= LINE => &rest[..LINE],
            None if last => rest,
            None => return Some(at.done),
        };
        match pem::line(line) {
            KeyLine::Inside => at.done += line.len(),
            KeyLine::Ends(n) => {
                at.done += n;
                self.resume(at);
            }
            KeyLine::Outside => self.resume(at),
        }
        (last && rest.is_empty()).then_some(text.len())
    }

    /// Ordinary output again: nothing that was masked can begin something else.
    fn resume(&mut self, at: &mut Cursor<'_>) {
        self.mode = Mode::Text;
        (at.from, at.floor) = (at.done, at.done);
    }

    /// Whether what was found stands whole in a text that is let through; counted where it is.
    fn let_through(&mut self, start: usize, end: usize, at: &mut Cursor<'_>) -> bool {
        if at.allowed_to(start) < end {
            return false;
        }
        self.allowed += u64::from(start >= at.counted && start >= at.done);
        at.counted = at.counted.max(end);
        true
    }

    fn mask(&mut self, out: &mut dyn FnMut(&[u8])) {
        out(MASK.as_bytes());
        self.masked += 1;
    }
}

impl Cursor<'_> {
    /// Where the last of the texts ends that are let through and that `start` stands in; 0 where it stands in none.
    fn allowed_to(&self, start: usize) -> usize {
        self.allowed.reach(start, self.floor)
    }

    /// The place, or where the first of the texts begins that are let through and that it stands inside of; never inside an escape.
    fn before_allowed(&self, mut at: usize) -> usize {
        loop {
            let before = at;
            at = self.escaped.whole(self.allowed.whole(at, self.floor)).max(self.floor.min(at));
            if at == before {
                return at;
            }
        }
    }
}

/// What a shape's beginning turned out to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Nothing,
    Secret,
    Open,
}

impl std::fmt::Debug for MaskingStream<'_> {
    /// Never shows what is held back: it may be a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Stream({} bytes held back, {} masked)", self.held.len(), self.masked)
    }
}

/// The next hit of either look; of two at one place the longer one, as within each of them.
fn longer(plain: Option<Hit>, at: &Cursor<'_>) -> Option<Hit> {
    let escaped = at.escaped.next(at.from).map(|(start, end)| Hit { start, end, shape: None });
    plain.into_iter().chain(escaped).min_by_key(|hit| (hit.start, std::cmp::Reverse(hit.end)))
}

/// Where the longest value ends that begins at `start`.
fn longest_value(anchors: &Anchors, text: &[u8], at: &Cursor<'_>, start: usize) -> Option<usize> {
    let plain = anchors.value_at(&text[start..]).map(|n| start + n);
    let escaped = at.escaped.next(start).filter(|(from, _)| *from == start).map(|(_, end)| end);
    plain.max(escaped)
}

fn emit(part: &[u8], out: &mut dyn FnMut(&[u8])) {
    if !part.is_empty() {
        out(part);
    }
}

#[cfg(test)]
mod tests {
    use crate::redact::masker::Masker;
    use proptest::prelude::*;

    fn masker(values: &[&str]) -> Masker {
        Masker::new(values.iter().map(|v| ("A_TOKEN", *v)), |_| false).unwrap()
    }

    /// What comes out when the text comes in blocks of these lengths, again and again.
    fn in_blocks(masker: &Masker, text: &[u8], lengths: &[usize]) -> (Vec<u8>, u64) {
        let (mut out, mut rest) = (Vec::new(), text);
        let mut stream = masker.stream();
        for length in lengths.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (block, after) = rest.split_at((*length).min(rest.len()));
            stream.push(block, &mut |part| out.extend_from_slice(part));
            rest = after;
        }
        stream.finish(&mut |part| out.extend_from_slice(part));
        (out, stream.masked())
    }

    fn whole(masker: &Masker, text: &str) -> String {
        masker.mask(text).0
    }

    const LONG: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCD";

    #[test]
    fn known_shapes_are_masked() {
        let masker = masker(&[]);
        for token in [
            format!("ghp_{LONG}"),
            format!("gho_{LONG}"),
            format!("ghu_{LONG}"),
            format!("ghs_{LONG}"),
            format!("ghr_{LONG}"),
            format!("github_pat_{LONG}_{LONG}"),
            "AKIAIOSFODNN7EXAMPLE".into(),
            "ASIAIOSFODNN7EXAMPLE".into(),
            "xoxb-1234567890-abcdefghij".into(),
            "sk_live_abcdefghijklmnop".into(),
            format!("sk-proj-{LONG}"),
            format!("AIza{LONG}"),
            format!("npm_{LONG}"),
            format!("pypi-AgEIcHlwaS5vcmc{LONG}"),
            format!("xoxp-{LONG}"),
            format!("glpat-{LONG}"),
            format!("sk-ant-api03-{LONG}"),
            format!("hf_{}", &LONG[..34]),
            format!("dop_v1_{LONG}{LONG}"),
            format!("SG.{}.{LONG}abc", &LONG[..22]),
            format!("dckr_pat_{LONG}"),
            format!("shpat_{LONG}"),
            format!("rubygems_{LONG}"),
            format!("hvs.{LONG}"),
            format!("GOCSPX-{LONG}"),
            format!("AGE-SECRET-KEY-1{}", "QPZRY9X8GF".repeat(5)),
            format!("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.{LONG}"),
        ] {
            for (text, expected) in [
                (token.clone(), "[masked]".to_string()),
                (format!("a '{token}' b"), "a '[masked]' b".into()),
                (format!("X={token}\n"), "X=[masked]\n".into()),
            ] {
                assert_eq!(masker.mask(&text), (expected, 1), "{text}");
            }
        }
    }

    #[test]
    fn a_header_keeps_its_name() {
        let masker = masker(&[]);
        for (text, expected) in [
            ("> Authorization: Bearer abc.def\r\n", "> Authorization: Bearer [masked]\r\n"),
            ("authorization: bearer x", "authorization: bearer [masked]"),
            ("{\"Authorization\": \"Bearer abc\"}", "{\"Authorization\": \"Bearer [masked]\"}"),
            ("Bearer 0123456789abcdef!", "Bearer [masked]!"),
            ("the bearer of this letter", "the bearer of this letter"),
        ] {
            assert_eq!(whole(&masker, text), expected);
        }
    }

    #[test]
    fn a_password_in_an_address_is_masked() {
        let masker = masker(&["user-of-mine", "w/dbx", "tail@host-and"]);
        for (text, expected, count) in [
            ("https://user:hunter2pass@example.com/x", "https://user:[masked]@example.com/x", 1),
            ("redis://:p@ss@host", "redis://:[masked]@host", 1),
            ("a://u:p@h b://v:[masked]@h", "a://u:[masked]@h b://v:[masked]@h", 1),
            // What else is found in it leaves nothing of itself.
            ("https://user-of-mine:x@host/", "https://[masked]@host/", 1),
            (&format!("https://ghp_{LONG}:x-oauth-basic@github.com/"), "https://[masked]@github.com/", 1),
            ("pg://u:pw/dbx", "pg://u:p[masked]", 1),
            ("pg://u:pa-tail@host-and/more", "pg://u:[masked]/more", 1),
        ] {
            assert_eq!(masker.mask(text), (expected.to_string(), count), "{text}");
        }
    }

    #[test]
    fn ordinary_words_stay() {
        let masker = masker(&["abc"]);
        for text in [
            "task-management-of-the-whole-application ok",
            "disk-0123456789012345678901234567890",
            "npm_config_registry=https://registry.example",
            "eyJust a word. And another one follows.",
            "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
            "ghp_short sk-short AKIA AIza xoxo xox- hf_hub_download dop_v1_x SG. hvs.x",
            "http://localhost:5173/@vite/client git+ssh://git@github.com:org/repo https://[::1]:80/ ://a:b@c",
            "abcabcabc",
        ] {
            assert_eq!(masker.mask(text), (text.to_string(), 0));
        }
    }

    #[test]
    fn a_private_key_is_masked_whole_and_no_more() {
        let masker = masker(&[]);
        let body = format!("{LONG}{LONG}\n").repeat(20);
        let key = format!("-----BEGIN RSA PRIVATE KEY-----\n{body}Zm9v\n-----END RSA PRIVATE KEY-----");
        assert_eq!(masker.mask(&format!("a\n{key}\nb")), ("a\n[masked]\nb".into(), 1));
        let json = key.replace('\n', "\\n");
        assert_eq!(masker.mask(&format!("{{\"k\": \"{json}\"}}\n")), ("{\"k\": \"[masked]\"}\n".into(), 1));
        let cut = format!("-----BEGIN PRIVATE KEY-----\n{body}test a::b ... FAILED\nmore output here\n");
        assert_eq!(whole(&masker, &cut), "[masked]test a::b ... FAILED\nmore output here\n");
    }

    #[test]
    fn values_that_overlap_leave_nothing_of_either() {
        let masker = masker(&["abcdef", "defghi", "abcdefxyz"]);
        assert_eq!(masker.mask("1abcdefghi2"), ("1[masked]2".into(), 1));
        assert_eq!(masker.mask("abcdefxyz"), ("[masked]".into(), 1));
        assert_eq!(masker.mask("abcdefabcdef"), ("[masked][masked]".into(), 2));
    }

    #[test]
    fn a_value_that_begins_like_a_token_is_masked_still() {
        let masker = masker(&["sk_liv", "eyJabc"]);
        assert_eq!(whole(&masker, "sk_live_! eyJabc!"), "[masked]e_! [masked]!");
    }

    #[test]
    fn what_repeats_without_end_is_not_held_back() {
        let masker = masker(&["aaaaaa"]);
        let mut stream = masker.stream();
        for _ in 0..100 {
            stream.push(&[b'a'; 1000], &mut |_| {});
            assert!(stream.held.len() <= masker_longest());
        }
        stream.push(b"eyJ", &mut |_| {});
        for _ in 0..100 {
            stream.push(&[b'x'; 1000], &mut |_| {});
            assert!(stream.held.len() < 8192);
        }
        stream.finish(&mut |_| {});
        assert_eq!(stream.masked(), 1);
    }

    fn masker_longest() -> usize {
        64
    }

    #[test]
    fn binary_passes_through() {
        let masker = masker(&["hunter2"]);
        let all: Vec<u8> = (0..=255u8).cycle().take(5000).collect();
        assert_eq!(in_blocks(&masker, &all, &[7]), (all.clone(), 0));
        let mixed = [&[0xff, 0x00][..], b"hunter2", &[0xfe]].concat();
        assert_eq!(in_blocks(&masker, &mixed, &[1]), ([&[0xff, 0x00][..], b"[masked]", &[0xfe]].concat(), 1));
    }

    #[test]
    fn nobody_sees_a_secret_by_looking_at_the_masker() {
        assert_eq!(format!("{:?}", masker(&["hunter2"])), "Masker(1 values)");
    }

    /// Pieces that begin, end and break what is looked for.
    fn pieces() -> impl Strategy<Value = Vec<String>> {
        let fixed = prop::sample::select(vec![
            "a&<",
            "é\"",
            "&",
            "amp;",
            "&#3",
            "8;",
            "&lt;",
            "\\",
            "\\u003",
            "c",
            "\\u0026",
            "u00e9",
            "\\n",
            "npm_",
            "abcdef",
            "defghi",
            "abc",
            "def",
            "ghi",
            "first-line",
            "\n",
            "second-line",
            "ghp_",
            "sk-",
            "eyJ",
            ".",
            "AKIA",
            " ",
            "Authorization: Bearer ",
            "Bearer ",
            "-----BEGIN ",
            "RSA PRIVATE KEY-----",
            "-----END ",
            "-----",
            "a",
            "ABCDEFGHIJKLMNOPQR",
            "012345678901234567890123456789",
            "-",
            "_",
            "é",
            "test ... ok",
            "https://",
            "://",
            "user",
            ":",
            "@",
            "/",
            "xox",
            "b-",
        ]);
        prop::collection::vec(fixed.prop_map(str::to_string), 0..24)
    }

    const VALUES: &[&str] = &[
        "abcdef",
        "defghi",
        "first-line\nsecond-line",
        "abcdefabc",
        "ser:a",
        "@ghi/",
        "a&<é\"",
        "npm_&<\\",
        "<a&<",
    ];

    fn allowing(values: &[&str], texts: &[&str]) -> Masker {
        masker(values).allowing(&texts.iter().map(|t| t.to_string()).collect::<Vec<_>>()).unwrap()
    }

    /// What becomes of a text, how much was masked and how much let through.
    fn judged(masker: &Masker, text: &str) -> (String, u64, u64) {
        let mut shown = text.to_string();
        let masks = masker.hide_shown(&mut shown);
        (shown, masks.masked, masks.allowed)
    }

    #[test]
    fn test_data_is_let_through_and_counted_and_nothing_else() {
        let token = format!("ghp_{LONG}");
        let key = "-----BEGIN PRIVATE KEY-----\nTUlJ\n-----END PRIVATE KEY-----";
        let masker =
            allowing(&["hunter2", "hunter2-real"], &["user:pass@host", "hunter2", &token, "abc.def", key]);
        for (text, shown, masked, allowed) in [
            ("db://user:pass@host/x", "db://user:pass@host/x", 0, 1),
            ("db://user:pass@host2/x", "db://user:pass@host2/x", 0, 1),
            ("db://user:password@host/x", "db://user:[masked]@host/x", 1, 0),
            ("db://me:pass@host/x", "db://me:[masked]@host/x", 1, 0),
            ("hunter2 hunter2-real", "hunter2 [masked]", 1, 1),
            (&format!("a {token} b"), &format!("a {token} b"), 0, 1),
            (&format!("a {token}x b"), "a [masked] b", 1, 0),
            ("Authorization: Bearer abc.def", "Authorization: Bearer abc.def", 0, 1),
            ("Authorization: Bearer abc.defg", "Authorization: Bearer [masked]", 1, 0),
            (&format!("{key}\nx"), &format!("{key}\nx"), 0, 1),
            (&key.replace("TUlJ", "TUlK"), "[masked]", 1, 0),
        ] {
            assert_eq!(judged(&masker, text), (shown.to_string(), masked, allowed), "{text}");
        }
    }

    #[test]
    fn a_secret_that_was_cut_short_leaves_nothing_of_itself() {
        let masker = masker(&["hunter2hunter2", "p&ss<w0rd-long"]);
        for (text, shown) in [
            ("it says \"hunter2hun…\"", "it says \"[masked]…\""),
            ("hunter... (12 more characters)", "[masked]... (12 more characters)"),
            ("ghp_a1B2a1B2… and xoxb-1234...", "[masked]… and [masked]..."),
            ("db://user:passw…", "db[masked]…"),
            ("p&amp;ss&lt;w0…", "[masked]…"),
            ("hun… https://example.org… a test ... ok", "hun… https://example.org… a test ... ok"),
            ("Bearer … 1..2", "Bearer … 1..2"),
        ] {
            assert_eq!(judged(&masker, text).0, shown);
        }
    }

    /// What lets through in the test below: parts of values, of tokens, and what stands around them.
    const ALLOWED: &[&str] = &[
        "abcdef",
        "user:a@",
        "sk-012345678901234567890123456789",
        "=ghp_",
        "defghi-",
        "://user:abc@a",
        "first-line",
    ];

    proptest! {
        #[test]
        fn where_blocks_are_cut_changes_nothing_of_what_is_let_through(
            pieces in pieces(),
            lengths in prop::collection::vec(1usize..40, 1..6),
        ) {
            let masker = allowing(VALUES, ALLOWED);
            let text = pieces.concat();
            let once = |lengths: &[usize]| {
                let (mut out, mut rest) = (Vec::new(), text.as_bytes());
                let mut stream = masker.stream();
                for length in lengths.iter().cycle() {
                    if rest.is_empty() {
                        break;
                    }
                    let (block, after) = rest.split_at((*length).min(rest.len()));
                    stream.push(block, &mut |part| out.extend_from_slice(part));
                    rest = after;
                }
                stream.finish(&mut |part| out.extend_from_slice(part));
                (String::from_utf8(out).unwrap(), stream.masked(), stream.allowed())
            };
            prop_assert_eq!(once(&lengths), once(&[text.len().max(1)]));
        }

        #[test]
        fn where_blocks_are_cut_changes_nothing(
            pieces in pieces(),
            lengths in prop::collection::vec(1usize..40, 1..6),
        ) {
            let masker = masker(VALUES);
            let text = pieces.concat();
            let (masked, count) = masker.mask(&text);
            let (out, counted) = in_blocks(&masker, text.as_bytes(), &lengths);
            prop_assert_eq!(String::from_utf8(out).unwrap(), masked);
            prop_assert_eq!(counted, count);
        }

        #[test]
        fn no_value_survives(pieces in pieces()) {
            let masked = whole(&masker(VALUES), &pieces.concat());
            prop_assert!(VALUES.iter().all(|v| !masked.contains(v)), "{masked}");
        }
    }
}

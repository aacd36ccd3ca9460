//! What a document takes in memory, told from its bytes before it is parsed: a value of two bytes takes many times that in
//! a tree. What is held of all evidence together is bounded by it, in the order of the paths, so that neither the number of
//! processors nor their speed says which file is one too many.

use super::fault::FileFault;
use std::borrow::Cow;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tollgate_core::model::finding::Reason;
use tollgate_core::model::gate::Format;
use tollgate_text::figures::total;
use tollgate_text::json::Json;

/// Bytes that the evidence of one check may take together: the files as they were read, and the trees parsed from them.
pub const EVIDENCE: u64 = 768 << 20;

/// What one line of a stream may take: several are parsed at a time, and none is kept.
pub(super) const LINE: u64 = 128 << 20;

const VALUE: u64 = size_of::<Json<'_>>() as u64;
/// A key, and its place in the index of a large object.
const KEY: u64 = size_of::<Cow<'_, str>>() as u64 + 16;
/// An allocation of its own.
const OWN: u64 = 48;
/// A table or value of TOML, in the reader's tree and in ours.
const TOML: u64 = 160;
/// An element of a JUnit report, in the reader's list and in ours.
const ELEMENT: u64 = 700;
/// No document takes more than this for each of its bytes.
const DENSEST: u64 = 160;
/// Nor does a JSON document take more than this: of `[]` within `[]` each two bytes are a value and an allocation.
const DENSEST_JSON: u64 = 40;

/// The characters of JSON that values, keys, containers and escapes cost.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Marks {
    commas: u64,
    colons: u64,
    opens: u64,
    escapes: u64,
}

impl Marks {
    /// Of all characters, those within strings too: quick, and never too few.
    fn crude(bytes: &[u8]) -> Marks {
        let mut marks = Marks::default();
        // In pieces that a byte can count, which compilers turn into vectors.
        for piece in bytes.chunks(255) {
            let [mut commas, mut colons, mut opens, mut escapes] = [0_u8; 4];
            for byte in piece {
                commas = commas.wrapping_add(u8::from(*byte == b','));
                colons = colons.wrapping_add(u8::from(*byte == b':'));
                opens = opens.wrapping_add(u8::from((*byte == b'[') | (*byte == b'{')));
                escapes = escapes.wrapping_add(u8::from(*byte == b'\\'));
            }
            marks.commas += u64::from(commas);
            marks.colons += u64::from(colons);
            marks.opens += u64::from(opens);
            marks.escapes += u64::from(escapes);
        }
        marks
    }

    /// Of those outside strings, and the escapes within them.
    fn exact(bytes: &[u8]) -> Marks {
        let mut marks = Marks::default();
        let mut rest = bytes.iter();
        let mut within = false;
        while let Some(byte) = rest.next() {
            match (within, byte) {
                (_, b'"') => within = !within,
                (true, b'\\') => {
                    marks.escapes += 1;
                    rest.next();
                }
                (false, b',') => marks.commas += 1,
                (false, b':') => marks.colons += 1,
                (false, b'[' | b'{') => marks.opens += 1,
                _ => {}
            }
        }
        marks
    }

    fn weight(self, bytes: usize) -> u64 {
        let values = self.commas.saturating_add(self.opens).saturating_add(1);
        let texts = if self.escapes > 0 { bytes as u64 } else { 0 };
        total([
            values.saturating_mul(VALUE),
            self.colons.saturating_mul(KEY),
            self.opens.saturating_mul(OWN),
            self.escapes.saturating_mul(OWN),
            texts,
        ])
    }
}

/// How closely a weight is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WeightLook {
    /// By the number of bytes alone.
    Size,
    /// By characters that may stand in strings too.
    Crude,
    /// As it is.
    Close,
}

/// At most so many bytes does the tree of a document take.
pub(super) fn weight(format: Format, bytes: &[u8], look: WeightLook) -> u64 {
    let among = |marks: &[u8]| bytes.iter().filter(|byte| marks.contains(byte)).count() as u64;
    match (format, look) {
        (Format::Text, _) => 0,
        (Format::Json | Format::Jsonl, WeightLook::Size) => (bytes.len() as u64).saturating_mul(DENSEST_JSON),
        (_, WeightLook::Size) => (bytes.len() as u64).saturating_mul(DENSEST),
        (Format::Json | Format::Jsonl, WeightLook::Crude) => Marks::crude(bytes).weight(bytes.len()),
        (Format::Json | Format::Jsonl, WeightLook::Close) => Marks::exact(bytes).weight(bytes.len()),
        (Format::Toml, _) => among(b",=[{.\n").saturating_mul(TOML).saturating_add(bytes.len() as u64),
        (Format::Junit, _) => among(b"<").saturating_mul(ELEMENT).saturating_add(bytes.len() as u64),
    }
}

/// Why a document on its own is refused, if it takes more than `most`. Nearly every document is too small for that.
pub(super) fn too_heavy(format: Format, bytes: &[u8], most: u64) -> Option<FileFault> {
    let looks = [WeightLook::Size, WeightLook::Crude, WeightLook::Close];
    let least = looks.into_iter().map(|look| weight(format, bytes, look)).find(|weight| *weight <= most);
    if least.is_some() {
        return None;
    }
    let clause = format!("it takes more than {} MiB in memory: it holds too many values", most >> 20);
    Some(FileFault::new(Reason::Limit, clause))
}

/// Whether these documents, as they were read and parsed, fit together into what the evidence of one check may take.
pub fn fit_together(documents: &[(Format, &[u8])]) -> bool {
    let texts = total(documents.iter().map(|(_, bytes)| bytes.len() as u64));
    let counted: Vec<(Format, &[u8], u64)> = documents.iter().map(|(f, bytes)| (*f, *bytes, 1)).collect();
    EVIDENCE.checked_sub(texts).is_some_and(|room| fitting(&counted, room).into_iter().all(|fits| fits))
}

/// For who parses documents beside the evidence that is held: of those that take hundreds of megabytes one at a time, until
/// what this gives is dropped. It is not held over parallel work, which could wait for itself.
pub fn turn(format: Format, bytes: &[u8]) -> Option<MutexGuard<'static, ()>> {
    static LARGE: Mutex<()> = Mutex::new(());
    let large = [WeightLook::Size, WeightLook::Crude]
        .into_iter()
        .all(|look| weight(format, bytes, look) > EVIDENCE / 3);
    large.then(|| LARGE.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Which of the documents fit into `room`, in their order; one that does not leaves its room to those behind it. A document
/// counts as often as it stands there (`times`).
pub(super) fn fitting(documents: &[(Format, &[u8], u64)], room: u64) -> Vec<bool> {
    use rayon::prelude::*;
    for look in [WeightLook::Size, WeightLook::Crude] {
        let weigh = |(format, bytes, times): &(Format, &[u8], u64)| {
            weight(*format, bytes, look).saturating_mul(*times)
        };
        let weights: Vec<u64> = documents.par_iter().map(weigh).collect();
        if total(weights) <= room {
            return vec![true; documents.len()];
        }
    }
    let weights: Vec<u64> = documents
        .par_iter()
        .map(|(format, bytes, times)| weight(*format, bytes, WeightLook::Close).saturating_mul(*times))
        .collect();
    fill(&weights, room)
}

/// Which of these weights fit into `room`, in their order.
pub(super) fn fill(weights: &[u64], mut room: u64) -> Vec<bool> {
    let fits = |weight: &u64| match room.checked_sub(*weight) {
        Some(rest) => {
            room = rest;
            true
        }
        None => false,
    };
    weights.iter().map(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tollgate_text::json::{JsonLimits, parse};

    #[test]
    fn zeros_weigh_many_times_their_bytes() {
        let zeros = format!("[{}0]", "0,".repeat(100_000));
        let weigh = |look| weight(Format::Json, zeros.as_bytes(), look);
        assert_eq!(weigh(WeightLook::Close), weigh(WeightLook::Crude));
        assert!(
            weigh(WeightLook::Close) >= 100_001 * VALUE && weigh(WeightLook::Close) < weigh(WeightLook::Size)
        );
        assert!(too_heavy(Format::Json, zeros.as_bytes(), 3 << 20).is_some());
        assert!(too_heavy(Format::Json, zeros.as_bytes(), 4 << 20).is_none());
        // What stands in a string is no value.
        let text = format!("{{\"log\": \"{}\"}}", ",".repeat(1_000_000));
        assert!(too_heavy(Format::Json, text.as_bytes(), 1 << 20).is_none());
        assert_eq!(weight(Format::Text, zeros.as_bytes(), WeightLook::Close), 0);
    }

    /// 126 MB with a million tests, the largest ordinary document.
    #[test]
    fn the_summary_of_a_million_tests_fits() {
        let test = |n: u64| {
            format!(
                "{{\"name\":\"module_{n}::tests::a_test_of_some_name_{n}\",\"status\":\"passed\",\"duration_ms\":{n},\"signature\":null}},"
            )
        };
        let thousand: String = (0..1_000).map(|n| test(n * 997)).collect();
        let tree = 1_000 * weight(Format::Json, thousand.as_bytes(), WeightLook::Crude);
        assert!(tree + 126_000_000 < EVIDENCE, "{tree}");
    }

    #[test]
    fn documents_fit_together_or_not() {
        let zeros = format!("[{}0]", "0,".repeat(13_000_000));
        let one = (Format::Json, zeros.as_bytes());
        assert!(fit_together(&[]) && fit_together(&[one]) && !fit_together(&[one, one]));
        assert!(fit_together(&[(Format::Text, zeros.as_bytes()); 2]));
    }

    #[test]
    fn what_does_not_fit_leaves_its_room() {
        assert_eq!(fill(&[5, 4, 3, 2], 10), [true, true, false, false]);
        assert_eq!(fill(&[5, 6, 3, 2], 10), [true, false, true, true]);
        assert_eq!(fill(&[0, u64::MAX, 1], 1), [true, false, true]);
    }

    /// What a tree takes.
    fn held(json: &Json<'_>) -> u64 {
        let text = |text: &Cow<'_, str>| if let Cow::Owned(text) = text { text.capacity() as u64 } else { 0 };
        VALUE
            + match json {
                Json::Str(s) => text(s),
                Json::Array(items) => total(items.iter().map(held)),
                Json::Object(members) => {
                    total(members.iter().map(|(k, v)| text(k) + size_of::<Cow<'_, str>>() as u64 + held(v)))
                }
                _ => 0,
            }
    }

    fn text() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("0".to_string()),
            Just("[]".to_string()),
            Just("{}".to_string()),
            "\"[a-z,:{\\[]{0,6}(\\\\n|\\\\\"|\\\\u0041)?\"",
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(|v| format!("[{}]", v.join(","))),
                proptest::collection::btree_map("[a-z]{1,3}", inner, 0..6).prop_map(|m| {
                    let all: Vec<String> = m.iter().map(|(k, v)| format!("\"{k}\":{v}")).collect();
                    format!("{{{}}}", all.join(","))
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_document_takes_at_most_what_it_weighs(text in text()) {
            let json = parse(text.as_bytes(), &JsonLimits::default()).unwrap();
            let [size, crude, close] =
                [WeightLook::Size, WeightLook::Crude, WeightLook::Close].map(|l| weight(Format::Json, text.as_bytes(), l));
            prop_assert!(held(&json) <= close, "{} {close} {text}", held(&json));
            prop_assert!(close <= crude);
            // A single value may weigh more than its few bytes tell.
            prop_assert!(close <= size + VALUE + OWN, "{close} {size} {text}");
        }
    }
}

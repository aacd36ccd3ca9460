//! What is looked for.

use crate::base::redact::shape::SHAPES;
use crate::base::redact::stream::Stream;
use crate::base::redact::values::{forms, is_secret_name};
use aho_corasick::{AhoCorasick, Input, MatchKind};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

/// What stands where a secret stood.
pub const MASK: &str = "[masked]";

/// Knows the secrets: values of environment variables whose names hold TOKEN, SECRET, KEY or PASSWORD in any case, and the
/// shapes of well-known tokens (`shape.rs`), private keys and bearer headers. Values under 6 bytes, plain words of settings
/// and paths that exist are left alone.
pub struct Masker {
    /// The values, then what the shapes begin with: one search finds both.
    anchors: Vec<Vec<u8>>,
    /// How many of the anchors are values.
    values: usize,
    search: AhoCorasick,
    /// Which bytes an anchor begins with.
    first: [bool; 256],
    longest: usize,
}

/// Something that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Which shape begins here; `None`: a value.
    pub(super) shape: Option<usize>,
}

impl Masker {
    /// Takes what is secret from an environment. The error is a sentence: the values are too many to search for.
    pub fn new<N: AsRef<OsStr>, V: AsRef<OsStr>>(
        env: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Masker, String> {
        let mut values = BTreeSet::new();
        for (name, value) in env {
            if is_secret_name(&name.as_ref().to_string_lossy()) {
                values.extend(forms(value.as_ref().as_bytes()));
            }
        }
        let count = values.len();
        let mut anchors: Vec<Vec<u8>> = values.into_iter().collect();
        anchors.extend(SHAPES.iter().map(|s| s.prefix.as_bytes().to_vec()));
        let search = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&anchors)
            .map_err(|e| format!("the secrets of the environment cannot be searched for: {e}"))?;
        let mut first = [false; 256];
        for byte in anchors.iter().filter_map(|a| a.first()) {
            first[usize::from(*byte)] = true;
        }
        let longest = anchors.iter().map(Vec::len).max().unwrap_or(0);
        Ok(Masker { anchors, values: count, search, first, longest })
    }

    /// Masks a text; says how many secrets stood in it.
    pub fn mask(&self, text: &str) -> (String, u64) {
        let mut out = Vec::with_capacity(text.len());
        let mut stream = self.stream();
        stream.push(text.as_bytes(), &mut |part| out.extend_from_slice(part));
        stream.finish(&mut |part| out.extend_from_slice(part));
        (String::from_utf8_lossy(&out).into_owned(), stream.masked())
    }

    /// Begins to mask output that comes in blocks.
    pub fn stream(&self) -> Stream<'_> {
        Stream::new(self)
    }

    /// The first hit at or behind `from`.
    pub(super) fn next(&self, text: &[u8], from: usize) -> Option<Hit> {
        let found = self.search.find(Input::new(text).range(from..))?;
        let shape = found.pattern().as_usize().checked_sub(self.values);
        Some(Hit { start: found.start(), end: found.end(), shape })
    }

    /// The longest value that stands at the beginning of `text`: it may be shorter than what a shape begins with.
    pub(super) fn value_at(&self, text: &[u8]) -> Option<usize> {
        let values = self.anchors.get(..self.values).unwrap_or(&[]);
        values.iter().filter(|v| text.starts_with(v)).map(Vec::len).max()
    }

    /// Where, at or behind `floor`, something begins that more bytes could complete.
    pub(super) fn unfinished(&self, text: &[u8], floor: usize) -> usize {
        let from = floor.max((text.len() + 1).saturating_sub(self.longest));
        let begins = |at: usize| {
            let rest = &text[at..];
            let first = rest.first().is_some_and(|b| self.first[usize::from(*b)]);
            first && self.anchors.iter().any(|a| a.len() > rest.len() && a.starts_with(rest))
        };
        (from..text.len()).find(|at| begins(*at)).unwrap_or(text.len())
    }
}

impl std::fmt::Debug for Masker {
    /// Never shows a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Masker({} values)", self.values)
    }
}

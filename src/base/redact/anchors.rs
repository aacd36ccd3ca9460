//! What is looked for: one search finds the values and what the shapes begin with.

use crate::base::redact::shape::SHAPES;
use aho_corasick::{AhoCorasick, Input, MatchKind};
use std::collections::BTreeSet;

/// Everything that is looked for.
pub(super) struct Anchors {
    /// The values, sorted, then what the shapes begin with.
    all: Vec<Vec<u8>>,
    /// How many of them are values.
    values: usize,
    search: AhoCorasick,
    /// Which bytes one begins with.
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

impl Anchors {
    /// The error is a sentence: the values are too many to search for.
    pub(super) fn new(values: BTreeSet<Vec<u8>>) -> Result<Anchors, String> {
        let count = values.len();
        let mut all: Vec<Vec<u8>> = values.into_iter().collect();
        all.extend(SHAPES.iter().map(|s| s.prefix.as_bytes().to_vec()));
        let search =
            AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&all).map_err(|e| {
                format!("the secrets of the environment and tollgate.toml cannot be searched for: {e}")
            })?;
        let mut first = [false; 256];
        for byte in all.iter().filter_map(|a| a.first()) {
            first[usize::from(*byte)] = true;
        }
        let longest = all.iter().map(Vec::len).max().unwrap_or(0);
        Ok(Anchors { all, values: count, search, first, longest })
    }

    /// How many values are looked for.
    pub(super) fn values(&self) -> usize {
        self.values
    }

    /// The first hit at or behind `from`.
    pub(super) fn next(&self, text: &[u8], from: usize) -> Option<Hit> {
        let found = self.search.find(Input::new(text).range(from..))?;
        let shape = found.pattern().as_usize().checked_sub(self.values);
        Some(Hit { start: found.start(), end: found.end(), shape })
    }

    /// The longest value that stands at the beginning of `text`: it may be shorter than what a shape begins with.
    pub(super) fn value_at(&self, text: &[u8]) -> Option<usize> {
        let (values, first) = (self.all.get(..self.values)?, text.first());
        // They are sorted, and may be many.
        let from = values.partition_point(|v| v.first() < first);
        let alike = values[from..].iter().take_while(|v| v.first() == first);
        alike.filter(|v| text.starts_with(v)).map(Vec::len).max()
    }

    /// Where, at or behind `floor`, something begins that more bytes could complete.
    pub(super) fn unfinished(&self, text: &[u8], floor: usize) -> usize {
        let from = floor.max((text.len() + 1).saturating_sub(self.longest));
        let begins = |at: usize| {
            let rest = &text[at..];
            let first = rest.first().is_some_and(|b| self.first[usize::from(*b)]);
            first && self.all.iter().any(|a| a.len() > rest.len() && a.starts_with(rest))
        };
        (from..text.len()).find(|at| begins(*at)).unwrap_or(text.len())
    }
}

impl std::fmt::Debug for Anchors {
    /// Never shows a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Anchors({} values)", self.values)
    }
}

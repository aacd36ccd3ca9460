//! One search for many texts at once.

use aho_corasick::{AhoCorasick, Input, MatchKind};

/// Texts that are looked for.
pub(super) struct Search {
    all: Vec<Vec<u8>>,
    search: AhoCorasick,
    /// Which bytes one begins with.
    first: [bool; 256],
    longest: usize,
}

/// Something that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FoundSecret {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Which text it is, in the order in which they were given.
    pub(super) which: usize,
}

impl Search {
    /// The error is a sentence: they are too many to search for.
    pub(super) fn new(all: Vec<Vec<u8>>) -> Result<Search, String> {
        let search =
            AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&all).map_err(|e| {
                format!("the secrets of the environment and tollgate.toml cannot be searched for: {e}")
            })?;
        let mut first = [false; 256];
        for byte in all.iter().filter_map(|a| a.first()) {
            first[usize::from(*byte)] = true;
        }
        let longest = all.iter().map(Vec::len).max().unwrap_or(0);
        Ok(Search { all, search, first, longest })
    }

    /// The first at or behind `from`, the longest of those that begin there.
    pub(super) fn next(&self, text: &[u8], from: usize) -> Option<FoundSecret> {
        let found = self.search.find(Input::new(text).range(from..))?;
        Some(FoundSecret { start: found.start(), end: found.end(), which: found.pattern().as_usize() })
    }

    /// The first so many of the texts.
    pub(super) fn some(&self, count: usize) -> &[Vec<u8>] {
        self.all.get(..count).unwrap_or_default()
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

//! What is looked for: one search finds the values and what the shapes begin with; a second one, the values that were escaped.

use crate::redact::escaped::{Escaped, escapable, may_be};
use crate::redact::search::Search;
use crate::redact::shape::{Rest, SHAPES};
use std::collections::BTreeSet;

/// Everything that is looked for.
pub(super) struct Anchors {
    /// The values, sorted, then what the shapes begin with.
    search: Search,
    /// How many of them are values.
    values: usize,
    /// The values that a writer may escape; without one no text is looked at twice.
    escapable: Option<Search>,
    /// Texts that are let through, whatever is found in them.
    allowed: Option<Search>,
}

/// The fewest bytes of the beginning of a secret that are one, where the rest was cut off.
const BEGUN: usize = 4;

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
        let special: Vec<Vec<u8>> = values.iter().filter(|v| escapable(v)).cloned().collect();
        let escapable = (!special.is_empty()).then(|| Search::new(special)).transpose()?;
        let mut all: Vec<Vec<u8>> = values.into_iter().collect();
        all.extend(SHAPES.iter().map(|s| s.prefix.as_bytes().to_vec()));
        Ok(Anchors { search: Search::new(all)?, values: count, escapable, allowed: None })
    }

    /// The same, with texts that are let through.
    pub(super) fn allowing(self, texts: Vec<Vec<u8>>) -> Result<Anchors, String> {
        let allowed = (!texts.is_empty()).then(|| Search::new(texts)).transpose()?;
        Ok(Anchors { allowed, ..self })
    }

    /// Where texts stand that are let through, by their beginnings.
    pub(super) fn allowed(&self, text: &[u8]) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        let mut from = 0;
        while let Some(next) = self.allowed.as_ref().and_then(|search| search.next(text, from)) {
            found.push((next.start, next.end));
            from = next.start + 1;
        }
        found
    }

    /// Where, at or behind `floor`, a text begins that would be let through if more bytes completed it.
    pub(super) fn allowed_unfinished(&self, text: &[u8], floor: usize) -> usize {
        self.allowed.as_ref().map_or(text.len(), |search| search.unfinished(text, floor))
    }

    /// Whether the end of a text that was cut off there is the beginning of a secret: of a value, of a token, or of a password in an
    /// address.
    pub(super) fn begun(&self, tail: &[u8]) -> bool {
        let value = |v: &Vec<u8>| v.starts_with(tail);
        let shape = |(prefix, rest): (&str, Rest)| {
            let behind = tail.strip_prefix(prefix.as_bytes()).unwrap_or_default();
            match rest {
                Rest::Address => {
                    behind.iter().position(|b| *b == b':').is_some_and(|at| at + 1 < behind.len())
                }
                _ => behind.len() >= BEGUN,
            }
        };
        tail.len() >= BEGUN
            && (self.search.some(self.values).iter().any(value)
                || SHAPES.iter().map(|s| (s.prefix, s.rest)).any(shape)
                // An escape in it: it is a value as a writer escaped it.
                || may_be(tail))
    }

    /// How many values are looked for.
    pub(super) fn values(&self) -> usize {
        self.values
    }

    /// Whether something could be found in a text.
    pub(super) fn any(&self, text: &[u8]) -> bool {
        self.next(text, 0).is_some() || (self.escapable.is_some() && may_be(text))
    }

    /// The first hit at or behind `from`.
    pub(super) fn next(&self, text: &[u8], from: usize) -> Option<Hit> {
        let found = self.search.next(text, from)?;
        Some(Hit { start: found.start, end: found.end, shape: found.which.checked_sub(self.values) })
    }

    /// The values that stand escaped in a text; `last` says that nothing will follow it.
    pub(super) fn escaped(&self, text: &[u8], last: bool) -> Escaped<'_> {
        Escaped::look(self.escapable.as_ref(), text, last)
    }

    /// The longest value that stands at the beginning of `text`: it may be shorter than what a shape begins with.
    pub(super) fn value_at(&self, text: &[u8]) -> Option<usize> {
        let (values, first) = (self.search.some(self.values), text.first());
        // They are sorted, and may be many.
        let from = values.partition_point(|v| v.first() < first);
        let alike = values[from..].iter().take_while(|v| v.first() == first);
        alike.filter(|v| text.starts_with(v)).map(Vec::len).max()
    }

    /// Where, at or behind `floor`, something begins that more bytes could complete.
    pub(super) fn unfinished(&self, text: &[u8], floor: usize) -> usize {
        self.search.unfinished(text, floor)
    }
}

impl std::fmt::Debug for Anchors {
    /// Never shows a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Anchors({} values)", self.values)
    }
}

//! What is looked for: one search finds the values and what the shapes begin with; a second one, the values that were escaped.

use crate::base::redact::escaped::{Escaped, escapable, may_be};
use crate::base::redact::search::Search;
use crate::base::redact::shape::SHAPES;
use std::collections::BTreeSet;

/// Everything that is looked for.
pub(super) struct Anchors {
    /// The values, sorted, then what the shapes begin with.
    search: Search,
    /// How many of them are values.
    values: usize,
    /// The values that a writer may escape; without one no text is looked at twice.
    escapable: Option<Search>,
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
        let special: Vec<Vec<u8>> = values.iter().filter(|v| escapable(v)).cloned().collect();
        let escapable = (!special.is_empty()).then(|| Search::new(special)).transpose()?;
        let mut all: Vec<Vec<u8>> = values.into_iter().collect();
        all.extend(SHAPES.iter().map(|s| s.prefix.as_bytes().to_vec()));
        Ok(Anchors { search: Search::new(all)?, values: count, escapable })
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

//! Names and how often each was seen.

use serde::Serialize;
use std::collections::HashMap;

/// One name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NameCount {
    /// The name as it stands in the stream: untrusted.
    pub name: String,
    /// How often it was seen.
    pub count: u64,
}

/// Block and line within it: what is smaller stands earlier in the stream.
pub type Position = (u64, u64);

/// The names seen, each with its count and where it was seen first.
#[derive(Default)]
pub struct NameTally {
    entries: Vec<(NameCount, Position)>,
    /// Where a name stands in `entries`. Hashed at random: no stream can make its names collide.
    index: HashMap<String, usize>,
    /// The last names of each length and last letter: nearly every event has a name that was just seen.
    recent: Vec<usize>,
}

/// Slots of `recent`.
const RECENT: usize = 64;

impl NameTally {
    /// How many names there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Counts a name that stands at `position`.
    #[inline]
    pub fn count(&mut self, name: &str, position: Position) {
        let slot = slot(name);
        if let Some(at) = self.recent.get(slot)
            && let Some((known, _)) = self.entries.get_mut(*at)
            && known.name == name
        {
            known.count += 1;
            return;
        }
        self.recent.resize(RECENT, usize::MAX);
        self.recent[slot] = self.add_one(name, 1, position);
    }

    #[inline(never)]
    fn add_one(&mut self, name: &str, count: u64, position: Position) -> usize {
        if let Some(at) = self.index.get(name) {
            let (known, first) = &mut self.entries[*at];
            known.count += count;
            *first = position.min(*first);
            return *at;
        }
        let at = self.entries.len();
        self.entries.push((NameCount { name: name.to_string(), count }, position));
        self.index.insert(name.to_string(), at);
        at
    }

    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: NameTally) {
        for (NameCount { name, count }, position) in other.entries {
            self.add_one(&name, count, position);
        }
    }

    /// The names in the order in which they were first seen.
    pub fn finish(mut self) -> Vec<NameCount> {
        self.entries.sort_by_key(|(_, first)| *first);
        self.entries.into_iter().map(|(count, _)| count).collect()
    }
}

fn slot(name: &str) -> usize {
    name.len().wrapping_mul(5).wrapping_add(usize::from(name.as_bytes().last().copied().unwrap_or(0)))
        % RECENT
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// However the events are shared out, the counts and their order are those of one pass.
        #[test]
        fn sharing_changes_nothing(events in proptest::collection::vec(("[a-c]{0,3}", 0usize..3), 0..80)) {
            let mut one = NameTally::default();
            let mut shared: Vec<NameTally> = (0..3).map(|_| NameTally::default()).collect();
            for (n, (name, who)) in events.iter().enumerate() {
                let position = (n as u64 / 10, n as u64 % 10);
                one.count(name, position);
                shared[*who].count(name, position);
            }
            let mut all = NameTally::default();
            for tally in shared.into_iter().rev() {
                all.add(tally);
            }
            prop_assert_eq!(all.len(), one.len());
            let counted: u64 = tollgate_text::figures::total(one.entries.iter().map(|(c, _)| c.count));
            prop_assert_eq!(counted, events.len() as u64);
            prop_assert_eq!(all.finish(), one.finish());
        }
    }
}

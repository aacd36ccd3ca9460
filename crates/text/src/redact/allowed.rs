//! Texts that are let through, as they stand in a block of output.

use crate::redact::pem::{self, KeyLine};

/// Where they stand, by their beginnings. How far one reaches is known, so that a place is looked for among its neighbours alone.
pub(super) struct Allowed {
    found: Vec<(usize, usize)>,
    longest: usize,
    /// Where one begins that is not all there yet.
    pub(super) open: usize,
}

impl Allowed {
    pub(super) fn new(found: Vec<(usize, usize)>, end: usize) -> Allowed {
        let longest = found.iter().map(|(from, to)| to - from).max().unwrap_or(0);
        Allowed { found, longest, open: end }
    }

    /// Those that begin before `at`, at or behind `floor`, the last first, as far as they may reach over it.
    fn before(&self, at: usize, floor: usize) -> impl Iterator<Item = (usize, usize)> {
        let behind = self.found.partition_point(|(from, _)| *from < at);
        let near = move |(from, _): &&(usize, usize)| *from >= floor && *from + self.longest >= at;
        self.found[..behind].iter().rev().take_while(near).copied()
    }

    /// Where the last of those ends that `start` stands in; 0 where it stands in none.
    pub(super) fn reach(&self, start: usize, floor: usize) -> usize {
        let over = self.before(start + 1, floor).filter(|(_, to)| *to > start);
        over.map(|(_, to)| to).max().unwrap_or(0)
    }

    /// The place, or where the first of those begins that it stands inside of.
    pub(super) fn whole(&self, mut at: usize, floor: usize) -> usize {
        loop {
            let first = self.before(at, floor).filter(|(_, to)| *to > at).map(|(from, _)| from).min();
            match first {
                Some(from) => at = from,
                None => return at,
            }
        }
    }
}

/// Where a private key ends whose lines begin at `from`, if it does so before `to`.
pub(super) fn key_end(text: &[u8], mut from: usize, to: usize) -> Option<usize> {
    while from < to {
        let end = memchr::memchr(b'\n', &text[from..to]).map_or(to, |n| from + n + 1);
        match pem::line(&text[from..end]) {
            KeyLine::Inside => from = end,
            KeyLine::Ends(n) => return Some(from + n),
            KeyLine::Outside => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_known_to_stand_in_what_reaches_over_it() {
        let allowed = Allowed::new(vec![(2, 5), (4, 9), (6, 7), (20, 22)], 30);
        assert_eq!(
            [1, 2, 4, 5, 6, 8, 9, 21, 22].map(|at| allowed.reach(at, 0)),
            [0, 5, 9, 9, 9, 9, 0, 22, 0]
        );
        assert_eq!([2, 3, 5, 8, 9, 21].map(|at| allowed.whole(at, 0)), [2, 2, 2, 2, 9, 20]);
        assert_eq!((allowed.reach(4, 3), allowed.reach(3, 3), allowed.whole(8, 3)), (9, 0, 4));
    }
}

//! Many patterns looked for at once: the one engine behind the runbook and the root causes. Rust's regex crate has no backtracking, so
//! the time grows with the text and not with what is written in it.

use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
use std::ops::Range;

/// Bytes that all patterns together may take once they are compiled.
const COMPILED: usize = 64 << 20;
/// Bytes in which a search may keep what it learned of the patterns: with less, hundreds of them are walked one by one.
const LEARNED: usize = 64 << 20;

/// Patterns compiled together. `^` and `$` stand for the edges of a line.
#[derive(Debug, Clone, Default)]
pub struct PatternSet {
    set: RegexSet,
}

impl PatternSet {
    /// Compiles them; the error is a sentence.
    pub fn new<S: AsRef<str>>(patterns: impl IntoIterator<Item = S>) -> Result<PatternSet, String> {
        let set = RegexSetBuilder::new(patterns)
            .multi_line(true)
            .size_limit(COMPILED)
            .dfa_size_limit(LEARNED)
            .build()
            .map_err(|e| why(&e))?;
        Ok(PatternSet { set })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.set.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty()
    }

    /// The numbers of those that match somewhere in the text, lowest first.
    pub fn matching(&self, text: &str) -> Vec<usize> {
        self.set.matches(text).iter().collect()
    }

    /// One of them alone. Only the set is kept compiled; where a pattern matched is asked seldom.
    pub fn one(&self, number: usize) -> Option<Regex> {
        compile(self.set.patterns().get(number)?).ok()
    }

    /// Where one of them matches first.
    pub fn first(&self, number: usize, text: &str) -> Option<Range<usize>> {
        Some(self.one(number)?.find(text)?.range())
    }
}

/// One pattern, as a set compiles it; the error is a sentence.
pub fn compile(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern).multi_line(true).build().map_err(|e| why(&e))
}

/// The last line of what the crate says; those above it draw the pattern.
fn why(error: &regex::Error) -> String {
    let text = error.to_string();
    text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_that_match_are_found_together_and_each_by_itself() {
        let set = PatternSet::new(["^b$", "c+", "x"]).unwrap();
        let text = "a\nb\nccc";
        assert_eq!((set.len(), set.matching(text)), (3, vec![0, 1]));
        assert_eq!(
            (set.first(0, text), set.first(1, text), set.first(2, text)),
            (Some(2..3), Some(4..7), None)
        );
        assert_eq!(set.first(3, text), None);
        assert_eq!(PatternSet::new(["("]).unwrap_err(), "unclosed group");
        assert!(PatternSet::default().matching("a").is_empty());
    }
}

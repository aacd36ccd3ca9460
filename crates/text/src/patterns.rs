//! Many patterns looked for at once: the one engine behind the runbook and the root causes. Rust's regex crate has no backtracking, so
//! the time grows with the text and not with what is written in it.

use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
use std::ops::Range;

/// Bytes that one part of a set may take once it is compiled, and in which a search may keep what it learned of the part.
const SIZE: usize = 32 << 20;
/// Patterns that are looked for in one pass. Of hundreds at once the search learns more states than it may keep, and then walks all of
/// them for each character: minutes for a megabyte.
const TOGETHER: usize = 32;

/// Patterns compiled together. `^` and `$` stand for the edges of a line.
#[derive(Debug, Clone, Default)]
pub struct PatternSet {
    parts: Vec<RegexSet>,
    patterns: Vec<String>,
}

impl PatternSet {
    /// Compiles them; the error is a sentence.
    pub fn new<S: AsRef<str>>(patterns: impl IntoIterator<Item = S>) -> Result<PatternSet, String> {
        let patterns: Vec<String> = patterns.into_iter().map(|p| of_bytes(p.as_ref())).collect();
        let part = |part: &[String]| {
            let mut builder = RegexSetBuilder::new(part);
            builder.multi_line(true).size_limit(SIZE).dfa_size_limit(SIZE).build().map_err(|e| why(&e))
        };
        let parts = patterns.chunks(TOGETHER).map(part).collect::<Result<_, _>>()?;
        Ok(PatternSet { parts, patterns })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.patterns.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// The numbers of those that match somewhere in the text, lowest first.
    pub fn matching(&self, text: &str) -> Vec<usize> {
        let parts = self.parts.iter().enumerate();
        let found = |(at, part): (usize, &RegexSet)| {
            part.matches(text.as_bytes()).into_iter().map(move |n| at * TOGETHER + n).collect::<Vec<_>>()
        };
        parts.flat_map(found).collect()
    }

    /// One of them alone. Only the set is kept compiled; where a pattern matched is asked seldom.
    pub fn one(&self, number: usize) -> Option<OnePattern> {
        compile_bytes(self.patterns.get(number)?).ok().map(OnePattern)
    }

    /// Where one of them matches first.
    pub fn first(&self, number: usize, text: &str) -> Option<Range<usize>> {
        self.one(number)?.find(text)
    }
}

/// One pattern, as a set compiles it.
#[derive(Debug, Clone)]
pub struct OnePattern(Regex);

impl OnePattern {
    /// Compiles it; the error is a sentence.
    pub fn new(pattern: &str) -> Result<OnePattern, String> {
        compile_bytes(&of_bytes(pattern)).map(OnePattern)
    }

    /// Whether it matches somewhere.
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text.as_bytes())
    }

    /// Where it matches first, whole characters.
    pub fn find(&self, text: &str) -> Option<Range<usize>> {
        let found = self.0.find(text.as_bytes())?;
        Some(text.floor_char_boundary(found.start())..text.ceil_char_boundary(found.end()))
    }
}

/// The pattern over bytes, its words and digits those of ASCII: an edge of a word by Unicode's rules, in a text that is not all ASCII, costs
/// a hundredfold. One whose own text needs Unicode keeps it.
fn of_bytes(pattern: &str) -> String {
    let plain = format!("(?-u){pattern}");
    if pattern.is_ascii() && !pattern.contains(r"\p") && !pattern.contains(r"\P") {
        return plain;
    }
    if compile_bytes(&plain).is_ok() { plain } else { pattern.to_string() }
}

fn compile_bytes(pattern: &str) -> Result<Regex, String> {
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
        assert_eq!(OnePattern::new("(").unwrap_err(), "unclosed group");
        let many: Vec<String> = (0..100).map(|n| format!("<{n}>")).collect();
        assert_eq!(PatternSet::new(&many).unwrap().matching("<99> <3> <31> <32>"), [3, 31, 32, 99]);
        assert!(PatternSet::default().matching("a").is_empty());
    }

    #[test]
    fn what_is_no_ascii_is_matched_in_whole_characters() {
        let found = |pattern: &str, text: &str| {
            let range = OnePattern::new(pattern).unwrap().find(text)?;
            Some(text[range].to_string())
        };
        assert_eq!(found("a.", "aä"), Some("aä".into()));
        assert_eq!(found("✖ [0-9]", "✖ 3"), Some("✖ 3".into()));
        assert_eq!(found("[äö]+", "xäö"), Some("äö".into()));
        assert_eq!(found(r"\p{Lu}", "aÄ"), Some("Ä".into()));
        assert_eq!(found(r"\bfoo\b", "ä foo ö"), Some("foo".into()));
    }
}

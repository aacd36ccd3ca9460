//! Regular expressions whose search is paid for. A search is linear in the text, but each byte of it may cost as much as the
//! pattern is large: `[ab]*a[ab]{3000}c` over two million letters takes the usual engine minutes, in which no clock is
//! looked at. A small text is left to it. A large one is searched by an automaton that is built on the way: each state that
//! the text makes it build is paid for, and the clock is looked at between blocks.

use super::errors::EvalError;
use super::meter::Meter;
use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{self, DFA};
use regex_automata::meta;
use regex_automata::nfa::thompson::{self, NFA, State};
use regex_automata::util::primitives::StateID;
use regex_automata::{Input, MatchKind};
use std::sync::OnceLock;

/// The most memory that a pattern may compile to, in bytes.
const MAX_PATTERN: usize = 4 << 20;

/// The most that the states of the automaton take at one time.
const CACHE: usize = 8 << 20;

/// Up to this product of a text's bytes and a pattern's the usual engine is quick whatever they are: some 10 ms.
const QUICK: u64 = 1 << 26;

/// Bytes of text between two looks at what the search costs.
const BLOCK: usize = 512;

/// Bytes of new states that make a step.
const STATE_BYTES: u64 = 16;

/// Visits of states, in a search that goes through them one by one, that make a step.
const VISITS: u64 = 8;

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct CompiledPattern {
    source: Box<str>,
    engine: meta::Regex,
    /// About how many bytes it compiled to.
    size: u64,
    automaton: OnceLock<Option<DFA>>,
}

impl CompiledPattern {
    /// Compiles; the error is a sentence.
    pub(super) fn compile(pattern: &str) -> Result<CompiledPattern, String> {
        let config = meta::Config::new()
            .match_kind(MatchKind::LeftmostFirst)
            .nfa_size_limit(Some(MAX_PATTERN))
            .hybrid_cache_capacity(MAX_PATTERN);
        let engine = meta::Regex::builder().configure(config).build(pattern).map_err(|e| {
            if e.size_limit().is_some() {
                return "the pattern of matches() is too large".to_string();
            }
            let text = e.syntax_error().map_or_else(|| e.to_string(), ToString::to_string);
            // The library draws the pattern over several lines; its last line says what is wrong.
            let why = text.lines().last().unwrap_or("").trim().trim_start_matches("error: ");
            format!("the pattern of matches() is no regular expression: {why}")
        })?;
        let size = engine.memory_usage() as u64;
        Ok(CompiledPattern { source: pattern.into(), engine, size, automaton: OnceLock::new() })
    }

    /// About how many bytes it compiled to.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Whether it occurs in a text.
    pub(super) fn is_match(&self, text: &str, meter: &Meter) -> Result<bool, EvalError> {
        meter.text(text.len())?;
        let work = (text.len() as u64).saturating_mul(self.size);
        if work <= QUICK {
            let found = self.engine.is_match(text);
            meter.labour(work)?;
            return Ok(found);
        }
        meter.clock()?;
        if let Some(automaton) = self.automaton()
            && let Some(found) = by_automaton(automaton, text, meter)?
        {
            return Ok(found);
        }
        let compiled = NFA::compiler().configure(limited()).build(&self.source);
        let nfa = compiled.map_err(|_| EvalError::Limit("the pattern of matches() is too large".into()))?;
        by_states(&nfa, text, meter)
    }

    fn automaton(&self) -> Option<&DFA> {
        let build = || {
            // It never gives up by itself: what it costs is counted by the search.
            let config = dfa::Config::new()
                .cache_capacity(CACHE)
                .skip_cache_capacity_check(true)
                .unicode_word_boundary(true);
            DFA::builder().configure(config).thompson(limited()).build(&self.source).ok()
        };
        self.automaton.get_or_init(build).as_ref()
    }
}

fn limited() -> thompson::Config {
    thompson::Config::new().nfa_size_limit(Some(MAX_PATTERN))
}

/// Searches with states that are built on the way. `None` where the automaton cannot tell: `\b` beside letters that are not
/// ASCII.
fn by_automaton(automaton: &DFA, text: &str, meter: &Meter) -> Result<Option<bool>, EvalError> {
    let mut cache = automaton.create_cache();
    let Ok(mut state) = automaton.start_state_forward(&mut cache, &Input::new(text)) else { return Ok(None) };
    let (mut used, mut cleared) = (cache.memory_usage(), cache.clear_count());
    for block in text.as_bytes().chunks(BLOCK) {
        for byte in block {
            let Ok(next) = automaton.next_state(&mut cache, state, *byte) else { return Ok(None) };
            state = next;
            if state.is_tagged()
                && let Some(ended) = ended(state)
            {
                return Ok(ended);
            }
        }
        let (now, clears) = (cache.memory_usage(), cache.clear_count());
        let grown = match clears.saturating_sub(cleared) {
            0 => now.saturating_sub(used),
            times => times.saturating_mul(CACHE).saturating_add(now).saturating_sub(used),
        };
        (used, cleared) = (now, clears);
        meter.charge(grown as u64 / STATE_BYTES)?;
        // A byte that needs no new state takes a few nanoseconds, one that does about as many as the state has bytes.
        meter.labour((grown as u64).saturating_mul(16).saturating_add(4 * BLOCK as u64))?;
    }
    let Ok(last) = automaton.next_eoi_state(&mut cache, state) else { return Ok(None) };
    Ok(if last.is_quit() { None } else { Some(last.is_match()) })
}

/// What a state decides: `Some(None)` that the automaton cannot tell, `None` that the search goes on.
fn ended(state: LazyStateID) -> Option<Option<bool>> {
    if state.is_match() {
        Some(Some(true))
    } else if state.is_dead() {
        Some(Some(false))
    } else {
        state.is_quit().then_some(None)
    }
}

/// Searches by all states that a prefix of the text can be in: slower, and able to tell always.
fn by_states(nfa: &NFA, text: &str, meter: &Meter) -> Result<bool, EvalError> {
    let text = text.as_bytes();
    let (mut now, mut next) = (States::new(nfa), States::new(nfa));
    let (mut stack, mut visits) = (Vec::new(), 0_u64);
    reach(nfa, nfa.start_unanchored(), text, 0, &mut now, &mut stack, &mut visits);
    for at in 0..=text.len() {
        if visits >= VISITS * 1024 {
            meter.charge(visits / VISITS)?;
            meter.labour(visits.saturating_mul(32))?;
            visits = 0;
        }
        for id in now.ids.iter().copied() {
            if matches!(nfa.state(id), State::Match { .. }) {
                return Ok(true);
            }
            if let Some(to) = text.get(at).and_then(|_| step(nfa, id, text, at)) {
                reach(nfa, to, text, at + 1, &mut next, &mut stack, &mut visits);
            }
        }
        std::mem::swap(&mut now, &mut next);
        next.clear();
    }
    Ok(false)
}

/// A set of states.
struct States {
    ids: Vec<StateID>,
    among: Vec<bool>,
}

impl States {
    fn new(nfa: &NFA) -> States {
        States { ids: Vec::new(), among: vec![false; nfa.states().len()] }
    }

    /// Whether it was not among them yet.
    fn insert(&mut self, id: StateID) -> bool {
        let Some(among) = self.among.get_mut(id.as_usize()).filter(|among| !**among) else { return false };
        *among = true;
        self.ids.push(id);
        true
    }

    fn clear(&mut self) {
        for id in self.ids.drain(..) {
            if let Some(among) = self.among.get_mut(id.as_usize()) {
                *among = false;
            }
        }
    }
}

/// Where a state leads with the byte at `at`.
fn step(nfa: &NFA, id: StateID, text: &[u8], at: usize) -> Option<StateID> {
    match nfa.state(id) {
        State::ByteRange { trans } => trans.matches(text, at).then_some(trans.next),
        State::Sparse(sparse) => sparse.matches(text, at),
        State::Dense(dense) => dense.matches(text, at),
        _ => None,
    }
}

/// Adds every state that is reached from `from` at `at` without another byte.
fn reach(
    nfa: &NFA,
    from: StateID,
    text: &[u8],
    at: usize,
    into: &mut States,
    stack: &mut Vec<StateID>,
    visits: &mut u64,
) {
    stack.push(from);
    while let Some(id) = stack.pop() {
        *visits = visits.saturating_add(1);
        if !into.insert(id) {
            continue;
        }
        match nfa.state(id) {
            State::Look { look, next } if nfa.look_matcher().matches(*look, text, at) => stack.push(*next),
            State::Union { alternates } => stack.extend(alternates.iter().copied()),
            State::BinaryUnion { alt1, alt2 } => stack.extend([*alt1, *alt2]),
            State::Capture { next, .. } => stack.push(*next),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::budget::Budget;
    use super::super::meter::stopped;
    use super::*;
    use proptest::prelude::*;

    const PATIENT: Budget = Budget { steps: 10_000_000, gate_steps: 0, bytes: 1 << 20, seconds: 36_000 };

    fn all(pattern: &str, text: &str) -> [Option<bool>; 3] {
        let pattern = CompiledPattern::compile(pattern).unwrap();
        let meter = Meter::alone(&PATIENT, stopped);
        let nfa = NFA::compiler().configure(limited()).build(&pattern.source).unwrap();
        [
            Some(pattern.engine.is_match(text)),
            by_automaton(pattern.automaton().unwrap(), text, &meter).unwrap(),
            Some(by_states(&nfa, text, &meter).unwrap()),
        ]
    }

    #[test]
    fn a_pattern_that_blows_up_is_a_limit_and_an_ordinary_one_is_not() {
        let text: String = (0_u64..40_000).map(|n| if n * n % 7 < 3 { 'a' } else { 'b' }).collect();
        let slow = CompiledPattern::compile("[ab]*a[ab]{3000}c").unwrap();
        let meter = Meter::alone(&Budget { steps: 200_000, ..PATIENT }, stopped);
        assert!(matches!(slow.is_match(&text, &meter), Err(EvalError::Limit(_))));
        let log = "2026-11-20T12:00:00Z INFO größe: nothing of note\n".repeat(40_000);
        for (pattern, found) in
            [("ERROR|FATAL", false), (r"\bERROR\b", false), (r"(?i)nothing of \w+", true), ("note\n$", true)]
        {
            let meter = Meter::alone(&PATIENT, stopped);
            assert_eq!(
                CompiledPattern::compile(pattern).unwrap().is_match(&log, &meter),
                Ok(found),
                "{pattern}"
            );
        }
    }

    #[test]
    fn both_ways_know_what_the_engine_knows_of_borders() {
        for pattern in [r"\bab\b", r"^ab$", r"(?m)^ab$", r"\Bb", "", "(?:)$", r"a\b.", "é|ab"] {
            for text in ["", "ab", "xab", "x ab y", "x\nab\ny", "éab", "ab é", "a"] {
                let [engine, automaton, states] = all(pattern, text);
                assert_eq!(engine, states, "{pattern:?} {text:?}");
                assert!(automaton.is_none() || automaton == engine, "{pattern:?} {text:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn all_ways_find_the_same(
            pattern in r"(\(?[abé.]\)?[*+?]?|\\b|\^|\$|[ab]\{1,3\}|\[ab\]|a\|b){1,6}",
            text in "[abé \n]{0,12}",
        ) {
            if CompiledPattern::compile(&pattern).is_ok() {
                let [engine, automaton, states] = all(&pattern, &text);
                prop_assert_eq!(engine, states);
                prop_assert!(automaton.is_none() || automaton == engine);
            }
        }
    }
}

//! What the expressions of a gate may cost, and what they have cost so far: steps, bytes and time of all of them together.
//!
//! Steps decide first, so that a verdict does not depend on the machine; the clock stands behind them for work that counts
//! few steps. Bytes are those that are held at one time: what an element of a comprehension made is given back with it.

use super::budget::Budget;
use super::errors::EvalError;
use super::value::Value;
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The clock is asked once for this many steps: often enough for a backstop, too seldom to cost anything.
const STEPS_BETWEEN_CLOCKS: u64 = 4096;

/// The clock is asked once for this many expressions, which need not take a step.
const EXPRESSIONS_BETWEEN_CLOCKS: u32 = 256;

/// The clock is asked once for this much labour that takes no step.
const LABOUR_BETWEEN_CLOCKS: u64 = 1 << 27;

/// The most elements that an expression may put into one list of its own.
const MAX_ELEMENTS: usize = 1_000_000;

/// The most bytes that an expression may put into one string of its own.
const MAX_BYTES: usize = 16 << 20;

/// What a string costs beside its bytes.
const STRING: u64 = 32;

/// Bytes are taken out of the pool in pieces of this size.
const PIECE: u64 = 1 << 20;

/// Microseconds of a clock that only goes forward, handed in: nothing here asks the machine. Only differences count.
pub type Clock = fn() -> u64;

/// A clock that stands still, where time bounds nothing.
pub fn stopped() -> u64 {
    0
}

/// The bytes that gates judged at the same time may hold together.
#[derive(Debug)]
pub struct Pool {
    left: AtomicU64,
}

impl Pool {
    /// A pool of so many bytes.
    pub fn new(bytes: u64) -> Pool {
        Pool { left: AtomicU64::new(bytes) }
    }

    fn take(&self, bytes: u64) -> bool {
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes)).is_ok()
    }

    fn give(&self, bytes: u64) {
        self.left.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// Counts what the expressions of one gate cost. One a gate, for its conditions, checks and messages alike.
#[derive(Debug)]
pub struct Meter {
    budget: Budget,
    pool: Arc<Pool>,
    clock: Clock,
    began: u64,
    /// Steps that the gate has left.
    left: Cell<u64>,
    /// The expression under way may spend down to here.
    floor: Cell<u64>,
    /// Below this the floor or the clock is looked at.
    stop: Cell<u64>,
    expressions: Cell<u32>,
    labour: Cell<u64>,
    /// Bytes that are held, and those that were taken out of the pool for them.
    held: Cell<u64>,
    taken: Cell<u64>,
    contended: Cell<bool>,
}

impl Meter {
    /// A full budget, whose time begins now.
    pub fn new(budget: &Budget, pool: &Arc<Pool>, clock: Clock) -> Self {
        let left = budget.gate_steps.max(budget.steps);
        Meter {
            budget: *budget,
            pool: Arc::clone(pool),
            clock,
            began: clock(),
            left: Cell::new(left),
            floor: Cell::new(left.saturating_sub(budget.steps)),
            stop: Cell::new(left),
            expressions: Cell::new(0),
            labour: Cell::new(0),
            held: Cell::new(0),
            taken: Cell::new(0),
            contended: Cell::new(false),
        }
    }

    /// A full budget and a pool of its own, for what is judged alone.
    pub fn alone(budget: &Budget, clock: Clock) -> Self {
        Meter::new(budget, &Arc::new(Pool::new(budget.bytes.saturating_add(PIECE))), clock)
    }

    /// Whether bytes were refused that the gate itself may hold, because others held them: its verdict says nothing.
    pub fn is_contended(&self) -> bool {
        self.contended.get()
    }

    /// An expression begins: what one may spend is counted anew.
    pub(super) fn begin(&self) -> Result<(), EvalError> {
        self.floor.set(self.left.get().saturating_sub(self.budget.steps));
        let begun = self.expressions.get().wrapping_add(1);
        self.expressions.set(begun);
        if begun.is_multiple_of(EXPRESSIONS_BETWEEN_CLOCKS) { self.clock() } else { Ok(()) }
    }

    /// Gives steps and bytes back, but no time: for the parts of an expression that a person is shown.
    pub(super) fn renew(&self) {
        self.left.set(self.budget.gate_steps.max(self.budget.steps));
        self.floor.set(self.left.get().saturating_sub(self.budget.steps));
        self.stop.set(self.left.get());
        self.release(0);
    }

    /// Pays for `steps`.
    #[inline]
    pub(super) fn charge(&self, steps: u64) -> Result<(), EvalError> {
        match self.left.get().checked_sub(steps) {
            Some(left) if left >= self.stop.get() => {
                self.left.set(left);
                Ok(())
            }
            left => self.charge_slowly(left),
        }
    }

    #[cold]
    fn charge_slowly(&self, left: Option<u64>) -> Result<(), EvalError> {
        let floor = self.floor.get();
        match left.filter(|left| *left >= floor) {
            Some(left) => {
                self.left.set(left);
                self.clock()
            }
            None => {
                self.left.set(floor);
                Err(EvalError::Limit(if floor == 0 && self.budget.gate_steps > self.budget.steps {
                    format!("the gate needs more than its {} steps", self.budget.gate_steps)
                } else {
                    format!("the expression needs more than its {} comprehension steps", self.budget.steps)
                }))
            }
        }
    }

    /// Looks at the clock now: after work that counts few steps and may take long.
    pub fn clock(&self) -> Result<(), EvalError> {
        self.stop.set(self.floor.get().max(self.left.get().saturating_sub(STEPS_BETWEEN_CLOCKS)));
        if (self.clock)().saturating_sub(self.began) / 1_000_000 >= self.budget.seconds {
            return Err(EvalError::Limit(format!(
                "the gate needs more than its {} seconds",
                self.budget.seconds
            )));
        }
        Ok(())
    }

    /// Pays for work that takes no step, in units of about a nanosecond at the most: the clock is looked at in time.
    pub fn labour(&self, units: u64) -> Result<(), EvalError> {
        let done = self.labour.get().saturating_add(units);
        if done < LABOUR_BETWEEN_CLOCKS {
            self.labour.set(done);
            return Ok(());
        }
        self.labour.set(0);
        self.clock()
    }

    /// What is held now, for `release`.
    pub fn held(&self) -> u64 {
        self.held.get()
    }

    /// What was held beyond `mark` is gone.
    pub fn release(&self, mark: u64) {
        if self.held.get() > mark {
            self.held.set(mark);
            let keep = mark.div_ceil(PIECE).saturating_mul(PIECE);
            if let Some(over) = self.taken.get().checked_sub(keep).filter(|over| *over > 0) {
                self.pool.give(over);
                self.taken.set(keep);
            }
        }
    }

    /// Pays for `bytes` that are held from now on.
    pub(super) fn hold(&self, bytes: u64) -> Result<(), EvalError> {
        let held = self.held.get().saturating_add(bytes);
        if held > self.budget.bytes {
            return Err(EvalError::Limit(format!(
                "the gate's expressions hold more than {} MiB at once",
                self.budget.bytes >> 20
            )));
        }
        let missing = held.saturating_sub(self.taken.get()).div_ceil(PIECE).saturating_mul(PIECE);
        if missing > 0 {
            if !self.pool.take(missing) {
                self.contended.set(true);
                return Err(EvalError::Limit("the gates judged at once hold too much together".into()));
            }
            self.taken.set(self.taken.get().saturating_add(missing));
        }
        self.held.set(held);
        Ok(())
    }

    /// Pays for a list of `len` elements that the expression builds.
    pub(super) fn list(&self, len: usize) -> Result<(), EvalError> {
        if len > MAX_ELEMENTS {
            return Err(EvalError::Limit(format!(
                "the expression builds a list of more than {MAX_ELEMENTS} elements"
            )));
        }
        self.charge(len as u64)?;
        self.hold((len as u64).saturating_mul(size_of::<Value<'_>>() as u64))
    }

    /// Whether a string or bytes may have `len` bytes.
    pub(super) fn fits(&self, len: usize) -> Result<(), EvalError> {
        if len <= MAX_BYTES {
            return Ok(());
        }
        Err(EvalError::Limit(format!("the expression builds a string of more than {} MiB", MAX_BYTES >> 20)))
    }

    /// Pays for a string or bytes of `len` bytes that the expression builds.
    pub(super) fn bytes(&self, len: usize) -> Result<(), EvalError> {
        self.fits(len)?;
        self.text(len)?;
        self.hold((len as u64).saturating_add(STRING))
    }

    /// Pays for walking over a text of `len` bytes: a step for each 64.
    #[inline]
    pub(super) fn text(&self, len: usize) -> Result<(), EvalError> {
        if len < 64 { Ok(()) } else { self.charge(len as u64 / 64) }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.pool.give(self.taken.get());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: Budget = Budget { steps: 10, gate_steps: 25, bytes: 3 << 20, seconds: 3600 };

    #[test]
    fn steps_are_of_an_expression_and_of_the_gate() {
        let meter = Meter::alone(&BUDGET, stopped);
        let said = |result: Result<(), EvalError>| result.unwrap_err().message().to_string();
        for _ in 0..2 {
            meter.begin().unwrap();
            assert_eq!(meter.charge(10), Ok(()));
            assert_eq!(said(meter.charge(1)), "the expression needs more than its 10 comprehension steps");
        }
        meter.begin().unwrap();
        assert_eq!(meter.charge(5), Ok(()));
        assert_eq!(said(meter.charge(1)), "the gate needs more than its 25 steps");
        meter.begin().unwrap();
        assert!(meter.charge(1).is_err());
    }

    #[test]
    fn bytes_are_those_held_at_once() {
        let meter = Meter::alone(&BUDGET, stopped);
        for _ in 0..10 {
            let mark = meter.held();
            assert_eq!(meter.hold(2 << 20), Ok(()));
            meter.release(mark);
        }
        assert_eq!(meter.hold(3 << 20), Ok(()));
        assert!(matches!(meter.hold(1), Err(EvalError::Limit(why)) if why.contains("3 MiB")));
        assert!(!meter.is_contended());
    }

    #[test]
    fn what_others_hold_is_told_apart() {
        let pool = Arc::new(Pool::new(4 << 20));
        let first = Meter::new(&BUDGET, &pool, stopped);
        first.hold(3 << 20).unwrap();
        let second = Meter::new(&BUDGET, &pool, stopped);
        assert!(second.hold(2 << 20).is_err());
        assert!(second.is_contended() && !first.is_contended());
        drop((first, second));
        let third = Meter::new(&BUDGET, &pool, stopped);
        assert_eq!(third.hold(3 << 20), Ok(()));
    }

    #[test]
    fn time_is_one_for_all_expressions() {
        let meter = Meter::alone(&Budget { seconds: 0, ..BUDGET }, stopped);
        let late = (0..1000).find(|_| meter.begin().is_err());
        assert_eq!(late, Some(255), "expressions without a step are told too");
        assert!(Meter::alone(&Budget { seconds: 0, ..BUDGET }, stopped).labour(1 << 30).is_err());
    }
}

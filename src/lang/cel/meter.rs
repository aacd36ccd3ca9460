//! The budget as it is spent.

use super::errors::EvalError;
use super::scope::Budget;
use crate::base::clock::Stopwatch;

/// The clock is asked once for this many steps: often enough for a backstop, too seldom to cost anything.
const STEPS_BETWEEN_CLOCKS: u64 = 4096;

/// The most elements that an expression may put into one list of its own.
const MAX_ELEMENTS: usize = 1_000_000;

/// The most bytes that an expression may put into one string of its own.
const MAX_BYTES: usize = 16 << 20;

/// Counts steps and time.
pub(super) struct Meter {
    budget: Budget,
    left: u64,
    next_clock: u64,
    watch: Option<Stopwatch>,
}

impl Meter {
    /// A full budget. The watch starts with the first step, so that an expression without any costs no clock.
    pub(super) fn new(budget: &Budget) -> Self {
        Meter { budget: *budget, left: budget.steps, next_clock: budget.steps, watch: None }
    }

    /// Pays for `steps`.
    #[inline]
    pub(super) fn charge(&mut self, steps: u64) -> Result<(), EvalError> {
        match self.left.checked_sub(steps) {
            Some(left) => {
                self.left = left;
                if left < self.next_clock { self.clock() } else { Ok(()) }
            }
            None => {
                self.left = 0;
                Err(EvalError::Limit(format!(
                    "the expression needs more than its {} comprehension steps",
                    self.budget.steps
                )))
            }
        }
    }

    /// Looks at the clock now: after work that counts few steps and may take long.
    pub(super) fn clock(&mut self) -> Result<(), EvalError> {
        self.next_clock = self.left.saturating_sub(STEPS_BETWEEN_CLOCKS);
        let watch = self.watch.get_or_insert_with(Stopwatch::start);
        if watch.micros() / 1_000_000 >= self.budget.seconds {
            return Err(EvalError::Limit(format!(
                "the expression needs more than its {} seconds",
                self.budget.seconds
            )));
        }
        Ok(())
    }

    /// Pays for a list of `len` elements that the expression builds.
    pub(super) fn list(&mut self, len: usize) -> Result<(), EvalError> {
        if len > MAX_ELEMENTS {
            return Err(EvalError::Limit(format!(
                "the expression builds a list of more than {MAX_ELEMENTS} elements"
            )));
        }
        self.charge(len as u64)
    }

    /// Whether a string or bytes may have `len` bytes.
    pub(super) fn fits(&self, len: usize) -> Result<(), EvalError> {
        if len <= MAX_BYTES {
            return Ok(());
        }
        Err(EvalError::Limit(format!("the expression builds a string of more than {} MiB", MAX_BYTES >> 20)))
    }

    /// Pays for a string or bytes of `len` bytes that the expression builds.
    pub(super) fn bytes(&mut self, len: usize) -> Result<(), EvalError> {
        self.fits(len)?;
        // A step for each 64 bytes keeps the sum over a whole comprehension bounded as well.
        self.charge(len as u64 / 64)
    }
}

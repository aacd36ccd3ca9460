//! The bounds, as a value.

/// What the expressions of one gate may cost: the product of nested comprehension sizes, bytes, and wall time as a backstop.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Comprehension steps of one expression, nested ones multiplied: 10^7.
    pub steps: u64,
    /// Steps of all expressions of the gate, over all elements that it walks: 10^8.
    pub gate_steps: u64,
    /// Bytes that they may hold at one time: 128 MiB.
    pub bytes: u64,
    /// Seconds for all of them together: 10.
    pub seconds: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Budget { steps: 10_000_000, gate_steps: 100_000_000, bytes: 128 << 20, seconds: 10 }
    }
}

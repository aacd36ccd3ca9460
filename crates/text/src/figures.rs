//! Sums of figures that stand in files. A document may say that each of a thousand suites took 2^64 - 1 milliseconds; a sum
//! that overflows would panic (`Duration`) or be a small number (`u64`). Here it ends at the greatest figure there is.

use std::time::Duration;

/// A figure that can be added up without an overflow.
pub trait Figure: Copy {
    /// Nothing.
    const ZERO: Self;
    /// The sum, at most the greatest figure of the type.
    fn plus(self, other: Self) -> Self;
}

macro_rules! whole {
    ($($kind:ty),*) => {
        $(impl Figure for $kind {
            const ZERO: Self = 0;
            fn plus(self, other: Self) -> Self {
                self.saturating_add(other)
            }
        })*
    };
}

whole!(u64, u128, usize, i64);

impl Figure for f64 {
    const ZERO: Self = 0.0;
    fn plus(self, other: Self) -> Self {
        self + other
    }
}

impl Figure for Duration {
    const ZERO: Self = Duration::ZERO;
    fn plus(self, other: Self) -> Self {
        self.saturating_add(other)
    }
}

/// The sum of all, in place of `Iterator::sum`, which `clippy.toml` bans.
pub fn total<F: Figure>(figures: impl IntoIterator<Item = F>) -> F {
    figures.into_iter().fold(F::ZERO, F::plus)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_ends_at_the_greatest_figure() {
        assert_eq!(total([u64::MAX, 1, 7]), u64::MAX);
        assert_eq!(total([usize::MAX, usize::MAX]), usize::MAX);
        assert_eq!(total([i64::MIN, -1]), i64::MIN);
        assert_eq!(total([Duration::MAX, Duration::from_millis(u64::MAX)]), Duration::MAX);
        assert_eq!(total([Duration::from_secs(1), Duration::from_millis(500)]), Duration::from_millis(1500));
        assert_eq!(total([1u64, 2, 3]), 6);
        assert_eq!(total::<u64>([]), 0);
    }
}

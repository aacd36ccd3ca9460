//! What N runs of a test say about how often it fails: Clopper-Pearson bounds, each at 95 %.
//!
//! C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial",
//! Biometrika 26 (1934): the upper bound is the rate at which so few failures would be seen in 5 % of such series, the lower
//! one the rate at which so many would. With no failure in N runs the upper bound is 1 - 0.05^(1/N). They are exact, so they
//! hold for any number of runs, and err only to the safe side. They take the runs to be independent.

use serde::Serialize;

/// Each bound is wrong in at most this share of series.
const ALPHA: f64 = 0.05;

/// How often a test failed, and between which rates the truth lies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rate {
    /// Runs in which it had a result; at least 1.
    pub runs: u64,
    /// Runs in which it failed.
    pub failures: u64,
    /// The true rate is above this, at 95 %; 0 where nothing failed.
    pub lower: f64,
    /// The true rate is below this, at 95 %; 1 where nothing passed.
    pub upper: f64,
}

/// The rate of `failures` in `runs`; `None` where there is no run, or more failures than runs.
pub fn rate(failures: u64, runs: u64) -> Option<Rate> {
    if runs == 0 || failures > runs {
        return None;
    }
    let lower = match failures {
        0 => 0.0,
        // P(X >= k) grows with the rate.
        k => bisect(|p| 1.0 - at_most(k - 1, runs, p) < ALPHA),
    };
    let upper = match failures {
        0 => 1.0 - ALPHA.powf(1.0 / runs as f64),
        k if k == runs => 1.0,
        // P(X <= k) falls with the rate.
        k => bisect(|p| at_most(k, runs, p) > ALPHA),
    };
    Some(Rate { runs, failures, lower, upper })
}

impl Rate {
    /// What the runs prove, in one clause: `0 of 59: below 5 % at 95 %`. Rounded to the safe side.
    pub fn sentence(&self) -> String {
        let (low, high) = (percent(self.lower, f64::floor), percent(self.upper, f64::ceil));
        let seen = format!("{} of {}", self.failures, self.runs);
        match self.failures {
            0 => format!("{seen}: below {high} % at 95 %"),
            k if k == self.runs => format!("{seen}: above {low} % at 95 %"),
            _ => format!("{seen}: between {low} % and {high} %, each bound at 95 %"),
        }
    }

    /// The share of the runs that failed.
    pub fn share(&self) -> f64 {
        self.failures as f64 / self.runs as f64
    }
}

/// The rate up to which `below` holds; it holds from 0 up to some rate. 60 halvings are past what a float tells apart.
fn bisect(below: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if below(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// P(X <= k) of a binomial distribution: the shorter tail is summed, in logarithms, so that no term underflows unseen.
fn at_most(k: u64, n: u64, p: f64) -> f64 {
    if k >= n || p <= 0.0 {
        return 1.0;
    }
    if p >= 1.0 {
        return 0.0;
    }
    if k > n / 2 {
        return 1.0 - at_most(n - k - 1, n, 1.0 - p);
    }
    let odds = p.ln() - (-p).ln_1p();
    let mut term = n as f64 * (-p).ln_1p();
    // The sum is `sum * e^scale`.
    let (mut scale, mut sum) = (term, 1.0);
    for i in 0..k {
        term += ((n - i) as f64 / (i + 1) as f64).ln() + odds;
        if term > scale {
            sum = sum * (scale - term).exp() + 1.0;
            scale = term;
        } else {
            sum += (term - scale).exp();
        }
    }
    (scale.exp() * sum).clamp(0.0, 1.0)
}

/// A share as percent, with one decimal, or below 1 % with two digits, rounded by `round`.
pub(super) fn percent(share: f64, round: fn(f64) -> f64) -> String {
    let value = share * 100.0;
    let mut decimals = 1;
    while decimals < 12 && value > 0.0 && value * 10f64.powi(decimals - 1) < 1.0 {
        decimals += 1;
    }
    let scaled = value * 10f64.powi(decimals);
    // What bisection leaves of a round figure is not to move it by a whole step.
    let near = (scaled - scaled.round()).abs() < 1e-6;
    let rounded = if near { scaled.round() } else { round(scaled) };
    let text = format!("{:.*}", usize::try_from(decimals).unwrap_or(1), rounded / 10f64.powi(decimals));
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn says(failures: u64, runs: u64) -> String {
        rate(failures, runs).unwrap().sentence()
    }

    #[test]
    fn what_runs_prove() {
        assert_eq!(says(0, 59), "0 of 59: below 5 % at 95 %");
        assert_eq!(says(0, 58), "0 of 58: below 5.1 % at 95 %");
        assert_eq!(says(0, 1), "0 of 1: below 95 % at 95 %");
        assert_eq!(says(0, 299), "0 of 299: below 1 % at 95 %");
        assert_eq!(says(0, 10_000), "0 of 10000: below 0.03 % at 95 %");
        assert_eq!(says(20, 20), "20 of 20: above 86 % at 95 %");
        assert_eq!(says(1, 1), "1 of 1: above 5 % at 95 %");
        assert_eq!(says(1, 10), "1 of 10: between 0.51 % and 39.5 %, each bound at 95 %");
        assert_eq!((rate(0, 0), rate(2, 1)), (None, None));
    }

    /// Computed with exact fractions from the definition.
    #[test]
    fn known_bounds() {
        for (k, n, lower, upper) in [
            (1, 10, 0.005116, 0.394163),
            (5, 10, 0.222441, 0.777559),
            (2, 20, 0.018065, 0.282619),
            (10, 100, 0.055263, 0.163718),
            (50, 100, 0.413622, 0.586378),
            (3, 1000, 0.000818, 0.007735),
        ] {
            let found = rate(k, n).unwrap();
            assert!((found.lower - lower).abs() < 1e-6, "{k} of {n}: lower {}", found.lower);
            assert!((found.upper - upper).abs() < 1e-6, "{k} of {n}: upper {}", found.upper);
        }
    }

    proptest! {
        #[test]
        fn bounds_hold_the_share_and_move_with_it(k in 0u64..400, more in 1u64..400) {
            let n = k + more;
            let here = rate(k, n).unwrap();
            prop_assert!(here.lower <= here.share() && here.share() <= here.upper);
            // One more failure moves both up, one more passing run both down.
            let worse = rate(k + 1, n).unwrap();
            prop_assert!(worse.lower > here.lower && worse.upper > here.upper);
            let longer = rate(k, n + 1).unwrap();
            prop_assert!(longer.upper < here.upper && (k == 0 || longer.lower < here.lower));
            // Failing and passing mirror one another.
            let mirrored = rate(more, n).unwrap();
            prop_assert!((mirrored.lower - (1.0 - here.upper)).abs() < 1e-9);
        }

        #[test]
        fn tails_add_up(n in 1u64..200, k in 0u64..200, p in 0.0..1.0f64) {
            let k = k.min(n);
            let upper = if k == 0 { 1.0 } else { at_most(n - k, n, 1.0 - p) };
            let lower = if k == 0 { 0.0 } else { at_most(k - 1, n, p) };
            prop_assert!((lower + upper - 1.0).abs() < 1e-9);
        }

        #[test]
        fn rounds_to_the_safe_side(share in 0.0..1.0f64) {
            let parsed = |round| percent(share, round).parse::<f64>().unwrap();
            prop_assert!(parsed(f64::floor) <= share * 100.0 + 1e-6 && parsed(f64::ceil) >= share * 100.0 - 1e-6);
        }
    }
}

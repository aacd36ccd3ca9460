//! What retries are held to prove, and what a document shows of them (`docs/flakes.md`).

use serde::{Deserialize, Serialize};

/// What became of a failure that a pass followed, where the test or suite is not simply flaky.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlakeVerdict {
    /// It is flaky, and the policy of its kind calls that a failure (`flaky_result = "fail"`).
    Flaky,
    /// It failed with the other tests of its suite, passed alone, and failed with them again.
    OrderDependent,
    /// It passed alone, and no retry was left to run it with the others once more.
    NoBudget,
    /// It passed, but not from the state that it failed in: files were left, changed or taken away in between.
    OtherState,
    /// It passed, but with other tests before it, or with the same in another order, than where it failed.
    OtherTests,
    /// It failed by a crash, a sanitizer's report, a timeout or otherwise than by a test, which no later pass excuses.
    Crash,
}

impl FlakeVerdict {
    /// Every one.
    pub const ALL: [FlakeVerdict; 6] = [
        FlakeVerdict::Flaky,
        FlakeVerdict::OrderDependent,
        FlakeVerdict::NoBudget,
        FlakeVerdict::OtherState,
        FlakeVerdict::OtherTests,
        FlakeVerdict::Crash,
    ];

    /// The name in documents.
    pub fn name(self) -> &'static str {
        match self {
            FlakeVerdict::Flaky => "flaky",
            FlakeVerdict::OrderDependent => "order_dependent",
            FlakeVerdict::NoBudget => "no_budget",
            FlakeVerdict::OtherState => "other_state",
            FlakeVerdict::OtherTests => "other_tests",
            FlakeVerdict::Crash => "crash",
        }
    }

    /// What it means, as people are told: one clause.
    pub fn means(self) -> &'static str {
        match self {
            FlakeVerdict::Flaky => "it is flaky, and `flaky_result` of its kind calls that a failure",
            FlakeVerdict::OrderDependent => {
                "it fails with others and passes alone: look for state that tests share"
            }
            FlakeVerdict::NoBudget => {
                "it passes alone, and no retry was left to run it with the others: --retries 2 or more says whether it depends on them"
            }
            FlakeVerdict::OtherState => {
                "it passed later, but not from the state that it failed in: look for what the failing attempt left behind"
            }
            FlakeVerdict::OtherTests => {
                "it passed later, but with other tests before it than where it failed: a fixed order (its seed, no --last-failed, no --failed-first) says whether it depends on them"
            }
            FlakeVerdict::Crash => {
                "it passed later, and no pass excuses a crash, a sanitizer's report, a timeout or a failure outside its tests (`flaky_crash`)"
            }
        }
    }
}

/// What flakes of a kind count for (`flaky_result`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FlakyResult {
    /// A flaky test blocks nothing.
    #[default]
    Pass,
    /// A flaky test has failed.
    Fail,
}

/// What `[suites.<kind>]` says of flakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FlakeRules {
    /// `flaky_result`
    pub result: FlakyResult,
    /// `flaky_crash = "allow"`: what failed by a crash may be flaky too.
    pub crash: bool,
    /// `retry_limit`: where a larger share of the tests failed nothing is retried.
    pub limit: Option<Share>,
}

impl FlakeRules {
    /// Its keys with their values as text; `None`: the key has its default.
    pub fn keys(&self) -> [(&'static str, Option<String>); 3] {
        [
            ("flaky_result", (self.result == FlakyResult::Fail).then(|| "fail".into())),
            ("flaky_crash", self.crash.then(|| "allow".into())),
            ("retry_limit", self.limit.map(Share::shown)),
        ]
    }
}

/// A share, in hundredths of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Share(u32);

impl Share {
    /// All.
    const WHOLE: u32 = 10_000;

    /// `10%`, `2.5%`: at most two digits behind the point, from 0 % to 100 %.
    pub fn parse(text: &str) -> Option<Share> {
        let number = text.strip_suffix('%')?.trim_end_matches(' ');
        let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
        let digits =
            |text: &str, most| (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole, 3) || !digits(part, 2) {
            return None;
        }
        let hundredths = format!("{whole}{part:0<2}").parse().ok()?;
        (hundredths <= Share::WHOLE).then_some(Share(hundredths))
    }

    /// As it is written in `tollgate.toml`.
    pub fn shown(self) -> String {
        let (whole, part) = (self.0 / 100, self.0 % 100);
        match part {
            0 => format!("{whole}%"),
            _ => format!("{}%", format!("{whole}.{part:02}").trim_end_matches('0')),
        }
    }

    /// Whether so many of so many are more than the share. Of nothing everything is.
    pub fn is_passed_by(self, part: u64, of: u64) -> bool {
        of == 0 || u128::from(part) * u128::from(Share::WHOLE) > u128::from(of) * u128::from(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_read_as_it_is_written() {
        for (text, shown) in
            [("10%", "10%"), ("2.5%", "2.5%"), ("0%", "0%"), ("100%", "100%"), ("0.05%", "0.05%")]
        {
            assert_eq!(Share::parse(text).map(Share::shown).as_deref(), Some(shown));
        }
        for text in ["10", "%", "-1%", "101%", "1.234%", "1.%", ".5%", "1e1%", "ten%", "10 percent", "1000%"]
        {
            assert_eq!(Share::parse(text), None, "{text}");
        }
        let tenth = Share::parse("10%").unwrap();
        let more = [(1, 10), (2, 10), (1, 9), (0, 10), (0, 0)].map(|(part, of)| tenth.is_passed_by(part, of));
        assert_eq!(more, [false, true, true, false, true]);
        assert!(!Share::parse("100%").unwrap().is_passed_by(5, 5));
    }
}

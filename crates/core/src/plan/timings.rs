//! How long suites took before: what shards are balanced by.

use crate::model::run::RunSummary;
use crate::model::suite::{SuiteRole, SuiteStatus};
use std::collections::BTreeMap;
use tollgate_text::json::{self, Json, JsonLimits};
use tollgate_text::show::show;

/// Milliseconds by suite. What an earlier run measured is kept for each list; a file of timings names no list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timings {
    named: BTreeMap<String, u64>,
    measured: BTreeMap<(SuiteRole, String), Vec<u64>>,
}

impl Timings {
    /// Reads `{ "suite": milliseconds }`. The error is a sentence that names the file.
    pub fn from_json(path: &str, bytes: &[u8]) -> Result<Timings, String> {
        let path = show(path);
        let document = json::parse(bytes, &JsonLimits::default())
            .map_err(|e| format!("{path} holds no timings: {}", e.message))?;
        let Json::Object(members) = &document else {
            return Err(format!(
                "{path} holds no timings: {} stands where an object belongs",
                document.type_name()
            ));
        };
        let mut named = BTreeMap::new();
        for (suite, value) in members.iter() {
            let Some(milliseconds) = value.to_value().as_u64() else {
                let shown = suite.escape_debug();
                return Err(format!("{path}: the time of `{shown}` is no whole number of milliseconds"));
            };
            named.insert(suite.to_string(), milliseconds);
        }
        Ok(Timings { named, measured: BTreeMap::new() })
    }

    /// What earlier runs took. A suite that did not start was not measured, and a replay measures parts of suites only:
    /// both are left out.
    pub fn of_summaries<'s>(summaries: impl IntoIterator<Item = &'s RunSummary>) -> Timings {
        let mut timings = Timings::default();
        for summary in summaries.into_iter().filter(|s| s.rerun_from.is_none()) {
            for (role, suite) in summary.all() {
                if suite.attempts > 0 && !matches!(suite.status, SuiteStatus::NotRun | SuiteStatus::Missing) {
                    timings.measured.entry((role, suite.name.clone())).or_default().push(suite.duration_ms);
                }
            }
        }
        timings
    }

    /// Timings by name, as a file states them.
    #[cfg(test)]
    pub(super) fn of_names(named: BTreeMap<String, u64>) -> Timings {
        Timings { named, measured: BTreeMap::new() }
    }

    /// What a suite takes: as the file says, else the median of what was measured; `None` where nothing is known.
    pub fn of(&self, role: SuiteRole, name: &str) -> Option<u64> {
        let measured = || median(self.measured.get(&(role, name.to_string()))?.clone());
        self.named.get(name).copied().or_else(measured)
    }

    /// Adds what another source says; where both know a suite, this one's file and every measurement count.
    pub fn and(mut self, other: Timings) -> Timings {
        for (name, time) in other.named {
            self.named.entry(name).or_insert(time);
        }
        for (suite, times) in other.measured {
            self.measured.entry(suite).or_default().extend(times);
        }
        self
    }
}

/// The middle value, of two the lower half of their sum.
pub(super) fn median(mut values: Vec<u64>) -> Option<u64> {
    values.sort_unstable();
    let upper = *values.get(values.len() / 2)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *values.get(values.len() / 2 - 1)?;
    Some(lower + (upper - lower) / 2)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{suite, summary};
    use super::*;

    #[test]
    fn a_file_of_timings_is_read_strictly() {
        let timings = Timings::from_json("t.json", br#"{ "a": 5, "b c": 0 }"#).unwrap();
        assert_eq!(
            (timings.of(SuiteRole::Unit, "a"), timings.of(SuiteRole::Suite, "b c")),
            (Some(5), Some(0))
        );
        assert_eq!(timings.of(SuiteRole::Unit, "d"), None);
        for (text, wanted) in [
            ("", "t.json holds no timings: "),
            ("[1]", "stands where an object belongs"),
            (r#"{"a": 1, "a": 2}"#, "t.json holds no timings: "),
            (r#"{"a": -1}"#, "t.json: the time of `a` is no whole number of milliseconds"),
            (r#"{"a": 1.5}"#, "no whole number"),
            (r#"{"a": "1"}"#, "no whole number"),
            (r#"{"a": 99999999999999999999}"#, "is past 64 bits"),
        ] {
            let error = Timings::from_json("t.json", text.as_bytes()).unwrap_err();
            assert!(error.contains(wanted), "{error}");
        }
    }

    #[test]
    fn earlier_runs_give_the_median() {
        let of = |times: &[u64]| -> Timings {
            let runs: Vec<RunSummary> = times
                .iter()
                .map(|ms| {
                    let mut a = suite("a", "unit", SuiteStatus::Passed, &[]);
                    a.duration_ms = *ms;
                    summary(vec![], vec![a])
                })
                .collect();
            Timings::of_summaries(&runs)
        };
        assert_eq!(of(&[9, 1, 5]).of(SuiteRole::Unit, "a"), Some(5));
        assert_eq!(of(&[9, 2]).of(SuiteRole::Unit, "a"), Some(5));
        assert_eq!(of(&[9]).of(SuiteRole::Suite, "a"), None);
        let mut replay = summary(vec![], vec![suite("a", "unit", SuiteStatus::Passed, &[])]);
        replay.rerun_from = Some("x".into());
        assert_eq!(Timings::of_summaries([&replay]), Timings::default());
        let file = Timings::from_json("t.json", br#"{"a": 7}"#).unwrap();
        assert_eq!(of(&[9]).and(file.clone()).of(SuiteRole::Unit, "a"), Some(7));
        assert_eq!(file.and(of(&[9])).of(SuiteRole::Unit, "a"), Some(7));
    }
}

//! What the runs of a `flake check` show.

use serde::Serialize;
use std::collections::BTreeMap;
use tollgate_core::model::flake::FlakeVerdict;
use tollgate_core::report::text::{terminal, terminal_cut};
use tollgate_core::triage::{self, Rate};
use tollgate_flow::error::exit;
use tollgate_text::figures::total;
use tollgate_text::show::show;

/// Paths that are named.
const NAMED: usize = 10;

/// One way in which it failed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Failing {
    /// The failure signature.
    pub signature: String,
    /// How many runs failed so.
    pub runs: u64,
    /// What the first of them said.
    pub message: String,
}

/// What the runs show.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FlakeChecked {
    /// As named.
    pub test: String,
    /// The suite.
    pub suite: String,
    /// The rate over the runs that had a result, with its bounds; `None` where none had: then its keys are not there.
    #[serde(flatten)]
    pub rate: Option<Rate>,
    /// What that proves, in one clause.
    pub proves: String,
    /// The failures by signature, most frequent first.
    pub failures_by_signature: Vec<Failing>,
    /// Runs that came to their end without a result: the test was skipped, or is not there. They prove nothing.
    pub without_result: u64,
    /// Runs that a signal to tollgate cut short or kept from starting.
    pub not_run: u64,
    /// SIGINT (2), SIGTERM (15) or SIGHUP (1), where one ended the check.
    pub interrupted: Option<i32>,
    /// Why what failed and passed is not known to be a flake: no pass was from the state of files, or with the tests, of a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flake: Option<FlakeVerdict>,
    /// What changed between the runs, the first paths of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
    /// What a person should know, one sentence each.
    pub notes: Vec<String>,
}

impl FlakeChecked {
    /// 130 or 143 when it was interrupted, 1 when a run failed or did not give the result that was asked for, else 0.
    pub fn exit_code(&self) -> u8 {
        let green = self.rate.is_some_and(|rate| rate.failures == 0);
        match self.interrupted {
            Some(signal) => exit::of_signal(signal),
            None if green && self.without_result == 0 && self.not_run == 0 => exit::PASS,
            None => exit::FAIL,
        }
    }

    /// As people read it; ends in a newline.
    pub fn human(&self) -> String {
        let mut out = format!("{}: {}\n", terminal(&self.test), self.proves);
        for failing in &self.failures_by_signature {
            let message = terminal_cut(failing.message.lines().next().unwrap_or(""), 200);
            out.push_str(&format!(
                "  {} of the runs: {}  {message}\n",
                failing.runs,
                terminal(&failing.signature)
            ));
        }
        if self.without_result > 0 {
            let n = self.without_result;
            out.push_str(&format!(
                "  {n} runs had no result of it, skipped or not there, and do not count\n"
            ));
        }
        if self.not_run > 0 {
            out.push_str(&format!("  {} runs were cut short or not started\n", self.not_run));
        }
        for note in &self.notes {
            out.push_str(&format!("note: {}\n", terminal(note)));
        }
        out
    }
}

/// What one run that came to its end says of what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RunEnd {
    /// It ran and passed.
    Passed,
    /// It failed, with this signature and message.
    Failed(String, String),
    /// It was skipped; of a suite: no test of it ran.
    Skipped,
    /// There is no test of that name.
    Absent,
}

/// Counts the runs. `asked` is how many were to be made.
pub(super) fn checked(test: &str, suite: String, asked: u32, ended: &[RunEnd]) -> FlakeChecked {
    let mut by: BTreeMap<&str, (u64, &str)> = BTreeMap::new();
    let mut passed = 0;
    for end in ended {
        match end {
            RunEnd::Passed => passed += 1,
            RunEnd::Failed(signature, message) => by.entry(signature).or_insert((0, message)).0 += 1,
            RunEnd::Skipped | RunEnd::Absent => {}
        }
    }
    let failures: u64 = total(by.values().map(|(n, _)| *n));
    let rate = triage::rate(failures, failures + passed);
    let mut failing: Vec<Failing> = by
        .into_iter()
        .map(|(signature, (runs, message))| Failing {
            signature: signature.to_string(),
            runs,
            message: message.to_string(),
        })
        .collect();
    failing.sort_by_key(|f| std::cmp::Reverse(f.runs));
    let over = ended.len() as u64;
    FlakeChecked {
        test: test.to_string(),
        suite,
        rate,
        proves: rate.map_or("nothing is proven".into(), |rate| rate.sentence()),
        failures_by_signature: failing,
        without_result: over - failures - passed,
        not_run: u64::from(asked).saturating_sub(over),
        interrupted: None,
        flake: None,
        changed: Vec::new(),
        notes: Vec::new(),
    }
}

impl FlakeChecked {
    /// The same, held to the states that its runs began in and to the tests that they ran. `untold` is why those states are not known.
    pub(super) fn held(
        mut self,
        flake: Option<FlakeVerdict>,
        changed: Vec<String>,
        untold: Option<String>,
    ) -> FlakeChecked {
        let paths = changed.iter().take(NAMED).map(|path| show(path)).collect::<Vec<_>>().join(", ");
        let more = match changed.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        if let Some(why) = untold {
            self.notes.push(format!("it cannot be told whether the runs began in one state of files: {why}"));
        } else if !changed.is_empty() {
            self.notes.push(format!(
                "the runs did not begin in one state of files, and the figures are of several: {paths}{more} changed in between (what its \
                 suites write and never read can stand in {{out}}, or under `outputs` of its kind)"
            ));
        }
        if let (Some(flake), Some(rate)) = (flake, self.rate) {
            self.proves =
                format!("{} of {} failed, and that is no rate: {}", rate.failures, rate.runs, flake.means());
        }
        self.flake = flake;
        self.changed = changed.into_iter().take(NAMED).collect();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_runs_with_a_result_count() {
        let failed = || RunEnd::Failed("s".into(), "m\nmore".into());
        let ends = [RunEnd::Passed, RunEnd::Skipped, failed(), RunEnd::Absent, RunEnd::Passed];
        let found = checked("s::t", "s".into(), 6, &ends);
        assert_eq!((found.without_result, found.not_run, found.exit_code()), (2, 1, 1));
        insta::assert_snapshot!(found.human(), @"
        s::t: 1 of 3: between 1.6 % and 86.5 %, each bound at 95 %
          1 of the runs: s  m
          2 runs had no result of it, skipped or not there, and do not count
          1 runs were cut short or not started
        ");
        let green = checked("s::t", "s".into(), 2, &[RunEnd::Passed, RunEnd::Passed]);
        assert_eq!(green.exit_code(), 0);
        // Fewer results than were asked for are no success.
        assert_eq!(checked("s::t", "s".into(), 2, &[RunEnd::Passed, RunEnd::Skipped]).exit_code(), 1);
        let none = checked("s::t", "s".into(), 1, &[RunEnd::Skipped]);
        assert_eq!((none.rate, none.proves.as_str(), none.exit_code()), (None, "nothing is proven", 1));
    }

    #[test]
    fn runs_that_did_not_begin_alike_have_no_rate() {
        let ends = [RunEnd::Failed("s".into(), "m".into()), RunEnd::Passed];
        let of = || checked("s::t", "s".into(), 2, &ends);
        let found = of().held(Some(FlakeVerdict::OtherState), vec!["cache/x".into()], None);
        insta::assert_snapshot!(found.human(), @r"
        s::t: 1 of 2 failed, and that is no rate: it passed later, but not from the state that it failed in: look for what the failing attempt left behind
          1 of the runs: s  m
        note: the runs did not begin in one state of files, and the figures are of several: cache/x changed in between (what its suites write and never read can stand in {out}, or under `outputs` of its kind)
        ");
        assert_eq!(serde_json::to_value(&found).unwrap()["flake"], "other_state");
        assert_eq!(of().held(None, Vec::new(), None), of());
        assert_eq!(of().held(None, Vec::new(), Some("why".into())).notes.len(), 1);
    }

    #[test]
    fn a_signal_decides_the_exit_code() {
        let code = |interrupted, ends: &[RunEnd]| {
            FlakeChecked { interrupted, ..checked("s", "s".into(), 3, ends) }.exit_code()
        };
        assert_eq!(code(Some(15), &[]), 143);
        assert_eq!(code(Some(2), &[]), 130);
        assert_eq!(code(Some(15), &[RunEnd::Failed("s".into(), "m".into())]), 143);
        let json = serde_json::to_value(checked("s", "s".into(), 3, &[])).unwrap();
        assert_eq!((&json["not_run"], json.get("failures")), (&3.into(), None));
    }
}

//! The shard that a CI says it is, by its own variables (`--shard auto`).

use crate::model::plan::shard_name;
use std::collections::BTreeMap;
use tollgate_text::show::show;

/// The shard that the environment names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutoShard {
    /// Counted from 0.
    pub index: u32,
    /// How many parts.
    pub total: u32,
    /// The variables that say so, and where several agree all of them.
    pub source: String,
}

/// A CI's pair of variables.
struct Pair {
    index: &'static str,
    total: &'static str,
    /// What its index is counted from.
    first: u32,
}

/// GitLab (`parallel:`), CircleCI, Buildkite, Bazel and Kubernetes. Kubernetes gives a pod of an indexed job its index and
/// nothing else: `JOB_COMPLETIONS` is for the manifest to set to the job's `completions`.
const PAIRS: &[Pair] = &[
    Pair { index: "CI_NODE_INDEX", total: "CI_NODE_TOTAL", first: 1 },
    Pair { index: "CIRCLE_NODE_INDEX", total: "CIRCLE_NODE_TOTAL", first: 0 },
    Pair { index: "BUILDKITE_PARALLEL_JOB", total: "BUILDKITE_PARALLEL_JOB_COUNT", first: 0 },
    Pair { index: "TEST_SHARD_INDEX", total: "TEST_TOTAL_SHARDS", first: 0 },
    Pair { index: "JOB_COMPLETION_INDEX", total: "JOB_COMPLETIONS", first: 0 },
];

/// tollgate's own: `i/n`, counted from 0.
const OWN: &str = "TOLLGATE_SHARD";

/// Every variable that is looked at, for help and messages.
pub const VARIABLES: &[&str] = &[
    OWN,
    "CI_NODE_INDEX/CI_NODE_TOTAL",
    "CIRCLE_NODE_INDEX/CIRCLE_NODE_TOTAL",
    "BUILDKITE_PARALLEL_JOB/BUILDKITE_PARALLEL_JOB_COUNT",
    "TEST_SHARD_INDEX/TEST_TOTAL_SHARDS",
    "JOB_COMPLETION_INDEX/JOB_COMPLETIONS",
];

/// What flags say of the shard: it stands in the place of what the variables say of the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Given {
    /// Counted from 0.
    pub index: Option<u32>,
    /// How many parts.
    pub total: Option<u32>,
}

/// The shard that the environment names, in what `given` leaves open; `None` where no variable is set (an empty one counts as
/// not set). The error is a sentence: a value that is no number, an index without a total or past it, a total without an
/// index, two that disagree.
pub fn auto(env: &BTreeMap<String, String>, given: Given) -> Result<Option<AutoShard>, String> {
    // Nothing is left open: what the variables say, if it makes sense at all, is of no interest.
    if let Given { index: Some(index), total: Some(total) } = given {
        return Ok(Some(AutoShard { index, total, source: "the flags".into() }));
    }
    let get = |name: &str| env.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let mut found: Option<AutoShard> = None;
    let own = get(OWN).map(|value| own(value, given)).transpose()?;
    let pairs = PAIRS.iter().map(|pair| of_pair(pair, get(pair.index), get(pair.total), given));
    for next in std::iter::once(Ok(own)).chain(pairs) {
        let Some(next) = next? else { continue };
        found = Some(match found {
            None => next,
            Some(first) if (first.index, first.total) == (next.index, next.total) => {
                AutoShard { source: format!("{} and {}", first.source, next.source), ..first }
            }
            Some(first) => {
                return Err(format!(
                    "{} says {} and {} says {}; the flags decide",
                    first.source,
                    shard_name(first.index, first.total),
                    next.source,
                    shard_name(next.index, next.total)
                ));
            }
        });
    }
    Ok(found)
}

fn own(value: &str, given: Given) -> Result<AutoShard, String> {
    let wrong = || format!("{OWN} is `{}`; it must be INDEX/TOTAL, such as 0/4, counted from 0", show(value));
    let (index, total) = value.split_once('/').ok_or_else(wrong)?;
    let (index, total) = (whole(index).ok_or_else(wrong)?, whole(total).ok_or_else(wrong)?);
    if index >= total {
        return Err(wrong());
    }
    let (index, total) = (given.index.unwrap_or(index), given.total.unwrap_or(total));
    Ok(AutoShard { index, total, source: OWN.into() })
}

fn of_pair(
    pair: &Pair,
    index: Option<&str>,
    total: Option<&str>,
    given: Given,
) -> Result<Option<AutoShard>, String> {
    let number = |name: &str, value: &str| {
        whole(value).ok_or_else(|| format!("{name} is `{}`, which is no whole number", show(value)))
    };
    if index.is_none() && total.is_none() {
        return Ok(None);
    }
    // GitLab sets the total of a job that is not parallel to 1, and no index.
    if index.is_none() && total == Some("1") {
        return Ok(None);
    }
    let total = match (given.total, total) {
        (Some(total), _) => total,
        (None, Some(total)) => number(pair.total, total)?,
        (None, None) => {
            let said =
                if pair.total == "JOB_COMPLETIONS" { ", or set it to the job's `completions`" } else { "" };
            return Err(format!(
                "{} is set without {}: how many shards there are is not known; give --shard-total{said}",
                pair.index, pair.total
            ));
        }
    };
    if total == 0 {
        return Err(format!("{} is 0: there are no shards", pair.total));
    }
    let source = format!("{}/{}", pair.index, pair.total);
    if let Some(index) = given.index {
        return Ok(Some(AutoShard { index, total, source }));
    }
    let Some(index) = index else {
        return Err(format!(
            "{} is set without {}: which shard this is is not known",
            pair.total, pair.index
        ));
    };
    let index = number(pair.index, index)?;
    let Some(at) = index.checked_sub(pair.first).filter(|at| *at < total) else {
        let last = u64::from(total) - 1 + u64::from(pair.first);
        return Err(format!(
            "{} is {index} and there are {total} shards: the index goes from {} to {last}",
            pair.index, pair.first
        ));
    };
    Ok(Some(AutoShard { index: at, total, source }))
}

/// Digits alone: no sign, no space.
fn whole(text: &str) -> Option<u32> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Result<Option<(u32, u32)>, String> {
        let env = pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Ok(auto(&env, Given::default())?.map(|found| (found.index, found.total)))
    }

    #[test]
    fn each_ci_is_understood() {
        assert_eq!(of(&[("PATH", "x"), ("CI_NODE_INDEX", "")]), Ok(None));
        for pairs in [
            [("CI_NODE_INDEX", "3"), ("CI_NODE_TOTAL", "4")],
            [("CIRCLE_NODE_INDEX", "2"), ("CIRCLE_NODE_TOTAL", "4")],
            [("BUILDKITE_PARALLEL_JOB", "2"), ("BUILDKITE_PARALLEL_JOB_COUNT", "4")],
            [("TEST_SHARD_INDEX", "2"), ("TEST_TOTAL_SHARDS", "4")],
            [("JOB_COMPLETION_INDEX", "2"), ("JOB_COMPLETIONS", "4")],
            [("TOLLGATE_SHARD", "2/4"), ("CI_NODE_TOTAL", "1")],
        ] {
            assert_eq!(of(&pairs), Ok(Some((2, 4))), "{pairs:?}");
        }
        // Outside `parallel:` GitLab sets the total alone, to 1.
        assert_eq!(of(&[("CI_NODE_TOTAL", "1")]), Ok(None));
    }

    #[test]
    fn those_that_agree_are_one() {
        let env = [("CI_NODE_INDEX", "3"), ("CI_NODE_TOTAL", "4"), ("TOLLGATE_SHARD", "2/4")];
        let env = env.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let found = auto(&env, Given::default()).unwrap().unwrap();
        assert_eq!((found.index, found.total), (2, 4));
        assert_eq!(found.source, "TOLLGATE_SHARD and CI_NODE_INDEX/CI_NODE_TOTAL");
    }

    #[test]
    fn flags_win() {
        let both = Given { index: Some(0), total: Some(3) };
        let total = Given { index: None, total: Some(2) };
        let index = Given { index: Some(1), total: None };
        let agree = [("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "7")];
        let disagree = [("CIRCLE_NODE_INDEX", "0"), ("CIRCLE_NODE_TOTAL", "2"), ("TOLLGATE_SHARD", "1/2")];
        for (env, given, wanted) in [
            (&disagree[..], both, Some((0, 3))),
            (&[("CI_NODE_INDEX", "zzz"), ("CI_NODE_TOTAL", "2")], both, Some((0, 3))),
            (&[("JOB_COMPLETION_INDEX", "1")], both, Some((0, 3))),
            (&[("JOB_COMPLETION_INDEX", "1")], total, Some((1, 2))),
            (&[("TEST_TOTAL_SHARDS", "4")], index, Some((1, 4))),
            (&agree, total, Some((1, 2))),
            (&agree, index, Some((1, 7))),
            (&disagree, index, Some((1, 2))),
            (&disagree, total, None),
            (&[("CI_NODE_INDEX", "3"), ("CI_NODE_TOTAL", "7")], total, None),
        ] {
            let env = env.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
            let found = auto(&env, given).ok().flatten().map(|found| (found.index, found.total));
            assert_eq!(found, wanted, "{env:?} {given:?}");
        }
    }

    #[test]
    fn what_says_no_shard_is_an_error() {
        let errors = [
            &[("CI_NODE_INDEX", "0"), ("CI_NODE_TOTAL", "4")][..],
            &[("CI_NODE_INDEX", "5"), ("CI_NODE_TOTAL", "4")],
            &[("CIRCLE_NODE_INDEX", "4"), ("CIRCLE_NODE_TOTAL", "4")],
            &[("CIRCLE_NODE_INDEX", "0"), ("CIRCLE_NODE_TOTAL", "0")],
            &[("BUILDKITE_PARALLEL_JOB", "1")],
            &[("JOB_COMPLETION_INDEX", "1")],
            &[("TEST_TOTAL_SHARDS", "2")],
            &[("TEST_SHARD_INDEX", "+1"), ("TEST_TOTAL_SHARDS", "2")],
            &[("TEST_SHARD_INDEX", "1"), ("TEST_TOTAL_SHARDS", "99999999999")],
            &[("TOLLGATE_SHARD", "2/2")],
            &[("TOLLGATE_SHARD", "1")],
            &[("TOLLGATE_SHARD", "1/2"), ("CIRCLE_NODE_INDEX", "0"), ("CIRCLE_NODE_TOTAL", "2")],
        ]
        .map(|pairs| of(pairs).unwrap_err());
        insta::assert_snapshot!(errors.join("\n"), @"
        CI_NODE_INDEX is 0 and there are 4 shards: the index goes from 1 to 4
        CI_NODE_INDEX is 5 and there are 4 shards: the index goes from 1 to 4
        CIRCLE_NODE_INDEX is 4 and there are 4 shards: the index goes from 0 to 3
        CIRCLE_NODE_TOTAL is 0: there are no shards
        BUILDKITE_PARALLEL_JOB is set without BUILDKITE_PARALLEL_JOB_COUNT: how many shards there are is not known; give --shard-total
        JOB_COMPLETION_INDEX is set without JOB_COMPLETIONS: how many shards there are is not known; give --shard-total, or set it to the job's `completions`
        TEST_TOTAL_SHARDS is set without TEST_SHARD_INDEX: which shard this is is not known
        TEST_SHARD_INDEX is `+1`, which is no whole number
        TEST_TOTAL_SHARDS is `99999999999`, which is no whole number
        TOLLGATE_SHARD is `2/2`; it must be INDEX/TOTAL, such as 0/4, counted from 0
        TOLLGATE_SHARD is `1`; it must be INDEX/TOTAL, such as 0/4, counted from 0
        TOLLGATE_SHARD says shard 1 of 2 (--shard-index 1 --shard-total 2) and CIRCLE_NODE_INDEX/CIRCLE_NODE_TOTAL says shard 0 of 2 (--shard-index 0 --shard-total 2); the flags decide
        ");
    }
}

//! What a count, a size, a place or an outcome is called, once for every format.

use crate::model::finding::Finding;
use crate::model::report::CheckReport;
use crate::model::validation::Validation;
use crate::model::verdict::{ArtifactRecord, GateCounts, GateResult, Status, Verdict, VerdictOutcome};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// `1 gate`, `2 gates`.
pub fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// `12 pass, 1 fail, 0 warn, 0 skip, 0 waived`.
pub fn counts(c: &GateCounts) -> String {
    format!("{} pass, {} fail, {} warn, {} skip, {} waived", c.pass, c.fail, c.warn, c.skip, c.waived)
}

/// How long an evaluation took, for people; empty when it was not measured (`--deterministic`).
pub fn duration(micros: u64) -> String {
    match micros {
        0 => String::new(),
        1..1_000 => format!("{micros} us"),
        1_000..1_000_000 => format!("{}.{} ms", micros / 1_000, micros % 1_000 / 100),
        _ => format!("{}.{:02} s", micros / 1_000_000, micros % 1_000_000 / 10_000),
    }
}

/// `512 B`, `1.5 KiB`, `2.0 MiB`.
pub fn bytes(n: u64) -> String {
    let units = [(1_u64 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    for (unit, name) in units {
        if n >= unit {
            return format!("{}.{} {name}", n / unit, n % unit * 10 / unit);
        }
    }
    format!("{n} B")
}

/// `3 h old`, `5 min in the future`.
pub fn age(seconds: i64) -> String {
    let n = seconds.unsigned_abs();
    let (value, unit) = match n {
        0..120 => (n, "s"),
        120..7_200 => (n / 60, "min"),
        7_200..172_800 => (n / 3_600, "h"),
        _ => (n / 86_400, "days"),
    };
    if seconds < 0 { format!("{value} {unit} in the future") } else { format!("{value} {unit} old") }
}

/// The first 12 characters of a digest.
pub fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// `sha256 0123456789ab, 1.5 KiB, 3 h old`, or `not there` for an artifact without bytes.
pub fn evidence(artifact: &ArtifactRecord) -> String {
    let Some(sha256) = &artifact.sha256 else { return "no bytes to judge".into() };
    let mut parts = vec![format!("sha256 {}", short(sha256))];
    parts.extend(artifact.bytes.map(bytes));
    parts.extend(artifact.age_seconds.map(age));
    parts.join(", ")
}

/// `path:line:column` as far as it is known; untrusted, escape it.
pub fn place(finding: &Finding) -> Option<String> {
    let path = finding.path.as_ref()?;
    Some(match finding.place {
        Some(place) => format!("{path}:{}:{}", place.line, place.column),
        None => path.clone(),
    })
}

/// `path:line:column /pointer`; the artifact's name stands in for a path that is not known; untrusted, escape it.
pub fn place_and_pointer(finding: &Finding) -> Option<String> {
    let place = place(finding).or_else(|| finding.artifact.clone());
    match (place, finding.pointer.as_deref().filter(|p| !p.is_empty())) {
        (Some(place), Some(pointer)) => Some(format!("{place} {pointer}")),
        (Some(place), None) => finding.path.is_some().then_some(place),
        (None, pointer) => pointer.map(String::from),
    }
}

/// `title: message` of what has a title, `check: message`, or the message alone when the evidence itself is at fault; untrusted,
/// escape it.
pub fn sentence(finding: &Finding) -> String {
    match (&finding.title, &finding.check) {
        (Some(_), _) => finding.headline(),
        (None, Some(check)) => format!("{check}: {}", finding.message),
        (None, None) => finding.message.clone(),
    }
}

/// What was asked for, where a person has use for it: of a check the message says it, and its expression is for the verdict.
pub fn expected(finding: &Finding) -> Option<&str> {
    finding.expected.as_deref().filter(|_| finding.check.is_none())
}

/// Of each red gate that fails by the same fault of the evidence as one shown before it, the id of that one: such a fault is told once.
pub fn told_before(report: &CheckReport) -> BTreeMap<&str, &str> {
    let mut first: BTreeMap<(Option<&str>, &str), &str> = BTreeMap::new();
    let mut before = BTreeMap::new();
    for gate in report.red() {
        let of_evidence = |f: &&Finding| f.check.is_none() && Some(f.reason) == gate.reason;
        let Some(fault) = gate.findings.iter().find(of_evidence) else { continue };
        match first.entry((fault.path.as_deref(), &fault.message)) {
            Entry::Occupied(shown) => _ = before.insert(gate.id.as_str(), *shown.get()),
            Entry::Vacant(place) => _ = place.insert(&gate.id),
        }
    }
    before
}

/// Why a gate has its status, in one sentence: its detail, with the waiver it leans on; untrusted, escape it.
pub fn detail(gate: &GateResult) -> String {
    let reason = gate.reason.map_or(String::new(), |r| format!("{}: ", r.name()));
    match (&gate.waiver, gate.status) {
        (Some(w), Status::Waived) => {
            format!(
                "waived until {} ({}) by {}: {}",
                w.expires,
                days_left(w.days_remaining),
                w.owner,
                gate.detail
            )
        }
        (_, Status::Pass) => gate.detail.clone(),
        _ => format!("{reason}{}", gate.detail),
    }
}

/// `3 days left`, `last day`, `2 days past`.
pub fn days_left(days: i64) -> String {
    match days {
        0 => "last day".into(),
        1 => "1 day left".into(),
        -1 => "1 day past".into(),
        2.. => format!("{days} days left"),
        _ => format!("{} days past", days.unsigned_abs()),
    }
}

/// Ids of the gates that fail the verdict, worst first.
pub fn failed(report: &CheckReport) -> Vec<&GateResult> {
    report.red().into_iter().filter(|g| g.status == Status::Fail && !g.shadow).collect()
}

/// The text with its first letter in upper case.
pub fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

/// Whether a gate's only finding says what its detail says, so that it need not be said twice.
pub fn says_it_all(gate: &GateResult) -> bool {
    matches!(gate.findings.as_slice(), [one] if one.message == gate.detail)
}

/// The verdict in one sentence without the word for it, with what of the lane it is not of.
pub fn outcome(verdict: &Verdict) -> String {
    match verdict.not_judged.len() {
        0 => of_judged(verdict),
        n => format!("{}; {} of the lane not judged (--gate)", of_judged(verdict), count(n, "gate")),
    }
}

fn of_judged(verdict: &Verdict) -> String {
    let failed: Vec<&str> = verdict
        .gates
        .iter()
        .filter(|g| g.status == Status::Fail && !g.shadow)
        .map(|g| g.id.as_str())
        .collect();
    let (all, blocking) = (&verdict.summary.all, &verdict.summary.blocking);
    match verdict.verdict {
        VerdictOutcome::Pass if blocking.gates == 0 => {
            format!(
                "no gate of this verdict blocks; {} passed or waived",
                count(all.pass + all.waived, "gate")
            )
        }
        VerdictOutcome::Pass if all.waived > 0 => {
            format!("every blocking gate passed or is waived ({} waived)", all.waived)
        }
        VerdictOutcome::Pass => "every blocking gate passed".into(),
        VerdictOutcome::Fail if !failed.is_empty() => {
            format!("{} failed", count(failed.len(), "blocking gate"))
        }
        VerdictOutcome::Fail if verdict.gates.is_empty() => "nothing was judged: no gate was selected".into(),
        VerdictOutcome::Fail if verdict.exit_code == 3 && all.gates == all.skip => {
            "nothing was judged: every gate was skipped".into()
        }
        VerdictOutcome::Fail if verdict.exit_code == 3 && blocking.gates > 0 => {
            "no evidence, no passage: no blocking gate passed or is waived".into()
        }
        VerdictOutcome::Fail if verdict.exit_code == 3 => {
            "no evidence, no passage: no gate passed or is waived".into()
        }
        VerdictOutcome::Fail => format!("the verdict is fail, exit code {}", verdict.exit_code),
    }
}

/// Whether the verdict fails although no gate is to blame, so that a format which only lists gates must say it.
pub fn fails_without_gate(verdict: &Verdict) -> bool {
    verdict.verdict == VerdictOutcome::Fail
        && !verdict.gates.iter().any(|g| g.status == Status::Fail && !g.shadow)
}

/// The validation in one sentence without the word for it.
pub fn validation_outcome(validation: &Validation) -> String {
    let all = validation.files.len();
    if all == 0 {
        "nothing was validated: no file was found".into()
    } else if validation.invalid == 0 {
        format!("{} valid", count(all, "file"))
    } else {
        format!("{} of {} invalid", validation.invalid, count(all, "file"))
    }
}

/// Whether the validation is green: something was there and all of it is valid.
pub fn validation_passes(validation: &Validation) -> bool {
    validation.invalid == 0 && !validation.files.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_short() {
        assert_eq!([0, 999, 1_250, 2_340_000].map(duration), ["", "999 us", "1.2 ms", "2.34 s"]);
        assert_eq!([0, 1_023, 20_480, 3 << 20].map(bytes), ["0 B", "1023 B", "20.0 KiB", "3.0 MiB"]);
        assert_eq!(
            [-300, 0, 10_800, 777_600].map(age),
            ["5 min in the future", "0 s old", "3 h old", "9 days old"]
        );
        assert_eq!(
            [-2, -1, 0, 1, 2].map(days_left),
            ["2 days past", "1 day past", "last day", "1 day left", "2 days left"]
        );
        assert_eq!(age(i64::MIN), "106751991167300 days in the future");
        assert_eq!(short("é"), "é");
    }
}

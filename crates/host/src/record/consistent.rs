//! Whether a document says the same everywhere: an edited summary or bundle is refused before anything is built on it.
//!
//! The rules stand here once, over what a summary states (`StatedCounts`), because summaries are read in two ways: whole, to be
//! replayed and merged, and as columns, to be compared.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use tollgate_core::model::bundle::ReplayBundle;
use tollgate_core::model::plan::{SelectionCounts as PlanCounts, ShardKind};
use tollgate_core::model::run::{self, RunStatus, RunSummary};
use tollgate_core::model::suite::{SuiteRole, SuiteStatus};
use tollgate_core::model::test::TestStatus;
use tollgate_text::escape::is_blank;
use tollgate_text::json::plain;

/// What a summary states. `None`: the document does not say it, and is not held to it.
pub(super) struct StatedCounts<'a> {
    pub(super) run_id: Option<&'a str>,
    /// Index and total.
    pub(super) shard: Option<(u32, u32)>,
    /// The plan of an undivided run that replays no other.
    pub(super) plan: Option<PlanCounts>,
    /// Suites and units, in the document's order.
    pub(super) suites: Vec<SuiteClaim<'a>>,
    /// What it says of its suites, and of its units.
    pub(super) lists: [ListClaim<'a>; 2],
    pub(super) not_run: Option<Vec<NotRunEntry<'a>>>,
    /// Whether every lint step that was to run passed.
    pub(super) lint: Option<bool>,
    /// `replay_bundle.one_command_replay`
    pub(super) replay: Option<&'a str>,
    pub(super) status: Option<RunStatus>,
}

/// What it states of a suite, and what the suite's tests show.
pub(super) struct SuiteClaim<'a> {
    pub(super) role: SuiteRole,
    pub(super) name: &'a str,
    pub(super) kind: Option<&'a str>,
    pub(super) status: SuiteStatus,
    /// The four counts.
    pub(super) says: CountTable,
    pub(super) tests: TestTally<'a>,
}

/// As `COUNTS`.
pub(super) type CountTable = [Option<u64>; 4];

/// What the tests of a suite show.
#[derive(Default)]
pub(super) struct TestTally<'a> {
    /// As `COUNTS`.
    pub(super) shows: [u64; 4],
    /// The first test that failed.
    pub(super) failed: Option<&'a str>,
}

/// What it states of the suites, or of the units, as a whole.
#[derive(Default)]
pub(super) struct ListClaim<'a> {
    pub(super) failed_names: Option<Vec<&'a str>>,
    pub(super) passed: Option<u64>,
    pub(super) total: Option<u64>,
}

/// An entry of `not_run`.
pub(super) struct NotRunEntry<'a> {
    pub(super) role: SuiteRole,
    pub(super) kind: &'a str,
    pub(super) name: &'a str,
    /// All of it, not only some tests.
    pub(super) whole: bool,
}

/// What the four counts are called.
pub(super) const COUNTS: [&str; 4] = ["passed", "failed", "flaky", "ignored"];

/// Which of `COUNTS` a test counts in.
fn counted(status: TestStatus) -> Option<usize> {
    match status {
        TestStatus::Passed => Some(0),
        TestStatus::Failed => Some(1),
        TestStatus::Flaky => Some(2),
        TestStatus::Ignored => Some(3),
        TestStatus::Quarantined | TestStatus::NotRun => None,
    }
}

/// What a list is called, and its failed names and figures; in the order of `Claims::lists`.
const LISTS: [(SuiteRole, &str, [&str; 3]); 2] = [
    (SuiteRole::Suite, "suites", ["failed_names", "passed_suites", "total_suites"]),
    (SuiteRole::Unit, "units", ["failed_unit_names", "passed_units", "total_units"]),
];

impl<'a> TestTally<'a> {
    /// Counts tests.
    pub(super) fn of(tests: impl Iterator<Item = (&'a str, TestStatus)>) -> TestTally<'a> {
        let mut tally = TestTally::default();
        for (name, status) in tests {
            if let Some(nth) = counted(status) {
                tally.shows[nth] += 1;
            }
            if status == TestStatus::Failed {
                tally.failed = tally.failed.or(Some(name));
            }
        }
        tally
    }
}

impl<'a> ListClaim<'a> {
    fn stated(failed: &'a [String], passed: u64, total: u64) -> ListClaim<'a> {
        ListClaim {
            failed_names: Some(failed.iter().map(String::as_str).collect()),
            passed: Some(passed),
            total: Some(total),
        }
    }
}

/// The first thing in which a summary contradicts itself, as a clause.
pub(super) fn summary(summary: &RunSummary) -> Result<(), String> {
    let suites = summary.all().map(|(role, s)| SuiteClaim {
        role,
        name: &s.name,
        kind: Some(&s.kind),
        status: s.status,
        says: [s.passed, s.failed, s.flaky, s.ignored].map(Some),
        tests: TestTally::of(s.tests.iter().map(|t| (t.name.as_str(), t.status))),
    });
    let left = summary.not_run.iter();
    let left =
        left.map(|n| NotRunEntry { role: n.role, kind: &n.kind, name: &n.name, whole: n.tests.is_none() });
    claims(&StatedCounts {
        run_id: Some(&summary.identity.run_id),
        shard: Some((summary.shard.index, summary.shard.total)),
        plan: (summary.shard.kind == ShardKind::None && summary.rerun_from.is_none()).then_some(summary.plan),
        suites: suites.collect(),
        lists: [
            ListClaim::stated(&summary.failed_names, summary.passed_suites, summary.total_suites),
            ListClaim::stated(&summary.failed_unit_names, summary.passed_units, summary.total_units),
        ],
        not_run: Some(left.collect()),
        lint: Some(summary.lint_not_run.is_empty() && summary.lint.iter().all(|l| l.passed)),
        replay: Some(&summary.replay_bundle.one_command_replay),
        status: Some(summary.status),
    })
}

/// The first thing in which what a summary states contradicts itself, as a clause.
pub(super) fn claims(claims: &StatedCounts<'_>) -> Result<(), String> {
    if claims.run_id.is_some_and(str::is_empty) {
        return Err("`run_id` is empty".into());
    }
    if let Some((index, total)) = claims.shard {
        shard(index, total)?;
    }
    claims.suites.iter().try_for_each(suite)?;
    once(&claims.suites)?;
    for ((role, entries, [failed, ..]), list) in LISTS.iter().zip(&claims.lists) {
        if let Some(names) = &list.failed_names {
            failing(claims, *role, entries, failed, names)?;
        }
    }
    for ((role, entries, [_, passed, total]), list) in LISTS.iter().zip(&claims.lists) {
        let shows = claims.of(*role).filter(|s| s.status.is_pass()).count() as u64;
        figure(passed, list.passed, shows, entries)?;
        if let Some(left) = &claims.not_run {
            figure(total, list.total, claims.selected(*role, left), entries)?;
        }
    }
    if let Some(left) = &claims.not_run {
        not_run(&claims.suites, left)?;
    }
    if claims.replay.is_some_and(is_blank) {
        return Err("`replay_bundle.one_command_replay` is empty".into());
    }
    planned(claims)?;
    status(claims)
}

/// An undivided run selects its whole plan; a replay states the plan of its source.
fn planned(claims: &StatedCounts<'_>) -> Result<(), String> {
    let Some(plan) = claims.plan.filter(|plan| *plan != PlanCounts::default()) else { return Ok(()) };
    for (planned, (list, (_, entries, [_, _, total]))) in
        [plan.suites, plan.units].into_iter().zip(claims.lists.iter().zip(LISTS))
    {
        if let Some(stated) = list.total.filter(|stated| *stated != planned) {
            return Err(format!("`plan.{entries}` is {planned}, and `{total}` {stated}"));
        }
    }
    Ok(())
}

impl<'a> StatedCounts<'a> {
    fn of(&self, role: SuiteRole) -> impl Iterator<Item = &SuiteClaim<'a>> {
        self.suites.iter().filter(move |s| s.role == role)
    }

    fn selected(&self, role: SuiteRole, left: &[NotRunEntry<'_>]) -> u64 {
        let told = self.of(role).map(|s| (s.name, s.kind.unwrap_or_default()));
        run::selected(told, left.iter().filter(|n| n.role == role).map(|n| (n.name, n.kind)))
    }
}

/// The first thing in which a bundle contradicts itself, as a clause.
pub(super) fn bundle(bundle: &ReplayBundle) -> Result<(), String> {
    if is_blank(&bundle.one_command_replay) {
        return Err("`one_command_replay` is empty".into());
    }
    shard(bundle.environment.shard_index, bundle.environment.shard_total)?;
    let mut seen = BTreeSet::new();
    for failed in bundle.failed_suites.iter().chain(&bundle.failed_units) {
        if !seen.insert((&failed.name, &failed.kind)) {
            return Err(format!("the suite `{}` stands twice among those that failed", plain(&failed.name)));
        }
    }
    Ok(())
}

fn shard(index: u32, total: u32) -> Result<(), String> {
    if index < total {
        Ok(())
    } else {
        Err(format!("shard {index} of {total} does not exist: --shard-index counts from 0"))
    }
}

fn suite(entry: &SuiteClaim<'_>) -> Result<(), String> {
    let name = || plain(entry.name);
    for (field, (says, shows)) in COUNTS.iter().zip(entry.says.into_iter().zip(entry.tests.shows)) {
        if let Some(says) = says.filter(|says| *says != shows) {
            return Err(format!("of the suite `{}` `{field}` is {says}, and its tests show {shows}", name()));
        }
    }
    match entry.tests.failed.filter(|_| !entry.status.is_failure()) {
        Some(test) => {
            let (status, test) = (entry.status.name(), plain(test));
            Err(format!("the suite `{}` is {status}, and its test `{test}` failed", name()))
        }
        None => Ok(()),
    }
}

/// A suite stands once in its list, and one whose kind is known in one list alone. Hashed at random: no document can make
/// its names collide.
fn once(suites: &[SuiteClaim<'_>]) -> Result<(), String> {
    let mut seen = HashSet::with_capacity(2 * suites.len());
    for SuiteClaim { role, name, kind, .. } in suites {
        let spelled = kind.unwrap_or_default();
        let new = seen.insert((Some(*role), name, spelled));
        if !new || (kind.is_some() && !seen.insert((None, name, spelled))) {
            return Err(format!("the suite `{}` of the kind `{}` stands twice", plain(name), plain(spelled)));
        }
    }
    Ok(())
}

/// The names that are listed as failed are those of the suites that failed.
fn failing(
    claims: &StatedCounts<'_>,
    role: SuiteRole,
    entries: &str,
    field: &str,
    names: &[&str],
) -> Result<(), String> {
    let mut difference: BTreeMap<&str, i64> = BTreeMap::new();
    for failed in claims.of(role).filter(|s| s.status.is_failure()) {
        *difference.entry(failed.name).or_default() -= 1;
    }
    for name in names {
        *difference.entry(name).or_default() += 1;
    }
    match difference.iter().find(|(_, n)| **n != 0) {
        Some((name, n)) if *n > 0 => {
            Err(format!("`{field}` names `{}`, and `{entries}` does not show it failing", plain(name)))
        }
        Some((name, _)) => {
            Err(format!("`{}` failed in `{entries}`, and `{field}` does not name it", plain(name)))
        }
        None => Ok(()),
    }
}

fn figure(field: &str, says: Option<u64>, shows: u64, entries: &str) -> Result<(), String> {
    match says.filter(|says| *says != shows) {
        Some(says) => Err(format!("`{field}` is {says}, and `{entries}` shows {shows}")),
        None => Ok(()),
    }
}

/// What did not start has no result of its own, and what has none is listed.
fn not_run(suites: &[SuiteClaim<'_>], left: &[NotRunEntry<'_>]) -> Result<(), String> {
    let listed: BTreeMap<(SuiteRole, &str, &str), bool> =
        left.iter().map(|n| ((n.role, n.kind, n.name), n.whole)).collect();
    for entry in suites {
        let whole = listed.get(&(entry.role, entry.kind.unwrap_or_default(), entry.name));
        let ran = entry.status != SuiteStatus::NotRun;
        if !ran && whole.is_none() {
            return Err(format!(
                "the suite `{}` did not run, and `not_run` does not name it",
                plain(entry.name)
            ));
        }
        if ran && whole == Some(&true) {
            return Err(format!("`not_run` names the suite `{}`, which ran", plain(entry.name)));
        }
    }
    Ok(())
}

fn status(claims: &StatedCounts<'_>) -> Result<(), String> {
    let failed = claims.suites.iter().any(|s| s.status.is_failure());
    let left = claims.not_run.as_ref().map(|left| !left.is_empty());
    let red = failed || claims.lint == Some(false) || left == Some(true);
    // Of a document without lint steps or `not_run` it is unknown what else failed.
    let known = claims.lint.is_some() && left.is_some();
    match claims.status {
        Some(RunStatus::Passed) if red => {
            Err("`status` is passed, and something failed or did not run".into())
        }
        Some(RunStatus::Failed) if !red && known => Err("`status` is failed, and nothing failed".into()),
        _ => Ok(()),
    }
}

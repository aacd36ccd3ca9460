//! When an ingested run took place: what its reports say, else when their files were written. The earliest decides.

use chrono::{DateTime, Duration, NaiveDateTime, SecondsFormat, Utc};
use std::collections::BTreeMap;
use std::path::PathBuf;
use tollgate_core::model::tree::DatedBy;
use tollgate_flow::error::Error;
use tollgate_flow::ground::Ground;
use tollgate_host::files;
use tollgate_host::git::tree;
use tollgate_host::git::{NodeKind, Repository};
use tollgate_text::show::{plain, show};
use tollgate_text::time::{Now, parse_rfc3339};

/// Seconds by which a report may be older than the commit: clocks differ.
const BEFORE_COMMIT: i64 = 5 * 60;
/// No zone is further than this from UTC.
const ZONE: i64 = 14 * 3600;
/// How old a report may be where `CI` is set and nothing else is said.
pub(super) const IN_CI: u64 = 24 * 3600;

/// The times of one report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Times {
    /// As the report states them.
    pub stated: Vec<String>,
    /// When its file was written, where the system says it.
    pub written: Option<DateTime<Utc>>,
    /// The file, as it is shown.
    pub shown: String,
}

/// When a run took place, and how that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RunDate {
    /// When.
    pub at: DateTime<Utc>,
    /// How that is known.
    pub by: DatedBy,
}

impl RunDate {
    /// RFC 3339 in UTC, whole seconds.
    pub(super) fn text(&self) -> String {
        rfc3339(self.at)
    }
}

fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The earliest time of the reports, or what `as_of` says: `now`, or a time.
pub(super) fn dated(reports: &[Times], as_of: Option<&str>, now: Now) -> Result<RunDate, Error> {
    if let Some(word) = as_of {
        let at = match word {
            "now" => now.time(),
            time => parse_rfc3339(time)
                .map_err(|why| Error::Usage(format!("--as-of: {why}, nor is it `now`")))?
                .to_utc(),
        };
        return Ok(RunDate { at, by: DatedBy::AsOf });
    }
    let mut earliest: Option<RunDate> = None;
    for report in reports {
        // A file cannot have been written after now.
        let written = report.written.map(|time| time.min(now.time()));
        let of_file = || {
            let at = written.ok_or_else(|| {
                Error::Work(format!(
                    "the system does not say when {} was written: say it with --as-of",
                    report.shown
                ))
            })?;
            Ok::<RunDate, Error>(RunDate { at, by: DatedBy::File })
        };
        let mut found = Vec::new();
        for stated in &report.stated {
            found.push(match read(stated, written) {
                Some(dated) => dated,
                None => of_file()?,
            });
        }
        if found.is_empty() {
            found.push(of_file()?);
        }
        earliest = found.into_iter().chain(earliest).min_by_key(|dated| dated.at);
    }
    earliest.ok_or_else(|| Error::Work("there is no report to date the run by".into()))
}

/// A time as reports write it. Without a zone it is the file's where that can be, else the earliest that it can be; what is no time
/// says nothing.
fn read(stated: &str, written: Option<DateTime<Utc>>) -> Option<RunDate> {
    let stated = stated.trim();
    if let Ok(time) = parse_rfc3339(&stated.replacen(' ', "T", 1)) {
        return Some(RunDate { at: time.to_utc(), by: DatedBy::Report });
    }
    let forms = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
    let plain = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(stated, form).ok())?.and_utc();
    match written {
        Some(written) if (written - plain).num_seconds().abs() <= ZONE => {
            Some(RunDate { at: written, by: DatedBy::File })
        }
        _ => {
            let at = plain.checked_sub_signed(Duration::seconds(ZONE)).unwrap_or(plain);
            Some(RunDate { at, by: DatedBy::Report })
        }
    }
}

/// How old a report may be: what the call says, and in CI a bound where it says nothing.
pub(super) fn max_age(asked: Option<u64>, env: &BTreeMap<String, String>) -> Option<u64> {
    let in_ci = env.get("CI").is_some_and(|ci| !ci.is_empty() && ci != "false");
    asked.or(in_ci.then_some(IN_CI))
}

/// Why a run that took place then is no evidence of what is checked out now: one sentence.
pub(super) fn stale(
    dated: &RunDate,
    ground: &Ground,
    max_age: Option<u64>,
    now: Now,
) -> Result<Option<String>, Error> {
    let of = match dated.by {
        DatedBy::Report => "the report says that it is of",
        DatedBy::File => "the report's file is of",
        DatedBy::AsOf => "the report is said to be of",
    };
    let age = (now.time() - dated.at).num_seconds();
    if let Some(commit) = &ground.commit {
        let at = tree::committed_at(ground.root.real(), commit)
            .map_err(|e| Error::Work(format!("git does not say when the commit was made: {e}")))?;
        // A commit of a clock that runs ahead is no younger than now.
        let commit_at = DateTime::from_timestamp(at, 0).unwrap_or(now.time()).min(now.time());
        if (commit_at - dated.at).num_seconds() > BEFORE_COMMIT {
            return Ok(Some(format!(
                "{of} {}, and the commit {} is younger, of {}",
                dated.text(),
                show(commit),
                rfc3339(commit_at)
            )));
        }
    }
    Ok(max_age.filter(|most| age > 0 && age.unsigned_abs() > *most).map(|most| {
        format!("{of} {}, which is more than {} before {}", dated.text(), span(most), now.rfc3339())
    }))
}

/// Why reports that are files of the commit are no evidence of it: no run wrote them, somebody committed them. One sentence, of the first.
pub(super) fn committed(files: &[PathBuf], ground: &Ground) -> Result<Option<String>, Error> {
    let Some(commit) = &ground.commit else { return Ok(None) };
    let untold = |why: String| Error::Work(format!("whether git tracks the report cannot be told: {why}"));
    let repository = Repository::find(ground.root.real()).map_err(|e| untold(e.to_string()))?;
    for file in files {
        let real = std::fs::canonicalize(file).map_err(|e| untold(plain(&e)))?;
        let Ok(below) = real.strip_prefix(ground.root.real()) else { continue };
        let Some(path) = below.to_str() else { continue };
        let Some(node) = repository.find_node(commit, path).map_err(|e| untold(e.to_string()))? else {
            continue;
        };
        let bytes = std::fs::metadata(&real).map_err(|e| untold(plain(&e)))?.len();
        if node.kind != NodeKind::File || node.bytes != bytes {
            continue;
        }
        let committed = repository.read(&node, bytes).map_err(|e| untold(e.to_string()))?;
        if files::read(&real, bytes).map_err(|e| untold(e.to_string()))? == committed {
            let path = show(path);
            return Ok(Some(format!(
                "{path} stands in the commit as it is: somebody committed it, and no run of this commit wrote it"
            )));
        }
    }
    Ok(None)
}

fn span(seconds: u64) -> String {
    match seconds {
        s if s > 0 && s.is_multiple_of(86_400) => format!("{} d", s / 86_400),
        s if s > 0 && s.is_multiple_of(3_600) => format!("{} h", s / 3_600),
        s if s > 0 && s.is_multiple_of(60) => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn now() -> Now {
        Now::parse("2026-11-20T12:00:00Z").unwrap()
    }

    fn at(text: &str) -> DateTime<Utc> {
        parse_rfc3339(text).unwrap().to_utc()
    }

    fn report(stated: &[&str], written: &str) -> Times {
        let stated = stated.iter().map(|s| s.to_string()).collect();
        Times { stated, written: Some(at(written)), shown: "r.xml".into() }
    }

    fn says(reports: &[Times], as_of: Option<&str>) -> String {
        dated(reports, as_of, now())
            .map_or_else(|e| e.to_string(), |d| format!("{} {}", d.text(), d.by.name()))
    }

    #[test]
    fn the_report_says_when_it_was_and_else_its_file() {
        let file = "2026-11-20T10:00:00Z";
        for (stated, wanted) in [
            (&["2020-01-01T00:00:00Z"][..], "2020-01-01T00:00:00Z report"),
            (&["2026-11-20 11:00:00.5+02:00"], "2026-11-20T09:00:00Z report"),
            // Within 14 h of the file's time it is the file's.
            (&["2026-11-20T20:00:00"], "2026-11-20T10:00:00Z file"),
            // Further away: the earliest that it can be.
            (&["2026-11-18T00:00:00"], "2026-11-17T10:00:00Z report"),
            (&["yesterday"], "2026-11-20T10:00:00Z file"),
            (&[], "2026-11-20T10:00:00Z file"),
            (&["2026-11-20T11:00:00Z", "2026-11-20T08:00:00Z"], "2026-11-20T08:00:00Z report"),
        ] {
            assert_eq!(says(&[report(stated, file)], None), wanted, "{stated:?}");
        }
        let two = [report(&["2026-11-20T11:00:00Z"], file), report(&[], "2026-11-19T00:00:00Z")];
        assert_eq!(says(&two, None), "2026-11-19T00:00:00Z file");
        assert_eq!(says(&two, Some("now")), "2026-11-20T12:00:00Z as-of");
        assert_eq!(says(&two, Some("2026-11-01T00:00:00Z")), "2026-11-01T00:00:00Z as-of");
        assert!(says(&two, Some("today")).starts_with("--as-of: "));
        assert_eq!(says(&[report(&[], "2030-01-01T00:00:00Z")], None), "2026-11-20T12:00:00Z file");
        let unknown = Times { written: None, ..report(&[], file) };
        assert!(says(&[unknown], None).contains("--as-of"));
    }

    proptest! {
        /// More reports never make a run younger.
        #[test]
        fn the_earliest_decides(hours in prop::collection::vec(0i64..1_000, 1..6)) {
            let stated = |h: &i64| rfc3339(now().time() - Duration::hours(*h));
            let reports: Vec<Times> = hours.iter().map(|h| report(&[&stated(h)], "2026-11-20T12:00:00Z")).collect();
            let oldest = hours.iter().max().unwrap();
            prop_assert_eq!(dated(&reports, None, now()).unwrap().text(), stated(oldest));
        }
    }
}

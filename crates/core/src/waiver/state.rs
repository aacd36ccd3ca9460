//! Which state an entry is in on a day (`docs/waivers.md`, States).

use super::dates::{self, DUE_DAYS, Life, QUARANTINE_DAYS, ROLLBACK_DAYS, WAIVER_DAYS};
use super::parse::{ClassificationFile, QUARANTINE_FIELDS, ROLLBACK_FIELDS, RawEntry, WAIVER_FIELDS};
use crate::model::finding::Reason;
use crate::model::lane::Lane;
use crate::model::waiver::{EntryKind, EntryState, Rollback, WaiverEntry};
use chrono::NaiveDate;
use std::collections::BTreeMap;
use tollgate_text::escape::is_blank;
use tollgate_text::toml_text::suggestion;

/// Gates that judge the entries themselves: a waiver for one of them is invalid.
pub const UNWAIVABLE: &[&str] = &["waiver_lifecycle", "quarantine_lifecycle"];

/// What makes a test flaky: the `category` of a quarantine entry (`docs/quarantine.md`).
pub const CATEGORIES: &[&str] =
    &["FLAKE-TIMING", "FLAKE-ENV", "FLAKE-NET", "FLAKE-RES", "FLAKE-EXT", "FLAKE-LOGIC"];

/// What entries are judged against.
pub struct EntryContext<'c> {
    /// The day, in UTC.
    pub today: NaiveDate,
    /// Every gate that is loaded, whatever the lane: its id and the ids of its checks.
    pub gates: &'c BTreeMap<String, Vec<String>>,
    /// For a quarantine entry without a `signature` of its own: by its id, the signature that its `evidence` gives it, or
    /// why there is none (the end of a sentence that begins with the path). For one with its own: why its evidence shows that
    /// nothing can rest on it, where it does.
    pub signatures: &'c BTreeMap<String, Result<String, String>>,
}

/// Judges every waiver, then every quarantine entry, each in id order.
pub fn entries(
    file: &ClassificationFile,
    context: &EntryContext<'_>,
) -> (Vec<WaiverEntry>, Vec<WaiverEntry>) {
    let judge = |raw: &RawEntry| entry(raw, context);
    (file.waivers.iter().map(judge).collect(), file.quarantines.iter().map(judge).collect())
}

/// The valid rollback record, or one sentence that says why there is none.
pub fn rollback(file: &ClassificationFile, today: NaiveDate) -> Result<Rollback, String> {
    let Some(raw) = &file.rollback else {
        return Err("the classification file has no [rollback] record".into());
    };
    let mut wrong = raw.faults.clone();
    blanks(ROLLBACK_FIELDS, |key| raw.fields.get(key), &raw.faults, &mut wrong);
    match life(|key| raw.fields.get(key), today, ROLLBACK_DAYS, &mut wrong) {
        Some(Life::Over(days)) => wrong.push(format!("it expired {days} {} ago", plural(days))),
        Some(Life::Holds(_)) | None => {}
    }
    if !wrong.is_empty() {
        return Err(format!("the [rollback] record is not valid: {}", wrong.join("; ")));
    }
    let field = |key| raw.fields.get(key).cloned().unwrap_or_default();
    Ok(Rollback {
        owner: field("owner"),
        rationale: field("rationale"),
        created: field("created"),
        expires: field("expires"),
    })
}

fn entry(raw: &RawEntry, context: &EntryContext<'_>) -> WaiverEntry {
    let mut wrong = raw.faults.clone();
    let waiver = raw.kind == EntryKind::Waiver;
    let (required, at_most) =
        if waiver { (WAIVER_FIELDS, WAIVER_DAYS) } else { (QUARANTINE_FIELDS, QUARANTINE_DAYS) };
    blanks(required, |key| raw.fields.get(key), &raw.faults, &mut wrong);
    let life = life(|key| raw.fields.get(key), context.today, at_most, &mut wrong);
    let mut signature = raw.fields.get("signature").cloned();
    if waiver {
        names(raw, context, &mut wrong);
    } else {
        signature = quarantine(raw, context, &mut wrong);
    }
    let (state, detail) =
        if wrong.is_empty() { judged(life) } else { (EntryState::Invalid, wrong.join("; ")) };
    let field = |key: &str| raw.fields.get(key).cloned();
    let days = field("expires")
        .and_then(|text| dates::parse_day(&text))
        .map(|expires| (expires - context.today).num_days());
    WaiverEntry {
        id: raw.id.clone(),
        kind: raw.kind,
        state,
        detail,
        days_remaining: days,
        owner: field("owner"),
        reason: field("reason"),
        issue: field("issue"),
        created: field("created"),
        expires: field("expires"),
        exit_criteria: field("exit_criteria"),
        lanes: raw.lanes.clone(),
        checks: raw.checks.clone(),
        reasons: raw.reasons.clone(),
        renewals: raw.renewals,
        category: field("category"),
        evidence: field("evidence"),
        reproduce: field("reproduce"),
        signature,
        region: Some(raw.region.clone()),
    }
}

fn judged(life: Option<Life>) -> (EntryState, String) {
    match life {
        Some(Life::Holds(0)) => (EntryState::Due, "today is its last day".into()),
        Some(Life::Holds(days)) if days <= DUE_DAYS => {
            (EntryState::Due, format!("{days} {} left", plural(days)))
        }
        Some(Life::Holds(days)) => (EntryState::Active, format!("{days} days left")),
        Some(Life::Over(days)) => (EntryState::Expired, format!("it expired {days} {} ago", plural(days))),
        // No life without a fault, so this is not reached; were it, the entry has no effect.
        None => (EntryState::Invalid, "its dates cannot be read".into()),
    }
}

fn plural(days: i64) -> &'static str {
    if days == 1 { "day" } else { "days" }
}

/// Required fields that are missing or blank. A field that is there with the wrong type has its fault already.
fn blanks<'f>(
    required: &[&'static str],
    field: impl Fn(&str) -> Option<&'f String>,
    faults: &[String],
    wrong: &mut Vec<String>,
) {
    for key in required {
        match field(key) {
            Some(text) if is_blank(text) => wrong.push(format!("`{key}` is blank")),
            Some(_) => {}
            None if faults.iter().any(|f| f.starts_with(&format!("`{key}` "))) => {}
            None => wrong.push(format!("`{key}` is missing")),
        }
    }
}

fn life<'f>(
    field: impl Fn(&str) -> Option<&'f String>,
    today: NaiveDate,
    at_most: i64,
    wrong: &mut Vec<String>,
) -> Option<Life> {
    let mut day = |key: &str| {
        let text = field(key).filter(|text| !is_blank(text))?;
        let day = dates::parse_day(text);
        if day.is_none() {
            let shown: String = text.chars().take(40).collect();
            wrong.push(format!("`{key}` is no date such as 2026-11-20: `{}`", shown.escape_debug()));
        }
        day
    };
    let (created, expires) = (day("created"), day("expires"));
    match dates::judge(created?, expires?, today, at_most) {
        Ok(life) => Some(life),
        Err(sentences) => {
            wrong.extend(sentences);
            None
        }
    }
}

/// The names a waiver uses: its gate, its lanes, its checks.
fn names(raw: &RawEntry, context: &EntryContext<'_>, wrong: &mut Vec<String>) {
    let gate = context.gates.get(&raw.id);
    if UNWAIVABLE.contains(&raw.id.as_str()) {
        wrong.push(format!("the gate `{}` cannot be waived", raw.id));
    } else if gate.is_none() {
        let hint = suggestion(&raw.id, context.gates.keys().map(String::as_str));
        wrong.push(format!("no gate has the id `{}`{hint}", raw.id.escape_debug()));
    }
    match &raw.lanes {
        None if raw.faults.iter().any(|f| f.starts_with("`lanes` ")) => {}
        None => wrong.push("`lanes` is missing".into()),
        Some(lanes) if lanes.is_empty() => wrong.push("`lanes` is empty".into()),
        Some(lanes) => {
            for lane in lanes.iter().filter(|l| Lane::ALL.iter().all(|known| known.name() != l.as_str())) {
                let hint = suggestion(lane, Lane::ALL.iter().map(|l| l.name()));
                wrong.push(format!("no lane is called `{}`{hint}", lane.escape_debug()));
            }
        }
    }
    reasons(raw, wrong);
    let Some(checks) = &raw.checks else { return };
    // Beside `reasons` an empty list says that no check is covered.
    if checks.is_empty() && raw.reasons.is_none() {
        wrong.push("`checks` is empty; leave it out to cover every check".into());
    }
    let Some(known) = gate else { return };
    for check in checks.iter().filter(|c| !known.contains(c)) {
        let hint = suggestion(check, known.iter().map(String::as_str));
        wrong.push(format!("the gate `{}` has no check `{}`{hint}", raw.id, check.escape_debug()));
    }
}

/// The reasons a waiver names: each a way in which evidence can be at fault.
fn reasons(raw: &RawEntry, wrong: &mut Vec<String>) {
    let Some(reasons) = &raw.reasons else { return };
    if reasons.is_empty() {
        wrong.push("`reasons` is empty; leave it out to cover no fault of the evidence".into());
    }
    let known = Reason::OF_EVIDENCE.map(Reason::name);
    for reason in reasons.iter().filter(|reason| !known.contains(&reason.as_str())) {
        let shown = reason.escape_debug();
        wrong.push(match reason.as_str() {
            "assertion" | "expression" => {
                format!("the reason `{shown}` is one of checks, which `checks` covers and not `reasons`")
            }
            "waiver" | "not_applicable" | "not_reached" => format!("the reason `{shown}` cannot be waived"),
            _ => format!("no reason is called `{shown}`{}", suggestion(reason, known)),
        });
    }
}

/// The rules of a quarantine entry alone. Returns the signature it covers.
fn quarantine(raw: &RawEntry, context: &EntryContext<'_>, wrong: &mut Vec<String>) -> Option<String> {
    if let Some(category) = raw.fields.get("category").filter(|c| !is_blank(c))
        && !CATEGORIES.contains(&category.as_str())
    {
        wrong.push(format!(
            "`category` is `{}`, which is none of {}",
            category.escape_debug(),
            CATEGORIES.join(", ")
        ));
    }
    if let Some(own) = raw.fields.get("signature") {
        if is_blank(own) {
            wrong.push("`signature` is blank".into());
        }
        if let Some(Err(why)) = context.signatures.get(&raw.id) {
            let evidence = raw.fields.get("evidence").map_or("", String::as_str);
            wrong.push(format!("{} {why}", evidence.escape_debug()));
        }
        return Some(own.clone());
    }
    let evidence = raw.fields.get("evidence").filter(|e| !is_blank(e))?;
    match context.signatures.get(&raw.id) {
        Some(Ok(signature)) if !is_blank(signature) => Some(signature.clone()),
        Some(Err(why)) => {
            wrong.push(format!("it has no `signature`, and {} {why}", evidence.escape_debug()));
            None
        }
        Some(Ok(_)) | None => {
            wrong.push(format!("it has no `signature`, and {} states none", evidence.escape_debug()));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;
    use chrono::Days;
    use proptest::prelude::*;

    fn gates() -> BTreeMap<String, Vec<String>> {
        [("pass", vec!["rate", "names"]), ("waiver_lifecycle", vec![]), ("quarantine_lifecycle", vec![])]
            .into_iter()
            .map(|(id, checks)| (id.to_string(), checks.into_iter().map(String::from).collect()))
            .collect()
    }

    fn judge(text: &str, today: &str) -> WaiverEntry {
        let file = parse("f.toml", text).unwrap();
        let told = |evidence: &str| match evidence {
            "d.json" => Some(Ok("redraw".to_string())),
            "gone.json" => Some(Err("does not exist".to_string())),
            "blank.json" => Some(Ok(" \u{3164}".to_string())),
            _ => None,
        };
        let unsigned = file.quarantines.iter().filter(|q| !q.fields.contains_key("signature"));
        let signatures =
            unsigned.filter_map(|q| Some((q.id.clone(), told(q.fields.get("evidence")?)?))).collect();
        let context = EntryContext {
            today: dates::parse_day(today).unwrap(),
            gates: &gates(),
            signatures: &signatures,
        };
        let (mut waivers, quarantines) = entries(&file, &context);
        waivers.extend(quarantines);
        waivers.remove(0)
    }

    fn waiver(id: &str, created: &str, expires: &str, more: &str) -> String {
        format!(
            "[waiver.{id}]\nowner = 'o'\nreason = 'r'\nissue = 'i'\nlanes = ['full']\nexit_criteria = 'e'\n\
             created = {created}\nexpires = {expires}\n{more}"
        )
    }

    fn quarantine(more: &str) -> String {
        format!(
            "[quarantine.e2e_tui]\nowner = 'o'\nreason = 'r'\nissue = 'i'\nreproduce = 'c'\nexit_criteria = 'e'\n\
             created = 2026-11-01\nexpires = 2026-11-21\n{more}"
        )
    }

    #[test]
    fn states_over_a_waivers_life() {
        let text = waiver("pass", "2026-11-01", "'2026-11-20'", "");
        let state = |today: &str| {
            let entry = judge(&text, today);
            (entry.state, entry.detail, entry.days_remaining)
        };
        assert_eq!(state("2026-11-01"), (EntryState::Active, "19 days left".into(), Some(19)));
        assert_eq!(state("2026-11-14"), (EntryState::Active, "6 days left".into(), Some(6)));
        assert_eq!(state("2026-11-15"), (EntryState::Due, "5 days left".into(), Some(5)));
        assert_eq!(state("2026-11-19"), (EntryState::Due, "1 day left".into(), Some(1)));
        assert_eq!(state("2026-11-20"), (EntryState::Due, "today is its last day".into(), Some(0)));
        assert_eq!(state("2026-11-21"), (EntryState::Expired, "it expired 1 day ago".into(), Some(-1)));
        assert_eq!(state("2026-10-31").0, EntryState::Invalid);
    }

    #[test]
    fn thirty_days_are_allowed_and_thirty_one_are_not() {
        assert_eq!(
            judge(&waiver("pass", "2026-11-01", "2026-12-01", ""), "2026-11-01").state,
            EntryState::Active
        );
        let long = judge(&waiver("pass", "2026-11-01", "2026-12-02", ""), "2026-11-01");
        assert_eq!(
            (long.state, long.detail.as_str()),
            (EntryState::Invalid, "it holds 31 days, more than 30")
        );
    }

    #[test]
    fn what_makes_a_waiver_invalid() {
        let cases = [
            (waiver("nope", "2026-11-01", "2026-11-20", ""), "no gate has the id `nope`"),
            (waiver("passs", "2026-11-01", "2026-11-20", ""), "did you mean `pass`?"),
            (waiver("waiver_lifecycle", "2026-11-01", "2026-11-20", ""), "cannot be waived"),
            (waiver("quarantine_lifecycle", "2026-11-01", "2026-11-20", ""), "cannot be waived"),
            (
                waiver("pass", "2026-11-01", "2026-11-20", "checks = ['rat']"),
                "no check `rat`; did you mean `rate`?",
            ),
            (waiver("pass", "2026-11-01", "2026-11-20", "checks = []"), "`checks` is empty"),
            (waiver("pass", "2026-11-01", "2026-11-20", "reasons = []"), "`reasons` is empty"),
            (waiver("pass", "2026-11-01", "2026-11-20", "checks = []\nreasons = []"), "`reasons` is empty"),
            (
                waiver("pass", "2026-11-01", "2026-11-20", "reasons = ['stale', 'misssing']"),
                "no reason is called `misssing`; did you mean `missing`?",
            ),
            (
                waiver("pass", "2026-11-01", "2026-11-20", "reasons = ['Stale']"),
                "no reason is called `Stale`",
            ),
            (waiver("pass", "2026-11-01", "2026-11-20", "reasons = ['waiver']"), "`waiver` cannot be waived"),
            (waiver("pass", "2026-11-01", "2026-11-20", "reasons = ['not_reached']"), "cannot be waived"),
            (waiver("pass", "2026-11-01", "2026-11-20", "reasons = ['assertion']"), "is one of checks"),
            (waiver("pass", "2026-11-01", "2026-11-20", "reasons = 'stale'"), "`reasons` must be a list"),
            (waiver("pass", "2026-11-01", "2026-11-20", "").replace("'o'", "'\u{3164}'"), "`owner` is blank"),
            (
                waiver("pass", "2026-11-01", "2026-11-20", "").replace("'r'", "'\u{2800} \u{fe0f}'"),
                "`reason` is blank",
            ),
            (waiver("pass", "2026-11-01", "2026-10-20", ""), "before it was created"),
            (waiver("pass", "2026-11-11", "2026-11-20", ""), "after today"),
            (
                waiver("pass", "'yesterday'", "2026-11-20", ""),
                "`created` is no date such as 2026-11-20: `yesterday`",
            ),
            (waiver("pass", "2026-11-01", "'2026-11-31'", ""), "`expires` is no date"),
            (waiver("pass", "2026-11-01", "2026-11-20", "").replace("'o'", "' '"), "`owner` is blank"),
            (
                waiver("pass", "2026-11-01", "2026-11-20", "").replace("issue = 'i'\n", ""),
                "`issue` is missing",
            ),
            (waiver("pass", "2026-11-01", "2026-11-20", "").replace("['full']", "[]"), "`lanes` is empty"),
            (
                waiver("pass", "2026-11-01", "2026-11-20", "").replace("lanes = ['full']\n", ""),
                "`lanes` is missing",
            ),
            (
                waiver("pass", "2026-11-01", "2026-11-20", "").replace("'full'", "'ful'"),
                "no lane is called `ful`; did you mean `full`?",
            ),
            (
                waiver("pass", "2026-11-01", "2026-11-20", "").replace("'r'", "3"),
                "`reason` must be a string, not an integer",
            ),
        ];
        for (text, wanted) in cases {
            let entry = judge(&text, "2026-11-10");
            assert_eq!(entry.state, EntryState::Invalid, "{text}");
            assert!(entry.detail.contains(wanted), "{} lacks {wanted}", entry.detail);
        }
    }

    #[test]
    fn reasons_are_named_beside_checks_or_alone() {
        for more in [
            "reasons = ['missing', 'unreadable', 'malformed', 'schema', 'stale', 'limit']",
            "checks = ['rate']\nreasons = ['stale']",
            "checks = []\nreasons = ['stale']",
        ] {
            let entry = judge(&waiver("pass", "2026-11-01", "2026-11-20", more), "2026-11-10");
            assert_eq!(
                (entry.state, entry.reasons.is_some()),
                (EntryState::Active, true),
                "{}",
                entry.detail
            );
        }
    }

    #[test]
    fn an_expired_waiver_with_a_fault_is_invalid() {
        let text = waiver("pass", "2026-11-01", "2026-11-05", "").replace("'o'", "''");
        assert_eq!(judge(&text, "2026-11-20").state, EntryState::Invalid);
    }

    #[test]
    fn a_quarantine_needs_a_category_and_a_signature() {
        let own = "category = 'FLAKE-TIMING'\nevidence = 'gone.json'\nsignature = 's'";
        assert_eq!(judge(&quarantine(own), "2026-11-10").state, EntryState::Active);
        let digest = judge(&quarantine("category = 'FLAKE-NET'\nevidence = 'd.json'"), "2026-11-10");
        assert_eq!((digest.state, digest.signature.as_deref()), (EntryState::Active, Some("redraw")));
        for (more, wanted) in [
            ("category = 'FLAKE-NET'\nevidence = 'gone.json'", "and gone.json does not exist"),
            ("category = 'FLAKE-NET'\nevidence = 'never.json'", "never.json states none"),
            ("category = 'FLAKE'\nevidence = 'd.json'", "which is none of FLAKE-TIMING"),
            ("evidence = 'd.json'", "`category` is missing"),
            ("category = 'FLAKE-NET'\nsignature = 's'", "`evidence` is missing"),
            ("category = 'FLAKE-NET'\nevidence = 'd.json'\nsignature = ' '", "`signature` is blank"),
        ] {
            let entry = judge(&quarantine(more), "2026-11-10");
            assert_eq!(entry.state, EntryState::Invalid, "{more}");
            assert!(entry.detail.contains(wanted), "{} lacks {wanted}", entry.detail);
        }
    }

    /// Each fault is said once, and no other is.
    #[test]
    fn a_fault_is_said_once() {
        let good = waiver("pass", "2026-11-01", "2026-11-20", "");
        for (text, wanted) in [
            (good.replace("'o'", "3"), "`owner` must be a string, not an integer"),
            (good.replace("owner = 'o'\n", ""), "`owner` is missing"),
            (good.replace("'o'", "''"), "`owner` is blank"),
            (good.replace("['full']", "'full'"), "`lanes` must be a list of strings, not a string"),
            (good.replace("['full']", "[]"), "`lanes` is empty"),
            (good.replace("lanes = ['full']\n", ""), "`lanes` is missing"),
            (good.replace("2026-11-20", "' '"), "`expires` is blank"),
            (good.replace("2026-11-20", "5"), "`expires` must be a date, not an integer"),
            (good.replace("created = 2026-11-01\n", ""), "`created` is missing"),
            (format!("{good}checks = []"), "`checks` is empty; leave it out to cover every check"),
            (
                format!("{good}reasons = []"),
                "`reasons` is empty; leave it out to cover no fault of the evidence",
            ),
            (format!("{good}checks = ['zzz']"), "the gate `pass` has no check `zzz`; known are rate, names"),
            (
                format!("{good}checks = ['rate', 'zzz', 'names']"),
                "the gate `pass` has no check `zzz`; known are rate, names",
            ),
            (
                format!("{good}reasons = ['stale', 'zzz']"),
                "no reason is called `zzz`; known are missing, unreadable, malformed, schema, stale, limit",
            ),
            (
                format!("{good}reasons = ['expression']"),
                "the reason `expression` is one of checks, which `checks` covers and not `reasons`",
            ),
            (format!("{good}reasons = ['not_applicable']"), "the reason `not_applicable` cannot be waived"),
            (
                good.replace("[waiver.pass]", "[waiver.zzz]"),
                "no gate has the id `zzz`; known are pass, quarantine_lifecycle, waiver_lifecycle",
            ),
            (
                good.replace("[waiver.pass]", "[waiver.waiver_lifecycle]"),
                "the gate `waiver_lifecycle` cannot be waived",
            ),
        ] {
            let entry = judge(&text, "2026-11-10");
            assert_eq!((entry.state, entry.detail.as_str()), (EntryState::Invalid, wanted), "{text}");
        }
        for more in ["checks = ['rate']", "checks = ['rate', 'names']", "reasons = ['stale']"] {
            let entry = judge(&format!("{good}{more}"), "2026-11-10");
            assert_eq!((entry.state, entry.detail.as_str()), (EntryState::Active, "10 days left"), "{more}");
        }
        let all = "category = 'FLAKE-NET'\nevidence = 'd.json'";
        for (more, wanted) in [
            ("category = ' '\nevidence = 'd.json'", "`category` is blank"),
            ("category = 3\nevidence = 'd.json'", "`category` must be a string, not an integer"),
            ("category = 'FLAKE-NET'\nevidence = ' '", "`evidence` is blank"),
            (
                "category = 'x'\nevidence = 'd.json'",
                "`category` is `x`, which is none of FLAKE-TIMING, FLAKE-ENV, FLAKE-NET, FLAKE-RES, FLAKE-EXT, FLAKE-LOGIC",
            ),
            (
                "category = 'FLAKE-NET'\nevidence = 'blank.json'",
                "it has no `signature`, and blank.json states none",
            ),
            (
                "category = 'FLAKE-NET'\nevidence = 'never.json'",
                "it has no `signature`, and never.json states none",
            ),
            (
                "category = 'FLAKE-NET'\nevidence = 'gone.json'",
                "it has no `signature`, and gone.json does not exist",
            ),
        ] {
            let entry = judge(&quarantine(more), "2026-11-10");
            assert_eq!((entry.state, entry.detail.as_str()), (EntryState::Invalid, wanted), "{more}");
            assert_eq!(entry.signature.is_some(), more.contains("'d.json'"), "{more}");
        }
        let entry = judge(&quarantine(all), "2026-11-10");
        assert_eq!((entry.state, entry.detail.as_str()), (EntryState::Active, "11 days left"));
    }

    #[test]
    fn an_entry_says_what_the_file_says() {
        let file =
            parse("f.toml", &waiver("pass", "2026-11-01", "2026-11-20", "checks = ['rate']\nrenewals = 3"))
                .unwrap();
        let context = EntryContext {
            today: dates::parse_day("2026-11-10").unwrap(),
            gates: &gates(),
            signatures: &BTreeMap::new(),
        };
        let (waivers, quarantines) = entries(&file, &context);
        let text = |text: &str| Some(text.to_string());
        let wanted = WaiverEntry {
            id: "pass".into(),
            kind: EntryKind::Waiver,
            state: EntryState::Active,
            detail: "10 days left".into(),
            days_remaining: Some(10),
            owner: text("o"),
            reason: text("r"),
            issue: text("i"),
            created: text("2026-11-01"),
            expires: text("2026-11-20"),
            exit_criteria: text("e"),
            lanes: Some(vec!["full".into()]),
            checks: Some(vec!["rate".into()]),
            reasons: None,
            renewals: Some(3),
            category: None,
            evidence: None,
            reproduce: None,
            signature: None,
            region: Some(file.waivers[0].region.clone()),
        };
        assert_eq!((waivers, quarantines), (vec![wanted], vec![]));
        let own = judge(
            &quarantine("category = 'FLAKE-NET'\nevidence = 'd.json'\nsignature = 'own'"),
            "2026-11-10",
        );
        assert_eq!(
            (own.category, own.evidence, own.reproduce),
            (text("FLAKE-NET"), text("d.json"), text("c"))
        );
        assert_eq!(
            (own.kind, own.signature, own.days_remaining),
            (EntryKind::Quarantine, text("own"), Some(11))
        );
    }

    #[test]
    fn evidence_that_speaks_against_a_signature_of_ones_own_is_told() {
        let text = quarantine("category = 'FLAKE-NET'\nevidence = 'd.json'\nsignature = 'own'");
        let file = parse("f.toml", &text).unwrap();
        let of = |known: Option<Result<String, String>>| {
            let signatures = known.map(|known| ("e2e_tui".to_string(), known)).into_iter().collect();
            let today = dates::parse_day("2026-11-10").unwrap();
            let context = EntryContext { today, gates: &gates(), signatures: &signatures };
            let entry = entries(&file, &context).1.remove(0);
            (entry.state, entry.detail, entry.signature)
        };
        let own = Some("own".to_string());
        assert_eq!(of(None), (EntryState::Active, "11 days left".into(), own.clone()));
        assert_eq!(of(Some(Ok("other".into()))), (EntryState::Active, "11 days left".into(), own.clone()));
        assert_eq!(
            of(Some(Err("rests on nothing".into()))),
            (EntryState::Invalid, "d.json rests on nothing".into(), own)
        );
    }

    #[test]
    fn a_rollback_says_what_the_file_says() {
        let text = "[rollback]\nowner = 'o'\nrationale = 'r'\ncreated = 2026-11-14\nexpires = '2026-11-21'\n";
        let found = rollback(&parse("f", text).unwrap(), dates::parse_day("2026-11-20").unwrap()).unwrap();
        let wanted = Rollback {
            owner: "o".into(),
            rationale: "r".into(),
            created: "2026-11-14".into(),
            expires: "2026-11-21".into(),
        };
        assert_eq!(found, wanted);
        let ended =
            rollback(&parse("f", text).unwrap(), dates::parse_day("2026-11-23").unwrap()).unwrap_err();
        assert_eq!(ended, "the [rollback] record is not valid: it expired 2 days ago");
    }

    #[test]
    fn a_quarantine_holds_twenty_one_days() {
        let more = "category = 'FLAKE-NET'\nevidence = 'd.json'";
        let text = quarantine(more);
        assert_eq!(judge(&text, "2026-11-22").state, EntryState::Expired);
        assert_eq!(judge(&text.replace("2026-11-21", "2026-11-22"), "2026-11-22").state, EntryState::Due);
        assert_eq!(judge(&text.replace("2026-11-21", "2026-11-23"), "2026-11-22").state, EntryState::Invalid);
    }

    #[test]
    fn a_rollback_holds_seven_days() {
        let record = |created: &str, expires: &str| {
            let text = format!(
                "[rollback]\nowner = 'o'\nrationale = 'r'\ncreated = {created}\nexpires = {expires}\n"
            );
            rollback(&parse("f", &text).unwrap(), dates::parse_day("2026-11-20").unwrap())
        };
        assert!(record("2026-11-14", "2026-11-21").is_ok());
        assert!(record("2026-11-13", "2026-11-20").is_ok());
        assert!(record("2026-11-13", "2026-11-21").unwrap_err().contains("8 days, more than 7"));
        assert!(record("2026-11-12", "2026-11-19").unwrap_err().contains("it expired 1 day ago"));
        assert!(record("2026-11-21", "2026-11-22").unwrap_err().contains("after today"));
        let none = rollback(&parse("f", "").unwrap(), dates::parse_day("2026-11-20").unwrap());
        assert!(none.unwrap_err().contains("no [rollback] record"));
        let text =
            "[rollback]\nowner = '\u{2060}'\nrationale = 'r'\ncreated = 2026-11-14\nexpires = 2026-11-21\n";
        let unseen = rollback(&parse("f", text).unwrap(), dates::parse_day("2026-11-20").unwrap());
        assert!(unseen.unwrap_err().contains("`owner` is blank"));
        let blank = parse("f", "[rollback]\nowner = ''\nrationale = 3\n").unwrap();
        let why = rollback(&blank, dates::parse_day("2026-11-20").unwrap()).unwrap_err();
        assert!(why.contains("`owner` is blank") && why.contains("`created` is missing"), "{why}");
        assert_eq!(why.matches("rationale").count(), 1, "{why}");
    }

    proptest! {
        /// A waiver has effect exactly from its first to its last day, and only when it is no longer than 30 days.
        #[test]
        fn a_waiver_holds_exactly_in_its_days(start in 0u64..4000, length in 0u64..40, offset in -40i64..80) {
            let created = dates::parse_day("2024-01-01").unwrap() + Days::new(start);
            let expires = created + Days::new(length);
            let today = created + chrono::TimeDelta::days(offset);
            let text = waiver("pass", &created.to_string(), &expires.to_string(), "");
            let state = judge(&text, &today.to_string()).state;
            let holds = length <= 30 && offset >= 0 && offset <= length as i64;
            prop_assert_eq!(state.holds(), holds);
            prop_assert_eq!(state == EntryState::Expired, length <= 30 && offset > length as i64);
            prop_assert_eq!(state == EntryState::Due, holds && length as i64 - offset <= 5);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,60}") {
            if let Ok(file) = parse("f", &text) {
                let context = EntryContext { today: dates::parse_day("2026-11-20").unwrap(), gates: &gates(), signatures: &BTreeMap::new() };
                let _ = entries(&file, &context);
                let _ = rollback(&file, context.today);
            }
        }
    }
}

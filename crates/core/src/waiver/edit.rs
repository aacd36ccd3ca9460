//! Edits of the classification file. Each is a splice: the bytes of one entry change and no other, whatever their line
//! ends, spacing and comments (`toml_edit` would write every line end as `\n` and take the comments above a removed
//! table along). The result is parsed again and compared with what was meant, so that a file written in an unusual form
//! is refused rather than damaged.

use super::dates::{QUARANTINE_DAYS, WAIVER_DAYS};
use super::new_entry::{NewQuarantine, NewWaiver};
use super::state::UNWAIVABLE;
use crate::model::waiver::EntryKind;
use chrono::{Datelike as _, Days, NaiveDate};
use std::ops::Range;
use tollgate_text::escape::is_blank;
use tollgate_text::toml_text::{self, TomlFault};
use toml::Spanned;
use toml::de::DeValue;

/// Why an edit was not made. `Display` is one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The text is not TOML.
    #[error("the file is not valid TOML (line {line}): {message}")]
    NotToml {
        /// One sentence.
        message: String,
        /// Counted from 1.
        line: u64,
    },
    /// There is an entry of that id already.
    #[error("there is a {what} for `{1}` already; {way}", what = noun(*.0), way = way_out(*.0))]
    Exists(EntryKind, String),
    /// There is none.
    #[error("there is no {what} for `{1}`", what = noun(*.0))]
    Absent(EntryKind, String),
    /// The gate judges the waivers themselves.
    #[error("the gate `{0}` cannot be waived")]
    Unwaivable(String),
    /// No days, or more than are allowed.
    #[error("a {what} holds 1 to {most} days, not {1}", what = noun(*.0), most = most_days(*.0))]
    Days(EntryKind, u32),
    /// A field is blank.
    #[error("`{0}` is blank")]
    Blank(&'static str),
    /// The entry lacks a field, or is written in a form that a splice cannot edit.
    #[error("the {} for `{id}` cannot be edited here: {why}; edit the file by hand", noun(*.kind))]
    Form {
        /// Waiver or quarantine entry.
        kind: EntryKind,
        /// Its id.
        id: String,
        /// What stands in the way.
        why: String,
    },
}

/// What a classification file holds from which the last entry was removed.
const EMPTY: &str = "# Suites by kind, waivers and quarantines.\n";

/// What an entry is called in a sentence.
pub fn noun(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Waiver => "waiver",
        EntryKind::Quarantine => "quarantine entry",
    }
}

/// What to do where there is an entry already.
fn way_out(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Waiver => "renew or remove it",
        EntryKind::Quarantine => "remove it first",
    }
}

/// How many days an entry may hold.
fn most_days(kind: EntryKind) -> i64 {
    match kind {
        EntryKind::Waiver => WAIVER_DAYS,
        EntryKind::Quarantine => QUARANTINE_DAYS,
    }
}

/// The last day of an entry of `days` days that begins today.
fn last_day(kind: EntryKind, today: NaiveDate, days: u32) -> Result<NaiveDate, EditError> {
    if days == 0 || i64::from(days) > most_days(kind) {
        return Err(EditError::Days(kind, days));
    }
    let last = today.checked_add_days(Days::new(u64::from(days)));
    // A date of five digits is none that TOML knows.
    last.filter(|last| last.year() <= 9999).ok_or(EditError::Days(kind, days))
}

/// Appends a `[waiver.<gate>]` table. The text may be empty.
pub fn add(text: &str, waiver: &NewWaiver, today: NaiveDate) -> Result<String, EditError> {
    if UNWAIVABLE.contains(&waiver.gate.as_str()) {
        table(text)?;
        return Err(EditError::Unwaivable(waiver.gate.clone()));
    }
    let adding = Adding { kind: EntryKind::Waiver, id: &waiver.gate, required: &waiver.required() };
    adding.append(
        text,
        |expires| waiver.block(today, expires),
        last_day(EntryKind::Waiver, today, waiver.days),
    )
}

/// Appends a `[quarantine.<id>]` table. The text may be empty.
pub fn add_quarantine(text: &str, entry: &NewQuarantine, today: NaiveDate) -> Result<String, EditError> {
    let adding = Adding { kind: EntryKind::Quarantine, id: &entry.id, required: &entry.required() };
    adding.append(
        text,
        |expires| entry.block(today, expires),
        last_day(EntryKind::Quarantine, today, entry.days),
    )
}

/// An entry that is added.
struct Adding<'a> {
    kind: EntryKind,
    id: &'a str,
    /// Fields that must not be blank.
    required: &'a [(&'static str, &'a str)],
}

impl Adding<'_> {
    fn append(
        &self,
        text: &str,
        block: impl Fn(NaiveDate) -> String,
        expires: Result<NaiveDate, EditError>,
    ) -> Result<String, EditError> {
        let mut wanted = table(text)?;
        if entry_of(&wanted, self.kind, self.id).is_some() {
            return Err(EditError::Exists(self.kind, self.id.to_string()));
        }
        if let Some((name, _)) = self.required.iter().find(|(_, value)| is_blank(value)) {
            return Err(EditError::Blank(name));
        }
        let block = block(expires?);
        let gap = match text {
            "" => "",
            _ if text.ends_with("\n\n") || text.ends_with("\n\r\n") => "",
            _ if text.ends_with('\n') => "\n",
            _ => "\n\n",
        };
        let edited = format!("{text}{}", with_line_ends_of(text, &format!("{gap}{block}")));
        let new = table(&block)?;
        let all = wanted.entry(self.kind.name()).or_insert_with(|| toml::Value::Table(toml::Table::new()));
        if let (toml::Value::Table(all), Some(entry)) = (all, entry_of(&new, self.kind, self.id)) {
            all.insert(self.id.to_string(), entry.clone());
        }
        verify(edited, &wanted, self.kind, self.id)
    }
}

/// Starts the time of a waiver again: `created` is today, `expires` is `days` later, `renewals` counts one more.
pub fn renew(text: &str, gate: &str, days: u32, today: NaiveDate) -> Result<String, EditError> {
    let kind = EntryKind::Waiver;
    let expires = last_day(kind, today, days)?;
    let form = |why: String| EditError::Form { kind, id: gate.to_string(), why };
    let mut wanted = table(text)?;
    let parsed = toml_text::parse_strict(text).map_err(|fault| not_toml(text, fault))?;
    let (_, value) = find(&parsed, kind, gate).ok_or_else(|| EditError::Absent(kind, gate.to_string()))?;
    let fields = value.get_ref().as_table().ok_or_else(|| form("it is no table".into()))?;
    let field = |name: &str| fields.get(name).ok_or_else(|| form(format!("it has no `{name}`")));
    let (created, expiry) = (field("created")?, field("expires")?);
    let count = match fields.get("renewals") {
        None => 0,
        Some(old) => old
            .get_ref()
            .as_integer()
            .and_then(|i| i.as_str().parse::<i64>().ok())
            .filter(|n| *n >= 0)
            .ok_or_else(|| form("`renewals` is no whole number".into()))?,
    };
    let mut splices = vec![
        (created.span(), dated(text, &created.span(), today)),
        (expiry.span(), dated(text, &expiry.span(), expires)),
    ];
    match fields.get("renewals") {
        Some(old) => splices.push((old.span(), count.saturating_add(1).to_string())),
        None if is_inline(text, value) => {
            splices.push((expiry.span().end..expiry.span().end, ", renewals = 1".into()));
        }
        None => splices.push(line_after(text, &expiry.span(), "renewals = 1")),
    }
    if let Some(entry) = entry_mut(&mut wanted, kind, gate) {
        let day = |old: &Spanned<DeValue<'_>>, day: NaiveDate| match old.get_ref() {
            DeValue::String(_) => Some(toml::Value::String(day.to_string())),
            _ => day.to_string().parse().ok().map(toml::Value::Datetime),
        };
        entry.extend(day(created, today).map(|value| ("created".to_string(), value)));
        entry.extend(day(expiry, expires).map(|value| ("expires".to_string(), value)));
        entry.insert("renewals".into(), toml::Value::Integer(count.saturating_add(1)));
    }
    verify(spliced(text, splices), &wanted, kind, gate)
}

/// Removes an entry: its table, and the comment lines that stand directly above it (not those at the top of the file).
pub fn remove(text: &str, kind: EntryKind, id: &str) -> Result<String, EditError> {
    let mut wanted = table(text)?;
    let parsed = toml_text::parse_strict(text).map_err(|fault| not_toml(text, fault))?;
    let (name, value) = find(&parsed, kind, id).ok_or_else(|| EditError::Absent(kind, id.to_string()))?;
    let start = comments_above(text, line_start(text, name.start));
    let mut end = line_end(text, last_byte(value));
    // One of the two gaps that meet goes.
    if start == 0 || text[..start].ends_with("\n\n") || text[..start].ends_with("\n\r\n") {
        while let Some(blank) = blank_line(&text[end..]) {
            end += blank;
        }
    }
    if let Some(toml::Value::Table(all)) = wanted.get_mut(kind.name()) {
        all.remove(id);
    }
    let left = spliced(text, vec![(start..end, String::new())]);
    // As evidence a file of nothing is one that was cut short: what is empty on purpose says so.
    let left = if left.trim().is_empty() { EMPTY.to_string() } else { left };
    verify(left, &wanted, kind, id)
}

fn table(text: &str) -> Result<toml::Table, EditError> {
    toml_text::parse_strict(text).map_err(|fault| not_toml(text, fault))?;
    text.parse::<toml::Table>()
        .map_err(|error| not_toml(text, TomlFault { message: error.message().into(), span: 0..0 }))
}

fn not_toml(text: &str, fault: TomlFault) -> EditError {
    let line = tollgate_text::json::place_of_offset(text.as_bytes(), fault.span.start).line;
    EditError::NotToml { message: fault.message, line }
}

fn entry_of<'t>(table: &'t toml::Table, kind: EntryKind, id: &str) -> Option<&'t toml::Value> {
    table.get(kind.name())?.as_table()?.get(id)
}

fn entry_mut<'t>(table: &'t mut toml::Table, kind: EntryKind, id: &str) -> Option<&'t mut toml::Table> {
    table.get_mut(kind.name())?.as_table_mut()?.get_mut(id)?.as_table_mut()
}

/// The entry's name and value, with their places.
fn find<'p, 't>(
    parsed: &'p Spanned<toml::de::DeTable<'t>>,
    kind: EntryKind,
    id: &str,
) -> Option<(Range<usize>, &'p Spanned<DeValue<'t>>)> {
    let entries = parsed.get_ref().get(kind.name())?.get_ref().as_table()?;
    let (name, value) = entries.get_key_value(id)?;
    Some((name.span(), value))
}

/// The edited text, if it says what was meant and nothing else.
fn verify(edited: String, wanted: &toml::Table, kind: EntryKind, id: &str) -> Result<String, EditError> {
    let bare = |table: &toml::Table| {
        let mut table = table.clone();
        if table.get(kind.name()).and_then(toml::Value::as_table).is_some_and(|all| all.is_empty()) {
            table.remove(kind.name());
        }
        table
    };
    match edited.parse::<toml::Table>() {
        Ok(found) if bare(&found) == bare(wanted) => Ok(edited),
        _ => {
            let why = "it is not written as a table of its own".into();
            Err(EditError::Form { kind, id: id.to_string(), why })
        }
    }
}

/// Replaces byte ranges, which do not overlap.
fn spliced(text: &str, mut splices: Vec<(Range<usize>, String)>) -> String {
    splices.sort_by_key(|(range, _)| range.start);
    let mut out = String::with_capacity(text.len() + 64);
    let mut at = 0;
    for (range, with) in splices {
        out.push_str(&text[at..range.start]);
        out.push_str(&with);
        at = range.end;
    }
    out.push_str(&text[at..]);
    out
}

/// A date written as the old value is: bare, or between the same quotes.
fn dated(text: &str, old: &Range<usize>, day: NaiveDate) -> String {
    match text[old.clone()].chars().next() {
        Some(quote @ ('"' | '\'')) => format!("{quote}{day}{quote}"),
        _ => day.to_string(),
    }
}

fn is_inline(text: &str, value: &Spanned<DeValue<'_>>) -> bool {
    text[value.span()].starts_with('{')
}

/// A line after the one that `span` ends on, indented as that one is.
fn line_after(text: &str, span: &Range<usize>, line: &str) -> (Range<usize>, String) {
    let start = line_start(text, span.start);
    let indent: String = text[start..].chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
    let end = line_end(text, span.end);
    let new =
        if text[..end].ends_with('\n') { format!("{indent}{line}\n") } else { format!("\n{indent}{line}") };
    (end..end, with_line_ends_of(text, &new))
}

fn with_line_ends_of(text: &str, new: &str) -> String {
    if text.contains("\r\n") { new.replace('\n', "\r\n") } else { new.to_string() }
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |i| i + 1)
}

/// One past the line end after `at`.
fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |i| at + i + 1)
}

/// The length of a leading blank line.
fn blank_line(text: &str) -> Option<usize> {
    let end = text.find('\n')? + 1;
    text[..end].trim().is_empty().then_some(end)
}

/// The last byte of a value or of what stands in its table.
fn last_byte(value: &Spanned<DeValue<'_>>) -> usize {
    let own = value.span().end;
    match value.get_ref() {
        DeValue::Table(table) => table.iter().map(|(_, inner)| last_byte(inner)).max().unwrap_or(0).max(own),
        _ => own,
    }
}

/// Where the comment lines directly above a line begin. A block that begins the file is about the file.
fn comments_above(text: &str, line: usize) -> usize {
    let mut start = line;
    while start > 0 {
        let above = line_start(text, start - 1);
        if !text[above..start].trim_start().starts_with('#') {
            return start;
        }
        start = above;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::super::dates;
    use super::*;
    use crate::model::lane::Lane;
    use proptest::prelude::*;

    const FILE: &str = "# Suites.\n[suite.unit]\nfiles = [ \"a\" ]\n\n# The engine.\n[waiver.one]   # keep\nowner = 'o'\n\
                        created = 2026-11-01   # first\n  expires   =   \"2026-11-20\" # last\nreason = 'r'\n\n# Another.\n\
                        [waiver.two]\ncreated = 2026-11-01\nexpires = 2026-11-02\nrenewals = 3\n";

    fn today() -> NaiveDate {
        dates::parse_day("2026-11-20").unwrap()
    }

    fn new(gate: &str) -> NewWaiver {
        NewWaiver {
            gate: gate.into(),
            owner: "o \"x\"".into(),
            reason: "r\nr".into(),
            issue: "i".into(),
            exit_criteria: "e".into(),
            lanes: vec![Lane::Full],
            checks: vec![],
            reasons: vec![],
            days: 10,
        }
    }

    #[test]
    fn add_appends_and_changes_nothing_else() {
        let edited = add(FILE, &new("three"), today()).unwrap();
        let block = edited.strip_prefix(FILE).unwrap();
        insta::assert_snapshot!(block, @r#"

        [waiver.three]
        owner = "o \"x\""
        reason = "r\nr"
        issue = "i"
        lanes = ["full"]
        created = 2026-11-20
        expires = 2026-11-30
        exit_criteria = "e"
        "#);
        assert!(add("", &new("x.y"), today()).unwrap().starts_with("[waiver.\"x.y\"]\n"));
        assert!(add("a = 1", &new("x"), today()).unwrap().starts_with("a = 1\n\n[waiver.x]\n"));
        let crlf = add("a = 1\r\n", &new("x"), today()).unwrap();
        assert_eq!(crlf.matches('\n').count(), crlf.matches("\r\n").count());
        let checks = NewWaiver {
            checks: vec!["c".into()],
            reasons: vec!["missing".into(), "stale".into()],
            lanes: vec![],
            ..new("x")
        };
        let edited = add("", &checks, today()).unwrap();
        assert!(
            edited.contains("checks = [\"c\"]\nreasons = [\"missing\", \"stale\"]\n")
                && edited.contains("\"preflight\", \"full\", \"certification\"")
        );
    }

    #[test]
    fn one_blank_line_stands_before_what_is_added() {
        for (before, gap) in [
            ("", ""),
            ("a = 1", "\n\n"),
            ("a = 1\n", "\n"),
            ("a = 1\n\n", ""),
            ("a = 1\n\n\n", ""),
            ("a = 1\r\n", "\r\n"),
            ("a = 1\r\n\r\n", ""),
            ("b = 1\r\na = 1", "\r\n\r\n"),
        ] {
            let edited = add(before, &new("x"), today()).unwrap();
            assert!(edited.starts_with(&format!("{before}{gap}[waiver.x]")), "{edited:?}");
        }
    }

    #[test]
    fn of_two_gaps_that_meet_one_goes() {
        for ends in ["\n", "\r\n"] {
            let with = |text: &str| text.replace('\n', ends);
            let of = |text: &str| remove(&with(text), EntryKind::Waiver, "a").unwrap();
            let entry = "[waiver.a]\nx = 1\n";
            assert_eq!(of(&format!("k = 1\n\n{entry}\n[b]\n")), with("k = 1\n\n[b]\n"));
            assert_eq!(of(&format!("k = 1\n{entry}\n[b]\n")), with("k = 1\n\n[b]\n"));
            assert_eq!(of(&format!("k = 1\n\n{entry}[b]\n")), with("k = 1\n\n[b]\n"));
            assert_eq!(of(&format!("{entry}\n  \n[b]\n")), with("[b]\n"));
            assert_eq!(of(&format!("k = 1\n\n{entry}")), with("k = 1\n\n"));
            assert_eq!(
                of(&format!("k = 1\n\n# Why.\n # More.\n{entry}\n# B.\n[b]\n")),
                with("k = 1\n\n# B.\n[b]\n")
            );
        }
    }

    #[test]
    fn what_is_refused_says_why() {
        let said = |result: Result<String, EditError>| result.unwrap_err().to_string();
        assert_eq!(
            said(add(FILE, &new("one"), today())),
            "there is a waiver for `one` already; renew or remove it"
        );
        assert_eq!(said(remove(FILE, EntryKind::Waiver, "no")), "there is no waiver for `no`");
        assert_eq!(
            said(add("", &new("waiver_lifecycle"), today())),
            "the gate `waiver_lifecycle` cannot be waived"
        );
        assert_eq!(said(renew(FILE, "one", 0, today())), "a waiver holds 1 to 30 days, not 0");
        assert!(
            said(remove("a = 1\nb = \n", EntryKind::Waiver, "a"))
                .starts_with("the file is not valid TOML (line 2): ")
        );
        for (file, why) in [
            ("[waiver]\na = 3\n", "it is no table"),
            ("[waiver.a]\nexpires = 2026-11-02\n", "it has no `created`"),
            ("[waiver.a]\ncreated = 2026-11-02\n", "it has no `expires`"),
            (
                "[waiver.a]\ncreated = 2026-11-01\nexpires = 2026-11-02\nrenewals = -1\n",
                "`renewals` is no whole number",
            ),
        ] {
            let said = said(renew(file, "a", 1, today()));
            assert_eq!(
                said,
                format!("the waiver for `a` cannot be edited here: {why}; edit the file by hand")
            );
        }
        let none = "[waiver.a]\ncreated = 2026-11-01\nexpires = 2026-11-02\nrenewals = 0\n";
        assert!(renew(none, "a", 1, today()).unwrap().ends_with("renewals = 1\n"));
    }

    #[test]
    fn the_last_day_is_one_that_toml_can_write() {
        let day = |text: &str| dates::parse_day(text).unwrap();
        let of = |today: &str, days| last_day(EntryKind::Waiver, day(today), days);
        assert_eq!(of("2026-11-20", 1), Ok(day("2026-11-21")));
        assert_eq!(of("2026-11-20", 30), Ok(day("2026-12-20")));
        assert_eq!(of("9999-12-01", 30), Ok(day("9999-12-31")));
        assert_eq!(of("9999-12-02", 30), Err(EditError::Days(EntryKind::Waiver, 30)));
    }

    #[test]
    fn add_refuses() {
        assert_eq!(add(FILE, &new("one"), today()), Err(EditError::Exists(EntryKind::Waiver, "one".into())));
        let unwaivable = EditError::Unwaivable("waiver_lifecycle".into());
        assert_eq!(add(FILE, &new("waiver_lifecycle"), today()), Err(unwaivable));
        for days in [0, 31, u32::MAX] {
            assert_eq!(
                add(FILE, &NewWaiver { days, ..new("x") }, today()),
                Err(EditError::Days(EntryKind::Waiver, days))
            );
        }
        for owner in [" ", "\u{3164}", "\u{feff}\u{e0041}"] {
            let blank = NewWaiver { owner: owner.into(), ..new("x") };
            assert_eq!(add(FILE, &blank, today()), Err(EditError::Blank("owner")));
        }
        assert!(matches!(add("[x\n", &new("x"), today()), Err(EditError::NotToml { line: 1, .. })));
        assert!(matches!(add("waiver = { a = {} }\n", &new("x"), today()), Err(EditError::Form { .. })));
    }

    #[test]
    fn renew_changes_two_dates_and_the_count() {
        let edited = renew(FILE, "one", 30, today()).unwrap();
        let wanted =
            FILE.replace("created = 2026-11-01   # first", "created = 2026-11-20   # first").replace(
                "  expires   =   \"2026-11-20\" # last\n",
                "  expires   =   \"2026-12-20\" # last\n  renewals = 1\n",
            );
        assert_eq!(edited, wanted);
        let again = renew(FILE, "two", 1, today()).unwrap();
        assert!(again.ends_with("[waiver.two]\ncreated = 2026-11-20\nexpires = 2026-11-21\nrenewals = 4\n"));
        let crlf = FILE.replace('\n', "\r\n");
        assert_eq!(renew(&crlf, "one", 30, today()).unwrap(), wanted.replace('\n', "\r\n"));
        let inline = "[waiver]\na = { created = 2026-11-01, expires = 2026-11-02 } # x\nb = {}\n";
        assert_eq!(
            renew(inline, "a", 1, today()).unwrap(),
            "[waiver]\na = { created = 2026-11-20, expires = 2026-11-21, renewals = 1 } # x\nb = {}\n"
        );
        let end = "[waiver.a]\ncreated = 2026-11-01\nexpires = 2026-11-02";
        assert!(renew(end, "a", 1, today()).unwrap().ends_with("expires = 2026-11-21\nrenewals = 1"));
    }

    #[test]
    fn renew_refuses() {
        assert_eq!(renew(FILE, "no", 1, today()), Err(EditError::Absent(EntryKind::Waiver, "no".into())));
        assert_eq!(renew(FILE, "one", 31, today()), Err(EditError::Days(EntryKind::Waiver, 31)));
        for odd in [
            "[waiver.a]\nowner = 'o'\n",
            "[waiver]\na.created = 2026-11-01\na.expires = 2026-11-02\n",
            "[waiver.a]\ncreated = 2026-11-01\nexpires = 2026-11-02\nrenewals = 'x'\n",
            "[waiver]\na = 3\n",
        ] {
            assert!(matches!(renew(odd, "a", 1, today()), Err(EditError::Form { .. })), "{odd}");
        }
    }

    #[test]
    fn remove_takes_the_entry_and_its_own_comment() {
        insta::assert_snapshot!(remove(FILE, EntryKind::Waiver, "one").unwrap(), @r#"
        # Suites.
        [suite.unit]
        files = [ "a" ]

        # Another.
        [waiver.two]
        created = 2026-11-01
        expires = 2026-11-02
        renewals = 3
        "#);
        let two = remove(FILE, EntryKind::Waiver, "two").unwrap();
        assert!(two.ends_with("reason = 'r'\n\n"), "{two:?}");
        assert_eq!(
            remove("# About the file.\n[waiver.a]\nx = 1\n", EntryKind::Waiver, "a").unwrap(),
            "# About the file.\n"
        );
        assert_eq!(
            remove("[waiver]\na = { x = 1 } # y\nb = {}\n", EntryKind::Waiver, "a").unwrap(),
            "[waiver]\nb = {}\n"
        );
        assert_eq!(
            remove("[waiver.a]\n[waiver.b]\nx = 1\n", EntryKind::Waiver, "a").unwrap(),
            "[waiver.b]\nx = 1\n"
        );
        assert_eq!(remove("[waiver.a]\nx = '''\nq\n'''\n\n[b]\n", EntryKind::Waiver, "a").unwrap(), "[b]\n");
        assert_eq!(
            remove(FILE, EntryKind::Waiver, "no"),
            Err(EditError::Absent(EntryKind::Waiver, "no".into()))
        );
        assert!(matches!(
            remove("waiver = { a = {}, b = {} }\n", EntryKind::Waiver, "a"),
            Err(EditError::Form { .. })
        ));
        assert!(matches!(
            remove("waiver.a.x = 1\nwaiver.b.x = 1\nwaiver.a.y = 2\n", EntryKind::Waiver, "a"),
            Err(EditError::Form { .. })
        ));
    }

    fn flake(id: &str) -> NewQuarantine {
        NewQuarantine {
            id: id.into(),
            category: "FLAKE-TIMING".into(),
            owner: "o".into(),
            reason: "r".into(),
            issue: "i".into(),
            evidence: "d.json".into(),
            reproduce: "cargo test -- 'a b'".into(),
            exit_criteria: "e".into(),
            signature: None,
            days: 21,
        }
    }

    #[test]
    fn a_quarantine_entry_is_added_and_removed_beside_waivers() {
        let signed = NewQuarantine { signature: Some("s\n".into()), ..flake("tui::a \"b\"") };
        let edited = add_quarantine(FILE, &signed, today()).unwrap();
        insta::assert_snapshot!(edited.strip_prefix(FILE).unwrap(), @r#"

        [quarantine."tui::a \"b\""]
        category = "FLAKE-TIMING"
        owner = "o"
        reason = "r"
        issue = "i"
        evidence = "d.json"
        reproduce = "cargo test -- 'a b'"
        created = 2026-11-20
        expires = 2026-12-11
        exit_criteria = "e"
        signature = "s\n"
        "#);
        // As evidence a file of nothing would be malformed.
        let alone = add_quarantine("", &flake("x"), today()).unwrap();
        assert_eq!(remove(&alone, EntryKind::Quarantine, "x").unwrap(), EMPTY);
        // The id of a waiver is not that of a quarantine entry.
        let both = add_quarantine(&edited, &flake("one"), today()).unwrap();
        let gone = remove(&both, EntryKind::Quarantine, "one").unwrap();
        assert!(gone.contains("[waiver.one]") && !gone.contains("[quarantine.one]"));
        assert_eq!(remove(&gone, EntryKind::Quarantine, &signed.id).unwrap().trim_end(), FILE.trim_end());
        let absent = remove(FILE, EntryKind::Quarantine, "one").unwrap_err();
        assert_eq!(absent.to_string(), "there is no quarantine entry for `one`");
        let twice = add_quarantine(&edited, &signed, today()).unwrap_err();
        assert!(
            twice
                .to_string()
                .starts_with("there is a quarantine entry for `tui::a \"b\"` already; remove it")
        );
        for days in [0, 22] {
            let wrong = add_quarantine(FILE, &NewQuarantine { days, ..flake("x") }, today()).unwrap_err();
            assert_eq!(wrong.to_string(), format!("a quarantine entry holds 1 to 21 days, not {days}"));
        }
        let blank = NewQuarantine { signature: Some(" ".into()), ..flake("x") };
        assert_eq!(add_quarantine(FILE, &blank, today()), Err(EditError::Blank("signature")));
        assert_eq!(add_quarantine(FILE, &flake(" "), today()), Err(EditError::Blank("id")));
    }

    fn line() -> impl Strategy<Value = String> {
        prop_oneof![
            Just(String::new()),
            "# [a-z ]{0,12}",
            Just("   # indented".to_string()),
            "[a-z]{1,3} = [1-9][0-9]{0,2}( # x)?",
        ]
    }

    proptest! {
        /// Whatever stands around an entry: add, renew and remove leave every byte of it.
        #[test]
        fn everything_else_is_kept(
            before in prop::collection::vec(line(), 0..6),
            after in prop::collection::vec(line(), 0..6),
            crlf: bool,
        ) {
            let number = |lines: &[String], head: &str| {
                let lines = lines.iter().enumerate().map(|(i, l)| {
                    if l.contains('=') { format!("k{i}{l}") } else { l.clone() }
                });
                std::iter::once(head.to_string()).chain(lines).map(|l| l + "\n").collect::<String>()
            };
            let (head, tail) = (number(&before, "[head]"), number(&after, "[tail]"));
            let entry = "[waiver.w]\ncreated = 2026-11-01\nexpires = 2026-11-02\n";
            let ends = |t: &str| if crlf { t.replace('\n', "\r\n") } else { t.to_string() };
            let (head, tail, entry) = (ends(&head), ends(&tail), ends(entry));
            let text = format!("{head}{entry}{tail}");

            let renewed = renew(&text, "w", 5, today()).unwrap();
            prop_assert!(renewed.starts_with(&head) && renewed.ends_with(&tail));

            let added = add(&text, &new("v"), today()).unwrap();
            prop_assert!(added.starts_with(&text));
            // An entry that was added and is removed again leaves the file as it was, but for the gap.
            let back = remove(&added, EntryKind::Waiver, "v").unwrap();
            let lines = |t: &str| t.lines().filter(|l| !l.trim().is_empty()).map(String::from).collect::<Vec<_>>();
            prop_assert_eq!(lines(&back), lines(&text));

            let removed = remove(&text, EntryKind::Waiver, "w").unwrap();
            prop_assert!(removed.ends_with(&tail), "{:?}", removed);
            prop_assert!(head.starts_with(&removed[..removed.len() - tail.len()]));
        }

        #[test]
        fn no_text_panics(text in "(\\[waiver.w\\]|waiver|\\.w|[a-z =\\[\\]{}'\"\n#]){0,20}") {
            let _ = add(&text, &new("w"), today());
            let _ = renew(&text, "w", 3, today());
            let _ = remove(&text, EntryKind::Waiver, "w");
        }
    }
}

//! The classification file as it is written. A wrong type of one field makes that entry invalid, with a sentence, and
//! never the file; a text that is not TOML is an error of the whole.

use crate::model::gate::Region;
use crate::model::waiver::EntryKind;
use std::collections::BTreeMap;
use std::ops::Range;
use tollgate_text::json::{TextPlace, TextPlaces};
use tollgate_text::toml_text::{self, kind, nearest};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Why the file could not be read as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}:{}:{}: {message}", .place.line, .place.column)]
pub struct ParseFault {
    /// The file, workspace-relative.
    pub path: String,
    /// One sentence.
    pub message: String,
    /// Where.
    pub place: TextPlace,
}

/// One `[suite.<kind>]` table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SuiteTable {
    /// Its `files`, as listed.
    pub files: Vec<String>,
    /// What is wrong with the table; empty when nothing is.
    pub faults: Vec<String>,
}

/// A waiver or quarantine entry as written. A field of the wrong type is absent here and named in `faults`.
#[derive(Debug, Clone, PartialEq)]
pub struct RawEntry {
    /// Gate id, suite, or `suite::test`.
    pub id: String,
    /// Which of the two.
    pub kind: EntryKind,
    /// Fields that hold a string; a TOML date is its `YYYY-MM-DD`.
    pub fields: BTreeMap<&'static str, String>,
    /// Waivers: `lanes`.
    pub lanes: Option<Vec<String>>,
    /// Waivers: `checks`.
    pub checks: Option<Vec<String>>,
    /// Waivers: `reasons`.
    pub reasons: Option<Vec<String>>,
    /// `renewals`
    pub renewals: Option<u64>,
    /// What is wrong with how it is written, one sentence each.
    pub faults: Vec<String>,
    /// Its header, to the end of the line.
    pub region: Region,
}

/// The `[rollback]` table as written.
#[derive(Debug, Clone, PartialEq)]
pub struct RawRollback {
    /// Fields that hold a string; a TOML date is its `YYYY-MM-DD`.
    pub fields: BTreeMap<&'static str, String>,
    /// What is wrong with how it is written.
    pub faults: Vec<String>,
    /// Its header, to the end of the line.
    pub region: Region,
}

/// The whole file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ClassificationFile {
    /// `[suite.<kind>]`, by kind.
    pub suites: BTreeMap<String, SuiteTable>,
    /// `[waiver.<gate>]`, in id order.
    pub waivers: Vec<RawEntry>,
    /// `[quarantine.<suite>]`, in id order.
    pub quarantines: Vec<RawEntry>,
    /// `[rollback]`
    pub rollback: Option<RawRollback>,
}

/// String and date fields of a waiver, all required.
pub const WAIVER_FIELDS: &[&str] = &["owner", "reason", "issue", "created", "expires", "exit_criteria"];
/// String and date fields of a quarantine entry, all required.
pub const QUARANTINE_FIELDS: &[&str] =
    &["category", "owner", "reason", "issue", "evidence", "reproduce", "created", "expires", "exit_criteria"];
/// String and date fields of the rollback record, all required.
pub const ROLLBACK_FIELDS: &[&str] = &["owner", "rationale", "created", "expires"];

/// Reads the file's text; `path` is how regions and errors name it.
pub fn parse(path: &str, text: &str) -> Result<ClassificationFile, ParseFault> {
    let fault = |message: String, at: usize| ParseFault {
        path: path.to_string(),
        message,
        place: tollgate_text::json::place_of_offset(text.as_bytes(), at),
    };
    let table = toml_text::parse_strict(text).map_err(|f| fault(f.message, f.span.start))?;
    let source = Source { path, text, places: TextPlaces::of(text.as_bytes()) };
    let mut file = ClassificationFile::default();
    let outer = |key: &str| -> Result<Option<&DeTable<'_>>, ParseFault> {
        let Some(value) = table.get_ref().get(key) else { return Ok(None) };
        match value.get_ref().as_table() {
            Some(inner) => Ok(Some(inner)),
            None => {
                let what = format!("`{key}` must be a table, not {}", kind(value.get_ref()));
                Err(fault(what, value.span().start))
            }
        }
    };
    for (name, value) in outer("suite")?.into_iter().flat_map(|t| t.iter()) {
        file.suites.insert(name.get_ref().to_string(), suite(value.get_ref()));
    }
    for (name, value) in outer("waiver")?.into_iter().flat_map(|t| t.iter()) {
        file.waivers.push(source.entry(EntryKind::Waiver, name, value));
    }
    for (name, value) in outer("quarantine")?.into_iter().flat_map(|t| t.iter()) {
        file.quarantines.push(source.entry(EntryKind::Quarantine, name, value));
    }
    if let Some(value) = table.get_ref().get("rollback") {
        file.rollback = Some(source.rollback(value));
    }
    Ok(file)
}

fn suite(value: &DeValue<'_>) -> SuiteTable {
    let mut suite = SuiteTable::default();
    let Some(table) = value.as_table() else {
        suite.faults.push(format!("it must be a table, not {}", kind(value)));
        return suite;
    };
    match table.get("files") {
        None => suite.faults.push("it has no `files`".into()),
        Some(files) => match strings(files.get_ref()) {
            Ok(list) => suite.files = list,
            Err(why) => suite.faults.push(format!("`files` {why}")),
        },
    }
    suite
}

/// A list of strings, or the end of a sentence that says what stands there.
fn strings(value: &DeValue<'_>) -> Result<Vec<String>, String> {
    let Some(items) = value.as_array() else {
        return Err(format!("must be a list of strings, not {}", kind(value)));
    };
    items
        .iter()
        .map(|item| match item.get_ref() {
            DeValue::String(s) => Ok(s.to_string()),
            other => Err(format!("must hold strings, not {}", kind(other))),
        })
        .collect()
}

struct Source<'s> {
    path: &'s str,
    text: &'s str,
    places: TextPlaces<'s>,
}

impl Source<'_> {
    fn header(&self, name: Range<usize>) -> Region {
        let line = self.places.line(name.start);
        let text = &self.text[line.clone()];
        let indent = text.len() - text.trim_start_matches([' ', '\t']).len();
        Region::to_end_of_line(self.path, &self.places, line.start + indent)
    }

    fn entry(
        &self,
        kind_of: EntryKind,
        name: &Spanned<std::borrow::Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
    ) -> RawEntry {
        let mut entry = RawEntry {
            id: name.get_ref().to_string(),
            kind: kind_of,
            fields: BTreeMap::new(),
            lanes: None,
            checks: None,
            reasons: None,
            renewals: None,
            faults: Vec::new(),
            region: self.header(name.span()),
        };
        let Some(table) = value.get_ref().as_table() else {
            entry.faults.push(format!("it must be a table, not {}", kind(value.get_ref())));
            return entry;
        };
        let waiver = kind_of == EntryKind::Waiver;
        let required = if waiver { WAIVER_FIELDS } else { QUARANTINE_FIELDS };

        read_fields(table, required, &mut entry.fields, &mut entry.faults);
        if waiver {
            entry.lanes = read_list(table, "lanes", &mut entry.faults);
            entry.checks = read_list(table, "checks", &mut entry.faults);
            entry.reasons = read_list(table, "reasons", &mut entry.faults);
        } else {
            read_fields(table, &["signature"], &mut entry.fields, &mut entry.faults);
        }
        if let Some(value) = table.get("renewals") {
            match count(value.get_ref()) {
                Some(n) => entry.renewals = Some(n),
                None => entry.faults.push("`renewals` must be a whole number, 0 or more".into()),
            }
        }
        if waiver {
            narrowing_slips(table, &mut entry.faults);
        }
        entry
    }

    fn rollback(&self, value: &Spanned<DeValue<'_>>) -> RawRollback {
        let mut raw =
            RawRollback { fields: BTreeMap::new(), faults: Vec::new(), region: self.header(value.span()) };
        match value.get_ref().as_table() {
            Some(table) => {
                read_fields(table, ROLLBACK_FIELDS, &mut raw.fields, &mut raw.faults);
            }
            None => raw.faults.push(format!("`rollback` must be a table, not {}", kind(value.get_ref()))),
        }
        raw
    }
}

/// Reads string fields; `created` and `expires` may be TOML dates.
fn read_fields(
    table: &DeTable<'_>,
    keys: &[&'static str],
    fields: &mut BTreeMap<&'static str, String>,
    faults: &mut Vec<String>,
) {
    for key in keys {
        let Some(value) = table.get(*key) else { continue };
        let dated = matches!(*key, "created" | "expires");
        match value.get_ref() {
            DeValue::String(s) => {
                fields.insert(key, s.to_string());
            }
            DeValue::Datetime(d) if dated => match (d.date, d.time, d.offset) {
                (Some(date), None, None) => {
                    fields.insert(key, format!("{:04}-{:02}-{:02}", date.year, date.month, date.day));
                }
                _ => faults.push(format!("`{key}` must be a date alone, such as 2026-11-20, not `{d}`")),
            },
            other if dated => faults.push(format!("`{key}` must be a date, not {}", kind(other))),
            other => faults.push(format!("`{key}` must be a string, not {}", kind(other))),
        }
    }
}

fn read_list(table: &DeTable<'_>, key: &str, faults: &mut Vec<String>) -> Option<Vec<String>> {
    match strings(table.get(key)?.get_ref()) {
        Ok(list) => Some(list),
        Err(why) => {
            faults.push(format!("`{key}` {why}"));
            None
        }
    }
}

fn count(value: &DeValue<'_>) -> Option<u64> {
    let integer = value.as_integer()?;
    u64::from_str_radix(&integer.as_str().replace('_', ""), integer.radix()).ok()
}

/// Other keys are the author's own, but one that nearly is `checks` is a slip that would widen a waiver to every check.
/// (A slip in a required key is found by its absence.)
fn narrowing_slips(table: &DeTable<'_>, faults: &mut Vec<String>) {
    for (key, _) in table.iter() {
        let name: &str = key.get_ref();
        let known =
            WAIVER_FIELDS.iter().chain(&["lanes", "checks", "reasons", "renewals"]).any(|k| *k == name);
        if !known && nearest(name, ["checks"]).is_some() {
            faults.push(format!("it knows no key `{}`; did you mean `checks`?", name.escape_debug()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
[suite.unit]
files = ["a", "b"]

[waiver.extension_must_pass]
owner = "runtime"
reason = "engine bug, fix in review"
issue = "https://issues.example.org/4211"
lanes = ["preflight", "full"]
created = 2026-11-01
expires = "2026-11-20"
exit_criteria = "all pass"
checks = ["pass-rate"]
renewals = 2

[quarantine."e2e_tui::redraw"]
category = "FLAKE-TIMING"
created = 2026-11-01

[rollback]
owner = "release"
created = 2026-11-01
"#;

    #[test]
    fn the_file_is_read_with_its_places() {
        let file = parse("tests/suite_classification.toml", GOOD).unwrap();
        assert_eq!(file.suites["unit"].files, ["a", "b"]);
        let waiver = &file.waivers[0];
        assert_eq!(waiver.fields["created"], "2026-11-01");
        assert_eq!(waiver.fields["expires"], "2026-11-20");
        assert_eq!(waiver.checks.as_deref(), Some(&["pass-rate".to_string()][..]));
        assert_eq!(waiver.renewals, Some(2));
        assert_eq!((waiver.region.line, waiver.region.column, waiver.region.end_column), (5, 1, 29));
        assert!(waiver.faults.is_empty());
        assert_eq!(file.quarantines[0].id, "e2e_tui::redraw");
        assert_eq!(file.quarantines[0].region.line, 16);
        assert_eq!(file.rollback.unwrap().region.line, 20);
    }

    #[test]
    fn a_wrong_field_breaks_its_entry_alone() {
        let text = "[waiver.a]\nowner = 3\ncreated = 2026-11-01T00:00:00Z\nexpires = 5\nlanes = 'full'\nchecks = [1]\n\
                    renewals = -1\n[waiver.b]\nowner = 'x'\n[waiver]\nc = 1\n";
        let file = parse("f", text).unwrap();
        let by_id = |id: &str| &file.waivers.iter().find(|w| w.id == id).unwrap().faults;
        assert_eq!(
            by_id("a").as_slice(),
            [
                "`owner` must be a string, not an integer",
                "`created` must be a date alone, such as 2026-11-20, not `2026-11-01T00:00:00Z`",
                "`expires` must be a date, not an integer",
                "`lanes` must be a list of strings, not a string",
                "`checks` must hold strings, not an integer",
                "`renewals` must be a whole number, 0 or more",
            ]
        );
        assert!(by_id("b").is_empty());
        assert_eq!(by_id("c").as_slice(), ["it must be a table, not an integer"]);
    }

    #[test]
    fn a_suite_that_cannot_be_read_says_why() {
        let text =
            "[suite]\na = 3\nb = {}\nc = { files = 'x' }\nd = { files = ['x', 1] }\ne = { files = [] }\n";
        let suites = parse("f", text).unwrap().suites;
        let faults: Vec<_> =
            suites.values().flat_map(|suite| suite.faults.iter().map(String::as_str)).collect();
        assert_eq!(
            faults,
            [
                "it must be a table, not an integer",
                "it has no `files`",
                "`files` must be a list of strings, not a string",
                "`files` must hold strings, not an integer",
            ]
        );
        assert!(suites.values().all(|suite| suite.files.is_empty()));
        assert_eq!(suites.keys().map(String::as_str).collect::<Vec<_>>(), ["a", "b", "c", "d", "e"]);
    }

    #[test]
    fn an_entry_stands_where_its_line_begins() {
        let text = "# x\n  [waiver.a]\nowner = 'o'\n\t[quarantine.\"b::c\"]  # y\n[waiver]\n   d = {}\n [rollback]\n";
        let file = parse("f.toml", text).unwrap();
        let at = |region: &Region| (region.line, region.column, region.end_line, region.end_column);
        assert_eq!(at(&file.waivers[0].region), (2, 3, 2, 13));
        assert_eq!(file.waivers[0].region.path, "f.toml");
        assert_eq!(at(&file.waivers[1].region), (6, 4, 6, 10));
        assert_eq!(at(&file.quarantines[0].region), (4, 2, 4, 26));
        assert_eq!(at(&file.rollback.unwrap().region), (7, 2, 7, 12));
    }

    #[test]
    fn a_date_is_no_text_and_a_time_is_no_date() {
        let text = "[waiver.a]\nowner = 2026-11-01\ncreated = 2026-11-01 10:00:00\nexpires = 10:00:00\n\
                    [quarantine.q]\nsignature = 2026-11-01\ncategory = ['x']\n\
                    [rollback]\nowner = 1\nrationale = 'r'\ncreated = 0001-02-03\nexpires = []\n";
        let file = parse("f", text).unwrap();
        assert_eq!(
            file.waivers[0].faults,
            [
                "`owner` must be a string, not a date or time",
                "`created` must be a date alone, such as 2026-11-20, not `2026-11-01T10:00:00`",
                "`expires` must be a date alone, such as 2026-11-20, not `10:00:00`",
            ]
        );
        assert_eq!(file.waivers[0].fields, BTreeMap::new());
        assert_eq!(
            file.quarantines[0].faults,
            ["`category` must be a string, not a list", "`signature` must be a string, not a date or time"]
        );
        let rollback = file.rollback.unwrap();
        assert_eq!(
            rollback.faults,
            ["`owner` must be a string, not an integer", "`expires` must be a date, not a list"]
        );
        let text = |text: &str| text.to_string();
        assert_eq!(
            rollback.fields,
            BTreeMap::from([("created", text("0001-02-03")), ("rationale", text("r"))])
        );
        let odd = parse("f", "rollback = 3").unwrap().rollback.unwrap();
        assert_eq!(odd.faults, ["`rollback` must be a table, not an integer"]);
    }

    #[test]
    fn renewals_are_whole_numbers_however_they_are_written() {
        let of = |text: &str| {
            let file = parse("f", &format!("[waiver.a]\nrenewals = {text}\n")).unwrap();
            (file.waivers[0].renewals, file.waivers[0].faults.clone())
        };
        for (text, wanted) in [("0", 0), ("7", 7), ("1_000", 1000), ("0x1F", 31), ("0b101", 5), ("0o17", 15)]
        {
            assert_eq!(of(text), (Some(wanted), vec![]), "{text}");
        }
        let fault = vec!["`renewals` must be a whole number, 0 or more".to_string()];
        for text in ["-1", "1.0", "'1'", "true", "[]"] {
            assert_eq!(of(text), (None, fault.clone()), "{text}");
        }
    }

    #[test]
    fn a_quarantine_has_no_lanes_and_a_waiver_no_signature() {
        let both = "lanes = ['full']\nchecks = ['a']\nreasons = ['stale']\nsignature = 's'\ncheck = 1\n";
        let file = parse("f", &format!("[waiver.a]\n{both}[quarantine.a]\n{both}")).unwrap();
        let (waiver, quarantine) = (&file.waivers[0], &file.quarantines[0]);
        let one = |text: &str| Some(vec![text.to_string()]);
        assert_eq!(
            (
                waiver.lanes.clone(),
                waiver.checks.clone(),
                waiver.reasons.clone(),
                waiver.fields.get("signature")
            ),
            (one("full"), one("a"), one("stale"), None)
        );
        assert_eq!(waiver.faults, ["it knows no key `check`; did you mean `checks`?"]);
        assert_eq!(
            (quarantine.lanes.clone(), quarantine.checks.clone(), quarantine.reasons.clone()),
            (None, None, None)
        );
        assert_eq!((quarantine.fields["signature"].as_str(), quarantine.faults.len()), ("s", 0));
    }

    #[test]
    fn a_slip_in_a_key_is_a_fault_and_a_key_of_ones_own_is_not() {
        let file = parse("f", "[waiver.a]\ncheck = ['x']\napproved_by = 'b'\ncreated_by = 'c'\n").unwrap();
        assert_eq!(file.waivers[0].faults, ["it knows no key `check`; did you mean `checks`?"]);
    }

    #[test]
    fn what_is_not_toml_is_an_error_with_a_place() {
        let error = parse("f.toml", "[waiver.a]\nowner = \n").unwrap_err();
        assert_eq!((error.place.line, error.path.as_str()), (2, "f.toml"));
        assert!(parse("f", "a = 1\na = 2").is_err());
        assert!(parse("f", "waiver = 3").unwrap_err().to_string().contains("`waiver` must be a table"));
    }

    #[test]
    fn an_empty_file_has_nothing() {
        assert_eq!(parse("f", "").unwrap(), ClassificationFile::default());
    }
}

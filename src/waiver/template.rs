//! A waiver ready to paste for a failing gate. Its blanks keep it invalid until a person fills them in.

use super::dates::WAIVER_DAYS;
use super::state::UNWAIVABLE;
use crate::model::lane::Lane;
use chrono::{Datelike as _, Days, NaiveDate};

/// A bare TOML key, or a quoted one.
pub fn key(text: &str) -> String {
    let bare = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if bare { text.to_string() } else { quoted(text) }
}

/// A TOML basic string.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A `[waiver.<gate>]` table for the classification file, dates filled in, covering `failed_checks` (all checks when it
/// is empty). `None` for a gate that cannot be waived.
pub fn template(gate: &str, failed_checks: &[String], today: NaiveDate) -> Option<String> {
    if UNWAIVABLE.contains(&gate) {
        return None;
    }
    let lanes: Vec<String> = Lane::ALL.iter().map(|lane| quoted(lane.name())).collect();
    // A date of five digits is none that TOML knows.
    let last = today.checked_add_days(Days::new(WAIVER_DAYS.unsigned_abs()));
    let expires = last.filter(|last| last.year() <= 9999).unwrap_or(today);
    let mut text = format!(
        "[waiver.{}]\nowner = \"\"              # who answers for it\nreason = \"\"             # why it may be red for \
         now\nissue = \"\"              # where the work is tracked\nlanes = [{}]\ncreated = {today}\nexpires = \
         {expires}     # the latest day allowed\nexit_criteria = \"\"      # what ends it\n",
        key(gate),
        lanes.join(", "),
    );
    if !failed_checks.is_empty() {
        let checks: Vec<String> = failed_checks.iter().map(|check| quoted(check)).collect();
        text.push_str(&format!(
            "checks = [{}]   # any other failing check is still red\n",
            checks.join(", ")
        ));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::super::dates::parse_day;
    use super::super::parse::parse;
    use super::super::state::{Context, entries};
    use super::*;
    use crate::model::waiver::State;
    use std::collections::BTreeMap;

    fn judged(text: &str) -> (State, String) {
        let gates = BTreeMap::from([("a.b c".to_string(), vec!["x\"y".to_string()])]);
        let context =
            Context { today: parse_day("2026-11-20").unwrap(), gates: &gates, signatures: &BTreeMap::new() };
        let entry = entries(&parse("f", text).unwrap(), &context).0.remove(0);
        (entry.state, entry.detail)
    }

    #[test]
    fn it_is_invalid_until_its_blanks_are_filled_in() {
        let text = template("a.b c", &["x\"y".into()], parse_day("2026-11-20").unwrap()).unwrap();
        insta::assert_snapshot!(text, @r#"
        [waiver."a.b c"]
        owner = ""              # who answers for it
        reason = ""             # why it may be red for now
        issue = ""              # where the work is tracked
        lanes = ["preflight", "full", "certification"]
        created = 2026-11-20
        expires = 2026-12-20     # the latest day allowed
        exit_criteria = ""      # what ends it
        checks = ["x\"y"]   # any other failing check is still red
        "#);
        let blanks = "`owner` is blank; `reason` is blank; `issue` is blank; `exit_criteria` is blank";
        assert_eq!(judged(&text), (State::Invalid, blanks.into()));
        assert_eq!(judged(&text.replace("\"\"", "\"filled in\"")).0, State::Active);
        assert_eq!(template("waiver_lifecycle", &[], parse_day("2026-11-20").unwrap()), None);
    }
}

//! A waiver ready to paste for a failing gate. Its blanks keep it invalid until a person fills them in.

use super::apply::{Needs, needs};
use super::dates::WAIVER_DAYS;
use super::state::UNWAIVABLE;
use crate::model::finding::Finding;
use crate::model::lane::Lane;
use chrono::{Datelike as _, Days, NaiveDate};
use tollgate_text::escape::is_hostile;

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
            c if is_hostile(c) && c.len_utf16() == 2 => out.push_str(&format!("\\U{:08X}", u32::from(c))),
            c if is_hostile(c) => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A `[waiver.<gate>]` table for the classification file, dates filled in, that covers what these findings need and nothing
/// else. `None` where no waiver can.
pub fn template(gate: &str, findings: &[Finding], today: NaiveDate) -> Option<String> {
    let needs = needed(gate, findings)?;
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
    let checks: Vec<String> = needs.checks.iter().map(|check| quoted(check)).collect();
    text.push_str(&format!("checks = [{}]   # any other failing check is still red\n", checks.join(", ")));
    if !needs.reasons.is_empty() {
        text.push_str(&format!(
            "{}   # any other fault of the evidence is still red\n",
            reasons_line(&needs)
        ));
    }
    Some(text)
}

/// The command that adds such a waiver, to be completed: what is left blank is refused. `None` where no waiver can cover it.
pub fn command(gate: &str, findings: &[Finding]) -> Option<String> {
    let needs = needed(gate, findings)?;
    let word =
        |text: &str| shlex::try_quote(text).map_or_else(|_| quoted(text), std::borrow::Cow::into_owned);
    let mut line = format!("tollgate waiver add {}", word(gate));
    // A check's id may begin as an option does.
    needs.checks.iter().for_each(|check| line.push_str(&format!(" --check={}", word(check))));
    needs.reasons.iter().for_each(|reason| line.push_str(&format!(" --reason-kind {reason}")));
    line.push_str(" --owner '' --reason '' --issue '' --exit-criteria ''");
    Some(line)
}

fn needed(gate: &str, findings: &[Finding]) -> Option<Needs> {
    if UNWAIVABLE.contains(&gate) { None } else { needs(findings) }
}

fn reasons_line(needs: &Needs) -> String {
    let reasons: Vec<String> = needs.reasons.iter().map(|reason| quoted(reason)).collect();
    format!("reasons = [{}]", reasons.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::dates::parse_day;
    use super::super::parse::parse;
    use super::super::state::{EntryContext, entries};
    use super::*;
    use crate::model::finding::Reason;
    use crate::model::waiver::EntryState;
    use std::collections::BTreeMap;

    fn judged(text: &str) -> (EntryState, String) {
        let gates = BTreeMap::from([("a.b c".to_string(), vec!["x\"y".to_string()])]);
        let context = EntryContext {
            today: parse_day("2026-11-20").unwrap(),
            gates: &gates,
            signatures: &BTreeMap::new(),
        };
        let entry = entries(&parse("f", text).unwrap(), &context).0.remove(0);
        (entry.state, entry.detail)
    }

    fn failed(check: &str) -> Finding {
        Finding { check: Some(check.into()), ..Finding::new(Reason::Assertion, "x") }
    }

    fn today() -> NaiveDate {
        parse_day("2026-11-20").unwrap()
    }

    #[test]
    fn it_is_invalid_until_its_blanks_are_filled_in() {
        let text = template("a.b c", &[failed("x\"y")], today()).unwrap();
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
        assert_eq!(judged(&text), (EntryState::Invalid, blanks.into()));
        assert_eq!(judged(&text.replace("\"\"", "\"filled in\"")).0, EntryState::Active);
        assert_eq!(template("waiver_lifecycle", &[failed("x")], today()), None);
        assert_eq!(template("g", &[], today()), None);
    }

    #[test]
    fn a_fault_of_the_evidence_is_named_and_covers_no_check() {
        let stale = [Finding::new(Reason::Stale, "x"), Finding::new(Reason::Missing, "x")];
        let text = template("a.b c", &stale, today()).unwrap();
        let tail = "checks = []   # any other failing check is still red\n\
                    reasons = [\"missing\", \"stale\"]   # any other fault of the evidence is still red\n";
        assert!(text.ends_with(tail), "{text}");
        assert_eq!(judged(&text.replace("= \"\"", "= \"filled in\"")).0, EntryState::Active);
        assert_eq!(template("g", &[Finding::new(Reason::Waiver, "x")], today()), None);
    }

    #[test]
    fn the_command_names_what_is_needed_and_leaves_blank_what_a_person_says() {
        let both = [failed("-x y"), failed("a"), Finding::new(Reason::Schema, "x")];
        assert_eq!(
            command("g", &both).unwrap(),
            "tollgate waiver add g --check='-x y' --check=a --reason-kind schema --owner '' --reason '' --issue '' \
             --exit-criteria ''"
        );
        assert_eq!(command("quarantine_lifecycle", &both), None);
        assert_eq!(command("g", &[Finding::new(Reason::NotReached, "x")]), None);
    }

    #[test]
    fn what_cannot_be_seen_is_written_as_an_escape() {
        let text = "a\u{3164}\u{e0041}\u{1b}ü";
        assert_eq!(quoted(text), "\"a\\u3164\\U000E0041\\u001Bü\"");
        let read: toml::Table = format!("a = {}", quoted(text)).parse().unwrap();
        assert_eq!(read["a"].as_str(), Some(text));
    }

    #[test]
    fn a_key_is_bare_where_toml_lets_it() {
        for (text, wanted) in [
            ("a", "a"),
            ("A-b_9", "A-b_9"),
            ("-", "-"),
            ("_", "_"),
            ("", "\"\""),
            ("a.b", "\"a.b\""),
            ("a b", "\"a b\""),
            ("ä", "\"ä\""),
            ("tui::x", "\"tui::x\""),
        ] {
            assert_eq!(key(text), wanted);
        }
    }

    #[test]
    fn a_string_is_read_as_it_was_written() {
        for (text, wanted) in [
            ("", "\"\""),
            ("a\"b\\c", "\"a\\\"b\\\\c\""),
            ("a\nb\tc\rd", "\"a\\nb\\tc\\u000Dd\""),
            ("\u{fff9}\u{200b}é\u{1f600}\u{e0001}", "\"\\uFFF9\\u200Bé\u{1f600}\\U000E0001\""),
        ] {
            assert_eq!(quoted(text), wanted);
            let read: toml::Table = format!("a = {}", quoted(text)).parse().unwrap();
            assert_eq!(read["a"].as_str(), Some(text));
        }
    }

    #[test]
    fn its_last_day_is_one_that_toml_can_write() {
        let of = |today: &str| template("g", &[failed("a")], parse_day(today).unwrap()).unwrap();
        assert!(of("9999-12-01").contains("\nexpires = 9999-12-31 "));
        assert!(of("9999-12-02").contains("\nexpires = 9999-12-02 "));
    }
}

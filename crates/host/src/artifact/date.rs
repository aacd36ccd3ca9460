//! How old a document is, and of which commit: stale is what is too old, from the future, undated, without a zone, or of
//! another commit.

use super::fault::FileFault;
use chrono::TimeDelta;
use tollgate_core::model::finding::Reason;
use tollgate_text::json::{Json, plain};
use tollgate_text::time::{AHEAD, Now, parse_rfc3339};

/// What a document says of its own time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct DocumentDate {
    /// As written; `None` when it says nothing, or nothing that is text.
    pub(super) generated_at: Option<String>,
    /// Seconds between that and now; negative in the future.
    pub(super) age_seconds: Option<i64>,
}

/// The first of `fields` that the document has (`generated_at`; for jsonl also `ts`).
fn field<'d, 'f>(document: &'d Json<'d>, fields: &[&'f str]) -> Option<(&'f str, &'d Json<'d>)> {
    fields.iter().find_map(|f| Some((*f, document.get(f)?)))
}

/// Reads the document's own time.
pub(super) fn dated(document: &Json<'_>, fields: &[&str], now: Now) -> DocumentDate {
    let text = field(document, fields).and_then(|(_, value)| value.as_str());
    let age = text.and_then(|t| parse_rfc3339(t).ok()).map(|t| (now.time() - t.to_utc()).num_seconds());
    DocumentDate { generated_at: text.map(plain), age_seconds: age }
}

/// Why the document is stale. A `generated_at` is held to being a time with a zone and not in the future even where no
/// `max_age` is asked; a `ts`, which events use for times of any kind, only where it is a time.
pub(super) fn stale(
    document: &Json<'_>,
    fields: &[&str],
    max_age: Option<u64>,
    now: Now,
) -> Option<FileFault> {
    let expected = match max_age {
        Some(most) => format!("at most {} old", span(most)),
        None => "a time with a zone, not in the future".into(),
    };
    let fault = |clause: String, pointer: String, actual: Option<String>| FileFault {
        pointer: Some(pointer.into()),
        expected: Some(expected.as_str().into()),
        actual: actual.map(Into::into),
        ..FileFault::new(Reason::Stale, clause)
    };
    let Some((name, value)) = field(document, fields) else {
        let clause = format!("it has no `{}`, so its age cannot be told", fields.join("` or `"));
        return max_age.map(|_| fault(clause, String::new(), None));
    };
    let pointer = format!("/{name}");
    let parsed = match value.as_str().map(parse_rfc3339) {
        Some(Ok(time)) => time,
        _ if max_age.is_none() && name != "generated_at" => return None,
        Some(Err(why)) => return Some(fault(format!("its `{name}`: {why}"), pointer, Some(value.brief()))),
        None => {
            let clause = format!("its `{name}` is {}, not a time", value.brief());
            return Some(fault(clause, pointer, Some(value.brief())));
        }
    };
    let age = whole_seconds(now.time() - parsed.to_utc());
    let shown = value.as_str().map(plain).unwrap_or_default();
    if age < -AHEAD {
        let clause = format!("its `{name}` {shown} lies {} in the future", span(age.unsigned_abs()));
        return Some(fault(clause, pointer, Some(shown)));
    }
    let most = max_age.filter(|most| age > 0 && age.unsigned_abs() > *most)?;
    let clause = format!("it is {} old ({name} {shown}), more than {}", span(age.unsigned_abs()), span(most));
    Some(fault(clause, pointer, Some(shown)))
}

/// Seconds, a part of one counted as a whole: half a second past a limit is past it.
fn whole_seconds(age: TimeDelta) -> i64 {
    age.num_seconds() + i64::from(age.subsec_nanos().signum())
}

/// The commit a document says it is of, with its pointer: `commit` or `git_sha` at its top, else under `environment`.
pub(super) fn commit<'d>(document: &'d Json<'d>) -> Option<(&'static str, &'d str)> {
    ["/commit", "/git_sha", "/environment/commit", "/environment/git_sha"]
        .into_iter()
        .find_map(|pointer| Some((pointer, document.pointer(pointer)?.as_str()?)))
}

/// The two largest units that are not zero: `3 d 4 h`, `12 min`, `7 d 1 s`.
fn span(seconds: u64) -> String {
    let units = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let shown: Vec<String> =
        units.iter().filter(|(n, _)| *n > 0).take(2).map(|(n, unit)| format!("{n} {unit}")).collect();
    if shown.is_empty() { "0 s".into() } else { shown.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tollgate_text::json::{JsonLimits, parse};

    const DAY: u64 = 86_400;

    fn why(text: &str, max_age: Option<u64>) -> String {
        let now = Now::parse("2026-11-20T12:00:00Z").unwrap();
        let doc = parse(text.as_bytes(), &JsonLimits::default()).unwrap();
        stale(&doc, &["generated_at", "ts"], max_age, now).map_or("fresh".into(), |f| f.clause)
    }

    #[test]
    fn stale_is_old_future_undated_or_without_a_zone() {
        let at = |t: &str| format!("{{\"generated_at\": \"{t}\"}}");
        let week = Some(7 * DAY);
        assert_eq!(why(&at("2026-11-13T12:00:00Z"), week), "fresh");
        assert_eq!(why(&at("2026-11-20T14:04:00+02:00"), week), "fresh");
        assert_eq!(why(&at("2026-11-20T12:04:59.9Z"), week), "fresh");
        for past in ["2026-11-13T11:59:59.9Z", "2026-11-20T12:05:00.1Z"] {
            assert_ne!(why(&at(past), week), "fresh", "{past}");
        }
        let all = [
            why(&at("2026-11-13T11:59:59Z"), week),
            why(&at("2026-11-20T12:05:01Z"), week),
            why(&at("2026-11-20T12:05:01Z"), None),
            why(&at("2026-11-20T12:00:00"), None),
            why(&at("2026-11-20"), week),
            why("{\"generated_at\": 1700000000}", None),
            why("{\"generated_at\": null}", week),
            why("{}", week),
            why("[]", week),
            why("{\"ts\": 5}", week),
        ];
        insta::assert_snapshot!(all.join("\n"), @r#"
        it is 7 d 1 s old (generated_at 2026-11-13T11:59:59Z), more than 7 d
        its `generated_at` 2026-11-20T12:05:01Z lies 5 min 1 s in the future
        its `generated_at` 2026-11-20T12:05:01Z lies 5 min 1 s in the future
        its `generated_at`: `2026-11-20T12:00:00` has no time zone; write it as RFC 3339, for example 2026-11-20T12:00:00Z
        its `generated_at`: `2026-11-20` is not an RFC 3339 time such as 2026-11-20T12:00:00Z
        its `generated_at` is 1700000000, not a time
        its `generated_at` is null, not a time
        it has no `generated_at` or `ts`, so its age cannot be told
        it has no `generated_at` or `ts`, so its age cannot be told
        its `ts` is 5, not a time
        "#);
        for fresh in ["{}", "{\"ts\": 5}", "{\"ts\": \"00:01\"}"] {
            assert_eq!(why(fresh, None), "fresh");
        }
        assert_ne!(why("{\"ts\": \"2027-01-01T00:00:00Z\"}", None), "fresh");
    }

    proptest! {
        #[test]
        fn fresh_is_exactly_the_window(offset in -2_000_000i64..2_000_000, most in 0u64..1_000_000) {
            let now = Now::parse("2026-11-20T12:00:00Z").unwrap();
            let time = (now.time() - chrono::TimeDelta::seconds(offset)).to_rfc3339();
            let text = format!("{{\"generated_at\": \"{time}\"}}");
            let fresh = why(&text, Some(most)) == "fresh";
            prop_assert_eq!(fresh, offset >= -300 && offset <= most as i64);
        }
    }
}

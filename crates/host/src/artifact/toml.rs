//! TOML as evidence: keys in document order, dates as strings, no NaN and no infinity.

use super::fault::FileFault;
use ::toml::Spanned;
use ::toml::de::{DeString, DeTable, DeValue};
use std::borrow::Cow;
use tollgate_core::model::finding::Reason;
use tollgate_text::json::{
    Json, JsonLimits, JsonObject, TextPlace, place_of_offset, places_of_offsets, plain, utf8,
};

/// Parses a TOML document. Dates are bound as `YYYY-MM-DD`, times as RFC 3339 (without a zone where the file has none).
pub(super) fn parse<'a>(bytes: &'a [u8], limits: &JsonLimits) -> Result<Json<'a>, FileFault> {
    let text = utf8(bytes).map_err(FileFault::of_parse)?;
    if text.trim().is_empty() {
        return Err(
            FileFault::new(Reason::Malformed, "the file is empty").at(Some(place_of_offset(bytes, 0)))
        );
    }
    let table = DeTable::parse(text).map_err(|e| {
        let place = e.span().map(|span| place_of_offset(bytes, span.start));
        // The parser's two ways to say that it goes no deeper.
        let deep = e.message().contains("recursion");
        let fault = if deep { too_deep() } else { FileFault::new(Reason::Malformed, plain(e.message())) };
        fault.at(place)
    })?;
    object(table.get_ref(), bytes, limits.levels())
}

fn too_deep() -> FileFault {
    FileFault::new(Reason::Limit, "it is nested too deeply")
}

fn object<'a>(table: &DeTable<'_>, bytes: &'a [u8], depth: usize) -> Result<Json<'a>, FileFault> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(too_deep());
    };
    let mut members: Vec<(&Spanned<DeString<'_>>, &Spanned<DeValue<'_>>)> = table.iter().collect();
    members.sort_by_key(|(key, _)| key.span().start);
    let members: Result<Vec<_>, FileFault> = members
        .into_iter()
        .map(|(key, inner)| Ok((Cow::Owned(key.get_ref().to_string()), value(inner, bytes, depth)?)))
        .collect();
    Ok(Json::Object(JsonObject::from_members(members?)))
}

fn value<'a>(spanned: &Spanned<DeValue<'_>>, bytes: &'a [u8], depth: usize) -> Result<Json<'a>, FileFault> {
    let malformed = |clause: String| {
        FileFault::new(Reason::Malformed, clause).at(Some(place_of_offset(bytes, spanned.span().start)))
    };
    match spanned.get_ref() {
        DeValue::String(s) => Ok(Json::Str(Cow::Owned(s.to_string()))),
        DeValue::Boolean(b) => Ok(Json::Bool(*b)),
        DeValue::Datetime(date) => Ok(Json::Str(Cow::Owned(date.to_string()))),
        DeValue::Integer(n) => i64::from_str_radix(n.as_str(), n.radix())
            .map(Json::Int)
            .map_err(|_| malformed(format!("the integer {} is past 64 bits", plain(n.as_str())))),
        DeValue::Float(n) => match n.as_str().parse::<f64>() {
            Ok(f) if f.is_finite() => Ok(Json::Float(f)),
            _ => Err(malformed(format!("the number {} is not finite", plain(n.as_str())))),
        },
        DeValue::Array(elements) => {
            let Some(depth) = depth.checked_sub(1) else {
                return Err(too_deep());
            };
            elements.iter().map(|e| value(e, bytes, depth)).collect::<Result<_, _>>().map(Json::Array)
        }
        DeValue::Table(table) => object(table, bytes, depth),
    }
}

/// Where the values that RFC 6901 pointers name begin, or their nearest parents that have a place.
pub(super) fn locate(bytes: &[u8], pointers: &[&str]) -> Vec<Option<TextPlace>> {
    let table = utf8(bytes).ok().and_then(|text| DeTable::parse(text).ok());
    let offset = |pointer: &str| {
        let mut tokens = pointer.split('/').skip(1).map(|t| t.replace("~1", "/").replace("~0", "~"));
        let Some(first) = tokens.next() else { return Some(0) };
        let mut at = table.as_ref()?.get_ref().get(first.as_str());
        let mut offset = at.map_or(0, |v| v.span().start);
        for token in tokens {
            at = match at?.get_ref() {
                DeValue::Table(table) => table.get(token.as_str()),
                DeValue::Array(elements) => token.parse::<usize>().ok().and_then(|n| elements.get(n)),
                _ => None,
            };
            offset = at.map_or(offset, |v| v.span().start);
            if at.is_none() {
                break;
            }
        }
        Some(offset)
    };
    let offsets: Vec<Option<usize>> = pointers.iter().map(|p| offset(p)).collect();
    places_of_offsets(bytes, &offsets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Json<'_> {
        parse(text.as_bytes(), &JsonLimits::default()).unwrap()
    }

    #[test]
    fn dates_are_strings_and_keys_keep_their_order() {
        let doc = parsed(
            "z = 1979-05-27\na = 1979-05-27T07:32:00Z\nm = 1979-05-27 07:32:00.5-07:00\nl = 1979-05-27T07:32:00\n[t]\nx = [0x1F, 1_000, -1.5e3]\n",
        );
        assert_eq!(
            doc.to_value().to_string(),
            r#"{"a":"1979-05-27T07:32:00Z","l":"1979-05-27T07:32:00","m":"1979-05-27T07:32:00.5-07:00","t":{"x":[31,1000,-1500.0]},"z":"1979-05-27"}"#
        );
        let Json::Object(members) = &doc else { panic!("an object") };
        let keys: Vec<&str> = members.iter().map(|(k, _)| &**k).collect();
        assert_eq!(keys, ["z", "a", "m", "l", "t"]);
    }

    #[test]
    fn bad_toml_is_one_clause_with_a_place() {
        let said = |bytes: &[u8]| {
            let fault = parse(bytes, &JsonLimits::default()).unwrap_err();
            let place = fault.place.map_or("-".into(), |p| format!("{}:{}", p.line, p.column));
            format!("{place} {:?} {}", fault.reason, fault.clause)
        };
        let deep = format!("a = {}1{}", "[".repeat(2_000), "]".repeat(2_000));
        let dotted = format!("{}a = 1", "a.".repeat(2_000));
        let all: Vec<String> = [
            &b""[..],
            b"a = 1\na = 2\n",
            b"a = nan",
            b"a = inf",
            b"a = 9223372036854775808",
            b"a = \xff",
            b"\xEF\xBB\xBFa = 1",
            b"a = \"x",
            b"a = \"\0\"",
            deep.as_bytes(),
            dotted.as_bytes(),
        ]
        .iter()
        .map(|b| said(b))
        .collect();
        insta::assert_snapshot!(all.join("\n"), @r#"
        1:1 Malformed the file is empty
        2:1 Malformed duplicate key
        1:5 Malformed the number nan is not finite
        1:5 Malformed the number inf is not finite
        1:5 Malformed the integer 9223372036854775808 is past 64 bits
        1:5 Malformed it is not UTF-8: byte 0xFF at offset 4
        1:1 Malformed it begins with a byte order mark (BOM)
        1:7 Malformed invalid basic string, expected `"`
        1:6 Malformed invalid basic string, expected non-double-quote visible characters, `\\`
        1:85 Limit it is nested too deeply
        - Limit it is nested too deeply
        "#);
    }

    #[test]
    fn pointers_lead_to_values() {
        let text = "a = 1\n[b]\nc = [1,\n  {d = 2}]\n";
        let at = |p: &str| locate(text.as_bytes(), &[p])[0].map(|p| (p.line, p.column));
        assert_eq!(at(""), Some((1, 1)));
        assert_eq!(at("/a"), Some((1, 5)));
        assert_eq!(at("/b/c/1/d"), Some((4, 8)));
        assert_eq!(at("/b/c/9"), Some((3, 5)));
        assert_eq!(at("/none"), Some((1, 1)));
    }
}

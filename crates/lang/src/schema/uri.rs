//! URIs of schemas: how they are written, and where one lies as seen from another.

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// Characters that no URI holds, which generators of schemas write all the same (`#/definitions/Page<Item[]>`).
const ILLEGAL: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// What means something else in a path.
const IN_PATH: &AsciiSet = &ILLEGAL.add(b'%').add(b'?').add(b'#');

/// A reference as it must be written.
pub(super) fn legal(reference: &str) -> String {
    let mut out = String::new();
    for (at, part) in reference.split('%').enumerate() {
        if at > 0 {
            // A `%` that begins no escape is one itself.
            let escapes = part.as_bytes().get(..2).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
            out.push_str(if escapes { "%" } else { "%25" });
        }
        out.extend(utf8_percent_encode(part, ILLEGAL));
    }
    out
}

/// A path as part of a URI.
pub(super) fn encoded(path: &str) -> String {
    utf8_percent_encode(path, IN_PATH).to_string()
}

/// The path that a part of a URI means.
pub(super) fn spelled(part: &str) -> Result<String, String> {
    match percent_decode_str(part).decode_utf8() {
        Ok(path) => Ok(path.into_owned()),
        Err(_) => Err("its name is not UTF-8".into()),
    }
}

/// A path up to and with its last `/`.
pub(super) fn folder(path: &str) -> &str {
    path.rfind('/').map_or("", |at| &path[..=at])
}

/// The last segment of a URI's path.
pub(super) fn last(uri: &str) -> Option<String> {
    let (_, path) = split(uri)?;
    let name = path.split('?').next()?.rsplit('/').next()?;
    spelled(name).ok().filter(|name| !name.is_empty() && !name.contains('/'))
}

/// Whether a path is below one of the roots.
pub(super) fn below_any(path: &str, roots: &[&str]) -> bool {
    roots.iter().any(|root| path.starts_with(root) && !path.contains("/../"))
}

/// Scheme with authority, and path, of a hierarchical URI.
fn split(uri: &str) -> Option<(&str, &str)> {
    let authority = uri.find("://")? + 3;
    let path = uri[authority..].find('/')?;
    Some((&uri[..authority + path], &uri[authority + path + 1..]))
}

/// Where `uri` lies beside what stands at `place`, if that is published as `published`: the way from the one to the other is
/// the same. `None` where they have no folder in common, or where the way leads out of the root of `place`.
pub(super) fn across(published: &str, uri: &str, place: &str) -> Option<String> {
    let ((there, from), (here, to)) = (split(published)?, split(uri)?);
    if there != here {
        return None;
    }
    let mut from: Vec<&str> = from.split('/').collect();
    from.pop();
    let to: Vec<&str> = to.split('/').collect();
    let folders = &to[..to.len().saturating_sub(1)];
    let common = from.iter().zip(folders).take_while(|(a, b)| a == b).count();
    let mut at: Vec<&str> = place.split('/').collect();
    at.pop();
    // The first segment is the root itself.
    let kept = at.len().checked_sub(from.len() - common).filter(|kept| *kept > 0)?;
    at.truncate(kept);
    let rest = spelled(&to[common..].join("/")).ok()?;
    Some(format!("{}/{rest}", at.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_written_as_they_are_meant() {
        for (given, wanted) in [
            ("#/definitions/Page<Item>", "#/definitions/Page%3CItem%3E"),
            ("#/definitions/Item[]", "#/definitions/Item%5B%5D"),
            ("#/definitions/Page%3CItem%3E", "#/definitions/Page%3CItem%3E"),
            ("#/$defs/100%", "#/$defs/100%25"),
            ("a b.json#/x", "a%20b.json#/x"),
        ] {
            assert_eq!(legal(given), wanted);
        }
        assert_eq!(encoded("a b/50%#.json"), "a%20b/50%25%23.json");
    }

    #[test]
    fn the_way_beside_is_the_way_there() {
        let a = "https://x.org/s/v1/a.json";
        for (uri, wanted) in [
            ("https://x.org/s/v1/b.json", Some("~w~/schemas/b.json")),
            ("https://x.org/s/v1/sub/b%20c.json", Some("~w~/schemas/sub/b c.json")),
            ("https://x.org/s/b.json", Some("~w~/b.json")),
            ("https://x.org/b.json", None),
            ("https://y.org/s/v1/b.json", None),
            ("urn:x:y", None),
        ] {
            assert_eq!(across(a, uri, "~w~/schemas/a.json").as_deref(), wanted, "{uri}");
        }
        assert_eq!(across("https://x.org", "https://y.org/b.json", "~w~/a.json"), None);
    }
}

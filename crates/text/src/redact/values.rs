//! Which values are secrets.

use crate::redact::names::MASK;
use std::collections::BTreeSet;
use std::path::Path;

/// A name that holds one of these, in any case, names a secret (issue of the runner, "Artifacts").
const NAMES: &[&str] = &["TOKEN", "SECRET", "KEY", "PASSWORD"];
/// A shorter value stands in ordinary words too often: masking it would hide more than it keeps.
const SHORTEST: usize = 4;
/// The same of one line of a longer value.
const LINE: usize = 7;
/// A shorter number stands in times, sizes and counts.
const DIGITS: usize = 6;
/// Values that settings have under such names (`KEYBOARD=default`, `TOKEN_CACHE=disabled`, `SORT_KEY=name`). They stand in names of
/// tests and in every log, and whoever reads them there learns nothing.
const PLAIN: &[&str] = &[
    "always",
    "auto",
    "debug",
    "default",
    "development",
    "disabled",
    "enabled",
    "error",
    "false",
    "file",
    "info",
    "json",
    "local",
    "main",
    "name",
    "never",
    "none",
    "null",
    "optional",
    "prod",
    "production",
    "required",
    "staging",
    "test",
    "trace",
    "true",
    "undefined",
    "warn",
];

/// Whether something stands at an absolute path: asked of whoever can look.
pub type IsThere = fn(&Path) -> bool;

/// Whether values of variables of this name are secrets.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    NAMES.iter().any(|n| name.contains(n))
}

/// What is looked for in output because of one value: the value without outer white space, and each of its lines, because logs
/// put something before every line.
///
/// A value that is not UTF-8 is looked for in two forms: its bytes, and the text in which U+FFFD stands for each byte that is
/// none, because many programs print it so.
///
/// Nothing is looked for, and so nothing is masked, where the value is short, a plain word or number, or the absolute path of
/// something that is there (`SSH_KEY_PATH`). A secret that only looks like a path is masked.
pub(super) fn looked_for(value: &[u8], is_there: IsThere) -> BTreeSet<Vec<u8>> {
    let value = value.trim_ascii();
    let is_plain = |value: &[u8]| is_plain(value, is_there);
    if value.len() < SHORTEST || is_plain(value) {
        return BTreeSet::new();
    }
    let lines = value.split(|b| *b == b'\n').map(<[u8]>::trim_ascii);
    // The first and last line of a key block are the same for every key.
    let lines = lines.filter(|l| l.len() >= LINE && !l.starts_with(b"-----") && !is_plain(l));
    lines
        .chain([value])
        .flat_map(|v| [v.to_vec(), String::from_utf8_lossy(v).into_owned().into_bytes()])
        .collect()
}

fn is_plain(value: &[u8], is_there: IsThere) -> bool {
    let text = String::from_utf8_lossy(value);
    let path = Path::new(text.as_ref());
    PLAIN.iter().any(|p| text.eq_ignore_ascii_case(p))
        // Results in the output are masked before they are read, and again afterwards.
        || MASK.contains(text.as_ref())
        || (value.len() < DIGITS && value.iter().all(u8::is_ascii_digit))
        || (path.is_absolute() && is_there(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_there(path: &Path) -> bool {
        ["/", "/usr/bin"].iter().any(|there| path == Path::new(there))
    }

    #[test]
    fn names_are_taken_in_any_case() {
        for name in ["GITHUB_TOKEN", "npm_config_authToken", "AWS_SECRET_ACCESS_KEY", "dbpassword", "Key"] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["PATH", "HOME", "CI", "PASS", "TOKE_N"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn what_settings_hold_is_no_secret() {
        for value in [
            "", "abc", " abc ", "12345", "0000", "true", "False", "NONE", "auto", "Disabled", "test", "prod",
            "masked", "/", "/usr/bin",
        ] {
            assert!(looked_for(value.as_bytes(), is_there).is_empty(), "{value}");
        }
        for value in ["/k3yThatOnlyLooksLikeAPath+/=", "hunter2", "abcd", "a123", "123456", "testing", "1.25"]
        {
            assert!(!looked_for(value.as_bytes(), is_there).is_empty(), "{value}");
        }
    }

    #[test]
    fn a_value_of_several_lines_is_known_by_each() {
        let found = looked_for(b"first-line\nsecond-line\n\nx\n", is_there);
        let expected: &[&[u8]] = &[b"first-line", b"first-line\nsecond-line\n\nx", b"second-line"];
        let mut expected: Vec<Vec<u8>> = expected.iter().map(|e| e.to_vec()).collect();
        expected.sort();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), expected);
    }
}

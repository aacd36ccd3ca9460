//! Which values of the environment are secrets.

use std::collections::BTreeSet;
use std::path::Path;

/// A name that holds one of these, in any case, names a secret (issue of the runner, "Artifacts").
const NAMES: &[&str] = &["TOKEN", "SECRET", "KEY", "PASSWORD"];
/// A shorter value stands in ordinary words too often: masking it would hide more than it keeps.
pub(super) const SHORTEST: usize = 6;
/// Values that settings have under such names (`KEYBOARD=default`, `TOKEN_CACHE=disabled`).
const PLAIN: &[&str] = &["default", "disabled", "enabled"];

pub(super) fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    NAMES.iter().any(|n| name.contains(n))
}

/// What is looked for in output because of one value: itself without outer white space, as JSON writes it, and each of its
/// lines, because logs put something before every line. Empty for a value that is masked nowhere: short, a plain word, or
/// the absolute path of something that is there (`SSH_KEY_PATH`); a secret that only looks like a path is masked.
pub(super) fn forms(value: &[u8]) -> BTreeSet<Vec<u8>> {
    let value = value.trim_ascii();
    let text = String::from_utf8_lossy(value);
    let path = Path::new(text.as_ref());
    let plain = PLAIN.iter().any(|p| text.eq_ignore_ascii_case(p)) || (path.is_absolute() && path.exists());
    let mut forms = BTreeSet::new();
    if plain || value.len() < SHORTEST {
        return forms;
    }
    if let Ok(json) = serde_json::to_string(text.as_ref()) {
        forms.insert(json.trim_matches('"').as_bytes().to_vec());
    }
    let lines = value.split(|b| *b == b'\n').map(<[u8]>::trim_ascii);
    // The first and last line of a key block are the same for every key.
    forms.extend(lines.filter(|l| l.len() > SHORTEST && !l.starts_with(b"-----")).map(<[u8]>::to_vec));
    forms.insert(value.to_vec());
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

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
        for value in ["", "12345", "true", "false", "Disabled", "/", "/usr/bin", " short "] {
            assert!(forms(value.as_bytes()).is_empty(), "{value}");
        }
        assert!(!forms(b"/k3yThatOnlyLooksLikeAPath+/=").is_empty());
        assert!(!forms(b"hunter2").is_empty());
    }

    #[test]
    fn a_value_of_several_lines_is_known_by_each() {
        let found = forms(b"first-line\nsecond-line\n\nx\n");
        let expected: &[&[u8]] = &[
            b"first-line",
            b"first-line\\nsecond-line\\n\\nx",
            b"first-line\nsecond-line\n\nx",
            b"second-line",
        ];
        let mut expected: Vec<Vec<u8>> = expected.iter().map(|e| e.to_vec()).collect();
        expected.sort();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), expected);
    }
}

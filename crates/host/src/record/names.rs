//! The folders of suites: names come from configuration and result files, and may hold anything.

use super::folder::{File, is_lint_log};
use std::collections::{BTreeMap, BTreeSet};
use tollgate_text::digest::sha256_hex;

/// The longest name that is its own folder, and the most characters of an escaped one before its digest. A file system takes
/// 255 bytes, and temporary files stand in the folder beside it.
const PLAIN: usize = 120;
const ESCAPED: usize = 60;

/// Hex digits of the digest in an escaped name.
const DIGEST: usize = 10;

/// The folder of each suite of a run.
#[derive(Debug, Clone, Default)]
pub struct SuiteFolders(BTreeMap<(String, String), String>);

impl SuiteFolders {
    /// The folders of a run's suites (kind and name of each, once each). A suite's folder is its name where that is made of
    /// `A-Z a-z 0-9 . _ -`, is the name of no other suite (ignoring case, as some file systems do) and of no file of the run;
    /// else an escaped name with the start of a digest over kind and name. The order of the suites does not matter.
    pub fn new<'a>(suites: impl IntoIterator<Item = (&'a str, &'a str)>) -> SuiteFolders {
        let suites: BTreeSet<(&str, &str)> = suites.into_iter().collect();
        let mut taken: BTreeMap<String, usize> = BTreeMap::new();
        for (kind, name) in &suites {
            *taken.entry(name.to_lowercase()).or_default() += 1;
            // Nothing may be called what another suite is escaped to.
            *taken.entry(escaped(kind, name).to_lowercase()).or_default() += 1;
        }
        let folder = |kind: &str, name: &str| {
            let alone = taken.get(&name.to_lowercase()) == Some(&1);
            if alone && is_plain(name) { name.to_string() } else { escaped(kind, name) }
        };
        SuiteFolders(suites.iter().map(|(k, n)| ((k.to_string(), n.to_string()), folder(k, n))).collect())
    }

    /// The folder of a suite, below the run's; of a suite that was not named to `new` its escaped one.
    pub fn of(&self, kind: &str, name: &str) -> String {
        let known = self.0.get(&(kind.to_string(), name.to_string()));
        known.cloned().unwrap_or_else(|| escaped(kind, name))
    }
}

fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= PLAIN
        && name.chars().all(is_allowed)
        && !matches!(name, "." | "..")
        && !File::ALL.iter().any(|f| f.name().eq_ignore_ascii_case(name))
        && !is_lint_log(name)
}

/// What can be read of the name, and a digest that tells it from every other.
fn escaped(kind: &str, name: &str) -> String {
    let digest = sha256_hex(format!("{kind}\0{name}").as_bytes());
    let mut slug = String::new();
    for c in name.chars().map(|c| if is_allowed(c) { c } else { '_' }) {
        if slug.len() == ESCAPED {
            break;
        }
        if !(c == '_' && slug.ends_with('_')) {
            slug.push(c);
        }
    }
    let slug = slug.trim_matches(['.', '_', '-']);
    format!("{}-{}", if slug.is_empty() { "suite" } else { slug }, &digest[..DIGEST])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(suites: &[(&str, &str)], at: usize) -> String {
        let (kind, name) = suites[at];
        SuiteFolders::new(suites.iter().copied()).of(kind, name)
    }

    #[test]
    fn a_plain_name_is_its_own_folder() {
        for name in ["parser", "e2e_tui", "a.b-c", "Parser2", "-x", "..."] {
            assert_eq!(of(&[("unit", name)], 0), name);
        }
    }

    #[test]
    fn any_other_is_escaped() {
        for (name, start) in [
            ("..", "suite-"),
            (".", "suite-"),
            ("", "suite-"),
            ("../../etc/passwd", "etc_passwd-"),
            ("two words", "two_words-"),
            ("it's \"quoted\"\n", "it_s_quoted-"),
            ("日本", "suite-"),
            ("summary.json", "summary.json-"),
            ("JUnit.XML", "JUnit.XML-"),
            ("lint-fmt.log", "lint-fmt.log-"),
            ("/abs", "abs-"),
        ] {
            let folder = of(&[("unit", name)], 0);
            assert!(folder.starts_with(start) && folder.len() == start.len() + DIGEST, "{name:?}: {folder}");
        }
        assert!(of(&[("unit", &"x".repeat(500))], 0).len() < 100);
    }

    #[test]
    fn equal_names_are_told_apart() {
        let twice = [("unit", "parser"), ("vcr", "parser"), ("unit", "Store"), ("unit", "store")];
        let folders: BTreeSet<String> = (0..twice.len()).map(|at| of(&twice, at).to_lowercase()).collect();
        assert_eq!(folders.len(), 4);
        assert!(folders.iter().all(|f| f.contains('-')), "{folders:?}");
        // A name that another suite is escaped to.
        let taken = escaped("unit", "two words");
        let pair = [("unit", "two words"), ("unit", taken.as_str())];
        assert_ne!(of(&pair, 0), of(&pair, 1));
    }

    proptest! {
        #[test]
        fn every_suite_has_a_folder_of_its_own_whatever_the_order(
            mut suites in proptest::collection::btree_set(("(unit|e2e)", "[aAbB./ é-]{0,3}|\\PC{0,4}"), 1..20)
                .prop_map(|s| s.into_iter().collect::<Vec<_>>()),
        ) {
            let pairs = |s: &[(String, String)]| SuiteFolders::new(s.iter().map(|(k, n)| (k.as_str(), n.as_str())));
            let one = pairs(&suites);
            let folders: BTreeSet<String> = suites.iter().map(|(k, n)| one.of(k, n).to_lowercase()).collect();
            prop_assert_eq!(folders.len(), suites.len());
            for folder in &folders {
                prop_assert!(!folder.is_empty() && folder.chars().all(is_allowed) && folder != "." && folder != "..");
            }
            suites.reverse();
            let other = pairs(&suites);
            for (kind, name) in &suites {
                prop_assert_eq!(one.of(kind, name), other.of(kind, name));
            }
        }
    }
}

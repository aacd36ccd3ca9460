//! Which files of a policy's folder are of the policy: by their names alone, and the same in the working tree and in a commit.

use crate::config::tree::ListedPath;
use crate::git::NodeKind;

/// What a path in a folder of the policy is to the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sort {
    /// A file of the policy, with its stem.
    Of(String),
    /// Nothing of the policy: a README, a backup (`red.toml~`, `red.toml.bak`), what an editor locks (`.#red.toml`).
    Other,
    /// Looks like one and is passed over: the reason. `{folder}` stands for the folder listed.
    Unloaded(String),
    /// Cannot be told or is misspelt: nothing is judged.
    Wrong(String),
}

/// Sorts a path. `extension` is `.toml` or `.json`; `root` says that the folder is the workspace itself, where much else
/// stands.
pub fn sort(entry: &ListedPath, extension: &str, root: bool) -> Sort {
    let (above, name) =
        entry.name.rsplit_once('/').map_or((None, entry.name.as_str()), |(a, n)| (Some(a), n));
    let meant = is_meant(name, extension);
    if !entry.utf8 {
        let wrong = "the name is not UTF-8: what it was meant to be cannot be told, so rename or remove it";
        return if root && !meant { Sort::Other } else { Sort::Wrong(wrong.into()) };
    }
    // Emacs' locks and the second halves of files on some network shares; no id can begin so.
    if name.starts_with(".#") || name.starts_with("._") {
        return Sort::Other;
    }
    if above.is_some() {
        return match entry.kind {
            NodeKind::File | NodeKind::Link if meant => {
                Sort::Unloaded("files stand directly in {folder}".into())
            }
            kind => passed_over(kind, false),
        };
    }
    match name.strip_suffix(extension) {
        // A folder, link or submodule of that name is read, and the reading says what it is.
        Some(stem) => Sort::Of(stem.to_string()),
        None if meant && entry.kind != NodeKind::Folder => {
            let stem = stem_meant(name, extension);
            Sort::Wrong(format!(
                "it would not be loaded, for its name must end in `{extension}`: rename it to {stem}{extension}"
            ))
        }
        None => passed_over(entry.kind, root),
    }
}

/// What stands behind a link to a folder, or in a submodule, is not listed.
fn passed_over(kind: NodeKind, root: bool) -> Sort {
    match kind {
        NodeKind::Link | NodeKind::Submodule if !root => {
            Sort::Unloaded(format!("it is {}; files stand directly in {{folder}}", kind.name()))
        }
        _ => Sort::Other,
    }
}

/// Whether a name was meant to end in `extension`: it does once case, spaces, and signs that are easily overlooked are left
/// out of it. The signs by which editors mark their backups are not.
fn is_meant(name: &str, extension: &str) -> bool {
    plain(name).ends_with(extension)
}

fn plain(name: &str) -> String {
    name.to_lowercase()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '~' | '#'))
        .collect::<String>()
        .trim_end_matches('.')
        .to_string()
}

/// The name without what was meant as its ending: the ending is looked for from the end, past what is left out of it.
fn stem_meant<'n>(name: &'n str, extension: &str) -> &'n str {
    let mut wanted = extension.chars().rev().peekable();
    let mut end = name.len();
    for (at, c) in name.char_indices().rev() {
        let Some(next) = wanted.peek() else { break };
        if c.to_lowercase().eq([*next]) {
            wanted.next();
            end = at;
        }
    }
    name[..end].trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(name: &str, kind: NodeKind) -> Sort {
        sort(&ListedPath { name: name.into(), utf8: true, kind }, ".toml", false)
    }

    #[test]
    fn names_are_sorted() {
        for name in ["red.toml", ".toml", "a.b.toml", "Red.toml", "~red.toml"] {
            assert!(matches!(of(name, NodeKind::File), Sort::Of(_)), "{name}");
        }
        for name in [
            "README.md",
            "red.toml~",
            "#red.toml#",
            ".#red.toml",
            "._red.toml",
            "red.toml.bak",
            "red.toml.swp",
            ".red.toml.swp",
            "toml",
            "redtoml",
            "red.json",
            "red.tom",
            ".keep",
        ] {
            assert_eq!(of(name, NodeKind::File), Sort::Other, "{name}");
        }
        for (name, to) in [
            ("red.TOML", "red.toml"),
            ("x.Toml", "x.toml"),
            ("red.toml ", "red.toml"),
            ("red.toml.", "red.toml"),
            ("red.toml\u{200b}", "red.toml"),
            ("red.to\u{ad}ml", "red.toml"),
            ("red. toml", "red.toml"),
            ("RED.TOML", "RED.toml"),
        ] {
            let Sort::Wrong(why) = of(name, NodeKind::File) else { panic!("{name} is passed over") };
            assert!(why.ends_with(&format!("rename it to {to}")), "{name}: {why}");
        }
    }

    #[test]
    fn kinds_are_sorted() {
        assert!(matches!(of("deep/red.TOML", NodeKind::File), Sort::Unloaded(_)));
        assert!(matches!(of("deep/er/red.toml", NodeKind::Link), Sort::Unloaded(_)));
        assert_eq!(of("deep/er/README.md", NodeKind::File), Sort::Other);
        assert_eq!(of("deep", NodeKind::Folder), Sort::Other);
        assert!(matches!(of("team", NodeKind::Link), Sort::Unloaded(_)));
        assert!(matches!(of("deep/team", NodeKind::Submodule), Sort::Unloaded(_)));
        assert!(matches!(of("red.toml", NodeKind::Folder), Sort::Of(_)), "reading it says what it is");
        let odd = |root| {
            let entry = ListedPath { name: "x\u{fffd}".into(), utf8: false, kind: NodeKind::File };
            sort(&entry, ".toml", root)
        };
        assert!(matches!((odd(false), odd(true)), (Sort::Wrong(_), Sort::Other)));
    }

    proptest! {
        /// However the ending is spelt, it is loaded or refused.
        #[test]
        fn no_spelling_is_passed_over(
            stem in "[a-z][a-z_]{0,8}",
            upper in proptest::collection::vec(any::<bool>(), 5),
            after in "[ \\t.\u{200b}\u{2060}\u{feff}]{0,3}",
        ) {
            let ending: String = ".toml".chars().zip(upper)
                .map(|(c, up)| if up { c.to_ascii_uppercase() } else { c }).collect();
            let name = format!("{stem}{ending}{after}");
            let sorted = of(&name, NodeKind::File);
            let exact = name.ends_with(".toml");
            prop_assert_eq!(matches!(sorted, Sort::Of(_)), exact);
            prop_assert_eq!(matches!(sorted, Sort::Wrong(_)), !exact);
        }
    }
}

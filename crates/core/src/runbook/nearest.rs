//! Names that a person may have meant.

/// How many are worth showing.
const SHOWN: usize = 3;

/// Whether two names are the same to a person: case, spaces, `-` and `_` do not count.
pub fn same_name(a: &str, b: &str) -> bool {
    plain(a) == plain(b)
}

fn plain(name: &str) -> String {
    let words: Vec<_> = name.split(|c: char| c.is_whitespace() || c == '-' || c == '_').collect();
    words.into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>().join("_").to_lowercase()
}

/// The names nearest to `asked`, best first, at most three: those that hold it or are held by it, and those that a few
/// slips of the hand turn into it. Empty when nothing is near.
pub fn nearest<'a>(asked: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    // Names are short; a longer text is no misspelt name, and the distance costs its square.
    let asked: String = plain(asked).chars().take(100).collect();
    let length = asked.chars().count();
    let mut near: Vec<(usize, &str)> = names
        .into_iter()
        .filter_map(|name| {
            let other = plain(name);
            let slips = strsim::damerau_levenshtein(&asked, &other);
            let allowed = (length.max(other.chars().count()) / 3).max(1);
            let part =
                length >= 3 && (other.contains(&asked) || (other.len() >= 3 && asked.contains(&other)));
            (slips <= allowed || part).then_some((slips, name))
        })
        .collect();
    near.sort();
    near.dedup();
    near.into_iter().map(|(_, name)| name).take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &[&str] = &["waiver_lifecycle", "quarantine_lifecycle", "e2e_tui", "evidence_bundle"];

    #[test]
    fn slips_and_parts_lead_to_names() {
        let ask = |text| nearest(text, NAMES.iter().copied());
        assert_eq!(ask("waiver_lifecylce"), ["waiver_lifecycle"]);
        assert_eq!(ask("lifecycle"), ["waiver_lifecycle", "quarantine_lifecycle"]);
        assert_eq!(ask("E2E TUI")[0], "e2e_tui");
        assert_eq!(ask("bundle"), ["evidence_bundle"]);
        assert!(ask("zzz").is_empty());
        assert!(ask("").is_empty());
    }

    #[test]
    fn spelling_does_not_count() {
        assert!(same_name("Waiver lifecycle", "waiver_lifecycle"));
        assert!(same_name("cross-platform matrix", "cross_platform_matrix"));
        assert!(!same_name("waiver", "waiver_lifecycle"));
    }
}

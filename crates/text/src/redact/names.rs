//! What stands for a secret, and names that hold it.

use std::collections::BTreeSet;

/// What stands where a secret stood.
pub const MASK: &str = "[masked]";

/// Numbers names that masking made equal (`a[[masked]]`, `a[[masked]] #2`), as readers number what results name twice: two
/// tests must not become one. Names without a mask stay as they are.
pub fn tell_apart<'n>(names: impl Iterator<Item = &'n mut String>) {
    let mut used = BTreeSet::new();
    for name in names.filter(|name| name.contains(MASK)) {
        let plain = name.clone();
        let mut number = 2;
        while !used.insert(name.clone()) {
            *name = format!("{plain} #{number}");
            number += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masked_names_that_are_equal_are_numbered() {
        let before = ["t[masked]", "b", "t[masked] #2", "t[masked]", "b", "t[masked]", "[masked]"];
        let mut names = before.map(String::from);
        tell_apart(names.iter_mut());
        assert_eq!(
            names,
            ["t[masked]", "b", "t[masked] #2", "t[masked] #3", "b", "t[masked] #4", "[masked]"]
        );
    }
}

//! What is a hook, or a file that did not load, and no test, by the names that tools give it where it failed: once it is mended it is not
//! there, and no test of that name could ever turn green.

use tollgate_text::junit::JunitCase as Element;

/// The class that jest-junit gives a file that did not run, and the first line of what it says of it.
pub(super) const JEST: &str = "Test suite failed to run";

/// What JUnit 4, JUnit 5 and Gradle call what is done before and after the tests of a class.
const OF_CLASSES: [&str; 3] = ["initializationError", "executionError", "classMethod"];

/// Whether mocha names so a hook that failed: `"before all" hook for "adds"`, `shelf "after each" hook in "{root}"`.
pub(super) fn is_mocha_hook(name: &str) -> bool {
    ["before all", "after all", "before each", "after each"].iter().any(|hook| {
        let quoted = format!("\"{hook}\" hook");
        name.starts_with(&quoted) || name.contains(&format!(" {quoted}"))
    })
}

/// Whether a failed testcase of a JUnit report stands for a file or a hook.
pub(super) fn is_no_test(element: &Element, suite: &str, of_vitest: bool) -> bool {
    let class = element.classname.as_deref().unwrap_or_default();
    let file_of_vitest = of_vitest && element.name == suite && class == suite;
    class == JEST
        || file_of_vitest
        || is_mocha_hook(&element.name)
        || OF_CLASSES.contains(&element.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_hooks_and_files() {
        let is = |class: &str, name: &str, vitest: bool| {
            let element = Element { name: name.into(), classname: Some(class.into()), ..Element::default() };
            is_no_test(&element, "a.test.ts", vitest)
        };
        assert!(is("\"before all\" hook for \"adds\"", "shelf \"before all\" hook for \"adds\"", false));
        assert!(is("shelf", "\"after each\" hook in \"{root}\"", false));
        assert!(is(JEST, "src/a.test.ts", false));
        assert!(is("a.test.ts", "a.test.ts", true));
        assert!(is("a.B", "initializationError", false));
        assert!(!is("a.test.ts", "a.test.ts", false));
        assert!(!is("shelf", "says \"before all\"", false));
        assert!(!is("shelf", "the\"before all\" hook", false));
    }
}

//! Whether a report is a list of tests, of which none ran: GoogleTest writes one with `--gtest_list_tests --gtest_output=xml`, in the
//! elements of its results.
//!
//! Its results have counts of failures and times at the root and in each suite, and a status in each testcase; its list has none of them
//! anywhere, and says of each test where it stands. Other tools leave out times and statuses too, but not under GoogleTest's root.

use super::attributes::Attributes;

/// What results have, and the list does not.
const OF_RESULTS: [&str; 10] = [
    "failures",
    "errors",
    "disabled",
    "skipped",
    "time",
    "timestamp",
    "status",
    "result",
    "classname",
    "assertions",
];

/// What is said of one.
pub const IS_LIST: &str = "it is a list of tests (--gtest_list_tests), none of which ran";

/// What was seen so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ListedCases {
    root: bool,
    tests: bool,
    results: bool,
}

impl ListedCases {
    /// The root.
    pub(super) fn root(&mut self, attributes: &Attributes) {
        self.root = attributes.get("name").as_deref() == Some("AllTests");
        self.element(attributes);
    }

    /// A suite.
    pub(super) fn element(&mut self, attributes: &Attributes) {
        self.results = self.results || OF_RESULTS.iter().any(|name| attributes.has(name));
    }

    /// A testcase.
    pub(super) fn test(&mut self, attributes: &Attributes) {
        self.tests = true;
        self.results = self.results || ["file", "line"].iter().any(|name| !attributes.has(name));
        self.element(attributes);
    }

    /// Anything within a testcase.
    pub(super) fn result(&mut self) {
        self.results = true;
    }

    pub(super) fn is_one(self) -> bool {
        self.root && self.tests && !self.results
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use crate::json::JsonLimits;

    #[test]
    fn a_list_is_known_and_results_are_none() {
        let of = |root: &str, suite: &str, case: &str, inner: &str| {
            let text = format!(
                "<testsuites tests='1' {root}><testsuite name='S' tests='1' {suite}><testcase name='a' {case}>{inner}</testcase></testsuite></testsuites>"
            );
            parse(&text, &JsonLimits::default(), true).unwrap().only_lists
        };
        let (all, at) = ("name='AllTests'", "file='a.cc' line='5'");
        assert!(of(all, "", at, ""));
        assert!(of(all, "", "value_param='1' file='a.cc' line='5'", ""));
        for (root, suite, case, inner) in [
            ("name='Others'", "", at, ""),
            ("name='AllTests' failures='0'", "", at, ""),
            (all, "time='0.1'", at, ""),
            (all, "", "file='a.cc' line='5' status='run'", ""),
            (all, "", "file='a.cc' line='5' time='0'", ""),
            (all, "", "", ""),
            (all, "", at, "<failure/>"),
        ] {
            assert!(!of(root, suite, case, inner), "{root} {suite} {case} {inner}");
        }
    }
}

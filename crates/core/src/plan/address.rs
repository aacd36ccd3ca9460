//! What a command for one test takes apart of a test's name: its class and its file, which JUnit states beside it.
//!
//! A test that such a command runs is selected by `FILE::CLASS#NAME`, without the parts that the command does not name: so a
//! replay needs nothing but the selector, in whatever run it was recorded.

use crate::model::suite::{ResultReader, SuiteSpec};
use crate::model::test::JunitOrigin;
use tollgate_text::command::CommandLine;

/// What fills the placeholders of a command for one test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address<'s> {
    /// `{test}`
    pub test: &'s str,
    /// `{name}`: of a command that names a class the test's own name within it, else the suite's.
    pub name: &'s str,
    /// `{class}`
    pub class: Option<&'s str>,
    /// `{file}`
    pub file: Option<&'s str>,
}

/// Whether a part of a name stands in the command, as it is or as a pattern.
fn uses(single: &CommandLine, part: &str) -> bool {
    single.mentions(&format!("{{{part}}}")) || single.mentions(&format!("{{{part}_regex}}"))
}

/// Whether the command takes names apart, so that results must say their parts.
pub fn takes_apart(single: &CommandLine) -> bool {
    uses(single, "class") || uses(single, "file")
}

/// Whether a command for one test of the kind reaches it whatever suite it is of: it does not name the suite.
pub fn reaches_any_suite(spec: &SuiteSpec) -> bool {
    spec.single.as_ref().is_some_and(|single| uses(single, "class") || !uses(single, "name"))
}

/// Whether the file can be told from what stands behind it.
fn is_file(file: &str) -> bool {
    !file.is_empty() && !file.contains("::") && !file.ends_with(':')
}

/// The selector of a test that results tell of; `None` where they do not say the parts that the command needs, or where they could
/// not be told apart again.
pub fn selector(single: &CommandLine, test: &str, origin: &JunitOrigin) -> Option<String> {
    let file = match (uses(single, "file"), &origin.file) {
        (false, _) => String::new(),
        (true, file) => format!("{}::", file.as_ref().filter(|file| is_file(file))?),
    };
    if !uses(single, "class") {
        return Some(format!("{file}{test}"));
    }
    let class = origin.class.as_ref().filter(|class| !class.is_empty() && !class.contains('#'))?;
    Some(format!("{file}{class}#{}", origin.name))
}

/// What a selector stands for in the kind's command for one test of `suite`; `None` where it does not hold the parts.
pub fn address<'s>(spec: &SuiteSpec, suite: &'s str, selector: &'s str) -> Option<Address<'s>> {
    let Some(single) = &spec.single else {
        return Some(Address { test: selector, name: suite, class: None, file: None });
    };
    let (file, rest) = match (uses(single, "file"), spec.reader) {
        (false, _) => (None, selector),
        // A node id begins with its file, and is the test's name whole.
        (true, ResultReader::Pytest) => (Some(selector.split_once("::")?.0), selector),
        (true, _) => selector.split_once("::").map(|(file, rest)| (Some(file), rest))?,
    };
    let (class, test) = match uses(single, "class") {
        false => (None, rest),
        true => rest.split_once('#').map(|(class, name)| (Some(class), name))?,
    };
    let name = if class.is_some() { test } else { suite };
    let is_word = |part: &str| !part.is_empty() && !part.starts_with('-') && !part.contains('\0');
    let fit = [Some(test), class, file].into_iter().flatten().all(is_word);
    fit.then_some(Address { test, name, class, file })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::suite::{EvidenceFrom, Names, SuiteRole};
    use proptest::prelude::*;

    fn spec(reader: ResultReader, single: &str) -> SuiteSpec {
        SuiteSpec {
            kind: "unit".into(),
            role: SuiteRole::Unit,
            names: Names::Listed(vec!["s".into()]),
            evidence: EvidenceFrom::Run,
            command: CommandLine::parse("x").ok(),
            single: Some(CommandLine::parse(single).unwrap()),
            reader,
            results: None,
            timeout: 1,
            env: Vec::new(),
            cwd: ".".into(),
            max_retries: None,
            repeats: Default::default(),
            flaky: crate::model::flake::FlakeRules::default(),
            outputs: Vec::new(),
        }
    }

    #[test]
    fn the_parts_of_names() {
        let mvn = spec(ResultReader::Junit, "mvn test -Dtest={class}#{name}");
        let found = address(&mvn, "s", "a.B#c(1.5)").unwrap();
        assert_eq!((found.class, found.name), (Some("a.B"), "c(1.5)"));
        for lost in ["a.B.c", "#c", "a.B#", "-x#c"] {
            assert_eq!(address(&mvn, "s", lost), None, "{lost}");
        }
        assert!(reaches_any_suite(&mvn) && takes_apart(mvn.single.as_ref().unwrap()));
        let pytest = spec(ResultReader::Pytest, "pytest --rootdir {file} {test}");
        let found = address(&pytest, "s", "t/a.py::B::c").unwrap();
        assert_eq!((found.file, found.test, found.name), (Some("t/a.py"), "t/a.py::B::c", "s"));
        let cargo = spec(ResultReader::Libtest, "cargo test --test {name} -- {test}");
        assert_eq!(address(&cargo, "s", "a::b").unwrap().test, "a::b");
        assert!(!reaches_any_suite(&cargo));
    }

    proptest! {
        /// What is put together is taken apart again, or is never put together.
        #[test]
        fn a_selector_keeps_its_parts(class in "[ -~]{0,8}", name in "[ -~]{0,8}", file in "[ -~]{0,8}") {
            let spec = spec(ResultReader::Junit, "x {file} {class} {name}");
            let origin = JunitOrigin { class: Some(class.clone()), name: name.clone(), file: Some(file.clone()) };
            let Some(selector) = selector(spec.single.as_ref().unwrap(), "t", &origin) else { return Ok(()) };
            if let Some(found) = address(&spec, "s", &selector) {
                prop_assert_eq!((found.class, found.name, found.file), (Some(&*class), &*name, Some(&*file)));
            }
        }
    }
}

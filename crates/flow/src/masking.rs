//! What is masked in everything that is written: secrets of the environment and of `tollgate.toml`.

use super::error::Error;
use super::ground::Ground;
use super::plan_secrets::{literals, variables};
use super::workspace::Workspace;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use tollgate_core::model::embedded::Embedded;
use tollgate_core::model::plan::RunSettings;
use tollgate_core::model::run::RunSummary;
use tollgate_core::model::suite::ResultReader;
use tollgate_core::model::test::{Failure, TestCase, TestStatus};
use tollgate_core::model::triage::Diagnostic;
use tollgate_host::config;
use tollgate_host::files::{Root, is_there};
use tollgate_text::command::fill;
use tollgate_text::figures::total;
use tollgate_text::redact::{Masker, is_secret_name, tell_apart};
use tollgate_text::time::Now;

/// Texts of failures are cut at this many bytes or more, at a character's edge: a shorter one is whole.
const CUT: usize = Failure::MESSAGE - 3;

/// The masker of a workspace: it knows the values of secret variables, set by the environment or by `tollgate.toml` (the `env` of a
/// kind, leading words of its commands and of lint steps), and the shapes of tokens. What `[mask] allow` names is let through.
pub fn masker(env: &BTreeMap<String, String>, ground: &Ground) -> Result<Masker, Error> {
    masker_of(env, &[&ground.run], &ground.settings.mask_allow, &|| ground.names())
}

/// The masker of what a policy judges. What is let through is the policy's word; what is secret is also what the working tree sets,
/// for its runs made the evidence.
pub fn masker_of_policy(env: &BTreeMap<String, String>, workspace: &Workspace) -> Result<Masker, Error> {
    let policy = &workspace.policy;
    let tree =
        policy.from.as_ref().and_then(|_| config::run_settings(workspace.embedded, &workspace.root).ok());
    let runs: Vec<&RunSettings> =
        std::iter::once(&policy.runs).chain(tree.as_ref().map(|(_, runs)| runs)).collect();
    let names = || Ground::open(workspace.embedded, workspace.root.dir(), workspace.now)?.names();
    masker_of(env, &runs, &policy.settings.mask_allow, &names)
}

/// The masker of a verb that needs no workspace: what `tollgate.toml` says is known where there is one that can be read.
pub fn masker_near(
    embedded: &'static Embedded,
    root: &Path,
    now: Now,
    env: &BTreeMap<String, String>,
) -> Result<Masker, Error> {
    let found = Root::open(root).ok().and_then(|root| config::run_settings(embedded, &root).ok());
    let runs: Vec<&RunSettings> = found.iter().map(|(_, runs)| runs).collect();
    let allow = found.as_ref().map_or(&[][..], |(settings, _)| &settings.mask_allow);
    masker_of(env, &runs, allow, &|| Ground::open_bare(embedded, root, now)?.names())
}

/// `names` gives by kind the names of its suites.
fn masker_of(
    env: &BTreeMap<String, String>,
    runs: &[&RunSettings],
    allow: &[String],
    names: &dyn Fn() -> Result<BTreeMap<String, Vec<String>>, Error>,
) -> Result<Masker, Error> {
    let mut set: Vec<(String, String)> = Vec::new();
    let mut known = None;
    for spec in runs.iter().flat_map(|run| &run.suites) {
        for (key, value) in variables(spec).filter(|(key, _)| is_secret_name(key)) {
            if value.contains("{name}") {
                // The files of a glob are looked for only where a secret is made of their names.
                let found = match known.take() {
                    Some(found) => found,
                    None => names()?,
                };
                for name in known.insert(found).get(&spec.kind).into_iter().flatten() {
                    set.extend(literals(key, &fill(value, &[("{name}", name)])));
                }
            } else {
                set.extend(literals(key, value));
            }
        }
    }
    let lint = runs.iter().flat_map(|run| &run.lint).flat_map(|(_, command)| command.env().iter().cloned());
    let ours = set.into_iter().chain(lint);
    let masker = Masker::new(env.iter().map(|(k, v)| (k.clone(), v.clone())).chain(ours), is_there);
    masker.and_then(|masker| masker.allowing(allow)).map_err(Error::Work)
}

/// The branch of a checkout as documents name it. A commit is never a secret: git makes it up.
pub fn branch(ground: &Ground, masker: &Masker) -> Option<String> {
    ground.branch.as_deref().map(|branch| masker.mask(branch).0)
}

/// Masks what results say of failures, and the files that they name; gives the number of masks.
pub fn mask_failures(cases: &mut [TestCase], masker: &Masker) -> u64 {
    let mut count = 0;
    for failure in cases.iter_mut().flat_map(|c| c.failure.iter_mut().chain(&mut c.later)) {
        let Failure { message, text, output, place, .. } = failure;
        let texts = [message, text, output].into_iter().chain(place.as_mut().map(|place| &mut place.file));
        let hide = |text: &mut String| match text.len() {
            CUT.. => masker.hide_cut(text),
            _ => masker.hide(text),
        };
        let masked: u64 = total(texts.map(hide));
        if masked > 0 {
            // A mask may be longer than what it stands for.
            *failure = failure.short(Failure::TEXT);
            count += masked;
        }
    }
    count
}

/// How much was let through in what results say of failures, of which there is no output.
pub fn let_through(cases: &[TestCase], masker: &Masker) -> u64 {
    let failures = cases.iter().flat_map(TestCase::failures);
    let texts = failures.flat_map(|f| [&f.message, &f.text, &f.output]);
    texts.map(|text| masker.let_through(text)).fold(0, u64::saturating_add)
}

/// Masks what results call their tests; gives the number of masks. Names that become equal are told apart. A test that is called
/// by its suite's name keeps it: names of suites are settings.
pub fn mask_names(cases: &mut [TestCase], reader: ResultReader, masker: &Masker) -> u64 {
    if reader == ResultReader::Exit {
        return 0;
    }
    let mut count = 0;
    for case in cases.iter_mut() {
        count += masker.hide(&mut case.name);
        count += case.selector.as_mut().map_or(0, |selector| masker.hide(selector));
    }
    if count > 0 {
        tell_apart(cases.iter_mut().map(|case| &mut case.name));
    }
    count
}

/// Masks the names of tests that an earlier run tells of and that may be run again: a name that holds a secret is handed to no
/// command and written nowhere, and `plan` replays its suite whole.
pub fn mask_asked(summary: &mut RunSummary, masker: &Masker) {
    let suites = summary.suites.iter_mut().chain(&mut summary.units);
    let tests = suites.flat_map(|suite| &mut suite.tests);
    for test in tests.filter(|t| matches!(t.status, TestStatus::Failed | TestStatus::NotRun)) {
        masker.hide(&mut test.name);
        if let Some(selector) = &mut test.selector {
            masker.hide(selector);
        }
    }
    for left in &mut summary.not_run {
        for test in left.tests.iter_mut().flatten() {
            masker.hide(test);
        }
        left.expected =
            std::mem::take(&mut left.expected).into_iter().map(|tests| hidden(tests, masker)).collect();
        left.names.retain(|selector, names| {
            !masker.finds(selector) && names.iter().all(|name| !masker.finds(name))
        });
    }
}

/// A selector and its names, masked.
fn hidden((mut selector, names): (String, BTreeSet<String>), masker: &Masker) -> (String, BTreeSet<String>) {
    masker.hide(&mut selector);
    let hide = |mut name: String| {
        masker.hide(&mut name);
        name
    };
    (selector, names.into_iter().map(hide).collect())
}

/// Masks the names of tests that a comparison ranks: a baseline may be of a run that did not know the secret.
pub fn mask_ranked(ranked: &mut [Diagnostic], masker: &Masker) {
    for test in ranked.iter_mut().filter_map(|diagnostic| diagnostic.test.as_mut()) {
        masker.hide(test);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_core::model::test::{Failure, SourcePlace};

    fn case(name: &str, selector: Option<&str>) -> TestCase {
        let place = SourcePlace { file: "hunter2/x.py".into(), line: 1, column: 1 };
        TestCase {
            name: name.into(),
            status: TestStatus::Failed,
            duration_ms: None,
            failure: Some(Failure::new("m", "", Some(place.clone()))),
            later: vec![Failure::new("hunter3", "", Some(place))],
            selector: selector.map(String::from),
        }
    }

    #[test]
    fn masked_names_stay_as_many_as_there_were() {
        let masker = Masker::new([("A_TOKEN", "hunter2"), ("B_TOKEN", "hunter3")], |_| false).unwrap();
        let mut cases = [case("t[hunter2]", None), case("t[hunter3]", Some("hunter3")), case("plain", None)];
        assert_eq!(mask_names(&mut cases, ResultReader::Junit, &masker), 3);
        let names = cases.each_ref().map(|c| c.name.as_str());
        assert_eq!(names, ["t[[masked]]", "t[[masked]] #2", "plain"]);
        assert_eq!(cases[1].selector(), "[masked]");
        assert_eq!(mask_failures(&mut cases, &masker), 9);
        let places = cases.iter().flat_map(TestCase::failures).map(|f| f.place.clone().unwrap().file);
        assert!(places.eq(["[masked]/x.py"; 6]));
        assert_eq!(cases[2].later[0].message, "[masked]");
        let mut suite = [case("hunter2", None)];
        mask_names(&mut suite, ResultReader::Exit, &masker);
        assert_eq!(suite[0].name, "hunter2");
    }

    #[test]
    fn a_secret_that_a_bound_cut_in_two_leaves_nothing_of_itself() {
        let masker = Masker::new([("A_TOKEN", "hunter2hunter2")], |_| false).unwrap();
        let long = |end: &str| format!("{}{end}", ".".repeat(Failure::MESSAGE - end.len()));
        for end in ["hunter2hun", " ghp_a1B2a1B2", "x://user:passw"] {
            let mut cases = [case("t", None)];
            cases[0].failure = Some(Failure::new(&long(end), &long(end), None));
            mask_failures(&mut cases, &masker);
            let failure = cases[0].failure.as_ref().unwrap();
            assert!(
                failure.message.trim_end_matches([' ', 'x']).ends_with('.'),
                "{end}: {}",
                failure.message
            );
            assert_eq!(failure.message, failure.text);
        }
    }

    #[test]
    fn what_is_filled_in_is_no_part_of_a_secret() {
        let parts = |value| literals("K", value).into_iter().map(|(_, part)| part).collect::<Vec<_>>();
        assert_eq!(parts("plain"), ["plain"]);
        assert_eq!(parts("a-{test}-b"), ["a-", "-b"]);
        assert_eq!(parts("{out}/key.pem"), [""]);
        assert_eq!(parts("/etc/key"), ["/etc/key"]);
    }
}

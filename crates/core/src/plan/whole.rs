//! Whether a run is a whole one: it shows every suite and lint step that the policy asks for. What it is called (a shard, a
//! replay) decides nothing but how a gap is explained: one shard of one that covers all is whole.

use super::digest::{lint_definition, suite_definition};
use super::select::{SuiteNames, profile_items};
use super::shown::{Shown, SuiteShown};
use crate::model::plan::RunSettings;
use crate::model::suite::{EvidenceFrom, RanPart, SuiteStatus};
use crate::model::whole::{AskedOfWhole, AskedSuite, Defined, Gap, GapReason};
use std::collections::{BTreeMap, BTreeSet};
use tollgate_text::json::Json;
use tollgate_text::show::show;

/// What a whole run of `profile` shows; `None` where no suite is known, so that nothing can be asked. The error is a sentence.
/// A profile that selects nothing is one: no run could show that it is whole.
pub fn asked(
    settings: &RunSettings,
    names: &SuiteNames,
    profile: &str,
) -> Result<Option<AskedOfWhole>, String> {
    if settings.suites.is_empty() {
        return Ok(None);
    }
    let items = profile_items(settings, names, profile).map_err(|problems| problems.join("; "))?;
    let suites = items.into_iter().map(|item| {
        let spec = settings.suites.iter().find(|spec| spec.kind == item.kind);
        AskedSuite {
            by_name: spec.is_some_and(|spec| spec.evidence == EvidenceFrom::Ingest),
            max_retries: spec.and_then(|spec| spec.max_retries),
            kind: item.kind,
            name: item.name,
        }
    });
    let lints = settings.profiles.iter().any(|p| p.name == profile && p.lint);
    let lint = settings.lint.iter().filter(|_| lints).map(|(name, _)| name.clone()).collect();
    let (suites, definitions) = (suites.collect(), definitions(settings));
    let asked = AskedOfWhole { profile: profile.to_string(), suites, lint, definitions };
    if asked.suites.is_empty() && asked.lint.is_empty() {
        return Err(format!("the profile {} selects nothing, so no run can be whole", show(profile)));
    }
    Ok(Some(asked))
}

/// How suites and lint steps run by these settings. Of evidence that is ingested it is not known how it came about.
pub fn definitions(settings: &RunSettings) -> BTreeMap<Defined, BTreeSet<String>> {
    let ran = settings.suites.iter().filter(|spec| spec.evidence != EvidenceFrom::Ingest);
    let kinds = ran.map(|spec| (Defined::Kind(spec.kind.clone()), suite_definition(spec)));
    let lint = settings.lint.iter();
    let lint = lint.map(|(name, command)| (Defined::Lint(name.clone()), lint_definition(command)));
    kinds.chain(lint).map(|(of, digest)| (of, BTreeSet::from([digest]))).collect()
}

/// Whether it ran otherwise than is asked. What does not say how it ran, as what an older version or something else wrote, is not held to it.
fn is_other(asked: &AskedOfWhole, of: &Defined, ran: Option<&str>) -> bool {
    let known = asked.definitions.get(of);
    ran.zip(known).is_some_and(|(ran, known)| !known.contains(ran))
}

/// What the run of `summary` lacks, in the order asked; empty where it is whole. The error is a clause about the summary.
pub fn gaps(asked: &AskedOfWhole, summary: &Json<'_>) -> Result<Vec<Gap>, String> {
    let run = Shown::of(summary)?;
    let suites = asked.suites.iter().filter_map(|suite| {
        let (reason, detail) = of_suite(suite, &run, asked)?;
        Some(Gap { reason, kind: suite.kind.clone(), name: suite.name.clone(), detail })
    });
    let lint = asked.lint.iter().filter_map(|step| {
        let detail = match run.lint(step) {
            None => format!("the lint step {} did not run{}", show(step), of_what(&run, asked)),
            Some(ran) if is_other(asked, &Defined::Lint(step.clone()), ran) => {
                format!("the lint step {} ran by another command than tollgate.toml has for it", show(step))
            }
            Some(_) => return None,
        };
        Some(Gap { reason: GapReason::Lint, kind: "lint".into(), name: step.clone(), detail })
    });
    Ok(suites.chain(lint).collect())
}

fn of_suite(suite: &AskedSuite, run: &Shown<'_>, asked: &AskedOfWhole) -> Option<(GapReason, String)> {
    let kind = (!suite.by_name).then_some(suite.kind.as_str());
    let name = format!("{}/{}", show(&suite.kind), show(&suite.name));
    let entries = run.entries(kind, &suite.name);
    if entries.is_empty() && !run.is_left(kind, &suite.name) {
        return Some(absent(suite, &name, run, asked));
    }
    // Where it stands twice, each must have run: nothing tells which of them is the one asked for.
    let left = run.is_left(kind, &suite.name);
    let other = |entry: &SuiteShown<'_>| {
        let of = Defined::Kind(suite.kind.clone());
        (!suite.by_name && is_other(asked, &of, entry.definition)).then(|| {
            let kind = show(&suite.kind);
            let detail = format!(
                "{name} ran otherwise than [suites.{kind}] of tollgate.toml has it (command, env, cwd, reader, results)"
            );
            (GapReason::Choice, detail)
        })
    };
    entries.iter().find_map(|entry| lacks(entry, suite, &name, run).or_else(|| other(entry))).or_else(|| {
        left.then(|| {
            (GapReason::NotRun, format!("{name} was selected and did not run, or not all of its tests"))
        })
    })
}

/// What a suite that is shown lacks of having run whole. Whether it failed is for other gates: a red suite has run.
fn lacks(
    entry: &SuiteShown<'_>,
    suite: &AskedSuite,
    name: &str,
    run: &Shown<'_>,
) -> Option<(GapReason, String)> {
    let green = entry.status.is_pass() && entry.status != SuiteStatus::Quarantined;
    if entry.status == SuiteStatus::NotRun {
        return Some((GapReason::NotRun, format!("{name} was selected and did not run")));
    }
    if entry.left_tests || (entry.incomplete && green) {
        return Some((GapReason::NotRun, format!("not all tests of {name} ran")));
    }
    match (entry.ran, run.rerun_from) {
        (Some(RanPart::Tests), _) => {
            return Some((GapReason::Replay, format!("of {name} only the tests that were replayed ran")));
        }
        (None, Some(_)) => {
            let detail = format!("the run is a replay that does not say how much of {name} ran");
            return Some((GapReason::Replay, detail));
        }
        _ => {}
    }
    let most = i64::from(suite.max_retries?).saturating_add(1);
    match entry.attempts {
        Some(attempts) if attempts <= most => None,
        Some(attempts) => Some((
            GapReason::Choice,
            format!("{name} was started {attempts} times, and `max_retries` of the policy lets it be {most}"),
        )),
        None => Some((GapReason::Choice, format!("the run does not say how often {name} was started"))),
    }
}

/// Why a suite is not there at all.
fn absent(suite: &AskedSuite, name: &str, run: &Shown<'_>, asked: &AskedOfWhole) -> (GapReason, String) {
    let others = run.kinds(&suite.name);
    let others: Vec<String> = others.into_iter().filter(|kind| !kind.is_empty()).map(show).collect();
    let reason = match run {
        Shown { rerun_from: Some(_), .. } => GapReason::Replay,
        Shown { chosen: true, .. } => GapReason::Choice,
        Shown { shard: Some(_), .. } => GapReason::Shard,
        _ => GapReason::Suite,
    };
    let hint = match &others[..] {
        [] => of_what(run, asked),
        kinds => format!("; it shows a suite of that name of the kind {}", kinds.join(", ")),
    };
    (reason, format!("the run does not show {name}{hint}"))
}

/// What the run is, where that explains what it lacks: `: it is a replay of …`.
fn of_what(run: &Shown<'_>, asked: &AskedOfWhole) -> String {
    match run {
        Shown { rerun_from: Some(source), .. } => format!(": it is a replay of {}", show(source)),
        Shown { chosen: true, .. } => ": it is of suites that were chosen (--suite, --unit-target)".into(),
        Shown { shard: Some((index, total)), .. } => format!(
            ": it is shard {} of {total}; `tollgate merge` makes a whole of all",
            index.saturating_add(1)
        ),
        Shown { profile: Some("ingest"), .. } => {
            ": it is ingested; a kind with `evidence = \"ingest\"` is held by its names alone".into()
        }
        Shown { profile: Some(profile), .. } if *profile != asked.profile => {
            format!(": it is of the profile {}, and {} is asked for", show(profile), show(&asked.profile))
        }
        _ => String::new(),
    }
}

/// Where in the summary the answer comes from: pointers to the first, middle and last suite, unit and lint step, and to their
/// lists. What `prove` must alter.
pub fn pointers(summary: &Json<'_>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (list, fields) in [
        ("suites", &["name", "kind", "status"][..]),
        ("units", &["name", "kind", "status"][..]),
        ("lint", &["name"][..]),
    ] {
        let Some(Json::Array(entries)) = summary.get(list) else { continue };
        let Some(last) = entries.len().checked_sub(1) else { continue };
        found.insert(format!("/{list}"));
        for at in BTreeSet::from([0, last / 2, last]) {
            found.insert(format!("/{list}/{at}"));
            found.extend(fields.iter().map(|field| format!("/{list}/{at}/{field}")));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::sample::{names, settings};
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn suite(kind: &str, name: &str) -> Value {
        json!({"kind": kind, "name": name, "status": "passed", "attempts": 1, "tests": []})
    }

    /// A run that shows these units and the lint step `fmt`.
    fn run(units: &[Value]) -> Value {
        json!({"profile": "ci", "suites": [], "units": units, "not_run": [],
            "lint": [{"name": "fmt", "passed": false}], "shard": {"kind": "none", "index": 0, "total": 1}})
    }

    fn two() -> AskedOfWhole {
        let suite = |name: &str| AskedSuite {
            kind: "unit".into(),
            name: name.into(),
            by_name: false,
            max_retries: None,
        };
        AskedOfWhole {
            profile: "ci".into(),
            suites: vec![suite("a"), suite("b")],
            lint: vec!["fmt".into()],
            ..AskedOfWhole::default()
        }
    }

    fn said(asked: &AskedOfWhole, run: &Value) -> Vec<String> {
        let found = gaps(asked, &Json::from_value(run)).unwrap();
        found.iter().map(|gap| format!("{} {}: {}", gap.reason.name(), gap.shown(), gap.detail)).collect()
    }

    /// What the run lacks when it is altered.
    fn altered(alter: impl Fn(&mut Value)) -> String {
        let mut run = run(&[suite("unit", "a"), suite("unit", "b")]);
        alter(&mut run);
        said(&two(), &run).join(" | ")
    }

    #[test]
    fn what_covers_all_is_whole_whatever_it_is_called() {
        assert_eq!(altered(|_| {}), "");
        // One shard of one, a replay of everything, more than is asked for, and a red suite.
        assert_eq!(altered(|run| run["shard"] = json!({"kind": "unit", "index": 0, "total": 1})), "");
        assert_eq!(
            altered(|run| {
                run["rerun_from"] = json!("runs/1");
                (0..2).for_each(|at| run["units"][at]["ran"] = json!("whole"));
            }),
            ""
        );
        assert_eq!(altered(|run| run["suites"] = json!([suite("e2e", "x")])), "");
        assert_eq!(altered(|run| run["selection"] = json!({"units": ["a", "b"]})), "");
        for status in ["failed", "crashed", "timed_out", "missing", "quarantined", "ignored", "flaky"] {
            assert_eq!(altered(|run| run["units"][0]["status"] = json!(status)), "", "{status}");
        }
    }

    #[test]
    fn each_gap_says_why() {
        let gone = |run: &mut Value| drop(run["units"].as_array_mut().unwrap().pop());
        let texts = [
            altered(gone),
            altered(|run| {
                gone(run);
                run["profile"] = json!("quick");
            }),
            altered(|run| {
                gone(run);
                run["shard"] = json!({"kind": "unit", "index": 0, "total": 2});
            }),
            altered(|run| {
                gone(run);
                run["selection"] = json!({"units": ["a"]});
            }),
            altered(|run| {
                gone(run);
                run["rerun_from"] = json!("runs/1");
                run["units"][0]["ran"] = json!("tests");
            }),
            altered(|run| run["rerun_from"] = json!("runs/1")),
            altered(|run| {
                gone(run);
                run["profile"] = json!("ingest");
            }),
            altered(|run| run["units"][1]["kind"] = json!("vcr")),
            altered(|run| run["units"][1]["status"] = json!("not_run")),
            altered(|run| run["units"][1]["incomplete"] = json!(true)),
            altered(|run| run["units"][1]["tests"] = json!([{"name": "t", "status": "not_run"}])),
            altered(|run| run["not_run"] = json!([{"name": "b", "kind": "unit", "tests": ["t"]}])),
            altered(|run| {
                gone(run);
                run["not_run"] = json!(["b"]);
            }),
            altered(|run| run["lint"] = json!([])),
            altered(|run| run["lint_not_run"] = json!(["fmt"])),
        ];
        insta::assert_snapshot!(texts.join("\n"), @r#"
        suite unit/b: the run does not show unit/b
        suite unit/b: the run does not show unit/b: it is of the profile quick, and ci is asked for
        shard unit/b: the run does not show unit/b: it is shard 1 of 2; `tollgate merge` makes a whole of all
        choice unit/b: the run does not show unit/b: it is of suites that were chosen (--suite, --unit-target)
        replay unit/a: of unit/a only the tests that were replayed ran | replay unit/b: the run does not show unit/b: it is a replay of runs/1
        replay unit/a: the run is a replay that does not say how much of unit/a ran | replay unit/b: the run is a replay that does not say how much of unit/b ran
        suite unit/b: the run does not show unit/b: it is ingested; a kind with `evidence = "ingest"` is held by its names alone
        suite unit/b: the run does not show unit/b; it shows a suite of that name of the kind vcr
        not_run unit/b: unit/b was selected and did not run
        not_run unit/b: not all tests of unit/b ran
        not_run unit/b: not all tests of unit/b ran
        not_run unit/b: unit/b was selected and did not run, or not all of its tests
        not_run unit/b: unit/b was selected and did not run, or not all of its tests
        lint lint fmt: the lint step fmt did not run
        lint lint fmt: the lint step fmt did not run
        "#);
    }

    #[test]
    fn a_suite_that_failed_and_lacks_tests_is_red_by_itself() {
        let cut = |status: &'static str| {
            altered(|run| {
                run["units"][1]["status"] = json!(status);
                run["units"][1]["incomplete"] = json!(true);
            })
        };
        assert_eq!([cut("crashed"), cut("failed"), cut("quarantined")], ["", "", ""]);
        assert!(!cut("flaky").is_empty());
    }

    #[test]
    fn more_retries_than_the_policy_allows_are_a_gap() {
        let mut asked = two();
        asked.suites[1].max_retries = Some(1);
        let of = |attempts: Value| {
            let mut run = run(&[suite("unit", "a"), suite("unit", "b")]);
            run["units"][1]["attempts"] = attempts;
            gaps(&asked, &Json::from_value(&run)).map(|gaps| gaps.len())
        };
        assert_eq!((of(json!(2)), of(json!(3)), of(json!(0))), (Ok(0), Ok(1), Ok(0)));
        assert!(of(json!("2")).is_err());
    }

    #[test]
    fn what_is_ingested_is_held_by_its_name() {
        let mut asked = two();
        asked.suites[0].by_name = true;
        assert_eq!(said(&asked, &run(&[suite("junit", "a"), suite("unit", "b")])), Vec::<String>::new());
        assert_eq!(said(&asked, &run(&[suite("unit", "b")])).len(), 1);
    }

    #[test]
    fn a_summary_that_is_not_understood_is_an_error() {
        let wrong: [fn(&mut Value); 8] = [
            |run| run["units"] = json!({}),
            |run| drop(run.as_object_mut().unwrap().remove("suites")),
            |run| run["units"][0]["status"] = json!("fine"),
            |run| run["units"][0]["name"] = json!(null),
            |run| run["lint"] = json!([{"name": "fmt"}]),
            |run| run["not_run"] = json!([3]),
            |run| run["rerun_from"] = json!(3),
            |run| run["shard"] = json!("0/1"),
        ];
        for alter in wrong {
            let mut run = run(&[suite("unit", "a"), suite("unit", "b")]);
            alter(&mut run);
            assert!(gaps(&two(), &Json::from_value(&run)).is_err(), "{run}");
        }
    }

    #[test]
    fn the_profile_says_what_is_asked() {
        let all = names(&[("e2e", &["tui", "x_live"]), ("slow", &["soak"]), ("unit", &["b", "a"])]);
        let mut run = settings();
        run.lint = vec![("fmt".into(), tollgate_text::command::CommandLine::parse("fmt").unwrap())];
        let found = asked(&run, &all, "ci").unwrap().unwrap();
        let shown: Vec<String> = found.suites.iter().map(|s| format!("{}/{}", s.kind, s.name)).collect();
        assert_eq!(
            (shown.join(" "), found.lint),
            ("unit/b unit/a e2e/tui".to_string(), vec!["fmt".to_string()])
        );
        run.profiles[0].lint = false;
        assert!(asked(&run, &all, "ci").unwrap().unwrap().lint.is_empty());
        assert!(asked(&run, &all, "focused").is_err() && asked(&run, &all, "gone").is_err());
        assert!(asked(&run, &SuiteNames::new(), "ci").unwrap_err().contains("selects nothing"));
        run.suites.clear();
        assert_eq!(asked(&run, &SuiteNames::new(), "ci"), Ok(None));
    }

    /// How a suite or lint step that is asked for may stand in a run, and whether that covers it.
    fn standing() -> impl Strategy<Value = (&'static str, bool)> {
        prop_oneof![
            Just(("passed", true)),
            Just(("failed", true)),
            Just(("quarantined", true)),
            Just(("absent", false)),
            Just(("not_run", false)),
            Just(("other kind", false)),
            Just(("tests", false)),
            Just(("listed", false)),
        ]
    }

    proptest! {
        #[test]
        fn a_run_is_whole_exactly_when_all_that_is_asked_for_ran_whole(
            suites in prop::collection::vec((0..3u8, standing()), 0..8),
            lint in prop::collection::vec((any::<bool>(), any::<bool>()), 0..3),
            more in 0..3u8,
        ) {
            let (mut asked, mut units, mut not_run) = (AskedOfWhole::default(), Vec::new(), Vec::new());
            let mut whole = true;
            for (at, (kind, (how, covered))) in suites.iter().enumerate() {
                let (kind, name) = (format!("k{kind}"), format!("s{at}"));
                whole &= covered;
                let mut entry = suite(&kind, &name);
                match *how {
                    "absent" => {}
                    "listed" => {
                        not_run.push(json!({"name": name, "kind": kind}));
                        units.push(entry);
                    }
                    how => {
                        match how {
                            "other kind" => entry["kind"] = json!("k9"),
                            "tests" => entry["ran"] = json!("tests"),
                            status => entry["status"] = json!(status),
                        }
                        units.push(entry);
                    }
                }
                asked.suites.push(AskedSuite { kind, name, by_name: false, max_retries: None });
            }
            let mut steps = Vec::new();
            for (at, (ran, passed)) in lint.iter().enumerate() {
                let name = format!("l{at}");
                if *ran {
                    steps.push(json!({"name": name, "passed": passed}));
                }
                whole &= ran;
                asked.lint.push(name);
            }
            units.extend((0..more).map(|at| suite("more", &format!("m{at}"))));
            // Which of the two lists a suite stands in decides nothing.
            let suites = units.split_off(units.len() / 2);
            let run = json!({"suites": suites, "units": units, "not_run": not_run, "lint": steps});
            let found = gaps(&asked, &Json::from_value(&run)).unwrap();
            prop_assert_eq!(found.is_empty(), whole, "{:?} {}", found, run);
        }
    }
}

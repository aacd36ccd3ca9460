//! `go test -json`: one reading a package.

mod attempts;
mod build;
pub(super) mod frame;
mod package;
mod test;

use super::collect::{ReadingDraft, Room, append, finish, outside, outside_or_cut};
use super::fault::ReadFault;
use super::lines::StreamLines;
use crate::ingest::go::build::{Builds, does_not_build};
use crate::ingest::go::package::Package;
use crate::model::signature::Basis;
use crate::model::test::Reading;
use chrono::{DateTime, FixedOffset};
use std::collections::HashMap;
use tollgate_text::json::{self, Json, JsonLimits};
use tollgate_text::time::parse_rfc3339;

/// Reads the output of one or more packages. A package that does not build, ends early, or fails outside its tests has a fault;
/// where its own end is missing, or the last line is not whole, the output is cut off. One without test files has no reading.
/// One that failed and ran again has one reading of all its runs. An action that is none of Go's is a failure where it ends a test.
/// A test with subtests (`Parent/sub`) is a test too, as Go counts it.
pub(super) fn read(
    lines: &mut StreamLines<'_>,
    times: Option<&mut Vec<String>>,
) -> Result<Vec<Reading>, ReadFault> {
    let mut output = Output::default();
    let mut stated = times.is_some().then(Stated::default);
    while let Some(line) = lines.next()? {
        if line.cut {
            return Err(ReadFault::at("the line is longer than any that is read", line.number));
        }
        if !line.text.starts_with('{') {
            output.ends_torn &= line.is_blank();
            output.plain(&line.text)?;
            continue;
        }
        let event = json::parse(line.text.as_bytes(), &JsonLimits::default());
        output.ends_torn = event.is_err();
        match event {
            Ok(event) => {
                if let (Some(stated), Some(time)) = (&mut stated, event.get("Time").and_then(Json::as_str)) {
                    stated.see(time);
                }
                output.event(&event)?;
            }
            Err(_) => output.torn = output.torn.or(Some(line.number)),
        }
    }
    if let (Some(times), Some(stated)) = (times, stated) {
        times.extend(stated.earliest.map(|(_, text)| text).into_iter().chain(stated.unread));
    }
    output.end()
}

/// The earliest time of all events, and the last that is no time.
#[derive(Default)]
struct Stated {
    earliest: Option<(DateTime<FixedOffset>, String)>,
    unread: Option<String>,
}

impl Stated {
    fn see(&mut self, text: &str) {
        match parse_rfc3339(text) {
            Ok(time) if self.earliest.as_ref().is_none_or(|(before, _)| time < *before) => {
                self.earliest = Some((time, text.to_string()));
            }
            Ok(_) => {}
            Err(_) => self.unread = Some(text.to_string()),
        }
    }
}

#[derive(Default)]
struct Output {
    room: Room,
    packages: Vec<Package>,
    /// The last run of each.
    numbers: HashMap<String, usize>,
    builds: Builds,
    /// The last build that the plain text of older versions told of.
    said: String,
    torn: Option<u64>,
    /// The last line is one that is torn.
    ends_torn: bool,
    known: bool,
    /// A line is one of `go test` without `-json`.
    text: bool,
}

impl Output {
    fn event(&mut self, event: &Json<'_>) -> Result<(), ReadFault> {
        let text = |key: &str| event.get(key).and_then(Json::as_str);
        let Some(action) = text("Action") else { return Ok(()) };
        self.known = true;
        if let Some(build) = text("ImportPath") {
            self.builds.event(build, action, text("Output").unwrap_or_default());
            return Ok(());
        }
        // `go tool test2json` alone knows no package.
        let name = text("Package").unwrap_or_default();
        let mut nth = self.number(name)?;
        if matches!(action, "start" | "run") && self.packages[nth].may_run_again() {
            nth = self.runs_again(name, nth)?;
        }
        let elapsed = match event.get("Elapsed") {
            Some(Json::Float(s)) => Some(*s),
            Some(Json::Int(s)) => Some(*s as f64),
            _ => None,
        };
        let package = &mut self.packages[nth];
        match (text("Test"), action) {
            (_, "start" | "pause" | "cont" | "attr" | "artifacts") => {}
            (Some(test), "run") => package.run(test),
            (Some(test), "output") => {
                package.output(
                    test,
                    text("Output").unwrap_or_default(),
                    text("OutputType").unwrap_or_default(),
                );
            }
            (Some(test), "pass" | "fail" | "skip" | "bench") => {
                package.result(&mut self.room, test, action, elapsed)?;
            }
            (None, "output") => package.own_output(text("Output").unwrap_or_default()),
            (None, "pass" | "fail" | "skip") => {
                if let Some(build) = text("FailedBuild") {
                    let (fault, basis) = self.builds.told(build);
                    package.draft.fault_told(fault, basis);
                }
                package.end(&mut self.room, action, elapsed)?;
            }
            (test, unknown) => package.unknown(test, unknown),
        }
        Ok(())
    }

    /// A package that failed begins once more.
    fn runs_again(&mut self, package: &str, nth: usize) -> Result<usize, ReadFault> {
        self.room.reading()?;
        let first = self.packages[nth].again_of.unwrap_or(nth);
        let mut again = Package::new(package);
        again.again_of = Some(first);
        self.packages.push(again);
        let last = self.packages.len() - 1;
        self.numbers.insert(package.to_string(), last);
        Ok(last)
    }

    fn number(&mut self, package: &str) -> Result<usize, ReadFault> {
        if let Some(nth) = self.numbers.get(package) {
            return Ok(*nth);
        }
        self.room.reading()?;
        self.packages.push(Package::new(package));
        self.numbers.insert(package.to_string(), self.packages.len() - 1);
        Ok(self.packages.len() - 1)
    }

    /// Before Go 1.24 a build that breaks is plain text: `# package`, the compiler's lines, `FAIL\tpackage [build failed]`. Of a run
    /// without `-json` beside it only `FAIL\tpackage\t0.1s` is taken.
    fn plain(&mut self, line: &str) -> Result<(), ReadFault> {
        if line.starts_with("# ") {
            self.said.clear();
            return Ok(());
        }
        self.text |= ["=== RUN ", "--- PASS: ", "--- FAIL: ", "--- SKIP: ", "ok  \t", "?   \t"]
            .iter()
            .any(|b| line.starts_with(b));
        let failed = line.strip_prefix("FAIL\t").and_then(|failed| {
            let why = failed.strip_suffix(']').and_then(|f| f.split_once(" ["));
            why.map(|(name, why)| (name, Some(why))).or_else(|| Some((failed.split_once('\t')?.0, None)))
        });
        let Some((name, why)) = failed else {
            append(&mut self.said, line, 2 << 10);
            append(&mut self.said, "\n", 2 << 10);
            return Ok(());
        };
        self.known = true;
        let nth = self.number(name)?;
        let said = std::mem::take(&mut self.said);
        let package = &mut self.packages[nth];
        let (fault, basis) = match why {
            None if package.ended_red() => return Ok(()),
            None => ("go says that the package failed".into(), Basis::Fallback),
            Some("build failed") => does_not_build(&said),
            Some(why) => (format!("go says: {why}"), Basis::Fallback),
        };
        package.draft.fault_told(fault, basis);
        package.over |= why.is_some() || package.is_fresh();
        Ok(())
    }

    fn end(mut self) -> Result<Vec<Reading>, ReadFault> {
        if !self.known {
            return Err(ReadFault::holds_no(if self.text {
                "results of `go test -json`, but the text of `go test`, which does not tell everything: run it with -json"
            } else {
                "results of `go test -json`"
            }));
        }
        for (name, (fault, basis)) in self.builds.untold() {
            let nth = self.number(&name)?;
            let package = &mut self.packages[nth];
            package.over |= package.is_fresh();
            if package.draft.reading.fault.is_none() {
                package.draft.fault_told(fault, basis);
            }
        }
        let mut drafts: Vec<ReadingDraft> = Vec::new();
        // Where the draft of each package stands; a later run stands with the first.
        let mut places: Vec<Option<usize>> = Vec::with_capacity(self.packages.len());
        for mut package in std::mem::take(&mut self.packages) {
            if !package.over {
                package.broken_off(&mut self.room)?;
            }
            let first = package.again_of.and_then(|nth| places.get(nth).copied().flatten());
            let place = match first {
                Some(at) => {
                    attempts::add(&mut drafts[at], &mut self.room, package.draft)?;
                    None
                }
                None if package.without_files() => None,
                None => {
                    drafts.push(package.draft);
                    Some(drafts.len() - 1)
                }
            };
            places.push(place);
        }
        drafts.extend(self.builds.more().map(outside));
        let torn = self.torn.map(|line| format!("line {line} begins an event and is not whole JSON"));
        drafts.extend(torn.map(|torn| outside_or_cut(self.ends_torn, torn)));
        if drafts.is_empty() {
            drafts.push(ReadingDraft::default());
        }
        Ok(finish(drafts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said(text: &str) -> String {
        let mut input = text.as_bytes();
        let readings = read(&mut StreamLines::new(&mut input), None).unwrap();
        let line = |r: &Reading| {
            let cases = r.cases.iter().map(|c| format!("{} {}", c.name, c.status.name()));
            let fault = r.fault.as_ref().map(|f| f.sentence.clone());
            cases.chain(fault).collect::<Vec<_>>().join("; ")
        };
        readings.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_failure_that_no_event_tells_of_is_named() {
        // What a test prints without a line's end stands before Go's own line, and then there is no event.
        let glued = r#"{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"x--- FAIL: TestA (0.00s)\n"}
{"Action":"output","Package":"p","Output":"FAIL\n"}
{"Action":"fail","Package":"p","Elapsed":0.1}
"#;
        assert!(said(glued).contains("TestA failed"), "{}", said(glued));
        assert!(!said(glued).contains("did not end"), "{}", said(glued));
        let listed = r#"{"Action":"output","Package":"p","Output":"--- FAIL: TestB (0.00s)\n"}
{"Action":"output","Package":"p","Output":"FAIL\n"}
{"Action":"fail","Package":"p","Elapsed":0.1}
"#;
        assert!(said(listed).contains("TestB failed"), "{}", said(listed));
        // What a passing test prints of a run of its own is no failure of the package.
        let inner = r#"{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"--- FAIL: TestInner (0.00s)\n"}
{"Action":"pass","Package":"p","Test":"TestA","Elapsed":0}
{"Action":"output","Package":"p","Output":"PASS\n"}
{"Action":"pass","Package":"p","Elapsed":0.1}
"#;
        assert!(!said(inner).contains("failed"), "{}", said(inner));
    }

    fn event(action: &str, test: &str, output: &str) -> String {
        let test = if test.is_empty() { String::new() } else { format!(",\"Test\":\"{test}\"") };
        let output = if output.is_empty() { String::new() } else { format!(",\"Output\":\"{output}\\n\"") };
        format!("{{\"Action\":\"{action}\",\"Package\":\"p\"{test}{output}}}\n")
    }

    /// A run of the package: `TestA fail`, one a line; it ends as its last word says.
    fn run(tests: &str) -> String {
        let mut text = event("start", "", "");
        for line in tests.lines() {
            match line.split_once(' ') {
                Some((test, action)) => {
                    text.push_str(&event("run", test, ""));
                    text.push_str(&event(action, test, ""));
                }
                None => {
                    let word = if line == "fail" { "FAIL" } else { "PASS" };
                    text.push_str(&event("output", "", word));
                    text.push_str(&event(line, "", ""));
                }
            }
        }
        text
    }

    #[test]
    fn a_line_behind_what_a_test_printed_is_its_result() {
        let glued = |word: &str| {
            let line = format!("OK--- {word}: TestA (0.00s)");
            event("run", "TestA", "") + &event("output", "TestA", &line)
        };
        let green = event("output", "", "PASS") + &event("pass", "", "");
        let red = event("output", "", "FAIL") + &event("fail", "", "");
        assert_eq!(said(&(glued("PASS") + &green)), "TestA passed");
        assert_eq!(said(&(glued("SKIP") + &green)), "TestA ignored");
        assert_eq!(said(&(glued("FAIL") + &red)), "TestA failed");
        assert_eq!(said(&(glued("FAIL") + &glued("PASS") + &red)), "TestA failed");
        // Beside another that failed it passed; where nothing else did, and where the package broke off, nobody knows.
        let other = event("run", "TestB", "") + &event("fail", "TestB", "");
        assert_eq!(said(&(glued("PASS") + &other + &red)), "TestB failed; TestA passed");
        assert!(said(&(glued("PASS") + &red)).ends_with("the package failed outside its tests"));
        assert!(said(&(glued("PASS") + &event("fail", "", ""))).contains("TestA failed"));
        // Of tests that run at once it stands among another one's output.
        let both = event("run", "TestA", "") + &event("run", "TestB", "");
        let both = both + &event("output", "TestB", "x--- PASS: TestA (0.00s)") + &event("pass", "TestB", "");
        assert_eq!(said(&(both + &green)), "TestB passed; TestA passed");
        // A line of a test that does not run is none of Go's.
        let inner = event("run", "TestA", "") + &event("output", "TestA", "x--- PASS: TestB (0.00s)");
        assert!(said(&(inner + &green)).contains("TestA failed"));
    }

    #[test]
    fn a_package_that_runs_again_is_tried_again() {
        let first = run("TestA fail\nTestB pass\nTestC skip\nfail");
        let green = run("TestA pass\npass");
        assert_eq!(said(&(first.clone() + &green)), "TestA flaky; TestB passed; TestC ignored");
        let red = run("TestA fail\nfail");
        assert_eq!(said(&(first.clone() + &red)), "TestA failed; TestB passed; TestC ignored");
        assert_eq!(said(&(first.clone() + &red + &green)), "TestA flaky; TestB passed; TestC ignored");
        // Nothing of it ran, it was skipped, it broke off, or it failed otherwise.
        for (later, is) in [
            (run("pass"), "TestA failed; TestB passed; TestC ignored"),
            (run("TestA skip\npass"), "TestA failed; TestB passed; TestC ignored"),
            (run("TestA pass"), "its end is missing: the output is cut off"),
            (run("TestA pass\nfail"), "the package failed outside its tests"),
            (run("TestB fail\nfail"), "TestA failed; TestB failed; TestC ignored"),
        ] {
            assert!(said(&(first.clone() + &later)).ends_with(is), "{}", said(&(first.clone() + &later)));
        }
        let subtests = run("T/a fail\nT/b pass\nT fail\nfail") + &run("T/a pass\nT pass\npass");
        assert_eq!(said(&subtests), "T/a flaky; T/b passed; T flaky");
        // A panic kept others from running, and the run of the one that failed does not show them.
        let broken = event("run", "TestA", "") + &event("fail", "TestA", "") + &event("fail", "", "");
        assert!(said(&(broken + &green)).contains("did not run"));
        // A package that passed and runs again is no other attempt.
        assert_eq!(said(&(green.clone() + &red)), "TestA passed; TestA #2 failed");
    }

    /// `gotestsum --rerun-fails` runs the package once for each test that failed.
    #[test]
    fn each_test_that_failed_is_run_again_by_itself() {
        let first = run("TestA fail\nTestB fail\nTestC pass\nfail");
        let (a, b) = (run("TestA pass\npass"), run("TestB pass\npass"));
        assert_eq!(said(&(first.clone() + &a + &b)), "TestA flaky; TestB flaky; TestC passed");
        let again = run("TestB fail\nfail");
        assert_eq!(said(&(first.clone() + &a + &again)), "TestA flaky; TestB failed; TestC passed");
        assert_eq!(said(&(first + &a + &again + &b)), "TestA flaky; TestB flaky; TestC passed");
    }

    #[test]
    fn the_text_of_go_test_is_called_that() {
        let message =
            |text: &str| read(&mut StreamLines::new(&mut text.as_bytes()), None).unwrap_err().message;
        assert!(
            message("=== RUN   TestA\n--- PASS: TestA (0.00s)\nPASS\nok  \tp\t0.1s\n")
                .contains("run it with -json")
        );
        assert!(!message("hello\n").contains("-json, but"));
    }

    /// The events of one package, its runs in order: of each test what became of it in the first run and in each further one.
    fn lines_of(package: &str, runs: &[Vec<(usize, bool)>]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut event = |action: &str, test: Option<usize>| {
            let test = test.map_or(String::new(), |n| format!(",\"Test\":\"Test{n}\""));
            lines.push(format!("{{\"Action\":\"{action}\",\"Package\":\"{package}\"{test}}}\n"));
        };
        for run in runs {
            event("start", None);
            run.iter().for_each(|(test, _)| event("run", Some(*test)));
            for (test, passes) in run {
                event(if *passes { "pass" } else { "fail" }, Some(*test));
            }
            event(if run.iter().all(|(_, passes)| *passes) { "pass" } else { "fail" }, None);
        }
        lines
    }

    /// A first run of some tests, and reruns one by one of those that failed, each at most three times.
    fn runs_of(tests: &[u8]) -> Vec<Vec<(usize, bool)>> {
        let first: Vec<(usize, bool)> = tests.iter().enumerate().map(|(n, fails)| (n, *fails == 0)).collect();
        let mut runs = vec![first];
        for (n, fails) in tests.iter().enumerate() {
            for nth in 1..=u8::min(*fails, 3) {
                runs.push(vec![(n, nth == *fails)]);
            }
        }
        runs
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// What a test is does not depend on how the events of packages stand among one another.
        #[test]
        fn reruns_count_the_same_in_any_interleaving(
            packages in prop::collection::vec(prop::collection::vec(0_u8..5, 1..5), 1..4),
            order in prop::collection::vec(any::<prop::sample::Index>(), 300),
        ) {
            let mut queues: Vec<_> = packages
                .iter()
                .enumerate()
                .map(|(nth, tests)| std::collections::VecDeque::from(lines_of(&format!("p{nth}"), &runs_of(tests))))
                .collect();
            let mut text = String::new();
            for index in order.iter().cycle() {
                let left: Vec<usize> = (0..queues.len()).filter(|nth| !queues[*nth].is_empty()).collect();
                if left.is_empty() {
                    break;
                }
                text.push_str(&queues[left[index.index(left.len())]].pop_front().unwrap());
            }
            let readings = read(&mut StreamLines::new(&mut text.as_bytes()), None).unwrap();
            let mut found: Vec<(String, String)> = readings
                .iter()
                .flat_map(|r| r.cases.iter().map(|c| (format!("{} {}", r.name, c.name), c.status.name().to_string())))
                .collect();
            found.sort();
            let mut wanted = Vec::new();
            for (nth, tests) in packages.iter().enumerate() {
                for (n, fails) in tests.iter().enumerate() {
                    let is = match fails {
                        0 => "passed",
                        1..=3 => "flaky",
                        _ => "failed",
                    };
                    wanted.push((format!("p{nth} Test{n}"), is.to_string()));
                }
            }
            wanted.sort();
            prop_assert_eq!(found, wanted);
        }
    }

    #[test]
    fn an_action_that_is_none_of_go_s_is_no_pass() {
        for action in ["timed_out", "blocked", "Pass", "passed"] {
            let text = run(&format!("TestA {action}\nTestB pass\npass"));
            assert_eq!(said(&text), "TestB passed; TestA failed", "{action}");
            let package = run(&format!("TestB pass\n{action}"));
            assert_eq!(said(&package), format!("TestB passed; go says `{action}` of the package"));
        }
        // What goes on is not over.
        let gone_on = event("run", "TestA", "") + &event("slow", "TestA", "") + &event("pass", "TestA", "");
        assert_eq!(said(&(gone_on + &event("pass", "", ""))), "TestA passed");
    }

    #[test]
    fn a_build_that_broke_is_its_package_s() {
        let broken = "{\"ImportPath\":\"q.test\",\"Action\":\"build-fail\"}\n";
        assert_eq!(said(&(broken.to_string() + &run("TestA pass\npass"))), "TestA passed\nit does not build");
        assert_eq!(
            said(&(run("TestA pass\npass") + &broken.replace('q', "p"))),
            "TestA passed; it does not build"
        );
        assert_eq!(
            said("FAIL\tq [setup failed]\nFAIL\tr\t0.02s\n"),
            "go says: setup failed\ngo says that the package failed"
        );
    }
}

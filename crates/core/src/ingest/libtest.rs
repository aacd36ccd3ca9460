//! The output of Rust's test harness, as cargo shows it or alone: text, or JSON lines; one reading a binary.

mod binary;
mod glued;
pub(super) mod json;
mod last;
pub(super) mod line;
mod list;
mod said;
mod word;

use super::collect::{ReadingDraft, Room, counted, finish, keep_end, outside, outside_or_cut};
use super::fault::ReadFault;
use super::lines::StreamLines;
use super::output::said;
use crate::ingest::libtest::binary::Binary;
use crate::ingest::libtest::json::{Event, EventSuite};
use crate::ingest::libtest::last::Last;
use crate::ingest::libtest::line as says;
use crate::ingest::libtest::list::{IS_LIST, List};
use crate::ingest::libtest::said::LibtestSaid;
use crate::model::test::{Reading, Silent, TestStatus};

/// Bytes of lines that are set aside until a binary ends.
const FORK: usize = 16 << 20;

/// Reads the output of any number of binaries. A build that broke is the fault of a reading without a name. A binary without its
/// end died where anything stands behind it, else the output is cut off.
pub(super) fn read(lines: &mut StreamLines<'_>) -> Result<Vec<Reading>, ReadFault> {
    lines.end_at_returns();
    let mut output = Output::default();
    while let Some(line) = lines.next()? {
        if !line.is_blank() {
            output.torn = (!line.ended && says::is_part(&line.text)).then_some(line.number);
        }
        let spoke = output.target.as_ref().is_none_or(|target| target.spoke);
        output.line(&line.text, line.number)?;
        // What is cut off within its first line says nothing yet.
        if let Some(target) = &mut output.target {
            target.spoke &= spoke || line.ended;
        }
    }
    output.end()
}

/// What stands since a line that begins another harness, within a binary that has not ended: whether that is one that a test of it ran, or
/// the binary died and another one follows, only its own end tells.
struct Fork {
    before: Binary,
    lines: Vec<(String, u64)>,
    bytes: usize,
}

/// A target that cargo said it runs, of which no harness has spoken yet.
struct Target {
    name: String,
    /// The file that it is built from, where cargo names one.
    source: Option<String>,
    /// The end of what is printed since.
    printed: String,
    /// Something stands behind cargo's line.
    spoke: bool,
}

#[derive(Default)]
struct Output {
    room: Room,
    done: Vec<ReadingDraft>,
    target: Option<Target>,
    /// What was read of it as of a harness within it.
    fork: Option<Fork>,
    /// It was none: each line that begins a harness begins a binary.
    flat: bool,
    /// What stands where results would, where that is a list of tests.
    list: List,
    /// Cargo said that all is built, and nothing since.
    built: bool,
    /// The last line, where it is one of the harness's or cargo's and not whole.
    torn: Option<u64>,
    text: Option<Binary>,
    json: Option<EventSuite>,
    last: Last,
    /// The first of cargo's other errors.
    error: Option<String>,
}

impl Output {
    fn line(&mut self, line: &str, number: u64) -> Result<(), ReadFault> {
        if self.json.is_some() {
            return self.json_line(line, number);
        }
        let Some(binary) = &mut self.text else { return self.outside(line) };
        // The start of a test that killed the binary shares its line with cargo's word.
        let died = says::start(line).is_some_and(|(_, printed)| says::is_over(printed));
        let next = says::announced(line).is_some() || says::target(line).is_some() || says::is_over(line);
        if next && binary.may_end() {
            if self.flat || says::announced(line).is_none() {
                self.close(false)?;
                return self.outside(line);
            }
            if !binary.of_cargo && self.fork.is_none() {
                self.fork = Some(Fork { before: binary.clone(), lines: Vec::new(), bytes: 0 });
            }
        }
        if let Some(fork) = &mut self.fork {
            fork.bytes += line.len() + size_of::<(String, u64)>();
            fork.lines.push((line.to_string(), number));
            if fork.bytes > FORK {
                return self.unfork();
            }
        }
        let Some(binary) = &mut self.text else { return Ok(()) };
        let over = binary.line(&mut self.room, line)?;
        if died {
            self.close(false)?;
            self.failed_target();
        } else if over && let Some(binary) = self.text.take() {
            self.fork = None;
            self.done.push(binary.draft);
        }
        Ok(())
    }

    /// The binary never came to its end: what follows in it is no harness within, but binaries of their own.
    fn unfork(&mut self) -> Result<(), ReadFault> {
        let Some(fork) = self.fork.take() else { return Ok(()) };
        let flat = std::mem::replace(&mut self.flat, true);
        self.text = Some(fork.before);
        for (line, number) in fork.lines {
            self.line(&line, number)?;
        }
        self.flat = flat;
        Ok(())
    }

    fn json_line(&mut self, line: &str, number: u64) -> Result<(), ReadFault> {
        let event = Event::of(line);
        let begins = |e: &Event| e.kind() == "suite" && e.event() == "started";
        match (event, &mut self.json) {
            (Ok(Some(event)), _) if begins(&event) => {
                self.close(false)?;
                self.begin_json(&event)?;
            }
            (Ok(Some(event)), Some(suite)) => {
                if suite.event(&mut self.room, &event)?
                    && let Some(suite) = self.json.take()
                {
                    self.done.push(suite.draft);
                }
            }
            (Err(()), Some(suite)) => {
                suite.torn.get_or_insert(number);
            }
            _ if says::target(line).is_some() || says::is_over(line) => {
                self.close(false)?;
                self.outside(line)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Ends what is open without an end of its own; `at_end`: nothing stands behind it.
    fn close(&mut self, at_end: bool) -> Result<(), ReadFault> {
        self.unfork()?;
        if let Some(binary) = self.text.take() {
            let draft = binary.broken_off(&mut self.room, at_end, self.torn.is_none())?;
            self.last = if draft.reading.fault.is_some() { Last::BrokeOff } else { Last::Ended };
            self.done.push(draft);
        }
        if let Some(suite) = self.json.take() {
            self.done.push(suite.broken_off(at_end));
            self.last = Last::BrokeOff;
        }
        Ok(())
    }

    fn begin_json(&mut self, event: &Event) -> Result<(), ReadFault> {
        self.room.reading()?;
        self.last = Last::Ended;
        let target = self.target.take().map(|target| target.name).unwrap_or_default();
        self.json = Some(EventSuite::new(&target, event));
        Ok(())
    }

    /// A line between binaries.
    fn outside(&mut self, line: &str) -> Result<(), ReadFault> {
        if !line.trim().is_empty() {
            self.built = says::is_built(line);
            if let Some(target) = &mut self.target {
                target.spoke = true;
            }
        }
        match LibtestSaid::of(line) {
            LibtestSaid::Runs { name, source } => {
                self.silent(false, Some(false))?;
                self.target = Some(Target { name, source, printed: String::new(), spoke: false });
                self.list = List::default();
                self.last = Last::Ended;
                return Ok(());
            }
            LibtestSaid::Over => {
                if self.silent(false, Some(true))? {
                    self.last = Last::BrokeOff;
                }
                self.failed_target();
            }
            LibtestSaid::TargetsFailed(count) if !self.done.is_empty() => {
                self.silent(false, Some(false))?;
                self.failed_targets(count)?;
            }
            LibtestSaid::Announced(count) => self.begin(count)?,
            LibtestSaid::BuildFailed(fault) => {
                self.room.reading()?;
                self.last = self.last.passed_over();
                self.done.push(outside(fault));
            }
            LibtestSaid::ProcessEnded(how) => self.process_ended(&how),
            LibtestSaid::SuiteStarted(event) => self.begin_json(&event)?,
            // What a target prints before its harness speaks is its own.
            LibtestSaid::MainPanicked(_) | LibtestSaid::Result { .. } if self.target.is_some() => {}
            LibtestSaid::MainPanicked(at) => self.main_panicked(&at),
            LibtestSaid::Result { ok } => self.lone_result(ok)?,
            LibtestSaid::TargetsFailed(_) | LibtestSaid::Error => {
                self.error.get_or_insert_with(|| line.chars().take(200).collect());
            }
            LibtestSaid::Nothing => {}
        }
        self.list.line(line);
        if let Some(target) = &mut self.target {
            keep_end(&mut target.printed, line);
        }
        Ok(())
    }

    /// A harness that says in text how many tests it runs.
    fn begin(&mut self, announced: u64) -> Result<(), ReadFault> {
        self.room.reading()?;
        self.last = Last::Ended;
        let target = self.target.take();
        let of_cargo = target.is_some();
        let name = target.map(|target| target.name).unwrap_or_default();
        self.text = Some(Binary { of_cargo, ..Binary::new(&name, announced) });
        Ok(())
    }

    /// What a binary does behind its result line: statics and handlers that run as it exits.
    fn main_panicked(&mut self, at: &str) {
        if let Some(draft) = self.done.last_mut() {
            draft.fault(format!("after its results its main thread panicked at {at}"));
        }
    }

    /// A result line that stands outside any binary.
    fn lone_result(&mut self, ok: bool) -> Result<(), ReadFault> {
        if !ok {
            self.room.reading()?;
            self.done.push(outside("a result line says FAILED, and the binary that it is of is not here"));
        } else if let Some(draft) = self.done.last_mut() {
            draft.fault("another result line stands behind its own: a test printed one of them");
        }
        Ok(())
    }

    /// Cargo says that the last binary failed.
    fn failed_target(&mut self) {
        self.last = self.last.failed();
        if let Some(draft) = self.done.last_mut()
            && draft.tally(TestStatus::Failed) == 0
        {
            draft.fault("cargo says that it failed, but none of its tests did");
        }
    }

    /// Cargo says at its end how many targets failed: it ran them all.
    fn failed_targets(&mut self, count: u64) -> Result<(), ReadFault> {
        self.last = self.last.passed_over();
        let red = |d: &&ReadingDraft| match &d.reading.silent {
            Some(silent) => silent.failed == Some(true),
            None => d.reading.fault.is_some() || d.tally(TestStatus::Failed) > 0,
        };
        let shown = self.done.iter().filter(red).count() as u64;
        if count <= shown {
            return Ok(());
        }
        let fault = format!("cargo says that {} failed, but {shown} did here", counted(count, "target"));
        match self.done.as_mut_slice() {
            [only] => only.fault(fault),
            _ => {
                self.room.reading()?;
                self.done.push(outside(fault));
            }
        }
        Ok(())
    }

    /// Cargo says how the process ended of the last binary, which failed. Where tests failed and nothing else, it says nothing.
    fn process_ended(&mut self, how: &str) {
        let Some(draft) = self.done.last_mut().filter(|_| self.last != Last::Ended) else { return };
        if let Some(silent) = &mut draft.reading.silent {
            silent.how = Some(how.to_string());
        }
        match &mut draft.reading.fault {
            Some(fault) => fault.sentence.push_str(&format!("; its process ended with {how}")),
            None if says::is_of_failed_tests(how) => {}
            None => draft.fault(format!("after its results its process ended with {how}")),
        }
    }

    /// A target that cargo named and whose output held no harness's: it died at once, its harness is another one, or the output
    /// is cut off there. Which of them it is only the package can say. `failed`: what cargo did next says whether it failed.
    fn silent(&mut self, cut: bool, failed: Option<bool>) -> Result<bool, ReadFault> {
        let Some(Target { name: target, source, printed, .. }) = self.target.take() else { return Ok(false) };
        self.room.reading()?;
        let mut draft = ReadingDraft::new(&target);
        if self.list.is_one() {
            draft.reading.nothing = Some(IS_LIST.into());
            self.done.push(draft);
            return Ok(false);
        }
        draft.fault_or_cut(cut, "cargo ran it, and it says nothing that Rust's test harness says");
        // A harness that speaks as Rust's does is taken at its word, whatever it ends with.
        let says_failed = printed.lines().filter_map(says::summary).any(|summary| !summary.ok);
        let failed = if says_failed { Some(true) } else { failed };
        draft.reading.silent = source.map(|source| Silent {
            target: target.split(" (").next().unwrap_or_default().to_string(),
            source,
            says_so: is_criterion(&printed),
            failed,
            how: None,
            said: said(&printed, &|_| None, true),
        });
        self.done.push(draft);
        Ok(true)
    }

    fn end(mut self) -> Result<Vec<Reading>, ReadFault> {
        let open = self.text.is_some() || self.json.is_some();
        self.close(true)?;
        let spoke = self.target.as_ref().is_some_and(|target| target.spoke);
        self.silent(!spoke, None)?;
        if let Some(last) = self.done.last_mut().filter(|_| matches!(self.last, Last::Failed { .. })) {
            last.reading.stopped = true;
        }
        if let Some(line) = self.torn.filter(|_| !open && !self.done.is_empty()) {
            let torn = format!("line {line} is not whole: the output ends inside it");
            self.done.push(outside_or_cut(true, torn));
        }
        match self.error {
            _ if !self.done.is_empty() => Ok(finish(merge_builds(self.done))),
            None if self.list.is_one() => {
                let mut draft = ReadingDraft::default();
                draft.reading.nothing = Some(IS_LIST.into());
                Ok(finish([draft]))
            }
            None if self.built => Ok(finish([nothing_to_run()])),
            Some(error) => Err(ReadFault::new(format!("it holds no libtest results, but `{error}`"))),
            None => Err(ReadFault::holds_no("libtest results")),
        }
    }
}

/// Of what cargo built it names nothing that it runs: of `test = false` on every target there is nothing, else the output is cut off. The
/// exit code tells.
fn nothing_to_run() -> ReadingDraft {
    let mut draft = ReadingDraft::default();
    draft.cut_off("cargo built everything, and no binary that it runs is named");
    draft.reading.silent = Some(Silent::default());
    draft
}

/// Whether a benchmark of criterion under `cargo test` says of each of its functions, run once, that it went well.
fn is_criterion(printed: &str) -> bool {
    let lines = || printed.lines().map(str::trim).filter(|line| !line.is_empty());
    let begun = lines().filter(|line| line.starts_with("Testing ")).count();
    begun > 0
        && lines().filter(|line| *line == "Success").count() == begun
        && lines().next_back() == Some("Success")
}

/// Cargo names each crate that did not compile: one reading says the first, and how many more there are.
fn merge_builds(drafts: Vec<ReadingDraft>) -> Vec<ReadingDraft> {
    let is_build = |d: &ReadingDraft| {
        d.reading.name.is_empty() && d.reading.cases.is_empty() && d.reading.fault.is_some()
    };
    let (builds, mut rest): (Vec<ReadingDraft>, Vec<ReadingDraft>) = drafts.into_iter().partition(|d| {
        is_build(d)
            && d.reading.fault.as_ref().is_some_and(|f| f.sentence.starts_with("cargo could not compile "))
    });
    let more = builds.len().saturating_sub(1);
    if let Some(mut first) = builds.into_iter().next() {
        if let Some(fault) = first.reading.fault.as_mut().filter(|_| more > 0) {
            fault.sentence.push_str(&format!(" and {more} more"));
        }
        rest.push(first);
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::test::FaultKind;

    fn shown(text: &str) -> String {
        let mut input = text.as_bytes();
        let readings = match read(&mut StreamLines::new(&mut input)) {
            Ok(readings) => readings,
            Err(fault) => return fault.to_string(),
        };
        let line = |r: Reading| {
            let cases: Vec<String> =
                r.cases.iter().map(|c| format!("{} {}", c.name, c.status.name())).collect();
            let fault = r.fault.map(|f| match f.kind {
                FaultKind::Truncated => format!("(cut off) {}", f.sentence),
                FaultKind::Stated => f.sentence,
            });
            format!("[{}] {} | {}", r.name, cases.join(", "), fault.unwrap_or_default())
        };
        readings.into_iter().map(line).collect::<Vec<_>>().join("\n")
    }

    fn binary(lines: &str, counts: [u32; 3]) -> String {
        let [passed, failed, ignored] = counts;
        let word = if failed > 0 { "FAILED" } else { "ok" };
        format!(
            "\nrunning {} tests\n{lines}\ntest result: {word}. {passed} passed; {failed} failed; {ignored} ignored; 0 measured; 0 filtered out\n",
            passed + failed + ignored
        )
    }

    #[test]
    fn results_within_output() {
        // One thread: what a test prints may look like a result.
        let one = "test a ... printed\ntest b ... ok\nmore\nFAILED\ntest b ... ignored\n";
        assert_eq!(shown(&binary(one, [0, 1, 1])), "[] a failed, b ignored | ");
        // Many threads: a result may stand behind what another test printed.
        let many = "loadingtest a ... ok\ntest b ... ok\n";
        assert_eq!(shown(&binary(many, [2, 0, 0])), "[] b passed, a passed | ");
        // A harness within: its result line is not this one's.
        let inner =
            "test result: ok. 9 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\ntest a ... ok\n";
        assert_eq!(shown(&binary(inner, [1, 0, 0])), "[] a passed | ");
    }

    /// `--nocapture`: what a test prints may be the whole output of a harness, in which nothing of this one is lost and nothing won.
    #[test]
    fn a_harness_within_is_none_of_this_one() {
        let result = |word: &str, passed: u32, failed: u32| {
            format!(
                "\ntest result: {word}. {passed} passed; {failed} failed; 0 ignored; 0 measured; 0 filtered out\n\n"
            )
        };
        let inner = format!("\nrunning 2 tests\ntest x ... ok\ntest y ... ok\n{}", result("ok", 2, 0));
        let inner_red = format!(
            "running 1 test\ntest x ... FAILED\n\nfailures:\n\nfailures:\n    x\n{}",
            result("FAILED", 0, 1)
        );
        let list = "\nfailures:\n\nfailures:\n    b\n";
        let green = format!("test a ... ok\ntest b ... ok\n{}", result("ok", 2, 0));
        let red = format!("test a ... ok\ntest b ... FAILED\n{list}{}", result("FAILED", 1, 1));
        let cargo = "     Running tests/x.rs (target/debug/deps/x-0123456789abcdef)\n";
        for (head, name) in [("", ""), (cargo, "x")] {
            for printed in [&inner, &inner_red, &format!("{inner}{inner_red}"), "running 7 tests\n"] {
                let all = |own: &str| shown(&format!("{head}running 2 tests\n{printed}{own}"));
                assert_eq!(all(&green), format!("[{name}] a passed, b passed | "), "{printed}");
                assert_eq!(all(&red), format!("[{name}] a passed, b failed | "), "{printed}");
            }
        }
        // It died: under cargo what it printed is no result; else another binary follows it.
        let over = "error: test failed, to rerun pass `--test x`\n";
        let died = shown(&format!("{cargo}running 3 tests\n{inner}{over}"));
        assert_eq!(died, "[x]  | 3 tests were announced, but 0 have results");
        let next = shown(&format!("running 3 tests\ntest a ... FAILED\n{inner}"));
        assert!(next.starts_with("[] a failed | 3 tests were announced, but 1 has a result"), "{next}");
        assert!(next.ends_with("[#2] x passed, y passed | "), "{next}");
        // A result line alone, which is believed, and then there is another one.
        let two = shown(&format!(
            "running 1 test\ntest x ... ok\n{}test a ... ok\n{}",
            result("ok", 1, 0),
            result("ok", 1, 0)
        ));
        assert!(
            two.ends_with("| another result line stands behind its own: a test printed one of them"),
            "{two}"
        );
    }

    #[test]
    fn what_a_terminal_writes_over_hides_no_result() {
        let over = |line: &str, counts| {
            let text = binary(&format!("{line}\ntest b ... FAILED\n\nfailures:\n    b\n"), counts);
            assert_eq!(shown(&text), "[] a passed, b failed | ", "{line}");
        };
        over("10%\r100%\rtest a ... ok", [1, 1, 0]);
        over("test a ... 10%\r100%\rok", [1, 1, 0]);
        over("test a ... \r\nok\r", [1, 1, 0]);
    }

    #[test]
    fn a_list_is_no_result() {
        let nothing = |text: &str| {
            let readings = read(&mut StreamLines::new(&mut text.as_bytes())).unwrap();
            readings.iter().all(|r| r.cases.is_empty() && r.fault.is_none() && r.nothing.is_some())
        };
        let list = "a::b: test\nc: benchmark\n\n1 test, 1 benchmark\n";
        let cargo = "     Running tests/x.rs (target/debug/deps/x-0123456789abcdef)\n";
        assert!(nothing(list));
        assert!(nothing("a::b: test\n"));
        assert!(nothing(&format!("{cargo}{list}   Doc-tests x\n0 tests, 0 benchmarks\n")));
        assert!(!nothing(&format!("{cargo}{list}segfault\n")));
    }

    #[test]
    fn counts_that_do_not_agree() {
        insta::assert_snapshot!(
            [
                shown(&binary("test a ... ok\n", [2, 0, 0])),
                shown(&binary("test a ... ok\ntest b ... ok\n", [1, 1, 0])),
                shown(&binary("test a ... ok\ntest b ... ok\n", [1, 0, 0])),
                shown("running 1 test\ntest a ... ok\n"),
                shown("     Running tests/x.rs (target/debug/deps/x-0123456789abcdef)\nsegfault\nerror: test failed, to rerun pass `--test x`\n\nCaused by:\n  process didn't exit successfully: `x` (signal: 6, SIGABRT)\n"),
                shown("error: no test target named `x`\n"),
            ]
            .join("\n"),
            @r#"
        [] a passed | 2 tests were announced, but 1 has a result
        [] a passed, b passed | its result line counts 1 passed, 1 failed and 0 ignored, but its tests show 2, 0 and 0
        [] a passed, b passed | 1 test was announced, but 2 have results
        [] a passed | (cut off) its result line is missing: the output ends before the harness did
        [x]  | cargo ran it, and it says nothing that Rust's test harness says; its process ended with signal: 6, SIGABRT
        it holds no libtest results, but `error: no test target named `x``
        "#
        );
    }

    /// A binary that died is told by what stands behind it; where nothing does, the output is cut off.
    #[test]
    fn a_death_is_no_cut() {
        let died = "     Running tests/x.rs (target/debug/deps/x-0123456789abcdef)\n\nrunning 2 tests\ntest a ... ok\n";
        let told = "error: test failed, to rerun pass `--test x`\n\nCaused by:\n  process didn't exit successfully: `x` (signal: 11, SIGSEGV: invalid memory reference)\n";
        let inner = "test b ... test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n";
        insta::assert_snapshot!(
            [
                shown(&format!("{died}{told}")),
                shown(died),
                // The result line of a harness within says nothing of this one's end.
                shown("running 2 tests\ntest result: ok. 9 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\ntest a ... ok\n"),
                shown(&format!("{died}{inner}")),
                // Silent, and the last that cargo names.
                shown(died.lines().next().unwrap()),
                shown(&format!("{}\nok, all of them\n", died.lines().next().unwrap())),
                // Counted, and wrongly.
                shown(&binary("test a ... ok\n", [2, 0, 0])),
                shown("{ \"type\": \"suite\", \"event\": \"started\", \"test_count\": 1 }\n{ \"type\": \"test\", \"eve"),
                shown("{ \"type\": \"suite\", \"event\": \"started\", \"test_count\": 0 }\n{ \"type\": \"suite\", \"event\": \"ok\", \"passed\": 0, \"failed\": 0, \"ignored\": 0 }\n{ \"ty"),
            ]
            .join("\n"),
            @r"
        [x] a passed | 2 tests were announced, but 1 has a result; its process ended with signal: 11, SIGSEGV: invalid memory reference
        [x] a passed | (cut off) 2 tests were announced, but 1 has a result
        [] a passed | (cut off) 2 tests were announced, but 1 has a result
        [x] a passed | (cut off) 2 tests were announced, but 1 has a result; `b` began and did not end
        [x]  | (cut off) cargo ran it, and it says nothing that Rust's test harness says
        [x]  | cargo ran it, and it says nothing that Rust's test harness says
        [] a passed | 2 tests were announced, but 1 has a result
        []  | (cut off) line 2 begins an event and is not whole JSON
        []  | 
        [#2]  | (cut off) line 3 is not whole: the output ends inside it
        "
        );
    }

    /// Whole results, and what cargo or the binary says behind them.
    #[test]
    fn what_stands_behind_whole_results() {
        let head = "     Running tests/x.rs (target/debug/deps/x-0123456789abcdef)\n";
        let green = format!("{head}{}", binary("test a ... ok\n", [1, 0, 0]));
        let red = format!("{head}{}", binary("test a ... FAILED\n", [0, 1, 0]));
        let over = "\nerror: test failed, to rerun pass `--test x`\n";
        let doc = "\nerror: doctest failed, to rerun pass `--doc`\n";
        let by = |how: &str| format!("\nCaused by:\n  process didn't exit successfully: `/t/x` ({how})\n");
        let main = "thread 'main' (7) panicked at src/x.rs:1:1:\ncannot drop\n";
        insta::assert_snapshot!(
            [
                format!("{green}{over}{}", by("signal: 6, SIGABRT: process abort signal")),
                format!("{green}{over}{}", by("exit status: 7")),
                format!("{red}{over}{}", by("signal: 11, SIGSEGV: invalid memory reference")),
                format!("{red}{over}{}", by("exit status: 7")),
                format!("{red}{over}{}", by("exit status: 101")),
                format!("{red}{over}"),
                format!("{green}{over}"),
                format!("{green}{doc}"),
                format!("{green}\nerror: 1 target failed:\n    `--test x`\n"),
                format!("{green}{red}{over}\nerror: 1 target failed:\n    `--test x`\n"),
                format!("{green}{red}{over}\nerror: 2 targets failed:\n    `--test x`\n"),
                format!("{red}{over}{green}"),
                format!("{green}{main}"),
                format!("{red}{main}"),
                // A binary that panics before its harness says anything is told of by that.
                format!("{green}{head}{main}"),
                format!("{green}\nthread '<unnamed>' panicked at src/x.rs:1:1:\n"),
            ]
            .map(|text| shown(&text).replace('\n', " / "))
            .join("\n"),
            @r"
        [x] a passed | cargo says that it failed, but none of its tests did; its process ended with signal: 6, SIGABRT: process abort signal
        [x] a passed | cargo says that it failed, but none of its tests did; its process ended with exit status: 7
        [x] a failed | after its results its process ended with signal: 11, SIGSEGV: invalid memory reference
        [x] a failed | after its results its process ended with exit status: 7
        [x] a failed | 
        [x] a failed | 
        [x] a passed | cargo says that it failed, but none of its tests did
        [x] a passed | cargo says that it failed, but none of its tests did
        [x] a passed | cargo says that 1 target failed, but 0 did here
        [x] a passed |  / [x #2] a failed | 
        [x] a passed |  / [x #2] a failed |  / []  | cargo says that 2 targets failed, but 1 did here
        [x] a failed |  / [x #2] a passed | 
        [x] a passed | after its results its main thread panicked at src/x.rs:1:1
        [x] a failed | after its results its main thread panicked at src/x.rs:1:1
        [x] a passed |  / [x #2]  | cargo ran it, and it says nothing that Rust's test harness says
        [x] a passed | 
        "
        );
    }

    #[test]
    fn cargo_stops_at_the_first_that_fails() {
        let stopped = |text: &str| {
            let mut input = text.as_bytes();
            let readings = read(&mut StreamLines::new(&mut input)).unwrap();
            readings.iter().map(|r| r.stopped).collect::<Vec<_>>()
        };
        let (green, red) = (binary("test a ... ok\n", [1, 0, 0]), binary("test a ... FAILED\n", [0, 1, 0]));
        let over = "\nerror: test failed, to rerun pass `--lib`\n";
        assert_eq!(stopped(&format!("{green}{red}{over}")), [false, true]);
        assert_eq!(stopped(&format!("running 1 test\ntest a ... {over}")), [true]);
        // With `--no-fail-fast` it goes on, and says at the end how many failed.
        assert_eq!(stopped(&format!("{red}{over}{green}")), [false, false]);
        assert_eq!(
            stopped(&format!("{green}{red}{over}\nerror: 1 target failed:\n    `--lib`\n")),
            [false, false]
        );
        assert_eq!(stopped(&format!("{green}{red}")), [false, false]);
    }

    /// `--nocapture`: each line is written piece by piece, by several threads.
    #[test]
    fn results_torn_by_what_tests_print() {
        let torn = "info\ntest c ... ok\nwarn 94test b ... \nwarn ok95\n\ntest a ... ok\n";
        let all = "[] a passed, b passed, c passed | ";
        let pending = "test c ... ok\ntest b ... warn 107ok\n\nwarn 108\ntest a ... ok\n";
        for text in [torn, pending] {
            let mut found = shown(&binary(text, [3, 0, 0]));
            let (head, cases) = found.split_at(3);
            let mut cases: Vec<&str> = cases.trim_end_matches(" | ").split(", ").collect();
            cases.sort();
            found = format!("{head}{} | ", cases.join(", "));
            assert_eq!(found, all, "{text}");
            let whole = binary(text, [3, 0, 0]);
            assert!(shown(whole.trim_end().strip_suffix("out").unwrap()).contains("(cut off)"));
        }
        let died = format!("{}\nerror: test failed, to rerun pass `--lib`\n", binary(pending, [3, 0, 0]));
        assert!(
            shown(&died).ends_with("| cargo says that it failed, but none of its tests did"),
            "{}",
            shown(&died)
        );
    }
}

//! What a person sees of a run while it lasts: a line a suite, and on a terminal what is running now.

use super::live::LiveCount;
use super::term;
use crate::verb::run::args::ShowOutput;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tollgate_core::model::event::RunEvent;
use tollgate_core::model::plan::Plan;
use tollgate_core::model::record::SuiteRecord;
use tollgate_core::model::run::LintResult;
use tollgate_core::report::TermStyle;
use tollgate_core::report::run_human;
use tollgate_core::report::text::{fit, terminal, terminal_cut};
use tollgate_host::clock::Stopwatch;
use tollgate_text::ci::Echo;

/// How often the elapsed times are drawn anew.
const TICK: Duration = Duration::from_millis(250);
/// Bytes of a line of output that are held back until it ends.
const LINE: usize = 64 << 10;

/// Shows a run on standard error.
pub(super) struct Screen {
    style: TermStyle,
    show: ShowOutput,
    /// Whether several suites run at once: then each line of output carries its suite's name.
    together: bool,
    bar: OnceLock<ProgressBar>,
    running: Arc<Mutex<BTreeMap<String, (Stopwatch, LiveCount)>>>,
    lines: Mutex<BTreeMap<String, Vec<u8>>>,
    /// What each suite's output is passed on by.
    echoes: Mutex<BTreeMap<String, Echo>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Screen {
    pub(super) fn new(style: TermStyle, show: ShowOutput, jobs: usize) -> Screen {
        Screen {
            style,
            show,
            together: jobs > 1,
            bar: OnceLock::new(),
            running: Arc::default(),
            lines: Mutex::default(),
            echoes: Mutex::default(),
        }
    }

    /// Writes lines above the bar, where there is one.
    fn say(&self, text: &str) {
        match self.bar.get() {
            Some(bar) => bar.suspend(|| term::stderr(text)),
            None => term::stderr(text),
        }
    }

    fn lint(&self, result: &LintResult) {
        self.say(&run_human::lint_line(result, &self.style));
    }

    fn starts(&self, name: &str) {
        if self.bar.get().is_some() {
            locked(&self.running).insert(name.to_string(), (Stopwatch::start(), LiveCount::default()));
        }
    }

    fn finished(&self, record: &SuiteRecord) {
        let name = &record.result.name;
        if let Some(rest) = locked(&self.lines).remove(name).filter(|rest| !rest.is_empty()) {
            term::stderr_line(name, &[&rest[..], b"\n"].concat());
        }
        if let Some(mut echo) = locked(&self.echoes).remove(name).filter(|_| !self.together) {
            term::stderr_end_line(&mut echo);
        }
        self.say(&run_human::line(record, &self.style));
        if let Some(bar) = self.bar.get() {
            locked(&self.running).remove(name);
            bar.inc(1);
        }
    }

    /// Takes the bar off the screen.
    pub(super) fn close(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }

    /// Whether the end of a failed suite's output is shown at the end.
    pub(super) fn shows_failures(&self) -> bool {
        self.show == ShowOutput::Failures
    }
}

/// `parser 3s, 40 tests  store 12s`, cut to what fits behind the bar.
fn what_runs(running: &BTreeMap<String, (Stopwatch, LiveCount)>) -> String {
    let shown = |(name, (watch, count)): (&String, &(Stopwatch, LiveCount))| {
        format!("{} {}", terminal_cut(name, 40), count.shown(Duration::from_micros(watch.micros())))
    };
    fit(&running.iter().map(shown).collect::<Vec<_>>().join("  "), 80)
}

impl crate::verb::run::Listener for Screen {
    fn hear(&self, event: &RunEvent) {
        match event {
            RunEvent::LintFinished(result) => self.lint(result),
            RunEvent::SuiteStarted { suite, .. } => self.starts(suite),
            RunEvent::SuiteFinished { record, .. } => self.finished(record),
            // What begins and ends a run is said with what is only known to who runs it.
            RunEvent::Started(_)
            | RunEvent::LintStarted { .. }
            | RunEvent::Resumed { .. }
            | RunEvent::Finished { .. } => {}
        }
    }
}

impl crate::verb::run::Watcher for Screen {
    fn planned(&self, plan: &Plan, folder: &str, expected_ms: Option<u64>) {
        self.say(&run_human::planned(plan, folder, expected_ms));
        if !std::io::stderr().is_terminal() {
            return;
        }
        let target = ProgressDrawTarget::stderr();
        let bar = ProgressBar::with_draw_target(Some(plan.items.len() as u64), target);
        let expected = expected_ms.map_or(String::new(), |ms| format!(" of about {} s", ms.div_ceil(1000)));
        let template = format!("[{{bar:24}}] {{pos}}/{{len}} {{elapsed}}{expected}  {{running}}");
        let running = Arc::clone(&self.running);
        // Asked for at each draw, so that the times go on while nothing else happens.
        let names = move |_: &ProgressState, out: &mut dyn std::fmt::Write| {
            let _ = out.write_str(&what_runs(&locked(&running)));
        };
        let bar = match ProgressStyle::with_template(&template) {
            Ok(style) => bar.with_style(style.progress_chars("=> ").with_key("running", names)),
            Err(_) => bar,
        };
        bar.enable_steady_tick(TICK);
        let _ = self.bar.set(bar);
    }

    fn note(&self, sentence: &str) {
        self.say(&format!("note: {}", terminal(sentence)));
    }

    fn output(&self, name: &str, block: &[u8]) {
        if self.bar.get().is_some()
            && let Some((_, count)) = locked(&self.running).get_mut(name)
        {
            count.push(block);
        }
        if self.show != ShowOutput::Always {
            return;
        }
        let mut echoes = locked(&self.echoes);
        let echo = echoes.entry(name.to_string()).or_default();
        if !self.together {
            term::stderr_echo(echo, block);
            return;
        }
        let mut lines = locked(&self.lines);
        let held = lines.entry(name.to_string()).or_default();
        echo.push(block, &mut |part| held.extend_from_slice(part));
        while let Some(end) =
            held.iter().position(|b| *b == b'\n').or((held.len() > LINE).then(|| held.len() - 1))
        {
            let line: Vec<u8> = held.drain(..=end).collect();
            term::stderr_line(name, &line);
        }
    }
}

//! A triage diff as people read it.

use std::fmt::Write as _;
use tollgate_core::model::triage::{Diagnostic, TriageDiff};
use tollgate_core::report::text::{terminal, terminal_cut};

/// Diagnostics that are shown; the JSON has more.
const SHOWN: usize = 25;

/// The counts on one line, then the status, then the worst diagnostics; ends in a newline.
pub fn human(triage: &TriageDiff) -> String {
    let mut out = String::new();
    // Writing into a string cannot fail.
    let c = &triage.summary;
    let _ = writeln!(
        out,
        "regressions {} fixed {} still_failing {} new_failures {} new_passes {} removed {}",
        c.regression_count - c.new_failure_count,
        c.fixed_count,
        c.still_failing_count,
        c.new_failure_count,
        c.new_pass_count,
        c.removed_count
    );
    let _ = write!(out, "{} against {}", triage.status.name(), terminal(&triage.baseline));
    let _ =
        writeln!(out, ": flaky {} removed {} not_run {}", c.flaky_count, c.removed_count, c.not_run_count);
    if triage.not_compared > 0 {
        let n = triage.not_compared;
        let (suites, are) = if n == 1 { ("suite", "is") } else { ("suites", "are") };
        let _ =
            writeln!(out, "{n} {suites} of the baseline {are} not compared: this run was not asked for them");
    }
    for diagnostic in triage.ranked_diagnostics.iter().take(SHOWN) {
        show(&mut out, diagnostic);
    }
    let all = triage.ranked_diagnostics.len() as u64 + triage.omitted;
    if all > SHOWN as u64 {
        let _ = writeln!(out, "and {} more", all - SHOWN as u64);
    }
    if c.regression_count + c.still_failing_count > 0 {
        let _ = writeln!(
            out,
            "replay what fails: {}",
            terminal(&triage.recommended_commands.runner_repro_command)
        );
    }
    out
}

fn show(out: &mut String, d: &Diagnostic) {
    let test = d.test.as_ref().map_or(String::new(), |test| format!(" {}", terminal_cut(test, 200)));
    let suite = terminal_cut(&format!("{}/{}", d.kind, d.suite), 200);
    let state = |state: &Option<String>| terminal(state.as_deref().unwrap_or("absent"));
    let (before, after) = (state(&d.before), state(&d.after));
    let _ = writeln!(
        out,
        "{:>4}  {:<7}  {:<13}  {suite}{test}  {before} -> {after}",
        d.rank,
        d.severity,
        d.change.name()
    );
    let _ = writeln!(out, "      {}", terminal(&d.reasons.join("; ")));
    if let Some(command) = &d.replay_command {
        let _ = writeln!(out, "      {}", terminal(command));
    }
}

//! A diagnosis as people read it.

use crate::verb::doctor::{Diagnosis, WholeRun};
use std::fmt::Write as _;
use tollgate_core::model::finding::Reason;
use tollgate_core::report::text::terminal;
use tollgate_flow::judging::whole_text::listed;

/// The text; ends in a newline.
pub fn human(diagnosis: &Diagnosis) -> String {
    let mut out = String::new();
    // Writing into a string cannot fail.
    let run = match (&diagnosis.run, &diagnosis.run_fault) {
        (Some(run), _) => terminal(run),
        (None, _) if diagnosis.no_run.is_some() => {
            diagnosis.no_run.as_deref().map_or_else(String::new, terminal)
        }
        (None, why) => format!("none: {}", terminal(why.as_deref().unwrap_or(""))),
    };
    let _ = writeln!(out, "run     {run}");
    let commit =
        diagnosis.commit.as_deref().map_or("none: git is not asked, or has no commit yet".into(), terminal);
    let _ = writeln!(out, "commit  {commit}");
    out.push_str(&tree(diagnosis));
    if let Some(fault) = &diagnosis.classification_fault {
        let _ = writeln!(out, "waivers unreadable: {}", terminal(fault));
    }
    if let Some(whole) = &diagnosis.whole {
        out.push_str(&whole_run(whole, diagnosis.no_run.is_some()));
    }
    for gate in &diagnosis.gates {
        let total = gate.present.len();
        let word = match (gate.applies, gate.faults.is_empty()) {
            (false, _) => "skip",
            (true, true) => "ok",
            (true, false) => "LACKS",
        };
        let why = if gate.applies { "" } else { ", does not apply" };
        let _ = writeln!(out, "{word:<6} {}  ({total} sound{why})", terminal(&gate.gate));
        // Without a run each gate that judges one lacks it: that is said once, above.
        let faults = gate.faults.iter().filter(|f| diagnosis.no_run.is_none() || f.reason != Reason::Missing);
        for fault in faults {
            let _ = writeln!(out, "         {}: {}", fault.reason.name(), terminal(&fault.message));
        }
    }
    let lacking = diagnosis.gates.iter().filter(|g| g.lacks()).count();
    let _ = writeln!(out, "{lacking} of {} gates lack evidence", diagnosis.gates.len());
    out
}

fn whole_run(whole: &WholeRun, no_run: bool) -> String {
    let profile = terminal(&whole.profile);
    let asks = format!(
        "the profile {profile} asks for {} suites of {} kinds and {} lint steps",
        whole.suites, whole.kinds, whole.lint
    );
    let lacks = match (&whole.gaps, &whole.fault) {
        (Some(gaps), _) if gaps.is_empty() => "the newest run shows all of it".to_string(),
        (Some(gaps), _) => format!(
            "the newest run lacks {} of it: {}; `{}` runs the whole",
            gaps.len(),
            terminal(&listed(gaps)),
            terminal(&whole.command)
        ),
        (None, _) if no_run => "nothing of it has run yet".into(),
        (None, why) => terminal(why.as_deref().unwrap_or("what the newest run lacks cannot be told")),
    };
    format!("whole   {asks}\n        {lacks}\n")
}

/// The working tree, whether the run is of it, and what a run would be made of.
fn tree(diagnosis: &Diagnosis) -> String {
    let mut out = String::new();
    if let Some(tree) = &diagnosis.tree {
        let changed: Vec<String> = tree.changed.iter().map(|path| terminal(path)).collect();
        let more = match tree.changed_count.saturating_sub(changed.len()) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let state = match tree.changed_count {
            0 => "as in the commit".to_string(),
            n => format!("{n} tracked files differ from the commit: {}{more}", changed.join(", ")),
        };
        let _ = writeln!(out, "tree    {state}; {} untracked", tree.untracked_count);
        let fits = match tree.run_fits {
            Some(true) => "the run took place in this tree\n",
            Some(false) => "the run is no evidence of this tree\n",
            None => "",
        };
        if !fits.is_empty() {
            let _ = write!(out, "        {fits}");
        }
        for note in &tree.notes {
            let _ = writeln!(out, "        {}", terminal(note));
        }
    }
    let profile = &diagnosis.profile;
    let list = |names: &[String]| match names {
        [] => "none".to_string(),
        names => names.iter().map(|name| terminal(name)).collect::<Vec<_>>().join(", "),
    };
    let (kinds, lint) = (list(&profile.kinds), list(&profile.lint));
    let _ = writeln!(out, "profile {}: kinds {kinds}; lint {lint}", terminal(&profile.name));
    out
}

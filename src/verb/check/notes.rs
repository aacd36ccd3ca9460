//! What a person should know of a verdict beside its gates: each note is one sentence.

use tollgate_core::model::report::CheckReport;
use tollgate_core::model::verdict::Verdict;
use tollgate_core::verdict as judgement;
use tollgate_flow::workspace::Workspace;
use tollgate_text::json::Json;
use tollgate_text::redact::Masks;
use tollgate_text::show::show;

/// Says in the verdict, and to people, how much of its texts is not what was judged, and what was let through.
pub(super) fn count_masks(report: &mut CheckReport, masks: Masks) {
    (report.verdict.masked, report.verdict.mask_allowed) = (masks.masked, masks.allowed);
    let plural = |n: u64| if n == 1 { "" } else { "s" };
    match masks.masked {
        0 => {}
        n => report.notes.push(format!("{n} secret{} masked in what is shown of this check", plural(n))),
    }
    match masks.allowed {
        0 => {}
        n => report
            .notes
            .push(format!("`[mask] allow` let through {n} text{} that would be masked otherwise", plural(n))),
    }
}

/// Says that the run that was judged is not a whole one: what it did not run, it does not show.
pub(super) fn of_part(summary: &Json<'_>) -> Option<String> {
    if let Some(source) = summary.get("rerun_from").and_then(Json::as_str) {
        let source = show(source);
        return Some(format!("the run is a replay: what {source} ran and this did not repeat is not judged"));
    }
    summary
        .get("selection")
        .is_some()
        .then(|| "the run is of chosen suites (--suite, --unit-target): no other is judged".to_string())
}

/// Says that no commit binds the evidence, where nobody asked for that: a run of last year would pass as well as today's.
pub(super) fn unbound(workspace: &Workspace) -> Option<String> {
    if workspace.commit.is_some() || workspace.policy.settings.git == Some(false) {
        return None;
    }
    let why = match workspace.unborn {
        true => "HEAD is on a branch that has none yet, so evidence of a run is stale",
        false => {
            "the root is not the top folder of a git repository; `git = true` or `git = false` under [workspace] \
             settles it"
        }
    };
    Some(format!("the evidence is not held to a commit: {why}"))
}

/// Says that `--gate` left gates out: a pass of one gate must not be taken for a pass of the lane.
pub(super) fn partial(workspace: &Workspace) -> Option<String> {
    let left_out = &workspace.policy.left_out;
    (!left_out.is_empty()).then(|| {
        format!(
            "--gate: this verdict is not of the whole lane; not judged are {}",
            judgement::some_of(left_out)
        )
    })
}

/// Says that no selected gate blocks: then a verdict cannot be red, and a pass must not be taken for more than it is.
pub(super) fn toothless(verdict: &Verdict) -> Option<String> {
    let counts = &verdict.summary;
    (counts.all.gates > 0 && counts.blocking.gates == 0)
        .then(|| "no gate that was selected blocks: no failure can stop this verdict".to_string())
}

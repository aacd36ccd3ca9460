//! What holds for every artifact of the run that is judged, because it holds for the run: judged once a check.

use crate::error::Error;
use crate::masking::masker_of_policy;
use crate::run_tree::{Observing, some};
use crate::workspace::Workspace;
use tollgate_core::model::finding::Reason;
use tollgate_core::model::lane::Lane;
use tollgate_core::model::tree::WorkingTree;
use tollgate_core::model::workspace::UntrackedRule;
use tollgate_core::plan::TreeDifference;
use tollgate_host::artifact::FileFault;
use tollgate_text::json::Json;
use tollgate_text::show::show;

/// How a run stands to what is judged.
#[derive(Debug, Default)]
pub struct RunStanding {
    /// Why all that it made is stale.
    pub faults: Vec<FileFault>,
    /// Why it is of another commit, where it is.
    pub other_commit: Option<FileFault>,
    /// Whether it was held to the tree.
    pub of_tree: bool,
    /// What a person should know, one sentence each.
    pub notes: Vec<String>,
}

/// Holds the run to the tree and to what it says of its own age.
pub fn standing(
    workspace: &Workspace,
    lane: Lane,
    summary: Option<&Json<'_>>,
    observing: Observing,
) -> Result<RunStanding, Error> {
    let mut standing = RunStanding::default();
    let Some(summary) = summary else { return Ok(standing) };
    if let Some(why) = summary.get("stale").filter(|why| **why != Json::Null) {
        let why = why.as_str().map_or_else(|| "for a reason that is no text".into(), show);
        standing.faults.push(stale("/stale", format!("the run was stale when it was taken in: {why}")));
    }
    let Some(judged) = workspace.commit.as_deref() else { return Ok(standing) };
    match summary.get("commit").and_then(Json::as_str) {
        Some(commit) if commit == judged => {}
        None if workspace.policy.settings.git.is_none() && !workspace.repo_prefix.is_empty() => {
            let clause = format!(
                "its run says of no commit and no tree that it took place there, and what is judged is {judged}: run again with git tracking \
                 `tollgate.toml` or `git = true` in its [workspace], or say `git = false` there where the repository is of no concern"
            );
            standing.faults.push(stale("/commit", clause));
            return Ok(standing);
        }
        commit => {
            let commit = commit.map_or("no commit".into(), |commit| format!("commit {}", show(commit)));
            let clause = format!("its run is of {commit}, not of {judged}");
            standing.other_commit = Some(FileFault::new(Reason::Stale, clause));
            return Ok(standing);
        }
    }
    held_to_the_tree(workspace, (judged, lane), summary, observing, &mut standing)?;
    Ok(standing)
}

/// Holds the tree of a run of the commit `judged` to the one that is judged, by what the policy in force leaves out.
fn held_to_the_tree(
    workspace: &Workspace,
    (judged, lane): (&str, Lane),
    summary: &Json<'_>,
    observing: Observing,
    standing: &mut RunStanding,
) -> Result<(), Error> {
    let Some(tree) = summary.get("tree") else {
        standing.notes.push(
            "the run does not say in which tree it took place (an older tollgate or something else wrote its summary): what was not \
             committed then is not known"
                .into(),
        );
        return Ok(());
    };
    let Ok(tree) = serde_json::from_value::<WorkingTree>(tree.to_value()) else {
        let clause = "its run does not say in a readable form in which tree it took place";
        standing.faults.push(FileFault::new(Reason::Stale, clause));
        return Ok(());
    };
    let observed = observing.finish(&workspace.root, &workspace.policy.settings)?;
    if observed.commit() != judged {
        return Err(Error::Work("another commit was checked out while the evidence was judged".into()));
    }
    let run = workspace.run_dir.as_deref().ok();
    let left_out = observed.left_out(&workspace.policy.settings, &workspace.policy.gates, run);
    let masker = masker_of_policy(workspace.env(), workspace)?;
    let compared = observed.compare(&tree, &left_out, &masker)?;
    let rule = workspace.policy.settings.untracked.unwrap_or(match lane {
        Lane::Certification => UntrackedRule::Fail,
        _ => UntrackedRule::Allow,
    });
    judge(&compared, rule, standing);
    if standing.faults.is_empty() {
        let of_commit = lane == Lane::Certification || workspace.policy.from.is_some();
        let (changed, untracked) = observed.counts(&left_out);
        let untracked = if of_commit { untracked } else { 0 };
        beside_the_commit((judged, lane), &changed, untracked, standing);
    }
    standing.of_tree = true;
    Ok(())
}

/// What was tested and is judged beside the commit that the verdict names: whoever takes the commit elsewhere takes less than that. What is
/// certified is the commit, so there its files must be as they are in it.
fn beside_the_commit(
    (commit, lane): (&str, Lane),
    changed: &[String],
    untracked: usize,
    standing: &mut RunStanding,
) {
    let tracked =
        (!changed.is_empty()).then(|| format!("tracked files that differ from it: {}", some(changed)));
    let beside = (untracked > 0).then(|| format!("untracked files: {untracked}"));
    let whats: Vec<String> = tracked.into_iter().chain(beside).collect();
    if whats.is_empty() {
        return;
    }
    let short: String = commit.chars().take(12).collect();
    let whats = whats.join("; ");
    let clause = format!(
        "what was tested and is judged is more than the commit {short}: {whats}; commit it, and run again"
    );
    match lane == Lane::Certification && !changed.is_empty() {
        true => standing.faults.push(stale("/tree", clause)),
        false => standing.notes.push(clause),
    }
}

fn stale(pointer: &str, clause: impl Into<String>) -> FileFault {
    FileFault { pointer: Some(pointer.into()), ..FileFault::new(Reason::Stale, clause) }
}

fn judge(compared: &TreeDifference, rule: UntrackedRule, standing: &mut RunStanding) {
    let untracked = untracked(compared);
    let other = match rule {
        UntrackedRule::Allow => compared.is_other(),
        UntrackedRule::Fail => compared.is_other_strictly(),
    };
    if !other {
        standing.notes.extend(
            untracked.into_iter().map(|what| format!("the tree judged is that of the run but for {what}")),
        );
        return;
    }
    let mut whats = Vec::new();
    let mut say = |paths: &[String], what: &str| {
        if !paths.is_empty() {
            whats.push(format!("{what} {}", some(paths)));
        }
    };
    say(&compared.tracked, "these tracked files differ:");
    say(&compared.rewritten, "the run itself changed these tracked files:");
    say(&compared.contents, "these untracked files have another content:");
    whats.extend(compared.beyond.clone());
    if rule == UntrackedRule::Fail || (compared.some_there && !compared.missing.is_empty()) {
        whats.extend(untracked);
    }
    let clause = format!("the run took place in another tree than the one judged: {}", whats.join("; "));
    standing.faults.push(stale("/tree", clause));
}

/// In which untracked files the trees differ, where that alone need not count.
fn untracked(compared: &TreeDifference) -> Vec<String> {
    let missing = (!compared.missing.is_empty()).then(|| {
        format!("untracked files that the run had and that are not there: {}", some(&compared.missing))
    });
    let extra = (!compared.extra.is_empty())
        .then(|| format!("untracked files that the run did not have: {}", some(&compared.extra)));
    let unseen = compared.unseen.as_ref().map(|why| format!("what the run does not tell: {why}"));
    missing.into_iter().chain(extra).chain(unseen).collect()
}

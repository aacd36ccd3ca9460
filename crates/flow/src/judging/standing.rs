//! What holds for every artifact of the run that is judged, because it holds for the run: judged once a check.

use crate::error::Error;
use crate::masking::masker_of_policy;
use crate::run_tree::{Observed, Observing, some};
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
        standing.faults.push(FileFault {
            pointer: Some("/stale".into()),
            ..FileFault::new(Reason::Stale, format!("the run was stale when it was taken in: {why}"))
        });
    }
    let Some(judged) = workspace.commit.as_deref() else { return Ok(standing) };
    match summary.get("commit").and_then(Json::as_str) {
        Some(commit) if commit == judged => {}
        None if workspace.policy.settings.git.is_none() && !workspace.repo_prefix.is_empty() => {
            let clause = format!(
                "its run says of no commit and no tree that it took place there, and what is judged is {judged}: run again with git tracking \
                 `tollgate.toml` or `git = true` in its [workspace], or say `git = false` there where the repository is of no concern"
            );
            standing
                .faults
                .push(FileFault { pointer: Some("/commit".into()), ..FileFault::new(Reason::Stale, clause) });
            return Ok(standing);
        }
        commit => {
            let commit = commit.map_or("no commit".into(), |commit| format!("commit {}", show(commit)));
            let clause = format!("its run is of {commit}, not of {judged}");
            standing.other_commit = Some(FileFault::new(Reason::Stale, clause));
            return Ok(standing);
        }
    }
    let Some(tree) = summary.get("tree") else {
        standing.notes.push(
            "the run does not say in which tree it took place (an older tollgate or something else wrote its summary): what was not \
             committed then is not known"
                .into(),
        );
        return Ok(standing);
    };
    let Ok(tree) = serde_json::from_value::<WorkingTree>(tree.to_value()) else {
        let clause = "its run does not say in a readable form in which tree it took place";
        standing.faults.push(FileFault::new(Reason::Stale, clause));
        return Ok(standing);
    };
    let observed = observing.finish(&workspace.root, &workspace.policy.settings)?;
    if observed.commit() != judged {
        return Err(Error::Work("another commit was checked out while the evidence was judged".into()));
    }
    let compared = compare(workspace, &tree, &observed)?;
    let rule = workspace.policy.settings.untracked.unwrap_or(match lane {
        Lane::Certification => UntrackedRule::Fail,
        _ => UntrackedRule::Allow,
    });
    judge(&compared, rule, &mut standing);
    if standing.faults.is_empty() {
        beside_the_commit(workspace, &observed, (judged, lane), &mut standing);
    }
    standing.of_tree = true;
    Ok(standing)
}

/// What was tested and is judged beside the commit that the verdict names: whoever takes the commit elsewhere takes less than that. What is
/// certified is the commit, so there it must be as it is in the commit.
fn beside_the_commit(
    workspace: &Workspace,
    observed: &Observed,
    (judged, lane): (&str, Lane),
    standing: &mut RunStanding,
) {
    let run = workspace.run_dir.as_deref().ok();
    let left_out = observed.left_out(&workspace.policy.settings, &workspace.policy.gates, run);
    let (changed, untracked) = observed.counts(&left_out);
    let certified = lane == Lane::Certification;
    let short: String = judged.chars().take(12).collect();
    let mut whats = Vec::new();
    if !changed.is_empty() {
        whats.push(format!("tracked files that differ from it: {}", some(&changed)));
    }
    if untracked > 0 && (certified || workspace.policy.from.is_some()) {
        whats.push(format!("untracked files: {untracked}"));
    }
    let clause = format!(
        "what was tested and is judged is more than the commit {short}: {}; commit it, and run again",
        whats.join("; ")
    );
    match (changed.is_empty(), whats.is_empty()) {
        (_, true) => {}
        (false, _) if certified => standing
            .faults
            .push(FileFault { pointer: Some("/tree".into()), ..FileFault::new(Reason::Stale, clause) }),
        _ => standing.notes.push(clause),
    }
}

/// Holds the tree of a run to the one that is judged, by what the policy in force leaves out.
pub fn compare(
    workspace: &Workspace,
    tree: &WorkingTree,
    observed: &Observed,
) -> Result<TreeDifference, Error> {
    let run = workspace.run_dir.as_deref().ok();
    let left_out = observed.left_out(&workspace.policy.settings, &workspace.policy.gates, run);
    observed.compare(tree, &left_out, &masker_of_policy(workspace.env(), workspace)?)
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
    standing
        .faults
        .push(FileFault { pointer: Some("/tree".into()), ..FileFault::new(Reason::Stale, clause) });
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

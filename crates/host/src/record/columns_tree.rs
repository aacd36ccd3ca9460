//! The tree of a run, as far as two runs are told apart by it.

use std::borrow::Cow;
use tollgate_core::model::tree::WorkingTree;
use tollgate_text::json::{ParseStop, Pull};

/// What the tree is known by; nothing where it changed while the run lasted, or is not said in full; null states none.
pub(super) fn tree(p: &mut Pull<'_, '_>) -> Result<Option<String>, ParseStop> {
    if p.is_null() {
        return p.skip().map(|()| None);
    }
    let (mut tracked, mut untracked, mut ignored, mut rewritten) = (None, None, None, false);
    p.members(|p, key| {
        match &*key {
            "tracked" => tracked = text(p)?,
            "ignored" => ignored = text(p)?,
            "untracked" if !p.is_null() => {
                return p.members(|p, key| {
                    if key == "digest" { text(p).map(|digest| untracked = digest) } else { p.skip() }
                });
            }
            "rewritten" => {
                rewritten = true;
                return p.skip();
            }
            _ => return p.skip(),
        }
        Ok(())
    })?;
    let known = !rewritten && ignored.as_deref() != Some(WorkingTree::UNKNOWN);
    let text = |(tracked, untracked)| format!("{tracked} {untracked} {}", ignored.unwrap_or_default());
    Ok(tracked.zip(untracked).filter(|_| known).map(text))
}

fn text(p: &mut Pull<'_, '_>) -> Result<Option<String>, ParseStop> {
    Ok(p.string_or_null()?.map(Cow::into_owned))
}

//! From the command line's words to what the verbs ask for.

use super::args::{Global, LaneArg};
use super::env::Env;
use std::path::Path;
use tollgate_core::model::lane::Lane;
use tollgate_flow::workspace::OpenRequest;
use tollgate_text::time::Now;

/// What a verb opens the workspace with.
pub(super) fn open_request<'a>(
    global: &'a Global,
    now: Now,
    env: &'a Env,
    lane: Option<Lane>,
    gates: &'a [String],
    run: Option<&'a Path>,
) -> OpenRequest<'a> {
    OpenRequest { root: &global.root, now, lane, gates, run, policy_from: None, env: env.all() }
}

impl From<LaneArg> for Lane {
    fn from(lane: LaneArg) -> Lane {
        match lane {
            LaneArg::Preflight => Lane::Preflight,
            LaneArg::Full => Lane::Full,
            LaneArg::Certification => Lane::Certification,
        }
    }
}

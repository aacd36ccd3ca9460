//! From the words of the command line to what `run` and `replay` are asked.

use super::args::{ArtifactsArg, How, RunArgs, ShardKindArg};
use super::request::{RunRequest, SelectionSource};
use crate::verb::answer::Call;
use crate::verb::limits;
use std::collections::BTreeMap;
use tollgate_core::model::plan::{Artifacts, ShardKind};
use tollgate_core::plan::{self, Division};
use tollgate_flow::error::Error;

/// What is asked, from the words that `run` and `replay` share.
pub fn request<'a>(
    call: &Call<'a>,
    how: &'a How,
    source: SelectionSource<'a>,
) -> Result<RunRequest<'a>, Error> {
    Ok(RunRequest {
        root: call.root,
        now: call.now,
        env: call.env,
        profile: None,
        suites: &[],
        units: &[],
        skip_lint: false,
        jobs: limits::jobs(how.jobs)?,
        timeout: limits::timeout(how.timeout.as_deref())?,
        retries: how.retries,
        fail_fast: limits::fail_fast(how.fail_fast)?,
        source,
        diff_from: None,
        shard: None,
        timings: &[],
        out: how.out.as_deref(),
        artifacts: how.artifacts.map(|artifacts| match artifacts {
            ArtifactsArg::All => Artifacts::All,
            ArtifactsArg::Failed => Artifacts::Failed,
        }),
    })
}

/// What `run` is asked.
pub fn run_request<'a>(call: &Call<'a>, verb: &'a RunArgs) -> Result<RunRequest<'a>, Error> {
    let source = match (&verb.rerun_from, &verb.resume) {
        (Some(summary), _) => SelectionSource::Rerun(summary),
        (None, Some(dir)) => SelectionSource::Resume(dir),
        (None, None) => SelectionSource::Fresh,
    };
    let sharded = verb.shard_kind.is_some()
        || verb.shard.is_some()
        || verb.shard_index.is_some()
        || verb.shard_total.is_some();
    if source != SelectionSource::Fresh && sharded {
        return Err(Error::Usage(
            "a replay runs in the shard of its source; leave the shard flags out".into(),
        ));
    }
    if verb.list && matches!(source, SelectionSource::Resume(_)) {
        return Err(Error::Usage(
            "--list does not go with --resume: what is left is said by the journal, once the run is taken up"
                .into(),
        ));
    }
    let mut request = request(call, &verb.how, source)?;
    request.profile = verb.profile.as_deref();
    request.suites = &verb.suite;
    request.units = &verb.unit_target;
    request.skip_lint = verb.skip_lint;
    request.diff_from = verb.diff_from.as_deref();
    request.timings = &verb.timings;
    if source == SelectionSource::Fresh {
        request.shard = shard(verb, call.env)?;
    }
    Ok(request)
}

/// The shard that the flags name; with `--shard auto` what they leave open comes from the CI's variables.
fn shard(verb: &RunArgs, env: &BTreeMap<String, String>) -> Result<Option<Division>, Error> {
    let given = plan::Given { index: verb.shard_index, total: verb.shard_total };
    let auto = match verb.shard {
        Some(_) => plan::auto(env, given).map_err(|why| Error::Usage(format!("--shard auto: {why}")))?,
        None => None,
    };
    let index = auto.as_ref().map_or(verb.shard_index, |a| Some(a.index));
    let total = auto.as_ref().map_or(verb.shard_total, |a| Some(a.total));
    let kind = verb.shard_kind.map(|kind| match kind {
        ShardKindArg::Suite => ShardKind::Suite,
        ShardKindArg::Unit => ShardKind::Unit,
    });
    match (kind, index, total) {
        (None, None, None) if verb.shard.is_none() => Ok(None),
        (Some(kind), Some(index), Some(total)) => Ok(Some(Division { kind, index, total })),
        (_, Some(_), None) => Err(Error::Usage("a shard's index without its total says nothing; give --shard-total".into())),
        (_, None, Some(_)) => Err(Error::Usage("a shard's total without its index says nothing; give --shard-index".into())),
        (None, ..) => Err(Error::Usage("which list is divided? give --shard-kind suite or --shard-kind unit".into())),
        (Some(_), None, None) => Err(Error::Usage(
            "--shard-kind needs --shard-index and --shard-total, or --shard auto where the CI's variables say them".into(),
        )),
    }
}

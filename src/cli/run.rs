//! `tollgate run` and `tollgate replay`: they are watched on the screen.

use super::env::Env;
use super::screen::Screen;
use super::term;
use crate::verb::answer::{Answered, Call, DataAnswer};
use crate::verb::run::args::{How, ReplayArgs, RunArgs};
use crate::verb::run::asked::{request, run_request};
use crate::verb::run::{RunRequest, SelectionSource, bundle_differences, run_list};
use tollgate_core::report::text::terminal;
use tollgate_flow::error::{Error, exit};

pub(super) fn run(call: &Call<'_>, env: &Env, verb: &RunArgs) -> Result<Answered, Error> {
    let request = run_request(call, verb)?;
    if verb.list { list(&request) } else { go(&request, &verb.how, env) }
}

pub(super) fn replay(call: &Call<'_>, env: &Env, verb: &ReplayArgs) -> Result<Answered, Error> {
    for difference in bundle_differences(call.root, &verb.bundle, call.now, call.env)? {
        term::stderr(&format!("note: {}", terminal(&difference)));
    }
    go(&request(call, &verb.how, SelectionSource::Bundle(&verb.bundle))?, &verb.how, env)
}

/// What would run. Its text was masked as it was made.
fn list(request: &RunRequest<'_>) -> Result<Answered, Error> {
    let listed = run_list(request)?;
    let exit = if listed.is_empty() { exit::NOTHING } else { exit::PASS };
    Ok(Answered::of(DataAnswer {
        value: Box::new(listed),
        human: |listed, _| listed.human(),
        exit,
        after: None,
    }))
}

fn go(request: &RunRequest<'_>, how: &How, env: &Env) -> Result<Answered, Error> {
    let screen = Screen::new(term::look(env), how.show_output, request.jobs);
    let answer = crate::verb::run::run(request, &screen);
    screen.close();
    let Some(mut answer) = answer? else {
        term::stderr("nothing was selected: nothing ran, and nothing was written");
        return Ok(Answered::Ended(exit::NOTHING));
    };
    answer.ends_in = screen.shows_failures().then(|| request.root.to_path_buf());
    Ok(Answered::of(answer))
}

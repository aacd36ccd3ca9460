//! `tollgate diff`: two runs held to each other, in each format asked for.

use super::args::{Diff, Global};
use super::env::Env;
use super::output::{self, Answer, FormatTarget};
use super::verbs::masked;
use crate::verb::diff::DiffRequest;
use std::path::Path;
use tollgate_core::report::{ReportKind, run_github, run_markdown};
use tollgate_flow::error::{Error, exit};
use tollgate_host::files::file_set::Output;
use tollgate_text::time::Now;

pub(super) fn diff(global: &Global, now: Now, env: &Env, verb: &Diff) -> Result<u8, Error> {
    let targets = output::of_run(&global.format)?;
    let out: Vec<&Path> =
        targets.iter().filter_map(|t| t.path.as_deref()).chain(verb.out.as_deref()).collect();
    let (root, all) = (&global.root, env.all());
    let request = DiffRequest { root, base: &verb.base, current: &verb.current, out: &out, now, env: all };
    let triage = crate::verb::diff::diff(&request)?;
    let code = crate::verb::diff::exit_code(&triage);
    let triage = masked(triage, global, now, env)?;
    let green = code == exit::PASS;
    let json = verb.out.as_ref().map(|_| output::json(&*triage)).transpose()?;
    let more = verb.out.clone().zip(json).map(|(path, text)| Output::deciding(path, text));
    let text = |target: &FormatTarget| match target.kind {
        ReportKind::Json => output::json(&*triage),
        ReportKind::Markdown => Ok(run_markdown::diff(&triage)),
        ReportKind::Github => Ok(run_github::diff(&triage, green).commands),
        _ => Ok(crate::verb::diff::text::human(&triage)),
    };
    let answer = Answer { targets: &targets, text: &text, human_to_stdout: true, green };
    let more = more.into_iter().collect();
    output::deliver_step(&answer, more, env, &|| run_github::diff(&triage, green)).map(|()| code)
}

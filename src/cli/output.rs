//! `--format KIND[:PATH]`: what goes where.

use super::env::Env;
use super::term;
use serde::Serialize;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use tollgate_core::report::ReportKind;
use tollgate_core::report::github::Github;
use tollgate_flow::error::Error;
use tollgate_host::files::file_set::{Output, write_set};
use tollgate_host::files::{self, WriteError};
use tollgate_text::escape;
use tollgate_text::show::plain;
use tollgate_text::show::show;

/// One asked-for format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormatTarget {
    /// The format.
    pub kind: ReportKind,
    /// Its file; `None` is stdout, or stderr for `human`.
    pub path: Option<PathBuf>,
}

impl FormatTarget {
    /// Whether it is written to that file, whatever each calls it.
    fn names(&self, path: &Path) -> bool {
        let place = |path: &Path| {
            let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            (
                std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf()),
                path.file_name().map(OsStr::to_os_string),
            )
        };
        self.path
            .as_deref()
            .is_some_and(|own| own == path || place(own) == place(path) || files::same(own, path))
    }
}

/// Parses every `--format`. None asked, or only into files, adds the human report. Two formats for stdout are an error:
/// neither could be read.
pub fn targets(formats: &[String]) -> Result<Vec<FormatTarget>, Error> {
    let mut targets = Vec::new();
    for format in formats {
        let (name, path) = match format.split_once(':') {
            Some((_, "")) => return Err(Error::Usage(format!("--format {format}: the path is empty"))),
            Some((name, path)) => (name, Some(PathBuf::from(path))),
            None => (format.as_str(), None),
        };
        let kind = ReportKind::parse(name).map_err(|why| Error::Usage(format!("--format: {why}")))?;
        if path.as_ref().is_some_and(|path| targets.iter().any(|t: &FormatTarget| t.names(path))) {
            return Err(Error::Usage(format!(
                "--format {}: another format is written to that file",
                show(format)
            )));
        }
        targets.push(FormatTarget { kind, path });
    }
    let to_stdout: Vec<_> = targets
        .iter()
        .filter(|t| t.path.is_none() && t.kind != ReportKind::Human)
        .map(|t| t.kind.name())
        .collect();
    if to_stdout.len() > 1 {
        return Err(Error::Usage(format!(
            "--format {} would both go to standard output; give one a path, as in --format {}:FILE",
            to_stdout.join(" and --format "),
            to_stdout[1]
        )));
    }
    if targets.iter().all(|t| t.path.is_some()) {
        targets.push(FormatTarget { kind: ReportKind::Human, path: None });
    }
    Ok(targets)
}

/// For verbs that answer in `human` or `json` only: whether json was asked for, and its file.
pub fn json_or_human(formats: &[String]) -> Result<Vec<FormatTarget>, Error> {
    only(formats, &[ReportKind::Human, ReportKind::Json], "human or json")
}

/// For verbs that tell of a run.
pub fn of_run(formats: &[String]) -> Result<Vec<FormatTarget>, Error> {
    let kinds = [ReportKind::Human, ReportKind::Json, ReportKind::Markdown, ReportKind::Github];
    only(formats, &kinds, "human, json, markdown or github")
}

fn only(formats: &[String], kinds: &[ReportKind], named: &str) -> Result<Vec<FormatTarget>, Error> {
    let targets = targets(formats)?;
    match targets.iter().find(|t| !kinds.contains(&t.kind)) {
        Some(other) => {
            Err(Error::Usage(format!("--format {}: this verb answers in {named}", other.kind.name())))
        }
        None => Ok(targets),
    }
}

/// What a verb gives.
pub struct Answer<'a> {
    /// Where it goes.
    pub targets: &'a [FormatTarget],
    /// Its text for a target.
    pub text: &'a dyn Fn(&FormatTarget) -> Result<String, Error>,
    /// Whether its human text is what was asked for.
    pub human_to_stdout: bool,
    /// Whether it says that all is well: then it is not shown where it cannot be kept.
    pub green: bool,
}

impl Answer<'_> {
    /// Writes it where its targets say, files first and as one set: nobody reads that all is well and finds it said nowhere. What is
    /// not well is shown all the same.
    pub fn deliver(&self, more: Vec<Output>) -> Result<(), Error> {
        let mut files = self.files()?;
        files.extend(more);
        match write_set(&files, &mut || Ok(())) {
            Ok(()) => self.show(),
            Err(error) if self.green => Err(error.into()),
            Err(error) => self.show().and(Err(error.into())),
        }
    }

    /// The files that its targets name.
    pub fn files(&self) -> Result<Vec<Output>, Error> {
        let named = self.targets.iter().filter_map(|target| Some((target, target.path.clone()?)));
        named
            .map(|(target, path)| Ok(Output::deciding(path, escape::seen(&self.of(target)?).into_owned())))
            .collect()
    }

    /// Shows it on the screen, standard output first: where that cannot be written, no other text says that all is well. What is not
    /// well is said on standard error all the same.
    pub fn show(&self) -> Result<(), Error> {
        let (last, first): (Vec<&FormatTarget>, Vec<&FormatTarget>) = self
            .targets
            .iter()
            .filter(|target| target.path.is_none())
            .partition(|target| target.kind == ReportKind::Human && !self.human_to_stdout);
        let mut written = Ok(());
        for target in first {
            let text = self.of(target)?;
            let shown =
                if target.kind == ReportKind::Github { term::commands(&text) } else { term::stdout(&text) };
            written = written.and(shown.map_err(Error::Work));
        }
        for target in last.into_iter().filter(|_| written.is_ok() || !self.green) {
            term::stderr(&self.of(target)?);
        }
        written
    }

    fn of(&self, target: &FormatTarget) -> Result<String, Error> {
        let text = (self.text)(target)?;
        Ok(if target.kind == ReportKind::Json { escape::json(text) } else { text })
    }
}

/// An answer as JSON.
pub fn json(answer: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string_pretty(answer)
        .map(escape::json)
        .map_err(|e| Error::Work(format!("the answer cannot be written as JSON: {e}")))
}

/// Delivers an answer with what the runner of GitHub reads beside the annotations, where these are asked for. That all is well is
/// not shown where that cannot be kept.
pub fn deliver_step(
    answer: &Answer<'_>,
    more: Vec<Output>,
    env: &Env,
    github: &dyn Fn() -> Github,
) -> Result<(), Error> {
    let appended = if answer.targets.iter().any(|target| target.kind == ReportKind::Github) {
        let github = github();
        append(env, "GITHUB_STEP_SUMMARY", &github.summary)
            .and_then(|()| append(env, "GITHUB_OUTPUT", &github.output))
    } else {
        Ok(())
    };
    match appended {
        Err(error) if answer.green => Err(error.into()),
        appended => answer.deliver(more).and(appended.map_err(Error::from)),
    }
}

/// Appends to the file that the environment names, as GitHub's runner wants it; nothing when it names none.
pub fn append(env: &Env, name: &str, text: &str) -> Result<(), WriteError> {
    use std::io::Write as _;
    let Some(path) = env.get(name) else { return Ok(()) };
    let fail = |e: std::io::Error| WriteError { path: format!("{} ({name})", show(path)), why: plain(&e) };
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path).map_err(fail)?;
    file.write_all(text.as_bytes()).map_err(fail)
}

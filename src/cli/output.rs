//! `--format KIND[:PATH]`: what goes where. Every answer of every verb is delivered here.

use super::env::Env;
use super::term;
use crate::verb::answer::{Answer, PeopleRead, refused};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use tollgate_core::report::ReportKind;
use tollgate_flow::error::Error;
use tollgate_host::files::file_set::Output;
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

/// Holds what is asked for to the formats that an answer has, before anything of it is written or shown.
fn hold(targets: &[FormatTarget], kinds: &[ReportKind]) -> Result<(), Error> {
    match targets.iter().find(|target| !kinds.contains(&target.kind)) {
        Some(other) => Err(refused(other.kind, kinds)),
        None => Ok(()),
    }
}

/// Writes an answer where its targets say, files first: nobody reads that all is well and finds it said nowhere. What is not well is
/// shown all the same. Gives the exit code.
pub fn deliver(answer: &dyn Answer, targets: &[FormatTarget], env: &Env) -> Result<u8, Error> {
    hold(targets, &answer.kinds())?;
    let delivery = Delivery { answer, targets, env };
    let Err(error) = delivery.keep() else {
        delivery.show()?;
        if let Some(after) = answer.after() {
            term::stderr(&after);
        }
        return Ok(answer.exit_code());
    };
    if answer.is_green() {
        return Err(error);
    }
    match answer.unkept(&error) {
        // The first error is told; what else fails is of the same kind.
        Some(other) => drop(deliver(&*other, targets, env)),
        None => delivery.show()?,
    }
    Err(error)
}

struct Delivery<'a> {
    answer: &'a dyn Answer,
    targets: &'a [FormatTarget],
    env: &'a Env,
}

impl Delivery<'_> {
    fn keep(&self) -> Result<(), Error> {
        let mut files = self.files()?;
        files.extend(self.answer.beside()?);
        self.answer.keep(files, &mut || self.step())
    }

    /// The files that its targets name.
    fn files(&self) -> Result<Vec<Output>, Error> {
        let named = self.targets.iter().filter_map(|target| Some((target, target.path.clone()?)));
        named
            .map(|(target, path)| Ok(Output::deciding(path, escape::seen(&self.of(target)?).into_owned())))
            .collect()
    }

    /// Tells the runner of GitHub what it reads beside the annotations, where these are asked for.
    fn step(&self) -> Result<(), WriteError> {
        if !self.targets.iter().any(|target| target.kind == ReportKind::Github) {
            return Ok(());
        }
        let Some(github) = self.answer.step() else { return Ok(()) };
        append(self.env, "GITHUB_STEP_SUMMARY", &github.summary)?;
        append(self.env, "GITHUB_OUTPUT", &github.output)
    }

    /// Shows it on the screen, standard output first: where that cannot be written, no other text says that all is well. What is not
    /// well is said on standard error all the same.
    fn show(&self) -> Result<(), Error> {
        let (last, first): (Vec<&FormatTarget>, Vec<&FormatTarget>) =
            self.targets.iter().filter(|target| target.path.is_none()).partition(|target| {
                target.kind == ReportKind::Human && self.stream() == PeopleRead::OnStderr
            });
        let mut written = Ok(());
        for target in first {
            let text = self.of(target)?;
            let shown =
                if target.kind == ReportKind::Github { term::commands(&text) } else { term::stdout(&text) };
            written = written.and(shown.map_err(Error::Work));
        }
        for target in last.into_iter().filter(|_| written.is_ok() || !self.answer.is_green()) {
            term::stderr(&self.of(target)?);
        }
        written
    }

    fn stream(&self) -> PeopleRead {
        self.answer.people_read()
    }

    fn of(&self, target: &FormatTarget) -> Result<String, Error> {
        let mut style = term::look(self.env);
        let there = match self.stream() {
            PeopleRead::OnStderr => style.colour,
            PeopleRead::OnStdout => term::stdout_colour(self.env),
        };
        style.colour = there && target.path.is_none();
        let text = self.answer.text(target.kind, &style)?;
        Ok(if target.kind == ReportKind::Json { escape::json(text) } else { text })
    }
}

/// Appends to the file that the environment names, as GitHub's runner wants it; nothing when it names none.
fn append(env: &Env, name: &str, text: &str) -> Result<(), WriteError> {
    use std::io::Write as _;
    let Some(path) = env.get(name) else { return Ok(()) };
    let fail = |e: std::io::Error| WriteError { path: format!("{} ({name})", show(path)), why: plain(&e) };
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path).map_err(fail)?;
    file.write_all(text.as_bytes()).map_err(fail)
}

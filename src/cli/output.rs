//! `--format KIND[:PATH]`: what goes where.

use super::env::Env;
use super::term;
use crate::app::Error;
use crate::base::escape::seen;
use crate::base::files;
use crate::report::Kind;
use std::path::PathBuf;

/// One asked-for format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The format.
    pub kind: Kind,
    /// Its file; `None` is stdout, or stderr for `human`.
    pub path: Option<PathBuf>,
}

/// Parses every `--format`. None asked, or only into files, adds the human report. Two formats for stdout are an error:
/// neither could be read.
pub fn targets(formats: &[String]) -> Result<Vec<Target>, Error> {
    let mut targets = Vec::new();
    for format in formats {
        let (name, path) = match format.split_once(':') {
            Some((_, "")) => return Err(Error::Usage(format!("--format {format}: the path is empty"))),
            Some((name, path)) => (name, Some(PathBuf::from(path))),
            None => (format.as_str(), None),
        };
        let kind = Kind::parse(name).map_err(|why| Error::Usage(format!("--format: {why}")))?;
        if path.is_some() && targets.iter().any(|t: &Target| t.path == path) {
            return Err(Error::Usage(format!(
                "--format {}: another format is written to that file",
                files::show(format)
            )));
        }
        targets.push(Target { kind, path });
    }
    let to_stdout: Vec<_> =
        targets.iter().filter(|t| t.path.is_none() && t.kind != Kind::Human).map(|t| t.kind.name()).collect();
    if to_stdout.len() > 1 {
        return Err(Error::Usage(format!(
            "--format {} would both go to standard output; give one a path, as in --format {}:FILE",
            to_stdout.join(" and --format "),
            to_stdout[1]
        )));
    }
    if targets.iter().all(|t| t.path.is_some()) {
        targets.push(Target { kind: Kind::Human, path: None });
    }
    Ok(targets)
}

/// For verbs that answer in `human` or `json` only: whether json was asked for, and its file.
pub fn json_or_human(formats: &[String]) -> Result<Vec<Target>, Error> {
    let targets = targets(formats)?;
    match targets.iter().find(|t| !matches!(t.kind, Kind::Human | Kind::Json)) {
        Some(other) => {
            Err(Error::Usage(format!("--format {}: this verb answers in human or json", other.kind.name())))
        }
        None => Ok(targets),
    }
}

/// Writes a text where its target says. `human_to_stdout` is for verbs whose human text is what was asked for.
pub fn deliver(target: &Target, text: &str, human_to_stdout: bool) -> Result<(), Error> {
    match (&target.path, target.kind) {
        (Some(path), _) => Ok(files::write_atomic(path, seen(text).as_bytes())?),
        (None, Kind::Human) if !human_to_stdout => {
            term::stderr(text);
            Ok(())
        }
        (None, _) => term::stdout(text).map_err(Error::Work),
    }
}

/// Appends to the file that the environment names, as GitHub's runner wants it; nothing when it names none.
pub fn append(env: &Env, name: &str, text: &str) -> Result<(), Error> {
    use std::io::Write as _;
    let Some(path) = env.get(name) else { return Ok(()) };
    let fail = |e: std::io::Error| {
        Error::Work(format!("{} ({name}) cannot be written: {}", files::show(path), files::plain(&e)))
    };
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path).map_err(fail)?;
    file.write_all(text.as_bytes()).map_err(fail)
}

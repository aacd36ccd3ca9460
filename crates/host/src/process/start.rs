//! The start of a process. By std and not by duct: duct copies the environment whole for each start, which keeps the
//! standard library from `posix_spawn`, and that costs more than `/bin/true` itself.

use crate::process::mark::MARK;
use crate::process::order::{CommandOrder, StartError};
use std::borrow::Cow;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{Error, ErrorKind, PipeReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use tollgate_text::show::{plain, show};

/// Starts it in a group of its own. stdin is empty, because a command in a group of its own would be stopped when it reads
/// the terminal; stdout and stderr go into one pipe, so that their order is kept.
#[expect(clippy::disallowed_methods, reason = "the one place that starts what users name")]
pub(super) fn start(order: &CommandOrder<'_>) -> Result<(Child, PipeReader), StartError> {
    let failed = |e: &Error| sentence(order, e);
    let dir = match order.dir.is_absolute() {
        true => Cow::Borrowed(order.dir),
        false => Cow::Owned(std::fs::canonicalize(order.dir).map_err(|e| failed(&e))?),
    };
    let program = program(order, &dir);
    let (reader, writer) = std::io::pipe().map_err(|e| failed(&e))?;
    let mut command = Command::new(&program);
    command
        .args(order.command.arguments())
        .current_dir(&dir)
        .stdin(nothing())
        .stdout(writer.try_clone().map_err(|e| failed(&e))?)
        .stderr(writer)
        .process_group(0);
    for (name, value) in order.env.iter().chain(order.command.env()) {
        command.env(name, value);
    }
    if let Some(mark) = order.mark {
        command.env(MARK, mark);
    }
    // `command` holds our copies of the pipe's writing end; they are closed as it goes out of scope.
    let child = command.spawn().map_err(|e| failed(&e))?;
    Ok((child, reader))
}

/// An empty stdin. Opened once: a look at the file system for each of thousands of starts is time that suites do not get.
fn nothing() -> Stdio {
    static NOTHING: OnceLock<Option<File>> = OnceLock::new();
    let opened = NOTHING.get_or_init(|| File::open("/dev/null").ok());
    opened.as_ref().and_then(|file| file.try_clone().ok()).map_or_else(Stdio::null, Stdio::from)
}

/// A program with a `/` stands below the folder it runs in; left alone it would be looked up from tollgate's own.
fn program<'a>(order: &'a CommandOrder<'_>, dir: &Path) -> Cow<'a, OsStr> {
    let name = order.command.program();
    if name.contains('/') && !name.starts_with('/') {
        Cow::Owned(dir.join(name).into_os_string())
    } else {
        Cow::Borrowed(OsStr::new(name))
    }
}

fn sentence(order: &CommandOrder<'_>, error: &Error) -> StartError {
    let name = order.command.program();
    let path = name.contains('/').then(|| order.dir.join(name));
    let stands = path.as_deref().is_some_and(Path::exists);
    let why = match error.kind() {
        _ if !order.dir.is_dir() => format!("the folder {} does not exist", shown(order.dir)),
        ErrorKind::NotFound if stands => "the interpreter that its first line names does not exist".into(),
        ErrorKind::PermissionDenied if path.as_deref().is_some_and(Path::is_dir) => "it is a folder".into(),
        ErrorKind::PermissionDenied if stands => "it is not executable".into(),
        _ => plain(error),
    };
    StartError { program: show(name), why, found: error.kind() != ErrorKind::NotFound }
}

fn shown(path: &Path) -> String {
    show(&PathBuf::from(path).display().to_string())
}

//! Where output goes. A closed pipe ends the writing quietly: `tollgate … | head` is no error.

use super::env::Env;
use std::borrow::Cow;
use std::io::{IsTerminal, Write};
use tollgate_core::report::TermStyle;
use tollgate_core::report::text::terminal;
use tollgate_host::files::is_there;
use tollgate_text::ci::{Echo, without_commands};
use tollgate_text::escape::seen;
use tollgate_text::redact::Masker;

/// Decides by CLICOLOR_FORCE, NO_COLOR, TERM=dumb, then whether stderr is a terminal.
pub fn look(env: &Env) -> TermStyle {
    let colour = colour(env, std::io::stderr().is_terminal());
    let columns = env.get("COLUMNS").and_then(|c| c.parse().ok()).unwrap_or(100);
    TermStyle { colour, width: std::cmp::Ord::clamp(columns, 60, 160) }
}

fn colour(env: &Env, terminal: bool) -> bool {
    let forced = env.get("CLICOLOR_FORCE").is_some_and(|v| v != "0");
    env.get("NO_COLOR").is_none() && (forced || (terminal && env.get("TERM") != Some("dumb")))
}

/// Whether colour is welcome on stdout, by the same rules.
pub fn stdout_colour(env: &Env) -> bool {
    colour(env, std::io::stdout().is_terminal())
}

/// Passes on a block of output of others as it comes, but for what a CI system would take for a command of ours.
pub fn stderr_echo(echo: &mut Echo, bytes: &[u8]) {
    let mut passed = Vec::with_capacity(bytes.len());
    echo.push(bytes, &mut |part| passed.extend_from_slice(part));
    let _ = std::io::stderr().lock().write_all(&passed);
}

/// Passes on a line of a suite's output, which an `Echo` has passed, with the suite's name before it.
pub fn stderr_line(name: &str, line: &[u8]) {
    let whole = [terminal(name).as_bytes(), b"| ", line].concat();
    let _ = std::io::stderr().lock().write_all(&whole);
}

/// Ends the last line of it, so that what we say next begins one.
pub fn stderr_end_line(echo: &mut Echo) {
    echo.end_line(&mut |part| drop(std::io::stderr().lock().write_all(part)));
}

/// Writes to stdout; an error other than a closed pipe is returned as a sentence.
pub fn stdout(text: &str) -> Result<(), String> {
    write(std::io::stdout().lock(), &without_commands(text, false), "standard output")
}

/// The same for a text whose lines are meant as workflow commands.
pub fn commands(text: &str) -> Result<(), String> {
    write(std::io::stdout().lock(), &without_commands(text, true), "standard output")
}

/// Says on stderr why a verb ended. What an error quotes (a file's name, a key) cannot start a workflow command, and a secret of the
/// environment in it is masked.
pub fn complain(error: &dyn std::fmt::Display, env: &Env) {
    let mut text = format!("error: {error}");
    hide(&mut text, env);
    let lines: Vec<String> = text.lines().map(terminal).collect();
    stderr(&lines.join("\n"));
}

/// Masks secrets of the environment, where no answer has masked its own text: in errors.
pub fn hide(text: &mut String, env: &Env) {
    match Masker::new(env.all(), is_there) {
        Ok(masker) => drop(masker.hide_shown(text)),
        Err(why) => *text = format!("error: {why}, so what went wrong is not shown"),
    }
}

/// Writes to stderr; nowhere is left to say that this failed.
pub fn stderr(text: &str) {
    let _ = write(std::io::stderr().lock(), &without_commands(text, false), "standard error");
}

fn write(mut to: impl Write, text: &str, name: &str) -> Result<(), String> {
    let text = &*seen(text);
    // One write a text: standard error is not buffered, and lines of several processes must not mix.
    let ended = if text.is_empty() || text.ends_with('\n') {
        Cow::Borrowed(text)
    } else {
        format!("{text}\n").into()
    };
    match to.write_all(ended.as_bytes()).and_then(|()| to.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(format!("{name} cannot be written: {}", tollgate_text::show::plain(&e)))
        }
        _ => Ok(()),
    }
}

//! Where output goes. A closed pipe ends the writing quietly: `tollgate … | head` is no error.

use super::env::Env;
use crate::base::escape::seen;
use crate::report::Style;
use crate::report::text::terminal;
use std::borrow::Cow;
use std::io::{IsTerminal, Write};

/// Decides by CLICOLOR_FORCE, NO_COLOR, TERM=dumb, then whether stderr is a terminal.
pub fn look(env: &Env) -> Style {
    let colour = colour(env, std::io::stderr().is_terminal());
    let columns = env.get("COLUMNS").and_then(|c| c.parse().ok()).unwrap_or(100);
    Style { colour, width: std::cmp::Ord::clamp(columns, 60, 160) }
}

fn colour(env: &Env, terminal: bool) -> bool {
    let forced = env.get("CLICOLOR_FORCE").is_some_and(|v| v != "0");
    env.get("NO_COLOR").is_none() && (forced || (terminal && env.get("TERM") != Some("dumb")))
}

/// Whether colour is welcome on stdout, by the same rules.
pub fn stdout_colour(env: &Env) -> bool {
    colour(env, std::io::stdout().is_terminal())
}

/// Passes on the bytes of a command that a person asked to run, as they come.
pub fn stderr_raw(bytes: &[u8]) {
    let _ = std::io::stderr().lock().write_all(bytes);
}

/// Writes to stdout; an error other than a closed pipe is returned as a sentence.
pub fn stdout(text: &str) -> Result<(), String> {
    write(std::io::stdout().lock(), text, "standard output")
}

/// Says on stderr why a verb ended. What an error quotes (a file's name, a key) cannot start a workflow command.
pub fn complain(error: &impl std::fmt::Display) {
    let lines: Vec<String> = format!("error: {error}").lines().map(terminal).collect();
    stderr(&lines.join("\n"));
}

/// Writes to stderr; nowhere is left to say that this failed.
pub fn stderr(text: &str) {
    let _ = write(std::io::stderr().lock(), text, "standard error");
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
            Err(format!("{name} cannot be written: {}", crate::base::files::plain(&e)))
        }
        _ => Ok(()),
    }
}

//! Where output goes. A closed pipe ends the writing quietly: `tollgate … | head` is no error.

use super::env::Env;
use crate::report::Style;
use std::io::{IsTerminal, Write};

/// Decides by CLICOLOR_FORCE, NO_COLOR, TERM=dumb, then whether stderr is a terminal.
pub fn look(env: &Env) -> Style {
    let forced = env.get("CLICOLOR_FORCE").is_some_and(|v| v != "0");
    let refused = env.get("NO_COLOR").is_some() || env.get("TERM") == Some("dumb");
    let colour = !env.get("NO_COLOR").is_some() && (forced || (!refused && std::io::stderr().is_terminal()));
    let columns = env.get("COLUMNS").and_then(|c| c.parse().ok()).unwrap_or(100);
    Style { colour, width: std::cmp::Ord::clamp(columns, 60, 160) }
}

/// Writes to stdout; an error other than a closed pipe is returned as a sentence.
pub fn stdout(text: &str) -> Result<(), String> {
    write(std::io::stdout().lock(), text, "standard output")
}

/// Writes to stderr; nowhere is left to say that this failed.
pub fn stderr(text: &str) {
    let _ = write(std::io::stderr().lock(), text, "standard error");
}

fn write(mut to: impl Write, text: &str, name: &str) -> Result<(), String> {
    let line_end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    match to.write_all(text.as_bytes()).and_then(|()| to.write_all(line_end.as_bytes())).and_then(|()| to.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(format!("{name} cannot be written: {}", crate::base::files::plain(&e)))
        }
        _ => Ok(()),
    }
}

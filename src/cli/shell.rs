//! `tollgate completions` and `tollgate man`: what is made of the command line as a whole.

use crate::verb::answer::{Answered, Call};
use crate::verb::formats;
use clap::{Args, Command};
use serde::Serialize;
use std::path::{Path, PathBuf};
use tollgate_flow::error::{Error, exit};
use tollgate_host::files;
use tollgate_text::redact::free_text;

/// `tollgate completions`
#[derive(Debug, Args)]
#[command(arg = formats::of_data())]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// `tollgate man`
#[derive(Debug, Args)]
#[command(arg = formats::of_data())]
pub struct Man {
    /// Write one page for each verb into this folder
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// `completions --format json`.
#[derive(Serialize)]
struct Script {
    shell: String,
    script: String,
}

free_text!(Script { ; shell, script });

pub(super) fn completions(
    call: &Call<'_>,
    verb: &Completions,
    mut command: Command,
) -> Result<Answered, Error> {
    let mut script = Vec::new();
    clap_complete::generate(verb.shell, &mut command, "tollgate", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    let answer = Script { shell: verb.shell.to_string(), script };
    call.data(answer, |answer, _| answer.script.clone(), exit::PASS)
}

/// `man --format json`: the page, or the files that were written.
#[derive(Serialize)]
struct Manual {
    page: Option<String>,
    written: Vec<String>,
}

free_text!(Manual { ; page, written });

pub(super) fn man(call: &Call<'_>, verb: &Man, command: Command) -> Result<Answered, Error> {
    let mut manual = Manual { page: None, written: Vec::new() };
    match &verb.out {
        None => manual.page = Some(String::from_utf8_lossy(&page(command)?).into_owned()),
        Some(dir) => write_pages(dir, &command, "tollgate", &mut manual.written)?,
    }
    call.data(manual, |manual, _| manual.page.clone().unwrap_or_default(), exit::PASS)
}

fn page(command: Command) -> Result<Vec<u8>, Error> {
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(command).render(&mut page);
    rendered.map_err(|e| Error::Work(format!("the man page cannot be made: {e}")))?;
    Ok(page)
}

/// The page of a command, and of each of its verbs: `tollgate-waiver-add.1`.
fn write_pages(dir: &Path, command: &Command, name: &str, written: &mut Vec<String>) -> Result<(), Error> {
    let named = command.clone().display_name(name.to_string());
    let file = dir.join(format!("{name}.1"));
    files::write_atomic(&file, &page(named)?)?;
    written.push(file.display().to_string());
    for sub in command.get_subcommands().filter(|c| c.get_name() != "help") {
        write_pages(dir, sub, &format!("{name}-{}", sub.get_name()), written)?;
    }
    Ok(())
}

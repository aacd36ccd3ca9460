//! The text of `tollgate.toml`.

use super::kinds::NamedProposal;
use tollgate_core::model::suite::ResultReader;

/// Where runs and verdicts go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Folders {
    /// `.tollgate/`, which git does not see.
    Own,
    /// Those of the pack `runbook`, which are the defaults.
    Runbook,
}

/// The results folder that is written.
const RESULTS: &str = ".tollgate/runs";
/// The output folder that is written.
const OUTPUT: &str = ".tollgate/verdict";

/// The text. With `copied` gates the pack is not named: the copies stand in its place.
pub(super) fn text(suites: &[NamedProposal], folders: Folders, copied: bool) -> String {
    let mut out = String::from(
        "# What `tollgate run` runs here, and what `tollgate check` judges it by.\n\n[workspace]\n",
    );
    let (packs, said) = if copied {
        ("[]", "the starter pack's gates stand in gates/")
    } else {
        ("[\"starter\"]", "gates that come with tollgate; your own go into gates/: tollgate gate new ID")
    };
    out.push_str(&format!("packs   = {packs:<20}  # {said}\n"));
    if folders == Folders::Own {
        out.push_str(&format!("results = \"{RESULTS}\"      # a folder for each run\n"));
        out.push_str(&format!("output  = \"{OUTPUT}\"   # verdicts\n"));
    }
    out.push('\n');
    if suites.is_empty() {
        out.push_str(NOTHING);
    } else {
        out.push_str("# No shell reads a command: for && or | write sh -c '…'. {out} is a folder for what the suite writes.\n");
    }
    for suite in suites {
        out.push('\n');
        section(&mut out, suite);
    }
    out
}

fn section(out: &mut String, suite: &NamedProposal) {
    let NamedProposal { kind, names, as_suite, proposal } = suite;
    for sentence in &proposal.said {
        out.push_str(&format!("# {}\n", one_line(sentence)));
    }
    out.push_str(&format!("[suites.{}]\n", key(kind)));
    let mut line = |key: &str, value: String| out.push_str(&format!("{key:<7} = {value}\n"));
    let listed: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    line("names", format!("[{}]", listed.join(", ")));
    if *as_suite {
        line("as", quoted("suite"));
    }
    if !proposal.folder.is_empty() {
        line("cwd", quoted(&proposal.folder));
    }
    line("command", quoted(&proposal.command));
    if let Some(single) = &proposal.single {
        line("single", format!("{}   # one test, for replays", quoted(single)));
    }
    if proposal.reader == ResultReader::Exit {
        line("reader", format!("{}   # the exit code alone", quoted("exit")));
    } else {
        line("reader", quoted(proposal.reader.name()));
    }
    if let Some(results) = &proposal.results {
        line("results", quoted(results));
    }
    if !proposal.env.is_empty() {
        let pairs: Vec<String> =
            proposal.env.iter().map(|(name, value)| format!("{name} = {}", quoted(value))).collect();
        line("env", format!("{{ {} }}", pairs.join(", ")));
    }
    line("timeout", quoted(proposal.timeout));
}

/// A comment stays one line, whatever stands in it.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A key of TOML: bare where it may be; a `.` would begin a table below.
fn key(text: &str) -> String {
    let bare = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if bare { text.to_string() } else { quoted(text) }
}

/// A string of TOML.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

const NOTHING: &str = r#"# No tests were found that a known tool runs. For any command: `names` are the suites, {name} stands for each in turn, and
# without a `reader` the exit code says whether it passed. docs/recipes has a page for each tool.
#
# [suites.unit]
# names   = ["all"]
# command = "make test"
"#;

//! What `tollgate init` prints for people.

use super::write::{InitSuite, Initialised};

/// As people read it; ends in a newline.
pub fn human(init: &Initialised) -> String {
    let mut out = String::new();
    for path in &init.written {
        out.push_str(&format!("wrote {path}\n"));
    }
    if init.suites.is_empty() {
        out.push_str(
            "no tests were found that a known tool runs: write a [suites.unit] section into tollgate.toml\n",
        );
    } else {
        out.push_str("\nsuites\n");
    }
    let wide = |of: &dyn Fn(&InitSuite) -> &str| {
        init.suites.iter().map(|s| of(s).chars().count()).max().unwrap_or(0)
    };
    let (kinds, tools) = (wide(&|s| &s.kind), wide(&|s| s.tool));
    for InitSuite { kind, tool, folder, command, names_tests } in &init.suites {
        let place = if folder == "." { String::new() } else { format!("in {folder}: ") };
        let by_code = if *names_tests { "" } else { "   (judged by its exit code)" };
        out.push_str(&format!("  {kind:<kinds$}  {tool:<tools$}  {place}{command}{by_code}\n"));
    }
    for (nth, note) in init.notes.iter().enumerate() {
        out.push_str(if nth == 0 { "\nplease note\n" } else { "" });
        out.push_str(&format!("  {note}\n"));
    }
    if !init.ignore.is_empty() {
        out.push_str("\nruns and verdicts need not be committed; for .gitignore\n");
        init.ignore.iter().for_each(|line| out.push_str(&format!("  {line}\n")));
    }
    out.push_str("\nnext\n");
    init.next.iter().for_each(|line| out.push_str(&format!("  {line}\n")));
    out
}

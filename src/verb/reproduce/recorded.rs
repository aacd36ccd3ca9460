//! What a verdict records of a command, held beside the gate's own.

use tollgate_core::model::gate::{Gate, is_plain_path};
use tollgate_text::redact::MASK;

/// The command without what `prefix` of `tollgate.toml` puts before it.
pub(super) fn without_prefix<'c>(command: &'c str, prefix: &str) -> &'c str {
    command.strip_prefix(prefix.trim()).map_or(command, str::trim_start)
}

/// Whether a command stands so in a verdict: as it is, or with a mask for each secret in it. The machine that judged may know others
/// than this one.
pub(super) fn is_recorded_as(own: &str, recorded: &str) -> bool {
    let mut parts = recorded.split(MASK);
    let Some(mut rest) = parts.next().and_then(|first| own.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        rest = match (rest.find(part), parts.peek()) {
            (Some(at), Some(_)) => &rest[at + part.len()..],
            // Behind the last mask stands the end.
            (_, None) => return rest.ends_with(part),
            (None, _) => return false,
        };
    }
    true
}

/// The run folder that a recorded command names where the gate's own has `{run}`: a folder named by its time, directly
/// below the folder `results`, and nothing else.
pub(super) fn run_of(gate: &Gate, recorded: &str, results: &str) -> Option<String> {
    let (before, after) = gate.reproduce.split_once("{run}")?;
    let results = results.trim_end_matches('/');
    for (at, _) in recorded.match_indices(before) {
        let rest = &recorded[at + before.len()..];
        let Some(name) =
            rest.strip_prefix(results).and_then(|r| r.strip_prefix('/')).and_then(|r| r.get(..16))
        else {
            continue;
        };
        let follows = rest.get(results.len() + 17..).unwrap_or("");
        let run = format!("{results}/{name}");
        let tail = after.split("{run}").next().unwrap_or("");
        if is_stamp(name) && is_plain_path(&run) && follows.starts_with(tail) {
            return Some(run);
        }
    }
    None
}

/// `YYYYMMDDTHHMMSSZ`.
fn is_stamp(name: &str) -> bool {
    name.len() == 16
        && name.bytes().enumerate().all(|(at, b)| match at {
            8 => b == b'T',
            15 => b == b'Z',
            _ => b.is_ascii_digit(),
        })
}

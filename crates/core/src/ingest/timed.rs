//! Times within names: when a suite ran, how long a test took. They are others in every run, so that nothing of two runs would meet.

/// The name of a suite, or of a file, without the moment at its end: `test_u.T-20261129054944` of unittest-xml-reporting. A name that is
/// nothing else stays.
pub fn undated(name: &str) -> &str {
    let end = name.trim_end();
    let before = ["", ")", "]"].into_iter().find_map(|close| moment(end.strip_suffix(close)?));
    let before = before.map(|before| before.trim_end_matches(['-', '_', '.', '@', '(', '[', ':', ' ']));
    before.filter(|before| !before.is_empty()).unwrap_or(name)
}

/// Bytes of a date and time at most.
const LONGEST: usize = 32;

/// What stands before a date and time at the end of a text, with one of the signs before it that set it off.
fn moment(text: &str) -> Option<&str> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let start = text.rfind(|c: char| !(c.is_ascii_digit() || matches!(c, '-' | ':' | '.' | 'T' | '_' | ' ')));
    let start = start.map_or(0, |at| at + text[at..].chars().next().map_or(0, char::len_utf8));
    let start = start.max(text.len().saturating_sub(LONGEST));
    // Every place at which the date may begin; a sign stands before it.
    let begins = (start..text.len()).filter(|at| text.is_char_boundary(*at));
    begins
        .filter(|at| *at > 0 && text[..*at].ends_with(['-', '_', '.', '@', '(', '[', ':', ' ']))
        .find_map(|at| is_moment(&text[at..]).then_some(&text[..at]))
}

/// `20261129054944`, `20261129-054944`, `2026-11-29T05:49:44.123`, `2026-11-29 05-49-44`.
fn is_moment(text: &str) -> bool {
    // A fraction may stand behind it.
    let whole = text.rsplit_once('.').filter(|(_, part)| part.len() <= 6).map(|(before, _)| before);
    let Some(text) = [Some(text), whole].into_iter().flatten().find(|text| has_shape(text)) else {
        return false;
    };
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let part = |from: usize, to: usize| {
        digits.get(from..to).and_then(|part| part.parse::<u32>().ok()).unwrap_or(u32::MAX)
    };
    (1990..2100).contains(&part(0, 4))
        && (1..=12).contains(&part(4, 6))
        && (1..=31).contains(&part(6, 8))
        && part(8, 10) < 24
        && part(10, 12) < 60
        && part(12, 14) <= 60
}

fn has_shape(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let short = ["00000000000000", "00000000-000000", "00000000_000000", "00000000T000000"];
    let long = |between: &str| {
        let signs = ["-", ":", ".", "_"];
        signs.iter().any(|sign| shape == format!("0000-00-00{between}00{sign}00{sign}00"))
    };
    short.contains(&shape.as_str()) || ["T", " ", "_", "-"].into_iter().any(long)
}

/// The name of a test and the milliseconds that it says behind it: `adds in 12ms` of bats (`--timing`).
pub(super) fn lasted(name: &str) -> Option<(&str, u64)> {
    let (before, time) = name.rsplit_once(" in ")?;
    let (digits, unit) = time.split_at(time.bytes().take_while(u8::is_ascii_digit).count());
    let worth = match unit {
        "ms" => 1,
        "s" | "sec" => 1_000,
        _ => return None,
    };
    let count: u64 = digits.parse().ok()?;
    (!before.trim().is_empty()).then_some((before, count.saturating_mul(worth)))
}

/// Whether bats names so what is no test: a hook of a file or of all files, which it shows only where it failed.
pub(super) fn is_bats_hook(name: &str) -> bool {
    let name = lasted(name).map_or(name, |(name, _)| name);
    matches!(name, "setup_file failed" | "teardown_file failed" | "setup_suite" | "teardown_suite")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_at_the_end_of_a_name() {
        for (name, is) in [
            ("test_u.T-20261129054944", "test_u.T"),
            ("T_20261129_054944", "T"),
            ("T 20261129-054944", "T"),
            ("run (2026-11-29 05:49:44)", "run"),
            ("user@host 2026-11-29T05:49:44.123Z", "user@host"),
            ("T-2026-11-29_05-49-44", "T"),
            ("T 2026-11-29 05.49.44", "T"),
            ("T 2026-11-29 05.49.44.5", "T"),
        ] {
            assert_eq!(undated(name), is, "{name}");
        }
        for name in [
            "20261129054944",
            "T20261129054944",
            "T-20261329054944",
            "T-2026112905494",
            "T-120261129054944",
            "issue-2026",
            "T-2026-11-29",
            "v1.2.3",
            "caf\u{e9}-\u{e9}",
            "",
            "- -",
        ] {
            assert_eq!(undated(name), name);
        }
    }

    #[test]
    fn times_behind_a_name() {
        assert_eq!(lasted("adds in 12ms"), Some(("adds", 12)));
        assert_eq!(lasted("adds in 2sec"), Some(("adds", 2_000)));
        assert_eq!(lasted("runs in in 1s"), Some(("runs in", 1_000)));
        for name in ["adds", "adds in time", "adds in ms", "adds in 12", "adds in 12 ms", " in 12ms"] {
            assert_eq!(lasted(name), None, "{name}");
        }
        assert!(is_bats_hook("setup_file failed in 12ms") && !is_bats_hook("setup_file failed once"));
    }
}

//! Durations as settings and gate files write them: whole numbers with units, largest first.

/// Seconds of each unit, largest first.
const UNITS: [(&str, u64); 5] = [("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

/// A hundred years: past it, arithmetic on times stops being exact.
const LONGEST: u64 = 3_155_760_000;

/// Seconds of `90s`, `1m30s`, `15m`, `36h`, `7d`, `2w`; more than zero. The error is the end of a sentence.
pub fn parse(text: &str) -> Result<u64, String> {
    let wrong = || {
        let shown: String = text.chars().take(40).collect();
        format!("`{}` is no duration such as \"90s\", \"1m30s\", \"36h\" or \"7d\"", shown.escape_debug())
    };
    let (mut rest, mut units, mut sum) = (text, &UNITS[..], 0_u64);
    loop {
        let split = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let (number, after) = rest.split_at(split);
        let unit = &after[..after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len())];
        let at = units.iter().position(|(name, _)| *name == unit).ok_or_else(wrong)?;
        let count: u64 = number.parse().map_err(|_| wrong())?;
        sum = sum.saturating_add(count.saturating_mul(units[at].1));
        rest = &after[unit.len()..];
        units = &units[at + 1..];
        if rest.is_empty() {
            break;
        }
    }
    match sum {
        0 => Err(format!("`{text}` is no time at all")),
        sum if sum <= LONGEST => Ok(sum),
        _ => Err(format!("`{text}` is more than a hundred years")),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn numbers_and_units() {
        assert_eq!(parse("90s"), Ok(90));
        assert_eq!(parse("15m"), Ok(900));
        assert_eq!(parse("1m30s"), Ok(90));
        assert_eq!(parse("1h0m5s"), Ok(3_605));
        assert_eq!(parse("36h"), Ok(129_600));
        assert_eq!(parse("7d"), Ok(604_800));
        assert_eq!(parse("2w"), Ok(1_209_600));
        for bad in [
            "",
            "7",
            "d",
            "7 d",
            "-7d",
            "7D",
            "1.5h",
            "7days",
            "0d",
            "0m0s",
            "30s1m",
            "1m1m",
            "1m30",
            "1m 30s",
            "500ms",
            "99999999999999999999d",
            "40000d",
            "1w18446744073709551615s",
            "７d",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}

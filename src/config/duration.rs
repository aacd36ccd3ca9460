//! Durations as settings and gate files write them: a whole number and one unit.

/// Seconds of `90s`, `15m`, `36h`, `7d`, `2w`; more than zero. The error is the end of a sentence.
pub fn parse(text: &str) -> Result<u64, String> {
    let wrong = || {
        let shown: String = text.chars().take(40).collect();
        format!("`{}` is no duration such as \"90s\", \"15m\", \"36h\" or \"7d\"", shown.escape_debug())
    };
    let split = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(split);
    let factor = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return Err(wrong()),
    };
    let count: u64 = number.parse().map_err(|_| wrong())?;
    match count.checked_mul(factor) {
        Some(0) => Err(format!("`{text}` is no time at all")),
        // A hundred years: past it, arithmetic on times stops being exact.
        Some(seconds) if seconds <= 3_155_760_000 => Ok(seconds),
        _ => Err(format!("`{text}` is more than a hundred years")),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_number_and_a_unit() {
        assert_eq!(parse("90s"), Ok(90));
        assert_eq!(parse("15m"), Ok(900));
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
            "99999999999999999999d",
            "40000d",
            "７d",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}

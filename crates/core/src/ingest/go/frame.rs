//! Go's own line on how a test ended, wherever in a line of output it stands.

use crate::model::test::TestStatus;

/// What such a line says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::ingest) struct Frame {
    pub(in crate::ingest) status: TestStatus,
    pub(in crate::ingest) seconds: Option<f64>,
}

/// `OK--- PASS: TestX (0.01s)`: before Go 1.20 what a test printed without a line's end stood before it, and no event told of it. The
/// name of the test, and what the line says of it.
pub(in crate::ingest) fn frame(text: &str) -> Option<(&str, Frame)> {
    let words =
        [("PASS: ", TestStatus::Passed), ("FAIL: ", TestStatus::Failed), ("SKIP: ", TestStatus::Ignored)];
    let (_, rest) = text.rsplit_once("--- ")?;
    let (rest, status) = words.iter().find_map(|(word, status)| Some((rest.strip_prefix(word)?, *status)))?;
    let (name, time) = rest.trim_end().rsplit_once(" (")?;
    let seconds = time.strip_suffix("s)")?.parse().ok();
    Some((name, Frame { status, seconds }))
}

/// The test of `--- FAIL: TestX (0.01s)`.
pub(in crate::ingest) fn failed_frame(text: &str) -> Option<&str> {
    frame(text).filter(|(_, said)| said.status == TestStatus::Failed).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_stands_at_the_end_of_a_line() {
        let said = |text: &'static str| frame(text).map(|(name, said)| (name, said.status, said.seconds));
        assert_eq!(said("OK--- PASS: TestX (0.25s)\n"), Some(("TestX", TestStatus::Passed, Some(0.25))));
        assert_eq!(
            said("    --- SKIP: TestX/a_(b) (0.00s)"),
            Some(("TestX/a_(b)", TestStatus::Ignored, Some(0.0)))
        );
        assert_eq!(failed_frame("a--- PASS: b--- FAIL: TestX (1.00s)"), Some("TestX"));
        assert_eq!(failed_frame("--- PASS: TestX (0.00s)"), None);
        assert_eq!(said("--- PASS: TestX (0.00s) and more"), None);
        assert_eq!(said("--- BENCH: BenchmarkX-2"), None);
    }
}

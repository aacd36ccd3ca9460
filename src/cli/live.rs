//! How many tests of a suite have ended so far, as far as the lines that it prints tell.

use std::time::Duration;
use tollgate_text::ansi::without_ansi;

/// Bytes of a line that are looked at: no line that tells of one test is longer.
const LINE: usize = 4 << 10;

/// Counts what the output of one attempt tells.
#[derive(Debug, Default)]
pub(super) struct LiveCount {
    passed: u64,
    failed: u64,
    /// The line that has not ended yet, or its beginning.
    line: Vec<u8>,
}

impl LiveCount {
    /// Takes the next block of output.
    pub(super) fn push(&mut self, block: &[u8]) {
        for part in block.split_inclusive(|byte| *byte == b'\n') {
            let room = LINE.saturating_sub(self.line.len());
            self.line.extend_from_slice(&part[..part.len().min(room)]);
            if part.ends_with(b"\n") {
                let text = String::from_utf8_lossy(&self.line);
                let told = crate::verb::run::read_line(without_ansi(&text).trim_end());
                self.passed += told.passed;
                self.failed += told.failed;
                self.line.clear();
            }
        }
    }

    /// `12s`, `12s, 40 tests`, `12s, 40 tests, 2 failed`
    pub(super) fn shown(&self, elapsed: Duration) -> String {
        let all = self.passed + self.failed;
        let tests = match all {
            0 => String::new(),
            1 => ", 1 test".into(),
            n => format!(", {n} tests"),
        };
        let failed = if self.failed > 0 { format!(", {} failed", self.failed) } else { String::new() };
        format!("{}s{tests}{failed}", elapsed.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_counted_wherever_blocks_are_cut() {
        let output = "test a ... \u{1b}[32mok\u{1b}[0m\nwords\nnot ok 2 - b\nok 3 - é\n".as_bytes();
        for at in 0..output.len() {
            let mut count = LiveCount::default();
            count.push(&output[..at]);
            count.push(&output[at..]);
            assert_eq!(count.shown(Duration::from_millis(2_900)), "2s, 3 tests, 1 failed");
        }
        let mut count = LiveCount::default();
        assert_eq!(count.shown(Duration::ZERO), "0s");
        // A line without an end takes no more room.
        (0..100).for_each(|_| count.push(&[b'x'; 1_000]));
        count.push(b"\nok 1 - a\n");
        assert!(count.line.capacity() <= 2 * LINE);
        assert_eq!(count.shown(Duration::ZERO), "0s, 1 test");
    }
}

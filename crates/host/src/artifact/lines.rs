//! Walks a file of lines in blocks, so that its size does not matter.

use super::fault::FileFault;
use std::io::Read;
use tollgate_core::model::finding::Reason;
use tollgate_text::json::TextPlace;
use tollgate_text::show::plain;

/// Bytes read at a time.
const BLOCK: u64 = 1 << 20;

/// Some whole lines of the file.
pub(super) struct LineBlock<'b> {
    /// The bytes as they stand in the file; the last is the end of a line.
    pub bytes: &'b [u8],
    /// The number of the first line, from 1.
    pub first: u64,
}

impl<'b> LineBlock<'b> {
    /// Each line with its number, without its end.
    pub(super) fn lines(&self) -> impl Iterator<Item = (u64, &'b [u8])> {
        let mut from = 0;
        let bytes = self.bytes;
        (self.first..).zip(memchr::memchr_iter(b'\n', bytes).map(move |end| {
            let line = &bytes[from..end];
            from = end + 1;
            line
        }))
    }
}

/// Hands every block of whole lines to `visit`, in order; gives the bytes of a last line that has no end. A line longer than
/// `limit` bytes is a fault.
pub(super) fn blocks(
    mut file: impl Read,
    limit: u64,
    mut visit: impl FnMut(LineBlock<'_>) -> Result<(), FileFault>,
) -> Result<Vec<u8>, FileFault> {
    let mut buffer: Vec<u8> = Vec::new();
    let mut first = 1;
    loop {
        let old = buffer.len();
        let read = file.by_ref().take(BLOCK).read_to_end(&mut buffer);
        let read = read
            .map_err(|e| FileFault::new(Reason::Unreadable, format!("it cannot be read: {}", plain(&e))))?;
        if read == 0 {
            return Ok(buffer);
        }
        match memchr::memrchr(b'\n', &buffer[old..]) {
            Some(last) => {
                let whole = old + last + 1;
                let bytes = &buffer[..whole];
                visit(LineBlock { bytes, first })?;
                first += memchr::memchr_iter(b'\n', bytes).count() as u64;
                buffer.drain(..whole);
            }
            None if buffer.len() as u64 > limit => {
                let clause = format!("the line has more than the limit of {limit} bytes");
                return Err(
                    FileFault::new(Reason::Limit, clause).at(Some(TextPlace { line: first, column: 1 }))
                );
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a few bytes at a time, as a pipe may.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let n = self.0.len().min(out.len()).min(7);
            out[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    #[test]
    fn lines_survive_the_blocks() {
        let mut text = String::new();
        for n in 0..300_000 {
            text.push_str(&format!("line {n}\n"));
        }
        text.push_str("torn");
        let mut seen = Vec::new();
        let torn = blocks(Slow(text.as_bytes()), 100, |block| {
            seen.extend(block.lines().map(|(n, line)| (n, String::from_utf8(line.to_vec()).unwrap())));
            Ok(())
        });
        assert_eq!(torn.unwrap(), b"torn");
        assert_eq!(seen.len(), 300_000);
        assert_eq!(seen[0], (1, "line 0".into()));
        assert_eq!(seen[299_999], (300_000, "line 299999".into()));
    }

    #[test]
    fn a_line_without_end_is_a_limit() {
        let fault = blocks(&vec![b'x'; 3 << 20][..], 1 << 20, |_| Ok(())).unwrap_err();
        assert_eq!(fault.reason, Reason::Limit);
    }
}

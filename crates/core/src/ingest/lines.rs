//! The lines of a stream, each of a bounded length, without terminal colours.

use super::fault::ReadFault;
use std::collections::VecDeque;
use std::io::BufRead;
use tollgate_text::ansi::without_ansi;

/// Bytes of a line that are held while it is read.
const LINE: usize = 4 << 20;
/// Of a longer line, the bytes of its beginning and of its end that are kept.
const KEPT: usize = 64 << 10;
/// Of what a terminal would write over, the texts at the beginning and at the end of a line that are kept.
const RETURNS: usize = 1_000;

/// One line: without its end, without colours, and of a line that a terminal would have overwritten only the last text.
pub(super) struct StreamLine {
    /// Counted from 1.
    pub(super) number: u64,
    pub(super) text: String,
    /// It was longer than `LINE`; its middle is gone.
    pub(super) cut: bool,
    /// A line feed stands behind it; only the last line of an input may have none.
    pub(super) ended: bool,
}

impl StreamLine {
    pub(super) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}

/// The lines of a stream.
pub(super) struct StreamLines<'a> {
    input: &'a mut dyn BufRead,
    number: u64,
    buffer: Vec<u8>,
    /// Lines that are next before all others.
    waiting: VecDeque<StreamLine>,
    /// A carriage return ends a line too.
    returns: bool,
}

impl<'a> StreamLines<'a> {
    pub(super) fn new(input: &'a mut dyn BufRead) -> StreamLines<'a> {
        StreamLines { input, number: 0, buffer: Vec::new(), waiting: VecDeque::new(), returns: false }
    }

    /// Hands a line back: it is the next one again.
    pub(super) fn again(&mut self, line: StreamLine) {
        self.waiting.push_front(line);
    }

    /// From here on what a terminal would write over is a line of its own: a test's result stands in the line that it printed into.
    pub(super) fn end_at_returns(&mut self) {
        self.returns = true;
    }

    /// The next line; bytes that are not UTF-8 are replaced.
    pub(super) fn next(&mut self) -> Result<Option<StreamLine>, ReadFault> {
        if let Some(line) = self.waiting.pop_front() {
            return Ok(Some(line));
        }
        let Some((cut, ended)) = self.fill()? else { return Ok(None) };
        self.number += 1;
        // Else each character would have a NUL beside it, and no line would be one of a tool's.
        if self.number == 1 && (self.buffer.starts_with(b"\xff\xfe") || self.buffer.starts_with(b"\xfe\xff"))
        {
            return Err(ReadFault::at("it is UTF-16 text, and lines are read as UTF-8", 1));
        }
        let text = String::from_utf8_lossy(&self.buffer);
        let text = if self.number == 1 { text.trim_start_matches('\u{feff}') } else { &text };
        let number = self.number;
        if self.returns && text.trim_end_matches('\r').contains('\r') {
            let parts: Vec<&str> = text.trim_end_matches('\r').split('\r').collect();
            let last = parts.len() - 1;
            let kept = parts.iter().enumerate().filter(|(nth, _)| *nth < RETURNS || nth + RETURNS > last);
            self.waiting.extend(kept.map(|(nth, part)| StreamLine {
                number,
                text: shown(part),
                cut,
                ended: ended || nth < last,
            }));
            return Ok(self.waiting.pop_front());
        }
        Ok(Some(StreamLine { number, text: shown(text), cut, ended }))
    }

    /// What is left, bytes as they are, after `first`.
    pub(super) fn rest(&mut self, first: &StreamLine, most: u64) -> Result<Vec<u8>, ReadFault> {
        let mut bytes = first.text.clone().into_bytes();
        bytes.push(b'\n');
        read_at_most(self.input, &mut bytes, most)?;
        Ok(bytes)
    }

    /// Reads up to and without the next line feed; `None` at the end, else whether the line was cut and whether it ended.
    fn fill(&mut self) -> Result<Option<(bool, bool)>, ReadFault> {
        self.buffer.clear();
        let (mut any, mut cut) = (false, false);
        loop {
            let chunk = match self.input.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(ReadFault::of_io(&error)),
            };
            if chunk.is_empty() {
                return Ok(any.then_some((cut, false)));
            }
            any = true;
            let end = memchr::memchr(b'\n', chunk);
            self.buffer.extend_from_slice(&chunk[..end.unwrap_or(chunk.len())]);
            let used = end.map_or(chunk.len(), |e| e + 1);
            self.input.consume(used);
            if self.buffer.len() > LINE {
                cut = true;
                self.buffer.drain(KEPT..self.buffer.len() - KEPT);
            }
            if end.is_some() {
                return Ok(Some((cut, true)));
            }
        }
    }
}

/// Passes over lines until one begins with that byte; false at the end.
pub(super) fn skip_to(input: &mut dyn BufRead, first: u8) -> Result<bool, ReadFault> {
    skip_noting(input, first, &mut Vec::new())
}

/// The same; keeps the beginning of what it passes over.
pub(super) fn skip_noting(
    input: &mut dyn BufRead,
    first: u8,
    passed: &mut Vec<u8>,
) -> Result<bool, ReadFault> {
    let mut begins = true;
    loop {
        let chunk = match input.fill_buf() {
            Ok(chunk) => chunk,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(ReadFault::of_io(&error)),
        };
        match chunk.first() {
            None => return Ok(false),
            Some(byte) if begins && *byte == first => return Ok(true),
            Some(_) => {}
        }
        let end = memchr::memchr(b'\n', chunk);
        let used = end.map_or(chunk.len(), |e| e + 1);
        passed.extend_from_slice(&chunk[..used.min(KEPT.saturating_sub(passed.len()))]);
        input.consume(used);
        begins = end.is_some();
    }
}

/// Appends what is left of a stream; more than `most` bytes in all are a fault.
pub(super) fn read_at_most(input: &mut dyn BufRead, bytes: &mut Vec<u8>, most: u64) -> Result<(), ReadFault> {
    use std::io::Read as _;
    let left = (most + 1).saturating_sub(bytes.len() as u64);
    input.take(left).read_to_end(bytes).map_err(|e| ReadFault::of_io(&e))?;
    if bytes.len() as u64 > most {
        return Err(ReadFault::new(format!(
            "it has more than {most} bytes, which is the limit of its format"
        )));
    }
    Ok(())
}

/// A line as a terminal shows it in the end.
fn shown(line: &str) -> String {
    let line = line.trim_end_matches('\r');
    let line = line.rsplit('\r').next().unwrap_or(line);
    without_ansi(line).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Vec<(u64, String, bool)> {
        let mut input = bytes;
        let mut lines = StreamLines::new(&mut input);
        std::iter::from_fn(|| lines.next().unwrap()).map(|l| (l.number, l.text, l.cut)).collect()
    }

    #[test]
    fn lines_are_numbered_and_plain() {
        let text =
            "\u{feff}a\r\n\u{1b}[32mok\u{1b}(B\u{1b}[m\n10%\r50%\rdone\nlast \u{1b}]8;;x\u{7}y".as_bytes();
        let said: Vec<String> = all(text).into_iter().map(|(n, t, _)| format!("{n}:{t}")).collect();
        assert_eq!(said, ["1:a", "2:ok", "3:done", "4:last y"]);
        assert_eq!(all(b"\xff\n")[0].1, "\u{fffd}");
        let mut input: &[u8] = b"\xff\xfe{\0\"\0";
        assert!(StreamLines::new(&mut input).next().err().unwrap().message.contains("UTF-16"));
        assert!(all(b"").is_empty());
    }

    #[test]
    fn a_long_line_keeps_its_ends() {
        let text = format!("head{}tail ok\nnext\n", "x".repeat(3 * LINE));
        let lines = all(text.as_bytes());
        assert!(lines[0].2 && lines[0].1.len() <= LINE + KEPT);
        assert!(lines[0].1.starts_with("head") && lines[0].1.ends_with("tail ok"));
        assert_eq!(lines[1], (2, "next".into(), false));
    }
}

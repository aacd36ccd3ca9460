//! Hands a file of lines out in blocks of whole lines, to as many threads as ask: its size does not matter.

use std::io::{Error, ErrorKind, Read};
use std::sync::{Mutex, PoisonError};

/// Bytes read at a time: small enough to stay in a core's cache until the block is read through.
const BLOCK: usize = 256 << 10;

/// A file that is handed out. Memory: a block for each thread, or its longest line.
pub struct SharedLines<R> {
    file: Mutex<State<R>>,
    /// Bytes that a line may have at most.
    limit: usize,
}

struct State<R> {
    file: R,
    /// The beginning of a line whose end is not read yet.
    rest: Vec<u8>,
    next: u64,
    over: bool,
}

/// What a thread got into its buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilledBlock {
    /// Counted from 0 in the order of the file.
    pub number: u64,
    /// Bytes of the buffer that are whole lines.
    pub whole: usize,
    /// Bytes behind them that belong to a last line without an end; the file is over.
    pub torn: usize,
    /// The line that begins behind the whole ones is longer than the limit; nothing more is handed out.
    pub endless: bool,
}

impl<R: Read> SharedLines<R> {
    /// Nothing is read yet.
    pub fn new(file: R, limit: u64) -> Self {
        let state = State { file, rest: Vec::new(), next: 0, over: false };
        SharedLines { file: Mutex::new(state), limit: usize::try_from(limit).unwrap_or(usize::MAX) }
    }

    /// Fills the buffer with the next block; `None` when all are handed out. After an error nothing more is.
    pub fn next(&self, buffer: &mut Vec<u8>) -> Result<Option<FilledBlock>, Error> {
        let mut state = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if state.over {
            return Ok(None);
        }
        let read = state.fill(buffer, self.limit);
        state.over |= read.is_err();
        read
    }

    /// Hands out nothing more.
    pub fn stop(&self) {
        self.file.lock().unwrap_or_else(PoisonError::into_inner).over = true;
    }
}

impl<R: Read> State<R> {
    fn fill(&mut self, buffer: &mut Vec<u8>, limit: usize) -> Result<Option<FilledBlock>, Error> {
        let mut used = self.rest.len();
        // A buffer is made once, and again only around a line longer than a block.
        if buffer.len() < used + BLOCK || buffer.len() > 4 * (used + BLOCK) {
            *buffer = vec![0; 2 * used + BLOCK];
        }
        buffer[..used].copy_from_slice(&self.rest);
        self.rest.clear();
        loop {
            let end = (used + BLOCK).min(buffer.len());
            let read = read_some(&mut self.file, &mut buffer[used..end])?;
            let fresh = &buffer[used..used + read];
            let last = memchr::memrchr(b'\n', fresh).map(|at| used + at + 1);
            used += read;
            self.over = read == 0;
            let whole = last.unwrap_or(0);
            let endless = used - whole > limit;
            if last.is_some() || self.over || endless {
                self.over |= endless;
                let torn = if self.over { used - whole } else { 0 };
                if !self.over {
                    self.rest.extend_from_slice(&buffer[whole..used]);
                }
                let number = self.next;
                self.next += 1;
                return Ok((used > 0).then_some(FilledBlock { number, whole, torn, endless }));
            }
            if buffer.len() < used + BLOCK {
                buffer.resize(2 * used + BLOCK, 0);
            }
        }
    }
}

fn read_some(file: &mut impl Read, into: &mut [u8]) -> Result<usize, Error> {
    loop {
        match file.read(into) {
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads a few bytes at a time, as a pipe may.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let n = self.0.len().min(out.len()).min(self.1);
            out[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    /// The whole lines, what is torn, and whether a line was endless.
    fn read(file: impl Read, limit: u64) -> (Vec<u8>, Vec<u8>, bool) {
        let lines = SharedLines::new(file, limit);
        let (mut buffer, mut whole, mut torn, mut endless, mut number) =
            (Vec::new(), Vec::new(), Vec::new(), false, 0);
        while let Some(block) = lines.next(&mut buffer).unwrap() {
            assert_eq!(block.number, number);
            number += 1;
            assert!(torn.is_empty() && (block.whole == 0 || buffer[block.whole - 1] == b'\n'));
            whole.extend_from_slice(&buffer[..block.whole]);
            torn.extend_from_slice(&buffer[block.whole..block.whole + block.torn]);
            endless |= block.endless;
        }
        (whole, torn, endless)
    }

    #[test]
    fn long_lines_and_short_ones_come_whole() {
        let mut text: Vec<u8> = Vec::new();
        for n in 0..40_usize {
            text.extend(std::iter::repeat_n(b'x', if n % 7 == 0 { BLOCK * 3 } else { n * 1000 }));
            text.push(b'\n');
        }
        assert_eq!(read(&text[..], u64::MAX), (text.clone(), Vec::new(), false));
        let (whole, torn, endless) = read(&text[..], BLOCK as u64);
        assert!(whole.is_empty() && torn.len() > BLOCK && endless);
    }

    #[test]
    fn an_error_ends_it() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(Error::other("broken"))
            }
        }
        let lines = SharedLines::new(Broken, 10);
        assert!(lines.next(&mut Vec::new()).is_err());
        assert_eq!(lines.next(&mut Vec::new()).unwrap(), None);
    }

    proptest! {
        #[test]
        fn nothing_is_lost(text in "[ab\n]{0,60}", step in 1usize..20) {
            let end = text.rfind('\n').map_or(0, |at| at + 1);
            let (whole, torn, endless) = read(Slow(text.as_bytes(), step), 1 << 20);
            prop_assert_eq!(whole, &text.as_bytes()[..end]);
            prop_assert_eq!(torn, &text.as_bytes()[end..]);
            prop_assert!(!endless);
        }
    }
}

//! The reading end of a command's output.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::io::{PipeReader, Read as _};
use std::os::fd::OwnedFd;
use std::time::Duration;

/// The most that is read after the leader's end from a pipe that somebody keeps filling; no pipe holds more.
const LAST_WORDS: usize = 1 << 20;
/// What one read takes; as much as a pipe holds unless somebody made it larger.
pub(super) const BLOCK: usize = 64 << 10;

/// A pipe, the memory it is read into, and who gets what is read.
pub(super) struct Pipe<'a> {
    reader: PipeReader,
    open: bool,
    block: &'a mut Vec<u8>,
    output: &'a mut dyn FnMut(&[u8]),
}

/// What a wait ended with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Woken {
    /// The process ended, as its descriptor says.
    pub(super) ended: bool,
    /// A signal came.
    pub(super) signal: bool,
}

impl<'a> Pipe<'a> {
    pub(super) fn new(
        reader: PipeReader,
        block: &'a mut Vec<u8>,
        output: &'a mut dyn FnMut(&[u8]),
    ) -> Pipe<'a> {
        block.resize(BLOCK, 0);
        Pipe { reader, open: true, block, output }
    }

    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// Waits for output, the end of `process`, a byte in `wake`, or `limit`; passes on one block of output.
    pub(super) fn wait(
        &mut self,
        process: Option<&OwnedFd>,
        wake: Option<&PipeReader>,
        limit: Duration,
    ) -> Woken {
        let timeout = Timespec {
            tv_sec: i64::try_from(limit.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(limit.subsec_nanos()),
        };
        let mut fds = Vec::with_capacity(3);
        // A descriptor that nobody waits for is not polled: a closed pipe would be ready for ever.
        if self.open {
            fds.push(PollFd::new(&self.reader, PollFlags::IN));
        }
        let process_at = fds.len();
        fds.extend(process.map(|fd| PollFd::new(fd, PollFlags::IN)));
        let wake_at = fds.len();
        fds.extend(wake.map(|fd| PollFd::new(fd, PollFlags::IN)));
        if !matches!(poll(&mut fds, Some(&timeout)), Ok(1..)) {
            return Woken { ended: false, signal: false };
        }
        let ready = |at: usize| fds.get(at).map_or(PollFlags::empty(), PollFd::revents);
        let pipe = if self.open { ready(0) } else { PollFlags::empty() };
        let woken = Woken {
            ended: process.is_some() && !ready(process_at).is_empty(),
            signal: wake.is_some() && !ready(wake_at).is_empty(),
        };
        drop(fds);
        if pipe.contains(PollFlags::IN) {
            self.read();
        } else if !pipe.is_empty() {
            self.open = false;
        }
        woken
    }

    /// Passes on what already stands in the pipe, and no more than that of a writer that never stops.
    pub(super) fn drain(&mut self) {
        let mut total = 0;
        while self.open && total < LAST_WORDS {
            let mut fds = [PollFd::new(&self.reader, PollFlags::IN)];
            match poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })) {
                Ok(1..) => total += self.read(),
                Err(Errno::INTR) => {}
                _ => break,
            }
        }
    }

    fn read(&mut self) -> usize {
        match self.reader.read(self.block) {
            Ok(n) if n > 0 => {
                (self.output)(&self.block[..n]);
                n
            }
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => 0,
            _ => {
                self.open = false;
                0
            }
        }
    }
}

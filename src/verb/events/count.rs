//! What stands in an event stream, counted by several threads over blocks of it.

use crate::verb::events::tally::{NameCount, NameTally};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::{Mutex, PoisonError};
use tollgate_text::json::{
    JsonLimits, ParseError, ParseErrorKind, ParseStop, Pull, Scratch, TextPlace, pull_again,
};
use tollgate_text::lines::{FilledBlock, SharedLines};
use tollgate_text::show::plain;

/// Different kinds, and different statuses, that are counted at most: past it, the field holds something else than a kind.
pub const NAMES: usize = 1_000;
/// Bytes that one of them may have, and a moment too.
const NAME_BYTES: usize = 1_000;
/// Threads at most.
const THREADS: usize = 8;

/// The counts of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct StreamCounts {
    /// Its lines, each of them one event.
    pub lines: u64,
    /// How many there are of each kind (the string at `type`, else at `event`, else at `kind`), in the order of their first.
    pub kinds: Vec<NameCount>,
    /// How many there are of each status (the string at `status`), in the order of their first.
    pub statuses: Vec<NameCount>,
    /// Events without a kind.
    pub without_kind: u64,
    /// The `ts` of the first line.
    pub first_ts: Option<String>,
    /// The `ts` of the last line.
    pub last_ts: Option<String>,
}

/// Why a stream could not be counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamFault {
    /// The system's words.
    Unreadable(String),
    /// What is wrong with it, and where if it is one line.
    Malformed(String, Option<TextPlace>),
}

/// Counts a stream; every line must be one JSON object with an end, or the first that is not is the fault.
pub fn count(file: impl Read + Send, limits: &JsonLimits) -> Result<StreamCounts, StreamFault> {
    let lines = SharedLines::new(file, limits.bytes);
    let order = Mutex::new(Order::default());
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).clamp(2, THREADS);
    let (lines_of, order_of) = (&lines, &order);
    let work = move || worker(lines_of, order_of, limits);
    let tables: Vec<Worker> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut tables = vec![work()];
        for other in others {
            match other.join() {
                Ok(table) => tables.push(table),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        tables
    });
    let order = order.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(fault) = order.fault() {
        return Err(fault);
    }
    merge(tables, order.before)
}

fn merge(tables: Vec<Worker>, lines: u64) -> Result<StreamCounts, StreamFault> {
    let mut all = Worker::default();
    for table in tables {
        all.kinds.add(table.kinds);
        all.statuses.add(table.statuses);
        all.without_kind += table.without_kind;
        all.first = [all.first, table.first].into_iter().flatten().min_by_key(|(block, _)| *block);
        all.last = [all.last, table.last].into_iter().flatten().max_by_key(|(block, _)| *block);
    }
    if let Some(what) = all.crowded() {
        return Err(crowded(what));
    }
    Ok(StreamCounts {
        lines,
        kinds: all.kinds.finish(),
        statuses: all.statuses.finish(),
        without_kind: all.without_kind,
        first_ts: all.first.and_then(|(_, ts)| ts),
        last_ts: all.last.and_then(|(_, ts)| ts),
    })
}

fn crowded(what: &str) -> StreamFault {
    StreamFault::Malformed(
        format!("it has more than {NAMES} different {what}, so that a count says nothing"),
        None,
    )
}

/// Which blocks are done. Threads end theirs out of order; a fault's line is known once all blocks before it are counted.
#[derive(Default)]
struct Order {
    /// Blocks done without a gap from the first, and the lines in them.
    done: u64,
    before: u64,
    /// Lines of blocks done ahead of that.
    ahead: BTreeMap<u64, u64>,
    /// The first block with a fault; the place's line counts from the block's own first, as 1.
    fault: Option<(u64, StreamFault)>,
}

impl Order {
    fn done(&mut self, block: u64, lines: u64) {
        self.ahead.insert(block, lines);
        while let Some(lines) = self.ahead.remove(&self.done) {
            self.done += 1;
            self.before += lines;
        }
    }

    fn failed(&mut self, block: u64, fault: StreamFault) {
        if self.fault.as_ref().is_none_or(|(known, _)| block < *known) {
            self.fault = Some((block, fault));
        }
    }

    /// Every block before the first with a fault is done.
    fn fault(&self) -> Option<StreamFault> {
        match self.fault.clone()? {
            (_, StreamFault::Malformed(why, Some(place))) => {
                Some(StreamFault::Malformed(why, Some(TextPlace { line: place.line + self.before, ..place })))
            }
            (_, fault) => Some(fault),
        }
    }
}

/// What one thread counted.
#[derive(Default)]
struct Worker {
    kinds: NameTally,
    statuses: NameTally,
    without_kind: u64,
    /// The earliest and the latest block it had, with the moment of its first and its last line.
    first: Option<(u64, Option<String>)>,
    last: Option<(u64, Option<String>)>,
    scratch: Scratch,
}

impl Worker {
    /// What it saw too much of.
    fn crowded(&self) -> Option<&'static str> {
        let kinds = (self.kinds.len() > NAMES).then_some("kinds");
        kinds.or((self.statuses.len() > NAMES).then_some("statuses"))
    }
}

fn worker<R: Read>(lines: &SharedLines<R>, order: &Mutex<Order>, limits: &JsonLimits) -> Worker {
    let order = || order.lock().unwrap_or_else(PoisonError::into_inner);
    let mut worker = Worker::default();
    let mut buffer = Vec::new();
    loop {
        let block = match lines.next(&mut buffer) {
            Ok(Some(block)) => block,
            Ok(None) => return worker,
            Err(error) => {
                let fault = StreamFault::Unreadable(plain(&error));
                // Behind every block that was read.
                order().failed(u64::MAX, fault);
                return worker;
            }
        };
        match worker.block(&buffer, block, limits) {
            Ok(lines) => order().done(block.number, lines),
            Err(fault) => {
                lines.stop();
                order().failed(block.number, fault);
                return worker;
            }
        }
    }
}

impl Worker {
    /// Counts a block and gives the number of its lines.
    fn block(&mut self, buffer: &[u8], block: FilledBlock, limits: &JsonLimits) -> Result<u64, StreamFault> {
        let mut count = 0;
        let mut from = 0;
        let (mut first, mut last) = (None, None);
        for end in memchr::memchr_iter(b'\n', &buffer[..block.whole]) {
            count += 1;
            let event =
                event(&buffer[from..end], limits, &mut self.scratch).map_err(|e| malformed(e, count))?;
            from = end + 1;
            let place = (block.number, count);
            match event.type_.or(event.event).or(event.kind) {
                Some(kind) => self.kinds.count(&kind, place),
                None => self.without_kind += 1,
            }
            if let Some(status) = event.status {
                self.statuses.count(&status, place);
            }
            if count == 1 {
                first.clone_from(&event.ts);
            }
            last = event.ts;
        }
        let place = Some(TextPlace { line: count + 1, column: 1 });
        if block.endless {
            let why = format!("the line has more than the limit of {} bytes", limits.bytes);
            return Err(StreamFault::Malformed(why, place));
        }
        if block.torn > 0 {
            let why = "the last line has no end: the file is torn";
            return Err(StreamFault::Malformed(why.into(), place));
        }
        if let Some(what) = self.crowded() {
            return Err(crowded(what));
        }
        if self.first.is_none() {
            self.first = Some((block.number, first.map(Cow::into_owned)));
        }
        self.last = Some((block.number, last.map(Cow::into_owned)));
        Ok(count)
    }
}

fn malformed(error: ParseError, line: u64) -> StreamFault {
    StreamFault::Malformed(error.message, Some(TextPlace { line, column: error.place.column }))
}

/// What is wanted of a line; anything but a string counts as not there.
#[derive(Default)]
struct Event<'a> {
    type_: Option<Cow<'a, str>>,
    event: Option<Cow<'a, str>>,
    kind: Option<Cow<'a, str>>,
    status: Option<Cow<'a, str>>,
    ts: Option<Cow<'a, str>>,
}

fn event<'a>(line: &'a [u8], limits: &JsonLimits, scratch: &mut Scratch) -> Result<Event<'a>, ParseError> {
    if line.trim_ascii().is_empty() {
        let (kind, place) = (ParseErrorKind::Malformed, TextPlace { line: 1, column: 1 });
        return Err(ParseError { kind, message: "the line is blank".into(), place });
    }
    let mut event = Event::default();
    pull_again(line, limits, scratch, |p| {
        p.members(|p, key| {
            let slot = match &*key {
                "type" => &mut event.type_,
                "event" => &mut event.event,
                "kind" => &mut event.kind,
                "status" => &mut event.status,
                "ts" => &mut event.ts,
                _ => return p.skip(),
            };
            *slot = name(p, &key)?;
            Ok(())
        })
    })?;
    Ok(event)
}

/// A string short enough to be kept.
#[inline]
fn name<'a>(p: &mut Pull<'_, 'a>, key: &str) -> Result<Option<Cow<'a, str>>, ParseStop> {
    let start = p.offset();
    let name = p.string_or_skip()?;
    match &name {
        Some(text) if text.len() > NAME_BYTES => {
            let bytes = text.len();
            p.refuse(start, format!("`{key}` has {bytes} bytes, more than the limit of {NAME_BYTES}"))
        }
        _ => Ok(name),
    }
}

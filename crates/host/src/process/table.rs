//! The processes of this machine as Linux shows them in `/proc`.

use crate::files;
use crate::process::mark::MARK;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// The most that is read of a file in `/proc`; an environment may have a megabyte or two.
const PROC: u64 = 8 << 20;
/// The flag of a thread of the kernel (`PF_KTHREAD` of its `sched.h`).
const KERNEL: u64 = 0x0020_0000;

/// A process as `/proc/PID/stat` shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) pid: i32,
    pub(super) parent: i32,
    pub(super) group: i32,
    /// When it started; with the id it is one process and never another.
    pub(super) start: u64,
    pub(super) zombie: bool,
    /// It has an environment, if an empty one; without, it is just being loaded, or ends, or is the kernel's.
    pub(super) loaded: bool,
    /// It is a thread of the kernel.
    pub(super) kernel: bool,
}

/// The name may hold spaces and parentheses: fields are counted from the last one.
fn parse(text: &str) -> Option<Process> {
    let (head, tail) = text.rsplit_once(')')?;
    let fields: Vec<&str> = tail.split_ascii_whitespace().collect();
    Some(Process {
        pid: head.split_once(' ')?.0.parse().ok()?,
        zombie: matches!(*fields.first()?, "Z" | "X"),
        parent: fields.get(1)?.parse().ok()?,
        group: fields.get(2)?.parse().ok()?,
        kernel: fields.get(6)?.parse::<u64>().ok()? & KERNEL != 0,
        start: fields.get(19)?.parse().ok()?,
        loaded: fields.get(48).is_some_and(|end| *end != "0"),
    })
}

/// The process of that id.
pub(super) fn look(pid: i32) -> Option<Process> {
    let bytes = files::read(Path::new(&format!("/proc/{pid}/stat")), PROC).ok()?;
    parse(&String::from_utf8_lossy(&bytes))
}

/// Every process that can be seen; `None` without a `/proc`.
pub(super) fn all() -> Option<Vec<Process>> {
    let folder = std::fs::read_dir("/proc").ok()?;
    let pids = folder.flatten().filter_map(|e| e.file_name().to_str().and_then(|n| n.parse().ok()));
    let found: Vec<Process> = pids.filter_map(look).collect();
    // Where something else stands there, not even tollgate itself is seen.
    (!found.is_empty()).then_some(found)
}

/// The effective user that a process runs as.
pub(super) fn user(pid: i32) -> Option<u32> {
    Some(std::fs::metadata(format!("/proc/{pid}")).ok()?.uid())
}

/// The value of `MARK` in the environment that a process was started with; `None` where there is none, or it is not to be
/// seen.
pub(super) fn marks(pid: i32) -> Option<String> {
    let environment = files::read(Path::new(&format!("/proc/{pid}/environ")), PROC).ok()?;
    let name = [MARK.as_bytes(), b"="].concat();
    let value = environment.split(|b| *b == 0).find_map(|entry| entry.strip_prefix(name.as_slice()))?;
    Some(String::from_utf8_lossy(value).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_and_spaces_is_read() {
        let text = "77 (a) b (c)) S 1 70 69 0 -1 2097156 1 2 3 4 5 6 7 8 20 0 1 0 4711 9 9\n";
        let expected = Process {
            pid: 77,
            parent: 1,
            group: 70,
            start: 4711,
            zombie: false,
            loaded: false,
            kernel: true,
        };
        assert_eq!(parse(text), Some(expected));
        assert_eq!(parse("77 (x"), None);
    }
}

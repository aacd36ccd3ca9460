//! The index of a repository, as far as the state of the working tree needs it: which files git tracks, and what it saw of
//! each on disk when it last compared them.

use std::borrow::Cow;

/// A blob, tree or commit: 20 or 32 bytes, the rest zero.
pub(super) type ObjectName = [u8; 32];

/// What a tree or an index says of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HeldObject {
    /// `0o100644`, `0o100755`, `0o120000` (a link), `0o160000` (a submodule).
    pub mode: u32,
    /// Its blob; of a submodule its commit.
    pub object: ObjectName,
}

/// What git saw of a file when its content was that of the index, each number cut to 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SeenFile {
    /// Seconds and nanoseconds of its last change of any kind.
    pub changed: (u32, u32),
    /// Seconds and nanoseconds of the last change of its content.
    pub modified: (u32, u32),
    pub inode: u32,
    pub user: u32,
    pub group: u32,
    pub bytes: u32,
}

/// One path of the index, lent from its bytes where it stands there whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct IndexEntry<'b> {
    /// From the top of the repository.
    pub path: Cow<'b, [u8]>,
    /// `None` of a path in conflict, and of one that was only announced (`git add -N`): there is no content to go by.
    pub held: Option<HeldObject>,
    /// `None` where the index does not say.
    pub seen: Option<SeenFile>,
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Index<'b> {
    /// In byte order of their paths; a path in conflict stands there several times.
    pub entries: Vec<IndexEntry<'b>>,
    /// The tree that the whole index is, where git has worked it out.
    pub tree: Option<ObjectName>,
}

/// Bytes before an entry's object.
const STAT: usize = 40;

/// Reads the bytes of an index file whose objects are `hash` bytes long. `None` where it is of a form that is not read here
/// (a split or sparse index, a later version) or broken: git itself is asked then. The bits by which a user tells git to take a
/// file for unchanged are passed over: whether it is unchanged is looked at.
pub(super) fn parse(bytes: &[u8], hash: usize) -> Option<Index<'_>> {
    let body = bytes.len().checked_sub(hash)?;
    let bytes = bytes.get(..body)?;
    let version = number(bytes, 4)?;
    if bytes.get(..4)? != b"DIRC" || !(2..=4).contains(&version) {
        return None;
    }
    let count = usize::try_from(number(bytes, 8)?).ok()?;
    // An entry has more than 60 bytes: a count that cannot be is not made room for.
    let mut entries: Vec<IndexEntry<'_>> = Vec::with_capacity(count.min(bytes.len() / 60));
    let mut at = 12;
    for _ in 0..count {
        let before = entries.last().map_or(&[][..], |entry| &entry.path[..]);
        let (entry, next) = entry(bytes, at, hash, version, before)?;
        entries.push(entry);
        at = next;
    }
    Some(Index { tree: extensions(bytes, at, hash)?, entries })
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn object(bytes: &[u8], at: usize, hash: usize) -> Option<ObjectName> {
    let mut object = [0; 32];
    object.get_mut(..hash)?.copy_from_slice(bytes.get(at..at + hash)?);
    Some(object)
}

fn entry<'b>(
    bytes: &'b [u8],
    at: usize,
    hash: usize,
    version: u32,
    before: &[u8],
) -> Option<(IndexEntry<'b>, usize)> {
    let field = |nth: usize| number(bytes, at + 4 * nth);
    let flags_at = at + STAT + hash;
    let flags = u16::from_be_bytes(bytes.get(flags_at..flags_at + 2)?.try_into().ok()?);
    let extended = flags & 0x4000 != 0;
    let more = match extended {
        true => u16::from_be_bytes(bytes.get(flags_at + 2..flags_at + 4)?.try_into().ok()?),
        false => 0,
    };
    let mut name_at = flags_at + if extended { 4 } else { 2 };
    // Version 4 leaves out what a path has in common with the one before.
    let mut common = &[][..];
    if version == 4 {
        let (cut, next) = varint(bytes, name_at)?;
        common = before.get(..before.len().checked_sub(cut)?)?;
        name_at = next;
    }
    let length = memchr::memchr(0, bytes.get(name_at..)?)?;
    let rest = &bytes[name_at..name_at + length];
    let path = match common {
        [] => Cow::Borrowed(rest),
        common => Cow::Owned([common, rest].concat()),
    };
    // Entries are padded with one to eight zero bytes, but for version 4.
    let next = match version {
        4 => name_at + length + 1,
        _ => at + ((name_at - at + length + 8) & !7),
    };
    let announced = more & 0x2000 != 0;
    let conflict = flags & 0x3000 != 0;
    let held = HeldObject { mode: field(6)?, object: object(bytes, at + STAT, hash)? };
    let seen = SeenFile {
        changed: (field(0)?, field(1)?),
        modified: (field(2)?, field(3)?),
        inode: field(5)?,
        user: field(7)?,
        group: field(8)?,
        bytes: field(9)?,
    };
    let sound = !announced && !conflict;
    Some((IndexEntry { path, held: sound.then_some(held), seen: sound.then_some(seen) }, next))
}

/// The number that git writes in steps of seven bits, and where it ends.
fn varint(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let mut at = at;
    let mut byte = *bytes.get(at)?;
    let mut value = usize::from(byte & 127);
    while byte & 128 != 0 {
        at += 1;
        byte = *bytes.get(at)?;
        value = value.checked_add(1)?.checked_mul(128)?.checked_add(usize::from(byte & 127))?;
    }
    Some((value, at + 1))
}

/// The tree of the whole index, where an extension has it; `None` where one stands there without which the index is another.
fn extensions(bytes: &[u8], at: usize, hash: usize) -> Option<Option<ObjectName>> {
    let mut at = at;
    let mut tree = None;
    while at < bytes.len() {
        let name = bytes.get(at..at + 4)?;
        let size = usize::try_from(number(bytes, at + 4)?).ok()?;
        let content = bytes.get(at + 8..(at + 8).checked_add(size)?)?;
        match name {
            b"TREE" => tree = root(content, hash),
            // A name that begins with a capital may be passed over.
            [first, ..] if first.is_ascii_uppercase() => {}
            _ => return None,
        }
        at += 8 + size;
    }
    Some(tree)
}

/// The first tree of the extension `TREE`, `\0<entries> <subtrees>\n<object>`: the root's, unless its number is negative.
fn root(content: &[u8], hash: usize) -> Option<ObjectName> {
    let rest = content.strip_prefix(b"\0")?;
    let line = memchr::memchr(b'\n', rest)?;
    let valid = !rest.starts_with(b"-");
    valid.then(|| object(rest, line + 1, hash)).flatten()
}

/// The object of these hexadecimal digits.
pub(super) fn unhex(digits: &[u8]) -> Option<ObjectName> {
    let mut object = [0; 32];
    if !matches!(digits.len(), 40 | 64) {
        return None;
    }
    for (byte, pair) in object.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(object)
}

/// Reads `ls-tree -r -z` and `ls-files -s -z`: `<mode> [<type>] <object> [<stage>]\t<path>`, each ended by a zero byte. A stage
/// other than 0 is a path in conflict.
pub(super) fn listed(bytes: &[u8]) -> Option<Vec<IndexEntry<'_>>> {
    fn read(record: &[u8]) -> Option<IndexEntry<'_>> {
        let tab = memchr::memchr(b'\t', record)?;
        let words: Vec<&[u8]> = record[..tab].split(|b| *b == b' ').collect();
        let mode = u32::from_str_radix(std::str::from_utf8(words.first()?).ok()?, 8).ok()?;
        let object = words.iter().find_map(|word| unhex(word))?;
        let staged = words.last().is_none_or(|last| last.len() != 1 || *last == b"0");
        let held = staged.then_some(HeldObject { mode, object });
        Some(IndexEntry { path: Cow::Borrowed(&record[tab + 1..]), held, seen: None })
    }
    let records = bytes.split(|b| *b == 0).filter(|record| !record.is_empty());
    records.map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(path: &str) -> Cow<'_, [u8]> {
        Cow::Borrowed(path.as_bytes())
    }

    #[test]
    fn what_git_lists_is_read() {
        let a = "a".repeat(40);
        let given = format!("100644 {a} 0\ta b\0100755 {a} 2\tc\0100644 blob {a}\td\0");
        let found = listed(given.as_bytes()).unwrap();
        let held = HeldObject { mode: 0o100_644, object: unhex(a.as_bytes()).unwrap() };
        assert_eq!(found[0], IndexEntry { path: text("a b"), held: Some(held), seen: None });
        assert_eq!(found[1], IndexEntry { path: text("c"), held: None, seen: None });
        assert_eq!(found[2], IndexEntry { path: text("d"), held: Some(held), seen: None });
        assert_eq!(listed(b"100644 zz 0\ta\0"), None);
    }

    #[test]
    fn a_number_in_steps_of_seven_bits() {
        assert_eq!(varint(&[5], 0), Some((5, 1)));
        assert_eq!(varint(&[0x80, 0x00], 0), Some((128, 2)));
        assert_eq!(varint(&[0x80], 0), None);
    }

    #[test]
    fn a_split_index_and_a_broken_one_are_not_read() {
        let mut bytes = b"DIRC\0\0\0\x02\0\0\0\0".to_vec();
        let whole = |bytes: &[u8]| [bytes, &[0; 20]].concat();
        assert_eq!(parse(&whole(&bytes), 20), Some(Index::default()));
        bytes.extend_from_slice(b"link\0\0\0\0");
        assert_eq!(parse(&whole(&bytes), 20), None);
        assert_eq!(parse(&whole(b"DIRC\0\0\0\x05\0\0\0\0"), 20), None);
        assert_eq!(parse(&whole(b"DIRC\0\0\0\x02\0\0\0\x09"), 20), None);
        assert_eq!(parse(b"", 20), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(
            version in 2u8..5,
            count in 0u8..4,
            rest in proptest::collection::vec(any::<u8>(), 0..400),
        ) {
            let head = [b"DIRC\0\0\0", &[version][..], b"\0\0\0", &[count][..]].concat();
            let _ = parse(&[&head[..], &rest].concat(), 20);
            let _ = listed(&rest);
        }
    }
}

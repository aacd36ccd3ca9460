//! Private keys in PEM: what begins one, and which lines belong to it. A block whose end never comes must not swallow the
//! rest of a log, so a line has to look like the inside of a key.

/// The longest label that is waited for.
const LABEL: usize = 48;
/// A run of this many characters of base64 makes a line part of a key, whatever a log wrote before it.
const RUN: usize = 20;
/// What ends a block.
const END: &[u8] = b"-----END ";
/// What closes a label.
const DASHES: &[u8] = b"-----";

/// What is known of the text behind `-----BEGIN `.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begins {
    /// Not a private key.
    No,
    /// More bytes decide.
    Open,
    /// A private key; its body begins after so many bytes.
    Key(usize),
}

pub(super) fn begins(rest: &[u8], last: bool) -> Begins {
    let label = &rest[..rest.len().min(LABEL)];
    let end = label.iter().position(|b| !(b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b' '));
    let Some(end) = end else {
        return if last || rest.len() >= LABEL { Begins::No } else { Begins::Open };
    };
    let private = memchr::memmem::find(&label[..end], b"PRIVATE KEY").is_some();
    let dashes = &rest[end..rest.len().min(end + DASHES.len())];
    match (private, dashes == DASHES) {
        (false, _) => Begins::No,
        (true, true) => Begins::Key(end + DASHES.len()),
        (true, false) if DASHES.starts_with(dashes) && !last => Begins::Open,
        (true, false) => Begins::No,
    }
}

/// What a line of a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyLine {
    /// All of it belongs to the key, and the next may too.
    Inside,
    /// The key ends with the first so many bytes of it.
    Ends(usize),
    /// None of it belongs to the key.
    Outside,
}

/// Judges one line, with or without its line end.
pub(super) fn line(text: &[u8]) -> KeyLine {
    if let Some(at) = memchr::memmem::find(text, END) {
        let label = at + END.len();
        let close = memchr::memmem::find(&text[label..], DASHES);
        return KeyLine::Ends(close.map_or(text.len(), |n| label + n + DASHES.len()));
    }
    let base64 = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    let (mut run, mut longest) = (0, 0);
    for byte in text {
        run = if base64(*byte) { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let text = text.trim_ascii();
    let header = text.starts_with(b"Proc-Type:") || text.starts_with(b"DEK-Info:");
    let bare = text.iter().all(|b| base64(*b));
    if longest >= RUN || header || bare { KeyLine::Inside } else { KeyLine::Outside }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_private_keys_begin() {
        assert_eq!(begins(b"PRIVATE KEY-----\nMII", false), Begins::Key(16));
        assert_eq!(begins(b"RSA PRIVATE KEY-----", true), Begins::Key(20));
        assert_eq!(begins(b"PGP PRIVATE KEY BLOCK-----", true), Begins::Key(26));
        assert_eq!(begins(b"RSA PRIV", false), Begins::Open);
        assert_eq!(begins(b"RSA PRIVATE KEY--", false), Begins::Open);
        assert_eq!(begins(b"RSA PRIVATE KEY--", true), Begins::No);
        assert_eq!(begins(b"CERTIFICATE-----\n", false), Begins::No);
    }

    #[test]
    fn lines_of_a_key_are_told_from_others() {
        assert_eq!(line(b"MIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn/ygWyF0\n"), KeyLine::Inside);
        assert_eq!(line(b"12:00:01 | MIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn/\n"), KeyLine::Inside);
        assert_eq!(line(b"Q9=\r\n"), KeyLine::Inside);
        assert_eq!(line(b"\n"), KeyLine::Inside);
        assert_eq!(line(b"Proc-Type: 4,ENCRYPTED\n"), KeyLine::Inside);
        assert_eq!(line(b"-----END RSA PRIVATE KEY----- ok\n"), KeyLine::Ends(29));
        assert_eq!(line(b"test store::works ... FAILED\n"), KeyLine::Outside);
    }
}

//! Credentials in addresses: `scheme://user:password@host`.

use crate::redact::names::MASK;

/// The longest `user:password@host` that is waited for.
const LONGEST: usize = 512;

/// What is known of the text behind `://`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Credentials {
    /// No password.
    No,
    /// More bytes decide.
    Open,
    /// A password: it begins after so many bytes, and the `@` behind it stands after so many.
    Password(usize, usize),
}

/// Judges it. `last` says that nothing will follow.
pub(super) fn credentials(rest: &[u8], last: bool) -> Credentials {
    let window = &rest[..rest.len().min(LONGEST)];
    let authority = match window.iter().position(|b| ends(*b)) {
        Some(end) => &window[..end],
        None if last || window.len() == LONGEST => window,
        None => return Credentials::Open,
    };
    // Of several `@` the last one ends the password; a password may hold a colon, a user may not.
    let Some(at) = memchr::memrchr(b'@', authority) else { return Credentials::No };
    match memchr::memchr(b':', &authority[..at]) {
        // A password that is masked already is none, so that what was masked can be masked again.
        Some(colon) if colon + 1 < at && authority[colon + 1..at] != *MASK.as_bytes() => {
            Credentials::Password(colon + 1, at)
        }
        _ => Credentials::No,
    }
}

/// What ends user, password and host.
fn ends(byte: u8) -> bool {
    byte.is_ascii_control() || byte == b' ' || b"/?#\"'<>\\`".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_told_from_hosts_and_ports() {
        for (text, expected) in [
            (&b"user:pass@host/x"[..], Credentials::Password(5, 9)),
            (b":pass@host ", Credentials::Password(1, 5)),
            (b"u:p:q@r@host\n", Credentials::Password(2, 7)),
            (b"localhost:8080/@x", Credentials::No),
            (b"git@github.com:org/x", Credentials::No),
            (b"u:@host/", Credentials::No),
            (b"u:[masked]@host/", Credentials::No),
            (b"user:pass@ho", Credentials::Open),
        ] {
            assert_eq!(credentials(text, false), expected, "{}", text.escape_ascii());
        }
        assert_eq!(credentials(b"user:pass@ho", true), Credentials::Password(5, 9));
        assert_eq!(credentials(&[b'x'; LONGEST], false), Credentials::No);
    }
}

//! The masker: made once from the settings that may hold secrets, used for every stream and text.

use crate::redact::anchors::Anchors;
use crate::redact::names::MASK;
use crate::redact::stream::MaskingStream;
use crate::redact::values::{IsThere, is_secret_name, looked_for};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

/// Knows the secrets: values of environment variables whose names hold TOKEN, SECRET, KEY or PASSWORD in any case, and the
/// shapes of well-known tokens (`shape.rs`), private keys, bearer headers and passwords in addresses. Values under 4 bytes, plain
/// words of settings, numbers of under 6 digits and paths that exist are left alone.
pub struct Masker {
    anchors: Anchors,
}

impl Masker {
    /// Takes what is secret from variables (name and value of each); `is_there` says whether something stands at an absolute
    /// path. The error is a sentence: the values are too many to search for.
    pub fn new<N: AsRef<OsStr>, V: AsRef<OsStr>>(
        env: impl IntoIterator<Item = (N, V)>,
        is_there: IsThere,
    ) -> Result<Masker, String> {
        let mut values = BTreeSet::new();
        for (name, value) in env {
            if is_secret_name(&name.as_ref().to_string_lossy()) {
                values.extend(looked_for(value.as_ref().as_bytes(), is_there));
            }
        }
        Ok(Masker { anchors: Anchors::new(values)? })
    }

    /// Lets texts through that are test data (`[mask] allow`): what stands whole in one of them is not masked. The error is a
    /// sentence: they are too many to search for.
    pub fn allowing(self, texts: &[String]) -> Result<Masker, String> {
        let texts = texts.iter().filter(|text| !text.is_empty()).map(|text| text.clone().into_bytes());
        Ok(Masker { anchors: self.anchors.allowing(texts.collect())? })
    }

    /// Masks a text where it stands, one in which others may have been cut short with dots in the place of the rest: what stands
    /// before the dots and may be the beginning of a secret goes too. What we show of evidence is such a text.
    pub fn hide_shown(&self, text: &mut String) -> Masks {
        let mut counts = Masks::default();
        if self.anchors.any(text.as_bytes()) {
            let mut out = Vec::with_capacity(text.len());
            let mut stream = self.stream();
            stream.push(text.as_bytes(), &mut |part| out.extend_from_slice(part));
            stream.finish(&mut |part| out.extend_from_slice(part));
            counts = Masks { masked: stream.masked(), allowed: stream.allowed() };
            if counts.masked > 0 {
                *text = String::from_utf8_lossy(&out).into_owned();
            }
        }
        let cut = self.without_beginnings(text);
        if let Some((shown, masked)) = cut {
            *text = shown;
            counts.masked += masked;
        }
        counts
    }

    /// A text without the beginnings of secrets that stand before dots, and how many there were; `None` where there is none.
    fn without_beginnings(&self, text: &str) -> Option<(String, u64)> {
        let (mut out, mut from, mut masked) = (String::new(), 0, 0);
        let mut rest = 0;
        while let Some(dots) = text[rest..].find(['…', '.']).map(|at| rest + at) {
            let behind = &text[dots..];
            let length = if behind.starts_with('…') {
                '…'.len_utf8()
            } else {
                behind.len() - behind.trim_start_matches('.').len()
            };
            if behind.starts_with('…') || length >= 3 {
                let mut stream = self.stream();
                stream.push(&text.as_bytes()[from..dots], &mut |_| {});
                let tail = dots - stream.held().len();
                if self.anchors.begun(stream.held()) && text.is_char_boundary(tail) {
                    out.push_str(&text[from..tail]);
                    out.push_str(MASK);
                    masked += 1;
                } else {
                    out.push_str(&text[from..dots]);
                }
                from = dots;
            }
            rest = dots + length;
        }
        out.push_str(&text[from..]);
        (masked > 0).then_some((out, masked))
    }

    /// Masks a text; says how many secrets stood in it.
    pub fn mask(&self, text: &str) -> (String, u64) {
        // Names and commands are many and short: without a beginning of anything there is nothing to mask.
        if !self.anchors.any(text.as_bytes()) {
            return (text.to_string(), 0);
        }
        let mut out = Vec::with_capacity(text.len());
        let mut stream = self.stream();
        stream.push(text.as_bytes(), &mut |part| out.extend_from_slice(part));
        stream.finish(&mut |part| out.extend_from_slice(part));
        (String::from_utf8_lossy(&out).into_owned(), stream.masked())
    }

    /// How much of a text is let through that would be masked otherwise.
    pub fn let_through(&self, text: &str) -> u64 {
        let mut stream = self.stream();
        stream.push(text.as_bytes(), &mut |_| {});
        stream.finish(&mut |_| {});
        stream.allowed()
    }

    /// Masks a text where it stands; says how many secrets stood in it.
    pub fn hide(&self, text: &mut String) -> u64 {
        if !self.anchors.any(text.as_bytes()) {
            return 0;
        }
        let (masked, count) = self.mask(text);
        *text = masked;
        count
    }

    /// The same of a text whose end was cut off: what may be the beginning of a secret goes with it.
    pub fn hide_cut(&self, text: &mut String) -> u64 {
        let mut out = Vec::with_capacity(text.len());
        let mut stream = self.stream();
        // Never finished, so what is held back for the bytes to come is never passed on.
        stream.push(text.as_bytes(), &mut |part| out.extend_from_slice(part));
        *text = String::from_utf8_lossy(&out).into_owned();
        stream.masked()
    }

    /// Whether a secret stands in a text.
    pub fn finds(&self, text: &str) -> bool {
        self.anchors.any(text.as_bytes()) && self.mask(text).1 > 0
    }

    /// Begins to mask output that comes in blocks.
    pub fn stream(&self) -> MaskingStream<'_> {
        MaskingStream::new(&self.anchors)
    }
}

/// How much of a text was masked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Masks {
    /// Secrets that were masked.
    pub masked: u64,
    /// What would have been masked, had `[mask] allow` not let it through.
    pub allowed: u64,
}

impl std::ops::AddAssign for Masks {
    fn add_assign(&mut self, other: Masks) {
        self.masked = self.masked.saturating_add(other.masked);
        self.allowed = self.allowed.saturating_add(other.allowed);
    }
}

impl std::fmt::Debug for Masker {
    /// Never shows a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Masker({} values)", self.anchors.values())
    }
}

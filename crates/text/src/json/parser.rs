//! The reader that trees and walks share: white space, words, strings, numbers, keys, nesting, and the fault that ends it.

use super::Json;
use super::fault::{JsonLimits, ParseError, ParseErrorKind};
use super::number::{Number, NumberKind, number};
use super::place::place_of_offset;
use super::scan::{decode, interruption, skip_string, string};
use std::borrow::Cow;

/// Objects up to this size are checked for duplicates member by member; larger ones by their index.
pub(super) const SMALL: usize = 16;

/// Runs `read` over the text of `bytes` and gives its fault a place.
pub(super) fn within<'a, T>(
    bytes: &'a [u8],
    limits: &JsonLimits,
    most: usize,
    read: impl FnOnce(&mut Parser<'a>) -> Result<T, ParseStop>,
) -> Result<T, ParseError> {
    let fault = |(kind, offset, message): (ParseErrorKind, usize, String)| ParseError {
        kind,
        message,
        place: place_of_offset(bytes, offset),
    };
    if bytes.len() as u64 > limits.bytes {
        let message = format!("it has {} bytes, more than the limit of {}", bytes.len(), limits.bytes);
        return Err(fault((ParseErrorKind::Limit, 0, message)));
    }
    let text =
        decode(bytes).map_err(|(offset, message)| fault((ParseErrorKind::Malformed, offset, message)))?;
    let mut parser = Parser::new(text, limits.levels(), most);
    read(&mut parser).map_err(|ParseStop(())| fault(parser.fault.take().unwrap_or_else(unknown)))
}

fn unknown() -> (ParseErrorKind, usize, String) {
    (ParseErrorKind::Malformed, 0, "it does not parse".into())
}

/// The reading stopped. The fault is kept by the reader; the error itself is empty so that results stay small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseStop(());

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    pub(super) depth: usize,
    /// Values in the containers that are closed, and how many there may be at most.
    values: usize,
    most: usize,
    fault: Option<(ParseErrorKind, usize, String)>,
    /// Members and elements of the containers that are still open; a container takes its own off the end, in one
    /// allocation of the right size.
    pub(super) members: Vec<(Cow<'a, str>, Json<'a>)>,
    pub(super) elements: Vec<Json<'a>>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, depth: usize, most: usize) -> Self {
        Parser { text, at: 0, depth, values: 0, most, fault: None, members: Vec::new(), elements: Vec::new() }
    }

    /// Reads a document of the one value that `read` reads.
    pub(super) fn document<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, ParseStop>,
    ) -> Result<T, ParseStop> {
        self.space();
        if self.at == self.text.len() {
            let what =
                if self.text.is_empty() { "the file is empty" } else { "it holds nothing but white space" };
            return self.stop(0, what);
        }
        let value = read(self)?;
        self.space();
        if self.at < self.text.len() {
            let what = format!("the document is over, but {} follows", self.found());
            return self.stop(self.at, what);
        }
        Ok(value)
    }

    #[cold]
    pub(super) fn stop<T>(&mut self, offset: usize, message: impl Into<String>) -> Result<T, ParseStop> {
        self.fault = Some((ParseErrorKind::Malformed, offset, message.into()));
        Err(ParseStop(()))
    }

    #[cold]
    fn limit<T>(&mut self, message: impl Into<String>) -> Result<T, ParseStop> {
        self.fault = Some((ParseErrorKind::Limit, self.at, message.into()));
        Err(ParseStop(()))
    }

    /// Counts the values of a container that closes, or those of one that is still open.
    #[inline]
    pub(super) fn count(&mut self, closed: usize, open: usize) -> Result<(), ParseStop> {
        self.values += closed;
        if self.values + open > self.most {
            return self.limit(format!("it holds more than {} values", self.most));
        }
        Ok(())
    }

    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    pub(super) fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\t' | b'\r')) {
            self.at += 1;
        }
    }

    /// What stands here, for a message.
    fn found(&self) -> String {
        match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            None => "the end of the text".into(),
            Some('\0') => "a NUL byte".into(),
            Some(c) => format!("`{}`", c.escape_debug()),
        }
    }

    #[cold]
    pub(super) fn unexpected<T>(&mut self, wanted: &str, within: &str) -> Result<T, ParseStop> {
        let message = if self.at >= self.text.len() {
            format!("the text ends inside {within}")
        } else {
            format!("{wanted} is expected, not {}", self.found())
        };
        self.stop(self.at, message)
    }

    pub(super) fn rare(&mut self) -> Result<Json<'a>, ParseStop> {
        match self.peek() {
            Some(b'-') if self.text.as_bytes().get(self.at + 1) != Some(&b'I') => {
                let number = self.number()?;
                Ok(match number.kind {
                    NumberKind::Int => Json::Int(number.bits.cast_signed()),
                    NumberKind::Float => Json::Float(f64::from_bits(number.bits)),
                    NumberKind::UInt => Json::UInt(number.bits),
                })
            }
            Some(b't') if self.word("true") => Ok(Json::Bool(true)),
            Some(b'f') if self.word("false") => Ok(Json::Bool(false)),
            Some(b'n') if self.word("null") => Ok(Json::Null),
            _ => self.no_value(),
        }
    }

    #[cold]
    fn no_value(&mut self) -> Result<Json<'a>, ParseStop> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let word: String =
            rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').take(20).collect();
        match word.trim_start_matches('-') {
            "NaN" | "nan" | "Infinity" | "Inf" | "inf" => {
                self.stop(self.at, format!("`{word}` is no JSON number"))
            }
            "" if rest.is_empty() => self.stop(self.at, "the text ends where a value is expected"),
            "" => self.stop(self.at, format!("a value is expected, not {}", self.found())),
            _ => self.stop(self.at, format!("a value is expected, not `{word}`")),
        }
    }

    #[inline]
    fn word(&mut self, word: &str) -> bool {
        let hit = self.text.as_bytes()[self.at..].starts_with(word.as_bytes());
        if hit {
            self.at += word.len();
        }
        hit
    }

    /// Reads the string whose opening quote stands here, unless it holds an escape or a fault.
    #[inline]
    pub(super) fn plain_string(&mut self) -> Option<&'a str> {
        let start = self.at + 1;
        let end = interruption(self.text.as_bytes(), start);
        if self.text.as_bytes().get(end) != Some(&b'"') {
            return None;
        }
        self.at = end + 1;
        self.text.get(start..end)
    }

    #[cold]
    pub(super) fn string_with_escapes(&mut self) -> Result<Cow<'a, str>, ParseStop> {
        match string(self.text, self.at + 1) {
            Ok((text, next)) => {
                self.at = next;
                Ok(text)
            }
            Err((offset, message)) => self.stop(offset, message),
        }
    }

    /// Passes over the string whose opening quote stands here.
    #[inline]
    pub(super) fn skip_string(&mut self) -> Result<(), ParseStop> {
        match skip_string(self.text, self.at + 1) {
            Ok(next) => {
                self.at = next;
                Ok(())
            }
            Err((offset, message)) => self.stop(offset, message),
        }
    }

    #[inline]
    pub(super) fn number(&mut self) -> Result<Number, ParseStop> {
        match number(self.text, self.at) {
            Ok((value, next)) => {
                self.at = next;
                Ok(value)
            }
            Err(fault) => self.stop(fault.offset, fault.message),
        }
    }

    #[inline]
    pub(super) fn enter(&mut self) -> Result<(), ParseStop> {
        match self.depth.checked_sub(1) {
            Some(depth) => {
                self.depth = depth;
                self.at += 1;
                Ok(())
            }
            None => self.limit("it is nested too deeply"),
        }
    }

    /// Reads a key and the colon behind it.
    #[inline]
    pub(super) fn key(&mut self) -> Result<Cow<'a, str>, ParseStop> {
        if self.peek() != Some(b'"') {
            return self.unexpected("a key in quotes", "an object");
        }
        let key = match self.plain_string() {
            Some(key) => Cow::Borrowed(key),
            None => self.string_with_escapes()?,
        };
        self.space();
        if self.peek() != Some(b':') {
            return self.unexpected("`:`", "an object");
        }
        self.at += 1;
        self.space();
        Ok(key)
    }
}

#[inline]
pub(super) fn kind_of_key(key: &str) -> u64 {
    let bytes = key.as_bytes();
    let (first, last) = (bytes.first().copied().unwrap_or(0), bytes.last().copied().unwrap_or(0));
    let middle = bytes.get(bytes.len() / 2).copied().unwrap_or(0);
    let sum = bytes.len() * 7 + usize::from(first) * 5 + usize::from(middle) * 11 + usize::from(last) * 3;
    1 << (sum % 64)
}

#[cold]
pub(super) fn twice(key: &str) -> String {
    let shown: String = key.chars().take(80).collect();
    format!("the key `{}` stands twice in one object", shown.escape_debug())
}

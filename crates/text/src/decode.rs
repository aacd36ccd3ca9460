//! Texts that other tools wrote, in whatever encoding, as UTF-8. The one place that knows encodings.
//!
//! What is UTF-8 is read as that whatever it says of itself: a program that writes `encoding="ISO-8859-1"` over UTF-8 is common, and
//! text of that encoding is next to never UTF-8 by chance. What can be read in no way is an error that names the encoding.

use super::json::{ParseError, ParseErrorKind, place_of_offset, plain, utf8};
use encoding_rs::{CoderResult, Decoder, Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE};
use std::borrow::Cow;
use std::io::{self, BufRead, Chain, Cursor, Read};

/// Bytes at the beginning of a text that tell how it is written.
const HEAD: usize = 4;
/// Bytes that are taken at a time from a stream of UTF-16.
const CHUNK: usize = 64 << 10;
/// In which an XML declaration ends.
const DECLARATION: usize = 1 << 10;

const IS_UTF32: &str = "it is UTF-32, which is not read: write it as UTF-8";
const NOT_UTF16: &str = "it is not valid UTF-16: a character is cut, or stands there by half";

/// How a text is written, by how it begins; `mark` bytes are a byte order mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// UTF-8, or another encoding in which ASCII is ASCII.
    Bytes {
        mark: usize,
    },
    Utf16 {
        big: bool,
        mark: usize,
    },
    Utf32,
}

impl Form {
    /// Without a mark UTF-16 is known by the zeros of its first two characters, which are ASCII in every format read here.
    fn of(head: &[u8]) -> Form {
        match head {
            [0xEF, 0xBB, 0xBF, ..] => Form::Bytes { mark: 3 },
            [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => Form::Utf32,
            [1..=0x7F, 0, 0, 0, ..] | [0, 0, 0, 1..=0x7F, ..] => Form::Utf32,
            [0xFF, 0xFE, ..] => Form::Utf16 { big: false, mark: 2 },
            [0xFE, 0xFF, ..] => Form::Utf16 { big: true, mark: 2 },
            [1..=0x7F, 0, 1..=0x7F, 0, ..] => Form::Utf16 { big: false, mark: 0 },
            [0, 1..=0x7F, 0, 1..=0x7F, ..] => Form::Utf16 { big: true, mark: 0 },
            _ => Form::Bytes { mark: 0 },
        }
    }
}

fn of_utf16(big: bool) -> &'static Encoding {
    if big { UTF_16BE } else { UTF_16LE }
}

/// The text of an XML document: by its byte order mark, by its first bytes, else by its declaration.
///
/// # Errors
/// It is not what it says and not UTF-8 either.
pub fn xml(bytes: &[u8]) -> Result<Cow<'_, str>, ParseError> {
    let wrong = |clause: String| malformed(bytes, 0, clause);
    let mark = match Form::of(bytes) {
        Form::Utf32 => return Err(wrong(IS_UTF32.into())),
        Form::Utf16 { big, mark } => {
            let (text, bad) = of_utf16(big).decode_without_bom_handling(&bytes[mark..]);
            return if bad { Err(wrong(NOT_UTF16.into())) } else { Ok(text) };
        }
        Form::Bytes { mark } => mark,
    };
    let text = &bytes[mark..];
    let said = declared(text).filter(|_| mark == 0);
    let encoding = said.and_then(Encoding::for_label);
    // Its characters are sequences of ASCII.
    let shifts = encoding == Some(ISO_2022_JP) && text.contains(&0x1B);
    if !shifts && let Ok(text) = std::str::from_utf8(text) {
        return Ok(Cow::Borrowed(text));
    }
    let name = || plain(&String::from_utf8_lossy(said.unwrap_or_default()));
    match encoding {
        Some(encoding) if shifts || encoding != UTF_8 && encoding.is_ascii_compatible() => {
            let (text, bad) = encoding.decode_without_bom_handling(text);
            if bad {
                Err(wrong(format!("it says its encoding is {}, and is not valid in it", name())))
            } else {
                Ok(text)
            }
        }
        Some(encoding) if encoding == UTF_8 => utf8(text).map(Cow::Borrowed),
        None if said.is_none() => utf8(text).map(Cow::Borrowed),
        _ => {
            let error = utf8(text).err().map_or_else(String::new, |error| error.message);
            Err(wrong(format!("it says its encoding is {}, and is not written in it; {error}", name())))
        }
    }
}

/// The encoding that an XML declaration names.
fn declared(text: &[u8]) -> Option<&[u8]> {
    let text = text.trim_ascii_start();
    let text = &text[..text.len().min(DECLARATION)];
    let inner = text.strip_prefix(b"<?xml")?;
    let inner = &inner[..memchr::memmem::find(inner, b"?>")?];
    let behind = &inner[memchr::memmem::find(inner, b"encoding")? + b"encoding".len()..];
    let value = behind.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let (quote, value) = value.split_first().filter(|(quote, _)| matches!(**quote, b'"' | b'\''))?;
    Some(value[..memchr::memchr(*quote, value)?].trim_ascii())
}

fn malformed(bytes: &[u8], offset: usize, message: String) -> ParseError {
    ParseError { kind: ParseErrorKind::Malformed, message, place: place_of_offset(bytes, offset) }
}

/// Why a text that is read as UTF-8 is none, where another encoding is known by how it begins.
pub fn foreign(bytes: &[u8]) -> Option<&'static str> {
    match Form::of(bytes) {
        Form::Utf16 { .. } => Some(
            "it is UTF-16, and is read as UTF-8: write it as UTF-8 (PowerShell: Out-File -Encoding utf8)",
        ),
        Form::Utf32 => Some(IS_UTF32),
        Form::Bytes { .. } => None,
    }
}

/// A document without the byte order mark of UTF-8, which some tools write and nothing needs.
pub fn unmarked(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

/// A text of UTF-16, which can be written back as it was.
pub struct Utf16 {
    /// The text, without a byte order mark; what is no character in it is replaced.
    pub text: String,
    big: bool,
    marked: bool,
}

impl Utf16 {
    /// `None`: the bytes are not UTF-16.
    pub fn read(bytes: &[u8]) -> Option<Utf16> {
        let Form::Utf16 { big, mark } = Form::of(bytes) else { return None };
        let (text, _) = of_utf16(big).decode_without_bom_handling(&bytes[mark..]);
        Some(Utf16 { text: text.into_owned(), big, marked: mark > 0 })
    }

    /// Another text in the same form.
    pub fn bytes(&self, text: &str) -> Vec<u8> {
        let mark = self.marked.then_some(0xFEFF);
        let units = mark.into_iter().chain(text.encode_utf16());
        units.flat_map(|unit| if self.big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    }
}

/// A stream as UTF-8 without a byte order mark. Only UTF-16 is turned into it: `>` of PowerShell writes that. Everything else passes as it is.
pub struct DecodedText<'a> {
    input: Chain<Cursor<Vec<u8>>, &'a mut dyn BufRead>,
    decoder: Option<Decoder>,
    /// What is no character is an error; else it is replaced.
    strict: bool,
    out: Vec<u8>,
    taken: usize,
    over: bool,
}

impl<'a> DecodedText<'a> {
    /// Looks at how the stream begins.
    ///
    /// # Errors
    /// Those of the stream, and UTF-32.
    pub fn new(input: &'a mut dyn BufRead, strict: bool) -> io::Result<DecodedText<'a>> {
        let mut head = Vec::with_capacity(HEAD);
        while head.len() < HEAD {
            let chunk = match input.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if chunk.is_empty() {
                break;
            }
            let more = chunk.len().min(HEAD - head.len());
            head.extend_from_slice(&chunk[..more]);
            input.consume(more);
        }
        let (mark, decoder) = match Form::of(&head) {
            Form::Bytes { mark } => (mark, None),
            Form::Utf16 { big, mark } => (mark, Some(of_utf16(big).new_decoder_without_bom_handling())),
            Form::Utf32 => return Err(io::Error::new(io::ErrorKind::InvalidData, IS_UTF32)),
        };
        head.drain(..mark);
        let input = Cursor::new(head).chain(input);
        Ok(DecodedText { input, decoder, strict, out: Vec::new(), taken: 0, over: false })
    }
}

impl BufRead for DecodedText<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let Some(decoder) = &mut self.decoder else { return self.input.fill_buf() };
        while self.taken == self.out.len() && !self.over {
            let chunk = self.input.fill_buf()?;
            let chunk = &chunk[..chunk.len().min(CHUNK)];
            self.over = chunk.is_empty();
            self.out.resize(decoder.max_utf8_buffer_length(chunk.len()).unwrap_or(4 * CHUNK), 0);
            let (result, read, written, bad) = decoder.decode_to_utf8(chunk, &mut self.out, self.over);
            self.out.truncate(written);
            self.taken = 0;
            self.over &= result == CoderResult::InputEmpty;
            self.input.consume(read);
            if bad && self.strict {
                return Err(io::Error::new(io::ErrorKind::InvalidData, NOT_UTF16));
            }
        }
        Ok(&self.out[self.taken..])
    }

    fn consume(&mut self, amount: usize) {
        match self.decoder {
            None => self.input.consume(amount),
            Some(_) => self.taken += amount,
        }
    }
}

impl Read for DecodedText<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut chunk = self.fill_buf()?;
        let read = chunk.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    fn utf16(text: &str, big: bool, mark: bool) -> Vec<u8> {
        Utf16 { text: String::new(), big, marked: mark }.bytes(text)
    }

    #[test]
    fn xml_is_read_by_its_mark_its_bytes_or_its_declaration() {
        let said = |name: &str| format!("<?xml version='1.0' encoding='{name}'?><a>Gr\u{fc}\u{df}e</a>");
        for name in ["utf-8", "utf8", "UTF-16", "ISO-8859-1", "nonsense", ""] {
            let text = said(name);
            assert_eq!(xml(text.as_bytes()).unwrap(), text, "what is UTF-8 is UTF-8");
            for (big, mark) in [(false, false), (false, true), (true, false), (true, true)] {
                assert_eq!(xml(&utf16(&text, big, mark)).unwrap(), text, "{big} {mark}");
            }
            assert_eq!(xml(format!("\u{feff}{text}").as_bytes()).unwrap(), text);
        }
        for name in ["ISO-8859-1", "latin1", "windows-1252", "cp1252", "ISO-8859-15"] {
            let text = said(name);
            let bytes: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
            assert_eq!(xml(&bytes).unwrap(), text, "{name}");
        }
        let japanese = b"<?xml version='1.0' encoding='ISO-2022-JP'?><a>\x1b$B$\"\x1b(B</a>";
        assert!(xml(japanese).unwrap().ends_with("<a>\u{3042}</a>"));
        assert!(
            xml(b"<?xml version='1.0' encoding='Shift_JIS'?><a>\x82\xa0</a>")
                .unwrap()
                .ends_with("<a>\u{3042}</a>")
        );
    }

    #[test]
    fn what_cannot_be_read_names_its_encoding() {
        let latin = |name: &str| {
            [format!("<?xml version='1.0' encoding='{name}'?><a>").as_bytes(), b"\xe9</a>"].concat()
        };
        let mut half = utf16("<a>x</a>", false, true);
        half.pop();
        let lone = [0xFF, 0xFE, b'<', 0, 0x00, 0xD8, b'>', 0];
        let cases: [(&[u8], &str); 8] = [
            (&latin("utf-8"), "it is not UTF-8: byte 0xE9 at offset 41"),
            (b"<a>\xe9</a>", "it is not UTF-8: byte 0xE9 at offset 3"),
            (
                &latin("klingon"),
                "it says its encoding is klingon, and is not written in it; it is not UTF-8: byte 0xE9 at offset 43",
            ),
            (
                &latin("UTF-16"),
                "it says its encoding is UTF-16, and is not written in it; it is not UTF-8: byte 0xE9 at offset 42",
            ),
            (&latin("Shift_JIS"), "it says its encoding is Shift_JIS, and is not valid in it"),
            (&half, NOT_UTF16),
            (&lone, NOT_UTF16),
            (b"<\0\0\0a\0\0\0", IS_UTF32),
        ];
        for (bytes, said) in cases {
            assert_eq!(xml(bytes).unwrap_err().message, said);
        }
    }

    /// A stream read a few bytes at a time, as from a pipe.
    fn streamed(bytes: &[u8], strict: bool, size: usize) -> io::Result<String> {
        let mut input = BufReader::with_capacity(size, bytes);
        let mut text = String::new();
        DecodedText::new(&mut input, strict)?.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn streams_of_utf_16_are_turned_into_utf_8() {
        let text = "{\"a\": \"\u{1f600} \u{3042}\"}\r\nnext\n";
        for size in [1, 2, 3, 7, 4096] {
            for (big, mark) in [(false, false), (false, true), (true, false), (true, true)] {
                assert_eq!(
                    streamed(&utf16(text, big, mark), true, size).unwrap(),
                    text,
                    "{size} {big} {mark}"
                );
            }
            assert_eq!(streamed(format!("\u{feff}{text}").as_bytes(), true, size).unwrap(), text);
            for short in ["", "a", "ab", "a\0", "abc"] {
                assert_eq!(streamed(short.as_bytes(), true, size).unwrap(), short);
            }
        }
        let mut torn = utf16("{}", false, true);
        torn.pop();
        assert_eq!(streamed(&torn, true, 4096).unwrap_err().to_string(), NOT_UTF16);
        assert_eq!(streamed(&torn, false, 4096).unwrap(), "{\u{fffd}");
        assert_eq!(streamed(b"{\0\0\0", false, 4096).unwrap_err().to_string(), IS_UTF32);
    }

    #[test]
    fn utf_16_is_written_back_as_it_was() {
        for (big, mark) in [(false, false), (false, true), (true, false), (true, true)] {
            let bytes = utf16("<a>\u{1f600}</a>", big, mark);
            let read = Utf16::read(&bytes).unwrap();
            assert_eq!((read.text.as_str(), read.bytes(&read.text)), ("<a>\u{1f600}</a>", bytes));
        }
        assert!(Utf16::read(b"<a/>").is_none());
    }
}

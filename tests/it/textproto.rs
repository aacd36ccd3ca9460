//! The text format of protocol buffers, as far as CEL's conformance files are written in it.

use std::iter::Peekable;
use std::str::Chars;

/// The fields of a message in their order.
#[derive(Debug, Clone, Default)]
pub struct Message(Vec<(String, Field)>);

/// What a field holds.
#[derive(Debug, Clone)]
pub enum Field {
    /// A message within.
    Message(Message),
    /// A string or bytes.
    Bytes(Vec<u8>),
    /// A number or a name.
    Word(String),
}

impl Message {
    /// Every field of a name.
    pub fn all<'m>(&'m self, name: &'m str) -> impl Iterator<Item = &'m Field> {
        self.0.iter().filter(move |(own, _)| own == name).map(|(_, field)| field)
    }

    /// The messages of a name.
    pub fn messages<'m>(&'m self, name: &'m str) -> impl Iterator<Item = &'m Message> {
        self.all(name).filter_map(|field| match field {
            Field::Message(message) => Some(message),
            _ => None,
        })
    }

    /// The string of a name; empty where there is none.
    pub fn text(&self, name: &str) -> String {
        self.all(name)
            .find_map(|field| match field {
                Field::Bytes(bytes) => Some(String::from_utf8(bytes.clone()).unwrap()),
                _ => None,
            })
            .unwrap_or_default()
    }

    /// The number or name of a name.
    pub fn word<'m>(&'m self, name: &'m str) -> Option<&'m str> {
        self.all(name).find_map(|field| match field {
            Field::Word(word) => Some(word.as_str()),
            _ => None,
        })
    }

    /// The first field.
    pub fn first(&self) -> Option<(&str, &Field)> {
        self.0.first().map(|(name, field)| (name.as_str(), field))
    }
}

/// Reads a file.
pub fn parse(text: &str) -> Message {
    let mut reader = Reader { rest: text.chars().peekable() };
    let message = reader.message();
    assert_eq!(reader.peek(), None, "what is left over");
    message
}

struct Reader<'t> {
    rest: Peekable<Chars<'t>>,
}

impl Reader<'_> {
    /// The next character that is neither white space nor comment.
    fn peek(&mut self) -> Option<char> {
        loop {
            match self.rest.peek()? {
                '#' => while self.rest.next_if(|c| *c != '\n').is_some() {},
                c if c.is_whitespace() || matches!(c, ',' | ';') => drop(self.rest.next()),
                c => return Some(*c),
            }
        }
    }

    fn word(&mut self) -> String {
        let mut word = String::new();
        while let Some(c) = self.rest.next_if(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '+')) {
            word.push(c);
        }
        assert!(
            !word.is_empty(),
            "a word is expected at {:?}",
            self.rest.clone().take(40).collect::<String>()
        );
        word
    }

    fn message(&mut self) -> Message {
        let mut fields = Vec::new();
        while let Some(c) = self.peek().filter(|c| !matches!(c, '}' | '>')) {
            let name = if c == '[' { self.bracketed() } else { self.word() };
            if self.peek() == Some(':') {
                self.rest.next();
            }
            if self.peek() == Some('[') {
                self.rest.next();
                while self.peek() != Some(']') {
                    let field = self.field();
                    fields.push((name.clone(), field));
                }
                self.rest.next();
            } else {
                let field = self.field();
                fields.push((name, field));
            }
        }
        Message(fields)
    }

    /// `[type.googleapis.com/x.Y]`
    fn bracketed(&mut self) -> String {
        self.rest.by_ref().take_while(|c| *c != ']').chain(Some(']')).collect()
    }

    fn field(&mut self) -> Field {
        match self.peek() {
            Some('{' | '<') => {
                self.rest.next();
                let message = self.message();
                self.rest.next();
                Field::Message(message)
            }
            Some('"' | '\'') => {
                let mut bytes = Vec::new();
                while let Some(quote) = self.peek().filter(|c| matches!(c, '"' | '\'')) {
                    self.rest.next();
                    self.quoted(quote, &mut bytes);
                }
                Field::Bytes(bytes)
            }
            _ => Field::Word(self.word()),
        }
    }

    fn quoted(&mut self, quote: char, out: &mut Vec<u8>) {
        let push = |c: char, out: &mut Vec<u8>| out.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
        loop {
            match self.rest.next().unwrap() {
                c if c == quote => return,
                '\\' => match self.rest.next().unwrap() {
                    'n' => out.push(b'\n'),
                    'r' => out.push(b'\r'),
                    't' => out.push(b'\t'),
                    'a' => out.push(7),
                    'b' => out.push(8),
                    'f' => out.push(12),
                    'v' => out.push(11),
                    'x' => out.push(self.digits(16, 2, 0) as u8),
                    'u' => push(char::from_u32(self.digits(16, 4, 0)).unwrap(), out),
                    'U' => push(char::from_u32(self.digits(16, 8, 0)).unwrap(), out),
                    c if c.is_digit(8) => out.push(self.digits(8, 2, c.to_digit(8).unwrap()) as u8),
                    c => push(c, out),
                },
                c => push(c, out),
            }
        }
    }

    fn digits(&mut self, radix: u32, most: usize, start: u32) -> u32 {
        let mut value = start;
        for _ in 0..most {
            let Some(digit) = self.rest.peek().and_then(|c| c.to_digit(radix)) else { break };
            self.rest.next();
            value = value * radix + digit;
        }
        value
    }
}

#[test]
fn it_reads_what_the_files_are_written_in() {
    let message = parse(
        "name: \"a\" # word\nsection { test: <expr: 'x' \"y\\n\\303\\277\\x41\\u00ff\" value { int64_value: -1 }> n: [1, 2] }",
    );
    assert_eq!(message.text("name"), "a");
    let section = message.messages("section").next().unwrap();
    let test = section.messages("test").next().unwrap();
    assert_eq!(test.text("expr"), "xy\nÿAÿ");
    assert_eq!(test.messages("value").next().unwrap().word("int64_value"), Some("-1"));
    assert_eq!(section.all("n").count(), 2);
}

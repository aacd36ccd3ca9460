//! TOML read with positions, and all problems at once: serde stops at the first, a gate author wants every one. Each
//! table is walked by hand through a `TableReader`, which knows what was asked for and reports what was not.

use super::escape::is_blank;
use crate::show::show;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Something wrong at a byte range of the text; the message is a sentence without the file's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TomlFault {
    /// One sentence.
    pub message: String,
    /// Byte range in the text.
    pub span: Range<usize>,
}

/// A string and where it stands, quotes included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TomlText {
    /// Its value, escapes resolved.
    pub value: String,
    /// Byte range in the text.
    pub span: Range<usize>,
}

/// Checks that bytes are a text tollgate reads as TOML: UTF-8, no byte order mark, no NUL.
pub fn text_of(bytes: &[u8]) -> Result<&str, TomlFault> {
    let fault = |message: String, at: usize| Err(TomlFault { message, span: at..at });
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        return fault("the file begins with a byte order mark; save it as UTF-8 without one".into(), 0);
    }
    match std::str::from_utf8(bytes) {
        Err(error) => {
            let at = error.valid_up_to();
            fault(format!("the file is not UTF-8: byte {} at offset {at}", show_byte(bytes.get(at))), at)
        }
        Ok(text) => match text.find('\0') {
            Some(at) => fault(format!("the file holds a NUL byte at offset {at}"), at),
            None => Ok(text),
        },
    }
}

fn show_byte(byte: Option<&u8>) -> String {
    byte.map_or_else(|| "?".into(), |b| format!("0x{b:02X}"))
}

/// Parses; syntax errors and duplicate keys are all in the list, and what could be read is in the table.
pub fn parse(text: &str) -> (Spanned<DeTable<'_>>, Vec<TomlFault>) {
    let (table, errors) = DeTable::parse_recoverable(text);
    let faults = errors
        .into_iter()
        .map(|error| TomlFault {
            message: format!("not valid TOML: {}", one_line(error.message())),
            span: clamp(text, error.span().unwrap_or(0..0)),
        })
        .collect();
    (table, faults)
}

/// Parses as `parse` does, and gives up on the first fault.
pub fn parse_strict(text: &str) -> Result<Spanned<DeTable<'_>>, TomlFault> {
    let (table, faults) = parse(text);
    match faults.into_iter().min_by_key(|f| f.span.start) {
        Some(fault) => Err(fault),
        None => Ok(table),
    }
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn clamp(text: &str, span: Range<usize>) -> Range<usize> {
    let end = span.end.min(text.len());
    span.start.min(end)..end
}

/// `a string`, `an integer`, …: what stands there, for messages.
pub fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// The known name nearest to `word`, when one is near enough to be what was meant.
pub fn nearest<'n>(word: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(word, name), name))
        .filter(|(score, _)| *score >= 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// `"did you mean `x`?"`, or the list of what is known when it is short. Names with control characters are escaped.
pub fn suggestion<'n>(word: &str, known: impl IntoIterator<Item = &'n str> + Clone) -> String {
    match nearest(word, known.clone()) {
        Some(name) => format!("; did you mean `{}`?", show(name)),
        None => {
            let names: Vec<_> = known.into_iter().map(show).collect();
            if names.is_empty() || names.len() > 30 {
                String::new()
            } else {
                format!("; known are {}", names.join(", "))
            }
        }
    }
}

/// Where problems are gathered. Shared by every reader of one text.
pub type Faults = RefCell<Vec<TomlFault>>;

/// Reads one table: each key that is asked for is taken note of, and `finish` reports the others.
pub struct TableReader<'r, 't> {
    table: &'r DeTable<'t>,
    /// Where a missing key is reported: the table's header.
    header: Range<usize>,
    /// How the table is called in messages: "`[artifacts.sweeps]`", "the gate".
    what: String,
    faults: &'r Faults,
    asked: RefCell<BTreeSet<&'static str>>,
}

impl<'r, 't> TableReader<'r, 't> {
    /// A reader of `table`; `what` is how messages call it, `header` where a missing key is reported.
    pub fn new(
        table: &'r DeTable<'t>,
        header: Range<usize>,
        what: impl Into<String>,
        faults: &'r Faults,
    ) -> Self {
        TableReader { table, header, what: what.into(), faults, asked: RefCell::default() }
    }

    /// Reports a fault at a place.
    pub fn fault(&self, span: Range<usize>, message: impl Into<String>) {
        self.faults.borrow_mut().push(TomlFault { message: message.into(), span });
    }

    /// Where the table's header stands.
    pub fn header(&self) -> Range<usize> {
        self.header.clone()
    }

    /// The raw value under `key`.
    pub fn value(&self, key: &'static str) -> Option<&'r Spanned<DeValue<'t>>> {
        self.asked.borrow_mut().insert(key);
        self.table.get(key)
    }

    /// Reports that a value is not of the type asked for.
    pub fn wrong(&self, key: &str, value: &Spanned<DeValue<'_>>, wanted: &str) {
        self.fault(
            value.span(),
            format!("`{key}` of {} must be {wanted}, not {}", self.what, kind(value.get_ref())),
        );
    }

    /// Reports that a required key is absent.
    pub fn missing(&self, key: &str) {
        self.fault(self.header(), format!("{} has no `{key}`, which is required", self.what));
    }

    /// A string; a fault when it is something else.
    pub fn text(&self, key: &'static str) -> Option<TomlText> {
        let value = self.value(key)?;
        let text = text_at(value);
        if text.is_none() {
            self.wrong(key, value, "a string");
        }
        text
    }

    /// A string that must be there and not be blank.
    pub fn required_text(&self, key: &'static str) -> Option<TomlText> {
        if !self.table.contains_key(key) {
            self.value(key);
            self.missing(key);
            return None;
        }
        let text = self.text(key)?;
        if is_blank(&text.value) {
            self.fault(text.span, format!("`{key}` of {} is blank", self.what));
            return None;
        }
        Some(text)
    }

    /// As `required_text`, and on one line without control characters.
    pub fn required_line(&self, key: &'static str) -> Option<TomlText> {
        let text = self.required_text(key)?;
        if text.value.chars().any(char::is_control) {
            self.fault(text.span, format!("`{key}` of {} holds a control character", self.what));
            return None;
        }
        Some(text)
    }

    /// A boolean; a fault when it is something else.
    pub fn boolean(&self, key: &'static str) -> Option<bool> {
        let value = self.value(key)?;
        let found = value.get_ref().as_bool();
        if found.is_none() {
            self.wrong(key, value, "true or false");
        }
        found
    }

    /// A list of strings; a fault for the list or for each element that is something else.
    pub fn texts(&self, key: &'static str) -> Option<Vec<TomlText>> {
        let value = self.value(key)?;
        let Some(items) = value.get_ref().as_array() else {
            self.wrong(key, value, "a list of strings");
            return None;
        };
        let mut found = Vec::new();
        for item in items.iter() {
            match text_at(item) {
                Some(text) => found.push(text),
                None => self.fault(
                    item.span(),
                    format!("`{key}` of {} must hold strings, not {}", self.what, kind(item.get_ref())),
                ),
            }
        }
        Some(found)
    }

    /// A table; a fault when it is something else. The reader calls it `what`.
    pub fn table(&self, key: &'static str, what: impl Into<String>) -> Option<TableReader<'r, 't>> {
        let value = self.value(key)?;
        let Some(table) = value.get_ref().as_table() else {
            self.wrong(key, value, "a table");
            return None;
        };
        Some(TableReader::new(table, value.span(), what, self.faults))
    }

    /// A table of tables, in name order: each name with its reader. `prefix` makes the names in messages, `[prefix.name]`.
    pub fn tables(&self, key: &'static str, prefix: &str) -> Vec<(TomlText, TableReader<'r, 't>)> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(outer) = value.get_ref().as_table() else {
            self.wrong(key, value, "a table of tables");
            return Vec::new();
        };
        let mut found = Vec::new();
        for (name, inner) in outer.iter() {
            let label = format!("`[{prefix}.{}]`", name.get_ref().escape_debug());
            match inner.get_ref().as_table() {
                Some(table) => {
                    let name = TomlText { value: name.get_ref().to_string(), span: name.span() };
                    found.push((name, TableReader::new(table, inner.span(), label, self.faults)));
                }
                None => self
                    .fault(inner.span(), format!("{label} must be a table, not {}", kind(inner.get_ref()))),
            }
        }
        found
    }

    /// A list of tables, in file order.
    pub fn list_of_tables(&self, key: &'static str, label: &str) -> Vec<TableReader<'r, 't>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(items) = value.get_ref().as_array() else {
            self.wrong(key, value, &format!("a list of tables, each under {label}"));
            return Vec::new();
        };
        let mut found = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let what = format!("{label} number {}", index + 1);
            match item.get_ref().as_table() {
                Some(table) => found.push(TableReader::new(table, item.span(), what, self.faults)),
                None => {
                    self.fault(item.span(), format!("{what} must be a table, not {}", kind(item.get_ref())))
                }
            }
        }
        found
    }

    /// How messages call this table.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Calls it something else from now on.
    pub fn called(mut self, what: impl Into<String>) -> Self {
        self.what = what.into();
        self
    }

    /// Every key of the table with its value, in name order, as asked for.
    pub fn entries(&self) -> impl Iterator<Item = (TomlText, &'r Spanned<DeValue<'t>>)> + use<'r, 't> {
        self.table
            .iter()
            .map(|(key, value)| (TomlText { value: key.get_ref().to_string(), span: key.span() }, value))
    }

    /// Reports each key that was never asked for.
    pub fn finish(self) {
        let asked = self.asked.borrow();
        for (key, _) in self.table.iter() {
            let name: &str = key.get_ref();
            if !asked.contains(name) {
                let hint = suggestion(name, asked.iter().copied());
                self.fault(key.span(), format!("{} knows no key `{}`{hint}", self.what, name.escape_debug()));
            }
        }
    }
}

/// The string a value is, with its place.
pub fn text_at(value: &Spanned<DeValue<'_>>) -> Option<TomlText> {
    value.get_ref().as_str().map(|s| TomlText { value: s.to_string(), span: value.span() })
}

/// Where byte `offset` of a string's value stands in the text, when the string is written without escapes; else where
/// the string begins.
pub fn offset_in_text(text: &str, string: &TomlText, offset: usize) -> usize {
    let raw = text.get(string.span.clone()).unwrap_or("");
    for (quote, multi) in [("\"\"\"", true), ("'''", true), ("\"", false), ("'", false)] {
        let Some(body) = raw.strip_prefix(quote).and_then(|r| r.strip_suffix(quote)) else { continue };
        let trimmed = if multi {
            body.strip_prefix("\r\n").or_else(|| body.strip_prefix('\n')).unwrap_or(body)
        } else {
            body
        };
        if trimmed == string.value && offset <= trimmed.len() {
            return string.span.start + quote.len() + (body.len() - trimmed.len()) + offset;
        }
        break;
    }
    string.span.start
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(text: &str, read: impl Fn(&TableReader<'_, '_>)) -> Vec<String> {
        let (table, syntax) = parse(text);
        let faults = RefCell::new(syntax);
        let reader = TableReader::new(table.get_ref(), 0..0, "the file", &faults);
        read(&reader);
        reader.finish();
        faults.into_inner().into_iter().map(|f| f.message).collect()
    }

    #[test]
    fn every_problem_of_one_text_is_reported() {
        let found = faults_of("name = 3\nblockin = true\nlist = ['a', 1]\n", |r| {
            r.required_text("name");
            r.boolean("blocking");
            r.texts("list");
            r.required_text("why");
        });
        assert_eq!(
            found,
            [
                "`name` of the file must be a string, not an integer",
                "`list` of the file must hold strings, not an integer",
                "the file has no `why`, which is required",
                "the file knows no key `blockin`; did you mean `blocking`?",
            ]
        );
    }

    #[test]
    fn duplicate_keys_and_broken_syntax_are_faults() {
        let (_, faults) = parse("a = 1\na = 2\n[t]\n[t]\nb = \n");
        assert!(faults.len() >= 3, "{faults:?}");
        assert!(parse_strict("a = 1\na = 2").is_err());
    }

    #[test]
    fn deep_nesting_is_a_fault_and_no_overflow() {
        let deep = format!("a = {}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert!(parse_strict(&deep).is_err());
        let dotted = format!("{}x = 1", "a.".repeat(10_000));
        assert!(parse_strict(&dotted).is_err());
    }

    #[test]
    fn bytes_that_are_no_text_are_named() {
        assert!(text_of(b"a\0").unwrap_err().message.contains("NUL byte at offset 1"));
        assert!(text_of(b"ab\xff").unwrap_err().message.contains("byte 0xFF at offset 2"));
        assert!(text_of(b"\xEF\xBB\xBFa = 1").unwrap_err().message.contains("byte order mark"));
        assert_eq!(text_of("é = 1".as_bytes()).unwrap(), "é = 1");
    }

    #[test]
    fn offsets_in_strings_map_to_the_text() {
        let text = "a = \"xyz\"\nb = \"\"\"\nxyz\"\"\"\nc = \"x\\nz\"\nd = 'xyz'\n";
        let table = parse_strict(text).unwrap();
        let at = |key: &str, offset| {
            offset_in_text(text, &text_at(table.get_ref().get(key).unwrap()).unwrap(), offset)
        };
        assert_eq!(&text[at("a", 1)..][..1], "y");
        assert_eq!(&text[at("b", 1)..][..1], "y");
        assert_eq!(&text[at("c", 1)..][..1], "\"");
        assert_eq!(&text[at("d", 2)..][..1], "z");
    }
}

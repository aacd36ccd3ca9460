//! JSON as a person reads a run's documents: pretty, and one line for what comes in large numbers.

use serde::Serialize;
use serde_json::ser::Formatter;
use std::io::{self, Write};
use tollgate_text::escape;

/// Lists whose every element is one line.
const ROWS: &[&str] = &["tests", "lint", "not_run", "selected", "digests", "compared", "files"];

/// Objects that are one line.
const SHORT: &[&str] = &["shard", "plan", "os", "node", "location", "triage_diff"];

/// The document, ending in a newline; the error is serde_json's.
pub(super) fn pretty<T: Serialize>(value: &T) -> serde_json::Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, Layout::default());
    value.serialize(&mut serializer)?;
    out.push(b'\n');
    // What serde_json writes is UTF-8.
    Ok(match String::from_utf8(out) {
        Ok(text) => escape::json(text).into_bytes(),
        Err(other) => other.into_bytes(),
    })
}

#[derive(Default)]
struct Layout {
    depth: usize,
    /// The depth inside the value that is one line.
    line: Option<usize>,
    /// The depth inside the innermost list whose elements are lines.
    rows: Option<usize>,
    /// The key whose value comes next; empty where none does.
    key: String,
    in_key: bool,
    /// Whether the container that ends has anything in it.
    filled: bool,
}

impl Layout {
    fn open<W: Write + ?Sized>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        if self.line.is_none() {
            let row = self.rows == Some(self.depth);
            if row || (bracket == b"{" && SHORT.contains(&self.key.as_str())) {
                self.line = Some(self.depth + 1);
            } else if bracket == b"[" && ROWS.contains(&self.key.as_str()) {
                self.rows = Some(self.depth + 1);
            }
        }
        self.key.clear();
        self.depth += 1;
        self.filled = false;
        out.write_all(bracket)
    }

    fn close<W: Write + ?Sized>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        let inside = self.depth;
        self.depth -= 1;
        if self.line.is_none() && self.filled {
            self.new_line(out)?;
        }
        if self.line == Some(inside) {
            self.line = None;
        } else if self.rows == Some(inside) {
            self.rows = None;
        }
        out.write_all(bracket)
    }

    fn new_line<W: Write + ?Sized>(&self, out: &mut W) -> io::Result<()> {
        out.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| out.write_all(b"  "))
    }

    fn next<W: Write + ?Sized>(&self, out: &mut W, first: bool) -> io::Result<()> {
        match (self.line.is_some(), first) {
            (true, true) => Ok(()),
            (true, false) => out.write_all(b", "),
            (false, true) => self.new_line(out),
            (false, false) => {
                out.write_all(b",")?;
                self.new_line(out)
            }
        }
    }
}

impl Formatter for Layout {
    fn begin_array<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"[")
    }

    fn end_array<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"]")
    }

    fn begin_array_value<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(out, first)
    }

    fn end_array_value<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }

    fn begin_object<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"{")
    }

    fn end_object<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"}")
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.key.clear();
        self.in_key = true;
        self.next(out, first)
    }

    fn end_object_key<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.in_key = false;
        Ok(())
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn end_object_value<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.key.clear();
        self.filled = true;
        Ok(())
    }

    fn write_string_fragment<W: Write + ?Sized>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        if self.in_key {
            self.key.push_str(fragment);
        }
        out.write_all(fragment.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn text(value: &Value) -> String {
        String::from_utf8(pretty(value).expect("written")).expect("UTF-8")
    }

    #[test]
    fn what_comes_in_large_numbers_is_one_line_each() {
        let value = json!({
            "a": [], "b": {},
            "shard": {"kind": "none", "of": {"x": [1, 2]}},
            "suites": [{"name": "a", "tests": [{"n": "x", "d": null}, {"n": "y", "d": 1}]}, {"name": "b", "tests": []}],
            "x": ["p", "q"],
        });
        let wanted = r#"{
  "a": [],
  "b": {},
  "shard": {"kind": "none", "of": {"x": [1, 2]}},
  "suites": [
    {
      "name": "a",
      "tests": [
        {"d": null, "n": "x"},
        {"d": 1, "n": "y"}
      ]
    },
    {
      "name": "b",
      "tests": []
    }
  ],
  "x": [
    "p",
    "q"
  ]
}
"#;
        assert_eq!(text(&value), wanted);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::btree_map("(tests|shard|plan|lint|a|\")", inner, 0..5)
                    .prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_was_meant(value in any_json()) {
            prop_assert_eq!(serde_json::from_str::<Value>(&text(&value)).expect("JSON"), value);
        }
    }
}

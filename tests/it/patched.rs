//! Values of a JSON or JSONL text changed in place: what is not touched keeps its bytes.
//!
//! A pointer is a JSON pointer. Into a list it leads by the number of the element, by `key=value` (the one element whose
//! `key` is `value`), by `*` (every element), and by `-` to a new last one. A JSONL text is a list of its lines.

use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use std::ops::Range;
use std::path::Path;

/// Up to this column a list or an object that is put in stands on one line.
const WIDTH: usize = 120;

/// A text whose values can be changed.
pub struct Document {
    /// The text as it is now.
    pub text: String,
    lines: bool,
}

/// One step of a pointer that leads to exactly one place.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Key(String),
    Index(usize),
}

/// What a value holds, as places in the text.
enum Inside {
    Members(Vec<(String, Range<usize>)>),
    Elements(Vec<Range<usize>>),
    Nothing,
}

impl Document {
    /// The text of a file; by its name it is JSON or JSONL.
    pub fn new(file: &str, text: String) -> Document {
        let lines = Path::new(file).extension().is_some_and(|e| e == "jsonl" || e == "ndjson");
        Document { text, lines }
    }

    /// Puts a value where the pointer leads; a member that is not there becomes the last one.
    pub fn set(&mut self, pointer: &str, value: &toml::Value) -> Result<(), String> {
        self.put(pointer, &|indent, column| written(value, indent, column))
    }

    /// As `set`, with JSON text that is put in as it stands; its further lines are indented as the place is.
    pub fn set_json(&mut self, pointer: &str, json: &str) -> Result<(), String> {
        serde_json::from_str::<&RawValue>(json).map_err(|e| format!("`json` of {pointer}: {e}"))?;
        self.put(pointer, &|indent, _| json.replace('\n', &format!("\n{:indent$}", "")))
    }

    fn put(&mut self, pointer: &str, write: &dyn Fn(usize, usize) -> String) -> Result<(), String> {
        for path in self.paths(pointer, true)?.iter().rev() {
            let (span, steps) = self.walk(path)?;
            let Some(last) = steps.first() else {
                let (indent, column) = self.position(span.start);
                self.text.replace_range(span, &write(indent, column));
                continue;
            };
            if steps.len() > 1 {
                return Err(format!("{pointer}: {last:?} is not there"));
            }
            self.append(&span, last, write)?;
        }
        Ok(())
    }

    /// Takes out the members and elements to which the pointer leads.
    pub fn remove(&mut self, pointer: &str) -> Result<(), String> {
        for path in self.paths(pointer, false)?.iter().rev() {
            let Some((last, parents)) = path.split_last() else {
                return Err("the whole document cannot be removed: leave `pointer` out".to_string());
            };
            let (parent, _) = self.walk(parents)?;
            let (spans, at) = match (self.inside(&parent, parents.is_empty())?, last) {
                (Inside::Members(members), Step::Key(key)) => {
                    let at = members.iter().position(|(name, _)| name == key);
                    (members.into_iter().map(|(_, span)| span).collect::<Vec<_>>(), at)
                }
                (Inside::Elements(elements), Step::Index(at)) => (elements, Some(*at)),
                _ => (Vec::new(), None),
            };
            let at = at.ok_or_else(|| format!("{pointer}: {last:?} is not there"))?;
            let range = if self.lines && parents.is_empty() {
                spans[at].start..self.after_line(spans[at].end)
            } else {
                self.with_comma(&parent, &spans, at)
            };
            self.text.replace_range(range, "");
        }
        Ok(())
    }

    /// The element or member `at` with what separates it from its neighbours.
    fn with_comma(&self, parent: &Range<usize>, spans: &[Range<usize>], at: usize) -> Range<usize> {
        if at > 0 {
            return spans[at - 1].end..spans[at].end;
        }
        let first = self.past_space(parent.start + 1);
        match spans.get(1) {
            Some(_) => first..self.past_space(self.past_space(spans[0].end) + 1),
            None => parent.start + 1..parent.end - 1,
        }
    }

    /// Puts a new last member or element into the list or object at `parent`.
    fn append(
        &mut self,
        parent: &Range<usize>,
        last: &Step,
        write: &dyn Fn(usize, usize) -> String,
    ) -> Result<(), String> {
        let whole = *parent == (0..self.text.len());
        let (spans, name) = match (self.inside(parent, whole)?, last) {
            (Inside::Members(members), Step::Key(key)) => {
                let name = format!("{}: ", serde_json::to_string(key).map_err(|e| e.to_string())?);
                (members.into_iter().map(|(_, span)| span).collect::<Vec<_>>(), name)
            }
            (Inside::Elements(elements), Step::Index(_)) => (elements, String::new()),
            _ => return Err(format!("{last:?} cannot be put there")),
        };
        if self.lines && whole {
            self.text.push_str(&format!("{}\n", write(0, 0).replace('\n', " ")));
            return Ok(());
        }
        let Some(end) = spans.last().map(|span| span.end) else {
            let (indent, column) = self.position(parent.start);
            let mut inner = format!("{name}{}", write(indent, column + 1 + name.len()));
            if inner.contains('\n') || column + inner.len() + 2 > WIDTH {
                let deeper = indent + 2;
                inner =
                    format!("\n{:deeper$}{name}{}\n{:indent$}", "", write(deeper, deeper + name.len()), "");
            }
            self.text.replace_range(parent.start + 1..parent.end - 1, &inner);
            return Ok(());
        };
        // What stands before the last one stands before the new one too.
        let before = match spans.len() {
            1 => parent.start + 1,
            more => self.past_space(spans[more - 2].end) + 1,
        };
        let space = &self.text[before..self.past_space(before)];
        let space = if space.is_empty() { " " } else { space };
        let (indent, column) = match space.rfind('\n') {
            Some(feed) => (space.len() - feed - 1, space.len() - feed - 1),
            None => self.position(end),
        };
        let new = format!(",{space}{name}{}", write(indent, column + name.len()));
        self.text.insert_str(end, &new);
        Ok(())
    }

    /// Every place to which the pointer leads, in the order of the text.
    fn paths(&self, pointer: &str, new: bool) -> Result<Vec<Vec<Step>>, String> {
        let mut paths: Vec<Vec<Step>> = vec![Vec::new()];
        if pointer.is_empty() {
            return Ok(paths);
        }
        let steps =
            pointer.strip_prefix('/').ok_or_else(|| format!("{pointer}: a pointer begins with `/`"))?;
        let steps: Vec<String> = steps.split('/').map(|s| s.replace("~1", "/").replace("~0", "~")).collect();
        for (nth, step) in steps.iter().enumerate() {
            let last = nth + 1 == steps.len();
            let mut further = Vec::new();
            for path in paths {
                let (span, rest) = self.walk(&path)?;
                if !rest.is_empty() {
                    return Err(format!("{pointer}: {:?} is not there", rest[0]));
                }
                let found = match self.inside(&span, path.is_empty())? {
                    Inside::Members(members) if step == "*" => {
                        members.into_iter().map(|(key, _)| Step::Key(key)).collect()
                    }
                    // Where it is one of many, what lacks the member is passed over; that one has it is seen to below.
                    Inside::Members(members) => {
                        let there = members.iter().any(|(key, _)| key == step);
                        Vec::from_iter((there || (new && last)).then(|| Step::Key(step.clone())))
                    }
                    Inside::Elements(elements) => self.elements(&elements, step, new && last)?,
                    Inside::Nothing => {
                        return Err(format!("{pointer}: `{step}` leads into neither list nor object"));
                    }
                };
                further.extend(found.into_iter().map(|step| [path.as_slice(), &[step]].concat()));
            }
            if further.is_empty() {
                return Err(format!("{pointer}: `{step}` is not there"));
            }
            paths = further;
        }
        Ok(paths)
    }

    /// The elements that a step of a pointer means.
    fn elements(&self, elements: &[Range<usize>], step: &str, new: bool) -> Result<Vec<Step>, String> {
        if step == "*" {
            return Ok((0..elements.len()).map(Step::Index).collect());
        }
        if step == "-" && new {
            return Ok(vec![Step::Index(elements.len())]);
        }
        if let Ok(index) = step.parse::<usize>() {
            return Ok(Vec::from_iter((index < elements.len()).then_some(Step::Index(index))));
        }
        let (key, value) = step.split_once('=').ok_or_else(|| format!("`{step}` is no element of a list"))?;
        let mut found = Vec::new();
        for (index, span) in elements.iter().enumerate() {
            if let Inside::Members(members) = self.inside(span, false)?
                && members.iter().any(|(name, span)| name == key && plain(&self.text[span.clone()]) == value)
            {
                found.push(Step::Index(index));
            }
        }
        if found.len() > 1 {
            return Err(format!("`{step}` means {} elements", found.len()));
        }
        Ok(found)
    }

    /// As far as the path leads to what is there: the place, and the steps that are left.
    fn walk<'p>(&self, path: &'p [Step]) -> Result<(Range<usize>, &'p [Step]), String> {
        let mut span = 0..self.text.len();
        if !self.lines {
            let raw: &RawValue = serde_json::from_str(&self.text).map_err(|e| e.to_string())?;
            span = self.span(raw);
        }
        for (nth, step) in path.iter().enumerate() {
            let next = match (self.inside(&span, nth == 0)?, step) {
                (Inside::Members(members), Step::Key(key)) => {
                    members.into_iter().find(|(name, _)| name == key).map(|(_, span)| span)
                }
                (Inside::Elements(elements), Step::Index(index)) => elements.get(*index).cloned(),
                _ => None,
            };
            match next {
                Some(next) => span = next,
                None => return Ok((span, &path[nth..])),
            }
        }
        Ok((span, &[]))
    }

    fn inside(&self, span: &Range<usize>, whole: bool) -> Result<Inside, String> {
        if self.lines && whole {
            let mut at = 0;
            let mut elements = Vec::new();
            for line in self.text.split_inclusive('\n') {
                if !line.trim().is_empty() {
                    elements.push(at..at + line.trim_end().len());
                }
                at += line.len();
            }
            return Ok(Inside::Elements(elements));
        }
        let text = &self.text[span.clone()];
        let mut reader = serde_json::Deserializer::from_str(text);
        Ok(match text.trim_start().as_bytes().first() {
            Some(b'{') => {
                let members = reader.deserialize_map(Members).map_err(|e| e.to_string())?;
                Inside::Members(members.into_iter().map(|(key, raw)| (key, self.span(raw))).collect())
            }
            Some(b'[') => {
                let elements = reader.deserialize_seq(Elements).map_err(|e| e.to_string())?;
                Inside::Elements(elements.into_iter().map(|raw| self.span(raw)).collect())
            }
            _ => Inside::Nothing,
        })
    }

    /// Where a value that was read out of the text stands in it.
    fn span(&self, raw: &RawValue) -> Range<usize> {
        let start = raw.get().as_ptr() as usize - self.text.as_ptr() as usize;
        start..start + raw.get().len()
    }

    /// How far the line of an offset is indented, and the column of the offset.
    fn position(&self, offset: usize) -> (usize, usize) {
        let start = self.text[..offset].rfind('\n').map_or(0, |feed| feed + 1);
        let line = &self.text[start..];
        (line.len() - line.trim_start_matches(' ').len(), offset - start)
    }

    fn past_space(&self, offset: usize) -> usize {
        let rest = &self.text[offset..];
        offset + rest.len() - rest.trim_start().len()
    }

    fn after_line(&self, offset: usize) -> usize {
        self.text[offset..].find('\n').map_or(self.text.len(), |feed| offset + feed + 1)
    }
}

/// A value as JSON: a list or an object on one line where it fits, else an entry a line.
fn written(value: &toml::Value, indent: usize, column: usize) -> String {
    let line = on_one_line(value);
    let entries: Vec<(String, &toml::Value)> = match value {
        toml::Value::Array(list) => list.iter().map(|entry| (String::new(), entry)).collect(),
        toml::Value::Table(table) => {
            table.iter().map(|(key, entry)| (format!("{}: ", quoted(key)), entry)).collect()
        }
        _ => return line,
    };
    if column + line.len() < WIDTH {
        return line;
    }
    let inner = indent + 2;
    let entry = |(name, entry): &(String, &toml::Value)| {
        format!("{:inner$}{name}{}", "", written(entry, inner, inner + name.len()))
    };
    let body = entries.iter().map(entry).collect::<Vec<_>>().join(",\n");
    let (open, close) = if value.is_array() { ('[', ']') } else { ('{', '}') };
    format!("{open}\n{body}\n{:indent$}{close}", "")
}

fn on_one_line(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => quoted(text),
        toml::Value::Datetime(date) => quoted(&date.to_string()),
        toml::Value::Float(number) => serde_json::Value::from(*number).to_string(),
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::Boolean(flag) => flag.to_string(),
        toml::Value::Array(list) => {
            format!("[{}]", list.iter().map(on_one_line).collect::<Vec<_>>().join(", "))
        }
        toml::Value::Table(table) => {
            let entry =
                |(key, value): (&String, &toml::Value)| format!("{}: {}", quoted(key), on_one_line(value));
            format!("{{{}}}", table.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A string without its quotes, any other value as it is written.
fn plain(json: &str) -> String {
    serde_json::from_str::<String>(json).unwrap_or_else(|_| json.to_string())
}

/// Reads the members of an object in their order, each value as its text.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members: Self::Value = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, &'de RawValue>()? {
            if members.iter().any(|(name, _)| *name == key) {
                return Err(A::Error::custom(format!("`{key}` stands there twice")));
            }
            members.push((key, value));
        }
        Ok(members)
    }
}

/// As `Members`, of a list.
struct Elements;

impl<'de> Visitor<'de> for Elements {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(value) = seq.next_element()? {
            elements.push(value);
        }
        Ok(elements)
    }
}

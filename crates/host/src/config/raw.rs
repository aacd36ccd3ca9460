//! A gate file as it is written: exact, every key known, every value with its place. What the values mean is
//! `gate_file`'s matter.

use std::ops::Range;
use tollgate_text::escape::is_blank;
use tollgate_text::toml_text::{Faults, TableReader, TomlText};
use toml::de::{DeTable, DeValue};

/// `blocking = true | false | "shadow"`
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RawBlocking {
    /// `true` or `false`
    Flag(bool),
    /// A string, which must be `shadow`.
    Word(TomlText),
}

/// One `[artifacts.<name>]` table.
#[derive(Debug, Clone)]
pub struct RawArtifact {
    /// The table's name.
    pub name: TomlText,
    /// Its header.
    pub header: Range<usize>,
    /// `path`: one or several.
    pub paths: Vec<TomlText>,
    /// `path` is a list.
    pub listed: bool,
    /// `many`
    pub many: Option<bool>,
    /// `format`
    pub format: Option<TomlText>,
    /// `schema`
    pub schema: Option<TomlText>,
    /// `shape`
    pub shape: Option<TomlText>,
    /// `max_age`
    pub max_age: Option<TomlText>,
    /// `required`
    pub required: Option<bool>,
    /// `commit`
    pub commit: Option<TomlText>,
}

/// One `[[checks]]` table.
#[derive(Debug, Clone)]
pub struct RawCheck {
    /// Its header.
    pub header: Range<usize>,
    /// `id`
    pub id: Option<TomlText>,
    /// `when`
    pub when: Option<TomlText>,
    /// `for_each`
    pub for_each: Option<TomlText>,
    /// `empty`
    pub empty: Option<TomlText>,
    /// `assert`
    pub assert: Option<TomlText>,
    /// `message`
    pub message: Option<TomlText>,
    /// `findings`, `title`, `at`, `reproduce`
    pub told: RawTold,
}

/// What a check tells of each finding beside its message.
#[derive(Debug, Clone)]
pub struct RawTold {
    /// `findings`
    pub findings: Option<TomlText>,
    /// `title`
    pub title: Option<TomlText>,
    /// `at`
    pub at: Option<TomlText>,
    /// `reproduce`
    pub reproduce: Option<TomlText>,
}

/// One `[[prove.except]]` table.
#[derive(Debug, Clone)]
pub struct RawExcept {
    /// `mutation`
    pub mutation: Option<TomlText>,
    /// `why`
    pub why: Option<TomlText>,
}

/// A gate file.
#[derive(Debug, Clone)]
pub struct RawGate {
    /// Where a missing key is reported: the first line.
    pub header: Range<usize>,
    /// `name`
    pub name: Option<TomlText>,
    /// `why`
    pub why: Option<TomlText>,
    /// `owner`
    pub owner: Option<TomlText>,
    /// `blocking`
    pub blocking: Option<RawBlocking>,
    /// `lanes`
    pub lanes: Option<Vec<TomlText>>,
    /// `runbook`
    pub runbook: Option<TomlText>,
    /// `reproduce`
    pub reproduce: Option<TomlText>,
    /// `applies_when`
    pub applies_when: Option<TomlText>,
    /// `[artifacts.*]`, in name order
    pub artifacts: Vec<RawArtifact>,
    /// `[[checks]]`
    pub checks: Vec<RawCheck>,
    /// `[[prove.except]]`
    pub except: Vec<RawExcept>,
}

/// Reads the top table of a gate file.
pub fn gate(text: &str, table: &DeTable<'_>, faults: &Faults) -> RawGate {
    let header = 0..text.find(['\n', '\r']).unwrap_or(text.len());
    let reader = TableReader::new(table, header.clone(), "the gate", faults);
    let raw = RawGate {
        header,
        name: reader.required_line("name"),
        why: reader.required_text("why"),
        owner: reader.required_line("owner"),
        blocking: blocking(&reader),
        lanes: lanes(&reader),
        runbook: optional_text(&reader, "runbook"),
        reproduce: reader.required_line("reproduce"),
        applies_when: optional_text(&reader, "applies_when"),
        artifacts: reader
            .tables("artifacts", "artifacts")
            .into_iter()
            .map(|(name, table)| artifact(name, table))
            .collect(),
        checks: reader.list_of_tables("checks", "[[checks]]").into_iter().map(check).collect(),
        except: match reader.table("prove", "`[prove]`") {
            Some(prove) => {
                let list = prove.list_of_tables("except", "[[prove.except]]");
                prove.finish();
                list.into_iter().map(except).collect()
            }
            None => Vec::new(),
        },
    };
    reader.finish();
    raw
}

/// A string that may be absent, and is not blank when it is there.
fn optional_text(reader: &TableReader<'_, '_>, key: &'static str) -> Option<TomlText> {
    let text = reader.text(key)?;
    if is_blank(&text.value) {
        reader.fault(text.span, format!("`{key}` of {} is blank", reader.what()));
        return None;
    }
    Some(text)
}

fn blocking(reader: &TableReader<'_, '_>) -> Option<RawBlocking> {
    let Some(value) = reader.value("blocking") else {
        reader.missing("blocking");
        return None;
    };
    match value.get_ref() {
        DeValue::Boolean(flag) => Some(RawBlocking::Flag(*flag)),
        DeValue::String(word) => {
            Some(RawBlocking::Word(TomlText { value: word.to_string(), span: value.span() }))
        }
        _ => {
            reader.wrong("blocking", value, "true, false or \"shadow\"");
            None
        }
    }
}

fn lanes(reader: &TableReader<'_, '_>) -> Option<Vec<TomlText>> {
    let Some(value) = reader.value("lanes") else {
        reader.missing("lanes");
        return None;
    };
    let lanes = reader.texts("lanes")?;
    if value.get_ref().as_array().is_some_and(|list| list.is_empty()) {
        reader.fault(value.span(), "`lanes` of the gate is empty: no lane would judge it");
        return None;
    }
    Some(lanes)
}

fn artifact(name: TomlText, table: TableReader<'_, '_>) -> RawArtifact {
    let mut paths = Vec::new();
    let mut listed = false;
    match table.value("path") {
        None => table.missing("path"),
        Some(value) if value.get_ref().is_array() => {
            listed = true;
            paths = table.texts("path").unwrap_or_default();
            if value.get_ref().as_array().is_some_and(|list| list.is_empty()) {
                table.fault(value.span(), format!("`path` of {} is an empty list", table.what()));
            }
        }
        Some(value) if value.get_ref().is_str() => paths.extend(table.text("path")),
        Some(value) => table.wrong("path", value, "a string or a list of strings"),
    }
    let raw = RawArtifact {
        name,
        header: table.header(),
        paths,
        listed,
        many: table.boolean("many"),
        format: table.text("format"),
        schema: optional_text(&table, "schema"),
        shape: optional_text(&table, "shape"),
        max_age: table.text("max_age"),
        required: table.boolean("required"),
        commit: table.text("commit"),
    };
    table.finish();
    raw
}

fn check(table: TableReader<'_, '_>) -> RawCheck {
    let id = table.required_line("id");
    let table = match &id {
        Some(id) => table.called(format!("check `{}`", id.value.escape_debug())),
        None => table,
    };
    let raw = RawCheck {
        header: table.header(),
        id,
        when: optional_text(&table, "when"),
        for_each: optional_text(&table, "for_each"),
        empty: table.text("empty"),
        assert: table.required_text("assert"),
        message: optional_text(&table, "message"),
        told: RawTold {
            findings: optional_text(&table, "findings"),
            title: optional_text(&table, "title"),
            at: optional_text(&table, "at"),
            reproduce: optional_text(&table, "reproduce"),
        },
    };
    table.finish();
    raw
}

fn except(table: TableReader<'_, '_>) -> RawExcept {
    let raw = RawExcept { mutation: table.required_line("mutation"), why: table.required_text("why") };
    table.finish();
    raw
}

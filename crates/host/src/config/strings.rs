//! Tables whose keys are their author's own.

use tollgate_text::toml_text::{TableReader, TomlText, kind, text_at};

/// A table whose keys are the author's own and whose values are strings.
pub fn strings(table: &TableReader<'_, '_>, what: &str) -> Vec<(TomlText, TomlText)> {
    let mut found = Vec::new();
    for (key, value) in table.entries() {
        match text_at(value) {
            Some(text) => found.push((key, text)),
            None => {
                let said = kind(value.get_ref());
                let key = key.value.escape_debug().to_string();
                table.fault(value.span(), format!("`{key}` of {what} must be a string, not {said}"));
            }
        }
    }
    found
}

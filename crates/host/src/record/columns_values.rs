//! Values of a summary that is walked: what stands there, null where nothing does.

use std::borrow::Cow;
use tollgate_text::json::{ParseStop, Pull};

pub(super) fn text(p: &mut Pull<'_, '_>) -> Result<Option<String>, ParseStop> {
    Ok(p.string_or_null()?.map(Cow::into_owned))
}

/// A count; null states none.
pub(super) fn figure(p: &mut Pull<'_, '_>) -> Result<Option<u64>, ParseStop> {
    if p.is_null() { p.skip().map(|()| None) } else { p.count().map(Some) }
}

pub(super) fn known<T>(p: &mut Pull<'_, '_>, parse: impl Fn(&str) -> Option<T>) -> Result<T, ParseStop> {
    let start = p.offset();
    let name = p.string()?;
    match parse(&name) {
        Some(known) => Ok(known),
        None => {
            let shown: String = name.chars().take(80).flat_map(char::escape_debug).collect();
            p.refuse(start, format!("`{shown}` is none of the names that may stand here"))
        }
    }
}
